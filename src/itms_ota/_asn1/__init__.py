"""ASN.1 in signed files: elements in BER and DER (X.690), the CMS message (RFC 5652), certificates (RFC 5280).

`verify` says whether a signed message is sound: the signature, and the certificates up to Apple's root.
"""

from ._chain import chain
from ._cms import SIGNED_DATA, Signer, code_hashes, code_hashes_plist, read_signed, signed_content
from ._der import Asn1Error, Element, elements, enclosing
from ._faults import IN_WORDS, Fault
from ._purposes import Purpose, purposes
from ._roots import apple_device_authority, apple_roots
from ._verify import Verification, verify
from ._x509 import Certificate, X509Certificate, read_certificate, read_x509

__all__ = [
    "IN_WORDS",
    "SIGNED_DATA",
    "Asn1Error",
    "Certificate",
    "Element",
    "Fault",
    "Purpose",
    "Signer",
    "Verification",
    "X509Certificate",
    "apple_device_authority",
    "apple_roots",
    "chain",
    "code_hashes",
    "code_hashes_plist",
    "elements",
    "enclosing",
    "purposes",
    "read_certificate",
    "read_signed",
    "read_x509",
    "signed_content",
    "verify",
]
