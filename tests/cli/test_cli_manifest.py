"""The command manifest: what it writes, where, and of what it warns."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import make_ipa, make_profile
from _signing import make_signed_ipa

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


def test_manifest_names_the_file_that_it_cannot_read_or_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.ipa").touch()
    assert main(["manifest", "--ipa", "empty.ipa", "--url", "https://a.example/A.ipa"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.startswith("empty.ipa: error: ")) == ("", True)
    assert main(["manifest", *APP, "--output", "nodir/m.plist"]) == 2
    assert capsys.readouterr().err == "itms_ota: --output: there is no folder 'nodir'. Make it.\n"


def test_manifest_of_an_ipa_that_cannot_install_is_written_only_by_force(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file, target = tmp_path / "A.ipa", tmp_path / "manifest.plist"
    file.write_bytes(make_ipa(profile=make_profile("app-store")))
    call = ["manifest", "--ipa", str(file), "--url", "https://a.example/A.ipa"]
    for options in ([], ["--output", str(target)]):
        assert main([*call, *options]) == 1
        out, err = capfdbinary.readouterr()
        assert out == b""
        assert b"[app-store-profile]" in err
        assert not target.exists()
    assert main([*call, "--force"]) == 0
    out, err = capfdbinary.readouterr()
    assert Manifest.from_plist(out).package.url == "https://a.example/A.ipa"
    assert b"[app-store-profile]" in err


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("kind", "url", "status"),
    [
        ("app-store", "https://a.example", 1),
        ("enterprise", "https://a.example", 0),
        ("enterprise", "http://a.example", 1),
    ],
)
def test_an_ipa_and_its_release_have_the_same_outcome(
    tmp_path: Path, kind: Any, url: str, status: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_signed_ipa(profile=make_profile(kind)))
    assert main(["build", str(file), "--base-url", url, "--out", str(tmp_path / "out")]) == status
    assert main(["manifest", "--ipa", str(file), "--url", f"{url}/A.ipa"]) == status
    assert (b"<plist" in capfdbinary.readouterr().out) == (status == 0)


def test_manifest_of_options_is_forced_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    call = ["manifest", *APP[2:], "--url", "http://a.example/A.ipa"]
    assert main([*call, "--force"]) == 0
    out, err = capfdbinary.readouterr()
    assert plistlib.loads(out)["items"][0]["assets"][0]["url"] == "http://a.example/A.ipa"
    assert err.startswith(b"error at items[0].assets[0].url: ")


def test_manifest_takes_identifiers_from_the_ipa_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["manifest", "--ipa", str(tmp_path), *APP])
    assert "--bundle-identifier and --platform-identifier are the app's own" in capsys.readouterr().err
