"""What is different between two manifests: every kind of change, and what devices do not see."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from itms_ota import Asset, Checksum, Item, Manifest
from itms_ota.manifest import Change

BASE = "https://apps.example.com"
ONE = Checksum("sha256", ("a" * 64,))
TWO = Checksum("sha256", ("b" * 64,))
MD5 = Checksum("md5", ("c" * 32,))
BUNDLE = "items[0].metadata.bundle-version"


def item(name: str = "a", version: str | None = "1.2.3", **options: Any) -> Item:
    made = Item.for_app(
        url=f"{BASE}/{name}.ipa",
        bundle_identifier=f"com.example.{name}",
        bundle_version="1",
        title=name,
        display_image_url=f"{BASE}/57.png",
        **options,
    )
    return replace(made, metadata=replace(made.metadata, bundle_version=version))


def manifest(*items: Item) -> Manifest:
    return Manifest(items=items)


def with_metadata(**changed: Any) -> Manifest:
    return manifest(replace(item(), metadata=replace(item().metadata, **changed)))


def with_extra(**extra: Any) -> Manifest:
    return with_metadata(extra={key.replace("_", "-"): value for key, value in extra.items()})


def told(before: Manifest, after: Manifest) -> list[tuple[str, str, object, object]]:
    return [(change.kind, change.path, change.before, change.after) for change in before.changes(after)]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("1.9", "1.10", "newer"),
        ("1.10", "1.9", "older"),
        ("1.2.3", "1.2.4", "newer"),
        ("1.2", "1.2.1", "newer"),
        ("2", "1.9.9", "older"),
        ("1.0.0", "1", "version"),
        ("1.02", "1.2", "version"),
        ("1.09", "1.1", "older"),
        # more than three integers are ignored
        ("1.2.3.4", "1.2.3.5", "version"),
        ("1.2.3.4", "1.2.4", "newer"),
        ("9" * 5000, "1" + "0" * 5000, "newer"),
        # not made of integers
        ("1.0b1", "1.0b2", "version"),
        ("1.0", "1.1 ", "version"),
        ("1.0", "1.", "version"),
        ("1.0", "\u0661.\u0661", "version"),
        (None, "1", "version"),
        ("1", None, "version"),
    ],
)
def test_versions_compare_as_those_of_bundles_do(before: str | None, after: str | None, kind: str) -> None:
    assert told(manifest(item(version=before)), manifest(item(version=after))) == [(kind, BUNDLE, before, after)]


URL = "items[0].assets[0].url"
IDENTIFIER = "items[0].metadata.bundle-identifier"
PACKAGE, IMAGE = item().assets
THIN = Asset(kind="software-package", url=f"{BASE}/t.ipa", variant_ids=("iPhone15,2",))
OTHER_THIN = replace(THIN, url=f"{BASE}/u.ipa")


def with_assets(*assets: Asset, thinned: tuple[Asset, ...] = ()) -> Manifest:
    return manifest(replace(item(), assets=assets, thinned_assets=thinned))


def hashed(*checksums: Checksum) -> Manifest:
    return with_assets(replace(PACKAGE, checksums=checksums))


SAME = manifest(item())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # apps
        (SAME, manifest(item("b")), [("app", IDENTIFIER, "com.example.a", "com.example.b")]),
        (
            SAME,
            manifest(item("b"), item()),
            [("added", "items[0].metadata.bundle-identifier", None, "com.example.b")],
        ),
        (
            manifest(item("b"), item("c"), item()),
            SAME,
            [
                ("removed", "items[0].metadata.bundle-identifier", "com.example.b", None),
                ("removed", "items[1].metadata.bundle-identifier", "com.example.c", None),
            ],
        ),
        (
            manifest(item(), item("b"), item("c")),
            manifest(item("d"), item()),
            [
                ("app", "items[0].metadata.bundle-identifier", "com.example.b", "com.example.d"),
                ("removed", "items[2].metadata.bundle-identifier", "com.example.c", None),
            ],
        ),
        (Manifest(items=()), SAME, [("added", IDENTIFIER, None, "com.example.a")]),
        (SAME, Manifest(items=()), [("removed", IDENTIFIER, "com.example.a", None)]),
        # the same app for another platform is another app
        (
            SAME,
            with_metadata(platform_identifier="com.apple.platform.watchos"),
            [
                (
                    "app",
                    "items[0].metadata.platform-identifier",
                    "com.apple.platform.iphoneos",
                    "com.apple.platform.watchos",
                )
            ],
        ),
        # one app twice: the first with the first
        (
            manifest(item(), item(version="1")),
            manifest(item(), item(version="2")),
            [("newer", "items[1].metadata.bundle-version", "1", "2")],
        ),
        # files
        (with_assets(PACKAGE), SAME, [("address", "items[0].assets[1].url", None, f"{BASE}/57.png")]),
        (SAME, with_assets(PACKAGE), [("address", "items[0].assets[1].url", f"{BASE}/57.png", None)]),
        (
            SAME,
            with_assets(IMAGE, replace(PACKAGE, url=f"{BASE}/x.ipa")),
            [("address", "items[0].assets[1].url", f"{BASE}/a.ipa", f"{BASE}/x.ipa")],
        ),
        (
            with_assets(PACKAGE, thinned=(THIN,)),
            with_assets(PACKAGE, thinned=(OTHER_THIN,)),
            [("address", "items[0].thinned-assets[0].url", THIN.url, OTHER_THIN.url)],
        ),
        (
            with_assets(PACKAGE, thinned=(THIN,)),
            with_assets(PACKAGE, thinned=(replace(THIN, variant_ids=("iPad1,1",)),)),
            [
                ("address", "items[0].thinned-assets[0].url", None, THIN.url),
                ("address", "items[0].thinned-assets[0].url", THIN.url, None),
            ],
        ),
        # hashes
        (hashed(ONE), hashed(TWO), [("hashes", "items[0].assets[0].sha256", ONE.digests, TWO.digests)]),
        (hashed(), hashed(MD5), [("hashes", "items[0].assets[0].md5", None, MD5.digests)]),
        (hashed(MD5), hashed(), [("hashes", "items[0].assets[0].md5", MD5.digests, None)]),
        (hashed(MD5), hashed(MD5, ONE), [("hashes", "items[0].assets[0].sha256", MD5.digests, ONE.digests)]),
        (
            hashed(Checksum("sha256", ONE.digests * 2, 5)),
            hashed(Checksum("sha256", ONE.digests * 2, 6)),
            [("hashes", "items[0].assets[0].sha256s", ONE.digests * 2, ONE.digests * 2)],
        ),
        # what people see, and the rest
        (SAME, with_metadata(title="B"), [("text", "items[0].metadata.title", "a", "B")]),
        (SAME, with_metadata(subtitle="B"), [("text", "items[0].metadata.subtitle", None, "B")]),
        (SAME, with_metadata(kind=None), [("other", "items[0].metadata.kind", "software", None)]),
        (
            SAME,
            with_extra(launch_prohibited=True),
            [("other", "items[0].metadata.launch-prohibited", None, True)],
        ),
        (
            with_extra(has_messages_extension=True),
            with_extra(has_messages_extension=False),
            [("other", "items[0].metadata.has-messages-extension", True, False)],
        ),
    ],
)
def test_each_change_is_told_once(before: Manifest, after: Manifest, expected: list[object]) -> None:
    assert told(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SAME, SAME),
        (Manifest(items=()), Manifest(items=())),
        # what devices ignore
        (SAME, Manifest(items=SAME.items, extra={"x": 1})),
        (SAME, with_extra(x="y", sizeInBytes=5)),
        (SAME, with_extra(launch_prohibited="yes")),
        (SAME, with_assets(PACKAGE, replace(IMAGE, kind="odd"), IMAGE)),
        (SAME, with_assets(PACKAGE, IMAGE, replace(PACKAGE, url=f"{BASE}/second.ipa"))),
        # order
        (manifest(item(), item("b")), manifest(item("b"), item())),
        (SAME, with_assets(IMAGE, PACKAGE)),
        # other ways to say the same
        (SAME, with_metadata(platform_identifier="com.apple.platform.iphoneos")),
        (hashed(ONE), hashed(Checksum("sha256", ("A" * 64,)))),
        (hashed(ONE), hashed(Checksum("sha256", ONE.digests, 5))),
        (hashed(ONE), hashed(MD5, ONE)),
        (
            with_assets(PACKAGE, thinned=(replace(THIN, variant_ids=("a", "b")),)),
            with_assets(PACKAGE, thinned=(replace(THIN, variant_ids=("b", "a")),)),
        ),
        (hashed(ONE), hashed(Checksum("sha256", TWO.digests * 2, 5), ONE)),
    ],
)
def test_what_no_device_sees_is_not_a_change(before: Manifest, after: Manifest) -> None:
    assert told(before, after) == told(after, before) == []


def test_several_changes_come_in_a_fixed_order() -> None:
    after = item(version="1.3", subtitle="S").with_package(f"{BASE}/b.ipa", [TWO])
    assert [change.kind for change in SAME.changes(manifest(item("z"), after))] == [
        "newer",
        "text",
        "address",
        "hashes",
        "added",
    ]


def test_a_change_names_itself_without_secrets() -> None:
    after = SAME.with_package(f"{BASE}/a.ipa?X-Amz-Signature=0123456789abcdef0123456789abcdef")
    (change,) = SAME.changes(after)
    assert change.after == after.package.url
    for text in (repr(change), str(change)):
        assert "0123456789abcdef" not in text
        assert "X-Amz-Signature=" in text
    assert repr(change).startswith("Change(kind='address', path='items[0].assets[0].url', before='https://apps.")
    hidden = Change("text", "items[0].metadata.title", None, "a\x1b[2J\u202e")
    assert str(hidden) == r"text at items[0].metadata.title: nothing before, 'a\x1b[2J\u202e' now"
    hashes = Change("hashes", "items[0].assets[0].sha256s", ("0" * 64, "1" * 64), ("a" * 64,))
    assert "and 1 more before" in str(hashes)


def test_it_is_symmetric_and_agrees_with_equality() -> None:
    """Whatever changes there are one way, there are as many the other way; of what is equal there are none."""
    pick = random.Random(13)

    def some() -> Manifest:
        return manifest(
            *(
                item(
                    pick.choice("ab"), pick.choice(["1", "1.0", "2", None]), checksums=pick.choice([(), (ONE,), (TWO,)])
                )
                for _ in range(pick.randint(0, 3))
            )
        )

    mirror = {"newer": "older", "older": "newer", "added": "removed", "removed": "added"}
    for _ in range(2000):
        one, other = some(), some()
        forth, back = one.changes(other), other.changes(one)
        assert sorted(mirror.get(change.kind, change.kind) for change in back) == sorted(
            change.kind for change in forth
        )
        assert one != other or forth == ()


def test_many_items_take_no_long() -> None:
    many = manifest(*[item()] * 20_000)
    assert many.changes(many) == ()


def test_it_takes_manifests_alone() -> None:
    wrong: Any = SAME.to_plist()
    with pytest.raises(TypeError, match=r"^other must be Manifest, not bytes$"):
        SAME.changes(wrong)
