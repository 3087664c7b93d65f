"""The app in an .ipa, and what every bundle has: an Info.plist, which names its executable, and perhaps a profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._archive import refusal, text
from ._plist import WHITE_SPACE, PlistError, loads
from ._wording import listed, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._archive import Archive
    from ._plist import PlistValue

INFO = "Info.plist"
PROFILE = "embedded.mobileprovision"
NO_PROFILE = "The app has no provisioning profile: no device installs it over the air. Export it signed."

# Real ones have tens of kilobytes.
LARGEST_PLIST = 1024 * 1024

# Only what is directly in Payload/<Name>.app/ is the app's own: frameworks, extensions, Watch apps and
# __MACOSX/ have plists and profiles of their own. SC_Info contains FairPlay's keys.
_APP = re.compile(rb"(Payload/[^/]+\.app)/(SC_Info/)?")
_APP_BELOW = re.compile(rb"((?!__MACOSX/)[^/]+)/(?:[^/]+/)*Payload/[^/]+\.app/")


def find_app(archive: Archive) -> tuple[bytes, bool]:
    """Find the one app's folder, and whether FairPlay's keys are in it."""
    apps: dict[bytes, bool] = {}
    for name in archive.names():
        if match := _APP.match(name):
            apps[match[1]] = apps.get(match[1], False) or match[2] is not None
    if len(apps) == 1:
        return apps.popitem()
    if apps:
        names = listed(map(text, apps))
        message = f"The archive has {len(apps)} apps, {names}: a device installs none of them. Keep one."
        raise refusal("Payload", "several-apps", message)
    if below := next(filter(None, map(_APP_BELOW.match, archive.names())), None):
        message = (
            f"The folder Payload is inside the folder {short(text(below[1]))}, where devices do not look for it. Zip "
            "the folder Payload itself."
        )
        raise refusal("", "no-app", message)
    found = listed(sorted({text(name.partition(b"/")[0]) for name in archive.names()}))
    message = f"The archive has no app, which would be a folder Payload/<Name>.app; it has {found or 'nothing'}."
    raise refusal("", "no-app", message)


def read_info(data: bytes, path: str) -> dict[str, PlistValue]:
    """Read an Info.plist; IpaError, in the name of `path`, for what is not a dictionary."""
    try:
        info = loads(data)
    except PlistError as error:
        message = (
            f"Info.plist is not a valid property list ({error.reason}). No device installs the app. Export it again."
        )
        raise refusal(path, "malformed-plist", message) from error
    if not isinstance(info, dict):
        message = f"Info.plist contains a {type(info).__name__} instead of a dictionary: no device installs the app."
        raise refusal(path, "wrong-type", message)
    return info


def strings(*values: PlistValue | None) -> Iterator[str]:
    """Yield those of the values that are texts, and not blank."""
    return (value for value in values if isinstance(value, str) and value.strip(WHITE_SPACE))
