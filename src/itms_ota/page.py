"""The page that people open to install: one complete HTML document, without scripts or other files."""

from __future__ import annotations

import base64
import datetime as dt
import html
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from . import _urls
from ._redact import redact_text, repr_of_fields
from .browsers import identify
from .errors import IpaError, LinkError, Problem, check_each, check_texts, check_time, check_type
from .link import InstallLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .browsers import Browser

ProfileKind = Literal["enterprise", "ad-hoc", "development", "app-store"]

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:"
"""All that the page needs; it carries this itself, and a server may send it as a header too."""

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "title": "Install {app}",
        "title_of_several": "Install apps",
        "nothing": "There is nothing to install here yet.",
        "install": "Install",
        "version": "Version {version}",
        "kilobytes": "{size} kB",
        "megabytes": "{size} MB",
        "gigabytes": "{size} GB",
        "minimum": "iOS {version} or later",
        "expires": "Works until {date}.",
        "expired": "Expired on {date}: it no longer installs or opens. Ask for a newer version.",
        "registered_devices": "Installs only on devices that are registered with its developer.",
        "app_store": "Signed for the App Store: devices refuse to install it from a page like this.",
        "in_app": "This page is open inside {browser}, where the button usually does nothing.",
        "in_app_help": "Open the page in Safari: choose “Open in Safari” or “Open in browser” from the menu (⋯) or "
        "the share sheet, or copy the address and paste it into Safari.",
        "other_device": "This is for iPhone and iPad. Open the page in Safari on the device that is to get it.",
        "mac": "This is for iPhone and iPad. On an iPad, or on a Mac with Apple silicon, you can try the button here; "
        "otherwise open the page on the device that is to get it.",
        "steps": "What happens next",
        "step_confirm": "Your device says that “{host}” would like to install the app. Tap “Install”.",
        "step_home_screen": "This page stays as it is. Go to the Home Screen: the new icon shows the progress.",
        "step_trust": "If the developer is “untrusted” when you open the app: go to Settings > General > VPN & Device "
        "Management, tap the developer's name, then “Trust”. You must be online, and from iOS 18 on the device "
        "restarts.",
        "step_developer_mode": "From iOS 16 on, the app opens only in Developer Mode: go to Settings > Privacy & "
        "Security > Developer Mode and switch it on. The device restarts.",
        "trouble": "Nothing happens?",
        "trouble_help": "The button needs Safari. If you came here from a message, a mail or another app, you may "
        "still be inside it without noticing: open the page in Safari itself, or copy the address and paste it there.",
        "address": "Address of this page",
        "qr": "Point the camera of an iPhone or iPad here to open this page on it.",
        "qr_image": "QR code with the address of this page",
    }
)
"""Every sentence of the page, by name. `install_page(…, texts=…)` replaces any of them."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
# NUL and its kin are errors in HTML, lone surrogates cannot be written as UTF-8.
_NOT_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PNG = b"\x89PNG\r\n\x1a\n"
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)(?:;[A-Za-z0-9=._-]+)*,[\x20-\x7e]*")
# Browsers drop control characters and white space around a URL, and read "\" as "/", before they look for a scheme.
_RELATIVE = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:|//|\s)[^\x00-\x1f\x7f-\x9f\\\ud800-\udfff]+(?<!\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app as the page shows it.

    `link` is an InstallLink or its text. `icon` is an https URL, a URL relative to the page, a
    ``data:image/…`` URI or the bytes of a PNG. `size` counts bytes; `date` is the day of the build;
    `notes` is plain text. `profile_kind` chooses the steps that follow an installation, and
    `expires` is when the profile or certificate ends, an aware datetime.

    Raises LinkError for a link that no device follows and for an icon's URL that the page cannot
    use, IpaError for bytes that are no PNG, TypeError for a wrong type, ValueError for a size that no file has.

    >>> app = App(title="MyApp", version="1.2.3", link=InstallLink("https://apps.example.com/manifest.plist"))
    >>> app.title
    'MyApp'
    """

    title: str
    link: InstallLink | str
    version: str | None = None
    icon: str | bytes | None = None
    size: int | None = None
    date: dt.date | None = None
    minimum_os_version: str | None = None
    profile_kind: ProfileKind | None = None
    expires: dt.datetime | None = None
    notes: str | None = None

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        for name, kinds in _FIELDS.items():
            check_type(f"App.{name}", getattr(self, name), *kinds)
        if self.profile_kind not in (None, *get_args(ProfileKind)):
            message = (
                f"App.profile_kind is one of {', '.join(get_args(ProfileKind))} or None, not {self.profile_kind!r}"
            )
            raise TypeError(message)
        check_time("App.expires", self.expires)
        if self.size is not None and not 0 <= self.size < _MOST_BYTES:
            message = "App.size must be the size of a file in bytes, which has at most 63 bits"
            raise ValueError(message)
        _link(self)
        _icon(self)


