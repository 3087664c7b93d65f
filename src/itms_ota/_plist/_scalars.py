"""What the text of a number, a date or data stands for, as Apple's parser reads it.

Each reader returns the value, or None where Apple's parser refuses the text; and whether other programs read the same.
"""

from __future__ import annotations

import binascii
import datetime as dt
import re
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from ._characters import BLANKS, SPACE
from ._value import fits_integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._value import PlistValue

# What Apple's parser passes over before the digits. Of an integer it looks at bytes (CFPropertyList.c,
# isWhitespace), also at those that are not UTF-8; of a real at characters (CFStringScanner.c).
_BEFORE_INTEGER = "[\x00-\x20\x7f\u2000-\u200b\u205f\u3000\udc80-\udca0]*"
_BEFORE_REAL = "[\x00-\x20\x7f-\xa0\u2000-\u200b\u3000]*"
_INTEGER = re.compile(rf"{_BEFORE_INTEGER}(?:([+-]){_BEFORE_INTEGER})?(0[xX][0-9A-Fa-f]+|[0-9]+)")
_ORDINARY_INTEGER = re.compile(rf"{SPACE}[+-]?[0-9]+|0[xX][0-9A-Fa-f]+")
_MOST_DIGITS = 20
_REAL = re.compile(
    rf"""
    (?P<before>{_BEFORE_REAL}) (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?)
    | (?P<name>[+-]?inf(?:inity)?|nan)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DATE = re.compile("(-?)([0-9]*)-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_ORDINARY_DATE = re.compile(
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}Z"
)
# Of Base64, "=" is a digit too, of value 0; here "~" is one that follows another.
_NOT_DIGITS = bytes({*range(128)} - {*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=~"})
_AS_ZERO = bytes.maketrans(b"=~", b"AA")
# Whether four digits have a second and a third byte, by the last of them.
_HAS_SECOND = bytes(digit not in b"~" for digit in range(256))
_HAS_THIRD = bytes(digit not in b"=~" for digit in range(256))


def _integer(content: str) -> tuple[int | None, bool]:
    # CFPropertyList.c, parseIntegerTag: decimal or hexadecimal, of 64 bits.
    found = _INTEGER.fullmatch(content)
    if found is None:
        return None, False
    sign, digits = found.groups()
    base = 16 if digits[:2] in {"0x", "0X"} else 10
    digits = digits[2 if base == 16 else 0 :].lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return None, False
    number = int(digits, base) * (-1 if sign == "-" else 1)
    return number if fits_integer(number) else None, _ORDINARY_INTEGER.fullmatch(content) is not None


def _real(content: str) -> tuple[float | None, bool]:
    # CFPropertyList.c, parseRealTag: "nan" and the infinities by name, else what CFString takes for a number.
    found = _REAL.fullmatch(content)
    if found is None:
        return None, False
    return float(found["name"] or found["number"]), not (found["before"] or "").strip(BLANKS)


def _date(content: str) -> tuple[dt.datetime | None, bool]:
    # CFPropertyList.c, parseDateTag: YYYY '-' MM '-' DD 'T' hh ':' mm ':' ss 'Z', which is in UTC. All is added up; a
    # month beyond the thirteenth, and 00, are taken for January (CFDate.c).
    found = _DATE.fullmatch(content)
    year = (found[2].lstrip("0") or "0") if found else ""
    # Python's dates have the years 1 to 9999.
    if found is None or found[1] or len(year) > 4:
        return None, False
    month, day, hour, minute, second = map(int, found.groups()[2:])
    try:
        first = dt.datetime(int(year) + (month == 13), month if 1 <= month <= 12 else 1, 1)  # noqa: DTZ001 -- as plistlib's
        value = first + dt.timedelta(day - 1, second, minutes=minute, hours=hour)
    except (ValueError, OverflowError):
        return None, False
    return value, _ORDINARY_DATE.fullmatch(content) is not None and value.day == day


def _data(content: str) -> tuple[bytes | None, bool]:
    # CFPropertyList.c, parseDataTag: other characters are passed over, and so is a rest of fewer than four. How many
    # bytes four digits stand for depends on how many "=" in a row, but for white space, the last of them ends.
    if not content.isascii():
        return None, False
    text = content.encode().replace(b"~", b"-").translate(None, b" \t\n\v\f\r")
    digits = text.replace(b"==", b"=~").replace(b"~=", b"~~").translate(None, _NOT_DIGITS)
    digits = digits[: len(digits) // 4 * 4]
    value = binascii.a2b_base64(digits.translate(_AS_ZERO))
    last = digits[3::4]
    if b"=" in last or b"~" in last:
        kept = bytearray(b"\1") * len(value)
        kept[1::3], kept[2::3] = last.translate(_HAS_SECOND), last.translate(_HAS_THIRD)
        value = bytes(compress(value, kept))
    try:
        # Others read a reference to a character as that character; Apple's parser takes what it is made of for digits.
        return value, b"&" not in text and binascii.a2b_base64(text) == value
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
