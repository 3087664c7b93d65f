"""What a check returns, and the check itself."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .. import _urls
from .._arguments import check_callable, check_duration, check_time, check_type
from .._http import HEADERS, UNBOUNDED, Limits, new_fetch
from .._redact import redact_text, without_secrets
from .._wording import Report, as_html, summary
from ..errors import errors_of, printable
from ..link import InstallLink
from ..manifest import Manifest
from ._exchange import Session
from ._explain import explain, next_steps
from ._probes import Asked, SeenPackage, look_at_files, look_at_manifest
from ._rules import judge, unchecked_items, without_guesses
from ._target import read_target

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from .._http import Fetch, Tls
    from ..errors import Problem
    from ..ipa import Ipa
    from ..manifest import Item
    from ._exchange import Record
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


@dataclass(frozen=True, slots=True)
class CheckReport(Report):
    """What `check` found.

    - `problems`: the errors first, then in the order of the device.
    - `steps`: what was asked of servers.
    - `manifest`: the one that was checked, None where it could not be read.
    - `packages`: those that could be read.
    - `next_steps`: what a person still has to do on the device. There are none while there is an error.

    The `path` of a problem is ``link``, ``link.url``, ``manifest`` (as it is fetched), a place in the manifest such as
    ``items[0].assets[0].url`` (also for what is wrong with the file that is there), or one in a package, which begins
    with ``Payload``.
    """

    problems: tuple[Problem, ...]
    steps: tuple[Step, ...]
    manifest: Manifest | None = field(repr=False)
    packages: tuple[Ipa, ...]
    next_steps: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the report for JSON.

        ``{"ok": bool, "problems": [{path, code, message, level, line, column}], "steps": [{method, url, status,
        content_type, length, redirects, tls, seconds}], "apps": [{title, bundle_identifier, bundle_version}],
        "packages": [{bundle_identifier, short_version, build_version, display_name, platform, minimum_os_version,
        size, signing, expires}], "next_steps": [str]}``. `tls` is None or ``{version, cipher, not_after, not_before}``.
        Dates are written as in ISO 8601. `apps` are those of the manifest; `expires` is when the app stops opening.
        """
        return {
            "ok": self.ok,
            "problems": [asdict(problem) for problem in self.problems],
            "steps": [_step_as_dict(step) for step in self.steps],
            "apps": [_app_as_dict(item) for item in (self.manifest.items if self.manifest else ())],
            "packages": [_package_as_dict(ipa) for ipa in self.packages],
            "next_steps": list(self.next_steps),
        }

    def __str__(self) -> str:
        lines = [f"{self._title()}: {summary(self.problems)}"]
        lines += [f"  {step}" for step in self.steps]
        lines += [f"  {problem}" for problem in self.problems]
        if self.next_steps:
            lines += ["On the device:", *(f"  {number}. {text}" for number, text in enumerate(self.next_steps, 1))]
        return "\n".join(map(printable, lines))

    def _repr_html_(self) -> str:
        from html import escape  # not needed for a check alone

        steps = "".join(f"<li><code>{escape(str(step))}</code></li>" for step in self.steps)
        todo = "".join(f"<li>{escape(printable(text))}</li>" for text in self.next_steps)
        return f"<div><ul>{steps}</ul>{as_html(self._title(), self.problems)}<ol>{todo}</ol></div>"

    def _title(self) -> str:
        titles = [redact_text(item.metadata.title, 80) for item in self.manifest.items[:3]] if self.manifest else []
        apps = " of " + ", ".join(titles) if titles else ""
        return f"Install{apps}: {'nothing stands in the way' if self.ok else 'will not work'}"


def _step_as_dict(step: Step) -> dict[str, object]:
    tls = None
    if step.tls is not None:
        tls = {**asdict(step.tls), "not_after": _iso(step.tls.not_after), "not_before": _iso(step.tls.not_before)}
    return {**asdict(step), "redirects": list(step.redirects), "tls": tls}


def _app_as_dict(item: Item) -> dict[str, object]:
    metadata = item.metadata
    names = ("title", "bundle_identifier", "bundle_version")
    return {name: getattr(metadata, name) for name in names}


def _package_as_dict(ipa: Ipa) -> dict[str, object]:
    names = ("bundle_identifier", "short_version", "build_version", "display_name", "platform", "minimum_os_version")
    return {
        **{name: getattr(ipa, name) for name in (*names, "size")},
        "signing": None if ipa.profile is None else ipa.profile.kind,
        "expires": _iso(None if ipa.profile is None else ipa.profile.works_until),
    }


