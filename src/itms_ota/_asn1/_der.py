"""Elements in DER, and in BER with the indefinite lengths that some signing tools write (X.690, 8.1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
CONSTRUCTED = 0x20
SEQUENCE = 0x30
SET = 0x31
EXPLICIT = 0xA0  # [0]

_END_OF_CONTENTS = 0x00
_LONG_TAG = 0x1F
_INDEFINITE = 0x80
# The longest of Apple's has 11 bytes.
_LONGEST_IDENTIFIER = 64


class Asn1Error(ValueError):
    """Bytes that do not have the structure they should; the message says which and where."""


class Element(NamedTuple):
    """A tag, and where its content starts and stops (at the latest, where the length is indefinite)."""

    tag: int
    start: int
    stop: int
    at: int = 0
    """Where the tag stands."""
    is_definite: bool = True


def elements(data: bytes, parent: Element) -> Iterator[Element]:
    """Yield the elements in another, one after the other.

    The end of an element of indefinite length is looked for only when the next one is asked for. So the way down to
    the content passes over each byte once, however deep it lies.
    """
    at = parent.start
    while at < parent.stop:
        tag, start, stop = _header(data, at, parent.stop)
        if tag == _END_OF_CONTENTS:
            return
        yield Element(tag, start, parent.stop if stop is None else stop, at, stop is not None)
        at = _end(data, start, parent.stop) if stop is None else stop


def enclosing(data: bytes) -> Element:
    """Return what the data stands in by itself: an element that begins and stops with it."""
    return Element(CONSTRUCTED, 0, len(data))


def first(data: bytes, parent: Element, tag: int) -> Element:
    """Find the first element with this tag in another."""
    for element in elements(data, parent):
        if element.tag == tag:
            return element
    raise Asn1Error(f"the element 0x{tag:02x} is missing at byte {parent.start}")


def children(data: bytes, parent: Element, most: int) -> list[Element]:
    """Return the elements in another; Asn1Error where there are more than `most`."""
    found: list[Element] = []
    for element in elements(data, parent):
        if len(found) == most:
            raise Asn1Error(f"the element at byte {parent.at} contains more than {most} others")
        found.append(element)
    return found


def parse(data: bytes, tag: int) -> Element:
    """Find the one element that the data consists of, in DER, and nothing after it."""
    element = next(elements(data, enclosing(data)), None)
    if element is None or element.tag != tag or element.stop != len(data) or not element.is_definite:
        raise Asn1Error(f"the {len(data)} bytes are not one element 0x{tag:02x}")
    return element


def expect(element: Element, tag: int) -> Element:
    """Return the element; Asn1Error where it has another tag."""
    if element.tag != tag:
        raise Asn1Error(f"the element at byte {element.at} is 0x{element.tag:02x}, not 0x{tag:02x}")
    return element


def whole(data: bytes, element: Element) -> bytes:
    """Return an element as it stands, with its tag and length."""
    return data[_definite(element).at : element.stop]


def content(data: bytes, element: Element) -> bytes:
    """Return what stands in an element, without its tag and length."""
    return data[_definite(element).start : element.stop]


def _definite(element: Element) -> Element:
    if not element.is_definite:
        raise Asn1Error(f"the element at byte {element.at} has an indefinite length, which DER does not allow")
    return element


def unsigned(data: bytes, element: Element) -> int:
    """Return an INTEGER that is not negative."""
    digits = content(data, expect(element, INTEGER))
    if not digits or digits[0] & 0x80:
        raise Asn1Error(f"the integer at byte {element.at} is empty or negative")
    return int.from_bytes(digits, "big")


def bits(data: bytes, element: Element) -> bytes:
    """Return a BIT STRING that is made of whole bytes."""
    string = content(data, expect(element, BIT_STRING))
    if string[:1] != b"\0":
        raise Asn1Error(f"the bit string at byte {element.at} is not made of whole bytes")
    return string[1:]


def identifier(data: bytes, element: Element) -> str:
    """Return an object identifier as its numbers with dots between (X.690, 8.19)."""
    string = content(data, expect(element, OBJECT_IDENTIFIER))
    if not string or len(string) > _LONGEST_IDENTIFIER or string[-1] & 0x80:
        raise Asn1Error(f"the object identifier at byte {element.at} is empty, too long or cut off")
    numbers: list[int] = []
    number = 0
    for byte in string:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    top = min(numbers[0] // 40, 2)
    return ".".join(map(str, (top, numbers[0] - 40 * top, *numbers[1:])))


def _end(data: bytes, at: int, limit: int) -> int:
    """Find the end of an element of indefinite length whose content starts at `at`."""
    unfinished = 1
    while unfinished:
        tag, start, stop = _header(data, at, limit)
        if stop is None:
            unfinished += 1
        elif tag == _END_OF_CONTENTS:
            unfinished -= 1
        at = start if stop is None else stop
    return at


def _header(data: bytes, at: int, limit: int) -> tuple[int, int, int | None]:
    """Read the tag at `at`, and where its content starts and stops: None where the length is indefinite."""
    if at + 2 > limit:
        raise Asn1Error(f"the data ends inside the element at byte {at}")
    tag, length = data[at], data[at + 1]
    start = at + 2
    if tag & _LONG_TAG == _LONG_TAG or (length == _INDEFINITE and not tag & CONSTRUCTED):
        raise Asn1Error(f"the bytes {data[at:start].hex()} at {at} cannot start an element")
    if length == _INDEFINITE:
        return tag, start, None
    if length > _INDEFINITE:
        digits = length & 0x7F
        length = int.from_bytes(data[start : start + digits], "big")
        start += digits
    if start + length > limit:
        raise Asn1Error(f"the element at byte {at} is longer than the one that contains it")
    return tag, start, start + length
