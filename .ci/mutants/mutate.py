"""Break the code in small ways, and see whether the tests notice: ``python .ci/mutants/mutate.py --help``.

A mutant is one change of one place: another comparison, a number that is one more, a condition turned round, a
statement left out. Which ones are tried is drawn with a seed, so the same ones are tried again. Each is run against
the tests of its room, in a copy. What survives is in `harmless.toml` with the reason, or needs a test.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
HARMLESS = Path(__file__).with_name("harmless.toml")
SECONDS = 300  # a mutant that takes longer has made a loop without an end, which somebody notices

# The rooms, and the tests of each, those first that fail soonest.
ROOMS = {
    "errors": ("tests/test_errors.py", "tests/manifest"),
    "_hosts": ("tests/test_hosts.py", "tests/urls"),
    "_urls": ("tests/urls", "tests/link"),
    "manifest": ("tests/manifest", "tests/test_levels.py"),
    "link": ("tests/link", "tests/test_levels.py"),
    "checksum": ("tests/test_checksum.py", "tests/manifest"),
    "profile": ("tests/test_profile.py", "tests/ipa"),
    "_asn1": ("tests/_asn1", "tests/test_profile.py"),
    "signature": ("tests/signature",),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


class Mutant(NamedTuple):
    """One change: where it is, what stands there, and what is put in its place."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.file}: {self.old} -> {self.new}"


def _other_numbers(node: ast.Constant) -> list[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        return [ast.Constant(not value)]
    return [ast.Constant(value + 1), ast.Constant(value - 1)] if isinstance(value, int) else []


def _other_operators(node: ast.BinOp) -> list[ast.AST]:
    other = _OPERATORS.get(type(node.op))
    return [ast.BinOp(node.left, other(), node.right)] if other else []


def _other_comparisons(node: ast.Compare) -> list[ast.AST]:
    others = _COMPARISONS[type(node.ops[0])] if len(node.ops) == 1 else ()
    return [ast.Compare(node.left, [other()], node.comparators) for other in others]


# What may stand in the place of a node.
_CHANGES: dict[type[ast.AST], Callable[[Any], list[ast.AST]]] = {
    ast.Compare: _other_comparisons,
    ast.BoolOp: lambda node: [
        ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values),
        *node.values,
    ],
    ast.UnaryOp: lambda node: [node.operand] if isinstance(node.op, ast.Not) else [],
    ast.BinOp: _other_operators,
    ast.Constant: _other_numbers,
    ast.IfExp: lambda node: [node.body, node.orelse],
    ast.Return: lambda node: [ast.Return()] if node.value else [],
    ast.Continue: lambda _: [ast.Break()],
    ast.Break: lambda _: [ast.Continue()],
    ast.Expr: lambda node: [ast.Pass()] if isinstance(node.value, (ast.Call, ast.Yield, ast.YieldFrom)) else [],
    ast.AugAssign: lambda _: [ast.Pass()],
    ast.Raise: lambda _: [ast.Pass()],
}


def mutants(path: Path) -> Iterator[Mutant]:
    """Give each change of a file that keeps it a program, outside of annotations and of what only type checkers see."""
    text = path.read_text("utf-8")
    data = text.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            continue  # words are for people
        types = (getattr(node, "annotation", None), getattr(node, "returns", None))
        waiting += [child for child in ast.iter_child_nodes(node) if child not in types]
        change_of = _CHANGES.get(type(node))
        if change_of and isinstance(node, (ast.expr, ast.stmt)):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            for change in change_of(node):
                new = ast.unparse(change)
                new = f"({new})" if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) else new
                yield Mutant(str(path.relative_to(ROOT)), node.lineno, start, end, data[start:end].decode(), new)


def drawn(room: str, count: int, seed: int) -> list[Mutant]:
    """Draw mutants of a room."""
    place = ROOT / "src" / "itms_ota" / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    every = [mutant for file in files for mutant in mutants(file)]
    return random.Random(f"{seed} {room}").sample(every, min(count, len(every)))


def survives(copy: Path, mutant: Mutant, tests: tuple[str, ...]) -> bool:
    """Say whether the tests pass although the code is broken."""
    file = copy / mutant.file
    data = file.read_bytes()
    file.write_bytes(data[: mutant.start] + mutant.new.encode() + data[mutant.end :])
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(  # noqa: S603 -- this Python, with arguments of our own
            command,
            cwd=copy,
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "PYTHONPATH": str(copy / "src")},
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_bytes(data)
    return done.returncode == 0


def main() -> int:
    """Try mutants, print what survives, and end with 1 if some of that is not known to be harmless."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)} (default: all)")
    parser.add_argument("--count", type=int, default=400, help="how many in all (default: 400)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rooms = options.rooms or [*ROOMS]
    sizes = {room: len(drawn(room, sys.maxsize, 0)) for room in rooms}
    known = {entry["mutant"] for entry in tomllib.loads(HARMLESS.read_text("utf-8")).get("harmless", [])}
    tried, alive, unknown = Counter[str](), Counter[str](), 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".*_cache", ".nox", "dist", "__pycache__"))
        for room in rooms:
            # Small rooms have their share, too: what everything stands on is small.
            count = round(options.count * sizes[room] ** 0.5 / sum(size**0.5 for size in sizes.values()))
            for mutant in drawn(room, count, options.seed):
                tried[room] += 1
                if survives(copy, mutant, ROOMS[room]):
                    alive[room] += 1
                    unknown += str(mutant) not in known
                    print("harmless" if str(mutant) in known else "SURVIVES", mutant.line, mutant, flush=True)
            print(f"{room}: {tried[room] - alive[room]} of {tried[room]} noticed", flush=True)
    print(f"all: {tried.total() - alive.total()} of {tried.total()} noticed, {unknown} to be looked at")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
