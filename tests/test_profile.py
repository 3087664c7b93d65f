"""Provisioning profiles: what they say, in every form they come in, and what is no profile."""

from __future__ import annotations

import plistlib
import random
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import DATA, DEVICES, make_certificate, make_cms, make_profile

from itms_ota.errors import IpaError
from itms_ota.profile import LARGEST_PROFILE, Certificate, ProvisioningProfile, is_udid

if TYPE_CHECKING:
    from pathlib import Path


def utc(*parts: int) -> datetime:
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)


def refusal(data: bytes) -> str:
    with pytest.raises(IpaError) as caught:
        ProvisioningProfile.from_bytes(data)
    (problem,) = caught.value.problems
    assert (problem.path, problem.code, problem.level) == ("", "not-a-profile", "error")
    return problem.message


@pytest.mark.parametrize("form", ["der", "ber", "xml", "binary"])
def test_every_form_says_the_same(form: Any) -> None:
    profile = ProvisioningProfile.from_bytes(make_profile("ad-hoc", form=form, TimeToLive=365))
    assert profile == ProvisioningProfile(
        kind="ad-hoc",
        name="My Profile",
        uuid="12345678-9abc-def0-1234-56789abcdef0",
        team_name="Example Ltd",
        team_identifiers=("A1B2C3D4E5",),
        application_identifier="A1B2C3D4E5.com.example.myapp",
        created=datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        expires=datetime(2124, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        devices=DEVICES,
        platforms=("iOS",),
        entitlements={"application-identifier": "A1B2C3D4E5.com.example.myapp", "get-task-allow": False},
        extra={"AppIDName": "My App", "ApplicationIdentifierPrefix": ["A1B2C3D4E5"], "TimeToLive": 365},
    )


@pytest.mark.parametrize("kind", ["enterprise", "ad-hoc", "development", "app-store"])
def test_kinds(kind: Any) -> None:
    assert ProvisioningProfile.from_bytes(make_profile(kind)).kind == kind


def test_every_key_may_be_missing() -> None:
    profile = ProvisioningProfile.from_bytes(plistlib.dumps({"Name": "Bare"}))
    assert profile == ProvisioningProfile(kind="app-store", name="Bare")
    assert len({profile, ProvisioningProfile(kind="app-store", name="Bare")}) == 1
    assert not profile.covers("com.example.myapp")
    assert not profile.covers("")


def test_keys_of_another_type_are_kept_as_they_are() -> None:
    odd: dict[str, Any] = {
        "Name": 1,
        "TeamIdentifier": "A1B2C3D4E5",
        "ExpirationDate": "tomorrow",
        "ProvisionedDevices": [DEVICES[0], 2],
        "Entitlements": ["get-task-allow"],
        "ProvisionsAllDevices": "yes",
        "Version": 1,
    }
    profile = ProvisioningProfile.from_bytes(plistlib.dumps(odd))
    assert profile == ProvisioningProfile(kind="ad-hoc", devices=DEVICES[:1], extra=odd)


def test_the_repr_shows_no_device() -> None:
    profile = ProvisioningProfile(kind="ad-hoc", name="Team", devices=DEVICES, extra={"ProvisionedDevices": DEVICES[0]})
    assert repr(profile) == (
        "ProvisioningProfile(kind='ad-hoc', name='Team', uuid=None, team_name=None, team_identifiers=(), "
        "application_identifier=None, created=None, expires=None, platforms=(), certificates=())"
    )
    assert profile.devices == DEVICES
    assert profile != ProvisioningProfile(kind="ad-hoc", name="Team", devices=DEVICES[:1], extra=profile.extra)


def test_allows_device() -> None:
    for kind in ("ad-hoc", "development"):
        profile = ProvisioningProfile.from_bytes(make_profile(kind))
        assert profile.allows_device("00008020-000D68E42203002E")
        assert profile.allows_device("00008020000d68e42203002e")
        assert profile.allows_device("E801228C2086D3AACC917B9C3D19BFA56EFCAB5B\n")
        assert profile.allows_device("\xa000008020-000D68E42203002E\u2028")
        assert not profile.allows_device("\x1c00008020-000D68E42203002E")
        assert not profile.allows_device("00008020-000D68E42203002F")
    assert ProvisioningProfile.from_bytes(make_profile("enterprise")).allows_device("00008020-000D68E42203002F")
    app_store = ProvisioningProfile.from_bytes(make_profile("app-store", ProvisionedDevices=None))
    assert not app_store.allows_device(DEVICES[0])


@pytest.mark.parametrize(
    ("pattern", "covered", "others"),
    [
        (
            "A1B2C3D4E5.com.example.myapp",
            ["com.example.myapp"],
            ["com.example.myapp2", "com.example", "", "COM.example.myapp"],
        ),
        ("A1B2C3D4E5.*", ["com.example.myapp", "x"], []),
        (
            "A1B2C3D4E5.com.example.*",
            ["com.example.myapp", "com.example.a.b"],
            ["com.example", "com.example.", "com.examples", "org.example.myapp"],
        ),
        ("A1B2C3D4E5", [], ["", "A1B2C3D4E5", "com.example"]),
    ],
)
def test_covers(pattern: str, covered: list[str], others: list[str]) -> None:
    profile = ProvisioningProfile.from_bytes(make_profile(application_identifier=pattern))
    assert [name for name in covered + others if profile.covers(name)] == covered


def test_macos_names_the_application_identifier_in_full() -> None:
    identifier = "A1B2C3D4E5.com.example.myapp"
    profile = ProvisioningProfile.from_bytes(
        make_profile(Entitlements={"com.apple.application-identifier": identifier}, Platform=["OSX"])
    )
    assert profile.application_identifier == identifier
    assert profile.covers("com.example.myapp")
    both = {"application-identifier": identifier, "com.apple.application-identifier": "A1B2C3D4E5.*"}
    assert ProvisioningProfile.from_bytes(make_profile(Entitlements=both)).application_identifier == identifier
    empty = {"application-identifier": ""}
    assert ProvisioningProfile.from_bytes(make_profile(Entitlements=empty)).application_identifier == ""
    odd = {"application-identifier": 1, "com.apple.application-identifier": identifier}
    assert ProvisioningProfile.from_bytes(make_profile(Entitlements=odd)).application_identifier == identifier


def test_certificates() -> None:
    data = [make_certificate(), b"not a certificate", make_certificate("Other")]
    profile = ProvisioningProfile.from_bytes(make_profile(DeveloperCertificates=data))
    assert [(one.subject, one.team) for one in profile.certificates] == [
        ("Apple Distribution: Example Ltd (A1B2C3D4E5)", "A1B2C3D4E5"),
        (None, None),
        ("Other", "A1B2C3D4E5"),
    ]
    # The certificates themselves are kept, for those who need more of them.
    assert profile.extra["DeveloperCertificates"] == data
    assert Certificate.__module__ == "itms_ota.profile"
    for odd in (None, "x", [], ["x", 1]):
        assert ProvisioningProfile.from_bytes(make_profile(DeveloperCertificates=odd)).certificates == ()


def test_apps_stop_to_open_when_the_profile_or_its_last_certificate_ends() -> None:
    first, second, third = (utc(year, 1, 1, 0, 0, 0) for year in (2026, 2027, 2028))

    def until(*ends: datetime | None, expires: datetime | None = second) -> datetime | None:
        certificates = tuple(Certificate(sha1="", not_after=end) for end in ends)
        return ProvisioningProfile(kind="ad-hoc", expires=expires, certificates=certificates).works_until

    assert until() == until(None) == until(third) == until(first, third) == second
    assert until(first) == until(first, first) == first
    # One that cannot be read may be the one that the app is signed with.
    assert until(first, None) == second
    assert until(first, expires=None) == first
    assert until(expires=None) is until(None, expires=None) is None


def test_is_udid() -> None:
    assert all(map(is_udid, [*DEVICES, DEVICES[0].replace("-", ""), f" {DEVICES[1].upper()}\n"]))
    assert not any(
        map(is_udid, ["", DEVICES[1][:-1], DEVICES[1] + "0", "g" * 40, "00008020-000D-68E42203002E", "٣" * 40])
    )


def test_what_is_no_profile() -> None:
    plist = plistlib.dumps({"Name": "My Profile"})
    assert refusal(b"") == (
        "This is not a valid provisioning profile: it is empty. A device refuses an app with it. Take the "
        ".mobileprovision file, as Apple's developer website and Xcode save it."
    )
    assert "profile: it is a zip archive. " in refusal(b"PK\3\4\x99" + plist)
    assert "profile: it is text that begins with '# MyApp'. " in refusal(b"# MyApp")
    assert "profile: it is a web page (HTML). " in refusal(b"<html>")
    assert "profile: it is a manifest. " in refusal(plistlib.dumps({"items": []}))
    assert "The binary property list is damaged" in refusal(b"bplist00")
    # What a device does with a manifest is not what it does with a profile.
    assert refusal(b"<plist><dict>") == (
        "This is not a valid provisioning profile: its content is not a valid property list (The file ends before "
        "</dict></plist>: the file is cut short). A device refuses the app. Sign it again."
    )
    assert "not a valid property list" in refusal(make_cms(b"hello"))
    assert "is a list" in refusal(plistlib.dumps(["Name"]))
    assert "none of a profile's keys" in refusal(plistlib.dumps({"CFBundleName": "MyApp"}))
    assert "its type is not SignedData" in refusal(make_cms(plist, content_type=DATA))
    assert "it has more than 1,048,576 bytes, and longer ones are not read" in refusal(plist + b" " * LARGEST_PROFILE)


def test_a_broken_message_is_refused_in_the_words_of_its_reader() -> None:
    assert refusal(b"\x30\x05\x06\x00") == (
        "This is not a valid provisioning profile: it is not a complete CMS message with signed content: the element "
        "at byte 0 is longer than the one that contains it. A device refuses the app. Sign it again."
    )


@pytest.mark.dear
def test_no_prefix_and_no_damage_brings_another_error() -> None:
    profiles = [make_profile("ad-hoc", form="der"), make_profile("development", form="ber")]
    for data in profiles:
        for length in range(len(data)):
            # Where the lengths are indefinite, the message may lack what comes after its content.
            with suppress(IpaError):
                assert ProvisioningProfile.from_bytes(data[:length]).name == "My Profile"
    source = random.Random(20240102)
    for _ in range(10_000):
        damaged = bytearray(source.choice(profiles))
        for _ in range(source.randint(1, 4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        with suppress(IpaError):
            profile = ProvisioningProfile.from_bytes(bytes(damaged))
            assert profile.kind in {"enterprise", "ad-hoc", "development", "app-store"}


def test_real_profiles(known_corpus: Path) -> None:
    found = {
        path.name: (
            profile.kind,
            profile.name,
            profile.team_name,
            len(profile.devices),
            profile.created,
            profile.expires,
        )
        for path in (known_corpus / "profiles").iterdir()
        for profile in [ProvisioningProfile.from_bytes(path.read_bytes())]
    }
    team = "Niceliving (Beijing) Technology Co., Ltd."
    assert found == {
        "ios_adhoc.mobileprovision": (
            "ad-hoc",
            "iOS Full AdHoc",
            team,
            1,
            utc(2020, 7, 21, 8, 44, 54),
            utc(2020, 10, 24, 8, 40, 28),
        ),
        "ios_appstore.mobileprovision": (
            "app-store",
            "iOS Full AppStore",
            team,
            0,
            utc(2020, 7, 21, 8, 45, 25),
            utc(2020, 10, 24, 8, 40, 28),
        ),
        "ios_development.mobileprovision": (
            "development",
            "iOS Full Development",
            team,
            1,
            utc(2020, 7, 21, 8, 43, 27),
            utc(2021, 7, 21, 8, 43, 27),
        ),
        "plist.mobileprovision": (
            "enterprise",
            "com.icyleaf.ios",
            "icyleaf",
            0,
            utc(2019, 6, 20, 11, 47, 7),
            utc(2020, 6, 19, 11, 47, 7),
        ),
    }


def test_real_certificates(known_corpus: Path) -> None:
    found = {
        path.name: [
            (one.subject, one.team, one.serial, one.sha1, one.not_before, one.not_after)
            for one in ProvisioningProfile.from_bytes(path.read_bytes()).certificates
        ]
        for path in (known_corpus / "profiles").glob("ios_*")
    }
    # As `openssl x509` reads them.
    distribution = (
        "Apple Distribution: Niceliving (Beijing) Technology Co., Ltd. (WKR87TTKML)",
        "WKR87TTKML",
        "4183BFB5DE015BF9",
        "b2144d88801ff9a5c1536f179e4876b02cffda73",
        utc(2019, 10, 25, 8, 40, 28),
        utc(2020, 10, 24, 8, 40, 28),
    )
    assert found == {
        "ios_adhoc.mobileprovision": [distribution],
        "ios_appstore.mobileprovision": [distribution],
        "ios_development.mobileprovision": [
            (
                "Apple Development: Shen Wang (A3Z3NZQ8V3)",
                "WKR87TTKML",
                "1F1AA133B9991558",
                "b8357af0954e90b0dc7b4409cc1b49934af5b559",
                utc(2020, 5, 28, 13, 33, 21),
                utc(2021, 5, 28, 13, 33, 21),
            )
        ],
    }
