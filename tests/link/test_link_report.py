"""inspect_link: what is wrong, what a device makes of it, and what was meant."""

from __future__ import annotations

import random
import re

import pytest
from _long import mutants

from itms_ota import InstallLink, LinkError, Problem, find_links, inspect_link

URL = "https://example.com/m.plist"
PREFIX = "itms-services://?action=download-manifest&url="
RAW = PREFIX + URL
ENCODED = str(InstallLink(URL))


def levels(text: str) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.code, problem.level) for problem in inspect_link(text).problems]


def test_only_a_str_is_inspected() -> None:
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        inspect_link(b"x")  # type: ignore[arg-type]


def test_a_good_link_has_no_problems() -> None:
    report = inspect_link(ENCODED)
    assert report.ok
    assert (report.text, report.start, report.end) == (ENCODED, 0, len(ENCODED))
    assert (report.device_url, report.link, report.problems) == (URL, InstallLink(URL), ())
    assert str(report) == "link to 'https://example.com/m.plist': no problems"
    assert report._repr_html_() == "<div><b>link to &#x27;https://example.com/m.plist&#x27;</b>: no problems</div>"


SLASHES = ("", "slashes", "warning")

# Text, problems, what a device asks for, and what was meant; None twice where that is nothing.
FORMS: list[tuple[str, list[tuple[str, str, str]], str | None, str | None]] = [
    # The separator.
    ("itms-services://?action=download-manifest&amp;url=" + URL, [("", "html-escaped", "warning")], URL, URL),
    ("itms-services://?action=download-manifest&amp;amp;url=" + URL, [("", "double-escaped", "error")], None, URL),
    ("itms-services://?url=" + URL + "&amp;amp;action=download-manifest", [("", "double-escaped", "error")], None, URL),
    ("itms-services://?action=download-manifest;url=" + URL, [("", "semicolon", "warning")], URL, URL),
    ("itms-services://?action=download-manifest?url=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifest%26url=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifest%26amp%3Burl=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifestamp-url=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifestamp;url=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifest&url%3D" + URL, [("url", "mangled-separator", "error")], None, URL),
    (
        "itms-services://a?b?action=download-manifest&url=" + URL,
        [SLASHES, ("action", "mangled-separator", "error")],
        None,
        URL,
    ),
    ("itms-services://?action=download-manifest#&url=" + URL, [("", "cut-short", "error")], None, URL),
    (
        "itms-services://?url=" + URL + "#top&action=download-manifest",
        [("", "cut-short", "error"), ("url", "cut-short", "warning")],
        None,
        URL + "#top",
    ),
    (PREFIX + URL + "%0A#top", [("url", "cut-short", "error")], None, URL + "%0A#top"),
    ("itms-services://?action=download-manifesturl=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifest&amp%3Burl=" + URL, [("", "mangled-separator", "error")], None, URL),
    ("itms-services://?action=download-manifest&uri=" + URL, [("url", "missing", "error")], None, URL),
    ("itms-services://?action=download-manifest&URI=" + URL, [("url", "missing", "error")], None, URL),
    ("itms-services://?action=download-manifest&uri=x&url=" + URL, [], URL, URL),
    # The scheme and what follows it.
    *[
        (scheme + RAW.partition(":")[2], [("", "wrong-scheme", "error")], None, URL)
        for scheme in ("http://itms-services:", "https://itms-services:", "itmss-services:", "itms_services:")
    ],
    *[
        (f"{scheme}?action=download-manifest&url={URL}", [("", "wrong-scheme", "error")], None, URL)
        for scheme in ("https://itms-services//", "itms-services//", "itms-services/")
    ],
    ("itms-services:///?action=download-manifest&url=" + URL, [SLASHES], URL, URL),
    ("itms-services:/?action=download-manifest&url=" + URL, [SLASHES], URL, URL),
    ("itms-services:?action=download-manifest&url=" + URL, [SLASHES], URL, URL),
    ("itms-services:\\?action=download-manifest&url=" + URL, [("", "slashes", "error")], None, URL),
    ("itms-services:// ?action=download-manifest&url=" + URL, [("", "whitespace", "error")], None, URL),
    ("itms-services:action=download-manifest&url=" + URL, [("", "no-query", "error")], None, URL),
    ("itms-services://install", [("", "no-query", "error")], None, None),
    ("itms-services://?", [("action", "missing", "error"), ("url", "missing", "error")], None, None),
    ("//?action=download-manifest&url=" + URL, [("", "no-scheme", "error")], None, URL),
    ("unsafe:" + RAW, [("", "unsafe-scheme", "error")], None, URL),
    ("itms-service://?action=download-manifest&url=" + URL, [("", "wrong-scheme", "error")], None, URL),
    ("itms-services_/i.html?action=download-manifest&url=" + URL, [("", "wrong-scheme", "error")], None, URL),
    ("ITMS-SERVICES://?action=download-manifest&url=" + URL, [], URL, URL),
    ("mailto:x", [("", "not-a-link", "error")], None, None),
    ("", [("", "not-a-link", "error")], None, None),
    # The parameters.
    ("itms-services://?v=1&action=download-manifest&bundleId=x&url=" + URL, [], URL, URL),
    ("itms-services://?url=" + URL + "&action=download-manifest", [], URL, URL),
    ("itms-services://?url=" + URL + ";action=download-manifest", [("", "semicolon", "warning")], URL, URL),
    (
        "itms-services://?Action=Download-Manifest&URL=" + URL,
        [("action", "letter-case", "warning"), ("action", "letter-case", "warning"), ("url", "letter-case", "warning")],
        URL,
        URL,
    ),
    ("itms-services://?action =download-manifest&url=" + URL, [("action", "whitespace", "error")], None, URL),
    ("itms-services://?action= download-manifest&url=" + URL, [("action", "whitespace", "error")], None, URL),
    ("itms-services://?action=download-manifest%23&url=" + URL, [("action", "unknown-action", "error")], None, URL),
    ("itms-services://?action=download-manifest& url=" + URL, [("url", "whitespace", "error")], None, URL),
    ("itms-services://?action=app-manifest&url=" + URL, [("action", "unknown-action", "error")], None, URL),
    ("itms-services://?action={ACTION}&url=" + URL, [("action", "placeholder", "error")], None, URL),
    (
        "itms-services://?action=${action}&url=",
        [("action", "placeholder", "error"), ("url", "empty", "error")],
        None,
        None,
    ),
    (
        "itms-services://?action=__ACTION__&url=http://a.example/m",
        [("action", "placeholder", "error"), ("url", "not-https", "error")],
        None,
        None,
    ),
    ("itms-services://?action=generate-bugs&url=" + URL, [("action", "unknown-action", "error")], None, None),
    ("itms-services://?action=purchaseIntent&bundleId=x", [("action", "other-action", "error")], None, None),
    ("itms-services://?action=redeem-codes", [("action", "other-action", "error")], None, None),
    ("itms-services://?action=download-manifest", [("url", "missing", "error")], None, None),
    ("itms-services://?url=" + URL, [("action", "missing", "error")], None, URL),
    # How the manifest's URL is encoded.
    (PREFIX + "https://a.example/m?a=1", [], "https://a.example/m?a=1", "https://a.example/m?a=1"),
    (
        PREFIX + "https://a.example/m?a=1&b=2",
        [("url", "cut-short", "error")],
        "https://a.example/m?a=1",
        "https://a.example/m?a=1&b=2",
    ),
    (
        PREFIX + "https://a.example/m#b",
        [("url", "cut-short", "warning")],
        "https://a.example/m",
        "https://a.example/m#b",
    ),
    (
        PREFIX + "https://a.example/m#1.plist",
        [("url", "cut-short", "error")],
        "https://a.example/m",
        "https://a.example/m#1.plist",
    ),
    (
        PREFIX + "https%3A%2F%2Fa.example%2Fm?a=1&b=2",
        [("url", "cut-short", "error")],
        "https://a.example/m?a=1",
        "https://a.example/m?a=1&b=2",
    ),
    (PREFIX + "https%3A%2F%2Fa.example%2Fm?a=1", [], "https://a.example/m?a=1", "https://a.example/m?a=1"),
    (PREFIX + URL + "&bundleId=x", [], URL, URL),
    # A ';', at which devices were seen to split where nothing else gives both parameters.
    (PREFIX + URL + ";s=1", [("url", "cut-short", "warning")], URL + ";s=1", URL + ";s=1"),
    (PREFIX + URL + "?x=1;y=2", [("url", "cut-short", "warning")], URL + "?x=1;y=2", URL + "?x=1;y=2"),
    (ENCODED + "%3Fx=1;y=2", [("url", "cut-short", "warning")], URL + "?x=1;y=2", URL + "?x=1;y=2"),
    (ENCODED + "%3Fx=1%3By=2", [], URL + "?x=1;y=2", URL + "?x=1;y=2"),
    (
        "itms-services://?action=download-manifest;url=" + URL + "?x=1;y=2",
        [("", "semicolon", "warning"), ("url", "cut-short", "error")],
        URL + "?x=1",
        URL + "?x=1;y=2",
    ),
    ("itms-services://?action=download-manifest;url=" + URL + ";v=1", [("", "semicolon", "warning")], URL, URL),
    (
        "itms-services://?action=download-manifest&amp;url=" + URL + ";s=1",
        [("", "html-escaped", "warning"), ("url", "cut-short", "error")],
        URL,
        URL + ";s=1",
    ),
    # '&amp;' in the manifest's URL.
    (
        PREFIX + URL + "?id=1&amp;key=2",
        [("url", "cut-short", "error"), ("url", "html-escaped", "warning")],
        URL + "?id=1",
        URL + "?id=1&key=2",
    ),
    (
        ENCODED + "%3Fid%3D1%26amp%3Bkey%3D2",
        [("url", "html-escaped", "warning")],
        URL + "?id=1&amp;key=2",
        URL + "?id=1&key=2",
    ),
    (
        ENCODED + "%3Fid%3D1%26amp%3Bamp%3Bkey%3D2",
        [("url", "html-escaped", "warning")],
        URL + "?id=1&amp;amp;key=2",
        URL + "?id=1&key=2",
    ),
    # A parameter twice.
    (RAW + "&url=https://b.example/m", [("url", "duplicate-parameter", "warning")], URL, URL),
    (RAW + "&amp;URL=https://b.example/m", [("url", "duplicate-parameter", "warning")], URL, URL),
    (RAW + "&action=x", [("action", "duplicate-parameter", "warning")], URL, URL),
    (
        "itms-services://?url=" + URL + "&action=download-manifest&url=https://b.example/m",
        [("url", "duplicate-parameter", "warning")],
        URL,
        URL,
    ),
    (RAW + "?curl=1", [], URL + "?curl=1", URL + "?curl=1"),
    (RAW + "?url=1", [], URL + "?url=1", URL + "?url=1"),
    (
        PREFIX + "https://a.example/a%2Fb",
        [("url", "not-encoded", "warning")],
        "https://a.example/a/b",
        "https://a.example/a%2Fb",
    ),
    (
        PREFIX + "https://a.example/a%20b",
        [("url", "not-encoded", "error")],
        None,
        "https://a.example/a%20b",
    ),
    # A URL whose query alone is encoded for the link means what the device sees.
    *[
        (PREFIX + f"https://a.example/{written}", [], f"https://a.example/{meant}", f"https://a.example/{meant}")
        for written, meant in (
            ("i.php%3Fapp%3D204", "i.php?app=204"),
            ("i.php%3fapp=204", "i.php?app=204"),
            ("m?token%3D7E", "m?token=7E"),
            ("m?a=1%26b=2", "m?a=1&b=2"),
            ("m?a%3D1%26b%3D2", "m?a=1&b=2"),
        )
    ],
    *[
        (
            PREFIX + f"https://a.example/{written}",
            [("url", "not-encoded", "warning")],
            f"https://a.example/{seen}",
            meant,
        )
        for written, seen, meant in (
            ("what%3F.plist", "what?.plist", "https://a.example/what%3F.plist"),
            ("m?s=a%2Fb%3D", "m?s=a/b=", "https://a.example/m?s=a%2Fb%3D"),
            (
                "i?u=https%3A%2F%2Fb%2Fx%26y%3D1",
                "i?u=https://b/x&y=1",
                "https://a.example/i?u=https%3A%2F%2Fb%2Fx%26y%3D1",
            ),
        )
    ],
    (PREFIX + "https%253A%252F%252Fexample.com%252Fm.plist", [("url", "double-encoded", "error")], None, URL),
    (PREFIX + "https%25253A%25252F%25252Fexample.com%25252Fm.plist", [("url", "double-encoded", "error")], None, URL),
    (PREFIX + RAW, [("url", "nested-link", "error")], None, URL),
    (PREFIX + ENCODED.replace("%", "%25").replace(":", "%3A"), [("url", "nested-link", "error")], None, URL),
    (PREFIX + PREFIX + PREFIX + PREFIX + PREFIX, [("url", "nested-link", "error")] * 4, None, None),
    # Escapes and encodings of the whole.
    (RAW.replace("/", "\\/"), [("", "escaped", "error")], None, URL),
    (RAW.replace("&", "\\u0026"), [("", "escaped", "error")], None, URL),
    (RAW.replace("&", "\\x26").replace("=", "\\x3d"), [("", "escaped", "error")], None, URL),
    (RAW.replace("&", "&#038;"), [("", "escaped", "error")], None, URL),
    (RAW.replace(":", "&#58;", 1), [("", "escaped", "error")], None, URL),
    (RAW.replace(":", "&colon;", 1), [("", "escaped", "error")], None, URL),
    (RAW.replace("=", "=3D"), [("", "escaped", "error")], None, URL),
    *[(RAW.replace("&", escaped), [("", "escaped", "error")], None, URL) for escaped in ("\\&", "^&")],
    ("itms-services://\\?action\\=download-manifest\\&url\\=" + URL, [("", "escaped", "error")], None, URL),
    (RAW.replace("=", "=3D").replace("example", "exam=\nple"), [("", "escaped", "error")], None, URL),
    ("itms-services%3A%2F%2F%3Faction%3Ddownload-manifest%26url%3D" + URL, [("", "encoded-link", "error")], None, URL),
    ("itms-services://%3Faction%3Ddownload-manifest%26url%3D" + URL, [("", "encoded-link", "error")], None, URL),
    ("itms-services://?action%3Ddownload-manifest%26url%3D" + URL, [("", "encoded-link", "error")], None, URL),
    (
        "itms-services%253A%252F%252F%253Faction%253Ddownload-manifest%2526url%253D" + URL,
        [("", "encoded-link", "error")] * 2,
        None,
        URL,
    ),
    # What copying does.
    (f" {RAW}\n", [("", "whitespace", "warning")], URL, URL),
    (PREFIX + "https://example.com/\n> m.plist", [("", "line-broken", "error")], None, URL),
    (PREFIX + "\n" + URL + "\nand more text", [("", "line-broken", "error")], None, URL),
    (PREFIX + URL + "\n?v=1", [("", "line-broken", "error")], None, URL + "?v=1"),
    (PREFIX + "https://a.example/\nm\nplist", [("", "line-broken", "error")], None, "https://a.example/mplist"),
    ("itms-\nservices" + RAW[13:], [("", "line-broken", "error")], None, URL),
    (RAW + ".", [("url", "trailing-text", "warning")], URL + ".", URL),
    (RAW + ")", [("url", "trailing-text", "warning")], URL + ")", URL),
    *[
        (RAW + end, [("url", "trailing-text", "error")], None, URL)
        for end in ('"', "。", "”", "…", "\uff0c", "»", ")。")
    ],
    *[
        (link + words, [("url", "trailing-text", "error")], None, URL)
        for link in (RAW, ENCODED)
        for words in ("\uff0c请用Safari打开", "请用 Safari", "\uff08内网\uff09", "…and")
    ],
    (PREFIX + "https://a.example/m请", [("url", "invalid-url", "error")], None, "https://a.example/m%E8%AF%B7"),
    (
        PREFIX + f'"{URL}"',
        [("url", "surrounding-text", "error"), ("url", "trailing-text", "error")],
        None,
        URL,
    ),
    (
        PREFIX + f"“{URL}”",
        [("url", "surrounding-text", "error"), ("url", "trailing-text", "error")],
        None,
        URL,
    ),
    (PREFIX + f"'{URL}", [("url", "surrounding-text", "error")], None, URL),
    # A "." is the URL's own where the link is as this library writes it.
    (ENCODED + ".", [("url", "trailing-text", "warning")], URL + ".", URL + "."),
    (ENCODED + "),", [("url", "trailing-text", "warning")], URL + "),", URL),
    (RAW + "?", [], URL + "?", URL + "?"),
    (RAW + "?!", [("url", "trailing-text", "warning")], URL + "?!", URL),
    (
        PREFIX + "https://a.example/m?",
        [("url", "trailing-text", "warning")],
        "https://a.example/m?",
        "https://a.example/m",
    ),
    *[
        (link + markup, [("url", "trailing-text", "error")], None, URL)
        for link in (RAW, ENCODED)
        for markup in (">Install", '">Install</a>', "<br>", "</string>", "'>x")
    ],
    (PREFIX + "https://a.example/m(1)", [], "https://a.example/m(1)", "https://a.example/m(1)"),
    (PREFIX + "https://a.example/m?x=[1]", [], "https://a.example/m?x=[1]", "https://a.example/m?x=%5B1%5D"),
    (
        PREFIX + "https://a.example/m?x=[1]]",
        [("url", "trailing-text", "warning")],
        "https://a.example/m?x=[1]]",
        "https://a.example/m?x=%5B1%5D",
    ),
    (PREFIX + "https://a.example/m~", [], "https://a.example/m~", "https://a.example/m~"),
    *[
        (link + space, [("url", "whitespace", "error")], None, URL)
        for link in (RAW, ENCODED)
        for space in ("%0A", "%20", "%0d%0a", "%09", "%0C", "%C2%A0", "%e2%80%8b", "%E3%80%80", "%EF%BB%BF")
    ],
    (PREFIX + "%C2%A0%EF%BB%BF" + URL, [("url", "whitespace", "error")], None, URL),
    # No other letters than those of ASCII are taken for one of them.
    ("itm\u017f-services://?action=download-manifest&url=" + URL, [("", "not-a-link", "error")], None, None),
    (PREFIX + "%20" + URL, [("url", "whitespace", "error")], None, URL),
    (ENCODED + "%2520", [], URL + "%20", URL + "%20"),
    (PREFIX + " " + URL, [("url", "whitespace", "error")], None, URL),
    ("itms-services://?url=" + URL + " &action=download-manifest", [("url", "whitespace", "error")], None, URL),
    # What the manifest's URL is.
    (PREFIX, [("url", "empty", "error")], None, None),
    (PREFIX + "http://a.example/m", [("url", "not-https", "error")], "http://a.example/m", None),
    (PREFIX + "ftp://a.example/m", [("url", "not-https", "error")], "ftp://a.example/m", None),
    (PREFIX + "file:///m", [("url", "not-https", "error")], None, None),
    (PREFIX + "data:text/xml,x", [("url", "not-https", "error")], None, None),
    (PREFIX + "/m.plist", [("url", "relative-url", "error")], None, None),
    (PREFIX + "a.example/m.plist", [("url", "relative-url", "error")], None, None),
    (PREFIX + "https://", [("url", "no-host", "error")], None, None),
    (PREFIX + "https://localhost/m", [("url", "loopback-host", "error")], "https://localhost/m", None),
    (
        PREFIX + "https://10.0.0.1/m",
        [("url", "private-host", "warning")],
        "https://10.0.0.1/m",
        "https://10.0.0.1/m",
    ),
    (
        PREFIX + "https://a.example/App.ipa",
        [("url", "wrong-file", "warning")],
        "https://a.example/App.ipa",
        "https://a.example/App.ipa",
    ),
    (
        PREFIX + "https://u:p@a.example/m",
        [("url", "credentials", "warning")],
        "https://u:p@a.example/m",
        None,
    ),
    (
        PREFIX + "https://u|v@a.example/m",
        [("url", "invalid-url", "error"), ("url", "credentials", "warning")],
        None,
        None,
    ),
    (
        PREFIX + "https://\ud800@a.example/m",
        [("url", "invalid-url", "error"), ("url", "credentials", "warning")],
        None,
        None,
    ),
    *[
        (PREFIX + url, [("url", "invalid-url", "error"), ("url", "credentials", "warning")], None, None)
        for url in ("https://a@b@x/m", "https://a@[v1.a]/m", r"https://good.example\@evil.example/m")
    ],
    (PREFIX + "https://[::1/m", [("url", "invalid-url", "error")], None, None),
    (
        PREFIX + "ftp://u|v@a.example/m",
        [("url", "not-https", "error"), ("url", "invalid-url", "error"), ("url", "credentials", "warning")],
        None,
        None,
    ),
    (PREFIX + "http://[fe80::1%en0]/m", [("url", "not-https", "error"), ("url", "invalid-url", "error")], None, None),
    (PREFIX + "https://256.1.1.1/m", [("url", "invalid-url", "error")], None, None),
    (PREFIX + "https://xn--a.example/m", [("url", "invalid-url", "error")], None, None),
    (
        PREFIX + "https://yourserver.com/m",
        [("url", "placeholder", "warning")],
        "https://yourserver.com/m",
        "https://yourserver.com/m",
    ),
    *[
        (PREFIX + text, [("url", "placeholder", "error")], None, None)
        for text in ("___X___", "@Model.Url", "https://a.example/.../m", "https://a.example/[version]/m")
    ],
    *[
        (PREFIX + text, [("url", "placeholder", "error")], None, None)
        for text in ("https://a.example/:id/m", "%URL%", "%(url)s", "$url", '" .. url', "https://a.example/<id>/m")
    ],
    (
        PREFIX + "https://[fe80::1%25en0]/m",
        [("url", "not-encoded", "error"), ("url", "private-host", "warning")],
        None,
        "https://[fe80::1%25en0]/m",
    ),
    (PREFIX + "{{ url }}", [("url", "placeholder", "error")], None, None),
    (PREFIX + "%7B%7B%20url%20%7D%7D", [("url", "placeholder", "error")], None, None),
    (PREFIX + "http://${HOST}/m", [("url", "placeholder", "error"), ("url", "not-https", "error")], None, None),
]


