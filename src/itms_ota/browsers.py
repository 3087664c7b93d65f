"""Which browser or app sent a User-Agent, and whether an install link can open there.

A User-Agent is a claim, never a proof. Telegram and SFSafariViewController send Safari's; iPads
that ask for desktop sites send a Mac's. So use the answer to warn, never to hide the link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ._arguments import check_type
from ._user_agents import APPS, BROWSERS, DOWNLOADERS, SERVICES, Rule

__all__ = ["Browser", "Platform", "identify"]

Platform = Literal["iOS", "macOS", "Android", "Windows", "Linux", "other"]
"""`"iOS"` is iPhone, iPad and iPod. `"macOS"` may be an iPad that asks for desktop sites.
`"other"` is everything that cannot be identified, robots included."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What a User-Agent says about the program that sent it.

    `name` is the browser's or app's own name, or a description such as ``"an app"`` where it is
    unknown; it never contains text of the User-Agent. `in_app` is True for a page shown inside an
    app that is not a browser. `can_install` is whether an install link can open there, None where
    that is unknown. `advice` is one English sentence for the person at the device.
    """

    name: str
    platform: Platform
    in_app: bool
    can_install: bool | None
    advice: str


# The words that name a sender are data, in `_user_agents`. What follows judges all others by their form.

# What robots say of themselves, often in the User-Agent of an iPhone. That no letter follows the word keeps carriers
# out ("FBCR/OrangeBotswana"); a browser for iOS was never "compatible;".
_ROBOT = re.compile(r"(?:bots?|spider|crawler)(?![a-z])|compatible; (?!msie)|\+https?:|speed insights")

# What apps without a rule of their own say of themselves.
_APP_MARKS = ("webview", "inapp", " for iphone", " for ipad", " for ios", "; wv)")
# F-Secure's app, which carriers sell under names of their own ("KPN_Veilig 18.5.274904").
_F_SECURE = re.compile(r"(?<![\d.])\d\d\.\d\.\d{6}(?![\d.])")
# "GrokApp", and bundle identifiers such as "com.example.shop".
_APP_PRODUCT = re.compile(r"\w+app|(?:com|net|org|io|jp|kr|cn|de|ru)\.[\w.-]+")

# Real User-Agents stay below 1000 characters or so; of longer ones only this much is read.
_MAX_LENGTH = 4096
_WORD = re.compile(r"[^\s/;,()\[\]{}]+/?")
_VERSION_SUFFIX = re.compile(r"_\d[\d.]*$")
_COMMENT = re.compile(r"\([^()]*\)")
_PRODUCT = re.compile(r"([^\s/]+)(?:/\S*)?")
_SAFARI_PRODUCTS = frozenset({"mozilla", "applewebkit", "version", "mobile", "safari"})


def identify(user_agent: str | None) -> Browser:
    """Return the browser or app, its platform, and whether an install link can open there.

    Every text has an answer, the empty one too, in time that grows no faster than its length. None is a client that
    sent no User-Agent, as frameworks have it.

    >>> identify(
    ...     "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    ...     "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60"
    ... ).name
    'WeChat'
    >>> browser = identify(
    ...     "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 "
    ...     "(KHTML, like Gecko) Version/26.2 Mobile/15E148 Safari/604.1"
    ... )
    >>> browser.name, browser.platform, browser.in_app, browser.can_install
    ('Safari', 'iOS', False, True)
    """
    check_type("user_agent", user_agent, str, type(None))
    text = (user_agent or "")[:_MAX_LENGTH].lower()
    words = _words(text)
    platform = _platform(text, words)
    if name := _named(DOWNLOADERS, words):
        # A server that lets in only browsers locks the device out of its own installation.
        advice = "This is the device's own downloader: answer it without a login, or nothing installs."
        return Browser(name, "iOS", in_app=False, can_install=None, advice=advice)
    if name := _named(SERVICES, words) or ("a robot" if _ROBOT.search(text) else None):
        advice = "No person sees this page: a service fetched it."
        return Browser(name, "other", in_app=False, can_install=False, advice=advice)
    if platform == "iOS" and not words & {"mozilla/", "safari/"}:
        advice = "No person sees this page: the code of an app fetched it."
        return Browser(_named(APPS, words) or "an app", platform, in_app=False, can_install=False, advice=advice)
    if name := _named(APPS, words):
        return _view(name, platform, in_app=True, opens=False)
    if name := _named(BROWSERS, words):
        return _view(name, platform, in_app=False, opens=True)
    return _unnamed(text, words, platform)


def _words(text: str) -> set[str]:
    """Return the words of a User-Agent, products with their slash: "line/" of "Line/8.4.1"."""
    return {_VERSION_SUFFIX.sub("", word) for word in _WORD.findall(text)}


def _named(rules: tuple[Rule, ...], words: set[str]) -> str | None:
    return next((rule.name for rule in rules if rule.word in words), None)


def _platform(text: str, words: set[str]) -> Platform:
    # Windows Phone says "like iPhone" and Android both; some Androids carry iPhone in their model.
    if "windows" in text or "osmeta" in words:
        return "Windows"
    if "android" in text:
        return "Android"
    if "like iphone" in text or "appletv" in text or "apple tv" in text:
        return "other"
    if any(word.startswith(("iphone", "ipad", "ipod")) for word in words):
        return "iOS"
    if "macintosh" in words:
        # Browsers of an iPad that asks for desktop sites keep their own token: "CriOS/", "FxiOS/".
        return "iOS" if any(word.endswith("ios/") for word in words) else "macOS"
    return "Linux" if words & {"linux", "x11", "cros"} else "other"


def _unnamed(text: str, words: set[str], platform: Platform) -> Browser:
    """Judge by its form a User-Agent without a word that is known."""
    if any(mark in text for mark in _APP_MARKS) or _F_SECURE.search(text):
        return _view("an app", platform, in_app=True, opens=None)
    if any("browser" in word and word.endswith("/") for word in words):
        return _view("a browser", platform, in_app=False, opens=None)
    products = dict.fromkeys(_PRODUCT.findall(_COMMENT.sub(" ", text)))
    if platform == "iOS" and "safari" not in products:
        # An app's web view sends no "Safari/" unless the app adds it.
        return _view("an app", platform, in_app=True, opens=None)
    if any(_APP_PRODUCT.fullmatch(product) for product in products):
        return _view("an app", platform, in_app=True, opens=None)
    if platform in ("iOS", "macOS") and products.keys() <= _SAFARI_PRODUCTS:
        return _view("Safari", platform, in_app=False, opens=True)
    name = "Chrome" if "chrome/" in words else "a browser"
    return _view(name, platform, in_app=False, opens=None)


def _view(name: str, platform: Platform, *, in_app: bool, opens: bool | None) -> Browser:
    """Return the answer for a page that a person sees; `opens` is whether a link opens there on iOS."""
    if platform not in ("iOS", "macOS"):
        can_install = None if platform == "other" else False
        advice = "Open this page in Safari on the iPhone or iPad that is to get the app."
    elif in_app:
        can_install = opens
        advice = (
            f"{name[0].upper()}{name[1:]} shows this page inside itself, where install links usually do nothing: "
            "open it in Safari, from the app's menu or by copying the address."
        )
    elif platform == "macOS":
        # An iPad that asks for desktop sites, a Mac that runs apps for iPad, or one that does not.
        can_install = None
        advice = "Open this page on the iPhone or iPad; on an iPad, or on a Mac with Apple silicon, try the link here."
    else:
        can_install = opens
        advice = "Tap the install link; where nothing happens, open this page in Safari itself."
    return Browser(name, platform, in_app, can_install, advice)
