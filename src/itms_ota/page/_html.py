"""The document: its parts, with every value escaped for its place."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import TYPE_CHECKING

from .. import _urls
from .._arguments import check_each, check_texts, check_time, check_type
from .._redact import redact_text
from ..browsers import identify
from ..profile import LISTS_DEVICES
from ._model import App, install_link
from ._sources import https_url, image
from ._texts import CONTENT_SECURITY_POLICY, STYLE, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..browsers import Browser

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
# NUL and its kin are errors in HTML; lone surrogates cannot be written as UTF-8.
_NOT_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def install_page(
    apps: Iterable[App],
    *,
    user_agent: str | None = None,
    language: str = "en",
    page_url: str | None = None,
    qr: str | bytes | None = None,
    texts: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> str:
    """Return the page for one or several apps: one HTML document, to be sent as UTF-8.

    It needs no JavaScript and no other file, and works under `CONTENT_SECURITY_POLICY`.

    - `user_agent` adds a notice in an in-app browser or on another device. The links are there
      whatever it says.
    - `page_url` is the page's own https address, for copying. `qr` is an image of a QR code of that
      address: an https URL, a relative one, a ``data:image/…`` URI or the bytes of a PNG.
    - `language` is a BCP 47 tag. `texts` replaces sentences of `TEXTS` by name; placeholders in
      braces may be used in the new sentence too, and nothing else is replaced.
    - `now` is the timezone-aware time at which to judge what has expired.

    Raises LinkError for URLs that the page cannot use, and TypeError for unknown names in `texts`.

    >>> from itms_ota import InstallLink
    >>> app = App(title="<MyApp>", link=InstallLink("https://apps.example.com/manifest.plist"))
    >>> page = install_page([app], texts={"install": "Get it"})
    >>> "<bdi>&lt;MyApp&gt;</bdi>" in page, ">Get it" in page
    (True, True)
    """
    shown = check_each("apps", apps, App)
    for name, text in (("user_agent", user_agent), ("page_url", page_url)):
        check_type(name, text, str, type(None))
    check_type("qr", qr, str, bytes, type(None))
    check_type("language", language, str)
    check_time("now", now)
    words = _Words({} if texts is None else texts)
    now = now or dt.datetime.now(dt.timezone.utc)
    address = [] if page_url is None else _address(page_url, words)
    picture = [] if qr is None else _picture(qr, words)
    browser = None if user_agent is None else identify(user_agent)
    notice, left = _notice(browser, address, picture, words)
    cards = [_card(app, words, now=now, heading="h1" if len(shown) == 1 else "h2") for app in shown]
    steps = _steps(shown, words) if shown else [f'<p class="card">{words.html("nothing")}</p>']
    main = [*notice, *cards, *steps, *_trouble(left, words)]
    return "\n".join(_document(shown, main, language, words)) + "\n"


def _document(apps: tuple[App, ...], main: list[str], language: str, words: _Words) -> list[str]:
    one = apps[0] if len(apps) == 1 else None
    title = words.plain("title", app=one.title) if one else words.plain("title_of_several")
    tag = _escape(language)
    direction = "rtl" if tag.lower().partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
    return [
        "<!DOCTYPE html>",
        f'<html lang="{tag}" dir="{direction}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_escape(CONTENT_SECURITY_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="robots" content="noindex">',
        # Otherwise iOS makes telephone numbers of versions, and browsers ask for /favicon.ico.
        '<meta name="format-detection" content="telephone=no">',
        '<link rel="icon" href="data:,">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        f'<body class="{"one" if one else "several"}">',
        "<main>",
        *([] if one else [f"<h1>{title}</h1>"]),
        *main,
        "</main>",
        "</body>",
        "</html>",
    ]


class _Words:
    """The sentences of one page, with their placeholders filled in and everything escaped."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        check_texts("texts", replaced)
        self._texts = {**TEXTS, **replaced}
        for name in replaced:
            if name not in TEXTS:
                message = f"texts has the unknown name {redact_text(name)}; the names are {', '.join(TEXTS)}"
                raise TypeError(message)
            allowed = set(_PLACEHOLDER.findall(TEXTS[name]))
            unknown = set(_PLACEHOLDER.findall(self._texts[name])) - allowed
            if unknown:
                known = ", ".join(f"{{{word}}}" for word in sorted(allowed)) or "none"
                message = f"The text {name!r} has the unknown placeholder {{{min(unknown)}}}; known there: {known}"
                raise TypeError(message)

    def html(self, name: str, **values: str) -> str:
        """Return a sentence for HTML; each value has a direction of writing of its own."""
        return self._filled(name, {key: _bdi(value) for key, value in values.items()})

    def plain(self, name: str, **values: str) -> str:
        """Return a sentence for a title or an attribute, where U+2068 and U+2069 do what <bdi> does in HTML."""
        return self._filled(name, {key: f"\u2068{_escape(value)}\u2069" for key, value in values.items()})

    def _filled(self, name: str, values: Mapping[str, str]) -> str:
        # In one pass, so that braces in a value stay what they are.
        return _PLACEHOLDER.sub(lambda found: values[found[1]], _escape(self._texts[name]))


