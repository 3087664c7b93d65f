"""Files and texts of any length that were made to cost as much as can be: memory, time, or a long report."""

from __future__ import annotations

import plistlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEAD = b"<plist><dict><key>items</key><array>"
TAIL = b"</array></dict></plist>"
ASSETS = HEAD + b"<dict><key>assets</key><array>"
NO_ITEMS = b"<plist><dict><key>items</key><array/>"
SMILE = "\U0001f600".encode()
HEALTHY = (
    b"<dict><key>assets</key><array><dict><key>kind</key><string>software-package</string><key>url</key>"
    b"<string>https://a.example/a.ipa</string></dict></array><key>metadata</key><dict><key>bundle-identifier</key>"
    b"<string>com.example.a</string><key>bundle-version</key><string>1</string><key>kind</key><string>software</string>"
    b"<key>title</key><string>A</string></dict></dict>"
)
LARGEST = 2 * 1024 * 1024
"""The bytes that are read at most."""
MOST = 99_000
"""The values that are read at most, but for those around them."""


def values(length: int) -> int:
    """Return how many values a file of this length shall have: all that are read, if it has all bytes that are read."""
    return MOST * length // LARGEST


def fill(length: int, head: bytes, unit: bytes, tail: bytes, most: int | None = None) -> bytes:
    """Repeat a unit up to a length; a ``%`` in it becomes a number."""
    size = len(unit) + 5 * unit.count(b"%")
    count = (length - len(head) - len(tail)) // size
    count = count if most is None else min(count, most)
    if b"%" in unit:
        return head + b"".join(unit.replace(b"%", b"%06d" % number) for number in range(count)) + tail
    return head + unit * count + tail


def _long(head: bytes, unit: bytes, tail: bytes) -> Callable[[int], bytes]:
    return lambda length: fill(length, head, unit, tail)


