"""The parts of URLs, and percent-encoding."""

from __future__ import annotations

import random

import pytest

from itms_ota import _urls
from itms_ota._urls._characters import remembered


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", (None, None, "", None, "", None, None)),
        ("a b", (None, None, "", None, "a b", None, None)),
        ("https:a", ("https", None, "", None, "a", None, None)),
        ("https://", ("https", None, "", None, "", None, None)),
        ("HTTPS://A.example:8443/a?b?c#d#e", ("HTTPS", None, "A.example", "8443", "/a", "b?c", "d#e")),
        ("https://a.example:?#", ("https", None, "a.example", "", "", "", "")),
        ("//u@v:w@a.example/@", (None, "u@v:w", "a.example", None, "/@", None, None)),
        ("https://@a.example", ("https", "", "a.example", None, "", None, None)),
        ("https://u[@[::1]:443/", ("https", "u[", "[::1]", "443", "/", None, None)),
        ("https://[::1", ("https", None, "[", ":1", "", None, None)),
        ("https://[::1]80/", ("https", None, "[::1]80", None, "/", None, None)),
        ("https://[[a]]:1:2", ("https", None, "[[a]]", "1:2", "", None, None)),
        ("https://https://a.example/b", ("https", None, "https", "", "//a.example/b", None, None)),
        ("1https://a.example", (None, None, "", None, "1https://a.example", None, None)),
        ("\n//a?\n#\n", (None, None, "", None, "\n//a", "\n", "\n")),
    ],
)
def test_every_text_has_parts(url: str, expected: tuple[str | None, ...]) -> None:
    assert _urls.split(url) == expected


def test_parts_are_as_they_are_written() -> None:
    seeded = random.Random(20261201)
    pieces = [
        "https",
        ":",
        "/",
        "//",
        "?",
        "#",
        "@",
        "[",
        "]",
        "::1",
        "a.example",
        "443",
        "%",
        " ",
        "\n",
        "\ud800",
        "ü",
    ]
    for _ in range(20_000):
        url = "".join(seeded.choices(pieces, k=seeded.randint(0, 9)))
        scheme, userinfo, host, port, path, query, fragment = _urls.split(url)
        start = "" if scheme is None else f"{scheme}:"
        authority = f"{'' if userinfo is None else f'{userinfo}@'}{host}{'' if port is None else f':{port}'}"
        end = f"{path}{'' if query is None else f'?{query}'}{'' if fragment is None else f'#{fragment}'}"
        assert url in {f"{start}//{authority}{end}", f"{start}{end}"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", ("https", "a.example", 443, "/")),
        ("HTTP://A.example/x?y#z", ("http", "a.example", 80, "/x?y")),
        ("https://u@[::1]:8443/?q", ("https", "::1", 8443, "/?q")),
    ],
)
def test_parts(url: str, expected: tuple[str, str, int, str]) -> None:
    assert _urls.address(url) == expected
    assert _urls.host(url) == expected[1]


@pytest.mark.parametrize(
    ("host", "name"),
    [("[::1]", "::1"), ("[FE80::1%25en0]", "fe80::1%25en0"), ("[::1]80", "[::1]80"), ("[", "["), ("::1]", "::1]")],
)
def test_brackets_are_taken_off_where_both_are_there(host: str, name: str) -> None:
    assert _urls.host(f"https://{host}/") == name


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("c", "https://a.example/c"),
        ("/c", "https://a.example/c"),
        ("//b.example/c", "https://b.example/c"),
        ("http://b.example/", "http://b.example/"),
    ],
)
def test_join(reference: str, url: str) -> None:
    assert _urls.join("https://a.example/b", reference) == url


def test_join_with_what_is_no_address() -> None:
    with pytest.raises(ValueError, match="IPv6"):
        _urls.join("https://a.example/b", "http://[")


def test_encode_and_decode() -> None:
    text = "".join(map(chr, range(1, 0x250))) + "\U0001f600"
    assert _urls.encode(text).isascii()
    assert _urls.decode(_urls.encode(text)) == text
    assert _urls.decode("a+b") == "a+b"
    assert _urls.decode("%FF%zz\ud800") == "\ufffd%zz\ufffd"
    assert _urls.path("https://a.example/%C3%BC?x") == "/ü"


def test_of_two_parameters_the_first_counts() -> None:
    assert _urls.parameters("https://a.example/?A=1&a=2&b&=c&%62=%26#d=1") == {"a": "1", "b": ""}
    assert _urls.parameters("https://a.example/#?a=1") == {}


def test_names_that_are_loaded_late_are_names_like_others() -> None:
    assert all(hasattr(_urls, name) for name in _urls.__all__)
    assert not hasattr(_urls, "missing")


def test_what_is_kept_in_mind_is_short() -> None:
    asked: list[str] = []

    @remembered
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    short, long = "a" * 1024, "a" * 1025
    assert [length(text) for text in (short, short, long, long)] == [1024, 1024, 1025, 1025]
    assert asked == [short, long, long]
