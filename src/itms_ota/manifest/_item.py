"""What people hold of an app: an item of a manifest, its files and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from .. import _urls
from .._arguments import check_each, check_type
from .._plist import PlistValue
from .._redact import repr_of_fields
from ..checksum import ALGORITHMS, Checksum
from ..errors import ManifestError
from ._fields import in_order, make_tuple, own_extra, take_checksums, take_dicts, take_texts
from ._kinds import ASSET_PACKS, DISPLAY_IMAGE, FULL_SIZE_IMAGE, PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of an item: the package, or an image.

    `kind` is ``"software-package"``, ``"display-image"`` (57 × 57 pixels), ``"full-size-image"``
    (512 × 512) or another of Apple's; `url` an https URL; `variant_ids` product types such as
    ``iPhone15,2``, for thinned assets. `extra` keeps what else stands in the file: unknown keys, and known
    ones that are empty or of the wrong type; a field that is set takes the place of its key there.

    >>> Asset(kind="software-package", url="https://apps.example.com/MyApp.ipa").checksums
    ()
    """

    __module__ = "itms_ota.manifest"

    kind: str
    url: str
    checksums: tuple[Checksum, ...] = ()
    variant_ids: tuple[str, ...] = ()
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        if self.checksums != ():
            make_tuple(self, "checksums", Checksum)
        if self.variant_ids != ():
            make_tuple(self, "variant_ids", str)
        check_type("Asset.kind", self.kind, str)
        check_type("Asset.url", self.url, str)
        if self.extra or type(self.extra) is not dict:
            own_extra(self)

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Asset:
        kind, url = plist.get("kind"), plist.get("url")
        if len(plist) == 2 and kind and url and isinstance(kind, str) and isinstance(url, str):
            return cls(kind=kind, url=url)  # as most are
        raw = dict(plist)
        kind, url = take_texts(raw, "kind", "url")
        variants = raw.get("variantIds")
        if variants and isinstance(variants, list) and all(isinstance(part, str) for part in variants):
            del raw["variantIds"]
        else:
            variants = ()
        return cls(
            kind=kind,
            url=url,
            checksums=take_checksums(raw),
            variant_ids=cast("tuple[str, ...]", tuple(variants)),
            extra=raw,
        )

    def _to_plist(self) -> dict[str, PlistValue]:
        raw = dict(self.extra)
        if self.kind:
            raw["kind"] = self.kind
        if self.url:
            raw["url"] = self.url
        if self.variant_ids:
            raw["variantIds"] = list(self.variant_ids)
        for checksum in self.checksums:
            if checksum.chunk_size is None:
                raw[checksum.algorithm] = checksum.digests[0]
            else:
                raw[f"{checksum.algorithm}-size"] = checksum.chunk_size
                raw[f"{checksum.algorithm}s"] = list(checksum.digests)
        return in_order(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What an item says of its app.

    `bundle_identifier` must equal the package's CFBundleIdentifier, or the install fails. `title` is shown
    in the question before the install. `bundle_version` decides whether a managed device updates; Xcode
    writes CFBundleShortVersionString. `kind` is always ``"software"``; `subtitle` the developer's name;
    `platform_identifier` ``com.apple.platform.iphoneos`` for iPhone and iPad. `extra` is as in `Asset`.

    >>> Metadata(bundle_identifier="com.example.myapp", title="MyApp", bundle_version="1.2.3").kind
    'software'
    """

    __module__ = "itms_ota.manifest"

    bundle_identifier: str
    title: str
    bundle_version: str | None = None
    kind: str | None = "software"
    subtitle: str | None = None
    platform_identifier: str | None = None
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        check_type("Metadata.bundle_identifier", self.bundle_identifier, str)
        check_type("Metadata.title", self.title, str)
        for name, value in (
            ("bundle_version", self.bundle_version),
            ("kind", self.kind),
            ("subtitle", self.subtitle),
            ("platform_identifier", self.platform_identifier),
        ):
            check_type(f"Metadata.{name}", value, str, type(None))
            if value == "":  # is not written, and so would be read as None
                object.__setattr__(self, name, None)
        if self.extra or type(self.extra) is not dict:
            own_extra(self)

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Metadata:
        raw = dict(plist)
        identifier, title, version, kind, subtitle, platform = take_texts(
            raw, "bundle-identifier", "title", "bundle-version", "kind", "subtitle", "platform-identifier"
        )
        return cls(
            bundle_identifier=identifier,
            title=title,
            bundle_version=version,
            kind=kind,
            subtitle=subtitle,
            platform_identifier=platform,
            extra=raw,
        )

    def _to_plist(self) -> dict[str, PlistValue]:
        raw = dict(self.extra)
        fields = (
            ("bundle-identifier", self.bundle_identifier),
            ("bundle-version", self.bundle_version),
            ("kind", self.kind),
            ("platform-identifier", self.platform_identifier),
            ("subtitle", self.subtitle),
            ("title", self.title),
        )
        raw.update({key: value for key, value in fields if value})
        return in_order(raw)


_URLS = {
    "url": PACKAGE,
    "display_image_url": DISPLAY_IMAGE,
    "full_size_image_url": FULL_SIZE_IMAGE,
    "asset_pack_manifest_url": ASSET_PACKS,
}
"""The arguments for the URLs of an item, in Apple's own order (Xcode's exported manifests)."""

_OF_A_FILE = frozenset({"url", *(f"{name}{end}" for name in ALGORITHMS for end in ("", "s", "-size"))})
"""The keys of an asset that belong to one file."""


def _normal(assets: Mapping[str, Asset]) -> tuple[Asset, ...]:
    """Make URIs of the URLs of assets; ManifestError for user names and passwords in them, by the assets' places."""
    normal: dict[str, Asset] = {}
    for place, asset in assets.items():
        url = _urls.normalise(asset.url)
        normal[place] = asset if url == asset.url else replace(asset, url=url)
    found = (problem for place, asset in normal.items() for problem in _urls.problems(asset.url, f"{place}.url"))
    refused = [replace(problem, level="error") for problem in found if problem.code == "credentials"]
    if refused:
        raise ManifestError(refused)
    return tuple(normal.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One app of a manifest: its files and what is said of it.

    `thinned_assets` are packages for certain devices, as Xcode writes them. `extra` is as in `Asset`.
    """

    __module__ = "itms_ota.manifest"

    assets: tuple[Asset, ...]
    metadata: Metadata
    thinned_assets: tuple[Asset, ...] = ()
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        make_tuple(self, "assets", Asset)
        if self.thinned_assets != ():
            make_tuple(self, "thinned_assets", Asset)
        check_type("Item.metadata", self.metadata, Metadata)
        if self.extra or type(self.extra) is not dict:
            own_extra(self)

    @classmethod
    def for_app(
        cls,
        *,
        url: str,
        bundle_identifier: str,
        bundle_version: str,
        title: str,
        subtitle: str | None = None,
        display_image_url: str | None = None,
        full_size_image_url: str | None = None,
        asset_pack_manifest_url: str | None = None,
        checksums: Iterable[Checksum] = (),
        thinned_assets: Iterable[Asset] = (),
        platform_identifier: str | None = None,
    ) -> Item:
        """Describe one app, for a manifest of several.

        `url` is the package's, `display_image_url` and `full_size_image_url` those of its icons in 57 × 57 and
        512 × 512 pixels, and `asset_pack_manifest_url` that of the list of its on-demand resources, which Xcode
        exports. `thinned_assets` are packages for certain devices, each an `Asset` of the kind ``"software-package"``
        with `variant_ids`; all other devices install the one at `url`. The URLs are made URIs of (spaces and other
        letters are encoded), but not yet checked: `to_plist` of a manifest does that, or `problems`. Only user names
        and passwords in them raise ManifestError at once. `checksums` are the package's; the other arguments are the
        fields of `Metadata`.

        >>> item = Item.for_app(
        ...     url="https://apps.example.com/My App.ipa",
        ...     bundle_identifier="com.example.myapp",
        ...     bundle_version="1.2.3",
        ...     title="MyApp",
        ... )
        >>> item.assets[0].url
        'https://apps.example.com/My%20App.ipa'
        """
        check_type("url", url, str)
        hashed = check_each("checksums", checksums, Checksum)
        assets: list[Asset] = []
        given = (url, display_image_url, full_size_image_url, asset_pack_manifest_url)
        for (name, kind), address in zip(_URLS.items(), given, strict=True):
            check_type(name, address, str, type(None))
            if address is not None:
                assets.append(Asset(kind=kind, url=address, checksums=hashed if kind == PACKAGE else ()))
        thinned = check_each("thinned_assets", thinned_assets, Asset)
        metadata = Metadata(
            bundle_identifier=bundle_identifier,
            bundle_version=bundle_version,
            title=title,
            subtitle=subtitle,
            platform_identifier=platform_identifier,
        )
        places = {"assets": assets, "thinned-assets": thinned}
        normal = _normal({f"{key}[{index}]": asset for key in places for index, asset in enumerate(places[key])})
        return cls(assets=normal[: len(assets)], metadata=metadata, thinned_assets=normal[len(assets) :])

    def with_package(self, url: str, checksums: Iterable[Checksum] = (), bundle_version: str | None = None) -> Item:
        """Return the item with another file as its package: a new build, or the same one at another address.

        `url` is made a URI of, as by `for_app`. The `checksums` are those of the new file; without any, a device
        verifies nothing. The hashes of the old file go, and so do `thinned_assets`: those packages are other files
        of the old build, which some devices would install in place of this one. Everything else stays: the
        images, whatever is in `extra`, and the version, unless there is a new `bundle_version`.

        >>> old = Item.for_app(url="https://a.example/1", bundle_identifier="a.b", bundle_version="1", title="A")
        >>> new = old.with_package("https://a.example/2", bundle_version="2")
        >>> new.assets[0].url, new.metadata.bundle_version
        ('https://a.example/2', '2')
        """
        check_type("url", url, str)
        hashed = check_each("checksums", checksums, Checksum)
        check_type("bundle_version", bundle_version, str, type(None))
        old, place, others = self.package, 0, self.assets
        if old is None:
            old = Asset(kind=PACKAGE, url=url)
        else:
            place = self.assets.index(old)
            others = self.assets[place + 1 :]
        kept = {key: value for key, value in old.extra.items() if key not in _OF_A_FILE}
        new = replace(old, url=url, checksums=hashed, extra=kept)
        metadata = self.metadata
        if bundle_version is not None:
            about = {key: value for key, value in metadata.extra.items() if key != "bundle-version"}
            metadata = replace(metadata, bundle_version=bundle_version, extra=about)
        assets = (*self.assets[:place], *_normal({f"assets[{place}]": new}), *others)
        return replace(self, assets=assets, metadata=metadata, thinned_assets=())

    @property
    def package(self) -> Asset | None:
        """The first asset that is a software package: the one that a device installs."""
        return self._first(PACKAGE)

    @property
    def display_image(self) -> Asset | None:
        """The first display image: the icon shown while the app installs."""
        return self._first(DISPLAY_IMAGE)

    @property
    def full_size_image(self) -> Asset | None:
        """The first full-size image."""
        return self._first(FULL_SIZE_IMAGE)

    def _first(self, kind: str) -> Asset | None:
        return next((asset for asset in self.assets if asset.kind == kind), None)

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Item:
        raw = dict(plist)
        assets = take_dicts(raw, "assets")
        thinned = take_dicts(raw, "thinned-assets")
        metadata = raw.get("metadata")
        if metadata and isinstance(metadata, dict):
            del raw["metadata"]
        else:
            metadata = {}
        return cls(
            assets=tuple(map(Asset._from_plist, assets)),
            metadata=Metadata._from_plist(metadata),
            thinned_assets=tuple(map(Asset._from_plist, thinned)),
            extra=raw,
        )

    def _to_plist(self) -> dict[str, PlistValue]:
        raw = dict(self.extra)
        metadata = self.metadata._to_plist()
        if metadata:
            raw["metadata"] = metadata
        for key, assets in (("assets", self.assets), ("thinned-assets", self.thinned_assets)):
            if assets:
                raw[key] = [asset._to_plist() for asset in assets]
        return in_order(raw)
