"""Which devices a thinned app is for: those that it lists, and newer ones that may have an older one's variant.

Each device has a list of the product types whose variants it installs: its own and, where there is one, that of an
older product (seen in what installd reports: "This device is compatible with [iPad13,16, iPad13,1]").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..profile import is_udid

if TYPE_CHECKING:
    from collections.abc import Iterable

# The product type, and the older one whose variant it installs: CompatibleDeviceFallback in Xcode's database of devices
# (device_traits.db, 2026). Others of these families, which are older, have none.
_PAIRS = """
iPad5,1 iPad5,3   iPad5,2 iPad5,4   iPad6,11 iPad5,3  iPad6,12 iPad5,4  iPad7,1 iPad6,7   iPad7,2 iPad6,8
iPad7,3 iPad6,3   iPad7,4 iPad6,4   iPad7,5 iPad6,11  iPad7,6 iPad6,12  iPad7,11 iPad7,5  iPad7,12 iPad7,6
iPad8,1 iPad7,3   iPad8,2 iPad7,3   iPad8,3 iPad7,4   iPad8,4 iPad7,4   iPad8,5 iPad7,1   iPad8,6 iPad7,1
iPad8,7 iPad7,2   iPad8,8 iPad7,2   iPad8,9 iPad8,1   iPad8,10 iPad8,3  iPad8,11 iPad8,5  iPad8,12 iPad8,7
iPad11,1 iPad6,3  iPad11,2 iPad6,4  iPad11,3 iPad7,3  iPad11,4 iPad7,4  iPad11,6 iPad7,11 iPad11,7 iPad7,12
iPad12,1 iPad11,6 iPad12,2 iPad11,6 iPad13,1 iPad8,1  iPad13,2 iPad8,3  iPad13,4 iPad8,2  iPad13,5 iPad8,2
iPad13,6 iPad8,4  iPad13,7 iPad8,4  iPad13,8 iPad8,6  iPad13,9 iPad8,6  iPad13,10 iPad8,8 iPad13,11 iPad8,8
iPad13,16 iPad13,1 iPad13,17 iPad13,2 iPad13,18 iPad12,1 iPad13,19 iPad12,2 iPad14,1 iPad11,1 iPad14,2 iPad11,2
iPad14,3 iPad13,4 iPad14,4 iPad13,6 iPad14,5 iPad13,8 iPad14,6 iPad13,10 iPad14,8 iPad13,16 iPad14,9 iPad13,17
iPad14,10 iPad13,16 iPad14,11 iPad13,17 iPad15,3 iPad14,8 iPad15,4 iPad14,9 iPad15,5 iPad14,10 iPad15,6 iPad14,11
iPad15,7 iPad13,18 iPad15,8 iPad13,19 iPad16,1 iPad14,1 iPad16,2 iPad14,2 iPad16,3 iPad14,3 iPad16,4 iPad14,4
iPad16,5 iPad14,5 iPad16,6 iPad14,6 iPad17,1 iPad16,3 iPad17,2 iPad16,4 iPad17,3 iPad16,5 iPad17,4 iPad16,6
iPhone9,1 iPhone8,1   iPhone9,2 iPhone8,2   iPhone9,3 iPhone8,1   iPhone9,4 iPhone8,2   iPhone10,1 iPhone9,1
iPhone10,2 iPhone9,2  iPhone10,3 iPhone9,2  iPhone10,4 iPhone9,1  iPhone10,5 iPhone9,2  iPhone10,6 iPhone9,2
iPhone11,2 iPhone10,3 iPhone11,4 iPhone10,2 iPhone11,6 iPhone10,2 iPhone11,8 iPhone10,3 iPhone12,1 iPhone11,8
iPhone12,3 iPhone11,2 iPhone12,5 iPhone11,4 iPhone12,8 iPhone11,8 iPhone13,1 iPhone12,3 iPhone13,2 iPhone12,5
iPhone13,3 iPhone12,5 iPhone13,4 iPhone12,5 iPhone14,2 iPhone13,3 iPhone14,3 iPhone13,4 iPhone14,4 iPhone13,1
iPhone14,5 iPhone13,2 iPhone14,6 iPhone12,8 iPhone14,7 iPhone14,5 iPhone14,8 iPhone14,5 iPhone15,2 iPhone14,2
iPhone15,3 iPhone14,3 iPhone15,4 iPhone15,2 iPhone15,5 iPhone15,3 iPhone16,1 iPhone15,2 iPhone16,2 iPhone15,3
iPhone17,1 iPhone16,1 iPhone17,2 iPhone16,2 iPhone17,3 iPhone16,1 iPhone17,4 iPhone16,2 iPhone17,5 iPhone14,7
iPhone18,1 iPhone17,1 iPhone18,2 iPhone17,2 iPhone18,3 iPhone17,1 iPhone18,4 iPhone17,1
iPod9,1 iPhone8,4
"""


# Devices compare the text as it is: "IPhone14,5" is not one.
_PRODUCT_TYPE = re.compile(
    "(iPhone|iPad|iPod|(?!(?i:iPhone|iPad|iPod)[0-9])[A-Z][A-Za-z]{1,20})([0-9]{1,4}),([0-9]{1,4})(?:-[A-Z])?"
)


class ProductType(NamedTuple):
    """A product type in its parts: ``iPhone14,5`` is 14, 5 of the family iPhone."""

    family: str
    number: tuple[int, int]

    @classmethod
    def of(cls, text: str) -> ProductType | None:
        """Read a product type. Where an app's variants differ by memory, ``iPad14,3-A``, the product is meant."""
        found = _PRODUCT_TYPE.fullmatch(text)
        return None if found is None else cls(found[1], (int(found[2]), int(found[3])))


def is_device_named(udid: str | None, device: str | None) -> bool:
    """Check that a UDID or a product type says for which device is asked: what is not valid says nothing."""
    return (udid is not None and is_udid(udid)) or (device is not None and ProductType.of(device.strip()) is not None)


_FALLBACKS = {ProductType.of(new): ProductType.of(old) for new, old in re.findall(r"(\S+)\s+(\S+)", _PAIRS)}


def installs_on(device: ProductType, listed: Iterable[str]) -> bool | None:
    """Check whether a device installs an app for the listed product types; None where the device is too new to know."""
    kinds = {kind for kind in map(ProductType.of, listed) if kind is not None}
    if device in kinds or _FALLBACKS.get(device) in kinds:
        return True
    newest = max((known.number for known in _FALLBACKS if known and known.family == device.family), default=(0, 0))
    older = any(kind.family == device.family and kind.number < device.number for kind in kinds)
    return None if device.number > newest and older else False
