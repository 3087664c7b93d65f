"""Executables and signatures as bytes: what is read of them, and the structures that are refused."""

from __future__ import annotations

import hashlib
import random
import struct
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import element
from _signing import (
    APP,
    APP_CODE,
    ARM64,
    ARMV7,
    ENTITLEMENTS,
    ROOM,
    ROOTS,
    Code,
    blob,
    der,
    found,
    inspected,
    make_directory,
    make_executable,
    make_fat,
    make_files,
    make_signed_profile,
    resign,
    super_blob,
    zip_files,
)

from itms_ota._asn1 import Asn1Error
from itms_ota.signature._code import SignatureError, _directory, flag_names, read_blobs, read_directories
from itms_ota.signature._entitlements import not_granted, read_der
from itms_ota.signature._examine import examine
from itms_ota.signature._macho import MachOError, may_be_code
from itms_ota.signature._pages import Stream, TooLargeError, hash_more, read_parts

if TYPE_CHECKING:
    from itms_ota.signature._examine import Examined

CODE = Code()


def examined(data: bytes, step: int = 1000) -> Examined:
    """Examine an executable that comes in blocks of so many bytes."""
    return examine(
        lambda: [data[at : at + step] for at in range(0, len(data), step)], len(data), ("sha1", "sha256"), ROOTS
    )


@pytest.mark.parametrize("step", [1, 100, 4096, 4097, 1 << 20])
def test_an_executable_is_the_same_in_whatever_blocks_it_comes(step: int) -> None:
    data = make_fat(make_executable(replace(CODE, cpu=ARMV7)), make_executable(replace(CODE, kinds=(1, 2, 3, 4))))
    found = examined(data, step)
    assert found.hashes == {"sha1": hashlib.sha1(data).digest(), "sha256": hashlib.sha256(data).digest()}  # noqa: S324
    assert [each.commands.architecture for each in found.slices] == ["armv7", "arm64"]
    for each in found.slices:
        assert each.signing is not None
        assert each.signing.faults == ()
        assert [directory.broken_count for directory in each.directories] == [0] * len(each.directories)
    assert found == examined(data, 12345)


def test_old_hashes_where_python_refuses_them_for_security(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, usedforsecurity: bool = True) -> Any:
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return sha1(*_, usedforsecurity=False)  # type: ignore[arg-type]

    data = make_executable(replace(CODE, platform=None, kinds=(1, 2)))
    sha1 = hashlib.sha1
    monkeypatch.setattr(hashlib, "sha1", refused)
    (found,) = examined(data).slices
    assert [(each.hash.name, each.broken_count) for each in found.directories] == [("SHA-1", 0), ("SHA-256", 0)]


def test_what_the_load_commands_say() -> None:
    def commands(code: Code) -> Any:
        (found,) = examined(make_executable(code)).slices
        return found.commands

    assert commands(CODE)[:4] == ("arm64", "iOS", "15.0", False)
    assert commands(replace(CODE, minimum=0x000C0401))[2] == "12.4.1"
    assert commands(replace(CODE, cryptid=1))[3] is commands(replace(CODE, cryptid=1, cpu=ARMV7))[3] is True
    assert commands(replace(CODE, cpu=ARMV7))[3] is False
    assert commands(replace(CODE, platform=None))[1:3] == (None, None)
    assert commands(replace(CODE, platform=99))[1] == "platform 99"
    names = {
        (0x0100000C, 0): "arm64",
        (0x0100000C, 0x80000002): "arm64e",
        (12, 6): "armv6",
        (12, 11): "armv7s",
        (7, 3): "i386",
        (0x01000007, 3): "x86_64",
        (0x0200000C, 1): "arm64_32",
        (18, 1): "processor 0x12, type 1",
    }
    assert [commands(replace(CODE, cpu=cpu))[0] for cpu in names] == list(names.values())


def test_the_older_command_for_the_version() -> None:
    data = make_executable(replace(CODE, is_signed=False, platform=None))
    (header,) = struct.unpack_from("<L", data, 20)
    for command, platform in ((0x24, "macOS"), (0x25, "iOS"), (0x2F, "tvOS"), (0x30, "watchOS")):
        old = struct.pack("<4L", command, 16, 0x00080100, 0)
        changed = data[:16] + struct.pack("<LL", 2, header + 16) + data[24:32] + old + data[32:]
        assert examined(changed).slices[0].commands[:3] == ("arm64", platform, "8.1")


