"""Break the code in small ways, and see whether the tests notice: ``python .ci/mutants/mutate.py --help``.

A mutant is one change of one place: another comparison, a number that is one more, a condition turned round, a
statement left out. Which ones are tried is drawn with a seed, so the same ones are tried again. Each is run against
the tests of its room, in a copy: first those that reach the place, the fastest first. What survives is in
`harmless.toml` with the reason, or needs a test. Needs Linux, and the packages of `.ci/requirements-coverage.txt`.
"""

from __future__ import annotations

import argparse
import ast
import os
import queue
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
HARMLESS = Path(__file__).with_name("harmless.toml")
SECONDS = 40  # a test that takes so much longer has met a loop without an end, which somebody notices
MEMORY = 4 << 30  # bytes: such a loop may fill a list
OUTCOMES = ("killed", "harmless", "SURVIVES")

# The rooms, and what pytest is given for each. Left out are tests that skip where a package is missing, and those of
# random changes: they take most of the time, and notice by luck.
ROOMS = {
    "errors": ("tests/test_errors.py",),
    "_hosts": ("tests/test_hosts.py", "tests/urls"),
    "_urls": ("tests/urls",),
    "manifest": ("tests/manifest", "tests/test_levels.py"),
    "link": ("tests/link", "tests/test_levels.py"),
    "checksum": ("tests/test_checksum.py",),
    "profile": ("tests/test_profile.py", "tests/ipa"),
    "_asn1": ("tests/_asn1", "tests/test_profile.py", "--ignore=tests/_asn1/test_asn1_peers.py"),
    "signature": ("tests/signature",),
}
NO_LUCK = ("-k", "not random and not mutation and not no_damage")
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
    scope: str  # the function or class around it
    turn: int  # the same change may be possible in several places of a scope
    lines: range
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        place = " ".join(filter(None, (self.file, self.scope, f"#{self.turn}" if self.turn > 1 else "")))
        return f"{place}: {' '.join(self.old.split())} -> {self.new}"


class Tests(NamedTuple):
    """The tests of a room: how long each takes, and which ones reach a line."""

    seconds: dict[str, float]
    reaching: dict[tuple[str, int], set[str]]

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that reach a mutant, the fastest first; all for what runs when a module is loaded."""
        reaching = set[str]().union(*(self.reaching.get((mutant.file, line), ()) for line in mutant.lines))
        return sorted(reaching or self.seconds, key=self.seconds.__getitem__)


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


def _other_returns(node: ast.Return) -> list[ast.AST]:
    # None is as false as False, and hardly anybody asks which of them it is.
    return [] if node.value is None or ast.unparse(node.value) in {"None", "False"} else [ast.Return()]


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
    ast.Return: _other_returns,
    ast.Continue: lambda _: [ast.Break()],
    ast.Break: lambda _: [ast.Continue()],
    ast.Expr: lambda node: [ast.Pass()] if isinstance(node.value, (ast.Call, ast.Yield, ast.YieldFrom)) else [],
    ast.AugAssign: lambda _: [ast.Pass()],
    ast.Raise: lambda _: [ast.Pass()],
}


def _places(node: ast.AST, scope: str = "") -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Walk through what can be changed, past annotations and what only type checkers see."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        return  # words are for people
    if isinstance(node, (ast.expr, ast.stmt)) and type(node) in _CHANGES:
        yield node, scope
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        scope = f"{scope}.{node.name}".lstrip(".")
    types = (getattr(node, "annotation", None), getattr(node, "returns", None))
    for child in ast.iter_child_nodes(node):
        if child not in types:
            yield from _places(child, scope)


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Return each change of a file that keeps it a program, in the order of the text."""
    data = text.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    turns = Counter[tuple[str, str, str]]()
    for node, scope in sorted(_places(ast.parse(text)), key=lambda place: (place[0].lineno, place[0].col_offset)):
        last = node.end_lineno or node.lineno
        start, end = starts[node.lineno - 1] + node.col_offset, starts[last - 1] + (node.end_col_offset or 0)
        old = data[start:end].decode()
        for change in _CHANGES[type(node)](node):
            new = ast.unparse(change)
            new = f"({new})" if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) else new
            turns[scope, old, new] += 1
            yield Mutant(file, scope, turns[scope, old, new], range(node.lineno, last + 1), start, end, old, new)


def every(room: str) -> list[Mutant]:
    """Return all mutants of a room."""
    place = ROOT / "src" / "itms_ota" / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return [found for file in files for found in mutants(str(file.relative_to(ROOT)), file.read_text("utf-8"))]


def drawn(rooms: Iterable[str], count: int, seed: int) -> list[tuple[str, Mutant]]:
    """Draw mutants, each with its room. An edit elsewhere changes nothing about whether one is drawn."""
    found = {room: every(room) for room in rooms}
    # Small rooms have their share, too: what everything stands on is small.
    share = count / sum(len(some) ** 0.5 for some in found.values())
    result: list[tuple[str, Mutant]] = []
    for room, some in found.items():
        some.sort(key=lambda mutant: random.Random(f"{seed} {mutant}").random())
        result += [(room, mutant) for mutant in some[: ceil(share * len(some) ** 0.5)]]
    return result


