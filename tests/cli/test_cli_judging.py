"""What the commands that judge have in common: many targets, what fails, what is ignored, and the exit status."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import make_profile
from _signing import make_signed_ipa

from itms_ota import Manifest, __version__
from itms_ota._cli import main

if TYPE_CHECKING:
    from pathlib import Path

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm.plist"


def manifest(url: str = "https://a.example/A.ipa", icon: str | None = None) -> bytes:
    made = Manifest.for_app(
        url=url, bundle_identifier="com.example.a", bundle_version="1", title="A", display_image_url=icon
    )
    return made.to_plist(validate=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with files that are sound, doubtful and broken."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.plist").write_bytes(manifest())
    (tmp_path / "doubtful.plist").write_bytes(manifest(icon="http://a.example/i.png"))
    (tmp_path / "bad.plist").write_bytes(manifest(url="http://a.example/A.ipa"))
    (tmp_path / "Info.plist").write_bytes(b'<?xml version="1.0"?><plist version="1.0"><dict/></plist>')
    return tmp_path


def run(*arguments: str) -> object:
    """Run a command; return its exit status, that of a wrong call too."""
    try:
        return main(arguments)
    except SystemExit as error:
        return error.code


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_one_missing_file_does_not_swallow_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"{number}.plist" for number in range(40)]
    for name in names:
        (folder / name).write_bytes(manifest())
    (folder / "17.plist").unlink()
    assert run("inspect", *names) == 2
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"{name}: manifest of A 1: no problems" for name in names if name != "17.plist"]
    assert err == (
        "17.plist: error: No such file or directory. Check its name, and the folder in which the command runs. "
        "[unreadable]\n"
    )
    assert run("inspect", "--json", *names) == 2
    found = printed(capsys)
    assert [report["target"] for report in found["reports"]] == names
    assert [report["target"] for report in found["reports"] if not report["ok"]] == ["17.plist"]


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", "--format", "json", "good.plist", "nothing.plist", LINK) == 2
    found = printed(capsys)
    assert list(found) == ["tool", "version", "ok", "reports"]
    assert (found["tool"], found["version"], found["ok"]) == ("itms_ota", __version__, False)
    good, nothing, link = found["reports"]
    assert list(good)[:4] == list(link)[:4] == list(nothing) == ["target", "report", "ok", "problems"]
    assert (good["target"], good["report"], good["ok"], good["problems"]) == ("good.plist", "manifest", True, [])
    assert (link["target"], link["report"], link["ok"], link["problems"]) == (LINK, "link", True, [])
    assert nothing == {
        "target": "nothing.plist",
        "report": "error",
        "ok": False,
        "problems": [
            {
                "path": "",
                "code": "unreadable",
                "message": "No such file or directory. Check its name, and the folder in which the command runs.",
                "level": "error",
                "line": None,
                "column": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inspect", "--json"], "the following arguments are required: FILE-OR-LINK"),
        (["inspect", "--format=json", "--nonsense", "x"], "unrecognized arguments: --nonsense"),
        (["frobnicate", "--json"], "invalid choice: 'frobnicate'"),
        (["check", "--format", "json", "--timeout", "soon", "x"], "argument --timeout: invalid float value: 'soon'"),
        (["check", "--json", "--timeout", "0", "https://a.example/m"], "timeout is 0.0"),
        (["check", "--json", "--cafile", "nope.pem", "https://a.example/m"], "--cafile: 'nope.pem' cannot be read"),
        (["inspect", "--json", "-", "-"], "- is standard input, which can be read only once"),
        (["inspect", "--json", "--ignore", "md5-onli", "x"], "Did you mean md5-only?"),
        (["explain", "--json"], "unrecognized arguments: --json"),
    ],
)
def test_a_wrong_call_has_the_form_that_was_asked_for(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    found = printed(capsys)
    assert (found["ok"], len(found["reports"])) == (False, 1)
    (report,) = found["reports"]
    assert (report["target"], report["report"], report["ok"]) == (None, "error", False)
    assert [problem["code"] for problem in report["problems"]] == ["bad-call"]
    assert words in report["problems"][0]["message"]


@pytest.mark.parametrize("arguments", [["inspect", "--format", "xml", "x"], ["inspect", "--format"]])
def test_a_format_that_there_is_not_is_told_as_text(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("usage: "), "--format" in err) == ("", True, True)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["good.plist"], 0),
        (["doubtful.plist"], 0),
        (["bad.plist"], 1),
        (["good.plist", "bad.plist"], 1),
        (["bad.plist", "nothing.plist", "good.plist"], 2),
        (["--strict", "good.plist"], 0),
        (["--strict", "doubtful.plist"], 1),
        (["--fail-on", "not-https", "doubtful.plist"], 1),
        (["--fail-on", "md5-only", "doubtful.plist"], 0),
        (["--fail-on", "md5-only", "--fail-on", "[not-https]", "doubtful.plist"], 1),
        (["--ignore", "not-https", "bad.plist"], 0),
        (["--ignore", "NOT-HTTPS", "--strict", "doubtful.plist"], 0),
        (["--ignore", "md5-only", "bad.plist"], 1),
        (["--ignore", "not-https", "nothing.plist"], 2),
        (["--expires-within", "30", "--quiet", "good.plist"], 0),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_the_exit_status(options: list[str], status: int, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", "--format", form, *options) == status
    out = capsys.readouterr().out
    if form == "json":
        assert json.loads(out)["ok"] is (status == 0)
    if form == "sarif":
        (invocation,) = json.loads(out)["runs"][0]["invocations"]
        assert (invocation["exitCode"], invocation["executionSuccessful"]) == (status, status != 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ignore", "unreadable"], "unreadable cannot be ignored: nothing was looked at"),
        (["--ignore", "bad-call"], "bad-call cannot be ignored"),
        (["--ignore", "x"], "'x' is not a problem code."),
        (["--fail-on", "md5-onlly"], "'md5-onlly' is not a problem code. Did you mean md5-only?"),
        (["--fail-on", "md5-only", "--ignore", "md5-only"], "md5-only cannot be both in --fail-on and in --ignore"),
        (["--expires-within", "soon"], "'soon' is not a number of days"),
        (["--expires-within", "-1"], "'-1' is not a number of days"),
        (["--expires-within", "nan"], "'nan' is not a number of days"),
        (["--expires-within", "1e99"], "'1e99' is not a number of days"),
    ],
)
def test_options_that_are_wrong_calls(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", *options, "good.plist") == 2
    out, err = capsys.readouterr()
    assert (out, words in err) == ("", True)


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_what_was_not_looked_at_is_never_sound(form: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "A.ipa").write_bytes(b"PK")
    build = ["build", "A.ipa", "--base-url", "https://a.example/", "--out", "out"]
    for command in (["ipa", "A.ipa"], build, [*build, "--force"]):
        for options in ([], ["--ignore", "not-an-archive"]):
            assert run(*command, *options, "--format", form) == 1
            out, err = capsys.readouterr()
            assert "not-an-archive" in (err if form == "text" else out)
            assert "ignored" not in out
    assert not (folder / "out").exists()


def test_the_text_says_what_was_ignored_and_why_a_warning_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", "--ignore", "not-https", "bad.plist") == 0
    assert capsys.readouterr().out == (
        "bad.plist: manifest of A 1: no problems\n  ignored, as asked for: 1 (not-https)\n"
    )
    assert run("inspect", "--strict", "doubtful.plist") == 1
    first, problem, reason = capsys.readouterr().out.splitlines()
    assert first == "doubtful.plist: manifest of A 1: 1 warning"
    assert problem.startswith("  warning at items[0].assets[1].url, line ")
    assert reason == "  fails, as asked for, because of: not-https"


def test_the_reports_of_json_stay_whole_whatever_is_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", "--json", "--ignore", "not-https", "bad.plist") == 0
    found = printed(capsys)
    assert (found["ok"], found["reports"][0]["ok"]) == (True, False)
    assert [problem["code"] for problem in found["reports"][0]["problems"]] == ["not-https"]
    assert run("inspect", "--json", "--strict", "doubtful.plist") == 1
    found = printed(capsys)
    assert (found["ok"], found["reports"][0]["ok"]) == (False, True)


def test_quiet_prints_only_what_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", "--quiet", "good.plist", "doubtful.plist") == 0
    assert capsys.readouterr() == ("", "")
    assert run("inspect", "--quiet", "good.plist", "bad.plist", "nothing.plist") == 2
    out, err = capsys.readouterr()
    assert (out.startswith("bad.plist: "), out.count("\n")) == (True, 2)
    assert err.startswith("nothing.plist: error: ")


@pytest.mark.parametrize(("form", "begins"), [("json", "{"), ("sarif", "{"), ("github", "::error ")])
def test_quiet_leaves_nothing_out_of_what_programs_read(
    form: str, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("inspect", "--quiet", "--format", form, "bad.plist") == 1
    quiet = capsys.readouterr().out
    assert quiet.startswith(begins)
    assert run("inspect", "--format", form, "bad.plist") == 1
    assert capsys.readouterr().out.startswith(quiet)


def test_files_of_other_kinds_are_passed_over_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.md").write_text("# Notes\n", "utf-8")
    (folder / "page.html").write_text(f"<html>\n  <a href='{LINK}'>", "utf-8")
    (folder / "manifest-2.plist").write_bytes(b"")
    names = ["Info.plist", "notes.md", "page.html", "good.plist"]
    assert run("inspect", *names) == 1
    capsys.readouterr()
    assert run("inspect", "--skip-others", *names) == 0
    out, err = capsys.readouterr()
    assert [line.partition(": ")[0] for line in out.splitlines()] == ["page.html, line 2", "good.plist"]
    assert err == "passed over, neither a manifest nor with a link: 2\n"
    assert run("inspect", "--skip-others", "--quiet", *names) == 0
    assert capsys.readouterr() == ("", "")
    # What is named so was meant to be one, and what is broken is not of another kind.
    (folder / "broken.plist").write_bytes(manifest()[:-60])
    for name in ("manifest-2.plist", "broken.plist", "nothing.plist"):
        assert run("inspect", "--skip-others", name) in {1, 2}


@pytest.mark.usefixtures("trusted")
def test_standard_input_of_each_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    app = make_signed_ipa(profile=make_profile("enterprise"))
    for command, data in (
        (["inspect"], manifest()),
        (["ipa"], app),
        (["build", "--base-url", "https://a.example/", "--out", "out"], app),
        (["profile"], make_profile("enterprise")),
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert run(*command, "-", "--json") == 0
        (report,) = printed(capsys)["reports"]
        assert (report["target"], report["ok"]) == ("-", True)
    assert os.listdir("out").count("App.ipa") == 1  # noqa: PTH208


def test_what_is_not_a_file_says_which_command_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://a.example/x?token=hunter2"
    assert run("inspect", url) == 2
    assert run("profile", url) == 2
    assert run("build", url, "--base-url", "https://a.example/", "--out", "out") == 2
    assert run("build", "x.ipa", "--base-url", "https://a.example/", "--out", url) == 2
    assert run("manifest", "--ipa", url, "--url", "https://a.example/A.ipa") == 2
    out, err = capsys.readouterr()
    assert (out, "hunter2" in err) == ("", False)
    assert [line.partition("This is an address, and the command reads files. ")[2] for line in err.splitlines()] == [
        "The command 'check' looks at what is there. [unreadable]",
        "Download it first. [unreadable]",
        "Download it first. The command 'ipa' looks at it where it is. [unreadable]",
        "Upload the folder when it is made. [unreadable]",
        "Download it first: the hashes need all of it.",
    ]


def test_a_folder_and_a_file_that_may_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sub").mkdir()
    assert run("inspect", "sub") == 2
    assert capsys.readouterr().err == "sub: error: Is a directory. Name the files in it. [unreadable]\n"
