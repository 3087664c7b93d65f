"""Makes keys, certificates and signed CMS messages for tests, with Python alone.

Keys are made anew from their names. The arithmetic is the plainest there is and not the library's own: each shows the
other to be right.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import cache, cached_property
from math import gcd, prod
from typing import TYPE_CHECKING, Literal

from _make_ipa import DATA, SIGNED_DATA, element, indefinite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Digest = Literal["sha1", "sha256", "sha384", "sha512"]

HASHES: Mapping[Digest, str] = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
RSA = "1.2.840.113549.1.1.1"
RSA_WITH: Mapping[Digest, str] = {
    "sha1": "1.2.840.113549.1.1.5",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
EC = "1.2.840.10045.2.1"
EC_WITH: Mapping[Digest, str] = {
    "sha1": "1.2.840.10045.4.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
CURVES = {256: "1.2.840.10045.3.1.7", 384: "1.3.132.0.34"}
NULL = b"\5\0"

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"

DIGITAL_SIGNATURE, CERT_SIGN = 0x80, 0x04

Attributes = list[tuple[str, list[bytes]]]
"""The values of each attribute, by its identifier."""


def oid(dotted: str) -> bytes:
    """Make an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    encoded = bytearray()
    for number in (40 * first + second, *rest):
        groups = [number & 0x7F]
        left = number >> 7
        while left:
            groups.append(0x80 | left & 0x7F)
            left >>= 7
        encoded += bytes(reversed(groups))
    return element(0x06, bytes(encoded))


