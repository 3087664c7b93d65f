"""The command ``inspect``: what is wrong with manifests, links, and the links of pages."""

from __future__ import annotations

import errno
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from .._redact import without_secrets
from ._output import print_json, show, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from ..link import LinkReport
    from ..manifest import ManifestReport

# More than inspect_manifest reads; what lies behind is never loaded.
_MAX_BYTES = 16 * 1024 * 1024
# A link of any form, or what is taken for one; what is at another address is for `check` to see.
_LINK = re.compile(r"(?is).*itms-service|//\?|(?!https?:)[a-z][a-z0-9+.-]*://")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("targets", nargs="+", metavar="FILE-OR-LINK", help="a file, a link in quotes, or - for input")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")


def run(options: argparse.Namespace) -> int:
    """Print a report for each manifest and link."""
    reports = [(target, report) for target in options.targets for report in _reports(target)]
    if options.json:
        print_json([_as_dict(target, report) for target, report in reports])
    else:
        for target, report in reports:
            # A link stands in its own report.
            if not target.lstrip().startswith("itms-") and "://" not in target:
                print(shown(target), end=": ")
            show(report)
    return 0 if all(report.ok for _, report in reports) else 1


def _reports(target: str) -> Iterable[ManifestReport | LinkReport]:
    from ..link import find_links, inspect_link
    from ..manifest import inspect_manifest

    # Path.is_file would raise for a text that is not a possible file name.
    if _LINK.match(target) and not os.path.isfile(target):  # noqa: PTH113
        return [inspect_link(target)]
    data = sys.stdin.buffer.read(_MAX_BYTES) if target == "-" else _read_file(target)
    report = inspect_manifest(data)
    # Of a page, a script or a log only the links matter.
    links = find_links(data.decode("utf-8", "replace")) if report.kind in {"html", "json", "unknown"} else ()
    return links or [report]


def _read_file(name: str) -> bytes:
    if not name or "://" in name:
        message = (
            "inspect reads files and links; check looks at a server" if name else "there is no file without a name"
        )
        raise FileNotFoundError(errno.ENOENT, message, name)
    with Path(name).open("rb") as file:
        return file.read(_MAX_BYTES)


def _as_dict(target: str, report: ManifestReport | LinkReport) -> dict[str, object]:
    from ..manifest import ManifestReport

    found: dict[str, object] = {"target": shown(target), "ok": report.ok}
    if isinstance(report, ManifestReport):
        found["kind"] = report.kind
    else:
        urls = {"manifest_url": report.link and report.link.manifest_url, "device_url": report.device_url}
        found |= {"kind": "link", "text": without_secrets(report.text), "start": report.start, "end": report.end}
        found |= {name: url and without_secrets(url) for name, url in urls.items()}
    return found | {"problems": [asdict(problem) for problem in report.problems]}
