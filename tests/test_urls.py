"""What an https URL must be, by every form that was seen."""

from __future__ import annotations

import random
import re

import pytest

from itms_ota import _urls
from itms_ota.errors import Problem

Found = list[tuple[str, str]]


def found(url: str) -> Found:
    """Give level and code of every problem; all of them name the path they were given."""
    problems = _urls.problems(url, "here")
    assert all(problem.path == "here" and problem.message.endswith(".") for problem in problems)
    return [(problem.level, problem.code) for problem in problems]


@pytest.mark.parametrize(
    "url",
    [
        "https://apps.example.com/App.ipa",
        "https://apps.example.com",
        "https://apps.example.com:8443/a/b.ipa?x=1&y=%20#top",
        "HTTPS://APPS.Example.COM/App.ipa",
        "https://203.0.113.7/App.ipa",
        "https://[2001:db8::1]:8443/App.ipa",
        "https://[2001:db8::1]/App.ipa",
        "https://apps.example.com./App.ipa",
        "https://a_b.example.com/App.ipa",
        "https://example.com/$web/App.ipa",
        "https://example.com/a[1]/App.ipa",
        "https://example.com/__pycache__x/App.ipa",
        "https://example.com:443/App.ipa",
        "https://xn--bcher-kva.example/App.ipa",
    ],
)
def test_a_sound_url_has_no_problems(url: str) -> None:
    assert found(url) == []


ERROR = "error"
WARNING = "warning"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", [(ERROR, "empty")]),
        (" \n", [(ERROR, "empty")]),
        ("http://example.com/a.ipa", [(ERROR, "not-https")]),
        ("ftp://example.com/a.ipa", [(ERROR, "not-https")]),
        ("file:///a.ipa", [(ERROR, "not-https")]),
        ("data:image/png;base64,AAAA", [(ERROR, "not-https")]),
        ("itms-services://?action=download-manifest", [(ERROR, "not-https")]),
        ("a.ipa", [(ERROR, "relative-url")]),
        ("/a.ipa", [(ERROR, "relative-url")]),
        ("app", [(ERROR, "relative-url")]),
        ("example.com/a.ipa", [(ERROR, "relative-url")]),
        ("//example.com/a.ipa", [(ERROR, "relative-url")]),
        ("https:///a.ipa", [(ERROR, "no-host")]),
        ("https:a.ipa", [(ERROR, "no-host")]),
        ("https://:443/a.ipa", [(ERROR, "no-host")]),
        ("https://example.com/my app.ipa", [(ERROR, "whitespace")]),
        (" https://example.com/a.ipa", [(ERROR, "whitespace")]),
        ("https://example.com/a.ipa\n", [(ERROR, "whitespace")]),
        ("https://example.com/ü.ipa", [(ERROR, "invalid-url")]),
        ("https://bücher.example/a.ipa", [(ERROR, "invalid-url")]),
        ("https://bücher.example/ü.ipa", [(ERROR, "invalid-url")]),
        ("https://bücher.example/é.ipa", [(ERROR, "invalid-url"), (ERROR, "invalid-url")]),
        ("https://example.com/100%.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com/%zz.ipa", [(ERROR, "invalid-url")]),
        ('https://example.com/a"b.ipa', [(ERROR, "invalid-url")]),
        ("https://example.com/a\\b.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com/\x00.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com/\ud800.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com/a#b#c", [(ERROR, "invalid-url")]),
        ("https://exa!mple.com/a.ipa", [(ERROR, "invalid-url")]),
        ("https://a..example/a.ipa", [(ERROR, "invalid-url")]),
        (f"https://{'a' * 64}.example/a.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com:port/a.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com:65536/a.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com:٣/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[2001:db8::zz]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://example.com/${VERSION}/a.ipa", [(ERROR, "placeholder")]),
        ("http://example.com/${VERSION}/a.ipa", [(ERROR, "placeholder"), (ERROR, "not-https")]),
        ("https://[::1/a.ipa", [(ERROR, "invalid-url")]),
        ("https://::1]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[::1]]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[::1]80/a.ipa", [(ERROR, "invalid-url")]),
        ("https://x[::1]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[fe80::1%en0]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[fe80::1%25en0]/a.ipa", [(WARNING, "private-host")]),
        ("https://me:secret@example.com/a.ipa", [(WARNING, "credentials")]),
        ("https://u[p@example.com/a.ipa", [(WARNING, "credentials")]),
        ("https://u%20p@example.com/a.ipa", [(WARNING, "credentials")]),
        ("https://u|v@example.com/a.ipa", [(ERROR, "invalid-url"), (WARNING, "credentials")]),
        ("https://u%zz@example.com/a.ipa", [(ERROR, "invalid-url"), (WARNING, "credentials")]),
        ("https://\ud800@example.com/a.ipa", [(ERROR, "invalid-url"), (WARNING, "credentials")]),
        ("https://u v@example.com/a.ipa", [(ERROR, "whitespace"), (WARNING, "credentials")]),
        ("https://localhost/a.ipa", [(WARNING, "loopback-host")]),
        ("https://a.localhost/a.ipa", [(WARNING, "loopback-host")]),
        ("https://127.0.0.1/a.ipa", [(WARNING, "loopback-host")]),
        ("https://[::1]/a.ipa", [(WARNING, "loopback-host")]),
        ("https://[::ffff:127.0.0.1]/a.ipa", [(WARNING, "loopback-host")]),
        ("https://0.0.0.0/a.ipa", [(WARNING, "loopback-host")]),
        ("https://192.168.0.5/a.ipa", [(WARNING, "private-host")]),
        ("https://10.1.2.3/a.ipa", [(WARNING, "private-host")]),
        ("https://172.31.0.1/a.ipa", [(WARNING, "private-host")]),
        ("https://100.64.0.1/a.ipa", [(WARNING, "private-host")]),
        ("https://169.254.1.1/a.ipa", [(WARNING, "private-host")]),
        ("https://[fd00::1]/a.ipa", [(WARNING, "private-host")]),
        ("https://[fe80::1]/a.ipa", [(WARNING, "private-host")]),
        ("https://mac.local/a.ipa", [(WARNING, "private-host")]),
        ("https://mac.local./a.ipa", [(WARNING, "private-host")]),
        ("https://nas.lan/a.ipa", [(WARNING, "private-host")]),
        ("https://ci.internal/a.ipa", [(WARNING, "private-host")]),
        ("https://box.home.arpa/a.ipa", [(WARNING, "private-host")]),
        ("https://intranet/a.ipa", [(WARNING, "private-host")]),
        ("http://192.168.0.5/my app.ipa", [(ERROR, "whitespace"), (ERROR, "not-https"), (WARNING, "private-host")]),
    ],
)
def test_each_fault_has_its_code(url: str, expected: Found) -> None:
    assert found(url) == expected


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.1", "loopback-host"),
        ("0x7f.0.0.1", "loopback-host"),
        ("0177.0.0.1", "loopback-host"),
        ("2130706433", "loopback-host"),
        ("0", "loopback-host"),
        ("10.1", "private-host"),
        ("0xc0a80101", "private-host"),
        ("203.0.29.1.9", None),
        ("8.8.2056", None),
        ("256.1.1", None),
        ("1.2.3.4.5", None),
    ],
)
def test_short_forms_of_addresses_are_known(host: str, code: str | None) -> None:
    assert found(f"https://{host}/a") == ([] if code is None else [(WARNING, code)])


