"""What stands around the files of an archive, which devices go by, and zipfile hardly."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from _signing import APP, found, inspected, make_files, zip_files

from itms_ota._archive import Archive, Header
from itms_ota.signature import _framing
from itms_ota.signature._framing import framing_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = make_files(parts=())
CONFIG, PKG_INFO = f"{APP}config.json", f"{APP}PkgInfo"
DIFFERS, BEHIND = "checksum in the header", "are not there"


def header_at(data: bytes, name: str) -> int:
    return data.index(name.encode()) - 30


def patched(data: bytes, name: str, offset: int, value: bytes) -> bytes:
    """Overwrite a part of the header before a file."""
    at = header_at(data, name) + offset
    return data[:at] + value + data[at + len(value) :]


def framing(data: bytes) -> list[tuple[str, str, str]]:
    file = io.BytesIO(data)
    return [(each.path, each.code, each.level) for each in framing_problems(file, Archive.read(file))]


def streamed(contents: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Zip files as into a pipe: their sizes stand behind them."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes, /) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", compression) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return bytes(pipe.data)


@pytest.mark.parametrize(
    ("offset", "value", "expected", "text"),
    [
        (6, b"\1\0", ("encrypted-entry", "error"), "password"),
        (6, b"\x40\0", ("encrypted-entry", "error"), "password"),
        (6, b"\0\x20", ("encrypted-entry", "error"), "password"),
        (8, b"\0\0", ("damaged-archive", "error"), "by method 0"),
        (8, b"\x63\0", ("unknown-compression", "error"), "method 99"),
        (14, b"\0\0\0\0", ("damaged-archive", "warning"), DIFFERS),
        (18, b"\0\0\0\0", ("damaged-archive", "error"), "0 compressed, instead of"),
        (22, b"\xff\0\0\0", ("damaged-archive", "error"), "its header says 255 bytes"),
        (6, b"\x08\0", ("damaged-archive", "warning"), BEHIND),
    ],
)
@pytest.mark.parametrize("name", [CONFIG, PKG_INFO])
def test_the_header_before_a_file_counts(
    offset: int, value: bytes, expected: tuple[str, str], text: str, name: str
) -> None:
    data = patched(zip_files(FILES), name, offset, value)
    (problem,) = inspected(data).problems
    assert (problem.path, (problem.code, problem.level)) == (name, expected)
    assert text in problem.message


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (4, b"\x3f\0"),  # the version that is needed
        (6, b"\0\x08"),  # the name is in UTF-8
        (6, b"\6\0"),  # how deflate was set
        (10, b"\1\2\3\4"),  # time and day
    ],
)
def test_what_does_not_count_in_the_header(offset: int, value: bytes) -> None:
    assert inspected(patched(zip_files(FILES), CONFIG, offset, value)).problems == ()


@pytest.mark.parametrize(
    "name", ["Payload/readme.txt", "Symbols/a.symbols", "SwiftSupport/iphoneos/libswiftCore.dylib"]
)
def test_files_beside_the_app_are_unpacked_too(name: str) -> None:
    data = zip_files({**FILES, name: b"hello" * 10}, compression=zipfile.ZIP_STORED)
    assert inspected(data).problems == ()
    broken = data.replace(b"hellohello", b"hellOhello")
    assert [(each.path, each.code, each.level) for each in inspected(broken).problems] == [
        (name, "damaged-archive", "error")
    ]
    assert inspected(broken, deep=False).problems == ()
    other_name = patched(data, name, 30, b"Q")
    assert [(each.path, each.code) for each in inspected(other_name).problems] == [(name, "damaged-archive")]


def test_a_file_that_no_seal_lists_is_unpacked_too() -> None:
    data = zip_files(FILES, compression=zipfile.ZIP_STORED)
    assert found(inspected(data.replace(b"APPL????", b"APPL????"[::-1]))) == [("PkgInfo", "damaged-archive", "error")]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_was_written_to_a_pipe(compression: int) -> None:
    data = streamed({"a": b"a" * 100, "empty": b"", "b": b"b"}, compression)
    warned = [(name, "damaged-archive", "warning") for name in ("a", "b")]
    assert framing(data) == (warned if compression == zipfile.ZIP_STORED else [])
    # Without the signature, which may be left out, and with other numbers.
    at = data.index(b"PK\7\10")
    moved = bytearray(data[:at] + data[at + 4 :])
    directory = moved.index(b"PK\1\2")
    for record, offset in enumerate(_records(moved, directory)):
        if record:
            struct.pack_into("<L", moved, offset + 42, struct.unpack_from("<L", moved, offset + 42)[0] - 4)
    struct.pack_into("<L", moved, len(moved) - 6, directory)
    assert framing(bytes(moved)) == framing(data)
    for value in (b"PK\7\7", b"QK\7\10"):
        assert ("a", "damaged-archive", "warning") in framing(data.replace(b"PK\7\10", value, 1))
    assert ("a", "damaged-archive", "warning") in framing(data[: at + 4] + b"\0" + data[at + 5 :])


def _records(data: bytearray, at: int) -> list[int]:
    found: list[int] = []
    while data.startswith(b"PK\1\2", at):
        found.append(at)
        at += 46 + sum(struct.unpack_from("<HHH", data, at + 28))
    return found


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("has_large_descriptor", [False, True])
def test_numbers_of_eight_bytes(is_streamed: bool, has_large_descriptor: bool) -> None:  # noqa: FBT001
    content = b"hello" * 10
    crc, size = zlib.crc32(content), len(content)
    numbers = (crc, 0xFFFFFFFF, 0xFFFFFFFF) if not is_streamed else (0, 0xFFFFFFFF, 0xFFFFFFFF)
    extra = struct.pack("<HHQQ", 1, 16, *((size, size) if not is_streamed else (0, 0)))
    header = struct.pack("<4sHHHLLLLHH", b"PK\3\4", 45, 8 if is_streamed else 0, 0, 0, *numbers, 1, len(extra))
    behind = struct.pack("<4sL2Q" if has_large_descriptor else "<4sLLL", b"PK\7\10", crc, size, size)
    local = header + b"a" + extra + content + (behind if is_streamed else b"")
    record = struct.pack("<4sHHHHLLLLHHHHHLL", b"PK\1\2", 45, 45, 0, 0, 0, crc, size, size, 1, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 1, 1, len(record) + 1, len(local), 0)
    # Stored, and with its size behind it alone: its end is not certain.
    assert framing(local + record + b"a" + end) == ([("a", "damaged-archive", "warning")] if is_streamed else [])


def test_a_file_that_the_directory_does_not_list() -> None:
    inner = zip_files({"Payload/MyApp.app/evil.dylib": b"x"})
    hidden = inner[: inner.index(b"PK\1\2")]
    data = zip_files(FILES)
    (junk,) = inspected(b"junk" * 100 + data).problems
    assert (junk.path, junk.code, junk.level) == ("", "damaged-archive", "warning")
    assert junk.message.startswith("In front of the first file that the archive lists stand 400 bytes.")
    in_front = inspected(hidden + data)
    assert [(each.path, each.code, each.level) for each in in_front.problems] == [
        ("Payload/MyApp.app/evil.dylib", "damaged-archive", "warning")
    ]
    assert in_front.problems[0].message.startswith("The archive has a file of this name that its directory does not")
    # Between two files: the header behind is moved by what was put there.
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", b"a")
        file.write(hidden)
        archive.start_dir = file.tell()
        archive.writestr("b", b"b")
    assert framing(file.getvalue()) == [("Payload/MyApp.app/evil.dylib", "damaged-archive", "warning")]
    assert framing(file.getvalue().replace(hidden, bytes(len(hidden)))) == []


def test_a_hidden_file_is_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for block in range(1, 8):
        monkeypatch.setattr(_framing, "_BLOCK", block)
        file = io.BytesIO(b"----PK\3\4----")
        assert _framing._hidden(file, 0, 12) == ""
        assert _framing._hidden(file, 0, 7) is None
        assert _framing._hidden(file, 5, 12) is None


@pytest.mark.parametrize(
    ("mode", "is_odd"),
    [(0o100644, False), (0o644, False), (None, False), (0o40755, True), (0o140644, True), (0o20644, True)],
)
def test_files_that_are_folders_or_devices(mode: int | None, is_odd: bool) -> None:  # noqa: FBT001
    expected = [("config.json", "damaged-archive", "warning")] if is_odd else []
    assert found(inspected(zip_files(FILES, {CONFIG: mode}))) == expected


def test_a_second_copy_of_the_executable_that_the_directory_does_not_list() -> None:
    file = io.BytesIO(zip_files({**FILES, "Payload/last": b""}))
    with zipfile.ZipFile(file, "a") as archive:
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(f"{APP}MyApp", b"another")
        archive.filelist.pop()
    (problem,) = inspected(file.getvalue()).problems
    assert (problem.path, problem.code, problem.level) == (f"{APP}MyApp", "damaged-archive", "warning")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "Payload/../../evil", "a/../../b"])
def test_a_name_that_leads_out_of_the_archive(name: str) -> None:
    (problem,) = inspected(zip_files({**FILES, name: b"x"})).problems
    assert (problem.path, problem.code, problem.level) == (name, "damaged-archive", "warning")
    assert problem.message.startswith("The name leads out of the archive: a device may refuse to unpack it.")
    assert inspected(zip_files({**FILES, "a/../b": b"x", "..a/b": b"x"})).problems == ()


@pytest.mark.parametrize("target", ["/etc/passwd", "../../etc/passwd", "MyApp.app/../../.."])
def test_a_link_beside_the_app_that_leads_out_of_the_archive(target: str) -> None:
    (problem,) = inspected(zip_files({**FILES, "Payload/a": target.encode()}, {"Payload/a": 0o120777})).problems
    assert (problem.path, problem.code, problem.level) == ("Payload/a", "link-leads-out", "warning")
    assert f"to {target!r}: a device may refuse" in problem.message
    inside = {"Payload/a": b"../Symbols/x", "Payload/b": b"MyApp.app"}
    assert inspected(zip_files({**FILES, **inside}, dict.fromkeys(inside, 0o120777))).problems == ()


def test_many_odd_files_are_told_together() -> None:
    data = zip_files({f"{number:03}": b"hello" for number in range(100)}, compression=zipfile.ZIP_STORED)
    crc = struct.pack("<L", zlib.crc32(b"hello"))
    directory = data.index(b"PK\1\2")
    file = io.BytesIO(data[:directory].replace(crc, bytes(4)) + data[directory:])
    problems = [*framing_problems(file, Archive.read(file))]
    assert len(problems) == 21
    assert problems[-1].message.startswith("Of 80 more files: The checksum in the header")


def test_sizes_of_eight_bytes_behind_a_large_file_whose_header_does_not_say_so() -> None:
    entry = next(Archive.read(io.BytesIO(zip_files({"a": b"x"}))).everything())
    large = entry._replace(size=1 << 33, stop=1000)
    header = Header(flags=8, method=8, crc=0, packed=0, size=0, start=0, is_large=False)
    behind = b"PK\7\10" + struct.pack("<LQQ", large.crc, large.packed, large.size)
    assert _framing._length_behind(io.BytesIO(behind), large, header, 0) == len(behind)
    assert _framing._length_behind(io.BytesIO(behind[:-1] + b"\1"), large, header, 0) == 0
