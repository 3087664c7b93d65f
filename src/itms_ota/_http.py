"""One HTTPS request within limits of time and size, what TLS said, and redirects hop by hop.

What an answer means is for the callers to say. Nothing of http.client, ssl or socket leaves this module but
`FetchError`.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.errors import MissingHeaderBodySeparatorDefect
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, cast

from . import _urls
from ._redact import redact_text, repr_of_fields, without_secrets
from .errors import FetchError, Problem, check_callable, check_texts, check_time, check_type

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from .errors import Code

    _SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
    _Address = tuple[socket.AddressFamily, _SocketAddress]

HEADERS: Mapping[str, str] = {"User-Agent": "itms_ota", "Accept": "*/*", "Accept-Encoding": "identity"}
"""What every request says of itself. A byte range is one of the file itself, so no compression is asked for."""

_MAX_HOPS = 11  # a request and ten redirects
_MAX_HEAD = 64 * 1024
_FRAMING = 32  # of a chunked body at most this part: enough for chunks of 200 bytes
_PIECE = 64 * 1024
_DAY = 86400
UNBOUNDED = 1 << 62
# What a socket, the resolver, OpenSSL and http.client raise for what they are given and for what comes.
_FOREIGN = (OSError, ValueError, OverflowError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class Tls:
    """What TLS agreed on: `version` and `cipher` as OpenSSL names them, ``TLSv1.3``, ``TLS_AES_256_GCM_SHA384``.

    `not_after` is when the server's certificate expires, aware, and None where the context asked for none.
    """

    version: str
    cipher: str
    not_after: datetime | None

    def __post_init__(self) -> None:
        check_type("version", self.version, str)
        check_type("cipher", self.cipher, str)
        check_time("not_after", self.not_after)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one request. Names of `headers` are lower-case, repeated ones are joined by a comma.

    `body` is the body without transfer coding, cut after the `max_bytes` that were asked for. `address` is where
    the connection led, ``192.0.2.1:443``.

    >>> Response(200, {"Content-Type": "text/html"}, b"<p>").headers
    {'content-type': 'text/html'}
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    tls: Tls | None = None
    address: str | None = None

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        # Those of urllib.request are no Mapping.
        headers = dict(self.headers.items()) if hasattr(self.headers, "items") else self.headers
        check_type("status", self.status, int)
        check_texts("headers", headers)
        check_type("body", self.body, bytes)
        check_type("tls", self.tls, Tls, type(None))
        check_type("address", self.address, str, type(None))
        object.__setattr__(self, "headers", {name.lower(): value for name, value in headers.items()})


class Fetch(Protocol):
    """One request and its answer, whatever the status; redirects are not followed.

    `timeout` is in seconds and bounds every wait, `max_bytes` bounds the body: what goes beyond is cut off and
    not an error. What cannot be fetched at all is a FetchError.
    """

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response: ...


def fail(code: Code, message: str) -> NoReturn:
    """Raise the FetchError of one problem."""
    raise FetchError([Problem("", code, message)])


# What App Transport Security allows (Apple, "Preventing Insecure Network Connections"). Python by itself offers DHE as
# well, which a server may prefer, and leaves out ciphers with SHA-1 in them, which iOS takes.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:@SECLEVEL=2"


def device_context(cafile: str | None = None) -> ssl.SSLContext:
    """Make a context that offers what iOS does, with public roots and those of a PEM file; OSError if it is none."""
    check_type("cafile", cafile, str, type(None))
    context = ssl.create_default_context()
    context.set_ciphers(_CIPHERS)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # on since Python 3.13; refuses what devices accept
    if cafile is not None:
        try:
            context.load_verify_locations(cafile)
        except ValueError as error:
            raise ValueError(f"cafile cannot be the name of a file: {error}") from None
    return context


class Limits:
    """What a task may take, from now on, in all of its threads.

    `timeout` is in seconds for each wait, `max_seconds` for all of it. `max_bytes` bounds what comes, headers and
    framing included, and `max_requests` the requests.
    """

    def __init__(
        self, timeout: float, max_seconds: float, max_bytes: int = UNBOUNDED, max_requests: int = UNBOUNDED
    ) -> None:
        for name, seconds in (("timeout", timeout), ("max_seconds", max_seconds)):
            check_type(name, seconds, int, float)
            if not 0 < seconds <= _DAY:
                raise ValueError(f"{name} is {seconds!r}, and must be above 0 and at most a day ({_DAY} seconds)")
        self._timeout = timeout
        self._max_seconds = max_seconds
        self._end = time.monotonic() + max_seconds
        self._bytes = self._max_bytes = max_bytes
        self._requests = self._max_requests = max_requests
        self._lock = threading.Lock()

    def wait(self, timeout: float = _DAY) -> float:
        """Give the seconds that the next wait may take; raise FetchError where none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            fail(
                "time-limit",
                f"The limit of {self._max_seconds:g} seconds for the whole task was reached: the server is slow, or "
                "more was asked for than fits. Allow more seconds if that is to be expected.",
            )
        return min(timeout, self._timeout, left)

    def take(self, wanted: int) -> int:
        """Set bytes aside that may come, as many as wanted or as are left; raise FetchError where none are left."""
        with self._lock:
            granted = min(wanted, self._bytes)
            self._bytes -= granted
        if granted <= 0:
            self.refuse_bytes()
        return granted

    def refuse_bytes(self) -> NoReturn:
        """Raise the FetchError of too many bytes."""
        fail("byte-limit", f"The limit of {self._max_bytes:,} bytes for the whole task was reached.")

    def put_back(self, count: int) -> None:
        """Return bytes that were set aside and did not come."""
        with self._lock:
            self._bytes += count

    def request(self) -> None:
        """Count a request that is about to be made; raise FetchError where it would be one too many."""
        with self._lock:
            self._requests -= 1
            refused = self._requests < 0
        if refused:
            message = (
                f"This file was not looked at, or not to its end: the limit of {self._max_requests} requests was "
                "reached. A device has no such limit. Look for redirects that could be spared, and check fewer apps at "
                "once."
            )
            raise FetchError([Problem("", "not-checked", message, "warning")])

    def lift_requests(self) -> None:
        """Allow any number of requests."""
        with self._lock:
            self._requests = UNBOUNDED


