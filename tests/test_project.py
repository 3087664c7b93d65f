"""What the project holds itself to: nothing but Python is needed, and each tool has one version."""

from __future__ import annotations

import re
import runpy
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-config.yaml"
MUTATE = ROOT / ".ci" / "mutants" / "mutate.py"


def test_nothing_is_needed_but_pytest_for_the_tests() -> None:
    assert [re.sub(r"[\s'\"]", "", text) for text in metadata.requires("itms_ota") or []] == ["pytest;extra==test"]


def test_the_hooks_before_a_commit_use_the_tools_that_are_pinned() -> None:
    if not HOOKS.exists():
        pytest.skip("there are no hooks in an sdist")
    pinned = (ROOT / ".ci" / "requirements-check.txt").read_text("utf-8").split()
    used = re.findall(r"[\w-]+==[\d.]+", HOOKS.read_text("utf-8"))
    assert {"mypy", "ruff"} <= {tool.partition("==")[0] for tool in used}
    assert set(used) <= set(pinned)


@pytest.fixture(scope="module")
def mutate() -> Any:
    """Load the script that breaks the code."""
    if not MUTATE.exists() or not (ROOT / "src").exists():
        pytest.skip("there is no script in an sdist, or no code where the wheel is tested")
    for module in ("resource", "tomllib"):
        pytest.importorskip(module)
    return SimpleNamespace(**runpy.run_path(str(MUTATE)))


def test_mutants_are_named_by_their_place(mutate: Any) -> None:
    text = """
LONGEST = 5

class A:
    def f(self, n: Literal[1]) -> Literal[2]:
        if not self.is_ö and n < 5:
            return None
        return f"{n < 5}", (2 if n < 5 else 1)
"""
    found = [*mutate.mutants("a.py", text)]
    assert [str(mutant) for mutant in found] == [
        "a.py: 5 -> 6",
        "a.py: 5 -> 4",
        "a.py A.f: not self.is_ö and n < 5 -> (not self.is_ö or n < 5)",
        "a.py A.f: not self.is_ö and n < 5 -> (not self.is_ö)",
        "a.py A.f: not self.is_ö and n < 5 -> (n < 5)",
        "a.py A.f: not self.is_ö -> (self.is_ö)",
        "a.py A.f: n < 5 -> (n <= 5)",
        "a.py A.f: n < 5 -> (n >= 5)",
        "a.py A.f: 5 -> 6",
        "a.py A.f: 5 -> 4",
        'a.py A.f: return f"{n < 5}", (2 if n < 5 else 1) -> return',
        "a.py A.f: 2 if n < 5 else 1 -> (2)",
        "a.py A.f: 2 if n < 5 else 1 -> (1)",
        "a.py A.f: 2 -> 3",
        "a.py A.f: 2 -> 1",
        "a.py A.f #2: n < 5 -> (n <= 5)",
        "a.py A.f #2: n < 5 -> (n >= 5)",
        "a.py A.f #2: 5 -> 6",
        "a.py A.f #2: 5 -> 4",
        "a.py A.f: 1 -> 2",
        "a.py A.f: 1 -> 0",
    ]


def test_what_is_said_to_be_harmless_can_be_made(mutate: Any) -> None:
    names = [str(mutant) for room in mutate.ROOMS for mutant in mutate.every(room)]
    assert len({*names}) == len(names)
    assert [name for name in mutate.harmless() if name not in names] == []
    assert len({*mutate.harmless()}) == len(mutate.harmless())


def test_the_draw_of_mutants_stays(mutate: Any) -> None:
    drawn = mutate.drawn(["errors", "_hosts"], 20, 1)
    assert drawn == mutate.drawn(["errors", "_hosts"], 20, 1) != mutate.drawn(["errors", "_hosts"], 20, 2)
    assert {room for room, _ in drawn} == {"errors", "_hosts"}
