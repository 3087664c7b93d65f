"""What can be wrong with a signature, as names, with words for those that mean the same whatever was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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

IN_WORDS: Mapping[Fault, str] = {
    "no-certificate": "the certificate of the signer is not in it",
    "unknown-algorithm": "it was made by an algorithm that is not known here",
    "unknown-key": "a certificate in it has a key of a kind that is not known here",
    "no-issuer": "the certificate that issued the signer's is not in it",
    "certificate-signature": "one of its certificates was not signed by the one above it",
    "not-an-authority": "a certificate in its chain may not issue others",
    "key-usage": "one of its certificates is not for signing",
    "too-many-certificates": "it has too many certificates",
}
"""Of a signature, to stand after a colon; who knows what was signed has words for the others."""
