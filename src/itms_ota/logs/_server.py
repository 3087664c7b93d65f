"""Install attempts in access logs: requests of one device, put together by address, model, time and path."""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from .._plist import MAX_BYTES
from .._user_agents import DOWNLOADERS
from ..browsers import identify
from ._judge import Lengths, Tally, is_redirect, judge
from ._kept import MOST_STEPS
from ._personal import shown

if TYPE_CHECKING:
    from ._kept import Kept
    from ._model import Request

Kind = Literal["manifest", "package", "image", "other"]

_PACKAGE = re.compile(r"\.ipa(?![A-Za-z0-9])", re.IGNORECASE)
_MANIFEST = re.compile(r"plist|manifest", re.IGNORECASE)
_IMAGE = re.compile(r"\.(?:png|jpe?g)(?![A-Za-z0-9])", re.IGNORECASE)
_SYSTEM = re.compile(r"\biOS/([\d.]{1,12})(?: model/([A-Za-z]+\d+,\d+))?")
# Servers log a download when it is over, and a large one takes long.
_WINDOW = 2 * 60 * 60
# Device management asks for the manifest before the downloader does.
_SAME_TAP = 15
_MOST_CLIENTS = 2000
_MOST_OPEN = 4
_MOST_FILES = 1000
_DOWNLOADERS = frozenset(rule.name for rule in DOWNLOADERS)


