"""The example apps of docs/examples, by the test clients of their frameworks and over real servers."""

from __future__ import annotations

import asyncio
import csv
import http.client
import importlib.util
import io
import os
import plistlib
import re
import socket
import subprocess
import sys
import time
import types
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from _devices import OLD_UDID, UDID, make_answer, make_content
from _make_ipa import INFO, make_png, make_profile
from _make_signed import sign
from _server import HOST, Server, answer, free_ports, server_program
from _signing import make_signed_ipa, trusting_environment

from itms_ota import InstallLink, Manifest, find_links, inspect_manifest
from itms_ota.ipa import read_ipa
from itms_ota.page import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from _server import Certificates, Request

pytestmark = pytest.mark.usefixtures("trusted")
EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
TOKEN = "a-token-that-nobody-guesses"  # noqa: S105 -- of the tests alone
SETTINGS = {
    "OTA_URL": f"https://{HOST}/",
    "OTA_TOKEN": TOKEN,
    "OTA_UPLOAD_KEY": "upload key",
    "OTA_SECRET": "what signs the links",
}
# What the proxy passes on; it speaks http to the app behind it, whose address is another.
PROXY = {"Host": HOST}
KEY = {"Authorization": "Bearer upload key"}
IPA = make_signed_ipa(
    info={**INFO, "CFBundleDisplayName": "<My> & App", "CFBundleIconFiles": ["Icon.png"]},
    icons={"Icon.png": make_png(120, cgbi=True)},
)
BODY = b'--edge\r\nContent-Disposition: form-data; name="ipa"; filename="App.ipa"\r\n\r\n' + IPA + b"\r\n--edge--\r\n"


@dataclass(frozen=True)
class Answer:
    """What an app answered; names of `headers` are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Give the body as text."""
        return self.body.decode("utf-8")


class Site:
    """An example app: `ask` sends a request by its framework's test client, and `upload` an .ipa.

    The `form` of a request may be another body.
    """

    def __init__(self, ask: Callable[..., Answer]) -> None:
        self.ask = ask

    def upload(self, ipa: bytes = IPA, headers: Mapping[str, str] = KEY) -> Answer:
        """Upload an .ipa."""
        return self.ask("POST", "/upload", headers={**PROXY, **headers}, ipa=ipa)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Fetch something through the proxy."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(method, path, headers={**PROXY, **named})

    def release(self) -> str:
        """Upload the app; give the path of its page."""
        made = self.upload()
        assert (made.status, made.headers["content-type"].partition(";")[0]) == (201, "text/plain"), made.text
        return made.text.strip().removeprefix(f"https://{HOST}")

    def administer(self, path: str, method: str = "POST", **form: str) -> Answer:
        """Do something that needs the key."""
        return self.ask(method, path, headers={**PROXY, **KEY}, form=form)

    def link(self, person: str = "ann") -> tuple[str, str]:
        """Upload the app, and make a person's link to it; give the id of the link and the path of its page."""
        made = self.administer("/links", release=self.release().split("/")[2], person=person)
        assert (made.status, made.headers["content-type"].partition(";")[0]) == (201, "text/plain"), made.text
        key, page = made.text.split()
        return key, page.removeprefix(f"https://{HOST}")

    def counted(self, key: str) -> tuple[str, ...]:
        """Give whether a person's link is revoked, its taps and its downloads."""
        (row,) = [line.split() for line in self.administer("/links", "GET").text.splitlines() if key in line]
        return tuple(row[2:5])


