"""Manifests as the world publishes them: all are inspected, and every known fault is named."""

from __future__ import annotations

import plistlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from itms_ota import Manifest, ManifestReport, inspect_manifest

if TYPE_CHECKING:
    from pathlib import Path

ASSET_URL = r"items\[0\]\.assets\[\d\]\.url"
METADATA = r"items\[0\]\.metadata"
BUNDLE_IDENTIFIER = rf"{METADATA}\.bundle-identifier"
VERSION = rf"{METADATA}\.bundle-version"

# What a remark begins with, the codes of which one must be there, and the pattern of its path. No codes: no fault.
REMARKS: tuple[tuple[str, str, str], ...] = (
    (r"kinds=|non-ascii|title-nonascii|has-subtitle|url-query|comments|CRLF|BOM|CDATA", "", ""),
    (r"doctype-AppleComputer|no-doctype|no-xml-decl|plist-attr-odd|item-keys:thinned-assets", "", ""),
    (r"meta-key:platform-identifier", "", ""),
    (r"http-url:", "not-https", ASSET_URL),
    (r"empty-url:", "empty", ASSET_URL),
    (r"url-other: $", "empty", ASSET_URL),
    (r"url-other:(https\.baidu\.com|ipa文件|splash|安装|IPA Link)", "relative-url", ASSET_URL),
    (r"url-other:(ipa包URL|下载时)", "relative-url", ASSET_URL),
    (r"url-other:data:", "not-https", ASSET_URL),
    (r"url-other:", "placeholder", ASSET_URL),
    (r"url-nonascii-or-space", "placeholder relative-url whitespace invalid-url", ASSET_URL),
    (r"url-ws", "empty whitespace", ASSET_URL),
    (r"asset-keys:needs-shine", "removed-key", r"items\[0\]\.assets\[\d\]\.needs-shine"),
    (r"asset-keys:md5-size", "md5-only", r"items\[0\]\.assets\[0\]\.md5s"),
    (r"asset-keys:sha256-size", "", ""),
    (r"version-odd=", "odd-version placeholder", VERSION),
    (r"bundleid-odd=TOKEN", "", ""),
    (r"bundleid-odd=", "odd-bundle-identifier placeholder whitespace", BUNDLE_IDENTIFIER),
    (r"missing-bundle-version", "missing", VERSION),
    (r"missing-title", "missing", rf"{METADATA}\.title"),
    (r"no-metadata", "missing", METADATA),
    (r"meta-empty:bundle-identifier", "empty", BUNDLE_IDENTIFIER),
    (r"meta-ws:bundle-version", "whitespace", VERSION),
    (r"meta-ws:title", "whitespace", rf"{METADATA}\.title"),
    (r"ws-in-string", "whitespace", ".*"),
    (r"meta-key:(sizeInBytes|items)", "removed-key", rf"{METADATA}\.(sizeInBytes|items)"),
    (r"meta-key:", "unknown-key", rf"{METADATA}\..*"),
    (r"meta-kind=", "wrong-kind", rf"{METADATA}\.kind"),
    (r"leading-ws", "not-well-formed", ""),
    (r"BARE-AMP", "bare-ampersand stray-text placeholder", ".*"),
    (r"PARSE-FAIL\(ExpatError: no element", "truncated", ""),
    (r"PARSE-FAIL\(ExpatError", "bare-ampersand stray-text placeholder", ".*"),
    (r"PARSE-FAIL\(ValueError", "malformed-plist placeholder", ".*"),
    (r"PARSE-FAIL\(InvalidFile", "not-well-formed text-before-xml stray-text", ".*"),
    (r"trailing-junk", "text-before-xml", ""),
    (r"md5-size/md5s, metadata\.items, sizeInBytes as STRING", "removed-key", rf"{METADATA}\.sizeInBytes"),
    (r"sha256-size/sha256s, NO metadata", "missing", METADATA),
    (r"no xml declaration, .* display-image points at an \.ipa", "wrong-file", ASSET_URL),
    (r"leading newline before .*, md5-size 0, empty bundle-version", "empty", VERSION),
    (r"md5-size=fileSize and the non-standard key md5", "placeholder", r"items\[0\]\.assets\[0\]\.md5-size"),
    (r"NOT-A-MANIFEST|top-keys:|items=NoneType", "not-a-manifest", ""),
    (r"macOS$", "", ""),
    (r"macOS \.pkg", "macos-package", ASSET_URL),
    (r"embedded |mixes |.*retyped|Xcode-exported|quotes are eaten|no declaration", "", ""),
)  # fmt: skip


