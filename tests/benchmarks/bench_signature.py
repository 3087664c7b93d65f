"""What inspecting a signature costs, beside hashing the same .ipa: run it as a script, perhaps with the MiB of the app.

Half of the app is an executable and files that compress to a half; the rest does not compress.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import _signing
from _read_ipa import NOW

from itms_ota import Checksum
from itms_ota.signature import look_at_signature

MIB = 1 << 20


def main(size: int) -> None:
    """Make an app, hash it, inspect it, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "MyApp.ipa")
        write_app(path, size)
        best = {"Checksum.of": 1e9, "inspect_signature": 1e9}
        for _ in range(3):
            start = time.perf_counter()
            Checksum.of(path)
            between = time.perf_counter()
            report = look_at_signature(path, now=NOW, roots=_signing.ROOTS)
            end = time.perf_counter()
            assert report.ok, report
            best = {
                "Checksum.of": min(best["Checksum.of"], between - start),
                "inspect_signature": min(best["inspect_signature"], end - between),
            }
        packed = path.stat().st_size / MIB
    print(f"app of {size} MiB, .ipa of {packed:.0f} MiB")
    for name, seconds in best.items():
        print(f"{name:<24}{seconds:8.2f} s")
    print(f"{'share of its speed':<24}{best['Checksum.of'] / best['inspect_signature']:8.2f}")


def write_app(path: Path, size: int) -> None:
    """Write a signed app of so many MiB: a quarter is the executable, a quarter compresses, and half does not."""
    source = random.Random(1)
    half = b"".join(source.randbytes(64) + bytes(64) for _ in range(MIB // 128))
    files = _signing.make_files(parts=())
    for number in range(max(size // 16, 1)):
        files[f"{_signing.APP}texts{number}"] = half * 4
        files[f"{_signing.APP}pictures{number}"] = source.randbytes(8 * MIB)
    _signing.ROOM = 64 * 1024 + size * MIB // 4 // 4096 * 64
    _signing.sign_bundle(files, _signing.APP, replace(_signing.APP_CODE, text=half * (size // 4), kinds=(2,)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100755 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED, 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
