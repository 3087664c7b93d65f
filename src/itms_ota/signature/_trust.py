"""Who signed, whether Apple and the profile allow it, and until when.

Each rule is a function of a `Subject`, and yields problems whose paths are whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._asn1 import IN_WORDS
from .._bundle import NO_PROFILE, PROFILE
from .._wording import listed, moment, short
from ..profile import CERTIFICATE_ENDS, LISTS_DEVICES, end_problems, plain_udid
from ._content import OWN_PROFILE
from ._faults import fault
from ._model import team_of
from ._subject import SIGN_AGAIN, level_of, slice_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .._asn1 import Fault
    from ..errors import Problem
    from ._certificates import Signing
    from ._subject import Subject

_WORDS: Mapping[Fault, str] = {
    **IN_WORDS,
    "no-signer": "nobody signed it",
    "wrong-signer": "it is not for what it has signed",
    "foreign-root": "its certificates do not lead to a root of Apple",
    "malformed": "it cannot be read",
    "content-type": "it does not say what it signs",
    "message-digest": "it is that of another CodeDirectory",
    "signature": "it does not fit the certificate of the signer",
    "no-content": "there is nothing that was signed",
    "unknown-attribute": "it has a signed attribute that is not known here, and that a device may refuse",
    "several-signers": "it has several signers, as no tool writes",
    "attached-content": "it has content of its own, as no tool writes",
}
# What says that Apple did not issue the certificate, that something else was signed, or neither.
_OF_CERTIFICATES: frozenset[Fault] = frozenset(
    {"wrong-signer", "foreign-root", "certificate-signature", "not-an-authority", "key-usage"}
)
_OF_MESSAGE: frozenset[Fault] = frozenset({"malformed", "content-type", "message-digest", "signature"})
_UNJUDGED = _WORDS.keys() - _OF_CERTIFICATES - _OF_MESSAGE - {"no-signer"}


def message_problems(subject: Subject) -> Iterator[Problem]:
    """Check that the signer signed this, in every slice, and that Apple issued the signer's certificate."""
    for each in subject.slices:
        signing = each.signing
        if signing is None or signing.is_ad_hoc:
            continue
        where = slice_name(subject, each)
        if text := "; ".join(_in_words(signing, _OF_MESSAGE)):
            message = f"The signature is not valid{where}: {text}. {subject.effect.capitalize()}. {SIGN_AGAIN}"
            yield fault(subject.place, "invalid-signature", message)
        # A message of another directory names that one's hashes.
        if signing.unnamed and "message-digest" not in signing.faults:
            message = f"The signer did not sign the hashes by {listed(signing.unnamed)}{where}: "
            effect = f"{subject.effect}." if signing.names_any else "newer devices may refuse the app."
            level = level_of(signing.names_any)
            yield fault(subject.place, "invalid-signature", f"{message}{effect} {SIGN_AGAIN}", level)
        if text := "; ".join(_in_words(signing, _OF_CERTIFICATES)):
            message = (
                f"Apple did not issue the certificate{where} for apps: {text}. {subject.effect.capitalize()}. {_ISSUED}"
            )
            yield fault(f"{subject.place} certificate", "not-apple-signed", message)
        for text in _in_words(signing, _UNJUDGED):
            message = f"The signature could not be verified{where}: {text}. {SIGN_AGAIN}"
            yield fault(f"{subject.place} certificate", "not-verified", message)


def _in_words(signing: Signing, wanted: Collection[Fault]) -> Iterator[str]:
    """Yield those of the faults that are wanted, in words."""
    for name in signing.faults:
        if name in wanted:
            yield f"{_WORDS[name]} ({signing.reason})" if name == "malformed" else _WORDS[name]


_ISSUED = "Sign it with a certificate of the Apple Developer Program."


def date_problems(subject: Subject) -> Iterator[Problem]:
    """Check the dates of the signer's certificate, and of those that vouch for it but for the root."""
    signing = subject.main.signing
    if signing is None or signing.certificate is None:
        return
    signer, place = signing.certificate, f"{subject.place} certificate"
    what, cure = f"certificate {short(signer.subject)}", "Sign it with a new certificate."
    for problem in end_problems(
        place, signer.not_after, subject.now, subject.soon, what=what, codes=CERTIFICATE_ENDS, cure=cure
    ):
        yield fault(problem.path, problem.code, problem.message, problem.level)
    if signer.not_before is not None and subject.now < signer.not_before:
        message = (
            f"The certificate {short(signer.subject)} is valid from {moment(signer.not_before)}: until "
            f"then devices refuse the app. {_WAIT}"
        )
        yield fault(place, "certificate-not-yet-valid", message)
    # Once the policy looked at the first certificate alone, today it does at all (Apple, Security: SecPolicy.c).
    for each in signing.authorities:
        if each.not_before is not None and subject.now < each.not_before:
            message = (
                f"The certificate {short(each.subject)}, which vouches for the signer's, is valid from "
                f"{moment(each.not_before)}: until then newer devices refuse the app. {_WAIT}"
            )
            yield fault(place, "certificate-not-yet-valid", message, "warning")
        if each.not_after is not None and each.not_after <= subject.now < (signer.not_after or each.not_after):
            message = (
                f"The certificate {short(each.subject)}, which vouches for the signer's, expired on "
                f"{moment(each.not_after)}: newer devices refuse the app. {_ISSUED_ANEW}"
            )
            yield fault(place, "certificate-expired", message, "warning")


