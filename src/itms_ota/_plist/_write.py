"""Writing a property list as Xcode does, and what of a value XML cannot hold."""

from __future__ import annotations

import binascii
import datetime as dt
import io
import plistlib
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from .._redact import redact_text, safe_repr
from ..errors import Problem
from ._characters import MARK, NOT_XML
from ._places import spelled
from ._value import (
    MAX_DEPTH,
    MAX_PROBLEMS,
    MAX_VALUES,
    PlistError,
    PlistValue,
    fits_integer,
    levels,
    stands_for_uid,
    too_deep,
    too_many_values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._places import Place

# As they are, some readers take them for line feeds: all that hold to XML the first, npm's the others too.
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
    '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n'
)
# plistlib escapes and encodes each text as a whole: one of 2 MiB can take 128 MiB on the way.
_LONG_TEXT = 16 * 1024
_MOST_PARTS = 4096


def dumps(value: PlistValue) -> bytes:
    """Write XML as Xcode does: tabs, keys in alphabetical order, Apple's DOCTYPE.

    PlistError names what XML cannot hold and its place; TypeError what is not a value of a property list.
    """
    if _is_plain(value):
        return write(value)
    problems = _unwritable(value)
    if problems:
        raise PlistError(problems)
    return write(_plain(value))


def unwritable(value: PlistValue) -> tuple[Problem, ...]:
    """Return what `dumps` would refuse."""
    try:
        return () if _is_plain(value) else _unwritable(value)
    except PlistError as error:
        return error.problems


def copied(value: Mapping[str, PlistValue]) -> tuple[dict[str, PlistValue] | None, tuple[Problem, ...]]:
    """Return a copy that shares nothing with the value, keys in order, and what `dumps` would refuse.

    The copy is None where the value is too large; TypeError as of `dumps`.
    """
    problems = unwritable(value)
    if any(problem.code == "too-large" for problem in problems):
        return None, problems
    return {key: _copied(value[key], _own) for key in sorted(value)}, problems


def write(value: Any) -> bytes:
    """Write what is known to be sound and in order."""
    writer = _Writer()
    writer.write(value, "")
    return writer.end()


# What can be written as it is


def _is_plain(value: PlistValue) -> bool:
    """Return whether a value is written as it is, in order, and everybody reads it back the same."""
    return all(_is_plain_part(part) for level in levels(value) for part in level)


def _is_plain_part(value: object) -> bool:
    check = _PLAIN.get(type(value))
    return check is not None and check(value)


def _is_plain_text(text: str) -> bool:
    # Nothing printable is beyond XML; the search is for the few others.
    return text.isprintable() or not NOT_XML.search(text)


def _has_plain_keys(value: dict[Any, Any]) -> bool:
    if stands_for_uid(value):
        return False
    before = ""
    for key in value:
        if type(key) is not str or key < before or not key.isprintable():
            return False
        before = key
    return True


def _always(_: object) -> bool:
    return True


_PLAIN: dict[type, Callable[[Any], bool]] = {
    str: _is_plain_text,
    dict: _has_plain_keys,
    int: fits_integer,
    list: _always,
    bool: _always,
    bytes: _always,
    float: _always,
}


# What cannot be written, and the rest in plistlib's own types


def _unwritable(value: PlistValue) -> tuple[Problem, ...]:
    problems = tuple(islice(_faults(value), MAX_PROBLEMS + 1))
    if len(problems) <= MAX_PROBLEMS:
        return problems
    message = f"More than {MAX_PROBLEMS} faults; checking stopped here."
    return (*problems[:MAX_PROBLEMS], Problem("", "too-large", message))


def _faults(value: PlistValue) -> Iterator[Problem]:
    for place, part in walk(value):
        if place is not None and isinstance(place[1], str) and (fault := _text_fault("The key", place[1])):
            yield Problem(spelled(place[0]), "not-writable", fault)
        if fault := _fault(part):
            yield Problem(spelled(place), "not-writable", fault)


def walk(value: PlistValue) -> Iterator[tuple[Place, PlistValue]]:
    """Yield every value with its place, in order; PlistError and TypeError where that cannot go on."""
    left = MAX_VALUES
    within: list[Iterator[tuple[Place, PlistValue]]] = [iter([(cast("Place", None), value)])]
    while within:
        for place, part in within[-1]:
            if len(within) - 1 > MAX_DEPTH:
                raise PlistError([too_deep(spelled(place))])
            if left < 0:
                raise PlistError([too_many_values()])
            left -= 1
            yield place, part
            if (parts := _parts(place, part)) is not None:
                within.append(parts)
                break
        else:
            within.pop()


def _parts(place: Place, value: PlistValue) -> Iterator[tuple[Place, PlistValue]] | None:
    """Return what a dictionary or array holds; None of other values."""
    if isinstance(value, Mapping):
        return _entries(place, value)
    if isinstance(value, (str, bytes, bytearray)):
        return None
    if isinstance(value, Sequence):
        return (((place, index), part) for index, part in enumerate(value))
    if isinstance(value, (int, float, dt.datetime, plistlib.UID)):
        return None
    # Of anything else the repr may be long, or show a secret.
    what = "None" if value is None else f"a {type(value).__name__}"
    raise TypeError(f"{spelled(place) or 'the top level'}: {what} is not a value of a property list")


