"""What the check is given: a link, an address, a manifest, and wrong calls."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from _checking import (
    LINK,
    altered,
    codes,
    run,
    with_package,
)
from _deployment import (
    BASE,
    BIG_ICON,
    GOOD_TLS,
    ICON,
    IPA,
    MANIFEST_URL,
    Deployment,
    manifest,
)
from _make_ipa import DEVICES
from _server import HOST

from itms_ota import InstallLink

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from itms_ota.remote import Response


@pytest.mark.parametrize(
    "target",
    [
        MANIFEST_URL,
        f"  {MANIFEST_URL}\n",
        f"\ufeff{MANIFEST_URL}\u200b",
        "HTTPS://Apps.Example.com:443/manifest.plist",
        LINK,
        LINK.replace("%3A%2F%2F", "://").replace("%2F", "/"),
        f"Install from {LINK} today",
        InstallLink(MANIFEST_URL),
    ],
    ids=str,
)
def test_a_healthy_deployment(target: InstallLink | str) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target, udid=DEVICES[0])
    assert (report.ok, report.problems) == (True, ())
    assert report.manifest == manifest()
    assert [(ipa.bundle_identifier, ipa.size) for ipa in report.packages] == [
        ("com.example.myapp", len(deployment.files[IPA][1]))
    ]
    assert [(step.method, step.url, step.status, step.content_type, step.redirects) for step in report.steps] == [
        ("GET", MANIFEST_URL, 200, "application/xml", ()),
        ("HEAD", BASE + IPA, 200, "application/octet-stream", ()),
        ("GET", BASE + IPA, 206, "application/octet-stream", ()),
        ("GET", BASE + ICON, 200, "image/png", ()),
        ("GET", BASE + BIG_ICON, 200, "image/png", ()),
    ]
    sizes = {path: len(body) for path, (_, body) in deployment.files.items()}
    assert [step.length for step in report.steps] == [
        sizes[path] for path in ("/manifest.plist", IPA, IPA, ICON, BIG_ICON)
    ]
    assert all(step.tls == GOOD_TLS for step in report.steps)


def test_a_manifest_that_is_not_served_yet() -> None:
    report = run(Deployment.healthy(), manifest())
    assert (report.problems, len(report.steps)) == ((), 4)
    assert report.next_steps[0].endswith("The manifest's host would like to install the app.")


def test_requests_name_themselves() -> None:
    deployment, names = Deployment.healthy(), set[str]()

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        names.add(headers["User-Agent"])
        assert "Cookie" not in headers
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    run(deployment, fetch=fetch)
    assert names == {"itms_ota"}
    names.clear()
    run(deployment, fetch=fetch, user_agent="com.apple.appstored/1.0 iOS/26.1")
    assert names == {"com.apple.appstored/1.0 iOS/26.1"}


# The link and the manifest's address


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("", [("link", "not-a-link", "error")]),
        ("apps.example.com/manifest.plist", [("link", "not-a-link", "error")]),
        ("http://apps.example.com/manifest.plist", [("manifest", "not-https", "error")]),
        ("file:///etc/passwd", [("manifest", "not-https", "error")]),
        ("https://localhost/manifest.plist", [("manifest", "loopback-host", "error")]),
        ("https://{{host}}/manifest.plist", [("manifest", "placeholder", "error")]),
        (
            "https://me:pw@localhost/manifest.plist",
            [("manifest", "credentials", "error"), ("manifest", "loopback-host", "error")],
        ),
        (LINK.replace("https", "http"), [("link.url", "not-https", "error")]),
        (LINK.replace("apps.example.com", "127.0.0.1"), [("link.url", "loopback-host", "error")]),
        ("itms-services://?action=download-manifest", [("link.url", "missing", "error")]),
    ],
)
def test_addresses_that_lead_nowhere(target: str, found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target)
    assert codes(report) == found
    assert (report.steps, report.manifest, report.next_steps, deployment.requests) == ((), None, (), [])


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (LINK.replace("&url", "&amp;amp;url"), [("link", "double-escaped", "error")]),
        (LINK.replace("://?", ":///?"), [("link", "slashes", "warning")]),
        (LINK.replace("%", "%25"), [("link.url", "double-encoded", "error")]),
        (LINK.replace("apps.", "me:pw%40apps."), [("link.url", "credentials", "warning")]),
        (MANIFEST_URL.replace("apps.", "me:pw@apps."), [("manifest", "credentials", "warning")]),
    ],
)
def test_links_are_followed_to_where_they_were_meant_to_lead(target: str, found: list[tuple[str, str, str]]) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target)
    assert codes(report) == found
    assert len(report.steps) == 5


def test_what_the_device_asks_for_is_what_is_fetched() -> None:
    deployment = Deployment.healthy()
    run(deployment, f"itms-services://?action=download-manifest&url={BASE}/a%2Fb.plist")
    assert deployment.requests == [("GET", "/a/b.plist")]


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.1.1", "mac.local", "intranet"])
def test_hosts_that_only_some_networks_know(host: str) -> None:
    deployment = Deployment.healthy()
    assert codes(run(deployment, f"https://{host}/manifest.plist")) == [("manifest", "private-host", "warning")]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.1.2.3:443", [("manifest", "private-host", "warning")]),
        ("[fe80::1]:443", [("manifest", "private-host", "warning")]),
        ("127.0.1.1:443", [("manifest", "loopback-host", "warning")]),
        ("[2606:4700::1]:443", []),
        ("a socket", []),
        (None, []),
    ],
)
def test_names_that_lead_to_private_addresses(address: str | None, found: list[tuple[str, str, str]]) -> None:
    assert codes(run(Deployment.healthy(), fetch=altered(Deployment.healthy(), address=address))) == found


def test_replaced_addresses_are_not_judged() -> None:
    report = run(
        Deployment.healthy(),
        fetch=altered(Deployment.healthy(), address="127.0.0.1:8443"),
        connect_to={f"{HOST.upper()}:443": "127.0.0.1:8443"},
    )
    assert report.problems == ()


def test_addresses_in_brackets() -> None:
    report = run(
        Deployment.healthy(),
        "https://[2606:4700::1]/manifest.plist",
        fetch=altered(Deployment.healthy(), address="[2606:4700::1]:443"),
    )
    assert report.problems == ()
    assert report.next_steps[0].endswith("'2606:4700::1' would like to install the app.")


# Wrong calls


def nothing(*_: object) -> None:
    """Answer nothing to any request."""


@pytest.mark.parametrize(
    "options",
    [
        {"target": None},
        {"target": b"https://apps.example.com/"},
        {"target": 5},
        {"udid": 5},
        {"user_agent": b"x"},
        {"connect_to": ["a:1"]},
        {"connect_to": {5: "a:1"}},
        {"connect_to": {"a:1": 5}},
        {"tls_context": "x"},
        {"fetch": "x"},
        {"progress": 5},
        {"now": "2026"},
        {"now": datetime(2026, 1, 1)},  # noqa: DTZ001 -- that is what is wrong with it
        {"now": 5},
        {"timeout": "5"},
        {"max_seconds": None},
        {"fetch": nothing},
    ],
)
def test_wrong_types(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"\\b{next(iter(options))}\\b.* must be"):
        run(Deployment.healthy(), **{"target": MANIFEST_URL, **options})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"timeout": 0}, "timeout"),
        ({"max_seconds": -1}, "max_seconds"),
        ({"user_agent": "a\r\nCookie: b"}, "user_agent"),
        ({"user_agent": ""}, "user_agent"),
        ({"connect_to": {"a": "b"}, "fetch": None}, "connect_to"),
        ({"public_only": True}, "public_only"),
    ],
)
def test_wrong_values(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        run(Deployment.healthy(), **options)


# Whatever is given


def test_mutated_links_never_raise() -> None:
    source = random.Random(20260506)
    for _ in range(300):
        text = list(source.choice([LINK, MANIFEST_URL, f"see <{LINK}>", LINK.replace("%2F", "/")]))
        for _ in range(source.randrange(1, 6)):
            text[source.randrange(len(text))] = source.choice(
                ["", "&", ";", "%", "\n", "\x1b", "\ud800", "[", "@", "é", "//"]
            )
        report = run(Deployment.healthy(), "".join(text))
        assert str(report).isprintable() or "\n" in str(report)
        assert report.ok == (not any(problem.level == "error" for problem in report.problems))
        assert json.dumps(report.to_dict())


def test_published_links_and_manifests(corpus: Path) -> None:
    lines = (corpus / "links.jsonl").read_text("utf-8").splitlines()
    for line in lines:
        assert str(run(Deployment({}), json.loads(line)["text"]))
    for path in sorted((corpus / "manifests").iterdir()):
        deployment = Deployment({"/manifest.plist": ("application/xml", path.read_bytes())})
        report = run(deployment)
        assert not report.ok
        assert report._repr_html_()
        assert json.dumps(report.to_dict())
    assert len(lines) > 100


def test_published_packages(corpus: Path) -> None:
    for path in sorted((corpus / "ipas").glob("*.ipa")):
        deployment = with_package(path.read_bytes())
        assert str(run(deployment))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("itms-apps://itunes.apple.com/app/id1", [("link", "other-scheme")]),
        ("altstore://install?url=https://a.example/A.ipa", [("link", "other-scheme")]),
        ("ftp://a.example/m.plist", [("manifest", "not-https")]),
        ("http://a.example/m.plist", [("manifest", "not-https")]),
    ],
)
def test_an_address_that_is_not_https_is_explained_and_nothing_asked(
    target: str, expected: list[tuple[str, str]]
) -> None:
    report = run(Deployment.healthy(), target)
    assert [(problem.path, problem.code) for problem in report.problems] == expected
    assert report.steps == ()