@pytest.mark.parametrize(("text", "problems", "device_url", "meant"), FORMS)
def test_every_form_is_named(
    text: str, problems: list[tuple[str, str, str]], device_url: str | None, meant: str | None
) -> None:
    report = inspect_link(text)
    assert levels(text) == problems
    assert report.device_url == device_url
    assert (report.link and report.link.manifest_url) == meant
    assert (report.text, report.start, report.end) == (text, 0, len(text))
    assert report.ok is all(level == "warning" for _, _, level in problems)
    assert all(problem.message.endswith(".") for problem in report.problems)


@pytest.mark.parametrize("text", [form[0] for form in FORMS if not re.search(r'^\s|\s$|[\n"]', form[0])])
def test_the_link_is_looked_at_wherever_it_stands(text: str) -> None:
    found = find_links(f'say "{text}" twice')
    for report in found:
        assert report.text == text
    if found:
        again = inspect_link(f'say "{text}" twice')
        assert again == found[0]
        assert again.link == inspect_link(text).link


@pytest.mark.parametrize("space", ["\t", " \r\n", "\x0b", "\x0c", "\x1c", "\x1f"])
def test_white_space_that_browsers_take_off_is_a_warning(space: str) -> None:
    for text in (space + RAW, RAW + space, space + ENCODED + space):
        assert levels(text) == [("", "whitespace", "warning")]
        report = inspect_link(text)
        assert (report.text, report.device_url, report.link) == (text, URL, InstallLink(URL))
        assert InstallLink.from_url(text) == InstallLink(URL)
        assert find_links(text)[0].text == text.strip()


