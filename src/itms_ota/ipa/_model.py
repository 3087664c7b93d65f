"""An app as its .ipa file describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import chain
from typing import TYPE_CHECKING

from .._arguments import check_duration, check_time, check_type
from .._bundle import strings
from .._redact import repr_of_fields
from ..errors import errors_of, warnings_of
from ..manifest import Manifest
from ..profile import SOON
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
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from .._plist import PlistValue
    from ..checksum import Checksum
    from ..errors import Problem
    from ..profile import ProvisioningProfile
    from ..signature import SignatureReport


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

    def problems(
        self,
        *,
        udid: str | None = None,
        device: str | None = None,
        now: datetime | None = None,
        expires_within: timedelta | None = None,
        signature: bool = False,
    ) -> tuple[Problem, ...]:
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
        report = self._package.signature(now, soon) if signature else None
        found = chain(
            build_problems(self.platform, self.device_families, has_fairplay=self._may_be_encrypted(report)),
            bundle_problems(self.info, has_executable=self.has_executable),
            system_problems(self.minimum_os_version, now) if self.platform in (None, IPHONE_OS) else (),
            device_problems(self.info, self.device_families, device),
            profile_problems(self.profile, self.bundle_identifier, udid, now, soon),
        )
        problems = tuple(placed(f"Payload/{self.app_name}.app/", found))
        return (*problems, *signature_problems(report.problems, problems)) if report else problems

    def _may_be_encrypted(self, report: SignatureReport | None) -> bool:
        """Return whether there are FairPlay's keys, and the executable, which knows better, was not read."""
        was_read = report is not None and any(each.kind == "app" and each.architectures for each in report.executables)
        return self.has_fairplay and not was_read

    def errors(
        self,
        *,
        udid: str | None = None,
        device: str | None = None,
        now: datetime | None = None,
        expires_within: timedelta | None = None,
        signature: bool = False,
    ) -> tuple[Problem, ...]:
        """Find what keeps devices from installing the app; the arguments are those of `problems`."""
        return errors_of(
            self.problems(udid=udid, device=device, now=now, expires_within=expires_within, signature=signature)
        )

    def warnings(
        self,
        *,
        udid: str | None = None,
        device: str | None = None,
        now: datetime | None = None,
        expires_within: timedelta | None = None,
        signature: bool = False,
    ) -> tuple[Problem, ...]:
        """Find what is off, though the app installs, or may; the arguments are those of `problems`."""
        return warnings_of(
            self.problems(udid=udid, device=device, now=now, expires_within=expires_within, signature=signature)
        )

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
