"""From the bytes of a file to the dictionary of a manifest, and what is wrong with the form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from .. import _plist
from .._wording import kind_of
from ..errors import Problem
from ._sniff import NOT_A_MANIFEST, other_plist, sniff, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._plist import PlistValue
    from ._sniff import Kind

# Even a file without <plist> was meant to be a property list if one of these was found in it.
_OF_A_PLIST = frozenset({"too-large"})


class Document(NamedTuple):
    """What was read: the dictionary of the manifest that was meant (None where that cannot be told), and the rest."""

    value: dict[str, PlistValue] | None
    kind: Kind
    problems: tuple[Problem, ...]


def read(data: bytes) -> Document:
    """Read a file, and find what is wrong with its form; the rules for its content are `_schema`'s."""
    kind = sniff(data)
    if kind is not None:
        return Document(None, kind, (_not_a_manifest(NOT_A_MANIFEST[kind]),))
    value, problems = _plist.read(data)
    if value is None:
        if data.startswith(b"bplist") or b"<plist" in data or any(p.code in _OF_A_PLIST for p in problems):
            return Document(None, "plist", problems)
        return Document(None, "unknown", (_not_a_manifest(unknown(data)),))
    if not isinstance(value, dict):
        message = f"The property list is {kind_of(value)}. A manifest is a dict with the key 'items'."
        return Document(None, "plist", (*problems, Problem("", "wrong-type", message)))
    if "items" not in value:
        kind, words = other_plist(value)
        return Document(None, kind, (*problems, _not_a_manifest(words)))
    return Document(value, "manifest", problems)


def placed(problems: Iterable[Problem], data: bytes) -> tuple[Problem, ...]:
    """Return the problems of an XML file with line and column, in the order of the file."""
    problems = tuple(problems)
    paths = {problem.path for problem in problems if problem.line is None and problem.path}
    positions = _plist.positions(data, paths)

    def place(problem: Problem) -> Problem:
        if problem.line is not None or problem.path not in positions:
            return problem
        line, column = positions[problem.path]
        return replace(problem, line=line, column=column)

    return tuple(sorted(map(place, problems), key=lambda problem: (problem.line or 0, problem.column or 0)))


def _not_a_manifest(message: str) -> Problem:
    return Problem("", "not-a-manifest", message)
