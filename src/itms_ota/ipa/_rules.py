"""What keeps an app from installing, and where a manifest does not describe it.

Each rule is a function of plain values, and yields problems whose paths begin at what it was given: in the app's
folder, in a manifest's metadata, or in its asset. Sources: Apple's TN3125 (provisioning profiles) and Device
Management schema (manifesturl.yaml); what iOS 26.1's own daemons do with a manifest, and its installd with an app.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .._bundle import INFO, NO_PROFILE, PROFILE, strings
from .._wording import cut, listed, short
from ..checksum import in_force
from ..errors import Problem
from ..profile import CERTIFICATE_ENDS, LISTS_DEVICES, UDID_FORM, end_problems, expiry_problems, is_udid
from ._devices import ProductType, installs_on
from ._info import IPHONE_OS, platform_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from .._plist import PlistValue
    from ..checksum import Checksum
    from ..errors import Code
    from ..manifest import Asset, Metadata
    from ..profile import Kind, ProvisioningProfile

_IPHONE_AND_IPAD = frozenset({1, 2})  # of UIDeviceFamily
# Which of them a device installs, by the family of its product type; of others it is not known.
_FAMILIES = {"iPhone": {1}, "iPod": {1}, "iPad": {1, 2}, "AppleTV": {3}, "Watch": {4}}

# Since iOS 26 the number is that of the year after the release.
_NEWEST_IOS = 27
_LEFT_OUT = range(19, 26)


def placed(place: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Put what the paths begin at before them."""
    return (replace(problem, path=cut(place + problem.path)) for problem in problems)


# Can the app install over the air?


def build_problems(platform: str | None, families: Collection[int], *, has_fairplay: bool) -> Iterator[Problem]:
    """Check what the app was built for."""
    if platform not in (None, IPHONE_OS):
        message = f"The app was built for {short(platform)}; only a build for {IPHONE_OS} installs over the air."
        yield Problem(f"{INFO} CFBundleSupportedPlatforms", "wrong-platform", message)
    if families and _IPHONE_AND_IPAD.isdisjoint(families):
        message = (
            f"The app is for device families {listed(families)}, which include neither iPhone (1) nor iPad (2): these "
            "do not install it. Add the family to the target in Xcode."
        )
        yield Problem(f"{INFO} UIDeviceFamily", "wrong-device-family", message)
    if has_fairplay:
        message = (
            "The app has a folder SC_Info, as apps from the App Store do. If it is still encrypted for the App Store "
            "(FairPlay), no device installs it over the air. Export it from Xcode."
        )
        yield Problem("SC_Info", "fairplay", message, "warning")


def bundle_problems(info: Mapping[str, PlistValue], *, has_executable: bool) -> Iterator[Problem]:
    """Check what every app has, and what no app is; of an app that was made by hand nothing is known."""
    if not has_executable:
        name = next(strings(info.get("CFBundleExecutable")), None)
        fault = f"There is no executable {short(name)} in the app" if name else "The app does not name an executable"
        message = f"{fault}: no device installs it. Archive the whole app, as Xcode built it."
        yield Problem(f"{INFO} CFBundleExecutable", "no-executable", message)
    if info and not any(strings(info.get("CFBundleVersion"), info.get("CFBundleShortVersionString"))):
        message = (
            "The app has neither a version nor a build number: older systems refuse it, and device management cannot "
            "tell it from another build. Set both in Xcode."
        )
        yield Problem(f"{INFO} CFBundleVersion", "missing", message, "warning")
    # Whatever its value (iOS 26.1).
    if "ITSWatchOnlyContainer" in info:
        message = (
            "The app is only the shell around an app for Apple Watch: no iPhone or iPad installs it. Install such an "
            "app from the App Store or TestFlight."
        )
        yield Problem(f"{INFO} ITSWatchOnlyContainer", "watch-only", message)


