"""The attempts of a log that are kept: a bounded number, failures first, and a count of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..errors import Problem
    from ._model import Attempt

MOST_ATTEMPTS = 500
MOST_STEPS = 12


class Judged(NamedTuple):
    """An attempt, and what is wrong with it: problems with paths relative to the attempt."""

    attempt: Attempt
    problems: tuple[Problem, ...]


class Kept:
    """Collects attempts that are over."""

    def __init__(self) -> None:
        self.judged: list[Judged] = []
        self.dropped = 0
        self.succeeded = False
        self._replaceable: list[int] = []

    def add(self, judged: Judged) -> None:
        """Keep an attempt. When there is no room, a failure takes the place of one that did not fail."""
        outcome = judged.attempt.outcome
        self.succeeded = self.succeeded or outcome in ("installed", "delivered")
        if len(self.judged) < MOST_ATTEMPTS:
            if outcome != "failed":
                self._replaceable.append(len(self.judged))
            self.judged.append(judged)
            return
        self.dropped += 1
        if outcome == "failed" and self._replaceable:
            self.judged[self._replaceable.pop()] = judged
