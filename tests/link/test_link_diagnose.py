"""The rules: each is asked of the parts of a link alone, in stages."""

from __future__ import annotations

import pytest

from itms_ota import _urls
from itms_ota.link import _diagnose
from itms_ota.link._diagnose import Diagnosis, diagnose, url_problems
from itms_ota.link._escapes import Context
from itms_ota.link._grammar import split

URL = "https://a.example/m"
PREFIX = "itms-services://?action=download-manifest&url="


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("_scheme", "itms-service://?", [("", "wrong-scheme", "error")]),
        ("_scheme", "itms-services_?", [("", "wrong-scheme", "error")]),
        ("_scheme", "//?", [("", "no-scheme", "error")]),
        ("_slashes", "itms-services:///?", [("", "slashes", "warning")]),
        ("_slashes", "itms-services:/\\?", [("", "slashes", "error")]),
        ("_slashes", "itms-services:/ ?", [("", "whitespace", "error")]),
        ("_slashes", "itms-service:/?", []),
        ("_action", "itms-services://?", [("action", "missing", "error")]),
        ("_action", PREFIX, []),
        ("_action_spelling", "itms-services://?Action=x", [("action", "letter-case", "warning")]),
        ("_action_spelling", "itms-services://?url=x", []),
        (
            "_url_spelling",
            "itms-services://?action=x& URL%3Dy",
            [("url", "whitespace", "error"), ("url", "mangled-separator", "error")],
        ),
        ("_separator", "itms-services://?action=x&url=y", []),
        ("_cut_short", PREFIX + "https://a.example#top", [("url", "cut-short", "warning")]),
        ("_cut_short", PREFIX + "https://a.example#a=b", [("url", "cut-short", "error")]),
        ("_cut_short", PREFIX + "https://a b#top", [("url", "cut-short", "error")]),
        ("_trailing", PREFIX + URL + ".", [("url", "trailing-text", "warning")]),
        ("_trailing", PREFIX + URL + '">', [("url", "trailing-text", "error")]),
        ("_semicolon", "itms-services://?url=a;b", []),
        ("_not_encoded", PREFIX + URL + "%2F", [("url", "not-encoded", "warning")]),
        ("_not_encoded", PREFIX + URL + "%20", []),  # white space around the URL is another fault
        ("_not_encoded", PREFIX + URL + "%20a", [("url", "not-encoded", "error")]),
    ],
)
def test_a_rule_looks_at_its_own_part(rule: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    found = list(getattr(_diagnose, rule)(split(text, Context(0, len(text)))))
    assert [(problem.path, problem.code, problem.level) for problem in found] == expected


def test_every_rule_is_asked() -> None:
    asked = {rule.__name__ for rules, _ in _diagnose._STAGES for rule in rules}
    takes_parts = {
        name
        for name, value in vars(_diagnose).items()
        if getattr(value, "__annotations__", {}) == {"parts": "Parts", "return": "Iterator[Problem]"}
    }
    assert asked == takes_parts


def test_the_context_decides_what_an_escape_is_and_whether_a_link_is_whole() -> None:
    text = "itms-services://?action=download-manifest&amp;url=" + URL
    whole = Context(0, len(text))
    assert [problem.code for problem in diagnose(text, whole).problems] == ["html-escaped"]
    assert diagnose(text, whole._replace(entities=1)) == Diagnosis(URL, URL, ())
    joined = diagnose(text, whole._replace(entities=1, joined=True))
    assert (joined.meant, joined.device_url) == (None, URL)
    assert [problem.code for problem in joined.problems] == ["placeholder"]
    twice = text.replace("&amp;", "&amp;amp;")
    lost = diagnose(twice, Context(0, len(twice), entities=1))
    assert (lost.meant, lost.device_url, [problem.code for problem in lost.problems]) == (URL, None, ["double-escaped"])


def test_what_is_longer_than_any_link_is_not_read() -> None:
    text = PREFIX + URL
    text += "x" * (_urls.LONGEST - len(text))
    assert diagnose(text, Context(0, len(text))).problems == ()
    found = diagnose(text + "x", Context(0, len(text) + 1))
    assert (found.meant, found.device_url, [problem.code for problem in found.problems]) == (None, None, ["too-large"])


def test_what_was_meant_is_a_text_also_where_no_link_can_be_made_of_it() -> None:
    for url in ("http://a.example/m", "https://u:p@a.example/m", "m.plist"):
        assert diagnose(PREFIX + url, Context(0, len(PREFIX + url))).meant == url
    amp = PREFIX + "https%3A%2F%2Fa.example%2Fm%3Fa%26amp%3Bamp%3Bb"
    assert diagnose(amp, Context(0, len(amp))).meant == f"{URL}?a&b"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, []),
        ("https://localhost/m", [("loopback-host", "error")]),
        ("https://localhost/m.ipa", [("loopback-host", "error")]),
        ("https://10.0.0.1/m.ipa?x", [("private-host", "warning"), ("wrong-file", "warning")]),
        ("https://a.example/App%2Eipa", [("wrong-file", "warning")]),
    ],
)
def test_the_manifests_url_is_held_against_its_own_rules(url: str, expected: list[tuple[str, str]]) -> None:
    assert [(problem.code, problem.level) for problem in url_problems(url)] == expected
