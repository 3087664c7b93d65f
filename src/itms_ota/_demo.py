"""A sample .ipa for trying the library; it is unsigned, and no device installs it."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from typing import TYPE_CHECKING

from ._plist import dumps
from ._png import from_rgb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._plist import PlistValue

# One day for everything that the demo writes, so that it always writes the same.
DAY = dt.datetime(2026, 1, 15, tzinfo=dt.timezone.utc)

_INFO: Mapping[str, PlistValue] = {
    "CFBundleDisplayName": "Hello",
    "CFBundleExecutable": "Hello",
    "CFBundleIconFiles": ["Icon-60@2x.png", "Icon-60@3x.png", "Icon-512.png"],
    "CFBundleIdentifier": "com.example.hello",
    "CFBundleName": "Hello",
    "CFBundlePackageType": "APPL",
    "CFBundleShortVersionString": "1.0.0",
    "CFBundleSupportedPlatforms": ["iPhoneOS"],
    "CFBundleVersion": "1",
    "MinimumOSVersion": "15.0",
    "UIDeviceFamily": [1, 2],
}
_PROFILE: Mapping[str, PlistValue] = {
    # Property lists have dates without a zone, in UTC.
    "CreationDate": DAY.replace(tzinfo=None),
    "Entitlements": {"application-identifier": "A1B2C3D4E5.com.example.hello", "get-task-allow": False},
    "ExpirationDate": DAY.replace(year=2126, tzinfo=None),
    "Name": "Hello, in-house",
    "Platform": ["iOS"],
    "ProvisionsAllDevices": True,
    "TeamIdentifier": ["A1B2C3D4E5"],
    "TeamName": "Example Ltd",
    "UUID": "6f1d2c3b-4a59-4687-9706-1a2b3c4d5e6f",
}


# The header of a 64-bit ARM program without anything in it (Apple, mach-o/loader.h).
_EXECUTABLE = struct.pack("<8L", 0xFEEDFACF, 0x0100000C, 0, 2, 0, 0, 0, 0)


def make_ipa() -> bytes:
    """Return an .ipa with an in-house profile and icons; always the same bytes on one machine."""
    folder = "Payload/Hello.app/"
    contents = {
        "Info.plist": dumps(dict(_INFO)),
        "Hello": _EXECUTABLE,
        "embedded.mobileprovision": dumps(dict(_PROFILE)),
        "Icon-60@2x.png": _icon(120),
        "Icon-60@3x.png": _icon(180),
        "Icon-512.png": _icon(512),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(folder + name, DAY.timetuple()[:6])
            entry.external_attr = 0o100755 << 16  # the mode of a file that may be run
            archive.writestr(entry, data)
    return file.getvalue()


def _icon(side: int) -> bytes:
    """Return a white arrow that points down into a tray, on blue that darkens downwards."""
    return from_rgb(side, b"".join(_row(y / side, side) for y in range(side)))


def _row(height: float, side: int) -> bytes:
    blue = bytes((int(90 - 70 * height), int(160 - 90 * height), int(250 - 70 * height)))
    row = bytearray(blue * side)
    for left, right in _white(height):
        start, end = round(left * side), round(right * side)
        row[3 * start : 3 * end] = b"\xff" * (3 * (end - start))
    return bytes(row)


def _white(height: float) -> list[tuple[float, float]]:
    """Return where a row is white; heights and widths are shares of the side."""
    if 0.2 <= height < 0.42:
        return [(0.44, 0.56)]  # the shaft
    if 0.42 <= height < 0.62:
        half = 0.62 - height
        return [(0.5 - half, 0.5 + half)]  # the head
    if 0.62 <= height < 0.7:
        return [(0.24, 0.32), (0.68, 0.76)]
    if 0.7 <= height < 0.78:
        return [(0.24, 0.76)]
    return []
