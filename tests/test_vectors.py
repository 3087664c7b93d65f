"""The vectors of docs/vectors: each gives what it says, and each says where that comes from."""

from __future__ import annotations

import base64
import io
import re
from datetime import datetime

import pytest
from _problems import codes
from _signing import APP, inspected, zip_files
from _tampered import CASES
from _vectors import FOLDER, LISTS, NAMES, Vector, content, data, document, expected, value, vectors, written

from itms_ota import (
    InstallLink,
    LinkError,
    Manifest,
    ManifestError,
    ManifestReport,
    _plist,
    inspect_link,
    inspect_manifest,
)
from itms_ota._asn1 import read_x509
from itms_ota._codes import CODES
from itms_ota.browsers import identify
from itms_ota.signature import inspect_signature

LEAST = {"links": 250, "manifests": 250, "plists": 200, "signatures": 60, "user-agents": 200}


def each(name: str, of: str = "vectors") -> pytest.MarkDecorator:
    """Run a test with each vector of a file."""
    chosen = vectors(name, of=of)
    return pytest.mark.parametrize("vector", chosen, ids=[vector["id"] for vector in chosen])


# What strangers rely upon


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_whole(name: str) -> None:
    file = document(name)
    every = [vector for of in LISTS if of in file for vector in file[of]]
    assert file["format"] == 1
    assert len(file["vectors"]) >= LEAST[name]
    assert {vector["fact"] for vector in every} == {*file["facts"]}
    for fact in file["facts"].values():
        assert {*fact} == {"fact", "source"}
        assert fact["fact"].endswith(".")
        assert fact["source"]
    for key in ("id", "remark"):
        assert all(isinstance(vector[key], str) and vector[key] for vector in every)
    assert len({vector["id"] for vector in every}) == len(every)
    inputs = [str(vector.get("base64", vector.get("text", vector.get("user_agent", vector["id"])))) for vector in every]
    assert len({*inputs}) == len(every)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_stands_as_it_is_written(name: str) -> None:
    assert written(document(name)) == (FOLDER / f"{name}.json").read_text("ascii"), "run tests/write_vectors.py"


@pytest.mark.parametrize("name", NAMES)
def test_problems_are_those_that_are_declared(name: str) -> None:
    for of in LISTS:
        for vector in document(name).get(of, ()):
            for _, code, level in vector.get("problems", ()):
                assert level in CODES[code].levels, vector["id"]


def test_the_description_has_every_key() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    keys = {key for name in NAMES for of in LISTS for vector in document(name).get(of, ()) for key in vector}
    keys |= {key for name in NAMES for key in document(name)}
    assert keys <= {*re.findall("`([^`]+)`", text)}
    table = dict(re.findall(r"\]\(([\w-]+)\.json\) \| (.*) \|", text))
    for name in NAMES:
        counts = [len(document(name)[of]) for of in LISTS if of in document(name)]
        assert [int(number) for number in re.findall(r"\d+", table[name])] == counts


def test_all_of_it_stays_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000


# The results


@each("links")
def test_a_link(vector: Vector) -> None:
    report = inspect_link(vector["text"])
    assert codes(report.problems) == expected(vector)
    assert report.device_url == vector["device_url"]
    assert (report.link and report.link.manifest_url) == vector["manifest_url"]


@each("links", of="built")
def test_a_link_that_is_built(vector: Vector) -> None:
    if vector["link"] is not None:
        assert str(InstallLink(vector["url"])) == vector["link"]
        assert not expected(vector)
        return
    with pytest.raises(LinkError) as caught:
        InstallLink(vector["url"])
    assert codes(caught.value.problems) == expected(vector)


def apps(report: ManifestReport) -> list[dict[str, str]]:
    """Return what a manifest says of each app, as the vectors have it."""
    assert report.manifest is not None
    told: list[dict[str, str]] = []
    for item in report.manifest.items:
        about = item.metadata
        urls = [asset.url for asset in item.assets if asset.kind == "software-package"]
        fields = {
            "bundle-identifier": about and about.bundle_identifier,
            "bundle-version": about and about.bundle_version,
            "title": about and about.title,
            "url": next(iter(urls), None),
        }
        told.append({key: value for key, value in fields.items() if value})
    return told


@each("manifests")
def test_a_manifest(vector: Vector) -> None:
    report = inspect_manifest(data(vector))
    assert report.kind == vector["kind"]
    assert sorted(codes(report.problems)) == sorted(expected(vector))
    assert report.ok == ("apps" in vector)
    if report.ok:
        assert apps(report) == vector["apps"]
        assert Manifest.from_plist(data(vector)) == report.manifest
    else:
        with pytest.raises(ManifestError):
            Manifest.from_plist(data(vector))


@each("plists")
def test_a_property_list(vector: Vector) -> None:
    read, told, _ = _plist.read(data(vector))
    refused = read is None or any(problem.level == "error" for problem in told)
    assert refused == vector.get("refused", False)
    if not refused:
        # Numbers that are not numbers equal none, and 1 equals True: so they are compared as they are shown.
        assert repr(read) == repr(value(vector))
    if "problems" in vector:
        assert codes(told) == expected(vector)


def signed_app(vector: Vector) -> tuple[bytes, datetime]:
    """Return an app of signatures.json, and the time at which it is judged."""
    files = {path: content(name) for path, name in vector["files"].items()}
    modes = {path: mode and int(mode, 8) for path, mode in vector.get("modes", {}).items()}
    return zip_files(files, modes), datetime.fromisoformat(document("signatures")["now"].replace("Z", "+00:00"))


@each("signatures")
def test_a_signature(vector: Vector) -> None:
    data, now = signed_app(vector)
    roots = [read_x509(base64.b64decode(document("signatures")["root"]))]
    assert sorted(codes(inspected(data, now=now, roots=roots).problems)) == sorted(expected(vector))


@each("signatures")
def test_what_is_left_to_compare_where_the_root_cannot_be_given(vector: Vector) -> None:
    data, now = signed_app(vector)
    told = codes(inspect_signature(io.BytesIO(data), now=now).problems)
    unlike = {
        "not-apple-signed",
        "profile-not-genuine",
        *(["not-verified"] if vector["id"] == "certificate-13" else []),
    }
    assert sorted(one for one in told if one[1] not in unlike) == sorted(
        one for one in expected(vector) if one[1] not in unlike
    )


def test_the_signatures_are_cases_of_their_tests() -> None:
    cases = {name: [(f"{APP}{path}", *rest) for path, *rest in told] for name, (_, told) in CASES.items()}
    for vector in vectors("signatures"):
        assert expected(vector) == cases[vector["remark"]]


@each("user-agents")
def test_a_user_agent(vector: Vector) -> None:
    browser = identify(vector["user_agent"])
    assert (browser.name, browser.platform, browser.in_app, browser.can_install) == tuple(
        vector[key] for key in ("browser", "platform", "in_app", "can_install")
    )
