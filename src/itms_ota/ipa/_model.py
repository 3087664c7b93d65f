"""An app as its .ipa file describes it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import wraps
from itertools import chain
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from .._arguments import check_duration, check_time, check_type
from .._bundle import strings
from .._plist import EXTRA
from .._redact import repr_of_fields, without_secrets
from .._shapes import FLAG, INTEGER, TEXT, Derived, Many, Maybe, Record
from .._wording import SHOWN, Report, not_looked_at_as_text, shapes_of
from ..errors import printable
from ..manifest import Manifest
from ..profile import SOON
from ._devices import is_device_named
from ._info import IPHONE_OS, platform_identifier
from ._package import Package
from ._rules import (
    build_problems,
    bundle_problems,
    device_problems,
    hash_problems,
    identifier_problems,
    metadata_problems,
    placed,
    profile_problems,
    signature_problems,
    system_problems,
    udid_problems,
)
from ._shapes import KIND_SHAPE, PROFILE_SHAPE, TIME_SHAPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from .._plist import PlistValue
    from ..checksum import Checksum
    from ..errors import Problem
    from ..profile import ProvisioningProfile
    from ..signature import SignatureReport


_P = ParamSpec("_P")

NO_DEVICE = "Whether a certain device installs the app is not known. Name it with udid (--udid) or device (--device)."
NO_SIGNATURE = "The signature of the app's code was not verified. Verify it with signature (--signature)."


def _with_the_arguments_of(
    describe: Callable[Concatenate[Ipa, _P], IpaReport],
) -> Callable[[Callable[[Ipa, IpaReport], tuple[Problem, ...]]], Callable[Concatenate[Ipa, _P], tuple[Problem, ...]]]:
    """Make a method that takes a report take the arguments by which that is made."""

    def decorated(pick: Callable[[Ipa, IpaReport], tuple[Problem, ...]]) -> Callable[..., tuple[Problem, ...]]:
        @wraps(pick)
        def method(self: Ipa, *args: _P.args, **options: _P.kwargs) -> tuple[Problem, ...]:
            return pick(self, describe(self, *args, **options))

        own, described = inspect.signature(pick), inspect.signature(describe)
        method.__dict__["__signature__"] = described.replace(return_annotation=own.return_annotation)
        return method

    return decorated


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipa:
    """An app as its .ipa file describes it; `read_ipa` makes it.

    Everything but the bundle identifier may be missing from an Info.plist; then it is None or empty.

    - `bundle_identifier`: CFBundleIdentifier
    - `short_version`, `build_version`: CFBundleShortVersionString, such as ``"1.2.3"``, and CFBundleVersion
    - `display_name`: the name under the icon, CFBundleDisplayName or else CFBundleName
    - `platform`: what the app was built for, ``"iPhoneOS"``, ``"iPhoneSimulator"``, ``"MacOSX"``, …
    - `minimum_os_version`: MinimumOSVersion
    - `device_families`: UIDeviceFamily; 1 is iPhone, 2 iPad, 3 Apple TV, 4 Apple Watch, 7 Apple Vision
    - `profile`: the embedded provisioning profile
    - `info`: the whole Info.plist
    - `app_name`: the name of the app's folder without ``.app``
    - `size`: of the .ipa file, in bytes
    - `has_fairplay`: there is a folder ``SC_Info``, as in apps that the App Store encrypted for a customer
    - `has_executable`: the file that CFBundleExecutable names is there

    It can be pickled. The path of the file travels along; an open file, or one in memory, does not.

    >>> app = Ipa(bundle_identifier="com.example.myapp", short_version="1.2.3", app_name="MyApp", size=1000)
    >>> [problem.code for problem in app.problems()]
    ['no-profile']
    """

    bundle_identifier: str
    short_version: str | None = None
    build_version: str | None = None
    display_name: str | None = None
    platform: str | None = None
    minimum_os_version: str | None = None
    device_families: tuple[int, ...] = ()
    profile: ProvisioningProfile | None = None
    info: Mapping[str, PlistValue] = field(default_factory=dict[str, "PlistValue"], hash=False, repr=False)
    app_name: str
    size: int
    has_fairplay: bool = False
    has_executable: bool = True
    _package: Package = field(default_factory=Package, repr=False, compare=False)

    __repr__ = repr_of_fields

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()

    def icon_png(self, size: int = 180) -> bytes | None:
        """Return the app's icon as a plain PNG: the one nearest to `size` pixels at or above it, else the largest.

        None where there is no icon to read: many apps have theirs in Assets.car alone. Reads the .ipa
        again. Raises IpaError for a damaged icon, and ValueError where the file is not at hand: the file
        that `read_ipa` was given is closed by now, or was open in another process.
        """
        check_type("size", size, int, float)
        return self._package.icon(size)

    def manifest(
        self,
        *,
        url: str,
        bundle_version: str | None = None,
        title: str | None = None,
        subtitle: str | None = None,
        display_image_url: str | None = None,
        full_size_image_url: str | None = None,
        checksums: Sequence[Checksum] = (),
    ) -> Manifest:
        """Make a manifest that describes the app; `url` is where the .ipa will be.

        What is not given is taken from the app: the short version, as Xcode does, or else the build
        version; the display name, or else the name of the app's folder.
        """
        for name, text in (("bundle_version", bundle_version), ("title", title)):
            check_type(name, text, str, type(None))
        return Manifest.for_app(
            url=url,
            bundle_identifier=self.bundle_identifier,
            bundle_version=bundle_version or self.short_version or self.build_version or "",
            title=title or self.display_name or self.app_name,
            subtitle=subtitle,
            display_image_url=display_image_url,
            full_size_image_url=full_size_image_url,
            checksums=checksums,
            # Xcode writes this for iPhone and iPad; what it writes for other platforms is not known.
            platform_identifier=platform_identifier(IPHONE_OS) if self.platform == IPHONE_OS else None,
        )

    def report(
        self,
        *,
        udid: str | None = None,
        device: str | None = None,
        now: datetime | None = None,
        expires_within: timedelta | None = None,
        signature: bool = False,
    ) -> IpaReport:
        """Check that the app can install over the air: on the device with this UDID, of this kind, at this time.

        `device` is a product type, such as ``"iPhone14,5"``. `now` is the timezone-aware time at which to judge
        dates, by default the present. A profile or certificate that ends within `expires_within` from then on,
        by default 14 days, is reported.

        With `signature` the whole .ipa is read, and its code signature inspected as `inspect_signature` does; without,
        nobody asks whether the profile is genuine and the app unchanged. Raises ValueError where the file is not at
        hand, as `icon_png` does.
        """
        check_type("udid", udid, str, type(None))
        check_type("device", device, str, type(None))
        check_time("now", now)
        check_duration("expires_within", expires_within)
        now = now or datetime.now(timezone.utc)
        soon = SOON if expires_within is None else expires_within
        report = self._package.signature(now, soon, udid) if signature else None
        found = chain(
            build_problems(self.platform, self.device_families, has_fairplay=self._may_be_encrypted(report)),
            bundle_problems(self.info, has_executable=self.has_executable),
            system_problems(self.minimum_os_version, now) if self.platform in (None, IPHONE_OS) else (),
            device_problems(self.info, self.device_families, device),
            profile_problems(self.profile, self.bundle_identifier, now, soon),
            () if udid is None else udid_problems(self.profile, udid),
        )
        # The signature's own look at the whole file says more of what is around the app.
        problems = (
            *(self._package.problems if report is None else ()),
            *placed(f"Payload/{self.app_name}.app/", found),
        )
        not_looked_at = () if is_device_named(udid, device) else (NO_DEVICE,)
        if report is None:
            return IpaReport(self, problems, (*not_looked_at, NO_SIGNATURE))
        problems += tuple(signature_problems(report.problems, problems))
        return IpaReport(self, problems, (*not_looked_at, *report.not_looked_at))

    def _may_be_encrypted(self, report: SignatureReport | None) -> bool:
        """Return whether there are FairPlay's keys, and the executable, which knows better, was not read."""
        was_read = report is not None and any(each.kind == "app" and each.architectures for each in report.executables)
        return self.has_fairplay and not was_read

    @_with_the_arguments_of(report)
    def problems(self, report: IpaReport) -> tuple[Problem, ...]:
        """Find what `report` finds; the arguments are the same."""
        return report.problems

    @_with_the_arguments_of(report)
    def errors(self, report: IpaReport) -> tuple[Problem, ...]:
        """Find what keeps devices from installing the app; the arguments are those of `report`."""
        return report.errors

    @_with_the_arguments_of(report)
    def warnings(self, report: IpaReport) -> tuple[Problem, ...]:
        """Find what is off, though the app installs, or may; the arguments are those of `report`."""
        return report.warnings

    def compare(self, manifest: Manifest, *, verify_hashes: bool = False) -> tuple[Problem, ...]:
        """Find where a manifest does not describe this app.

        Of a manifest with several items, those with this bundle identifier are compared. With
        `verify_hashes` the whole .ipa is read and compared with the hashes that a device would use.
        Raises ValueError where it is not at hand, as `icon_png` does.
        """
        check_type("manifest", manifest, Manifest)
        problems: list[Problem] = []
        versions = [version for version in (self.short_version, self.build_version) if version]
        names = [*dict.fromkeys(strings(self.display_name, self.info.get("CFBundleName"), self.app_name))]
        for number, item in enumerate(manifest.items):
            if item.metadata.bundle_identifier != self.bundle_identifier:
                continue
            found = metadata_problems(item.metadata, versions=versions, names=names, platform=self.platform)
            problems += placed(f"items[{number}].metadata.", found)
            if item.package is not None:
                place = f"items[{number}].assets[{item.assets.index(item.package)}]."
                mismatches = self._package.mismatches if verify_hashes else None
                problems += placed(place, hash_problems(item.package, self.size, mismatches))
        problems += identifier_problems(
            [item.metadata.bundle_identifier for item in manifest.items], self.bundle_identifier
        )
        return tuple(problems)


