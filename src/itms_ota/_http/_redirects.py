"""Redirects, followed as a device follows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import _urls
from ..errors import FetchError
from ._failures import fail, refuse_invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._limits import Limits
    from ._response import Fetch, Response

_MOST_REQUESTS = 11  # a request and ten redirects

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses that lead elsewhere (RFC 9110, 15.4)."""


def follow_redirects(
    fetch: Fetch, url: str, headers: Mapping[str, str], limits: Limits, max_bytes: int, *, method: str = "GET"
) -> Iterator[tuple[str, Response]]:
    """Ask for a URL, follow redirects to https only, and yield each URL on the way with its answer."""
    refuse_invalid(url)
    for _ in range(_MOST_REQUESTS):
        response = fetch(method, url, headers, limits.wait(), max_bytes)
        yield url, response
        if response.status not in REDIRECTS or "location" not in response.headers:
            return
        url = _redirected(url, response.headers["location"])
    fail(
        "redirect-loop",
        f"After {_MOST_REQUESTS - 1} redirects {_urls.redact(url)} still leads elsewhere. A device gives up too. Look "
        "for addresses that redirect to each other.",
    )


def _redirected(url: str, location: str) -> str:
    try:
        target = _urls.normalise(_urls.join(url, location))
        refuse_invalid(target)
    except ValueError:
        fail(
            "invalid-url",
            f"{_urls.redact(url)} redirects to {_urls.redact(location)}, which is not a valid URL. A device does not "
            "follow it. Correct the Location header.",
        )
    except FetchError as error:
        redirects = f"{_urls.redact(url)} redirects, and a device follows redirects to https only."
        raise FetchError(
            replace(problem, message=f"{redirects} {problem.message}") for problem in error.problems
        ) from None
    return target
