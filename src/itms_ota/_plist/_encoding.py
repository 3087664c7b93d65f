"""What the bytes of an XML property list say as text, by the encoding that Apple's parser takes, or else a guess.

The rules are those of CFPropertyList.c, encodingForXMLData: first the bytes that it begins with, then the declaration.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._redact import redact_text
from ..errors import Problem
from ._places import lines
from ._value import REFUSED

_UTF_8_MARK = b"\xef\xbb\xbf"
# Byte order marks; those of UTF-32 come first, as one of them begins with one of UTF-16.
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (_UTF_8_MARK, "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UNITS = {"utf-8": 1, "utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
# The first unit of UTF-16 that Apple's parser can begin with, after the one that it loses.
_SECOND_UNITS = {b"<\0", b" \0", b"\t\0", b"\n\0", b"\r\0"}
# The parser goes no further than the first "?" or ">", but to the end of the file for the quote that ends the name.
_DECLARATION = re.compile(rb"<\?xml[^?>]*?encoding=")
_QUOTES = {b'"', b"'"}
# Names are compared without these (ICU, which CFStringConvertIANACharSetNameToEncoding asks).
_NOT_IN_NAMES = str.maketrans("", "", "-_ ")
_PAGES = (437, 737, 775, 850, 852, 855, 857, *range(860, 867), 869, 874, 949, 950)
_LATIN = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 9), (6, 10), (9, 15))
# Not every codec of Python is a character set of files: punycode, unicode_escape and zip stay out of reach. Nor is
# "macintosh" here: its number in CoreFoundation is 0, which the parser takes for an error.
_CODECS = {
    **{f"iso8859{part}": f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))},
    **{f"{prefix}{number}": f"iso8859-{part}" for prefix in ("latin", "l", "csisolatin") for number, part in _LATIN},
    **{f"{prefix}{page}": f"cp{page}" for prefix in ("cp", "windows", "ibm") for page in _PAGES},
    **{f"{prefix}{page}": f"cp{page}" for prefix in ("cp", "windows") for page in (932, *range(1250, 1259))},
    **{f"ms{page}": f"cp{page}" for page in (874, 932, 949, 950)},
    **dict.fromkeys(("utf8", "unicode11utf8", "unicode20utf8", "cp65001", "windows65001"), "utf-8"),
    # CoreFoundation reads the bytes beyond ASCII as Latin-1.
    **dict.fromkeys(("ascii", "usascii", "us", "csascii", "ansix3.41968", "iso646us", "cp367", "ibm367"), "iso8859-1"),
    **dict.fromkeys(("iso88591:1987", "cp819", "ibm819"), "iso8859-1"),
    # What the web calls GB2312 is in truth its superset.
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "euccn", "cp936", "windows936", "ms936", "cp54936"), "gb18030"),
    "hzgb2312": "hz",
    "big5": "big5",
    "big5hkscs": "big5hkscs",
    **dict.fromkeys(("xbig5", "csbig5"), "cp950"),
    "shiftjis": "shift_jis",
    **dict.fromkeys(("sjis", "xsjis", "csshiftjis", "mskanji", "windows31j"), "cp932"),
    **dict.fromkeys(("eucjp", "xeucjp", "ujis"), "euc-jp"),
    "iso2022jp": "iso2022-jp",
    **dict.fromkeys(("euckr", "cseuckr", "ksc5601", "ksc56011987"), "euc-kr"),
    "tis620": "cp874",
    **dict.fromkeys(("koi8r", "koi8", "cskoi8r"), "koi8-r"),
    "koi8u": "koi8-u",
}
_WIDE = {"utf16", "utf16le", "utf16be", "ucs2", "iso10646ucs2", "unicode"}
# The encodings that editors of the world still save in; a wrong guess shows in the title alone.
_GUESSES = ("gb18030", "cp1252")
# A byte that is not UTF-8, as Python's "surrogateescape" keeps it.
ESCAPED = re.compile("[\udc80-\udcff]")


class Decoded(NamedTuple):
    """A file as text, and what is wrong with it as a whole.

    `is_damaged` is whether there are bytes that are not UTF-8, which the text has as ESCAPED: the parser looks at those
    of keys and texts alone.
    """

    text: str
    problems: tuple[Problem, ...] = ()
    is_damaged: bool = False


def decode(data: bytes) -> Decoded:
    """Decode as Apple's parser does, and otherwise guess what was meant."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _decoded(data, len(mark), codec)
    if b"\0" in data[:2]:
        return _without_mark(data)
    declared = _declared(data)
    codec = _CODECS.get(declared.lower().translate(_NOT_IN_NAMES), "")
    if codec:
        return _decoded(data, 0, codec, declared)
    return Decoded(data.decode("utf-8", "replace"), (_declaration_fault(declared),))


def guessed(data: bytes) -> str:
    """Return what a file says that is not UTF-8, by the first encoding that it is valid in."""
    data = data.removeprefix(_UTF_8_MARK)
    for guess in _GUESSES:
        try:
            return data.decode(guess)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def bad_byte(byte: int, charset: str, text: str, offset: int) -> Problem:
    """Return the problem of a byte that is not valid in its encoding, by its place in the text."""
    message = f"Byte 0x{byte:02X} is not valid {charset.upper()}. {REFUSED} Save the file as UTF-8."
    return Problem("", "wrong-encoding", message, "error", *lines(text, [offset])[offset])


def _decoded(data: bytes, start: int, codec: str, charset: str | None = None) -> Decoded:
    # What is left of a unit at the end is passed over.
    unit = _UNITS.get(codec, 1)
    part = memoryview(data)[start : len(data) - (len(data) - start) % unit]
    try:
        return Decoded(str(part, codec))
    except UnicodeDecodeError as error:
        if codec == "utf-8":
            return Decoded(str(part, codec, "surrogateescape"), is_damaged=True)
        before = str(part[: error.start], codec, "replace")
        problem = bad_byte(part[error.start], charset or codec[:6], before, len(before))
        return Decoded(guessed(data) if unit == 1 else str(part, codec, "replace"), (problem,))


def _without_mark(data: bytes) -> Decoded:
    # The parser sees that it is UTF-16, passes over the mark that is not there, and reads little-endian.
    if data[2:4] in _SECOND_UNITS:
        return _decoded(data, 2, "utf-16-le")
    fault = "The file is UTF-16 without a byte order mark, and Apple's parser loses its first character"
    text = data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    return Decoded(text, (_whole(fault, "Save the file as UTF-8."),))


def _declared(data: bytes) -> str:
    found = _DECLARATION.match(data)
    if found is None:
        return "utf-8"
    start = found.end() + 1
    quote = data[start - 1 : start]
    end = data.find(quote, start) if quote in _QUOTES else -1
    return data[start:end].decode("latin-1") if end >= 0 else "utf-8"


def _declaration_fault(declared: str) -> Problem:
    cure = 'Write encoding="UTF-8".'
    if "?>" in declared:
        return _whole("The encoding in the first line has no quotation mark at its end", cure)
    if declared.lower().translate(_NOT_IN_NAMES) in _WIDE:
        return _whole("The file declares the encoding UTF-16, but is not UTF-16", cure)
    fault = f"The file declares the unsupported encoding {redact_text(declared[:1000], 40)}"
    return _whole(fault, "Save the file as UTF-8.")


def _whole(fault: str, cure: str) -> Problem:
    return Problem("", "wrong-encoding", f"{fault}. {REFUSED} {cure}", "error", 1, 1)
