"""What a device refuses of an executable, its signature, its entitlements and its profile.

Each rule is a function of a `Subject`, and yields problems whose paths are whole. Sources: Apple's published Security
and xnu (StaticCode.cpp, ubc_subr.c), TN3125 to TN3127, and what installd logs. What only a device can know is not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._bundle import INFO, PROFILE
from .._wording import listed, short
from ._code import DER_ENTITLEMENTS, ENTITLEMENTS, INFO_SLOT, REQUIREMENTS, SEAL_SLOT
from ._content import OWN_PROFILE, SEAL
from ._entitlements import not_granted
from ._faults import fault
from ._model import how_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from .._asn1 import Fault
    from ..errors import Level, Problem
    from ..profile import ProvisioningProfile
    from ._certificates import Signing
    from ._content import Bundle, Kind
    from ._examine import Directory, SliceFacts

_ARM64_ONLY_SINCE = 11  # iOS
# From which version on a device asks for entitlements in DER (Apple, Using the latest code signature format).
_DER_SINCE: Mapping[str, int] = {"iOS": 15, "tvOS": 15, "watchOS": 8, "visionOS": 1}
_MOST_ENTITLEMENTS = 20

_SIGN_AGAIN = "Sign the app again."
_FINISH = "Sign the app last, after every change."
_PARTS: Mapping[int, str] = {
    REQUIREMENTS: "requirements",
    ENTITLEMENTS: "entitlements",
    DER_ENTITLEMENTS: "entitlements in DER",
}
_CERTIFICATES: Mapping[Fault, str] = {
    "wrong-signer": "it is not for what it has signed",
    "foreign-root": "its certificates do not lead to a root of Apple",
    "certificate-signature": "one of its certificates was not signed by the one above it",
    "not-an-authority": "a certificate in its chain may not issue others",
    "key-usage": "one of its certificates is not for signing",
}
_MESSAGE: Mapping[Fault, str] = {
    "malformed": "it cannot be read",
    "content-type": "it does not say what it signs",
    "message-digest": "it is that of another CodeDirectory",
    "signature": "it does not fit the certificate of the signer",
}
_UNJUDGED: Mapping[Fault, str] = {
    "no-content": "there is nothing that was signed",
    "no-certificate": "the certificate of the signer is not in it",
    "unknown-attribute": "it has a signed attribute that is not known here, and that a device may refuse",
    "unknown-algorithm": "it was made by an algorithm that is not known here",
    "unknown-key": "a certificate in it has a key of a kind that is not known here",
    "no-issuer": "the certificate that issued the signer's is not in it",
    "too-many-certificates": "it has too many certificates",
    "several-signers": "it has several signers, as no tool writes",
    "attached-content": "it has content of its own, as no tool writes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An executable in its surroundings.

    - `place`: its path; `root` that of the app's folder
    - `bundle`: what it is of, or stands in
    - `seal_hashes`: those of the bundle's seal by algorithm; None where there is none, or `has_read_seal` is False
    - `mode`: that of its file, None where the archive does not say
    - `profile`: that of the bundle, or else of the app around it; `has_own_profile` is whether it is the first
    - `main`: the slice that today's devices run
    - `app_team`: the team by which the app is signed
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
    now: datetime
    soon: timedelta

    @property
    def level(self) -> Level:
        """How bad a fault is that is only known to keep programs from starting, not libraries."""
        return "error" if self.kind in OWN_PROFILE else "warning"

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


def build_problems(subject: Subject) -> Iterator[Problem]:
    """Check for which devices an executable was built, and that it may be run."""
    commands = subject.main.commands
    wanted = "watchOS" if "Watch/" in subject.bundle.folder else "iOS"
    if commands.platform not in (None, wanted):
        message = (
            f"The executable was built for {short(commands.platform)}, not for {wanted}: no device runs it. Build it "
            "for devices."
        )
        yield fault(subject.place, "wrong-platform", message, subject.level)
    names = [each.commands.architecture for each in subject.slices]
    if subject.kind == "app" and not any(name.startswith("arm64") for name in names):
        is_refused = subject.minimum is not None and subject.minimum[1] >= _ARM64_ONLY_SINCE
        message = f"The executable is for {listed(names)} alone: iOS 11 and later do not run it. Build it for arm64."
        yield fault(subject.place, "no-arm64", message, "error" if is_refused else "warning")
    if any(each.commands.is_encrypted for each in subject.slices):
        message = "The executable is encrypted for the App Store (FairPlay): no device runs it. Export it from Xcode."
        yield fault(subject.place, "fairplay", message)
    if subject.mode is None and subject.kind == "app":
        message = (
            "The archive does not say that the executable may be run, as archives made on Windows do not: a device may "
            "refuse the app. Zip it on a Mac or on Linux."
        )
        yield fault(subject.place, "not-executable", message, "warning")
    elif subject.mode is not None and not subject.mode & 0o111:
        message = (
            f"The file may not be run: its mode is {subject.mode & 0o777:03o}. Set it to 755, and zip the app again."
        )
        yield fault(subject.place, "not-executable", message, "error" if subject.kind == "app" else "warning")


def signed_problems(subject: Subject) -> Iterator[Problem]:
    """Check that there is a signature, by somebody, in every slice."""
    for each in subject.slices:
        how = how_signed(each)
        where = _slice(subject, each)
        if how == "unsigned":
            message = (
                f"The executable is not signed{where}: no device installs the app. If somebody else is to sign it, "
                "this is as it should be. If not, sign it."
            )
            yield fault(subject.place, "not-signed", message)
        elif how == "ad-hoc":
            message = f"The executable is signed without a certificate (ad hoc){where}: no device installs the app. "
            yield fault(subject.place, "ad-hoc-signed", f"{message}Sign it with a certificate that Apple issued.")
        elif each.fault is not None:
            message = f"The signature is damaged{where}: {each.fault}. No device installs the app. {_SIGN_AGAIN}"
            yield fault(subject.place, "bad-signature", message)


def page_problems(subject: Subject) -> Iterator[Problem]:
    """Check the pages of every slice against every directory; the best one decides (xnu, cs_validate_page)."""
    for each in subject.slices:
        best = each.best
        for directory in each.directories:
            if not directory.broken_count:
                continue
            message = (
                f"{directory.broken_count} of {directory.pages} pages were changed after "
                f"signing{_slice(subject, each)}, by {directory.hash.name}: {listed(directory.broken)}. No device "
                f"installs the app. {_FINISH}"
            )
            if directory is best:
                yield fault(subject.place, "code-changed", message)
            elif best is not None and not best.broken_count:
                message = (
                    f"The hashes by {directory.hash.name} do not fit the pages{_slice(subject, each)}, those by "
                    f"{best.hash.name} do: devices that know the latter go by them, and older ones refuse the app."
                )
                yield fault(subject.place, "code-changed", message, "warning")


def slot_problems(subject: Subject) -> Iterator[Problem]:
    """Check what stands beside the code: Info.plist, seal, requirements, entitlements."""
    for each in subject.slices:
        seen: set[tuple[str, str]] = set()
        for directory in sorted(each.directories, key=lambda directory: -directory.hash.rank):
            for problem in (*_file_problems(subject, directory), *_part_problems(subject, each, directory)):
                if (key := (problem.path, problem.code)) not in seen:
                    seen.add(key)
                    # The best directory decides: others are for older devices.
                    yield problem if directory is each.best else replace(problem, level="warning")


def _file_problems(subject: Subject, directory: Directory) -> Iterator[Problem]:
    # A library in a bundle is not the bundle's own executable.
    if subject.kind == "library":
        return
    folder = f"{subject.root}/{subject.bundle.folder}"
    info, seal = directory.special.get(INFO_SLOT), directory.special.get(SEAL_SLOT)
    actual = subject.bundle.info_hashes.get(directory.hash.algorithm)
    if info is not None and (actual is None or actual[: len(info)] != info):
        message = f"Info.plist was changed after signing: no device installs the app. {_FINISH}"
        yield fault(folder + INFO, "info-plist-changed", message)
    if seal is None or not subject.has_read_seal:
        return
    if subject.seal_hashes is None:
        message = f"The list of the app's files, CodeResources, is missing: no device installs the app. {_SIGN_AGAIN}"
        yield fault(folder + SEAL, "no-seal", message)
    elif subject.seal_hashes[directory.hash.algorithm][: len(seal)] != seal:
        message = f"The list of the app's files was changed after signing: no device installs the app. {_FINISH}"
        yield fault(folder + SEAL, "bad-seal", message)


def _part_problems(subject: Subject, facts: SliceFacts, directory: Directory) -> Iterator[Problem]:
    for slot in sorted({*facts.parts, *(slot for slot in directory.special if slot in _PARTS)}):
        name = _PARTS.get(slot, f"part {slot}")
        wanted = directory.special.get(slot)
        actual = facts.parts.get(slot, {}).get(directory.hash.algorithm)
        if wanted is None or actual is None or actual[: len(wanted)] != wanted:
            message = (
                f"The {name} in the signature are not those that were signed{_slice(subject, facts)}: no device "
                f"installs the app. {_SIGN_AGAIN}"
            )
            yield fault(f"{subject.place} {name}", "signed-part-changed", message)


def message_problems(subject: Subject) -> Iterator[Problem]:
    """Check that the signer signed this, in every slice, and that Apple issued the signer's certificate."""
    for each in subject.slices:
        signing = each.signing
        if signing is None or signing.is_ad_hoc:
            continue
        where = _slice(subject, each)
        if text := "; ".join(_told(signing, _MESSAGE)):
            message = f"The signature is not valid{where}: {text}. No device installs the app. {_SIGN_AGAIN}"
            yield fault(subject.place, "invalid-signature", message)
        # A message of another directory names that one's hashes.
        if signing.unnamed and "message-digest" not in signing.faults:
            message = f"The signer did not sign the hashes by {listed(signing.unnamed)}{where}: "
            effect = "no device installs the app." if signing.names_any else "newer devices may refuse the app."
            level = _level(signing.names_any)
            yield fault(subject.place, "invalid-signature", f"{message}{effect} {_SIGN_AGAIN}", level)
        if text := "; ".join(_told(signing, _CERTIFICATES)):
            message = (
                f"Apple did not issue the certificate{where} for apps: {text}. No device installs the app. {_ISSUED}"
            )
            yield fault(f"{subject.place} certificate", "not-apple-signed", message)
        for text in _told(signing, _UNJUDGED):
            message = f"The signature could not be verified{where}: {text}. {_SIGN_AGAIN}"
            yield fault(f"{subject.place} certificate", "not-verified", message)


