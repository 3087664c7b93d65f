"""The check against real servers: on loopback, over TLS, reached by a public name."""

from __future__ import annotations

import itertools
import random
import socket
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import ICON, IPA, MANIFEST_URL, Answer, Deployment, manifest, says
from _make_ipa import make_ipa, make_png
from _server import (
    HOST,
    Certificates,
    HangUp,
    RangedFile,
    Request,
    Server,
    anonymous_contexts,
    answer,
    count_received,
    sparse_archive,
)

from itms_ota import Item, Manifest, inspect_manifest
from itms_ota._http import device_context
from itms_ota.check import CheckReport, check

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Handler = Callable[[Request], Iterable[bytes]]

PLACE = "items[0].assets[0].url"
HTML = b"<!DOCTYPE html><html><body>Hello</body></html>"
SERVING = Path(__file__).parents[2] / "docs" / "serving.md"


@pytest.fixture(scope="module")
def theirs(certificates: Certificates) -> ssl.SSLContext:
    return certificates.issue("healthy").server_context()


@pytest.fixture(scope="module")
def ours(certificates: Certificates) -> ssl.SSLContext:
    return certificates.root.client_context()


def run(handler: Handler, theirs: ssl.SSLContext | None, ours: ssl.SSLContext, **options: Any) -> CheckReport:
    with Server(handler, theirs) as server:
        arguments: dict[str, Any] = {"tls_context": ours, "connect_to": server.connect_to, "timeout": 5, **options}
        return check(MANIFEST_URL, **arguments)


def codes(report: CheckReport) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.code, problem.level) for problem in report.problems]


def in_place_of(target: str, pieces: Callable[[Request], Iterable[bytes]]) -> Handler:
    """Make the handler of a healthy deployment but for one address."""
    deployment = Deployment.healthy()

    def handler(request: Request) -> Iterable[bytes]:
        return pieces(request) if request.target == target else deployment.handler(request)

    return handler


