"""Reports of every kind, with every value that they can hold and no secret in them."""

from __future__ import annotations

import datetime as dt
import io
import math
import plistlib
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from _checking import altered, run, with_package
from _deployment import MANIFEST_URL, NOW, Deployment
from _log_lines import ALL
from _make_ipa import INFO, make_certificate, make_ipa, make_profile

from itms_ota import (
    Asset,
    Checksum,
    InstallLink,
    Item,
    Manifest,
    ManifestReport,
    Metadata,
    Problem,
    find_links,
    inspect_link,
    inspect_manifest,
)
from itms_ota.check import CheckReport, Step, check
from itms_ota.ipa import Ipa, read_ipa
from itms_ota.logs import explain_log
from itms_ota.release import build_release
from itms_ota.remote import Tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ITEM = Item(
    assets=(
        Asset(
            kind="software-package",
            url="https://a.example/A.ipa",
            checksums=(Checksum("md5", ("a" * 32,)), Checksum("sha256", ("A" * 64, "b" * 64), 10)),
            variant_ids=("iPhone15,2",),
        ),
    ),
    thinned_assets=(Asset(kind="software-package", url="https://a.example/B.ipa"),),
    metadata=Metadata(bundle_identifier="a.b", title="Ä 🎉", bundle_version="1", subtitle="s", platform_identifier="p"),
)
EXTRAS: dict[str, Any] = {
    "data": b"\x00\xff",
    "empty data": b"",
    "text as data": b"text",
    "date": dt.datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 -- as a property list has it
    "first date": dt.datetime(1, 1, 1),  # noqa: DTZ001
    "last date": dt.datetime(9999, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001
    "aware date": dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30, seconds=1))),
    "in UTC": dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc),
    "uid": plistlib.UID(2**64 - 1),
    "booleans": [True, False],
    "integers": [0, -1, 2**53 - 1, 2**53, -(2**53), 2**64 - 1, -(2**63)],
    "reals": [0.1, -0.0, 1e308, 5e-324, 1.0, math.inf, -math.inf],
    "texts": ["", "\x00\x1f\x7f\u2028", "Ä 🎉", "\ud800", "x" * 10_000, "no: secret / in @ this " * 500],
    "nested": {"a": [{"b": [[], {}]}]},
    "": "an empty key",
    "$data": "a key that is not alone",
    **{
        f"like {key}": {key: value}
        for key in ("$data", "$date", "$uid", "$real", "$integer", "$", "$$", "$$data", "$x", "CF$UID", "x$")
        for value in ("QQ==",)
    },
    "like a mark within a mark": {"$$data": {"$data": {"$uid": b"x"}}},
}
REPORTS = [
    inspect_link(f"itms-services:/?action=download-manifest&url={MANIFEST_URL}"),
    inspect_link(f"itms-services://?action=download-manifest&url={MANIFEST_URL}%E2%80%A6"),
    inspect_link(""),
    inspect_link("x" * 70_000),
    inspect_link("see itms-services://?action=download-manifest&url=http://" + "a/" * 8000),
    find_links(f"see {InstallLink(MANIFEST_URL)}")[0],
    inspect_manifest(b""),
    inspect_manifest(Manifest(items=(ITEM,)).to_plist(validate=False)),
    inspect_manifest(
        b"<plist><dict><key>items</key><array><dict><key>$data</key><data>AA==</data></dict></array></dict>"
    ),
    ManifestReport(
        Manifest(items=(ITEM, ITEM), extra=EXTRAS), "manifest", (Problem("a", "missing", "b", "warning", 3, 4),)
    ),
    ManifestReport(Manifest(items=(), extra={"$date": "alone"}), "plist", ()),
    *(explain_log(vector.text) for vector in ALL),
    explain_log(""),
]


PROFILE = make_profile(
    "ad-hoc",
    DeveloperCertificates=[make_certificate(), b"not a certificate"],
    Odd=[b"data", 1.5, {"$data": "x"}],
)
APP = read_ipa(io.BytesIO(make_ipa(info={**INFO, "Odd": {"$uid": [2**63, b"\xff"]}}, profile=PROFILE)))
ODD = Ipa(bundle_identifier="", app_name="", size=0, device_families=(1, 2), info=EXTRAS, has_executable=False)


def reports_of_apps(folder: Path) -> Iterator[Any]:
    """Yield reports of an .ipa, of checks, and of a release."""
    yield from (APP.report(now=NOW), ODD.report(now=NOW), read_ipa(io.BytesIO(make_ipa(profile=None))).report(now=NOW))
    healthy = Deployment.healthy()
    yield run(healthy)
    yield run(healthy, fetch=altered(healthy, tls=None))
    yield run(healthy, MANIFEST_URL, verify_hashes=True)
    yield run(with_package(make_ipa(profile=PROFILE)))
    yield run(Deployment({}))
    yield run(healthy, f"{InstallLink(MANIFEST_URL)}\n{InstallLink('https://apps.example.com/other.plist')}")
    yield check("nothing", fetch=healthy.fetch)
    yield check(Manifest(items=(ITEM, ITEM), extra=EXTRAS), fetch=healthy.fetch, now=NOW)
    moved = Tls("TLSv1.2", "x", NOW, NOW - dt.timedelta(days=9, microseconds=5))
    yield CheckReport(
        (), (Step("GET", "https://a.example/", None, None, None, ("b", "c"), moved, 0.1),), None, (), ("a",)
    )
    yield build_release(io.BytesIO(make_ipa()), "https://a.example/", folder / "out", allow_problems=True, now=NOW)


def changed(data: Any, path: tuple[Any, ...], value: object) -> Any:
    """Return a dictionary with another value at a path; without that key if it is `...`."""
    copy = found = deepcopy(data)
    *before, last = path
    for step in before:
        found = found[step]
    if value is ...:
        del found[last]
    else:
        found[last] = value
    return copy
