"""Install iOS apps over the air: write, read and check manifests and `itms-services` links.

>>> from itms_ota import InstallLink, Manifest

Manifests and links have their names here. Everything else is in one of the public modules, and is imported from there:

>>> from itms_ota.ipa import read_ipa

- `itms_ota.manifest`: The manifest: the property list that names an app's package, its identifier and its version
- `itms_ota.link`: The install link: `itms-services://?action=download-manifest&url=` and the manifest's URL
- `itms_ota.check`: Would a tap install the app, and if not, why: all that can be known without a device, in one call
- `itms_ota.errors`: Problems as data, and the exceptions that carry them
- `itms_ota.ipa`: What is in an .ipa file: the app, who may install it, and the manifest that describes it
- `itms_ota.signature`: The code signature of an app: what it says, and whether a device would accept it
- `itms_ota.profile`: Provisioning profiles: which devices may install an app, and until when (Apple, TN3125)
- `itms_ota.remote`: Files that stay on the server: read over HTTPS by byte ranges, as if they were local
- `itms_ota.page`: The page that people open to install: one complete HTML document, without scripts or other files
- `itms_ota.udid`: The UDID of a device over the air: a profile that asks for it, and the answer that the device signs
- `itms_ota.logs`: What a log says about installs over the air: how far each attempt came, what its error codes mean,
  and the cure
- `itms_ota.release`: From an .ipa to a folder that installs the app once it is uploaded
- `itms_ota.browsers`: Which browser or app sent a User-Agent, and whether an install link can open there
- `itms_ota.checksum`: The hashes by which a device verifies a download
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

__version__ = "0.2.0"

if TYPE_CHECKING:
    from .link import LinkReport, find_links, inspect_link
    from .manifest import ManifestReport, inspect_manifest
else:
    # Inspectors and reports are loaded when they are first asked for (PEP 562): whoever only writes a manifest or a
    # link does not pay for them. Type checkers must not see this, or they would accept any name.
    def __getattr__(name: str) -> object:
        if name not in __all__:
            message = f"module {__name__!r} has no attribute {name!r}"
            # An import of a part of the package asks for it here first.
            if not name.startswith("_"):
                from ._rooms import where as _where

                message += _where(name)
            raise AttributeError(message)
        from . import link, manifest

        value = globals()[name] = getattr(manifest if name in manifest.__all__ else link, name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
