"""The command ``ipa``: what an .ipa is, and whether it can install over the air."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import _network, _personal
from ._judging import add_arguments as add_common
from ._judging import add_device, judge, opened
from ._verdict import Entry, WrongCallError, file_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..ipa import IpaReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="FILE-OR-URL",
        help="a file, an https URL, of which little is fetched, or - for input",
    )
    add_device(parser)
    _personal.add_arguments(parser)
    parser.add_argument(
        "--signature", action="store_true", help="also inspect the code signature, for which the whole file is read"
    )
    _network.add_arguments(parser)
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print what each app says of itself, and what keeps it from installing."""
    if options.signature and any("://" in target for target in options.targets):
        raise WrongCallError("--signature reads a whole file: download it first, or ask check --signature")
    network = {"tls_context": _network.tls_context(options), "connect_to": dict(options.connect_to)}

    def look(target: str) -> Iterator[Entry]:
        asked = {
            "udid": options.udid,
            "device": options.device,
            "expires_within": options.expires_within,
            "signature": options.signature,
        }
        report = _report(target, network, asked)
        if not options.show_personal:
            report = replace(report, ipa=_personal.without_devices(report.ipa))
        several = len(options.targets) > 1
        name = target if several else ""
        yield Entry(target, report, file_of(target), name=name, is_apart=True)

    return judge(options, options.targets, look)


def _report(source: str, network: dict[str, Any], asked: dict[str, Any]) -> IpaReport:
    from ..ipa import read_ipa  # the other commands need no zip and no network
    from ..remote import open_url

    if "://" in source:
        with open_url(source, **network) as file:
            return read_ipa(file).report(**asked)
    with opened(source) as local:
        return read_ipa(local).report(**asked)
