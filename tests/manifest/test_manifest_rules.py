"""Each rule of a manifest by itself: a value, the dictionary that holds it, a level; no manifest around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from _problems import codes

from itms_ota.manifest import _rules as rules
from itms_ota.manifest import _schema as schema

if TYPE_CHECKING:
    from itms_ota.errors import Level
    from itms_ota.manifest._rules import Rule

SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("rule", "value", "owner", "expected"),
    [
        (rules.shown_text, "MyApp", {}, []),
        (rules.shown_text, "", {}, [("", "empty", "error")]),
        (rules.shown_text, 5, {}, [("", "wrong-type", "error")]),
        (rules.shown_text, "MyApp ", {}, [("", "whitespace", "warning")]),
        (rules.shown_text, "null", {}, [("", "placeholder", "warning")]),
        *((rules.shown_text, text, {}, []) for text in ("100%@home", "A {b} c", "Pay $name", "My __NAME__")),
        *((rules.shown_text, text, {}, [("", "placeholder", "warning")]) for text in ("My %@", "{name}", "$name")),
        *(
            (rules.shown_text, text, {}, [("", "placeholder", "warning")])
            for text in ("__NAME__", "#{n}", "%(n)s", "%s")
        ),
        (rules.version, "1.2.3", {}, []),
        (rules.version, "{version}", {}, [("", "placeholder", "warning")]),
        (rules.version, "", {}, [("", "empty", "warning")]),
        (rules.version, 1, {}, [("", "wrong-type", "warning")]),
        (rules.version, "1.0L", {}, [("", "odd-version", "warning")]),
        (rules.bundle_identifier, "com.example.app", {}, []),
        (rules.bundle_identifier, "com.example.${ID}", {}, [("", "placeholder", "error")]),
        (rules.bundle_identifier, "com.example.%NAME%", {}, [("", "placeholder", "error")]),
        (rules.bundle_identifier, "com.example.app\n", {}, [("", "whitespace", "error")]),
        (rules.bundle_identifier, "Facebook++", {}, [("", "odd-bundle-identifier", "warning")]),
        (rules.item_kind, "software", {}, []),
        (rules.item_kind, "game", {}, [("", "wrong-kind", "error")]),
        (rules.url, "https://a.example/A.ipa", {"kind": "software-package"}, []),
        (rules.url, "https://a.example/A.pkg", {"kind": "software-package"}, [("", "macos-package", "warning")]),
        (rules.url, "https://a.example/A.ipa", {"kind": "display-image"}, [("", "wrong-file", "warning")]),
        (rules.url, "http://a.example/A.ipa", {}, [("", "not-https", "error")]),
        (rules.url, "https://a.example/", {"kind": "software-package"}, [("", "wrong-file", "warning")]),
        (rules.url, "https://a.example/", {"kind": "display-image"}, []),
        (
            rules.url,
            "http://a.example/a/",
            {"kind": "software-package"},
            [("", "not-https", "error"), ("", "wrong-file", "warning")],
        ),
        *(
            (rules.url, url, {"kind": "software-package"}, [("", code, "error")])
            for url, code in (
                ("https:///", "no-host"),
                ("https://[::1", "invalid-url"),
                ("https://a.example\\a.ipa", "invalid-url"),
                ("https://a.example/{v}/", "placeholder"),
                ("ftp://a.example/", "not-https"),
                ("apps/", "relative-url"),
                ("https://a.example/a b/", "whitespace"),
            )
        ),
        (rules.url, "https://a.example/", {}, []),
        (rules.url, "https://a.example/", {"kind": []}, []),
        (rules.url, f"https://github.com/a/b/blob/{'x' * 70_000}", {}, [("", "too-large", "error")]),
        (rules.url_without_metadata, "https://a.example/x", {}, [("", "macos-package", "warning")]),
        (rules.url_without_metadata, " ", {}, [("", "empty", "error")]),
        (rules.platform_identifier, "com.apple.platform.iphoneos", {}, []),
        (rules.platform_identifier, "com.apple.platform.watchos", {}, [("", "other-platform", "warning")]),
        (rules.platform_identifier, "ios", {}, [("", "other-platform", "error")]),
        (rules.platform_identifier, 5, {}, [("", "wrong-type", "warning")]),
        (rules.bundle_identifier, "9TTXQKYT39.com.x", {}, [("", "odd-bundle-identifier", "warning")]),
        (rules.bundle_identifier, "9TTXQKYT39.${x}", {}, [("", "placeholder", "error")]),
        (rules.bundle_identifier, "9TTXQKYT39.a b", {}, [("", "whitespace", "error")]),
        (rules.bundle_identifier, "9TTXQKYT39", {}, []),
        (rules.variant_ids, ["iPhone15,2"], {}, []),
        (rules.variant_ids, [1], {}, [("", "wrong-type", "error")]),
        (rules.boolean, True, {}, []),
        (rules.boolean, 1, {}, [("", "wrong-type", "error")]),
        (rules.one_hash("sha256"), SHA256, {}, []),
        (rules.one_hash("sha256"), SHA256.upper(), {}, [("", "upper-case-hash", "warning")]),
        (rules.one_hash("md5"), SHA256, {}, [("", "bad-hash", "error")]),
        (rules.hashes("sha256"), [SHA256, "x"], {"sha256-size": 5}, [("[1]", "bad-hash", "error")]),
        (
            rules.hashes("sha256"),
            [SHA256, "x"],
            {},
            [("[1]", "bad-hash", "warning"), ("", "unchecked-hashes", "warning")],
        ),
        (rules.hashes("sha256"), [], {}, [("", "empty", "warning")]),
        (rules.hashes("sha256"), SHA256, {}, [("", "wrong-type", "error")]),
        (rules.without_size("sha256"), [SHA256], {}, [("sha256-size", "missing", "warning")]),
        (rules.without_size("sha256"), [SHA256], {"sha256-size": 1}, []),
        (rules.chunk_size("md5"), 0, {"md5s": [SHA256]}, [("", "bad-chunk-size", "warning")]),
        (rules.chunk_size("md5"), True, {}, [("", "wrong-type", "error")]),
        (rules.without_hashes("md5"), 5, {}, [("md5s", "missing", "warning")]),
        (rules.without_hashes("md5"), 5, {"md5s": []}, []),
    ],
)
def test_a_rule_finds(rule: Rule, value: Any, owner: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert codes(rule(value, owner, "error")) == expected


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (rules.platform_identifier, "com.apple.platform.watchos", [("", "other-platform", "warning")]),
        (rules.platform_identifier, "ios", [("", "other-platform", "warning")]),
        (rules.asset_kind, "vpn-plugin-package", []),
        (rules.asset_kind, "software", [("", "unknown-kind", "warning")]),
    ],
)
def test_a_rule_finds_what_never_stops_the_install(
    rule: Rule, value: Any, expected: list[tuple[str, str, str]]
) -> None:
    assert codes(rule(value, {}, "warning")) == expected


@pytest.mark.parametrize("level", ["error", "warning"])
def test_a_rule_tells_what_stops_the_install_at_the_level_that_it_is_given(level: Level) -> None:
    assert codes(rules.item_kind("game", {}, level)) == [("", "wrong-kind", level)]
    assert codes(schema.faults({"kind": "software-package"}, schema.ASSET, level)) == [("url", "missing", level)]


def test_what_is_blank_is_filled_in_or_removed() -> None:
    assert [problem.message for problem in rules.text_faults(" ", "error")] == ["The value is blank (' '). Fill it in."]
    assert [problem.message for problem in rules.text_faults("", "warning")] == [
        "The value is blank (''). Fill it in, or remove the key."
    ]


def test_md5_alone_is_told_where_the_device_reads_it() -> None:
    assert codes(rules.md5_only({"md5": "x", "md5s": []})) == [("md5", "md5-only", "warning")]
    assert codes(rules.md5_only({"md5s": [], "md5-size": 5})) == [("md5s", "md5-only", "warning")]
    assert codes(rules.md5_only({"md5": "x", "sha256": "x"})) == []
    assert codes(rules.md5_only({})) == []


def test_every_key_has_a_source() -> None:
    tables = (schema.MANIFEST, schema.ITEM, schema.ASSET, schema.THINNED_ASSET, schema.METADATA)
    assert all(key.source for table in tables for key in table.keys.values())


def test_a_fault_is_told_at_its_place_in_the_whole() -> None:
    raw: dict[str, Any] = {
        "items": [{"assets": [{"kind": "software-package", "sha256s": ["x"], "": 1}], "metadata": {}}, 5]
    }
    assert codes(schema.check(raw)) == [
        ("items[0].assets[0].url", "missing", "error"),
        ("items[0].assets[0].sha256s[0]", "bad-hash", "error"),
        ("items[0].assets[0].sha256-size", "missing", "warning"),
        ("items[0].assets[0].", "unknown-key", "warning"),
        ("items[0].metadata.bundle-identifier", "missing", "error"),
        ("items[0].metadata.bundle-version", "missing", "warning"),
        ("items[0].metadata.kind", "missing", "warning"),
        ("items[0].metadata.title", "missing", "error"),
        ("items[1]", "wrong-type", "error"),
    ]


def test_no_more_is_told_than_anybody_reads() -> None:
    raw: dict[str, Any] = {"items": [{"assets": [], "metadata": {"kind": 5, "x": 1}} for _ in range(2000)]}
    levels = [problem.level for problem in schema.check(raw)]
    assert (levels.count("error"), levels.count("warning")) == (1000, 1000)


@pytest.mark.parametrize(("size", "codes"), [(5, ["missing"]), (True, []), ("5", [])])
def test_hashes_are_missed_beside_a_length_alone(size: Any, codes: list[str]) -> None:
    # What is not a length has a problem of its own.
    assert [problem.code for problem in rules.without_hashes("md5")(size, {}, "error")] == codes
