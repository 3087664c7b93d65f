"""What is declared of each code: complete, in plain English, and held against what the package makes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from itms_ota._codes import CODES, GRADES, Entry
from itms_ota.errors import Code

ENTRIES = [pytest.param(code, entry, id=code) for code, entry in CODES.items()]
TESTS = Path(__file__).parent


def test_every_code_has_an_entry_in_the_order_of_the_codes() -> None:
    assert list(CODES) == list(typing.get_args(Code))


def test_the_codes_of_a_group_stand_together() -> None:
    groups = [entry.group for entry in CODES.values()]
    assert sorted(groups, key=list(dict.fromkeys(groups)).index) == groups


@pytest.mark.parametrize(("code", "entry"), ENTRIES)
def test_an_entry_is_whole_and_in_plain_english(code: str, entry: Entry) -> None:
    assert re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", code)
    assert entry.levels in {("error",), ("warning",), ("error", "warning")}
    for text in (entry.meaning, entry.cure):
        assert re.fullmatch(r"[A-Z`.].*\.", text)
        assert not re.search(r"\b(?:is|are) no (?!longer)[a-z]|which is none", text)
        assert text.count("`") % 2 == 0
    # None of these would survive in a table, or in a terminal.
    assert not re.search(r"\||\s\s|\n|\]\(", f"{entry.meaning} {entry.cure} {entry.source} {entry.versions}")
    assert {part.partition(": ")[0] for part in entry.source.split("; ")} <= GRADES.keys()


# A problem is the package's where a module of the package makes it.
MAKER = """
import dataclasses
from itms_ota.errors import Problem

NAMES = {"__name__": "itms_ota.made_up", "Problem": Problem, "replace": dataclasses.replace}
exec("def make(): return Problem('', 'no-app', '', level)", NAMES)
exec("def change(): return replace(make(), level='warning')", NAMES)

def test_it():
    Problem("", "no-app", "", "warning")  # a test's own
    NAMES["level"] = "error"
    NAMES["make"]()
    if CHANGE:
        NAMES["change"]()
"""


@pytest.mark.parametrize("change", [False, True])
def test_a_run_that_brings_forth_what_is_not_declared_fails(change: bool, tmp_path: Path) -> None:  # noqa: FBT001
    (tmp_path / "test_made_up.py").write_text(MAKER.replace("CHANGE", str(change)), "utf-8")
    (tmp_path / "conftest.py").write_text(
        "from _declared import Declared\n\n\ndef pytest_configure(config):\n"
        "    config.pluginmanager.register(Declared())\n",
        "utf-8",
    )
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        check=False,
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        text=True,
    )
    assert ("'no-app' as 'warning', made by itms_ota.made_up.change" in done.stdout) is change
    assert "1 passed" in done.stdout
    assert done.returncode == change
