"""The escapes around a link: those of the source that it stands in, and those that copying left in it.

Sources: RFC 8259 for JSON, RFC 2045 for mail, the HTML standard for character references. Which of them turn up in
links was seen in published pages, scripts and logs.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from .. import _urls
from .._urls import SPACE

# What browsers remove around an address (WHATWG URL): control characters of ASCII, and spaces.
TAKEN_OFF = "".join(map(chr, range(0x21)))
# Mail writes "=" as "=3D" and breaks lines after a "=" (RFC 2045 6.7).
QUOTED_PRINTABLE = re.compile(rf"(?ai)[^{SPACE}\"'<>`]{{0,300}}?[?&;]action=3D")
_SOFT_BREAK = re.compile(r"=\r?\n")
_EQUALS = re.compile("(?i)=3D")
_BACKSLASH = re.compile(r"\\(?:u00|x)([0-9A-Fa-f]{2})")
_SHELL = re.compile(r"\\(?=[&=])|(?<=//)\\(?=\?)|\^(?=&)")
# A word of what URLs have; letters of other alphabets may follow in it.
_GOES_ON = re.compile(rf"(?i)(?!itms-services?:)[!-~][^{SPACE}]*")
# Ends after which only this goes on: the name of a manifest, and anything but the beginning of a value.
_OVER = (
    (re.compile(r"(?i)\.plist\Z"), re.compile("[?&#%;]")),
    (re.compile(r"[^=]\Z"), re.compile("(?i)(?!https?:)")),
)
_ENCODED_LINK = re.compile(r"(?ai)(?:unsafe:)?itms-services?(?:%(?:25)*3A|:/*%(?:25)*3F[^?]*$)")
# Like browsers in an attribute, leave alone what has no ";" ("&copy=1").
_NEEDLESS_ENTITY = re.compile(r"&#(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});|&(?:colon|sol|quest|equals);")
_ENTITY = re.compile(rf"{_NEEDLESS_ENTITY.pattern}|&(?:amp|lt|gt|quot|apos|AMP|LT|GT|QUOT);")


class Context(NamedTuple):
    """Where a link stands in a text, and which of its escapes belong to that text."""

    start: int
    end: int
    entities: int = 0  # how many times HTML entities are to be undone
    backslashes: bool = False  # within a quoted string of JSON or JavaScript
    encoded: bool = False  # percent-encoded as a whole, within another URL
    mail: bool = False  # written as quoted-printable
    joined: bool = False  # a program adds the rest of the link


Repair = Literal["space", "odd-space", "lines", "escapes", "encoding"]
"""What was mended: white space around the link, that of a kind which browsers leave, broken lines, and so on."""


def as_tapped(text: str, context: Context) -> str:
    """Return the link that a tap opens: the text without the escapes of its source."""
    text = text[context.start : context.end]
    if context.mail:
        text = _without_quoted_printable(text)
    for _ in range(context.entities):
        text = _without_entities(text, _ENTITY)
    if context.backslashes:
        text = _without_backslashes(text)
    return _urls.decode(text) if context.encoded else text


def undo(text: str) -> tuple[str, tuple[Repair, ...]]:
    """Mend what copying did to a link: return the link, and the repairs made in their order."""
    repairs: list[Repair] = []
    if QUOTED_PRINTABLE.match(text):
        text = _SOFT_BREAK.sub("", text)
    alone = text.strip(SPACE)
    if alone != text.strip(TAKEN_OFF):
        repairs.append("odd-space")
    elif alone != text:
        repairs.append("space")
    line = _one_line(alone)
    if line != alone:
        repairs.append("lines")
    plain = _SHELL.sub("", _without_entities(_without_backslashes(line), _NEEDLESS_ENTITY))
    if QUOTED_PRINTABLE.match(plain):
        plain = _without_quoted_printable(plain)
    if plain != line:
        repairs.append("escapes")
    for _ in range(2):
        if _ENCODED_LINK.match(plain):
            repairs.append("encoding")
            plain = _urls.decode(plain)
    return plain, tuple(repairs)


def end_of_link(text: str) -> int:
    """Return where a link that begins a text ends: with its line, unless it seems to go on in the next."""
    start = len(text) - len(text.lstrip(SPACE))
    head = text[start : start + _urls.LONGEST].rstrip(SPACE)
    line = _one_line(head)
    return start + len(line) if len(line) < len(head) and head.startswith(line) else len(text)


def _one_line(text: str) -> str:
    """Join broken lines. A link goes on in one word a line; quoting marks and frames of boxes are not part of it."""
    first, *others = re.split(r"\r\n|[\r\n]", text)
    if not others:
        return text
    parts = [first.rstrip(" \t|\u2502")]
    for other in others:
        part = other.strip(" \t|>\u2502")
        if not _GOES_ON.fullmatch(part) or any(end.search(parts[-1]) and not next_.match(part) for end, next_ in _OVER):
            break
        parts.append(part)
    return "".join(parts)


def _without_quoted_printable(text: str) -> str:
    return _EQUALS.sub("=", _SOFT_BREAK.sub("", text))


def _without_entities(text: str, entity: re.Pattern[str]) -> str:
    if "&" not in text:
        return text
    from html import unescape  # few texts need it

    return entity.sub(lambda found: unescape(found[0]), text)


def _without_backslashes(text: str) -> str:
    r"""Undo what JSON and JavaScript escape: ``\/``, ``\u0026``, ``\x26``."""
    return _BACKSLASH.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
