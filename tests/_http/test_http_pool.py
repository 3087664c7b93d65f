"""What requests have in common: connections and addresses, kept within bounds, and ended at once."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from _asking import URL, code_of, get, serving
from _server import HOST, Request, answer

from itms_ota._http import HEADERS, Limits, Metered, Network, Response, _pool, new_fetch
from itms_ota.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Idle:
    """Stands in for a connection."""

    def __init__(self, host: str = HOST) -> None:
        self.origin = ("https", host, 443)
        self.closed = False

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


def idle(pool: _pool.Pool, host: str = HOST) -> Any:
    connection: Any = Idle(host)
    pool.keep(connection)
    return connection


ORIGIN = ("https", HOST, 443)


def test_the_connection_that_was_used_last_is_taken_and_only_once() -> None:
    pool = _pool.Pool()
    kept = first, second, other = idle(pool), idle(pool), idle(pool, "other.example")
    assert [pool.take(ORIGIN), pool.take(ORIGIN), pool.take(ORIGIN)] == [second, first, None]
    assert pool.take(("https", HOST, 8443)) is None
    assert pool.take(("https", "other.example", 443)) is other
    assert [connection.closed for connection in kept] == [False] * 3


def test_connections_are_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _pool.Pool()
    old = idle(pool, "old.example"), idle(pool)
    monkeypatch.setattr(_pool, "_SECONDS_KEPT", -1.0)
    assert pool.take(ORIGIN) is None
    assert all(connection.closed for connection in old)


def test_no_more_connections_are_kept_than_have_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pool, "_MOST_KEPT", 2)
    pool = _pool.Pool()
    kept = [idle(pool) for _ in range(4)]
    assert [connection.closed for connection in kept] == [True, True, False, False]
    pool.close()
    assert all(connection.closed for connection in kept)


def test_what_is_closed_keeps_nothing_and_gives_nothing() -> None:
    pool = _pool.Pool()
    pool.close()
    assert idle(pool).closed
    assert code_of(lambda: pool.take(ORIGIN)) == "connection-dropped"
    with socket.socket() as sock:
        assert code_of(lambda: pool.watch(sock)) == "connection-dropped"
    pool.close()


def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the hosts that are looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, _timeout: float) -> list[object]:
        asked.append(f"{host}:{port}")
        if host == "fails":
            raise OSError
        return [(socket.AF_INET, ("127.0.0.1", port))]

    monkeypatch.setattr(_pool, "look_up", look_up)
    return asked


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = looked_up(monkeypatch)
    pool = _pool.Pool()
    for port in (443, 443, 8443, 443):
        assert pool.look_up(("a", port), 1) == [(socket.AF_INET, ("127.0.0.1", port))]
    assert asked == ["a:443", "a:8443"]
    pool.forget(("a", 443))
    pool.forget(("b", 443))
    pool.look_up(("a", 443), 1)
    assert asked == ["a:443", "a:8443", "a:443"]


def test_a_name_that_fails_is_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = looked_up(monkeypatch)
    pool = _pool.Pool()
    for _ in range(2):
        with pytest.raises(OSError, match=r"^$"):
            pool.look_up(("fails", 443), 1)
    assert len(asked) == 2


def test_names_are_not_known_for_ever_and_not_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = looked_up(monkeypatch)
    pool = _pool.Pool()
    monkeypatch.setattr(_pool, "_MOST_KNOWN", 2)
    for host in "abcca":
        pool.look_up((host, 443), 1)
    assert "".join(name[0] for name in asked) == "abca"
    monkeypatch.setattr(_pool, "_SECONDS_KNOWN", -1.0)
    pool.look_up(("a", 443), 1)
    assert len(asked) == 5


def test_an_address_that_does_not_answer_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = looked_up(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    network = Network(Limits(5, 5), connect_to={f"{HOST}:443": f"a:{port}"})
    assert [code_of(lambda: get(network)) for _ in range(2)] == ["refused", "refused"]
    assert asked == [f"a:{port}"] * 2


# Several tasks.


def test_what_is_lent_has_limits_of_its_own_and_the_same_connections() -> None:
    with serving(lambda _: [answer(b"hello")]) as (server, network):
        first, second = network.within(Limits(5, 5)), network.within(Limits(5, 5, 300))
        assert [get(lent).body for lent in (first, second, first)] == [b"hello"] * 3
        assert server.connections == 1
        second.close()  # which is for the lender to do
        for _ in range(20):
            get(first)
        assert code_of(lambda: [get(second) for _ in range(20)]) == "byte-limit"
        assert get(first).body == b"hello"
        assert (network.shared, first.shared) == (False, True)


def test_what_fetches_may_be_lent_by_another_task() -> None:
    network = Network(Limits(5, 5))
    options = {"tls_context": None, "connect_to": None}
    assert new_fetch(Limits(5, 5), public_only=True, fetch=network, **options).shared  # as it was made
    asked: list[str] = []

    def fetch(_method: str, url: str, *_: object) -> Response:
        asked.append(url)
        return Response(200, {}, b"hello")

    lender = new_fetch(Limits(5, 5), public_only=False, fetch=fetch, **options)
    assert isinstance(lender, Metered)
    lent = new_fetch(Limits(5, 5), public_only=False, fetch=lender, **options)
    lent.close()
    assert lent("GET", URL, HEADERS, 1, 10).body == b"hello"
    lender.close()
    assert code_of(lambda: lent("GET", URL, HEADERS, 1, 10)) == "connection-dropped"
    assert len(asked) == 1


# The end.


def waiting(action: Callable[[], object]) -> tuple[threading.Thread, list[str]]:
    """Do it in a thread; give that and the codes of what fails."""
    failed: list[str] = []

    def run() -> None:
        try:
            action()
        except FetchError as error:
            failed.append(error.problems[0].code)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


def test_the_end_reaches_who_waits_for_an_answer() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def handler(_: Request) -> Iterator[bytes]:
        asked.set()
        go_on.wait(20)
        yield answer(b"late")

    with serving(handler, timeout=60, max_seconds=60) as (_, network):
        thread, failed = waiting(lambda: network("GET", URL, HEADERS, 60, 10))
        assert asked.wait(10)
        network.close()
        thread.join(10)
        go_on.set()
        assert failed == ["connection-dropped"]


def test_the_end_reaches_who_waits_for_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        network = Network(Limits(60, 60), connect_to={f"{HOST}:443": f"127.0.0.1:{silent.getsockname()[1]}"})
        thread, failed = waiting(lambda: network("GET", URL, HEADERS, 60, 10))
        with silent.accept()[0] as sock:
            assert sock.recv(1)  # the hello of the client
            network.close()
            thread.join(10)
        assert failed == ["tls-failure"]


def test_after_the_end_no_connection_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: [answer(b"x")]) as (server, network):

        def take(_: object) -> None:
            """Find nothing, right before the end."""

        monkeypatch.setattr(network._pool, "take", take)
        network.close()
        assert code_of(lambda: get(network)) == "connection-dropped"
        assert server.connections == 0
