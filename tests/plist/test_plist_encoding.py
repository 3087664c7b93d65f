"""The encodings of XML property lists: those declared are honoured, and what is wrong is placed and guessed."""

from __future__ import annotations

import pytest
from _plists import BODY, read, xml

from itms_ota import _plist


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
        *(
            (name, "latin-1", "é", 1)
            for name in ("US-ASCII", "ascii", "ANSI_X3.4-1968", "latin1", "L1", "iso8859-1", "cp819")
        ),
        ("ISO_8859-15", "iso8859-15", "€", 1),
        *((name, "cp1252", "€", 1) for name in ("cp1252", "CP1252", "windows 1252")),
        *((name, "gbk", "应用", 1) for name in ("cp936", "windows-936", "GB18030", "EUC-CN")),
        *((name, "shift_jis", "アプリ", 1) for name in ("sjis", "x-sjis", "windows-31J")),
        *((name, "utf-8", "é", 1) for name in ("utf-8 ", "unicode-1-1-utf-8", "UTF_8")),
        ("latin9", "iso8859-15", "€", 1),
        ("IBM850", "cp850", "é", 1),
        ("KOI8", "koi8-r", "п", 1),
        ("TIS-620", "cp874", "ก", 1),
        ("ks_c_5601-1987", "euc-kr", "앱", 1),
        ("x-big5", "cp950", "應用", 1),
        ("HZ-GB-2312", "hz", "应用", 1),
        ("iso-2022-jp", "iso2022-jp", "アプリ", 1),
        ("UTF8", "utf-8", "é", 1),
        ("x", "utf-8-sig", "é", 1),
        ("UTF-32", "utf-32", "é", 1),
    ],
)
def test_declared_encodings_are_honoured(declared: str, codec: str, text: str, warnings: int) -> None:
    value, found = read(xml(BODY.replace("x", text)).replace("UTF-8", declared).encode(codec))
    assert value == {"a": text}
    assert [entry[:3] for entry in found] in ([("warning", "", "not-well-formed")] * warnings, [])


@pytest.mark.parametrize(
    ("data", "value", "line", "column"),
    [
        (xml(BODY.replace("x", "é")).encode("latin-1"), "é", 6, 9),
        (xml(BODY.replace("x", "应用")).encode("gbk"), "应用", 6, 10),
        (xml(BODY.replace("x", "\x81")).encode("latin-1") + b"\xff", "\x81", 6, 9),
        (xml(BODY).replace("UTF-8", "UTF-16").encode(), "x", 1, 1),
        (xml(BODY).replace("UTF-8", "rot13").encode(), "x", 1, 1),
        (xml(BODY).replace("UTF-8", "unicode_escape").encode(), "x", 1, 1),
        (xml(BODY).replace("UTF-8", "GBK").replace("x</s", "é</s").encode("latin-1"), "é", 6, 9),
        (xml(BODY).replace("UTF-8", "macintosh").encode(), "x", 1, 1),
        (xml(BODY).replace('"UTF-8"', "\"UTF-8'").encode(), "x", 1, 1),
        (xml(BODY).encode("utf-16-le"), "x", 1, 1),
        (xml(BODY).encode("utf-16-be"), "x", 1, 1),
        (("\n" + xml(BODY)).encode("utf-16-be"), "x", 1, 1),
    ],
    ids=[
        "Latin-1",
        "GBK",
        "nothing known",
        "UTF-16 that is not",
        "no charset",
        "no charset either",
        "not GBK",
        "number 0",
        "another quote",
        "UTF-16 without a mark",
        "UTF-16 of the other order without a mark",
        "UTF-16 of the other order without a mark, a line first",
    ],
)
def test_a_wrong_encoding_is_placed_and_guessed(data: bytes, value: str, line: int, column: int) -> None:
    read_value, found = read(data)
    assert found == [("error", "", "wrong-encoding", line, column)]
    assert value == "é" or read_value == {"a": value}
    assert list(read_value) == ["a"]


BAD = b"\xff\xe5\xb9"


