"""The command ``check``: ask the servers whether a tap on the link would install the app."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from . import _network
from ._judging import add_arguments as add_common
from ._judging import judge, refuse_twice
from ._progress import progress
from ._verdict import Entry, WrongCallError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whoever asks about a device at a terminal waits for a package that must be downloaded for it.
_MANY_BYTES = 1 << 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="LINK-OR-URL",
        help="a link in quotes, the URL of a manifest or a page, or - for input with one on each line",
    )
    parser.add_argument("--udid", help="also check whether the app installs on this device")
    parser.add_argument("--verify-hashes", action="store_true", help="download the packages and compare their hashes")
    parser.add_argument("--signature", action="store_true", help="download the packages and inspect their signatures")
    _network.add_arguments(parser)
    parser.add_argument("--public-only", action="store_true", help="refuse addresses that are not public")
    parser.add_argument(
        "--as-device",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="call the requests what a device's downloader calls its own (default: yes)",
    )
    parser.add_argument("--per-request-manifest", action="store_true", help="the manifest is made for each request")
    parser.add_argument("--max-bytes", type=int, metavar="BYTES", help="to fetch at most")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="of silence (default: 10)")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print the report of each check."""
    asked: dict[str, Any] = {
        "udid": options.udid,
        "expires_within": options.expires_within,
        "timeout": options.timeout,
        "max_seconds": 3600.0 if options.verify_hashes or options.signature or options.udid else 120.0,
        "max_bytes": _MANY_BYTES if options.max_bytes is None and options.udid else options.max_bytes,
        "verify_hashes": options.verify_hashes,
        "signature": options.signature,
        "per_request_manifest": options.per_request_manifest,
        "as_device": options.as_device,
        "public_only": options.public_only,
        "tls_context": _network.tls_context(options),
        "connect_to": dict(options.connect_to),
    }
    refuse_twice(options.targets)
    targets = [target for given in options.targets for target in (_lines() if given == "-" else [given])]

    def look(target: str) -> Iterator[Entry]:
        from ..check import check

        with progress("downloading", quiet=options.quiet) as show:
            try:
                report = check(target, **asked, progress=show)
            except ValueError as error:
                raise WrongCallError(str(error)) from error
        yield Entry(target, report.problems, report, name=target if len(targets) > 1 else "")

    return judge(options, targets, look)


def _lines() -> list[str]:
    """Return the targets on standard input: a line each, but for empty ones and those that begin with "#"."""
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    lines = [line for line in map(str.strip, text.split("\n")) if line and not line.startswith("#")]
    if not lines:
        raise WrongCallError("standard input names nothing to check")
    return lines
