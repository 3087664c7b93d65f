"""Templates of manifests: what an engine replaces is `placeholder` alone, and what is wrong beside it is still told."""

from __future__ import annotations

import pytest

from itms_ota import Checksum, Manifest, ManifestError, inspect_manifest

XML = Manifest.for_app(
    url="https://apps.example.com/A.ipa",
    bundle_identifier="com.example.a",
    bundle_version="1",
    title="A",
    checksums=[Checksum.of(b"an app")],
).to_plist()
URL, TITLE = b"https://apps.example.com/A.ipa", b"<string>A</string>"
ASSETS, ASSET, M = "items[0].assets", "items[0].assets[0]", "items[0].metadata"
KIND = b"<key>kind</key>\n\t\t\t\t<string>software</string>"
HASH = XML[XML.index(b"sha256s") :].partition(b"<string>")[2].partition(b"</string>")[0]
SIZE = XML[XML.index(b"sha256-size") :].partition(b"<integer>")[2].partition(b"</integer>")[0]
FILLED_IN = "Fill in the template."


def changed(*changes: tuple[bytes, bytes]) -> bytes:
    data = XML
    for old, new in changes:
        assert old in data
        data = data.replace(old, new, 1)
    return data


def told(data: bytes) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.code, problem.level) for problem in inspect_manifest(data).problems]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        # In a text: the parser refuses "<", so that it is told once, as what keeps the file from being read.
        ([(URL, b"<%= url %>")], [f"{ASSET}.url"]),
        ([(URL, b"<%= url %>/<%= name %>.ipa")], [f"{ASSET}.url"]),
        ([(URL, b"https://a.example/<?= $name ?>.ipa")], [f"{ASSET}.url"]),
        ([(URL, b'<%= url(">", a && b) %>')], [f"{ASSET}.url"]),
        ([(TITLE, b"<string>My <%= title %></string>")], [f"{M}.title"]),
        ([(b"<string>1</string>", b"<string><%= version %></string>")], [f"{M}.bundle-version"]),
        ([(b"com.example.a", b"<%= id %>")], [f"{M}.bundle-identifier"]),
        ([(b"<key>title</key>", b"<key>title</key>\n<!-- <%= x %> -->"), (URL, b"<% a %>")], [f"{ASSET}.url"]),
        # Between elements.
        ([(b"<dict>\n\t\t\t\t\t<key>kind", b"{{if .URL}}<dict>\n<key>kind")], [ASSETS]),
        ([(TITLE, TITLE + b"{{end}} {{- if x}}\n{{end}}")], [M]),
        ([(TITLE, TITLE + b"{% if subtitle %}<key>subtitle</key><string>B</string>{% endif %}")], [M]),
        ([(TITLE, TITLE + b"{# nothing more #}")], [M]),
        ([(TITLE, TITLE + b"<% if a > 1 && b %> <% end %>")], [M]),
        ([(TITLE, TITLE + b"{{{ more }}} ${more}")], [M]),
        ([(TITLE, b"{{#if a}}<string>A</string>{{else}}<string>B</string>{{/if}}")], [M]),
        ([(TITLE, b"<% if a %><string>A</string><% else %><key>title</key><string>B</string><% end %>")], [M]),
        ([(TITLE, b"${title}")], [M]),
        ([(KIND, b"{{kind}}")], [M]),
        ([(b"<array>\n\t\t<dict>", b"<array>{{range .}}<dict>"), (b"</dict>\n\t</array>", b"</dict>{{end}}</array>")],
         ["items"]),
        # Before the root.
        ([(b"<?xml", b'<%@ page contentType="text/xml" %>\n<?xml')], [""]),
        ([(b"<?xml", b'{{define "manifest"}}{{- /* a */ -}}\n<?xml')], [""]),
        # In place of a number, a hash, a truth.
        ([(b"<integer>" + SIZE, b"<integer>${size}")], [f"{ASSET}.sha256-size"]),
        ([(b"<integer>" + SIZE, b"<integer><%= size %>")], [f"{ASSET}.sha256-size"]),
        ([(b"<integer>" + SIZE, b"<integer>__SIZE__")], [f"{ASSET}.sha256-size"]),
        ([(HASH, b"${sha256 || ''}")], [f"{ASSET}.sha256s[0]"]),
        ([(HASH, b"$(shasum -a 256 A.ipa | awk '{ print $1 }')")], [f"{ASSET}.sha256s[0]"]),
        ([(TITLE, TITLE + b"<key>subtitle</key><{{flag}}/>")], [M]),
    ],
)  # fmt: skip
def test_what_a_template_leaves_open_is_a_placeholder_alone(
    changes: list[tuple[bytes, bytes]], paths: list[str]
) -> None:
    data = changed(*changes)
    assert told(data) == [(path, "placeholder", "error") for path in paths]
    for problem in inspect_manifest(data).problems:
        assert "'Cannot connect'" in problem.message or "refuses the download" in problem.message
        assert FILLED_IN in problem.message
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(data)
    assert {problem.code for problem in caught.value.problems} == {"placeholder"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(URL, b"http://a.example/<%= name %>")],
         [(f"{ASSET}.url", "not-https", "error"), (f"{ASSET}.url", "placeholder", "error")]),
        # What is never closed may be no template at all.
        ([(URL, b"<%= url")], [(f"{ASSET}.url", "placeholder", "error"), (f"{ASSET}.url", "stray-text", "error")]),
        ([(TITLE, b"<string>a <b </string>")], [(f"{M}.title", "stray-text", "error")]),
        ([(TITLE, TITLE + b"{{ a")], [(M, "stray-text", "error")]),
        ([(TITLE, TITLE + b"{% if a %} a")], [(M, "placeholder", "error"), (M, "stray-text", "error")]),
        ([(TITLE, TITLE + b"{ a }")], [(M, "stray-text", "error")]),
        ([(TITLE, TITLE + b"{{a}}</true>")], [(M, "placeholder", "error"), (M, "malformed-plist", "error")]),
        ([(TITLE, TITLE + b"{{a}}<string>x</string>{{b}}<date>5</date>")],
         [(M, "placeholder", "error"), (f"{M}.title", "malformed-plist", "error")]),
        ([(TITLE, TITLE + b"{{a}}<b/>")], [(M, "placeholder", "error"), (M, "unknown-element", "error")]),
        ([(b"<integer>" + SIZE, b"<integer>many")], [(f"{ASSET}.sha256-size", "malformed-plist", "error")]),
        ([(HASH, b"abc")], [(f"{ASSET}.sha256s[0]", "bad-hash", "error")]),
        ([(b"<?xml", b"Warning: {{a}} <?xml")], [("", "text-before-xml", "error")]),
        ([(b"<?xml", b"{{a}} Warning <?xml")], [("", "placeholder", "error"), ("", "text-before-xml", "error")]),
        # Without a template, a value has one key, and a key one value.
        ([(TITLE, TITLE + b"<string>B</string>")], [(M, "malformed-plist", "error")]),
        ([(TITLE, TITLE + b"<key>title</key>" + TITLE)], [(f"{M}.title", "duplicate-key", "warning")]),
    ],
)  # fmt: skip
def test_what_is_wrong_beside_a_template_is_told(
    changes: list[tuple[bytes, bytes]], expected: list[tuple[str, str, str]]
) -> None:
    assert told(changed(*changes)) == expected


