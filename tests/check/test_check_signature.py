"""A check that is asked about signatures: packages are downloaded once, and judged as a file here is."""

from __future__ import annotations

import io
from typing import Any

import pytest
from _checking import codes
from _deployment import IPA, MANIFEST_URL, Deployment, manifest, says
from _make_ipa import make_ipa
from _read_ipa import NOW
from _signing import APP, make_files, zip_files

from itms_ota import Checksum
from itms_ota.check import check
from itms_ota.errors import Problem
from itms_ota.ipa import read_ipa
from itms_ota.signature import inspect_signature

PLACE = "items[0].assets[0].url"
UNASKED = "The signature of the app's code was not verified. Verify it with signature (--signature)."


def serving(data: bytes) -> Deployment:
    """Serve a package, with a manifest that is right."""
    deployment = Deployment.healthy()
    deployment.files[IPA] = ("application/octet-stream", data)
    item = manifest(checksums=[Checksum.of(io.BytesIO(data))]).to_plist()
    deployment.files["/manifest.plist"] = ("application/xml", item)
    return deployment


def changed() -> bytes:
    files = make_files(parts=())
    files[f"{APP}config.json"] = b"{}"
    return zip_files(files)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("verify_hashes", [True, False])
def test_the_signature_is_looked_at_where_it_is_asked_for(verify_hashes: bool) -> None:  # noqa: FBT001
    sound = serving(zip_files(make_files()))
    options: dict[str, Any] = {"now": NOW, "verify_hashes": verify_hashes}
    report = check(MANIFEST_URL, fetch=sound.fetch, signature=True, **options)
    assert codes(report) == []
    assert UNASKED not in report.not_looked_at
    # Nothing is left to ask for; what only Apple or the device knows is said all the same.
    everything = check(
        MANIFEST_URL, fetch=sound.fetch, signature=True, verify_hashes=True, device="iPhone14,5", now=NOW
    )
    assert everything.not_looked_at == inspect_signature(io.BytesIO(zip_files(make_files())), now=NOW).not_looked_at
    # A HEAD, the parts that say what it is, and then all of it, once.
    steps = [(step.method, step.status) for step in report.steps if step.url.endswith(IPA)]
    assert steps == [("HEAD", 200), ("GET", 206), ("GET", 200)]
    broken = serving(changed())
    assert codes(check(MANIFEST_URL, fetch=broken.fetch, signature=True, **options)) == [
        (f"{APP}config.json", "resource-changed", "error")
    ]
    report = check(MANIFEST_URL, fetch=broken.fetch, **options)
    assert codes(report) == []
    assert UNASKED in report.not_looked_at


def test_what_cannot_be_read_is_not_verified() -> None:
    deployment = serving(make_ipa())
    deployment.special[IPA] = says(404)
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW, signature=True)
    assert codes(report) == [(PLACE, "http-status", "error")]


def test_a_download_that_breaks_off() -> None:
    data = zip_files(make_files())
    deployment = serving(data)
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW, signature=True, max_bytes=len(data) // 2 + 30_000)
    assert [problem.code for problem in report.errors] == ["byte-limit"]


@pytest.mark.usefixtures("trusted")
def test_a_server_that_sends_no_parts() -> None:
    deployment = serving(changed())
    deployment.special[IPA] = lambda method, _: (
        200, {"Content-Type": "application/octet-stream"}, b"" if method == "HEAD" else deployment.files[IPA][1]
    )  # fmt: skip
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW, signature=True)
    assert (f"{APP}config.json", "resource-changed", "error") in codes(report)


@pytest.mark.usefixtures("trusted")
def test_a_check_finds_what_the_file_shows() -> None:
    for data in (changed(), make_ipa(), zip_files(make_files())):
        report = check(MANIFEST_URL, fetch=serving(data).fetch, now=NOW, signature=True)
        own = read_ipa(io.BytesIO(data)).problems(now=NOW, signature=True)
        assert {*own} <= {*report.problems}
        assert all(isinstance(problem, Problem) for problem in own)
