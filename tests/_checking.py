"""Checks with a fetch that stands in for the network, and what is asked of their reports."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import _problems
from _deployment import (
    BASE,
    IPA,
    MANIFEST_URL,
    NOW,
    Deployment,
    manifest,
)
from _make_ipa import INFO, make_ipa, make_profile

from itms_ota import Checksum, InstallLink, Manifest
from itms_ota.check import CheckReport, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _problems import Codes

    from itms_ota.remote import Fetch, Response

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


def codes(report: CheckReport) -> Codes:
    return _problems.codes(report.problems)


def with_manifest(**changes: Any) -> Deployment:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", manifest(**changes).to_plist(validate=False))
    return deployment


def with_package(package: bytes, content_type: str = "application/octet-stream") -> Deployment:
    deployment = Deployment.healthy()
    deployment.files[IPA] = (content_type, package)
    return deployment


def chunked(package: bytes, size: int) -> Checksum:
    return Checksum.of(io.BytesIO(package), chunk_size=size)


def several(count: int) -> Manifest:
    items = tuple(
        manifest(url=f"{BASE}/{number}.ipa", bundle_identifier=f"com.example.app{number}").items[0]
        for number in range(count)
    )
    return Manifest(items=items)


def app(number: int) -> bytes:
    info = {**INFO, "CFBundleIdentifier": f"com.example.app{number}"}
    return make_ipa(info=info, profile=make_profile(application_identifier="A1B2C3D4E5.*"))
