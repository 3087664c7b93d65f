"""What was asked for is looked at, or the report is not ok: each look, against each way a server can withhold it."""

from __future__ import annotations

import io
import itertools
import random
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import BASE, BIG_ICON, IPA, MANIFEST_URL, NOW, Deployment, manifest, says
from _make_ipa import DEVICES, INFO, make_ipa, make_profile
from _server import HangUp, Request, Server, anonymous_contexts, answer

from itms_ota import Asset, Checksum, Manifest
from itms_ota.check import CheckReport, check
from itms_ota.check._looks import unverified
from itms_ota.check._probes import Asked
from itms_ota.errors import Problem
from itms_ota.remote import Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Handler = Callable[[Request], Iterable[bytes]]

PLACE = "items[0].assets[0].url"
HERE = "iPhone10,3"
PACKAGE = make_ipa(
    info={**INFO, "UISupportedDevices": [HERE]},
    profile=make_profile("ad-hoc"),
    files={"Payload/MyApp.app/data": random.Random(11).randbytes(1_200_000)},
)
# The tests' own TLS, and an app for one device alone.
OF_THE_TESTS = {"tls-no-forward-secrecy", "device-not-supported"}
TOO_LATE = datetime(2130, 1, 1, tzinfo=timezone.utc)
# Each look, as it is asked for where nothing is wrong, and where it must find an error.
LOOKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "udid": ({"udid": DEVICES[0]}, {"udid": "f" * 40}),
    "device": ({"device": HERE}, {"device": "iPhone14,5"}),
    "verify_hashes": ({"verify_hashes": True}, {"verify_hashes": True}),
    "expires_within": ({"expires_within": timedelta(days=1)}, {"expires_within": timedelta(days=1), "now": TOO_LATE}),
}


def plain(request: Request) -> Iterator[bytes]:
    """Serve the package as a plain web server does."""
    return Deployment({IPA: ("application/octet-stream", PACKAGE)}).handler(request)


def whole(request: Request) -> Iterator[bytes]:
    """Serve the package without ranges."""
    return plain(replace(request, headers={}))


def of_ranges(odd: Handler) -> Handler:
    """Serve the package by a plain GET, and answer ranges oddly."""
    return lambda request: odd(request) if "range" in request.headers else plain(request)


def instead(odd: Handler, method: str = "GET", rest: Handler = whole) -> Handler:
    """Answer one method oddly, and the rest as a server without ranges."""
    return lambda request: odd(request) if request.method == method else rest(request)


def fixed(*pieces: bytes) -> Handler:
    return lambda _: pieces


def hang_up(_: Request) -> Iterator[bytes]:
    yield b""
    raise HangUp


