"""The command ``explain``: what a code means, or what a device shows or logs, and what to do about it."""

from __future__ import annotations

import re
from textwrap import fill, wrap
from typing import TYPE_CHECKING

from ._code import find_code, not_a_code
from ._output import say
from ._verdict import WrongCallError

if TYPE_CHECKING:
    import argparse

    from .._codes import Entry

# As devices write it behind a domain.
_NUMBER = re.compile(r"code[=:]? ?(-?[0-9]{1,10})", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="such as bare-ampersand, or a device's own, such as 0xe8008017; without it, all problem codes are listed",
    )


def run(options: argparse.Namespace) -> int:
    """Print the entry of a code, or a line for each code."""
    from .._codes import CODES  # the other commands need no explanations

    given: str | None = options.code
    if given is None:
        for name, entry in CODES.items():
            print(f"{name:<26} {' or '.join(entry.levels):<16} {entry.meaning.partition('. ')[0].rstrip('.')}.")
        return 0
    code = find_code(given)
    if code is not None:
        print(_text(code, CODES[code]))
        return 0
    told = _of_a_device(given)
    if not told:
        pointer = "What a device shows or logs is explained by `python -m itms_ota explain-log FILE`."
        number = _NUMBER.fullmatch(given)
        fault = f"No code with the number {number[1]} is known." if number else not_a_code(given)
        raise WrongCallError(f"{fault} {pointer}")
    for text in told:
        for line in wrap(text, 100, break_on_hyphens=False):
            say(line)
    return 0


def _of_a_device(given: str) -> list[str]:
    """Return what a code means that a device logs, or a sentence that it shows; nothing where it is not known."""
    from ..logs import MEANINGS, explain_log

    words = " ".join(given.split())
    number = _NUMBER.fullmatch(words)
    exact = [
        f"{code}: {entry.says} {entry.cure}"
        for code, entry in MEANINGS.items()
        if (code.partition(" ")[2] == number[1] if number else code.lower() == words.lower())
    ]
    return exact or [problem.message for problem in explain_log(words).problems if problem.code == "install-failed"]


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
