"""What is of a wrong type is refused by a TypeError or a ValueError that names the argument, wherever it is given."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest
from _declared import ODD
from _deployment import Deployment
from _devices import make_answer
from _make_ipa import INFO, make_ipa, make_png, make_profile

from itms_ota import (
    Asset,
    Checksum,
    InstallLink,
    Item,
    Manifest,
    Metadata,
    Problem,
    find_links,
    inspect_link,
    inspect_manifest,
)
from itms_ota._rooms import NAMES as PUBLIC
from itms_ota.browsers import identify
from itms_ota.check import check, check_many
from itms_ota.errors import DeviceError, FetchError, IpaError, ItmsError, LinkError, ManifestError
from itms_ota.ipa import read_ipa
from itms_ota.logs import explain_log
from itms_ota.page import App, install_page
from itms_ota.profile import ProvisioningProfile, is_udid
from itms_ota.release import build_release
from itms_ota.remote import Response, open_url
from itms_ota.signature import inspect_signature
from itms_ota.udid import device_profile, devices_file, read_device

Fits: TypeAlias = "Callable[[Any], bool]"
"""Whether a value is of a type that a parameter takes; what it says may be refused all the same."""
Parameters: TypeAlias = "Mapping[str, tuple[Any, Fits]]"
"""By name: a value that is taken, and what fits."""


class Anything:
    """A class that takes any arguments, and so may be called back."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


class TextFile(io.StringIO):
    """A file that was not opened as binary; it can be read again and again."""

    def read(self, _: int | None = -1, /) -> str:
        """Read."""
        return "text"

    def __iter__(self) -> Any:
        return iter(["text"])


class BytesPath:
    """A path that is no text."""

    def __fspath__(self) -> bytes:
        return b"no-such-file"


WRONG: dict[str, Any] = {
    "None": None,
    "True": True,
    "an int": 1,
    "a negative int": -1,
    "a large int": 10**400,
    "a float": 1.5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "a complex": 1j,
    "a text": "text",
    "an empty text": "",
    "a lone surrogate": "\ud800",
    "a text with NUL": "a\0b",
    "bytes": b"bytes",
    "no bytes": b"",
    "a bytearray": bytearray(b"bytes"),
    "a memoryview": memoryview(b"bytes"),
    "an empty list": [],
    "a list": [1],
    "a list of lists": [[]],
    "a list of texts": ["text"],
    "an empty tuple": (),
    "a tuple": (None,),
    "an empty dict": {},
    "a dict": {1: 2},
    "a dict of texts": {"text": "text"},
    "a dict of numbers": {"text": 1},
    "a set": {1},
    "a range": range(2),
    "an object": object(),
    "a class": Anything,
    "an exception": ValueError("no"),
    "a naive datetime": dt.datetime(2026, 1, 1),  # noqa: DTZ001 -- that is what is wrong with it
    "a date": dt.date(2026, 1, 1),
    "a file that gives text": TextFile(),
    "a file that cannot be read": SimpleNamespace(read=1, seek=2, tell=3),
    "a path of bytes": BytesPath(),
    "a path": Path("no-such-file"),
}


def of(*kinds: type) -> Fits:
    def fits(value: Any) -> bool:
        return isinstance(value, kinds)

    return fits


def each_of(*kinds: type) -> Fits:
    def fits(value: Any) -> bool:
        parts: list[Any] = [*value] if isinstance(value, Iterable) else [None]
        return all(isinstance(part, kinds) for part in parts)

    return fits


def tuple_of(*kinds: type) -> Fits:
    return lambda value: isinstance(value, (tuple, list)) and each_of(*kinds)(value)


def mapping(*kinds: type) -> Fits:
    return lambda value: isinstance(value, dict) and each_of(str)(value) and each_of(*kinds)({*value.values()})


def optional(fits: Fits) -> Fits:
    return lambda value: value is None or fits(value)


def is_path(value: Any) -> bool:
    return isinstance(value, (str, Path))


def is_aware(value: Any) -> bool:
    return isinstance(value, dt.datetime) and value.utcoffset() is not None


def is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and value is not True)


def anything(_: Any) -> bool:
    return True


def nothing(_: Any) -> bool:
    return False


NONE = type(None)
TEXT = of(str)
TEXT_OR_NONE = of(str, NONE)
BYTES = of(bytes, bytearray, memoryview)
NUMBER = of(int, float)
CALLABLE_OR_NONE = optional(callable)
TIME = optional(is_aware)
FLAG = anything  # everything is true or false