def _entries(place: Place, value: Mapping[str, PlistValue]) -> Iterator[tuple[Place, PlistValue]]:
    for key, part in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{spelled(place) or 'the top level'}: the key {safe_repr(key)} is not a str")
        yield (place, key), part


def _fault(value: PlistValue) -> str | None:
    """Return why XML cannot hold a value."""
    if isinstance(value, str):
        return _text_fault("The text", value)
    if isinstance(value, int) and not fits_integer(value):
        return "The integer has more than 64 bits. A property list cannot hold it."
    if isinstance(value, dt.datetime):
        return _date_fault(value)
    if isinstance(value, plistlib.UID) and value.data >= 2**32:
        return f"{value!r} has more than 32 bits. A property list cannot hold it."
    if isinstance(value, Mapping) and stands_for_uid(value):
        return "The dictionary has a number for 'CF$UID' and no other key, and is read back as a UID. Add another key."
    return None


def _text_fault(what: str, text: str) -> str | None:
    found = NOT_XML.search(text)
    if found is None:
        return None
    return f"{what} {redact_text(text, 80)} contains the character {found[0]!r}, which XML cannot hold. Remove it."


def _date_fault(date: dt.datetime) -> str | None:
    try:
        in_utc = _in_utc(date)
    except OverflowError:
        return f"The date {date} lies outside of the years 1 to 9999 in UTC. A property list cannot hold it."
    if in_utc.microsecond:
        return f"The date {in_utc} has a fraction of a second, which XML cannot hold. Round it."
    return None


def _in_utc(date: dt.datetime) -> dt.datetime:
    return date if date.tzinfo is None else date.astimezone(dt.timezone.utc).replace(tzinfo=None)


def _plain(value: PlistValue) -> PlistValue:
    """Return a value that can be written in the types that are written, and in order."""
    return _copied(value, _plain_scalar)


def _plain_scalar(value: PlistValue) -> PlistValue:
    if isinstance(value, dt.datetime):
        return _in_utc(value)
    return {"CF$UID": value.data} if isinstance(value, plistlib.UID) else value


def _own(value: PlistValue) -> PlistValue:
    return bytes(value) if isinstance(value, bytearray) else value


def _copied(value: PlistValue, scalar: Callable[[PlistValue], PlistValue]) -> PlistValue:
    if isinstance(value, Mapping):
        return {key: _copied(part, scalar) for key, part in sorted(value.items(), key=lambda entry: entry[0])}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return [_copied(part, scalar) for part in value]
    return scalar(value)


# Writing


class _Writer:
    """An XML file that is being written, as plistlib would but for the ends of lines in texts."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._parts = [_HEAD]

    def end(self) -> bytes:
        """Return the whole file."""
        self._parts.append("</plist>\n")
        self._flush()
        return self._file.getvalue()

    def write(self, value: Any, indent: str) -> None:
        """Write a value, on lines of its own."""
        if len(self._parts) > _MOST_PARTS:
            self._flush()
        if isinstance(value, str):
            self._text("string", value, indent)
        elif isinstance(value, dict):
            self._container("dict", cast("Any", value), indent)
        elif isinstance(value, list):
            self._container("array", cast("Any", value), indent)
        elif isinstance(value, (bytes, bytearray)):
            self._data(value, indent)
        else:
            self._parts.append(f"{indent}{_scalar(value)}\n")

    def _container(self, element: str, value: Any, indent: str) -> None:
        if not value:
            self._parts.append(f"{indent}<{element}/>\n")
            return
        self._parts.append(f"{indent}<{element}>\n")
        inner = f"{indent}\t"
        if element == "dict":
            for key, part in value.items():
                self._text("key", key, inner)
                self.write(part, inner)
        else:
            for part in value:
                self.write(part, inner)
        self._parts.append(f"{indent}</{element}>\n")

    def _text(self, element: str, text: str, indent: str) -> None:
        # Apple's parser drops the mark that a text begins with, and one alone.
        text = MARK + text if text.startswith(MARK) else text
        if len(text) < _LONG_TEXT:
            self._parts.append(f"{indent}<{element}>{_escape(text)}</{element}>\n")
            return
        self._parts.append(f"{indent}<{element}>")
        for start in range(0, len(text), _LONG_TEXT):
            self._parts.append(_escape(text[start : start + _LONG_TEXT]))
            self._flush()
        self._parts.append(f"</{element}>\n")

    def _data(self, data: bytes | bytearray, indent: str) -> None:
        # Lines of 76 characters where a tab counts for 8, but not below 16: three bytes make four of them.
        size = max(16, 76 - 8 * len(indent)) // 4 * 3
        self._parts.append(f"{indent}<data>\n")
        for start in range(0, len(data), size):
            self._parts.append(f"{indent}{binascii.b2a_base64(data[start : start + size]).decode()}")
            if len(self._parts) > _MOST_PARTS:
                self._flush()
        self._parts.append(f"{indent}</data>\n")

    def _flush(self) -> None:
        self._file.write("".join(self._parts).encode())
        self._parts.clear()


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "<true/>" if value else "<false/>"
    if isinstance(value, int):
        return f"<integer>{value:d}</integer>"
    if isinstance(value, float):
        return f"<real>{value!r}</real>"
    return f"<date>{value.replace(tzinfo=None).isoformat(timespec='seconds')}Z</date>"


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text if text.isprintable() else _LINE_ENDS.sub(_reference, text)


def _reference(found: re.Match[str]) -> str:
    return f"&#x{ord(found[0]):X};"
