"""The command inspect: what it finds in files and links, and its exit status."""

from __future__ import annotations

import io
import json
import os
import sys
from plistlib import FMT_BINARY, dumps
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


@pytest.mark.dear
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


@pytest.mark.parametrize("host", ["testflight.apple.com", "apps.apple.com", "appclip.apple.com"])
def test_an_address_that_opens_an_app_is_explained(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", f"https://{host}/x"]) == 1
    assert "[other-scheme]" in capsys.readouterr().out


def test_an_archive_has_its_own_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(b"PK\3\4" + bytes(100))
    assert main(["inspect", str(file)]) == 1
    assert "To look at an .ipa, use the command 'ipa'." in capsys.readouterr().out


def test_what_is_taken_for_a_link_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "itms-apps://itunes.apple.com/app/id1", "altstore://install?url=x"]) == 1
    assert [line[:44] for line in capsys.readouterr().out.splitlines()[::2]] == [
        "link 'itms-apps://itunes.apple.com/app/id1':",
        "link 'altstore://install?url=x': 1 error",
    ]


EMBEDDED = [
    ("p2.md", "Our tool writes `<plist>`.\n"),
    ("prose.md", 'It begins with `<plist version="1.0">` and has a `<dict>`. Write `<true/>` for yes.\n'),
    ("udid.md", "Not a list: `<plist` alone.\n"),
    ("README.md", "# Install\n\nWrite:\n\n```xml\n" + manifest().decode() + "```\n"),
    ("make.sh", "cat > manifest.plist <<EOF\n" + manifest().decode() + "EOF\n"),
    ("m.py", 'MANIFEST = """' + manifest(url="http://a.example/A.ipa").decode() + '"""\n'),
    ("page.html", "<!DOCTYPE html>\n<html><pre>" + manifest().decode() + "</pre></html>\n"),
    ("manifest.js", "export default `" + manifest().decode() + "`;\n"),
]


