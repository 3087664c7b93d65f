"""What is wrong with a deployment: functions of what was seen and of the time, in a table for each kind of file.

A problem without a path is about the file as the server sends it; one with a path is about what is in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .. import _hosting, _urls
from .._http import describe_status
from .._magic import what_is
from .._plist import MAX_BYTES
from .._png import LARGEST_FILE
from .._redact import redact_text
from .._wording import moment
from ..errors import Problem
from ..manifest import IMAGE_SIZES, IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE
from ._peers import of_peer
from ._probes import MOST_ITEMS, Seen, SeenImage, SeenManifest, SeenPackage, SeenPage
from ._target import of_manifest

if TYPE_CHECKING:
    from ..errors import Code
    from ..manifest import Manifest
    from ._probes import Asked

_A_DAY = timedelta(days=1)
# What is signed anew for every request must last while a person reads the question of the device and it downloads.
_AN_INSTALL = timedelta(minutes=10)
# A device waits 30 seconds for the answer to HEAD; people wonder much earlier.
_SLOW_HEAD = 5.0
_SIZES = " and ".join(f"{size} x {size}" for size in IMAGE_SIZES.values())


# Any file.


def expiry(seen: Seen, now: datetime) -> Iterator[Problem]:
    """Check until when a signed URL holds."""
    expires = _hosting.expiry(seen.url)
    if expires is None:
        return
    expired = _hosting.expired_message(seen.url, now)
    if expired is not None:
        yield Problem("", "signed-url-expired", expired)
    elif expires - now <= (_AN_INSTALL if seen.per_request else _A_DAY):
        soon, cure = ("10 minutes", "") if seen.per_request else ("a day", ", or again for every request")
        message = (
            f"The signed URL {_urls.redact(seen.url)} expires on {moment(expires)}, in less than {soon}. "
            f"From then on the server refuses it. Sign it for longer{cure}."
        )
        yield Problem("", "signed-url-expires-soon", message, "warning")


def failure(seen: Seen, now: datetime) -> Iterator[Problem]:
    """Return why a file could not be fetched or read."""
    yield from _unexplained(seen, seen.get.failure, now)


def delivery(seen: Seen, now: datetime) -> Iterator[Problem]:
    """Check that what came, where an answer came, is the file as it is."""
    get = seen.decisive
    if get.failure or get.status is None:
        return
    if get.status != 200:
        refused = Problem("", "http-status", describe_status(get.last_url, get.status))
        yield from _unexplained(seen, (refused,), now)
        return
    if get.coding != "identity":
        here = "as was done here" if get.is_unpacked else "but it could not be looked at here"
        message = (
            f"The file comes compressed (Content-Encoding {redact_text(get.coding, 40)}), which was not asked for. A "
            f"device may unpack it, {here}. Switch compression off."
        )
        yield Problem("", "content-encoded", message, "warning" if get.is_unpacked else "error")
        if not get.is_unpacked:
            return
    if seen.is_page:
        yield from _page(seen)
    elif not get.start:
        yield _empty()


def challenge(seen: Seen, _: datetime) -> Iterator[Problem]:
    """Check that nobody asks in place of the file whether the client is a browser."""
    service = _challenger(seen)
    if service is not None:
        message = (
            f"{_urls.redact(seen.decisive.last_url)} is protected from programs ({service}): it asks whether the "
            "client is a browser, or refuses it as a program, in place of sending the file. The downloader of a device "
            f"cannot answer such a question. {_hosting.FINGERPRINTS}. Leave the manifest, the packages and the images "
            "out of this protection."
        )
        yield Problem("", "bot-challenge", message)


def _challenger(seen: Seen) -> str | None:
    got = seen.decisive
    if got.last is None or (got.status in {200, 206} and not seen.is_page):
        return None
    return _hosting.challenger(got.last.headers, got.refusal)


def _unexplained(seen: Seen, problems: Iterable[Problem], now: datetime) -> Iterator[Problem]:
    """Leave out the status of a server that refuses a signed URL which has expired, or programs."""
    for problem in problems:
        if problem.code != "http-status" or not (_hosting.expired_message(seen.url, now) or _challenger(seen)):
            yield problem


def _page(seen: Seen) -> Iterator[Problem]:
    if _challenger(seen) is None:
        got = seen.decisive
        code, message = _hosting.page(seen.url, got.last_url, got.start)
        if isinstance(seen, SeenManifest) and seen.has_no_links:
            message += " No install link was found in the page."
        yield Problem("", code, message)


def _empty() -> Problem:
    return Problem("", "empty-body", "The server sends an empty file. Upload it again.")


def _content_type(seen: Seen, file: str, *types: str) -> Iterator[Problem]:
    """Check the Content-Type against those that are usual; the first is the one to send."""
    given = seen.decisive.header("content-type")
    if given.partition(";")[0].strip().lower() not in types:
        message = (
            f"The Content-Type of the {file} is {redact_text(given, 80)}. Devices were not seen to mind, but proxies "
            f"and browsers may. Send {types[0]}."
        )
        yield Problem("", "content-type", message, "warning")


# A page.


def page_size(seen: SeenPage, _: datetime) -> Iterator[Problem]:
    """Check that all of a page was looked through."""
    if seen.size > MAX_BYTES:
        message = (
            f"Only the first {MAX_BYTES:,} bytes of the page were looked through for install links. Check the links "
            "that stand after them one by one."
        )
        yield Problem("", "not-checked", message, "warning")


# The manifest.


def manifest_content(seen: SeenManifest, _: datetime) -> Iterator[Problem]:
    """Return what `inspect_manifest` found; that it is a page is said as of any file."""
    if seen.report is not None and not seen.is_page:
        yield from of_manifest(seen.report.problems)


def manifest_type(seen: SeenManifest, _: datetime) -> Iterator[Problem]:
    """Check the Content-Type of a manifest."""
    if seen.report is not None and seen.report.manifest is not None:
        yield from _content_type(
            seen, "manifest", MANIFEST_CONTENT_TYPE, "text/xml", "application/x-plist", "application/x-apple-plist"
        )


def unchecked_items(manifest: Manifest, asked: Asked, *, closer: bool) -> Iterator[Problem]:
    """Check that all items were looked at, and that there was a package to look at.

    `closer` says that something was asked for that only the packages answer.
    """
    for number, item in enumerate(manifest.items[:MOST_ITEMS]):
        devices = {device for asset in item.thinned_assets for device in asset.variant_ids}
        is_for_others = asked.device is not None and devices and asked.device not in devices
        if item.thinned_assets and (item.package is None or (closer and not is_for_others)):
            message = (
                "The packages for certain devices alone were not looked at. A device that they are for installs one of "
                "them. Make a manifest of each to check it."
            )
            yield Problem(f"items[{number}].thinned-assets", "not-checked", message, "warning")
    if len(manifest.items) > MOST_ITEMS:
        message = (
            f"The manifest has {len(manifest.items)} items, and only the packages of the first {MOST_ITEMS} were "
            "looked at. A device installs all of them. Split the manifest to check the others."
        )
        yield Problem(f"items[{MOST_ITEMS}]", "not-checked", message, "warning")


# A package.

# A device asks for a range only to go on with a download, and shows a length as progress.
_NOT_FATAL: frozenset[Code] = frozenset({"no-ranges", "no-length"})
_EXPLAINED_BY_A_PAGE: frozenset[Code] = frozenset({*_NOT_FATAL, "content-encoded"})


def package_failure(seen: SeenPackage, now: datetime) -> Iterator[Problem]:
    """Return why a package could not be read."""
    failed = seen.get.failure
    if seen.download is not None:
        # What is wrong with its parts keeps no device from the whole.
        yield from (replace(problem, level="warning") for problem in failed)
        yield from _unexplained(seen, seen.download.failure, now)
        yield from delivery(seen, now)
        return
    if seen.is_page and {problem.code for problem in failed} <= _EXPLAINED_BY_A_PAGE:
        yield from _page(seen)
        return
    if seen.size == 0:
        yield _empty()
    for problem in _unexplained(seen, failed, now):
        if problem.code not in _NOT_FATAL:
            yield problem
            continue
        yield replace(problem, level="warning")
        message = (
            "The package was not looked at: its server does not send parts of it, and all of it is downloaded only "
            "where that is asked for. A device downloads it all the same. Ask with verify_hashes (--verify-hashes), "
            "signature, udid or device."
        )
        yield Problem("", "not-checked", message, "warning")


def redirected(seen: SeenPackage, _: datetime) -> Iterator[Problem]:
    """Check that the URL of a package is where the package is."""
    got = seen.decisive
    if len(got.asked) > 1 and seen.ipa is not None:
        # tuist reports (2026) that the install daemon does not follow them; the code of iOS 26.1 does, and published
        # manifests rely on it.
        message = (
            f"The URL of the package redirects to {_urls.redact(got.asked[-1])}. Devices may not follow redirects of "
            "packages: reports disagree. Write the last address into the manifest, unless it is made anew for every "
            "request."
        )
        yield Problem("", "redirected-package", message, "warning")


def app(seen: SeenPackage, _: datetime) -> Iterator[Problem]:
    """Return what keeps the app from installing, whatever the manifest says."""
    if seen.ipa is not None:
        yield from seen.asked.problems_of(seen.ipa, signature=False) if seen.judged is None else seen.judged


def package_type(seen: SeenPackage, _: datetime) -> Iterator[Problem]:
    """Check the Content-Type of a package."""
    if seen.ipa is not None:
        yield from _content_type(seen, "package", IPA_CONTENT_TYPE, "binary/octet-stream", "application/x-itunes-ipa")


def ranges(seen: SeenPackage, _: datetime) -> Iterator[Problem]:
    """Check that the server answers byte ranges."""
    if seen.ipa is not None and seen.get.ignored_range and not seen.get.failure:
        message = (
            "The server ignores byte ranges and sends the whole package. A device that loses the connection starts "
            "again from the beginning. Let the server answer Range requests."
        )
        yield Problem("", "no-ranges", message, "warning")


def head(seen: SeenPackage, _: datetime) -> Iterator[Problem]:
    """Check what HEAD says of a package that can be read."""
    if seen.ipa is None:
        return
    length = seen.head.header("content-length")
    timed_out = any(problem.code == "timeout" for problem in seen.head.failure)
    if timed_out or seen.head.seconds >= _SLOW_HEAD:
        what = "There was no answer to HEAD within" if timed_out else "The answer to HEAD came after"
        message = (
            f"{what} {seen.head.seconds:.0f} seconds. A device sends HEAD before the download, shows 'Waiting…' until "
            "the answer comes, and asks again after 30 seconds. Let the server answer HEAD at once."
        )
        yield Problem("", "slow-head", message, "warning")
    if timed_out:
        return
    if seen.head.failure or seen.head.status != 200:
        what = "gave no usable answer to HEAD" if seen.head.failure else f"answers HEAD with status {seen.head.status}"
        message = (
            f"The server {what}, which a device sends to learn the file's size. The download starts without it. Allow "
            "HEAD if you can; a URL that is signed for GET alone never does."
        )
        yield Problem("", "head-refused", message, "warning")
    elif not length and "no-length" not in {problem.code for problem in seen.get.failure}:
        message = (
            "The answer to HEAD does not have the size of the package, so a device shows no progress. Send "
            "Content-Length, as for a plain file."
        )
        yield Problem("", "no-length", message, "warning")
    elif length and length != str(seen.ipa.size):
        message = (
            f"The answer to HEAD announces {length[:20]!r} bytes, and the package has {seen.ipa.size}. A device may "
            "take the download for incomplete. Look for a proxy that compresses, or for servers that send different "
            "copies."
        )
        yield Problem("", "length-mismatch", message, "warning")


def comparison(seen: SeenPackage, now: datetime) -> Iterator[Problem]:
    """Compare a package with its item of the manifest."""
    if seen.hashing is not None:
        yield from _unexplained(seen, seen.hashing.failure, now)
        found = seen.compared or ()
    elif seen.ipa is not None:
        found = seen.ipa.compare(seen.alone)
    else:
        return
    for problem in found:
        yield replace(problem, path=problem.path.replace("items[0]", f"items[{seen.want.number}]", 1))


def doubts(seen: SeenPackage, _: datetime) -> Iterator[Problem]:
    """Return what is doubtful about the way in which a package was read."""
    yield from seen.doubts


def outlived(seen: SeenPackage, now: datetime) -> Iterator[Problem]:
    """Check whether the manifest still leads to a package when the package's signed URL has expired."""
    end = _hosting.expiry(seen.url)
    if seen.asked.manifest_url is None or seen.per_request or end is None or end <= now:
        return
    manifest_end = _hosting.expiry(seen.asked.manifest_url)
    if manifest_end is None or manifest_end > end:
        message = (
            f"The manifest still names {_urls.redact(seen.url)} after {moment(end)}, when that signed "
            "URL expires. From then on the install fails. Make the manifest again for every request, or sign for "
            "longer."
        )
        yield Problem("", "manifest-outlives-package", message, "warning")


