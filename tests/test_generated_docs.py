"""The pages that are written from the code are up to date, and the public modules say what is public."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

import itms_ota

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

DOCS = Path(__file__).parents[1] / "docs"
SCRIPT = DOCS / "generate.py"
GENERATE: dict[str, Any] = runpy.run_path(str(SCRIPT))
ROOMS: list[ModuleType] = [import_module(f"itms_ota.{room}") for room in GENERATE["PUBLIC"]]
PAGES: dict[Path, str] = GENERATE["pages"]()

# What rooms share within the package, with or without an underscore.
SHARED = {
    "checksum": {"ALGORITHMS", "HEX_LENGTH", "digest_fault", "in_force", "is_digest"},
    "errors": {"errors_of", "printable", "warnings_of"},
    "ipa": {"IPA_SHAPE", "PROFILE_SHAPE", "NO_DEVICE", "NO_SIGNATURE", "is_device_named", "reservation"},
    "link": {"LINK_SHAPE", "each_link"},
    "logs": {"MEANINGS", "NO_FAILURES", "STATUSES"},
    "manifest": {
        "DISPLAY_IMAGE",
        "FULL_SIZE_IMAGE",
        "IMAGE_SIZES",
        "MANIFEST_SHAPE",
        "MAY_HOLD_LINKS",
        "PACKAGE",
        "sniff",
    },
    "page": {"supported"},
    "remote": {"downloaded"},
    "signature": {"NOT_LOOKED_AT", "look_at_signature"},
    "profile": {
        *("CERTIFICATE_ENDS", "CERTIFICATE_SHAPE", "LARGEST_PROFILE", "LISTS_DEVICES", "SOON", "UDID_FORM"),
        *("end_problems", "expiry_problems", "plain_udid"),
    },
}


def test_every_page_is_what_the_code_makes_of_it() -> None:
    stale = [path.name for path, text in PAGES.items() if path.read_text("utf-8") != text]
    assert stale == [], "run python docs/generate.py"
    assert {path for path in PAGES if path.parent.name == "api"} == {*(DOCS / "api").iterdir()}


def test_the_index_leads_to_every_page() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    assert [path.name for path in PAGES if f"({path.relative_to(DOCS).as_posix()})" not in index] == []


def run(docs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = [str(Path(itms_ota.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, str(docs / "generate.py"), *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        text=True,
    )


def test_the_script_says_what_is_stale_and_writes_it(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "api").mkdir(parents=True)
    shutil.copy(SCRIPT, docs)
    written = run(docs)
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    assert {path.relative_to(docs): path.read_text("utf-8") for path in docs.rglob("*.*") if path.suffix != ".py"} == {
        path.relative_to(DOCS): text for path, text in PAGES.items()
    }
    assert run(docs, "--check").returncode == 0

    (docs / "codes.md").write_text("# Codes\n", "utf-8")
    (docs / "api" / "old.md").write_text("# Gone\n", "utf-8")
    stale = run(docs, "--check")
    assert (stale.returncode, stale.stderr.splitlines()) == (
        1,
        [
            f"{Path('docs/api/old.md')} is not up to date: run python docs/generate.py",
            f"{Path('docs/codes.md')} is not up to date: run python docs/generate.py",
        ],
    )
    assert run(docs).returncode == 0
    assert run(docs, "--check").returncode == 0


def test_the_script_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    shutil.copy(SCRIPT, tmp_path)
    refused = run(tmp_path, "--chekc")
    assert (refused.returncode, refused.stderr) == (2, "usage: python docs/generate.py [--check]\n")
    assert [path.name for path in tmp_path.iterdir()] == ["generate.py"]


# What is public


def test_the_package_lists_its_modules_with_the_first_sentence_of_each() -> None:
    first = GENERATE["_first_sentence"]
    lines = re.sub(r"\n  (?=\w)", " ", str(itms_ota.__doc__)).splitlines()
    listed = [line for line in lines if line.startswith("- ")]
    assert listed == [f"- `{room.__name__}`: {first(room.__doc__)}" for room in ROOMS]


def names_of(module: ModuleType) -> set[str]:
    """Return the names without an underscore that a module assigns or, as a package, takes from its own modules."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
    if hasattr(module, "__path__"):
        own = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module]
        found.update(alias.asname or alias.name for node in own for alias in node.names)
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize("module", [itms_ota, *ROOMS], ids=lambda module: module.__name__)
def test_a_public_module_names_what_is_public_in_a_fixed_order(module: ModuleType) -> None:
    assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert [name for name in module.__all__ if name.startswith("_") or not hasattr(module, name)] == []
    shared = SHARED.get(module.__name__.rpartition(".")[2], set[str]())
    own = names_of(module)
    assert shared <= own - {*module.__all__}
    assert own - shared <= {*module.__all__}


