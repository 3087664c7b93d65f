"""The install page: its structure, what is escaped where, its colours, and what it says when."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from _parsed import Parsed

from itms_ota.errors import IpaError, LinkError
from itms_ota.link import InstallLink
from itms_ota.page import CONTENT_SECURITY_POLICY, TEXTS, App, install_page

LINK = InstallLink("https://apps.example.com/releases/1.2.3/manifest.plist")
PAGE = "https://apps.example.com/releases/1.2.3/"
PNG = b"\x89PNG\r\n\x1a\n and so on"
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc)

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.2 Mobile/15E148 Safari/604.1"
)
INSTAGRAM = SAFARI.replace("Version/26.2", "") + " Instagram 500.0"
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1"
)
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"

HOSTILE = [
    "plain",
    "\"quoted\" & 'single' <b>",
    "</title></style></script><script>alert(1)</script>",
    "{app} {browser} {0} %s ${x} \\",
    "\u202etxt.exe\u202c \u2068\u2066",
    "تطبيق 🏳️‍🌈 应用",
    "--></bdi></h1>",
    "&amp;&lt;&#0;",
    "",
    "a\nb\tc",
]


def app(**values: Any) -> App:
    defaults: dict[str, Any] = {"title": "MyApp", "link": LINK}
    return App(**defaults | values)


def page(*apps: App, **options: Any) -> str:
    return install_page(apps, now=NOW, **options)


def test_a_page_for_one_app() -> None:
    document = page(
        app(
            version="1.2.3",
            icon="https://apps.example.com/icon.png",
            size=24_300_000,
            date=dt.date(2026, 11, 20),
            minimum_os_version="16.0",
            notes="Faster.\nSmaller.",
        ),
        page_url=PAGE,
        qr="qr.svg",
    )
    assert document.startswith("<!DOCTYPE html>\n")
    assert document.encode().decode() == document
    parsed = Parsed(document)
    assert parsed.all("html") == [{"lang": "en", "dir": "ltr"}]
    assert parsed.all("meta", charset="utf-8")
    assert parsed.all("meta", name="viewport") == [
        {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    ]
    assert parsed.text("title") == "Install \u2068MyApp\u2069"
    assert parsed.text("h1") == "MyApp"
    assert parsed.text("ul", class_="facts").split("\n") == [
        *("", "Version 1.2.3", "24.3 MB", "2026-11-20", "iOS 16.0 or later", "")
    ]
    assert parsed.all("time") == [{"datetime": "2026-11-20"}]
    assert parsed.text("p", class_="notes") == "Faster.\nSmaller."
    assert parsed.links() == [str(LINK)]
    assert parsed.text("a") == "Install MyApp"
    assert parsed.text("code") == PAGE
    assert parsed.all("img") == [
        {"class": "icon", "src": "https://apps.example.com/icon.png", "alt": "", "width": "120", "height": "120"},
        {"src": "qr.svg", "alt": "QR code with the address of this page", "width": "160", "height": "160"},
    ]


def test_a_page_for_several_apps() -> None:
    other = InstallLink("https://other.example.org/b.plist")
    parsed = Parsed(page(app(title="One"), app(title="Two", link=str(other))))
    assert parsed.text("title") == parsed.text("h1") == "Install apps"
    assert parsed.links() == [str(LINK), str(other)]
    assert [tag for tag, _, _ in parsed.elements if tag in {"h1", "h2"}] == ["h1", "h2", "h2", "h2", "h2"]
    assert "“apps.example.com, other.example.org”" in parsed.text("ol")


def test_a_page_for_no_app() -> None:
    parsed = Parsed(page())
    assert parsed.links() == []
    assert TEXTS["nothing"] in parsed.text("main")
    assert not parsed.all("ol")


def test_nothing_is_said_of_what_is_not_known() -> None:
    parsed = Parsed(page(app()))
    assert not parsed.all("ul")
    assert not parsed.all("img")
    assert not parsed.all("code")
    assert not parsed.all("div", role="note")
    assert parsed.text("div", class_="icon letter") == "M"


@pytest.mark.parametrize("value", [*filter(str.strip, HOSTILE)])
def test_values_stay_what_they_are(value: str) -> None:
    clean = Parsed(page(app(version="1", notes="1", minimum_os_version="1"), page_url=PAGE, user_agent=INSTAGRAM))
    url = f"https://apps.example.com/{value.strip() or 'x'}/manifest.plist".replace("\n", "").replace("\t", "")
    link = InstallLink(re.sub(r"[\\{}$<>%]", "", url))
    hostile = app(title=value, version=f"{value} ", notes=f"{value} ", minimum_os_version=f"{value} ", link=link)
    parsed = Parsed(page(hostile, page_url=PAGE, user_agent=INSTAGRAM, language=value))
    assert [tag for tag, _, _ in parsed.elements] == [tag for tag, _, _ in clean.elements]
    assert [set(attributes) for _, attributes, _ in parsed.elements] == [set(found) for _, found, _ in clean.elements]
    assert parsed.text("h1") == value
    assert parsed.text("title") == f"Install \u2068{value}\u2069"
    assert parsed.text("p", class_="notes") == f"{value} "
    assert parsed.text("ul", class_="facts") == f"\nVersion {value} \niOS {value}  or later\n"
    assert parsed.all("html")[0]["lang"] == "en"
    assert parsed.links() == [str(link)]


def test_values_are_islands_for_the_direction_of_writing() -> None:
    parsed = Parsed(page(app(title="שלום", version="نسخة"), user_agent=INSTAGRAM))
    islands = ["".join(text) for (tag, _, _), text in zip(parsed.elements, parsed.texts, strict=True) if tag == "bdi"]
    assert islands == ["Instagram", "שלום", "نسخة", "שלום", "apps.example.com"]
    assert parsed.all("p", class_="notes", dir="auto") == []


def test_what_no_document_can_hold_is_replaced() -> None:
    document = page(app(title="a\x00b\ud800c\x1bd\ufffee"))
    assert Parsed(document).text("h1") == "a\ufffdb\ufffdc\ufffdd\ufffde"
    document.encode()


@pytest.mark.parametrize("options", [{}, {"user_agent": INSTAGRAM}, {"user_agent": ANDROID}, {"user_agent": MAC}])
def test_the_page_needs_nothing_else(options: dict[str, str]) -> None:
    parsed = Parsed(page(app(icon=PNG), app(title="B"), page_url=PAGE, qr="data:image/png;base64,AA==", **options))
    assert {tag for tag, _, _ in parsed.elements} <= {
        *("html", "head", "meta", "link", "title", "style", "body", "main", "section", "article", "div", "h1", "h2"),
        *("p", "strong", "ol", "ul", "li", "a", "bdi", "span", "code", "wbr", "figure", "figcaption", "img", "time"),
    }
    for _, attributes, _ in parsed.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcset", "target"}]
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith(("data:", "itms-services://?"))
    assert parsed.all("link") == [{"rel": "icon", "href": "data:,"}]
    style = parsed.text("style")
    assert "url(" not in style
    assert "@import" not in style
    policy = [attributes["content"] for attributes in parsed.all("meta") if "http-equiv" in attributes]
    assert (
        policy
        == [CONTENT_SECURITY_POLICY]
        == ["default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:"]
    )


def test_landmarks_headings_and_labels() -> None:
    parsed = Parsed(page(app(icon="a.png"), page_url=PAGE, qr="qr.png", user_agent=INSTAGRAM))
    assert len(parsed.all("main")) == 1
    body = next(index for index, (tag, _, _) in enumerate(parsed.elements) if tag == "body")
    assert all("main" in ancestors for _, _, ancestors in parsed.elements[body + 2 :])
    ids = [attributes["id"] for _, attributes, _ in parsed.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert [attributes["aria-labelledby"] for attributes in parsed.all("section")] == ids == ["steps", "trouble"]
    levels = [int(tag[1]) for tag, _, _ in parsed.elements if tag in {"h1", "h2"}]
    assert levels == [1, 2, 2]
    assert all("alt" in attributes for attributes in parsed.all("img"))


def test_links_of_several_apps_are_told_apart_by_ear() -> None:
    parsed = Parsed(page(app(title="One"), app(title="Two")))
    names = [
        "".join(text).strip() for (tag, _, _), text in zip(parsed.elements, parsed.texts, strict=True) if tag == "a"
    ]
    assert names == ["Install One", "Install Two"]


def luminance(colour: str) -> float:
    """Compute the relative luminance of a colour as WCAG 2 defines it."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast() -> None:
    style = Parsed(page(app())).text("style")
    schemes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part))
        for part in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    light, dark = schemes
    assert set(light) == set(dark)
    assert set(re.findall(r"var\(--([\w-]+)\)", style)) == set(light)
    assert round(contrast("#000000", "#ffffff"), 9) == 21
    text_on = [
        *(("text", "page"), ("text", "card"), ("text", "fill"), ("soft", "card"), ("soft", "fill")),
        # The buttons of older versions, too, are text on fill.
        *(("on-accent", "accent"), ("on-notice", "notice"), ("alert", "card")),
    ]
    for scheme in schemes:
        for text, ground in text_on:
            assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
        for ground in ("page", "card"):
            assert contrast(scheme["focus"], scheme[ground]) >= 3
            assert contrast(scheme["accent"], scheme[ground]) >= 3
    gradient = re.findall(r"linear-gradient\(160deg, (#\w+), (#\w+)\)", style)[0]
    assert min(contrast("#ffffff", colour) for colour in gradient) >= 4.5


