"""The manifest: its model, its round trip, and every rule beside a manifest that keeps it."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import plistlib
import random
from typing import Any

import pytest
from _vectors import Vector, data, expected, numbered, vectors

from itms_ota import Asset, Checksum, Item, Manifest, ManifestError, Metadata, Problem, inspect_manifest

Raw = dict[str, Any]
Found = set[tuple[str, str, str]]

MD5 = "0123456789abcdef" * 2
SHA256 = MD5 * 2
ITEM = "items[0]"
PACKAGE = f"{ITEM}.assets[0]"
IMAGE = f"{ITEM}.assets[1]"
METADATA = f"{ITEM}.metadata"
EMPTY: list[Any] = []
EMPTY_DICT: Raw = {}
GONE = object()
"""Stands for a key that is taken out."""


def healthy() -> Raw:
    """Give a manifest as Xcode writes it, with SHA-256 added."""
    return {
        "items": [
            {
                "assets": [
                    {
                        "kind": "software-package",
                        "sha256-size": 10485760,
                        "sha256s": [SHA256, SHA256],
                        "url": "https://apps.example.com/MyApp.ipa",
                    },
                    {"kind": "display-image", "url": "https://apps.example.com/57.png"},
                    {"kind": "full-size-image", "url": "https://apps.example.com/512.png"},
                ],
                "metadata": {
                    "bundle-identifier": "com.example.myapp",
                    "bundle-version": "1.2.3",
                    "kind": "software",
                    "platform-identifier": "com.apple.platform.iphoneos",
                    "title": "MyApp",
                },
            }
        ]
    }


def changed(path: str, value: object) -> Raw:
    """Set one value of the healthy manifest; paths are those of problems, but for keys that hold periods."""
    raw = healthy()
    place: Any = raw
    *steps, last = [
        int(part) if part.isdigit() else part for part in path.replace("[", ".").replace("]", "").split(".")
    ]
    for step in steps:
        place = place[step]
    if value is GONE:
        del place[last]
    elif last == len(place):
        place.append(value)
    else:
        place[last] = value
    return raw


def is_list(value: object) -> bool:
    return isinstance(value, list)


def is_dict(value: object) -> bool:
    return isinstance(value, dict)


def without_hashes(raw: Raw) -> Raw:
    """Take the hashes out, which the glance never takes for usual."""
    items: Any = raw.get("items")
    if is_list(items) and items and is_dict(items[0]) and is_list(items[0].get("assets")):
        for asset in items[0]["assets"]:
            if is_dict(asset):
                asset.pop("sha256s", None)
                asset.pop("sha256-size", None)
    return raw


def hashed(**keys: object) -> Raw:
    """Give the healthy manifest with other hashes."""
    hashes = {key.replace("_", "-"): value for key, value in keys.items()}
    raw = healthy()
    raw["items"][0]["assets"][0] = {"kind": "software-package", "url": "https://apps.example.com/MyApp.ipa", **hashes}
    return raw


def thinned(assets: object, *packages: Raw) -> Raw:
    """Give the healthy manifest with thinned packages, and other assets."""
    raw = changed(f"{ITEM}.assets", assets)
    raw["items"][0]["thinned-assets"] = [
        {"kind": "software-package", "url": "https://a.example/b.ipa", **package} for package in packages
    ]
    return raw


def found_in(raw: Raw) -> Found:
    """Give level, path and code of every problem, which all ways of reading have to agree on."""
    report = inspect_manifest(plistlib.dumps(raw))
    assert report.kind == "manifest"
    assert report.manifest is not None
    found: Found = {(problem.level, problem.path, problem.code) for problem in report.problems}
    assert len(found) == len(report.problems)
    assert {(problem.level, problem.path, problem.code) for problem in report.manifest.problems()} == found
    assert all(problem.line and problem.column for problem in report.problems if problem.path)
    assert all(problem.message.endswith(".") for problem in report.problems)
    errors = [problem for problem in report.problems if problem.level == "error"]
    assert report.ok == (not errors)
    if errors:
        for refuse in (
            lambda: Manifest.from_plist(plistlib.dumps(raw)),
            report.manifest.validate,
            report.manifest.to_plist,
        ):
            with pytest.raises(ManifestError) as caught:
                refuse()
            assert sorted(map(key_of, caught.value.problems)) == sorted(map(key_of, errors))
    else:
        assert Manifest.from_plist(plistlib.dumps(raw)) == report.manifest
        assert plistlib.loads(report.manifest.to_plist()) == raw
    return found


def key_of(problem: Problem) -> tuple[str, str]:
    return problem.path, problem.code


@pytest.mark.parametrize(
    "vector",
    [vector for vector in vectors("manifests") if numbered(vector)[0] not in {"form", "other"}],  # those are no rules
    ids=lambda vector: vector["id"],
)
def test_each_fault_is_exactly_the_problems_that_are_expected(vector: Vector) -> None:
    assert found_in(plistlib.loads(data(vector))) == {(level, path, code) for path, code, level in expected(vector)}


@pytest.mark.parametrize("extra", [{}, {"made-by": "a script"}])
def test_without_items_a_manifest_and_its_file_are_the_same_to_a_reader(extra: Raw) -> None:
    manifest = Manifest(items=(), extra=extra)
    problems = manifest.problems()
    assert [(problem.level, problem.path, problem.code) for problem in problems] == [("error", "", "not-a-manifest")]
    assert inspect_manifest(manifest.to_plist(validate=False)).problems == problems
    assert [problem.code for problem in inspect_manifest(b"").problems] == ["not-a-manifest"]
    with pytest.raises(ManifestError):
        manifest.to_plist()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (" https://drive.google.com/file/d/x/view", "share-page"),
        ("https://a.example/App.zip\n", "wrong-file"),
        ("\n https://a.example/ ", "wrong-file"),
        ("https://a.example/App.ipa?Expires=1&Signature=ab\n", "signed-url-expired"),
    ],
)
def test_white_space_around_a_url_does_not_hide_what_it_leads_to(url: str, code: str) -> None:
    problems = inspect_manifest(plistlib.dumps(without_hashes(changed(f"{PACKAGE}.url", url)))).problems
    assert [problem.code for problem in problems] == ["whitespace", code]


def test_messages_say_what_was_meant() -> None:
    def message(raw: Raw) -> str:
        return inspect_manifest(plistlib.dumps(raw)).problems[0].message

    assert "older systems refuse the item" in message(changed(f"{METADATA}.kind", GONE))
    assert "the real 1.5. The device ignores it" in message(changed(f"{METADATA}.bundle-version", 1.5))
    assert "begins with '9TTXQKYT39.'" in message(changed(f"{METADATA}.bundle-identifier", "9TTXQKYT39.com.x"))
    assert "expired on 1970-01-01 at 00:01 UTC" in message(
        changed(f"{PACKAGE}.url", "https://a.example/a.ipa?Expires=60&Signature=ab")
    )
    assert "https://raw.githubusercontent.com/a/b/main/a.ipa" in message(
        changed(f"{PACKAGE}.url", "https://github.com/a/b/blob/main/a.ipa")
    )
    assert message(changed(f"{PACKAGE}.url", "https://a.example/")).endswith("Add the name of the .ipa.")
    assert message(changed(f"{PACKAGE}.url", "https://a.example/a.ipa/")).endswith("Remove the '/' at its end.")
    many = [f"iPad8,{number}" for number in range(1, 13)]
    assert "for 'iPhone15,2', 'iPad8,1', 'iPad8,2'" in message(
        thinned(GONE, {"variantIds": ["iPhone15,2", "iPad8,1"]}, {"variantIds": many})
    )
    assert "'iPad8,9' and 3 more." in message(thinned(GONE, {"variantIds": ["iPhone15,2", *many]}))
    assert "older systems refuse" not in message(changed(f"{METADATA}.kind", "x"))
    assert "(did you mean 'display-image'?)" in message(changed(f"{IMAGE}.kind", "display-imag"))
    assert "(did you mean 'title'?)" in message(changed(f"{METADATA}.Title", "x"))
    assert "did you mean" not in message(changed(f"{METADATA}.developer", "x"))
    assert "did you mean" not in message(changed(f"{METADATA}.{'title' * 20}", "x"))
    assert "an array of 2" in message(changed(f"{METADATA}.title", [1, 2]))
    assert "a dict of 0" in message(changed(f"{METADATA}.title", {}))
    assert "the date" in message(changed(f"{METADATA}.title", dt.datetime(2024, 1, 1)))  # noqa: DTZ001
    assert len(message(changed(f"{METADATA}.title", b"x" * 5000))) < 250


def test_values_that_python_cannot_show_are_named() -> None:
    metadata = Metadata(bundle_identifier="a.b", title="", extra={"title": 1 << 20000})
    item = Item(assets=(Asset(kind="software-package", url="https://a.example/a.ipa"),), metadata=metadata)
    messages = [problem.message for problem in Manifest(items=(item,)).problems()]
    assert any("an integer of over 64 bits" in message for message in messages)


def test_problems_come_in_the_order_of_the_file() -> None:
    raw = {"items": [{"metadata": {"title": 5, "kind": "game"}, "assets": [{"url": "", "kind": 7}]}]}
    data = plistlib.dumps(raw, sort_keys=False)
    assert [(problem.path, problem.line) for problem in inspect_manifest(data).problems] == [
        (f"{METADATA}.bundle-identifier", 9),
        (f"{METADATA}.bundle-version", 9),
        (f"{METADATA}.title", 11),
        (f"{METADATA}.kind", 13),
        (f"{ITEM}.assets", 16),
        (f"{PACKAGE}.url", 19),
        (f"{PACKAGE}.kind", 21),
    ]
    with pytest.raises(ManifestError) as caught:
        Manifest.from_plist(data)
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [
        (f"{METADATA}.bundle-identifier", 9),
        (f"{METADATA}.title", 11),
        (f"{METADATA}.kind", 13),
        (f"{ITEM}.assets", 16),
    ]


def test_of_many_problems_the_first_thousand_of_each_level_are_told() -> None:
    raw: Raw = {"items": [{} for _ in range(3000)]}
    raw["items"][0]["x"] = 1
    problems = inspect_manifest(plistlib.dumps(raw)).problems
    assert [problem.level for problem in problems].count("error") == 1000
    assert [problem.level for problem in problems].count("warning") == 1


def test_of_many_unknown_keys_twenty_are_told() -> None:
    raw = {**healthy(), **{f"key{index}": index for index in range(100)}}
    assert len(inspect_manifest(plistlib.dumps(raw)).problems) == 20


XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>items</key>
	<array>
		<dict>
			<key>assets</key>
			<array>
				<dict>
					<key>kind</key>
					<string>software-package</string>
					<key>sha256-size</key>
					<integer>10485760</integer>
					<key>sha256s</key>
					<array>
						<string>0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef</string>
					</array>
					<key>url</key>
					<string>https://apps.example.com/My%20App.ipa?a=1&amp;b=2</string>
				</dict>
				<dict>
					<key>kind</key>
					<string>display-image</string>
					<key>url</key>
					<string>https://apps.example.com/57.png</string>
				</dict>
				<dict>
					<key>kind</key>
					<string>full-size-image</string>
					<key>url</key>
					<string>https://apps.example.com/512.png</string>
				</dict>
			</array>
			<key>metadata</key>
			<dict>
				<key>bundle-identifier</key>
				<string>com.example.myapp</string>
				<key>bundle-version</key>
				<string>1.2.3</string>
				<key>kind</key>
				<string>software</string>
				<key>platform-identifier</key>
				<string>com.apple.platform.iphoneos</string>
				<key>subtitle</key>
				<string>Bücher &amp; Co.</string>
				<key>title</key>
				<string>MyApp</string>
			</dict>
		</dict>
	</array>
</dict>
</plist>
"""


