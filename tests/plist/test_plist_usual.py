"""The short way of reading: it says what the long way says, over mutants made for the purpose."""

from __future__ import annotations

import plistlib
import random
from typing import Any, cast

import pytest
from _long import mutants
from _plists import HEAD

from itms_ota._plist._encoding import decode
from itms_ota._plist._read import read_xml
from itms_ota._plist._scan import Scan

HEADS = [
    HEAD,
    "<?xml version='1.0' encoding='utf-8' ?><plist version='1.0'>",
    "<plist>",
    "<!DOCTYPE plist [ ]><plist>",
]
BODIES = [
    (
        "<dict>\n\t<key>a</key>\n\t<string>b</string>\n\t<key>c</key>\n\t<array>\n\t\t<integer>1</integer>\n\t\t"
        "<true/>\n\t</array>\n\t<key>d</key>\n\t<dict/>\n\t<key>e</key>\n\t<string/>\n</dict>\n</plist>\n"
    ),
    "<array><dict><key>a&amp;b</key><string>&lt;c&gt;</string></dict><dict><key>a</key><false/></dict></array></plist>",
    "<dict><key>a</key><array><array><string>x</string></array></array></dict></plist>",
    (
        "<dict><key>a</key><date>2024-02-29T12:00:00Z</date><key>b</key><data>\n\tAAEC\n\t/w==\n</data><key>c</key><array>"
        "<data></data><date>9999-12-31T23:59:59Z</date></array></dict></plist>"
    ),
    "<array><dict><key>CF$UID</key><integer>1</integer></dict><dict><key>CF$UID</key><true/></dict></array></plist>",
]
# Markup, white space of every kind, what XML cannot hold, and entities: all that the plainest form is near to.
PIECES = [
    *("<dict>", "</dict>", "<dict/>", "<array>", "</array>", "<array/>", "<plist>", "</plist>", "<key>", "</key>"),
    *("<key>a</key>", "<key/>", "<string>", "</string>", "<string/>", "<string>x</string>", "<true/>"),
    *("<false></false>", "<integer>", "</integer>", "<integer>-7</integer>", "<integer>0x1</integer>"),
    *("<real>1</real>", "<data>AA==</data>", "<x>", "<?p?>", "<![CDATA[x]]>", "]]>", "<!-- c -->", "<dict >"),
    *("</dict >", "< dict>", "\r\n", "&amp;", "&amp;lt;", "&#65;", "&#x1f600;", "&#1;", "&b;", "&", "<!-->", "<?>"),
    *("&#13;", "&#xfeff;", "&#x;", "&#00000065;", "<![CDATA[", "<key>CF$UID</key>", "<data></data>", "<data/>"),
    *(
        "<date>2024-02-30T12:00:00Z</date>",
        "<date>0000-01-01T00:00:00Z</date>",
        "<date/>",
        "<data>A</data>",
        "Z",
        "=",
        "AA==",
    ),
    *("<data>AAA=AAA=</data>", "<data>A=A=</data>", "<data>AA-A</data>", "<date>-1-1-1T1:1:1Z</date>", "<date></date>"),
    *' \t\n\r\x0b\x0c\x85\xa0\u2028\u3000\ufeff\x1c\0\x01\ufffe\uffff\U0001f600éx-1/><"_٣',
]


def mutant(seeded: random.Random) -> bytes:
    """Return a file of the plainest form with up to three pieces put in, taken out or doubled."""
    text = seeded.choice(HEADS) + seeded.choice(BODIES)
    for _ in range(seeded.randrange(4)):
        # Most cuts are between elements or texts, where it matters.
        places = [place for place, character in enumerate(text) if character in "<>"] + [len(text) - 1]
        place = seeded.choice(places) + seeded.randrange(2)
        how = seeded.randrange(4)
        if how < 2:
            text = text[:place] + seeded.choice(PIECES) + text[place:]
        elif how == 2:
            text = text[:place] + text[place + seeded.choice((1, 1, 3, 6, 12)) :]
        else:
            other = seeded.choice(places)
            text = text[:place] + text[min(place, other) : max(place, other)] + text[place:]
    data = text.encode()
    return data if seeded.random() < 0.98 else data.replace(b"x", b"\xff")


def test_what_a_template_spoils_is_mended_by_the_next_value() -> None:
    body = "<key>a</key>{{b}}<string>c</string>{{d}}<key>e</key><string>f</string><string>g</string>"
    data = f"<plist><dict>{body}</dict></plist>".encode()
    quick = read_xml(data)
    assert quick == read_xml(data, quick=False)
    assert quick.problems[-1].message.startswith("A value in a <dict> has no <key> before it.")


def in_plain_terms(value: Any) -> Any:
    if isinstance(value, dict):
        return {in_plain_terms(key): in_plain_terms(part) for key, part in cast("Any", value).items()}
    if isinstance(value, list):
        return [in_plain_terms(part) for part in cast("Any", value)]
    if isinstance(value, plistlib.UID):
        return {"CF$UID": value.data}
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def compare_ways_of_reading(count: int) -> tuple[int, int]:
    """Read mutants by both ways; count those without problems, and of them those that the quick way read alone."""
    seeded = random.Random(20)
    sound = usual = 0
    for _ in range(count):
        data = mutant(seeded)
        quick = read_xml(data)
        assert quick == read_xml(data, quick=False), data
        if not quick.problems:
            sound += 1
            # What has no problem, everybody reads: Apple's parser keeps line ends as they are, and knows UIDs in XML.
            assert in_plain_terms(plistlib.loads(data)) == in_plain_terms(quick.value), data
        scan = Scan(decode(data)[0])
        scan.run()
        usual += scan.is_usual and not quick.problems
    return sound, usual


@pytest.mark.dear
def test_the_quick_way_reads_what_the_long_way_reads() -> None:
    count = mutants(10_000)
    sound, usual = compare_ways_of_reading(count)
    assert count / 10 < usual < sound < count / 2
