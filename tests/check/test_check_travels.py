"""A report of a real check travels: it is pickled, copied, and sent through a process pool."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from _deployment import MANIFEST_URL, Deployment
from _server import Server, anonymous_contexts

from itms_ota.check import CheckReport, Step, check
from itms_ota.remote import Response, Tls

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def report() -> CheckReport:
    theirs, ours = anonymous_contexts()
    with Server(Deployment.healthy().handler, theirs) as server:
        return check(MANIFEST_URL, tls_context=ours, connect_to=server.connect_to)


def through_a_process(report: CheckReport) -> CheckReport:
    # Not forked: nothing but the pickle gets there.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(copy.copy, report).result()


WAYS: list[Callable[[CheckReport], CheckReport]] = [
    *(lambda report, protocol=protocol: pickle.loads(pickle.dumps(report, protocol)) for protocol in range(2, 6)),  # noqa: S301 -- our own
    copy.copy,
    copy.deepcopy,
    through_a_process,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_report_of_a_real_server_travels(way: Callable[[CheckReport], CheckReport], report: CheckReport) -> None:
    assert len(report.packages) == 1
    came = way(report)
    assert came == report
    assert (repr(came), str(came), came._repr_html_()) == (repr(report), str(report), report._repr_html_())
    assert came.to_dict() == report.to_dict()
    assert came.packages[0].problems() == report.packages[0].problems()
    assert (came.packages[0].info, came.packages[0].size) == (report.packages[0].info, report.packages[0].size)


def test_a_pickle_names_what_people_import(report: CheckReport) -> None:
    assert CheckReport.__module__ == Step.__module__ == check.__module__ == "itms_ota.check"
    assert Response.__module__ == Tls.__module__ == "itms_ota.remote"
    step = pickle.dumps(report.steps[0], 2)
    assert b"citms_ota.check\nStep\n" in step
    assert b"citms_ota.remote\nTls\n" in step
    assert pickle.loads(step) == report.steps[0]  # noqa: S301 -- our own
