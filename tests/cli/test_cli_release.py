"""The commands `build` and `demo`: what they write and print, and their exit status."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from _make_ipa import DEVICES, make_png, make_profile
from _signing import make_signed_ipa as make_ipa

from itms_ota import InstallLink, inspect_link, inspect_manifest
from itms_ota._cli import main
from itms_ota.ipa import read_ipa
from itms_ota.release import Release

BASE = "https://apps.example.com/v1/"

pytestmark = pytest.mark.usefixtures("trusted")


@pytest.fixture
def ipa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an app in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "My App.ipa"
    path.write_bytes(make_ipa())
    return path


def test_build_writes_a_release_and_says_where(ipa: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--bundle-version", "9.9", "--title", "Mine", "--subtitle", "Example Ltd", "--notes", "All new"]
    assert main(["build", ipa.name, "--base-url", BASE, "--out", "out", *words]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "release of Mine 9.9: no problems",
        f"  folder: {(tmp_path / 'out').resolve()}",
        f"  page: {BASE}index.html",
        f"  link: {InstallLink(f'{BASE}manifest.plist')}",
        str(InstallLink(f"{BASE}manifest.plist")),
    ]
    assert printed.err == ""
    manifest = inspect_manifest((tmp_path / "out" / "manifest.plist").read_bytes()).manifest
    assert manifest is not None
    (item,) = manifest.items
    assert item.assets[0].url == f"{BASE}My%20App.ipa"
    metadata = item.metadata
    assert (metadata.bundle_version, metadata.title, metadata.subtitle) == ("9.9", "Mine", "Example Ltd")
    assert "All new" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_build_writes_the_link_whole_where_its_report_hides_a_secret(
    ipa: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = "https://apps.example.com/0a1b2c3d4e5f6a7b8c9d/"
    assert main(["build", ipa.name, "--base-url", base, "--out", "out"]) == 0
    *report, link = capsys.readouterr().out.splitlines()
    assert link == str(InstallLink(f"{base}manifest.plist"))
    assert "0a1b2c3d4e5f6a7b8c9d" not in "".join(report)


def test_build_replaces_a_release_only_when_asked(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["build", ipa.name, "--base-url", BASE, "--out", "out"]
    assert main(command) == 0
    capsys.readouterr()
    assert main(command) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    folder = str(ipa.with_name("out").resolve())
    assert printed.err == (
        f"itms_ota: {folder!r}: The folder exists, and is replaced only when asked to. Choose another --out, or add "
        "--replace.\n"
    )
    assert main([*command, "--replace"]) == 0
    (ipa.with_name("out") / "mine.txt").touch()
    assert main([*command, "--replace"]) == 2
    assert capsys.readouterr().err.endswith("which would be lost. Choose another --out.\n")


def test_build_refuses_what_cannot_install_unless_forced(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ipa.write_bytes(make_ipa(profile=None))
    command = ["build", ipa.name, "--base-url", BASE, "--out", "out"]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert (printed.out, "[no-profile]" in printed.err) == ("", True)
    assert not ipa.with_name("out").exists()
    assert main([*command, "--force"]) == 0
    assert capsys.readouterr().out.startswith("release of My App 1.2.3: 1 error\n")


def test_build_shows_progress_on_a_terminal_alone(
    ipa: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    ipa.write_bytes(make_ipa(files={"Payload/MyApp.app/large": bytes(3_000_000)}, compression=0))
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["build", ipa.name, "--base-url", BASE, "--out", "out"]) == 0
    assert "\r\033[Kbuilding: 1.0 MB of 3.0 MB, 35%" in terminal.getvalue()
    assert re.search(r"building: 3\.0 MB of 3\.0 MB, 100%[^\r]*\r\033\[K$", terminal.getvalue())
    assert "building" not in capsys.readouterr().out


def test_build_says_what_is_wrong_with_the_folder(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["build", ipa.name, "--base-url", BASE, "--out"]
    before = sorted(ipa.parent.rglob("*"))
    for out, said in (
        (".", "--out is the current folder, which has other files. Name a folder to make, such as --out release."),
        (str(ipa.parent), "--out is the current folder"),
        ("a/b/out", "--out: there is no folder 'a/b'. Make it, or add --make-parents."),
        (f"{ipa.name}/out", f"--out: there is no folder {ipa.name!r}."),
        ("a\0b", "--out is not a possible path"),
    ):
        assert main([*command, out, "--replace"]) == 2
        printed = capsys.readouterr()
        assert (printed.out, said in printed.err) == ("", True), printed.err
    assert sorted(ipa.parent.rglob("*")) == before
    assert main([*command, "a/b/out", "--make-parents"]) == 0
    assert (ipa.parent / "a" / "b" / "out" / "index.html").is_file()


def test_build_says_which_argument_is_wrong(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["build", str(ipa), "--out", "out", "--base-url"]
    assert main([*call, "a.example.com"]) == 1
    assert " error at base_url: " in capsys.readouterr().err
    for name in ("index.html", "App.IPA", "manifest.plist"):
        assert main([*call, f"https://a.example/{name}"]) == 1
        assert f"The base URL 'https://a.example/{name}' is that of a file" in capsys.readouterr().err
    assert main([*call, "https://a.example/app.ipa/", "--force"]) == 0


def test_build_makes_no_parents_for_what_cannot_be_built(ipa: Path) -> None:
    ipa.write_bytes(b"")
    assert main(["build", ipa.name, "--base-url", BASE, "--out", "a/b/out", "--make-parents"]) == 1
    assert not (ipa.parent / "a").exists()


@pytest.mark.parametrize("tag", ["xx", "", "de_DE", 'a"><script>', "auto", "x-de"])
def test_build_refuses_a_language_that_the_page_does_not_have(
    tag: str, ipa: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["build", ipa.name, "--base-url", BASE, "--out", "out", "--language", tag])
    assert ended.value.code == 2
    assert f"{tag!r} is not a language of the page. It has en, de, fr, " in capsys.readouterr().err
    assert not ipa.with_name("out").exists()


def test_build_for_a_device_and_a_page_in_another_language(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ipa.write_bytes(make_ipa(profile=make_profile("ad-hoc")))
    qr = ipa.with_name("qr.png")
    qr.write_bytes(make_png(20))
    command = ["build", ipa.name, "--base-url", BASE, "--out", "out", "--replace"]
    assert main([*command, "--language", "ar", "--qr", "qr.png", "--udid", DEVICES[0]]) == 0
    page = (ipa.with_name("out") / "index.html").read_text("utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    assert 'src="data:image/png;base64,' in page
    assert main([*command, "--qr", "https://a.example/qr.png"]) == 0
    assert 'src="https://a.example/qr.png"' in (ipa.with_name("out") / "index.html").read_text("utf-8")
    capsys.readouterr()
    assert main([*command, "--udid", "f" * 40]) == 1
    assert "[device-not-in-profile]" in capsys.readouterr().err
    assert main([*command, "--device", "iPhone14,5"]) == 0
    capsys.readouterr()
    assert main([*command, "--device", "iPhone 13"]) == 1
    assert "[not-a-product-type]" in capsys.readouterr().err
    assert main([*command, "--qr", "nothing.png"]) == 2
    assert capsys.readouterr().err == "itms_ota: --qr: 'nothing.png' cannot be read: No such file or directory.\n"
    assert main([*command, "--qr", ipa.name]) == 1
    assert "[not-an-image]" in capsys.readouterr().err


def test_build_as_json_has_the_link_whole(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", ipa.name, "--base-url", f"{BASE}0a1b2c3d4e5f6a7b8c9d/", "--out", "out", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    (report,) = found["reports"]
    assert (report["target"], report["report"], report["ok"], report["problems"]) == ("My App.ipa", "release", True, [])
    assert report["page_url"] == f"{BASE}0a1b…/index.html"
    assert report["install_link"] == str(InstallLink(f"{BASE}0a1b2c3d4e5f6a7b8c9d/manifest.plist"))
    assert Release.from_dict(report).folder == ipa.with_name("out").resolve()


def test_what_is_ignored_does_not_stop_a_build(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ipa.write_bytes(make_ipa(profile=None))
    command = ["build", ipa.name, "--base-url", BASE, "--out", "out", "--replace"]
    assert main([*command, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [problem["code"] for problem in found["reports"][0]["problems"]] == ["no-profile"]
    assert not ipa.with_name("out").exists()
    assert main([*command, "--ignore", "md5-only"]) == 1
    assert not ipa.with_name("out").exists()
    assert main([*command, "--ignore", "no-profile"]) == 0
    assert "  ignored, as asked for: 1 (no-profile)\n" in capsys.readouterr().out
    assert main([*command, "--force", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["reports"][0]["ok"]) == (True, False)
    assert main([*command, "--force", "--fail-on", "no-profile"]) == 1


def test_a_warning_of_a_build_fails_when_asked(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["build", ipa.name, "--base-url", BASE, "--out", "out", "--replace", "--expires-within", "40000"]
    assert main(command) == 0
    assert "[profile-expires-soon]" in capsys.readouterr().out
    command[5] = "later"
    for options in (["--fail-on", "profile-expires-soon"], ["--strict"], ["--strict", "--force"]):
        assert main([*command, *options]) == 1
        printed = capsys.readouterr()
        assert (printed.out, "[profile-expires-soon]" in printed.err) == ("", True)
    assert not ipa.with_name("later").exists()
    ignored = ["--ignore", "profile-expires-soon", "--ignore", "certificate-expires-soon"]
    assert main([*command, "--strict", *ignored]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without telling them")
@pytest.mark.parametrize(("stop", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_build_that_is_stopped_leaves_nothing_behind(
    ipa: Path, stop: signal.Signals, status: int, *, replaced: bool
) -> None:
    # Another process knows the root of the tests no more than a device does.
    command = ["build", str(ipa), "--base-url", BASE, "--out", str(ipa.with_name("out")), "--replace", "--force"]
    if replaced:
        assert main(command) == 0
    before = {path: path.is_dir() or path.read_bytes() for path in ipa.parent.rglob("*")}
    half_done = [sys.executable, "-c", HALF_DONE, *command]
    with subprocess.Popen(half_done, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half done\n"
        assert len([*ipa.parent.glob(".itms_ota-*/new/My App.ipa")]) == 1
        process.send_signal(stop)
    assert process.returncode == status
    assert {path: path.is_dir() or path.read_bytes() for path in ipa.parent.rglob("*")} == before


HALF_DONE = """
import runpy, sys, time
import itms_ota.release._build

