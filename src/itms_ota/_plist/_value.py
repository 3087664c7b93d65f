"""What a property list can hold, how much of it is read and written, and the exception for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..errors import Problem

if TYPE_CHECKING:
    import datetime as dt
    import plistlib
    from collections.abc import Iterator, Mapping, Sequence

PlistValue: TypeAlias = (
    "str | int | float | bytes | dt.datetime | plistlib.UID | Sequence[PlistValue] | Mapping[str, PlistValue]"
)
"""A value that a property list can hold."""

# Real manifests, profiles and Info.plists are kilobytes. The bounds keep hostile files cheap: a binary
# property list of 200 bytes can stand for 2**30 values, and one that contains itself for endlessly many.
MAX_BYTES = 2 * 1024 * 1024
MAX_VALUES = 100_000
MAX_DEPTH = 100
MAX_PROBLEMS = 200
# Of them, as many are told in the one line of an exception.
_MOST_TOLD = 5

REFUSED = "Apple's parser refuses the file, and the device says 'Cannot connect'."
"""What a fault of the form does to the device."""


class PlistError(ValueError):
    """Raised for bytes that are not a property list, and for values that cannot be written as one.

    `problems` says why.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        messages = [problem.message for problem in self.problems[:_MOST_TOLD]]
        more = len(self.problems) - len(messages)
        super().__init__("; ".join(messages) + (f"; and {more} more" if more else ""))

    @property
    def reason(self) -> str:
        """The first fault, without its effect and its cure: those are of a manifest, and another file has its own."""
        more = len(self.problems) - 1
        fault = self.problems[0].message.partition(". ")[0].rstrip(".")
        return f"{fault}, and {more} more" if more else fault


class Reading(NamedTuple):
    """What was read: the value that was meant, None where that cannot be told, and what is wrong.

    `is_crossed` is whether an element does not end where it should, so that values may stand in the wrong place.
    """

    value: PlistValue | None
    problems: tuple[Problem, ...]
    is_crossed: bool = False


def too_many_values() -> Problem:
    """Return the problem of a property list with too many values."""
    return Problem("", "too-large", f"There are more than {MAX_VALUES:,} values. So many are not processed.")


def too_deep(path: str = "") -> Problem:
    """Return the problem of a value that is nested too deep."""
    return Problem(path, "too-large", f"Values are nested more than {MAX_DEPTH} levels deep, which is not supported.")


def fits_integer(number: int) -> bool:
    """Return whether a property list can hold an integer: signed or unsigned, of 64 bits."""
    return -(2**63) <= number < 2**64


def stands_for_uid(value: Mapping[Any, Any]) -> bool:
    """Return whether Apple's parser takes a dictionary of an XML file for a UID (CFPropertyList.c, parseDictTag)."""
    return len(value) == 1 and type(value.get("CF$UID")) in {int, float}


def levels(value: PlistValue) -> Iterator[list[PlistValue]]:
    """Yield the values of each level of a value; PlistError where it is too deep, or has too many values."""
    level = [value]
    left = MAX_VALUES
    for _ in range(MAX_DEPTH):
        yield level
        below: list[PlistValue] = []
        for part in level:
            if isinstance(part, dict):
                below.extend(part.values())
            elif isinstance(part, (list, tuple)):
                below.extend(part)
            else:
                continue
            if len(below) > left:
                raise PlistError([too_many_values()])
        if not below:
            return
        left -= len(below)
        level = below
    raise PlistError([too_deep()])
