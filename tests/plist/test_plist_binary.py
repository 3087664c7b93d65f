"""Binary property lists: what is damaged or hostile is refused cheaply."""

from __future__ import annotations

import datetime as dt
import math
import plistlib
import struct
import tracemalloc

import pytest
from _plists import read

from itms_ota import _plist
from itms_ota.errors import Problem


def objects(*parts: bytes, top: int = 0, offsets: list[int] | None = None, reference: int = 1) -> bytes:
    """Put a binary property list together, of objects with references of so many bytes."""
    data = b"bplist00"
    places: list[int] = []
    for part in parts:
        places.append(len(data))
        data += part
    table = len(data)
    places = places if offsets is None else offsets
    data += struct.pack(f">{len(places)}H", *places)
    return data + struct.pack(">6xBBQQQ", 2, reference, len(places), top, table)


POWERS = objects(*(bytes([0xA2, index + 1, index + 1]) for index in range(30)), b"\x5aten letters")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (POWERS, "too-large"),
        (objects(b"\xa1\x00"), "too-large"),
        (objects(b"\xd1\x01\x00", b"\x51a"), "too-large"),
        (objects(*(bytes([0xA1, index + 1]) for index in range(150)), b"\x08"), "too-large"),
        (objects(b"\xd1\x01\x01", b"\x10\x01"), "malformed-plist"),
        (objects(b"\x1f\xff"), "malformed-plist"),
        (objects(b"\xaf\x13" + b"\xff" * 8), "malformed-plist"),
        (objects(b"\x5f\x11\x40\x00"), "malformed-plist"),
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
    ids=["2**30 values", "array in itself", "dict in itself", "150 deep", "integer key", "32768 bytes",
         "array of 2**64",
         "longer than the file", "offset outside", "reference outside", "lone surrogate",
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
    assert read(data) == (None, [("error", "", "too-large", None, None)])


@pytest.mark.parametrize("value", [[*range(100_001)], [True] * 200_001, ["x" * 2**20] * 3, [{"k" * 2**20: 1}] * 3])
def test_binaries_that_stand_for_too_much_are_refused(value: list[object]) -> None:
    data = plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
    assert len(data) < _plist.MAX_BYTES
    assert read(data) == (None, [("error", "", "too-large", None, None)])


def test_a_null_is_refused_before_anything_stumbles_over_it() -> None:
    null = b"bplist00\xd1\x01\x02Uitems\xa1\x03\x00\x08\x0b\x11\x13" + struct.pack(">6xBBQQQ", 1, 1, 4, 0, 20)
    message = "The binary property list is damaged: a value is null. Write the file again."
    assert _plist.read(null) == _plist.Reading(None, (Problem("", "malformed-plist", message),))


def one(value: bytes) -> bytes:
    """Put a dictionary together whose key "a" has the value of an object."""
    return objects(b"\xd1\x01\x02", b"\x51a", value)


@pytest.mark.parametrize(
    ("value", "expected", "codes"),
    [
        (b"\x10\xff", 255, []),
        (b"\x12\xff\xff\xff\xff", 2**32 - 1, []),
        (b"\x13" + b"\xff" * 8, -1, []),
        (b"\x14" + bytes(8) + b"\xff" * 8, 2**64 - 1, []),
        (b"\x14" + b"\xff" * 16, 2**64 - 1, ["not-well-formed"]),
        (b"\x14\x01" + bytes(15), 0, ["not-well-formed"]),
        (b"\x22\x3f\xc0\0\0", 1.5, []),
        (b"\x33\x3f\xe0" + bytes(6), dt.datetime(2001, 1, 1, 0, 0, 0, 500_000), []),  # noqa: DTZ001
        (b"\x40", b"", []),
        (b"\x4f\x11\0\x02xy", b"xy", []),
        (b"\x50", "", []),
        (b"\x52a\xfc", "aü", ["not-well-formed"]),
        (b"\x61\0\xfc", "ü", []),
        (b"\x8f" + bytes(15) + b"\1", plistlib.UID(1), []),
        (b"\x83\xff\xff\xff\xff", plistlib.UID(2**32 - 1), []),
    ],
    ids=ascii,
)
def test_objects_are_read_as_apples_parser_reads_them(value: bytes, expected: object, codes: list[str]) -> None:
    found = _plist.read(one(value))
    assert found.value == {"a": expected}
    assert [(problem.path, problem.code, problem.level) for problem in found.problems] == [
        ("a", code, "warning") for code in codes
    ]


@pytest.mark.parametrize(
    "value",
    [
        *(
            b"\x00",
            b"\x01",
            b"\x0c",
            b"\x0f",
            b"\x15" + bytes(32),
            b"\x13\0",
            b"\x21\0\0",
            b"\x32\0\0\0\0",
            b"\x43ab",
            b"\x52a",
        ),
        *(
            b"\x4f",
            b"\x4fQa",
            b"\x4f\x13" + b"\xff" * 8,
            b"\x60",
            b"\x62\0a\0",
            b"\x61\xd8\0",
            b"\x61\xdc\0",
            b"\x70",
            b"\x90",
        ),
        *(b"\x84\1\0\0\0\0", b"\xb0", b"\xc0", b"\xe0", b"\xf0", b"\xa1", b"\xa1\x03", b"\xd1\x01"),
    ],
    ids=ascii,
)
def test_objects_that_are_not_read(value: bytes) -> None:
    assert read(one(value)) == (None, [("error", "", "malformed-plist", None, None)])


@pytest.mark.parametrize(
    ("sizes", "change", "is_read"),
    [
        ((2, 1), b"", True),
        ((9, 1), b"", True),
        ((2, 4), b"", True),
        ((2, 20), b"", True),
        ((0, 1), b"", False),
        ((2, 0), b"", False),
        ((2, 1), b"\0", False),
    ],
    ids=str,
)
def test_tables_of_every_width_end_where_the_trailer_begins(
    sizes: tuple[int, int], change: bytes, *, is_read: bool
) -> None:
    width, reference = sizes
    parts = [b"\xd1" + (1).to_bytes(reference or 1, "big") + (2).to_bytes(reference or 1, "big"), b"\x51a", b"\x09"]
    data = b"bplist00"
    places: list[int] = []
    for part in parts:
        places.append(len(data))
        data += part
    table = len(data)
    data += b"".join(place.to_bytes(width or 1, "big") for place in places) + change
    data += struct.pack(">6xBBQQQ", width, reference, 3, 0, table)
    assert (_plist.read(data).value == {"a": True}) == is_read


def test_tables_that_references_do_not_reach() -> None:
    many = [b"\x09"] * 253
    assert _plist.read(objects(b"\xa1\x01", *many)).value == [True]
    assert _plist.read(objects(b"\xa1\x01", *many, b"\x09")).value == [True]
    assert _plist.read(objects(b"\xa1\x01", *many, b"\x09", b"\x09")).value is None
    assert _plist.read(objects(b"\x51a", offsets=[7])).value is None
    assert _plist.read(objects(b"\xa1\x01", b"\x09", offsets=[8, 7])).value is None
    assert _plist.read(objects(b"\x51a", top=1)).value is None


def test_objects_may_lie_on_top_of_each_other() -> None:
    assert _plist.read(objects(b"\xd1\x01\x02", b"\x53Qa\x09", offsets=[8, 12, 14])) == _plist.Reading({"a": True}, ())
    assert _plist.read(objects(b"\x4f\x10\x60" + bytes(96), offsets=[8] * 5)) == _plist.Reading(bytes(96), ())


def test_of_a_key_that_stands_twice_the_first_counts() -> None:
    message = "The key 'a' is repeated in this dictionary. The device uses the first one. Remove the others."
    problem = Problem("[0].a", "duplicate-key", message, "warning")
    data = objects(b"\xa1\x01", b"\xd2\x02\x03\x04\x05", b"\x51a", b"\x51a", b"\x09", b"\x08")
    assert _plist.read(data) == _plist.Reading([{"a": True}], (problem,))
    assert _plist.loads(data) == [{"a": True}]
    many = objects(b"\xdf\x11\x01\x2d" + b"\x01" * 301 + b"\x02" * 301, b"\x51a", b"\x09")
    value, problems, _ = _plist.read(many)
    assert (value, len(problems)) == ({"a": True}, 200)


def test_objects_are_counted() -> None:
    for count, codes in ((200_000, []), (200_001, ["too-large"])):
        assert [
            problem.code for problem in _plist.read(objects(b"\x09", offsets=[8] * count, reference=3)).problems
        ] == codes


def test_long_objects_on_top_of_each_other_are_counted() -> None:
    data = b"bplist00\xaf\x12" + (3000).to_bytes(4, "big") + b"".join(struct.pack(">H", i + 1) for i in range(3000))
    offsets = [8]
    for _ in range(3000):
        offsets.append(len(data))
        data += b"\x4f\x12" + (2**14).to_bytes(4, "big")
    data += bytes(2**14)
    table = len(data)
    data += b"".join(struct.pack(">I", offset) for offset in offsets)
    data += struct.pack(">6xBBQQQ", 4, 2, len(offsets), 0, table)
    assert read(data) == (None, [("error", "", "too-large", None, None)])