def until_closed(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n" + PACKAGE
    raise HangUp


def chunked(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    for start in range(0, len(PACKAGE), 100_000):
        piece = PACKAGE[start : start + 100_000]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def cut_off(_: Request) -> Iterator[bytes]:
    yield answer(PACKAGE)[:-1000]
    raise HangUp


def drip(_: Request) -> Iterator[bytes]:
    yield answer(b"", content_length=str(len(PACKAGE)))
    for at in itertools.count():
        yield PACKAGE[at : at + 1]
        time.sleep(0.02)


def silent(_: Request) -> Iterator[bytes]:
    time.sleep(0.3)
    yield b""
    raise HangUp


class Changing:
    """Serve the package with another ETag each time."""

    def __init__(self) -> None:
        self.times = itertools.count()

    def __call__(self, request: Request) -> Iterator[bytes]:
        """Answer a request."""
        yield b"".join(plain(request)).replace(b'etag: "1"', f'etag: "{next(self.times)}"'.encode())


class ForgettingRanges:
    """Serve some ranges, and then the whole file in place of one."""

    def __init__(self, served: int) -> None:
        self.left = served

    def __call__(self, request: Request) -> Iterator[bytes]:
        """Answer a request."""
        self.left -= "range" in request.headers
        return plain(request) if self.left >= 0 else whole(request)


def odd_range(**headers: str) -> Handler:
    part = PACKAGE[:16384]
    return of_ranges(lambda _: [answer(part, "206 Partial Content", etag='"1"', **headers)])


@dataclass(frozen=True)
class Case:
    """A server: how it answers for the package, what keeps the check from looking, and what it says of itself.

    `error` is None where all that is asked for can be looked at, whatever that costs. `unasked` are the warnings where
    nothing is asked for, and `wrong` is an error then alone.
    """

    serve: Callable[[], Handler]
    error: str | None
    unasked: set[str]
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    wrong: str | None = None

    @property
    def unasked_error(self) -> set[str]:
        """What is wrong where nothing is asked for: what shows without a download of the whole."""
        return {code for code in (self.wrong, self.error if self.unasked != PREVENTED else None) if code}


PREVENTED = {"no-ranges", "not-checked"}
SERVERS: dict[str, Case] = {
    "plain": Case(lambda: plain, None, set()),
    "no ranges": Case(lambda: whole, None, PREVENTED),
    "no HEAD": Case(lambda: instead(hang_up, "HEAD"), None, PREVENTED),
    "HEAD 403": Case(lambda: instead(fixed(answer(b"", "403 No")), "HEAD"), None, PREVENTED),
    "HEAD 405": Case(lambda: instead(fixed(answer(b"", "405 No")), "HEAD"), None, PREVENTED),
    "HEAD 500": Case(lambda: instead(fixed(answer(b"", "500 No")), "HEAD"), None, PREVENTED),
    "HEAD 403, ranges": Case(lambda: instead(fixed(answer(b"", "403 No")), "HEAD", plain), None, {"head-refused"}),
    "no length": Case(lambda: until_closed, None, PREVENTED),
    "chunked": Case(lambda: instead(chunked), None, PREVENTED),
    "no total": Case(lambda: odd_range(content_range="bytes 0-16383/*"), None, {"no-length", "not-checked"}),
    "wrong range": Case(lambda: odd_range(content_range="bytes 7-16390/99999999"), None, set(), wrong="wrong-range"),
    "range refused": Case(lambda: of_ranges(fixed(answer(b"", "416 No"))), None, set(), wrong="http-status"),
    "ranges end early": Case(lambda: ForgettingRanges(1), None, {"no-ranges", "not-checked"}),
    "redirect": Case(lambda: fixed(answer(b"", "302 Found", location="/other.ipa")), None, {"redirected-package"}),
    "encoded": Case(lambda: instead(fixed(answer(PACKAGE, content_encoding="gzip"))), "content-encoded", set()),
    "changing": Case(Changing, "changed", set()),
    "drip": Case(lambda: instead(drip), "time-limit", set(), {"max_seconds": 1.0}),
    "drip, no ranges": Case(
        lambda: instead(lambda request: (whole if "range" in request.headers else drip)(request)),
        "time-limit",
        PREVENTED,
        {"max_seconds": 1.0},
    ),
    "early close": Case(lambda: instead(cut_off), "truncated", PREVENTED),
    "empty": Case(lambda: instead(fixed(answer())), "empty-body", set()),
    "404": Case(lambda: fixed(answer(b"", "404 Not Found")), "http-status", set()),
    "403": Case(lambda: fixed(answer(b"", "403 Forbidden")), "http-status", set()),
    "page": Case(lambda: fixed(answer(b"<!DOCTYPE html><html>")), "web-page", set()),
    "http": Case(lambda: fixed(answer(b"", "302 Found", location="http://a.example/")), "not-https", set()),
    "endless redirect": Case(lambda: fixed(answer(b"", "302 Found", location=IPA)), "redirect-loop", set()),
    "silent": Case(lambda: silent, "timeout", set(), {"timeout": 0.2}),
    "drops": Case(lambda: hang_up, "connection-dropped", set()),
    "not HTTP": Case(lambda: fixed(b"SSH-2.0\r\n"), "bad-response", set()),
    "byte limit": Case(lambda: whole, "byte-limit", PREVENTED, {"max_bytes": 1_150_000}),
    "not a package": Case(lambda: fixed(answer(b"hello" * 300_000)), "not-an-archive", PREVENTED),
}


def run(case: Case, given: Manifest, **options: Any) -> CheckReport:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", given.to_plist())
    odd = case.serve()

    def handler(request: Request) -> Iterable[bytes]:
        if request.target == "/other.ipa":
            return plain(replace(request, target=IPA))
        return odd(request) if request.target == IPA else deployment.handler(request)

    theirs, ours = anonymous_contexts()
    with Server(handler, theirs) as server:
        arguments: dict[str, Any] = {"tls_context": ours, "connect_to": server.connect_to, "timeout": 2}
        return check(MANIFEST_URL, **{**arguments, **case.options, **options})


def with_hash(package: bytes) -> Manifest:
    return manifest(checksums=[Checksum.of(io.BytesIO(package))])


def found(report: CheckReport, level: str) -> set[Any]:
    return {problem.code for problem in report.problems if problem.level == level} - OF_THE_TESTS


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", SERVERS)
def test_what_is_asked_for_is_looked_at_or_the_report_is_not_ok(name: str, look: str) -> None:
    case, (good, bad) = SERVERS[name], LOOKS[look]
    report = run(case, with_hash(PACKAGE), **good)
    assert "content-type" not in found(report, "warning") or case.error
    assert found(report, "error") == ({case.error} if case.error else set())
    assert "not-checked" not in found(report, "warning")
    if "max_seconds" in case.options:
        return  # it takes that long
    # The one thing that the look must find is wrong: where it was kept from looking, something else says so.
    wrong = run(case, with_hash(PACKAGE if look != "verify_hashes" else PACKAGE[:-1] + b"x"), **bad)
    assert not wrong.ok
    if case.error is None:
        (code,) = {code for _, code in errors(wrong)}
        assert code in {"device-not-in-profile", "device-not-supported", "hash-mismatch", "profile-expired"}


@pytest.mark.parametrize("name", SERVERS)
def test_what_nobody_asked_for_is_said_and_what_was_prevented_warns(name: str) -> None:
    case = SERVERS[name]
    report = run(case, with_hash(PACKAGE))
    assert (found(report, "warning"), found(report, "error")) == (case.unasked, case.unasked_error)
    assert report.packages or not report.ok or "not-checked" in found(report, "warning")
    assert ("not all of it was looked at" in str(report)) is ("not-checked" in found(report, "warning"))
    assert len(report.not_looked_at) == 3


# What keeps a check from looking, apart from the server of the package


def offline(given: Manifest, files: dict[str, bytes], **options: Any) -> CheckReport:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", given.to_plist(validate=False))
    deployment.files |= {path: ("application/octet-stream", body) for path, body in files.items()}
    return check(MANIFEST_URL, fetch=deployment.fetch, now=NOW, **options)


def errors(report: CheckReport) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in report.problems if problem.level == "error"]


@pytest.mark.parametrize("look", LOOKS)
def test_items_beyond_the_limit(look: str) -> None:
    given = Manifest(items=with_hash(PACKAGE).items * 17)
    report = offline(given, {IPA: PACKAGE}, **LOOKS[look][0])
    assert errors(report) == [("items[16]", "not-verified")]
    assert re.search(r" So .*\.$", report.problems[0].message)


@pytest.mark.parametrize("look", LOOKS)
def test_packages_for_certain_devices_alone(look: str) -> None:
    item = with_hash(PACKAGE).items[0]
    thinned = Asset(kind="software-package", url=f"{BASE}/thin.ipa", variant_ids=("iPhone15,2",))
    alone = replace(item, assets=item.assets[1:], thinned_assets=(thinned,))
    report = offline(Manifest(items=(alone,)), {}, **LOOKS[look][0])
    assert ("items[0].thinned-assets", "not-verified") in errors(report)
    # Beside a package for all others: only who asks about another device has it looked at.
    both = Manifest(items=(replace(item, thinned_assets=(thinned,)),))
    report = offline(both, {IPA: PACKAGE}, **LOOKS[look][0])
    assert errors(report) == ([] if look == "device" else [("items[0].thinned-assets", "not-verified")])
    assert "thinned-assets" in offline(both, {IPA: PACKAGE}).not_looked_at[-1]
    assert found(offline(both, {IPA: PACKAGE}), "error") == set()


@pytest.mark.parametrize("look", LOOKS)
def test_the_limit_of_requests(look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._report._MOST_REQUESTS", 2)
    report = offline(with_hash(PACKAGE), {IPA: PACKAGE}, **LOOKS[look][0])
    assert errors(report) == [(PLACE, "not-verified")]
    # What was not asked about, such as an image, is a warning as ever.
    assert found(report, "warning") == {"not-checked"}


def test_a_manifest_without_hashes() -> None:
    report = offline(manifest(), {IPA: PACKAGE}, verify_hashes=True)
    assert errors(report) == [(PLACE, "not-verified")]
    assert "has no valid hashes" in report.problems[0].message
    assert offline(manifest(), {IPA: PACKAGE}, udid=DEVICES[0]).ok


def test_a_manifest_without_an_identifier_has_its_hashes_compared() -> None:
    nameless = manifest(checksums=[Checksum.of(io.BytesIO(b"other"))], bundle_identifier="")
    report = offline(nameless, {IPA: PACKAGE}, verify_hashes=True)
    assert "hash-mismatch" in found(report, "error")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"junk", b"PK\3\4", manifest().to_plist()[:300]])
