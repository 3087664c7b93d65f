"""SARIF 2.1.0, the form in which tools hand findings to each other (OASIS).

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os.html; the numbers are of its
sections. GitHub's code scanning takes it, and shows what is found in files.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__, _urls
from ..errors import printable
from ._output import hide_secrets, print_json
from ._verdict import OF_THE_CALL

if TYPE_CHECKING:
    from ..errors import Problem
    from ._verdict import Entry, Verdict

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/itms-ota/itms_ota"


class Sarif:
    """One run with all results. What is ignored is left out."""

    def __init__(self) -> None:
        from .._codes import CODES  # other formats need none of it

        self._codes = CODES
        self._numbers = {code: number for number, code in enumerate(CODES)}
        self._results: list[dict[str, object]] = []
        self._notifications: list[dict[str, object]] = []

    def add(self, verdict: Verdict) -> None:
        """Keep the problems as results, or as notifications where nothing was looked at."""
        for problem in verdict.kept:
            level = "error" if problem in verdict.failing else "warning"
            found: dict[str, object] = {"level": level, "message": {"text": printable(problem.message)}}
            locations = _locations(verdict.entry, problem)
            found |= {"locations": locations} if locations else {}
            if problem.code in OF_THE_CALL:
                self._notifications.append({"descriptor": {"id": problem.code}, **found})
            else:
                rule = {"ruleId": problem.code, "ruleIndex": self._numbers[problem.code]}
                self._results.append({**rule, **found})

    def close(self, status: int) -> None:
        """Print the log."""
        invocation: dict[str, object] = {"executionSuccessful": status != 2, "exitCode": status}
        if self._notifications:
            invocation["toolExecutionNotifications"] = self._notifications
        run = {
            "tool": {"driver": self._driver()},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": self._results,
        }
        print_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})

    def _driver(self) -> dict[str, object]:
        rules = [
            {
                "id": code,
                "shortDescription": {"text": f"{code}: {entry.group}"},
                "fullDescription": {"text": entry.meaning},
                "help": {"text": f"{entry.meaning} {entry.cure}"},
                "helpUri": f"{_HOME}/blob/v{__version__}/docs/codes.md",
                "defaultConfiguration": {"level": entry.levels[0]},
            }
            for code, entry in self._codes.items()
        ]
        return {"name": "itms_ota", "version": __version__, "informationUri": _HOME, "rules": rules}


def _locations(entry: Entry, problem: Problem) -> list[dict[str, object]]:
    """Return where a problem is: in a file, and in what the file means; an address is not a file (3.28, 3.33)."""
    location: dict[str, object] = {}
    if entry.file:
        place: dict[str, object] = {"artifactLocation": _artifact(entry.file)}
        line, column = entry.place(problem)
        if line is not None:
            place["region"] = {"startLine": line} | ({} if column is None else {"startColumn": column})
        location["physicalLocation"] = place
    path = printable(problem.path)
    if not entry.file and entry.target is not None:
        path = ": ".join(filter(None, (printable(hide_secrets(entry.target)), path)))
    if path:
        location["logicalLocations"] = [{"fullyQualifiedName": path}]
    return [location] if location else []


def _artifact(file: str) -> dict[str, object]:
    """Return the URI of a file: relative to the folder in which the command ran where it is below it (3.4)."""
    path, here = Path(file), Path.cwd()
    if path.is_relative_to(here):
        path = path.relative_to(here)
    elif path.is_absolute():
        return {"uri": path.as_uri()}
    # A name that is not text has no URI that is a text.
    parts = (os.fsencode(part).decode("utf-8", "replace") for part in path.as_posix().split("/"))
    return {"uri": "/".join(map(_urls.encode, parts)), "uriBaseId": "%SRCROOT%"}
