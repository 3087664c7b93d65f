"""Makes .ipa files, provisioning profiles and icons for tests."""

from __future__ import annotations

import io
import plistlib
import zipfile
import zlib
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from _make_png import CGBI, IEND, header, write_chunks

if TYPE_CHECKING:
    from collections.abc import Mapping

INFO: Mapping[str, Any] = {
    "CFBundleDisplayName": "My App",
    "CFBundleExecutable": "MyApp",
    "CFBundleIdentifier": "com.example.myapp",
    "CFBundleName": "MyApp",
    "CFBundleShortVersionString": "1.2.3",
    "CFBundleSupportedPlatforms": ["iPhoneOS"],
    "CFBundleVersion": "42",
    "DTPlatformName": "iphoneos",
    "MinimumOSVersion": "15.0",
    "UIDeviceFamily": [1, 2],
}
DEVICES = ("00008020-000D68E42203002E", "e801228c2086d3aacc917b9c3d19bfa56efcab5b")


def make_ipa(
    *,
    info: Mapping[str, Any] | bytes = INFO,
    profile: bytes | None = b"",
    executable: str | None = "MyApp",
    name: str = "MyApp",
    icons: Mapping[str, bytes] | None = None,
    files: Mapping[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Make an .ipa: `info` is the Info.plist, `icons` lie in the app's folder, `files` anywhere.

    The executable is that of `INFO`; None leaves it out. The profile is `make_profile()` by default; None leaves it
    out. Equal arguments give equal bytes.
    """
    folder = f"Payload/{name}.app/"
    contents = {
        "Payload/": b"",
        folder: b"",
        f"{folder}Info.plist": info if isinstance(info, bytes) else plistlib.dumps(dict(info), fmt=plistlib.FMT_BINARY),
    }
    if executable is not None:
        contents[folder + executable] = b"program"
    if profile is not None:
        contents[f"{folder}embedded.mobileprovision"] = profile or make_profile()
    contents |= {f"{folder}{icon}": data for icon, data in (icons or {}).items()}
    contents |= files or {}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 2, 3, 4, 6)), data, archive.compression)
    return file.getvalue()


def make_profile(
    kind: Literal["enterprise", "ad-hoc", "development", "app-store"] = "enterprise",
    *,
    form: Literal["der", "ber", "xml", "binary"] = "der",
    created: datetime = datetime(2024, 1, 2, 3, 4, 5),  # noqa: DTZ001 -- plistlib takes naive dates, in UTC
    expires: datetime = datetime(2124, 1, 2, 3, 4, 5),  # noqa: DTZ001 -- likewise
    application_identifier: str = "A1B2C3D4E5.com.example.myapp",
    **keys: Any,
) -> bytes:
    """Make a provisioning profile; `keys` are put into its property list, those that are None taken out."""
    content: dict[str, Any] = {
        "AppIDName": "My App",
        "ApplicationIdentifierPrefix": ["A1B2C3D4E5"],
        "CreationDate": created,
        "Entitlements": {"application-identifier": application_identifier, "get-task-allow": kind == "development"},
        "ExpirationDate": expires,
        "Name": "My Profile",
        "Platform": ["iOS"],
        "TeamIdentifier": ["A1B2C3D4E5"],
        "TeamName": "Example Ltd",
        "UUID": "12345678-9abc-def0-1234-56789abcdef0",
    }
    if kind == "enterprise":
        content["ProvisionsAllDevices"] = True
    elif kind != "app-store":
        content["ProvisionedDevices"] = [*DEVICES]
    content = {key: value for key, value in {**content, **keys}.items() if value is not None}
    if form == "binary":
        return plistlib.dumps(content, fmt=plistlib.FMT_BINARY)
    plist = plistlib.dumps(content)
    return plist if form == "xml" else make_cms(plist, ber=form == "ber")


def make_certificate(
    subject: str = "Apple Distribution: Example Ltd (A1B2C3D4E5)",
    *,
    serial: bytes = b"\x08\xa3",
    not_after: bytes = b"21240102030405Z",
    string: int = 0x0C,
    charset: str = "utf-8",
) -> bytes:
    """Make a certificate without a signature. A time of 13 bytes is a UTCTime, a longer one a GeneralizedTime."""

    def name(kind: str, text: str) -> bytes:
        pair = element(0x30, element(0x06, bytes.fromhex(kind)), element(string, text.encode(charset)))
        return element(0x31, pair)

    algorithm = element(0x30, element(0x06, bytes.fromhex("2a864886f70d01010b")), element(0x05))
    times = [element(0x17 if len(time) == 13 else 0x18, time) for time in (b"240102030405Z", not_after)]
    signed = element(
        0x30,
        element(0xA0, element(0x02, b"\x02")),
        element(0x02, serial),
        algorithm,
        element(0x30, name("550403", "Issuer")),
        element(0x30, *times),
        element(0x30, name("550403", subject), name("55040b", "A1B2C3D4E5")),
        element(0x30, algorithm, element(0x03, b"\0")),
    )
    return element(0x30, signed, algorithm, element(0x03, b"\0"))


SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
DATA = bytes.fromhex("2a864886f70d010701")


def make_cms(content: bytes, *, ber: bool = False, content_type: bytes = SIGNED_DATA) -> bytes:
    """Wrap content in a CMS message without signatures: DER, or BER with indefinite lengths and a split string."""
    wrap = indefinite if ber else element
    string = element(0x04, content)
    if ber:
        middle = len(content) // 2
        string = indefinite(0x24, element(0x04, content[:middle]), indefinite(0x24, element(0x04, content[middle:])))
    algorithms = wrap(0x31, wrap(0x30, element(0x06, bytes.fromhex("608648016503040201")), element(0x05)))
    encapsulated = wrap(0x30, element(0x06, DATA), wrap(0xA0, string))
    signed = wrap(0x30, element(0x02, b"\x01"), algorithms, encapsulated, element(0x31))
    return wrap(0x30, element(0x06, content_type), wrap(0xA0, signed))


def element(tag: int, *contents: bytes) -> bytes:
    """Make an ASN.1 element with its length before it."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def indefinite(tag: int, *contents: bytes) -> bytes:
    """Make an ASN.1 element that goes on until two zeros."""
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"


@cache
def make_png(side: int, *, cgbi: bool = False) -> bytes:
    """Make a square, opaque, red PNG, plain or as Xcode writes it for a device."""
    rows = (b"\0" + (b"\0\0\xff\xff" if cgbi else b"\xff\0\0\xff") * side) * side
    compressor = zlib.compressobj(wbits=-15 if cgbi else 15)
    picture = ("IDAT", compressor.compress(rows) + compressor.flush())
    return write_chunks([*([CGBI] if cgbi else []), header(side, side), picture, IEND])