def _told(signing: Signing, texts: Mapping[Fault, str]) -> Iterator[str]:
    """Yield those of the faults that a table has, in words."""
    for name in signing.faults:
        if name in texts:
            yield f"{texts[name]} ({signing.reason})" if name == "malformed" else texts[name]


_ISSUED = "Sign it with a certificate of the Apple Developer Program."


def signer_problems(subject: Subject) -> Iterator[Problem]:
    """Check the dates and the team of the signer, and that the profile allows its certificate."""
    signing, best = subject.main.signing, subject.main.best
    if signing is None or signing.certificate is None or best is None:
        return
    signer = signing.certificate
    place = f"{subject.place} certificate"
    if signer.not_after is not None and signer.not_after <= subject.now:
        message = (
            f"The certificate {short(signer.subject)} expired on {signer.not_after:%Y-%m-%d at %H:%M UTC}: devices "
            "refuse to install the app or to open it. Sign it with a new certificate."
        )
        yield fault(place, "certificate-expired", message)
    elif signer.not_after is not None and signer.not_after - subject.now <= subject.soon:
        message = (
            f"The certificate {short(signer.subject)} expires on {signer.not_after:%Y-%m-%d at %H:%M UTC}: from then "
            "on the app neither installs nor opens. Sign it with a new certificate."
        )
        yield fault(place, "certificate-expires-soon", message, "warning")
    if best.team is not None and signer.team is not None and best.team != signer.team:
        message = (
            f"The code says team {short(best.team)}, its certificate {short(signer.team)}: no device installs the app."
        )
        yield fault(place, "other-team", f"{message} {_SIGN_AGAIN}")
    if subject.app_team is not None and best.team not in (None, subject.app_team):
        message = (
            f"The code is signed by team {short(best.team)}, the app by {short(subject.app_team)}: no device runs both."
        )
        yield fault(subject.place, "other-team", f"{message} Sign everything in the app with one certificate.")
    elif subject.profile is not None and subject.profile.certificates:
        yield from _allowed_problems(subject, signer.sha1, short(signer.subject))


