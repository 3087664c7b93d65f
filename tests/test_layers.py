"""The rooms of the package, held to two tables: the floors between rooms, and the order inside each package.

docs/design.md says what the rooms are for. Imports point strictly down in both tables, wherever they stand in a file;
between rooms go only names that a room gives out; awkward modules of the standard library have a room each.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import itms_ota

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOORS = {
    "errors": 0,
    "_rooms": 0,
    "_codes": 0,
    "_redact": 0,
    "_shapes": 0,
    "_wording": 1,
    "_magic": 1,
    "_arguments": 1,
    "_placeholders": 1,
    "_hosts": 1,
    "_user_agents": 1,
    "_urls": 2,
    "_plist": 2,
    "_asn1": 2,
    "_png": 2,
    "checksum": 2,
    "browsers": 2,
    "_hosting": 3,
    "_demo": 3,
    "_archive": 3,
    "manifest": 4,
    "link": 4,
    "profile": 4,
    "_http": 4,
    "_bundle": 4,
    "page": 5,
    "remote": 5,
    "signature": 5,
    "udid": 5,
    "logs": 5,
    "ipa": 6,
    "check": 7,
    "release": 7,
    "_cli": 8,
    "__main__": 9,
}

# From the lowest up. A module may be imported by those that stand after it; those of one line do not know each other.
# A model stands above the rules: its methods call them, and no rule builds a model.
ORDER: dict[str, tuple[str, ...]] = {
    "_redact": ("_secrets",),
    "_urls": ("_characters", "_split", "_host", "_plain", "_faults", "_words _normalise"),
    "_plist": (
        "_characters _places _value",
        "_words",
        "_encoding _binary _scalars _tree",
        "_usual _text",
        "_scan",
        "_read _write",
        "_json",
    ),
    "_asn1": ("_der _ecdsa _faults", "_keys", "_x509", "_cms _roots _purposes", "_chain", "_verify"),
    "manifest": (
        "_kinds",
        "_sniff _near _rules _fields",
        "_usual",
        "_schema",
        "_document _item",
        "_changes",
        "_model",
        "_shapes",
        "_report",
    ),
    "link": ("_prefix _escapes", "_schemes", "_device _grammar", "_find _diagnose", "_model", "_report"),
    "_http": ("_response _failures", "_limits", "_kept _names _redirects _connection", "_pool", "_network"),
    "logs": (
        "_model _personal",
        "_access _meanings _kept",
        "_error_codes _device",
        "_judge _alerts",
        "_server _phone",
        "_report",
    ),
    "page": ("_texts _translations _sources", "_language", "_model _words", "_html"),
    "signature": (
        "_macho _code _faults",
        "_pages _certificates _framing",
        "_content _entitlements",
        "_examine _seal",
        "_model _sealed",
        "_subject _files _shapes",
        "_trust",
        "_rules",
        "_report",
    ),
    "ipa": ("_info _package _devices _shapes", "_rules", "_model", "_read"),
    "check": ("_target _exchange", "_probes _peers", "_looks _rules", "_explain", "_install", "_report", "_many"),
    "release": ("_folder _model", "_build"),
    "_cli": (
        "_output _code _progress _personal _input",
        "_verdict",
        "_formats _sarif _network _names",
        "_judging",
        "_inspect _manifest _link _ipa _profile _build _demo _check _explain _explain_log",
        "_main",
    ),
}

ONLY = {
    "plistlib": {"_plist"},
    "urllib.parse": {"_urls"},
    "zlib": {"_png", "_archive"},
    "hashlib": {"checksum", "_asn1", "signature"},
    "unicodedata": {"_archive", "_urls"},
    "ssl": {"_http"},
    "http.client": {"_http"},
    "socket": {"_http"},
    "zipfile": {"_demo"},
    "argparse": {"_cli"},
}

FRONT = {"errors", "_rooms", "checksum", "manifest", "link"}
"""What the package's `__init__` gives out names of, and what it asks about those that it has not."""

GUARDS = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}

