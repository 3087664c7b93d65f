"""What the bytes of an XML property list say as text, by the encoding that Apple's parser takes, or else a guess.

The rules are those of CFPropertyList.c, encodingForXMLData: first the bytes that it begins with, then the declaration.
"""

from __future__ import annotations

import re

from .._redact import redact_text
from ..errors import Problem
from ._places import lines

_DECLARATION = re.compile(rb"""<\?xml[^?>]*?encoding=(["'])([^"'?>]*)\1""")
# Not every codec of Python is a character set of files: punycode, unicode_escape and zip stay out of reach.
_SUPPORTED = re.compile(
    r"utf-?8|utf-?16(?:-?[bl]e)?|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-8]|gb2312|gbk|gb18030|big5|shift_jis"
    "|euc-jp|euc-kr|koi8-[ru]|macintosh"
)
# What the web calls GB2312 is in truth its superset.
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "macintosh": "mac-roman", "utf-8": "utf-8-sig"}
# The encodings that editors of the world still save in; a wrong guess shows in the title alone.
_GUESSES = ("gb18030", "cp1252")


def decode(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    """Decode as Apple's parser does, and otherwise guess what was meant."""
    charset = _by_first_bytes(data)
    if charset is None:
        charset = _declared(data)
        fault = _declaration_fault(charset)
        if fault is not None:
            return data.decode("utf-8", "replace"), (Problem("", "wrong-encoding", fault, "error", 1, 1),)
    codec = _CODECS.get(charset, charset)
    try:
        return data.decode(codec), ()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(codec, "replace")
        place = lines(before, [len(before)])[len(before)]
        message = f"Byte 0x{data[error.start]:02X} is not valid {charset.upper()}. Save the file as UTF-8."
        return _guessed(data), (Problem("", "wrong-encoding", message, "error", *place),)


def _by_first_bytes(data: bytes) -> str | None:
    # UTF-16 by its byte order mark, or by the zero byte of its first "<" or blank.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if data[:1] == b"\0":
        return "utf-16-be"
    return "utf-16-le" if data[1:2] == b"\0" else None


def _declared(data: bytes) -> str:
    found = _DECLARATION.match(data)
    return found[2].decode("latin-1").lower() if found else "utf-8"


def _declaration_fault(charset: str) -> str | None:
    if charset.startswith(("utf-16", "utf16")):
        return 'The file declares the encoding UTF-16, but is not UTF-16. Write encoding="UTF-8".'
    if not _SUPPORTED.fullmatch(charset):
        return f"The file declares the unsupported encoding {redact_text(charset, 40)}. Save the file as UTF-8."
    return None


def _guessed(data: bytes) -> str:
    for guess in _GUESSES:
        try:
            return data.decode(guess)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
