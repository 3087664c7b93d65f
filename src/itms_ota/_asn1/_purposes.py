"""What Apple's certificates are for: the policies of iOS for what is signed (Apple, Security: SecPolicy.c).

All ask for three certificates that end at a root of Apple's, and of devices for four. Who asks here has that from the
chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from . import _der
from ._der import SEQUENCE
from ._x509 import COMMON_NAME, Name, X509Certificate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Purpose = Literal["development", "distribution", "testflight", "app-store", "profile", "device"]
"""What a certificate may sign: apps in four ways, provisioning profiles, or the answers of a device."""

# Extensions of the signer's certificate: SecPolicyCreateiPhoneProfileApplicationSigning.
_DEVELOPERS: Mapping[str, Purpose] = {
    "1.2.840.113635.100.6.1.2": "development",
    "1.2.840.113635.100.6.1.4": "distribution",
    "1.2.840.113635.100.6.1.25.1": "testflight",
}
# And of the certificate above it, which is Apple Worldwide Developer Relations.
_WORLDWIDE_DEVELOPER_RELATIONS = "1.2.840.113635.100.6.2.1"
# Other policies ask for the names: SecPolicyCreateiPhoneApplicationSigning, …ProvisioningProfileSigning.
_IPHONE_AUTHORITY = "apple iphone certification authority"
_NAMES: Mapping[str, Purpose] = {
    "apple iphone os application signing": "app-store",
    "apple iphone os provisioning profile signing": "profile",
}
# SecPolicyCreateiPhoneDeviceCertificate, of four certificates. Of two where who asks trusts that authority itself.
_DEVICE_AUTHORITY = "apple iphone device ca"
_LENGTHS_OF_DEVICES = frozenset({2, 4})
_EXTENDED_KEY_USAGE = "2.5.29.37"
_CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
_MOST_USAGES = 32


def purposes(certificates: Sequence[X509Certificate]) -> frozenset[Purpose]:
    """Return what a chain of certificates may sign, which is from the signer's to a root of Apple's."""
    if len(certificates) in _LENGTHS_OF_DEVICES and _common_name(certificates[0].issuer) == _DEVICE_AUTHORITY:
        return frozenset({"device"})
    if len(certificates) != 3:
        return frozenset()
    leaf, authority, _ = certificates
    found: set[Purpose] = set()
    if _common_name(leaf.issuer) == _IPHONE_AUTHORITY:
        found |= {purpose for name, purpose in _NAMES.items() if _common_name(leaf.subject) == name}
    if _WORLDWIDE_DEVELOPER_RELATIONS in authority.extensions and _CODE_SIGNING in _extended_key_usage(leaf):
        found |= {purpose for marker, purpose in _DEVELOPERS.items() if marker in leaf.extensions}
    return frozenset(found)


def _common_name(name: Name) -> str:
    return dict(name).get(COMMON_NAME, "")


def _extended_key_usage(certificate: X509Certificate) -> list[str]:
    value = certificate.extensions.get(_EXTENDED_KEY_USAGE)
    if value is None:
        return []
    try:
        return [_der.identifier(value, use) for use in _der.children(value, _der.parse(value, SEQUENCE), _MOST_USAGES)]
    except _der.Asn1Error:
        return []
