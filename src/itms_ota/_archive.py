"""The zip archive of an .ipa: its directory, and one file of it at a time, within bounds.

zipfile is not used: it keeps half a kilobyte for every file, one odd entry spoils the whole archive for it, and it
decodes names to what they were not. APPNOTE is PKWARE's specification of zip.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from bisect import bisect_left, bisect_right
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias
from unicodedata import normalize

from ._arguments import check_path, check_type
from ._magic import what_is
from ._wording import cut
from .errors import IpaError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator
    from contextlib import AbstractContextManager

    from .errors import Code

# The directory of an archive of 100 000 files has some ten megabytes: larger ones are attacks, not apps.
_LARGEST_DIRECTORY = 24 * 1024 * 1024
_MOST_ENTRIES = 200_000

_ZIP64 = 0xFFFFFFFF
_END = struct.Struct("<4s6xHLLH")
_END64 = struct.Struct("<4s28xQQQ")
_LOCATOR64 = struct.Struct("<4s16x")
_RECORD = struct.Struct("<4sxB2xHH4xLLLHHH4xLL")
_LENGTHS = struct.Struct("<4s24xHHH8xL")
_HEADER = struct.Struct("<4s2xHH4xLLLHH")
# How a file is packed (APPNOTE 4.4.5).
STORED, _DEFLATED = 0, 8
# Traditional and strong encryption, encrypted directory (APPNOTE 4.4.4).
_ENCRYPTED = 0x2041
# Systems whose archives have the modes of files (APPNOTE 4.4.2): Unix, macOS.
_UNIX = {3, 19}
_BLOCK = 256 * 1024
# What deflate may put before the first byte of content: the description of its codes.
_DEFLATE_OVERHEAD = 1024
# Of those who share a file with no other thread.
_ALONE = nullcontext()
# PATH_MAX of iOS.
LONGEST_NAME = 1024
TWO_OF_A_NAME = "The archive has two files of this name, so it is unclear which one counts. Zip the app again."

# In GBK, after what may come before it, a pair that is hardly a part of a name in cp437: that draws a line, or is two
# Greek letters or mathematical signs.
_CHINESE = re.compile(rb"(?:[\0-\x7f]|[\x81-\xfe].)*?(?:[\xb0-\xdf].|[\xe0-\xf7][\xa1-\xfe])", re.DOTALL)


class SupportsReadSeek(Protocol):
    """A binary file as `read_ipa` needs it: an open file, a `BytesIO`, an upload in a web framework."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...

    def seek(self, offset: int, whence: int = ..., /) -> object:
        """Go to a position, counted from the start (0) or the end (2)."""
        ...

    def tell(self) -> int:
        """Return the position."""
        ...


Source: TypeAlias = "str | os.PathLike[str] | SupportsReadSeek"
"""Where an .ipa is: a path, or a binary file."""


class Entry(NamedTuple):
    """A file in the archive: the position of its header, and where at the latest its data stops.

    `mode` is that of Unix, with the type of the file; None where the archive does not say.
    """

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    stop: int
    mode: int | None = None


class Header(NamedTuple):
    """What stands before a file in the archive: the directory repeats it, and devices go by it.

    `start` is where the data starts. `is_large` is whether its numbers have eight bytes.
    """

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    is_large: bool


