"""The command explain-log: logs of any kind, from files and from input."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from itms_ota._cli import main

FAULT = "installd[57] <Error>: profile not valid: 0xe8008011\n"
GOOD = '192.0.2.7 - - [26/Nov/2026:10:00:00 +0000] "GET /a.ipa HTTP/1.1" 200 5000000 "-" "itunesstored/1.0 iOS/9.0"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("device.log").write_text(FAULT, "utf-8")
    Path("access.log").write_text(GOOD, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("names", "status"),
    [(["access.log"], 0), (["device.log"], 1), (["access.log", "device.log"], 1), (["access.log", "access.log"], 0)],
)
def test_each_log_is_explained(names: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", *names]) == status
    out = capsys.readouterr().out
    assert [line.partition(":")[0] for line in out.splitlines() if not line.startswith(" ")] == names
    assert ("0xe8008011: The profile has expired." in out) is ("device.log" in names)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", "--json", "access.log", "device.log"]) == 1
    found = json.loads(capsys.readouterr().out)["reports"]
    assert [(report["target"], report["report"], report["ok"]) for report in found] == [
        ("access.log", "log", True),
        ("device.log", "log", False),
    ]


@pytest.mark.parametrize("buffered", [True, False])
def test_input(
    buffered: bool,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO(FAULT.encode())
    given = io.BufferedReader(raw) if buffered else raw
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given))
    assert main(["explain-log", "-"]) == 1
    assert capsys.readouterr().out.startswith("-: Log of 1 line, 1 install attempt (1 failed): 1 error\n")
    assert not given.closed


def test_bytes_that_are_not_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("device.log").write_bytes(b"\xff\x80\x00\x1b[2J\n" + b"\xe9" * 70_000 + b"\n" + FAULT.encode())
    assert main(["explain-log", "device.log"]) == 1
    out = capsys.readouterr().out
    assert "attempts[0], line 3, the device of the log: failed" in out
    assert "\x1b" not in out


def test_personal_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", "access.log"]) == 0
    assert "192.0.2.7" not in capsys.readouterr().out
    assert main(["explain-log", "--show-personal", "access.log"]) == 0
    assert ", 192.0.2.7, " in capsys.readouterr().out


def test_a_compressed_log_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("access.log.1.gz").write_bytes(gzip.compress(GOOD.encode()))
    assert main(["explain-log", "access.log.1.gz"]) == 2
    err = capsys.readouterr().err
    assert "access.log.1.gz" in err
    assert "the log is compressed: unpack it" in err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", "no.log"]) == 2
    assert "no.log" in capsys.readouterr().err


def test_an_empty_log(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.log").touch()
    assert main(["explain-log", "empty.log"]) == 1
    assert capsys.readouterr().out.startswith("empty.log: Log of 0 lines, no install: 1 error\n")


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_log_that_windows_saved(coding: str, line_end: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\ufeff" + "Nov 26 ñ\U0001f600\n" * 20_000 + FAULT + GOOD
    Path("device.log").write_bytes(text.replace("\n", line_end).encode(coding))
    assert main(["explain-log", "device.log"]) == 1
    out = capsys.readouterr().out
    assert "Log of 20,002 lines, 2 install attempts" in out
    assert "line 20001: 0xe8008011: The profile has expired." in out


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\xfe\xff\x00", b"\xff\xfe\x00\xd8\x00\xd8\n\x00", b"\xff"])
def test_a_log_of_a_damaged_encoding(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("device.log").write_bytes(data)
    assert main(["explain-log", "device.log"]) == 1
    assert "no-complete-install" in capsys.readouterr().out
