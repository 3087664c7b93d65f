"""The commands `build` and `demo`: what they write and print, and their exit status."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from _signing import make_signed_ipa as make_ipa

from itms_ota import InstallLink, inspect_link, inspect_manifest
from itms_ota._cli import main
from itms_ota.ipa import read_ipa

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
    assert "replaced only when asked" in printed.err
    assert main([*command, "--replace"]) == 0


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
    assert "hashing: 35%\r" in terminal.getvalue()
    assert terminal.getvalue().endswith("hashing: 100%\r\033[K")
    assert "hashing" not in capsys.readouterr().out


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
import runpy, signal, sys, time
import itms_ota.release

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell switches off for what runs in the background

def copy_half(source, target):
    target.write_bytes(b"half")
    print("half done", flush=True)
    time.sleep(60)

itms_ota.release._copy = copy_half
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
    assert printed.out.count(": no problems\n") == 4
    assert printed.err == ""
    report = inspect_manifest(files["manifest.plist"].read_bytes())
    assert report.manifest is not None
    assert read_ipa(files["App.ipa"]).compare(report.manifest, verify_hashes=True) == ()

    before = {name: path.read_bytes() for name, path in files.items()}
    assert main(["demo"]) == 0
    assert capsys.readouterr().out == printed.out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


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
