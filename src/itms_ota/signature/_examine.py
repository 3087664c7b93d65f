"""One executable of an app, from its bytes to plain facts: what each slice says of itself, and what does not fit."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .._asn1 import Asn1Error
from .._plist import PlistError, loads
from . import _code
from ._certificates import Signing, read_signing
from ._code import SignatureError
from ._entitlements import read_der
from ._pages import Stream, hash_more, read_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .._asn1 import X509Certificate
    from .._plist import PlistValue
    from ._code import CodeDirectory, Hash
    from ._macho import Commands
    from ._pages import Part

_MOST_NAMED = 5


class Directory(NamedTuple):
    """A code directory without its hashes of pages: which of them do not fit, the first few, and how many.

    `end` is where its last page ends, though the bytes that it hashes may end before.
    """

    hash: Hash
    flags: int
    identifier: str
    team: str | None
    special: Mapping[int, bytes]
    cdhash: bytes
    pages: int
    end: int
    broken: tuple[int, ...]
    broken_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFacts:
    """What is known of the part of an executable that is for one architecture.

    - `directories`: the one that is signed first; none where there is no signature, or `fault` says what is wrong
    - `parts`: the hashes of the signature's other parts by slot and algorithm
    - `entitlements`, `der`: None where there are none; `odd` says which of them cannot be read, and why
    """

    commands: Commands
    fault: str | None = None
    directories: tuple[Directory, ...] = ()
    parts: Mapping[int, Mapping[str, bytes]] = field(default_factory=dict[int, "Mapping[str, bytes]"])
    entitlements: Mapping[str, PlistValue] | None = None
    der: Mapping[str, PlistValue] | None = None
    odd: Mapping[int, str] = field(default_factory=dict[int, str])
    signing: Signing | None = None

    @property
    def has_signature(self) -> bool:
        """Whether there is a signature, sound or not."""
        return self.commands.signature is not None

    @property
    def best(self) -> Directory | None:
        """The directory by which the kernel goes."""
        return max(self.directories, key=lambda directory: directory.hash.rank, default=None)


class Examined(NamedTuple):
    """An executable: its slices, and hashes of the whole file by algorithm."""

    slices: tuple[SliceFacts, ...]
    hashes: Mapping[str, bytes]


def examine(
    opened: Callable[[], Iterable[bytes]],
    size: int,
    algorithms: Collection[str] = (),
    roots: Sequence[X509Certificate] | None = None,
    turn: AbstractContextManager[object] | None = None,
) -> Examined:
    """Read an executable from blocks, which are asked for anew each time.

    Threads that share `turn`, a lock that one may take again, hold one large signature at a time.
    MachOError where it is not one, TooLargeError for what is not read.
    """
    hashes = _code.Digests(algorithms)
    with ExitStack() as held:
        parts = read_parts(Stream(hashes.of(opened())), size, lambda: turn and held.enter_context(turn))
        found = [_signature(part) for part in parts]
        wanted = {
            part.start: [directory.key for directory in each.directories]
            for part, each in zip(parts, found, strict=True)
        }
        if any(key not in part.hashes for part in parts for key in wanted[part.start]):
            hash_more(Stream(opened()), parts, wanted)
        slices = tuple(_facts(part, each, roots) for part, each in zip(parts, found, strict=True))
    return Examined(slices, hashes.digests())


class _Signature(NamedTuple):
    blobs: Mapping[int, memoryview]
    directories: Sequence[CodeDirectory]
    fault: str | None


def _signature(part: Part) -> _Signature:
    if part.signature is None or part.commands.signature is None:
        return _Signature({}, (), None)
    try:
        blobs = _code.read_blobs(part.signature)
        directories = _code.read_directories(blobs)
    except SignatureError as error:
        return _Signature({}, (), str(error))
    start = part.commands.signature[0]
    for directory in directories:
        if directory.code_limit > start:
            reason = f"a CodeDirectory is about {directory.code_limit} bytes, and the signature stands at {start}"
            return _Signature({}, (), reason)
    return _Signature(blobs, directories, None)


def _facts(part: Part, found: _Signature, roots: Sequence[X509Certificate] | None) -> SliceFacts:
    blobs, directories, fault = found
    if not directories:
        return SliceFacts(commands=part.commands, fault=fault)
    odd: dict[int, str] = {}
    contents = {slot: bytes(blobs[slot][8:]) for slot in (_code.ENTITLEMENTS, _code.DER_ENTITLEMENTS) if slot in blobs}
    read = {slot: _entitlements(slot, data, odd) for slot, data in contents.items()}
    return SliceFacts(
        commands=part.commands,
        directories=tuple(_directory(each, part) for each in directories),
        parts={
            slot: {
                name: _code.digest(name, _code.hashed(blob)) for name in {each.hash.algorithm for each in directories}
            }
            for slot, blob in blobs.items()
            if _code.DIRECTORY < slot < _code.ALTERNATES.start
        },
        entitlements=read.get(_code.ENTITLEMENTS),
        der=read.get(_code.DER_ENTITLEMENTS),
        odd=odd,
        signing=read_signing(bytes(blobs.get(_code.CMS, b"")[8:]), directories, roots),
    )


def _entitlements(slot: int, data: bytes, odd: dict[int, str]) -> Mapping[str, PlistValue] | None:
    try:
        value = loads(data) if slot == _code.ENTITLEMENTS else read_der(data)
    except PlistError as error:
        odd[slot] = error.reason
    except Asn1Error as error:
        odd[slot] = str(error)
    else:
        if isinstance(value, dict):
            return value
        odd[slot] = "they are not a dictionary"
    return None


def _directory(directory: CodeDirectory, part: Part) -> Directory:
    broken, count = _broken(directory, part.hashes[directory.key])
    return Directory(
        hash=directory.hash,
        flags=directory.flags,
        identifier=directory.identifier,
        team=directory.team,
        special=directory.special,
        cdhash=directory.cdhash,
        pages=len(directory.pages) // directory.hash.size,
        end=len(directory.pages) // directory.hash.size * directory.page_size,
        broken=broken,
        broken_count=count,
    )


def _broken(directory: CodeDirectory, actual: bytes) -> tuple[tuple[int, ...], int]:
    """Return the first pages whose hashes differ, and how many do."""
    size, full = directory.hash.size, hashlib.new(directory.hash.algorithm, usedforsecurity=False).digest_size
    expected = bytes(directory.pages)
    if size == full and actual == expected:
        return (), 0
    wrong = [
        page
        for page in range(len(expected) // size)
        if actual[page * full : page * full + size] != expected[page * size : (page + 1) * size]
    ]
    return tuple(wrong[:_MOST_NAMED]), len(wrong)
