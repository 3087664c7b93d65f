"""Measure what the library costs against what it stands on: ``python tests/benchmarks/bench.py [--quick]``.

Every figure is a ratio of two things measured in turn in this one run, so that it holds on any machine;
processor time of the fastest of several rounds, except where threads or a new process are measured.
"""

from __future__ import annotations

import hashlib
import io
import os
import plistlib
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

import _hostile
from _timed import fastest

from itms_ota import Checksum, InstallLink, Manifest, ManifestError, _urls, find_links, inspect_link, inspect_manifest
from itms_ota.errors import IpaError
from itms_ota.ipa import read_ipa
from itms_ota.profile import ProvisioningProfile

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
    """Print the table, each row as soon as it is measured."""
    quick = "--quick" in sys.argv[1:]
    rows = (
        [("what", "measured", "aim")],
        startup(5 if quick else 15),
        values(100 if quick else 1000),
        hostile(_hostile.LARGEST // 16 if quick else _hostile.LARGEST),
        hashing(64 if quick else 1024),
    )
    for what, measured, aim in chain.from_iterable(rows):
        print(f"{what:<80}  {measured:<8}  {aim}".rstrip(), flush=True)


def startup(rounds: int) -> Iterator[Row]:
    """Import the package in a new process, and inspect a manifest, against the modules that this needs."""
    script = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        path = Path(folder, "manifest.plist")
        path.write_bytes(MANIFEST.to_plist())

        def run(*arguments: str) -> str:
            command = [sys.executable, *arguments]
            return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

        def importing(modules: str) -> float:
            return float(run("-c", script.format(modules)))

        def process(*arguments: str) -> float:
            start = time.perf_counter()
            run(*arguments)
            return time.perf_counter() - start

        inspect, modules = ("-m", "itms_ota", "inspect", str(path)), "plistlib, dataclasses, urllib.parse"
        for name, ours, theirs, aim in (
            (
                "import itms_ota / plistlib + dataclasses + urllib.parse",
                partial(importing, "itms_ota"),
                partial(importing, modules),
                "1.5, at most 2",
            ),
            (
                "itms_ota inspect / import of plistlib, processes",
                partial(process, *inspect),
                partial(process, "-c", "import plistlib"),
                "1.6",
            ),
            (
                "itms_ota inspect / import of argparse + dataclasses + urllib.parse, processes",
                partial(process, *inspect),
                partial(process, "-c", "import argparse, dataclasses, urllib.parse"),
                "",
            ),
        ):
            # The first round compiles them.
            _, *ratios = [ours() / theirs() for _ in range(rounds + 1)]
            yield name, f"{statistics.median(ratios):.2f}", aim


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


def hostile(length: int) -> Iterator[Row]:
    """Read what was made to be slow, and four times as much of it; show of each reader what grows fastest."""
    # Whether the system hands out new pages for each large text depends on the largest block that the process gave back
    # before (mallopt(3), M_MMAP_THRESHOLD). From here on it keeps them, so that the reader is measured.
    bytes(31 << 20)
    xml, binaries = _hostile.XML.values(), _hostile.BINARY.values()
    names = [*(f"XML: {name}" for name in _hostile.XML), *(f"binary: {name}" for name in _hostile.BINARY)]
    files = dict(zip(names, [*xml, *binaries], strict=True))
    texts = {f"text of {name}": partial(_hostile.repeated, unit) for name, unit in _hostile.UNITS.items()}
    for name, unit in _hostile.BEHIND_LINK.items():
        texts[f"link of {name}"] = partial(_hostile.repeated, unit)
    for name, read, shapes, most in (
        ("inspect_manifest", inspect_manifest, files, length),
        ("from_plist, problems, to_plist", _use, files, length),
        ("ProvisioningProfile.from_bytes", _profile, files, length // 2),
        ("read_ipa", _archive, files, length // 2 - 1000),
        ("find_links", find_links, texts, length),
        ("inspect_link", _link, texts, _urls.LONGEST - 100),
    ):
        worst, seconds = 0.0, 0.0
        which = slowest = ""
        for shape, make in shapes.items():
            both = [make(size) for size in (most // 4, most)]
            short, long = (fastest(read, file, 2) for file in both)
            if long > 5 * short:  # other work on the machine may have come between
                short, long = (
                    min(first, fastest(read, file, 8)) for first, file in zip((short, long), both, strict=True)
                )
            if long > seconds:
                slowest, seconds = shape, long
            # Of a few milliseconds, most are spent on what is done once.
            if long > 0.02 and long / short > worst:
                which, worst = shape, long / short
        yield f"{name}, {most // 1024} KiB / {most // 4096} KiB ({which})", f"{worst:.2f}", "at most 6"
        yield f"{name}, {most // 1024} KiB ({slowest})", f"{seconds:.2f} s", ""


def _use(data: bytes) -> object:
    manifest = inspect_manifest(data).manifest
    if manifest is None:
        return None
    with suppress(ManifestError):
        return manifest.problems(), manifest.to_plist(validate=False)
    return None


def _profile(data: bytes) -> object:
    with suppress(IpaError):
        return ProvisioningProfile.from_bytes(data)
    return None


def _archive(data: bytes) -> object:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("Payload/MyApp.app/Info.plist", data)
    with suppress(IpaError):
        return read_ipa(file)
    return None


def _link(text: str) -> object:
    return inspect_link(_hostile.LINK + text)


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
