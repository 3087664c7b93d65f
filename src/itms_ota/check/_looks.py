"""What a caller can ask of a check beyond what belongs to every one, and what is said where it was not looked at.

What was asked for and not looked at is an error, whatever the reason: a report that is `ok` never means that the check
was kept from looking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import _hosting
from .._plist import is_within
from ..errors import Problem
from ..ipa import NO_DEVICE, NO_SIGNATURE, is_device_named
from ._probes import MOST_ITEMS, SeenPackage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ..manifest import Manifest
    from ._probes import Asked, Seen


@dataclass(frozen=True, slots=True)
class Look:
    """A look that is asked for: whether it was, whether a package had it, and what is said where not.

    `undone` goes on after "so"; `unasked` is a sentence for `not_looked_at`, empty for what every check looks at if it
    can.
    """

    asked: Callable[[Asked], bool]
    done: Callable[[SeenPackage], bool]
    undone: str
    unasked: str = ""


def _has_hashes(seen: SeenPackage) -> bool:
    package = seen.want.item.package
    return package is not None and bool(package.checksums)


LOOKS: tuple[Look, ...] = (
    Look(
        lambda asked: asked.verify_hashes,
        lambda seen: seen.compared is not None and _has_hashes(seen),
        undone="the hashes were not compared",
        unasked="The hashes of the packages were not compared. Compare them with verify_hashes (--verify-hashes).",
    ),
    Look(
        lambda asked: asked.udid is not None or asked.device is not None,
        lambda seen: seen.ipa is not None,
        undone="it is not known whether the app installs on this device",
    ),
    Look(
        lambda asked: asked.expires_within is not None,
        lambda seen: seen.ipa is not None,
        undone="it is not known when the app stops opening",
    ),
    Look(
        lambda asked: asked.signature,
        lambda seen: seen.judged is not None,
        undone="the signature was not verified",
        unasked=NO_SIGNATURE,
    ),
)


def not_looked_at(asked: Asked, manifests: Iterable[Manifest], files: Iterable[Seen]) -> Iterator[str]:
    """Return what nobody asked for, and what only a device can find out about the servers of these files."""
    if not is_device_named(asked.udid, asked.device):
        yield NO_DEVICE
    yield from (look.unasked for look in LOOKS if look.unasked and not look.asked(asked))
    if asked.signature:
        from ..signature import NOT_LOOKED_AT  # a check without this look needs none of it

        yield from NOT_LOOKED_AT
    if any(item.package is not None and item.thinned_assets for manifest in manifests for item in manifest.items):
        yield "The packages for certain devices alone (thinned-assets) were not looked at. Make a manifest of each."
    answers = [file.decisive.last for file in files]
    guards = dict.fromkeys(_hosting.guard(answer.headers) for answer in answers if answer is not None)
    for service in filter(None, guards):
        yield f"Whether {service} lets devices through is not known. {_hosting.FINGERPRINTS}."


def undone(asked: Asked, seen: SeenPackage | None = None) -> list[str]:
    """Return what follows for what was asked, as far as a package did not have the look; without one, for all of it."""
    return [look.undone for look in LOOKS if look.asked(asked) and not (seen is not None and look.done(seen))]


def as_asked(problem: Problem, asked: Asked) -> Problem:
    """Make an error of what was not looked at, if that had to be for what was asked."""
    missed = undone(asked)
    if problem.code != "not-checked" or not missed:
        return problem
    message = f"{problem.message} So {' and '.join(missed)}."
    return replace(problem, code="not-verified", level="error", message=message)


def unverified(
    manifest: Manifest | None, files: Sequence[Seen], problems: Collection[Problem], asked: Asked
) -> Iterator[Problem]:
    """Return where something was asked and not looked at, and no error says why."""
    errors = [problem.path for problem in problems if problem.level == "error"]
    if manifest is None:
        if undone(asked) and not errors:
            yield _unverified("manifest", "There was no manifest to go by", undone(asked))
        return
    packages = {seen.want.number: seen for seen in files if isinstance(seen, SeenPackage)}
    for number in range(min(len(manifest.items), MOST_ITEMS)):
        place, seen = f"items[{number}]", packages.get(number)
        missed = undone(asked, seen)
        if not missed or any(is_within(path, place) for path in errors):
            continue
        if seen is not None and seen.ipa is not None and not _has_hashes(seen):
            why = "The manifest has no valid hashes of this package, and devices compare none either"
            yield _unverified(seen.place, why, missed, "Write them into the manifest")
        else:
            yield _unverified(place if seen is None else seen.place, "The package was not looked at", missed)


def _unverified(place: str, why: str, missed: Sequence[str], cure: str = "Mend what the warnings name") -> Problem:
    return Problem(place, "not-verified", f"{why}: {' and '.join(missed)}. {cure}, or do not ask for it.")
