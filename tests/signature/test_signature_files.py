"""The files of an app and its seals: rules, links, nested code, names, modes, and archives with faults."""

from __future__ import annotations

import io
import plistlib
import random
import tracemalloc
import unicodedata
import zipfile
from functools import partial
from typing import Any

import _signing
import pytest
from _read_ipa import make_zip
from _signing import (
    APP,
    APP_CODE,
    ENTITLEMENTS,
    KIT,
    RULES,
    RULES2,
    SEAL,
    SHARE,
    WATCH,
    Code,
    found,
    info_of,
    inspected,
    make_executable,
    make_files,
    make_seal,
    resign,
    sign_bundle,
    zip_files,
)
from _tampered import LINK, sealed
from _tampered import nested as seal_nested

from itms_ota.errors import IpaError
from itms_ota.signature import _files, _seal
from itms_ota.signature._content import Content
from itms_ota.signature._pages import TooLargeError
from itms_ota.signature._seal import Row, Rule, Rules, SealError, read_seal
from itms_ota.signature._sealed import hold

EXECUTABLE = f"{APP}MyApp"


# Modes and names


def test_names_are_composed() -> None:
    files = make_files(parts=())
    data = files.pop(f"{APP}Café.txt")
    files[APP + unicodedata.normalize("NFD", "Café.txt")] = data
    assert found(inspected(files)) == []


def test_a_renamed_folder_and_what_macos_adds_beside_it_break_nothing() -> None:
    files = {name.replace("MyApp.app", "Other.app"): data for name, data in make_files().items()}
    files["__MACOSX/Payload/Other.app/._config.json"] = b"x"
    assert inspected(files).problems == ()


def test_two_files_of_one_name() -> None:
    data = zip_files(make_files(parts=()))
    name = f"{APP}config.json".encode()
    other = f"{APP}confiX.json".encode()
    both = zip_files({**make_files(parts=()), f"{APP}confiX.json": b"x"}).replace(other, name)
    assert ("config.json", "duplicate-entry", "error") in found(inspected(both))
    assert found(inspected(data)) == []


def test_a_name_that_no_device_stores() -> None:
    files = {**make_files(parts=()), f"{APP}{'a' * 1024}": b"", f"{APP}{'b' * 1025}": b""}
    codes = [(problem.code, problem.level) for problem in inspected(files).problems]
    assert codes == [("not-verified", "error"), ("resource-added", "error")]


# Links


def test_links() -> None:
    files = make_files(parts=())
    sealed(files, links={"link": "config.json"})
    files[f"{APP}link"] = b"config.json"
    assert found(inspected(files, {f"{APP}link": LINK})) == []
    changed = [("link", "resource-changed", "error")]
    assert found(inspected({**files, f"{APP}link": b"other"}, {f"{APP}link": LINK})) == changed
    assert found(inspected(files)) == changed  # a file in place of a link
    assert found(inspected(files, {f"{APP}link": LINK, f"{APP}config.json": LINK})) == [
        ("config.json", "resource-changed", "error")
    ]
    del files[f"{APP}link"]
    assert found(inspected(files)) == [("link", "resource-missing", "error")]
    files[f"{APP}link"] = b"a" * 4097
    assert found(inspected(files, {f"{APP}link": LINK})) == changed


@pytest.mark.parametrize("name", ["_CodeSignature/../config.json", "SC_Info/./a", "_CodeSignature//a"])
def test_names_that_lead_elsewhere(name: str) -> None:
    files = make_files(parts=()) | {APP + name: b"{}"}
    assert found(inspected(files)) == [(name, "not-verified", "error")]
    files = make_files(parts=()) | {f"{APP}_CodeSignature/..a": b"", f"{APP}_CodeSignature/a.": b""}
    assert found(inspected(files)) == []


# Nested code, whose row has a hash of its directory in place of a hash of the file


def nested() -> dict[str, bytes]:
    """Make an app whose framework is sealed by its own signature."""
    files = make_files(parts=(KIT,))
    seal_nested()(files)
    return files


