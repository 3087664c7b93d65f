"""What a host and a port must be: RFC 1035, RFC 3986 3.2.2, and the names of IDNA."""

from __future__ import annotations

import re
from contextlib import suppress

from .._hosts import is_bad_ipv4
from ._split import without_brackets

# Names with "_" are served, though they are not host names by RFC 952.
_NAME = re.compile(r"(?ai)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_LONGEST_NAME = 255  # RFC 1035, 2.3.4
# Python's IDNA is that of 2003: it turns these letters into others, and so one host into another.
_IDNA_2008_ONLY = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")
_PUNYCODE = re.compile(r"(?:^|\.)xn--([^.]*)")
_NO_TEXT = re.compile("[\x80-\xa0\ud800-\udfff]")
_ZONE = re.compile(r"[^%]+(?:%25[A-Za-z0-9._~-]+)?")  # RFC 6874: NSURL takes one whose "%" is encoded
_PORT = re.compile("[0-9]{1,5}")


def is_host(name: str) -> bool:
    """Check that a server can be found under a name or an address, which has brackets if it is of IPv6."""
    if not name.startswith("["):
        lower = name.lower().removesuffix(".")
        return (
            _NAME.fullmatch(name) is not None
            and not is_bad_ipv4(lower)
            and ("xn--" not in lower or all(map(_decodes, _PUNYCODE.findall(lower))))
        )
    from ipaddress import IPv6Address  # not needed for the usual host

    try:
        IPv6Address(without_brackets(name))
    except ValueError:
        return False
    return not has_bad_zone(name)


def has_bad_zone(name: str) -> bool:
    """Check for an IPv6 address with a zone whose ``%`` is not encoded, or with other characters than zones have."""
    return name.startswith("[") and "%" in name and _ZONE.fullmatch(without_brackets(name)) is None


def _decodes(label: str) -> bool:
    """Check that what follows ``xn--`` stands for a text, and is the one way to write it (RFC 3492)."""
    try:
        text = label.encode().decode("punycode")
    except UnicodeError:
        return False
    return not text.isascii() and not _NO_TEXT.search(text) and text.encode("punycode").decode() == label


def is_port(port: str | None) -> bool:
    """Check that a port is a number that TCP has, or left out."""
    return not port or (_PORT.fullmatch(port) is not None and int(port) < 65536)


def to_ascii(name: str) -> str:
    """Return the xn-- form of a host name; the name itself if Python would make another host than browsers do.

    >>> to_ascii("bücher.example"), to_ascii("straße.example")
    ('xn--bcher-kva.example', 'straße.example')
    """
    if not name.isascii() and len(name) <= _LONGEST_NAME and not _IDNA_2008_ONLY.search(name) and _is_of_2003(name):
        # Letters such as ℀ come out as "a/c": no host, for `is_host` to refuse.
        with suppress(UnicodeError):
            return name.encode("idna").decode()
    return name


def _is_of_2003(name: str) -> bool:
    """Check that all letters, also in their lower case, are in Unicode 3.2, which is what IDNA 2003 knows."""
    from stringprep import in_table_a1
    from unicodedata import normalize

    return not any(map(in_table_a1, name + name.lower() + normalize("NFKC", name.casefold())))
