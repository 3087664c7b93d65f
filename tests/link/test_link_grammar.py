"""The parts of a link, as they are written."""

from __future__ import annotations

import pytest

from itms_ota.link._escapes import Context
from itms_ota.link._grammar import CLOSING_PUNCTUATION, Parts, Value, split, trimmed, without_space

URL = "https://a.example/m"
PREFIX = "itms-services://?action=download-manifest&url="


def parts_of(text: str) -> Parts:
    return split(text, Context(0, len(text)))


def value_of(value: str, separator: str = "&") -> Value:
    return parts_of(f"itms-services://?action=download-manifest{separator}url={value}").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("", "", "", "", "")),
        (PREFIX, ("", "itms-services:", "//", "?", PREFIX.partition("?")[2])),
        ("unsafe:ITMS-service_/a/b?c?d", ("unsafe:", "ITMS-service_", "/a/b", "?", "c?d")),
        ("//?action=x", ("", "", "//", "?", "action=x")),
        ("itms-services:x\ny?z\n", ("", "itms-services:", "x\ny", "?", "z\n")),
        # Without a "?", what has a "=" stands for the query.
        ("itms-services://action=x", ("", "itms-services:", "//action=x", "", "action=x")),
        ("itms-services://action", ("", "itms-services:", "//action", "", "")),
        # A query that is percent-encoded as a whole comes decoded.
        ("itms-services://? action%3Dx%26url%3Dy", ("", "itms-services:", "//", "?", " action=x&url=y")),
        ("itm\u017f-services:?x", ("", "", "itm\u017f-services:", "?", "x")),
    ],
)
def test_every_text_has_a_shape(text: str, expected: tuple[str, ...]) -> None:
    parts = parts_of(text)
    assert (parts.unsafe, parts.scheme, parts.between, parts.question, parts.query) == expected
    assert parts.is_query_encoded is ("%3D" in text)


ACTION = (None, "action", "=", "a")


@pytest.mark.parametrize(
    ("query", "action", "url", "rest"),
    [
        ("", None, None, ("&", "", "")),
        ("action=a&url=b", ACTION, ("&", "url", "="), ("&", "action=a", "")),
        ("v=1&ACTION =a?x&url=b", ("&", "ACTION ", "=", "a"), ("&", "url", "="), ("&", "v=1&ACTION =a?x", "?x")),
        ("action=a&amp;AMP; Url=b", ACTION, ("&amp;AMP;", " Url", "="), ("&amp;amp;", "action=a", "")),
        ("action=a%26amp%3Burl%3Db", ACTION, ("%26amp%3B", "url", "%3D"), ("%26amp%3b", "action=a", "")),
        ("action=a%26x?url=b", ACTION, ("?", "url", "="), ("?", "action=a%26x", "%26x")),
        # A name is one only behind a separator.
        ("curl=b&reaction=a", None, None, ("&", "curl=b&reaction=a", "")),
        # The action after the URL.
        ("url=b;action=a%20", (";", "action", "=", "a"), (None, "url", "="), (";", "url=b", "%20")),
        ("url=b?x#&action=a&c", ("&", "action", "=", "a"), (None, "url", "="), ("&", "url=b?x#", "&c")),
    ],
)
def test_parameters_are_found_by_their_names(
    query: str, action: tuple[str | None, ...] | None, url: tuple[str | None, ...] | None, rest: tuple[str, ...]
) -> None:
    parts = parts_of(f"itms-services://?{query}")
    assert (parts.action and parts.action.groups()) == action
    assert (parts.url and parts.url.groups()) == url
    assert (parts.separator, parts.lead, parts.after_action) == rest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ("", "", "", "", "")),
        (URL, (URL, "", "", URL, URL)),
        ("https%3A%2F%2Fa.example%2Fm", ("https%3A%2F%2Fa.example%2Fm", "", "", URL, URL)),
        (f"{URL}&bundleId=x", (URL, "", "", URL, URL)),
        (f"{URL}?a=1&b=2", (f"{URL}?a=1&b=2", "", "&", f"{URL}?a=1&b=2", f"{URL}?a=1&b=2")),
        (f"{URL}#top", (f"{URL}#top", "", "#", f"{URL}#top", f"{URL}#top")),
        ("m.plist#top", ("m.plist", "", "", "m.plist", "m.plist")),
        (f"{URL})", (URL, ")", "", URL, URL)),
        (f"“{URL}”", (URL, "”", "", URL, URL)),
        ("...", ("...", "", "", "...", "...")),
        (f"{URL}/a%2520b", (f"{URL}/a%2520b", "", "", f"{URL}/a%20b", f"{URL}/a%2520b")),
        ("https%25253A//a.example", ("https%25253A//a.example", "", "", "https%253A//a.example", "https://a.example")),
        ("https%2525252525253A", ("https%2525252525253A", "", "", "https%25252525253A", "https%25253A")),
        ("https%253A//a?b&c", ("https%253A//a?b&c", "", "&", "https%3A//a?b&c", "https%3A//a?b&c")),
    ],
)
def test_the_url_is_told_from_what_stands_around_it(value: str, expected: tuple[str, ...]) -> None:
    found = value_of(value)
    assert (found.written, found.trailing, found.cut, found.decoded, found.meant) == expected


def test_a_value_ends_where_its_parameters_are_separated() -> None:
    assert (value_of(f"{URL}?a;b").written, value_of(f"{URL}?a;b").cut) == (f"{URL}?a;b", "")
    assert (value_of(f"{URL}?a;b", ";").cut, value_of(f"{URL};b", ";").written) == (";", URL)
    # Where the separator is escaped, so is that of the value.
    assert value_of(f"{URL}?a&amp;b", "&amp;").written == f"{URL}?a&b"


def test_what_a_template_left_is_found_as_it_stands_and_decoded() -> None:
    assert [value_of(value).placeholder for value in (URL, "${x}", "%7B%7Bx%7D%7D")] == ["", "${x}", "{{x}}"]


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (PREFIX + URL, ""),
        (PREFIX + PREFIX + URL, PREFIX + URL),
        (PREFIX + "itms-services%3A%2F%2F%3Fx", "itms-services://?x"),
        # Only where the outer link is one that installs.
        ("itms-services://?action=generate-bugs&url=" + PREFIX, ""),
        ("mailto:?url=" + PREFIX, ""),
    ],
)
def test_a_link_within_is_found(text: str, inner: str) -> None:
    assert parts_of(text).inner == inner


def test_parameters_of_a_name_are_counted_unless_a_link_has_its_own() -> None:
    parts = parts_of(f"{PREFIX}a&URL =b&amp;url=c;action=x#&url=d")
    assert (parts.all_of("url"), parts.all_of("action")) == (["a", "b", "c"], ["download-manifest", "x"])
    assert parts_of(PREFIX + PREFIX + URL).all_of("url") == []


def test_white_space_is_removed_be_it_percent_encoded() -> None:
    assert without_space(" %0A%20%C2%A0\ufeffa%20b%e3%80%80%0d\n") == "a%20b"
    assert without_space("%20\u3000") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.", "a"),
        ("a/...", "a/..."),
        ("a...", "a"),
        ("a(b)", "a(b)"),
        ("a(b))", "a(b)"),
        ("a]}).", "a"),
        ("a[b].", "a[b]"),
        (".,;", ""),
    ],
)
def test_punctuation_of_the_text_around_is_left_outside(text: str, expected: str) -> None:
    assert text[: trimmed(text, 0, len(text), CLOSING_PUNCTUATION)] == expected