def load(name: str) -> types.ModuleType:
    """Import an example as a reader's own module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def flask_site() -> Site:
    """Give the Flask app."""
    pytest.importorskip("flask")
    client: Any = load("flask_app").app.test_client()

    def ask(
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        ipa: bytes | None = None,
        form: Mapping[str, str] | bytes = {},
    ) -> Answer:
        data: Any = form if ipa is None else {"ipa": (io.BytesIO(ipa), "My App.ipa")}
        with client.open(path, method=method, headers=headers, data=data) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, names, response.data)

    return Site(ask)


def django_site() -> Site:
    """Give the Django app."""
    test = pytest.importorskip("django.test")
    from django.core.files.uploadedfile import SimpleUploadedFile  # type: ignore[import-not-found,unused-ignore]
    from django.core.management import call_command  # type: ignore[import-not-found,unused-ignore]

    load("django_app")
    call_command("migrate", run_syncdb=True, verbosity=0)
    client: Any = test.Client(raise_request_exception=False)

    def ask(
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        ipa: bytes | None = None,
        form: Mapping[str, str] | bytes = {},
    ) -> Answer:
        given: dict[str, Any] = {"data": form} if form else {}
        if ipa is not None:
            given["data"] = {"ipa": SimpleUploadedFile("My App.ipa", ipa)}
        elif isinstance(form, bytes):
            given["content_type"] = headers["Content-Type"]
        response = getattr(client, method.lower())(path, headers=headers, **given)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        response.close()
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)

    return Site(ask)


def fastapi_site() -> Site:
    """Give the FastAPI app."""
    pytest.importorskip("fastapi")
    client: Any = pytest.importorskip("fastapi.testclient").TestClient(
        load("fastapi_app").app, follow_redirects=False, raise_server_exceptions=False
    )

    def ask(
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        ipa: bytes | None = None,
        form: Mapping[str, str] | bytes = {},
    ) -> Answer:
        files = None if ipa is None else {"ipa": ("My App.ipa", ipa)}
        named = {name: value.encode("latin-1") for name, value in headers.items()}
        sent: dict[str, Any] = {"content": form} if isinstance(form, bytes) else {"data": dict(form), "files": files}
        response = client.request(method, path, headers=named, **sent)
        return Answer(response.status_code, response.headers, response.content)

    return Site(ask)


@pytest.fixture(scope="module", params=[flask_site, django_site, fastapi_site])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give each of the apps, or skip where its framework is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        folder = tmp_path_factory.mktemp("store")
        patch.setenv("OTA_STORE", str(folder / "new"))
        patch.setenv("OTA_DATABASE", str(folder / "ota.sqlite3"))
        patch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        yield request.param()


def test_there_is_nothing_before_the_first_upload(site: Site) -> None:
    listed = site.get(f"/{TOKEN}/")
    assert (listed.status, "Nothing yet" in listed.text) == (200, True)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Bearer \xe9"}])
def test_only_who_has_the_key_uploads(site: Site, headers: dict[str, str]) -> None:
    assert site.upload(headers=headers).status == 401


@pytest.mark.parametrize(
    ("ipa", "code"), [(b"no zip", "not-an-archive"), (make_signed_ipa(profile=None), "no-profile")]
)
def test_what_cannot_install_is_refused_with_its_reason(site: Site, ipa: bytes, code: str) -> None:
    refused = site.upload(ipa)
    assert (refused.status, refused.headers["content-type"]) == (422, "text/plain; charset=utf-8")
    assert f"[{code}]" in refused.text


@pytest.mark.parametrize(
    ("key", "value", "path", "code"),
    [
        ("CFBundleDisplayName", "My\x1bApp", "items[0].metadata.title", "not-writable"),
        ("CFBundleIdentifier", "${ID}", "items[0].metadata.bundle-identifier", "placeholder"),
    ],
)
def test_what_no_manifest_can_say_is_refused_when_it_is_uploaded(
    site: Site, key: str, value: str, path: str, code: str
) -> None:
    listed = site.get(f"/{TOKEN}/").text
    profile = make_profile(application_identifier="A1B2C3D4E5.*")
    refused = site.upload(make_signed_ipa(info={**INFO, key: value}, profile=profile))
    assert refused.status == 422
    (problem,) = refused.text.splitlines()
    assert problem.startswith(f"error at {path}: ")
    assert problem.endswith(f"[{code}]")
    assert site.get(f"/{TOKEN}/").text == listed


def test_everything_that_is_wrong_with_an_upload_is_told(site: Site) -> None:
    refused = site.upload(make_signed_ipa(info={**INFO, "CFBundleIdentifier": "${ID}"}, profile=None))
    assert [line.rpartition("[")[2] for line in refused.text.splitlines()] == ["no-profile]", "placeholder]"]


def test_what_changes_is_not_kept_by_caches(site: Site) -> None:
    path = site.release()
    told = {at: site.get(at).headers.get("cache-control") for at in (f"/{TOKEN}/", path, f"{path}manifest.plist")}
    assert told == {f"/{TOKEN}/": "no-cache", path: "no-cache", f"{path}manifest.plist": "no-store"}


def test_an_upload_without_a_file_is_refused(site: Site) -> None:
    for refused in (site.administer("/upload"), site.administer("/upload", ipa="hello")):
        assert told_how(refused) == "Send the .ipa as a file, as in: curl -F ipa=@MyApp.ipa\n"


def told_how(refused: Answer) -> str:
    """Return what an app says of a wrong call."""
    assert (refused.status, refused.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    return refused.text


@pytest.mark.parametrize("site", [fastapi_site], indirect=True)
@pytest.mark.usefixtures("site")
def test_a_body_that_does_not_say_its_length_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = sys.modules["fastapi_app"]
    headers = {**PROXY, **KEY, "Content-Type": "multipart/form-data; boundary=edge"}
    client = pytest.importorskip("fastapi.testclient").TestClient(module.app)

    def upload() -> int:
        status: int = client.post("/upload", headers=headers, content=iter([b"--edge\r\n", BODY[8:]])).status_code
        return status

    monkeypatch.setattr(module, "LARGEST_UPLOAD", len(BODY))
    assert upload() == 201
    monkeypatch.setattr(module, "LARGEST_UPLOAD", len(BODY) - 1)
    assert upload() == 413


def test_an_empty_file_is_called_empty(site: Site) -> None:
    refused = site.upload(b"")
    assert refused.status == 422, refused.text
    assert "The file is empty." in refused.text


def test_a_release_is_shown_and_its_link_leads_to_the_manifest(site: Site) -> None:
    path = site.release()
    assert re.fullmatch(f"/{TOKEN}/[0-9a-f-]{{36}}/", path)
    page = site.get(path)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "set-cookie" not in page.headers
    (link,) = find_links(page.text)
    assert (link.link, link.problems) == (InstallLink(f"https://{HOST}{path}manifest.plist"), ())
    assert "<bdi>&lt;My&gt; &amp; App</bdi>" in page.text
    assert 'src="icon.png"' in page.text

    sent = site.get(f"{path}manifest.plist")
    assert (sent.status, sent.headers["content-type"]) == (200, "application/xml")
    report = inspect_manifest(sent.body)
    assert report.problems == ()
    assert report.manifest is not None
    assert read_ipa(io.BytesIO(IPA)).compare(report.manifest, verify_hashes=True) == ()
    assert [asset.url for asset in report.manifest.items[0].assets] == [
        f"https://{HOST}{path}app.ipa", *[f"https://{HOST}{path}icon.png"] * 2
    ]  # fmt: skip

    icon = site.get(f"{path}icon.png")
    assert (icon.status, icon.headers["content-type"]) == (200, "image/png")
    assert icon.body == read_ipa(io.BytesIO(IPA)).icon_png()


def test_the_page_warns_in_another_app(site: Site) -> None:
    page = site.get(site.release(), user_agent="Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 Instagram 1.0")
    assert "Instagram" in page.text
    assert page.headers["vary"] == "User-Agent, Accept-Language"


def test_the_page_is_in_the_language_of_its_reader(site: Site) -> None:
    path = site.release()
    assert '<html lang="en" ' in site.get(path).text
    page = site.get(path, accept_language="sv, de-CH;q=0.9, en;q=0.5")
    assert '<html lang="de" ' in page.text
    assert ">Installieren<" in page.text
    assert page.headers["vary"] == "User-Agent, Accept-Language"


def test_all_versions_are_listed(site: Site) -> None:
    paths = [site.release(), site.release()]
    listed = site.get(f"/{TOKEN}/").text
    links = {str(report.link) for report in find_links(listed) if report.ok}
    for path in paths:
        assert f'<a href="{path}">&lt;My&gt; &amp; App 1.2.3</a>' in listed
        link = InstallLink(f"https://{HOST}{path}manifest.plist")
        assert str(link) in links
        assert link.to_html("Install") in listed


def test_the_short_address_redirects_to_the_link_as_it_is(site: Site) -> None:
    path = site.release()
    redirect = site.get(f"{path}install")
    assert redirect.status == 302
    assert redirect.headers["location"] == str(InstallLink(f"https://{HOST}{path}manifest.plist"))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(IPA)),
        ("bytes=-10", len(IPA) - 10, len(IPA)),
        (f"bytes=5-{10**15}", 5, len(IPA)),
    ],
)
def test_the_package_is_sent_in_parts(site: Site, asked: str, start: int, end: int) -> None:
    part = site.get(f"{site.release()}app.ipa", range=asked)
    assert part.status == 206
    assert part.body == IPA[start:end]
    assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(IPA)}"
    assert part.headers["content-length"] == str(end - start)
    assert part.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_package_is_sent_whole(site: Site, method: str) -> None:
    whole = site.get(f"{site.release()}app.ipa", method)
    assert (whole.status, whole.headers["content-length"]) == (200, str(len(IPA)))
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "application/octet-stream"
    assert whole.body == (IPA if method == "GET" else b"")


def test_a_download_goes_on_only_while_the_file_is_the_same(site: Site) -> None:
    package = f"{site.release()}app.ipa"
    etag = site.get(package).headers["etag"]
    assert site.get(package, range="bytes=5-9", if_range=etag).body == IPA[5:10]
    changed = site.get(package, range="bytes=5-9", if_range='"other"')
    assert (changed.status, changed.body) == (200, IPA)


@pytest.mark.parametrize("asked", [f"bytes={len(IPA)}-", f"bytes={10**15}-{10**16}"])
def test_a_part_beyond_the_end_is_refused(site: Site, asked: str) -> None:
    refused = site.get(f"{site.release()}app.ipa", range=asked)
    assert (refused.status, refused.headers["content-range"]) == (416, f"bytes */{len(IPA)}")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-4", (0, 5)),
        ("bytes=-200", (0, 100)),
        ("bytes=-0", (100, 100)),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("items=0-4", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
@pytest.mark.parametrize("site", [django_site], indirect=True)
@pytest.mark.usefixtures("site")
def test_django_reads_ranges_as_the_standard_says(asked: str, expected: tuple[int, int] | None) -> None:
    request = types.SimpleNamespace(headers={"Range": asked})
    assert sys.modules["django_app"].asked_range(request, 100, '"etag"') == expected


@pytest.mark.parametrize("path", ["", "manifest.plist", "app.ipa", "icon.png", "install", "check"])
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    assert site.get(f"/{TOKEN}/00000000-0000-4000-8000-000000000000/{path}").status == 404
    assert site.get(f"{site.release().replace(TOKEN, 'guess')}{path}").status == 404


def test_an_app_without_an_icon_has_none(site: Site) -> None:
    path = site.upload(make_signed_ipa()).text.strip().removeprefix(f"https://{HOST}")
    assert site.get(f"{path}icon.png").status == 404
    assert "<img" not in site.get(path).text
    manifest = Manifest.from_plist(site.get(f"{path}manifest.plist").body)
    assert [asset.kind for asset in manifest.items[0].assets] == ["software-package"]


def test_no_url_is_made_of_a_foreign_host(site: Site) -> None:
    path = site.release()
    assert site.ask("GET", path, headers={"Host": "other.example"}).status == 400
    forged = {"X-Forwarded-Host": "other.example", "X-Forwarded-Proto": "http", "Forwarded": "host=other.example"}
    for name in ("", "manifest.plist"):
        told = site.ask("GET", path + name, headers={**PROXY, **forged}).text
        assert f"https://{HOST}{path}" in told.replace("<wbr>", "")
        assert "other.example" not in told


def test_an_address_without_its_slash_leads_to_the_page_over_https(site: Site) -> None:
    for page in (f"/{TOKEN}/", DEVICE, site.release(), site.link()[1]):
        redirect = site.get(page[:-1], x_forwarded_proto="http")
        assert redirect.status in (301, 307, 308)
        assert redirect.headers["location"] in (page, f"https://{HOST}{page}")
    led = site.get(f"//other.example/{TOKEN}", x_forwarded_proto="http").headers.get("location", "/")
    assert re.match(f"/(?!/)|https://{re.escape(HOST)}/", led)


def test_head_is_answered_as_get_is(site: Site) -> None:
    key, path = site.link()
    profile = f"{DEVICE}profile.mobileconfig?name=Ann"
    for at in (f"/{TOKEN}/", DEVICE, f"{DEVICE}done", profile, *(path + name for name in NAMES)):
        head, whole = site.get(at, "HEAD"), site.get(at)
        assert (head.status, head.body) == (whole.status, b"")
        assert head.headers.get("content-type") == whole.headers.get("content-type")
    assert site.counted(key) == ("False", "1", "1")


def test_a_person_has_a_link_of_their_own(site: Site) -> None:
    key, path = site.link()
    page = site.get(path)
    (link,) = find_links(page.text)
    assert (link.link, link.problems) == (InstallLink(f"https://{HOST}{path}manifest.plist"), ())
    assert TOKEN not in page.text
    assert "set-cookie" not in page.headers
    sent = site.get(f"{path}manifest.plist")
    assert sent.headers["cache-control"] == "no-store"
    manifest = Manifest.from_plist(sent.body)
    assert [asset.url for asset in manifest.items[0].assets] == [
        f"https://{HOST}{path}app.ipa", *[f"https://{HOST}{path}icon.png"] * 2
    ]  # fmt: skip
    package = site.get(f"{path}app.ipa")
    assert (package.body, package.headers["cache-control"]) == (IPA, "private")
    assert site.get(f"{path}icon.png").status == 200
    assert site.get(f"{path}install").headers["location"] == str(link.link)
    assert site.get(f"{path}check").status == 404
    assert key


def test_what_is_done_with_a_persons_link_is_counted(site: Site) -> None:
    key, path = site.link()
    assert site.counted(key) == ("False", "0", "0")
    site.get(path)
    site.get(f"{path}manifest.plist")
    assert site.counted(key) == ("False", "1", "0")
    site.get(f"{path}app.ipa", "HEAD")
    site.get(f"{path}app.ipa", range="bytes=100-199")
    assert site.counted(key) == ("False", "1", "0")
    site.get(f"{path}app.ipa")
    site.get(f"{path}app.ipa", range="bytes=0-99")
    assert site.counted(key) == ("False", "1", "2")
    other, _ = site.link("ben")
    assert site.counted(other) == ("False", "0", "0")


def test_a_name_is_one_row_of_the_list(site: Site) -> None:
    key, _ = site.link("ann\n00000000-0000-4000-8000-000000000000 x False 9 9\u2028eve \x1b[2J")
    listed = site.administer("/links", "GET").text
    (row,) = [line for line in listed.splitlines() if key in line]
    assert row.endswith(" ann 00000000-0000-4000-8000-000000000000 x False 9 9 eve [2J")
    assert [line for line in listed.splitlines() if line.startswith("00000000-")] == []


NAMES = ["", "manifest.plist", "app.ipa", "icon.png", "install"]


def test_a_revoked_link_leads_nowhere(site: Site) -> None:
    key, path = site.link()
    other, kept = site.link("ben")
    assert site.administer(f"/links/{key}/revoke").status == 204
    assert [site.get(path + name).status for name in NAMES] == [404] * 5
    assert (site.counted(key)[0], site.counted(other)[0]) == ("True", "False")
    assert site.get(kept).status == 200


def test_a_link_ends_and_cannot_be_forged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = site.link()
    signed = path.split("/")[2]
    # The last letter of a signature has bits that stand for nothing.
    first = max(signed.rfind("."), signed.rfind(":")) + 1
    other = signed[:first] + ("A" if signed[first] != "A" else "B") + signed[first + 1 :]
    forged = [other, signed.split(".")[0], "x", f"{signed}.x"]
    assert [site.get(f"/for/{one}/{name}").status for one in forged for name in NAMES] == [404] * 20
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7 * 24 * 3600 - 60)
    assert site.get(path).status == 200
    monkeypatch.setattr(time, "time", lambda: now + 7 * 24 * 3600 + 60)
    assert [site.get(path + name).status for name in NAMES] == [404] * 5


def test_only_who_has_the_key_makes_lists_and_revokes_links(site: Site) -> None:
    key, path = site.link()
    form = {"release": site.release().split("/")[2]}
    for method, at in (("POST", "/links"), ("GET", "/links"), ("POST", f"/links/{key}/revoke")):
        assert site.ask(method, at, headers={**PROXY, "Authorization": "Bearer other"}, form=form).status == 401
    assert site.get(path).status == 200


MISSING = " is missing or empty. Set it, as the first lines of the app's file show."


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"OTA_URL": f"http://{HOST}"}, "[not-https]"),
        ({"OTA_URL": f"https://{HOST}/apps/"}, "ValueError: OTA_URL has more than a host and a port. "),
        ({"OTA_URL": ""}, f"ValueError: OTA_URL{MISSING}"),
        ({"OTA_TOKEN": ""}, f"ValueError: OTA_TOKEN{MISSING}"),
        ({"OTA_UPLOAD_KEY": " "}, f"ValueError: OTA_UPLOAD_KEY{MISSING}"),
        ({"OTA_SECRET": ""}, f"ValueError: OTA_SECRET{MISSING}"),
    ],
)
@pytest.mark.parametrize("name", ["flask", "django", "fastapi"])
def test_settings_that_cannot_be_used_are_refused_at_the_start(
    name: str, settings: dict[str, str], told: str, tmp_path: Path
) -> None:
    pytest.importorskip(name)
    environment = {
        **trusting_environment(tmp_path / "trust"),
        **SETTINGS,
        **settings,
        "OTA_STORE": str(tmp_path / "store"),
    }
    command = [sys.executable, str(EXAMPLES / f"{name}_app.py")]
    started = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert started.returncode == 1
    assert told in started.stderr


# The UDIDs of devices

DEVICE = f"/{TOKEN}/device/"
HEADER = ["Device ID", "Device Name", "Device Platform"]


def challenge_for(site: Site, name: str = "Ann's iPhone") -> str:
    """Download the profile that asks a device for its UDID, and give its challenge."""
    sent = site.get(f"{DEVICE}profile.mobileconfig?{urlencode({'name': name})}")
    assert (sent.status, sent.headers["content-type"].partition(";")[0]) == (200, "application/x-apple-aspen-config")
    assert sent.headers["cache-control"] == "no-store"
    profile = plistlib.loads(sent.body)
    assert (profile["PayloadOrganization"], profile["PayloadIdentifier"]) == (HOST, "com.example.apps.register")
    assert profile["PayloadContent"]["URL"] == f"https://{HOST}{DEVICE}answer"
    assert profile["PayloadContent"]["DeviceAttributes"] == ["UDID"]
    challenge: str = profile["PayloadContent"]["Challenge"]
    return challenge


def post(site: Site, body: bytes) -> Answer:
    """Send what a device sends."""
    headers = {**PROXY, "Content-Type": "application/pkcs7-signature", "User-Agent": "Profile/1.0"}
    return site.ask("POST", f"{DEVICE}answer", headers=headers, form=body)


def listed(site: Site) -> list[list[str]]:
    """Read the list of devices, as programs do that register them."""
    sent = site.administer("/devices", "GET")
    assert (sent.status, sent.headers["cache-control"]) == (200, "no-store")
    assert sent.headers["content-type"].partition(";")[0] == "text/tab-separated-values"
    return [*csv.reader(io.StringIO(sent.text, newline=""), delimiter="\t", strict=True)]


def test_a_device_is_registered_and_forgotten(site: Site) -> None:
    page = site.get(DEVICE)
    assert page.status == 200
    assert '<form action="profile.mobileconfig">' in page.text
    told = post(site, make_answer(CHALLENGE=challenge_for(site)))
    assert (told.status, told.headers["location"]) == (301, f"https://{HOST}{DEVICE}done")
    assert "Thank you" in site.get(f"{DEVICE}done").text
    assert post(site, make_answer(CHALLENGE=challenge_for(site, "B. Ünal, iPad"), UDID=OLD_UDID)).status == 301
    assert listed(site) == [HEADER, [UDID, "Ann's iPhone", "ios"], [OLD_UDID, "B. Ünal, iPad", "ios"]]
    # A device that is registered again has the newer name.
    assert post(site, make_answer(CHALLENGE=challenge_for(site, "Zoe's iPhone"))).status == 301
    assert listed(site) == [HEADER, [OLD_UDID, "B. Ünal, iPad", "ios"], [UDID, "Zoe's iPhone", "ios"]]
    assert [site.administer("/devices/forget", udid=udid).status for udid in (UDID, OLD_UDID, UDID)] == [204, 204, 404]
    assert listed(site) == [HEADER]


def test_what_no_device_of_ours_sent_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = challenge_for(site)
    body = make_answer(CHALLENGE=challenge)
    for bad, code in (
        (b"", "not-an-answer"),
        (make_content(CHALLENGE=challenge), "not-an-answer"),
        (body.replace(UDID.encode(), UDID[:-1].encode() + b"F"), "answer-changed"),
        (sign(make_content(CHALLENGE=challenge)), "device-not-verified"),
    ):
        refused = post(site, bad)
        assert (refused.status, f"[{code}]" in refused.text) == (422, True)
    assert post(site, make_answer(EXTRA="x" * 3_000_000, CHALLENGE=challenge)).status in (400, 413, 422)
    for forged in ("Ann's iPhone", f"{challenge[:-2]}AA", f"Eve{challenge[3:]}", None):
        assert post(site, make_answer(CHALLENGE=forged)).status == 404
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3660)
    assert post(site, body).status == 404
    assert listed(site) == [HEADER]


@pytest.mark.parametrize("name", ["", " ", "a\tb", "a\r\nb", 'the "new" one', "a\x1bb"])
def test_a_name_that_cannot_stand_in_the_list_is_refused(site: Site, name: str) -> None:
    refused = site.get(f"{DEVICE}profile.mobileconfig?{urlencode({'name': name})}")
    assert (refused.status, "[bad-device-name]" in refused.text) == (422, True)
    assert site.get(f"{DEVICE}profile.mobileconfig").status == 422


def test_only_who_has_the_key_sees_and_forgets_devices(site: Site) -> None:
    for method, path in (("GET", "/devices"), ("POST", "/devices/forget")):
        assert site.ask(method, path, headers=PROXY, form={"udid": UDID}).status == 401


def test_a_link_needs_a_release(site: Site) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert site.administer("/links", release=unknown).status == 404
    for form in ({"release": "../.."}, {}):
        refused = site.administer("/links", **form)
        assert told_how(refused) == "Name the release by its id, as in: curl -F release=… -F person=ann\n"
    assert site.administer(f"/links/{unknown}/revoke").status == 404
    assert site.administer("/links/ann/revoke").status == 404


def test_who_forgets_a_device_names_it(site: Site) -> None:
    assert told_how(site.administer("/devices/forget")) == "Name the device by its UDID, as in: curl -F udid=…\n"


def test_no_request_reads_the_package_again(site: Site) -> None:
    path = site.release()
    folder = Path(os.environ["OTA_STORE"], path.split("/")[2])
    (folder / "app.ipa").rename(folder / "away")
    assert site.get(f"/{TOKEN}/").status == 200
    assert [site.get(path + name).status for name in ("", "manifest.plist", "icon.png", "install")] == [200] * 3 + [302]


@pytest.mark.parametrize(("ok", "status"), [(True, 200), (False, 503)])
def test_the_app_checks_its_own_deployment(
    site: Site, monkeypatch: pytest.MonkeyPatch, status: int, *, ok: bool
) -> None:
    calls: list[tuple[InstallLink, dict[str, Any]]] = []

    class Report:
        def __init__(self) -> None:
            self.ok = ok

        def __str__(self) -> str:
            return "the report"

    def check(target: InstallLink, **options: Any) -> Report:
        calls.append((target, options))
        return Report()

    room = types.ModuleType("itms_ota.check")
    room.check = check  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "itms_ota.check", room)
    path = site.release()
    told = site.get(f"{path}check")
    assert (told.status, told.text) == (status, "the report\n")
    assert calls == [(InstallLink(f"https://{HOST}{path}manifest.plist"), {"public_only": True})]


def test_a_device_could_install_from_it(site: Site, certificates: Certificates) -> None:
    check = pytest.importorskip("itms_ota.check").check
    path = site.release()

    def proxy(request: Request) -> Iterator[bytes]:
        headers = {name: value for name, value in request.headers.items() if name in ("range", "user-agent")}
        got = site.get(request.target, request.method, **headers)
        named = {name: value for name, value in got.headers.items() if name != "content-length"}
        length = got.headers.get("content-length", str(len(got.body)))
        yield answer(got.body, f"{got.status} Told", **{**named, "content_length": length})

    served = certificates.issue(f"embedding-{'-'.join(path.split('/'))[-20:]}")
    with Server(proxy, served.server_context()) as server:
        report = check(
            InstallLink(f"https://{HOST}{path}manifest.plist"),
            verify_hashes=True,
            tls_context=certificates.root.client_context(),
            connect_to=server.connect_to,
        )
    assert report.problems == (), str(report)
    assert [step.status for step in report.steps] == [200, 200, 206, 200, 200]


@pytest.mark.parametrize(
    ("framework", "server"),
    [("flask", "flask"), ("flask", "gunicorn"), ("django", "django"), ("django", "gunicorn"), ("fastapi", "uvicorn")],
)
def test_it_works_in_a_server_process_of_its_own(framework: str, server: str, tmp_path: Path) -> None:
    pytest.importorskip(framework)
    pytest.importorskip(server)
    (port,) = map(str, free_ports(1))
    documented = ["-m", *documented_start(framework)]
    command = {
        "flask": ["-m", "flask", "--app", str(EXAMPLES / "flask_app.py"), "run", "--port", port],
        "django": [str(EXAMPLES / "django_app.py"), "runserver", "--noreload", f"127.0.0.1:{port}"],
        "uvicorn": [*documented, "--app-dir", str(EXAMPLES), "--port", port],
        "gunicorn": [*documented, "--bind", f"127.0.0.1:{port}", "--chdir", str(EXAMPLES)],
    }[server]
    database = str(tmp_path / "ota.sqlite3")
    environment = {
        **trusting_environment(tmp_path / "trust"),
        **SETTINGS,
        "OTA_STORE": str(tmp_path / "store"),
        "OTA_DATABASE": database,
    }
    if framework == "django":
        migrate = [sys.executable, str(EXAMPLES / "django_app.py"), "migrate", "--run-syncdb"]
        subprocess.run(migrate, env=environment, check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(int(port))
            with an_upload_that_goes_on(int(port)):  # which keeps nobody waiting
                led_to, link = ask_over_the_network(int(port))
            assert led_to == link
            # Told before the body is there: nobody without the key fills the disk.
            form = {"Content-Type": "multipart/form-data; boundary=edge", "Content-Length": str(5 * 1024**3)}
            for path in ("/upload", "/links", f"/links/{uuid.uuid4()}/revoke", "/devices/forget"):
                assert ask_port(int(port), "POST", path, None, **form).status == 401
            if framework != "django":  # whose proxy has the limit
                assert ask_port(int(port), "POST", "/upload", None, **KEY, **form).status == 413
        finally:
            process.terminate()


def documented_start(framework: str) -> list[str]:
    """Read how an app is started from its first lines and from the page, which say the same."""
    example = (EXAMPLES / f"{framework}_app.py").read_text("utf-8")
    start: str = re.findall("(?:gunicorn --|uvicorn ).*?_app(?::app)?", example)[0]
    assert f"`{start}`" in (EXAMPLES.parent / "embedding.md").read_text("utf-8")
    return start.split()


@contextmanager
def an_upload_that_goes_on(port: int) -> Generator[None]:
    """Send all of an upload but its last bytes, and these at the end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    form = {"Content-Type": "multipart/form-data; boundary=edge", "Content-Length": str(len(BODY))}
    connection.request("POST", "/upload", BODY[:-10], {**PROXY, **KEY, **form})
    yield
    connection.send(BODY[-10:])
    assert connection.getresponse().status == 201
    connection.close()


