"""The dictionaries of a property list as JSON, which has neither data nor dates, and no number that is none.

What JSON does not have is written as an object of one key: ``{"$data": base64}``, ``{"$date": ISO 8601}``,
``{"$uid": integer}``, ``{"$real": "nan", "inf" or "-inf"}``, ``{"$integer": hexadecimal}``. The key of a dictionary
that has one, which begins with "$", is written with one more "$" in front of it.
"""

from __future__ import annotations

import base64
import datetime as dt
import plistlib
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from .._redact import whole_without_secrets
from .._shapes import INTEGER, TEXT, Choice, read_time, wrong_type
from ._places import child
from ._write import walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._shapes import Schema
    from ._value import PlistValue

# Beyond it, programs that read JSON round integers (RFC 8259, 6).
_EXACT = 2**53
_MARK = "$"
_REAL = Choice(("nan", "inf", "-inf"))


class Extra:
    """A dictionary of a property list, written without the secrets of the URLs in its texts, keys and data."""

    __slots__ = ()
    annotation = "Mapping[str, PlistValue]"

    def write(self, value: Mapping[str, PlistValue], /) -> object:
        """Return the dictionary; TypeError or ValueError for what a property list cannot hold."""
        for _ in walk(value):  # which stops where a value is too deep, or is none
            pass
        return _written(value)

    def read(self, data: object, path: str, /) -> dict[str, PlistValue]:
        """Return the dictionary."""
        value = _value(data, path)
        if not isinstance(value, dict):
            raise wrong_type(path, "dict", value)
        return value

    def schema(self, definitions: Schema, /) -> Schema:
        """Describe it."""
        definitions["PropertyList"] = _SCHEMA
        definitions["PropertyListValue"] = {
            "anyOf": [
                {"type": ["string", "boolean", "number"]},
                {"type": "array", "items": {"$ref": "#/$defs/PropertyListValue"}},
                {"$ref": "#/$defs/PropertyList"},
                *(_marked(name, schema) for name, (_, schema) in _MARKED.items()),
            ]
        }
        return {"$ref": "#/$defs/PropertyList"}


EXTRA = Extra()


# Writing


def _written(value: PlistValue) -> object:
    if isinstance(value, str):
        return whole_without_secrets(value)
    if isinstance(value, Mapping):
        return _written_dict(value)
    if isinstance(value, (bytes, bytearray)):
        return {"$data": base64.b64encode(_shown_data(bytes(value))).decode()}
    if isinstance(value, Sequence):
        return [_written(part) for part in value]
    return _written_scalar(value)


def _written_scalar(value: Any) -> object:
    if isinstance(value, float):
        return value if isfinite(value) else {"$real": str(float(value))}
    if isinstance(value, dt.datetime):
        # One without an offset is in UTC, as in the file itself.
        return {"$date": value.isoformat() + ("Z" if value.tzinfo is None else "")}
    if isinstance(value, plistlib.UID):
        return {"$uid": value.data}
    return value if -_EXACT < value < _EXACT else {"$integer": hex(value)}


def _written_dict(value: Mapping[str, PlistValue]) -> dict[str, object]:
    written: dict[str, object] = {}
    for key, part in value.items():
        shown = whole_without_secrets(key)
        while shown in written:  # keys that differ in what is hidden
            shown += "…"
        written[shown] = _written(part)
    if len(written) == 1 and (key := next(iter(written))).startswith(_MARK):
        return {_MARK + key: written[key]}
    return written


def _shown_data(data: bytes) -> bytes:
    """Return data that is a text without secrets, other data as it is: what looks like a URL there is chance."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    return whole_without_secrets(text).encode()


# Reading


def _value(data: object, path: str) -> PlistValue:
    if isinstance(data, (str, int, float)):
        return data
    if isinstance(data, Mapping):
        return _mapping(cast("Mapping[object, object]", data), path)
    if isinstance(data, (list, tuple)):
        parts = cast("Sequence[object]", data)
        return [_value(part, child(path, index)) for index, part in enumerate(parts)]
    raise wrong_type(path, "a value of JSON", data)


def _mapping(data: Mapping[object, object], path: str) -> PlistValue:
    if len(data) == 1:
        ((key, part),) = data.items()
        if isinstance(key, str) and key.startswith(_MARK):
            if key[1:].startswith(_MARK):
                return {key[1:]: _value(part, child(path, key))}
            if key not in _MARKED:
                raise ValueError(f"{child(path, key)} is not a known mark of a value; see {_KNOWN}")
            return cast("PlistValue", _MARKED[key][0](part, child(path, key)))
    read: dict[str, PlistValue] = {}
    for key, part in data.items():
        if not isinstance(key, str):
            raise wrong_type(f"each key of {path}", "str", key)
        read[key] = _value(part, child(path, key))
    return read


def _data(part: object, path: str) -> bytes:
    try:
        return base64.b64decode(TEXT.read(part, path), validate=True)
    except ValueError:
        raise ValueError(f"{path} is not valid Base64") from None


def _date(part: object, path: str) -> dt.datetime:
    text: str = TEXT.read(part, path)
    time = read_time(text.removesuffix("Z"), path)
    if (time.tzinfo is None) != text.endswith("Z"):
        raise ValueError(f"{path} must end with 'Z' or an offset from UTC, such as '+00:00'")
    return time


def _uid(part: object, path: str) -> plistlib.UID:
    number: int = INTEGER.read(part, path)
    if not 0 <= number < 2**64:
        raise ValueError(f"{path} must be from 0 to 2**64 - 1")
    return plistlib.UID(number)


def _real(part: object, path: str) -> float:
    return float(_REAL.read(part, path))


def _integer(part: object, path: str) -> int:
    text: str = TEXT.read(part, path)
    if not re.fullmatch("-?0x[0-9a-f]+", text):
        raise ValueError(f"{path} must be a hexadecimal integer, such as '0x20000000000000'")
    return int(text, 16)


_MARKED: Mapping[str, tuple[Callable[[object, str], Any], Schema]] = {
    "$data": (_data, {"type": "string", "contentEncoding": "base64"}),
    "$date": (_date, {"type": "string", "format": "date-time"}),
    "$uid": (_uid, {"type": "integer", "minimum": 0}),
    "$real": (_real, _REAL.schema({})),
    "$integer": (_integer, {"type": "string", "pattern": "^-?0x[0-9a-f]+$"}),
}
_KNOWN = ", ".join(map(repr, _MARKED))


def _marked(name: str, schema: Schema) -> Schema:
    return {"type": "object", "required": [name], "properties": {name: schema}, "additionalProperties": False}


_SCHEMA: Schema = {
    "description": "A dictionary of a property list. One that has a single key, which begins with '$', is written with "
    "one more '$' in front of it: '$data' alone marks data.",
    "type": "object",
    "additionalProperties": {"$ref": "#/$defs/PropertyListValue"},
    "anyOf": [
        {"maxProperties": 0},
        {"minProperties": 2},
        {"propertyNames": {"pattern": r"^(?:\$\$|[^$]|$)"}},
    ],
}
