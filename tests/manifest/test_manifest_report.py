"""The inspector: it says what it was given, finds what was meant, and never raises on content."""

from __future__ import annotations

import gzip
import io
import json
import plistlib
import random
import tracemalloc
import zipfile
from typing import Any

import pytest
from _vectors import Vector, data, expected, vectors

from itms_ota import Manifest, ManifestError, ManifestReport, inspect_manifest
from itms_ota.errors import Problem

MANIFEST = Manifest.for_app(
    url="https://apps.example.com/MyApp.ipa?a=1&b=2",
    bundle_identifier="com.example.myapp",
    bundle_version="1.2.3",
    title="My é App",
    display_image_url="https://apps.example.com/57.png",
)
XML = MANIFEST.to_plist()
BINARY = plistlib.dumps(plistlib.loads(XML), fmt=plistlib.FMT_BINARY)


def archive(name: str = "Payload/MyApp.app/Info.plist") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr(name, "<plist/>")
    return file.getvalue()


@pytest.mark.parametrize(
    "data", [XML, BINARY, bytearray(XML), memoryview(BINARY)], ids=["XML", "binary", "array", "view"]
)
def test_a_sound_manifest(data: Any) -> None:
    report = inspect_manifest(data)
    assert report == ManifestReport(MANIFEST, "manifest", ())
    assert report.ok
    assert str(report) == "manifest of My é App 1.2.3: no problems"
    assert report._repr_html_() == "<div><b>manifest of My é App 1.2.3</b>: no problems</div>"
    assert Manifest.from_plist(data) == MANIFEST


@pytest.mark.parametrize("data", [XML.decode(), None, 5, [XML]])
def test_anything_but_bytes_is_a_type_error(data: Any) -> None:
    for read in (inspect_manifest, Manifest.from_plist):
        with pytest.raises(TypeError, match=r"^data must be bytes, the content of the file, not "):
            read(data)


PROFILE = plistlib.dumps({"TeamIdentifier": ["A"], "ProvisionedDevices": []})


@pytest.mark.parametrize("vector", vectors("manifests", "other"), ids=lambda vector: vector["remark"])
def test_what_is_no_manifest_is_named(vector: Vector) -> None:
    report = inspect_manifest(data(vector))
    assert (report.manifest, report.kind) == (None, vector["kind"])
    assert [(problem.path, problem.code, problem.level) for problem in report.problems] == expected(vector)
    assert not report.ok
    assert str(report).startswith(f"{vector['kind']}, not a manifest: 1 error\n  error")
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(data(vector))
    assert caught.value.problems == report.problems


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"&amp;b", b"&b", ("items[0].assets[0].url", "bare-ampersand", 14, 52)),
        (b"<?xml", b"\nWarning: mysql<?xml", ("", "text-before-xml", 2, 1)),
        (b"<?xml", b"<br />\n<b>Notice</b>: x<?xml", ("", "text-before-xml", 1, 1)),
        ("é".encode(), b"\xe9", ("", "wrong-encoding", 32, 16)),
        (b"UTF-8", b"UTF-16", ("", "wrong-encoding", 1, 1)),
        (b"My ", b"My <!-- -->", ("items[0].metadata.title", "stray-text", 32, 16)),
        (b"</dict>\n\t</array>", b"</dict>stray\n\t</array>", ("items", "stray-text", 34, 10)),
        (b"</plist>", b"", ("", "truncated", 38, 1)),
        (b"1.2.3</string>", b"1.2.3</key>", ("items[0].metadata.bundle-version", "malformed-plist", 28, 18)),
    ],
    ids=["ampersand", "warning", "page", "Latin-1", "UTF-16", "comment", "stray text", "cut short", "mismatched"],
)
def test_what_was_meant_is_found(old: bytes, new: bytes, expected: tuple[str, str, int, int]) -> None:
    assert XML.count(old) == 1
    report = inspect_manifest(XML.replace(old, new))
    assert report.manifest == MANIFEST
    (problem,) = report.problems
    assert problem.level == "error"
    assert (problem.path, problem.code, problem.line, problem.column) == expected
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(XML.replace(old, new))
    assert caught.value.problems == report.problems


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # an end tag, before another key and before the end of the dictionary
        *(
            (text + b"</string>", text + broken, ("malformed-plist", path, line, column))
            for text, path, line, column in (
                (b"1.2.3", "items[0].metadata.bundle-version", 28, 18),
                (b"&amp;b=2", "items[0].assets[0].url", 14, 60),
            )
            for broken in (
                b"/string>",
                b"<string>",
                b"</sting>",
                b"</string",
                b"<//string>",
                b"<string/>",
                b"<\\string>",
            )
        ),
        (b"1.2.3</string>", b"1.2.3", ("malformed-plist", "items[0].metadata.bundle-version", 29, 5)),
        # a start tag
        (b"<string>1.2.3", b"string>1.2.3", ("malformed-plist", "items[0].metadata", 28, 5)),
        (b"<string>1.2.3</string>", b"<strng>1.2.3</strng>", ("unknown-element", "items[0].metadata", 28, 5)),
        (b"<string>1.2.3", b"<String>1.2.3", ("unknown-element", "items[0].metadata", 28, 5)),
    ],
)
def test_a_broken_tag_is_one_problem(old: bytes, new: bytes, expected: tuple[str, str, int, int]) -> None:
    assert XML.count(old) == 1
    report = inspect_manifest(XML.replace(old, new))
    assert report.manifest == MANIFEST
    (problem,) = report.problems
    assert problem.level == "error"
    assert (problem.code, problem.path, problem.line, problem.column) == expected
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(XML.replace(old, new))
    assert caught.value.problems == report.problems