class Metered:
    """A `Fetch` of the caller's own, of whose answers the bodies count against the limits: no more of them is seen."""

    def __init__(self, fetch: Fetch, limits: Limits) -> None:
        self._fetch = fetch
        self._limits = limits

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response:
        granted = self._limits.take(max_bytes)
        used = 0
        try:
            response = self._fetch(method, url, headers, timeout, granted)
            check_type("what fetch returns", response, Response)
            used = min(len(response.body), granted)
        finally:
            self._limits.put_back(granted - used)
        if used == granted < max_bytes:
            self._limits.refuse_bytes()
        return response


def hops(
    fetch: Fetch, url: str, headers: Mapping[str, str], limits: Limits, max_bytes: int, *, method: str = "GET"
) -> Iterator[tuple[str, Response]]:
    """Ask for a URL, follow redirects as a device does, but to https only; give each URL on the way, and its answer."""
    _refuse_invalid(url)
    for _ in range(_MAX_HOPS):
        response = fetch(method, url, headers, limits.wait(), max_bytes)
        yield url, response
        if response.status not in {301, 302, 303, 307, 308} or "location" not in response.headers:
            return
        url = _redirected(url, response.headers["location"])
    fail(
        "redirect-loop",
        f"After {_MAX_HOPS - 1} redirects {_urls.redact(url)} still leads elsewhere: a device gives up too. Look for "
        "addresses that redirect to each other.",
    )


def _refuse_invalid(url: str) -> None:
    errors = [problem for problem in _urls.problems(url, "") if problem.level == "error"]
    if errors:
        raise FetchError(errors)


def _redirected(url: str, location: str) -> str:
    try:
        target = _urls.normalise(_urls.join(url, location))
        _refuse_invalid(target)
    except ValueError:
        fail("invalid-url", f"{_urls.redact(url)} redirects to {_urls.redact(location)}, which is no address.")
    except FetchError as error:
        raise FetchError(
            replace(
                problem, message=f"{_urls.redact(url)} redirects, and a device follows to https only. {problem.message}"
            )
            for problem in error.problems
        ) from None
    return target


class _Request(NamedTuple):
    method: str
    url: str
    headers: Mapping[str, str]
    timeout: float
    max_bytes: int


