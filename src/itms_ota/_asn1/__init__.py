"""ASN.1 in signed files: elements in BER and DER (X.690), and the CMS message around signed content (RFC 5652)."""

from ._cms import SIGNED_DATA, signed_content
from ._der import Asn1Error

__all__ = ["SIGNED_DATA", "Asn1Error", "signed_content"]
