"""What can be wrong, and how it is told: problems are data, exceptions carry them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

__all__ = ["Code", "FetchError", "IpaError", "ItmsError", "Level", "LinkError", "ManifestError", "Problem"]

_T = TypeVar("_T")

Level = Literal["error", "warning"]

Code = Literal[
    # the file as such
    "too-large",
    "malformed-plist",
    "truncated",
    "text-before-xml",
    "stray-text",
    "unknown-element",
    "bare-ampersand",
    "wrong-encoding",
    "duplicate-key",
    "not-well-formed",
    "not-writable",
    # URLs
    "empty",
    "not-https",
    "relative-url",
    "no-host",
    "invalid-url",
    "whitespace",
    "placeholder",
    "credentials",
    "loopback-host",
    "private-host",
    # what a manifest says
    "not-a-manifest",
    "missing",
    "wrong-type",
    "wrong-kind",
    "no-package",
    "bad-hash",
    "unchecked-hashes",
    "bad-chunk-size",
    "upper-case-hash",
    "md5-only",
    "odd-bundle-identifier",
    "odd-version",
    "other-platform",
    "unknown-kind",
    "duplicate-kind",
    "wrong-file",
    "macos-package",
    "removed-key",
    "unknown-key",
    # what a link says
    "not-a-link",
    "surrounding-text",
    "trailing-text",
    "no-scheme",
    "wrong-scheme",
    "unsafe-scheme",
    "slashes",
    "no-query",
    "line-broken",
    "escaped",
    "html-escaped",
    "double-escaped",
    "semicolon",
    "mangled-separator",
    "encoded-link",
    "other-action",
    "unknown-action",
    "letter-case",
    "nested-link",
    "cut-short",
    "duplicate-parameter",
    "not-encoded",
    "double-encoded",
    "bad-attribute",
    # icons
    "bad-icon",
    # .ipa files
    "not-an-archive",
    "damaged-archive",
    "duplicate-entry",
    "encrypted-entry",
    "unknown-compression",
    "no-app",
    "several-apps",
    "not-a-profile",
    # can an app install over the air
    "wrong-platform",
    "wrong-device-family",
    "fairplay",
    "no-profile",
    "app-store-profile",
    "development-profile",
    "profile-expired",
    "profile-expires-soon",
    "profile-mismatch",
    "device-not-in-profile",
    "not-a-udid",
    # does a manifest describe an app
    "bundle-identifier-mismatch",
    "version-mismatch",
    "title-mismatch",
    "platform-mismatch",
    "chunk-size-mismatch",
    "hash-count-mismatch",
    "hash-mismatch",
    # the network
    "dns-failure",
    "refused",
    "unreachable",
    "not-public",
    "timeout",
    "time-limit",
    "byte-limit",
    "connection-dropped",
    "bad-response",
    "redirect-loop",
    "http-status",
    "tls-self-signed",
    "tls-private-root",
    "tls-unknown-issuer",
    "tls-expired",
    "tls-not-yet-valid",
    "tls-wrong-host",
    "tls-no-common-protocol",
    "tls-failure",
    # a remote file read by byte ranges
    "no-ranges",
    "no-length",
    "wrong-range",
    "content-encoded",
    "changed",
    "no-validator",
    # images
    "not-an-image",
    # would a tap install
    "empty-body",
    "web-page",
    "login-page",
    "share-page",
    "content-type",
    "head-refused",
    "length-mismatch",
    "image-cgbi",
    "image-not-square",
    "tls-too-old",
    "tls-no-forward-secrecy",
    "tls-expires-soon",
    "signed-url-expired",
    "signed-url-expires-soon",
    "manifest-outlives-package",
    "not-checked",
]
"""What a problem is, for programs. Codes are stable; docs/codes.md explains each."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    `path` names the place in the file's own spelling, ``items[0].metadata.bundle-identifier``;
    it is empty for the whole. `code` and `path` are for programs and stable; `message` is for
    people and free to change. An ``"error"`` keeps a device from installing; with a
    ``"warning"`` it will install, or may, but something is off. `line` and `column` count from
    1 and are there where the text of a file can be pointed at.

    >>> problem = Problem("items", "missing", "There are no items: add one.", line=3)
    >>> print(problem)
    error at items, line 3: There are no items: add one. [missing]
    """

    path: str
    code: Code
    message: str
    level: Level = "error"
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = f" at {self.path}" if self.path else ""
        if self.line is not None:
            place += f", line {self.line}" if place else f" at line {self.line}"
            if self.column is not None:
                place += f", column {self.column}"
        return printable(f"{self.level}{place}: {self.message} [{self.code}]")


class ItmsError(Exception):
    """Base of every exception that the library raises for what it was given.

    `problems` holds every error that was found, not just the first; ``str()`` shows them all.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self.problems = check_each("problems", problems, Problem)
        # The tuple is the one argument, so that pickle, which calls cls(*args), restores it.
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ManifestError(ItmsError, ValueError):
    """A manifest that no device would install from, or that cannot be written."""


