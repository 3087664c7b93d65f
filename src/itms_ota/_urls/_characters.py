"""The characters of URLs, and percent-encoding (RFC 3986)."""

from __future__ import annotations

import re
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

# White space as people see it, or do not: a byte order mark and a zero width space come with what is copied. Named one
# by one, so that every reader means the same; it stands in patterns too.
SPACE = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# What may stand in a path, and in a query or fragment: the inside of a class of characters.
PATH = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"
QUERY = PATH + "?"
ESCAPE = "%[0-9A-Fa-f]{2}"
LONGEST = 64 * 1024
"""Of what is longer nothing more is said: no URL is, and patterns take 200 bytes and more a character."""
# Of the URLs that are kept in mind; nearly all are shorter.
_LONGEST_KEPT = 1024


def remembered(function: Callable[[str], _T]) -> Callable[[str], _T]:
    """Keep what a function of a text alone returns, for the last few texts: who reads, asks and reports has the same.

    Long ones are not kept, so that it takes little memory whatever they are.
    """
    kept = lru_cache(function)

    @wraps(function)
    def remember(text: str) -> _T:
        return kept(text) if len(text) <= _LONGEST_KEPT else function(text)

    return remember


def encode(text: str) -> str:
    """Percent-encode everything but RFC 3986's unreserved characters.

    >>> encode("https://example.com/a'b+c%20d")
    'https%3A%2F%2Fexample.com%2Fa%27b%2Bc%2520d'
    """
    return quote(text, safe="")


def decode(text: str) -> str:
    """Percent-decode once, as the device does: ``+`` stays, and bytes that are not UTF-8 become U+FFFD.

    >>> decode("a+b%2Bc%2520d")
    'a+b+c%20d'
    """
    if "%" not in text:
        return text
    # A lone surrogate cannot be encoded, and must not become a "?", which begins a query.
    encoded = re.sub("[\ud800-\udfff]", "\ufffd", text).encode()
    return unquote_to_bytes(encoded).decode("utf-8", "replace")