def code_rows(row: dict[str, Any], name: str) -> dict[str, Any]:
    """Return rows of the framework, and of something else that is said to be code."""
    return {"Frameworks/Kit.framework": row, name: row}


def add_rows(rows: dict[str, Any], seal: dict[str, Any]) -> None:
    """Add rows to a seal."""
    seal["files2"].update(rows)


def test_nested_code() -> None:
    other = nested()
    own = plistlib.loads(other[f"{APP}{SEAL}"])["files2"]["Frameworks/Kit.framework"]
    for name in ("tool", "Plain.framework"):
        files = nested()
        files[APP + name if name == "tool" else f"{APP}{name}/x"] = b"x"
        rows = code_rows(own, name)
        files = sealed(files, change=partial(add_rows, rows))
        assert found(inspected(files)) == [(name, "not-verified", "error")]
    gone = {name: data for name, data in nested().items() if not name.startswith(KIT)}
    assert found(inspected(gone)) == [("Frameworks/Kit.framework", "resource-missing", "error")]


# Bundles


def test_a_folder_of_resources_alone_is_not_code() -> None:
    files = make_files(parts=())
    files[f"{APP}Texts.bundle/Info.plist"] = info_of("Texts", "com.example.texts")
    files[f"{APP}Empty.framework/Info.plist"] = info_of("Empty", "com.example.empty")
    resign(files)
    report = inspected(files)
    assert report.problems == ()
    assert len(report.executables) == 1


def test_each_file_is_of_the_innermost_bundle_around_it() -> None:
    face = f"{WATCH}PlugIns/Face.appex/"
    files = make_files() | {f"{folder}Info.plist": info_of("x", "com.example.x") for folder in (WATCH, face)}
    content = Content(io.BytesIO(zip_files(files)))
    names = ("MyApp", "Frameworks/libLate.dylib", "PlugIns/Share.appex/a/b.dylib", "Watch/Wrist.app/PlugIns/a")
    assert [content.bundle_of(name).folder for name in names] == ["", "", "PlugIns/Share.appex/", "Watch/Wrist.app/"]
    assert [(bundle.folder, bundle.parent and bundle.parent.folder) for bundle in content.bundles] == [
        ("", None),
        ("Frameworks/Kit.framework/", ""),
        ("PlugIns/Share.appex/", ""),
        ("Watch/Wrist.app/", ""),
        ("Watch/Wrist.app/PlugIns/Face.appex/", "Watch/Wrist.app/"),
    ]


def test_too_many_bundles() -> None:
    def bundles(count: int) -> list[tuple[str, str, str]]:
        files = {f"{APP}{number}.bundle/Info.plist": b"<plist><dict></dict></plist>" for number in range(count)}
        files |= make_files(parts=())
        resign(files)
        return found(inspected(files))

    assert bundles(1000) == []
    assert bundles(1001) == [(APP.rstrip("/"), "not-verified", "error")]


# Seals


def test_an_old_seal_has_rows_of_sha1_alone() -> None:
    files = make_files(parts=())

    def change(seal: dict[str, Any]) -> None:
        del seal["files2"], seal["rules2"]

    sealed(files, change=change)
    assert found(inspected(files)) == []
    files[f"{APP}config.json"] = b"{}"
    assert found(inspected(files)) == [("config.json", "resource-changed", "error")]


def test_the_hash_that_counts_is_that_of_the_best_directory() -> None:
    files = make_files(parts=())

    def change(seal: dict[str, Any]) -> None:
        seal["files2"]["config.json"] = {"hash": bytes(20), "hash2": seal["files2"]["config.json"]["hash2"]}

    sealed(files, change=change)
    assert found(inspected(files)) == []
    seal = files[f"{APP}{SEAL}"]
    sign_bundle(files, APP, Code(entitlements=ENTITLEMENTS, kinds=(1,)), seal=seal)
    assert found(inspected(files)) == [("config.json", "resource-changed", "error")]


