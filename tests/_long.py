"""How many random inputs a test tries."""

from __future__ import annotations

import os

_IS_LONG = bool(os.environ.get("ITMS_OTA_LONG"))


def mutants(ordinary: int) -> int:
    """Return so many, or 200 000 in the long mode (``ITMS_OTA_LONG=1``)."""
    return 200_000 if _IS_LONG else ordinary