@pytest.mark.parametrize(
    ("magic", "file_type", "expected"),
    [
        *(("cffaedfe", number, number in {2, 6, 8}) for number in (1, 2, 6, 8, 10, 0x01000002)),
        ("cefaedfe", 2, True),
        ("feedfacf", 2, False),
        ("00000000", 2, False),
    ],
)
def test_what_begins_like_code(magic: str, file_type: int, expected: bool) -> None:  # noqa: FBT001 -- of the table
    assert may_be_code(bytes.fromhex(magic) + bytes(8) + struct.pack("<L", file_type)) is expected


def test_commands_that_say_the_same_and_others() -> None:
    data = make_executable(replace(CODE, is_signed=False))
    (length,) = struct.unpack_from("<L", data, 20)
    older = struct.pack("<4L4L", 0x25, 16, 0x00080100, 0, 0x80000028, 16, 0, 0)
    changed = data[:16] + struct.pack("<LL", 4, length + 32) + data[24:32] + older + data[32:]
    assert examined(changed).slices[0].commands[:3] == ("arm64", "iOS", "15.0")
    changed = data[:16] + struct.pack("<LL", 4, length + 32) + data[24 : 32 + length] + older + data[32 + length :]
    assert examined(changed).slices[0].commands[:3] == ("arm64", "iOS", "15.0")


def patched(at: int, value: int, data: bytes = make_executable(CODE)) -> bytes:
    return data[:at] + struct.pack("<L", value) + data[at + 4 :]


SIZE = len(make_executable(CODE))
SIGNATURE = 32 + 24 + 24


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "begins with"),
        (b"\xcf\xfa\xed", "begins with"),
        (b"\xcf\xfa\xed\xfe" + bytes(20), "begins with"),
        (b"\xfe\xed\xfa\xcf" + bytes(100), "begins with feedfacf"),
        (b"!<arch>\n" + bytes(100), "begins with"),
        (patched(16, 4), "load command 3 is missing"),
        (patched(20, SIZE), "load commands have"),
        (patched(20, 2 << 20), "load commands have"),
        (patched(32 + 4, 4), "load command 0 has 4 bytes"),
        (patched(32 + 4, 1000), "load command 0 has 1000 bytes"),
        (patched(SIGNATURE + 8, SIZE), "does not fit"),
        (patched(SIGNATURE + 8, 40), "does not fit"),
        (patched(SIGNATURE + 12, SIZE), "does not fit"),
        (patched(32, 0x1D), "two signatures|does not fit"),
        (struct.pack("<10L", 0xFEEDFACF, *ARM64, 2, 1, 8, 0, 0, 0x25, 8), "has 8 bytes, too few"),
        (struct.pack(">LL", 0xCAFEBABE, 0), "declares 0 slices"),
        (struct.pack(">LL", 0xCAFEBABE, 33), "declares 33 slices"),
        (struct.pack(">LL", 0xCAFEBABE, 2) + bytes(11), "list of slices is cut off"),
        (struct.pack(">LL", 0xCAFEBABE, 2) + bytes(39), "list of slices is cut off"),
        (struct.pack(">LL5L", 0xCAFEBABE, 1, *ARM64, 8, 10, 0), "overlap at byte 8"),
        (struct.pack(">LL10L", 0xCAFEBABE, 2, *ARM64, 48, 10, 0, *ARM64, 57, 9, 0) + bytes(18), "overlap at byte 57"),
        (struct.pack(">LL5L", 0xCAFEBABE, 1, *ARM64, 28, 100, 0), "instead of the 128"),
        (struct.pack(">LLLLQQLL", 0xCAFEBABF, 1, *ARM64, 1 << 60, 1 << 60, 0, 0), "instead of the"),
    ],
)
def test_what_is_not_a_whole_executable(data: bytes, reason: str) -> None:
    with pytest.raises(MachOError, match=reason):
        examined(data)


def test_two_signatures() -> None:
    data = make_executable(CODE)
    twice = data[:56] + struct.pack("<LL", 0x1D, 24) + data[SIGNATURE + 8 : SIGNATURE + 16] + data[72:]
    with pytest.raises(MachOError, match="two signatures"):
        examined(twice)


def test_a_file_that_ends_before_it_should() -> None:
    data = make_executable(CODE)
    with pytest.raises(MachOError, match="ends at byte 9000"):
        examine(lambda: [data[:9000]], len(data))
    parts = read_parts(Stream([data]), len(data))
    with pytest.raises(MachOError, match="ends at byte 9000"):
        hash_more(Stream([data[:9000]]), parts, {0: [("sha1", 16384, 16000)]})


