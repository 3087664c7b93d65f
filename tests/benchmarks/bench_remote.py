"""What it costs to look into an .ipa of 1 GiB over HTTPS, on loopback: ``python tests/benchmarks/bench_remote.py``.

The table of contents, the Info.plist and the profile are read. The server waits before each answer, as a network does.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from _server import HOST, RangedFile, Request, Server, anonymous_contexts, read_archive, sparse_archive

from itms_ota.remote import open_url

if TYPE_CHECKING:
    from collections.abc import Iterator


def measure(path: Path, entries: int, wait: float) -> str:
    """Read the archive once and give a row of the table."""

    def handler(request: Request) -> Iterator[bytes]:
        time.sleep(wait)
        return RangedFile(path)(request)

    theirs, ours = anonymous_contexts()
    with Server(handler, theirs) as server:
        start = time.perf_counter()
        with open_url(f"https://{HOST}/App.ipa", tls_context=ours, connect_to=server.connect_to) as file:
            read_archive(file)
        seconds = time.perf_counter() - start
        return f"{entries:7,} {wait * 1000:9.0f} {len(server.requests):9} {server.sent / 1024:9.0f} {seconds:9.3f}"


def main() -> None:
    """Print the table."""
    print(f"{'entries':>7} {'wait, ms':>9} {'requests':>9} {'KiB':>9} {'seconds':>9}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "App.ipa")
        for entries in (20, 2000, 20_000):
            sparse_archive(path, entries)
            for wait in (0.0, 0.05):
                print(measure(path, entries, wait))


if __name__ == "__main__":
    main()
