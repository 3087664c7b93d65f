"""What a fault means for a device: its place, its level, what the device shows, and what is left for a person to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import _urls
from .._redact import redact_text
from ..profile import LISTS_DEVICES
from ._probes import Seen, SeenImage, SeenManifest, SeenPackage, SeenPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..errors import Code, Level, Problem
    from ..ipa import Ipa
    from ._exchange import Session

# What users report, and how bad a fault of the file is at most.
_EFFECTS: Mapping[type[Seen], tuple[str, Level]] = {
    SeenPage: ("On the device: Safari does not open the page.", "error"),
    SeenManifest: ("On the device: 'Cannot connect to {host}'.", "error"),
    SeenPackage: (
        "On the device: 'Unable to Download App', or it 'could not be installed at this time'.",
        "error",
    ),
    SeenImage: ("The app installs, without this picture.", "warning"),
}
_DEVELOPER_MODE = "under Settings > Privacy & Security (iOS 16 and later). The device restarts."
# Of these nothing is known of devices: it is the check that stops.
_OWN_LIMITS: frozenset[Code] = frozenset({"time-limit", "byte-limit", "not-public", "not-verified"})
_NO_CONNECTION: frozenset[Code] = frozenset({"dns-failure", "refused", "unreachable"})


def explain(problem: Problem, seen: Seen, session: Session) -> Problem:
    """Add to a problem of a file as it is served where it is, and what a device shows because of it.

    A problem with a path is about what is in the file, and says that itself.
    """
    if problem.path:
        return problem
    effect, worst = _EFFECTS[type(seen)]
    message, level = problem.message, problem.level
    is_elsewhere = problem.code in _NO_CONNECTION and session.leads_elsewhere(seen.decisive.last_url)
    if level == "error" and not is_elsewhere and problem.code not in _OWN_LIMITS:
        message += " " + effect.format(host=_urls.host(seen.url))
    return replace(problem, path=seen.place, message=message, level="warning" if worst == "warning" else level)


def next_steps(manifest: SeenManifest | None, packages: Iterable[Ipa]) -> Iterator[str]:
    """Return what is left for the person who holds the device."""
    host = f"'{_urls.host(manifest.get.last_url)}'" if manifest is not None else "The manifest's host"
    yield f"Open the link in Safari, not in another app. Confirm the question: {host} would like to install the app."
    yield "Look at the Home Screen: the browser stays in front while the app installs there."
    profiles = [ipa.profile for ipa in packages if ipa.profile is not None]
    teams = dict.fromkeys(profile.team_name for profile in profiles if profile.kind == "enterprise")
    for team in teams:
        name = f" {redact_text(team, 80)}" if team else ""
        yield (
            f"Trust the developer{name} under Settings > General > VPN & Device Management "
            "before the first start, online (https://ppq.apple.com). Since iOS 18 the device restarts for it. Apps "
            "that device management installs need none of this."
        )
    kinds = {profile.kind for profile in profiles}
    if "development" in kinds:
        yield f"Switch on Developer Mode {_DEVELOPER_MODE}"
    elif "ad-hoc" in kinds:
        yield f"If the device asks for Developer Mode, switch it on {_DEVELOPER_MODE}"
    if kinds & LISTS_DEVICES:
        yield (
            "Be online at the first start: if the team was made after 2021-06-06, the device asks "
            "https://ppq.apple.com about the app."
        )
