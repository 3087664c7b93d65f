"""Signed CMS messages: what they carry, and what their signers signed. Nothing is verified here.

The way to it (RFC 5652, 3 and 5):

    ContentInfo ::= SEQUENCE { contentType OID, [0] SignedData }
    SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET, encapContentInfo,
        [0] certificates, [1] crls, signerInfos SET OF SignerInfo }
    EncapsulatedContentInfo ::= SEQUENCE { eContentType OID, [0] OCTET STRING }
    SignerInfo ::= SEQUENCE { version INTEGER, sid, digestAlgorithm, [0] signedAttrs,
        signatureAlgorithm, signature OCTET STRING, [1] unsignedAttrs }
    sid ::= SEQUENCE { issuer Name, serialNumber INTEGER } or [0] subjectKeyIdentifier
    Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY }
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _der
from ._der import (
    CONSTRUCTED,
    EXPLICIT,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Asn1Error,
    Element,
    elements,
    first,
)
from ._keys import algorithm
from ._x509 import X509Certificate, read_time, read_x509

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
"""The object identifier of SignedData, without tag and length."""

# A string may be split into strings, and these again (X.690, 8.7). Writers do it once.
_DEEPEST_STRING = 4

_KEY_IDENTIFIER = 0x80  # [0]
# Apple's have three certificates, a signer and five attributes.
_MOST_CERTIFICATES = 64
_MOST_SIGNERS = 16
_MOST_ATTRIBUTES = 64
_MOST_VALUES = 16

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
# The hashes of all code directories: as a property list, and one a value (libsecurity_smime, cmssiginfo).
_CODE_HASHES = "1.2.840.113635.100.9.1"
_CODE_HASHES_2 = "1.2.840.113635.100.9.2"

KNOWN_ATTRIBUTES: frozenset[str] = frozenset(
    {
        CONTENT_TYPE,
        MESSAGE_DIGEST,
        _SIGNING_TIME,
        _CODE_HASHES,
        _CODE_HASHES_2,
        "1.2.840.113549.1.9.15",  # S/MIME capabilities
        "1.2.840.113549.1.9.52",  # CMS algorithm protection
    }
)
"""The signed attributes that iOS knows, by what is seen in one version of CoreTrust: it refuses all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed a message, how, and what stands under the signature.

    - `issuer`, `serial`: of the certificate, as they stand; or `key_identifier`, which is None otherwise
    - `digest_algorithm`, `signature_algorithm`: their identifiers
    - `attributes`: the values of each signed attribute, as elements; None where nothing but the content is signed
    - `signed`: the bytes of the signed attributes that are signed, which is the SET as it stands
    """

    issuer: bytes = b""
    serial: bytes = b""
    key_identifier: bytes | None = None
    digest_algorithm: str
    attributes: Mapping[str, tuple[bytes, ...]] | None = None
    signed: bytes = b""
    signature_algorithm: str
    signature: bytes

    def is_named_by(self, certificate: X509Certificate) -> bool:
        """Check that the certificate is the one that the signer names, byte for byte as iOS compares (CoreTrust)."""
        if self.key_identifier is not None:
            return certificate.key_identifier == self.key_identifier
        return (certificate.issuer_der, certificate.serial) == (self.issuer, self.serial)

    def value(self, name: str, tag: int) -> bytes | None:
        """Return what stands in the one value of an attribute, None where it is missing; Asn1Error for all else."""
        values = (self.attributes or {}).get(name)
        if values is None:
            return None
        if len(values) != 1:
            raise Asn1Error(f"the signed attribute {name} has {len(values)} values")
        return _der.content(values[0], _der.parse(values[0], tag))

    @property
    def signing_time(self) -> datetime | None:
        """When the signer says that the message was signed."""
        with suppress(ValueError):  # an Asn1Error too
            (value,) = (self.attributes or {}).get(_SIGNING_TIME, ())
            (element,) = elements(value, _der.enclosing(value))
            return read_time(value, element)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """A signed message.

    - `content_type`: the identifier of what the content is
    - `content`: None where it stands elsewhere
    - `certificates`: those that can be read, in the order of the message
    """

    content_type: str
    content: bytes | None
    certificates: tuple[X509Certificate, ...]
    signers: tuple[Signer, ...]


def signed_content(data: bytes) -> bytes:
    """Return what a CMS message of the type SignedData carries; Asn1Error where it is not one."""
    return _content(data, first(data, _signed_data(data), SEQUENCE))


def read_signed(data: bytes) -> SignedData:
    """Read a CMS message of the type SignedData; Asn1Error where it is not one, or cannot be read."""
    try:
        return _read_signed(data)
    except Asn1Error:
        raise
    except ValueError as error:  # too few parts, or too many
        raise Asn1Error(f"this is not a signed message: {error}") from error


def _read_signed(data: bytes) -> SignedData:
    element = _signed_data(data)
    encapsulated = first(data, element, SEQUENCE)
    content_type, *content = _der.children(data, encapsulated, 2)
    parts = _der.children(data, element, 6)
    return SignedData(
        content_type=_der.identifier(data, content_type),
        content=_content(data, encapsulated) if content else None,
        certificates=_certificates(data, [part for part in parts if part.tag == EXPLICIT]),
        signers=tuple(_signer(data, part) for part in _der.children(data, _der.expect(parts[-1], SET), _MOST_SIGNERS)),
    )


def _signed_data(data: bytes) -> Element:
    element = first(data, _der.enclosing(data), SEQUENCE)
    content_type = first(data, element, OBJECT_IDENTIFIER)
    if data[content_type.start : content_type.stop] != SIGNED_DATA:
        raise Asn1Error("its type is not SignedData")
    return first(data, first(data, element, EXPLICIT), SEQUENCE)


def _content(data: bytes, encapsulated: Element) -> bytes:
    outside = first(data, encapsulated, EXPLICIT)
    return _string(data, next(elements(data, outside), outside), _DEEPEST_STRING)


def _certificates(data: bytes, found: list[Element]) -> tuple[X509Certificate, ...]:
    certificates: list[X509Certificate] = []
    for outside in found:
        for element in _der.children(data, outside, _MOST_CERTIFICATES):
            # One that cannot be read is missed where it is needed, and not before.
            with suppress(Asn1Error):
                certificates.append(read_x509(_der.whole(data, element)))
    return tuple(certificates)


def _signer(data: bytes, element: Element) -> Signer:
    version, sid, hashed, *rest = _der.children(data, _der.expect(element, SEQUENCE), 7)
    if _der.unsigned(data, version) != (3 if sid.tag == _KEY_IDENTIFIER else 1):  # iOS refuses others (RFC 5652, 5.3)
        raise Asn1Error(f"the signer at byte {element.at} is named in another way than its version says")
    issuer, serial, key_identifier = b"", b"", None
    if sid.tag == _KEY_IDENTIFIER:
        key_identifier = _der.content(data, sid)
    else:
        name, number = _der.children(data, _der.expect(sid, SEQUENCE), 2)
        issuer, serial = _der.whole(data, name), _der.content(data, _der.expect(number, INTEGER))
    attributes = rest.pop(0) if rest and rest[0].tag == EXPLICIT else None
    signature_algorithm, signature, *_ = rest
    return Signer(
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        digest_algorithm=algorithm(data, hashed),
        attributes=None if attributes is None else _attributes(data, attributes),
        # [0] stands where the signature counts SET (RFC 5652, 5.4). All else is signed as it stands, as Apple's decoder
        # has it. OpenSSL sorts the values of an attribute first: it refuses code hashes in codesign's own order.
        signed=b"" if attributes is None else bytes((SET,)) + _der.whole(data, attributes)[1:],
        signature_algorithm=algorithm(data, signature_algorithm),
        signature=_der.content(data, _der.expect(signature, OCTET_STRING)),
    )


def _attributes(data: bytes, element: Element) -> Mapping[str, tuple[bytes, ...]]:
    found: dict[str, tuple[bytes, ...]] = {}
    for attribute in _der.children(data, element, _MOST_ATTRIBUTES):
        kind, values = _der.children(data, _der.expect(attribute, SEQUENCE), 2)
        name = _der.identifier(data, kind)
        if name in found:  # not allowed (RFC 5652, 5.3), and one of them would be overlooked
            raise Asn1Error(f"the signed attribute {name} stands there twice")
        parts = _der.children(data, _der.expect(values, SET), _MOST_VALUES)
        found[name] = tuple(_der.whole(data, part) for part in parts)
    return found


def _string(data: bytes, element: Element, deepest: int) -> bytes:
    if element.tag == OCTET_STRING:
        return data[element.start : element.stop]
    if element.tag != OCTET_STRING | CONSTRUCTED or not deepest:
        raise Asn1Error(f"there is no content at byte {element.start}, where it should be")
    return b"".join(_string(data, part, deepest - 1) for part in elements(data, element))


def code_hashes_plist(signer: Signer) -> bytes | None:
    """Return the property list with the hashes of all code directories; None where there is none."""
    return signer.value(_CODE_HASHES, OCTET_STRING)


def code_hashes(signer: Signer) -> tuple[bytes, ...]:
    """Return the whole hash of each code directory that the signer names.

    Each value is a SEQUENCE of the hash's identifier and the hash in an OCTET STRING; Asn1Error for anything else.
    """
    found: list[bytes] = []
    for value in (signer.attributes or {}).get(_CODE_HASHES_2, ()):
        parts = _der.children(value, _der.parse(value, SEQUENCE), 2)
        if len(parts) != 2:
            raise Asn1Error(f"a value of the signed attribute {_CODE_HASHES_2} is not an identifier and a hash")
        _der.expect(parts[0], OBJECT_IDENTIFIER)
        found.append(_der.content(value, _der.expect(parts[1], OCTET_STRING)))
    return tuple(found)
