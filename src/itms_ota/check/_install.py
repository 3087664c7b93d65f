"""What a tap on one link would install, and what the links of a page would: each is looked at, and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Problem, errors_of
from ._explain import explain
from ._looks import as_asked, undone, unverified
from ._probes import SeenImage, SeenManifest, SeenPackage, SeenPage, look_at_files, look_at_manifest
from ._rules import judge, unchecked_items, without_guesses
from ._target import MOST_LINKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..ipa import Ipa
    from ..manifest import Manifest
    from ._exchange import Session
    from ._probes import Asked, Seen
    from ._target import Target

_REQUESTS_FOR_A_LINK = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out: problems in the order of the device, the files that were asked for, and the manifests.

    `from_links` says that they are those of the links of a page or a text.
    """

    problems: tuple[Problem, ...]
    files: tuple[Seen, ...]
    manifests: tuple[Manifest, ...]
    from_links: bool = False

    @property
    def seen_manifest(self) -> SeenManifest | None:
        """What was seen of the first manifest that was asked for."""
        return next((seen for seen in self.files if isinstance(seen, SeenManifest)), None)

    @property
    def packages(self) -> tuple[Ipa, ...]:
        """The packages that could be read."""
        return tuple(seen.ipa for seen in self.files if isinstance(seen, SeenPackage) and seen.ipa is not None)


class Task(NamedTuple):
    """A check: what it asks with, what the caller wants to know, and the servers that were judged already."""

    session: Session
    asked: Asked
    known: set[str]


def look(session: Session, given: Target, asked: Asked) -> Found:
    """Look at all that a target leads to."""
    task = Task(session, asked, set())
    found = _links(task, given.links) if given.links else _one(task, given)
    if found.manifests or errors_of(found.problems):
        return found
    message = "No manifest was looked at, so it is not known whether anything installs. The warnings say why."
    return replace(found, problems=(Problem("manifest", "not-verified", message), *found.problems))


def _one(task: Task, given: Target) -> Found:
    manifest, seen = given.manifest, None
    if given.url is not None:
        seen = look_at_manifest(task.session.exchange(), given.url, in_pages=given.may_be_page)
        if isinstance(seen, SeenPage):
            return _page(task, given, seen)
        manifest = seen.report.manifest if seen.report is not None else None
        made_anew = "no-store" in seen.get.header("cache-control").lower()
        asked = task.asked._replace(manifest_url=given.url, per_request=task.asked.per_request or made_anew)
        task = task._replace(asked=asked)
    closer = bool(undone(task.asked))
    files = look_at_files(task.session, manifest, task.asked, closer=closer) if manifest is not None else []
    everything = (*([seen] if seen is not None else []), *files)
    places = {file.place for file in everything}
    problems = [*without_guesses(given.problems, places if seen is None else places | {"link.url"})]
    problems += _judged(task, everything)
    unchecked = unchecked_items(manifest, task.asked, closer=closer) if manifest is not None else ()
    problems += (as_asked(problem, task.asked) for problem in unchecked)
    problems += unverified(manifest, files, problems, task.asked)
    return Found(tuple(problems), everything, () if manifest is None else (manifest,))


def _judged(task: Task, files: Sequence[Seen]) -> Iterator[Problem]:
    for file, problem in judge(files, task.asked, task.known):
        # No look that is asked for is at the images.
        yield explain(problem if isinstance(file, SeenImage) else as_asked(problem, task.asked), file, task.session)


def _page(task: Task, given: Target, seen: SeenPage) -> Found:
    # What is odd in the address of a manifest is as it should be in that of a page.
    of_address = (problem for problem in given.problems if problem.code not in {"wrong-file", "share-page"})
    of_page = (*(replace(problem, path="page") for problem in of_address), *_judged(task, (seen,)))
    found = _links(task, seen.links)
    return replace(found, problems=(*of_page, *found.problems), files=(seen, *found.files))


def _links(task: Task, links: Sequence[Target]) -> Found:
    task.session.limits.allow_requests(_REQUESTS_FOR_A_LINK * len(links[:MOST_LINKS]))
    problems: list[Problem] = []
    files: list[Seen] = []
    manifests: list[Manifest] = []
    followed: set[str | None] = {None}
    for number, link in enumerate(links[:MOST_LINKS]):
        # A page may have a link as a button and as a text: what it leads to is looked at once.
        of_link = tuple(as_asked(problem, task.asked) for problem in link.problems)
        found = _one(task, link) if link.url not in followed else Found(of_link, (), ())
        followed.add(link.url)
        problems += (replace(problem, path=f"links[{number}].{problem.path}") for problem in found.problems)
        files += found.files
        manifests += found.manifests
    if len(links) > MOST_LINKS:
        message = (
            f"There are more than {MOST_LINKS} install links, and only the first {MOST_LINKS} were checked. Check the "
            "others one by one."
        )
        problems.append(as_asked(Problem(f"links[{MOST_LINKS}]", "not-checked", message, "warning"), task.asked))
    return Found(tuple(problems), tuple(files), tuple(manifests), from_links=True)
