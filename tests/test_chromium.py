"""The install page in a real browser: headless Chromium through selenium, and axe-core where it is installed.

`ITMS_OTA_AXE` names axe-core's axe.min.js; without it, the one that npm puts beside .ci/browser/package.json is used.
`ITMS_OTA_PICTURES` names a folder in which the pictures of the documentation are written anew: `docs/img`.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import json
import os
import random
import shutil
import struct
import threading
import zlib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest

from itms_ota._demo import DAY, make_ipa
from itms_ota._png import read_header
from itms_ota.errors import LinkError
from itms_ota.link import InstallLink
from itms_ota.page import LANGUAGES, App, install_page
from itms_ota.release import build_release

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
SCHEMES = ("light", "dark")
# Chromium as root in a container, and quiet: it asks for nothing but the pages.
SWITCHES = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
INSTAGRAM = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 Instagram 500.0"
)
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
PAGE_URL = "https://apps.example.com/releases/1.2.3/"
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc)
ICON_NAME = "App \"Icon\" & 'more' <b> 应用 #1.png"

HOSTILE_TITLES = (
    "\"quoted\" & 'single' <b>bold</b>",
    "</title></style><script>document.title = 'on'</script>",
    "\u202etxt.exe\u202c تطبيق الشركة",
    "🏳️‍🌈 应用 {app} &amp;",
    "W" * 120,
)
HOSTILE_MANIFESTS = (
    'https://apps.example.com/My App\'s "best" & <i.plist',
    "https://apps.example.com/m.plist?X-Sig=a%2Fb%3D&Expires=1&amp;x=+%2B",
    "https://apps.example.com/应用 🎉/تطبيق.plist",
    "https://apps.example.com/100%/%2525.plist",
    "https://xn--bcher-kva.example:8443/a.plist?javascript:alert(1)//",
)


def png(width: int) -> bytes:
    """Make a plain square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x20\x80\xc0" * width) * width
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


HOSTILE_APPS = tuple(
    App(
        title=title,
        link=InstallLink(manifest),
        version=title,
        icon=png(8),
        size=10**7,
        date=NOW.date(),
        notes=f"{title}\n{title}",
        profile_kind=("enterprise", "development")[index % 2],
        expires=NOW + dt.timedelta(days=index - 2),
    )
    for index, (title, manifest) in enumerate(zip(HOSTILE_TITLES, HOSTILE_MANIFESTS, strict=True))
)
SQUARE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/%3E"
PAGES = {
    "one": install_page([HOSTILE_APPS[0]], page_url=PAGE_URL, qr=SQUARE, now=NOW),
    "several": install_page(HOSTILE_APPS, page_url=PAGE_URL, qr=SQUARE, now=NOW),
    "in_app": install_page([HOSTILE_APPS[1]], page_url=PAGE_URL, qr=SQUARE, user_agent=INSTAGRAM, now=NOW),
    "elsewhere": install_page(HOSTILE_APPS[:2], page_url=PAGE_URL, qr=SQUARE, user_agent=ANDROID, now=NOW),
    "right_to_left": install_page([HOSTILE_APPS[2]], language="ar", page_url=PAGE_URL, now=NOW),
    "file_icon": install_page(
        [App(title="MyApp", link=HOSTILE_APPS[0].link, icon=ICON_NAME.replace("#", "%23"))], now=NOW
    ),
    "plain": install_page([App(title="MyApp", link=HOSTILE_APPS[0].link)], now=NOW),
    "nothing": install_page([], now=NOW),
}
LINKS = {
    "one": HOSTILE_APPS[:1],
    "several": HOSTILE_APPS,
    "in_app": HOSTILE_APPS[1:2],
    "elsewhere": HOSTILE_APPS[:2],
    "right_to_left": HOSTILE_APPS[2:3],
    "file_icon": HOSTILE_APPS[:1],
    "plain": HOSTILE_APPS[:1],
    "nothing": (),
}

