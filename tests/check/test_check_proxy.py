"""A check through a network that delays, drops, cuts, reorders and corrupts: it ends, and what it says is true."""

from __future__ import annotations

import io
import itertools
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from _checking import PACKAGE_PLACE
from _deployment import BASE, IPA, MANIFEST_URL, NOW, Deployment, manifest
from _long import mutants
from _make_ipa import make_ipa, make_profile
from _proxy import ALTERING, CUTTING, HARMLESS, Proxy, Toxic
from _server import HOST, HangUp, Request, Server, anonymous_contexts

from itms_ota import Checksum
from itms_ota.check import CheckReport, check
from itms_ota.errors import FetchError
from itms_ota.remote import open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = make_ipa(
    profile=make_profile("enterprise"), files={"Payload/MyApp.app/data": random.Random(15).randbytes(150_000)}
)
# What is said of a connection that fails; `changed` and the like would be of files, which are whole behind it.
OF_CONNECTIONS = {
    *("bad-response", "connection-dropped", "refused", "time-limit", "timeout", "tls-failure", "truncated"),
    *("tls-no-common-protocol", "unreachable"),
}
IMAGES = ["items[0].assets[1].url", "items[0].assets[2].url"]
LONG = 60  # seconds until a check is said to hang: many times its own limit


def deployment() -> Deployment:
    made = Deployment.healthy()
    made.files[IPA] = ("application/octet-stream", PACKAGE)
    given = manifest(checksums=[Checksum.of(io.BytesIO(PACKAGE))])
    made.files["/manifest.plist"] = ("application/xml", given.to_plist())
    return made


def checked(address: str, **options: Any) -> CheckReport:
    """Check in a thread, which must come to its end."""
    reports: list[CheckReport] = []
    _, ours = anonymous_contexts()
    arguments: dict[str, Any] = {
        "tls_context": ours,
        "connect_to": {f"{HOST}:443": address},
        "now": NOW,
        "verify_hashes": True,
        **options,
    }
    thread = threading.Thread(target=lambda: reports.append(check(MANIFEST_URL, **arguments)), daemon=True)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive(), "it hangs"
    (report,) = reports  # none where an exception came out
    assert CheckReport.from_dict(report.to_dict()).to_dict() == report.to_dict()
    assert str(report)
    return report


def codes(report: CheckReport) -> list[tuple[str, str, str]]:
    """Return what programs see; that a slow server is slow may be said."""
    return sorted(
        (problem.path, problem.code, problem.level) for problem in report.problems if problem.code != "slow-head"
    )


