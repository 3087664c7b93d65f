"""The report of a signature: how it reads, and how it travels."""

from __future__ import annotations

import io
import json
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, get_args

import pytest
from _make_ipa import make_ipa
from _make_signed import hierarchy
from _read_ipa import NOW
from _signing import (
    APP,
    APP_CODE,
    CLIP,
    KIT,
    LATE,
    ROOTS,
    SHARE,
    WATCH,
    found,
    inspected,
    make_files,
    zip_files,
)

from itms_ota._asn1 import Fault, read_x509
from itms_ota.signature import SignatureReport, _trust, inspect_signature

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_report_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        REPORTS[0].problems = ()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_apps_that_our_root_signed_are_not_signed_by_apple(tmp_path: Path) -> None:
    path = tmp_path / "a.ipa"
    path.write_bytes(zip_files(make_files(parts=())))
    for source in (path, str(path), io.BytesIO(path.read_bytes())):
        assert found(inspect_signature(source, now=NOW)) == [
            ("MyApp certificate", "not-apple-signed", "error"),
            ("embedded.mobileprovision", "profile-not-genuine", "error"),
        ]
    with pytest.raises(FileNotFoundError):
        inspect_signature(tmp_path / "b.ipa")


@pytest.mark.parametrize("kind", ["p256", "p384"])
def test_an_app_that_is_signed_by_a_curve(kind: str) -> None:
    by = hierarchy(kind)
    files = make_files(parts=(), app=replace(APP_CODE, by=by))
    report = inspected(files, roots=(*ROOTS, read_x509(by.root.certificate)))
    assert found(report) == [("MyApp certificate", "certificate-not-in-profile", "error")]


def test_there_are_words_for_every_fault_of_a_signed_message() -> None:
    assert sorted(_trust._WORDS) == sorted(get_args(Fault))
    assert _trust._WORDS.keys() >= _trust._OF_MESSAGE | _trust._OF_CERTIFICATES
    assert _trust._UNJUDGED.isdisjoint({"signature", "message-digest", "certificate-signature", "foreign-root"})


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
