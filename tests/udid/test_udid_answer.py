"""The answers of devices: what they say, who signed them, and what is refused."""

from __future__ import annotations

import os
import plistlib
import random
from pathlib import Path
from typing import Any, get_args

import pytest
from _devices import ANSWER, CHALLENGE, OLD_UDID, UDID, identities, make_answer, make_content
from _hostile import BINARY, BOMBS, XML
from _make_ipa import make_cms
from _make_signed import hierarchy, make_identity, make_message, make_signer, profile_hierarchy, rsa_key, sign

from itms_ota import udid
from itms_ota._asn1 import Fault, X509Certificate, apple_device_authority, chain, read_signed, read_x509
from itms_ota.errors import DeviceError, Problem
from itms_ota.udid import Device, read_device

SIGNER = identities().leaf


def refused(body: bytes, **options: Any) -> list[tuple[str, str, str]]:
    """Return what programs see of the refusal of an answer, whose messages show nothing of it."""
    with pytest.raises(DeviceError) as caught:
        read_device(body, **options)
    assert not any(value in str(caught.value) for value in ANSWER.values())
    return [(problem.path, problem.code, problem.level) for problem in caught.value.problems]


def doubts(body: bytes) -> str:
    """Return why an answer is not verified."""
    device = read_device(body)
    assert device.udid == UDID
    assert not device.verified
    ((path, code, level, message),) = [(one.path, one.code, one.level, one.message) for one in device.problems]
    assert (path, code, level) == ("", "device-not-verified", "warning")
    before, _, after = message.partition("signed the answer: ")
    assert before == "It could not be verified that a device of Apple "
    return after.partition(". Anybody")[0]


@pytest.mark.usefixtures("trusted")
def test_an_answer_is_read_and_verified() -> None:
    body = make_answer(OS_VERSION="26.1", IMEI="350000000000006", MEID="35000000000000", LANGUAGE="de-CH", ICCID="1")
    assert read_device(body, challenge=CHALLENGE) == Device(
        udid=UDID,
        product="iPhone14,5",
        version="23B85",
        os_version="26.1",
        serial="F2LX12AB34",
        imei="350000000000006",
        meid="35000000000000",
        language="de-CH",
        challenge=CHALLENGE,
        verified=True,
        problems=(),
    )


@pytest.mark.usefixtures("trusted")
def test_what_a_device_does_not_send_is_none() -> None:
    body = make_answer(PRODUCT=None, VERSION="", SERIAL=5, CHALLENGE=None, UDID=OLD_UDID)
    assert read_device(memoryview(body)) == Device(udid=OLD_UDID, verified=True)  # type: ignore[arg-type]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("attributes", ["usual", None])
@pytest.mark.parametrize("ber", [False, True])
def test_a_message_may_have_any_usual_form(digest: Any, attributes: Any, *, ber: bool) -> None:
    content = make_content()
    signer = make_signer(SIGNER, content, digest=digest, attributes=attributes)
    assert read_device(make_message(content, [signer], identities().certificates, ber=ber)).verified


@pytest.mark.usefixtures("trusted")
def test_an_attribute_that_ios_would_refuse_takes_nothing_from_a_signature_of_ios() -> None:
    content = make_content()
    hashed = read_signed(make_answer(content)).signers[0].attributes
    assert hashed is not None
    attributes = [*((name, [*values]) for name, values in hashed.items()), ("1.2.3.4", [b"\5\0"])]
    signer = make_signer(SIGNER, content, digest="sha1", attributes=attributes)
    assert read_device(make_message(content, [signer], identities().certificates)).verified


def test_the_repr_shows_nothing_that_identifies() -> None:
    device = read_device(make_answer(IMEI="350000000000006", MEID="35000000000000"))
    shown = repr(device)
    assert shown.startswith("Device(product='iPhone14,5', version='23B85', os_version=None, language=None, verified=")
    assert not any(value in shown for value in (UDID, CHALLENGE, "F2LX12AB34", "350000000000006", "35000000000000"))


# The challenge


def test_the_answer_must_carry_the_challenge() -> None:
    assert refused(make_answer(), challenge="another") == [("CHALLENGE", "wrong-challenge", "error")]
    assert refused(make_answer(), challenge=CHALLENGE[:-1]) == [("CHALLENGE", "wrong-challenge", "error")]
    assert refused(make_answer(CHALLENGE=None), challenge=CHALLENGE) == [("CHALLENGE", "wrong-challenge", "error")]
    assert refused(make_answer(CHALLENGE=7), challenge="7") == [("CHALLENGE", "wrong-challenge", "error")]
    assert read_device(make_answer(CHALLENGE="ü \U0001f600"), challenge="ü \U0001f600").challenge == "ü \U0001f600"
    assert read_device(make_answer()).challenge == CHALLENGE


def test_an_empty_challenge_is_none() -> None:
    for sent in ("", b"", None):
        assert refused(make_answer(CHALLENGE=sent), challenge="") == [("CHALLENGE", "wrong-challenge", "error")]


