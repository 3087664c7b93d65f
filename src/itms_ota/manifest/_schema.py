"""The keys of a manifest, each with its rule and where it comes from; and the walk over a manifest's dictionaries.

Sources: "Apple" is Apple's own schema (device-management, other/manifesturl.yaml); "Xcode" what Xcode writes;
"device" what iOS 26.1's own daemons do with a manifest, one build's behaviour; "seen" manifests published on the web.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from .._plist import WHITE_SPACE, child, joined
from .._wording import LONGEST, cut, listed, short
from ..errors import Level, Problem
from . import _rules as rules
from ._kinds import IPHONE, MAC, PACKAGE
from ._near import instead_of_array, is_asset, other_plist
from ._rules import Raw, Rule, fault, wrong_type
from ._usual import is_usual

if TYPE_CHECKING:
    from .._plist import PlistValue
    from ..checksum import Algorithm

LevelOf: TypeAlias = Callable[[Raw, Level], Level]
"""The level of what is wrong with a value, by the dictionary that holds it and the level of that."""

_MOST_UNKNOWN_KEYS = 20
# Of each level: nobody reads more, and a hostile file can hold a hundred thousand.
_MOST_PROBLEMS = 1000


def _as_given(_owner: Raw, level: Level) -> Level:
    return level


def _warning(_owner: Raw, _level: Level) -> Level:
    return "warning"


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: the rule for its value and its source; what is said where it is missing, if it must be there.

    `level` is that of what is wrong with the value, and with its absence unless `missing_level` says another; it is
    not asked for where there is a key `unless`. `beside` finds what is missing next to it, with paths relative to
    the dictionary. A `removed` key was used once: the device ignores it.
    """

    rule: Rule = rules.anything
    source: str
    level: LevelOf = _as_given
    missing: str = ""
    missing_level: LevelOf | None = None
    unless: str | None = None
    beside: Rule | None = None
    removed: bool = False


@dataclass(frozen=True)
class Schema:
    """The keys of one dictionary of a manifest, and the rules for it as a whole."""

    keys: Mapping[str, Key]
    whole: Sequence[Callable[[Raw], Iterable[Problem]]] = ()

    @cached_property
    def required(self) -> tuple[tuple[str, Key], ...]:
        """The keys that must be there."""
        return tuple((name, key) for name, key in self.keys.items() if key.missing)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The keys that may have been meant by one that is misspelt."""
        # developer-name stands in Apple's example, but in no schema: tolerated, and not to be recommended.
        return tuple(name for name, key in self.keys.items() if not key.removed and name != "developer-name")


def check(raw: Raw) -> list[Problem]:
    """Find what is wrong with a manifest, in its own order; a missing key is reported at its dictionary."""
    found: list[Problem] = []
    if is_usual(raw):
        return found
    if "items" not in raw:
        return [fault("not-a-manifest", other_plist(raw)[1], "error")]
    left: dict[Level, int] = {"error": _MOST_PROBLEMS, "warning": _MOST_PROBLEMS}
    for problem in faults(raw, MANIFEST, "error"):
        if left[problem.level]:
            left[problem.level] -= 1
            # A quotation of unseen characters, each shown by ten, can be long.
            found.append(problem if len(problem.message) <= LONGEST else replace(problem, message=cut(problem.message)))
        elif not any(left.values()):
            break
    return found


def faults(raw: Raw, schema: Schema, level: Level) -> Iterator[Problem]:
    """Find what is wrong with one dictionary; `level` is that of what keeps the device from installing."""
    for name, key in schema.required:
        if name not in raw and key.unless not in raw:
            yield fault("missing", key.missing, (key.missing_level or key.level)(raw, level), name)
    for name, value in raw.items():
        known = schema.keys.get(name)
        if known is not None and not known.removed:
            yield from _within(name, known.rule(value, raw, known.level(raw, level)))
            if known.beside is not None:
                yield from known.beside(value, raw, level)
    for rule in schema.whole:
        yield from rule(raw)
    yield from _unknown_keys(raw, schema)


def _unknown_keys(raw: Raw, schema: Schema) -> Iterator[Problem]:
    odd = (name for name in raw if name not in schema.keys or schema.keys[name].removed)
    for name in islice(odd, _MOST_UNKNOWN_KEYS):
        path = child("", name) or "."  # an empty key
        if name in schema.keys:
            message = f"{name} is a key of earlier systems. The device ignores it. Remove it."
            yield fault("removed-key", message, "warning", path)
        else:
            message = f"Unknown key {short(name)}. The device ignores it{rules.meant(name, schema.known)}."
            yield fault("unknown-key", message, "warning", path)


def _within(step: str | int, found: Iterable[Problem]) -> Iterator[Problem]:
    """Return problems of a value, with that value's step before their paths."""
    for problem in found:
        yield replace(problem, path=joined(child("", step), problem.path))