def _allowed_problems(subject: Subject, sha1: str, name: str) -> Iterator[Problem]:
    if subject.profile is None or sha1 in {each.sha1 for each in subject.profile.certificates}:
        return
    message = (
        f"The certificate {name} is not among the {len(subject.profile.certificates)} of the profile: a device "
        "refuses to install the app. Sign it with a profile that contains the certificate."
    )
    yield fault(f"{subject.place} certificate", "certificate-not-in-profile", message, subject.level)


def profile_problems(subject: Subject) -> Iterator[Problem]:
    """Check that what runs by itself has a profile."""
    if subject.kind not in OWN_PROFILE or subject.has_own_profile or not subject.is_signed:
        return
    place = f"{subject.root}/{subject.bundle.folder}{PROFILE}"
    identifier = subject.bundle.identifier
    if subject.bundle.parent is None:
        message = "The app has no provisioning profile: no device installs it over the air. Export it signed."
        yield fault(place, "no-profile", message)
    elif subject.profile is None or identifier is None or not subject.profile.covers(identifier):
        message = f"{short(identifier)} has no provisioning profile of its own, and that of the app is not for it: "
        yield fault(place, "no-profile", f"{message}a device refuses the app. Sign it with its profile.")
    else:
        message = f"{short(identifier)} has no provisioning profile of its own, though that of the app is for it too: "
        yield fault(place, "no-profile", f"{message}a device may refuse the app. Put the profile into it.", "warning")


