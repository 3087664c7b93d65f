"""The report on a log, and the reading of one, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, cast, get_args

from .._arguments import check_type
from .._shapes import INTEGER, TEXT, Choice, Many, Maybe, Record
from .._user_agents import DOWNLOADERS
from .._wording import Report, as_html, cut, shapes_of, summary
from ..errors import Problem, errors_of, printable
from ._access import AccessReader
from ._alerts import ALERTS
from ._device import EVENTS
from ._error_codes import MARKS, SENTENCE_MARKS
from ._kept import MOST_ATTEMPTS, Kept
from ._model import STAGES, Attempt, Outcome, Witness
from ._phone import PhoneAttempts
from ._server import ServerAttempts

LONGEST_LINE = 16 * 1024
_MOST_PROBLEMS = 1000
_MOST_SHOWN = 50

# Product and version of a device's downloader, as they stand beside a request in a log of any kind.
_PRODUCT = re.compile(rf"\b(?:{'|'.join(re.escape(rule.word) for rule in DOWNLOADERS)})[0-9]")
_METHOD = re.compile(r"\b(?:GET|HEAD)\b")
# In lower case. Whatever else a line holds, without one of these it says nothing of an install.
_OF_INSTALLS = tuple(
    {
        *(".ipa", "plist", "manifest", "appstored", "itunesstored", "dmd", "errorcode"),
        *(mark.lower() for mark in MARKS),
        *SENTENCE_MARKS,
        *(word.lower() for event in (*EVENTS, *ALERTS) for word in event.words),
    }
)


class _Lines(Protocol):
    def readline(self, size: int, /) -> str: ...


_ATTEMPT_SHAPE = Record(
    Attempt,
    {
        "line": INTEGER,
        "last_line": INTEGER,
        "seen_by": Choice(get_args(Witness)),
        "device": TEXT,
        "system": Maybe(TEXT),
        "app": Maybe(TEXT),
        "stage": Choice(STAGES),
        "outcome": Choice(get_args(Outcome)),
        "explanation": TEXT,
        "steps": Many(TEXT),
    },
)


@dataclass(frozen=True, slots=True)
class LogReport(Report):
    """What `explain_log` found.

    - `problems`: the errors first. The `path` of each begins with its attempt, such as ``attempts[0].manifest``; `line`
      is the line of the log.
    - `attempts`: the install attempts in the order of the log, at most 500. Of more, the failed ones are kept.
    - `lines`: how many lines were read. `recognised`: how many of them say something of an install.
    - `dropped`: how many attempts are not in `attempts`.

    `ok` is True where at least one attempt was installed or delivered, as far as the log can show it, and none failed.
    A log in which nothing of an install was found is not ok.
    """

    problems: tuple[Problem, ...]
    attempts: tuple[Attempt, ...]
    lines: int
    recognised: int
    dropped: int = 0

    _shapes = shapes_of("log", attempts=Many(_ATTEMPT_SHAPE), lines=INTEGER, recognised=INTEGER, dropped=INTEGER)

    def __str__(self) -> str:
        lines = [f"{self._title()}: {summary(self.problems)}"]
        lines += [f"  {problem}" for problem in self._problems_of("")]
        left_out = 0
        for number, attempt in enumerate(self.attempts):
            problems = self._problems_of(f"attempts[{number}]")
            if number >= _MOST_SHOWN and not problems:
                left_out += 1
                continue
            lines.append(f"  attempts[{number}], {_described(attempt)}")
            lines += [f"    {problem}" for problem in problems] or [f"    {cut(attempt.explanation)}"]
        lines += [f"  and {left_out} more, of which nothing is wrong"] if left_out else []
        return "\n".join(map(printable, lines))

    def _repr_html_(self) -> str:
        from html import escape  # not needed to read a log

        items = "".join(f"<li>{escape(printable(_described(attempt)))}</li>" for attempt in self.attempts[:_MOST_SHOWN])
        return f"<div><ol start='0'>{items}</ol>{as_html(self._title(), self.problems)}</div>"

    def _problems_of(self, place: str) -> list[Problem]:
        return [problem for problem in self.problems if problem.path.partition(".")[0] == place]

    def _title(self) -> str:
        outcomes = [attempt.outcome for attempt in self.attempts]
        counts = [f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes)]
        counts += [f"{self.dropped:,} not described"] if self.dropped else []
        number = len(outcomes) + self.dropped
        found = f"{number:,} install attempt{'s' * (number != 1)} ({', '.join(counts)})" if counts else "no install"
        return f"Log of {self.lines:,} line{'s' * (self.lines != 1)}, {found}"


def _described(attempt: Attempt) -> str:
    place = (
        f"line {attempt.line}" if attempt.line == attempt.last_line else f"lines {attempt.line} to {attempt.last_line}"
    )
    parts = [place, attempt.device, *filter(None, (attempt.system, attempt.app))]
    return f"{', '.join(parts)}: {attempt.outcome}, came to the stage {attempt.stage!r}"


def explain_log(log: str | Iterable[str], *, show_personal: bool = False) -> LogReport:
    r"""Explain what a log says about installs over the air.

    `log` is the text of a log, an open text file, or any iterable of lines. These kinds of lines are known, also mixed:

    - Access logs in the Common and Combined formats (nginx, Apache and others), of Amazon S3, CloudFront and Elastic
      Load Balancing, of HAProxy, uvicorn, Flask and Django, in the W3C format (IIS), in JSON (Caddy and others), and
      as ``key=value``; also as Docker, Kubernetes and syslog keep them.
    - Logs of devices, as idevicesyslog, Console and ``log show`` write them, and error messages that tools quote.

    What is put together as one attempt: the requests of one address and model within two hours of each other, or the
    lines about one app in a device's log. Addresses, identifiers of devices, e-mail addresses and home folders are left
    out of the report unless `show_personal` says otherwise; passwords and tokens in URLs always are.

    A log of any size is read, in time that grows no faster than its size, and in little memory: of a line the first
    16 KiB are read. What is found never raises. Raises TypeError for a `log` of another type.

    >>> who = '"-" "com.apple.appstored/1.0 iOS/18.5 model/iPhone14,5 AMS/1"'
    >>> report = explain_log(
    ...     f'192.0.2.7 - - [26/Nov/2026:10:00:01 +0000] "GET /app/manifest.plist HTTP/1.1" 200 1134 {who}\n'
    ...     f'192.0.2.7 - - [26/Nov/2026:10:00:09 +0000] "GET /app/MyApp.ipa HTTP/1.1" 403 162 {who}\n'
    ... )
    >>> [(attempt.device, attempt.system, attempt.stage, attempt.outcome) for attempt in report.attempts]
    [('client 1', 'iOS 18.5, iPhone14,5', 'package', 'failed')]
    >>> [(problem.path, problem.code, problem.line) for problem in report.problems]
    [('attempts[0].package', 'http-status', 2)]
    """
    check_type("log", log, str, Iterable)
    if isinstance(log, (bytes, bytearray)):
        check_type("log", log, str)
    reader = _Reader(personal=show_personal)
    for line in _lines(log):
        reader.read(line)
    return reader.report()


def _lines(log: str | Iterable[str]) -> Iterator[str]:
    if isinstance(log, str):
        return _lines_of_text(log)
    if callable(getattr(log, "readline", None)):
        return _lines_of_file(cast("_Lines", log))
    return iter(log)


def _lines_of_file(file: _Lines) -> Iterator[str]:
    """Yield the lines of a file, of long ones the beginning: one may be as long as the file."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith("\n"):
            line = file.readline(LONGEST_LINE + 1)


