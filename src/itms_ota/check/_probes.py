"""Looks at one file each: they fetch what is needed of it, and return what they saw. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from .. import _urls
from .._http import REDIRECTS, UNBOUNDED, KeptFile
from .._plist import MAX_BYTES
from .._png import LARGEST_FILE, PngHeader, read_header
from ..errors import IpaError
from ..ipa import Ipa, read_ipa
from ..manifest import MAY_HOLD_LINKS, Item, Manifest, ManifestReport, inspect_manifest, sniff
from ..remote import RemoteFile
from ._target import links_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from ..errors import Code, Problem
    from ..manifest import Asset
    from ._exchange import Exchange, Record, Session
    from ._target import Target

Progress = Callable[[int, int], object]

MOST_ITEMS = 16
_MOST_OF_A_PACKAGE = 64 * 1024 * 1024
_MOST_AT_ONCE = 8
_SECONDS = 1.0  # of a wait, after which it is seen whether somebody stops the check


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of one file: `get` is the record of its GET, and `place` where the manifest names it.

    `is_page` says that what came begins as a web page does, and `per_request` that each request for the manifest gets a
    URL of its own.
    """

    place: str
    url: str
    get: Record
    is_page: bool
    per_request: bool = False

    @property
    def decisive(self) -> Record:
        """The record that says whether a device gets the file."""
        return self.get

    @property
    def records(self) -> tuple[Record, ...]:
        """All that was asked for it, in order."""
        return (self.get,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenManifest(Seen):
    """What was seen of the manifest; `report` is None where the file did not come.

    `has_no_links` says that no install link was found in the page that came in place of it.
    """

    report: ManifestReport | None
    has_no_links: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage(Seen):
    """What was seen of a page, or of any other text in which install links were found: its links and its bytes."""

    links: tuple[Target, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenImage(Seen):
    """What was seen of an image: its bytes, at most one more than `LARGEST_FILE`, and its header if it is a PNG."""

    size: int
    header: PngHeader | None


class Asked(NamedTuple):
    """What the caller wants to know, and as of when.

    `manifest_url` is where the manifest came from, and `per_request` says that each request for it gets its own.
    """

    now: datetime
    udid: str | None = None
    device: str | None = None
    expires_within: timedelta | None = None
    verify_hashes: bool = False
    signature: bool = False
    per_request: bool = False
    progress: Progress | None = None
    manifest_url: str | None = None

    @property
    def reads_all(self) -> bool:
        """Whether something was asked for that all of the package answers."""
        return self.verify_hashes or self.signature

    def problems_of(self, ipa: Ipa, *, signature: bool) -> tuple[Problem, ...]:
        """Return what is wrong with an app for what was asked."""
        return ipa.problems(
            udid=self.udid,
            device=self.device,
            now=self.now,
            expires_within=self.expires_within,
            signature=signature,
        )


class Wanted(NamedTuple):
    """A file that a device would ask for, how to look at it, and in which turn."""

    place: str
    url: str
    number: int
    item: Item
    look: Callable[[Exchange, Wanted, Asked], SeenPackage | SeenImage]
    turn: int


class PackageFile(RemoteFile):
    """A package on its server, which says how far it has been read."""

    progress: Progress | None = None

    def __init__(self, url: str, exchange: Exchange, max_bytes: int) -> None:
        super().__init__(url, exchange, exchange.limits, max_bytes)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as a `RemoteFile` does."""
        data = super().read(size)
        if self.progress is not None:
            self.progress(self.tell(), self.size)
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPackage(Seen):
    """What was seen of a package.

    `file` is None where the package could not be opened by its parts, and `ipa` where it could not be read. Where all
    of it was downloaded, since it could not be read by its parts, `download` is the record of that, and `size` its
    length. `doubts` are those of the file. Where its hashes were to be compared, `hashing` is the record of that, and
    `compared` what was found. Where its signature was to be verified, `judged` is what was found of the whole app.
    """

    want: Wanted
    asked: Asked
    exchange: Exchange
    head: Record
    file: PackageFile | None
    ipa: Ipa | None
    doubts: tuple[Problem, ...]
    size: int | None
    download: Record | None = None
    hashing: Record | None = None
    compared: tuple[Problem, ...] | None = None
    judged: tuple[Problem, ...] | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """All that was asked for it, in order."""
        return tuple(record for record in (self.head, self.get, self.download, self.hashing) if record is not None)

    @property
    def decisive(self) -> Record:
        """The record that says whether a device gets the file: it asks for all of it."""
        return self.download or self.get

    @property
    def alone(self) -> Manifest:
        """A manifest of its item alone; a missing identifier, by which all is compared, was reported with it."""
        item = self.want.item
        if not item.metadata.bundle_identifier and self.ipa is not None:
            item = replace(item, metadata=replace(item.metadata, bundle_identifier=self.ipa.bundle_identifier))
        return Manifest(items=(item,))


def look_at_manifest(exchange: Exchange, url: str, *, in_pages: bool) -> SeenManifest | SeenPage:
    """Fetch a manifest, and inspect it; `in_pages` also follows a page in place of it, and a redirect, into links."""
    body, get = _fetch_whole(exchange, url, MAX_BYTES)
    if in_pages and (links := _links_of_redirect(get)):
        return SeenPage(place="page", url=url, get=get, is_page=False, links=links, size=0)
    report = inspect_manifest(body) if body else None
    is_page = report is not None and report.kind == "html"
    if in_pages and report is not None and report.kind in MAY_HOLD_LINKS:
        links = links_in(body.decode("utf-8", "replace"))
        if links:
            return SeenPage(place="page", url=url, get=get, is_page=is_page, links=links, size=len(body))
    return SeenManifest(
        place="manifest", url=url, get=get, is_page=is_page, report=report, has_no_links=in_pages and is_page
    )


def look_at_files(session: Session, manifest: Manifest, asked: Asked, *, closer: bool) -> list[SeenPackage | SeenImage]:
    """Look at the packages and images that a device would take, and return them in the manifest's order.

    Where other checks are at work beside this one, the files of one app need neither threads nor a second connection.
    `closer` says that something was asked for that only the packages answer: then they are downloaded where they must
    be.
    """
    wanted = [*_wanted(manifest)]

    def look(want: Wanted) -> SeenPackage | SeenImage:
        return want.look(session.exchange(), want, asked)

    one_app = len(wanted) <= len(_ROLES)
    seen = [*map(look, wanted)] if session.fetch.shared and one_app else _side_by_side(session, look, wanted)
    if not closer:
        return seen
    if asked.reads_all:
        session.limits.allow_requests()  # time and bytes alone bound packages that are read whole
    return [_look_closer(file, asked) if isinstance(file, SeenPackage) else file for file in seen]


def _side_by_side(
    session: Session, look: Callable[[Wanted], SeenPackage | SeenImage], wanted: Sequence[Wanted]
) -> list[SeenPackage | SeenImage]:
    """Look at files at the same time.

    Where the requests may not suffice for all, the packages come before the images: whether they are in order matters
    most.
    """
    from concurrent.futures import ThreadPoolExecutor, wait  # load logging

    turns: list[Sequence[int]] = [range(len(wanted))]
    if len(wanted) > _MOST_AT_ONCE:
        turns = [[at for at, want in enumerate(wanted) if want.turn == turn] for turn in (0, 1)]
    seen: dict[int, SeenPackage | SeenImage] = {}
    for turn in turns:
        with ThreadPoolExecutor(_MOST_AT_ONCE, "itms_ota-check") as pool:
            try:
                futures = {at: pool.submit(look, wanted[at]) for at in turn}
                while wait(futures.values(), _SECONDS).not_done:
                    pass  # a signal that came right before the wait is seen after it
                seen |= {at: future.result() for at, future in futures.items()}
            except BaseException:
                session.fetch.close()  # Ctrl-C does not wait for servers
                raise
    return [seen[at] for at in range(len(wanted))]


# Why a package that a device may install cannot be read by its parts.
_NO_PARTS: frozenset[Code] = frozenset({"no-ranges", "no-length", "wrong-range"})


def _look_closer(seen: SeenPackage, asked: Asked) -> SeenPackage:
    """Look at a package in the way that costs least and still answers what was asked: by its parts, or whole."""
    # A signature is of all of it, in many places: for that it is downloaded at once.
    if seen.ipa is None or not asked.signature:
        by_parts = _hashed(seen, asked)
        last = by_parts.hashing or seen.get
        failed = {problem.code for problem in last.failure}
        has_no_parts = failed and (failed <= _NO_PARTS or (last.status == 416 and failed == {"http-status"}))
        if not has_no_parts or seen.is_page:
            return by_parts
        seen = replace(seen, get=seen.get._replace(failure=last.failure), ipa=None)
    with closing(KeptFile(seen.exchange.limits, _progress(seen, asked))) as file:
        return _judged(_hashed(_downloaded(seen, file), asked), asked)


def _progress(seen: SeenPackage, asked: Asked) -> Callable[[int], object] | None:
    length, progress = seen.head.length, asked.progress
    return (lambda done: progress(done, max(done, length))) if progress and length else None


def _downloaded(seen: SeenPackage, file: KeptFile) -> SeenPackage:
    download = seen.exchange.download(seen.url, file.write)
    is_page = _is_page(download.start)
    ipa = None
    if not download.failure and download.is_whole and file.size and not is_page:
        ipa, reading = seen.exchange.record("GET", seen.url, lambda: read_ipa(file))
        download = download._replace(failure=reading.failure)
    return replace(seen, download=download, ipa=ipa, is_page=is_page, size=file.size)


def _hashed(seen: SeenPackage, asked: Asked) -> SeenPackage:
    """Read all of a package, and compare it and its hashes with its item."""
    ipa, file = seen.ipa, seen.file if seen.download is None else None
    if ipa is None or not asked.verify_hashes:
        return seen
    before = 0
    if file is not None:
        file.progress, before = asked.progress, file.transferred
    compared, hashing = seen.exchange.record("GET", seen.url, lambda: ipa.compare(seen.alone, verify_hashes=True))
    if file is None:
        return replace(seen, hashing=hashing, compared=compared)
    done = file.transferred - before
    so_far = f"In all, {done:,} of {file.size:,} bytes were read, {done / max(hashing.seconds, 0.001):,.0f} a second."
    failure = tuple(replace(problem, message=f"{problem.message} {so_far}") for problem in hashing.failure)
    return replace(seen, hashing=hashing._replace(failure=failure), compared=compared, doubts=file.problems)


def _judged(seen: SeenPackage, asked: Asked) -> SeenPackage:
    """Judge a package with its signature, while it is at hand."""
    ipa = seen.ipa
    if ipa is None or not asked.signature:
        return seen
    judged, record = seen.exchange.record("GET", seen.url, lambda: asked.problems_of(ipa, signature=True))
    return replace(seen, judged=judged, hashing=seen.hashing or (record if record.failure else None))


def _look_into_package(exchange: Exchange, want: Wanted, asked: Asked) -> SeenPackage:
    _, head = exchange.ask("HEAD", want.url, 1)
    file: PackageFile | None = None

    def read() -> Ipa | None:
        nonlocal file
        file = PackageFile(want.url, exchange, UNBOUNDED if asked.reads_all else _MOST_OF_A_PACKAGE)
        return None if file.size == 0 or _is_page(exchange.start) else read_ipa(file)

    ipa, get = exchange.record("GET", want.url, read)
    return SeenPackage(
        place=want.place,
        url=want.url,
        get=get,
        is_page=_is_page(get.start),
        per_request=asked.per_request,
        want=want,
        asked=asked,
        exchange=exchange,
        head=head,
        file=file,
        ipa=ipa,
        doubts=() if file is None else file.problems,
        size=None if file is None else file.size,
    )


def _look_at_image(exchange: Exchange, want: Wanted, asked: Asked) -> SeenImage:
    body, get = _fetch_whole(exchange, want.url, LARGEST_FILE)
    try:
        header = read_header(body)
    except IpaError:
        header = None
    return SeenImage(
        place=want.place,
        url=want.url,
        get=get,
        is_page=_is_page(get.start),
        per_request=asked.per_request,
        size=len(body),
        header=header,
    )


# A device takes the first of each: what it is, how to look at it, and in which turn.
_ROLES: tuple[tuple[Callable[[Item], Asset | None], Callable[..., SeenPackage | SeenImage], int], ...] = (
    (attrgetter("package"), _look_into_package, 0),
    (attrgetter("display_image"), _look_at_image, 1),
    (attrgetter("full_size_image"), _look_at_image, 1),
)


def _wanted(manifest: Manifest) -> Iterator[Wanted]:
    for number, item in enumerate(manifest.items[:MOST_ITEMS]):
        for asset_of, look, turn in _ROLES:
            asset = asset_of(item)
            url = _urls.normalise(asset.url) if asset is not None else ""
            # What is not a valid URL was reported with the manifest, or is not there.
            if asset is not None and all(fault.level == "warning" for fault in _urls.faults(url)):
                place = f"items[{number}].assets[{item.assets.index(asset)}].url"
                yield Wanted(place, url, number, item, look, turn)


def _links_of_redirect(get: Record) -> tuple[Target, ...]:
    """Return the install link to which an address redirects: a browser follows it as one on a page."""
    location = get.header("location")
    is_link = get.status in REDIRECTS and location.strip().lower().startswith("itms-service")
    return links_in(location) if is_link else ()


def _fetch_whole(exchange: Exchange, url: str, limit: int) -> tuple[bytes, Record]:
    """Fetch a file of at most that many bytes, and one more of a longer one; none where it does not come."""
    response, get = exchange.ask("GET", url, limit + 1)
    if response is None or get.status != 200:
        return b"", get
    return (response.body, get) if get.is_whole else get.unpacked(response.body, limit + 1)


def _is_page(start: bytes) -> bool:
    return sniff(start) == "html"