def genuine_problems(place: str, signing: Signing) -> Iterator[Problem]:
    """Check that Apple signed a profile, and that it is unchanged."""
    wrong = [*_told(signing, {"no-signer": "nobody signed it", **_MESSAGE, **_CERTIFICATES})]
    if wrong:
        message = f"The profile is not as Apple signed it: {'; '.join(wrong)}. A device refuses the app."
        yield fault(place, "profile-not-genuine", f"{message} Download it again.")
    for text in _told(signing, _UNJUDGED):
        message = f"The signature of the profile could not be verified: {text}. Download it again."
        yield fault(place, "not-verified", message)


def entitlement_problems(subject: Subject) -> Iterator[Problem]:
    """Check that the entitlements are whole, and that the profile grants them."""
    facts = subject.main
    for slot, reason in facts.odd.items():
        message = f"The {_PARTS[slot]} cannot be read: {reason}. No device installs the app. {_SIGN_AGAIN}"
        yield fault(f"{subject.place} {_PARTS[slot]}", "bad-signature", message)
    if not subject.is_signed or facts.odd:
        return
    yield from _form_problems(subject)
    claimed = facts.entitlements or {}
    if subject.kind == "app" and "application-identifier" not in claimed:
        message = f"The entitlement application-identifier is missing: no device installs the app. {_SIGN_AGAIN}"
        yield fault(f"{subject.place} entitlements", "no-application-identifier", message)
    if subject.profile is None:
        return
    missing = [*not_granted(claimed, subject.profile.entitlements)]
    for key, is_used in missing[:_MOST_ENTITLEMENTS]:
        message = (
            f"The profile does not grant the entitlement {short(key)} as the code claims it: a device refuses to "
            "install the app. Add it to the profile, or sign without it."
        )
        if not is_used:
            message = f"The profile does not grant the entitlement {short(key)}, which the code has, but empty or off."
        yield fault(f"{subject.place} entitlements.{key}", "entitlement-not-in-profile", message, _level(is_used))
    if len(missing) > _MOST_ENTITLEMENTS:
        message = f"The profile does not grant {len(missing)} entitlements. The first {_MOST_ENTITLEMENTS} are listed."
        yield fault(f"{subject.place} entitlements", "entitlement-not-in-profile", message)


