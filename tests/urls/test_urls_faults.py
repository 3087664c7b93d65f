"""What an https URL must be, by every form that was seen."""

from __future__ import annotations

from typing import get_args

import pytest

from itms_ota import _urls
from itms_ota._urls._faults import Reason
from itms_ota._urls._words import _WORDS
from itms_ota.errors import Problem

Found = list[tuple[str, str]]


def found(url: str) -> Found:
    """Return level and code of every problem; all of them name the path they were given."""
    problems = _urls.problems(url, "here")
    assert all(problem.path == "here" and problem.message.endswith(".") for problem in problems)
    assert [(fault.level, fault.code) for fault in _urls.faults(url)] == [
        (problem.level, problem.code) for problem in problems
    ]
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
        ("https://[1.2.3.4]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[]/a.ipa", [(ERROR, "invalid-url")]),
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
        ("https://a|b.example/a|b", [(ERROR, "invalid-url"), (ERROR, "invalid-url")]),
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
        ("https://[fe80::1%25Wi-Fi_1.~]/a.ipa", [(WARNING, "private-host")]),
        ("https://[fe80::1%25]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[fe80::1%25e;n]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[fe80::1%25\x1b]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://[fe80::1%2]/a.ipa", [(ERROR, "invalid-url")]),
        ("https://a b.example/", [(ERROR, "whitespace")]),
        ("https://a b.example:99999/x", [(ERROR, "whitespace")]),
        ("https://a..b.example/x y", [(ERROR, "whitespace"), (ERROR, "invalid-url")]),
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
        ("https://https/a.ipa", [(WARNING, "private-host")]),
        ("https://https:/a.ipa", [(WARNING, "private-host")]),
        ("https://https:443//a.ipa", [(WARNING, "private-host")]),
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
        ("127.1.", "loopback-host"),
        ("0X7F.1", "loopback-host"),
        ("0x", "loopback-host"),
        ("0000000000000177.0.0.1", "loopback-host"),
        ("8.8.2056", None),
        ("0xFFFFFFFF", None),
        ("255.255.255.255.example", None),
        ("1.2.3.4a", None),
    ],
)
def test_short_forms_of_addresses_are_known(host: str, code: str | None) -> None:
    assert found(f"https://{host}/a") == ([] if code is None else [(WARNING, code)])


@pytest.mark.parametrize(
    "host",
    ["256.1.1.1", "203.0.29.1.9", "256.1.1", "1.2.3.4.5", "1.2.3.4.5.", "a.1", "a.0x7f", "08.1", "0x100000000", "1..2"],
)
def test_what_ends_in_a_number_is_an_address_or_no_host(host: str) -> None:
    assert found(f"https://{host}/a") == [(ERROR, "invalid-url")]
    assert "name or address" in problems_text(f"https://{host}/a")


@pytest.mark.parametrize(
    ("host", "is_valid"),
    [
        ("xn--bcher-kva.example", True),
        ("XN--BCHER-KVA.example", True),
        ("a.xn--strae-oqa.example", True),  # "ß", which IDNA 2003 does not know
        ("xn--ls8h.la", True),
        ("xn--p1ai", True),
        ("a.xn--.example", False),
        ("xn--a.example", False),
        ("xn--abc-.example", False),  # stands for "abc"
        ("xn--99999999.example", False),
        ("xn--a_b.example", False),
        ("xn--0ug6a.example", True),
        ("xn--ib9b.example", False),  # half of a character
        ("axn--a.example", True),
    ],
)
def test_an_international_name_must_decode(host: str, is_valid: bool) -> None:  # noqa: FBT001 -- a column of the table
    codes = [code for level, code in found(f"https://{host}/a") if level == ERROR]
    assert codes == ([] if is_valid else ["invalid-url"])


@pytest.mark.parametrize(
    ("host", "is_sample"),
    [
        ("yourserver.com", True),
        ("apps.yourcompany.com", True),
        ("your-domain.com", True),
        ("YOURDOMAIN.com", True),
        ("your.server.com", True),
        ("your-project-name.vercel.app", True),
        ("yourname.github.io", True),
        ("mydomain.com", True),
        ("mywebserver.com", True),
        ("xxx.com", True),
        ("www.xxxx.cn", True),
        ("domain.com", True),
        ("example.com", False),
        ("your-company.example.com", False),
        ("yourserver.example", False),
        ("yours.com", False),
        ("yourmechanic.com", False),
        ("fyourserver.com", False),
        ("myserver.corp.de", False),
        ("mydomains.com", False),
        ("thedomain.com", False),
        ("xx.com", False),
        ("a.xxx", False),
        ("your.org", False),
    ],
)
def test_the_hosts_of_examples_are_a_warning(host: str, is_sample: bool) -> None:  # noqa: FBT001 -- a column
    for url in (f"https://{host}/m.plist", f"https://{host}", f"https://{host}:8443/m"):
        assert found(url) == ([(WARNING, "placeholder")] if is_sample else [])
    if is_sample:
        assert "Write the name of your server." in problems_text(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://a.example/b", [(ERROR, "not-https")]),
        ("ftp://a|b.example/", [(ERROR, "not-https"), (ERROR, "invalid-url")]),
        ("ftp://u|v@a.example/", [(ERROR, "not-https"), (ERROR, "invalid-url"), (WARNING, "credentials")]),
        ("http://[fe80::1%en0]/", [(ERROR, "not-https"), (ERROR, "invalid-url")]),
        ("data:,a|b", [(ERROR, "not-https"), (ERROR, "invalid-url")]),
        ("file:///a b", [(ERROR, "whitespace"), (ERROR, "not-https")]),
    ],
)
def test_another_scheme_has_the_same_characters(url: str, expected: Found) -> None:
    assert found(url) == expected


