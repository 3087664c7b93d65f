"""What a check returns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from _checking import (
    HTML,
    altered,
    run,
    with_manifest,
    with_package,
)
from _deployment import (
    BASE,
    ICON,
    IPA,
    MANIFEST_URL,
    Deployment,
    says,
)
from _make_ipa import make_ipa, make_profile


def test_the_worst_comes_first_then_the_order_of_the_device() -> None:
    deployment = with_manifest(title="Other")
    deployment.files["/manifest.plist"] = ("text/plain", deployment.files["/manifest.plist"][1])
    deployment.files[IPA] = ("application/octet-stream", make_ipa(profile=make_profile("app-store")))
    del deployment.files[ICON]
    assert [problem.code for problem in run(deployment).problems] == [
        "app-store-profile",
        "content-type",
        "title-mismatch",
        "http-status",
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("enterprise", ["Trust the developer 'Example Ltd'"]),
        (
            "development",
            ["Switch on Developer Mode under", "Be online at the first start: if the team was made after 20"],
        ),
        (
            "ad-hoc",
            ["If the device asks for Developer Mode, switch it on", "Be online at the first start: if the team was"],
        ),
    ],
)
def test_what_is_left_to_do(kind: Any, words: list[str]) -> None:
    report = run(with_package(make_ipa(profile=make_profile(kind))))
    assert "Confirm the question: 'apps.example.com' would like" in report.next_steps[0]
    assert "Home Screen" in report.next_steps[1]
    assert len(report.next_steps) == 2 + len(words)
    assert all(step.startswith(start) for step, start in zip(report.next_steps[2:], words, strict=True))
    assert ("https://ppq.apple.com" in report.next_steps[-1]) is True


def test_a_developer_without_a_name() -> None:
    report = run(with_package(make_ipa(profile=make_profile(TeamName=None))))
    assert report.next_steps[2].startswith("Trust the developer under Settings")


def test_the_report_as_text() -> None:
    deployment = Deployment.healthy()
    report = run(deployment)
    lines = str(report).splitlines()
    assert lines[0] == "Install of 'My App': nothing stands in the way, signature not verified: no problems"
    assert lines[1].startswith(f"  GET  {MANIFEST_URL}  200  application/xml  ")
    assert lines[2].startswith(f"  HEAD {BASE}{IPA}  200  ")
    assert lines[6] == "On the device:"
    assert lines[7].startswith("  1. Open the link in Safari")
    deployment.files.clear()
    report = run(deployment)
    lines = str(report).splitlines()
    assert lines[0] == "Install: will not work: 1 error"
    assert lines[2].startswith("  error at manifest: There is nothing at ")
    assert lines[3:] == ["Not looked at:", *(f"  - {text}" for text in report.not_looked_at)]


def test_the_report_in_a_notebook_is_escaped() -> None:
    report = run(with_manifest(title="<script>alert(1)</script>"))
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()


def test_control_characters_do_not_reach_the_terminal() -> None:
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(404, content_type="\x1b[2Jtext")
    assert "\x1b" in (run(deployment).steps[0].content_type or "")
    assert "\x1b" not in str(run(deployment))


def test_the_report_for_json() -> None:
    report = run(Deployment.healthy())
    content = json.loads(json.dumps(report.to_dict()))
    own = ["steps", "apps", "packages", "next_steps", "not_looked_at", "manifest", "manifests"]
    assert list(content) == ["report", "ok", "problems", *own]
    assert content["report"] == "check"
    assert content["ok"] is True
    assert content["apps"] == [{"title": "My App", "bundle_identifier": "com.example.myapp", "bundle_version": "1.2.3"}]
    # These keys are those of the first version; others are what `from_dict` needs.
    assert content["packages"][0] | {"size": 0} == content["packages"][0] | {
        "bundle_identifier": "com.example.myapp",
        "short_version": "1.2.3",
        "build_version": "42",
        "display_name": "My App",
        "platform": "iPhoneOS",
        "minimum_os_version": "15.0",
        "size": 0,
        "signing": "enterprise",
        "expires": "2124-01-02T03:04:05+00:00",
    }
    assert content["steps"][0] | {"seconds": 0} == {
        "method": "GET",
        "url": MANIFEST_URL,
        "status": 200,
        "content_type": "application/xml",
        "length": report.steps[0].length,
        "redirects": [],
        "tls": {
            "version": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
            "not_after": "2026-12-01T00:00:00+00:00",
            "not_before": None,
        },
        "seconds": 0,
    }


def test_the_report_for_json_of_what_is_not_there() -> None:
    deployment = with_package(make_ipa(profile=None))
    content = json.loads(json.dumps(run(deployment, fetch=altered(deployment, tls=None)).to_dict()))
    assert content["problems"] == [
        {
            "path": "Payload/MyApp.app/embedded.mobileprovision",
            "code": "no-profile",
            "message": content["problems"][0]["message"],
            "level": "error",
            "line": None,
            "column": None,
        }
    ]
    assert content["steps"][0]["tls"] is None
    assert (content["packages"][0]["signing"], content["packages"][0]["expires"]) == (None, None)
    assert json.loads(json.dumps(run(Deployment({})).to_dict()))["apps"] == []


SIGNATURE = "0123456789abcdef" * 2


def test_secrets_are_shortened_wherever_the_report_is_shown() -> None:
    signed = f"?X-Amz-Date=20260504T110000Z&X-Amz-Expires=99999&X-Amz-Signature={SIGNATURE}"
    deployment = with_manifest(url=BASE + IPA + signed)
    deployment.files["/manifest.plist" + signed] = deployment.files["/manifest.plist"]
    for packages in ({}, {IPA + signed: deployment.files[IPA]}, {IPA + signed: ("text/html", HTML)}):
        deployment.files |= packages
        report = run(deployment, MANIFEST_URL + signed)
        assert len(report.steps) == 5
        for shown in (str(report), repr(report), report._repr_html_(), json.dumps(report.to_dict())):
            assert SIGNATURE not in shown
