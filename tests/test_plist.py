"""Property lists: what Apple's parser reads is read, what it refuses is placed, what is hostile stays cheap."""

from __future__ import annotations

import datetime as dt
import math
import plistlib
import random
import shutil
import struct
import subprocess
import tracemalloc
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from itms_ota import _plist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Found = list[tuple[str, str, str, int | None, int | None]]

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
    '<plist version="1.0">\n'
)
BODY = "<dict>\n<key>a</key>\n<string>x</string>\n</dict>\n"
UTC = dt.timezone.utc


def read(text: str | bytes) -> tuple[Any, Found]:
    value, problems = _plist.read(text.encode() if isinstance(text, str) else text)
    return value, [(problem.level, problem.path, problem.code, problem.line, problem.column) for problem in problems]


def xml(body: str) -> str:
    return f"{HEAD}{body}</plist>\n"


@pytest.mark.parametrize(
    "text",
    [
        xml(BODY),
        f"<plist>{BODY}</plist>",
        f"<plist version='1.0'>{BODY}</plist>",
        f"\ufeff{xml(BODY)}",
        xml(BODY).replace("\n", "\r\n"),
        xml(BODY).replace("Apple//DTD", "Apple Computer//DTD"),
        xml(BODY).replace("DOCTYPE plist PUBLIC", "DOCTYPE plist\nPUBLIC"),
        xml(f"<!-- c -->{BODY}<!-- d -->"),
        xml(BODY.replace("x", "<![CDATA[x]]>")),
        xml(BODY.replace("x", "&#120;")),
        xml(BODY.replace("<dict>", "<?pi data?><dict>", 1)),
        xml(BODY.replace("x</string>", "x</string >")),
        xml(BODY).replace("UTF-8", "utf-8"),
        xml(BODY).replace(' encoding="UTF-8"', ""),
        xml(BODY).replace("UTF-8", "UTF-16").encode("utf-16"),
        plistlib.dumps({"a": "x"}, fmt=plistlib.FMT_BINARY),
    ],
    ids=lambda text: repr(text)[:60],
)
def test_what_everybody_reads_has_no_problems(text: str | bytes) -> None:
    assert read(text) == ({"a": "x"}, [])


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"\n{xml(BODY)}", 1, 1),
        (f" \t{xml(BODY)}", 1, 1),
        (f"<!DOCTYPE plist>{BODY.join(['<plist>', '</plist>'])}", 1, 1),
        (f"<!-- c -->\n{xml(BODY)}", 1, 1),
        (xml(f"<!-- a -- b -->{BODY}"), 4, 10),
        (f"{xml(BODY)}junk", 9, 1),
        (f"{xml(BODY)}<plist/>", 9, 1),
        (xml(BODY).replace('version="1.0">', "version=1.0>"), 3, 16),
        (BODY, 1, 1),
        (xml(BODY).encode("utf-16-le"), 1, 1),
    ],
    ids=[
        "line first",
        "space first",
        "DOCTYPE first",
        "comment first",
        "-- in a comment",
        "junk behind",
        "markup behind",
        "unquoted attribute",
        "no plist element",
        "UTF-16 without a mark",
    ],
)
def test_what_only_apples_parser_reads_is_a_warning(text: str | bytes, line: int, column: int) -> None:
    assert read(text) == ({"a": "x"}, [("warning", "", "not-well-formed", line, column)])


@pytest.mark.parametrize(
    ("declared", "codec", "text", "warnings"),
    [
        ("GBK", "gbk", "应用", 1),
        ("gb2312", "gb18030", "镕", 1),
        ("Shift_JIS", "shift_jis", "アプリ", 1),
        ("Big5", "big5", "應用", 1),
        ("EUC-KR", "euc-kr", "앱", 1),
        ("iso-8859-1", "latin-1", "é", 0),
        ("windows-1252", "cp1252", "€", 0),
        ("UTF-16", "utf-16", "é", 0),
    ],
)
def test_declared_encodings_are_honoured(declared: str, codec: str, text: str, warnings: int) -> None:
    value, found = read(xml(BODY.replace("x", text)).replace("UTF-8", declared).encode(codec))
    assert value == {"a": text}
    assert found == [("warning", "", "not-well-formed", 1, 31)] * warnings or len(found) == warnings
    assert {entry[0] for entry in found} <= {"warning"}


