"""The manifest: the property list that names an app's package, its identifier and its version.

Rules rest on Apple's own schema (device-management, other/manifesturl.yaml: "Apple's schema" below), on
what Xcode writes, on what iOS 26.1's own daemons do with a manifest ("the device"), and on manifests
published on the web ("in the wild").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from . import _plist, _urls
from ._plist import PlistValue, child
from ._redact import redact_text, repr_of_fields, safe_repr, without_secrets
from .checksum import ALGORITHMS, Checksum
from .errors import ManifestError, Problem, as_html, as_text, check_each, check_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .checksum import Algorithm
    from .errors import Code, Level

__all__ = [
    "IPA_CONTENT_TYPE",
    "MANIFEST_CONTENT_TYPE",
    "Asset",
    "Item",
    "Manifest",
    "ManifestReport",
    "Metadata",
    "PlistValue",
    "inspect_manifest",
]

# Xcode Server sent application/xml, Apple's guide says text/xml: the device looks at neither.
MANIFEST_CONTENT_TYPE = "application/xml"
IPA_CONTENT_TYPE = "application/octet-stream"

PACKAGE = "software-package"
DISPLAY_IMAGE = "display-image"
FULL_SIZE_IMAGE = "full-size-image"
# The first four are Apple's schema; the others are read by the device.
_ASSET_KINDS = (
    PACKAGE,
    DISPLAY_IMAGE,
    FULL_SIZE_IMAGE,
    "asset-pack-manifest",
    "messages-display-image",
    "vpn-plugin-package",
    "newsstand-image",
)


def _refuse_types(owner: Asset | Item | Metadata, names: tuple[str, ...], wanted: str = "a str") -> None:
    values = ", ".join(f"{name}={safe_repr(getattr(owner, name))}" for name in names)
    message = f"{type(owner).__name__}: each of {', '.join(names)} must be {wanted}, not {values}"
    raise TypeError(message)


def _own_extra(owner: Asset | Item | Manifest | Metadata) -> None:
    """Keep a copy of extra, which whoever gave it may go on changing."""
    if not isinstance(owner.extra, Mapping) or not all(isinstance(key, str) for key in owner.extra):
        message = f"{type(owner).__name__}.extra must be a mapping with str keys, not {safe_repr(owner.extra)}"
        raise TypeError(message)
    object.__setattr__(owner, "extra", dict(owner.extra))


def _make_tuple(owner: object, name: str, kind: type) -> None:
    value: Any = getattr(owner, name)
    fits = isinstance(value, (tuple, list))
    for part in value if fits else ():
        fits = fits and isinstance(part, kind)
    if not fits:
        message = f"{type(owner).__name__}.{name} must be a tuple of {kind.__name__}, not {safe_repr(value)}"
        raise TypeError(message)
    if not isinstance(value, tuple):
        object.__setattr__(owner, name, tuple(value))


def _in_order(raw: dict[str, PlistValue]) -> dict[str, PlistValue]:
    """Sort the keys as Xcode writes them, so that problems too come in the order of the written file."""
    keys = list(raw)
    return raw if keys == sorted(keys) else dict(sorted(raw.items()))


def _take_texts(raw: dict[str, PlistValue], *keys: str) -> list[str]:
    """Take texts out of a dictionary; an empty one, or what is no text, stays there."""
    taken: list[str] = []
    for key in keys:
        value = raw.get(key)
        if value and isinstance(value, str):
            del raw[key]
            taken.append(value)
        else:
            taken.append("")
    return taken


def _take_dicts(raw: dict[str, PlistValue], key: str) -> list[dict[str, PlistValue]]:
    """Take a list of dictionaries out of a dictionary; an empty one, or one with anything else in it, stays."""
    value = raw.get(key)
    if not value or not isinstance(value, list):
        return []
    for part in value:
        if not isinstance(part, dict):
            return []
    del raw[key]
    return cast("list[dict[str, PlistValue]]", value)


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

    kind: str
    url: str
    checksums: tuple[Checksum, ...] = ()
    variant_ids: tuple[str, ...] = ()
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        if self.checksums != ():
            _make_tuple(self, "checksums", Checksum)
        if self.variant_ids != ():
            _make_tuple(self, "variant_ids", str)
        if not (isinstance(self.kind, str) and isinstance(self.url, str)):
            _refuse_types(self, ("kind", "url"))
        if self.extra or type(self.extra) is not dict:
            _own_extra(self)

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Asset:
        kind, url = plist.get("kind"), plist.get("url")
        if len(plist) == 2 and kind and url and isinstance(kind, str) and isinstance(url, str):
            return cls(kind=kind, url=url)  # as most are
        raw = dict(plist)
        kind, url = _take_texts(raw, "kind", "url")
        variants = raw.get("variantIds")
        if variants and isinstance(variants, list) and all(isinstance(part, str) for part in variants):
            del raw["variantIds"]
        else:
            variants = ()
        return cls(
            kind=kind,
            url=url,
            checksums=_take_checksums(raw),
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
        return _in_order(raw)


def _take_checksums(raw: dict[str, PlistValue]) -> tuple[Checksum, ...]:
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
    texts = tuple(digest for digest in digests if isinstance(digest, str))
    try:
        return Checksum(algorithm, texts, chunk_size) if len(texts) == len(digests) else None
    except ManifestError:
        return None


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

    bundle_identifier: str
    title: str
    bundle_version: str | None = None
    kind: str | None = "software"
    subtitle: str | None = None
    platform_identifier: str | None = None
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        if not (isinstance(self.bundle_identifier, str) and isinstance(self.title, str)):
            _refuse_types(self, ("bundle_identifier", "title"))
        for value in (self.bundle_version, self.kind, self.subtitle, self.platform_identifier):
            if value is not None and not isinstance(value, str):
                _refuse_types(self, ("bundle_version", "kind", "subtitle", "platform_identifier"), "a str or None")
        if self.extra or type(self.extra) is not dict:
            _own_extra(self)

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Metadata:
        raw = dict(plist)
        identifier, title, version, kind, subtitle, platform = _take_texts(
            raw, "bundle-identifier", "title", "bundle-version", "kind", "subtitle", "platform-identifier"
        )
        return cls(
            bundle_identifier=identifier,
            title=title,
            bundle_version=version or None,
            kind=kind or None,
            subtitle=subtitle or None,
            platform_identifier=platform or None,
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
        return _in_order(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One app of a manifest: its files and what is said of it.

    `thinned_assets` are packages for certain devices, as Xcode writes them. `extra` is as in `Asset`.
    """

    assets: tuple[Asset, ...]
    metadata: Metadata
    thinned_assets: tuple[Asset, ...] = ()
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        _make_tuple(self, "assets", Asset)
        if self.thinned_assets != ():
            _make_tuple(self, "thinned_assets", Asset)
        if not isinstance(self.metadata, Metadata):
            _refuse_types(self, ("metadata",), "a Metadata")
        if self.extra or type(self.extra) is not dict:
            _own_extra(self)

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
        checksums: Iterable[Checksum] = (),
        platform_identifier: str | None = None,
    ) -> Item:
        """Describe one app, for a manifest of several; the arguments are those of `Manifest.for_app`.

        >>> item = Item.for_app(
        ...     url="https://apps.example.com/My App.ipa",
        ...     bundle_identifier="com.example.myapp",
        ...     bundle_version="1.2.3",
        ...     title="MyApp",
        ... )
        >>> item.package.url
        'https://apps.example.com/My%20App.ipa'
        """
        # Apple's own order: package, display image, full-size image (Xcode's exported manifests).
        check_type("url", url, str)
        hashed = check_each("checksums", checksums, Checksum)
        assets: list[Asset] = []
        refused: list[Problem] = []
        for name, kind, address in (
            ("url", PACKAGE, url),
            ("display_image_url", DISPLAY_IMAGE, display_image_url),
            ("full_size_image_url", FULL_SIZE_IMAGE, full_size_image_url),
        ):
            check_type(name, address, str, type(None))
            if address is None:
                continue
            normal, path = _urls.normalise(address), f"assets[{len(assets)}].url"
            refused += [problem for problem in _urls.problems(normal, path) if problem.code == "credentials"]
            assets.append(Asset(kind=kind, url=normal, checksums=hashed if kind == PACKAGE else ()))
        if refused:
            raise ManifestError(replace(problem, level="error") for problem in refused)
        metadata = Metadata(
            bundle_identifier=bundle_identifier,
            bundle_version=bundle_version,
            title=title,
            subtitle=subtitle,
            platform_identifier=platform_identifier,
        )
        return cls(assets=tuple(assets), metadata=metadata)

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
        assets = _take_dicts(raw, "assets")
        thinned = _take_dicts(raw, "thinned-assets")
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
        return _in_order(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a device fetches and installs from: a list of items, one for each app.

    >>> manifest = Manifest.for_app(
    ...     url="https://apps.example.com/releases/v1.2.3/MyApp.ipa",
    ...     bundle_identifier="com.example.myapp",
    ...     bundle_version="1.2.3",
    ...     title="MyApp",
    ... )
    >>> manifest == Manifest.from_plist(manifest.to_plist())
    True
    """

    items: tuple[Item, ...]
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        _make_tuple(self, "items", Item)
        if self.extra or type(self.extra) is not dict:
            _own_extra(self)

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
        checksums: Iterable[Checksum] = (),
        platform_identifier: str | None = None,
    ) -> Manifest:
        """Describe one app.

        `url` is the package's, `display_image_url` and `full_size_image_url` those of its icons in 57 × 57
        and 512 × 512 pixels; they are made URIs of (spaces and other letters are encoded), but not yet
        checked: `to_plist` does that, or `problems`. Only user names and passwords in them raise
        ManifestError at once. `checksums` are the package's; the other arguments are the fields of `Metadata`.
        """
        try:
            item = Item.for_app(
                url=url,
                bundle_identifier=bundle_identifier,
                bundle_version=bundle_version,
                title=title,
                subtitle=subtitle,
                display_image_url=display_image_url,
                full_size_image_url=full_size_image_url,
                checksums=checksums,
                platform_identifier=platform_identifier,
            )
        except ManifestError as error:
            problems = [replace(problem, path=f"items[0].{problem.path}") for problem in error.problems]
            raise ManifestError(problems) from None
        return cls(items=(item,))

    @classmethod
    def from_plist(cls, data: bytes) -> Manifest:
        """Read a manifest, XML or binary, that a device would install from.

        Raises ManifestError with every error that keeps it from doing so; warnings raise nothing (see
        `problems`). `inspect_manifest` never raises.
        """
        manifest, _, problems = _read(data)
        errors = [problem for problem in problems if problem.level == "error"]
        if errors or manifest is None:
            raise ManifestError(_placed(errors, data))
        return manifest

    def to_plist(self, *, validate: bool = True) -> bytes:
        """Write the manifest as XML, as Xcode does; equal manifests give equal bytes.

        Raises ManifestError with every error that would keep a device from installing, unless `validate`
        is False, and in any case for what XML cannot carry.

        >>> url = "https://a.example/A.ipa"
        >>> manifest = Manifest.for_app(url=url, bundle_identifier="a.b", bundle_version="1", title="")
        >>> manifest.to_plist()
        Traceback (most recent call last):
        itms_ota.errors.ManifestError: error at items[0].metadata.title: The title is missing: ... [missing]
        """
        raw = self._to_plist()
        if _is_usual(raw):
            return _plist.write(raw)
        problems = [problem for problem in _check(raw) if problem.level == "error"] if validate else []
        data = b""
        try:
            data = _plist.dumps(raw)
        except _plist.PlistError as error:
            problems += error.problems
        if problems:
            raise ManifestError(problems)
        return data

    def problems(self) -> tuple[Problem, ...]:
        """Say everything that is wrong with the manifest, errors and warnings, in the order of the written file."""
        raw = self._to_plist()
        return (*_check(raw), *_plist.unwritable(raw))

    def validate(self) -> None:
        """Raise ManifestError with every error that `problems` finds; warnings raise nothing."""
        errors = [problem for problem in self.problems() if problem.level == "error"]
        if errors:
            raise ManifestError(errors)

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Manifest:
        raw = dict(plist)
        items = _take_dicts(raw, "items")
        return cls(items=tuple(map(Item._from_plist, items)), extra=raw)

    def _to_plist(self) -> dict[str, PlistValue]:
        raw = dict(self.extra)
        if self.items:
            raw["items"] = [item._to_plist() for item in self.items]
        return _in_order(raw)

    def _repr_html_(self) -> str:
        return ManifestReport(self, "manifest", self.problems())._repr_html_()


Kind = Literal["manifest", "plist", "html", "profile", "archive", "image", "json", "empty", "unknown"]


@dataclass(frozen=True, slots=True)
class ManifestReport:
    """What `inspect_manifest` found.

    `manifest` is the one that was meant, None where that cannot be told; `kind` is what the file is:
    ``"profile"`` a provisioning or configuration profile, ``"plist"`` another property list. `problems`
    are in the order of the file, with line and column where it is XML.
    """

    manifest: Manifest | None
    kind: Kind
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether a device would install: there is no error."""
        return not any(problem.level == "error" for problem in self.problems)

    def __str__(self) -> str:
        return as_text(without_secrets(self._title()), self.problems)

    def _repr_html_(self) -> str:
        return as_html(without_secrets(self._title()), self.problems)

    def _title(self) -> str:
        if self.manifest is None:
            return f"{self.kind}, no manifest"
        apps = (
            f"{item.metadata.title or '(no title)'} {item.metadata.bundle_version or ''}".strip()
            for item in self.manifest.items
        )
        return f"manifest of {', '.join(apps)}" if self.manifest.items else "manifest"


def inspect_manifest(data: bytes) -> ManifestReport:
    """Say what a file is, and everything that keeps a device from installing from it; never raises on content.

    Raises TypeError for anything but bytes.

    >>> report = inspect_manifest(b"<html><body>Please log in</body></html>")
    >>> report.kind, report.ok
    ('html', False)
    """
    manifest, kind, problems = _read(data)
    return ManifestReport(manifest, kind, _placed(problems, data))


def _read(data: bytes) -> tuple[Manifest | None, Kind, list[Problem]]:
    check_type("data", data, bytes, bytearray, memoryview)
    data = bytes(data)
    kind = _sniff(data)
    if kind is not None:
        return None, kind, [Problem("", "not-a-manifest", _NOT_A_MANIFEST[kind])]
    value, problems = _plist.read(data)
    if value is None:
        if data.startswith(b"bplist") or b"<plist" in data or any(p.code in _OF_A_PLIST for p in problems):
            return None, "plist", list(problems)
        return None, "unknown", [Problem("", "not-a-manifest", _unknown(data))]
    if not isinstance(value, dict):
        message = f"The property list is {_named(value)}, and a manifest is a dictionary with the key 'items'."
        return None, "plist", [*problems, Problem("", "wrong-type", message)]
    if "items" not in value:
        kind = "profile" if _PROFILE_KEYS & value.keys() else "plist"
        return None, kind, [*problems, Problem("", "not-a-manifest", _other_plist(value))]
    return Manifest._from_plist(value), "manifest", [*problems, *_check(value)]


def _placed(problems: Iterable[Problem], data: bytes) -> tuple[Problem, ...]:
    """Add line and column to the problems of an XML file, and bring them into its order."""
    problems = tuple(problems)
    if not any(problem.line is None and problem.path for problem in problems):
        return problems
    positions = _plist.positions(bytes(data))

    def place(problem: Problem) -> Problem:
        path = problem.path
        # What is missing has no place of its own: then its dictionary's.
        while path and path not in positions:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        if problem.line is not None or not path:
            return problem
        line, column = positions[path]
        return replace(problem, line=line, column=column)

    return tuple(sorted(map(place, problems), key=lambda problem: (problem.line or 0, problem.column or 0)))


_NOT_A_MANIFEST: dict[Kind, str] = {
    "empty": "The file is empty, or nothing but white space or zero bytes, and the device says 'Cannot connect': see "
    "whether the server sends the manifest at all.",
    "html": "This is a web page (HTML), and the device says 'Cannot connect': the URL leads to a login, share, "
    "preview or "
    "error page in place of the manifest. The device sends no cookies; give the address of the file itself.",
    "json": "This is JSON, and a manifest is a property list: the device says 'Cannot connect'. Write it with "
    "to_plist().",
    "archive": "This is an archive, perhaps the .ipa itself: the link must lead to the manifest, which names the .ipa.",
    "image": "This is an image: the link must lead to the manifest, which names the image.",
    "profile": "This is a signed profile (a CMS message): the link must lead to the manifest, which is a plain "
    "property list.",
}
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\3\4", "archive"),
    (b"PK\5\6", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"xar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"RIFF", "image"),
)
# The object identifier of CMS SignedData (RFC 5652), which stands at the head of every signed profile.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_HTML = (
    rb"(?i)\s*(?:<!--[^>]*>\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|title|meta|script|style|link|div|p|h1|center|br)"
    rb"[\s/>]"
)
_JSON = rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]]|\"|null\b)"
# Of these even a file without <plist> was meant to be one.
_OF_A_PLIST = {"too-large"}
_UNKNOWN = (
    (rb"<Error>|<Code>", "an error of the storage service: make the file readable, and see whether its name is right"),
    (rb"version https://git-lfs", "a pointer of Git LFS: publish the file that it stands for"),
    (rb"itms-service", "an install link: put it on a page, and let it lead to the manifest"),
    (rb"(?:<<<<<<<|=======|>>>>>>>) ", "a merge that was not finished: take the marks of the conflict out"),
    (rb"\{\\rtf", "a document of a word processor: save it as plain text"),
    (rb"[{(]|//", "perhaps a property list of the old text form: convert it to XML (plutil -convert xml1)"),
)
_PROFILE_KEYS = {"PayloadContent", "PayloadType", "ProvisionedDevices", "ProvisionsAllDevices", "TeamIdentifier"}