@pytest.mark.parametrize(
    ("title", "meant"),
    [
        (b"A/string><![CDATA[ B]]>", "A/string> B"),
        (b"A/string>&amp;", "A/string>&"),
        (b"A/string> B", "A/string> B"),
        (b"/string>", "/string>"),
    ],
)
def test_what_only_looks_like_a_broken_tag_is_text(title: bytes, meant: str) -> None:
    report = inspect_manifest(XML.replace("My é App".encode(), title))
    assert report.manifest is not None
    assert report.manifest.items[0].metadata.title == meant
    assert report.ok


@pytest.mark.parametrize(
    ("title", "meant"),
    [(b"A <b>B</b>", "A <b>B</b>"), (b"A <string> B", "A <string> B"), (b"A <key> B", "A <key> B")],
)
def test_markup_within_a_text_is_not_its_end(title: bytes, meant: str) -> None:
    report = inspect_manifest(XML.replace("My é App".encode(), title))
    assert report.manifest is not None
    assert report.manifest.items[0].metadata.title == meant
    assert [(problem.path, problem.code) for problem in report.problems] == [("items[0].metadata.title", "stray-text")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # What follows from the form is not told beside it,
        ({b"https://apps.example.com/57.png": b"https://apps.example.com/<57.png"}, ["stray-text"]),
        ({b"<string>1.2.3</string>": b"<integer>1.2.3</integer>"}, ["malformed-plist"]),
        ({b"com.example.myapp": b"com.example.<!-- x -->"}, ["stray-text"]),
        (
            {b"\t\t\t\t<key>title</key>": b"\t\t\t\t<key>title</key></dict></dict></array></dict></plist>"},
            ["malformed-plist"],
        ),
        # nor what is missing where the file was cut,
        ({XML[XML.index(b"\t\t\t<key>metadata") :]: b""}, ["truncated"]),
        ({XML[XML.index(b"\t\t\t\t<key>title") :]: b""}, ["truncated"]),
        ({XML[XML.index(b"\t\t\t\t<dict>") :]: b""}, ["truncated"]),
        # but what has nothing to do with it is,
        (
            {b"<string>com.example.myapp": b"<string>", XML[XML.index(b"\t\t\t\t<key>title") :]: b""},
            ["empty", "truncated"],
        ),
        ({b"https://apps.example.com/57.png": b"http://apps.example.com/<57.png"}, ["not-https", "stray-text"]),
        ({b"https://apps.example.com/57.png": b"https://apps.example.com/<%= icon %>"}, ["placeholder"]),
        ({b"1.2.3</string>": b"1.2.3/string>", b">software<": b">game<"}, ["malformed-plist", "wrong-kind"]),
        ({b"&amp;b=2": b"&b=2", b"https://apps": b"ftp://apps"}, ["not-https", "bare-ampersand", "not-https"]),
        # and what is missing elsewhere.
        (
            {
                b"<key>bundle-identifier</key>\n\t\t\t\t<string>com.example.myapp</string>": b"",
                b"&amp;b=2</s": b"&amp;b=2/s",
            },
            ["malformed-plist", "missing"],
        ),
    ],
)
def test_what_follows_from_a_broken_form_is_not_told(changes: dict[bytes, bytes], expected: list[str]) -> None:
    data = XML
    for old, new in changes.items():
        assert old in data
        data = data.replace(old, new)
    report = inspect_manifest(data)
    assert [problem.code for problem in report.problems] == expected
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(data)
    assert caught.value.problems == report.errors