class Archive(NamedTuple):
    """The directory of a zip archive as it is stored, and where it starts.

    `offsets` are where the files' headers start, in order, as the directory says. Everything that the
    directory says is `shift` bytes too low, because something was put before the archive.
    """

    size: int
    directory: bytes
    start: int
    shift: int
    offsets: list[int]

    @classmethod
    def read(cls, file: SupportsReadSeek) -> Archive:
        """Read the directory; IpaError where there is none, or it is too large or damaged."""
        file.seek(0, os.SEEK_END)
        size = file.tell()
        position, count, length, offset = _end_record(file, size)
        if count > _MOST_ENTRIES or length > _LARGEST_DIRECTORY:
            message = (
                f"The archive declares {count} files and a directory of {length} bytes; at most {_MOST_ENTRIES} files "
                f"and {_LARGEST_DIRECTORY} bytes are read."
            )
            raise refusal("", "too-large", message)
        start = position - length
        shift = start - offset
        if start < 0 or shift < 0:
            reason = f"its directory of {length} bytes at {offset} does not fit before {position}, where it ends"
            raise damaged("", reason)
        directory = read_at(file, start, length)
        return cls(size, directory, start, shift, _offsets(directory))

    def names(self) -> Iterator[bytes]:
        """Yield the name of each file."""
        return (name for name, _, _ in _records(self.directory))

    def entries(self, wanted: Collection[bytes]) -> dict[bytes, Entry]:
        """Find those of the wanted files that are there; IpaError where one of them is there twice."""
        found: dict[bytes, Entry] = {}
        for name, at, _ in _records(self.directory):
            if name in wanted:
                if name in found:
                    raise refusal(text(name), "duplicate-entry", TWO_OF_A_NAME)
                found[name] = self._entry(name, at)
        return found

    def everything(self) -> Iterator[Entry]:
        """Yield all files, and the folders, whose names end with a slash."""
        return (self._entry(name, at) for name, at, _ in _records(self.directory))

    def below(self, folder: bytes) -> Iterator[Entry]:
        """Yield the files in a folder, however deep."""
        start = folder + b"/"
        return (entry for entry in self.everything() if entry.name.startswith(start) and not entry.name.endswith(b"/"))

    @property
    def first(self) -> int:
        """Where the first header is, or else the directory."""
        return self.shift + self.offsets[0] if self.offsets else self.start

    def _entry(self, name: bytes, at: int) -> Entry:
        (_, host, flags, method, crc, packed, size, name_length, extra_length, _, attributes, offset) = (
            _RECORD.unpack_from(self.directory, at)
        )
        extra_at = at + _RECORD.size + name_length
        large = _zip64_values(self.directory[extra_at : extra_at + extra_length])
        # In this order, and only those that do not fit their field (APPNOTE 4.5.3).
        size, packed, offset = (next(large, value) if value == _ZIP64 else value for value in (size, packed, offset))
        # Data extends to the next header at most. Where two entries share a header, neither has any.
        after = bisect_right(self.offsets, offset)
        shared = after - bisect_left(self.offsets, offset) > 1
        stop = offset if shared else self.offsets[after] if after < len(self.offsets) else self.start - self.shift
        # Apple's unpacker goes by a mode with the type of the file, whoever wrote it.
        mode = (attributes >> 16 if host in _UNIX or attributes >> 28 else 0) or None
        return Entry(name, flags, method, crc, packed, size, self.shift + offset, self.shift + stop, mode)


@contextmanager
def opened(source: Source) -> Generator[SupportsReadSeek, None, None]:
    """Open a path, and close it again; leave a file open and at its position: uploads are saved from there on."""
    if isinstance(source, (str, os.PathLike)):
        with Path(check_path("source", source)).open("rb") as file:
            yield file
        return
    is_file = all(callable(getattr(source, name, None)) for name in ("read", "seek", "tell"))
    if not is_file or isinstance(source, io.TextIOBase):
        message = (
            f"the .ipa, source, must be a path, or a binary file with read, seek and tell, not {type(source).__name__}"
        )
        raise TypeError(message)
    position = source.tell()
    try:
        yield source
    finally:
        source.seek(position)


def content(file: SupportsReadSeek, entry: Entry, *, largest: int, wanted: int | None = None) -> bytes:
    """Unpack a file of the archive, or its first `wanted` bytes."""
    refuse_unreadable(entry)
    if max(entry.size, entry.packed) > largest:
        message = f"The file has {entry.size} bytes, {entry.packed} compressed; at most {largest} are read."
        raise refusal(text(entry.name), "too-large", message)
    if wanted is None:
        return b"".join(blocks(file, entry))
    data = b""
    # The first bytes of a file are in the first of what it is packed in.
    for block in _unpacked(file, entry, _ALONE, wanted + _DEFLATE_OVERHEAD):
        data += block
        if len(data) >= wanted:
            break
    return data[:wanted]