def _notice(
    browser: Browser | None, address: list[str], picture: list[str], words: _Words
) -> tuple[list[str], list[str]]:
    """Build the notice for browsers where the link will not work; return also what it does not show of the rest."""
    if browser is None or (browser.platform == "iOS" and not browser.in_app) or browser.platform == "other":
        return [], [*address, *picture]
    if browser.in_app and browser.platform in ("iOS", "macOS"):
        sentences = [
            f"<p><strong>{words.html('in_app', browser=browser.name)}</strong></p>",
            f"<p>{words.html('in_app_help')}</p>",
        ]
        return ['<div class="notice" role="note">', *sentences, *address, "</div>"], picture
    sentence = words.html("mac" if browser.platform == "macOS" else "other_device")
    return ['<div class="card" role="note">', f"<p>{sentence}</p>", *address, *picture, "</div>"], []


def _card(app: App, words: _Words, *, now: dt.datetime, heading: str) -> str:
    facts = [
        *([words.html("version", version=app.version)] if app.version else []),
        *([_size(app.size, words)] if app.size is not None else []),
        *([f'<time datetime="{app.date.isoformat()}">{app.date.isoformat()[:10]}</time>'] if app.date else []),
        *([words.html("minimum", version=app.minimum_os_version)] if app.minimum_os_version else []),
    ]
    remarks: list[str] = []
    if app.expires is not None:
        name = "expired" if app.expires <= now else "expires"
        remarks.append(f'<p class="{name}">{words.html(name, date=app.expires.isoformat()[:10])}</p>')
    if app.profile_kind in LISTS_DEVICES:
        remarks.append(f"<p>{words.html('registered_devices')}</p>")
    if app.profile_kind == "app-store":
        remarks.append(f'<p class="expired">{words.html("app_store")}</p>')
    # A screen reader would read several links of the same name.
    label = f'{words.html("install")}<span class="heard"> {_bdi(app.title)}</span>'
    return "\n".join(
        [
            '<article class="card app">',
            _icon(app),
            '<div class="about">',
            f"<{heading}>{_bdi(app.title)}</{heading}>",
            *(['<ul class="facts">', *(f"<li>{fact}</li>" for fact in facts), "</ul>"] if facts else []),
            "</div>",
            f'<a class="install" href="{_escape(str(install_link(app)))}">{label}</a>',
            *(['<div class="remarks">', *remarks, "</div>"] if remarks else []),
            *([f'<p class="notes" dir="auto">{_escape(app.notes)}</p>'] if app.notes else []),
            "</article>",
        ]
    )


def _steps(apps: tuple[App, ...], words: _Words) -> list[str]:
    """Build the list of what happens next: the page stays open and shows nothing of the installation."""
    hosts = dict.fromkeys(_urls.host(install_link(app).manifest_url) for app in apps)
    kinds = {app.profile_kind for app in apps}
    steps = [words.html("step_confirm", host=", ".join(hosts)), words.html("step_home_screen")]
    if "enterprise" in kinds:
        steps.append(words.html("step_trust"))
    if "development" in kinds:
        steps.append(words.html("step_developer_mode"))
    elif "ad-hoc" in kinds:
        steps.append(words.html("step_developer_mode_may"))
    # Of teams made after 2021-06-06 devices ask ppq.apple.com (Apple, Provisioning profile updates).
    if not kinds.isdisjoint(LISTS_DEVICES):
        steps.append(words.html("step_online"))
    return [
        '<section class="card" aria-labelledby="steps">',
        f'<h2 id="steps">{words.html("steps")}</h2>',
        "<ol>",
        *(f"<li>{step}</li>" for step in steps),
        "</ol>",
        "</section>",
    ]


def _trouble(address_and_picture: list[str], words: _Words) -> list[str]:
    """Build the help for those in apps that look like Safari, such as Telegram, and for those at a desk."""
    return [
        '<section class="card" aria-labelledby="trouble">',
        f'<h2 id="trouble">{words.html("trouble")}</h2>',
        f"<p>{words.html('trouble_help')}</p>",
        *address_and_picture,
        "</section>",
    ]


def _address(page_url: str, words: _Words) -> list[str]:
    # Lines break after a slash; <wbr> is not copied.
    shown = _escape(https_url(page_url, "page_url")).replace("/", "/<wbr>")
    return [f"<p>{words.html('address')}:</p>", f'<p><code class="address" dir="ltr">{shown}</code></p>']


def _picture(qr: str | bytes, words: _Words) -> list[str]:
    source = _escape(image(qr, "qr"))
    return [
        f'<figure><img src="{source}" alt="{words.plain("qr_image")}" width="160" height="160">',
        f"<figcaption>{words.html('qr')}</figcaption></figure>",
    ]


def _icon(app: App) -> str:
    """Build the icon, or the title's first letter in its place. The title is beside it, so it needs no words."""
    if app.icon is None:
        return f'<div class="icon letter" aria-hidden="true">{_escape(app.title.strip()[:1].upper())}</div>'
    return f'<img class="icon" src="{_escape(image(app.icon, "icon"))}" alt="" width="120" height="120">'


def _size(size: int, words: _Words) -> str:
    # Decimal units, as iOS shows sizes.
    for name, unit in (("gigabytes", 1e9), ("megabytes", 1e6)):
        if size >= unit:
            return words.html(name, size=f"{size / unit:.1f}")
    return words.html("kilobytes", size=f"{max(1, round(size / 1e3))}")


def _bdi(text: str) -> str:
    return f"<bdi>{_escape(text)}</bdi>"


def _escape(text: str) -> str:
    return html.escape(_NOT_HTML.sub("\ufffd", text))
