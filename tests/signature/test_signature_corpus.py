"""Real apps: what is found in each, and nothing else."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from itms_ota.signature import inspect_signature

if TYPE_CHECKING:
    from pathlib import Path

# When it was signed, so that dates are not what is found; the kinds of hash; and what is found.
APPS: dict[str, tuple[str, tuple[str, ...], list[tuple[str, str]]]] = {
    "embedded": ("2021-01-15", ("SHA-256",), []),
    "fir-cli": ("2014-12-04", ("SHA-1",), [("no-der-entitlements", "warning")]),
    "ipa-server": ("2021-05-09", ("SHA-256",), []),
    "ipad": ("2016-05-12", ("SHA-1", "SHA-256"), [("no-der-entitlements", "warning")]),
    "smallest": ("2026-02-16", ("SHA-256",), []),
    "uncrackable1": ("2017-01-29", ("SHA-1", "SHA-256"), [("no-der-entitlements", "warning")]),
}


@pytest.mark.parametrize("name", APPS)
def test_a_real_app_is_sound(corpus: Path, name: str) -> None:
    path = corpus / "ipas" / f"{name}.ipa"
    if not path.exists():
        pytest.skip("these are other data than the expectations are about")
    day, hashes, expected = APPS[name]
    now = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
    report = inspect_signature(path, now=now)
    assert [(problem.code, problem.level) for problem in report.problems] == expected
    app = report.executables[0]
    assert (app.kind, app.signing, app.hashes) == ("app", "signed", hashes)
    assert app.signing_time is not None
    assert (app.signing_time.date(), app.signing_time.tzinfo) == (now.date(), timezone.utc)
    assert app.signer is not None
    assert app.team == app.signer.team
    assert app.encrypted is False


def test_every_real_app_can_be_inspected(corpus: Path) -> None:
    for path in sorted((corpus / "ipas").glob("*.ipa")):
        report = inspect_signature(path)
        assert report.executables
        assert {problem.code for problem in report.errors} <= {"certificate-expired"}
