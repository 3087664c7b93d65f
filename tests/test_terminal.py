"""What a file says is never obeyed by a terminal, nor does it turn or hide other text there."""

from __future__ import annotations

import io
import os
import plistlib
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import MANIFEST_URL, Deployment, manifest
from _make_ipa import DEVICES, INFO, make_ipa, make_profile
from _signing import make_signed_ipa

from itms_ota import InstallLink, LinkError, Manifest, find_links, inspect_link, inspect_manifest
from itms_ota._cli import main
from itms_ota._wording import as_html, as_text
from itms_ota.check import CheckReport, Step, check
from itms_ota.errors import IpaError, ManifestError, Problem, printable
from itms_ota.ipa import read_ipa
from itms_ota.release import build_release

if TYPE_CHECKING:
    from pathlib import Path

# A screen is cleared (twice, by C0 and by C1), a bell rings, lines begin anew, and "gpj.exe" reads "exe.jpg".
EVIL = "A\x1b[2J\x9b2J\x07\r\n\u202egpj.exe\u202c\u2066\u200f\u061c\u2028\u2029\x7f\U000e0041\ufeff\u200bZ"
SHOWN = r"A\x1b[2J\x9b2J\x07\r\n\u202egpj.exe\u202c\u2066\u200f\u061c\u2028\u2029\x7f\U000e0041\ufeff\u200bZ"
UNSEEN = re.compile(
    r"[^\x20-\x7e\n\t\xa0-\U0010ffff]|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
    r"|[\U000e0000-\U000e007f]"
)
LINK = InstallLink("https://apps.example.com/m.plist")


def raw_manifest(**metadata: str) -> bytes:
    """Make a manifest with such metadata; XML could not carry it."""
    plist: Any = plistlib.loads(manifest().to_plist())
    plist["items"][0]["metadata"] |= metadata
    return plistlib.dumps(plist, fmt=plistlib.FMT_BINARY)


def evil_ipa(**info: Any) -> bytes:
    """Make an app all of whose names are evil."""
    return make_signed_ipa(
        info={**INFO, "CFBundleDisplayName": EVIL, "CFBundleName": EVIL, "MinimumOSVersion": f"15{EVIL}", **info},
        profile=make_profile(
            "ad-hoc", form="binary", Name=EVIL, TeamName=EVIL, UUID=EVIL, ProvisionedDevices=[*DEVICES, EVIL]
        ),
        name="A\x1b\x9b\u202eZ",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (EVIL, SHOWN),
        ("", ""),
        ("".join(map(chr, range(0x20))), "".join(repr(chr(number))[1:-1] for number in range(0x20))),
        ("".join(map(chr, range(0x7F, 0xA0))), "".join(rf"\x{number:02x}" for number in range(0x7F, 0xA0))),
        ("\ud800 \udfff \udc80", r"\ud800 \udfff \udc80"),
        ("\U000e0001\U000e0020\U000e007f", r"\U000e0001\U000e0020\U000e007f"),
        ("\u2060\u2064\u206f\ufff9\ufffb", r"\u2060\u2064\u206f\ufff9\ufffb"),
        ("\\x1b stays as it is written", r"\x1b stays as it is written"),
    ],
)
def test_what_would_act_or_hide_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "微信 企業版\u3000全角",
        "e\u0301 n\u0303 \u0939\u093f\u0928\u094d\u0926\u0940",  # letters that are put together
        "👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f 🇫🇷 👍🏽",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u05e9\u05dc\u05d5\u05dd",  # Persian, Hebrew
        "100\u00a0%, 1\u202f000 \u2026 \u00ad",
        "\ue000 \uf8ff \U0010fffd \u0378",  # of no meaning, or of one that this Python does not know yet
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_whatever_turns_the_direction_of_writing_is_shown_as_an_escape() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    marks = {"LEFT-TO-RIGHT MARK", "RIGHT-TO-LEFT MARK", "ARABIC LETTER MARK"}
    for character in map(chr, range(sys.maxunicode + 1)):
        unsafe = (
            unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
            or unicodedata.bidirectional(character) in turning
            or unicodedata.name(character, "") in marks
        )
        assert not unsafe or printable(character) != character, hex(ord(character))


