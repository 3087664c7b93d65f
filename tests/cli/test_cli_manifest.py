"""The command manifest: what it writes, where, and of what it warns."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING

import pytest
from _make_ipa import make_ipa, make_profile

from itms_ota import Checksum, Manifest
from itms_ota._cli import main

if TYPE_CHECKING:
    from pathlib import Path

APP = [
    "--url",
    "https://a.example/A.ipa",
    "--bundle-identifier",
    "com.example.a",
    "--bundle-version",
    "1.2",
    "--title",
    "A",
]


def test_manifest_writes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert (
        main(["manifest", *APP, "--subtitle", "Example", "--platform-identifier", "com.apple.platform.iphoneos"]) == 0
    )
    out, err = capfdbinary.readouterr()
    assert err == b""
    assert plistlib.loads(out)["items"][0]["metadata"] == {
        "bundle-identifier": "com.example.a",
        "bundle-version": "1.2",
        "kind": "software",
        "platform-identifier": "com.apple.platform.iphoneos",
        "subtitle": "Example",
        "title": "A",
    }


def test_manifest_writes_to_a_file_and_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest.plist"
    assert main(["manifest", *APP, "--display-image-url", "http://a.example/i.png", "--output", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("warning at items[0].assets[1].url: ")
    assert Manifest.from_plist(file.read_bytes()).items[0].metadata.title == "A"


def test_manifest_refuses_what_does_not_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", *APP[2:], "--url", "http://a.example/A.ipa"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error at items[0].assets[0].url: ")


def test_manifest_of_an_ipa(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "My App.ipa"
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["manifest", "--ipa", str(file), "--url", "https://a.example/My App.ipa", "--title", "Mine"]) == 0
    out, err = capfdbinary.readouterr()
    item = Manifest.from_plist(out).items[0]
    assert err.startswith(b"warning at items[0].metadata.title") or err == b""
    assert item.metadata.title == "Mine"
    assert item.package is not None
    assert item.package.url == "https://a.example/My%20App.ipa"
    assert item.package.checksums == (Checksum.of(file),)


def test_manifest_of_an_ipa_that_cannot_install_is_written_and_fails(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("app-store")))
    assert main(["manifest", "--ipa", str(file), "--url", "https://a.example/A.ipa"]) == 1
    out, err = capfdbinary.readouterr()
    assert Manifest.from_plist(out).items[0].package is not None
    assert b"[app-store-profile]" in err


def test_manifest_takes_identifiers_from_the_ipa_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["manifest", "--ipa", str(tmp_path), *APP])
    assert "--bundle-identifier and --platform-identifier are the app's own" in capsys.readouterr().err
