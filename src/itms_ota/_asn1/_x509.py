"""What a certificate says of itself: briefly, or all that is asked where its signature is verified.

The way to it (RFC 5280, 4.1):

    Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
    TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo,
        [1] issuerUniqueID, [2] subjectUniqueID, [3] extensions }
    Validity ::= SEQUENCE { notBefore, notAfter }
    Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value }
    Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from . import _der
from ._der import EXPLICIT, INTEGER, OCTET_STRING, SEQUENCE, Asn1Error, Element, elements, first
from ._keys import Key, algorithm, digest, read_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Real ones have one or two kilobytes.
_LARGEST = 16 * 1024

COMMON_NAME = bytes.fromhex("550403")
_ORGANISATIONAL_UNIT = bytes.fromhex("55040b")
# By the tags of BMPString, TeletexString, UniversalString; others are UTF-8, or a part of it (RFC 5280, 4.1.2.4).
_CHARSETS = {0x1E: "utf-16-be", 0x14: "latin-1", 0x1C: "utf-32-be"}
# How many digits the year has, by the tags of UTCTime and GeneralizedTime; both are in UTC (RFC 5280, 4.1.2.5).
_YEARS = {0x17: 2, 0x18: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate as it describes itself; that Apple issued it is not verified.

    - `subject`: its common name, such as ``"Apple Distribution: Example Ltd (A1B2C3D4E5)"``
    - `team`: the identifier of the team it was issued to
    - `serial`: its serial number in hexadecimal digits, as App Store Connect and openssl write it
    - `sha1`: its fingerprint in hexadecimal digits, in lower case like the hashes of a manifest
    - `not_before`, `not_after`: from when until when it is valid, timezone-aware, in UTC

    A value that the certificate does not have is None. Of one that cannot be read only `sha1` is known.
    """

    subject: str | None = None
    team: str | None = None
    serial: str | None = None
    sha1: str
    not_before: datetime | None = None
    not_after: datetime | None = None


def read_certificate(data: bytes) -> Certificate:
    """Read a certificate in DER."""
    sha1 = digest("sha1", data).hex()
    try:
        return _read(data, sha1)
    except ValueError:  # an Asn1Error too
        return Certificate(sha1=sha1)


def _read(data: bytes, sha1: str) -> Certificate:
    if len(data) > _LARGEST:
        raise Asn1Error(f"it has {len(data)} bytes")
    signed = first(data, first(data, _der.enclosing(data), SEQUENCE), SEQUENCE)
    serial = first(data, signed, INTEGER)
    _, _, validity, subject = [element for element in elements(data, signed) if element.tag == SEQUENCE][:4]
    return _summary(data, sha1, serial, validity, subject)


def _summary(data: bytes, sha1: str, serial: Element, validity: Element, subject: Element) -> Certificate:
    not_before, not_after = (read_time(data, element) for element in elements(data, validity))
    names = dict(_names(data, subject))
    return Certificate(
        subject=names.get(COMMON_NAME),
        team=names.get(_ORGANISATIONAL_UNIT),
        # A number whose first bit is set begins with a zero byte, which is not shown (X.690, 8.3).
        serial=data[serial.start : serial.stop].lstrip(b"\0").hex().upper() or "00",
        sha1=sha1,
        not_before=not_before,
        not_after=not_after,
    )


