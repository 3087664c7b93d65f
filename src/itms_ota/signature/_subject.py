"""An executable in its surroundings, as the rules see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._content import OWN_PROFILE
from ._model import how_signed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from ..errors import Level
    from ..profile import ProvisioningProfile
    from ._content import Bundle, Kind
    from ._examine import SliceFacts

SIGN_AGAIN = "Sign the app again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An executable in its surroundings.

    - `place`: its path; `root` that of the app's folder
    - `bundle`: what it is of, or stands in
    - `seal_hashes`: those of the bundle's seal by algorithm; None where there is none, or `has_read_seal` is False
    - `mode`: that of its file, None where the archive does not say
    - `profile`: that of the bundle, or else of the app around it; `has_own_profile` is whether it is the first
    - `main`: the slice that today's devices run
    - `app_team`: the team by which the app is signed, `app_profile` the app's
    - `udid`: that of the device that was asked about
    """

    place: str
    root: str
    kind: Kind
    bundle: Bundle
    slices: tuple[SliceFacts, ...]
    main: SliceFacts
    seal_hashes: Mapping[str, bytes] | None
    has_read_seal: bool
    mode: int | None
    profile: ProvisioningProfile | None
    has_own_profile: bool
    app_team: str | None
    app_profile: ProvisioningProfile | None
    udid: str | None
    now: datetime
    soon: timedelta

    @property
    def level(self) -> Level:
        """How bad a fault is that is only known to keep programs from starting, not libraries."""
        return level_of(self.kind in OWN_PROFILE)

    @property
    def effect(self) -> str:
        """What a device does that refuses the code: it looks at other code only when that is loaded."""
        return "no device loads this code" if self.kind == "code" else "no device installs the app"

    @property
    def is_for_watch(self) -> bool:
        """Whether it is what the phone hands on to a watch."""
        return "Watch/" in self.bundle.folder

    @property
    def is_signed(self) -> bool:
        """Whether a certificate signed it."""
        return how_signed(self.main) == "signed"

    @property
    def minimum(self) -> tuple[str, int] | None:
        """The platform and the oldest version of it that installs the bundle."""
        written = self.bundle.info.get("MinimumOSVersion") if self.bundle.executable else None
        version = re.match(
            "[0-9]{1,4}", written if isinstance(written, str) else self.main.commands.minimum_system or ""
        )
        platform = self.main.commands.platform or "iOS"
        return (platform, int(version[0])) if version else None


def slice_name(subject: Subject, facts: SliceFacts) -> str:
    """Return which slice it is, for a message, where there are several."""
    return f" for {facts.commands.architecture}" if len(subject.slices) > 1 else ""


def level_of(is_error: bool) -> Level:  # noqa: FBT001 -- the one thing that it is about
    """Return the level of a fault."""
    return "error" if is_error else "warning"
