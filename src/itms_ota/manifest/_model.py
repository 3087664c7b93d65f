"""What people hold: a manifest of items.

It knows no rules: its methods that judge or read ask `_schema` and `_document` when first called.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from .._arguments import check_bytes, check_type
from .._plist import PlistError, PlistValue
from .._redact import repr_of_fields, without_secrets
from ..errors import ManifestError, Problem, errors_of, warnings_of
from ._fields import in_order, make_tuple, own_extra, take_dicts
from ._item import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from ..checksum import Checksum
    from ._changes import Change
    from ._item import Asset

_P = ParamSpec("_P")
# Of the apps that a title names, and of the letters of each.
_MOST_TITLES = 5
_LONGEST = 80


@contextmanager
def _in_the_one_item() -> Generator[None, None, None]:
    """Put the place of an item before the paths of what is wrong with it."""
    try:
        yield
    except ManifestError as error:
        problems = [replace(problem, path=f"items[0].{problem.path}") for problem in error.problems]
        raise ManifestError(problems) from None


def _copied(plist: Mapping[str, PlistValue], *, validate: bool) -> dict[str, PlistValue]:
    """Copy a dictionary; ManifestError for what cannot be written, and if asked for what keeps a device off."""
    from .._plist import copied
    from ._schema import check

    value, problems = copied(plist)
    if value is not None and validate:
        problems = (*errors_of(check(value)), *problems)
    if value is None or problems:
        raise ManifestError(problems)
    return value


def _with_the_arguments_of(
    describe: Callable[_P, Item],
) -> Callable[[Callable[[type[Manifest], Item], Manifest]], Callable[Concatenate[type[Manifest], _P], Manifest]]:
    """Make a method that takes an item take the arguments by which that is described."""

    def decorated(make: Callable[[type[Manifest], Item], Manifest]) -> Callable[..., Manifest]:
        @wraps(make)
        def method(cls: type[Manifest], *args: _P.args, **options: _P.kwargs) -> Manifest:
            with _in_the_one_item():
                try:
                    item = describe(*args, **options)
                except TypeError as error:  # Python names what it calls
                    raise TypeError(
                        str(error).replace(f"{describe.__qualname__}()", f"{make.__qualname__}()")
                    ) from None
                return make(cls, item)

        own, described = inspect.signature(make), inspect.signature(describe)
        cls, _ = own.parameters.values()
        method.__dict__["__signature__"] = own.replace(parameters=[cls, *described.parameters.values()])
        return method

    return decorated


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

    __module__ = "itms_ota.manifest"

    items: tuple[Item, ...]
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, PlistValue], hash=False)

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        make_tuple(self, "items", Item)
        if self.extra or type(self.extra) is not dict:
            own_extra(self)

    @classmethod
    @_with_the_arguments_of(Item.for_app)
    def for_app(cls, item: Item) -> Manifest:
        """Describe one app, in a manifest of its own; the arguments are those of `Item.for_app`."""
        return cls(items=(item,))

    @classmethod
    def from_plist(cls, data: bytes) -> Manifest:
        """Read a manifest, XML or binary, that a device would install from.

        Raises ManifestError with every error that keeps it from doing so; warnings raise nothing (see
        `problems`). `inspect_manifest` never raises.
        """
        from ._document import judge, placed

        data = check_bytes("data", data)
        value, _, problems = judge(data)
        errors = errors_of(problems)
        if errors or value is None:
            raise ManifestError(placed(errors, data))
        return cls._from_plist(value)

    @classmethod
    def from_dict(cls, plist: Mapping[str, PlistValue]) -> Manifest:
        """Take a manifest from the dictionary of a property list, as plistlib and other tools hold one.

        Nothing is shared with the dictionary. Raises ManifestError as `from_plist` does, and for what XML cannot
        carry; TypeError for what is not a value of a property list.

        >>> asset = {"kind": "software-package", "url": "https://apps.example.com/MyApp.ipa"}
        >>> app = {"bundle-identifier": "com.example.myapp", "kind": "software", "title": "MyApp"}
        >>> Manifest.from_dict({"items": [{"assets": [asset], "metadata": app}]}).package.url
        'https://apps.example.com/MyApp.ipa'
        """
        check_type("plist", plist, Mapping)
        try:
            raw = _copied(plist, validate=True)
        except TypeError as error:
            message = f"plist has a value that no property list can hold: {error}"
            raise TypeError(message) from None
        return cls._from_plist(raw)

    def to_plist(self, *, validate: bool = True) -> bytes:
        """Write the manifest as XML, as Xcode does; equal manifests give equal bytes.

        Raises ManifestError with every error that would keep a device from installing, unless `validate`
        is False, and in any case for what XML cannot carry.

        >>> url = "https://a.example/A.ipa"
        >>> manifest = Manifest.for_app(url=url, bundle_identifier="a.b", bundle_version="1", title="")
        >>> manifest.to_plist()
        Traceback (most recent call last):
        itms_ota.errors.ManifestError: error at items[0].metadata.title: The title is missing. ... [missing]
        """
        from .._plist import dumps, write
        from ._schema import check
        from ._usual import is_usual

        raw = self._to_plist()
        if is_usual(raw):
            return write(raw)
        problems = [*errors_of(check(raw))] if validate else []
        data = b""
        try:
            data = dumps(raw)
        except PlistError as error:
            problems += error.problems
        if problems:
            raise ManifestError(problems)
        return data

    def to_dict(self, *, validate: bool = True) -> dict[str, PlistValue]:
        """Return the dictionary of the property list that `to_plist` writes; a change to it changes no manifest.

        Raises ManifestError as `to_plist` does.

        >>> url = "https://a.example/A.ipa"
        >>> manifest = Manifest.for_app(url=url, bundle_identifier="a.b", bundle_version="1", title="A")
        >>> manifest.to_dict()["items"][0]["assets"]
        [{'kind': 'software-package', 'url': 'https://a.example/A.ipa'}]
        >>> Manifest.from_dict(manifest.to_dict()) == manifest
        True
        """
        return _copied(self._to_plist(), validate=validate)

    def problems(self) -> tuple[Problem, ...]:
        """Find everything that is wrong with the manifest, errors and warnings, in the order of the written file.

        Whether a signed URL has expired is told by the clock of this machine.
        """
        from .._plist import unwritable
        from ._schema import check

        raw = self._to_plist()
        return (*check(raw), *unwritable(raw))

    def errors(self) -> tuple[Problem, ...]:
        """Find what keeps a device from installing."""
        return errors_of(self.problems())

    def warnings(self) -> tuple[Problem, ...]:
        """Find what is off, though a device installs, or may."""
        return warnings_of(self.problems())

    def validate(self) -> None:
        """Raise ManifestError with every error that `problems` finds; warnings raise nothing."""
        errors = self.errors()
        if errors:
            raise ManifestError(errors)

    @property
    def package(self) -> Asset:
        """The package of the one app that the manifest is for.

        Raises ManifestError where there is none, and ValueError for a manifest of several items: of each of those,
        `Item.package` is the package, or None.
        """
        item = self._only_item()
        if item.package is not None:
            return item.package
        from ._schema import without_package

        problem = without_package(item._to_plist(), (asset.kind for asset in item.assets))
        raise ManifestError([replace(problem, path="items[0].assets", level="error")])

    def with_package(self, url: str, checksums: Iterable[Checksum] = (), bundle_version: str | None = None) -> Manifest:
        """Return the manifest with another file for the one app that it is for, as `Item.with_package` does.

        Raises ManifestError where there is no app, and ValueError for a manifest of several items.

        >>> old = Manifest.for_app(url="https://a.example/1", bundle_identifier="a.b", bundle_version="1", title="A")
        >>> new = old.with_package("https://a.example/2", bundle_version="2")
        >>> new.package.url, new.items[0].metadata.bundle_version
        ('https://a.example/2', '2')
        """
        item = self._only_item()
        with _in_the_one_item():
            return replace(self, items=(item.with_package(url, checksums, bundle_version),))

    def changes(self, other: Manifest) -> tuple[Change, ...]:
        """Find what a device, or its management, sees as different in another manifest: an update check in one call.

        This manifest is the one before. An app is known by its bundle identifier and its platform; of each, a change
        of the version comes first. Nothing is found where only what devices ignore is different: the order of
        items and of keys, unknown keys, a second asset of one kind.

        >>> url = "https://a.example/A.ipa"
        >>> old = Manifest.for_app(url=url, bundle_identifier="a.b", bundle_version="1.9", title="A")
        >>> for change in old.changes(old.with_package("https://a.example/B.ipa", bundle_version="1.10")):
        ...     print(change)
        newer at items[0].metadata.bundle-version: '1.9' before, '1.10' now
        address at items[0].assets[0].url: 'https://a.example/A.ipa' before, 'https://a.example/B.ipa' now
        """
        from ._changes import changes

        check_type("other", other, Manifest)
        return tuple(changes(self.items, other.items))

    def _only_item(self) -> Item:
        item = next(iter(self.items), None)
        if item is None:
            # Items that stand in extra are written, but are not in the model: then the file has no errors.
            raise ManifestError(self.errors() or Manifest(items=()).errors())
        if len(self.items) > 1:
            message = f"the manifest has {len(self.items)} items: choose one of them, as in manifest.items[0]"
            raise ValueError(message)
        return item

    @classmethod
    def _from_plist(cls, plist: Mapping[str, PlistValue]) -> Manifest:
        raw = dict(plist)
        items = take_dicts(raw, "items")
        return cls(items=tuple(map(Item._from_plist, items)), extra=raw)

    def _to_plist(self) -> dict[str, PlistValue]:
        raw = dict(self.extra)
        if self.items:
            raw["items"] = [item._to_plist() for item in self.items]
        return in_order(raw)

    def _repr_html_(self) -> str:
        from .._wording import as_html

        return as_html(without_secrets(self._title()), self.problems())

    def _title(self) -> str:
        if not self.items:
            return "manifest"
        from .._wording import cut

        about = (item.metadata for item in self.items[:_MOST_TITLES])
        apps = [
            f"{cut(app.title, _LONGEST) or '(no title)'} {cut(app.bundle_version or '', _LONGEST)}".rstrip(" ")
            for app in about
        ]
        more = f" and {len(self.items) - _MOST_TITLES} more" if len(self.items) > _MOST_TITLES else ""
        return f"manifest of {', '.join(apps)}{more}"
