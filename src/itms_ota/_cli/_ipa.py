"""The command ``ipa``: what an .ipa is, and whether it can install over the air."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from .._wording import Report, as_text
from . import _network
from ._judging import add_arguments as add_common
from ._judging import judge, opened
from ._output import hide_secrets, shown
from ._verdict import Entry, file_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..errors import Problem
    from ..ipa import Ipa


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="FILE-OR-URL",
        help="a file, an https URL, of which little is fetched, or - for input",
    )
    parser.add_argument("--udid", help="also check whether the app installs on this device")
    _network.add_arguments(parser)
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print what each app says of itself, and what keeps it from installing."""
    network = {"tls_context": _network.tls_context(options), "connect_to": dict(options.connect_to)}

    def look(target: str) -> Iterator[Entry]:
        ipa = _read(target, network)
        report = _Report(ipa, ipa.problems(udid=options.udid, expires_within=options.expires_within))
        several = len(options.targets) > 1
        yield Entry(target, report.problems, report, file_of(target), name=target if several else "", is_apart=True)

    return judge(options, options.targets, look)


def _read(source: str, network: dict[str, Any]) -> Ipa:
    from ..ipa import read_ipa  # the other commands need no zip and no network
    from ..remote import open_url

    if "://" in source:
        with open_url(source, **network) as file:
            return read_ipa(file)
    with opened(source) as local:
        return read_ipa(local)


_IPA = (
    "bundle_identifier", "short_version", "build_version", "display_name", "app_name", "platform",
    "minimum_os_version", "device_families", "size",
)  # fmt: skip
_PROFILE = ("kind", "name", "uuid", "team_name", "application_identifier", "created", "expires", "devices")


@dataclass(frozen=True, slots=True)
class _Report(Report):
    """What is known of an app, and what keeps it from installing."""

    ipa: Ipa
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        profile = _values(self.ipa.profile, _PROFILE) if self.ipa.profile else None
        problems = [asdict(problem) for problem in self.problems]
        return {"report": "ipa", "ok": self.ok, "problems": problems, **_values(self.ipa, _IPA), "profile": profile}

    def __str__(self) -> str:
        lines = [f"{name.replace('_', ' ')}: {_readable(value)}" for name, value in _values(self.ipa, _IPA).items()]
        lines.append("profile:" if self.ipa.profile else "profile: -")
        if self.ipa.profile:
            found = _values(self.ipa.profile, _PROFILE)
            lines += [f"  {name.replace('_', ' ')}: {_readable(value)}" for name, value in found.items()]
        return "\n".join([*map(shown, lines), as_text("over the air", self.problems)])


def _values(found: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: _hidden(getattr(found, name)) for name in names}


def _hidden(value: Any) -> object:
    if isinstance(value, tuple):
        return [*map(_hidden, cast("tuple[object, ...]", value))]
    return hide_secrets(value) if isinstance(value, str) else value


def _readable(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value))) or "-"
    if isinstance(value, int):
        return f"{value:,} bytes"
    return "-" if value is None else str(value)
