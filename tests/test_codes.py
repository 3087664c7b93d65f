"""What is declared of each code: complete, in plain English, and held against what the package makes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from itms_ota._archive import _LARGEST_DIRECTORY, _MOST_ENTRIES
from itms_ota._bundle import LARGEST_PLIST
from itms_ota._codes import CODES, GRADES, Entry
from itms_ota._plist._value import MAX_BYTES, MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES
from itms_ota._png import LARGEST_FILE, MAX_SIDE
from itms_ota.check._install import _REQUESTS_FOR_A_LINK
from itms_ota.check._peers import _LONGEST_LIFETIME
from itms_ota.check._probes import MOST_ITEMS
from itms_ota.check._report import _MOST_REQUESTS
from itms_ota.check._target import MOST_LINKS
from itms_ota.checksum import CHUNK_SIZE
from itms_ota.errors import Code
from itms_ota.logs._report import LONGEST_LINE
from itms_ota.profile import LARGEST_PROFILE, SOON
from itms_ota.udid import _LARGEST_ANSWER

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


def spaced(number: int) -> str:
    """Write a number as the entries do."""
    return f"{number:,}".replace(",", " ")


# What entries say of limits, made of the limits.
LIMITS: list[tuple[Code, str]] = [
    ("too-large", f"Property list: {MAX_BYTES >> 20} MiB, {spaced(MAX_VALUES)} values, {MAX_DEPTH} levels"),
    ("too-large", f"or {MAX_PROBLEMS} faults."),
    ("too-large", f".ipa: {spaced(_MOST_ENTRIES)} files, a directory of {_LARGEST_DIRECTORY >> 20} MiB,"),
    ("too-large", f"an Info.plist or a profile of {max(LARGEST_PLIST, LARGEST_PROFILE) >> 20} MiB,"),
    ("too-large", f"an icon of {LARGEST_FILE >> 20} MiB. Answer of a device: {_LARGEST_ANSWER >> 10} KiB."),
    ("too-large", f"Image on a server: {LARGEST_FILE >> 20} MiB,"),
    ("bad-icon", f"larger than {MAX_SIDE} pixels"),
    ("bad-chunk-size", f"Apple uses {CHUNK_SIZE}."),
    ("profile-expires-soon", f"within {SOON.days} days"),
    ("certificate-expires-soon", f"within {SOON.days} days"),
    ("tls-expires-soon", f"within {SOON.days} days"),
    ("tls-lifetime", f"more than {_LONGEST_LIFETIME.days} days"),
    ("not-checked", f"{MOST_ITEMS} items of a manifest and {MOST_LINKS} links, makes {_MOST_REQUESTS} requests"),
    ("not-checked", f"requests and {_REQUESTS_FOR_A_LINK} more for each"),
    ("not-checked", f"of a line of a log {LONGEST_LINE >> 10} KiB are read"),
]


@pytest.mark.parametrize(("code", "words"), LIMITS)
def test_the_limits_that_an_entry_names_are_those_of_the_code(code: Code, words: str) -> None:
    entry = CODES[code]
    assert words in f"{entry.meaning} {entry.cure} {entry.source}"


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
