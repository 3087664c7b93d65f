"""What can be wrong with a signature, as names without words: who shows them knows what was signed."""

from __future__ import annotations

from typing import Literal

Fault = Literal[
    "malformed",
    "no-signer",
    "several-signers",
    "no-content",
    "attached-content",
    "no-certificate",
    "content-type",
    "message-digest",
    "unknown-attribute",
    "signature",
    "wrong-signer",
    "unknown-algorithm",
    "unknown-key",
    "no-issuer",
    "foreign-root",
    "certificate-signature",
    "not-an-authority",
    "key-usage",
    "too-many-certificates",
]
"""A reason not to call a signed message sound.

Of the message:

- ``malformed``: it cannot be read
- ``no-signer``: nobody signed it
- ``several-signers``: more than one did, and only the first was looked at; iOS asks that each is sound
- ``no-content``: it has no content, and none was given
- ``attached-content``: it has content, though what it signs stands elsewhere

Of the signer:

- ``no-certificate``: the signer's certificate is not in the message
- ``content-type``, ``message-digest``: the signed attributes do not speak of this content
- ``unknown-attribute``: it signs an attribute that iOS may not know, and then refuses
- ``signature``: the signature is not that of the certificate's key over these bytes
- ``wrong-signer``: the certificate is Apple's, and not for what it has signed
- ``unknown-algorithm``, ``unknown-key``: of the signer, or of a certificate; not of a kind that can be verified here

Of the certificates:

- ``no-issuer``: the certificate of an issuer is not in the message
- ``foreign-root``: they end at a root that is not trusted
- ``certificate-signature``: no certificate with the issuer's name has signed it
- ``not-an-authority``: an issuer may not issue certificates, or not at this depth
- ``key-usage``: the key of one may not be used for signing
- ``too-many-certificates``: no way to a root was found in as many steps as are tried
"""
