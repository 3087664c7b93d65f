"""What checks cost: ``python tests/benchmarks/bench_check.py``.

One healthy check of an .ipa of 1 GiB, on loopback: the server waits before each answer, as a network does. The check's
time is held against that of the same requests made one after the other, but for the images, which a device fetches on
the side.

Many checks: with a fetch that stands in for the network, what the processor and the memory have to do; with 8 host
names on loopback, how many times as fast as one after the other they are.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from _deployment import BIG_ICON, ICON, IPA, MANIFEST_URL, NOW, Deployment, manifest
from _server import HOST, RangedFile, Request, Server, anonymous_contexts, answer, sparse_archive

from itms_ota._http import Limits, Network
from itms_ota.check import check, check_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from itms_ota.remote import Response

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


def stubbed(count: int) -> float:
    """Check healthy deployments without a network; give the seconds of the processor."""
    deployment = Deployment.healthy()
    answers: dict[tuple[str, ...], Response] = {}

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        asked = method, url, headers.get("Range", "")
        if asked not in answers:  # a stub that answers anew has a tenth of the time
            answers[asked] = deployment.fetch(method, url, headers, timeout, max_bytes)
        return answers[asked]

    start = time.process_time()
    for _, report in check_many(repeat(MANIFEST_URL, count), fetch=fetch, now=NOW):
        assert report.ok
    return time.process_time() - start


def memory(count: int) -> float:
    """Check as many; give the most memory that this process has had so far, in MiB."""
    stubbed(count)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux


def side_by_side(count: int, wait: float) -> tuple[float, float, int, int]:
    """Check deployments on 8 hosts one after the other, and by `check_many`; give seconds and connections of both."""
    hosts = [f"apps{number}.example.com" for number in range(8)]
    deployments = {host: Deployment.healthy() for host in hosts}
    for host, deployment in deployments.items():
        url, small, large = (f"https://{host}{path}" for path in (IPA, ICON, BIG_ICON))
        own = manifest(url=url, display_image_url=small, full_size_image_url=large)
        deployment.files["/manifest.plist"] = ("application/xml", own.to_plist())

    def handler(request: Request) -> Iterator[bytes]:
        time.sleep(wait)
        yield from deployments[request.headers["host"]].handler(request)

    theirs, ours = anonymous_contexts()
    targets = [f"https://{hosts[number % 8]}/manifest.plist" for number in range(count)]
    with Server(handler, theirs) as server:
        connect_to = {f"{host}:443": server.address for host in hosts}
        start = time.perf_counter()
        assert all(len(check(url, tls_context=ours, connect_to=connect_to).packages) == 1 for url in targets)
        alone, connections = time.perf_counter() - start, server.connections
        start = time.perf_counter()
        many = check_many(targets, workers=8, tls_context=ours, connect_to=connect_to)
        assert sum(len(report.packages) for _, report in many) == count
        return alone, time.perf_counter() - start, connections, server.connections - connections


def main() -> None:
    """Print the tables."""
    first = memory(100)
    print(f"{400 / min(stubbed(400) for _ in range(12)):9.0f} stubbed checks for a second of one core  (aim: 1,000)")
    print(f"{memory(10_000) - first:9.1f} MiB more for 10,000 of them than for 100  (aim: under 20)")
    alone, together, one, many = side_by_side(200, 0.05)
    print(
        f"{alone / together:9.1f} times as fast with 8 workers: {alone:.1f} and {together:.1f} seconds for 200 checks, "
        f"{one} and {many} connections  (aim: 3)\n"
    )
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
