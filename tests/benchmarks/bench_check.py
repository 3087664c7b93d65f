"""What a healthy check of an .ipa of 1 GiB costs, on loopback: ``python tests/benchmarks/bench_check.py``.

The server waits before each answer, as a network does. The check's time is held against that of the same requests made
one after the other, but for the images, which a device fetches on the side.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from _deployment import IPA, MANIFEST_URL, Deployment
from _server import HOST, RangedFile, Request, Server, anonymous_contexts, answer, sparse_archive

from itms_ota._http import Limits, Network
from itms_ota.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5


def measure(path: Path, wait: float) -> str:
    """Check the deployment a few times, and give a row of the table."""
    deployment = Deployment.healthy()
    package = RangedFile(path, {"etag": '"1"', "content_type": "application/octet-stream"})

    def handler(request: Request) -> Iterator[bytes]:
        time.sleep(wait)
        if request.target != IPA:
            yield from deployment.handler(request)
        elif request.method == "HEAD":
            yield answer(content_length=str(path.stat().st_size))
        else:
            yield from package(request)

    theirs, ours = anonymous_contexts()
    with Server(handler, theirs) as server:

        def once() -> tuple[int, int, float, float]:
            server.requests.clear()
            server.sent = 0
            start = time.perf_counter()
            report = check(MANIFEST_URL, tls_context=ours, connect_to=server.connect_to)
            seconds = time.perf_counter() - start
            assert len(report.packages) == 1
            requests, sent = [*server.requests], server.sent
            return len(requests), sent, seconds, seconds / one_after_the_other(requests, server)

        rounds = [once() for _ in range(ROUNDS)]
    requests, sent, seconds, ratio = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    return f"{wait * 1000:9.0f} {requests:9.0f} {sent / 1024:9.0f} {seconds:9.3f} {ratio:9.2f}"


def one_after_the_other(requests: list[Request], server: Server) -> float:
    """Repeat requests, but those of images, on connections like the check's; give the seconds."""
    _, ours = anonymous_contexts()
    start = time.perf_counter()
    network = Network(Limits(10, 60), tls_context=ours, connect_to=server.connect_to)
    for request in requests:
        if not request.target.endswith(".png"):
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            network(request.method, f"https://{HOST}{request.target}", headers, 10, 8 * 1024 * 1024)
    network.close()
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    print(
        f"{'wait, ms':>9} {'requests':>9} {'KiB':>9} {'seconds':>9} {'ratio':>9}  (aim: under 1,024 KiB, at most 1.3)"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "MyApp.ipa")
        sparse_archive(path)
        for wait in (0.01, 0.05, 0.2):
            print(measure(path, wait))


if __name__ == "__main__":
    main()
