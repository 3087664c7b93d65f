"""The level follows what is concerned: the same fault stops an install in one place, and not in another."""

from __future__ import annotations

import io
import plistlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from _checking import HTML, ICON_PLACE, LOGIN, PACKAGE_PLACE, codes
from _deployment import BASE, BIG_ICON, ICON, IPA, MANIFEST_URL, NOW, Deployment, manifest, says
from _make_ipa import INFO, make_png
from _make_png import chunk
from _signing import make_signed_ipa

from itms_ota import inspect_manifest
from itms_ota.check import check
from itms_ota.errors import FetchError, IpaError, Problem
from itms_ota.release import build_release

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from itms_ota.errors import Code
    from itms_ota.remote import Fetch, Response

NETWORK: list[Code] = [
    "dns-failure",
    "refused",
    "unreachable",
    "not-public",
    "timeout",
    "time-limit",
    "byte-limit",
    "connection-dropped",
    "bad-response",
    "tls-self-signed",
    "tls-private-root",
    "tls-unknown-issuer",
    "tls-expired",
    "tls-not-yet-valid",
    "tls-wrong-host",
    "tls-no-common-protocol",
    "tls-failure",
]


def failing(deployment: Deployment, part: str, code: Code) -> Fetch:
    """Make a fetch that fails where the URL has that part."""

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        if part in url:
            raise FetchError([Problem("", code, "It fails.")])
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    return fetch


@pytest.mark.parametrize("code", NETWORK)
@pytest.mark.parametrize(("part", "place", "level"), [(IPA, PACKAGE_PLACE, "error"), (ICON, ICON_PLACE, "warning")])
def test_what_keeps_a_file_from_being_fetched(part: str, place: str, level: str, code: Code) -> None:
    report = check(MANIFEST_URL, fetch=failing(Deployment.healthy(), part, code), now=NOW)
    assert codes(report) == [(place, code, level)]


@pytest.mark.parametrize(
    ("address", "body", "code"),
    [
        ("https://github.com/a/b/blob/main/icon.png", HTML, "share-page"),
        (BASE + ICON, LOGIN, "login-page"),
        (BASE + ICON, HTML, "web-page"),
    ],
)
def test_a_page_in_place_of_a_file(address: str, body: bytes, code: str) -> None:
    target = address.removeprefix("https://github.com").removeprefix(BASE)
    page = {target: says(200, body, content_type="text/html")}
    deployment = Deployment.healthy()
    of_an_image = manifest(display_image_url=address).to_plist()
    deployment.files["/manifest.plist"] = ("application/xml", of_an_image)
    deployment.special = page
    assert codes(check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)) == [(ICON_PLACE, code, "warning")]
    assert codes(check(address, fetch=Deployment({}, page).fetch, now=NOW))[:1] == [("manifest", code, "error")]


def test_an_image_whose_signed_url_has_expired() -> None:
    ended = int((NOW - timedelta(hours=1)).timestamp())
    signed = f"{ICON}?Expires={ended}&Signature=a&Key-Pair-Id=b"
    deployment = Deployment.healthy()
    deployment.files[signed] = deployment.files.pop(ICON)
    deployment.files["/manifest.plist"] = ("application/xml", manifest(display_image_url=BASE + signed).to_plist())
    assert codes(check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)) == [
        (ICON_PLACE, "signed-url-expired", "warning")
    ]


def test_an_odd_image_is_shown_or_not_and_the_check_does_not_say_which() -> None:
    deployment = Deployment.healthy()
    png = deployment.files[ICON][1]
    # 57 x 16 pixels
    deployment.files[BIG_ICON] = ("image/png", png[:20] + b"\0\0\0\x10" + png[24:])
    (problem,) = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW).problems
    assert (problem.code, problem.level) == ("image-not-square", "warning")
    assert problem.message.endswith("57 x 57 and 512 x 512 (Apple's guide).")


@pytest.mark.parametrize(("package", "level"), [("A.ipa", "error"), ("A.pkg", "warning")])
def test_a_kind_that_is_not_software(package: str, level: str) -> None:
    assets = [{"kind": "software-package", "url": f"https://a.example/{package}"}]
    metadata = {"bundle-identifier": "com.example.a", "bundle-version": "1", "kind": "game", "title": "A"}
    report = inspect_manifest(plistlib.dumps({"items": [{"assets": assets, "metadata": metadata}]}))
    assert [(problem.path, problem.level) for problem in report.problems if problem.code == "wrong-kind"] == [
        ("items[0].metadata.kind", level)
    ]


@pytest.mark.usefixtures("trusted")
def test_an_icon_that_is_damaged_in_the_archive_stops_an_install_as_every_other_file_does(tmp_path: Path) -> None:
    comment = chunk("tEXt", b"Comment\0" + bytes(8192))
    icon = make_png(57)[:-12] + comment + make_png(57)[-12:]  # its start is read without its end
    info = {**INFO, "CFBundleIconFiles": ["Icon.png"]}
    ipa = make_signed_ipa(info=info, icons={"Icon.png": icon}, compression=0)
    damaged = ipa.replace(icon, icon[:-1] + b"\0")
    with pytest.raises(IpaError) as caught:
        build_release(io.BytesIO(damaged), "https://a.example/", tmp_path / "out")
    expected = [("Payload/MyApp.app/Icon.png", "damaged-archive", "error")]
    assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == expected
    release = build_release(io.BytesIO(damaged), "https://a.example/", tmp_path / "out", allow_problems=True)
    assert [(problem.path, problem.code, problem.level) for problem in release.problems] == expected
    assert [path.name for path in release.paths] == ["App.ipa", "manifest.plist", "index.html"]