def copy_half(source, target, *_):
    target.write_bytes(b"half")
    print("half done", flush=True)
    time.sleep(60)

itms_ota.release._build.copy = copy_half
runpy.run_module("itms_ota", run_name="__main__", alter_sys=True)
"""


def test_the_library_leaves_signals_alone(ipa: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert main(["build", ipa.name, "--base-url", BASE, "--out", "out"]) == 0
    assert signal.getsignal(signal.SIGTERM) is before


def test_demo_builds_a_release_and_shows_the_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    printed = capsys.readouterr()
    folder = tmp_path / "itms_ota-demo"
    files = {path.name: path for path in folder.iterdir()}
    assert files.keys() == {
        "App.ipa", "manifest.plist", "index.html", "display-image.png", "full-size-image.png"
    }  # fmt: skip
    for name, path in files.items():
        assert f"  {name:<22}{path.stat().st_size:>7,} bytes  " in printed.out
    link = "itms-services://?action=download-manifest&url=https%3A%2F%2Fapps.example.com%2Fhello%2Fmanifest.plist"
    assert f"\n  {link}\n" in printed.out
    assert inspect_link(link).problems == ()
    for line in files["manifest.plist"].read_text("utf-8").splitlines():
        assert f"  {line}\n" in printed.out
    assert printed.out.count(": no problems\n") == 3
    assert "  App.ipa over the air: 2 errors\n    error at Payload/Hello.app/embedded.mobileprovision: " in printed.out
    assert re.findall(r"\[([a-z-]+)\]$", printed.out, re.MULTILINE) == ["profile-not-genuine", "not-signed"]
    assert printed.err == ""
    report = inspect_manifest(files["manifest.plist"].read_bytes())
    assert report.manifest is not None
    assert read_ipa(files["App.ipa"]).compare(report.manifest, verify_hashes=True) == ()

    before = {name: path.read_bytes() for name, path in files.items()}
    assert main(["demo"]) == 0
    assert capsys.readouterr().out == printed.out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_demo_says_which_folder_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--out", "a/b"]) == 2
    assert capsys.readouterr().err == "itms_ota: --out: there is no folder 'a'. Make it.\n"


def test_demo_writes_over_nothing_but_itself(ipa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ipa.with_name("out")
    out.mkdir()
    assert main(["demo", "--out", "out"]) == 2
    assert list(out.iterdir()) == []
    out.rmdir()
    assert main(["build", "My App.ipa", "--base-url", BASE, "--out", "out"]) == 0
    (out / "My App.ipa").rename(out / "App.ipa")
    before = (out / "App.ipa").read_bytes()
    capsys.readouterr()
    assert main(["demo", "--out", "out"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "The demo does not replace 'out', which it did not make. Choose another --out.\n"
    assert (out / "App.ipa").read_bytes() == before
