"""One TLS connection, and HTTP/1.1 on it, under a budget of bytes and seconds."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import os
import re
import ssl
import time
from datetime import datetime, timezone
from email.errors import MissingHeaderBodySeparatorDefect
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .. import _urls
from .._redact import redact_text
from ..errors import FetchError
from ._failures import FOREIGN, fail, no_answer, no_body, stopped, translated
from ._response import BEGINNING, Response, Tls

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from ._limits import Limits

_MAX_HEAD = 64 * 1024
_FRAMING = 32  # of a chunked body at most this part: enough for chunks of 200 bytes
_PIECE = 64 * 1024


class Request(NamedTuple):
    """What a `Fetch` is called with. The body of a whole file goes to `write` where there is one, piece by piece."""

    method: str
    url: str
    headers: Mapping[str, str]
    timeout: float
    max_bytes: int
    write: Callable[[bytes], object] | None = None


class Connection(io.RawIOBase):
    """One connection: the stream of what the server sends, under a budget of bytes and seconds.

    `limits` are those of the task that asks, which may be another one the next time.
    """

    _request: Request

    def __init__(self, sock: ssl.SSLSocket, origin: tuple[str, str, int], limits: Limits) -> None:
        self.origin = origin
        self._sock = sock
        self.limits = limits
        version = sock.version()
        if version is None:
            # wrap_socket makes no handshake where the connection is lost by then; what is sent would not be encrypted.
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        cipher, certificate = (sock.cipher() or ("",))[0], sock.getpeercert()
        self._tls = Tls(version, cipher, date_of(certificate, "notAfter"), date_of(certificate, "notBefore"))
        host, port = sock.getpeername()[:2]
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._buffer = _Buffer(self)
        self._budget = 0

    def close(self) -> None:
        """Close the socket."""
        shut(self._sock)
        super().close()

    def readable(self) -> bool:
        """Return True: the server's bytes can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what the server sends, as far as the budget goes."""
        # A timeout of the socket alone would start anew with every byte that a slow server lets drip.
        self._sock.settimeout(self.limits.wait(self._request.timeout))
        if self._budget <= 0:
            fail(
                "bad-response",
                f"{_urls.redact(self._request.url)} sends more bytes of headers or framing than any server needs. "
                "Reading stopped here. Look into the server's log.",
            )
        view = memoryview(buffer)
        granted = self.limits.take(min(len(view), self._budget))
        count = 0
        try:
            count = self._sock.recv_into(view[:granted])
        finally:
            self.limits.put_back(granted - count)
        self._budget -= count
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stand in for the socket, of which an HTTPResponse asks nothing else."""
        return self._buffer

    def ask(self, request: Request) -> tuple[Response, bool]:
        """Return the answer, and whether the connection can be used again."""
        self._request = request
        lines = _lines(request)
        with translated(request.url, self.limits.wait, no_answer):
            self._sock.settimeout(self.limits.wait(request.timeout))
            self._sock.sendall(lines)
            self._budget = _MAX_HEAD
            answer = self._head(request.method)
            headers = _joined(answer.headers)
            _check_framing(headers, answer)
        body = self._body(answer, request)
        response = Response(answer.status, headers, body, self._tls, self._address)
        return response, answer.isclosed() and not answer.will_close

    def _body(self, answer: http.client.HTTPResponse, request: Request) -> bytes:
        """Read the body; of one that is written elsewhere, return the beginning."""
        write = request.write if answer.status == 200 else None
        # What comes in place of a file that would be written elsewhere is not needed to its end.
        limit = request.max_bytes if write or not request.write else min(request.max_bytes, BEGINNING)
        length, body, begin, done = answer.length, bytearray(), time.monotonic(), 0
        self._budget += limit + limit // _FRAMING
        end = limit if length is None else min(length, limit)
        try:
            while done < end:
                # What came is counted piece by piece: read() would wait for all that it is asked for.
                with translated(request.url, self.limits.wait, no_body):
                    piece = answer.read1(min(_PIECE, end - done))
                if not piece:
                    break
                done += len(piece)
                if write:
                    write(piece)
                if not write or len(body) < BEGINNING:
                    body += piece
            if length is not None and done < end:
                no_body(request.url, http.client.IncompleteRead(b""))
            if done == length:
                answer.close()  # which read1() leaves to the caller before Python 3.12.2
        except FetchError as error:
            part = answer.status == 206
            raise stopped(error, done, length, time.monotonic() - begin, part=part) from None
        return bytes(body)

    def _head(self, method: str) -> http.client.HTTPResponse:
        while True:
            answer = http.client.HTTPResponse(cast("socket.socket", self), method=method)
            answer.begin()
            if answer.status >= 200:  # RFC 9110, 15.2: interim answers, such as 103, come before the final one
                return answer


class _Buffer(io.BufferedReader):
    """The one buffer of a connection.

    An HTTPResponse closes it at the end of its body, though the connection goes on, and flushes it when it is
    collected, though the connection may be closed by then; Python 3.13 complains of that.
    """

    def close(self) -> None:
        pass

    def flush(self) -> None:
        pass


def shut(sock: socket.socket) -> None:
    """Close a socket; whether that fails changes nothing about the answer."""
    with contextlib.suppress(*FOREIGN):
        sock.close()


def _lines(request: Request) -> bytes:
    _, host, port, target = _urls.address(request.url)
    name = f"[{host}]" if ":" in host else host
    lines = {"Host": name if port == 443 else f"{name}:{port}", **request.headers}
    for field, value in lines.items():
        if not re.fullmatch(r"[\t -~]*", value):
            shown = redact_text(value)
            raise ValueError(f"The header {field} cannot be sent as {shown}: HTTP carries ASCII without line breaks")
    return "\r\n".join([f"{request.method} {target} HTTP/1.1", *map(": ".join, lines.items()), "", ""]).encode("ascii")


def _joined(headers: http.client.HTTPMessage) -> dict[str, str]:
    received: dict[str, str] = {}
    for name, value in headers.items():
        key, text = name.lower(), value.encode("latin-1").decode("utf-8", "replace")  # http.client reads Latin-1
        received[key] = f"{received[key]}, {text}" if key in received else text
    return received


def _check_framing(received: Mapping[str, str], answer: http.client.HTTPResponse) -> None:
    """Refuse what http.client accepts without a word, and would then read the wrong bytes for."""
    if any(type(defect) is MissingHeaderBodySeparatorDefect for defect in answer.headers.defects):
        raise ValueError("a line among the headers is not a header")
    coding = received.get("transfer-encoding", "chunked")
    if coding.lower() != "chunked":
        raise ValueError(f"unknown Transfer-Encoding {coding[:40]!r}")
    length = received.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,18}", length):
        raise ValueError(f"Content-Length is {length[:40]!r}")


def date_of(certificate: Mapping[str, object] | None, name: str) -> datetime | None:
    """Read a date out of what getpeercert returns: None, or empty, where the context asks for no certificate."""
    if not certificate or name not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate[name])), timezone.utc)