def _many(head: bytes, unit: bytes, tail: bytes, share: int = 1) -> Callable[[int], bytes]:
    """Fill up with a unit that has so many values."""
    return lambda length: fill(length, head, unit, tail, values(length) // share)


def _text(unit: bytes, head: bytes = b"") -> Callable[[int], bytes]:
    return _long(b"<plist><dict><key>items</key><array/><key>a</key><string>" + head, unit, b"</string></dict></plist>")


def _url(unit: bytes) -> Callable[[int], bytes]:
    head = ASSETS + b"<dict><key>kind</key><string>software-package</string><key>url</key><string>https://"
    return _long(head, unit, b"/a.ipa</string></dict></array></dict>" + TAIL)


def _long_key(length: int) -> bytes:
    head = NO_ITEMS + b"<key>" + b"A" * (length // 2) + b"</key><array>"
    return fill(length, head, b"<true/>", TAIL, values(length))


def _long_keys_deep(length: int) -> bytes:
    key = b"<key>" + b"k" * (length // 150) + b"</key>"
    return (
        NO_ITEMS + (key + b"<dict>") * 95 + b"<key>a</key><string>\x01</string>" * 300 + b"</dict>" * 96 + b"</plist>"
    )


def _deep(unit: bytes) -> Callable[[int], bytes]:
    head = NO_ITEMS + b"<key>a</key>" + b"<array>" * 95
    return _many(head, unit, b"</array>" * 95 + b"</dict></plist>")


XML: dict[str, Callable[[int], bytes]] = {
    "a long key, many values": _long_key,
    "long keys, deep": _long_keys_deep,
    "deep and wide": _deep(b"<true/>"),
    "deep and wide, with faults": _deep(b"<x/><true/>"),
    "items without anything": _many(HEAD, b"<dict/>", TAIL),
    "items that are read slowly": _many(HEAD, b"<dict /><!-- -->", TAIL),
    "items with an unknown key": _many(HEAD, b"<dict><key>a</key><true/></dict>", TAIL, 2),
    "items with metadata": _many(HEAD, b"<dict><key>metadata</key><dict/></dict>", TAIL, 2),
    "healthy items": _many(HEAD, HEALTHY, TAIL, 12),
    "assets without anything": _many(ASSETS, b"<dict/>", b"</array></dict>" + TAIL),
    "assets of many kinds": _many(
        ASSETS, b"<dict><key>kind</key><string>%</string></dict>", b"</array></dict>" + TAIL, 2
    ),
    "bad URLs": _many(
        ASSETS,
        b"<dict><key>kind</key><string>software-package</string><key>url</key><string>http://u:p@10.0.0.1/a b"
        b"\xc3\xa9.ipa?&amp;amp;</string></dict>",
        b"</array></dict>" + TAIL,
        3,
    ),
    "a long URL of letters": _url(b"a"),
    "a long URL of dots": _url(b"a."),
    "a long URL of bad characters": _url(b"|"),
    "a long URL of unseen characters": _url(b"\xf3\xa0\x80\x81"),
    "a long URL of smiles": _url(SMILE),
    "a long URL of escapes": _url(b"%41".replace(b"%", b"&#37;")),
    "a long URL of users": _url(b"a@"),
    "a long URL of placeholders": _url(b"{a}"),
    "a long URL of blanks": _url(b" "),
    "hashes": _many(
        ASSETS + b"<dict><key>sha256-size</key><integer>1</integer><key>sha256s</key><array>",
        b"<string>x</string>",
        b"</array></dict></array></dict>" + TAIL,
    ),
    "blank titles and long keys": _many(
        HEAD,
        b"<dict><key>metadata</key><dict><key>title</key><string>"
        + b" " * 5000
        + b"</string><key>"
        + b"k" * 5000
        + b"</key><true/></dict></dict>",
        TAIL,
    ),
    "keys": _many(NO_ITEMS, b"<key>%</key><true/>", b"</dict></plist>"),
    "keys that are nearly right": _many(NO_ITEMS, b"<key>bundle-identifer%</key><true/>", b"</dict></plist>"),
    "a key again and again": _many(NO_ITEMS, b"<key>a</key><true/>", b"</dict></plist>"),
    "keys that are read slowly": _many(NO_ITEMS, b"<key>%</key><true></true>", b"</dict></plist>"),
    "items again and again": _many(
        b"<plist><dict>", b"<key>items</key><array/>", b"<key>items</key><array><dict/>" + TAIL
    ),
    "dates": _many(HEAD, b"<date>2024-01-01T00:00:00Z</date>", TAIL),
    "data": _many(HEAD, b"<data>AAAA</data>", TAIL),
    "integers in an odd form": _many(HEAD, b"<integer>-0x1</integer>", TAIL),
    "long data": _long(NO_ITEMS + b"<key>a</key><data>", b"AAA ", b"</data></dict></plist>"),
    "data between other characters": _long(NO_ITEMS + b"<key>a</key><data>", b"AA-", b"</data></dict></plist>"),
    "control characters": _many(HEAD, b"<string>\x01</string>", TAIL),
    "stray text": _many(HEAD, b"x<true/>", TAIL),
    "unknown elements": _long(HEAD, b"<x>", b""),
    "open elements": _long(b"<plist>", b"<dict><key>a</key>", b""),
    "lines": _text(b"ab\n"),
    "lines between elements": _long(NO_ITEMS, b"\n", b"<key>a</key></dict></plist>"),
    "lines that end as on a Mac of old": _text(b"\r", SMILE),
    "a long text with a character of four bytes": _text(b"a", SMILE),
    "ampersands": _text(b"&"),
    "entities": _text(b"&lt;"),
    "character references": _text(b"&#256;"),
    "CDATA sections": _text(b"<![CDATA[ab]]>"),
    "ampersands in CDATA": lambda length: NO_ITEMS
    + b"<key>a</key><string><![CDATA["
    + SMILE
    + b"&" * (length - 200)
    + b"]]></string></dict></plist>",
    "comments in a text": _text(b"<!-- -->"),
    "processing instructions": _long(b"<plist>", b"<?a?>", b"<dict><key>items</key><array/></dict></plist>"),
    "attributes": _long(b"<plist ", b'a%="" ', b"><dict><key>items</key><array/></dict></plist>"),
    "attributes with defaults": lambda length: fill(
        length,
        fill(length // 2, b"<!DOCTYPE plist [", b'<!ATTLIST dict a% CDATA "x">', b"]>") + HEAD,
        b"<dict/>",
        TAIL,
        values(length) // 4,
    ),
    "no UTF-8": _text(b"\xff"),
    "UTF-16": lambda length: fill(length // 2, HEAD, b"<dict/>", TAIL).decode().encode("utf-16"),
    "UTF-16 beyond the first plane": lambda length: _text(b"##")(length // 2)
    .decode()
    .replace("##", "\U0001f600")
    .encode("utf-16"),
}  # fmt: skip


def binary(parts: Iterable[bytes]) -> bytes:
    """Put a binary property list together: offsets of four bytes, references of three; the first object is the root."""
    data = b"bplist00"
    places: list[int] = []
    pieces = [data]
    length = len(data)
    for part in parts:
        places.append(length)
        pieces.append(part)
        length += len(part)
    pieces += [place.to_bytes(4, "big") for place in places]
    return b"".join(pieces) + struct.pack(">6xBBQQQ", 4, 3, len(places), 0, length)


def _sized(kind: int, count: int, content: bytes) -> bytes:
    return bytes([kind << 4 | 15, 0x12]) + struct.pack(">I", count) + content


def text(content: str) -> bytes:
    """Write a text object."""
    if content.isascii():
        return _sized(5, len(content), content.encode())
    units = content.encode("utf-16-be")
    return _sized(6, len(units) // 2, units)


def array(references: Iterable[int]) -> bytes:
    """Write an array object."""
    parts = [reference.to_bytes(3, "big") for reference in references]
    return _sized(10, len(parts), b"".join(parts))


def dictionary(**references: int) -> bytes:
    """Write a dictionary object; the names are the numbers of its keys, behind a letter."""
    parts = [*(int(name[1:]) for name in references), *references.values()]
    return _sized(13, len(references), b"".join(part.to_bytes(3, "big") for part in parts))


ROOT = (dictionary(k1=2), text("items"))
"""The first two objects of a manifest: the third is its list of items."""
ROOT_AND_MORE = (dictionary(k1=2, k3=4), text("items"), array([]), text("a"))
"""The first four objects of a manifest without items: the fifth is the value of an unknown key."""
WITH_TITLE = (dictionary(k4=5), text("metadata"), dictionary(k6=7), text("title"))
"""The fourth object of a manifest and its parts: an item, whose title is the eighth."""


def _identifiers(length: int) -> bytes:
    item = {"assets": [{"kind": "software-package", "url": "https://a.example/a.ipa"}], "metadata": {"title": "A"}}
    value = {"items": [item], "A" * (length // 2): [plistlib.UID(2**32 - 1), "\x01"] * (values(length) // 2)}
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


def _own_objects(make: Callable[[int], bytes]) -> Callable[[int], bytes]:
    def file(length: int) -> bytes:
        numbers = range(3, min(length // 18, values(length)))
        return binary([*ROOT, array(numbers), *map(make, numbers)])

    return file


BINARY: dict[str, Callable[[int], bytes]] = {
    "what cannot be written, below a long key": _identifiers,
    "one title, many items": lambda length: binary(
        [*ROOT, array([3] * (values(length) // 3)), *WITH_TITLE, text(" " * 50)]
    ),
    "one item, many places": lambda length: binary([*ROOT, array([3] * values(length)), b"\xd0"]),
    "empty dictionaries": _own_objects(lambda _: b"\xd0"),
    "integers": _own_objects(lambda number: b"\x13" + struct.pack(">q", 2**40 + number)),
    "dates": _own_objects(lambda number: b"\x33" + struct.pack(">d", number)),
    "long data, deep": lambda length: binary(
        [*ROOT_AND_MORE, *(array([number]) for number in range(5, 95)), _sized(4, length - 5000, bytes(length - 5000))]
    ),
    "UTF-16 beyond the first plane": lambda length: binary([*ROOT_AND_MORE, text("\U0001f600" * (length // 4 - 100))]),
}
BOMBS: dict[str, bytes] = {
    "one long text, many places": binary([*ROOT, array([3] * 90_000), text(" " * 1_000_000)]),
    "one long title, many items": binary([*ROOT, array([3] * 1000), *WITH_TITLE, text(" " * 1_000_000)]),
    "one long key, many items": binary([*ROOT, array([3] * 40_000), dictionary(k4=3), text("a" * 1_000_000)]),
    "one empty dictionary, many objects": b"bplist00\xd0"
    + (8).to_bytes(2, "big") * 1_000_000
    + struct.pack(">6xBBQQQ", 2, 3, 1_000_000, 0, 9),
    "references": binary([array([1] * 690_000), b"\x08"]),
    "shared arrays": binary(
        [*ROOT, array([3] * 90_000), *(array([number]) for number in range(4, 94)), b"\x08"],
    ),
    "arrays of arrays": binary([*ROOT, *(array([number, number]) for number in range(3, 33)), b"\x08"]),
}
"""Binary property lists that stand for far more than they hold; none is read."""

LINK = "itms-services://?action=download-manifest&url=https://a.example/"
UNITS = {
    "links": f"{LINK} ",
    "links without a space": LINK,
    "links without a space, encoded": "itms-services%3A%2F%2F%3Faction%3Ddownload-manifest%26url%3D",
    "links between smiles": f"\U0001f600{LINK}",
    "links in HTML": f"<a href='{LINK}'>".replace("&", "&amp;"),
    "mentions": '("itms-services:?',
    "schemes": "itms-services:",
    "separators": "&amp;url=",
    "entities": "&#105;",
    "blanks": " ",
    "lines": "a\n",
}
BEHIND_LINK = {
    "letters": "a",
    "escapes": "%41",
    "escapes of escapes": "%2541",
    "smiles": "\U0001f600",
    "bad characters": "|",
    "placeholders": "{a}",
    "parameters": "&a=b",
    "separators": "&",
    "entities": "&amp;",
    "directories": "/a",
    "dots": "a.",
    "users": "a@",
}


def repeated(unit: str, length: int) -> str:
    """Repeat a text up to so many bytes of UTF-8."""
    return unit * (length // len(unit.encode()))
