"""What is different between two manifests, as a device or its management would see it."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass
from itertools import chain, zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from .._redact import repr_of_fields
from .._wording import listed, short
from ..checksum import in_force
from ..errors import printable
from ._kinds import ASSET_KINDS, IPHONE
from ._rules import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from ._item import Asset, Item, Metadata

ChangeKind = Literal["newer", "older", "version", "app", "added", "removed", "address", "hashes", "text", "other"]
"""What is different, for programs; `Change` says what each means."""

Value: TypeAlias = "str | bool | tuple[str, ...] | None"

_T = TypeVar("_T")
_Indexed: TypeAlias = "Iterable[tuple[int, _T]]"
_Pair: TypeAlias = "tuple[int, _T | None, _T | None]"

# In metadata, and read by the device (iOS 26.1).
_READ_BY_DEVICES = ("has-messages-extension", "launch-prohibited")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different between two manifests, and where.

    `kind` is

    - ``"newer"``, ``"older"``: the bundle version is higher or lower. As Apple does, it compares the first three
      integers, of which missing ones are zero.
    - ``"version"``: it is another text, and neither: ``"1.0"`` and ``"1.0.0"``, what is not made of integers, or no
      version at all. Management compares the texts, and fetches the app again.
    - ``"app"``: in place of one app there is another; ``"added"``, ``"removed"``: there is an app more, or less.
    - ``"address"``: the URL of a file is another, or there is a file more, or less.
    - ``"hashes"``: the hashes by which a device verifies a file are others. It is another file, unless they are only
      made in another way.
    - ``"text"``: people see another title or subtitle.
    - ``"other"``: something else that devices read.

    `path` is the place in the manifest after the change; of what is only in the one before, the place there. `before`
    and `after` are the values, and the digests of hashes; None where there is nothing.

    >>> print(Change("newer", "items[0].metadata.bundle-version", "1.9", "1.10"))
    newer at items[0].metadata.bundle-version: '1.9' before, '1.10' now
    """

    __module__ = "itms_ota.manifest"

    kind: ChangeKind
    path: str
    before: Value
    after: Value

    __repr__ = repr_of_fields

    def __str__(self) -> str:
        return printable(f"{self.kind} at {self.path}: {_shown(self.before)} before, {_shown(self.after)} now")


def _shown(value: Value) -> str:
    if value is None:
        return "nothing"
    return listed(value, 1) if isinstance(value, tuple) else short(value)


def changes(before: Sequence[Item], after: Sequence[Item]) -> Iterator[Change]:
    """Yield what is different between the items of two manifests."""
    left: list[tuple[int, Item | None]] = []
    new: list[tuple[int, Item | None]] = []
    for index, old, item in _paired(enumerate(before), enumerate(after), _app):
        if old is not None and item is not None:
            yield from _of_item(old, item, f"items[{index}]")
        elif item is None:
            left.append((index, old))
        else:
            new.append((index, item))
    for (place, gone), (index, come) in zip_longest(left, new, fillvalue=(0, None)):
        kind: ChangeKind = "added" if gone is None else "removed" if come is None else "app"
        (old_name, old_platform), (name, platform) = _app(gone), _app(come)
        key, values = "bundle-identifier", (old_name, name)
        if old_name == name:
            key, values = "platform-identifier", (old_platform, platform)
        yield Change(kind, f"items[{place if come is None else index}].metadata.{key}", *values)


def _app(item: Item | None) -> tuple[str | None, str | None]:
    """Return identifier and platform, by which an app is known."""
    if item is None:
        return None, None
    # Without a platform it is for an iPhone or iPad.
    return item.metadata.bundle_identifier, item.metadata.platform_identifier or IPHONE


def _paired(before: _Indexed[_T], after: _Indexed[_T], key: Callable[[_T], Hashable]) -> Iterator[_Pair[_T]]:
    """Yield what has the same key in both, the first with the first, and what is in one alone, by its own index."""
    waiting: defaultdict[Hashable, deque[tuple[int, _T]]] = defaultdict(deque)
    for number, value in before:
        waiting[key(value)].append((number, value))
    for number, value in after:
        same = waiting[key(value)]
        yield number, same.popleft()[1] if same else None, value
    for number, value in sorted(chain.from_iterable(waiting.values()), key=itemgetter(0)):
        yield number, value, None


def _of_item(before: Item, after: Item, path: str) -> Iterator[Change]:
    yield from _of_metadata(before.metadata, after.metadata, f"{path}.metadata")
    for index, old, new in _paired(_used(before.assets), _used(after.assets), lambda asset: asset.kind):
        yield from _of_asset(old, new, f"{path}.assets[{index}]")
    thinned = enumerate(before.thinned_assets), enumerate(after.thinned_assets)
    for index, old, new in _paired(*thinned, lambda asset: (asset.kind, frozenset(asset.variant_ids))):
        yield from _of_asset(old, new, f"{path}.thinned-assets[{index}]")


def _used(assets: Iterable[Asset]) -> _Indexed[Asset]:
    """Return the assets that a device uses: of each kind that it knows the first."""
    used: dict[str, tuple[int, Asset]] = {}
    for index, asset in enumerate(assets):
        if asset.kind in ASSET_KINDS:
            used.setdefault(asset.kind, (index, asset))
    return used.values()


def _of_metadata(old: Metadata, new: Metadata, path: str) -> Iterator[Change]:
    values: tuple[tuple[ChangeKind, str, Value, Value], ...] = (
        (_order(old.bundle_version, new.bundle_version), "bundle-version", old.bundle_version, new.bundle_version),
        ("text", "title", old.title, new.title),
        ("text", "subtitle", old.subtitle, new.subtitle),
        ("other", "kind", old.kind, new.kind),
        *(("other", key, _flag(old.extra.get(key)), _flag(new.extra.get(key))) for key in _READ_BY_DEVICES),
    )
    for kind, key, before, after in values:
        if before != after:
            yield Change(kind, f"{path}.{key}", before, after)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _order(before: str | None, after: str | None) -> ChangeKind:
    """Compare bundle versions (Apple, CFBundleVersion)."""
    old, new = _numbers(before), _numbers(after)
    if old is None or new is None or old == new:
        return "version"
    return "newer" if new > old else "older"


def _numbers(version: str | None) -> list[tuple[int, str]] | None:
    """Return what to compare of a version: "10" comes after "9", and "010" is "10"."""
    if version is None or not re.fullmatch(rf"{VERSION}(?:\.[0-9]+)*", version):
        return None
    # Not as int, for which Python refuses thousands of digits.
    numbers = [number.lstrip("0") for number in [*version.split("."), "", ""][:3]]
    return [(len(number), number) for number in numbers]


def _of_asset(before: Asset | None, after: Asset | None, path: str) -> Iterator[Change]:
    if before is None or after is None or before.url != after.url:
        urls = (None if asset is None else asset.url for asset in (before, after))
        yield Change("address", f"{path}.url", *urls)
    if before is not None and after is not None:
        old, new = _hashes(before), _hashes(after)
        if old != new:
            yield Change("hashes", f"{path}.{new[0] or old[0]}", old[1], new[1])


def _hashes(asset: Asset) -> tuple[str, tuple[str, ...] | None, int | None]:
    """Return the hashes that a device uses, with their key and the length of a chunk."""
    used = in_force(asset.checksums)
    if used is None:
        return "", None, None
    digests = tuple(digest.lower() for digest in used.digests)
    # One digest is that of the whole file, whatever the length of a chunk.
    if len(digests) == 1:
        return used.algorithm, digests, None
    return f"{used.algorithm}s", digests, used.chunk_size
