"""Count what manifests and links in the wild are like: prints the table of docs/wild.md."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from itms_ota import LinkReport, ManifestReport, inspect_link, inspect_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(folder: Path) -> str:
    """Make the table from the reports on everything in the folder."""
    manifests = [inspect_manifest(path.read_bytes()) for path in sorted((folder / "manifests").glob("*.plist"))]
    templates = [inspect_manifest(path.read_bytes()) for path in sorted((folder / "templates").glob("*.plist"))]
    lines = (folder / "links.jsonl").read_text("utf-8").splitlines()
    links = [inspect_link(json.loads(line)["text"]) for line in lines]
    columns = [_column(manifests), _column(templates), _column(links)]
    names = list(columns[0]) + sorted({name for column in columns for name in column if name.startswith("`")})
    rows = ["| | manifests | templates | links |", "|---|---|---|---|"]
    for name in dict.fromkeys(names):
        counts = " | ".join(str(column.get(name, "")) for column in columns)
        rows += [f"| {name} | {counts} |"]
    return "\n".join(rows)


def _column(reports: Sequence[ManifestReport | LinkReport]) -> dict[str, int]:
    codes = Counter(code for report in reports for code in {f"`{problem.code}`" for problem in report.problems})
    meant = [report.manifest if isinstance(report, ManifestReport) else report.link for report in reports]
    return {
        "looked at": len(reports),
        "understood": len([one for one in meant if one is not None]),
        "with an error": len([report for report in reports if not report.ok]),
        "with warnings alone": len([report for report in reports if report.ok and report.problems]),
        "clean": len([report for report in reports if not report.problems]),
    } | dict(sorted(codes.items()))


if __name__ == "__main__":
    sys.stdout.write(table(Path(os.environ["ITMS_OTA_CORPUS"])) + "\n")