def _iso(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat()


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
    public_only: bool = False,
    user_agent: str | None = None,
    tls_context: ssl.SSLContext | None = None,
    connect_to: Mapping[str, str] | None = None,
    fetch: Fetch | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Check a deployment as a device would on a tap: the link, the manifest, each package and its images.

    `target` is an install link in any form that `inspect_link` reads, the URL of a manifest, or a Manifest.

    - `udid`, `device`: check also whether the app installs on the device with this UDID, and of this product type, such
      as ``"iPhone14,5"``.
    - `now`: the timezone-aware time at which to judge dates.
    - `expires_within`: how long before its end a profile or a certificate is reported. By default these are 14 days;
      for the certificate of a server the last third of its lifetime where that is shorter.
    - `timeout`: how many seconds a server may be silent. `max_seconds`: what the whole check may take.
    - `verify_hashes`: download the packages, which are otherwise read by byte ranges in a few requests, and compare
      them with the hashes in the manifest. `progress` is then called with the bytes done and the bytes in all.
    - `public_only`, `tls_context`, `connect_to`, `fetch`: as in `open_url`. A `fetch` is called from several threads,
      and without a `tls_context` only the ciphers of iOS are offered. The roots are those of this machine.
    - `user_agent`: what the requests call themselves. A device says ``com.apple.appstored/1.0 iOS/…``.

    At most 100 requests fetch at most 128 MiB, of which 2 MiB for the manifest and 4 MiB for an image;
    `verify_hashes` takes what the packages need. What is found is in the report, and never raises. Raises TypeError
    for an argument of a wrong type. Raises ValueError for limits that are out of range, for a `user_agent` that is not
    ASCII without line breaks, and for `public_only` with a `fetch`.

    >>> from itms_ota.remote import Response
    >>> def fetch(method, url, headers, timeout, max_bytes):
    ...     return Response(200, {"Content-Type": "text/html"}, b"<html><body>Please log in</body></html>")
    >>> report = check("https://apps.example.com/manifest.plist", fetch=fetch)
    >>> report.ok, [(problem.path, problem.code) for problem in report.problems]
    (False, [('manifest', 'web-page')])
    """
    _check_arguments(target, now, expires_within, progress, udid=udid, device=device, user_agent=user_agent)
    limits = Limits(timeout, max_seconds, UNBOUNDED if verify_hashes else _MOST_BYTES, _MOST_REQUESTS)
    fetch = new_fetch(limits, tls_context=tls_context, connect_to=connect_to, public_only=public_only, fetch=fetch)
    given = read_target(target)
    asked = Asked(udid, verify_hashes, progress, given.url, device, expires_within)
    replaced = frozenset(name.lower() for name in connect_to or ())
    with ExitStack() as closing:
        closing.callback(fetch.close)
        session = Session(limits, fetch, user_agent or HEADERS["User-Agent"], replaced, closing)
        return _check(session, given, asked, now or datetime.now(timezone.utc))


def _check_arguments(
    target: object, now: datetime | None, expires_within: timedelta | None, progress: object, **texts: object
) -> None:
    check_type("target", target, InstallLink, Manifest, str)
    for name, text in texts.items():
        check_type(name, text, str, type(None))
    check_time("now", now)
    check_duration("expires_within", expires_within)
    check_callable("progress", progress)
    user_agent = texts["user_agent"]
    if isinstance(user_agent, str) and not re.fullmatch("[ -~]+", user_agent):
        raise ValueError(f"user_agent is {redact_text(user_agent)}, and must be ASCII without line breaks")


def _check(session: Session, given: Target, asked: Asked, now: datetime) -> CheckReport:
    manifest, seen = given.manifest, None
    if given.url is not None:
        seen = look_at_manifest(session.exchange(), given.url)
        manifest = seen.report.manifest if seen.report is not None else None
    files = look_at_files(session, manifest, asked) if manifest is not None else []
    everything = [*([seen] if seen is not None else []), *files]
    places = {file.place for file in everything}
    problems = [*without_guesses(given.problems, places if seen is None else places | {"link.url"})]
    problems += [explain(problem, file) for file, problem in judge(everything, now, asked.expires_within)]
    problems += unchecked_items(manifest) if manifest is not None else ()
    problems.sort(key=lambda problem: problem.level != "error")
    packages = tuple(file.ipa for file in files if isinstance(file, SeenPackage) and file.ipa is not None)
    return CheckReport(
        problems=tuple(problems),
        steps=tuple(_step(record) for file in everything for record in file.records if record.asked),
        manifest=manifest,
        packages=packages,
        next_steps=() if errors_of(problems) else tuple(next_steps(seen, packages)),
    )


def _step(record: Record) -> Step:
    url, *redirects = (_urls.redact(url)[1:-1] for url in record.asked)
    total = re.fullmatch("bytes [^/]*/([0-9]{1,18})", record.header("content-range").strip())
    length = total[1] if total else record.header("content-length")
    return Step(
        method=record.method,
        url=url,
        status=record.status,
        content_type=without_secrets(record.header("content-type"))[:80] or None,
        length=int(length) if re.fullmatch("[0-9]{1,18}", length) else None,
        redirects=tuple(redirects),
        tls=record.last.tls if record.last is not None else None,
        seconds=record.seconds,
    )
