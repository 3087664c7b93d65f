"""InstallLink: what it writes, what it reads, what it refuses."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from _vectors import Vector, expected, vectors

import itms_ota.link
from itms_ota import InstallLink, LinkError, inspect_link

PREFIX = "itms-services://?action=download-manifest&url="
URL = "https://example.com/m.plist"


def codes(error: LinkError) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in error.problems]


def as_a_device(link: str) -> str:
    """Read the url parameter as a device does, with nothing of ours: split at '&', decode once."""
    query = link.partition("?")[2].partition("#")[0]
    return unquote(dict(part.split("=", 1) for part in query.split("&"))["url"])


BUILT = vectors("links", of="built")


@pytest.mark.parametrize("vector", [vector for vector in BUILT if vector["link"]], ids=lambda vector: vector["url"])
def test_the_manifest_url_is_encoded_whole(vector: Vector) -> None:
    link = InstallLink(vector["url"])
    assert str(link) == link.to_url() == vector["link"]
    assert str(link).isascii()
    assert as_a_device(str(link)) == link.manifest_url
    assert InstallLink.from_url(str(link)) == link


@pytest.mark.parametrize("vector", [vector for vector in BUILT if not vector["link"]], ids=lambda vector: vector["id"])
def test_what_no_device_follows_is_refused(vector: Vector) -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink(vector["url"])
    assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == expected(vector)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/\ud800", [("url", "invalid-url")]),
        ("https://\ud800@b.example/m", [("url", "invalid-url"), ("url", "credentials")]),
        ("https://a@[v1.a]/m", [("url", "invalid-url"), ("url", "credentials")]),
    ],
)
def test_what_json_or_a_standard_does_not_have_is_refused(url: str, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink(url)
    assert codes(caught.value) == expected
    assert all(problem.level == "error" for problem in caught.value.problems)


def test_only_a_str_is_a_url() -> None:
    with pytest.raises(TypeError, match="manifest_url must be str, not bytes"):
        InstallLink(b"x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="text must be str, not NoneType"):
        InstallLink.from_url(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, []),
        ("https://192.168.0.1/m.plist", ["private-host"]),
        ("https://example.com/App.IPA?v=1", ["wrong-file"]),
        ("https://example.com/install.html", ["wrong-file"]),
    ],
)
def test_warnings_are_told_and_raise_nothing(url: str, expected: list[str]) -> None:
    problems = InstallLink(url).problems()
    assert [problem.code for problem in problems] == expected
    assert {problem.level for problem in problems} <= {"warning"}
    assert "secret" not in "".join(map(str, problems))


def test_a_link_that_carries_a_password_is_read_and_not_built() -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink.from_url(PREFIX + "https%3A%2F%2Fme%3Asecret%40example.com%2Fm")
    assert codes(caught.value) == [("url", "credentials")]
    report = inspect_link(PREFIX + "https%3A%2F%2Fme%3Asecret%40example.com%2Fm")
    assert [(problem.code, problem.level) for problem in report.problems] == [("credentials", "warning")]
    assert (report.ok, report.link, report.device_url) == (True, None, "https://me:secret@example.com/m")


def test_links_are_values() -> None:
    link = InstallLink("https://Example.com/a b")
    same = InstallLink("https://example.com/a%20b")
    assert link == same
    assert hash(link) == hash(same)
    assert link != InstallLink(URL)
    assert pickle.loads(pickle.dumps(link)) == link  # noqa: S301 -- our own bytes
    assert repr(link) == "InstallLink(manifest_url='https://example.com/a%20b')"
    with pytest.raises(AttributeError):
        link.manifest_url = URL  # type: ignore[misc]


def test_an_error_survives_pickling_and_tells_all() -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink.from_url("itms-services://?url=http://example.com/m.plist")
    error = caught.value
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert again.problems == error.problems
    assert codes(error) == [("action", "missing"), ("url", "not-https")]
    assert str(error) == "\n".join(map(str, error.problems))
    assert isinstance(error, ValueError)


class Element(HTMLParser):
    """What a browser makes of an element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def test_html_is_escaped() -> None:
    link = InstallLink(URL)
    assert link.to_html("Install <MyApp>", {"class": "button"}) == (
        '<a href="itms-services://?action=download-manifest&amp;url=https%3A%2F%2Fexample.com%2Fm.plist"'
        ' class="button">Install &lt;MyApp&gt;</a>'
    )
    hostile = "\"'><script>alert(1)</script>&amp;"
    element = Element(link.to_html(hostile, {"title": hostile, "data-x": hostile}))
    assert element.tags == [("a", {"href": str(link), "title": hostile, "data-x": hostile})]
    assert element.text == hostile
    assert link._repr_html_() == link.to_html(str(link))
    assert Element(link._repr_html_()).text == str(link)


