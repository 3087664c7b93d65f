"""What programs see of problems: what most tests hold against what they expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from itms_ota.errors import Problem

Codes = list[tuple[str, str, str]]
"""Path, code and level of each."""


def codes(problems: Iterable[Problem]) -> Codes:
    """Return what programs see of problems, in their order."""
    return [(problem.path, problem.code, problem.level) for problem in problems]
