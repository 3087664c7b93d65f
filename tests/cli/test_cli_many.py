"""``python -m itms_ota check --from-file``."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import BASE, MANIFEST_URL, NOW, Deployment

import itms_ota
from itms_ota._cli import main
from itms_ota.check import CheckReport, check_many

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

MISSING = f"{BASE}/missing.plist?token=hunter2"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let the command check a deployment without a network, and note its options."""
    noted: list[dict[str, Any]] = []
    deployment = Deployment.healthy()

    def offline(targets: Iterable[str], **options: Any) -> Generator[tuple[str, CheckReport], None, None]:
        noted.append(options)
        arguments: dict[str, Any] = {**options, "fetch": deployment.fetch, "now": NOW, "public_only": False}
        return check_many(targets, **arguments)

    monkeypatch.setattr("itms_ota.check.check_many", offline)
    return noted


@pytest.fixture
def links(tmp_path: Path) -> str:
    """Give the name of a file with four lines, of which two name something."""
    path = tmp_path / "links.txt"
    path.write_bytes(f"\ufeff{MANIFEST_URL}\r\n\n  # not this one\n  {MISSING}  ".encode())
    return str(path)


def test_a_line_of_json_a_report(calls: object, links: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--from-file", links, "--format", "json"]) == 1
    output = capsys.readouterr()
    lines = [json.loads(line) for line in output.out.splitlines()]
    assert {line["target"]: line["ok"] for line in lines} == {
        MANIFEST_URL: True,
        MISSING.replace("hunter2", "…"): False,
    }
    assert "hunter2" not in output.out
    assert output.err == ""
    assert calls


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
def test_lines_that_windows_saved(coding: str, calls: object, links: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(links)
    path.write_bytes(path.read_bytes().decode().encode(coding))
    assert main(["check", "--from-file", links, "--format", "json"]) == 1
    targets = {json.loads(line)["target"] for line in capsys.readouterr().out.splitlines()}
    assert targets == {MANIFEST_URL, MISSING.replace("hunter2", "…")}
    assert calls


@pytest.mark.parametrize("text", [f"{MANIFEST_URL}\0{MANIFEST_URL}\0", f"\0# none\0{MANIFEST_URL}\0\n{MANIFEST_URL}"])
@pytest.mark.usefixtures("calls")
def test_a_zero_byte_ends_a_link_too(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["check", "--from-file", "-"]) == 0
    assert capsys.readouterr().out.count(f"{MANIFEST_URL}: Install of 'My App': nothing stands in the way") == 2


def test_standard_input_and_options(
    calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{MANIFEST_URL}\n{MANIFEST_URL}\n".encode())))
    options = ["--workers", "3", "--per-host", "2", "--public-only", "--timeout", "7"]
    assert main(["check", "--from-file", "-", *options]) == 0
    text = capsys.readouterr().out
    assert text.count(f"{MANIFEST_URL}: Install of 'My App': nothing stands in the way") == 2
    (call,) = calls
    assert {name: call[name] for name in ("workers", "per_host", "public_only", "timeout", "as_device")} == {
        "workers": 3,
        "per_host": 2,
        "public_only": True,
        "timeout": 7.0,
        "as_device": True,
    }


def test_other_forms_and_what_fails(calls: object, links: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--from-file", links, "--format", "github"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("::error title=http-status::")
    assert text.endswith("itms_ota: 2 looked at, 1 failed; exit status 1\n")
    assert main(["check", "--from-file", links, "--ignore", "http-status", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert calls


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from-file", "{links}", MANIFEST_URL], "--from-file cannot be combined with other targets"),
        (["--workers", "2", MANIFEST_URL], "--workers and --per-host are for what --from-file names"),
        (["--from-file", "{links}", "--workers", "0"], "workers must be at least 1 and at most 256"),
        (["--from-file", "{links}", "--timeout", "0"], "timeout is 0.0, and must be above 0"),
        (["--from-file", os.devnull], f"{os.devnull} names nothing to check"),
        (["--from-file", "no-such-file"], "'no-such-file': No such file or directory"),
        (["--from-file", MANIFEST_URL], "the command reads files. Name it without --from-file."),
    ],
)
def test_wrong_calls(arguments: list[str], message: str, links: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [argument.format(links=links) for argument in arguments]
    assert main(["check", *given]) == 2
    assert message in capsys.readouterr().err
    assert main(["check", *given, "--format", "json"]) == 2
    (entry,) = json.loads(capsys.readouterr().out)["reports"]
    assert entry["report"] == "error"
    assert message in entry["problems"][0]["message"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_though_servers_are_silent(number: signal.Signals, status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = f"a.example.com:443:127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "itms_ota", "check", "--from-file", "-", "--format", "json"]
        options = ["--connect-to", there, "--timeout", "600", "--verify-hashes"]
        paths = {**os.environ, "PYTHONPATH": str(Path(itms_ota.__file__).parents[1])}
        with subprocess.Popen(
            [*command, *options], env=paths, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"https://a.example.com/m\nno link\n")
            process.stdin.close()
            assert json.loads(process.stdout.readline())["target"] == "no link"  # as it comes
            with silent.accept()[0]:
                process.send_signal(number)
                assert process.wait(60) == status
