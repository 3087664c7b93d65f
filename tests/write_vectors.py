"""Write the files of docs/vectors as they should stand, and the apps of signatures.json by the table of their tests.

A new app is a case in _tampered.py, and a vector that has the name of the case as its remark.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any

from _signing import APP, CLIP, KIT, LATE, ROOTS, SHARE, WATCH, inspected, make_files
from _signing import found as found_in
from _tampered import CASES, MODES
from _vectors import FOLDER, NAMES, Vector, document, written

# From the smallest up: of the bundles in the app, a vector has those that its case is about.
PARTS = ((), (KIT,), (LATE,), (SHARE,), (KIT, LATE, SHARE), (KIT, LATE, SHARE, WATCH, CLIP))


def app(name: str, parts: tuple[str, ...]) -> dict[str, bytes] | None:
    """Make the files of a case's app; None where these bundles do not give what the case expects."""
    files = make_files(parts=parts)
    change, expected = CASES[name]
    try:
        change(files)
    except (AssertionError, KeyError):  # it is about a bundle that is not there
        return None
    modes = MODES.get(name, {})
    return files if modes.keys() <= files.keys() and found_in(inspected(files, modes)) == expected else None


def signed_again(vector: Vector, contents: dict[str, str]) -> Vector:
    """Return a vector with the app that its case makes now."""
    files = next(filter(None, (app(vector["remark"], parts) for parts in PARTS)))
    names: dict[str, str] = {}
    for path, data in files.items():
        names[path] = name = hashlib.sha256(data).hexdigest()[:12]
        contents[name] = base64.b64encode(zlib.compress(data, 9)).decode()
    problems = [(f"{APP}{path}", code, level) for path, code, level in CASES[vector["remark"]][1]]
    modes = {path: mode and f"{mode:o}" for path, mode in MODES.get(vector["remark"], {}).items()}
    return {**vector, "problems": problems, "files": names, **({"modes": modes} if modes else {})}


def main() -> None:
    """Write all files."""
    for name in NAMES:
        file: dict[str, Any] = dict(document(name))
        if name == "signatures":
            contents: dict[str, str] = {}
            file["root"] = base64.b64encode(ROOTS[0].der).decode()
            file["vectors"] = [signed_again(vector, contents) for vector in file["vectors"]]
            file["contents"] = contents
        (FOLDER / f"{name}.json").write_text(written(file), "ascii", newline="\n")


if __name__ == "__main__":
    main()
