"""One request to a server of the tests."""

from __future__ import annotations

import pickle
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from _server import HOST, Request, Server, anonymous_contexts

from itms_ota._http import HEADERS, Limits, Network, Response
from itms_ota.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    Handler = Callable[[Request], Iterable[bytes]]

URL = f"https://{HOST}/App.ipa"


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


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    def getaddrinfo(_host: str, port: int, **_: object) -> list[object]:
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(families[":" in ip], 0, 0, "", (ip, other or port)) for ip, other in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])