@pytest.mark.parametrize(("name", "text"), EMBEDDED)
def test_a_property_list_within_another_text_is_passed_over(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert main(["inspect", "--skip-others", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out == ""
    # What nobody wants to be passed over is told as ever, and so is what is named like a property list.
    assert main(["inspect", str(tmp_path / name)]) == 1
    (tmp_path / "a.plist").write_text(text, "utf-8")
    assert main(["inspect", "--skip-others", str(tmp_path / "a.plist")]) == 1


def test_the_links_around_a_property_list_are_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "README.md"
    bad = LINK.replace("https", "http")
    file.write_text(f"Tap {LINK} or\n\n```xml\n{manifest().decode()}```\n{bad}\n", "utf-8")
    assert main(["inspect", "--json", "--skip-others", str(file)]) == 1
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [(report["report"], [problem["code"] for problem in report["problems"]]) for report in reports] == [
        ("link", []),
        ("link", ["not-https"]),
    ]
    assert main(["inspect", "--json", str(file)]) == 1
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [(report["report"], report["ok"]) for report in reports] == [
        ("link", True),
        ("link", False),
        ("manifest", False),
    ]


ORDINARY = {
    "manifest.json": '{"name": "My web app", "icons": []}',
    "app-manifest.json": '{"manifest": 1}',
    "site.webmanifest": '{"name": "A"}',
    "manifest.js": "export default {}\n",
    "manifest.yml": "applications: []\n",
    "manifest.txt": "hello\n",
    "manifest.md": "# Manifest\n",
    "manifest.html": "<html><body>x</body></html>\n",
    "my_manifest_reader.py": "import os\n",
    "AndroidManifest.xml": '<?xml version="1.0"?>\n<manifest package="a"/>\n',
    "MANIFEST.MF": "Manifest-Version: 1.0\n",
    "manifest": "",
    "de.strings": '/* The list. */\n"items" = "Dinge";\n',
    "project.pbxproj": "// !$*UTF8*$!\n{ objects = { A = { children = ( B ); }; }; }\n",
    "notes.txt": " bplists are binary.\n",
    "Info.plist": '<?xml version="1.0"?><plist version="1.0"><dict><key>a</key><true/></dict></plist>',
}


def test_what_is_only_named_like_a_manifest_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in ORDINARY.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert main(["inspect", "--skip-others", *(str(tmp_path / name) for name in ORDINARY)]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"passed over, neither a manifest nor with a link: {len(ORDINARY)}\n"


@pytest.mark.parametrize(
    ("name", "data", "codes"),
    [
        # By their content, whatever they are called.
        ("apps.json", manifest(url="http://a.example/A.ipa"), ["not-https"]),
        ("install.php", b"<?php header('Content-Type: text/xml'); ?>\n" + manifest(url="http://a.example/A.ipa"),
         ["not-https"]),
        ("feed.txt", manifest()[:-40], ["truncated"]),
        ("a.txt", manifest().decode().encode("utf-16")[:-40], ["truncated"]),
        ("a.txt", b"bplist00damaged", ["malformed-plist"]),
        # Behind what nobody sees.
        ("a.txt", b"\xef\xbb\xbf" * 2 + manifest(), ["text-before-xml"]),
        ("a.txt", b"\xe2\x80\x8b \r\n" + manifest(), ["text-before-xml"]),
        ("a.txt", b"\xef\xbb\xbf \n" + dumps({"items": []}, fmt=FMT_BINARY), ["malformed-plist"]),
        ("a.txt", b"\0\0" + dumps({"items": []}, fmt=FMT_BINARY), ["malformed-plist"]),
        ("a.txt", b'{ version = 1; "items" = ( { metadata = { title = T; }; } ); }', ["malformed-plist"]),
        # By their name.
        ("manifest.plist", b"", ["not-a-manifest"]),
        ("MyManifest.plist", b'<plist version="1.0"><dict/></plist>', ["not-a-manifest"]),
        ("beta-manifest.plist", b"<html>Please log in</html>", ["not-a-manifest"]),
        ("Info.plist", b"<html>Please log in</html>", ["not-a-manifest"]),
        ("Info.plist", b"Warning: <plist><dict/></plist>", ["not-a-manifest", "text-before-xml"]),
    ],
)  # fmt: skip
def test_what_was_meant_to_be_a_manifest_is_not_passed_over(
    name: str, data: bytes, codes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(data)
    assert main(["inspect", "--json", "--skip-others", str(tmp_path / name)]) == 1
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [problem["code"] for problem in report["problems"] if problem["level"] == "error"] == codes


def test_a_large_text_is_searched_for_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bundle.js"
    file.write_text("var a = 1; // <plist\n" * 150_000, "ascii")
    assert main(["inspect", "--skip-others", str(file)]) == 0
    file.write_text("var a = 1;\n" * 300_000 + f'location = "{LINK.replace("https", "http")}";\n', "ascii")
    assert main(["inspect", "--json", "--skip-others", str(file)]) == 1
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [problem["code"] for problem in report["problems"]] == ["not-https"]


def test_what_was_not_looked_at_is_not_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bundle.js"
    file.write_text("a" * (16 * 1024 * 1024 + 1), "ascii")
    assert main(["inspect", "--json", "--skip-others", str(file)]) == 0
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [problem["code"] for problem in report["problems"]] == ["not-checked"]


# The names of what is to be inspected, in a file.


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of a sound manifest and of a broken one, in the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / " a b\n#.plist").write_bytes(manifest())
    (tmp_path / "ü.plist").write_bytes(manifest(url="http://a.example/A.ipa"))
    return [" a b\n#.plist", "ü.plist"]


def inspected(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, bool]]:
    found = json.loads(capsys.readouterr().out)
    return [(report["target"], report["ok"]) for report in found["reports"]]


def test_names_that_end_with_zero_bytes_are_taken_as_they_are(
    two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = "\0".join([*two, ""]).encode()
    (tmp_path / "names").write_bytes(listed)
    assert main(["inspect", "--json", "--from-file", "names"]) == 1
    assert inspected(capsys) == [(two[0], True), (two[1], False)]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(listed)))
    assert main(["inspect", "--json", "--from-file", "-"]) == 1
    assert inspected(capsys) == [(two[0], True), (two[1], False)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_names_on_lines(encoding: str, two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"# what we publish\r\n\r\n  {two[1]} \r\n{LINK}\n"
    (tmp_path / "names").write_bytes(text.encode(encoding))
    assert main(["inspect", "--json", "--from-file", "names"]) == 1
    assert inspected(capsys) == [(two[1], False), (LINK, True)]


def test_a_name_in_a_list_that_is_not_there_does_not_stop_the_others(
    two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "names").write_bytes(b"--nope\0caf\xe9.plist\0" + two[1].encode())
    assert main(["inspect", "--json", "--from-file", "names"]) == 2
    assert inspected(capsys) == [("--nope", False), ("caf\udce9.plist", False), (two[1], False)]
    assert main(["inspect", "--from-file", "names"]) == 2
    assert "caf" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "listed", "said"),
    [
        ("--from-file -", b"", "standard input names nothing to look at"),
        ("--from-file - --skip-others", b"\n# nothing\n", "standard input names nothing to look at"),
        ("--from-file -", b"\0\0", "standard input names nothing to look at"),
        (f"--from-file {os.devnull}", b"", f"{os.devnull} names nothing to look at"),
        ("--from-file -", b"a.plist\n-\n", "- is standard input, which can be read only once"),
        (f"--from-file {os.devnull} a.plist", b"", "--from-file cannot be combined with other targets"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_wrong_call(
    call: str, listed: bytes, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(listed)))
    assert main(["inspect", "--json", *call.split()]) == 2
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert (report["target"], report["problems"][0]["code"]) == (None, "bad-call")
    assert said in report["problems"][0]["message"]


@pytest.mark.parametrize("name", ["nope", "https://a.example/names"])
def test_a_list_that_is_not_there_is_a_wrong_call(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--json", "--from-file", name]) == 2
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert (report["target"], report["problems"][0]["code"]) == (None, "unreadable")


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
