"""What the caller gave: what a device would ask for first, and what is wrong with the text that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from .. import _hosting, _urls
from .._redact import redact_text
from ..errors import LinkError, Problem
from ..link import InstallLink, each_link, inspect_link
from ..manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..errors import Code
    from ..link import LinkReport

# With any scheme; but where a link is within an address, the link is meant.
_ADDRESS = re.compile(r"(?is)(?!.*itms-service)[a-z][a-z0-9+.-]*://")
_WEB_ADDRESS = re.compile("(?i)https?:")
# What people type in place of an address: the name of a file, and an address without its scheme.
_FILE = re.compile(
    r"""(?isx)
      file: .*
    | (?: /(?!/) | [~\\] | \.\.?[/\\] | [a-z]:[/\\] ) .*
    | (?!.*://) [^?#]* \.(?:plist|ipa|html?)
    """
)
_BARE_HOST = re.compile(
    r"""(?aix)
    (?: (?:[a-z0-9-]{1,63}\.){1,20} (?! (?:plist|ipa|html?)(?:\Z|/) ) [a-z][a-z0-9-]{1,62}
      | (?:[0-9]{1,3}\.){3}[0-9]{1,3}
      | [a-z0-9-]{2,63} (?=:[0-9])
    )
    (?::[0-9]{1,5})? (?:[/?]\S*)?
    """
)
# What a browser does not show: comments, which end in odd ways too (HTML, 13.2.5.43 to 51), and scripts.
_NOT_SHOWN = re.compile(r"(?is)<!--(?:-?>|.*?(?:--!?>|\Z))|<script\b.*?(?:</script|\Z)")
# Of a link that a script begins, and goes on to write when the page is open.
_BEGUN: frozenset[Code] = frozenset({"placeholder", "missing", "empty"})
_MAY_BE_PAGE = re.compile(r"(?is)http:(?!.*\.plist)")
_PAGE = " Safari opens a page there all the same, but check does not. Check the link in the page."
_MOST_WRAPPED = 5
MOST_LINKS = 50


@dataclass(frozen=True, slots=True)
class Target:
    """The address of the manifest, or the manifest itself; neither where a device would have nothing to ask for.

    `is_address` says that a person gave it. `links` are those of a text that has several.
    """

    problems: tuple[Problem, ...]
    url: str | None = None
    manifest: Manifest | None = None
    is_address: bool = False
    links: tuple[Target, ...] = ()

    @property
    def may_be_page(self) -> bool:
        """Whether a page is as good as a manifest there: not where the address says that it is one.

        Servers that answer every address with the same page would have another install checked in its place.
        """
        return self.is_address and ".plist" not in (self.url or "").lower()


def read_target(target: InstallLink | Manifest | str) -> Target:
    """Read what the caller gave: a manifest, install links in any form, or the address of a manifest or a page."""
    if isinstance(target, Manifest):
        return Target(of_manifest(target.problems()), manifest=target)
    if isinstance(target, InstallLink):
        return _of_address(target)
    address = target.strip(_urls.SPACE)
    wrappings: list[Problem] = []
    while _ADDRESS.match(address) and (wrapped := _hosting.wrapped(address)) and _ADDRESS.match(wrapped.inner):
        wrappings.append(_wrapping(wrapped))
        address = wrapped.inner.strip(_urls.SPACE)
        if len(wrappings) == _MOST_WRAPPED:
            break
    found = _of_text(address if wrappings else target) if _is_text(address) else _of_web_address(address)
    return replace(found, problems=(*wrappings, *found.problems)) if wrappings else found


def _is_text(address: str) -> bool:
    """Whether a text is not an address to be asked for: there are links in it, or an app opens it."""
    return (
        not _ADDRESS.match(address)
        or _hosting.is_opened_by_an_app(_urls.host(address))
        or _hosting.wrapped(address) is not None
    )


def _wrapping(wrapped: _hosting.Wrapped) -> Problem:
    message = (
        f"This is an address of a mail scanner ({wrapped.service}), which wraps {_urls.redact(wrapped.inner)}. That is "
        "what was checked. A tap opens the scanner's page first. Send the address in another way if that stops people."
    )
    return Problem("link", "other-scheme", message, "warning")


def _of_web_address(address: str) -> Target:
    try:
        return _of_address(InstallLink(address), is_address=True)
    except LinkError as error:
        return _of_refused(address, _at_manifest(error.problems))


def _of_refused(address: str, problems: tuple[Problem, ...]) -> Target:
    if any(problem.code != "credentials" for problem in problems):
        more = f" {_of_files(address)}" if _FILE.fullmatch(address) else _PAGE if _MAY_BE_PAGE.match(address) else ""
        problems = tuple(replace(problem, message=problem.message + more) for problem in problems)
        said = () if _WEB_ADDRESS.match(address) else _of_text(address).problems
        return Target(said if any(problem.code == "other-scheme" for problem in said) else problems)
    # No link is made of it, but a device may follow one that is there.
    return Target(
        tuple(replace(problem, level="warning") for problem in problems), _urls.normalise(address), is_address=True
    )


def of_manifest(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return what is wrong in a manifest, with a place for what is wrong with all of it."""
    return tuple(replace(problem, path=problem.path or "manifest") for problem in problems)


def _of_address(link: InstallLink, *, is_address: bool = False) -> Target:
    return Target(_at_manifest(link.problems()), link.manifest_url, is_address=is_address)


def _at_manifest(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(problem, path="manifest") for problem in problems)


def _of_text(text: str) -> Target:
    links = links_in(text)
    if len(links) > 1:
        return Target((), links=links)
    found = _of_link(inspect_link(text))
    typed = text.strip(_urls.SPACE).removeprefix("//")
    if all(problem.code != "not-a-link" for problem in found.problems):
        return found
    if _BARE_HOST.fullmatch(typed):
        message = (
            f"{redact_text(typed)} is not a valid link or address, because it does not begin with 'https://'. Write "
            f"{_urls.redact(f'https://{typed}')}. {_of_files(typed)}"
        )
        return Target((Problem("link", "not-a-link", message),))
    if _FILE.fullmatch(typed):
        message = f"{redact_text(typed)} is the name of a file, and not a valid link or address. {_of_files(typed)}"
        return Target((Problem("link", "not-a-link", message),))
    return found


def _of_files(name: str) -> str:
    command = "ipa" if name.lower().endswith(".ipa") else "inspect"
    return f"check asks servers. To look at a file on this machine, use {command}."


def links_in(text: str) -> tuple[Target, ...]:
    """Find the links of a page or a text that are checked, and one more if there are more."""
    return tuple(islice(_links_in(text), MOST_LINKS + 1))


def _links_in(text: str) -> Iterator[Target]:
    parts = _NOT_SHOWN.finditer(text)
    part = next(parts, None)
    for report in each_link(text):
        while part is not None and part.end() <= report.start:
            part = next(parts, None)
        if part is None or part.start() > report.start:
            yield _of_link(report)
        elif not part[0].startswith("<!"):
            yield _of_script(report)


def _of_script(report: LinkReport) -> Target:
    """Return what a link leads to that a script of the page writes: it may be put together when the page is open."""
    if report.link is not None or not _BEGUN.intersection(problem.code for problem in report.problems):
        return _of_link(report)
    message = (
        "A script of the page puts this link together, so its manifest is not known and was not looked at. Open the "
        "page, copy the link, and check that."
    )
    return Target((Problem("link.url", "not-checked", message, "warning"),))


def _of_link(report: LinkReport) -> Target:
    """Return what a device would ask for on a tap on a link, or what it was meant to ask for."""
    problems = tuple(replace(problem, path=f"link.{problem.path}".rstrip(".")) for problem in report.problems)
    if report.ok and report.device_url is not None:
        return Target(problems, _urls.normalise(report.device_url))
    # A link that fails is followed all the same, to where it was meant to lead: one call tells all that is wrong.
    return Target(problems, None if report.link is None else report.link.manifest_url)
