"""The command line: what it prints, where, and its exit status."""

from __future__ import annotations

import io
import json
import os
import plistlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from _make_ipa import make_ipa, make_profile

from itms_ota import Checksum, Manifest, __version__
from itms_ota.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm.plist"
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


def manifest(url: str = "https://a.example/A.ipa", title: str = "A") -> bytes:
    made = Manifest.for_app(url=url, bundle_identifier="com.example.a", bundle_version="1", title=title)
    return made.to_plist(validate=False)


def test_inspect_says_that_a_manifest_and_a_link_are_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest.plist"
    file.write_bytes(manifest())
    assert main(["inspect", str(file), LINK]) == 0
    assert (
        capsys.readouterr().out
        == f"{file}: manifest of A 1: no problems\nlink to 'https://a.example/m.plist': no problems\n"
    )


def test_inspect_names_every_problem_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest.plist"
    file.write_bytes(manifest(url="http://a.example/A.ipa", title=""))
    assert main(["inspect", str(file)]) == 1
    first, url, title = capsys.readouterr().out.splitlines()
    assert first == f"{file}: manifest of (no title) 1: 2 errors"
    assert url.startswith("  error at items[0].assets[0].url, line 14, column 6: ")
    assert url.endswith("[not-https]")
    assert title.startswith("  error at items[0].metadata.title, line 18, column 4: ")


def test_inspect_looks_for_the_links_of_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "index.html"
    file.write_text(f'<html><a href="{LINK.replace("&", "&amp;")}">A</a> <a href="{LINK}">B</a></html>', "utf-8")
    assert main(["inspect", "--json", str(file)]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert [(report["kind"], report["manifest_url"], report["start"]) for report in reports] == [
        ("link", "https://a.example/m.plist", 15),
        ("link", "https://a.example/m.plist", 115),
    ]
    assert reports[0] == {
        "target": str(file),
        "ok": True,
        "kind": "link",
        "text": LINK.replace("&", "&amp;"),
        "start": 15,
        "end": 15 + len(LINK) + 4,
        "manifest_url": "https://a.example/m.plist",
        "device_url": "https://a.example/m.plist",
        "problems": [],
    }


def test_inspect_says_what_a_page_without_links_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "index.html"
    file.write_bytes(b"<html>Please log in</html>")
    assert main(["inspect", "--json", str(file)]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["kind"], report["problems"][0]["code"]) == ("html", "not-a-manifest")


def test_inspect_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(manifest())))
    assert main(["inspect", "-"]) == 0
    assert capsys.readouterr().out == "-: manifest of A 1: no problems\n"


def test_a_link_that_is_no_possible_file_name_is_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", LINK + "\0" + "x" * 5000]) == 1
    assert capsys.readouterr().out.startswith("link ")


def test_a_file_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "no-such-file.plist"]) == 2
    assert capsys.readouterr().err == "itms_ota: [Errno 2] No such file or directory: 'no-such-file.plist'\n"


@pytest.mark.parametrize(
    "arguments", [[], ["inspect"], ["frobnicate"], ["manifest", "--url", "https://a.example/A.ipa"]]
)
def test_wrong_calls_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m itms_ota" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"itms_ota {__version__}\n")


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


def test_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "https://a.example/m.plist"]) == 0
    assert capsys.readouterr().out == LINK + "\n"
    assert main(["link", "https://a.local/m.plist", "--html", "A & B"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith(">A &amp; B</a>\n")
    assert err.startswith("warning at url: The host 'a.local' is private")
    assert main(["link", "http://a.example/m.plist"]) == 1


def test_ipa_prints_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bundle identifier: com.example.myapp"
    assert f"size: {file.stat().st_size:,} bytes" in lines
    assert "  kind: enterprise" in lines
    assert "  devices: -" in lines
    assert lines[-1] == "over the air: no problems"


def test_ipa_prints_json_and_fails_for_an_app_that_cannot_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=None))
    assert main(["ipa", "--json", str(file)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["profile"], [problem["code"] for problem in found["problems"]]) == (None, ["no-profile"])
    assert main(["ipa", str(file)]) == 1
    assert "profile: -" in capsys.readouterr().out.splitlines()


def test_ipa_of_a_url_is_read_from_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []

    def open_url(url: str) -> io.BytesIO:
        opened.append(url)
        return io.BytesIO(make_ipa(profile=make_profile("enterprise")))

    monkeypatch.setattr("itms_ota.remote.open_url", open_url)
    assert main(["ipa", "https://a.example/A.ipa"]) == 0
    assert opened == ["https://a.example/A.ipa"]
    assert capsys.readouterr().out.startswith("bundle identifier: com.example.myapp\n")


def test_ipa_of_a_url_says_why_it_cannot_be_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ipa", "https://127.0.0.1:1/A.ipa"]) == 1
    assert capsys.readouterr().err.startswith("error: '127.0.0.1' refuses the connection")


def test_ipa_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(b"<html>")
    assert main(["ipa", str(file)]) == 1
    assert capsys.readouterr().err.endswith("[not-an-archive]\n")


def test_a_reader_that_has_seen_enough_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[int] = []

    def broken(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("itms_ota.__main__.InstallLink", broken)
    monkeypatch.setattr(os, "dup2", lambda _, to: replaced.append(to))  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    monkeypatch.setattr(sys, "stdout", open(os.devnull, "w", encoding="ascii"))  # noqa: PTH123, SIM115
    assert main(["link", "https://a.example/m.plist"]) == 1
    assert replaced == [sys.stdout.fileno()]
    sys.stdout.close()


def test_an_interrupted_command_exits_as_shells_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("itms_ota.__main__.InstallLink", interrupted)
    assert main(["link", "https://a.example/m.plist"]) == 130


def test_streams_that_cannot_be_changed_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["link", "https://a.example/m.plist"]) == 0
    assert out.getvalue() == LINK + "\n"


def test_run_as_a_module_with_an_ascii_terminal() -> None:
    command = [
        sys.executable,
        "-m",
        "itms_ota",
        "inspect",
        "itms-services://?action=download-manifest&url=https://ü.example/m",
    ]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\\xfc.example" in done.stdout


@pytest.mark.parametrize(
    ("target", "said"),
    [("", "there is no file without a name"), ("https://a.example/m.plist", "check looks at a server")],
)
def test_what_is_neither_file_nor_link_is_a_wrong_call(
    target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", target]) == 2
    assert said in capsys.readouterr().err


def test_a_link_without_its_scheme_is_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", LINK.removeprefix("itms-services:")]) == 1
    assert "[no-scheme]" in capsys.readouterr().out


def test_arguments_are_utf_8_whatever_the_locale() -> None:
    command = [sys.executable, "-m", "itms_ota", "link", "https://a.example/é.plist"]
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, capture_output=True, env=environment, check=True, text=True)
    assert done.stdout.endswith("%25C3%25A9.plist\n")


def test_ipa_of_http_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ipa", "http://a.example/A.ipa"]) == 1
    assert "[not-https]" in capsys.readouterr().err