def test_a_challenge_may_come_back_as_data() -> None:
    body = make_answer(CHALLENGE=CHALLENGE.encode())
    assert read_device(body, challenge=CHALLENGE).challenge == CHALLENGE
    assert refused(make_answer(CHALLENGE=b"\xff"), challenge="\ufffd") == [("CHALLENGE", "wrong-challenge", "error")]
    assert refused(make_answer(), challenge="\ud800") == [("CHALLENGE", "wrong-challenge", "error")]


def test_challenges_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, ...]] = []

    def compare(*both: bytes) -> bool:
        compared.append(both)
        return True

    monkeypatch.setattr("hmac.compare_digest", compare)
    read_device(make_answer(), challenge="another")
    assert compared == [(CHALLENGE.encode(), b"another")]


# What is not an answer


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "nobody signed it"),
        (make_content(), "nobody signed it"),
        (b"UDID=" + UDID.encode(), "nobody signed it"),
        (make_message(make_content(), [], []), "nobody signed it"),
        (make_cms(make_content()), "nobody signed it"),
        (b"0\x80", "it is not a complete CMS message (the element 0x06 is missing at byte 2)"),
        (SIGNER.certificate, "it is not a complete CMS message (the element 0x06 is missing at byte 4)"),
        (sign(make_content(), detached=True), "it has no content"),
        (sign(b""), "its content is not a valid property list"),
        (sign(b"<plist><dict><key>UDID</key>" + UDID.encode()), "its content is not a valid property list"),
        (sign(plistlib.dumps([UDID])), "its property list is an array, not a dict"),
    ],
)
def test_what_is_not_an_answer_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    assert refused(body) == [("", "not-an-answer", "error")]
    with pytest.raises(DeviceError) as caught:
        read_device(body)
    assert caught.value.problems[0].message == (
        f"This is not the answer of a device: {reason}. Let the person download and install the profile again."
    )


@pytest.mark.parametrize(
    "udid", [None, "", "F2LX12AB34", UDID + "0", 5, "980E3D0B-5A28-537C-B7CB-7AFD15AFB933", f"{UDID}\n{UDID}"]
)
def test_an_answer_needs_the_udid_of_a_phone(udid: Any) -> None:
    assert refused(make_answer(UDID=udid)) == [("UDID", "not-an-answer", "error")]


def test_a_body_of_any_size_is_refused() -> None:
    content = make_content(EXTRA="x" * 70_000)
    assert refused(make_answer(content)) == [("", "too-large", "error")]
    fits = make_content(EXTRA="x" * 60_000)
    assert read_device(make_answer(fits)).udid == UDID


# What was changed


@pytest.mark.usefixtures("trusted")
def test_a_change_of_the_content_is_told_from_a_doubt() -> None:
    body = make_answer()
    half = body.index(UDID.encode())
    for at in (half, half + 10, body.index(b"iPhone14"), body.index(b"<?xml") + 2):
        changed = bytearray(body)
        changed[at] ^= 1
        assert refused(bytes(changed), challenge=CHALLENGE) == [("", "answer-changed", "error")]


@pytest.mark.usefixtures("trusted")
def test_another_signature_is_a_change() -> None:
    body = make_answer()
    signature = read_signed(body).signers[0].signature
    assert body.count(signature) == 1
    for other in (bytes(len(signature)), bytes([*signature[:-1], signature[-1] ^ 1])):
        assert refused(body.replace(signature, other)) == [("", "answer-changed", "error")]


@pytest.mark.usefixtures("trusted")
def test_a_signature_over_something_else_is_no_answer() -> None:
    content = make_content()
    signer = make_signer(SIGNER, make_content(UDID=OLD_UDID), digest="sha1")
    assert refused(make_message(content, [signer], identities().certificates)) == [("", "answer-changed", "error")]
    kind = bytes.fromhex("2a864886f70d01090f")
    assert refused(make_message(content, [make_signer(SIGNER, content)], identities().certificates, content_type=kind))


# Who signed


def test_without_the_root_of_the_tests_nobody_vouches_for_the_device() -> None:
    assert doubts(make_answer()) == "the certificate that issued the signer's is not in it"


@pytest.mark.usefixtures("trusted")
def test_the_certificates_must_lead_to_apple() -> None:
    device, device_authority, authority = identities().certificates
    assert doubts(make_answer(certificates=(device, device_authority))) == (
        "the certificate that issued the signer's is not in it"
    )
    assert doubts(make_answer(certificates=(device_authority, authority))) == (
        "the certificate of the signer is not in it"
    )
    content = make_content()
    own = make_identity("Apple iPhone Device CA", rsa_key("own"))
    forged = make_identity("0028864F", rsa_key("forged"), own)
    body = make_message(content, [make_signer(forged, content)], [forged.certificate, own.certificate])
    assert doubts(body) == "its certificates do not lead to Apple"
    body = make_message(content, [make_signer(forged, content)], [forged.certificate, *identities().certificates[1:]])
    assert doubts(body) == "one of its certificates was not signed by the one above it"


