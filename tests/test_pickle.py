"""Every public value survives pickle, deepcopy and a process pool, and names itself by its public module."""

from __future__ import annotations

import copy
import datetime as dt
import io
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import FrozenInstanceError, fields, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import GOOD_TLS, IPA, MANIFEST_URL, NOW, Deployment, manifest
from _devices import make_answer
from _make_ipa import INFO, make_certificate, make_ipa, make_png, make_profile
from _signing import inspected, make_files

from itms_ota import Checksum, InstallLink, find_links, inspect_link, inspect_manifest
from itms_ota._rooms import NAMES as PUBLIC
from itms_ota.browsers import identify
from itms_ota.check import CheckReport, check
from itms_ota.errors import DeviceError, FetchError, IpaError, ItmsError, LinkError, ManifestError, Problem
from itms_ota.ipa import Ipa, IpaReport, read_ipa
from itms_ota.logs import explain_log
from itms_ota.page import App
from itms_ota.profile import ProvisioningProfile
from itms_ota.release import build_release
from itms_ota.remote import Response, Tls
from itms_ota.udid import read_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ICON = make_png(60)
LARGE = make_ipa(
    info={**INFO, "CFBundleIconFile": "Icon"},
    icons={"Icon.png": ICON},
    files={"Payload/MyApp.app/Assets.car": bytes(1 << 20)},
    compression=0,
)


def values(folder: Path) -> Mapping[str, Any]:
    """Return public values of every kind, by what they are."""
    path = folder / "MyApp.ipa"
    path.write_bytes(LARGE)
    deployment = Deployment.healthy()
    problem = Problem("items[0]", "missing", "A fault", "warning", 3, 4)
    item = manifest(checksums=[Checksum.of(io.BytesIO(LARGE))]).items[0]
    found = check(MANIFEST_URL, fetch=deployment.fetch, now=NOW, verify_hashes=True)
    deployment.special[IPA] = lambda _method, _headers: (403, {}, b"")
    explained = explain_log("installd[1] <Error>: profile not valid: 0xe8008011\n")
    return {
        "Problem": problem,
        **{
            kind.__name__: kind([problem])
            for kind in (ItmsError, ManifestError, LinkError, IpaError, DeviceError, FetchError)
        },
        "Checksum": Checksum.of(io.BytesIO(b"an app"), chunk_size=4),
        "Asset": item.package,
        "Metadata": item.metadata,
        "Item": item,
        "Manifest": manifest(),
        "Change": manifest().changes(manifest().with_package("https://apps.example.com/2.ipa"))[0],
        "ManifestReport": inspect_manifest(manifest().to_plist().replace(b"https", b"http")),
        "InstallLink": InstallLink(MANIFEST_URL),
        "LinkReport": inspect_link(f"itms-services:/?action=download-manifest&url={MANIFEST_URL}"),
        "a LinkReport that was found": find_links(f"see {InstallLink(MANIFEST_URL)}")[0],
        "ProvisioningProfile": ProvisioningProfile.from_bytes(make_profile("ad-hoc", Odd=[b"data", 1.5])),
        "Certificate": ProvisioningProfile.from_bytes(
            make_profile(DeveloperCertificates=[make_certificate()])
        ).certificates[0],
        "Ipa of a path": read_ipa(path),
        "Ipa of text": read_ipa(str(path)),
        "Ipa in memory": read_ipa(io.BytesIO(LARGE)),
        "Ipa by hand": Ipa(bundle_identifier="a.b", app_name="A", size=1),
        "IpaReport": read_ipa(path).report(now=NOW),
        "IpaReport of its dictionary": IpaReport.from_dict(read_ipa(path).report(now=NOW).to_dict()),
        "Browser": identify("Mozilla/5.0 (iPhone) Mobile/15E148 Instagram 1.0"),
        "App": App(title="A", link=InstallLink(MANIFEST_URL), icon=ICON, expires=NOW, date=dt.date(2026, 1, 2)),
        "Release": build_release(path, "https://apps.example.com/", folder / "out", allow_problems=True, now=NOW),
        "LogReport": explained,
        "Attempt": explained.attempts[0],
        "CheckReport": found,
        "CheckReport with a fault": check(MANIFEST_URL, fetch=deployment.fetch, now=NOW),
        "CheckReport of its dictionary": CheckReport.from_dict(found.to_dict()),
        "Step": found.steps[0],
        "Tls": GOOD_TLS,
        "SignatureReport": (signed := inspected(make_files())),
        "Executable": signed.executables[0],
        "Device": read_device(make_answer()),
        "Response": Response(200, {"ETag": '"1"'}, b"body", GOOD_TLS, "8.8.8.8:443"),
    }


