"""The glance: manifests that nearly everybody writes are known at sight to break no rule.

It must never hide a finding: a test tries it against the rules on random manifests near its border.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from .. import _urls
from .._hosting import share_page_message
from ._kinds import DISPLAY_IMAGE, FULL_SIZE_IMAGE, IPHONE, PACKAGE
from ._rules import TEAM_PREFIX, VERSION

if TYPE_CHECKING:
    from .._plist import PlistValue
    from ._rules import Raw

_ITEM_KEYS = {"assets", "metadata"}
_ASSET_KEYS = {"kind", "url"}
_EXTENSIONS = {PACKAGE: ".ipa", DISPLAY_IMAGE: ".png", FULL_SIZE_IMAGE: ".png"}
# In the order of the pattern below, with what stands for those that may be missing.
_METADATA = {
    "kind": "",
    "bundle-identifier": "",
    "bundle-version": "",
    "title": "",
    "platform-identifier": IPHONE,
    "subtitle": "none",
}
_REQUIRED = {"kind", "bundle-identifier", "bundle-version", "title"}
# A text that people see.
_SHOWN = r"(?! __ | (?:undefined|null|None) (?:\n|\Z) ) \w (?: [\w\ .,&'-]* [\w.] )?"
_TEXTS = re.compile(
    rf"""
    software \n
    (?! {TEAM_PREFIX} ) [a-z0-9-][A-Za-z0-9-]* (?: \.[a-z0-9-][A-Za-z0-9-]* )+ \n
    {VERSION} \n
    {_SHOWN} \n
    {re.escape(IPHONE)} \n
    {_SHOWN}
    """,
    re.VERBOSE,
)


def is_usual(raw: Raw) -> bool:
    """Check at a glance that there is nothing to report; False means only that the full check is needed.

    Nor is there anything that could not be written: all keys are known, and all texts plain.
    """
    items = raw.get("items")
    if len(raw) != 1 or not isinstance(items, list) or not items or not all(map(_is_usual_item, items)):
        return False
    # Fewer apps than items: one stands twice.
    return len(items) == 1 or len({cast("Any", item)["metadata"]["bundle-identifier"] for item in items}) == len(items)


def _is_usual_item(item: PlistValue) -> bool:
    if not isinstance(item, dict) or item.keys() != _ITEM_KEYS:
        return False
    assets, metadata = item["assets"], item["metadata"]
    if not isinstance(assets, list) or not isinstance(metadata, dict):
        return False
    kinds = {_usual_kind(asset) for asset in assets}
    # Fewer kinds than assets: one stands twice.
    return PACKAGE in kinds and len(kinds) == len(assets) and "" not in kinds and _is_usual_metadata(metadata)


def _usual_kind(asset: PlistValue) -> str:
    """Return the kind of a usual asset; an empty text for any other."""
    if not isinstance(asset, dict) or asset.keys() != _ASSET_KEYS:
        return ""
    kind, url = asset["kind"], asset["url"]
    if not isinstance(kind, str) or not isinstance(url, str):
        return ""
    is_usual = url.endswith(_EXTENSIONS.get(kind, "?")) and "?" not in url and _urls.is_plain(url)
    return kind if is_usual and share_page_message(url) is None else ""


def _is_usual_metadata(metadata: Raw) -> bool:
    if not _REQUIRED <= metadata.keys() <= _METADATA.keys():
        return False
    try:
        text = "\n".join(cast("list[str]", [metadata.get(key, usual) for key, usual in _METADATA.items()]))
    except TypeError:  # some value is not a text
        return False
    return _TEXTS.fullmatch(text) is not None and "YOUR" not in text