@pytest.mark.parametrize("user_agent", [None, SAFARI, INSTAGRAM, MAC, ANDROID, "", "Googlebot/2.1", "\ud800" * 9000])
def test_the_link_is_there_whatever_the_user_agent(user_agent: str | None) -> None:
    assert Parsed(page(app(), user_agent=user_agent)).links() == [str(LINK)]


@pytest.mark.parametrize(
    ("user_agent", "notice"),
    [
        (INSTAGRAM, "This page is open inside Instagram, where the button usually does nothing."),
        (f"{MAC} MicroMessenger/8.0", "This page is open inside WeChat, where the button usually does nothing."),
        (MAC, TEXTS["mac"]),
        (ANDROID, TEXTS["other_device"]),
        (f"{ANDROID} Instagram 500.0", TEXTS["other_device"]),
    ],
)
def test_notices(user_agent: str, notice: str) -> None:
    parsed = Parsed(page(app(), page_url=PAGE, qr="qr.png", user_agent=user_agent))
    note = "".join(
        "".join(text)
        for (_, attributes, _), text in zip(parsed.elements, parsed.texts, strict=True)
        if attributes.get("role") == "note"
    )
    assert notice in note
    assert PAGE in note
    assert parsed.text("code") == PAGE
    assert len(parsed.all("figure")) == 1
    assert (TEXTS["qr"] in note) == (notice in TEXTS.values())