KINDS = (
    *("Problem", "ItmsError", "ManifestError", "LinkError", "IpaError", "DeviceError", "FetchError", "Checksum"),
    *("Asset", "Metadata", "Item", "Manifest", "Change", "ManifestReport"),
    *("InstallLink", "LinkReport", "a LinkReport that was found", "ProvisioningProfile", "Certificate"),
    *("Ipa of a path", "Ipa of text", "Ipa in memory", "Ipa by hand", "IpaReport"),
    *("IpaReport of its dictionary", "Browser", "App", "Release"),
    *("LogReport", "Attempt"),
    *(
        "CheckReport",
        "CheckReport with a fault",
        "CheckReport of its dictionary",
        "Step",
        "Tls",
        "SignatureReport",
        "Executable",
        "Device",
        "Response",
    ),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Give values of every kind."""
    return values(tmp_path_factory.mktemp("values"))


def assert_equal(again: object, value: object) -> None:
    """Assert that one value is like another; exceptions are equal in what they carry."""
    assert type(again) is type(value)
    assert repr(again) == repr(value)
    assert str(again) == str(value)
    if isinstance(value, ItmsError):
        assert isinstance(again, ItmsError)
        assert (again.problems, again.args) == (value.problems, value.args)
    else:
        assert again == value


def test_values_do_not_change(made: Mapping[str, Any]) -> None:
    values = {name: value for name, value in made.items() if is_dataclass(value)}
    assert len(values) > 20
    for name, value in values.items():
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)
        assert not hasattr(value, "__dict__"), name


def test_there_is_a_value_of_every_kind(made: Mapping[str, Any]) -> None:
    assert tuple(made) == KINDS
    files = {"remote.RemoteFile"}  # an open file, which cannot be copied any more than another
    public = {
        f"{room}.{name}": getattr(import_module(f"itms_ota.{room}"), name)
        for room in PUBLIC
        for name in import_module(f"itms_ota.{room}").__all__
    }
    kinds = {name: value for name, value in public.items() if isinstance(value, type) and name not in files}
    protocols = {name for name, value in kinds.items() if getattr(value, "_is_protocol", False)}
    assert {type(value) for value in made.values()} == {value for name, value in kinds.items() if name not in protocols}


@pytest.mark.parametrize("kind", KINDS)
def test_pickle(made: Mapping[str, Any], kind: str) -> None:
    value = made[kind]
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert_equal(pickle.loads(pickle.dumps(value, protocol)), value)  # noqa: S301 -- made right here


@pytest.mark.parametrize("kind", KINDS)
def test_copies(made: Mapping[str, Any], kind: str) -> None:
    assert_equal(copy.copy(made[kind]), made[kind])
    assert_equal(copy.deepcopy(made[kind]), made[kind])


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Give a pool of one process, which is started anew and shares nothing."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as made:
        yield made


def seen_elsewhere(value: Any) -> tuple[Any, str]:
    """Return a value and its repr, as another process has them."""
    return value, repr(value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_pool(made: Mapping[str, Any], pool: ProcessPoolExecutor, kind: str) -> None:
    again, shown = pool.submit(seen_elsewhere, made[kind]).result()
    assert_equal(again, made[kind])
    assert shown == repr(made[kind])


def test_an_exception_that_is_raised_in_another_process_arrives(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(IpaError) as caught:
        pool.submit(read_ipa, io.BytesIO(b"<html>")).result()
    assert [problem.code for problem in caught.value.problems] == ["not-an-archive"]


def test_classes_are_known_by_their_public_modules(made: Mapping[str, Any]) -> None:
    for value in made.values():
        room = import_module(type(value).__module__)
        assert room.__name__.removeprefix("itms_ota.") in PUBLIC
        assert getattr(room, type(value).__name__) is type(value)


# What an Ipa takes along.


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_file_in_memory_stays_behind(made: Mapping[str, Any], protocol: int) -> None:
    for kind in ("Ipa in memory", "CheckReport"):
        assert len(pickle.dumps(made[kind], protocol)) < 8192
    again: Ipa = pickle.loads(pickle.dumps(made["Ipa in memory"], protocol))  # noqa: S301 -- made right here
    described = again.manifest(url="https://apps.example.com/A.ipa", checksums=[Checksum.of(io.BytesIO(LARGE))])
    assert again.problems(now=NOW) == again.compare(described) == ()
    with pytest.raises(ValueError, match="not at hand"):
        again.icon_png()
    with pytest.raises(ValueError, match="not at hand"):
        again.compare(described, verify_hashes=True)


def test_an_open_file_stays_behind_and_a_copy_here_shares_it(tmp_path: Path) -> None:
    path = tmp_path / "MyApp.ipa"
    path.write_bytes(LARGE)
    with path.open("rb") as file:
        ipa = read_ipa(file)
        assert copy.deepcopy(ipa).icon_png() == copy.copy(ipa).icon_png() == ICON
        again = pickle.loads(pickle.dumps(ipa))  # noqa: S301 -- made right here
        assert again == ipa
        with pytest.raises(ValueError, match="not at hand"):
            again.icon_png()


@pytest.mark.parametrize("kind", ["Ipa of a path", "Ipa of text"])
def test_a_path_travels(made: Mapping[str, Any], pool: ProcessPoolExecutor, kind: str) -> None:
    assert pool.submit(made[kind].icon_png).result() == ICON
    again = pickle.loads(pickle.dumps(made[kind]))  # noqa: S301 -- made right here
    described = again.manifest(url="https://apps.example.com/A.ipa", checksums=[Checksum.of(io.BytesIO(LARGE))])
    assert again.compare(described, verify_hashes=True) == ()


def test_tls_of_a_check_travels(made: Mapping[str, Any]) -> None:
    steps = pickle.loads(pickle.dumps(made["CheckReport"])).steps  # noqa: S301 -- made right here
    assert {type(step.tls) for step in steps} == {Tls}
