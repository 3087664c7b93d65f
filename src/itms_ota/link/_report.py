"""The inspectors: what they say of a link, wherever it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _urls
from .._arguments import check_type
from .._redact import redact_text, repr_of_fields
from .._shapes import INTEGER, Maybe, Record
from .._wording import SHOWN, Report, shapes_of
from ._diagnose import diagnose, makes_a_link
from ._find import contexts, only
from ._model import InstallLink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..errors import Problem
    from ._escapes import Context


def _as_written(manifest_url: str) -> InstallLink:
    """Return a link that was written without its secrets: what is left of its URL is not one that a device follows."""
    link = InstallLink(manifest_url.replace("…", "x"))
    if "…" in manifest_url:  # no URL of a link has this letter, which would be encoded
        object.__setattr__(link, "manifest_url", manifest_url)
    return link


LINK_SHAPE = Record(InstallLink, {"manifest_url": SHOWN}, _as_written)


@dataclass(frozen=True, slots=True)
class LinkReport(Report):
    """What `inspect_link` or `find_links` found.

    `text` is the link as it stands, from `start` to `end` of the text that was looked through. `link` is the one that
    was meant. It is None where that is not known, and for a URL that is not https, is a template, or carries a user
    name or password: nothing is upgraded. `device_url` is what a device asks for if the text is tapped as it stands.
    It is None where nothing happens. Where iOS versions differ, it is that of iOS 16 and earlier.
    """

    __module__ = "itms_ota.link"

    text: str
    link: InstallLink | None
    device_url: str | None
    problems: tuple[Problem, ...]
    start: int
    end: int

    __repr__ = repr_of_fields

    _shapes = shapes_of(
        "link",
        text=SHOWN,
        link=Maybe(LINK_SHAPE),
        device_url=Maybe(SHOWN),
        start=INTEGER,
        end=INTEGER,
    )

    def _title(self) -> str:
        if self.link is not None:
            return f"link to {_urls.redact(self.link.manifest_url)}"
        return f"link {redact_text(self.text)}" if self.text else "no link"


def inspect_link(text: str) -> LinkReport:
    """Find out what a link means, what a device makes of it, and what is wrong; never raises for what it says.

    The text is a link alone, or holds one: then the report is about the first one alone, from `start` to `end`. Use
    `.ok` of the report, which is always true itself. Raises TypeError for anything but a str.

    >>> report = inspect_link("itms-services://?action=download-manifest&url=https://a.example/m?a=1&b=2")
    >>> report.device_url, report.link.manifest_url
    ('https://a.example/m?a=1', 'https://a.example/m?a=1&b=2')
    >>> [problem.code for problem in report.problems]
    ['cut-short']
    """
    check_type("text", text, str)
    return _report(text, only(text))


def find_links(text: str) -> tuple[LinkReport, ...]:
    r"""Find the install links in a page's source, Markdown, JSON, a header, a log line, a mail.

    The scheme alone is not a link. Escapes that belong to the source are undone: ``&amp;`` in HTML, ``\/`` in JSON,
    ``=3D`` in mail.

    >>> page = '<a href="itms-services://?action=download-manifest&amp;url=https://a.example/m.plist">Install</a>'
    >>> [(report.link.manifest_url, report.ok) for report in find_links(page)]
    [('https://a.example/m.plist', True)]
    """
    check_type("text", text, str)
    return tuple(each_link(text))


def each_link(text: str) -> Iterator[LinkReport]:
    """Find install links as `find_links` does, each when it is asked for: a text may have more than anybody wants."""
    return (_report(text, context) for context in contexts(text))


def _report(text: str, context: Context) -> LinkReport:
    found = diagnose(text, context)
    link = InstallLink(found.meant) if found.meant is not None and makes_a_link(found.meant) else None
    start, end = context.start, context.end
    return LinkReport(text[start:end], link, found.device_url, found.problems, start, end)