@pytest.mark.parametrize(
    ("data", "value", "line", "column"),
    [
        (xml(BODY.replace("x", "é")).encode("latin-1"), "é", 6, 9),
        (xml(BODY.replace("x", "应用")).encode("gbk"), "应用", 6, 10),
        (xml(BODY.replace("x", "\x81")).encode("latin-1") + b"\xff", "\x81", 6, 9),
        (xml(BODY).replace("UTF-8", "UTF-16").encode(), "x", 1, 1),
        (xml(BODY).replace("UTF-8", "rot13").encode(), "x", 1, 1),
        (xml(BODY).replace("UTF-8", "unicode_escape").encode(), "x", 1, 1),
        (xml(BODY).replace("UTF-8", "us-ascii").replace("x</s", "é</s").encode(), "é", 6, 9),
    ],
    ids=["Latin-1", "GBK", "nothing known", "UTF-16 that is not", "no charset", "no charset either", "ASCII"],
)
def test_a_wrong_encoding_is_placed_and_guessed(data: bytes, value: str, line: int, column: int) -> None:
    read_value, found = read(data)
    assert found == [("error", "", "wrong-encoding", line, column)]
    assert value == "é" or read_value == {"a": value}
    assert list(read_value) == ["a"]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (xml(BODY.replace("x", "x&y")), {"a": "x&y"}, [("a", "bare-ampersand", 6, 10)]),
        (xml(BODY.replace("x", "&&&")), {"a": "&&&"}, [("a", "bare-ampersand", 6, 9)]),
        (xml(BODY.replace("x", "x&nbsp;y")), {"a": "x&nbsp;y"}, [("a", "bare-ampersand", 6, 10)]),
        (xml(BODY.replace("x", "&#0;&#x110000;")), {"a": "&#0;&#x110000;"}, [("a", "bare-ampersand", 6, 9)]),
        (xml(BODY.replace("a</k", "a&b</k")), {"a&b": "x"}, [("", "bare-ampersand", 5, 7)]),
        (f"Warning: x\n{xml(BODY)}", {"a": "x"}, [("", "text-before-xml", 1, 1)]),
        (xml(BODY.replace("x", "x<!-- c -->")), {"a": "x"}, [("a", "stray-text", 6, 10)]),
        (xml(BODY.replace("x", "x<y")), {"a": "x<y"}, [("a", "stray-text", 6, 10)]),
        (xml(BODY.replace("\n<string>", "stray\n<string>")), {"a": "x"}, [("", "stray-text", 5, 13)]),
        (xml(BODY.replace("x</string>", "x</key>")), {"a": "x"}, [("a", "malformed-plist", 6, 10)]),
        (xml(BODY.replace("x</string>", "x")), {"a": "x\n"}, [("a", "malformed-plist", 7, 1)]),
        (xml(BODY.replace("</dict>", "</array></dict>")), {"a": "x"}, [("", "malformed-plist", 7, 1)]),
        (xml(BODY.replace("</dict>", "")), {"a": "x"}, [("", "malformed-plist", 8, 1)]),
        (xml(BODY.replace("<dict>", "<dict><b>", 1)), {"a": "x"}, [("", "unknown-element", 4, 7)]),
        (xml(BODY.replace("<dict>", "<dict></>", 1)), {"a": "x"}, [("", "malformed-plist", 4, 7)]),
        (xml(BODY.replace("<dict>", "<dict></b>", 1)), {"a": "x"}, [("", "malformed-plist", 4, 7)]),
        (xml(BODY.replace("<dict>", "<dict></ >< >", 1)), {"a": "x"},
         [("", "malformed-plist", 4, 7), ("", "unknown-element", 4, 11)]),
        (xml(BODY + BODY), None, [("", "malformed-plist", 8, 1)]),
        (xml("<dict><string>x</string></dict>"), None, [("", "malformed-plist", 4, 7)]),
        (xml("<dict><key>a</key></dict>"), {}, [("", "malformed-plist", 4, 1)]),
        (xml("<dict><key>a</key><true>x</true></dict>"), {"a": True},
         [("", "malformed-plist", 4, 25), ("", "stray-text", 4, 25), ("", "malformed-plist", 4, 26)]),
        (xml(""), None, [("", "malformed-plist", 1, 1)]),
        ("<plist/>", None, [("", "malformed-plist", 1, 1)]),
        ("<plist /></a>", None, [("", "malformed-plist", 1, 1)]),
        ("hello", None, [("", "malformed-plist", 1, 1)]),
        ("", None, [("", "malformed-plist", 1, 1)]),
        (HEAD + BODY[:-8], {"a": "x"}, [("", "truncated", 7, 1)]),
        (HEAD + "<dict><key>a</key><string>x", None, [("a", "truncated", 4, 27)]),
        (HEAD + "<dict><key>a</key><string><![CDATA[x", None, [("a", "truncated", 4, 27)]),
        (HEAD + "<dict><key>a</key><true", None, [("", "truncated", 4, 19)]),
        (HEAD + "<!-- c", None, [("", "truncated", 4, 1)]),
        ("<?xml", None, [("", "truncated", 1, 1)]),
        (xml("<dict><key>a</key><integer>1</integer></dict>").replace(">1<", ">one<"), {"a": "one"},
         [("a", "malformed-plist", 4, 19)]),
        (xml("<dict><key>a</key>stray"), {}, [("", "stray-text", 4, 19), ("", "malformed-plist", 4, 24),
                                              ("", "malformed-plist", 4, 1)]),
        ('<!DOCTYPE plist [<!ENTITY b "x">]><plist><dict><key>a</key><string>&b;</string></dict></plist>',
         {"a": "&b;"}, [("a", "bare-ampersand", 1, 68)]),
    ],
)  # fmt: skip
def test_what_apples_parser_refuses_is_an_error_and_what_was_meant_is_read(
    text: str, value: Any, expected: list[tuple[str, str, int, int]]
) -> None:
    assert read(text) == (value, [("error", *entry) for entry in expected])
    with pytest.raises(_plist.PlistError) as caught:
        _plist.loads(text.encode())
    assert [problem.code for problem in caught.value.problems] == [entry[1] for entry in expected]
    assert str(caught.value) == "; ".join(problem.message for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("<dict><key>a</key><true/><key>a</key><false/></dict>", {"a": False}, [("warning", "a", "duplicate-key")]),
        ("<dict><key>a</key><string>\x01</string></dict>", {"a": "\ufffd"}, [("warning", "a", "not-well-formed")]),
        ("<dict><key>a</key><key>b</key></dict>", {"a": "b"}, [("warning", "", "not-well-formed")]),
        ("<dict><key>a</key><string>x\r\ny\rz</string></dict><!-- -->", {"a": "x\ny\nz"}, []),
        ("<dict><key>a</key><string>&#13;</string></dict><!-- -->", {"a": "\r"}, []),
        ("<dict><key>a</key><string>&amp;&lt;&gt;&quot;&apos;&#x41;</string></dict><!-- -->", {"a": "&<>\"'A"}, []),
        ("<dict><key>a</key><true></true><key>b</key><string/><key/><dict/></dict>",
         {"a": True, "b": "", "": {}}, []),
        ("<array><integer>1</integer><real>1.5</real><date>2024-02-29T01:02:03Z</date><data>AAE=</data></array>",
         [1, 1.5, dt.datetime(2024, 2, 29, 1, 2, 3), b"\0\1"], []),  # noqa: DTZ001 -- plistlib's are naive
    ],
)  # fmt: skip
def test_what_is_read_with_at_most_a_warning(text: str, value: Any, found: list[tuple[str, str, str]]) -> None:
    read_value, problems = _plist.read(xml(text).encode())
    assert read_value == value == _plist.loads(xml(text).encode())
    assert [(problem.level, problem.path, problem.code) for problem in problems] == found


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("<integer>0x1F</integer>", 31),
        ("<integer>-0x1F</integer>", -31),
        ("<integer>+7</integer>", 7),
        ("<integer>18446744073709551615</integer>", 2**64 - 1),
        ("<integer>-9223372036854775808</integer>", -(2**63)),
        ("<real>1e3</real>", 1000.0),
        ("<real>-inf</real>", -math.inf),
        ("<real> .5</real>", 0.5),
        ("<data>\n AA E=\n</data>", b"\0\1"),
        ("<data>A===</data>", b""),
        ("<data>ab=c</data>", b""),
        ("<data>AAAA=AAA</data>", b"\0\0\0"),
        ("<data>AAA=AAAA</data>", b"\0\0"),
        ("<data>====</data>", b""),
        ("<data>YQ</data>", b""),
    ],
)
def test_scalars_as_apples_parser_reads_them(element: str, value: object) -> None:
    assert read(xml(f"<dict><key>a</key>{element}<!-- --></dict>")) in (
        ({"a": value}, []),
        ({"a": value}, [("warning", "", "not-well-formed", 1, 1)]),
    )


