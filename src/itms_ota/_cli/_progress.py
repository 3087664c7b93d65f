"""How far long work is: a line on a terminal, which is wiped away at the end."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_PAUSE = 0.1
_WIPE = "\r\033[K"


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Generator[Line | None, None, None]:
    """Yield what to call with the bytes done and the bytes in all; None where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    line = Line(what)
    try:
        yield line
    finally:
        line.wipe()


class Line:
    """A line that says how many bytes are done, how fast, and when the rest will be."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._clock = clock
        self._begun = 0.0
        self._shown = -inf
        self._done: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        """Show it, unless it was shown a moment ago."""
        now = self._clock()
        if self._done is None or done < self._done:  # the next file
            self._begun = now
        self._done = done
        if now - self._shown >= _PAUSE or done == total:
            self._shown = now
            text = f"{self._what}: {_describe(done, total, now - self._begun)}"
            print(_WIPE + text, end="", file=sys.stderr, flush=True)

    def wipe(self) -> None:
        """Remove the line, so that what is printed next stands alone."""
        if self._done is not None:
            print(_WIPE, end="", file=sys.stderr, flush=True)


def _describe(done: int, total: int | None, seconds: float) -> str:
    parts = [_megabytes(done)] if total is None else [f"{_megabytes(done)} of {_megabytes(total)}"]
    if total:
        parts.append(f"{done / total:.0%}")
    if seconds > 0 and done:
        parts.append(f"{_megabytes(done / seconds)}/s")
        if total and done < total:
            minutes, rest = divmod(round((total - done) * seconds / done), 60)
            parts.append(f"{minutes}:{rest:02} left")
    return ", ".join(parts)


def _megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"
