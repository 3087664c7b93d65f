"""What is read of signed messages and of certificates, what is refused, and that both stay small."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from _make_ipa import DATA, SIGNED_DATA, element, indefinite
from _make_signed import (
    CERT_SIGN,
    CONTENT_TYPE,
    DIGITAL_SIGNATURE,
    HASHES,
    MESSAGE_DIGEST,
    NULL,
    SIGNING_TIME,
    Attributes,
    basic_constraints,
    extension,
    hierarchy,
    integer,
    key_usage,
    make_identity,
    make_message,
    make_signer,
    name,
    oid,
    rsa_key,
    sign,
    signed_attributes,
)

from itms_ota._asn1 import (
    Asn1Error,
    Signer,
    X509Certificate,
    code_hashes,
    code_hashes_plist,
    read_certificate,
    read_signed,
    read_x509,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT = b"what is signed"
BY = hierarchy()
HASHES_1, HASHES_2 = "1.2.840.113635.100.9.1", "1.2.840.113635.100.9.2"


def refusal(data: bytes, read: Callable[[bytes], object] = read_signed) -> str:
    with pytest.raises(Asn1Error) as caught:
        read(data)
    return str(caught.value)


def signer_with(attributes: Attributes) -> Signer:
    return read_signed(sign(CONTENT, attributes=attributes)).signers[0]


# Messages


@pytest.mark.parametrize("ber", [False, True])
@pytest.mark.parametrize("detached", [False, True])
def test_a_message(*, ber: bool, detached: bool) -> None:
    found = read_signed(sign(CONTENT, ber=ber, detached=detached))
    assert found.content_type == "1.2.840.113549.1.7.1"
    assert found.content == (None if detached else CONTENT)
    assert [certificate.der for certificate in found.certificates] == [*BY.certificates]
    (signer,) = found.signers
    rows = signed_attributes(CONTENT)
    assert signer.attributes == {kind: tuple(values) for kind, values in rows}
    assert signer.signed == element(0x31, *(element(0x30, oid(kind), element(0x31, *values)) for kind, values in rows))
    assert signer.digest_algorithm == HASHES["sha256"]
    assert signer.signature_algorithm == "1.2.840.113549.1.1.11"
    assert signer.signing_time == datetime(2024, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    assert [signer.is_named_by(certificate) for certificate in found.certificates] == [True, False, False]


def test_a_signer_may_be_named_by_the_identifier_of_its_key() -> None:
    message = make_message(CONTENT, [make_signer(BY.leaf, CONTENT, by_key_identifier=True)], BY.certificates)
    (signer,) = read_signed(message).signers
    assert (signer.issuer, signer.serial, signer.key_identifier) == (b"", b"", BY.leaf.key_identifier)
    assert [signer.is_named_by(read_x509(data)) for data in BY.certificates] == [True, False, False]


@pytest.mark.parametrize("string", [0x0C, 0x13])
def test_the_issuer_is_named_byte_for_byte(string: int) -> None:
    leaf = replace(BY.leaf, issuer=name("Test Worldwide Developer Relations", string=string))
    message = make_message(CONTENT, [make_signer(leaf, CONTENT)], BY.certificates)
    assert read_signed(message).signers[0].is_named_by(read_x509(BY.leaf.certificate)) == (string == 0x0C)


def test_what_follows_the_signature_and_the_certificates_is_passed_over() -> None:
    signer = make_signer(BY.leaf, CONTENT, unsigned=element(0xA1, element(0x30, oid("1.2.3"), element(0x31))))
    message = make_message(CONTENT, [signer], [*BY.certificates, element(0xA1, b"")], extra=element(0xA1))
    found = read_signed(message + b"\0" * 20)
    assert (len(found.signers), len(found.certificates)) == (1, 3)


def test_a_certificate_that_cannot_be_read_is_left_out() -> None:
    broken = BY.leaf.certificate[:-1] + b"\0"
    twice_signed = element(0x30, element(0x30), element(0x30), element(0x03, b"\0"))
    found = read_signed(make_message(CONTENT, [], [twice_signed, indefinite(0x30), BY.root.certificate]))
    assert [certificate.der for certificate in found.certificates] == [BY.root.certificate]
    assert found.signers == ()
    assert len(read_signed(make_message(CONTENT, [], [broken])).certificates) == 1  # its signature is another matter


def test_a_message_without_certificates() -> None:
    signed = element(
        0x30, integer(1), element(0x31), element(0x30, element(0x06, DATA)), element(0x31, make_signer(BY.leaf, b""))
    )
    found = read_signed(element(0x30, element(0x06, SIGNED_DATA), element(0xA0, signed)))
    assert (found.content, found.certificates, len(found.signers)) == (None, (), 1)


@pytest.mark.parametrize(
    "attributes",
    [
        [(CONTENT_TYPE, list[bytes]())],
        [(SIGNING_TIME, [element(0x17, b"240203040506Z")] * 2)],
        [(SIGNING_TIME, [element(0x17, b"24020304050Z")])],
        [(SIGNING_TIME, [element(0x04, b"240203040506Z")])],
        [(SIGNING_TIME, list[bytes]())],
        Attributes(),
    ],
)
def test_without_a_time_there_is_none(attributes: Attributes) -> None:
    assert signer_with(attributes).signing_time is None


def test_the_time_may_be_written_in_full() -> None:
    time = signer_with([(SIGNING_TIME, [element(0x18, b"20500203040506Z")])]).signing_time
    assert time == datetime(2050, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def test_without_attributes_there_are_no_hashes_and_no_time() -> None:
    (signer,) = read_signed(sign(CONTENT, attributes=None)).signers
    assert (signer.attributes, signer.signed, signer.signing_time) == (None, b"", None)
    assert (code_hashes(signer), code_hashes_plist(signer)) == ((), None)


def code_hash(kind: str, value: bytes) -> bytes:
    return element(0x30, oid(kind), element(0x04, value))


def test_the_hashes_of_code_directories() -> None:
    rows = [code_hash(HASHES["sha256"], b"2" * 32), code_hash(HASHES["sha1"], b"1" * 20), code_hash("1.2.3", b"")]
    signer = signer_with([(HASHES_2, rows), (HASHES_1, [element(0x04, b"<plist/>")])])
    assert code_hashes(signer) == (b"2" * 32, b"1" * 20, b"")
    assert code_hashes_plist(signer) == b"<plist/>"


@pytest.mark.parametrize(
    "value",
    [
        b"\5\0",
        element(0x30),
        element(0x30, oid(HASHES["sha1"])),
        element(0x30, oid(HASHES["sha1"]), NULL),
        element(0x30, oid(HASHES["sha1"]), element(0x04), NULL),
        element(0x30, element(0x04), oid(HASHES["sha1"])),
        indefinite(0x30, oid(HASHES["sha1"]), indefinite(0x24)),
    ],
)
def test_hashes_of_code_directories_that_cannot_be_read(value: bytes) -> None:
    with pytest.raises(Asn1Error):
        code_hashes(signer_with([(HASHES_2, [value])]))
    with pytest.raises(Asn1Error):
        code_hashes_plist(signer_with([(HASHES_1, [value])]))
    with pytest.raises(Asn1Error, match="has 2 values"):
        code_hashes_plist(signer_with([(HASHES_1, [element(0x04), element(0x04)])]))


SIGNER = make_signer(BY.leaf, CONTENT)


def message_of(*signers: bytes) -> bytes:
    return make_message(CONTENT, signers, [])


def signer_of(*parts: bytes) -> bytes:
    return message_of(element(0x30, integer(1), *parts))


SID = element(0x30, BY.leaf.issuer, integer(1))
HASH = element(0x30, oid(HASHES["sha256"]), NULL)
ALGORITHM = BY.leaf.key.algorithm("sha256")
SIGNATURE = element(0x04, bytes(128))


def attributes_of(*rows: bytes) -> bytes:
    return signer_of(SID, HASH, element(0xA0, *rows), ALGORITHM, SIGNATURE)


ROW = element(0x30, oid(MESSAGE_DIGEST), element(0x31, element(0x04)))


def test_the_parts_of_which_broken_messages_are_made_are_sound() -> None:
    assert read_signed(attributes_of(ROW)).signers[0].attributes == {MESSAGE_DIGEST: (element(0x04),)}
    assert read_signed(signer_of(SID, HASH, ALGORITHM, SIGNATURE)).signers[0].attributes is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x30\x00",
        element(0x30, element(0x06, DATA), element(0xA0)),
        element(0x30, element(0x06, SIGNED_DATA), element(0xA0, element(0x30))),
        element(0x30, element(0x06, SIGNED_DATA), element(0xA0, element(0x30, integer(1), element(0x31)))),
        element(
            0x30,
            element(0x06, SIGNED_DATA),
            element(0xA0, element(0x30, integer(1), element(0x31), element(0x30, element(0x06, DATA)))),
        ),
        make_message(CONTENT, [], [], extra=element(0xA1) * 3),
        make_message(CONTENT, [], [], content_type=b""),
        message_of(element(0x31)),
        message_of(element(0x30)),
        message_of(indefinite(0x30)),
        signer_of(),
        message_of(element(0x30, integer(3), SID, HASH, ALGORITHM, SIGNATURE)),
        message_of(element(0x30, integer(0), SID, HASH, ALGORITHM, SIGNATURE)),
        message_of(element(0x30, NULL, SID, HASH, ALGORITHM, SIGNATURE)),
        signer_of(element(0x80, BY.leaf.key_identifier), HASH, ALGORITHM, SIGNATURE),
        signer_of(SID, HASH),
        signer_of(SID, HASH, ALGORITHM),
        signer_of(SID, HASH, SIGNATURE, ALGORITHM),
        signer_of(SID, HASH, element(0xA0, ROW), ALGORITHM),
        signer_of(SID, HASH, ALGORITHM, SIGNATURE, *[element(0xA1)] * 3),
        signer_of(element(0x30, integer(1)), HASH, ALGORITHM, SIGNATURE),
        signer_of(element(0x30, BY.leaf.issuer, NULL), HASH, ALGORITHM, SIGNATURE),
        signer_of(element(0x31, BY.leaf.issuer, integer(1)), HASH, ALGORITHM, SIGNATURE),
        signer_of(element(0x30, indefinite(0x30), integer(1)), HASH, ALGORITHM, SIGNATURE),
        signer_of(SID, element(0x30), ALGORITHM, SIGNATURE),
        signer_of(SID, HASH, ALGORITHM, indefinite(0x24, element(0x04, bytes(128)))),
        signer_of(SID, HASH, indefinite(0xA0, ROW), ALGORITHM, SIGNATURE),
        attributes_of(element(0x31)),
        attributes_of(element(0x30)),
        attributes_of(element(0x30, oid(MESSAGE_DIGEST))),
        attributes_of(element(0x30, oid(MESSAGE_DIGEST), element(0x30, element(0x04)))),
        attributes_of(element(0x30, oid(MESSAGE_DIGEST), element(0x31), NULL)),
        attributes_of(element(0x30, element(0x31), oid(MESSAGE_DIGEST))),
        attributes_of(element(0x30, oid(MESSAGE_DIGEST), element(0x31, indefinite(0x24)))),
        attributes_of(ROW, ROW),
    ],
)
def test_broken_messages(message: bytes) -> None:
    assert refusal(message)


def test_the_refusal_says_where() -> None:
    assert refusal(attributes_of(ROW, ROW)) == "the signed attribute 1.2.840.113549.1.9.4 stands there twice"
    assert refusal(message_of(element(0x31))).startswith("the element at byte ")
    assert refusal(signer_of()).startswith("this is not a signed message: not enough values to unpack")


@pytest.mark.parametrize(
    ("whole", "one_more"),
    [
        (make_message(CONTENT, [], [NULL] * 64), make_message(CONTENT, [], [NULL] * 65)),
        (message_of(*[SIGNER] * 16), message_of(*[SIGNER] * 17)),
        (
            attributes_of(*(element(0x30, oid(f"1.2.{n}"), element(0x31)) for n in range(64))),
            attributes_of(*(element(0x30, oid(f"1.2.{n}"), element(0x31)) for n in range(65))),
        ),
        (
            attributes_of(element(0x30, oid("1.2.3"), element(0x31, NULL * 16))),
            attributes_of(element(0x30, oid("1.2.3"), element(0x31, NULL * 17))),
        ),
    ],
)
def test_how_many_parts_are_read(whole: bytes, one_more: bytes) -> None:
    assert read_signed(whole)
    assert " contains more than " in refusal(one_more)


LARGE = 2 * 1024 * 1024 // 16  # what is bounded for a part of the largest file is bounded for all of it


@pytest.mark.parametrize(
    "message",
    [
        make_message(CONTENT, [], [NULL * (LARGE // 2)]),
        make_message(CONTENT, [], [BY.leaf.certificate] * 200),
        message_of(SIGNER * 200),
        message_of(element(0x30, NULL * (LARGE // 2))),
        attributes_of(ROW * (LARGE // len(ROW))),
        attributes_of(element(0x30, oid("1.2.3"), element(0x31, NULL * (LARGE // 2)))),
        signer_of(element(0x30, element(0x30, element(0x31) * (LARGE // 2)), integer(1)), HASH, ALGORITHM, SIGNATURE),
        signer_of(element(0x30, BY.leaf.issuer, integer(2 ** (8 * LARGE))), HASH, ALGORITHM, SIGNATURE),
        signer_of(SID, element(0x30, element(0x06, b"\x81" * LARGE)), ALGORITHM, SIGNATURE),
        b"\x30\x80" * (LARGE // 2),
        make_message(None, [b"\x30\x80" * (LARGE // 2)], [], ber=True),
        make_message(None, [], [b"\x30\x80" * (LARGE // 4) + bytes(LARGE // 2)], ber=True),
    ],
)
def test_hostile_messages_are_read_within_bounds(message: bytes) -> None:
    tracemalloc.start()
    try:
        with suppress(Asn1Error):
            read_signed(message)
        assert tracemalloc.get_traced_memory()[1] < 8 * LARGE + 500_000
    finally:
        tracemalloc.stop()


# Certificates


def made(*extensions: bytes) -> X509Certificate:
    return read_x509(make_identity("Subject", rsa_key("leaf"), BY.root, extensions=extensions).certificate)


def test_a_certificate() -> None:
    found = read_x509(BY.leaf.certificate)
    key = rsa_key("leaf")
    assert found.summary == read_certificate(BY.leaf.certificate)
    assert found.summary.team == "A1B2C3D4E5"
    assert (found.key, found.serial, found.algorithm) == ((key.n, key.e), b"\0\xb4\x05", "1.2.840.113549.1.1.11")
    assert found.der[4 : 4 + len(found.signed)] == found.signed
    assert found.issuer == read_x509(BY.authority.certificate).subject
    assert found.key_identifier == BY.leaf.key_identifier
    assert (found.path_length, found.usages) == (None, DIGITAL_SIGNATURE)
    assert found.extensions["1.2.840.113635.100.6.1.4"] == NULL
    authority = read_x509(BY.authority.certificate)
    assert (authority.path_length, authority.usages, authority.key_identifier) == (0, CERT_SIGN, None)


def test_a_certificate_without_extensions() -> None:
    found = read_x509(make_identity("Old", rsa_key("leaf"), extensions=None).certificate)
    assert (found.extensions, found.path_length, found.usages, found.key_identifier) == ({}, None, 0xFF, None)


@pytest.mark.parametrize(
    ("constraints", "path_length"),
    [
        (basic_constraints(authority=False), None),
        (basic_constraints(authority=False, path_length=3), None),
        (basic_constraints(authority=True), 2**31),
        (basic_constraints(authority=True, path_length=0), 0),
        (basic_constraints(authority=True, path_length=3), 3),
        (extension("2.5.29.19", element(0x30, element(0x01, b"\0"))), None),
        (extension("2.5.29.19", element(0x30, element(0x01, b"\1"))), None),  # DER writes ff
    ],
)
def test_who_may_issue_certificates(constraints: bytes, path_length: int | None) -> None:
    assert made(constraints).path_length == path_length


@pytest.mark.parametrize("usages", [0, CERT_SIGN, DIGITAL_SIGNATURE, 0x06, 0xFE])
def test_what_keys_are_for(usages: int) -> None:
    assert made(key_usage(usages)).usages == usages


def test_the_name_of_an_extension_has_a_length() -> None:
    longest = "1.2" + ".1" * 63
    assert made(extension(longest, NULL)).extensions[longest] == NULL
    with pytest.raises(Asn1Error, match=r"is empty, too long or cut off$"):
        made(extension(longest + ".1", NULL))


def test_dates_count_to_the_second() -> None:
    times = {"not_before": b"240102030405Z", "not_after": b"20500102030405Z"}
    found = read_x509(make_identity("Subject", rsa_key("leaf"), **times).certificate)  # type: ignore[arg-type]
    moments = [(2024, 4), (2024, 5), (2050, 5), (2050, 6)]
    assert [found.is_valid_at(datetime(year, 1, 2, 3, 4, second, tzinfo=timezone.utc)) for year, second in moments] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        BY.leaf.certificate + b"\0",
        BY.leaf.certificate[:-1],
        element(0x31, BY.leaf.certificate[4:]),
        indefinite(0x30, BY.leaf.certificate[4:]),
        make_identity("x" * 16_384, rsa_key("leaf")).certificate,
        make_identity("x", rsa_key("leaf"), not_after=b"241301000000Z").certificate,
        make_identity("x", rsa_key("leaf"), algorithm_outside=BY.leaf.key.algorithm("sha1")).certificate,
        *(
            make_identity("x", rsa_key("leaf"), extensions=extensions).certificate
            for extensions in (
                [element(0x30)],
                [element(0x30, oid("1.2.3"))],
                [element(0x30, oid("1.2.3"), NULL)],
                [element(0x30, oid("1.2.3"), b"\1\1\xff", element(0x04), NULL)],
                [element(0x31, oid("1.2.3"), element(0x04)), NULL],
                [extension(f"1.2.{n}", b"") for n in range(65)],
                [extension("2.5.29.14", b"")],
                [extension("2.5.29.15", b"")],
                [extension("2.5.29.15", element(0x04, b"\0\x80"))],
                [extension("2.5.29.19", element(0x31))],
                [extension("2.5.29.19", element(0x30, b"\1\1\xff", element(0x02, b"\xff")))],
                [extension("2.5.29.19", element(0x30, b"\1\1\xff", NULL, NULL))],
            )
        ),
    ],
)
def test_broken_certificates(data: bytes) -> None:
    assert refusal(data, read_x509)
