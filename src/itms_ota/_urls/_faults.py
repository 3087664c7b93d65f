"""What keeps a device from fetching a URL, without words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from .._hosts import is_sample, scope
from .._placeholders import placeholder
from ._characters import ESCAPE, LONGEST, QUERY, SPACE
from ._host import has_bad_zone, is_host, is_port
from ._plain import is_plain
from ._split import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..errors import Code, Level, Problem
    from ._split import Parts

Reason = Literal[
    "too-long",
    "empty",
    "placeholder",
    "space-around",
    "space-within",
    "not-https",
    "relative",
    "encoded",
    "quoted",
    "no-scheme",
    "scheme-twice",
    "no-host",
    "host-not-ascii",
    "zone",
    "bad-host-or-port",
    "second-at",
    "second-fragment",
    "bare-percent",
    "backslash",
    "half-character",
    "illegal-character",
    "credentials",
    "html-escaped",
    "sample-host",
    "loopback-host",
    "private-host",
]

_SPACE = re.compile(f"[{SPACE}]")
# NSURL lets brackets through anywhere (CFURL.c). White space and a second "#" have faults of their own.
_ILLEGAL = re.compile(rf"(?!{ESCAPE})[^{SPACE}#\[\]{QUERY}]")
_WITHOUT_SCHEME = re.compile(r"(?![/.])[^/%]*[.%]")
_ENCODED = re.compile("(?i)https?%3A")
# Quotation marks and brackets of texts, as they come with what is copied.
_QUOTED = re.compile(f"(?i)[\"'`<(\\[\u00ab\u00bb\u2018\u2019\u201a-\u201e\u300c\u300e]+[{SPACE}]*https?://")


class Fault(NamedTuple):
    """One thing that is wrong with a URL. An ``"error"`` keeps a device from fetching it.

    `reason` tells apart the faults of one code, and `part` is the part of the URL that is at fault.
    """

    code: Code
    level: Level
    reason: Reason
    part: str = ""


def faults(url: str) -> tuple[Fault, ...]:
    """Return what is wrong with a URL as it stands, the worst first.

    >>> [(fault.code, fault.level) for fault in faults("http://localhost/App.ipa")]
    [('not-https', 'error'), ('loopback-host', 'warning')]
    """
    return () if is_plain(url) else tuple(_of_text(url))


def refuses(fault: Fault | Problem) -> bool:
    """Return whether nothing is made of a URL with such a fault: everybody would see its user name and password."""
    return fault.level == "error" or fault.code == "credentials"


def _of_text(url: str) -> Iterator[Fault]:
    if len(url) > LONGEST:
        yield Fault("too-large", "error", "too-long")
        return
    text = url.strip(SPACE)
    if not text:
        yield Fault("empty", "error", "empty")
        return
    left = placeholder(url)
    if left is not None:
        yield Fault("placeholder", "error", "placeholder", left)
        if url.lower().startswith("http://"):
            yield Fault("not-https", "error", "not-https", "http")
        return
    if text != url:
        yield Fault("whitespace", "error", "space-around")
    elif space := _SPACE.search(text):
        yield Fault("whitespace", "error", "space-within", space[0])
    yield from _of_parts(split(text), text)


def _of_parts(parts: Parts, text: str) -> Iterator[Fault]:
    scheme = (parts.scheme or "").lower()
    if not scheme:
        yield Fault("relative-url", "error", _without_scheme(text))
        return
    if scheme != "https":
        yield Fault("not-https", "error", "not-https", scheme)
    if parts.is_doubled:
        yield Fault("invalid-url", "error", "scheme-twice", parts.host)
        return
    # Other schemes need no host, but NSURL takes the same characters.
    for rule in _RULES if scheme in {"http", "https"} or parts.host else (_characters,):
        yield from rule(parts)


def _without_scheme(text: str) -> Reason:
    if _QUOTED.match(text):
        return "quoted"
    if not _WITHOUT_SCHEME.match(text):
        return "relative"
    return "encoded" if _ENCODED.match(text) else "no-scheme"


def _host(parts: Parts) -> Iterator[Fault]:
    if not parts.host:
        if not parts.path.startswith("\\"):  # that is the cause
            yield Fault("no-host", "error", "no-host")
    elif "\\" in parts.host:
        yield Fault("invalid-url", "error", "backslash", "\\")
    elif not parts.host.isascii():
        yield Fault("invalid-url", "error", "host-not-ascii", parts.host)
    elif has_bad_zone(parts.host):
        yield Fault("invalid-url", "error", "zone", parts.host)
    elif not _SPACE.search(parts.host) and not _is_sound(parts):
        yield Fault("invalid-url", "error", "bad-host-or-port", parts.host)


def _characters(parts: Parts) -> Iterator[Fault]:
    for part in (parts.userinfo, parts.path, parts.query, parts.fragment):
        if found := _ILLEGAL.search(part or ""):
            # One sentence about the letter of a host is enough.
            if parts.host.isascii() or found[0] not in parts.host:
                yield Fault("invalid-url", "error", _not_legal(found[0]), found[0])
            return
    if "@" in (parts.userinfo or ""):
        yield Fault("invalid-url", "error", "second-at")
    if "#" in (parts.fragment or "") and _is_sound(parts):
        yield Fault("invalid-url", "error", "second-fragment")


def _not_legal(character: str) -> Reason:
    if "\ud800" <= character <= "\udfff":
        return "half-character"
    return "bare-percent" if character == "%" else "backslash" if character == "\\" else "illegal-character"


def _credentials(parts: Parts) -> Iterator[Fault]:
    if parts.userinfo:
        yield Fault("credentials", "warning", "credentials", parts.userinfo)


def _html(parts: Parts) -> Iterator[Fault]:
    if any("&amp;" in (part or "") for part in parts):
        yield Fault("html-escaped", "warning", "html-escaped", "&amp;")


def _scope(parts: Parts) -> Iterator[Fault]:
    is_known = _is_sound(parts) and "@" not in (parts.userinfo or "")
    name = parts.name.rstrip(".") if is_known else ""
    near = scope(name)
    if is_sample(name):
        yield Fault("placeholder", "warning", "sample-host", parts.host)
    elif near == "loopback":
        yield Fault("loopback-host", "warning", "loopback-host", parts.host)
    elif near == "private":
        yield Fault("private-host", "warning", "private-host", parts.host)


def _is_sound(parts: Parts) -> bool:
    return is_host(parts.host) and is_port(parts.port)


_RULES = (_host, _characters, _credentials, _html, _scope)
