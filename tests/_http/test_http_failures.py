"""Whatever a socket raises, whenever it does."""

from __future__ import annotations

import errno
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import pytest
from _asking import URL, code_of, get, port_of, resolving
from _deployment import MANIFEST_URL
from _server import HOST, Server, anonymous_contexts, answer

from itms_ota._http import Limits, Network
from itms_ota.check import check
from itms_ota.remote import open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Self


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
            "dup": _FailingSocket(self, "handle"),
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

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
    "plain.dup": ("tls-failure", "tls-failure", "tls-failure"),
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
