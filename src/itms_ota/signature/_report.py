"""What an inspection of a signature gives back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from .._archive import opened
from .._arguments import check_time
from .._bundle import PROFILE
from .._shapes import TEXT, Many
from .._wording import Report, not_looked_at_as_text, shapes_of
from ..errors import IpaError
from ..profile import SOON, ProvisioningProfile, expiry_problems
from ._certificates import read_profile_signing
from ._code import Digests
from ._content import OWN_PROFILE, Content
from ._examine import Examined, SliceFacts, examine
from ._faults import fault
from ._files import Seals, in_threads, link_problems
from ._macho import LOADED, START, MachOError, may_be_code
from ._model import Executable, describe, main_slice, team_of
from ._pages import Stream, TooLargeError
from ._rules import judge
from ._shapes import EXECUTABLE_SHAPE
from ._subject import Subject, level_of
from ._trust import genuine_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from .._archive import Entry, Source
    from .._asn1 import X509Certificate
    from ..errors import Problem
    from ._content import Bundle, Kind

_Key = TypeVar("_Key")

# Of files that no bundle names; apps with a Python of their own have some hundred.
_MOST_CODE = 1000

NOT_LOOKED_AT = (
    "Whether Apple has revoked the certificate or the profile is not known.",
    "Whether the device trusts the developer, and whether Developer Mode is on, only the device knows.",
    "Which profiles and which version of the app the device has already, only the device knows.",
    "The requirements that the signature sets for itself and for nested code were not judged.",
)
"""What only a device, or Apple, can know, and what is not judged."""

_ONLY_EXECUTABLES = "The files that are not code were not looked at. Look at them with deep."


@dataclass(frozen=True, slots=True)
class SignatureReport(Report):
    """What `inspect_signature` found.

    `executables` are the app's own first, then those in it, in the order of the archive. `not_looked_at` says what was
    not judged. Where there is no error nothing was found that a device refuses, which is less than that it installs.
    """

    __module__ = "itms_ota.signature"

    executables: tuple[Executable, ...]
    problems: tuple[Problem, ...]
    not_looked_at: tuple[str, ...] = NOT_LOOKED_AT

    _shapes = shapes_of("signature", executables=Many(EXECUTABLE_SHAPE), not_looked_at=Many(TEXT))

    def __str__(self) -> str:
        return "\n".join([Report.__str__(self), *not_looked_at_as_text(self.not_looked_at)])

    def _title(self) -> str:
        app = next(iter(self.executables), None)
        return f"signature of {app.identifier or app.path}" if app else "signature"


def inspect_signature(source: Source, *, now: datetime | None = None, deep: bool = True) -> SignatureReport:
    """Check the code signature of an app as a device does before it installs; never raises on content.

    `source` is what `read_ipa` takes. `now` is the timezone-aware time at which to judge dates, by default the present.
    With `deep`, every file is read and held against the signature; without, the executables alone.

    Raises TypeError for an argument of a wrong type, and OSError, as `open` does, for a path that cannot be opened.

    >>> import io
    >>> report = inspect_signature(io.BytesIO(b"<html>"))
    >>> report.ok, [problem.code for problem in report.problems]
    (False, ['not-an-archive'])
    """
    check_time("now", now)
    return look_at_signature(source, now=now or datetime.now(timezone.utc), deep=deep)


def look_at_signature(
    source: Source,
    *,
    now: datetime,
    deep: bool = True,
    soon: timedelta = SOON,
    udid: str | None = None,
    roots: Sequence[X509Certificate] | None = None,
) -> SignatureReport:
    """Check a signature; `soon` is what counts as that, `udid` a device's, and `roots` may stand in for Apple's."""
    with opened(source) as file:
        try:
            content = Content(file)
        except IpaError as error:
            return SignatureReport((), error.problems)
        return _Inspection(content, now, soon, udid, roots).run(deep=deep)


class _Inspection:
    """One look at an app."""

    def __init__(
        self,
        content: Content,
        now: datetime,
        soon: timedelta,
        udid: str | None,
        roots: Sequence[X509Certificate] | None,
    ) -> None:
        self.content = content
        self.now, self.soon, self.udid, self.roots = now, soon, udid, roots
        self.problems: list[Problem] = [*content.problems]
        self.profiles = {bundle.folder: self._profile(bundle) for bundle in content.bundles}
        self.examined: dict[str, Examined] = {}
        self.hashes: dict[str, Mapping[str, bytes]] = {}
        self.executables: list[tuple[str, Bundle, Kind]] = [*content.executables()]
        self._maybe_code: set[str] = set()
        self._turn = RLock()

    def run(self, *, deep: bool) -> SignatureReport:
        """Look at everything, and judge it."""
        seals = Seals.read(self.content) if deep else Seals()
        self._read([name for name, _, _ in self.executables], seals, deep=deep)
        if deep:
            self._read_outside()
            self._read_other_code()
            self._compare(seals)
        described = [describe(self.content.place(name), kind, self._slices(name)) for name, _, kind in self.executables]
        self.problems += judge([*self._subjects(seals, deep=deep)])
        return SignatureReport(
            tuple(sorted(described, key=lambda each: each.kind != "app")),
            tuple(dict.fromkeys(self.problems)),
            NOT_LOOKED_AT if deep else (_ONLY_EXECUTABLES, *NOT_LOOKED_AT),
        )

    def _profile(self, bundle: Bundle) -> ProvisioningProfile | None:
        if bundle.profile is None:
            return None
        place = self.content.place(bundle.folder + PROFILE)
        try:
            profile = ProvisioningProfile.from_bytes(bundle.profile)
        except IpaError as error:
            self.problems += (replace(problem, path=place) for problem in error.problems)
            return None
        self.problems += genuine_problems(place, read_profile_signing(bundle.profile, self.roots))
        self.problems += expiry_problems(place, profile, self.now, self.soon)
        return profile

    def _read(self, executables: Iterable[str], seals: Seals, *, deep: bool) -> None:
        """Examine the executables, hash the files that are sealed, and unpack the others."""
        # Which of two hashes counts is said by the executables. Nearly always it is the better one; of what is read
        # for its own sake both are made.
        wanted, others = seals.wanted({}), seals.wanted(dict.fromkeys(seals.sealed, "sha1"))
        code = {name: {*wanted.get(name, ()), *others.get(name, ())} for name in executables}

        def read(name: str) -> Sequence[Problem]:
            return self._examine(name, code[name]) if name in code else self._hash(name, wanted.get(name, ()))

        files = self.content.files
        self._each(read, files if deep else {name: files[name] for name in files if name in code})

    def _read_outside(self) -> None:
        """Unpack what stands beside the app, as a device does: what cannot be unpacked keeps the app out."""
        self.problems += self.content.framing_problems()
        self._each(self._unpack, {entry: entry for entry in self.content.outside()})

    def _each(self, look: Callable[[_Key], Sequence[Problem]], files: Mapping[_Key, Entry]) -> None:
        """Look at files in threads, and tell what is wrong with them in their order."""
        told: dict[_Key, Sequence[Problem]] = {}

        def work(key: _Key) -> None:
            told[key] = look(key)

        # The largest first, so that no thread is left with it while the others have nothing to do.
        in_threads(work, sorted(files, key=lambda key: -files[key].size))
        self.problems += (problem for key in files for problem in told.get(key, ()))

    def _unpack(self, file: Entry) -> Sequence[Problem]:
        try:
            for _ in self.content.blocks(file):
                pass
        except IpaError as error:
            return error.problems
        return ()

    def _examine(self, name: str, algorithms: Iterable[str], *, is_named: bool = True) -> Sequence[Problem]:
        place, entry = self.content.place(name), self.content.files[name]
        try:
            found = examine(lambda: self.content.blocks(name), entry.size, {*algorithms}, self.roots, self._turn)
        except MachOError as error:
            level = level_of(is_named and self.content.bundle_of(name).kind in OWN_PROFILE)
            message = f"The file is not a whole executable: {error}. A device does not run it. Build the app again."
            return [fault(place, "bad-executable", message, level)]
        except TooLargeError as error:
            return [fault(place, "not-verified", f"{error} The executable was not looked at.")]
        except IpaError as error:
            return error.problems
        self.examined[name] = found
        self.hashes[name] = {**self.hashes.get(name, {}), **found.hashes}
        return ()

    def _read_other_code(self) -> None:
        """Examine what is code by its content alone: programs for others to start, libraries of other names."""
        maybe = [name for name in self.content.files if name in self._maybe_code]
        files = {name: self.content.files[name] for name in maybe[:_MOST_CODE]}
        self._each(lambda name: self._examine(name, (), is_named=False), files)
        if len(maybe) > _MOST_CODE:
            message = (
                f"{len(maybe)} files begin like code, and no bundle names them. The first {_MOST_CODE} were looked at."
            )
            self.problems.append(fault(self.content.root, "not-verified", message))
        # Not objects, and not the symbols of debuggers.
        loaded = [name for name in files if any(each.commands.file_type in LOADED for each in self._slices(name))]
        self.executables.extend((name, self.content.bundle_of(name), "code") for name in loaded)

    def _slices(self, name: str) -> tuple[SliceFacts, ...]:
        return self.examined[name].slices if name in self.examined else ()

    def _compare(self, seals: Seals) -> None:
        """Hold the files against the seals, by the hashes that the signatures prefer."""
        best = {
            bundle.folder: main.best.hash.algorithm
            for bundle in self.content.bundles
            if (main := main_slice(self._slices(bundle.executable or ""))) and main.best
        }
        wanted = seals.wanted(best)
        missing = {
            name: entry
            for name, entry in self.content.files.items()
            if not wanted.get(name, set()) <= self.hashes.get(name, {}).keys()
        }
        self._each(lambda name: self._hash(name, wanted[name]), missing)
        self.problems += seals.problems
        self.problems += seals.compare(
            self.content, best, {name: found for name, found in self.hashes.items() if found}
        )
        self.problems += self._nested_problems(seals)
        self.problems += link_problems(self.content)

    def _hash(self, name: str, algorithms: Iterable[str]) -> Sequence[Problem]:
        hashes = Digests(algorithms)
        self.hashes[name] = {}
        try:
            stream = Stream(hashes.of(self.content.blocks(name)))
            if may_be_code(stream.peek(START)):
                self._maybe_code.add(name)
            stream.finish()
        except IpaError as error:
            return error.problems
        self.hashes[name] = hashes.digests()
        return ()

    def _nested_problems(self, seals: Seals) -> Iterator[Problem]:
        """Check that nested code is that which was sealed. Apple's reader asks only that it keeps a requirement."""
        own = {bundle.folder: bundle.executable for bundle in self.content.bundles}
        executables = {name for name, _, _ in self.executables}
        for folder, sealed in seals.sealed.items():
            for name, row in sealed.held.code.items() if sealed.held else ():
                executable = own.get(f"{folder}{name}/") or folder + name
                slices = self._slices(executable)
                if executable not in executables:
                    message = "The app says that this is code, which is signed by itself. It was not looked at."
                    yield fault(self.content.place(folder + name), "not-verified", message)
                cdhashes = {each.cdhash for found in slices for each in found.directories}
                if row.cdhash is not None and slices and row.cdhash not in cdhashes:
                    message = "The code was signed again, and the app around it was not. Sign the app last."
                    yield fault(self.content.place(folder + name), "nested-code-changed", message, "warning")

    def _subjects(self, seals: Seals, *, deep: bool) -> Iterator[Subject]:
        app = self.content.bundles[0]
        main = main_slice(self._slices(app.executable or ""))
        team = team_of(main) if main else None
        for name, bundle, kind in self.executables:
            slices = self._slices(name)
            main = main_slice(slices)
            if main is None:
                continue
            profile = self.profiles.get(bundle.folder)
            yield Subject(
                place=self.content.place(name),
                root=self.content.root,
                kind=kind,
                bundle=bundle,
                slices=slices,
                main=main,
                seal_hashes=seals.sealed[bundle.folder].hashes if bundle.folder in seals.sealed else None,
                has_read_seal=deep,
                mode=self.content.files[name].mode,
                profile=profile or self.profiles[""],
                has_own_profile=profile is not None,
                app_team=None if bundle is app and kind == "app" else team,
                app_profile=self.profiles[""],
                udid=self.udid,
                now=self.now,
                soon=self.soon,
            )
