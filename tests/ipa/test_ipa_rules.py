"""Whether an app can install, and whether a manifest describes it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import DEVICES, INFO, make_certificate, make_ipa, make_profile
from _problems import codes
from _read_ipa import INFO_PATH, NOW, PROFILE_PATH, URL, read

from itms_ota.checksum import Checksum
from itms_ota.ipa import _rules
from itms_ota.manifest import Asset, Item, Manifest, Metadata
from itms_ota.profile import SOON, Certificate, ProvisioningProfile

if TYPE_CHECKING:
    from itms_ota.ipa import Ipa
    from itms_ota.profile import Kind

# Can it install?


def test_an_enterprise_app_installs_everywhere() -> None:
    assert read().problems(udid="00008020-000D68E42203002F", now=NOW) == ()


@pytest.mark.parametrize("kind", ["enterprise", "ad-hoc", "development", "app-store", None])
def test_what_is_not_a_udid_is_said_whatever_the_profile(kind: Kind | None) -> None:
    ipa = read(profile=kind and make_profile(kind))
    report = ipa.report(udid="foo", device="x", now=NOW)
    found = set(codes(report.problems)) - set(codes(ipa.problems(now=NOW)))
    assert found == {
        ("Payload/MyApp.app/Info.plist UISupportedDevices", "not-a-product-type", "error"),
        (f"{PROFILE_PATH} ProvisionedDevices", "not-a-udid", "error"),
    }
    assert report.not_looked_at == ipa.report().not_looked_at
    assert codes(ipa.problems(udid="", now=NOW))[-1] == (f"{PROFILE_PATH} ProvisionedDevices", "not-a-udid", "error")


def test_profile_kinds() -> None:
    ipa = read(profile=make_profile("ad-hoc"))
    assert ipa.problems(now=NOW) == ipa.problems(udid=DEVICES[0].lower(), now=NOW) == ()
    path = f"{PROFILE_PATH} ProvisionedDevices"
    assert codes(ipa.problems(udid="00008020-000D68E42203002F", now=NOW)) == [(path, "device-not-in-profile", "error")]
    assert codes(ipa.problems(udid="C39XXXXXKPF4", now=NOW)) == [(path, "not-a-udid", "error")]
    development = read(profile=make_profile("development"))
    assert codes(development.problems(udid=DEVICES[1], now=NOW)) == [(PROFILE_PATH, "development-profile", "warning")]
    app_store = read(profile=make_profile("app-store"))
    assert codes(app_store.problems(udid=DEVICES[1], now=NOW)) == [(PROFILE_PATH, "app-store-profile", "error")]
    assert codes(read(profile=None).problems(udid=DEVICES[1])) == [(PROFILE_PATH, "no-profile", "error")]


def test_expiry() -> None:
    expires = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)
    ipa = read(profile=make_profile(expires=expires.replace(tzinfo=None)))
    path = f"{PROFILE_PATH} ExpirationDate"
    assert codes(ipa.problems(now=expires)) == [(path, "profile-expired", "error")]
    assert "expired on 2024-06-01 at 12:00 UTC" in ipa.problems()[0].message
    assert ipa.profile is not None
    profile = replace(ipa.profile, expires=expires.astimezone(timezone(timedelta(hours=2))))
    assert "expired on 2024-06-01 at 12:00 UTC" in replace(ipa, profile=profile).problems()[0].message
    soon = (path, "profile-expires-soon", "warning")
    assert codes(ipa.problems(now=expires - timedelta(seconds=1))) == [soon]
    assert codes(ipa.problems(now=expires - timedelta(days=14))) == [soon]
    assert ipa.problems(now=expires - timedelta(days=14, seconds=1)) == ()
    assert ipa.problems(now=datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=9)))) == ()
    with pytest.raises(TypeError, match="aware"):
        ipa.problems(now=datetime(2024, 6, 1))  # noqa: DTZ001 -- it is what is refused
    assert read(profile=make_profile(ExpirationDate=None)).problems(now=NOW) == ()


def test_how_soon_is_soon() -> None:
    expires = datetime(2024, 6, 1, tzinfo=timezone.utc)
    ipa = read(profile=make_profile(expires=expires.replace(tzinfo=None)))
    soon = [(f"{PROFILE_PATH} ExpirationDate", "profile-expires-soon", "warning")]
    for days, within, found in (
        (30, 30, soon),
        (30, 29, []),
        (1, 0, []),
        (10, 9, []),
        (10, 10, soon),
        (14, None, soon),
    ):
        now = expires - timedelta(days=days)
        expires_within = None if within is None else timedelta(days=within)
        assert codes(ipa.problems(now=now, expires_within=expires_within)) == found
        assert codes(ipa.warnings(now=now, expires_within=expires_within)) == found
        assert ipa.errors(now=now, expires_within=expires_within) == ()
    assert codes(ipa.problems(now=NOW.replace(year=1), expires_within=timedelta.max)) == soon
    with pytest.raises(ValueError, match="expires_within must be a timedelta of zero or more"):
        ipa.problems(expires_within=timedelta(seconds=-1))


def test_certificates_that_end_before_the_profile() -> None:
    end = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)

    def found(now: datetime, *ends: str, expires: datetime = end + timedelta(days=200), **options: Any) -> list[Any]:
        certificates = [make_certificate(not_after=text.encode()) for text in ends]
        profile = make_profile(expires=expires.replace(tzinfo=None), DeveloperCertificates=certificates)
        return codes(read(profile=profile).problems(now=now, **options))

    path = f"{PROFILE_PATH} DeveloperCertificates"
    expired, soon = [(path, "certificate-expired", "error")], [(path, "certificate-expires-soon", "warning")]
    second, fortnight = timedelta(seconds=1), timedelta(days=14)
    assert found(end, "240601120000Z") == found(end, "20240601120000Z") == expired
    assert found(end, "230601120000Z", "240601120000Z") == expired
    assert found(end - second, "240601120000Z") == found(end - fortnight, "240601120000Z") == soon
    assert found(end - fortnight - second, "240601120000Z") == []
    assert found(end - timedelta(days=60), "240601120000Z", expires_within=timedelta(days=60)) == soon
    # With which one the app is signed is not known while one of them is valid, or cannot be read.
    assert found(end, "240601120000Z", "250601120000Z") == found(end, "240601120000Z", "x") == []
    # A profile that ends at the same time or before says all.
    ended = [(f"{PROFILE_PATH} ExpirationDate", "profile-expired", "error")]
    assert found(end, "240601120000Z", expires=end) == found(end, "240601120001Z", expires=end) == ended
    assert found(end, "240601115959Z", expires=end) == [*ended, *expired]


def test_a_certificate_is_not_asked_for() -> None:
    assert read(profile=make_profile(DeveloperCertificates=[])).problems(now=NOW) == ()
    only = ProvisioningProfile(kind="enterprise", certificates=(Certificate(sha1="", not_after=NOW),))
    assert codes(_rules.profile_problems(only, "a.b", NOW, SOON)) == [
        ("embedded.mobileprovision DeveloperCertificates", "certificate-expired", "error")
    ]


def test_builds_that_never_install() -> None:
    for platform in ("iPhoneSimulator", "MacOSX", "AppleTVOS"):
        ipa = read(info={**INFO, "CFBundleSupportedPlatforms": [platform]})
        (problem,) = ipa.problems(now=NOW)
        assert codes((problem,)) == [(f"{INFO_PATH} CFBundleSupportedPlatforms", "wrong-platform", "error")]
        assert repr(platform) in problem.message
    for families, problems in (([3], 1), ([7, 2], 0), ([], 0), ([1], 0)):
        found = codes(read(info={**INFO, "UIDeviceFamily": families}).problems(now=NOW))
        assert found == [(f"{INFO_PATH} UIDeviceFamily", "wrong-device-family", "error")] * problems
    for file in ("SC_Info/", "SC_Info/MyApp.sinf"):
        ipa = read(files={f"Payload/MyApp.app/{file}": b""}, profile=None)
        assert codes(ipa.problems()) == [
            ("Payload/MyApp.app/SC_Info", "fairplay", "warning"),
            (PROFILE_PATH, "no-profile", "error"),
        ]
    assert read(files={"Payload/MyApp.app/PlugIns/X.appex/SC_Info/X.sinf": b""}).problems(now=NOW) == ()


def test_an_app_without_an_executable() -> None:
    path = f"{INFO_PATH} CFBundleExecutable"
    for info in (INFO, {**INFO, "CFBundleExecutable": "Other"}):
        ipa = read(info=info, executable=None)
        (problem,) = ipa.problems(now=NOW)
        assert codes((problem,)) == [(path, "no-executable", "error")]
        assert f"no executable {info['CFBundleExecutable']!r}" in problem.message
        assert not ipa.has_executable
    for name in (None, "", " ", 1, ["MyApp"]):
        info = {key: value for key, value in {**INFO, "CFBundleExecutable": name}.items() if value is not None}
        (problem,) = read(info=info).problems(now=NOW)
        assert codes((problem,)) == [(path, "no-executable", "error")]
        assert problem.message.startswith("The app does not name an executable: no device installs it.")


def test_an_app_without_any_version() -> None:
    names = ("CFBundleVersion", "CFBundleShortVersionString")
    for kept in ((), *((name,) for name in names)):
        info = {key: value for key, value in INFO.items() if key not in names or key in kept}
        found = [] if kept else [(f"{INFO_PATH} CFBundleVersion", "missing", "warning")]
        assert codes(read(info=info).problems(now=NOW)) == found
    info = {**INFO, "CFBundleVersion": 42, "CFBundleShortVersionString": ""}
    assert codes(read(info=info).problems(now=NOW)) == [(f"{INFO_PATH} CFBundleVersion", "missing", "warning")]


@pytest.mark.parametrize("value", [True, False, "YES"])
def test_the_shell_around_an_app_for_the_watch(value: Any) -> None:
    ipa = read(info={**INFO, "ITSWatchOnlyContainer": value})
    assert codes(ipa.problems(now=NOW)) == [(f"{INFO_PATH} ITSWatchOnlyContainer", "watch-only", "error")]


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("15.0", None),
        ("18.7", None),
        ("19.0", "warning"),
        ("25", "warning"),
        ("26.0", None),
        ("27.4", None),
        ("28.0", "error"),
        ("99.0", "error"),
        ("0027.0", None),
        ("9" * 5000, "error"),
        ("v15.0", "error"),
        ("iOS 15", "error"),
        ("15,0", None),
        (" 15.0", None),
        ("$(IPHONEOS_DEPLOYMENT_TARGET)", None),
        (15, None),
        ("", None),
    ],
)
def test_the_minimum_version_of_ios(version: Any, level: str | None) -> None:
    found = codes(read(info={**INFO, "MinimumOSVersion": version}).problems(now=NOW))
    assert found == ([(f"{INFO_PATH} MinimumOSVersion", "no-such-ios", level)] if level else [])


def test_versions_of_ios_follow_the_years() -> None:
    def found(version: str, year: int) -> list[tuple[str, str, str]]:
        return codes(_rules.system_problems(version, NOW.replace(year=year)))

    assert found("28.0", 2027) == found("31.0", 2030) == found("26.0", 2014) == []
    assert found("29.0", 2027) == found("32.0", 2030) == [("Info.plist MinimumOSVersion", "no-such-ios", "error")]
    # What other systems need is another matter, and that the app is for one of them was said.
    television = {**INFO, "CFBundleSupportedPlatforms": ["AppleTVOS"], "MinimumOSVersion": "99.0"}
    assert [problem.code for problem in read(info=television).problems(now=NOW)] == ["wrong-platform"]


def thinned(*names: Any, device: str | None = None, key: str = "UISupportedDevices") -> list[tuple[str, str, str]]:
    return codes(read(info={**INFO, key: [*names]}).problems(now=NOW, device=device))


def test_a_thinned_app_is_for_the_devices_that_it_lists() -> None:
    path = f"{INFO_PATH} UISupportedDevices"
    maybe, refused = [(path, "device-not-supported", "warning")], [(path, "device-not-supported", "error")]
    assert read().problems(now=NOW, device="iPhone14,5") == ()
    assert thinned("iPhone14,5") == thinned("iPhone14,5", key="SupportedDevices") == maybe
    for device in ("iPhone14,5", " iPhone14,5\n"):
        assert thinned("iPhone14,4", "iPhone14,5", device=device) == []
    assert thinned("iPhone14,4", "iPhone14,5", device="iPhone15,2") == refused
    assert thinned("iPhone14,5", device="iPad14,1") == thinned("iPhone14,5", device="Mac14,2") == refused
    # A device installs its own variant, and that of one older product (Xcode's database of devices).
    assert thinned("iPhone14,2", device="iPhone15,2") == thinned("iPhone8,4", device="iPod9,1") == []
    assert thinned("iPhone15,2", device="iPhone14,2") == thinned("iPhone13,3", device="iPhone15,2") == refused
    assert thinned("iPhone8,1", device="iPhone8,2") == refused
    # As installd says in public reports: "This device is compatible with [iPad13,16, iPad13,1]".
    phones = ["iPhone10,1", "iPhone12,8", "iPhone14,6", "iPhone8,1", "iPod9,1"]
    assert thinned(*phones, device="iPad13,16") == refused
    assert thinned("iPhone11,8", "iPhone12,1", device="iPhone14,4") == refused
    assert thinned("iPhone11,8", "iPhone12,1", device="iPhone16,2") == refused
    # Of a newer device than the database has it is not known, if there is an older one that it may take the place of.
    assert (
        thinned("iPhone18,1", device="iPhone20,1") == thinned("RealityDevice14,1", device="RealityDevice17,1") == maybe
    )
    assert thinned("iPad8,1", device="iPhone20,1") == refused
    # Variants by memory are variants of one product.
    assert thinned("iPad14,3-A", device="iPad14,3") == thinned("iPad14,3", device="iPad14,3-B") == []
    assert thinned("iPad16,3-A", "iPad16,3-B", device="iPad17,1") == []


def test_a_list_of_devices_that_no_device_is_in() -> None:
    refused = [(f"{INFO_PATH} UISupportedDevices", "device-not-supported", "error")]
    for device in (None, "iPhone14,5"):
        assert thinned(device=device) == thinned("iPhone14,5", 1, device=device) == refused
    # What is not an array is not looked at.
    assert codes(read(info={**INFO, "UISupportedDevices": "iPhone14,5"}).problems(now=NOW)) == []
    both = {**INFO, "UISupportedDevices": {"a": "b"}, "SupportedDevices": ["iPhone14,5"]}
    assert codes(read(info=both).problems(now=NOW, device="iPhone13,2")) == refused


@pytest.mark.parametrize(
    "device", ["", "iPhone", "iPhone 14", "iphone14,5", "IPhone14,5", "iPhone14,5,1", DEVICES[1], "iPhone14,\u0665"]
)
def test_what_is_not_a_product_type(device: str) -> None:
    path = f"{INFO_PATH} UISupportedDevices"
    unknown = [(path, "not-a-product-type", "error")]
    assert codes(read().problems(now=NOW, device=device)) == thinned("iPhone14,5", device=device) == unknown


def test_an_app_for_other_devices_than_the_one_that_is_asked_about() -> None:
    def found(families: list[int], device: str) -> list[tuple[str, str, str]]:
        return codes(read(info={**INFO, "UIDeviceFamily": families}).problems(now=NOW, device=device))

    refused = [(f"{INFO_PATH} UIDeviceFamily", "wrong-device-family", "error")]
    assert found([2], "iPhone14,5") == found([2, 7], "iPod9,1") == refused
    assert found([1, 2], "AppleTV14,1") == found([1], "Watch6,1") == refused
    # Said once, of every device.
    assert found([3], "iPhone14,5") == refused
    assert found([2], "iPad14,1") == found([1], "iPad14,1") == found([1, 2], "iPhone14,5") == found([], "iPod9,1") == []
    # Whether a Mac does, or an Apple Vision, is not known.
    assert found([1, 2], "Mac14,2") == found([2], "RealityDevice14,1") == []


def test_a_profile_for_another_app() -> None:
    # Who signs an app anew for an enterprise changes its identifier on purpose, and it installs.
    levels: dict[Any, str] = {"enterprise": "warning", "ad-hoc": "error", "development": "error"}
    for kind, level in levels.items():
        ipa = read(profile=make_profile(kind, application_identifier="A1B2C3D4E5.com.example.other"))
        problem = ipa.problems(now=NOW)[-1]
        place = f"{PROFILE_PATH} Entitlements.application-identifier"
        assert codes((problem,)) == [(place, "profile-mismatch", level)]
        assert "'A1B2C3D4E5.com.example.other'" in problem.message
    assert read(profile=make_profile(application_identifier="A1B2C3D4E5.com.example.*")).problems(now=NOW) == ()
    assert read(profile=make_profile(Entitlements=None)).problems(now=NOW) == ()


@pytest.mark.parametrize(
    "arguments", [{"now": 3}, {"now": NOW.replace(tzinfo=None)}, {"udid": 3}, {"device": 3}, {"expires_within": 14}]
)
def test_problems_refuse_arguments_of_the_wrong_type(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(arguments))):
        read(profile=make_profile("ad-hoc")).problems(**arguments)


def test_a_profile_without_devices_or_for_another_platform_is_told() -> None:
    nobody = read(profile=make_profile("ad-hoc", ProvisionedDevices=[]))
    assert codes(nobody.problems(now=NOW, udid=DEVICES[0])) == [
        (f"{PROFILE_PATH} ProvisionedDevices", "device-not-in-profile", "error")
    ]
    television = read(profile=make_profile("enterprise", Platform=["tvOS"]))
    assert codes(television.problems(now=NOW)) == [(f"{PROFILE_PATH} Platform", "profile-mismatch", "warning")]


# Does a manifest describe it?


def compared(ipa: Ipa, *, verify_hashes: bool = False, **options: Any) -> list[tuple[str, str, str]]:
    given: dict[str, Any] = {
        "url": URL,
        "bundle_identifier": "com.example.myapp",
        "bundle_version": "42",
        "title": "My App",
        **options,
    }
    return codes(ipa.compare(Manifest.for_app(**given), verify_hashes=verify_hashes))


def test_compare() -> None:
    ipa = read()
    matching: list[dict[str, Any]] = [
        {},
        {"bundle_version": "1.2.3"},
        {"bundle_version": "42"},
        {"title": "MyApp"},
        {"platform_identifier": "com.apple.platform.iphoneos"},
        {"bundle_version": "", "title": "", "platform_identifier": ""},
    ]
    for options in matching:
        assert compared(ipa, **options) == []
    path = "items[0].metadata."
    assert compared(ipa, bundle_identifier="com.example.other") == [
        (f"{path}bundle-identifier", "bundle-identifier-mismatch", "error")
    ]
    assert compared(ipa, bundle_version="1.2") == [(f"{path}bundle-version", "version-mismatch", "warning")]
    assert compared(ipa, title="Other") == [(f"{path}title", "title-mismatch", "warning")]
    assert compared(ipa, platform_identifier="com.apple.platform.watchos") == [
        (f"{path}platform-identifier", "platform-mismatch", "warning")
    ]
    (problem,) = ipa.compare(
        Manifest.for_app(url=URL, bundle_identifier="com.example.myapp", bundle_version="42", title="Other")
    )
    assert "says 'Other', the app 'My App', 'MyApp':" in problem.message


def test_compare_with_an_app_that_says_little() -> None:
    ipa = read(info={"CFBundleIdentifier": "com.example.myapp"})
    assert compared(ipa, bundle_version="1", title="MyApp", platform_identifier="com.apple.platform.watchos") == []


def test_compare_with_several_items() -> None:
    others = [
        Item.for_app(url=URL, bundle_identifier=f"com.example.app{number}", bundle_version="1", title="x")
        for number in range(20)
    ]
    mine = Item.for_app(url=URL, bundle_identifier="com.example.myapp", bundle_version="42", title="Other")
    ipa = read()
    assert codes(ipa.compare(Manifest(items=(*others, mine)))) == [
        ("items[20].metadata.title", "title-mismatch", "warning")
    ]
    (problem,) = ipa.compare(Manifest(items=tuple(others)))
    assert codes((problem,)) == [("items", "bundle-identifier-mismatch", "error")]
    assert "'com.example.app9' and 10 more:" in problem.message
    assert codes(ipa.compare(Manifest(items=()))) == [("items", "bundle-identifier-mismatch", "error")]
    no_package = replace(
        mine, assets=(Asset(kind="display-image", url=URL),), metadata=replace(mine.metadata, title="MyApp")
    )
    assert ipa.compare(Manifest(items=(no_package,)), verify_hashes=True) == ()


def test_compare_hashes() -> None:
    data = make_ipa()
    ipa = read()

    def verified(*checksums: Checksum) -> list[tuple[str, str, str]]:
        return compared(ipa, checksums=checksums, verify_hashes=True)

    def of(**options: Any) -> Checksum:
        return Checksum.of(io.BytesIO(data), **options)

    path = "items[0].assets[0]."
    bad = Checksum("sha256", ("0" * 64,))
    bad_md5 = Checksum("md5", ("0" * 32,))
    assert verified() == []
    for chunk_size in (None, 100, len(data), len(data) + 1, 10 << 20):
        for algorithm in ("md5", "sha256"):
            assert verified(of(algorithm=algorithm, chunk_size=chunk_size)) == []
    assert verified(bad) == [(f"{path}sha256", "hash-mismatch", "error")]
    assert compared(ipa, checksums=[bad]) == []
    # The device looks at SHA-256 alone where both are there, and at the whole file's hash before the chunks'.
    assert verified(bad_md5, of(chunk_size=100)) == []
    assert verified(of(algorithm="md5"), bad) == [(f"{path}sha256", "hash-mismatch", "error")]
    assert verified(of(chunk_size=100), bad) == [(f"{path}sha256", "hash-mismatch", "error")]
    assert verified(of(algorithm="md5", chunk_size=100), bad_md5) == [(f"{path}md5", "hash-mismatch", "error")]


def test_compare_chunks() -> None:
    data = make_ipa()
    ipa = read()
    path = "items[0].assets[0]."
    checksum = Checksum.of(io.BytesIO(data), algorithm="md5", chunk_size=100)
    for wrong in (checksum.digests[:-1], checksum.digests + checksum.digests[:1]):
        for verify_hashes in (False, True):
            found = compared(ipa, checksums=[replace(checksum, digests=wrong)], verify_hashes=verify_hashes)
            assert found == [(f"{path}md5s", "hash-count-mismatch", "error")]
    digests = list(checksum.digests)
    digests[1] = digests[3] = "0" * 32
    manifest = ipa.manifest(url=URL, checksums=[replace(checksum, digests=tuple(digests))])
    (problem,) = ipa.compare(manifest, verify_hashes=True)
    assert codes((problem,)) == [(f"{path}md5s", "hash-mismatch", "error")]
    assert "differ in chunks 1, 3 (counted from 0):" in problem.message
    digests[3] = checksum.digests[3]
    manifest = ipa.manifest(url=URL, checksums=[replace(checksum, digests=tuple(digests))])
    (problem,) = ipa.compare(manifest, verify_hashes=True)
    assert "differ in chunk 1 (counted from 0):" in problem.message
    # One hash is the whole file's for a device, whatever the size beside it.
    whole = replace(Checksum.of(io.BytesIO(data), chunk_size=None), chunk_size=100)
    size_problem = (f"{path}sha256-size", "chunk-size-mismatch", "warning")
    assert compared(ipa, checksums=[whole], verify_hashes=True) == [size_problem]
    first = replace(whole, digests=Checksum.of(io.BytesIO(data), chunk_size=100).digests[:1])
    assert compared(ipa, checksums=[first], verify_hashes=True) == [
        size_problem,
        (f"{path}sha256s", "hash-mismatch", "error"),
    ]


def test_compare_takes_a_manifest() -> None:
    with pytest.raises(TypeError, match="manifest must be Manifest"):
        read().compare(None)  # type: ignore[arg-type]


# The rules themselves, without an app or an archive.


def test_rules_of_a_build() -> None:
    assert codes(_rules.build_problems("iPhoneOS", (1, 2), has_fairplay=False)) == []
    assert codes(_rules.build_problems(None, (), has_fairplay=False)) == []
    assert codes(_rules.build_problems("XROS", (7, 3), has_fairplay=True)) == [
        ("Info.plist CFBundleSupportedPlatforms", "wrong-platform", "error"),
        ("Info.plist UIDeviceFamily", "wrong-device-family", "error"),
        ("SC_Info", "fairplay", "warning"),
    ]
    (families,) = _rules.build_problems(None, (7, 3), has_fairplay=False)
    assert families.message.startswith("The app is for device families 7, 3, which include neither iPhone (1) nor iPad")


def test_rules_of_a_profile() -> None:
    def of(udid: str | None = None, **values: Any) -> list[tuple[str, str, str]]:
        profile = ProvisioningProfile(**values)
        found = codes(_rules.profile_problems(profile, "com.example.myapp", NOW, SOON))
        return found if udid is None else [*found, *codes(_rules.udid_problems(profile, udid))]

    assert codes(_rules.profile_problems(None, "com.example.myapp", NOW, SOON)) == [
        ("embedded.mobileprovision", "no-profile", "error")
    ]
    assert of(DEVICES[0], kind="enterprise") == of(DEVICES[0], kind="ad-hoc", devices=DEVICES) == []
    assert of("x", kind="ad-hoc", devices=("x",)) == []
    assert of(DEVICES[0], kind="app-store") == [("embedded.mobileprovision", "app-store-profile", "error")]
    # Everything that can be wrong with one, in this order; that no device is listed is said once.
    place = "embedded.mobileprovision"
    assert of(
        DEVICES[0],
        kind="development",
        expires=NOW,
        platforms=("tvOS",),
        application_identifier="A1B2C3D4E5.com.example.other",
    ) == [
        (place, "development-profile", "warning"),
        (f"{place} ExpirationDate", "profile-expired", "error"),
        (f"{place} ProvisionedDevices", "device-not-in-profile", "error"),
        (f"{place} Platform", "profile-mismatch", "warning"),
        (f"{place} Entitlements.application-identifier", "profile-mismatch", "error"),
    ]


def test_rules_of_metadata() -> None:
    metadata = Metadata(
        bundle_identifier="a.b", bundle_version="2", title="B", platform_identifier="com.apple.platform.watchos"
    )
    found = _rules.metadata_problems(metadata, versions=("1", "1.0"), names=("A",), platform="iPhoneOS")
    assert codes(found) == [
        ("bundle-version", "version-mismatch", "warning"),
        ("title", "title-mismatch", "warning"),
        ("platform-identifier", "platform-mismatch", "warning"),
    ]
    assert codes(_rules.metadata_problems(metadata, versions=(), names=("B",), platform=None)) == []


def test_rules_of_hashes() -> None:
    def of(
        checksum: Checksum | None, size: int = 1000, wrong: tuple[int, ...] | None = None
    ) -> list[tuple[str, str, str]]:
        asset = Asset(kind="software-package", url=URL, checksums=() if checksum is None else (checksum,))
        return codes(_rules.hash_problems(asset, size, None if wrong is None else lambda _: wrong))

    assert of(None, wrong=(0,)) == of(Checksum("md5", ("0" * 32,))) == []
    in_chunks = Checksum("md5", ("0" * 32,) * 2, 500)
    assert of(in_chunks) == of(in_chunks, 501) == of(in_chunks, wrong=()) == []
    assert of(in_chunks, 1001, wrong=(1,)) == [("md5s", "hash-count-mismatch", "error")]
    assert of(in_chunks, wrong=(1,)) == [("md5s", "hash-mismatch", "error")]
    assert of(Checksum("md5", ("0" * 32,)), wrong=(0,)) == [("md5", "hash-mismatch", "error")]
    assert of(Checksum("sha256", ("0" * 64,), 500)) == [("sha256-size", "chunk-size-mismatch", "warning")]