def test_a_manifest_that_does_not_come(body: bytes, look: str) -> None:
    deployment = Deployment({"/manifest.plist": ("application/xml", body)})
    assert not check(MANIFEST_URL, fetch=deployment.fetch, **LOOKS[look][0]).ok


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            was_open = not self.closed
            super().close()  # or the collector of 3.13 closes it again, and says so in another test
            if was_open:
                raise OSError(28, "No space left on device")

    def full(**_: Any) -> Full:
        return Full()

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    report = run(SERVERS["no ranges"], with_hash(PACKAGE), udid=DEVICES[0])
    assert errors(report) == [(PLACE, "not-verified")]
    assert "No space left on device" in report.problems[0].message


def test_a_folder_for_temporary_files_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: Any) -> io.BytesIO:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", missing)
    assert errors(run(SERVERS["no ranges"], with_hash(PACKAGE), verify_hashes=True)) == [(PLACE, "not-verified")]


def test_a_download_is_deleted_and_was_never_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done: list[tuple[int, int]] = []

    def progress(now: int, size: int) -> None:
        done.append((now, size))

    report = run(SERVERS["no ranges"], with_hash(PACKAGE), verify_hashes=True, progress=progress)
    assert report.ok
    assert [*tmp_path.iterdir()] == []
    assert done[-1] == (len(PACKAGE), len(PACKAGE))
    assert len(done) >= len(PACKAGE) // 65536
    methods = [(step.method, step.status, step.length) for step in report.steps if step.url.endswith(IPA)]
    assert methods == [("HEAD", 200, len(PACKAGE)), ("GET", 200, len(PACKAGE)), ("GET", 200, len(PACKAGE))]


