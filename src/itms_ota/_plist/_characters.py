"""Characters: what is white space, what XML can hold, and what entities stand for."""

from __future__ import annotations

import re

WHITE_SPACE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
    "\u205f\u3000"
)
"""What is white space in a text: NSCharacterSet.whitespaceAndNewlineCharacterSet. Python's own idea is wider."""

# White space in XML, and for Apple's parser between elements and in tags (CFPropertyList.c, skipWhitespace).
BLANKS = " \t\r\n"
SPACE = f"[{BLANKS}]*"

# What XML 1.0 cannot hold, not even escaped.
BEYOND_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
NOT_XML = re.compile(f"[{BEYOND_XML}]")

# Apple's parser drops it where a text begins with it.
MARK = "\ufeff"

# The ampersand is the last, so that "&amp;lt;" becomes "&lt;".
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
# As many digits as Apple's parser reads, or none at all (CFPropertyList.c, parseEntityReference_pl). Without a DTD at
# hand, plistlib drops every other entity and says nothing.
ENTITY = re.compile("&(?:amp|lt|gt|quot|apos|#[0-9]{0,8}|#x[0-9A-Fa-f]{0,8});")
_OTHER_AMPERSAND = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")


def character(entity: str) -> str | None:
    """Return the character that an entity stands for, also one that XML cannot hold; None where there is none."""
    name = entity[1:-1]
    if not name.startswith("#"):
        return _ENTITIES[entity]
    digits = name[1:].lstrip("x") or "0"
    number = int(digits, 16 if name[1:2] == "x" else 10)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else None


def resolved(text: str) -> str | None:
    """Return a text without its entities; None where any is not one of XML's own five."""
    if "&" not in text:
        return text
    if _OTHER_AMPERSAND.search(text):
        return None
    for entity, meant in _ENTITIES.items():
        text = text.replace(entity, meant)
    return text