def test_a_binary_seal() -> None:
    files = make_files(parts=())
    seal = plistlib.dumps(plistlib.loads(files[f"{APP}{SEAL}"]), fmt=plistlib.FMT_BINARY)
    sign_bundle(files, APP, APP_CODE, seal=seal)
    assert found(inspected(files)) == []


def test_rules_that_are_not_known_are_not_applied() -> None:
    files = {**make_files(parts=()), f"{APP}extra.log": b"x"}

    def change(seal: dict[str, Any]) -> None:
        del seal["files2"]["extra.log"]
        seal["rules2"]["^(a+)+$"] = {"omit": True, "weight": 3000}

    report = inspected(sealed(files, change=change))
    assert found(report) == [(SEAL, "not-verified", "error")]
    assert "'^(a+)+$'" in report.problems[0].message


@pytest.mark.parametrize("omits", [True, False])
def test_a_rule_of_ones_own(omits: bool) -> None:  # noqa: FBT001
    files = {**make_files(parts=()), f"{APP}extra.log": b"x"}

    def change(seal: dict[str, Any]) -> None:
        del seal["files2"]["extra.log"]
        seal["rules2"][r"^.*\.log$"] = {"omit": omits, "weight": 3000}

    expected = [] if omits else [("extra.log", "resource-added", "error")]
    assert found(inspected(sealed(files, change=change))) == expected


def test_many_files_are_told_together() -> None:
    files = make_files(parts=()) | {f"{APP}new/{number}": b"x" for number in range(50)}
    problems = inspected(files).problems
    assert [problem.code for problem in problems] == ["resource-added"] * 21
    assert problems[-1].path == APP.rstrip("/")
    assert "30 more" in problems[-1].message


def test_without_the_files_the_executables_alone_are_judged() -> None:
    files = make_files() | {f"{APP}config.json": b"{}", f"{APP}new": b""}
    del files[f"{APP}{SEAL}"]
    report = inspected(files, deep=False)
    assert report.problems == ()
    assert len(report.executables) == 4
    assert report.not_looked_at[0].startswith("The files that are not code")
    files[EXECUTABLE] = files[EXECUTABLE][:5000] + b"!" + files[EXECUTABLE][5001:]
    report = inspected(files, deep=False)
    assert found(report) == [("MyApp", "code-changed", "error")]
    assert "pages of the code was changed after signing: page 1, by SHA-256." in report.problems[0].message
    files[EXECUTABLE] = files[EXECUTABLE][:100] + b"!" + files[EXECUTABLE][101:]
    assert "pages of the code were changed after" in inspected(files, deep=False).problems[-1].message


def test_a_file_that_is_damaged_in_the_archive() -> None:
    files = make_files(parts=())
    data = zip_files(files)
    at = data.index(b"config.json") + len("config.json") + 4
    broken = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
    assert found(inspected(broken)) == [("config.json", "damaged-archive", "error")]


@pytest.mark.parametrize("name", ["MyApp", SEAL, "Info.plist", "embedded.mobileprovision"])
def test_what_is_needed_is_damaged_in_the_archive(name: str) -> None:
    data = zip_files(make_files(parts=()))
    at = data.index((APP + name).encode()) + len(APP + name) + 8
    report = inspected(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
    assert (name, "damaged-archive", "error") in found(report)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-an-archive"),
        (b"<html>", "not-an-archive"),
        (b"PK\3\4" + bytes(100), "damaged-archive"),
        (make_zip({}), "no-app"),
        (make_zip({"Payload/A.app/a": b"", "Payload/B.app/b": b""}), "several-apps"),
    ],
)
def test_what_is_not_an_app(data: bytes, code: str) -> None:
    report = inspected(data)
    assert [problem.code for problem in report.problems] == [code]
    assert (report.executables, report.ok) == ((), False)