def blocks(
    file: SupportsReadSeek, entry: Entry, lock: AbstractContextManager[object] = _ALONE
) -> Generator[bytes, None, None]:
    """Unpack a file of the archive block by block, whatever its size; threads that read one archive share the lock."""
    refuse_unreadable(entry)
    crc = size = 0
    for block in _unpacked(file, entry, lock, _BLOCK):
        crc = zlib.crc32(block, crc)
        size += len(block)
        if size > entry.size:
            break
        yield block
    if size != entry.size:
        has = f"{size} bytes instead of" if size < entry.size else "more bytes than"
        raise damaged(text(entry.name), f"it has {has} the {entry.size} declared")
    if crc != entry.crc:
        raise damaged(text(entry.name), "its content does not match its checksum (CRC-32)")


def _unpacked(file: SupportsReadSeek, entry: Entry, lock: AbstractContextManager[object], step: int) -> Iterator[bytes]:
    """Unpack what is in the archive, read in steps of so many bytes."""
    with lock:
        start = read_header(file, entry).start
    stop = start + entry.packed
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    is_stored = entry.method == STORED
    try:
        for at in range(start, stop, step):
            with lock:
                packed = read_at(file, at, min(step, stop - at))
            if is_stored:
                yield packed
                continue
            while packed and not inflate.eof:
                yield inflate.decompress(packed, _BLOCK)
                packed = inflate.unconsumed_tail
        if not is_stored:
            yield inflate.flush()
    except zlib.error as error:
        raise damaged(text(entry.name), "it cannot be unpacked") from error
    if not (is_stored or inflate.eof or entry.packed == 0):
        raise damaged(text(entry.name), "it cannot be unpacked")


def gunzip(data: bytes, limit: int) -> bytes | None:
    """Unpack what a server compressed for the way (RFC 1952), as far as that many bytes; None where it is damaged."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = inflate.decompress(data, limit)
    except zlib.error:
        return None
    return unpacked if inflate.eof or len(unpacked) == limit else None


def text(name: bytes) -> str:
    """Return the name of a file as text."""
    # macOS writes UTF-8 without the flag for it, Chinese Windows GBK. What is neither is in the encoding of the first
    # zip programs.
    try:
        return name.decode()
    except UnicodeDecodeError:
        return _chinese(name) or name.decode("cp437")


def _chinese(name: bytes) -> str | None:
    try:
        return name.decode("gbk") if _CHINESE.match(name) else None
    except UnicodeDecodeError:
        return None


def composed(name: str) -> str:
    """Return a name in the form in which names are compared (NFC): file systems and archives have either form.

    One that no device stores is returned as it is: a long one of accents alone takes minutes.
    """
    return normalize("NFC", name) if len(name) <= LONGEST_NAME else name


def in_front(length: int) -> str:
    """Return what is said of bytes before the first file; devices read an archive from there."""
    return (
        f"In front of the first file that the archive lists stand {length:,} bytes. Devices unpack an archive from its "
        "beginning, and may refuse this one, or find another app there. Send the file as it is, without anything "
        "before it."
    )


def refusal(path: str, code: Code, message: str) -> IpaError:
    """Make the exception for one problem."""
    return IpaError([Problem(cut(path), code, message)])


def damaged(path: str, reason: str) -> IpaError:
    """Make the exception for what cannot be read."""
    return refusal(path, "damaged-archive", f"The archive is damaged: {reason}. Copy the file again, or zip it again.")


def _end_record(file: SupportsReadSeek, size: int) -> tuple[int, int, int, int]:
    """Find where the directory ends, and what the archive says of it: files, bytes and position."""
    # At the end, but for a comment of up to 65 535 bytes.
    tail_at = max(size - _END64.size - _LOCATOR64.size - _END.size - 0xFFFF, 0)
    tail = read_at(file, tail_at, size - tail_at)
    at = tail.rfind(b"PK\5\6", 0, max(len(tail) - _END.size + 4, 0))
    if at < 0:
        start = read_at(file, 0, min(size, 1024))
        if start.startswith(b"PK\3\4"):
            raise damaged("", f"it is cut off; its {size} bytes do not end with a directory")
        if not start:
            raise refusal("", "not-an-archive", "The file is empty. Copy it again, or export it again.")
        of = f"{size:,} byte{'s' * (size != 1)}"
        message = f"This is not an .ipa file. An .ipa is a zip archive, and this file of {of} is {what_is(start)}."
        raise refusal("", "not-an-archive", message)
    _, count, length, offset, _ = _END.unpack_from(tail, at)
    at64 = at - _LOCATOR64.size - _END64.size
    if at64 >= 0 and tail.startswith(b"PK\6\6", at64) and tail.startswith(b"PK\6\7", at64 + _END64.size):
        _, count, length, offset = _END64.unpack_from(tail, at64)
        at = at64
    return tail_at + at, count, length, offset


def _offsets(directory: bytes) -> list[int]:
    """Find where the header of each file is, in order."""
    offsets: list[int] = []
    for number, (_, _, offset) in enumerate(_records(directory)):
        if number == _MOST_ENTRIES:
            message = f"The archive has more files than it declares; at most {_MOST_ENTRIES} are read."
            raise refusal("", "too-large", message)
        # A real offset of 4 GiB and more is elsewhere; what follows such an entry is not needed.
        if offset != _ZIP64:
            offsets.append(offset)
    return sorted(offsets)


def _records(directory: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Walk the directory: the name of each file, where its record is, and where its header."""
    at = 0
    while at != len(directory):
        start = at + _LENGTHS.size
        if start > len(directory):
            raise damaged("", f"its directory ends in the middle of a record, at byte {at} of {len(directory)}")
        signature, name_length, extra_length, comment_length, offset = _LENGTHS.unpack_from(directory, at)
        if signature != b"PK\1\2":
            raise damaged("", f"its directory has {signature!r} instead of a record at byte {at} of {len(directory)}")
        end = start + name_length
        yield directory[start:end], at, offset
        at = end + extra_length + comment_length