def my_app() -> Manifest:
    return Manifest.for_app(
        url="HTTPS://Apps.Example.com:443/My App.ipa?a=1&b=2",
        bundle_identifier="com.example.myapp",
        bundle_version="1.2.3",
        title="MyApp",
        subtitle="Bücher & Co.",
        display_image_url="https://apps.example.com/57.png",
        full_size_image_url="https://apps.example.com/512.png",
        checksums=[Checksum("sha256", (SHA256,), 10485760)],
        platform_identifier="com.apple.platform.iphoneos",
    )


def test_the_bytes_are_those_that_xcode_writes() -> None:
    assert my_app().to_plist().decode() == XML
    assert Manifest.from_plist(XML.encode()) == my_app()
    assert inspect_manifest(XML.encode()).problems == my_app().problems() == ()
    my_app().validate()


def test_the_model_mirrors_the_file() -> None:
    manifest = my_app()
    (item,) = manifest.items
    assert [asset and asset.url for asset in (item.package, item.display_image, item.full_size_image)] == [
        "https://apps.example.com/My%20App.ipa?a=1&b=2",
        "https://apps.example.com/57.png",
        "https://apps.example.com/512.png",
    ]
    assert item.package is not None
    assert item.package.checksums == (Checksum("sha256", (SHA256,), 10485760),)
    assert Item(assets=(), metadata=item.metadata).package is None
    assert manifest == Manifest(items=(Item.for_app(
        url="https://apps.example.com/My%20App.ipa?a=1&b=2",
        bundle_identifier="com.example.myapp",
        bundle_version="1.2.3",
        title="MyApp",
        subtitle="Bücher & Co.",
        display_image_url="https://apps.example.com/57.png",
        full_size_image_url="https://apps.example.com/512.png",
        checksums=[Checksum("sha256", (SHA256,), 10485760)],
        platform_identifier="com.apple.platform.iphoneos",
    ),))  # fmt: skip
    assert hash(manifest) == hash(my_app())
    assert pickle.loads(pickle.dumps(manifest)) == copy.deepcopy(manifest) == manifest  # noqa: S301 -- made right here
    assert "MyApp" in manifest._repr_html_()
    assert Metadata(bundle_identifier="a.b", title="A", kind=None)._to_plist() == {
        "bundle-identifier": "a.b",
        "title": "A",
    }