@pytest.mark.parametrize(
    "space", ["\x85", "\xa0", "\u1680", "\u2003", "\u200b", "\u2028", "\u3000", "\ufeff", " \xa0 "]
)
def test_white_space_that_browsers_leave_is_an_error(space: str) -> None:
    for text in (space + RAW, RAW + space, space + ENCODED + space):
        assert levels(text) == [("", "whitespace", "error")]
        report = inspect_link(text)
        assert (report.text, report.device_url, report.link) == (text, None, InstallLink(URL))
        with pytest.raises(LinkError) as caught:
            InstallLink.from_url(text)
        assert caught.value.problems == report.problems
        (found,) = find_links(text)
        assert (found.text, found.problems) == (text.strip(space), ())
    for text in (f"{PREFIX}{space}{URL}", f"itms-services:{space}//?action=download-manifest&url={URL}"):
        assert [problem.code for problem in inspect_link(text).problems] == ["whitespace"], text
        assert inspect_link(text).device_url is None
    assert levels(f"{RAW}{space}x")[0][:2] == ("url", "whitespace")
    assert levels(f"itms-services://?action={space}download-manifest&url={URL}")[0][:2] == ("action", "whitespace")


def test_a_template_is_quoted_as_it_stands() -> None:
    messages = [problem.message for problem in inspect_link(PREFIX + "http://${HOST}/m").problems]
    assert "'${HOST}'" in messages[0]
    assert messages[1].startswith("The URL 'http://${HOST}/m' is not https: ")


