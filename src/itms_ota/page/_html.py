"""The document: its parts, with every value escaped for its place."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from .. import _urls
from .._arguments import check_each, check_time, check_type
from ..browsers import identify
from ..profile import LISTS_DEVICES
from ._language import is_right_to_left, of_page, preferred
from ._model import App, install_link
from ._sources import https_url, image
from ._texts import CONTENT_SECURITY_POLICY, STYLE
from ._words import Words, bdi, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..browsers import Browser

# What comes before the first digit does not count, nor what follows the first letter after it: "v1.2.0-beta.3".
_VERSION = re.compile(r"^[^0-9]*([0-9. ()]*)")
_DIGITS = re.compile(r"[0-9]+")
# Longer ones are one paragraph, in which line breaks are kept: a million elements would take gigabytes in a browser.
_LONGEST_NOTES = 65_536
_ITEM = re.compile(r"[ \t]*[-*\u2022][ \t]+(?=\S)")


def install_page(
    apps: Iterable[App],
    *,
    user_agent: str | None = None,
    language: str = "en",
    accept_language: str | None = None,
    page_url: str | None = None,
    qr: str | bytes | None = None,
    texts: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> str:
    """Return the page for one or several apps: one HTML document, to be sent as UTF-8.

    It needs no JavaScript and no other file, and works under `CONTENT_SECURITY_POLICY`. Without apps it says that there
    is nothing to install yet.

    - `user_agent` adds a notice in an in-app browser or on another device. The links are there
      whatever it says.
    - `page_url` is the page's own https address, for copying. `qr` is an image of a QR code of that
      address: an https URL, a relative one, a ``data:image/…`` URI or the bytes of a PNG.
    - `language` is a BCP 47 tag. The page has its own sentences in `LANGUAGES`. For any other it is in
      English, and says so, unless `texts` has sentences in that language. ``"auto"`` takes the first of
      `LANGUAGES` that `accept_language` asks for, which is the request's header ``Accept-Language`` and is not looked
      at otherwise.
    - `texts` replaces sentences by their name in `TEXTS`; placeholders in braces may be used in the
      new sentence too, and no other braces.
    - Apps of the same bundle identifier and group are versions of one app: the newest by number, then by
      date, is shown, and the others in a fold below it. Where apps have groups, the page can show one alone.
    - `now` is the timezone-aware time at which to judge what has expired.

    Raises LinkError for URLs that the page cannot use, TypeError for unknown names in `texts`, and ValueError for
    other braces there.

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
    check_type("accept_language", accept_language, str, type(None))
    check_time("now", now)
    if language == "auto":
        language = preferred(accept_language or "")
    words = Words(language, {} if texts is None else texts)
    now = now or dt.datetime.now(dt.timezone.utc)
    address = [] if page_url is None else _address(page_url, words)
    picture = [] if qr is None else _picture(qr, words)
    browser = None if user_agent is None else identify(user_agent)
    notice, left = _notice(browser, address, picture, words)
    each = _versions(shown)
    cards = _cards(each, words, now) if shown else []
    steps = _steps(shown, words) if shown else [f'<p class="card">{words.html("nothing")}</p>']
    main = [*notice, *cards, *steps, *_trouble(left, words)]
    return "\n".join(_document(each, main, of_page(language, is_own=bool(texts)), words)) + "\n"


