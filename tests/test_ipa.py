""".ipa files: what is read of them, whether they can install, and whether a manifest describes them."""

from __future__ import annotations

import io
import os
import plistlib
import random
import struct
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import DEVICES, INFO, make_ipa, make_png, make_profile

from itms_ota._png import read_header
from itms_ota.checksum import Checksum
from itms_ota.errors import IpaError, Problem
from itms_ota.ipa import Ipa, read_ipa
from itms_ota.manifest import Asset, Item, Manifest, Metadata
from itms_ota.profile import ProvisioningProfile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = datetime(2024, 6, 1, tzinfo=timezone.utc)
URL = "https://apps.example.com/MyApp.ipa"
INFO_PATH = "Payload/MyApp.app/Info.plist"
PROFILE_PATH = "Payload/MyApp.app/embedded.mobileprovision"


def read(**options: Any) -> Ipa:
    return read_ipa(io.BytesIO(make_ipa(**options)))


def refusal(data: bytes) -> Problem:
    with pytest.raises(IpaError) as caught:
        read_ipa(io.BytesIO(data))
    (problem,) = caught.value.problems
    assert problem.level == "error"
    return problem


def codes(problems: tuple[Problem, ...]) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.code, problem.level) for problem in problems]


# Reading.


def test_what_is_read() -> None:
    data = make_ipa()
    ipa = read_ipa(io.BytesIO(data))
    assert ipa.bundle_identifier == "com.example.myapp"
    assert ipa.short_version == "1.2.3"
    assert ipa.build_version == "42"
    assert ipa.display_name == "My App"
    assert ipa.platform == "iPhoneOS"
    assert ipa.minimum_os_version == "15.0"
    assert ipa.device_families == (1, 2)
    assert ipa.profile == ProvisioningProfile.from_bytes(make_profile())
    assert ipa.info == INFO
    assert ipa.app_name == "MyApp"
    assert ipa.size == len(data)
    assert "CFBundleName" not in repr(ipa)


