"""What files of 2 MiB cost at most, whoever made them and whatever for: 64 MiB, through every reader.

Memory grows with the length, or less; so most files here have a sixteenth of it, and may cost a sixteenth, beside
what a long report costs whatever the length of the file.
"""

from __future__ import annotations

import io
import plistlib
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any, TypeVar

import _hostile
import pytest
from _deployment import MANIFEST_URL, NOW, Deployment
from _make_ipa import make_png

from itms_ota import ItmsError, Manifest, ManifestReport, _urls, find_links, inspect_link, inspect_manifest
from itms_ota.check import check
from itms_ota.ipa import read_ipa
from itms_ota.profile import ProvisioningProfile

if TYPE_CHECKING:
    from collections.abc import Callable

    from itms_ota import Problem

T = TypeVar("T")

pytestmark = pytest.mark.dear

PART = 16
LENGTH = _hostile.LARGEST // PART
BOUND = 64 * 2**20
PROBLEM = 2048
LONGEST_REPORT = 1_500_000


def measured(function: Callable[[], T]) -> tuple[int, T]:
    """Measure what a call needs at most, and return what it returns, which it leaves."""
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def peak(function: Callable[[], object]) -> int:
    """Measure what a call needs at most."""
    return measured(function)[0]


def inspect(data: bytes) -> tuple[ManifestReport, str, str]:
    report = inspect_manifest(data)
    text, html = str(report), report._repr_html_()
    assert len(text) < LONGEST_REPORT
    assert len(html) < LONGEST_REPORT
    assert len(report.problems) <= 2202
    assert all(len(problem.path) <= 1100 and len(problem.message) <= 1100 for problem in report.problems)
    return report, text, html


def read(data: bytes) -> object:
    try:
        return Manifest.from_plist(data)
    except ItmsError as error:
        return error, str(error)


def use(manifest: Manifest) -> tuple[tuple[Problem, ...], object]:
    problems = manifest.problems()
    assert len(problems) <= 2202
    try:
        return problems, manifest.to_plist(validate=False)
    except ItmsError as error:
        return problems, (error, str(error))


def read_profile(data: bytes) -> object:
    try:
        return ProvisioningProfile.from_bytes(data)
    except ItmsError as error:
        return brief(error)


def outcome(function: Callable[[], object]) -> object:
    try:
        return function()
    except (TypeError, ValueError) as error:
        return str(error)


def brief(error: ItmsError) -> str:
    text = str(error)
    assert len(text) < 10_000
    return text


def archive(data: bytes) -> bytes:
    """Put a property list into an .ipa, as both of those that are read."""
    data = data.replace(b"<key>items</key>", b"<key>CFBundleIdentifier</key><string>a.b</string><key>items</key>", 1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("Payload/MyApp.app/Info.plist", data)
        opened.writestr("Payload/MyApp.app/embedded.mobileprovision", data)
    return file.getvalue()


def read_archive(data: bytes) -> object:
    try:
        ipa = read_ipa(io.BytesIO(data))
    except ItmsError as error:
        return brief(error)
    problems = ipa.problems(now=NOW)
    assert all(len(problem.path) <= 1100 and len(problem.message) <= 1100 for problem in problems)
    return ipa, problems, repr(ipa), ipa.report(now=NOW).to_dict()


def ask(data: bytes) -> object:
    deployment = Deployment({"/manifest.plist": ("application/xml", data)})
    report = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)
    return report, str(report), report.to_dict()


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    """Compile the patterns and load the modules that are loaded when first needed."""
    for make in _hostile.XML.values():
        inspect(make(2000))
        read_profile(make(2000))
    read_archive(archive(_hostile.XML["healthy items"](2000)))
    ask(_hostile.XML["healthy items"](2000))
    for unit in (*_hostile.UNITS.values(), *_hostile.BEHIND_LINK.values()):
        inspect_link(unit * 10)
        find_links((_hostile.LINK + unit) * 2)


def bound(problems: int = 0) -> int:
    return BOUND // PART + problems * PROBLEM


def assert_cheap(function: Callable[[], object], problems: int = 0) -> None:
    assert peak(function) < bound(problems)


FILES = {
    **{f"XML: {name}": make for name, make in _hostile.XML.items()},
    **{f"binary: {name}": make for name, make in _hostile.BINARY.items()},
}
# Every kind of cost, for the readers that stand on the same ground.
SOME = [
    "XML: a long key, many values",
    "XML: long keys, deep",
    "XML: a key again and again",
    "XML: items without anything",
    "XML: control characters",
    "XML: character references",
    "binary: what cannot be written, below a long key",
    "binary: empty dictionaries",
]


@pytest.mark.parametrize("name", FILES)
def test_inspecting_and_writing(name: str) -> None:
    data = FILES[name](LENGTH)
    assert len(data) <= LENGTH
    # What is slow, as tracing is, is done once: the bound is of the very call.
    cost, (report, *_) = measured(lambda: inspect(data))
    assert cost < bound(len(report.problems))
    manifest = report.manifest
    if manifest is not None:
        cost, (problems, _) = measured(lambda: use(manifest))
        assert cost < bound(len(problems))


