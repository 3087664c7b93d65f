"""Numbers, dates and data, as Apple's parser reads them."""

from __future__ import annotations

import math
import plistlib

import pytest
from _plists import read, xml

from itms_ota import _plist


@pytest.mark.parametrize(
    ("element", "value", "odd"),
    [
        ("<integer>0x1F</integer>", 31, False),
        ("<integer>0X1F</integer>", 31, False),
        ("<integer>-0x1F</integer>", -31, True),
        ("<integer>+7</integer>", 7, False),
        ("<integer>+ 7</integer>", 7, True),
        ("<integer>\u20037</integer>", 7, True),
        ("<integer>18446744073709551615</integer>", 2**64 - 1, False),
        ("<integer>-9223372036854775808</integer>", -(2**63), False),
        ("<real>1e3</real>", 1000.0, False),
        ("<real>-inf</real>", -math.inf, False),
        ("<real> .5</real>", 0.5, False),
        ("<real>\u3000.5</real>", 0.5, True),
        ("<data>\n AA E=\n</data>", b"\0\1", False),
        ("<data>A===</data>", b"", True),
        ("<data>ab=c</data>", b"", True),
        ("<data>AAAA=AAA</data>", b"\0\0\0", True),
        ("<data>AAA=AAAA</data>", b"\0\0", False),
        ("<data>AAAA====</data>", b"\0\0\0", False),
        ("<data>====</data>", b"", False),
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
        "<integer>-\xa01</integer>",
        "<real>one</real>",
        "<real>1_0</real>",
        "<real>+nan</real>",
        "<real> nan</real>",
        "<real>\uff11</real>",
        "<date>\uff12024-01-01T00:00:00Z</date>",
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
