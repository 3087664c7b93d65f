"""Files that stay on the server: read over HTTPS by byte ranges, as if they were local."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
from typing import TYPE_CHECKING, Any, NoReturn

from . import _urls
from ._arguments import ProseError, check_type
from ._http import (
    HEADERS,
    UNBOUNDED,
    Fetch,
    KeptFile,
    Limits,
    Network,
    Response,
    Tls,
    describe_status,
    fail,
    follow_redirects,
    new_fetch,
)
from ._redact import redact_text
from .errors import Problem, errors_of, warnings_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Mapping


__all__ = ["Fetch", "RemoteFile", "Response", "Tls", "open_url"]

for _given_out in (Fetch, Response, Tls):
    _given_out.__module__ = __name__  # where people import them from

_BLOCK = 16 * 1024
# A zip's table of contents stands at its end; 256 KiB hold that of some 2,500 files.
_TAIL = 16
# One request fetches so many blocks: more where a file is read from one end to the other.
_LEAST_RUN, _LONGEST_RUN = 4, 256
_MOST_CACHED = 1024
_SMALL_FILE = 1024 * 1024  # is taken whole where a server ignores byte ranges
_OVERLAP = 1024  # is asked for twice, and compared, where no validator tells one version from another
_HEADERS = 64 * 1024  # and framing, so that all of a file as large as the limit can be read


def open_url(
    url: str,
    *,
    timeout: float = 10.0,
    max_seconds: float = 120.0,
    max_bytes: int = 64 * 1024 * 1024,
    tls_context: ssl.SSLContext | None = None,
    connect_to: Mapping[str, str] | None = None,
    public_only: bool = False,
    fetch: Fetch | None = None,
) -> RemoteFile:
    """Open a file on an https server for reading; only the parts that are read are fetched.

    The server must answer byte ranges (RFC 9110, 14), unless the file has at most 1 MiB. Redirects are followed,
    to https only. A file that changes between two reads is an error, never a mixture; where the server sends nothing
    that tells versions apart, some bytes are read twice and compared, and the file's `problems` say so.

    - `timeout`: how many seconds the server may be silent.
    - `max_seconds` and `max_bytes`: what the file may take over its whole life, from this call on. Headers and framing
      may take 64 KiB more.
    - `tls_context`: replaces the one that offers what iOS does, for a certificate authority of your own.
    - `connect_to`: ``{"apps.example.com:443": "127.0.0.1:8443"}`` connects there and leaves names and certificates as
      they are, as curl's --connect-to: to look at a server before DNS points at it.
    - `public_only`: refuses addresses that are not on the public Internet, at every redirect, except those of
      `connect_to`. For URLs that come from strangers.
    - `fetch`: replaces the network. `tls_context` and `connect_to` are not used then, and `public_only` is a
      ValueError.

    Raises FetchError, whose problems say what is wrong and what a device would do. Raises ValueError for limits that
    are out of range: seconds must be above 0 and at most a day, `max_bytes` at least 16 KiB.

    >>> def fetch(method, url, headers, timeout, max_bytes):
    ...     return Response(206, {"Content-Range": "bytes 0-4/5"}, b"hello")
    >>> with open_url("https://apps.example.com/hello.txt", fetch=fetch) as file:
    ...     file.size, file.read(4), file.read(4)
    (5, b'hell', b'o')
    """
    check_type("url", url, str)
    _check_most(max_bytes)
    limits = Limits(timeout, max_seconds, max_bytes + _HEADERS)
    fetch = new_fetch(limits, tls_context=tls_context, connect_to=connect_to, public_only=public_only, fetch=fetch)
    return RemoteFile(_urls.normalise(url), fetch, limits, max_bytes)


@contextlib.contextmanager
def downloaded(
    url: str,
    *,
    max_seconds: float,
    max_bytes: int = UNBOUNDED,
    timeout: float = 10.0,
    tls_context: ssl.SSLContext | None = None,
    connect_to: Mapping[str, str] | None = None,
    progress: Callable[[int, None], object] | None = None,
) -> Generator[KeptFile, None, None]:
    """Download a file, once and whole, to a temporary one, and delete that at the end; FetchError where it fails.

    `progress` is called with the bytes done, and None as nobody knows how many there are in all.
    """

    def count(done: int) -> None:
        if progress is not None:
            progress(done, None)

    _check_most(max_bytes)
    limits = Limits(timeout, max_seconds, max_bytes)
    fetch = new_fetch(limits, tls_context=tls_context, connect_to=connect_to, public_only=False, fetch=None)
    with contextlib.closing(KeptFile(limits, count)) as file, contextlib.closing(fetch):

        def ask(method: str, url: str, headers: Mapping[str, str], timeout: float, most: int, /) -> Response:
            return fetch(method, url, headers, timeout, most, write=file.write)

        *_, (last_url, response) = follow_redirects(ask, _urls.normalise(url), HEADERS, limits, UNBOUNDED)
        if response.status != 200:
            fail("http-status", describe_status(last_url, response.status))
        _refuse_coding(last_url, response)
        yield file


class RemoteFile(io.RawIOBase):
    """A seekable, read-only binary file on a server; made by `open_url`, not for several threads at once.

    `url` is its address after redirects, `size` its length in bytes. `requests` counts the requests so far, redirects
    among them, and `transferred` the bytes of their bodies.
    """

    url: str
    size: int
    requests: int
    transferred: int

    def __init__(self, url: str, fetch: Fetch, limits: Limits, max_bytes: int) -> None:
        """Ask for the first bytes."""
        self._fetch = fetch  # first, since a file that was not made is closed, too
        check_type("url", url, str)
        if not callable(fetch):
            raise TypeError(f"fetch must be callable, not {type(fetch).__name__}")
        check_type("limits", limits, Limits)
        check_type("max_bytes", max_bytes, int)
        self.url = url
        self.requests = 0
        self.transferred = 0
        self._limits = limits
        self._max_bytes = max_bytes
        self._position = 0
        self._blocks: dict[int, bytes] = {}
        self._run = _LEAST_RUN
        self._run_end = 0
        self._joined = False
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The doubts about what was read so far: the warning ``no-validator``, or nothing."""
        if self._validated or not self._joined:
            return ()
        message = (
            f"The server sends nothing that identifies a version of {_urls.redact(self.url)}, so parts of two versions "
            "may have been joined. The bytes that were read twice were the same. A device that resumes a download may "
            "join two versions too. Let the server send a strong ETag."
        )
        return (Problem("", "no-validator", message, "warning"),)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep a device from installing: there are none, as what fails is raised."""
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems despite which the app installs, or may."""
        return warnings_of(self.problems)

    def close(self) -> None:
        """Close the connection."""
        if isinstance(self._fetch, Network):
            self._fetch.close()
        super().close()

    def readable(self) -> bool:
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the file can be read from any position."""
        return True

    def tell(self) -> int:
        """Return the position of the next read."""
        self._refuse_closed()
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position, as in any file; nothing is fetched."""
        check_type("offset", offset, int)
        check_type("whence", whence, int)
        self._refuse_closed()
        bases = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}
        if whence not in bases:
            raise ValueError(f"whence is {whence!r}, and must be 0, 1 or 2")
        position = bases[whence] + offset
        if position < 0:
            raise _NegativeSeekError(errno.EINVAL, f"{os.strerror(errno.EINVAL)}: offset leads to {position}")
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        """Read that many bytes, or all that are left. Fewer come only at the end of the file."""
        check_type("size", size, int, type(None))
        self._refuse_closed()
        end = self.size if size is None or size < 0 else min(self._position + size, self.size)
        data = self._bytes(self._position, end) if self._position < end else b""
        self._position += len(data)
        return data

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer, and return the number of bytes."""
        view = _writable(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _refuse_closed(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def _bytes(self, start: int, end: int) -> bytes:
        if end - start > self._max_bytes:
            self._refuse_more(end - start)
        first, last = start // _BLOCK, -(-end // _BLOCK)
        missing = [number for number in range(first, last) if number not in self._blocks]
        if missing:
            self._load(missing[0], missing[-1] + 1)
        data = b"".join(self._blocks[number] for number in range(first, last))
        while len(self._blocks) > _MOST_CACHED:
            del self._blocks[next(iter(self._blocks))]
        return data[start - first * _BLOCK : end - first * _BLOCK]

    def _load(self, first: int, last: int) -> None:
        """Fetch blocks `first` to `last`, exclusive, and what is likely to be read next, in one request."""
        blocks = -(-self.size // _BLOCK)
        self._run = min(2 * self._run, _LONGEST_RUN) if first == self._run_end else _LEAST_RUN
        begin, end = first, max(last, min(first + self._run, blocks))
        if end > blocks - _TAIL:
            begin, end = min(first, max(blocks - _TAIL, 0)), blocks
        while end - 1 in self._blocks:
            end -= 1
        left = self._max_bytes - self.transferred - (0 if self._validated else 2 * _OVERLAP)
        if min(end * _BLOCK, self.size) - begin * _BLOCK > left:
            begin, end = first, last
        start, stop = begin * _BLOCK, min(end * _BLOCK, self.size)
        if stop - start > left:
            self._refuse_more(stop - start)
        body = self._range(start, stop) if self._validated else self._compared(start, stop)
        self._joined = True
        self._run_end = end
        self._keep(body, begin)

    def _compared(self, start: int, stop: int) -> bytes:
        """Fetch a part that touches or overlaps what is known, or else ask again for some of that, and compare."""
        first = start - _OVERLAP if start // _BLOCK - 1 in self._blocks else start
        last = min(stop + _OVERLAP, self.size) if -(-stop // _BLOCK) in self._blocks else stop
        body = self._range(first, last)
        self._compare(first, body)
        if (first, last) == (start, stop):
            # What came last is still the same, so the file did not change before this part was sent.
            number, block = next(reversed(self._blocks.items()))
            end = number * _BLOCK + len(block)
            again = max(end - _OVERLAP, number * _BLOCK)
            self._compare(again, self._range(again, end))
        return body[start - first : stop - first]

    def _compare(self, start: int, body: bytes) -> None:
        """Hold a part of the file against the blocks that are known of it."""
        end = start + len(body)
        for number in range(start // _BLOCK, -(-end // _BLOCK)):
            if known := self._blocks.get(number):
                begin = number * _BLOCK
                low, high = max(start, begin), min(end, begin + len(known))
                if known[low - begin : high - begin] != body[low - start : high - start]:
                    self._refuse_changed()

    def _keep(self, body: bytes, first: int) -> None:
        for offset in range(0, len(body), _BLOCK):
            self._blocks[first + offset // _BLOCK] = body[offset : offset + _BLOCK]

    def _refuse_more(self, wanted: int) -> NoReturn:
        fail(
            "byte-limit",
            f"{wanted:,} more bytes of {_urls.redact(self.url)} would exceed the limit of {self._max_bytes:,} bytes, "
            f"of which {self.transferred:,} are used. Read less of it, or allow more.",
        )

    def _refuse_whole(self) -> NoReturn:
        fail(
            "no-ranges",
            f"The server ignores byte ranges and sends {_urls.redact(self.url)} whole. A device that loses the "
            "connection starts again from the beginning. Let the server answer Range requests.",
        )

    def _open(self) -> None:
        """Ask for the first block, whose answer also has the length: signed URLs often allow GET and not HEAD."""
        limit = min(_SMALL_FILE, self._max_bytes)
        response = self._get(0, _BLOCK, limit + 1)
        if response.status == 416 and response.headers.get("content-range", "").strip() == "bytes */0":
            self.size = 0
        elif response.status == 200:
            if len(response.body) > limit:
                self._refuse_whole()
            self.size = len(response.body)
        else:
            self.size = self._check_range(response, 0, _BLOCK)
        self._version = _version_of(response)
        self._validated = _is_validated(*self._version)
        self._keep(response.body, 0)

    def _range(self, start: int, end: int) -> bytes:
        response = self._get(start, end, end - start + 1)
        if response.status == 416:
            self._refuse_changed()
        if self._check_range(response, start, end) != self.size or _version_of(response) != self._version:
            self._refuse_changed()
        return response.body

    def _refuse_changed(self) -> NoReturn:
        fail(
            "changed",
            f"{_urls.redact(self.url)} changed while it was read (its ETag, Last-Modified, length or content). A "
            "download that is resumed there is damaged. Open it again. If the file did not change, several servers "
            "share this name and serve different copies.",
        )

    def _get(self, start: int, end: int, limit: int) -> Response:
        headers = {**HEADERS, "Range": f"bytes={start}-{end - 1}"}
        *_, (self.url, response) = follow_redirects(self._counted, self.url, headers, self._limits, limit)
        _refuse_coding(self.url, response)
        return response

    def _counted(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response:
        left = self._max_bytes - self.transferred
        if left < 0:  # redirects have bodies, too
            self._refuse_more(max_bytes)
        self.requests += 1
        response = self._fetch(method, url, headers, timeout, min(max_bytes, left + 1))
        self.transferred += len(response.body)
        return response

    def _check_range(self, response: Response, start: int, end: int) -> int:
        """Return the length of the whole file, if the answer is exactly the range that was asked for."""
        if response.status == 200:
            self._refuse_whole()
        if response.status != 206:
            fail("http-status", describe_status(self.url, response.status))
        given = response.headers.get("content-range", "").strip()
        found = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/(?:([0-9]{1,18})|\*)", given)
        if found and not found[3]:
            fail(
                "no-length",
                f"The server does not say how long {_urls.redact(self.url)} is (Content-Range {given!r}). A device "
                "shows no progress, and the end of the file cannot be found. Serve it as a plain file.",
            )
        first, last, total = (int(number) for number in found.groups()) if found else (-1, -1, -1)
        if (first, last) != (start, min(end, total) - 1) or len(response.body) != last + 1 - start:
            fail(
                "wrong-range",
                f"Bytes {start}-{end - 1} were asked of {_urls.redact(self.url)}, and {len(response.body)} bytes came "
                f"as Content-Range {redact_text(given, 80)}, Content-Type "
                f"{redact_text(response.headers.get('content-type', ''), 80)}. A download that is resumed there is "
                "damaged. Look for a proxy or script that handles Range wrongly.",
            )
        return total


def _check_most(max_bytes: int) -> None:
    check_type("max_bytes", max_bytes, int)
    if max_bytes < _BLOCK:
        raise ValueError(f"max_bytes is {max_bytes!r}, and must be at least {_BLOCK:,}, which are read first")


def _refuse_coding(url: str, response: Response) -> None:
    coding = response.headers.get("content-encoding", "")
    if coding.lower() not in {"", "identity"}:
        fail(
            "content-encoded",
            f"{_urls.redact(url)} comes compressed (Content-Encoding {redact_text(coding, 40)}), which was not asked "
            "for. Byte ranges do not match the file, and a device may not unpack it. Switch off compression.",
        )


class _NegativeSeekError(ProseError, ValueError):
    """Raised for a negative position: files on disk raise an OSError, files in memory a ValueError."""


def _writable(buffer: Any) -> memoryview:
    with contextlib.suppress(TypeError):
        view = memoryview(buffer).cast("B")
        if not view.readonly:
            return view
    raise TypeError(f"buffer must be a writable bytes-like object, not {type(buffer).__name__}")


def _version_of(response: Response) -> tuple[str | None, str | None]:
    return response.headers.get("etag"), response.headers.get("last-modified")


def _is_validated(etag: str | None, last_modified: str | None) -> bool:
    """Check whether the headers identify a version of a file. A weak ETag does not promise equal bytes."""
    return not etag.startswith("W/") if etag else bool(last_modified)
