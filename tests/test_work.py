"""What readers do with inputs that were made to take long: four times the length is at most five times the work.

Work is counted in lines of Python, and so is the same on each machine. What regular expressions do is not counted;
`tests/benchmarks/bench_traps.py` measures it.
"""

from __future__ import annotations

import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from _traps import READERS, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.dear

MOST = 5.0
# Below that, most of the work is done once.
FEW = 500
# Python counts for us since 3.12; what is said here is about readers, so that one version says it.
monitoring: Any = getattr(sys, "monitoring", None)


@pytest.fixture
def lines() -> Iterator[list[int]]:
    """Give a list whose only number grows with each line of Python that is run, in any thread."""
    if monitoring is None:
        pytest.skip("this Python does not count")
    tool, count = 4, [0]

    def line(*_: object) -> None:
        count[0] += 1

    monitoring.use_tool_id(tool, "tests of work")
    monitoring.register_callback(tool, monitoring.events.LINE, line)
    monitoring.set_events(tool, monitoring.events.LINE)
    try:
        yield count
    finally:
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, monitoring.events.LINE, None)
        monitoring.free_tool_id(tool)


def grows(reader: Reader, lines: list[int]) -> dict[str, tuple[int, int]]:
    """Return the inputs with which the work grows too fast, and how much it is."""
    too_much: dict[str, tuple[int, int]] = {}
    for what, make in [*reader.inputs.items()][:: reader.each]:
        counts: list[int] = []
        for length in (reader.length, 4 * reader.length):
            value = make(length)
            lines[0] = 0
            reader.read(value)
            counts.append(lines[0])
        if counts[1] > MOST * max(counts[0], FEW):
            too_much[what] = counts[0], counts[1]
    return too_much


@pytest.mark.parametrize("name", READERS)
def test_four_times_the_length_is_at_most_five_times_the_work(name: str, lines: list[int]) -> None:
    assert grows(READERS[name], lines) == {}


def test_too_much_work_is_noticed(lines: list[int]) -> None:
    def compare(values: range) -> None:
        for value in values:
            for other in values[:value]:
                assert value != other

    def count(values: range) -> None:
        for value in values:
            assert value >= 0

    assert grows(Reader(compare, {"numbers": range}, 50), lines).keys() == {"numbers"}
    assert grows(Reader(count, {"numbers": range}, 1000), lines) == {}


LENGTH = 32 * 1024
# The share of 64 MiB for 2 MiB, and what is spent once.
BOUND = (1 + 3) * 2**20


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if not reader.has_memory])
def test_memory_is_bounded(name: str) -> None:
    reader = READERS[name]
    too_much: dict[str, int] = {}
    for what, make in [*reader.inputs.items()][:: reader.each]:
        value = make(LENGTH)
        reader.read(make(1000))
        tracemalloc.start()
        try:
            reader.read(value)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        if peak > BOUND:
            too_much[what] = peak
    assert not too_much
