"""What of an app is code: the app itself, and every framework, library, extension, Watch app and App Clip in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from stat import S_ISLNK
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._archive import LONGEST_NAME, TWO_OF_A_NAME, Archive, blocks, composed, content, text
from .._bundle import INFO, LARGEST_PLIST, PROFILE, find_app, read_info, strings
from ..errors import IpaError, Problem
from ..profile import LARGEST_PROFILE
from ._code import ALGORITHMS, digest
from ._faults import fault
from ._framing import framing_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .._archive import Entry, SupportsReadSeek
    from .._plist import PlistValue

Kind: TypeAlias = Literal["app", "watch-app", "app-clip", "extension", "framework", "library", "bundle", "code"]
"""What an executable is: of the app itself, or of what is in it. ``"code"`` is known by its content alone."""

OWN_PROFILE: frozenset[Kind] = frozenset({"app", "watch-app", "app-clip", "extension"})
"""What runs by itself, and so needs a profile."""

_APPS: frozenset[Kind] = frozenset({"app", "watch-app", "app-clip"})

SEAL = "_CodeSignature/CodeResources"

_KINDS: Mapping[str, Kind] = {
    "app": "app",
    "appex": "extension",
    "framework": "framework",
    "xctest": "bundle",
    "bundle": "bundle",
}
_INFO_OF_BUNDLE = re.compile(rf"(?:.*/)?[^/]+\.(?:{'|'.join(_KINDS)})/{re.escape(INFO)}", re.DOTALL)
# Where apps stand in another.
_NESTED_APPS: Mapping[str, Kind] = {"Watch": "watch-app", "AppClips": "app-clip"}
# By their names: a framework without an Info.plist is loaded all the same.
_LIBRARY = re.compile(r"(?:.*/)?(?:[^/]+\.dylib|([^/]+)\.framework/\1)", re.DOTALL)
# Without '.', '..' and nothing as the name of a folder.
_PLAIN = re.compile(r"(?:(?!\.{0,2}(?:/|\Z))[^/]+(?:/|\Z))+", re.DOTALL)
_MOST_BUNDLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A folder with an Info.plist, which names its executable.

    `folder` ends with a slash, and is empty for the app. `parent` is the app that it stands in, None for the app.
    """

    folder: str
    kind: Kind
    parent: Bundle | None = None
    info: Mapping[str, PlistValue] = field(default_factory=dict[str, "PlistValue"])
    info_hashes: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    executable: str | None = None
    profile: bytes | None = None

    @property
    def identifier(self) -> str | None:
        """The bundle identifier."""
        return next(strings(self.info.get("CFBundleIdentifier")), None)