def test_an_app_with_nothing_in_it() -> None:
    report = inspected(make_zip({f"{APP}a": b""}))
    assert found(report) == [("Info.plist CFBundleExecutable", "no-executable", "error")]
    report = inspected(make_zip({f"{APP}Info.plist": b"no"}))
    assert found(report) == [
        ("Info.plist", "malformed-plist", "error"),
        ("Info.plist CFBundleExecutable", "no-executable", "error"),
    ]


# The rules alone


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("config.json", True),
        ("Info.plist", False),
        ("PkgInfo", False),
        ("a/Info.plist", True),
        ("version.plist", True),
        (".DS_Store", False),
        ("a/b/.DS_Store", False),
        ("a.DS_Store", True),
        ("a.lproj/b", True),
        ("a.lproj/locversion.plist", False),
        ("Base.lproj/b", True),
        ("_CodeSignature/CodeResources", False),
        ("_CodeSignature/more", False),
        ("_CodeSignatures", True),
        ("CodeResources", False),
        ("PlugIns/A.appex/_CodeSignature/CodeResources", True),
        ("SC_Info/A.sinf", False),
        ("Frameworks/A.framework/SC_Info/A.sinf", False),
        ("PlugIns/A.appex/SC_Info/A.sinf", False),
        ("a/SC_Info/A.sinf", True),
        ("a\nb", True),
    ],
)
def test_what_must_be_sealed(name: str, expected: bool) -> None:  # noqa: FBT001
    for written in (RULES, RULES2):
        rules = Rules(_seal._rules(written))
        assert rules.unknown == []
        assert rules.includes(name) is expected


def test_of_equal_rules_the_one_that_leaves_out_counts() -> None:
    assert not Rules([Rule("^", 20), Rule(r"^a\.b$", 20, omits=True)]).includes("a.b")
    assert Rules([Rule("^", 21), Rule(r"^a\.b$", 20, omits=True)]).includes("a.b")
    assert not Rules([]).includes("a.b")


def test_the_rules_of_old_versions_of_xcode_are_found_anywhere() -> None:
    rules = Rules([Rule(".*"), Rule("Info.plist", 10, omits=True), Rule("ResourceRules.plist", 100, omits=True)])
    assert rules.unknown == []
    names = ("a/b", "ResourceRules.plist", "a/xInfo_plisty", "Info.plis")
    assert [rules.includes(name) for name in names] == [True, False, False, True]


def test_the_end_that_a_rule_names_is_the_very_end() -> None:
    files = make_files(parts=())
    assert found(inspected({**files, f"{APP}en.lproj/locversion.plist": b"x"})) == []
    added = ("en.lproj/locversion.plist\n", "resource-added", "error")
    assert found(inspected({**files, f"{APP}en.lproj/locversion.plist\n": b"x"})) == [added]
    rules = Rules([Rule("^.*"), Rule(r"^a\$$", 2, omits=True), Rule("b$", 2, omits=True)])
    names = ("a$", "a$\n", "ab", "ab\n", "a")
    assert [rules.includes(name) for name in names] == [False, True, False, True, True]


def test_what_unknown_rules_may_decide_is_not_decided() -> None:
    unknown = "^(a+)+$"
    for rules, expected in (
        ([Rule(unknown)], None),
        ([Rule(unknown, omits=True)], False),
        ([Rule(unknown, 2, omits=True), Rule("^")], None),
        ([Rule(unknown, 2), Rule("^")], True),
        ([Rule(unknown), Rule("^", 2)], True),
        ([Rule(unknown), Rule("^", 2, omits=True)], False),
    ):
        assert Rules(rules).includes("a") is expected


def test_a_file_that_only_unknown_rules_ask_for_is_not_passed_over() -> None:
    files = make_files(parts=())

    def change(seal: dict[str, Any]) -> None:
        seal["rules2"] = {"(a|b)?": True}

    files = sealed(files, change=change)
    files[f"{APP}new"] = b""
    assert found(inspected(files)) == [(SEAL, "not-verified", "error")]


