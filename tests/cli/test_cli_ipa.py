"""The command ipa: what it prints of an app, as text and as JSON."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from _make_ipa import INFO, make_ipa, make_profile
from _signing import make_signed_ipa

from itms_ota._cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_ipa_prints_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bundle identifier: com.example.myapp"
    assert f"size: {file.stat().st_size:,} bytes" in lines
    assert "  kind: enterprise" in lines
    assert "  devices: -" in lines
    assert lines[-1] == "over the air: no problems"


def test_ipa_prints_json_and_fails_for_an_app_that_cannot_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=None))
    assert main(["ipa", "--json", str(file)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["profile"], [problem["code"] for problem in found["problems"]]) == (None, ["no-profile"])
    assert main(["ipa", str(file)]) == 1
    assert "profile: -" in capsys.readouterr().out.splitlines()


def test_ipa_of_a_url_is_read_from_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []

    def open_url(url: str) -> io.BytesIO:
        opened.append(url)
        return io.BytesIO(make_ipa(profile=make_profile("enterprise")))

    monkeypatch.setattr("itms_ota.remote.open_url", open_url)
    assert main(["ipa", "https://a.example/A.ipa"]) == 0
    assert opened == ["https://a.example/A.ipa"]
    assert capsys.readouterr().out.startswith("bundle identifier: com.example.myapp\n")


def test_ipa_of_a_url_says_why_it_cannot_be_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ipa", "https://127.0.0.1:1/A.ipa"]) == 1
    assert capsys.readouterr().err.startswith("error: '127.0.0.1' refuses the connection")


def test_ipa_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(b"<html>")
    assert main(["ipa", str(file)]) == 1
    assert capsys.readouterr().err.endswith("[not-an-archive]\n")


def test_ipa_of_http_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ipa", "http://a.example/A.ipa"]) == 1
    assert "[not-https]" in capsys.readouterr().err


def test_ipa_hides_secrets_of_urls_in_what_an_app_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    name = "see https://a.example/m?token=hunter2"
    file.write_bytes(
        make_ipa(info={**INFO, "CFBundleDisplayName": name}, profile=make_profile("enterprise", Name=name))
    )
    for arguments in ([], ["--json"]):
        assert main(["ipa", str(file), *arguments]) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert out.count("https://a.example/m?token=") == 2


@pytest.mark.usefixtures("trusted")
def test_ipa_inspects_the_signature_where_it_is_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_signed_ipa())
    assert main(["ipa", str(file), "--signature"]) == 0
    assert capsys.readouterr().out.endswith("over the air: no problems\n")
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", str(file)]) == 0
    capsys.readouterr()
    assert main(["ipa", str(file), "--signature"]) == 1
    assert "[bad-executable]" in capsys.readouterr().out
    assert main(["ipa", "https://a.example/A.ipa", "--signature"]) == 2
    assert "download it first" in capsys.readouterr().err
