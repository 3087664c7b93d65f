"""Where a value stands: its path in the property list, and its line and column in the file.

A key can have a million letters, and hold a hundred thousand values. So places are kept as links to what holds the
value, and paths are spelled only where they are asked for, and bounded in length.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from .._redact import without_secrets
from .._wording import cut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# A path is for people, and for programs that look for a known key.
_LONGEST_KEY = 200

Place: TypeAlias = "tuple[Place, str | int] | None"
"""A value's key or index, behind the place of what holds it; None is the whole."""


def child(path: str, step: str | int) -> str:
    """Return the path of a value by its key in the dictionary, or its index in the array, at `path`.

    A key of over 200 characters is cut short, and so is a path of over 1000.

    >>> child(child(child("", "items"), 0), "metadata")
    'items[0].metadata'
    """
    if isinstance(step, int):
        return cut(f"{path}[{step}]")
    # Nobody looks for a key that holds a password; and as many letters as could be shown are looked at, not a million.
    key = cut(without_secrets(cut(step)), _LONGEST_KEY)
    return cut(f"{path}.{key}" if path else key)


def joined(path: str, rest: str) -> str:
    """Return the path of what is at `rest` within the value at `path`; as long as `child` lets it be.

    >>> joined("items[0]", "metadata.title"), joined("assets", "[1]")
    ('items[0].metadata.title', 'assets[1]')
    """
    return cut(path + (f".{rest}" if path and rest and not rest.startswith(("[", ".")) else rest))


def is_within(path: str, whole: str) -> bool:
    """Return whether a path is that of the value at another, or of a part of it.

    >>> is_within("items[0].assets", "items[0]"), is_within("items[10]", "items[1]")
    (True, False)
    """
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))


def spelled(place: Place) -> str:
    """Return the path of a place."""
    steps: list[str | int] = []
    while place is not None:
        place, step = place
        steps.append(step)
    return reduce(child, reversed(steps), "")


def lines(text: str, offsets: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Find line and column, from 1, of offsets in a text; none of them between the two characters of a line's end."""
    found: dict[int, tuple[int, int]] = {}
    line, start, before = 1, 0, 0
    for offset in sorted(set(offsets)):
        line += text.count("\n", before, offset) + text.count("\r", before, offset) - text.count("\r\n", before, offset)
        start = max(start, text.rfind("\n", before, offset) + 1, text.rfind("\r", before, offset) + 1)
        found[offset] = line, offset - start + 1
        before = offset
    return found


class Wanted:
    """The offsets of the values at some paths, and of those that hold them, noted while a file is read."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = sorted(paths)
        self._offsets: dict[str, int] = {}

    def note(self, path: str, offset: int) -> str | None:
        """Note a value if its path, or what goes on from it, is wanted; return its path then."""
        # What begins with a text comes right behind it.
        following = self._paths[bisect_left(self._paths, path) :][:1]
        if not (following and following[0].startswith(path)):
            return None
        self._offsets[path] = offset
        return path

    def nearest(self, path: str) -> int | None:
        """Return the offset of the value at a path, or of the nearest that would hold it, if that is not the whole."""
        near = path
        while near and near not in self._offsets:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        return self._offsets.get(near) if near or not path else None
