"""The command explain: one entry, all codes in a line each, and what was meant."""

from __future__ import annotations

import re

import pytest

from itms_ota._cli import main
from itms_ota._codes import CODES, Entry
from itms_ota.logs import MEANINGS, STATUSES
from itms_ota.signature._faults import FAULTS

ENTRIES = [pytest.param(code, entry, id=code) for code, entry in CODES.items()]


def test_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "invalid-url"]) == 0
    assert capsys.readouterr().out == (
        "invalid-url (error or warning; URLs)\n"
        "  The URL is not valid: it contains a character that must be percent-encoded, or its host or port is\n"
        "  wrong. Nothing happens on a tap.\n"
        "  What to do: Percent-encode the character. Write an international host in its xn-- form.\n"
        "  iOS versions: for a character, iOS 16 and earlier; since iOS 17 NSURL encodes it, and every `%` in\n"
        "  the same part of the URL again: `/a%20b c` becomes `/a%2520b%20c`, another file\n"
        "  Where from: Apple: CFURL.c; standard: RFC 3986; standard: WHATWG URL, 3.5 (hosts)\n"
    )


@pytest.mark.parametrize("given", ["bare-ampersand", "[bare-ampersand]", "Bare-Ampersand"])
def test_a_code_is_found_as_it_is_copied(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", given]) == 0
    assert capsys.readouterr().out.startswith("bare-ampersand (error; The file)\n")


@pytest.mark.parametrize(("code", "entry"), ENTRIES)
def test_an_entry_is_printed_whole_and_its_lines_are_short(
    code: str, entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", code]) == 0
    out = capsys.readouterr().out
    printed = " ".join(out.split())
    for text in (entry.meaning, entry.cure, entry.source, entry.versions):
        assert text in printed
    assert ("iOS versions:" in out) is bool(entry.versions)
    assert max(map(len, out.splitlines())) <= 100


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CODES)
    assert lines[1] == (
        "malformed-plist            error            The property list is damaged: tags do not match, a key has no "
        "value, or a value does not fit its element."
    )
    assert [
        line for line in lines if not re.fullmatch(r"\S+ +(?:error|warning|error or warning) +[A-Z`.].*\.", line)
    ] == []


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("bare-ampersnd", "Did you mean bare-ampersand?"),
        ("tls-expire", "Did you mean tls-expired or tls-expires-soon or tls-failure?"),
        ("\x1b", "Without a code, 'explain' lists all."),
        ("", "Without a code, 'explain' lists all."),
        ("App konnte nicht geladen werden", "Without a code, 'explain' lists all."),
    ],
)
def test_an_unknown_code_is_a_wrong_call(given: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", given]) == 2
    captured = capsys.readouterr()
    pointer = (
        "No known code or alert of a device matches either; alerts are known in English only. To explain a whole log, "
        "run `python -m itms_ota explain-log FILE`."
    )
    assert (captured.out, captured.err) == ("", f"itms_ota: {given!r} is not a problem code. {hint} {pointer}\n")


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ("0xe8008017", "0xe8008017: A file of the app was added, changed or removed after signing."),
        ("0xE8008017", "0xe8008017: A file of the app"),
        ("-402620393", "0xe8008017: A file of the app"),
        ("3892346903", "0xe8008017: A file of the app"),
        ("e8008017", "0xe8008017: A file of the app"),
        ("404", "Status 404: There is no such file. Upload the file"),
        ("HTTP 403", "Status 403: The server refuses the file"),
        ("status 000", "Status 000: The device, or somebody at it, gave up"),
        ("2604", "DeviceManagement.error 2604: The manifest could not be fetched or read."),
        ("error 2604", "DeviceManagement.error 2604: The manifest could not be fetched or read."),
        ("Error 850", "ASDErrorDomain 850: The device refuses the URL of the manifest"),
        ("Waiting…", "The device shows 'Waiting…' under the icon"),
        ("“apps.example.com” would like to install “MyApp”", "The device asks before every install"),
        # Of each domain that has the number.
        ("Code=13", "MIInstallerErrorDomain 13: The device could not verify the app."),
        ("Code=-1013", "NSURLErrorDomain -1013: The server wants a login."),
        ("Profile Installation Failed", "The device says 'Profile Installation Failed': the server"),
        ("MIInstallerErrorDomain 13", "MIInstallerErrorDomain 13: The device could not verify the app."),
        ("IXUserPresentableErrorDomain Code=14", "IXUserPresentableErrorDomain 14: The device says that the integrity"),
        ("packageinspectionfailed", "PackageInspectionFailed: The package has no app"),
        ("ASDErrorDomain 500", "ASDErrorDomain 500: The App Store's part of the device"),
        ("integrity could not be verified", "IXUserPresentableErrorDomain 14: The device says that the integrity"),
        ("Unable to Install\n“MyApp”", "The device says 'Unable to Install': it refuses the app"),
    ],
)
def test_what_a_device_shows_or_logs_is_explained(given: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", given]) == 0
    out = capsys.readouterr().out
    assert " ".join(out.split()).startswith(begins)
    assert max(map(len, out.splitlines())) <= 100


def test_a_number_of_a_device_and_of_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "500"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ASDErrorDomain 500: ")
    assert "\nStatus 500: The server failed." in out


LISTED = sorted({code.rpartition(" ")[2] for code in MEANINGS} | {f"{status:03}" for status in STATUSES})


@pytest.mark.parametrize("number", LISTED)
def test_what_the_page_of_the_codes_lists_is_printed(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", number]) == 0
    assert f"{number}: " in capsys.readouterr().out


@pytest.mark.parametrize("log", sorted({fault.log for fault in FAULTS.values() if fault.log}))
def test_what_the_signature_page_quotes_is_explained(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, sentence = log.rstrip(")").partition(" (")
    for given in filter(None, [*re.split(", (?:of )?", code), sentence]):
        if given in ("An unknown error has occurred", "MIInstallerErrorDomain"):  # neither says anything alone
            continue
        assert main(["explain", given]) == 0, given
        out = capsys.readouterr().out
        # One of them has a name and a number, with the same entry.
        assert out.partition(": ")[0] in MEANINGS
        if sentence:
            assert out.startswith(f"{code}: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0xe80080ff", "'0xe80080ff' is not a problem code."),
        ("Code=9999", "No code with the number 9999 is known."),
        ("code=a1b2", "'code=…' is not a problem code."),
    ],
)
def test_a_code_of_a_device_that_is_not_known(given: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", given]) == 2
    assert capsys.readouterr().err.startswith(f"itms_ota: {said}")