PACKAGE = Path(itms_ota.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
DESIGN = Path(__file__).parents[1] / "docs" / "design.md"


@dataclass(frozen=True)
class Import:
    """One imported module or name, dotted and absolute, and whether only type checkers see it."""

    name: str
    typing_only: bool


def imports(node: ast.AST, folder: tuple[str, ...], *, typing_only: bool = False) -> Iterator[Import]:
    """Yield the imports below a node, wherever they stand; of ``from a import b``, ``a.b``."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, typing_only)
    elif isinstance(node, ast.ImportFrom):
        start = folder[: len(folder) - node.level + 1] if node.level else ()
        for alias in node.names:
            yield Import(".".join(filter(None, [*start, node.module, alias.name])), typing_only)
    else:
        # Not node.orelse: what stands there is imported when the program runs.
        guarded = node.body if isinstance(node, ast.If) and ast.unparse(node.test) in GUARDS else []
        for child in ast.iter_child_nodes(node):
            yield from imports(child, folder, typing_only=typing_only or child in guarded)


def is_front_matter(node: ast.stmt) -> bool:
    """Return whether a statement is one that the package's `__init__` may hold: names, and how they are given out."""
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] in (["__all__"], ["__version__"])
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in GUARDS and all(map(is_front_matter, [*node.body, *node.orelse]))
    if isinstance(node, ast.FunctionDef):
        return node.name in {"__getattr__", "__dir__"}
    return isinstance(node, (ast.Import, ast.ImportFrom))


def rank(room: str, module: str) -> int:
    """Return the place of a module in the order of its package; what is not in it comes last."""
    lines = [line.split() for line in ORDER.get(room, ())]
    return next((number for number, line in enumerate(lines) if module in line), len(lines))


def stands_in(room: str, module: str) -> bool:
    """Return whether the order of a package has a module."""
    return rank(room, module) < len(ORDER.get(room, ()))


def from_own_package(room: str, module: str, rest: list[str]) -> str | None:
    """Return what is wrong with a module's import from its own package; None where nothing is."""
    if not rest or not stands_in(room, rest[0]):
        return "its own front"
    return None if rank(room, rest[0]) < rank(room, module) else "it does not stand below"


def from_package(room: str, module: str, parts: list[str]) -> str | None:
    """Return what is wrong with a file's import from the whole package; None where nothing is."""
    other, rest = (parts[0], parts[1:]) if parts else ("", [])
    if room == other:
        return from_own_package(room, module, rest)
    if room == "__init__":
        allowed = other in FRONT
    elif other not in FLOORS:  # a name of the package's own front
        allowed = room == "_cli"
    else:
        allowed = FLOORS[other] < FLOORS[room]
    if not allowed:
        return "it does not stand below"
    private = any(part.startswith("_") or stands_in(other, part) for part in rest)
    return f"{other} does not give it out" if private else None


def violations(path: str, source: str) -> list[str]:
    """Return everything in which a file's source breaks the tables."""
    room, _, module = path.partition("/")
    if room not in FLOORS and room != "__init__":
        return [f"{room} is not in the table of floors"]
    if module and module != "__init__" and not stands_in(room, module):
        return [f"{path} is not in the order of its package"]
    tree = ast.parse(source)
    found = [
        f"__init__ holds more than names: {ast.unparse(node)}"
        for node in tree.body
        if room == "__init__" and not is_front_matter(node)
    ]
    for imported in imports(tree, ("itms_ota", room) if module else ("itms_ota",)):
        top, *parts = imported.name.split(".")
        if top == "itms_ota":
            if wrong := from_package(room, module, parts):
                found.append(f"{path} imports {imported.name}: {wrong}")
        elif top not in sys.stdlib_module_names:
            found.append(f"{path} imports {imported.name}, which is not of the standard library")
        elif room == "__init__" and top not in {"__future__", "typing"}:
            found.append(f"__init__ imports {imported.name}")
        elif not imported.typing_only:
            found.extend(
                f"{path} imports {imported.name}: only {' and '.join(sorted(allowed))} may"
                for only, allowed in ONLY.items()
                if f"{imported.name}.".startswith(f"{only}.") and room not in allowed
            )
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_every_file_keeps_to_the_tables(file: Path) -> None:
    path = file.relative_to(PACKAGE).with_suffix("").as_posix()
    assert violations(path, file.read_text("utf-8")) == []