def test_a_signature_that_is_too_large() -> None:
    large = (16 << 20) + 1
    data = patched(SIGNATURE + 12, large) + bytes(large)
    with pytest.raises(TooLargeError, match="more than 16,777,216 bytes"):
        examined(data, 1 << 20)
    files = make_files(parts=())
    files[f"{APP}MyApp"] = data
    report = inspected(files)
    assert [(problem.code, problem.level) for problem in report.problems] == [("not-verified", "error")]
    assert report.executables[0].signing == "unreadable"


# The SuperBlob and its directories

DIRECTORY = make_directory(CODE, 2, bytes(10_000), {1: b"info"})


def changed(at: int, layout: str, value: int, data: bytes = DIRECTORY) -> bytes:
    return data[:at] + struct.pack(layout, value) + data[at + struct.calcsize(layout) :]


def test_a_directory() -> None:
    (directory,) = read_directories(read_blobs(super_blob({0: DIRECTORY})))
    assert (directory.identifier, directory.team, directory.flags) == (CODE.identifier, CODE.team, 0)
    assert directory.key == ("sha256", 4096, 10_000)
    assert directory.special == {1: hashlib.sha256(b"info").digest()}
    assert directory.cdhash == hashlib.sha256(DIRECTORY).digest()[:20]


def test_which_slots_are_of_directories() -> None:
    others = {slot: make_directory(CODE, 1, bytes(10_000), {}) for slot in (0x1000, 0x1005)}
    blobs = super_blob({0: DIRECTORY, 0xFFF: blob(1, b"x"), **others, 0x1006: blob(1, b"x")})
    found = read_directories(read_blobs(blobs))
    assert [directory.hash.name for directory in found] == ["SHA-256", "SHA-1", "SHA-1"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends too early"),
        (struct.pack(">LLL", 0xFADE0CC1, 12, 0), "begins with 0xfade0cc1"),
        (struct.pack(">LLL", 0xFADE0CC0, 13, 0), "declares 0 parts in 13 bytes"),
        (struct.pack(">LLL", 0xFADE0CC0, 12, 101), "declares 101 parts"),
        (struct.pack(">LLL", 0xFADE0CC0, 12, 1), "ends too early"),
        (struct.pack(">LLLLL", 0xFADE0CC0, 20, 1, 0, 1000), "ends too early"),
        (struct.pack(">LLLLLLL", 0xFADE0CC0, 28, 1, 9, 20, 1, 7), "does not fit"),
        (struct.pack(">LLLLLLL", 0xFADE0CC0, 28, 1, 9, 20, 1, 9), "does not fit"),
        (struct.pack(">LLLLLLL", 0xFADE0CC0, 28, 1, 2, 20, 1, 8), "slot 0x2 begins with 0x00000001"),
        (struct.pack(">LLLLLLLLL", 0xFADE0CC0, 36, 2, 9, 28, 9, 28, 1, 8), "two parts for slot 0x9"),
        (struct.pack(">LLL", 0xFADE0CC0, 12, 0), "has no CodeDirectory"),
        (super_blob({0: DIRECTORY[:40]}), "does not fit|ends too early"),
        (super_blob({0: changed(37, "B", 9)}), "kind 9"),
        (super_blob({0: changed(36, "B", 20)}), "kind 2 with 20 bytes"),
        (super_blob({0: changed(16, ">L", 100)}), "do not fit"),
        (super_blob({0: changed(16, ">L", len(DIRECTORY))}), "do not fit"),
        (super_blob({0: changed(28, ">L", 4)}), "4 and 7 hashes do not fit|4 hashes for 10000"),
        (super_blob({0: changed(28, ">L", 2)}), "2 hashes for 10000"),
        (super_blob({0: changed(39, "B", 11)}), "pages of 2048"),
        (super_blob({0: changed(39, "B", 15)}), "pages of 32768"),
        (super_blob({0: changed(39, "B", 255)}), "devices have"),
        (super_blob({0: changed(20, ">L", len(DIRECTORY))}), "does not end"),
        (super_blob({0: changed(20, ">L", 1 << 31)}), "does not end"),
    ],
)
def test_what_is_not_a_signature(data: bytes, reason: str) -> None:
    with pytest.raises(SignatureError, match=reason):
        read_directories(read_blobs(data))


