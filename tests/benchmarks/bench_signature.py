"""What inspecting a signature costs, beside hashing the same .ipa: run it, perhaps with the MiB of the .ipa.

Two apps: one that is nearly all pictures and sounds, which do not compress, and one whose code and texts are a third
of the .ipa. "Unpacking alone" is what nobody can spare who looks at the files: zlib and its CRC-32, in as many threads.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import _signing
from _read_ipa import NOW

from itms_ota import Checksum
from itms_ota._archive import Archive, blocks
from itms_ota.signature import look_at_signature
from itms_ota.signature._files import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20


def main(size: int) -> None:
    """Make the apps, hash them, inspect them, and print what it took."""
    for title, share in {"pictures and sounds": 0.03, "a third is code and texts": 0.33}.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "MyApp.ipa")
            write_app(path, size, share)
            print(f"{title}: .ipa of {path.stat().st_size / MIB:,.0f} MiB")
            compare(path)
            # In a process of its own: the writing of the app took more.
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(f"  memory for inspect_signature{pool.apply(memory, [path]):9.0f} MiB")


def compare(path: Path) -> None:
    """Print the best of three rounds, in each of which everything is measured in turn."""
    work: dict[str, Callable[[], object]] = {
        "Checksum.of": lambda: Checksum.of(path),
        "reading alone": lambda: read(path),
        "unpacking alone": lambda: unpack(path),
        "inspect_signature": lambda: inspect(path),
    }
    walls, cpus = dict.fromkeys(work, 1e9), dict.fromkeys(work, 1e9)
    for _ in range(3):
        for name, function in work.items():
            wall, cpu = time.perf_counter(), time.process_time()
            function()
            walls[name] = min(walls[name], time.perf_counter() - wall)
            cpus[name] = min(cpus[name], time.process_time() - cpu)
    first = next(iter(work))
    for name in work:
        share = walls[first] / walls[name], cpus[first] / cpus[name]
        print(f"  {name:<20}{walls[name]:6.2f} s {cpus[name]:6.2f} s of processors{share[0]:7.2f} x{share[1]:7.2f} x")


def read(path: Path) -> None:
    """Read the bytes of a file."""
    with path.open("rb", buffering=0) as file:
        while file.read(MIB):
            pass


def unpack(path: Path) -> None:
    """Unpack all files."""
    with path.open("rb") as file:
        lock = threading.Lock()
        entries = {entry.name.decode(): entry for entry in Archive.read(file).below(b"Payload")}

        def unpack_one(name: str) -> None:
            for _ in blocks(file, entries[name], lock):
                pass

        in_threads(unpack_one, sorted(entries, key=lambda name: -entries[name].size))


def inspect(path: Path) -> None:
    """Inspect the signature, which is sound."""
    report = look_at_signature(path, now=NOW, roots=_signing.ROOTS)
    assert report.ok, report


def memory(path: Path) -> float:
    """Return by how many MiB the memory of this process grows at most while a signature is inspected."""
    before = peak()
    inspect(path)
    return (peak() - before) / 1024


def peak() -> int:
    """Return the KiB that this process had at most; 0 where the system does not say, as Linux does."""
    status = Path("/proc/self/status")
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) if status.exists() else 0


def write_app(path: Path, size: int, share: float) -> None:
    """Write a signed app whose .ipa has so many MiB, of which `share` are of what compresses to about a half."""
    source = random.Random(1)
    half = b"".join(source.randbytes(64) + bytes(64) for _ in range(MIB // 128))
    # All the same to a hash: each is read and hashed for itself.
    picture = source.randbytes(4 * MIB)
    unpacked = max(int(size * share * 2), 4)
    files = _signing.make_files(parts=())
    # Three quarters are the executable.
    for number in range(unpacked):
        files[f"{_signing.APP}texts{number}"] = half[: MIB // 4]
    for number in range(max(int(size * (1 - share)) // 4, 1)):
        files[f"{_signing.APP}pictures{number}"] = picture
    text = half * (unpacked * 3 // 4)
    _signing.ROOM = 64 * 1024 + len(text) // 4096 * 32
    _signing.sign_bundle(files, _signing.APP, replace(_signing.APP_CODE, text=text, kinds=(2,), minimum=0x000F0000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100755 << 16
            # As `zip` does, which stores what does not become smaller.
            archive.writestr(info, data, zipfile.ZIP_STORED if data is picture else zipfile.ZIP_DEFLATED, 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1024)
