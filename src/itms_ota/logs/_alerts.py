"""What a device shows a person, as it stands in messages of people and in logs: alerts in English, without a number.

docs/troubleshooting.md begins with the same alerts; a test holds the two against each other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._device import Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SEEN = "seen: alerts of devices in public issues"
_CHECK = "Run `python -m itms_ota check LINK`: it finds the cause, unless only the device's network has it."
_SIGNATURE = "Run `python -m itms_ota ipa FILE --signature`: it says what a device refuses in the .ipa."

ALERTS: tuple[Event, ...] = (
    Event(
        "alert: address is invalid",
        ("address is invalid",),
        r"cannot open the page because the address is invalid",
        "link",
        "failed",
        "Safari does not know the link: its scheme is misspelt, or a program has changed it.",
        "Run `python -m itms_ota inspect LINK` with the link as it arrived.",
        _SEEN,
        "wrapper",
    ),
    Event(
        "alert: cannot connect",
        ("cannot connect to ",),
        # Many programs write such a line: it must begin so, or be a quotation.
        r"(?:^\W{0,8}|[:\"“'\u2018] ?)cannot connect to (?:server|[\w.*-]{1,253})(?![\w/])",
        "manifest",
        "failed",
        "The device says 'Cannot connect': it did not get the manifest. The server cannot be reached, its certificate "
        "is not valid, or something else than a manifest is there.",
        _CHECK,
        _SEEN,
        "wrapper",
    ),
    Event(
        "alert: certificate of the host",
        ("cannot install applications because",),
        r"cannot install applications because the certificate for .{1,253}? is not valid",
        "manifest",
        "failed",
        "The device does not accept the certificate of the manifest's server, or the manifest is not https.",
        _CHECK,
        _SEEN,
        "wrapper",
    ),
    Event(
        "alert: already installed",
        ("is already installed",),
        r"\(null\)\W{0,3} is already installed",
        "manifest",
        "failed",
        "The device says '(null)' for the app: the manifest has no title, or a value of a wrong type.",
        "Run `python -m itms_ota inspect FILE` with the manifest.",
        _SEEN,
        "wrapper",
    ),
    Event(
        "alert: unable to download",
        ("unable to download app",),
        r"unable to download app\b",
        "package",
        "failed",
        "The device says 'Unable to Download App': it did not get the package.",
        _CHECK,
        _SEEN,
        "wrapper",
    ),
    Event(
        "alert: unable to install",
        ("unable to install ",),
        r"unable to install ?[\"“'\u2018«]|^\W{0,8}unable to install [^:]{1,60}$",
        "install",
        "failed",
        "The device says 'Unable to Install': it refuses the app, or did not get it whole.",
        f"{_SIGNATURE} If it finds nothing, run `python -m itms_ota check LINK --verify-hashes`.",
        _SEEN,
        "wrapper",
    ),
    Event(
        "alert: not at this time",
        ("could not be installed at this time",),
        r"could not be installed at this time",
        "install",
        "failed",
        code="IXUserPresentableErrorDomain 1",
    ),
    Event(
        "alert: integrity",
        ("integrity could not be verified",),
        r"integrity could not be verified",
        "install",
        "failed",
        code="IXUserPresentableErrorDomain 14",
    ),
    Event(
        "alert: untrusted developer",
        ("untrusted ",),
        r"untrusted (?:enterprise )?developer",
        "install",
        "failed",
        code="0xe8008025",
    ),
    Event(
        "alert: developer mode",
        ("developer mode ",),
        r"developer mode (?:is )?required",
        "install",
        "failed",
        code="0xe800802b",
    ),
    Event(
        "alert: unable to verify",
        ("unable to verify app", "internet connection is required to verify"),
        r"unable to verify app\b|internet connection is required to verify",
        "install",
        "failed",
        code="0xe8008026",
    ),
    Event(
        "alert: could not validate manifest",
        ("could not validate manifest",),
        r"could not validate manifest",
        "manifest",
        "failed",
        code="DeviceManagement.error 2604",
    ),
    Event(
        "alert: profile",
        ("profile installation failed",),
        r"profile installation failed",
        "link",
        "failed",
        "The device says 'Profile Installation Failed': the server that asked for its UDID did not answer with 301 "
        "within 45 seconds, or refused what the device sent.",
        "Answer with 301 and the address of a page, whatever the device sends.",
        _SEEN,
    ),
)
NO_FAILURES: Mapping[str, str] = {
    "waiting": "The device shows 'Waiting…' under the icon until the server has answered a HEAD request for the "
    f"package. Let the server answer HEAD at once, with the length of the package. {_CHECK}",
    "would like to install": "The device asks before every install, with the host of the manifest and its title. "
    "Nothing is wrong: tap Install. Only device management installs without the question.",
}
"""What a device shows while nothing has failed, in lower case: explained when somebody asks, and not found in logs."""
_PATTERNS = tuple((event, re.compile(event.pattern, re.IGNORECASE)) for event in ALERTS)
# How programs begin a line, or go on with it after the time and their name.
_OF_A_PROGRAM = re.compile(
    r"""
      \[\d{1,7}\] | <(?:Notice|Error|Debug|Info|Default|Fault|Warning)> | \t
    | ^\W? (?: \d{4}[-/]\d\d[-/]\d\d | [A-Z][a-z]{2}[ ][ \d]\d[ ]\d\d: )
    """,
    re.VERBOSE,
)


def alerts_of(line: str, process: str | None) -> Iterator[Event]:
    """Yield the alerts that a line tells of: those of a person, and of a process that takes part in installs."""
    if process is None and _OF_A_PROGRAM.search(line):
        return
    lowered = line.lower()
    for event, pattern in _PATTERNS:
        if any(word in lowered for word in event.words) and pattern.search(line):
            yield event
