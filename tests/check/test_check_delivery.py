"""How the manifest is served: statuses, redirects, TLS, signed URLs."""

from __future__ import annotations

import gzip
import tracemalloc
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _checking import (
    HTML,
    ICON_PLACE,
    LOGIN,
    PACKAGE_PLACE,
    altered,
    codes,
    run,
    with_manifest,
)
from _deployment import (
    BASE,
    GOOD_TLS,
    ICON,
    IPA,
    MANIFEST_URL,
    NOW,
    Deployment,
    manifest,
    says,
)
from _server import HOST

from itms_ota import InstallLink, Manifest
from itms_ota.errors import FetchError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from itms_ota.remote import Response

# The manifest


@pytest.mark.parametrize("status", [401, 403, 404, 407, 410, 500, 503, 204, 206, 302, 418])
def test_statuses(status: int) -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(status, HTML)
    report = run(deployment)
    assert codes(report) == [("manifest", "http-status", "error")]
    assert f"status {status}" in report.problems[0].message
    assert report.problems[0].message.endswith(f"'Cannot connect to {HOST}'.")
    (step,) = report.steps
    assert step.status == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty-body"),
        (HTML, "web-page"),
        (LOGIN, "login-page"),
        (b'{"error": 1}', "not-a-manifest"),
        (b"PK\3\4 whatever", "not-a-manifest"),
        (manifest().to_plist()[:300], "truncated"),
        (manifest().to_plist() + bytes(8 * 1024 * 1024), "too-large"),
        (manifest().to_plist().replace(b"My App", b"Me & My App"), "bare-ampersand"),
        (manifest().to_plist().replace(b"com.example.myapp", b""), "empty"),
    ],
)
def test_what_comes_in_place_of_a_manifest(body: bytes, code: str) -> None:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", body)
    report = run(deployment)
    assert [problem.code for problem in report.problems if problem.level == "error"][:1] == [code]
    assert not report.ok


def test_all_of_inspect_manifest_is_told() -> None:
    report = run(with_manifest(title="", bundle_version="1.0L"))
    assert codes(report) == [
        ("items[0].metadata.title", "missing", "error"),
        ("items[0].metadata.bundle-version", "odd-version", "warning"),
        ("items[0].metadata.bundle-version", "version-mismatch", "warning"),
    ]
    assert report.problems[1].line is not None


@pytest.mark.parametrize(
    ("path", "content_type", "found"),
    [
        ("/manifest.plist", "text/xml; charset=utf-8", []),
        ("/manifest.plist", "Application/XML", []),
        ("/manifest.plist", "text/plain", [("manifest", "content-type", "warning")]),
        ("/manifest.plist", "", [("manifest", "content-type", "warning")]),
        (IPA, "application/zip", [(PACKAGE_PLACE, "content-type", "warning")]),
        (IPA, "binary/octet-stream", []),
        (ICON, "image/jpeg", [(ICON_PLACE, "content-type", "warning")]),
    ],
)
def test_content_types(path: str, content_type: str, found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    deployment.files[path] = (content_type, deployment.files[path][1])
    assert codes(run(deployment)) == found


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"\x1f\x8b", "gzip"),
        (b"<plist/>", "gzip"),
        (b"", "gzip"),
        (gzip.compress(b"<plist/>", mtime=0)[:-1], "gzip"),
        (gzip.compress(b"<plist/>", mtime=0), "br"),
    ],
)
def test_a_compressed_manifest_that_cannot_be_judged(body: bytes, coding: str) -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(200, body, content_encoding=coding)
    assert codes(run(deployment)) == [("manifest", "content-encoded", "error")]


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_a_compressed_manifest_is_unpacked_as_devices_do(coding: str) -> None:
    deployment = Deployment.healthy()
    body = gzip.compress(manifest().to_plist())
    deployment.special["/manifest.plist"] = says(200, body, content_type="application/xml", content_encoding=coding)
    report = run(deployment)
    assert codes(report) == [("manifest", "content-encoded", "warning")]
    assert len(report.packages) == 1


