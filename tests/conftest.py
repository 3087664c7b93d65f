"""What several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Give the folder of real data, or skip where there is none."""
    folder = os.environ.get("ITMS_OTA_CORPUS")
    if not folder:
        pytest.skip("ITMS_OTA_CORPUS is not set")
    return Path(folder)
