"""The content of a signed CMS message. The signature is not verified.

The way to it (RFC 5652, 3 and 5.1):

    ContentInfo ::= SEQUENCE { contentType OID, [0] SignedData }
    SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET, encapContentInfo, … }
    EncapsulatedContentInfo ::= SEQUENCE { eContentType OID, [0] OCTET STRING }
"""

from __future__ import annotations

from ._der import CONSTRUCTED, EXPLICIT, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, Asn1Error, Element, elements, first

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
"""The object identifier of SignedData, without tag and length."""

# A string may be split into strings, and these again (X.690, 8.7). Writers do it once.
_DEEPEST_STRING = 4


def signed_content(data: bytes) -> bytes:
    """Return what a CMS message of the type SignedData carries; Asn1Error where it is not one."""
    element = first(data, Element(CONSTRUCTED, 0, len(data)), SEQUENCE)
    content_type = first(data, element, OBJECT_IDENTIFIER)
    if data[content_type.start : content_type.stop] != SIGNED_DATA:
        raise Asn1Error("its type is not SignedData")
    for tag in (EXPLICIT, SEQUENCE, SEQUENCE, EXPLICIT):
        element = first(data, element, tag)
    return _string(data, next(elements(data, element), element), _DEEPEST_STRING)


def _string(data: bytes, element: Element, deepest: int) -> bytes:
    if element.tag == OCTET_STRING:
        return data[element.start : element.stop]
    if element.tag != OCTET_STRING | CONSTRUCTED or not deepest:
        raise Asn1Error(f"there is no content at byte {element.start}, where it should be")
    return b"".join(_string(data, part, deepest - 1) for part in elements(data, element))
