"""The command ``profile``: who may install with a provisioning profile, and until when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .._wording import Report
from ._judging import add_format, judge, opened
from ._output import hide_secrets, shown
from ._verdict import Entry, file_of, refuse_url

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..errors import Problem
    from ..profile import ProvisioningProfile

_FIELDS = (
    "kind", "name", "uuid", "team_name", "team_identifiers", "application_identifier", "created", "expires",
    "works_until", "platforms", "devices", "certificates",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("targets", nargs="+", metavar="FILE", help="a .mobileprovision, or - for input")
    add_format(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print what each profile says of itself."""

    def look(target: str) -> Iterator[Entry]:
        from ..profile import LARGEST_PROFILE, ProvisioningProfile  # the other commands need none of it

        refuse_url(target, "Download it first")
        with opened(target) as source, Path(source).open("rb") if isinstance(source, str) else source as file:
            profile = ProvisioningProfile.from_bytes(file.read(LARGEST_PROFILE + 1))
        several = len(options.targets) > 1
        yield Entry(target, (), _Profile(profile), file_of(target), name=target if several else "", is_apart=True)

    return judge(options, options.targets, look)


@dataclass(frozen=True, slots=True)
class _Profile(Report):
    """A profile as the command reports it. Nothing is judged: that takes an app, a device and a time."""

    profile: ProvisioningProfile
    problems: tuple[Problem, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return what the profile says."""
        found = {name: _plain(getattr(self.profile, name)) for name in _FIELDS}
        return {"report": "profile", "ok": True, "problems": [], **found}

    def __str__(self) -> str:
        found = ((name.replace("_", " "), _plain(getattr(self.profile, name))) for name in _FIELDS)
        return "\n".join(line for name, value in found for line in _lines(name, value))


def _plain(value: Any) -> object:
    """Return a value for JSON, without secrets."""
    if isinstance(value, tuple):
        return [*map(_plain, cast("tuple[object, ...]", value))]
    if isinstance(value, str):
        return hide_secrets(value)
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: _plain(part) for name, part in asdict(value).items()}


def _lines(name: str, value: object) -> Iterator[str]:
    """Yield the lines of a value: several are one below the other."""
    if isinstance(value, list):
        several = cast("list[object]", value)
        yield f"{name}: {len(several) or '-'}"
        yield from (f"  {_words(part)}" for part in several)
    else:
        yield f"{name}: {_words(value)}"


def _words(value: object) -> str:
    if isinstance(value, dict):  # a certificate
        parts = cast("dict[str, object]", value)
        return shown(f"{parts['subject'] or '-'}, until {parts['not_after'] or '-'}, SHA-1 {parts['sha1']}")
    return "-" if value is None else shown(str(value))
