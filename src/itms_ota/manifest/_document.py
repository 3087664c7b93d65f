"""From the bytes of a file to the dictionary of a manifest, and what is wrong with the form and with the content."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from .. import _plist
from .._wording import kind_of
from ..errors import Problem
from ._near import is_item, other_plist
from ._schema import check
from ._sniff import LEADING, not_a_manifest, sniff, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .._plist import PlistValue
    from ._sniff import Kind

_PLIST = tuple("<plist".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
# A manifest in the old text form, of UTF-16 too; files of translations and of Xcode's projects have that form as well.
_ITEMS = re.compile(rb"\bitems[\"']?\s*=\s*\(")
# Where the form is broken, what was read of a value or dictionary is not all that stands there.
_BROKEN = frozenset({"malformed-plist", "stray-text", "unknown-element", "truncated", "placeholder"})
# No broken tag makes these of a value: whoever mends it has to mend them too.
_INDEPENDENT = frozenset({"placeholder", "not-https"})
# Where elements do not end where they should, values stand where they were not meant to.
_OF_PLACE = frozenset({"missing", "wrong-type", "unknown-key", "no-package", "unknown-kind", "duplicate-kind"})


class Document(NamedTuple):
    """What was read: the dictionary of the manifest that was meant (None where that cannot be told), and the rest."""

    value: dict[str, PlistValue] | None
    kind: Kind
    problems: tuple[Problem, ...]


def judge(data: bytes) -> Document:
    """Read a file, and find what is wrong with it; not what only follows from a broken form."""
    kind = sniff(data)
    if kind is not None:
        return Document(None, kind, (_not_a_manifest(not_a_manifest(data, kind)),))
    value, problems, is_crossed = _plist.read(data, once=True)
    if not isinstance(value, dict) or "items" not in value:
        return _other(data, value, problems)
    broken = {problem.path for problem in problems if problem.path and problem.code in _BROKEN}
    told = {(problem.path, problem.code) for problem in problems}
    cut = [problem.path for problem in problems if problem.code == "truncated"]
    found = (
        problem
        for problem in check(value)
        if (problem.path, problem.code) not in told
        and not (_follows(problem, broken, cut) or (is_crossed and problem.code in _OF_PLACE))
    )
    return Document(value, "manifest", (*problems, *found))


def _follows(problem: Problem, broken: Collection[str], cut: Iterable[str]) -> bool:
    """Check whether a problem follows from what is broken at these paths, or from where the file was cut."""
    if problem.path in broken and problem.code not in _INDEPENDENT:
        return True
    if problem.code in {"missing", "unknown-key"}:
        place = problem.path.rpartition(".")[0]
        return place in broken or (problem.code == "missing" and _has_within(cut, place))
    if problem.code == "no-package":
        # A key of an asset is broken.
        is_key = any(path.startswith(f"{problem.path}[") and path.endswith("]") for path in broken)
        return is_key or _has_within(cut, problem.path)
    return problem.code == "empty" and _has_within(cut, problem.path)


def _has_within(paths: Iterable[str], place: str) -> bool:
    return any(_plist.is_within(path, place) for path in paths)


def _other(data: bytes, value: PlistValue | None, problems: tuple[Problem, ...]) -> Document:
    """Return what is known of a property list that is not a manifest, or of a file in which none was found."""
    if value is None:
        return _nothing(data, problems)
    is_broken = any(problem.code in _BROKEN for problem in problems)
    if isinstance(value, dict):
        kind, words = other_plist(value)
        # It may be the key that is broken.
        found = () if is_broken and kind == "plist" else (_not_a_manifest(words),)
        return Document(None, kind, (*problems, *found))
    if is_broken:
        return Document(None, "plist", problems)
    message = f"The property list is {kind_of(value)}. A manifest is a dict with the key 'items'."
    if isinstance(value, list) and any(map(is_item, value[:1])):
        message += " These seem to be its items. Put the array under that key."
    return Document(None, "plist", (*problems, Problem("", "wrong-type", message)))


def _nothing(data: bytes, problems: tuple[Problem, ...]) -> Document:
    """Return what is known of a file in which no value was found."""
    # A text may speak of <plist>. Where values were read, until there were too many, it was one also without.
    is_named = any(name in data for name in _PLIST) or any(p.code == "too-large" and p.line for p in problems)
    if data.startswith(b"bplist") or (is_named and _plist.begins_with_a_tag(data)):
        return Document(None, "plist", problems)
    is_text_form = _plist.begins_as_text_form(data)
    words = problems[-1].message if is_text_form else unknown(data)
    if _ITEMS.search(data.replace(b"\0", b"")) if is_text_form else data.lstrip(LEADING + b"\0").startswith(b"bplist0"):
        return Document(None, "plist", (Problem("", "malformed-plist", words),))
    return Document(None, "plist" if is_text_form else "unknown", (_not_a_manifest(words),))


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
