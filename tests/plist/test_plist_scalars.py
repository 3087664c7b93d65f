"""Numbers, dates and data, as Apple's parser reads them."""

from __future__ import annotations

import datetime as dt
import math
import plistlib
import random

import pytest
from _plists import read, xml

from itms_ota import _plist
from itms_ota._plist._scalars import SCALARS


@pytest.mark.parametrize(
    ("element", "value", "odd"),
    [
        ("<integer>0x1F</integer>", 31, False),
        ("<integer>0X1F</integer>", 31, False),
        ("<integer>-0x1F</integer>", -31, True),
        ("<integer>+7</integer>", 7, False),
        ("<integer>+ 7</integer>", 7, True),
        ("<integer>\u20037</integer>", 7, True),
        ("<integer>\u205f7</integer>", 7, True),
        ("<integer>-\x01\x7f7</integer>", -7, True),
        ("<integer>007</integer>", 7, False),
        ("<integer>-0</integer>", 0, False),
        (f"<integer>{'0' * 4000}7</integer>", 7, False),
        (f"<integer>0x{'0' * 5000}1F</integer>", 31, False),
        ("<integer>18446744073709551615</integer>", 2**64 - 1, False),
        ("<integer>-9223372036854775808</integer>", -(2**63), False),
        ("<real>1e3</real>", 1000.0, False),
        ("<real>-inf</real>", -math.inf, False),
        ("<real> .5</real>", 0.5, False),
        ("<real>\u3000.5</real>", 0.5, True),
        ("<real>\xa0.5</real>", 0.5, True),
        ("<real>5.</real>", 5.0, False),
        ("<real>+INF</real>", math.inf, False),
        ("<real><![CDATA[1]]></real>", 1.0, False),
        ("<data></data>", b"", False),
        ("<data>AA= =</data>", b"\0", False),
        ("<data>AA=-=</data>", b"\0\0", True),
        ("<data>AA=~=</data>", b"\0\0", True),
        ("<data>AA=A</data>", b"\0\0\0", True),
        ("<data>AA=B====</data>", b"\0\0\1\0", True),
        ("<data>&#65;AAA</data>", b"\xeb\x90\0", True),
        ("<data>&#00000065;</data>", b"\xd3M4\xd3N\xb9", True),
        ("<data>\n AA E=\n</data>", b"\0\1", False),
        ("<data>A===</data>", b"\0", True),
        ("<data>ab=c</data>", b"i\xb0\x1c", True),
        ("<data>AAAA=AAA</data>", b"\0\0\0\0\0\0", True),
        ("<data>AAA=AAAA</data>", b"\0\0\0\0\0", True),
        ("<data>AAAA====</data>", b"\0\0\0\0", True),
        ("<data>====</data>", b"\0", True),
        ("<data>YQ</data>", b"", True),
    ],
)
def test_scalars_as_apples_parser_reads_them(element: str, value: object, *, odd: bool) -> None:
    text = xml(f"<dict><key>a</key>{element}<!-- --></dict>")
    found = [("warning", "a", "not-well-formed", 4, 19)] if odd else []
    assert read(text) == ({"a": value}, found)
    try:
        others = plistlib.loads(text.encode())["a"]
    except Exception:  # noqa: BLE001 -- plistlib lets out whatever it meets
        others = None
    assert odd or others == value


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
        "<integer>1_0</integer>",
        "<integer>\x851</integer>",
        "<integer>\u20281</integer>",
        "<integer>\u202f1</integer>",
        "<integer>0x</integer>",
        "<integer>1 </integer>",
        f"<integer>{' ' * 100_000}</integer>",
        f"<integer>+{' ' * 100_000}</integer>",
        f"<real>{' ' * 100_000}</real>",
        f"<real>{'1' * 100_000}x</real>",
        "<real> inf</real>",
        "<real>-nan</real>",
        "<real>\u202f1</real>",
        "<integer>-\xa01</integer>",
        "<real>one</real>",
        "<real>1_0</real>",
        "<real>+nan</real>",
        "<real> nan</real>",
        "<real>\uff11</real>",
        "<date>\uff12024-01-01T00:00:00Z</date>",
        "<date>0000-01-01T00:00:00Z</date>",
        "<date>-2024-01-01T00:00:00Z</date>",
        "<date>10000-01-01T00:00:00Z</date>",
        "<date>9999-12-31T24:00:00Z</date>",
        "<date>9999-13-01T00:00:00Z</date>",
        f"<date>{'9' * 5000}-01-01T00:00:00Z</date>",
        "<date> 2024-01-01T00:00:00Z</date>",
        "<date>2024-01-01T00:00:00.5Z</date>",
        "<date>2024-01-01</date>",
        "<data/>",
        "<data>é</data>",
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


@pytest.mark.parametrize(
    ("text", "date", "odd"),
    [
        ("2024-02-29T23:59:59Z", (2024, 2, 29, 23, 59, 59), False),
        ("2023-02-29T00:00:00Z", (2023, 3, 1), True),
        ("2024-01-31T00:00:00Z", (2024, 1, 31), False),
        ("2024-01-32T00:00:00Z", (2024, 2, 1), True),
        ("2024-03-00T00:00:00Z", (2024, 2, 29), True),
        ("2024-00-02T00:00:00Z", (2024, 1, 2), True),
        ("2024-12-31T00:00:00Z", (2024, 12, 31), False),
        ("2024-13-01T00:00:00Z", (2025, 1, 1), True),
        ("2024-14-02T00:00:00Z", (2024, 1, 2), True),
        ("2024-99-02T00:00:00Z", (2024, 1, 2), True),
        ("2024-01-02T24:00:00Z", (2024, 1, 3), True),
        ("2024-01-02T23:60:00Z", (2024, 1, 3), True),
        ("2024-01-02T23:59:60Z", (2024, 1, 3), True),
        ("2020-01-02T99:99:99Z", (2020, 1, 6, 4, 40, 39), True),
        ("20-01-02T00:00:00Z", (20, 1, 2), True),
        ("002024-01-02T00:00:00Z", (2024, 1, 2), True),
    ],
)
def test_dates_are_added_up(text: str, date: tuple[int, ...], *, odd: bool) -> None:
    value, found = read(f"<plist><date>{text}</date></plist>")
    assert value == dt.datetime(*date)  # type: ignore[arg-type]  # noqa: DTZ001 -- as plistlib's are
    assert bool(found) == odd


def test_data_is_read_digit_by_digit() -> None:
    """Held against a reader that looks at one character after another, as Apple's does."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    seeded = random.Random(6)
    for _ in range(3000):
        content = "".join(seeded.choices("AZ/+=== \t\n\v-~&", k=seeded.randrange(14)))
        expected = b""
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
                expected += number.to_bytes(3, "big")[: max(1, 3 - in_a_row)]
                group = []
        assert SCALARS["data"].read(content)[0] == expected, content
