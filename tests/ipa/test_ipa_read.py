""".ipa files: what is read of them."""

from __future__ import annotations

import io
import os
import plistlib
import unicodedata
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import INFO, make_ipa, make_png, make_profile
from _problems import codes
from _read_ipa import INFO_PATH, NOW, PROFILE_PATH, URL, make_zip, read, refusal

from itms_ota._png import read_header
from itms_ota.checksum import Checksum
from itms_ota.errors import IpaError
from itms_ota.ipa import Ipa, read_ipa
from itms_ota.manifest import Metadata
from itms_ota.profile import ProvisioningProfile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def test_what_is_read() -> None:
    data = make_ipa()
    ipa = read_ipa(io.BytesIO(data))
    assert ipa.bundle_identifier == "com.example.myapp"
    assert ipa.short_version == "1.2.3"
    assert ipa.build_version == "42"
    assert ipa.display_name == "My App"
    assert ipa.platform == "iPhoneOS"
    assert ipa.minimum_os_version == "15.0"
    assert ipa.device_families == (1, 2)
    assert ipa.profile == ProvisioningProfile.from_bytes(make_profile())
    assert ipa.info == INFO
    assert ipa.app_name == "MyApp"
    assert ipa.size == len(data)
    assert "CFBundleName" not in repr(ipa)


