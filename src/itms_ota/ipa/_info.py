"""Info.plist: what the app says of itself, in the forms found in real apps (Apple, Information Property List)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._bundle import strings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._plist import PlistValue

IPHONE_OS = "iPhoneOS"

_PLATFORMS = {
    name.lower(): name
    for name in (
        IPHONE_OS,
        "iPhoneSimulator",
        "MacOSX",
        "AppleTVOS",
        "AppleTVSimulator",
        "WatchOS",
        "WatchSimulator",
        "XROS",
    )
}
_MOST_ICON_NAMES = 100


def platform_of(info: Mapping[str, PlistValue]) -> str | None:
    """Return the platform that an app was built for, as CFBundleSupportedPlatforms names it."""
    # DTPlatformName has these names in lower case. In place of the array a device takes a single text too (iOS 26.1).
    supported = [*strings(*_values(info.get("CFBundleSupportedPlatforms")))]
    written = supported or strings(info.get("DTPlatformName"))
    names = [_PLATFORMS.get(name.lower(), name) for name in written]
    return IPHONE_OS if IPHONE_OS in names else next(iter(names), None)


def platform_identifier(platform: str) -> str:
    """Return the name of a platform in a manifest, as Xcode writes it for iPhone and iPad."""
    return f"com.apple.platform.{platform.lower()}"


def device_families(info: Mapping[str, PlistValue]) -> tuple[int, ...]:
    """Return the numbers in UIDeviceFamily; strings of digits, and a single number instead of an array, occur."""
    values = _values(info.get("UIDeviceFamily"))
    numbers = [int(one) if isinstance(one, str) and re.fullmatch("[0-9]", one) else one for one in values]
    return tuple(number for number in numbers if isinstance(number, int) and not isinstance(number, bool))


def icon_files(info: Mapping[str, PlistValue]) -> set[bytes]:
    """Return the names that icons may have (Apple, CFBundleIconFiles): Xcode omits scale, device and extension."""
    names: list[PlistValue] = []
    for holder in (info.get("CFBundleIcons"), info.get("CFBundleIcons~ipad")):
        # On tvOS and visionOS the primary icon is the name of an asset.
        primary = holder.get("CFBundlePrimaryIcon") if isinstance(holder, dict) else None
        names += _values(primary.get("CFBundleIconFiles") if isinstance(primary, dict) else None)
    for key in ("CFBundleIconFiles", "CFBundleIconFiles~ipad", "CFBundleIconFile"):
        names += _values(info.get(key))
    # No file has a longer name.
    stems = [name.removesuffix(".png") for name in strings(*names) if len(name) <= 255][:_MOST_ICON_NAMES]
    return {
        f"{stem}{scale}{device}.png".encode(errors="replace")
        for stem in stems
        for scale in ("", "@2x", "@3x")
        for device in ("", "~ipad", "~iphone")
    }


def _values(value: PlistValue | None) -> list[PlistValue]:
    return value if isinstance(value, list) else [] if value is None else [value]
