"""Binary property lists: what they claim is added up before plistlib reads them, and its values are checked after."""

from __future__ import annotations

import plistlib
import struct
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Problem
from ._value import MAX_BYTES, MAX_VALUES, PlistError, Reading, fits_integer, levels, too_many_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._value import PlistValue

# What each unit of an object's size takes, by its kind (CFBinaryPList.c): bytes of data, ASCII and UTF-16; references
# of arrays, sets and dictionaries.
_BYTES = {4: 1, 5: 1, 6: 2}
_REFERENCES = {10: 1, 12: 1, 13: 2}


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
        _check_objects(data)
        value = _loaded(data)
        _check_values(value)
    except PlistError as error:
        return Reading(None, error.problems)
    return Reading(value, ())


def _damaged(reason: str) -> PlistError:
    message = f"The binary property list is damaged: {reason}. Write the file again."
    return PlistError([Problem("", "malformed-plist", message)])


def _trailer(data: bytes) -> _Trailer:
    # Apple's parser reads every version 0, and no other (CFBinaryPList.c, __CFBinaryPlistGetTopLevelInfo).
    if not data.startswith(b"bplist0"):
        raise _damaged(f"its version {data[6:8]!r} is not supported")
    if len(data) < 40:
        raise _damaged("it is cut short")
    trailer = _Trailer(*struct.unpack(">6xBBQQQ", data[-32:]))
    sizes = {trailer.offset_size, trailer.reference_size}
    if not sizes <= {*range(1, 9)} or trailer.table + trailer.objects * trailer.offset_size > len(data) - 32:
        raise _damaged("its table of objects does not fit into it")
    return trailer


def _check_objects(data: bytes) -> None:
    """Add up what the objects of a binary property list claim to hold; PlistError where it is too much.

    plistlib reads every object that a table names, also where all lie on top of each other: 2 MiB would
    become hundreds of gigabytes. Objects of an honest file share no byte.
    """
    trailer = _trailer(data)
    if trailer.objects > MAX_VALUES:
        raise PlistError([too_many_values()])
    # Empty containers have no bytes that they could share, but every key and value is referred to.
    claimed = references = 0
    for offset in _offsets(data, trailer):
        if offset >= trailer.table:
            raise _damaged("an object lies outside of it")
        own, referred = _claims(data, offset)
        references += referred
        claimed += own + referred * trailer.reference_size
        if claimed > len(data):
            raise _damaged("its objects claim more bytes than it has")
    if references > 2 * MAX_VALUES:
        raise PlistError([too_many_values()])


def _offsets(data: bytes, trailer: _Trailer) -> Iterator[int]:
    size = trailer.offset_size
    for index in range(trailer.table, trailer.table + trailer.objects * size, size):
        yield int.from_bytes(data[index : index + size], "big")


def _claims(data: bytes, offset: int) -> tuple[int, int]:
    """Return how many bytes of its own, and how many references, an object claims to hold."""
    kind, size = divmod(data[offset], 16)
    if kind == 1:
        return 1 << size, 0
    if size == 15:
        length = 1 << (data[offset + 1] & 3)
        size = int.from_bytes(data[offset + 2 : offset + 2 + length], "big")
    return size * _BYTES.get(kind, 0), size * _REFERENCES.get(kind, 0)


def _loaded(data: bytes) -> PlistValue:
    # plistlib lets out AttributeError, IndexError, KeyError, LookupError, OverflowError, RecursionError,
    # TypeError, ValueError and more besides its own InvalidFileException, by what was read.
    try:
        value: PlistValue | None = plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except Exception:  # noqa: BLE001
        value = None
    if value is None:
        raise _damaged("it cannot be read")
    return value


def _check_values(value: PlistValue) -> None:
    length = 0
    for level in levels(value):
        length += sum(map(_length, level))
        # One text of a megabyte can stand in ten thousand places; XML could not hold that either.
        if length > MAX_BYTES:
            message = f"The values have more than {MAX_BYTES:,} characters and bytes. So many are not processed."
            raise PlistError([Problem("", "too-large", message)])


def _length(value: PlistValue | None) -> int:
    """Return how many characters and bytes a value has; PlistError if XML cannot hold it."""
    # Apple's parser reads a null, and nothing that is read from a property list looks for one.
    if value is None:
        raise _damaged("a value is null")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise _damaged("a key is not a string")
        return sum(map(len, value))
    if isinstance(value, int) and not fits_integer(value):
        raise _damaged("an integer has more than 64 bits")
    return len(value) if isinstance(value, (str, bytes)) else 0