@pytest.mark.parametrize(
    "element",
    [
        "<integer></integer>",
        "<integer>1.0</integer>",
        "<integer>18446744073709551616</integer>",
        "<integer>-9223372036854775809</integer>",
        "<integer>0xFFFFFFFFFFFFFFFFF</integer>",
        f"<integer>{'9' * 5000}</integer>",
        f"<integer>0x{'f' * 5000}</integer>",
        "<integer>٣</integer>",
        "<real>one</real>",
        "<real>1_0</real>",
        "<date>2024-02-30T00:00:00Z</date>",
        "<date>0000-01-01T00:00:00Z</date>",
        "<date>2024-01-01</date>",
        "<data/>",
    ],
    ids=lambda element: element[:40],
)
def test_scalars_that_apples_parser_refuses(element: str) -> None:
    value, found = read(xml(f"<dict><key>a</key>{element}</dict>"))
    assert found == [("error", "a", "malformed-plist", 4, 19)]
    assert isinstance(value["a"], str)


def test_not_a_number_is_read() -> None:
    value = _plist.loads(xml("<array><real>nan</real></array>").encode())
    assert isinstance(value, list)
    assert repr(value) == "[nan]"
    assert b"<real>nan</real>" in _plist.dumps(value)


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


def test_binaries_keep_what_only_they_can_hold() -> None:
    values = {"uid": plistlib.UID(5), "big": 2**64 - 1, "u": "\ufffe\r", "list": list(range(300)), "": "x" * 300}
    assert read(plistlib.dumps(values, fmt=plistlib.FMT_BINARY)) == (values, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<array>" * 100_000 + "</array>" * 100_000, "too-large"),
        ("<dict><key>a</key>" + "<array>" * 100_000 + "</array>" * 100_000 + "</dict>", "too-large"),
        ("<dict><key>a</key>" * 100_000, "too-large"),
        ("<dict><key>a</key>" + "<array>" * 100_000, "too-large"),
        ("<array>" + "<true/>" * 100_001 + "</array>", "too-large"),
        ("<array>" + "<x>" * 100_000, "too-large"),
        ("<string>" + "&" * 500_000, "malformed-plist"),
        ("<string>" + "<" * 500_000, "malformed-plist"),
        ("<plist>" * 1000, "too-large"),
        (" " * 3_000_000, "too-large"),
    ],
    ids=lambda text: text[:24],
)
def test_hostile_xml_is_refused(text: str, code: str) -> None:
    value, found = read(xml(text))
    assert value is None
    assert (found[-1][0], found[-1][2]) == ("error", code)
    assert len(found) <= 202


