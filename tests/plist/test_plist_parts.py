"""The parts of the reader on their own: characters, offsets, and the values while they are read."""

from __future__ import annotations

import datetime as dt

import pytest

from itms_ota._plist._characters import character, resolved
from itms_ota._plist._places import Wanted, lines, spelled
from itms_ota._plist._scalars import SCALARS
from itms_ota._plist._tree import Stop, Tree


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("&lt;", "<"),
        ("&#65;", "A"),
        ("&#x1F600;", "\U0001f600"),
        ("&#0;", "\0"),
        ("&#;", "\0"),
        ("&#x;", "\0"),
        ("&#00000065;", "A"),
        ("&#xFFFF;", "\uffff"),
        ("&#xD7FF;", "\ud7ff"),
        ("&#xD800;", None),
        ("&#xDFFF;", None),
        ("&#xE000;", "\ue000"),
        ("&#x10FFFF;", "\U0010ffff"),
        ("&#x110000;", None),
    ],
)
def test_characters_of_entities(entity: str, expected: str | None) -> None:
    assert character(entity) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "a"), ("&amp;lt;&gt;", "&lt;>"), ("&quot;&apos;", "\"'"), ("&#65;", None), ("a & b", None), ("&amp", None)],
)
def test_texts_without_their_entities(text: str, expected: str | None) -> None:
    assert resolved(text) == expected


def test_lines_and_columns_of_offsets() -> None:
    assert lines("ab\n\ncd", [6, 0, 3, 2, 4, 0]) == {0: (1, 1), 2: (1, 3), 3: (2, 1), 4: (3, 1), 6: (3, 3)}
    assert lines("", [0]) == {0: (1, 1)}
    assert lines("a\r\nb\rc\n\rd", [3, 5, 8]) == {3: (2, 1), 5: (3, 1), 8: (5, 1)}
    assert lines("a\r\nb\rc\n\rd", [8]) == {8: (5, 1)}


def test_a_place_is_spelled_from_its_links() -> None:
    assert spelled(None) == ""
    assert spelled((((None, "items"), 0), "metadata")) == "items[0].metadata"


def test_only_what_is_wanted_is_noted() -> None:
    wanted = Wanted(["a.b", "a.c[0]"])
    assert [wanted.note(path, 7) for path in ("", "a", "a.c", "a.d", "b")] == ["", "a", "a.c", None, None]
    assert [wanted.nearest(path) for path in ("", "a", "a.c[0]", "a.d", "b")] == [7, 7, 7, 7, None]


@pytest.mark.parametrize(
    ("element", "content", "expected"),
    [
        ("integer", "0x1F", (31, True)),
        ("integer", "+ 7", (7, False)),
        ("integer", "7.0", (None, False)),
        ("real", "1e3", (1000.0, True)),
        ("real", "+nan", (None, False)),
        ("date", "2024-02-30T00:00:00Z", (dt.datetime(2024, 3, 1), False)),  # noqa: DTZ001 -- plistlib's are naive
        ("data", "AA E=", (b"\0\1", True)),
        ("data", "YQ", (b"", False)),
    ],
)
def test_scalars_on_their_own(element: str, content: str, expected: tuple[object, bool]) -> None:
    assert SCALARS[element].read(content) == expected


def test_values_are_put_where_they_belong() -> None:
    tree = Tree()
    tree.begin_container("dict", 0)
    tree.open[-1].key = "a"
    tree.begin_container("array", 1)
    tree.begin_value(2)
    tree.add("stray-text", 2, "x")
    tree.end_value(True)  # noqa: FBT003 -- a value like any other
    assert [tree.close(), tree.close()] == ["array", "dict"]
    assert tree.value == {"a": [True]}
    assert [(fault.path, fault.code, fault.offset) for fault in tree.faults] == [("a[0]", "stray-text", 2)]


def test_a_value_without_a_key_stops_the_reading() -> None:
    tree = Tree()
    tree.begin_container("dict", 0)
    with pytest.raises(Stop):
        tree.begin_value(3)
    assert [(fault.path, fault.code, fault.offset) for fault in tree.faults] == [("", "malformed-plist", 3)]
