"""Binary property lists: what is damaged or hostile is refused cheaply."""

from __future__ import annotations

import plistlib
import struct
import tracemalloc

import pytest
from _plists import read
from _vectors import Vector, data, expected, value, vectors

from itms_ota import _plist
from itms_ota._plist import _words
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


@pytest.mark.parametrize(
    "vector",
    [vector for vector in vectors("plists", "binary", "duplicates") if "base64" in vector],
    ids=lambda vector: vector["id"],
)
def test_binaries_are_read_as_apples_parser_reads_them_and_others_refused_cheaply(vector: Vector) -> None:
    binary = data(vector)
    assert len(binary) < 1000
    tracemalloc.start()
    try:
        read_value, found = read(binary)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()
    assert found == [(level, path, code, None, None) for path, code, level in expected(vector)]
    if "refused" in vector:
        assert read_value is None
        with pytest.raises(_plist.PlistError):
            _plist.loads(binary)
    else:
        assert repr(read_value) == repr(value(vector)) == repr(_plist.loads(binary))


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


def test_of_odd_values_no_more_than_200_are_told() -> None:
    listed = b"\xaf\x11\x01\x2d" + struct.pack(">301H", *range(1, 302))
    odd = b"\x14\x01" + bytes(14) + b"\x07"  # an integer of 16 bytes
    value, problems, _ = _plist.read(objects(listed, *[odd] * 301, reference=2))
    assert value == [7] * 301
    assert [problem.code for problem in problems] == ["not-well-formed"] * 200
    assert problems[-1].path == "[199]"


def test_a_long_key_that_stands_in_many_places_is_read_in_few(monkeypatch: pytest.MonkeyPatch) -> None:
    read_of: list[int] = []

    def told(text: str, longest: int) -> str:
        read_of.append(len(text))
        return text[:longest]

    monkeypatch.setattr(_words, "redact_text", told)
    key = b"\x5f\x11\x40\x00" + b"k" * 0x4000
    _, problems, _ = _plist.read(objects(b"\xdf\x11\x10\x00" + b"\x01" * 4096 + b"\x02" * 4096, key, b"\x09"))
    assert len(problems) == 200
    assert read_of == [1000] * 200


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
