"""The command ``explain-log``: what logs of servers and devices say about installs."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .._magic import GZIP
from ._input import as_text, standard_input
from ._judging import add_arguments as add_common
from ._judging import judge
from ._verdict import Entry, file_of, need_name, refuse_url

if TYPE_CHECKING:
    import argparse
    import io
    from collections.abc import Iterator
    from typing import BinaryIO

    from ..logs import LogReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="access logs and logs of devices, or - for input")
    parser.add_argument(
        "--show-personal",
        action="store_true",
        help="show addresses, UDIDs, mail addresses and home folders",
    )
    add_common(parser, dates=False)


def run(options: argparse.Namespace) -> int:
    """Print a report for each log."""

    def look(name: str) -> Iterator[Entry]:
        refuse_url(name, "Download it first")
        report = _report(name, show_personal=options.show_personal)
        yield Entry(name, report, file_of(name), name=name)

    return judge(options, options.files, look)


def _report(name: str, *, show_personal: bool) -> LogReport:
    if name == "-":
        return _read(standard_input(), name, show_personal=show_personal)
    need_name(name)
    with Path(name).open("rb") as file:
        return _read(file, name, show_personal=show_personal)


def _read(file: BinaryIO, name: str, *, show_personal: bool) -> LogReport:
    from ..logs import explain_log  # the other commands need no patterns of logs

    with as_text(file, "replace") as text:  # logs hold whatever clients sent
        if cast("io.BufferedReader", text.buffer).peek(2)[:2] == GZIP:
            message = "the log is compressed: unpack it, as in 'gunzip -c FILE | python -m itms_ota explain-log -'"
            raise OSError(errno.EINVAL, message, name)
        return explain_log(text, show_personal=show_personal)