LINES = XML.splitlines()
# From the first <dict> to the last </dict>.
BODY = range(3, len(LINES) - 1)


@pytest.mark.parametrize("index", BODY, ids=[LINES[index].strip().decode() for index in BODY])
def test_a_line_that_is_lost_or_doubled_is_one_problem(index: int) -> None:
    for count in (0, 2):
        lines = [*LINES[:index], *LINES[index : index + 1] * count, *LINES[index + 1 :]]
        report = inspect_manifest(b"\n".join(lines))
        assert [problem.code for problem in report.problems] == ["malformed-plist"]
        with pytest.raises(ManifestError) as caught:
            Manifest.from_plist(b"\n".join(lines))
        assert caught.value.problems == report.problems


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        (b"\t</array>\n</dict>", b"</dict>", "Expected </array> for the <array> in line 6, found '</dict>'.", 35),
        (b"</dict>\n\t\t\t</array>", b"</dict>", "Expected </array> for the <array> in line 9, found '</dict>'.", 33),
        (b"</dict>\n</plist>", b"</plist>", "Expected </dict> for the <dict> in line 4, found '</plist>'.", 36),
    ],
)
def test_an_end_tag_that_is_missing_is_told_with_its_beginning(old: bytes, new: bytes, said: str, line: int) -> None:
    assert XML.count(old) == 1
    (problem,) = inspect_manifest(XML.replace(old, new)).problems
    assert (problem.code, problem.line) == ("malformed-plist", line)
    assert problem.message.startswith(said)
    assert problem.message.endswith("An end tag is missing before it, or its own start tag.")


def test_what_an_end_tag_does_not_explain_is_told_beside_it() -> None:
    data = XML.replace(b"</dict>\n\t\t\t</array>", b"</dict>").replace(
        b"https://apps.example.com/M", b"http://a.example/M"
    )
    report = inspect_manifest(data.replace(b">software<", b">game<"))
    assert [(problem.path, problem.code) for problem in report.errors] == [
        ("items[0].assets[0].url", "not-https"),
        ("items[0].assets", "malformed-plist"),
    ]


VERSION, TITLE = b"<string>1.2.3</string>", b"<key>title</key>"


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        # Spaces as they are copied from a web page,
        ({b"\t": "\xa0".encode()}, "stray-text", {5: "There are 30 more like it."}),
        ({b"\t\t\t<key>metadata": b"\xe2\x80\x8b<key>metadata"}, "stray-text", {23: "spaces in its place."}),
        # what a viewer shows,
        ({b"<dict>": b"- <dict>"}, "stray-text", {4: ".", 7: ".", 10: "There are 2 more like it."}),
        ({b"<array>": b"- <array>"}, "stray-text", {6: "put it into <string>.", 9: "put it into <string>."}),
        (
            {b"</plist>": b"x<!-- -->\n" * 4 + b"</plist>"},
            "stray-text",
            {37: ".", 38: ".", 39: "There is 1 more like it."},
        ),
        # and a program for every line.
        ({b"\n": b"\n+", b"<?xml": b"+<?xml"}, "text-before-xml", {1: "Send the property list alone."}),
        # A tag may be lost, or half of it.
        *(
            ({VERSION: text}, "malformed-plist", {28: "'Cannot connect'."})
            for text in (b"1.2.3</string>", b"1.2.3", b"string>1.2.3</string>")
        ),
        *(
            ({TITLE: key}, "malformed-plist", {line: "'Cannot connect'."})
            for key, line in ((b"title</key>", 31), (b"<key>title", 32), (b"<key>title<key>", 31))
        ),
        ({VERSION: b"<string1.2.3</string>"}, "unknown-element", {28: "A '>' is missing in it."}),
        ({b"<string>My": b"<stringMy"}, "unknown-element", {32: "A '>' is missing in it."}),
        ({TITLE: b"<keytitle</key>"}, "unknown-element", {31: "A '>' is missing in it."}),
        # It may be there twice, or written otherwise.
        *(
            ({VERSION: b"<string>" + VERSION + end}, "malformed-plist", {28: "Remove one, and one of the end tags."})
            for end in (b"", b"</string>")
        ),
        ({TITLE: b"<Key>title</Key>"}, "unknown-element", {31: "Write <key> if that was meant, or remove it."}),
        ({b"</dict>\n\t</array>": b"</Dict>\n\t</array>"}, "malformed-plist", {34: "Write </dict>."}),
        (
            {b"<dict>": b"<Dict>", b"</dict>": b"</Dict>"},
            "unknown-element",
            {4: "it.", 7: "it.", 10: "There are 2 more like it."},
        ),
        (
            {VERSION: b"<strnig>1.2.3</strnig>"},
            "unknown-element",
            {28: "Write <string> if that was meant, or remove it."},
        ),
        ({TITLE: b"<a></a>" + TITLE}, "unknown-element", {31: "Write <key>a</key> if that was meant, or remove it."}),
        ({TITLE: b"<% if title %>" + TITLE}, "placeholder", {31: "Fill in the template."}),
        ({TITLE: b"<% if title >" + TITLE}, "unknown-element", {31: "Fill in the template."}),
        ({TITLE: b"<!- x ->" + TITLE}, "unknown-element", {31: "'Cannot connect'. Remove it."}),
        ({b'UTF-8"': b"UTF-8"}, "wrong-encoding", {1: 'Write encoding="UTF-8".'}),
    ],
)
def test_one_cause_is_told_once_with_a_cure(changes: dict[bytes, bytes], code: str, told: dict[int, str]) -> None:
    data = XML
    for old, new in changes.items():
        assert old in data
        data = data.replace(old, new)
    report = inspect_manifest(data)
    assert report.manifest == MANIFEST
    assert [problem.line for problem in report.problems] == list(told)
    for problem in report.problems:
        assert (problem.level, problem.code) == ("error", code)
        assert "Apple's parser refuses the file, and the device says 'Cannot connect'." in problem.message
        assert problem.message.endswith(told[problem.line or 0])
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(data)
    assert caught.value.problems == report.problems


