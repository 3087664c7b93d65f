"""What a build returns."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .._redact import repr_of_fields, without_secrets
from .._shapes import TEXT, Many, Plain
from .._wording import SHOWN, Report, shapes_of
from ..errors import Problem, printable
from ..link import LINK_SHAPE, InstallLink
from ..manifest import MANIFEST_SHAPE

if TYPE_CHECKING:
    from ..ipa import Ipa
    from ..manifest import Manifest
    from ..page import App

_T = TypeVar("_T")


class _File(Plain):
    """A path, written as text."""

    __slots__ = ()

    def write(self, value: Path, /) -> str:
        """Return the text."""
        return str(value)

    def read(self, data: object, path: str, /) -> Path:
        """Read the text; a path of another system stays a name."""
        return Path(TEXT.read(data, path))


_FILE = _File("Path", str, "string")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Release(Report):
    """What `build_release` made.

    `folder` contains the files at `paths`: a copy of the .ipa under its own name (``App.ipa`` for a file
    object), ``manifest.plist`` with SHA-256 hashes, ``index.html`` and, where the app has an icon that can be
    read, ``display-image.png`` and ``full-size-image.png``: the icons nearest to 57 and 512 pixels at or
    above, or else the largest; they are not scaled. Once the files are at the base URL, people open
    `page_url`, and `link` installs. `problems` are those of the app, its icon, the manifest and the link:
    warnings, unless errors were allowed. `ipa` and `app` are the app as it was read and as the page shows it.

    >>> import io, plistlib, zipfile
    >>> file = io.BytesIO()
    >>> keys = {"CFBundleIdentifier": "com.example.myapp", "CFBundleExecutable": "MyApp", "CFBundleVersion": "42"}
    >>> info = plistlib.dumps({**keys, "CFBundleShortVersionString": "1.2.3"})
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("Payload/MyApp.app/Info.plist", info)
    ...     archive.writestr("Payload/MyApp.app/MyApp", b"the program")
    >>> release = build_release(file, "https://apps.example.com/v1.2.3/", "out", allow_problems=True)
    >>> [path.name for path in release.paths], [problem.code for problem in release.problems]
    (['App.ipa', 'manifest.plist', 'index.html'], ['no-profile', 'bad-executable'])
    """

    link: InstallLink
    manifest: Manifest
    page_url: str
    folder: Path
    paths: tuple[Path, ...]
    problems: tuple[Problem, ...]
    _ipa: Ipa | None = dataclasses.field(default=None, repr=False, compare=False)
    _app: App | None = dataclasses.field(default=None, repr=False, compare=False)

    __repr__ = repr_of_fields

    _shapes = shapes_of(
        "release",
        link=LINK_SHAPE,
        manifest=MANIFEST_SHAPE,
        page_url=SHOWN,
        folder=_FILE,
        paths=Many(_FILE),
    )

    @property
    def ipa(self) -> Ipa:
        """What `read_ipa` read of the .ipa that was given.

        Raises ValueError for a release that `from_dict` made: a report does not carry the .ipa.
        """
        return _at_hand(self._ipa)

    @property
    def app(self) -> App:
        """The app as the page shows it, for a page of several apps: its icon is the one at the base URL.

        Raises ValueError as `ipa` does.
        """
        return _at_hand(self._app)

    def __str__(self) -> str:
        page, link = without_secrets(self.page_url), without_secrets(str(self.link))
        places = (f"folder: {self.folder}", f"page: {page}", f"link: {link}")
        return "\n".join([Report.__str__(self), *(f"  {printable(place)}" for place in places)])

    def _repr_html_(self) -> str:
        from html import escape  # not needed to build a release

        page = without_secrets(self.page_url)
        links = escape(page)
        if page == self.page_url:  # a notebook keeps what it shows
            links = f'<a href="{links}">{links}</a> {self.link.to_html("Install")}'
        return f"{Report._repr_html_(self)}<div>{links}</div>"

    def _title(self) -> str:
        metadata = self.manifest.items[0].metadata
        return without_secrets(f"release of {metadata.title} {metadata.bundle_version or ''}".rstrip())


def _at_hand(value: _T | None) -> _T:
    if value is None:
        message = "The app is not at hand: this Release was not built here. Read the .ipa again by read_ipa."
        raise ValueError(message)
    return value
