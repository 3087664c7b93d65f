"""Answers as devices sign them, of a device that does not exist: its certificates lead to the root of the tests.

No answer of a real device is at hand. Known of their form are the certificates in them, those of the two authorities
between the device's and the root, and that the content is a property list in XML.
"""

from __future__ import annotations

import plistlib
from functools import cache
from typing import Any

from _make_signed import (
    CERT_SIGN,
    DIGITAL_SIGNATURE,
    Hierarchy,
    basic_constraints,
    hierarchy,
    key_usage,
    make_identity,
    make_message,
    make_signer,
    rsa_key,
)

UDID = "00008110-000A1B2C3D4E801E"
OLD_UDID = "1b" * 20
CHALLENGE = "a challenge that nobody guesses"
ANSWER = {
    "UDID": UDID,
    "PRODUCT": "iPhone14,5",
    "VERSION": "23B85",
    "SERIAL": "F2LX12AB34",
    "CHALLENGE": CHALLENGE,
}
_AUTHORITY = (basic_constraints(authority=True), key_usage(CERT_SIGN))


@cache
def identities(device_authority: str = "Apple iPhone Device CA") -> Hierarchy:
    """Make the certificates in the answer of a device, as Apple's are: of small keys, with SHA-1, and expired."""
    old: dict[str, Any] = {"digest": "sha1", "not_before": b"070416225446Z", "not_after": b"140416225446Z"}
    authority = make_identity(
        "Apple iPhone Certification Authority",
        rsa_key("phones"),
        hierarchy().root,
        extensions=_AUTHORITY,
        serial=21,
        **old,
    )
    middle = make_identity(
        device_authority, rsa_key("device authority"), authority, extensions=_AUTHORITY, serial=22, **old
    )
    device = make_identity(
        "0028864F-4A2C-4C23-997D-E73E4A0838D3",
        rsa_key("device"),
        middle,
        extensions=(basic_constraints(authority=False), key_usage(DIGITAL_SIGNATURE | 0x20)),
        serial=23,
        **old,
    )
    return Hierarchy(authority, middle, device)


def make_content(**values: Any) -> bytes:
    """Make what a device signs; None leaves a value out."""
    return plistlib.dumps({name: value for name, value in {**ANSWER, **values}.items() if value is not None})


def make_answer(content: bytes | None = None, *, certificates: tuple[bytes, ...] | None = None, **values: Any) -> bytes:
    """Make the answer of a device, with indefinite lengths as Apple's encoder writes them."""
    content = make_content(**values) if content is None else content
    by = identities()
    signer = make_signer(by.leaf, content, digest="sha1")
    return make_message(content, [signer], by.certificates if certificates is None else certificates, ber=True)
