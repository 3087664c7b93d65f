"""What reading an .ipa costs, beside opening it with zipfile: run it as a script."""

from __future__ import annotations

import io
import plistlib
import sys
import tempfile
import time
import tracemalloc
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import _make_ipa

from itms_ota.errors import IpaError
from itms_ota.ipa import read_ipa

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://apps.example.com/MyApp.ipa"
INFO = plistlib.dumps(dict(_make_ipa.INFO), fmt=plistlib.FMT_BINARY)


def ipas() -> list[tuple[str, float, str]]:
    """Give what was measured: name, value, unit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "MyApp.ipa"
        write_ipa(path, 100_000)
        read = partial(read_ipa, path)
        ours, zipfiles = best_of_two(5, read, lambda: zipfile.ZipFile(path).close())
        results = [
            ("read_ipa, 100 000 files", ours, "ms"),
            ("zipfile.ZipFile, 100 000 files", zipfiles, "ms"),
            ("read_ipa : zipfile.ZipFile", ours / zipfiles, "x"),
            ("read_ipa, 100 000 files, peak memory", peak_of(read), "MiB"),
            ("zipfile.ZipFile, 100 000 files, peak memory", peak_of(lambda: zipfile.ZipFile(path).close()), "MiB"),
        ]
        path.write_bytes(small_ipa())
        ours, plain = best_of_two(200, partial(look, path), partial(look_plainly, path))
        results += [
            ("small .ipa: manifest, profile, list of icons", ours, "ms"),
            ("small .ipa: the same by zipfile and plistlib", plain, "ms"),
            ("small .ipa: itms_ota : zipfile and plistlib", ours / plain, "x"),
        ]
    for name, data in hostile().items():
        refusal = partial(refused, data)
        results.append((f"refusing {name}", best_of_two(1, refusal, refusal)[0], "ms"))
        results.append((f"refusing {name}, peak memory", peak_of(refusal), "MiB"))
    return results


def write_ipa(path: Path, count: int) -> None:
    """Write an archive of so many files, the executable and the Info.plist the last of them."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count - 2):
            archive.writestr(f"Payload/MyApp.app/Assets/{number // 1000}/picture-{number}@2x.png", b"")
        archive.writestr("Payload/MyApp.app/MyApp", b"program")
        archive.writestr("Payload/MyApp.app/Info.plist", INFO)


def small_ipa() -> bytes:
    """Make an .ipa as a small app has it: 60 files, two icons, and a profile with two certificates and 100 devices."""
    icons = {"CFBundlePrimaryIcon": {"CFBundleIconFiles": ["AppIcon60x60"]}}
    profile = _make_ipa.make_profile(
        "ad-hoc",
        ProvisionedDevices=[f"00008030-{number:016X}" for number in range(100)],
        DeveloperCertificates=[_make_ipa.make_certificate()] * 2,
    )
    return _make_ipa.make_ipa(
        info={**_make_ipa.INFO, "CFBundleIcons": icons},
        profile=profile,
        icons={f"AppIcon60x60@{scale}x.png": _make_ipa.make_png(60 * scale) for scale in (2, 3)},
        files={f"Payload/MyApp.app/View{number}.nib": bytes(3000) for number in range(60)},
    )


def look(path: Path) -> object:
    """Read what goes into a manifest, the profile, and which icons there are."""
    ipa = read_ipa(path)
    return ipa.manifest(url=URL).to_plist(), ipa.profile and ipa.profile.devices


def look_plainly(path: Path) -> object:
    """Read the same as simply as can be, with no question asked."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        folder = next(name for name in names if name.endswith(".app/"))
        info = plistlib.loads(archive.read(f"{folder}Info.plist"))
        signed = archive.read(f"{folder}embedded.mobileprovision")
        profile = plistlib.loads(signed[signed.index(b"<?xml") : signed.index(b"</plist>") + 8])
        icon = folder + info["CFBundleIcons"]["CFBundlePrimaryIcon"]["CFBundleIconFiles"][0]
        icons = [name for name in names if name.startswith(icon)]
    metadata = {
        "bundle-identifier": info["CFBundleIdentifier"],
        "bundle-version": info["CFBundleShortVersionString"],
        "kind": "software",
        "title": info["CFBundleDisplayName"],
    }
    assets = [{"kind": "software-package", "url": URL}]
    return (
        plistlib.dumps({"items": [{"assets": assets, "metadata": metadata}]}),
        profile["ProvisionedDevices"],
        icons,
    )


def hostile() -> dict[str, bytes]:
    """Make archives that are meant to cost much."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Payload/MyApp.app/Info.plist", INFO)
        with archive.open("Payload/MyApp.app/embedded.mobileprovision", "w") as profile:
            for _ in range(100):
                profile.write(bytes(1 << 20))
    record = b"PK\1\2" + bytes(24) + (20).to_bytes(2, "little") + bytes(16) + b"Payload/a.app/twenty"
    directory = record * 200_000
    end = b"PK\5\6" + bytes(8) + len(directory).to_bytes(4, "little") + bytes(6)
    # Elements without end within the element that stands before the content.
    signed = bytes.fromhex("3080 06092a864886f70d010702 a080 3080 3180") + b"\5\0" * 500_000
    profile_file = io.BytesIO()
    with zipfile.ZipFile(profile_file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Payload/MyApp.app/Info.plist", INFO)
        archive.writestr("Payload/MyApp.app/embedded.mobileprovision", signed)
    return {
        "a profile of 100 MiB": bomb.getvalue(),
        "a directory of 200 000 equal files": directory + end,
        "a profile of 500 000 elements": profile_file.getvalue(),
    }


def refused(data: bytes) -> None:
    """Read what is refused."""
    with suppress(IpaError):
        read_ipa(io.BytesIO(data))


def best_of_two(times: int, one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Give the shortest of some runs of each, taken in turns, in milliseconds."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for function, taken in zip((one, other), seconds, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return min(seconds[0]) * 1000, min(seconds[1]) * 1000


def peak_of(function: Callable[[], object]) -> float:
    """Give the most memory that Python holds during a run, in MiB."""
    tracemalloc.start()
    function()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / (1 << 20)


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}")
    for name, value, unit in ipas():
        print(f"{name:<55}{value:>10.2f} {unit}")
