"""Spelling: what is mended, and what is more than spelling."""

from __future__ import annotations

import random

import pytest

from itms_ota import _urls
from itms_ota._urls import _faults, _normalise


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("https://a.example/b.ipa", "https://a.example/b.ipa"),
        ("HTTPS://A.Example/B.ipa", "https://a.example/B.ipa"),
        ("https://a.example:443/b", "https://a.example/b"),
        ("https://a.example:8443/b", "https://a.example:8443/b"),
        ("https://a.example:/b", "https://a.example/b"),
        ("https://a.example/my app.ipa", "https://a.example/my%20app.ipa"),
        ("https://a.example/100%.ipa", "https://a.example/100%25.ipa"),
        ("https://a.example/%20a", "https://a.example/%20a"),
        ("https://a.example/ü?q=ü#ü", "https://a.example/%C3%BC?q=%C3%BC#%C3%BC"),
        ("https://a.example/a?b?c#d#e", "https://a.example/a?b?c#d%23e"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://ü:p w@a.example/x", "https://%C3%BC:p%20w@a.example/x"),
        ("https://[2001:DB8::1]:8443/x y", "https://[2001:db8::1]:8443/x%20y"),
        ("https://a。example/", "https://a.example/"),
    ],
)
def test_spelling_is_mended(written: str, uri: str) -> None:
    assert _urls.normalise(written) == uri
    assert _urls.normalise(uri) == uri


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/ü",
        "https:///ü",
        " https://a.example/ü",
        "https://a.example/a\tb",
        "https://a.example/a\\b",
        "https://a.example/\x01",
        "https://a.example/\ud800",
        "https://a.example/${A b}",
        "https://a.example/%NAME%/ü",
        "https://straße.example/",
        "https://a\ua64ab.example/",  # newer than Unicode 3.2
        "https://\u2132.example/",  # its lower case is
        "https://\u13a0.example/",
        "https://xn--a.example/ü",
        "https://256.1.1.1/ü",
        "https://℀.example/",
        f"https://{'ü' * 64}.example/",
        f"https://{'ü' * 255}.example/",
        "https://[::1/ü",
        "https://[::1]80/ü",
        "https://[[a]]/ü",
        "https://[[",
        "https://a.example:x/ü",
        "https://A.example:65536/ü",
        "ü",
    ],
)
def test_what_is_more_than_spelling_is_left_to_be_reported(url: str) -> None:
    # Also where the host would become another than in browsers: IDNA 2003 makes strasse of straße, a/c of U+2100, and
    # knows no letters that are newer.
    assert _urls.normalise(url) == url
    assert _urls.faults(url)


@pytest.mark.dear
def test_what_is_plain_has_no_problems_and_needs_no_mending() -> None:
    seeded = random.Random(1)
    pieces = ["https://", "http://", "a", "example", ".com", "/", ":8443", ":443", "local", ".", "%20", "%", "__A__"]
    pieces += ["$x", "?", "#", "@", "YOUR_", "A", " ", "ü", "'", "{a}", "[", "127.0.0.1", "\n"]
    pieces += [
        "yourserver.com",
        "your",
        "xn--",
        "...",
        "/:id",
        "%NAME%",
        "%DATE",
        "@Model.Id",
        "domain.com",
        "/x@2x.png",
    ]
    plain = 0
    for _ in range(20_000):
        url = "https://a.example/" * seeded.randint(0, 1) + "".join(seeded.choices(pieces, k=seeded.randint(1, 6)))
        is_plain = _urls.is_plain(url)
        normalised = _urls.normalise(url)
        if is_plain:
            plain += 1
            with pytest.MonkeyPatch.context() as patch:
                for module in (_faults, _normalise):
                    patch.setattr(module, "is_plain", set[str]().__contains__)
                assert (_urls.faults(url), _urls.problems(url, "p"), _urls.normalise(url)) == ((), [], url)
        assert _urls.normalise(normalised) == normalised
        _urls.redact(url)
    assert plain > 500


@pytest.mark.dear
def test_what_is_normal_stays_as_it_is() -> None:
    seeded = random.Random(20260906)
    pieces = [
        "https://",
        "HTTPS://",
        "//",
        "/",
        "?",
        "#",
        "@",
        ":",
        "[",
        "]",
        "[[",
        "::1",
        "%",
        "%25",
        "%zz",
        "A",
        "a.B",
    ]
    pieces += [
        "ü",
        "。",
        "ß",
        "\u017f",
        "\u212a",
        "\ud800",
        "\0",
        " ",
        "\xa0",
        "\ufeff",
        "443",
        "0443",
        "\\",
        "{",
        "<",
        "|",
    ]
    pieces += ["xn--", "..", "1.2.3.4", "\u2100", "\uff0f", "NULL", "__A__", "$X", "&amp;", "\u0130", "\uff11"]
    for _ in range(20_000):
        url = "https://" * seeded.randint(0, 1) + "".join(seeded.choices(pieces, k=seeded.randint(1, 7)))
        normal = _urls.normalise(url)
        assert _urls.normalise(normal) == normal, url
        if not any(fault.level == "error" for fault in _urls.faults(normal)):
            assert _urls.encode(normal).isascii(), url
            assert _urls.address(normal).port < 65536, url