_MOST_BYTES = 1 << 63
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "title": (str,),
    "link": (InstallLink, str),
    "version": (str, type(None)),
    "icon": (str, bytes, type(None)),
    "size": (int, type(None)),
    "date": (dt.date, type(None)),
    "minimum_os_version": (str, type(None)),
    "profile_kind": (str, type(None)),
    "notes": (str, type(None)),
}


def install_page(
    apps: Iterable[App],
    *,
    user_agent: str | None = None,
    language: str = "en",
    page_url: str | None = None,
    qr: str | None = None,
    texts: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> str:
    """Write the page for one or several apps as one HTML document, to be sent as UTF-8.

    It needs no JavaScript and no other file, and works under `CONTENT_SECURITY_POLICY`.
    `user_agent` adds a notice in an in-app browser or on another device; the links are there
    whatever it says. `page_url` is the page's own https address, for copying. `qr` is an image of
    a QR code of that address: an https URL, a relative one or a ``data:image/…`` URI. `language`
    is a BCP 47 tag, and `texts` replaces sentences of `TEXTS` by name; what stands in braces there
    may be used in the new sentence too, and nothing else is replaced. `now` decides what has
    expired.

    Raises LinkError for URLs that the page cannot use, TypeError for texts it does not know.

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
    one = shown[0] if len(shown) == 1 else None
    title = words.plain("title", app=one.title) if one else words.plain("title_of_several")
    tag = _escape(language)
    direction = "rtl" if tag.lower().partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
    lines = [
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
        f"<style>{_STYLE}</style>",
        "</head>",
        f'<body class="{"one" if one else "several"}">',
        "<main>",
        *([] if one else [f"<h1>{title}</h1>"]),
        *notice,
        *(_card(app, words, now=now, heading="h1" if one else "h2") for app in shown),
        *(_steps(shown, words) if shown else [f'<p class="card">{words.html("nothing")}</p>']),
        *_trouble(left, words),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


class _Words:
    """The sentences of one page, filled in and escaped."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        check_texts("texts", replaced)
        self._texts = {**TEXTS, **replaced}
        for name in replaced:
            if name not in TEXTS:
                message = f"texts has {name!r}, which is none of the page; there are {', '.join(TEXTS)}"
                raise TypeError(message)
            allowed = set(_PLACEHOLDER.findall(TEXTS[name]))
            unknown = set(_PLACEHOLDER.findall(self._texts[name])) - allowed
            if unknown:
                known = ", ".join(f"{{{word}}}" for word in sorted(allowed)) or "none"
                message = f"The text {name!r} has {{{min(unknown)}}}; the placeholders known there: {known}"
                raise TypeError(message)

    def html(self, name: str, **values: str) -> str:
        """Fill in for HTML; each value is an island for the direction of writing."""
        return self._filled(name, {key: _bdi(value) for key, value in values.items()})

    def plain(self, name: str, **values: str) -> str:
        """Fill in for a title or an attribute, where no elements are read: U+2068 and U+2069 do what <bdi> does."""
        return self._filled(name, {key: f"\u2068{_escape(value)}\u2069" for key, value in values.items()})

    def _filled(self, name: str, values: Mapping[str, str]) -> str:
        # In one pass, so that braces in a value stay what they are.
        return _PLACEHOLDER.sub(lambda found: values[found[1]], _escape(self._texts[name]))


def _notice(
    browser: Browser | None, address: list[str], picture: list[str], words: _Words
) -> tuple[list[str], list[str]]:
    """Tell those whom the User-Agent places where the link does not work; give back what they do not need there."""
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
    if app.profile_kind in ("ad-hoc", "development"):
        remarks.append(f"<p>{words.html('registered_devices')}</p>")
    if app.profile_kind == "app-store":
        remarks.append(f'<p class="expired">{words.html("app_store")}</p>')
    # Several links of one name are no help to who only hears them.
    label = f'{words.html("install")}<span class="heard"> {_bdi(app.title)}</span>'
    return "\n".join(
        [
            '<article class="card app">',
            _icon(app),
            '<div class="about">',
            f"<{heading}>{_bdi(app.title)}</{heading}>",
            *(['<ul class="facts">', *(f"<li>{fact}</li>" for fact in facts), "</ul>"] if facts else []),
            "</div>",
            f'<a class="install" href="{_escape(str(_link(app)))}">{label}</a>',
            *(['<div class="remarks">', *remarks, "</div>"] if remarks else []),
            *([f'<p class="notes" dir="auto">{_escape(app.notes)}</p>'] if app.notes else []),
            "</article>",
        ]
    )


def _steps(apps: tuple[App, ...], words: _Words) -> list[str]:
    """Say what to expect: the page stays in front and tells nothing of the installation."""
    hosts = dict.fromkeys(_urls.host(_link(app).manifest_url) for app in apps)
    kinds = {app.profile_kind for app in apps}
    steps = [words.html("step_confirm", host=", ".join(hosts)), words.html("step_home_screen")]
    if "enterprise" in kinds:
        steps.append(words.html("step_trust"))
    if "development" in kinds:
        steps.append(words.html("step_developer_mode"))
    return [
        '<section class="card" aria-labelledby="steps">',
        f'<h2 id="steps">{words.html("steps")}</h2>',
        "<ol>",
        *(f"<li>{step}</li>" for step in steps),
        "</ol>",
        "</section>",
    ]


def _trouble(address_and_picture: list[str], words: _Words) -> list[str]:
    """Help those in apps that cannot be told from Safari, Telegram among them, and those at a desk."""
    return [
        '<section class="card" aria-labelledby="trouble">',
        f'<h2 id="trouble">{words.html("trouble")}</h2>',
        f"<p>{words.html('trouble_help')}</p>",
        *address_and_picture,
        "</section>",
    ]


def _address(page_url: str, words: _Words) -> list[str]:
    # Lines break after a slash; <wbr> is not copied.
    shown = _escape(_https(page_url, "page_url")).replace("/", "/<wbr>")
    return [f"<p>{words.html('address')}:</p>", f'<p><code class="address" dir="ltr">{shown}</code></p>']


def _picture(qr: str, words: _Words) -> list[str]:
    source = _escape(_image(qr, "qr"))
    return [
        f'<figure><img src="{source}" alt="{words.plain("qr_image")}" width="160" height="160">',
        f"<figcaption>{words.html('qr')}</figcaption></figure>",
    ]


def _icon(app: App) -> str:
    """Show the icon, or the title's first letter in its place; the title stands beside it, so it needs no words."""
    if app.icon is None:
        return f'<div class="icon letter" aria-hidden="true">{_escape(app.title.strip()[:1].upper())}</div>'
    return f'<img class="icon" src="{_escape(_image(app.icon, "icon"))}" alt="" width="120" height="120">'


def _size(size: int, words: _Words) -> str:
    # Decimal units, as iOS shows sizes.
    for name, unit in (("gigabytes", 1e9), ("megabytes", 1e6)):
        if size >= unit:
            return words.html(name, size=f"{size / unit:.1f}")
    return words.html("kilobytes", size=f"{max(1, round(size / 1e3))}")


def _link(app: App) -> InstallLink:
    return app.link if isinstance(app.link, InstallLink) else InstallLink.from_url(app.link)


def _https(url: str, path: str) -> str:
    normal = _urls.normalise(url)
    problems = _urls.problems(normal, path)
    errors = [problem for problem in problems if problem.level == "error" or problem.code == "credentials"]
    if errors:
        raise LinkError(replace(problem, level="error") for problem in errors)
    return normal


def _image(source: str | bytes, path: str) -> str:
    """Give what may stand in `src` under `CONTENT_SECURITY_POLICY`."""
    if isinstance(source, bytes):
        if not source.startswith(_PNG):
            message = f"The image begins with {source[:8]!r}, so it is no PNG: give a PNG, or the URL of the image."
            raise IpaError([Problem(path, "not-an-image", message)])
        return "data:image/png;base64," + base64.b64encode(source).decode()
    if _DATA_IMAGE.fullmatch(source) or _RELATIVE.fullmatch(source):
        return source
    if not source.lower().startswith("data:"):
        return _https(source, path)
    message = (
        f"{redact_text(source, 40)} is no image that every browser shows: give a data: URI of a PNG, JPEG, GIF, WebP "
        "or SVG, an https URL, or one relative to the page."
    )
    raise LinkError([Problem(path, "not-an-image", message)])


def _bdi(text: str) -> str:
    return f"<bdi>{_escape(text)}</bdi>"


def _escape(text: str) -> str:
    return html.escape(_NOT_HTML.sub("\ufffd", text))


_STYLE = """
:root { color-scheme: light dark; --page: #f2f2f7; --card: #ffffff; --text: #1c1c1e; --soft: #5f5f66;
  --accent: #0064d2; --on-accent: #ffffff; --notice: #fff2cc; --on-notice: #4a3500; --alert: #b3001b;
  --fill: #f2f2f7; --line: #e3e3e8; --focus: #0064d2 }
@media (prefers-color-scheme: dark) { :root { --page: #000000; --card: #1c1c1e; --text: #f5f5f7; --soft: #aeaeb4;
  --accent: #0a6cdc; --on-accent: #ffffff; --notice: #3d3000; --on-notice: #ffe7a3; --alert: #ff8a80;
  --fill: #2c2c2e; --line: #38383c; --focus: #7cc0ff } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 1rem/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { max-width: 42rem; margin: 0 auto; display: grid; gap: 1rem; padding: 1.25rem
  max(1rem, env(safe-area-inset-right)) 3rem max(1rem, env(safe-area-inset-left)) }
h1, h2, p, ol, ul, figure { margin: 0; padding: 0 }
h1 { font-size: 1.875rem; line-height: 1.2; letter-spacing: -.02em }
h2 { font-size: 1.25rem; line-height: 1.3; letter-spacing: -.01em }
.card { background: var(--card); border-radius: 1.25rem; padding: 1.5rem; display: grid; gap: .75rem }
.card > * { min-width: 0 }
.notice { background: var(--notice); color: var(--on-notice); border-radius: 1.25rem; padding: 1.25rem 1.5rem;
  display: grid; gap: .5rem }
.icon { width: 4.5rem; height: 4.5rem; border-radius: 22.5%; object-fit: cover; display: block;
  box-shadow: 0 0 0 1px var(--line), 0 4px 14px rgb(0 0 0 / .12) }
.letter { background: linear-gradient(160deg, #1f6fe5, #0a3f94); color: #ffffff; display: grid; place-items: center;
  font-size: 2rem; font-weight: 600; overflow: hidden }
.app { grid-template-columns: auto 1fr; column-gap: 1.125rem; align-items: center }
.about { display: grid; gap: .25rem }
.facts { list-style: none; display: flex; flex-wrap: wrap; gap: .375rem; color: var(--soft); font-size: .875rem }
.facts li { background: var(--fill); border-radius: 1rem; padding: .125rem .625rem }
.install { grid-column: 1 / -1; display: block; padding: .875rem 1.5rem; border-radius: .875rem; text-align: center;
  background: var(--accent); color: var(--on-accent); font-size: 1.125rem; font-weight: 600; text-decoration: none;
  border: 1px solid transparent }
.install:hover { filter: brightness(1.08) }
.install:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.remarks, .notes { grid-column: 1 / -1; color: var(--soft); font-size: .9375rem }
.remarks { display: grid; gap: .25rem }
.expired { color: var(--alert); font-weight: 600 }
.notes { white-space: pre-line; border-top: 1px solid var(--line); padding-top: .75rem }
.one .app { grid-template-columns: 1fr; justify-items: center; text-align: center; gap: 1rem;
  padding: 2rem 1.5rem 1.5rem }
.one .icon { width: 7.5rem; height: 7.5rem }
.one .letter { font-size: 3.5rem }
.one .about { gap: .5rem }
.one .facts { justify-content: center }
.one .install { width: 100%; max-width: 22rem }
.one .notes { text-align: start; width: 100% }
ol { list-style: none; counter-reset: step; display: grid; gap: .875rem }
ol li { counter-increment: step; position: relative; padding-inline-start: 2.75rem; min-height: 1.75rem }
ol li::before { content: counter(step); position: absolute; inset-inline-start: 0; top: -.0625rem; width: 1.75rem;
  height: 1.75rem; border-radius: 50%; background: var(--fill); color: var(--soft); text-align: center;
  font-size: .9375rem; font-weight: 600; line-height: 1.75rem }
.address { display: block; padding: .75rem 1rem; border-radius: .75rem; background: var(--fill); color: var(--text);
  font: .9375rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  -webkit-user-select: all; user-select: all }
figure { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; color: var(--soft) }
figure img { background: #ffffff; border-radius: .75rem; padding: .5rem; border: 1px solid var(--line) }
figcaption { flex: 1 1 12rem }
@media (min-width: 40rem) {
  main { padding-top: 3rem; padding-bottom: 5rem; gap: 1.25rem }
  .card { padding: 2rem }
  .several .app { grid-template-columns: auto 1fr auto }
  .several .install { grid-column: 3; padding-block: .5rem; font-size: 1rem; border-radius: 2rem }
  .one .app { padding: 3rem 2rem 2rem }
}
"""
