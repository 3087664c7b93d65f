"""Host names and their addresses, looked up under a timeout, which the system's resolver does not have."""

from __future__ import annotations

import re
import socket
import threading
from typing import cast

from .. import _urls
from .._hosts import is_public
from .._redact import redact_text
from ._failures import FOREIGN, fail

SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Address = tuple[socket.AddressFamily, SocketAddress]


def host_port(text: str) -> tuple[str, int]:
    """Return the two parts of ``host:port``, as `connect_to` has them."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise ValueError(
            f"connect_to maps host:port to host:port, such as 'apps.example.com:443' to '127.0.0.1:8443', not "
            f"{redact_text(text)}"
        )
    return (found[1] or found[2]).lower(), int(found[3])


def look_up(host: str, port: int, timeout: float) -> list[Address]:
    """Return the addresses of a host; raise TimeoutError, and leave the thread that waits for them behind."""
    with _going_on_lock:
        started = _going_on.get(host)
        if started is None or not started.is_alive():  # it is dead in a process that was forked off
            started = _going_on[host] = _LookUp(host, port)
            started.start()
    started.join(timeout)
    if started.is_alive():
        raise TimeoutError
    if started.failed is not None:
        raise started.failed
    if started.port == port:
        return started.found
    return [(family, cast("SocketAddress", (ip, port, *rest))) for family, (ip, _, *rest) in started.found]


class _LookUp(threading.Thread):
    """A question to the system's resolver."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name=f"itms_ota-look-up {host}", daemon=True)
        self.host = host
        self.port = port
        self.found: list[Address] = []
        self.failed: Exception | None = None

    def run(self) -> None:
        """Ask, and note what comes."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            self.found = [(family, address) for family, _, _, _, address in found]
        except FOREIGN as error:  # ValueError: a label too long for IDNA
            self.failed = error
        finally:
            with _going_on_lock:
                del _going_on[self.host]


# The look-ups that are going on, by host, and nothing else. They are of the whole process: a thread that waits for a
# name server that hangs outlives its check, and every further check of that host would leave one more behind.
_going_on: dict[str, _LookUp] = {}
_going_on_lock = threading.Lock()


def refuse_private(url: str, addresses: list[Address]) -> None:
    """Raise FetchError unless all addresses are on the public Internet."""
    if not all(is_public(str(address)) for _, (address, *_) in addresses):
        # Without the address: strangers would learn from it what a network of ours looks like.
        fail(
            "not-public",
            f"The host {_urls.host(url)!r} is not on the public Internet. Only public addresses are fetched here.",
        )
