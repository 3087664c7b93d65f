"""Builds that are killed, or meet a disk that fails: a script, whose one thread forks a process for each build.

`python _faults.py FOLDER KIND NUMBER EACH` does so for each so-manieth turn below a number, and prints what came of it
as JSON, a line each.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _make_ipa import INFO, make_png
from _signing import make_signed_ipa

from itms_ota import Manifest
from itms_ota.ipa import read_ipa
from itms_ota.release import build_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
BASE = "https://apps.example.com/"
# What Python tells of its own accord before it touches the disk (the audit events of the library reference).
EVENTS = {
    *("open", "os.chmod", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir"),
    *("shutil.copyfile", "shutil.rmtree", "tempfile.mkdtemp"),
}
# No step of its own that could fail: what it does is told as well.
STEPS = EVENTS - {"shutil.rmtree"}
CHANGES = STEPS - {"os.listdir", "os.scandir"}


class Disk:
    """What becomes of the n-th step on the disk, counted by the audit events of this process."""

    def __init__(self) -> None:
        self.steps: Iterator[int] | None = None
        self.event: Callable[[int, str, tuple[Any, ...]], object] | None = None
        sys.addaudithook(self._hook)

    def _hook(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self.steps is not None and self.event is not None and name in EVENTS:
            self.event(next(self.steps), name, arguments)

    def __enter__(self) -> None:
        self.steps = itertools.count()

    def __exit__(self, *_: object) -> None:
        self.steps = None


DISK = Disk()


def prepare(folder: Path) -> None:
    """Make the app, and a release of it; all that a build loads is loaded by then."""
    icons = {"AppIcon60x60@2x.png": make_png(120)}
    files = {"Payload/MyApp.app/data": random.Random(15).randbytes(300_000)}
    info = {**INFO, "CFBundleIconFiles": [*icons]}
    folder.mkdir(parents=True)
    (folder / "MyApp.ipa").write_bytes(make_signed_ipa(info=info, icons=icons, files=files))
    made = folder / "made"
    made.mkdir()
    build(made, "old")


def build(made: Path, version: str) -> None:
    ipa, base = made.parent / "MyApp.ipa", f"{BASE}{version}/"
    build_release(ipa, base, made / "out", replace=True, allow_problems=True, now=NOW)


def forked(action: Callable[[], object]) -> int:
    """Do something in a process of its own, and return its number. It ends with 0, or 1 where an OSError came."""
    number = os.fork()
    if number:
        return number
    status = 3
    try:
        action()
        status = 0
    except OSError:
        status = 1
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def ended(number: int) -> int:
    """Wait for a process, and return its status, below 0 that of a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def whose(folder: Path) -> str | None:
    """Return the version of a release, None where there is no folder; that it is whole is asserted."""
    if not folder.exists():
        return None
    manifest = Manifest.from_plist((folder / "manifest.plist").read_bytes())
    package = manifest.items[0].package
    assert package is not None
    names = {"MyApp.ipa", "manifest.plist", "index.html", "display-image.png", "full-size-image.png"}
    assert {path.name for path in folder.iterdir()} == names
    assert read_ipa(folder / "MyApp.ipa").compare(manifest, verify_hashes=True) == ()
    assert (folder / "index.html").read_bytes().endswith(b"</html>\n")
    return package.url.removeprefix(BASE).partition("/")[0]


def moved(made: Path) -> list[str | None]:
    """Return the versions of the releases that are kept under a hidden name."""
    return [whose(path) for path in made.glob(".itms_ota-*-old*")]


def outcome(made: Path, status: int, *, had: str | None) -> dict[str, Any]:
    """Return what a build left, and what the next one makes of it, even one whose app is missing."""
    out, hidden = made / "out", moved(made)
    left = whose(out)
    (made.parent / "MyApp.ipa").unlink()
    assert ended(forked(lambda: build(made, "next"))) == 1
    return {"had": had, "status": status, "left": left, "hidden": hidden, "back": whose(out)}


