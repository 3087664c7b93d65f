"""How a link begins that this library writes."""

from __future__ import annotations

ACTION = "download-manifest"
PREFIX = f"itms-services://?action={ACTION}&url="
