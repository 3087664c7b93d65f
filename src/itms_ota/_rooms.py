"""Where the public names are that the package itself does not give out.

Looked at only for a name that is not there: to import every room in search of it would load the network, and much else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "manifest": "Change ChangeKind Kind PlistValue",
    "link": "",
    "check": "CheckReport Step check check_many",
    "errors": "Code DeviceError FetchError IpaError Level",
    "ipa": "Ipa IpaReport Source SupportsReadSeek read_ipa",
    "signature": "Executable SignatureReport inspect_signature",
    "profile": "Certificate Kind ProvisioningProfile is_udid",
    "remote": "Fetch RemoteFile Response Tls open_url",
    "page": "App CONTENT_SECURITY_POLICY LANGUAGES ProfileKind TEXTS install_page",
    "udid": "ATTRIBUTES Attribute Device PROFILE_CONTENT_TYPE device_profile devices_file read_device",
    "logs": "Attempt LogReport explain_log",
    "release": "Release build_release",
    "browsers": "Browser Platform identify",
    "checksum": "Algorithm CHUNK_SIZE Progress Source",
}
"""By public module."""


def where(name: str) -> str:
    """Return what to import to have a name, as a sentence; an empty text where there is no such name."""
    homes = [f"from itms_ota.{room} import {name}" for room, names in NAMES.items() if name in names.split()]
    if not homes and name in NAMES:
        homes = [f"import itms_ota.{name}"]
    return f". Use: {', or '.join(homes)}" if homes else ""