def test_every_public_module_has_a_page() -> None:
    files = Path(itms_ota.__file__).parent.iterdir()
    rooms = {path.stem for path in files if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {module.__name__.rpartition(".")[2] for module in ROOMS} == {
        room for room in rooms if not room.startswith("_")
    }


@pytest.mark.parametrize("module", ROOMS, ids=lambda module: module.__name__)
def test_a_page_has_every_public_name_and_member(module: ModuleType) -> None:
    page = PAGES[DOCS / "api" / f"{module.__name__.rpartition('.')[2]}.md"]
    wanted: list[str] = []
    for name in module.__all__:
        value = getattr(module, name)
        wanted.append(f"## {name}\n")
        if isinstance(value, type):
            fields = getattr(value, "__dataclass_fields__", {})
            members = [member for member in vars(value) if not member.startswith("_") and member not in fields]
            wanted += [f"### {name}.{member}\n" for member in members]
    assert [heading for heading in wanted if f"\n{heading}" not in page] == []


# How it is written


@dataclass
class Example:
    """A class."""

    text: str
    names: Mapping[str, Literal["a", "b"]] = field(default_factory=dict[str, Literal["a", "b"]])
    size: int = 64 * 1024
    _hidden: bool = False


def plain() -> None:
    pass


def several(first: str, second: int = -1, /, third: str = "it's", *, fourth: object = ..., fifth: float = 1e6) -> None:
    pass


def stars(*args: int, flag: bool = True, **options: str | None) -> tuple[int, ...]:
    return (*args, flag, len(options))


def long(a_name_of_many_characters: Mapping[str, str], *, another_name_of_many_characters: bool = False) -> list[str]:
    return [*a_name_of_many_characters, str(another_name_of_many_characters)]


SEVERAL = """\
X(
    first: str,
    second: int = -1,
    /,
    third: str = "it's",
    *,
    fourth: object = ...,
    fifth: float = 1000000.0,
) -> None"""
LONG = """\
X(
    a_name_of_many_characters: Mapping[str, str],
    *,
    another_name_of_many_characters: bool = False,
) -> list[str]"""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Example, 'X(text: str, names: Mapping[str, Literal["a", "b"]] = {}, size: int = 65_536)'),
        (plain, "X() -> None"),
        (several, SEVERAL),
        (stars, "X(*args: int, flag: bool = True, **options: str | None) -> tuple[int, ...]"),
        (long, LONG),
    ],
    ids=["dataclass", "plain", "several", "stars", "long"],
)
def test_signatures(value: Any, written: str) -> None:
    assert GENERATE["signature"]("X", value) == written


def test_markdown_of_a_docstring() -> None:
    doc = """Take ``text``.

        - `a`: one
          and more

        >>> 1 + 1
        2
        >>> 3
        3

        The end.
        """
    assert GENERATE["markdown"](doc) == (
        "Take `text`.\n\n- `a`: one\n  and more\n\n```python\n>>> 1 + 1\n2\n>>> 3\n3\n```\n\nThe end."
    )


def test_a_public_name_without_a_docstring_is_refused() -> None:
    with pytest.raises(ValueError, match="every public name has a docstring"):
        GENERATE["markdown"](plain.__doc__)
