"""Measure what the library costs against what it stands on: ``python tests/benchmarks/bench.py [--quick]``.

Every figure is a ratio of two things measured in turn in this one run, so that it holds on any machine;
processor time of the fastest of several rounds, except where threads or a new process are measured.
"""

from __future__ import annotations

import hashlib
import os
import plistlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from itms_ota import Checksum, InstallLink, Manifest, find_links, inspect_link, inspect_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = tuple[str, str, str]

MANIFEST = Manifest.for_app(
    url="https://apps.example.com/releases/v1.2.3/MyApp.ipa",
    bundle_identifier="com.example.myapp",
    bundle_version="1.2.3",
    title="MyApp",
    subtitle="Example, Inc.",
    display_image_url="https://apps.example.com/releases/v1.2.3/icon-57.png",
    full_size_image_url="https://apps.example.com/releases/v1.2.3/icon-512.png",
    platform_identifier="com.apple.platform.iphoneos",
)
MANIFEST_URL = "https://apps.example.com/releases/v1.2.3/manifest.plist"


def main() -> None:
    """Print the table."""
    quick = "--quick" in sys.argv[1:]
    rows = [("what", "measured", "aim"), *startup(5 if quick else 15), *values(100 if quick else 1000), *hostile()]
    rows += hashing(64 if quick else 1024)
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def startup(rounds: int) -> Iterator[Row]:
    """Import the package in a new process, against the modules that it needs."""
    script = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    with tempfile.TemporaryDirectory() as cache:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = cache

        def seconds(modules: str) -> float:
            command = [sys.executable, "-c", script.format(modules)]
            return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)

        base, ours = "plistlib, dataclasses, urllib.parse", "itms_ota"
        for modules in (base, ours):
            seconds(modules)  # compiles them
        ratios = [(seconds(ours), seconds(base)) for _ in range(rounds)]
    ratio = statistics.median(mine / theirs for mine, theirs in ratios)
    yield "import itms_ota / plistlib + dataclasses + urllib.parse", f"{ratio:.2f}", "1.5, at most 2"


def values(rounds: int) -> Iterator[Row]:
    """Write and read manifests and links, against the functions below them."""
    xml = MANIFEST.to_plist()
    raw = plistlib.loads(xml)
    link = str(InstallLink(MANIFEST_URL))
    for name, ours, theirs, aim in (
        ("to_plist() / plistlib.dumps", MANIFEST.to_plist, lambda: plistlib.dumps(raw), "1.5"),
        ("from_plist / plistlib.loads", lambda: Manifest.from_plist(xml), lambda: plistlib.loads(xml), "1.7"),
        (
            "str(InstallLink(u)) / quote(u)",
            lambda: str(InstallLink(MANIFEST_URL)),
            lambda: quote(MANIFEST_URL, safe=""),
            "3",
        ),
        (
            "from_url(s) / parse_qs(urlsplit(s).query)",
            lambda: InstallLink.from_url(link),
            lambda: parse_qs(urlsplit(link).query),
            "2",
        ),
    ):
        yield name, f"{_ratio(ours, theirs, rounds):.2f}", f"at most {aim}"


def _ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    fastest = [float("inf"), float("inf")]
    for _ in range(rounds):
        for index, function in enumerate((ours, theirs)):
            start = time.process_time()
            for _ in range(20):
                function()
            fastest[index] = min(fastest[index], time.process_time() - start)
    return fastest[0] / fastest[1]


def hostile() -> Iterator[Row]:
    """Look through half a MiB and a MiB of what was made to be slow: twice the text, twice the time."""
    size = 512 * 1024
    cases: tuple[tuple[str, Callable[[str], object], str], ...] = (
        ("inspect_manifest, ampersands", _text_of_plist, "&"),
        ("inspect_manifest, open elements", _body_of_plist, "<dict><key>a"),
        ("inspect_manifest, unknown keys", _many_keys, "x"),
        ("inspect_link, separators", _query_of_link, "&amp;url="),
        ("find_links, mentions", find_links, '("itms-services:?'),
        ("find_links, links", find_links, "itms-services://?action=download-manifest&url="),
    )
    for name, inspect, unit in cases:
        short, long = (_seconds(inspect, unit * (length // len(unit))) for length in (size, 2 * size))
        yield f"{name}: 1 MiB / 0.5 MiB", f"{long / short:.2f} ({long:.2f} s)", "2"


def _text_of_plist(text: str) -> object:
    return inspect_manifest(f"<plist><string>{text}</string></plist>".encode())


def _body_of_plist(text: str) -> object:
    return inspect_manifest(f"<plist>{text}".encode())


def _query_of_link(text: str) -> object:
    return inspect_link(f"itms-services://?{text}")


def _many_keys(text: str) -> object:
    keys = "".join(f"<key>bundle-identifer{number}</key><true/>" for number in range(len(text) // 40))
    return inspect_manifest(f"<plist><dict><key>items</key><array/>{keys}</dict></plist>".encode())


def _seconds(inspect: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    inspect(text)
    return time.process_time() - start


def hashing(mebibytes: int) -> Iterator[Row]:
    """Hash a file in threads, against one thread of hashlib over the same chunks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "MyApp.ipa")
        block = os.urandom(1 << 20)
        with path.open("wb") as file:
            for _ in range(mebibytes):
                file.write(block)
        one_thread(path)  # the file comes from memory from here on
        ratios: list[float] = []
        for _ in range(3):
            start = time.perf_counter()
            expected = one_thread(path)
            middle = time.perf_counter()
            assert Checksum.of(path).digests == tuple(expected)
            ratios.append((middle - start) / (time.perf_counter() - middle))
    name = f"one thread / Checksum.of, {mebibytes} MiB, {os.cpu_count()} cores"
    yield name, f"{statistics.median(ratios):.2f}", "1.7 on two free cores"


def one_thread(path: Path) -> list[str]:
    """Hash chunks of 10 MiB as simply as can be."""
    digests: list[str] = []
    with path.open("rb") as file:
        while chunk := file.read(10 * 1024 * 1024):
            digests.append(hashlib.sha256(chunk).hexdigest())
    return digests


if __name__ == "__main__":
    main()