URL = "https://apps.example.com/manifest.plist"
LINK = InstallLink(URL)
WORDS: Parameters = {"title": ("A", TEXT_OR_NONE), "subtitle": ("B", TEXT_OR_NONE)}
IMAGES: Parameters = {"display_image_url": (URL, TEXT_OR_NONE), "full_size_image_url": (URL, TEXT_OR_NONE)}
FOR_APP: Parameters = {
    "url": (URL, TEXT),
    "bundle_identifier": ("com.example.myapp", TEXT),
    "bundle_version": ("1", TEXT_OR_NONE),  # None is reported, as what is missing
    "title": ("A", TEXT),
    "subtitle": ("B", TEXT_OR_NONE),
    **IMAGES,
    "asset_pack_manifest_url": (URL, TEXT_OR_NONE),
    "checksums": ((), each_of(Checksum)),
    "thinned_assets": ((), each_of(Asset)),
    "platform_identifier": (None, TEXT_OR_NONE),
}
PACKAGE: Parameters = {
    "url": (URL, TEXT),
    "checksums": ((), each_of(Checksum)),
    "bundle_version": ("2", TEXT_OR_NONE),
}
EXTRA: Parameters = {"extra": ({}, mapping(object))}
CHECKSUM = Checksum("md5", ("0" * 32,))
ASSET = Asset(kind="software-package", url=URL)
METADATA = Metadata(bundle_identifier="a.b", title="A")
MANIFEST = Manifest.for_app(url=URL, bundle_identifier="com.example.myapp", bundle_version="1", title="A")
PROFILE = ProvisioningProfile(kind="ad-hoc", application_identifier="A.b", devices=("00008020-000D68E42203002E",))
PROBLEM = Problem("", "empty", "It is empty.")
IPA_BYTES = make_ipa(info={**INFO, "CFBundleIconFiles": ["Icon.png"]}, icons={"Icon.png": make_png(120)})
IPA = read_ipa(io.BytesIO(IPA_BYTES))
JUDGED: Parameters = {
    "udid": (None, TEXT_OR_NONE),
    "device": (None, TEXT_OR_NONE),
    "now": (None, TIME),
    "expires_within": (None, of(dt.timedelta, NONE)),
}
PROGRESS: Parameters = {"progress": (None, CALLABLE_OR_NONE)}
FILE = object()  # stands for a new file; of what is in the table only paths are sources
DEPLOYMENT = Deployment.healthy()
NETWORK: Parameters = {
    "timeout": (10.0, NUMBER),
    "max_seconds": (120.0, NUMBER),
    "tls_context": (None, of(NONE)),
    "connect_to": ({"apps.example.com:443": "127.0.0.1:1"}, optional(mapping(str))),
    "public_only": (False, FLAG),
    "fetch": (DEPLOYMENT.fetch, CALLABLE_OR_NONE),
}


def opening(call: Callable[..., object]) -> Callable[..., object]:
    def opened(source: Any, **options: Any) -> object:
        return call(io.BytesIO(IPA_BYTES) if source is FILE else source, **options)

    return opened


def build_somewhere(ipa: Any, out_dir: Any, **options: Any) -> object:
    if out_dir == "out":
        out_dir = Path(tempfile.mkdtemp(dir=Path.cwd()), "out")
    return build_release(io.BytesIO(IPA_BYTES) if ipa is FILE else ipa, out_dir=out_dir, **options)


def of_a_remote_file(method: str) -> Callable[..., object]:
    """Call a method, of a new file each time, whose parameters have no names."""

    def call(**given: Any) -> object:
        return getattr(open_url("https://apps.example.com/MyApp.ipa", fetch=DEPLOYMENT.fetch), method)(*given.values())

    return call


