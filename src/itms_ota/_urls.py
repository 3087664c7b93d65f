"""What an https URL must be for a device, and percent-encoding.

The device hands a URL's text to NSURL. On iOS 16 and earlier NSURL takes the characters of RFC 3986 and
``%`` with two hexadecimal digits, one ``#`` at most, and refuses everything else: then nothing happens at
all, no request and no message. (CoreFoundation, CFURL.c, _CFStringIsLegalURLString; iOS 17 mends some.)
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes, urljoin

from ._redact import redact as redact  # noqa: PLC0414 -- given out here for whoever shows a URL
from ._redact import redact_text
from .errors import Problem

if TYPE_CHECKING:
    from .errors import Code, Level

# Patterns are texts that `re` compiles and keeps when first used: compiling all of them would double what
# `import itms_ota` costs. Only those of the usual path are compiled here.
_PATH = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"
_QUERY = _PATH + "?"
_ESCAPE = "%[0-9A-Fa-f]{2}"

# The usual case in one match: nothing to mend, nothing to report.
_PLAIN = re.compile(
    r"https://(?:[a-z0-9_-]{1,63}\.)+(?!(?:local|localhost|lan|internal|arpa)[:/])[a-z][a-z0-9-]{0,62}(?::(?!443/|0)[0-9]{1,4})?"
    rf"/[A-Za-z0-9\-._~!&()*+,;=:@/?]*(?:{_ESCAPE}[A-Za-z0-9\-._~!&()*+,;=:@/?]*)*"
)
_SPLIT = r"(?s)(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?"
_NOT_PATH = f"(?!{_ESCAPE})[^{_PATH}]"
_NOT_QUERY = f"(?!{_ESCAPE})[^{_QUERY}]"
_NAME = r"(?ai)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?"
_LONGEST_NAME = 255  # RFC 1035, 2.3.4
# Python's IDNA is that of 2003: it turns these letters into others, and so one host into another.
_IDNA_2008_ONLY = "[\u00df\u1e9e\u03c2\u200c\u200d]"

# What stays behind when a template is not filled in; every form was seen in published manifests and links.
# `$web`, `$root` and their like are names of real folders (Azure storage, OData).
_PLACEHOLDER = (
    r"\$[{(][^)}]*[)}]?|\{\{[^}]*\}{0,2}|\{[^{}]*\}|#\{[^}]*\}?|\\\([^)]{0,80}\)|<[%?][^>]*>?|<[^<>]*>"
    r"|%@|%[sd](?![A-Za-z0-9])|%[0-9]\$[sd@]|\b__[A-Z][A-Z0-9_]*?__(?![A-Za-z0-9])"
    r"|(?:^|(?<=[/.=@-]))\$(?!(?:web|root|logs|metadata|value|batch)\b)[A-Za-z_][A-Za-z0-9_]*"
    r"|(?:^|(?<=://))(?:%[sd]|\[[^\]:]*\]|\([^)]*\)|\.\.\.|\u2026)"
    r"|(?:^|(?<=://))(?:undefined|null|None|nil|NaN)(?=[/:?]|$)"
    r"|^#\w+#?|^_[a-z-]+_$|^[A-Z]+(?:_[A-Z]+)+(?![A-Za-z0-9])|\bYOUR[_-][A-Z_-]+|\" ?[.+]|' ?\+|' ?\. ?\$"
)
# White space as people see it, or do not: a byte order mark and a zero width space come with what is copied. Named one
# by one, so that every reader means the same; it stands in patterns too.
SPACE = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_NO_SPELLING = rf"[\\{SPACE[1:]}\x00-\x1f\x7f-\x9f\ud800-\udfff]"


class UrlParts(NamedTuple):
    """What a request needs of a URL; `target` is the path and query that go into the request line."""

    scheme: str
    host: str
    port: int
    target: str


def encode(text: str) -> str:
    """Percent-encode everything but RFC 3986's unreserved characters.

    >>> encode("https://example.com/a'b+c%20d")
    'https%3A%2F%2Fexample.com%2Fa%27b%2Bc%2520d'
    """
    return quote(text, safe="")


def decode(text: str) -> str:
    """Percent-decode once, as the device does: ``+`` stays as it is, bytes that are no UTF-8 become U+FFFD.

    >>> decode("a+b%2Bc%2520d")
    'a+b+c%20d'
    """
    if "%" not in text:
        return text
    # A lone surrogate cannot be encoded; "replace" makes it "?".
    return unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def parts(url: str) -> UrlParts:
    """Take a valid http or https URL apart.

    >>> parts("https://apps.example.com:8443/App.ipa?v=1#top")
    UrlParts(scheme='https', host='apps.example.com', port=8443, target='/App.ipa?v=1')
    """
    scheme, authority, path, query, _ = _split(url)
    _, host, port = _authority(authority or "")
    target = (path or "/") + ("" if query is None else f"?{query}")
    default = 80 if scheme.lower() == "http" else 443
    return UrlParts(scheme.lower(), _without_brackets(host.lower()), int(port or default), target)


def join(base: str, reference: str) -> str:
    """Resolve a reference, such as a Location header, against the URL that it was found at.

    Raises ValueError for brackets that hold no address.
    """
    return urljoin(base, reference)


def host(url: str) -> str:
    """Give the host of a URL in lower case, without brackets; empty where there is none."""
    return _without_brackets(_authority(_split(url)[1] or "")[1].lower())


def path(url: str) -> str:
    """Give the path of a URL, decoded.

    >>> path("https://example.com/My%20App.ipa?v=1")
    '/My App.ipa'
    """
    return decode(_split(url)[2])


def parameters(url: str) -> dict[str, str]:
    """Give the parameters of a URL's query, decoded, names in lower case; of two of a name, the first.

    >>> parameters("https://example.com/App.ipa?X-Amz-Expires=900&sig=a%2Fb")
    {'x-amz-expires': '900', 'sig': 'a/b'}
    """
    found: dict[str, str] = {}
    for part in (_split(url)[3] or "").split("&"):
        name, _, value = part.partition("=")
        if name:
            found.setdefault(decode(name).lower(), decode(value))
    return found


def is_plain(url: str) -> bool:
    """Tell at a glance that nothing is wrong with a URL; a False says nothing."""
    # Of placeholders and slips only these are made of characters that a plain URL may have.
    return _PLAIN.fullmatch(url) is not None and "__" not in url and "YOUR" not in url and "&amp;" not in url


def placeholder(text: str) -> str | None:
    """Find what a template left in the text, if anything.

    >>> placeholder("https://example.com/${VERSION}/App.ipa")
    '${VERSION}'
    """
    found = re.compile(_PLACEHOLDER).search(text)
    return found.group() if found else None


def normalise(url: str) -> str:
    """Make a URI of what a person writes (RFC 3987): encode what must be, lower-case scheme and host.

    What is no mere question of spelling is left alone, for `problems` to report: placeholders, white
    space around, control characters, hosts that are no hosts, anything but https.

    >>> normalise("HTTPS://Bücher.example:443/My App 100%.plist")
    'https://xn--bcher-kva.example/My%20App%20100%25.plist'
    """
    if is_plain(url):
        return url
    scheme, authority, path, query, fragment = _split(url)
    if (
        scheme.lower() != "https"
        or not authority
        or url != url.strip(SPACE)
        or re.search(_NO_SPELLING, url)
        or placeholder(url)
        or _is_doubled(authority, path)
    ):
        return url
    userinfo, name, port = _authority(authority)
    if userinfo:
        userinfo = _encode_all(_NOT_PATH, userinfo) + "@"
    if not name.isascii() and not re.compile(_IDNA_2008_ONLY).search(name) and len(name) <= _LONGEST_NAME:
        # Letters such as ℀ come out as "a/c", and would lead to another host.
        with suppress(UnicodeError):
            name = name.encode("idna").decode()
    if not _is_host(name) or not _is_port(port):
        return url
    port = "" if port in {"", "443"} else f":{port}"
    url = f"https://{userinfo}{name.lower()}{port}{_encode_all(_NOT_PATH, path)}"
    if query is not None:
        url += "?" + _encode_all(_NOT_QUERY, query)
    if fragment is not None:
        url += "#" + _encode_all(_NOT_QUERY, fragment)
    return url


def problems(url: str, path: str, level: Level = "error") -> list[Problem]:  # noqa: C901, PLR0912 -- the rules in their order
    """Say what keeps a device from fetching the URL as it stands, the worst first.

    `level` is that of the faults which keep it from being fetched; a host that only some devices can
    reach is a warning in any case.
    """
    if is_plain(url):
        return []
    found: list[Problem] = []

    def add(code: Code, message: str, level: Level = level) -> None:
        found.append(Problem(path, code, message, level))

    if not url.strip(SPACE):
        add(
            "empty",
            f"The URL is {redact_text(url)}, so there is nothing to fetch: write the https address of the file.",
        )
        return found
    left = placeholder(url)
    if left is not None:
        add(
            "placeholder",
            f"The URL {redact(url)} still holds the placeholder {redact_text(left, 40)}: fill in the template before "
            "publishing.",
        )
        if url.lower().startswith("http://"):
            add(*_scheme_fault(url, "http"))
        return found
    space = re.search(f"[{SPACE}]", url)
    if space is not None:
        where = "around it" if url != url.strip(SPACE) else f"at character {space.start() + 1}"
        add(
            "whitespace",
            f"The URL {redact(url)} has white space {where}: iOS 16 and earlier then do nothing at all. Take it out, "
            "or write a space that belongs to a name as %20.",
        )
        url = url.strip(SPACE)
    scheme, authority, path_, _, fragment = _split(url)
    if scheme.lower() != "https":
        add(*_scheme_fault(url, scheme))
        if scheme.lower() != "http":
            return found
    userinfo, name, port = _authority(authority or "")
    if _is_doubled(authority or "", path_):
        add("invalid-url", f"The scheme stands twice in {redact(url)}: write it once.")
        return found
    is_sound = _is_host(name) and _is_port(port)
    illegal = _first_illegal(url, (authority or "").rpartition("@")[2])
    if not name:
        add("no-host", f"The URL {redact(url)} names no host: write it as https://host/path.")
    elif not name.isascii():
        add(
            "invalid-url",
            f"The host {redact_text(name)} is not ASCII: iOS 16 and earlier do nothing with such a URL. Write its xn-- "
            "form, made with an IDNA 2008 tool where the name has ß, ς or joiners.",
        )
    elif not is_sound:
        add("invalid-url", f"The URL {redact(url)} has no valid host and port: iOS finds no server there.")
    elif illegal is None and (fragment or "").count("#"):
        add("invalid-url", f"The URL {redact(url)} has more than one '#': iOS refuses it. Write the later ones as %23.")
    if illegal is not None and (name.isascii() or illegal not in name):
        how = encode(illegal.encode("utf-8", "replace").decode())
        what = "a '%' without two hexadecimal digits; write %25 for a percent sign" if illegal == "%" else repr(illegal)
        hint = "" if illegal == "%" else f", which must be written {how}"
        add(
            "invalid-url",
            f"The URL {redact(url)} holds {what}{hint}: iOS 16 and earlier then do nothing at all, no request and no "
            "message.",
        )
    if userinfo:
        add(
            "credentials",
            f"The URL {redact(url)} carries a user name or password: everybody who has the link or manifest can read "
            "it, and iOS may ask for it again for every file. Use an unguessable path or a signed URL instead.",
            "warning",
        )
    if "&amp;" in url:
        add(
            "html-escaped",
            f"The URL {redact(url)} holds '&amp;', as if escaped for HTML once too often: the server is asked for "
            "that, and a signed URL fails. Write '&', which XML and HTML escape when they are written.",
            "warning",
        )
    near = _nearness(_without_brackets(name.lower()).rstrip(".")) if is_sound else None
    if near == "loopback":
        add(
            "loopback-host",
            f"The host {redact_text(name)} is the device itself: iOS refuses it for a manifest, and finds no server "
            "there for other files. Use a name that the device can reach.",
            "warning",
        )
    elif near == "private":
        add(
            "private-host",
            f"The host {redact_text(name)} is private: only devices on that network reach it, and since about iOS "
            '17.7 users report such addresses refused ("manifest URL isn\'t external"). Use a public host name if you '
            "can.",
            "warning",
        )
    return found


def _split(url: str) -> tuple[str, str | None, str, str | None, str | None]:
    found = re.compile(_SPLIT).fullmatch(url)
    assert found is not None  # noqa: S101 -- every part of the pattern is optional
    scheme, authority, path, query, fragment = found.groups()
    return scheme or "", authority, path, query, fragment


def _authority(authority: str) -> tuple[str, str, str]:
    """Take the userinfo, the host and the port apart; an IPv6 address keeps its brackets."""
    userinfo, _, hostport = authority.rpartition("@")
    address, closed, rest = hostport.rpartition("]")
    name, _, port = rest.partition(":")
    return userinfo, address + closed + name, port


def _encode_all(illegal: str, text: str) -> str:
    return re.sub(illegal, lambda found: quote(found[0], safe=""), text)


def _scheme_fault(url: str, scheme: str) -> tuple[Code, str]:
    if not scheme:
        if url.startswith(("/", ".")) or not re.match("[^/%]*[.%]", url):
            return "relative-url", f"{redact(url)} is no absolute URL: write https://, the host and the path."
        if re.match("(?i)https?%3A", url):
            return "relative-url", f"The URL {redact(url)} is percent-encoded as a whole: decode it once."
        return "relative-url", f"The URL {redact(url)} lacks its scheme: write https:// before the host."
    advice = {
        "http": "iOS has fetched over https only since iOS 7.1, and says 'Cannot connect' or nothing at all. "
        "Serve the file over https and write https:// here.",
        "data": "iOS does not fetch data: URLs here. Put the file on an https server.",
        "file": "a device has no such file, and fetches over https only. Put the file on an https server.",
        "itms-services": "that is an install link; what belongs here is the https address of the file itself.",
    }.get(scheme.lower(), "iOS fetches over https only. Put the file on an https server.")
    return "not-https", f"The URL {redact(url)} is not https: {advice}"


def _first_illegal(url: str, host_and_port: str) -> str | None:
    # NSURL lets brackets through anywhere (CFURL.c); the host is looked at on its own.
    rest = url.replace(host_and_port, "", 1)
    found = re.search(rf"(?!{_ESCAPE})[^{SPACE}#\[\]{_QUERY}]", rest)
    return found.group() if found else None


def _is_host(name: str) -> bool:
    if not name.startswith("["):
        return re.compile(_NAME).fullmatch(name) is not None
    import ipaddress  # not needed for the usual host

    try:
        ipaddress.IPv6Address(_without_brackets(name))
    except ValueError:
        return False
    return re.search("%(?!25)", name) is None  # a zone (RFC 6874)


def _without_brackets(name: str) -> str:
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _is_port(port: str) -> bool:
    return not port or (re.fullmatch("[0-9]{1,5}", port) is not None and int(port) < 65536)


def _nearness(name: str) -> str | None:
    """Tell hosts that are the device itself, or that only a local network knows."""
    if name == "localhost" or name.endswith(".localhost"):
        return "loopback"
    if name.endswith((".local", ".lan", ".internal", ".home.arpa")):
        return "private"
    import ipaddress  # not needed for the usual host

    address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        number = _ipv4_number(name)
        if number is None:
            return None if "." in name or ":" in name or not name else "private"
        address = ipaddress.IPv4Address(number)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    # Not is_private: that also holds the ranges set aside for documentation, which nobody serves from.
    networks = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
    return "private" if any(address in ipaddress.ip_network(network) for network in networks) else None


def _ipv4_number(name: str) -> int | None:
    """Read an address as inet_aton does, which resolvers use: ``127.1``, ``0x7f.0.0.1``, ``2130706433``."""
    parts = name.split(".")
    number = 0
    for index, part in enumerate(parts):
        digits = re.fullmatch("0x([0-9a-f]{1,8})|0([0-7]{0,11})|([1-9][0-9]{0,9})", part)
        if digits is None or index > 3:
            return None
        value = int(digits[1] or "0", 16) or int(digits[2] or "0", 8) or int(digits[3] or "0")
        # The last part fills what is left of the four bytes.
        room = 4 - index if index == len(parts) - 1 else 1
        if value >= 256**room:
            return None
        number = (number << (8 * room)) + value
    return number


def _is_doubled(authority: str, path: str) -> bool:
    """Tell ``https://https://host/path``, which is taken apart as a host "https" with an empty port."""
    return authority.lower() in {"http:", "https:"} and path.startswith("//")