def test_a_package_that_is_larger_than_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota._http._kept._MOST_BYTES", 1_100_000)
    assert errors(run(SERVERS["no length"], with_hash(PACKAGE), verify_hashes=True)) == [(PLACE, "byte-limit")]
    monkeypatch.setattr("itms_ota._http._kept._MOST_BYTES", len(PACKAGE))
    assert errors(run(SERVERS["no length"], with_hash(PACKAGE), verify_hashes=True)) == []


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_what_the_callers_progress_raises_is_the_callers(error: type[BaseException]) -> None:
    def progress(*_: int) -> None:
        raise error

    with pytest.raises(error):
        run(SERVERS["no ranges"], with_hash(PACKAGE), verify_hashes=True, progress=progress)


def test_a_fetch_of_the_callers_is_asked_for_the_whole_file_too() -> None:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", with_hash(PACKAGE).to_plist())
    deployment.files[IPA] = ("application/octet-stream", PACKAGE)

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        given = {name: value for name, value in headers.items() if name != "Range"}
        return deployment.fetch(method, url, given, timeout, max_bytes)

    report = check(MANIFEST_URL, fetch=fetch, now=NOW, verify_hashes=True, udid=DEVICES[0], device=HERE)
    assert (report.ok, found(report, "warning"), len(report.packages)) == (True, {"no-ranges"}, 1)