def test_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "MyApp.ipa"
    path.write_bytes(make_ipa(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"}))
    from_path = read_ipa(path)
    assert from_path == read_ipa(os.fspath(path)) == read_ipa(io.BytesIO(path.read_bytes()))
    assert from_path.icon_png() == make_png(60)
    manifest = from_path.manifest(url=URL, checksums=[Checksum.of(path, chunk_size=100)])
    assert from_path.compare(manifest, verify_hashes=True) == ()
    path.unlink()
    with pytest.raises(FileNotFoundError):
        from_path.icon_png()
    with pytest.raises(FileNotFoundError):
        read_ipa(path)


class Upload:
    """A file with nothing but what is needed, which gives little at a time."""

    def __init__(self, data: bytes, at_a_time: int = 1000) -> None:
        self._file = io.BytesIO(data)
        self._at_a_time = at_a_time

    def read(self, size: int = -1, /) -> bytes:
        """Give less than was asked for."""
        return self._file.read(min(size, self._at_a_time))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Give the position."""
        return self._file.tell()


def test_from_a_file_with_read_seek_and_tell_alone() -> None:
    upload = Upload(make_ipa(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"}))
    upload.seek(5)
    ipa = read_ipa(upload)
    assert ipa.bundle_identifier == "com.example.myapp"
    assert ipa.icon_png() == make_png(60)
    checksum = Checksum.of(
        Upload(make_ipa(icons={"Icon.png": make_png(60)}, info={**INFO, "CFBundleIconFile": "Icon"}))
    )
    assert ipa.compare(ipa.manifest(url=URL, checksums=[checksum]), verify_hashes=True) == ()
    # It is left where it was: frameworks save an upload from its position on.
    assert upload.tell() == 5


def test_a_given_file_is_left_open_and_needed_later() -> None:
    file = io.BytesIO(make_ipa())
    ipa = read_ipa(file)
    assert not file.closed
    manifest = ipa.manifest(url=URL, checksums=[Checksum.of(file)])
    file.close()
    assert ipa.compare(manifest) == ()
    with pytest.raises(ValueError, match="closed"):
        ipa.compare(manifest, verify_hashes=True)
    with pytest.raises(ValueError, match="closed"):
        ipa.icon_png()


def test_what_is_no_source() -> None:
    sources: list[Any] = [make_ipa(), 1, None]
    for source in sources:
        with pytest.raises(TypeError, match="a path, or a binary file"):
            read_ipa(source)
    text: Any = io.StringIO("text")
    with pytest.raises(TypeError):
        read_ipa(text)


@pytest.mark.parametrize("name", ["My App", "My.App", "A&B", "my-app", "🍎", "Größe", "Ж", ".app"])
def test_names_of_apps(name: str) -> None:
    assert read(name=name).app_name == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [("Gr\u00fc".encode(), "Gr\u00fc"), (b"Gr\x81n", "Gr\u00fcn"), (b"\xff\xfe\xfd\xfc", "\u00a0\u25a0\u00b2\u207f")],
)
def test_names_that_are_not_marked_as_utf8(raw: bytes, name: str) -> None:
    data = make_ipa(name="x" * len(raw)).replace(b"Payload/" + b"x" * len(raw), b"Payload/" + raw)
    assert read_ipa(io.BytesIO(data)).app_name == name


@pytest.mark.parametrize("name", ["微信", "支付宝 1.0", "我的App", "测试\uff08企业版\uff09", "測試", "中"])
def test_names_in_gbk_are_shown_as_they_are(name: str) -> None:
    raw = name.encode("gbk")
    data = make_ipa(name="x" * len(raw), info={**INFO, "CFBundleExecutable": "x" * len(raw)}, executable="x" * len(raw))
    ipa = read_ipa(io.BytesIO(data.replace(b"Payload/" + b"x" * len(raw), b"Payload/" + raw)))
    assert ipa.app_name == name
    assert ipa.has_executable


@pytest.mark.parametrize("name", ["Grün", "Größe", "Straße", "30°C é", "π-calc µ", "ñandú Été", "½ ²"])
def test_names_in_the_encoding_of_the_first_zip_programs(name: str) -> None:
    raw = name.encode("cp437", "ignore")
    data = make_ipa(name="x" * len(raw)).replace(b"Payload/" + b"x" * len(raw), b"Payload/" + raw)
    assert read_ipa(io.BytesIO(data)).app_name == raw.decode("cp437")


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_executable_is_found_however_its_name_is_written(form: Any, encoding: str) -> None:
    name = {"utf-8": "Größe", "gbk": "微信"}[encoding]
    raw = unicodedata.normalize(form, name).encode(encoding)
    data = make_ipa(info={**INFO, "CFBundleExecutable": name}, executable="y" * len(raw))
    assert read_ipa(io.BytesIO(data.replace(b"app/" + b"y" * len(raw), b"app/" + raw))).has_executable


def test_what_is_not_the_executable() -> None:
    others = ["MyApp/", "myapp", "MyApp.dylib", "Frameworks/MyApp", "Watch/MyApp.app/MyApp"]
    files = {f"Payload/MyApp.app/{other}": b"" for other in others} | {"MyApp": b"", "Payload/MyApp": b""}
    assert not read(executable=None, files=files).has_executable
    below = read(info={**INFO, "CFBundleExecutable": "bin/MyApp"}, executable="bin/MyApp")
    assert below.has_executable


class Watched(io.BytesIO):
    """A file that notes what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.parts: list[range] = []

    def read(self, size: int | None = -1, /) -> bytes:
        """Note what is read, and read it."""
        start = self.tell()
        data = super().read(size)
        self.parts.append(range(start, start + len(data)))
        return data


def test_of_the_files_only_the_property_list_and_the_profile_are_read() -> None:
    # The end, where the directory is looked for, is long; what is asked about stands before.
    far = {"Payload/MyApp.app/Assets.car": bytes(100_000)}
    info = {**INFO, "UISupportedDevices": ["iPhone14,5"]}
    data = make_ipa(info=info, profile=make_profile(DeveloperCertificates=[b"x"]), files=far, compression=0)
    file = Watched(data)
    assert read_ipa(file).problems(device="iPhone14,5", now=NOW) == ()
    read_before_the_end = [part for part in file.parts if part.stop < len(data) - 70_000]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        headers = {entry.header_offset: entry.filename for entry in archive.infolist()}
    touched = {headers[max(start for start in headers if start <= part.start)] for part in read_before_the_end}
    assert touched == {INFO_PATH, PROFILE_PATH}
    assert not any(data.index(b"program") in part for part in file.parts)


def test_the_apps_own_files_are_read() -> None:
    other = plistlib.dumps({"CFBundleIdentifier": "com.example.other"})
    folder = "Payload/MyApp.app"
    decoys = [
        "Info.plist",
        "Payload/Info.plist",
        f"{folder}/Base.lproj/Info.plist",
        f"{folder}/Frameworks/Other.framework/Info.plist",
        f"{folder}/PlugIns/Other.appex/Info.plist",
        f"{folder}/Watch/Other.app/Info.plist",
        f"{folder}/Watch/Payload/Other.app/Info.plist",
        f"__MACOSX/{folder}/Info.plist",
        "SwiftSupport/iphoneos/Info.plist",
        "Symbols/Payload/Other.app/Info.plist",
        f"{folder}/info.plist",
        f"../{folder}/Info.plist",
        f"/{folder}/Info.plist",
        "Payload/../Other.app/Info.plist",
        f"{folder}\\Info.plist",
    ]
    profiles = [decoy.replace("Info.plist", "embedded.mobileprovision") for decoy in decoys]
    ipa = read(files={**dict.fromkeys(decoys, other), **dict.fromkeys(profiles, b"no profile")})
    assert (ipa.bundle_identifier, ipa.app_name) == ("com.example.myapp", "MyApp")
    assert ipa.profile is not None
    assert ipa.profile.name == "My Profile"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_forms_of_archive_and_plist(compression: int, fmt: Any) -> None:
    assert read(info=plistlib.dumps(dict(INFO), fmt=fmt), compression=compression) == replace(
        read(), size=len(make_ipa(info=plistlib.dumps(dict(INFO), fmt=fmt), compression=compression))
    )


def test_every_key_but_the_identifier_may_be_missing_or_odd() -> None:
    ipa = read(info={"CFBundleIdentifier": "com.example.myapp"}, profile=None)
    odd = dict.fromkeys([*INFO, "CFBundleIcons", "CFBundleIconFiles"], 1.5)
    strange = read(info={**odd, "CFBundleIdentifier": "com.example.myapp"}, profile=None)
    for given in (ipa, strange):
        assert given.short_version is given.build_version is given.display_name is None
        assert given.platform is given.minimum_os_version is None
        assert given.profile is None
        assert given.device_families == ()
        assert given.icon_png() is None
    assert ipa.manifest(url=URL).items[0].metadata == Metadata(
        bundle_identifier="com.example.myapp", bundle_version="", title="MyApp"
    )


def test_display_name_and_platform_and_families() -> None:
    def given(**keys: Any) -> Ipa:
        info = {"CFBundleIdentifier": "com.example.myapp", **keys}
        return read(info=info)

    assert given(CFBundleName="Short").display_name == "Short"
    assert given(CFBundleName="Short", CFBundleDisplayName=" ").display_name == "Short"
    assert given(CFBundleName="Short", CFBundleDisplayName="\xa0\u2028").display_name == "Short"
    assert given(CFBundleSupportedPlatforms=["iPhoneSimulator"]).platform == "iPhoneSimulator"
    assert given(CFBundleSupportedPlatforms=["MacOSX", "iPhoneOS"]).platform == "iPhoneOS"
    assert given(CFBundleSupportedPlatforms=["iphoneos"]).platform == "iPhoneOS"
    assert given(CFBundleSupportedPlatforms="AppleTVOS", DTPlatformName="iphoneos").platform == "AppleTVOS"
    assert given(CFBundleSupportedPlatforms=[], DTPlatformName="iphonesimulator").platform == "iPhoneSimulator"
    assert given(DTPlatformName="toaster").platform == "toaster"
    assert given(UIDeviceFamily=2).device_families == (2,)
    assert given(UIDeviceFamily=["1", 2, "iPad", 2.5, True]).device_families == (1, 2)


@pytest.mark.parametrize("identifier", [None, "", 1, ["a"] * 1000, {"a": "b" * 1000}, b"a" * 1000])
def test_no_bundle_identifier(identifier: Any) -> None:
    info = {**INFO, "CFBundleIdentifier": identifier} if identifier is not None else {"CFBundleName": "MyApp"}
    problem = refusal(make_ipa(info=info))
    expected = "wrong-type" if identifier else "missing"
    assert (problem.path, problem.code) == (f"{INFO_PATH} CFBundleIdentifier", expected)
    assert len(problem.message) < 200


def test_what_is_reported_is_short_whatever_is_read() -> None:
    name = "n" * 2000
    path = f"Payload/{name}.app/Info.plist"[:1000] + "…"
    info = {**INFO, "UIDeviceFamily": list(range(3, 2000)), "CFBundleSupportedPlatforms": [name]}
    ipa = read(name=name, info=info, profile=make_profile("ad-hoc"))
    problems = ipa.problems(now=NOW, udid=name)
    assert [(problem.code, problem.path == path) for problem in problems] == [
        ("wrong-platform", True),
        ("wrong-device-family", True),
        ("not-a-udid", True),
    ]
    assert "3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 1987 more" in problems[1].message
    assert max(len(problem.message) for problem in problems) < 400
    problem = refusal(make_ipa(name=name, info=b"<plist>" + b"<x>" * 300))
    assert (problem.code, problem.path) == ("malformed-plist", path)
    assert problem.message == (
        "Info.plist is not a valid property list ('<x>' is not an element of property lists, and 200 more). No device "
        "installs the app. Export it again."
    )
    assert refusal(make_ipa(name=name, profile=b"profile")).path == path


def test_no_app_or_no_plist() -> None:
    problem = refusal(make_ipa(name="x").replace(b"Payload/", b"payload/"))
    assert (problem.path, problem.code) == ("", "no-app")
    assert "it has 'payload'" in problem.message
    problem = refusal(make_zip({}))
    assert (problem.code, "it has nothing" in problem.message) == ("no-app", True)
    problem = refusal(make_zip({f"folder{number}/": b"" for number in range(100)}))
    assert "'folder0', 'folder1', 'folder10'," in problem.message
    assert problem.message.endswith("'folder17' and 90 more.")
    for folder in ("MyApp", "My App/build", "Symbols"):
        problem = refusal(make_zip({"__MACOSX/Payload/A.app/x": b"", f"{folder}/Payload/MyApp.app/Info.plist": b""}))
        assert (problem.path, problem.code) == ("", "no-app")
        assert f"inside the folder {folder.partition('/')[0]!r}," in problem.message
        assert problem.message.endswith("Zip the folder Payload itself.")
    for name in ("__MACOSX/Payload/A.app/x", "MyApp.app/Info.plist", "MyApp/Payload/x", "MyApp/payload/A.app/x"):
        problem = refusal(make_zip({name: b""}))
        assert (problem.code, "Zip the folder Payload itself" in problem.message) == ("no-app", False)
    problem = refusal(make_zip({"Payload/MyApp.app/MyApp": b""}))
    assert (problem.path, problem.code) == (INFO_PATH, "missing")


def test_several_apps() -> None:
    problem = refusal(make_ipa(files={"Payload/Other.app/Info.plist": b""}))
    assert (problem.path, problem.code) == ("Payload", "several-apps")
    assert "2 apps, 'Payload/MyApp.app', 'Payload/Other.app'" in problem.message


def test_info_plist_that_is_none() -> None:
    for content, code in ((b"<html>", "malformed-plist"), (plistlib.dumps(["CFBundleIdentifier"]), "wrong-type")):
        problem = refusal(make_ipa(info=content))
        assert (problem.path, problem.code) == (INFO_PATH, code)


def test_profile_that_is_none() -> None:
    problem = refusal(make_ipa(profile=b"profile"))
    assert (problem.path, problem.code) == (PROFILE_PATH, "not-a-profile")


def test_a_path_that_can_be_none_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        read_ipa("a\0b")
    with pytest.raises(FileNotFoundError):
        Checksum.of("a\0b")


# Icons.


def icons(keys: Mapping[str, Any], *names: str) -> list[int]:
    """Which icon is given for the sizes 1, 100 and 1000, by its width; each is 10 pixels wider than the one before."""
    pictures = {name: make_png(50 + 10 * number) for number, name in enumerate(names)}
    ipa = read(info={**INFO, **keys}, icons=pictures)
    found = [ipa.icon_png(size) for size in (1, 100, 1000)]
    return [read_header(png).width for png in found if png]


def bundle_icons(*stems: Any) -> dict[str, Any]:
    return {"CFBundlePrimaryIcon": {"CFBundleIconFiles": [*stems]}}


def test_the_nearest_icon_at_or_above_the_size_is_given() -> None:
    names = [f"AppIcon60x60@{number}.png" for number in range(7)]
    keys = {"CFBundleIcons": bundle_icons(*names)}
    assert icons(keys, *names) == [50, 100, 110]
    assert icons(keys, *names[::-1]) == [50, 100, 110]
    assert icons(keys, *names[:2]) == [50, 60, 60]
    assert read(
        icons={"a.png": make_png(179), "b.png": make_png(181)}, info={**INFO, "CFBundleIconFiles": ["a", "b"]}
    ).icon_png() == make_png(181)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"CFBundleIcons": bundle_icons("AppIcon60x60")}, "AppIcon60x60@2x.png"),
        ({"CFBundleIcons": bundle_icons("AppIcon60x60@3x")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": bundle_icons(1, "AppIcon60x60@3x.png")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": bundle_icons("AppIcon60x60")}, "AppIcon60x60~iphone.png"),
        ({"CFBundleIcons~ipad": bundle_icons("AppIcon76x76")}, "AppIcon76x76@2x~ipad.png"),
        ({"CFBundleIcons": {"CFBundlePrimaryIcon": "App"}, "CFBundleIconFiles": ["Icon"]}, "Icon@2x.png"),
        ({"CFBundleIconFiles~ipad": ["Icon"]}, "Icon~ipad.png"),
        ({"CFBundleIconFiles": "Icon.png"}, "Icon.png"),
        ({"CFBundleIconFile": "Größe"}, "Größe.png"),
    ],
)
def test_names_of_icons(keys: Mapping[str, Any], name: str) -> None:
    assert icons(keys, name) == [50, 50, 50]