def test_the_cure_is_one_for_the_link() -> None:
    (problem,) = inspect_link(PREFIX + "https%3A%2F%2Fa.example%2Fa%20b.plist").problems
    assert problem.code == "whitespace"
    assert problem.message.endswith("In the link, write its '%' as %25: a space is %2520 there.")
    (problem,) = inspect_link(PREFIX + "https%3A%2F%2Fa.example%2Fa%7C").problems
    assert problem.message.endswith("Write it as %7C. In the link, write its '%' as %25: a space is %2520 there.")
    # Whether a cure has an escape in it follows from the fault, and not from what the URL says.
    for url, about_escapes in (
        ("http://a.example/m as %20", [True, False]),
        ("https://a.example/m#b#c", [True]),
        ("https://a.example/100%", [True]),
        ("https://a.example/\\m", [False]),
    ):
        problems = inspect_link(PREFIX + url.replace("%", "%25").replace(":", "%3A").replace("#", "%23")).problems
        assert ["In the link, " in problem.message for problem in problems] == about_escapes, url
    (problem,) = inspect_link(PREFIX + r"https:\\a.example\m").problems
    assert problem.message.endswith("Write '/'.")
    (problem,) = inspect_link("itms-services//?action=download-manifest&url=" + URL).problems
    assert problem.message == (
        "Expected 'itms-services:' at the beginning, found 'itms-services'. Safari says that the address is invalid. "
        "Begin the link with 'itms-services://?'."
    )
    (problem,) = inspect_link("https://" + RAW).problems
    assert "found 'https://itms-services:'. Safari looks for a server of that name." in problem.message
    (problem,) = inspect_link("itms-services://?action=download-manifesturl=" + URL).problems
    assert "found nothing." in problem.message