def test_nginx_sends_the_package_of_the_flask_app(tmp_path: Path) -> None:
    pytest.importorskip("flask")
    nginx = server_program("nginx")
    port, behind = map(str, free_ports(2))
    (block,) = re.findall(
        r"^```nginx\n(.*?)^```$", (EXAMPLES.parent / "embedding.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for documented, here in (("127.0.0.1:8000", f"127.0.0.1:{behind}"), ("/srv/releases/", f"{tmp_path}/store/")):
        assert documented in block
        block = block.replace(documented, here)
    temporary = "".join(f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; master_process off; pid pid; error_log stderr; events {{}} http {{ access_log off; {temporary}"
        f"server {{ listen 127.0.0.1:{port}; {block} }} }}"
    )
    environment = {
        **trusting_environment(tmp_path / "trust"),
        **SETTINGS,
        "OTA_STORE": str(tmp_path / "store"),
        "OTA_ACCEL": "/stored/",
    }
    flask = [sys.executable, "-m", "flask", "--app", str(EXAMPLES / "flask_app.py"), "run", "--port", behind]
    quiet = subprocess.DEVNULL
    with (
        subprocess.Popen(flask, env=environment, stdout=quiet, stderr=quiet) as app,
        subprocess.Popen([nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=quiet) as proxy,
    ):
        try:
            wait_for(int(behind))
            led_to, link = ask_over_the_network(int(port))
            assert led_to == link
            release = urlsplit(InstallLink.from_url(link).manifest_url).path.split("/")[2]
            package = f"/{TOKEN}/{release}/app.ipa"
            assert ask_port(int(behind), "GET", package).body == b""  # it is nginx that sends it
            sent = ask_port(int(port), "GET", package)
            assert (sent.headers["content-type"], sent.headers["cache-control"]) == (
                "application/octet-stream", "private"
            )  # fmt: skip
            assert ask_port(int(port), "GET", f"/stored/{release}/app.ipa").status == 404
            assert ask_port(int(port), "GET", "/stored/links.sqlite3").status == 404
        finally:
            app.terminate()
            proxy.terminate()


def wait_for(port: int) -> None:
    """Wait until a server listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)


def ask_port(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """Send a request to a server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {**PROXY, **headers})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()


def ask_over_the_network(port: int) -> tuple[str, str]:
    """Upload an app to a server, and fetch what a device would; return where a tap leads, and the page's link."""
    ask = partial(ask_port, port)
    wait_for(port)
    form = {"Content-Type": "multipart/form-data; boundary=edge"}
    made = ask("POST", "/upload", BODY, **KEY, **form)
    assert made.status == 201, made.text
    path = made.text.strip().removeprefix(f"https://{HOST}")
    (link,) = find_links(ask("GET", path).text)
    assert link.device_url == f"https://{HOST}{path}manifest.plist"
    manifest = Manifest.from_plist(ask("GET", f"{path}manifest.plist").body)
    package = manifest.items[0].package
    assert package is not None
    target = package.url.removeprefix(f"https://{HOST}")
    assert ask("GET", target).body == IPA
    assert ask("HEAD", target).headers["content-length"] == str(len(IPA))
    part = ask("GET", target, Range="bytes=10-19")
    assert (part.status, part.body) == (206, IPA[10:20])
    return ask("GET", f"{path}install").headers["location"], str(link.link)


LINK = InstallLink("https://apps.example.com/manifest.plist")
IN_HREF = (
    '<a href="itms-services://?action=download-manifest&amp;url=https%3A%2F%2Fapps.example.com%2Fmanifest.plist">'
    "Install</a>"
)


def test_jinja_escapes_the_link_and_leaves_what_is_marked_as_safe() -> None:
    environment = pytest.importorskip("jinja2").Environment(autoescape=True)

    def render(text: str) -> str:
        rendered: str = environment.from_string(text).render(link=LINK)
        return rendered

    assert render('<a href="{{ link }}">Install</a>') == IN_HREF == LINK.to_html("Install")
    assert render('{{ link.to_html("Install")|safe }}') == IN_HREF
    assert render('{{ link.to_html("Install") }}').startswith("&lt;a href=&#34;itms-services://?action=")
    environment.autoescape = False
    assert render('<a href="{{ link|e }}">Install</a>') == IN_HREF


def test_django_escapes_the_link_and_leaves_what_is_marked_as_safe() -> None:
    template = pytest.importorskip("django.template")
    engine = template.Engine()

    def render(text: str) -> str:
        context = template.Context({"link": LINK, "button": LINK.to_html("Install")})
        rendered: str = engine.from_string(text).render(context)
        return rendered

    assert render('<a href="{{ link }}">Install</a>') == IN_HREF
    assert render("{{ button|safe }}") == IN_HREF
    assert render("{{ button }}").startswith("&lt;a href=&quot;itms-services://?action=")
    assert render("{{ link.to_html }}") == ""


def test_the_starlette_app_of_the_documentation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("starlette")
    page = (EXAMPLES.parent / "embedding.md").read_text("utf-8")
    (source,) = re.findall(r"^```python3\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "embedding.md", "exec", dont_inherit=True), names)  # noqa: S102 -- the page is our own
    monkeypatch.chdir(tmp_path)
    (tmp_path / "MyApp.ipa").write_bytes(IPA)

    def get(path: str, **headers: str) -> Answer:
        return asyncio.run(ask_by_asgi(names["app"], path, {"host": HOST, **headers}))

    sent = get("/manifest.plist")
    package = Manifest.from_plist(sent.body).items[0].package
    assert package is not None
    assert (package.url, sent.headers["content-type"]) == (f"https://{HOST}/MyApp.ipa", "application/xml")
    part = get("/MyApp.ipa", range="bytes=3-8")
    assert (part.status, part.body, part.headers["content-type"]) == (206, IPA[3:9], "application/octet-stream")
    redirect = get("/install", host="other.example")
    assert (redirect.status, redirect.headers["location"]) == (302, str(LINK))
    assert get("/manifest.plist", host="other.example").body == sent.body


async def ask_by_asgi(app: Any, path: str, headers: Mapping[str, str]) -> Answer:
    """Send a request as an ASGI server does."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "server": ("127.0.0.1", 8000),
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[dict[str, Any]] = []

    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, incoming.get, send)  # which waits once it is empty, as for a client that stays
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], names, b"".join(message.get("body", b"") for message in sent))
