"""CMS messages: their content is found by structure, and what is broken is refused with its place."""

from __future__ import annotations

import plistlib
import re

import pytest
from _make_ipa import DATA, SIGNED_DATA, element, indefinite, make_cms

from itms_ota import _asn1
from itms_ota._asn1 import Asn1Error, signed_content

NO_CONTENT = r"there is no content at byte \d+, where it should be"


def refusal(data: bytes) -> str:
    with pytest.raises(Asn1Error) as caught:
        signed_content(data)
    return str(caught.value)


def test_the_identifier_is_that_of_signed_data() -> None:
    assert _asn1.SIGNED_DATA == SIGNED_DATA
    assert refusal(make_cms(b"", content_type=DATA)) == "its type is not SignedData"


@pytest.mark.parametrize("ber", [False, True])
def test_the_content_comes_whole(*, ber: bool) -> None:
    for content in (b"", b"x", bytes(range(256)) * 300):
        assert signed_content(make_cms(content, ber=ber)) == content


def test_the_content_is_found_by_structure_not_by_looking_for_xml() -> None:
    decoy = plistlib.dumps({"Name": "Decoy"})
    plist = plistlib.dumps({"Name": "Real"}, fmt=plistlib.FMT_BINARY)
    signed = element(
        0x30,
        element(0x02, b"\x01"),
        indefinite(0x31, indefinite(0x30, element(0x04, decoy))),
        element(0x30, element(0x06, DATA), element(0xA0, element(0x04, plist))),
        element(0xA0, decoy),
    )
    message = element(0x30, element(0x06, SIGNED_DATA), element(0xA0, signed))
    assert signed_content(message + b"\n") == plist


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x30", "the data ends inside the element at byte 0"),
        (b"\x30\x00", "the element 0x06 is missing at byte 2"),
        (b"\x30\x80\x00\x00", "the element 0x06 is missing at byte 2"),
        (b"\x30\x05\x06\x00", "the element at byte 0 is longer than the one that contains it"),
        (b"\x30\x84\xff\xff\xff\xff", "the element at byte 0 is longer than the one that contains it"),
        (b"\x30\xff\x01", "the element at byte 0 is longer than the one that contains it"),
        (b"\x30\x80\x1f\x81\x01\x00", "the bytes 1f81 at 2 cannot start an element"),
        (b"\x30\x80\x04\x80\x00\x00", "the bytes 0480 at 2 cannot start an element"),
        (b"\x30\x80" * 100_000, "the data ends inside the element at byte 200000"),
        (element(0x30, element(0x06, SIGNED_DATA)), "the element 0xa0 is missing at byte 2"),
        (make_cms(b"")[:-2], "the element at byte 0 is longer than the one that contains it"),
    ],
)
def test_broken_messages(message: bytes, reason: str) -> None:
    assert refusal(message) == reason


def message_around(string: bytes) -> bytes:
    signed = element(
        0x30, element(0x02, b"\x01"), element(0x31), element(0x30, element(0x06, DATA), element(0xA0, string))
    )
    return element(0x30, element(0x06, SIGNED_DATA), element(0xA0, signed))


def test_a_message_without_content() -> None:
    assert re.fullmatch(NO_CONTENT, refusal(message_around(b"")))
    assert re.fullmatch(NO_CONTENT, refusal(message_around(element(0x02, b"\x01"))))
    assert re.fullmatch(NO_CONTENT, refusal(message_around(element(0x24, element(0x0C, b"text")))))
    assert re.fullmatch(NO_CONTENT, refusal(message_around(b"\x24\x80" * 50_000 + b"\0\0" * 50_000)))