def test_a_boolean_with_white_space_in_it_says_how_to_write_it() -> None:
    data = XML.replace(TITLE, b"<key>launch-prohibited</key><true> </true>" + TITLE)
    (problem,) = inspect_manifest(data).problems
    assert (problem.code, problem.line) == ("malformed-plist", 31)
    assert problem.message.endswith("Write <true/>.")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [(b"?>", b">", 1), (b"<key>metadata", b"<!-- x <key>metadata", 23), (b"MyApp.ipa", b"<![CDATA[", 14)],
)
def test_what_never_ends_is_not_always_where_a_file_was_cut(old: bytes, new: bytes, line: int) -> None:
    (problem,) = inspect_manifest(XML.replace(old, new)).problems
    assert (problem.code, problem.line) == ("truncated", line)
    assert problem.message.endswith("Add it, or send the whole file.")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # A key that is broken is not also missing, and not unknown.
        (b"items</key>", b"items</ke>y>", [("", "stray-text"), ("", "malformed-plist"), ("", "malformed-plist")]),
        (
            b"<dict>\n\t<key>items</key>",
            b"<dicy>items</key>",
            [("", "unknown-element"), ("", "stray-text"), ("", "malformed-plist")],
        ),
        (b"kind</key>\n\t\t\t\t\t<string>software", b"kind</ke>y\n\t\t\t\t\t<string>software",
         [("items[0].assets[0]", "stray-text"), ("items[0].assets[0]", "malformed-plist")]),
        (b"title</key>", b"title</ke&y>", [("items[0].metadata", "malformed-plist")]),
    ],
)  # fmt: skip
def test_what_a_broken_key_explains_is_not_told(old: bytes, new: bytes, expected: list[tuple[str, str]]) -> None:
    assert XML.count(old) == 1
    report = inspect_manifest(XML.replace(old, new))
    assert [(problem.path, problem.code) for problem in report.problems] == expected


def test_a_broken_profile_is_a_profile() -> None:
    report = inspect_manifest(PROFILE.replace(b"</array>", b"</array>stray", 1))
    assert report.kind == "profile"
    assert [problem.code for problem in report.problems] == ["not-a-manifest", "stray-text"]


def test_the_byte_order_mark_of_a_file_in_another_encoding_is_not_text() -> None:
    data = b"\xef\xbb\xbf" + XML.replace("é".encode(), b"\xe9")
    (problem,) = inspect_manifest(data).problems
    assert (problem.code, problem.line) == ("wrong-encoding", 32)
    assert inspect_manifest(data).manifest == MANIFEST


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<?xml", b"\n<?xml"),
        (b"<?xml", b"<!-- c --><?xml"),
        (b"</plist>", b"</plist>junk"),
        (b'version="1.0">', b"version=1.0>"),
        (b"<dict>", b"<!-- a -- b --><dict>"),
    ],
)
def test_what_only_apples_parser_reads_is_read(old: bytes, new: bytes) -> None:
    data = XML.replace(old, new, 1)
    report = inspect_manifest(data)
    assert report.manifest == MANIFEST == Manifest.from_plist(data)
    assert [(problem.level, problem.code) for problem in report.problems] == [("warning", "not-well-formed")]
    assert report.ok


