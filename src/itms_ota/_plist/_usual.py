"""The plainest form of an XML property list, in which nearly every file is written.

A file of nothing else is known to be well-formed XML, and the group that matched says what an element is: so most files
are read with few questions. Where anything else begins, the scanner reads on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from ._characters import BEYOND_XML, MARK, SPACE, resolved
from ._scalars import SCALARS
from ._tree import Element
from ._value import MAX_DEPTH, stands_for_uid

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._tree import Tree

_HEAD = re.compile(
    (
        r"""(?:\xef\xbb\xbf)?(?:<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))?"""
        rf"""{SPACE}\?>{SPACE}(?:<!DOCTYPE plist PUBLIC "-//Apple(?: Computer)?//DTD PLIST 1\.0//EN" """
        rf""""https?://www\.apple\.com/DTDs/PropertyList-1\.0\.dtd">{SPACE})?)?"""
        r"""<plist(?: version=(?:"[0-9.]*"|'[0-9.]*'))?>"""
    ).encode()
)
_TEXT = f"[^<{MARK}{BEYOND_XML}]*"
_ELEMENT = re.compile(
    rf"""
    {SPACE}<
    (?:
        (?:key>(?P<key>{_TEXT})</key>{SPACE}<)?
        (?:
            string>(?P<text>{_TEXT})</string>
            | (?P<opened>dict|array)>
            | (?P<empty>true|false|dict|array|string)/>
            | integer>(?P<integer>-?[0-9]{{1,18}})</integer>
            | date>(?P<date>[0-9TZ:-]*)</date>
            | data>(?P<data>[A-Za-z0-9+/=\ \t\r\n]*)</data>
        )
        | /(?P<closed>dict|array)>
        | (?P<end>/plist>){SPACE}\Z
    )
    """,
    re.VERBOSE,
)

_EMPTY: dict[str, Callable[[], Any]] = {
    "true": lambda: True,
    "false": lambda: False,
    "dict": dict,
    "array": list,
    "string": str,
}


def _ordinary(name: str) -> Callable[[str], Any]:
    """Return what reads a text that everybody reads alike."""
    read = SCALARS[name].read

    def value(text: str) -> Any:
        found, is_ordinary = read(text)
        return found if is_ordinary else None

    return value


# None is what the scanner has to look at.
_VALUES: dict[str, Callable[[str], Any]] = {
    "text": resolved,
    "opened": lambda name: {} if name == "dict" else [],
    "empty": lambda name: _EMPTY[name](),
    "integer": int,
    "date": _ordinary("date"),
    "data": _ordinary("data"),
}


def has_usual_head(data: bytes) -> bool:
    """Return whether a file begins as nearly every one does."""
    return _HEAD.match(data) is not None


def read_usual(tree: Tree, text: str, position: int) -> int | None:
    """Read the usual elements where they belong; return where anything else begins, None behind the whole."""
    if tree.open[-1].key is not None:
        return position
    match = _ELEMENT.match
    while (found := match(text, position)) is not None:
        kind = cast("str", found.lastgroup)
        if kind == "closed":
            element = tree.open[-1]
            if len(tree.open) == 1 or found[kind] != element.name:
                break
            if element.name == "dict" and stands_for_uid(element.value):
                break
            tree.open.pop()
        elif kind == "end":
            return None if len(tree.open) == 1 and tree.open[-1].is_filled else position
        elif not _read_value(tree, found, kind):
            break
        position = found.end()
    return position


def _read_value(tree: Tree, found: re.Match[str], kind: str) -> bool:
    """Read a value, with its key before it, if it is usual where it stands."""
    value = _VALUES[kind](found[kind])
    if value is None or not tree.left or (kind == "opened" and len(tree.open) > MAX_DEPTH):
        return False
    key = found["key"]
    if key is not None:
        key = resolved(key)
        if key is None:
            return False
    holder = tree.open[-1]
    if not _put(tree, holder, key, value):
        return False
    tree.left -= 1
    if kind == "opened":
        step = len(holder.value) - 1 if holder.name == "array" else key
        tree.open.append(Element(found[kind], value, found.start(kind) - 1, step))
    return True


def _put(tree: Tree, holder: Element, key: str | None, value: Any) -> bool:
    if holder.name == "dict":
        if key is None or key in holder.value:
            return False
        holder.value[key] = value
        if holder.is_spoilt:
            holder.is_spoilt = holder.is_templated = False
    elif key is not None:
        return False
    elif holder.name == "array":
        holder.value.append(value)
    elif len(tree.open) == 1 and not holder.is_filled:
        holder.is_filled = True
        tree.value = value
    else:
        return False
    return True
