"""XML property lists: what Apple's parser reads is read, what it refuses is placed, what is hostile stays cheap."""

from __future__ import annotations

import datetime as dt
import plistlib
from typing import Any

import pytest
from _plists import BODY, HEAD, read, xml

from itms_ota import _plist


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
        (f"\n{xml(BODY)}".encode("utf-16-le"), 1, 1),
        (xml(BODY).replace("<dict>", f"<dict a='{'b' * 70_000}'>"), 1, 1),
        (BODY.replace("<dict>", "<dict >", 1), 1, 1),
        (BODY.replace("<dict>", "<dict a='b'>", 1), 1, 1),
        (xml("<?>" + BODY), 4, 3),
        (xml("<!-- --- -->" + BODY), 4, 8),
        ("<!DOCTYPE plist <plist>" + BODY, 1, 1),
        (xml(BODY.replace("<string>", "<string>\ufeff")), 6, 1),
        (xml(BODY.replace("<string>", "<string>&#xfeff;")), 6, 1),
        (xml(BODY.replace("x</", "<![CDATA[\ufeffx]]></")), 6, 1),
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
        "UTF-16 without a mark, which a line feed stands in for",
        "a long tag",
        "no plist element, a space",
        "no plist element, an attribute",
        "the shortest instruction",
        "three hyphens in a comment",
        "a DOCTYPE that goes on",
        "U+FEFF first",
        "U+FEFF first, as a reference",
        "U+FEFF first, in CDATA",
    ],
)
def test_what_only_apples_parser_reads_is_a_warning(text: str | bytes, line: int, column: int) -> None:
    value, ((level, _, code, *place),) = read(text)
    assert (value, level, code, place) == ({"a": "x"}, "warning", "not-well-formed", [line, column])


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (xml(BODY.replace("x", "x&y")), {"a": "x&y"}, [("a", "bare-ampersand", 6, 10)]),
        (xml(BODY.replace("x", "&&&")), {"a": "&&&"}, [("a", "bare-ampersand", 6, 9)]),
        (xml(BODY.replace("x", "x&nbsp;y")), {"a": "x&nbsp;y"}, [("a", "bare-ampersand", 6, 10)]),
        (xml(BODY.replace("x", "&#xd800;&#x110000;")), {"a": "&#xd800;&#x110000;"},
         [("a", "bare-ampersand", 6, 9)]),
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
        (xml("<dict/><dict/>"), None, [("", "malformed-plist", 4, 8)]),
        (xml(BODY.replace("\n<string>", "\x0b<string>")), {"a": "x"}, [("", "stray-text", 5, 13)]),
        (xml(BODY.replace("\n<string>", "\x0c<string>")), {"a": "x"}, [("", "stray-text", 5, 13)]),
        (xml(BODY.replace("\n<string>", "\xa0<string>")), {"a": "x"}, [("", "stray-text", 5, 13)]),
        *((f"<plist><{space}>", None, [("", "unknown-element", 1, 8), ("", "truncated", 1, 11),
                                       ("", "malformed-plist", 1, 1)]) for space in "\x0b\x0c\x1c\x85\xa0\u2028\u3000"),
        *((xml(BODY.replace("<dict>", tag)), {"a": "x"}, [("", "unknown-element", 4, 1)])
          for tag in ("< dict>", "<dict\x0b>", "<dict\xa0>", "<\u2028dict \xa0>")),
        *((xml(BODY.replace("</dict>", tag)), {"a": "x"}, [("", "malformed-plist", 7, 1)])
          for tag in ("</ dict>", "</dict\x0c>", "</\xa0dict>")),
        *((xml(f"<dict><key>a</key>{value}</dict>"), {"a": True}, [("", "malformed-plist", 4, 25)])
          for value in ("<true>\x0b</true>", "<true> </true>", "<true>x</true>", "<true></false>", "<true>\n</true >")),
        (xml("<dict><key>a</key><plist><true/><true/></plist></dict>"), None, [("", "malformed-plist", 4, 33)]),
        (xml("<dict><string>x</string></dict>"), None, [("", "malformed-plist", 4, 7)]),
        (xml("<dict><key>a</key></dict>"), {}, [("", "malformed-plist", 4, 1)]),
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
         {"a": "&b;"}, [("", "malformed-plist", 1, 1), ("a", "bare-ampersand", 1, 68)]),
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
        ("<dict><key>a</key><string>\x01</string></dict>", {"a": "\x01"}, [("warning", "a", "not-well-formed")]),
        ("<dict><key>a</key><key>b</key></dict>", {"a": "b"}, [("warning", "a", "not-well-formed")]),
        ("<array><key>b</key></array>", ["b"], [("warning", "[0]", "not-well-formed")]),
        ("<array><key>b</key><true/></array>", ["b", True], [("warning", "[0]", "not-well-formed")]),
        ("<array><string>]]></string></array>", ["]]>"], [("warning", "", "not-well-formed")]),
        ("<dict><key>a</key><plist><array><plist><true/></plist></array></plist></dict>", {"a": [True]}, []),
        ("<dict><key>a</key><string>x\r\ny\rz</string></dict><!-- -->", {"a": "x\r\ny\rz"}, []),
        ("<dict><key>a</key><string>&#13;</string></dict><!-- -->", {"a": "\r"}, []),
        ("<dict><key>a</key><string>&amp;&lt;&gt;&quot;&apos;&#x41;</string></dict><!-- -->", {"a": "&<>\"'A"}, []),
        ("<dict><key>a</key><true></true><key>b</key><string/><key/><dict/></dict>",
         {"a": True, "b": "", "": {}}, []),
        ("<array><integer>1</integer><real>1.5</real><date>2024-02-29T01:02:03Z</date><data>AAE=</data></array>",
         [1, 1.5, dt.datetime(2024, 2, 29, 1, 2, 3), b"\0\1"], []),  # noqa: DTZ001 -- plistlib's are naive
    ],
)  # fmt: skip
def test_what_is_read_with_at_most_a_warning(text: str, value: Any, found: list[tuple[str, str, str]]) -> None:
    read_value, problems, _ = _plist.read(xml(text).encode())
    assert read_value == value == _plist.loads(xml(text).encode())
    assert [(problem.level, problem.path, problem.code) for problem in problems] == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<array>" * 100_000 + "</array>" * 100_000, "too-large"),
        ("<array>" + "<string></string>" * 100_000 + "</array>", "too-large"),
        ("<array>" + "<true/>" * 99_998 + "<dict><key>a</key><string>b</string></dict></array>", "too-large"),
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


