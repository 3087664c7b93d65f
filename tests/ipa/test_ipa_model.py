"""An app as a value: made by hand, and described in a manifest."""

from __future__ import annotations

import copy
import io
from dataclasses import fields, replace
from typing import Any

import pytest
from _make_ipa import INFO, make_ipa, make_png, make_profile
from _problems import codes
from _read_ipa import INFO_PATH, NOW, PROFILE_PATH, URL, read

from itms_ota.checksum import Checksum
from itms_ota.ipa import Ipa
from itms_ota.manifest import Manifest
from itms_ota.profile import ProvisioningProfile


def test_one_is_made_of_its_public_fields() -> None:
    ipa = read()
    names = [field.name for field in fields(ipa) if not field.name.startswith("_")]
    values: dict[str, Any] = {name: getattr(ipa, name) for name in names}
    assert Ipa(**values) == ipa
    assert repr(Ipa(**values)) == repr(ipa)
    assert ipa.manifest(url=URL) == Ipa(**values).manifest(url=URL)
    assert Ipa(**values).problems(now=NOW) == ()
    others: dict[str, Any] = {
        "app_name": "x",
        "has_fairplay": True,
        "has_executable": False,
        "info": {},
        "profile": None,
    }
    for name, other in others.items():
        assert Ipa(**values | {name: other}) != ipa


def test_what_an_app_may_not_say_may_be_left_out() -> None:
    ipa = Ipa(bundle_identifier="com.example.myapp", app_name="MyApp", size=10)
    assert ipa == Ipa(
        bundle_identifier="com.example.myapp",
        short_version=None,
        build_version=None,
        display_name=None,
        platform=None,
        minimum_os_version=None,
        device_families=(),
        profile=None,
        info={},
        app_name="MyApp",
        size=10,
        has_fairplay=False,
        has_executable=True,
    )
    simulated = replace(
        ipa,
        platform="iPhoneSimulator",
        has_fairplay=True,
        profile=ProvisioningProfile.from_bytes(make_profile("app-store")),
    )
    assert codes(simulated.problems(now=NOW)) == [
        (f"{INFO_PATH} CFBundleSupportedPlatforms", "wrong-platform", "error"),
        ("Payload/MyApp.app/SC_Info", "fairplay", "warning"),
        (PROFILE_PATH, "app-store-profile", "error"),
    ]


def test_without_its_file_an_app_has_no_icon_and_no_hashes_to_compare() -> None:
    ipa = Ipa(bundle_identifier="com.example.myapp", app_name="MyApp", size=10)
    manifest = ipa.manifest(url=URL, bundle_version="1", checksums=[Checksum("sha256", ("0" * 64,))])
    assert ipa.compare(manifest) == ()
    message = "The \\.ipa file is not at hand"
    with pytest.raises(ValueError, match=message):
        ipa.icon_png()
    with pytest.raises(ValueError, match=message):
        ipa.compare(manifest, verify_hashes=True)


def test_a_changed_copy_still_reads_its_file() -> None:
    ipa = read(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"})
    for again in (replace(ipa, app_name="Other"), copy.copy(ipa), copy.deepcopy(ipa)):
        assert again.icon_png() == make_png(60)


def test_manifest() -> None:
    manifest = read().manifest(url=URL)
    assert manifest == Manifest.for_app(
        url=URL,
        bundle_identifier="com.example.myapp",
        bundle_version="1.2.3",
        title="My App",
        platform_identifier="com.apple.platform.iphoneos",
    )
    assert manifest.problems() == ()
    assert (
        read(info={**INFO, "CFBundleShortVersionString": ""}).manifest(url=URL).items[0].metadata.bundle_version == "42"
    )
    other = read(info={**INFO, "CFBundleSupportedPlatforms": ["AppleTVOS"]}).manifest(url=URL)
    assert other.items[0].metadata.platform_identifier is None


def test_manifest_with_arguments() -> None:
    checksum = Checksum.of(io.BytesIO(make_ipa()))
    options: dict[str, Any] = {
        "url": URL,
        "bundle_version": "2",
        "title": "Title",
        "subtitle": "Example Ltd",
        "display_image_url": "https://apps.example.com/57.png",
        "full_size_image_url": "https://apps.example.com/512.png",
        "checksums": [checksum],
    }
    assert read().manifest(**options) == Manifest.for_app(
        bundle_identifier="com.example.myapp", platform_identifier="com.apple.platform.iphoneos", **options
    )


def test_errors_and_warnings_are_the_problems_by_level() -> None:
    ipa = read(profile=make_profile("development"), info={**INFO, "UIDeviceFamily": [3]})
    assert [problem.code for problem in ipa.errors(now=NOW)] == ["wrong-device-family"]
    assert [problem.code for problem in ipa.warnings(now=NOW)] == ["development-profile"]
    assert {*ipa.errors(now=NOW), *ipa.warnings(now=NOW)} == {*ipa.problems(now=NOW)}


def test_a_notebook_shows_the_app_and_its_problems() -> None:
    ipa = Ipa(bundle_identifier="com.example.a", app_name="A<b>", short_version="1.2\x1b", size=1)
    shown = ipa._repr_html_()
    assert shown == ipa.report()._repr_html_()
    assert "app name: A&lt;b&gt;" in shown
    assert "<code>no-profile</code>" in shown
    assert "hunter2" not in replace(ipa, display_name="see https://me:hunter2@a.example/")._repr_html_()


def test_a_report_says_what_nobody_asked_for() -> None:
    app = Ipa(bundle_identifier="com.example.myapp", short_version="1.2.3", app_name="MyApp", size=1000)
    unasked = "The signature of the app's code was not verified. Verify it with signature (--signature)."
    assert app.report().not_looked_at == (
        "Whether a certain device installs the app is not known. Name it with udid (--udid) or device (--device).",
        unasked,
    )
    assert app.report(udid="00008020-000000000000002E").not_looked_at == (unasked,)
    assert app.report(device="iPhone14,5").not_looked_at == (unasked,)
    assert f"Not looked at:\n  - {unasked}" in str(app.report(device="iPhone14,5"))
    assert "Not looked at:" in app.report()._repr_html_()
