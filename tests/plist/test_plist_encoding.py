"""The encodings of XML property lists: those declared are honoured, and what is wrong is placed and guessed."""

from __future__ import annotations

import pytest
from _plists import BODY, read, xml


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
