"""Names that stand in a file, as other programs write them: targets for a command."""

from __future__ import annotations

from pathlib import Path

from ._input import UTF_16, decoded, entries, standard_input
from ._verdict import WrongCallError, refuse_url


def read_names(source: str) -> list[str]:
    """Return the names in a file, or in standard input (`-`); a file without any is a wrong call.

    Where there is a zero byte, as of ``git ls-files -z``, each name ends with one, and is taken as it stands. Else each
    line is a name, but for empty ones and those that begin with "#".
    """
    refuse_url(source, "Name it without --from-file.")
    data = standard_input().read() if source == "-" else Path(source).read_bytes()
    if data.startswith(UTF_16):
        data = decoded(data).encode()
    if b"\0" in data:
        names = [_text(name) for name in data.split(b"\0") if name]
    else:
        names = [*entries(map(_text, data.splitlines()))]
    if not names:
        raise WrongCallError(f"{'standard input' if source == '-' else source} names nothing to look at")
    return names


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")  # as names are read that a call has
