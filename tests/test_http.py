"""One request: limits, faults, TLS, addresses."""

from __future__ import annotations

import errno
import itertools
import json
import pickle
import random
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from http.client import HTTPMessage
from typing import TYPE_CHECKING, Any, cast

import pytest
from _server import HOST, Certificates, HangUp, Request, Server, anonymous_contexts, answer, count_received

from itms_ota import Manifest, _http
from itms_ota._http import HEADERS, Limits, Network, Response, Tls, hops, is_public
from itms_ota.check import check
from itms_ota.errors import FetchError
from itms_ota.remote import open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    Handler = Callable[[Request], Iterable[bytes]]

URL = f"https://{HOST}/App.ipa"
MANIFEST_URL = f"https://{HOST}/manifest.plist"


@contextmanager
def serving(
    handler: Handler, *, timeout: float = 5.0, max_seconds: float = 10.0
) -> Generator[tuple[Server, Network], None, None]:
    theirs, ours = anonymous_contexts()
    with Server(handler, theirs) as server:
        network = Network(Limits(timeout, max_seconds), tls_context=ours, connect_to=server.connect_to)
        try:
            yield server, network
        finally:
            network.close()


def get(network: Network, url: str = URL, *, max_bytes: int = 1000, method: str = "GET") -> Response:
    return network(method, url, HEADERS, 5.0, max_bytes)


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(FetchError) as caught:
        action()
    assert isinstance(caught.value, OSError)
    assert str(pickle.loads(pickle.dumps(caught.value)))  # noqa: S301 == str(caught.value)
    (problem,) = caught.value.problems
    assert (problem.path, problem.level) == ("", "error")
    return problem.code


def fault(*pieces: bytes, timeout: float = 5.0, max_seconds: float = 10.0, max_bytes: int = 1000) -> str:
    """Give the code of the problem with an answer of these bytes, after which the connection is closed."""

    def handler(_: Request) -> Iterator[bytes]:
        yield from pieces
        raise HangUp

    with serving(handler, timeout=timeout, max_seconds=max_seconds) as (_, network):
        return code_of(lambda: get(network, max_bytes=max_bytes))


def test_request_and_answer() -> None:
    with serving(lambda _: [answer(b"hello", Content_Type="text/plain", X_A="1")]) as (server, network):
        response = get(network, URL + "?v=%201#top")
    assert server.requests == [
        Request(
            "GET",
            "/App.ipa?v=%201",
            {"host": HOST, "user-agent": "itms_ota", "accept": "*/*", "accept-encoding": "identity"},
        )
    ]
    assert (response.status, response.body, response.address) == (200, b"hello", server.address)
    assert response.headers == {"content-length": "5", "content-type": "text/plain", "x-a": "1"}
    assert response.tls is not None
    assert (response.tls.version, response.tls.not_after) == ("TLSv1.2", None)
    assert response.tls.cipher.startswith(("ADH-", "AECDH-"))


def test_the_connection_is_kept_for_the_same_host_only() -> None:
    with serving(lambda _: [answer(b"x")]) as (server, network):
        for _ in range(3):
            assert get(network).body == b"x"
        assert server.connections == 1
        network._connect_to["other.example", 8443] = network._connect_to[HOST, 443]
        assert get(network, "https://other.example:8443/").body == b"x"
        assert server.connections == 2
        assert server.requests[-1].headers["host"] == "other.example:8443"


def test_a_kept_connection_that_was_dropped_is_opened_again_once() -> None:
    def handler(_: Request) -> Iterator[bytes]:
        yield answer(b"x")
        raise HangUp

    with serving(handler) as (server, network):
        assert [get(network).body for _ in range(3)] == [b"x"] * 3
        assert server.connections == 3


def test_what_is_sent_beyond_the_announced_length_is_no_answer_to_the_next_request() -> None:
    with serving(lambda _: [answer(b"x") + b"surplus"]) as (server, network):
        assert [get(network).body for _ in range(2)] == [b"x"] * 2
        assert server.connections == 2


def test_an_error_on_a_kept_connection_that_is_not_its_age_is_told_at_once() -> None:
    answers = iter([answer(b"x"), b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])

    def handler(_: Request) -> Iterator[bytes]:
        yield (piece := next(answers))
        if piece.endswith(b"short"):
            raise HangUp

    with serving(handler) as (server, network):
        get(network)
        assert code_of(lambda: get(network)) == "truncated"
        assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.parametrize("limit", [0, 1, 4, 5])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_longer_body_is_cut(limit: int, *, chunked: bool) -> None:
    plain = answer(b"hello")
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n"
    with serving(lambda _: [chunks if chunked else plain]) as (_, network):
        assert get(network, max_bytes=limit).body == b"hello"[:limit]
        assert get(network, max_bytes=99).body == b"hello"


