"""Would a tap install the app, and if not, why: all that can be known without a device, in one call.

The way is a device's: the link, the manifest, each package and its images (iOS 26.1's own daemons; Apple, Distribute
proprietary in-house apps). What a device shows for a fault is what its users report.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, TypeVar

from . import _hosting, _urls
from ._http import HEADERS, UNBOUNDED, Fetch, Limits, Network, Response, Tls, fail, hops, is_public, new_fetch
from ._png import read_header
from ._redact import redact_text, without_secrets
from .errors import (
    FetchError,
    IpaError,
    LinkError,
    Problem,
    as_html,
    check_callable,
    check_time,
    check_type,
    printable,
    summary,
)
from .ipa import Ipa, read_ipa
from .link import InstallLink, inspect_link
from .manifest import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, Manifest, inspect_manifest
from .remote import RemoteFile

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator, Sequence

    from .errors import Code
    from .manifest import Item

__all__ = ["CheckReport", "Step", "check"]

_T = TypeVar("_T")
_Role = Literal["manifest", "package", "image"]
_Progress = Callable[[int, int], object]

_LARGEST_MANIFEST = 2 * 1024 * 1024  # more is none, for `inspect_manifest`
_LARGEST_IMAGE = 4 * 1024 * 1024
_MOST_OF_A_PACKAGE = 64 * 1024 * 1024
_MOST_BYTES = 128 * 1024 * 1024
_MOST_REQUESTS = 100
_MOST_ITEMS = 16
_MOST_HOPS = 11  # shown: each range of a package may be redirected anew
_MOST_AT_ONCE = 8
_START = 64 * 1024
_SOON = timedelta(days=14)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One file that was asked for, and what came.

    `redirects` are the addresses that `url` led to, one after another; all are without secrets: no signatures, no
    passwords. `status` is the last one's, None where no answer came. `length` is the file's in bytes, None where the
    server does not say. A package is read by several requests, and is one step; `seconds` are those of them all.
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
class CheckReport:
    """What `check` found.

    `problems` are the worst first, then in the device's order; `steps` what was asked of servers; `manifest` the one
    that was meant, None where that cannot be told; `packages` those that could be read. `next_steps` are what a person
    still has to do on the device; there are none while there is an error.

    The `path` of a problem is ``link``, ``link.url``, ``manifest`` (as it is fetched), a place in the manifest such as
    ``items[0].assets[0].url`` (also for what is wrong with the file that is there), or one in a package, which begins
    with ``Payload``.
    """

    problems: tuple[Problem, ...]
    steps: tuple[Step, ...]
    manifest: Manifest | None = field(repr=False)
    packages: tuple[Ipa, ...]
    next_steps: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found that will stop the install: there is no error."""
        return not any(problem.level == "error" for problem in self.problems)

    def to_dict(self) -> dict[str, object]:
        """Give the report for JSON.

        ``{"ok": bool, "problems": [{path, code, message, level, line, column}], "steps": [{method, url, status,
        content_type, length, redirects, tls, seconds}], "apps": [{title, bundle_identifier, bundle_version}],
        "packages": [{bundle_identifier, short_version, build_version, display_name, platform, minimum_os_version,
        size, signing, expires}], "next_steps": [str]}``. `tls` is None or ``{version, cipher, not_after}``; dates are
        of ISO 8601; `apps` are the manifest's.
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
        tls = {**asdict(step.tls), "not_after": _iso(step.tls.not_after)}
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
        "expires": _iso(None if ipa.profile is None else ipa.profile.expires),
    }


def _iso(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat()


def check(
    target: InstallLink | Manifest | str,
    *,
    udid: str | None = None,
    now: datetime | None = None,
    timeout: float = 10.0,
    max_seconds: float = 120.0,
    verify_hashes: bool = False,
    public_only: bool = False,
    user_agent: str | None = None,
    tls_context: ssl.SSLContext | None = None,
    connect_to: Mapping[str, str] | None = None,
    fetch: Fetch | None = None,
    progress: _Progress | None = None,
) -> CheckReport:
    """Look at a deployment as a device would on a tap: the link, the manifest, each package and its images.

    `target` is an install link in any form that `inspect_link` reads, the URL of a manifest, or a Manifest.

    - `udid`: also tell whether the app installs on this device. `now`: judge dates as of then, aware.
    - `timeout`: seconds that a server may be silent. `max_seconds`: what the whole check may take.
    - `verify_hashes`: download the packages, which else are read by byte ranges in a few requests, and compare them
      with the manifest's hashes, where it has any; `progress` is then called with the bytes done and those in all.
    - `public_only`, `tls_context`, `connect_to`, `fetch`: as in `open_url`. A `fetch` is called from several threads.
    - `user_agent`: what the requests call themselves. A device says ``com.apple.appstored/1.0 iOS/…``.

    What is found never raises; it is in the report. TypeError for an argument of a wrong type, ValueError for limits
    that are none, for a `user_agent` that no header can carry, and for `public_only` with a `fetch`.

    At most 128 MiB are fetched, of them 2 MiB for the manifest and 4 MiB for an image, by at most 100 requests, but for
    what `verify_hashes` takes. The manifest comes first, since it names the rest; packages and images are fetched side
    by side.

    Unless there is a `tls_context`, the ciphers are those that iOS offers, ECDHE alone. Python by itself offers DHE as
    well, and a server that prefers it would hide whether a device finds anything in common with it. The roots are those
    of this machine: a device may know others.

    >>> def fetch(method, url, headers, timeout, max_bytes):
    ...     return Response(200, {"Content-Type": "text/html"}, b"<html><body>Please log in</body></html>")
    >>> report = check("https://apps.example.com/manifest.plist", fetch=fetch)
    >>> report.ok, [(problem.path, problem.code) for problem in report.problems]
    (False, [('manifest', 'web-page')])
    """
    check_type("target", target, InstallLink, Manifest, str)
    check_type("udid", udid, str, type(None))
    check_type("user_agent", user_agent, str, type(None))
    check_time("now", now)
    check_callable("progress", progress)
    if user_agent is not None and not re.fullmatch("[ -~]+", user_agent):
        raise ValueError(f"user_agent is {user_agent!r}, and must be ASCII without line breaks")
    limits = Limits(timeout, max_seconds, UNBOUNDED if verify_hashes else _MOST_BYTES, _MOST_REQUESTS)
    fetch = new_fetch(limits, tls_context=tls_context, connect_to=connect_to, public_only=public_only, fetch=fetch)
    with ExitStack() as closing:
        run = _Run(
            limits=limits,
            fetch=fetch,
            closing=closing,
            user_agent=HEADERS["User-Agent"] if user_agent is None else user_agent,
            replaced=frozenset(name.lower() for name in connect_to or ()),
            now=now or datetime.now(timezone.utc),
            udid=udid,
            verify_hashes=verify_hashes,
            progress=progress,
        )
        return _report(run, target)


# The way of a device.


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What one check was asked for, and what it may still spend."""

    limits: Limits
    fetch: Fetch
    closing: ExitStack
    user_agent: str
    replaced: frozenset[str]
    now: datetime
    udid: str | None
    verify_hashes: bool
    progress: _Progress | None

    def new_fetch(self) -> Fetch:
        """Give what fetches one file: threads share limits, and no connection."""
        if not isinstance(self.fetch, Network):
            return self.fetch
        network = self.fetch.another()
        self.closing.callback(network.close)
        return network


