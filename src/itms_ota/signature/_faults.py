"""What breaks a signature as a rule, and what the log of a device says then; docs/signature.md has the same table.

The numbers are those of Apple's MobileDevice and libmis, as installd logs them. Which one belongs to a fault was seen
in logs that users published, or is inferred: the source of the code in `_codes` says which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._wording import cut
from ..errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import Code, Level


class Fault(NamedTuple):
    """What usually causes a fault, and what the device's log says, if that is known."""

    cause: str
    log: str = ""


_INVALID = "0xe8008001 (An unknown error has occurred)"
_NOT_VALID = "0xe8008014 (The executable contains an invalid signature)"
_RESOURCE = "0xe8008017 (A signed resource has been added, modified, or deleted)"
_NO_PROFILE = "0xe8008015 (A valid provisioning profile for this executable was not found)"
_NOT_SIGNED = "0xe800801c (No code signature found)"

FAULTS: Mapping[Code, Fault] = {
    "damaged-archive": Fault(
        "cut off or changed on the way, or zipped by a program that writes only the directory with care",
        "MIInstallerErrorDomain 5 (Could not extract archive)",
    ),
    "not-signed": Fault("built without signing, to be signed by somebody else", _NOT_SIGNED),
    "ad-hoc-signed": Fault("signed without a certificate: by the linker, `codesign -s -` or ldid", _NOT_VALID),
    "bad-executable": Fault("the file was cut short, or is not a program", _INVALID),
    "bad-signature": Fault("the executable was cut short, or changed by a tool that knows no signatures", _INVALID),
    "invalid-signature": Fault("the signature was changed, or put together from parts of others", _INVALID),
    "code-changed": Fault("a library was injected or symbols were stripped after signing", _INVALID),
    "info-plist-changed": Fault("a script set a version, a name or an identifier after signing", _INVALID),
    "signed-part-changed": Fault("entitlements were replaced without signing again", _INVALID),
    "no-seal": Fault("the folder _CodeSignature was removed", _RESOURCE),
    "bad-seal": Fault("CodeResources was edited", _RESOURCE),
    "resource-changed": Fault("configuration or branding was written after signing", _RESOURCE),
    "resource-missing": Fault("a file was removed after signing, or lost when the app was zipped", _RESOURCE),
    "resource-added": Fault("a file was put into the app after signing", _RESOURCE),
    "nested-code-changed": Fault("a framework or an extension was signed again, and the app around it was not"),
    "link-leads-out": Fault(
        "a package manager links to folders of its own", "InvalidSymlink, of MIInstallerErrorDomain"
    ),
    "not-apple-signed": Fault("signed with a certificate that Apple did not issue", _NO_PROFILE),
    "certificate-expired": Fault(
        "an old build", "0xe8008018 (The identity used to sign the executable is no longer valid)"
    ),
    "certificate-not-yet-valid": Fault("a clock is wrong: that of the machine that signs, or that of the device"),
    "certificate-not-in-profile": Fault("the profile was exchanged, or the certificate was renewed", _NO_PROFILE),
    "other-team": Fault("only a part of the app was signed again", _NO_PROFILE),
    "entitlement-not-in-profile": Fault(
        "signed again with another profile", "0xe8008016 (The executable was signed with invalid entitlements)"
    ),
    "no-application-identifier": Fault(
        "signed again without entitlements",
        "MIInstallerErrorDomain 63 (Application is missing the application-identifier entitlement)",
    ),
    "application-identifier-mismatch": Fault("signed again for an enterprise, under another identifier"),
    "device-not-in-profile": Fault("the profile of an extension is older than that of the app", _NO_PROFILE),
    "slices-differ": Fault("only a part of the executable was signed again"),
    "entitlements-differ": Fault("the entitlements were signed again in one of the two forms alone", _INVALID),
    "no-der-entitlements": Fault(
        "signed by an old tool: Xcode before 12.5, isign, an older zsign",
        "0xe8008029 (The code signature version is no longer supported)",
    ),
    "profile-not-genuine": Fault(
        "the profile was edited, or taken out of its signature",
        "0xe8008012 (This provisioning profile cannot be installed on this device)",
    ),
    "no-profile": Fault("an extension was added, or signed again, without its profile", _NO_PROFILE),
    "identifier-not-prefixed": Fault(
        "the identifier of the app was changed, and those of its extensions were not",
        "AppexBundleIDNotPrefixed, MIInstallerErrorDomain 37",
    ),
    "not-executable": Fault("zipped on Windows, or by a program that does not keep modes", "PackageInspectionFailed"),
    "no-arm64": Fault("an old build"),
    "wrong-platform": Fault("built for the simulator"),
    "fairplay": Fault("a copy of an app from the App Store"),
}


SIGN_LAST = "Sign the app last, after every change."


def fault(path: str, code: Code, message: str, level: Level = "error") -> Problem:
    """Make a problem, whose message ends with what the device's log says, if that is known."""
    log = FAULTS[code].log if code in FAULTS else ""
    return Problem(cut(path), code, f"{message} The log of a device says {log}." if log else message, level)
