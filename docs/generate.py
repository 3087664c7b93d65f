"""Write what is made of the code, `python docs/generate.py`; with --check, only say whether it is up to date.

The code is the itms_ota that this Python imports.
"""
# ruff: noqa: INP001, T201 -- a script, which tells what it does

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
from doctest import DocTestParser
from importlib import import_module
from pathlib import Path
from textwrap import fill
from types import FunctionType
from typing import TYPE_CHECKING, Any, Protocol

from itms_ota._codes import CODES, GRADES
from itms_ota._rooms import NAMES as PUBLIC
from itms_ota._shapes import Record
from itms_ota._wording import PROBLEMS, Report
from itms_ota.ipa import PROFILE_SHAPE
from itms_ota.logs import MEANINGS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from itms_ota._shapes import Schema

DOCS = Path(__file__).parent
ROOT = "itms_ota"
WIDTH = 100
NOTE = "<!-- Written from the code by docs/generate.py. Change the code, then run it again. -->\n<!-- fmt: off -->"
"""Formatters leave the page alone, which must be what is made of the code."""


def main(arguments: list[str]) -> int:
    """Write the pages, or name those that are not up to date; return the exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    wanted = pages()
    old = {path for path in (DOCS / "api").glob("*") if path not in wanted}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_bytes() != text.encode()]
    for path in sorted({*old, *stale}):
        if arguments:
            print(f"{path.relative_to(DOCS.parent)} is not up to date: run python docs/generate.py", file=sys.stderr)
        elif path in old:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(wanted[path].encode())
    return 1 if arguments and (old or stale) else 0


def pages() -> dict[Path, str]:
    """Make every page, by its path."""
    made = {
        DOCS / "codes.md": codes_page(),
        DOCS / "log-codes.md": log_codes_page(),
        DOCS / "report.schema.json": schema_page(),
        DOCS / "api" / f"{ROOT}.md": root_page(),
    }
    return made | {DOCS / "api" / f"{room}.md": room_page(room) for room in PUBLIC}


# The codes


INTRODUCTION = """
Every finding is a `Problem` with a `code`, a `path`, a `message` and a `level`. Codes and paths are stable, for
programs; messages are for people and may change. `python -m itms_ota explain CODE` prints the entry of a code.

An *error* keeps a device from installing. With a *warning* it installs, or may, but something is off. Where both stand,
the level depends on what is concerned: a fault in the URL of the package stops the install, the same fault in the URL
of an icon does not. So whatever `check` finds wrong with an image is a warning.

Each rule has a source, and each source a grade:
"""


def codes_page() -> str:
    """Make docs/codes.md: a table for each group."""
    grades = "\n".join(f"- {grade}: {text}" for grade, text in GRADES.items())
    parts = ["# Problem codes", NOTE, INTRODUCTION.strip(), grades]
    for group in dict.fromkeys(entry.group for entry in CODES.values()):
        rows = ["| code | level | meaning | what to do | where from |", "|---|---|---|---|---|"]
        for code, entry in CODES.items():
            if entry.group == group:
                meaning = entry.meaning + (f" (*{entry.versions}*)" if entry.versions else "")
                cells = (f"`{code}`", " or ".join(entry.levels), meaning, entry.cure, entry.source)
                rows.append(f"| {' | '.join(cells)} |")
        parts += [f"## {group}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


LOG_INTRODUCTION = """
What [`explain_log`](logs.md) knows: the error codes in the logs of devices, and the statuses in access logs. The
first column is what the log has: a number alone, or a domain and a number, as in `Error Domain=ASDErrorDomain
Code=850`. Every other code is reported as unknown. `python -m itms_ota explain CODE` prints the entry of one,
also by its number alone, as in `explain 404`.

