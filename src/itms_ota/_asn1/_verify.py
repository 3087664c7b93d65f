"""Whether a signed message is what its signer signed (RFC 5652, 5.4 to 5.6), and who vouches for the signer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._chain import chain
from ._cms import CONTENT_TYPE, KNOWN_ATTRIBUTES, MESSAGE_DIGEST, read_signed
from ._der import OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, Asn1Error, identifier, parse
from ._keys import DIGESTS, digest, signature_fault
from ._purposes import purposes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ._cms import Signer
    from ._faults import Fault
    from ._purposes import Purpose
    from ._x509 import X509Certificate

_DATA = "1.2.840.113549.1.7.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of a signed message.

    - `faults`: why it is not sound, each once; it is sound where there are none
    - `reason`: of ``malformed``, what cannot be read
    - `content`: what the message carries; None where it stands elsewhere
    - `signer`: the first, None where nobody signed
    - `certificates`: the signer's and those above it, as far as they were found
    """

    faults: tuple[Fault, ...]
    reason: str = ""
    content: bytes | None = None
    signer: Signer | None = None
    certificates: tuple[X509Certificate, ...] = ()


def verify(
    message: bytes,
    allowed: Collection[Purpose],
    content: bytes | None = None,
    *,
    roots: Sequence[X509Certificate] | None = None,
) -> Verification:
    """Verify a message: its signature, the certificates up to one of the roots, and that they may sign such a thing.

    `content` is what was signed, where it stands outside the message. The roots are Apple's by default. Dates are not
    judged, which depends on what is signed: `X509Certificate.is_valid_at` does it.
    """
    if message[:1] != bytes((SEQUENCE,)):
        return Verification(faults=("no-signer",))
    try:
        signed = read_signed(message)
    except Asn1Error as error:
        return Verification(faults=("malformed",), reason=str(error))
    if not signed.signers:
        return Verification(faults=("no-signer",), content=signed.content)
    signer = signed.signers[0]
    faults: list[Fault] = ["several-signers"] if len(signed.signers) > 1 else []
    if content is not None and signed.content is not None:
        faults.append("attached-content")
    data = signed.content if content is None else content
    leaf = next(filter(signer.is_named_by, signed.certificates), None)
    certificates: tuple[X509Certificate, ...] = ()
    if leaf is None:
        faults.append("no-certificate")
    else:
        certificates, faults_above = chain(leaf, signed.certificates, roots)
        faults += (*_signer_faults(signed.content_type, signer, data, leaf), *faults_above)
        if not faults_above and purposes(certificates).isdisjoint(allowed):
            faults.append("wrong-signer")
    return Verification(
        faults=tuple(dict.fromkeys(faults)), content=signed.content, signer=signer, certificates=certificates
    )


def _signer_faults(content_type: str, signer: Signer, data: bytes | None, leaf: X509Certificate) -> list[Fault]:
    if data is None:
        return ["no-content"]
    hashed = DIGESTS.get(signer.digest_algorithm)
    if hashed is None:
        return ["unknown-algorithm"]
    # iOS asks for plain data by name; without attributes it must be that anyway (RFC 5652, 5.3).
    is_data = content_type == _DATA and (signer.attributes is None or _content_type(signer) == _DATA)
    faults: list[Fault] = [] if is_data else ["content-type"]
    if signer.attributes is not None:
        if _message_digest(signer) != digest(hashed, data):
            faults.append("message-digest")
        if not KNOWN_ATTRIBUTES.issuperset(signer.attributes):
            faults.append("unknown-attribute")
        data = signer.signed
    fault = signature_fault(leaf.key, signer.signature_algorithm, data, signer.signature, hashed=hashed)
    return [*faults, fault] if fault else faults


def _content_type(signer: Signer) -> str | None:
    try:
        (value,) = (signer.attributes or {}).get(CONTENT_TYPE, ())
        return identifier(value, parse(value, OBJECT_IDENTIFIER))
    except ValueError:  # an Asn1Error too
        return None


def _message_digest(signer: Signer) -> bytes | None:
    try:
        return signer.value(MESSAGE_DIGEST, OCTET_STRING)
    except Asn1Error:
        return None
