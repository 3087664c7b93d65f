"""A package that is kept on the disk while it is looked at: its server sends no parts of it, or all of it matters."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from typing import IO, TYPE_CHECKING

from ._failures import fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._limits import Limits

# Twice what the App Store takes; a server may send without end.
_MOST_BYTES = 8 << 30


class KeptFile:
    """A file on the disk that is first written to its end, and then read, within the limits of a task."""

    def __init__(self, limits: Limits, progress: Callable[[int], object] | None) -> None:
        self.size = 0
        self._disk: IO[bytes] = io.BytesIO()
        self._limits = limits
        self._progress = progress

    def write(self, piece: bytes) -> None:
        """Add what came; raise FetchError where the disk does not take it."""
        import tempfile  # for these alone

        if self.size + len(piece) > _MOST_BYTES:
            fail("byte-limit", f"The package has more than {_MOST_BYTES:,} bytes. It was not looked at.")
        try:
            if not self.size:
                self._disk = tempfile.TemporaryFile(prefix="itms_ota-")  # noqa: SIM115 -- closed by close()
            self._disk.write(piece)
            self._disk.flush()
        except OSError as error:
            why = os.strerror(error.errno or errno.EIO)
            fail(
                "not-verified",
                f"The package cannot be kept on the disk of this machine ({why}), so it was not looked at. Make room "
                "where temporary files are kept, or name another place in TMPDIR.",
            )
        self.size += len(piece)
        if self._progress is not None:
            self._progress(self.size)

    def close(self) -> None:
        """Delete the file."""
        with contextlib.suppress(OSError):  # a full disk was reported when it was written
            self._disk.close()

    def read(self, size: int = -1, /) -> bytes:
        """Read that many bytes; raise FetchError where time has run out."""
        self._limits.wait()
        return self._disk.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position."""
        return self._disk.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._disk.tell()