Name = tuple[tuple[bytes, str], ...]
"""The parts of a name. Letters of either case, and white space, count the same (RFC 5280, 7.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Certificate:
    """A certificate with what verifying asks for. Whether its signature is valid is for others to say.

    - `der`: the whole of it
    - `signed`: the bytes under the issuer's signature
    - `algorithm`, `signature`: of the issuer's signature
    - `serial`: the content of the INTEGER as it stands
    - `issuer_der`: the issuer's name as it stands
    - `key`: None where it is of a kind that is not verified here
    - `extensions`: the value of each by its identifier
    - `key_identifier`: the subjectKeyIdentifier, by which a message may name its signer
    - `path_length`: how many authorities may stand below this one; None where it is not an authority
    - `usages`: what the key may be used for, bits such as `DIGITAL_SIGNATURE`
    - `summary`: the same for users
    """

    der: bytes
    signed: bytes
    algorithm: str
    signature: bytes
    serial: bytes
    issuer_der: bytes
    issuer: Name
    subject: Name
    key: Key | None
    extensions: Mapping[str, bytes]
    key_identifier: bytes | None
    path_length: int | None
    usages: int
    summary: Certificate

    @property
    def sha256(self) -> str:
        """The fingerprint in hexadecimal digits, in lower case."""
        return digest("sha256", self.der).hex()

    def is_valid_at(self, at: datetime) -> bool:
        """Check the dates against a time with a time zone."""
        start, end = self.summary.not_before, self.summary.not_after
        return start is not None and end is not None and start <= at <= end


# In the first byte of keyUsage (RFC 5280, 4.2.1.3).
DIGITAL_SIGNATURE = 0x80
KEY_CERT_SIGN = 0x04

_SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
_KEY_USAGE = "2.5.29.15"
_BASIC_CONSTRAINTS = "2.5.29.19"
_EXTENSIONS = 0xA3  # [3]
# Apple's have about ten.
_MOST_EXTENSIONS = 64
_NO_LIMIT = 2**31


def read_x509(data: bytes) -> X509Certificate:
    """Read a certificate in DER; Asn1Error where it is not one, or anything that verifying asks for cannot be read."""
    try:
        return _read_x509(data)
    except Asn1Error:
        raise
    except ValueError as error:  # too few parts, or too many
        raise Asn1Error(f"this is not a certificate: {error}") from error


def _read_x509(data: bytes) -> X509Certificate:
    if len(data) > _LARGEST:
        raise Asn1Error(f"a certificate has {len(data)} bytes; at most {_LARGEST} are read")
    signed, algorithm_outside, signature = _der.children(data, _der.parse(data, SEQUENCE), 3)
    parts = _der.children(data, _der.expect(signed, SEQUENCE), 10)
    serial, algorithm_inside, issuer, validity, subject, key, *rest = (part for part in parts if part.tag != EXPLICIT)
    for part in (issuer, validity, subject):
        _der.expect(part, SEQUENCE)
    if _der.whole(data, algorithm_inside) != _der.whole(data, algorithm_outside):
        raise Asn1Error("the certificate names two algorithms for its signature")
    extensions = dict(_extensions(data, [part for part in rest if part.tag == _EXTENSIONS]))
    return X509Certificate(
        der=data,
        signed=_der.whole(data, signed),
        algorithm=algorithm(data, algorithm_inside),
        signature=_der.bits(data, signature),
        serial=_der.content(data, _der.expect(serial, INTEGER)),
        issuer_der=_der.whole(data, issuer),
        issuer=_name(data, issuer),
        subject=_name(data, subject),
        key=read_key(data, key),
        extensions=extensions,
        key_identifier=_key_identifier(extensions.get(_SUBJECT_KEY_IDENTIFIER)),
        path_length=_path_length(extensions.get(_BASIC_CONSTRAINTS)),
        usages=_usages(extensions.get(_KEY_USAGE)),
        summary=_summary(data, digest("sha1", data).hex(), serial, validity, subject),
    )


def _extensions(data: bytes, found: list[Element]) -> Iterator[tuple[str, bytes]]:
    for outside in found:
        for extension in _der.children(data, first(data, outside, SEQUENCE), _MOST_EXTENSIONS):
            name, *_, value = _der.children(data, extension, 3)
            yield _der.identifier(data, name), _der.content(data, _der.expect(value, OCTET_STRING))


def _key_identifier(value: bytes | None) -> bytes | None:
    return None if value is None else _der.content(value, _der.parse(value, OCTET_STRING))


def _path_length(value: bytes | None) -> int | None:
    """Read BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }."""
    parts = [] if value is None else _der.children(value, _der.parse(value, SEQUENCE), 2)
    if value is None or not parts or _der.whole(value, parts[0]) != b"\1\1\xff":
        return None
    return _der.unsigned(value, parts[1]) if parts[1:] else _NO_LIMIT


def _usages(value: bytes | None) -> int:
    """Return the first byte of the keyUsage, a BIT STRING; all bits where the certificate has none."""
    if value is None:
        return 0xFF
    return int.from_bytes(_der.content(value, _der.parse(value, _der.BIT_STRING))[1:2], "big")


def _name(data: bytes, element: Element) -> Name:
    """Read a name so that it can be compared."""
    return tuple(
        (kind, " ".join(text.casefold().split())) for kind, text in _names(data, _der.expect(element, SEQUENCE))
    )


def read_time(data: bytes, element: Element) -> datetime:
    digits = _YEARS.get(element.tag, 0)
    found = re.fullmatch(rb"([0-9]{%d})([0-9]{10})Z" % digits, data[element.start : element.stop])
    if not digits or found is None:
        raise Asn1Error(f"there is no time at byte {element.start}, where it should be")
    year = int(found[1]) + (0 if digits == 4 else 1900 if found[1] >= b"50" else 2000)
    month, day, hour, minute, second = (int(found[2][at : at + 2]) for at in range(0, 10, 2))
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)


def _names(data: bytes, subject: Element) -> list[tuple[bytes, str]]:
    names: list[tuple[bytes, str]] = []
    for group in elements(data, subject):
        for pair in elements(data, group):
            kind, value = elements(data, pair)
            text = data[value.start : value.stop].decode(_CHARSETS.get(value.tag, "utf-8"), "replace")
            names.append((data[kind.start : kind.stop], text))
    return names
