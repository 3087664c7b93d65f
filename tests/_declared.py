"""Holds what the tests bring forth against what is declared: a plugin for the whole test run.

Every code and level of a problem that the package makes must stand in `itms_ota._codes.CODES`, or the run fails at
its end. What a part of the tests does not bring forth is no fault.
"""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING, Any, cast

from itms_ota._codes import CODES
from itms_ota.errors import Problem

if TYPE_CHECKING:
    from types import FrameType

    import pytest


# What another program says of its errors, or how Python shows them, is not a sentence for people.
ODD = re.compile(r"(?<!\.)\.\.(?!\.)|\[Errno|NoName|BadZipFile|\bError\b|<class|object at 0x")
QUOTED = re.compile(r"(?<!\w)b?'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


@functools.lru_cache(maxsize=64)  # a hostile file has a few messages a hundred thousand times
def is_plain(message: str) -> bool:
    """Return whether a message is a sentence for people."""
    return not ODD.search(QUOTED.sub("", message))


class Declared:
    """Notes each code and level, and each message that is not plain, with the place in the package that made it."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], str] = {}
        self.odd: dict[str, str] = {}

    def pytest_configure(self) -> None:
        """Have every problem noted from now on."""
        make = Problem.__init__

        @functools.wraps(make)
        def noted(problem: Problem, *args: Any, **kwargs: Any) -> None:
            make(problem, *args, **kwargs)
            if not is_plain(problem.message) and (place := _place(sys._getframe(1))):
                self.odd.setdefault(place, problem.message)
            pair = (problem.code, problem.level)
            if pair not in self.seen:
                place = _place(sys._getframe(1))
                if place:
                    self.seen[pair] = place

        Problem.__init__ = cast("Any", noted)  # type: ignore[method-assign]

    def undeclared(self) -> list[str]:
        """Describe what is not declared."""
        return [
            f"{code!r} as {level!r}, made by {place}"
            for (code, level), place in sorted(self.seen.items())
            if code not in CODES or level not in CODES[code].levels
        ] + [f"{message!r}, made by {place}" for place, message in self.odd.items()]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run."""
        if self.undeclared():
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why."""
        if undeclared := self.undeclared():
            terminalreporter.section("problems that CODES does not declare, or whose messages are not plain", red=True)
            terminalreporter.write_line("\n".join(undeclared))


def _place(frame: FrameType | None) -> str:
    """Name the module and function that made a problem; empty where it was not the package."""
    while frame is not None and frame.f_globals.get("__name__") == "dataclasses":  # replace()
        frame = frame.f_back
    name = str(frame.f_globals.get("__name__")) if frame is not None else ""
    return f"{name}.{frame.f_code.co_name}" if frame is not None and name.startswith("itms_ota") else ""