@pytest.mark.parametrize("name", SOME)
def test_reading(name: str) -> None:
    data = FILES[name](LENGTH)
    assert_cheap(lambda: read(data), len(inspect_manifest(data).problems))
    assert_cheap(lambda: read_profile(data))
    packed = archive(data)
    assert_cheap(lambda: read_archive(packed))


@pytest.mark.parametrize("name", SOME[:4])
def test_checking(name: str) -> None:
    # A check keeps the report beside the answer, and asks for nothing more of these.
    data = FILES[name](LENGTH)
    assert_cheap(lambda: ask(data), len(inspect_manifest(data).problems))


@pytest.mark.parametrize("name", ["a long key, many values", "a long text with a character of four bytes", "lines"])
def test_whole_files(name: str) -> None:
    data = _hostile.XML[name](_hostile.LARGEST)
    assert peak(lambda: inspect(data)) < BOUND


@pytest.mark.parametrize("name", ["items without anything", "items with metadata", "a long URL of letters", "keys"])
def test_reports_as_dictionaries(name: str) -> None:
    report = inspect_manifest(_hostile.XML[name](LENGTH))
    assert_cheap(report.to_dict)
    data = report.to_dict()
    assert_cheap(lambda: ManifestReport.from_dict(data))


@pytest.mark.parametrize("part", [{"x": {}}, [[]], {"$data": "AA=="}, "a:/", None])
def test_dictionaries_that_are_no_reports(part: object) -> None:
    parts = [part] * 10_000
    data: dict[str, Any] = {"report": "manifest", "problems": [], "kind": "plist", "manifest": {"extra": {"x": parts}}}
    assert_cheap(lambda: outcome(lambda: ManifestReport.from_dict(data)))
    data["problems"] = parts
    assert_cheap(lambda: outcome(lambda: ManifestReport.from_dict(data)))


@pytest.mark.parametrize("name", _hostile.BOMBS)
def test_binaries_that_stand_for_more_than_they_hold(name: str) -> None:
    data = _hostile.BOMBS[name]
    assert len(data) <= _hostile.LARGEST
    assert peak(lambda: inspect(data)) < BOUND
    assert [problem.code for problem in inspect_manifest(data).problems] == ["too-large"]
    assert peak(lambda: read_profile(data)) < BOUND
    packed = archive(data)
    assert peak(lambda: read_archive(packed)) < BOUND


def test_an_archive_of_a_thousand_bytes() -> None:
    packed = archive(_hostile.XML["a long key, many values"](2**20 - 1000))
    assert len(packed) < 10_000
    assert peak(lambda: read_archive(packed)) < BOUND


def test_names_of_icons() -> None:
    long = "a" * 200_000
    info = {"CFBundleIdentifier": "a.b", "CFBundleIconFiles": [f"{long}{number}" for number in range(4)] + ["Icon"]}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("Payload/MyApp.app/Info.plist", plistlib.dumps(info))
        opened.writestr("Payload/MyApp.app/Icon.png", make_png(60))
    assert peak(lambda: read_archive(file.getvalue())) < 8 * 2**20
    assert read_ipa(file).icon_png() == make_png(60)


@pytest.mark.parametrize("name", _hostile.UNITS)
def test_links(name: str) -> None:
    text = _hostile.repeated(_hostile.UNITS[name], LENGTH)
    assert_cheap(lambda: find_links(text))
    assert_cheap(lambda: inspect_link(text))


@pytest.mark.parametrize("name", _hostile.BEHIND_LINK)
def test_long_links(name: str) -> None:
    text = _hostile.LINK + _hostile.repeated(_hostile.BEHIND_LINK[name], _hostile.LARGEST - len(_hostile.LINK))
    assert peak(lambda: inspect_link(text)) < BOUND
    assert [problem.code for problem in inspect_link(text).problems] == ["too-large"]
    # Just short enough to be read.
    text = text[: _urls.LONGEST]
    assert peak(lambda: find_links(text)) < BOUND // 2


def test_a_long_link_that_is_found() -> None:
    text = _hostile.repeated(_hostile.LINK, _hostile.LARGEST)
    assert peak(lambda: find_links(text)) < BOUND // 4


def test_a_page_that_is_full_of_links() -> None:
    """A check takes the first of them, and what it costs does not grow with those that follow."""

    def check_page(unit: str) -> Callable[[], object]:
        page = f"<html>{unit * (_hostile.LARGEST // len(unit))}".encode()
        deployment = Deployment({"/page": ("text/html", page)})
        return lambda: check("https://apps.example.com/page", fetch=deployment.fetch, now=NOW)

    for unit in ("itms-services:?url=a ", _hostile.LINK + " "):
        assert peak(check_page(unit)) < BOUND // 2