def test_a_key_that_stands_twice() -> None:
    data = XML.replace(b"<key>kind</key>", b"<key>title</key>\n<string>Old</string>\n<key>kind</key>")
    report = inspect_manifest(data)
    assert [(problem.level, problem.path, problem.code, problem.line) for problem in report.problems][-1] == (
        "warning", "items[0].metadata.title", "duplicate-key", 38,
    )  # fmt: skip


def test_two_roots_are_refused() -> None:
    report = inspect_manifest(XML.replace(b"</plist>", b"<dict/></plist>"))
    assert [(problem.level, problem.code, problem.line, problem.column) for problem in report.problems] == [
        ("error", "malformed-plist", 37, 1)
    ]


def test_titles_of_reports() -> None:
    empty = inspect_manifest(plistlib.dumps({"items": []}))
    assert str(empty).startswith("manifest: 1 error\n  error at items, line 6, column 2: ")
    nameless = inspect_manifest(plistlib.dumps({"items": [{}]}))
    assert str(nameless).startswith("manifest of (no title): 2 errors\n")
    evil = Manifest.for_app(url="https://a.example/a.ipa", bundle_identifier="a.b", bundle_version="1", title="<b>")
    assert "<b>manifest of &lt;b&gt; 1</b>" in inspect_manifest(evil.to_plist())._repr_html_()
    report = ManifestReport(None, "unknown", (Problem("", "empty", "x", "warning"),))
    assert report.ok


def test_what_is_reported_is_short_whatever_is_read() -> None:
    metadata = {"bundle-identifier": "a" * 5000, "bundle-version": "1" * 5000, "title": "t" * 5000, "k" * 5000: 1}
    assets = [{"kind": f"kind{number}", "url": "https://" + "h" * 1200} for number in range(100)]
    report = inspect_manifest(plistlib.dumps({"items": [{"assets": assets, "metadata": metadata}] * 7}))
    apps = ", ".join([f"{'t' * 80}… {'1' * 80}…"] * 5)
    assert str(report).startswith(f"manifest of {apps} and 2 more: ")
    assert f"items[0].metadata.{'k' * 200}…" in [problem.path for problem in report.problems]
    (no_package, *_) = [problem.message for problem in report.problems if problem.code == "no-package"]
    assert "(there are: 'kind0', 'kind1', 'kind2', 'kind3', 'kind4' and 95 more)" in no_package
    assert all(len(problem.message) <= 1001 and len(problem.path) < 250 for problem in report.problems)
    assert all(problem.line for problem in report.problems)
    other = inspect_manifest(plistlib.dumps({f"{'k' * 5000}{number}": 1 for number in range(9)}))
    assert len(other.problems[0].message) < 700
    assert "and 4 more, and not the key 'items'" in other.problems[0].message


def test_white_space_that_only_python_knows() -> None:
    for space in ("\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u2028", "\u3000"):
        report = inspect_manifest(f"<plist><{space}>".encode())
        assert (report.kind, report.manifest) == ("plist", None)
        assert [problem.code for problem in report.problems] == ["malformed-plist", "unknown-element", "truncated"]
        # Between elements Apple's parser refuses it.
        data = XML.replace(b"<array>\n\t\t<dict>", f"<array>{space}<dict>".encode())
        report = inspect_manifest(data)
        assert report.manifest == MANIFEST
        assert [(problem.level, problem.code, problem.line) for problem in report.problems] == [
            ("error", "stray-text", 6)
        ]
    assert inspect_manifest(b"\x0b<html>").kind == "unknown"
    assert inspect_manifest(b"\x0c<html>").kind == "html"
    assert inspect_manifest(b"\x0c{}").kind == "unknown"