def _report(run: _Run, target: InstallLink | Manifest | str) -> CheckReport:
    problems: list[Problem] = []
    manifest: Manifest | None = None
    first: _Visit | None = None
    if isinstance(target, Manifest):
        manifest = target
        problems += _of_manifest(manifest.problems())
    else:
        found, url = _address(target)
        problems += found
        if url is not None:
            first = _Visit(run, "manifest", "manifest", url)
            manifest = _fetch_manifest(first)
    files = [*_files(run, manifest)] if manifest is not None else []
    if first is not None and files:
        files[0].visit.continue_on(first)
    for group in _groups(files):
        _side_by_side(group)
    if run.verify_hashes:
        run.limits.lift_requests()  # time alone bounds packages that are read whole
    for file in files:
        file.compare()
        file.visit.problems += file.doubts()
        if first is not None:
            file.visit.problems += _outlived(first, file.visit)
    visits = [*([first] if first else []), *(file.visit for file in files)]
    seen: set[str] = set()
    for visit in visits:
        problems += [*_host_problems(visit, seen), *visit.problems]
    problems += _unchecked_items(manifest)
    problems.sort(key=lambda problem: problem.level != "error")
    packages = tuple(file.ipa for file in files if file.ipa is not None)
    return CheckReport(
        problems=tuple(problems),
        steps=tuple(step for visit in visits for step in visit.steps),
        manifest=manifest,
        packages=packages,
        next_steps=() if problems and problems[0].level == "error" else _next_steps(first, packages),
    )


