"""What the caller gave: what a device would ask for first, and what is wrong with the text that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import _urls
from ..errors import LinkError
from ..link import InstallLink, inspect_link
from ..manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..errors import Problem

# With any scheme; but where a link is within an address, the link is meant.
_ADDRESS = re.compile(r"(?is)(?!.*itms-service)[a-z][a-z0-9+.-]*://")
_WEB_ADDRESS = re.compile("(?i)https?:")


@dataclass(frozen=True, slots=True)
class Target:
    """The address of the manifest, or the manifest itself; neither where a device would have nothing to ask for."""

    problems: tuple[Problem, ...]
    url: str | None = None
    manifest: Manifest | None = None


def read_target(target: InstallLink | Manifest | str) -> Target:
    """Read what the caller gave: a manifest, an install link in any form, or the address of a manifest."""
    if isinstance(target, Manifest):
        return Target(of_manifest(target.problems()), manifest=target)
    if isinstance(target, InstallLink):
        return _of_address(target)
    address = target.strip(_urls.SPACE)
    if not _ADDRESS.match(address):
        return _of_text(target)
    try:
        return _of_address(InstallLink(address))
    except LinkError as error:
        return _of_refused(address, _at_manifest(error.problems))


def _of_refused(address: str, problems: tuple[Problem, ...]) -> Target:
    if any(problem.code != "credentials" for problem in problems):
        said = () if _WEB_ADDRESS.match(address) else _of_text(address).problems
        return Target(said if any(problem.code == "other-scheme" for problem in said) else problems)
    # No link is made of it, but a device may follow one that is there.
    return Target(tuple(replace(problem, level="warning") for problem in problems), _urls.normalise(address))


def of_manifest(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return what is wrong in a manifest, with a place for what is wrong with all of it."""
    return tuple(replace(problem, path=problem.path or "manifest") for problem in problems)


def _of_address(link: InstallLink) -> Target:
    return Target(_at_manifest(link.problems()), link.manifest_url)


def _at_manifest(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(problem, path="manifest") for problem in problems)


def _of_text(text: str) -> Target:
    report = inspect_link(text)
    problems = tuple(replace(problem, path=f"link.{problem.path}".rstrip(".")) for problem in report.problems)
    if report.ok and report.device_url is not None:
        return Target(problems, _urls.normalise(report.device_url))
    # A link that fails is followed all the same, to where it was meant to lead: one call tells all that is wrong.
    return Target(problems, None if report.link is None else report.link.manifest_url)
