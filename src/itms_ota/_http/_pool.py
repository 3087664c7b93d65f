"""What requests have in common, one after another and side by side: addresses of names, and open connections."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakSet

from ._failures import FOREIGN, fail
from ._names import look_up

if TYPE_CHECKING:
    from ._connection import Connection
    from ._names import Address

# Servers close a connection that nobody uses after 5 seconds (Apache httpd, Node.js) to 75 (nginx).
_SECONDS_KEPT = 10.0
_MOST_KEPT = 64
# The resolver of the system does not say how long an answer holds.
_SECONDS_KNOWN = 300.0
_MOST_KNOWN = 1024


class Pool:
    """Addresses of names, and connections that are open, for any number of threads. What is kept has a bound."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        self._known: dict[tuple[str, int], tuple[float, list[Address]]] = {}
        self._open: WeakSet[socket.socket] = WeakSet()
        self._closed = False

    def look_up(self, server: tuple[str, int], timeout: float) -> list[Address]:
        """Return the addresses of a host and port, asked for where they are not known; raise as the resolver does."""
        now = time.monotonic()
        with self._lock:
            asked, addresses = self._known.get(server, (now - _SECONDS_KNOWN, []))
        if asked <= now - _SECONDS_KNOWN:
            addresses = look_up(*server, timeout)
            with self._lock:
                self._known.pop(server, None)
                self._known[server] = now, addresses
                if len(self._known) > _MOST_KNOWN:
                    del self._known[next(iter(self._known))]
        return addresses

    def forget(self, server: tuple[str, int]) -> None:
        """Forget the addresses of a host and port, none of which answers."""
        with self._lock:
            self._known.pop(server, None)

    def take(self, origin: tuple[str, str, int]) -> Connection | None:
        """Return an open connection that nobody uses, the one that was used last."""
        oldest = time.monotonic() - _SECONDS_KEPT
        with self._lock:
            self._refuse_closed()
            old = [connection for since, connection in self._idle if since < oldest]
            del self._idle[: len(old)]
            found = [at for at, (_, connection) in enumerate(self._idle) if connection.origin == origin]
            taken = self._idle.pop(found[-1])[1] if found else None
        _close(old)
        return taken

    def keep(self, connection: Connection) -> None:
        """Keep a connection for the next who asks the same server."""
        with self._lock:
            self._idle.append((time.monotonic(), connection))
            most = 0 if self._closed else _MOST_KEPT
            surplus = [old for _, old in self._idle[: max(len(self._idle) - most, 0)]]
            del self._idle[: len(surplus)]
        _close(surplus)

    def watch(self, sock: socket.socket) -> None:
        """Let the end of the pool end a socket, whoever waits for it by then."""
        with self._lock:
            self._refuse_closed()
            self._open.add(sock)

    def close(self) -> None:
        """Close all connections, also those in use: who waits for them fails at once, and so does who asks for more."""
        with self._lock:
            self._closed = True
            idle, self._idle = [connection for _, connection in self._idle], []
            opened = [*self._open]
        _close(idle)
        for sock in opened:
            _shut_down(sock)

    def _refuse_closed(self) -> None:
        if self._closed:
            refuse_ended()


def refuse_ended() -> NoReturn:
    """Raise the FetchError of a task that is over: nobody reads it any more."""
    fail("connection-dropped", "The task was ended before this was asked for.")


def _close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()


def _shut_down(sock: socket.socket) -> None:
    with contextlib.suppress(*FOREIGN):
        if isinstance(sock, ssl.SSLSocket):
            # Its own shutdown forgets the key first: a thread that sends meanwhile would send plain text.
            super(ssl.SSLSocket, sock).shutdown(socket.SHUT_RDWR)
        else:
            sock.shutdown(socket.SHUT_RDWR)
