"""NSURL's own verdicts, as its published source gives them: held against what the library says of the same URLs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from itms_ota import _urls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Vector = dict[str, Any]

_HOSTS = "*.example.com a,b.com a;b.com a=b.com a&b.com a+b.com a!b.com a'b.com a~b.com a$b.com %61.com %C3%BC.com"
_LONG = "a" * 64
# NSURL takes these for URLs, and no device can fetch anything from them: docs/link.md says so. An agreeing URL does not
# belong here.
DIFFERENCES: Mapping[str, tuple[str, ...]] = {
    "relative-url": (
        *(f"htt{mark}ps://example.com/" for mark in "#$&'(),/=?[]"),
        *(f"{mark}https://example.com/" for mark in "&(-.?@[]~"),
        *("a.plist", "//example.com/a", "///a", "?a", "..", "https", "1http://a", "-http://a", "ht_tp://a"),
        "https;//example.com",
    ),
    "no-host": (
        *("https:", "https:/", "https:///", "https:a", "https:/a", "https:#a", "https://?a", "https://#a"),
        *("https://@/a", "https://:443", "https://:443/", "https://:/", "https://::1"),
    ),
    "not-https": ("data:,a", "itms-services://?action=download-manifest&url=https://a.example/m"),
    "placeholder": ("$https://example.com/", "#a", "https://(a).com/a", "https://(a).com", "https://[u]@example.com/a"),
    "invalid-url": (
        # Hosts that no server has.
        *(f"https://ex{mark}ample.com/" for mark in "!$&')+:]"),
        *(f"https://{host}{end}" for host in (*_HOSTS.split(), f"{_LONG}.com", "256.1.1.1") for end in ("", "/a")),
        *(f"https://{host}{end}" for host in ("[1.2.3.4]", "[::1]x", "[::1]]", "[::g]") for end in ("", "/a")),
        *("https://.example.com/a", "https://[::1/a", "https://::1]/a", "https://x[::1]/a", "https://[]/"),
        *("https://%25.com/", "https://%E4.com/", "https://%0a.com/"),
        # Ports that TCP does not have.
        *(f"https://example.com:4{mark}3/" for mark in "&'*+,-.[_~"),
        *(f"https://example.com:{port}{end}" for port in ("65536", "99999", "999999999999") for end in ("", "/a")),
        *(f"https://example.com:{port}{end}" for port in ("-1", "+1", "4a", "44.3", "a", "%34") for end in ("", "/a")),
        "https://example.com:443:443",
        # For NSURL the host begins at the first "@", for browsers at the last.
        *("https://u@v@example.com/a", "https://u@v:p@example.com/a", "https://u@v@example.com/"),
    ),
}


@pytest.fixture(scope="module")
def vectors(corpus: Path) -> list[Vector]:
    lines = (corpus / "apple" / "urls.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def refused(url: str) -> str | None:
    """Return the code of the first fault with which NSURL would give a device nothing to fetch."""
    codes = [fault.code for fault in _urls.faults(url) if fault.level == "error"]
    if codes == ["not-https"] and _urls.host(url):
        return None  # a URL, though not one of https
    return codes[0] if codes else None


def test_the_verdicts_differ_only_where_it_is_accepted(vectors: list[Vector]) -> None:
    differing = {vector["url"]: refused(vector["url"]) for vector in vectors if refused(vector["url"]) is not None}
    accepted = {vector["url"] for vector in vectors if vector["accepted"]}
    # Nothing that NSURL refuses is called sound.
    assert {vector["url"] for vector in vectors} - accepted <= differing.keys()
    listed = {url: code for code, urls in DIFFERENCES.items() for url in urls}
    found = {url: code for url, code in differing.items() if url in accepted}
    assert found == {url: code for url, code in listed.items() if url in found}
    if len(vectors) == 440:  # the list is about these
        seen = {vector["url"] for vector in vectors}
        assert {url for url in listed if url in seen and url not in found} == set()


def test_the_parts_of_a_url_are_those_that_nsurl_finds(vectors: list[Vector]) -> None:
    looked_at = 0
    for vector in vectors:
        url = vector["url"]
        if not vector["accepted"] or refused(url) is not None:
            continue
        parts = _urls.split(url)
        looked_at += 1
        assert parts.scheme is not None, url
        assert parts.scheme.lower() == vector["scheme"].lower(), url
        assert _urls.decode(parts.host).strip("[]") == vector["host"], url
        assert int(parts.port or -1) == vector["port"], url
        # NSURL gives brackets encoded.
        for part, value in ((parts.path, vector["path"]), (parts.query, vector["query"])):
            assert (part or "").replace("[", "%5B").replace("]", "%5D") == (value or ""), url
    assert looked_at > 100