def _zip64_values(extra: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            for value_at in range(at + 4, min(at + 4 + length, len(extra)) - 7, 8):
                yield int.from_bytes(extra[value_at : value_at + 8], "little")
        at += 4 + length


def refuse_unreadable(entry: Entry) -> None:
    """Raise IpaError for what devices do not unpack."""
    path = text(entry.name)
    if entry.flags & _ENCRYPTED:
        message = "The file is encrypted with a password, and devices cannot read it. Zip it without a password."
        raise refusal(path, "encrypted-entry", message)
    if entry.method not in {STORED, _DEFLATED}:
        message = (
            f"The file is compressed by method {entry.method}. Devices read the methods 0 (none) and 8 (deflate). "
            "Zip it again with one of these."
        )
        raise refusal(path, "unknown-compression", message)


def read_header(file: SupportsReadSeek, entry: Entry) -> Header:
    """Read what stands before a file."""
    path = text(entry.name)
    data = read_at(file, entry.start, _HEADER.size) if 0 <= entry.start <= entry.stop - _HEADER.size else b""
    if not data.startswith(b"PK\3\4"):
        raise damaged(path, f"at {entry.start} there is no header, or that of another file")
    _, flags, method, crc, packed, size, name_length, extra_length = _HEADER.unpack(data)
    extra_at = entry.start + _HEADER.size + name_length
    start: int = extra_at + extra_length
    if start + entry.packed > entry.stop:
        raise damaged(path, f"it overlaps with what is at {entry.stop}")
    if read_at(file, entry.start + _HEADER.size, name_length) != entry.name:
        raise damaged(path, "its header has another name")
    large = [*_zip64_values(read_at(file, extra_at, extra_length))] if extra_length else []
    numbers = iter(large)
    size, packed = (next(numbers, value) if value == _ZIP64 else value for value in (size, packed))
    return Header(flags, method, crc, packed, size, start, is_large=bool(large))


def read_at(file: SupportsReadSeek, position: int, length: int) -> bytes:
    """Read exactly this much; files that are not buffered return less at a time."""
    file.seek(position)
    parts: list[bytes] = []
    missing = length
    while missing and (part := file.read(missing)):
        check_type("what the source, the .ipa, gives", part, bytes, bytearray, memoryview)
        parts.append(part)
        missing -= len(part)
    if missing:
        raise damaged("", f"the file ends at {position + length - missing}, {missing} bytes too early")
    return b"".join(parts)