# With any scheme; but where a link is within an address, the link is meant.
_ADDRESS = re.compile(r"(?is)(?!.*itms-service)[a-z][a-z0-9+.-]*://")


def _address(target: InstallLink | str) -> tuple[list[Problem], str | None]:
    """Find out what a device would ask for first, and what is wrong with the text that says so."""
    if isinstance(target, str) and _ADDRESS.match(address := target.strip(_urls.SPACE)):
        try:
            target = InstallLink(address)
        except LinkError as error:
            problems = [replace(problem, path="manifest") for problem in error.problems]
            if any(problem.code != "credentials" for problem in problems):
                return problems, None
            # No link is made of it, but a device may follow one that is there.
            return [replace(problem, level="warning") for problem in problems], _urls.normalise(address)
    if isinstance(target, InstallLink):
        return [replace(problem, path="manifest") for problem in target.problems()], target.manifest_url
    report = inspect_link(target)
    problems = [replace(problem, path=f"link.{problem.path}".rstrip(".")) for problem in report.problems]
    if report.ok and report.device_url is not None:
        return problems, _urls.normalise(report.device_url)
    # A link that fails is followed all the same, to where it was meant to lead: one call tells all that is wrong.
    return problems, None if report.link is None else report.link.manifest_url


def _fetch_manifest(visit: _Visit) -> Manifest | None:
    body = visit.fetch_whole(_LARGEST_MANIFEST)
    if body is None:
        return None
    report = inspect_manifest(body)
    visit.problems += _of_manifest(report.problems)
    if report.manifest is not None:
        visit.expect_type(MANIFEST_CONTENT_TYPE, "text/xml", "application/x-plist", "application/x-apple-plist")
    return report.manifest


def _of_manifest(problems: Iterable[Problem]) -> list[Problem]:
    return [replace(problem, path=problem.path or "manifest") for problem in problems]


def _files(run: _Run, manifest: Manifest) -> Iterator[_File]:
    """Give what is fetched of each item: the package, and the images, that a device would take."""
    for number, item in enumerate(manifest.items[:_MOST_ITEMS]):
        roles: tuple[_Role, ...] = ("package", "image", "image")
        for role, asset in zip(roles, (item.package, item.display_image, item.full_size_image), strict=True):
            url = _urls.normalise(asset.url) if asset is not None else ""
            # What is no address was reported with the manifest, or is not there.
            if asset is not None and not any(problem.level == "error" for problem in _urls.problems(url, "")):
                place = f"items[{number}].assets[{item.assets.index(asset)}].url"
                yield _File(_Visit(run, role, place, url), number, item)


def _unchecked_items(manifest: Manifest | None) -> list[Problem]:
    count = len(manifest.items) if manifest is not None else 0
    if count <= _MOST_ITEMS:
        return []
    message = (
        f"The manifest has {count} items, and the packages of the first {_MOST_ITEMS} were looked at. A device "
        "installs all of them: split the manifest to check the others."
    )
    return [Problem(f"items[{_MOST_ITEMS}]", "not-checked", message, "warning")]


def _groups(files: list[_File]) -> list[list[_File]]:
    """Put packages before images where the requests may not suffice for all."""
    if len(files) <= _MOST_AT_ONCE:
        return [files]
    return [[file for file in files if (file.visit.role == "image") is later] for later in (False, True)]


def _side_by_side(files: Sequence[_File]) -> None:
    from concurrent.futures import ThreadPoolExecutor  # loads logging

    with ThreadPoolExecutor(_MOST_AT_ONCE, "itms_ota-check") as pool:
        for _ in pool.map(_File.look, files):
            pass