def test_what_is_no_icon() -> None:
    keys = {"CFBundleIcons": bundle_icons("AppIcon")}
    assert icons({}, "AppIcon.png") == []
    assert icons(keys, "AppIcon60x60.png", "AppIcon.jpg", "Assets.car", "Resources/AppIcon.png") == []
    assert icons({"CFBundleIcons": {"CFBundlePrimaryIcon": "AppIcon"}}, "AppIcon.png") == []
    assert icons({"CFBundleIconFile": ""}, ".png") == []


def test_icons_are_plain_png() -> None:
    ipa = read(icons={"Icon.png": make_png(60, cgbi=True)}, info={**INFO, "CFBundleIconFile": "Icon"})
    png = ipa.icon_png()
    assert png is not None
    assert read_header(png).cgbi is False


def test_damaged_icons() -> None:
    info = {**INFO, "CFBundleIconFiles": ["a", "b"]}
    # One that cannot be read does not hide the others.
    assert read(icons={"a.png": b"JFIF", "b.png": make_png(9)}, info=info).icon_png() == make_png(9)
    assert read(icons={"a.png": b"JFIF"}, info=info).icon_png() is None
    cut = make_png(9, cgbi=True)
    with pytest.raises(IpaError) as caught:
        read(icons={"a.png": cut[:60] + b"damage" + cut[66:]}, info=info).icon_png()
    assert caught.value.problems[0].path == "Payload/MyApp.app/a.png"


