"""The command ``explain``: what a problem code means, and what to do about it."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from ._code import find_code, not_a_code
from ._verdict import WrongCallError

if TYPE_CHECKING:
    import argparse

    from .._codes import Entry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="such as bare-ampersand; without it, all are listed")


def run(options: argparse.Namespace) -> int:
    """Print the entry of a code, or a line for each code."""
    from .._codes import CODES  # the other commands need no explanations

    given: str | None = options.code
    if given is None:
        for name, entry in CODES.items():
            print(f"{name:<26} {' or '.join(entry.levels):<16} {entry.meaning.partition('. ')[0].rstrip('.')}.")
        return 0
    code = find_code(given)
    if code is None:
        raise WrongCallError(not_a_code(given))
    print(_text(code, CODES[code]))
    return 0


def _text(code: str, entry: Entry) -> str:
    lines = {
        "": entry.meaning,
        "What to do: ": entry.cure,
        "iOS versions: ": entry.versions,
        "Where from: ": entry.source,
    }
    # What stands in backticks is there to be copied.
    paragraphs = [
        fill(name + text, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        for name, text in lines.items()
        if text
    ]
    return "\n".join([f"{code} ({' or '.join(entry.levels)}; {entry.group})", *paragraphs])
