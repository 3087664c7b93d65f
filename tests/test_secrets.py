"""Secrets in URLs: planted in every form into everything that takes one, and looked for in everything that is shown.

All but `str(link)`, `to_plist`, `to_html` and pages, which carry URLs by purpose.
"""

from __future__ import annotations

import base64
import io
import json
import plistlib
from contextlib import suppress
from functools import cache
from html import unescape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

import pytest
from _deployment import BASE, IPA, MANIFEST_URL, NOW, Deployment, manifest
from _make_ipa import make_ipa, make_profile
from _signing import make_signed_ipa

from itms_ota import Asset, Checksum, InstallLink, Item, Manifest, Metadata, find_links, inspect_link, inspect_manifest
from itms_ota._cli import _main, main
from itms_ota.check import check
from itms_ota.errors import FetchError, ItmsError, Problem
from itms_ota.ipa import read_ipa
from itms_ota.page import App, install_page
from itms_ota.profile import ProvisioningProfile
from itms_ota.release import build_release
from itms_ota.remote import Response, open_url

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterator, Mapping, Sequence

PLANTED = "hunter2pass"
USERS = [
    "https://user:*@a.example/m",
    "https://user:*@a.example:99999/m",
    "https://user:*@a.example:port/m",
    "https://*@a.example/m",
    "https://user:*@/m",
    "https://user:*@[::1/m",
    "https://user:a/*@a.example/m",
    "https://user:1/*@a.example/m",
    "https://user:a?*@a.example/m",
    "https://user:a#*@a.example/m",
    "https://user:a b*@a.example/m",
    "https://user:a@b*@a.example/m",
    "https://user:ü*@a.example/m",
    "https://user:it's*@a.example/m",
    "https://user:\ud800*@a.example/m",
    "https://user:a%2F*@a.example/m",
    "https://user:*",
    "http://user:*@a.example/m",
    "ftp://user:*@a.example/m",
    "//user:*@a.example/m",
    "user:*@a.example/m",
    "https:/user:*@a.example/m",
    "https:user:*@a.example/m",
    "https:\\\\user:*@a.example\\m",
    "https%3A%2F%2Fuser%3A*%40a.example%2Fm",
    "https%253A%252F%252Fuser%253A*%2540a.example%252Fm",
    "https://https://user:*@a.example/m",
    "https://good.example\\@user:*@a.example/m",
    " https://user:*@a.example/m",
    "https://user:*@${HOST}/m",
]
NAMES = [
    *(
        "token",
        "access_token",
        "api_key",
        "key",
        "sig",
        "signature",
        "Signature",
        "password",
        "passwd",
        "pwd",
        "secret",
    ),
    *("auth", "authorization", "jwt", "credential", "session", "code", "X-Amz-Signature", "X-Amz-Security-Token"),
    *("user[token]", "PHPSESSID"),
]
QUERIES = [
    *(f"https://a.example/m?v=1&{name}=*" for name in NAMES),
    "https://a.example/m?token=*&v=1",
    "https://a.example/m?token%3D*",
    "https://a.example/m;jsessionid=*",
    "https://a.example/m#*",
    "https://a.example/m#access_token=*",
    "https://a.example/m?x=1#a#*",
    "http://a.example/m?token=*",
    "https://a.example/{{ x }}?token=*",
    "https://a.example/m?next=https%3A%2F%2Fb.example%2F%3Ftoken%3D*",
    "https://intranet/m?token=*",
    "a.example/m?token=*",
    "/m?token=*",
]
TOKENS = {
    "https://a.example/*/m.plist": "0123456789abcdef",
    "https://a.example/d/*.plist": "a1b2c3d4e5f60718",
    "https://a.example/*.ipa": "Zx9Kq3Lm7Pw2Rt5V",
    "https://a.example/*/m": "550e8400-e29b-41d4-a716-446655440000",
    "https://a.example/x/*/m": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123",
    "https://a.example/m?*": "0123456789abcdef0123456789abcdef",
    "https://a.example/m?x=*": "a-long-value-of-words",
    "https://a.example/m?Expires=1700000000&Policy=*": "eyJTdGF0ZW1lbnQiOltdfQ__",
    "https://a.example:99999/*/m": "AbC-dEf_123xyz-98Qw",
    "//a.example/*/m": "0123456789abcdef",
}
FORMS = [*((form, PLANTED) for form in (*USERS, *QUERIES)), *TOKENS.items()]


