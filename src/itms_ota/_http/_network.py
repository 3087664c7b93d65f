"""What makes requests: the network, or the caller's own `fetch`, both within limits."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from .. import _urls
from .._arguments import check_callable, check_texts, check_type
from ..errors import FetchError
from ._connection import Connection, Request, shut
from ._failures import FOREIGN, fail, no_address, no_connection, no_session, no_tls, refuse_invalid, translated
from ._names import host_port, refuse_private
from ._pool import Pool, refuse_ended
from ._response import BEGINNING, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._limits import Limits
    from ._names import Address, SocketAddress
    from ._response import Fetch

# What App Transport Security allows (Apple, "Preventing Insecure Network Connections"). Python by itself offers DHE as
# well, which a server may prefer, and leaves out ciphers with SHA-1 in them, which iOS takes.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:@SECLEVEL=2"


Write: TypeAlias = "Callable[[bytes], object] | None"
"""Where the body of a whole file goes, piece by piece, in place of the memory."""

_MOST_IN_MEMORY = 1 << 30  # of what the caller's own `fetch` returns whole


def device_context(cafile: str | None = None) -> ssl.SSLContext:
    """Make a context that offers what iOS does, with public roots and those of a PEM file.

    Raises OSError for a file that cannot be read, or is not such a file.
    """
    check_type("cafile", cafile, str, type(None))
    context = ssl.create_default_context()
    context.set_ciphers(_CIPHERS)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # as Python's own default is only where it was built so
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # on since Python 3.13; refuses what devices accept
    if cafile is not None:
        try:
            context.load_verify_locations(cafile)
        except ValueError as error:
            raise ValueError(f"cafile cannot be the name of a file: {error}") from None
    return context


_Lent = TypeVar("_Lent", bound="_Lender")


class _Lender:
    """What fetches for one task, and may be lent to others."""

    _limits: Limits
    shared = False

    def within(self: _Lent, limits: Limits) -> _Lent:  # noqa: PYI019 -- Self came with Python 3.11
        """Lend all it has to a task with limits of its own, which does not end it."""
        lent = copy(self)
        lent._limits = limits
        lent.shared = True
        return lent


class Network(_Lender):
    """A `Fetch` over real connections, which are kept open for the next request. For any number of threads.

    `connect_to` maps ``host:port`` to the ``host:port`` to connect to instead, as curl's --connect-to; the name in
    the request and in the certificate stays. With `public_only`, addresses that are not on the public Internet are
    refused, except those of `connect_to`.
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
        self._connect_to = {host_port(name): host_port(other) for name, other in (connect_to or {}).items()}
        self._public_only = public_only
        self._pool = Pool()

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        timeout: float,
        max_bytes: int,
        /,
        *,
        write: Write = None,
    ) -> Response:
        refuse_invalid(url)
        request = Request(method, url, headers, timeout, max_bytes, write)
        # What is written elsewhere cannot be asked for again.
        kept = self._pool.take(_urls.address(url)[:3]) if write is None else None
        if kept is not None:
            kept.limits = self._limits
            try:
                return self._ask(kept, request)
            except FetchError as error:
                # The server closed the connection meanwhile, or had sent more than it had announced. RFC 9110,
                # 9.2.2: a GET may be repeated.
                if error.problems[0].code not in {"connection-dropped", "bad-response"}:
                    raise
                self._limits.request()
        return self._ask(self._connect(request), request)

    def close(self) -> None:
        """Close the connections, and end what waits for them; those that were lent are others' to close."""
        if not self.shared:
            self._pool.close()

    def _ask(self, connection: Connection, request: Request) -> Response:
        with contextlib.ExitStack() as unless_reusable:
            unless_reusable.callback(connection.close)
            response, reusable = connection.ask(request)
            if reusable:
                self._pool.keep(connection)
                unless_reusable.pop_all()
        return response

    def _connect(self, request: Request) -> Connection:
        url, wait = request.url, self._limits.wait
        scheme, host, port, _ = _urls.address(url)
        replaced = self._connect_to.get((host, port))
        server = replaced or (host, port)
        with translated(url, wait, partial(no_address, instead=replaced)):
            addresses = self._pool.look_up(server, wait(request.timeout))
            if self._public_only and replaced is None:
                refuse_private(url, addresses)
        with translated(url, wait, partial(no_connection, instead=replaced)):
            sock = self._reach(server, addresses, request.timeout)
        with contextlib.ExitStack() as on_error:
            on_error.callback(shut, sock)
            with translated(url, wait, no_tls):
                sock.settimeout(wait(request.timeout))  # ssl takes it for the handshake as a whole
                # wrap_socket takes the socket away: another handle of it is what can be ended meanwhile.
                with sock.dup() as handle:
                    self._pool.watch(handle)
                    secure = self._context.wrap_socket(sock, server_hostname=host)
            on_error.callback(shut, secure)
            self._pool.watch(secure)
            with translated(url, wait, no_session):
                connection = Connection(secure, (scheme, host, port), self._limits)
            on_error.pop_all()
        return connection

    def _reach(self, server: tuple[str, int], addresses: list[Address], timeout: float) -> socket.socket:
        """Connect to the first address that answers. They are numbers: no name is looked up again."""
        failed: Exception = OSError("it has no address")
        for family, address in addresses:
            wait = self._limits.wait(timeout)
            try:
                return self._connected(family, address, wait)
            except FOREIGN as error:
                failed = error
        self._pool.forget(server)
        raise failed

    def _connected(self, family: socket.AddressFamily, address: SocketAddress, timeout: float) -> socket.socket:
        with contextlib.ExitStack() as on_error:
            sock = socket.socket(family, socket.SOCK_STREAM)
            on_error.callback(shut, sock)
            self._pool.watch(sock)
            sock.settimeout(timeout)
            sock.connect(address)
            on_error.pop_all()
        return sock


class Metered(_Lender):
    """The caller's own `Fetch`, whose bodies count against the limits: no more of them is seen."""

    def __init__(self, fetch: Fetch, limits: Limits) -> None:
        self._fetch = fetch
        self._limits = limits
        self._ended = threading.Event()

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        timeout: float,
        max_bytes: int,
        /,
        *,
        write: Write = None,
    ) -> Response:
        if write is not None:
            return self._written(self(method, url, headers, timeout, min(max_bytes, _MOST_IN_MEMORY)), write)
        if self._ended.is_set():
            refuse_ended()
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

    def _written(self, response: Response, write: Callable[[bytes], object]) -> Response:
        """Write the body of a whole file elsewhere, and leave its beginning."""
        if len(response.body) >= _MOST_IN_MEMORY:
            fail("byte-limit", f"The file has {_MOST_IN_MEMORY:,} bytes or more, which `fetch` cannot hold in memory.")
        if response.status == 200:
            write(response.body)
        return replace(response, body=response.body[:BEGINNING])

    def close(self) -> None:
        """Ask no more. What there is to close is the caller's."""
        if not self.shared:
            self._ended.set()


def new_fetch(
    limits: Limits,
    *,
    tls_context: ssl.SSLContext | None,
    connect_to: Mapping[str, str] | None,
    public_only: bool,
    fetch: Fetch | Network | Metered | None,
) -> Network | Metered:
    """Make what fetches within limits: a network, the caller's own `fetch`, or what a run of tasks shares."""
    if isinstance(fetch, (Network, Metered)):
        return fetch.within(limits)
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
