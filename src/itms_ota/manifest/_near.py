"""What a property list is that is not a manifest, above all one that nearly is."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from .._wording import listed, short

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from .._plist import PlistValue

_PROFILE_KEYS = frozenset(
    {"PayloadContent", "PayloadType", "ProvisionedDevices", "ProvisionsAllDevices", "TeamIdentifier"}
)
_KNOWN_BY_KEYS = (
    (_PROFILE_KEYS, "a profile (.mobileconfig or .mobileprovision)"),
    (frozenset({"CFBundleIdentifier"}), "an app's Info.plist"),
    (frozenset({"WebMainResource"}), "a web archive as Safari saves it"),
    # Xcode exports these beside manifest.plist.
    (frozenset({"signingStyle", "stripSwiftSymbols", "compileBitcode"}), "Xcode's ExportOptions.plist"),
)
_MOST_KEYS = 100
_INTO_ITEMS = "Put {} into an array under the key 'items'."


def other_plist(value: Mapping[str, PlistValue]) -> tuple[Literal["plist", "profile"], str]:
    """Return what a dictionary without items is, and the words for it."""
    known = next((what for keys, what in _KNOWN_BY_KEYS if keys & value.keys()), None)
    what, cure = (known, "") if known else _around(value) or _near_miss(value) or ("another property list", "")
    has = f"It has {listed(value, 5)}, and not" if value else "It does not have"
    words = f"This is {what}, not a manifest. {has} the key 'items'. The device installs nothing. {cure}"
    return "profile" if _PROFILE_KEYS & value.keys() else "plist", words.rstrip()


def is_item(value: object) -> bool:
    """Check whether a value looks like an item of a manifest."""
    return isinstance(value, dict) and ("assets" in value or "metadata" in value)


def is_asset(value: object) -> bool:
    """Check whether a value looks like an asset of an item."""
    return isinstance(value, dict) and "url" in value


def instead_of_array(value: PlistValue) -> str:
    """Return a sentence on what stands in place of an array of items or assets; an empty text where it is neither."""
    for what, is_one in (("item", is_item), ("asset", is_asset)):
        if is_one(value):
            return f" It seems to be an {what}. Put it into an array."
        if isinstance(value, dict) and any(map(is_one, islice(value.values(), _MOST_KEYS))):
            return f" It seems to hold {what}s under names of their own. Put them into an array."
    return ""


def _around(value: Mapping[str, PlistValue]) -> tuple[str, str] | None:
    """Return what a dictionary is that has a manifest in it, or belongs to what has one, and the cure."""
    command = value.get("Command", value)
    holder = command if isinstance(command, dict) else value
    manifest = next((key for key in ("Manifest", "manifest") if _has_items(holder.get(key))), None)
    cure = f"Give the device the dictionary under {manifest!r} alone." if manifest else ""
    if "RequestType" in holder:
        return "a command of device management (MDM)", cure
    return ("a dictionary around a manifest", cure) if manifest else None


def _has_items(value: object) -> bool:
    return isinstance(value, dict) and "items" in value


def _near_miss(value: Mapping[str, PlistValue]) -> tuple[str, str] | None:
    """Return what a dictionary is that is nearly a manifest, and the cure."""
    from difflib import get_close_matches  # only for what is not a manifest

    if not value:
        return "an empty property list", "Add an item for the app."
    if is_item(value):
        return "one item of a manifest", _INTO_ITEMS.format("it")
    keys = [key for key in islice(value, _MOST_KEYS) if len(key) < 10]
    meant = next((key for key in keys if get_close_matches("items", [key.lower()], 1, 0.75)), None)
    if meant is not None:
        return "a property list with a misspelt key", f"Write 'items' in place of {short(meant)}."
    if any(map(is_item, islice(value.values(), _MOST_KEYS))):
        return "a dictionary of items", _INTO_ITEMS.format("them")
    if any(key.endswith(".ipa") for key in islice(value, _MOST_KEYS)):
        return "Xcode's DistributionSummary.plist", "Publish the manifest.plist that Xcode writes beside it."
    return None