class ServerAttempts:
    """Puts the requests of an access log together."""

    def __init__(self, kept: Kept, *, personal: bool) -> None:
        self.others = 0
        """Requests for manifests and packages by programs that are not a device's downloader."""
        self._kept = kept
        self._personal = personal
        self._open: OrderedDict[str, list[Tally]] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._clients = 0
        self._lengths: OrderedDict[str, Lengths] = OrderedDict()

    def add(self, line: int, request: Request) -> bool:
        """Take a request; return whether it belongs to an install."""
        downloader = _is_downloader(request.agent)
        path = request.target.partition("?")[0]
        kind = self._kind(request, path, downloader=downloader)
        if kind == "other" or request.method not in ("GET", "HEAD"):
            return False
        if request.agent and not downloader:
            self.others += kind != "image"
            return False
        open_ones = self._of_client(request.client)
        tally = self._find(open_ones, request, kind, path)
        if tally is None:
            if kind == "image":
                return False
            tally = Tally(line, self._name(request.client), _system(request.agent))
            open_ones.append(tally)
            if len(open_ones) > _MOST_OPEN:
                self._close(open_ones.pop(0))
        self._note(tally, line, request, kind, path)
        return True

    def close(self) -> None:
        """Judge what is still open: the log is over."""
        for open_ones in self._open.values():
            for tally in open_ones:
                self._close(tally)
        self._open.clear()

    def _close(self, tally: Tally) -> None:
        self._kept.add(judge(tally, self._lengths.get(tally.package or "", Lengths()), personal=self._personal))

    def _of_client(self, client: str) -> list[Tally]:
        open_ones = self._open.setdefault(client, [])
        self._open.move_to_end(client)
        if len(self._open) > _MOST_CLIENTS:
            gone, tallies = self._open.popitem(last=False)
            self._numbers.pop(gone, None)
            for tally in tallies:
                self._close(tally)
        return open_ones

    def _name(self, client: str) -> str:
        if not client:
            return "unknown client"
        if self._personal:
            return shown(client, personal=True)
        if client not in self._numbers:
            self._clients += 1
            self._numbers[client] = self._clients
        return f"client {self._numbers[client]}"

    def _kind(self, request: Request, path: str, *, downloader: bool) -> Kind:
        if _PACKAGE.search(path):
            return "package"
        if _IMAGE.search(path):
            return "image"
        if _MANIFEST.search(request.target):
            return "manifest"
        if not downloader:
            return "other"
        # Names say nothing. Only of a package a device asks for the head, and for ranges; no manifest is so large.
        large = request.status == 206 or (request.size or 0) > MAX_BYTES
        asked = any(tally.package == path for tally in self._open.get(request.client, ()))
        return "package" if request.method == "HEAD" or large or asked else "manifest"

    def _find(self, open_ones: list[Tally], request: Request, kind: Kind, path: str) -> Tally | None:
        """Return the attempt that a request goes on with; close those that are too old."""
        system = _system(request.agent)
        for tally in [tally for tally in open_ones if _apart(tally.time, request.time) > _WINDOW]:
            open_ones.remove(tally)
            self._close(tally)
        fitting = [tally for tally in open_ones if None in (system, tally.system) or tally.system == system]
        if kind == "manifest":
            again = (
                tally
                for tally in fitting
                if tally.package is None
                and (tally.manifest == path or is_redirect(tally.manifest_status) or _led_to(tally, request))
                and _apart(tally.time, request.time) <= _SAME_TAP
            )
            return next(again, None)
        if kind == "image":
            return fitting[-1] if fitting else None
        same = [tally for tally in fitting if tally.package == path]
        waiting = [
            tally
            for tally in fitting
            if (tally.package_status is None or is_redirect(tally.package_status))
            and (tally.manifest_status or 0) < 400
        ]
        retries = [tally for tally in waiting if same and tally.manifest == same[-1].manifest]
        if same and not retries:
            return same[-1]
        return max(retries or waiting, key=lambda tally: _common(tally.manifest or "", path), default=None)

    def _note(self, tally: Tally, line: int, request: Request, kind: Kind, path: str) -> None:
        tally.last_line, tally.time = line, request.time or tally.time
        tally.system = tally.system or _system(request.agent)
        if len(tally.steps) < MOST_STEPS:
            size = f", {request.size:,} bytes" if request.size is not None else ""
            what = shown(request.target, personal=self._personal)
            tally.steps.append(f"line {line}: {request.method} {what}: {request.status}{size}")
        if kind == "manifest":
            tally.manifest, tally.manifest_status, tally.manifest_line = path, request.status, line
        elif kind == "image":
            if request.status >= 400:
                tally.bad_image = (line, request.status)
        elif request.method == "HEAD":
            tally.package, tally.head_status, tally.package_line = path, request.status, line
            tally.total = request.total if request.status == 200 else None
        else:
            self._note_package(tally, line, request, path)

    def _note_package(self, tally: Tally, line: int, request: Request, path: str) -> None:
        tally.package, tally.package_status, tally.package_line = path, request.status, line
        size = request.size or 0
        if request.status not in (200, 206):
            return
        if request.status == 206:
            tally.sent, tally.in_ranges = tally.sent + size, True
            tally.largest_part = max(tally.largest_part, size)
            return
        tally.sent, tally.largest_part, tally.in_ranges = size, size, False
        tally.total = request.total or tally.total
        lengths = self._lengths.setdefault(path, Lengths())
        lengths.add(size)
        self._lengths.move_to_end(path)
        if len(self._lengths) > _MOST_FILES:
            self._lengths.popitem(last=False)


@lru_cache(maxsize=1024)
def _is_downloader(agent: str) -> bool:
    return identify(agent).name in _DOWNLOADERS


@lru_cache(maxsize=1024)
def _system(agent: str) -> str | None:
    found = _SYSTEM.search(agent)
    return None if found is None else f"iOS {found[1]}" + (f", {found[2]}" if found[2] else "")


def _apart(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else abs(after - before)


def _led_to(tally: Tally, request: Request) -> bool:
    """Return whether a check, which calls itself a downloader too, has the manifest from a page that it fetched."""
    is_page = tally.manifest_status == 200 and not _MANIFEST.search(tally.manifest or "")
    return is_page and bool(_MANIFEST.search(request.target))


def _common(one: str, other: str) -> int:
    """Return how many folders two paths begin with alike."""
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")))