def test_all_four_legal_forms_of_hashes_are_read_and_written() -> None:
    hashes: Raw = {"md5": MD5, "md5-size": 5, "md5s": [MD5], "sha256": SHA256, "sha256-size": 6, "sha256s": [SHA256]}
    raw = hashed(**hashes)
    package = Manifest.from_plist(plistlib.dumps(raw)).items[0].package
    assert package is not None
    assert package.checksums == (
        Checksum("md5", (MD5,)),
        Checksum("md5", (MD5,), 5),
        Checksum("sha256", (SHA256,)),
        Checksum("sha256", (SHA256,), 6),
    )
    assert package.extra == {}


def test_the_keys_of_extra_are_sorted_in_and_fields_take_their_place() -> None:
    asset = Asset(
        kind="software-package",
        url="https://a.example/b.ipa",
        variant_ids=("iPhone15,2",),
        extra={"z": 1, "a": 2, "url": "old"},
    )
    assert list(asset._to_plist().items()) == [
        ("a", 2),
        ("kind", "software-package"),
        ("url", "https://a.example/b.ipa"),
        ("variantIds", ["iPhone15,2"]),
        ("z", 1),
    ]


@pytest.mark.parametrize("name", ["bundle_version", "kind", "subtitle", "platform_identifier"])
def test_an_optional_text_that_is_empty_is_none(name: str) -> None:
    arguments: dict[str, Any] = {"bundle_identifier": "a.b", "title": "A", name: ""}
    metadata = Metadata(**arguments)
    assert getattr(metadata, name) is None
    arguments[name] = None
    assert metadata == Metadata(**arguments)
    manifest = Manifest(items=(Item(assets=(), metadata=metadata),))
    assert inspect_manifest(manifest.to_plist(validate=False)).manifest == manifest
    # What stands in a file as empty stays in extra, is reported, and is written again.
    key = name.replace("_", "-")
    raw = changed(f"{METADATA}.{key}", "")
    read = Manifest._from_plist(raw)
    assert getattr(read.items[0].metadata, name) is None
    assert read.items[0].metadata.extra == {key: ""}
    assert read._to_plist() == raw
    assert [problem.code for problem in read.problems() if problem.path == f"{METADATA}.{key}"] == ["empty"]