def test_what_a_compressed_manifest_holds_is_judged() -> None:
    deployment = Deployment.healthy()
    page = gzip.compress(b"<html><body>Please log in</body></html>")
    deployment.special["/manifest.plist"] = says(200, page, content_type="application/xml", content_encoding="gzip")
    assert codes(run(deployment)) == [("manifest", "web-page", "error"), ("manifest", "content-encoded", "warning")]
    bomb = gzip.compress(bytes(100 * 1024 * 1024))
    deployment.special["/manifest.plist"] = says(200, bomb, content_type="application/xml", content_encoding="gzip")
    tracemalloc.start()
    assert not run(deployment).ok
    assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    tracemalloc.stop()


# Redirects


def test_redirects_are_shown_hop_by_hop() -> None:
    deployment = Deployment.healthy()
    deployment.special["/latest"] = says(302, location="/v2?Signature=0123456789abcdef0123456789abcdef")
    deployment.special["/v2?Signature=0123456789abcdef0123456789abcdef"] = says(302, location=f"{BASE}/manifest.plist")
    report = run(deployment, f"{BASE}/latest")
    assert report.problems == ()
    assert (report.steps[0].url, report.steps[0].status) == (f"{BASE}/latest", 200)
    assert report.steps[0].redirects == (f"{BASE}/v2?Signature=0123…", MANIFEST_URL)
    assert f"{BASE}/latest -> {BASE}/v2?Signature=0123… -> {MANIFEST_URL}  200" in str(report)


@pytest.mark.parametrize(
    ("location", "code"),
    [
        (f"http://{HOST}/manifest.plist", "not-https"),
        ("file:///etc/passwd", "not-https"),
        ("/manifest.plist", "redirect-loop"),
        ("https://{{host}}/", "placeholder"),
    ],
)
def test_redirects_that_no_device_follows(location: str, code: str) -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(302, location=location)
    report = run(deployment)
    assert codes(report) == [("manifest", code, "error")]
    assert [step.status for step in report.steps] == [302]


def test_a_redirect_to_a_host_that_fails() -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(302, location="https://gone.example/manifest.plist")

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        if "gone" in url:
            raise FetchError([Problem("", "dns-failure", "No address.")])
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    report = run(deployment, fetch=fetch)
    assert codes(report) == [("manifest", "dns-failure", "error")]
    assert [(step.status, step.redirects) for step in report.steps] == [
        (None, ("https://gone.example/manifest.plist",))
    ]
    assert "no answer" in str(report)


