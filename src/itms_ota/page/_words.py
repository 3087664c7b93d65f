"""The sentences of one page, in its language, with their placeholders filled in and everything escaped."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from .._arguments import check_texts
from .._redact import redact_text
from ._language import supported, texts
from ._texts import TEXTS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# NUL and its kin are errors in HTML; lone surrogates cannot be written as UTF-8.
_NOT_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Where a day is 5日 or 5일. Elsewhere days and months have two digits.
_SHORT_DAYS = frozenset({"ja", "ko", "zh-Hans", "zh-Hant"})


class Words:
    """The sentences of one page; `replaced` stands in the place of the language's own."""

    def __init__(self, language: str, replaced: Mapping[str, str]) -> None:
        check_texts("texts", replaced)
        self._texts = {**texts(language), **replaced}
        self._digits = 1 if supported(language) in _SHORT_DAYS else 2
        for name in replaced:
            if name not in TEXTS:
                message = f"texts has the unknown name {redact_text(name)}; the names are {', '.join(TEXTS)}"
                raise TypeError(message)
            allowed = set(_PLACEHOLDER.findall(TEXTS[name]))
            known = ", ".join(f"{{{word}}}" for word in sorted(allowed)) or "none"
            unknown = set(_PLACEHOLDER.findall(replaced[name])) - allowed
            if unknown:
                message = f"The text {name!r} has the unknown placeholder {{{min(unknown)}}}; known there: {known}"
                raise TypeError(message)
            if re.search("[{}]", _PLACEHOLDER.sub("", replaced[name])):
                message = f"The text {name!r} has a brace that belongs to no placeholder; known there: {known}"
                raise ValueError(message)

    def html(self, name: str, **values: str) -> str:
        """Return a sentence for HTML; each value has a direction of writing of its own."""
        return _filled(escape(self._texts[name]), {key: bdi(value) for key, value in values.items()})

    def plain(self, name: str, **values: str) -> str:
        """Return a sentence for a title or an attribute, where U+2068 and U+2069 do what <bdi> does in HTML."""
        isolated = {key: f"\u2068{escape(value)}\u2069" for key, value in values.items()}
        return _filled(escape(self._texts[name]), isolated)

    def text(self, name: str) -> str:
        """Return a sentence that is the value of another, not escaped yet."""
        return self._texts[name]

    def date(self, date: dt.date) -> str:
        """Return a date in the form of the language, not escaped yet."""
        day, month = (f"{number:0{self._digits}}" for number in (date.day, date.month))
        return _filled(self._texts["date"], {"year": f"{date.year:04}", "month": month, "day": day})

    def size(self, size: int) -> str:
        """Return a number of bytes for HTML, in decimal units, as iOS shows sizes."""
        for name, unit in (("gigabytes", 1e9), ("megabytes", 1e6)):
            if size >= unit:
                return self.html(name, size=f"{size / unit:.1f}".replace(".", self._texts["decimal_point"]))
        return self.html("kilobytes", size=f"{max(1, round(size / 1e3))}")


def _filled(text: str, values: Mapping[str, str]) -> str:
    # In one pass, so that braces in a value stay what they are.
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def bdi(text: str) -> str:
    """Return a text for HTML that has a direction of writing of its own."""
    return f"<bdi>{escape(text)}</bdi>"


def escape(text: str) -> str:
    """Return a text for HTML, between tags or quotes."""
    return html.escape(_NOT_HTML.sub("\ufffd", text))
