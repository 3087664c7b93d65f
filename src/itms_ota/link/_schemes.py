"""Addresses that are taken for install links: what each of them opens, and what to do instead.

Each was seen in place of an install link, in pages, mails and questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _hosting, _urls
from ._prefix import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

_APP_STORE = "is a link to the App Store, which installs what Apple has reviewed, and nothing else"
_TESTFLIGHT = "is a link to TestFlight, which installs builds that were uploaded to App Store Connect"
_SIDELOADER = "is for the app {}, which must be on the device and installs apps in its own way"
_INSTEAD = f"To install an app of your own over the air, write '{PREFIX}' and the encoded URL of its manifest"
_SCHEMES: Mapping[str, str] = {
    # Apple, Technical Q&A QA1629 and the documentation of SKStoreProductViewController.
    **dict.fromkeys(("itms-apps", "itms-appss"), _APP_STORE),
    # Apple, marketing tools of iTunes.
    **dict.fromkeys(
        ("itms", "itmss"), "is a link to the iTunes Store or the App Store, which installs nothing of yours"
    ),
    "itms-beta": _TESTFLIGHT,  # seen: pages of TestFlight
    # Apple, MarketplaceKit, "Distributing your app from your website".
    "marketplace-kit": (
        "installs an alternative distribution package that Apple has notarized: in the European Union and Japan, from "
        "iOS 17.4 on, with a token that the developer's server makes for each installation"
    ),
    # The documentation of each program.
    "altstore": _SIDELOADER.format("AltStore"),
    "sidestore": _SIDELOADER.format("SideStore"),
    "apple-magnifier": _SIDELOADER.format("TrollStore"),
    "feather": _SIDELOADER.format("Feather"),
    "esign": _SIDELOADER.format("ESign"),
    "scarlet": _SIDELOADER.format("Scarlet"),
}
_PAGES: Mapping[str, str] = {
    **dict.fromkeys(_hosting.APP_STORE, _APP_STORE),
    _hosting.TESTFLIGHT: _TESTFLIGHT,
    # Apple, App Clips, "Responding to invocations".
    _hosting.APP_CLIPS: (
        "opens an App Clip. App Clips have codes and links of their own, and are never installed by an install link"
    ),
}


def explain(text: str) -> str:
    """Return what is said of an address that is not an install link; an empty text for one that is not known."""
    wrapped = _hosting.wrapped(text)
    if wrapped is not None:
        inner = f"wraps {_urls.redact(wrapped.inner)}" if wrapped.inner else "hides the link that it wraps"
        return (
            f"This is a link of a mail scanner ({wrapped.service}) and {inner}. A tap opens the scanner's page first, "
            "which may be why nothing happens. Send the install link on a web page, and not in the mail itself."
        )
    scheme = (_urls.split(text).scheme or "").lower()
    known = _SCHEMES.get(scheme) or (_PAGES.get(_urls.host(text)) if scheme in {"http", "https"} else "")
    if known:
        return f"{_urls.redact(text)} {known}. {_INSTEAD}."
    if link := _link_to(text):
        cure = f"The link to it is {_urls.redact(link)}" if scheme == "https" else "An install link needs https"
        return f"{_urls.redact(text)} is the manifest's address, and a browser shows or downloads it. {cure}."
    if _is_file(text, ".ipa"):
        return (
            f"{_urls.redact(text)} is the app's address, and a browser only downloads it. Write a manifest that names "
            "it, and a link to that manifest."
        )
    return ""


def link_in(text: str) -> str:
    """Return the install link that an address wraps, or that leads to it; an empty text where there is none."""
    wrapped = _hosting.wrapped(text)
    inner = text if wrapped is None else wrapped.inner
    return inner if inner.lower().startswith("itms-service") else _link_to(inner)


def _link_to(text: str) -> str:
    normal = _urls.normalise(text)
    # What stays beyond ASCII is a host that cannot be, or half of a character.
    return PREFIX + _urls.encode(normal) if normal.isascii() and _is_file(text, ".plist") else ""


def _is_file(text: str, ending: str) -> bool:
    parts = _urls.split(text)
    return (
        (parts.scheme or "").lower() in {"http", "https"}
        and bool(parts.host)
        and _urls.path(text).lower().endswith(ending)
    )
