"""Where values stand: paths, lines and columns."""

from __future__ import annotations

import plistlib
from typing import Any

from _plists import xml

from itms_ota import _plist


def test_positions_are_those_of_values() -> None:
    text = xml(
        "<dict>\n <key>a</key>\n <array><true/>\n  <dict><key>b.c</key><integer>1</integer></dict></array></dict>"
    )
    expected = {
        "": (4, 1),
        "a": (6, 2),
        "a[0]": (6, 9),
        "a[1]": (7, 3),
        "a[1].b.c": (7, 23),
    }
    assert _plist.positions(text.encode(), expected.keys()) == expected
    for path, place in expected.items():
        assert _plist.positions(text.encode(), [path]) == {path: place}
    assert _plist.positions(text.encode(), []) == {}
    assert _plist.positions(plistlib.dumps({}, fmt=plistlib.FMT_BINARY), [""]) == {}


def test_what_is_not_there_has_the_place_of_what_would_hold_it() -> None:
    text = xml("<dict><key>a</key><array>\n<dict><key>b</key><true/></dict></array><key>ab</key>\n<true/></dict>")
    assert _plist.positions(text.encode(), ["a[0].x", "a[0].b.y[3]", "a[7]", "abc", "a!"]) == {
        "a[0].x": (5, 1),
        "a[0].b.y[3]": (5, 19),
        "a[7]": (4, 19),
    }


def test_of_a_key_that_stands_twice_the_last_has_the_place() -> None:
    text = xml("<dict><key>a</key><true/>\n<key>a</key><true/></dict>")
    assert _plist.positions(text.encode(), ["a"]) == {"a": (5, 13)}


def test_paths_are_cut_short() -> None:
    assert _plist.child("", "k" * 200) == "k" * 200
    assert _plist.child("a", "k" * 201) == "a." + "k" * 200 + "…"
    path = ""
    for _ in range(6):
        path = _plist.child(path, "k" * 180)
    assert path == ".".join(["k" * 180] * 6)[:1000] + "…"
    assert _plist.child(path, "x") == _plist.child(path, 0) == path
    keys = "".join(f"<key>{'k' * 180}</key><dict>" for _ in range(6))
    data = xml(f"<dict><key>{'a' * 300}</key><string>\x01</string>{keys}x").encode()
    assert [problem.path for problem in _plist.read(data).problems[:2]] == ["a" * 200 + "…", path]
    assert _plist.positions(data, ["a" * 200 + "…"]) == {"a" * 200 + "…": (4, 318)}
    value: Any = "\0"
    for _ in range(6):
        value = {"k" * 180: value}
    assert [problem.path for problem in _plist.unwritable({"a" * 300: "\0", **value})] == ["a" * 200 + "…", path]
