"""Every verdict of Apple's CoreFoundation on a property list, where the data is at hand.

Where the library differs is said in docs/manifest.md, by the group and the name of each: that list must stay exact.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from _plists import as_told, told
from _vectors import data, value, vectors

from itms_ota import _plist, inspect_manifest
from itms_ota.errors import ManifestError, errors_of
from itms_ota.manifest import Manifest

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "manifest.md"
COUNT = 721

Name = tuple[str, str]


@pytest.fixture(scope="module")
def verdicts(corpus: Path) -> list[dict[str, Any]]:
    lines = (corpus / "apple" / "plists.jsonl").read_text().splitlines()
    if len(lines) != COUNT:
        pytest.skip("these are other data than the list of differences is about")
    return [json.loads(line) for line in lines]


def name(verdict: dict[str, Any]) -> Name:
    return verdict["group"], verdict["name"]


def test_the_differences_are_those_that_the_documentation_tells(verdicts: list[dict[str, Any]]) -> None:
    section = DOCUMENTATION.read_text(encoding="utf-8").partition("### Where it differs\n")[2].partition("\n#")[0]
    accepted = [(group, rest) for group, rest in re.findall(r"`([^`:]+): ([^`]+)`", section)]
    assert len(accepted) == len({*accepted})
    differences: set[Name] = set()
    for verdict in verdicts:
        value, problems, _ = _plist.read(base64.b64decode(verdict["input"]))
        is_accepted = value is not None and not errors_of(problems)
        if is_accepted != verdict["accepted"] or (is_accepted and as_told(value) != told(verdict["value"])):
            differences.add(name(verdict))
    assert differences == {*accepted}


def test_nothing_is_accepted_that_apple_refuses(verdicts: list[dict[str, Any]]) -> None:
    refused = [verdict for verdict in verdicts if not verdict["accepted"]]
    assert len(refused) > 300
    for verdict in refused:
        data = base64.b64decode(verdict["input"])
        assert not inspect_manifest(data).ok, name(verdict)
        with pytest.raises(ManifestError):
            Manifest.from_plist(data)


def test_what_apple_reads_of_a_manifest_is_read_without_an_error(verdicts: list[dict[str, Any]]) -> None:
    """Of a whole manifest in any form, there is a warning at most."""
    manifests = [verdict for verdict in verdicts if verdict["accepted"] and "manifest" in verdict["name"]]
    assert len(manifests) >= 6
    for verdict in manifests:
        report = inspect_manifest(base64.b64decode(verdict["input"]))
        assert report.manifest is not None, name(verdict)
        assert not [problem for problem in report.errors if problem.path == ""], name(verdict)


def plain(data: bytes) -> bytes:
    """Take the declaration, the DOCTYPE and the version off, which vectors do without."""
    return re.sub(rb'\A<\?xml[^>]*>\n<!DOCTYPE[^>]*>\n<plist version="1.0">', b"<plist>", data).strip(b"\n")


def without_space(data: bytes) -> bytes:
    return re.sub(rb">\s+<", b"><", plain(data))


def test_apple_reads_what_is_written(verdicts: list[dict[str, Any]]) -> None:
    """What is written for a value is, but for space between elements, what Apple was seen to read as that value."""
    written = 0
    for verdict in verdicts:
        data = base64.b64decode(verdict["input"])
        value, _, _ = _plist.read(data)
        if value is None or _plist.unwritable(value):
            continue
        if without_space(_plist.dumps(value)) == without_space(data):
            assert verdict["accepted"]
            assert told(verdict["value"]) == as_told(value)
            written += 1
    assert written == 38


def test_the_vectors_say_what_apple_says(verdicts: list[dict[str, Any]]) -> None:
    known = {plain(base64.b64decode(verdict["input"])): verdict for verdict in verdicts}
    held = [(vector, known[data(vector)]) for vector in vectors("plists") if data(vector) in known]
    assert len(held) >= 50
    for vector, verdict in held:
        is_refused = vector.get("refused", False)
        assert is_refused == (not verdict["accepted"] or vector["fact"] == "stricter"), vector["id"]
        assert is_refused or as_told(value(vector)) == told(verdict["value"]), vector["id"]