class LinkError(ItmsError, ValueError):
    """A link, or a manifest's URL, that a device would not follow."""


class IpaError(ItmsError, ValueError):
    """A file that is no readable .ipa, provisioning profile or icon."""


class FetchError(ItmsError, OSError):
    """A remote file that could not be fetched."""


# A notebook keeps what it shows in its file.
_MOST_ROWS = 50

# Control characters, which a terminal obeys; line separators; what turns the direction of writing, or is not seen at
# all, so that text looks like other text (Unicode, UTR 36); lone surrogates. Not the joiners, which emoji and several
# scripts are written with.
_UNPRINTABLE = (
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    r"""Give one line of text as a terminal or a page can show it: what would act on them comes as an escape.

    >>> print(printable("My App\x1b[2J \u202egpj.exe"))
    My App\x1b[2J \u202egpj.exe
    """
    if text.isprintable():
        return text  # as nearly every text is
    return re.compile(_UNPRINTABLE).sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def summary(problems: Iterable[Problem]) -> str:
    """Count problems: ``2 errors, 1 warning``."""
    levels = [problem.level for problem in problems]
    counts = [(levels.count("error"), "error"), (levels.count("warning"), "warning")]
    return ", ".join(f"{count} {level}{'s' * (count > 1)}" for count, level in counts if count) or "no problems"


def as_text(title: str, problems: Iterable[Problem]) -> str:
    """Lay out a report for a terminal: a line of summary, then a line a problem."""
    problems = tuple(problems)
    return "\n".join([f"{printable(title)}: {summary(problems)}", *(f"  {problem}" for problem in problems)])


def as_html(title: str, problems: Iterable[Problem]) -> str:
    """Lay out a report for a notebook: small, and everything in it escaped."""
    from html import escape  # not needed to write a manifest or a link

    def shown(text: str) -> str:
        return escape(printable(text))

    problems = tuple(problems)
    rows = "".join(
        f"<tr><td>{problem.level}</td><td><code>{shown(problem.path)}</code></td>"
        f"<td style='text-align:left'>{shown(problem.message)}</td><td><code>{problem.code}</code></td></tr>"
        for problem in problems[:_MOST_ROWS]
    )
    if len(problems) > _MOST_ROWS:
        rows += f"<tr><td colspan='4' style='text-align:left'>and {len(problems) - _MOST_ROWS} more</td></tr>"
    table = f"<table>{rows}</table>" if rows else ""
    return f"<div><b>{shown(title)}</b>: {summary(problems)}{table}</div>"


# What is of a wrong type is refused by the name of its argument.


def check_type(name: str, value: object, *kinds: type) -> None:
    """Raise TypeError for a value that is of none of these types."""
    if not isinstance(value, kinds):
        wanted = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        # The value itself may be long, or secret.
        message = f"{name} must be {wanted}, not {type(value).__name__}"
        raise TypeError(message)


def check_each(name: str, values: Iterable[_T], kind: type) -> tuple[_T, ...]:
    """Give what an iterable yields; TypeError where that is not all of one type."""
    check_type(name, values, Iterable)
    parts = tuple(values)
    for part in parts:
        check_type(f"each of {name}", part, kind)
    return parts


def check_texts(name: str, texts: Mapping[str, str]) -> None:
    """Raise TypeError for what is no mapping of str to str."""
    check_type(name, texts, Mapping)
    check_each(f"names and values of {name}", (*texts, *texts.values()), str)


def check_callable(name: str, value: object) -> None:
    """Raise TypeError for what can be called by nobody, but None."""
    if value is not None and not callable(value):
        message = f"{name} must be callable or None, not {type(value).__name__}"
        raise TypeError(message)


def check_time(name: str, time: datetime | None) -> None:
    """Raise TypeError for what is no aware datetime, nor None."""
    check_type(name, time, datetime, type(None))
    if time is not None and time.utcoffset() is None:
        message = f"{name} must be an aware datetime, such as datetime.now(timezone.utc), not {time!r}"
        raise TypeError(message)


def check_path(name: str, path: str | os.PathLike[str]) -> str:
    """Give a path as text; TypeError for what is none, and for text that can be no path an error for that."""
    check_type(name, path, str, os.PathLike)
    text = os.fspath(path)
    check_type(name, text, str)
    try:
        possible = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise _ImpossiblePathError(errno.ENOENT, f"{name} can be no path", text)
    return text


class _ImpossiblePathError(FileNotFoundError, ValueError):
    """There is no such file; `open` has a ValueError for it, which callers do not expect of a name."""
