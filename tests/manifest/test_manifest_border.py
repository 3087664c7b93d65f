"""The glance at manifests near its border: what it passes keeps all rules, and can be written as it is."""

from __future__ import annotations

import copy
import plistlib
import random
from typing import Any

import pytest
from _long import mutants

from itms_ota import Manifest, _plist
from itms_ota.manifest import _schema
from itms_ota.manifest._usual import is_usual

TEXTS = [
    *("MyApp", "A", "My App, Inc.", "A's & B-C", "中文 应用", "é", "A1", "v1.2", "1"),
    *(
        "", " ", "A ", " A", "A\n", "\nA", "A\u3000", "\xa0A", "A\x0b", "A\x1c", "\x1cA", "A\u2028", "A\u200b",
        "\ufeffA", "A\x85",
    ),
    *("None", "null", "undefined", "Null", "none", "nil", "NaN", "None ", "null.", "undefined\n", "nullA", "A null"),
    *(
        "%@", "A%@", "<%", "${A}", "$(A)", "{{A}}", "$", "{A}", "YOUR-NAME", "com.YOUR_NAME", "-A", "A-", "A.", ".A",
        "_A_", "__A__",
    ),
    *("A\x01", "\ufffe", "\ud800", "A<B", "A>B", 'A"B', "A/B", "A:B", "٣"),
]  # fmt: skip
IDENTIFIERS = [
    *("com.example.myapp", "a.b", "com.example-2.my-App", "-.a", "com.9.a", "com.example.App"),
    *(
        "com.x-YOUR-NAME.app", "com.YOUR-NAME.app", "com.xYOUR.app", "com.your-name.app", "com.a-YOUR_A", "YOUR-A.b",
        "a-YOUR-B.c",
    ),
    *(
        "a", "a.", ".a", "a..b", "a.b\n", "a b", "a.b ", "a\xa0b", "a\u200bb", "*", "com.*", "null", "None",
        "undefined.a", "a.null", "${A}.b", "a_b.c", "é.b",
    ),
    *("a.B", "A.b", "IPA_ID", "a.b\x1c", "٣.a", ""),
    *("9TTXQKYT39.com.x", "9TTXQKYT39.x", "9TTXQKYT3.com.x", "9TTXQKYT399.x", "1234567890.a", "ABCDEFGHIJ.com.x"),
    *("9ABCDEFGHI.-", "9ttxqkyt39.a", "9TTXQKYT39", "0TTXQKYTAB.a.b", "-TTXQKYTAB.a"),
]  # fmt: skip
VERSIONS = [
    "1",
    "1.2",
    "1.2.3",
    "01.002",
    "1.",
    ".1",
    "1.2.3.4",
    "1\n",
    "1 ",
    "\xa01",
    "v1",
    "1a",
    "٣",
    "\uff11",
    "",
    "1_0",
    "{1}",
]
URLS = [
    *(
        f"https://{host}/a.{kind}"
        for host in ("a.example", "apps.example.com:8443", "1.a.example")
        for kind in ("ipa", "png")
    ),
    *(
        f"https://a.example/{path}"
        for path in (
            "a.ipa?v=1", "a.ipa#f", "a.IPA", "a.ipa\n", "a b.ipa", "a\xa0b.ipa", "é.ipa", "a.plist",
        )
    ),
    *(
        f"https://a.example/{path}.ipa"
        for path in (
            "__A__", "a__B__", "YOUR_APP", "&amp;", "%41", "%4", "%", "$a", "{a}", "(a)", "a/../b", "a;b=c",
        )
    ),
    *(
        f"https://{host}/a.ipa"
        for host in (
            "localhost", "a.local", "10.0.0.1", "127.1", "a", "A.example", "-a.example", "a.example:99999",
        )
    ),
    *(
        "http://a.example/a.ipa", "https:///a.ipa", "a.ipa", "//a.example/a.ipa", "HTTPS://a.example/a.ipa",
        "https://u:p@a.example/a.ipa",
    ),
    *(
        "https://github.com/a/b/blob/main/a.ipa", "https://github.com/a/b/raw/main/a.ipa",
        "https://www.dropbox.com/s/x/a.ipa", "https://dropbox.com/a.png", "https://a.dropbox.com/a.ipa",
        "https://git.example/a/-/blob/a.ipa", "https://a.example/blob/a.ipa", "https://a.sharepoint.com/a.ipa",
        "https://drive.google.com/file/d/a.ipa", "https://drive.google.com/a.ipa", "https://dropbox.com:8443/a.ipa",
        "https://a.example/a.zip", "https://a.example/a.deb", "https://a.example/", "https://a.example",
        "https://a.example/a/", "https://a.example/a.ipa?Expires=1&Signature=ab",
    ),
    *(
        "", "https://undefined/a.ipa", "https://a.internal/a.png", "https://null.example/None.ipa",
        "https://a.example/null.png",
    ),
]  # fmt: skip
ODD_VALUES: list[Any] = [5, True, None, b"x", 1.5, [], {}, ["x"], {"x": "y"}, ""]


