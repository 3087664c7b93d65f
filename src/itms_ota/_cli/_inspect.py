"""The command ``inspect``: what is wrong with manifests, links, and the links of pages."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import _hosting, _urls
from ..errors import Problem
from ._input import decoded, standard_input
from ._judging import add_arguments as add_common
from ._judging import judge, refuse_twice
from ._names import read_names, refuse_source
from ._output import say
from ._verdict import Entry, file_of, for_ipa, need_name, refuse_url

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
    parser.add_argument("targets", nargs="*", metavar="FILE-OR-LINK", help="a file, a link in quotes, or - for input")
    parser.add_argument(
        "--from-file",
        metavar="FILE",
        help="inspect what a file names, each on a line, or each with a zero byte behind it, as 'git ls-files -z' "
        "writes them; - is standard input",
    )
    parser.add_argument(
        "--skip-others",
        action="store_true",
        help="pass over files that are not a manifest and have no link, unless they are a damaged property list or "
        "named like a manifest (*manifest*.plist)",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print a report for each manifest and link."""
    passed_over: list[str] = []

    def look(target: str) -> Iterator[Entry]:
        for entry, is_other in _look(target, skip_others=options.skip_others):
            if options.skip_others and is_other:
                passed_over.append(target)
            else:
                yield entry

    status = judge(options, _targets(options), look)
    if passed_over and options.format in {"text", "github"} and not options.quiet:
        say(f"passed over, neither a manifest nor with a link: {len(passed_over)}", error=True)
    return status


def _targets(options: argparse.Namespace) -> list[str]:
    if options.from_file is None:
        if not options.targets:
            options.parser.error("the following arguments are required: FILE-OR-LINK, or --from-file FILE")
        return list(options.targets)
    refuse_source(options.from_file, options.targets)
    names = read_names(options.from_file)
    refuse_twice([options.from_file, *names])
    return names


def _look(target: str, *, skip_others: bool) -> Iterable[tuple[Entry, bool]]:
    """Inspect a target; yield each entry, and whether it is about a file of another kind."""
    from ..manifest import MAY_HOLD_LINKS, inspect_manifest

    # Path.is_file would raise for a text that is not a possible file name.
    if _is_link(target) and not os.path.isfile(target):  # noqa: PTH113
        from ..link import inspect_link

        link = inspect_link(target)
        # A link stands in its own report.
        named = not target.lstrip().startswith("itms-") and "://" not in target
        yield Entry(target, link, name=target if named else ""), False
        return
    data = standard_input().read(_MAX_BYTES + 1) if target == "-" else _read_file(target)
    is_cut, data = len(data) > _MAX_BYTES, data[:_MAX_BYTES]
    file = file_of(target)
    report = inspect_manifest(data)
    if report.kind == "archive":
        report = replace(report, problems=for_ipa(report.problems))
    # A text about property lists, or a program that writes one; a manifest that a server's warning spoils is alike.
    is_part = any(problem.code == "text-before-xml" for problem in report.problems) and not _begins_unseen(data)
    # Of a page, a script or a log only the links matter.
    text = decoded(data) if is_part or report.kind in MAY_HOLD_LINKS else ""
    links = _links(text)
    for link, (line, column) in zip(links, _places(text, links), strict=True):
        yield Entry(target, link, file, line, column, f"{target}, line {line}"), False
    is_other = _is_other(target, report, is_part=is_part)
    if is_cut and report.kind in MAY_HOLD_LINKS:
        report = replace(
            report, problems=(*(() if links or (skip_others and is_other) else report.problems), _NOT_READ)
        )
        is_other = False  # nobody knows
    if is_part or not links or is_cut:
        yield Entry(target, report, file, name=target), is_other


def _is_link(target: str) -> bool:
    return _LINK.match(target) is not None or ("://" in target and _hosting.is_opened_by_an_app(_urls.host(target)))


def _links(text: str) -> tuple[LinkReport, ...]:
    """Find the links of a text; most files are manifests, and have none."""
    if not text:
        return ()
    from ..link import find_links

    return find_links(text)


def _begins_unseen(data: bytes) -> bool:
    """Return whether only characters that nobody sees spoil the beginning, such as a second byte order mark."""
    before = decoded(data).partition("<")[0].translate(dict.fromkeys(map(ord, " \t\r\n")))
    return bool(before) and not any(map(str.isprintable, before))


def _places(text: str, links: Iterable[LinkReport]) -> Iterator[tuple[int, int]]:
    """Yield the line and column of each link, in one walk through the text."""
    line, line_start, last = 1, 0, 0
    for link in links:
        if breaks := text.count("\n", last, link.start):
            line += breaks
            line_start = text.rindex("\n", last, link.start) + 1
        last = link.start
        yield line, link.start - line_start + 1


def _is_other(target: str, report: ManifestReport, *, is_part: bool) -> bool:
    """Return whether a file is soundly of another kind: one that was meant to be a manifest is not passed over.

    A device takes a manifest from any address, so a name says little: "manifest.json" is that of a web app. What is a
    property list from its beginning on is looked at whatever its name; by its name alone, only a ``.plist``.
    """
    name = Path(target).name.lower()
    is_plist = name.endswith(".plist")
    if is_part and not is_plist:
        return True
    is_sound = all(problem.code in _OTHER for problem in report.errors)
    is_meant = is_plist and ("manifest" in name or report.kind not in {"plist", "profile"})
    return report.manifest is None and is_sound and not is_meant


def _read_file(name: str) -> bytes:
    need_name(name)
    refuse_url(name, "The command 'check' looks at what is there")
    with Path(name).open("rb") as file:
        return file.read(_MAX_BYTES + 1)
