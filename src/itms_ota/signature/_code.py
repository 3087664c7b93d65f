"""The signature in an executable: the SuperBlob and its CodeDirectories (Apple, xnu cs_blobs.h, codedirectory.h)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DIRECTORY = 0
REQUIREMENTS = 2
ENTITLEMENTS = 5
DER_ENTITLEMENTS = 7
ALTERNATES = range(0x1000, 0x1006)
CMS = 0x10000
"""Slots: which part of a signature it is."""

INFO_SLOT, SEAL_SLOT = 1, 3
"""Slots of files that stand beside the executable."""

AD_HOC = 0x2
# codesign's own names for them (cs_blobs.h).
_FLAGS: Mapping[int, str] = {
    AD_HOC: "adhoc",
    0x100: "hard",
    0x200: "kill",
    0x400: "expires",
    0x800: "restrict",
    0x1000: "enforcement",
    0x2000: "library-validation",
    0x10000: "runtime",
    0x20000: "linker-signed",
}

_SUPER_BLOB = 0xFADE0CC0
_MAGIC: Mapping[int, int] = {
    REQUIREMENTS: 0xFADE0C01,
    ENTITLEMENTS: 0xFADE7171,
    DER_ENTITLEMENTS: 0xFADE7172,
    CMS: 0xFADE0B01,
    **dict.fromkeys((DIRECTORY, *ALTERNATES), 0xFADE0C02),
}
_MOST_BLOBS = 100

_FIXED = struct.Struct(">LLLLLLLLLBBBB")
# From which version on the directory has the field, and where.
_SCATTER_VERSION, _SCATTER_AT = 0x20100, 44
_TEAM_VERSION, _TEAM_AT = 0x20200, 48
_LIMIT64_VERSION, _LIMIT64_AT = 0x20300, 56


class Hash(NamedTuple):
    """A kind of hash: its name for people, how hashlib calls it, how many bytes of it are kept, and its rank."""

    name: str
    algorithm: str
    size: int
    rank: int


# By number. The kernel takes the directory whose hash has the highest rank (xnu, ubc_subr.c).
HASHES: Mapping[int, Hash] = {
    1: Hash("SHA-1", "sha1", 20, 0),
    2: Hash("SHA-256", "sha256", 32, 2),
    3: Hash("SHA-256, cut", "sha256", 20, 1),
    4: Hash("SHA-384", "sha384", 48, 3),
}
ALGORITHMS = tuple(sorted({each.algorithm for each in HASHES.values()}))


Key: TypeAlias = tuple[str, int, int]
"""How pages are hashed: the algorithm, the bytes of a page, and where the last one ends."""


class SignatureError(ValueError):
    """Bytes that do not have the structure of a signature; the message says why."""


@dataclass(frozen=True, slots=True)
class CodeDirectory:
    """The hashes of an executable's pages, and of what stands beside them.

    `data` are its bytes, `pages` the hashes of the pages, one after the other, and `special` those of slots that have
    one, by number.
    """

    data: memoryview
    flags: int
    hash: Hash
    page_size: int
    code_limit: int
    identifier: str
    team: str | None
    pages: memoryview
    special: Mapping[int, bytes]

    @property
    def cdhash(self) -> bytes:
        """What the signature, the kernel and trust caches know the directory by."""
        return digest(self.hash.algorithm, self.data)[:20]

    @property
    def key(self) -> Key:
        """How the pages must be hashed."""
        return self.hash.algorithm, self.page_size, self.code_limit


def read_blobs(data: bytes | bytearray) -> dict[int, memoryview]:
    """Read the parts of a signature, by their slots."""
    view = memoryview(data)
    magic, length, count = _unpack(">LLL", view, 0)
    if magic != _SUPER_BLOB:
        raise SignatureError(f"it begins with 0x{magic:08x} instead of 0x{_SUPER_BLOB:08x}")
    if length > len(view) or count > _MOST_BLOBS:
        raise SignatureError(f"it declares {count} parts in {length} bytes, and has {len(view)}")
    view = view[:length]
    blobs: dict[int, memoryview] = {}
    for number in range(count):
        slot, start = _unpack(">LL", view, 12 + 8 * number)
        magic, size = _unpack(">LL", view, start)
        if size < 8 or start + size > len(view):
            raise SignatureError(f"its part {number}, {size} bytes at {start}, does not fit in its {len(view)} bytes")
        if slot in blobs:
            raise SignatureError(f"it has two parts for slot {slot:#x}")
        if slot in _MAGIC and magic != _MAGIC[slot]:
            raise SignatureError(f"its part for slot {slot:#x} begins with 0x{magic:08x}")
        blobs[slot] = view[start : start + size]
    if sum(map(len, blobs.values())) > len(view):
        raise SignatureError("its parts overlap")
    return blobs


def read_directories(blobs: Mapping[int, memoryview]) -> list[CodeDirectory]:
    """Read the directories of a signature: the one that is signed, then its alternates."""
    if DIRECTORY not in blobs:
        raise SignatureError("it has no CodeDirectory")
    return [_directory(blobs[slot]) for slot in (DIRECTORY, *ALTERNATES) if slot in blobs]


def hashed(blob: memoryview) -> memoryview:
    """Return the bytes of a part that its hash is of: what is only wrapped is hashed without its header."""
    return blob[8:] if int.from_bytes(blob[:4], "big") == _MAGIC[CMS] else blob


def flag_names(flags: int) -> tuple[str, ...]:
    """Return the names of a directory's flags."""
    return tuple(name for bit, name in _FLAGS.items() if flags & bit)


