"""A property list while it is read: the values so far, what is open, and what is wrong.

Paths are spelled for what is reported alone: a key can be as long as the file, and can hold a hundred thousand values.
"""

from __future__ import annotations

import plistlib
from collections import Counter
from functools import reduce
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from .._redact import redact_text
from ._places import child
from ._value import MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, REFUSED, stands_for_uid, too_deep, too_many_values
from ._words import repeated_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..errors import Code, Level
    from ._places import Wanted
    from ._value import PlistValue


class Stop(Exception):  # noqa: N818 -- ends the reading; what is wrong has been noted
    """Raised where reading ends before the end of the file."""


Kind: TypeAlias = Literal["", "crossed", "extra", "stray", "invisible", "unknown", "template", "follows"]
# How many of a kind are told one by one.
_MOST_ALIKE: Mapping[Kind, int] = {"crossed": 1, "stray": 3, "invisible": 1, "unknown": 3, "template": 1}


class Fault(NamedTuple):
    """A problem, by its offset in the text.

    Of its kinds, "crossed" is an end tag of a dictionary or array that is missing or too many, after which values may
    stand in the wrong place; "extra" an end tag that ends nothing; "template" what a template engine replaces, perhaps
    with keys and values; "follows" what another fault explains.
    """

    path: str
    code: Code
    message: str
    level: Level
    offset: int
    kind: Kind = ""


def causes(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults without those that follow from one before, or are more of a kind than anybody wants to read."""
    told: list[Fault] = []
    counts: Counter[tuple[Kind, str]] = Counter()
    last: dict[tuple[Kind, str], int] = {}
    for fault in faults:
        is_explained = (
            fault.kind == "follows"
            or (fault.kind == "extra" and any(before.kind != "template" for before in told))
            # What stands before the property list often stands in every line.
            or (fault.kind == "stray" and told and told[0].code == "text-before-xml")
        )
        if is_explained:
            continue
        # A template leaves something open in each place of its own.
        alike = fault.kind, fault.path if fault.kind == "template" else ""
        counts[alike] += 1
        if fault.kind not in _MOST_ALIKE or counts[alike] <= _MOST_ALIKE[fault.kind]:
            last[alike] = len(told)
            told.append(fault)
    for (kind, path), place in last.items():
        count = counts[kind, path]
        more = count - _MOST_ALIKE.get(kind, count)
        if more > 0 and kind != "crossed":
            message = f"{told[place].message} There {'are' if more > 1 else 'is'} {more} more like it."
            told[place] = told[place]._replace(message=message)
    return told


class Element:
    """An element that is not closed yet."""

    __slots__ = ("is_filled", "is_spoilt", "is_templated", "key", "name", "offset", "path", "step", "value")

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
        self.is_spoilt = False  # something else stands where its next key or value should
        self.is_templated = False  # and that is of a template, which may choose between keys or values


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

    def add(self, code: Code, offset: int, message: str, level: Level = "error", kind: Kind = "") -> None:
        """Note a fault; Stop where there are too many."""
        path = self._here()
        self.faults.append(Fault(path, code, message, level, offset, kind))
        if len(self.faults) == MAX_PROBLEMS:
            message = f"More than {MAX_PROBLEMS} faults; reading stopped here."
            self.faults.append(Fault(path, "too-large", message, "error", offset))
            raise Stop

    def refuse(self, code: Code, offset: int, fault: str, cure: str = "", kind: Kind = "") -> None:
        """Note a fault for which Apple's parser refuses the file."""
        self.add(code, offset, f"{fault}. {REFUSED} {cure}".rstrip(), "error", kind)
        if kind in {"stray", "unknown", "template"} and self.open:
            self.open[-1].is_spoilt = True
            self.open[-1].is_templated |= kind == "template"

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
        if holder is not None and holder.name == "dict" and step in holder.value and not holder.is_templated:
            self.add("duplicate-key", offset, repeated_key(str(step), "<dict>", "last"), "warning")

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
            holder.is_spoilt = holder.is_templated = False
        self._step = self._path = None

    @property
    def awaits_key(self) -> bool:
        """Whether a key must stand here."""
        return bool(self.open) and self.open[-1].name == "dict" and self.open[-1].key is None

    def put(self, content: str, offset: int, *, is_key: bool) -> bool:
        """Put a text that was meant where it goes; False where it cannot stand."""
        holder = self.open[-1] if self.open else None
        if holder is None or holder.name == "plist" or self.awaits_key != is_key:
            return False
        if is_key:
            holder.key = content
        else:
            self.begin_value(offset)
            self.end_value(content)
        return True

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
            fault = f"The key {redact_text(element.key, 80)} has no value"
            kind: Kind = "follows" if element.is_spoilt else ""
            self.refuse("malformed-plist", element.offset, fault, "Add it, or remove the key.", kind)
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
        if holder.key is None and holder.is_templated and holder.value:
            holder.key = next(reversed(holder.value))  # of which this is the other value
        if holder.key is None:
            fault = "A value in a <dict> has no <key> before it"
            cure = "Add the key, or the value that a key before it lacks."
            self.refuse(
                "malformed-plist",
                offset,
                fault,
                cure,
                "follows" if holder.is_spoilt and not holder.is_templated else "",
            )
            raise Stop
        return holder.key

    def _noted(self, wanted: Wanted, holder: Element | None, step: str | int | None, offset: int) -> str | None:
        if holder is None or step is None:
            return wanted.note("", offset)
        return None if holder.path is None else wanted.note(child(holder.path, step), offset)


def _low_32_bits(number: float) -> int:
    return int(number) & 0xFFFFFFFF if isfinite(number) else 0
