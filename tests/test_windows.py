"""Names of files as Windows has them, tried on any system: where the library tells a path from something else."""

from __future__ import annotations

import io
import zipfile
from pathlib import PureWindowsPath
from typing import Any

import pytest
from _make_ipa import make_ipa

from itms_ota._cli import _inspect
from itms_ota.check import check
from itms_ota.errors import IpaError
from itms_ota.ipa import read_ipa
from itms_ota.release import _build

PATHS = (r"C:\apps\My App.ipa", "C:/apps/My App.ipa", r"\\server\share\My App.ipa", r"..\My App.ipa", "C:My App.ipa")


@pytest.mark.parametrize("path", PATHS)
def test_a_release_names_the_package_as_its_file_is_named(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_build, "Path", PureWindowsPath)
    assert _build._package_name(path) == "My App.ipa"
    assert _build._package_name(PureWindowsPath(path)) == "My App.ipa"


def unasked(*_: Any) -> Any:
    raise AssertionError("nothing is to be asked for")


@pytest.mark.parametrize("path", [*PATHS, r"C:\apps\manifest.plist", "file:///C:/apps/manifest.plist"])
def test_a_check_says_that_a_file_is_not_on_a_server(path: str) -> None:
    report = check(path, fetch=unasked)
    assert not report.ok
    command = "ipa" if path.endswith(".ipa") else "inspect"
    assert f"To look at a file on this machine, use {command}." in str(report)


@pytest.mark.parametrize("path", PATHS)
def test_the_command_takes_it_for_a_file(path: str) -> None:
    assert _inspect._LINK.match(path) is None


def test_names_with_backslashes_are_no_folders_in_an_archive() -> None:
    """An archive has slashes alone (APPNOTE.TXT, 4.4.17.1), and is read in one way on every system."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make_ipa())) as archive, zipfile.ZipFile(file, "w") as other:
        for name in archive.namelist():
            info = zipfile.ZipInfo(name)
            info.filename = name.replace("/", "\\")
            other.writestr(info, archive.read(name))
    with pytest.raises(IpaError) as caught:
        read_ipa(file)
    assert [problem.code for problem in caught.value.problems] == ["no-app"]
