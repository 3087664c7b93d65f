"""The parts of a link, and of the value of its `url`: also of links that no device understands.

What stands here of wrong separators, slashes and scheme names was seen in published pages, scripts and logs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .. import _urls
from .._urls import SPACE
from ._prefix import ACTION
from ._schemes import link_in

if TYPE_CHECKING:
    from ._escapes import Context

_LINK = re.compile(
    r"""(?aisx)
    (?P<unsafe> unsafe: )?                  # Angular's mark of a scheme that it does not know
    (?P<scheme> (?:https?://)? itmss?[-_]services? (?: [:_] | (?=//?\?) ) )?
    (?P<between> [^?]* )
    (?P<question> \?? )
    (?P<query> .* )
    """
)
_SEPARATOR = "&amp;(?:amp;)*|[&;?]"
_ACTION = re.compile(
    rf"""(?aix)
    (?: ^ | (?P<separator> {_SEPARATOR} ) )
    (?P<name> [{SPACE}]{{0,4}} action [{SPACE}]{{0,4}} )
    (?P<mark> = )
    (?P<value> [^&;?\#%]* )
    """
)


def _parameter(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"""(?aix)
        (?: ^ | (?P<separator> {_SEPARATOR} | &amp%3B | %26(?:amp%3B)? | amp[-;] | (?<=download-manifest) ) )
        (?P<name> [{SPACE}]{{0,4}} {name} [{SPACE}]{{0,4}} )
        (?P<mark> = | %3D )
        """
    )


_URL, _URI = map(_parameter, ("url", "uri"))
_ENCODED_QUERY = re.compile(rf"(?ai)[{SPACE}]*(?:action|url)%3D")
_REPEATED = {
    name: re.compile(rf"(?ai)(?:^|;|&(?:amp;)*)[{SPACE}]*{name}[{SPACE}]*=([^&;#]*)") for name in ("action", "url")
}
_NESTED = re.compile(r"(?ai)itms-services(?::|%3A)")

_PERCENT_SPACE = re.compile(rf"(?ai)\A(?:[{SPACE}]|%20|%0[9A-D]|%C2%A0|%E2%80%8B|%E3%80%80|%EF%BB%BF)+")
# The end of a text is looked at backwards, as a search for white space before it would not be linear.
_PERCENT_SPACE_BACKWARDS = re.compile(rf"(?ai)\A(?:[{SPACE}]|02%|[9A-D]0%|0A%2C%|B8%08%2E%|08%08%3E%|FB%BB%FE%)+")
_QUOTES_BEFORE = re.compile(r"(?ai)[\"'\u2018\u201c\u201d\xab\u300c]+(?=https?(?::|%3A))")
_MARKUP = re.compile('["\'\u2019]?[<>"]')  # no URL has it, and templates were looked for before
# The name of a manifest does not go on in another alphabet.
_MANIFEST = re.compile(rf"(?ais)https?(?::|%3A).*?\.plist(?=[^\x00-\x7f{SPACE}])")
_CANONICAL = re.compile("(?i)https?%3A%2F%2F[A-Za-z0-9%._~-]+")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_STILL_ENCODED = re.compile(r"(?ai)[A-Za-z][A-Za-z0-9+.-]*%(?:25)*3A")
_MOST_ENCODED = 4
WIDE_PUNCTUATION = "\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f\uff08\uff09\u300d\u300f\u3011\u300b\u201d\u2019\xbb"
CLOSING_PUNCTUATION = f".,;:!?'*\\\u2026{WIDE_PUNCTUATION}"
_ENCODED_PARAMETER = r"(?ai)%{}[a-z_][a-z0-9_.-]{{0,60}}(?:=|%3D)"
_FIRST_ENCODED, _NEXT_ENCODED = (re.compile(_ENCODED_PARAMETER.format(mark)) for mark in ("3F", "26"))


class Value(NamedTuple):
    """The value of `url`: the manifest's URL in it, and what stands around that."""

    text: str  # without white space around it
    is_spaced: bool
    placeholder: str  # what a template left; empty where there is nothing
    quotes: str  # quotation marks before the URL
    is_absolute: bool  # it is written as a URL is, and not percent-encoded for the link
    cut: str  # the URL's own "&", ";" or "#", which ends it for a device; empty where there is none
    before_cut: str
    after_cut: str
    written: str  # the manifest's URL as it is written here
    trailing: str  # what seems to be left behind it of the text around the link

    @property
    def decoded(self) -> str:
        """What a device makes of the URL, were it not cut short."""
        return _urls.decode(self.written)

    @property
    def is_double_encoded(self) -> bool:
        """Whether the URL is still percent-encoded when the device has decoded it."""
        return not (self.is_absolute or self.cut) and _STILL_ENCODED.match(self.decoded) is not None

    @property
    def meant(self) -> str:
        """The manifest's URL that was meant."""
        url = self.written if self.is_absolute else self.decoded
        for _ in range(_MOST_ENCODED - 1 if self.is_double_encoded else 0):
            url = _urls.decode(url) if _STILL_ENCODED.match(url) else url
        return url


class Parts(NamedTuple):
    """A link taken apart, as it is written. Parameters have the groups of their patterns."""

    text: str
    unsafe: str
    scheme: str  # with its colon, or what stands in its place; empty where it is missing
    between: str  # what stands between the scheme and the "?"
    question: str
    query: str  # decoded where it was percent-encoded as a whole
    is_query_encoded: bool
    action: re.Match[str] | None
    url: re.Match[str] | None
    lead: str  # the query up to the later of the two
    after_action: str  # what follows the action's value, up to `url`
    separator: str  # what separates the two, in lower case
    value: Value
    context: Context

    @property
    def is_link(self) -> bool:
        """Whether the text begins as an install link, or as one without its scheme."""
        return bool(self.scheme) or self.text.startswith("//?")

    @property
    def installs(self) -> bool:
        """Whether the link was meant to install: "app-manifest", a placeholder; of "generate-bugs" nobody can tell."""
        action = self.action["value"] if self.action else ACTION
        return "manifest" in action.lower() or _urls.placeholder(action) is not None

    @property
    def inner(self) -> str:
        """The link that stands in place of the manifest's URL, or is meant by an address; empty where there is none."""
        if not self.is_link:
            return link_in(self.text)
        value = self.value.text if self.installs else ""
        if not _NESTED.match(value):
            return ""
        return _urls.decode(value) if "%" in value[:16] else value

    def all_of(self, name: str) -> list[str]:
        """Return the values of every parameter of a name; none where a link in it has parameters of its own."""
        return [] if _NESTED.search(self.query) else _REPEATED[name].findall(self.query.partition("#")[0])


def split(text: str, context: Context) -> Parts:
    """Take a link apart; every text can be."""
    shape = _LINK.match(text)
    assert shape is not None  # noqa: S101 -- every part of the pattern is optional
    unsafe, scheme, between, question, query = shape.groups("")
    if not question:
        query = between.lstrip("/") if "=" in between else ""
    is_encoded = _ENCODED_QUERY.match(query) is not None
    if is_encoded:
        query = _urls.decode(query)
    url = _URL.search(query) or _URI.search(query)
    action = _ACTION.search(query, 0, url.start() if url else len(query))
    lead = query[: url.start()] if url else query
    rest = lead[action.end() :] if action else ""
    value = query[url.end() :] if url else ""
    if url and not action and (action := _ACTION.search(value)):
        # It comes after: then the value of `url` ends where it begins.
        lead, rest = query[: url.end() + action.start()], value[action.end() :]
        value = value[: action.start()]
    separators = [found["separator"] for found in (url, action) if found and found["separator"] is not None]
    separator = max(separators, key=len, default="&").lower()
    if separator.startswith("&amp;"):
        value = value.replace(separator, "&")
    head = text, unsafe, scheme, between, question, query, is_encoded
    return Parts(*head, action, url, lead, rest, separator, _split_value(value, separator), context)


def _split_value(value: str, separator: str) -> Value:
    """Find the manifest's URL in the value of `url`, which ends where the link is over or was meant to be."""
    text = without_space(value)
    quotes = _QUOTES_BEFORE.match(text)
    whole = text[quotes.end() :] if quotes else text
    is_absolute = _ABSOLUTE.match(whole) is not None and not _has_encoded_query(whole)
    end = re.search("[&;#]" if separator == ";" else "[&#]", whole)
    before, mark, after = (whole[: end.start()], end[0], whole[end.end() :]) if end else (whole, "", "")
    # What follows an "&" is the link's own, and harmless, where the URL has no query.
    is_cut = (is_absolute or "?" in whole) if mark == "#" else "?" in before
    written = whole if is_cut else before
    # What is encoded belongs to the URL, and so does what is all of it.
    markup, manifest = _MARKUP.search(written), _MANIFEST.match(written)
    end_of_url = min(markup.start() if markup else len(written), manifest.end() if manifest else len(written))
    stop = trimmed(written, 0, end_of_url, CLOSING_PUNCTUATION) or len(written)
    # A "." at the end of what is encoded throughout may as well be the URL's own.
    url = written if _CANONICAL.fullmatch(written) else written[:stop]
    quoted = quotes[0] if quotes else ""
    cut = mark if is_cut else ""
    # A link in place of the URL is taken apart on its own.
    texts = () if _NESTED.match(text) else dict.fromkeys((text, _urls.decode(text)))
    left = next(filter(None, map(_urls.placeholder, texts)), "")
    return Value(text, text != value, left, quoted, is_absolute, cut, before, after, url, written[stop:])


def _has_encoded_query(url: str) -> bool:
    """Check for a URL whose query alone is encoded for the link: "m%3Fid%3D1", "m?id%3D1", "m?id=1%26v=2".

    What is encoded in a URL that is a parameter itself is not for the link.
    """
    path, mark, query = url.partition("?")
    if not mark:
        return _FIRST_ENCODED.search(path) is not None
    encoded = query.upper()
    if "%3A" in encoded or "%3F" in encoded:
        return False
    return "%3D" in encoded if "=" not in query else _NEXT_ENCODED.search(query) is not None


def without_space(text: str) -> str:
    """Remove white space around a text, percent-encoded or not."""
    text = _PERCENT_SPACE.sub("", text)
    return _PERCENT_SPACE_BACKWARDS.sub("", text[::-1])[::-1]


def trimmed(text: str, start: int, end: int, punctuation: str) -> int:
    """Return where a link ends without the full stop of a sentence, and brackets that were opened before it."""
    inside = text[start:end]
    surplus = {close: inside.count(close) - inside.count(opening) for opening, close in ("()", "[]", "{}")}
    while end > start:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in punctuation or (end == start + len(inside) and inside.endswith(".plist?")):
            break
        end -= 1
    left_out = next((dots for dots in ("...", "\u2026") if text.startswith(dots, end)), "")
    # After these it is not the end of a sentence, but what somebody left out.
    return end + len(left_out) if left_out and text[end - 1] in "=/-" else end