A *cause* says why the app was not installed. A *wrapper* says only that it was not, and stands beside a cause. An
*other* code has nothing to do with an install by a manifest.
"""


def log_codes_page() -> str:
    """Make docs/log-codes.md: a table of codes, and one of statuses."""
    codes = ["| code | | meaning | what to do | where from |", "|---|---|---|---|---|"]
    for code, entry in MEANINGS.items():
        codes.append(f"| `{code}` | {entry.weight} | {entry.says} | {entry.cure} | {entry.source} |")
    statuses = ["| status | meaning | what to do |", "|---|---|---|"]
    statuses += [f"| {status:03} | {' | '.join(texts)} |" for status, texts in STATUSES.items()]
    parts = ["# Codes in logs", NOTE, LOG_INTRODUCTION.strip(), "\n".join(codes), "## Statuses"]
    return "\n\n".join([*parts, "\n".join(statuses)]) + "\n"


# The reports


def schema_page() -> str:
    """Make docs/report.schema.json: the dictionary of each report, and what the commands print of several."""
    definitions: Schema = {}
    rooms = map(_room, PUBLIC)
    kinds = [kind for room in rooms for kind in (getattr(room, name) for name in room.__all__) if _is_report(kind)]
    reports = [Record(kind, kind._shapes).schema(definitions) for kind in kinds]
    error = {"report": {"const": "error"}, "ok": {"const": False}, "problems": PROBLEMS.schema(definitions)}
    output = {
        "tool": {"const": ROOT},
        "version": {"type": "string"},
        "ok": {"type": "boolean"},
        "reports": {"type": "array", "items": {"$ref": "#/$defs/Entry"}},
    }
    profile = {
        "report": {"const": "profile"},
        "ok": {"const": True},
        "problems": {"const": []},
        "profile": PROFILE_SHAPE.schema(definitions),
        "works_until": {"type": ["string", "null"], "format": "date-time"},
    }
    definitions["Profile"] = {"description": "What the command profile prints of a file.", **_object(profile)}
    definitions["Error"] = {"description": "What could not be looked at, or a wrong call.", **_object(error)}
    definitions["Entry"] = {
        "description": "What a command prints of a target, which is null where it is about the call as such.",
        **_object({"target": {"type": ["string", "null"]}}),
        "anyOf": [*reports, {"$ref": "#/$defs/Profile"}, {"$ref": "#/$defs/Error"}],
    }
    definitions["Output"] = {"description": "What a command prints with --format json.", **_object(output)}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Written from the code by docs/generate.py. Change the code, then run it again.",
        "title": "A report of itms_ota, or what a command prints with --format json",
        "anyOf": [*reports, {"$ref": "#/$defs/Error"}, {"$ref": "#/$defs/Output"}],
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2) + "\n"


def _is_report(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Report)


def _object(properties: Schema) -> Schema:
    return {"type": "object", "required": [*properties], "properties": properties}


# The public names. Signatures are those of the running code, but written by rules of this script alone, so that every
# Python makes the same pages. Annotations are texts, as each module says `from __future__ import annotations`.


def root_page() -> str:
    """Make the page of the package itself: its names and modules, and where they are described."""
    module = import_module(ROOT)
    names = ["| name | what it is |", "|---|---|"]
    for name in module.__all__:
        home = next(room for room in PUBLIC if _holds(_room(room), name, getattr(module, name)))
        names.append(f"| [`{name}`]({home}.md#{name.lower()}) | {_first_sentence(_doc(module, name))} |")
    about = re.sub(rf"^- `{ROOT}\.(\w+)`:", rf"- [`{ROOT}.\1`](\1.md):", markdown(module.__doc__), flags=re.MULTILINE)
    parts = [f"# {ROOT}", NOTE, about, "\n".join(names)]
    return "\n\n".join(parts) + "\n"


def room_page(room: str) -> str:
    """Make the page of a public module."""
    module = _room(room)
    parts = [f"# {ROOT}.{room}", NOTE, markdown(module.__doc__)]
    for name in module.__all__:
        value = getattr(module, name)
        parts.append(f"## {name}")
        if isinstance(value, type):
            parts += class_parts(value)
        else:
            code = signature(f"def {name}", value) if isinstance(value, FunctionType) else _assignment(module, name)[0]
            parts += [_fence(code), markdown(_doc(module, name))]
    return "\n\n".join(parts) + "\n"


def class_parts(cls: Any) -> Iterator[str]:
    """Describe a class: how it is made, what it is, and its public members."""
    head = f"class {cls.__name__}"
    is_dataclass: bool = hasattr(cls, "__dataclass_fields__")
    attributes = {} if is_dataclass else inspect.get_annotations(cls)
    yield _fence(
        f"{head}(Protocol)" if Protocol in cls.__bases__ else signature(head, cls),
        *(f"{cls.__name__}.{name}: {_quoted(text)}" for name, text in attributes.items() if not name.startswith("_")),
    )
    bases = [base for base in cls.__bases__ if base not in {object, Protocol} and not _is_private(base)]
    if bases:
        yield f"Bases: {', '.join(f'`{_name(base)}`' for base in bases)}."
    yield markdown(cls.__doc__)
    for name, member in _members(cls).items():
        yield f"### {cls.__name__}.{name}"
        if isinstance(member, property):
            yield _fence("@property", signature(f"def {name}", member.fget))
        elif isinstance(member, FunctionType):
            yield _fence(signature(f"def {name}", member))
        else:
            yield _fence(f"@{type(member).__name__}", signature(f"def {name}", member.__func__))
        if name != "__call__":  # the class says what a call does
            yield markdown(member.__doc__)


def signature(head: str, function: Any) -> str:
    """Write a signature, a line a parameter where one line would be too long."""
    found = inspect.signature(function)
    fields = dataclasses.fields(function) if dataclasses.is_dataclass(function) else ()
    made = {field.name: field.default_factory() for field in fields if callable(field.default_factory)}
    parameters = [parameter for name, parameter in found.parameters.items() if not name.startswith("_")]
    parts = [str(_spelled(parameter, made.get(parameter.name, parameter.default))) for parameter in parameters]
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parts.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    if inspect.Parameter.POSITIONAL_ONLY in kinds:
        parts.insert(kinds.count(inspect.Parameter.POSITIONAL_ONLY), "/")
    end = "" if isinstance(function, type) else f" -> {_quoted(found.return_annotation)}"
    line = f"{head}({', '.join(parts)}){end}"
    return line if len(line) <= WIDTH else "\n".join([f"{head}(", *(f"    {part}," for part in parts), f"){end}"])


class _Spelled(str):
    """An annotation or a default, as it is to be written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _spelled(parameter: inspect.Parameter, default: Any) -> inspect.Parameter:
    if parameter.annotation is not parameter.empty:
        parameter = parameter.replace(annotation=_Spelled(_quoted(parameter.annotation)))
    if default is parameter.empty:
        return parameter
    text = "..." if default is ... else f"{default:_}" if type(default) is int else _quoted(repr(default))
    return parameter.replace(default=_Spelled(text))


