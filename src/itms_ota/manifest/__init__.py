"""The manifest: the property list that names an app's package, its identifier and its version."""

from typing import TYPE_CHECKING

from .._plist import PlistValue
from ._item import Asset, Item, Metadata
from ._kinds import DISPLAY_IMAGE as DISPLAY_IMAGE
from ._kinds import FULL_SIZE_IMAGE as FULL_SIZE_IMAGE
from ._kinds import IMAGE_SIZES as IMAGE_SIZES
from ._kinds import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE
from ._kinds import PACKAGE as PACKAGE
from ._model import Manifest

__all__ = [
    "IPA_CONTENT_TYPE",
    "MANIFEST_CONTENT_TYPE",
    "Asset",
    "Change",
    "ChangeKind",
    "Item",
    "Kind",
    "Manifest",
    "ManifestReport",
    "Metadata",
    "PlistValue",
    "inspect_manifest",
]

if TYPE_CHECKING:
    from ._changes import Change, ChangeKind
    from ._report import ManifestReport, inspect_manifest
    from ._shapes import MANIFEST_SHAPE as MANIFEST_SHAPE
    from ._sniff import MAY_HOLD_LINKS as MAY_HOLD_LINKS
    from ._sniff import Kind
    from ._sniff import sniff as sniff
else:
    # Loaded when first asked for (PEP 562): whoever only writes a manifest needs no rules. Type checkers must not see
    # this, or they would accept any name.
    _HOMES = {
        **dict.fromkeys(("Change", "ChangeKind"), "_changes"),
        **dict.fromkeys(("Kind", "MAY_HOLD_LINKS", "sniff"), "_sniff"),
        "MANIFEST_SHAPE": "_shapes",
    }

    def __getattr__(name: str) -> object:
        if name not in {*__all__, *_HOMES}:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        home = import_module(f".{_HOMES.get(name, '_report')}", __name__)
        value = globals()[name] = getattr(home, name)
        if name == "inspect_manifest":
            value.__module__ = __name__  # where people import it from
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
