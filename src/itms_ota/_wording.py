"""How findings are worded and laid out: the parts of messages, and the base of every report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast, get_args

from ._redact import redact_text, safe_repr, whole_without_secrets, without_secrets
from ._shapes import FLAG, INTEGER, TEXT, Choice, Derived, Many, Maybe, Plain, Record, check_bounds
from .errors import Code, Level, Problem, errors_of, printable, warnings_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ._shapes import Shape

_R = TypeVar("_R", bound="Report")

LONGEST = 1000
"""The characters of a path or a message."""
_LONGEST_TEXT = 80
_LONGEST_VALUE = 100
_MOST_LISTED = 10
# A notebook keeps what it shows in its file.
_MOST_ROWS = 50


class Shown(Plain):
    """A text that may be or hold a URL, written without its secrets."""

    __slots__ = ()

    def write(self, value: str, /) -> str:
        """Return it without secrets."""
        return whole_without_secrets(value)


SHOWN = Shown("str", str, "string")
PROBLEMS = Many(
    Record(
        Problem,
        {
            "path": TEXT,
            "code": Choice(get_args(Code), "Code"),
            "message": TEXT,
            "level": Choice(get_args(Level)),
            "line": Maybe(INTEGER),
            "column": Maybe(INTEGER),
        },
    )
)


def shapes_of(kind: str, /, **shapes: Shape) -> Mapping[str, Shape]:
    """Return how a report travels: what every report has, with what its dictionary calls it, and its own fields."""
    return {
        "report": Derived(Choice((kind,)), lambda _: kind),
        "ok": Derived(FLAG, lambda report: report.ok),
        "problems": PROBLEMS,
        **shapes,
    }


class Report:
    """Base class of every report: the problems of what was inspected."""

    __slots__ = ()

    problems: tuple[Problem, ...]

    # How it travels; each report has its own, made by `shapes_of`.
    _shapes: ClassVar[Mapping[str, Shape]]

    @property
    def ok(self) -> bool:
        """Whether there is no error, so that a device would install or follow it."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep a device from installing."""
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems despite which the app installs, or may."""
        return warnings_of(self.problems)

    def to_dict(self) -> dict[str, object]:
        """Return the report as a dictionary for JSON, of which `from_dict` makes the report again.

        It begins with ``"report"``, which says what kind of report it is, ``"ok"`` and ``"problems"``, each of them
        ``{path, code, message, level, line, column}``. The fields of the report follow, with secrets in URLs hidden.
        docs/report.schema.json describes it in full.
        """
        return Record(type(self), self._shapes).write(self)

    @classmethod
    def from_dict(cls: type[_R], data: Mapping[str, object]) -> _R:  # noqa: PYI019 -- Self came with Python 3.11
        """Make the report of a dictionary that `to_dict` gave; it is equal to that one unless secrets were hidden.

        Keys that are not known are ignored. Raises TypeError for a value of a wrong type, and ValueError for a report
        of another kind, a key that is missing, or a code that this version does not know; the message names the place.
        """
        check_bounds(data)
        if isinstance(data, Mapping):
            cls._shapes["report"].read(data.get("report", ""), "data.report")
        report: _R = Record(cls, cls._shapes).read(data, "data")
        return report

    def __str__(self) -> str:
        return as_text(without_secrets(self._title()), self.problems)

    def _repr_html_(self) -> str:
        return as_html(without_secrets(self._title()), self.problems)

    def _title(self) -> str:
        return type(self).__name__


def kind_of(value: object) -> str:
    """Return the type of a value as property lists name it, with its article."""
    names: dict[type, str] = {
        dict: "a dict",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a real",
    }
    return names.get(type(value), "data" if isinstance(value, bytes) else "a date")


def described(value: object) -> str:
    """Return a value with its type, for a message: "the integer 5", "a dict of 3"."""
    if isinstance(value, (dict, list)):
        return short(cast("object", value))
    return f"the {kind_of(value).rpartition(' ')[2]} {short(value)}"


def short(value: object) -> str:
    """Return a value for a message: text in quotes, without secrets, and not too long.

    >>> print(short("MyApp"), short(b"ab"), short([1, 2]))
    'MyApp' b'ab' an array of 2
    """
    if isinstance(value, str):
        return redact_text(value, _LONGEST_TEXT)
    if isinstance(value, (dict, list)):
        return f"{kind_of(cast('object', value))} of {len(cast('list[object]', value))}"
    if isinstance(value, int) and value.bit_length() > 64:  # Python shows no integers of over 4300 digits
        return "an integer of over 64 bits"
    return cut(safe_repr(value[:_LONGEST_TEXT] if isinstance(value, bytes) else value), _LONGEST_VALUE)


def cut(text: str, longest: int = LONGEST) -> str:
    """Return a text, or as much of a long one as is reported; a path has 1,000 characters at most."""
    return text if len(text) <= longest else text[:longest] + "…"


def listed(values: Iterable[object], most: int = _MOST_LISTED) -> str:
    """Return values for a message, the first few of them.

    >>> print(listed(range(12), 3))
    0, 1, 2 and 9 more
    """
    values = tuple(values)
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(short, values[:most])) + more


def moment(time: datetime) -> str:
    """Return a timezone-aware time for a message: ``2026-01-02 at 03:04 UTC``."""
    return f"{time.astimezone(timezone.utc):%Y-%m-%d at %H:%M UTC}"


def summary(problems: Iterable[Problem]) -> str:
    """Return how many problems there are: ``2 errors, 1 warning``."""
    levels = [problem.level for problem in problems]
    counts = [(levels.count("error"), "error"), (levels.count("warning"), "warning")]
    return ", ".join(f"{count} {level}{'s' * (count > 1)}" for count, level in counts if count) or "no problems"


def as_text(title: str, problems: Iterable[Problem]) -> str:
    """Return a report for a terminal: a line of summary, then a line for each problem."""
    problems = tuple(problems)
    return "\n".join([f"{printable(title)}: {summary(problems)}", *(f"  {problem}" for problem in problems)])


def not_looked_at_as_text(texts: Iterable[str]) -> list[str]:
    """Return the lines that say what was not looked at, if there is anything."""
    lines = [f"  - {text}" for text in texts]
    return ["Not looked at:", *lines] if lines else []


def as_html(title: str, problems: Iterable[Problem]) -> str:
    """Return a report for a notebook, as HTML: small, and everything in it escaped."""
    from html import escape  # not needed to write a manifest or a link

    def shown(text: str) -> str:
        return escape(printable(text))

    problems = tuple(problems)
    rows = "".join(
        f"<tr><td>{problem.level}</td><td><code>{shown(problem.path)}</code></td>"
        f"<td style='text-align:left'>{shown(problem.message)}</td><td><code>{problem.code}</code></td></tr>"
        for problem in problems[:_MOST_ROWS]
    )
    if len(problems) > _MOST_ROWS:
        rows += f"<tr><td colspan='4' style='text-align:left'>and {len(problems) - _MOST_ROWS} more</td></tr>"
    table = f"<table>{rows}</table>" if rows else ""
    return f"<div><b>{shown(title)}</b>: {summary(problems)}{table}</div>"
