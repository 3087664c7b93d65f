"""Check thousands of install links on the workers of a Dask cluster, and print a line of JSON for each.

python -m pip install itms_ota 'dask[distributed]'
python dask_check.py links.txt                        # on all cores of this machine
python dask_check.py links.txt tcp://scheduler:8786   # on a cluster, whose workers have itms_ota installed

The list has one link a line. Empty lines and those that begin with # are left out. The exit status is 1 if one fails.

A batch of links is a task. Where a worker dies, Dask gives its batches to others, which check them again from the
beginning. Each task has one result, so no link has two reports. A scheduler of your own needs the setting below, too
(DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION=1.0).
"""

from __future__ import annotations

import json
import sys
import uuid
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
from dask.distributed import Client, Future, as_completed

from itms_ota.check import check_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A task that only waits at a worker would be blamed for its death, and after some deaths given up.
dask.config.set({"distributed.scheduler.worker-saturation": 1.0})

BATCH = 50  # links of a task: what is lost with a worker
AHEAD = 200  # tasks at the scheduler at a time, whatever the number of links


def check_batch(links: list[str], options: dict[str, Any]) -> list[tuple[str, dict[str, object]]]:
    """Check links on a worker; return each with its report for JSON."""
    return [(link, report.to_dict()) for link, report in check_many(links, **options)]


def check_all(
    client: Client, links: Iterable[str], *, batch: int = BATCH, **options: Any
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each different link with its report, as they finish.

    A batch that took several workers along has an error in place of its reports: Dask gives it up (KilledWorker).
    """
    different = iter(dict.fromkeys(links))
    run = uuid.uuid4()  # a check of another time is another task
    numbers = count()
    tasks: dict[Future, list[str]] = {}
    done = as_completed()

    def submit_next() -> None:
        if part := [*islice(different, batch)]:
            task = client.submit(check_batch, part, options, key=f"check-{run}-{next(numbers)}", pure=False)
            tasks[task] = part
            done.add(task)

    for _ in range(AHEAD):
        submit_next()
    for task in done:
        part = tasks.pop(task)
        submit_next()
        try:
            yield from task.result()
        except Exception as error:  # noqa: BLE001 -- whatever a worker or Dask raised
            yield from ((link, {"ok": False, "error": repr(error)}) for link in part)
        task.release()


def main(arguments: list[str]) -> int:
    """Check the links of a file, one a line; return the exit status."""
    file, *scheduler = arguments
    lines = map(str.strip, Path(file).read_text("utf-8-sig").splitlines())
    links = (line for line in lines if line and not line.startswith("#"))
    failed = False
    # One check_many at a time in each worker: it has threads of its own.
    with Client(*scheduler) if scheduler else Client(threads_per_worker=1) as client:
        for link, report in check_all(client, links):
            print(json.dumps({"target": link, **report}), flush=True)
            failed |= not report["ok"]
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
