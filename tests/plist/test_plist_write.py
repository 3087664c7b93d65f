"""Writing property lists: as Xcode does, and what XML cannot hold is named with its place."""

from __future__ import annotations

import datetime as dt
import plistlib
import random
from types import MappingProxyType
from typing import Any

import pytest
from _plists import HEAD, random_value

from itms_ota import _plist

UTC = dt.timezone.utc


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
        *(({"a": [character]}, "a[0]", "not-writable") for character in "\0\x01\x0b\x1f\ud800\udfff\ufffe\uffff"),
        ({"a": {"b\x01": 1}}, "a", "not-writable"),
        ({"\ufffe": 1}, "", "not-writable"),
        ({"a": {"b": 2**64}}, "a.b", "not-writable"),
        ({"a": -(2**63) - 1}, "a", "not-writable"),
        ({"a": 1 << 20_000}, "a", "not-writable"),
        ({"a": plistlib.UID(2**32)}, "a", "not-writable"),
        ({"a": {"CF$UID": 1}}, "a", "not-writable"),
        ({"a": MappingProxyType({"CF$UID": 1.5})}, "a", "not-writable"),
        ({"CF$UID": -1}, "", "not-writable"),
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


def test_values_that_share_their_parts_are_not_written_without_end() -> None:
    lists: Any = "a"
    tuples: Any = "a"
    for _ in range(60):
        lists, tuples = [lists, lists], (tuples, tuples)
    for value in (lists, tuples):
        with pytest.raises(_plist.PlistError, match="more than 100,000 values"):
            _plist.dumps(value)
    # Each shared once at most: the levels are few, and all of them together many.
    wide = [["a"] * 300] * 300
    with pytest.raises(_plist.PlistError, match="more than 100,000 values"):
        _plist.dumps([wide, wide])
    assert _plist.loads(_plist.dumps(wide)) == wide


def test_of_many_places_the_first_two_hundred_are_named() -> None:
    value: Any = {"a" * 100_000: [plistlib.UID(2**32)] * 90_000}
    problems = _plist.unwritable(value)
    assert [problem.path for problem in problems[:2]] == [f"{'a' * 200}…[0]", f"{'a' * 200}…[1]"]
    assert [(problem.path, problem.code) for problem in problems[199:]] == [
        (f"{'a' * 200}…[199]", "not-writable"),
        ("", "too-large"),
    ]
    with pytest.raises(_plist.PlistError) as caught:
        _plist.dumps(value)
    assert caught.value.problems == problems
    assert str(caught.value) == "; ".join([problems[0].message] * 5) + "; and 196 more"


def test_long_values_are_written_as_plistlib_writes_them() -> None:
    seeded = random.Random(8)
    deep: Any = {"d": b"", "e": seeded.randbytes(100_000)}
    for _ in range(12):
        deep = [deep, "", {}, [], {"k": seeded.randbytes(20)}]
    value: Any = {
        "<k&" * 20_000: "&<>\n\u00e9\U0001f600" * 20_000,
        "l": list(range(10_000)),
        "m": {"n": deep},
        "o": "x" * 16_383,
        "p": "x" * 16_384,
    }
    assert _plist.dumps(value) == plistlib.dumps(value)
    assert _plist.loads(_plist.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\r\nb\r", "a&#xD;\nb&#xD;"),
        ("\x85\u2028\u2029", "&#x85;&#x2028;&#x2029;"),
        ("\ufeff", "\ufeff\ufeff"),
        ("\ufeff\ufeff<", "\ufeff\ufeff\ufeff&lt;"),
        ("a\ufeff", "a\ufeff"),
        ("&\r" * 20_000, "&amp;&#xD;" * 20_000),
        ("\ufeff" * 20_000, "\ufeff" * 20_001),
    ],
    ids=lambda text: ascii(text[:10]),
)
def test_line_ends_and_marks_are_read_back(text: str, written: str) -> None:
    for value in (text, {text: text}, [{"a": text}]):
        data = _plist.dumps(value)
        assert written.encode() in data
        assert _plist.loads(data) == value
        if not text.startswith("\ufeff"):
            assert plistlib.loads(data) == value


def test_identifiers_of_keyed_archives_are_written_as_apple_writes_them() -> None:
    value: Any = {"a": plistlib.UID(2**32 - 1), "b": [plistlib.UID(0)], "c": {"CF$UID": True}, "d": {"CF$UID": "1"}}
    data = _plist.dumps(value)
    assert b"<dict>\n\t\t<key>CF$UID</key>\n\t\t<integer>4294967295</integer>\n\t</dict>" in data
    assert _plist.read(data) == _plist.Reading(value, ())
    assert _plist.loads(_plist.dumps(plistlib.UID(1))) == plistlib.UID(1)


def test_every_place_is_named_at_once() -> None:
    problems = _plist.unwritable({"a": "\0", "b": [2**64, {"c\x01": plistlib.UID(2**32)}]})
    assert [problem.path for problem in problems] == ["a", "b[0]", "b[1]", "b[1].c\x01"]


@pytest.mark.parametrize(
    "value", [None, {"a": None}, {"a": {1: 2}}, {1: 2}, [{"a": {3}}], {"a": dt.date(2024, 1, 1)}, [object()]]
)
def test_what_is_no_property_list_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match=r"is not a value of a property list|is not a str"):
        _plist.dumps(value)


def test_random_values_are_written_and_read_by_all_ways_the_same() -> None:
    seeded = random.Random(2)
    for _ in range(500):
        value = {"x": random_value(seeded), "y": random_value(seeded)}
        data = _plist.dumps(value)
        assert data == plistlib.dumps(value).replace("\u2028".encode(), b"&#x2028;")
        assert _plist.read(data) == _plist.Reading(value, ())
        # A comment keeps the file from the quick way.
        assert _plist.read(data.replace(b"<dict>", b"<!-- --><dict>", 1)) == _plist.Reading(value, ())
        assert _plist.loads(plistlib.dumps(value, fmt=plistlib.FMT_BINARY)) == value


@pytest.mark.parametrize(("count", "refused"), [(99_999, []), (100_000, []), (100_001, ["too-large"])])
def test_values_are_counted_in_other_sequences_too(count: int, refused: list[str]) -> None:
    value: Any = MappingProxyType({"a": ("",) * (count - 1)})
    assert [problem.code for problem in _plist.unwritable(value)] == refused
