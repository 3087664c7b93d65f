"""Property lists for the tests: how they are put together, read and compared."""

from __future__ import annotations

import datetime as dt
import math
import plistlib
from typing import TYPE_CHECKING, Any, cast

from itms_ota import _plist

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Found = list[tuple[str, str, str, int | None, int | None]]

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
    '<plist version="1.0">\n'
)
BODY = "<dict>\n<key>a</key>\n<string>x</string>\n</dict>\n"


def read(text: str | bytes) -> tuple[Any, Found]:
    value, problems, _ = _plist.read(text.encode() if isinstance(text, str) else text)
    return value, [(problem.level, problem.path, problem.code, problem.line, problem.column) for problem in problems]


def xml(body: str) -> str:
    return f"{HEAD}{body}</plist>\n"


ALPHABET = "aZ0 .-_<>&\"'\n\té中\U0001f600\x7f\u2028"


def random_value(seeded: random.Random, depth: int = 0) -> Any:
    makers: list[Callable[[], Any]] = [
        lambda: seeded.choice([0, 1, -1, 2**63, -(2**63), 2**64 - 1, seeded.getrandbits(40)]),
        lambda: seeded.random() < 0.5,
        lambda: seeded.choice([0.0, -1.5, 1e300, math.inf]),
        lambda: seeded.randbytes(seeded.randrange(90)),
        lambda: dt.datetime(2001, 1, 1) + dt.timedelta(seconds=seeded.randrange(10**9)),  # noqa: DTZ001
        lambda: random_text(seeded),
        lambda: [random_value(seeded, depth + 1) for _ in range(seeded.randrange(5))],
        lambda: {random_text(seeded): random_value(seeded, depth + 1) for _ in range(seeded.randrange(5))},
    ]
    return seeded.choice(makers if depth < 4 else makers[:6])()


def random_text(seeded: random.Random) -> str:
    return "".join(seeded.choices(ALPHABET, k=seeded.randrange(12)))


EPOCH = dt.datetime(2001, 1, 1)  # noqa: DTZ001 -- plistlib's are naive


def as_told(value: Any) -> Any:
    """Return a value as verdicts and other programs tell it, with numbers as text and dictionaries in order."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, list):
        return [as_told(part) for part in cast("Any", value)]
    if isinstance(value, dict):
        return {"dict": in_order([key, as_told(part)] for key, part in cast("Any", value).items())}
    kinds = {int: "integer", float: "real", bytes: "data_hex", plistlib.UID: "uid", dt.datetime: "date_since_2001"}
    told: Any = value
    if isinstance(value, bytes):
        told = value.hex()
    elif isinstance(value, plistlib.UID):
        told = value.data
    elif isinstance(value, dt.datetime):
        told = (value - EPOCH).total_seconds()
    return {kinds[type(value)]: str(told)}


def told(value: Any) -> Any:
    """Return what a verdict or another program tells, in the same form."""
    if isinstance(value, list):
        return [told(part) for part in cast("Any", value)]
    if isinstance(value, dict):
        ((kind, content),) = cast("Any", value).items()
        if kind == "dict":
            return {"dict": in_order([key, told(part)] for key, part in content)}
        return {kind: str(float(content) if kind in {"real", "date_since_2001"} else content)}
    return value


def in_order(pairs: Any) -> list[Any]:
    return sorted(pairs, key=str)