def test_a_damaged_signature_is_told() -> None:
    data = make_executable(CODE)
    at = len(data) - ROOM
    (found,) = examined(data[:at] + b"\0" + data[at + 1 :]).slices
    assert (found.has_signature, found.best, found.fault) == (
        True,
        None,
        "it begins with 0x00de0cc0 instead of 0xfade0cc0",
    )


def test_a_directory_that_covers_more_than_the_code() -> None:
    (found,) = examined(make_executable(replace(CODE, code_limit=20_000))).slices
    assert found.fault is not None
    assert found.fault.startswith("a CodeDirectory is about 20000 bytes")


def test_old_directories() -> None:
    for version, limit in ((0x20100, "team"), (0x20200, None)):
        (found,) = read_directories(read_blobs(super_blob({0: changed(8, ">L", version)})))
        assert found.team == (None if limit else CODE.team)


def test_a_large_directory_has_its_limit_in_64_bits() -> None:
    data = changed(56, ">Q", 10_001)
    assert read_directories(read_blobs(super_blob({0: data})))[0].code_limit == 10_001


def test_flags() -> None:
    assert flag_names(0) == ()
    assert flag_names(0x20002) == ("adhoc", "linker-signed")


# Entitlements


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": True, "b": False},
        {"a": [], "b": ["x", "y"]},
        {"a": {"b": {"c": "d"}}},
        {"n": -5, "m": 2**60},
        {"d": b"x"},
    ],
)
def test_entitlements_in_der(value: dict[str, Any]) -> None:
    assert read_der(der(value)) == value


def test_the_first_form_of_entitlements_in_der() -> None:
    pair = element(0x30, element(0x0C, b"a"), element(0x01, b"\xff"))
    assert read_der(element(0x31, pair)) == {"a": True}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x70",
        element(0x70, element(0x02, b"\1")),
        element(0x30, element(0x02, b"\1")),
        element(0x02, b"\1"),
        element(0x31, *[element(0x30, element(0x0C, b"a"), element(0x01, b"\xff"))] * 2),
        der({}) + der({}),
        element(0x70, element(0xB0, element(0x30, element(0x0C, b"a")))),
        element(0x70, element(0xB0, element(0x31, element(0x0C, b"a"), element(0x01, b"\1")))),
        element(0x70, element(0xB0, element(0x30, element(0x02, b"a"), element(0x01, b"\1")))),
        element(0x70, element(0xB0, element(0x30, element(0x0C, b"a"), element(0x05)))),
        element(0x70, element(0xB0, element(0x30, element(0x0C, b"a"), element(0x02, b"a" * 10)))),
        element(
            0x70, element(0xB0, element(0x30, element(0x0C, b"a"), element(0x30, *[element(0x01, b"\1")] * 20_000)))
        ),
    ],
)
def test_what_is_not_entitlements_in_der(data: bytes) -> None:
    with pytest.raises(Asn1Error):
        read_der(data)


def test_entitlements_that_are_nested_too_deep() -> None:
    value: Any = True
    for _ in range(19):
        value = {"a": value}
    assert read_der(der(value)) == value
    with pytest.raises(Asn1Error, match="nested too deep"):
        read_der(der({"a": value}))


@pytest.mark.parametrize(
    ("claimed", "granted", "expected"),
    [
        (True, True, []),
        (False, True, []),
        (True, False, [("k", True)]),
        (False, False, []),
        (True, None, [("k", True)]),
        (False, None, [("k", False)]),
        ([], None, [("k", False)]),
        ("", None, [("k", False)]),
        ({}, None, [("k", False)]),
        (0, None, [("k", True)]),
        ("a", "a", []),
        ("a", "b", [("k", True)]),
        ("T.com.a", "T.*", []),
        ("T.", "T.*", []),
        ("S.com.a", "T.*", [("k", True)]),
        ("T.*", "T.*", []),
        ("a", "*", []),
        ("a", ["b", "a"], []),
        ("a", ["b", "a*"], []),
        ("a", ["b"], [("k", True)]),
        (["a", "b"], ["b", "a"], []),
        (["a", "c"], ["b", "a"], [("k", True)]),
        (["T.a", "T.b"], ["T.*"], []),
        (["a"], "*", []),
        ([], ["a"], []),
        ({"a": "b"}, {"a": "*"}, []),
        ({"a": "b"}, {}, [("k", True)]),
        (1, 1, []),
        (1, True, [("k", True)]),
        (True, 1, [("k", True)]),
        (1, 2, [("k", True)]),
        ("1", 1, [("k", True)]),
        (True, "*", [("k", True)]),
    ],
)
def test_what_a_profile_grants(claimed: Any, granted: Any, expected: list[tuple[str, bool]]) -> None:
    grants = {} if granted is None else {"k": granted}
    assert list(not_granted({"k": claimed}, grants)) == expected


