"""What a device refuses of an executable, its signature, its entitlements and its profile.

Each rule is a function of a `Subject`, and yields problems whose paths are whole. Sources: Apple's published Security
and xnu (StaticCode.cpp, ubc_subr.c), TN3125 to TN3127, and what installd logs. What only a device can know is not here.
"""

from __future__ import annotations

from dataclasses import replace
from stat import S_IFMT
from typing import TYPE_CHECKING

from .._bundle import INFO
from .._wording import listed, short
from ._code import DER_ENTITLEMENTS, ENTITLEMENTS, INFO_SLOT, REQUIREMENTS, SEAL_SLOT
from ._content import OWN_PROFILE, SEAL
from ._entitlements import not_granted
from ._faults import SIGN_LAST, fault
from ._model import how_signed, team_of
from ._pages import TooLargeError
from ._subject import SIGN_AGAIN, level_of, slice_name
from ._trust import date_problems, device_problems, message_problems, profile_problems, signer_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..errors import Problem
    from ._examine import Directory, SliceFacts
    from ._subject import Subject

_ARM64_ONLY_SINCE = 11  # iOS
# From which version on a device asks for entitlements in DER (Apple, Using the latest code signature format).
_DER_SINCE: Mapping[str, int] = {"iOS": 15, "tvOS": 15, "watchOS": 8, "visionOS": 1}
_MOST_ENTITLEMENTS = 20

_PARTS: Mapping[int, str] = {
    REQUIREMENTS: "requirements",
    ENTITLEMENTS: "entitlements",
    DER_ENTITLEMENTS: "entitlements in DER",
}


def build_problems(subject: Subject) -> Iterator[Problem]:
    """Check for which devices an executable was built, and that it may be run."""
    commands = subject.main.commands
    wanted = "watchOS" if subject.is_for_watch else "iOS"
    if commands.platform not in (None, wanted):
        message = (
            f"The executable was built for {short(commands.platform)}, not for {wanted}: no device runs it. Build it "
            "for devices."
        )
        yield fault(subject.place, "wrong-platform", message, subject.level)
    names = [each.commands.architecture for each in subject.slices]
    if not subject.is_for_watch and not any(name.startswith("arm64") for name in names):
        # installd asks of the app and of its extensions; what else is in it fails when it is loaded.
        is_asked = subject.kind in {"app", "extension"}
        is_refused = is_asked and subject.minimum is not None and subject.minimum[1] >= _ARM64_ONLY_SINCE
        message = f"The executable is for {listed(names)} alone: iOS 11 and later do not run it. Build it for arm64."
        yield fault(subject.place, "no-arm64", message, level_of(is_refused))
    if any(each.commands.is_encrypted for each in subject.slices):
        message = "The executable is encrypted for the App Store (FairPlay): no device runs it. Export it from Xcode."
        yield fault(subject.place, "fairplay", message)
    # Apple's unpacker (Bom) passes a mode over that does not say the kind of the file: it makes the mode 600.
    if subject.kind == "app" and (subject.mode is None or (subject.mode & 0o111 and not S_IFMT(subject.mode))):
        message = (
            "The archive does not say, as devices read it, that the executable may be run. Archives made on Windows do "
            "not. A device may refuse the app. Zip it on a Mac or on Linux."
        )
        yield fault(subject.place, "not-executable", message, "warning")
    elif subject.mode is not None and not subject.mode & 0o111 and subject.kind != "code":
        message = (
            f"The file may not be run: its mode is {subject.mode & 0o777:03o}. Set it to 755, and zip the app again."
        )
        yield fault(subject.place, "not-executable", message, level_of(subject.kind == "app"))


def signed_problems(subject: Subject) -> Iterator[Problem]:
    """Check that there is a signature, by somebody, in every slice."""
    for each in subject.slices:
        how = how_signed(each)
        where = slice_name(subject, each)
        if how == "unsigned":
            message = (
                f"The executable is not signed{where}: {subject.effect}. If somebody else is to sign it, "
                "this is as it should be. If not, sign it."
            )
            yield fault(subject.place, "not-signed", message)
        elif how == "ad-hoc":
            message = f"The executable is signed without a certificate (ad hoc){where}: {subject.effect}. "
            yield fault(subject.place, "ad-hoc-signed", f"{message}Sign it with a certificate that Apple issued.")
        elif each.fault is not None:
            message = f"The signature is damaged{where}: {each.fault}. {subject.effect.capitalize()}. {SIGN_AGAIN}"
            yield fault(subject.place, "bad-signature", message)


