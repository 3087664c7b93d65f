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

# As devices write it behind a domain, servers log it, and people say it.
_NUMBER = re.compile(r"(?:(?:code|error|status|http)[=:]? ?)?(-?[0-9]{1,10})", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="such as bare-ampersand, a device's own, such as 0xe8008017, a status, such as 404, or an alert in "
        "English; without it, all problem codes are listed",
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
        pointer = (
            "No known code or alert of a device matches either; alerts are known in English only. To explain a whole "
            "log, run `python -m itms_ota explain-log FILE`."
        )
        number = _NUMBER.fullmatch(given)
        fault = f"No code with the number {number[1]} is known." if number else f"{not_a_code(given)} {pointer}"
        raise WrongCallError(fault)
    for text in told:
        for line in wrap(text, 100, break_on_hyphens=False):
            say(line)
    return 0


def _of_a_device(given: str) -> list[str]:
    """Return what a code means that a device logs, or a sentence that it shows; nothing where it is not known."""
    from ..logs import MEANINGS, NO_FAILURES, STATUSES, explain_log

    words = " ".join(given.split())
    number = _NUMBER.fullmatch(words)
    exact = [
        f"{code}: {entry.says} {entry.cure}"
        for code, entry in MEANINGS.items()
        if (code.partition(" ")[2] == number[1] if number else code.lower() == words.lower())
    ]
    if number and (status := int(number[1])) in STATUSES:
        exact.append(f"Status {status:03}: {' '.join(STATUSES[status])}")
    exact = exact or [problem.message for problem in explain_log(words).problems if problem.code == "install-failed"]
    return exact or [says for shown, says in NO_FAILURES.items() if shown in words.lower()]


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