@pytest.mark.parametrize("name", ["href", "HREF", "Href"])
def test_the_link_is_the_only_href(name: str) -> None:
    with pytest.raises(TypeError, match="href is the link itself"):
        InstallLink(URL).to_html("x", {name: "y"})


@pytest.mark.parametrize("text", ["", " \n", "\u00a0"])
def test_an_element_that_nobody_sees_is_refused(text: str) -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink(URL).to_html(text)
    assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == [
        ("text", "empty", "error")
    ]
    assert InstallLink(URL).to_html(text, {"class": "icon"}).endswith(f' class="icon">{text}</a>')


def test_html_is_made_of_str_alone() -> None:
    link = InstallLink(URL)
    with pytest.raises(TypeError, match="text must be str, not NoneType"):
        link.to_html(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^attributes\['a'\] must be str, not int$"):
        link.to_html("x", {"a": 3})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"^each name in attributes must be str, not int$"):
        link.to_html("x", {3: "a"})  # type: ignore[dict-item]


def test_links_are_formatted_as_text() -> None:
    link = InstallLink("https://a.example/m")
    assert f"{link}" == str(link)
    assert f"{link:>90}" == str(link).rjust(90)
    assert f"{link:.13}" == "itms-services"


@pytest.mark.parametrize("name", ["", "a b", 'x"', "x>", "1x", "on=click", "x\n", "é", "-x"])
def test_names_that_are_no_attributes_are_refused(name: str) -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink(URL).to_html("x", {name: "y"})
    assert codes(caught.value) == [(name, "bad-attribute")]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (PREFIX + "https%3A%2F%2Fexample.com%2Fm.plist", URL),
        (PREFIX + "https%3a%2f%2fexample.com%2fm.plist", URL),
        (PREFIX + URL, URL),
        (PREFIX + "https%3A//example.com/m.plist", URL),
        (PREFIX + "HTTPS%3A%2F%2FEXAMPLE.com%2Fm.plist", URL),
        (PREFIX + "https%3A%2F%2Fexample.com%2FMy%2520App.plist", "https://example.com/My%20App.plist"),
        (PREFIX + "https://example.com/a+b.plist", "https://example.com/a+b.plist"),
        (PREFIX + "https://example.com/m?a=1", "https://example.com/m?a=1"),
        ("itms-services://?action=download-manifest;url=" + URL, URL),
        ("itms-services://?action=download-manifest&amp;url=" + URL, URL),
        ("itms-services:///?action=download-manifest&url=" + URL, URL),
        ("itms-services:/?action=download-manifest&url=" + URL, URL),
        ("itms-services:?action=download-manifest&url=" + URL, URL),
        ("ITMS-Services://?action=download-manifest&url=" + URL, URL),
        ("itms-services://?ACTION=Download-Manifest&Url=" + URL, URL),
        ("itms-services://?url=https%3A%2F%2Fexample.com%2Fm.plist&action=download-manifest", URL),
        ("itms-services://?v=1&action=download-manifest&bundleId=x&url=" + URL, URL),
        (PREFIX + URL + "&bundleId=x&digest=00", URL),
        (PREFIX + "https%3A%2F%2Fexample.com%2Fm.plist#top", URL),
        (f"  {PREFIX}{URL}\n", URL),
        (PREFIX + "https%3A%2F%2F192.168.0.1%2Fm.plist", "https://192.168.0.1/m.plist"),
    ],
)
def test_every_form_that_a_device_follows_is_read(text: str, url: str) -> None:
    assert InstallLink.from_url(text) == InstallLink(url)
    assert InstallLink.from_url(text).manifest_url == url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("", "not-a-link")]),
        ("https://example.com/m", [("", "not-a-link")]),
        ("https://example.com/m.plist", [("", "other-scheme")]),
        ("itms-services://", [("", "no-query")]),
        ("itms-services://?", [("action", "missing"), ("url", "missing")]),
        ("itms-services:action=download-manifest&url=" + URL, [("", "no-query")]),
        ("itms-services://?url=" + URL, [("action", "missing")]),
        ("itms-services://?action=download-manifest", [("url", "missing")]),
        (PREFIX, [("url", "empty")]),
        (PREFIX + "http://example.com/m", [("url", "not-https")]),
        (PREFIX + "m.plist", [("url", "relative-url")]),
        (PREFIX + "https://localhost/m", [("url", "loopback-host")]),
        (PREFIX + "https%253A%252F%252Fexample.com%252Fm.plist", [("url", "double-encoded")]),
        (PREFIX + "https://example.com/m?a=1&b=2", [("url", "cut-short")]),
        (PREFIX + "https://example.com/m#top.plist", [("url", "cut-short")]),
        (PREFIX + "https://example.com/My%20App.plist", [("url", "not-encoded")]),
        (PREFIX + " " + URL, [("url", "whitespace")]),
        (PREFIX + "%20" + URL, [("url", "whitespace")]),
        (PREFIX + PREFIX + URL, [("url", "nested-link")]),
        ("itms-services://?action=download-manifest&amp;amp;url=" + URL, [("", "double-escaped")]),
        ("itms-services://?action=download-manifest%26url=" + URL, [("", "mangled-separator")]),
        ("itms-services://?action=download-manifest&url%3D" + URL, [("url", "mangled-separator")]),
        ("itms-services://?action=download-manifest& url=" + URL, [("url", "whitespace")]),
        ("itms-services://?action=download-manifest%23&url=" + URL, [("action", "unknown-action")]),
        ("itms-services://?action= download-manifest&url=" + URL, [("action", "whitespace")]),
        ("itms-services://?action=download-manifest#&url=" + URL, [("", "cut-short")]),
        ("itms-services://?action=purchaseIntent&bundleId=x", [("action", "other-action")]),
        ("itms-services://?action=redeem-codes", [("action", "other-action")]),
        ("itms-service://?action=download-manifest&url=" + URL, [("", "wrong-scheme")]),
        ("unsafe:" + PREFIX + URL, [("", "unsafe-scheme")]),
        ("//?action=download-manifest&url=" + URL, [("", "no-scheme")]),
        ("itms-services%3A%2F%2F%3Faction%3Ddownload-manifest%26url%3D" + URL, [("", "encoded-link")]),
        (r"itms-services:\/\/?action=download-manifest&url=" + URL, [("", "escaped")]),
        (PREFIX + "https://example.com/\nm.plist", [("", "line-broken")]),
        (f"Install: {PREFIX}{URL}", [("", "surrounding-text")]),
        (f"{PREFIX}{URL} now", [("url", "whitespace")]),
    ],
)
def test_what_a_device_gets_wrong_is_refused_with_the_reason(text: str, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(LinkError) as caught:
        InstallLink.from_url(text)
    assert codes(caught.value) == expected


@pytest.mark.dear
def test_random_urls_survive_the_way_through_a_link() -> None:
    seeded = random.Random(20260801)
    odd = "aZ09-._~!$&'()*+,;=:@/?#%[] <>\"{}|^`\\éß应\u2028😀"
    read = 0
    for _ in range(10_000):
        url = "https://example.com/" + "".join(seeded.choices(odd, k=seeded.randint(0, 12)))
        try:
            link = InstallLink(url)
        except LinkError:
            continue
        read += 1
        assert str(link).isascii(), url
        assert InstallLink.from_url(str(link)) == link, url
        assert as_a_device(str(link)) == link.manifest_url, url
        assert InstallLink(link.manifest_url) == link, url
    assert read > 2_000


def test_errors_and_warnings_are_parts_of_the_problems() -> None:
    link = InstallLink("https://10.0.0.1/App.ipa")
    assert [problem.code for problem in link.problems()] == ["private-host", "wrong-file"]
    assert (link.errors(), link.warnings()) == ((), link.problems())


def test_the_package_gives_out_its_names_and_no_other() -> None:
    assert set(itms_ota.link.__all__) <= set(dir(itms_ota.link))
    with pytest.raises(AttributeError, match=r"module 'itms_ota\.link' has no attribute 'other'"):
        _ = itms_ota.link.other  # type: ignore[attr-defined]


def test_names_that_are_loaded_late_are_the_packages_own() -> None:
    script = (
        "import itms_ota.link as link\n"
        "print(link.LinkReport.__module__, link.InstallLink.__module__)\n"
        "from itms_ota.link import *\n"
        "import pickle\n"
        "report = inspect_link('')\n"
        "print(pickle.loads(pickle.dumps((report, InstallLink, find_links))) == (report, InstallLink, find_links))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines() == ["itms_ota.link itms_ota.link", "True"]