class _File:
    """A package or an image of an item, and what is in it."""

    def __init__(self, visit: _Visit, number: int, item: Item) -> None:
        self.visit = visit
        self.ipa: Ipa | None = None
        self._number = number
        self._item = item
        self._package: _Package | None = None

    def look(self) -> None:
        """Fetch what is needed of it; called in a thread of its own."""
        if self.visit.role == "image":
            self._look_at_image()
        else:
            self._look_into_package()

    def _look_at_image(self) -> None:
        visit = self.visit
        body = visit.fetch_whole(_LARGEST_IMAGE)
        if body is None:
            return
        try:
            width, height, cgbi = read_header(body)
        except IpaError:
            message = f"What is served as an image starts with {body[:12]!r} and is no PNG: save the picture as PNG."
            visit.add("not-an-image", message)
            return
        visit.expect_type("image/png")
        if len(body) > _LARGEST_IMAGE:
            visit.add(
                "too-large", f"The image has more than {_LARGEST_IMAGE:,} bytes: make it small, 512 pixels or 57."
            )
        if cgbi:
            message = (
                "The image is a PNG of Xcode's own kind (CgBI), as it stands in an .ipa: browsers cannot show it, and "
                "whether iOS does here is unknown. Serve a plain PNG, such as Ipa.icon_png() makes."
            )
            visit.add("image-cgbi", message, "warning")
        if width != height:
            message = (
                f"The image has {width} x {height} pixels: icons are square, 57 x 57 and 512 x 512 (Apple's guide)."
            )
            visit.add("image-not-square", message, "warning")

    def _look_into_package(self) -> None:
        visit = self.visit
        head = visit.attempt("HEAD", self._head)
        package = visit.attempt("GET", self._read)
        if package is None or self.ipa is None:
            return
        visit.problems += self.ipa.problems(udid=visit.run.udid, now=visit.run.now)
        visit.expect_type(IPA_CONTENT_TYPE, "binary/octet-stream", "application/x-itunes-ipa")
        if not visit.ranges:
            message = (
                "The server ignores the byte range that was asked for and sends the whole package: a device that loses "
                "the connection begins anew. Let it answer Range requests."
            )
            visit.add("no-ranges", message, "warning")
        self._judge_head(head, package.size)

    def _judge_head(self, head: Response | None, size: int) -> None:
        visit = self.visit
        if head is None or head.status != 200:
            what = f"with status {head.status}" if head is not None else "with nothing that counts"
            message = (
                f"The server answers {what} to a HEAD request, with which a device asks for the length before it "
                "downloads. It goes on without; allow HEAD if you can (a URL signed for GET alone never does)."
            )
            visit.add("head-refused", message, "warning")
            return
        length = head.headers.get("content-length", "")
        if not length:
            message = (
                "HEAD does not tell how long the package is, so a device shows no progress: send Content-Length, as "
                "for a plain file."
            )
            visit.add("no-length", message, "warning")
        elif length != str(size):
            message = (
                f"HEAD announces {length[:20]!r} bytes, and the package has {size}: a device may take the download for "
                "incomplete. Look for a proxy that compresses, or several servers that differ."
            )
            visit.add("length-mismatch", message, "warning")

    def _head(self) -> Response | None:
        visit = self.visit
        try:
            *_, (_, response) = hops(visit, visit.url, HEADERS, visit.run.limits, 1, method="HEAD")
        except FetchError:
            return None  # the device goes on; what does not only concern HEAD, the GET will show
        return response

    def _read(self) -> _Package:
        visit = self.visit
        most = UNBOUNDED if visit.run.verify_hashes else _MOST_OF_A_PACKAGE
        try:
            self._package = package = _Package(visit.url, visit, visit.run.limits, most)
            visit.refuse_pages()
            if package.size == 0:
                fail("empty-body", "The file is empty: upload the .ipa again.")
            self.ipa = read_ipa(package)
        except FetchError as error:
            if error.problems[0].code in {"no-ranges", "content-encoded"}:
                visit.refuse_pages()
            raise
        return package

    def compare(self) -> None:
        """Hold the package against its item of the manifest."""
        # Whatever is compared hangs on the identifier; that there is none was reported with the manifest.
        if self.ipa is None or self._package is None or not self._item.metadata.bundle_identifier:
            return
        visit, ipa = self.visit, self.ipa
        alone = Manifest(items=(self._item,))
        if visit.run.verify_hashes:
            self._package.progress = visit.run.progress
            problems = visit.attempt("GET", lambda: ipa.compare(alone, verify_hashes=True)) or ()
        else:
            problems = ipa.compare(alone)
        for problem in problems:
            path = problem.path.replace("items[0]", f"items[{self._number}]", 1)
            visit.problems.append(replace(problem, path=path))

    def doubts(self) -> list[Problem]:
        """Say what is doubtful about the way in which the package was read."""
        return [*map(self.visit.placed, self._package.problems)] if self._package is not None else []


