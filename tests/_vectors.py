"""The vectors of docs/vectors: inputs with the results that are expected, which other languages can use too."""

from __future__ import annotations

import base64
import json
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from itms_ota import _plist

if TYPE_CHECKING:
    from _problems import Codes

FOLDER = Path(__file__).parents[1] / "docs" / "vectors"
NAMES = ("links", "manifests", "plists", "signatures", "user-agents")
LISTS = ("vectors", "built")
TABLES = ("facts", "contents")

Vector = dict[str, Any]


@cache
def document(name: str) -> dict[str, Any]:
    """Read one of the files."""
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("ascii"))
    return read


def vectors(name: str, *groups: str, of: str = "vectors") -> list[Vector]:
    """Return the vectors of a file, or those of some groups, which their ids begin with."""
    found: list[Vector] = document(name)[of]
    return [vector for vector in found if not groups or numbered(vector)[0] in groups]


def numbered(vector: Vector) -> tuple[str, int]:
    """Return where a vector stands in its file."""
    name, _, number = str(vector["id"]).rpartition("-")
    return name, int(number)


def expected(vector: Vector) -> Codes:
    """Return the problems that a vector expects."""
    return [(path, code, level) for path, code, level in vector["problems"]]


def data(vector: Vector) -> bytes:
    """Return the bytes that a vector is about."""
    return base64.b64decode(vector["base64"]) if "base64" in vector else str(vector["text"]).encode()


def value(vector: Vector) -> Any:
    """Return the value that a property list stands for."""
    return _plist.EXTRA.read({"": vector["value"]}, "vector")[""]


@cache
def content(name: str) -> bytes:
    """Return a file of the apps in signatures.json."""
    return zlib.decompress(base64.b64decode(document("signatures")["contents"][name]))


def written(file: dict[str, Any]) -> str:
    """Write a file: whatever is in a list or table stands on a line of its own, in order."""
    parts: list[str] = []
    for key, part in file.items():
        if key in LISTS:
            lines = [json.dumps(vector) for vector in sorted(part, key=numbered)]
            parts.append(f"{json.dumps(key)}: [\n" + ",\n".join(lines) + "\n]")
        elif key in TABLES:
            lines = [f"{json.dumps(name)}: {json.dumps(part[name])}" for name in sorted(part)]
            parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(part)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
