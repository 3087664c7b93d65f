"""What is in an .ipa file: the app, who may install it, and the manifest that describes it."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
from bisect import bisect_left, bisect_right
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from ._plist import PlistError, loads
from ._png import HEADER_SIZE, read_header, to_plain_png
from ._redact import safe_repr
from .errors import IpaError, Problem, check_path, check_type
from .manifest import Manifest
from .profile import LARGEST_PROFILE, ProvisioningProfile, is_udid

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from ._plist import PlistValue
    from .checksum import Checksum
    from .errors import Code
    from .manifest import Asset, Metadata

# What is read at most. An Info.plist has tens of kilobytes, an icon less than a megabyte, and the directory of an
# archive of 100 000 files some ten megabytes: beyond these bounds is an attack, not an app.
_LARGEST_PLIST = 1024 * 1024
_LARGEST_ICON = 4 * 1024 * 1024
_LARGEST_DIRECTORY = 24 * 1024 * 1024
_MOST_ENTRIES = 200_000
_MOST_ICON_NAMES = 100
_MOST_SHOWN = 10
_LONGEST_SHOWN = 100

_EXPIRES_SOON = timedelta(days=14)


class SupportsReadSeek(Protocol):
    """A binary file as `read_ipa` needs it: an open file, a `BytesIO`, an upload in a web framework."""

    def read(self, size: int = ..., /) -> bytes:
        """Give at most `size` bytes, none at the end."""
        ...  # pragma: no cover

    def seek(self, offset: int, whence: int = ..., /) -> object:
        """Go to a position, counted from the start (0) or the end (2)."""
        ...  # pragma: no cover

    def tell(self) -> int:
        """Give the position."""
        ...  # pragma: no cover


Source: TypeAlias = "str | os.PathLike[str] | SupportsReadSeek"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipa:
    """An app as its .ipa file has it; `read_ipa` makes it.

    Everything but the bundle identifier may be missing from an Info.plist; then it is None or empty.

    - `bundle_identifier`: CFBundleIdentifier
    - `short_version`, `build_version`: CFBundleShortVersionString, such as ``"1.2.3"``, and CFBundleVersion
    - `display_name`: what stands under the icon, CFBundleDisplayName or else CFBundleName
    - `platform`: what the app was built for, ``"iPhoneOS"``, ``"iPhoneSimulator"``, ``"MacOSX"``, …
    - `minimum_os_version`: MinimumOSVersion
    - `device_families`: UIDeviceFamily; 1 is iPhone, 2 iPad, 3 Apple TV, 4 Apple Watch, 7 Apple Vision
    - `profile`: the embedded provisioning profile
    - `info`: the whole Info.plist
    - `app_name`: the name of the app's folder without ``.app``
    - `size`: of the .ipa file, in bytes
    """

    bundle_identifier: str
    short_version: str | None
    build_version: str | None
    display_name: str | None
    platform: str | None
    minimum_os_version: str | None
    device_families: tuple[int, ...]
    profile: ProvisioningProfile | None
    info: Mapping[str, PlistValue] = field(hash=False, repr=False)
    app_name: str
    size: int
    _source: Source = field(repr=False, compare=False)
    _icons: tuple[_Entry, ...] = field(repr=False)
    _has_fairplay: bool = field(repr=False)

    def icon_png(self, size: int = 180) -> bytes | None:
        """Give the app's icon as a plain PNG: the one nearest to `size` pixels at or above it, else the largest.

        None where there is no icon to read: many apps keep theirs in Assets.car alone. Reads the .ipa
        again: IpaError if the icon is damaged, ValueError if `read_ipa` was given a file that is
        closed by now.
        """
        check_type("size", size, int, float)
        with _opened(self._source) as file:
            icons: list[tuple[int, _Entry]] = []
            for entry in self._icons:
                # One icon that cannot be read does not keep the others from being shown.
                with suppress(IpaError):
                    start = _content(file, entry, largest=_LARGEST_ICON, wanted=HEADER_SIZE)
                    icons.append((read_header(start).width, entry))
            if not icons:
                return None
            large_enough = [icon for icon in icons if icon[0] >= size]
            _, entry = min(large_enough) if large_enough else max(icons)
            with _at(_text(entry.name)):
                return to_plain_png(_content(file, entry, largest=_LARGEST_ICON))

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
        """Describe the app in a manifest; `url` is where the .ipa will be.

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
            platform_identifier="com.apple.platform.iphoneos" if self.platform == "iPhoneOS" else None,
        )

    def problems(self, *, udid: str | None = None, now: datetime | None = None) -> tuple[Problem, ...]:
        """Tell whether the app can install over the air at all: on the device with this UDID, at this time.

        `now` is an aware datetime (TypeError otherwise), by default the present. That the profile is
        what it claims to be is not verified: its signature is for the device to check.
        """
        if now is None:
            now = datetime.now(timezone.utc)
        elif not isinstance(now, datetime) or now.utcoffset() is None:
            message = f"now must be an aware datetime, such as datetime.now(timezone.utc), not {now!r}"
            raise TypeError(message)
        if udid is not None and not isinstance(udid, str):
            message = f"udid must be a str, not {udid!r}"
            raise TypeError(message)
        profile = self.profile
        if profile is None:
            message = "The app has no provisioning profile: no device installs it over the air. Export it signed."
            return (*self._build_problems(), Problem(self._place(_PROFILE), "no-profile", message))
        return (
            *self._build_problems(),
            *self._profile_problems(profile, now),
            *(() if udid is None else self._device_problems(profile, udid)),
        )

    def compare(self, manifest: Manifest, *, verify_hashes: bool = False) -> tuple[Problem, ...]:
        """Tell where a manifest does not describe this app.

        Of a manifest with several items, those with this bundle identifier are compared. With
        `verify_hashes` the whole .ipa is read and held against the hashes that a device would use:
        ValueError if `read_ipa` was given a file that is closed by now.
        """
        if not isinstance(manifest, Manifest):
            message = f"manifest must be a Manifest, not {manifest!r}"
            raise TypeError(message)
        problems: list[Problem] = []
        for number, item in enumerate(manifest.items):
            if item.metadata.bundle_identifier != self.bundle_identifier:
                continue
            path = f"items[{number}]"
            problems += self._metadata_problems(f"{path}.metadata", item.metadata)
            package = item.package
            if package is not None:
                place = f"{path}.assets[{item.assets.index(package)}]"
                problems += self._hash_problems(place, package, verify_hashes=verify_hashes)
        identifiers = [item.metadata.bundle_identifier for item in manifest.items]
        if self.bundle_identifier not in identifiers:
            # With one item it is plain which place is wrong.
            place = "items[0].metadata.bundle-identifier" if len(identifiers) == 1 else "items"
            message = (
                f"The app is {_shown(self.bundle_identifier)}, the manifest is for {_listed(identifiers)}: a device "
                f"downloads the app and then refuses it. Write the app's own bundle identifier."
            )
            problems.append(Problem(place, "bundle-identifier-mismatch", message))
        return tuple(problems)

    def _place(self, name: str, key: str = "") -> str:
        return f"Payload/{self.app_name}.app/{name} {key}".rstrip()

    def _build_problems(self) -> Iterator[Problem]:
        if self.platform not in (None, "iPhoneOS"):
            message = f"The app was built for {_shown(self.platform)}; only a build for iPhoneOS installs over the air."
            yield Problem(self._place(_INFO, "CFBundleSupportedPlatforms"), "wrong-platform", message)
        if self.device_families and not {1, 2} & {*self.device_families}:
            message = (
                f"The app is for the device families {self.device_families}, neither iPhone (1) nor iPad (2): "
                f"these do not install it."
            )
            yield Problem(self._place(_INFO, "UIDeviceFamily"), "wrong-device-family", message)
        if self._has_fairplay:
            message = (
                "The app is encrypted for the App Store (FairPlay): it installs on no device over the air. "
                "Export it anew from Xcode."
            )
            yield Problem(self._place("SC_Info"), "fairplay", message)

    def _profile_problems(self, profile: ProvisioningProfile, now: datetime) -> Iterator[Problem]:
        if profile.kind == "app-store":
            message = (
                "The profile is for the App Store: no device installs the app over the air. "
                "Sign it with an ad hoc or enterprise (in-house) profile."
            )
            yield Problem(self._place(_PROFILE), "app-store-profile", message)
        if profile.kind == "development":
            message = (
                "The profile is for development: since iOS 16 a device installs the app, but starts it only with "
                "Developer Mode switched on."
            )
            yield Problem(self._place(_PROFILE), "development-profile", message, "warning")
        if profile.expires is not None and profile.expires <= now:
            message = (
                f"The profile expired on {profile.expires:%Y-%m-%d at %H:%M UTC}: devices refuse to install the app "
                f"or to start it. Sign it with a new profile."
            )
            yield Problem(self._place(_PROFILE, "ExpirationDate"), "profile-expired", message)
        elif profile.expires is not None and profile.expires - now <= _EXPIRES_SOON:
            message = (
                f"The profile expires on {profile.expires:%Y-%m-%d at %H:%M UTC}: from then on the app neither "
                f"installs nor starts. Sign it with a new profile."
            )
            yield Problem(self._place(_PROFILE, "ExpirationDate"), "profile-expires-soon", message, "warning")
        if profile.kind in {"ad-hoc", "development"} and not profile.devices:
            message = "The profile lists no device at all: none installs the app. Register devices and sign it again."
            yield Problem(self._place(_PROFILE, "ProvisionedDevices"), "device-not-in-profile", message)
        if profile.platforms and "iOS" not in profile.platforms:
            message = (
                f"The profile is for {_listed(profile.platforms)}, not for iOS: an iPhone or iPad is expected to "
                f"refuse the app. Sign it with a profile for iOS."
            )
            yield Problem(self._place(_PROFILE, "Platform"), "profile-mismatch", message, "warning")
        if profile.application_identifier is not None and not profile.covers(self.bundle_identifier):
            message = (
                f"The profile is for {_shown(profile.application_identifier)}, the app is "
                f"{_shown(self.bundle_identifier)}: a device refuses to install it. Sign it with its own profile."
            )
            yield Problem(self._place(_PROFILE, "Entitlements.application-identifier"), "profile-mismatch", message)

    def _device_problems(self, profile: ProvisioningProfile, udid: str) -> Iterator[Problem]:
        if profile.kind in ("enterprise", "app-store") or not profile.devices or profile.allows_device(udid):
            return
        path = self._place(_PROFILE, "ProvisionedDevices")
        if is_udid(udid):
            message = (
                f"The device {_shown(udid)} is not among the {len(profile.devices)} of the profile: it refuses to "
                f"install the app. Register the device with the team, renew the profile and sign the app again."
            )
            yield Problem(path, "device-not-in-profile", message)
        else:
            message = (
                f"{_shown(udid)} is no UDID, so it cannot be in the profile; a UDID has 40 hexadecimal digits, or "
                f"8 and 16 with a dash between them. Take it from the Finder or from Xcode."
            )
            yield Problem(path, "not-a-udid", message)

    def _metadata_problems(self, path: str, metadata: Metadata) -> Iterator[Problem]:
        # iOS was seen to compare the bundle identifier alone; the rest is what people and device management read.
        versions = [version for version in (self.short_version, self.build_version) if version]
        if metadata.bundle_version and versions and metadata.bundle_version not in versions:
            message = (
                f"The manifest says version {_shown(metadata.bundle_version)}, the app {_listed(versions)}: it "
                f"installs, but device management may miss the update or repeat it. Write the app's own."
            )
            yield Problem(f"{path}.bundle-version", "version-mismatch", message, "warning")
        names = [*dict.fromkeys(_strings(self.display_name, self.info.get("CFBundleName"), self.app_name))]
        if metadata.title and metadata.title not in names:
            message = (
                f"The manifest says {_shown(metadata.title)}, the app {_listed(names)}: it installs, but the device "
                f"asks for consent by the manifest's title. Write the app's own."
            )
            yield Problem(f"{path}.title", "title-mismatch", message, "warning")
        platform = f"com.apple.platform.{self.platform.lower()}" if self.platform else None
        if metadata.platform_identifier and platform not in (None, metadata.platform_identifier):
            message = (
                f"The manifest says {_shown(metadata.platform_identifier)}, the app was built for {_shown(platform)}: "
                f"a device skips an item for another platform than its own. Write the app's own."
            )
            yield Problem(f"{path}.platform-identifier", "platform-mismatch", message, "warning")

    def _hash_problems(self, path: str, package: Asset, *, verify_hashes: bool) -> Iterator[Problem]:
        if not package.checksums:
            return
        # A device prefers SHA-256 and never combines the two (iOS 26.1); the one hash of the whole file
        # overrides the chunks' (Apple, manifesturl.yaml).
        checksum = min(package.checksums, key=lambda given: (given.algorithm != "sha256", given.chunk_size is not None))
        algorithm, count, chunk_size = checksum.algorithm, len(checksum.digests), checksum.chunk_size
        chunks = 1 if chunk_size is None else -(-self.size // chunk_size)
        # A single hash is taken for the whole file's, whatever the chunk size (iOS 26.1).
        if count == 1 < chunks:
            message = (
                f"There is one hash, but the .ipa has {self.size} bytes, {chunks} chunks of {chunk_size}: devices take "
                f"one hash for the whole file's. Write {self.size} as the size, or a hash for each chunk."
            )
            yield Problem(f"{path}.{algorithm}-size", "chunk-size-mismatch", message, "warning")
        elif count != chunks:
            message = (
                f"There are {count} hashes, but the .ipa has {self.size} bytes, {chunks} chunks of {chunk_size}: "
                f"a device refuses the app. Hash the file anew."
            )
            yield Problem(f"{path}.{algorithm}s", "hash-count-mismatch", message)
            return
        if verify_hashes and (wrong := self._mismatches(checksum)):
            where = f" in the chunks {_listed(wrong)}" if count > 1 else ""
            message = f"The .ipa has other hashes than the manifest{where}: a device refuses the app. Hash it anew."
            yield Problem(f"{path}.{algorithm}{'' if chunk_size is None else 's'}", "hash-mismatch", message)

    def _mismatches(self, checksum: Checksum) -> tuple[int, ...]:
        if isinstance(self._source, (str, os.PathLike)):
            return checksum.mismatches(self._source)
        with _opened(self._source) as file:
            file.seek(0)
            return checksum.mismatches(file)


def read_ipa(source: Source) -> Ipa:
    """Read what an .ipa says about its app: Info.plist, provisioning profile and the list of its icons.

    `source` is a path, or a binary file with read, seek and tell, which is left open and at the
    position where it was. Nothing is extracted, and of the archive only the directory and these two
    files are read.

    IpaError says what is wrong with the content; a path that cannot be opened is an OSError, as
    from `open`.

    >>> import io, plistlib, zipfile
    >>> file = io.BytesIO()
    >>> info = plistlib.dumps({"CFBundleIdentifier": "com.example.myapp"})
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("Payload/MyApp.app/Info.plist", info)
    >>> ipa = read_ipa(file)
    >>> ipa.app_name, ipa.bundle_identifier, [problem.code for problem in ipa.problems()]
    ('MyApp', 'com.example.myapp', ['no-profile'])
    """
    with _opened(source) as file:
        archive = _Archive.read(file)
        folder, has_fairplay = archive.app()
        info_name, profile_name = (folder + b"/" + name.encode() for name in (_INFO, _PROFILE))
        found = archive.entries({info_name, profile_name})
        info = _info(file, found.get(info_name), _text(info_name))
        profile = None
        if profile_name in found:
            with _at(_text(profile_name)):
                profile = ProvisioningProfile.from_bytes(_content(file, found[profile_name], largest=LARGEST_PROFILE))
        icons = archive.entries({folder + b"/" + name for name in _icon_files(info)})
    bundle_identifier = info.get("CFBundleIdentifier")
    if not isinstance(bundle_identifier, str) or not bundle_identifier:
        message = f"The app has {_shown(bundle_identifier)} for a bundle identifier: no device installs it."
        raise _refusal(
            f"{_text(info_name)} CFBundleIdentifier", "wrong-type" if bundle_identifier else "missing", message
        )
    names = _strings(info.get("CFBundleDisplayName"), info.get("CFBundleName"))
    return Ipa(
        bundle_identifier=bundle_identifier,
        short_version=next(_strings(info.get("CFBundleShortVersionString")), None),
        build_version=next(_strings(info.get("CFBundleVersion")), None),
        display_name=next(names, None),
        platform=_platform(info),
        minimum_os_version=next(_strings(info.get("MinimumOSVersion")), None),
        device_families=_device_families(info.get("UIDeviceFamily")),
        profile=profile,
        info=info,
        app_name=_text(folder).removeprefix("Payload/").removesuffix(".app"),
        size=archive.size,
        _source=source,
        _icons=tuple(icons.values()),
        _has_fairplay=has_fairplay,
    )


# The app.

_INFO = "Info.plist"
_PROFILE = "embedded.mobileprovision"
# Only what is directly in Payload/<Name>.app/ is the app's own: frameworks, extensions, Watch apps and
# __MACOSX/ have plists and profiles of their own.
_APP = re.compile(rb"(Payload/[^/]+\.app)/(SC_Info/)?")

_PLATFORMS = (
    "iPhoneOS",
    "iPhoneSimulator",
    "MacOSX",
    "AppleTVOS",
    "AppleTVSimulator",
    "WatchOS",
    "WatchSimulator",
    "XROS",
)


def _info(file: SupportsReadSeek, entry: _Entry | None, path: str) -> dict[str, PlistValue]:
    if entry is None:
        raise _refusal(path, "missing", "The app has no Info.plist: no device installs it.")
    try:
        info = loads(_content(file, entry, largest=_LARGEST_PLIST))
    except PlistError as error:
        message = f"Info.plist is no property list, without which no device installs the app: {error}"
        raise _refusal(path, "malformed-plist", message) from error
    if not isinstance(info, dict):
        message = f"Info.plist has a {type(info).__name__} where a dictionary belongs: no device installs the app."
        raise _refusal(path, "wrong-type", message)
    return info


def _platform(info: Mapping[str, PlistValue]) -> str | None:
    supported = info.get("CFBundleSupportedPlatforms")
    names = [*_strings(*supported)] if isinstance(supported, list) else []
    if names:
        return "iPhoneOS" if "iPhoneOS" in names else names[0]
    # The same names in small letters.
    name = next(_strings(info.get("DTPlatformName")), None)
    return next((known for known in _PLATFORMS if known.lower() == name), name)


def _device_families(value: PlistValue | None) -> tuple[int, ...]:
    # Strings of digits, and a single number instead of an array, occur.
    numbers = [int(one) if isinstance(one, str) and re.fullmatch("[0-9]", one) else one for one in _values(value)]
    return tuple(number for number in numbers if isinstance(number, int) and not isinstance(number, bool))


def _icon_files(info: Mapping[str, PlistValue]) -> set[bytes]:
    """Name the files an icon may be in (Apple, CFBundleIconFiles): Xcode leaves out scale, device and extension."""
    names: list[PlistValue] = []
    for holder in (info.get("CFBundleIcons"), info.get("CFBundleIcons~ipad")):
        # On tvOS and visionOS the primary icon is the name of an asset.
        primary = holder.get("CFBundlePrimaryIcon") if isinstance(holder, dict) else None
        names += _values(primary.get("CFBundleIconFiles") if isinstance(primary, dict) else None)
    for key in ("CFBundleIconFiles", "CFBundleIconFiles~ipad", "CFBundleIconFile"):
        names += _values(info.get(key))
    stems = [name.removesuffix(".png") for name in _strings(*names)][:_MOST_ICON_NAMES]
    return {
        f"{stem}{scale}{device}.png".encode(errors="replace")
        for stem in stems
        for scale in ("", "@2x", "@3x")
        for device in ("", "~ipad", "~iphone")
    }


def _values(value: PlistValue | None) -> list[PlistValue]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _strings(*values: PlistValue | None) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and value.strip())


