"""Signed messages: sound ones are called sound, and of each other the reason is named."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import DATA, element, make_cms
from _make_signed import (
    CONTENT_TYPE,
    HASHES,
    LEAF,
    MESSAGE_DIGEST,
    NULL,
    RSA,
    RSA_WITH,
    Attributes,
    extension,
    hierarchy,
    make_identity,
    make_message,
    make_signer,
    oid,
    profile_hierarchy,
    rsa_key,
    sign,
    signed_attributes,
)

from itms_ota._asn1 import Fault, Purpose, Verification, purposes, read_x509, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT = b"what is signed"
BY = hierarchy()
PROFILES = profile_hierarchy()
ROOTS = tuple(read_x509(hierarchy(kind).root.certificate) for kind in ("rsa", "p256", "p384"))
APPS: tuple[Purpose, ...] = ("development", "distribution", "testflight")


def verified(message: bytes, content: bytes | None = None, allowed: Sequence[Any] = APPS) -> Verification:
    return verify(message, allowed, content, roots=ROOTS)


def faults(message: bytes, content: bytes | None = None, allowed: Sequence[Any] = APPS) -> tuple[Fault, ...]:
    return verified(message, content, allowed).faults


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
@pytest.mark.parametrize("digest", HASHES)
def test_every_kind_of_key_with_every_hash_is_sound(kind: str, digest: Any) -> None:
    by = hierarchy(kind)
    message = sign(CONTENT, by, digest=digest)
    found = verified(message)
    assert found.faults == ()
    assert found.content == CONTENT
    assert [certificate.der for certificate in found.certificates] == [*by.certificates]
    assert verify(message, APPS).faults == ("foreign-root",)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
@pytest.mark.parametrize("ber", [False, True])
def test_content_may_stand_elsewhere(kind: str, *, ber: bool) -> None:
    message = sign(CONTENT, hierarchy(kind), detached=True, ber=ber)
    assert faults(message, CONTENT) == ()
    assert verified(message, CONTENT).content is None
    assert faults(message, CONTENT + b".") == ("message-digest",)
    assert faults(message, b"") == ("message-digest",)
    assert faults(message) == ("no-content",)


def test_content_stands_in_one_place_alone() -> None:
    assert faults(sign(CONTENT), CONTENT) == ("attached-content",)
    assert faults(sign(b"other"), CONTENT) == ("attached-content", "message-digest")


def test_without_attributes_the_content_itself_is_signed() -> None:
    assert faults(sign(CONTENT, attributes=None)) == ()
    message = sign(CONTENT, attributes=None, detached=True)
    assert faults(message, CONTENT) == ()
    assert faults(message, CONTENT + b".") == ("signature",)


@pytest.mark.parametrize("has_attributes", [False, True])
def test_the_content_is_plain_data(*, has_attributes: bool) -> None:
    other = oid("1.2.840.113549.1.9.16.1.4")[2:]
    for attribute in (DATA, other):
        rows = signed_attributes(CONTENT, content_type=attribute) if has_attributes else None
        signer = make_signer(BY.leaf, CONTENT, attributes=rows)
        is_data = attribute == DATA or not has_attributes
        assert faults(make_message(CONTENT, [signer], BY.certificates)) == (() if is_data else ("content-type",))
        message = make_message(CONTENT, [signer], BY.certificates, content_type=other)
        assert faults(message) == ("content-type",)


TYPE, TIME, DIGEST = signed_attributes(CONTENT)
DIGEST_VALUE = DIGEST[1][0]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ([TYPE, DIGEST], ()),
        ([DIGEST, TIME, TYPE], ()),
        (
            [TYPE, DIGEST, *((f"1.2.840.113549.1.9.{n}", [NULL]) for n in (5, 15, 52))],
            (),
        ),
        ([TYPE, DIGEST, *((f"1.2.840.113635.100.9.{n}", [NULL, b"\1\1\0"]) for n in (1, 2))], ()),
        ([TYPE, DIGEST, ("1.2.840.113635.100.9.3", [NULL])], ("unknown-attribute",)),
        ([TYPE, DIGEST, ("1.2.3", list[bytes]())], ("unknown-attribute",)),
        (Attributes(), ("content-type", "message-digest")),
        ([TYPE], ("message-digest",)),
        ([DIGEST], ("content-type",)),
        ([TYPE, (MESSAGE_DIGEST, list[bytes]())], ("message-digest",)),
        ([TYPE, (MESSAGE_DIGEST, [DIGEST_VALUE] * 2)], ("message-digest",)),
        ([TYPE, (MESSAGE_DIGEST, [DIGEST_VALUE[:-1] + b"?"])], ("message-digest",)),
        ([TYPE, (MESSAGE_DIGEST, [element(0x04, DIGEST_VALUE[2:-1])])], ("message-digest",)),
        ([TYPE, (MESSAGE_DIGEST, [element(0x0C, DIGEST_VALUE[2:])])], ("message-digest",)),
        ([(CONTENT_TYPE, list[bytes]()), DIGEST], ("content-type",)),
        ([(CONTENT_TYPE, TYPE[1] * 2), DIGEST], ("content-type",)),
        ([(CONTENT_TYPE, [oid("1.2.3")]), DIGEST], ("content-type",)),
        ([(CONTENT_TYPE, [NULL]), DIGEST], ("content-type",)),
        ([TYPE, *signed_attributes(CONTENT, digest="sha1")[2:]], ("message-digest",)),
    ],
)
def test_the_attributes_speak_of_the_content(attributes: Attributes, expected: tuple[Fault, ...]) -> None:
    assert faults(sign(CONTENT, attributes=attributes)) == expected


def test_the_order_of_attributes_and_values_is_signed_as_it_stands() -> None:
    rows = [*signed_attributes(CONTENT), ("1.2.840.113635.100.9.2", [element(0x04, b"2"), element(0x04, b"1")])]
    message = sign(CONTENT, attributes=rows)
    assert faults(message) == ()
    swapped = message.replace(b"\4\0012\4\0011", b"\4\0011\4\0012")
    assert faults(swapped) == ("signature",)
    first, second = (element(0x30, oid(kind), element(0x31, *values)) for kind, values in rows[:2])
    assert faults(message.replace(first + second, second + first)) == ("signature",)


def test_signers() -> None:
    signer = make_signer(BY.leaf, CONTENT)
    assert faults(make_message(CONTENT, [signer], BY.certificates)) == ()
    assert faults(make_message(CONTENT, [signer, signer], BY.certificates)) == ("several-signers",)
    assert faults(make_message(CONTENT, [], BY.certificates)) == ("no-signer",)
    assert faults(make_cms(CONTENT)) == ("no-signer",)
    assert faults(b"") == faults(b"<plist/>") == ("no-signer",)
    assert verified(make_cms(CONTENT)).signer is None


def test_a_message_that_cannot_be_read() -> None:
    assert verified(sign(CONTENT)[:-1]) == Verification(
        faults=("malformed",), reason="the element at byte 0 is longer than the one that contains it"
    )


@pytest.mark.parametrize("certificates", [(), BY.certificates[1:], PROFILES.certificates])
def test_the_certificate_of_the_signer_is_in_the_message(certificates: tuple[bytes, ...]) -> None:
    found = verified(make_message(CONTENT, [make_signer(BY.leaf, CONTENT)], certificates))
    assert (found.faults, found.certificates) == (("no-certificate",), ())
    assert found.signer is not None


@pytest.mark.parametrize("wrong", [replace(BY.leaf, serial=1), replace(BY.leaf, issuer=BY.root.name)])
def test_the_signer_is_named_by_issuer_and_serial_number(wrong: Any) -> None:
    assert faults(make_message(CONTENT, [make_signer(wrong, CONTENT)], BY.certificates)) == ("no-certificate",)


def test_the_signer_may_be_named_by_the_identifier_of_its_key() -> None:
    signer = make_signer(BY.leaf, CONTENT, by_key_identifier=True)
    assert faults(make_message(CONTENT, [signer], BY.certificates)) == ()
    other = make_signer(BY.authority, CONTENT, by_key_identifier=True)
    assert faults(make_message(CONTENT, [other], BY.certificates)) == ("no-certificate",)


def test_the_key_is_that_of_the_certificate() -> None:
    signer = make_signer(replace(BY.leaf, key=rsa_key("other")), CONTENT)
    assert faults(make_message(CONTENT, [signer], BY.certificates)) == ("signature",)


@pytest.mark.parametrize(
    ("hash_algorithm", "algorithm", "expected"),
    [
        (HASHES["sha256"], RSA, ()),
        (HASHES["sha256"], RSA_WITH["sha256"], ()),
        (HASHES["sha256"], RSA_WITH["sha1"], ("unknown-algorithm",)),
        (HASHES["sha256"], "1.2.840.113549.1.1.10", ("unknown-algorithm",)),
        (HASHES["sha1"], RSA, ("message-digest", "signature")),
        ("1.2.840.113549.2.5", RSA, ("unknown-algorithm",)),
        ("1.2.840.113549.2.5", RSA_WITH["sha256"], ("unknown-algorithm",)),
    ],
)
def test_the_algorithms_of_a_signer(hash_algorithm: str, algorithm: str, expected: tuple[Fault, ...]) -> None:
    signer = make_signer(
        BY.leaf,
        CONTENT,
        hash_algorithm=element(0x30, oid(hash_algorithm)),
        algorithm=element(0x30, oid(algorithm), NULL),
    )
    assert faults(make_message(CONTENT, [signer], BY.certificates)) == expected


def test_what_is_wrong_with_message_and_certificates_is_told_together() -> None:
    message = make_message(b"other", [make_signer(BY.leaf, CONTENT)] * 2, BY.certificates[:1])
    assert faults(message) == ("several-signers", "message-digest", "no-issuer")


# Purposes


def test_profiles_are_signed_with_certificates_for_profiles() -> None:
    message = sign(CONTENT, PROFILES)
    assert faults(message, allowed=["profile"]) == ()
    assert faults(message) == ("wrong-signer",)
    assert faults(sign(CONTENT), allowed=["profile"]) == ("wrong-signer",)
    assert faults(message, allowed=()) == ("wrong-signer",)
    assert faults(message, CONTENT) == ("attached-content", "wrong-signer")
    without_issuer = make_message(CONTENT, [make_signer(PROFILES.leaf, CONTENT)], PROFILES.certificates[:1])
    assert faults(without_issuer) == ("no-issuer",)  # whose it is cannot be told


def purposes_of(authority: str, leaf: str, *extensions: bytes, above: Sequence[bytes] = ()) -> frozenset[str]:
    key = rsa_key("leaf")
    issuer = make_identity(authority, key, BY.root, extensions=above)
    identity = make_identity(leaf, key, issuer, extensions=extensions)
    return purposes([read_x509(data) for data in (identity.certificate, issuer.certificate, BY.root.certificate)])


IPHONE = "Apple iPhone Certification Authority"
RELATIONS = (extension("1.2.840.113635.100.6.2.1", NULL),)
MARKERS = {
    "1.2.840.113635.100.6.1.2": "development",
    "1.2.840.113635.100.6.1.4": "distribution",
    "1.2.840.113635.100.6.1.25.1": "testflight",
}
CODE = LEAF[2]


@pytest.mark.parametrize(("marker", "purpose"), MARKERS.items())
def test_developers_have_markers(marker: str, purpose: str) -> None:
    mark = extension(marker, NULL, critical=True)
    assert purposes_of("x", "y", CODE, mark, above=RELATIONS) == {purpose}
    assert purposes_of("x", "y", CODE, mark) == frozenset()
    assert purposes_of("x", "y", mark, above=RELATIONS) == frozenset()
    assert purposes_of("x", "y", CODE, above=RELATIONS) == frozenset()
    assert purposes_of("x", "y", CODE, extension(f"{marker}.9", NULL), above=RELATIONS) == frozenset()


@pytest.mark.parametrize(
    ("usage", "is_for_code"),
    [
        (element(0x30, oid("1.3.6.1.5.5.7.3.3")), True),
        (element(0x30, oid("1.3.6.1.5.5.7.3.2"), oid("1.3.6.1.5.5.7.3.3")), True),
        (element(0x30, oid("1.3.6.1.5.5.7.3.2")), False),
        (element(0x30), False),
        (element(0x31), False),
        (element(0x30, NULL), False),
        (element(0x30, oid("1.3.6.1.5.5.7.3.3") * 33), False),
    ],
)
def test_code_is_signed_with_certificates_for_code(usage: bytes, *, is_for_code: bool) -> None:
    mark = extension("1.2.840.113635.100.6.1.2", NULL)
    found = purposes_of("x", "y", extension("2.5.29.37", usage), mark, above=RELATIONS)
    assert bool(found) == is_for_code


@pytest.mark.parametrize(
    ("authority", "leaf", "expected"),
    [
        (IPHONE, "Apple iPhone OS Provisioning Profile Signing", {"profile"}),
        (IPHONE, "Apple iPhone OS Application Signing", {"app-store"}),
        (IPHONE, "Apple iPhone OS Provisioning Profile Signing 2", set[str]()),
        (f"{IPHONE} 2", "Apple iPhone OS Provisioning Profile Signing", set[str]()),
        (IPHONE, "Mac OS X Provisioning Profile Signing", set[str]()),
    ],
)
def test_apple_signs_under_names_of_its_own(authority: str, leaf: str, expected: set[str]) -> None:
    assert purposes_of(authority, leaf) == expected


def test_chains_have_three_certificates() -> None:
    chain = [read_x509(data) for data in PROFILES.certificates]
    assert purposes(chain) == {"profile"}
    assert purposes(chain[:2]) == purposes([*chain, chain[-1]]) == purposes([]) == frozenset()


# Damage


def signed_ranges(message: bytes) -> list[range]:
    """Return where signed bytes stand, and signatures: a change there must be seen."""
    parts = [CONTENT]
    for identity in (BY.leaf, BY.authority):
        parts.append(read_x509(identity.certificate).signed)
        parts.append(read_x509(identity.certificate).signature)
    signer = verified(message).signer
    assert signer is not None
    parts += [signer.signed[1:], signer.signature]
    return [range(start, start + len(part)) for part in parts for start in (message.rindex(part),)]


def assert_no_damage_is_sound(message: bytes, rounds: int, seed: int) -> None:
    assert faults(message) == ()
    places = [place for part in signed_ranges(message) for place in part]
    source = random.Random(seed)
    for _ in range(rounds):
        damaged = bytearray(message)
        damaged[source.choice(places)] ^= 1 << source.randrange(8)
        assert faults(bytes(damaged))
        for _ in range(source.randrange(4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        start = source.randrange(len(damaged))
        del damaged[start : start + source.randrange(4)]
        verified(bytes(damaged))


@pytest.mark.dear
def test_no_damage_is_called_sound() -> None:
    assert_no_damage_is_sound(sign(CONTENT), 1500, seed=20261126)