def _dicts(value: PlistValue, judge: Callable[[Raw], Iterable[Problem]]) -> Iterator[Problem]:
    """Find what is wrong with an array of dictionaries, and what `judge` finds in each."""
    if not isinstance(value, list):
        problem = wrong_type("an array of dicts", value, "error")
        yield replace(problem, message=problem.message + instead_of_array(value))
        return
    if not value:
        message = "The array is empty, so there is nothing to install. Add what is missing."
        yield fault("empty", message, "error")
    for index, part in enumerate(value):
        yield from _within(index, judge(part) if isinstance(part, dict) else [wrong_type("a dict", part, "error")])


# Hashes.


def _hashes(algorithm: Algorithm) -> dict[str, Key]:
    """Return the keys for the hashes by one algorithm; what is wrong with those not in force does no harm."""

    def whole(owner: Raw, level: Level) -> Level:
        return level if rules.family(owner) == algorithm else "warning"

    def chunks(owner: Raw, level: Level) -> Level:
        return "warning" if algorithm in owner else whole(owner, level)

    source = "Apple: one hash of the file overrides those of its chunks, SHA-256 overrides MD5"
    return {
        algorithm: Key(rule=rules.one_hash(algorithm), level=whole, source=source),
        f"{algorithm}s": Key(
            rule=rules.hashes(algorithm), level=chunks, beside=rules.without_size(algorithm), source=source
        ),
        f"{algorithm}-size": Key(
            rule=rules.chunk_size(algorithm), level=chunks, beside=rules.without_hashes(algorithm), source=source
        ),
    }


# Newsstand ended with iOS 9.
_NEWSSTAND: dict[str, Key] = {
    name: Key(removed=True, source="seen: read by earlier systems, for Newsstand")
    for name in ("UINewsstandApp", "UINewsstandBindingEdge", "UINewsstandBindingType")
}

# Assets.

_ASSET_KEYS: dict[str, Key] = {
    "kind": Key(
        rule=rules.asset_kind,
        level=_warning,
        missing=f"The asset has no kind, so the device ignores it. Add the kind, {PACKAGE!r} for the .ipa.",
        source="Apple: required; older lists of the kinds forgot software-package",
    ),
    "url": Key(
        rule=rules.url,
        missing="The asset has no url, so there is nothing to fetch. Add it.",
        source="Apple: required, https, not the device itself; device: it must parse, and have a host",
    ),
    **_hashes("md5"),
    **_hashes("sha256"),
    "variantIds": Key(rule=rules.variant_ids, level=_warning, source="Xcode, device, seen: of thinned assets"),
    "variantDescriptors": Key(source="seen: in thinned assets that an older Xcode wrote"),
    "needs-shine": Key(removed=True, source="Apple: removed"),
    "need-shine": Key(removed=True, source="seen: how needs-shine is often misspelt"),
    **_NEWSSTAND,
}
ASSET = Schema(_ASSET_KEYS, whole=[rules.md5_only])
PACKAGE_WITHOUT_METADATA = Schema(
    {**_ASSET_KEYS, "url": replace(_ASSET_KEYS["url"], rule=rules.url_without_metadata)}, whole=[rules.md5_only]
)
THINNED_ASSET = Schema(
    {
        **_ASSET_KEYS,
        "variantIds": replace(
            _ASSET_KEYS["variantIds"],
            missing="The thinned asset names no device. Add variantIds, such as ['iPhone15,2'], as Xcode writes them.",
            unless="variantDescriptors",
        ),
    },
    whole=[rules.md5_only],
)


