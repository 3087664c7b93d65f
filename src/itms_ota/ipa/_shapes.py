"""How a provisioning profile travels in the reports of the apps that have it."""

from __future__ import annotations

from typing import get_args

from .._plist import EXTRA
from .._shapes import TIME, Choice, Many, Maybe, Record
from .._wording import SHOWN
from ..profile import CERTIFICATE_SHAPE, Kind, ProvisioningProfile

KIND_SHAPE = Choice(get_args(Kind))
TIME_SHAPE = Maybe(TIME)
PROFILE_SHAPE = Record(
    ProvisioningProfile,
    {
        "kind": KIND_SHAPE,
        "name": Maybe(SHOWN),
        "uuid": Maybe(SHOWN),
        "team_name": Maybe(SHOWN),
        "team_identifiers": Many(SHOWN),
        "application_identifier": Maybe(SHOWN),
        "created": TIME_SHAPE,
        "expires": TIME_SHAPE,
        "devices": Many(SHOWN),
        "platforms": Many(SHOWN),
        "certificates": Many(CERTIFICATE_SHAPE),
        "entitlements": EXTRA,
        "extra": EXTRA,
    },
)
