"""The files of a bundle held against its seal: which are missing, were added, and what the others must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._seal import Rules, is_outside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ._seal import Row, Seal


class Held(NamedTuple):
    """What a seal says of the files that are there, by their names in the bundle.

    `rows` are of those files that it lists, `code` those of code that is sealed by its own signature: of a file, or of
    the folder of a bundle. `undecided` are names that rules are about which are not applied, `unknown` their patterns.
    """

    rows: Mapping[str, Row]
    code: Mapping[str, Row]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    undecided: tuple[str, ...]
    unknown: tuple[str, ...]


def hold(seal: Seal, names: Collection[str], executable: str | None) -> Held:
    """Hold the names of a bundle's files against its seal; the bundle's own executable is sealed by its signature."""
    code = {name: row for name, row in seal.rows.items() if row.is_code}
    folders = {folder for name in names for folder in _above(name) if folder in code} if code else set[str]()
    rules = Rules(seal.rules)
    unlisted = {
        name: rules.includes(name)
        for name in names
        if name not in seal.rows and name != executable and not any(folder in code for folder in _above(name))
    }
    rows = {name: row for name, row in seal.rows.items() if name in names and not row.is_code and name != executable}
    return Held(
        rows={name: row for name, row in rows.items() if not is_outside(name)},
        code={name: row for name, row in code.items() if name in names or name in folders},
        missing=tuple(
            name
            for name, row in seal.rows.items()
            if not (row.is_optional or name in names or name in folders or name == executable or is_outside(name))
        ),
        added=tuple(name for name, must_be in unlisted.items() if must_be),
        undecided=tuple(name for name, must_be in unlisted.items() if must_be is None),
        unknown=tuple(rules.unknown),
    )


def _above(name: str) -> Iterator[str]:
    """Yield the folders that a file stands in."""
    at = name.find("/")
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)