def test_what_a_device_sees_of_what_is_left_over_is_quoted_whole() -> None:
    for url in ("https://a.example/m(1))", "https://a.example/m.", "https://a.example/m?a=1&b=2)"):
        (problem,) = [found for found in inspect_link(PREFIX + url).problems if found.code == "trailing-text"]
        assert f"sees {url!r}" in problem.message


def test_a_link_that_a_shell_has_cut_is_to_be_quoted() -> None:
    (problem,) = inspect_link("itms-services://?action=download-manifest").problems
    assert (problem.path, problem.code) == ("url", "missing")
    assert "write quotes around it, double quotes in cmd.exe" in problem.message
    (problem,) = inspect_link("itms-services://?action=download-manifest&bundleId=x").problems
    assert "Add it." in problem.message


@pytest.mark.parametrize(
    "after",
    [
        *(
            "\n\nThanks,\nBob",
            "\nThanks",
            "\r\n\r\nx",
            "\n请用Safari打开",
            "\nit installs the app",
            "\nhttps://b.example",
        ),
        *(f"\n{RAW}", f"\r{ENCODED}", "   │\n│ and more │", " \n\n" + "x\n" * 70_000),
    ],
)
def test_a_link_is_over_where_the_next_line_does_not_go_on(after: str) -> None:
    for link in (RAW, ENCODED):
        report = inspect_link(link + after)
        assert (report.text, report.problems, report.link) == (link, (), InstallLink(URL))
        assert (report.start, report.end) == (0, len(link))
        assert find_links(link + after)[0] == report
        with pytest.raises(LinkError) as caught:
            InstallLink.from_url(link + after)
        assert [problem.code for problem in caught.value.problems] == ["surrounding-text"]
    assert inspect_link(f"  {RAW}{after}").text == f"  {RAW}"
    long = PREFIX + URL + "?" + "x" * 70_000
    assert inspect_link(long + after).text == long + after