def system_problems(minimum: str | None, now: datetime) -> Iterator[Problem]:
    """Check that there is an iOS on which the app installs."""
    if minimum is None:
        return
    path = f"{INFO} MinimumOSVersion"
    number = re.match("0*([0-9]{1,9})", minimum)
    if number is None:
        # A device compares this with its own version as text, of which numbers are a part: what sorts before a digit
        # is older than any iOS (iOS 26.1).
        if minimum > "9":
            message = (
                f"The minimum version of iOS is {short(minimum)}, which is not a valid version: a device takes it for "
                "newer than its own, and refuses the app. Set the deployment target in Xcode."
            )
            yield Problem(path, "no-such-ios", message)
    elif int(number[1]) > max(_NEWEST_IOS, now.year - 1999):
        message = (
            f"The app needs iOS {short(minimum)}, which does not exist: no device installs it. Set the deployment "
            "target in Xcode."
        )
        yield Problem(path, "no-such-ios", message)
    elif int(number[1]) in _LEFT_OUT:
        message = (
            f"The app needs iOS {short(minimum)}, but after iOS 18 came iOS 26: older devices refuse the app. Set the "
            "deployment target in Xcode."
        )
        yield Problem(path, "no-such-ios", message, "warning")


def device_problems(info: Mapping[str, PlistValue], families: Collection[int], device: str | None) -> Iterator[Problem]:
    """Check that the app installs on devices of this product type, and whether it does on all of them."""
    kind = None if device is None else ProductType.of(device.strip())
    if device is not None and kind is None:
        message = (
            f"{short(device)} is not a valid product type, so it is not known whether the device installs the app. "
            "Product types are written as 'iPhone14,5'; `xcrun devicectl list devices` shows them."
        )
        yield Problem(f"{INFO} UISupportedDevices", "not-a-product-type", message)
    # That it is for neither is told of all devices.
    for_whom = " and ".join(name for number, name in ((1, "iPhone"), (2, "iPad")) if number in families)
    if kind is not None and for_whom and _FAMILIES.get(kind.family, {*families}).isdisjoint(families):
        message = (
            f"The app is for {for_whom} alone: the device {short(device)} refuses it. Build it for that kind of device."
        )
        yield Problem(f"{INFO} UIDeviceFamily", "wrong-device-family", message)
    # The second, an older name, counts where the first is not an array (iOS 26.1).
    lists = (info.get(key) for key in ("UISupportedDevices", "SupportedDevices"))
    devices = next((value for value in lists if isinstance(value, list)), None)
    if devices is not None:
        yield from _variant_problems(devices, device, kind)


def _variant_problems(devices: Sequence[PlistValue], device: str | None, kind: ProductType | None) -> Iterator[Problem]:
    path = f"{INFO} UISupportedDevices"
    names = [name for name in devices if isinstance(name, str)]
    if len(names) < len(devices) or not names:
        message = (
            "The list of the devices that the app is for is empty, or contains other values than texts: every device "
            "refuses the app. Remove it."
        )
        yield Problem(path, "device-not-supported", message)
        return
    fault = f"The app is one variant of a thinned app, for {listed(names)} alone"
    cure = "Export it from Xcode with App Thinning 'None'."
    if device is None:
        message = f"{fault}: other devices refuse it. {cure}"
        yield Problem(path, "device-not-supported", message, "warning")
    elif kind is not None and (installs := installs_on(kind, names)) is not True:
        effect = "refuses it" if installs is False else "is newer, and may refuse it"
        message = f"{fault}: the device {short(device)} {effect}. {cure}"
        yield Problem(path, "device-not-supported", message, "warning" if installs is None else "error")


def profile_problems(
    profile: ProvisioningProfile | None, bundle_identifier: str, now: datetime, soon: timedelta
) -> Iterator[Problem]:
    """Check that the profile lets the app install; `soon` is what counts as that."""
    if profile is None:
        yield Problem(PROFILE, "no-profile", NO_PROFILE)
        return
    yield from _kind_problems(profile.kind)
    yield from expiry_problems(PROFILE, profile, now, soon)
    # A profile that ends with its certificates, or before them, says all.
    if (end := profile.works_until) != profile.expires:
        yield from _certificate_problems(end, len(profile.certificates), now, soon)
    if profile.kind in LISTS_DEVICES and not profile.devices:
        message = "The profile lists no device: none installs the app. Register devices, and sign the app again."
        yield Problem(f"{PROFILE} ProvisionedDevices", "device-not-in-profile", message)
    yield from _scope_problems(profile, bundle_identifier)