@pytest.mark.parametrize("url", ["https://https://a.example/b", "HTTPS://http://a.example/b"])
def test_a_scheme_that_stands_twice_is_named_and_not_mended(url: str) -> None:
    assert found(url) == [(ERROR, "invalid-url")]
    assert "stands twice" in problems_text(url)
    assert _urls.normalise(url) == url


def test_a_url_that_is_escaped_for_html_is_a_warning() -> None:
    assert found("https://a.example/b?c=1&amp;d=2") == [(WARNING, "html-escaped")]


def test_what_cannot_be_seen_around_a_url_is_white_space() -> None:
    assert found("\ufeffhttps://a.example/b") == [(ERROR, "whitespace")]
    assert found("https://a.example/b\u200b") == [(ERROR, "whitespace")]
    assert found("\ufeff\xa0") == [(ERROR, "empty")]
    assert "around it" in problems_text("https://a.example/b\ufeff")
    assert "at character 20" in problems_text("https://a.example/b\ufeffc")
    assert _urls.normalise("https://a.example/b\ufeffü") == "https://a.example/b\ufeffü"
    assert _urls.normalise("https://a.example/ä\u200b") == "https://a.example/ä\u200b"


def test_a_url_that_is_encoded_as_a_whole_is_told_from_one_without_a_scheme() -> None:
    assert found("https%3A%2F%2Fa.example%2Fb") == [(ERROR, "relative-url")]
    assert "decode it once" in problems_text("https%3A%2F%2Fa.example%2Fb")
    assert "write https:// before the host" in problems_text("a.example/b")


def test_the_level_is_that_of_what_is_not_fetched() -> None:
    problems = _urls.problems("http://localhost/a b", "p", "warning")
    assert {problem.level for problem in problems} == {"warning"}
    assert _urls.problems("", "items[0]", "warning") == [Problem("items[0]", "empty", problems_text(""), "warning")]


def problems_text(url: str) -> str:
    return _urls.problems(url, "p")[0].message


def test_a_message_names_the_character_and_how_to_write_it() -> None:
    assert "'ü', which must be written %C3%BC" in problems_text("https://example.com/ü.ipa")
    assert "write %25 for a percent sign" in problems_text("https://example.com/100%.ipa")
    assert "white space at character 22" in problems_text("https://example.com/a b.ipa")
    assert "white space around it" in problems_text("https://example.com/a.ipa ")


