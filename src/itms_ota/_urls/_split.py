"""The parts of a URL, of any text: RFC 3986, appendix B, and 3.2."""

from __future__ import annotations

import re
from typing import NamedTuple, cast
from urllib.parse import urljoin

from ._characters import decode, remembered

_URL = re.compile(
    r"""
    (?: (?P<scheme> [A-Za-z][A-Za-z0-9+.-]* ) : )?
    (?: //
        (?: (?P<userinfo> [^/?#]* ) @ )?
        (?P<host> (?: [^/?#@]* \] )? [^/?#@\]:]* )
        (?: : (?P<port> [^/?#@\]]* ) )?
    )?
    (?P<path> [^?#]* )
    (?: \? (?P<query> [^#]* ) )?
    (?: \# (?P<fragment> .* ) )?
    """,
    re.VERBOSE | re.DOTALL,
)


class Parts(NamedTuple):
    """A URL in its parts, as they are written: an IPv6 address keeps its brackets.

    None stands for a part whose delimiter is missing too.
    """

    scheme: str | None
    userinfo: str | None
    host: str
    port: str | None
    path: str
    query: str | None
    fragment: str | None

    @property
    def name(self) -> str:
        """The host in lower case, without brackets."""
        return without_brackets(self.host.lower())

    @property
    def is_doubled(self) -> bool:
        """Whether it is ``https://https://host/path``, which has a host "https" and an empty port."""
        return (
            self.host.lower() in {"http", "https"}
            and (self.userinfo, self.port) == (None, "")
            and self.path[:2] == "//"
        )


class Address(NamedTuple):
    """What a request needs of a URL; `target` is the path and query that go into the request line."""

    scheme: str
    host: str
    port: int
    target: str


@remembered
def split(url: str) -> Parts:
    """Split any text as a URL: every text has a path, if nothing else.

    >>> split("https://me@[::1]:8443/App.ipa?v=1")
    Parts(scheme='https', userinfo='me', host='[::1]', port='8443', path='/App.ipa', query='v=1', fragment=None)
    """
    found = cast("re.Match[str]", _URL.fullmatch(url))  # every part of the pattern is optional
    scheme, userinfo, host, *rest = found.groups()
    return Parts(scheme, userinfo, host or "", *rest)


def without_brackets(name: str) -> str:
    """Return a host without the brackets around it, if there are any."""
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def address(url: str) -> Address:
    """Return what a request needs of a valid http or https URL.

    >>> address("https://apps.example.com:8443/App.ipa?v=1#top")
    Address(scheme='https', host='apps.example.com', port=8443, target='/App.ipa?v=1')
    """
    given = split(url)
    scheme = (given.scheme or "").lower()
    target = (given.path or "/") + ("" if given.query is None else f"?{given.query}")
    return Address(scheme, given.name, int(given.port or (80 if scheme == "http" else 443)), target)


def join(base: str, reference: str) -> str:
    """Resolve a reference, such as a Location header, against the URL that it was found at.

    Raises ValueError for brackets without an address in them.
    """
    return urljoin(base, reference)


def host(url: str) -> str:
    """Return the host of a URL in lower case, without brackets; empty if there is none."""
    return split(url).name


def path(url: str) -> str:
    """Return the path of a URL, decoded.

    >>> path("https://example.com/My%20App.ipa?v=1")
    '/My App.ipa'
    """
    return decode(split(url).path)


def parameters(url: str) -> dict[str, str]:
    """Return the parameters of a URL's query, decoded, names in lower case; of two with one name, the first.

    >>> parameters("https://example.com/App.ipa?X-Amz-Expires=900&sig=a%2Fb")
    {'x-amz-expires': '900', 'sig': 'a/b'}
    """
    found: dict[str, str] = {}
    for part in (split(url).query or "").split("&"):
        name, _, value = part.partition("=")
        if name:
            found.setdefault(decode(name).lower(), decode(value))
    return found
