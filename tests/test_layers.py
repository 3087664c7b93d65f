"""The rooms of the package, held to the table in docs/design.md: who may import whom, and what."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import itms_ota

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYERS = {
    "errors": 0,
    "_redact": 0,
    "_plist": 1,
    "_urls": 1,
    "_png": 1,
    "checksum": 1,
    "manifest": 2,
    "link": 2,
    "profile": 2,
    "browsers": 2,
    "_http": 2,
    "_hosting": 2,
    "_demo": 2,
    "ipa": 3,
    "page": 3,
    "remote": 3,
    "check": 4,
    "release": 4,
    "__main__": 5,
}

ONLY = {
    "plistlib": {"_plist"},
    "urllib.parse": {"_urls"},
    "zlib": {"_png"},
    "hashlib": {"checksum"},
    "ssl": {"_http"},
    "http.client": {"_http"},
    "socket": {"_http"},
    "zipfile": {"ipa", "_demo"},
    "argparse": {"__main__"},
}

FRONT = {"errors", "checksum", "manifest", "link"}
"""What the package's `__init__` gives out names of."""

GUARDS = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}

PACKAGE = Path(itms_ota.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


@dataclass(frozen=True)
class Import:
    """One imported module or name, dotted and absolute, and whether only type checkers see it."""

    name: str
    typing_only: bool


def imports(node: ast.AST, *, typing_only: bool = False) -> Iterator[Import]:
    """Yield the imports below a node, wherever they stand; of ``from a import b``, ``a.b``."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, typing_only)
    elif isinstance(node, ast.ImportFrom):
        module = ".".join(filter(None, ["itms_ota" if node.level else "", node.module or ""]))
        for alias in node.names:
            yield Import(f"{module}.{alias.name}", typing_only)
    else:
        # Not node.orelse: what stands there is imported when the program runs.
        guarded = node.body if isinstance(node, ast.If) and ast.unparse(node.test) in GUARDS else []
        for child in ast.iter_child_nodes(node):
            yield from imports(child, typing_only=typing_only or child in guarded)


def is_front_matter(node: ast.stmt) -> bool:
    """Tell whether a statement of `__init__` is a docstring, an import, `__all__` or `__version__`."""
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] in (["__all__"], ["__version__"])
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Import, ast.ImportFrom))


def may_import(room: str, other: str) -> bool:
    if room == "__init__":
        return other in FRONT
    if other not in LAYERS:  # a name of the package's own front
        return room == "__main__"
    return LAYERS[other] < LAYERS[room]


def violations(room: str, source: str) -> list[str]:
    """Tell everything in which a room's source breaks the table."""
    if room not in LAYERS and room != "__init__":
        return [f"{room} is not in the table"]
    tree = ast.parse(source)
    found = [
        f"__init__ holds more than names: {ast.unparse(node)}"
        for node in tree.body
        if room == "__init__" and not is_front_matter(node)
    ]
    for imported in imports(tree):
        top, _, rest = imported.name.partition(".")
        if top == "itms_ota":
            other = rest.partition(".")[0]
            if not may_import(room, other):
                found.append(f"{room} must not import {imported.name}")
        elif top not in sys.stdlib_module_names:
            found.append(f"{room} imports {imported.name}, which is not of the standard library")
        elif room == "__init__" and top != "__future__":
            found.append(f"__init__ imports {imported.name}")
        elif not imported.typing_only:
            found.extend(
                f"{room} imports {imported.name}: only {' and '.join(sorted(allowed))} may"
                for module, allowed in ONLY.items()
                if f"{imported.name}.".startswith(f"{module}.") and room not in allowed
            )
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_every_room_keeps_to_the_table(file: Path) -> None:
    room = file.relative_to(PACKAGE).with_suffix("").as_posix()
    assert violations(room, file.read_text("utf-8")) == []


def test_the_core_is_there_to_be_checked() -> None:
    assert {file.stem for file in FILES} >= {"__init__", *FRONT}


@pytest.mark.parametrize(
    ("room", "source", "expected"),
    [
        ("extras", "", "extras is not in the table"),
        ("sub/errors", "", "sub/errors is not in the table"),
        # up, sideways, and into itself
        ("link", "import itms_ota.check", "link must not import itms_ota.check"),
        ("link", "from itms_ota.manifest import Manifest", "link must not import itms_ota.manifest.Manifest"),
        ("link", "from itms_ota import manifest", "link must not import itms_ota.manifest"),
        ("link", "from . import manifest", "link must not import itms_ota.manifest"),
        ("link", "from .manifest import Manifest", "link must not import itms_ota.manifest.Manifest"),
        ("link", "import itms_ota.link", "link must not import itms_ota.link"),
        ("errors", "import itms_ota._urls", "errors must not import itms_ota._urls"),
        ("check", "import itms_ota.__main__", "check must not import itms_ota.__main__"),
        ("page", "from itms_ota import Manifest", "page must not import itms_ota.Manifest"),
        ("page", "import itms_ota", "page must not import itms_ota"),
        # wherever it stands
        ("link", "def f():\n    import itms_ota.manifest", "link must not import itms_ota.manifest"),
        (
            "link",
            "try:\n    pass\nexcept OSError:\n    import numpy",
            "link imports numpy, which is not of the standard library",
        ),
        ("link", "if TYPE_CHECKING:\n    import itms_ota.manifest", "link must not import itms_ota.manifest"),
        # the "only" column
        ("manifest", "import plistlib", "manifest imports plistlib: only _plist may"),
        ("manifest", "from plistlib import loads", "manifest imports plistlib.loads: only _plist may"),
        ("link", "from urllib import parse", "link imports urllib.parse: only _urls may"),
        ("link", "from urllib.parse import quote", "link imports urllib.parse.quote: only _urls may"),
        ("ipa", "import zlib", "ipa imports zlib: only _png may"),
        ("ipa", "import hashlib", "ipa imports hashlib: only checksum may"),
        ("remote", "import ssl", "remote imports ssl: only _http may"),
        ("remote", "import http.client", "remote imports http.client: only _http may"),
        ("remote", "from http import client as c", "remote imports http.client: only _http may"),
        ("remote", "import socket", "remote imports socket: only _http may"),
        ("release", "import zipfile", "release imports zipfile: only _demo and ipa may"),
        ("check", "import argparse", "check imports argparse: only __main__ may"),
        ("ipa", "if TYPE_CHECKING:\n    pass\nelse:\n    import zlib", "ipa imports zlib: only _png may"),
        ("ipa", "if not TYPE_CHECKING:\n    import zlib", "ipa imports zlib: only _png may"),
        # the standard library alone, for type checkers too
        ("page", "import jinja2.ext", "page imports jinja2.ext, which is not of the standard library"),
        ("page", "if TYPE_CHECKING:\n    import attrs", "page imports attrs, which is not of the standard library"),
        # names only
        ("__init__", "from itms_ota.ipa import Ipa", "__init__ must not import itms_ota.ipa.Ipa"),
        ("__init__", "import sys", "__init__ imports sys"),
        ("__init__", "x = 1", "__init__ holds more than names: x = 1"),
        ("__init__", "print('')", "__init__ holds more than names: print('')"),
        ("__init__", "def f(): pass", "__init__ holds more than names: def f():\n    pass"),
    ],
)
def test_a_violation_is_noticed(room: str, source: str, expected: str) -> None:
    assert violations(room, source) == [expected]


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("link", "from itms_ota import _urls\nfrom itms_ota.errors import Problem\nimport re"),
        ("_plist", "import plistlib"),
        ("_demo", "import zipfile"),
        ("remote", "from http import HTTPStatus"),
        ("check", "if TYPE_CHECKING:\n    import ssl"),
        ("check", "import typing\nif typing.TYPE_CHECKING:\n    from ssl import SSLContext"),
        ("__main__", "import argparse\nfrom itms_ota import __version__\nfrom itms_ota.check import check"),
        (
            "__init__",
            '"""Names."""\nfrom itms_ota.link import InstallLink\n__all__ = ["InstallLink"]\n__version__ = "1"',
        ),
    ],
)
def test_what_the_table_allows_is_allowed(room: str, source: str) -> None:
    assert violations(room, source) == []
