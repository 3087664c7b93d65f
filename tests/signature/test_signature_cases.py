"""A sound app, and the same app broken in one way at a time: exactly the code that is expected, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from _signing import (
    APP,
    ARMV7,
    CLIP,
    ENTITLEMENTS,
    IDENTIFIER,
    KIT,
    LATE,
    SHARE,
    TEAM,
    WATCH,
    Code,
    entitlements_of,
    found,
    inspected,
    make_executable,
    make_fat,
    make_files,
)
from _tampered import (
    CASES,
    HELPER,
    MODES,
    SHARE_DEVICES,
    SMALL,
    UNSIGNED,
    WATCH_CODE,
    devices,
    helper,
    put_and_sign,
    some,
)

if TYPE_CHECKING:
    from _tampered import Files


@pytest.fixture(scope="module")
def sound() -> Files:
    """Give the files of a sound app."""
    return make_files(parts=(KIT, LATE, SHARE, WATCH, CLIP))


def test_a_sound_app(sound: Files) -> None:
    report = inspected(sound)
    assert report.problems == ()
    assert [(each.kind, each.signing, each.architectures, each.platform) for each in report.executables] == [
        ("app", "signed", ("arm64",), "iOS"),
        ("framework", "signed", ("arm64",), "iOS"),
        ("library", "signed", ("arm64",), "iOS"),
        ("extension", "signed", ("arm64",), "iOS"),
        ("watch-app", "signed", ("arm64_32",), "watchOS"),
        ("app-clip", "signed", ("arm64",), "iOS"),
    ]
    app = report.executables[0]
    assert (app.identifier, app.team, app.hashes, app.flags) == (IDENTIFIER, TEAM, ("SHA-1", "SHA-256"), ())
    assert app.entitlements == app.der_entitlements == ENTITLEMENTS
    assert app.signer is not None
    assert app.signer.team == TEAM
    assert str(app.signing_time) == "2024-02-03 04:05:06+00:00"
    assert (app.minimum_system, app.encrypted) == ("15.0", False)


@pytest.mark.parametrize("name", CASES)
def test_one_fault(name: str, sound: Files) -> None:
    files = dict(sound)
    change, expected = CASES[name]
    change(files)
    assert found(inspected(files, MODES.get(name))) == expected


def test_there_are_enough() -> None:
    assert len([name for name, (_, expected) in CASES.items() if expected]) >= 40


@pytest.mark.parametrize(
    ("udid", "level"), [("A", "warning"), ("B", "error"), ("b", "error"), ("C", "warning"), (None, "warning")]
)
def test_a_device_that_is_only_in_the_profile_of_the_app(sound: Files, udid: str | None, level: str) -> None:
    files = dict(sound)
    devices(some("A", "B"), some("A"))(files)
    assert found(inspected(files, udid=udid)) == [(SHARE_DEVICES, "device-not-in-profile", level)]


def test_too_much_code_that_no_bundle_names(monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(SMALL)
    helper(UNSIGNED)(files)
    put_and_sign("bin/other", files[f"{APP}bin/helper"])(files)
    for most, expected in ((2, [HELPER]), (1, [("Payload/MyApp.app", "not-verified", "error"), HELPER])):
        monkeypatch.setattr("itms_ota.signature._report._MOST_CODE", most)
        report = [each for each in found(inspected(files)) if each[0] != "bin/other"]
        assert report == expected


def test_code_that_no_bundle_names_is_told_of(sound: Files) -> None:
    files = dict(sound)
    helper(Code(), lambda data: make_fat(data, make_executable(replace(UNSIGNED, cpu=ARMV7))))(files)
    report = inspected(files)
    (other,) = (each for each in report.executables if each.kind == "code")
    assert (other.path, other.identifier, other.architectures) == (f"{APP}bin/helper", "helper", ("arm64", "armv7"))
    (problem,) = report.problems
    assert "for armv7: no device loads this code." in problem.message
    # Without the files nobody looks for it.
    assert [each.kind for each in inspected(files, deep=False).executables] == [
        each.kind for each in report.executables if each.kind != "code"
    ]


def test_an_app_that_is_not_signed_is_not_installed() -> None:
    report = inspected(make_files(app=UNSIGNED, parts=()))
    assert [(problem.code, "no device installs the app." in problem.message) for problem in report.problems] == [
        ("not-signed", True)
    ]


def test_since_when_entitlements_in_der_are_needed_depends_on_the_system() -> None:
    clip = Code(identifier=f"{IDENTIFIER}.clip", entitlements=entitlements_of(f"{IDENTIFIER}.clip"))
    files = make_files(parts=(WATCH, CLIP), wrist=replace(WATCH_CODE, der=False), clip=replace(clip, der=False))
    # Both say 9.0, which is newer than watchOS 8 and older than iOS 15.
    assert found(inspected(files)) == [
        ("AppClips/Clip.app/Clip entitlements in DER", "no-der-entitlements", "warning"),
        ("Watch/Wrist.app/Wrist entitlements in DER", "no-der-entitlements", "error"),
    ]
