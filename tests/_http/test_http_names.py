"""Host names and addresses."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from _asking import URL, code_of, get, port_of, resolving
from _deployment import MANIFEST_URL
from _server import HOST, Server, anonymous_contexts, answer

from itms_ota import Manifest
from itms_ota._hosts import is_public
from itms_ota._http import Limits, Network, _names
from itms_ota.check import check
from itms_ota.errors import FetchError
from itms_ota.remote import open_url

if TYPE_CHECKING:
    from collections.abc import Generator


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
        for thread in [*_names._going_on.values()]:
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
            bundle_identifier=f"com.example.app{number}",
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
    assert _names._going_on == {}
    assert threading.active_count() == before


def test_who_waits_for_the_same_name_gets_it_with_the_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging_resolver(monkeypatch) as (asked, until):
        with pytest.raises(TimeoutError):
            _names.look_up(HOST, 443, 0.01)
        look_up = _names._going_on[HOST]

        def join(timeout: float) -> None:
            until.set()
            threading.Thread.join(look_up, timeout)

        monkeypatch.setattr(look_up, "join", join)
        assert _names.look_up(HOST, 8443, 5) == [
            (socket.AF_INET, ("192.0.2.1", 8443)),
            (socket.AF_INET6, ("::1", 8443, 0, 0)),
        ]
        assert asked == [HOST]


def test_a_look_up_that_died_with_a_fork_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ("192.0.2.1", 0))
    monkeypatch.setitem(_names._going_on, HOST, _names._LookUp(HOST, 443))
    assert _names.look_up(HOST, 443, 5) == [(socket.AF_INET, ("192.0.2.1", 443))]
    assert _names._going_on == {}


def test_a_port_where_nobody_listens() -> None:
    network = Network(Limits(5, 5), connect_to={f"{HOST}:443": f"127.0.0.1:{closed_port()}"})
    with pytest.raises(FetchError) as caught:
        get(network)
    (problem,) = caught.value.problems
    assert problem.code == "refused"
    assert problem.message.startswith("'127.0.0.1' refuses the connection: no server listens on port ")
    assert problem.message.endswith(f" in place of {HOST!r}: whether a device reaches {HOST!r} is not known.")


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
        network.close()


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
