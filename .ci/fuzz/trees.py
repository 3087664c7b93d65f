"""Elements in DER as trees, so that they can be changed anywhere and still have the right lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from _make_ipa import element, indefinite

from itms_ota._asn1 import Element, elements

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONSTRUCTED = 0x20
_HEAD = 4
# Copies of copies would be many.
_MOST_PLACES = 2000


class _Place(NamedTuple):
    """Where an element stands: among others, at this place."""

    among: list[Any]
    at: int


def changed(sound: bytes, changes: bytes) -> bytes:
    """Change sound elements: each change is the number of one (2 bytes), what to do, a length and an argument."""
    roots = _trees(sound, Element(_CONSTRUCTED, 0, len(sound)))
    while len(changes) >= _HEAD and 0 < len(places := [*_places(roots)]) < _MOST_PLACES:
        number, what, length = int.from_bytes(changes[:2], "big"), changes[2], changes[3] % 32
        _change(places, number, what, changes[_HEAD : _HEAD + length])
        changes = changes[_HEAD + length :]
    return b"".join(map(_written, roots))


def _trees(data: bytes, parent: Element) -> list[Any]:
    """Read elements: the tag, the parts or the content, and whether the length is indefinite."""
    return [
        [part.tag, _trees(data, part) if part.tag & _CONSTRUCTED else data[part.start : part.stop], False]
        for part in elements(data, parent)
    ]


def _places(nodes: list[Any]) -> Iterator[_Place]:
    for at, (_, content, _) in enumerate(nodes):
        yield _Place(nodes, at)
        if isinstance(content, list):
            yield from _places(content)


def _change(places: list[_Place], number: int, what: int, argument: bytes) -> None:
    among, at = places[number % len(places)]
    node = among[at]
    match what % 8:
        case 0:
            node[0] = argument[0] if argument else node[0] ^ 1
        case 1:
            node[1] = argument
        case 2:
            del among[at]
        case 3:
            among[at:at] = [_copied(node) for _ in range(1 + len(argument))]
        case 4:
            among[at], among[-1] = among[-1], node
        case 5:
            node[1:] = [], False
        case 6:
            node[2] = not node[2]
        case _:
            other = places[int.from_bytes(argument[:2], "big") % len(places)]
            among[at] = _copied(other.among[other.at])


def _copied(node: list[Any]) -> list[Any]:
    tag, content, is_indefinite = node
    return [tag, [*map(_copied, content)] if isinstance(content, list) else content, is_indefinite]


def _written(node: list[Any]) -> bytes:
    tag, content, is_indefinite = node
    parts = map(_written, content) if isinstance(content, list) else [content]
    return (indefinite if is_indefinite else element)(tag, *parts)
