"""Versions of an app, groups of apps, and release notes."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from _parsed import Parsed

from itms_ota.link import InstallLink
from itms_ota.page import App, install_page

LINK = InstallLink("https://apps.example.com/manifest.plist")
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc)


def app(version: str | None = None, **values: Any) -> App:
    defaults: dict[str, Any] = {"title": "MyApp", "bundle_identifier": "com.example.a"} | values
    if "link" not in values:
        defaults["link"] = InstallLink(f"https://apps.example.com/{defaults['title']}/{version}/manifest.plist")
    return App(version=version, **defaults)


def page(*apps: App, **options: Any) -> Parsed:
    return Parsed(install_page(apps, now=NOW, **options))


def links(*apps: App) -> list[str]:
    return [str(one.link) for one in apps]


def test_versions_of_one_app() -> None:
    old = app("1.9", notes="Old.", expires=NOW, size=1)
    newest, newer = app("1.10.1", notes="New."), app("1.10", date=dt.date(2026, 1, 5))
    parsed = page(old, newest, newer)
    assert parsed.links() == links(newest, newer, old)
    assert parsed.text("title") == "Install \u2068MyApp\u2069"
    assert parsed.text("h1") == "MyApp"
    assert len(parsed.all("article")) == len(parsed.all("details")) == 1
    assert parsed.text("summary") == "Older versions"
    fold = parsed.text("details")
    for shown in ("Version 1.10", "2026-01-05", "Version 1.9", "1 kB", "Old.", "Expired on 2026-11-22"):
        assert shown in fold
    assert "New." not in fold
    # The fold is closed at first, and opens without scripts.
    assert parsed.all("details") == [{"class": "older"}]
    names = ["".join(t) for (tag, _, _), t in zip(parsed.elements, parsed.texts, strict=True) if tag == "a"]
    assert names == ["Install MyApp", "Install MyApp 1.10", "Install MyApp 1.9"]


@pytest.mark.parametrize(
    "versions",
    [
        ["2.0", "1.9.9"],
        ["1.10", "1.9"],
        ["1.0.1", "1.0", None],
        ["v1.2", "v1.1"],
        ["1.2.3 (45)", "1.2.3 (9)", "1.2.3"],
        ["2026.11.20", "2026.2.28"],
        ["10" * 5000, "9" * 5000, "1"],
        ["1.02", "1.1"],
    ],
)
def test_the_newest_version_is_first(versions: list[str | None]) -> None:
    apps = [app(version) for version in versions]
    for seed in range(4):
        mixed = random.Random(seed).sample(apps, len(apps))
        assert page(*mixed).links() == links(*apps)


def test_versions_of_the_same_number_are_in_the_order_of_their_dates() -> None:
    release = app("1.2.0", date=dt.datetime(2026, 3, 1, 1, tzinfo=dt.timezone.utc))
    beta, undated = app("1.2.0-beta.7", date=dt.date(2026, 2, 28)), app("1.2.0-alpha")
    assert page(undated, beta, release).links() == links(release, beta, undated)
    # What cannot be told apart stays as it was given.
    assert page(app("a"), app("b")).links() == links(app("a"), app("b"))


@pytest.mark.parametrize("identifier", [None, ""])
def test_apps_without_an_identifier_are_apps_of_their_own(identifier: str | None) -> None:
    apps = [app(version, bundle_identifier=identifier) for version in ("1", "2")]
    parsed = page(*apps)
    assert parsed.links() == links(*apps)
    assert len(parsed.all("article")) == 2
    assert parsed.all("details") == []


def test_versions_of_several_apps() -> None:
    first, second = [app("1"), app("2")], [app("3", title="B", bundle_identifier="com.example.b")]
    parsed = page(first[0], *second, first[1])
    assert parsed.links() == links(first[1], first[0], *second)
    assert [tag for tag, _, _ in parsed.elements if tag in {"h1", "h2", "h3"}] == ["h1", *["h2"] * 4]


def test_steps_are_those_of_all_versions() -> None:
    parsed = page(app("2", profile_kind="enterprise"), app("1", profile_kind="development"))
    assert "VPN & Device Management" in parsed.text("ol")
    assert "Developer Mode" in parsed.text("ol")


def grouped(*groups: str | None) -> list[App]:
    return [app(title=f"App{n}", bundle_identifier=None, group=group) for n, group in enumerate(groups)]


def test_groups_and_their_filter() -> None:
    apps = grouped("Field", "Depot", "Field", None)
    parsed = page(*apps)
    # The apps without a group first, and then each group where it appeared first.
    order = [apps[3], apps[0], apps[2], apps[1]]
    assert parsed.links() == ["#all", "#group-1", "#group-2", *links(*order)]
    assert parsed.all("nav") == [{"class": "groups", "id": "all", "aria-label": "Groups"}]
    assert parsed.text("nav").split() == ["All", "Field", "Depot"]
    assert [group.get("id") for group in parsed.all("section", class_="group")] == ["group-1", "group-2"]
    assert len(parsed.all("div", class_="group")) == 1
    headings = [tag for tag, _, _ in parsed.elements if tag in {"h1", "h2", "h3"}]
    assert headings == ["h1", "h2", "h2", "h3", "h3", "h2", "h3", "h2", "h2"]
    ids = [attributes["id"] for _, attributes, _ in parsed.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    named = {attributes["aria-labelledby"] for _, attributes, _ in parsed.elements if "aria-labelledby" in attributes}
    assert named <= {*ids}
    # Without a script: what is not the target of the address is not shown.
    assert "main:has(> .group:target) > .group:not(:target) { display: none }" in parsed.text("style")


@pytest.mark.parametrize("groups", [[None, None], ["", None], ["Field"]])
def test_no_groups_are_shown_where_there_are_none(groups: list[str | None]) -> None:
    parsed = page(*grouped(*groups))
    assert parsed.all("nav") == parsed.all("section", class_="group") == []


def test_groups_are_text() -> None:
    hostile = '"><script>alert(1)</script> \u202e&amp;'
    parsed = page(*grouped(hostile, "B"))
    assert hostile in parsed.text("nav")
    assert parsed.all("script") == []
    assert [link for link in parsed.links() if link.startswith("#")] == ["#all", "#group-1", "#group-2"]


@pytest.mark.parametrize(
    ("notes", "blocks"),
    [
        ("One.", [("p", "One.")]),
        ("One.\nTwo.", [("p", "One.\nTwo.")]),
        ("One.\n\n \n\nTwo.\n", [("p", "One."), ("p", "Two.")]),
        ("- a\n- b", [("ul", ["a", "b"])]),
        (
            "New:\n- a\n  and more\n* b\n\u2022 c\nEnd.",
            [("p", "New:"), ("ul", ["a\n  and more", "b", "c"]), ("p", "End.")],
        ),
        ("- a\n\n- b", [("ul", ["a", "b"])]),
        ("- a\n\n  b", [("ul", ["a"]), ("p", "  b")]),
        ("  - a", [("ul", ["a"])]),
        ("-a\n--b\n-\n- \n1. c", [("p", "-a\n--b\n-\n- \n1. c")]),
        ("- <b>&amp;</b>", [("ul", ["<b>&amp;</b>"])]),
        (" \n", [("p", " \n")]),
        ("a\r\n- b\r\n", [("p", "a\r"), ("ul", ["b\r"])]),
    ],
)
def test_notes_are_paragraphs_and_lists(notes: str, blocks: list[tuple[str, str | list[str]]]) -> None:
    parsed = page(app(notes=notes))
    found: list[tuple[str, str | list[str]]] = []
    for (tag, attributes, ancestors), text in zip(parsed.elements, parsed.texts, strict=True):
        if attributes.get("class") == "notes":
            found.append((tag, "".join(text) if tag == "p" else []))
            assert attributes["dir"] == "auto"
        elif tag == "li" and ancestors[-2:] == ["article", "ul"]:
            items = found[-1][1]
            assert isinstance(items, list)
            items.append("".join(text))
    assert found == blocks


def test_no_notes() -> None:
    assert 'class="notes"' not in install_page([app(notes="")])


def test_long_notes_are_one_paragraph() -> None:
    whole = "- a\n" * (65_536 // 4)
    assert len(page(app(notes=whole)).all("ul", class_="notes")) == 1
    parsed = page(app(notes=whole + "-"))
    assert parsed.text("p", class_="notes") == whole + "-"
    assert parsed.all("ul", class_="notes") == []


@pytest.mark.parametrize("unit", ["- a\n", "\n", "a\n\n", " \n  a\n", "- \n", "-", "- a\n b\n", " ", "- "])
def test_notes_of_any_form_take_time_in_proportion(unit: str) -> None:
    # What takes quadratic time does not end here.
    for length in (2**16, 2**21):
        long = unit * (length // len(unit))
        assert page(app(long, notes=long, link=LINK), app("1")).all("article")


def test_apps_of_two_groups_are_not_versions_of_each_other() -> None:
    shown = [
        app(version=version, bundle_identifier="com.example.a", group=group)
        for version, group in (("2.0", "Staging"), ("1.0", "Production"), ("1.9", "Staging"))
    ]
    page = install_page(shown)
    assert page.count("<details") == 1
    staging, production = page.index("<bdi>Staging</bdi></h2>"), page.index("<bdi>Production</bdi></h2>")
    assert staging < page.index("<details") < production