HOSTILE = {
    "nested XML": b"<plist>" + b"<array>" * 100_000,
    "closed nested XML": b"<plist>" + b"<array>" * 100_000 + b"</array>" * 100_000 + b"</plist>",
    "entities": (
        b'<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + index, b"&%c;" % (97 + index) * 10) for index in range(9))
        + b"]><plist><dict><key>items</key><string>&j;</string></dict></plist>"
    ),
    "50 MiB": b"<plist>" + b" " * 50 * 2**20,
    "50 MiB binary": b"bplist00" + bytes(50 * 2**20),
    "digits": b"<plist><dict><key>items</key><integer>" + b"9" * 100_000 + b"</integer></dict></plist>",
    "hex digits": b"<plist><dict><key>items</key><integer>0x" + b"f" * 100_000 + b"</integer></dict></plist>",
    "date": b"<plist><dict><key>items</key><date>9999-99-99T99:99:99Z</date></dict></plist>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_errors_and_cheap(name: str) -> None:
    tracemalloc.start()
    try:
        report = inspect_manifest(HOSTILE[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not report.ok
    assert all(len(problem.message) < 400 for problem in report.problems)
    assert peak < 80 * 2**20 + 2 * len(HOSTILE[name]) * (len(HOSTILE[name]) < 2**21)
    with pytest.raises(ManifestError):
        Manifest.from_plist(HOSTILE[name])


@pytest.mark.dear
def test_many_items_without_anything() -> None:
    report = inspect_manifest(
        b"<plist><dict><key>items</key><array>" + b"<dict/>" * 50_000 + b"</array></dict></plist>"
    )
    assert len(report.problems) == 1000


def test_not_a_number_and_other_values_where_none_belong() -> None:
    data = XML.replace(b"<string>software</string>", b"<real>nan</real>").replace(
        b"<string>1.2.3</string>", b"<date>2024-01-01T00:00:00Z</date>"
    )
    assert [(problem.path, problem.code) for problem in inspect_manifest(data).problems] == [
        ("items[0].metadata.bundle-version", "wrong-type"),
        ("items[0].metadata.kind", "wrong-type"),
    ]


def test_identifiers_of_keyed_archives_are_kept() -> None:
    raw = plistlib.loads(XML)
    raw["items"][0]["metadata"]["title"] = plistlib.UID(7)
    report = inspect_manifest(plistlib.dumps(raw, fmt=plistlib.FMT_BINARY))
    assert report.manifest is not None
    assert report.manifest._to_plist() == raw
    assert [(problem.path, problem.code) for problem in report.problems] == [("items[0].metadata.title", "wrong-type")]
    written = inspect_manifest(report.manifest.to_plist(validate=False))
    assert written.manifest == report.manifest
    assert [problem.code for problem in written.problems] == ["wrong-type"]


@pytest.mark.dear
def test_whatever_the_bytes_nothing_else_is_raised() -> None:
    seeded = random.Random(7)
    refused = 0
    for index in range(10_000):
        broken = bytearray(BINARY if index % 2 else XML)
        for _ in range(seeded.randint(1, 3)):
            place = seeded.randrange(len(broken))
            how = seeded.randrange(4)
            if how == 0:
                broken[place] ^= 1 << seeded.randrange(8)
            elif how == 1:
                broken[place] = seeded.choice(b"<>&/\0\xff")
            elif how == 2:
                del broken[place : place + seeded.randint(1, 20)]
            else:
                del broken[max(place, 20) :]
        data = bytes(broken)
        report = inspect_manifest(data)
        assert (report.manifest is not None) == (report.kind == "manifest")
        assert report.manifest is not None or not report.ok
        if report.ok:
            assert Manifest.from_plist(data) == report.manifest
            continue
        refused += 1
        with pytest.raises(ManifestError) as caught:
            Manifest.from_plist(data)
        assert set(caught.value.problems) == {problem for problem in report.problems if problem.level == "error"}
    assert 5000 < refused < 10_000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an error of the storage service"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a pointer of Git LFS"),
        (b"itms-services://?action=download-manifest&url=https://a.example/m", "an install link"),
        (b"<<<<<<< HEAD\n", "a merge that was not finished"),
        (b"{\\rtf1 hello}", "a document of a word processor"),
        (b"{\\rtf1 " + XML + b"}", "a document of a word processor"),
        (b"rtfd\0\0\0\0" + XML, "a document of a word processor"),
        (b"// !$*UTF8*$!\n{ a = (); }", "the old text form"),
        (b"(a, b)", "perhaps a property list of the old text form"),
        (b"Not Found", "often an error message of the server"),
        (b"&lt;?xml version=&quot;1.0&quot;?&gt;\n&lt;plist&gt;", "a property list that is escaped for HTML"),
        (b"\n&#60;plist version='1.0'>", "a property list that is escaped for HTML"),
        (b"&lt;b&gt;", "often an error message of the server"),
        (b"items:\n  - assets: []\n", "perhaps YAML"),
        (b"--- # manifest\nitems:\n- assets: []\n", "perhaps YAML"),
        (b"<pre>&lt;plist&gt;</pre>", "often"),
        (b"<html><pre>&lt;plist version=&quot;1.0&quot;&gt;</pre>", "a web page (HTML) that shows a property list"),
        (b"<html><p>&lt;plists&gt;</p>", "leads to a login"),
        (json.dumps(XML.decode()).encode(), "This is JSON, with the property list in it as a text"),
        (
            json.dumps({"a": 1, "b": "<plist>\n<dict/></plist>"}).encode(),
            "This is JSON, with the property list in it as",
        ),
        (b'{"a": 1}', "This is JSON, and a manifest is a property list"),
        (gzip.compress(XML), "This is compressed with gzip"),
        (archive("[Content_Types].xml"), "a document of a word processor"),
        (archive("Index/Document.iwa"), "a document of a word processor"),
        (archive(), "perhaps the .ipa itself"),
    ],
)
def test_what_an_unknown_file_may_be_is_said(data: bytes, said: str) -> None:
    (problem,) = inspect_manifest(data).problems
    assert (problem.path, problem.code) == ("", "not-a-manifest")
    assert said in problem.message