def test_deep_binaries_are_refused() -> None:
    places = range(8, 8 + 5 * 60_000, 5)
    data = b"bplist00" + b"".join(b"\xa1" + struct.pack(">I", index + 1) for index in range(60_000))
    table = struct.pack(">60000I", *places)
    data += table + struct.pack(">6xBBQQQ", 4, 4, 60_000, 0, len(data))
    assert read(data) == (None, [("error", "", "malformed-plist", None, None)])


def test_a_file_of_50_mib_is_not_looked_at() -> None:
    data = bytes(50 * 2**20)
    tracemalloc.start()
    try:
        assert read(data) == (None, [("error", "", "too-large", None, None)])
        assert _plist.positions(data) == {}
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_positions_are_those_of_values() -> None:
    text = xml(
        "<dict>\n <key>a</key>\n <array><true/>\n  <dict><key>b.c</key><integer>1</integer></dict></array></dict>"
    )
    assert _plist.positions(text.encode()) == {
        "": (4, 1),
        "a": (6, 2),
        "a[0]": (6, 9),
        "a[1]": (7, 3),
        "a[1].b.c": (7, 23),
    }
    assert _plist.positions(plistlib.dumps({}, fmt=plistlib.FMT_BINARY)) == {}


def test_writing_is_as_xcode_writes() -> None:
    value: Any = {"b": [1, True, 1.5, b"\0"], "a": "<&é\U0001f600>", "c": {}, "d": dt.datetime(2024, 1, 2, tzinfo=UTC)}
    assert _plist.dumps(value).decode() == (
        f"{HEAD}<dict>\n\t<key>a</key>\n\t<string>&lt;&amp;é\U0001f600&gt;</string>\n\t<key>b</key>\n\t<array>\n"
        "\t\t<integer>1</integer>\n\t\t<true/>\n\t\t<real>1.5</real>\n\t\t<data>\n\t\tAA==\n\t\t</data>\n\t</array>\n"
        "\t<key>c</key>\n\t<dict/>\n\t<key>d</key>\n\t<date>2024-01-02T00:00:00Z</date>\n</dict>\n</plist>\n"
    )


