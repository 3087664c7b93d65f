"""What may be shown of a URL, and of a text that may contain one: no passwords, no signatures, no tokens.

Every message, report, repr and line of the command line that shows what somebody wrote gets it from here. What is
hidden leaves a "…", after its first four characters if it is long. Hosts, versions, dates and names made of words stay
as they are. The patterns are loaded when something is shown for the first time.
"""

from __future__ import annotations

import os
import re
from dataclasses import fields
from typing import Any, cast

__all__ = ["redact", "redact_text", "repr_of_fields", "safe_repr", "whole_without_secrets", "without_secrets"]

_LONGEST_URL = 160
_LONGEST_TEXT = 120
# What is read of a text: nobody wants to see more, and a few patterns look at each part more than once.
_MOST_READ = 512
_MOST_READ_FOR_REPR = 4096
# Of a million letters a pattern takes hundreds of bytes each.
_LONGEST_LINE = 16 * 1024
# What is hidden leaves a text that is hardly ever changed by a second look, and never was by a third.
_MOST_LOOKS = 4
# Two halves of one character, which JSON reads as that character.
_HALVES = "[\ud800-\udbff][\udc00-\udfff]"
# Without any of these a text is not a part of a URL: a bundle identifier, a hash, a title.
_OF_URLS = re.compile(r"[/\\@?=%#&:]")


def redact(url: str) -> str:
    """Return a URL for a message, in quotes: without secrets, and not too long.

    >>> print(redact("https://me:secret@example.com/App.ipa?Expires=9&Signature=0a1b2c3d4e5f6a7b8c9d"))
    'https://…@example.com/App.ipa?Expires=9&Signature=0a1b…'
    """
    from ._secrets import hide_in_url

    return _quoted(hide_in_url(url, _MOST_READ), _LONGEST_URL if "://" in url else _LONGEST_URL // 2)


def redact_text(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return any text for a message, in quotes, as `redact` does: it may be or contain a URL, or a part of one.

    >>> print(redact_text("see https://a.example/m?token=hunter2"), redact_text("0123456789abcdef"))
    'see https://a.example/m?token=…' '0123456789abcdef'
    """
    return _quoted(_without_secrets(text, _MOST_READ), longest)


def without_secrets(text: str) -> str:
    """Return any text as `redact_text` does, but without quotes and not cut short.

    >>> print(without_secrets("https://me:secret@example.com/"))
    https://…@example.com/
    """
    return _without_secrets(text, _MOST_READ_FOR_REPR)


def whole_without_secrets(text: str) -> str:
    """Return any text as `without_secrets` does, but whole; what comes of it stays as it is if given again.

    Only a line of over 16,384 characters that may hold a URL is cut there.

    >>> print(whole_without_secrets("https://me:secret@example.com/" + "a" * 5000)[:24])
    https://…@example.com/aa
    """
    if not text.isascii() and re.search(_HALVES, text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    for _ in range(_MOST_LOOKS):
        lines = text.split("\n") if len(text) > _LONGEST_LINE else [text]
        shown = "\n".join(_without_secrets(line, _LONGEST_LINE) if _OF_URLS.search(line) else line for line in lines)
        if shown == text:
            return text
        text = shown
    return "…"


def safe_repr(value: object) -> str:
    """Return the repr of any value, without the secrets of the texts in it.

    >>> print(safe_repr({"url": ["https://me:secret@example.com/"]}))
    {'url': ['https://…@example.com/']}
    """
    if isinstance(value, str):
        return repr(without_secrets(value))
    if isinstance(value, (bytes, bytearray)):
        return without_secrets(repr(value))
    if type(value) is dict:
        pairs = cast("dict[object, object]", value).items()
        return "{" + ", ".join(f"{safe_repr(key)}: {safe_repr(part)}" for key, part in pairs) + "}"
    if type(value) is list:
        return "[" + ", ".join(map(safe_repr, cast("list[object]", value))) + "]"
    if type(value) is tuple:
        parts = cast("tuple[object, ...]", value)
        return "(" + ", ".join(map(safe_repr, parts)) + ("," if len(parts) == 1 else "") + ")"
    # The repr of a path shows all of it; that of a value of ours hides what must be hidden.
    text = repr(value)
    return without_secrets(text) if isinstance(value, os.PathLike) else text


def repr_of_fields(self: Any) -> str:
    """Return the repr that a dataclass has by itself, without secrets: to be its `__repr__`."""
    shown = (f"{field.name}={safe_repr(getattr(self, field.name))}" for field in fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _without_secrets(text: str, most: int) -> str:
    if not _OF_URLS.search(text):
        return text if len(text) <= most else text[:most] + "…"
    from ._secrets import without_secrets

    return without_secrets(text, most)


def _quoted(text: str, longest: int) -> str:
    return repr(text if len(text) <= longest else text[:longest] + "…")
