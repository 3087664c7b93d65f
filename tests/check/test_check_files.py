"""The packages and images of a manifest."""

from __future__ import annotations

import random
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _checking import (
    HTML,
    ICON_PLACE,
    LOGIN,
    PACKAGE_PLACE,
    app,
    chunked,
    codes,
    run,
    several,
    with_manifest,
    with_package,
)
from _deployment import (
    BIG_ICON,
    ICON,
    IPA,
    NOW,
    Deployment,
    manifest,
    says,
)
from _make_ipa import INFO, make_certificate, make_ipa, make_png, make_profile
from _server import HOST

from itms_ota.remote import Fetch, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

# The package


def test_a_device_and_a_time_to_act_are_asked_of_the_app() -> None:
    place = "Payload/MyApp.app/Info.plist UISupportedDevices"
    thinned = with_package(make_ipa(info={**INFO, "UISupportedDevices": ["iPhone14,5"]}))
    assert codes(run(thinned)) == [(place, "device-not-supported", "warning")]
    assert codes(run(thinned, device="iPhone14,5")) == []
    assert codes(run(thinned, device="iPhone8,1")) == [(place, "device-not-supported", "error")]
    expires = (NOW + timedelta(days=20)).replace(tzinfo=None)
    ends = with_package(make_ipa(profile=make_profile(expires=expires)))
    soon = [("Payload/MyApp.app/embedded.mobileprovision ExpirationDate", "profile-expires-soon", "warning")]
    assert codes(run(ends)) == codes(run(ends, expires_within=timedelta(days=19))) == []
    assert codes(run(ends, expires_within=timedelta(days=20))) == soon
    # The same for the server's certificate, which ends on 2026-12-01.
    everything = [code for _, code, _ in codes(run(ends, expires_within=timedelta(days=365)))]
    assert sorted(everything) == ["profile-expires-soon", "tls-expires-soon"]
    with pytest.raises(ValueError, match="expires_within must be a timedelta of zero or more"):
        run(ends, expires_within=timedelta(-1))


def test_an_app_stops_with_its_certificate() -> None:
    certificate = make_certificate(not_after=b"270601000000Z")
    report = run(with_package(make_ipa(profile=make_profile(DeveloperCertificates=[certificate]))))
    assert codes(report) == []
    packages: Any = report.to_dict()["packages"]
    assert packages[0]["expires"] == "2027-06-01T00:00:00+00:00"


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
            make_ipa(info={**INFO, "CFBundleIdentifier": "com.example.other"}, profile=make_profile("ad-hoc")),
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


@pytest.mark.parametrize("size", [1000, 2_000_000])
@pytest.mark.parametrize("asked", [{}, {"verify_hashes": True}, {"signature": True}, {"device": "iPhone14,5"}])
def test_no_ranges_whatever_is_asked(asked: dict[str, Any], size: int) -> None:
    package = make_ipa(files={"Payload/MyApp.app/data": random.Random(1).randbytes(size)})
    report = run(ignoring_ranges(package), **asked)
    assert [problem.code for problem in report.problems].count("no-ranges") == 1


def test_no_ranges_of_a_large_package() -> None:
    large = make_ipa(files={"Payload/MyApp.app/data": random.Random(1).randbytes(2_000_000)})
    report = run(ignoring_ranges(large))
    assert codes(report) == [(PACKAGE_PLACE, "no-ranges", "warning"), (PACKAGE_PLACE, "not-checked", "warning")]
    assert "was not looked at" in report.problems[1].message
    assert report.problems[1].message.endswith(" Ask with verify_hashes (--verify-hashes), signature, udid or device.")
    assert report.packages == ()
    assert "Confirm the question" in report.next_steps[0]


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
    expected = [(PACKAGE_PLACE, code, level), (PACKAGE_PLACE, "not-checked", "warning")]
    assert codes(run(deployment)) == expected[: 1 if level == "error" else 2]


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
