"""ASN.1 in signed files: elements in BER and DER (X.690), the CMS message (RFC 5652), certificates (RFC 5280)."""

from ._cms import SIGNED_DATA, signed_content
from ._der import Asn1Error
from ._x509 import Certificate, read_certificate

__all__ = ["SIGNED_DATA", "Asn1Error", "Certificate", "read_certificate", "signed_content"]
