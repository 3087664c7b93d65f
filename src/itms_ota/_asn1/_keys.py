"""Public keys, and whether a signature is theirs: RSA PKCS #1 v1.5 (RFC 8017, 8.2.2) and ECDSA (RFC 5480).

What is read (RFC 5280, 4.1.2.7; RFC 8017, A.1.1; RFC 5480, appendix A):

    SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
    AlgorithmIdentifier ::= SEQUENCE { algorithm OID, parameters ANY OPTIONAL }
    RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
    ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from . import _der
from ._der import INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, Asn1Error, Element
from ._ecdsa import P256, P384, Curve, verifies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._faults import Fault

Digest = Literal["sha1", "sha256", "sha384", "sha512"]

# Of keys. As those of signatures they name no hash, which is then that of the message (RFC 3370, 3.2).
_RSA = "1.2.840.113549.1.1.1"
_EC = "1.2.840.10045.2.1"

# As elements (RFC 5754, 2).
_IDENTIFIERS: Mapping[Digest, bytes] = {
    "sha1": bytes.fromhex("06052b0e03021a"),
    "sha256": bytes.fromhex("0609608648016503040201"),
    "sha384": bytes.fromhex("0609608648016503040202"),
    "sha512": bytes.fromhex("0609608648016503040203"),
}

DIGESTS: Mapping[str, Digest] = {
    _der.identifier(data, _der.parse(data, OBJECT_IDENTIFIER)): name for name, data in _IDENTIFIERS.items()
}
"""The hashes by their identifiers."""

# Of signatures: of which key, and of which hash where it says so (RFC 4055, 5; RFC 5758, 3.2).
_ALGORITHMS: Mapping[str, tuple[str, Digest | None]] = {
    _RSA: (_RSA, None),
    "1.2.840.113549.1.1.5": (_RSA, "sha1"),
    "1.2.840.113549.1.1.11": (_RSA, "sha256"),
    "1.2.840.113549.1.1.12": (_RSA, "sha384"),
    "1.2.840.113549.1.1.13": (_RSA, "sha512"),
    _EC: (_EC, None),
    "1.2.840.10045.4.1": (_EC, "sha1"),
    "1.2.840.10045.4.3.2": (_EC, "sha256"),
    "1.2.840.10045.4.3.3": (_EC, "sha384"),
    "1.2.840.10045.4.3.4": (_EC, "sha512"),
}

_CURVES: Mapping[str, Curve] = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384}

# Apple's have 2048 or 4096 bits, and the exponent 65537. The time grows with the cube of the first, and with the other.
_MODULUS_BITS = range(1024, 8192 + 1)
_LARGEST_EXPONENT = 2**64


class RsaKey(NamedTuple):
    """A modulus and an exponent."""

    n: int
    e: int


class EcKey(NamedTuple):
    """A point on a curve."""

    curve: Curve
    x: int
    y: int


Key = RsaKey | EcKey


def read_key(data: bytes, element: Element) -> Key | None:
    """Read a SubjectPublicKeyInfo; None where it is of a kind, or a size, that is not verified here."""
    algorithm, key = _der.children(data, _der.expect(element, SEQUENCE), 2)
    kind, *parameters = _der.children(data, algorithm, 2)
    name, string = _der.identifier(data, kind), _der.bits(data, key)
    if name == _RSA:
        return _rsa_key(string)
    if name == _EC and parameters and parameters[0].tag == OBJECT_IDENTIFIER:
        return _ec_key(_CURVES.get(_der.identifier(data, parameters[0])), string)
    return None


def _rsa_key(string: bytes) -> RsaKey | None:
    modulus, exponent = _der.children(string, _der.parse(string, SEQUENCE), 2)
    key = RsaKey(_der.unsigned(string, modulus), _der.unsigned(string, exponent))
    is_usual = key.n.bit_length() in _MODULUS_BITS and key.n % 2 and key.e % 2 and 1 < key.e < _LARGEST_EXPONENT
    return key if is_usual else None


def _ec_key(curve: Curve | None, string: bytes) -> EcKey | None:
    # 04 begins a point with both of its coordinates (RFC 5480, 2.2). Others are not seen.
    if curve is None or string[:1] != b"\4" or len(string) != 1 + 2 * curve.size:
        return None
    x, y = (int.from_bytes(string[start : start + curve.size], "big") for start in (1, 1 + curve.size))
    if not curve.holds(x, y):
        raise Asn1Error("the public key is not a point on its curve")
    return EcKey(curve, x, y)


def algorithm(data: bytes, element: Element) -> str:
    """Return the identifier in an AlgorithmIdentifier, whose parameters say nothing of the algorithms known here."""
    kind, *_ = _der.children(data, _der.expect(element, SEQUENCE), 2)
    return _der.identifier(data, kind)


def digest(name: Digest, data: bytes) -> bytes:
    """Hash data. The hashes are those that a signature names, whatever is thought of them today."""
    return hashlib.new(name, data, usedforsecurity=False).digest()


def signature_fault(
    key: Key | None, algorithm: str, data: bytes, signature: bytes, *, hashed: Digest | None = None
) -> Fault | None:
    """Return why a signature is not that of a key over the data; None where it is.

    `hashed` is the hash of the message, which the algorithm may leave out and must not contradict.
    """
    kind, name = _ALGORITHMS.get(algorithm, ("", None))
    name = name or hashed
    if name is None or not kind or hashed not in {None, name}:
        return "unknown-algorithm"
    if key is None:
        return "unknown-key"
    if isinstance(key, RsaKey):
        is_valid = kind == _RSA and _is_rsa(key, name, digest(name, data), signature)
    else:
        is_valid = kind == _EC and _is_ecdsa(key, digest(name, data), signature)
    return None if is_valid else "signature"


def _is_rsa(key: RsaKey, name: Digest, hashed: bytes, signature: bytes) -> bool:
    size = (key.n.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= key.n:
        return False
    found = pow(number, key.e, key.n).to_bytes(size, "big")
    # The parameters of the hash are NULL, and some leave them out (RFC 8017, 9.2, note 1).
    return any(found == _padded(size, name, hashed, parameters) for parameters in (bytes((NULL, 0)), b""))


def _padded(size: int, name: Digest, hashed: bytes, parameters: bytes) -> bytes:
    """Encode a hash as PKCS #1 v1.5 does. Comparing the whole leaves no room for what a parser may overlook."""
    info = _short(SEQUENCE, _short(SEQUENCE, _IDENTIFIERS[name] + parameters) + _short(OCTET_STRING, hashed))
    return b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info


def _short(tag: int, content: bytes) -> bytes:
    """Encode an element of less than 128 bytes."""
    return bytes((tag, len(content))) + content


def _is_ecdsa(key: EcKey, hashed: bytes, signature: bytes) -> bool:
    try:
        r, s = (_der.unsigned(signature, part) for part in _der.elements(signature, _der.parse(signature, SEQUENCE)))
    except ValueError:  # an Asn1Error too
        return False
    # Written in one way alone, as OpenSSL asks for it too; other ways would be other signatures of the same.
    is_der = max(r, s) < key.curve.p and signature == _short(SEQUENCE, _integer(r) + _integer(s))
    return is_der and verifies(key.curve, (key.x, key.y), hashed, r, s)


def _integer(number: int) -> bytes:
    return _short(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
