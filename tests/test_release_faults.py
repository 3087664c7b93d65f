"""What is left of a release where a build is killed, the disk fails, or the clock jumps."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _long import mutants
from _signing import make_signed_ipa

from itms_ota.errors import IpaError
from itms_ota.release import build_release
from itms_ota.release._folder import put_back

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://apps.example.com/"
STEPS = 40  # a build that replaces a release takes fewer on the disk
SCRIPT = Path(__file__).with_name("_faults.py")

pytestmark = pytest.mark.usefixtures("trusted")


def outcomes(folder: Path, kind: str, number: int, each: int = 1) -> list[dict[str, Any]]:
    """Run the script, in whose one thread a process can be forked."""
    if not hasattr(os, "fork"):
        pytest.skip("no process is forked here")
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, SCRIPT, folder / "apps", kind, str(number), str(each)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == number // each
    return found


def assert_nothing_is_lost(came: dict[str, Any]) -> None:
    """See that a whole release is there: the former, the new one, or the former hidden until the next build."""
    had, left = came["had"], came["left"]
    assert left in {had, "new", "rival", None}
    # Under the hidden name there is at most what is not in its place.
    assert came["hidden"] == ([had] if had and not left else []) or (came["hidden"] == [had] and left != had)
    assert came["back"] == (left or had)


@pytest.mark.dear
def test_a_build_that_is_killed_at_random_moments(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "killed at random", mutants(12, 200))
    for came in found:
        assert came["status"] in {0, -9}
        assert_nothing_is_lost(came)
        assert came["status"] == -9 or came["left"] in {"new", "rival"}
        assert not came["rival"] or came["left"] in {"new", "rival"}
    print(Counter((came["status"], came["left"]) for came in found))  # noqa: T201 -- for docs/reliability.md


@pytest.mark.dear
def test_a_build_that_is_killed_at_each_step_on_the_disk(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "killed at a step", STEPS)
    for came in found:
        assert_nothing_is_lost(came)
        assert came["status"] == (0 if came is found[-1] else -9) or came["left"] == "new"
    # Each moment was met: before it, while the place is empty, and after it.
    assert {(came["left"], *came["hidden"]) for came in found} == {("old",), (None, "old"), ("new", "old"), ("new",)}


@pytest.mark.dear
@pytest.mark.parametrize("kind", ["a step fails", "the disk is full", "the disk takes no change", "files end early"])
def test_a_disk_that_fails(tmp_path: Path, kind: str) -> None:
    found = outcomes(tmp_path, kind, *((10, 1) if kind == "files end early" else (STEPS, mutants(2, 1))))
    for came in found:
        assert_nothing_is_lost(came)
        # An error means that the former release stayed, and no error that the new one is there.
        assert (came["status"], came["left"]) in {(0, "new"), (1, "old"), (1, None)}
        if kind in {"the disk is full", "files end early"}:
            assert (came["leftovers"], came["left"] is None) == (0, False)
    assert {came["status"] for came in found} == {0, 1}
    # Only where the former release cannot be put back either.
    assert {came["left"] for came in found} >= {"old", "new"}
    assert (None in {came["left"] for came in found}) is (kind == "the disk takes no change")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 1.5 MB, or skip where this user may not make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1536k", "tmpfs", folder], check=False, capture_output=True
    )
    if not made or made.returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_and_one_that_is_read_only(small: Path) -> None:
    files = {"Payload/MyApp.app/data": os.urandom(900_000)}
    ipa = small.with_name("MyApp.ipa")
    ipa.write_bytes(make_signed_ipa(files=files))
    build_release(ipa, BASE, small / "out", allow_problems=True)
    before = {path.name: path.read_bytes() for path in (small / "out").iterdir()}
    number = 0
    for number in (errno.ENOSPC, errno.EROFS):
        if number == errno.EROFS:
            subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        with pytest.raises(OSError, match=os.strerror(number)) as caught:
            build_release(ipa, f"{BASE}2/", small / "out", replace=True, allow_problems=True)
        assert caught.value.errno == number
        assert [path.name for path in small.iterdir()] == ["out"]
        assert {path.name: path.read_bytes() for path in (small / "out").iterdir()} == before


# What a build that was killed had moved away


def leave(parent: Path, name: str = "out", scratch: str = "a", number: str = "0", at: int = 1) -> Path:
    """Leave what a build does that is killed while its place is empty; return what it moved away."""
    note = parent / f".itms_ota-{scratch}" / "replaces"
    (note.parent / "new").mkdir(exist_ok=True, parents=True)
    note.write_bytes(os.fsencode(name))
    os.utime(note, (at, at))
    old = parent / f".itms_ota-{scratch}-old{number}"
    old.mkdir()
    (old / "whose").write_text(scratch + number, encoding="utf-8")
    return old


def test_the_next_build_puts_it_back_even_if_it_fails(tmp_path: Path) -> None:
    old, out = leave(tmp_path), tmp_path / "out"
    ipa = tmp_path / "a.ipa"
    ipa.write_bytes(b"no archive")
    with pytest.raises(IpaError):
        build_release(ipa, BASE, out)
    assert (out / "whose").read_text("utf-8") == "a0"
    assert not old.exists()


def test_what_is_there_stays(tmp_path: Path) -> None:
    old, out = leave(tmp_path), tmp_path / "out"
    out.write_text("mine", encoding="utf-8")
    put_back(out)
    assert out.read_text("utf-8") == "mine"
    assert old.exists()


def test_of_several_the_last_that_was_moved_away_is_put_back(tmp_path: Path) -> None:
    leave(tmp_path, scratch="c", at=1)
    for number in ("2", "10", "9"):
        leave(tmp_path, scratch="a", number=number, at=3)
    leave(tmp_path, scratch="b", at=2)
    put_back(tmp_path / "out")
    assert (tmp_path / "out" / "whose").read_text("utf-8") == "a10"


def test_what_was_replaced_does_not_come_back(tmp_path: Path) -> None:
    """A build that was killed right after its last step; somebody deleted the release since."""
    leave(tmp_path)
    (tmp_path / ".itms_ota-a" / "new").rename(tmp_path / "out")
    put_back(tmp_path / "out")
    (tmp_path / "out").rmdir()
    put_back(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_another_folders_or_nobodys_stays(tmp_path: Path) -> None:
    leave(tmp_path, "other", "a")
    leave(tmp_path, scratch="b", number="x")
    (tmp_path / ".itms_ota-c-old0").mkdir()
    leave(tmp_path, scratch="d").rename(tmp_path / "elsewhere")
    before = sorted(tmp_path.iterdir())
    put_back(tmp_path / "out")
    put_back(tmp_path / "nowhere" / "out")
    assert sorted(tmp_path.iterdir()) == before


def test_a_name_of_any_length_and_kind_is_put_back(tmp_path: Path) -> None:
    for number, name in enumerate(["é" * 100 + "x" * 55, "a-old0", " [x]*", ".itms_ota-y"]):
        leave(tmp_path, name, str(number))
        put_back(tmp_path / name)
        assert (tmp_path / name / "whose").read_text("utf-8") == f"{number}0"


def test_what_the_system_refuses_to_put_back_is_kept_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ipa, out = tmp_path / "a.ipa", tmp_path / "made" / "out"
    ipa.write_bytes(make_signed_ipa())
    build_release(ipa, BASE, out, make_parents=True, allow_problems=True)
    rename = Path.rename

    def once(self: Path, target: Path) -> Path:
        if self != out:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    def taken(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", once)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", taken)
    with pytest.raises(OSError, match="because the system refuses to rename it") as caught:
        build_release(ipa, BASE, out, replace=True, allow_problems=True)
    assert type(caught.value).__name__ == "ProseError"
    (kept,) = out.parent.iterdir()
    assert str(kept) in str(caught.value)
    assert caught.value.errno == errno.EIO
    assert (kept / "manifest.plist").exists()


# The clock


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ipa = tmp_path / "a.ipa"
    ipa.write_bytes(make_signed_ipa())
    first = build_release(ipa, BASE, tmp_path / "first", allow_problems=True)
    turns = iter(range(1_000_000))
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + (-1) ** next(turns) * 3e8)
    for replace in (False, True):
        second = build_release(ipa, BASE, tmp_path / "second", allow_problems=True, replace=replace)
        for path, other in zip(first.paths, second.paths, strict=True):
            assert path.read_bytes() == other.read_bytes()
