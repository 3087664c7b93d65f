"""What the requests of an attempt come to: how far it came, what that means, and what is wrong."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import Problem
from ._kept import Judged
from ._model import Attempt
from ._personal import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import Code
    from ._model import Outcome, Stage

_LOGIN = "A device sends no cookies and no login. Serve the file without them."
_GONE = "Upload the file, or correct its address."
_SERVER = "Look at the error log of the server."

_GAVE_UP = ("The device, or somebody at it, gave up before the server had answered.", "Make the server answer faster.")

STATUSES: Mapping[int, tuple[str, str]] = {
    0: _GAVE_UP,
    401: ("The server wants a login. The device asks for a name and password, for every file.", _LOGIN),
    403: (
        "The server refuses the file: a login, a signed URL that has expired, or protection against robots.",
        f"{_LOGIN} Sign the URL again, and let the User-Agent of the downloader through.",
    ),
    404: ("There is no such file.", _GONE),
    405: ("The server does not allow this method.", "Allow GET and HEAD."),
    407: ("A proxy wants a login.", _LOGIN),
    408: ("The server did not wait for the request.", _SERVER),
    410: ("The file is no longer there.", _GONE),
    416: (
        "The device went on with a download at a byte that the file does not have. The file was replaced meanwhile.",
        "Give each build a name of its own.",
    ),
    429: ("The server limits how often it may be asked.", "Raise the limit for these files."),
    451: ("The file is blocked for legal reasons.", _GONE),
    460: _GAVE_UP,
    499: _GAVE_UP,
    500: ("The server failed.", _SERVER),
    502: ("The server behind the proxy did not answer, or sent an answer that is not valid.", _SERVER),
    503: ("The server is overloaded, or switched off.", _SERVER),
    504: ("The server behind the proxy did not answer in time.", _SERVER),
}
"""What a status means for a download by a device. (RFC 9110, 15; nginx: 499; AWS: 460; CloudFront: 000)"""

# Some servers count the header of the answer, which differs by a few bytes.
_HEADER = 1024
# Builds that were put at one address, one after another.
_MOST_LENGTHS = 100


class Lengths:
    """How long the answers were in which a package was sent, and how often each length was seen."""

    def __init__(self) -> None:
        self.largest = 0
        self._counts: OrderedDict[int, int] = OrderedDict()

    def add(self, size: int) -> None:
        """Count one answer."""
        self.largest = max(self.largest, size)
        self._counts[size // _HEADER] = self._counts.get(size // _HEADER, 0) + 1
        if len(self._counts) > _MOST_LENGTHS:
            self._counts.popitem(last=False)

    def times(self, size: int) -> int:
        """Return how many answers had this length, or nearly so."""
        return sum(self._counts.get(size // _HEADER + step, 0) for step in (-1, 0, 1))


_ONLY_DEVICE = "Whether the device installed it is only in the log of the device."


@dataclass(slots=True)
class Tally:
    """What one device asked for in one attempt, so far."""

    line: int
    client: str
    system: str | None
    last_line: int = 0
    time: float | None = None
    manifest: str | None = None
    manifest_status: int | None = None
    manifest_line: int = 0
    package: str | None = None
    head_status: int | None = None
    package_status: int | None = None
    package_line: int = 0
    sent: int = 0
    largest_part: int = 0
    in_ranges: bool = False
    total: int | None = None
    bad_image: tuple[int, int] | None = None
    steps: list[str] = field(default_factory=list[str])


def judge(tally: Tally, lengths: Lengths, *, personal: bool) -> Judged:
    """Judge an attempt; `lengths` are those of the package, as far as the log has them."""
    outcome, stage, explanation, problems = _verdict(tally, lengths)
    if tally.bad_image:
        line, status = tally.bad_image
        message = f"A picture was answered with status {status:03}. The app installs without it. {_GONE}"
        problems = [*problems, Problem("image", "http-status", message, "warning", line=line)]
    app = tally.manifest or tally.package
    attempt = Attempt(
        line=tally.line,
        last_line=tally.last_line,
        seen_by="server",
        device=tally.client,
        system=tally.system,
        app=None if app is None else shown(app, personal=personal),
        stage=stage,
        outcome=outcome,
        explanation=explanation,
        steps=tuple(tally.steps),
    )
    return Judged(attempt, tuple(problems))


def _verdict(tally: Tally, lengths: Lengths) -> tuple[Outcome, Stage, str, list[Problem]]:
    if tally.package is None:
        return _without_package(tally)
    if tally.package_status is None:
        return _only_head(tally)
    status = tally.package_status
    is_whole = _is_whole(tally, lengths)
    if is_whole or (is_whole is None and 0 < tally.sent >= lengths.largest - _HEADER and not tally.in_ranges):
        return _delivered(tally, is_sure=bool(is_whole))
    if _is_refused(status):
        return _refused("package", status, tally.package_line)
    if is_redirect(status):
        message = (
            f"The package is redirected (status {status}), and the log does not show where the device went. Devices "
            "may not follow redirects of packages: reports disagree. Write the last address into the manifest."
        )
        return _unknown(tally, "package", "package", "redirected-package", message)
    sent = f"{tally.sent:,} bytes of the package were sent" if tally.sent else "The log counts no bytes of the package"
    message = (
        f"{sent}. The log does not show that this is all of it: the device may have gone on later, been "
        "canceled, or lost the connection. Serve ranges of bytes, and look for a proxy that cuts long answers."
    )
    return _unknown(tally, "download", "package", "incomplete-download", message)


def _is_whole(tally: Tally, lengths: Lengths) -> bool | None:
    """Return whether the whole package was sent; None where the log does not tell."""
    if tally.total is not None:
        return 0 < tally.total <= tally.sent + _HEADER
    # Two downloads that break off at the same byte are not expected. Ranges are not among the answers that are counted.
    if not tally.in_ranges:
        return True if tally.sent and lengths.times(tally.sent) >= 2 else None
    # A part may be the whole file, fetched once more.
    return any(size and lengths.times(size) for size in (tally.sent, tally.largest_part)) or None


def _delivered(tally: Tally, *, is_sure: bool) -> tuple[Outcome, Stage, str, list[Problem]]:
    if is_sure:
        return "delivered", "download", f"The package was sent whole. {_ONLY_DEVICE}", []
    message = (
        f"{tally.sent:,} bytes of the package were sent, and the log has no length to compare them with. Compare them "
        "with the size of the file."
    )
    problem = Problem("package", "not-checked", message, "warning", line=tally.package_line)
    return "delivered", "download", f"{message} {_ONLY_DEVICE}", [problem]


def _without_package(tally: Tally) -> tuple[Outcome, Stage, str, list[Problem]]:
    status = tally.manifest_status or 0
    if _is_refused(status):
        return _refused("manifest", status, tally.manifest_line)
    if is_redirect(status):
        message = (
            f"The manifest is redirected (status {status}), and the log does not show where the device went. Read the "
            "log of the server that it leads to."
        )
    else:
        message = (
            "The address of the manifest was answered, and this log shows no request for the package. Nobody tapped "
            "Install, the answer is not a manifest that the device can use, or the package is on another server. Check "
            "the manifest with `python -m itms_ota check LINK`, and read the log of the package's server."
        )
    return _unknown(tally, "manifest", "manifest", "no-package-request", message)


def _only_head(tally: Tally) -> tuple[Outcome, Stage, str, list[Problem]]:
    status = tally.head_status or 0
    if _is_refused(status):
        return _refused("package", status, tally.package_line)
    message = (
        "The device asked for the size of the package, and never fetched it: it was canceled, has too little space, "
        "waits for a wireless network, or fetches from another server. Try again at the device, and free space."
    )
    return _unknown(tally, "package", "package", "incomplete-download", message)


def _is_refused(status: int) -> bool:
    return status >= 400 or status == 0


def is_redirect(status: int | None) -> bool:
    """Return whether a status leads elsewhere; 304 says that what the client has is still right (RFC 9110, 15.4.5)."""
    return status is not None and 300 <= status < 400 and status != 304


def _refused(what: Stage, status: int, line: int) -> tuple[Outcome, Stage, str, list[Problem]]:
    says, cure = STATUSES.get(status, ("The meaning of this status is not known here.", _SERVER))
    shows = "'Cannot connect'" if what == "manifest" else "'Unable to Download App'"
    message = f"The {what} was answered with status {status:03}. {says} On the device: {shows}. {cure}"
    return "failed", what, message, [Problem(what, "http-status", message, line=line)]


def _unknown(
    tally: Tally, stage: Stage, path: str, code: Code, message: str
) -> tuple[Outcome, Stage, str, list[Problem]]:
    line = tally.package_line or tally.manifest_line
    return "unknown", stage, message, [Problem(path, code, message, "warning", line=line)]