@pytest.mark.parametrize("url", ["https://a@b@x/", "https://a@b:c@x.example/", r"https://good.example\@evil.example/m"])
def test_where_programs_disagree_on_the_host_the_url_is_invalid(url: str) -> None:
    assert found(url) == [(ERROR, "invalid-url"), (WARNING, "credentials")]


def test_the_cure_fits_the_character() -> None:
    assert found(r"https:\\a.example\m") == [(ERROR, "invalid-url")]
    assert problems_text(r"https:\\a.example\m").endswith("Write '/'.")
    assert problems_text(r"https://a.example\m").endswith("Write '/'.")
    assert found("https:a") == [(ERROR, "no-host")]


@pytest.mark.parametrize("url", ["https://a.example/%20b c", "https://a.example/%20|", "https://a.example/100%"])
def test_what_newer_systems_make_of_a_bad_character_is_said(url: str) -> None:
    assert "iOS 17 and later encode it, and every '%' in that part of the URL again" in problems_text(url)


@pytest.mark.parametrize("url", ["https://https://a.example/b", "HTTPS://http://a.example/b"])
def test_a_scheme_that_stands_twice_is_named_and_not_mended(url: str) -> None:
    assert found(url) == [(ERROR, "invalid-url")]
    assert "contains the scheme twice" in problems_text(url)
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
    assert "Decode it once." in problems_text("https%3A%2F%2Fa.example%2Fb")
    assert "Write https:// before the host." in problems_text("a.example/b")


@pytest.mark.parametrize("mark", ['"', "'", "`", "<", "(", "[", "\u201c", "\u2018", "\u00ab", "\u300c"])
def test_a_url_in_quotation_marks_or_brackets_is_named(mark: str) -> None:
    (problem,) = _urls.problems(f"{mark}https://a.example/App.ipa{mark}", "url")
    assert (problem.level, problem.code) == (ERROR, "relative-url")
    assert problem.message.endswith(
        "in quotation marks or brackets. The device finds no scheme and no host in it. Remove them."
    )
    (problem,) = _urls.problems(f"{mark}a.example/App.ipa{mark}", "url")
    assert "quotation" not in problem.message


def test_the_level_is_that_of_what_is_not_fetched() -> None:
    problems = _urls.problems("http://localhost/a b", "p", "warning")
    assert {problem.level for problem in problems} == {"warning"}
    assert _urls.problems("", "items[0]", "warning") == [Problem("items[0]", "empty", problems_text(""), "warning")]


def test_faults_are_the_problems_without_words() -> None:
    # Stops of one rule, and faults of one code that are told apart; `part` is what is at fault.
    assert _urls.faults("https://a.example/b") == ()
    assert _urls.faults("https://me:pw@localhost/ü&amp;") == (
        ("invalid-url", "error", "illegal-character", "ü"),
        ("credentials", "warning", "credentials", "me:pw"),
        ("html-escaped", "warning", "html-escaped", "&amp;"),
        ("loopback-host", "warning", "loopback-host", "localhost"),
    )
    assert _urls.faults("https://a.example/b c%") == (
        ("whitespace", "error", "space-within", " "),
        ("invalid-url", "error", "bare-percent", "%"),
    )
    assert _urls.faults("itms-services://?x") == (("not-https", "error", "not-https", "itms-services"),)


def problems_text(url: str) -> str:
    return _urls.problems(url, "p")[0].message


def test_a_message_names_the_character_and_how_to_write_it() -> None:
    assert "contains 'ü', which is not allowed in a URL." in problems_text("https://example.com/ü.ipa")
    assert "Write it as %C3%BC." in problems_text("https://example.com/ü.ipa")
    assert "Write a percent sign as %25." in problems_text("https://example.com/100%.ipa")
    assert "white space at character 22" in problems_text("https://example.com/a b.ipa")
    assert "white space around it" in problems_text("https://example.com/a.ipa ")


@pytest.mark.parametrize("unit", ["\\(", "${", "{", "<", "__A", "'", "/$", "_A", "%", "#{", "-"])
def test_long_texts_are_gone_through_once(unit: str) -> None:
    url = "https://a.example/" + unit * 100_000
    assert len(_urls.problems(url, "p")) <= 2
    assert len(_urls.redact(url)) < 400
    assert _urls.normalise(url).startswith("https://a.example/")


def test_a_url_that_is_too_long_is_not_read() -> None:
    longest = "https://a.example/ü".ljust(_urls.LONGEST, "/")
    assert found(longest) == [(ERROR, "invalid-url")]
    assert _urls.normalise(longest) == longest.replace("ü", "%C3%BC")
    assert found(longest + "/") == [(ERROR, "too-large")]
    assert problems_text(longest + "/") == (
        "The URL has 65,537 characters. URLs of more than 65,536 are not read. Shorten it."
    )
    assert _urls.normalise(longest + "/") == longest + "/"
    plain = "https://a.example/".ljust(_urls.LONGEST, "/")
    assert _urls.is_plain(plain)
    assert not _urls.is_plain(plain + "/")
    assert found(plain + "/") == [(ERROR, "too-large")]


def test_there_are_words_for_every_fault() -> None:
    assert set(_WORDS) == set(get_args(Reason))