def test_extra_is_a_copy() -> None:
    extra: Raw = {"a": 1}
    manifest = Manifest(items=(), extra=extra)
    extra["b"] = 2
    assert manifest.extra == {"a": 1}


SOUND: dict[type, Raw] = {
    Asset: {"kind": "display-image", "url": "https://a.example/b.png"},
    Metadata: {"bundle_identifier": "a.b", "title": "A"},
    Item: {"assets": (), "metadata": Metadata(bundle_identifier="a.b", title="A")},
    Manifest: {"items": ()},
}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        *((Asset, name, value) for name in ("kind", "url") for value in (None, 1, b"x")),
        *((Asset, "checksums", value) for value in (None, "x", [MD5], (MD5,), Checksum("md5", (MD5,)))),
        *((Asset, "variant_ids", value) for value in ("iPhone15,2", [1], ("x", 1), None)),
        *((Metadata, name, value) for name in ("bundle_identifier", "title") for value in (None, 1, b"x")),
        *((Metadata, name, 1.5) for name in ("bundle_version", "kind", "subtitle", "platform_identifier")),
        *((Item, name, value) for name in ("assets", "thinned_assets") for value in (None, ["x"], EMPTY_DICT, [None])),
        *((Item, "metadata", value) for value in (None, EMPTY_DICT, "x")),
        *((Manifest, "items", value) for value in (None, [EMPTY_DICT], "x")),
        *((kind, "extra", value) for kind in SOUND for value in (None, EMPTY, "x", {1: 2})),
    ],
    ids=lambda part: getattr(part, "__name__", None) or repr(part)[:30],
)
def test_values_of_the_wrong_python_type(kind: Any, name: str, value: object) -> None:
    kind(**SOUND[kind])
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\b.*\b{name}\b.* must be "):
        kind(**{**SOUND[kind], name: value})


