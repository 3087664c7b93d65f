"""What a task may take: seconds, bytes and requests."""

from __future__ import annotations

import threading
import time
from typing import NoReturn

from .._arguments import check_type
from ..errors import FetchError, Problem
from ._failures import fail

UNBOUNDED = 1 << 62
_DAY = 86400


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
        """Return the seconds that the next wait may take; raise FetchError where none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            fail(
                "time-limit",
                f"The limit of {self._max_seconds:g} seconds for the whole task was reached. The server is slow, or "
                "more was asked for than fits. Allow more seconds if that is expected.",
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
        fail(
            "byte-limit",
            f"The limit of {self._max_bytes:,} bytes for the whole task was reached. Allow more if that is expected.",
        )

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
                "This file was not looked at, or not to its end, because the limit of "
                f"{self._max_requests} requests was reached. A device has no such limit. Remove redirects that are not "
                "needed, and check fewer apps at once."
            )
            raise FetchError([Problem("", "not-checked", message, "warning")])

    def allow_requests(self, more: int = UNBOUNDED) -> None:
        """Allow so many requests more, or any number."""
        with self._lock:
            self._requests += more
            self._max_requests += more
