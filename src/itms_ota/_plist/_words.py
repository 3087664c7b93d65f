"""The words for what stands where a property list cannot have it, and the guess at what was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._redact import redact_text
from ._characters import BLANKS

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Literal

_GAP = r"(?:[ \t\r\n]|//[^\r\n]*(?:[\r\n]|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*"
# What nothing else begins with (CFOldStylePList.c): a dictionary, or a list of quoted keys, each with "=" behind it.
_TEXT_FORM = re.compile(
    rf"""{_GAP}(?:\{{{_GAP}(?:[A-Za-z0-9_$./:-]+|'[^']*'|"[^"]*"){_GAP}[=;]|(?:'[^']*'|"[^"]*"){_GAP}=)"""
)
LONGEST_START = 4096
# What a template engine replaces, whole: ERB, EJS, JSP and PHP; Go, Handlebars, Jinja and Liquid; Groovy and shells.
# None goes on behind the next one, nor behind an end tag. What a single value has of a template is for _placeholders.
DIRECTIVE = re.compile(
    r"""(?sx)
      <%  (?: (?! <%   | %>   | </ ) . ){0,2000} %>
    | <\? (?: (?! <\?  | \?>  | </ ) . ){0,2000} \?>
    | \{\{ (?: (?! \{\{ | \}\} | </ ) . ){0,2000} \}{2,3}
    | \{%  (?: (?! \{%  | %\}  | </ ) . ){0,2000} %\}
    | \{\# (?: (?! \{\# | \#\} | </ ) . ){0,2000} \#\}
    | \$\{ [^{}<]{0,2000} \}
    """
)
FILL_IN = "Fill in the template."
_NAMED_ENTITY = re.compile("&(#?[A-Za-z0-9]{1,10});")
IS_TEXT_FORM = (
    "This is a property list of the old text form, which is not read here, nor by most programs. Convert it to XML: "
    "plutil -convert xml1 FILE."
)


def is_text_form(text: str) -> bool:
    """Return whether a text begins as a property list of the old text form does."""
    return _TEXT_FORM.match(text[:LONGEST_START]) is not None


def other_programs(reason: str, cure: str = "Write it with a property list library, and begin it with <?xml.") -> str:
    """Return the message of what Apple's parser reads, but others do not."""
    return f"Apple's parser reads the file, but other programs may not: {reason}. {cure}"


def repeated_key(key: str, holder: str, used: Literal["first", "last"]) -> str:
    """Return the message of a key that a dictionary has more than once."""
    fault = f"The key {redact_text(key[:1000], 80)} is repeated in this {holder}."
    return f"{fault} The device uses the {used} one. Remove the others."


def stray_text(text: str, *, awaits_key: bool) -> tuple[Literal["stray", "invisible"], str, str]:
    """Return of what kind a text between elements is, the fault and the cure; `awaits_key` is of its place."""
    text = text.rstrip(BLANKS)
    fault = f"Unexpected text {redact_text(text, 40)} between elements"
    if not any(map(str.isprintable, text)):
        # No-break spaces above all, as they are copied from a web page.
        return "invisible", f"{fault}: it looks like white space, but is not", "Write ordinary spaces in its place."
    return "stray", fault, f"Remove it, or put it into <{'key' if awaits_key else 'string'}>."


def misplaced_end_tag(name: str, found: str, expected: str, line: int) -> tuple[Literal["crossed", "extra"], str, str]:
    """Return the kind, the fault and the cure of an end tag, as found, where another element begins in a line."""
    fault = f"Expected </{expected}> for the <{expected}> in line {line}, found {found}"
    if name == expected:
        return "extra", fault, f"Write </{name}>."
    kind: Literal["crossed", "extra"] = "crossed" if name in {"dict", "array", "plist"} else "extra"
    return kind, fault, "An end tag is missing before it, or its own start tag."


def instead_of_element(tag: str, name: str, elements: Collection[str], *, awaits_key: bool) -> str:
    """Return the cure for a tag, without its angle brackets, that is not one of property lists."""
    from difflib import get_close_matches  # only for what is misspelt

    if tag.startswith("%"):
        return FILL_IN
    if "<" in tag:
        return "A '>' is missing in it."
    if name in elements:
        return "Remove the white space in its name."
    meant = next(iter(get_close_matches(name[:40].lower(), elements, 1, 0.7)), "")
    if not meant and awaits_key and name.isidentifier():
        meant = f"key>{name[:40]}</key"
    return f"Write <{meant}> if that was meant, or remove it." if meant else "Remove it."


def bare_ampersand(text: str) -> tuple[str, str]:
    """Return what is wrong with the ampersand that a text begins with, and the cure."""
    entity = _NAMED_ENTITY.match(text)
    if entity is None:
        return f"The '&' of {redact_text(text, 24)} is not escaped", "Write it as &amp;."
    if entity[1].startswith("#"):
        return f"{entity[0]!r} does not stand for a character", "Write the character itself."
    return f"{entity[0]!r} is an entity of HTML, not of XML", "Write the character itself, or &amp; for an '&'."