class Network:
    """A `Fetch` over real connections, the last of which is kept open. For one thread at a time.

    `connect_to` maps ``host:port`` to the ``host:port`` to connect to instead, as curl's --connect-to; the name in
    the request and in the certificate stays. With `public_only`, addresses that are not on the public Internet are
    refused, but for those of `connect_to`.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        tls_context: ssl.SSLContext | None = None,
        connect_to: Mapping[str, str] | None = None,
        public_only: bool = False,
    ) -> None:
        self._limits = limits
        self._context = device_context() if tls_context is None else tls_context
        self._connect_to = {_host_port(name): _host_port(other) for name, other in (connect_to or {}).items()}
        self._public_only = public_only
        self._kept: _Connection | None = None

    def another(self) -> Network:
        """Make one like it, within the same limits, for another thread."""
        twin = copy(self)
        twin._kept = None
        return twin

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response:
        _refuse_invalid(url)
        request = _Request(method, url, headers, timeout, max_bytes)
        kept, self._kept = self._kept, None
        if kept is not None and kept.origin == _urls.parts(url)[:3]:
            try:
                return self._ask(kept, request)
            except FetchError as error:
                # The server closed the connection meanwhile, or had sent more than it had announced. RFC 9110,
                # 9.2.2: a GET may be repeated.
                if error.problems[0].code not in {"connection-dropped", "bad-response"}:
                    raise
                self._limits.request()
        elif kept is not None:
            kept.close()
        return self._ask(self._connect(request), request)

    def close(self) -> None:
        """Close the kept connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _ask(self, connection: _Connection, request: _Request) -> Response:
        with contextlib.ExitStack() as unless_reusable:
            unless_reusable.callback(connection.close)
            response, reusable = connection.ask(request)
            if reusable:
                self._kept = connection
                unless_reusable.pop_all()
        return response

    def _connect(self, request: _Request) -> _Connection:
        scheme, host, port, _ = _urls.parts(request.url)
        replaced = self._connect_to.get((host, port))
        with _told(request, self._limits, _no_address):
            addresses = _resolve(*(replaced or (host, port)), self._limits.wait(request.timeout))
            if self._public_only and replaced is None:
                _refuse_private(request.url, addresses)
        with _told(request, self._limits, _no_connection):
            sock = self._reach(addresses, request.timeout)
        with contextlib.ExitStack() as on_error:
            on_error.callback(_shut, sock)
            with _told(request, self._limits, _no_tls):
                sock.settimeout(self._limits.wait(request.timeout))  # ssl takes it for the handshake as a whole
                secure = self._context.wrap_socket(sock, server_hostname=host)
            on_error.callback(_shut, secure)
            with _told(request, self._limits, _no_session):
                connection = _Connection(secure, (scheme, host, port), self._limits)
            on_error.pop_all()
        return connection

    def _reach(self, addresses: list[_Address], timeout: float) -> socket.socket:
        """Connect to the first address that answers. They are numbers: no name is looked up again."""
        failed: Exception = OSError("it has no address")
        for family, address in addresses:
            wait = self._limits.wait(timeout)
            try:
                return _connected(family, address, wait)
            except _FOREIGN as error:
                failed = error
        raise failed


def new_fetch(
    limits: Limits,
    *,
    tls_context: ssl.SSLContext | None,
    connect_to: Mapping[str, str] | None,
    public_only: bool,
    fetch: Fetch | None,
) -> Network | Metered:
    """Make what fetches within limits: a network, or the caller's own `fetch`."""
    check_callable("fetch", fetch)
    if connect_to is not None:
        check_texts("connect_to", connect_to)
    if tls_context is not None and not hasattr(tls_context, "wrap_socket"):
        raise TypeError(f"tls_context must be ssl.SSLContext or None, not {type(tls_context).__name__}")
    if fetch is None:
        return Network(limits, tls_context=tls_context, connect_to=connect_to, public_only=public_only)
    if public_only:
        raise ValueError(
            "public_only cannot be combined with a custom fetch: the address of the connection is not visible"
        )
    return Metered(fetch, limits)


