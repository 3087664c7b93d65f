"""InstallLink: the link as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import _urls
from .._arguments import check_texts, check_type
from .._redact import redact_text, repr_of_fields, without_secrets
from .._urls import SPACE
from ..errors import LinkError, Problem, errors_of, warnings_of
from ._prefix import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

# What this library writes, and what most link builders do.
_CANONICAL = re.compile(re.escape(PREFIX) + r"((?:https|HTTPS)%3A%2F%2F[A-Za-z0-9%._~-]+)")
_ATTRIBUTE = "[A-Za-z][A-Za-z0-9-]*"  # compiled when it is first used, which is rare


@dataclass(frozen=True, slots=True)
class InstallLink:
    """A link that installs what the manifest at `manifest_url` names.

    The URL is made a URI: spaces and letters outside ASCII are encoded, scheme and host are written in lower case, a
    host with letters outside ASCII in its xn-- form, and ``:443`` is dropped. Raises LinkError for a URL that a device
    would not follow: not https, no host, the device itself, white space around it, a placeholder; and for a user name
    or password, which everybody could read. Raises TypeError for anything but a str.

    >>> link = InstallLink("https://apps.example.com/My App.plist")
    >>> link.manifest_url
    'https://apps.example.com/My%20App.plist'
    >>> print(link)
    itms-services://?action=download-manifest&url=https%3A%2F%2Fapps.example.com%2FMy%2520App.plist
    """

    __module__ = "itms_ota.link"

    manifest_url: str

    def __post_init__(self) -> None:
        url = self.manifest_url
        check_type("manifest_url", url, str)
        if _urls.is_plain(url):
            return
        url = _urls.normalise(url)
        from ._diagnose import url_problems

        errors = [replace(problem, level="error") for problem in url_problems(url) if _urls.refuses(problem)]
        if errors:
            raise LinkError(errors)
        object.__setattr__(self, "manifest_url", url)

    @classmethod
    def from_url(cls, text: str) -> InstallLink:
        """Read a link that a device would follow, in any form that devices accept.

        Raises LinkError with every error for any other, and for text around it. Warnings raise nothing:
        `inspect_link` returns them, and never raises.

        >>> InstallLink.from_url("itms-services://?action=download-manifest;url=https://a.example/m.plist").manifest_url
        'https://a.example/m.plist'
        """
        canonical = _CANONICAL.fullmatch(text) if isinstance(text, str) else None
        if canonical is not None:
            url = _urls.decode(canonical.group(1))
            if _urls.is_plain(url):
                return cls(url)
        check_type("text", text, str)
        from ._diagnose import diagnose
        from ._find import only

        context = only(text)
        found = diagnose(text, context)
        errors = errors_of(found.problems)
        if found.device_url is None or errors:
            raise LinkError(errors)
        link = text[context.start : context.end]
        if link.strip(SPACE) != text.strip(SPACE):
            message = f"There is text around the link {redact_text(link)}. Remove it, or use find_links()."
            raise LinkError([Problem("", "surrounding-text", message)])
        return cls(found.device_url)

    def to_url(self) -> str:
        """Return the link, in ASCII; the same as ``str(link)``."""
        # urlunsplit would drop the "//" on Python before 3.12.
        return PREFIX + _urls.encode(self.manifest_url)

    __repr__ = repr_of_fields

    def __str__(self) -> str:
        return self.to_url()

    def __format__(self, spec: str) -> str:
        return format(self.to_url(), spec)

    def to_html(self, text: str, attributes: Mapping[str, str] = {}) -> str:
        """Return an ``<a>`` element with the text, both escaped; `attributes` are added to it.

        Raises TypeError for anything but a str and for an attribute "href", LinkError for a blank text without
        attributes, and for a name that is not valid.

        >>> print(InstallLink("https://a.example/m").to_html("Get <A>", {"id": "x"}))
        <a href="itms-services://?action=download-manifest&amp;url=https%3A%2F%2Fa.example%2Fm" id="x">Get &lt;A&gt;</a>
        """
        from html import escape  # not needed for a link alone

        check_type("text", text, str)
        check_texts("attributes", attributes)
        if not text.strip() and not attributes:  # with a class, say, a style sheet may show it
            raise LinkError([Problem("text", "empty", "The text of the link is blank, so nobody sees it. Write one.")])
        parts = [f'<a href="{escape(self.to_url())}"']
        for name, value in attributes.items():
            if name.lower() == "href":
                message = "href is the link itself. Remove it from the attributes"
                raise TypeError(message)
            if not re.compile(_ATTRIBUTE).fullmatch(name):
                message = (
                    f"{redact_text(name)} is not a valid HTML attribute. Use letters, digits and '-', beginning with a "
                    "letter."
                )
                raise LinkError([Problem(without_secrets(name), "bad-attribute", message)])
            parts.append(f' {name}="{escape(value)}"')
        return f"{''.join(parts)}>{escape(text)}</a>"

    def problems(self) -> tuple[Problem, ...]:
        """Return what lets the link fail on some devices, or is likely a mistake: warnings alone."""
        from ._diagnose import url_problems

        return tuple(url_problems(self.manifest_url))

    def errors(self) -> tuple[Problem, ...]:
        """Return the problems that keep a device from installing: there are none, as such a link cannot be made."""
        return errors_of(self.problems())

    def warnings(self) -> tuple[Problem, ...]:
        """Return the problems with which the app installs, or may."""
        return warnings_of(self.problems())

    def _repr_html_(self) -> str:
        url = self.to_url()
        shown = without_secrets(url)
        if shown == url:
            return self.to_html(url)
        from html import escape  # as in to_html

        # A notebook keeps what it shows: a link that carries a secret cannot be tapped there.
        return f"<span>{escape(shown)}</span>"
