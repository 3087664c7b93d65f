"""Runs targets for some seconds each, two at a time: `several.py FOLDER SECONDS [TARGET...]`; `run` says the rest.

Each runs in a process that is forked from this one, in which all is loaded already: that takes seconds.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import fuzz

_MOST_AT_ONCE = 2
_MOST_LINES = 40
_WIDEST = 200


def begin(name: str, folder: Path, seconds: str) -> int:
    """Start a target, and return the number of its process. What went wrong last time is tried again first."""
    faults, corpus, seeds = folder / "faults" / name, folder / "corpus" / name, folder / "seeds" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for file in inputs(faults):
        file.rename(corpus / file.name)
    shutil.rmtree(faults, ignore_errors=True)
    faults.mkdir(parents=True)
    fuzz.write_seeds(seeds, fuzz.TARGETS[name])
    sys.stdout.flush()
    process = os.fork()
    if not process:
        log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        options = [f"--faults={faults}", f"-artifact_prefix={faults}/", f"-max_total_time={seconds}", "-seed=1"]
        fuzz.main([name, *options, "-print_final_stats=1", str(corpus), str(seeds)])
    return process


def inputs(faults: Path) -> list[Path]:
    """Return the inputs in which something went wrong."""
    return sorted(file for file in faults.glob("*") if file.suffix != ".txt")


def tell(name: str, folder: Path, status: int) -> bool:
    """Print what a target has found; return whether that is nothing."""
    log = (folder / f"{name}.log").read_text("utf-8", "replace")
    numbers = [
        (re.findall(pattern, log) or ["0"])[-1]
        for pattern in (r"number_of_executed_units: *(\d+)", r"cov: (\d+)", r"ft: (\d+)")
    ]
    found = inputs(folder / "faults" / name)
    faults = " ".join(file.name for file in found) or ("none" if status == 0 else f"exit status {status}")
    print("{:<14} {:>10} {:>7} {:>9}  {}".format(name, *numbers, faults))
    for file in found:
        report = file.with_name(f"{file.name}.txt")
        print(f"\n--- {name}: {file.name}. To see it again:")
        print(f"base64 -d >input <<<{base64.b64encode(file.read_bytes()).decode()}")
        print(f"python .ci/fuzz/fuzz.py {name} input")
        print(end_of(report.read_text("utf-8") if report.exists() else log))
    if status and not found:
        print(end_of(log))
    return status == 0 and not found


def end_of(text: str) -> str:
    """Return the last lines of a text, not too wide ones."""
    return "\n".join(line[:_WIDEST] for line in text.splitlines()[-_MOST_LINES:])


def main(folder: Path, seconds: str, names: list[str]) -> int:
    """Run targets; return the exit status."""
    if unknown := {*names} - {*fuzz.TARGETS}:
        print(f"There is no target {min(unknown)}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print("{:<14} {:>10} {:>7} {:>9}  {}".format("target", "executions", "edges", "features", "faults"))
    left, running, sound = names or [*fuzz.TARGETS], dict[int, str](), True
    try:
        while left or running:
            while left and len(running) < _MOST_AT_ONCE:
                name = left.pop(0)
                running[begin(name, folder, seconds)] = name
            process, status = os.wait()
            sound &= tell(running.pop(process), folder, os.waitstatus_to_exitcode(status))
    finally:
        for process in running:
            os.kill(process, signal.SIGKILL)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