IPA_SHAPE = Record(
    Ipa,
    {
        "bundle_identifier": SHOWN,
        "short_version": Maybe(SHOWN),
        "build_version": Maybe(SHOWN),
        "display_name": Maybe(SHOWN),
        "platform": Maybe(SHOWN),
        "minimum_os_version": Maybe(SHOWN),
        "device_families": Many(INTEGER),
        "profile": Maybe(PROFILE_SHAPE),
        "info": EXTRA,
        "app_name": SHOWN,
        "size": INTEGER,
        "has_fairplay": FLAG,
        "has_executable": FLAG,
        "signing": Derived(Maybe(KIND_SHAPE), lambda ipa: ipa.profile and ipa.profile.kind),
        "expires": Derived(TIME_SHAPE, lambda ipa: ipa.profile and ipa.profile.works_until),
    },
)


def reservation(not_looked_at: Iterable[str]) -> str:
    """Return what the title of a report without errors adds where the signature was not verified."""
    return ", signature not verified" if NO_SIGNATURE in not_looked_at else ""


# What is shown of an app and of its profile.
_APP = (
    "bundle_identifier", "short_version", "build_version", "display_name", "app_name", "platform",
    "minimum_os_version", "device_families", "size",
)  # fmt: skip
_PROFILE = ("kind", "name", "uuid", "team_name", "application_identifier", "created", "expires", "devices")


