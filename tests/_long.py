"""How many random inputs a test tries."""

from __future__ import annotations

import os

IS_LONG = bool(os.environ.get("ITMS_OTA_LONG"))


def mutants(ordinary: int, long: int = 200_000) -> int:
    """Return so many, or many more in the long mode (``ITMS_OTA_LONG=1``)."""
    return long if IS_LONG else ordinary