# The archive. zipfile.ZipFile is not used: it keeps half a kilobyte for every entry, lets one odd entry spoil
# the whole archive, and decodes names to what they were not. zipfile's own decompressing file is.

_ZIP64 = 0xFFFFFFFF
_END = struct.Struct("<4s6xHLLH")
_END64 = struct.Struct("<4s28xQQQ")
_LOCATOR64 = struct.Struct("<4s16x")
_RECORD = struct.Struct("<4s4xHH4xLLLHHH8xL")
_LENGTHS = struct.Struct("<4s24xHHH8xL")
_HEADER = struct.Struct("<4s22xHH")
# Traditional and strong encryption, encrypted directory (APPNOTE 4.4.4).
_ENCRYPTED = 0x2041
# What deflate may put before the first byte of content: the description of its codes.
_DEFLATE_OVERHEAD = 1024


class _Entry(NamedTuple):
    """A file in the archive: the position of its header, and where at the latest its data stops."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    stop: int


class _Archive(NamedTuple):
    """A zip archive's directory, as it is, and where it starts.

    `offsets` are where the files' headers start, in order, as the directory says; all that the
    directory says is `shift` bytes too low, because something was put before the archive.
    """

    size: int
    directory: bytes
    start: int
    shift: int
    offsets: list[int]

    @classmethod
    def read(cls, file: SupportsReadSeek) -> _Archive:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        position, count, length, offset = _end_record(file, size)
        if count > _MOST_ENTRIES or length > _LARGEST_DIRECTORY:
            message = (
                f"The archive announces {count} files and a directory of {length} bytes; up to {_MOST_ENTRIES} and "
                f"{_LARGEST_DIRECTORY} are read."
            )
            raise _refusal("", "too-large", message)
        start = position - length
        shift = start - offset
        if start < 0 or shift < 0:
            raise _damaged(
                "", f"its directory of {length} bytes at {offset} does not fit before {position}, where it ends"
            )
        directory = _read(file, start, length)
        offsets: list[int] = []
        for number, (_, _, offset) in enumerate(_records(directory)):
            if number == _MOST_ENTRIES:
                message = f"The archive has more files than it announces, and than the {_MOST_ENTRIES} that are read."
                raise _refusal("", "too-large", message)
            # A real offset of 4 GiB and more stands elsewhere; what follows such an entry is not needed.
            if offset != _ZIP64:
                offsets.append(offset)
        offsets.sort()
        return cls(size, directory, start, shift, offsets)

    def app(self) -> tuple[bytes, bool]:
        """Find the one app's folder, and whether it holds FairPlay's keys."""
        apps: dict[bytes, bool] = {}
        for name, _, _ in _records(self.directory):
            if match := _APP.match(name):
                apps[match[1]] = apps.get(match[1], False) or match[2] is not None
        if len(apps) == 1:
            return apps.popitem()
        if apps:
            message = (
                f"The archive has {len(apps)} apps, {_listed(map(_text, apps))}: a device installs none. Keep one."
            )
            raise _refusal("Payload", "several-apps", message)
        found = _listed(sorted({_text(name.partition(b"/")[0]) for name, _, _ in _records(self.directory)}))
        message = f"The archive has no app, which would be a folder Payload/<Name>.app; it has {found or 'nothing'}."
        raise _refusal("", "no-app", message)

    def entries(self, wanted: Collection[bytes]) -> dict[bytes, _Entry]:
        found: dict[bytes, _Entry] = {}
        for name, at, _ in _records(self.directory):
            if name in wanted:
                if name in found:
                    message = (
                        "The archive has two files of this name, so that it is unclear which one counts. Zip it anew."
                    )
                    raise _refusal(_text(name), "duplicate-entry", message)
                found[name] = self._entry(name, at)
        return found

    def _entry(self, name: bytes, at: int) -> _Entry:
        _, flags, method, crc, packed, size, name_length, extra_length, _, offset = _RECORD.unpack_from(
            self.directory, at
        )
        extra_at = at + _RECORD.size + name_length
        large = _zip64_values(self.directory[extra_at : extra_at + extra_length])
        # In this order, and only those that do not fit their field (APPNOTE 4.5.3).
        size, packed, offset = (next(large, value) if value == _ZIP64 else value for value in (size, packed, offset))
        # Data goes on to the next header at most. Where two entries share a header, neither has any.
        after = bisect_right(self.offsets, offset)
        shared = after - bisect_left(self.offsets, offset) > 1
        stop = offset if shared else self.offsets[after] if after < len(self.offsets) else self.start - self.shift
        return _Entry(name, flags, method, crc, packed, size, self.shift + offset, self.shift + stop)


def _end_record(file: SupportsReadSeek, size: int) -> tuple[int, int, int, int]:
    """Find where the directory ends, and what the archive says of it: files, bytes and position."""
    # At the end, but for a comment of up to 65 535 bytes.
    tail_at = max(size - _END64.size - _LOCATOR64.size - _END.size - 0xFFFF, 0)
    tail = _read(file, tail_at, size - tail_at)
    at = tail.rfind(b"PK\5\6", 0, max(len(tail) - _END.size + 4, 0))
    if at < 0:
        start = _read(file, 0, min(size, 16))
        if start.startswith(b"PK\3\4"):
            raise _damaged("", f"it is cut off, the {size} bytes do not end with a directory")
        message = f"This is no .ipa, which is a zip archive: the {size} bytes start with {start!r}."
        raise _refusal("", "not-an-archive", message)
    _, count, length, offset, _ = _END.unpack_from(tail, at)
    at64 = at - _LOCATOR64.size - _END64.size
    if at64 >= 0 and tail.startswith(b"PK\6\6", at64) and tail.startswith(b"PK\6\7", at64 + _END64.size):
        _, count, length, offset = _END64.unpack_from(tail, at64)
        at = at64
    return tail_at + at, count, length, offset


def _records(directory: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Walk the directory: the name of each file, where its record is, and where its header."""
    at = 0
    while at != len(directory):
        start = at + _LENGTHS.size
        if start > len(directory):
            raise _damaged("", f"its directory breaks off at byte {at} of {len(directory)}")
        signature, name_length, extra_length, comment_length, offset = _LENGTHS.unpack_from(directory, at)
        if signature != b"PK\1\2":
            raise _damaged("", f"its directory has {signature!r} for a file at byte {at} of {len(directory)}")
        end = start + name_length
        yield directory[start:end], at, offset
        at = end + extra_length + comment_length