def remarks(corpus: Path, folder: str) -> dict[str, list[str]]:
    lines = (corpus / folder / "index.tsv").read_text("utf-8").splitlines()[1:]
    return {name: text.split("; ") for name, _, text in (line.partition("\t") for line in lines)}


def reports(corpus: Path, folder: str) -> dict[str, tuple[bytes, ManifestReport]]:
    files = {path.name: path.read_bytes() for path in sorted((corpus / folder).glob("*.plist"))}
    return {name: (data, inspect_manifest(data)) for name, data in files.items()}


@pytest.mark.parametrize("folder", ["manifests", "templates"])
def test_every_manifest_that_can_be_read_round_trips(corpus: Path, folder: str) -> None:
    readable = 0
    found = reports(corpus, folder)
    for name, (data, report) in found.items():
        str(report)
        report._repr_html_()
        if report.manifest is None:
            assert not report.ok, name
            continue
        again = report.manifest.to_plist(validate=False)
        assert inspect_manifest(again).manifest == report.manifest, name
        try:
            raw: Any = plistlib.loads(data)
        except Exception:  # noqa: BLE001, S112 -- plistlib lets out whatever it meets
            continue
        readable += 1
        assert plistlib.loads(again) == raw, name
        if report.ok:
            assert Manifest.from_plist(data) == report.manifest, name
    assert readable > len(found) * 0.7


@pytest.mark.parametrize("folder", ["manifests", "templates"])
def test_every_fault_that_is_known_is_named(known_corpus: Path, folder: str) -> None:
    corpus = known_corpus
    found = reports(corpus, folder)
    unnamed: list[tuple[str, str]] = []
    for name, texts in remarks(corpus, folder).items():
        problems = found[name][1].problems
        for text in texts:
            codes, path = next(((codes, path) for start, codes, path in REMARKS if re.match(start, text)), ("?", ""))
            if codes and not any(
                problem.code in codes.split() and re.fullmatch(path, problem.path) for problem in problems
            ):
                unnamed.append((name, text))
    assert unnamed == []


A0, A1, A2 = (f"items[0].assets[{index}]" for index in range(3))
M = "items[0].metadata"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("manifests/003.plist", []),
        ("manifests/009.plist", []),
        ("manifests/053.plist", []),
        ("manifests/118.plist", [f"warning {M}.bundle-version odd-version 1 338"]),
        ("manifests/001.plist", [
            f"error {A0}.url not-https 14 6",
            f"warning {A1}.url relative-url 20 6",
            f"warning {A2}.url relative-url 26 6",
        ]),
        ("manifests/002.plist", [
            f"warning {M}.bundle-version missing 18 17",
            f"error {M}.title missing 18 17",
            f"warning {M}.6.0 unknown-key 22 21",
            f"warning {M}.Minecraft unknown-key 26 21",
        ]),
        ("manifests/026.plist", [
            "warning  not-well-formed 1 1",
            f"error {A0}.url not-https 15 6",
            f"warning {A0}.url private-host 15 6",
        ]),
        ("manifests/045.plist", [
            f"error {A0}.url not-https 14 21",
            f"error {M}.bundle-identifier empty 20 17",
        ]),
        ("manifests/094.plist", [
            f"error {A0}.url bare-ampersand 14 71",
            f"warning {A1}.needs-shine removed-key 20 21",
            f"warning {A2}.needs-shine removed-key 28 21",
        ]),
        ("manifests/106.plist", [
            f"warning {M}.bundle-identifier odd-bundle-identifier 20 17",
            f"warning {M}.bundle-version odd-version 22 17",
            f"warning {M}.title whitespace 26 17",
        ]),
        ("manifests/134.plist", [f"error {M}.kind wrong-kind 36 5"]),
        ("manifests/161.plist", [f"error {A0}.url whitespace 14 21"]),
        ("manifests/174.plist", [f"warning {M} missing 7 5", f"warning {A0}.url macos-package 20 11"]),
        ("manifests/177.plist", ["error  not-a-manifest None None"]),
        ("templates/T001.plist", [
            f"error {A0}.url placeholder 14 6",
            f"error {M}.bundle-identifier placeholder 20 5",
        ]),
        ("templates/T018.plist", [f"error {A0}.url placeholder 14 11"]),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_reports_by_value(known_corpus: Path, name: str, expected: list[str]) -> None:
    problems = inspect_manifest((known_corpus / name).read_bytes()).problems
    assert [
        f"{problem.level} {problem.path} {problem.code} {problem.line} {problem.column}" for problem in problems
    ] == expected