@dataclass(frozen=True, slots=True)
class IpaReport(Report):
    """What `Ipa.report` found: whether the app can install over the air.

    `not_looked_at` are sentences: what nobody asked for, and what only a device knows.

    The dictionary of a report has all that the app says of itself, the UDIDs in its profile too: keep it as you keep
    the .ipa. The UDID that was asked about is only in the messages that speak of it. The file itself does not travel:
    the `ipa` of a report that `from_dict` made has no icon.

    >>> app = Ipa(bundle_identifier="com.example.myapp", short_version="1.2.3", app_name="MyApp", size=1000)
    >>> report = app.report()
    >>> report.ok, report == IpaReport.from_dict(report.to_dict())
    (False, True)
    """

    ipa: Ipa
    problems: tuple[Problem, ...]
    not_looked_at: tuple[str, ...] = ()

    __repr__ = repr_of_fields

    _shapes = shapes_of("ipa", ipa=IPA_SHAPE, not_looked_at=Many(TEXT))

    def __str__(self) -> str:
        return "\n".join([*self._facts(), Report.__str__(self), *not_looked_at_as_text(self.not_looked_at)])

    def _repr_html_(self) -> str:
        facts, undone = self._facts(), not_looked_at_as_text(self.not_looked_at)
        return f"<div><pre>{_lines(facts)}</pre>{Report._repr_html_(self)}<pre>{_lines(undone)}</pre></div>"

    def _title(self) -> str:
        return "over the air" + (reservation(self.not_looked_at) if self.ok else "")

    def _facts(self) -> Iterator[str]:
        profile = self.ipa.profile
        yield from _facts(self.ipa, _APP)
        yield "profile:" if profile else "profile: -"
        for fact in _facts(profile, _PROFILE) if profile else ():
            yield f"  {fact}"


def _lines(lines: Iterable[str]) -> str:
    from html import escape  # not needed for an app alone

    return escape("\n".join(lines))


def _facts(value: Ipa | ProvisioningProfile, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield printable(f"{name.replace('_', ' ')}: {without_secrets(_readable(getattr(value, name)))}")


def _readable(value: object) -> str:
    if isinstance(value, tuple):
        parts = [*map(str, value)]  # pyright: ignore[reportUnknownArgumentType]
        # Of UDIDs that are hidden only the number says something.
        return str(len(parts)) if {*parts} == {"…"} else ", ".join(parts) or "-"
    if isinstance(value, int):
        return f"{value:,} bytes"
    return "-" if value is None else str(value)