def test_the_body_of_an_answer_without_a_length_ends_with_the_connection() -> None:
    def handler(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\n\r\nhello"
        raise HangUp

    with serving(handler) as (_, network):
        assert get(network).body == b"hello"


def test_head_has_no_body() -> None:
    with serving(lambda _: [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"]) as (server, network):
        response = get(network, method="HEAD")
        assert (response.body, response.headers["content-length"]) == (b"", "1000000")
        get(network, method="HEAD")
        assert [request.method for request in server.requests] == ["HEAD", "HEAD"]
        assert server.connections == 1


def test_interim_answers_are_passed_over() -> None:
    with serving(lambda _: [b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + answer(b"x")]) as (_, network):
        assert (get(network).status, get(network).body) == (200, b"x")


def test_repeated_headers_are_joined_and_utf8_is_read() -> None:
    with serving(lambda _: [answer(a="1", A="2", location="/é")]) as (_, network):
        headers = get(network).headers
    assert (headers["a"], headers["location"]) == ("1, 2", "/é")


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"1" * 70000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"1" * 30000 + b"\r\n") * 90,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 9000,
        b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: 1\r\n" * 20000,
    ],
    ids=lambda sent: repr(sent[:40]),
)
def test_what_is_no_http(sent: bytes) -> None:
    assert fault(sent) == "bad-response"


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nabcde\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 70000,
    ],
    ids=lambda sent: repr(sent[-20:]),
)
def test_a_body_that_ends_too_early(sent: bytes) -> None:
    assert fault(sent) == "truncated"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1"], ids=repr)
def test_a_connection_closed_instead_of_an_answer(sent: bytes) -> None:
    assert fault(sent) == ("bad-response" if sent else "connection-dropped")


def silent(until: threading.Event) -> Handler:
    def handler(_: Request) -> Iterator[bytes]:
        until.wait(5)
        raise HangUp
        yield b""

    return handler


def test_a_silent_server_runs_into_the_timeout() -> None:
    until = threading.Event()
    with serving(silent(until), timeout=0.2) as (_, network):
        assert code_of(lambda: get(network)) == "timeout"
        until.set()


def test_a_timeout_given_with_the_request_counts() -> None:
    until = threading.Event()
    with serving(silent(until)) as (_, network):
        assert code_of(lambda: network("GET", URL, {}, 0.2, 10)) == "timeout"
        until.set()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"], ids=["head", "body"])
def test_a_server_that_drips_runs_into_the_limit(head: bytes) -> None:
    def handler(_: Request) -> Iterator[bytes]:
        yield head
        for byte in itertools.repeat(b"H"):
            yield byte
            time.sleep(0.02)

    with serving(handler, timeout=5, max_seconds=0.5) as (_, network):
        assert code_of(lambda: get(network)) == "time-limit"


def test_an_endless_body_costs_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(lambda _: itertools.chain([head], itertools.repeat(b"1000\r\n" + b"x" * 4096 + b"\r\n"))) as (
        _,
        network,
    ):
        assert get(network, max_bytes=10**6).body == b"x" * 10**6


