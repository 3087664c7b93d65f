"""The fields of the model: checked when a value is made, and taken out of the dictionaries of a property list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from .._arguments import check_tuple, check_type
from ..checksum import ALGORITHMS, Checksum, is_digest

if TYPE_CHECKING:
    from .._plist import PlistValue
    from ..checksum import Algorithm


def own_extra(owner: Any) -> None:
    """Keep a copy of extra, which whoever gave it may go on changing."""
    name, extra = f"{type(owner).__name__}.extra", cast("Mapping[object, object]", owner.extra)
    check_type(name, extra, Mapping)
    for key in extra:
        check_type(f"{name}: each key", key, str)
    object.__setattr__(owner, "extra", dict(extra))


def make_tuple(owner: object, name: str, kind: type) -> None:
    """Make a tuple of a field that may be given as a list; TypeError for what has other things in it."""
    value: Any = getattr(owner, name)
    fits = isinstance(value, tuple)
    for part in value if fits else ():
        fits = fits and isinstance(part, kind)
    if not fits:
        object.__setattr__(owner, name, check_tuple(f"{type(owner).__name__}.{name}", value, kind))


def in_order(raw: dict[str, PlistValue]) -> dict[str, PlistValue]:
    """Sort the keys as Xcode writes them, so that problems too come in the order of the written file."""
    keys = list(raw)
    return raw if keys == sorted(keys) else dict(sorted(raw.items()))


def take_texts(raw: dict[str, PlistValue], *keys: str) -> list[str]:
    """Take texts out of a dictionary; an empty one, or what is not a text, stays there."""
    taken: list[str] = []
    for key in keys:
        value = raw.get(key)
        if value and isinstance(value, str):
            del raw[key]
            taken.append(value)
        else:
            taken.append("")
    return taken


def take_dicts(raw: dict[str, PlistValue], key: str) -> list[dict[str, PlistValue]]:
    """Take a list of dictionaries out of a dictionary; an empty one, or one with anything else in it, stays."""
    value = raw.get(key)
    if not value or not isinstance(value, list):
        return []
    for part in value:
        if not isinstance(part, dict):
            return []
    del raw[key]
    return cast("list[dict[str, PlistValue]]", value)


def take_checksums(raw: dict[str, PlistValue]) -> tuple[Checksum, ...]:
    """Take out what makes whole and sound checksums; anything else stays, to be reported."""
    found: list[Checksum] = []
    for algorithm in ALGORITHMS:
        digest, digests, size = raw.get(algorithm), raw.get(f"{algorithm}s"), raw.get(f"{algorithm}-size")
        if isinstance(digest, str) and (checksum := _checksum(algorithm, [digest], None)):
            found.append(checksum)
            del raw[algorithm]
        if isinstance(digests, list) and type(size) is int and (checksum := _checksum(algorithm, digests, size)):
            found.append(checksum)
            del raw[f"{algorithm}s"], raw[f"{algorithm}-size"]
    return tuple(found)


def _checksum(algorithm: Algorithm, digests: list[PlistValue], chunk_size: int | None) -> Checksum | None:
    texts = tuple(digest for digest in digests if isinstance(digest, str) and is_digest(algorithm, digest))
    sound = texts and len(texts) == len(digests) and (chunk_size is None or chunk_size > 0)
    return Checksum(algorithm, texts, chunk_size) if sound else None
