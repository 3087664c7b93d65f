"""A sound app, and the same app broken in one way at a time: exactly the code that is expected, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from _signing import CLIP, ENTITLEMENTS, IDENTIFIER, KIT, LATE, SHARE, TEAM, WATCH, found, inspected, make_files
from _tampered import CASES, MODES

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
