"""What a certificate says of itself. No signature is verified.

The way to it (RFC 5280, 4.1):

    Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
    TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject, … }
    Validity ::= SEQUENCE { notBefore, notAfter }
    Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value }
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from ._der import CONSTRUCTED, INTEGER, SEQUENCE, Asn1Error, Element, elements, first

# Real ones have one or two kilobytes.
_LARGEST = 16 * 1024

_COMMON_NAME = bytes.fromhex("550403")
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
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    try:
        return _read(data, sha1)
    except ValueError:  # an Asn1Error too
        return Certificate(sha1=sha1)


def _read(data: bytes, sha1: str) -> Certificate:
    if len(data) > _LARGEST:
        raise Asn1Error(f"it has {len(data)} bytes")
    signed = first(data, first(data, Element(CONSTRUCTED, 0, len(data)), SEQUENCE), SEQUENCE)
    serial = first(data, signed, INTEGER)
    _, _, validity, subject = [element for element in elements(data, signed) if element.tag == SEQUENCE][:4]
    not_before, not_after = (_time(data, element) for element in elements(data, validity))
    names = dict(_names(data, subject))
    return Certificate(
        subject=names.get(_COMMON_NAME),
        team=names.get(_ORGANISATIONAL_UNIT),
        # A number whose first bit is set begins with a zero byte, which is not shown (X.690, 8.3).
        serial=data[serial.start : serial.stop].lstrip(b"\0").hex().upper() or "00",
        sha1=sha1,
        not_before=not_before,
        not_after=not_after,
    )


def _time(data: bytes, element: Element) -> datetime:
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
