"""Binary property lists, as Apple's parser reads them (CFBinaryPList.c): object by object, from the top one on."""

from __future__ import annotations

import datetime as dt
import plistlib
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Problem
from ._places import spelled
from ._value import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_PROBLEMS,
    MAX_VALUES,
    PlistError,
    Reading,
    levels,
    too_deep,
    too_many_values,
)
from ._words import other_programs, repeated_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..errors import Code
    from ._places import Place
    from ._value import PlistValue

_HEADER = 8
_TRAILER = 32
_64_BITS = 2**64 - 1
# Every value is an object, and so is every key.
_MOST_OBJECTS = 2 * MAX_VALUES
_EPOCH = dt.datetime(2001, 1, 1)  # noqa: DTZ001 -- as plistlib's are


class _Trailer(NamedTuple):
    """The last 32 bytes: how the table of objects is written, and where it stands."""

    offset_size: int
    reference_size: int
    objects: int
    top: int
    table: int


def read_binary(data: bytes) -> Reading:
    """Read a binary property list."""
    try:
        reader = _Reader(data, _trailer(data))
        value = reader.top()
        _check_length(value)
    except PlistError as error:
        return Reading(None, error.problems)
    return Reading(value, tuple(reader.problems))


def _damaged(reason: str) -> PlistError:
    message = f"The binary property list is damaged: {reason}. Write the file again."
    return PlistError([Problem("", "malformed-plist", message)])


def _too_long() -> PlistError:
    message = f"The values have more than {MAX_BYTES:,} characters and bytes. So many are not processed."
    return PlistError([Problem("", "too-large", message)])


def _trailer(data: bytes) -> _Trailer:
    # Apple's parser reads every version 0, and no other (CFBinaryPList.c, __CFBinaryPlistGetTopLevelInfo).
    if not data.startswith(b"bplist0"):
        raise _damaged(f"its version {data[6:8].decode('latin-1')!r} is not supported")
    if len(data) <= _HEADER + _TRAILER:
        raise _damaged("it is cut short")
    trailer = _Trailer(*struct.unpack(">6xBBQQQ", data[-_TRAILER:]))
    if (
        trailer.top >= trailer.objects
        or trailer.objects >= 1 << 8 * trailer.reference_size
        or not _HEADER < trailer.table < 1 << 8 * trailer.offset_size
        or trailer.table + trailer.objects * trailer.offset_size != len(data) - _TRAILER
    ):
        raise _damaged("its table of objects does not fit into it")
    if trailer.objects > _MOST_OBJECTS:
        raise PlistError([too_many_values()])
    return trailer


def _integers(raw: bytes, size: int) -> Sequence[int]:
    """Return the numbers of so many bytes each; of more than 64 bits the last count."""
    if size == 1:
        return raw
    return [int.from_bytes(raw[place : place + size], "big") & _64_BITS for place in range(0, len(raw), size)]