def test_a_fetch_of_the_callers_that_gets_a_refusal_in_place_of_the_whole_file() -> None:
    deployment = Deployment.healthy()
    deployment.files[IPA] = ("application/octet-stream", PACKAGE)

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        if IPA in url and method == "GET" and "Range" not in headers:
            return Response(404, {}, b"Not here")
        given = {name: value for name, value in headers.items() if name != "Range"}
        return deployment.fetch(method, url, given, timeout, max_bytes)

    assert errors(check(MANIFEST_URL, fetch=fetch, now=NOW, udid=DEVICES[0])) == [(PLACE, "http-status")]


def test_a_fetch_of_the_callers_holds_a_bounded_file_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota._http._network._MOST_IN_MEMORY", 1_100_000)
    asked: list[int] = []
    deployment = Deployment.healthy()
    deployment.files[IPA] = ("application/octet-stream", PACKAGE)

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        asked.append(max_bytes)
        given = {name: value for name, value in headers.items() if name != "Range"}
        return deployment.fetch(method, url, given, timeout, max_bytes)

    report = check(MANIFEST_URL, fetch=fetch, now=NOW, udid=DEVICES[0])
    assert errors(report) == [(PLACE, "byte-limit")]
    assert max(asked) < 4_200_000


def test_nothing_that_was_asked_for_goes_without_a_word() -> None:
    asked = Asked(NOW, udid="f" * 40, verify_hashes=True)
    nothing = asked._replace(udid=None, verify_hashes=False)
    item = manifest().items[0]
    for given, place in ((None, "manifest"), (Manifest(items=(item,)), "items[0]")):
        (problem,) = unverified(given, (), (), asked)
        assert (problem.path, problem.code, problem.level) == (place, "not-verified", "error")
        assert "the hashes were not compared and it is not known whether the app installs" in problem.message
        assert [*unverified(given, (), (), nothing)] == []
        assert [*unverified(given, (), (Problem(f"{place}", "missing", "No."),), asked)] == []
    # What is wrong with another item explains nothing.
    elsewhere = Problem("items[01].metadata", "missing", "No.")
    assert len([*unverified(Manifest(items=(item,)), (), (elsewhere,), asked)]) == 1


# How far it came


def test_a_package_that_drips_says_how_far_it_came_and_how_fast() -> None:
    report = run(SERVERS["drip, no ranges"], with_hash(PACKAGE), verify_hashes=True, max_seconds=2)
    (problem,) = [problem for problem in report.problems if problem.level == "error"]
    told = re.search(r"([\d,]+) of ([\d,]+) bytes had come, ([\d,]+) a second\.", problem.message)
    assert told is not None
    assert told[2] == f"{len(PACKAGE):,}"
    assert 0 < int(told[1].replace(",", "")) < 1000
    assert "of this part of the file" not in problem.message


