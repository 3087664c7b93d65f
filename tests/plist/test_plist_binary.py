"""Binary property lists: what is damaged or hostile is refused cheaply."""

from __future__ import annotations

import math
import plistlib
import struct
import tracemalloc

import pytest
from _plists import read

from itms_ota import _plist
from itms_ota.errors import Problem


def objects(*parts: bytes, top: int = 0, offsets: list[int] | None = None) -> bytes:
    """Put a binary property list together, of objects with references of one byte."""
    data = b"bplist00"
    places: list[int] = []
    for part in parts:
        places.append(len(data))
        data += part
    table = len(data)
    places = places if offsets is None else offsets
    data += struct.pack(f">{len(places)}H", *places)
    return data + struct.pack(">6xBBQQQ", 2, 1, len(places), top, table)


POWERS = objects(*(bytes([0xA2, index + 1, index + 1]) for index in range(30)), b"\x5aten letters")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (POWERS, "too-large"),
        (objects(b"\xa1\x00"), "too-large"),
        (objects(b"\xd1\x01\x00", b"\x51a"), "too-large"),
        (objects(*(bytes([0xA1, index + 1]) for index in range(150)), b"\x08"), "too-large"),
        (objects(b"\xd1\x01\x01", b"\x10\x01"), "malformed-plist"),
        (objects(b"\x14\x01" + bytes(15)), "malformed-plist"),
        (objects(b"\x1f\xff"), "malformed-plist"),
        (objects(b"\xaf\x13" + b"\xff" * 8), "malformed-plist"),
        (objects(b"\x5f\x11\x40\x00"), "malformed-plist"),
        (objects(b"\x4f\x10\x60" + bytes(96), offsets=[8] * 5), "malformed-plist"),
        (objects(b"\x08", offsets=[5000]), "malformed-plist"),
        (objects(b"\xa1\x07"), "malformed-plist"),
        (objects(b"\x62\xd8\x00\x00\x41"), "malformed-plist"),
        (objects(b"\x33" + struct.pack(">d", math.inf)), "malformed-plist"),
        (objects(b"\x70"), "malformed-plist"),
        (b"bplist00", "malformed-plist"),
        (b"bplist00" + bytes(8) + struct.pack(">6xBBQQQ", 9, 1, 1, 0, 8), "malformed-plist"),
        (b"bplist00" + bytes(8) + struct.pack(">6xBBQQQ", 1, 1, 2**62, 0, 8), "malformed-plist"),
        (b"bplist00" + bytes(8) + b"<plist>" + bytes(32), "malformed-plist"),
    ],
    ids=["2**30 values", "array in itself", "dict in itself", "150 deep", "integer key", "128 bits", "32768 bytes",
         "array of 2**64",
         "longer than the file", "overlapping", "offset outside", "reference outside", "lone surrogate",
         "date of infinity",
         "unknown type", "cut short", "offsets of nine bytes", "2**62 objects", "zeros"],
)  # fmt: skip
def test_damaged_and_hostile_binaries_are_refused_cheaply(data: bytes, code: str) -> None:
    assert len(data) < 1000
    tracemalloc.start()
    try:
        assert read(data) == (None, [("error", "", code, None, None)])
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()
    with pytest.raises(_plist.PlistError):
        _plist.loads(data)


@pytest.mark.parametrize("version", ["00", "01", "0x"])
def test_binaries_of_every_version_0_are_read(version: str) -> None:
    data = plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY)
    assert read(data.replace(b"bplist00", f"bplist{version}".encode())) == ({"a": 1}, [])
    assert read(data.replace(b"bplist00", b"bplist1" + version[1:].encode()))[0] is None


def test_binaries_keep_what_only_they_can_hold() -> None:
    values = {"uid": plistlib.UID(5), "big": 2**64 - 1, "u": "\ufffe\r", "list": list(range(300)), "": "x" * 300}
    assert read(plistlib.dumps(values, fmt=plistlib.FMT_BINARY)) == (values, [])


def test_deep_binaries_are_refused() -> None:
    places = range(8, 8 + 5 * 60_000, 5)
    data = b"bplist00" + b"".join(b"\xa1" + struct.pack(">I", index + 1) for index in range(60_000))
    table = struct.pack(">60000I", *places)
    data += table + struct.pack(">6xBBQQQ", 4, 4, 60_000, 0, len(data))
    assert read(data) == (None, [("error", "", "malformed-plist", None, None)])


@pytest.mark.parametrize("value", [[*range(100_001)], [True] * 200_001, ["x" * 2**20] * 3, [{"k" * 2**20: 1}] * 3])
def test_binaries_that_stand_for_too_much_are_refused(value: list[object]) -> None:
    data = plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
    assert len(data) < _plist.MAX_BYTES
    assert read(data) == (None, [("error", "", "too-large", None, None)])


def test_a_null_is_refused_before_anything_stumbles_over_it() -> None:
    null = b"bplist00\xd1\x01\x02Uitems\xa1\x03\x00\x08\x0b\x11\x13" + struct.pack(">6xBBQQQ", 1, 1, 4, 0, 20)
    message = "The binary property list is damaged: a value is null. Write the file again."
    assert _plist.read(null) == (None, (Problem("", "malformed-plist", message),))