def test_other_mappings_and_sequences_are_written_too() -> None:
    value: Any = MappingProxyType({"b": (1, "é\n"), "a": MappingProxyType({"c": bytearray(b"x")})})
    assert _plist.loads(_plist.dumps(value)) == {"a": {"c": b"x"}, "b": [1, "é\n"]}
    assert _plist.unwritable(value) == ()


BEFORE_YEAR_1 = dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        *(({"a": [character]}, "a[0]", "not-writable") for character in "\0\x01\x0b\x1f\r\ud800\udfff\ufffe\uffff"),
        ({"a": {"b\x01": 1}}, "a", "not-writable"),
        ({"\ufffe": 1}, "", "not-writable"),
        ({"a": {"b": 2**64}}, "a.b", "not-writable"),
        ({"a": -(2**63) - 1}, "a", "not-writable"),
        ({"a": 1 << 20_000}, "a", "not-writable"),
        ({"a": plistlib.UID(1)}, "a", "not-writable"),
        ({"a": dt.datetime(2024, 1, 1, microsecond=5, tzinfo=UTC)}, "a", "not-writable"),
        ({"a": BEFORE_YEAR_1}, "a", "not-writable"),
        ({"a": ["" for _ in range(100_001)]}, "", "too-large"),
    ],
    ids=lambda _: "",  # pytest cannot show lone surrogates, nor integers of 6000 digits
)
def test_what_xml_cannot_carry_is_refused_with_its_place(value: Any, path: str, code: str) -> None:
    with pytest.raises(_plist.PlistError) as caught:
        _plist.dumps(value)
    assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == [(path, code, "error")]
    assert _plist.unwritable(value) == caught.value.problems


@pytest.mark.parametrize("plain", [True, False])
def test_values_that_contain_themselves_cannot_be_written(*, plain: bool) -> None:
    value: list[Any] = [{} if plain else MappingProxyType({})]
    value.append(value) if plain else value.append((value, UTC and plistlib.UID(1)))
    with pytest.raises(_plist.PlistError, match=r"nested more than 100 levels|more than 100,000 values"):
        _plist.dumps(value)


def test_every_place_is_named_at_once() -> None:
    problems = _plist.unwritable({"a": "\0", "b": [2**64, {"c\r": plistlib.UID(1)}]})
    assert [problem.path for problem in problems] == ["a", "b[0]", "b[1]", "b[1].c\r"]


@pytest.mark.parametrize(
    "value", [None, {"a": None}, {"a": {1: 2}}, {1: 2}, [{"a": {3}}], {"a": dt.date(2024, 1, 1)}, [object()]]
)
def test_what_is_no_property_list_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match=r"is no value of a property list|is no str"):
        _plist.dumps(value)


ALPHABET = "aZ0 .-_<>&\"'\n\té中\U0001f600\x7f\u2028"


