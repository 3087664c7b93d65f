"""Entitlements: their form in DER, and whether a profile grants those that an app claims (Apple, TN3125)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .._asn1 import Asn1Error, elements, enclosing
from .._wording import short
from ._pages import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._asn1 import Element
    from .._plist import PlistValue

Entitlements: TypeAlias = "Mapping[str, PlistValue]"

# Tags of what Apple writes (CoreEntitlements): a version and a dictionary, whose pairs are sequences.
_ROOT, _DICTIONARY, _OLD_DICTIONARY, _SEQUENCE = 0x70, 0xB0, 0x31, 0x30
_BOOLEAN, _INTEGER, _UTF8_STRING, _OCTET_STRING = 0x01, 0x02, 0x0C, 0x04
_DEEPEST = 20
_MOST_VALUES = 20_000
_MOST_COMPARISONS = 200_000


def read_der(data: bytes) -> dict[str, PlistValue]:
    """Read entitlements in DER; Asn1Error where they are not."""
    body = [*elements(data, enclosing(data))]
    # The first tools that wrote DER wrote the set of pairs alone.
    if [part.tag for part in body] == [_ROOT]:
        body = [part for part in elements(data, body[0]) if part.tag == _DICTIONARY]
    if len(body) != 1 or body[0].tag not in {_DICTIONARY, _OLD_DICTIONARY}:
        raise Asn1Error("there is no dictionary of entitlements")
    return _Reader(data).dictionary(body[0], _DEEPEST)


class _Reader:
    """Reads values, not too many of them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MOST_VALUES

    def value(self, element: Element, deepest: int) -> PlistValue:
        """Read a value."""
        self._left -= 1
        if not deepest or not self._left:
            raise Asn1Error("there are too many values, or they are nested too deep")
        data = self._data[element.start : element.stop]
        if element.tag in {_DICTIONARY, _OLD_DICTIONARY}:
            return self.dictionary(element, deepest)
        if element.tag == _SEQUENCE:
            return [self.value(part, deepest - 1) for part in elements(self._data, element)]
        if element.tag == _BOOLEAN:
            return any(data)
        if element.tag == _INTEGER and len(data) <= 9:
            return int.from_bytes(data, "big", signed=True)
        if element.tag == _UTF8_STRING:
            return data.decode("utf-8", "replace")
        if element.tag == _OCTET_STRING:
            return data
        raise Asn1Error(f"a value has the tag 0x{element.tag:02x}, which is not known")

    def dictionary(self, element: Element, deepest: int) -> dict[str, PlistValue]:
        """Read a dictionary."""
        found: dict[str, PlistValue] = {}
        for pair in elements(self._data, element):
            key, value = self._pair(pair, deepest - 1)
            if key in found:  # readers differ in which of them counts
                raise Asn1Error(f"the key {short(key)} stands there twice")
            found[key] = value
        return found

    def _pair(self, element: Element, deepest: int) -> tuple[str, PlistValue]:
        parts = [*elements(self._data, element)] if element.tag == _SEQUENCE else []
        if len(parts) != 2 or parts[0].tag != _UTF8_STRING:
            raise Asn1Error(f"there is no pair of a key and a value at byte {element.start}")
        key = self._data[parts[0].start : parts[0].stop].decode("utf-8", "replace")
        return key, self.value(parts[1], deepest)


def not_granted(claimed: Entitlements, granted: Entitlements) -> Iterator[tuple[str, bool]]:
    """Yield the keys that a profile does not grant as they are claimed, and whether they claim anything at all.

    TooLargeError where that takes more comparisons than any real app does.
    """
    return _Comparison().not_granted(claimed, granted)


class _Comparison:
    """Compares what is claimed and granted: of two lists each value with each other, though not too many."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARISONS

    def not_granted(self, claimed: Entitlements, granted: Entitlements) -> Iterator[tuple[str, bool]]:
        """Yield the keys that are not granted, and whether they claim anything at all."""
        for key, value in claimed.items():
            if not self._is_granted(value, granted.get(key)):
                yield key, value is not False and value not in ("", [], {})

    def _is_granted(self, claimed: PlistValue, granted: PlistValue | None) -> bool:
        self._left -= 1
        if self._left < 0:
            raise TooLargeError("There are too many entitlements to compare.")
        if granted is None:
            return False
        if isinstance(claimed, list):
            return all(self._is_granted(part, granted) for part in claimed)
        if isinstance(granted, list):
            return any(self._is_granted(claimed, part) for part in granted)
        if isinstance(claimed, dict) and isinstance(granted, dict):
            return not any(True for _ in self.not_granted(claimed, granted))
        # A '*' stands for any rest.
        if isinstance(claimed, str) and isinstance(granted, str) and granted.endswith("*"):
            return claimed.startswith(granted[:-1])
        # What is allowed may be left off. Numbers are not booleans, though Python calls 1 equal to True.
        return (type(claimed), claimed) == (type(granted), granted) or (claimed is False and granted is True)
