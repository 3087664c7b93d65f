"""How values travel as JSON: how each is written, how it is read again, and the schema that describes it.

A report names the shapes of its fields, and docs/report.schema.json is written from the same names. What is read is
refused with a TypeError or a ValueError that names its place. No value is shown: it may be long, or secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, of the draft 2020-12."""

# The largest report: a check's, of 16 packages whose Info.plist and profile have as many values as are read, 100,000
# each. One dictionary that stands in many places is counted in each of them.
_MOST_VALUES = 5_000_000
# A property list has at most 100 levels; around it stand those of the report.
_MOST_LEVELS = 120

_MOST_LISTED = 10


class Shape(Protocol):
    """How one kind of value travels."""

    @property
    def annotation(self) -> str:
        """How the type of such a field is written; "" where it has a name of its own."""
        ...

    def write(self, value: Any, /) -> object:
        """Return what `json` takes."""
        ...

    def read(self, data: object, path: str, /) -> Any:
        """Return the value; TypeError or ValueError for what is none."""
        ...

    def schema(self, definitions: Schema, /) -> Schema:
        """Return the schema of what is written; what it refers to is added to the definitions."""
        ...


def wrong_type(path: str, wanted: str, data: object) -> TypeError:
    """Return the error for data of a wrong type."""
    return TypeError(f"{path} must be {wanted}, not {type(data).__name__}")


def check_bounds(data: object) -> None:
    """Raise ValueError for more data than any report has, or nested deeper: it may contain itself."""
    level, left = [data], _MOST_VALUES
    for _ in range(_MOST_LEVELS):
        below: list[object] = []
        for part in level:
            if isinstance(part, Mapping):
                below.extend(cast("Mapping[object, object]", part).values())
            elif isinstance(part, (list, tuple)):
                below.extend(cast("Sequence[object]", part))
            if len(below) > left:
                raise ValueError(f"data has more than {_MOST_VALUES:,} values, which no report has")
        if not below:
            return
        left -= len(below)
        level = below
    raise ValueError(f"data is nested more than {_MOST_LEVELS} levels deep, which no report is")


@dataclass(frozen=True, slots=True)
class Plain:
    """What JSON has itself: a text, an integer, true or false."""

    annotation: str
    kind: type
    json_type: str

    def write(self, value: Any, /) -> object:
        """Return it as it is."""
        return value

    def read(self, data: object, path: str, /) -> Any:
        """Return it as it is, if it has the type; True is not a number."""
        if not isinstance(data, self.kind) or (isinstance(data, bool) and self.kind is not bool):
            raise wrong_type(path, self.kind.__name__, data)
        return data

    def schema(self, _: Schema, /) -> Schema:
        """Describe it."""
        return {"type": self.json_type}


class Seconds(Plain):
    """A number that may have a fraction; programs that read JSON may have written it without one."""

    __slots__ = ()

    def read(self, data: object, path: str, /) -> float:
        """Return a finite number."""
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            raise wrong_type(path, "float", data)
        if (isinstance(data, int) and data.bit_length() > 64) or not isfinite(data):
            raise ValueError(f"{path} must be a finite number")
        return float(data)


@dataclass(frozen=True, slots=True)
class Time:
    """A timezone-aware time, as ISO 8601 writes it."""

    annotation = "datetime"

    def write(self, value: datetime, /) -> str:
        """Return it with its offset from UTC."""
        return value.isoformat()

    def read(self, data: object, path: str, /) -> datetime:
        """Read what `write` writes, on every Python alike: later ones read more forms."""
        time = read_time(data, path)
        if time.tzinfo is None:
            raise ValueError(f"{path} must have an offset from UTC, such as '+00:00'")
        return time

    def schema(self, _: Schema, /) -> Schema:
        """Describe it."""
        return {"type": "string", "format": "date-time"}