def test_a_part_that_drips_says_that_it_is_a_part() -> None:
    def parts(request: Request) -> Iterator[bytes]:
        if request.method == "HEAD":
            yield from plain(request)
            return
        yield answer(b"", "206 Partial Content", content_range="bytes 0-16383/99999", content_length="16384")
        yield from itertools.islice(drip(request), 1, None)

    case = Case(lambda: parts, None, set(), {"max_seconds": 2})
    (problem,) = [problem for problem in run(case, with_hash(PACKAGE)).problems if problem.level == "error"]
    assert re.search(r" \d+ of 16,384 bytes of this part of the file had come, \d+ a second\.", problem.message)


def test_hashing_by_parts_that_runs_out_of_time_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    large = make_ipa(
        profile=make_profile("ad-hoc"),
        files={"Payload/MyApp.app/data": random.Random(12).randbytes(20_000_000)},
        compression=zipfile.ZIP_STORED,
    )
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml", with_hash(large).to_plist())
    deployment.files[IPA] = ("application/octet-stream", large)
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        now[0] += 2
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    report = check(MANIFEST_URL, fetch=fetch, now=NOW, verify_hashes=True, max_seconds=20)
    (problem,) = [problem for problem in report.problems if problem.level == "error"]
    assert problem.code == "time-limit"
    told = re.search(r"In all, ([\d,]+) of ([\d,]+) bytes were read, ([\d,]+) a second\.", problem.message)
    assert told is not None
    assert told[2] == f"{len(large):,}"
    assert int(told[1].replace(",", "")) > 1_000_000


def test_a_body_that_stops_early_names_its_length() -> None:
    report = run(SERVERS["early close"], with_hash(PACKAGE), udid=DEVICES[0])
    (problem,) = [problem for problem in report.problems if problem.level == "error"]
    assert f"{len(PACKAGE) - 1000:,} of {len(PACKAGE):,} bytes had come." in problem.message


# A manifest that is made anew for every request


@pytest.mark.parametrize(
    ("headers", "options", "warns"),
    [
        ({}, {}, True),
        ({"cache_control": "private, No-Store"}, {}, False),
        ({"cache_control": "no-cache"}, {}, True),
        ({}, {"per_request_manifest": True}, False),
    ],
)
def test_a_short_lived_package_url(headers: dict[str, str], options: dict[str, Any], *, warns: bool) -> None:
    ends = int(NOW.timestamp()) + 7200
    signed = f"{IPA}?Expires={ends}&Signature=abc&Key-Pair-Id=x"
    deployment = Deployment.healthy()
    deployment.files[signed] = deployment.files.pop(IPA)
    plist = manifest(url=BASE + signed).to_plist()
    deployment.special["/manifest.plist"] = says(200, plist, content_type="application/xml", **headers)
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW, **options)
    assert ("manifest-outlives-package" in found(report, "warning")) is warns
    assert ("signed-url-expires-soon" in found(report, "warning")) is warns


@pytest.mark.parametrize(
    ("seconds", "headers", "warns"),
    [
        (600, {"cache_control": "no-store"}, True),
        (601, {"cache_control": "no-store"}, False),
        (86400, {}, True),
        (86401, {}, False),
    ],
)
@pytest.mark.parametrize("key", ["url", "full_size_image_url"])
def test_how_long_a_signed_url_lasts(key: str, seconds: int, headers: dict[str, str], *, warns: bool) -> None:
    deployment = Deployment.healthy()
    file = IPA if key == "url" else BIG_ICON
    signed = f"{file}?Expires={int(NOW.timestamp()) + seconds}&Signature=abc&Key-Pair-Id=x"
    deployment.files[signed] = deployment.files[file]
    plist = manifest(**{key: BASE + signed}).to_plist()
    deployment.special["/manifest.plist"] = says(200, plist, content_type="application/xml", **headers)
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)
    assert ("signed-url-expires-soon" in found(report, "warning")) is warns
