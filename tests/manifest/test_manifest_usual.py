"""The glance never hides a finding: held against the rules on every key of a manifest at every value that they know."""

from __future__ import annotations

import pickle
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import pytest

from itms_ota.manifest import _schema
from itms_ota.manifest._usual import is_usual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Raw = dict[str, Any]

PACKAGE = {"kind": "software-package", "url": "https://apps.example.com/MyApp.ipa"}
METADATA = {"bundle-identifier": "com.example.myapp", "bundle-version": "1.2.3", "kind": "software", "title": "MyApp"}
OPTIONAL = {"platform-identifier": "com.apple.platform.iphoneos", "subtitle": "Example Ltd."}
USUAL: list[Raw] = [
    {"items": [{"assets": [PACKAGE], "metadata": METADATA}]},
    {
        "items": [
            {
                "assets": [
                    PACKAGE,
                    {"kind": "display-image", "url": "https://apps.example.com/57.png"},
                    {"kind": "full-size-image", "url": "https://apps.example.com/512.png"},
                ],
                "metadata": {**METADATA, **OPTIONAL},
            },
            {"assets": [PACKAGE], "metadata": {**METADATA, "bundle-identifier": "com.example.other"}},
        ]
    },
]

TEXTS = [
    *(
        "",
        " ",
        "\u3000",
        "\ufeff",
        "A",
        "A ",
        " A",
        "A\n",
        "\nA",
        "A\t",
        "A_",
        "_",
        "-",
        "A.",
        "A-",
        "a\u00a0",
        "中",
        "é",
    ),
    *(
        "undefined",
        "null",
        "None",
        "nil",
        "NaN",
        "undefined x",
        "${A}",
        "$(A)",
        "{{A}}",
        "<%= a %>",
        "%@",
        "100%@",
        "100%@home",
        "__NAME__",
        "___NAME___",
        "$name",
        "%(name)s",
        "{name}",
        "$",
    ),
    *(
        "YOUR_APP",
        "YOUR-NAME",
        "#url#",
        "__URL__",
        "_url_",
        "APP_ID",
        "[id]",
        "...",
        "a\0b",
        "\x1b",
        "\ud800",
        "\ufffe",
    ),
    *("1", "1.", ".1", "1.2.3", "1.2.3.4", "v1", "1.0L", "1\n", "٣", "1.2.3 ", "1,2", "01.02.03", "1" * 90),
    *("software", "Software", "software\n", "software ", "game", "softwar"),
    *(
        "software-package",
        "display-image",
        "full-size-image",
        "asset-pack-manifest",
        "display-imag",
        "Software-Package",
    ),
    *("com.apple.platform.iphoneos", "com.apple.platform.watchos", "com.apple.platform.iphoneosx", "ios", "comXapple"),
    *("a", "a.b", "A.b", "a..b", ".a", "a.", "*", "com.example.*", "com.YOUR.app", "com.example.App", "a b", "a.b\n"),
    *("com.example.other", "9TTXQKYT39.com.x", "9TTXQKYT39.x", "9ABCDEFGHI.x", "9TTXQKYT3.com.x", "9TTXQKYT399.com.x"),
    *("1234567890.com.x", "ABCDEFGHIJ.com.x", "ABCDEFGHIJ.x", "aBCDEFGHIJ.com.x", "9ttxqkyt39.com.x"),
    *("com.apple.platform.appletvos", "com.apple.platform.xros", "com.apple.platform.macosx", "iphoneos"),
    *("https://github.com/a/b/blob/main/a.ipa", "https://github.com/a/b/raw/main/a.ipa", "https://github.com/a/b.ipa"),
    *("https://www.dropbox.com/s/x/a.ipa", "https://dropbox.com/s/x/a.ipa", "https://a.dropbox.com/s/x/a.ipa"),
    *("https://git.example/a/-/blob/main/a.png", "https://a.sharepoint.com/a.ipa", "https://sharepoint.com/a.ipa"),
    *(
        "https://drive.google.com/file/d/a.ipa",
        "https://drive.google.com/open?id=a.ipa",
        "https://a.example/blob/a.ipa",
    ),
    *(f"https://a.example/a.{extension}" for extension in ("deb", "zip", "exe", "aab", "dmg", "ipa/")),
    *("https://a.example", "https://a.example/", "https://a.example/a.ipa?Expires=1&Signature=ab"),
    *("Facebook++", "com.example.my_app", "com.example.应用", "com.%s.app", "x" * 5000),
    *("https://a.example/a.ipa", "https://a.example/a.png", "https://a.example/a", "https://a.example/a.IPA"),
    *("https://a.example/a.ipa\n", " https://a.example/a.ipa", "https://a.example/a b.ipa", "https://a.example/ä.ipa"),
    *("http://a.example/a.ipa", "HTTPS://a.example/a.ipa", "https://A.example/a.ipa", "https://a.example:443/a.ipa"),
    *("https://a.example:0/a.ipa", "https://a.example:99999/a.ipa", "https://a.example:8443/a.ipa", "https:///a.ipa"),
    *("https://localhost/a.ipa", "https://a.local/a.ipa", "https://10.0.0.1/a.ipa", "https://[::1]/a.png", "a.ipa"),
    *(
        "https://u@a.example/a.ipa",
        "https://u:p@a.example/a.ipa",
        "https://a.example/a.ipa?x=1&amp;y=2",
        "ftp://a/b.ipa",
    ),
    *(
        "https://a.example/a.ipa?v=1",
        "https://a.example/a.ipa#x",
        "https://a.example/%zz.ipa",
        "https://a.example/%20.ipa",
    ),
    *(
        "https://a.example/a.plist",
        "https://a.example/a.pkg",
        "https://a.example/__A__.ipa",
        "https://YOURHOST.com/a.ipa",
    ),
    *("https://a.internal/a.ipa", "https://a.example/a.zip", "https://a_b.example/a.ipa", "https://a.1/a.ipa"),
    *("0123456789abcdef" * 2, "0123456789abcdef" * 4, "0123456789ABCDEF" * 4, "z" * 64),
]
OTHERS: list[Any] = [
    *(None, True, False, 0, 1, -1, 10485760, 1 << 70, 1.5, b"", b"x", [], {}, [1], [""], ["a" * 64], ["a" * 64] * 2),
    *([[]], [{}], [PACKAGE], [PACKAGE, PACKAGE], [dict(OPTIONAL)], {"a": 1}, PACKAGE, METADATA, ["iPhone15,2"]),
]
VALUES = TEXTS + OTHERS
KEYS = sorted(
    {"x", "", "Title", "URL", "bundle_identifier"}.union(
        *(schema.keys for schema in (_schema.MANIFEST, _schema.ITEM, _schema.ASSET, _schema.METADATA))
    )
)


