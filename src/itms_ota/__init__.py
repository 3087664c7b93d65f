"""Install iOS apps over the air: write, read and check manifests and `itms-services` links.

>>> from itms_ota import InstallLink, Manifest
"""

from typing import TYPE_CHECKING

from .checksum import Checksum
from .errors import ItmsError, LinkError, ManifestError, Problem
from .link import InstallLink
from .manifest import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, Asset, Item, Manifest, Metadata

__all__ = [
    "IPA_CONTENT_TYPE",
    "MANIFEST_CONTENT_TYPE",
    "Asset",
    "Checksum",
    "InstallLink",
    "Item",
    "ItmsError",
    "LinkError",
    "LinkReport",
    "Manifest",
    "ManifestError",
    "ManifestReport",
    "Metadata",
    "Problem",
    "find_links",
    "inspect_link",
    "inspect_manifest",
]

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .link import LinkReport, find_links, inspect_link
    from .manifest import ManifestReport, inspect_manifest
else:
    # Inspectors and reports are loaded when they are first asked for (PEP 562): whoever only writes a manifest or a
    # link does not pay for them. Type checkers must not see this, or they would accept any name.
    def __getattr__(name: str) -> object:
        if name not in __all__:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from . import link, manifest

        value = globals()[name] = getattr(manifest if name in manifest.__all__ else link, name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
