"""What is asked of servers, and what comes: recorded here, and judged elsewhere."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .. import _urls
from .._archive import gunzip
from .._http import BEGINNING, HEADERS, UNBOUNDED, Response, Tls, follow_redirects, without_body
from ..errors import FetchError, IpaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._http import Limits, Metered, Network, Write
    from ..errors import Problem

_T = TypeVar("_T")

_MOST_ASKED = 11  # each range of a package may be redirected again
_RANGE = re.compile("bytes [^/]*/([0-9]{1,18})")
_LENGTH = re.compile("[0-9]{1,18}")
_GZIP = {"gzip", "x-gzip"}  # RFC 9110, 8.4.1.3


class Peer(NamedTuple):
    """Who answered under a host and port: what TLS agreed on, and the address.

    `address` is None where it is not known, and where the caller replaced it. `public_roots` says that its certificate
    was verified by the roots of this machine, and not by those of the caller.
    """

    origin: str
    tls: Tls | None
    address: str | None
    public_roots: bool = False


class Record(NamedTuple):
    """What was asked for one file, by one request or by several for parts of it, and what came.

    `asked` are the first addresses, one after another, `last_url` that of the last request; there are none where the
    check stopped before it asked. `last` is the last answer without its body, None where none came. `start` are the
    first bytes of the file, as far as one answer has them, and `refusal` those of the last answer if that is not the
    file. `failure` says why the file could not be fetched or read. `is_unpacked` says that what came compressed is no
    longer so.
    """

    method: str
    asked: tuple[str, ...]
    last_url: str
    last: Response | None
    start: bytes
    refusal: bytes
    ignored_range: bool
    peers: tuple[Peer, ...]
    failure: tuple[Problem, ...]
    seconds: float
    is_unpacked: bool = False

    @property
    def status(self) -> int | None:
        """The status of the last answer."""
        return None if self.last is None else self.last.status

    @property
    def coding(self) -> str:
        """The coding of the last answer's content, ``identity`` where it is sent as it is."""
        return self.header("content-encoding", "identity").lower()

    @property
    def is_whole(self) -> bool:
        """Whether the last answer was the whole file as it is."""
        return self.status == 200 and self.coding == "identity"

    @property
    def length(self) -> int | None:
        """The length of the whole file in bytes, None where the server does not say."""
        total = _RANGE.fullmatch(self.header("content-range").strip())
        length = total[1] if total else self.header("content-length")
        return int(length) if _LENGTH.fullmatch(length) else None

    def unpacked(self, body: bytes, limit: int) -> tuple[bytes, Record]:
        """Return what was compressed for the way, as far as that many bytes, and a record of it; nothing of any other.

        The downloader of a device asks for gzip, and unpacks what comes so, as all clients of NSURLSession do.
        """
        data = (gunzip(body, limit) if self.coding in _GZIP else None) or b""
        return data, self._replace(is_unpacked=bool(data), start=data[:BEGINNING] or self.start)

    def header(self, name: str, default: str = "") -> str:
        """Return a header of the last answer."""
        return default if self.last is None else self.last.headers.get(name, default)


@dataclass(frozen=True, slots=True)
class Session:
    """What one check asks with: its limits, its network, and the name that the requests give themselves.

    `replaced` are the hosts and ports that the caller leads elsewhere.
    `public_roots` says that certificates are verified by the roots of this machine alone.
    """

    limits: Limits
    fetch: Network | Metered
    user_agent: str
    replaced: frozenset[str]
    public_roots: bool = False

    def exchange(self) -> Exchange:
        """Make what asks for one file."""
        return Exchange(self)

    def peer(self, url: str, response: Response) -> Peer:
        """Return who answered for a URL."""
        address = None if self.leads_elsewhere(url) else response.address
        return Peer(_origin(url), response.tls, address, self.public_roots)

    def leads_elsewhere(self, url: str) -> bool:
        """Whether the caller leads the host and port of a URL elsewhere."""
        return _origin(url) in self.replaced


def _origin(url: str) -> str:
    _, host, port, _ = _urls.address(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(slots=True)
class _Notes:
    """What a record will hold, while it is taken."""

    last_url: str
    last: Response | None = None
    start: bytes = b""
    refusal: bytes = b""
    ignored_range: bool = False
    asked: dict[str, None] = field(default_factory=dict[str, None])
    peers: dict[str, Peer] = field(default_factory=dict[str, Peer])


class Exchange:
    """A `Fetch` for one file that notes what it was asked and what came. For one thread at a time."""

    def __init__(self, session: Session) -> None:
        self.limits = session.limits
        self._session = session
        self._notes = _Notes("")
        self._write: Write = None

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response:
        self.limits.request()
        notes = self._notes
        notes.last_url, notes.last, notes.refusal = url, None, b""
        if len(notes.asked) < _MOST_ASKED:
            notes.asked.setdefault(url)
        headers = {**headers, "User-Agent": self._session.user_agent}
        more: dict[str, Write] = {"write": self._write} if self._write else {}
        response = self._session.fetch(method, url, headers, timeout, max_bytes, **more)
        peer = self._session.peer(url, response)
        notes.peers.setdefault(peer.origin, peer)
        notes.ignored_range |= response.status == 200 and "Range" in headers
        if response.status not in {200, 206}:
            notes.refusal = response.body[:BEGINNING]
        elif not notes.start:
            notes.start = response.body[:BEGINNING]
        notes.last = without_body(response)
        return response

    @property
    def start(self) -> bytes:
        """The first bytes of the file, as far as one answer had them."""
        return self._notes.start

    def ask(self, method: str, url: str, max_bytes: int) -> tuple[Response | None, Record]:
        """Ask for a file by one request, and follow redirects."""

        def action() -> Response:
            *_, (_, response) = follow_redirects(self, url, HEADERS, self.limits, max_bytes, method=method)
            return response

        return self.record(method, url, action)

    def download(self, url: str, write: Write) -> Record:
        """Ask for a whole file, which is written elsewhere as it comes."""
        self._write = write
        try:
            return self.ask("GET", url, UNBOUNDED)[1]
        finally:
            self._write = None

    def record(self, method: str, url: str, action: Callable[[], _T]) -> tuple[_T | None, Record]:
        """Do what asks for a file; return what it returns, None where that fails, and the record of it."""
        self._notes = notes = _Notes(url)
        begin = time.monotonic()
        result: _T | None = None
        failure: tuple[Problem, ...] = ()
        try:
            result = action()
        except (FetchError, IpaError) as error:
            failure = error.problems
        return result, Record(
            method=method,
            asked=tuple(notes.asked),
            last_url=notes.last_url,
            last=notes.last,
            start=notes.start,
            refusal=notes.refusal,
            ignored_range=notes.ignored_range,
            peers=tuple(notes.peers.values()),
            failure=failure,
            seconds=time.monotonic() - begin,
        )