# TLS


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"version": "TLSv1.1", "cipher": "ECDHE-RSA-AES128-SHA"}, [("manifest", "tls-too-old", "error")]),
        (
            {"version": "TLSv1.2", "cipher": "DHE-RSA-AES256-GCM-SHA384"},
            [("manifest", "tls-no-forward-secrecy", "warning")],
        ),
        ({"version": "TLSv1.2", "cipher": "ECDHE-RSA-AES256-GCM-SHA384"}, []),
        ({"not_after": NOW + timedelta(days=13)}, [("manifest", "tls-expires-soon", "warning")]),
        ({"not_after": NOW + timedelta(days=15)}, []),
        ({"not_after": NOW}, [("manifest", "tls-expired", "error")]),
        ({"not_after": None}, []),
    ],
)
def test_what_tls_agreed_on(changes: dict[str, Any], found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    tls = replace(GOOD_TLS, **changes)
    report = run(deployment, fetch=altered(deployment, tls=tls))
    assert codes(report) == found


def test_a_host_of_images_alone_warns() -> None:
    deployment = with_manifest(display_image_url=f"https://images.example{ICON}")
    tls = replace(GOOD_TLS, version="TLSv1")
    report = run(deployment, fetch=altered(deployment, "images", tls=tls))
    assert codes(report) == [(ICON_PLACE, "tls-too-old", "warning")]


# Signed URLs


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        (-1, [("manifest", "signed-url-expired", "error")]),
        (0, [("manifest", "signed-url-expired", "error")]),
        (1, [("manifest", "signed-url-expires-soon", "warning")]),
        (24, [("manifest", "signed-url-expires-soon", "warning")]),
        (25, []),
    ],
)
def test_a_signed_manifest(hours: int, found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    signed = f"/manifest.plist?Expires={int(NOW.timestamp()) + hours * 3600}&Signature=abc&Key-Pair-Id=K"
    deployment.files[signed] = deployment.files["/manifest.plist"]
    assert codes(run(deployment, BASE + signed)) == found


def test_that_a_signature_has_expired_explains_the_refusal() -> None:
    deployment = Deployment.healthy()
    signed = f"/manifest.plist?Expires={int(NOW.timestamp()) - 1}&Signature=abc&AWSAccessKeyId=A"
    deployment.special[signed] = says(403)
    assert codes(run(deployment, BASE + signed)) == [("manifest", "signed-url-expired", "error")]


@pytest.mark.parametrize(
    ("url", "said", "found"),
    [
        # By the clock of now it has expired, and at the time that is asked about it has not.
        ("?Expires=1000000&Signature=abc", "signed-url-expired", ["manifest-outlives-package"]),
        ("/-/blob/App.ipa", "share-page", []),
    ],
)
def test_what_a_manifest_lets_expect_is_not_said_beside_what_came(url: str, said: str, found: list[str]) -> None:
    deployment = with_manifest(url=BASE + IPA + url)
    deployment.files[IPA + url] = deployment.files[IPA]
    manifest = Manifest.from_plist(deployment.files["/manifest.plist"][1])
    assert [problem.code for problem in manifest.problems()] == [said]
    then = datetime.fromtimestamp(0, timezone.utc)
    assert [problem.code for problem in run(deployment, MANIFEST_URL, now=then).problems] == found
    assert run(deployment, manifest, now=then).problems == ()


def test_what_the_address_of_a_manifest_lets_expect_is_not_said_beside_what_came() -> None:
    deployment = Deployment.healthy()
    link = InstallLink(f"{BASE}/a/-/blob/m.plist")
    assert [problem.code for problem in link.problems()] == ["share-page"]
    deployment.files["/a/-/blob/m.plist"] = deployment.files["/manifest.plist"]
    for target in (link, str(link), link.manifest_url):
        assert run(deployment, target).problems == ()
    deployment.special["/a/-/blob/m.plist"] = says(200, HTML, content_type="text/html")
    for target in (link, str(link)):
        assert codes(run(deployment, target)) == [("manifest", "share-page", "error")]


@pytest.mark.parametrize(
    ("manifest_hours", "package_hours", "found"),
    [
        (None, 48, ["manifest-outlives-package"]),
        (72, 48, ["manifest-outlives-package"]),
        (48, 48, []),
        (30, 48, []),
        (None, 2, ["signed-url-expires-soon", "manifest-outlives-package"]),
        (None, -2, ["signed-url-expired"]),
    ],
)
def test_a_manifest_that_outlives_its_package(manifest_hours: int | None, package_hours: int, found: list[str]) -> None:
    def signed(hours: int | None) -> str:
        return "" if hours is None else f"?Expires={int(NOW.timestamp()) + hours * 3600}&Signature=abc"

    deployment = with_manifest(url=BASE + IPA + signed(package_hours))
    deployment.files[IPA + signed(package_hours)] = deployment.files[IPA]
    deployment.files["/manifest.plist" + signed(manifest_hours)] = deployment.files["/manifest.plist"]
    report = run(deployment, MANIFEST_URL + signed(manifest_hours))
    assert [(problem.path, problem.code) for problem in report.problems] == [(PACKAGE_PLACE, code) for code in found]