def test_lists_become_tuples() -> None:
    asset = Asset(kind="k", url="u", checksums=[Checksum("md5", (MD5,))], variant_ids=["x"])  # type: ignore[arg-type]
    assert (asset.checksums, asset.variant_ids) == ((Checksum("md5", (MD5,)),), ("x",))


@pytest.mark.parametrize("name", ["url", "display_image_url", "bundle_identifier", "bundle_version", "title"])
@pytest.mark.parametrize("value", [1, b"x"])
def test_front_doors_take_text(name: str, value: Any) -> None:
    sound = {"url": "https://a.example/a.ipa", "bundle_identifier": "a.b", "bundle_version": "1", "title": "A"}
    arguments: Any = {**sound, name: value}
    with pytest.raises(TypeError, match=r"must be a?.*str"):
        Manifest.for_app(**arguments)


def test_a_package_needs_a_url() -> None:
    url: Any = None
    with pytest.raises(TypeError, match="url must be str, not NoneType"):
        Item.for_app(url=url, bundle_identifier="a.b", bundle_version="1", title="A")


def test_user_names_and_passwords_are_refused_by_what_builds() -> None:
    arguments: Any = {
        "url": "https://me:pw@a.example/a.ipa",
        "bundle_identifier": "a.b",
        "bundle_version": "1",
        "title": "A",
        "full_size_image_url": "https://ü@a.example/a.png",
    }
    for build, place in ((Item.for_app, ""), (Manifest.for_app, "items[0].")):
        with pytest.raises(ManifestError) as caught:
            build(**arguments)
        assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == [
            (f"{place}assets[0].url", "credentials", "error"),
            (f"{place}assets[1].url", "credentials", "error"),
        ]


def test_a_placeholder_with_percent_signs_is_not_encoded_into_a_clean_looking_url() -> None:
    url = "https://a.example/%NAME%.ipa"
    manifest = Manifest.for_app(url=url, bundle_identifier="a.b", bundle_version="1", title="A")
    assert manifest.items[0].assets[0].url == url
    with pytest.raises(ManifestError) as caught:
        manifest.to_plist()
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(f"{PACKAGE}.url", "placeholder")]


def test_what_is_not_mere_spelling_is_reported_not_mended() -> None:
    manifest = Manifest.for_app(
        url="http://a.example/a b.ipa", bundle_identifier="", bundle_version="", title="", display_image_url=""
    )
    assert [(problem.path, problem.code) for problem in manifest.problems()] == [
        (f"{PACKAGE}.url", "whitespace"),
        (f"{PACKAGE}.url", "not-https"),
        (f"{IMAGE}.url", "missing"),
        (f"{METADATA}.bundle-identifier", "missing"),
        (f"{METADATA}.bundle-version", "missing"),
        (f"{METADATA}.title", "missing"),
    ]
    with pytest.raises(ManifestError) as caught:
        manifest.to_plist()
    assert len(caught.value.problems) == 4
    assert plistlib.loads(manifest.to_plist(validate=False))["items"][0]["assets"][1] == {"kind": "display-image"}


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ({"a": "\x01"}, "a"),
        ({"a": ["\ud800"]}, "a[0]"),
        ({"a": {"b": "\ufffe"}}, "a.b"),
        ({"a\x02": 1}, ""),
        ({"a": plistlib.UID(2**32)}, "a"),
        ({"a": {"CF$UID": 1}}, "a"),
        ({"a": 2**64}, "a"),
        ({"a": dt.datetime(2024, 1, 1, 0, 0, 0, 1)}, "a"),  # noqa: DTZ001
    ],
    ids=["control", "surrogate", "U+FFFE", "key", "UID of 33 bits", "like a UID", "65 bits", "microsecond"],
)
@pytest.mark.parametrize("validate", [True, False])
def test_what_xml_cannot_carry_is_an_error_in_any_case(extra: Any, path: str, *, validate: bool) -> None:
    manifest = Manifest(items=my_app().items, extra=extra)
    assert [key_of(problem) for problem in manifest.problems() if problem.level == "error"] == [(path, "not-writable")]
    with pytest.raises(ManifestError) as caught:
        manifest.to_plist(validate=validate)
    assert [key_of(problem) for problem in caught.value.problems] == [(path, "not-writable")]


