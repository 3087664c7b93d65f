"""A manifest as the dictionary of a property list, and with another file as its package."""

from __future__ import annotations

import copy
import datetime as dt
import plistlib
import random
from collections import OrderedDict
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from _plists import random_value

from itms_ota import Asset, Checksum, Item, Manifest, ManifestError, Metadata

Raw = dict[str, Any]

URL = "https://apps.example.com/MyApp.ipa"
NEW = "https://apps.example.com/2/My App.ipa"
NEW_URL = "https://apps.example.com/2/My%20App.ipa"
ONE = Checksum("sha256", ("a" * 64,))
TWO = Checksum("sha256", ("b" * 64,))


def healthy() -> Raw:
    """Give a manifest with a little of everything."""
    return {
        "items": [
            {
                "assets": [
                    {"kind": "display-image", "url": "https://apps.example.com/57.png"},
                    {"kind": "software-package", "url": URL, "sha256": "a" * 64, "odd": {"a": [1, True, b"x"]}},
                ],
                "metadata": {
                    "bundle-identifier": "com.example.myapp",
                    "bundle-version": "1.2.3",
                    "kind": "software",
                    "title": "MyApp",
                },
                "thinned-assets": [{"kind": "software-package", "url": URL, "variantIds": ["iPhone15,2"]}],
                "other": dt.datetime(2026, 1, 1),  # noqa: DTZ001 -- as plistlib reads it
            }
        ],
        "x": [plistlib.UID(5), 1.5, "text"],
    }


# As a dictionary


def test_there_and_back() -> None:
    manifest = Manifest.from_dict(healthy())
    assert manifest.to_dict() == healthy()
    assert Manifest.from_dict(manifest.to_dict()) == manifest
    binary = plistlib.dumps(manifest.to_dict(), fmt=plistlib.FMT_BINARY)
    assert Manifest.from_plist(binary) == manifest


def test_it_is_what_the_file_says() -> None:
    raw = healthy()
    del raw["x"]
    data = plistlib.dumps(raw)
    assert Manifest.from_dict(plistlib.loads(data)) == Manifest.from_plist(data)
    assert plistlib.dumps(Manifest.from_plist(data).to_dict()) == Manifest.from_plist(data).to_plist()


def test_keys_come_in_the_order_of_the_file() -> None:
    made: Any = Manifest.from_dict({**healthy(), "a": {"z": 1, "b": 2}}).to_dict()
    assert list(made) == ["a", "items", "x"]
    assert list(made["a"]) == ["b", "z"]


def test_nothing_is_shared() -> None:
    raw = healthy()
    manifest = Manifest.from_dict(raw)
    raw["items"][0]["assets"][1]["odd"]["a"].append(2)
    raw["x"].clear()
    assert manifest.to_dict() == healthy()
    made: Any = manifest.to_dict()
    made["items"][0]["assets"][1]["odd"]["a"].append(2)
    made["items"].clear()
    made["x"].clear()
    assert manifest.to_dict() == healthy()


def test_what_is_like_a_dictionary_or_a_list_is_taken() -> None:
    raw = healthy()
    raw["items"] = (MappingProxyType(raw["items"][0]),)
    raw["x"] = tuple(raw["x"])
    raw["data"] = bytearray(b"x")
    made = Manifest.from_dict(OrderedDict(raw)).to_dict()
    assert made == {**healthy(), "data": b"x"}
    assert type(made["data"]) is bytes


@pytest.mark.parametrize("seed", range(50))
def test_any_value_comes_back(seed: int) -> None:
    raw = {**healthy(), "odd": random_value(random.Random(seed))}
    before = copy.deepcopy(raw)
    assert Manifest.from_dict(raw).to_dict() == raw == before


@pytest.mark.parametrize("change", ["http", "title", "items", "assets", "empty", "not a manifest"])
def test_the_faults_are_those_of_the_file(change: str) -> None:
    raw = healthy()
    del raw["x"]
    if change == "http":
        raw["items"][0]["assets"][1]["url"] = "http://apps.example.com/A.ipa"
        raw["items"][0]["metadata"]["title"] = 5
    elif change == "title":
        del raw["items"][0]["metadata"]["title"]
    elif change == "items":
        raw["items"] = {"a": 1}
    elif change == "assets":
        raw["items"][0].update({"assets": [], "thinned-assets": []})
    elif change == "empty":
        raw = {}
    else:
        raw = {"PayloadType": "Configuration"}
    with pytest.raises(ManifestError) as caught:
        Manifest.from_dict(raw)
    with pytest.raises(ManifestError) as of_file:
        Manifest.from_plist(plistlib.dumps(raw, sort_keys=True))
    told = [(problem.path, problem.code, problem.message, problem.level) for problem in caught.value.problems]
    assert sorted(told) == sorted(
        (problem.path, problem.code, problem.message, problem.level) for problem in of_file.value.problems
    )


