"""The page about signatures has the table that the code has."""

from __future__ import annotations

from pathlib import Path

from itms_ota._codes import CODES
from itms_ota.signature._faults import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "signature.md"


def table() -> str:
    """Write the table, in the order of the codes."""
    rows = [
        f"| `{code}` | {FAULTS[code].cause} | {FAULTS[code].log or '–'} | {entry.cure} |"  # type: ignore[index]
        for code, entry in CODES.items()
        if code in FAULTS
    ]
    return "\n".join(rows)


def test_the_page_has_the_table_of_the_code() -> None:
    assert table() in PAGE.read_text("utf-8"), table()
