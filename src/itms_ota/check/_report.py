"""What a check returns, and the check itself."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .. import _urls
from .._arguments import check_callable, check_duration, check_time, check_type
from .._http import AS_DEVICE, HEADERS, UNBOUNDED, Limits, Network, Tls, new_fetch
from .._redact import redact_text, without_secrets
from .._shapes import INTEGER, SECONDS, TEXT, TIME, Derived, Many, Maybe, Record
from .._wording import SHOWN, Report, as_html, listed, not_looked_at_as_text, shapes_of, summary
from ..errors import errors_of, printable
from ..ipa import IPA_SHAPE, reservation
from ..link import InstallLink
from ..manifest import MANIFEST_SHAPE, Manifest, Metadata
from ._exchange import Session
from ._explain import next_steps
from ._install import look
from ._looks import not_looked_at
from ._probes import Asked
from ._target import read_target

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from .._http import Fetch
    from ..errors import Problem
    from ..ipa import Ipa
    from ..manifest import Item
    from . import _exchange
    from ._probes import Progress
    from ._target import Target

_MOST_BYTES = 128 * 1024 * 1024
_MOST_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One file that was asked for, and what came.

    `redirects` are the addresses that `url` led to, one after another. Signatures and passwords in them are shortened.
    `status` is that of the last answer, None where none came. `length` is the size of the file in bytes, None where
    the server does not say. A package is read by several requests, which are one step; `seconds` are those of them all.
    """

    method: str
    url: str
    status: int | None
    content_type: str | None
    length: int | None
    redirects: tuple[str, ...]
    tls: Tls | None
    seconds: float

    def __str__(self) -> str:
        parts = [f"{self.method:4} {' -> '.join((self.url, *self.redirects))}"]
        parts += ["no answer" if self.status is None else str(self.status)]
        parts += [self.content_type] if self.content_type else []
        parts += [f"{self.length:,} bytes"] if self.length is not None else []
        parts += [self.tls.version] if self.tls else []
        return printable("  ".join([*parts, f"{self.seconds:.2f} s"]))


# Addresses were written without their secrets when the step was made.
_STEP = Record(
    Step,
    {
        "method": TEXT,
        "url": TEXT,
        "status": Maybe(INTEGER),
        "content_type": Maybe(TEXT),
        "length": Maybe(INTEGER),
        "redirects": Many(TEXT),
        "tls": Maybe(
            Record(Tls, {"version": TEXT, "cipher": TEXT, "not_after": Maybe(TIME), "not_before": Maybe(TIME)})
        ),
        "seconds": SECONDS,
    },
)
_APP = Record(
    Metadata,
    {"title": SHOWN, "bundle_identifier": SHOWN, "bundle_version": Maybe(SHOWN)},
    name="App",
)