def test_chunks_that_are_all_framing_cost_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(lambda _: itertools.chain([head], itertools.repeat(b"0000000000000001;padding\r\nx\r\n"))) as (
        _,
        network,
    ):
        assert code_of(lambda: get(network, max_bytes=10**5)) == "bad-response"


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        (b"1\r\nx\r\n" * 10000, "bad-response"),
        ((b"32\r\n" + b"x" * 50 + b"\r\n") * 1000, "bad-response"),
        ((b"c8\r\n" + b"x" * 200 + b"\r\n") * 1000, None),
        (b"1000\r\n" + b"x" * 4096 + b"\r\n", None),
        (b"0\r\n" + b"Trailer: 1\r\n" * 80, "bad-response"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else "",
)
def test_framing_counts(pieces: bytes, code: str | None) -> None:
    """What comes over the wire is at most what was asked for, a thirty-second of that, and 64 KiB."""
    limit = 2 * 1024 * 1024
    theirs, ours = anonymous_contexts()
    counts = count_received(ours)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Server(lambda _: itertools.chain([head], itertools.repeat(pieces)), theirs) as server:
        network = Network(Limits(5, 10), tls_context=ours, connect_to=server.connect_to)
        if code is None:
            assert get(network, max_bytes=limit).body == b"x" * limit
        else:
            assert code_of(lambda: get(network, max_bytes=limit)) == code
            assert sum(counts) == limit + limit // 32 + 65536
    assert sum(counts) <= limit + limit // 32 + 65536


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 30000, b"HTTP/1.1 200 OK\r\nX: 1"])
def test_a_limit_of_bytes_counts_all_that_comes(head: bytes) -> None:
    theirs, ours = anonymous_contexts()
    counts = count_received(ours)
    with Server(lambda _: [head + b"\r\nContent-Length: 1000\r\n\r\n" + bytes(1000)], theirs) as server:
        network = Network(Limits(5, 10, max_bytes=100_000), tls_context=ours, connect_to=server.connect_to)

        def action() -> None:
            while True:
                assert get(network, max_bytes=2000).body == bytes(1000)

        assert code_of(action) == "byte-limit"
    assert sum(counts) == 100_000
    assert len(server.requests) == -(-100_000 // len(head + b"\r\nContent-Length: 1000\r\n\r\n" + bytes(1000)))


def test_a_request_made_twice_counts_twice() -> None:
    def handler(_: Request) -> Iterator[bytes]:
        if len(server.requests) % 2:
            yield answer(b"x")
        else:
            raise HangUp

    theirs, ours = anonymous_contexts()
    with Server(handler, theirs) as server:
        limits = Limits(5, 10, max_requests=4)
        network = Network(limits, tls_context=ours, connect_to=server.connect_to)

        def action() -> None:
            while True:
                limits.request()
                get(network)

        with pytest.raises(FetchError, match="the limit of 4 requests was reached") as caught:
            action()
        assert [(problem.code, problem.level) for problem in caught.value.problems] == [("not-checked", "warning")]
    assert len(server.requests) == 4


def test_a_header_that_cannot_be_sent() -> None:
    with serving(lambda _: [answer()]) as (server, network):
        for value in ("a\r\nX: 1", "é"):
            with pytest.raises(ValueError, match="The header User-Agent cannot be sent as"):
                network("GET", URL, {"User-Agent": value}, 5, 10)
        assert server.requests == []


def test_only_https_is_fetched() -> None:
    network = Network(Limits(5, 5))
    assert code_of(lambda: get(network, f"http://{HOST}/")) == "not-https"
    assert code_of(lambda: get(network, f"https://{HOST}/a b")) == "whitespace"


@pytest.mark.parametrize("text", ["", "a", ":443", "a:b", "::1:443", "a:443:1", "a:65536", "a:123456"])
def test_connect_to_must_name_hosts_and_ports(text: str) -> None:
    for mapping in ({text: "127.0.0.1:1"}, {f"{HOST}:443": text}):
        with pytest.raises(ValueError, match="connect_to maps host:port"):
            Network(Limits(5, 5), connect_to=mapping)


def test_connect_to_takes_ipv6() -> None:
    network = Network(Limits(5, 5), connect_to={"Apps.Example.com:443": "[::1]:8443"})
    assert network._connect_to == {(HOST, 443): ("::1", 8443)}


def test_mutated_answers_end_in_an_answer_or_an_error() -> None:
    good = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/9\r\n\r\nhello",
    )
    source = random.Random(20)
    outcomes = set[str]()

    def handler(_: Request) -> Iterator[bytes]:
        mutated = bytearray(source.choice(good))
        for _change in range(source.randint(1, 4)):
            mutated[source.randrange(len(mutated))] = source.randrange(256)
        yield bytes(mutated[: source.randint(1, 2 * len(mutated))])
        raise HangUp

    with serving(handler) as (_, network):
        for _ in range(300):
            try:
                outcomes.add(str(get(network).status))
            except FetchError as error:
                outcomes.add(error.problems[0].code)
    assert outcomes >= {"200", "206", "bad-response", "truncated"}


# What a fetch of one's own gives


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"status": "200"}, "status must be int, not str"),
        ({"headers": None}, "headers must be Mapping, not NoneType"),
        ({"headers": {"a": 1}}, "each of names and values of headers must be str, not int"),
        ({"body": "text"}, "body must be bytes, not str"),
        ({"tls": "TLSv1.3"}, "tls must be Tls or None, not str"),
        ({"address": ("192.0.2.1", 443)}, "address must be str or None, not tuple"),
    ],
)
def test_wrong_types_of_a_response(given: dict[str, Any], match: str) -> None:
    arguments: dict[str, Any] = {"status": 200, "headers": {}, "body": b"", **given}
    with pytest.raises(TypeError, match=match):
        Response(**arguments)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"version": None}, "version must be str, not NoneType"),
        ({"cipher": ("a", "b", 1)}, "cipher must be str, not tuple"),
        ({"not_after": "Jan 1"}, "not_after must be datetime or None, not str"),
        ({"not_after": datetime(2030, 1, 1)}, "not_after must be an aware datetime"),  # noqa: DTZ001
    ],
)
def test_wrong_types_of_tls(given: dict[str, Any], match: str) -> None:
    arguments: dict[str, Any] = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "not_after": None, **given}
    with pytest.raises(TypeError, match=match):
        Tls(**arguments)