def _thinned_assets(value: PlistValue, _owner: Raw, _level: Level) -> Iterator[Problem]:
    def judge(asset: Raw) -> Iterable[Problem]:
        return faults(asset, THINNED_ASSET, "error" if asset.get("kind") == PACKAGE else "warning")

    return _dicts(value, judge)


def _dicts_of(value: PlistValue | None) -> list[dict[str, PlistValue]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _devices(item: Raw) -> list[str]:
    """Return the product types that thinned packages are for."""
    packages = [asset for asset in _dicts_of(item.get("thinned-assets")) if asset.get("kind") == PACKAGE]
    found: list[PlistValue] = []
    for package in packages:
        variants = package.get("variantIds")
        found += variants if isinstance(variants, list) else []
        found += [variant.get("device", "") for variant in _dicts_of(package.get("variantDescriptors"))]
    return [*dict.fromkeys(device for device in found if device and isinstance(device, str))]


def without_package(item: Raw, kinds: Iterable[PlistValue]) -> Problem:
    """Return the problem of an item whose assets, of these kinds, have no package."""
    if devices := _devices(item):
        message = (
            f"Only thinned-assets has packages, for {listed(devices)}. Other devices have nothing to install. Add the "
            f"package for all devices to assets, with the kind {PACKAGE!r}."
        )
        return fault("no-package", message, "warning")
    # The device: "no assets imported".
    given = listed(kinds, 5) or "none"
    message = f"No asset is of the kind {PACKAGE!r} (there are: {given}), so the device has nothing to install."
    return fault("no-package", message, "error")


def _thinned_alone(item: Raw) -> Iterator[Problem]:
    if "assets" not in item and "thinned-assets" in item:
        yield replace(without_package(item, ()), path="assets")


def _assets(value: PlistValue, item: Raw, _level: Level) -> Iterator[Problem]:
    kinds = [asset.get("kind") for asset in _dicts_of(value)]
    if PACKAGE not in kinds and (kinds or (value == [] and _devices(item))):
        yield without_package(item, (kind for kind in kinds if kind is not None))
        if not kinds:
            return
    package = PACKAGE_WITHOUT_METADATA if _seems_for_mac(item) else ASSET
    seen: set[str] = set()

    def judge(asset: Raw) -> Iterator[Problem]:
        kind = asset.get("kind")
        name = kind if isinstance(kind, str) else ""
        first = name not in seen
        seen.add(name)
        # Only the first package decides; images and what comes second may fail and the app installs.
        if kind == PACKAGE and first:
            yield from faults(asset, package, "error")
        else:
            yield from faults(asset, ASSET, "warning")
        if name and not first:
            message = (
                f"There is another asset of the kind {short(name)} before it. The device uses the first. Remove one."
            )
            yield fault("duplicate-kind", message, "warning", "kind")

    yield from _dicts(value, judge)


# Metadata.

METADATA = Schema(
    {
        "bundle-identifier": Key(
            rule=rules.bundle_identifier,
            missing="The bundle-identifier is missing. The install fails without it. Add the CFBundleIdentifier of the "
            ".ipa.",
            source="Apple: required; device: it must equal that of the .ipa",
        ),
        "bundle-version": Key(
            rule=rules.version,
            missing="The bundle-version is missing. A managed device updates the app when it changes. Add the "
            "CFBundleShortVersionString of the app.",
            missing_level=_warning,
            source="Apple: optional, once required; Xcode: the short version",
        ),
        "kind": Key(
            rule=rules.item_kind,
            missing="The kind is missing. iOS 26.1 takes it as 'software', and older systems refuse the item. Add it.",
            missing_level=_warning,
            source="Apple: required, only 'software'; device: may be missing, any other is refused",
        ),
        "title": Key(
            rule=rules.shown_text,
            missing="The title is missing. The device refuses a manifest without it. Add the name that is shown in the "
            "question before the install.",
            source="Apple: required; device: must not be blank",
        ),
        "subtitle": Key(rule=rules.shown_text, level=_warning, source="Apple: the developer's name"),
        "platform-identifier": Key(
            rule=rules.platform_identifier,
            source="Xcode writes it, in no schema; device: an item for another platform is skipped",
        ),
        "developer-name": Key(source="Apple: in its example, in no schema"),
        "has-messages-extension": Key(rule=rules.boolean, level=_warning, source="device"),
        "launch-prohibited": Key(rule=rules.boolean, level=_warning, source="device"),
        "sizeInBytes": Key(removed=True, source="Apple: removed; macOS packages used it"),
        "items": Key(removed=True, source="Apple: removed; macOS packages used it"),
        **_NEWSSTAND,
    }
)


def _metadata(value: PlistValue, _owner: Raw, level: Level) -> Iterable[Problem]:
    if isinstance(value, dict):
        return faults(value, METADATA, level)
    problem = wrong_type("a dict", value, level)
    is_within = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    return [replace(problem, message=f"{problem.message} Take it out of the array.") if is_within else problem]


def _package_url(item: Raw) -> str:
    """Return the URL of the package that decides, the first; an empty text where there is none."""
    urls = (asset.get("url") for asset in _dicts_of(item.get("assets")) if asset.get("kind") == PACKAGE)
    url = next(urls, None)
    return url if isinstance(url, str) else ""


def _seems_for_mac(item: Raw) -> bool:
    """Check for a package that only a Mac installs, whatever its URL ends in: one that has no metadata."""
    url = _package_url(item).strip(WHITE_SPACE)
    return item.get("metadata", {}) == {} and url != "" and rules.extension_of(url) not in {".ipa", rules.MAC_PACKAGE}


def _error_unless_for_mac(item: Raw, _level: Level) -> Level:
    """Return the level of what is wrong with metadata: a package for a Mac was seen to install without."""
    metadata = item.get("metadata")
    is_for_mac = (
        rules.extension_of(_package_url(item)) == rules.MAC_PACKAGE
        or (isinstance(metadata, dict) and metadata.get("platform-identifier") == MAC)
        or _seems_for_mac(item)
    )
    return "warning" if is_for_mac else "error"


# Items.

ITEM = Schema(
    {
        "assets": Key(
            rule=_assets,
            missing="The item has no assets, so there is no package to install. Add one.",
            unless="thinned-assets",
            source="Apple: required",
        ),
        "metadata": Key(
            rule=_metadata,
            level=_error_unless_for_mac,
            missing="The item has no metadata. An iPhone or iPad does not install it. Add bundle-identifier and title.",
            source="Apple: required; seen: macOS packages without it",
        ),
        "thinned-assets": Key(rule=_thinned_assets, source="Xcode, device, seen; in no schema"),
    },
    whole=[_thinned_alone],
)


def _items(value: PlistValue, _owner: Raw, level: Level) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()

    def judge(item: Raw) -> Iterator[Problem]:
        other = _other_than_item(item)
        if other:
            yield fault("missing", other, "error", "assets")
            return
        yield from faults(item, ITEM, level)
        yield from _same_app(item, seen)

    yield from _dicts(value, judge)


def _other_than_item(item: Raw) -> str:
    """Return what stands in place of an item, in words; an empty text for anything unknown."""
    if ITEM.keys.keys() & item.keys():
        return ""
    if is_asset(item):
        what = "seems to be an asset. Move it into the assets of an item."
    elif "bundle-identifier" in item:
        what = "seems to be metadata. Put it under the key 'metadata' of an item."
    else:
        return ""
    return f"The item has neither assets nor metadata, so the device installs nothing from it. It {what}"


def _same_app(item: Raw, seen: set[tuple[str, str]]) -> Iterator[Problem]:
    """Check that an app has one item; `seen` has those before it. On another platform it is another app."""
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    identifier, platform = metadata.get("bundle-identifier"), metadata.get("platform-identifier", IPHONE)
    if not isinstance(identifier, str) or not identifier.strip(WHITE_SPACE) or not isinstance(platform, str):
        return
    if (identifier, platform) in seen:
        message = (
            f"There is another item for the app {short(identifier)} before it. A device keeps one app of an "
            "identifier, so only one of them stays. Remove the other, or correct its identifier."
        )
        yield fault("duplicate-app", message, "warning", "metadata.bundle-identifier")
    seen.add((identifier, platform))


# What has no items is not a manifest: `check` tells it.
MANIFEST = Schema({"items": Key(rule=_items, source="Apple: required, one or more")})
