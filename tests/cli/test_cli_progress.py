"""The line on a terminal that says how far long work is."""

from __future__ import annotations

import io

import pytest

from itms_ota._cli._progress import Line, progress


class Terminal(io.StringIO):
    """Standard error of somebody who looks at it."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def look_at_it(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return what is shown from now on; pytest would put back what a fixture sets."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    return terminal


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def shown(terminal: Terminal) -> list[str]:
    lines = terminal.getvalue().split("\r\033[K")
    assert lines[0] == ""
    terminal.seek(0)
    terminal.truncate()
    return lines[1:]


def test_bytes_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)
    clock = Clock()
    line = Line("hashing", clock)
    for seconds, done in ((0, 0), (1, 10_000_000), (1.05, 11_000_000), (2, 30_000_000), (80, 1_200_000_000)):
        clock.now = 100 + seconds
        line(done, 1_200_000_000)
    line.wipe()
    assert shown(terminal) == [
        "hashing: 0.0 MB of 1,200.0 MB, 0%",
        "hashing: 10.0 MB of 1,200.0 MB, 1%, 10.0 MB/s, 1:59 left",
        "hashing: 30.0 MB of 1,200.0 MB, 2%, 15.0 MB/s, 1:18 left",
        "hashing: 1,200.0 MB of 1,200.0 MB, 100%, 15.0 MB/s",
        "",
    ]


def test_a_stream_has_no_end_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)
    clock = Clock()
    line = Line("hashing", clock)
    line(1_000_000, None)
    clock.now += 2
    line(4_000_000, None)
    assert shown(terminal) == ["hashing: 1.0 MB", "hashing: 4.0 MB, 2.0 MB/s"]


def test_the_next_file_is_measured_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)
    clock = Clock()
    line = Line("downloading", clock)
    line(5_000_000, 5_000_000)
    clock.now += 10
    line(0, 2_000_000)
    clock.now += 1
    line(1_000_000, 2_000_000)
    assert shown(terminal)[1:] == [
        "downloading: 0.0 MB of 2.0 MB, 0%",
        "downloading: 1.0 MB of 2.0 MB, 50%, 1.0 MB/s, 0:01 left",
    ]


def test_an_empty_file(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)
    Line("hashing", Clock())(0, 0)
    assert shown(terminal) == ["hashing: 0.0 MB of 0.0 MB"]


def test_the_line_is_wiped_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)

    def work() -> None:
        with progress("hashing") as line:
            assert line is not None
            line(1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert shown(terminal)[-1] == ""


def test_what_shows_nothing_wipes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)
    with progress("hashing"):
        pass
    assert terminal.getvalue() == ""


def test_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at_it(monkeypatch)
    with progress("hashing", quiet=True) as line:
        assert line is None
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress("hashing") as line:
        assert line is None
    assert terminal.getvalue() == ""
