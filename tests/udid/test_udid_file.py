"""The list of devices for Apple's developer website."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from _devices import OLD_UDID, UDID

from itms_ota.errors import DeviceError
from itms_ota.udid import devices_file

HEADER = ["Device ID", "Device Name", "Device Platform"]


def rows(names: dict[str, str]) -> list[list[str]]:
    """Write a list, and read it as a program does that knows tab-separated values."""
    return [*csv.reader(io.StringIO(devices_file(names), newline=""), delimiter="\t", strict=True)]


def refused(names: dict[str, str]) -> list[tuple[str, str, str]]:
    with pytest.raises(DeviceError) as caught:
        devices_file(names)
    assert not any(text in str(caught.value) for text in (*names, *names.values()) if len(text) > 3)
    return [(problem.path, problem.code, problem.level) for problem in caught.value.problems]


def test_devices_stand_in_the_order_in_which_they_are_given() -> None:
    names = {UDID: "Ann's iPhone, 6 × 9", OLD_UDID: "葉 \U0001f469\u200d\U0001f4bb"}
    assert devices_file(names) == (
        "Device ID\tDevice Name\tDevice Platform\n"
        "00008110-000A1B2C3D4E801E\tAnn's iPhone, 6 × 9\tios\n"
        f"{OLD_UDID}\t葉 \U0001f469\u200d\U0001f4bb\tios\n"
    )
    assert rows(names) == [HEADER, [UDID, names[UDID], "ios"], [OLD_UDID, names[OLD_UDID], "ios"]]


def test_no_devices_are_a_file_too() -> None:
    assert rows({}) == [HEADER]


def test_a_device_stands_there_once() -> None:
    names = {UDID: "first", UDID.lower(): "second", UDID.replace("-", ""): "third", OLD_UDID: "x"}
    assert rows(names) == [HEADER, [UDID, "first", "ios"], [OLD_UDID, "x", "ios"]]


def test_the_dash_is_written() -> None:
    assert rows({f" {UDID.replace('-', '')}\n": "x"}) == [HEADER, [UDID, "x", "ios"]]


@pytest.mark.parametrize(
    "name", ["", " ", "a\tb", "a\nb", "a\r", 'a "b"', '"', "a\u2028b", "a\u202eb", "a\0", "\ud800"]
)
def test_a_name_that_cannot_stand_in_a_line_is_refused(name: str) -> None:
    assert refused({OLD_UDID: "x", UDID: name}) == [("names[1]", "bad-device-name", "error")]


def test_everything_that_is_wrong_is_told() -> None:
    names: dict[str, Any] = {"F2LX12AB34": "a", "980E3D0B-5A28-537C-B7CB-7AFD15AFB933": "b\t"}
    assert refused(names) == [
        ("names[0]", "not-a-udid", "error"),
        ("names[1]", "not-a-udid", "error"),
        ("names[1]", "bad-device-name", "error"),
    ]


@pytest.mark.parametrize("names", [{UDID: None}, {UDID: b"x"}, {UDID: "A", UDID.encode(): "B"}])
def test_a_wrong_type_is_told_without_the_udid(names: Any) -> None:
    with pytest.raises(TypeError, match=r"names\[[01]\] must be str, not (?:NoneType|bytes)") as caught:
        devices_file(names)
    assert UDID not in str(caught.value)