def _kind_problems(kind: Kind) -> Iterator[Problem]:
    if kind == "app-store":
        message = (
            "The profile is for the App Store: no device installs the app over the air. "
            "Sign it with an ad hoc or enterprise (in-house) profile."
        )
        yield Problem(PROFILE, "app-store-profile", message)
    if kind == "development":
        message = (
            "The profile is for development. Since iOS 16 a device installs the app, but opens it only while Developer "
            "Mode is on. Switch it on there. An ad hoc build may need it too; an enterprise build does not."
        )
        yield Problem(PROFILE, "development-profile", message, "warning")


def _certificate_problems(end: datetime | None, count: int, now: datetime, soon: timedelta) -> Iterator[Problem]:
    """Check when the last certificate ends: with which of them the app is signed only its executable says."""
    last = "profile's certificate" if count == 1 else f"profile's last of the {count} certificates"
    path, cure = f"{PROFILE} DeveloperCertificates", "Sign it with a new certificate and a new profile."
    return end_problems(path, end, now, soon, what=last, codes=CERTIFICATE_ENDS, cure=cure)


def _scope_problems(profile: ProvisioningProfile, bundle_identifier: str) -> Iterator[Problem]:
    if profile.platforms and "iOS" not in profile.platforms:
        message = (
            f"The profile is for {listed(profile.platforms)}, not for iOS: an iPhone or iPad is expected to refuse the "
            "app. Sign it with a profile for iOS."
        )
        yield Problem(f"{PROFILE} Platform", "profile-mismatch", message, "warning")
    if profile.application_identifier is not None and not profile.covers(bundle_identifier):
        fault = f"The profile is for {short(profile.application_identifier)}, the app is {short(bundle_identifier)}"
        path = f"{PROFILE} Entitlements.application-identifier"
        # What must fit is the signed entitlement. Who signs apps of others anew changes their identifiers on purpose.
        if profile.kind == "enterprise":
            message = f"{fault}: it installs if it was signed so on purpose. If not, sign it with its own profile."
            yield Problem(path, "profile-mismatch", message, "warning")
        else:
            message = f"{fault}: a device refuses to install it. Sign the app with its own profile."
            yield Problem(path, "profile-mismatch", message)


def udid_problems(profile: ProvisioningProfile | None, udid: str) -> Iterator[Problem]:
    """Check that the profile lets the app install on the device with this UDID."""
    path = f"{PROFILE} ProvisionedDevices"
    lists = profile if profile is not None and profile.kind in LISTS_DEVICES and profile.devices else None
    if lists is not None and lists.allows_device(udid):
        return
    if not is_udid(udid):
        message = (
            f"{short(udid)} is not a valid UDID, so it is not known whether the device installs the app. {UDID_FORM}"
        )
        yield Problem(path, "not-a-udid", message)
    elif lists is not None:
        message = (
            f"The device {short(udid)} is not among the {len(lists.devices)} of the profile: it refuses to install "
            "the app. Register the device with the team, renew the profile, and sign the app again."
        )
        yield Problem(path, "device-not-in-profile", message)


def signature_problems(found: Iterable[Problem], told: Sequence[Problem]) -> Iterator[Problem]:
    """Yield those problems of a signature that were not told of the app without it."""
    places = {(problem.path, problem.code) for problem in told}
    codes = {problem.code for problem in told}
    for problem in found:
        folder, _, name = problem.path.rpartition("/")
        # The app's own: what stands in it has a folder of its own.
        is_own = folder.count("/") == 1 and name != ""
        if (problem.path, problem.code) not in places and not (is_own and codes & _TOLD_AS.get(problem.code, set())):
            yield problem


