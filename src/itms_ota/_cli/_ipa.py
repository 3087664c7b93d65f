"""The command ``ipa``: what an .ipa is, and whether it can install over the air."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from ._output import hide_secrets, print_json, say, show, status

if TYPE_CHECKING:
    import argparse

    from ..ipa import Ipa

_IPA = (
    "bundle_identifier", "short_version", "build_version", "display_name", "app_name", "platform",
    "minimum_os_version", "device_families", "size",
)  # fmt: skip
_PROFILE = ("kind", "name", "uuid", "team_name", "application_identifier", "created", "expires", "devices")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("source", metavar="FILE-OR-URL", help="a file, or an https URL, of which little is fetched")
    parser.add_argument("--udid", help="also check whether the app installs on this device")
    parser.add_argument(
        "--signature", action="store_true", help="also inspect the code signature, for which the whole file is read"
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(options: argparse.Namespace) -> int:
    """Print what the app says of itself, and what keeps it from installing."""
    if options.signature and "://" in options.source:
        say("--signature reads a whole file: download it first, or ask check --signature.", error=True)
        return 2
    ipa = _read(options.source)
    report = ipa.report(udid=options.udid, signature=options.signature)
    if options.json:
        app = _values(ipa, _IPA)
        profile = _values(ipa.profile, _PROFILE) if ipa.profile else None
        print_json({**app, "profile": profile, "problems": [asdict(problem) for problem in report.problems]})
    else:
        show(report)
    return status(report.problems)


def _read(source: str) -> Ipa:
    from ..ipa import read_ipa  # the other commands need no zip and no network
    from ..remote import open_url

    if "://" not in source:
        return read_ipa(source)
    with open_url(source) as file:
        return read_ipa(file)


def _values(found: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: _hidden(getattr(found, name)) for name in names}


def _hidden(value: Any) -> object:
    if isinstance(value, tuple):
        return [*map(_hidden, cast("tuple[object, ...]", value))]
    return hide_secrets(value) if isinstance(value, str) else value
