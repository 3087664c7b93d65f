"""docs/examples/dask_check.py on a cluster of two workers, one of which is killed; skipped where there is no Dask."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from itms_ota.check import CheckReport
from itms_ota.remote import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
distributed: Any = pytest.importorskip("dask.distributed", exc_type=ImportError)
pytestmark = pytest.mark.filterwarnings("default")  # Dask's own are not ours to mend
LINKS = [f"https://apps{number % 40}.example.com/{number}.plist" for number in range(2000)]


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    sys.path.insert(0, str(EXAMPLES))  # the workers are started with the same path
    yield importlib.import_module("dask_check")
    sys.path.remove(str(EXAMPLES))


@pytest.fixture
def client(example: object) -> Iterator[Any]:
    assert example
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


def noting(log: Path, dies: Callable[[str], bool]) -> Callable[..., Response]:
    """Make a fetch that notes what is asked and by which process; where it is told to, the process is killed."""

    def fetch(_method: str, url: str, *_: object) -> Response:
        with log.open("a") as file:
            file.write(f"{os.getpid()} {url}\n")
        if dies(url):
            os.kill(os.getpid(), signal.SIGKILL)
        return Response(404, {}, b"")

    return fetch


def asked(log: Path) -> list[tuple[str, str]]:
    """Give the processes that asked, and what they asked for."""
    lines = [line.split() for line in log.read_text().splitlines()]
    return [(process, url) for process, url in lines]


def test_2000_links_although_a_worker_is_killed(example: Any, client: Any, tmp_path: Path) -> None:
    log, killed = tmp_path / "log", tmp_path / "killed"

    def dies(url: str) -> bool:
        if url != LINKS[1234] or killed.exists():
            return False
        killed.touch()
        return True

    found = list(example.check_all(client, LINKS, batch=20, fetch=noting(log, dies)))
    assert killed.exists()
    assert sorted(link for link, _ in found) == sorted(LINKS)  # all of them, and none twice
    assert {report["report"] for _, report in found} == {"check"}
    reports = {link: CheckReport.from_dict(report) for link, report in found}
    assert {problem.code for report in reports.values() for problem in report.problems} == {"http-status"}
    requests = asked(log)
    assert {url for _, url in requests} == {*LINKS}
    assert len({process for process, _ in requests}) >= 2  # one in place of the killed one may come too late
    assert len([process for process, url in requests if url == LINKS[1234]]) == 2
    assert len({process for process, url in requests if url == LINKS[1234]}) == 2


def test_a_batch_that_kills_every_worker_does_not_keep_the_others(example: Any, client: Any, tmp_path: Path) -> None:
    links = LINKS[:60]

    def dies(url: str) -> bool:
        return url == links[25]

    found = list(example.check_all(client, [*links, *links], batch=10, fetch=noting(tmp_path / "log", dies)))
    assert sorted(link for link, _ in found) == sorted(links)
    lost = {link for link, report in found if "error" in report}
    assert lost == {*links[20:30]}
    assert all("KilledWorker" in str(report["error"]) for link, report in found if link in lost)


def test_the_example_as_a_program(tmp_path: Path) -> None:
    links = [f"https://127.0.0.1:1/{number}.plist" for number in range(7)]
    file = tmp_path / "links.txt"
    file.write_text("\n".join(["# the apps", *links, "", links[0]]))
    command = [sys.executable, str(EXAMPLES / "dask_check.py"), str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(line["target"] for line in lines) == links
    assert {problem["code"] for line in lines for problem in line["problems"]} == {"loopback-host"}
    file.write_text("# nothing yet\n")
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "")