class _Connection(io.RawIOBase):
    """One connection: the stream of what the server sends, under a budget of bytes and seconds."""

    _request: _Request

    def __init__(self, sock: ssl.SSLSocket, origin: tuple[str, str, int], limits: Limits) -> None:
        self.origin = origin
        self._sock = sock
        self._limits = limits
        version = sock.version()
        if version is None:
            # wrap_socket makes no handshake where the connection is lost by then; what is sent would not be encrypted.
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        self._tls = Tls(version, (sock.cipher() or ("",))[0], _not_after(sock.getpeercert()))
        host, port = sock.getpeername()[:2]
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._buffer = _Buffer(self)
        self._budget = 0

    def close(self) -> None:
        _shut(self._sock)
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        # A timeout of the socket alone would start anew with every byte that a slow server lets drip.
        self._sock.settimeout(self._limits.wait(self._request.timeout))
        if self._budget <= 0:
            fail(
                "bad-response",
                f"{_urls.redact(self._request.url)} sends more bytes of headers or framing than any server needs.",
            )
        view = memoryview(buffer)
        granted = self._limits.take(min(len(view), self._budget))
        count = 0
        try:
            count = self._sock.recv_into(view[:granted])
        finally:
            self._limits.put_back(granted - count)
        self._budget -= count
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stand in for the socket, which is all that an HTTPResponse asks of one."""
        return self._buffer

    def ask(self, request: _Request) -> tuple[Response, bool]:
        """Give the answer, and whether the connection can be used again."""
        self._request = request
        lines = _lines(request)
        with _told(request, self._limits, _no_answer):
            self._sock.settimeout(self._limits.wait(request.timeout))
            self._sock.sendall(lines)
            self._budget = _MAX_HEAD
            answer = self._head(request.method)
            headers = _joined(answer.headers)
            _check_framing(headers, answer)
        length, limit = answer.length, request.max_bytes
        body = bytearray()
        self._budget += limit + limit // _FRAMING
        with _told(request, self._limits, _no_body):
            while len(body) < limit and (piece := answer.read(min(_PIECE, limit - len(body)))):
                body += piece
            if length is not None and len(body) < min(length, limit):
                raise http.client.IncompleteRead(bytes(body), length - len(body))
        response = Response(answer.status, headers, bytes(body), self._tls, self._address)
        return response, answer.isclosed() and not answer.will_close

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


def _connected(family: socket.AddressFamily, address: _SocketAddress, timeout: float) -> socket.socket:
    with contextlib.ExitStack() as on_error:
        sock = socket.socket(family, socket.SOCK_STREAM)
        on_error.callback(_shut, sock)
        sock.settimeout(timeout)
        sock.connect(address)
        on_error.pop_all()
    return sock


def _shut(sock: socket.socket) -> None:
    # Whether closing fails changes nothing about the answer.
    with contextlib.suppress(*_FOREIGN):
        sock.close()


def _lines(request: _Request) -> bytes:
    _, host, port, target = _urls.parts(request.url)
    name = f"[{host}]" if ":" in host else host
    lines = {"Host": name if port == 443 else f"{name}:{port}", **request.headers}
    for field, value in lines.items():
        if not re.fullmatch(r"[\t -~]*", value):
            raise ValueError(
                f"The header {field} cannot be sent as {value!r}: ASCII without line breaks is what HTTP carries."
            )
    return "\r\n".join([f"{request.method} {target} HTTP/1.1", *map(": ".join, lines.items()), "", ""]).encode("ascii")


def _joined(headers: http.client.HTTPMessage) -> dict[str, str]:
    received: dict[str, str] = {}
    for name, value in headers.items():
        key, text = name.lower(), value.encode("latin-1").decode("utf-8", "replace")  # http.client reads Latin-1
        received[key] = f"{received[key]}, {text}" if key in received else text
    return received


def _check_framing(received: Mapping[str, str], answer: http.client.HTTPResponse) -> None:
    """Refuse what http.client passes over in silence, and would then read the wrong bytes for."""
    if any(type(defect) is MissingHeaderBodySeparatorDefect for defect in answer.headers.defects):
        raise ValueError("a line among the headers is no header")
    coding = received.get("transfer-encoding", "chunked")
    if coding.lower() != "chunked":
        raise ValueError(f"unknown Transfer-Encoding {coding[:40]!r}")
    length = received.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,18}", length):
        raise ValueError(f"Content-Length is {length[:40]!r}")


def _not_after(certificate: Mapping[str, object] | None) -> datetime | None:
    """Read the date out of what getpeercert gives: None, or empty, where the context asks for no certificate."""
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), timezone.utc)


def _host_port(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise ValueError(
            f"connect_to maps host:port to host:port, such as 'apps.example.com:443' to '127.0.0.1:8443', not "
            f"{redact_text(text)}"
        )
    return (found[1] or found[2]).lower(), int(found[3])


def _resolve(host: str, port: int, timeout: float) -> list[_Address]:
    """Look a name up. The system's resolver knows no timeout, so a thread waits for it, and is left behind."""
    with _looking_up_lock:
        look_up = _looking_up.get(host)
        if look_up is None or not look_up.is_alive():  # it is dead in a process that was forked off
            look_up = _looking_up[host] = _LookUp(host, port)
            look_up.start()
    look_up.join(timeout)
    if look_up.is_alive():
        raise TimeoutError
    if look_up.failed is not None:
        raise look_up.failed
    if look_up.port == port:
        return look_up.found
    return [(family, cast("_SocketAddress", (ip, port, *rest))) for family, (ip, _, *rest) in look_up.found]


