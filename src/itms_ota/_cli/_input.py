"""Standard input, and text in the encoding of which it is: Windows PowerShell saves what it prints as UTF-16."""

from __future__ import annotations

import codecs
import errno
import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def standard_input() -> BinaryIO:
    """Return standard input; raise OSError where whoever started the process closed it, as in `<&-`."""
    if sys.stdin is None:  # so it is then (sys.__stdin__)
        raise OSError(errno.EBADF, "Standard input is closed. Name a file, or pipe one into the command", "-")
    return sys.stdin.buffer


def decoded(data: bytes) -> str:
    """Return what bytes say as text."""
    return data.decode(_encoding(data), "replace")


@contextmanager
def as_text(file: BinaryIO, errors: str) -> Generator[io.TextIOWrapper, None, None]:
    """Yield a file as text, of which lines end with a line feed. Whoever opened the file closes it."""
    # What stands in for standard input may not be able to look ahead.
    ahead = cast("io.BufferedReader", file if hasattr(file, "peek") else io.BufferedReader(cast("io.RawIOBase", file)))
    text = io.TextIOWrapper(ahead, _encoding(ahead.peek(2)), errors, newline="\n")
    try:
        yield text
    finally:
        text.detach()
        if ahead is not file:
            ahead.detach()


def entries(lines: Iterable[str]) -> Iterator[str]:
    """Yield what stands on each line, or ends with a zero byte, but for empty ones and those that begin with "#"."""
    for part in (part for line in lines for part in line.split("\0")):
        text = part.strip().strip("\ufeff")
        if text and not text.startswith("#"):
            yield text


def _encoding(start: bytes) -> str:
    return "utf-16" if start.startswith(UTF_16) else "utf-8-sig"
