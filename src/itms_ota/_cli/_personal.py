"""What is personal in a report on an app: the UDIDs in its profile. Many people read the log of a pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from ..ipa import Ipa

# A list that is not as it should be, and the profile once more, as a signed message.
_KEYS = {"ProvisionedDevices", "DER-Encoded-Profile"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option that shows it."""
    parser.add_argument(
        "--show-personal", action="store_true", help="show the UDIDs of the devices in provisioning profiles"
    )


def without_devices(ipa: Ipa) -> Ipa:
    """Return an app of which nothing shows but how many devices its profile lists."""
    profile = ipa.profile
    if profile is None:
        return ipa
    extra = {key: value for key, value in profile.extra.items() if key not in _KEYS}
    return replace(ipa, profile=replace(profile, devices=("…",) * len(profile.devices), extra=extra))