@pytest.mark.parametrize(
    "text",
    [
        "${VERSION}",
        "$(VERSION)",
        "${open",
        "{{ url }}",
        "{url}",
        "#{url}",
        "\\(version)",
        "<%= url %>",
        "<?php echo $url ?>",
        "<your-url>",
        "%@",
        "https://a.example/%s",
        "%1$s",
        "https://a.example/__URL__",
        "__URL__",
        "$URL/a.ipa",
        "https://a.example/$version/a.ipa",
        "https://%s/a.ipa",
        "https://[HOST]/a.ipa",
        "https://(host)/a.ipa",
        "https://...",
        "https://…",
        "#url#",
        "#URL",
        "_url_",
        "IPA_URL",
        "https://a.example/YOUR_APP.ipa",
        'https://a.example/" + url + "',
        "https://a.example/' + url",
        "https://a.example/'.$url",
        "undefined",
        "https://null/a.ipa",
    ],
)
def test_what_a_template_left_is_found(text: str) -> None:
    assert _urls.placeholder(text) is not None
    assert found(text)[0] == (ERROR, "placeholder")


@pytest.mark.parametrize(
    "text",
    ["https://a.example/$web/a", "https://a.example/%20a", "https://a.example/a__b__c", "My App", "com.example.app"],
)
def test_what_is_no_placeholder_is_left_alone(text: str) -> None:
    assert _urls.placeholder(text) is None


@pytest.mark.parametrize("unit", ["\\(", "${", "{", "<", "__A", "'", "/$", "_A", "%", "#{", "-"])
def test_long_texts_are_gone_through_once(unit: str) -> None:
    url = "https://a.example/" + unit * 100_000
    assert len(_urls.problems(url, "p")) <= 2
    assert len(_urls.redact(url)) < 400
    assert _urls.normalise(url).startswith("https://a.example/")


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
        "https://straße.example/",
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
    # Also where the host would become another: IDNA 2003 makes strasse of straße, and a/c of U+2100.
    assert _urls.normalise(url) == url
    assert found(url) != []


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://a.example/b", "'https://a.example/b'"),
        ("a'b", '"a\'b"'),
        ("x" * 200, "'" + "x" * 80 + "…'"),
        ("https://a.example/" + "x/" * 200, "'" + ("https://a.example/" + "x/" * 200)[:160] + "…'"),
        ("https://", "'https://'"),
        ("https://u:p@a.example/", "'https://…@a.example/'"),
        ("https://a.example/?sig=0123456789abcdef", "'https://a.example/?sig=0123…'"),
        ("https://a.example/?v=1.2.3", "'https://a.example/?v=1.2.3'"),
        ("https://a.example/0a1b2c3d4e5f6a7b8c9d/x", "'https://a.example/0a1b…/x'"),
        ("https://a.example/releases-of-the-company/x", "'https://a.example/releases-of-the-company/x'"),
    ],
)
def test_a_shown_url_is_short_and_tells_no_secret(url: str, text: str) -> None:
    assert _urls.redact(url) == text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", ("https", "a.example", 443, "/")),
        ("HTTP://A.example/x?y#z", ("http", "a.example", 80, "/x?y")),
        ("https://u@[::1]:8443/?q", ("https", "::1", 8443, "/?q")),
    ],
)
def test_parts(url: str, expected: tuple[str, str, int, str]) -> None:
    assert _urls.parts(url) == expected
    assert _urls.host(url) == expected[1]


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("c", "https://a.example/c"),
        ("/c", "https://a.example/c"),
        ("//b.example/c", "https://b.example/c"),
        ("http://b.example/", "http://b.example/"),
    ],
)
def test_join(reference: str, url: str) -> None:
    assert _urls.join("https://a.example/b", reference) == url


def test_join_with_what_is_no_address() -> None:
    with pytest.raises(ValueError, match="IPv6"):
        _urls.join("https://a.example/b", "http://[")


def test_encode_and_decode() -> None:
    text = "".join(map(chr, range(1, 0x250))) + "\U0001f600"
    assert _urls.encode(text).isascii()
    assert _urls.decode(_urls.encode(text)) == text
    assert _urls.decode("a+b") == "a+b"
    assert _urls.decode("%FF%zz\ud800") == "\ufffd%zz?"
    assert _urls.path("https://a.example/%C3%BC?x") == "/ü"


def test_what_is_plain_has_no_problems_and_needs_no_mending() -> None:
    seeded = random.Random(1)
    pieces = ["https://", "http://", "a", "example", ".com", "/", ":8443", ":443", "local", ".", "%20", "%", "__A__"]
    pieces += ["$x", "?", "#", "@", "YOUR_", "A", " ", "ü", "'", "{a}", "[", "127.0.0.1", "\n"]
    plain = 0
    for _ in range(20_000):
        url = "https://a.example/" * seeded.randint(0, 1) + "".join(seeded.choices(pieces, k=seeded.randint(1, 6)))
        is_plain = _urls.is_plain(url)
        normalised = _urls.normalise(url)
        if is_plain:
            plain += 1
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(_urls, "_PLAIN", re.compile("never"))
                assert (_urls.problems(url, "p"), _urls.normalise(url)) == ([], url)
        assert _urls.normalise(normalised) == normalised
        _urls.redact(url)
    assert plain > 500


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
        if not any(level == "error" for level, _ in found(normal)):
            assert _urls.encode(normal).isascii(), url
            assert _urls.parts(normal).port < 65536, url
