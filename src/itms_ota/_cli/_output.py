"""What commands print: texts without secrets and without what a terminal would obey, reports, and JSON."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from .._redact import without_secrets
from ..errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..errors import Problem


def hide_secrets(text: str) -> str:
    """Return a text without secrets where a URL stands in it; the names of files stay as they are."""
    return without_secrets(text) if re.search("(?i)[:/]/|[@?]|%(?:25)*(?:3A|40)", text) else text


def shown(text: str) -> str:
    """Return a line of text as it may be printed: without secrets, and without what a terminal would obey."""
    return printable(hide_secrets(text))


def say(text: str = "", *, error: bool = False) -> None:
    """Print a line of text to standard output, or to standard error."""
    print(shown(text), file=sys.stderr if error else sys.stdout)


def warn(problems: Iterable[Problem]) -> None:
    """Print problems to standard error."""
    for problem in problems:
        # It shows itself without secrets: a second look at whole sentences would hide words of them.
        print(problem, file=sys.stderr)


def write(text: str) -> None:
    """Print markup or a link, whose URLs must be whole: they are what the command is for."""
    print(_as_markup(text) if sys.stdout.isatty() else text)


def _as_markup(text: str) -> str:
    """Write what a terminal would act on as character references, which mean the same in XML and HTML."""
    return "".join(c if c in "\t\n" or printable(c) == c else f"&#{ord(c)};" for c in text)


def print_json(found: object, indent: int | None = 2) -> None:
    """Print data as JSON, in ASCII; on one line where there is no indent."""
    import json  # most commands print text

    # json leaves DEL as it is, which is a control character too.
    print(json.dumps(found, indent=indent, default=datetime.isoformat).replace("\x7f", r"\u007f"))