def test_headers_as_the_standard_library_has_them() -> None:
    message = HTTPMessage()
    message["Content-Type"] = "text/plain"
    assert Response(200, cast("Any", message), b"").headers == {"content-type": "text/plain"}


# Names and addresses


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    def getaddrinfo(_host: str, port: int, **_: object) -> list[object]:
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(families[":" in ip], 0, 0, "", (ip, other or port)) for ip, other in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert isinstance(port, int)
    return port


def test_a_host_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert code_of(lambda: get(Network(Limits(5, 5)))) == "dns-failure"


@contextmanager
def hanging_resolver(monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[list[str], threading.Event], None, None]:
    """Give the hosts that were asked for, and what makes the answers come; they come at the end otherwise."""
    until = threading.Event()
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        until.wait(10)
        return [(socket.AF_INET, 0, 0, "", ("192.0.2.1", port)), (socket.AF_INET6, 0, 0, "", ("::1", port, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        yield asked, until
    finally:
        until.set()
        for thread in [*_http._looking_up.values()]:
            thread.join()


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging_resolver(monkeypatch):
        assert code_of(lambda: get(Network(Limits(0.1, 5)))) == "timeout"
        assert code_of(lambda: get(Network(Limits(5, 0.1)))) == "time-limit"


def test_a_resolver_that_hangs_keeps_one_thread_a_host_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = ["a.example.com", "b.example.com"]
    items = tuple(
        Manifest.for_app(
            url=f"https://{hosts[number % 2]}/{number}.ipa",
            bundle_identifier="com.example.app",
            bundle_version="1",
            title="App",
            display_image_url=f"https://{hosts[0]}:8443/icon.png",
            full_size_image_url=f"https://{hosts[1]}/icon.png",
        ).items[0]
        for number in range(8)
    )
    before = threading.active_count()
    with hanging_resolver(monkeypatch) as (asked, _):
        for _ in range(2):
            report = check(Manifest(items=items), timeout=0.05)
            assert {problem.code for problem in report.problems} == {"timeout"}
            assert len(report.problems) == 24
        assert sorted(asked) == hosts
        assert threading.active_count() == before + 2
    assert _http._looking_up == {}
    assert threading.active_count() == before


def test_who_waits_for_the_same_name_gets_it_with_the_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging_resolver(monkeypatch) as (asked, until):
        with pytest.raises(TimeoutError):
            _http._resolve(HOST, 443, 0.01)
        look_up = _http._looking_up[HOST]

        def join(timeout: float) -> None:
            until.set()
            threading.Thread.join(look_up, timeout)

        monkeypatch.setattr(look_up, "join", join)
        assert _http._resolve(HOST, 8443, 5) == [
            (socket.AF_INET, ("192.0.2.1", 8443)),
            (socket.AF_INET6, ("::1", 8443, 0, 0)),
        ]
        assert asked == [HOST]


def test_a_look_up_that_died_with_a_fork_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ("192.0.2.1", 0))
    monkeypatch.setitem(_http._looking_up, HOST, _http._LookUp(HOST, 443))
    assert _http._resolve(HOST, 443, 5) == [(socket.AF_INET, ("192.0.2.1", 443))]
    assert _http._looking_up == {}


def test_a_port_where_nobody_listens() -> None:
    network = Network(Limits(5, 5), connect_to={f"{HOST}:443": f"127.0.0.1:{closed_port()}"})
    assert code_of(lambda: get(network)) == "refused"


def test_an_address_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert code_of(lambda: get(Network(Limits(5, 5)), "https://192.0.2.1/")) == "unreachable"


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = anonymous_contexts()
    with Server(lambda _: [answer(b"x")], theirs) as server:
        resolving(monkeypatch, ("127.0.0.1", closed_port()), ("127.0.0.1", port_of(server.address)))
        network = Network(Limits(5, 5), tls_context=ours)
        assert get(network).body == b"x"
        network.close()


def test_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on loopback")
    theirs, ours = anonymous_contexts()
    with Server(lambda _: [answer(b"x")], theirs, listener) as server:
        network = Network(Limits(5, 5), tls_context=ours)
        port = listener.getsockname()[1]
        assert get(network, f"https://[::1]:{port}/").address == f"[::1]:{port}"
        assert server.requests[0].headers["host"] == f"[::1]:{port}"
        network.close()


@pytest.mark.parametrize("private", ["127.0.0.1", "10.1.2.3", "::ffff:10.0.0.1"])
def test_public_only_judges_every_address_before_it_connects(private: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ("93.184.215.14", 0), (private, 0))
    monkeypatch.setattr(socket.socket, "connect", None)  # whoever connects fails
    assert code_of(lambda: get(Network(Limits(5, 5), public_only=True))) == "not-public"


@pytest.mark.parametrize("private", ["10.1.2.3", "fd12:3456::7"])
def test_public_only_tells_nobody_the_address(private: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ("93.184.215.14", 0), (private, 0))
    with pytest.raises(FetchError) as caught:
        open_url(URL, public_only=True)
    report = check(MANIFEST_URL, public_only=True)
    assert [problem.code for problem in (*caught.value.problems, *report.problems)] == ["not-public"] * 2
    for told in (str(caught.value), repr(caught.value), str(report), repr(report), report._repr_html_()):
        assert HOST in told
        assert private not in told
    assert private not in json.dumps(report.to_dict())


def test_public_only_connects_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere when it is looked up again (DNS rebinding) gains nothing."""
    resolving(monkeypatch, ("93.184.215.14", 0))
    reached: list[object] = []

    def connect(_: socket.socket, address: object) -> None:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert code_of(lambda: get(Network(Limits(5, 5), public_only=True))) == "refused"
    assert reached == [("93.184.215.14", 443)]


def test_public_only_does_not_judge_the_addresses_of_connect_to() -> None:
    theirs, ours = anonymous_contexts()
    with Server(lambda _: [answer(b"x")], theirs) as server:
        network = Network(Limits(5, 5), tls_context=ours, connect_to=server.connect_to, public_only=True)
        assert get(network).body == b"x"
        assert code_of(lambda: get(network, f"https://{server.address}/")) == "not-public"


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "2606:4700::1111",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
        "100.63.255.255",
        "223.255.255.255",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.0.0.9", "192.0.2.1"),
        *("192.88.99.1", "192.168.1.1", "198.19.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8", "100::1"),
        *(
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fe80::1",
            "fe80::1%2",
            "fec0::1",
        ),
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


# Whatever a socket raises, whenever it does


class _FailingSockets:
    """Stands in for the sockets of a connection; those of these steps raise an error, a step with a number that time.

    It is also the context of TLS. What is received says ``hello``.
    """

    def __init__(self, steps: Iterable[str], error: Exception, version: str | None = "TLSv1.2") -> None:
        self._steps = {*steps}
        self._error = error
        self._count = Counter[str]()
        self._received = [answer(b"hello")[:-5], b"hello"]
        self._answers: dict[str, Any] = {
            "version": version,
            "cipher": ("ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", 256),
            "getpeercert": {"notAfter": "Jan  5 09:34:43 2099 GMT"},
            "getpeername": ("93.184.215.14", 443),
        }

    def step(self, name: str) -> None:
        self._count[name] += 1
        if {name, f"{name} {self._count[name]}"} & self._steps:
            raise self._error

    def install(self, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
        def getaddrinfo(*_: object, **__: object) -> list[object]:
            self.step("getaddrinfo")
            return [(socket.AF_INET, 0, 0, "", ("93.184.215.14", 443))]

        def new_socket(*_: object) -> _FailingSocket:
            self.step("socket")
            return _FailingSocket(self, "plain")

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket, "socket", new_socket)
        return cast("ssl.SSLContext", self)

    def wrap_socket(self, _: object, *, server_hostname: str) -> _FailingSocket:
        assert server_hostname == HOST
        self.step("wrap_socket")
        return _FailingSocket(self, "tls")

    def call(self, name: str, arguments: tuple[Any, ...]) -> object:
        if name != "recv_into":
            return self._answers.get(name)
        piece = self._received.pop(0)
        arguments[0][: len(piece)] = piece
        return len(piece)


class _FailingSocket:
    """One of them, before or within TLS; it has every method."""

    def __init__(self, sockets: _FailingSockets, name: str) -> None:
        self._sockets = sockets
        self._name = name

    def __getattr__(self, name: str) -> Callable[..., object]:
        def method(*arguments: Any) -> object:
            self._sockets.step(f"{self._name}.{name}")
            return self._sockets.call(name, arguments)

        return method


# What is wrong where a step raises an OSError, an SSLError, or neither.
STEPS = {
    "getaddrinfo": ("dns-failure", "dns-failure", "dns-failure"),
    "socket": ("unreachable", "unreachable", "unreachable"),
    "plain.settimeout": ("unreachable", "unreachable", "unreachable"),
    "plain.connect": ("unreachable", "unreachable", "unreachable"),
    "plain.settimeout 2": ("tls-failure", "tls-failure", "tls-failure"),
    "wrap_socket": ("tls-failure", "tls-failure", "tls-failure"),
    "tls.version": ("connection-dropped", "tls-failure", "tls-failure"),
    "tls.cipher": ("connection-dropped", "tls-failure", "tls-failure"),
    "tls.getpeercert": ("connection-dropped", "tls-failure", "tls-failure"),
    "tls.getpeername": ("connection-dropped", "tls-failure", "tls-failure"),
    "tls.settimeout": ("connection-dropped", "connection-dropped", "bad-response"),
    "tls.sendall": ("connection-dropped", "connection-dropped", "bad-response"),
    "tls.settimeout 2": ("connection-dropped", "connection-dropped", "bad-response"),
    "tls.recv_into": ("connection-dropped", "connection-dropped", "bad-response"),
    "tls.settimeout 3": ("truncated", "truncated", "truncated"),
    "tls.recv_into 2": ("truncated", "truncated", "truncated"),
}
ERRORS: list[Exception] = [
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ENOTCONN, "Transport endpoint is not connected"),
    ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    TimeoutError("timed out"),
    ssl.SSLError(1, "[SSL] unknown error"),
    ssl.SSLCertVerificationError(1, "raised by a context of one's own"),
    ValueError("handshake not done yet"),
    UnicodeError("label too long"),
    OverflowError("port must be 0-65535"),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("step", STEPS)
def test_nothing_that_a_socket_raises_gets_out(step: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = STEPS[step][1 if isinstance(error, ssl.SSLError) else 0 if isinstance(error, OSError) else 2]
    if isinstance(error, TimeoutError):
        expected = "timeout"
    steps = (step, "plain.close", "tls.close")
    context = _FailingSockets(steps, error).install(monkeypatch)
    assert code_of(lambda: get(Network(Limits(5, 5), tls_context=context))) == expected
    context = _FailingSockets(steps, error).install(monkeypatch)
    assert code_of(lambda: open_url(URL, tls_context=context)) == expected
    context = _FailingSockets(steps, error).install(monkeypatch)
    report = check(MANIFEST_URL, tls_context=context)
    assert [(problem.path, problem.code, problem.level) for problem in report.problems] == [
        ("manifest", expected, "error")
    ]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_socket_that_does_not_close_changes_nothing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    context = _FailingSockets(["plain.close", "tls.close"], error).install(monkeypatch)
    with open_url(URL, tls_context=context) as file:
        assert file.read() == b"hello"
    context = _FailingSockets(["plain.close", "tls.close"], error).install(monkeypatch)
    assert [problem.code for problem in check(MANIFEST_URL, tls_context=context).problems] == ["not-a-manifest"]


def test_nothing_is_sent_where_no_handshake_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SSLSocket made of a connection that was lost by then knows no version, and sends as it stands."""
    context = _FailingSockets(["tls.sendall"], AssertionError(), version=None).install(monkeypatch)
    assert code_of(lambda: get(Network(Limits(5, 5), tls_context=context))) == "connection-dropped"


class _WaitingContext(ssl.SSLContext):
    """A context whose sockets are not used before the server has reset the connection."""

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        sock = super().wrap_socket(*arguments, **options)
        for _ in range(500):
            try:
                sock.getpeername()
            except OSError:
                break
            time.sleep(0.01)
        return sock


def test_a_server_that_resets_the_connection_after_the_handshake() -> None:
    theirs, _ = anonymous_contexts()
    ours = _WaitingContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.check_hostname = False
    ours.verify_mode = ssl.CERT_NONE
    ours.maximum_version = ssl.TLSVersion.TLSv1_2
    ours.set_ciphers("aNULL:@SECLEVEL=0")

    def accept(listener: socket.socket) -> None:
        for _ in range(3):
            plain, _ = listener.accept()
            with theirs.wrap_socket(plain, server_side=True) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        connect_to = {f"{HOST}:443": f"127.0.0.1:{listener.getsockname()[1]}"}
        assert code_of(lambda: get(Network(Limits(5, 5), tls_context=ours, connect_to=connect_to))) == (
            "connection-dropped"
        )
        assert code_of(lambda: open_url(URL, tls_context=ours, connect_to=connect_to)) == "connection-dropped"
        report = check(MANIFEST_URL, tls_context=ours, connect_to=connect_to)
        thread.join()
    assert [(problem.path, problem.code, problem.level) for problem in report.problems] == [
        ("manifest", "connection-dropped", "error")
    ]


def test_where_one_kind_of_address_is_not_known_the_other_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = anonymous_contexts()

    class WithoutIPv6(socket.socket):
        def __init__(self, family: int = -1, *arguments: int, **options: Any) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *arguments, **options)

    with Server(lambda _: [answer(b"x")], theirs) as server:
        resolving(monkeypatch, ("2606:4700::1111", 0), ("127.0.0.1", port_of(server.address)))
        monkeypatch.setattr(socket, "socket", WithoutIPv6)
        network = Network(Limits(5, 5), tls_context=ours)
        assert get(network).body == b"x"
        network.close()


# Redirects


def scripted(answers: Mapping[str, tuple[int, str]]) -> _http.Fetch:
    def fetch(_method: str, url: str, _headers: Mapping[str, str], _timeout: float, _max_bytes: int, /) -> Response:
        status, location = answers[url]
        return Response(status, {"Location": location} if location else {}, b"")

    return fetch


def followed(answers: Mapping[str, tuple[int, str]]) -> list[tuple[str, int]]:
    start = next(iter(answers))
    return [(url, response.status) for url, response in hops(scripted(answers), start, {}, Limits(5, 5), 10)]


def test_redirects_are_followed_and_shown() -> None:
    assert followed(
        {
            "https://a.example/": (302, "/b c?d"),
            "https://a.example/b%20c?d": (308, "//B.example/é"),
            "https://b.example/%C3%A9": (200, ""),
        }
    ) == [("https://a.example/", 302), ("https://a.example/b%20c?d", 308), ("https://b.example/%C3%A9", 200)]


@pytest.mark.parametrize(("status", "location"), [(300, "/x"), (304, "/x"), (302, ""), (201, "/x")])
def test_what_is_no_redirect(status: int, location: str) -> None:
    assert followed({"https://a.example/": (status, location)}) == [("https://a.example/", status)]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://a.example/", "not-https"),
        ("file:///etc/passwd", "not-https"),
        ("https://:443/", "no-host"),
        ("https://[/", "invalid-url"),
        ("https://a.example:99999/", "invalid-url"),
    ],
)
def test_redirects_that_are_not_followed(location: str, code: str) -> None:
    assert code_of(lambda: followed({"https://a.example/": (302, location)})) == code


