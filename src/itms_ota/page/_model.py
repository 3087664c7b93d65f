"""An app as the page shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, get_args

from .._arguments import check_time, check_type
from .._redact import repr_of_fields, safe_repr
from ..errors import LinkError
from ..link import InstallLink
from ..profile import Kind
from ._sources import image

if TYPE_CHECKING:
    from collections.abc import Mapping

ProfileKind: TypeAlias = Kind
"""How an app is signed: a `Kind` of `itms_ota.profile`."""

_MOST_BYTES = 1 << 63
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "title": (str,),
    "link": (InstallLink, str),
    "version": (str, type(None)),
    "icon": (str, bytes, type(None)),
    "size": (int, type(None)),
    "date": (dt.date, type(None)),
    "minimum_os_version": (str, type(None)),
    "profile_kind": (str, type(None)),
    "notes": (str, type(None)),
    "bundle_identifier": (str, type(None)),
    "group": (str, type(None)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app as the page shows it.

    `link` is an InstallLink or its text. `icon` is an https URL, a URL relative to the page, a
    ``data:image/…`` URI or the bytes of a PNG. `size` counts bytes; `date` is the day of the build;
    `notes` is plain text: an empty line ends a paragraph, and lines that begin with ``- `` are a list.
    Apps of the same `bundle_identifier` and `group` are versions of one app. `group` is the heading under which
    a page of several apps shows this one. `profile_kind` chooses the steps that follow an installation, and
    `expires` is when the profile or certificate ends, a timezone-aware datetime.

    Raises LinkError for a link that no device follows and for an icon's URL that the page cannot
    use, IpaError for bytes that are not a PNG, TypeError for a wrong type, and ValueError for a blank
    `title` and for a size that a file cannot have.

    >>> from itms_ota import InstallLink
    >>> app = App(title="MyApp", version="1.2.3", link=InstallLink("https://apps.example.com/manifest.plist"))
    >>> app.title
    'MyApp'
    """

    title: str
    link: InstallLink | str
    version: str | None = None
    icon: str | bytes | None = None
    size: int | None = None
    date: dt.date | None = None
    minimum_os_version: str | None = None
    profile_kind: ProfileKind | None = None
    expires: dt.datetime | None = None
    notes: str | None = None
    bundle_identifier: str | None = None
    group: str | None = None

    __repr__ = repr_of_fields

    def __post_init__(self) -> None:
        for name, kinds in _FIELDS.items():
            check_type(f"App.{name}", getattr(self, name), *kinds)
        if self.profile_kind not in (None, *get_args(ProfileKind)):
            wanted = ", ".join(get_args(ProfileKind))
            message = f"App.profile_kind must be one of {wanted} or None, not {safe_repr(self.profile_kind)}"
            raise TypeError(message)
        if not self.title.strip():
            message = "App.title must not be blank: it is the heading of the page"
            raise ValueError(message)
        check_time("App.expires", self.expires)
        if self.size is not None and not 0 <= self.size < _MOST_BYTES:
            message = "App.size must be the size of a file in bytes, which has at most 63 bits"
            raise ValueError(message)
        install_link(self)
        if self.icon is not None:
            image(self.icon, "icon")


def install_link(app: App) -> InstallLink:
    """Return the link of an app, which may have been given as text."""
    if isinstance(app.link, InstallLink):
        return app.link
    try:
        return InstallLink.from_url(app.link)
    except LinkError as error:
        raise LinkError(replace(problem, path=problem.path or "link") for problem in error.problems) from None