def room(folder: Path, number: int, *, empty: bool = False) -> Path:
    """Make a folder that has a release, or nothing."""
    made = folder / str(number) / "made"
    made.mkdir(parents=True)
    (made.parent / "MyApp.ipa").symlink_to(folder / "MyApp.ipa")
    if not empty:
        shutil.copytree(folder / "made" / "out", made / "out")
    return made


def killed_at_random(folder: Path, number: int, source: random.Random) -> dict[str, Any]:
    """Kill a build at a random moment; of each four there was nothing before one, and another build beside one."""
    empty, rival = number % 4 == 1, number % 4 == 3
    made = room(folder, number, empty=empty)
    begin = time.perf_counter()
    assert ended(forked(lambda: build(folder / "made", "old"))) == 0
    usual = time.perf_counter() - begin
    other = forked(lambda: build(made, "rival")) if rival else None
    victim = forked(lambda: build(made, "new"))
    time.sleep(source.random() * usual)
    os.kill(victim, signal.SIGKILL)
    status = ended(victim)
    if other is not None:
        assert ended(other) == 0
    return {"rival": rival, **outcome(made, status, had=None if empty else "old")}


def killed_at_step(folder: Path, number: int, _: random.Random) -> dict[str, Any]:
    """Kill a build right before a step on the disk."""

    def kill(step: int, *_: object) -> None:
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    made = room(folder, number)
    DISK.event = kill
    status = ended(forked(lambda: _on_disk(made)))
    return outcome(made, status, had="old")


def _on_disk(made: Path) -> None:
    with DISK:
        build(made, "new")


def failing(error: int, *, for_ever: bool, events: set[str]) -> Callable[[Path, int, random.Random], dict[str, Any]]:
    """Let a step on the disk fail, or from then on each of these."""

    def run(folder: Path, number: int, _: random.Random) -> dict[str, Any]:
        def fail(step: int, name: str, arguments: tuple[Any, ...]) -> None:
            reads = name == "open" and not (arguments[2] & (os.O_WRONLY | os.O_RDWR))
            if name in events and not reads and (step == number or (for_ever and step > number)):
                raise OSError(error, os.strerror(error))

        made = room(folder, number)
        DISK.event = fail
        status = ended(forked(lambda: _on_disk(made)))
        return {"leftovers": len([*made.glob(".itms_ota-*")]), **outcome(made, status, had="old")}

    return run


def too_large(folder: Path, number: int, _: random.Random) -> dict[str, Any]:
    """Let the system stop each file at a size, in the middle of a write."""
    sizes = [0, 1, 500, 2000, 5000, 20_000, 65_536, 200_000, 300_000, 10_000_000]
    size = sizes[number % len(sizes)]
    made = room(folder, number)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        build(made, "new")

    status = ended(forked(limited))
    return {"leftovers": len([*made.glob(".itms_ota-*")]), **outcome(made, status, had="old")}


KINDS: dict[str, Callable[[Path, int, random.Random], dict[str, Any]]] = {
    "killed at random": killed_at_random,
    "killed at a step": killed_at_step,
    "a step fails": failing(errno.EIO, for_ever=False, events=STEPS),
    "the disk is full": failing(
        errno.ENOSPC, for_ever=True, events=CHANGES - {"os.chmod", "os.remove", "os.rename", "os.rmdir"}
    ),
    "the disk takes no change": failing(errno.EROFS, for_ever=True, events=CHANGES),
    "files end early": too_large,
}


def main() -> None:
    """Do what the command line says."""
    folder, kind, turns = Path(sys.argv[1]), sys.argv[2], range(int(sys.argv[3]))[:: int(sys.argv[4])]
    prepare(folder)
    source = random.Random(15)
    for turn in turns:
        print(json.dumps(KINDS[kind](folder, turn, source)), flush=True)  # noqa: T201 -- read by the test


if __name__ == "__main__":
    main()