CALLS: Mapping[str, tuple[Callable[..., object], Parameters]] = {
    "errors.ItmsError": (ItmsError, {"problems": ((PROBLEM,), each_of(Problem))}),
    "errors.ManifestError": (ManifestError, {"problems": ((PROBLEM,), each_of(Problem))}),
    "errors.LinkError": (LinkError, {"problems": ((PROBLEM,), each_of(Problem))}),
    "errors.IpaError": (IpaError, {"problems": ((PROBLEM,), each_of(Problem))}),
    "errors.DeviceError": (DeviceError, {"problems": ((PROBLEM,), each_of(Problem))}),
    "errors.FetchError": (FetchError, {"problems": ((PROBLEM,), each_of(Problem))}),
    "logs.explain_log": (explain_log, {"log": ("text", each_of(str)), "show_personal": (False, FLAG)}),
    "checksum.Checksum": (
        Checksum,
        {
            "algorithm": ("md5", TEXT),
            "digests": (("0" * 32,), tuple_of(str)),
            "chunk_size": (None, is_count),
        },
    ),
    "checksum.Checksum.of": (
        opening(Checksum.of),
        {
            "source": (FILE, of(str, Path, bytes, bytearray, memoryview)),
            "algorithm": ("md5", TEXT),
            "chunk_size": (None, is_count),
            **PROGRESS,
        },
    ),
    "checksum.Checksum.of_many": (
        opening(Checksum.of_many),
        {
            "source": (FILE, of(str, Path, bytes, bytearray, memoryview)),
            "algorithms": (("md5",), each_of(str)),
            "chunk_size": (None, is_count),
            **PROGRESS,
        },
    ),
    "checksum.Checksum.mismatches": (
        opening(CHECKSUM.mismatches),
        {"source": (FILE, of(str, Path, bytes, bytearray, memoryview)), **PROGRESS},
    ),
    "manifest.Asset": (
        Asset,
        {
            "kind": ("software-package", TEXT),
            "url": (URL, TEXT),
            "checksums": ((), tuple_of(Checksum)),
            "variant_ids": ((), tuple_of(str)),
            **EXTRA,
        },
    ),
    "manifest.Metadata": (
        Metadata,
        {
            "bundle_identifier": ("a.b", TEXT),
            "title": ("A", TEXT),
            "bundle_version": ("1", TEXT_OR_NONE),
            "kind": ("software", TEXT_OR_NONE),
            "subtitle": ("B", TEXT_OR_NONE),
            "platform_identifier": (None, TEXT_OR_NONE),
            **EXTRA,
        },
    ),
    "manifest.Item": (
        Item,
        {
            "assets": ((ASSET,), tuple_of(Asset)),
            "metadata": (METADATA, nothing),
            "thinned_assets": ((), tuple_of(Asset)),
            **EXTRA,
        },
    ),
    "manifest.Item.for_app": (
        Item.for_app,
        {
            **FOR_APP,
        },
    ),
    "manifest.Item.with_package": (MANIFEST.items[0].with_package, PACKAGE),
    "manifest.Manifest": (Manifest, {"items": ((Item(assets=(ASSET,), metadata=METADATA),), tuple_of(Item)), **EXTRA}),
    "manifest.Manifest.for_app": (
        Manifest.for_app,
        {
            **FOR_APP,
        },
    ),
    "manifest.Manifest.from_plist": (Manifest.from_plist, {"data": (MANIFEST.to_plist(), BYTES)}),
    "manifest.Manifest.from_dict": (Manifest.from_dict, {"plist": (MANIFEST.to_dict(), mapping(str, int))}),
    "manifest.Manifest.to_plist": (MANIFEST.to_plist, {"validate": (True, FLAG)}),
    "manifest.Manifest.to_dict": (MANIFEST.to_dict, {"validate": (True, FLAG)}),
    "manifest.Manifest.with_package": (MANIFEST.with_package, PACKAGE),
    "manifest.Manifest.changes": (MANIFEST.changes, {"other": (MANIFEST, nothing)}),
    "manifest.inspect_manifest": (inspect_manifest, {"data": (MANIFEST.to_plist(), BYTES)}),
    "link.InstallLink": (InstallLink, {"manifest_url": (URL, TEXT)}),
    "link.InstallLink.from_url": (InstallLink.from_url, {"text": (str(LINK), TEXT)}),
    "link.InstallLink.to_html": (LINK.to_html, {"text": ("Install", TEXT), "attributes": ({}, mapping(str))}),
    "link.inspect_link": (inspect_link, {"text": (str(LINK), TEXT)}),
    "link.find_links": (find_links, {"text": (str(LINK), TEXT)}),
    "profile.is_udid": (is_udid, {"text": ("C39XXXXXKPF4", TEXT)}),
    "profile.ProvisioningProfile.from_bytes": (
        ProvisioningProfile.from_bytes,
        {"data": (make_profile(), BYTES)},
    ),
    "profile.ProvisioningProfile.allows_device": (PROFILE.allows_device, {"udid": ("C39XXXXXKPF4", TEXT)}),
    "profile.ProvisioningProfile.covers": (PROFILE.covers, {"bundle_identifier": ("a.b", TEXT)}),
    "ipa.read_ipa": (
        opening(read_ipa),
        {"source": (FILE, is_path)},
    ),
    "ipa.Ipa.icon_png": (IPA.icon_png, {"size": (180, NUMBER)}),
    "ipa.Ipa.manifest": (
        IPA.manifest,
        {
            "url": (URL, TEXT),
            "bundle_version": ("1", TEXT_OR_NONE),
            **WORDS,
            **IMAGES,
            "checksums": ((), each_of(Checksum)),
        },
    ),
    "ipa.Ipa.report": (IPA.report, {**JUDGED, "signature": (False, FLAG)}),
    "ipa.Ipa.problems": (IPA.problems, {**JUDGED, "signature": (False, FLAG)}),
    "ipa.Ipa.errors": (IPA.errors, {**JUDGED, "signature": (False, FLAG)}),
    "ipa.Ipa.warnings": (IPA.warnings, {**JUDGED, "signature": (False, FLAG)}),
    "ipa.Ipa.compare": (IPA.compare, {"manifest": (MANIFEST, nothing), "verify_hashes": (False, FLAG)}),
    "browsers.identify": (identify, {"user_agent": ("Safari", TEXT_OR_NONE)}),
    "page.App": (
        App,
        {
            "title": ("A", TEXT),
            "link": (LINK, TEXT),
            "version": ("1", TEXT_OR_NONE),
            "icon": (None, of(str, bytes, NONE)),
            "size": (1, of(int, NONE)),
            "date": (None, of(dt.date, NONE)),
            "minimum_os_version": (None, TEXT_OR_NONE),
            "profile_kind": (None, of(NONE)),
            "expires": (None, TIME),
            "notes": (None, TEXT_OR_NONE),
            "bundle_identifier": (None, TEXT_OR_NONE),
            "group": (None, TEXT_OR_NONE),
        },
    ),
    "page.install_page": (
        install_page,
        {
            "apps": ([App(title="A", link=LINK)], each_of(App)),
            "user_agent": (None, TEXT_OR_NONE),
            "language": ("en", TEXT),
            "accept_language": (None, TEXT_OR_NONE),
            "page_url": (None, TEXT_OR_NONE),
            "qr": (None, of(str, bytes, NONE)),
            "texts": (None, optional(mapping(str))),
            "now": (None, TIME),
        },
    ),
    "udid.device_profile": (
        device_profile,
        {
            "url": (URL, TEXT),
            "identifier": ("com.example.register", TEXT),
            "organization": ("Example Ltd", TEXT),
            "display_name": ("Register", TEXT),
            "description": (None, TEXT_OR_NONE),
            "challenge": (None, TEXT_OR_NONE),
            "attributes": (("UDID",), each_of(str)),
        },
    ),
    "udid.read_device": (read_device, {"body": (make_answer(), BYTES), "challenge": (None, TEXT_OR_NONE)}),
    "udid.devices_file": (devices_file, {"names": ({"1b" * 20: "Ann's iPhone"}, mapping(str))}),
    "signature.inspect_signature": (
        opening(inspect_signature),
        {"source": (FILE, is_path), "now": (None, TIME), "deep": (True, FLAG)},
    ),
    "release.build_release": (
        build_somewhere,
        {
            "ipa": (FILE, is_path),
            "base_url": ("https://apps.example.com/", TEXT),
            "out_dir": ("out", is_path),
            "replace": (True, FLAG),
            "make_parents": (True, FLAG),
            "allow_problems": (True, FLAG),
            "refuse": (None, CALLABLE_OR_NONE),
            "bundle_version": (None, TEXT_OR_NONE),
            **WORDS,
            "notes": (None, TEXT_OR_NONE),
            "language": ("en", TEXT),
            "texts": (None, optional(mapping(str))),
            "qr": (None, of(str, bytes, NONE)),
            **JUDGED,
            **PROGRESS,
        },
    ),
    "remote.Response": (
        Response,
        {
            "status": (200, of(int)),
            "headers": ({}, mapping(str)),
            "body": (b"", of(bytes)),
            "tls": (None, of(NONE)),
            "address": (None, TEXT_OR_NONE),
        },
    ),
    "remote.open_url": (
        open_url,
        {"url": ("https://apps.example.com/MyApp.ipa", TEXT), "max_bytes": (1 << 20, of(int)), **NETWORK},
    ),
    "remote.RemoteFile.read": (of_a_remote_file("read"), {"size": (-1, of(int, NONE))}),
    "remote.RemoteFile.seek": (
        of_a_remote_file("seek"),
        {"offset": (0, of(int)), "whence": (0, of(int))},
    ),
    "remote.RemoteFile.readinto": (
        of_a_remote_file("readinto"),
        {"buffer": (bytearray(9), of(bytearray))},
    ),
    # A target of a wrong type has a report that says so: the others are checked all the same.
    "check.check_many": (
        check_many,
        {
            "targets": ([], lambda value: isinstance(value, Iterable) and not isinstance(value, str)),
            "workers": (8, of(int)),
            "per_host": (4, of(int)),
        },
    ),
    "check.check": (
        check,
        {
            "target": (LINK, TEXT),
            **JUDGED,
            "verify_hashes": (False, FLAG),
            "signature": (False, FLAG),
            "max_bytes": (None, of(int, NONE)),
            "per_request_manifest": (False, FLAG),
            "as_device": (False, FLAG),
            "user_agent": (None, TEXT_OR_NONE),
            **PROGRESS,
            **NETWORK,
        },
    ),
}