def test_what_no_device_takes_is_given_out_when_asked_for() -> None:
    manifest = Manifest.for_app(url=URL, bundle_identifier="a.b", bundle_version="1", title="")
    with pytest.raises(ManifestError) as caught:
        manifest.to_dict()
    assert caught.value.problems == manifest.errors()
    made: Any = manifest.to_dict(validate=False)
    assert "title" not in made["items"][0]["metadata"]


@pytest.mark.parametrize("validate", [True, False])
def test_what_xml_cannot_carry_is_an_error_in_any_case(*, validate: bool) -> None:
    manifest = Manifest.from_dict(healthy())
    manifest = replace(manifest, extra={"a": "\x01"})
    with pytest.raises(ManifestError) as caught:
        manifest.to_dict(validate=validate)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [("a", "not-writable")]


def test_every_error_is_told_at_once() -> None:
    raw = healthy()
    raw["items"][0]["metadata"]["title"] = ""
    raw["x"] = "\ud800"
    with pytest.raises(ManifestError) as caught:
        Manifest.from_dict(raw)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [
        ("items[0].metadata.title", "empty"),
        ("x", "not-writable"),
    ]


def deep() -> Any:
    value: Any = []
    value.append(value)
    return value


@pytest.mark.parametrize("value", [deep(), [1] * 100_001, ["\x01"] * 201])
def test_what_is_too_large_is_refused(value: Any) -> None:
    for call in (lambda: Manifest.from_dict({**healthy(), "x": value}), Manifest(items=(), extra={"x": value}).to_dict):
        with pytest.raises(ManifestError) as caught:
            call()
        assert "too-large" in {problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([], "plist must be Mapping, not list"),
        (None, "plist must be Mapping, not NoneType"),
        (
            {"items": None},
            "plist has a value that no property list can hold: items: None is not a value of a property list",
        ),
        ({"items": [{1: 2}]}, "plist has a value that no property list can hold: items[0]: the key 1 is not a str"),
        ({"a": {1}}, "plist has a value that no property list can hold: a: a set is not a value of a property list"),
    ],
)
def test_what_is_not_a_property_list_is_a_type_error(raw: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        Manifest.from_dict(raw)
    assert str(caught.value) == message


# Another file


def test_another_package_keeps_the_rest() -> None:
    raw = healthy()
    new = Manifest.from_dict(raw).with_package(NEW, [TWO], "1.2.4")
    package = raw["items"][0]["assets"][1]
    package.update({"url": NEW_URL, "sha256": "b" * 64})
    raw["items"][0]["metadata"]["bundle-version"] = "1.2.4"
    # Packages of the old build, which some devices would install in place of the new one.
    del raw["items"][0]["thinned-assets"]
    assert new.to_dict() == raw
    assert new == Manifest.from_plist(new.to_plist())


def test_the_hashes_of_the_old_file_go() -> None:
    raw = healthy()
    package = raw["items"][0]["assets"][1]
    package.update({"md5": "0" * 32, "md5s": "odd", "md5-size": 5, "sha256s": [], "sha256-size": 0})
    image = raw["items"][0]["assets"][0]
    image["md5"] = "0" * 32
    manifest = Manifest(items=(Item._from_plist(raw["items"][0]),))
    new: Any = manifest.with_package(NEW).to_dict()
    assert new["items"][0]["assets"] == [
        image,
        {"kind": "software-package", "url": NEW_URL, "odd": {"a": [1, True, b"x"]}},
    ]
    assert new["items"][0]["metadata"] == raw["items"][0]["metadata"]


def test_the_same_hashes_stay_if_they_are_given() -> None:
    manifest = Manifest.from_dict(healthy())
    moved = manifest.with_package(NEW, manifest.package.checksums)
    assert moved.package.checksums == (ONE,)
    assert [change.kind for change in manifest.changes(moved)] == ["address", "address"]


def test_an_odd_version_or_url_gives_way() -> None:
    raw = healthy()
    raw["items"][0]["metadata"]["bundle-version"] = 5
    raw["items"][0]["assets"][1]["url"] = ""
    manifest = Manifest(items=(Item._from_plist(raw["items"][0]),))
    new = manifest.with_package(NEW, bundle_version="6")
    assert new == Manifest.from_plist(new.to_plist())
    assert manifest.with_package(NEW).items[0].metadata == manifest.items[0].metadata


def test_a_package_is_added_where_there_is_none() -> None:
    image = Asset(kind="display-image", url="https://apps.example.com/57.png")
    item = Item(assets=(image,), metadata=Metadata(bundle_identifier="a.b", title="A"))
    new = item.with_package(NEW, iter([ONE]))
    assert new.assets == (Asset(kind="software-package", url=NEW_URL, checksums=(ONE,)), image)


def test_of_two_packages_the_one_that_devices_use_is_another() -> None:
    first = Asset(kind="software-package", url=URL, variant_ids=("a",))
    item = Item(assets=(first, first), metadata=Metadata(bundle_identifier="a.b", title="A"))
    assert [asset.url for asset in item.with_package(NEW).assets] == [NEW_URL, URL]
    assert item.with_package(NEW).assets[0].variant_ids == ("a",)


def test_passwords_are_refused() -> None:
    url = "https://me:secret@apps.example.com/A.ipa"
    manifest = Manifest.from_dict(healthy())
    for call, place in ((manifest.items[0].with_package, ""), (manifest.with_package, "items[0].")):
        with pytest.raises(ManifestError) as caught:
            call(url)
        (problem,) = caught.value.problems
        assert (problem.path, problem.code, problem.level) == (f"{place}assets[1].url", "credentials", "error")
        assert "secret" not in str(caught.value)


def test_only_a_manifest_of_one_app_has_one_package() -> None:
    item = Manifest.from_dict(healthy()).items[0]
    two = Manifest(items=(item, item))
    for call in (lambda: two.package, lambda: two.with_package(NEW)):
        with pytest.raises(
            ValueError, match=r"^the manifest has 2 items: choose one of them, as in manifest.items\[0\]$"
        ):
            call()
    for none in (Manifest(items=()), Manifest(items=(), extra=healthy())):
        for call in (lambda one=none: one.package, lambda one=none: one.with_package(NEW)):
            with pytest.raises(ManifestError) as caught:
                call()
            assert [problem.code for problem in caught.value.problems] == ["not-a-manifest"]


def test_the_package_of_the_one_app() -> None:
    manifest = Manifest.from_dict(healthy())
    # mypy --strict: what is not None has a URL.
    assert manifest.package.url == URL
    assert manifest.package == manifest.items[0].package


def test_without_a_package_it_is_a_manifest_error() -> None:
    raw = healthy()
    del raw["items"][0]["assets"][1]
    item = Item._from_plist(raw["items"][0])
    for given, words in ((item, "thinned-assets"), (replace(item, thinned_assets=()), "display-image")):
        with pytest.raises(ManifestError) as caught:
            _ = Manifest(items=(given,)).package
        (problem,) = caught.value.problems
        assert (problem.path, problem.code, problem.level) == ("items[0].assets", "no-package", "error")
        assert words in problem.message


# Thinned assets and asset packs


def test_for_app_names_itself_where_an_argument_is_missing() -> None:
    options: Any = {"url": "https://a.example/A.ipa", "title": "A", "bundle_version": "1"}
    with pytest.raises(TypeError, match=r"Manifest\.for_app\(\) missing 1 required .*'bundle_identifier'"):
        Manifest.for_app(**options)


def test_for_app_takes_thinned_assets_and_asset_packs() -> None:
    thinned = Asset(kind="software-package", url="https://a.example/t 1.ipa", variant_ids=("iPhone15,2",))
    manifest = Manifest.for_app(
        url=URL,
        bundle_identifier="com.example.myapp",
        bundle_version="1",
        title="A",
        full_size_image_url="https://a.example/i.png",
        asset_pack_manifest_url="https://a.example/AssetPack Manifest.plist",
        thinned_assets=iter([thinned]),
        checksums=[ONE],
    )
    item = manifest.items[0]
    assert [(asset.kind, asset.url) for asset in item.assets] == [
        ("software-package", URL),
        ("full-size-image", "https://a.example/i.png"),
        ("asset-pack-manifest", "https://a.example/AssetPack%20Manifest.plist"),
    ]
    assert item.thinned_assets == (replace(thinned, url="https://a.example/t%201.ipa"),)
    assert [asset.checksums for asset in item.assets] == [(ONE,), (), ()]
    assert manifest.problems() == ()
    assert Manifest.from_plist(manifest.to_plist()) == manifest


def test_passwords_in_every_url_are_refused_at_once() -> None:
    url = "https://me:secret@a.example/x"
    with pytest.raises(ManifestError) as caught:
        Manifest.for_app(
            url=URL,
            bundle_identifier="a.b",
            bundle_version="1",
            title="A",
            asset_pack_manifest_url=url,
            thinned_assets=[Asset(kind="software-package", url=url)],
        )
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [
        ("items[0].assets[1].url", "credentials"),
        ("items[0].thinned-assets[0].url", "credentials"),
    ]
