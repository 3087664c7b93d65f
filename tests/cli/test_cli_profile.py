"""The command profile: what it prints of a provisioning profile."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from _make_ipa import DEVICES, make_certificate, make_profile

from itms_ota._cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_profile_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "staff.mobileprovision"
    certificate = make_certificate()
    sha1 = hashlib.sha1(certificate, usedforsecurity=False).hexdigest()
    file.write_bytes(make_profile("ad-hoc", DeveloperCertificates=[certificate, b"?"], TeamName=None))
    assert main(["profile", str(file)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "kind: ad-hoc",
        "name: My Profile",
        "uuid: 12345678-9abc-def0-1234-56789abcdef0",
        "team name: -",
        "team identifiers: 1",
        "  A1B2C3D4E5",
        "application identifier: A1B2C3D4E5.com.example.myapp",
        "created: 2024-01-02T03:04:05+00:00",
        "expires: 2124-01-02T03:04:05+00:00",
        "works until: 2124-01-02T03:04:05+00:00",
        "platforms: 1",
        "  iOS",
        f"devices: {len(DEVICES)}",
        *(f"  {device}" for device in DEVICES),
        "certificates: 2",
        f"  Apple Distribution: Example Ltd (A1B2C3D4E5), until 2124-01-02T03:04:05+00:00, SHA-1 {sha1}",
        "  -, until -, SHA-1 5bab61eb53176449e25c2c82f172b82cb13ffb9d",
    ]


def test_a_profile_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "staff.mobileprovision"
    file.write_bytes(make_profile("enterprise", DeveloperCertificates=[make_certificate()]))
    for form in (["--json"], ["--format", "json"]):
        assert main(["profile", *form, str(file), str(file)]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["ok"], len(found["reports"])) == (True, 2)
        report = found["reports"][0]
        assert list(report)[:4] == ["target", "report", "ok", "problems"]
        assert (report["report"], report["works_until"]) == ("profile", "2124-01-02T03:04:05+00:00")
        profile = report["profile"]
        assert (profile["kind"], profile["devices"], profile["expires"]) == ("enterprise", [], report["works_until"])
        assert profile["certificates"][0]["team"] == "A1B2C3D4E5"
        assert profile["entitlements"]["application-identifier"] == "A1B2C3D4E5.com.example.myapp"


def test_several_profiles_are_named_and_what_is_none_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile, app = tmp_path / "a.mobileprovision", tmp_path / "a.ipa"
    profile.write_bytes(make_profile())
    app.write_bytes(b"PK\3\4" + make_profile(form="xml"))
    assert main(["profile", str(app), str(profile)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"{profile}:\nkind: enterprise\n")
    assert err.startswith(f"{app}: error: This is not a valid provisioning profile: it is a zip archive. ")
    assert err.endswith(" To look at an .ipa, use the command 'ipa'. [not-a-profile]\n")
    app.write_bytes(b"")
    assert main(["profile", str(app)]) == 1
    assert "use the command" not in capsys.readouterr().err


def test_secrets_and_control_characters_are_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.mobileprovision"
    name = "\x1b[2J see https://a.example/m?token=hunter2"
    file.write_bytes(make_profile(form="binary", Name=name, TeamName=name, Platform=[name]))
    for form in ([], ["--json"]):
        assert main(["profile", *form, str(file)]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "hunter2" not in out
        assert out.count("https://a.example/m?token=") == 3