@pytest.mark.parametrize("user_agent", [None, SAFARI, "", "com.apple.appstored/1.0 iOS/26.1 model/iPhone17,1"])
def test_no_notice_but_plain_words_where_nothing_can_be_told(user_agent: str | None) -> None:
    parsed = Parsed(page(app(), page_url=PAGE, user_agent=user_agent))
    assert not [attributes for _, attributes, _ in parsed.elements if attributes.get("role") == "note"]
    assert TEXTS["trouble_help"] in parsed.text("main")
    assert parsed.text("code") == PAGE


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (None, 2),
        ("enterprise", 3),
        ("development", 4),
        ("ad-hoc", 4),
        ("app-store", 2),
    ],
)
def test_steps_follow_the_profile(kind: Any, steps: int) -> None:
    parsed = Parsed(page(app(profile_kind=kind)))
    assert len(parsed.all("li")) == steps
    text = parsed.text("main")
    assert ("VPN & Device Management" in text) == (kind == "enterprise")
    assert (TEXTS["step_developer_mode"] in text) == (kind == "development")
    assert (TEXTS["step_developer_mode_may"] in text) == (kind == "ad-hoc")
    assert (TEXTS["step_online"] in text) == (kind in {"ad-hoc", "development"})
    assert (TEXTS["registered_devices"] in text) == (kind in {"ad-hoc", "development"})
    assert (TEXTS["app_store"] in text) == (kind == "app-store")
    assert "“apps.example.com” would like to install" in text
    assert "Home Screen" in text


