"""What a file is that should be a manifest, told by its first bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from .. import _plist
from .._magic import GZIP, HTML, MAGIC
from .._redact import redact_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._magic import Magic

Kind = Literal["manifest", "plist", "html", "profile", "archive", "image", "json", "empty", "unknown"]
"""What a file is, as far as its content tells."""
MAY_HOLD_LINKS: frozenset[Kind] = frozenset({"html", "json", "unknown"})
"""What may have install links in it, and is not a manifest itself."""

_NOT_A_MANIFEST: Mapping[Kind, str] = {
    "empty": "The file is empty, or nothing but white space or zero bytes. The device says 'Cannot connect'. Check "
    "that the server sends the manifest at all.",
    "html": "This is a web page (HTML), not a manifest. The device says 'Cannot connect'. The URL leads to a login, "
    "share, preview or error page: the device sends no cookies. Use the address of the file itself.",
    "json": "This is JSON, and a manifest is a property list. The device says 'Cannot connect'. Write it with "
    "to_plist().",
    "archive": "This is an archive, perhaps the .ipa itself. The link must lead to the manifest, which names the .ipa.",
    "image": "This is an image. The link must lead to the manifest, which names the image.",
    "profile": "This is a signed profile (a CMS message). The link must lead to the manifest, which is a plain "
    "property list.",
}

_KINDS: Mapping[Magic, Kind] = {"archive": "archive", "image": "image", "document": "unknown"}
# White space is JSON's own, which has no form feed.
_JSON = re.compile(rb"[ \t\r\n]*(?:\{[ \t\r\n]*[\"}]|\[[ \t\r\n]*[\[{\"\]]|\"|null\b)")
# Within JSON or a page, the property list may be a text.
_LIST_IN_JSON = re.compile(rb"<plist(?: version=\\\"|>\\[nr])")
_LIST_ESCAPED = re.compile(rb"&(?:amp;)?(?:lt|#60|#x3c);(?:\?xml|!DOCTYPE plist|plist)\b", re.IGNORECASE)
# How an archive begins that is a document: Word's, or Pages'.
_DOCUMENT = re.compile(rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|_rels/|word/|Index/Document)", re.DOTALL)
_WORD_PROCESSOR = "a document of a word processor. Save it as plain text"
_UNKNOWN = (
    (_LIST_ESCAPED.pattern, "a property list that is escaped for HTML. Send it as it is, with '<' for &lt;"),
    (rb"(?:---[^\r\n]*[\r\n]+)?[ ]*items[ ]*:", "perhaps YAML. Write it as a property list"),
    (rb"<Error>|<Code>", "an error of the storage service. Make the file readable, and check its name"),
    (rb"version https://git-lfs", "a pointer of Git LFS. Publish the file that it stands for"),
    (rb"itms-service", "an install link. Put it on a page, and let it lead to the manifest"),
    (rb"(?:<<<<<<<|=======|>>>>>>>) ", "a merge that was not finished. Remove the marks of the conflict"),
    (b"|".join(re.escape(start) for start, magic, _ in MAGIC if magic == "document"), _WORD_PROCESSOR),
    (rb"\0*bplist0", "a binary property list with something before it. Remove what is before 'bplist00'"),
    (rb"[{(]|//", "perhaps a property list of the old text form. Convert it to XML (plutil -convert xml1)"),
)
# Apple's byte order mark of UTF-8, and what may stand before the first character of a file.
LEADING = b"\xef\xbb\xbf \t\r\n"


def sniff(data: bytes) -> Kind | None:
    """Return what the bytes are if they are not a property list; None if they may be one."""
    has_plist = b"<plist" in data
    if has_plist and data.startswith(b"<?xml"):
        return None
    if not data.strip(LEADING + b"\0"):
        return "empty"
    for start, magic, _ in MAGIC:
        if magic in _KINDS and data.startswith(start) and not (start == b"BM" and has_plist):
            return _KINDS[magic]
    if data[:1] == b"0" and _is_signed(data):
        return "profile"
    if has_plist:  # perhaps with a page or a warning around it
        return "json" if _JSON.match(data) and _LIST_IN_JSON.search(data) else None
    is_json = _JSON.match(data) is not None and not _plist.begins_as_text_form(data)
    return "html" if HTML.match(data) else "json" if is_json else None


def _is_signed(data: bytes) -> bool:
    from .._asn1 import SIGNED_DATA  # loads all that judges certificates

    # As an element, with its tag and length, it is near the beginning of signed profiles.
    return bytes((0x06, len(SIGNED_DATA))) + SIGNED_DATA in data[:40]


def not_a_manifest(data: bytes, kind: Kind) -> str:
    """Return what a file is that is not a property list, and the cure."""
    if kind == "json" and b"<plist" in data:
        return (
            "This is JSON, with the property list in it as a text. The device says 'Cannot connect'. Send that text "
            "alone, and not as JSON."
        )
    if kind == "html" and _LIST_ESCAPED.search(data):
        return (
            "This is a web page (HTML) that shows a property list. The device says 'Cannot connect'. Save the list as "
            "plain text, and use the address of that file."
        )
    if data.startswith(GZIP):
        return (
            "This is compressed with gzip. The device says 'Cannot connect' if the server does not say so "
            "(Content-Encoding). Publish the manifest as it is."
        )
    if _DOCUMENT.match(data):
        return f"This is {_WORD_PROCESSOR}. The device says 'Cannot connect'."
    return _NOT_A_MANIFEST.get(kind) or unknown(data)


def unknown(data: bytes) -> str:
    """Return what a file may be that is nothing known."""
    start = data[:1024].lstrip(LEADING)
    start = re.sub(rb"\A<\?xml[^>]*>[ \t\r\n]*", b"", start)
    what = next(
        (what for pattern, what in _UNKNOWN if re.match(pattern, start)), "often an error message of the server"
    )
    text = redact_text(start.decode("utf-8", "replace"), 40)
    return f"This is not a property list. The device says 'Cannot connect'. It begins with {text}: {what}."
