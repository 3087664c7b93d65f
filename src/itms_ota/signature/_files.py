"""The files of an app that are not code, held against the seals of its bundles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from os import cpu_count
from posixpath import dirname, join
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .._archive import text
from .._wording import listed, short
from ..errors import IpaError, Problem
from ._code import ALGORITHMS, Digests
from ._content import SEAL
from ._faults import SIGN_LAST, fault
from ._framing import leads_out
from ._pages import TooLargeError
from ._seal import SealError, read_seal
from ._sealed import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from .._archive import Entry
    from ..errors import Code
    from ._content import Bundle, Content
    from ._sealed import Held

_T = TypeVar("_T")

_MOST_THREADS = 8
# So many files are listed for each code and bundle.
_MOST_FILES = 20
# A path in iOS has 1,024 bytes (PATH_MAX).
_LONGEST_LINK = 4096


class Sealed(NamedTuple):
    """A bundle whose files were held against its seal, with the seal's own hashes by algorithm."""

    hashes: Mapping[str, bytes]
    held: Held | None


@dataclass(slots=True)
class Seals:
    """The seals of an app's bundles, by the bundles' folders, and what is wrong with them."""

    sealed: dict[str, Sealed] = field(default_factory=dict[str, Sealed])
    problems: list[Problem] = field(default_factory=list[Problem])

    @classmethod
    def read(cls, content: Content) -> Seals:
        """Read the seal of each bundle that has one, and hold the names of its files against it."""
        seals = cls()
        for bundle in content.bundles:
            if bundle.folder + SEAL in content.files:
                seals.sealed[bundle.folder] = seals._seal(content, bundle)
        return seals

    def _seal(self, content: Content, bundle: Bundle) -> Sealed:
        name = bundle.folder + SEAL
        hashes, held = Digests(ALGORITHMS), None
        try:
            for _ in hashes.of(content.blocks(name)):
                pass
            seal = read_seal(lambda: content.blocks(name))
        except IpaError as error:
            self.problems += error.problems
        except TooLargeError as error:
            self.problems.append(fault(content.place(name), "not-verified", f"{error} The files were not looked at."))
        except SealError as error:
            message = (
                f"The list of the app's files is damaged: {error}. No device installs the app. Sign the app again."
            )
            self.problems.append(fault(content.place(name), "bad-seal", message))
        else:
            names = _names(content, bundle.folder)
            held = hold(seal, names, bundle.executable and bundle.executable.removeprefix(bundle.folder))
            self.problems += _name_problems(content.place(bundle.folder), held)
        return Sealed(hashes.digests(), held)

    def wanted(self, best: Mapping[str, str]) -> dict[str, set[str]]:
        """Return which hashes the seals have of files; `best` are the algorithms that count, by folder."""
        found: dict[str, set[str]] = {}
        for folder, sealed in self.sealed.items():
            for name, row in sealed.held.rows.items() if sealed.held else ():
                if expected := row.expects(best=best.get(folder, "sha256")):
                    found.setdefault(folder + name, set()).add(expected[0])
        return found

    def compare(
        self, content: Content, best: Mapping[str, str], hashes: Mapping[str, Mapping[str, bytes]]
    ) -> Iterator[Problem]:
        """Compare files with the seals."""
        for folder, sealed in self.sealed.items():
            changed: list[str] = []
            for name, row in sealed.held.rows.items() if sealed.held else ():
                expected, actual = row.expects(best=best.get(folder, "sha256")), hashes.get(folder + name)
                if content.is_link(folder + name):
                    if row.link != _link(content, folder + name):
                        changed.append(name)
                elif row.link is not None or (
                    expected is not None and actual is not None and actual[expected[0]] != expected[1]
                ):
                    changed.append(name)
            yield from _file_problems(content.place(folder), "resource-changed", changed, "changed after signing")


def link_problems(content: Content) -> Iterator[Problem]:
    """Check that no symbolic link leads out of the app: installd refuses that (MIFileManager, InvalidSymlink)."""
    for name in filter(content.is_link, content.files):
        target = _link(content, name) or ""
        if leads_out(join(dirname(name), target)):
            message = (
                f"The symbolic link leads out of the app, to {short(target)}: no device installs the app. Put the file "
                "itself there, and sign the app again."
            )
            yield fault(content.place(name), "link-leads-out", message)
    for entry in filter(content.is_link, content.outside()):
        name, target = text(entry.name), _link(content, entry) or ""
        if leads_out(join(dirname(name), target)):
            message = (
                f"The symbolic link leads out of the archive, to {short(target)}: a device may refuse to unpack it. "
                "Remove the link."
            )
            yield fault(name, "link-leads-out", message, "warning")


def in_threads(function: Callable[[_T], object], values: Sequence[_T]) -> None:
    """Call a function for each value, in threads: hashing and unpacking let others run."""
    # One for all threads: a hundred thousand tasks would take more memory than the files do.
    rest = iter(values)

    def work(_: int) -> None:
        try:
            for value in rest:
                function(value)
        finally:
            _exhaust(rest)

    count = min(_MOST_THREADS, cpu_count() or 1)
    with ThreadPoolExecutor(count, "itms_ota-signature") as pool:
        try:
            _exhaust(pool.map(work, range(count)))
        finally:
            _exhaust(rest)


def _exhaust(iterator: Iterator[object]) -> None:
    """Leave nothing: where one thread fails, or somebody presses Ctrl-C, the others end."""
    for _ in iterator:
        pass


def _names(content: Content, folder: str) -> Collection[str]:
    return {name[len(folder) :] for name in content.files if name.startswith(folder)}


def _link(content: Content, file: str | Entry) -> str | None:
    try:
        return content.read(file, _LONGEST_LINK).decode("utf-8", "replace")
    except IpaError:
        return None


def _name_problems(place: str, held: Held) -> Iterator[Problem]:
    yield from _file_problems(place, "resource-missing", held.missing, "removed after signing")
    yield from _file_problems(place, "resource-added", held.added, "added after signing")
    if held.undecided:
        message = (
            f"{len(held.undecided)} files are not sealed. Whether they may be there is said by rules that are not "
            f"known here: {listed(held.unknown)}."
        )
        yield fault(f"{place}{SEAL}", "not-verified", message)


def _file_problems(place: str, code: Code, names: Sequence[str], what: str) -> Iterator[Problem]:
    """Yield a problem for each file, and one for the rest."""
    effect = f"no device installs the app. {SIGN_LAST}"
    for name in sorted(names)[:_MOST_FILES]:
        yield fault(place + name, code, f"The file was {what}: {effect}")
    if len(names) > _MOST_FILES:
        yield fault(place.rstrip("/"), code, f"{len(names) - _MOST_FILES} more files were {what}: {effect}")