def test_redirects_that_do_not_end() -> None:
    asked: list[str] = []

    def fetch(_method: str, url: str, _headers: Mapping[str, str], _timeout: float, _max_bytes: int, /) -> Response:
        asked.append(url)
        return Response(302, {"location": "/"}, b"")

    assert code_of(lambda: list(hops(fetch, URL, {}, Limits(5, 5), 10))) == "redirect-loop"
    assert len(asked) == 11


# TLS


def tls_fault(theirs: ssl.SSLContext | None, ours: ssl.SSLContext, host: str = HOST) -> str:
    """Give the code of what is wrong, having seen that no request was sent."""
    with Server(lambda _: [answer()], theirs) as server:
        network = Network(Limits(5, 5), tls_context=ours, connect_to={f"{host}:443": server.address})
        code = code_of(lambda: get(network, f"https://{host}/"))
        assert server.requests == []
        return code


def test_a_good_certificate(certificates: Certificates) -> None:
    good = certificates.issue("good", end="20991231235959Z")
    with Server(lambda _: [answer(b"x")], good.server_context()) as server:
        network = Network(Limits(5, 5), tls_context=certificates.root.client_context(), connect_to=server.connect_to)
        tls = get(network).tls
        network.close()
    assert tls is not None
    assert (tls.version, tls.not_after) == ("TLSv1.3", datetime(2099, 12, 31, 23, 59, 59, tzinfo=timezone.utc))
    assert tls.cipher.startswith("TLS_")