def markdown(doc: str | None) -> str:
    """Make Markdown of a docstring: one backtick around code, and fences around examples."""
    if not doc:
        raise ValueError("every public name has a docstring")
    blocks, known = re.split(r"\n{2,}", inspect.cleandoc(doc)), set[str]()
    return "\n\n".join(
        _fence(*_imports(block, known), block) if block.startswith(">>>") else block.replace("``", "`")
        for block in blocks
    )


def _imports(example: str, known: set[str]) -> Iterator[str]:
    """Yield the imports of the public names in an example, so that it can be copied alone; `known` are imported."""
    tree = ast.parse("".join(part.source for part in DocTestParser().get_examples(example)))
    known |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for room in PUBLIC:
        if names := [name for name in _room(room).__all__ if name in used - known]:
            known.update(names)
            yield f">>> from {ROOT}.{room} import {', '.join(names)}"


def _fence(*lines: str) -> str:
    return "\n".join(["```python", *lines, "```"])


def _first_sentence(doc: str | None) -> str:
    return markdown(doc).partition("\n\n")[0].replace("\n", " ").partition(". ")[0].rstrip(".")


def _room(name: str) -> ModuleType:
    return import_module(f"{ROOT}.{name}")


def _holds(module: ModuleType, name: str, value: object) -> bool:
    return name in module.__all__ and getattr(module, name) is value


def _doc(module: ModuleType, name: str) -> str | None:
    value = getattr(module, name)
    return value.__doc__ if isinstance(value, (type, FunctionType)) else _assignment(module, name)[1]


def _name(cls: type) -> str:
    is_own = cls.__module__ == "builtins" or cls.__module__.partition(".")[0] == ROOT
    return cls.__name__ if is_own else f"{cls.__module__}.{cls.__name__}"


def _is_private(cls: type) -> bool:
    """Return whether a class of the package lives in a private module, and so has no page."""
    return re.match(rf"{ROOT}\.(?:.+\.)?_", cls.__module__) is not None


def _members(cls: type) -> dict[str, Any]:
    """Return the public methods and properties, also those of bases that have no page."""
    owners = [cls, *filter(_is_private, cls.__mro__[1:])]
    return {
        name: member
        for owner in owners[::-1]
        for name, member in vars(owner).items()
        if isinstance(member, (FunctionType, classmethod, staticmethod, property))
        if name == "__call__" or not name.startswith("_")
    }


def _quoted(text: str) -> str:
    """Put texts in double quotes, as the source does."""
    return re.sub(r"\"[^\"]*\"|'([^'\"\\]*)'", lambda found: found[0] if found[1] is None else f'"{found[1]}"', text)


def _assignment(module: ModuleType, name: str) -> tuple[str, str | None]:
    """Return what a constant or an alias is, and the docstring below it, from the module or where that has it from."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    for statement, below in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if name in map(ast.unparse, targets):
                return _written(name, statement), _text(below.value) if isinstance(below, ast.Expr) else None
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _assignment(import_module("." * node.level + str(node.module), module.__package__), name)
    raise LookupError(f"{name} is not assigned in {module.__name__}")


def _written(name: str, statement: ast.Assign | ast.AnnAssign) -> str:
    annotation = ast.unparse(statement.annotation) if isinstance(statement, ast.AnnAssign) else "TypeAlias"
    if annotation != "TypeAlias":
        return f"{name}: {_quoted(annotation)}"
    assert statement.value is not None  # noqa: S101 -- an alias has a value
    text = _text(statement.value) if isinstance(statement, ast.AnnAssign) else None
    line = f"{name} = {text or _quoted(ast.unparse(statement.value))}"
    if isinstance(statement.value, ast.Constant):
        return line
    return fill(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