def _level(is_error: bool) -> Level:  # noqa: FBT001 -- the one thing that it is about
    return "error" if is_error else "warning"


def _form_problems(subject: Subject) -> Iterator[Problem]:
    """Check the form in DER: devices before iOS 15 do not look at it."""
    facts, minimum = subject.main, subject.minimum
    if facts.entitlements is None and facts.der is None:
        return
    is_needed = minimum is not None and minimum[1] >= _DER_SINCE.get(minimum[0], _DER_SINCE["iOS"])
    if facts.der is None:
        message = (
            "The signature has no entitlements in DER: iOS 15 and later refuse the app. Sign it with Xcode 13 or "
            "later, or with `codesign --generate-entitlement-der`."
        )
        yield fault(f"{subject.place} {_PARTS[DER_ENTITLEMENTS]}", "no-der-entitlements", message, _level(is_needed))
    elif facts.der != facts.entitlements:
        claimed = facts.entitlements or {}
        other = [key for key in sorted({*facts.der, *claimed}) if facts.der.get(key) != claimed.get(key)]
        message = f"The entitlements in DER and in XML differ in {listed(other)}: iOS 15 and later refuse the app. "
        place = f"{subject.place} {_PARTS[DER_ENTITLEMENTS]}"
        yield fault(place, "entitlements-differ", f"{message}{_SIGN_AGAIN}", _level(is_needed))


def identifier_problems(subject: Subject) -> Iterator[Problem]:
    """Check the identifiers: of what is in an app, and of the app and what was signed."""
    identifier, parent = subject.bundle.identifier, subject.bundle.parent
    place = f"{subject.root}/{subject.bundle.folder}{INFO} CFBundleIdentifier"
    if subject.kind not in OWN_PROFILE or identifier is None:
        return
    if parent is not None and parent.identifier and not identifier.startswith(f"{parent.identifier}."):
        message = (
            f"The identifier {short(identifier)} does not begin with that of the app, {short(parent.identifier)}, and "
            "a dot: no device installs the app. Change both identifiers in Xcode."
        )
        yield fault(place, "identifier-not-prefixed", message)
    claimed = (subject.main.entitlements or {}).get("application-identifier")
    own = claimed.partition(".")[2] if isinstance(claimed, str) else ""
    if own and own != identifier and not (own.endswith("*") and identifier.startswith(own[:-1])):
        message = (
            f"The code is signed for {short(claimed)}, the bundle is {short(identifier)}. It installs if it was signed "
            "so on purpose, as for an enterprise. If not, sign it with its own profile."
        )
        yield fault(place, "application-identifier-mismatch", message, "warning")


RULES: tuple[Callable[[Subject], Iterator[Problem]], ...] = (
    build_problems,
    signed_problems,
    page_problems,
    slot_problems,
    message_problems,
    signer_problems,
    profile_problems,
    entitlement_problems,
    identifier_problems,
)
"""What is asked of each executable, in this order."""


def judge(subjects: Sequence[Subject]) -> Iterator[Problem]:
    """Yield what is wrong with executables."""
    return (problem for subject in subjects for rule in RULES for problem in rule(subject))


def _slice(subject: Subject, facts: SliceFacts) -> str:
    return f" for {facts.commands.architecture}" if len(subject.slices) > 1 else ""