def test_certificates_that_are_not_trusted(certificates: Certificates) -> None:
    trust = certificates.root.client_context()
    for name, made, code in (
        ("expired", certificates.issue("expired", end="20200201000000Z"), "tls-expired"),
        ("future", certificates.issue("future", begin="21190101000000Z"), "tls-not-yet-valid"),
        ("other", certificates.issue("other", host="other.example"), "tls-wrong-host"),
        ("self-signed", certificates.self_signed(), "tls-self-signed"),
    ):
        assert (name, tls_fault(made.server_context(), trust)) == (name, code)


def test_an_address_that_the_certificate_does_not_name(certificates: Certificates) -> None:
    good = certificates.issue("good-address")
    assert tls_fault(good.server_context(), certificates.root.client_context(), "192.0.2.1") == "tls-wrong-host"


def test_chains_that_reach_no_known_root(certificates: Certificates) -> None:
    middle = certificates.issue("middle", ca=True)
    whole = certificates.issue("whole", issuer=middle, chain=[middle])
    incomplete = certificates.issue("incomplete", issuer=middle)
    private = certificates.issue("private", chain=[certificates.root])
    trust, elsewhere = certificates.root.client_context(), certificates.self_signed("elsewhere").client_context()
    assert tls_fault(incomplete.server_context(), trust) == "tls-unknown-issuer"
    assert tls_fault(whole.server_context(), elsewhere) == "tls-unknown-issuer"
    assert tls_fault(private.server_context(), elsewhere) == "tls-private-root"
    with Server(lambda _: [answer(b"x")], whole.server_context()) as server:
        network = Network(Limits(5, 5), tls_context=trust, connect_to=server.connect_to)
        assert get(network).body == b"x"
        network.close()