def told_by(report: CheckReport) -> set[str]:
    return {problem.code for problem in report.problems if problem.level == "error"} or {"ok"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Give the real server, which stands behind the proxies."""
    theirs, _ = anonymous_contexts()
    with Server(deployment().handler, theirs) as started:
        yield started


@pytest.fixture(scope="module")
def healthy(server: Server) -> CheckReport:
    """Give the report of a check without a proxy."""
    report = checked(server.address)
    assert report.ok
    return report


def assert_true(report: CheckReport, healthy: CheckReport) -> None:
    """See that a report says of what came what is true of it, and of what did not come why, and nothing else."""
    more = {*codes(report)} - {*codes(healthy)}
    assert {code for _, code, _ in more} <= OF_CONNECTIONS | {"not-verified"}, str(report)
    assert report.ok is all(level == "warning" for _, _, level in more)
    if report.ok:  # a device installs without images
        assert {(path, level) for path, _, level in more} <= {(place, "warning") for place in IMAGES}
        assert (report.manifest, report.packages) == (healthy.manifest, healthy.packages)


@pytest.mark.parametrize("toxic", HARMLESS)
@pytest.mark.parametrize("up", [False, True])
def test_a_network_that_is_merely_slow(toxic: Toxic, server: Server, healthy: CheckReport, *, up: bool) -> None:
    directions = {"up" if up else "down": toxic}
    with Proxy(server.address, random.Random(1), **directions) as proxy:
        report = checked(proxy.address)
    assert (report.ok, codes(report), report.packages) == (True, codes(healthy), healthy.packages), str(report)


def test_a_clock_that_jumps(server: Server, healthy: CheckReport, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, turns = time.time, itertools.count()
    monkeypatch.setattr(time, "time", lambda: clock() + (-1) ** next(turns) * 3e8)
    assert codes(checked(server.address)) == codes(healthy)


@pytest.mark.parametrize("toxic", [*CUTTING, *ALTERING])
def test_a_network_that_fails(toxic: Toxic, server: Server, healthy: CheckReport) -> None:
    told: Counter[str] = Counter()
    longest = 0.0
    turns = mutants(4, 100)
    for seed in range(turns):
        source = random.Random(f"{toxic.__name__} {seed}")
        with Proxy(server.address, source, **{"up" if seed % 4 == 3 else "down": toxic}) as proxy:
            begin = time.monotonic()
            report = checked(proxy.address, timeout=0.3, max_seconds=1)
            longest = max(longest, time.monotonic() - begin)
        assert_true(report, healthy)
        told.update(told_by(report))
    assert told.keys() != {"ok"}
    print(toxic.__name__, told, f"{longest:.2f} s")  # noqa: T201 -- for docs/reliability.md


# A proxy that ends the encryption itself can alter what it passes on


ALTERED: dict[str, Callable[[bytes, int, int], bytes]] = {
    "cut": lambda body, at, _: body[:at],
    "corrupt": lambda body, at, _: body[:at] + bytes([body[at] ^ 4]) + body[at + 1 :],
    "drop": lambda body, at, size: body[:at] + body[at + size :],
    "reorder": lambda body, at, size: body[:at] + body[at + 1 : at + size] + body[at : at + 1] + body[at + size :],
    "repeat": lambda body, at, size: body[: at + size] + body[at : at + size] + body[at + size :],
}


class Altering:
    """Serves a deployment, and alters one answer for a part of the package, or with `hit` 0 all of them."""

    def __init__(self, name: str, seed: str, hit: int, *, announced: bool) -> None:
        self.made, self.change, self.announced = deployment(), ALTERED[name], announced
        self.source, self.hit, self.numbers = random.Random(seed), hit, itertools.count()

    def __call__(self, request: Request) -> Iterator[bytes]:
        """Answer a request."""
        head, end, body = b"".join(self.made.handler(request)).partition(b"\r\n\r\n")
        if request.target != IPA or request.method == "HEAD" or self.hit not in {0, next(self.numbers)}:
            yield head + end + body
            return
        size = self.source.randrange(2, 50)
        changed = self.change(body, self.source.randrange(len(body) - size), size)
        if self.announced:
            length = b"content-length: %d"
            head = head.replace(length % len(body), length % len(changed))
        yield head + end + changed
        raise HangUp


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize("name", ALTERED)
def test_a_package_that_is_altered(name: str, healthy: CheckReport, *, announced: bool) -> None:
    """Whoever asks for the hashes is told, and what is said of a package that was altered once is still true of it."""
    told: Counter[str] = Counter()
    theirs, _ = anonymous_contexts()
    for seed in range(mutants(3, 200)):
        hit = seed % 3
        with Server(Altering(name, f"{name} {seed}", hit, announced=announced), theirs) as server:
            report = checked(server.address, timeout=2, max_seconds=10)
        told.update(told_by(report))
        assert hit or not report.ok
        if report.ok:  # with a warning of what was odd
            assert report.packages == healthy.packages
            assert {*codes(report)} - {*codes(healthy)} <= {(PACKAGE_PLACE, "wrong-range", "warning")}
    print(name, announced, told)  # noqa: T201 -- for docs/reliability.md


# Files that stay on the server


def read(address: str) -> bytes | set[str]:
    """Read all of the package, or tell what stood in the way."""
    _, ours = anonymous_contexts()
    options: dict[str, Any] = {"tls_context": ours, "timeout": 0.3, "max_seconds": 1}
    try:
        with open_url(BASE + IPA, connect_to={f"{HOST}:443": address}, **options) as file:
            return file.read()
    except FetchError as error:
        return {problem.code for problem in error.problems}


@pytest.mark.parametrize("toxic", [*CUTTING, *ALTERING])
def test_a_remote_file(toxic: Toxic, server: Server) -> None:
    for seed in range(mutants(2, 50)):
        with Proxy(server.address, random.Random(f"{toxic.__name__} {seed}"), down=toxic) as proxy:
            came = read(proxy.address)
        assert came == PACKAGE or (isinstance(came, set) and came <= OF_CONNECTIONS)
