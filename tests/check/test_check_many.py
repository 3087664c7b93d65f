"""Many checks at a time: each target has its report, hosts do not wait for each other, and the end is the end."""

from __future__ import annotations

import gc
import itertools
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _checking import app, codes, run, several
from _deployment import BASE, ICON, MANIFEST_URL, NOW, Deployment, manifest
from _server import HOST, Request, Server, anonymous_contexts

import itms_ota
from itms_ota import InstallLink, Manifest
from itms_ota._http import _network
from itms_ota.check import CheckReport, _install, _many, _report, check, check_many
from itms_ota.errors import FetchError, Problem
from itms_ota.remote import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from itms_ota.check._exchange import Session

LINK = str(InstallLink(MANIFEST_URL))
NAME = "itms_ota-check-many"


def refuse(_method: str, _url: str, _headers: Mapping[str, str], _timeout: float, _max_bytes: int, /) -> Response:
    """Stand in for a network where nothing is found."""
    return Response(404, {}, b"")


def links(count: int, host: str = HOST) -> list[str]:
    return [f"https://{host}/{number}.plist" for number in range(count)]


def without_seconds(report: CheckReport) -> CheckReport:
    return replace(report, steps=tuple(replace(step, seconds=0.0) for step in report.steps))


def workers_alive() -> int:
    return sum(thread.name == NAME for thread in threading.enumerate())


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for what happens soon, or fail."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    """Fail where a thread outlives its run."""
    yield
    wait_until(lambda: not workers_alive())


# Each target and its report.


@pytest.mark.parametrize("workers", [1, 3])
def test_each_report_is_that_of_check(workers: int) -> None:
    deployment = Deployment.healthy()
    for number in range(4):
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", app(number))
    targets: list[InstallLink | Manifest | str] = [
        LINK,
        MANIFEST_URL,
        InstallLink(MANIFEST_URL),
        manifest(),
        several(4),
        f"{BASE}/missing.plist",
        "itms-services:/?action=download-manifest&url=https://apps.example.com/manifest.plist",
        "no link at all",
    ]
    found = list(check_many(targets, workers=workers, fetch=deployment.fetch, now=NOW))
    assert len(found) == len(targets)
    for target, report in found:
        assert any(target is given for given in targets)
        assert without_seconds(report) == without_seconds(run(deployment, target))


def test_options_are_those_of_check() -> None:
    deployment = Deployment.healthy()
    soon = timedelta(days=365)
    ((_, report),) = check_many([MANIFEST_URL], fetch=deployment.fetch, now=NOW, expires_within=soon)
    assert codes(report) == codes(run(deployment, expires_within=soon)) == [("manifest", "tls-expires-soon", "warning")]


def test_no_targets_have_no_reports() -> None:
    assert list(check_many(list[str]())) == []
    assert list(check_many(iter(list[str]()), workers=1, per_host=1, fetch=refuse)) == []


def test_a_target_that_comes_twice_has_two_reports() -> None:
    assert [target for target, _ in check_many([LINK, LINK], fetch=refuse)] == [LINK, LINK]


def test_real_servers_are_asked_over_connections_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: Any, **options: Any) -> Any:
        asked.append(host)
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    theirs, ours = anonymous_contexts()
    with Server(Deployment.healthy().handler, theirs) as server:
        options: dict[str, Any] = {"tls_context": ours, "connect_to": server.connect_to}
        alone = check(MANIFEST_URL, **options)
        server.connections = 0
        asked.clear()
        reports = [report for _, report in check_many([MANIFEST_URL] * 20, workers=2, **options)]
        assert server.connections == 2
        assert 1 <= len(asked) <= 2  # both workers may ask before the first answer is known
    assert {without_seconds(report) for report in reports} == {without_seconds(alone)}


def test_the_context_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = _network.device_context

    def device_context() -> object:
        made.append(None)
        return make()

    monkeypatch.setattr(_network, "device_context", device_context)
    nowhere = {f"{HOST}:443": "127.0.0.1:1"}
    found = {report.problems[0] for _, report in check_many(links(10), connect_to=nowhere)}
    assert {problem.code for problem in found} == {"refused"}
    # What refuses is not where devices go.
    assert {problem.message.endswith(f" a device reaches {HOST!r} is not known.") for problem in found} == {True}
    assert len(made) == 1


@pytest.mark.parametrize("options", [{}, {"tls_context": anonymous_contexts()[1]}, {"fetch": refuse}])
def test_certificates_are_judged_as_in_one_check(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[bool] = []
    look = _install.look

    def noting(session: Session, *arguments: Any) -> Any:
        judged.append(session.public_roots)
        return look(session, *arguments)

    monkeypatch.setattr(_report, "look", noting)
    check("no link at all", **options)
    list(check_many(["no link at all"], **options))
    assert judged == [not options] * 3  # of which one refuses wrong options


# Arguments.


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"workers": 0}, ValueError, "workers must be at least 1 and at most 256"),
        ({"workers": 257}, ValueError, "workers must be"),
        ({"per_host": 0}, ValueError, "per_host must be"),
        ({"workers": "8"}, TypeError, "workers must be int, not str"),
        ({"per_host": None}, TypeError, "per_host must be int, not NoneType"),
        ({"targets": None}, TypeError, "targets must be Iterable, not NoneType"),
        ({"targets": LINK}, TypeError, "targets must be an iterable of targets, not str"),
        ({"timeout": 0}, ValueError, "timeout is 0"),
        ({"max_seconds": "1"}, TypeError, "max_seconds must be int or float"),
        ({"udid": 1}, TypeError, "udid must be str"),
        ({"user_agent": "\n"}, ValueError, "user_agent"),
        ({"fetch": 1}, TypeError, "fetch must be callable"),
        ({"fetch": refuse, "public_only": True}, ValueError, "public_only cannot be combined"),
        ({"connect_to": {"a": "b"}}, ValueError, "connect_to maps"),
        ({"tls_context": 1}, TypeError, "tls_context"),
        ({"wrong": 1}, TypeError, "wrong"),
        ({"target": LINK}, TypeError, "target"),
    ],
)
def test_wrong_arguments_are_refused_by_the_call_itself(
    arguments: dict[str, Any], error: type[Exception], match: str
) -> None:
    def untouched() -> Iterator[str]:
        raise AssertionError
        yield

    given: dict[str, Any] = {"targets": untouched(), **arguments}
    with pytest.raises(error, match=match):
        check_many(**given)


# What is read, and when.


def test_targets_without_an_end_are_read_as_they_are_needed() -> None:
    read = itertools.count()
    with closing(check_many((f"{BASE}/{next(read)}" for _ in itertools.repeat(None)), workers=2, fetch=refuse)) as many:
        assert next(read) == 0  # nothing before the first report is asked for
        for _ in range(100):
            next(many)
    assert next(read) <= 1 + 100 + 2 * 16


def test_a_report_comes_before_the_next_target_is_there() -> None:
    """A source that is slow, such as a terminal, holds back no report that is ready."""
    many: Iterator[tuple[str, CheckReport]]

    def slow() -> Iterator[str]:
        for link in links(4):
            yield link
            wait_until(lambda: not many_run._done.empty() or not many_run._at_work)

    many_run: _many._Run[str] = _many._Run(lambda target: check(target, fetch=refuse), lambda: None, 2, 2)
    many = many_run.reports(slow())
    assert [target for target, _ in many] == links(4)


def test_what_the_targets_raise_comes_after_the_reports() -> None:
    def failing() -> Iterator[str]:
        yield from links(3)
        raise OSError("the list is gone")

    many = check_many(failing(), fetch=refuse)
    assert sorted(next(many)[0] for _ in range(3)) == links(3)
    with pytest.raises(OSError, match="the list is gone"):
        next(many)
    assert list(many) == []


def test_memory_is_flat() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            for _ in check_many((f"{BASE}/{number}.plist" for number in range(count)), workers=4, fetch=refuse):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is loaded once
    assert peak(2_000) < peak(200) + 2**20


# Hosts.


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (MANIFEST_URL, HOST),
        (LINK, HOST),
        (InstallLink(MANIFEST_URL), HOST),
        (manifest(), HOST),
        (Manifest(items=()), ""),
        (LINK.replace("%3A", "%253A").replace("%2F", "%252f"), HOST),
        ("https://APPS.example.com:8443/m", HOST),
        ("https://me@h/", "me"),
        ("apps.example.com", ""),
        ("", ""),
        ("https%25252525" * 1000, ""),
    ],
)
def test_the_host_of_a_target(target: InstallLink | Manifest | str, host: str) -> None:
    assert _many._host(target) == host


def test_a_slow_host_keeps_no_other_from_work() -> None:
    go_on = threading.Event()
    most, at_work, lock = 0, 0, threading.Lock()

    def fetch(_method: str, url: str, *_: object) -> Response:
        nonlocal most, at_work
        if "slow" in url:
            with lock:
                at_work += 1
                most = max(most, at_work)
            go_on.wait(10)
            with lock:
                at_work -= 1
        return Response(404, {}, b"")

    targets = [*links(20, "slow.example.com"), *links(20, "a.example.com"), *links(20, "b.example.com")]
    many = check_many(targets, workers=4, per_host=3, fetch=fetch)
    quick = {next(many)[0] for _ in range(40)}
    assert quick == {*targets[20:]}
    go_on.set()
    assert {target for target, _ in many} == {*targets[:20]}
    assert most == 3


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("per_host", [1, 3])
def test_hosts_in_any_order_have_all_their_reports(workers: int, per_host: int) -> None:
    drawn = random.Random(workers * 10 + per_host)
    targets = [f"https://{drawn.choice('aaaabc')}.example.com/{number}.plist" for number in range(300)]
    at_work: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()

    def fetch(_method: str, url: str, *_: object) -> Response:
        with lock:
            at_work[url[8]] += 1
            most[url[8]] = max(most[url[8]], at_work[url[8]])
        time.sleep(0)  # another thread's turn
        with lock:
            at_work[url[8]] -= 1
        return Response(404, {}, b"")

    found = [target for target, _ in check_many(iter(targets), workers=workers, per_host=per_host, fetch=fetch)]
    assert sorted(found) == sorted(targets)
    assert max(most.values()) <= per_host


# What fails.


@pytest.mark.parametrize("error", [RuntimeError, KeyError, SystemExit, KeyboardInterrupt, MemoryError])
def test_a_check_that_fails_is_a_report(error: type[BaseException]) -> None:
    def fetch(_method: str, url: str, *_: object) -> Response:
        if "1.plist" in url:
            raise error("https://me:hunter2@example.com/\x1b")
        return Response(404, {}, b"")

    found = dict(check_many(links(3), fetch=fetch))
    assert codes(found[links(3)[1]]) == [("", "not-verified", "error")]
    message = found[links(3)[1]].problems[0].message
    assert message.startswith(f"The check itself failed ({error.__name__}: ")
    assert "hunter2" not in message
    assert "\x1b" not in str(found[links(3)[1]])
    assert [codes(found[link]) for link in (links(3)[0], links(3)[2])] == [[("manifest", "http-status", "error")]] * 2


def test_a_target_of_a_wrong_type_has_a_report() -> None:
    targets: list[Any] = [None, MANIFEST_URL, 5]
    found = list(check_many(targets, fetch=refuse))
    assert len(found) == 3
    wrong: dict[Any, CheckReport] = {target: report for target, report in found if target != MANIFEST_URL}
    assert wrong.keys() == {None, 5}
    assert [codes(report) for report in wrong.values()] == [[("", "not-verified", "error")]] * 2
    assert "TypeError" in wrong[None].problems[0].message


def test_a_fetch_error_is_what_check_makes_of_it() -> None:
    def fetch(*_: object) -> Response:
        raise FetchError([Problem("", "dns-failure", "No address.")])

    ((_, report),) = check_many([MANIFEST_URL], fetch=fetch)
    assert codes(report) == [("manifest", "dns-failure", "error")]


# The end.


def test_a_consumer_who_stops_early_ends_all() -> None:
    go_on = threading.Event()
    asked: list[str] = []

    def fetch(_method: str, url: str, *_: object) -> Response:
        asked.append(url)
        if "/0.plist" in url:
            return Response(404, {}, b"")
        go_on.wait(10)
        return Response(302, {"location": "/next"}, b"")

    many = check_many(links(50), workers=3, per_host=3, fetch=fetch)
    many.close()
    assert asked == []  # nothing had begun
    blocked, quick = links(4)[1:], links(1)
    many = check_many([*blocked, *quick], workers=4, per_host=4, fetch=fetch)
    assert next(many)[0] == quick[0]
    assert {*asked} == {*blocked, *quick}
    many.close()
    before = len(asked)
    go_on.set()
    wait_until(lambda: not workers_alive())
    assert list(many) == []
    assert len(asked) == before  # who was redirected asked no more


def test_a_run_that_nobody_closed_ends_with_its_garbage() -> None:
    many: Any = check_many(itertools.repeat(MANIFEST_URL), fetch=refuse)
    next(many)
    holder = [many]
    holder.append(holder)
    del many, holder
    gc.collect()
    wait_until(lambda: not workers_alive())


def test_garbage_may_be_collected_by_a_worker() -> None:
    run: _many._Run[str] = _many._Run(lambda target: check(target, fetch=refuse), lambda: None, 1, 1)
    run._threads.append(threading.current_thread())
    run._end()
    assert run._take() is None


def test_the_wait_for_a_report_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_many, "_SECONDS", 0.01)

    def fetch(*_: object) -> Response:
        time.sleep(0.1)
        return Response(404, {}, b"")

    assert len(list(check_many([MANIFEST_URL], fetch=fetch))) == 1


@pytest.mark.parametrize("speaks_tls", [True, False])
def test_servers_that_are_silent_hold_up_no_end(*, speaks_tls: bool) -> None:
    """Whether a check waits for the handshake, or for an answer."""
    theirs, ours = anonymous_contexts()
    go_on = threading.Event()

    def handler(request: Request) -> Iterator[bytes]:
        if request.target == ICON:
            go_on.wait(20)
        yield from Deployment.healthy().handler(request)

    with Server(handler, theirs) as server, socket.create_server(("127.0.0.1", 0)) as silent:
        connect_to = dict(server.connect_to)
        targets: list[str] = [MANIFEST_URL] * 4 if speaks_tls else links(4, "silent.example.com")
        connect_to["silent.example.com:443"] = f"127.0.0.1:{silent.getsockname()[1]}"
        many = check_many([*targets, "no link at all"], workers=5, timeout=60, tls_context=ours, connect_to=connect_to)
        assert next(many)[0] == "no link at all"
        if speaks_tls:
            wait_until(lambda: sum(request.target == ICON for request in server.requests) == 4)
        else:
            for _ in range(4):
                silent.accept()[0].detach()
        many.close()
        wait_until(lambda: not workers_alive())
        go_on.set()


SILENT = """
import socket, sys, threading
sys.path.insert(0, sys.argv[1])
from itms_ota import Manifest
from itms_ota.check import check, check_many
silent = socket.create_server(("127.0.0.1", 0))
address = "127.0.0.1:%d" % silent.getsockname()[1]
def ready():
    silent.accept()
    print("ready", flush=True)
threading.Thread(target=ready, daemon=True).start()
"""
ONE = """
item = Manifest.for_app(url="https://a.example.com/a", bundle_identifier="a.a", bundle_version="1", title="A").items[0]
check(Manifest(items=(item,) * 12), timeout=600, max_seconds=600, connect_to={"a.example.com:443": address})
"""
MANY = """
targets = ["", *(f"https://{number % 4}.example.com/m" for number in range(100))]
connect_to = {f"{number}.example.com:443": address for number in range(4)}
for target, report in check_many(targets, timeout=600, max_seconds=600, connect_to=connect_to):
    pass
"""


@pytest.mark.parametrize("script", [ONE, MANY])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process(number: signal.Signals, script: str) -> None:
    command = [sys.executable, "-c", SILENT + script, str(Path(itms_ota.__file__).parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(60) == -number  # long before a server's silence ends a check
