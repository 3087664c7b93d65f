"""The command ``inspect``: what is wrong with manifests, links, and the links of pages."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Problem
from ._input import decoded, standard_input
from ._judging import add_arguments as add_common
from ._judging import judge
from ._output import say
from ._verdict import Entry, file_of, refuse_url

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from ..link import LinkReport
    from ..manifest import ManifestReport

# More than inspect_manifest reads; what lies behind is never loaded.
_MAX_BYTES = 16 * 1024 * 1024
_NOT_READ = Problem(
    "",
    "not-checked",
    f"Only the first {_MAX_BYTES:,} bytes were looked through for install links. Split the file.",
    "warning",
)
# A link of any form, or what is taken for one; what is at another address is for `check` to see.
_LINK = re.compile(r"(?is).*itms-service|//\?|(?!https?:)[a-z][a-z0-9+.-]*://")
# What is said of a sound file of another kind: a property list without items, or with another value than a dictionary.
_OTHER = frozenset({"not-a-manifest", "wrong-type"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("targets", nargs="+", metavar="FILE-OR-LINK", help="a file, a link in quotes, or - for input")
    parser.add_argument(
        "--skip-others",
        action="store_true",
        help="pass over files that are not a manifest, have no link, and are not named like a manifest",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print a report for each manifest and link."""
    passed_over: list[str] = []

    def look(target: str) -> Iterator[Entry]:
        for entry, is_other in _look(target):
            if options.skip_others and is_other:
                passed_over.append(target)
            else:
                yield entry

    status = judge(options, options.targets, look)
    if passed_over and options.format in {"text", "github"} and not options.quiet:
        say(f"passed over, neither a manifest nor with a link: {len(passed_over)}", error=True)
    return status


def _look(target: str) -> Iterable[tuple[Entry, bool]]:
    """Inspect a target; yield each entry, and whether it is about a file of another kind."""
    from ..link import find_links, inspect_link
    from ..manifest import MAY_HOLD_LINKS, inspect_manifest

    # Path.is_file would raise for a text that is not a possible file name.
    if _LINK.match(target) and not os.path.isfile(target):  # noqa: PTH113
        link = inspect_link(target)
        # A link stands in its own report.
        named = not target.lstrip().startswith("itms-") and "://" not in target
        yield Entry(target, link, name=target if named else ""), False
        return
    data = standard_input().read(_MAX_BYTES + 1) if target == "-" else _read_file(target)
    is_cut, data = len(data) > _MAX_BYTES, data[:_MAX_BYTES]
    file = file_of(target)
    report = inspect_manifest(data)
    # Of a page, a script or a log only the links matter.
    text = decoded(data) if report.kind in MAY_HOLD_LINKS else ""
    links = find_links(text)
    for link, (line, column) in zip(links, _places(text, links), strict=True):
        yield Entry(target, link, file, line, column, f"{target}, line {line}"), False
    if is_cut and report.kind in MAY_HOLD_LINKS:
        report = replace(report, problems=(*(() if links else report.problems), _NOT_READ))
    if not links or is_cut:
        yield Entry(target, report, file, name=target), _is_other(target, report)


def _places(text: str, links: Iterable[LinkReport]) -> Iterator[tuple[int, int]]:
    """Yield the line and column of each link, in one walk through the text."""
    line, line_start, last = 1, 0, 0
    for link in links:
        if breaks := text.count("\n", last, link.start):
            line += breaks
            line_start = text.rindex("\n", last, link.start) + 1
        last = link.start
        yield line, link.start - line_start + 1


def _is_other(target: str, report: ManifestReport) -> bool:
    """Return whether a file is soundly of another kind: one that was meant to be a manifest is not passed over."""
    name = Path(target).name.lower()
    is_sound = all(problem.code in _OTHER for problem in report.errors)
    is_meant = "manifest" in name or (name.endswith(".plist") and report.kind not in {"plist", "profile"})
    return report.manifest is None and is_sound and not is_meant


def _read_file(name: str) -> bytes:
    if not name:
        raise FileNotFoundError(errno.ENOENT, "There is no file without a name", name)
    refuse_url(name, "The command 'check' looks at what is there")
    with Path(name).open("rb") as file:
        return file.read(_MAX_BYTES + 1)
