"""The profile that asks a device for its UDID."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from _devices import make_answer

from itms_ota._asn1 import signed_content
from itms_ota.errors import DeviceError
from itms_ota.udid import ATTRIBUTES, PROFILE_CONTENT_TYPE, device_profile, read_device

URL = "https://apps.example.com/answer"
NAMES: dict[str, Any] = {
    "identifier": "com.example.register",
    "organization": "Example Ltd",
    "display_name": "Register <this> & device",
}


def made(url: str = URL, **options: Any) -> dict[str, Any]:
    profile: dict[str, Any] = plistlib.loads(device_profile(url, **{**NAMES, **options}))
    return profile


def faults(url: str = URL, **options: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(DeviceError) as caught:
        device_profile(url, **{**NAMES, **options})
    return [(problem.path, problem.code, problem.level) for problem in caught.value.problems]


def test_the_profile_asks_what_it_is_told_to_ask() -> None:
    assert made() == {
        "PayloadContent": {"URL": URL, "DeviceAttributes": ["UDID", "PRODUCT", "VERSION", "SERIAL"]},
        "PayloadDisplayName": "Register <this> & device",
        "PayloadIdentifier": "com.example.register",
        "PayloadOrganization": "Example Ltd",
        "PayloadType": "Profile Service",
        "PayloadUUID": "B5AE700B-9783-5BD6-B622-CA1AF33BE5F7",
        "PayloadVersion": 1,
    }
    asked = made(challenge="a\nchallenge", description="Why", attributes=("UDID", "LANGUAGE", "UDID"))
    assert asked["PayloadContent"] == {
        "URL": URL,
        "DeviceAttributes": ["UDID", "LANGUAGE"],
        "Challenge": "a\nchallenge",
    }
    assert asked["PayloadDescription"] == "Why"
    assert PROFILE_CONTENT_TYPE == "application/x-apple-aspen-config"


def test_equal_questions_have_equal_bytes_and_others_another_uuid() -> None:
    assert device_profile(URL, **NAMES) == device_profile(URL, **NAMES)
    uuids = [
        made(url, identifier=identifier)["PayloadUUID"] for url in (URL, f"{URL}2") for identifier in ("a.b", "a.c")
    ]
    assert len({*uuids}) == 4


def test_the_url_is_written_as_a_device_reads_it() -> None:
    assert made("HTTPS://Apps.example.com:443/my answer")["PayloadContent"]["URL"] == (
        "https://apps.example.com/my%20answer"
    )
    # Only devices in that network reach it, which may be meant.
    assert made("https://192.168.1.2/a")["PayloadContent"]["URL"] == "https://192.168.1.2/a"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://apps.example.com/answer", "not-https"),
        ("", "empty"),
        ("/answer", "relative-url"),
        ("https:///answer", "no-host"),
        ("https://${HOST}/answer", "placeholder"),
        ("https://localhost/answer", "loopback-host"),
        ("https://me:secret@apps.example.com/answer", "credentials"),
    ],
)
def test_a_url_to_which_no_device_posts_is_refused(url: str, code: str) -> None:
    assert faults(url) == [("url", code, "error")]


@pytest.mark.parametrize("name", ["identifier", "organization", "display_name", "description", "challenge"])
def test_a_blank_text_is_refused(name: str) -> None:
    for blank in ("", " \n"):
        assert faults(**{name: blank}) == [(name, "empty", "error")]


def test_everything_that_is_wrong_is_told() -> None:
    assert faults("http://a.example/", organization="", challenge="") == [
        ("url", "not-https", "error"),
        ("organization", "empty", "error"),
        ("challenge", "empty", "error"),
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("identifier", "PayloadIdentifier"),
        ("organization", "PayloadOrganization"),
        ("display_name", "PayloadDisplayName"),
        ("description", "PayloadDescription"),
        ("challenge", "challenge"),
    ],
)
@pytest.mark.parametrize("text", ["a\x1b", "a\ud800"])
def test_what_xml_cannot_hold_is_refused(name: str, path: str, text: str) -> None:
    assert faults(**{name: text}) == [(path, "not-writable", "error")]


@pytest.mark.parametrize(
    ("url", "challenge"),
    [("http://me:hunter2@a.example/?token=hunter2", None), (URL, "hunter2\x1b"), (URL, "hunter2\ud800")],
)
def test_secrets_are_not_shown(url: str, challenge: str | None) -> None:
    with pytest.raises(DeviceError) as caught:
        device_profile(url, **NAMES, challenge=challenge)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("attributes", [(), ("PRODUCT",)])
def test_the_udid_must_be_asked_for(attributes: Any) -> None:
    with pytest.raises(ValueError, match="must contain 'UDID'"):
        device_profile(URL, **NAMES, attributes=attributes)


def test_what_no_device_answers_is_not_asked_for() -> None:
    assert ATTRIBUTES == ("UDID", "PRODUCT", "VERSION", "SERIAL")
    with pytest.raises(ValueError, match="contains 'DEVICE_NAME', which no device answers"):
        device_profile(URL, **NAMES, attributes=("UDID", "DEVICE_NAME"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="attributes must be an iterable of str"):
        device_profile(URL, **NAMES, attributes="UDID")  # type: ignore[arg-type]


PAGE = Path(__file__).parents[2] / "docs" / "udid.md"


def test_openssl_signs_it_as_the_documentation_says(tmp_path: Path) -> None:
    if shutil.which("openssl") is None or shutil.which("bash") is None:
        pytest.skip("openssl or bash is not installed")
    profile = device_profile(URL, **NAMES)
    (tmp_path / "register.mobileconfig").write_bytes(profile)
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes")
    (documented,) = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for command in (
        [*new, "-keyout", "privkey.pem", "-out", "cert.pem", "-subj", "/CN=a.example"],
        [*new, "-keyout", "other.pem", "-out", "chain.pem", "-subj", "/CN=Authority"],
        ["bash", "-euc", documented],
    ):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert signed_content((tmp_path / "signed.mobileconfig").read_bytes()) == profile


@pytest.mark.usefixtures("trusted")
def test_an_answer_is_read_as_the_documentation_says() -> None:
    (source,) = re.findall(r"^```python3\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    first, second = source.splitlines()
    names: dict[str, Any] = {"read_device": read_device, "body": make_answer(CHALLENGE="kZ2bX0aVQm1cJ8p-7dTn")}
    exec(first, names)  # noqa: S102 -- the page is our own
    values, _, shown = second.partition("#")
    assert eval(values, names) == eval(shown)  # noqa: S307 -- likewise
