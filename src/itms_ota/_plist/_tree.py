"""A property list while it is read: the values so far, what is open, and what is wrong.

Paths are spelled for what is reported alone: a key can be as long as the file, and can hold a hundred thousand values.
"""

from __future__ import annotations

import plistlib
from functools import reduce
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from .._redact import redact_text
from ._places import child
from ._value import MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, stands_for_uid, too_deep, too_many_values

if TYPE_CHECKING:
    from ..errors import Code, Level
    from ._places import Wanted
    from ._value import PlistValue


class Stop(Exception):  # noqa: N818 -- ends the reading; what is wrong has been noted
    """Raised where reading ends before the end of the file."""


class Fault(NamedTuple):
    """A problem, by its offset in the text."""

    path: str
    code: Code
    message: str
    level: Level
    offset: int


class Element:
    """An element that is not closed yet."""

    __slots__ = ("is_filled", "key", "name", "offset", "path", "step", "value")

    def __init__(
        self, name: str, value: Any, offset: int, step: str | int | None = None, path: str | None = None
    ) -> None:
        self.name = name
        self.value = value  # the list or dictionary that it becomes; None of a plist
        self.offset = offset
        self.step = step  # its key or index in what holds it
        self.path = path  # of those whose place is wanted
        self.key: str | None = None  # a key that waits for its value
        self.is_filled = False  # a plist holds one value


class Tree:
    """The values of a property list, put where they belong while it is read."""

    def __init__(self, wanted: Wanted | None = None) -> None:
        self.value: PlistValue | None = None
        self.open: list[Element] = []
        self.left = MAX_VALUES
        self.faults: list[Fault] = []
        self.oddity: tuple[Fault, ...] = ()  # the first that only other readers stumble on: it is enough
        self._wanted = wanted
        self._step: str | int | None = None  # the key or index of the value that is being read
        self._path: str | None = None  # and its path, if its place is wanted

    def add(self, code: Code, offset: int, message: str, level: Level = "error") -> None:
        """Note a fault; Stop where there are too many."""
        path = self._here()
        self.faults.append(Fault(path, code, message, level, offset))
        if len(self.faults) == MAX_PROBLEMS:
            message = f"More than {MAX_PROBLEMS} faults; reading stopped here."
            self.faults.append(Fault(path, "too-large", message, "error", offset))
            raise Stop

    def refuse(self, code: Code, offset: int, fault: str, cure: str = "") -> None:
        """Note a fault for which Apple's parser refuses the file."""
        message = f"{fault}. Apple's parser refuses the file, and the device says 'Cannot connect'. {cure}"
        self.add(code, offset, message.rstrip())

    def add_oddity(self, offset: int, message: str) -> None:
        """Note what only other readers stumble on."""
        self.oddity = (Fault(self._here(), "not-well-formed", message, "warning", offset),)

    def begin_value(self, offset: int) -> None:
        """Check that a value may stand here, and note where it goes."""
        if not self.left:
            self.add("too-large", offset, too_many_values().message)
            raise Stop
        self.left -= 1
        holder = self._fill(offset)
        step = self._next_step(holder, offset)
        self._step = step
        if self._wanted is not None:
            self._path = self._noted(self._wanted, holder, step, offset)
        if holder is not None and holder.name == "dict" and step in holder.value:
            message = f"The key {redact_text(str(step), 80)} is repeated in this <dict>. The device uses the last one."
            self.add("duplicate-key", offset, f"{message} Remove the others.", "warning")

    def end_value(self, value: PlistValue) -> None:
        """Put a value where it goes."""
        holder = self._holder()
        if holder is None:
            self.value = value
        elif holder.name == "array":
            holder.value.append(value)
        else:
            holder.value[holder.key] = value
            holder.key = None
        self._step = self._path = None

    def begin_container(self, name: str, offset: int) -> None:
        """Begin an array or dictionary, which is in its place before its own values are read."""
        self.begin_value(offset)
        value: Any = {} if name == "dict" else []
        element = Element(name, value, offset, self._step, self._path)
        self.end_value(value)
        self.push(element)

    def push(self, element: Element) -> None:
        """Go into an element."""
        if len(self.open) > MAX_DEPTH:
            self.add("too-large", element.offset, too_deep().message)
            raise Stop
        self.open.append(element)

    def close(self) -> str:
        """Go out of the innermost element, and return its name."""
        element = self.open[-1]
        if element.key is not None:
            key = redact_text(element.key, 80)
            self.refuse("malformed-plist", element.offset, f"The key {key} has no value", "Add it, or remove the key.")
        self.open.pop()
        if element.name == "dict" and stands_for_uid(element.value):
            self._replace(element, plistlib.UID(_low_32_bits(element.value["CF$UID"])))
        return element.name

    def _here(self) -> str:
        steps = (*(element.step for element in self.open), self._step)
        return reduce(child, (step for step in steps if step is not None), "")

    def _holder(self) -> Element | None:
        # A plist within a value is what it holds (CFPropertyList.c, parsePListTag).
        return next((element for element in reversed(self.open) if element.name != "plist"), None)

    def _replace(self, element: Element, value: PlistValue) -> None:
        holder = self._holder()
        if holder is None:
            self.value = value
        else:
            holder.value[element.step] = value

    def _fill(self, offset: int) -> Element | None:
        """Mark each plist around the value as filled, and return what holds it."""
        for element in reversed(self.open):
            if element.name != "plist":
                return element
            if element.is_filled:
                cure = "A property list contains one value. Remove the other."
                self.refuse("malformed-plist", offset, "A second value follows the first", cure)
                raise Stop
            element.is_filled = True
        return None

    def _next_step(self, holder: Element | None, offset: int) -> str | int | None:
        if holder is None:
            return None
        if holder.name == "array":
            return len(holder.value)
        if holder.key is None:
            self.refuse("malformed-plist", offset, "A value in a <dict> has no <key> before it", "Add the key.")
            raise Stop
        return holder.key

    def _noted(self, wanted: Wanted, holder: Element | None, step: str | int | None, offset: int) -> str | None:
        if holder is None or step is None:
            return wanted.note("", offset)
        return None if holder.path is None else wanted.note(child(holder.path, step), offset)


def _low_32_bits(number: float) -> int:
    return int(number) & 0xFFFFFFFF if isfinite(number) else 0
