"""The options of the commands that ask servers: where to connect, and whom to trust."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .._arguments import check_path
from .._redact import redact_text
from ._verdict import WrongCallError, refuse_url

if TYPE_CHECKING:
    import ssl

_SECONDS = 120.0
_MANY_SECONDS = 3600.0  # for packages of some gigabytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--connect-to",
        action="append",
        default=[],
        type=_connect_to,
        metavar="HOST:PORT:ADDRESS:PORT",
        help="connect there in place of the host, as curl does; may be repeated",
    )
    parser.add_argument("--max-bytes", type=int, metavar="BYTES", help="to fetch at most")
    parser.add_argument(
        "--max-seconds",
        type=float,
        metavar="SECONDS",
        help=f"to take at most, for each target (default: {_SECONDS:.0f}; where packages are downloaded "
        f"{_MANY_SECONDS:.0f})",
    )
    parser.add_argument("--cafile", metavar="FILE", help="also trust the certificate authorities of this PEM file")


def most_seconds(options: argparse.Namespace, *, downloads: bool) -> float:
    """Return how long a target may take."""
    if options.max_seconds is not None:
        return float(options.max_seconds)
    return _MANY_SECONDS if downloads else _SECONDS


def tls_context(options: argparse.Namespace) -> ssl.SSLContext | None:
    """Make the context that trusts the authorities of ``--cafile``; a file that is not such a one is a wrong call."""
    from .._http import device_context  # loads ssl

    if options.cafile is None:
        return None
    shown = redact_text(options.cafile)
    try:
        refuse_url(options.cafile, "Download it first")
        Path(check_path("--cafile", options.cafile)).open("rb").close()
    except OSError as error:
        raise WrongCallError(f"--cafile: {shown} cannot be read: {error.strerror}") from error
    try:
        return device_context(options.cafile)
    except OSError as error:  # ssl names neither the file nor the fault in plain words
        raise WrongCallError(f"--cafile: {shown} has no certificates in PEM form") from error


def _connect_to(text: str) -> tuple[str, str]:
    from .._http import host_port  # loads ssl

    name = r"(?:\[[^\]]+\]|[^:\[\]]+):[0-9]+"
    found = re.fullmatch(f"({name}):({name})", text)
    with suppress(ValueError):
        if found and host_port(found[1]) and host_port(found[2]):
            return found[1], found[2]
    raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT:ADDRESS:PORT")
