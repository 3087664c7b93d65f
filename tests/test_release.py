"""The folder that `build_release` writes: what is in it, and what becomes of it when something fails."""

from __future__ import annotations

import datetime as dt
import errno
import html
import io
import multiprocessing
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from _make_ipa import INFO, make_png, make_profile
from _server import RangedFile, Server, answer
from _signing import make_signed_ipa

from itms_ota import (
    IPA_CONTENT_TYPE,
    MANIFEST_CONTENT_TYPE,
    Checksum,
    InstallLink,
    LinkError,
    Manifest,
    ManifestError,
    Problem,
    find_links,
    inspect_manifest,
)
from itms_ota.errors import IpaError
from itms_ota.ipa import read_ipa
from itms_ota.page import install_page
from itms_ota.release import Release, build_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.queues import SimpleQueue
    from threading import Barrier

    from _server import Certificates, Request

BASE = "https://apps.example.com/releases/v1.2.3/"
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)
ICONS = {"AppIcon60x60@2x.png": make_png(120), "AppIcon60x60@3x.png": make_png(180, cgbi=True)}
WITH_ICONS = {**INFO, "CFBundleIconFiles": ["AppIcon60x60@2x.png", "AppIcon60x60@3x.png"]}
FILES = ["manifest.plist", "index.html", "full-size-image.png", "display-image.png"]


pytestmark = pytest.mark.usefixtures("trusted")


