"""How long something takes, for the benchmarks; no test asserts a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def fastest(read: Callable[[Any], object], given: object, rounds: int) -> float:
    """Return the seconds of the fastest of some rounds, by processor time."""
    shortest = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        read(given)
        shortest = min(shortest, time.process_time() - start)
    return shortest