def test_there_are_sixty_forms() -> None:
    assert len(FORMS) >= 60


@pytest.fixture(params=FORMS, ids=lambda form: ascii(form[0]))
def planted(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Give a URL that holds a secret, and the secret."""
    form, secret = request.param
    return form.replace("*", secret), secret


def leaks(secret: str, *shown: object) -> list[str]:
    """Give what stands around the secret in what was shown, be it encoded or escaped."""
    assert secret
    text = "\n".join(map(str, shown))
    places = ((seen, seen.find(secret)) for seen in (text, unescape(unquote(unquote(text)))))
    return [seen[max(0, place - 200) : place + 80] for seen, place in places if place >= 0]


def all_of(value: Any) -> list[object]:
    """Give everything that shows a value: a report, a link, an exception."""
    shown: list[object] = [repr(value)]
    if type(value) is not InstallLink:
        shown.append(str(value))
    for name in ("_repr_html_", "to_dict", "problems"):
        # A manifest's is for tools, and carries URLs whole, as its property list does.
        part: Any = () if (type(value), name) == (Manifest, "to_dict") else getattr(value, name, ())
        shown.append(part() if callable(part) else part)
    return [*shown, *map(str, cast("tuple[object, ...]", shown[-1])), json.dumps(shown[-2], ensure_ascii=False)]


def outcome(action: Callable[..., object], *arguments: object, **options: object) -> Any:
    """Give what comes of it: the value, or the exception of the library."""
    try:
        return action(*arguments, **options)
    except (ItmsError, TypeError) as error:
        return error


def refusal(action: Callable[..., object], *arguments: object, **options: object) -> Exception | None:
    """Give the exception alone: the value carries URLs by purpose."""
    found = outcome(action, *arguments, **options)
    return found if isinstance(found, Exception) else None


def links(url: str) -> Iterator[str]:
    once = quote(url, safe="", errors="surrogatepass")
    prefix = "itms-services://?action=download-manifest&url="
    yield url
    yield from (prefix + url, prefix + once, prefix + quote(once, safe=""), quote(prefix + once, safe=""))
    yield from (f"itms-services:{url}?action=download-manifest", f"itms-services://?action={url}&url=x")
    yield from (
        f"{prefix}https://b.example/m&url={url}",
        f"{prefix}{prefix}{url}",
        f"{prefix}{url}'.$x",
        f"Open {url}!",
    )
    yield from (f"itms-services://?action=download-manifest;url={once};", f"{prefix}{url}#x", f"//?url={url}")


def test_links(planted: tuple[str, str]) -> None:
    url, secret = planted
    for text in links(url):
        report = inspect_link(text)
        assert not leaks(secret, *all_of(report), *all_of(report.link))
        assert not leaks(secret, *all_of(outcome(InstallLink.from_url, text)))
    made = outcome(InstallLink, url)
    assert not leaks(secret, *all_of(made))
    assert not isinstance(made, InstallLink) or str(made).isascii()
    for wrong in (url.encode("utf-8", "replace"), [url], {url: 1}):
        assert not leaks(secret, outcome(InstallLink, wrong))


@pytest.mark.dear
def test_pages_that_hold_links(planted: tuple[str, str]) -> None:
    url, secret = planted
    found = 0
    for link in links(url):
        for page in (f'<a href="{link}">', f"[x]({link})", json.dumps({"url": link}), f"GET {link} 200"):
            reports = find_links(page)
            assert not leaks(secret, *(shown for report in reports for shown in all_of(report)))
            found += len(reports)
    assert found >= 4


def app(url: object) -> dict[str, Any]:
    return {"url": url, "bundle_identifier": "com.example.a", "bundle_version": "1", "title": "A"}


def plist(url: object, **others: object) -> dict[str, object]:
    assets = [{"kind": "software-package", "url": url}, {"kind": "display-image", "url": url, "x": url}]
    metadata = {"bundle-identifier": "com.example.a", "title": "A", "bundle-version": "1", "kind": "software", **others}
    return {"items": [{"assets": assets, "metadata": metadata}]}


@pytest.mark.dear
def test_manifests(planted: tuple[str, str]) -> None:
    url, secret = planted
    url = url.replace("\ud800", "x")
    sound = plistlib.dumps(plist(url))
    files = [
        sound,
        plistlib.dumps(plist(url), fmt=plistlib.FMT_BINARY),
        sound.replace(b"&amp;", b"&"),
        sound.replace(b"<plist", b"<plist><string>"),
        url.encode() + b"\n" + sound,
        sound.replace(b"</array>", url.replace("&", "&amp;").encode() + b"</array>"),
        sound.replace(b"<string>software<", f"<integer>{url}<".replace("&", "&amp;").encode()),
        plistlib.dumps({"items": [url]}),
        plistlib.dumps({url: 1}),
        plistlib.dumps(plist([url])),
        *(plistlib.dumps(plist("https://a.example/A.ipa", **{key: url})) for key in ("title", "subtitle", "kind")),
        *(
            plistlib.dumps(plist("https://a.example/A.ipa", **{key: url}))
            for key in ("bundle-identifier", "bundle-version")
        ),
        url.encode(),
        f'{{"error": "{url}"}}'.encode(),
        f"<html>{url}".encode(),
    ]
    for data in files:
        report = inspect_manifest(data)
        assert not leaks(secret, *all_of(report), *all_of(report.manifest), *all_of(outcome(Manifest.from_plist, data)))


def test_what_makes_manifests(planted: tuple[str, str]) -> None:
    url, secret = planted
    asset = Asset(kind="software-package", url=url, extra={"other": [url]})
    image = Asset(kind=url, url="https://a.example/a.png", variant_ids=(url,))
    metadata = Metadata(bundle_identifier="a.b", title="A", subtitle=url, extra={"x": {"y": url}})
    made = Manifest(items=(Item(assets=(asset, image), metadata=metadata),))
    assert not leaks(
        secret,
        *all_of(asset),
        *all_of(image),
        *all_of(metadata),
        *all_of(made),
        *all_of(refusal(made.to_plist)),
        *all_of(refusal(made.to_dict)),
        *all_of(refusal(Manifest.from_dict, made._to_plist())),
    )
    other = Manifest.for_app(**app("https://a.example/A.ipa"))
    for change in (*made.changes(other), *other.changes(made)):
        assert not leaks(secret, *all_of(change))
    assert not leaks(secret, *all_of(outcome(made.with_package, url)), *all_of(outcome(other.with_package, url)))
    assert not leaks(secret, *all_of(outcome(Manifest.for_app, **app(url))))
    assert not leaks(secret, *all_of(outcome(Item.for_app, **app("https://a.example/A.ipa"), display_image_url=url)))
    wrong = url.encode("utf-8", "replace")
    for refused in (
        outcome(Manifest.for_app, **app(wrong)),
        outcome(Asset, kind="k", url=wrong),
        outcome(Asset, kind="k", url="u", extra={wrong: 1}),
        outcome(Asset, kind="k", url="u", variant_ids=wrong),
        outcome(Metadata, bundle_identifier="a", title=wrong),
        outcome(other.with_package, wrong),
        outcome(other.with_package, "u", [wrong]),
        outcome(Manifest.from_dict, wrong),
        outcome(Manifest.from_dict, {"items": {1, url}}),
        outcome(Manifest.from_dict, {wrong: 1}),
        outcome(other.changes, wrong),
    ):
        assert isinstance(refused, TypeError)
        assert not leaks(secret, refused)


def answering(*answers: Response | Problem) -> Callable[..., Response]:
    """Make a fetch that gives these, one after another, and the last one again and again."""
    left = list(answers)

    def fetch(_method: str, _url: str, _headers: Mapping[str, str], _timeout: float, _most: int, /) -> Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Problem):
            raise FetchError([answer])
        return answer

    return fetch


def answers(url: str) -> Iterator[tuple[Response | Problem, ...]]:
    """Give what servers answer; in some of it the secret comes back."""
    url = url.replace("\ud800", "x")
    page = Response(200, {"Content-Type": "text/html"}, b"<html><input type=password>" + url.encode())
    yield (Response(404, {}, b""),)
    yield (Response(401, {}, b""),)
    yield (Response(302, {"Location": url}, b""), Response(403, {}, b""))
    yield (Response(302, {"Location": url}, b""), page)
    yield (Response(302, {"Location": f"{url}]"}, b""), Response(500, {}, b""))
    yield (Response(302, {"Location": "https://a.example/"}, b""),)
    yield (page,)
    yield (Response(200, {"Content-Encoding": "gzip"}, b"x"),)
    yield (Response(206, {"Content-Range": "bytes 0-0/*"}, b"x"),)
    yield (Response(206, {"Content-Range": "bytes 5-6/9", "Content-Type": url}, b"x"),)
    yield (Response(200, {"Content-Type": url}, plistlib.dumps(plist(url))),)
    yield (Problem("", "tls-self-signed", "The certificate of 'a.example' is self-signed."),)


@pytest.mark.dear
def test_check(planted: tuple[str, str]) -> None:
    url, secret = planted
    link = f"itms-services://?action=download-manifest&url={quote(url, safe='', errors='replace')}"
    for target in (url, link):
        for given in answers(url):
            report = check(target, fetch=answering(*given), now=NOW)
            assert not leaks(secret, *all_of(report), *report.steps, *map(repr, report.steps), *map(repr, given))
    for given in answers(url):
        assert not leaks(secret, *all_of(check(MANIFEST_URL, fetch=answering(*given), now=NOW)))
    asset = Asset(kind="software-package", url=url)
    item = Item(assets=(asset,), metadata=Metadata(bundle_identifier="a.b", title="A"))
    assert not leaks(secret, *all_of(check(Manifest(items=(item,)), fetch=Deployment.healthy().fetch, now=NOW)))
    assert not leaks(secret, outcome(check, [url]), outcome(check, MANIFEST_URL, connect_to=url))


def test_remote_files(planted: tuple[str, str]) -> None:
    url, secret = planted
    for address in (url, "https://a.example/App.ipa"):
        for given in answers(url):
            assert not leaks(secret, *all_of(outcome(open_url, address, fetch=answering(*given))))


def test_where_a_packages_url_is_signed() -> None:
    signed = f"?X-Amz-Date=20260504T110000Z&X-Amz-Expires=9999&X-Amz-Signature={PLANTED}"
    deployment = Deployment.healthy()
    deployment.files[IPA + signed] = deployment.files[IPA]
    deployment.files["/manifest.plist"] = ("application/xml", manifest(url=BASE + IPA + signed).to_plist())
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)
    assert [problem.code for problem in report.problems] == ["signed-url-expires-soon", "manifest-outlives-package"]
    assert len(report.packages) == 1
    assert not leaks(PLANTED, *all_of(report))


def test_pages(planted: tuple[str, str]) -> None:
    url, secret = planted
    link = InstallLink("https://a.example/m")
    for shown in (
        refusal(install_page, [], page_url=url),
        refusal(install_page, [], qr=url),
        outcome(App, title="A", link=link, icon=url),
        outcome(App, title="A", link=link, icon=f"data:{url}"),
        outcome(App, title="A", link=url),
        outcome(App, title="A", link=f"itms-services://?action=download-manifest&url={url}"),
        outcome(App, title="A", link=link, notes=url),
    ):
        assert not leaks(secret, *all_of(shown))


PACKAGE = make_signed_ipa()


def test_releases(planted: tuple[str, str], tmp_path: Path) -> None:
    url, secret = planted
    for base in (url, f"{url}/"):
        made = outcome(build_release, io.BytesIO(PACKAGE), base, tmp_path / "out", replace=True, now=NOW)
        assert not leaks(secret, *all_of(made))


class Offline:
    """A network that is not there."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, *_: object) -> Response:
        """Answer that nothing is there."""
        return Response(404, {}, b"")

    def another(self) -> Offline:
        """Give the same."""
        return self

    def close(self) -> None:
        """Do nothing."""


MORE: tuple[tuple[str, ...], ...] = ((), ("--show-personal",))
PARSER = cache(_main._parser)


def parser(form: str, arguments: Sequence[str]) -> ArgumentParser:
    """Return the parser that was made for an earlier call: nothing that is planted has a part in it, and it is dear."""
    return PARSER(form, tuple(name for name in _main._COMMANDS if name in arguments))


@pytest.mark.dear
@pytest.mark.usefixtures("trusted")
def test_the_command_line(
    planted: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, secret = planted
    url = url.replace("\ud800", "x")
    monkeypatch.setattr("itms_ota._http._network.Network", Offline)
    monkeypatch.setattr(_main, "_parser", parser)
    monkeypatch.chdir(tmp_path)
    Path("manifest.plist").write_bytes(plistlib.dumps(plist(url)))
    Path("page.html").write_text(f'<a href="itms-services://?action=download-manifest&url={url}">', "utf-8")
    Path("App.ipa").write_bytes(PACKAGE)
    Path("App.mobileprovision").write_bytes(plistlib.dumps({"Name": url, "TeamName": url, "Platform": [url]}))
    line = (
        f'installd: com.apple.appstored/1.0 GET /m.plist failed: Error Domain=a.New Code=7 "{url}" 0xe80090ff ({url})'
    )
    asked = json.dumps({"method": "GET", "uri": f"/m.plist?{url}", "status": 404, "user_agent": "itunesstored/1"})
    Path("device.log").write_text(f"{line}\n{asked}\n", "utf-8")
    link = f"itms-services://?action=download-manifest&url={url}"
    others = ["--bundle-identifier", "a.b", "--bundle-version", "1", "--title", "A"]
    calls: list[list[str]] = []
    for form in ("text", "json"):
        wanted = ["--format", form]
        calls += [["inspect", *wanted, target] for target in ("manifest.plist", "page.html", link, url)]
        calls += [["check", *wanted, target] for target in (link, url)]
        calls += [["profile", *wanted, target] for target in ("App.mobileprovision", url)]
        calls += [["explain-log", *wanted, *more, target] for more in MORE for target in ("device.log", url)]
    for form in ("json", "github", "sarif"):
        wanted = ["--format", form]
        calls += [["inspect", *wanted, "manifest.plist", "page.html", link, url], ["ipa", *wanted, "App.ipa", url]]
        calls += [["explain-log", *wanted, "device.log", url]]
        calls += [["inspect", *wanted, f"--{url}"], ["check", *wanted, f"--cafile={url}", "https://a.example/m"]]
    calls += [
        ["explain", url],
        ["check", link, url],
        ["build", "App.ipa", "--base-url", "https://a.example/", "--out", "out", "--replace", f"--qr={url}"],
        ["build", "App.ipa", "--base-url", url, "--out", "out", "--replace", "--format", "github"],
        ["manifest", f"--url={url}", *others],
        ["manifest", "--url=https://a.example/A.ipa", f"--display-image-url={url}", *others],
        ["manifest", "--url=https://a.example/A.ipa", f"--ipa={url}"],
        ["link", url],
        ["link", "https://a.example/m", url],
        ["link", "https://a.example/m", "--html", "x", f"--{url}"],
        ["build", "App.ipa", "--base-url", url, "--out", "out"],
        ["build", url, "--base-url", "https://a.example/", "--out", "out"],
        ["ipa", url],
        ["check", "https://a.example/m", f"--connect-to={url}"],
        ["check", "https://a.example/m", f"--cafile={url}"],
        ["check", "https://a.example/m", f"--timeout={url}"],
        [url],
    ]
    for arguments in calls:
        with suppress(SystemExit):  # a wrong call
            main(arguments)
        out, err = capsys.readouterr()
        assert not leaks(secret, err)
        # What these write carries the URL by purpose; of a build that is the last line alone.
        if arguments[0] not in {"link", "manifest"}:
            assert not leaks(secret, out.rpartition("\nitms-services://")[0] if arguments[0] == "build" else out)


SECRET_URL = "https://me:hunter2pass@a.example/m?token=hunter2pass"  # noqa: S105 -- planted


@pytest.mark.parametrize(
    "refused",
    [
        lambda: read_ipa(SECRET_URL),
        lambda: build_release(SECRET_URL, "https://a.example/", "out"),
        lambda: Checksum.of(SECRET_URL),
        lambda: Checksum("sha256", SECRET_URL),  # type: ignore[arg-type]
        lambda: Checksum(SECRET_URL, ("a",)),  # type: ignore[arg-type]
        lambda: App(title="x", link=InstallLink("https://a.example/m"), profile_kind=SECRET_URL),  # type: ignore[arg-type]
        lambda: InstallLink(PurePosixPath(SECRET_URL)),  # type: ignore[arg-type]
    ],
)
def test_a_url_in_place_of_another_argument_is_refused_without_its_secrets(refused: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        refused()
    assert "hunter2pass" not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    "raw",
    [
        {"items": [], SECRET_URL: 1},
        {"items": [{"assets": [{SECRET_URL: 1}], "metadata": {SECRET_URL: {"x": "a"}}, SECRET_URL: [1]}]},
    ],
)
def test_a_key_that_is_a_url_shows_no_secret_in_a_path(raw: dict[str, Any]) -> None:
    report = inspect_manifest(plistlib.dumps(raw))
    assert len(report.problems) > 1
    manifest = Manifest(items=(), extra={SECRET_URL: {"x": "a\x1b"}})
    with pytest.raises(ItmsError) as caught:
        manifest.to_plist(validate=False)
    shown = (str(report), repr(report), report._repr_html_(), str(manifest.problems()), str(caught.value))
    assert "hunter2pass" not in "".join(shown)


def test_reports_of_apps(planted: tuple[str, str]) -> None:
    url, secret = planted
    url = url.replace("\ud800", "x")
    said = {"CFBundleName": url, "CFBundleShortVersionString": url, "Odd": {url: [url, url.encode()]}}
    profile = make_profile(Name=url, TeamName=url, Odd=[url], Entitlements={"x": url, url: "x"})
    report = read_ipa(io.BytesIO(make_ipa(info={"CFBundleIdentifier": "a.b", **said}, profile=profile))).report(now=NOW)
    data = report.to_dict()
    assert leaks(secret, *all_of(report), report._repr_html_(), data, *map(repr, decoded(data))) == []


def decoded(data: Any) -> Iterator[bytes]:
    """Yield the data in a dictionary of a report."""
    values = cast("dict[str, Any]", data) if isinstance(data, dict) else dict(enumerate(cast("list[Any]", data)))
    for key, part in values.items():
        if key == "$data":
            yield base64.b64decode(part)
        elif isinstance(part, (dict, list)):
            yield from decoded(part)


def test_what_an_app_and_its_profile_say_of_themselves() -> None:
    info = {"CFBundleIdentifier": "a.b", "CFBundleName": SECRET_URL, "CFBundleShortVersionString": SECRET_URL}
    profile = ProvisioningProfile.from_bytes(plistlib.dumps({"Name": SECRET_URL, "TeamName": SECRET_URL}))
    ipa = read_ipa(io.BytesIO(make_ipa(info=info)))
    assert "hunter2pass" not in repr(ipa) + repr(profile)
    assert ipa.display_name == SECRET_URL
