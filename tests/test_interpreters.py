"""The library does the same from many threads, in interpreters within one process, and however Python is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from _long import IS_LONG

pytestmark = pytest.mark.dear

TESTS = Path(__file__).parent


def started(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run Python in a folder with the modules of the tests at hand."""
    paths = os.pathsep.join([str(TESTS), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        cwd=folder,
        capture_output=True,
        check=False,
    )


def everything(folder: Path, *options: str, what: str = "", **environment: str) -> Any:
    """Run the script that calls everything public, and return what it prints."""
    done = started(folder, *options, TESTS / "_everything.py", *filter(None, [what]), **environment)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give what everything public returns where Python is started as usual."""
    return everything(tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (("-OO",), {}),  # neither docstrings nor asserts, as with -O
        (("-W", "error", "-X", "dev", "-bb"), {}),
        (("-X", "utf8=0"), {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}),
    ],
    ids=" ".join,
)
def test_however_python_is_started(
    usual: Any, tmp_path: Path, options: tuple[str, ...], environment: dict[str, str]
) -> None:
    assert everything(tmp_path, *options, **environment) == usual


@pytest.mark.parametrize("options", [(), ("-OO",), ("-W", "error", "-X", "dev", "-bb"), ("-X", "utf8=0")], ids=" ".join)
@pytest.mark.parametrize(("arguments", "status"), [((), 2), (("--help",), 0), (("inspect", "{}"), 1), (("demo",), 0)])
def test_however_the_command_is_started(
    tmp_path: Path, options: tuple[str, ...], arguments: tuple[str, ...], status: int
) -> None:
    text = tmp_path / "manifest.plist"
    text.write_bytes("<plist><dict><key>\u00fc</key><string>\U0001f600".encode())
    given = [argument.format(text) for argument in arguments]
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"} if "utf8=0" in options else {}
    done = started(tmp_path, *options, "-m", "itms_ota", *given, **locale)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Warning" not in done.stderr
    assert done.stdout or status == 2


def test_from_many_threads_at_once(tmp_path: Path) -> None:
    assert everything(tmp_path, what="threads") == []


@pytest.mark.skipif(sys.version_info < (3, 13), reason="this Python has no module for it")
@pytest.mark.skipif(not IS_LONG, reason="with interpreters side by side, CPython 3.13.0 itself crashes at times")
def test_in_interpreters_of_one_process(usual: Any, tmp_path: Path) -> None:
    assert everything(tmp_path, what="interpreters") == {}
    for number in range(2):
        assert json.loads((tmp_path / f"{number}.json").read_text("utf-8")) == usual
