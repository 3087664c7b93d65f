"""Rules of the check, one at a time: records in, problems out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import GOOD_TLS, NOW, manifest
from _make_ipa import make_ipa, make_profile
from _problems import codes
from _server import HOST

from itms_ota import Asset, Manifest, inspect_manifest
from itms_ota._png import LARGEST_FILE, PngHeader
from itms_ota.check import _peers, _rules
from itms_ota.check._exchange import Peer, Record, Session
from itms_ota.check._explain import explain
from itms_ota.check._probes import Asked, Seen, SeenImage, SeenManifest, SeenPackage, SeenPage, Wanted
from itms_ota.errors import Problem
from itms_ota.ipa import read_ipa
from itms_ota.remote import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

URL = "https://apps.example.com/file"
ITEM = manifest().items[0]
PACKAGE = make_ipa(profile=make_profile("enterprise"))
SIZE = {"Content-Length": str(len(PACKAGE))}


def record(status: int = 200, headers: dict[str, str] | None = None, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "method": "GET",
        "asked": (URL,),
        "last_url": URL,
        "last": Response(status, headers or {}, b""),
        "start": b"x",
        "refusal": b"",
        "ignored_range": False,
        "peers": (),
        "failure": (),
        "seconds": 0.1,
        **changes,
    }
    return Record(**values)


def failed(*codes: Any, level: Any = "error") -> Record:
    return record(failure=tuple(Problem("", code, "It fails.", level) for code in codes), last=None, start=b"")


def image(get: Record | None = None, **changes: Any) -> SeenImage:
    values: dict[str, Any] = {
        "place": "items[0].assets[1].url",
        "url": URL,
        "get": get or record(headers={"Content-Type": "image/png"}),
        "is_page": False,
        "size": 99,
        "header": PngHeader(57, 57, cgbi=False),
        **changes,
    }
    return SeenImage(**values)


def package(get: Record | None = None, head: Record | None = None, **changes: Any) -> SeenPackage:
    values: dict[str, Any] = {
        "place": "items[3].assets[0].url",
        "url": URL,
        "get": get or record(206, {"Content-Type": "application/octet-stream"}),
        "is_page": False,
        "want": Wanted("items[3].assets[0].url", URL, 3, ITEM, _not_called, 0),
        "asked": Asked(NOW),
        "exchange": None,
        "head": head or record(headers=SIZE),
        "file": None,
        "size": None,
        "ipa": read_ipa(BytesIO(PACKAGE)),
        "doubts": (),
        **changes,
    }
    return SeenPackage(**values)


def _not_called(*_: object) -> SeenPackage:
    raise AssertionError


def signed(seconds: int) -> str:
    """Make a URL whose signature holds for so many seconds from now on."""
    return f"{URL}?Expires={int(NOW.timestamp()) + seconds}&Signature=abc"


DAY = 86400


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, []),
        (signed(0), [("", "signed-url-expired", "error")]),
        (signed(1), [("", "signed-url-expires-soon", "warning")]),
        (signed(DAY), [("", "signed-url-expires-soon", "warning")]),
        (signed(DAY + 1), []),
    ],
)
def test_expiry(url: str, expected: list[tuple[str, str, str]]) -> None:
    assert codes(_rules.expiry(image(url=url), NOW)) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (image(), []),
        (image(record(404)), ["http-status"]),
        (image(record(404), url=signed(-1)), []),
        (image(record(headers={"Content-Encoding": "GZIP"})), ["content-encoded"]),
        (image(record(headers={"Content-Encoding": "Identity"})), []),
        (image(is_page=True), ["web-page"]),
        (image(record(start=b"")), ["empty-body"]),
        (image(record(404, {"Content-Encoding": "gzip"}, start=b""), is_page=True), ["http-status"]),
        (image(failed("timeout")), []),
    ],
)
def test_delivery(seen: Seen, expected: list[str]) -> None:
    assert codes(_rules.delivery(seen, NOW)) == [("", code, "error") for code in expected]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (image(failed("timeout", "refused")), ["timeout", "refused"]),
        (image(failed("http-status"), url=signed(1)), ["http-status"]),
        (image(failed("http-status", "changed"), url=signed(0)), ["changed"]),
    ],
)
def test_failure(seen: Seen, expected: list[str]) -> None:
    assert codes(_rules.failure(seen, NOW)) == [("", code, "error") for code in expected]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (package(), []),
        (package(failed("refused")), [("", "refused", "error")]),
        (package(failed("no-ranges")), [("", "no-ranges", "warning"), ("", "not-checked", "warning")]),
        (package(failed("no-length")), [("", "no-length", "warning"), ("", "not-checked", "warning")]),
        (package(failed("no-ranges"), download=record()), [("", "no-ranges", "warning")]),
        (package(failed("wrong-range"), download=record()), [("", "wrong-range", "warning")]),
        (
            package(failed("no-ranges"), download=failed("truncated")),
            [("", "no-ranges", "warning"), ("", "truncated", "error")],
        ),
        (
            package(failed("no-ranges"), download=record(404)),
            [("", "no-ranges", "warning"), ("", "http-status", "error")],
        ),
        (
            package(failed("no-ranges"), download=record(start=b"")),
            [("", "no-ranges", "warning"), ("", "empty-body", "error")],
        ),
        (
            package(failed("no-ranges"), download=record(), is_page=True),
            [("", "no-ranges", "warning"), ("", "web-page", "error")],
        ),
        (package(is_page=True), [("", "web-page", "error")]),
        (package(failed("no-ranges"), is_page=True), [("", "web-page", "error")]),
        (package(failed("content-encoded"), is_page=True), [("", "web-page", "error")]),
        (package(failed("wrong-range"), is_page=True), [("", "wrong-range", "error")]),
        (package(failed("not-checked", level="warning")), [("", "not-checked", "warning")]),
    ],
)
def test_package_failure(seen: SeenPackage, expected: list[tuple[str, str, str]]) -> None:
    assert codes(_rules.package_failure(seen, NOW)) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (record(headers=SIZE), []),
        (record(), ["no-length"]),
        (record(headers={"Content-Length": "1"}), ["length-mismatch"]),
        (record(405), ["head-refused"]),
        (failed("redirect-loop"), ["head-refused"]),
        (record(302, failure=(Problem("", "not-https", "It fails."),)), ["head-refused"]),
    ],
)
def test_head(head: Record, expected: list[str]) -> None:
    assert codes(_rules.head(package(head=head), NOW)) == [("", code, "warning") for code in expected]
    assert codes(_rules.head(package(head=head, ipa=None), NOW)) == []


def test_slow_answers_to_head() -> None:
    for seconds, expected in ((4.9, []), (5.0, [("", "slow-head", "warning")])):
        assert codes(_rules.head(package(head=record(headers=SIZE, seconds=seconds)), NOW)) == expected
    silent = failed("timeout")._replace(seconds=10.0)
    assert codes(_rules.head(package(head=silent), NOW)) == [("", "slow-head", "warning")]
    (problem,) = _rules.head(package(head=silent), NOW)
    assert "no answer to HEAD within 10 seconds" in problem.message
    refused = [("", "slow-head", "warning"), ("", "head-refused", "warning")]
    assert codes(_rules.head(package(head=record(405, seconds=6.0)), NOW)) == refused
    assert codes(_rules.head(package(head=silent, ipa=None), NOW)) == []


def test_the_length_that_is_missing_twice_is_missed_once() -> None:
    seen = package(failed("no-length"), download=record(), head=record())
    assert codes(_rules.head(seen, NOW)) == []
    assert codes(_rules.package_failure(seen, NOW)) == [("", "no-length", "warning")]


def test_redirects_of_packages() -> None:
    there = (URL, "https://cdn.example.com/other?token=hunter2hunter2")
    assert codes(_rules.redirected(package(), NOW)) == []
    seen = package(record(asked=there))
    assert codes(_rules.redirected(seen, NOW)) == [("", "redirected-package", "warning")]
    (problem,) = _rules.redirected(seen, NOW)
    assert "may not follow" in problem.message
    assert "hunter2" not in problem.message
    assert codes(_rules.redirected(package(failed("no-ranges"), download=record(asked=there)), NOW)) == codes([problem])
    assert codes(_rules.redirected(package(record(asked=there), ipa=None), NOW)) == []


@pytest.mark.parametrize(("ignored", "expected"), [(False, []), (True, [("", "no-ranges", "warning")])])
def test_ranges(expected: list[tuple[str, str, str]], *, ignored: bool) -> None:
    assert codes(_rules.ranges(package(record(ignored_range=ignored)), NOW)) == expected


@pytest.mark.parametrize(
    ("rule", "seen", "usual"),
    [
        (_rules.package_type, package, ["application/octet-stream", "BINARY/octet-stream; x=y"]),
        (_rules.image, image, ["image/png"]),
    ],
)
def test_content_types(
    rule: Callable[..., Iterable[Problem]], seen: Callable[[Record], Seen], usual: list[str]
) -> None:
    for given in (*usual, "text/html", ""):
        expected = [] if given in usual else [("", "content-type", "warning")]
        assert codes(rule(seen(record(headers={"Content-Type": given})), NOW)) == expected


def test_what_is_in_a_manifest() -> None:
    page = inspect_manifest(b"<html>")
    seen = SeenManifest(place="manifest", url=URL, get=record(), is_page=True, report=page)
    assert codes(_rules.manifest_content(seen, NOW)) == []
    assert codes(_rules.manifest_content(replace(seen, report=None, is_page=False), NOW)) == []
    other = replace(seen, report=inspect_manifest(b"{}"), is_page=False)
    assert codes(_rules.manifest_content(other, NOW)) == [("manifest", "not-a-manifest", "error")]
    assert codes(_rules.manifest_type(other, NOW)) == []
    good = replace(other, report=inspect_manifest(manifest().to_plist()))
    assert codes(_rules.manifest_type(good, NOW)) == [("", "content-type", "warning")]


def test_packages_for_certain_devices_alone_are_not_looked_at() -> None:
    thinned = Asset(kind="software-package", url="https://a.example/b.ipa", variant_ids=("iPhone15,2",))
    alone = replace(ITEM, assets=(), thinned_assets=(thinned,))
    expected = [("items[1].thinned-assets", "not-checked", "warning")]
    nothing = Asked(NOW)
    assert codes(_rules.unchecked_items(Manifest(items=(ITEM, alone)), nothing, closer=False)) == expected
    both = Manifest(items=(ITEM, replace(ITEM, thinned_assets=(thinned,))))
    assert codes(_rules.unchecked_items(both, nothing, closer=False)) == []
    # Which of the packages a device takes is known only of its kind.
    for device, problems in ((None, expected), ("iPhone15,2", expected), ("iPhone14,5", [])):
        assert codes(_rules.unchecked_items(both, nothing._replace(device=device), closer=True)) == problems
    unnamed = Manifest(items=(ITEM, replace(ITEM, thinned_assets=(replace(thinned, variant_ids=()),))))
    assert codes(_rules.unchecked_items(unnamed, nothing._replace(device="iPhone14,5"), closer=True)) == expected


@pytest.mark.parametrize(("count", "expected"), [(16, []), (17, [("items[16]", "not-checked", "warning")])])
def test_items_beyond_the_limit(count: int, expected: list[tuple[str, str, str]]) -> None:
    nothing = Asked(NOW)
    assert codes(_rules.unchecked_items(Manifest(items=(ITEM,) * count), nothing, closer=False)) == expected


def test_a_comparison_is_of_the_item_that_names_the_package() -> None:
    other = replace(ITEM, metadata=replace(ITEM.metadata, bundle_identifier="com.example.other"))
    nameless = replace(ITEM, metadata=replace(ITEM.metadata, bundle_identifier=""))
    seen = package()
    assert codes(_rules.comparison(seen, NOW)) == []
    seen = replace(seen, want=seen.want._replace(item=other))
    assert codes(_rules.comparison(seen, NOW)) == [
        ("items[3].metadata.bundle-identifier", "bundle-identifier-mismatch", "error")
    ]
    assert codes(_rules.comparison(replace(seen, want=seen.want._replace(item=nameless)), NOW)) == []
    assert codes(_rules.comparison(replace(seen, ipa=None), NOW)) == []
    hashed = replace(seen, hashing=record(), compared=(Problem("items[0].assets[0].md5", "hash-mismatch", "No."),))
    assert codes(_rules.comparison(hashed, NOW)) == [("items[3].assets[0].md5", "hash-mismatch", "error")]
    assert codes(_rules.comparison(replace(seen, hashing=failed("changed")), NOW)) == [("", "changed", "error")]


@pytest.mark.parametrize(
    ("manifest_url", "package_url", "expected"),
    [
        (None, signed(9), False),
        (URL, URL, False),
        (URL, signed(0), False),
        (URL, signed(1), True),
        (signed(1), signed(1), False),
        (signed(2), signed(1), True),
        (signed(1), signed(2), False),
    ],
)
def test_a_manifest_that_outlives_its_package(manifest_url: str | None, package_url: str, *, expected: bool) -> None:
    seen = package(url=package_url)
    seen = replace(seen, asked=seen.asked._replace(manifest_url=manifest_url))
    assert codes(_rules.outlived(seen, NOW)) == [("", "manifest-outlives-package", "warning")] * expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"header": None}, [("", "not-an-image", "error")]),
        ({"header": None, "size": 0}, []),
        ({"header": None, "is_page": True}, []),
        ({"size": LARGEST_FILE}, []),
        ({"size": LARGEST_FILE + 1}, [("", "too-large", "error")]),
        ({"header": PngHeader(57, 57, cgbi=True)}, [("", "image-cgbi", "warning")]),
        ({"header": PngHeader(57, 58, cgbi=False)}, [("", "image-not-square", "warning")]),
    ],
)
def test_images(changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert codes(_rules.image(image(**changes), NOW)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"version": "TLSv1.2", "cipher": "ECDHE-RSA-AES128-GCM-SHA256"}, []),
        ({"version": "TLSv1.2", "cipher": "AES128-GCM-SHA256"}, [("", "tls-no-forward-secrecy", "warning")]),
        ({"version": "TLSv1.1", "cipher": "AES128-SHA"}, [("", "tls-too-old", "error")]),
        ({"not_after": NOW}, [("", "tls-expired", "error")]),
        ({"not_after": NOW + timedelta(seconds=1)}, [("", "tls-expires-soon", "warning")]),
        ({"not_after": NOW + timedelta(days=14)}, [("", "tls-expires-soon", "warning")]),
        ({"not_after": NOW + timedelta(days=14, seconds=1)}, []),
        ({"not_after": None}, []),
    ],
)
def test_tls(changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert codes(_peers.tls(Peer("a.example:443", replace(GOOD_TLS, **changes), None), NOW)) == expected


@pytest.mark.parametrize(
    ("lifetime", "left", "within", "soon"),
    [
        # The last third of its lifetime, 14 days at most; without its beginning 14 days.
        (timedelta(days=6), timedelta(days=2), None, True),
        (timedelta(days=6), timedelta(days=2, seconds=1), None, False),
        (timedelta(days=42), timedelta(days=14), None, True),
        (timedelta(days=90), timedelta(days=14), None, True),
        (timedelta(days=90), timedelta(days=14, seconds=1), None, False),
        (None, timedelta(days=14), None, True),
        (None, timedelta(days=14, seconds=1), None, False),
        # What was asked for counts for all.
        (timedelta(days=6), timedelta(days=5), timedelta(days=5), True),
        (timedelta(days=90), timedelta(days=30), timedelta(days=30), True),
        (timedelta(days=90), timedelta(days=1), timedelta(0), False),
        (None, timedelta(days=30, seconds=1), timedelta(days=30), False),
    ],
)
def test_how_soon_a_certificate_ends(
    lifetime: timedelta | None,
    left: timedelta,
    within: timedelta | None,
    soon: bool,  # noqa: FBT001
) -> None:
    end = NOW + left
    agreed = replace(GOOD_TLS, not_after=end, not_before=None if lifetime is None else end - lifetime)
    expected = [("", "tls-expires-soon", "warning")] * soon
    assert codes(_peers.tls(Peer("a.example:443", agreed, None), NOW, within)) == expected


SEPTEMBER = datetime(2020, 9, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("begin", "lives", "public", "expected"),
    [
        # Both ends belong to it, so that 398 days are over a second after the last of these.
        (SEPTEMBER, timedelta(days=398, seconds=-1), True, []),
        (SEPTEMBER, timedelta(days=398), True, [("", "tls-lifetime", "warning")]),
        (SEPTEMBER, timedelta(days=3980), False, []),
        (SEPTEMBER - timedelta(seconds=1), timedelta(days=825), True, []),
        (None, timedelta(days=825), True, []),
    ],
)
def test_how_long_a_certificate_lives(
    begin: datetime | None,
    lives: timedelta,
    public: bool,  # noqa: FBT001
    expected: list[tuple[str, str, str]],
) -> None:
    agreed = replace(GOOD_TLS, not_before=begin, not_after=(begin or SEPTEMBER) + lives)
    assert codes(_peers.lifetime(Peer("a.example:443", agreed, None, public))) == expected


def test_how_long_a_certificate_without_dates_lives() -> None:
    for agreed in (None, replace(GOOD_TLS, not_before=SEPTEMBER, not_after=None)):
        assert codes(_peers.lifetime(Peer("a.example:443", agreed, None, public_roots=True))) == []


def test_without_tls_there_is_nothing_to_say_of_it() -> None:
    assert codes(_peers.tls(Peer("a.example:443", None, None), NOW)) == []


@pytest.mark.parametrize(
    ("origin", "address", "expected"),
    [
        ("a.example.com:443", "8.8.8.8:443", []),
        ("a.example.com:443", "10.0.0.1:443", [("", "private-host", "warning")]),
        ("a.example.com:443", "127.0.0.1:443", [("", "loopback-host", "warning")]),
        ("a.example.com:443", "[::1]:443", [("", "loopback-host", "warning")]),
        ("a.example.com:443", "a socket", []),
        ("a.example.com:443", None, []),
        ("10.0.0.1:443", "10.0.0.1:443", []),
        ("mac.local:443", "10.0.0.1:443", []),
    ],
)
def test_addresses(origin: str, address: str | None, expected: list[tuple[str, str, str]]) -> None:
    assert codes(_peers.private_address(Peer(origin, None, address))) == expected


def test_who_answers_is_judged_once_and_at_the_file_that_met_them_first() -> None:
    old = replace(GOOD_TLS, version="TLSv1")
    here, there = Peer("a.example:443", old, None), Peer("b.example:443", old, None)
    icon = {"Content-Type": "image/png"}
    first = image(record(headers=icon, peers=(here,)), place="first")
    second = image(record(headers=icon, peers=(here, there)), place="second")
    judged = [(seen.place, problem.code) for seen, problem in _rules.judge([first, second], Asked(NOW), set())]
    assert judged == [("first", "tls-too-old"), ("second", "tls-too-old")]


def test_every_table_is_for_a_kind_of_file_and_has_no_rule_twice() -> None:
    assert {*_rules.OF_A_FILE} == {SeenPage, SeenManifest, SeenPackage, SeenImage}
    for rules in _rules.OF_A_FILE.values():
        assert len({*rules}) == len(rules)


# What a fault means for a device

SHOWN_FOR_A_PACKAGE = "It fails. On the device: 'Unable to Download App', or it 'could not be installed at this time'."


@pytest.mark.parametrize(
    ("seen", "problem", "expected"),
    [
        (package(), Problem("", "refused", "It fails."), ("items[3].assets[0].url", SHOWN_FOR_A_PACKAGE, "error")),
        (package(), Problem("", "byte-limit", "It fails."), ("items[3].assets[0].url", "It fails.", "error")),
        (package(), Problem("", "no-length", "It fails.", "warning"), (package().place, "It fails.", "warning")),
        (package(), Problem("Payload/A", "no-profile", "It fails."), ("Payload/A", "It fails.", "error")),
        (
            image(),
            Problem("", "refused", "It fails."),
            ("items[0].assets[1].url", "It fails. The app installs, without this picture.", "warning"),
        ),
        (
            SeenManifest(place="manifest", url=URL, get=record(), is_page=False, report=None),
            Problem("", "timeout", "It fails."),
            ("manifest", "It fails. On the device: 'Cannot connect to apps.example.com'.", "error"),
        ),
    ],
)
def test_explanations(seen: Seen, problem: Problem, expected: tuple[str, str, str]) -> None:
    unused: Any = None
    session = Session(unused, unused, "", frozenset())
    explained = explain(problem, seen, session)
    assert (explained.path, explained.message, explained.level) == expected
    assert explain(explained, seen, session) == explained
    # No device connects to where the caller leads.
    elsewhere = explain(problem, seen, replace(session, replaced=frozenset({f"{HOST}:443"})))
    assert (elsewhere.message == "It fails.") is (problem.code == "refused" or explained.message == "It fails.")


def test_what_is_judged_by_another_time() -> None:
    then = datetime(2200, 1, 1, tzinfo=timezone.utc)
    assert ("", "tls-expired", "error") in codes(_peers.tls(Peer("a.example:443", GOOD_TLS, None), then))
    assert [problem.code for problem in _rules.app(package(asked=Asked(then)), then)] == ["profile-expired"]
