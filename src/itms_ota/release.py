"""From an .ipa to a folder that installs the app once it is uploaded."""

from __future__ import annotations

import dataclasses
import errno
import os
import re
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _urls
from ._arguments import check_path, check_type
from ._redact import repr_of_fields, without_secrets
from ._shapes import TEXT, Many, Plain
from ._wording import SHOWN, Report, shapes_of
from .checksum import Checksum
from .errors import IpaError, LinkError, Problem, errors_of, printable
from .ipa import read_ipa
from .link import LINK_SHAPE, InstallLink
from .manifest import DISPLAY_IMAGE, FULL_SIZE_IMAGE, IMAGE_SIZES, MANIFEST_SHAPE
from .page import App, install_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from .checksum import Progress
    from .ipa import Ipa, Source
    from .manifest import Manifest

__all__ = ["Release", "build_release"]

_MANIFEST = "manifest.plist"
_PAGE = "index.html"
_EXISTS = "The folder exists, and is replaced only when asked to"


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
    warnings, unless errors were allowed.

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

    __repr__ = repr_of_fields

    _shapes = shapes_of(
        "release",
        link=LINK_SHAPE,
        manifest=MANIFEST_SHAPE,
        page_url=SHOWN,
        folder=_FILE,
        paths=Many(_FILE),
    )

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


def build_release(
    ipa: Source,
    base_url: str,
    out_dir: str | os.PathLike[str],
    *,
    replace: bool = False,
    allow_problems: bool = False,
    bundle_version: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    notes: str | None = None,
    language: str = "en",
    texts: Mapping[str, str] | None = None,
    qr: str | None = None,
    udid: str | None = None,
    device: str | None = None,
    now: datetime | None = None,
    expires_within: timedelta | None = None,
    progress: Progress | None = None,
) -> Release:
    """Write a folder that installs the app once it is uploaded to `base_url`.

    - `ipa` is what `read_ipa` takes. `base_url` is the https URL of the folder that the files will be in.
    - `out_dir` appears whole or not at all. One that exists is replaced only with `replace`, and only if it is
      empty or a release; the folder around it must exist. Of several builds at once into one folder one
      succeeds, or with `replace` the last one stays.
    - `bundle_version`, `title` and `subtitle` replace the app's own, as in `Ipa.manifest`. `notes`, `language`,
      `texts` and `qr` go to `install_page`, `udid`, `device`, `now` and `expires_within` to `Ipa.problems`; `now` is
      also the page's date.
    - ``progress(done, total)`` is called with bytes while the .ipa is hashed.

    The code signature is inspected, as `inspect_signature` does, so that all of the .ipa is read twice.

    Raises, before anything is written: IpaError and ManifestError for an app that cannot install over the air,
    unless `allow_problems`; LinkError for a `base_url` that no device follows; FileExistsError for a folder that
    is not to be replaced. Raises OSError as files are read and written.
    """
    target = check_path("out_dir", out_dir)
    now = datetime.now(timezone.utc) if now is None else now
    asked = {"udid": udid, "device": device, "now": now, "expires_within": expires_within}
    plan = _Plan.of(ipa, _base(base_url), asked, allow_problems=allow_problems)
    # Only the hashes are missing yet: what is wrong is found before anything is written.
    words = {"bundle_version": bundle_version, "title": title, "subtitle": subtitle}
    shown = dataclasses.replace(plan.shown(plan.manifest(words)), date=now.date(), notes=notes)
    page = install_page([shown], page_url=plan.base + _PAGE, language=language, texts=texts, qr=qr, now=now)
    folder = Path(os.path.realpath(target))
    _refuse_to_lose(folder, replace=replace)
    return _write(plan, words, page, folder, replace=replace, progress=progress)


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    """What goes into the folder, but for the hashes and the page."""

    source: Source
    app: Ipa
    name: str
    base: str
    images: Mapping[str, bytes]
    problems: tuple[Problem, ...]
    allow_problems: bool

    @classmethod
    def of(cls, source: Source, base: str, asked: Mapping[str, Any], *, allow_problems: bool) -> _Plan:
        """Read the app; IpaError where it cannot install, unless problems are allowed."""
        name = _package_name(source)
        app = read_ipa(source)
        problems = app.problems(**asked, signature=True)
        errors = errors_of(problems)
        if errors and not allow_problems:
            raise IpaError(errors)
        images, damage = _images(app)
        told = {(problem.path, problem.code) for problem in problems}
        damage = [problem for problem in damage if (problem.path, problem.code) not in told]
        return cls(source, app, name, base, images, (*problems, *damage), allow_problems)

    @property
    def link(self) -> InstallLink:
        """The link that installs the app."""
        return InstallLink(self.base + _MANIFEST)

    def manifest(self, words: Mapping[str, str | None], checksums: Sequence[Checksum] = ()) -> Manifest:
        """Describe the app; ManifestError where no device would install it, unless problems are allowed."""
        urls = {kind: self.base + _file_name(kind) for kind in self.images}
        manifest = self.app.manifest(
            url=self.base + _urls.encode(self.name),
            display_image_url=urls.get(DISPLAY_IMAGE),
            full_size_image_url=urls.get(FULL_SIZE_IMAGE),
            checksums=checksums,
            **words,
        )
        manifest.to_plist(validate=not self.allow_problems)
        return manifest

    def shown(self, manifest: Manifest) -> App:
        """Return the app as the page shows it."""
        metadata, profile = manifest.items[0].metadata, self.app.profile
        return App(
            title=metadata.title,
            link=self.link,
            version=metadata.bundle_version,
            icon=_file_name(FULL_SIZE_IMAGE) if FULL_SIZE_IMAGE in self.images else None,
            size=self.app.size,
            minimum_os_version=self.app.minimum_os_version,
            profile_kind=profile.kind if profile else None,
            expires=profile.works_until if profile else None,
        )