@pytest.fixture
def ipa(tmp_path: Path) -> Path:
    """Give an app with icons, on its own in a folder."""
    path = tmp_path / "source" / "MyApp.ipa"
    path.parent.mkdir()
    path.write_bytes(make_signed_ipa(info=WITH_ICONS, icons=ICONS))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Give a folder to be made, and fail where a test leaves anything beside it."""
    return tmp_path / "made" / "out"


@pytest.fixture(autouse=True)
def nothing_left(out: Path) -> Iterator[None]:
    """Look for leftovers after each test."""
    out.parent.mkdir()
    yield
    assert {path.name for path in out.parent.iterdir()} <= {"out", "link"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_what_a_device_and_people_need(ipa: Path, out: Path) -> None:
    release = build_release(ipa, BASE, out, now=NOW)

    assert [path.relative_to(out).as_posix() for path in release.paths] == ["MyApp.ipa", *FILES]
    assert {path.name for path in out.iterdir()} == {"MyApp.ipa", *FILES}
    assert (release.folder, release.problems) == (out, ())
    assert release.page_url == f"{BASE}index.html"
    assert release.link == InstallLink(f"{BASE}manifest.plist")

    package = out / "MyApp.ipa"
    assert package.read_bytes() == ipa.read_bytes()
    report = inspect_manifest((out / "manifest.plist").read_bytes())
    assert report.manifest == release.manifest
    assert report.problems == ()
    assert read_ipa(package).compare(release.manifest, verify_hashes=True) == ()
    (item,) = release.manifest.items
    assert [asset.url for asset in item.assets] == [
        f"{BASE}MyApp.ipa",
        f"{BASE}display-image.png",
        f"{BASE}full-size-image.png",
    ]
    assert item.assets[0].checksums == (Checksum.of(package),)
    assert (item.metadata.bundle_version, item.metadata.title, item.metadata.subtitle) == ("1.2.3", "My App", None)

    app = read_ipa(ipa)
    assert (out / "display-image.png").read_bytes() == ICONS["AppIcon60x60@2x.png"]
    assert (out / "full-size-image.png").read_bytes() == app.icon_png(180)
    page = (out / "index.html").read_text("utf-8")
    (link,) = find_links(page)
    assert (link.link, link.problems) == (release.link, ())
    for shown in (f'href="{html.escape(str(release.link))}"', "<bdi>1.2.3</bdi>", "2026-01-02", "Works until", "Trust"):
        assert shown in page
    assert 'src="full-size-image.png"' in page
    assert f"{BASE}index.html".replace("/", "/<wbr>") in page


def test_an_app_without_icons_has_no_images(tmp_path: Path, out: Path) -> None:
    ipa = tmp_path / "MyApp.ipa"
    ipa.write_bytes(make_signed_ipa())
    release = build_release(ipa, BASE, out)
    assert {path.name for path in out.iterdir()} == {"MyApp.ipa", "manifest.plist", "index.html"}
    assert [asset.kind for asset in release.manifest.items[0].assets] == ["software-package"]
    assert "<img" not in (out / "index.html").read_text("utf-8")


def test_a_damaged_icon_is_a_warning_and_left_out(tmp_path: Path, out: Path) -> None:
    ipa = tmp_path / "MyApp.ipa"
    damaged = ICONS["AppIcon60x60@2x.png"][:-20] + bytes(20)
    ipa.write_bytes(
        make_signed_ipa(
            info={**INFO, "CFBundleIconFiles": ["AppIcon60x60@2x.png"]}, icons={"AppIcon60x60@2x.png": damaged}
        )
    )
    release = build_release(ipa, BASE, out)
    (problem,) = release.problems
    assert (problem.path, problem.code, problem.level) == (
        "Payload/MyApp.app/AppIcon60x60@2x.png",
        "bad-icon",
        "warning",
    )
    assert {path.name for path in out.iterdir()} == {"MyApp.ipa", "manifest.plist", "index.html"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My App.ipa", "My%20App.ipa"),
        ("Ärger 应用 🎉.ipa", "%C3%84rger%20%E5%BA%94%E7%94%A8%20%F0%9F%8E%89.ipa"),
        ("100%25 #1.ipa", "100%2525%20%231.ipa"),
        ("it's $VERSION {x} %@.ipa", "it%27s%20%24VERSION%20%7Bx%7D%20%25%40.ipa"),
        ("a+b&c=d;e.ipa", "a%2Bb%26c%3Dd%3Be.ipa"),
        ("MyApp.IPA", "MyApp.IPA"),
        (".ipa", ".ipa"),
        pytest.param("manifest.plist", "manifest.plist.ipa", id="one of the folder's own"),
        pytest.param("MyApp 1.2", "MyApp%201.2.ipa", id="without its suffix"),
    ],
)
def test_urls_are_right_for_any_file_name(tmp_path: Path, out: Path, name: str, expected: str) -> None:
    (tmp_path / name).write_bytes(make_signed_ipa())
    release = build_release(tmp_path / name, BASE, out)
    (asset,) = release.manifest.items[0].assets
    assert asset.url == BASE + expected
    served = Path(out, unquote(urlsplit(asset.url).path).rpartition("/")[2])
    assert served == release.paths[0]
    assert served.read_bytes() == make_signed_ipa()
    assert release.problems == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
@pytest.mark.parametrize(
    ("name", "expected"),
    [('"a" <b>?*|\\\n.ipa', "%22a%22%20%3Cb%3E%3F%2A%7C%5C%0A.ipa"), ("caf\udce9.ipa", "caf_.ipa")],
)
def test_urls_are_right_for_names_that_only_unix_has(tmp_path: Path, out: Path, name: str, expected: str) -> None:
    try:
        (tmp_path / name).write_bytes(make_signed_ipa())
    except OSError:
        pytest.skip("this file system wants names in UTF-8")
    release = build_release(os.fspath(tmp_path / name), BASE, out)
    assert release.manifest.items[0].assets[0].url == BASE + expected
    assert release.problems == ()


def test_a_file_object_is_read_whole_and_left_where_it_was(out: Path) -> None:
    file = io.BytesIO(make_signed_ipa(info=WITH_ICONS, icons=ICONS))
    file.seek(7)
    release = build_release(file, BASE, out)
    assert file.tell() == 7
    assert release.paths[0] == out / "App.ipa"
    assert (out / "App.ipa").read_bytes() == file.getvalue()
    assert release.manifest.items[0].assets[0].url == f"{BASE}App.ipa"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://apps.example.com", "https://apps.example.com/"),
        ("https://apps.example.com/v1", "https://apps.example.com/v1/"),
        ("HTTPS://Bücher.example:443/Meine Apps/", "https://xn--bcher-kva.example/Meine%20Apps/"),
    ],
)
def test_the_base_url_is_that_of_a_folder(ipa: Path, out: Path, base: str, expected: str) -> None:
    release = build_release(ipa, base, out)
    assert release.link.manifest_url == f"{expected}manifest.plist"
    assert release.page_url == f"{expected}index.html"
    assert release.manifest.items[0].assets[0].url == f"{expected}MyApp.ipa"


@pytest.mark.parametrize(
    ("base", "code"),
    [
        ("http://apps.example.com/", "not-https"),
        ("https://apps.example.com/ ", "whitespace"),
        ("https://localhost/", "loopback-host"),
        ("https://apps.example.com/${VERSION}/", "placeholder"),
        ("https://apps.example.com/get?file=", "invalid-url"),
        ("https://apps.example.com/#top", "invalid-url"),
    ],
)
def test_a_base_url_that_no_device_follows_is_refused(ipa: Path, out: Path, base: str, code: str) -> None:
    with pytest.raises(LinkError) as caught:
        build_release(ipa, base, out)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [("base_url", code)]
    assert not out.exists()


def test_what_cannot_install_is_refused_before_anything_is_written(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ipa = tmp_path / "MyApp.ipa"
    ipa.write_bytes(make_signed_ipa(info={**INFO, "CFBundleSupportedPlatforms": ["iPhoneSimulator"]}, profile=None))
    unfilled = tmp_path / "YOUR_APP.ipa"
    unfilled.write_bytes(make_signed_ipa())
    monkeypatch.setattr("tempfile.mkdtemp", None)
    with pytest.raises(IpaError) as caught:
        build_release(ipa, BASE, out)
    assert [problem.code for problem in caught.value.problems] == ["wrong-platform", "no-profile"]
    with pytest.raises(ManifestError) as refused:
        build_release(unfilled, BASE, out, bundle_version="\x01")
    paths = {problem.path for problem in refused.value.problems}
    assert paths == {"items[0].assets[0].url", "items[0].metadata.bundle-version"}
    with pytest.raises(IpaError):
        build_release(io.BytesIO(b"no zip"), BASE, out)
    assert not out.exists()


def test_errors_may_be_allowed_and_are_told(tmp_path: Path, out: Path) -> None:
    ipa = tmp_path / "YOUR_APP.ipa"
    ipa.write_bytes(make_signed_ipa(profile=make_profile(expires=dt.datetime(2025, 1, 1))))  # noqa: DTZ001 -- as plistlib
    release = build_release(ipa, BASE, out, allow_problems=True, now=NOW)
    assert [(problem.code, problem.level) for problem in release.problems] == [
        ("profile-expired", "error"),
        ("placeholder", "error"),
    ]
    assert "Expired on <bdi>2025-01-01</bdi>" in (out / "index.html").read_text("utf-8")


def test_the_device_and_the_day_count(out: Path) -> None:
    ipa = io.BytesIO(make_signed_ipa(profile=make_profile("ad-hoc")))
    with pytest.raises(IpaError) as caught:
        build_release(ipa, BASE, out, udid="00008020-000000000000002E")
    assert [problem.code for problem in caught.value.problems] == ["device-not-in-profile"]
    with pytest.raises(IpaError) as caught:
        build_release(ipa, BASE, out, now=NOW.replace(year=2124, month=2))
    assert [problem.code for problem in caught.value.problems] == ["profile-expired", "certificate-expired"]
    with pytest.raises(TypeError, match="aware"):
        build_release(ipa, BASE, out, now=NOW.replace(tzinfo=None))
    assert not out.exists()


def test_the_words_of_manifest_and_page_can_be_chosen(ipa: Path, out: Path) -> None:
    release = build_release(
        ipa,
        BASE,
        out,
        bundle_version="1.2.4",
        title="<Mine>",
        subtitle="Example & Co",
        notes="What is new",
        language="de",
        texts={"install": "Installieren"},
        qr="data:image/png;base64,AAAA",
    )
    metadata = release.manifest.items[0].metadata
    assert (metadata.bundle_version, metadata.title, metadata.subtitle) == ("1.2.4", "<Mine>", "Example & Co")
    page = (out / "index.html").read_text("utf-8")
    for shown in (
        "<bdi>&lt;Mine&gt;</bdi>",
        "<bdi>1.2.4</bdi>",
        "What is new",
        '<html lang="de"',
        ">Installieren<",
        "data:image/png;base64,AAAA",
    ):
        assert shown in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"ipa": None},
        {"base_url": b"https://apps.example.com/"},
        {"out_dir": 3},
        {"title": 3},
        {"subtitle": b"x"},
        {"notes": 3},
        {"language": 3},
        {"texts": {"no such text": ""}},
        {"progress": 3},
    ],
)
def test_wrong_types_are_type_errors(ipa: Path, out: Path, wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"ipa": ipa, "base_url": BASE, "out_dir": out, **wrong}
    with pytest.raises(TypeError):
        build_release(**arguments)
    assert not out.exists()


def test_equal_input_gives_equal_files(ipa: Path, out: Path) -> None:
    build_release(ipa, BASE, out, now=NOW)
    before = contents(out)
    build_release(ipa, BASE, out, now=NOW, replace=True)
    assert contents(out) == before


def test_progress_counts_bytes(ipa: Path, out: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    build_release(ipa, BASE, out, progress=lambda done, total: calls.append((done, total)))
    size = ipa.stat().st_size
    assert calls[-1] == (size, size)
    # Copied, and then hashed.
    assert calls.count((size, size)) == 2
    calls.clear()
    with ipa.open("rb") as file:
        file.seek(7)
        build_release(file, BASE, out, replace=True, progress=lambda done, total: calls.append((done, total)))
        assert file.tell() == 7
    assert (out / "App.ipa").read_bytes() == ipa.read_bytes()
    assert calls.count((size, size)) == 2


def test_the_folder_around_is_made_when_asked(ipa: Path, out: Path) -> None:
    inner = out / "a" / "out"
    with pytest.raises(FileNotFoundError, match="There is no such folder for the release to be in") as caught:
        build_release(ipa, BASE, inner)
    assert caught.value.filename == str(inner.parent)
    assert not out.exists()
    release = build_release(ipa, BASE, inner, make_parents=True)
    assert release.folder == inner
    ipa.write_bytes(make_signed_ipa(profile=None))
    with pytest.raises(IpaError):
        build_release(ipa, BASE, out / "b" / "out", make_parents=True)
    assert not (out / "b").exists()


def test_the_caller_says_what_stops_a_build(ipa: Path, out: Path) -> None:
    asked: list[str] = []

    def refuse(problem: Problem) -> bool:
        asked.append(problem.code)
        return problem.code in refused

    refused = {"profile-expires-soon"}
    soon: dict[str, Any] = {"expires_within": dt.timedelta(days=40_000), "now": NOW}
    with pytest.raises(IpaError) as caught:
        build_release(ipa, BASE, out, refuse=refuse, **soon)
    assert [(problem.code, problem.level) for problem in caught.value.problems] == [("profile-expires-soon", "warning")]
    # What it does not refuse is allowed, errors too.
    refused = {"placeholder"}
    ipa.write_bytes(make_signed_ipa(profile=None))
    assert [p.code for p in build_release(ipa, BASE, out, refuse=refuse, **soon).problems] == [
        "no-profile",
        "certificate-expires-soon",
    ]
    refused = {"private-host"}
    with pytest.raises(LinkError) as hosts:
        build_release(ipa, "https://10.0.0.1/", out, refuse=refuse, **soon)
    assert [problem.code for problem in hosts.value.problems] == ["private-host"]
    refused = {"empty"}
    with pytest.raises(ManifestError) as empty:
        build_release(ipa, BASE, out, refuse=refuse, title=" ", replace=True, **soon)
    assert [problem.code for problem in empty.value.problems] == ["empty"]
    assert {"profile-expires-soon", "no-profile", "private-host"} <= {*asked}


def test_the_page_of_an_app_without_a_title_has_its_identifier(ipa: Path, out: Path) -> None:
    release = build_release(ipa, BASE, out, allow_problems=True, title=" ")
    assert (release.app.title, release.manifest.items[0].metadata.title) == ("com.example.myapp", " ")
    assert "<h1><bdi>com.example.myapp</bdi></h1>" in (out / "index.html").read_text("utf-8")


def test_a_qr_code_may_be_a_png(ipa: Path, out: Path) -> None:
    build_release(ipa, BASE, out, qr=make_png(20))
    assert 'src="data:image/png;base64,' in (out / "index.html").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_web_server_may_read_the_folder_as_any_other(ipa: Path, out: Path, tmp_path: Path) -> None:
    build_release(ipa, BASE, out)
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual" / "file").touch()
    assert out.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert {path.stat().st_mode for path in out.iterdir()} == {(tmp_path / "usual" / "file").stat().st_mode}


def test_a_folder_that_exists_is_kept(ipa: Path, out: Path) -> None:
    out.mkdir()
    with pytest.raises(FileExistsError, match="replaced only when asked") as caught:
        build_release(ipa, BASE, out)
    assert caught.value.filename == str(out)
    assert list(out.iterdir()) == []


def test_a_release_is_replaced_when_asked(ipa: Path, out: Path) -> None:
    other = ipa.with_name("Other.ipa")
    other.write_bytes(make_signed_ipa())
    build_release(ipa, BASE, out)
    (out / ".DS_Store").touch()
    build_release(other, BASE, out, replace=True)
    assert {path.name for path in out.iterdir()} == {"Other.ipa", "manifest.plist", "index.html"}


def test_the_ipa_may_lie_in_the_folder_that_is_replaced(ipa: Path, out: Path) -> None:
    build_release(ipa, BASE, out, now=NOW)
    before = contents(out)
    build_release(out / "MyApp.ipa", BASE, out, now=NOW, replace=True)
    assert contents(out) == before


def test_an_empty_folder_is_replaced_when_asked(ipa: Path, out: Path) -> None:
    out.mkdir()
    build_release(ipa, BASE, out, replace=True)
    assert (out / "MyApp.ipa").exists()


@pytest.mark.parametrize(
    ("added", "removed"),
    [
        ("notes.txt", None),
        ("Second.ipa", None),
        (None, "index.html"),
        (None, "MyApp.ipa"),
        ("folder/", "MyApp.ipa"),
        ("Folder.ipa/", "MyApp.ipa"),
    ],
)
def test_a_folder_that_is_no_release_is_never_replaced(
    ipa: Path, out: Path, added: str | None, removed: str | None
) -> None:
    build_release(ipa, BASE, out)
    if removed:
        (out / removed).unlink()
    if added:
        (out / added).mkdir() if added.endswith("/") else (out / added).touch()
    before = sorted(out.iterdir())
    with pytest.raises(FileExistsError, match="other files than a release") as caught:
        build_release(ipa, BASE, out, replace=True)
    assert caught.value.filename == str(out)
    assert sorted(out.iterdir()) == before


def test_a_file_is_not_replaced(ipa: Path, out: Path) -> None:
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        build_release(ipa, BASE, out)
    with pytest.raises(NotADirectoryError):
        build_release(ipa, BASE, out, replace=True)
    assert out.read_text("utf-8") == "mine"


def test_the_folder_around_must_exist(ipa: Path, out: Path) -> None:
    with pytest.raises(FileNotFoundError):
        build_release(ipa, BASE, out / "a" / "b")
    assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few make symbolic links")
def test_a_link_to_a_folder_stays_a_link(ipa: Path, out: Path) -> None:
    link = out.with_name("link")
    link.symlink_to(out)
    release = build_release(ipa, BASE, link)
    assert build_release(ipa, BASE, link, replace=True).folder == release.folder == out
    assert link.is_symlink()
    assert (link / "MyApp.ipa").exists()


def fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_on_the_way_leaves_what_was_there(ipa: Path, out: Path, *, existing: bool) -> None:
    if existing:
        build_release(ipa, BASE, out)
    before = contents(out) if existing else {}
    with pytest.raises(OSError, match="No space left"):
        build_release(ipa, "https://other.example/", out, replace=True, progress=fail)
    assert (contents(out) if out.exists() else {}) == before
    file = io.BytesIO(make_signed_ipa())
    with pytest.raises(OSError, match="No space left"):
        build_release(file, "https://other.example/", out, replace=True, progress=fail)
    assert (contents(out) if out.exists() else {}) == before
    assert file.tell() == 0


@pytest.mark.parametrize("failing", ["out", "new"])
def test_a_failure_at_the_last_step_leaves_what_was_there(
    ipa: Path, out: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    build_release(ipa, BASE, out)
    before = contents(out)
    rename = Path.rename

    def sometimes(self: Path, target: Path) -> Path:
        if self.name == failing:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", sometimes)
    with pytest.raises(PermissionError):
        build_release(ipa, "https://other.example/", out, replace=True)
    assert contents(out) == before


def put_aside(folder: Path, *files: str) -> Callable[[int, int | None], None]:
    """Give a progress callback that makes the folder, as another program may while the app is hashed."""

    def progress(*_: object) -> None:
        folder.mkdir(exist_ok=True)
        for name in files:
            (folder / name).write_text("another's", encoding="utf-8")

    return progress


@pytest.mark.parametrize(
    ("replace", "files", "said"),
    [
        (False, ["thesis.doc"], "replaced only when asked"),
        (False, ["A.ipa", "manifest.plist", "index.html"], "replaced only when asked"),
        (True, ["thesis.doc"], "other files than a release"),
    ],
)
def test_a_folder_that_appears_meanwhile_is_kept(
    ipa: Path, out: Path, files: list[str], said: str, *, replace: bool
) -> None:
    with pytest.raises(FileExistsError, match=said) as caught:
        build_release(ipa, BASE, out, replace=replace, progress=put_aside(out, *files))
    assert caught.value.filename == str(out)
    assert contents(out) == dict.fromkeys(files, b"another's")


@pytest.mark.parametrize("files", [[], ["A.ipa", "manifest.plist", "index.html"]])
def test_a_release_that_appears_meanwhile_is_replaced_when_asked(ipa: Path, out: Path, files: list[str]) -> None:
    release = build_release(ipa, BASE, out, replace=True, progress=put_aside(out, *files))
    assert sorted(out.iterdir()) == sorted(release.paths)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows renames onto no folder at all")
def test_an_empty_folder_that_appears_meanwhile_is_taken(ipa: Path, out: Path) -> None:
    release = build_release(ipa, BASE, out, progress=put_aside(out))
    assert sorted(out.iterdir()) == sorted(release.paths)


@pytest.mark.parametrize("replace", [True, False])
def test_a_file_that_appears_meanwhile_is_kept(ipa: Path, out: Path, *, replace: bool) -> None:
    def progress(*_: object) -> None:
        out.write_text("mine", encoding="utf-8")

    with pytest.raises(NotADirectoryError if replace else FileExistsError):
        build_release(ipa, BASE, out, replace=replace, progress=progress)
    assert out.read_text("utf-8") == "mine"


def test_a_folder_that_is_taken_away_meanwhile_is_no_hindrance(
    ipa: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_release(ipa, BASE, out)
    scandir = os.scandir

    def once(folder: Path) -> Any:
        monkeypatch.setattr(os, "scandir", scandir)
        out.rename(out.with_name("elsewhere"))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", once)
    release = build_release(ipa, BASE, out, replace=True)
    assert sorted(out.iterdir()) == sorted(release.paths)
    assert len(contents(out.with_name("elsewhere"))) == len(release.paths)
    out.with_name("elsewhere").rename(ipa.with_name("elsewhere"))


@pytest.fixture
def when_moved(out: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let something happen right before, or right after, the first release is moved away."""

    def arrange(event: Callable[[], object], *, after: bool = True) -> None:
        rename = Path.rename
        waiting = [event]

        def renamed(self: Path, target: Path) -> Path:
            if self != out or not waiting:
                return rename(self, target)
            happens = waiting.pop()
            if not after:
                happens()
            moved = rename(self, target)
            if after:
                happens()
            return moved

        monkeypatch.setattr(Path, "rename", renamed)

    return arrange


