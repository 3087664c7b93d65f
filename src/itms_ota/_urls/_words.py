"""The words for what is wrong with a URL: the fault, its effect on the device, the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._hosts import NOT_EXTERNAL
from .._redact import redact, redact_text
from ..errors import Problem
from ._characters import LONGEST, encode
from ._faults import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import Level
    from ._faults import Reason

_NOTHING_AT_ALL = "iOS 16 and earlier then do nothing at all: no request, and no message."
# Apple, NSURL in iOS 17: what is not a valid URL is encoded part by part.
_ENCODED_AGAIN = (
    f"{_NOTHING_AT_ALL} iOS 17 and later encode it, and every '%' in that part of the URL again: %20 becomes %2520, "
    "which is another file."
)
_SCHEMES = {
    "http": "iOS has fetched over https only since iOS 7.1, and says 'Cannot connect' or nothing at all. Serve the "
    "file over https and write https:// here.",
    "data": "iOS does not fetch data: URLs here. Put the file on an https server.",
    "file": "the device does not have such a file, and fetches over https only. Put the file on an https server.",
    "itms-services": "that is an install link. Write the https address of the file itself.",
}
_OTHER_SCHEME = "iOS fetches over https only. Put the file on an https server."
_CURED_BY_AN_ESCAPE: frozenset[Reason] = frozenset(
    {"space-within", "second-fragment", "bare-percent", "illegal-character"}
)


def _not_allowed(url: str, character: str) -> str:
    return f"The URL {redact(url)} contains {character!r}, which is not allowed in a URL. {_ENCODED_AGAIN}"


_WORDS: dict[Reason, Callable[[str, str], str]] = {
    "too-long": lambda url, _: (
        f"The URL has {len(url):,} characters. URLs of more than {LONGEST:,} are not read. Shorten it."
    ),
    "empty": lambda url, _: (
        f"The URL is empty: {redact(url)}. There is nothing to fetch. Write the https address of the file."
    ),
    "placeholder": lambda url, part: (
        f"The URL {redact(url)} still contains the placeholder {redact_text(part, 40)}. The device finds no file "
        "there. Fill in the template before you publish it."
    ),
    "space-around": lambda url, _: f"The URL {redact(url)} has white space around it. {_NOTHING_AT_ALL} Remove it.",
    "space-within": lambda url, part: (
        f"The URL {redact(url)} has white space at character {url.index(part) + 1}. {_ENCODED_AGAIN} Remove it, or "
        "write a space that belongs to a name as %20."
    ),
    "not-https": lambda url, part: f"The URL {redact(url)} is not https: {_SCHEMES.get(part, _OTHER_SCHEME)}",
    "relative": lambda url, _: (
        f"{redact(url)} is not a complete URL. The device cannot tell which server to ask. Write https://, the host "
        "and the path."
    ),
    "encoded": lambda url, _: (
        f"The URL {redact(url)} is percent-encoded as a whole. The device finds no scheme and no host in it. Decode it "
        "once."
    ),
    "quoted": lambda url, _: (
        f"The URL {redact(url)} stands in quotation marks or brackets. The device finds no scheme and no host in it. "
        "Remove them."
    ),
    "no-scheme": lambda url, _: (
        f"The URL {redact(url)} has no scheme. The device cannot tell how to fetch it. Write https:// before the host."
    ),
    "scheme-twice": lambda url, part: (
        f"The URL {redact(url)} contains the scheme twice. The device looks for a server named {part!r}. Write the "
        "scheme once."
    ),
    "no-host": lambda url, _: (
        f"The URL {redact(url)} does not name a host. There is no server to ask. Write it as https://host/path."
    ),
    "host-not-ascii": lambda _, part: (
        f"The host {redact_text(part)} is not ASCII. iOS 16 and earlier do nothing with such a URL. Write its xn-- "
        "form, made with an IDNA 2008 tool if the name contains ß, ς, joiners or letters that are newer than 2002."
    ),
    "bad-host-or-port": lambda url, _: (
        f"The URL {redact(url)} does not contain a valid host and port. iOS finds no server there. Correct the host "
        "name or address, and write a port as a number up to 65535."
    ),
    "zone": lambda url, _: (
        f"The URL {redact(url)} has an IPv6 address with a zone. iOS refuses the '%', and other devices do not have "
        "that zone. Write the address without it, or the name of the server."
    ),
    "second-at": lambda url, _: (
        f"The URL {redact(url)} contains more than one '@' before its path. Programs disagree on the host, and the "
        "device finds no server. Remove the user name and password."
    ),
    "second-fragment": lambda url, _: (
        f"The URL {redact(url)} contains more than one '#'. iOS refuses it. Write the later ones as %23."
    ),
    "bare-percent": lambda url, _: (
        f"The URL {redact(url)} contains a '%' without two hexadecimal digits after it. {_ENCODED_AGAIN} Write a "
        "percent sign as %25."
    ),
    "backslash": lambda url, part: f"{_not_allowed(url, part)} Write '/'.",
    "half-character": lambda url, part: f"{_not_allowed(url, part)} Remove it: it is half of a character.",
    "illegal-character": lambda url, part: f"{_not_allowed(url, part)} Write it as {encode(part)}.",
    "credentials": lambda url, _: (
        f"The URL {redact(url)} contains a user name or password. Everybody who has the link or manifest can read it, "
        "and iOS may ask for it again for every file. Use an unguessable path or a signed URL instead."
    ),
    "html-escaped": lambda url, _: (
        f"The URL {redact(url)} contains '&amp;', which looks escaped for HTML once too often. The server is asked for "
        "exactly that, and a signed URL fails. Write '&'. Programs that write XML or HTML escape it themselves."
    ),
    "sample-host": lambda _, part: (
        f"The host {redact_text(part)} is one that examples use for a server of your own. The device finds nothing of "
        "yours there. Write the name of your server."
    ),
    "loopback-host": lambda _, part: (
        f"The host {redact_text(part)} is the device itself. iOS refuses it for a manifest, and finds no server there "
        "for other files. Use a name that the device can reach."
    ),
    "private-host": lambda _, part: (
        f"The host {redact_text(part)} is private. Only devices on that network can reach it. {NOT_EXTERNAL} Use a "
        "public host name if you can."
    ),
}


def problems(url: str, path: str, level: Level = "error", about_escapes: str = "") -> list[Problem]:
    """Return what is wrong with a URL as it stands, as problems at a path, the worst first.

    `level` replaces that of the errors: where a device does without the file, they are warnings. `about_escapes` is
    said after a cure that writes an escape.
    """
    found: list[Problem] = []
    for code, given, reason, part in faults(url):
        message = _WORDS[reason](url, part) + (about_escapes if reason in _CURED_BY_AN_ESCAPE else "")
        found.append(Problem(path, code, message, level if given == "error" else "warning"))
    return found
