"""How a manifest travels in the reports that hold one."""

from __future__ import annotations

from typing import get_args

from .._plist import EXTRA
from .._shapes import INTEGER, TEXT, Choice, Many, Maybe, Record
from .._wording import SHOWN
from ..checksum import Algorithm, Checksum
from ._item import Asset, Item, Metadata
from ._model import Manifest

_CHECKSUM = Record(
    Checksum, {"algorithm": Choice(get_args(Algorithm)), "digests": Many(TEXT), "chunk_size": Maybe(INTEGER)}
)
_ASSET = Record(
    Asset,
    {
        "kind": SHOWN,
        "url": SHOWN,
        "checksums": Many(_CHECKSUM),
        "variant_ids": Many(SHOWN),
        "extra": EXTRA,
    },
    is_sparse=True,
)
_METADATA = Record(
    Metadata,
    {
        "bundle_identifier": SHOWN,
        "title": SHOWN,
        "bundle_version": Maybe(SHOWN),
        "kind": Maybe(SHOWN),
        "subtitle": Maybe(SHOWN),
        "platform_identifier": Maybe(SHOWN),
        "extra": EXTRA,
    },
    is_sparse=True,
)
_ITEM = Record(
    Item,
    {"assets": Many(_ASSET), "metadata": _METADATA, "thinned_assets": Many(_ASSET), "extra": EXTRA},
    is_sparse=True,
)
MANIFEST_SHAPE = Record(Manifest, {"items": Many(_ITEM), "extra": EXTRA}, is_sparse=True)
