"""The command ``check``: ask the servers whether a tap on the link would install the app."""

from __future__ import annotations

import argparse
import re
import sys

from ._output import print_json, say, show

# Whoever asks about a device at a terminal waits for a package that must be downloaded for it.
_MANY_BYTES = 1 << 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "target", metavar="LINK-OR-URL", help="the link in quotes, or the URL of the manifest or the page"
    )
    parser.add_argument("--udid", help="also check whether the app installs on this device")
    parser.add_argument("--verify-hashes", action="store_true", help="download the packages and compare their hashes")
    parser.add_argument("--signature", action="store_true", help="download the packages and inspect their signatures")
    parser.add_argument(
        "--connect-to",
        action="append",
        default=[],
        type=_connect_to,
        metavar="HOST:PORT:ADDRESS:PORT",
        help="connect there in place of the host, as curl does; may be repeated",
    )
    parser.add_argument("--cafile", metavar="FILE", help="also trust the certificate authorities of this PEM file")
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
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the report of a check."""
    from .._http import device_context  # loads ssl
    from ..check import check

    try:
        report = check(
            options.target,
            udid=options.udid,
            timeout=options.timeout,
            max_seconds=3600.0 if options.verify_hashes or options.signature or options.udid else 120.0,
            max_bytes=_MANY_BYTES if options.max_bytes is None and options.udid else options.max_bytes,
            verify_hashes=options.verify_hashes,
            signature=options.signature,
            per_request_manifest=options.per_request_manifest,
            as_device=options.as_device,
            public_only=options.public_only,
            tls_context=device_context(options.cafile) if options.cafile else None,
            connect_to=dict(options.connect_to),
            progress=_show_progress if sys.stderr.isatty() else None,
        )
    except ValueError as error:
        say(f"itms_ota: {error}", error=True)
        return 2
    if options.json:
        print_json(report.to_dict())
    else:
        show(report)
    return 0 if report.ok else 1


def _connect_to(text: str) -> tuple[str, str]:
    name = r"(?:\[[^\]]+\]|[^:\[\]]+):[0-9]+"
    found = re.fullmatch(f"({name}):({name})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT:ADDRESS:PORT")
    return found[1], found[2]


def _show_progress(done: int, size: int) -> None:
    print(f"\r{done:,} of {size:,} bytes", end="" if done < size else "\n", file=sys.stderr, flush=True)