def test_the_design_has_the_same_tables() -> None:
    floors: dict[str, int] = {}
    only: dict[str, set[str]] = {}
    floor = ""
    for line in DESIGN.read_text("utf-8").splitlines():
        if row := re.fullmatch(r"\| (\d*) ?\| `(\w+)` \|.*\| (?:(`.*`)(?:, with .*| )?)?\|", line):
            floor, room = row[1] or floor, row[2]
            floors[room] = int(floor)
            for name in re.findall(r"`([\w.]+)`", (row[3] or "").partition(", with")[0]):
                only.setdefault(name, set()).add(room)
    assert {**floors, "__main__": 9} == FLOORS
    assert only == ONLY


def test_the_core_is_there_to_be_checked() -> None:
    rooms = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in FILES}
    assert rooms >= {"__init__", *FRONT}


BELOW = "it does not stand below"


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("extras", "", "extras is not in the table of floors"),
        ("sub/errors", "", "sub is not in the table of floors"),
        ("extras/__init__", "", "extras is not in the table of floors"),
        ("link/_extras", "", "link/_extras is not in the order of its package"),
        ("link/_find/_more", "", "link/_find/_more is not in the order of its package"),
        ("errors/_code", "", "errors/_code is not in the order of its package"),
        # up and sideways between rooms, however it is written
        ("page", "import itms_ota.check", f"page imports itms_ota.check: {BELOW}"),
        ("page", "from itms_ota.remote import open_url", f"page imports itms_ota.remote.open_url: {BELOW}"),
        ("page", "from itms_ota import remote", f"page imports itms_ota.remote: {BELOW}"),
        ("page", "from . import remote", f"page imports itms_ota.remote: {BELOW}"),
        ("page", "from .remote import open_url", f"page imports itms_ota.remote.open_url: {BELOW}"),
        ("errors", "import itms_ota._urls", f"errors imports itms_ota._urls: {BELOW}"),
        ("release", "import itms_ota.__main__", f"release imports itms_ota.__main__: {BELOW}"),
        ("page", "from itms_ota import Manifest", f"page imports itms_ota.Manifest: {BELOW}"),
        ("page", "import itms_ota", f"page imports itms_ota: {BELOW}"),
        ("link/_model", "from ..manifest import Asset", f"link/_model imports itms_ota.manifest.Asset: {BELOW}"),
        ("link/_model", "from .. import manifest", f"link/_model imports itms_ota.manifest: {BELOW}"),
        ("link/__init__", "from ..check import check", f"link/__init__ imports itms_ota.check.check: {BELOW}"),
        # up and sideways inside a package
        ("link/_grammar", "from ._report import x", f"link/_grammar imports itms_ota.link._report.x: {BELOW}"),
        ("link/_grammar", "from . import _report", f"link/_grammar imports itms_ota.link._report: {BELOW}"),
        ("link/_grammar", "from ._device import x", f"link/_grammar imports itms_ota.link._device.x: {BELOW}"),
        ("manifest/_rules", "from ._model import x", f"manifest/_rules imports itms_ota.manifest._model.x: {BELOW}"),
        (
            "manifest/_rules",
            "import itms_ota.manifest._rules",
            f"manifest/_rules imports itms_ota.manifest._rules: {BELOW}",
        ),
        # a package's own front, from inside
        ("link/_report", "from . import find_links", "link/_report imports itms_ota.link.find_links: its own front"),
        ("link/_report", "from .. import link", "link/_report imports itms_ota.link: its own front"),
        ("link/__init__", "from itms_ota.link import x", "link/__init__ imports itms_ota.link.x: its own front"),
        ("page", "import itms_ota.page", "page imports itms_ota.page: its own front"),
        # what another room keeps to itself
        (
            "check/_rules",
            "from .._plist._scan import x",
            "check/_rules imports itms_ota._plist._scan.x: _plist does not give it out",
        ),
        (
            "check/_rules",
            "from ..link import _find",
            "check/_rules imports itms_ota.link._find: link does not give it out",
        ),
        (
            "page",
            "import itms_ota.manifest._model",
            "page imports itms_ota.manifest._model: manifest does not give it out",
        ),
        (
            "page",
            "from .checksum import _HASHES",
            "page imports itms_ota.checksum._HASHES: checksum does not give it out",
        ),
        (
            "__init__",
            "from .link._model import InstallLink",
            "__init__ imports itms_ota.link._model.InstallLink: link does not give it out",
        ),
        # wherever it stands
        ("page", "def f():\n    import itms_ota.remote", f"page imports itms_ota.remote: {BELOW}"),
        (
            "page",
            "try:\n    pass\nexcept OSError:\n    import numpy",
            "page imports numpy, which is not of the standard library",
        ),
        ("page", "if TYPE_CHECKING:\n    import itms_ota.remote", f"page imports itms_ota.remote: {BELOW}"),
        # the "only" column
        ("profile", "import plistlib", "profile imports plistlib: only _plist may"),
        ("manifest/_model", "from plistlib import loads", "manifest/_model imports plistlib.loads: only _plist may"),
        ("link/_grammar", "from urllib import parse", "link/_grammar imports urllib.parse: only _urls may"),
        ("page", "from urllib.parse import quote", "page imports urllib.parse.quote: only _urls may"),
        ("ipa", "import zlib", "ipa imports zlib: only _archive and _png may"),
        ("ipa", "import hashlib", "ipa imports hashlib: only _asn1 and checksum and signature may"),
        ("remote", "import ssl", "remote imports ssl: only _http may"),
        ("remote", "import http.client", "remote imports http.client: only _http may"),
        ("remote", "from http import client as c", "remote imports http.client: only _http may"),
        ("remote", "import socket", "remote imports socket: only _http may"),
        ("ipa", "import zipfile", "ipa imports zipfile: only _demo may"),
        ("__main__", "import argparse", "__main__ imports argparse: only _cli may"),
        ("ipa", "if TYPE_CHECKING:\n    pass\nelse:\n    import ssl", "ipa imports ssl: only _http may"),
        ("ipa", "if not TYPE_CHECKING:\n    import ssl", "ipa imports ssl: only _http may"),
        # the standard library alone, for type checkers too
        ("page", "import jinja2.ext", "page imports jinja2.ext, which is not of the standard library"),
        ("page", "if TYPE_CHECKING:\n    import attrs", "page imports attrs, which is not of the standard library"),
        # names only
        ("__init__", "from itms_ota.ipa import Ipa", f"__init__ imports itms_ota.ipa.Ipa: {BELOW}"),
        ("__init__", "import sys", "__init__ imports sys"),
        ("__init__", "x = 1", "__init__ holds more than names: x = 1"),
        ("__init__", "print('')", "__init__ holds more than names: print('')"),
        ("__init__", "def f(): pass", "__init__ holds more than names: def f():\n    pass"),
        ("__init__", "if x:\n    pass", "__init__ holds more than names: if x:\n    pass"),
        ("__init__", "if TYPE_CHECKING:\n    x = 1", "__init__ holds more than names: if TYPE_CHECKING:\n    x = 1"),
    ],
)
def test_a_violation_is_noticed(path: str, source: str, expected: str) -> None:
    assert violations(path, source) == [expected]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("page", "from itms_ota import _urls\nfrom itms_ota.errors import Problem\nimport re"),
        ("_plist/_read", "import plistlib\nfrom ..errors import Problem\nfrom . import _scan"),
        ("_demo", "import zipfile"),
        ("remote", "from http import HTTPStatus"),
        ("check/_rules", "if TYPE_CHECKING:\n    import ssl"),
        ("page", "import typing\nif typing.TYPE_CHECKING:\n    from ssl import SSLContext"),
        ("manifest/_model", "def f():\n    from ._rules import check\n    from .._plist import read"),
        ("manifest/__init__", "from ._model import Asset\nfrom . import _report\n__all__ = ['Asset']\nx = 1"),
        ("_cli/_main", "import argparse\nfrom .. import __version__\nfrom ..check import check\nfrom . import _link"),
        ("__main__", "from ._cli import main"),
        (
            "__init__",
            "__version__ = '1'\nif TYPE_CHECKING:\n    from .link import x\nelse:\n    def __getattr__(name): pass",
        ),
    ],
)
def test_what_the_tables_allow_is_allowed(path: str, source: str) -> None:
    assert violations(path, source) == []