def test_lists_of_entitlements_that_would_be_compared_for_hours() -> None:
    granted = {**ENTITLEMENTS, "k": [str(number) for number in range(3000)]}
    files = make_files(parts=())
    files[f"{APP}embedded.mobileprovision"] = make_signed_profile(granted)
    resign(files, entitlements={**ENTITLEMENTS, "k": ["2999"] * 60})
    assert found(inspected(files)) == []
    resign(files, entitlements={**ENTITLEMENTS, "k": ["2999"] * 70})
    assert found(inspected(files)) == [("MyApp entitlements", "not-verified", "error")]


# Hostile bytes


def test_mutations_of_a_signed_app() -> None:
    """No foreign exception, and no change of what is signed goes unseen."""
    files = make_files(parts=(), app=replace(APP_CODE, text=bytes(5000)))
    executable = files[f"{APP}MyApp"]
    end = len(executable) - ROOM
    used = end + int.from_bytes(executable[end + 4 : end + 8], "big")
    source = random.Random(20240601)
    unseen: list[int] = []
    for _ in range(400):
        at = source.randrange(used)
        changed = bytearray(executable)
        changed[at] ^= 1 << source.randrange(8)
        report = inspected({**files, f"{APP}MyApp": bytes(changed)})
        if report.ok:
            unseen.append(at - end)
    # What is said elsewhere too, or is signed by nobody: the other certificates that a message may carry.
    assert [at for at in unseen if not is_slack(executable[end:], at)] == []


def is_slack(signature: bytes, at: int) -> bool:
    """Return whether nothing depends on a byte: the numbers of slots that nobody reads, and the root in the message."""
    message = signature.index(b"\xfa\xde\x0b\x01")
    return at >= message + 8


def test_mutations_of_the_archive() -> None:
    data = zip_files(make_files(parts=()))
    source = random.Random(20240602)
    assert inspected(data).ok
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(source.randrange(1, 5)):
            changed[source.randrange(len(data))] = source.randrange(256)
        cut = bytes(changed[: source.randrange(len(data) // 2, len(data))])
        assert not inspected(cut).ok


def test_a_bomb_takes_little_memory() -> None:
    files = make_files(parts=())
    files[f"{APP}Frameworks/a.dylib"] = bytes(60 << 20)
    files[f"{APP}large"] = bytes(60 << 20)
    files[f"{APP}{'_CodeSignature/CodeResources'}"] = b"<plist><dict>" + b" " * (60 << 20)
    data = zip_files(files)
    del files
    tracemalloc.start()
    report = inspected(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20
    assert not report.ok


def test_parts_that_overlap_are_not_hashed_over_and_over() -> None:
    part = blob(1, bytes(100))
    for slots, at in (((20,), 20), ((20, 21), 28)):
        index = b"".join(struct.pack(">LL", slot, at) for slot in slots)
        data = struct.pack(">LLL", 0xFADE0CC0, 12 + len(index) + len(part), len(slots)) + index + part
        if len(slots) == 1:
            assert [*read_blobs(data)] == [20]
            continue
        with pytest.raises(SignatureError, match="overlap"):
            read_blobs(data)


def test_entitlements_that_are_not_a_dictionary() -> None:
    (found,) = examined(make_executable(replace(CODE, entitlements=["a"], der={}))).slices  # type: ignore[arg-type]
    assert found.odd == {5: "they are not a dictionary"}


def test_entitlements_that_cannot_be_read() -> None:
    files = make_files(parts=())
    for old, new in ((b"<key>get-task-allow</key>", b"<key>get-task-allow</kez>"), (b"\x70\x81", b"\x71\x81")):
        changed = files[f"{APP}MyApp"].replace(old, new)
        assert changed != files[f"{APP}MyApp"]
        codes = {problem.code for problem in inspected({**files, f"{APP}MyApp": changed}).problems}
        assert codes == {"bad-signature", "signed-part-changed"}


def test_hashes_of_scattered_code_are_refused() -> None:
    fixed = struct.pack(">LLLLLLLLLBBBB", 0xFADE0C02, 100, 0x20100, 0, 60, 48, 0, 1, 4096, 32, 2, 0, 12)
    with pytest.raises(SignatureError, match="scattered parts"):
        _directory(memoryview(fixed + struct.pack(">LL", 0, 80) + bytes(60)))