ITEM: Any = plistlib.loads(XML)["items"][0]
COMMAND: dict[str, Any] = {"RequestType": "InstallApplication", "Manifest": {"items": [ITEM]}}


@pytest.mark.parametrize(
    ("value", "said", "cure"),
    [
        ({"item": [ITEM]}, "a property list with a misspelt key", "Write 'items' in place of 'item'."),
        ({"Items": [ITEM], "x": 1}, "a property list with a misspelt key", "Write 'items' in place of 'Items'."),
        (ITEM, "one item of a manifest", "Put it into an array under the key 'items'."),
        ({"assets": []}, "one item of a manifest", "Put it into an array under the key 'items'."),
        ({"app": ITEM}, "a dictionary of items", "Put them into an array under the key 'items'."),
        (COMMAND, "a command of device management (MDM)", "Give the device the dictionary under 'Manifest' alone."),
        (
            {"Command": COMMAND, "CommandUUID": "1"},
            "a command of device management (MDM)",
            "Give the device the dictionary under 'Manifest' alone.",
        ),
        ({"Command": {"RequestType": "DeviceLock"}}, "a command of device management (MDM)", "installs nothing."),
        ({"manifest": {"items": [ITEM]}}, "a dictionary around a manifest", "the dictionary under 'manifest' alone."),
        ({"WebMainResource": {}}, "a web archive", "installs nothing."),
        ({}, "an empty property list", "Add an item for the app."),
        ({"Command": "x", "Manifest": "x", "tokens": 1, "y": {}}, "another property list", "installs nothing."),
        # Xcode's ExportOptions.plist names the URLs of the manifest that it is to write.
        (
            {"manifest": {"appURL": "https://a.example/App.ipa"}, "method": "ad-hoc", "signingStyle": "manual"},
            "Xcode's ExportOptions.plist",
            "installs nothing.",
        ),
        ({"manifest": {"appURL": "https://a.example/App.ipa"}}, "another property list", "installs nothing."),
        (
            {"MyApp.ipa": [{"name": "MyApp.app"}]},
            "Xcode's DistributionSummary.plist",
            "Publish the manifest.plist that Xcode writes beside it.",
        ),
    ],
)
@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_what_is_nearly_a_manifest_is_named(value: Any, said: str, cure: str, form: Any) -> None:
    report = inspect_manifest(plistlib.dumps(value, fmt=form))
    (problem,) = report.problems
    assert (report.kind, report.manifest) == ("plist", None)
    assert (problem.level, problem.path, problem.code) == ("error", "", "not-a-manifest")
    assert problem.message.startswith(f"This is {said}")
    assert problem.message.endswith(cure)


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        ({"items": ITEM}, "It seems to be an item. Put it into an array."),
        ({"items": {"a": ITEM}}, "It seems to hold items under names of their own. Put them into an array."),
        ({"items": {"a": 1}}, "got a dict of 1."),
        ({"items": [{**ITEM, "assets": ITEM["assets"][0]}]}, "It seems to be an asset. Put it into an array."),
        (
            {"items": [{**ITEM, "assets": {"0": ITEM["assets"][0]}}]},
            "It seems to hold assets under names of their own. Put them into an array.",
        ),
        ({"items": ITEM["assets"][0]}, "It seems to be an asset. Put it into an array."),
        ({"items": [{**ITEM, "metadata": [ITEM["metadata"]]}]}, "got an array of 1. Take it out of the array."),
        ({"items": [{**ITEM, "metadata": ["x"]}]}, "got an array of 1."),
        ([ITEM], "These seem to be its items. Put the array under that key."),
        ([1], "A manifest is a dict with the key 'items'."),
    ],
)
def test_what_stands_in_place_of_an_array_is_named(value: Any, cure: str) -> None:
    (problem,) = inspect_manifest(plistlib.dumps(value)).problems
    assert (problem.level, problem.code) == ("error", "wrong-type")
    assert problem.message.endswith(cure)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (ITEM["assets"][1], "It seems to be an asset. Move it into the assets of an item."),
        (ITEM["metadata"], "It seems to be metadata. Put it under the key 'metadata' of an item."),
    ],
)
def test_what_stands_in_place_of_an_item_is_named_once(other: Any, said: str) -> None:
    report = inspect_manifest(plistlib.dumps({"items": [ITEM, other]}))
    (problem,) = report.problems
    assert (problem.level, problem.path, problem.code) == ("error", "items[1].assets", "missing")
    assert problem.message.endswith(said)
    assert report.manifest is not None


