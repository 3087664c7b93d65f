"""Install iOS apps over the air: write, read and check manifests and `itms-services` links.

>>> from itms_ota import InstallLink, Manifest
"""

from .checksum import Checksum
from .errors import ItmsError, LinkError, ManifestError, Problem
from .link import InstallLink, LinkReport, find_links, inspect_link
from .manifest import (
    IPA_CONTENT_TYPE,
    MANIFEST_CONTENT_TYPE,
    Asset,
    Item,
    Manifest,
    ManifestReport,
    Metadata,
    inspect_manifest,
)

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
