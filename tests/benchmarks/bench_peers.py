"""What others take to read an .ipa, beside this library: ``python tests/benchmarks/bench_peers.py``.

A peer that is not there is left out: ``pip install otah airsupply``, and ``npm install app-info-parser`` in the current
folder. Each reads what it gives: otah the Info.plist, for a manifest; airsupply the Info.plist and which icons there
are; app-info-parser the Info.plist, the profile and an icon. This library reads the Info.plist, the profile with its
certificates and which icons there are, and writes the manifest.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_ipa import URL, best_of_two, look, small_ipa, write_ipa

from itms_ota.ipa import read_ipa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The shortest of some runs in one process, as everything here is measured.
_NODE = """
const Parser = require("app-info-parser");
const [path, rounds] = process.argv.slice(1);
(async () => {
  let shortest = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    await new Parser(path).parse();
    shortest = Math.min(shortest, Number(process.hrtime.bigint() - start) / 1e6);
  }
  console.log(shortest);
})();
"""


def main() -> None:
    """Print how long each takes, and how many times as long as this library that is."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.ipa"), Path(folder, "large.ipa")
        small.write_bytes(small_ipa())
        write_ipa(large, 10_000)
        for title, path, ours, rounds in (
            (f"{len(small_ipa()) // 1024} KiB, 60 files", small, partial(look, small), 100),
            ("10 000 files", large, partial(read_ipa, large), 5),
        ):
            print(f".ipa of {title}")
            for name, mine, theirs in compared(path, ours, rounds):
                print(f"  {name:<18}{theirs:9.2f} ms, itms_ota {mine:7.2f} ms: {theirs / mine:6.2f} x")


def compared(path: Path, ours: Callable[[], object], rounds: int) -> Iterator[tuple[str, float, float]]:
    """Yield the milliseconds that this library and each peer take, in turn where both are Python."""
    for name, read in {"otah": otah, "airsupply": airsupply}.items():
        with suppress(ImportError):
            import_module(name)
            yield name, *best_of_two(rounds, ours, partial(read, path))
    node = shutil.which("node")
    if node and Path("node_modules/app-info-parser").is_dir():
        command = [node, "--eval", _NODE, str(path), str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        mine, _ = best_of_two(rounds, ours, lambda: None)
        if done.returncode == 0:
            yield "app-info-parser", mine, float(done.stdout)
        else:
            print(f"  app-info-parser fails: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)


def otah(path: Path) -> object:
    """Write a manifest of the Info.plist."""
    module: Any = import_module("otah")
    with module.Manifest(path) as manifest:
        return manifest.create(URL)


def airsupply(path: Path) -> object:
    """Read the Info.plist and which icons there are."""
    module: Any = import_module("airsupply.ipa")
    with module.open_ipa(path) as ipa:
        return ipa.icons


if __name__ == "__main__":
    main()
