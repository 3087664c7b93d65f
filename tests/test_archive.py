"""Zip archives: what is read of them, and the damage that is refused."""

from __future__ import annotations

import io
import os
import plistlib
import random
import re
import struct
import threading
import tracemalloc
import zipfile
import zlib
from contextlib import suppress

import pytest
from _make_ipa import DEVICES, INFO, make_ipa, make_png
from _read_ipa import INFO_PATH, NOW, PROFILE_PATH, URL, make_zip, refusal

from itms_ota._archive import Archive, blocks, composed, content
from itms_ota.errors import IpaError
from itms_ota.ipa import read_ipa


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
    assert "The file is empty. Copy it again" in refusal(b"").message
    assert refusal(b"<!DOCTYPE html><html></html>").code == "not-an-archive"
    assert "this file of 28 bytes is a web page (HTML)." in refusal(b"<!DOCTYPE html><html></html>").message
    assert "this file of 1 byte is text that begins with 'x'." in refusal(b"x").message
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
    assert r"has b'PK\x01\x03' instead of a record at byte 0" in refusal(data.replace(b"PK\1\2", b"PK\1\3", 1)).message
    last = data.rindex(b"PK\1\2") - data.index(b"PK\1\2")
    assert f"instead of a record at byte {last} of" in refusal(patched(data, PROFILE_PATH, 3, b"\3")).message
    assert (
        f"in the middle of a record, at byte {last + 47} of" in refusal(patched(data, PROFILE_PATH, 28, b"\1")).message
    )
    length = len(data) - 22 - data.index(b"PK\1\2")
    assert (
        f"in the middle of a record, at byte {length + 1} of {length}"
        in refusal(patched(data, PROFILE_PATH, 32, b"\1")).message
    )


@pytest.mark.parametrize("path", [INFO_PATH, PROFILE_PATH])
@pytest.mark.parametrize(
    ("offset", "value", "code", "reason"),
    [
        (8, b"\1\0", "encrypted-entry", "encrypted"),
        (10, b"\x0e\0", "unknown-compression", "method 14"),
        (10, b"\0\0", "damaged-archive", "instead of the|checksum (CRC-32)."),
        (16, b"\0\0\0\0", "damaged-archive", "CRC"),
        (20, b"\1\0\0\0", "damaged-archive", "it cannot be unpacked.|checksum (CRC-32)."),
        (20, b"\xff\xff\0\0", "damaged-archive", "overlaps"),
        (20, b"\xff\xff\xff\0", "too-large", "16777215"),
        (24, b"\xff\xff\xff\0", "too-large", "16777215"),
        (24, b"\xff\xff\0\0", "damaged-archive", "instead of the 65535"),
        (24, b"\1\0\0\0", "damaged-archive", "more bytes than the 1 declared"),
        (42, b"\1\0\0\0", "damaged-archive", "no header"),
        (42, b"\xff\xff\xff\x7f", "damaged-archive", "no header"),
        (42, b"\0\0\0\0", "damaged-archive", "no header"),
    ],
)
def test_damaged_entries(path: str, offset: int, value: bytes, code: str, reason: str) -> None:
    problem = refusal(patched(make_ipa(), path, offset, value))
    assert (problem.path, problem.code) == (path, code)
    assert any(part in problem.message for part in reason.split("|"))
    assert not re.search("BadZipFile|NoName|zlib|Error", problem.message)


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


# A file of any size, block by block.


def unpack(data: bytes, name: bytes) -> bytes:
    """Unpack a file as a stream."""
    file = io.BytesIO(data)
    entry = Archive.read(file).entries({name})[name]
    return b"".join(blocks(file, entry, threading.Lock()))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("size", [0, 1, 262_143, 262_144, 262_145, 3_000_000])
@pytest.mark.parametrize("step", [1, 255])
def test_a_file_is_unpacked_as_a_stream(compression: int, size: int, step: int) -> None:
    content = (bytes(range(0, 256, step)) * (size // 2 + 1))[:size]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("a", content)
    assert unpack(file.getvalue(), b"a") == content


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_is_found_in_a_stream(compression: int) -> None:
    file = io.BytesIO()
    content = random.Random(5).randbytes(1000)
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("a", content)
    data = file.getvalue()
    for wrong in (
        data.replace(content[:100], content[1:101]),
        data[:31] + b"\xff" * 40 + data[71:],
        patched(data, "a", 24, struct.pack("<L", 999)),
        patched(data, "a", 24, struct.pack("<L", 1001)),
        patched(data, "a", 16, bytes(4)),
    ):
        if wrong != data:
            with pytest.raises(IpaError) as caught:
                unpack(wrong, b"a")
            assert [problem.code for problem in caught.value.problems] == ["damaged-archive"]


def test_the_first_bytes_of_a_file() -> None:
    file = io.BytesIO()
    packed = zlib.compressobj(9, wbits=-15)
    # Blocks of nothing (RFC 1951, 3.2.4).
    late = b"\0\0\0\xff\xff" * 1000 + packed.compress(b"late") + packed.flush()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("stored", b"hello")
        archive.writestr("packed", b"hello", zipfile.ZIP_DEFLATED)
        archive.writestr("late", late)
    archive_with_late = io.BytesIO(patched(file.getvalue(), "late", 10, b"\x08"))
    found = Archive.read(archive_with_late).entries({b"stored", b"packed", b"late"})
    for name, whole in ((b"stored", b"hello"), (b"packed", b"hello"), (b"late", b"late")):
        for wanted in (1, 4, 9):
            assert content(archive_with_late, found[name], largest=10_000, wanted=wanted) == whole[:wanted]


def test_a_file_of_more_than_is_declared_is_damaged_though_its_beginning_has_the_checksum() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"hello" * 2)
    data = patched(file.getvalue(), "a", 16, struct.pack("<LLL", zlib.crc32(b"hello"), 4, 5))
    packed_size = struct.pack("<L", Archive.read(file).entries({b"a"})[b"a"].packed)
    longer = io.BytesIO(patched(data, "a", 20, packed_size))
    with pytest.raises(IpaError, match="it has more bytes than the 5 declared"):
        content(longer, Archive.read(longer).entries({b"a"})[b"a"], largest=1000)


def test_what_a_folder_contains_with_the_modes_that_the_archive_says() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, mode, host in (
            ("a/b", 0o100755, 3),
            ("a/c/d", 0, 3),
            ("a/e", 0o644, 0),
            ("a/g", 0o100755, 0),
            ("ab", 0o644, 3),
            ("a/f/", 0, 3),
        ):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = host, mode << 16
            archive.writestr(info, b"")
            info.external_attr = mode << 16  # some versions of Python set one that is missing
    found = [(entry.name, entry.mode) for entry in Archive.read(file).below(b"a")]
    assert found == [(b"a/b", 0o100755), (b"a/c/d", None), (b"a/e", None), (b"a/g", 0o100755)]


def test_names_are_composed_but_for_those_that_no_device_stores() -> None:
    assert composed("Cafe\u0301/") == "Caf\u00e9/"
    assert composed("e\u0301" * 512) == "\u00e9" * 512
    assert composed("e\u0301" * 513) == "e\u0301" * 513
