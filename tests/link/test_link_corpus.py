"""Links as published, each form with what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from itms_ota import InstallLink, find_links, inspect_link

if TYPE_CHECKING:
    from pathlib import Path

# The codes of each form; where its links differ in what they hold, each set that occurs.
CODES: dict[str, set[str]] = {
    "F01": {"not-https private-host"},
    "F02": {"empty"},
    "F03": {""},
    "F04": {"slashes"},
    "F05": {"not-https"},
    "F06": {"placeholder"},
    "F07": {"", "placeholder"},
    "F08": {"", "no-host"},
    "F09": {"double-escaped"},
    "F10": {"html-escaped placeholder"},
    "F11": {"missing relative-url"},
    "F12": {"no-query"},
    "F13": {"slashes not-https"},
    "F14": {"not-https", "not-https private-host"},
    "F15": {"no-query"},
    "F16": {"whitespace html-escaped placeholder"},
    "F17": {"semicolon placeholder"},
    "F18": {"wrong-scheme relative-url"},
    "F19": {"wrong-scheme no-query"},
    "F20": {"whitespace html-escaped trailing-text not-https"},
    "F21": {"html-escaped"},
    "F22": {""},
    "F23": {"no-host invalid-url"},
    "F24": {"html-escaped"},
    "F25": {"html-escaped"},
    "F26": {"wrong-scheme html-escaped"},
    "F27": {"whitespace html-escaped"},
    "F28": {"placeholder"},
    "F29": {"private-host"},
    "F30": {"escaped"},
    "F31": {"escaped", "escaped placeholder"},
    "F32": {"not-https"},
    "F33": {"slashes not-https"},
    "F34": {"slashes placeholder"},
    "F35": {"slashes"},
    "F36": {"slashes whitespace relative-url"},
    "F37": {"slashes"},
    "F38": {"slashes double-escaped"},
    "F39": {"slashes"},
    "F40": {"slashes"},
    "F41": {"no-query"},
    "F42": {"unknown-action"},
    "F43": {"no-query"},
    "F44": {""},
    "F45": {"encoded-link placeholder"},
    "F46": {"placeholder"},
    "F47": {""},
    "F48": {"mangled-separator placeholder"},
    "F49": {"mangled-separator placeholder"},
    "F50": {"missing placeholder"},
    "F51": {"missing"},
    "F52": {"missing not-https private-host"},
    "F53": {"missing placeholder"},
    "F54": {"missing relative-url"},
    "F55": {"no-query"},
    "F56": {"escaped placeholder not-https"},
    "F57": {"escaped nested-link not-https"},
    "F58": {"nested-link placeholder"},
    "F59": {"nested-link placeholder"},
    "F60": {"escaped not-a-link"},
    "F61": {"other-action"},
    "F62": {"line-broken other-action"},
    "F63": {"unknown-action placeholder"},
    "F64": {"unknown-action"},
    "F65": {"missing", "placeholder"},
    "F66": {"not-https"},
    "F67": {"html-escaped relative-url"},
    "F68": {"relative-url"},
    "F69": {"html-escaped relative-url"},
    "F70": {"html-escaped placeholder not-https"},
    "F71": {"html-escaped not-https private-host"},
    "F72": {"placeholder"},
    "F73": {"double-escaped placeholder"},
    "F74": {"escaped"},
    "F75": {"mangled-separator placeholder"},
    "F76": {"semicolon placeholder"},
    "F77": {"semicolon placeholder"},
    "F78": {"semicolon not-https private-host"},
    "F79": {"placeholder", "relative-url"},
    "F80": {"whitespace empty"},
    "F81": {"whitespace trailing-text relative-url"},
    "F82": {"line-broken placeholder"},
    "F83": {"placeholder"},
    "F84": {"wrong-scheme missing missing"},
    "F85": {"wrong-scheme missing missing"},
    "F86": {"wrong-scheme no-query"},
    "F87": {"not-https"},
    "F88": {"placeholder"},
    "F89": {"not-https"},
    "F90": {"placeholder"},
    "F91": {""},
    "F92": {"placeholder"},
    "F93": {""},
    "F94": {""},
    "F95": {"placeholder not-https"},
    "F96": {""},
    "F97": {"placeholder"},
    "F98": {"placeholder"},
    "F99": {"placeholder not-https"},
    "F100": {"placeholder"},
    "F101": {""},
    "F102": {""},
    "F103": {"relative-url"},
    "F104": {"mangled-separator"},
}

# Forms that stand among other text, or within another URL.
_NO_LINK_AT_ALL = {"F12", "F15", "F19", "F43", "F55", "F60", "F84", "F85", "F86"}


@pytest.fixture(scope="module")
def links(corpus: Path) -> list[dict[str, str]]:
    lines = (corpus / "links.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.usefixtures("known_corpus")
def test_each_form_is_named_for_what_it_is(links: list[dict[str, str]]) -> None:
    for link in links:
        report = inspect_link(link["text"])
        codes = " ".join(problem.code for problem in report.problems)
        assert codes in CODES[link["form"]], link


def test_what_a_device_installs_is_no_error_and_what_it_does_not_is(links: list[dict[str, str]]) -> None:
    for link in links:
        report = inspect_link(link["text"])
        if report.ok:
            assert report.device_url is not None, link
            assert InstallLink(report.device_url) == report.link, link
        else:
            assert report.device_url is None or report.device_url.startswith(("http://", "ftp://")), link
        if report.link is None:
            assert not report.ok, link


@pytest.mark.usefixtures("known_corpus")
def test_links_are_found_where_they_stand(links: list[dict[str, str]]) -> None:
    for link in links:
        text = link["text"]
        reports = find_links(text)
        assert bool(reports) == (link["form"] not in _NO_LINK_AT_ALL), link
        for report in reports:
            assert text[report.start : report.end] == report.text, link
        for before, after in (('<a href="', '">x</a>'), ("See ", ""), ("\n", "\n"), ("(", ") and")):
            around = find_links(f"{before}{text}{after}")
            assert len(around) >= len(reports), link
