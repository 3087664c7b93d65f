"""What the lines of a device's log say of an install: idevicesyslog, Console, `log show`, and tools that quote them.

The texts are those of the daemons, as they stand in public issues and in the code of iOS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ._meanings import APPSTORED_IMPORT, INSTALLD_LOGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._meanings import Weight
    from ._model import Outcome, Stage


class Event(NamedTuple):
    """What a kind of line says.

    `outcome` is None where the install goes on. `says` is empty where nothing is wrong, or where a code says it.
    """

    name: str
    words: tuple[str, ...]
    """One of these stands in every such line: they are looked for first, as that is quicker."""
    pattern: str
    stage: Stage
    outcome: Outcome | None = None
    says: str = ""
    cure: str = ""
    source: str = ""
    weight: Weight = "cause"
    code: str = ""
    """The code in `MEANINGS` that says the same."""


_STORED = "seen: itunesstored's logs in public issues"

EVENTS: tuple[Event, ...] = (
    Event("link opened", ("itms-services:",), r"itms-services:", "link"),
    Event(
        "already installed",
        ("already have bundleID",),
        r"Ignore manifest download, already have bundleID",
        "manifest",
        "failed",
        "The device takes the app for installed, and ignores the manifest. iOS 8 did so also after a deletion.",
        "Delete the app, restart the device, and install again.",
        _STORED,
    ),
    Event(
        "skipped",
        ("Skipping download",),
        r"Skipping download and install of",
        "manifest",
        "failed",
        "The device skips the app: a copy from the App Store is installed.",
        "Delete that copy, then install again.",
        _STORED,
    ),
    Event(
        "manifest not loaded",
        ("Could not load download manifest",),
        r"Could not load download manifest",
        "manifest",
        "failed",
        "The device could not load the manifest.",
        "Check the manifest with `python -m itms_ota check LINK`.",
        _STORED,
        "wrapper",
    ),
    Event(
        "not external",
        ("isn't external",),
        r"manifest URL isn't external",
        "manifest",
        "failed",
        source=APPSTORED_IMPORT,
        code="ASDErrorDomain 850",
    ),
    Event(
        "not https",
        ("non-https manifest",),
        r"Cannot load non-https manifest URL",
        "manifest",
        "failed",
        source=APPSTORED_IMPORT,
        code="ASDErrorDomain 852",
    ),
    Event(
        "no assets",
        ("no assets imported", "encode metadata"),
        r"Manifest resulted in no assets imported|Failed to encode metadata from manifest",
        "manifest",
        "failed",
        "The manifest names no package that the device can use.",
        "Check the manifest with `python -m itms_ota inspect FILE`.",
        APPSTORED_IMPORT,
    ),
    Event(
        "must uninstall",
        ("Must uninstall",),
        r"Must uninstall existing app",
        "manifest",
        "failed",
        source=APPSTORED_IMPORT,
        code="ASDErrorDomain 855",
    ),
    Event(
        "size asked for",
        ("HEAD operation", "Found size", "Evaluating download"),
        r"Running HEAD operation to get size for URL|Found size: \d|Evaluating download, size",
        "package",
    ),
    Event("placeholder", ("laceholder",), r"[Ii]nstalling (?:parallel )?placeholder\b|\(Placeholder:", "package"),
    Event(
        "installing",
        ("Installing ", "requested by"),
        r"\]: Installing <MI|Server: Installing app"
        r"|Install of \".{0,400}?\" .{0,200}?requested by",
        "install",
    ),
    Event(
        "entitlement",
        ("entitlement '",),
        r"entitlement '[^']{1,200}' has value not permitted by a provisioning profile",
        "install",
        None,
        "An entitlement has a value that the profile does not allow. Installs were seen to go on in spite of it.",
        "Sign the app with the entitlements of its profile.",
        INSTALLD_LOGS,
    ),
    Event(
        "resource",
        ("resource ",),
        r"\bresource (?:added|modified|missing): ",
        "install",
        None,
        "A file of the app was added, changed or removed after signing.",
        "Sign the app again, and change nothing in it afterwards.",
        INSTALLD_LOGS,
    ),
    Event(
        "profile does not match",
        ("non-matching",),
        r"Local Profile '[^']{0,200}' has non-matching",
        "install",
        None,
        "A profile on the device does not fit the app. One that does is looked for.",
        "Nothing, unless the install fails.",
        INSTALLD_LOGS,
    ),
    Event(
        "not unpacked",
        ("ould not extract archive",),
        r"(?:^\W{0,8}|\binstalld\b.{0,400})[Cc]ould not extract archive",  # other programs unpack archives too
        "install",
        "failed",
        source=INSTALLD_LOGS,
        code="MIInstallerErrorDomain 5",
    ),
    Event(
        "verification failed",
        ("ailed", "ould not install", "profile not valid"),
        r"Verification stage failed|Installation failed|(?i:failed to (?:verify code signature|install))\b"
        r"|[Cc]ould not install embedded profile|profile not valid:|Could not install .{1,200} to ",
        "install",
        "failed",
        "The device did not install the app.",
        "Look at the other codes of the attempt, and at the lines around it.",
        INSTALLD_LOGS,
        "wrapper",
    ),
    Event(
        "canceled",
        ("canceled by client",),
        r"canceled by client \d+ for reason",
        "install",
        "failed",
        "The install was canceled.",
        "Look at the code beside it.",
        "seen: Apple Developer Forums, thread 699329",
        "wrapper",
    ),
    Event(
        "installed",
        ("Install Successful for (", "Staging: "),
        r"Install Successful for \((?!(?:\w+ )?Placeholder:)|Server: Staging: [\d.]+s; Waiting: .{0,80}Installation: ",
        "install",
        "installed",
        source=INSTALLD_LOGS,
    ),
)
_PATTERNS = tuple((event, re.compile(event.pattern)) for event in EVENTS)

# A line names its process as "installd[57]", "installd(libmis.dylib)[195]", "appstored\t" or "AssetCache:".
_PROCESS = re.compile(
    r"(?<![\w./-])(?P<name>appstored|itunesstored|installd|installcoordinationd|mobile_installation_proxy|dmd|mdmd"
    r"|SafariViewService|MobileSafari|streaming_zip_conduit)"
    r"(?:\([^)\s]{1,60}\))?(?:\[\d{1,7}\])?(?=[\s:(])"
)
_READ_FOR_PROCESS = 160
INSTALLERS = frozenset({"appstored", "itunesstored", "installd", "installcoordinationd", "mobile_installation_proxy"})

_BUNDLE = r"[A-Za-z0-9*][A-Za-z0-9*-]{0,60}(?:\.[A-Za-z0-9*_-]{1,60}){1,8}"
_APP = re.compile(
    rf"""
      \[ [A-Z]{{2,4}} [0-9A-F]{{4,16}} / (?P<download> {_BUNDLE} )
    | (?: bundleID: \s | install[ ]of: \s | Installing[ ]app \s | \bfor[ ]app \s | embedded[ ]profile[ ]for \s
        | <MIInstallableBundle[ ]ID= | Successful[ ]for[ ]\( [A-Z ]{{3,30}} : | \bInstalling[ ]' | identifier[ ]=[ ]
        | placeholder[ ]for \s )
      (?P<named> {_BUNDLE} )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def process_of(line: str) -> str | None:
    """Return the process that wrote a line, if it is one that takes part in installs."""
    found = _PROCESS.search(line, 0, _READ_FOR_PROCESS)
    return found["name"] if found else None


def app_of(line: str) -> str | None:
    """Return the bundle identifier of the app that a line is about.

    >>> app_of("appstored [UPP599852B1/com.example.app] Found size: 74710311 for URL: …")
    'com.example.app'
    """
    found = _APP.search(line)
    return (found["download"] or found["named"]) if found else None


def events_of(line: str) -> Iterator[Event]:
    """Yield what a line says."""
    for event, pattern in _PATTERNS:
        if any(word in line for word in event.words) and pattern.search(line):
            yield event