def test_a_problem_is_one_line_whatever_it_says() -> None:
    problem = Problem(f"items[0].{EVIL}", "unknown-key", EVIL)
    assert str(problem) == f"error at items[0].{SHOWN}: {SHOWN} [unknown-key]"
    assert (problem.path, problem.message) == (f"items[0].{EVIL}", EVIL)
    for kind in (LinkError, ManifestError, IpaError):
        assert str(kind([problem, problem])) == f"{problem}\n{problem}"


def test_a_report_keeps_its_lines() -> None:
    problem = Problem("", "empty", EVIL)
    assert as_text(EVIL, [problem]) == f"{SHOWN}: 1 error\n  error: {SHOWN} [empty]"
    assert as_html("\u202e<", [Problem("\u2066", "empty", "\x1b")]) == (
        "<div><b>\\u202e&lt;</b>: 1 error<table><tr><td>error</td><td><code>\\u2066</code></td>"
        "<td style='text-align:left'>\\x1b</td><td><code>empty</code></td></tr></table></div>"
    )


def test_the_reports_on_manifests_and_links() -> None:
    report = inspect_manifest(raw_manifest(title=EVIL, **{EVIL: EVIL}))
    first, *others = str(report).splitlines()
    assert first.startswith(f"manifest of {SHOWN} 1.2.3: ")
    assert others
    (found,) = find_links(f'<a href="{LINK}{EVIL[:6]}">')
    texts = [str(report), str(found), str(inspect_link(EVIL)), str(inspect_link(f"{LINK}{EVIL}"))]
    htmls = [report._repr_html_(), found._repr_html_(), inspect_link(EVIL)._repr_html_()]
    assert report.manifest is not None
    htmls.append(report.manifest._repr_html_())
    for text in (*texts, *htmls, repr(report), repr(found)):
        assert UNSEEN.search(text) is None


def test_the_report_of_a_check() -> None:
    deployment = Deployment.healthy()
    deployment.files["/manifest.plist"] = ("application/xml\x9b2J\u202e", raw_manifest(title=EVIL))
    deployment.files["/MyApp.ipa"] = ("application/octet-stream", evil_ipa())
    report = check(MANIFEST_URL, fetch=deployment.fetch)
    assert report.packages[0].display_name == EVIL
    assert UNSEEN.search(str(report)) is None
    assert UNSEEN.search(report._repr_html_()) is None
    assert "application/xml\\x9b2J\\u202e" in str(report.steps[0])
    assert "application/xml\\x9b2J\\u202e" in str(report)


