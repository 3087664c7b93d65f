"""What a check may take."""

from __future__ import annotations

import random
import time
import zipfile
from typing import TYPE_CHECKING, cast

import pytest
from _checking import (
    ICON_PLACE,
    app,
    chunked,
    codes,
    run,
    several,
    with_manifest,
)
from _deployment import (
    ICON,
    IPA,
    MANIFEST_URL,
    NOW,
    Deployment,
    manifest,
)
from _make_ipa import make_ipa, make_png

from itms_ota import InstallLink
from itms_ota._http import Limits, Network
from itms_ota.check import check
from itms_ota.check._exchange import Session
from itms_ota.errors import FetchError, Problem
from itms_ota.remote import Response

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_the_whole_check_has_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._report._MOST_BYTES", 10_000)
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
    monkeypatch.setattr("itms_ota.check._report._MOST_BYTES", 5 * 1024 * 1024)
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
    assert {(code, level) for _, code, level in found} == {
        ("not-checked", "warning"),
        ("redirected-package", "warning"),
    }
    found = [problem for problem in found if problem[1] == "not-checked"]
    packages = [path for path, _, _ in found if path.endswith("assets[0].url")]
    assert 3 <= len(report.packages) <= 10
    assert len(packages) + len(report.packages) == 16
    assert len(found) == len(packages) + 32


def test_packages_that_are_read_whole_take_as_many_requests_as_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._report._MOST_REQUESTS", 8)
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
    assert {problem.code for problem in report.problems} == {"time-limit", "slow-head"}
    assert len(deployment.requests) <= 3
    assert report.steps[0].seconds == 50


def test_a_record_keeps_no_more_addresses_than_a_step_shows() -> None:
    def answer(*_: object) -> Response:
        return Response(206, {}, b"x")

    session = Session(limits=Limits(5.0, 5.0), fetch=cast("Network", answer), user_agent="x", replaced=frozenset())
    exchange = session.exchange()
    asked = [f"https://a.example/{number}" for number in range(20)]
    _, record = exchange.record("GET", asked[0], lambda: [exchange("GET", url, {}, 1.0, 10) for url in asked])
    assert record.asked == tuple(asked[:11])


def test_an_interruption_in_a_thread_ends_the_check() -> None:
    deployment = Deployment.healthy()

    def interrupted(*_: object) -> tuple[int, dict[str, str], bytes]:
        raise KeyboardInterrupt

    deployment.special[IPA] = interrupted
    with pytest.raises(KeyboardInterrupt):
        check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)
