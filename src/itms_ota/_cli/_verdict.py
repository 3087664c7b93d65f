"""What a command found out about a target, and whether that fails the run."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from .._redact import redact_text
from ..errors import ItmsError, Problem
from ._output import hide_secrets

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .._wording import Report
    from ..errors import Code

OF_THE_CALL: frozenset[Code] = frozenset({"unreadable", "bad-call"})
"""What keeps a command from looking at all: the status is 2, and nobody may ignore it."""

_CURES = {
    FileNotFoundError: "Check its name, and the folder in which the command runs.",
    IsADirectoryError: "Name the files in it.",
    PermissionError: "Let this user read it.",
}


class WrongCallError(Exception):
    """A call that says something impossible: what argparse cannot know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was found out about one target; None is the call as such.

    `report` is None where the target could not be looked at: `reasons` say why. `file` is where people find the place
    of a problem, empty for what is not a file; `line` and `column` are where in it the inspected text begins. `name`
    stands before the report as text, on a line of its own if it `is_apart`. `extra` is what only JSON has more.
    """

    target: str | None
    report: Report | None
    file: str = ""
    line: int | None = None
    column: int | None = None
    name: str = ""
    is_apart: bool = False
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    reasons: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the target, or why it could not be looked at."""
        return self.reasons if self.report is None else self.report.problems

    def place(self, problem: Problem) -> tuple[int | None, int | None]:
        """Return line and column of a problem in the file."""
        return (self.line, self.column) if problem.line is None else (problem.line, problem.column)


class Verdict(NamedTuple):
    """An entry without what is ignored. `failing` are the problems that fail the run, `status` is the exit status."""

    entry: Entry
    kept: tuple[Problem, ...]
    failing: frozenset[Problem]
    ignored: tuple[Problem, ...]

    @property
    def status(self) -> int:
        """The exit status that this entry alone would have."""
        if any(problem.code in OF_THE_CALL for problem in self.failing):
            return 2
        return 1 if self.failing else 0


class Policy(NamedTuple):
    """What fails a run, as the options say. A release that is forced does not fail for its errors."""

    strict: bool = False
    fail_on: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    errors_fail: bool = True

    @classmethod
    def of(cls, options: argparse.Namespace) -> Policy:
        """Read the options; a code that is both to fail and to be ignored is a wrong call."""
        both = sorted({*options.fail_on} & {*options.ignore})
        if both:
            raise WrongCallError(f"{both[0]} cannot be both in --fail-on and in --ignore")
        return cls(
            options.strict,
            frozenset(options.fail_on),
            frozenset(options.ignore),
            errors_fail=not getattr(options, "force", False),
        )

    def judge(self, entry: Entry) -> Verdict:
        """Return which problems of an entry count: all of them, where nothing was looked at."""
        if entry.report is None:
            return Verdict(entry, entry.problems, frozenset(entry.problems), ())
        kept = tuple(problem for problem in entry.problems if problem.code not in self.ignored)
        ignored = tuple(problem for problem in entry.problems if problem.code in self.ignored)
        return Verdict(entry, kept, frozenset(filter(self.fails, kept)), ignored)

    def fails(self, problem: Problem) -> bool:
        """Return whether a problem of what was looked at fails the run."""
        if problem.code in self.ignored or problem.code in self.fail_on:
            return problem.code in self.fail_on
        return self.errors_fail if problem.level == "error" else self.strict


def failed(target: str | None, error: ItmsError | OSError | WrongCallError) -> Entry:
    """Return the entry of a target that could not be looked at, or of a whole call."""
    if isinstance(error, ItmsError):
        reasons = error.problems
    elif isinstance(error, OSError):
        reasons = (Problem("", "unreadable", _reason(target, error)),)
    else:
        reasons = (Problem("", "bad-call", str(error)),)
    return Entry(target, None, "" if target is None else file_of(target), reasons=reasons)


def need_name(name: str) -> None:
    """Refuse an empty name of a file, which would be that of the current folder."""
    if not name:
        raise FileNotFoundError(errno.ENOENT, "There is no file without a name", name)


def need_folder(option: str, path: Path, more: str = "") -> None:
    """Refuse to make something in a folder that does not exist; `more` is what else helps."""
    if not path.parent.is_dir():
        raise WrongCallError(f"{option}: there is no folder {redact_text(str(path.parent))}. Make it{more}.")


def refuse_url(name: str, advice: str) -> None:
    """Refuse an address where a file is wanted, and say which command takes it."""
    if "://" in name:
        raise FileNotFoundError(errno.ENOENT, f"This is an address, and the command reads files. {advice}", name)


def for_ipa(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Add to what is wrong with an archive which command takes it, where it is an .ipa."""
    cure = "To look at an .ipa, use the command 'ipa'."
    return tuple(replace(problem, message=f"{problem.message} {cure}") for problem in problems)


def file_of(target: str) -> str:
    """Return a target that is the name of a file; empty for an address, standard input, and what has a secret in it."""
    return target if target != "-" and "://" not in target and hide_secrets(target) == target else ""


def _reason(target: str | None, error: OSError) -> str:
    words = error.strerror or str(error)
    # The words of an error of ours have the cure in them.
    usual = error.errno is not None and words == os.strerror(error.errno)
    cure = next((f" {text}" for kind, text in _CURES.items() if usual and isinstance(error, kind)), "")
    other = error.filename if isinstance(error.filename, str) and error.filename != target else None
    named = "" if other is None else f"{redact_text(other)}: "
    return f"{named}{words.rstrip('.')}.{cure}"
