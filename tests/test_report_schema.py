"""docs/report.schema.json: it takes the dictionaries of reports, and refuses broken ones."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from _deployment import MANIFEST_URL
from _make_ipa import make_certificate, make_ipa, make_profile
from _reports import ITEM, REPORTS, changed, reports_of_apps

from itms_ota import Manifest, ManifestReport, inspect_link, inspect_manifest
from itms_ota._cli import main
from itms_ota.errors import ItmsError
from itms_ota.ipa import read_ipa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from itms_ota._wording import Report

jsonschema: Any = pytest.importorskip("jsonschema")
CORPUS = os.environ.get("ITMS_OTA_CORPUS", "")
SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

LINK = inspect_link(f"itms-services:/?action=download-manifest&url={MANIFEST_URL}").to_dict()
EXTRA: dict[str, Any] = {"date": {"x": 1}, "x": [b"a"]}
MANIFEST = ManifestReport(Manifest(items=(ITEM,), extra=EXTRA), "manifest", ()).to_dict()
ERROR = {"report": "error", "ok": False, "problems": LINK["problems"]}
OUTPUT: dict[str, Any] = {
    "tool": "itms_ota",
    "version": "1.0",
    "ok": False,
    "reports": [{"target": "a", **LINK}, {"target": None, **ERROR}, {"target": "b", **MANIFEST, "start": {"line": 1}}],
}


def takes(data: object) -> bool:
    return bool(VALIDATOR.is_valid(data))


def faults(data: object) -> list[str]:
    """Return what the schema says against data."""
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.to_dict()["report"])
def test_it_takes_reports(report: Any) -> None:
    assert faults(report.to_dict()) == []


def test_it_takes_reports_of_apps(tmp_path: Path) -> None:
    reports = [report.to_dict() for report in reports_of_apps(tmp_path)]
    for report in reports:
        assert faults(report) == []
    assert faults({**OUTPUT, "reports": [{"target": "x", **report} for report in reports]}) == []
    assert {report["report"] for report in reports} == {"ipa", "check", "release"}


def test_it_takes_what_commands_print() -> None:
    assert takes(OUTPUT)
    assert takes(ERROR)
    assert takes(OUTPUT["reports"][0])
    assert takes({**OUTPUT, "reports": []})


def test_it_takes_what_each_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("App.ipa").write_bytes(make_ipa())
    Path("a.mobileprovision").write_bytes(make_profile("ad-hoc", DeveloperCertificates=[make_certificate()]))
    Path("a.log").write_text("installd[57] <Error>: profile not valid: 0xe8008011\n", "utf-8")
    kinds: list[str] = []
    for command in (
        ["build", "App.ipa", "--base-url", "https://apps.example.com/", "--out", "out", "--force"],
        ["inspect", "out/manifest.plist", "out/index.html", "nothing.plist"],
        ["ipa", "App.ipa", "a.log"],
        ["check", "http://apps.example.com/m"],
        ["profile", "a.mobileprovision"],
        ["explain-log", "a.log"],
        ["inspect"],
    ):
        with suppress(SystemExit):
            main([*command, "--json"])
        found = json.loads(capsys.readouterr().out)
        definition = {"$ref": "#/$defs/Output", "$defs": SCHEMA["$defs"]}
        assert [error.message for error in jsonschema.Draft202012Validator(definition).iter_errors(found)] == []
        kinds += [report["report"] for report in found["reports"]]
    expected = ["release", "manifest", "link", "error", "ipa", "error", "check", "profile", "log", "error"]
    assert kinds == expected


def corpus() -> Iterator[Report]:
    """Yield the reports of real manifests, links and apps."""
    folder = Path(CORPUS)
    yield from (inspect_manifest(file.read_bytes()) for file in sorted((folder / "manifests").rglob("*.plist")))
    for line in (folder / "links.jsonl").read_text("utf-8").splitlines():
        yield inspect_link(
            next(text for text in cast("dict[str, Any]", json.loads(line)).values() if "itms" in str(text))
        )
    for file in sorted((folder / "ipas").rglob("*.ipa")):
        try:
            yield read_ipa(file).report()
        except ItmsError:
            continue


@pytest.mark.skipif(not CORPUS, reason="ITMS_OTA_CORPUS names no folder of real files")
def test_it_takes_reports_of_real_files() -> None:
    reports = [*corpus()]
    assert len(reports) > 100
    for report in reports:
        data = report.to_dict()
        assert faults(data) == []
        assert type(report).from_dict(data).to_dict() == data


DATE = ("manifest", "extra", "date")
ASSET = ("manifest", "items", 0, "assets", 0)
BROKEN: list[tuple[Any, tuple[Any, ...], object]] = [
    *((LINK, (key,), ...) for key in LINK),
    *((MANIFEST, (key,), ...) for key in MANIFEST),
    *((OUTPUT, (key,), ...) for key in OUTPUT),
    *((ERROR, (key,), ...) for key in ERROR),
    *((LINK, ("problems", 0, key), ...) for key in cast("Any", LINK)["problems"][0]),
    *((LINK, (key,), {"not": 1}) for key in LINK),
    *((MANIFEST, (key,), 5) for key in MANIFEST),
    *((OUTPUT, (key,), {"not": 1}) for key in OUTPUT),
    *((OUTPUT, ("reports", 0, key), ...) for key in ("target", *LINK)),
    *((OUTPUT, ("reports", 1, key), ...) for key in ("target", *ERROR)),
    (OUTPUT, ("reports", 0, "target"), 5),
    (OUTPUT, ("tool",), "another"),
    (ERROR, ("ok",), bool(1)),
    (LINK, ("report",), "error"),
    (LINK, ("report",), "manifest"),
    (LINK, ("problems", 0, "code"), "another"),
    (LINK, ("problems", 0, "level"), "fatal"),
    (LINK, ("problems", 0, "line"), "1"),
    (LINK, ("start",), 1.5),
    (MANIFEST, ("kind",), "another"),
    (MANIFEST, (*ASSET, "checksums", 0, "algorithm"), "sha1"),
    (MANIFEST, (*ASSET, "url"), None),
    (MANIFEST, (*ASSET, "variant_ids"), "iPhone15,2"),
    *(
        (MANIFEST, DATE, value)
        for value in (
            None,
            {"$data": 5},
            {"$data": None},
            {"$date": 5},
            {"$uid": "5"},
            {"$uid": -1},
            {"$real": 1.5},
            {"$real": "1.5"},
            {"$integer": 5},
            {"$integer": "12"},
            {"$other": "x"},
            {"$": "x"},
            [{"$other": "x"}],
            {"a": 1, "b": {"$other": "x"}},
            {"$$data": {"$other": "x"}},
        )
    ),
    (MANIFEST, ("manifest", "extra"), {"$data": "QQ=="}),
]


@pytest.mark.parametrize(("data", "path", "value"), BROKEN)
def test_it_refuses_what_is_broken(data: Any, path: tuple[Any, ...], value: object) -> None:
    assert takes(data)
    assert not takes(changed(data, path, value))


@pytest.mark.parametrize(
    "value", [{"$data": "QQ=="}, {"$$data": 5}, {"$$": 5}, {"$$$x": 5}, {"$data": 5, "x": 6}, {}, {"x$": 5}, [[], 0.5]]
)
def test_it_takes_values_of_property_lists(value: object) -> None:
    assert takes(changed(MANIFEST, DATE, value))