@dataclass(frozen=True, slots=True)
class CheckReport(Report):
    """What `check` found.

    - `problems`: the errors first, then in the order of the device.
    - `steps`: what was asked of servers.
    - `manifest`: the one that was checked, None where it could not be read.
    - `packages`: those that could be read.
    - `next_steps`: what a person still has to do on the device. There are none while there is an error.
    - `not_looked_at`: what nobody asked for, and what only a device can tell.
    - `manifests`: those of all links of a page or a text, of which `manifest` is the first; empty for any other target.

    The `path` of a problem is ``link``, ``link.url``, ``manifest`` (as it is fetched), a place in the manifest such as
    ``items[0].assets[0].url`` (also for what is wrong with the file that is there), or one in a package, which begins
    with ``Payload``. Of a page it is ``page``, or begins with the number of its link: ``links[0].manifest``.

    The dictionary also has what is handy for those who read JSON: ``"apps"``, the ``{title, bundle_identifier,
    bundle_version}`` of each app of the manifest, and of each package ``"signing"``, the kind of its profile, and
    ``"expires"``, when the app stops opening.
    """

    problems: tuple[Problem, ...]
    steps: tuple[Step, ...]
    manifest: Manifest | None = field(repr=False)
    packages: tuple[Ipa, ...]
    next_steps: tuple[str, ...]
    not_looked_at: tuple[str, ...] = ()
    manifests: tuple[Manifest, ...] = field(default=(), repr=False)

    _shapes = shapes_of(
        "check",
        steps=Many(_STEP),
        apps=Derived(Many(_APP), lambda report: [item.metadata for item in report._items()]),
        packages=Many(IPA_SHAPE),
        next_steps=Many(TEXT),
        not_looked_at=Many(TEXT),
        manifest=Maybe(MANIFEST_SHAPE),
        manifests=Many(MANIFEST_SHAPE),
    )

    def __str__(self) -> str:
        lines = [f"{self._title()}: {summary(self.problems)}"]
        lines += [f"  {step}" for step in self.steps]
        lines += [f"  {problem}" for problem in self.problems]
        if self.next_steps:
            lines += ["On the device:", *(f"  {number}. {text}" for number, text in enumerate(self.next_steps, 1))]
        lines += not_looked_at_as_text(self.not_looked_at)
        return "\n".join(map(printable, lines))

    def _repr_html_(self) -> str:
        from html import escape  # not needed for a check alone

        steps = "".join(f"<li><code>{escape(str(step))}</code></li>" for step in self.steps)
        todo = "".join(f"<li>{escape(printable(text))}</li>" for text in self.next_steps)
        undone = "".join(f"<li>Not looked at: {escape(printable(text))}</li>" for text in self.not_looked_at)
        problems = as_html(self._title(), self.problems)
        return f"<div><ul>{steps}</ul>{problems}<ol>{todo}{undone}</ol></div>"

    def _items(self) -> tuple[Item, ...]:
        manifests = self.manifests or ((self.manifest,) if self.manifest else ())
        return tuple(item for manifest in manifests for item in manifest.items)

    def _title(self) -> str:
        titles = [item.metadata.title for item in self._items()]
        apps = f" of {listed(titles, 3)}" if titles else ""
        return f"Install{apps}: {self._verdict()}"

    def _verdict(self) -> str:
        if not self.ok:
            return "will not work"
        if any(problem.code == "not-checked" for problem in self.problems):
            return "nothing found that stands in the way, but not all of it was looked at"
        return f"nothing stands in the way{reservation(self.not_looked_at)}"