# Nobody but the library makes these, or hands them in: what they hold is what it found.
MADE_HERE = {
    "errors.Problem",
    "browsers.Browser",
    "check.CheckReport",
    "check.Step",
    "ipa.Ipa",
    "ipa.IpaReport",
    "link.LinkReport",
    "logs.Attempt",
    "logs.LogReport",
    "manifest.Change",
    "manifest.ManifestReport",
    "profile.Certificate",
    "profile.ProvisioningProfile",
    "release.Release",
    "remote.RemoteFile",
    "remote.Tls",
    "signature.Executable",
    "signature.SignatureReport",
    "udid.Device",
}

CASES = [(name, parameter) for name, (_, parameters) in CALLS.items() for parameter in parameters]


def fault(name: str, parameter: str, wrong: str) -> str | None:
    """Give a function a wrong value for one parameter; say what is wrong with its answer, if anything."""
    call, parameters = CALLS[name]
    value, fits = WRONG[wrong], parameters[parameter][1]
    is_legal = fits(value)
    try:
        call(**{other: valid for other, (valid, _) in parameters.items()} | {parameter: value})
    except (ItmsError, TypeError, ValueError) as error:
        if ODD.search(str(error)):
            return f"{wrong}: {error}"
        is_named = re.search(rf"\b{parameter}\b", str(error)) or (is_legal and isinstance(error, ItmsError))
        return None if is_named else f"{wrong}: {error!r}"
    except OSError as error:
        # No such file, or no place in it.
        return None if is_legal and (is_path(value) or parameter == "offset") else f"{wrong}: {error!r}"
    except Exception as error:  # noqa: BLE001 -- which would be the fault
        return f"{wrong}: {error!r}"
    return None if is_legal else f"{wrong}: taken"


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_a_wrong_type_is_refused_by_the_name_of_its_argument(
    name: str, parameter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [found for wrong in WRONG if (found := fault(name, parameter, wrong))] == []


def front_door() -> Iterator[tuple[str, str]]:
    """Give every parameter of every public function, class and method."""
    for room in PUBLIC:
        module = importlib.import_module(f"itms_ota.{room}")
        names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
        for name in names:
            found = getattr(module, name)
            is_own = getattr(found, "__module__", "") == module.__name__ or name in getattr(module, "__all__", [])
            if not is_own or getattr(found, "_is_protocol", False):
                continue
            if inspect.isfunction(found):
                yield from parameters_of(f"{room}.{name}", found)
            elif inspect.isclass(found):
                if f"{room}.{name}" not in MADE_HERE:
                    yield from parameters_of(f"{room}.{name}", found)
                for method in vars(found):
                    if not method.startswith("_") and inspect.isroutine(bound := getattr(found, method)):
                        yield from parameters_of(f"{room}.{name}.{method}", bound)


def parameters_of(name: str, call: Callable[..., object]) -> Iterator[tuple[str, str]]:
    for parameter, found in inspect.signature(call).parameters.items():
        # What a call hands on is refused by whom it hands it to.
        if parameter != "self" and found.kind is not found.VAR_KEYWORD:
            yield name, parameter


def test_nothing_public_is_left_out() -> None:
    assert sorted(CASES) == sorted({*front_door()})