def test_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "MyApp.ipa"
    path.write_bytes(make_ipa(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"}))
    from_path = read_ipa(path)
    assert from_path == read_ipa(os.fspath(path)) == read_ipa(io.BytesIO(path.read_bytes()))
    assert from_path.icon_png() == make_png(60)
    manifest = from_path.manifest(url=URL, checksums=[Checksum.of(path, chunk_size=100)])
    assert from_path.compare(manifest, verify_hashes=True) == ()
    path.unlink()
    with pytest.raises(FileNotFoundError):
        from_path.icon_png()
    with pytest.raises(FileNotFoundError):
        read_ipa(path)


class Upload:
    """A file with nothing but what is needed, which gives little at a time."""

    def __init__(self, data: bytes, at_a_time: int = 1000) -> None:
        self._file = io.BytesIO(data)
        self._at_a_time = at_a_time

    def read(self, size: int = -1, /) -> bytes:
        """Give less than was asked for."""
        return self._file.read(min(size, self._at_a_time))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Give the position."""
        return self._file.tell()


def test_from_a_file_with_read_seek_and_tell_alone() -> None:
    upload = Upload(make_ipa(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"}))
    upload.seek(5)
    ipa = read_ipa(upload)
    assert ipa.bundle_identifier == "com.example.myapp"
    assert ipa.icon_png() == make_png(60)
    checksum = Checksum.of(
        Upload(make_ipa(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"}))
    )
    assert ipa.compare(ipa.manifest(url=URL, checksums=[checksum]), verify_hashes=True) == ()
    # It is left where it was: frameworks save an upload from its position on.
    assert upload.tell() == 5


def test_a_given_file_is_left_open_and_needed_later() -> None:
    file = io.BytesIO(make_ipa())
    ipa = read_ipa(file)
    assert not file.closed
    manifest = ipa.manifest(url=URL, checksums=[Checksum.of(file)])
    file.close()
    assert ipa.compare(manifest) == ()
    with pytest.raises(ValueError, match="closed"):
        ipa.compare(manifest, verify_hashes=True)
    with pytest.raises(ValueError, match="closed"):
        ipa.icon_png()


def test_what_is_no_source() -> None:
    sources: list[Any] = [make_ipa(), 1, None]
    for source in sources:
        with pytest.raises(TypeError, match="a path, or a binary file"):
            read_ipa(source)
    text: Any = io.StringIO("text")
    with pytest.raises(TypeError):
        read_ipa(text)


@pytest.mark.parametrize("name", ["My App", "My.App", "A&B", "my-app", "🍎", "Größe", "Ж", ".app"])
def test_names_of_apps(name: str) -> None:
    assert read(name=name).app_name == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [("Gr\u00fc".encode(), "Gr\u00fc"), (b"Gr\x81n", "Gr\u00fcn"), (b"\xff\xfe\xfd\xfc", "\u00a0\u25a0\u00b2\u207f")],
)
def test_names_that_are_not_marked_as_utf8(raw: bytes, name: str) -> None:
    data = make_ipa(name="x" * len(raw)).replace(b"Payload/" + b"x" * len(raw), b"Payload/" + raw)
    assert read_ipa(io.BytesIO(data)).app_name == name


def test_the_apps_own_files_are_read() -> None:
    other = plistlib.dumps({"CFBundleIdentifier": "com.example.other"})
    folder = "Payload/MyApp.app"
    decoys = [
        "Info.plist",
        "Payload/Info.plist",
        f"{folder}/Base.lproj/Info.plist",
        f"{folder}/Frameworks/Other.framework/Info.plist",
        f"{folder}/PlugIns/Other.appex/Info.plist",
        f"{folder}/Watch/Other.app/Info.plist",
        f"{folder}/Watch/Payload/Other.app/Info.plist",
        f"__MACOSX/{folder}/Info.plist",
        "SwiftSupport/iphoneos/Info.plist",
        "Symbols/Payload/Other.app/Info.plist",
        f"{folder}/info.plist",
        f"../{folder}/Info.plist",
        f"/{folder}/Info.plist",
        "Payload/../Other.app/Info.plist",
        f"{folder}\\Info.plist",
    ]
    profiles = [decoy.replace("Info.plist", "embedded.mobileprovision") for decoy in decoys]
    ipa = read(files={**dict.fromkeys(decoys, other), **dict.fromkeys(profiles, b"no profile")})
    assert (ipa.bundle_identifier, ipa.app_name) == ("com.example.myapp", "MyApp")
    assert ipa.profile is not None
    assert ipa.profile.name == "My Profile"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_forms_of_archive_and_plist(compression: int, fmt: Any) -> None:
    assert read(info=plistlib.dumps(dict(INFO), fmt=fmt), compression=compression) == replace(
        read(), size=len(make_ipa(info=plistlib.dumps(dict(INFO), fmt=fmt), compression=compression))
    )


def test_every_key_but_the_identifier_may_be_missing_or_odd() -> None:
    ipa = read(info={"CFBundleIdentifier": "com.example.myapp"}, profile=None)
    odd = dict.fromkeys([*INFO, "CFBundleIcons", "CFBundleIconFiles"], 1.5)
    strange = read(info={**odd, "CFBundleIdentifier": "com.example.myapp"}, profile=None)
    for given in (ipa, strange):
        assert given.short_version is given.build_version is given.display_name is None
        assert given.platform is given.minimum_os_version is None
        assert given.profile is None
        assert given.device_families == ()
        assert given.icon_png() is None
    assert ipa.manifest(url=URL).items[0].metadata == Metadata(
        bundle_identifier="com.example.myapp", bundle_version="", title="MyApp"
    )


def test_display_name_and_platform_and_families() -> None:
    def given(**keys: Any) -> Ipa:
        info = {"CFBundleIdentifier": "com.example.myapp", **keys}
        return read(info=info)

    assert given(CFBundleName="Short").display_name == "Short"
    assert given(CFBundleName="Short", CFBundleDisplayName=" ").display_name == "Short"
    assert given(CFBundleSupportedPlatforms=["iPhoneSimulator"]).platform == "iPhoneSimulator"
    assert given(CFBundleSupportedPlatforms=["MacOSX", "iPhoneOS"]).platform == "iPhoneOS"
    assert given(CFBundleSupportedPlatforms=[], DTPlatformName="iphonesimulator").platform == "iPhoneSimulator"
    assert given(DTPlatformName="toaster").platform == "toaster"
    assert given(UIDeviceFamily=2).device_families == (2,)
    assert given(UIDeviceFamily=["1", 2, "iPad", 2.5, True]).device_families == (1, 2)


@pytest.mark.parametrize("identifier", [None, "", 1])
def test_no_bundle_identifier(identifier: Any) -> None:
    info = {**INFO, "CFBundleIdentifier": identifier} if identifier is not None else {"CFBundleName": "MyApp"}
    problem = refusal(make_ipa(info=info))
    expected = "wrong-type" if identifier else "missing"
    assert (problem.path, problem.code) == (f"{INFO_PATH} CFBundleIdentifier", expected)


def test_no_app_or_no_plist() -> None:
    problem = refusal(make_ipa(name="x").replace(b"Payload/", b"payload/"))
    assert (problem.path, problem.code) == ("", "no-app")
    assert "it has 'payload'" in problem.message
    problem = refusal(make_zip({}))
    assert (problem.code, "it has nothing" in problem.message) == ("no-app", True)
    problem = refusal(make_zip({f"folder{number}/": b"" for number in range(100)}))
    assert "'folder0', 'folder1', 'folder10'," in problem.message
    assert problem.message.endswith("'folder17' and 90 more.")
    problem = refusal(make_zip({"Payload/MyApp.app/MyApp": b""}))
    assert (problem.path, problem.code) == (INFO_PATH, "missing")


def test_several_apps() -> None:
    problem = refusal(make_ipa(files={"Payload/Other.app/Info.plist": b""}))
    assert (problem.path, problem.code) == ("Payload", "several-apps")
    assert "2 apps, 'Payload/MyApp.app', 'Payload/Other.app'" in problem.message


def test_info_plist_that_is_none() -> None:
    for content, code in ((b"<html>", "malformed-plist"), (plistlib.dumps(["CFBundleIdentifier"]), "wrong-type")):
        problem = refusal(make_ipa(info=content))
        assert (problem.path, problem.code) == (INFO_PATH, code)


def test_profile_that_is_none() -> None:
    problem = refusal(make_ipa(profile=b"profile"))
    assert (problem.path, problem.code) == (PROFILE_PATH, "not-a-profile")


# The archive.


def make_zip(contents: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, data in contents.items():
            archive.writestr(path, data)
    return file.getvalue()


def patched(data: bytes, path: str, offset: int, value: bytes) -> bytes:
    """Overwrite a part of the directory's record of a file."""
    at = data.rindex(path.encode()) - 46 + offset
    return data[:at] + value + data[at + len(value) :]


def test_something_before_and_after_the_archive() -> None:
    data = make_ipa()
    assert read_ipa(io.BytesIO(b"#!/bin/sh\n" * 100 + data)).bundle_identifier == "com.example.myapp"
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"comment" * 9000
    assert read_ipa(file).bundle_identifier == "com.example.myapp"


def test_an_archive_that_was_written_to_a_stream() -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(INFO_PATH, plistlib.dumps(dict(INFO)))
    # Its sizes are in the directory alone.
    assert stream.getvalue()[6:26] == b"\x08\0\x08\0" + stream.getvalue()[10:14] + bytes(12)
    assert read_ipa(io.BytesIO(stream.getvalue())).info == INFO


def zip64(data: bytes, path: str = "", *, behind: int = 0) -> bytes:
    """Give an archive the end record of large archives, and one file a record with 8-byte numbers.

    The directory and that file are where they are when there is a gap of `behind` bytes before the archive.
    """
    count, length, start = struct.unpack("<HLL", data[-12:-2])
    directory = data[start : start + length]
    if path:
        at = directory.rindex(path.encode()) - 46
        packed, size, name_length = struct.unpack_from("<LLH", directory, at + 20)
        (offset,) = struct.unpack_from("<L", directory, at + 42)
        extra = struct.pack("<HHBHHQQQ", 0x5455, 1, 0, 1, 24, size, packed, offset + behind)
        record = bytearray(directory[at : at + 46 + name_length])
        struct.pack_into("<LLHH", record, 20, 0xFFFFFFFF, 0xFFFFFFFF, name_length, len(extra))
        struct.pack_into("<L", record, 42, 0xFFFFFFFF)
        directory = directory[:at] + bytes(record) + extra + directory[at + 46 + name_length :]
    end64 = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start + behind)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + behind + len(directory), 1)
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:start] + directory + end64 + locator + end


