"""The build: what is planned is judged first, and written last."""

from __future__ import annotations

import dataclasses
import os
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _urls
from .._arguments import check_callable, check_path, check_type
from ..checksum import Checksum
from ..errors import IpaError, LinkError, ManifestError, Problem
from ..ipa import read_ipa
from ..link import InstallLink
from ..manifest import DISPLAY_IMAGE, FULL_SIZE_IMAGE, IMAGE_SIZES
from ..page import App, install_page
from ._folder import MANIFEST, NEW, PAGE, SCRATCH, copy, file_name, need_parent, put_back, put_in_place, refuse_to_lose
from ._model import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from ..checksum import Progress
    from ..errors import ItmsError
    from ..ipa import Ipa, Source
    from ..manifest import Manifest


def build_release(
    ipa: Source,
    base_url: str,
    out_dir: str | os.PathLike[str],
    *,
    replace: bool = False,
    make_parents: bool = False,
    allow_problems: bool = False,
    refuse: Callable[[Problem], bool] | None = None,
    bundle_version: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    notes: str | None = None,
    language: str = "en",
    texts: Mapping[str, str] | None = None,
    qr: str | bytes | None = None,
    udid: str | None = None,
    device: str | None = None,
    now: datetime | None = None,
    expires_within: timedelta | None = None,
    progress: Progress | None = None,
) -> Release:
    """Write a folder that installs the app once it is uploaded to `base_url`.

    - `ipa` is what `read_ipa` takes; all of it is read, as its signature is inspected. `base_url` is the https URL of
      the folder that the files will be in.
    - `out_dir` appears whole or not at all. One that exists is replaced only with `replace`, and only if it is
      empty or a release. The folder around it must exist, or is made with `make_parents`. Of several builds at once
      into one folder one succeeds, or with `replace` the last one stays. A release that a build had moved away when it
      was killed is put back first.
    - `refuse` is called with each problem, warnings too, and returns whether it stops the build. By default errors do,
      and with `allow_problems` nothing does.
    - `bundle_version`, `title` and `subtitle` replace the app's own, as in `Ipa.manifest`. `notes`, `language`,
      `texts` and `qr` go to `install_page`, `udid`, `device`, `now` and `expires_within` to `Ipa.problems`; `now` is
      also the page's date.
    - ``progress(done, total)`` is called with bytes while the .ipa is copied, and anew while it is hashed.

    Raises, before anything is written: IpaError, ManifestError and LinkError with the problems that stop the build;
    LinkError for a `base_url` that no device follows; FileExistsError for a folder that is not to be replaced,
    FileNotFoundError for one in a folder that does not exist. Raises OSError as files are read and written.
    """
    folder = Path(os.path.realpath(check_path("out_dir", out_dir)))
    now = datetime.now(timezone.utc) if now is None else now
    asked = {"udid": udid, "device": device, "now": now, "expires_within": expires_within}
    check_callable("refuse", refuse)
    check_callable("progress", progress)
    put_back(folder)
    plan = _Plan.of(ipa, _base(base_url), asked, refuse or (lambda problem: _is_error(problem) and not allow_problems))
    # Only the hashes are missing yet: what is wrong is found before anything is written.
    words = {"bundle_version": bundle_version, "title": title, "subtitle": subtitle}
    shown = dataclasses.replace(plan.shown(plan.manifest(words)), date=now.date(), notes=notes)
    page = install_page([shown], page_url=plan.base + PAGE, language=language, texts=texts, qr=qr, now=now)
    refuse_to_lose(folder, replace=replace)
    need_parent(folder, make=make_parents)
    made = _write(plan, words, page, folder, replace=replace, progress=progress)
    icon = shown.icon and plan.base + file_name(FULL_SIZE_IMAGE)  # on other pages too
    return dataclasses.replace(made, _ipa=plan.app, _app=dataclasses.replace(shown, icon=icon))


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    """What goes into the folder, but for the hashes and the page."""

    source: Source
    app: Ipa
    name: str
    base: str
    images: Mapping[str, bytes]
    problems: tuple[Problem, ...]
    refuse: Callable[[Problem], bool]

    @classmethod
    def of(cls, source: Source, base: str, asked: Mapping[str, Any], refuse: Callable[[Problem], bool]) -> _Plan:
        """Read the app; IpaError where a problem of it stops the build."""
        name = _package_name(source)
        app = read_ipa(source)
        problems = app.problems(**asked, signature=True)
        # Before the icons are read: of an app that is refused they do not matter.
        _stop(IpaError, problems, refuse)
        images, damage = _images(app)
        told = {(problem.path, problem.code) for problem in problems}
        damage = [problem for problem in damage if (problem.path, problem.code) not in told]
        _stop(IpaError, damage, refuse)
        plan = cls(source, app, name, base, images, (*problems, *damage), refuse)
        _stop(LinkError, plan.link.problems(), refuse)
        return plan

    @property
    def link(self) -> InstallLink:
        """The link that installs the app."""
        return InstallLink(self.base + MANIFEST)

    def manifest(self, words: Mapping[str, str | None], checksums: Sequence[Checksum] = ()) -> Manifest:
        """Describe the app; ManifestError where a problem of that stops the build, or it cannot be written."""
        urls = {kind: self.base + file_name(kind) for kind in self.images}
        manifest = self.app.manifest(
            url=self.base + _urls.encode(self.name),
            display_image_url=urls.get(DISPLAY_IMAGE),
            full_size_image_url=urls.get(FULL_SIZE_IMAGE),
            checksums=checksums,
            **words,
        )
        found = [problem for problem in manifest.problems() if self.refuse(problem)]
        try:
            manifest.to_plist(validate=False)
        except ManifestError as error:  # whatever is allowed, XML cannot carry it
            found += error.problems
        if found:
            raise ManifestError(found)
        return manifest

    def shown(self, manifest: Manifest) -> App:
        """Return the app as the page shows it."""
        metadata, profile = manifest.items[0].metadata, self.app.profile
        return App(
            title=metadata.title if metadata.title.strip() else self.app.bundle_identifier,
            link=self.link,
            version=metadata.bundle_version,
            icon=file_name(FULL_SIZE_IMAGE) if FULL_SIZE_IMAGE in self.images else None,
            size=self.app.size,
            minimum_os_version=self.app.minimum_os_version,
            bundle_identifier=self.app.bundle_identifier,
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
    with TemporaryDirectory(prefix=SCRATCH, dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        new = Path(scratch, NEW)
        new.mkdir()
        copy(plan.source, new / plan.name, plan.app.size, progress)
        manifest = plan.manifest(words, [Checksum.of(new / plan.name, progress=progress)])
        files = {file_name(kind): image for kind, image in plan.images.items()}
        files |= {PAGE: page.encode(), MANIFEST: manifest.to_plist(validate=False)}
        for name, data in files.items():
            (new / name).write_bytes(data)
        put_in_place(new, folder, replace=replace)
    return Release(
        link=plan.link,
        manifest=manifest,
        page_url=plan.base + PAGE,
        folder=folder,
        paths=tuple(folder / name for name in (plan.name, *sorted(files, reverse=True))),
        problems=(*plan.problems, *manifest.problems(), *plan.link.problems()),
    )


def _is_error(problem: Problem) -> bool:
    return problem.level == "error"


def _stop(kind: type[ItmsError], problems: Iterable[Problem], refuse: Callable[[Problem], bool]) -> None:
    if refused := [problem for problem in problems if refuse(problem)]:
        raise kind(refused)


def _base(url: str) -> str:
    check_type("base_url", url, str)
    try:
        base = InstallLink(url).manifest_url
    except LinkError as error:
        raise LinkError(dataclasses.replace(problem, path="base_url") for problem in error.problems) from None
    if "?" in base or "#" in base:
        raise _no_folder(base, "has a '?' or '#' after its path, so file names cannot follow it")
    if base.lower().endswith(_FILES):
        raise _no_folder(base, "is that of a file, so file names cannot follow it")
    return base if base.endswith("/") else base + "/"


# With a slash at its end, it is the name of a folder.
_FILES = (".html", ".htm", ".plist", ".ipa")


def _no_folder(base: str, why: str) -> LinkError:
    message = f"The base URL {_urls.redact(base)} {why}. Write the URL of the folder."
    return LinkError([Problem("base_url", "invalid-url", message)])


def _package_name(source: Source) -> str:
    if not isinstance(source, (str, os.PathLike)):
        return "App.ipa"
    # Bytes of a name that are not text come as surrogates, which a URL cannot contain.
    name = re.sub("[\ud800-\udfff]", "_", Path(check_path("ipa", source)).name)
    # Servers choose the content type by the suffix.
    return name if name.lower().endswith(".ipa") else name + ".ipa"


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