def test_a_healthy_deployment_gives_no_error_and_no_warning(theirs: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    report = run(Deployment.healthy().handler, theirs, ours)
    assert (report.ok, report.problems, len(report.steps)) == (True, (), 5)
    assert {step.tls.version for step in report.steps if step.tls} == {"TLSv1.3"}


def test_without_certificates_of_any_kind() -> None:
    theirs, ours = anonymous_contexts()
    report = run(Deployment.healthy().handler, theirs, ours)
    assert codes(report) == [("manifest", "tls-no-forward-secrecy", "warning")]
    assert len(report.packages) == 1


# What a server can do to the manifest


def cut_off(_: Request) -> Iterator[bytes]:
    yield answer(manifest().to_plist())[:-100]
    raise HangUp


def announcing_more(_: Request) -> Iterator[bytes]:
    yield answer(manifest().to_plist(), content_length="30000")
    raise HangUp


def endless(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n" + manifest().to_plist()
    yield from itertools.repeat(b" " * 65536)


def huge(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n" + manifest().to_plist()
    yield from itertools.repeat(b" " * 65536)


def hanging_up(_: Request) -> Iterator[bytes]:
    yield b""
    raise HangUp


def drip(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"
    for piece in itertools.repeat(b" ", 1000):
        yield piece
        time.sleep(0.02)


def fixed(sent: bytes) -> Handler:
    return lambda _: [sent]


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        (fixed(answer(HTML, "401 Unauthorized", www_authenticate="Basic")), "http-status"),
        (fixed(answer(HTML, "403 Forbidden")), "http-status"),
        (fixed(answer(HTML, "404 Not Found")), "http-status"),
        (fixed(answer(HTML, "410 Gone")), "http-status"),
        (fixed(answer(HTML, "500 Internal Server Error")), "http-status"),
        (fixed(answer(HTML, "503 Service Unavailable")), "http-status"),
        (fixed(answer(b"", "302 Found", location=f"http://{HOST}/manifest.plist")), "not-https"),
        (fixed(answer(b"", "302 Found", location="file:///etc/passwd")), "not-https"),
        (fixed(answer(b"", "302 Found", location="/manifest.plist")), "redirect-loop"),
        (fixed(answer(HTML)), "web-page"),
        (fixed(answer(b"<html><input type=password>")), "login-page"),
        (fixed(answer(b"")), "empty-body"),
        (fixed(answer(b"\x1f\x8b\x08", content_encoding="gzip")), "content-encoded"),
        (fixed(b"SSH-2.0-OpenSSH_9.6\r\n"), "bad-response"),
        (cut_off, "truncated"),
        (announcing_more, "truncated"),
        (endless, "too-large"),
        (huge, "too-large"),
        (hanging_up, "connection-dropped"),
    ],
)
def test_faults_of_the_manifests_server(
    pieces: Handler, code: str, theirs: ssl.SSLContext, ours: ssl.SSLContext
) -> None:
    report = run(in_place_of("/manifest.plist", pieces), theirs, ours)
    assert [(problem.path, problem.code) for problem in report.problems if problem.level == "error"] == [
        ("manifest", code)
    ]


@pytest.mark.parametrize(
    "sent", [answer(manifest().to_plist()[:400]), answer(manifest().to_plist(), content_length="400")]
)
def test_a_manifest_of_which_a_part_is_sent(sent: bytes, theirs: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    report = run(in_place_of("/manifest.plist", fixed(sent)), theirs, ours)
    found = inspect_manifest(manifest().to_plist()[:400]).problems
    assert "truncated" in {problem.code for problem in found}
    assert {problem for problem in report.problems if problem.level == "error"} == {
        problem for problem in found if problem.level == "error"
    }


def test_a_server_that_drips_costs_no_more_than_the_limit(theirs: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    report = run(in_place_of("/manifest.plist", drip), theirs, ours, max_seconds=0.5)
    assert codes(report) == [("manifest", "time-limit", "error")]


def test_a_server_that_sends_single_bytes_costs_no_more_than_the_limit() -> None:
    def single(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from itertools.repeat(b"1\r\n \r\n" * 10_000)

    theirs, ours = anonymous_contexts()
    counts = count_received(ours)
    report = run(in_place_of("/manifest.plist", single), theirs, ours)
    assert ("manifest", "bad-response", "error") in codes(report)
    assert sum(counts) < 2.2 * 1024 * 1024


def test_the_limit_of_bytes_counts_all_that_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itms_ota.check._report._MOST_BYTES", 12_000)
    deployment = Deployment.healthy()

    def handler(request: Request) -> Iterable[bytes]:
        (sent,) = deployment.handler(request)
        return [sent.replace(b"\r\n", b"\r\nX: " + b"x" * 6000 + b"\r\n", 1)]

    theirs, ours = anonymous_contexts()
    counts = count_received(ours)
    report = run(handler, theirs, ours)
    assert (PLACE, "byte-limit", "error") in codes(report)
    assert sum(counts) <= 12_000


def test_requests_that_are_made_again_count() -> None:
    """A server that answers once on a connection is asked again on a new one."""
    connection = threading.local()

    def handler(request: Request) -> Iterator[bytes]:
        if hasattr(connection, "used"):
            raise HangUp
        connection.used = True
        yield answer(b"", "302 Found", location=f"/{int(request.target[1:]) + 1}")

    theirs, ours = anonymous_contexts()
    with Server(handler, theirs) as server:
        options: dict[str, Any] = {"tls_context": ours, "connect_to": server.connect_to}
        report = check(Manifest(items=several_items(16)), **options)
        assert len(server.requests) == 100
    assert "not-checked" in {code for _, code, _ in codes(report)}


def several_items(count: int) -> tuple[Item, ...]:
    return tuple(
        manifest(
            url=f"https://{HOST}/{number}0000",
            bundle_identifier=f"com.example.app{number}",
            display_image_url=f"https://{HOST}/{number}1000",
            full_size_image_url=f"https://{HOST}/{number}2000",
        ).items[0]
        for number in range(1, count + 1)
    )


def test_a_server_that_is_silent(theirs: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    def silent(_: Request) -> Iterator[bytes]:
        time.sleep(1)
        yield b""

    report = run(in_place_of("/manifest.plist", silent), theirs, ours, timeout=0.3)
    assert codes(report) == [("manifest", "timeout", "error")]


# What a server can do to the package


def ranged(body: bytes, **changes: str) -> Handler:
    """Serve a file by ranges, with these headers in place of the usual ones."""
    plain = Deployment({IPA: ("application/octet-stream", body)})

    def handler(request: Request) -> Iterator[bytes]:
        status, given, part = plain.serve(request.method, request.target, request.headers)
        headers = {name.replace("-", "_").lower(): value for name, value in given.items()}
        yield answer(part, f"{status} Something", **{**headers, **changes})

    return handler


def whole(body: bytes) -> Handler:
    return lambda request: [
        answer(
            body if request.method == "GET" else b"",
            content_length=str(len(body)),
            content_type="application/octet-stream",
        )
    ]


def without_head(request: Request) -> Iterable[bytes]:
    if request.method == "HEAD":
        return [answer(b"", "405 Method Not Allowed")]
    return ranged(make_ipa())(request)


def head_of_another_length(request: Request) -> Iterable[bytes]:
    return ranged(make_ipa(), **({"content_length": "17"} if request.method == "HEAD" else {}))(request)


LARGE = make_ipa(files={"Payload/MyApp.app/data": random.Random(5).randbytes(2_000_000)})


@pytest.mark.parametrize(
    ("pieces", "code", "level"),
    [
        (fixed(answer(b"", "401 Unauthorized")), "http-status", "error"),
        (fixed(answer(b"", "403 Forbidden")), "http-status", "error"),
        (fixed(answer(b"", "404 Not Found")), "http-status", "error"),
        (fixed(answer(b"", "410 Gone")), "http-status", "error"),
        (fixed(answer(b"", "502 Bad Gateway")), "http-status", "error"),
        (fixed(answer(b"", "302 Found", location=f"http://{HOST}{IPA}")), "not-https", "error"),
        (ranged(HTML), "web-page", "error"),
        (ranged(b"<html><input type='password'>"), "login-page", "error"),
        (whole(b""), "empty-body", "error"),
        (ranged(make_ipa()[:-40]), "damaged-archive", "error"),
        (ranged(b"hello"), "not-an-archive", "error"),
        (ranged(make_ipa(), content_length="99999"), "connection-dropped", "error"),
        (ranged(make_ipa(), content_range="bytes 5-99/100"), "wrong-range", "error"),
        (ranged(make_ipa(), content_encoding="gzip"), "content-encoded", "error"),
        (ranged(make_ipa(), content_range="bytes 0-1320/*"), "no-length", "warning"),
        (ranged(make_ipa(), content_type="text/plain"), "content-type", "warning"),
        (whole(make_ipa()), "no-ranges", "warning"),
        (whole(LARGE), "no-ranges", "warning"),
        (without_head, "head-refused", "warning"),
        (head_of_another_length, "length-mismatch", "warning"),
    ],
)
def test_faults_of_the_packages_server(
    pieces: Handler, code: str, level: str, theirs: ssl.SSLContext, ours: ssl.SSLContext
) -> None:
    def handler(request: Request) -> Iterator[bytes]:
        yield from pieces(request)
        if code == "connection-dropped":
            raise HangUp

    report = run(in_place_of(IPA, handler), theirs, ours)
    expected = [(PLACE, "truncated" if code == "connection-dropped" else code, level)]
    if not report.packages and level == "warning":
        expected.append((PLACE, "not-checked", "warning"))
    assert codes(report) == expected


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (fixed(answer(b"", "404 Not Found")), "http-status"),
        (fixed(answer(HTML)), "web-page"),
        (fixed(answer(b"GIF89a" + bytes(50))), "not-an-image"),
        (fixed(answer(make_png(57, cgbi=True), content_type="image/png")), "image-cgbi"),
        (
            fixed(answer(make_png(57).replace(b"\0\0\0\x39", b"\0\0\0\x50", 1), content_type="image/png")),
            "image-not-square",
        ),
        (endless, "not-an-image"),
    ],
)
def test_faults_of_images(image: Handler, code: str, theirs: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    report = run(in_place_of(ICON, image), theirs, ours)
    assert codes(report) == [("items[0].assets[1].url", code, "warning")]


# TLS


def test_certificates(certificates: Certificates, ours: ssl.SSLContext) -> None:
    middle = certificates.issue("check-middle", ca=True)
    elsewhere = certificates.self_signed("check-elsewhere").client_context()
    for made, trust, code in (
        (certificates.self_signed("check-self"), ours, "tls-self-signed"),
        (certificates.issue("check-expired", end="20200201000000Z"), ours, "tls-expired"),
        (certificates.issue("check-future", begin="21190101000000Z"), ours, "tls-not-yet-valid"),
        (certificates.issue("check-other", host="other.example"), ours, "tls-wrong-host"),
        (certificates.issue("check-private", chain=[certificates.root]), elsewhere, "tls-private-root"),
        (certificates.issue("check-incomplete", issuer=middle), ours, "tls-unknown-issuer"),
    ):
        report = run(Deployment.healthy().handler, made.server_context(), trust)
        assert codes(report) == [("manifest", code, "error")]
        assert report.problems[0].message.endswith(f"'Cannot connect to {HOST}'.")
    assert "intermediate" in report.problems[0].message
    assert "private" in report.problems[0].message
    complete = certificates.issue("check-complete", issuer=middle, chain=[middle])
    assert run(Deployment.healthy().handler, complete.server_context(), ours).problems == ()


def test_a_certificate_that_lives_too_long_for_a_public_root(
    certificates: Certificates, ours: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates.issue("check-long", begin="20210101000000Z").server_context()
    assert run(Deployment.healthy().handler, made, ours).problems == ()
    monkeypatch.setattr("itms_ota._http._network.device_context", lambda: ours)
    with Server(Deployment.healthy().handler, made) as server:
        report = check(MANIFEST_URL, connect_to=server.connect_to, timeout=5)
    assert codes(report) == [("manifest", "tls-lifetime", "warning")]


def test_a_certificate_that_expires_soon(certificates: Certificates, ours: ssl.SSLContext) -> None:
    end = datetime.now(timezone.utc) + timedelta(days=10)
    soon = certificates.issue("check-soon", end=f"{end:%Y%m%d%H%M%SZ}")
    report = run(Deployment.healthy().handler, soon.server_context(), ours)
    assert codes(report) == [("manifest", "tls-expires-soon", "warning")]


def test_protocols_and_ciphers(certificates: Certificates, ours: ssl.SSLContext) -> None:
    old = certificates.issue("check-old").old_server_context()
    assert codes(run(Deployment.healthy().handler, old, ours)) == [("manifest", "tls-no-common-protocol", "error")]
    dhe = certificates.dhe_server_context()
    assert codes(run(Deployment.healthy().handler, dhe, ours)) == [("manifest", "tls-no-forward-secrecy", "warning")]
    devices = device_context(str(certificates.root.chain))
    report = run(Deployment.healthy().handler, dhe, devices)
    assert codes(report) == [("manifest", "tls-no-common-protocol", "error")]
    assert "ECDHE" in report.problems[0].message
    assert run(Deployment.healthy().handler, certificates.issue("check-new").server_context(), devices).problems == ()


def test_a_server_without_tls(ours: ssl.SSLContext) -> None:
    report = run(Deployment.healthy().handler, None, ours, timeout=1)
    assert codes(report) == [("manifest", "tls-failure", "error")]


# Where nobody answers


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    report = check(MANIFEST_URL, connect_to={f"{HOST}:443": address})
    assert codes(report) == [("manifest", "refused", "error")]


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert codes(check(MANIFEST_URL)) == [("manifest", "dns-failure", "error")]


def test_public_only_connects_to_nothing_private(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert codes(check(MANIFEST_URL, public_only=True)) == [("manifest", "not-public", "error")]
    assert codes(check("https://127.0.0.1/m.plist", public_only=True)) == [("manifest", "loopback-host", "error")]


def test_public_only_holds_at_every_redirect() -> None:
    theirs, ours = anonymous_contexts()
    redirect = in_place_of("/manifest.plist", fixed(answer(b"", "302 Found", location="https://127.0.0.1/")))
    report = run(redirect, theirs, ours, public_only=True)
    assert ("manifest", "not-public", "error") in codes(report)
    assert report.manifest is None


# Mutated answers


@pytest.mark.dear
def test_mutated_answers_neither_escape_nor_run_past_the_limits() -> None:
    deployment = Deployment.healthy()
    theirs, ours = anonymous_contexts()
    checks = mutate = 0

    def handler(request: Request) -> Iterator[bytes]:
        sent = b"".join(deployment.handler(request))
        # Requests come from several threads, in any order.
        source = random.Random(f"{checks} {request.method} {request.target} {request.headers.get('range')}")
        if source.randrange(5) >= mutate:
            yield sent
            return
        yield mutated(sent, source)
        if source.randrange(20):
            raise HangUp

    with Server(handler, theirs) as server:
        while len(server.requests) < 1000:
            mutate = 1 + checks % 5
            report = check(
                MANIFEST_URL,
                tls_context=ours,
                connect_to=server.connect_to,
                timeout=0.1,
                max_seconds=1,
                verify_hashes=True,
            )
            assert len(report.steps) <= 10
            assert str(report)
            assert report.to_dict()["ok"] is report.ok
            checks += 1
        assert server.sent < checks * 1_000_000


def mutated(sent: bytes, source: random.Random) -> bytes:
    """Flip, cut, repeat or insert in an answer, most often in its head."""
    data = bytearray(sent)
    for _ in range(source.randrange(1, 5)):
        end = data.find(b"\r\n\r\n") if source.randrange(3) else len(data)
        at = source.randrange(max(1, end))
        match source.randrange(5):
            case 0:
                data[at : at + 1] = bytes([source.randrange(256)])
            case 1:
                del data[at : at + source.randrange(1, 40)]
            case 2:
                data[at:at] = data[at : at + source.randrange(1, 200)]
            case 3:
                del data[source.randrange(len(data) + 1) :]
            case _:
                data[at:at] = source.choice([b"\r\n", b"\r\n\r\n", b"Location: /\r\n", b"Content-Length: 5\r\n", b"\0"])
    return bytes(data)


@pytest.mark.dear
def test_mutated_bodies_never_escape() -> None:
    source = random.Random(20260505)
    healthy = Deployment.healthy()
    for _ in range(400):  # of each five answers some two and a half are mutated
        deployment = Deployment.healthy()
        for path, (content_type, body) in healthy.files.items():
            if source.randrange(2):
                deployment.files[path] = (content_type, mutated(body or b"x", source))
        if source.randrange(3) == 0:
            deployment.special[source.choice([*healthy.files])] = odd_answer(source)
        report = check(MANIFEST_URL, fetch=deployment.fetch, verify_hashes=True)
        assert len(deployment.requests) < 60
        assert str(report)
        assert report._repr_html_()
        assert report.to_dict()["ok"] is report.ok


def odd_answer(source: random.Random) -> Callable[[str, Mapping[str, str]], Answer]:
    values = [
        "",
        "0",
        "-1",
        "9" * 30,
        "gzip",
        "bytes 0-0/1",
        "bytes */0",
        "/",
        "//",
        "http://[",
        "\x00",
        "é",
        "https://a b/",
    ]
    names = ["content_type", "content_length", "content_range", "content_encoding", "location", "etag"]
    status = source.choice([0, 99, 200, 200, 206, 301, 302, 404, 416, 999])
    return says(
        status, source.choice([b"", b"x", HTML]), **{name: source.choice(values) for name in source.sample(names, 3)}
    )


# What it costs


def test_a_healthy_check_of_1_gib_transfers_less_than_1_mib(
    theirs: ssl.SSLContext, ours: ssl.SSLContext, tmp_path: Path
) -> None:
    path = tmp_path / "MyApp.ipa"
    deployment = Deployment.healthy()
    sparse_archive(path)
    assert path.stat().st_size > 1 << 30
    package = RangedFile(path, {"etag": '"1"', "content_type": "application/octet-stream"})

    def handler(request: Request) -> Iterator[bytes]:
        if request.target == IPA and request.method == "HEAD":
            yield answer(content_length=str(path.stat().st_size))
        else:
            yield from package(request) if request.target == IPA else deployment.handler(request)

    with Server(handler, theirs) as server:
        report = check(MANIFEST_URL, tls_context=ours, connect_to=server.connect_to)
        assert report.problems == ()
        assert report.packages[0].size == path.stat().st_size
        assert len(server.requests) <= 9
        assert server.connections == 3
        assert server.sent < 1024 * 1024
