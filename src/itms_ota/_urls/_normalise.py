"""A URI of what a person writes (RFC 3987)."""

from __future__ import annotations

import re

from .._placeholders import placeholder
from ._characters import ESCAPE, LONGEST, PATH, QUERY, SPACE, encode
from ._host import is_host, is_port, to_ascii
from ._plain import is_plain
from ._split import split

_NOT_PATH = re.compile(f"(?!{ESCAPE})[^{PATH}]")
_NOT_QUERY = re.compile(f"(?!{ESCAPE})[^{QUERY}]")
# More than spelling: a space alone is encoded.
_UNCLEAR = re.compile(rf"[\\{SPACE[1:]}\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def normalise(url: str) -> str:
    """Make a URI of what a person writes: encode what must be, lower-case scheme and host.

    What is more than spelling stays as it is, for `problems` to report: placeholders, white space around, control
    characters, invalid hosts, anything but https.

    >>> normalise("HTTPS://Bücher.example:443/My App 100%.plist")
    'https://xn--bcher-kva.example/My%20App%20100%25.plist'
    """
    if is_plain(url) or len(url) > LONGEST:
        return url
    parts = split(url)
    if (
        (parts.scheme or "").lower() != "https"
        or url != url.strip(SPACE)
        or _UNCLEAR.search(url)
        or placeholder(url)
        or parts.is_doubled
    ):
        return url
    name = to_ascii(parts.host)
    if not is_host(name) or not is_port(parts.port):
        return url
    userinfo = f"{_encoded(_NOT_PATH, parts.userinfo)}@" if parts.userinfo else ""
    port = f":{parts.port}" if parts.port not in {None, "", "443"} else ""
    query = "" if parts.query is None else "?" + _encoded(_NOT_QUERY, parts.query)
    fragment = "" if parts.fragment is None else "#" + _encoded(_NOT_QUERY, parts.fragment)
    return f"https://{userinfo}{name.lower()}{port}{_encoded(_NOT_PATH, parts.path)}{query}{fragment}"


def _encoded(illegal: re.Pattern[str], text: str) -> str:
    return illegal.sub(lambda found: encode(found[0]), text)
