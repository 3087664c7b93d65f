"""The report of a signature: how it reads, and how it travels."""

from __future__ import annotations

import json

import pytest
from _make_ipa import make_ipa
from _signing import APP, CLIP, KIT, LATE, SHARE, WATCH, inspected, make_files

from itms_ota.signature import SignatureReport

REPORTS = (
    inspected(make_files(parts=(KIT, LATE, SHARE, WATCH, CLIP))),
    inspected(make_files(parts=()), deep=False),
    inspected(make_ipa()),
    inspected(b"<html>"),
)


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_travels(report: SignatureReport) -> None:
    written = json.loads(json.dumps(report.to_dict()))
    assert [*written][:3] == ["report", "ok", "problems"]
    assert written["report"] == "signature"
    again = SignatureReport.from_dict({**written, "unknown": 1})
    assert again == report
    assert again.to_dict() == report.to_dict()


def test_a_report_reads() -> None:
    files = make_files(parts=())
    files[f"{APP}config.json"] = b"{}"
    lines = str(inspected(files)).splitlines()
    assert lines[0] == "signature of com.example.myapp: 1 error"
    assert lines[1] == (
        "  error at Payload/MyApp.app/config.json: The file was changed after signing: no device installs the app. "
        "Sign the app last, after every change. The log of a device says 0xe8008017 (A signed resource has been "
        "added, modified, or deleted). [resource-changed]"
    )
    assert lines[2:4] == [
        "Not looked at:",
        "  - Whether Apple has revoked the certificate or the profile is not known.",
    ]
    assert len(lines) == 7
    assert inspected(files, deep=False).not_looked_at[1:] == inspected(files).not_looked_at
    assert str(inspected(b"x")).startswith("signature: 1 error")
    assert str(inspected(make_ipa())).startswith("signature of Payload/MyApp.app/MyApp: 2 errors")
