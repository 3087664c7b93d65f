"""The shape of the code: functions and modules stay short, and what is too complex is split, never waived."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from textwrap import indent

import pytest

import itms_ota

PACKAGE = Path(itms_ota.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

MOST_LINES = 450
MOST_LINES_OF_A_FUNCTION = 59
DATA = {"_user_agents.py", "_codes.py", "page/_texts.py", "page/_translations.py"}
"""Modules that hold nothing but data, which may be long."""

# Of what ruff finds too complex. Ruff itself refuses a waiver that names no rule.
WAIVER = re.compile(r"noqa:.*\b(?:C901|PLR091[125])\b")


def excesses(name: str, source: str) -> list[str]:
    """Return everything in which a module's source is out of shape."""
    lines = source.splitlines()
    found = [f"{name} has {len(lines)} lines"] if len(lines) > MOST_LINES and name not in DATA else []
    found.extend(f"{name}, line {number}: {line}" for number, line in enumerate(lines, 1) if WAIVER.search(line))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                found.append(f"{name}, line {node.lineno}: {node.name} has {length} lines")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_every_module_is_in_shape(file: Path) -> None:
    assert excesses(file.relative_to(PACKAGE).as_posix(), file.read_text("utf-8")) == []


LONG_MODULE = "x = 1\n" * 451
LONG_FUNCTION = 'def f():\n    """Say.\n\n    More.\n    """\n' + "    x = 1\n" * 55


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("a.py", LONG_MODULE, "a.py has 451 lines"),
        ("page/_codes.py", LONG_MODULE, "page/_codes.py has 451 lines"),
        ("a.py", LONG_FUNCTION, "a.py, line 1: f has 60 lines"),
        ("_codes.py", f"@property\nasync {LONG_FUNCTION}", "_codes.py, line 2: f has 60 lines"),
        ("a.py", f"class A:\n{indent(LONG_FUNCTION, '    ')}", "a.py, line 2: f has 60 lines"),
        ("a.py", "x = 1  # noqa: C901", "a.py, line 1: x = 1  # noqa: C901"),
        ("a.py", "# ruff: noqa: N802, PLR0912 -- why", "a.py, line 1: # ruff: noqa: N802, PLR0912 -- why"),
    ],
)
def test_an_excess_is_noticed(name: str, source: str, expected: str) -> None:
    assert excesses(name, source) == [expected]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.py", LONG_MODULE.removeprefix("x = 1\n")),
        ("page/_texts.py", LONG_MODULE),
        ("a.py", LONG_FUNCTION.removesuffix("    x = 1\n")),
        ("a.py", "class A:\n" + "    x = 1\n" * 100),
        ("a.py", "x = 1  # noqa: E501"),
    ],
)
def test_what_is_in_shape_passes(name: str, source: str) -> None:
    assert excesses(name, source) == []
