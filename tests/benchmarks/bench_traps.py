"""Measure what four times the length costs where inputs were made to take long: ``python bench_traps.py [READER ...]``.

Processor time, of which regular expressions may take most; `tests/test_work.py` counts the rest. Of each reader the
table shows the input that grows fastest; of a few milliseconds, most are spent on what is done once.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from _timed import fastest
from _traps import READERS

LONG = 16
"""How many times the length of `tests/test_work.py` the longer input has."""
LEAST = 0.02


def main() -> None:
    """Print the table."""
    for name, reader in READERS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        worst, which = 0.0, "none takes long"
        for what, make in reader.inputs.items():
            values = [make(reader.length * times) for times in (LONG // 4, LONG)]
            short, long = (fastest(reader.read, value, 1) for value in values)
            if long > max(LEAST, worst * short):  # other work on the machine may have come between
                short, long = (
                    min(first, fastest(reader.read, value, 5))
                    for first, value in zip((short, long), values, strict=True)
                )
            if long > max(LEAST, worst * short):
                worst, which = long / short, what
        print(f"{name:32}  {worst:.2f}  at most 6  {which}", flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