def test_another_build_that_comes_first_is_replaced_too(ipa: Path, out: Path, when_moved: Callable[..., None]) -> None:
    build_release(ipa, BASE, out)
    when_moved(lambda: put_aside(out, "A.ipa", "manifest.plist", "index.html")(0, 0))
    release = build_release(ipa, BASE, out, replace=True)
    assert sorted(out.iterdir()) == sorted(release.paths)


def test_what_goes_before_it_is_moved_is_no_hindrance(ipa: Path, out: Path, when_moved: Callable[..., None]) -> None:
    build_release(ipa, BASE, out)
    when_moved(lambda: out.rename(ipa.with_name("elsewhere")), after=False)
    release = build_release(ipa, BASE, out, replace=True)
    assert sorted(out.iterdir()) == sorted(release.paths)


@pytest.mark.parametrize("error", [KeyboardInterrupt, PermissionError(13, "Permission denied")])
def test_a_failure_while_the_place_is_empty_puts_the_release_back(
    ipa: Path, out: Path, when_moved: Callable[..., None], error: BaseException
) -> None:
    build_release(ipa, BASE, out)
    before = contents(out)

    def fails() -> None:
        raise error

    when_moved(fails)
    with pytest.raises((KeyboardInterrupt, PermissionError)):
        build_release(ipa, "https://other.example/", out, replace=True)
    assert contents(out) == before