def near_manifest(seeded: random.Random) -> dict[str, Any]:
    """Give a manifest of the usual kind with up to three values of it replaced by others near the border."""
    choices: dict[str, list[str]] = {
        "kind": ["software", "software", "software", "Software", "software\n", "game", ""],
        "bundle-identifier": IDENTIFIERS,
        "bundle-version": VERSIONS,
        "platform-identifier": [
            "com.apple.platform.iphoneos", "com.apple.platform.watchos", "com.apple.platform.iphoneos\n", "ios", "",
            "com.apple.platform.macosx",
        ],
        "title": TEXTS,
        "subtitle": TEXTS,
    }  # fmt: skip
    metadata: dict[str, Any] = {
        "bundle-identifier": "com.example.myapp",
        "bundle-version": "1.2.3",
        "kind": "software",
        "title": "MyApp",
    }
    assets: list[dict[str, Any]] = [{"kind": "software-package", "url": "https://a.example/a.ipa"}]
    assets += [
        {"kind": kind, "url": "https://a.example/a.png"}
        for kind in ("display-image", "full-size-image")
        if seeded.random() < 0.3
    ]
    item: dict[str, Any] = {"assets": assets, "metadata": metadata}
    for _ in range(seeded.randrange(4)):
        how = seeded.randrange(20)
        if how < 12:
            key = seeded.choice([*choices])
            metadata[key] = seeded.choice(choices[key])
        elif how < 17:
            seeded.choice(assets)["url"] = seeded.choice(URLS)
        elif how == 17:
            kinds = ["software-package", "display-image", "asset-pack-manifest", "x", "", "Software-package"]
            seeded.choice(assets)["kind"] = seeded.choice(kinds)
        else:
            holder: dict[str, Any] = seeded.choice([metadata, item, *assets])
            key = seeded.choice([*holder, "x", "items", "sizeInBytes", "thinned-assets", "sha256", "developer-name"])
            if seeded.random() < 0.5:
                holder[key] = seeded.choice(ODD_VALUES)
            else:
                holder.pop(key, None)
    items = [item]
    if seeded.random() < 0.2:
        other = copy.deepcopy(item)
        if seeded.random() < 0.7 and isinstance(other.get("metadata"), dict):
            other["metadata"]["bundle-identifier"] = "com.example.other"
        items.append(other)
    return {"items": items} if seeded.random() < 0.98 else {"items": items, "x": 1}


def compare_glance_and_rules(count: int) -> tuple[int, int]:
    """Look at mutants; count those that are usual at a glance, and those that are so or keep all rules."""
    seeded = random.Random(21)
    usual = sound = 0
    for _ in range(count):
        raw = near_manifest(seeded)
        found = [*_schema.faults(raw, _schema.MANIFEST, "error")]
        sound += not found
        if is_usual(raw):
            usual += 1
            assert found == [], raw
            # And it can be written as it is.
            assert _plist.unwritable(raw) == (), raw
            assert plistlib.loads(_plist.write(raw)) == raw
            assert Manifest.from_plist(_plist.write(raw))._to_plist() == raw
    return usual, sound


@pytest.mark.dear
def test_what_is_usual_at_a_glance_keeps_all_rules() -> None:
    count = mutants(20_000)
    usual, sound = compare_glance_and_rules(count)
    assert 0.3 * count < usual < sound < 0.6 * count