def _sniff(data: bytes) -> Kind | None:  # noqa: PLR0911 -- a list of looks
    """Tell what the bytes are where they are no property list."""
    if data.startswith(b"<?xml") and b"<plist" in data:
        return None
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return "empty"
    for magic, kind in _MAGIC:
        if data.startswith(magic) and not (magic == b"BM" and b"<plist" in data):
            return kind
    if data[:1] == b"0" and _SIGNED_DATA in data[:40]:
        return "profile"
    if b"<plist" in data:  # perhaps with a page or a warning around it
        return None
    if re.compile(_HTML).match(data):
        return "html"
    return "json" if re.compile(_JSON).match(data) else None


def _unknown(data: bytes) -> str:
    """Say of a file that is nothing known what it may be."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    start = re.sub(rb"\A<\?xml[^>]*>\s*", b"", start)
    what = next(
        (what for pattern, what in _UNKNOWN if re.match(pattern, start)), "often an error message of the server"
    )
    text = redact_text(start.decode("utf-8", "replace"), 40)
    return f"This is no property list, and the device says 'Cannot connect'. It begins with {text}: {what}."


def _other_plist(value: Mapping[str, PlistValue]) -> str:
    keys = ", ".join(map(redact_text, list(value)[:5]))
    if _PROFILE_KEYS & value.keys():
        what = "a profile (.mobileconfig or .mobileprovision)"
    elif "CFBundleIdentifier" in value:
        what = "an app's Info.plist"
    else:
        what = "another property list"
    return (
        f"This is {what}, no manifest: it has {keys or 'no keys'}, and not the key 'items'. The device "
        "installs nothing."
    )


def _named(value: PlistValue) -> str:
    """Name the type of a value as property lists do."""
    names: dict[type, str] = {
        dict: "a dict",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a real",
    }
    return names.get(type(value), "data" if isinstance(value, bytes) else "a date")


def _short(value: PlistValue) -> str:
    if isinstance(value, (dict, list)):
        return f"{_named(value)} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 64:  # Python shows no integers of over 4300 digits
        return "an integer of over 64 bits"
    if isinstance(value, str):
        return redact_text(value, 80)
    text = safe_repr(value[:80] if isinstance(value, bytes) else value)
    return text if len(text) < 100 else text[:100] + "…"


_MANIFEST_KEYS = frozenset({"items"})
_ITEM_KEYS = frozenset({"assets", "metadata", "thinned-assets"})
# variantDescriptors stands in thinned assets that an older Xcode wrote (seen in the wild).
_ASSET_KEYS = frozenset(
    "kind md5 md5-size md5s sha256 sha256-size sha256s url variantDescriptors variantIds".split()  # noqa: SIM905
)
_METADATA_KEYS = frozenset(
    "bundle-identifier bundle-version developer-name has-messages-extension kind launch-prohibited "  # noqa: SIM905
    "platform-identifier subtitle title".split()
)
# Once in Apple's schema; need-shine is how needs-shine is often misspelt. macOS packages used the latter two.
_REMOVED_ASSET_KEYS = frozenset({"needs-shine", "need-shine"})
_REMOVED_METADATA_KEYS = frozenset({"sizeInBytes", "items"})
_REQUIRED_METADATA = {
    "bundle-identifier": "it must equal the CFBundleIdentifier in the .ipa, or the install fails",
    "bundle-version": "a managed device updates when it changes; write CFBundleShortVersionString",
    "kind": "the device takes it as 'software', but Apple's schema requires it",
    "title": "the device refuses a manifest without it; it is shown in the question before the install",
}
_NOT_A_PACKAGE = frozenset({".plist", ".mobileconfig", ".mobileprovision", ".apk", ".png", ".jpg", ".html"})
_NOT_AN_IMAGE = frozenset({".ipa", ".plist", ".html"})
_WRONG_EXTENSIONS = {
    PACKAGE: _NOT_A_PACKAGE,
    DISPLAY_IMAGE: _NOT_AN_IMAGE,
    FULL_SIZE_IMAGE: _NOT_AN_IMAGE,
}
_PLATFORMS = ("com.apple.platform.iphoneos", "com.apple.platform.watchos")

_HEX = "[0-9A-Fa-f]+"
_BUNDLE_IDENTIFIER = r"[A-Za-z0-9.-]{2,}"
# Apple, CFBundleShortVersionString: one to three integers with periods between.
_VERSION = r"[0-9]+(?:\.[0-9]+){0,2}"
# In a text that people see, only what nobody would write on purpose.
_UNSET = frozenset({"undefined", "null", "None", "nil", "NaN"})
_PLACEHOLDER_IN_TEXT = r"^(?:undefined|null|None)$|\$\{|\$\(|\{\{|<%|%@"
_MOST_UNKNOWN_KEYS = 20
# Of each level: nobody reads more, and a hostile file can hold a hundred thousand.
_MOST_PROBLEMS = 1000


def _check(raw: Mapping[str, PlistValue]) -> list[Problem]:
    """Hold a manifest's dictionary against the rules, in its own order; what misses comes where its parent begins."""
    if _is_usual(raw):
        return []
    checker = _Checker()
    checker.manifest(raw)
    return checker.found


