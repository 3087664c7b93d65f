"""Redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from _asking import URL, code_of

from itms_ota._http import Fetch, Limits, Response, follow_redirects

if TYPE_CHECKING:
    from collections.abc import Mapping


def scripted(answers: Mapping[str, tuple[int, str]]) -> Fetch:
    def fetch(_method: str, url: str, _headers: Mapping[str, str], _timeout: float, _max_bytes: int, /) -> Response:
        status, location = answers[url]
        return Response(status, {"Location": location} if location else {}, b"")

    return fetch


def followed(answers: Mapping[str, tuple[int, str]]) -> list[tuple[str, int]]:
    start = next(iter(answers))
    return [
        (url, response.status) for url, response in follow_redirects(scripted(answers), start, {}, Limits(5, 5), 10)
    ]


def test_redirects_are_followed_and_shown() -> None:
    assert followed(
        {
            "https://a.example/": (302, "/b c?d"),
            "https://a.example/b%20c?d": (308, "//B.example/é"),
            "https://b.example/%C3%A9": (200, ""),
        }
    ) == [("https://a.example/", 302), ("https://a.example/b%20c?d", 308), ("https://b.example/%C3%A9", 200)]


@pytest.mark.parametrize(("status", "location"), [(300, "/x"), (304, "/x"), (302, ""), (201, "/x")])
def test_what_is_no_redirect(status: int, location: str) -> None:
    assert followed({"https://a.example/": (status, location)}) == [("https://a.example/", status)]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://a.example/", "not-https"),
        ("file:///etc/passwd", "not-https"),
        ("https://:443/", "no-host"),
        ("https://[/", "invalid-url"),
        ("https://a.example:99999/", "invalid-url"),
    ],
)
def test_redirects_that_are_not_followed(location: str, code: str) -> None:
    assert code_of(lambda: followed({"https://a.example/": (302, location)})) == code


def test_redirects_that_do_not_end() -> None:
    asked: list[str] = []

    def fetch(_method: str, url: str, _headers: Mapping[str, str], _timeout: float, _max_bytes: int, /) -> Response:
        asked.append(url)
        return Response(302, {"location": "/"}, b"")

    assert code_of(lambda: list(follow_redirects(fetch, URL, {}, Limits(5, 5), 10))) == "redirect-loop"
    assert len(asked) == 11
