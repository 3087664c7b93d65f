"""The .ipa file that an app was read from, to be read again for its icons and hashes."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._archive import content, in_front, opened, text
from .._png import HEADER_SIZE, LARGEST_FILE, read_header, to_plain_png
from .._wording import cut
from ..errors import IpaError, Problem

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime, timedelta

    from .._archive import Entry, SupportsReadSeek
    from ..checksum import Checksum
    from ..signature import SignatureReport


@dataclass(frozen=True, slots=True)
class Package:
    """An .ipa file, the icons in it, and how many bytes are in front of the archive.

    `source` is None where there is no file at hand: the app was not read from one, or came from another
    process. A path travels there; an open file, or bytes in memory, stay where they are.
    """

    source: str | SupportsReadSeek | None = None
    icons: tuple[Entry, ...] = ()
    in_front: int = 0

    def __reduce__(self) -> tuple[type[Package], tuple[str | None, tuple[Entry, ...], int]]:
        return Package, (self.source if isinstance(self.source, str) else None, self.icons, self.in_front)

    def __deepcopy__(self, _: object) -> Package:
        return self

    def icon(self, size: float) -> bytes | None:
        """Return the icon nearest to `size` pixels at or above it, else the largest; None where there is none."""
        with opened(self._at_hand()) as file:
            icons = self._measured(file)
            if not icons:
                return None
            large_enough = [icon for icon in icons if icon[0] >= size]
            _, entry = min(large_enough) if large_enough else max(icons)
            with at(text(entry.name)):
                return to_plain_png(content(file, entry, largest=LARGEST_FILE))

    def signature(self, now: datetime, soon: timedelta, udid: str | None) -> SignatureReport:
        """Look at the signature of the app, and so at the whole file."""
        from ..signature import look_at_signature  # not needed to read an app

        return look_at_signature(self._at_hand(), now=now, soon=soon, udid=udid)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is odd in the file around the app."""
        if not self.in_front:
            return ()
        return (Problem("", "damaged-archive", in_front(self.in_front), "warning"),)

    def mismatches(self, checksum: Checksum) -> tuple[int, ...]:
        """Compare the whole file with a checksum, as `Checksum.mismatches` does."""
        source = self._at_hand()
        if isinstance(source, str):
            return checksum.mismatches(source)
        with opened(source) as file:
            file.seek(0)
            return checksum.mismatches(file)

    def _at_hand(self) -> str | SupportsReadSeek:
        if self.source is None:
            message = (
                "The .ipa file is not at hand: this Ipa was not read from a file here. Read the file again by read_ipa."
            )
            raise ValueError(message)
        return self.source

    def _measured(self, file: SupportsReadSeek) -> list[tuple[int, Entry]]:
        """Find the width of each icon; one that cannot be read does not keep the others from being shown."""
        icons: list[tuple[int, Entry]] = []
        for entry in self.icons:
            with suppress(IpaError):
                start = content(file, entry, largest=LARGEST_FILE, wanted=HEADER_SIZE)
                icons.append((read_header(start).width, entry))
        return icons


@contextmanager
def at(path: str) -> Generator[None, None, None]:
    """Add the path to problems that have none."""
    try:
        yield
    except IpaError as error:
        raise IpaError(replace(problem, path=problem.path or cut(path)) for problem in error.problems) from error
