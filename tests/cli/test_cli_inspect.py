"""The command inspect: what it finds in files and links, and its exit status."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from itms_ota import Manifest
from itms_ota._cli import main

if TYPE_CHECKING:
    from pathlib import Path

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm.plist"


def manifest(url: str = "https://a.example/A.ipa", title: str = "A") -> bytes:
    made = Manifest.for_app(url=url, bundle_identifier="com.example.a", bundle_version="1", title=title)
    return made.to_plist(validate=False)


def test_inspect_says_that_a_manifest_and_a_link_are_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest.plist"
    file.write_bytes(manifest())
    assert main(["inspect", str(file), LINK]) == 0
    assert (
        capsys.readouterr().out
        == f"{file}: manifest of A 1: no problems\nlink to 'https://a.example/m.plist': no problems\n"
    )


def test_inspect_names_every_problem_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest.plist"
    file.write_bytes(manifest(url="http://a.example/A.ipa", title=""))
    assert main(["inspect", str(file)]) == 1
    first, url, title = capsys.readouterr().out.splitlines()
    assert first == f"{file}: manifest of (no title) 1: 2 errors"
    assert url.startswith("  error at items[0].assets[0].url, line 14, column 6: ")
    assert url.endswith("[not-https]")
    assert title.startswith("  error at items[0].metadata.title, line 18, column 4: ")


def test_inspect_looks_for_the_links_of_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "index.html"
    file.write_text(f'<html><a href="{LINK.replace("&", "&amp;")}">A</a> <a href="{LINK}">B</a></html>', "utf-8")
    assert main(["inspect", "--json", str(file)]) == 0
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [(report["report"], report["link"]["manifest_url"], report["start"]) for report in reports] == [
        ("link", "https://a.example/m.plist", 15),
        ("link", "https://a.example/m.plist", 115),
    ]
    assert reports[0] == {
        "target": str(file),
        "report": "link",
        "ok": True,
        "text": LINK.replace("&", "&amp;"),
        "start": 15,
        "end": 15 + len(LINK) + 4,
        "link": {"manifest_url": "https://a.example/m.plist"},
        "device_url": "https://a.example/m.plist",
        "problems": [],
    }


def test_inspect_says_what_a_page_without_links_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "index.html"
    file.write_bytes(b"<html>Please log in</html>")
    assert main(["inspect", "--json", str(file)]) == 1
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert (report["kind"], report["problems"][0]["code"]) == ("html", "not-a-manifest")


def test_inspect_says_where_it_did_not_look_for_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "index.html"
    link = f"<a href='{LINK.replace('&', '&amp;')}'>"
    size = 16 * 1024 * 1024
    cases: list[tuple[str, str, list[list[str]]]] = [
        ("<html>", "", [["not-a-manifest"]]),
        ("<html>", "<", [["not-a-manifest", "not-checked"]]),
        (f"<html>{link}", "", [[]]),
        (f"<html>{link}", link, [[], ["not-checked"]]),
    ]
    for start, more, found in cases:
        file.write_text(start + "\n" * (size - len(start)) + more, "ascii")
        main(["inspect", "--json", str(file)])
        reports = json.loads(capsys.readouterr().out)["reports"]
        assert [[problem["code"] for problem in report["problems"]] for report in reports] == found


def test_inspect_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(manifest())))
    assert main(["inspect", "-"]) == 0
    assert capsys.readouterr().out == "-: manifest of A 1: no problems\n"


def test_a_link_that_is_no_possible_file_name_is_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", LINK + "\0" + "x" * 5000]) == 1
    assert capsys.readouterr().out.startswith("link ")


def test_a_file_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "no-such-file.plist"]) == 2
    assert capsys.readouterr().err == (
        "no-such-file.plist: error: No such file or directory. Check its name, and the folder in which the command "
        "runs. [unreadable]\n"
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("", "There is no file without a name."),
        ("https://a.example/m.plist", "The command 'check' looks at what is there."),
    ],
)
def test_what_is_neither_file_nor_link_is_a_wrong_call(
    target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", target]) == 2
    assert said in capsys.readouterr().err


def test_a_link_without_its_scheme_is_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", LINK.removeprefix("itms-services:")]) == 1
    assert "[no-scheme]" in capsys.readouterr().out


def test_what_is_taken_for_a_link_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "itms-apps://itunes.apple.com/app/id1", "altstore://install?url=x"]) == 1
    assert [line[:44] for line in capsys.readouterr().out.splitlines()[::2]] == [
        "link 'itms-apps://itunes.apple.com/app/id1':",
        "link 'altstore://install?url=x': 1 error",
    ]


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("text", ["<html>\r\n ñ {}</html>", "# ñ\r\nxx {}"])
def test_a_page_or_a_script_that_windows_saved(
    coding: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "install.txt"
    file.write_bytes(("\ufeff" + text.format(f"'{LINK}'")).encode(coding))
    assert main(["inspect", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}, line 2: link to 'https://a.example/m.plist': no problems\n"


def test_a_large_file_is_called_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "big.txt"
    file.write_bytes(b"a" * (17 << 20))
    assert main(["inspect", "--json", str(file)]) == 1
    [report] = json.loads(capsys.readouterr().out)["reports"]
    assert report["kind"] == "unknown"
    assert [(problem["code"], problem["level"]) for problem in report["problems"]] == [
        ("not-a-manifest", "error"),
        ("not-checked", "warning"),
    ]
    assert "It begins with 'aaaa" in report["problems"][0]["message"]


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
def test_a_large_property_list_stays_one(coding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "big.plist"
    file.write_text("<!DOCTYPE plist><plist><array>" + "<integer>1</integer>" * 900_000, coding)
    assert main(["inspect", "--json", str(file)]) == 1
    [report] = json.loads(capsys.readouterr().out)["reports"]
    assert report["kind"] == "plist"
    assert [(problem["code"], problem["message"]) for problem in report["problems"]] == [
        ("too-large", "The file has more than 2,097,152 bytes. Longer property lists are not read.")
    ]
