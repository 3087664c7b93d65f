"""A proxy on loopback that does to what passes through it what networks do: toxiproxy's list of toxics, and more.

A toxic takes the pieces of one direction of a connection, and yields what is passed on. Where it ends, or the pieces
do, the other side sees the end of the connection; `Reset` is an end by force.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from _server import Listening

if TYPE_CHECKING:
    import random

Wait: TypeAlias = Callable[[float], object]
Toxic: TypeAlias = Callable[[Iterator[bytes], "random.Random", Wait], Iterator[bytes]]


class Reset(Exception):  # noqa: N818, it is no error
    """Raised by a toxic: both connections are reset here."""


def clean(pieces: Iterator[bytes], _source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Pass all on."""
    return pieces


def latency(pieces: Iterator[bytes], source: random.Random, wait: Wait) -> Iterator[bytes]:
    """Delay each piece, more or less."""
    for piece in pieces:
        wait(source.uniform(0.005, 0.03))
        yield piece


def bandwidth(pieces: Iterator[bytes], _source: random.Random, wait: Wait) -> Iterator[bytes]:
    """Pass on some 2 MB a second."""
    for piece in pieces:
        for at in range(0, len(piece), 4096):
            yield piece[at : at + 4096]
            wait(0.002)


def slicer(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Pass on small pieces, the first thousand of which are of a few bytes."""
    count = 0
    for piece in pieces:
        at = 0
        while at < len(piece):
            size = source.randrange(1, 9 if count < 1000 else 5000)
            yield piece[at : at + size]
            at, count = at + size, count + 1


def slow_close(pieces: Iterator[bytes], _source: random.Random, wait: Wait) -> Iterator[bytes]:
    """Delay the end of the connection."""
    yield from pieces
    wait(0.05)


def down(_pieces: Iterator[bytes], _source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Close the connection as it is made."""
    return iter(())


def timeout(pieces: Iterator[bytes], source: random.Random, wait: Wait) -> Iterator[bytes]:
    """Pass nothing on from somewhere, and keep the connection open."""
    yield from _until(pieces, _somewhere(source))
    for _ in pieces:
        pass
    wait(60)


def drip(pieces: Iterator[bytes], source: random.Random, wait: Wait) -> Iterator[bytes]:
    """Pass on single bytes from somewhere, slowly."""
    yield from _until(pieces, _somewhere(source))
    for piece in pieces:
        for at in range(len(piece)):
            yield piece[at : at + 1]
            if wait(0.02):
                return


def limit_data(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Close the connection somewhere."""
    return _until(pieces, _somewhere(source))


def reset_peer(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Reset the connection somewhere."""
    yield from _until(pieces, _somewhere(source))
    raise Reset


def drop(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Leave out some bytes."""
    return _changed(pieces, source, lambda part: part[: len(part) // 2])


def corrupt(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Flip a bit."""
    return _changed(pieces, source, lambda part: bytes([part[0] ^ 1 << source.randrange(8)]) + part[1:])


def reorder(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Let some bytes come before others."""
    return _changed(pieces, source, lambda part: part[len(part) // 2 :] + part[: len(part) // 2])


def repeat(pieces: Iterator[bytes], source: random.Random, _wait: Wait) -> Iterator[bytes]:
    """Pass some bytes on twice."""
    return _changed(pieces, source, lambda part: part + part)


HARMLESS: tuple[Toxic, ...] = (clean, latency, bandwidth, slicer, slow_close)
CUTTING: tuple[Toxic, ...] = (down, timeout, drip, limit_data, reset_peer)
ALTERING: tuple[Toxic, ...] = (drop, corrupt, reorder, repeat)


def _somewhere(source: random.Random) -> int:
    """Return a place in what a connection carries: as often in the handshake or a head as in a body."""
    return int(source.choice([10, 2000, 20_000, 200_000]) * source.random())


def _until(pieces: Iterator[bytes], end: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:end]
        end -= len(piece)
        if end <= 0:
            return


def _changed(pieces: Iterator[bytes], source: random.Random, change: Callable[[bytes], bytes]) -> Iterator[bytes]:
    at, size = _somewhere(source), source.randrange(2, 200)
    for piece in pieces:
        part = piece[max(at, 0) : max(at, 0) + size]
        done = at < 0 or len(part) < 2
        yield piece if done else piece[:at] + change(part) + piece[at + size :]
        at -= len(piece)


class Proxy(Listening):
    """Passes on to `upstream`, ``host:port``, by a toxic a direction. Each connection has its own luck."""

    def __init__(self, upstream: str, source: random.Random, *, down: Toxic = clean, up: Toxic = clean) -> None:
        host, _, port = upstream.rpartition(":")
        self._upstream = host, int(port)
        self._source, self._down, self._up = source, down, up
        self._ended = threading.Event()
        super().__init__()

    def __exit__(self, *given: object) -> None:
        self._ended.set()
        super().__exit__(*given)
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._upstream)
                self._open += [client, server]
                over = threading.Event()
                made: list[threading.Thread] = []
                for one, other, toxic in ((server, client, self._down), (client, server, self._up)):
                    pieces = toxic(_received(one, over), self._source, self._ended.wait)
                    made.append(threading.Thread(target=_pass_on, args=(pieces, one, other, over, made)))
                self._threads += made
                for thread in made:
                    thread.start()


def _received(sock: socket.socket, over: threading.Event) -> Iterator[bytes]:
    while not over.is_set():
        # Whoever waits for the socket keeps it from being reset.
        if select.select([sock], [], [], 0.05)[0]:
            piece = sock.recv(16384)
            if not piece:
                return
            yield piece


def _pass_on(
    pieces: Iterator[bytes],
    one: socket.socket,
    other: socket.socket,
    over: threading.Event,
    both: list[threading.Thread],
) -> None:
    try:
        with contextlib.suppress(OSError):
            for piece in pieces:
                other.sendall(piece)
    except Reset:
        over.set()
        for thread in both:
            if thread is not threading.current_thread():
                thread.join()
        # socket(7), SO_LINGER: what lingers for no time is reset when it is closed.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()
    if not over.is_set():
        for sock in (one, other):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
