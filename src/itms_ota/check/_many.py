"""Many checks at a time, in flat memory."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._arguments import check_type
from .._http import Limits, new_fetch
from .._redact import redact_text
from ..errors import Problem
from ..link import InstallLink
from ..manifest import Manifest
from ._report import CheckReport, check

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_Target = TypeVar("_Target", bound="InstallLink | Manifest | str")

_MOST_WORKERS = 256
# Targets that are read for each worker: enough of them that those of a slow host do not keep the others from work.
_READ_AHEAD = 16
_SECONDS = 1.0  # of a wait, after which it is seen whether somebody stops the run
# The first web address in a text, as it stands or percent-encoded: in a link it is that of the manifest.
_HOST = re.compile(r"(?i)https?(?::|%(?:25)*3A)(?:/|%(?:25)*2F){2}([^\s/?#&%:@]*)")


def check_many(
    targets: Iterable[_Target], *, workers: int = 8, per_host: int = 4, **options: Any
) -> Generator[tuple[_Target, CheckReport], None, None]:
    """Check many deployments at a time, and yield each target with its report as they finish.

    Each of `targets` is what `check` takes, and is checked as `check` does with the same `options`. What the checks
    share is one TLS context, the addresses of names (for 5 minutes), and the connections. There may be any number of
    targets, also without an end: they are read as they are needed, at most 16 ahead for each worker, by the thread
    that asks for reports, and memory stays flat.

    - `workers`: how many checks go on at a time, at most 256. Each fetches the files of one app one after another.
    - `per_host`: how many of them at most whose manifest is on the same host. Meanwhile those of other hosts go on.

    Each target has one report, also where the check itself fails, by a fault of this library or of a `fetch`: that is
    the error ``not-verified``. What `targets` raises comes after the reports of what was read until then. Where the
    iteration ends early, by ``close()`` or by an exception such as KeyboardInterrupt, all checks end at once.

    Raises TypeError or ValueError for wrong arguments, as `check` does, when it is called.

    >>> from itms_ota.remote import Response
    >>> def fetch(method, url, headers, timeout, max_bytes):
    ...     return Response(404, {}, b"")
    >>> links = (f"https://apps.example.com/{number}.plist" for number in range(3))
    >>> found = dict(check_many(links, fetch=fetch))
    >>> [(link, [problem.code for problem in found[link].problems]) for link in sorted(found)][:1]
    [('https://apps.example.com/0.plist', ['http-status'])]
    """
    _check_arguments(targets, workers=workers, per_host=per_host)
    # Each check lends it within limits of its own: these are never asked.
    shared = new_fetch(
        Limits(_SECONDS, _SECONDS),
        tls_context=options.get("tls_context"),
        connect_to=options.get("connect_to"),
        public_only=options.get("public_only", False),
        fetch=options.get("fetch"),
    )
    options["fetch"] = shared
    check(Manifest(items=()), **options)  # refuses wrong options, and asks nobody

    def one(target: _Target) -> CheckReport:
        try:
            return check(target, **options)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is of this target alone
            return _failed(error)

    return _Run(one, shared.close, workers, per_host).reports(iter(targets))


def _check_arguments(targets: object, **numbers: int) -> None:
    check_type("targets", targets, Iterable)
    if isinstance(targets, str):
        raise TypeError("targets must be an iterable of targets, not str. check checks one")
    for name, number in numbers.items():
        check_type(name, number, int)
        if not 1 <= number <= _MOST_WORKERS:
            raise ValueError(f"{name} must be at least 1 and at most {_MOST_WORKERS}")


def _failed(error: BaseException) -> CheckReport:
    message = (
        f"The check itself failed ({type(error).__name__}: {redact_text(str(error))}), so nothing is known of this "
        "target. Call check with it alone to see where, and report it if the fault is not in your own fetch."
    )
    return CheckReport((Problem("", "not-verified", message),), steps=(), manifest=None, packages=(), next_steps=())


def _host(target: InstallLink | Manifest | str) -> str:
    """Return the host that a check will ask first, as far as it is seen at a glance; empty for any that is not."""
    try:
        if isinstance(target, Manifest):
            target = next(item.package.url for item in target.items if item.package is not None)
        found = _HOST.search(target.manifest_url if isinstance(target, InstallLink) else target)
    except Exception:  # noqa: BLE001 -- what is wrong with a target is for its own report to say
        return ""
    return found[1].lower() if found else ""


class _Run(Generic[_Target]):
    """The checks of one call: targets that wait, by their hosts, the threads that check them, and what is done."""

    def __init__(
        self, check: Callable[[_Target], CheckReport], end: Callable[[], object], workers: int, per_host: int
    ) -> None:
        self._check = check
        self._end_requests = end
        self._workers = workers
        self._per_host = per_host
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[_Target]] = {}
        self._at_work = Counter[str]()
        self._ended = False
        self._done: queue.SimpleQueue[tuple[_Target, CheckReport]] = queue.SimpleQueue()

    def reports(self, targets: Iterator[_Target]) -> Generator[tuple[_Target, CheckReport], None, None]:
        """Read targets as they are needed, and yield what is done."""
        under_way = 0
        more, failure = True, None
        try:
            while more or under_way:
                wanted = 1  # at least one for each report, and more while none is there
                while more and under_way < _READ_AHEAD * self._workers and (wanted or self._done.empty()):
                    wanted = 0
                    try:
                        target = next(targets)
                    except StopIteration:
                        more = False
                    except Exception as error:  # noqa: BLE001 -- it is raised when what was read until then is done
                        more, failure = False, error
                    else:
                        self._add(target)
                        under_way += 1
                if under_way:
                    yield self._next()
                    under_way -= 1
        finally:
            self._end()
        if failure is not None:
            raise failure

    def _next(self) -> tuple[_Target, CheckReport]:
        while True:
            try:
                return self._done.get(timeout=_SECONDS)
            except queue.Empty:  # Windows sees Ctrl-C between two waits alone, as others do what came right before one
                continue

    def _add(self, target: _Target) -> None:
        with self._changed:
            host = _host(target)
            self._waiting.setdefault(host, deque()).append(target)
            # What has to wait for its host is taken by a thread that ends a check of that host.
            if self._at_work[host] < self._per_host:
                self._changed.notify()
        if len(self._threads) < self._workers:
            # Nothing waits for a thread that serves a name server or a fetch which does not answer.
            thread = threading.Thread(target=self._work, name="itms_ota-check-many", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _work(self) -> None:
        while (job := self._take()) is not None:
            host, target = job
            report = self._check(target)
            with self._changed:
                self._at_work[host] -= 1
                if not self._at_work[host]:
                    del self._at_work[host]
                # No other thread is woken: what may be checked because of this, this one takes.
            self._done.put((target, report))

    def _take(self) -> tuple[str, _Target] | None:
        """Return what is to be checked next, of the hosts in turn, when there is such a target; None at the end."""
        with self._changed:
            while not self._ended:
                for host, targets in self._waiting.items():
                    if self._at_work[host] < self._per_host:
                        self._at_work[host] += 1
                        del self._waiting[host]
                        target = targets.popleft()
                        if targets:
                            self._waiting[host] = targets
                        return host, target
                self._changed.wait()
        return None

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._end_requests()
        end = time.monotonic() + _SECONDS
        for thread in self._threads:
            if thread is not threading.current_thread():  # whose garbage a run may be that nobody closed
                thread.join(max(0.0, end - time.monotonic()))
