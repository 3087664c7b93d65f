"""What the text of a number, a date or data stands for, as Apple's parser reads it.

Each reader returns the value, or None where Apple's parser refuses the text; and whether other programs read the same.
"""

from __future__ import annotations

import binascii
import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

from ._characters import BLANKS, SPACE
from ._value import fits_integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._value import PlistValue

# What Apple's parser passes over before the digits of a number (CFPropertyList.c, isWhitespace).
_BEFORE_DIGITS = "[\x00-\x20\x7f\u2000-\u200b\u3000]*"
_INTEGER = re.compile(rf"{_BEFORE_DIGITS}([+-]?){_BEFORE_DIGITS}(0[xX][0-9A-Fa-f]{{1,16}}|[0-9]{{1,40}})")
_ORDINARY_INTEGER = re.compile(rf"{SPACE}[+-]?[0-9]+|0[xX][0-9A-Fa-f]+")
_REAL = re.compile(
    rf"(?P<before>{_BEFORE_DIGITS})(?P<number>[+-]?(?:inf(?:inity)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?))|nan",
    re.IGNORECASE,
)
_DATE = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_NOT_BASE64 = bytes({*range(128)} - {*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="})


def _integer(content: str) -> tuple[int | None, bool]:
    # CFPropertyList.c, parseIntegerTag: decimal or hexadecimal, of 64 bits.
    found = _INTEGER.fullmatch(content)
    if found is None:
        return None, False
    sign, digits = found.groups()
    number = int(digits, 16) if digits[:2] in {"0x", "0X"} else int(digits)
    number = -number if sign == "-" else number
    return number if fits_integer(number) else None, _ORDINARY_INTEGER.fullmatch(content) is not None


def _real(content: str) -> tuple[float | None, bool]:
    # CFPropertyList.c, parseRealTag: "nan" and the infinities by name, else what CFString takes for a number.
    found = _REAL.fullmatch(content)
    if found is None:
        return None, False
    return float(found["number"] or "nan"), not (found["before"] or "").strip(BLANKS)


def _date(content: str) -> tuple[dt.datetime | None, bool]:
    # CFPropertyList.c, parseDateTag: YYYY '-' MM '-' DD 'T' hh ':' mm ':' ss 'Z', which is in UTC.
    found = _DATE.fullmatch(content)
    if found is None:
        return None, False
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return dt.datetime(year, month, day, hour, minute, second), True  # noqa: DTZ001 -- as plistlib's are
    except ValueError:
        return None, False


def _data(content: str) -> tuple[bytes | None, bool]:
    # CFPropertyList.c, parseDataTag: other characters are passed over, and so is a rest of fewer than four.
    if not content:
        return None, False
    digits = content.encode("ascii", "ignore").translate(None, _NOT_BASE64)
    length = digits.find(b"=") if b"=" in digits else len(digits)
    rest = length % 4
    padding = {2: b"==", 3: b"="}.get(rest, b"")
    if padding and digits.startswith(padding, length):
        length += len(padding)
    else:
        length -= rest
    value = binascii.a2b_base64(digits[:length])
    try:
        return value, binascii.a2b_base64(digits) == value
    except binascii.Error:
        return value, False


class Scalar(NamedTuple):
    """How the text of an element is read, and what it should be."""

    read: Callable[[str], tuple[PlistValue | None, bool]]
    expected: str


SCALARS = {
    "integer": Scalar(_integer, "a valid integer of 64 bits"),
    "real": Scalar(_real, "a valid number"),
    "date": Scalar(_date, "a valid date such as 2024-02-29T12:00:00Z"),
    "data": Scalar(_data, "valid Base64 data"),
}
