"""Names that stand in a file, as other programs write them: targets for a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._input import UTF_16, decoded, entries, standard_input
from ._verdict import WrongCallError, refuse_url

if TYPE_CHECKING:
    from collections.abc import Collection


def refuse_source(source: str, targets: Collection[str]) -> None:
    """Refuse what no ``--from-file`` can be: an address, and a file beside other targets."""
    if targets:
        raise WrongCallError("--from-file cannot be combined with other targets: write them into the file")
    refuse_url(source, "Name it without --from-file.")


def name_of(source: str) -> str:
    """Return what people call a file of names."""
    return "standard input" if source == "-" else source


def read_names(source: str) -> list[str]:
    """Return the names in a file, or in standard input (`-`); a file without any is a wrong call.

    Where there is a zero byte, as of ``git ls-files -z``, each name ends with one, and is taken as it stands. Else each
    line is a name, but for empty ones and those that begin with "#".
    """
    data = standard_input().read() if source == "-" else Path(source).read_bytes()
    if data.startswith(UTF_16):
        data = decoded(data).encode()
    if b"\0" in data:
        names = [_text(name) for name in data.split(b"\0") if name]
    else:
        names = [*entries(map(_text, data.splitlines()))]
    if not names:
        raise WrongCallError(f"{name_of(source)} names nothing to look at")
    return names


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")  # as names are read that a call has