def _is_usual(raw: Mapping[str, PlistValue]) -> bool:  # noqa: C901, PLR0911 -- one pass, for speed
    """Tell at a glance that there is nothing to report, as of most manifests; a False says nothing.

    Nor is there anything that could not be written: all keys are known, and all texts plain.
    """
    items = raw.get("items")
    if len(raw) != 1 or not items or not isinstance(items, list):
        return False
    for item in items:
        if not isinstance(item, dict) or item.keys() != _USUAL_ITEM_KEYS:
            return False
        assets, metadata = item["assets"], item["metadata"]
        if not isinstance(assets, list) or not isinstance(metadata, dict):
            return False
        kinds: set[str] = set()
        for asset in assets:
            if not isinstance(asset, dict) or asset.keys() != _USUAL_ASSET_KEYS:
                return False
            kind, url = asset["kind"], asset["url"]
            if not isinstance(kind, str) or not isinstance(url, str) or "?" in url or not _urls.is_plain(url):
                return False
            if not url.endswith(_USUAL_EXTENSIONS.get(kind, "?")):
                return False
            kinds.add(kind)
        if PACKAGE not in kinds or len(kinds) != len(assets):
            return False
        if not _REQUIRED_METADATA.keys() <= metadata.keys() <= _USUAL_METADATA_KEYS:
            return False
        texts = [metadata.get(key, usual) for key, usual in _USUAL_METADATA.items()]
        try:
            text = "\n".join(cast("list[str]", texts))
        except TypeError:  # some value is no text
            return False
        if not re.fullmatch(_USUAL_TEXTS, text):
            return False
    return True