class _LookUp(threading.Thread):
    """A question to the system's resolver."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name=f"itms_ota-look-up {host}", daemon=True)
        self.host = host
        self.port = port
        self.found: list[_Address] = []
        self.failed: Exception | None = None

    def run(self) -> None:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            self.found = [(family, address) for family, _, _, _, address in found]
        except _FOREIGN as error:  # ValueError: a label too long for IDNA
            self.failed = error
        finally:
            with _looking_up_lock:
                del _looking_up[self.host]


# The look-ups that are going on, by host, and nothing else: of one process, because a thread that waits for a name
# server that hangs outlives its check, and every further check of that host would leave one more behind.
_looking_up: dict[str, _LookUp] = {}
_looking_up_lock = threading.Lock()


# What is not reached from the public Internet: IANA's IPv4 and IPv6 special-purpose address registries, and
# multicast. `ipaddress.is_global` answers differently from one Python to the next, and calls multicast global.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
            *("203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "3fff::/20"),
        ),
    )
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291, 2.4; all else is local, reserved or multicast
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052. 64:ff9b:1::/48 (RFC 8215) is for local use: not public


def is_public(address: str) -> bool:
    """Tell whether an IP address is on the public Internet; one that embeds an IPv4 address is judged by that.

    >>> is_public("8.8.8.8"), is_public("64:ff9b::8.8.8.8"), is_public("64:ff9b::10.0.0.1")
    (True, True, False)
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip not in _GLOBAL_UNICAST:
            return False
        ip = inner or ip
    return not any(ip in network for network in _NOT_PUBLIC)


def _refuse_private(url: str, addresses: list[_Address]) -> None:
    if not all(is_public(str(address)) for _, (address, *_) in addresses):
        # Without the address: strangers would learn from it what a network of ours looks like.
        fail(
            "not-public",
            f"The host {_urls.host(url)!r} is not on the public Internet: only public addresses are fetched here.",
        )


@contextlib.contextmanager
def _told(
    request: _Request, limits: Limits, explain: Callable[[str, Exception], NoReturn]
) -> Generator[None, None, None]:
    """Let nothing out but FetchError."""
    try:
        yield
    except FetchError:
        raise
    except TimeoutError:
        limits.wait()  # raises where it is the task that ran out of time
        fail(
            "timeout",
            f"{_urls.redact(request.url)} was silent for too long: the server is slow or overloaded, or a firewall "
            "drops what is sent to it. A device waits, too, and then says that it cannot connect.",
        )
    except _FOREIGN as error:
        explain(request.url, error)


_NEITHER_DOES_A_DEVICE = "A device cannot connect either."


def _no_address(url: str, error: Exception) -> NoReturn:
    fail(
        "dns-failure",
        f"The host {_urls.host(url)!r} has no address ({error}). {_NEITHER_DOES_A_DEVICE} Check its spelling and its "
        "DNS.",
    )


