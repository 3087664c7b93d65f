"""Elements in DER, and in BER with the indefinite lengths that some signing tools write (X.690, 8.1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
CONSTRUCTED = 0x20
SEQUENCE = 0x30
EXPLICIT = 0xA0  # [0]

_END_OF_CONTENTS = 0x00
_LONG_TAG = 0x1F
_INDEFINITE = 0x80


class Asn1Error(ValueError):
    """Bytes that do not have the structure they should; the message says which and where."""


class Element(NamedTuple):
    """A tag, and where its content starts and stops (at the latest, where the length is indefinite)."""

    tag: int
    start: int
    stop: int


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
        yield Element(tag, start, parent.stop if stop is None else stop)
        at = _end(data, start, parent.stop) if stop is None else stop


def first(data: bytes, parent: Element, tag: int) -> Element:
    """Find the first element with this tag in another."""
    for element in elements(data, parent):
        if element.tag == tag:
            return element
    raise Asn1Error(f"the element 0x{tag:02x} is missing at byte {parent.start}")


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