def page_problems(subject: Subject) -> Iterator[Problem]:
    """Check the pages of every slice against every directory; the best one decides (xnu, cs_validate_page)."""
    for each in subject.slices:
        best, signature = each.best, each.commands.signature
        if best is not None and signature is not None and best.end < signature[0]:
            message = (
                f"The signature is of the first {best.end} bytes{slice_name(subject, each)}, and stands at "
                f"{signature[0]}: devices do not load what is between. {SIGN_AGAIN}"
            )
            yield fault(subject.place, "bad-signature", message)
        for directory in each.directories:
            if not directory.broken_count:
                continue
            were, pages = ("was", "page") if directory.broken_count == 1 else ("were", "pages")
            message = (
                f"{directory.broken_count} of {directory.pages} pages of the code {were} changed after "
                f"signing{slice_name(subject, each)}: {pages} {listed(directory.broken)}, by {directory.hash.name}. "
                f"{subject.effect.capitalize()}. {SIGN_LAST}"
            )
            if directory is best:
                yield fault(subject.place, "code-changed", message)
            elif best is not None and not best.broken_count:
                message = (
                    f"The hashes by {directory.hash.name} do not fit the pages{slice_name(subject, each)}, those by "
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
    # A library in a bundle, or other code, is not the bundle's own executable.
    if subject.kind in {"library", "code"}:
        return
    folder = f"{subject.root}/{subject.bundle.folder}"
    info, seal = directory.special.get(INFO_SLOT), directory.special.get(SEAL_SLOT)
    actual = subject.bundle.info_hashes.get(directory.hash.algorithm)
    if info is not None and (actual is None or actual[: len(info)] != info):
        message = f"Info.plist was changed after signing: no device installs the app. {SIGN_LAST}"
        yield fault(folder + INFO, "info-plist-changed", message)
    if subject.kind in OWN_PROFILE:
        yield from _unbound_problems(subject, directory)
    if seal is None or not subject.has_read_seal:
        return
    if subject.seal_hashes is None:
        message = f"The list of the app's files, CodeResources, is missing: no device installs the app. {SIGN_AGAIN}"
        yield fault(folder + SEAL, "no-seal", message)
    elif subject.seal_hashes[directory.hash.algorithm][: len(seal)] != seal:
        message = f"The list of the app's files was changed after signing: no device installs the app. {SIGN_LAST}"
        yield fault(folder + SEAL, "bad-seal", message)


def _unbound_problems(subject: Subject, directory: Directory) -> Iterator[Problem]:
    """Check that the files beside the code are bound, as Apple asks of those that are there (StaticCode.cpp)."""
    folder = f"{subject.root}/{subject.bundle.folder}"
    effect = f"nobody notices when it is changed, and a device may refuse the app. {SIGN_AGAIN}"
    if INFO_SLOT not in directory.special:
        yield fault(
            folder + INFO, "info-plist-changed", f"The signature does not cover Info.plist: {effect}", "warning"
        )
    if SEAL_SLOT not in directory.special and subject.has_read_seal:
        message = f"The signature does not cover the list of the app's files: {effect}"
        yield fault(folder + SEAL, "bad-seal", message, "warning")


def _part_problems(subject: Subject, facts: SliceFacts, directory: Directory) -> Iterator[Problem]:
    for slot in sorted({*facts.parts, *(slot for slot in directory.special if slot in _PARTS)}):
        name = _PARTS.get(slot, f"part {slot}")
        wanted = directory.special.get(slot)
        actual = facts.parts.get(slot, {}).get(directory.hash.algorithm)
        if wanted is None or actual is None or actual[: len(wanted)] != wanted:
            message = (
                f"The {name} in the signature are not those that were signed{slice_name(subject, facts)}: "
                f"{subject.effect}. {SIGN_AGAIN}"
            )
            yield fault(f"{subject.place} {name}", "signed-part-changed", message)


def slice_problems(subject: Subject) -> Iterator[Problem]:
    """Check that the slices for other devices were signed as that which was judged; codesign signs all alike."""
    for each in subject.slices:
        differ = [name for name, value in _signed_by(each).items() if value != _signed_by(subject.main)[name]]
        if each.directories and subject.main.directories and differ:
            message = (
                f"The code{slice_name(subject, each)} is not signed as that{slice_name(subject, subject.main)}, which "
                f"was judged: {listed(differ)} differ. Devices that run it may refuse the app. {SIGN_AGAIN}"
            )
            yield fault(subject.place, "slices-differ", message, "warning")


def _signed_by(facts: SliceFacts) -> Mapping[str, object]:
    return {
        "the certificate": facts.signing and facts.signing.certificate,
        "the identifier": facts.best and facts.best.identifier,
        "the team": team_of(facts),
        "the entitlements": facts.entitlements,
        "the entitlements in DER": facts.der,
        "what of these cannot be read": {*facts.odd},
    }


def entitlement_problems(subject: Subject) -> Iterator[Problem]:
    """Check that the entitlements are whole, and that the profile grants them."""
    facts = subject.main
    for slot, reason in facts.odd.items():
        message = f"The {_PARTS[slot]} cannot be read: {reason}. {subject.effect.capitalize()}. {SIGN_AGAIN}"
        yield fault(f"{subject.place} {_PARTS[slot]}", "bad-signature", message)
    if not subject.is_signed or facts.odd:
        return
    yield from _form_problems(subject)
    claimed = facts.entitlements or {}
    if subject.kind == "app" and "application-identifier" not in claimed:
        message = f"The entitlement application-identifier is missing: no device installs the app. {SIGN_AGAIN}"
        yield fault(f"{subject.place} entitlements", "no-application-identifier", message)
    if subject.profile is None:
        return
    try:
        missing = [*not_granted(claimed, subject.profile.entitlements)]
    except TooLargeError as error:
        message = f"{error} Whether the profile grants them was not looked at."
        yield fault(f"{subject.place} entitlements", "not-verified", message)
        return
    for key, is_used in missing[:_MOST_ENTITLEMENTS]:
        message = (
            f"The profile does not grant the entitlement {short(key)} as the code claims it: a device refuses to "
            "install the app. Add it to the profile, or sign without it."
        )
        if not is_used:
            message = f"The profile does not grant the entitlement {short(key)}, which the code has, but empty or off."
        yield fault(f"{subject.place} entitlements.{key}", "entitlement-not-in-profile", message, level_of(is_used))
    if len(missing) > _MOST_ENTITLEMENTS:
        message = f"The profile does not grant {len(missing)} entitlements. The first {_MOST_ENTITLEMENTS} are listed."
        yield fault(f"{subject.place} entitlements", "entitlement-not-in-profile", message)


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
        yield fault(f"{subject.place} {_PARTS[DER_ENTITLEMENTS]}", "no-der-entitlements", message, level_of(is_needed))
    elif facts.der != facts.entitlements:
        claimed = facts.entitlements or {}
        other = [key for key in sorted({*facts.der, *claimed}) if facts.der.get(key) != claimed.get(key)]
        message = f"The entitlements in DER and in XML differ in {listed(other)}: iOS 15 and later refuse the app. "
        place = f"{subject.place} {_PARTS[DER_ENTITLEMENTS]}"
        yield fault(place, "entitlements-differ", f"{message}{SIGN_AGAIN}", level_of(is_needed))


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
    slice_problems,
    message_problems,
    date_problems,
    signer_problems,
    profile_problems,
    device_problems,
    entitlement_problems,
    identifier_problems,
)
"""What is asked of each executable, in this order."""


def judge(subjects: Sequence[Subject]) -> Iterator[Problem]:
    """Yield what is wrong with executables."""
    for subject in subjects:
        found = (problem for rule in RULES for problem in rule(subject))
        # To the installer it is a file among others, by the app's seal: what is wrong shows when it is loaded.
        yield from (_of_other_code(problem) for problem in found) if subject.kind == "code" else found


def _of_other_code(problem: Problem) -> Problem:
    """Soften what keeps code from being loaded, and the app not out; what could not be judged stays as it is."""
    return problem if problem.code == "not-verified" else replace(problem, level="warning")