@pytest.mark.parametrize(
    "data",
    [
        xml(BODY).encode().replace(b"<dict>", b"<!-- " + BAD + b" --><dict>"),
        xml(BODY).encode().replace(b"<plist", b"<!-- " + BAD + b" --><plist"),
        xml(BODY).encode().replace(b"<dict>", b"<?" + BAD + b"?><dict>"),
        xml(BODY).encode().replace(b"<dict>", b"<dict a='" + BAD + b"'>"),
        xml(BODY).encode() + BAD,
    ],
    ids=["comment", "comment first", "instruction", "attribute", "behind"],
)
def test_bytes_outside_of_texts_are_a_warning(data: bytes) -> None:
    value, found = read(data)
    assert value == {"a": "x"}
    assert [entry[:3] for entry in found] == [("warning", "", "not-well-formed")]
    assert _plist.positions(data, ["a"])["a"][1] == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<plist><dict><key>\xe9</key><true/></dict></plist>", ({"é": True}, [("wrong-encoding", 1, 19)])),
        (
            b"<plist><array><string>&amp;<![CDATA[\xe9 ]]></string></array></plist>",
            (["&é "], [("wrong-encoding", 1, 37)]),
        ),
        (b"<plist><!-- \xe9 --><string>a\r\n\xe9</string></plist>", ("a\r\né", [("wrong-encoding", 2, 1)])),
        (b"<plist><string>\xe9&</string></plist>", ("é&", [("wrong-encoding", 1, 16), ("bare-ampersand", 1, 17)])),
        (b"<plist><real>1\xe9</real></plist>", ("1é", [("wrong-encoding", 1, 15), ("malformed-plist", 1, 8)])),
        (b"<plist><integer>\x85\xa07</integer></plist>", (7, list[object]())),
        (b"<plist><integer>\xa17</integer></plist>", ("\udca17", [("malformed-plist", 1, 8)])),
        (b"<plist><data>AAA\xe9A</data></plist>", ("AAA\udce9A", [("malformed-plist", 1, 8)])),
        (b"<plist>\xe9<true/></plist>", (True, [("stray-text", 1, 8)])),
        (b"<plist><\xe9><true/></plist>", (True, [("unknown-element", 1, 8)])),
    ],
    ids=ascii,
)
def test_bytes_are_looked_at_where_apples_parser_does(data: bytes, expected: object) -> None:
    value, problems, _ = _plist.read(data)
    told = [(problem.code, problem.line, problem.column) for problem in problems if problem.level == "error"]
    assert (value, told) == expected
    assert all(problem.message.isprintable() for problem in problems)


@pytest.mark.parametrize(
    ("declaration", "is_read"),
    [
        ('encoding ="x"', True),
        ('encoding= "x" encoding="y"', True),
        ("encoding=x", True),
        ('> encoding="x"', True),
        ('encoding="', True),
        ('encoding=""', False),
        ('eencoding="x"', False),
        ('encoding="a?b"', False),
        ("encoding=\"UTF-8'", False),
        ('encoding="UTF-7"', False),
        ('encoding="x-mac-roman"', False),
        ('encoding="iso-8859-12"', False),
        ('encoding="cp1259"', False),
        ('encoding="UCS-2"', False),
    ],
)
def test_declarations_are_read_as_apples_parser_reads_them(declaration: str, *, is_read: bool) -> None:
    body = "<plist><true/></plist>" + ('<!-- " -->' if declaration.count("'") else "")
    value, found = read(f"<?xml {declaration} ?>{body}")
    assert value is True
    assert [entry[:3] for entry in found] == (
        [("warning", "", "not-well-formed")] if is_read else [("error", "", "wrong-encoding")]
    )


def test_wide_encodings_are_read_by_whole_units() -> None:
    text = xml(BODY.replace("x", "\U0001f600"))
    for codec, odd in (("utf-16", b"\0"), ("utf-32", b"\0\0\0")):
        assert _plist.loads(text.encode(codec) + odd) == {"a": "\U0001f600"}
    half = text.encode("utf-16").replace("\U0001f600".encode("utf-16-le"), b"\x3d\xd8a\0")
    assert read(half) == ({"a": "\ufffda"}, [("error", "", "wrong-encoding", 6, 9)])
