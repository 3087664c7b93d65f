"""The counts in docs/wild.md are those of the data."""

from __future__ import annotations

from pathlib import Path

import pytest
from count_wild import table

PAGE = Path(__file__).parent.parent / "docs" / "wild.md"


def test_the_table_is_what_is_counted(corpus: Path) -> None:
    counted = table(corpus)
    page = PAGE.read_text("utf-8")
    if counted.splitlines()[2] not in page:
        pytest.skip("these are other data than the page is about")
    # A row that is no longer counted would stand behind it.
    assert f"\n{counted}\n\n" in page
