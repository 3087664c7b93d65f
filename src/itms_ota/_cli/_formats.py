"""The forms in which verdicts are written: for people, for programs, and for the annotations of GitHub Actions."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

from .. import __version__
from ..errors import printable
from ._output import hide_secrets, print_json, shown
from ._verdict import OF_THE_CALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..errors import Problem
    from ._verdict import Verdict


class Format(Protocol):
    """Writes verdicts as they come, or all of them at the end."""

    def add(self, verdict: Verdict) -> None:
        """Take a verdict."""

    def close(self, status: int) -> None:
        """Take the exit status of the run: there are no more verdicts."""


class Text:
    """Reports for people, each as it comes. What could not be looked at goes to standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def add(self, verdict: Verdict) -> None:
        """Print the report, or why there is none."""
        entry = verdict.entry
        if entry.report is None:
            for problem in verdict.kept:
                if entry.target is not None:
                    print(f"{shown(entry.target)}: {problem}", file=sys.stderr)
                elif problem.code in OF_THE_CALL:
                    print(f"itms_ota: {printable(problem.message)}", file=sys.stderr)
                else:
                    print(problem, file=sys.stderr)
        elif verdict.failing or not self._quiet:
            report: Any = entry.report
            text = replace(report, problems=verdict.kept) if verdict.ignored else report
            if entry.name:
                print(f"{shown(entry.name)}:", end="\n" if entry.is_apart else " ")
            print(text)
            self._explain(verdict)

    def close(self, status: int) -> None:
        """Do nothing: all is said."""

    def _explain(self, verdict: Verdict) -> None:
        """Print what the report itself does not know of."""
        if verdict.ignored:
            print(f"  ignored, as asked for: {len(verdict.ignored)} ({', '.join(_codes(verdict.ignored))})")
        failing = (problem for problem in verdict.kept if problem in verdict.failing)
        warnings = _codes(problem for problem in failing if problem.level == "warning")
        if warnings:
            print(f"  fails, as asked for, because of: {', '.join(warnings)}")


def _codes(problems: Iterable[Problem]) -> list[str]:
    return [*dict.fromkeys(problem.code for problem in problems)]


class Json:
    """One object with all reports. Its `ok` is that of the run: whether the exit status is 0."""

    def __init__(self) -> None:
        self._reports: list[dict[str, object]] = []

    def add(self, verdict: Verdict) -> None:
        """Keep the report."""
        self._reports.append(as_dict(verdict))

    def close(self, status: int) -> None:
        """Print the object."""
        print_json({"tool": "itms_ota", "version": __version__, "ok": status == 0, "reports": self._reports})


class JsonLines:
    """A line of JSON for each report, as they come (NDJSON)."""

    def add(self, verdict: Verdict) -> None:
        """Print the report."""
        print_json(as_dict(verdict), indent=None)

    def close(self, status: int) -> None:
        """Do nothing: the exit status says whether all are in order."""


def as_dict(verdict: Verdict) -> dict[str, object]:
    """Return an entry for JSON: whole, whatever is ignored."""
    entry = verdict.entry
    target = None if entry.target is None else hide_secrets(entry.target)
    if entry.report is None:
        return {
            "target": target,
            "report": "error",
            "ok": False,
            "problems": [asdict(problem) for problem in entry.problems],
        }
    return {"target": target, **entry.report.to_dict(), **entry.extra}


class GitHub:
    """Workflow commands, which GitHub Actions shows as annotations beside the lines of files.

    A line that begins with a command is not searched for others: nothing that a file says can be one.
    (github.com/actions/runner, ActionCommand.cs)
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._count = self._failed = 0

    def add(self, verdict: Verdict) -> None:
        """Print a command for each problem."""
        self._count += 1
        self._failed += bool(verdict.failing)
        entry = verdict.entry
        for problem in verdict.kept:
            level = "error" if problem in verdict.failing else "warning"
            line, column = entry.place(problem)
            # A column without a line is refused, and a line without a file has no place.
            properties = {
                "file": _posix(entry.file),
                "line": line if entry.file else None,
                "col": column if entry.file and line else None,
                "title": problem.code,
            }
            listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
            where = f"{shown(entry.target)}: " if entry.target else ""
            print(f"::{level} {listed}::{_data(f'{where}{problem}')}")

    def close(self, status: int) -> None:
        """Print how it went."""
        if not self._quiet:
            print(f"itms_ota: {self._count} looked at, {self._failed} failed; exit status {status}")


def _posix(file: str) -> str:
    return PurePath(printable(file)).as_posix() if file else ""


def _data(text: str) -> str:
    # What escapes what, and where (github.com/actions/toolkit, command.ts). `printable` leaves no line breaks.
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