# What the signature shows of an app that its Info.plist or its profile shows too.
_TOLD_AS: Mapping[Code, set[Code]] = {
    "certificate-expired": {"certificate-expired"},
    "certificate-expires-soon": {"certificate-expires-soon"},
    "wrong-platform": {"wrong-platform"},
    "application-identifier-mismatch": {"profile-mismatch"},
}


# Does the manifest describe the app?


def identifier_problems(found: Sequence[str], own: str) -> Iterator[Problem]:
    """Check that one of a manifest's bundle identifiers is the app's own."""
    if own not in found:
        # With one item it is clear which place is wrong.
        place = "items[0].metadata.bundle-identifier" if len(found) == 1 else "items"
        message = (
            f"The app is {short(own)}, the manifest is for {listed(found)}: a device downloads the app and then "
            "refuses it. Write the app's own bundle identifier."
        )
        yield Problem(place, "bundle-identifier-mismatch", message)


def metadata_problems(
    metadata: Metadata, *, versions: Sequence[str], names: Sequence[str], platform: str | None
) -> Iterator[Problem]:
    """Compare metadata with the app's versions, names and platform: all but its bundle identifier.

    iOS was seen to compare the bundle identifier alone. The rest is what people and device management read.
    """
    if metadata.bundle_version and versions and metadata.bundle_version not in versions:
        message = (
            f"The manifest says version {short(metadata.bundle_version)}, the app {listed(versions)}: it installs, "
            "but device management may miss the update or repeat it. Write the app's own version."
        )
        yield Problem("bundle-version", "version-mismatch", message, "warning")
    if metadata.title and metadata.title not in names:
        message = (
            f"The manifest says {short(metadata.title)}, the app {listed(names)}: it installs, but the device shows "
            "the manifest's title when it asks for consent. Write the app's own name."
        )
        yield Problem("title", "title-mismatch", message, "warning")
    own = platform_identifier(platform) if platform else None
    if metadata.platform_identifier and own not in (None, metadata.platform_identifier):
        message = (
            f"The manifest says {short(metadata.platform_identifier)}, the app was built for {short(own)}: a device "
            "skips an item for a platform that is not its own. Write the app's own platform."
        )
        yield Problem("platform-identifier", "platform-mismatch", message, "warning")


def hash_problems(
    package: Asset, size: int, mismatches: Callable[[Checksum], Collection[int]] | None
) -> Iterator[Problem]:
    """Compare the hashes that a device would use with the file: their number and, by `mismatches`, the hashes."""
    checksum = in_force(package.checksums)
    if checksum is None:
        return
    algorithm, count, chunk_size = checksum.algorithm, len(checksum.digests), checksum.chunk_size
    chunks = 1 if chunk_size is None else -(-size // chunk_size)
    # A single hash is taken for the whole file's, whatever the chunk size (iOS 26.1).
    if count == 1 < chunks:
        message = (
            f"There is one hash, but the .ipa has {size} bytes, {chunks} chunks of {chunk_size}: devices compare one "
            f"hash with the whole file. Write {size} as the size, or a hash for each chunk."
        )
        yield Problem(f"{algorithm}-size", "chunk-size-mismatch", message, "warning")
    elif count != chunks:
        message = (
            f"There are {count} hashes, but the .ipa has {size} bytes, {chunks} chunks of {chunk_size}: a device "
            "refuses the app. Hash the file again."
        )
        yield Problem(f"{algorithm}s", "hash-count-mismatch", message)
        return
    if mismatches and (wrong := mismatches(checksum)):
        chunks_are = "chunk" if len(wrong) == 1 else "chunks"
        where = f" in {chunks_are} {listed(wrong)} (counted from 0)" if count > 1 else ""
        message = f"The hashes of the .ipa and of the manifest differ{where}: a device refuses the app. Hash it again."
        yield Problem(f"{algorithm}{'' if chunk_size is None else 's'}", "hash-mismatch", message)
