"""The command line as such: wrong calls, streams, signals, what every command has in common."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from itms_ota import __main__, __version__
from itms_ota._cli import _main, main, start
from itms_ota._cli._main import _COMMANDS, SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm.plist"


@pytest.mark.parametrize(
    "arguments", [[], ["inspect"], ["frobnicate"], ["manifest", "--url", "https://a.example/A.ipa"]]
)
def test_wrong_calls_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m itms_ota" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "needed"), [("check", "LINK-OR-URL"), ("inspect", "FILE-OR-LINK")])
def test_a_command_without_targets_shows_how_it_is_called(
    command: str, needed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command])
    err = capsys.readouterr().err
    assert (caught.value.code, err.startswith("usage: ")) == (2, True)
    assert err.endswith(f" error: the following arguments are required: {needed}, or --from-file FILE\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", ""],
        ["ipa", ""],
        ["profile", ""],
        ["explain-log", ""],
        ["build", "", "--base-url", "https://a.example", "--out", "out"],
    ],
)
def test_a_file_without_a_name(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "error: There is no file without a name. [unreadable]" in capsys.readouterr().err


def test_the_module_that_is_run_gives_out_the_same_function() -> None:
    assert __main__.main is main


@pytest.mark.parametrize(
    ("started_as", "name"),
    [
        ("/usr/bin/itms-ota", "itms-ota"),
        ("itms_ota", "itms_ota"),
        ("C:/Scripts/itms-ota.exe", "itms-ota"),
        ("/lib/itms_ota/__main__.py", "python -m itms_ota"),
    ],
)
def test_the_help_says_how_the_command_was_started_and_how_it_ends(
    started_as: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [started_as])
    for command in ([], ["inspect"], ["ipa"], ["check"], ["build"], ["profile"]):
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        printed = capsys.readouterr().out
        assert (caught.value.code, printed.startswith(f"usage: {' '.join([name, *command])} ")) == (0, True)
        assert "(default: True)" not in printed  # as Python 3.10 adds
        status = printed.partition("exit status:\n")[2]
        assert [line.split()[0] for line in status.splitlines()] == ["0", "1", "2", "130"]


def test_the_page_about_the_command_line_has_each_command_and_no_option_that_there_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
    commands = re.findall(r"^\| `([a-z][a-z-]*)[^`]*` \|", page, re.MULTILINE)
    helps: dict[str, str] = {}
    for name in _COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        helps[name] = capsys.readouterr().out
    assert sorted(commands) == sorted(helps)
    known = {option for text in helps.values() for option in re.findall(r"--[a-z][a-z-]*", text)}
    assert {*re.findall(r"--[a-z][a-z-]*", page)} <= known


def test_the_scripts_that_pip_installs_are_this_command() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    table = re.search(r"^\[project\.scripts\]\n((?:.+\n)+)", project, re.MULTILINE)
    assert table is not None
    assert table[1].splitlines() == [f'{name} = "itms_ota._cli:start"' for name in SCRIPTS]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"itms_ota {__version__}\n")


def test_a_reader_that_has_seen_enough_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[int] = []

    def broken(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("itms_ota._cli._link.InstallLink", broken)
    monkeypatch.setattr(os, "dup2", lambda _, to: replaced.append(to))  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    monkeypatch.setattr(sys, "stdout", open(os.devnull, "w", encoding="ascii"))  # noqa: PTH123, SIM115
    assert main(["link", "https://a.example/m.plist"]) == 1
    assert replaced == [sys.stdout.fileno()]
    sys.stdout.close()


FULL = Path("/dev/full")
WRONG = [
    ["inspect", "nope.plist"],
    ["inspect", "nope.plist", "--format", "json"],
    ["inspect", "nope.plist", "--format", "github"],
    ["inspect", "nope.plist", "--format", "sarif"],
    ["check", "--json", "--no-such-option"],
]


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", WRONG)
def test_a_full_disk_is_no_traceback(arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "itms_ota", *arguments], stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
        deaf = subprocess.run(
            [sys.executable, "-m", "itms_ota", *arguments], stdout=full, stderr=full, check=False
        ).returncode
    assert (done.returncode, len(done.stderr.splitlines()), "Traceback" in done.stderr) == (2, 1, False)
    assert deaf == 2


@pytest.mark.parametrize(("stream", "status"), [("0", 2), ("1", 1), ("2", 1), ("0 1 2", 2)])
def test_streams_that_are_closed_are_no_traceback(stream: str, status: int) -> None:
    close = f"import os, sys; [os.close(int(n)) for n in {stream!r}.split()]; os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-c", close, sys.executable, "-m", "itms_ota", "inspect", "-", "--json"]
    done = subprocess.run(command, input="x", capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (status, "")
    assert ('"tool": "itms_ota"' in done.stdout) == ("1" not in stream)


def test_a_reader_who_has_left_before_the_call_is_refused_is_no_traceback() -> None:
    command = [sys.executable, "-m", "itms_ota", "check", "--timeout", "0", "x", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, text=True)
    os.close(writer)
    expected = "itms_ota: timeout is 0.0, and must be above 0 and at most a day (86400 seconds)\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_an_interrupted_command_exits_as_shells_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("itms_ota._cli._link.InstallLink", interrupted)
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


def test_arguments_are_utf_8_whatever_the_locale() -> None:
    command = [sys.executable, "-m", "itms_ota", "link", "https://a.example/é.plist"]
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, capture_output=True, env=environment, check=True, text=True)
    assert done.stdout.endswith("%25C3%25A9.plist\n")


@pytest.fixture
def sigterm() -> Iterator[None]:
    """Put back how the process takes SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("sigterm")
def test_a_process_ends_with_the_status_of_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["itms_ota", "link", "https://a.example/m.plist"])
    with pytest.raises(SystemExit) as ended:
        start()
    assert (ended.value.code, capsys.readouterr().out) == (0, LINK + "\n")
    with pytest.raises(SystemExit) as stopped:
        signal.raise_signal(signal.SIGTERM)
    assert stopped.value.code == 143


def test_streams_that_are_not_there_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_main, "main", lambda: 3)
    before = signal.getsignal(signal.SIGTERM)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with pytest.raises(SystemExit) as ended:
        start()
    signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 3
    assert sys.stdout.write("x") == 1
    for opened in (sys.stdout, sys.stderr):
        opened.close()


@pytest.mark.parametrize(
    "call",
    [
        ["inspect", "-"],
        ["explain-log", "-"],
        ["ipa", "-"],
        ["profile", "-"],
        ["check", "-"],
        ["check", "--from-file", "-"],
        ["build", "-", "--base-url", "https://a.example/", "--out", "out"],
    ],
)
def test_input_that_is_closed_is_not_an_empty_file(
    call: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)
    assert main([*call, "--json"]) == 2
    [problem] = [problem for report in json.loads(capsys.readouterr().out)["reports"] for problem in report["problems"]]
    assert problem["code"] == "unreadable"
    assert "Standard input is closed. Name a file" in problem["message"]


def test_where_the_output_takes_no_more_the_reason_is_told_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def full(_: object, form: str) -> int:
        told.append(form)
        raise OSError

    monkeypatch.setattr(_main, "end", full)
    monkeypatch.setattr(_main, "_drop_output", lambda: told.append("dropped"))
    assert _main._end(OSError("x"), "json") == 2
    assert _main._end(OSError("x"), "text") == 2
    assert told == ["json", "dropped", "text", "text", "dropped"]
