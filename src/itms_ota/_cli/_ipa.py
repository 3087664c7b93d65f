"""The command ``ipa``: what an .ipa is, and whether it can install over the air."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import _network, _personal
from ._judging import add_arguments as add_common
from ._judging import add_device, judge, opened
from ._progress import progress
from ._verdict import Entry, WrongCallError, file_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator, Iterator

    from ..ipa import IpaReport, Source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="FILE-OR-URL",
        help="a file, an https URL, of which little is fetched unless --signature is given, or - for input",
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
    network = {
        "tls_context": _network.tls_context(options),
        "connect_to": dict(options.connect_to),
        "max_seconds": _network.most_seconds(options, downloads=options.signature),
    }
    if options.max_bytes is not None:
        network["max_bytes"] = options.max_bytes

    def look(target: str) -> Iterator[Entry]:
        asked = {
            "udid": options.udid,
            "device": options.device,
            "expires_within": options.expires_within,
            "signature": options.signature,
        }
        report = _report(target, network, asked, quiet=options.quiet)
        if not options.show_personal:
            report = replace(report, ipa=_personal.without_devices(report.ipa))
        several = len(options.targets) > 1
        name = target if several else ""
        yield Entry(target, report, file_of(target), name=name, is_apart=True)

    return judge(options, options.targets, look)


def _report(source: str, network: dict[str, Any], asked: dict[str, Any], *, quiet: bool) -> IpaReport:
    from ..ipa import read_ipa  # the other commands need no zip and no network

    with _opened(source, network, is_whole=asked["signature"], quiet=quiet) as file:
        return read_ipa(file).report(**asked)


@contextmanager
def _opened(source: str, network: dict[str, Any], *, is_whole: bool, quiet: bool) -> Generator[Source, None, None]:
    """Open a file, or a URL: by its parts, or, where all of it will be read, as a copy."""
    from ..remote import downloaded, open_url

    with ExitStack() as stack:
        file: Source
        try:
            if "://" not in source:
                file = stack.enter_context(opened(source))
            elif is_whole:
                show = stack.enter_context(progress("downloading", quiet=quiet))
                file = stack.enter_context(downloaded(source, **network, progress=show))
            else:
                file = stack.enter_context(open_url(source, **network))
        except ValueError as error:
            raise WrongCallError(str(error)) from error
        yield file
