"""The command ``check``: ask the servers whether a tap on the link would install the app."""

from __future__ import annotations

import argparse
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from . import _network, _personal
from ._formats import JsonLines
from ._input import as_text, entries, standard_input
from ._judging import add_arguments as add_common
from ._judging import add_device, judge, judge_all, new_format, refuse_twice
from ._names import name_of, refuse_source
from ._progress import progress
from ._verdict import Entry, WrongCallError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ..check import CheckReport

# Whoever asks at a terminal what only the packages answer waits for those that must be downloaded for it.
_MANY_BYTES = 1 << 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="LINK-OR-URL",
        help="a link in quotes, the URL of a manifest or a page, or - for input with one on each line",
    )
    parser.add_argument(
        "--from-file",
        metavar="FILE",
        help="check what a file names, each on a line or with a zero byte behind it, several at a time, and write the "
        "reports as they come, as JSON one a line; - is standard input",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="with --from-file: how many at a time (default: 8)")
    parser.add_argument("--per-host", type=int, metavar="N", help="of these, for one host at most (default: 4)")
    add_device(parser)
    _personal.add_arguments(parser)
    parser.add_argument("--verify-hashes", action="store_true", help="download the packages and compare their hashes")
    parser.add_argument("--signature", action="store_true", help="download the packages and inspect their signatures")
    _network.add_arguments(parser)
    parser.add_argument("--public-only", action="store_true", help="refuse addresses that are not public")
    parser.add_argument(
        "--as-device",
        action=argparse.BooleanOptionalAction,
        help="call the requests what a device's downloader calls its own (default: yes)",
    )
    parser.set_defaults(as_device=True)  # given above, Python 3.10 would add it to the help
    parser.add_argument("--per-request-manifest", action="store_true", help="the manifest is made for each request")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="of silence (default: 10)")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print the report of each check."""
    of_app = any(given is not None for given in (options.udid, options.device, options.expires_within))
    downloads = options.verify_hashes or options.signature or of_app
    asked: dict[str, Any] = {
        "udid": options.udid,
        "device": options.device,
        "expires_within": options.expires_within,
        "timeout": options.timeout,
        "max_seconds": _network.most_seconds(options, downloads=downloads),
        "max_bytes": _MANY_BYTES if options.max_bytes is None and of_app else options.max_bytes,
        "verify_hashes": options.verify_hashes,
        "signature": options.signature,
        "per_request_manifest": options.per_request_manifest,
        "as_device": options.as_device,
        "public_only": options.public_only,
        "tls_context": _network.tls_context(options),
        "connect_to": dict(options.connect_to),
    }
    if options.from_file is not None:
        return _check_file(options, asked)
    targets = _targets(options)

    def look(target: str) -> Iterator[Entry]:
        from ..check import check

        with progress("downloading", quiet=options.quiet) as show:
            try:
                report = check(target, **asked, progress=show)
            except ValueError as error:
                raise WrongCallError(str(error)) from error
        yield _entry(options, target, report, name=target if len(targets) > 1 else "")

    return judge(options, targets, look)


def _entry(options: argparse.Namespace, target: str, report: CheckReport, name: str) -> Entry:
    if not options.show_personal:
        report = replace(report, packages=tuple(map(_personal.without_devices, report.packages)))
    return Entry(target, report, name=name)


def _targets(options: argparse.Namespace) -> list[str]:
    """Return what is to be checked one after the other."""
    if _many(options):
        raise WrongCallError("--workers and --per-host are for what --from-file names")
    if not options.targets:
        options.parser.error("the following arguments are required: LINK-OR-URL, or --from-file FILE")
    refuse_twice(options.targets)
    named = (_lines(standard_input()) if given == "-" else [given] for given in options.targets)
    targets = [target for part in named for target in part]
    if not targets:
        raise WrongCallError("standard input names nothing to check")
    return targets


def _many(options: argparse.Namespace) -> dict[str, int]:
    """Return how many are to be checked at a time, as far as the call says so."""
    numbers = {"workers": options.workers, "per_host": options.per_host}
    return {name: number for name, number in numbers.items() if number is not None}


def _check_file(options: argparse.Namespace, asked: dict[str, Any]) -> int:
    """Print the report of each line of a file."""
    from ..check import check_many

    source: str = options.from_file
    refuse_source(source, options.targets)
    form = JsonLines() if options.format == "json" else new_format(options.format, quiet=options.quiet)
    with ExitStack() as at_end:
        file = standard_input() if source == "-" else at_end.enter_context(Path(source).open("rb"))
        lines = at_end.enter_context(closing(_lines(file)))
        first = next(lines, None)
        if first is None:
            raise WrongCallError(f"{name_of(source)} names nothing to check")
        try:
            reports = check_many(chain([first], lines), **_many(options), **asked)
        except ValueError as error:
            raise WrongCallError(str(error)) from error
        at_end.enter_context(closing(reports))
        entries = (_entry(options, target, report, name=target) for target, report in reports)
        return judge_all(options, entries, form)


def _lines(file: BinaryIO) -> Generator[str, None, None]:
    """Yield the targets of a file."""
    with as_text(file, "surrogateescape") as lines:
        yield from entries(lines)
