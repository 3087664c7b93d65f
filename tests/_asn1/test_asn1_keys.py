"""Keys and signatures: RSA PKCS #1 v1.5 and ECDSA, both sides of each border."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from _make_ipa import element
from _make_signed import (
    EC,
    EC_WITH,
    HASHES,
    NULL,
    RSA,
    RSA_WITH,
    Digest,
    Ec,
    Rsa,
    bits,
    ec_key,
    hashed,
    integer,
    oid,
    rsa_key,
)

from itms_ota._asn1._der import CONSTRUCTED, Asn1Error, Element, first
from itms_ota._asn1._ecdsa import P256, P384, Curve, verifies
from itms_ota._asn1._keys import EcKey, Key, RsaKey, read_key, signature_fault

DATA = b"what is signed"
RSA_SHA256 = RSA_WITH["sha256"]
DIGESTS: tuple[Digest, ...] = ("sha1", "sha256", "sha384", "sha512")


def public(info: bytes) -> Key | None:
    return read_key(info, first(info, Element(CONSTRUCTED, 0, len(info)), 0x30))


def rsa_info(n: int, e: int = 65537, *more: bytes) -> bytes:
    return element(0x30, element(0x30, oid(RSA), NULL), bits(element(0x30, integer(n), integer(e), *more)))


# RSA

KEY = rsa_key("keys")
PUBLIC = RsaKey(KEY.n, KEY.e)


def rsa_fault(signature: bytes, data: bytes = DATA, algorithm: str = RSA_SHA256, key: Key = PUBLIC) -> str | None:
    return signature_fault(key, algorithm, data, signature)


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("parameters", [NULL, b""])
def test_rsa_with_and_without_the_parameters_of_the_hash(digest: Digest, parameters: bytes) -> None:
    signature = KEY.sign(DATA, digest, parameters)
    assert rsa_fault(signature, algorithm=RSA_WITH[digest]) is None
    assert rsa_fault(signature, DATA + b".", RSA_WITH[digest]) == "signature"
    others: list[Digest] = [other for other in DIGESTS if other != digest]
    assert [rsa_fault(signature, algorithm=RSA_WITH[other]) for other in others] == ["signature"] * 3


@pytest.mark.parametrize(("size", "exponent"), [(1024, 3), (1025, 65537), (1031, 65537), (1032, 65537), (2048, 65537)])
def test_rsa_of_every_size(size: int, exponent: int) -> None:
    key = rsa_key("sizes", size, exponent)
    signature = key.sign(DATA, "sha256")
    assert public(key.info) == RsaKey(key.n, exponent)
    assert rsa_fault(signature, key=RsaKey(key.n, exponent)) is None
    assert rsa_fault(signature[:-1] + bytes([signature[-1] ^ 1]), key=RsaKey(key.n, exponent)) == "signature"


def test_rsa_signatures_have_the_length_of_the_key() -> None:
    signature = KEY.sign(DATA, "sha256")
    number = int.from_bytes(signature, "big")
    assert rsa_fault(b"\0" + signature) == "signature"
    assert rsa_fault(signature[1:]) == "signature"
    assert rsa_fault(signature + b"\0") == "signature"
    assert rsa_fault(b"") == "signature"
    small = next(data for data in map(b"%d".__mod__, range(50)) if _is_small(KEY.sign(data, "sha256")))
    number = int.from_bytes(KEY.sign(small, "sha256"), "big")
    assert rsa_fault(number.to_bytes(128, "big"), small) is None
    assert rsa_fault((number + KEY.n).to_bytes(128, "big"), small) == "signature"


def _is_small(signature: bytes) -> bool:
    return int.from_bytes(signature, "big") + KEY.n < 2**1024


def raw(block: bytes) -> bytes:
    return KEY.power(int.from_bytes(block, "big")).to_bytes(128, "big")


INFO = element(0x30, element(0x30, oid(HASHES["sha256"]), NULL), element(0x04, hashed("sha256", DATA)))
PADDING = b"\xff" * (128 - 3 - len(INFO))


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"\0\1" + PADDING + b"\0" + INFO, None),
        (b"\0\1" + PADDING[:-1] + b"\0" + INFO + b"x", "signature"),  # what lax parsers took (CVE-2006-4339)
        (b"\0\1" + b"\xff" * 8 + b"\0" + INFO + bytes(128 - 11 - len(INFO)), "signature"),
        (b"\0\2" + PADDING + b"\0" + INFO, "signature"),
        (b"\0\0" + PADDING + b"\0" + INFO, "signature"),
        (b"\0\1" + PADDING[:-1] + b"\xfe\0" + INFO, "signature"),
        (b"\0\1" + PADDING + b"\xff" + INFO, "signature"),
        (b"\0\1" + PADDING + b"\0" + INFO[:-1] + b"?", "signature"),
        (b"\0\1" + PADDING + b"\0" + INFO[:1] + b"\x32" + INFO[2:], "signature"),
        # the same with other parameters, with more in the outer element, with a length in two bytes
        (b"\0\1" + PADDING[:-2] + b"\0" + INFO.replace(b"\x0d", b"\x0f").replace(NULL, NULL + NULL), "signature"),
        (b"\0\1" + PADDING[:-2] + b"\0" + element(0x30, INFO[2:], NULL), "signature"),
        (b"\0\1" + PADDING[:-1] + b"\0\x30\x81" + INFO[1:], "signature"),
    ],
)
def test_rsa_is_padded_in_one_way_alone(block: bytes, expected: str | None) -> None:
    assert rsa_fault(raw(block)) == expected


@pytest.mark.parametrize(
    ("n", "e", "is_known"),
    [
        (2**1023 - 1, 65537, False),
        (2**1023 + 1, 65537, True),
        (2**1023 + 2, 65537, False),
        (2**8191 + 1, 65537, True),
        (2**8192 + 1, 65537, False),
        (2**65535 + 1, 65537, False),
        (2**2047 + 1, 0, False),
        (2**2047 + 1, 1, False),
        (2**2047 + 1, 2, False),
        (2**2047 + 1, 3, True),
        (2**2047 + 1, 2**64 - 1, True),
        (2**2047 + 1, 2**64 + 1, False),
        (2**2047 + 1, 2**2047 - 1, False),
    ],
    ids=int.bit_length,  # the numbers have too many digits to be shown
)
def test_which_rsa_keys_are_verified(n: int, e: int, *, is_known: bool) -> None:
    assert public(rsa_info(n, e)) == (RsaKey(n, e) if is_known else None)


def test_a_key_of_the_largest_size_takes_no_time() -> None:
    key = RsaKey(2**8192 - 1, 2**64 - 1)
    assert rsa_fault(b"\xfe" * 1024, key=key) == "signature"


# ECDSA

# From RFC 6979, A.2.5 and A.2.6: the message "sample".
SAMPLE = {
    P256: Ec(256, 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721),
    P384: Ec(384, 0x6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5),
}
VECTORS: list[tuple[Curve, Digest, int, int]] = [
    (
        P256,
        "sha256",
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    (
        P384,
        "sha384",
        0x94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46,
        0x99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8,
    ),
]


@pytest.mark.parametrize(("curve", "digest", "r", "s"), VECTORS)
def test_ecdsa_as_published(curve: Curve, digest: Digest, r: int, s: int) -> None:
    point = SAMPLE[curve].point
    assert curve.holds(*point)
    assert verifies(curve, point, hashed(digest, b"sample"), r, s)
    assert not verifies(curve, point, hashed(digest, b"Sample"), r, s)
    assert not verifies(curve, point, hashed(digest, b"sample"), r, s - 1)
    assert not verifies(curve, point, hashed(digest, b"sample"), r - 1, s)


@pytest.mark.parametrize("size", [256, 384])
@pytest.mark.parametrize("digest", DIGESTS)
def test_ecdsa_with_every_hash(size: int, digest: Digest) -> None:
    for name in ("first", "second"):
        key = ec_key(name, size)
        signature = key.sign(DATA, digest)
        read = public(key.info)
        assert isinstance(read, EcKey)
        assert (read.x, read.y) == key.point
        assert signature_fault(read, EC_WITH[digest], DATA, signature) is None
        assert signature_fault(read, EC_WITH[digest], DATA + b".", signature) == "signature"


@pytest.mark.parametrize("curve", [P256, P384])
def test_ecdsa_takes_numbers_from_one_to_the_order(curve: Curve) -> None:
    key = SAMPLE[curve]
    r, s = key.numbers(DATA, "sha256")
    digest = hashed("sha256", DATA)
    assert verifies(curve, key.point, digest, r, s)
    assert verifies(curve, key.point, digest, r, curve.n - s)  # as everywhere: who signed can write both
    for wrong in (0, curve.n, -r, r + curve.n):
        assert not verifies(curve, key.point, digest, wrong, s)
    for wrong in (0, curve.n, -s, s + curve.n):
        assert not verifies(curve, key.point, digest, r, wrong)


@pytest.mark.parametrize("curve", [P256, P384])
def test_ecdsa_where_the_sum_is_no_usual_point(curve: Curve) -> None:
    digest = b"\x5a" * ((curve.n.bit_length() + 7) // 8)
    number = int.from_bytes(digest, "big")
    # The public key is the curve's own point, so that it is doubled; then its opposite, so that all cancels out.
    twice = Ec(curve.n.bit_length(), 1)
    r = Ec(curve.n.bit_length(), 2).point[0] % curve.n
    assert verifies(curve, twice.point, digest, r, (number + r) * pow(2, -1, curve.n) % curve.n)
    assert not verifies(curve, (curve.x, curve.p - curve.y), digest, number, 1)


KEY_256 = SAMPLE[P256]
SIGNATURE = KEY_256.sign(DATA, "sha256")
R, S = KEY_256.numbers(DATA, "sha256")


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (element(0x30, integer(R), integer(S)), None),
        (element(0x30, b"\x02\x21\0" + R.to_bytes(32, "big"), integer(S)), None if R >> 255 else "signature"),
        (element(0x30, b"\x02\x22\0\0" + R.to_bytes(32, "big"), integer(S)), "signature"),
        (b"\x30\x81" + SIGNATURE[1:], "signature"),
        (SIGNATURE + b"\0", "signature"),
        (element(0x30, integer(R), integer(S), NULL), "signature"),
        (element(0x30, integer(R)), "signature"),
        (element(0x31, integer(R), integer(S)), "signature"),
        (element(0x30, integer(R), element(0x04, S.to_bytes(32, "big"))), "signature"),
        (element(0x30, integer(R), element(0x02, (S - 2**256).to_bytes(33, "big", signed=True))), "signature"),
        (element(0x30, integer(R), element(0x02)), "signature"),
        (element(0x30, integer(0), integer(S)), "signature"),
        (element(0x30, integer(R + P256.n), integer(S)), "signature"),
        (element(0x30, integer(2**80_000), integer(S)), "signature"),
        (R.to_bytes(32, "big") + S.to_bytes(32, "big"), "signature"),
        (b"", "signature"),
    ],
)
def test_ecdsa_is_written_in_one_way_alone(signature: bytes, expected: str | None) -> None:
    key = public(KEY_256.info)
    assert signature_fault(key, EC_WITH["sha256"], DATA, signature) == expected


def ec_info(point: bytes, curve: bytes = oid("1.2.840.10045.3.1.7")) -> bytes:
    return element(0x30, element(0x30, oid(EC), curve), bits(point))


X, Y = (number.to_bytes(32, "big") for number in KEY_256.point)


@pytest.mark.parametrize(
    "info",
    [
        ec_info(b"\2" + X),  # a point with one coordinate
        ec_info(b"\4" + X + Y[1:]),
        ec_info(b"\4" + X + Y + b"\0"),
        ec_info(b"\4" + X + Y, oid("1.3.132.0.34")),
        ec_info(b"\4" + X + Y, oid("1.3.132.0.35")),  # P-521
        ec_info(b"\4" + X + Y, NULL),
        ec_info(b"\4" + X + Y, element(0x30)),
        ec_info(b"\4" + X + Y, b""),
        ec_info(b""),
        element(0x30, element(0x30, oid("1.3.101.112")), bits(bytes(32))),  # Ed25519
        element(0x30, element(0x30, oid("1.2.840.113549.1.1.10"), NULL), bits(element(0x30))),
    ],
)
def test_other_keys_are_unknown(info: bytes) -> None:
    assert public(info) is None
    assert signature_fault(None, RSA_SHA256, DATA, b"") == "unknown-key"


@pytest.mark.parametrize(
    "info",
    [
        ec_info(b"\4" + X + X),
        ec_info(b"\4" + bytes(64)),
        ec_info(b"\4" + (KEY_256.point[0] + P256.p).to_bytes(33, "big")[1:] + b"\xff" * 32),
        rsa_info(KEY.n, 3, integer(1)),
        element(0x30, element(0x30, oid(RSA), NULL), bits(element(0x30, element(0x02, b"\xff"), integer(3)))),
        element(0x30, element(0x30, oid(RSA), NULL), bits(element(0x30, element(0x02), integer(3)))),
        element(0x30, element(0x30, oid(RSA), NULL), bits(b"\x30\x80\0\0")),
        element(0x30, element(0x30, oid(RSA), NULL), bits(b"")),
        element(0x30, element(0x30, oid(RSA), NULL), element(0x03, b"\1\0")),
        element(0x30, element(0x30, oid(RSA), NULL), element(0x03)),
        element(0x30, element(0x30, element(0x06), NULL), bits(b"")),
        element(0x30, element(0x30, element(0x06, b"\x81" * 65), NULL), bits(b"")),
        element(0x30, element(0x30, element(0x06, b"\x2a\x86"), NULL), bits(b"")),
    ],
)
def test_broken_keys_are_refused(info: bytes) -> None:
    with pytest.raises(Asn1Error):
        public(info)


@pytest.mark.parametrize("coordinate", [0, 1])
def test_a_point_has_coordinates_below_the_prime(coordinate: int) -> None:
    x, y = KEY_256.point
    assert P256.holds(x, y)
    assert not P256.holds(*((x + P256.p, y), (x, y + P256.p))[coordinate])


# Algorithms


@pytest.mark.parametrize(
    ("key", "algorithm", "hashed", "expected"),
    [
        ("rsa", RSA, "sha256", None),
        ("rsa", RSA, "sha1", "signature"),
        ("rsa", RSA, None, "unknown-algorithm"),
        ("rsa", RSA_SHA256, "sha256", None),
        ("rsa", RSA_SHA256, "sha1", "unknown-algorithm"),
        ("rsa", "1.2.840.113549.1.1.10", "sha256", "unknown-algorithm"),  # RSASSA-PSS
        ("rsa", "1.2.840.113549.1.1.4", "sha256", "unknown-algorithm"),  # MD5
        ("rsa", EC_WITH["sha256"], "sha256", "signature"),
        ("ec", EC, "sha256", None),
        ("ec", EC, None, "unknown-algorithm"),
        ("ec", EC_WITH["sha256"], None, None),
        ("ec", EC_WITH["sha256"], "sha384", "unknown-algorithm"),
        ("ec", RSA_SHA256, "sha256", "signature"),
        ("ec", "1.3.101.112", "sha256", "unknown-algorithm"),
    ],
)
def test_the_algorithm_goes_with_the_key_and_the_hash(
    key: str, algorithm: str, hashed: Digest | None, expected: str | None
) -> None:
    pair: Rsa | Ec = KEY if key == "rsa" else KEY_256
    signature = pair.sign(DATA, "sha256")
    assert signature_fault(public(pair.info), algorithm, DATA, signature, hashed=hashed) == expected


def test_hashes_are_named_as_hashlib_names_them() -> None:
    assert all(hashlib.new(name, DATA).digest() == hashed(name, DATA) for name in DIGESTS)


def test_hashes_where_python_refuses_them_for_security(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str, data: bytes, *, usedforsecurity: bool = True) -> Any:
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return new(name, data, usedforsecurity=False)

    signature = KEY.sign(DATA, "sha1")
    new = hashlib.new
    monkeypatch.setattr(hashlib, "new", refused)
    assert rsa_fault(signature, algorithm=RSA_WITH["sha1"]) is None


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_no_change_of_a_signature_is_sound(kind: str) -> None:
    pair: Rsa | Ec = KEY if kind == "rsa" else KEY_256
    key, whole = public(pair.info), pair.sign(DATA, "sha256")
    source = random.Random(20261126)
    algorithm = RSA_SHA256 if kind == "rsa" else EC_WITH["sha256"]
    assert signature_fault(key, algorithm, DATA, whole) is None
    for _ in range(300 if kind == "rsa" else 60):
        damaged = bytearray(whole)
        damaged[source.randrange(len(damaged))] ^= 1 << source.randrange(8)
        assert signature_fault(key, algorithm, DATA, bytes(damaged)) == "signature"
