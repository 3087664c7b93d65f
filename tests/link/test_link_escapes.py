"""Escapes around a link: those of its source, undone without a word, and those that copying left."""

from __future__ import annotations

import pytest

from itms_ota.link._escapes import Context, Repair, as_tapped, undo

LINK = "itms-services://?action=download-manifest&url=https://a.example/m"


@pytest.mark.parametrize(
    ("text", "escapes", "tapped"),
    [
        ("a&amp;b", {}, "a&amp;b"),
        ("a&amp;amp;b&copy=1", {"entities": 1}, "a&amp;b&copy=1"),
        ("a&amp;amp;b&#x26;&#38;", {"entities": 2}, "a&b&&"),
        (r"\/\u0026\x3d\n", {"backslashes": True}, r"/&=\n"),
        ("a%253Db%26", {"encoded": True}, "a%3Db&"),
        ("a=3Db=\r\nc=3d", {"mail": True}, "a=bc="),
        # From the outside in.
        (r"a=3D&quot;=\n\/", {"mail": True, "entities": 1, "backslashes": True}, r'a="=\n/'),
    ],
)
def test_escapes_of_the_source_are_undone(text: str, escapes: dict[str, int], tapped: str) -> None:
    context = Context(2, 2 + len(text), **escapes)  # type: ignore[arg-type]
    assert as_tapped(f"<<{text}>>", context) == tapped


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (LINK, ()),
        (f" {LINK}\n", ("space",)),
        (f"{LINK}\xa0", ("odd-space",)),
        (LINK.replace("/m", "\n> /m"), ("lines",)),
        (LINK + "\nand more", ("lines",)),
        (LINK.replace("/", r"\/"), ("escapes",)),
        (LINK.replace("&", "&#38;"), ("escapes",)),
        (LINK.replace("=", "=3D"), ("escapes",)),
        (LINK.replace("=", "=3D").replace("a.ex", "a.=\nex"), ("escapes",)),
        (LINK.replace("/", "%2F").replace(":", "%3A"), ("encoding",)),
        (LINK.replace("/", "%252F").replace(":", "%253A"), ("encoding", "encoding")),
        (
            f"\ufeff{LINK}\n|\n".replace("&", r"\u0026").replace(":", "%3A", 1),
            ("odd-space", "lines", "escapes", "encoding"),
        ),
    ],
)
def test_what_copying_did_is_mended_and_named(text: str, repairs: tuple[Repair, ...]) -> None:
    assert undo(text) == (LINK, repairs)


def test_what_belongs_to_the_url_is_left() -> None:
    for text in (f"{LINK}?a&amp;b&copy=1", f"{LINK}%2520", f"{LINK}?a=3Db"):
        assert undo(text) == (text, ())
