"""The answer to a request, and what fetches one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .._arguments import check_texts, check_time, check_type
from .._redact import repr_of_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

HEADERS: Mapping[str, str] = {"User-Agent": "itms_ota", "Accept": "*/*", "Accept-Encoding": "identity"}
"""The headers of every request. Byte ranges count in the file itself, so no compression is asked for."""

BEGINNING = 64 * 1024
"""The bytes that are kept of a body that is written elsewhere, or is not what was asked for."""

AS_DEVICE = "com.apple.appstored/1.0 iOS/26.1 model/iPhone17,1 build/23B85"
"""What a device's downloader calls itself, as seen in the logs of servers."""


@dataclass(frozen=True, slots=True)
class Tls:
    """What TLS agreed on: `version` and `cipher` as OpenSSL names them, ``TLSv1.3``, ``TLS_AES_256_GCM_SHA384``.

    `not_after` is the timezone-aware time at which the server's certificate expires, `not_before` that from which on it
    is valid; both are None where the context asked for no certificate.
    """

    version: str
    cipher: str
    not_after: datetime | None
    not_before: datetime | None = None

    def __post_init__(self) -> None:
        check_type("version", self.version, str)
        check_type("cipher", self.cipher, str)
        check_time("not_after", self.not_after)
        check_time("not_before", self.not_before)


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
        # Those of urllib.request are not a Mapping.
        headers = dict(self.headers.items()) if hasattr(self.headers, "items") else self.headers
        check_type("status", self.status, int)
        check_texts("headers", headers)
        check_type("body", self.body, bytes)
        check_type("tls", self.tls, Tls, type(None))
        check_type("address", self.address, str, type(None))
        object.__setattr__(self, "headers", {name.lower(): value for name, value in headers.items()})


def without_body(response: Response) -> Response:
    """Return an answer but for its body. Its parts were checked when it was made."""
    twin, write = object.__new__(Response), object.__setattr__
    write(twin, "status", response.status)
    write(twin, "headers", response.headers)
    write(twin, "body", b"")
    write(twin, "tls", response.tls)
    write(twin, "address", response.address)
    return twin


class Fetch(Protocol):
    """One request and its answer, whatever the status; redirects are not followed.

    `timeout` is in seconds and bounds every wait. `max_bytes` bounds the body: a longer one is cut off, which is
    not an error. What cannot be fetched at all is a FetchError.
    """

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response: ...
