"""Inputs that were made to take long, of any length, for each reader: what `_hostile` has, and what it lacks.

`READERS` says of each reader what it is given; an input is made for a length in bytes, or nearly that.
"""

# ruff: noqa: E501 -- a table has a line for each input, however long

from __future__ import annotations

import io
import json
import struct
import zipfile
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import _hostile
import _signing
from _deployment import BASE, GOOD_TLS, MANIFEST_URL, NOW, Deployment
from _make_ipa import INFO, element, indefinite, make_certificate, make_cms, make_ipa, make_png, make_profile
from _make_png import chunk
from _server import Server, anonymous_contexts

from itms_ota import Checksum, InstallLink, Manifest, ManifestReport, find_links, inspect_link, inspect_manifest
from itms_ota._png import to_plain_png
from itms_ota.browsers import identify
from itms_ota.check import check
from itms_ota.errors import ItmsError
from itms_ota.ipa import read_ipa
from itms_ota.logs import explain_log
from itms_ota.page import App, install_page
from itms_ota.profile import ProvisioningProfile, is_udid
from itms_ota.remote import Response, open_url
from itms_ota.udid import read_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Make = Callable[[int], Any]

APP = "Payload/MyApp.app/"


class Reader(NamedTuple):
    """A reader, and what it is given by what that is.

    Where work is counted, `length` is that of the short one, and each so-manieth input is tried. `has_memory` says that
    `tests/test_memory.py` measures its memory.
    """

    read: Callable[[Any], object]
    inputs: Mapping[str, Make]
    length: int = 4096
    each: int = 1
    has_memory: bool = False


def refused(read: Callable[[Any], object]) -> Callable[[Any], object]:
    """Let a refusal be an outcome."""

    def reading(value: Any) -> object:
        with suppress(ItmsError, ValueError):
            return read(value)
        return None

    return reading


# What stands in texts of every kind, as the ends and beginnings of what is looked for

WORDS = (
    *(" ", "a", "0", "-", "_", ".", "=", '"', "'", "(", ")", "[", "]", "{", "}", "<", ">", "/", "\\", "|", "@", "&", "#"),
    *("%", "%25", "%2F", "?", ":", ";", ",", "\n", "\r\n", "\t", "\0", "\u00e9", "\U0001f600", "a.", "a/", "a=", "a@"),
    *("http:", "https://", "https%3A%2F%2F", "//a", "a:b@", "?a=1", "&a=", "&amp;", "&#105;", "&a=b", "itms-services:"),
    *("itms-services://?url=", ".plist", ".ipa", "${a}", "{{a", "}}", "<a ", "<!--", "-->", "<script>", "</script", "<x>"),
    *("(((", "a b ", "a; ", "a/1 ", "a_1.", "- a\n", "* ", '\\"', "\\u0026", "=3D", "=\n", "0x", "0xe8008", "1.", "1.1.1.1 "),
    *("code=", "Code=-1 ", "error 1 ", "Domain: ", "UserInfo={", "<Error>: ", "appstored[", "[1] ", "GET /a HTTP/1.1", '"GET '),
    *("2024-01-02", "2024-01-02T03:04:05Z ", "Jan  2 03:04:05 ", '{"a":', "[{", "null,", "Mozilla/5.0 (", "compatible; "),
    *("iPhone OS 17_4 ", "token=", "password=x&", "Signature=", "X-Amz-Signature=0a&", "0a1b2c3d4e5f", "eyJhbGciOi."),
)  # fmt: skip
TEXTS: Mapping[str, Make] = {repr(word): partial(_hostile.repeated, word) for word in WORDS}
"""Each of them again and again."""