def test_versions_and_ciphers_that_are_too_old(certificates: Certificates) -> None:
    good, trust = certificates.issue("good-but-old"), certificates.root.client_context()
    assert tls_fault(good.old_server_context(), trust) == "tls-no-common-protocol"
    without_forward_secrecy = good.server_context()
    without_forward_secrecy.maximum_version = ssl.TLSVersion.TLSv1_2
    without_forward_secrecy.set_ciphers("AES128-GCM-SHA256")
    assert tls_fault(without_forward_secrecy, trust) == "tls-no-common-protocol"


def test_unless_told_otherwise_what_iphones_offer_is_offered() -> None:
    context = _http.device_context()
    assert {found["name"].split("-")[0].split("_")[0] for found in context.get_ciphers()} == {"ECDHE", "TLS"}
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


@pytest.mark.parametrize(
    ("cafile", "error", "match"),
    [
        (b"ca.pem", TypeError, "cafile must be str or None, not bytes"),
        (5, TypeError, "cafile must be str or None, not int"),
        ("a\0b", ValueError, "cafile cannot be the name of a file: embedded null"),
        ("\ud800", ValueError, "cafile cannot be the name of a file: 'utf-8' codec"),
        ("no-such-file", OSError, "No such file"),
        (__file__, OSError, "NO_CERTIFICATE_OR_CRL_FOUND|no start line"),
    ],
    ids=repr,
)
def test_a_file_of_certificates_that_is_none(cafile: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        _http.device_context(cafile)


def test_ciphers_that_are_not_shared() -> None:
    theirs, _ = anonymous_contexts()
    assert tls_fault(theirs, ssl.create_default_context()) == "tls-no-common-protocol"


def handshake_fault(serve: Callable[[socket.socket], None], timeout: float = 5.0) -> str:
    """Give the code of what is wrong with a server that does this in place of a handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            sock, _ = listener.accept()
            with sock, suppress(OSError):
                serve(sock)

        thread = threading.Thread(target=accept)
        thread.start()
        network = Network(Limits(timeout, 5), connect_to={f"{HOST}:443": f"127.0.0.1:{listener.getsockname()[1]}"})
        code = code_of(lambda: get(network))
        thread.join()
    return code


def test_a_server_that_speaks_no_tls() -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(10)
        sock.sendall(answer(b"x"))
        sock.recv(10000)

    assert handshake_fault(serve) == "tls-failure"


def test_a_server_that_closes_the_connection_at_once() -> None:
    assert handshake_fault(lambda _: None) == "tls-failure"


def test_a_handshake_that_hangs() -> None:
    def serve(sock: socket.socket) -> None:
        while sock.recv(10000):
            pass

    assert handshake_fault(serve, 0.3) == "timeout"


def test_a_handshake_that_drips() -> None:
    def serve(sock: socket.socket) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        for _ in range(200):
            sock.sendall(b"x")
            time.sleep(0.02)

    assert handshake_fault(serve, 0.3) == "timeout"


@pytest.mark.parametrize(
    ("verify_code", "code"), [(number, code) for number, (code, _) in _http._UNTRUSTED.items()] + [(23, "tls-failure")]
)
def test_every_verify_code_has_its_sentence(verify_code: int, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = verify_code
    error.verify_message = "what OpenSSL says"

    def refuse(*_: object, **__: object) -> None:
        raise error

    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = ssl.create_default_context()
        monkeypatch.setattr(context, "wrap_socket", refuse)
        network = Network(
            Limits(5, 5), tls_context=context, connect_to={f"{HOST}:443": f"127.0.0.1:{listener.getsockname()[1]}"}
        )
        with pytest.raises(FetchError, match=f"The certificate of '{HOST}' .*what OpenSSL says") as caught:
            get(network)
    assert caught.value.problems[0].code == code


def test_the_end_of_a_certificate() -> None:
    assert _http._not_after({"notAfter": "Jan  5 09:34:43 2028 GMT"}) == datetime(
        2028, 1, 5, 9, 34, 43, tzinfo=timezone.utc
    )
    assert _http._not_after({}) is None


def test_urls_are_shown_without_their_secrets() -> None:
    with serving(lambda _: [b"junk\r\n\r\n"]) as (_, network), pytest.raises(FetchError) as caught:
        get(network, f"https://{HOST}/a?X-Amz-Signature=0123456789abcdef0123456789abcdef")
    assert "X-Amz-Signature=0123…" in str(caught.value)
    assert "456789" not in str(caught.value)
