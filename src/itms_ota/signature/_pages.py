"""Reading an executable of any size in one go: its slices, their signatures, and the hashes of their pages.

The hashes that a signature asks for are known only at the end of the slice. So those that codesign makes are made on
the way, and for others the file is read once more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ._code import Key
from ._macho import FAT_HEADER, HEADER, Commands, MachOError, fat_length, header_length, read_commands, slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from hashlib import _Hash

# codesign uses SHA-256 alone for what needs such a system (iOS 11 and its like know it).
_SHA256_ALONE_SINCE = 12
_STEP = 64 * 4096
# 1 GiB has 13 MiB of SHA-1 and SHA-256 hashes.
_LARGEST_SIGNATURES = 16 * 1024 * 1024
_LARGE_SIGNATURES = 1024 * 1024


class TooLargeError(ValueError):
    """What is larger than is read; the message says what."""


@dataclass(slots=True)
class Part:
    """A slice as it was read: its load commands, its signature, and its pages' hashes so far, by how they are made."""

    start: int
    commands: Commands
    signature: bytearray | None = None
    hashes: dict[Key, bytes] = field(default_factory=dict[Key, bytes])


class Stream:
    """A file that is read in one go."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks: Iterator[bytes] = iter(blocks)
        self._ahead = bytearray()
        self.position = 0

    def peek(self, size: int) -> bytes:
        """Return the next bytes, fewer at the end, and do not go on."""
        while len(self._ahead) < size and (block := next(self._blocks, None)) is not None:
            self._ahead += block
        return bytes(self._ahead[:size])

    def take(self, size: int) -> bytearray:
        """Return the next bytes, fewer at the end."""
        found = bytearray()
        while len(found) < size and (block := self.some(size - len(found))):
            found += block
        return found

    def some(self, most: int) -> bytes:
        """Return some of the next bytes; none at the end."""
        block = bytes(self._ahead) or next(filter(None, self._blocks), b"")
        self._ahead = bytearray(block[most:])
        self.position += min(most, len(block))
        return block[:most]

    def skip_to(self, position: int) -> None:
        """Go on to a position."""
        while self.position < position and self.some(position - self.position):
            pass

    def finish(self) -> None:
        """Read the rest."""
        while self.some(_STEP):
            pass


def read_parts(stream: Stream, size: int, before_large: Callable[[], object] = lambda: None) -> list[Part]:
    """Read the slices of an executable of this size; MachOError where it is not one.

    `before_large` is called before the signatures take much memory.
    """
    header = stream.peek(fat_length(stream.peek(FAT_HEADER)))
    parts: list[Part] = []
    left = _LARGEST_SIGNATURES
    for each in slices(header, size):
        stream.skip_to(each.start)
        head = stream.peek(header_length(stream.peek(HEADER), each.size))
        part = Part(each.start, read_commands(head, each))
        left -= part.commands.signature[1] if part.commands.signature else 0
        if left < 0:
            raise TooLargeError(f"The signatures have more than {_LARGEST_SIGNATURES:,} bytes.")
        if left < _LARGEST_SIGNATURES - _LARGE_SIGNATURES:
            before_large()
        parts.append(_part(stream, part))
    stream.finish()
    return parts


def _part(stream: Stream, part: Part) -> Part:
    if part.commands.signature is None:
        return part
    at, length = part.commands.signature
    part.hashes |= _hash(stream, part.start, [(*usual, at) for usual in _usual(part.commands)])
    part.signature = stream.take(length)
    return part


def _usual(commands: Commands) -> Iterator[tuple[str, int]]:
    """Yield how the pages of a slice are probably hashed: by SHA-1 too where old systems are to run it."""
    yield "sha256", 4096
    if int((commands.minimum_system or "0").partition(".")[0]) < _SHA256_ALONE_SINCE:
        yield "sha1", 4096


def hash_more(stream: Stream, parts: Iterable[Part], wanted: Mapping[int, Iterable[Key]]) -> None:
    """Hash the pages of slices in the other ways that are wanted, by the positions of the slices."""
    for part in parts:
        keys = [key for key in wanted.get(part.start, ()) if key not in part.hashes]
        if keys:
            stream.skip_to(part.start)
            part.hashes |= _hash(stream, part.start, keys)


def _hash(stream: Stream, start: int, keys: Iterable[Key]) -> dict[Key, bytes]:
    """Hash the pages of the slice at which the stream is."""
    pages = [_Pages(key) for key in keys]
    for page in sorted(pages, key=lambda page: page.limit):
        while (left := start + page.limit - stream.position) > 0:
            block = stream.some(left)
            if not block:
                raise MachOError(f"it ends at byte {stream.position}")
            for each in pages:
                each.update(block)
    return {page.key: page.finish() for page in pages}


class _Pages:
    """The hashes of pages, one after the other."""

    def __init__(self, key: Key) -> None:
        self.key = key
        algorithm, self.size, self.limit = key
        # By name it would be found anew for every page.
        self._new: Callable[[bytes | memoryview], _Hash] = partial(getattr(hashlib, algorithm), usedforsecurity=False)
        self._left = self.limit
        self._page: _Hash | None = None
        self._room = self.size
        self._digests = bytearray()

    def update(self, block: bytes) -> None:
        """Hash more bytes of the slice."""
        view = memoryview(block)[: self._left]
        self._left -= len(view)
        at = 0
        if self._page is not None:
            at = min(self._room, len(view))
            self._page.update(view[:at])
            self._room -= at
            if self._room == 0:
                self._digests += self._page.digest()
                self._page = None
        new, size, digests = self._new, self.size, self._digests
        whole = at + (len(view) - at) // size * size if self._page is None else at
        for start in range(at, whole, size):
            digests += new(view[start : start + size]).digest()
        if whole < len(view):
            self._page = new(view[whole:])
            self._room = size - (len(view) - whole)

    def finish(self) -> bytes:
        """Return the hashes, that of what is left over last."""
        return bytes(self._digests) + (self._page.digest() if self._page is not None else b"")