def integer(number: int) -> bytes:
    """Make an INTEGER that is not negative."""
    return element(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def bits(data: bytes) -> bytes:
    """Make a BIT STRING of whole bytes."""
    return element(0x03, b"\0", data)


def hashed(digest: Digest, data: bytes) -> bytes:
    """Hash data."""
    return hashlib.new(digest, data).digest()


@dataclass(frozen=True)
class Rsa:
    """A private RSA key, by its primes."""

    p: int
    q: int
    e: int = 65537

    @cached_property
    def n(self) -> int:
        """The modulus."""
        return self.p * self.q

    @cached_property
    def d(self) -> int:
        """The private exponent."""
        return pow(self.e, -1, (self.p - 1) * (self.q - 1))

    def power(self, number: int) -> int:
        """Raise to the private exponent, prime by prime: a third of the work."""
        by_p, by_q = (pow(number, self.d % (prime - 1), prime) for prime in (self.p, self.q))
        return by_q + (by_p - by_q) * pow(self.q, -1, self.p) % self.p * self.q

    @property
    def info(self) -> bytes:
        """The public key, as a certificate has it."""
        key = element(0x30, integer(self.n), integer(self.e))
        return element(0x30, element(0x30, oid(RSA), NULL), bits(key))

    def algorithm(self, digest: Digest) -> bytes:
        """Name the signatures of this key over a hash."""
        return element(0x30, oid(RSA_WITH[digest]), NULL)

    def sign(self, data: bytes, digest: Digest, parameters: bytes = NULL) -> bytes:
        """Sign as PKCS #1 v1.5 does."""
        info = element(0x30, element(0x30, oid(HASHES[digest]), parameters), element(0x04, hashed(digest, data)))
        size = (self.n.bit_length() + 7) // 8
        padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
        return self.power(int.from_bytes(padded, "big")).to_bytes(size, "big")


@dataclass(frozen=True)
class Ec:
    """A private key on a curve of 256 or 384 bits."""

    size: int
    secret: int

    @cached_property
    def point(self) -> tuple[int, int]:
        """The public key."""
        point = _times(self.size, self.secret)
        assert point is not None
        return point

    @property
    def info(self) -> bytes:
        """The public key, as a certificate has it."""
        point = b"".join(number.to_bytes(self.size // 8, "big") for number in self.point)
        return element(0x30, element(0x30, oid(EC), oid(CURVES[self.size])), bits(b"\4" + point))

    def algorithm(self, digest: Digest) -> bytes:
        """Name the signatures of this key over a hash."""
        return element(0x30, oid(EC_WITH[digest]))

    def numbers(self, data: bytes, digest: Digest) -> tuple[int, int]:
        """Sign, with a random number that comes from the data."""
        n = _CURVES[self.size].n
        once = random.Random(f"{self.secret} {data.hex()}").randrange(1, n)
        point = _times(self.size, once)
        assert point is not None
        number = hashed(digest, data)[: self.size // 8]
        r = point[0] % n
        return r, pow(once, -1, n) * (int.from_bytes(number, "big") + r * self.secret) % n

    def sign(self, data: bytes, digest: Digest) -> bytes:
        """Sign as a certificate and a message have it."""
        return element(0x30, *map(integer, self.numbers(data, digest)))


Key = Rsa | Ec


@dataclass(frozen=True)
class _Curve:
    p: int
    n: int
    x: int
    y: int


_CURVES = {
    256: _Curve(
        p=2**256 - 2**224 + 2**192 + 2**96 - 1,
        n=2**256 - 2**224 + 2**192 - 0x4319055258E8617B0C46353D039CDAAF,
        x=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        y=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    384: _Curve(
        p=2**384 - 2**128 - 2**96 + 2**32 - 1,
        n=2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
        x=0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        y=0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
}

_Affine = tuple[int, int] | None


def _plus(a: _Affine, b: _Affine, p: int) -> _Affine:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % p == 0:
        return None
    slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, p) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


def _times(size: int, number: int) -> _Affine:
    curve = _CURVES[size]
    point: _Affine = (curve.x, curve.y)
    total: _Affine = None
    while number:
        if number & 1:
            total = _plus(total, point, curve.p)
        point = _plus(point, point, curve.p)
        number >>= 1
    return total


@cache
def rsa_key(name: str, size: int = 1024, e: int = 65537) -> Rsa:
    """Make an RSA key whose modulus has as many bits."""
    source = random.Random(f"{name} {size} {e}")
    while True:
        p, q = (_prime(source, half) for half in (size // 2, size - size // 2))
        if (p * q).bit_length() == size and (p - 1) % e and (q - 1) % e:
            return Rsa(p, q, e)


@cache
def ec_key(name: str, size: int = 256) -> Ec:
    """Make a key on a curve."""
    return Ec(size, random.Random(f"{name} {size}").randrange(1, _CURVES[size].n))


_SMALL = prod(number for number in range(3, 2000, 2) if all(number % by for by in range(3, 45, 2) if by < number))
"""The odd primes below 2,000, multiplied."""


def _prime(source: random.Random, size: int) -> int:
    while True:
        number = source.getrandbits(size) | 1 | 3 << size - 2
        # Fermat's test is dear, and lets so few others through that none is met here.
        if gcd(number, _SMALL) == 1 and pow(2, number - 1, number) == 1:
            return number


def name(common: str, unit: str | None = None, *, string: int = 0x0C) -> bytes:
    """Make a name of a common name and an organisational unit."""
    pairs = [("2.5.4.3", common), *([("2.5.4.11", unit)] if unit is not None else [])]
    return element(
        0x30, *(element(0x31, element(0x30, oid(kind), element(string, text.encode()))) for kind, text in pairs)
    )


def extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    """Make an extension of a certificate."""
    return element(0x30, oid(kind), b"\1\1\xff" if critical else b"", element(0x04, value))


def basic_constraints(*, authority: bool, path_length: int | None = None) -> bytes:
    """Make the extension that says whether a certificate may issue others."""
    parts = [b"\1\1\xff"] if authority else []
    return extension(
        "2.5.29.19", element(0x30, *parts, *([] if path_length is None else [integer(path_length)])), critical=True
    )


def key_usage(usages: int) -> bytes:
    """Make the extension that says what a key is for."""
    unused = (usages & -usages).bit_length() - 1 if usages else 0
    return extension("2.5.29.15", element(0x03, bytes((unused, usages)) if usages else b"\0"), critical=True)


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key."""

    certificate: bytes
    key: Key
    name: bytes
    issuer: bytes
    serial: int

    @property
    def key_identifier(self) -> bytes:
        """What the subjectKeyIdentifier is, where the certificate has it."""
        return hashed("sha1", self.key.info)


def make_identity(
    subject: str | bytes,
    key: Key,
    issuer: Identity | None = None,
    *,
    team: str | None = None,
    extensions: Sequence[bytes] | None = (),
    issuer_name: bytes | None = None,
    serial: int = 0x2B,
    not_before: bytes = b"240102030405Z",
    not_after: bytes = b"21240102030405Z",
    digest: Digest = "sha256",
    algorithm: bytes | None = None,
    algorithm_outside: bytes | None = None,
) -> Identity:
    """Make a certificate, signed by its issuer or by itself; without extensions where they are None."""
    own = subject if isinstance(subject, bytes) else name(subject, team)
    by = issuer_name or (issuer.name if issuer else own)
    signing = issuer.key if issuer else key
    algorithm = algorithm or signing.algorithm(digest)
    times = [element(0x17 if len(time) == 13 else 0x18, time) for time in (not_before, not_after)]
    signed = element(
        0x30,
        element(0xA0, integer(2)),
        integer(serial),
        algorithm,
        by,
        element(0x30, *times),
        own,
        key.info,
        *([] if extensions is None else [element(0xA3, element(0x30, *extensions))]),
    )
    certificate = element(0x30, signed, algorithm_outside or algorithm, bits(signing.sign(signed, digest)))
    return Identity(certificate, key, own, by, serial)


@dataclass(frozen=True)
class Hierarchy:
    """A root, an authority below it, and who signs."""

    root: Identity
    authority: Identity
    leaf: Identity

    @property
    def certificates(self) -> tuple[bytes, bytes, bytes]:
        """All three, from the leaf up."""
        return self.leaf.certificate, self.authority.certificate, self.root.certificate


CODE_SIGNING = extension("2.5.29.37", element(0x30, oid("1.3.6.1.5.5.7.3.3")), critical=True)
DISTRIBUTION = extension("1.2.840.113635.100.6.1.4", NULL, critical=True)
DEVELOPER_RELATIONS = extension("1.2.840.113635.100.6.2.1", NULL)
AUTHORITY = (basic_constraints(authority=True, path_length=0), key_usage(CERT_SIGN))
LEAF = (basic_constraints(authority=False), key_usage(DIGITAL_SIGNATURE), CODE_SIGNING, DISTRIBUTION)


def make_key(kind: str, role: str) -> Key:
    """Make a key of the kind ``"rsa"``, ``"p256"`` or ``"p384"``."""
    return rsa_key(role) if kind == "rsa" else ec_key(role, int(kind[1:]))


@cache
def hierarchy(kind: str = "rsa") -> Hierarchy:
    """Make certificates like those of a developer, down from a root of our own."""
    root = make_identity(
        "Test Root CA",
        make_key(kind, "root"),
        extensions=(basic_constraints(authority=True), key_usage(CERT_SIGN)),
        serial=1,
    )
    authority = make_identity(
        "Test Worldwide Developer Relations",
        make_key(kind, "authority"),
        root,
        extensions=(*AUTHORITY, DEVELOPER_RELATIONS),
        serial=2,
    )
    key = make_key(kind, "leaf")
    identifier = extension("2.5.29.14", element(0x04, hashed("sha1", key.info)))
    leaf = make_identity(
        "Apple Distribution: Example Ltd (A1B2C3D4E5)",
        key,
        authority,
        team="A1B2C3D4E5",
        extensions=(*LEAF, identifier),
        serial=0xB405,
    )
    return Hierarchy(root, authority, leaf)


@cache
def profile_hierarchy(kind: str = "rsa") -> Hierarchy:
    """Make certificates like those with which Apple signs profiles, down from the same root."""
    root = hierarchy(kind).root
    authority = make_identity(
        "Apple iPhone Certification Authority", make_key(kind, "profiles"), root, extensions=AUTHORITY, serial=3
    )
    leaf = make_identity(
        "Apple iPhone OS Provisioning Profile Signing",
        make_key(kind, "profile"),
        authority,
        extensions=LEAF[:2],
        serial=4,
    )
    return Hierarchy(root, authority, leaf)


def signed_attributes(content: bytes, *, digest: Digest = "sha256", content_type: bytes = DATA) -> Attributes:
    """Make the attributes that every signer signs."""
    return [
        (CONTENT_TYPE, [element(0x06, content_type)]),
        (SIGNING_TIME, [element(0x17, b"240203040506Z")]),
        (MESSAGE_DIGEST, [element(0x04, hashed(digest, content))]),
    ]


def make_signer(
    identity: Identity,
    content: bytes,
    *,
    digest: Digest = "sha256",
    attributes: Attributes | Literal["usual"] | None = "usual",
    algorithm: bytes | None = None,
    hash_algorithm: bytes | None = None,
    by_key_identifier: bool = False,
    unsigned: bytes = b"",
) -> bytes:
    """Make a SignerInfo over content; the attributes stand in the order given, and None leaves them out."""
    if attributes == "usual":
        attributes = signed_attributes(content, digest=digest)
    rows = b"".join(element(0x30, oid(kind), element(0x31, *values)) for kind, values in (attributes or []))
    signed = content if attributes is None else element(0x31, rows)
    sid = (
        element(0x80, identity.key_identifier)
        if by_key_identifier
        else element(0x30, identity.issuer, integer(identity.serial))
    )
    return element(
        0x30,
        integer(3 if by_key_identifier else 1),
        sid,
        hash_algorithm or element(0x30, oid(HASHES[digest]), NULL),
        b"" if attributes is None else element(0xA0, rows),
        algorithm or identity.key.algorithm(digest),
        element(0x04, identity.key.sign(signed, digest)),
        unsigned,
    )


def make_message(
    content: bytes | None,
    signers: Iterable[bytes],
    certificates: Iterable[bytes],
    *,
    content_type: bytes = DATA,
    ber: bool = False,
    extra: bytes = b"",
) -> bytes:
    """Make a signed message; `content` is None where it stands elsewhere, `ber` makes all lengths indefinite."""
    wrap = indefinite if ber else element
    string = b""
    if content is not None:
        middle = len(content) // 2
        halves = (element(0x04, content[:middle]), element(0x04, content[middle:]))
        string = wrap(0xA0, indefinite(0x24, *halves) if ber else element(0x04, content))
    signed = wrap(
        0x30,
        integer(1),
        wrap(0x31, *(element(0x30, oid(number), NULL) for number in HASHES.values())),  # OpenSSL asks for the signer's
        wrap(0x30, element(0x06, content_type), string),
        wrap(0xA0, *certificates),
        extra,
        wrap(0x31, *signers),
    )
    return wrap(0x30, element(0x06, SIGNED_DATA), wrap(0xA0, signed))


def sign(
    content: bytes,
    by: Hierarchy | None = None,
    *,
    detached: bool = False,
    digest: Digest = "sha256",
    attributes: Attributes | Literal["usual"] | None = "usual",
    ber: bool = False,
) -> bytes:
    """Sign content as Apple's tools do, with all certificates up to the root."""
    by = by or hierarchy()
    signer = make_signer(by.leaf, content, digest=digest, attributes=attributes)
    return make_message(None if detached else content, [signer], by.certificates, ber=ber)
