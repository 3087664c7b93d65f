"""Facts about clouds: until when signed URLs work, the pages shown in place of a file, and links of mail scanners."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from . import _urls
from ._wording import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .errors import Code

# Signed URLs: until when they work, by what each cloud documents of their parameters.

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_AMAZON_DATE = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_AZURE_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2}) (?: T ([0-9]{2}):([0-9]{2}) (?: :([0-9]{2}) (?:\.[0-9]+)? )? Z? )?", re.VERBOSE
)
_SECONDS = re.compile("[0-9]{1,12}")
# Base64 in CloudFront's own alphabet.
_CLOUDFRONT = str.maketrans("-_~", "+=/")


def expiry(url: str) -> datetime | None:
    """Return until when a signed URL works; None for any other, and for one that cannot be read."""
    if "?" not in url:
        return None
    given = _urls.parameters(url)
    for names, read in _SIGNED:
        if given.keys() >= names:
            try:
                return read(given)
            except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
                return None  # whoever signs otherwise has not asked for an opinion
    return None


def expired_message(url: str, now: datetime) -> str | None:
    """Return what is wrong with a signed URL that works no longer; None for any other."""
    expires = expiry(url)
    if expires is None or expires > now:
        return None
    return f"The signed URL {_urls.redact(url)} expired on {moment(expires)}. The server refuses it. Sign it again."


def _policy(given: Mapping[str, str]) -> datetime:
    import binascii  # for these alone
    import json

    policy = json.loads(binascii.a2b_base64(given["policy"].translate(_CLOUDFRONT)))
    return _EPOCH + _seconds(str(policy["Statement"][0]["Condition"]["DateLessThan"]["AWS:EpochTime"]))


_SIGNED: tuple[tuple[set[str], Callable[[Mapping[str, str]], datetime]], ...] = (
    # S3, Signature Version 4
    ({"x-amz-signature"}, lambda given: _date(_AMAZON_DATE, given["x-amz-date"]) + _seconds(given["x-amz-expires"])),
    # Cloud Storage, V4
    ({"x-goog-signature"}, lambda given: _date(_AMAZON_DATE, given["x-goog-date"]) + _seconds(given["x-goog-expires"])),
    # S3, Version 2; CloudFront, canned policy; Cloud Storage, V2
    ({"expires", "signature"}, lambda given: _EPOCH + _seconds(given["expires"])),
    # CloudFront, custom policy
    ({"policy", "key-pair-id"}, _policy),
    # Azure Storage, SAS
    ({"se", "sig"}, lambda given: _date(_AZURE_DATE, given["se"])),
)


def _date(pattern: re.Pattern[str], text: str) -> datetime:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)


def _seconds(text: str) -> timedelta:
    if not _SECONDS.fullmatch(text):
        raise ValueError(text)
    return timedelta(seconds=int(text))


# Pages in place of files.

_PASSWORD = re.compile(rb"<input[^>]{0,400}?type\s{0,4}=\s{0,4}[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(r"(?ai)(?<![a-z])(?:log-?in|sign-?in|sso|saml2?|oauth2?|auth|adfs)(?![a-z])|login\.")
# Parameters with which these addresses lead to the file itself.
_DIRECT = re.compile(r"[^#]*(?:[?&](?:dl=1|raw=1|raw=true|download=1)(?![^&#])|/_layouts/15/download\.aspx\?)")
# Addresses that people share and that show a page: a part that all of a kind have, as that is quickly looked for; what
# makes the address of the file itself of them; who does so.
_SHARED = (
    ("dropbox.com/", re.compile(r"(https://(?:www\.)?dropbox\.com/[^?#]*)(?:\?dl=0)?"), r"\1?dl=1", "Dropbox"),
    ("dropbox.com/", re.compile(r"(https://(?:www\.)?dropbox\.com/[^?#]*\?[^#]*?)(?:&dl=0)?"), r"\1&dl=1", "Dropbox"),
    (
        "github.com/",
        re.compile(r"https://github\.com/([^/]+/[^/]+)/blob/([^?#]+).*"),
        r"https://raw.githubusercontent.com/\1/\2",
        "GitHub",
    ),
    ("/-/blob/", re.compile(r"(https://[^/]+/[^?#]+/-/)blob/([^?#]+).*"), r"\1raw/\2", "GitLab"),
    (
        "drive.google.com/",
        re.compile(r"https://drive\.google\.com/(?:file/d/|open\?id=)([A-Za-z0-9_-]+).*"),
        r"https://drive.google.com/uc?export=download&id=\1",
        "Google Drive, which shows a page before large files even there",
    ),
    (".sharepoint.com/", re.compile(r"(https://[^/]+\.sharepoint\.com/[^?#]*).*"), r"\1?download=1", "SharePoint"),
)


def share_page_message(url: str) -> str | None:
    """Return what is wrong with an address that shows a page about a file; None for any other."""
    for part, pattern, direct, service in _SHARED:
        if part in url and (found := pattern.fullmatch(url)) and not _DIRECT.match(url):
            return (
                f"{_urls.redact(url)} shows a page about the file ({service}). A device needs the file itself, which "
                f"is at an address like {_urls.redact(found.expand(direct))}. A server of your own is better."
            )
    return None


# Hosts of Apple's whose addresses open an app of the device.
APP_STORE = ("apps.apple.com", "itunes.apple.com", "appsto.re")
TESTFLIGHT = "testflight.apple.com"
APP_CLIPS = "appclip.apple.com"


def is_opened_by_an_app(host: str) -> bool:
    """Check for a host of Apple's whose addresses open an app of the device, and lead to no manifest."""
    return host in {*APP_STORE, TESTFLIGHT, APP_CLIPS}