def test_steps_of_several_profiles_stand_once() -> None:
    apps = [app(profile_kind=kind) for kind in ("enterprise", "development", "enterprise")]
    assert len(Parsed(page(*apps)).all("li")) == 5
    # What development needs, ad hoc may need: said once.
    both = Parsed(page(app(profile_kind="ad-hoc"), app(profile_kind="development")))
    assert len(both.all("li")) == 4
    assert TEXTS["step_developer_mode"] in both.text("main")


def test_expiry() -> None:
    later = app(expires=NOW + dt.timedelta(days=1))
    assert Parsed(page(later)).text("p", class_="expires") == "Works until 2026-11-23."
    assert "Expired on 2026-11-22: " in Parsed(page(app(expires=NOW))).text("p", class_="expired")
    past = dt.datetime(2001, 1, 1, tzinfo=dt.timezone.utc)
    assert "Expired on 2001-01-01: " in Parsed(install_page([app(expires=past)])).text("main")


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "1 kB"),
        (1499, "1 kB"),
        (999_400, "999 kB"),
        (1_000_000, "1.0 MB"),
        (24_349_999, "24.3 MB"),
        (999_949_999, "999.9 MB"),
        (4_000_000_000, "4.0 GB"),
    ],
)
def test_sizes(size: int, shown: str) -> None:
    assert Parsed(page(app(size=size))).text("ul").strip() == shown


def test_a_datetime_is_shown_as_its_day() -> None:
    parsed = Parsed(page(app(date=dt.datetime(2026, 11, 20, 23, 59, tzinfo=dt.timezone.utc))))
    assert parsed.all("time") == [{"datetime": "2026-11-20T23:59:00+00:00"}]
    assert parsed.text("time") == "2026-11-20"


@pytest.mark.parametrize(
    ("icon", "src"),
    [
        (PNG, "data:image/png;base64,iVBORw0KGgogYW5kIHNvIG9u"),
        ("https://cdn.example.com/a b.png?x=1&y=2", "https://cdn.example.com/a%20b.png?x=1&y=2"),
        ("AppIcon 180.png", "AppIcon 180.png"),
        ("../icons/a:b.png", "../icons/a:b.png"),
        ("/icons/a.png?v=1#x", "/icons/a.png?v=1#x"),
        ("data:image/svg+xml;charset=utf-8,%3Csvg/%3E", "data:image/svg+xml;charset=utf-8,%3Csvg/%3E"),
        ("data:image/png;base64,AA==", "data:image/png;base64,AA=="),
    ],
)
def test_icons(icon: str | bytes, src: str) -> None:
    assert Parsed(page(app(icon=icon))).all("img")[0]["src"] == src


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "empty"),
        ("http://example.com/a.png", "not-https"),
        ("javascript:alert(1)", "not-https"),
        ("java\nscript:alert(1)", "whitespace"),
        (" javascript:alert(1)", "whitespace"),
        ("\x01javascript:alert(1)", "relative-url"),
        ("//example.com/a.png", "relative-url"),
        ("\\\\example.com\\a.png", "relative-url"),
        ("a.png ", "whitespace"),
        ("ftp://example.com/a.png", "not-https"),
        ("data:text/html,<script>alert(1)</script>", "not-an-image"),
        ("data:image/png;base64,\n", "not-an-image"),
        ("data:image/png", "not-an-image"),
        ("DATA:TEXT/HTML,x", "not-an-image"),
    ],
)
def test_urls_that_are_no_images_are_refused(source: str, code: str) -> None:
    with pytest.raises(LinkError) as caught:
        app(icon=source)
    assert (caught.value.problems[0].path, caught.value.problems[0].code) == ("icon", code)
    with pytest.raises(LinkError) as caught:
        page(app(), qr=source)
    assert (caught.value.problems[0].path, caught.value.problems[0].code) == ("qr", code)


