"""inspect_link: what is wrong, what a device makes of it, and what was meant."""

from __future__ import annotations

import random
import re

import pytest
from _long import mutants
from _vectors import Vector, expected, vectors

from itms_ota import InstallLink, LinkError, LinkReport, Problem, find_links, inspect_link

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


FORMS = [vector["text"] for vector in vectors("links")]


@pytest.mark.parametrize("vector", vectors("links"), ids=lambda vector: vector["id"])
def test_every_form_is_named(vector: Vector) -> None:
    text = vector["text"]
    report = inspect_link(text)
    assert levels(text) == expected(vector)
    assert report.device_url == vector["device_url"]
    assert (report.link and report.link.manifest_url) == vector["manifest_url"]
    assert (report.text, report.start, report.end) == (text, 0, len(text))
    assert report.ok is all(level == "warning" for _, _, level in expected(vector))
    assert all(problem.message.endswith(".") for problem in report.problems)


@pytest.mark.parametrize("text", [text for text in FORMS if not re.search(r'^[\s\u200b\ufeff]|\s$|[\n"]', text)])
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


@pytest.mark.dear
def test_random_changes_raise_nothing_but_link_errors() -> None:
    seeded = random.Random(20260803)
    texts = [text for text in FORMS if text]
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


def test_a_report_that_was_written_without_secrets_is_read_as_it_is() -> None:
    data = inspect_link(f"{RAW}?token=hunter2").to_dict()
    report = LinkReport.from_dict(data)
    assert report.link is not None
    assert report.link.manifest_url == f"{URL}?token=…"
    assert report.to_dict() == data


def test_a_lone_surrogate_in_a_link_is_an_invalid_url() -> None:
    report = inspect_link("itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2F\udc80m")
    assert [(problem.code, problem.level) for problem in report.problems] == [("invalid-url", "error")]
    assert report.device_url is None
    report = inspect_link(f"{PREFIX}https://\ud800@a.example/m")
    assert [(problem.code, problem.level) for problem in report.problems] == [
        ("invalid-url", "error"),
        ("credentials", "warning"),
    ]
    assert (report.device_url, report.link) == (None, None)


@pytest.mark.parametrize("between", ["#", "x#", "//#", "/#/"])
def test_a_fragment_before_the_query_hides_it(between: str) -> None:
    report = inspect_link(f"itms-services:{between}?action=download-manifest&url=https%3A%2F%2Fexample.com%2Fm.plist")
    assert [(problem.code, problem.level) for problem in report.problems] == [("cut-short", "error")]
    assert report.device_url is None