def random_value(seeded: random.Random, depth: int = 0) -> Any:
    makers: list[Callable[[], Any]] = [
        lambda: seeded.choice([0, 1, -1, 2**63, -(2**63), 2**64 - 1, seeded.getrandbits(40)]),
        lambda: seeded.random() < 0.5,
        lambda: seeded.choice([0.0, -1.5, 1e300, math.inf]),
        lambda: seeded.randbytes(seeded.randrange(90)),
        lambda: dt.datetime(2001, 1, 1) + dt.timedelta(seconds=seeded.randrange(10**9)),  # noqa: DTZ001
        lambda: random_text(seeded),
        lambda: [random_value(seeded, depth + 1) for _ in range(seeded.randrange(5))],
        lambda: {random_text(seeded): random_value(seeded, depth + 1) for _ in range(seeded.randrange(5))},
    ]
    return seeded.choice(makers if depth < 4 else makers[:6])()


def random_text(seeded: random.Random) -> str:
    return "".join(seeded.choices(ALPHABET, k=seeded.randrange(12)))


def test_random_values_are_written_and_read_by_all_ways_the_same() -> None:
    seeded = random.Random(2)
    for _ in range(500):
        value = {"x": random_value(seeded), "y": random_value(seeded)}
        data = _plist.dumps(value)
        assert data == plistlib.dumps(value)
        assert _plist.read(data) == _plist.Reading(value, ())
        # A comment keeps the file from the quick way.
        assert _plist.read(data.replace(b"<dict>", b"<!-- --><dict>", 1)) == _plist.Reading(value, ())
        assert _plist.loads(plistlib.dumps(value, fmt=plistlib.FMT_BINARY)) == value


def test_broken_files_raise_nothing() -> None:
    seeded = random.Random(3)
    value = {"items": [{"a": random_value(seeded), "b": [1, 1.5, b"abc", "é&", True]} for _ in range(4)]}
    extra = b"<!-- c --><array><date>2024-01-01T00:00:00Z</date><key/><integer>0x1</integer><![CDATA[x]]>&amp;&#1;"
    for data in (plistlib.dumps(value), plistlib.dumps(value, fmt=plistlib.FMT_BINARY), HEAD.encode() + extra):
        for _ in range(1500):
            broken = bytearray(data)
            for _ in range(seeded.randint(1, 4)):
                place = seeded.randrange(len(broken))
                how = seeded.randrange(3)
                if how == 0:
                    broken[place] = seeded.choice(b"<>&/\"'\0\xff]![-;#xA0 =") if seeded.random() < 0.7 else place % 256
                elif how == 1:
                    del broken[place : place + seeded.randint(1, 9)]
                else:
                    broken[place:place] = broken[seeded.randrange(len(broken)) :][: seeded.randint(1, 12)]
            value_read, problems = _plist.read(bytes(broken))
            if value_read is None:
                assert [problem for problem in problems if problem.level == "error"]
            _plist.positions(bytes(broken))


@pytest.mark.skipif(shutil.which("plistutil") is None, reason="libplist's plistutil is not installed")
def test_libplist_agrees(tmp_path: Path) -> None:
    seeded = random.Random(4)
    # libplist knows no microseconds, infinities and doubts other signs of 64 bits: it is asked for what manifests hold.
    value: Any = {
        "items": [
            {"".join(seeded.choices(ALPHABET, k=5)): "".join(seeded.choices(ALPHABET, k=20)), "n": 2**40, "b": True}
            for _ in range(20)
        ],
        "中": ["é\U0001f600", "", [0], {"a": 0}],
    }
    (tmp_path / "a.plist").write_bytes(_plist.dumps(value))
    subprocess.run(["plistutil", "-i", tmp_path / "a.plist", "-o", tmp_path / "b.plist", "-f", "bin"], check=True)
    subprocess.run(["plistutil", "-i", tmp_path / "b.plist", "-o", tmp_path / "c.plist", "-f", "xml"], check=True)
    binary = (tmp_path / "b.plist").read_bytes()
    assert binary.startswith(b"bplist00")
    assert _plist.loads(binary) == plistlib.loads(binary) == value
    assert _plist.loads((tmp_path / "c.plist").read_bytes()) == value