def test_a_page_about_the_manifest_is_not_the_manifest() -> None:
    url = "https://github.com/a/b/blob/main/m.plist"
    assert levels(PREFIX + url) == [("url", "share-page", "warning")]
    assert [problem.code for problem in InstallLink(url).warnings()] == ["share-page"]
    assert "https://raw.githubusercontent.com/a/b/main/m.plist" in inspect_link(PREFIX + url).problems[0].message
    assert levels(PREFIX + "https://www.dropbox.com/s/x/m.plist?dl=0") == [("url", "share-page", "warning")]
    assert levels(PREFIX + "https://www.dropbox.com/s/x/m.plist?dl=1") == []
    assert levels(PREFIX + "https://github.com/a/b/raw/main/m.plist") == []
    assert levels(PREFIX + "https://a.example/m.mobileconfig") == [("url", "wrong-file", "warning")]


def test_a_url_that_ends_in_a_full_stop_survives_in_a_link_of_ours() -> None:
    for url in ("https://a.example/m.", "https://a.example/m.plist.", "https://a.example/a.."):
        assert inspect_link(str(InstallLink(url))).link == InstallLink(url)
        assert InstallLink.from_url(str(InstallLink(url))) == InstallLink(url)


def test_the_first_of_two_urls_counts() -> None:
    report = inspect_link(RAW + "&url=https://other.example/")
    assert report.device_url == URL
    assert report.link == InstallLink(URL)
    (problem,) = report.problems
    assert (problem.code, problem.level) == ("duplicate-parameter", "warning")
    assert f"Devices are assumed to use the first, {URL!r}" in problem.message


