"""From the file to the app: the one app in the archive, its Info.plist, its profile, and which icons it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._archive import Archive, composed, content, opened, refusal, text
from .._bundle import INFO, LARGEST_PLIST, PROFILE, find_app, read_info, strings
from .._wording import short
from ..profile import LARGEST_PROFILE, ProvisioningProfile
from ._info import device_families, icon_files, platform_of
from ._model import Ipa
from ._package import Package, at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._archive import Entry, Source, SupportsReadSeek
    from .._plist import PlistValue


def read_ipa(source: Source) -> Ipa:
    """Read what an .ipa says about its app: Info.plist, provisioning profile and the list of its icons.

    `source` is a path, or a binary file with read, seek and tell, which is left open and at the
    position where it was. Nothing is extracted; of the archive only the directory and these two
    files are read. Of the executable it is known whether it is there.

    Raises IpaError for content that is not that of an .ipa, and OSError, as `open` does, for a path
    that cannot be opened.

    >>> import io, plistlib, zipfile
    >>> file = io.BytesIO()
    >>> keys = {"CFBundleIdentifier": "com.example.myapp", "CFBundleExecutable": "MyApp", "CFBundleVersion": "42"}
    >>> info = plistlib.dumps(keys)
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("Payload/MyApp.app/Info.plist", info)
    ...     archive.writestr("Payload/MyApp.app/MyApp", b"the program")
    >>> ipa = read_ipa(file)
    >>> ipa.app_name, ipa.bundle_identifier, [problem.code for problem in ipa.problems()]
    ('MyApp', 'com.example.myapp', ['no-profile'])
    """
    with opened(source) as file:
        archive = Archive.read(file)
        folder, has_fairplay = find_app(archive)
        info_name, profile_name = (folder + b"/" + name.encode() for name in (INFO, PROFILE))
        found = archive.entries({info_name, profile_name})
        info = _info(file, found.get(info_name), text(info_name))
        profile = _profile(file, found[profile_name]) if profile_name in found else None
        icons = archive.entries({folder + b"/" + name for name in icon_files(info)})
        has_executable = _has_executable(archive, folder, info)
    return Ipa(
        bundle_identifier=_bundle_identifier(info, text(info_name)),
        short_version=next(strings(info.get("CFBundleShortVersionString")), None),
        build_version=next(strings(info.get("CFBundleVersion")), None),
        display_name=next(strings(info.get("CFBundleDisplayName"), info.get("CFBundleName")), None),
        platform=platform_of(info),
        minimum_os_version=next(strings(info.get("MinimumOSVersion")), None),
        device_families=device_families(info),
        profile=profile,
        info=info,
        app_name=text(folder).removeprefix("Payload/").removesuffix(".app"),
        size=archive.size,
        has_fairplay=has_fairplay,
        has_executable=has_executable,
        _package=Package(
            os.fspath(source) if isinstance(source, os.PathLike) else source, tuple(icons.values()), archive.first
        ),
    )


def _info(file: SupportsReadSeek, entry: Entry | None, path: str) -> dict[str, PlistValue]:
    if entry is None:
        raise refusal(path, "missing", "The app has no Info.plist: no device installs it.")
    return read_info(content(file, entry, largest=LARGEST_PLIST), path)


def _has_executable(archive: Archive, folder: bytes, info: Mapping[str, PlistValue]) -> bool:
    """Check that the archive has the executable that the Info.plist names; it is not read."""
    name = next(strings(info.get("CFBundleExecutable")), None)
    if name is None:
        return False
    start = folder + b"/"
    wanted = start + name.encode(errors="replace")
    if wanted in archive.names():
        return True
    # Archives that macOS makes have decomposed letters, others encodings of their own.
    own = (text(entry[len(start) :]) for entry in archive.names() if entry.startswith(start))
    return composed(name) in map(composed, own)


def _profile(file: SupportsReadSeek, entry: Entry) -> ProvisioningProfile:
    with at(text(entry.name)):
        return ProvisioningProfile.from_bytes(content(file, entry, largest=LARGEST_PROFILE))


def _bundle_identifier(info: Mapping[str, PlistValue], path: str) -> str:
    value = info.get("CFBundleIdentifier")
    if isinstance(value, str) and value:
        return value
    fault = f"The bundle identifier is {short(value)}, not a text" if value else "The app has no bundle identifier"
    message = f"{fault}: no device installs it. Set the bundle identifier in Xcode."
    raise refusal(f"{path} CFBundleIdentifier", "wrong-type" if value else "missing", message)