def read_time(data: object, path: str) -> datetime:
    """Read a time as `datetime.isoformat` writes it."""
    text: str = TEXT.read(data, path)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.isoformat() != text:
        raise ValueError(f"{path} must be a time as datetime.isoformat() writes it")
    return time


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few texts; where it has a name, the definitions have it once."""

    values: tuple[str, ...]
    name: str = ""
    annotation = ""

    def write(self, value: str, /) -> str:
        """Return it as it is."""
        return value

    def read(self, data: object, path: str, /) -> str:
        """Return it if it is one of them."""
        text: str = TEXT.read(data, path)
        if text not in self.values:
            known = ", ".join(map(repr, self.values)) if len(self.values) <= _MOST_LISTED else "those of this version"
            wanted = known if len(self.values) == 1 else f"one of {known}"
            raise ValueError(f"{path} must be {wanted}")
        return text

    def schema(self, definitions: Schema, /) -> Schema:
        """Describe it."""
        described = {"enum": list(self.values)}
        if not self.name:
            return described
        definitions[self.name] = described
        return {"$ref": f"#/$defs/{self.name}"}


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value, or None."""

    shape: Shape

    @property
    def annotation(self) -> str:
        """The type."""
        return f"{self.shape.annotation} | None"

    def write(self, value: Any, /) -> object:
        """Return None, or the value as it is written."""
        return None if value is None else self.shape.write(value)

    def read(self, data: object, path: str, /) -> Any:
        """Read None, or the value."""
        return None if data is None else self.shape.read(data, path)

    def schema(self, definitions: Schema, /) -> Schema:
        """Describe it."""
        return {"anyOf": [self.shape.schema(definitions), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Many:
    """A tuple of values, written as a list."""

    shape: Shape

    @property
    def annotation(self) -> str:
        """The type."""
        return f"tuple[{self.shape.annotation}, ...]"

    def write(self, value: Sequence[Any], /) -> list[object]:
        """Return the list."""
        return [self.shape.write(part) for part in value]

    def read(self, data: object, path: str, /) -> tuple[Any, ...]:
        """Read a list, or a tuple."""
        if not isinstance(data, (list, tuple)):
            raise wrong_type(path, "list", data)
        parts = cast("Sequence[object]", data)
        return tuple(self.shape.read(part, f"{path}[{index}]") for index, part in enumerate(parts))

    def schema(self, definitions: Schema, /) -> Schema:
        """Describe it."""
        return {"type": "array", "items": self.shape.schema(definitions)}


@dataclass(frozen=True, slots=True)
class Derived:
    """What is written for those who read JSON alone, and follows from the other fields: it is not read again."""

    shape: Shape
    of: Callable[[Any], Any]
    annotation = ""

    def write(self, value: Any, /) -> object:
        """Return what follows from the value that has the field."""
        return self.shape.write(self.of(value))

    def read(self, data: object, path: str, /) -> Any:
        """Read it."""
        return self.shape.read(data, path)

    def schema(self, definitions: Schema, /) -> Schema:
        """Describe it."""
        return self.shape.schema(definitions)


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass, written as a dictionary of its fields.

    A field with a default may be missing from what is read: an older version did not have it. `make` makes the value
    of its fields where the class does not. `name` is that of the definition, by default the class's. Where it
    `is_sparse`, empty fields are not written: a file can hold a hundred thousand values that say nothing.
    """

    cls: type[Any]
    shapes: Mapping[str, Shape]
    make: Callable[..., Any] | None = None
    name: str = ""
    is_sparse: bool = False

    @property
    def annotation(self) -> str:
        """The type."""
        return self.cls.__name__

    def write(self, value: Any, /) -> dict[str, object]:
        """Return the dictionary."""
        written: dict[str, object] = {}
        for name, shape in self.shapes.items():
            part = shape.write(value if isinstance(shape, Derived) else getattr(value, name))
            if not self.is_sparse or part != _nothing(shape):
                written[name] = part
        return written

    def read(self, data: object, path: str, /) -> Any:
        """Read a dictionary; keys that are not known are passed over."""
        if not isinstance(data, Mapping):
            raise wrong_type(path, "dict", data)
        given = cast("Mapping[object, object]", data)
        needed = {field.name for field in fields(self.cls) if field.default is field.default_factory is MISSING}
        values: dict[str, Any] = {}
        for name, shape in self.shapes.items():
            if isinstance(shape, Derived):
                continue
            if name in given or self.is_sparse:
                values[name] = shape.read(given.get(name, _nothing(shape)), f"{path}.{name}")
            elif name in needed:
                raise ValueError(f"{path}.{name} is missing")
        try:
            return (self.make or self.cls)(**values)
        except ValueError as error:
            raise ValueError(f"{path} is not a valid {self.cls.__name__}: {error}") from error

    def schema(self, definitions: Schema, /) -> Schema:
        """Describe it."""
        name = self.name or self.cls.__name__
        if name not in definitions:
            required = [] if self.is_sparse else [*self.shapes]
            described = definitions[name] = Schema(type="object", required=required)
            described["properties"] = {key: shape.schema(definitions) for key, shape in self.shapes.items()}
        return {"$ref": f"#/$defs/{name}"}


def _nothing(shape: Shape) -> object:
    """Return what is written of a field that is empty."""
    if isinstance(shape, Maybe):
        return None
    return [] if isinstance(shape, Many) else "" if isinstance(shape, Plain) else {}


TEXT = Plain("str", str, "string")
INTEGER = Plain("int", int, "integer")
FLAG = Plain("bool", bool, "boolean")
SECONDS = Seconds("float", float, "number")
TIME = Time()
