"""The hashes by which a device verifies a download."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ._arguments import check_callable, check_each, check_path, check_tuple, check_type, type_of
from ._redact import redact_text
from .errors import ManifestError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from hashlib import _Hash
    from typing import Protocol

    class SupportsRead(Protocol):
        """Anything that gives bytes."""

        def read(self, size: int = ..., /) -> bytes:
            """Return at most `size` bytes, none at the end."""
            ...


__all__ = ["CHUNK_SIZE", "Algorithm", "Checksum", "Progress", "Source"]

Algorithm = Literal["md5", "sha256"]
"""The algorithms that devices know."""

CHUNK_SIZE = 10 * 1024 * 1024
"""The bytes of a chunk: the only length that Apple shows (Device Management, ManifestURL)."""

ALGORITHMS: tuple[Algorithm, ...] = ("md5", "sha256")
HEX_LENGTH: Mapping[Algorithm, int] = {"md5": 32, "sha256": 64}
_NAMES: Mapping[Algorithm, str] = {"md5": "MD5", "sha256": "SHA-256"}
_BLOCK = 1024 * 1024
_SHARE = 8 * _BLOCK


Source: TypeAlias = "str | os.PathLike[str] | bytes | SupportsRead"
"""A path, the content of a file as bytes, or a binary file: anything with ``read()``."""

Progress: TypeAlias = "Callable[[int, int | None], object]"
"""Called with the bytes done so far and the bytes in all, which is None for a stream."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """The hashes of one file by one algorithm, as a manifest's asset carries them.

    With `chunk_size`, in bytes, there is a digest for each chunk, the last for what remains; with None, one
    digest of the whole file. A device takes a list of one digest as the whole file's, whatever its chunk
    size says, and of two families it uses SHA-256 alone (iOS 26.1's own daemons; Apple, ManifestURL).

    Raises ManifestError for digests that are not hexadecimal digits of the algorithm's length, for none at
    all, and for a chunk size below 1; TypeError for an argument of a wrong type.

    >>> checksum = Checksum.of(b"an app", chunk_size=4)
    >>> [digest[:8] for digest in checksum.digests]
    ['96fd04b8', 'd53315be']
    """

    algorithm: Algorithm
    digests: tuple[str, ...]
    chunk_size: int | None = None

    def __post_init__(self) -> None:
        check_type("algorithm", self.algorithm, str)
        object.__setattr__(self, "digests", check_tuple("digests", self.digests, str))
        if self.algorithm not in HEX_LENGTH:
            raise _refused("algorithm", f"The algorithm {redact_text(self.algorithm)} is neither 'md5' nor 'sha256'.")
        if self.chunk_size is not None:
            if isinstance(self.chunk_size, bool) or not isinstance(self.chunk_size, int):
                message = f"chunk_size must be int or None, not {type_of(self.chunk_size)}"
                raise TypeError(message)
            if self.chunk_size < 1:
                raise _refused("chunk_size", f"The chunk size is {self.chunk_size}. It must be 1 byte or more.")
        if not self.digests or (self.chunk_size is None and len(self.digests) > 1):
            count = len(self.digests)
            raise _refused("digests", f"There are {count} digests. Pass one, or one for each chunk and chunk_size.")
        for index, digest in enumerate(self.digests):
            fault = digest_fault(self.algorithm, digest)
            if fault is not None:
                raise _refused(f"digests[{index}]", f"{fault}.")

    @classmethod
    def of(
        cls,
        source: Source,
        *,
        algorithm: Algorithm = "sha256",
        chunk_size: int | None = CHUNK_SIZE,
        progress: Progress | None = None,
    ) -> Checksum:
        """Hash a file: a path, its content as bytes, or anything with ``read()``, which is read from where it stands.

        Memory stays flat whatever the size; the chunks of a path are hashed in parallel threads.
        ``progress(done, total)`` is called in this thread with bytes; total is None for a stream. Raises
        OSError as `open` does, and where a file shrinks meanwhile.
        """
        check_type("algorithm", algorithm, str)
        return cls.of_many(source, algorithms=(algorithm,), chunk_size=chunk_size, progress=progress)[0]

    @classmethod
    def of_many(
        cls,
        source: Source,
        *,
        algorithms: Sequence[Algorithm] = ("md5", "sha256"),
        chunk_size: int | None = CHUNK_SIZE,
        progress: Progress | None = None,
    ) -> tuple[Checksum, ...]:
        """Hash a file by several algorithms, reading it once; otherwise as `of`.

        >>> [checksum.algorithm for checksum in Checksum.of_many(b"an app")]
        ['md5', 'sha256']
        """
        # Refuses a bad algorithm or chunk size before a gigabyte is read.
        algorithms = check_each("algorithms", algorithms, str)
        for algorithm in algorithms:
            cls(algorithm, ("0" * HEX_LENGTH.get(algorithm, 0),), chunk_size)
        digests = _digests(source, algorithms, chunk_size, progress)
        return tuple(
            cls(algorithm, tuple(found), chunk_size) for algorithm, found in zip(algorithms, digests, strict=True)
        )

    def mismatches(self, source: Source, *, progress: Progress | None = None) -> tuple[int, ...]:
        """Compare a file with the digests; give the indices of chunks that are bad, missing or surplus.

        Empty: the file is intact. A single digest is compared with the whole file, as a device does.

        >>> checksum = Checksum.of(b"an app", chunk_size=4)
        >>> checksum.mismatches(b"an ape"), checksum.mismatches(b"an app")
        ((1,), ())
        """
        chunk_size = self.chunk_size if len(self.digests) > 1 else None
        (actual,) = _digests(source, (self.algorithm,), chunk_size, progress)
        expected = [digest.lower() for digest in self.digests]
        count = max(len(actual), len(expected))
        return tuple(index for index in range(count) if actual[index : index + 1] != expected[index : index + 1])


def in_force(checksums: Iterable[Checksum]) -> Checksum | None:
    """Return the checksum that a device uses; None where there is none.

    It prefers SHA-256, and never combines the two (iOS 26.1); the one hash of the whole file overrides those of the
    chunks (Apple, manifesturl.yaml).
    """
    return min(checksums, key=lambda found: (found.algorithm != "sha256", found.chunk_size is not None), default=None)


def is_digest(algorithm: Algorithm, digest: str) -> bool:
    """Return whether a text is a digest: so many hexadecimal digits."""
    return re.fullmatch(f"[0-9a-fA-F]{{{HEX_LENGTH[algorithm]}}}", digest) is not None


def digest_fault(algorithm: Algorithm, digest: str) -> str | None:
    """Return why a text is not a digest; None if it is one."""
    if is_digest(algorithm, digest):
        return None
    shown, length = redact_text(digest, 80), HEX_LENGTH[algorithm]
    return f"{shown} is not a valid {_NAMES[algorithm]} hash ({length} hexadecimal digits)"


def _refused(path: str, message: str) -> ManifestError:
    return ManifestError([Problem(path, "bad-hash", message)])


def _digests(
    source: Source, algorithms: Sequence[Algorithm], chunk_size: int | None, progress: Progress | None
) -> list[list[str]]:
    check_callable("progress", progress)
    if isinstance(source, (str, os.PathLike)):
        with open(check_path("source", source), "rb", buffering=0) as file:  # noqa: PTH123 -- a path of any kind
            size = os.fstat(file.fileno()).st_size
            # Without pread (Windows) threads would share one file position; a pipe has no size.
            if chunk_size is not None and size > chunk_size and hasattr(os, "pread"):
                return _in_threads(file.fileno(), size, algorithms, chunk_size, progress)
            return _hash(file.read, algorithms, chunk_size, progress and (lambda done: progress(done, size or None)))
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        return _hash(
            io.BytesIO(data).read, algorithms, chunk_size, progress and (lambda done: progress(done, len(data)))
        )
    if not callable(getattr(source, "read", None)) or isinstance(source, io.TextIOBase):
        message = f"source must be a path, bytes, or have a read() that gives bytes, not {type_of(source)}"
        raise TypeError(message)
    return _hash(source.read, algorithms, chunk_size, progress and (lambda done: progress(done, None)))


def _hash(
    read: Callable[[int], bytes | None],
    algorithms: Sequence[Algorithm],
    chunk_size: int | None,
    progress: Callable[[int], object] | None,
) -> list[list[str]]:
    """Hash what `read` gives; a list of digests for each algorithm."""
    digests: list[list[str]] = [[] for _ in algorithms]
    hashes = _new(algorithms)
    room = chunk_size
    done = 0
    while True:
        block = read(_BLOCK if room is None else min(_BLOCK, room))
        # Before the end is seen: what is empty or None may be of the wrong type too.
        if not isinstance(block, (bytes, bytearray, memoryview)):
            message = f"source must give bytes, not {type(block).__name__}: open the file in binary mode, and blocking"
            raise TypeError(message)
        if not block:
            break
        for found in hashes:
            found.update(block)
        done += len(block)
        if room is not None:
            room -= len(block)
            if room == 0:
                room = chunk_size
                _collect(hashes, digests)
                hashes = _new(algorithms)
        if progress:
            progress(done)
    # An empty file has one digest: a list of none would say nothing.
    if room != chunk_size or not any(digests):
        _collect(hashes, digests)
    return digests


def _new(algorithms: Sequence[Algorithm]) -> list[_Hash]:
    import hashlib  # loads OpenSSL, which who writes a link does not need

    # MD5 does not protect anything here; FIPS builds refuse it unless that is said.
    return [hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms]


def _collect(hashes: Sequence[_Hash], digests: Sequence[list[str]]) -> None:
    for found, into in zip(hashes, digests, strict=True):
        into.append(found.hexdigest())


def _in_threads(
    file: int, size: int, algorithms: Sequence[Algorithm], chunk_size: int, progress: Progress | None
) -> list[list[str]]:
    from concurrent.futures import ThreadPoolExecutor  # loads logging

    # A thread's share is whole chunks and not too small, so that tiny chunks cost no task each.
    share = chunk_size * max(1, _SHARE // chunk_size)

    def hash_share(start: int) -> list[list[str]]:
        position, end = start, min(start + share, size)

        def read(count: int) -> bytes:
            nonlocal position
            block = os.pread(file, min(count, end - position), position)
            if not block and position < end:
                message = f"the file became shorter while it was read: {position} of {size} bytes"
                raise OSError(message)
            position += len(block)
            return block

        return _hash(read, algorithms, chunk_size, None)

    digests: list[list[str]] = [[] for _ in algorithms]
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1), "itms_ota-checksum")
    try:
        for start, found in zip(range(0, size, share), pool.map(hash_share, range(0, size, share)), strict=True):
            for into, some in zip(digests, found, strict=True):
                into.extend(some)
            if progress:
                progress(min(start + share, size), size)
    finally:
        pool.shutdown(cancel_futures=True)
    return digests