def _no_connection(url: str, error: Exception) -> NoReturn:
    host = _urls.host(url)
    if isinstance(error, ConnectionRefusedError):
        port = _urls.parts(url).port
        fail("refused", f"{host!r} refuses the connection: no server listens on port {port}. {_NEITHER_DOES_A_DEVICE}")
    fail("unreachable", f"{host!r} cannot be reached ({error}). {_NEITHER_DOES_A_DEVICE} Check its DNS and firewall.")


def _no_tls(url: str, error: Exception) -> NoReturn:
    host = _urls.host(url)
    # Only OpenSSL's own errors have these attributes; others can be raised by a context of the caller's.
    reason = str(getattr(error, "reason", None) or "")
    if isinstance(error, ssl.SSLCertVerificationError):
        verify_code, verify_message = getattr(error, "verify_code", 0), getattr(error, "verify_message", error)
        code, text = _UNTRUSTED.get(verify_code, ("tls-failure", "cannot be verified."))
        fail(code, f"The certificate of {host!r} {text} {_NEITHER_DOES_A_DEVICE} (OpenSSL: {verify_message})")
    if isinstance(error, ssl.SSLError) and _NOTHING_IN_COMMON.search(reason):
        fail(
            "tls-no-common-protocol",
            f"{host!r} shares no TLS version or cipher with a client of today: iOS needs TLS 1.2 or later with "
            f"forward secrecy (ECDHE). {_NEITHER_DOES_A_DEVICE} (OpenSSL: {reason})",
        )
    port = _urls.parts(url).port
    message = f"{host!r} fails the TLS handshake on port {port} ({error}): is it https there?"
    fail("tls-failure", f"{message} {_NEITHER_DOES_A_DEVICE}")


def _no_session(url: str, error: Exception) -> NoReturn:
    """Explain what fails between the handshake and the request: the connection is gone, or TLS is no sound one."""
    lost = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    (_no_answer if lost else _no_tls)(url, error)


_ROOTS = (
    "Devices trust it only where it, or the root it comes from, is installed and switched on under Certificate Trust "
    "Settings (iOS 10.3 and later) or pushed by management."
)
_NO_KNOWN_ROOT = (
    "does not lead to a known root. Either the server leaves out an intermediate certificate, which desktop browsers "
    f"may make up for and iOS may not (serve the full chain), or its root is a private one. {_ROOTS}"
)
# By the verify codes of OpenSSL, openssl/x509_vfy.h.
_UNTRUSTED: Mapping[int, tuple[Code, str]] = {
    2: ("tls-unknown-issuer", _NO_KNOWN_ROOT),
    9: ("tls-not-yet-valid", "is not valid yet. Check its dates, and the clock of this machine."),
    10: ("tls-expired", "has expired, or one that it rests on has. Renew it."),
    18: ("tls-self-signed", f"is self-signed. {_ROOTS}"),
    19: ("tls-private-root", f"comes from a root that is not publicly known. {_ROOTS}"),
    20: ("tls-unknown-issuer", _NO_KNOWN_ROOT),
    21: ("tls-unknown-issuer", _NO_KNOWN_ROOT),
    62: ("tls-wrong-host", "is for other names. Get one whose Subject Alternative Name has this name."),
    64: ("tls-wrong-host", "is for other names. Get one whose Subject Alternative Name has this address."),
}
# What OpenSSL says where the two sides share no version or cipher, on its own account or as the other side's alert.
_NOTHING_IN_COMMON = re.compile("PROTOCOL|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|CIPHER|TOO_SMALL|VERSION_TOO_LOW")


def _no_answer(url: str, error: Exception) -> NoReturn:
    if isinstance(error, OSError):  # http.client.RemoteDisconnected among them
        fail(
            "connection-dropped",
            f"The server closed the connection before it answered for {_urls.redact(url)} ({error}). A device's "
            "download fails: look into the server's log.",
        )
    reason = without_secrets(str(error))[:200]
    fail("bad-response", f"What the server answers for {_urls.redact(url)} is not HTTP as RFC 9112 has it ({reason}).")


def _no_body(url: str, error: Exception) -> NoReturn:
    fail(
        "truncated",
        f"The body of {_urls.redact(url)} ends too early ({str(error)[:200]}): the server, or a proxy before "
        "it, cut it off or announced a wrong length. A device's download fails.",
    )
