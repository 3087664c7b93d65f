"""The page about signatures has the table that the code has."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from _signing import APP_CODE, inspected, make_files, zip_files

from itms_ota._codes import CODES
from itms_ota.signature._faults import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "signature.md"


def table() -> str:
    """Write the table, in the order of the codes."""
    rows = [
        f"| `{code}` | {FAULTS[code].cause} | {FAULTS[code].log or '–'} | {entry.cure} |"  # type: ignore[index]
        for code, entry in CODES.items()
        if code in FAULTS
    ]
    return "\n".join(rows)


def test_the_page_has_the_table_of_the_code() -> None:
    assert table() in PAGE.read_text("utf-8"), table()


@pytest.mark.skipif(not all(map(shutil.which, ("sh", "openssl"))), reason="there is no openssl here")
@pytest.mark.parametrize(
    ("kinds", "is_taken"),
    [
        ((2,), True),
        # In one of the two orders OpenSSL verifies other bytes than those that were signed.
        ((1, 2), True),
        ((2, 1), False),
    ],
)
def test_openssl_does_what_the_page_says(
    kinds: tuple[int, ...],
    is_taken: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, _, section = PAGE.read_text("utf-8").partition("## Checking with openssl")
    (parts,) = re.findall("```python\n(.*?)```", section, re.DOTALL)
    profile, code = re.findall("```sh\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    files = make_files(parts=(), app=replace(APP_CODE, kinds=kinds))
    assert inspected(files).problems == ()
    (tmp_path / "MyApp.ipa").write_bytes(zip_files(files))
    monkeypatch.chdir(tmp_path)
    exec(parts, {})  # noqa: S102 -- the page is our own

    def run(command: str) -> bool:
        return subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False).returncode == 0

    assert run(profile)
    assert b"<key>Entitlements</key>" in (tmp_path / "profile.plist").read_bytes()
    assert run(code) is is_taken