def _document(apps: list[list[App]], main: list[str], language: str, words: Words) -> list[str]:
    one = apps[0][0] if len(apps) == 1 else None
    title = words.plain("title", app=one.title) if one else words.plain("title_of_several")
    tag = escape(language)
    direction = "rtl" if is_right_to_left(language) else "ltr"
    return [
        "<!DOCTYPE html>",
        f'<html lang="{tag}" dir="{direction}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_SECURITY_POLICY)}">',
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


def _notice(
    browser: Browser | None, address: list[str], picture: list[str], words: Words
) -> tuple[list[str], list[str]]:
    """Build the notice for browsers where the link will not work; return also what it does not show of the rest."""
    if browser is None or (browser.platform == "iOS" and not browser.in_app) or browser.platform == "other":
        return [], [*address, *picture]
    if browser.in_app and browser.platform in ("iOS", "macOS"):
        name = words.text("some_app") if browser.name == "an app" else browser.name
        sentences = [
            f"<p><strong>{words.html('in_app', browser=name)}</strong></p>",
            f"<p>{words.html('in_app_help')}</p>",
        ]
        return ['<div class="notice" role="note">', *sentences, *address, "</div>"], picture
    sentence = words.html("mac" if browser.platform == "macOS" else "other_device")
    return ['<div class="card" role="note">', f"<p>{sentence}</p>", *address, *picture, "</div>"], []


def _versions(apps: tuple[App, ...]) -> list[list[App]]:
    """Return the apps of a page, each as the list of its versions, the newest first."""
    found: dict[tuple[str | int, str | None], list[App]] = {}
    for index, app in enumerate(apps):
        # What a team builds for two environments may have one identifier, and neither is older.
        found.setdefault((app.bundle_identifier or index, app.group), []).append(app)
    return [sorted(versions, key=_age, reverse=True) for versions in found.values()]


def _age(app: App) -> tuple[list[tuple[int, str]], str]:
    """Return what versions of one app are sorted by: the numbers that the version begins with, and then the date.

    Numbers are compared as texts of digits: int() refuses long ones.
    """
    numbers = (digits.lstrip("0") for digits in _DIGITS.findall(_VERSION.findall(app.version or "")[0]))
    return [(len(digits), digits) for digits in numbers], app.date.isoformat()[:10] if app.date else ""


def _cards(apps: list[list[App]], words: Words, now: dt.datetime) -> list[str]:
    """Build the cards, under their groups where there are any; a link to each group shows it alone."""
    if len(apps) == 1:
        return [_card(apps[0], words, now=now, heading="h1")]
    groups: dict[str, list[list[App]]] = {"": []}
    for versions in apps:
        groups.setdefault(versions[0].group or "", []).append(versions)
    alone = groups.pop("")
    if not groups:
        return [_card(versions, words, now=now, heading="h2") for versions in alone]
    links = [f'<a href="#group-{number}">{bdi(name)}</a>' for number, name in enumerate(groups, 1)]
    built = [
        f'<nav class="groups" id="all" aria-label="{words.plain("groups")}">',
        f'<a href="#all">{words.html("all_groups")}</a>',
        *links,
        "</nav>",
    ]
    if alone:
        built += ['<div class="group">', *(_card(app, words, now=now, heading="h2") for app in alone), "</div>"]
    for number, (name, members) in enumerate(groups.items(), 1):
        built += [
            f'<section class="group" id="group-{number}" aria-labelledby="group-{number}-name">',
            f'<h2 id="group-{number}-name">{bdi(name)}</h2>',
            *(_card(versions, words, now=now, heading="h3") for versions in members),
            "</section>",
        ]
    return built


def _card(versions: list[App], words: Words, *, now: dt.datetime, heading: str) -> str:
    app, *older = versions
    return "\n".join(
        [
            '<article class="card app">',
            _icon(app),
            '<div class="about">',
            f"<{heading}>{bdi(app.title)}</{heading}>",
            *_facts(app, words),
            "</div>",
            _button(app, words, app.title),
            *_remarks(app, words, now),
            *_notes(app.notes),
            *(_older(older, words, now) if older else []),
            "</article>",
        ]
    )


def _older(versions: list[App], words: Words, now: dt.datetime) -> list[str]:
    built = ['<details class="older">', f"<summary>{words.html('older')}</summary>", '<ul class="versions">']
    for app in versions:
        button = _button(app, words, f"{app.title} {app.version or ''}".rstrip())
        built += ["<li>", *_facts(app, words), button, *_remarks(app, words, now), *_notes(app.notes), "</li>"]
    return [*built, "</ul>", "</details>"]


def _facts(app: App, words: Words) -> list[str]:
    facts = [
        *([words.html("version", version=app.version)] if app.version else []),
        *([words.size(app.size)] if app.size is not None else []),
        *([f'<time datetime="{app.date.isoformat()}">{escape(words.date(app.date))}</time>'] if app.date else []),
        *([words.html("minimum", version=app.minimum_os_version)] if app.minimum_os_version else []),
    ]
    return ['<ul class="facts">', *(f"<li>{fact}</li>" for fact in facts), "</ul>"] if facts else []


def _button(app: App, words: Words, name: str) -> str:
    # A screen reader would read several links of the same name.
    label = f'{words.html("install")}<span class="heard"> {bdi(name)}</span>'
    return f'<a class="install" href="{escape(str(install_link(app)))}">{label}</a>'


def _remarks(app: App, words: Words, now: dt.datetime) -> list[str]:
    remarks: list[str] = []
    if app.expires is not None:
        name = "expired" if app.expires <= now else "expires"
        remarks.append(f'<p class="{name}">{words.html(name, date=words.date(app.expires))}</p>')
    if app.profile_kind in LISTS_DEVICES:
        remarks.append(f"<p>{words.html('registered_devices')}</p>")
    if app.profile_kind == "app-store":
        remarks.append(f'<p class="expired">{words.html("app_store")}</p>')
    return ['<div class="remarks">', *remarks, "</div>"] if remarks else []


def _notes(notes: str | None) -> list[str]:
    """Build paragraphs and lists of plain text, by the little of Markdown that people write in notes anyway."""
    if not notes:
        return []
    if len(notes) > _LONGEST_NOTES:
        return [f'<p class="notes" dir="auto">{escape(notes)}</p>']
    blocks: list[tuple[str, list[list[str]]]] = []
    goes_on = False
    for line in notes.split("\n"):
        item = _ITEM.match(line)
        if item:
            if not blocks or blocks[-1][0] == "p":
                blocks.append(("ul", []))
            blocks[-1][1].append([line[item.end() :]])
        elif goes_on and line.strip() and (blocks[-1][0] == "p" or line[0].isspace()):
            blocks[-1][1][-1].append(line)
        elif line.strip():
            blocks.append(("p", [[line]]))
        goes_on = bool(line.strip())
    built: list[str] = []
    for kind, parts in blocks or [("p", [[notes]])]:
        inner = [escape("\n".join(lines)) for lines in parts]
        shown = "".join(f'<li dir="auto">{part}</li>' for part in inner) if kind == "ul" else inner[0]
        built.append(f'<{kind} class="notes" dir="auto">{shown}</{kind}>')
    return built


def _steps(apps: tuple[App, ...], words: Words) -> list[str]:
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


def _trouble(address_and_picture: list[str], words: Words) -> list[str]:
    """Build the help for those in apps that look like Safari, such as Telegram, and for those at a desk."""
    return [
        '<section class="card" aria-labelledby="trouble">',
        f'<h2 id="trouble">{words.html("trouble")}</h2>',
        f"<p>{words.html('trouble_help')}</p>",
        *address_and_picture,
        "</section>",
    ]


def _address(page_url: str, words: Words) -> list[str]:
    # Lines break after a slash; <wbr> is not copied.
    shown = escape(https_url(page_url, "page_url")).replace("/", "/<wbr>")
    return [f"<p>{words.html('address')}</p>", f'<p><code class="address" dir="ltr">{shown}</code></p>']


def _picture(qr: str | bytes, words: Words) -> list[str]:
    source = escape(image(qr, "qr"))
    return [
        f'<figure><img src="{source}" alt="{words.plain("qr_image")}" width="160" height="160">',
        f"<figcaption>{words.html('qr')}</figcaption></figure>",
    ]


def _icon(app: App) -> str:
    """Build the icon, or the title's first letter in its place. The title is beside it, so it needs no words."""
    if app.icon is None:
        return f'<div class="icon letter" aria-hidden="true">{escape(app.title.strip()[:1].upper())}</div>'
    return f'<img class="icon" src="{escape(image(app.icon, "icon"))}" alt="" width="120" height="120">'