def test_names_in_a_seal_are_composed() -> None:
    files = make_files(parts=())

    def change(seal: dict[str, Any]) -> None:
        for key in ("files", "files2"):
            seal[key] = {unicodedata.normalize("NFD", name): row for name, row in seal[key].items()}

    assert found(inspected(sealed(files, change=change))) == []


@pytest.mark.parametrize("row", [{}, {"optional": True}, {"hash2": "text"}, {"symlink": b"data"}])
def test_a_row_that_says_nothing_of_a_file(row: dict[str, Any]) -> None:
    files = sealed(make_files(parts=()), change=lambda seal: seal["files2"].update({"config.json": row}))
    assert found(inspected(files)) == [(SEAL, "bad-seal", "error")]


@pytest.mark.parametrize(
    "pattern", [r"^a\.b$", "^a/", r"^(.*/)?a b$", "^a.*", r"^a.*\.b$", "^a.b$", "a b$", "Info.plist", ".*"]
)
def test_patterns_that_are_harmless(pattern: str) -> None:
    assert Rules([Rule(pattern)]).unknown == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "^(a+)+$",
        "a.*b",
        "^.*a.*b",
        "^a+",
        "^[ab]",
        r"^(.*/)?a.*b",
        "^a|b",
        "^(a",
        "^a{5}",
        "^a?",
        r"^\d",
        "^.*.*",
    ],
)
def test_patterns_that_may_be_harmful(pattern: str) -> None:
    assert Rules([Rule(pattern)]).unknown == [pattern]


def test_holding_names_against_a_seal() -> None:
    seal = read_seal(lambda: [make_seal({"a": b"", "en.lproj/b": b""}, x={"hash2": bytes(32), "optional": True})])
    held = hold(seal, {"a", "c", "MyApp"}, "MyApp")
    assert (held.missing, held.added, held.undecided, held.unknown, [*held.rows]) == ((), ("c",), (), (), ["a"])
    held = hold(seal, {"a", "MyApp"}, None)
    assert (held.missing, held.added) == ((), ("MyApp",))
    folder = read_seal(lambda: [make_seal({"a": b""}, x={"cdhash": b"c", "requirement": "x"})])
    assert hold(folder, {"a", "x/b", "x/c/d", "xx/e"}, None)[1:4] == ({"x": folder.rows["x"]}, (), ("xx/e",))
    assert hold(folder, {"a"}, None).missing == ("x",)


def test_deep_folders_take_no_memory() -> None:
    """Of each name with 500 folders, what is above it would be 500 names."""
    seal = read_seal(lambda: [make_seal({}, x={"cdhash": b"c", "requirement": "x"})])
    names = {f"{number}/{'a/' * 500}b" for number in range(100)}
    tracemalloc.start()
    try:
        held = hold(seal, names, None)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert (held.missing, {*held.added}) == (("x",), names)


# Reading a seal


def as_seal(body: str, head: str = "") -> list[bytes]:
    return [f'<?xml version="1.0"?>{head}<plist version="1.0"><dict>{body}</dict></plist>'.encode()]


