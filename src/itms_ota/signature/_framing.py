"""What stands around the files of an archive, for those who read it from the front, as devices do.

iOS unpacks an .ipa by the headers before the files (Bom, for installd, and StreamingZip), and looks into the directory
at the end for the modes of files alone. Other readers go by the directory, and see nothing of what is found here.
"""

from __future__ import annotations

import struct
from posixpath import normpath
from stat import S_IFLNK, S_IFMT, S_IFREG
from typing import TYPE_CHECKING

from .._archive import STORED, damaged, in_front, read_at, read_header, refuse_unreadable, text
from ..errors import IpaError
from ._faults import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._archive import Archive, Entry, Header, SupportsReadSeek
    from ..errors import Problem

# The numbers of a file stand behind it (APPNOTE 4.3.9, 4.4.4), mostly after a signature.
_BEHIND = 0x8
_SIGNATURE = b"PK\7\10"
_LAYOUTS = struct.Struct("<LLL"), struct.Struct("<LQQ")
_FILE = b"PK\3\4"
_BLOCK = 256 * 1024
# Of what an app has in it; 0 where the mode does not say.
_KINDS = {0, S_IFREG, S_IFLNK}
# So many files are listed for each message.
_MOST_NAMED = 20

_MAY_REFUSE = "a device may refuse to unpack it. Zip the app again."
_CHECKSUM = f"The checksum in the header before the file is not that in the directory of the archive: {_MAY_REFUSE}"
_NOTHING_BEHIND = f"The checksum and the sizes that the archive says are behind the file are not there: {_MAY_REFUSE}"
_NO_END = f"The file is not compressed, and its size stands behind it, so that its end is not certain: {_MAY_REFUSE}"
_ODD_KIND = f"By its mode this is a folder, a socket or a device, not a file: {_MAY_REFUSE}"
_LEADS_OUT = f"The name leads out of the archive: {_MAY_REFUSE}"
_HIDDEN = (
    "The archive has a file of this name that its directory does not list: a device may unpack it, and refuse the app "
    "for it. Zip the app again."
)


def leads_out(path: str) -> bool:
    """Return whether a path leads out of the folder that it starts from."""
    return path.startswith("/") or normpath(path).split("/")[0] == ".."


def framing_problems(file: SupportsReadSeek, archive: Archive) -> Iterator[Problem]:
    """Check the headers of all files, and what stands between them."""
    named: dict[str, int] = {}
    hidden = _hidden(file, 0, archive.first)
    if hidden is not None:
        yield fault(hidden, "damaged-archive", _HIDDEN, "warning")
    elif archive.first:
        yield fault("", "damaged-archive", in_front(archive.first), "warning")
    for entry in archive.everything():
        try:
            found = [*_framing(file, entry)]
        except IpaError as error:
            yield from error.problems
            continue
        for name, message in found:
            named[message] = number = named.get(message, 0) + 1
            if number <= _MOST_NAMED:
                yield fault(name, "damaged-archive", message, "warning")
    for message, number in named.items():
        if number > _MOST_NAMED:
            yield fault("", "damaged-archive", f"Of {number - _MOST_NAMED} more files: {message}", "warning")


def _framing(file: SupportsReadSeek, entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the name and the message of what is odd; IpaError for what no device unpacks."""
    header, name = read_header(file, entry), text(entry.name)
    if entry.mode is not None and not name.endswith("/") and S_IFMT(entry.mode) not in _KINDS:
        yield name, _ODD_KIND
    if leads_out(name):
        yield name, _LEADS_OUT
    refuse_unreadable(entry._replace(flags=header.flags, method=header.method))
    if header.method != entry.method:
        raise damaged(name, f"its header says that it is packed by method {header.method}")
    end = header.start + entry.packed
    if header.flags & _BEHIND:
        length = _length_behind(file, entry, header, end)
        if not length:
            yield name, _NOTHING_BEHIND
        if entry.method == STORED and header.packed != entry.packed:
            yield name, _NO_END
        end += length
    elif (header.packed, header.size) != (entry.packed, entry.size):
        reason = (
            f"its header says {header.size} bytes, {header.packed} compressed, instead of {entry.size}, {entry.packed} "
            "compressed"
        )
        raise damaged(name, reason)
    elif header.crc != entry.crc:
        yield name, _CHECKSUM
    hidden = _hidden(file, end, entry.stop)
    if hidden is not None:
        yield hidden, _HIDDEN


def _length_behind(file: SupportsReadSeek, entry: Entry, header: Header, end: int) -> int:
    """Return the length of what stands behind a file about it; 0 where it is missing, or says something else."""
    # Some writers give eight bytes to the sizes of large files alone, whatever the header says.
    for layout in _LAYOUTS[::-1] if header.is_large else _LAYOUTS:
        for start in (_SIGNATURE, b""):
            try:
                expected = start + layout.pack(entry.crc, entry.packed, entry.size)
            except struct.error:  # too large for four bytes
                continue
            if end + len(expected) <= entry.stop and read_at(file, end, len(expected)) == expected:
                return len(expected)
    return 0


def _hidden(file: SupportsReadSeek, start: int, stop: int) -> str | None:
    """Return the name of the first file whose header is where there should be nothing."""
    last = b""
    for at in range(start, stop, _BLOCK):
        block = last + read_at(file, at, min(_BLOCK, stop - at))
        found = block.find(_FILE)
        if found >= 0:
            start = at - len(last) + found
            header = read_at(file, start, min(_BLOCK, stop - start))
            return text(header[30 : 30 + int.from_bytes(header[26:28], "little")])
        last = block[-3:]
    return None