_WAIT = "Wait, or look at the clock of the machine that signs."
_ISSUED_ANEW = "Install Apple's new intermediate certificate, and sign the app again."


def signer_problems(subject: Subject) -> Iterator[Problem]:
    """Check the team of the signer, and that the profile allows its certificate."""
    signing, best = subject.main.signing, subject.main.best
    if signing is None or signing.certificate is None or best is None:
        return
    signer = signing.certificate
    if best.team is not None and signer.team is not None and best.team != signer.team:
        message = f"The code says team {short(best.team)}, its certificate {short(signer.team)}: {subject.effect}."
        yield fault(f"{subject.place} certificate", "other-team", f"{message} {SIGN_AGAIN}")
    team = team_of(subject.main)
    if subject.app_team is not None and team not in (None, subject.app_team):
        message = (
            f"The code is signed by team {short(team)}, the app by {short(subject.app_team)}: no device runs both."
        )
        yield fault(subject.place, "other-team", f"{message} Sign everything in the app with one certificate.")
    else:
        yield from _allowed_problems(subject, signer.sha1, short(signer.subject))


def _allowed_problems(subject: Subject, sha1: str, name: str) -> Iterator[Problem]:
    if subject.profile is None or sha1 in {each.sha1 for each in subject.profile.certificates}:
        return
    if not subject.profile.certificates and subject.kind not in OWN_PROFILE:
        return  # told once, of the app
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
        yield fault(place, "no-profile", NO_PROFILE)
    elif subject.profile is None or identifier is None or not subject.profile.covers(identifier):
        message = f"{short(identifier)} has no provisioning profile of its own, and that of the app is not for it: "
        yield fault(place, "no-profile", f"{message}a device refuses the app. Sign it with its profile.")
    else:
        message = f"{short(identifier)} has no provisioning profile of its own, though that of the app is for it too: "
        yield fault(place, "no-profile", f"{message}a device may refuse the app. Put the profile into it.", "warning")


def device_problems(subject: Subject) -> Iterator[Problem]:
    """Check that the profile of what is in the app allows the devices that the app's allows: iOS asks it as well."""
    own, outer = subject.profile, subject.app_profile
    # What is for a watch is installed there.
    if own is None or outer is None or own is outer or subject.is_for_watch:
        return
    place, what = f"{subject.root}/{subject.bundle.folder}{PROFILE}", f"of {short(subject.bundle.identifier)}"
    if own.kind == "app-store" and outer.kind != own.kind:
        message = f"The profile {what} is for the App Store: no device installs the app over the air. Sign it anew."
        yield fault(place, "app-store-profile", message)
    if own.kind not in LISTS_DEVICES:
        return
    devices = {*map(plain_udid, own.devices)}
    wanted = {*map(plain_udid, outer.devices)} if outer.kind in LISTS_DEVICES else None
    place = f"{place} ProvisionedDevices"
    cure = "Renew the profile, and sign the app again."
    if subject.udid is not None and not own.allows_device(subject.udid) and outer.allows_device(subject.udid):
        message = (
            f"The device {short(subject.udid)} is not in the profile {what}: it refuses to install the app. {cure}"
        )
        yield fault(place, "device-not-in-profile", message)
    elif not (devices if wanted is None else devices & wanted):
        message = f"The profile {what} lists no device on which the app may install: none installs it. {cure}"
        yield fault(place, "device-not-in-profile", message)
    elif wanted is None:
        message = f"The profile {what} allows {len(devices)} devices, and the app's any: others refuse the app. {cure}"
        yield fault(place, "device-not-in-profile", message, "warning")
    elif missing := len(wanted - devices):
        message = (
            f"{missing} of the app's {len(wanted)} devices are not in the profile {what}: they refuse the app. {cure}"
        )
        yield fault(place, "device-not-in-profile", message, "warning")


def genuine_problems(place: str, signing: Signing) -> Iterator[Problem]:
    """Check that Apple signed a profile, and that it is unchanged."""
    wrong = [*_in_words(signing, _WORDS.keys() - _UNJUDGED)]
    if wrong:
        message = f"The profile is not as Apple signed it: {'; '.join(wrong)}. A device refuses the app."
        yield fault(place, "profile-not-genuine", f"{message} Download it again.")
    for text in _in_words(signing, _UNJUDGED):
        message = f"The signature of the profile could not be verified: {text}. Download it again."
        yield fault(place, "not-verified", message)
