"""Property lists for the tests: how they are put together, read and compared."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

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