_USUAL_ITEM_KEYS = {"assets", "metadata"}
_USUAL_ASSET_KEYS = {"kind", "url"}
_USUAL_EXTENSIONS = {PACKAGE: ".ipa", DISPLAY_IMAGE: ".png", FULL_SIZE_IMAGE: ".png"}
# The keys in the order of the pattern below, with what stands for those that may be missing.
_USUAL_METADATA = {
    "kind": "",
    "bundle-identifier": "",
    "bundle-version": "",
    "platform-identifier": _PLATFORMS[0],
    "title": "",
    "subtitle": "none",
}
_USUAL_METADATA_KEYS = _USUAL_METADATA.keys()
_USUAL_TEXTS = (
    rf"software\n[a-z0-9-][A-Za-z0-9-]*(?:\.[a-z0-9-][A-Za-z0-9-]*)+\n{_VERSION}\n{re.escape(_PLATFORMS[0])}"
    r"(?:\n\w(?:[\w .,&'-]*[\w.])?){2}"
)


class _Checker:
    """The rules, gathering what they find."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.left: dict[Level, int] = {"error": _MOST_PROBLEMS, "warning": _MOST_PROBLEMS}

    def add(self, path: str, code: Code, message: str, level: Level = "error") -> None:
        if self.left[level]:
            self.left[level] -= 1
            self.found.append(Problem(path, code, message, level))

    def warn(self, path: str, code: Code, message: str) -> None:
        self.add(path, code, message, "warning")

    def manifest(self, raw: Mapping[str, PlistValue]) -> None:
        if "items" not in raw:
            self.add(
                "items", "missing", "The manifest has no items, so there is nothing to install: add one for the app."
            )
        for key, value in raw.items():
            if key == "items":
                for path, item in self.dicts(value, key):
                    self.item(item, path)
        self.unknown_keys(raw, "", _MANIFEST_KEYS)

    def item(self, raw: Mapping[str, PlistValue], path: str) -> None:
        # A package for a Mac was seen to install without metadata.
        for_mac = _is_for_mac(raw.get("assets"))
        if "assets" not in raw:
            self.add(f"{path}.assets", "missing", "The item has no assets, so there is no package to install: add one.")
        if "metadata" not in raw:
            message = (
                "The item has no metadata: an iPhone or iPad does not install it. Add bundle-identifier and title."
            )
            self.add(f"{path}.metadata", "missing", message, "warning" if for_mac else "error")
        for key, value in raw.items():
            if key == "assets":
                self.assets(value, f"{path}.{key}")
            elif key == "thinned-assets":
                for asset_path, asset in self.dicts(value, f"{path}.{key}"):
                    self.asset(asset, asset_path, "error" if asset.get("kind") == PACKAGE else "warning", thinned=True)
            elif key == "metadata":
                self.metadata(value, f"{path}.{key}", "warning" if for_mac else "error")
        self.unknown_keys(raw, path, _ITEM_KEYS)

    def assets(self, value: PlistValue, path: str) -> None:
        assets = self.dicts(value, path)
        kinds = [asset.get("kind") for _, asset in assets]
        if assets and PACKAGE not in kinds:
            # The device: "no assets imported".
            kinds_there = ", ".join(_short(kind) for kind in kinds if kind is not None) or "none"
            message = (
                f"No asset is of the kind {PACKAGE!r} (there are: {kinds_there}), so the device has nothing to install."
            )
            self.add(path, "no-package", message)
        seen: set[str] = set()
        for asset_path, asset in assets:
            kind = asset.get("kind")
            name = kind if isinstance(kind, str) else ""
            first = name not in seen
            seen.add(name)
            # Only the first package decides; images and what comes second may fail and the app installs.
            self.asset(asset, asset_path, "error" if kind == PACKAGE and first else "warning")
            if name and not first:
                message = (
                    f"There is an asset of the kind {_short(name)} already, and the device uses the first: remove one."
                )
                self.warn(f"{asset_path}.kind", "duplicate-kind", message)

    def asset(self, raw: Mapping[str, PlistValue], path: str, level: Level, *, thinned: bool = False) -> None:  # noqa: C901 -- a branch a key
        """Check an asset; `level` is that of what keeps the device from fetching it."""
        kind = raw.get("kind")
        if "kind" not in raw:
            message = (
                f"The asset does not say what it is, so the device passes it over: add kind, {PACKAGE!r} for the .ipa."
            )
            self.warn(f"{path}.kind", "missing", message)
        if "url" not in raw:
            self.add(f"{path}.url", "missing", "The asset has no url, so there is nothing to fetch: add it.", level)
        if thinned and not raw.keys() & {"variantIds", "variantDescriptors"}:
            message = "The thinned asset names no device: add variantIds, such as ['iPhone15,2'] (Xcode writes them)."
            self.warn(f"{path}.variantIds", "missing", message)
        family = "sha256" if "sha256" in raw or "sha256s" in raw else "md5"
        for key, value in raw.items():
            here = f"{path}.{key}"
            if key == "url":
                self.url(value, here, kind, level)
            elif key == "kind":
                text = self.text(value, here, "warning")
                if text and text not in _ASSET_KINDS:
                    # Apple's older lists forgot software-package: the list is not taken as closed.
                    message = (
                        f"The device knows no kind {_short(text)} and passes the asset "
                        f"over{_meant(text, _ASSET_KINDS)}."
                    )
                    self.warn(here, "unknown-kind", message)
            elif key in {"md5", "sha256"}:
                # One hash of the whole file overrides the pair; SHA-256 overrides MD5 (Apple's schema).
                self.digests([value], [here], key, level if key == family else "warning")
            elif key in {"md5s", "sha256s"}:
                in_force = key[:-1] == family and family not in raw
                self.hash_list(raw, path, key, level if in_force else "warning")
            elif key in {"md5-size", "sha256-size"}:
                in_force = key.startswith(family) and family not in raw
                self.hash_size(raw, path, key, level if in_force else "warning")
            elif key == "variantIds" and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
                message = f"variantIds is {_short(value)}: it must be an array of strings such as 'iPhone15,2'."
                self.warn(here, "wrong-type", message)
        if family == "md5" and ("md5" in raw or "md5s" in raw):
            # The path is that of the list or of the one hash, whichever the device uses.
            key = "md5" if "md5" in raw else "md5s"
            message = "Only MD5 hashes are given: Apple keeps them for old systems. Add SHA-256, which overrides them."
            self.warn(f"{path}.{key}", "md5-only", message)
        self.unknown_keys(raw, path, _ASSET_KEYS, _REMOVED_ASSET_KEYS)

    def url(self, value: PlistValue, path: str, kind: PlistValue | None, level: Level) -> None:
        text = self.text(value, path, level)
        if not text:
            return
        self.found += _urls.problems(text, path, level)
        extension = _extension(text)
        if isinstance(kind, str) and extension in _WRONG_EXTENSIONS.get(kind, ()):
            message = f"{_urls.redact(text)} does not look like a {kind}: see whether the URL is the right one."
            self.warn(path, "wrong-file", message)
        elif extension == ".pkg" and kind == PACKAGE:
            message = f"{_urls.redact(text)} is a package for a Mac: an iPhone or iPad cannot install it."
            self.warn(path, "macos-package", message)

    def digests(self, digests: list[PlistValue], paths: list[str], algorithm: str, level: Level) -> None:
        length = {"md5": 32, "sha256": 64}[algorithm]
        upper = None
        for digest, path in zip(digests, paths, strict=True):
            if not isinstance(digest, str):
                message = (
                    f"The {algorithm} hash is {_short(digest)}: it must be a string of {length} hexadecimal digits."
                )
                self.add(path, "wrong-type", message, level)
            elif len(digest) != length or not re.compile(_HEX).fullmatch(digest):
                message = (
                    f"{_short(digest)} is no {algorithm} hash: that is {length} hexadecimal digits. The device finds "
                    "that the download differs and refuses it; make the hashes anew with Checksum.of()."
                )
                self.add(path, "bad-hash", message, level)
            elif upper is None and digest != digest.lower():
                upper = path
        if upper is not None:
            self.warn(
                upper, "upper-case-hash", "The hash has upper-case digits, and Apple writes lower case: do the same."
            )

    def hash_list(self, raw: Mapping[str, PlistValue], path: str, key: str, level: Level) -> None:
        algorithm, hashes, size = key[:-1], raw[key], raw.get(f"{key[:-1]}-size")
        here = f"{path}.{key}"
        if not isinstance(hashes, list):
            self.add(
                here, "wrong-type", f"{key} is {_short(hashes)}: it must be an array of hashes, one a chunk.", level
            )
            return
        if not hashes:
            self.warn(
                here,
                "empty",
                f"{key} is empty, so the package installs unverified: put the hashes in, or leave it out.",
            )
            return
        unchecked = len(hashes) > 1 and (size is None or (type(size) is int and size < 1))
        paths = [f"{here}[{index}]" for index in range(len(hashes))]
        self.digests(hashes, paths, algorithm, "warning" if unchecked else level)
        if unchecked:
            message = (
                f"There are {len(hashes)} hashes and {algorithm}-size is {'missing' if size is None else size}, so "
                "the device does not look at them and the package installs unverified: give the length of a chunk in "
                "bytes."
            )
            self.warn(here, "unchecked-hashes", message)
        elif size is None:
            message = f"Apple wants {algorithm}-size beside {key}; the device takes a single hash as the whole file's."
            self.warn(f"{path}.{algorithm}-size", "missing", message)

    def hash_size(self, raw: Mapping[str, PlistValue], path: str, key: str, level: Level) -> None:
        algorithm, size = key.removesuffix("-size"), raw[key]
        here = f"{path}.{key}"
        if type(size) is not int:
            self.add(
                here, "wrong-type", f"{key} is {_short(size)}: it must be an integer, the bytes of a chunk.", level
            )
        elif f"{algorithm}s" not in raw:
            message = f"There is {key} and no {algorithm}s, so nothing is verified: add the hashes, or leave {key} out."
            self.warn(f"{path}.{algorithm}s", "missing", message)
        elif size < 1 and _count(raw[f"{algorithm}s"]) < 2:  # of two or more, hash_list tells it
            self.warn(here, "bad-chunk-size", f"{key} is {size}: it must be the bytes of a chunk; Apple uses 10485760.")

    def metadata(self, value: PlistValue, path: str, level: Level) -> None:  # noqa: C901, PLR0912 -- a branch a key
        if not isinstance(value, dict):
            self.add(path, "wrong-type", f"metadata is {_short(value)}: it must be a dict.", level)
            return
        for key, what in _REQUIRED_METADATA.items():
            if key not in value:
                needed = level if key in {"bundle-identifier", "title"} else "warning"
                self.add(f"{path}.{key}", "missing", f"The {key} is missing: {what}.", needed)
        for key, part in value.items():
            here = f"{path}.{key}"
            if key == "bundle-identifier":
                self.bundle_identifier(part, here, level)
            elif key == "title":
                self.shown_text(part, here, level)
            elif key == "bundle-version":
                self.version(part, here)
            elif key == "subtitle":
                self.shown_text(part, here, "warning")
            elif key == "kind":
                text = self.text(part, here, level)
                if text and text != "software":
                    message = f"The kind is {_short(text)}, and the device refuses all but 'software'."
                    self.add(here, "wrong-kind", message, level)
            elif key == "platform-identifier":
                text = self.text(part, here, "warning")
                if text and text not in _PLATFORMS:
                    # Apple Watch apps go to the paired watch; other values are not known to be used.
                    message = (
                        f"The platform is {_short(text)}, and an iPhone or iPad skips the item: theirs is "
                        f"{_PLATFORMS[0]!r}."
                    )
                    self.warn(here, "other-platform", message)
            elif key in {"has-messages-extension", "launch-prohibited"} and not isinstance(part, bool):
                self.warn(here, "wrong-type", f"{key} is {_short(part)}: it must be a boolean.")
        self.unknown_keys(value, path, _METADATA_KEYS, _REMOVED_METADATA_KEYS)

    def bundle_identifier(self, value: PlistValue, path: str, level: Level) -> None:
        text = self.text(value, path, level)
        if not text:
            return
        if re.compile(_BUNDLE_IDENTIFIER).fullmatch(text) and "YOUR" not in text and text not in _UNSET:
            return
        left = _urls.placeholder(text)
        if left is not None:
            message = (
                f"The bundle identifier {_short(text)} still holds the placeholder {redact_text(left, 40)}: fill in "
                "the template."
            )
            self.add(path, "placeholder", message, level)
        elif re.search(r"\s", text):
            message = (
                f"The bundle identifier {_short(text)} has white space in it, so that it equals none: take it out."
            )
            self.add(path, "whitespace", message, level)
        elif not re.compile(_BUNDLE_IDENTIFIER).fullmatch(text):
            # Seen in the wild and installed: "Facebook++"; the device compares, and does not judge.
            message = (
                f"The bundle identifier {_short(text)} is unusual: Apple allows letters, digits, '-' and '.', two or "
                "more. It must equal the CFBundleIdentifier in the .ipa."
            )
            self.warn(path, "odd-bundle-identifier", message)

    def version(self, value: PlistValue, path: str) -> None:
        text = self.shown_text(value, path, "error", empty="warning")
        if (
            text
            and not re.compile(_PLACEHOLDER_IN_TEXT).search(text)
            and not re.compile(_VERSION).fullmatch(text.strip())
        ):
            message = (
                f"The version {_short(text)} is unusual: Apple writes one to three integers with periods, as in 1.2.3."
            )
            self.warn(path, "odd-version", message)

    def shown_text(self, value: PlistValue, path: str, level: Level, *, empty: Level | None = None) -> str | None:
        text = self.text(value, path, level, empty=empty)
        if text and text != text.strip():
            self.warn(path, "whitespace", f"{_short(text)} begins or ends with white space: take it out.")
        if text and (found := re.compile(_PLACEHOLDER_IN_TEXT).search(text)):
            self.warn(
                path,
                "placeholder",
                f"{_short(text)} seems to hold a placeholder ({found.group()}…): fill in the template.",
            )
        return text

    def text(self, value: PlistValue, path: str, level: Level, *, empty: Level | None = None) -> str | None:
        """Give a text that is there; report what is none, and what is blank."""
        if isinstance(value, str):
            if value and not value.isspace():
                return value
            message = f"It is {value!r}, blank: fill it in" + ("." if level == "error" else ", or leave the key out.")
            self.add(path, "empty", message, empty or level)
        else:
            self.add(path, "wrong-type", f"It is {_named(value)}, {_short(value)}: it must be a string.", level)
        return None

    def dicts(self, value: PlistValue, path: str) -> list[tuple[str, dict[str, PlistValue]]]:
        """Give the dictionaries of an array with their paths; report what is none."""
        if not isinstance(value, list):
            self.add(path, "wrong-type", f"{path.rpartition('.')[2]} is {_short(value)}: it must be an array of dicts.")
            return []
        if not value:
            self.add(
                path,
                "empty",
                f"{path.rpartition('.')[2]} is empty, so there is nothing to install: add what is missing.",
            )
        found: list[tuple[str, dict[str, PlistValue]]] = []
        for index, part in enumerate(value):
            if isinstance(part, dict):
                found.append((f"{path}[{index}]", part))
            else:
                self.add(f"{path}[{index}]", "wrong-type", f"It is {_named(part)}, {_short(part)}: it must be a dict.")
        return found

    def unknown_keys(
        self, raw: Mapping[str, PlistValue], path: str, known: frozenset[str], removed: frozenset[str] = frozenset()
    ) -> None:
        if raw.keys() <= known:
            return
        for key in [key for key in raw if key not in known][:_MOST_UNKNOWN_KEYS]:
            if key in removed:
                message = f"{key} is no longer in Apple's schema, and the device ignores it: remove it."
                self.warn(child(path, key), "removed-key", message)
            else:
                message = f"The device does not know the key {_short(key)}, and ignores it{_meant(key, known)}."
                self.warn(child(path, key), "unknown-key", message)


def _count(hashes: PlistValue) -> int:
    return len(hashes) if isinstance(hashes, list) else 0


def _is_for_mac(assets: PlistValue | None) -> bool:
    return isinstance(assets, list) and any(
        isinstance(asset, dict) and asset.get("kind") == PACKAGE and _extension(asset.get("url")) == ".pkg"
        for asset in assets
    )


def _extension(url: PlistValue | None) -> str:
    """Give the extension of the file that a URL names, with its period, in lower case."""
    name = url.partition("?")[0].rpartition("/")[2] if isinstance(url, str) else ""
    return name[name.rfind(".") :].lower() if "." in name else ""


def _meant(word: str, known: Iterable[str]) -> str:
    if len(word) > 40:
        return ""
    import difflib  # only for what is misspelt

    # developer-name stands in Apple's example, but in no schema: tolerated, and not to be recommended.
    known = [name for name in known if name != "developer-name"]
    found = difflib.get_close_matches(word, known, 1, 0.75)
    return f" (did you mean {found[0]!r}?)" if found else ""