def harmless() -> list[str]:
    """Return the names of what nobody needs to notice."""
    return [entry["mutant"] for entry in tomllib.loads(HARMLESS.read_text("utf-8"))["harmless"]]


def run(copy: Path, *command: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy, where it sees nothing but what is in it."""
    unset = ("ITMS_OTA_CORPUS", "PYTHONDONTWRITEBYTECODE")  # what is compiled once is not compiled for each mutant
    env = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(  # noqa: S603 -- this Python, with arguments of our own
        [sys.executable, *command],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
        env={**env, "PYTHONPATH": str(copy / "src")},
    )


def measured(copy: Path, room: str) -> Tests:
    """Run the tests of a room on the sound code, and note what each takes and reaches."""
    from coverage import CoverageData

    settings, data, report = (copy.with_name(f"{room}.{kind}") for kind in ("ini", "data", "xml"))
    settings.write_text(f"[run]\nsource_pkgs=itms_ota\ndynamic_context=test_function\ndata_file={data}\n", "utf-8")
    coverage = ("-m", "coverage", "run", f"--rcfile={settings}")
    done = run(
        copy, *coverage, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *NO_LUCK, *ROOMS[room]
    )
    if done.returncode:
        sys.exit(f"The tests of {room} fail on the sound code.\n{done.stdout}{done.stderr}")
    seconds, ids = defaultdict[str, float](float), dict[str, str]()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 -- pytest has just written it
        module, name = case.attrib["classname"], case.attrib["name"].partition("[")[0]
        test = ids[f"{module.rpartition('.')[2]}.{name}"] = f"{module.replace('.', '/')}.py::{name}"
        seconds[test] += float(case.attrib["time"])
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *seconds)
    if done.returncode:  # each mutant would be taken for killed
        sys.exit(f"The tests of {room} are not found by their names.\n{done.stdout}")
    reaching = dict[tuple[str, int], set[str]]()
    found = CoverageData(str(data))
    found.read()
    for file in found.measured_files():
        for line, names in found.contexts_by_lineno(file).items():
            reaching[str(Path(file).relative_to(copy)), line] = {ids[name] for name in names if name in ids}
    return Tests(seconds, reaching)


def survives(copy: Path, mutant: Mutant, tests: Tests) -> bool:
    """Say whether the tests pass although the code is broken."""
    file = copy / mutant.file
    data = file.read_bytes()
    file.write_bytes(data[: mutant.start] + mutant.new.encode() + data[mutant.end :])
    longest = SECONDS + 5 * max(tests.seconds.values())
    bounds = ("-o", f"faulthandler_timeout={longest}", "-o", "faulthandler_exit_on_timeout=true")
    command = ("-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *bounds, *tests.of(mutant))
    try:
        return not run(copy, *command, seconds=10 * longest).returncode
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_bytes(data)


def tried(chosen: list[tuple[str, Mutant]], jobs: int) -> Iterator[tuple[str, Mutant, bool]]:
    """Try mutants side by side, each process in a copy of its own."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(jobs) as pool:
        copies = [Path(scratch).resolve() / str(number) for number in range(jobs)]
        ignored = shutil.ignore_patterns(".git", ".*_cache", ".nox", "dist", "__pycache__")
        shutil.copytree(ROOT, copies[0], ignore=ignored)
        rooms = list(dict.fromkeys(room for room, _ in chosen))
        tests = dict(zip(rooms, pool.map(lambda room: measured(copies[0], room), rooms), strict=True))
        for copy in copies[1:]:
            shutil.copytree(copies[0], copy)  # with what Python has compiled
        free = queue.SimpleQueue[Path]()
        for copy in copies:
            free.put(copy)

        def outcome(choice: tuple[str, Mutant]) -> tuple[str, Mutant, bool]:
            room, mutant = choice
            copy = free.get()
            try:
                return room, mutant, survives(copy, mutant, tests[room])
            finally:
                free.put(copy)

        for future in as_completed([pool.submit(outcome, choice) for choice in chosen]):
            yield future.result()


def main() -> int:
    """Try mutants, print what becomes of each, and end with 1 if one survives that is not known to be harmless."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)} (default: all)")
    parser.add_argument("--count", type=int, default=400, help="at least how many in all (default: 400)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="how many side by side (default: 2)")
    parser.add_argument("--again", type=Path, help="a file with what a former run printed: only what survived then")
    options = parser.parse_args()
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    rooms = options.rooms or [*ROOMS]
    chosen = drawn(rooms, options.count, options.seed)
    if options.again:
        lines = options.again.read_text("utf-8").splitlines()
        chosen = [(room, one) for room in rooms for one in every(room) if f"SURVIVES {one}" in lines]
    known = harmless()
    counts = {room: Counter[str]() for room, _ in chosen}
    for room, mutant, alive in tried(chosen, options.jobs):
        outcome = "killed" if not alive else "harmless" if str(mutant) in known else "SURVIVES"
        counts[room][outcome] += 1
        print(outcome, mutant, flush=True)
    for room, count in {**counts, "all": sum(counts.values(), Counter[str]())}.items():
        print(f"{room}: {count.total()} tried, " + ", ".join(f"{count[word]} {word}" for word in OUTCOMES))
    return 1 if any(count["SURVIVES"] for count in counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