class _Reader:
    """The objects of a file, each read once, and what only other readers read otherwise.

    Objects of a hostile file can lie on top of each other, hold each other and themselves. So what is read is counted.
    """

    def __init__(self, data: bytes, trailer: _Trailer) -> None:
        self.problems: list[Problem] = []
        self._data = data
        self._trailer = trailer
        self._known: dict[int, Any] = {}
        self._offsets = _integers(data[trailer.table : -_TRAILER], trailer.offset_size)
        if max(self._offsets) >= trailer.table:
            raise _damaged("an object lies outside of it")
        self._bytes_left = MAX_BYTES
        self._references_left = _MOST_OBJECTS

    def top(self) -> PlistValue:
        """Read the whole."""
        value: PlistValue = self._object(self._trailer.top, None, 0)
        return value

    def _object(self, index: int, place: Place, depth: int) -> Any:
        if index >= len(self._offsets):
            raise _damaged("an object is missing")
        offset = self._offsets[index]
        if offset in self._known:
            return self._known[offset]
        if offset < _HEADER:
            raise _damaged("an object lies outside of it")
        kind, size = divmod(self._data[offset], 16)
        start = offset + 1
        if kind in {10, 13} and depth > MAX_DEPTH:
            raise PlistError([too_deep()])
        if size == 15 and kind in _COUNTED:
            size, start = self._count(start)
        if kind in _SCALARS:
            value = _SCALARS[kind](self, start, size, place)
        elif kind in {10, 13}:
            value = (self._array if kind == 10 else self._dict)(start, size, place, depth)
        else:
            raise _damaged("an object is of an unknown type")
        self._known[offset] = value
        return value

    # Containers

    def _references(self, start: int, count: int) -> Sequence[int]:
        size = self._trailer.reference_size
        raw = self._part(start, count * size)
        self._references_left -= count
        if self._references_left < 0:
            raise PlistError([too_many_values()])
        return _integers(raw, size)

    def _array(self, start: int, count: int, place: Place, depth: int) -> list[Any]:
        references = self._references(start, count)
        return [self._object(index, (place, step), depth + 1) for step, index in enumerate(references)]

    def _dict(self, start: int, count: int, place: Place, depth: int) -> dict[str, Any]:
        references = self._references(start, 2 * count)
        values: dict[str, Any] = {}
        for key_index, value_index in zip(references[:count], references[count:], strict=True):
            key = self._object(key_index, place, depth + 1)
            if not isinstance(key, str):
                raise _damaged("a key is not a string")
            value = self._object(value_index, (place, key), depth + 1)
            # Its words cost more than the key did, which may be as long as the file and stand there ten thousand times.
            if key in values and len(self.problems) < MAX_PROBLEMS:
                self._note("duplicate-key", (place, key), repeated_key(key, "dictionary", "first"))
            values.setdefault(key, value)
        return values

    # Values without parts

    def _constant(self, _start: int, size: int, _place: Place) -> bool:
        # Apple's parser reads a null, and nothing that is read from a property list looks for one.
        if size == 0:
            raise _damaged("a value is null")
        if size not in {8, 9}:
            raise _damaged("an object is of an unknown type")
        return size == 9

    def _integer(self, start: int, size: int, place: Place) -> int:
        if size > 4:
            raise _damaged("an integer has more than 16 bytes")
        length = 1 << size
        raw = self._part(start, length)
        if length < 16:
            return int.from_bytes(raw, "big", signed=length == 8)
        number = int.from_bytes(raw, "big", signed=True)
        if number != number & _64_BITS:
            self._note_oddity("an integer has more than 64 bits, of which Apple's parser takes the last", place)
        return number & _64_BITS

    def _real(self, start: int, size: int, _place: Place) -> float:
        if size not in {2, 3}:
            raise _damaged("a real is neither of 32 nor of 64 bits")
        value: float = struct.unpack(">f" if size == 2 else ">d", self._part(start, 1 << size))[0]
        return value

    def _date(self, start: int, size: int, _place: Place) -> dt.datetime:
        if size != 3:
            raise _damaged("a date is not of 64 bits")
        try:
            return _EPOCH + dt.timedelta(seconds=self._real(start, size, None))
        except (ValueError, OverflowError):
            raise _damaged("a date lies outside of the years 1 to 9999") from None

    def _bytes(self, start: int, count: int, _place: Place) -> bytes:
        return self._counted(start, count)

    def _ascii(self, start: int, count: int, place: Place) -> str:
        raw = self._counted(start, count)
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError:
            self._note_oddity("a text of ASCII has other bytes, which Apple's parser takes for Latin-1", place)
        return raw.decode("latin-1")

    def _utf16(self, start: int, count: int, _place: Place) -> str:
        raw = self._counted(start, 2 * count)
        if not raw:
            raise _damaged("a text of UTF-16 is empty")
        try:
            return raw.decode("utf-16-be")
        except UnicodeDecodeError:
            raise _damaged("a text has half a surrogate pair") from None

    def _uid(self, start: int, size: int, _place: Place) -> plistlib.UID:
        number = int.from_bytes(self._part(start, size + 1), "big") & _64_BITS
        if number >= 2**32:
            raise _damaged("a UID has more than 32 bits")
        return plistlib.UID(number)

    # Bytes

    def _count(self, start: int) -> tuple[int, int]:
        """Return how many units an object has that has many, and where they begin."""
        kind, size = divmod(self._part(start, 1)[0], 16)
        if kind != 1:
            raise _damaged("the size of an object is not an integer")
        units = start + 1 + (1 << size)
        return int.from_bytes(self._part(start + 1, 1 << size), "big") & _64_BITS, units

    def _counted(self, start: int, length: int) -> bytes:
        raw = self._part(start, length)
        self._bytes_left -= len(raw)
        if self._bytes_left < 0:
            raise _too_long()
        return raw

    def _part(self, start: int, length: int) -> bytes:
        if start + length > self._trailer.table:
            raise _damaged("an object is cut short")
        return self._data[start : start + length]

    # Problems

    def _note_oddity(self, reason: str, place: Place) -> None:
        self._note("not-well-formed", place, other_programs(reason, "Write the file again."))

    def _note(self, code: Code, place: Place, message: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(spelled(place), code, message, "warning"))


# Objects of units: where the four bits of the size are set, there are more units, and how many stands behind them.
_COUNTED = frozenset({4, 5, 6, 10, 13})
_SCALARS: dict[int, Callable[[_Reader, int, int, Place], Any]] = {
    0: _Reader._constant,
    1: _Reader._integer,
    2: _Reader._real,
    3: _Reader._date,
    4: _Reader._bytes,
    5: _Reader._ascii,
    6: _Reader._utf16,
    8: _Reader._uid,
}


def _check_length(value: PlistValue) -> None:
    length = 0
    for level in levels(value):
        for part in level:
            if type(part) is str or type(part) is bytes:
                length += len(part)
            elif isinstance(part, dict):  # its values are on the next level
                length += sum(map(len, part))
        # One text of a megabyte can stand in ten thousand places; XML could not hold that either.
        if length > MAX_BYTES:
            raise _too_long()
