"""What a file is, as far as its first bytes tell: for messages to people, and for what tells kinds of files apart."""

from __future__ import annotations

import re
from typing import Literal

from ._redact import redact_text

Magic = Literal["archive", "image", "document", "other"]

GZIP = b"\x1f\x8b"
PNG = b"\x89PNG\r\n\x1a\n"
"""How every PNG begins (W3C, Portable Network Graphics, 5.2)."""
MAGIC: tuple[tuple[bytes, Magic, str], ...] = (
    (b"PK\3\4", "archive", "a zip archive"),
    (b"PK\5\6", "archive", "an empty zip archive"),
    (GZIP, "archive", "compressed with gzip"),
    (b"xar!", "archive", "an installer package of a Mac (xar)"),
    (b"7z\xbc\xaf", "archive", "a 7-Zip archive"),
    (b"Rar!", "archive", "a RAR archive"),
    (PNG, "image", "a PNG"),
    (b"\x89PNG", "image", "a PNG that was damaged on the way, as when line feeds are changed"),
    (b"\xff\xd8\xff", "image", "a JPEG"),
    (b"GIF8", "image", "a GIF"),
    (b"BM", "image", "a BMP image"),
    (b"RIFF", "image", "a WebP image"),
    # RTF, RTFD in one file, and the older form of Word: the text within may be anything.
    (b"{\\rtf", "document", "a document of a word processor"),
    (b"rtfd\0", "document", "a document of a word processor"),
    (b"\xd0\xcf\x11\xe0", "document", "a document of a word processor"),
    (b"bplist00", "other", "a binary property list"),
    (b"<?xml", "other", "XML, such as a property list"),
    (b"%PDF-", "other", "a PDF"),
    *(
        (start, "other", "a program (Mach-O)")
        for start in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
    ),
)
# White space is HTML's own: it has the form feed; \s in bytes has the vertical tab too.
HTML = re.compile(
    rb"""(?ix) [ \t\r\n\f]* (?: <!--[^>]*>[ \t\r\n\f]* | <\?xml[^>]*>[ \t\r\n\f]* )*
    < (?: !doctype[ \t\r\n\f]+html | html|head|body|title|meta|script|style|link|div|p|h1|center|br ) [ \t\r\n\f/>]"""
)
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]+")
_READ = 64
_SHOWN = 40


def what_is(data: bytes) -> str:
    r"""Return what a file is, to stand after "it is", by its beginning; at least 16 bytes, where it has so many.

    >>> what_is(b"GIF89a"), what_is(b""), what_is(b"Not found"), what_is(b"\x80\x01\x02")
    ('a GIF', 'empty', "text that begins with 'Not found'", 'of an unknown kind (it begins with the bytes 80 01 02)')
    """
    if not data:
        return "empty"
    if HTML.match(data):
        return "a web page (HTML)"
    for start, _, words in MAGIC:
        if data.startswith(start):
            return words
    start = data[:_READ]
    if _TEXT.fullmatch(start):
        return f"text that begins with {redact_text(start.decode('ascii'), _SHOWN)}"
    return f"of an unknown kind (it begins with the bytes {start[:8].hex(' ')})"