@pytest.mark.parametrize(
    ("start", "is_text_form"),
    [
        ("{ items = (", True),
        ('{"items" = ();}', True),
        ("/* a * b **/ // c\n\t{a;}", True),
        ('"items" = ();', True),
        ("'a'\n=", True),
        ('{"items": []}', False),
        ("{items: []}", False),
        ("a = b;", False),
        ('"a"', False),
        ("//", False),
        ("/* { a = b;", False),
        ("//" * 100_000, False),
        ("/*" * 100_000, False),
        ("{" + "a" * 100_000, False),
    ],
    ids=lambda start: str(start)[:20],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_old_text_form_is_named_with_the_cure(start: str, codec: str, *, is_text_form: bool) -> None:
    report = inspect_manifest(start.encode(codec))
    (problem,) = report.problems
    assert problem.code == ("malformed-plist" if is_text_form and "items" in start else "not-a-manifest")
    assert (report.kind == "plist") == is_text_form
    assert ("This is a property list of the old text form" in problem.message) == is_text_form
    assert not is_text_form or "plutil -convert xml1" in problem.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a & b", "'& b</string>"),
        (b"&nbsp;b", "'&nbsp;' is an entity of HTML"),
        (b"&#xD800;b", "'&#xD800;' does not stand for a character"),
    ],
)
def test_what_an_ampersand_should_be_is_said(text: bytes, said: str) -> None:
    data = XML.replace("My é App".encode(), text)
    found = [problem for problem in inspect_manifest(data).problems if problem.code == "bare-ampersand"]
    assert [problem.path for problem in found] == ["items[0].metadata.title"]
    assert said in found[0].message


def test_a_tag_of_a_template_in_a_text_is_to_be_filled_in() -> None:
    for tag, code, cure in (
        (b"<%= title %>", "placeholder", "Fill in the template."),
        (b"<?= x ?>", "placeholder", "Fill in the template."),
        (b"<%= title", "stray-text", "Fill in the template."),
        (b"<b>", "stray-text", "&lt;."),
    ):
        data = XML.replace(b"1.2.3", tag)
        problem = next(problem for problem in inspect_manifest(data).problems if problem.level == "error")
        assert problem.code == code
        assert problem.message.endswith(cure)


def test_a_key_in_other_letters_is_known() -> None:
    raw = plistlib.loads(XML)
    raw["items"][0]["assets"][0]["URL"] = raw["items"][0]["assets"][0].pop("url")
    messages = [problem.message for problem in inspect_manifest(plistlib.dumps(raw)).problems]
    assert "Unknown key 'URL'. The device ignores it (did you mean 'url'?)." in messages


def test_a_report_names_what_is_there() -> None:
    metadata = {"bundle-identifier": "com.example.a", "title": "A", "kind": "software"}
    asset = {"kind": "software-package", "url": "https://a.example/A.ipa"}
    report = inspect_manifest(plistlib.dumps({"items": [{"assets": [asset], "metadata": metadata}]}))
    written = {"bundle_identifier": "com.example.a", "title": "A", "kind": "software"}
    assert report.to_dict()["manifest"] == {"items": [{"assets": [asset], "metadata": written}]}
    assert ManifestReport.from_dict(report.to_dict()) == report


def test_a_signed_message_is_a_profile_where_it_begins_as_one() -> None:
    identifier = bytes.fromhex("06092a864886f70d010702")  # signedData (RFC 5652, 5.1)
    assert inspect_manifest(b"0\x80" + identifier + bytes(50)).kind == "profile"
    assert inspect_manifest(b"1\x80" + identifier + bytes(50)).kind == "unknown"
