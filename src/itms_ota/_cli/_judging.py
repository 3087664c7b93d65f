"""The commands that judge: their common options, and one target after another, whatever becomes of the others."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ItmsError
from ._code import find_code, not_a_code
from ._formats import Format, GitHub, Json, Text
from ._input import standard_input
from ._verdict import OF_THE_CALL, Entry, Policy, WrongCallError, failed, need_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

FORMATS = ("text", "json", "github", "sarif")
STATUS = """\
exit status:
  0    nothing stands in the way
  1    a problem fails the run: an error, or a warning that the options make fail
  2    a wrong call, or something that could not be opened; the rest was looked at all the same
  130  stopped by Ctrl-C; 143 by SIGTERM
"""


def add_arguments(parser: argparse.ArgumentParser, *, dates: bool = True) -> None:
    """Add the options that all commands have that judge."""
    add_format(parser, FORMATS)
    parser.add_argument("--quiet", action="store_true", help="print only reports that fail, and no progress")
    parser.add_argument("--strict", action="store_true", help="let warnings fail, too")
    parser.add_argument(
        "--fail-on", metavar="CODE", action="append", default=[], type=_code, help="let this warning fail; repeatable"
    )
    parser.add_argument(
        "--ignore", metavar="CODE", action="append", default=[], type=_ignorable, help="leave it out; repeatable"
    )
    if dates:
        parser.add_argument(
            "--expires-within",
            metavar="DAYS",
            type=_days,
            help="report profiles and certificates that end within so many days (default: 14)",
        )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add the options that ask about a device."""
    parser.add_argument("--udid", help="also check whether the app installs on this device")
    parser.add_argument(
        "--device", metavar="TYPE", help="also check whether it installs on devices of this type, such as iPhone14,5"
    )


def add_format(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    """Add the option that says in which form reports are written."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = STATUS
    parser.set_defaults(quiet=False, strict=False, fail_on=(), ignore=())
    parser.add_argument("--format", choices=formats, default="text", help="how to write the reports (default: text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def judge(options: argparse.Namespace, targets: Sequence[str], look: Callable[[str], Iterable[Entry]]) -> int:
    """Look at each target, write what was found, and return the exit status."""
    refuse_twice(targets)
    entries = (entry for target in targets for entry in _entries(target, look))
    return judge_all(options, entries, new_format(options.format, quiet=options.quiet))


def judge_all(options: argparse.Namespace, entries: Iterable[Entry], form: Format) -> int:
    """Write what was found as it comes, and return the exit status."""
    policy = Policy.of(options)
    status = 0
    for entry in entries:
        verdict = policy.judge(entry)
        form.add(verdict)
        sys.stdout.flush()
        status = max(status, verdict.status)
    form.close(status)
    return status


def refuse_twice(targets: Sequence[str]) -> None:
    """Refuse standard input where it is given twice: the second time there is nothing left of it."""
    if targets.count("-") > 1:
        raise WrongCallError("- is standard input, which can be read only once")


def new_format(name: str, *, quiet: bool = False) -> Format:
    """Make what writes verdicts."""
    if name == "sarif":
        from ._sarif import Sarif  # loads every code

        return Sarif()
    if name == "json":
        return Json()
    return GitHub(quiet=quiet) if name == "github" else Text(quiet=quiet)


def end(entry: Entry, form: str) -> int:
    """Write the one entry of a call that came to nothing, and return its exit status."""
    writer, verdict = new_format(form), Policy().judge(entry)
    writer.add(verdict)
    writer.close(verdict.status)
    return verdict.status


def _entries(target: str, look: Callable[[str], Iterable[Entry]]) -> Iterator[Entry]:
    """Yield what is found out about a target, which may be that it cannot be looked at."""
    try:
        yield from look(target)
    except (ItmsError, OSError) as error:
        yield failed(target, error)


@contextmanager
def opened(target: str) -> Generator[str | BinaryIO, None, None]:
    """Yield the name of a file, or standard input as a file that can be read from any place."""
    need_name(target)
    if target != "-":
        yield target
        return
    from shutil import copyfileobj  # loads every compressor
    from tempfile import TemporaryFile

    with TemporaryFile() as file:
        copyfileobj(standard_input(), file)
        file.seek(0)
        yield file


def _code(given: str) -> str:
    code = find_code(given)
    if code is None:
        raise argparse.ArgumentTypeError(not_a_code(given))
    return code


def _ignorable(given: str) -> str:
    code = _code(given)
    if code in OF_THE_CALL:
        raise argparse.ArgumentTypeError(f"{code} cannot be ignored: nothing was looked at")
    return code


def _days(given: str) -> timedelta:
    try:
        days = timedelta(days=float(given))
    except (ValueError, OverflowError):
        days = timedelta(-1)
    if days < timedelta(0):
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of days")
    return days