def test_what_cannot_be_put_back_is_kept_and_named(ipa: Path, out: Path, when_moved: Callable[..., None]) -> None:
    when_moved(lambda: put_aside(out, "second.doc")(0, 0))
    with pytest.raises(FileExistsError, match="could not be put back") as caught:
        build_release(ipa, BASE, out, replace=True, progress=put_aside(out, "first.doc"))
    assert contents(out) == {"second.doc": b"another's"}
    (kept,) = out.parent.glob(".itms_ota-*-old0")
    assert str(kept) in str(caught.value)
    assert contents(kept) == {"first.doc": b"another's"}
    kept.rename(ipa.with_name("kept"))


def test_a_release_that_nobody_may_change_is_replaced_when_asked(ipa: Path, out: Path) -> None:
    build_release(ipa, BASE, out)
    out.chmod(0o500)
    release = build_release(ipa, BASE, out, replace=True)
    assert sorted(out.iterdir()) == sorted(release.paths)


BUILDERS = 8
ROUNDS = 6


def build_at_once(number: int, folder: str, start: Barrier, results: SimpleQueue[tuple[int, bool, int, str]]) -> None:
    """Build an app of its own into each folder, at the same time as the others, and tell what came of it."""
    ipa = Path(folder, f"App{number}.ipa")
    for replace in (False, True):
        for turn in range(ROUNDS):
            start.wait()
            result = "built"
            try:
                # Another process knows the root of the tests no more than a device does.
                build_release(
                    ipa, f"{BASE}{number}/", Path(folder, f"{replace} {turn}"), replace=replace, allow_problems=True
                )
            except FileExistsError:
                result = "FileExistsError"
            except OSError as error:
                result = type(error).__name__
            results.put((number, replace, turn, result))


