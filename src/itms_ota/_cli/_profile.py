"""The command ``profile``: who may install with a provisioning profile, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .._wording import Report
from ..errors import IpaError, printable
from ._judging import add_format, judge, opened
from ._verdict import Entry, file_of, for_ipa, refuse_url

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
            data = file.read(LARGEST_PROFILE + 1)
        try:
            profile = ProvisioningProfile.from_bytes(data)
        except IpaError as error:
            raise (IpaError(for_ipa(error.problems)) if data.startswith(b"PK") else error) from None
        several = len(options.targets) > 1
        yield Entry(target, _Profile(profile), file_of(target), name=target if several else "", is_apart=True)

    return judge(options, options.targets, look)


@dataclass(frozen=True, slots=True)
class _Profile(Report):
    """A profile as the command reports it. Nothing is judged: that takes an app, a device and a time."""

    profile: ProvisioningProfile
    problems: tuple[Problem, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return what the profile says, and until when apps open."""
        from ..ipa import PROFILE_SHAPE  # loads what reads an .ipa

        ends = self.profile.works_until
        found = {"profile": PROFILE_SHAPE.write(self.profile), "works_until": ends and ends.isoformat()}
        return {"report": "profile", "ok": self.ok, "problems": [], **found}

    def __str__(self) -> str:
        found = self.to_dict()
        facts = {**cast("dict[str, object]", found["profile"]), "works_until": found["works_until"]}
        return "\n".join(line for name in _FIELDS for line in _lines(name.replace("_", " "), facts[name]))


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
        return printable(f"{parts['subject'] or '-'}, until {parts['not_after'] or '-'}, SHA-1 {parts['sha1']}")
    return "-" if value is None else printable(str(value))