def _zip64_values(extra: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            for value_at in range(at + 4, min(at + 4 + length, len(extra)) - 7, 8):
                yield int.from_bytes(extra[value_at : value_at + 8], "little")
        at += 4 + length


def _content(file: SupportsReadSeek, entry: _Entry, *, largest: int, wanted: int | None = None) -> bytes:
    """Unpack a file of the archive, or the first `wanted` bytes of it."""
    path = _text(entry.name)
    if entry.flags & _ENCRYPTED:
        message = "The file is encrypted with a password: no device reads it. Zip it without."
        raise _refusal(path, "encrypted-entry", message)
    if entry.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        message = (
            f"The file is compressed by method {entry.method}: devices know 0 (none) and 8 (deflate). Zip it anew."
        )
        raise _refusal(path, "unknown-compression", message)
    if max(entry.size, entry.packed) > largest:
        message = f"The file has {entry.size} bytes, {entry.packed} compressed; up to {largest} are read."
        raise _refusal(path, "too-large", message)
    start = _data_start(file, entry)
    # The first bytes of a file are in the first of what it is packed in.
    packed = _read(file, start, entry.packed if wanted is None else min(entry.packed, wanted + _DEFLATE_OVERHEAD))
    unpacked = zipfile.ZipInfo()
    unpacked.compress_type = entry.method
    unpacked.compress_size = entry.packed
    unpacked.file_size = entry.size
    unpacked.CRC = entry.crc
    try:
        with zipfile.ZipExtFile(io.BytesIO(packed), "r", unpacked) as stream:
            content = stream.read(entry.size if wanted is None else wanted)
    # BadZipFile, zlib.error and EOFError were seen; what else bad data brings forth, zipfile does not say.
    except Exception as error:
        raise _damaged(path, f"it cannot be unpacked ({type(error).__name__}: {error})") from error
    if wanted is None and len(content) != entry.size:
        raise _damaged(path, f"it has {len(content)} bytes instead of the {entry.size} announced")
    return content


def _data_start(file: SupportsReadSeek, entry: _Entry) -> int:
    """Find where an entry's data starts, behind its header."""
    path = _text(entry.name)
    header = _read(file, entry.start, _HEADER.size) if 0 <= entry.start <= entry.stop - _HEADER.size else b""
    if not header.startswith(b"PK\3\4"):
        raise _damaged(path, f"no header is at {entry.start}, or another file's")
    _, name_length, extra_length = _HEADER.unpack(header)
    start: int = entry.start + _HEADER.size + name_length + extra_length
    if start + entry.packed > entry.stop:
        raise _damaged(path, f"it overlaps with what is at {entry.stop}")
    if _read(file, entry.start + _HEADER.size, name_length) != entry.name:
        raise _damaged(path, "its header has another name")
    return start


def _read(file: SupportsReadSeek, position: int, length: int) -> bytes:
    """Read exactly this much; files that are not buffered give less at a time."""
    file.seek(position)
    parts: list[bytes] = []
    missing = length
    while missing and (part := file.read(missing)):
        check_type("what the source, the .ipa, gives", part, bytes, bytearray, memoryview)
        parts.append(part)
        missing -= len(part)
    if missing:
        raise _damaged("", f"the file ends at {position + length - missing}, {missing} bytes too early")
    return b"".join(parts)


@contextmanager
def _opened(source: Source) -> Generator[SupportsReadSeek, None, None]:
    """Open a path, and close it again; leave a file open, and at its position: uploads are saved from there on."""
    if isinstance(source, (str, os.PathLike)):
        with Path(check_path("source", source)).open("rb") as file:
            yield file
        return
    is_file = all(callable(getattr(source, name, None)) for name in ("read", "seek", "tell"))
    if not is_file or isinstance(source, io.TextIOBase):
        message = (
            f"the .ipa, source, must be a path, or a binary file with read, seek and tell, not {type(source).__name__}"
        )
        raise TypeError(message)
    position = source.tell()
    try:
        yield source
    finally:
        source.seek(position)


# What is wrong, and where.


@contextmanager
def _at(path: str) -> Generator[None, None, None]:
    """Name the place of what is refused without one."""
    try:
        yield
    except IpaError as error:
        raise IpaError(replace(problem, path=problem.path or path) for problem in error.problems) from error


def _refusal(path: str, code: Code, message: str) -> IpaError:
    return IpaError([Problem(path, code, message)])


def _damaged(path: str, reason: str) -> IpaError:
    return _refusal(path, "damaged-archive", f"The archive is damaged: {reason}. Copy the file again, or zip it anew.")


def _text(name: bytes) -> str:
    # macOS writes UTF-8 without the flag for it; what is not UTF-8 is in the encoding of the first zip programs.
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437")


def _shown(value: object) -> str:
    shown = safe_repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _listed(values: Iterable[object]) -> str:
    shown = [_shown(value) for value in values]
    more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    return ", ".join(shown[:_MOST_SHOWN]) + more