def digest(algorithm: str, data: bytes | memoryview) -> bytes:
    """Hash bytes."""
    # SHA-1 is what old signatures have, which are judged here; FIPS builds refuse it unless that is said.
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


class Digests:
    """The hashes of a file by several algorithms, block by block."""

    def __init__(self, algorithms: Iterable[str] = ()) -> None:
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}

    def of(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Hash blocks, and yield them."""
        for block in blocks:
            for each in self._hashes.values():
                each.update(block)
            yield block

    def digests(self) -> dict[str, bytes]:
        """Return the hashes by the names of the algorithms."""
        return {name: each.digest() for name, each in self._hashes.items()}


def _directory(data: memoryview) -> CodeDirectory:
    (_, _, version, flags, hashes_at, identifier_at, special, count, limit, size, kind, _, shift) = _unpack(
        _FIXED.format, data, 0
    )
    if version >= _SCATTER_VERSION and _unpack(">L", data, _SCATTER_AT)[0]:
        raise SignatureError(
            "a CodeDirectory has hashes of scattered parts of the code, as no tool for iOS writes them"
        )
    if kind not in HASHES or size != HASHES[kind].size:
        raise SignatureError(f"a CodeDirectory has hashes of kind {kind} with {size} bytes, which are not known")
    if hashes_at - special * size < _FIXED.size or hashes_at + count * size > len(data):
        raise SignatureError(f"{count} and {special} hashes do not fit in the {len(data)} bytes of a CodeDirectory")
    if version >= _LIMIT64_VERSION:
        limit = _unpack(">Q", data, _LIMIT64_AT)[0] or limit
    # 0 is a single hash of everything for codesign, and pages of one byte for the kernel (xnu, ubc_subr.c).
    page_size = 1 << shift
    if not 12 <= shift <= 14:
        raise SignatureError(f"a CodeDirectory has pages of {page_size} bytes; devices have 4,096 or 16,384")
    if count != -(-limit // page_size):
        raise SignatureError(f"a CodeDirectory has {count} hashes for {limit} bytes in pages of {page_size}")
    team_at = _unpack(">L", data, _TEAM_AT)[0] if version >= _TEAM_VERSION else 0
    found = {
        slot: bytes(data[hashes_at - slot * size : hashes_at - (slot - 1) * size])
        for slot in range(1, min(special, 32) + 1)
    }
    return CodeDirectory(
        data=data,
        flags=flags,
        hash=HASHES[kind],
        page_size=page_size,
        code_limit=limit,
        identifier=_text(data, identifier_at),
        team=_text(data, team_at) if team_at else None,
        pages=data[hashes_at : hashes_at + count * size],
        special={slot: value for slot, value in found.items() if any(value)},
    )


def _text(data: memoryview, at: int) -> str:
    # Identifiers are far shorter; the hashes follow.
    text, end, _ = bytes(data[at : at + 1024]).partition(b"\0")
    if not end:
        raise SignatureError(f"the text at byte {at} of a CodeDirectory does not end")
    return text.decode("utf-8", "replace")


def _unpack(layout: str, data: memoryview, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error:
        raise SignatureError(f"it ends too early, in the middle of what is at byte {at}") from None