def _write(
    plan: _Plan,
    words: Mapping[str, str | None],
    page: str,
    folder: Path,
    *,
    replace: bool,
    progress: Progress | None,
) -> Release:
    """Write everything beside the folder, and rename it at the end."""
    from tempfile import TemporaryDirectory  # not needed to look at a Release

    # Beside the folder, so that it takes a mere rename; within, so that permissions are the usual ones.
    with TemporaryDirectory(prefix=".itms_ota-", dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        new = Path(scratch, "new")
        new.mkdir()
        _copy(plan.source, new / plan.name)
        manifest = plan.manifest(words, [Checksum.of(new / plan.name, progress=progress)])
        files = {_file_name(kind): image for kind, image in plan.images.items()}
        files |= {_PAGE: page.encode(), _MANIFEST: manifest.to_plist(validate=not plan.allow_problems)}
        for name, data in files.items():
            (new / name).write_bytes(data)
        # One step, which fails on anything but an empty folder: another build may run at the same time.
        if replace:
            _replace(new, folder)
        elif not _is_renamed(new, folder):
            raise FileExistsError(errno.EEXIST, _EXISTS, str(folder))
    return Release(
        link=plan.link,
        manifest=manifest,
        page_url=plan.base + _PAGE,
        folder=folder,
        paths=tuple(folder / name for name in (plan.name, *sorted(files, reverse=True))),
        problems=(*plan.problems, *manifest.problems(), *plan.link.problems()),
    )


def _base(url: str) -> str:
    check_type("base_url", url, str)
    base = InstallLink(url).manifest_url
    if "?" in base or "#" in base:
        message = (
            f"The base URL {_urls.redact(base)} has a '?' or '#' after its path, so file names cannot follow it. "
            "Write the URL of the folder."
        )
        raise LinkError([Problem("base_url", "invalid-url", message)])
    return base if base.endswith("/") else base + "/"


def _package_name(source: Source) -> str:
    if not isinstance(source, (str, os.PathLike)):
        return "App.ipa"
    # Bytes of a name that are not text come as surrogates, which a URL cannot contain.
    name = re.sub("[\ud800-\udfff]", "_", Path(check_path("ipa", source)).name)
    # Servers choose the content type by the suffix.
    return name if name.lower().endswith(".ipa") else name + ".ipa"


def _file_name(kind: str) -> str:
    return f"{kind}.png"


def _images(app: Ipa) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the images that the app has, by kind, and what is wrong with those that are left out."""
    images: dict[str, bytes] = {}
    damage: list[Problem] = []
    for kind, size in IMAGE_SIZES.items():
        try:
            png = app.icon_png(size)
        except IpaError as error:
            # A device installs the app all the same.
            damage += [dataclasses.replace(problem, level="warning") for problem in error.problems]
            continue
        if png is not None:
            images[kind] = png
    return images, list(dict.fromkeys(damage))  # both may be made of one icon


def _refuse_to_lose(folder: Path, *, replace: bool) -> None:
    """Refuse a folder that is not to be replaced, before anything is written."""
    if not folder.exists():
        return
    if not replace:
        raise FileExistsError(errno.EEXIST, _EXISTS, str(folder))
    # Another build may take it away meanwhile.
    with suppress(FileNotFoundError):
        _refuse_other_files(folder, folder)


def _refuse_other_files(looked_at: Path, folder: Path) -> None:
    """Refuse what is neither empty nor a release, in the name of `folder`."""
    # One look, even where another build puts its own in this place.
    with os.scandir(looked_at) as found:
        # The Finder leaves a .DS_Store in each folder that it shows.
        are_files = {entry.name: entry.is_file() for entry in found if entry.name != ".DS_Store"}
    packages = [name for name in are_files if name.lower().endswith(".ipa")]
    others = are_files.keys() - packages
    needed = {_MANIFEST, _PAGE}
    is_release = len(packages) == 1 and needed <= others <= needed | {*map(_file_name, IMAGE_SIZES)}
    if are_files and not (is_release and all(are_files.values())):
        message = "The folder contains other files than a release does, which would be lost"
        raise FileExistsError(errno.EEXIST, message, str(folder))


def _copy(source: Source, target: Path) -> None:
    from shutil import copyfile, copyfileobj  # loads every compressor

    if isinstance(source, (str, os.PathLike)):
        copyfile(source, target)
        return
    position = source.tell()
    try:
        source.seek(0)
        with target.open("wb") as file:
            copyfileobj(source, file)
    finally:
        source.seek(position)


def _replace(new: Path, folder: Path) -> None:
    """Rename a release to its place. What is there is moved away first, looked at, and put back if it must stay."""
    scratch = new.parent
    replaced: list[Path] = []
    try:
        while not _is_renamed(new, folder):
            # Not into the scratch folder, which is removed whatever happens.
            old = scratch.with_name(f"{scratch.name}-old{len(replaced)}")
            replaced.append(old)
            with suppress(FileNotFoundError):
                folder.rename(old)
                _refuse_other_files(old, folder)
    except BaseException as error:
        kept = [repr(str(old)) for old in reversed(replaced) if old.exists() and not _is_renamed(old, folder)]
        if kept:
            message = (
                "What was in the folder could not be put back, because other files are there now. "
                f"It is kept in {', '.join(kept)}"
            )
            raise FileExistsError(errno.EEXIST, message, str(folder)) from error
        raise
    for old in replaced:
        with suppress(OSError):  # the release is in its place
            old.chmod(0o700)  # a folder that may not be changed cannot be moved into another
            old.rename(scratch / old.name)


def _is_renamed(source: Path, target: Path) -> bool:
    """Rename in one step; return False where something else is in the way."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            return False
        raise
    return True