# Links that mail scanners put in place of others: the host, or how it ends, the parameter with the other link, whose
# they are. Sources: the scanners' own documentation; Cisco and Proofpoint (v3) have no parameter.
_SCANNERS = (
    (".safelinks.protection.outlook.com", "url", "Safe Links of Microsoft Defender"),
    ("urldefense.proofpoint.com", "u", "Proofpoint"),
    ("urldefense.com", "u", "Proofpoint"),
    ("urldefense.us", "u", "Proofpoint"),
    ("statics.teams.cdn.office.net", "url", "Safe Links of Microsoft Defender, in Teams"),
    ("linkprotect.cudasvc.com", "a", "Barracuda"),
    (".mimecast.com", "", "Mimecast"),
    (".mimecastprotect.com", "", "Mimecast"),
    ("clicktime.symantec.com", "u", "Symantec"),
    (".fireeye.com", "u", "Trellix"),
    (".trendmicro.com", "url", "Trend Micro"),
    (".protection.sophos.com", "u", "Sophos"),
    ("secure-web.cisco.com", "", "Cisco"),
)
_PROOFPOINT_2 = re.compile("(?i)https://urldefense\\.proofpoint\\.com/v2/")
_PROOFPOINT_3 = re.compile("(?i)https://urldefense\\.(?:com|us)/v3/__(.+)__;([a-z0-9_=-]*)!")
_CISCO = re.compile("/([A-Za-z][A-Za-z0-9+.-]*%3[Aa][^/]*)$")


class Wrapped(NamedTuple):
    """A link that a mail scanner wrote: whose scanner it is, and what it wraps; empty where that cannot be read."""

    service: str
    inner: str


def wrapped(url: str) -> Wrapped | None:
    """Return what is known of a link that a mail scanner put in place of another; None for any other.

    >>> wrapped("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fm&data=05")
    Wrapped(service='Safe Links of Microsoft Defender', inner='https://a.example/m')
    """
    parts = _urls.split(url[: _urls.LONGEST + 1])
    if (parts.scheme or "").lower() not in {"http", "https"} or len(url) > _urls.LONGEST:
        return None
    host = parts.name
    for ending, name, service in _SCANNERS:
        # Their makers' own pages begin with "www.".
        if host == ending or (ending[0] == "." and host.endswith(ending) and host[:4] != "www."):
            # Copied out of HTML, the "&" before the parameter is still escaped.
            inner = _urls.parameters(url.replace("&amp;", "&")).get(name) or _in_path(url)
            if _PROOFPOINT_2.match(url):
                inner = _urls.decode(inner.translate({ord("-"): "%", ord("_"): "/"}))
            elif service == "Sophos":
                inner = _decoded(inner)
            return Wrapped(service, inner)
    return None