VERSIONS = tuple(
    App(
        title="MyApp",
        link=InstallLink(f"https://apps.example.com/{version}/manifest.plist"),
        version=version,
        bundle_identifier="com.example.a",
        profile_kind="development",
        size=24_300_000,
        date=NOW.date(),
        minimum_os_version="16.0",
        expires=NOW + dt.timedelta(days=int(version[-1]) - 8),
        notes="Faster.\n\n- One\n- Two",
    )
    for version in ("1.10", "1.9", "1.8")
)
GROUPS = tuple(
    App(title=title, link=HOSTILE_APPS[0].link, group=group)
    for title, group in (("A", "Field"), ("B", HOSTILE_TITLES[0]), ("C", "Field"), ("D", None))
)
ENVIRONMENTS = ("development", "test", "demo", "staging", "production")
# What docs/examples/fleet.py makes of as many.
FLEET = tuple(
    App(
        title=f"{('Field Notes', 'Depot Scanner', 'Roster', 'Hangar')[number % 4]} {1 + number // 4}",
        link=InstallLink(f"https://apps.example.com/{environment}/{number}/manifest.plist"),
        version=f"2.{number}",
        bundle_identifier=f"com.example.app{number}",
        size=10**7 + 10**6 * number,
        date=NOW.date(),
        minimum_os_version="16.0",
        profile_kind="enterprise",
        expires=NOW + dt.timedelta(days=300 - 10 * number),
        group=f"{environment} ({'stable' if environment == 'production' else 'beta'})",
    )
    for environment in ENVIRONMENTS
    for number in range(40)
)
# Each with the notice for in-app browsers, where the page says most; their own tests show them once.
EXTRA_PAGES = {
    "groups": install_page(GROUPS, now=NOW),
    "fleet": install_page(FLEET, page_url=PAGE_URL, now=NOW),
    **{
        language: install_page(VERSIONS, language=language, page_url=PAGE_URL, qr=SQUARE, user_agent=INSTAGRAM, now=NOW)
        for language in LANGUAGES
    },
}


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve the pages as a static host would, and say nothing."""

    extensions_map = {".html": "text/html; charset=utf-8", ".png": "image/png"}  # noqa: RUF012 -- the base's own form

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base's own name
        """Keep the output of the tests clean."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    for name, document in {**PAGES, **EXTRA_PAGES}.items():
        (folder / f"{name}.html").write_text(document, encoding="utf-8")
    (folder / ICON_NAME).write_bytes(png(8))
    (folder / "scripted.html").write_text("<!DOCTYPE html><title>off</title><script>document.title = 'on'</script>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver: Any = pytest.importorskip("selenium.webdriver")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver_path = shutil.which("chromedriver")
    if browser is None or driver_path is None:
        pytest.skip("there is no Chromium with its driver here")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    try:
        yield driver
    finally:
        driver.quit()


def show(chromium: Any, url: str, size: str, scheme: str, *, scripts: bool) -> None:
    """Open a page afresh at a size, in a colour scheme, with scripts on or off."""
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    for log in ("browser", "performance"):
        chromium.get_log(log)
    chromium.get(url)


def requested(chromium: Any) -> list[str]:
    """Give the URLs that the page made Chromium ask for."""
    messages = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    return [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]


def test_scripts_are_off_where_the_tests_say_so(chromium: Any, site: str) -> None:
    for scripts, title in ((True, "on"), (False, "off")):
        show(chromium, f"{site}scripted.html", "phone", "light", scripts=scripts)
        assert chromium.title == title


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_without_scripts(chromium: Any, site: str, name: str, size: str, scheme: str) -> None:
    show(chromium, f"{site}{name}.html", size, scheme, scripts=False)
    buttons = chromium.find_elements("css selector", "a")
    assert [button.get_property("href") for button in buttons] == [str(app.link) for app in LINKS[name]]
    # Apple's guidelines ask for 44 points where fingers tap.
    assert all(button.is_displayed() and button.rect["height"] >= (44 if size == "phone" else 32) for button in buttons)
    headings = [heading.text for heading in chromium.find_elements("css selector", "article h1, article h2")]
    assert headings == [app.title if name not in {"file_icon", "plain"} else "MyApp" for app in LINKS[name]]
    images = chromium.find_elements("css selector", "img.icon")
    assert [image.get_property("naturalWidth") for image in images] == [8] * len(images)
    assert chromium.find_element("css selector", "html").get_property("scrollWidth") == SIZES[size][0]
    ground = chromium.find_element("css selector", "body").value_of_css_property("background-color")
    assert ground == {"light": "rgba(242, 242, 247, 1)", "dark": "rgba(0, 0, 0, 1)"}[scheme]
    elsewhere = [url for url in requested(chromium) if not url.startswith((site, "data:"))]
    assert elsewhere == []
    assert chromium.get_log("browser") == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_fold_opens_without_scripts(chromium: Any, site: str, name: str) -> None:
    show(chromium, f"{site}{name}.html", "phone", "light", scripts=False)
    newest, *older = chromium.find_elements("css selector", "a.install")
    assert newest.is_displayed()
    assert len(older) == 2
    assert not any(button.is_displayed() for button in older)
    fold = chromium.find_element("css selector", "summary")
    assert fold.rect["height"] >= 44
    fold.click()
    assert all(button.is_displayed() and button.rect["height"] >= 44 for button in older)
    # No word is too long for a phone.
    assert chromium.find_element("css selector", "html").get_property("scrollWidth") == SIZES["phone"][0]
    assert chromium.get_log("browser") == []


@pytest.mark.parametrize("size", SIZES)
def test_a_group_is_shown_alone_without_scripts(chromium: Any, site: str, size: str) -> None:
    show(chromium, f"{site}groups.html", size, "light", scripts=False)

    def shown() -> str:
        titles = chromium.find_elements("css selector", "article h2, article h3")
        return "".join(title.text for title in titles if title.is_displayed())

    everything, field, other = chromium.find_elements("css selector", "nav a")
    assert all(link.rect["height"] >= 44 for link in (everything, field, other))
    assert shown() == "DACB"
    for link, titles in ((field, "AC"), (other, "B"), (everything, "DACB"), (field, "AC")):
        link.click()
        assert shown() == titles
    assert other.text == HOSTILE_TITLES[0]
    assert chromium.get_log("browser") == []


def test_a_fleet_is_shown_one_environment_at_a_time(chromium: Any, site: str) -> None:
    show(chromium, f"{site}fleet.html", "phone", "light", scripts=False)
    _, *groups = chromium.find_elements("css selector", "nav a")
    assert [link.text.split()[0] for link in groups] == [*ENVIRONMENTS]
    groups[3].click()
    shown = [title for title in chromium.find_elements("css selector", "article h3") if title.is_displayed()]
    assert [title.text for title in shown] == [app.title for app in FLEET[120:160]]
    assert chromium.find_element("css selector", "html").get_property("scrollWidth") == SIZES["phone"][0]


HOSTS = (
    *("apps.example.com", "APPS.Example.COM", "apps.example.com.", "a_b.example", "a-b.c-d.example", "8.8.8.8"),
    *(
        "[2001:4860:4860::8888]",
        "[2001:DB8::1]",
        "xn--bcher-kva.example",
        "bücher.example",
        "应用.example",
        "مثال.example",
    ),
)
SINGLE = "aZ09-._~!$&'()*+,;=:@/?#%[] <>\"{}|^`\\éß应\u2028😀\t\x7f\u202eم"
LONGER = ("%20", "%2F", "%25", "%E5%BA%94", "%zz", "&amp;", "../", "./", "//", "&url=", "manifest.plist")


def random_url(seeded: random.Random) -> str:
    def text(most: int) -> str:
        return "".join(seeded.choice([*[seeded.choice(SINGLE)] * 30, *LONGER]) for _ in range(seeded.randrange(most)))

    user = seeded.choice([*[""] * 30, "user:word@", "user@", "a%40b@"])
    port = seeded.choice(["", "", "", ":443", ":8443", ":1", ":65535", ":0443"])
    query, fragment = seeded.choice(["", f"?{text(12)}"]), seeded.choice(["", "", "", f"#{text(5)}"])
    return f"{seeded.choice(['https', 'HTTPS'])}://{user}{seeded.choice(HOSTS)}{port}/{text(10)}{query}{fragment}"


WHERE_LINKS_LEAD = """
    const address = (text) => new URL(text).href;
    return [...document.querySelectorAll("a")].map((link, index) => {
        const url = new URL(link.href).searchParams.get("url");
        return [link.href, link.getAttribute("href"), url, address(url), address(arguments[0][index])];
    });
"""


def test_every_link_leads_to_the_url_that_was_given(chromium: Any, tmp_path: Path) -> None:
    seeded = random.Random(20261127)
    links: dict[str, InstallLink] = {}
    refused: set[str] = set()
    while len(links) < 10_000:
        url = random_url(seeded)
        try:
            links[url] = InstallLink(url)
        except LinkError as error:
            refused |= {problem.code for problem in error.problems}
    assert refused == {"credentials", "invalid-url", "placeholder", "whitespace"}
    page = install_page([App(title="MyApp", link=link) for link in links.values()], now=NOW)
    alone = "".join(link.to_html("Install") for link in links.values())
    (tmp_path / "links.html").write_text(page.replace("</body>", f"{alone}</body>"), "utf-8")
    show(chromium, (tmp_path / "links.html").as_uri(), "phone", "light", scripts=True)
    found = chromium.execute_script(WHERE_LINKS_LEAD, [*links] * 2)
    assert len(found) == 20_000
    for link, (address, attribute, url, ours, theirs) in zip([*links.values()] * 2, found, strict=True):
        assert (address, attribute, url) == (str(link), str(link), link.manifest_url)
        # Of the URL as it was given, Chromium encodes fewer characters.
        assert unquote_to_bytes(ours) == unquote_to_bytes(theirs)


PICTURES = Path(os.environ.get("ITMS_OTA_PICTURES") or Path(__file__).parents[1] / "docs" / "img")


@pytest.mark.parametrize("size", SIZES)
def test_the_documentation_shows_pages_as_they_are(chromium: Any, tmp_path: Path, size: str) -> None:
    if size == "phone":
        file = io.BytesIO(make_ipa())
        build_release(file, "https://apps.example.com/hello/", tmp_path / "out", allow_problems=True, now=DAY)
        page = tmp_path / "out" / "index.html"
    else:
        page = tmp_path / "index.html"
        page.write_text(EXTRA_PAGES["fleet"], "utf-8")
    show(chromium, page.as_uri(), size, "light", scripts=False)
    picture = chromium.get_screenshot_as_png()
    path = PICTURES / f"install-page-{size}.png"
    if "ITMS_OTA_PICTURES" in os.environ:
        path.write_bytes(picture)
    # Another Chromium, or another font, draws other pixels.
    assert read_header(path.read_bytes())[:2] == read_header(picture)[:2]
    assert len(path.read_bytes()) < 150_000


def axe_source() -> str:
    beside_ci = Path(__file__).parents[1] / ".ci" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
    path = Path(os.environ.get("ITMS_OTA_AXE") or beside_ci)
    if not path.exists():
        pytest.skip("there is no axe-core here")
    return path.read_text("utf-8")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(chromium: Any, site: str, name: str, size: str, scheme: str) -> None:
    source = axe_source()
    show(chromium, f"{site}{name}.html", size, scheme, scripts=True)
    assert found_by_axe(chromium, source) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", EXTRA_PAGES)
def test_axe_finds_nothing_in_any_language_nor_in_folds_and_groups(
    chromium: Any, site: str, name: str, scheme: str
) -> None:
    source = axe_source()
    show(chromium, f"{site}{name}.html", "phone", scheme, scripts=True)
    for fold in chromium.find_elements("css selector", "summary"):
        fold.click()
    assert found_by_axe(chromium, source) == []


def found_by_axe(chromium: Any, source: str) -> list[tuple[str, str, str]]:
    """Return the violations that axe finds in the page that is open."""
    chromium.execute_script(source)
    result = chromium.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert result["passes"]
    return [(violation["id"], violation["impact"], violation["nodes"][0]["html"]) for violation in result["violations"]]
