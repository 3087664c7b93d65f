"""The folder on the disk: what may be replaced, and how a release takes its place, whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from .._arguments import ProseError
from ..manifest import IMAGE_SIZES

if TYPE_CHECKING:
    from pathlib import Path

    from ..checksum import Progress
    from ..ipa import Source

MANIFEST = "manifest.plist"
PAGE = "index.html"
SCRATCH = ".itms_ota-"
NEW = "new"
# In the scratch folder: the name of the folder that is replaced, for the build after one that was killed meanwhile.
_REPLACES = "replaces"
_EXISTS = "The folder exists, and is replaced only when asked to"
_TAKEN = "other files are there now"
_REFUSED = "the system refuses to rename it"
_NOWHERE = "There is no such folder for the release to be in. Make it, or ask for it to be made (make_parents)"


class FolderExistsError(ProseError, FileExistsError):
    """There is a folder that is not to be replaced."""


class NoFolderError(ProseError, FileNotFoundError):
    """There is no folder to make another in."""


def file_name(kind: str) -> str:
    """Return the name of the file of an image of this kind."""
    return f"{kind}.png"


def refuse_to_lose(folder: Path, *, replace: bool) -> None:
    """Refuse a folder that is not to be replaced, before anything is written."""
    if not folder.exists():
        return
    if not replace:
        raise FolderExistsError(errno.EEXIST, _EXISTS, str(folder))
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
    needed = {MANIFEST, PAGE}
    is_release = len(packages) == 1 and needed <= others <= needed | {*map(file_name, IMAGE_SIZES)}
    if are_files and not (is_release and all(are_files.values())):
        message = "The folder contains other files than a release does, which would be lost"
        raise FolderExistsError(errno.EEXIST, message, str(folder))


def copy(source: Source, target: Path, total: int, progress: Progress | None) -> None:
    """Copy a package of so many bytes."""
    from shutil import copyfile, copyfileobj  # loads every compressor

    if isinstance(source, (str, os.PathLike)):
        if progress is None:
            copyfile(source, target)  # which has the system copy
            return
        with open(source, "rb") as opened:  # noqa: PTH123 -- a path of any kind
            copy(opened, target, total, progress)
        return
    position = source.tell()
    try:
        source.seek(0)
        with target.open("wb") as file:
            copyfileobj(source, file if progress is None else _Counted(file, total, progress), 1024 * 1024)
    finally:
        source.seek(position)


class _Counted:
    """A file that is written, and says how far it is."""

    def __init__(self, file: BinaryIO, total: int, progress: Progress) -> None:
        self._file = file
        self._total = total
        self._progress = progress

    def write(self, data: bytes, /) -> object:
        """Write, and say so."""
        self._file.write(data)
        return self._progress(self._file.tell(), self._total)


def need_parent(folder: Path, *, make: bool) -> None:
    """Make the folder around a folder, or refuse that there is none."""
    if make:
        folder.parent.mkdir(parents=True, exist_ok=True)
    elif not folder.parent.is_dir():
        raise NoFolderError(errno.ENOENT, _NOWHERE, str(folder.parent))


def put_back(folder: Path) -> None:
    """Put back what a build had moved away when it was killed. One that is at work just moves it away again."""
    if os.path.lexists(folder):
        return
    moved: list[tuple[int, int, Path]] = []
    with suppress(OSError):  # what stands in the way of this stands in the way of the build, which says so
        for old in folder.parent.glob(f"{SCRATCH}*-old*"):
            name, _, number = old.name.rpartition("-old")
            scratch = old.with_name(name)
            note = scratch / _REPLACES
            with suppress(OSError, ValueError):
                # Without the new one, that had taken its place: if it is gone by now, somebody took it away.
                if (scratch / NEW).is_dir() and note.read_bytes() == os.fsencode(folder.name):
                    moved.append((note.stat().st_mtime_ns, int(number), old))
        if moved:
            _is_renamed(max(moved)[2], folder)


def put_in_place(new: Path, folder: Path, *, replace: bool) -> None:
    """Rename a release to its place, whatever other builds do at the same time."""
    if replace:
        _replace(new, folder)
    # One step, which fails on anything but an empty folder.
    elif not _is_renamed(new, folder):
        raise FolderExistsError(errno.EEXIST, _EXISTS, str(folder))


def _replace(new: Path, folder: Path) -> None:
    """Rename a release to its place. What is there is moved away first, looked at, and put back if it must stay."""
    scratch = new.parent
    (scratch / _REPLACES).write_bytes(os.fsencode(folder.name))
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
        kept = [repr(str(old)) for old in reversed(replaced) if old.exists() and not _is_put_back(old, folder)]
        if kept:
            taken = folder.exists()
            message = (
                f"What was in the folder could not be put back, because {_TAKEN if taken else _REFUSED}. "
                f"It is kept in {', '.join(kept)}"
            )
            kind, number = (FolderExistsError, errno.EEXIST) if taken else (ProseError, errno.EIO)
            raise kind(number, message, str(folder)) from error
        raise
    for old in replaced:
        with suppress(OSError):  # the release is in its place
            old.chmod(0o700)  # a folder that may not be changed cannot be moved into another
            old.rename(scratch / old.name)


def _is_put_back(old: Path, folder: Path) -> bool:
    with suppress(OSError):
        return _is_renamed(old, folder)
    return False


def _is_renamed(source: Path, target: Path) -> bool:
    """Rename in one step; return False where something else is in the way."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            return False
        raise
    return True
