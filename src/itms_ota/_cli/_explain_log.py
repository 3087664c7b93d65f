"""The command ``explain-log``: what logs of servers and devices say about installs."""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ._output import print_json, show, shown

if TYPE_CHECKING:
    import argparse
    from typing import BinaryIO

    from ..logs import LogReport

_GZIP = b"\x1f\x8b"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="access logs and logs of devices, or - for input")
    parser.add_argument(
        "--show-personal",
        action="store_true",
        help="show addresses, UDIDs, mail addresses and home folders",
    )
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")


def run(options: argparse.Namespace) -> int:
    """Print a report for each log."""
    reports = [(name, _report(name, show_personal=options.show_personal)) for name in options.files]
    if options.json:
        print_json([{"target": shown(name), **report.to_dict()} for name, report in reports])
    else:
        for name, report in reports:
            print(shown(name), end=": ")
            show(report)
    return 0 if all(report.ok for _, report in reports) else 1


def _report(name: str, *, show_personal: bool) -> LogReport:
    if name == "-":
        return _read(sys.stdin.buffer, name, show_personal=show_personal)
    with Path(name).open("rb") as file:
        return _read(file, name, show_personal=show_personal)


def _read(file: BinaryIO, name: str, *, show_personal: bool) -> LogReport:
    from ..logs import explain_log  # the other commands need no patterns of logs

    peek = getattr(file, "peek", None)  # what stands in for standard input may have none
    if peek is not None and peek(2)[:2] == _GZIP:
        message = "the log is compressed: unpack it, as in 'gunzip -c FILE | python -m itms_ota explain-log -'"
        raise OSError(errno.EINVAL, message, name)
    # Logs hold whatever clients sent.
    text = io.TextIOWrapper(file, "utf-8", "replace", newline="\n")
    try:
        return explain_log(text, show_personal=show_personal)
    finally:
        text.detach()  # whoever opened the file closes it