EMPTY = "<key>rules2</key><dict/>"


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([b""], "not a valid property list"),
        ([b"no"], "not a valid property list"),
        ([b"<plist><array/></plist>"], "not a dictionary"),
        ([b"<plist><string>a</string></plist>"], "not a dictionary"),
        ([b"<plist><key>a</key></plist>"], "not a dictionary"),
        ([plistlib.dumps([], fmt=plistlib.FMT_BINARY)], "not a dictionary"),
        (as_seal(""), "lists no files"),
        (as_seal("<key>files2</key><dict/>"), "has no rules2"),
        (as_seal("<key>files</key><dict/>"), "has no rules"),
        (as_seal("<key>files2</key><array/>" + EMPTY), "has no rules2"),
        (as_seal("<key>files2</key><dict><key>a</key><true/></dict>" + EMPTY), "neither data nor a dictionary"),
        (as_seal("<key>files2</key><dict><key>a</key><data>AQ==\nAg==</data></dict>" + EMPTY), "data behind the end"),
        (as_seal("<key>files2</key>" + "<dict><key>a</key>" * 9 + "</dict>" * 9 + EMPTY), "nested too deep"),
        (as_seal(f"<key>files2</key><dict><key>{'a' * 20_000}</key><data></data></dict>"), "longer than"),
        ([b"no <" * 300_000, b"no <" * 300_000], "not a valid property list .*syntax"),
        *[
            ([f'<?xml version="1.0" encoding="{name}"?><plist version="1.0"><dict/></plist>'.encode()], reason)
            for name, reason in (
                ("UTF-0", "not a valid property list"),
                ("hex", "not a valid property list"),
                ("idna", "not a valid property list"),
                ("utf-7", "not a valid property list"),
                ("latin-1", "lists no files"),
            )
        ],
        (as_seal("", '<!DOCTYPE plist [<!ENTITY a "b">]>'), "declares entities"),
    ],
)
def test_what_is_not_a_seal(blocks: list[bytes], reason: str) -> None:
    with pytest.raises(SealError, match=reason):
        read_seal(lambda: blocks)


def test_rows() -> None:
    row = "<key>x</key><array><true/></array><key>hash</key><data>YQ==</data><key>hash2</key><data>Yg==</data>"
    body = (
        f"<key>other</key><dict><key>x</key><array><dict/></array></dict><key>files2</key><dict>"
        f"<key>a</key><data>YQ==</data><key>b</key><dict>{row}</dict>"
        f"<key>c</key><dict><key>symlink</key><string>a</string></dict>"
        f"<key>d</key><dict><key>cdhash</key><data>Yw==</data><key>requirement</key><string>x</string></dict>"
        f"<key>e</key><dict>{row}<key>optional</key><true/></dict></dict>"
        f"<key>rules2</key><dict><key>^a</key><dict><key>omit</key><true/><key>weight</key><real>3</real></dict>"
        f"<key>^b</key><false/><key>^c</key><true/><key>^d</key><dict><key>weight</key><string>x</string></dict></dict>"
    )
    seal = read_seal(lambda: as_seal(body))
    assert seal.version == 2
    assert seal.rows == {
        "a": Row(sha1=b"a"),
        "b": Row(sha1=b"a", sha256=b"b"),
        "c": Row(link="a"),
        "d": Row(is_code=True, cdhash=b"c"),
        "e": Row(sha1=b"a", sha256=b"b", is_optional=True),
    }
    assert seal.rules == (Rule("^a", 3.0, omits=True), Rule("^b", omits=True), Rule("^c"), Rule("^d"))


def test_a_seal_that_is_too_large() -> None:
    def many(count: int) -> list[bytes]:
        rows = [f"<key>{number}</key><data></data>".encode() for number in range(count)]
        start, end = as_seal(f"{EMPTY}<key>files2</key><dict>|</dict>")[0].split(b"|")
        return [start, *rows, end]

    assert len(read_seal(lambda: many(100_000)).rows) == 100_000
    with pytest.raises(TooLargeError, match="100,000 files"):
        read_seal(lambda: many(100_001))
    with pytest.raises(TooLargeError, match="50,331,648 bytes"):
        read_seal(lambda: [b'<?xml version="1.0"?>', *[b" " * (1 << 20)] * 48])


def test_a_seal_with_a_long_comment() -> None:
    def with_comment(*comment: bytes) -> list[bytes]:
        body = f"{EMPTY}<!--|--><key>files2</key><dict></dict>"
        start, end = as_seal(body)[0].split(b"|")
        return [start, *comment, end]

    assert read_seal(lambda: with_comment(*[b"x" * 0x10000] * 17)).rows == {}
    with pytest.raises(SealError, match="a tag or comment of it has more than 1,048,576 bytes"):
        read_seal(lambda: with_comment(*[b"x" * 0x10000] * 33))


