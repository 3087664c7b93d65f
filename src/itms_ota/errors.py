"""Problems as data, and the exceptions that carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Code",
    "DeviceError",
    "FetchError",
    "IpaError",
    "ItmsError",
    "Level",
    "LinkError",
    "ManifestError",
    "Problem",
]

Level = Literal["error", "warning"]
"""An ``"error"`` keeps a device from installing; a ``"warning"`` does not."""

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
    "duplicate-app",
    "wrong-file",
    "macos-package",
    "removed-key",
    "unknown-key",
    # what a link says
    "not-a-link",
    "other-scheme",
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
    "device-not-supported",
    "not-a-product-type",
    "no-executable",
    "no-such-ios",
    "watch-only",
    "fairplay",
    "no-profile",
    "app-store-profile",
    "development-profile",
    "profile-expired",
    "profile-expires-soon",
    "certificate-expired",
    "certificate-expires-soon",
    "certificate-not-yet-valid",
    "profile-mismatch",
    "device-not-in-profile",
    "not-a-udid",
    # would a device accept the code
    "not-signed",
    "ad-hoc-signed",
    "bad-executable",
    "bad-signature",
    "invalid-signature",
    "code-changed",
    "info-plist-changed",
    "signed-part-changed",
    "no-seal",
    "bad-seal",
    "resource-changed",
    "resource-missing",
    "resource-added",
    "nested-code-changed",
    "link-leads-out",
    "not-apple-signed",
    "certificate-not-in-profile",
    "other-team",
    "entitlement-not-in-profile",
    "no-application-identifier",
    "application-identifier-mismatch",
    "slices-differ",
    "entitlements-differ",
    "no-der-entitlements",
    "profile-not-genuine",
    "identifier-not-prefixed",
    "not-executable",
    "no-arm64",
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
    "bot-challenge",
    "content-type",
    "head-refused",
    "slow-head",
    "length-mismatch",
    "redirected-package",
    "image-cgbi",
    "image-not-square",
    "tls-too-old",
    "tls-no-forward-secrecy",
    "tls-expires-soon",
    "tls-lifetime",
    "signed-url-expired",
    "signed-url-expires-soon",
    "manifest-outlives-package",
    "not-checked",
    "not-verified",
    # the UDID of a device
    "not-an-answer",
    "answer-changed",
    "wrong-challenge",
    "device-not-verified",
    "bad-device-name",
    # what a log says
    "install-failed",
    "unknown-error-code",
    "no-package-request",
    "incomplete-download",
    "no-complete-install",
    # the command line
    "unreadable",
    "bad-call",
]
"""What kind of problem it is, for programs. Codes are stable; docs/codes.md explains each."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    `path` names the place as the file spells it: ``items[0].metadata.bundle-identifier``. It is empty where
    the whole file is meant. `code` and `path` are for programs, and stable; `message` is for people, and may
    change. An ``"error"`` keeps a device from installing. With a ``"warning"`` the app installs, or may, but
    something is off. `line` and `column` count from 1; they are None where no place in a text can be named.

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
    """Base class for errors caused by invalid input.

    `problems` holds every error that was found, not only the first; ``str()`` shows them all.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        # Of what is wrong only the type is named: the value may be long, or secret.
        if not isinstance(problems, Iterable):
            message = f"problems must be an iterable of Problem, not {type(problems).__name__}"
            raise TypeError(message)
        self.problems = tuple(problems)
        for index, problem in enumerate(self.problems):
            if not isinstance(problem, Problem):
                message = f"problems[{index}] must be a Problem, not {type(problem).__name__}"
                raise TypeError(message)
        # The tuple is the one argument, so that pickle, which calls cls(*args), restores it.
        super().__init__(self.problems)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep a device from installing."""
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems despite which the app installs, or may."""
        return warnings_of(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ManifestError(ItmsError, ValueError):
    """A manifest that no device would install from, or that cannot be written."""


class LinkError(ItmsError, ValueError):
    """A link, or a manifest's URL, that a device would not follow."""


class IpaError(ItmsError, ValueError):
    """A file that is not a readable .ipa, provisioning profile or icon."""


class DeviceError(ItmsError, ValueError):
    """An answer that no device has signed like this, or a question that no device answers."""


class FetchError(ItmsError, OSError):
    """A remote file that could not be fetched."""


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that keep a device from installing."""
    return tuple(problem for problem in problems if problem.level == "error")


def warnings_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems despite which the app installs, or may."""
    return tuple(problem for problem in problems if problem.level == "warning")


# Control characters, which a terminal obeys; line separators; what turns the direction of writing, or is not seen at
# all, so that text looks like other text (Unicode, UTR 36); lone surrogates. Not the joiners, which emoji and several
# scripts are written with.
_UNPRINTABLE = (
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    r"""Return one line of text for a terminal or a page, with an escape for every character that would act on it.

    >>> print(printable("My App\x1b[2J \u202egpj.exe"))
    My App\x1b[2J \u202egpj.exe
    """
    if text.isprintable():
        return text  # as nearly every text is
    return re.compile(_UNPRINTABLE).sub(lambda found: found[0].encode("unicode_escape").decode(), text)