def test_bytes_that_are_no_png_are_refused() -> None:
    with pytest.raises(IpaError) as caught:
        app(icon=b"GIF89a")
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [("icon", "not-an-image")]


def test_the_pages_address_is_checked() -> None:
    assert (
        Parsed(page(app(), page_url="HTTPS://Apps.Example.com/My App/")).text("code")
        == "https://apps.example.com/My%20App/"
    )
    with pytest.raises(LinkError) as caught:
        page(app(), page_url="http://apps.example.com/")
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [("page_url", "not-https")]
    with pytest.raises(LinkError) as caught:
        page(app(), page_url="https://me:pw@apps.example.com/")
    assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == [
        ("page_url", "credentials", "error")
    ]


def test_a_link_is_checked_when_the_app_is_made() -> None:
    with pytest.raises(LinkError) as caught:
        app(link="https://apps.example.com/manifest.plist")
    assert {problem.path for problem in caught.value.problems} == {"link"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": None}, "App.title must be str, not NoneType"),
        ({"version": 1.2}, "App.version must be str or None, not float"),
        ({"link": b"x"}, "App.link must be InstallLink or str, not bytes"),
        ({"icon": 1}, "App.icon must be str or bytes or None, not int"),
        (
            {"profile_kind": "adhoc"},
            "App.profile_kind must be one of enterprise, ad-hoc, development, app-store or None, not 'adhoc'",
        ),
        ({"date": "2026-11-22"}, "App.date must be date or None, not str"),
        ({"expires": dt.date(2026, 1, 1)}, "App.expires must be datetime or None, not date"),
        (
            {"expires": dt.datetime(2026, 1, 1)},  # noqa: DTZ001 -- what is refused
            "App.expires must be an aware datetime, such as datetime.now(timezone.utc), not "
            + repr(dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        ),
    ],
)
def test_wrong_types(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        app(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize("title", ["", " \t\n", "\u3000"])
def test_a_title_is_not_blank(title: str) -> None:
    with pytest.raises(ValueError, match=r"^App\.title must not be blank: it is the heading of the page$"):
        app(title=title)


@pytest.mark.parametrize("size", [-1, 1 << 63, pytest.param(10**400, id="more than a float holds")])
def test_a_size_is_that_of_a_file(size: int) -> None:
    with pytest.raises(ValueError, match=r"^App\.size must be the size of a file in bytes"):
        app(size=size)
    assert "<bdi>9223372036.9</bdi> GB" in page(app(size=(1 << 63) - 1))


@pytest.mark.parametrize(
    "options",
    [
        {"apps": ["MyApp"]},
        {"apps": app()},
        {"user_agent": b"Mozilla/5.0"},
        {"language": None},
        {"page_url": 1},
        {"qr": 1},
        {"texts": ["install"]},
        {"texts": {"install": 1}},
        {"now": dt.datetime(2026, 1, 1)},  # noqa: DTZ001 -- what is refused
    ],
)
def test_wrong_types_of_options(options: dict[str, Any]) -> None:
    wrong: dict[str, Any] = {"apps": [app(expires=NOW)]}
    with pytest.raises(TypeError):
        install_page(**wrong | options)


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("de-CH", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("UR", "rtl"), ("arn", "ltr")],
)
def test_language_and_direction(language: str, direction: str) -> None:
    own = {"install": "Install"}
    assert Parsed(page(app(), language=language, texts=own)).all("html") == [{"lang": language, "dir": direction}]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        *(("xx", "en"), ("", "en"), ("de_DE", "en"), ('a"><script>', "en"), ("UR", "en"), ("AUTO", "en")),
        *(("de-CH", "de-CH"), ('de-"><script>', "de"), ("pt", "pt"), ("he-IL", "he-IL"), ("HE", "HE")),
    ],
)
def test_a_page_says_the_language_that_it_is_in(language: str, shown: str) -> None:
    direction = "rtl" if shown.lower().startswith("he") else "ltr"
    assert Parsed(page(app(), language=language)).all("html") == [{"lang": shown, "dir": direction}]