# An image.


def image(seen: SeenImage, _: datetime) -> Iterator[Problem]:
    """Check that an image is a small, plain and square PNG."""
    if seen.header is None:
        if seen.size and not seen.is_page:
            message = (
                f"What is served as an image is {what_is(seen.get.start)}, and must be a PNG. Save the picture as PNG."
            )
            yield Problem("", "not-an-image", message)
        return
    width, height, cgbi = seen.header
    yield from _content_type(seen, "image", "image/png")
    if seen.size > LARGEST_FILE:
        message = f"The image has more than {LARGEST_FILE:,} bytes. Make it smaller: {_SIZES} pixels."
        yield Problem("", "too-large", message)
    if cgbi:
        message = (
            "The image is a PNG in Xcode's own form (CgBI), as it stands in an .ipa. Browsers cannot show it, and "
            "whether iOS does here is unknown. Serve a plain PNG, as Ipa.icon_png() returns."
        )
        yield Problem("", "image-cgbi", message, "warning")
    if width != height:
        message = f"The image has {width} x {height} pixels. Icons are square: {_SIZES} (Apple's guide)."
        yield Problem("", "image-not-square", message, "warning")


# Which rules apply to what, in the order in which a report has their problems.
Rule = Callable[[Any, datetime], Iterable[Problem]]
OF_A_FILE: Mapping[type[Seen], tuple[Rule, ...]] = {
    SeenPage: (page_size,),
    SeenManifest: (expiry, failure, delivery, challenge, manifest_content, manifest_type),
    SeenPackage: (
        *(expiry, package_failure, challenge, app, package_type, ranges, redirected, head, comparison, doubts),
        outlived,
    ),
    SeenImage: (expiry, failure, delivery, challenge, image),
}


# What a URL alone lets expect, by the clock of now. Of a file that was looked at, the rules say what is so.
_GUESSES: frozenset[Code] = frozenset({"share-page", "signed-url-expired"})


def without_guesses(problems: Iterable[Problem], places: Collection[str]) -> Iterator[Problem]:
    """Leave out what the URLs in these places let expect: what they lead to was looked at."""
    return (problem for problem in problems if not (problem.path in places and problem.code in _GUESSES))


def judge(files: Sequence[Seen], asked: Asked, known: set[str]) -> Iterator[tuple[Seen, Problem]]:
    """Return what is wrong with each file, and with those who answered when it was fetched, unless they are known."""
    places = {seen.place for seen in files}
    for seen in files:
        for peer in (peer for record in seen.records for peer in record.peers):
            if peer.origin not in known:
                known.add(peer.origin)
                yield from ((seen, problem) for problem in of_peer(peer, asked.now, asked.expires_within))
        found = (problem for rule in OF_A_FILE[type(seen)] for problem in rule(seen, asked.now))
        yield from ((seen, problem) for problem in without_guesses(found, places))