class _Package(RemoteFile):
    """A package on its server, which tells how far it has been read."""

    progress: _Progress | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.progress is not None:
            self.progress(self.tell(), self.size)
        return data


class _Visit:
    """One file that a device would ask for: a `Fetch` that notes what came, and what is wrong with it."""

    def __init__(self, run: _Run, role: _Role, place: str, url: str) -> None:
        self.run = run
        self.role = role
        self.place = place
        self.url = url
        self.last_url = url
        self.expires = _hosting.expiry(url)
        self.problems: list[Problem] = []
        self.steps: list[Step] = []
        self.hosts: dict[str, tuple[Tls | None, str | None]] = {}
        self.ranges = True
        self._fetch = run.new_fetch()
        self._asked: list[str] = []
        self._last: Response | None = None
        self._start = b""
        if self.expires is not None:
            self.problems += self._expiry_problems(self.expires)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /
    ) -> Response:
        self.run.limits.request()
        self.last_url = url
        self._last = None
        if len(self._asked) < _MOST_HOPS and url not in self._asked:
            self._asked.append(url)
        headers = {**headers, "User-Agent": self.run.user_agent}
        response = self._fetch(method, url, headers, timeout, max_bytes)
        self.hosts.setdefault(_origin(url), (response.tls, response.address))
        if response.status == 200 and "Range" in headers:
            self.ranges = False
        if response.status in {200, 206} and not self._start:
            self._start = response.body[:_START]
        self._last = replace(response, body=b"")
        return response

    def continue_on(self, other: _Visit) -> None:
        """Use the connection of another visit, which is over."""
        self._fetch = other._fetch

    def attempt(self, method: str, action: Callable[[], _T]) -> _T | None:
        """Do what asks the server, and note it as a step; where it fails, that is a finding, and the result None."""
        self._asked = []
        self._last = None
        self._start = b""
        begin = time.monotonic()
        try:
            return action()
        except (FetchError, IpaError) as error:
            # That a URL has expired was told already, and explains that the server refuses it.
            dead = self.expires is not None and self.expires <= self.run.now
            self.problems += [self.placed(p) for p in error.problems if not (dead and p.code == "http-status")]
            return None
        finally:
            if self._asked:
                self.steps.append(_step(method, self._asked, self._last, time.monotonic() - begin))

    def fetch_whole(self, limit: int) -> bytes | None:
        """Fetch a file of at most that many bytes, and one more of a longer one."""

        def action() -> bytes:
            *_, (_, response) = hops(self, self.url, HEADERS, self.run.limits, limit + 1)
            coding = response.headers.get("content-encoding", "identity").lower()
            if response.status != 200:
                fail("http-status", "")
            if coding != "identity":
                message = (
                    f"The file comes as Content-Encoding {coding[:40]!r}, which was not asked for. A device may "
                    "unpack it, but nothing can be told of it here: switch compression off."
                )
                fail("content-encoded", message)
            self.refuse_pages()
            if not response.body:
                fail("empty-body", "The server sends an empty file: upload it again.")
            return response.body

        return self.attempt("GET", action)

    def refuse_pages(self) -> None:
        """Fail where a web page came in place of the file."""
        if inspect_manifest(self._start).kind == "html":
            fail(*_hosting.page(self.url, self.last_url, self._start))

    def add(self, code: Code, message: str, level: Literal["error", "warning"] = "error") -> None:
        """Note what is wrong with the file."""
        self.problems.append(self.placed(Problem("", code, message, level)))

    def expect_type(self, *types: str) -> None:
        """Note a Content-Type that is none of these; the first is the one to send."""
        given = self._last.headers.get("content-type", "") if self._last is not None else ""
        if given.partition(";")[0].strip().lower() not in types:
            message = (
                f"The Content-Type of the {self.role} is {redact_text(given, 80)}. Devices were not seen to mind, but "
                f"proxies and browsers may: send {types[0]}."
            )
            self.add("content-type", message, "warning")

    def placed(self, problem: Problem) -> Problem:
        """Make a finding of what failed: with its place, and with what a device shows because of it."""
        code, message, level = problem.code, problem.message, problem.level
        if code == "http-status":
            message = _status_message(self.last_url, self._last.status if self._last is not None else 0)
        if level == "error" and code in _NOT_FATAL:
            message += " A device downloads the package all the same; what is in it could not be looked at."
            level = "warning"
        elif level == "error" and code not in _OWN_LIMITS:
            message += _SYMPTOMS[self.role].format(host=_urls.host(self.url))
        return replace(
            problem,
            path=problem.path or self.place,
            message=message,
            level="warning" if self.role == "image" else level,
        )

    def _expiry_problems(self, expires: datetime) -> Iterator[Problem]:
        shown, then = _urls.redact(self.url), f"{expires:%Y-%m-%d at %H:%M UTC}"
        if expires <= self.run.now:
            message = f"The signed URL {shown} expired on {then}: the server refuses it. Sign it anew."
            yield self.placed(Problem("", "signed-url-expired", message))
        elif expires - self.run.now <= _A_DAY:
            message = (
                f"The signed URL {shown} expires on {then}, in less than a day: from then on the server refuses it. "
                "Sign it for longer, or make it anew for every request."
            )
            yield self.placed(Problem("", "signed-url-expires-soon", message, "warning"))


