"""Hosts and networks: which belong to the device itself, to a local network or to the public Internet.

Every list of networks stands here, and of hosts by what is near or only an example; those of clouds are in `_hosting`.
`ipaddress` is loaded late: the usual host is a name.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Scope = Literal["loopback", "private"]

NOT_EXTERNAL = 'Since about iOS 17.7 users report that such addresses are refused ("manifest URL isn\'t external").'
"""What is known of devices and addresses that are not public."""

# RFC 6762 (.local), RFC 8375 (home.arpa); .internal is reserved by ICANN, .lan is what routers use.
_LOCAL_ENDINGS = (".local", ".lan", ".internal", ".home.arpa")
_FILE_ENDINGS = ("plist", "ipa")  # where the host was left out
LAST_LABELS = ("localhost", *(ending.rpartition(".")[2] for ending in _LOCAL_ENDINGS), *_FILE_ENDINGS)
"""The last labels of the names that `scope` and `is_sample` know; other names may end in them too."""

# Hosts that the web's examples write for the reader's own, as seen in published links. Patterns are compiled when they
# are first used: every model imports this room.
SAMPLE_STARTS = ("your", "my", "xxx", "domain")
"""How a label of every host begins that `is_sample` knows; other labels may begin so too."""
_OWN = (
    "(?:own|web|app|apps|internal|server|domain|company|organi[sz]ation|org|host|site|user|account|team|project|bucket|url"
    "|ip|cdn|api|backend|subdomain|business|enterprise|address|link|nas|repo|tunnel|name)"
)
_SAMPLE = (
    rf"(?:\A|(?<=\.))(?:your(?:[-_]?{_OWN}){{1,3}}(?=\.|\Z)|your\.{_OWN}(?=\.)|x{{3,}}(?=\.)|domain(?=\.(?:com|tld)\Z)"
    r"|my[-_]?(?:web)?[-_]?(?:server|domain|company|site|host)(?=\.(?:com|net|org|tld)\Z))"
    rf"|\.(?:{'|'.join(_FILE_ENDINGS)})\Z"
)
# RFC 2606: names that are made for documents, which use them rightly.
_RESERVED = r"(?:\A|\.)(?:example(?:\.(?:com|net|org))?|test|invalid)\Z"

# RFC 1918, 6598, 3927, 4193 and 4291. Not the ranges set aside for documentation, which nobody serves from.
_PRIVATE_IPV4 = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
_PRIVATE = (*_PRIVATE_IPV4, "fc00::/7", "fe80::/10")
# What is not reached from the public Internet: IANA's IPv4 and IPv6 special-purpose address registries, and
# multicast. `ipaddress.is_global` answers differently from one Python to the next, and calls multicast global.
_NOT_PUBLIC = (
    *_PRIVATE_IPV4,
    *("0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "3fff::/20"),
)
_GLOBAL_UNICAST = ("2000::/3",)  # RFC 4291, 2.4; all else is local, reserved or multicast
_NAT64 = ("64:ff9b::/96",)  # RFC 6052. 64:ff9b:1::/48 (RFC 8215) is for local use: not public


def scope(host: str) -> Scope | None:
    """Return "loopback" for the device itself, "private" for a host of a local network; None for any other.

    `host` is in lower case, without brackets and without a full stop at its end.

    >>> scope("localhost"), scope("10.0.0.1"), scope("apps.example.com")
    ('loopback', 'private', None)
    """
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    if host.endswith(_LOCAL_ENDINGS):
        return "private"
    address = _address(host)
    if address is None:
        return None if "." in host or ":" in host or not host else "private"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    return "private" if _is_in(address, _PRIVATE) else None


def is_sample(host: str) -> bool:
    """Check for a host that only stands for the reader's own, in lower case as `scope` wants it.

    >>> is_sample("apps.your-company.com"), is_sample("your-company.example.com"), is_sample("apps.yours.com")
    (True, False, False)
    """
    return re.search(_SAMPLE, host) is not None and not re.search(_RESERVED, host)


def is_bad_ipv4(host: str) -> bool:
    """Check for a name that ends in a number, as only addresses may, and is not one (WHATWG URL, 3.5).

    >>> is_bad_ipv4("256.1.1.1"), is_bad_ipv4("127.1"), is_bad_ipv4("1.example")
    (True, False, False)
    """
    return re.fullmatch("0x[0-9a-f]*|[0-9]+", host.rpartition(".")[2]) is not None and _ipv4_number(host) is None


@lru_cache  # one server answers for many files, and for many apps
def is_public(address: str) -> bool:
    """Check that an IP address is on the public Internet; one that contains an IPv4 address is judged by that.

    >>> is_public("8.8.8.8"), is_public("64:ff9b::8.8.8.8"), is_public("64:ff9b::10.0.0.1")
    (True, True, False)
    """
    from ipaddress import IPv4Address, IPv6Address, ip_address

    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF) if _is_in(ip, _NAT64) else ip.ipv4_mapped or ip.sixtofour
        if inner is None and not _is_in(ip, _GLOBAL_UNICAST):
            return False
        ip = inner or ip
    return not _is_in(ip, _NOT_PUBLIC)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import IPv4Address, ip_address

    try:
        return ip_address(host)
    except ValueError:
        number = _ipv4_number(host)
        return None if number is None else IPv4Address(number)


def _ipv4_number(host: str) -> int | None:
    """Read an address as browsers and resolvers do (WHATWG URL, inet_aton): ``127.1``, ``0x7f.0.0.1``."""
    parts = host.split(".")
    number = 0
    for index, part in enumerate(parts):
        digits = re.fullmatch("0x([0-9a-f]{0,60})|0([0-7]{0,60})|([1-9][0-9]{0,60})", part)
        if digits is None or index > 3:
            return None
        value = int(digits[1] or "0", 16) or int(digits[2] or "0", 8) or int(digits[3] or "0")
        # The last part fills what is left of the four bytes.
        room = 4 - index if index == len(parts) - 1 else 1
        if value >= 256**room:
            return None
        number = (number << (8 * room)) + value
    return number


def _is_in(address: IPv4Address | IPv6Address, networks: tuple[str, ...]) -> bool:
    return any(address in network for network in _networks(networks))


@cache
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    from ipaddress import ip_network

    return tuple(map(ip_network, texts))
