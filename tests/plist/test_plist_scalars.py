"""Numbers, dates and data, as Apple's parser reads them."""

from __future__ import annotations

import plistlib
import random

import pytest
from _plists import read, xml
from _vectors import Vector, expected, value, vectors

from itms_ota import _plist
from itms_ota._plist._scalars import SCALARS

EVERY = vectors("plists", "integer", "real", "data", "date")


@pytest.mark.parametrize("vector", EVERY, ids=lambda vector: vector["id"])
def test_scalars_are_read_as_apples_parser_reads_them(vector: Vector) -> None:
    # What reads usual files at a glance leaves those with comments to the scanner.
    text = vector["text"].replace("<plist>", "<plist><!-- -->")
    read_value, found = read(text)
    if "refused" in vector:
        assert [entry[:3] for entry in found] == [(level, path, code) for path, code, level in expected(vector)]
        return
    start = len("<plist><!-- -->") + (len("<dict><key>a</key>") if "<dict>" in text else 0)
    assert found == [(level, path, code, 1, start + 1) for path, code, level in expected(vector)]
    assert repr(read_value) == repr(value(vector))
    try:
        others = plistlib.loads(text.encode())
    except Exception:  # noqa: BLE001 -- plistlib lets out whatever it meets
        others = None
    assert found or repr(others) == repr(read_value)


@pytest.mark.parametrize(
    "vector",
    [vector for vector in EVERY if "refused" in vector and "<dict>" in vector["text"]],
    ids=lambda vector: vector["id"],
)
def test_scalars_that_apples_parser_refuses_are_placed_and_kept_as_text(vector: Vector) -> None:
    read_value, found = read(vector["text"])
    assert found == [("error", "a", "malformed-plist", 1, 26)]
    assert isinstance(read_value["a"], str)


@pytest.mark.parametrize(
    ("element", "number"),
    [(f"<integer>{'0' * 4000}7</integer>", 7), (f"<integer>0x{'0' * 5000}1F</integer>", 31)],
    ids=["decimal", "hexadecimal"],
)
def test_long_integers_are_read(element: str, number: int) -> None:
    assert read(xml(f"<dict><key>a</key>{element}<!-- --></dict>")) == ({"a": number}, [])


@pytest.mark.parametrize(
    "element",
    [
        f"<integer>{'9' * 5000}</integer>",
        f"<integer>0x{'f' * 5000}</integer>",
        f"<integer>{' ' * 100_000}</integer>",
        f"<integer>+{' ' * 100_000}</integer>",
        f"<real>{' ' * 100_000}</real>",
        f"<real>{'1' * 100_000}x</real>",
        f"<date>{'9' * 5000}-01-01T00:00:00Z</date>",
    ],
    ids=lambda element: element[:20],
)
def test_long_scalars_are_refused(element: str) -> None:
    read_value, found = read(xml(f"<dict><key>a</key>{element}</dict>"))
    assert found == [("error", "a", "malformed-plist", 4, 19)]
    assert isinstance(read_value["a"], str)


def test_not_a_number_is_read() -> None:
    nan = _plist.loads(xml("<array><real>nan</real></array>").encode())
    assert isinstance(nan, list)
    assert repr(nan) == "[nan]"
    assert b"<real>nan</real>" in _plist.dumps(nan)


def test_data_is_read_digit_by_digit() -> None:
    """Held against a reader that looks at one character after another, as Apple's does."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    seeded = random.Random(6)
    for _ in range(3000):
        content = "".join(seeded.choices("AZ/+=== \t\n\v-~&", k=seeded.randrange(14)))
        bytes_read = b""
        group: list[int] = []
        in_a_row = 0
        for character in content:
            if character == "=":
                in_a_row += 1
            elif character not in " \t\n\v\f\r":
                in_a_row = 0
            if character == "=" or character in digits:
                group.append(max(digits.find(character), 0))
            if len(group) == 4:
                number = ((group[0] * 64 + group[1]) * 64 + group[2]) * 64 + group[3]
                bytes_read += number.to_bytes(3, "big")[: max(1, 3 - in_a_row)]
                group = []
        assert SCALARS["data"].read(content)[0] == bytes_read, content