_SYMPTOMS: Mapping[str, str] = {
    "manifest": " On the device: 'Cannot connect to {host}'.",
    "package": " On the device: 'Unable to Download App', or it 'could not be installed at this time'.",
    "image": " The app installs, without this picture.",
}
# A device asks for a range only to go on with a download, and shows a length as progress.
_NOT_FATAL: frozenset[Code] = frozenset({"no-ranges", "no-length"})
# Of these nothing is known of devices: it is the check that stops.
_OWN_LIMITS: frozenset[Code] = frozenset({"time-limit", "byte-limit", "not-public"})


def _step(method: str, asked: Sequence[str], last: Response | None, seconds: float) -> Step:
    url, *redirects = (_urls.redact(url)[1:-1] for url in asked)
    given: Mapping[str, str] = last.headers if last is not None else {}
    total = re.fullmatch("bytes [^/]*/([0-9]{1,18})", given.get("content-range", "").strip())
    length = total[1] if total else given.get("content-length", "")
    return Step(
        method=method,
        url=url,
        status=last.status if last is not None else None,
        content_type=without_secrets(given.get("content-type", ""))[:80] or None,
        length=int(length) if re.fullmatch("[0-9]{1,18}", length) else None,
        redirects=tuple(redirects),
        tls=last.tls if last is not None else None,
        seconds=seconds,
    )


def _status_message(url: str, status: int) -> str:
    shown = _urls.redact(url)
    if status in {401, 407}:
        return (
            f"{shown} asks for a login (status {status}): a device has neither Safari's cookies nor its passwords, and "
            "asks the user anew for every file, if at all. Use an unguessable path or a signed URL instead."
        )
    if status == 403:
        return (
            f"{shown} is forbidden (status 403): a device sends no cookies, and a User-Agent that is no browser's. "
            "Look for a rule on either, for a list of allowed addresses, and for a signature that has expired."
        )
    if status in {404, 410}:
        return f"There is nothing at {shown} (status {status}): upload the file, or correct the address."
    if status >= 500:
        return f"The server fails on {shown} (status {status}): look into its log."
    return f"{shown} answers with status {status} in place of the file (200): look at the server's configuration."