@pytest.mark.parametrize("count", [197, 198, 199, 200, 201])
@pytest.mark.parametrize(("unit", "faults"), [("<x/>", 1), ("x<x/>", 2), ("</y>", 1)])
def test_the_last_fault_that_is_told_may_be_any(unit: str, faults: int, count: int) -> None:
    """Not least that there is no value, which shows at the end alone."""
    value, found = read(f"<plist>{unit * count}</plist>")
    assert value is None
    assert len(found) == min(count * faults + 1, 200) + (count * faults + 1 >= 200)
    assert found[-1][2] == ("too-large" if count * faults + 1 >= 200 else "malformed-plist")


@pytest.mark.parametrize(
    ("comment", "elsewhere", "first"),
    [
        ("<!---->", True, False),
        ("<!-- -->", True, True),
        ("<!----->", True, True),
        ("<!-->", False, False),
        ("<!--->", False, False),
        ("<?>", True, False),
        ("<??>", True, True),
    ],
)
def test_the_shortest_comments_and_instructions(comment: str, *, elsewhere: bool, first: bool) -> None:
    for text, is_read in ((f"<plist>{comment}<true/></plist>", elsewhere), (f"{comment}<plist><true/></plist>", first)):
        value, problems, _ = _plist.read(text.encode())
        assert (value is True) == is_read
        assert ("truncated" in {problem.code for problem in problems}) != is_read
        whole = text.replace(comment, f"{comment} {'?' if comment[1] == '?' else '--'}>")
        assert is_read or _plist.loads(whole.encode()) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<string>a</string>", "a"),
        ("<integer>1</integer>", 1),
        ("<true/>", True),
        ("<array/>", []),
        ("<dict/>", {}),
        ("<key>a</key>", "a"),
        ("<?xml?><dict/>", {}),
    ],
)
def test_any_element_can_be_the_whole(text: str, value: object) -> None:
    found = _plist.read(text.encode())
    assert found.value == value
    assert [(problem.level, problem.code) for problem in found.problems] == [("warning", "not-well-formed")]


@pytest.mark.parametrize(
    "text", ["<dict/ >", "<dict/x>", "<dicts/>", "<a/>", "< dict/>", "<DICT/>", "</dict>", "<>", "<"]
)
def test_other_elements_cannot(text: str) -> None:
    assert read(text) == (None, [("error", "", "malformed-plist", 1, 1)])


@pytest.mark.parametrize(
    ("element", "value", "code"),
    [
        ("<integer><![CDATA[1]]></integer>", 1, "stray-text"),
        ("<integer>1<!-- --></integer>", 1, "stray-text"),
        ("<date><![CDATA[2024-01-01T00:00:00Z]]></date>", dt.datetime(2024, 1, 1), "stray-text"),  # noqa: DTZ001
        ("<data>AA==<![CDATA[]]></data>", b"\0", "stray-text"),
        ("<integer>&#49;</integer>", "&#49;", "malformed-plist"),
        ("<date>&#50;024-01-01T00:00:00Z</date>", "&#50;024-01-01T00:00:00Z", "malformed-plist"),
        ("<data/>", "", "malformed-plist"),
        ("<integer/>", "", "malformed-plist"),
        ("<real />", "", "malformed-plist"),
        ("<date/>", "", "malformed-plist"),
    ],
)
def test_numbers_dates_and_data_are_plain_text(element: str, value: object, code: str) -> None:
    found = _plist.read(f"<plist>{element}</plist>".encode())
    assert found.value == value
    assert [problem.code for problem in found.problems] == [code]


def test_a_dictionary_with_a_number_for_cf_uid_alone_is_a_uid() -> None:
    def uid(value: str, more: str = "") -> str:
        return f"<dict><key>CF$UID</key>{value}{more}</dict>"

    for text, value in (
        (uid("<integer>1</integer>"), plistlib.UID(1)),
        (uid("<integer>4294967297</integer>"), plistlib.UID(1)),
        (uid("<integer>-1</integer>"), plistlib.UID(2**32 - 1)),
        (uid("<real>1.5</real>"), plistlib.UID(1)),
        (uid("<real>nan</real>"), plistlib.UID(0)),
        (uid("<true/>"), {"CF$UID": True}),
        (uid("<string>1</string>"), {"CF$UID": "1"}),
        (uid("<integer>1</integer>", "<key>a</key><true/>"), {"CF$UID": 1, "a": True}),
    ):
        for around, expected in (
            (text, value),
            (f"<array>{text}</array>", [value]),
            (f"<dict><key>a</key><plist>{text}</plist></dict>", {"a": value}),
        ):
            assert _plist.loads(f"<plist>{around}</plist>".encode()) == expected