def test_reports_are_titled_by_what_is_known() -> None:
    assert str(inspect_link("")).startswith("no link: 1 error\n  error: '' is not a valid install link")
    assert str(inspect_link(PREFIX)).startswith(f"link {PREFIX!r}: 1 error\n  error at url: ")
    long = inspect_link(PREFIX + "x" * 500)
    assert len(str(long)) < 700


def test_secrets_are_shown_shortened() -> None:
    signed = f"{PREFIX}http://me:hunter2@a.example/m?Signature=0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f"
    text = str(inspect_link(signed).problems)
    assert "hunter2" not in text
    assert "6a7b8c9d" not in text


def test_random_changes_raise_nothing_but_link_errors() -> None:
    seeded = random.Random(20260803)
    texts = [form[0] for form in FORMS if form[0]]
    letters = "&;=?#%/:\\\"'<>(){}[] \n\t.amurl\x00\u3002\ud800é"
    for _ in range(mutants(20_000)):
        text = seeded.choice(texts)
        for _ in range(seeded.randint(1, 4)):
            at = seeded.randrange(len(text) + 1)
            to = min(len(text), at + seeded.randint(0, 6))
            text = seeded.choice(
                [
                    text[:at] + seeded.choice(letters) + text[at + 1 :],
                    text[:at] + text[to:],
                    text[:to] + text[at:],
                    text[:at],
                ]
            )
        report = inspect_link(text)
        assert text[report.start : report.end] == report.text, text
        if report.ok:
            assert report.device_url is not None, text
            assert report.link is not None or ("url", "credentials", "warning") in levels(text), text
        for found in find_links(text):
            assert text[found.start : found.end] == found.text, text
        refused: tuple[Problem, ...] = ()
        try:
            link = InstallLink.from_url(text)
        except LinkError as error:
            refused = error.problems
        else:
            assert InstallLink.from_url(str(link)) == link, text
        assert refused or report.ok, text
        assert not any(problem.level == "warning" for problem in refused), text


