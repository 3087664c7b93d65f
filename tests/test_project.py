"""What the project holds itself to: nothing but Python is needed, and each tool has one version."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-config.yaml"


def test_nothing_is_needed_but_pytest_for_the_tests() -> None:
    assert [re.sub(r"[\s'\"]", "", text) for text in metadata.requires("itms_ota") or []] == ["pytest;extra==test"]


def test_the_hooks_before_a_commit_use_the_tools_that_are_pinned() -> None:
    if not HOOKS.exists():
        pytest.skip("there are no hooks in an sdist")
    pinned = (ROOT / ".ci" / "requirements-check.txt").read_text("utf-8").split()
    used = re.findall(r"[\w-]+==[\d.]+", HOOKS.read_text("utf-8"))
    assert {"mypy", "ruff"} <= {tool.partition("==")[0] for tool in used}
    assert set(used) <= set(pinned)