@pytest.mark.dear
def test_of_builds_at_once_one_wins_and_nothing_is_lost(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(BUILDERS)
    results: SimpleQueue[tuple[int, bool, int, str]] = context.SimpleQueue()
    folder = tmp_path / "at once"
    folder.mkdir()
    for number in range(BUILDERS):
        (folder / f"App{number}.ipa").write_bytes(make_signed_ipa())
    builders = [
        context.Process(target=build_at_once, args=(number, str(folder), start, results)) for number in range(BUILDERS)
    ]
    for builder in builders:
        builder.start()
    came = [results.get() for _ in range(BUILDERS * 2 * ROUNDS)]
    for builder in builders:
        builder.join()
    for turn in range(ROUNDS):
        kept = {number: result for number, replace, at, result in came if (replace, at) == (False, turn)}
        assert sorted(kept.values()) == ["FileExistsError"] * (BUILDERS - 1) + ["built"]
        assert kept[whose(folder / f"False {turn}")] == "built"
        replaced = {number: result for number, replace, at, result in came if (replace, at) == (True, turn)}
        assert replaced == dict.fromkeys(range(BUILDERS), "built")
        assert whose(folder / f"True {turn}") in range(BUILDERS)
    left = {path.name for path in folder.iterdir()}
    assert left == {f"App{number}.ipa" for number in range(BUILDERS)} | {
        f"{replace} {turn}" for replace in (True, False) for turn in range(ROUNDS)
    }


def whose(folder: Path) -> int:
    """Tell whose release is in a folder; that it is one, and whole, is asserted."""
    manifest = Manifest.from_plist((folder / "manifest.plist").read_bytes())
    package = manifest.items[0].package
    assert package is not None
    name = package.url.rpartition("/")[2]
    number = int(name.removeprefix("App").removesuffix(".ipa"))
    assert package.url == f"{BASE}{number}/App{number}.ipa"
    assert {path.name for path in folder.iterdir()} == {name, "manifest.plist", "index.html"}
    assert read_ipa(folder / name).compare(manifest, verify_hashes=True) == ()
    (link,) = find_links((folder / "index.html").read_text("utf-8"))
    assert link.link == InstallLink(f"{BASE}{number}/manifest.plist")
    return number


def test_a_release_shows_itself(ipa: Path, out: Path) -> None:
    release = build_release(ipa, "https://192.168.0.1/", out, title="<b>", now=NOW)
    link = "itms-services://?action=download-manifest&url=https%3A%2F%2F192.168.0.1%2Fmanifest.plist"
    first, *lines = str(release).splitlines()
    assert first == "release of <b> 1.2.3: 4 warnings"
    assert lines[-3:] == [f"  folder: {out}", "  page: https://192.168.0.1/index.html", f"  link: {link}"]
    shown = release._repr_html_()
    assert shown.startswith("<div><b>release of &lt;b&gt; 1.2.3</b>: 4 warnings<table>")
    assert f'<a href="{html.escape(link)}">Install</a>' in shown
    assert '<a href="https://192.168.0.1/index.html">https://192.168.0.1/index.html</a>' in shown


def test_a_release_is_a_value() -> None:
    manifest = Manifest.for_app(url=f"{BASE}A.ipa", bundle_identifier="a.b", bundle_version="1", title="A")
    values: dict[str, Any] = {
        "link": InstallLink(f"{BASE}manifest.plist"),
        "manifest": manifest,
        "page_url": f"{BASE}?<",
        "folder": Path("out"),
        "paths": (),
        "problems": (),
    }
    assert Release(**values) == Release(**values)
    assert f'<a href="{BASE}?&lt;">' in Release(**values)._repr_html_()


def test_real_apps_make_releases(corpus: Path, out: Path) -> None:
    before_expiry = dt.datetime(2021, 6, 1, tzinfo=dt.timezone.utc)
    release = build_release(corpus / "ipas" / "embedded.ipa", BASE, out, now=before_expiry)
    assert release.problems == ()
    assert "Trust" in (out / "index.html").read_text("utf-8")
    with pytest.raises(IpaError) as caught:
        build_release(corpus / "ipas" / "ipad.ipa", BASE, out, replace=True)
    assert "app-store-profile" in [problem.code for problem in caught.value.problems]
    build_release(corpus / "ipas" / "ipad.ipa", BASE, out, replace=True, allow_problems=True)
    # Xcode's own kind of PNG, made plain: its first chunk is IHDR, not CgBI.
    assert (out / "full-size-image.png").read_bytes()[12:16] == b"IHDR"


CONTENT_TYPES = {".ipa": IPA_CONTENT_TYPE, ".plist": MANIFEST_CONTENT_TYPE, ".png": "image/png"}


def serving(folder: Path) -> Callable[[Request], Iterator[bytes]]:
    """Serve a folder as a plain web server does."""

    def handler(request: Request) -> Iterator[bytes]:
        file = folder / unquote(request.target).rpartition("/")[2]
        if not file.is_file():
            yield answer(b"", "404 Not Found")
            return
        pieces = RangedFile(file, {"etag": '"1"', "content_type": CONTENT_TYPES[file.suffix]})(request)
        yield next(pieces)
        if request.method != "HEAD":
            yield from pieces

    return handler


@pytest.mark.parametrize("name", ["demo", "embedded.ipa"])
def test_a_release_that_is_served_passes_the_check(
    name: str, out: Path, certificates: Certificates, request: pytest.FixtureRequest
) -> None:
    check = pytest.importorskip("itms_ota.check").check
    now = NOW
    if name == "demo":
        from itms_ota._cli import main

        assert main(["demo", "--out", str(out)]) == 0
        link = str(InstallLink("https://apps.example.com/hello/manifest.plist"))
    else:
        now = dt.datetime(2021, 6, 1, tzinfo=dt.timezone.utc)
        corpus: Path = request.getfixturevalue("corpus")
        link = str(build_release(corpus / "ipas" / name, BASE, out, allow_problems=True).link)
    served = certificates.issue(f"release-{name}")
    with Server(serving(out), served.server_context()) as server:
        report = check(
            link,
            now=now,
            verify_hashes=True,
            tls_context=certificates.root.client_context(),
            connect_to=server.connect_to,
        )
    assert report.problems == (), str(report)
    assert {step.url.rpartition("/")[2] for step in report.steps} == {path.name for path in out.iterdir()} - {
        "index.html"
    }


# What a release has at hand


def test_a_release_has_the_app_as_it_was_read_and_as_the_page_shows_it(ipa: Path, out: Path) -> None:
    release = build_release(ipa, BASE, out, now=NOW, notes="New", title="Mine")
    assert release.ipa == read_ipa(ipa)
    assert release.ipa.compare(release.manifest, verify_hashes=True) != ()  # another title
    app = release.app
    assert (app.title, app.version, app.link, app.notes, app.date) == ("Mine", "1.2.3", release.link, "New", NOW.date())
    # Anywhere else than on the release's own page the icon is at its whole address.
    assert app.icon == f"{BASE}full-size-image.png"
    assert f'src="{BASE}full-size-image.png"' in install_page([app, app])
    assert 'src="full-size-image.png"' in (out / "index.html").read_text("utf-8")
    again = pickle.loads(pickle.dumps(release))  # noqa: S301 -- made right here
    assert (again, again.ipa, again.app) == (release, release.ipa, app)
    assert "Ipa(" not in repr(release)


def test_without_an_icon_the_app_has_none(out: Path) -> None:
    release = build_release(io.BytesIO(make_signed_ipa()), BASE, out, now=NOW)
    assert release.app.icon is None


def test_a_release_that_travelled_as_json_has_no_app_at_hand(ipa: Path, out: Path) -> None:
    release = build_release(ipa, BASE, out, now=NOW)
    again = Release.from_dict(release.to_dict())
    assert again == release
    for name in ("ipa", "app"):
        with pytest.raises(ValueError, match=r"^The app is not at hand: this Release was not built here\."):
            getattr(again, name)


def test_a_folder_that_is_in_the_way_is_told_in_words_alone(ipa: Path, out: Path) -> None:
    build_release(ipa, BASE, out, now=NOW)
    with pytest.raises(FileExistsError) as caught:
        build_release(ipa, BASE, out, now=NOW)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 -- made right here
    for error in (caught.value, again):
        assert str(error) == f"The folder exists, and is replaced only when asked to: {str(out)!r}"
        assert (error.errno, error.filename) == (errno.EEXIST, str(out))
        assert type(error).__name__ == "FolderExistsError"  # which a traceback shows


def test_a_notebook_keeps_no_secret_of_the_page(ipa: Path, out: Path) -> None:
    part = "0a1b2c3d4e5f6a7b8c9d"
    shown = build_release(ipa, f"https://apps.example.com/{part}/", out, now=NOW)._repr_html_()
    assert "https://apps.example.com/0a1b" in shown
    assert part not in shown
    assert "<a " not in shown
