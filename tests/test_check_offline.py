"""The check, with a fetch that stands in for the network."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import (
    BASE,
    BIG_ICON,
    GOOD_TLS,
    ICON,
    IPA,
    MANIFEST_URL,
    NOW,
    Deployment,
    manifest,
    says,
)
from _make_ipa import DEVICES, INFO, make_ipa, make_png, make_profile
from _server import HOST

from itms_ota import Checksum, InstallLink, Manifest
from itms_ota.check import CheckReport, check
from itms_ota.errors import FetchError, Problem
from itms_ota.remote import Fetch, Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LINK = str(InstallLink(MANIFEST_URL))
PACKAGE_PLACE = "items[0].assets[0].url"
ICON_PLACE = "items[0].assets[1].url"
HTML = b"<!DOCTYPE html><html><body>Hello</body></html>"
LOGIN = b"<html><form method=post><input name=p type='password'></form></html>"


def run(deployment: Deployment, target: InstallLink | Manifest | str = MANIFEST_URL, **options: Any) -> CheckReport:
    arguments: dict[str, Any] = {"fetch": deployment.fetch, "now": NOW, **options}
    return check(target, **arguments)


def altered(deployment: Deployment, part: str = "", **changes: Any) -> Fetch:
    """Make a fetch whose responses have these fields, where the URL has that part."""

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        response = deployment.fetch(method, url, headers, timeout, max_bytes)
        return replace(response, **changes) if part in url else response

    return fetch


def codes(report: CheckReport) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.code, problem.level) for problem in report.problems]


def with_manifest(**changes: Any) -> Deployment:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", manifest(**changes).to_plist(validate=False))
    return deployment


def with_package(package: bytes, content_type: str = "application/octet-stream") -> Deployment:
    deployment = Deployment.healthy()
    deployment.files[IPA] = (content_type, package)
    return deployment


@pytest.mark.parametrize(
    "target",
    [
        MANIFEST_URL,
        f"  {MANIFEST_URL}\n",
        f"\ufeff{MANIFEST_URL}\u200b",
        "HTTPS://Apps.Example.com:443/manifest.plist",
        LINK,
        LINK.replace("%3A%2F%2F", "://").replace("%2F", "/"),
        f"Install from {LINK} today",
        InstallLink(MANIFEST_URL),
    ],
    ids=str,
)
def test_a_healthy_deployment(target: InstallLink | str) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target, udid=DEVICES[0])
    assert (report.ok, report.problems) == (True, ())
    assert report.manifest == manifest()
    assert [(ipa.bundle_identifier, ipa.size) for ipa in report.packages] == [
        ("com.example.myapp", len(deployment.files[IPA][1]))
    ]
    assert [(step.method, step.url, step.status, step.content_type, step.redirects) for step in report.steps] == [
        ("GET", MANIFEST_URL, 200, "application/xml", ()),
        ("HEAD", BASE + IPA, 200, "application/octet-stream", ()),
        ("GET", BASE + IPA, 206, "application/octet-stream", ()),
        ("GET", BASE + ICON, 200, "image/png", ()),
        ("GET", BASE + BIG_ICON, 200, "image/png", ()),
    ]
    sizes = {path: len(body) for path, (_, body) in deployment.files.items()}
    assert [step.length for step in report.steps] == [
        sizes[path] for path in ("/manifest.plist", IPA, IPA, ICON, BIG_ICON)
    ]
    assert all(step.tls == GOOD_TLS for step in report.steps)


def test_a_manifest_that_is_not_served_yet() -> None:
    report = run(Deployment.healthy(), manifest())
    assert (report.problems, len(report.steps)) == ((), 4)
    assert report.next_steps[0].endswith("The manifest's host would like to install the app.")


def test_requests_name_themselves() -> None:
    deployment, names = Deployment.healthy(), set[str]()

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        names.add(headers["User-Agent"])
        assert "Cookie" not in headers
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    run(deployment, fetch=fetch)
    assert names == {"itms_ota"}
    names.clear()
    run(deployment, fetch=fetch, user_agent="com.apple.appstored/1.0 iOS/26.1")
    assert names == {"com.apple.appstored/1.0 iOS/26.1"}


# The link and the manifest's address


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("", [("link", "not-a-link", "error")]),
        ("apps.example.com/manifest.plist", [("link", "not-a-link", "error")]),
        ("http://apps.example.com/manifest.plist", [("manifest", "not-https", "error")]),
        ("file:///etc/passwd", [("manifest", "not-https", "error")]),
        ("https://localhost/manifest.plist", [("manifest", "loopback-host", "error")]),
        ("https://{{host}}/manifest.plist", [("manifest", "placeholder", "error")]),
        (
            "https://me:pw@localhost/manifest.plist",
            [("manifest", "credentials", "error"), ("manifest", "loopback-host", "error")],
        ),
        (LINK.replace("https", "http"), [("link.url", "not-https", "error")]),
        (LINK.replace("apps.example.com", "127.0.0.1"), [("link.url", "loopback-host", "error")]),
        ("itms-services://?action=download-manifest", [("link.url", "missing", "error")]),
    ],
)
def test_addresses_that_lead_nowhere(target: str, found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target)
    assert codes(report) == found
    assert (report.steps, report.manifest, report.next_steps, deployment.requests) == ((), None, (), [])


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (LINK.replace("&url", "&amp;amp;url"), [("link", "double-escaped", "error")]),
        (LINK.replace("://?", ":///?"), [("link", "slashes", "warning")]),
        (LINK.replace("%", "%25"), [("link.url", "double-encoded", "error")]),
        (LINK.replace("apps.", "me:pw%40apps."), [("link.url", "credentials", "warning")]),
        (MANIFEST_URL.replace("apps.", "me:pw@apps."), [("manifest", "credentials", "warning")]),
    ],
)
def test_links_are_followed_to_where_they_were_meant_to_lead(target: str, found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target)
    assert codes(report) == found
    assert len(report.steps) == 5


def test_what_the_device_asks_for_is_what_is_fetched() -> None:
    deployment = Deployment.healthy()
    run(deployment, f"itms-services://?action=download-manifest&url={BASE}/a%2Fb.plist")
    assert deployment.requests == [("GET", "/a/b.plist")]


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.1.1", "mac.local", "intranet"])
def test_hosts_that_only_some_networks_know(host: str) -> None:
    deployment = Deployment.healthy()
    assert codes(run(deployment, f"https://{host}/manifest.plist")) == [("manifest", "private-host", "warning")]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.1.2.3:443", [("manifest", "private-host", "warning")]),
        ("[fe80::1]:443", [("manifest", "private-host", "warning")]),
        ("127.0.1.1:443", [("manifest", "loopback-host", "warning")]),
        ("[2606:4700::1]:443", []),
        ("a socket", []),
        (None, []),
    ],
)
def test_names_that_lead_to_private_addresses(address: str | None, found: list[tuple[str, str, str]]) -> None:
    assert codes(run(Deployment.healthy(), fetch=altered(Deployment.healthy(), address=address))) == found


def test_replaced_addresses_are_not_judged() -> None:
    report = run(
        Deployment.healthy(),
        fetch=altered(Deployment.healthy(), address="127.0.0.1:8443"),
        connect_to={f"{HOST.upper()}:443": "127.0.0.1:8443"},
    )
    assert report.problems == ()


def test_addresses_in_brackets() -> None:
    report = run(
        Deployment.healthy(),
        "https://[2606:4700::1]/manifest.plist",
        fetch=altered(Deployment.healthy(), address="[2606:4700::1]:443"),
    )
    assert report.problems == ()
    assert report.next_steps[0].endswith("'2606:4700::1' would like to install the app.")


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


def test_a_compressed_manifest_cannot_be_judged() -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(200, b"\x1f\x8b", content_encoding="gzip")
    assert codes(run(deployment)) == [("manifest", "content-encoded", "error")]


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


# The package


@pytest.mark.parametrize(
    ("package", "found"),
    [
        (b"", [(PACKAGE_PLACE, "empty-body")]),
        (HTML, [(PACKAGE_PLACE, "web-page")]),
        (HTML + b"<p>" * 600_000, [(PACKAGE_PLACE, "web-page")]),
        (LOGIN, [(PACKAGE_PLACE, "login-page")]),
        (b"\x89PNG" + bytes(99), [(PACKAGE_PLACE, "not-an-archive")]),
        (make_ipa()[:-50], [(PACKAGE_PLACE, "damaged-archive")]),
        (make_ipa(profile=None), [("Payload/MyApp.app/embedded.mobileprovision", "no-profile")]),
        (
            make_ipa(profile=make_profile("app-store")),
            [("Payload/MyApp.app/embedded.mobileprovision", "app-store-profile")],
        ),
        (
            make_ipa(info={**INFO, "CFBundleIdentifier": "com.example.other"}),
            [
                ("Payload/MyApp.app/embedded.mobileprovision Entitlements.application-identifier", "profile-mismatch"),
                ("items[0].metadata.bundle-identifier", "bundle-identifier-mismatch"),
            ],
        ),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else value[0][1],
)
def test_packages_that_do_not_install(package: bytes, found: list[tuple[str, str]]) -> None:
    report = run(with_package(package))
    assert codes(report) == [(path, code, "error") for path, code in found]
    assert report.next_steps == ()


def test_the_device_and_the_date_count() -> None:
    deployment = with_package(make_ipa(profile=make_profile("ad-hoc", expires=datetime(2026, 5, 10))))  # noqa: DTZ001 -- plistlib
    assert codes(run(deployment)) == [
        ("Payload/MyApp.app/embedded.mobileprovision ExpirationDate", "profile-expires-soon", "warning")
    ]
    report = run(deployment, udid="f" * 40, now=datetime(2026, 6, 1, tzinfo=timezone.utc))
    assert [problem.code for problem in report.problems] == ["profile-expired", "device-not-in-profile"]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_a_package_that_is_refused(status: int) -> None:
    deployment = Deployment.healthy()
    deployment.special[IPA] = says(status)
    report = run(deployment)
    assert codes(report) == [(PACKAGE_PLACE, "http-status", "error")]
    assert f"status {status}" in report.problems[0].message
    assert "'Unable to Download App'" in report.problems[0].message
    assert [(step.method, step.status) for step in report.steps[1:3]] == [("HEAD", status), ("GET", status)]


def ignoring_ranges(package: bytes) -> Deployment:
    deployment = with_package(package)
    deployment.special[IPA] = lambda method, _: (
        200,
        {"Content-Type": "application/octet-stream", "Content-Length": str(len(package))},
        package if method == "GET" else b"",
    )
    return deployment


def test_no_ranges() -> None:
    report = run(ignoring_ranges(make_ipa()))
    assert codes(report) == [(PACKAGE_PLACE, "no-ranges", "warning")]
    assert len(report.packages) == 1


def test_no_ranges_of_a_large_package() -> None:
    large = make_ipa(files={"Payload/MyApp.app/data": random.Random(1).randbytes(2_000_000)})
    report = run(ignoring_ranges(large))
    assert codes(report) == [(PACKAGE_PLACE, "no-ranges", "warning")]
    assert "could not be looked at" in report.problems[0].message
    assert report.packages == ()
    assert "confirm the question" in report.next_steps[0]


def head_says(status: int, **headers: str) -> Deployment:
    deployment = Deployment.healthy()
    package = deployment.files.pop(IPA)
    deployment.files["/hidden"] = package
    plain = Deployment({IPA: package})

    def special(method: str, given: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        if method == "HEAD":
            return status, {name.replace("_", "-"): value for name, value in headers.items()}, b""
        return plain.serve(method, IPA, given)

    deployment.special[IPA] = special
    return deployment


@pytest.mark.parametrize(
    ("deployment", "code"),
    [
        (head_says(403), "head-refused"),
        (head_says(405), "head-refused"),
        (head_says(302, location="http://plain.example/"), "head-refused"),
        (head_says(200), "no-length"),
        (head_says(200, content_length="12"), "length-mismatch"),
    ],
)
def test_what_head_says(deployment: Deployment, code: str) -> None:
    report = run(deployment)
    assert codes(report) == [(PACKAGE_PLACE, code, "warning")]
    assert report.ok


@pytest.mark.parametrize(
    ("answer", "code", "level"),
    [
        (says(206, b"hello", content_range="bytes 0-4/*"), "no-length", "warning"),
        (says(206, b"hello", content_range="bytes 3-7/90"), "wrong-range", "error"),
        (says(200, b"\x1f\x8b", content_encoding="gzip"), "content-encoded", "error"),
        (says(200, HTML, content_encoding="gzip"), "web-page", "error"),
    ],
)
def test_what_a_package_cannot_be_read_by(answer: Any, code: str, level: str) -> None:
    deployment = Deployment.healthy()
    deployment.special[IPA] = answer
    assert codes(run(deployment)) == [(PACKAGE_PLACE, code, level)]


def test_packages_at_addresses_that_are_none_are_not_asked_for() -> None:
    deployment = with_manifest(url=f"http://{HOST}{IPA}", display_image_url="data:image/png;base64,AAAA")
    report = run(deployment)
    assert codes(report) == [(PACKAGE_PLACE, "not-https", "error"), (ICON_PLACE, "not-https", "warning")]
    assert deployment.requests == [("GET", "/manifest.plist"), ("GET", BIG_ICON)]


def test_an_address_that_devices_refuse_is_looked_at_as_it_was_meant() -> None:
    raw = manifest().to_plist().replace(b"/MyApp.ipa", b"/My App.ipa")
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", raw)
    deployment.files["/My%20App.ipa"] = deployment.files[IPA]
    report = run(deployment)
    assert codes(report) == [(PACKAGE_PLACE, "whitespace", "error")]
    assert len(report.packages) == 1


# Hashes


def chunked(package: bytes, size: int) -> Checksum:
    return Checksum.of(io.BytesIO(package), chunk_size=size)


def test_hashes_are_compared_when_asked_for() -> None:
    package = make_ipa(
        files={"Payload/MyApp.app/data": random.Random(2).randbytes(300_000)}, compression=zipfile.ZIP_STORED
    )
    deployment = with_manifest(checksums=[chunked(package, 50_000)])
    deployment.files[IPA] = ("application/octet-stream", package)
    done: list[tuple[int, int]] = []

    def progress(count: int, size: int) -> None:
        done.append((count, size))

    report = run(deployment, verify_hashes=True, progress=progress)
    assert report.problems == ()
    assert done[-1] == (len(package), len(package))
    assert [count for count, _ in done] == sorted(count for count, _ in done)
    assert [step.method for step in report.steps if step.url.endswith(".ipa")] in (
        ["HEAD", "GET"],
        ["HEAD", "GET", "GET"],
    )

    other = bytearray(package)
    other[120_000] ^= 1
    deployment.files[IPA] = ("application/octet-stream", bytes(other))
    assert run(deployment).problems == ()
    done.clear()
    assert codes(run(deployment, verify_hashes=True)) == [("items[0].assets[0].sha256s", "hash-mismatch", "error")]
    assert done == []


def test_a_package_is_downloaded_once_to_be_hashed() -> None:
    package = make_ipa(
        files={"Payload/MyApp.app/data": random.Random(4).randbytes(25_000_000)}, compression=zipfile.ZIP_STORED
    )
    deployment = with_manifest(checksums=[chunked(package, 10 * 1024 * 1024)])
    deployment.files[IPA] = ("application/octet-stream", package)
    sent = 0

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        nonlocal sent
        response = deployment.fetch(method, url, headers, timeout, max_bytes)
        sent += len(response.body)
        return response

    assert run(deployment, fetch=fetch, verify_hashes=True).problems == ()
    assert len(package) < sent < len(package) + 1024 * 1024


def test_a_package_that_changes_while_it_is_hashed() -> None:
    package = make_ipa(
        files={"Payload/MyApp.app/data": random.Random(3).randbytes(900_000)}, compression=zipfile.ZIP_STORED
    )
    deployment = with_manifest(checksums=[chunked(package, 100_000)])
    deployment.files[IPA] = ("application/octet-stream", package)

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        response = deployment.fetch(method, url, headers, timeout, max_bytes)
        if deployment.requests.count(("GET", IPA)) > 2:
            response = Response(response.status, {**response.headers, "ETag": '"2"'}, response.body)
        return response

    report = run(deployment, fetch=fetch, verify_hashes=True)
    assert codes(report) == [(PACKAGE_PLACE, "changed", "error")]


def without_validator(deployment: Deployment, change: int | None = None) -> Fetch:
    """Make a fetch of a server that sends no ETag; from that range of the package on it has other bytes."""
    ranges = 0

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        nonlocal ranges
        response = deployment.fetch(method, url, headers, timeout, max_bytes)
        body = response.body
        if "Range" in headers:
            ranges += 1
            if change is not None and ranges >= change:
                body = bytes(byte ^ 1 for byte in body)
        given = {name: value for name, value in response.headers.items() if name != "etag"}
        return replace(response, headers=given, body=body)

    return fetch


def large_package() -> bytes:
    return make_ipa(
        files={"Payload/MyApp.app/data": random.Random(7).randbytes(900_000)}, compression=zipfile.ZIP_STORED
    )


def test_a_package_that_nothing_identifies() -> None:
    deployment = with_package(large_package())
    report = run(deployment, fetch=without_validator(deployment))
    assert codes(report) == [(PACKAGE_PLACE, "no-validator", "warning")]
    assert report.ok
    small = Deployment.healthy()
    assert run(small, fetch=without_validator(small)).problems == ()


@pytest.mark.parametrize("change", [2, 3])
def test_a_package_that_nothing_identifies_and_that_changes(change: int) -> None:
    deployment = with_package(large_package())
    report = run(deployment, fetch=without_validator(deployment, change))
    assert codes(report)[0] == (PACKAGE_PLACE, "changed", "error")


def test_a_package_that_is_joined_only_to_be_hashed() -> None:
    package = large_package()
    deployment = with_manifest(checksums=[chunked(package, 100_000)])
    deployment.files[IPA] = ("application/octet-stream", package)
    report = run(deployment, fetch=without_validator(deployment), verify_hashes=True)
    assert codes(report) == [(PACKAGE_PLACE, "no-validator", "warning")]


# Images


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"", "empty-body"),
        (HTML, "web-page"),
        (b"\xff\xd8\xff\xe0 a JPEG", "not-an-image"),
        (make_png(57, cgbi=True), "image-cgbi"),
        (make_png(57)[:19] + b"\x39" + make_png(57)[20:23] + b"\x10" + make_png(57)[24:], "image-not-square"),
        (make_png(57) + bytes(4 * 1024 * 1024), "too-large"),
    ],
)
def test_images_that_are_none(image: bytes, code: str) -> None:
    deployment = Deployment.healthy()
    deployment.files[ICON] = ("image/png", image)
    report = run(deployment)
    assert codes(report) == [(ICON_PLACE, code, "warning")]


def test_a_missing_image_keeps_nobody_from_installing() -> None:
    deployment = Deployment.healthy()
    del deployment.files[ICON], deployment.files[BIG_ICON]
    report = run(deployment)
    assert codes(report) == [
        (ICON_PLACE, "http-status", "warning"),
        ("items[0].assets[2].url", "http-status", "warning"),
    ]
    assert report.problems[0].message.endswith("installs, without this picture.")


# Several apps


def several(count: int) -> Manifest:
    items = tuple(
        manifest(url=f"{BASE}/{number}.ipa", bundle_identifier=f"com.example.app{number}").items[0]
        for number in range(count)
    )
    return Manifest(items=items)


def app(number: int) -> bytes:
    info = {**INFO, "CFBundleIdentifier": f"com.example.app{number}"}
    return make_ipa(info=info, profile=make_profile(application_identifier="A1B2C3D4E5.*"))


def test_every_item_is_compared_with_its_own_package() -> None:
    deployment = Deployment.healthy()
    for number, package in enumerate((app(0), app(0), app(2))):
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", package)
    report = run(deployment, several(3))
    assert codes(report) == [("items[1].metadata.bundle-identifier", "bundle-identifier-mismatch", "error")]
    assert [ipa.bundle_identifier for ipa in report.packages] == [f"com.example.app{n}" for n in (0, 0, 2)]


def test_items_beyond_the_limit_are_named() -> None:
    deployment = Deployment.healthy()
    for number in range(20):
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", app(number))
    report = run(deployment, several(20))
    assert codes(report) == [("items[16]", "not-checked", "warning")]
    assert len(report.packages) == 16


# Limits


def test_the_whole_check_has_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._MOST_BYTES", 10_000)
    deployment = Deployment.healthy()
    sent = 0

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        nonlocal sent
        response = deployment.fetch(method, url, headers, timeout, max_bytes)
        sent += len(response.body)
        return response

    deployment.files[ICON] = ("image/png", make_png(57) + bytes(20_000))
    report = run(deployment, fetch=fetch)
    assert (ICON_PLACE, "byte-limit", "warning") in codes(report)
    assert sent <= 10_000


def test_requests_that_fail_use_none_of_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._MOST_BYTES", 5 * 1024 * 1024)
    deployment = Deployment.healthy()

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        if url.endswith(".png"):
            raise FetchError([Problem("", "dns-failure", "No address.")])
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    for number in range(4):
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", app(number))
    report = run(deployment, several(4), fetch=fetch)
    assert {problem.code for problem in report.problems} == {"dns-failure"}
    assert len(report.packages) == 4


def test_a_check_makes_at_most_100_requests() -> None:
    deployment = Deployment.healthy()
    requests: list[str] = []

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        requests.append(url)
        path, _, hop = url.partition("?")
        if not path.endswith(".png") or hop == "8":
            return deployment.fetch(method, path, headers, timeout, max_bytes)
        return Response(302, {"Location": f"{path}?{int(hop or 0) + 1}"}, b"")

    for number in range(16):
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", app(number))
    report = run(deployment, several(16), fetch=fetch)
    assert len(requests) == 100
    # The packages come first; of the images what is left.
    assert len(report.packages) == 16
    assert {(problem.code, problem.level) for problem in report.problems} == {("not-checked", "warning")}
    images = [step for step in report.steps if step.url.endswith(".png")]
    assert len([step for step in images if step.status == 200]) + len(report.problems) == 32
    assert {problem.path for problem in report.problems} <= {
        f"items[{number}].assets[{image}].url" for number in range(16) for image in (1, 2)
    }
    assert len({problem.path for problem in report.problems}) == len(report.problems)
    assert "the limit of 100 requests was reached" in report.problems[0].message
    # What was not asked for is no step; what was left on its way is one.
    assert {step.status for step in images} == {200, 302}
    assert sum(1 + len(step.redirects) for step in images) + 32 == 100


def test_a_package_that_is_not_asked_for_is_named() -> None:
    deployment = Deployment.healthy()

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        path, _, hop = url.partition("?")
        if method == "HEAD" or hop == "8":
            return deployment.fetch(method, path, headers, timeout, max_bytes)
        return Response(302, {"Location": f"{path}?{int(hop or 0) + 1}"}, b"")

    for number in range(16):
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", app(number))
    report = run(deployment, several(16), fetch=fetch)
    found = codes(report)
    assert {(code, level) for _, code, level in found} == {("not-checked", "warning")}
    packages = [path for path, _, _ in found if path.endswith("assets[0].url")]
    assert 3 <= len(report.packages) <= 10
    assert len(packages) + len(report.packages) == 16
    assert len(found) == len(packages) + 32


def test_packages_that_are_read_whole_take_as_many_requests_as_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._MOST_REQUESTS", 8)
    package = make_ipa(
        files={"Payload/MyApp.app/data": random.Random(6).randbytes(25_000_000)}, compression=zipfile.ZIP_STORED
    )
    deployment = with_manifest(checksums=[chunked(package, 10 * 1024 * 1024)])
    deployment.files[IPA] = ("application/octet-stream", package)
    assert run(deployment, verify_hashes=True).problems == ()
    assert len(deployment.requests) > 8


def test_an_endless_manifest_costs_the_limit() -> None:
    asked: list[int] = []

    def fetch(_method: str, _url: str, _headers: Mapping[str, str], _timeout: float, max_bytes: int) -> Response:
        asked.append(max_bytes)
        return Response(200, {"Content-Length": str(10 << 30)}, manifest().to_plist().ljust(max_bytes))

    report = run(Deployment.healthy(), fetch=fetch)
    assert asked == [2 * 1024 * 1024 + 1]
    assert [problem.code for problem in report.problems] == ["too-large"]
    assert report.steps[0].length == 10 << 30


def test_the_time_runs_from_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    deployment = Deployment.healthy()

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        now[0] += 50
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    report = run(deployment, InstallLink(MANIFEST_URL), fetch=fetch)
    assert {problem.code for problem in report.problems} == {"time-limit"}
    assert len(deployment.requests) <= 3
    assert report.steps[0].seconds == 50


# The report


def test_the_worst_comes_first_then_the_order_of_the_device() -> None:
    deployment = with_manifest(title="Other")
    deployment.files["/manifest.plist"] = ("text/plain", deployment.files["/manifest.plist"][1])
    deployment.files[IPA] = ("application/octet-stream", make_ipa(profile=make_profile("app-store")))
    del deployment.files[ICON]
    assert [problem.code for problem in run(deployment).problems] == [
        "app-store-profile",
        "content-type",
        "title-mismatch",
        "http-status",
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("enterprise", "Trust the developer 'Example Ltd'"),
        ("development", "Developer Mode"),
        ("ad-hoc", None),
    ],
)
def test_what_is_left_to_do(kind: Any, words: str | None) -> None:
    report = run(with_package(make_ipa(profile=make_profile(kind))))
    assert "confirm the question: 'apps.example.com' would like" in report.next_steps[0]
    assert "Home Screen" in report.next_steps[1]
    assert len(report.next_steps) == (2 if words is None else 3)
    assert words is None or words in report.next_steps[2]


def test_a_developer_without_a_name() -> None:
    report = run(with_package(make_ipa(profile=make_profile(TeamName=None))))
    assert report.next_steps[2].startswith("Trust the developer under Settings")


def test_the_report_as_text() -> None:
    deployment = Deployment.healthy()
    report = run(deployment)
    lines = str(report).splitlines()
    assert lines[0] == "Install of 'My App': nothing stands in the way: no problems"
    assert lines[1].startswith(f"  GET  {MANIFEST_URL}  200  application/xml  ")
    assert lines[2].startswith(f"  HEAD {BASE}{IPA}  200  ")
    assert lines[6] == "On the device:"
    assert lines[7].startswith("  1. Open the link in Safari")
    deployment.files.clear()
    lines = str(run(deployment)).splitlines()
    assert lines[0] == "Install: will not work: 1 error"
    assert lines[2].startswith("  error at manifest: There is nothing at ")
    assert len(lines) == 3


def test_the_report_in_a_notebook_is_escaped() -> None:
    report = run(with_manifest(title="<script>alert(1)</script>"))
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()


def test_control_characters_do_not_reach_the_terminal() -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(404, content_type="\x1b[2Jtext")
    assert "\x1b" in (run(deployment).steps[0].content_type or "")
    assert "\x1b" not in str(run(deployment))


def test_the_report_for_json() -> None:
    report = run(Deployment.healthy())
    content = json.loads(json.dumps(report.to_dict()))
    assert list(content) == ["ok", "problems", "steps", "apps", "packages", "next_steps"]
    assert content["ok"] is True
    assert content["apps"] == [{"title": "My App", "bundle_identifier": "com.example.myapp", "bundle_version": "1.2.3"}]
    assert content["packages"][0] | {"size": 0} == {
        "bundle_identifier": "com.example.myapp",
        "short_version": "1.2.3",
        "build_version": "42",
        "display_name": "My App",
        "platform": "iPhoneOS",
        "minimum_os_version": "15.0",
        "size": 0,
        "signing": "enterprise",
        "expires": "2124-01-02T03:04:05+00:00",
    }
    assert content["steps"][0] | {"seconds": 0} == {
        "method": "GET",
        "url": MANIFEST_URL,
        "status": 200,
        "content_type": "application/xml",
        "length": report.steps[0].length,
        "redirects": [],
        "tls": {
            "version": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
            "not_after": "2026-12-01T00:00:00+00:00",
        },
        "seconds": 0,
    }


def test_the_report_for_json_of_what_is_not_there() -> None:
    deployment = with_package(make_ipa(profile=None))
    content = json.loads(json.dumps(run(deployment, fetch=altered(deployment, tls=None)).to_dict()))
    assert content["problems"] == [
        {
            "path": "Payload/MyApp.app/embedded.mobileprovision",
            "code": "no-profile",
            "message": content["problems"][0]["message"],
            "level": "error",
            "line": None,
            "column": None,
        }
    ]
    assert content["steps"][0]["tls"] is None
    assert (content["packages"][0]["signing"], content["packages"][0]["expires"]) == (None, None)
    assert json.loads(json.dumps(run(Deployment({})).to_dict()))["apps"] == []


SIGNATURE = "0123456789abcdef" * 2


def test_secrets_are_shortened_wherever_the_report_is_shown() -> None:
    signed = f"?X-Amz-Date=20260504T110000Z&X-Amz-Expires=99999&X-Amz-Signature={SIGNATURE}"
    deployment = with_manifest(url=BASE + IPA + signed)
    deployment.files["/manifest.plist" + signed] = deployment.files["/manifest.plist"]
    for packages in ({}, {IPA + signed: deployment.files[IPA]}, {IPA + signed: ("text/html", HTML)}):
        deployment.files |= packages
        report = run(deployment, MANIFEST_URL + signed)
        assert len(report.steps) == 5
        for shown in (str(report), repr(report), report._repr_html_(), json.dumps(report.to_dict())):
            assert SIGNATURE not in shown


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


# Wrong calls


def nothing(*_: object) -> None:
    """Answer nothing to any request."""


@pytest.mark.parametrize(
    "options",
    [
        {"target": None},
        {"target": b"https://apps.example.com/"},
        {"target": 5},
        {"udid": 5},
        {"user_agent": b"x"},
        {"connect_to": ["a:1"]},
        {"connect_to": {5: "a:1"}},
        {"connect_to": {"a:1": 5}},
        {"tls_context": "x"},
        {"fetch": "x"},
        {"progress": 5},
        {"now": "2026"},
        {"now": datetime(2026, 1, 1)},  # noqa: DTZ001 -- that is what is wrong with it
        {"now": 5},
        {"timeout": "5"},
        {"max_seconds": None},
        {"fetch": nothing},
    ],
)
def test_wrong_types(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"\\b{next(iter(options))}\\b.* must be"):
        run(Deployment.healthy(), **{"target": MANIFEST_URL, **options})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"timeout": 0}, "timeout"),
        ({"max_seconds": -1}, "max_seconds"),
        ({"user_agent": "a\r\nCookie: b"}, "user_agent"),
        ({"user_agent": ""}, "user_agent"),
        ({"connect_to": {"a": "b"}, "fetch": None}, "connect_to"),
        ({"public_only": True}, "public_only"),
    ],
)
def test_wrong_values(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        run(Deployment.healthy(), **options)


# Whatever is given


def test_mutated_links_never_raise() -> None:
    source = random.Random(20260506)
    for _ in range(300):
        text = list(source.choice([LINK, MANIFEST_URL, f"see <{LINK}>", LINK.replace("%2F", "/")]))
        for _ in range(source.randrange(1, 6)):
            text[source.randrange(len(text))] = source.choice(
                ["", "&", ";", "%", "\n", "\x1b", "\ud800", "[", "@", "é", "//"]
            )
        report = run(Deployment.healthy(), "".join(text))
        assert str(report).isprintable() or "\n" in str(report)
        assert report.ok == (not any(problem.level == "error" for problem in report.problems))
        assert json.dumps(report.to_dict())


def test_published_links_and_manifests(corpus: Path) -> None:
    lines = (corpus / "links.jsonl").read_text("utf-8").splitlines()
    for line in lines:
        assert str(run(Deployment({}), json.loads(line)["text"]))
    for path in sorted((corpus / "manifests").iterdir()):
        deployment = Deployment({"/manifest.plist": ("application/xml", path.read_bytes())})
        report = run(deployment)
        assert not report.ok
        assert report._repr_html_()
        assert json.dumps(report.to_dict())
    assert len(lines) > 100


def test_published_packages(corpus: Path) -> None:
    for path in sorted((corpus / "ipas").glob("*.ipa")):
        deployment = with_package(path.read_bytes())
        assert str(run(deployment))
