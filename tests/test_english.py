"""Messages, docstrings and pages are in plain English: what readers stumbled over does not come back."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _declared import is_plain

import itms_ota

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(itms_ota.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# "'x' is no URL" is "'x' is not a valid URL"; "There is no file" and "is no longer" are as they should be.
DIALECT = re.compile(
    r"""
    (?<!\bthere\ ) \b (?:is|are|was|were) \s+ no \b (?! \s+ (?:longer|more)\b )
    | \b which \s+ (?:is|are) \s+ (?-i:none) \b  # not None
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A docstring says what a function returns, reads, writes, checks or finds.
OPENING = re.compile(r"(?:give|tell|say)s?\b", re.IGNORECASE)


def faults(source: str) -> Iterator[str]:
    """Yield the texts of a module that are not plain, each with its line."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and DIALECT.search(node.value):
            yield f"line {node.lineno}: {node.value}"
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            opening = ast.get_docstring(node) or ""
            if OPENING.match(opening):
                yield f"line {node.body[0].lineno}: {opening}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_the_texts_of_a_module_are_plain(file: Path) -> None:
    assert list(faults(file.read_text("utf-8"))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_text_of_a_page_is_plain(page: Path) -> None:
    assert [found[0] for found in DIALECT.finditer(page.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("x = \"'a' is no URL\"", 1),
        ("x = f'{y} is no URL'", 1),
        ("x = 'holds a, which is none'", 1),
        ("x = 'These are no links'", 1),
        ('"""A text that is\nno URL."""', 1),
        ("def f():\n    '''Give the answer.'''", 1),
        ("def f():\n    '''Tells which.'''", 1),
        ("class C:\n    '''Say so.'''", 1),
        ("x = 'There is no file, and it is no longer needed'", 0),
        ("x = 'Is None, and is not a URL'", 0),
        ("def f():\n    '''Return what was given.'''\n    return 'give'", 0),
        ("# is no URL\nx = 1", 0),
    ],
)
def test_what_is_not_plain_is_noticed(source: str, count: int) -> None:
    assert len(list(faults(source))) == count


@pytest.mark.parametrize(
    ("message", "is_odd"),
    [
        ("The archive has 'abc'..", True),
        ("It cannot be read ([Errno 2] No such file or directory).", True),
        ("It cannot be unpacked (BadZipFile: Bad CRC-32 for file 'NoName').", True),
        ("It is <class 'int'>.", True),
        ("The file 'a..b' is in \"c..d\", and a device's URL is 'it\\'s..'.", False),
        ("The body ends too early…", False),
        ("What follows is left out...", False),
    ],
)
def test_what_other_programs_say_is_noticed_in_messages(message: str, *, is_odd: bool) -> None:
    # Every message that the tests bring forth is held to this.
    assert is_plain(message) != is_odd