def dictionaries(value: Any) -> Iterator[Raw]:
    """Yield every dictionary in a value, the value itself first."""
    parts: Sequence[Any] = ()
    if isinstance(value, dict):
        yield cast("Raw", value)
        parts = [*cast("Raw", value).values()]
    elif isinstance(value, list):
        parts = cast("Sequence[Any]", value)
    for part in parts:
        yield from dictionaries(part)


def copied(data: bytes, index: int) -> tuple[Raw, Raw]:
    """Give a new copy, and one of the dictionaries in it; unpickling takes a fifth of what a deep copy does."""
    raw = pickle.loads(data)  # noqa: S301 -- made right here
    return raw, next(islice(dictionaries(raw), index, None))


def each_key_at_each_value() -> Iterator[Raw]:
    """Yield every manifest that differs from a usual one in one key of one dictionary."""
    for usual in USUAL:
        data = pickle.dumps(usual)
        for index, _ in enumerate(dictionaries(usual)):
            for key in KEYS:
                for value in VALUES:
                    raw, part = copied(data, index)
                    part[key] = value
                    yield raw
                raw, part = copied(data, index)
                if part.pop(key, raw) is not raw:
                    yield raw


def hidden(raw: Raw) -> bool | None:
    """Return whether the glance passes over what the rules find; None where it leaves all to them."""
    return [*_schema.faults(raw, _schema.MANIFEST, "error")] != [] if is_usual(raw) else None


@pytest.mark.parametrize("raw", USUAL)
def test_what_is_usual_is_known_at_a_glance(raw: Raw) -> None:
    assert hidden(raw) is False


def test_no_key_at_any_value_hides_a_finding() -> None:
    found = [(hidden(raw), raw) for raw in each_key_at_each_value()]
    assert [raw for is_hidden, raw in found if is_hidden] == []
    assert sum(is_hidden is False for is_hidden, _ in found) > 100