def test_a_template_is_told_once_for_each_place() -> None:
    data = changed((TITLE, TITLE + b"{{a}}{{b}}{{c}}"), (b"<array>", b"<array>{{d}}"))
    first, second = inspect_manifest(data).problems
    assert (first.path, second.path) == ("items", M)
    assert first.message == (
        "'{{d}}' is an instruction of a template. Apple's parser refuses the file, and the device says 'Cannot "
        "connect'. Fill in the template."
    )
    assert second.message.startswith("'{{a}}' is an instruction of a template.")
    assert second.message.endswith("Fill in the template. There are 2 more like it.")


def test_a_value_that_a_template_puts_where_no_key_is_ends_the_reading() -> None:
    # Of what is not read nobody may think that it is in order.
    data = changed((b"<key>bundle-identifier</key>", b"{{key}}"))
    assert told(data)[0] == (M, "placeholder", "error")
    assert [code for _, code, _ in told(data)][1:] == ["malformed-plist"]


def test_a_secret_in_a_template_is_hidden() -> None:
    data = changed(
        (URL, b'<%= "https://me:hunter2@a.example/m?token=sesame" %>'), (TITLE, b"{{ 'https://a:sesame@b.example' }}")
    )
    assert "placeholder" in str(inspect_manifest(data))
    assert "hunter2" not in str(inspect_manifest(data))
    assert "sesame" not in str(inspect_manifest(data))
