"""Reads the .ipa files that `_make_ipa` makes, and what became of it."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import make_ipa

from itms_ota.errors import IpaError, Problem
from itms_ota.ipa import Ipa, read_ipa

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2024, 6, 1, tzinfo=timezone.utc)
URL = "https://apps.example.com/MyApp.ipa"
INFO_PATH = "Payload/MyApp.app/Info.plist"
PROFILE_PATH = "Payload/MyApp.app/embedded.mobileprovision"


def read(**options: Any) -> Ipa:
    """Read an .ipa that is made of these arguments of `make_ipa`."""
    return read_ipa(io.BytesIO(make_ipa(**options)))


def refusal(data: bytes) -> Problem:
    """Return the one problem for which an .ipa is refused."""
    with pytest.raises(IpaError) as caught:
        read_ipa(io.BytesIO(data))
    (problem,) = caught.value.problems
    assert problem.level == "error"
    return problem


def make_zip(contents: Mapping[str, bytes]) -> bytes:
    """Make a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, data in contents.items():
            archive.writestr(path, data)
    return file.getvalue()
