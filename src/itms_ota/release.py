"""From an .ipa to a folder that works when it is uploaded as it is."""

from __future__ import annotations

import dataclasses
import errno
import os
import re
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import _urls
from ._redact import repr_of_fields, without_secrets
from .checksum import Checksum
from .errors import IpaError, LinkError, Problem, as_html, as_text, check_path, check_type, printable
from .ipa import read_ipa
from .link import InstallLink
from .page import App, install_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .checksum import Progress
    from .ipa import Ipa, Source
    from .manifest import Manifest

_MANIFEST = "manifest.plist"
_PAGE = "index.html"
_DISPLAY_IMAGE = "display-image.png"
_FULL_SIZE_IMAGE = "full-size-image.png"
# In pixels (Apple, "Distribute proprietary in-house apps"); devices show other sizes as well.
_IMAGES = {_DISPLAY_IMAGE: 57, _FULL_SIZE_IMAGE: 512}
_EXISTS = "The folder exists, and is replaced only when asked to"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What `build_release` made.

    `folder` holds the files at `paths`: the .ipa, the manifest, the page, and the images where the app has an
    icon. Once they are at the base URL, people open `page_url`, and `link` installs. `problems` are those of
    the app, its icon, the manifest and the link: warnings, unless errors were allowed.
    """

    link: InstallLink
    manifest: Manifest
    page_url: str
    folder: Path
    paths: tuple[Path, ...]
    problems: tuple[Problem, ...]

    __repr__ = repr_of_fields

    def __str__(self) -> str:
        page, link = without_secrets(self.page_url), without_secrets(str(self.link))
        places = (f"folder: {self.folder}", f"page: {page}", f"link: {link}")
        return "\n".join([as_text(self._title(), self.problems), *(f"  {printable(place)}" for place in places)])

    def _repr_html_(self) -> str:
        from html import escape  # not needed to build a release

        page = without_secrets(self.page_url)
        links = escape(page)
        if page == self.page_url:  # a notebook keeps what it shows
            links = f'<a href="{links}">{links}</a> {self.link.to_html("Install")}'
        return f"{as_html(self._title(), self.problems)}<div>{links}</div>"

    def _title(self) -> str:
        metadata = self.manifest.items[0].metadata
        return without_secrets(f"release of {metadata.title} {metadata.bundle_version}")


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
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Release:
    """Write a folder that installs the app once it is uploaded to `base_url`.

    It holds a copy of the .ipa, under its own name (``App.ipa`` for a file object), ``manifest.plist`` with
    SHA-256 hashes, ``index.html`` and, where the app has an icon that can be read, ``display-image.png`` and
    ``full-size-image.png``: the icons nearest to 57 and 512 pixels at or above, or else the largest; they
    are not scaled.

    `ipa` is what `read_ipa` takes. `base_url` is the https URL of the folder that the files will be in. The
    version, title and subtitle replace the app's own, as in `Ipa.manifest`; `notes`, `language`, `texts` and
    `qr` go to `install_page`; `udid` and `now` to `Ipa.problems`, and `now` is the date on the page.
    ``progress(done, total)`` is called with bytes while the .ipa is hashed.

    `out_dir` appears whole or not at all: the files are written beside it, and renamed at the end. A folder
    that exists is replaced only with `replace`, and only if it is empty or a release; whatever fails leaves it
    as it was. Of several builds at once into one folder one succeeds, or with `replace` the last one stays. The
    folder around it must exist.

    Raises, before anything is written: IpaError and ManifestError for an app that cannot install over the
    air, unless `allow_problems`; LinkError for a `base_url` that no device follows; FileExistsError for a folder
    that is not to be replaced. OSError as files are read and written.

    >>> import io, plistlib, zipfile
    >>> file = io.BytesIO()
    >>> info = plistlib.dumps({"CFBundleIdentifier": "com.example.myapp", "CFBundleShortVersionString": "1.2.3"})
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("Payload/MyApp.app/Info.plist", info)
    >>> release = build_release(file, "https://apps.example.com/v1.2.3/", "out", allow_problems=True)
    >>> [path.name for path in release.paths], [problem.code for problem in release.problems]
    (['App.ipa', 'manifest.plist', 'index.html'], ['no-profile'])
    """
    target = check_path("out_dir", out_dir)
    now = datetime.now(timezone.utc) if now is None else now
    base = _base(base_url)
    link = InstallLink(base + _MANIFEST)
    name = _package_name(ipa)
    app = read_ipa(ipa)
    problems = app.problems(udid=udid, now=now)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors and not allow_problems:
        raise IpaError(errors)
    files, damage = _images(app)
    urls = {image: base + image for image in files}
    describe = partial(
        app.manifest,
        url=base + _urls.encode(name),
        bundle_version=bundle_version,
        title=title,
        subtitle=subtitle,
        display_image_url=urls.get(_DISPLAY_IMAGE),
        full_size_image_url=urls.get(_FULL_SIZE_IMAGE),
    )
    # Only the hashes are missing yet: what is wrong is found before anything is written.
    manifest = describe()
    manifest.to_plist(validate=not allow_problems)
    icon = _FULL_SIZE_IMAGE if _FULL_SIZE_IMAGE in files else None
    shown = dataclasses.replace(_shown(app, manifest, link), icon=icon, date=now.date(), notes=notes)
    page_url = base + _PAGE
    page = install_page([shown], page_url=page_url, language=language, texts=texts, qr=qr, now=now)
    files[_PAGE] = page.encode()
    folder = Path(os.path.realpath(target))
    _refuse_to_lose(folder, replace=replace)

    from tempfile import TemporaryDirectory  # not needed to look at a Release

    # Beside the folder, so that it takes a mere rename; within, so that permissions are the usual ones.
    with TemporaryDirectory(prefix=".itms_ota-", dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        new = Path(scratch, "new")
        new.mkdir()
        _copy(ipa, new / name)
        manifest = describe(checksums=[Checksum.of(new / name, progress=progress)])
        files[_MANIFEST] = manifest.to_plist(validate=not allow_problems)
        for file, data in files.items():
            (new / file).write_bytes(data)
        # One step, which fails where anything but an empty folder stands: another build may run at the same time.
        if replace:
            _replace(new, folder)
        elif not _is_renamed(new, folder):
            raise FileExistsError(errno.EEXIST, _EXISTS, str(folder))
    return Release(
        link=link,
        manifest=manifest,
        page_url=page_url,
        folder=folder,
        paths=tuple(folder / file for file in (name, *sorted(files, reverse=True))),
        problems=(*problems, *damage, *manifest.problems(), *link.problems()),
    )


def _base(url: str) -> str:
    check_type("base_url", url, str)
    base = InstallLink(url).manifest_url
    if "?" in base or "#" in base:
        message = (
            f"The base URL {_urls.redact(base)} goes on after its path, with '?' or '#': give the folder's own URL."
        )
        raise LinkError([Problem("base_url", "invalid-url", message)])
    return base if base.endswith("/") else base + "/"


def _package_name(source: Source) -> str:
    if not isinstance(source, (str, os.PathLike)):
        return "App.ipa"
    # Bytes of a name that are no text come as surrogates, which no URL can hold.
    name = re.sub("[\ud800-\udfff]", "_", Path(check_path("ipa", source)).name)
    # Servers tell the type by the suffix.
    return name if name.lower().endswith(".ipa") else name + ".ipa"


def _images(app: Ipa) -> tuple[dict[str, bytes], list[Problem]]:
    """Give the images that the app has, and what is wrong with those that are left out."""
    images: dict[str, bytes] = {}
    damage: list[Problem] = []
    for name, size in _IMAGES.items():
        try:
            png = app.icon_png(size)
        except IpaError as error:
            # A device installs the app all the same.
            damage += [dataclasses.replace(problem, level="warning") for problem in error.problems]
            continue
        if png is not None:
            images[name] = png
    return images, list(dict.fromkeys(damage))  # both may be made of one icon


def _shown(app: Ipa, manifest: Manifest, link: InstallLink) -> App:
    metadata = manifest.items[0].metadata
    return App(
        title=metadata.title,
        link=link,
        version=metadata.bundle_version,
        size=app.size,
        minimum_os_version=app.minimum_os_version,
        profile_kind=app.profile.kind if app.profile else None,
        expires=app.profile.expires if app.profile else None,
    )


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
    is_release = len(packages) == 1 and {_MANIFEST, _PAGE} <= others <= {_MANIFEST, _PAGE, *_IMAGES}
    if are_files and not (is_release and all(are_files.values())):
        message = "The folder holds other files than a release does, which would be lost"
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
    """Rename a release to its place; what stands there is moved away first, looked at, and put back if it must stay."""
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
            message = f"What was there could not be put back, for others are there now: it is kept in {', '.join(kept)}"
            raise FileExistsError(errno.EEXIST, message, str(folder)) from error
        raise
    for old in replaced:
        with suppress(OSError):  # the release is in its place
            old.chmod(0o700)  # a folder that may not be changed cannot be moved into another
            old.rename(scratch / old.name)


def _is_renamed(source: Path, target: Path) -> bool:
    """Rename in one step; tell whether that went, or something stands there."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            return False
        raise
    return True