def test_values_of_the_wrong_python_type_deep_inside() -> None:
    manifest = Manifest(items=my_app().items, extra={"a": [None]})  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"^a\[0\]: None is not a value of a property list"):
        manifest.to_plist()


KEYS = [
    "items",
    "assets",
    "metadata",
    "thinned-assets",
    "kind",
    "url",
    "md5",
    "md5s",
    "md5-size",
    "sha256",
    "sha256s",
    "sha256-size",
    "variantIds",
    "bundle-identifier",
    "bundle-version",
    "title",
    "subtitle",
    "platform-identifier",
    "needs-shine",
    "x",
]
TEXTS = [
    "",
    " ",
    "x",
    "software",
    "software-package",
    "display-image",
    "https://a.example/a.ipa",
    MD5,
    SHA256,
    "1.0",
    "a\u2028b",
    "é\U0001f600",
    "<&>",
    "com.example.app",
    "http://x/",
    MD5.upper(),
]


def random_value(seeded: random.Random, depth: int) -> Any:
    kind = seeded.randrange(12)
    if kind < 5 or depth > 6:
        return seeded.choice(TEXTS)
    if kind < 7:
        return seeded.choice([0, -1, 5, True, False, 1.5, b"", b"x", dt.datetime(2024, 1, 1)])  # noqa: DTZ001
    if kind < 9:
        return [random_value(seeded, depth + 1) for _ in range(seeded.randrange(3))]
    return random_dict(seeded, depth + 1)


def random_dict(seeded: random.Random, depth: int = 0) -> Raw:
    return {seeded.choice(KEYS): random_value(seeded, depth) for _ in range(seeded.randrange(5))}


def random_manifest(seeded: random.Random) -> Raw:
    """Give a healthy manifest with a few values replaced, added or taken out at every level."""
    raw = healthy()
    if seeded.random() < 0.3:
        raw["items"].append(healthy()["items"][0])
    if seeded.random() < 0.3:
        raw["items"][0]["thinned-assets"] = healthy()["items"][0]["assets"]
    for _ in range(seeded.randrange(5)):
        place: Any = raw
        while True:
            keys: list[Any] = list(range(len(place))) if is_list(place) else list(place)
            key = seeded.choice([*keys, None])
            if key is None or not (is_list(place[key]) or is_dict(place[key])) or seeded.random() < 0.2:
                break
            place = place[key]
        if is_dict(place):
            place[seeded.choice(KEYS) if key is None or seeded.random() < 0.3 else key] = random_value(seeded, 0)
        elif key is None:
            place.append(random_value(seeded, 0))
        elif seeded.random() < 0.5:
            del place[key]
        else:
            place[key] = random_value(seeded, 0)
    return raw


@pytest.mark.dear
def test_whatever_is_read_is_written_again() -> None:
    seeded = random.Random(5)
    usual = 0
    for index in range(3000):
        raw = random_manifest(seeded) if index % 2 else {"items": random_value(seeded, 0), **random_dict(seeded)}
        raw.setdefault("items", [])
        manifest = Manifest._from_plist(raw)
        assert manifest._to_plist() == raw
        data = manifest.to_plist(validate=False)
        assert plistlib.loads(data) == raw
        again = inspect_manifest(data)
        assert again.manifest == manifest
        assert {key_of(problem) for problem in again.problems} == {key_of(problem) for problem in manifest.problems()}
        usual += not again.problems
        pickle.dumps(again)
    assert 100 < usual < 2000


def test_errors_and_warnings_are_the_problems_by_level() -> None:
    manifest = Manifest.for_app(
        url="https://a.example/A.ipa", bundle_identifier="a.b", bundle_version="1.0L", title=" ", subtitle=" x"
    )
    assert [problem.code for problem in manifest.errors()] == ["empty"]
    assert [problem.code for problem in manifest.warnings()] == ["odd-version", "whitespace"]
    assert {*manifest.errors(), *manifest.warnings()} == {*manifest.problems()}