def test_zip64() -> None:
    for path in ("", INFO_PATH):
        data = zip64(make_ipa(), path)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
        assert read_ipa(io.BytesIO(data)).bundle_identifier == "com.example.myapp"
    assert refusal(make_ipa()[:-22] + zip64(make_ipa())[-22:]).code == "too-large"
    # A file that says its numbers are elsewhere, and has none, or not all, there.
    data = patched(make_ipa(), INFO_PATH, 24, b"\xff\xff\xff\xff")
    assert (refusal(data).path, refusal(data).code) == (INFO_PATH, "too-large")
    assert (
        refusal(zip64(make_ipa(), INFO_PATH).replace(struct.pack("<HH", 1, 24), struct.pack("<HH", 1, 16))).code
        == "damaged-archive"
    )


class Behind(io.BytesIO):
    """A file with a gap before its content."""

    gap = 8 << 30
    _zeros = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a position, in the gap or behind it."""
        if whence == os.SEEK_END:
            return super().seek(offset, whence) + self.gap
        # Reading starts where the content does, or before it in the gap.
        self._zeros = max(self.gap - offset, 0)
        return super().seek(max(offset - self.gap, 0)) + self.gap

    def read(self, size: int | None = -1, /) -> bytes:
        """Give what is left of the gap, as zeros, and of the content."""
        assert size is not None
        zeros = bytes(min(self._zeros, size))
        self._zeros = 0
        return zeros + super().read(size - len(zeros))

    def tell(self) -> int:
        """Give the position, at the end of the file alone."""
        return super().tell() + self.gap


def test_an_archive_of_eight_gibibytes() -> None:
    data = zip64(make_ipa(profile=None), INFO_PATH, behind=Behind.gap)
    ipa = read_ipa(Behind(data))
    assert (ipa.bundle_identifier, ipa.size) == ("com.example.myapp", Behind.gap + len(data))


def test_what_is_no_archive() -> None:
    assert "0 bytes start with b''" in refusal(b"").message
    assert refusal(b"<!DOCTYPE html><html></html>").code == "not-an-archive"
    assert "b'<!DOCTYPE html><'" in refusal(b"<!DOCTYPE html><html></html>").message
    assert refusal(make_ipa()[:-30]).code == "damaged-archive"
    assert "cut off" in refusal(make_ipa()[:-30]).message
    assert "does not fit" in refusal(make_ipa()[200:]).message


def test_too_many_files_are_refused_before_they_are_read() -> None:
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 1, 1, 33 << 20, 0, 0)
    assert refusal(end).code == "too-large"
    end64 = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 200_001, 200_001, 0, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    assert refusal(end64 + locator + end).code == "too-large"
    # More than announced.
    directory = (b"PK\1\2" + bytes(42)) * 200_001
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 1, 1, len(directory), 0, 0)
    assert refusal(directory + end).code == "too-large"


def test_damaged_directories() -> None:
    data = make_ipa()
    assert r"has b'PK\x01\x03' for a file at byte 0" in refusal(data.replace(b"PK\1\2", b"PK\1\3", 1)).message
    last = data.rindex(b"PK\1\2") - data.index(b"PK\1\2")
    assert f"for a file at byte {last} of" in refusal(patched(data, PROFILE_PATH, 3, b"\3")).message
    assert f"breaks off at byte {last + 47} of" in refusal(patched(data, PROFILE_PATH, 28, b"\1")).message
    length = len(data) - 22 - data.index(b"PK\1\2")
    assert f"breaks off at byte {length + 1} of {length}" in refusal(patched(data, PROFILE_PATH, 32, b"\1")).message


@pytest.mark.parametrize("path", [INFO_PATH, PROFILE_PATH])
@pytest.mark.parametrize(
    ("offset", "value", "code", "reason"),
    [
        (8, b"\1\0", "encrypted-entry", "encrypted"),
        (10, b"\x0e\0", "unknown-compression", "method 14"),
        (10, b"\0\0", "damaged-archive", "instead of|BadZipFile"),
        (16, b"\0\0\0\0", "damaged-archive", "CRC"),
        (20, b"\1\0\0\0", "damaged-archive", "cannot be unpacked|instead of"),
        (20, b"\xff\xff\0\0", "damaged-archive", "overlaps"),
        (20, b"\xff\xff\xff\0", "too-large", "16777215"),
        (24, b"\xff\xff\xff\0", "too-large", "16777215"),
        (24, b"\xff\xff\0\0", "damaged-archive", "instead of the 65535"),
        (24, b"\1\0\0\0", "damaged-archive", "CRC"),
        (42, b"\1\0\0\0", "damaged-archive", "no header"),
        (42, b"\xff\xff\xff\x7f", "damaged-archive", "no header"),
        (42, b"\0\0\0\0", "damaged-archive", "no header"),
    ],
)
def test_damaged_entries(path: str, offset: int, value: bytes, code: str, reason: str) -> None:
    problem = refusal(patched(make_ipa(), path, offset, value))
    assert (problem.path, problem.code) == (path, code)
    assert any(part in problem.message for part in reason.split("|"))


def test_entries_with_the_header_of_another() -> None:
    data = make_ipa()
    at = data.index(INFO_PATH.encode())
    assert "another name" in refusal(data[:at] + b"Q" + data[at + 1 :]).message
    data = make_ipa(files={"Payload/MyApp.app/Info.pl!st": b""})
    info_at = data.index(INFO_PATH.encode()) - 30
    shared = patched(data, "Payload/MyApp.app/Info.pl!st", 42, struct.pack("<L", info_at))
    assert (refusal(shared).path, refusal(shared).code) == (INFO_PATH, "damaged-archive")
    inside = patched(data, "Payload/MyApp.app/Info.pl!st", 42, struct.pack("<L", info_at + 100))
    assert "overlaps" in refusal(inside).message


def test_two_files_of_one_name() -> None:
    for path in (INFO_PATH, PROFILE_PATH):
        twin = path[:-1] + "!"
        problem = refusal(make_ipa(files={twin: b"other"}).replace(twin.encode(), path.encode()))
        assert (problem.path, problem.code) == (path, "duplicate-entry")


def test_a_file_that_becomes_shorter() -> None:
    data = make_ipa()

    class Shrinking(io.BytesIO):
        def tell(self) -> int:
            return len(data)

    with pytest.raises(IpaError, match=f"ends at {len(data) - 10}, 10 bytes too early"):
        read_ipa(Shrinking(data[:-10]))


def test_bombs_cost_little() -> None:
    zeros = make_ipa(info=bytes(20 << 20), profile=None)
    packed = zlib.compressobj(9, wbits=-15)
    # A real bomb lies about what it becomes.
    bomb = packed.compress(bytes(20 << 20)) + packed.flush()
    lying = make_zip({INFO_PATH: bomb})
    lying = patched(patched(lying, INFO_PATH, 10, b"\x08"), INFO_PATH, 24, struct.pack("<L", 1000))
    large = make_ipa(profile=bytes(32 << 20))
    many = make_ipa(files={f"Payload/MyApp.app/{number}": b"" for number in range(5_000)})
    expected = ["too-large", "damaged-archive", "too-large"]
    tracemalloc.start()
    try:
        assert [refusal(data).code for data in (zeros, lying, large)] == expected
        assert read_ipa(io.BytesIO(many)).bundle_identifier == "com.example.myapp"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_every_prefix_of_an_ipa_is_refused() -> None:
    data = make_ipa(icons={"Icon@2x.png": make_png(8)}, info={**INFO, "CFBundleIconFiles": ["Icon"]})
    for length in range(len(data)):
        assert refusal(data[:length]).code in {"not-an-archive", "damaged-archive"}


def test_no_damage_brings_another_error() -> None:
    source = random.Random(20240102)
    originals = [
        make_ipa(icons={"Icon@2x.png": make_png(8, cgbi=True)}, info={**INFO, "CFBundleIconFiles": ["Icon"]}),
        zip64(make_ipa(compression=zipfile.ZIP_STORED), INFO_PATH),
    ]
    read_well = 0
    for _ in range(10_000):
        damaged = bytearray(source.choice(originals))
        for _ in range(source.randint(1, 4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        with suppress(IpaError):
            ipa = read_ipa(io.BytesIO(damaged))
            ipa.icon_png()
            read_well += 1
            assert ipa.bundle_identifier
            ipa.problems(udid=DEVICES[0], now=NOW)
            ipa.compare(ipa.manifest(url=URL))
    assert 0 < read_well < 10_000


# Icons.


def icons(keys: Mapping[str, Any], *names: str) -> list[int]:
    """Which icon is given for the sizes 1, 100 and 1000, by its width; each is 10 pixels wider than the one before."""
    pictures = {name: make_png(50 + 10 * number) for number, name in enumerate(names)}
    ipa = read(info={**INFO, **keys}, icons=pictures)
    found = [ipa.icon_png(size) for size in (1, 100, 1000)]
    return [read_header(png).width for png in found if png]


def bundle_icons(*stems: Any) -> dict[str, Any]:
    return {"CFBundlePrimaryIcon": {"CFBundleIconFiles": [*stems]}}


def test_the_nearest_icon_at_or_above_the_size_is_given() -> None:
    names = [f"AppIcon60x60@{number}.png" for number in range(7)]
    keys = {"CFBundleIcons": bundle_icons(*names)}
    assert icons(keys, *names) == [50, 100, 110]
    assert icons(keys, *names[::-1]) == [50, 100, 110]
    assert icons(keys, *names[:2]) == [50, 60, 60]
    assert read(
        icons={"a.png": make_png(179), "b.png": make_png(181)}, info={**INFO, "CFBundleIconFiles": ["a", "b"]}
    ).icon_png() == make_png(181)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"CFBundleIcons": bundle_icons("AppIcon60x60")}, "AppIcon60x60@2x.png"),
        ({"CFBundleIcons": bundle_icons("AppIcon60x60@3x")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": bundle_icons(1, "AppIcon60x60@3x.png")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": bundle_icons("AppIcon60x60")}, "AppIcon60x60~iphone.png"),
        ({"CFBundleIcons~ipad": bundle_icons("AppIcon76x76")}, "AppIcon76x76@2x~ipad.png"),
        ({"CFBundleIcons": {"CFBundlePrimaryIcon": "App"}, "CFBundleIconFiles": ["Icon"]}, "Icon@2x.png"),
        ({"CFBundleIconFiles~ipad": ["Icon"]}, "Icon~ipad.png"),
        ({"CFBundleIconFiles": "Icon.png"}, "Icon.png"),
        ({"CFBundleIconFile": "Größe"}, "Größe.png"),
    ],
)
def test_names_of_icons(keys: Mapping[str, Any], name: str) -> None:
    assert icons(keys, name) == [50, 50, 50]


def test_what_is_no_icon() -> None:
    keys = {"CFBundleIcons": bundle_icons("AppIcon")}
    assert icons({}, "AppIcon.png") == []
    assert icons(keys, "AppIcon60x60.png", "AppIcon.jpg", "Assets.car", "Resources/AppIcon.png") == []
    assert icons({"CFBundleIcons": {"CFBundlePrimaryIcon": "AppIcon"}}, "AppIcon.png") == []
    assert icons({"CFBundleIconFile": ""}, ".png") == []


def test_icons_are_plain_png() -> None:
    ipa = read(icons={"Icon.png": make_png(60, cgbi=True)}, info={**INFO, "CFBundleIconFile": "Icon"})
    png = ipa.icon_png()
    assert png is not None
    assert read_header(png).cgbi is False


def test_damaged_icons() -> None:
    info = {**INFO, "CFBundleIconFiles": ["a", "b"]}
    # One that cannot be read does not hide the others.
    assert read(icons={"a.png": b"JFIF", "b.png": make_png(9)}, info=info).icon_png() == make_png(9)
    assert read(icons={"a.png": b"JFIF"}, info=info).icon_png() is None
    cut = make_png(9, cgbi=True)
    with pytest.raises(IpaError) as caught:
        read(icons={"a.png": cut[:60] + b"damage" + cut[66:]}, info=info).icon_png()
    assert caught.value.problems[0].path == "Payload/MyApp.app/a.png"


# Can it install?


def test_an_enterprise_app_installs_everywhere() -> None:
    assert read().problems(udid="00008020-000D68E42203002F", now=NOW) == ()
    assert read().problems(udid="any") == ()


def test_profile_kinds() -> None:
    ipa = read(profile=make_profile("ad-hoc"))
    assert ipa.problems(now=NOW) == ipa.problems(udid=DEVICES[0].lower(), now=NOW) == ()
    path = f"{PROFILE_PATH} ProvisionedDevices"
    assert codes(ipa.problems(udid="00008020-000D68E42203002F", now=NOW)) == [(path, "device-not-in-profile", "error")]
    assert codes(ipa.problems(udid="C39XXXXXKPF4", now=NOW)) == [(path, "not-a-udid", "error")]
    development = read(profile=make_profile("development"))
    assert codes(development.problems(udid=DEVICES[1], now=NOW)) == [(PROFILE_PATH, "development-profile", "warning")]
    app_store = read(profile=make_profile("app-store"))
    assert codes(app_store.problems(udid=DEVICES[1], now=NOW)) == [(PROFILE_PATH, "app-store-profile", "error")]
    assert codes(read(profile=None).problems(udid=DEVICES[1])) == [(PROFILE_PATH, "no-profile", "error")]


def test_expiry() -> None:
    expires = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)
    ipa = read(profile=make_profile(expires=expires.replace(tzinfo=None)))
    path = f"{PROFILE_PATH} ExpirationDate"
    assert codes(ipa.problems(now=expires)) == [(path, "profile-expired", "error")]
    assert "expired on 2024-06-01 at 12:00 UTC" in ipa.problems()[0].message
    soon = (path, "profile-expires-soon", "warning")
    assert codes(ipa.problems(now=expires - timedelta(seconds=1))) == [soon]
    assert codes(ipa.problems(now=expires - timedelta(days=14))) == [soon]
    assert ipa.problems(now=expires - timedelta(days=14, seconds=1)) == ()
    assert ipa.problems(now=datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=9)))) == ()
    with pytest.raises(TypeError, match="aware"):
        ipa.problems(now=datetime(2024, 6, 1))  # noqa: DTZ001 -- it is what is refused
    assert read(profile=make_profile(ExpirationDate=None)).problems(now=NOW) == ()


def test_builds_that_never_install() -> None:
    for platform in ("iPhoneSimulator", "MacOSX", "AppleTVOS"):
        ipa = read(info={**INFO, "CFBundleSupportedPlatforms": [platform]})
        (problem,) = ipa.problems(now=NOW)
        assert codes((problem,)) == [(f"{INFO_PATH} CFBundleSupportedPlatforms", "wrong-platform", "error")]
        assert repr(platform) in problem.message
    for families, problems in (([3], 1), ([7, 2], 0), ([], 0), ([1], 0)):
        found = codes(read(info={**INFO, "UIDeviceFamily": families}).problems(now=NOW))
        assert found == [(f"{INFO_PATH} UIDeviceFamily", "wrong-device-family", "error")] * problems
    for file in ("SC_Info/", "SC_Info/MyApp.sinf"):
        ipa = read(files={f"Payload/MyApp.app/{file}": b""}, profile=None)
        assert codes(ipa.problems()) == [
            ("Payload/MyApp.app/SC_Info", "fairplay", "error"),
            (PROFILE_PATH, "no-profile", "error"),
        ]
    assert read(files={"Payload/MyApp.app/PlugIns/X.appex/SC_Info/X.sinf": b""}).problems(now=NOW) == ()


def test_a_profile_for_another_app() -> None:
    ipa = read(profile=make_profile(application_identifier="A1B2C3D4E5.com.example.other"))
    (problem,) = ipa.problems(now=NOW)
    assert codes((problem,)) == [(f"{PROFILE_PATH} Entitlements.application-identifier", "profile-mismatch", "error")]
    assert "'A1B2C3D4E5.com.example.other'" in problem.message
    assert read(profile=make_profile(application_identifier="A1B2C3D4E5.com.example.*")).problems(now=NOW) == ()
    assert read(profile=make_profile(Entitlements=None)).problems(now=NOW) == ()


# Manifests.


def test_manifest() -> None:
    manifest = read().manifest(url=URL)
    assert manifest == Manifest.for_app(
        url=URL,
        bundle_identifier="com.example.myapp",
        bundle_version="1.2.3",
        title="My App",
        platform_identifier="com.apple.platform.iphoneos",
    )
    assert manifest.problems() == ()
    assert (
        read(info={**INFO, "CFBundleShortVersionString": ""}).manifest(url=URL).items[0].metadata.bundle_version == "42"
    )
    other = read(info={**INFO, "CFBundleSupportedPlatforms": ["AppleTVOS"]}).manifest(url=URL)
    assert other.items[0].metadata.platform_identifier is None


def test_manifest_with_arguments() -> None:
    checksum = Checksum.of(io.BytesIO(make_ipa()))
    options: dict[str, Any] = {
        "url": URL,
        "bundle_version": "2",
        "title": "Title",
        "subtitle": "Example Ltd",
        "display_image_url": "https://apps.example.com/57.png",
        "full_size_image_url": "https://apps.example.com/512.png",
        "checksums": [checksum],
    }
    assert read().manifest(**options) == Manifest.for_app(
        bundle_identifier="com.example.myapp", platform_identifier="com.apple.platform.iphoneos", **options
    )


def compared(ipa: Ipa, *, verify_hashes: bool = False, **options: Any) -> list[tuple[str, str, str]]:
    given: dict[str, Any] = {
        "url": URL,
        "bundle_identifier": "com.example.myapp",
        "bundle_version": "42",
        "title": "My App",
        **options,
    }
    return codes(ipa.compare(Manifest.for_app(**given), verify_hashes=verify_hashes))


def test_compare() -> None:
    ipa = read()
    matching: list[dict[str, Any]] = [
        {},
        {"bundle_version": "1.2.3"},
        {"bundle_version": "42"},
        {"title": "MyApp"},
        {"platform_identifier": "com.apple.platform.iphoneos"},
        {"bundle_version": "", "title": "", "platform_identifier": ""},
    ]
    for options in matching:
        assert compared(ipa, **options) == []
    path = "items[0].metadata."
    assert compared(ipa, bundle_identifier="com.example.other") == [
        (f"{path}bundle-identifier", "bundle-identifier-mismatch", "error")
    ]
    assert compared(ipa, bundle_version="1.2") == [(f"{path}bundle-version", "version-mismatch", "warning")]
    assert compared(ipa, title="Other") == [(f"{path}title", "title-mismatch", "warning")]
    assert compared(ipa, platform_identifier="com.apple.platform.watchos") == [
        (f"{path}platform-identifier", "platform-mismatch", "warning")
    ]
    (problem,) = ipa.compare(
        Manifest.for_app(url=URL, bundle_identifier="com.example.myapp", bundle_version="42", title="Other")
    )
    assert "says 'Other', the app 'My App', 'MyApp':" in problem.message


def test_compare_with_an_app_that_says_little() -> None:
    ipa = read(info={"CFBundleIdentifier": "com.example.myapp"})
    assert compared(ipa, bundle_version="1", title="MyApp", platform_identifier="com.apple.platform.watchos") == []


def test_compare_with_several_items() -> None:
    others = [
        Item.for_app(url=URL, bundle_identifier=f"com.example.app{number}", bundle_version="1", title="x")
        for number in range(20)
    ]
    mine = Item.for_app(url=URL, bundle_identifier="com.example.myapp", bundle_version="42", title="Other")
    ipa = read()
    assert codes(ipa.compare(Manifest(items=(*others, mine)))) == [
        ("items[20].metadata.title", "title-mismatch", "warning")
    ]
    (problem,) = ipa.compare(Manifest(items=tuple(others)))
    assert codes((problem,)) == [("items", "bundle-identifier-mismatch", "error")]
    assert "'com.example.app9' and 10 more:" in problem.message
    assert codes(ipa.compare(Manifest(items=()))) == [("items", "bundle-identifier-mismatch", "error")]
    no_package = replace(
        mine, assets=(Asset(kind="display-image", url=URL),), metadata=replace(mine.metadata, title="MyApp")
    )
    assert ipa.compare(Manifest(items=(no_package,)), verify_hashes=True) == ()


def test_compare_hashes() -> None:
    data = make_ipa()
    ipa = read()

    def verified(*checksums: Checksum) -> list[tuple[str, str, str]]:
        return compared(ipa, checksums=checksums, verify_hashes=True)

    def of(**options: Any) -> Checksum:
        return Checksum.of(io.BytesIO(data), **options)

    path = "items[0].assets[0]."
    bad = Checksum("sha256", ("0" * 64,))
    bad_md5 = Checksum("md5", ("0" * 32,))
    assert verified() == []
    for chunk_size in (None, 100, len(data), len(data) + 1, 10 << 20):
        for algorithm in ("md5", "sha256"):
            assert verified(of(algorithm=algorithm, chunk_size=chunk_size)) == []
    assert verified(bad) == [(f"{path}sha256", "hash-mismatch", "error")]
    assert compared(ipa, checksums=[bad]) == []
    # The device looks at SHA-256 alone where both are there, and at the whole file's hash before the chunks'.
    assert verified(bad_md5, of(chunk_size=100)) == []
    assert verified(of(algorithm="md5"), bad) == [(f"{path}sha256", "hash-mismatch", "error")]
    assert verified(of(chunk_size=100), bad) == [(f"{path}sha256", "hash-mismatch", "error")]
    assert verified(of(algorithm="md5", chunk_size=100), bad_md5) == [(f"{path}md5", "hash-mismatch", "error")]


def test_compare_chunks() -> None:
    data = make_ipa()
    ipa = read()
    path = "items[0].assets[0]."
    checksum = Checksum.of(io.BytesIO(data), algorithm="md5", chunk_size=100)
    for wrong in (checksum.digests[:-1], checksum.digests + checksum.digests[:1]):
        for verify_hashes in (False, True):
            found = compared(ipa, checksums=[replace(checksum, digests=wrong)], verify_hashes=verify_hashes)
            assert found == [(f"{path}md5s", "hash-count-mismatch", "error")]
    digests = list(checksum.digests)
    digests[1] = digests[3] = "0" * 32
    manifest = ipa.manifest(url=URL, checksums=[replace(checksum, digests=tuple(digests))])
    (problem,) = ipa.compare(manifest, verify_hashes=True)
    assert codes((problem,)) == [(f"{path}md5s", "hash-mismatch", "error")]
    assert "in the chunks 1, 3:" in problem.message
    # One hash is the whole file's for a device, whatever the size beside it.
    whole = replace(Checksum.of(io.BytesIO(data), chunk_size=None), chunk_size=100)
    size_problem = (f"{path}sha256-size", "chunk-size-mismatch", "warning")
    assert compared(ipa, checksums=[whole], verify_hashes=True) == [size_problem]
    first = replace(whole, digests=Checksum.of(io.BytesIO(data), chunk_size=100).digests[:1])
    assert compared(ipa, checksums=[first], verify_hashes=True) == [
        size_problem,
        (f"{path}sha256s", "hash-mismatch", "error"),
    ]


# Real files.


def test_real_files(corpus: Path) -> None:
    ipa = read_ipa(corpus / "ipas" / "embedded.ipa")
    assert (ipa.bundle_identifier, ipa.short_version, ipa.build_version) == ("com.icyleaf.test.Demo", "1.0", "1")
    assert (ipa.display_name, ipa.app_name, ipa.platform) == ("Demo", "Demo", "iPhoneOS")
    assert (ipa.minimum_os_version, ipa.device_families, ipa.size) == ("14.3", (1, 2), 42894)
    assert ipa.profile is not None
    assert (ipa.profile.kind, ipa.profile.devices) == ("enterprise", ())
    assert ipa.profile.created == datetime(2021, 1, 15, 6, 40, 53, tzinfo=timezone.utc)
    assert ipa.profile.expires == datetime(2022, 1, 15, 6, 40, 53, tzinfo=timezone.utc)
    assert ipa.icon_png() is None
    path = "Payload/Demo.app/embedded.mobileprovision"
    assert codes(ipa.problems()) == [(f"{path} ExpirationDate", "profile-expired", "error")]
    assert ipa.problems(now=datetime(2021, 6, 1, tzinfo=timezone.utc)) == ()
    assert ipa.manifest(url=URL).problems() == ()


def test_a_real_ipad_app(corpus: Path) -> None:
    ipa = read_ipa(corpus / "ipas" / "ipad.ipa")
    assert (ipa.bundle_identifier, ipa.display_name, ipa.app_name) == ("com.icyleaf.bundle", "bundle", "bundle")
    assert (ipa.minimum_os_version, ipa.device_families) == ("9.3", (2,))
    assert ipa.profile is not None
    assert (ipa.profile.kind, ipa.profile.name, ipa.profile.team_name) == ("app-store", "XC: *", "QYER Inc")
    assert ipa.profile.expires == datetime(2017, 4, 12, 9, 37, 18, tzinfo=timezone.utc)
    widths = [read_header(png).width for size in (1, 60, 76, 77, 152, 180) if (png := ipa.icon_png(size))]
    assert widths == [29, 76, 76, 80, 152, 167]
    path = "Payload/bundle.app/embedded.mobileprovision"
    found = codes(ipa.problems(now=datetime(2016, 6, 1, tzinfo=timezone.utc)))
    assert found == [(path, "app-store-profile", "error")]


@pytest.mark.parametrize("arguments", [{"now": 3}, {"now": NOW.replace(tzinfo=None)}, {"udid": 3}])
def test_problems_refuse_arguments_of_the_wrong_type(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(arguments))):
        read(profile=make_profile("ad-hoc")).problems(**arguments)


def test_a_profile_without_devices_or_for_another_platform_is_told() -> None:
    nobody = read(profile=make_profile("ad-hoc", ProvisionedDevices=[]))
    assert codes(nobody.problems(now=NOW, udid=DEVICES[0])) == [
        (f"{PROFILE_PATH} ProvisionedDevices", "device-not-in-profile", "error")
    ]
    television = read(profile=make_profile("enterprise", Platform=["tvOS"]))
    assert codes(television.problems(now=NOW)) == [(f"{PROFILE_PATH} Platform", "profile-mismatch", "warning")]


def test_a_path_that_can_be_none_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        read_ipa("a\0b")
    with pytest.raises(FileNotFoundError):
        Checksum.of("a\0b")


def test_compare_takes_a_manifest() -> None:
    with pytest.raises(TypeError, match="must be a Manifest"):
        read().compare(None)  # type: ignore[arg-type]