def _lines_of_text(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


class _Reader:
    """Reads a log line by line."""

    def __init__(self, *, personal: bool) -> None:
        self._access = AccessReader()
        self._kept = Kept()
        self._server = ServerAttempts(self._kept, personal=personal)
        self._phone = PhoneAttempts(self._kept, personal=personal)
        self._lines = self._recognised = self._cut = self._unread = self._first_unread = 0

    def read(self, line: str) -> None:
        check_type("each of log", line, str)
        self._lines += 1
        if len(line) > LONGEST_LINE + line.endswith("\n"):
            self._cut += 1
            line = line[:LONGEST_LINE]
        if not (self._phone.waits or line.startswith("#")):
            lowered = line.lower()
            if not any(word in lowered for word in _OF_INSTALLS):
                return
        line = line.rstrip("\r\n")
        request = self._access.read(line.lstrip("\ufeff"))
        if request is not None:
            self._recognised += self._server.add(self._lines, request)
        else:
            known = self._phone.add(self._lines, line)
            self._recognised += known
            if not known and _METHOD.search(line) and _PRODUCT.search(line):
                self._unread += 1
                self._first_unread = self._first_unread or self._lines

    def report(self) -> LogReport:
        self._server.close()
        self._phone.close()
        judged = sorted(self._kept.judged, key=lambda each: each.attempt.line)
        problems = [
            replace(problem, path=f"attempts[{number}]" + (f".{problem.path}" if problem.path else ""))
            for number, each in enumerate(judged)
            for problem in each.problems
        ]
        problems.sort(key=lambda problem: problem.level != "error")
        more = len(problems) - _MOST_PROBLEMS
        problems = [*problems[:_MOST_PROBLEMS], *self._of_the_log(problems, more)]
        problems.sort(key=lambda problem: problem.level != "error")
        return LogReport(
            problems=tuple(problems),
            attempts=tuple(each.attempt for each in judged),
            lines=self._lines,
            recognised=self._recognised,
            dropped=self._kept.dropped,
        )

    def _of_the_log(self, problems: list[Problem], more: int) -> Iterator[Problem]:
        """Yield what is to be said of the log as a whole."""
        if not self._kept.succeeded and not errors_of(problems):
            yield Problem("", "no-complete-install", self._why_nothing())
        if self._cut:
            yield Problem(
                "",
                "not-checked",
                f"{self._cut:,} {'lines are' if self._cut > 1 else 'line is'} longer than {LONGEST_LINE // 1024} KiB. "
                "What stands behind that was not read.",
                "warning",
            )
        if self._unread:
            yield Problem(
                "",
                "not-checked",
                f"{self._unread:,} {'requests' if self._unread > 1 else 'request'} of a device's downloader could not "
                "be read: the format of these lines is not known. Give the log in the Combined format, without what "
                "other programs put around its lines.",
                "warning",
                self._first_unread,
            )
        if self._kept.dropped:
            message = (
                f"The log has more than {MOST_ATTEMPTS} install attempts: {self._kept.dropped:,} are counted, and not "
                "described. Give a part of the log."
            )
            yield Problem("", "not-checked", message, "warning")
        if more > 0:
            yield Problem(
                "", "not-checked", f"{more:,} more problems are not listed. Give a part of the log.", "warning"
            )

    def _why_nothing(self) -> str:
        if self._kept.judged:
            return (
                "This log does not show how any install ended. Give a log that covers more time, the log of the "
                "package's server, or the log of the device."
            )
        if self._unread:
            return "No install could be read from this log, though a device's downloader is in it."
        if self._server.others:
            return (
                "No device's downloader is in this log. Only browsers and other programs asked for manifests and "
                f"packages (requests: {self._server.others:,}). The link was not opened on a device, or its requests "
                "were stopped before this server: by its name, its certificate or a firewall."
            )
        return (
            "Nothing of an install over the air was found in this log. Give the access log of the server that has the "
            "manifest, with the User-Agent, or the log of the device from the time of the tap."
        )