@pytest.mark.parametrize("language", ["", "de_DE", 'a"><script>', "sv-"])
def test_a_language_of_texts_of_ones_own_is_a_tag(language: str) -> None:
    own = {"install": "Hämta"}
    assert Parsed(page(app(), language=language, texts=own)).all("html") == [{"lang": "en", "dir": "ltr"}]


def test_every_text_can_be_replaced() -> None:
    replaced = {name: f"«{name}»" for name in TEXTS}
    everything = [
        *(
            app(version="1", size=size, minimum_os_version="16", profile_kind=kind)
            for size, kind in [(1, "enterprise"), (10**6, "development"), (10**9, "app-store")]
        ),
        *(app(expires=NOW + dt.timedelta(days=days)) for days in (-1, 1)),
    ]
    documents = [
        page(*everything, page_url=PAGE, qr="qr.png", user_agent=INSTAGRAM, texts=replaced),
        page(app(profile_kind="ad-hoc"), user_agent=MAC, texts=replaced),
        page(app(), user_agent=ANDROID, texts=replaced),
        page(texts=replaced),
        page(
            *(app(bundle_identifier="a", version=version) for version in "12"),
            app(group="A"),
            texts=replaced,
        ),
    ]
    # What stands inside of another sentence.
    parts = {name: replaced[name] for name in ("date", "decimal_point", "some_app")}
    inside = page(
        app(size=10**6, date=NOW.date()),
        user_agent=SAFARI.replace("Version/26.2", "").replace("Safari/", ""),
        texts=parts,
    )
    for name in TEXTS:
        assert any(f"«{name}»" in document for document in (*documents, inside)), name
    for text in TEXTS.values():
        assert not any(re.sub(r"\{.*", "", text) in document for document in documents if len(text) > 20), text


def test_texts_are_text_and_only_their_own_placeholders_are_filled() -> None:
    texts = {"title": "{app} <b>& {app}", "in_app": "{browser} 100% %s"}
    parsed = Parsed(page(app(title="{app}"), user_agent=INSTAGRAM, texts=texts))
    assert parsed.text("title") == "\u2068{app}\u2069 <b>& \u2068{app}\u2069"
    assert parsed.text("strong") == "Instagram 100% %s"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"titel": "x"}, "texts has the unknown name 'titel'; the names are title, title_of_several, nothing"),
        ({"title": "{name}"}, "The text 'title' has the unknown placeholder {name}; known there: {app}"),
        ({"install": "{app}"}, "The text 'install' has the unknown placeholder {app}; known there: none"),
    ],
)
def test_unknown_texts_are_refused(texts: dict[str, str], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        page(app(), texts=texts)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("text", ["{app", "app}", "{ app}", "{app!r}", "{app.title}", "{{app}}", "{}", "{app} }"])
def test_a_brace_of_no_placeholder_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="brace") as caught:
        page(app(), texts={"title": text})
    assert str(caught.value) == "The text 'title' has a brace that belongs to no placeholder; known there: {app}"


def test_texts_cannot_be_changed_for_everybody() -> None:
    changeable: Any = TEXTS
    with pytest.raises(TypeError):
        changeable["install"] = "x"
