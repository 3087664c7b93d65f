"""The command ``explain``: what a problem code means, and what to do about it."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from ._output import say

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
        for code, entry in CODES.items():
            print(f"{code:<26} {' or '.join(entry.levels):<16} {entry.meaning.partition('. ')[0].rstrip('.')}.")
        return 0
    # Reports put the code in brackets, and people copy them with it.
    code = given.strip("[]").lower()
    if code in CODES:
        print(_text(code, CODES[code]))
        return 0
    from difflib import get_close_matches  # only for what is misspelt

    near = get_close_matches(code, CODES, 3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Without a code, all are listed."
    say(f"itms_ota: {given!r} is not a problem code. {hint}", error=True)
    return 2


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