def test_a_step_and_what_is_left_to_do() -> None:
    step = Step("GET", "https://a.example/m", 200, EVIL, None, (), None, 0.25)
    assert str(step) == f"GET  https://a.example/m  200  {SHOWN}  0.25 s"
    report = CheckReport((), (step,), None, (), (EVIL,))
    assert str(report).splitlines()[1:] == [f"  {step}", "On the device:", f"  1. {SHOWN}"]
    assert report._repr_html_() == (
        f"<div><ul><li><code>{step}</code></li></ul><div><b>Install: nothing stands in the way</b>: no problems</div>"
        f"<ol><li>{SHOWN}</li></ol></div>"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_a_release(tmp_path: Path) -> None:
    release = build_release(
        io.BytesIO(make_ipa()), "https://a.example/", tmp_path / "\x1b\u202e", title="\u202eA", allow_problems=True
    )
    lines = str(release).splitlines()
    assert lines[0].startswith("release of \\u202eA 1.2.3: ")
    assert lines[-3] == f"  folder: {tmp_path.resolve()}/\\x1b\\u202e"
    assert UNSEEN.search(release._repr_html_()) is None


class Terminal(io.TextIOWrapper):
    """Standard output, as a terminal in UTF-8."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="utf-8", newline="\n")

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder, the current one, with files that say evil things."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifest.plist").write_bytes(raw_manifest(title=EVIL, **{EVIL: EVIL}))
    (tmp_path / "page.html").write_text(f"<html>{LINK}{EVIL[:6]} <a href='{LINK};{EVIL}'>", "utf-8")
    (tmp_path / "evil.ipa").write_bytes(evil_ipa())
    profile = make_profile("ad-hoc", form="binary", Name=EVIL, TeamName=EVIL, ProvisionedDevices=[EVIL])
    (tmp_path / "evil.mobileprovision").write_bytes(profile)
    # A manifest can say this, and so the app can be built.
    (tmp_path / "turned.ipa").write_bytes(make_signed_ipa(info={**INFO, "CFBundleDisplayName": "\u202eA\x9b2J"}))
    return tmp_path


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (["inspect", "manifest.plist"], 0, rf"manifest.plist: manifest of {SHOWN} 1.2.3: "),
        (["inspect", "--json", "manifest.plist"], 0, r"\u202egpj.exe"),
        (["inspect", "page.html", f"{LINK}{EVIL[:8]}"], 1, r"A\x1b[2J"),
        (["inspect", "--json", "page.html"], 0, '"report": "link"'),
        (["inspect", f"\x1b\u202e{LINK}"], 0, "link to 'https://apps.example.com/m.plist'"),
        (["inspect", "no\x1b\u202e\udcff"], 2, r"no\x1b\u202e\udcff: error: No such file or directory."),
        (["inspect", "://\x1b\u202e"], 2, r"://\x1b\u202e: error: This is an address"),
        (
            ["manifest", "--ipa", "turned.ipa", "--url", "https://a.example/A.ipa"],
            0,
            "<string>&#8238;A&#155;2J</string>",
        ),
        (["manifest", "--ipa", "evil.ipa", "--url", "https://a.example/\x1bA.ipa"], 1, r"'\x1b'"),
        (["link", "https://a.example/m", "--html", "<\x1b\u202e"], 0, ">&lt;&#27;&#8238;</a>"),
        (["link", "https://a.example/\x1b\u202em"], 1, r"'https://a.example/\x1b\u202em'"),
        (["ipa", "evil.ipa"], 0, f"\ndisplay name: {SHOWN}\n"),
        (["ipa", "evil.ipa", "--show-personal"], 0, f"\n  devices: {DEVICES[0]}, {DEVICES[1]}, {SHOWN}\n"),
        (["ipa", "evil.ipa", "--udid", "\x1b\u202e"], 1, "[not-a-udid]"),
        (["ipa", "evil.ipa", "--json"], 0, r"\u202egpj.exe\u202c\u2066\u200f\u061c\u2028\u2029\u007f\udb40\udc41"),
        (
            ["build", "turned.ipa", "--base-url", "https://a.example/", "--out", "out"],
            0,
            r"release of \u202eA\x9b2J ",
        ),
        (["build", "evil.ipa", "--base-url", "https://a.example/", "--out", "out"], 1, "[not-writable]"),
        (
            ["build", "turned.ipa", "--base-url", "https://a.example/", "--out", "out\u202e/a"],
            2,
            r"no folder 'out\u202e'",
        ),
        *(
            (["inspect", "--format", form, "manifest.plist", "page.html", "no\x1b\u202e", f"{LINK}{EVIL[:8]}"], 2, said)
            for form, said in (
                ("github", r"title=unreadable::no\x1b\u202e: error: No such file"),
                ("sarif", r"\\u202egpj.exe"),
            )
        ),
        (["profile", "evil.mobileprovision"], 0, f"\nteam name: {SHOWN}\n"),
        (["profile", "evil.mobileprovision", "--json"], 0, r"\u202egpj.exe"),
        (["profile", "no\x1b\u202e"], 2, r"no\x1b\u202e: error: No such file"),
        (["explain", "\x1b\u202e"], 2, r"'\x1b\u202e' is not a problem code"),
        (["inspect", "--ignore", "\x1b\u202e", "x"], 2, r"'\x1b\u202e' is not a problem code"),
        (["ipa", "evil.ipa", "no\x1b\u202e"], 2, "evil.ipa:\nbundle identifier: "),
        (["ipa", "evil.ipa", "--format", "github"], 0, "itms_ota: 1 looked at, 0 failed"),
        (["check", "\x1b\u202e"], 1, r"'\x1b\u202e'"),
        (["check", "--json", "\x1b\u202e"], 1, r"\u202e"),
        (["check", "https://a.example/m", "--connect-to", "a\x1b\u202e"], 2, r"a\x1b\u202e"),
        (["check", "https://a.example/m", "--cafile", "a\x1b\u202e"], 2, "No such file"),
        (["check", "https://a.example/m", "--timeout", "\x1b\u202e"], 2, r"'\x1b\u202e'"),
        (["link", "https://a.example/m", "a\x1b\u202e\udcff"], 2, r"unrecognized arguments: a\x1b\u202e\udcff"),
        (["\x1b\u202e"], 2, r"invalid choice: '\x1b\u202e'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_no_command_lets_it_reach_the_terminal(
    command: list[str], status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("NO_COLOR", "1")  # since Python 3.14, argparse has colours of its own
    ended: object = None
    try:
        ended = main(command)
    except SystemExit as error:  # argparse
        ended = error.code
    assert ended == status
    out.flush()
    err.flush()
    printed = (out.bytes.getvalue() + err.bytes.getvalue()).decode("utf-8")
    printed = re.sub(r"(?:\r\x1b\[K(?:hash|build)ing: [^\r]*)*\r\x1b\[K", "", printed)
    assert UNSEEN.search(printed) is None, printed
    assert said in printed


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_names_of_files_are_cleaned_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b\u202e\x9b.plist"
    os.rename(folder / "manifest.plist", folder / name)  # noqa: PTH104 -- a text
    assert main(["inspect", name]) == 0
    assert capsys.readouterr().out.startswith(r"a\x1b\u202e\x9b.plist: manifest of ")
    assert main(["demo", "--out", "\x1b\u202e"]) == 0
    printed = capsys.readouterr().out
    assert r"In \x1b\u202e, ready" in printed
    assert r"Open \x1b\u202e/index.html in" in printed
    assert UNSEEN.search(printed) is None
    (folder / "\x1b\u202e" / "App.ipa").write_bytes(b"")
    assert main(["demo", "--out", "\x1b\u202e"]) == 2
    assert UNSEEN.search(capsys.readouterr().err) is None


@pytest.mark.usefixtures("folder")
def test_a_file_gets_the_manifest_as_it_is(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["manifest", "--ipa", "turned.ipa", "--url", "https://a.example/A.ipa"]) == 0
    written = capfdbinary.readouterr().out
    assert Manifest.from_plist(written).items[0].metadata.title == "\u202eA\x9b2J"
    assert "<string>\u202eA\x9b2J</string>".encode() in written


def test_what_the_app_says_is_cleaned_where_it_is_told() -> None:
    ipa = read_ipa(io.BytesIO(evil_ipa(CFBundleSupportedPlatforms=[EVIL], UIDeviceFamily=[3])))
    problems = ipa.problems(udid="\x1b\u202e")
    assert [problem.code for problem in problems] == ["wrong-platform", "wrong-device-family", "not-a-udid"]
    compared = ipa.compare(Manifest.from_plist(manifest(title="\u202e").to_plist()))
    for problem in (*problems, *compared):
        assert UNSEEN.search(str(problem)) is None
