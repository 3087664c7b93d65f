"""Who sent a User-Agent: families of strings, percentages over real ones, and the work it takes."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from _vectors import Vector, vectors

from itms_ota import browsers
from itms_ota._user_agents import APPS, BROWSERS, DOWNLOADERS, SERVICES
from itms_ota.browsers import Browser, identify

if TYPE_CHECKING:
    from pathlib import Path

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

KNOWN = vectors("user-agents")


@pytest.mark.parametrize("vector", KNOWN, ids=lambda vector: vector["id"])
def test_known_user_agents(vector: Vector) -> None:
    browser = identify(vector["user_agent"])
    assert [browser.name, browser.platform, browser.in_app, browser.can_install] == [
        vector[key] for key in ("browser", "platform", "in_app", "can_install")
    ]


def advice(vector: Vector) -> str:
    return identify(vector["user_agent"]).advice


def test_the_advice_fits_what_is_known() -> None:
    for vector in KNOWN:
        if vector["in_app"]:
            assert "in Safari" in advice(vector), vector["id"]
        elif vector["can_install"]:
            assert advice(vector) == "Tap the install link; where nothing happens, open this page in Safari itself."
    for vector in vectors("user-agents", "in-app"):
        begin = "An app" if vector["browser"] == "an app" else vector["browser"]
        if vector["platform"] == "iOS" and begin[0].isupper():
            assert advice(vector).startswith(f"{begin} shows this page inside itself"), vector["id"]


def test_real_browsers_are_no_in_app_views() -> None:
    assert not any(vector["in_app"] for vector in vectors("user-agents", "browser", "safari"))


def test_in_app_browsers_never_install() -> None:
    assert not any(vector["can_install"] for vector in KNOWN if vector["in_app"])


def test_a_carrier_is_no_robot() -> None:
    assert identify(f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBCR/OrangeBotswana]").name == "Facebook"


def test_the_downloader_is_answered_without_a_login() -> None:
    advice = identify("com.apple.appstored/1.0 iOS/26.1 model/iPhone17,1").advice
    assert advice == "This is the device's own downloader: answer it without a login, or nothing installs."


@pytest.mark.parametrize("rules", [DOWNLOADERS, SERVICES, APPS, BROWSERS])
def test_rules_can_match_and_stand_once(rules: tuple[Any, ...]) -> None:
    words = [rule.word for rule in rules]
    assert [word for word, count in Counter(words).items() if count > 1] == []
    for rule in rules:
        assert browsers._words(rule.word) == {rule.word}
        assert rule.name
        assert rule.source


def test_no_text_of_the_user_agent_comes_back() -> None:
    browser = identify(f"{IPHONE} Version/17.4 Safari/604.1 <b>Evil/1 [Evil/1] Evil")
    assert "evil" not in f"{browser.name}{browser.advice}".lower()


HOSTILE = [
    "(",
    ")(",
    "[",
    "a",
    "a/",
    "/",
    " ",
    "_1",
    "_",
    ".",
    "1.",
    "+http",
    "bot",
    "iOS/",
    "com.",
    "\ud800",
    "İ",
    "\n",
]


def count_events(user_agent: str) -> int:
    """Count the calls, of Python functions and of C ones, that it takes to judge a User-Agent."""
    events = 0

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal events
        events += 1

    sys.setprofile(count)
    try:
        identify(user_agent)
    finally:
        sys.setprofile(None)
    return events


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_the_text(piece: str) -> None:
    counts = [count_events((piece * length)[:length]) for length in (1024, 2048, 4096)]
    assert counts[1] <= 2 * counts[0]
    assert counts[2] <= 2 * counts[1]
    mebibyte = (piece * 2**20)[: 2**20]
    assert count_events(mebibyte + mebibyte) == count_events(mebibyte) <= counts[2]


def test_only_the_beginning_is_read() -> None:
    class Watched(str):
        __slots__ = ("slices",)
        slices: list[object]

        def __getitem__(self, key: Any) -> str:
            self.slices.append(key)
            return str(super().__getitem__(key))

        def __getattribute__(self, name: str) -> Any:
            assert name in ("slices", "__class__"), f"the whole text was read by {name}"
            return super().__getattribute__(name)

    watched = Watched("a" * 2**20)
    watched.slices = []
    identify(watched)
    assert watched.slices == [slice(None, 4096, None)]


def test_real_strings(known_corpus: Path) -> None:
    with (known_corpus / "user_agents.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found: dict[str, list[Browser]] = {}
    for row in rows:
        found.setdefault(row["kind"], []).append(identify(row["user_agent"]))

    in_app = found["in-app"]
    assert sum(browser.in_app for browser in in_app) >= 0.98 * len(in_app)
    assert {browser.platform for browser in in_app} == {"iOS"}

    assert {(browser.name, browser.in_app) for browser in found["safari"]} <= {("Safari", False), ("Chrome", False)}
    assert sum(browser.in_app for browser in found["browser"]) <= 0.01 * len(found["browser"])
    assert {browser.name for browser in found["installer"]} == {"appstored", "itunesstored"}
    assert not any(browser.in_app for browser in found["not-a-browser"])

    # One string under "bot" is a person's: the carrier is Orange in Botswana.
    called_ios = [
        row["user_agent"] for row in rows if row["kind"] == "not-ios" and identify(row["user_agent"]).platform == "iOS"
    ]
    assert all("FBCR/OrangeBotswana" in user_agent for user_agent in called_ios)


def test_a_client_without_a_user_agent_is_unknown() -> None:
    browser = identify(None)
    assert browser == identify("")
    assert (browser.name, browser.platform, browser.in_app, browser.can_install) == ("a browser", "other", False, None)
