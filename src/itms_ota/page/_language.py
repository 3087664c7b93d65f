"""Which language a page is in: RFC 4647 over the languages that the page has texts in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "de", "fr", "es", "pt-BR", "it", "nl", "ja", "ko", "zh-Hans", "zh-Hant", "ru", "tr", "ar", "he")
"""The languages that the page has texts in, as BCP 47 tags."""

# What readers of the first are best served with; "iw" is how Hebrew was tagged until 1989, and Java tags it still.
_NEAR = {"pt": "pt-BR", "zh": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant", "iw": "he"}
_BY_TAG = {**{tag.lower(): tag for tag in LANGUAGES}, **_NEAR}
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "iw", "ku", "ps", "sd", "ug", "ur", "yi"})

# No browser sends more; tags that are in use have at most 35 characters (RFC 5646, 4.4.1).
_LONGEST_HEADER = 4096
_LONGEST_TAG = 64
_TAG = re.compile("[a-z]{1,8}(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
# RFC 9110, 12.5.4 and 12.4.2. "*" is passed over, as RFC 4647, 3.4 says: it leads to the default.
_RANGE = re.compile(
    rf"""
    \s* (?P<tag> {_TAG.pattern} ) \s*
    (?: ; \s* q \s* = \s* (?P<weight> [01] (?: \.[0-9]{{0,3}} )? ) \s* )?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def preferred(accept_language: str) -> str:
    """Return the language that the header ``Accept-Language`` asks for first, and English where it asks for none."""
    found = [_RANGE.fullmatch(part) for part in accept_language[:_LONGEST_HEADER].split(",")]
    ranges = [(float(one["weight"] or 1), one["tag"]) for one in found if one]
    for weight, tag in sorted(ranges, key=lambda part: part[0], reverse=True):
        if weight > 0 and (language := supported(tag)):
            return language
    return "en"


def supported(tag: str) -> str | None:
    """Return the language of the page that serves a tag (RFC 4647, 3.4: lookup); None where there is none."""
    subtags = tag[:_LONGEST_TAG].lower().split("-")
    while subtags:
        if language := _BY_TAG.get("-".join(subtags)):
            return language
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:  # a singleton says nothing without what followed it
            subtags.pop()
    return None


def of_page(tag: str, *, is_own: bool) -> str:
    """Return what the page calls its language: English where it has no texts in this one, and its user gave none."""
    language = supported(tag)
    if (language or is_own) and _TAG.fullmatch(tag):
        return tag
    return language or "en"


def is_right_to_left(tag: str) -> bool:
    """Return whether a language is written from right to left."""
    return tag.lower().partition("-")[0] in _RIGHT_TO_LEFT


def texts(tag: str) -> Mapping[str, str]:
    """Return the page's sentences in a language, or English ones where it has none."""
    language = supported(tag) or "en"
    if language == "en":
        return TEXTS
    from ._translations import TRANSLATIONS  # most pages need none of them

    return TRANSLATIONS[language]