def of_lines(unit: str) -> Make:
    """Repeat a line; a ``%`` in it becomes a number."""
    return lambda length: "".join(unit.replace("%", str(number)) + "\n" for number in range(length // (len(unit) + 3)))


LINES = (
    '10.0.0.% - - [02/Jan/2024:03:04:05 +0000] "GET /%/manifest.plist HTTP/1.1" 200 1 "-" "com.apple.appstored/1.0 iOS/17.4"',
    '10.0.0.1 - - [02/Jan/2024:03:04:05 +0000] "GET /%.ipa HTTP/1.1" 206 1 "-" "com.apple.appstored/1.0 iOS/17.4"',
    '10.0.0.1 - - [02/Jan/2024:03:04:05 +0000] "GET /a.ipa HTTP/1.1" 206 % "-" "com.apple.appstored/1.0 iOS/17.4"',
    '{"request": "GET /%.plist HTTP/1.1", "status": 200, "http_user_agent": "com.apple.appstored/1.0", "remote_addr": "%"}',
    'time=2024-01-02T03:04:05Z method=GET uri=/%.plist status=404 ua="itunesstored/1.0"',
    "#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) a%",
    "2024-01-02 03:04:05 10.0.0.% GET /a.plist 404 com.apple.appstored/1.0",
    "installd[%] <Error>: profile not valid: 0xe8008011",
    'itunesstored[1] <Warning>: Error Domain=SSErrorDomain Code=% "Cannot" UserInfo={NSUnderlyingError=0x% {Error Domain=',
    "appstored[1] <Notice>: [Install/%] Starting com.example.a%",
    "    Domain: ASDErrorDomain",
    "    code: %",
)


# Archives, profiles and code


def files_of(names: Callable[[int], Iterable[tuple[str, bytes]]], each: int) -> Make:
    """Make an app with files, one for so many bytes of the length."""
    return lambda length: make_ipa(files=dict(names(length // each)), compression=zipfile.ZIP_STORED)


def with_info(**keys: Make) -> Make:
    """Make an app whose Info.plist has these keys."""

    def make(length: int) -> bytes:
        return make_ipa(info={**INFO, **{name: value(length) for name, value in keys.items()}})

    return make


def deep(value: Any, depth: int, wrap: Callable[[Any], Any]) -> Any:
    """Wrap a value so many times."""
    for _ in range(depth):
        value = wrap(value)
    return value


ARCHIVES: Mapping[str, Make] = {
    "files": files_of(lambda count: ((f"{APP}{number}", b"") for number in range(count)), 100),
    "folders, deep": files_of(lambda count: ((f"{APP}{'a/' * number}b", b"") for number in range(min(count, 400))), 300),
    "folders of apps": files_of(lambda count: ((f"Payload/{number}.app/Info.plist", b"") for number in range(count)), 100),
    "names of apps": files_of(lambda count: ((f"Payload/{'x' * (count * 9)}{n}", b"") for n in range(9)), 100),
    "icons": files_of(lambda count: ((f"{APP}AppIcon60x60@{number}x.png", b"") for number in range(count)), 100),
    "frameworks": files_of(lambda count: ((f"{APP}Frameworks/{n}.framework/Info.plist", b"x") for n in range(count)), 150),
    "extensions": files_of(lambda count: ((f"{APP}PlugIns/{n}.appex/Info.plist", b"x") for n in range(count)), 150),
    "slashes": files_of(lambda count: ((f"{number}{'/' * 99}Payload/a.app/", b"") for number in range(count)), 250),
    "names of icons": with_info(CFBundleIconFiles=lambda length: [f"Icon{number}" for number in range(length // 10)]),
    "a long name of an icon": with_info(CFBundleIconFiles=lambda length: ["a" * length]),
    "devices": with_info(UISupportedDevices=lambda length: [f"iPhone{number},1" for number in range(length // 12)]),
    "families": with_info(UIDeviceFamily=lambda length: [*range(length // 3)]),
    "capabilities": with_info(UIRequiredDeviceCapabilities=lambda length: [f"a{number}" for number in range(length // 7)]),
    "a long version": with_info(CFBundleVersion=lambda length: "1." * (length // 2), MinimumOSVersion=lambda length: "0" * length),
    "a long identifier": with_info(CFBundleIdentifier=lambda length: "a." * (length // 2)),
    "damage": lambda length: make_ipa()[:-22] + bytes(length) + make_ipa()[-22:],
    "ends of archives": lambda length: make_ipa() + b"PK\5\6" * (length // 4),
    "comments": lambda length: make_ipa() + b"PK\5\6" + bytes(16) + struct.pack("<H", min(length, 65535)) + bytes(length),
}  # fmt: skip


def profile_of(**keys: Make) -> Make:
    """Make a profile that has these keys."""
    return lambda length: make_profile(**{name: value(length) for name, value in keys.items()})


PROFILES: Mapping[str, Make] = {
    "certificates": profile_of(DeveloperCertificates=lambda length: [make_certificate()] * (length // 400)),
    "certificates that are none": profile_of(DeveloperCertificates=lambda length: [b"\x30\x80" * 20] * (length // 60)),
    "devices": profile_of(ProvisionedDevices=lambda length: [f"{number:040x}" for number in range(length // 50)]),
    "entitlements": profile_of(Entitlements=lambda length: {f"a{number}": True for number in range(length // 20)}),
    "elements": lambda length: element(0x30, *[b"\5\0"] * (length // 2)),
    "elements without an end": lambda length: b"\x30\x80" * (length // 2),
    "elements, deep": lambda length: deep(b"", min(length // 4, 900), lambda inner: element(0x30, inner)),
    "strings in parts": lambda length: make_cms(b"<plist>").replace(
        element(4, b"<plist>"), indefinite(0x24, *[element(4, b"x")] * (length // 3))
    ),
    "strings in parts, deep": lambda length: (
        deep(b"", length // 4, lambda inner: indefinite(0x24, inner)) if length < 4000 else b"\x24\x80" * (length // 2)
    ),
    "lists in one": lambda length: b"<plist>" * (length // 7) + make_profile(form="xml"),
    "starts of lists": lambda length: b"<?xml " * (length // 6),
}


def signed_app(change: Callable[[int], tuple[Mapping[str, bytes], Mapping[str, Any]]]) -> Make:
    """Make a signed app with files and rules of a seal."""

    def make(length: int) -> bytes:
        more, options = change(length)
        files = {**_signing.make_files(parts=()), **more}
        seal = _signing.SEAL
        own = {name.removeprefix(APP): data for name, data in files.items() if not name.endswith(seal)}
        return _signing.zip_files({**files, APP + seal: _signing.make_seal(own, **options)})

    return make


def code_of(change: Callable[[int], dict[str, Any]]) -> Make:
    """Make an app whose executable is signed so."""

    def make(length: int) -> bytes:
        files = _signing.make_files(parts=())
        data = _signing.make_executable(_signing.Code(**change(length)))
        return _signing.zip_files({**files, f"{APP}MyApp": data})

    return make


def executable(data: Callable[[int], bytes]) -> Make:
    """Make an app that has these bytes for its executable."""
    return lambda length: _signing.zip_files({**_signing.make_files(parts=()), f"{APP}MyApp": data(length)})


def commands(unit: bytes) -> Callable[[int], bytes]:
    """Write an executable of load commands."""

    def make(length: int) -> bytes:
        count = length // len(unit)
        return struct.pack("<8L", 0xFEEDFACF, 0x0100000C, 0, 2, count, count * len(unit), 0, 0) + unit * count

    return make


def super_blobs(place: Callable[[int], int]) -> Callable[[int], bytes]:
    """Write an executable whose signature names many parts."""

    def make(length: int) -> bytes:
        count = length // 8
        index = b"".join(struct.pack(">LL", 0x1000 + number, place(number)) for number in range(count))
        blob = struct.pack(">LLL", 0xFADE0CC0, 12 + len(index) + 64, count) + index + struct.pack(">LL", 0xFADE0C02, 64)
        blob = blob.ljust(12 + len(index) + 64, b"\0")
        head = struct.pack("<8L", 0xFEEDFACF, 0x0100000C, 0, 2, 1, 16, 0, 0) + struct.pack(
            "<4L", 0x1D, 16, 48, len(blob)
        )
        return head + blob

    return make


SIGNATURES: Mapping[str, Make] = {
    "files": signed_app(lambda length: ({f"{APP}{number}": b"" for number in range(length // 150)}, {})),
    "files that are not sealed": lambda length: _signing.zip_files(
        {**_signing.make_files(parts=()), **{f"{APP}{number}": b"" for number in range(length // 150)}}
    ),
    "rules": signed_app(lambda length: ({}, {"rules2": {f"^a{n}.*b$": True for n in range(min(length // 80, 99))}})),
    "nested code": lambda length: _signing.zip_files(
        {
            **_signing.make_files(parts=()),
            **{f"{APP}Frameworks/{n}.framework/Info.plist": _signing.info_of("a", "a.b") for n in range(length // 300)},
        }
    ),
    "code slots": code_of(lambda length: {"text": bytes(length * 20), "page_shift": 12}),
    "entitlements": code_of(lambda length: {"entitlements": {f"a{n}": True for n in range(min(length // 40, 200))}}),
    "entitlements, deep": code_of(lambda length: {"entitlements": {"a": deep([], min(length // 200, 60), lambda x: [x])}}),
    "load commands": executable(commands(struct.pack("<LL", 0x2C, 8))),
    "load commands without a length": executable(commands(struct.pack("<LL", 0x1D, 0))),
    "signatures": executable(commands(struct.pack("<4L", 0x1D, 16, 32, 16))),
    "blobs at one place": executable(super_blobs(lambda _: 12)),
    "blobs in each other": executable(super_blobs(lambda number: 12 + 8 * number)),
    "slices": executable(
        lambda length: struct.pack(">LL", 0xCAFEBABE, length // 20) + struct.pack(">5L", 0x0100000C, 0, 0, 64, 0) * (length // 20)
    ),
}  # fmt: skip


# Pictures, hashes, pages, reports, answers


def png_of(*parts: Callable[[int], bytes]) -> Make:
    """Make a CgBI PNG of chunks between its head and its end."""
    plain = make_png(40, cgbi=True)
    head, body = plain[: 8 + 16 + 25], plain[8 + 16 + 25 :]
    return lambda length: head + b"".join(part(length) for part in parts) + body


PICTURES: Mapping[str, Make] = {
    "chunks": png_of(lambda length: chunk("tEXt", b"") * (length // 12)),
    "parts of the picture": png_of(lambda length: chunk("IDAT", b"") * (length // 12)),
    "a long chunk": png_of(lambda length: chunk("tEXt", bytes(length))),
    "pixels": lambda length: make_png(int((length / 4) ** 0.5), cgbi=True),
}


LINK = InstallLink(MANIFEST_URL)


def page(value: tuple[list[App], str | None, str | None]) -> object:
    """Make a page, and find its links."""
    apps, user_agent, accept_language = value
    return install_page(apps, user_agent=user_agent, accept_language=accept_language, language="auto", now=NOW)


def page_with(name: str, make: Make) -> Make:
    """Make what `page` takes, where one of the texts is this."""

    def made(length: int) -> object:
        text = make(length).replace("\0", "")
        if name in {"user_agent", "accept_language"}:
            return [App(title="A", link=LINK)], *((text, None) if name == "user_agent" else (None, text))
        fields: dict[str, Any] = {"title": "A", "link": LINK, name: text}
        return [App(**fields)], None, None

    return made


def apps_with(**fields: Callable[[int], str]) -> Make:
    """Make what `page` takes, of many apps."""

    def made(length: int) -> object:
        numbers = range(length // 40)
        apps: list[dict[str, Any]] = [{name: of(number) for name, of in fields.items()} for number in numbers]
        return [App(title="A", link=LINK, **app) for app in apps], None, None

    return made


PAGES: Mapping[str, Make] = {
    **{f"notes of {name}": page_with("notes", make) for name, make in TEXTS.items()},
    **{f"a title of {name}": page_with("title", TEXTS[repr(name)]) for name in ("a", "&", "<", "\u00e9")},
    **{f"a version of {name}": page_with("version", TEXTS[repr(name)]) for name in ("0", ".", "1.", "(((", " ")},
    **{f"a User-Agent of {name}": page_with("user_agent", TEXTS[repr(name)]) for name in ("(((", "a/1 ", "a; ")},
    **{f"languages of {name}": page_with("accept_language", TEXTS[repr(name)]) for name in (",", "a", "-", ";", "a=")},
    "languages": page_with("accept_language", partial(_hostile.repeated, "de-x;q=0.1, ")),
    "apps": apps_with(),
    "versions of one app": apps_with(bundle_identifier=lambda _: "a.b", version=lambda number: f"1.{number}"),
    "groups": apps_with(group=lambda number: f"G{number}"),
    "one group": apps_with(group=lambda _: "G"),
}


def manifests(value: tuple[Manifest, Manifest]) -> object:
    """Compare two manifests, and make the report of one again."""
    one, other = value
    return one.changes(other), one.problems(), one.to_dict(validate=False)


def manifest_of(count: int, *, other: int = 0) -> Manifest:
    items = [
        Manifest.for_app(
            url=f"{BASE}/{number + other}.ipa", bundle_identifier=f"a.b{number + other}", bundle_version="1", title="A"
        ).items[0]
        for number in range(count)
    ]
    return Manifest(items=tuple(items))


def both(value: bytes) -> object:
    """Inspect a manifest, and make its report again."""
    return ManifestReport.from_dict(json.loads(json.dumps(inspect_manifest(value).to_dict())))


def fetch(answer: bytes) -> object:
    """Ask a real server, which answers so."""
    theirs, ours = anonymous_contexts()
    with Server(lambda _: [answer], theirs) as server:
        return open_url(f"{BASE}/a", tls_context=ours, connect_to=server.connect_to, timeout=2, max_seconds=5).read()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS: Mapping[str, Make] = {
    "headers": lambda length: OK + b"A: b\r\n" * min(length // 6, 90) + b"Content-Length: 0\r\n\r\n",
    "a long header": lambda length: OK + b"A: " + b"b" * length + b"\r\nContent-Length: 0\r\n\r\n",
    "one header again and again": lambda length: OK + b"Via: b\r\n" * min(length // 8, 90) + b"Content-Length: 0\r\n\r\n",
    "lines that go on": lambda length: OK + b"A: b\r\n" + b" c\r\n" * (length // 4) + b"Content-Length: 0\r\n\r\n",
    "interim answers": lambda length: b"HTTP/1.1 103 Early\r\n\r\n" * (length // 22) + OK + b"Content-Length: 0\r\n\r\n",
    "chunks": lambda length: CHUNKED + b"1\r\na\r\n" * (length // 6) + b"0\r\n\r\n",
    "extensions of chunks": lambda length: CHUNKED + b"1;" + b"a" * min(length, 60_000) + b"\r\na\r\n0\r\n\r\n",
    "trailers": lambda length: CHUNKED + b"0\r\n" + b"A: b\r\n" * (length // 6) + b"\r\n",
    "a content range": lambda length: b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-" + b"0" * length + b"/9\r\nContent-Length: 0\r\n\r\n",
}  # fmt: skip


def check_page(text: str) -> object:
    """Check a page."""
    body = f"<!DOCTYPE html><html>{text}".encode()

    def fetching(_method: str, url: str, *_: object) -> Response:
        is_page = url.endswith("/page")
        return Response(200 if is_page else 404, {"Content-Type": "text/html"}, body if is_page else b"", GOOD_TLS)

    return check(f"{BASE}/page", fetch=fetching, now=NOW)


def check_manifest(data: bytes) -> object:
    """Check a manifest and what it leads to."""
    deployment = Deployment({"/manifest.plist": ("application/xml", data)})
    return check(MANIFEST_URL, fetch=deployment.fetch, now=NOW)


def read_package(data: bytes) -> object:
    """Read an .ipa, judge it and pick its icon."""
    ipa = read_ipa(io.BytesIO(data))
    return ipa.problems(now=NOW), ipa.icon_png()


def use(data: bytes) -> object:
    """Read a manifest, judge it and write it."""
    manifest = Manifest.from_plist(data)
    return manifest.problems(), manifest.to_plist(validate=False)


def after_link(make: Callable[[int], str]) -> Make:
    """Put a link before a text."""
    return lambda length: _hostile.LINK + make(length)


# But for one that has a least length.
LISTS: Mapping[str, Make] = {
    **{f"XML: {name}": make for name, make in _hostile.XML.items()},
    **{f"binary: {name}": make for name, make in _hostile.BINARY.items() if name != "long data, deep"},
}
LINKS: Mapping[str, Make] = {
    **{f"text of {name}": partial(_hostile.repeated, unit) for name, unit in _hostile.UNITS.items()},
    **{f"link of {name}": after_link(partial(_hostile.repeated, unit)) for name, unit in _hostile.BEHIND_LINK.items()},
    **TEXTS,
    **{f"a link before {name}": after_link(make) for name, make in TEXTS.items()},
}
OF_ARCHIVES = 20_000

VERSIONS: Mapping[str, Make] = {
    "the same apps": lambda length: (manifest_of(length // 100), manifest_of(length // 100)),
    "other apps": lambda length: (manifest_of(length // 100), manifest_of(length // 100, other=10_000)),
}
DIGESTS: Mapping[str, Make] = {
    "digests": lambda length: ("0" * 64,) * (length // 64),
    "digests that are none": lambda length: ("g" * 64,) * (length // 64),
    "a long digest": lambda length: ("0" * length,),
}

READERS: Mapping[str, Reader] = {
    "inspect_manifest": Reader(inspect_manifest, LISTS, each=4, has_memory=True),
    "from_plist, problems, to_plist": Reader(refused(use), LISTS, each=4, has_memory=True),
    "ManifestReport.from_dict": Reader(both, LISTS, each=8, has_memory=True),
    "Manifest.changes": Reader(
        manifests,
        VERSIONS,
    ),
    "inspect_link": Reader(inspect_link, LINKS, each=8, has_memory=True),
    "find_links": Reader(find_links, LINKS, each=6, has_memory=True),
    "ProvisioningProfile.from_bytes": Reader(refused(ProvisioningProfile.from_bytes), PROFILES),
    "read_device": Reader(refused(read_device), PROFILES),
    "read_ipa and its problems": Reader(refused(read_package), ARCHIVES, OF_ARCHIVES),
    "inspect_signature": Reader(refused(_signing.inspected), SIGNATURES, OF_ARCHIVES),
    "explain_log": Reader(explain_log, {**{line[:60]: of_lines(line) for line in LINES}, **TEXTS}, each=2),
    "identify": Reader(identify, TEXTS),
    "is_udid": Reader(is_udid, TEXTS),
    "to_plain_png": Reader(refused(to_plain_png), PICTURES, 100_000),
    "Checksum": Reader(
        refused(lambda digests: Checksum("sha256", digests, chunk_size=1)),
        DIGESTS,
    ),
    "install_page": Reader(refused(page), PAGES),
    "an HTTP answer": Reader(refused(fetch), ANSWERS),
    "check of a page": Reader(check_page, LINKS, each=5, has_memory=True),
    "check of a manifest": Reader(check_manifest, LISTS, each=6, has_memory=True),
}