def _host_problems(visit: _Visit, seen: set[str]) -> Iterator[Problem]:
    """Say what is wrong with the hosts that a file came from, each once in a check."""
    for origin, (tls, address) in visit.hosts.items():
        if origin in seen:
            continue
        seen.add(origin)
        found = [*_tls_problems(origin, tls, visit.run.now)] if tls is not None else []
        if origin not in visit.run.replaced:
            found += _address_problems(origin, address or "")
        yield from map(visit.placed, found)


def _tls_problems(origin: str, tls: Tls, now: datetime) -> Iterator[Problem]:
    # Apple, "Preventing Insecure Network Connections" (App Transport Security): TLS 1.2 and forward secrecy by ECDHE.
    if tls.version not in {"TLSv1.2", "TLSv1.3"}:
        message = f"{origin} speaks {tls.version}, and iOS asks for TLS 1.2 or later: switch it on."
        yield Problem("", "tls-too-old", message)
    elif not tls.cipher.startswith(("ECDHE-", "TLS_")):
        # Only with a context of one's own, and the server may know better ones: a device offers nothing else.
        message = f"{origin} agrees on the cipher {tls.cipher}, and iOS offers ECDHE alone: see that it is allowed."
        yield Problem("", "tls-no-forward-secrecy", message, "warning")
    if tls.not_after is None:
        return
    if tls.not_after <= now:
        message = (
            f"The certificate of {origin} expires on {tls.not_after:%Y-%m-%d}, before the date that was asked about."
        )
        yield Problem("", "tls-expired", message)
    elif tls.not_after - now <= _SOON:
        message = (
            f"The certificate of {origin} expires on {tls.not_after:%Y-%m-%d at %H:%M UTC}: from then on devices "
            "refuse to connect. Renew it."
        )
        yield Problem("", "tls-expires-soon", message, "warning")


def _address_problems(origin: str, address: str) -> Iterator[Problem]:
    """Say that a name which looks public leads to an address that is not."""
    try:
        ip = ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return
    # Where the host is itself such an address, or a local name, its URL was reported.
    if is_public(str(ip)) or _urls.problems(f"https://{origin}/", ""):
        return
    message = (
        f"{origin} leads to {ip} from here, which is not on the public Internet: devices elsewhere do not reach it, "
        'and since about iOS 17.7 users report such addresses refused ("manifest URL isn\'t external").'
    )
    yield Problem("", "loopback-host" if ip.is_loopback else "private-host", message, "warning")


def _origin(url: str) -> str:
    _, host, port, _ = _urls.parts(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _outlived(manifest: _Visit, package: _Visit) -> list[Problem]:
    """Say that a manifest still leads to a package when the package's URL has expired."""
    end = package.expires
    if package.role != "package" or end is None or end <= package.run.now:
        return []
    if manifest.expires is not None and manifest.expires <= end:
        return []
    message = (
        f"The manifest goes on to name {_urls.redact(package.url)} after {end:%Y-%m-%d at %H:%M UTC}, when that signed "
        "URL expires: from then on the install fails. Make the manifest anew for every request, or sign for longer."
    )
    return [Problem(package.place, "manifest-outlives-package", message, "warning")]


# What is left for the person who holds the device.


def _next_steps(manifest: _Visit | None, packages: Iterable[Ipa]) -> tuple[str, ...]:
    host = f"'{_urls.host(manifest.last_url)}'" if manifest is not None else "The manifest's host"
    steps = [
        f"Open the link in Safari, not in another app, and confirm the question: {host} would like to install the app.",
        "Look at the Home Screen: the browser stays in front while the app installs there.",
    ]
    profiles = [ipa.profile for ipa in packages if ipa.profile is not None]
    steps += [
        f"Trust the developer{f' {team!r}' if team else ''} under Settings > General > VPN & Device Management before "
        "the first start, online (https://ppq.apple.com); since iOS 18 the device restarts for it. Apps that device "
        "management installs need none of this."
        for team in dict.fromkeys(profile.team_name for profile in profiles if profile.kind == "enterprise")
    ]
    if any(profile.kind == "development" for profile in profiles):
        steps.append(
            "Switch on Developer Mode under Settings > Privacy & Security (iOS 16 and later): the device restarts."
        )
    return tuple(steps)
