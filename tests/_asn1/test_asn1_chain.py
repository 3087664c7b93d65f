"""The way from a certificate to a root: found where there is one, and said where it ends."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
from _make_ipa import element
from _make_signed import (
    AUTHORITY,
    CERT_SIGN,
    DIGITAL_SIGNATURE,
    LEAF,
    Identity,
    basic_constraints,
    ec_key,
    hierarchy,
    key_usage,
    make_identity,
    name,
    oid,
    rsa_key,
)

from itms_ota._asn1 import Asn1Error, Fault, X509Certificate, apple_roots, chain, read_x509
from itms_ota._asn1._keys import signature_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

BY = hierarchy()
ANY_DEPTH = (basic_constraints(authority=True), key_usage(CERT_SIGN))


def read(*identities: Identity) -> list[X509Certificate]:
    return [read_x509(identity.certificate) for identity in identities]


def faults(leaf: Identity, *others: Identity, roots: Sequence[Identity] = (BY.root,)) -> tuple[Fault, ...]:
    return chain(read(leaf)[0], read(*others), read(*roots)).faults


def test_apples_roots_are_those_that_apple_publishes() -> None:
    # https://www.apple.com/certificateauthority/
    assert [root.sha256 for root in apple_roots()] == [
        "b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024",
        "c2b9b042dd57830e7d117dac55ac8ae19407d38e41d88f3215bc3a890444a050",
        "63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179",
    ]
    assert [root.summary.subject for root in apple_roots()] == [
        f"Apple Root CA{generation}" for generation in ("", " - G2", " - G3")
    ]


def test_apples_roots_have_signed_themselves() -> None:
    for root in apple_roots():
        assert chain(root, []).faults == ()
        assert hashlib.sha256(root.der).hexdigest() == root.sha256
        # RSA with SHA-1 and SHA-384, ECDSA with SHA-384.
        assert signature_fault(root.key, root.algorithm, root.signed, root.signature) is None
        assert signature_fault(root.key, root.algorithm, root.signed + b"\0", root.signature) == "signature"


def test_the_root_need_not_be_in_the_message() -> None:
    found = chain(read(BY.leaf)[0], read(BY.authority), read(BY.root))
    assert found.faults == ()
    assert found.certificates == tuple(read(BY.leaf, BY.authority, BY.root))
    assert faults(BY.leaf, BY.root, BY.leaf, BY.authority) == ()


def test_the_order_is_of_no_matter() -> None:
    others = [BY.root, BY.authority, BY.leaf, *(make_identity(f"{n}", rsa_key("leaf")) for n in range(5))]
    source = random.Random(3)
    for _ in range(10):
        source.shuffle(others)
        assert faults(BY.leaf, *others) == ()


def test_where_the_way_ends() -> None:
    assert faults(BY.leaf) == ("no-issuer",)
    assert faults(BY.leaf, BY.root) == ("no-issuer",)
    assert faults(BY.leaf, BY.authority, roots=()) == ("no-issuer",)
    assert faults(BY.leaf, BY.authority, BY.root, roots=()) == ("foreign-root",)
    assert faults(BY.root, roots=()) == ("foreign-root",)
    assert faults(make_identity("Self", rsa_key("leaf"))) == ("foreign-root",)
    assert chain(read(BY.leaf)[0], read(BY.authority), []).certificates == tuple(read(BY.leaf, BY.authority))
    assert chain(read(BY.leaf)[0], read(BY.authority)).faults == ("no-issuer",)


def test_a_root_is_trusted_for_its_bytes_and_not_for_its_name() -> None:
    false_root = make_identity("Test Root CA", rsa_key("false"), extensions=ANY_DEPTH, serial=1)
    false_authority = make_identity("Test Authority", rsa_key("authority"), false_root, extensions=AUTHORITY)
    false_leaf = make_identity("Leaf", rsa_key("leaf"), false_authority, extensions=LEAF)
    assert faults(false_leaf, false_authority) == ("certificate-signature",)
    assert faults(false_leaf, false_authority, false_root) == ("foreign-root",)
    assert faults(false_leaf, false_authority, false_root, roots=(false_root,)) == ()
    # The same key and name in another certificate is not the same root, but has signed the same.
    again = make_identity("Test Root CA", rsa_key("root"), extensions=ANY_DEPTH, serial=99)
    assert faults(BY.leaf, BY.authority, again) == ()


def test_an_authority_of_the_right_name_may_be_another() -> None:
    other = make_identity("Test Worldwide Developer Relations", rsa_key("other"), BY.root, extensions=AUTHORITY)
    assert faults(BY.leaf, other) == ("certificate-signature",)
    assert faults(BY.leaf, other, BY.authority) == ()
    assert faults(BY.leaf, BY.authority, other) == ()


def test_names_of_issuers_are_compared_without_case_and_white_space() -> None:
    other = name("TEST worldwide  Developer relations", string=0x13)
    assert faults(make_identity("Leaf", rsa_key("leaf"), BY.authority, issuer_name=other), BY.authority) == ()
    other = name("Test Worldwide Developers Relations")
    leaf = make_identity("Leaf", rsa_key("leaf"), BY.authority, issuer_name=other)
    assert faults(leaf, BY.authority) == ("no-issuer",)


def test_of_two_ways_the_one_without_a_fault_is_taken() -> None:
    stranger = make_identity("Another Root", rsa_key("other"), extensions=ANY_DEPTH)
    key = rsa_key("authority")
    authority = "Test Worldwide Developer Relations"
    foreign = make_identity(authority, key, stranger, extensions=AUTHORITY)
    powerless = make_identity(authority, key, BY.root, extensions=LEAF)
    assert faults(BY.leaf, foreign, stranger) == ("foreign-root",)
    assert faults(BY.leaf, powerless) == ("key-usage", "not-an-authority")
    for others in ((foreign, powerless, BY.authority), (BY.authority, foreign, stranger), (powerless, BY.authority)):
        assert faults(BY.leaf, *others) == ()


def with_authority(*extensions: bytes) -> tuple[Fault, ...]:
    authority = make_identity("Authority", rsa_key("authority"), BY.root, extensions=extensions)
    return faults(make_identity("Leaf", rsa_key("leaf"), authority, extensions=LEAF), authority)


def test_who_may_issue_certificates() -> None:
    assert with_authority(basic_constraints(authority=True)) == ()
    assert with_authority(basic_constraints(authority=True, path_length=0), key_usage(CERT_SIGN)) == ()
    assert with_authority() == ("not-an-authority",)
    assert with_authority(basic_constraints(authority=False)) == ("not-an-authority",)
    assert with_authority(basic_constraints(authority=True), key_usage(0xFF - CERT_SIGN)) == ("key-usage",)
    assert with_authority(basic_constraints(authority=True), key_usage(0)) == ("key-usage",)


def test_a_developer_may_not_issue_certificates() -> None:
    child = make_identity("Apple Distribution: Someone Else", rsa_key("other"), BY.leaf, extensions=LEAF)
    assert faults(child, BY.leaf, BY.authority) == ("key-usage", "not-an-authority")


def test_how_many_authorities_may_stand_below_one() -> None:
    def line(*lengths: int | None) -> tuple[Fault, ...]:
        above, others = BY.root, list[Identity]()
        for depth, length in enumerate(lengths):
            constraints = basic_constraints(authority=True, path_length=length)
            above = make_identity(f"Authority {depth}", rsa_key("authority"), above, extensions=[constraints])
            others.append(above)
        return faults(make_identity("Leaf", rsa_key("leaf"), above, extensions=LEAF), *others)

    assert line(0) == line(1, 0) == line(2, 1, 0) == line(None, None, None, None) == ()
    assert line(0, 0) == line(1, 1, 0) == line(None, 0, 0) == ("not-an-authority",)
    assert line(*[None] * 5) == ("too-many-certificates",)


def test_what_the_key_of_the_signer_is_for() -> None:
    leaf = make_identity("Leaf", rsa_key("leaf"), BY.authority, extensions=[key_usage(0xFF - DIGITAL_SIGNATURE)])
    assert faults(leaf, BY.authority) == ("key-usage",)
    assert faults(make_identity("Leaf", rsa_key("leaf"), BY.authority), BY.authority) == ()


def test_signatures_that_cannot_be_verified() -> None:
    md5 = element(0x30, oid("1.2.840.113549.1.1.4"), b"\5\0")
    assert faults(make_identity("Leaf", rsa_key("leaf"), BY.authority, algorithm=md5), BY.authority) == (
        "unknown-algorithm",
    )
    small = make_identity("Small", rsa_key("small", 512), BY.root, extensions=AUTHORITY)
    assert faults(make_identity("Leaf", rsa_key("leaf"), small), small) == ("unknown-key",)
    # Where one cannot be judged, it may be the one.
    twin = make_identity("Small", rsa_key("other"), BY.root, extensions=AUTHORITY)
    for others in ((small, twin), (twin, small)):
        assert faults(make_identity("Leaf", rsa_key("leaf"), small), *others) == ("unknown-key",)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_every_kind_of_key(kind: str) -> None:
    by = hierarchy(kind)
    assert faults(by.leaf, by.authority, roots=(by.root,)) == ()
    changed = by.leaf.certificate.replace(b"Apple Distribution", b"Apple Destribution")
    assert chain(read_x509(changed), read(by.authority), read(by.root)).faults == ("certificate-signature",)


def test_keys_of_different_kinds() -> None:
    root = make_identity("Root", ec_key("root", 384), extensions=ANY_DEPTH)
    authority = make_identity("Authority", rsa_key("authority"), root, extensions=AUTHORITY, digest="sha384")
    leaf = make_identity("Leaf", ec_key("leaf"), authority, extensions=LEAF, digest="sha512")
    assert faults(leaf, authority, roots=(root,)) == ()


def test_a_ring_of_certificates_has_no_end() -> None:
    first = make_identity("A", rsa_key("a"), issuer_name=name("B"), extensions=ANY_DEPTH)
    second = make_identity("B", rsa_key("a"), first, extensions=ANY_DEPTH)
    assert faults(first, second) == ("no-issuer",)


def test_ways_without_end_are_not_all_tried() -> None:
    key = rsa_key("many")
    many = [make_identity("Many", key, extensions=ANY_DEPTH, serial=n) for n in range(60)]
    assert faults(many[0], *many[1:]) == ("too-many-certificates",)
    strangers = [make_identity("Test Worldwide Developer Relations", rsa_key("x"), serial=n) for n in range(70)]
    assert faults(BY.leaf, *strangers) == ("too-many-certificates",)


def test_the_parts_of_a_certificate_are_sequences() -> None:
    certificate = BY.leaf.certificate
    for part in (read_x509(certificate).issuer_der, certificate[certificate.index(b"\x17\r") - 2 :]):
        at = certificate.index(part)
        assert certificate[at] == 0x30
        with pytest.raises(Asn1Error):
            read_x509(certificate[:at] + b"\x31" + certificate[at + 1 :])
