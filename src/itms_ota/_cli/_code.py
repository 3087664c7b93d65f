"""A problem code as people give it: as it stands in a report, or misspelt."""

from __future__ import annotations

from .._redact import redact_text


def find_code(given: str) -> str | None:
    """Return the code that was given; None where there is no such code."""
    from .._codes import CODES  # many commands need no explanations

    # Reports put the code in brackets, and people copy them with it.
    code = given.strip("[]").lower()
    return code if code in CODES else None


def not_a_code(given: str) -> str:
    """Return what is wrong with what was given, and the codes that are nearest."""
    from difflib import get_close_matches  # only for what is misspelt

    from .._codes import CODES

    near = get_close_matches(given.strip("[]").lower(), CODES, 3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Without a code, 'explain' lists all."
    return f"{redact_text(given)} is not a problem code. {hint}"