def _in_path(url: str) -> str:
    if found := _PROOFPOINT_3.match(url):
        # A "*" stands for the next of the characters at the end; "**" for several, which nobody needs in a link.
        left_out = iter(_decoded(found[2]))
        return "" if "**" in found[1] else re.sub(r"\*", lambda _: next(left_out, "*"), found[1])
    found = _CISCO.search(url)
    return _urls.decode(found[1]) if found else ""


def _decoded(text: str) -> str:
    """Return what a text of Base64, in either alphabet, stands for; an empty text where it is not valid."""
    import base64  # for these alone

    try:
        return base64.urlsafe_b64decode(text + "==").decode()
    except ValueError:
        return ""


# Questions to browsers, in place of the file: the header that says so, or what is in the body of a refusal. Sources:
# the documentation of Cloudflare ("Detect a Challenge Page response", "Error 1010") and of AWS WAF ("ChallengeAction");
# the others were seen.
_CHALLENGE_HEADERS: tuple[tuple[str, frozenset[str], str], ...] = (
    ("cf-mitigated", frozenset({"challenge"}), "Cloudflare"),
    ("x-amzn-waf-action", frozenset({"challenge", "captcha"}), "AWS WAF"),
    ("x-datadome", frozenset({"protected"}), "DataDome"),
)
_CHALLENGE_BODIES: tuple[tuple[bytes, str], ...] = (
    (b"/cdn-cgi/challenge-platform/", "Cloudflare"),
    (b"error code: 1010", "Cloudflare"),
    (b"browser_signature_banned", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"px-captcha", "HUMAN"),
    (b"errors.edgesuite.net", "Akamai"),
    (b"Sucuri WebSite Firewall", "Sucuri"),
)
FINGERPRINTS = (
    "It may judge by the fingerprint of the TLS connection, which is a device's own: then a device is refused although "
    "this check, curl and Safari are not. Look for com.apple.appstored and status 403 in the log of its security events"
)
"""What is known of the protection of servers from programs, and how to tell what it does to devices."""


def challenger(headers: Mapping[str, str], refusal: bytes) -> str | None:
    """Return who asks whether the client is a browser, or refuses it as a program; None where nobody does.

    `headers` are those of an answer that is not the file, with lower-case names, and `refusal` how its body begins.

    >>> challenger({"cf-mitigated": "challenge"}, b"")
    'Cloudflare'
    """
    for name, values, service in _CHALLENGE_HEADERS:
        if headers.get(name, "").strip().lower() in values:
            return service
    return next((service for mark, service in _CHALLENGE_BODIES if mark in refusal), None)


def guard(headers: Mapping[str, str]) -> str | None:
    """Return whose protection stands before a server that lets this check through; None where nothing says so."""
    return "Cloudflare" if headers.get("server", "").strip().lower() == "cloudflare" else None


def page(asked: str, came_from: str, body: bytes) -> tuple[Code, str]:
    """Return the code and the message for a web page that came in place of a file."""
    message = share_page_message(asked)
    if message is not None:
        return "share-page", message
    if _PASSWORD.search(body) or (came_from != asked and _LOGIN.search(came_from.partition("?")[0])):
        message = (
            f"{_urls.redact(came_from)} is a login page in place of the file. The device does not have Safari's "
            "cookies, so nobody can log it in. Let the address work without a login, and protect it by an unguessable "
            "path or a signature."
        )
        return "login-page", message
    message = (
        f"{_urls.redact(came_from)} is a web page in place of the file: an error, a question or the page of an app. "
        "A device cannot read it. Use the address of the file itself, and try it in a private browser window, which "
        "does not have cookies either."
    )
    return "web-page", message
