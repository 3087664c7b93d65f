"""Certificates: what they say of themselves, and that nothing in one brings an error."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timezone

import pytest
from _make_ipa import element, make_certificate

from itms_ota._asn1 import Certificate, read_certificate


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc, arg-type]


def unread(data: bytes) -> Certificate:
    return Certificate(sha1=hashlib.sha1(data).hexdigest())  # noqa: S324 -- a fingerprint


def test_what_is_read() -> None:
    data = make_certificate()
    assert read_certificate(data) == Certificate(
        subject="Apple Distribution: Example Ltd (A1B2C3D4E5)",
        team="A1B2C3D4E5",
        serial="08A3",
        sha1=unread(data).sha1,
        not_before=utc(2024, 1, 2, 3, 4, 5),
        not_after=utc(2124, 1, 2, 3, 4, 5),
    )


@pytest.mark.parametrize(
    ("serial", "shown"), [(b"\x00\xb4\x05", "B405"), (b"\x08\xa3", "08A3"), (b"\x7f" * 20, "7F" * 20), (b"\0", "00")]
)
def test_serials_are_written_as_apple_writes_them(serial: bytes, shown: str) -> None:
    assert read_certificate(make_certificate(serial=serial)).serial == shown


@pytest.mark.parametrize(
    ("string", "charset"),
    [(0x0C, "utf-8"), (0x13, "ascii"), (0x16, "ascii"), (0x14, "latin-1"), (0x1E, "utf-16-be"), (0x1C, "utf-32-be")],
)
def test_every_type_of_string_is_read(string: int, charset: str) -> None:
    subject = "iPhone Developer: Jane" if charset == "ascii" else "iPhone Developer: Jos\u00e9"
    certificate = read_certificate(make_certificate(subject, string=string, charset=charset))
    assert (certificate.subject, certificate.team) == (subject, "A1B2C3D4E5")


def test_letters_that_are_none_are_replaced() -> None:
    assert read_certificate(make_certificate("\u00e9", charset="latin-1")).subject == "\ufffd"


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (b"491231235959Z", utc(2049, 12, 31, 23, 59, 59)),
        (b"500101000000Z", utc(1950, 1, 1)),
        (b"20500101000000Z", utc(2050, 1, 1)),
        (b"99991231235959Z", utc(9999, 12, 31, 23, 59, 59)),
        (b"241301000000Z", None),
        (b"00000101000000Z", None),
        (b"24010203040ZZ", None),
        (b"2401020304050", None),
        (b"20240102030405.5Z", None),
    ],
)
def test_times(time: bytes, expected: datetime | None) -> None:
    data = make_certificate(not_after=time)
    certificate = read_certificate(data)
    assert certificate.not_after == expected
    assert expected is not None or certificate == unread(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x00",
        element(0x30, element(0x30)),
        element(0x30, element(0x30, element(0x02, b"\1"))),
        element(0x30, element(0x30, element(0x02, b"\1"), *[element(0x30)] * 4)),
        make_certificate()[:-1],
        make_certificate("x" * 16_384),
        b"\x30\x80" * 8192,
        make_certificate().replace(b"\x17\x0d", b"\x16\x0d"),
    ],
)
def test_of_what_cannot_be_read_only_the_fingerprint_is_known(data: bytes) -> None:
    assert read_certificate(data) == unread(data)


def test_no_prefix_and_no_damage_brings_an_error() -> None:
    whole = make_certificate()
    assert [read_certificate(whole[:length]).serial for length in range(len(whole))] == [None] * len(whole)
    source = random.Random(20240102)
    for _ in range(5000):
        damaged = bytearray(whole)
        for _ in range(source.randint(1, 4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        assert read_certificate(bytes(damaged)).sha1 == unread(bytes(damaged)).sha1