@pytest.mark.parametrize("place", ["rules2", "files2"])
def test_a_seal_with_too_many_rules(place: str) -> None:
    def many(count: int) -> list[bytes]:
        rows = "".join(f"<key>{number}</key><true/>" for number in range(count - (place == "files2")))
        row = f"<key>a</key><dict>{rows}<key>hash</key><data/></dict>" if place == "files2" else ""
        rules = rows if place == "rules2" else ""
        return as_seal(f"<key>files2</key><dict>{row}</dict><key>rules2</key><dict>{rules}</dict>")

    assert read_seal(lambda: many(100))
    with pytest.raises(TooLargeError, match="more than 100 rules"):
        read_seal(lambda: many(101))


def test_a_seal_that_is_not_read_is_said() -> None:
    files = make_files(parts=(SHARE,))
    rows = "".join(f"<key>{number}</key><data></data>" for number in range(100_001))
    resign(files)
    sign_bundle(files, APP, APP_CODE, seal=as_seal(f"{EMPTY}<key>files2</key><dict>{rows}</dict>")[0])
    assert found(inspected(files)) == [(SEAL, "not-verified", "error")]


def test_damage_in_the_archive_is_not_taken_for_a_bad_seal() -> None:
    def broken() -> list[bytes]:
        raise IpaError([])

    with pytest.raises(IpaError):
        read_seal(broken)


# Reading in threads


def with_threads(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(_files, "cpu_count", lambda: count)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 100])
def test_problems_of_files_are_told_in_the_order_of_the_archive(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    with_threads(monkeypatch, count)
    files = make_files(parts=())
    source = random.Random(20240603)
    names = [f"{APP}{number}.bin" for number in range(40)]
    files |= {name: source.randbytes(source.randrange(1, 5000)) for name in names}
    resign(files)
    data = zip_files(files, compression=zipfile.ZIP_STORED)
    assert found(inspected(data)) == []
    for name in names:
        data = data.replace(files[name], bytes(len(files[name])))
    damaged = [problem for problem in inspected(data).problems if problem.code == "damaged-archive"]
    assert [problem.path for problem in damaged] == names


def test_a_damaged_file_is_told_once_where_another_hash_counts() -> None:
    files = make_files(parts=())
    sign_bundle(files, APP, Code(entitlements=ENTITLEMENTS, kinds=(1,)))
    files[f"{APP}large"] = random.Random(1).randbytes(1000)
    sign_bundle(files, APP, Code(entitlements=ENTITLEMENTS, kinds=(1,)))
    data = zip_files(files, compression=zipfile.ZIP_STORED)
    assert found(inspected(data)) == []
    report = inspected(data.replace(files[f"{APP}large"], bytes(1000)))
    assert found(report) == [("large", "damaged-archive", "error")]


def test_many_large_signatures_take_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    with_threads(monkeypatch, 8)
    files = make_files(parts=())
    monkeypatch.setattr(_signing, "ROOM", 16 << 20)
    library = make_executable(Code(identifier="libLate", kinds=(2,)))
    files |= {f"{APP}Frameworks/{number}.dylib": library for number in range(8)}
    monkeypatch.setattr(_signing, "ROOM", 64 << 10)
    resign(files)
    data = zip_files(files)
    tracemalloc.start()
    report = inspected(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found(report) == []
    assert peak < 64 << 20


def test_where_reading_fails_nothing_more_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with_threads(monkeypatch, 1)
    seen: list[str] = []

    def fail(name: str) -> None:
        seen.append(name)
        raise OSError(name)

    with pytest.raises(OSError, match=r"^a$"):
        _files.in_threads(fail, ["a", "b", "c"])
    assert seen == ["a"]


def test_each_file_is_read_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    with_threads(monkeypatch, 8)
    seen: list[str] = []
    names = [str(number) for number in range(5000)]
    _files.in_threads(seen.append, names)
    assert sorted(seen, key=int) == names