# Real files.


def test_real_files(corpus: Path) -> None:
    ipa = read_ipa(corpus / "ipas" / "embedded.ipa")
    assert (ipa.bundle_identifier, ipa.short_version, ipa.build_version) == ("com.icyleaf.test.Demo", "1.0", "1")
    assert (ipa.display_name, ipa.app_name, ipa.platform) == ("Demo", "Demo", "iPhoneOS")
    assert (ipa.minimum_os_version, ipa.device_families, ipa.size) == ("14.3", (1, 2), 42894)
    assert ipa.profile is not None
    assert (ipa.profile.kind, ipa.profile.devices) == ("enterprise", ())
    assert ipa.profile.created == datetime(2021, 1, 15, 6, 40, 53, tzinfo=timezone.utc)
    assert ipa.profile.expires == datetime(2022, 1, 15, 6, 40, 53, tzinfo=timezone.utc)
    assert ipa.icon_png() is None
    path = "Payload/Demo.app/embedded.mobileprovision"
    assert codes(ipa.problems()) == [(f"{path} ExpirationDate", "profile-expired", "error")]
    assert ipa.problems(now=datetime(2021, 6, 1, tzinfo=timezone.utc)) == ()
    assert ipa.manifest(url=URL).problems() == ()


def test_what_is_said_of_real_apps(known_corpus: Path) -> None:
    """On the day after they were signed, and in 2035."""
    found = {
        path.stem: tuple(
            " ".join(f"{problem.code}:{problem.level[0]}" for problem in ipa.problems(now=now))
            for now in (created + timedelta(days=1), datetime(2035, 1, 1, tzinfo=timezone.utc))
        )
        for path in (known_corpus / "ipas").glob("*.ipa")
        for ipa in [read_ipa(path)]
        if ipa.profile and (created := ipa.profile.created)
    }
    assert found == {
        "embedded": ("", "profile-expired:e"),
        "fir-cli": ("development-profile:w", "development-profile:w profile-expired:e certificate-expired:e"),
        "ipa-server": ("development-profile:w", "development-profile:w profile-expired:e certificate-expired:e"),
        "ipad": ("app-store-profile:e", "app-store-profile:e profile-expired:e"),
        "smallest": ("development-profile:w", "development-profile:w profile-expired:e certificate-expired:e"),
        "uncrackable1": ("", "profile-expired:e"),
    }


def test_a_real_ipad_app(corpus: Path) -> None:
    ipa = read_ipa(corpus / "ipas" / "ipad.ipa")
    assert (ipa.bundle_identifier, ipa.display_name, ipa.app_name) == ("com.icyleaf.bundle", "bundle", "bundle")
    assert (ipa.minimum_os_version, ipa.device_families) == ("9.3", (2,))
    assert ipa.profile is not None
    assert (ipa.profile.kind, ipa.profile.name, ipa.profile.team_name) == ("app-store", "XC: *", "QYER Inc")
    assert ipa.profile.expires == datetime(2017, 4, 12, 9, 37, 18, tzinfo=timezone.utc)
    widths = [read_header(png).width for size in (1, 60, 76, 77, 152, 180) if (png := ipa.icon_png(size))]
    assert widths == [29, 76, 76, 80, 152, 167]
    path = "Payload/bundle.app/embedded.mobileprovision"
    found = codes(ipa.problems(now=datetime(2016, 6, 1, tzinfo=timezone.utc)))
    assert found == [(path, "app-store-profile", "error")]