@pytest.mark.parametrize(
    ("query", "device_url"),
    [
        ("action=download-manifest&;url=https%3A%2F%2Fa.example%2Fm&url=", None),
        ("action=download-manifest&amp;url=https%3A%2F%2Fa.example%2Fm&url=x", None),
        ("action=download-manifest&amp;url=https%3A%2F%2Fa.example%2Fm&url=https://b.example/m", "https://b.example/m"),
        ("action=download-manifest&;url=https%3A%2F%2Fa.example%2Fm&url=kttps://a.example/m", "kttps://a.example/m"),
        ("action=download-manifest&;url=https%3A%2F%2Fa.example%2Fm&url=https://a.example/n", "https://a.example/n"),
    ],
)
def test_a_link_that_a_device_reads_otherwise_is_not_called_sound(query: str, device_url: str | None) -> None:
    report = inspect_link(f"itms-services://?{query}")
    assert not report.ok
    assert report.device_url == device_url
    assert report.link is not None
    assert report.link.manifest_url == "https://a.example/m"
    assert [problem.code for problem in report.errors] == ["mangled-separator"]
    with pytest.raises(LinkError) as caught:
        InstallLink.from_url(f"itms-services://?{query}")
    assert caught.value.problems == report.errors


def test_a_link_that_repeats_the_same_url_is_sound() -> None:
    report = inspect_link(f"itms-services://?action=download-manifest&;url={URL}&url={URL}")
    assert [(problem.code, problem.level) for problem in report.problems] == [
        ("semicolon", "warning"),
        ("duplicate-parameter", "warning"),
    ]


def test_a_lone_surrogate_in_a_link_is_an_invalid_url() -> None:
    report = inspect_link("itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2F\udc80m")
    assert [(problem.code, problem.level) for problem in report.problems] == [("invalid-url", "error")]
    assert report.device_url is None
