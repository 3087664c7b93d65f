"""Places where files are kept: until when their signed URLs hold, and the pages that they show in place of a file."""

from __future__ import annotations

import binascii
import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from . import _urls

if TYPE_CHECKING:
    from .errors import Code

# Signed URLs: until when they hold, by what each cloud documents of their parameters.

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_AMAZON_DATE = "([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z"
_AZURE_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?Z?)?"


def expiry(url: str) -> datetime | None:
    """Tell until when a signed URL holds; None for any other, and for what cannot be read."""
    given = _urls.parameters(url)
    try:
        for cloud in ("amz", "goog"):  # S3 (Signature Version 4) and Google Cloud Storage (V4)
            if f"x-{cloud}-signature" in given:
                return _date(_AMAZON_DATE, given[f"x-{cloud}-date"]) + _seconds(given[f"x-{cloud}-expires"])
        if "expires" in given and "signature" in given:  # S3 (Version 2), CloudFront (canned), Cloud Storage (V2)
            return _EPOCH + _seconds(given["expires"])
        if (
            "policy" in given and "key-pair-id" in given
        ):  # CloudFront (custom), which writes Base64 in an alphabet of its own
            policy = binascii.a2b_base64(given["policy"].translate(str.maketrans("-_~", "+=/")))
            statement = json.loads(policy)["Statement"][0]
            return _EPOCH + _seconds(str(statement["Condition"]["DateLessThan"]["AWS:EpochTime"]))
        if "se" in given and "sig" in given:
            return _date(_AZURE_DATE, given["se"])
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        pass  # whoever signs otherwise has not asked for an opinion
    return None


def _date(pattern: str, text: str) -> datetime:
    found = re.fullmatch(pattern, text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)


def _seconds(text: str) -> timedelta:
    if not re.fullmatch("[0-9]{1,12}", text):
        raise ValueError(text)
    return timedelta(seconds=int(text))


# Pages in place of files.

_PASSWORD = re.compile(rb"<input[^>]{0,400}?type\s{0,4}=\s{0,4}[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(r"(?ai)(?<![a-z])(?:log-?in|sign-?in|sso|saml2?|oauth2?|auth|adfs)(?![a-z])|login\.")
# What is shared by an address that shows a page, and where the file itself is.
_SHARED = (
    (r"(https://(?:www\.)?dropbox\.com/[^?#]*)(?:\?dl=0)?", r"\1?dl=1", "Dropbox"),
    (r"(https://(?:www\.)?dropbox\.com/[^?#]*\?[^#]*?)(?:&dl=0)?", r"\1&dl=1", "Dropbox"),
    (
        r"https://github\.com/([^/]+/[^/]+)/blob/([^?#]+).*",
        r"https://raw.githubusercontent.com/\1/\2",
        "GitHub",
    ),
    (r"(https://[^/]+/[^?#]+/-/)blob/([^?#]+).*", r"\1raw/\2", "GitLab"),
    (
        r"https://drive\.google\.com/(?:file/d/|open\?id=)([A-Za-z0-9_-]+).*",
        r"https://drive.google.com/uc?export=download&id=\1",
        "Google Drive, which puts a page before large files even there",
    ),
    (r"(https://[^/]+\.sharepoint\.com/[^?#]*).*", r"\1?download=1", "SharePoint"),
)


def page(asked: str, came_from: str, body: bytes) -> tuple[Code, str]:
    """Say what web page came in place of a file."""
    for pattern, direct, host in _SHARED:
        if found := re.fullmatch(pattern, asked):
            address = _urls.redact(found.expand(direct))
            message = (
                f"{_urls.redact(asked)} shows a page about the file ({host}). The file itself is at an address like "
                f"{address}; better is a server of your own."
            )
            return "share-page", message
    if _PASSWORD.search(body) or (came_from != asked and _LOGIN.search(came_from.partition("?")[0])):
        message = (
            f"{_urls.redact(came_from)} is a login page in place of the file: a device has none of Safari's cookies, "
            "so nobody can log it in. Let the address work without, protected by an unguessable path or a signature."
        )
        return "login-page", message
    message = (
        f"{_urls.redact(came_from)} is a web page in place of the file: an error, a question or the page of an app. "
        "Give the address of the file itself; try it in a private browser window, which has no cookies either."
    )
    return "web-page", message