def check(
    target: InstallLink | Manifest | str,
    *,
    udid: str | None = None,
    device: str | None = None,
    now: datetime | None = None,
    expires_within: timedelta | None = None,
    timeout: float = 10.0,
    max_seconds: float = 120.0,
    verify_hashes: bool = False,
    signature: bool = False,
    max_bytes: int | None = None,
    per_request_manifest: bool = False,
    public_only: bool = False,
    as_device: bool = False,
    user_agent: str | None = None,
    tls_context: ssl.SSLContext | None = None,
    connect_to: Mapping[str, str] | None = None,
    fetch: Fetch | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Check a deployment as a device would on a tap: the link, the manifest, each package and its images.

    `target` is an install link in any form that `inspect_link` reads, the URL of a manifest, a Manifest, or the URL of
    a page, or a text, with several links, of which the first 50 are checked.

    - `udid`, `device`: whether the app installs on the device with this UDID, and of this type, ``"iPhone14,5"``.
    - `now`: the timezone-aware time at which to judge dates.
    - `expires_within`: how long before its end a profile or a certificate is reported. By default these are 14 days;
      for the certificate of a server the last third of its lifetime where that is shorter.
    - `timeout`: how many seconds a server may be silent. `max_seconds` and `max_bytes`: what the whole check may take;
      by default 128 MiB, and with `verify_hashes` or `signature` what the packages need.
    - `verify_hashes`: read all of the packages, and compare them with the hashes in the manifest. `signature`: inspect
      their code signatures, as `inspect_signature` does. `progress` is then called with the bytes done and in all.
    - `per_request_manifest`: each request gets its own, as with ``Cache-Control: no-store``: URLs in it may end soon.
    - `public_only`, `tls_context`, `connect_to`, `fetch`: as in `open_url`. A `fetch` is called from several threads.
    - `as_device`: requests have the User-Agent of a device's downloader. `user_agent`: they have another.

    What is found is in the report, and never raises. What was asked for and could not be looked at is ``not-verified``.
    Raises TypeError for an argument of a wrong type. Raises ValueError for limits that are out of range, a `user_agent`
    that is not ASCII without line breaks, or is combined with `as_device`, and for `public_only` with a `fetch`.

    >>> from itms_ota.remote import Response
    >>> def fetch(method, url, headers, timeout, max_bytes):
    ...     return Response(200, {"Content-Type": "text/html"}, b"<html><body>Please log in</body></html>")
    >>> report = check("https://apps.example.com/manifest.plist", fetch=fetch)
    >>> report.ok, [(problem.path, problem.code) for problem in report.problems]
    (False, [('manifest', 'web-page')])
    """
    _check_arguments(target, now, expires_within, progress, udid=udid, device=device, user_agent=user_agent)
    name = _name(user_agent, as_device=as_device)
    now = now or datetime.now(timezone.utc)
    asked = Asked(now, udid, device, expires_within, verify_hashes, signature, per_request_manifest, progress)
    limits = Limits(timeout, max_seconds, _most_bytes(max_bytes, reads_all=asked.reads_all), _MOST_REQUESTS)
    fetch = new_fetch(limits, tls_context=tls_context, connect_to=connect_to, public_only=public_only, fetch=fetch)
    public_roots = tls_context is None and isinstance(fetch, Network)
    replaced = frozenset(name.lower() for name in connect_to or ())
    with closing(fetch):
        return _check(Session(limits, fetch, name, replaced, public_roots), read_target(target), asked)


def _most_bytes(max_bytes: int | None, *, reads_all: bool) -> int:
    check_type("max_bytes", max_bytes, int, type(None))
    if max_bytes is None:
        return UNBOUNDED if reads_all else _MOST_BYTES
    if max_bytes < 1:
        raise ValueError(f"max_bytes is {max_bytes!r}, and must be at least 1")
    return max_bytes


def _check_arguments(
    target: object, now: datetime | None, expires_within: timedelta | None, progress: object, **texts: object
) -> None:
    check_type("target", target, InstallLink, Manifest, str)
    for name, text in texts.items():
        check_type(name, text, str, type(None))
    check_time("now", now)
    check_duration("expires_within", expires_within)
    check_callable("progress", progress)


def _name(user_agent: str | None, *, as_device: bool) -> str:
    """Return what the requests call themselves."""
    if user_agent is None:
        return AS_DEVICE if as_device else HEADERS["User-Agent"]
    if as_device:
        raise ValueError("as_device cannot be combined with a user_agent: it is one")
    if not re.fullmatch("[ -~]+", user_agent):
        raise ValueError(f"user_agent is {redact_text(user_agent)}, and must be ASCII without line breaks")
    return user_agent


def _check(session: Session, given: Target, asked: Asked) -> CheckReport:
    found = look(session, given, asked)
    return CheckReport(
        problems=tuple(sorted(found.problems, key=lambda problem: problem.level != "error")),
        steps=tuple(_step(record) for file in found.files for record in file.records if record.asked),
        manifest=found.manifests[0] if found.manifests else None,
        packages=found.packages,
        next_steps=() if errors_of(found.problems) else tuple(next_steps(found.seen_manifest, found.packages)),
        not_looked_at=tuple(not_looked_at(asked, found.manifests, found.files)),
        manifests=found.manifests if found.from_links else (),
    )


def _step(record: _exchange.Record) -> Step:
    url, *redirects = (_urls.redact(url)[1:-1] for url in record.asked)
    return Step(
        method=record.method,
        url=url,
        status=record.status,
        content_type=without_secrets(record.header("content-type"))[:80] or None,
        length=record.length,
        redirects=tuple(redirects),
        tls=record.last.tls if record.last is not None else None,
        seconds=record.seconds,
    )