@pytest.mark.usefixtures("trusted")
def test_other_certificates_of_apple_are_not_those_of_devices() -> None:
    for by in (hierarchy(), profile_hierarchy()):
        assert doubts(sign(make_content(), by)) == "the certificate of the signer is Apple's, but not that of a device"
    others = identities("Apple iPhone Device CA 2")
    content = make_content()
    body = make_message(content, [make_signer(others.leaf, content)], others.certificates)
    assert doubts(body) == "the certificate of the signer is Apple's, but not that of a device"


@pytest.mark.usefixtures("trusted")
def test_a_device_vouches_for_no_other() -> None:
    content = make_content()
    other = make_identity("Apple iPhone Device CA", rsa_key("other"), SIGNER)
    below = make_identity("0028864F", rsa_key("below"), other)
    certificates = [below.certificate, other.certificate, *identities().certificates]
    assert doubts(make_message(content, [make_signer(below, content)], certificates)) == (
        "a certificate in its chain may not issue others; one of its certificates is not for signing"
    )


@pytest.mark.usefixtures("trusted")
def test_one_device_signs() -> None:
    content = make_content()
    signers = [make_signer(SIGNER, content), make_signer(hierarchy().leaf, content)]
    certificates = [*identities().certificates, *hierarchy().certificates]
    assert doubts(make_message(content, signers, certificates)) == "it has several signers, as no device writes"


def test_the_authority_of_devices_need_not_be_in_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udid, "apple_device_authority", lambda: read_x509(identities().authority.certificate))
    assert read_device(make_answer(certificates=(SIGNER.certificate,))).verified
    assert read_device(make_answer()).verified


def test_every_fault_of_a_message_has_a_meaning() -> None:
    told = {*udid._CHANGED, *udid._NOT_VERIFIED}
    elsewhere = {"malformed", "no-signer", "no-content", "unknown-attribute", "attached-content"}
    assert told.isdisjoint(elsewhere)
    assert told | elsewhere == {*get_args(Fault)}


# Apple's authority of devices


def test_it_is_the_certificate_that_apple_prints() -> None:
    authority = apple_device_authority()
    assert authority.sha256 == "76f27d00e1333bc88de0e2916c38c9a7f2b75774c25a794c092a80e3c4c66cce"
    assert authority.summary.subject == "Apple iPhone Device CA"
    assert str(authority.summary.not_after) == "2014-04-16 22:54:46+00:00"


@pytest.mark.skipif(not os.environ.get("ITMS_OTA_CORPUS"), reason="ITMS_OTA_CORPUS is not set")
def test_apple_vouches_for_it() -> None:
    found: dict[str, X509Certificate] = {}
    for file in Path(os.environ["ITMS_OTA_CORPUS"], "profiles").iterdir():
        try:
            found.update({each.sha256: each for each in read_signed(file.read_bytes()).certificates})
        except ValueError:
            continue
    way = chain(apple_device_authority(), found.values())
    assert way.faults == ()
    assert [each.summary.subject for each in way.certificates] == [
        "Apple iPhone Device CA",
        "Apple iPhone Certification Authority",
        "Apple Root CA",
    ]


# Hostile bodies


@pytest.mark.parametrize("kind", [*XML, *BINARY])
def test_a_hostile_body_is_refused(kind: str) -> None:
    content = {**XML, **BINARY}[kind](60_000)
    assert len(sign(content)) < 2**16
    for body in (content, sign(content)):
        assert [problem[1:] for problem in refused(body)] == [("not-an-answer", "error")]


@pytest.mark.parametrize("body", [b"0\x80" * 2**20, b"0" * 2**21, bytes(2**21), *BOMBS.values()])
def test_two_mebibytes_are_not_read(body: bytes) -> None:
    assert refused(body) == [("", "too-large" if len(body) > 2**16 else "not-an-answer", "error")]


def test_many_certificates_of_one_name_are_soon_given_up() -> None:
    content = make_content()
    keys = [rsa_key(f"many {number}") for number in range(3)]
    names = [make_identity("Apple iPhone Device CA", keys[number % 3], serial=number) for number in range(60)]
    signer = make_identity("0028864F", rsa_key("forged"), names[0])
    certificates = [one.certificate for one in (signer, *names)]
    told = doubts(make_message(content, [make_signer(signer, content)], certificates))
    assert told in {"it has too many certificates", "its certificates do not lead to Apple"}


def test_random_bytes_are_refused() -> None:
    source = random.Random("bytes")
    for _ in range(500):
        assert refused(b"0" * source.randrange(2) + source.randbytes(source.randrange(200)))


def test_problems_of_a_device_say_it_all() -> None:
    (problem,) = read_device(make_answer()).problems
    assert isinstance(problem, Problem)
    assert problem.message.endswith("Before you register the UDID, compare it with what the Finder shows.")