class Content:
    """The files of an app in an archive, by their names in its folder, which are composed (NFC)."""

    def __init__(self, file: SupportsReadSeek) -> None:
        self._file = file
        self._lock = Lock()
        self._archive = archive = Archive.read(file)
        folder, _ = find_app(archive)
        self._folder = folder + b"/"
        self.root = text(folder)
        self.files: dict[str, Entry] = {}
        self.problems: list[Problem] = []
        for entry in archive.below(folder):
            name = composed(text(entry.name[len(folder) + 1 :]))
            if len(name) > LONGEST_NAME:
                message = (
                    f"The name has {len(name)} characters. No device stores such a file, and it was not looked at."
                )
                self.problems.append(fault(self.place(name), "not-verified", message))
                continue
            if not _PLAIN.fullmatch(name):
                message = "The name leads elsewhere ('..'): it was not looked at where it leads. Zip the app again."
                self.problems.append(fault(self.place(name), "not-verified", message))
            if name in self.files:
                self.problems.append(fault(self.place(name), "duplicate-entry", TWO_OF_A_NAME))
            self.files[name] = entry
        self.bundles = [*self._bundles()]
        self._by_folder = {bundle.folder: bundle for bundle in self.bundles}

    def place(self, name: str) -> str:
        """Return the path of a file for a problem."""
        return f"{self.root}/{name}"

    def blocks(self, file: str | Entry) -> Iterable[bytes]:
        """Unpack a file, of the app by its name, block by block."""
        return blocks(self._file, self._entry(file), self._lock)

    def read(self, file: str | Entry, largest: int) -> bytes:
        """Unpack a small file."""
        with self._lock:
            return content(self._file, self._entry(file), largest=largest)

    def _entry(self, file: str | Entry) -> Entry:
        return self.files[file] if isinstance(file, str) else file

    def framing_problems(self) -> Iterator[Problem]:
        """Check that devices, which read from the front, find the files of the archive."""
        return framing_problems(self._file, self._archive)

    def outside(self) -> Iterator[Entry]:
        """Yield the files that stand beside the app, which a device unpacks too."""
        return (
            entry
            for entry in self._archive.everything()
            if not entry.name.startswith(self._folder) and not entry.name.endswith(b"/")
        )

    def is_link(self, file: str | Entry) -> bool:
        """Return whether a file is a symbolic link, whose content is where it leads."""
        return S_ISLNK(self._entry(file).mode or 0)

    def executables(self) -> Iterator[tuple[str, Bundle, Kind]]:
        """Yield the executables, each with the bundle that it is of, or that a library stands in."""
        own = {bundle.executable: bundle for bundle in self.bundles}
        for name in self.files:
            if name in own:
                yield name, own[name], own[name].kind
            elif _LIBRARY.fullmatch(name) and not self.is_link(name):
                yield name, self.bundle_of(name), "library"

    def bundle_of(self, name: str) -> Bundle:
        """Return the innermost bundle that a file stands in."""
        return _innermost(self._by_folder, name)

    def _bundles(self) -> Iterator[Bundle]:
        apps = {"": self._bundle("", "app", None)}
        yield apps[""]
        # The outer ones come before what is in them.
        names = sorted(name for name in self.files if _INFO_OF_BUNDLE.fullmatch(name))
        for name in names[:_MOST_BUNDLES]:
            folder = name.removesuffix(INFO)
            kind = _kind(folder)
            bundle = self._bundle(folder, kind, _innermost(apps, folder[:-1]))
            if kind in _APPS:
                apps[folder] = bundle
            # Most folders named so contain nothing but resources.
            if kind in OWN_PROFILE or bundle.executable is not None:
                yield bundle
        if len(names) > _MOST_BUNDLES:
            message = f"The app contains {len(names)} bundles; the first {_MOST_BUNDLES} were looked at."
            self.problems.append(fault(self.root, "not-verified", message))

    def _bundle(self, folder: str, kind: Kind, parent: Bundle | None) -> Bundle:
        info: Mapping[str, PlistValue] = {}
        data = self._small(folder + INFO, LARGEST_PLIST)
        if data is not None:
            try:
                info = read_info(data, self.place(folder + INFO))
            except IpaError as error:
                self.problems += error.problems
        executable = folder + composed(next(strings(info.get("CFBundleExecutable")), ""))
        exists = executable in self.files and executable != folder
        if not exists and kind in OWN_PROFILE:
            message = "There is no executable in the bundle: no device installs the app. Archive it as Xcode built it."
            self.problems.append(fault(f"{self.place(folder + INFO)} CFBundleExecutable", "no-executable", message))
        return Bundle(
            folder=folder,
            kind=kind,
            parent=parent,
            info=info,
            info_hashes={} if data is None else {name: digest(name, data) for name in ALGORITHMS},
            executable=executable if exists else None,
            profile=self._small(folder + PROFILE, LARGEST_PROFILE) if kind in OWN_PROFILE else None,
        )

    def _small(self, name: str, largest: int) -> bytes | None:
        if name not in self.files:
            return None
        try:
            return self.read(name, largest)
        except IpaError as error:
            self.problems += error.problems
        return None


def _kind(folder: str) -> Kind:
    above, _, name = folder[:-1].rpartition("/")
    kind = _KINDS[name.rpartition(".")[2]]
    return _NESTED_APPS.get(above.rpartition("/")[2], "app") if kind == "app" else kind


def _innermost(bundles: Mapping[str, Bundle], name: str) -> Bundle:
    while (name := name.rpartition("/")[0]) and f"{name}/" not in bundles:
        pass
    return bundles[f"{name}/" if name else ""]
