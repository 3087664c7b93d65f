"""Inputs to begin with, made by the tests' own generators where there are any, and how inputs are laid out.

ITMS_OTA_CORPUS may name a folder of real data, which is taken too.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import plistlib
import random
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _devices
import _log_lines
import _make_ipa
import _make_png
import _make_signed
import _signing
from _deployment import BASE, MANIFEST_URL, NOW
from _deployment import manifest as healthy_manifest

from itms_ota import Checksum, InstallLink
from itms_ota._asn1 import signed_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEPARATOR = "\x1e"
"""What stands between the fields of an input."""

PREFIX = "itms-services://?action=download-manifest&url="

TOKENS = (
    *(
        "<plist>",
        "</plist>",
        '<plist version="1.0">',
        "<dict>",
        "</dict>",
        "<array>",
        "</array>",
        "<dict/>",
        "<array/>",
    ),
    *("<key>", "</key>", "<key/>", "<string>", "</string>", "<string/>", "<integer>", "</integer>", "<integer/>"),
    *("<real>", "</real>", "<date>", "</date>", "<data>", "</data>", "<true/>", "<false/>", "<true></true>", "<true>"),
    *("<key>a</key>", "<key>b</key>", "<string>x</string>", "<integer>1</integer>", "<real>1.5</real>"),
    *("<date>2024-01-02T03:04:05Z</date>", "<data>AQI=</data>", "<!-- x -->", "<!--", "-->", "<?x?>", "<![CDATA[x]]>"),
    *("<![CDATA[", "]]>", "&amp;", "&lt;", "&#38;", "&#x26;", "&#0;", "&nbsp;", "&", "<", ">", "/>", " ", "\t", "\n"),
    *("\r\n", "\r", "\x0b", "\x0c", "\x85", "\xa0", "\u3000", "\u2028", "\ufeff", "\0", "\ufffe", "\x1c", "1", "-1"),
    *("+1", "0x1F", "1_0", "\u0661", "1e3", "nan", "inf", "9223372036854775807", "18446744073709551616", " 1 "),
    *(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<?xml version="1.0"?>',
        "<!DOCTYPE plist>",
        "<dict><key>",
        "</string ",
    ),
    *('<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',),
)
"""What bytes from 0x80 on stand for in `plist_paths`."""


USUAL = (
    *("software-package", "https://a.example/A.ipa", "display-image", "https://a.example/i.png", "com.example.app"),
    *("1.2.3", "software", "com.apple.platform.iphoneos", "My App", "Example, Inc.", "-", "-", "-", "-"),
)
"""The fields of `glance`: two assets, the metadata, and the names of keys to add to these and to the item."""


BESIDE = ("Info.plist", "MyApp", _signing.SEAL, "embedded.mobileprovision")
"""The files of the small app that make it what it is."""

SIGNED_PARTS = ("", *(f"{_signing.APP}{name}" for name in BESIDE[1:3]), "new info", "new profile", "new seal")
"""What an input for signatures may be, by its first byte: the archive, a file of the app, or what is signed anew."""

MAIL, ADDRESS = "ada.lovelace@mail.example.com", "198.51.100.77"
PERSONAL = frozenset({_devices.UDID, _devices.CHALLENGE, str(_devices.ANSWER["SERIAL"])})
STARTS = (_devices.UDID[:12], MAIL[:12], ADDRESS[:12])
"""What is personal, and how much of it tells whose it is."""

_ACCESS = '{ip} - - [26/Nov/2026:10:00:00 +0000] "GET /{before}/%s/{behind} HTTP/1.1" 200 1000 "-" "AGENT"\n'.replace(
    "AGENT", _log_lines.DOWNLOADER
)
_INSTALLD = "installd[57] <Error>: {before} %s {behind}: 0xe8008fff (%s)\n"
LOG_PARTS = (
    "",
    _ACCESS % "{udid}/a.ipa",
    _ACCESS % "a.ipa?to={mail}",
    _ACCESS % "m.plist?{ip}",
    _INSTALLD % ("Failed to install {udid}", "{before} {mail} {behind}"),
    _INSTALLD % ("Could not install {ip}", "{before} {udid} {behind}"),
)
"""What the first byte of an input of `log` puts around the rest."""

IPA_PARTS = ("archive", "info", "profile", "icon", "name", "padding")
"""What the first byte of an input of `ipa` says the rest is."""


def joined(*fields: str) -> bytes:
    """Write fields as one input."""
    return SEPARATOR.join(fields).encode("utf-8", "surrogateescape")


def plist_of(**changes: Any) -> dict[str, Any]:
    """Return the property list of the healthy deployment's manifest, but for these arguments."""
    value: dict[str, Any] = plistlib.loads(healthy_manifest(**changes).to_plist())
    return value


def real(pattern: str) -> Iterator[bytes]:
    """Yield the files of the folder of real data, if there is one."""
    folder = os.environ.get("ITMS_OTA_CORPUS")
    for file in sorted(Path(folder).glob(pattern)) if folder else ():
        yield file.read_bytes()


def urls() -> Iterator[bytes]:
    """Yield URLs, sound and not."""
    for url in (
        *(MANIFEST_URL, BASE, "https://a.example/My App.plist", "HTTPS://B\u00fccher.example:443/\u00e9?a=1&b=%2F#top"),
        *("http://a.example/", "https://u:p@a.example:8443/", "https://[::1]:8443/a", "https://127.0.0.1/", "//a/b"),
        *("https://a.example/${ID}", "https%3A%2F%2Fa.example%2Fm", "https://https://a.example/", "a.example/m.plist"),
        *("https://a.example/App.ipa?Expires=9&Signature=0a1b2c3d4e5f6a7b8c9d", "https://[[a]/", "file:///etc/passwd"),
    ):
        yield url.encode()
        yield joined(url, "../b?c#d")
    for file in real("apple/urls.jsonl"):
        for line in file.splitlines():
            yield json.loads(line)["url"].encode("utf-8", "surrogatepass")


def links() -> Iterator[bytes]:
    """Yield links in the forms that they have in the world."""
    address = str(InstallLink(MANIFEST_URL))
    for text in (
        address,
        PREFIX + MANIFEST_URL,
        address.replace("&", "&amp;"),
        address.replace("&", ";"),
        "  " + address + "\n",
        f'<a href="{address}">x</a>',
        f"[x]({address}) and <{address}>.",
        json.dumps({"url": address}),
        "unsafe:" + address,
        address.replace("=", "=3D"),
        address.replace(":", "%3A").replace("/", "%2F"),
        PREFIX + PREFIX + MANIFEST_URL,
        PREFIX + "${URL}",
        PREFIX + "https://a.example/m?a=1&b=2",
        "itms-services://?url=https://a.example/m",
        "//?" + address[17:],
        PREFIX + "https://u:p@a.example/m",
        PREFIX + "http://127.0.0.1/m",
        PREFIX + "'+url+'",
        PREFIX.upper(),
        PREFIX,
        address.replace("&", "&;") + "&url=",
        address.replace("&", "&amp;") + "&url=x",
    ):
        yield text.encode()
    for file in real("links.jsonl"):
        for line in file.splitlines():
            yield json.loads(line)["text"].encode("utf-8", "surrogatepass")


def manifest_values() -> Iterator[dict[str, Any]]:
    """Yield the property lists of manifests."""
    yield plist_of()
    both = Checksum.of_many(io.BytesIO(b"an app"), chunk_size=4)
    yield plist_of(checksums=both, subtitle="Example, Inc.", platform_identifier="com.apple.platform.iphoneos")
    yield {
        "items": [
            {
                "assets": [
                    {
                        "kind": "software-package",
                        "url": "http://a b/",
                        "md5": "X",
                        "md5s": [1],
                        "md5-size": 0,
                        "needs-shine": True,
                    },
                    {"kind": 1, "sha256s": [], "variantIds": [1]},
                ],
                "metadata": {
                    "title": "${TITLE}",
                    "kind": "x",
                    "bundle-version": "1.2.3.4",
                    "subtitle": "",
                    "items": [],
                },
                "thinned-assets": [{"kind": "software-package", "url": BASE, "variantIds": ["iPhone15,2"]}],
            },
            1,
        ],
        "other": {"data": b"x", "date": NOW.replace(tzinfo=None), "real": 1.5, "array": [True, -1, "\U0001f34e"]},
    }
    yield {"items": []}


def manifests() -> Iterator[bytes]:
    """Yield manifests, XML and binary, and what comes in their place."""
    for raw in manifest_values():
        yield plistlib.dumps(raw)
        yield plistlib.dumps(raw, sort_keys=False).replace(b"\t", b"").replace(b"\n", b"")
    yield from binary_plists()
    yield plistlib.dumps(plist_of()).decode().encode("utf-16")
    yield from (
        b"<html><body>Log in</body></html>",
        b"{}",
        b"PK\3\4",
        b"<plist><\x0c>",
        b"<plist><dict><key>items</key>",
    )
    yield from real("manifests/*.plist")
    yield from real("templates/*.plist")


def plist_paths() -> Iterator[bytes]:
    """Yield documents of ASCII, which stand for themselves, and sequences of the tokens."""
    yield from (seed for seed in manifests() if seed.isascii() and not seed.startswith(b"bplist"))
    source = random.Random(1)
    begin, key, text, end = (
        0x80 + TOKENS.index(token) for token in ("<plist>", "<key>a</key>", "<string>x</string>", "</plist>")
    )
    opened, closed = (0x80 + TOKENS.index(token) for token in ("<dict>", "</dict>"))
    for index in range(0x80, 0x80 + len(TOKENS)):
        yield bytes([begin, opened, key, text, index, closed, end])
        yield bytes([begin, opened, key, index, text, closed, index, end, source.randrange(0x80, 0x100)])


def binary_plists() -> Iterator[bytes]:
    """Yield binary property lists, some of which stand for more than they hold: values may be shared there."""
    doubled: list[Any] = ["x"]
    for _ in range(12):
        doubled = [doubled, doubled]
    values: list[Any] = [*manifest_values(), "x", 2**64 - 1, -1, [1.5, plistlib.UID(3)], ["\u00e9", b"x" * 20]]
    values += [{"items": [], "x": doubled}, {"items": [{"assets": [{"url": "y" * 500}] * 300}]}, ["y" * 2000] * 300]
    for value in values:
        yield plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
    yield from (seed for seed in real("profiles/*") if seed.startswith(b"bplist"))


def bytes_of_chance() -> Iterator[bytes]:
    """Yield what is nothing in particular."""
    source = random.Random(1)
    for length in (8, 64, 256):
        for _ in range(10):
            yield source.randbytes(length)


def glances() -> Iterator[bytes]:
    """Yield inputs in which one field is other than usual."""
    yield b""
    odd = (
        "=1",
        "=null",
        '=""',
        "-",
        "None",
        "null",
        "undefined",
        " x",
        "x\n",
        "\u00e9",
        "${ID}",
        "1.2.3.4",
        "https://a.example/A.ipa?x=1",
    )
    for at in range(len(USUAL)):
        for value in odd:
            yield joined(*[""] * at, value)


def profiles() -> Iterator[bytes]:
    """Yield provisioning profiles of every kind and form."""
    for form in ("der", "ber", "xml", "binary"):
        for kind in ("enterprise", "ad-hoc", "development", "app-store"):
            yield _make_ipa.make_profile(kind, form=form)
    yield _make_ipa.make_profile(Name=1, Entitlements=[], ProvisionedDevices="x", form="xml")
    yield from real("profiles/*")


SIGNED = b"what is signed"


def signing(kind: str = "rsa") -> _make_signed.Hierarchy:
    """Return the certificates that messages are signed with."""
    return _make_signed.hierarchy(kind)


def signed() -> Iterator[bytes]:
    """Yield signed messages, and the certificates in them."""
    for kind in ("rsa", "p256"):
        for ber in (False, True):
            yield _make_signed.sign(SIGNED, signing(kind), ber=ber)
        yield _make_signed.sign(SIGNED, signing(kind), attributes=None)
        yield from signing(kind).certificates
    yield from real("profiles/*")


@cache
def message(by: _make_signed.Hierarchy) -> bytes:
    """Return a signed message."""
    return _make_signed.sign(SIGNED, by)


def ders() -> Iterator[bytes]:
    """Yield elements, and changes of elements: no change, one at each place near the top, and some of chance."""
    for data in (*signing().certificates, message(signing()), _signing.der(dict(_signing.ENTITLEMENTS))):
        yield b"\0" + data
    for form in (1, 2, 3, 6, 7):
        yield bytes([form])
        for number in range(30):
            yield bytes([form, 0, number, number % 8, 2, 0, number])
        yield from (bytes([form]) + chance for chance in bytes_of_chance())
    for form in (4, 9):
        for extension in (*_make_signed.LEAF, *_make_signed.AUTHORITY, _make_signed.DEVELOPER_RELATIONS):
            yield bytes([form]) + extension
        yield bytes([form]) + b"".join(_make_signed.LEAF)


CHALLENGE = _devices.CHALLENGE


def devices() -> Iterator[bytes]:
    """Yield answers of devices that do not exist, messages that are not answers, and what a device signs."""
    for content in (_devices.make_content(), _devices.make_content(CHALLENGE=CHALLENGE.encode(), UDID=None)):
        yield b"\1" + _devices.make_answer(content)
        yield b"\1" + _make_signed.sign(content, attributes=None)
        yield b"\1" + content
        yield b"\0" + content
    yield b"\0" + plistlib.dumps({**_devices.ANSWER, "CHALLENGE": CHALLENGE.encode()}, fmt=plistlib.FMT_BINARY)


@cache
def signed_app() -> dict[str, bytes]:
    """Return the files of a sound app, which is small."""
    return _signing.make_files(parts=(), app=CODE)


def signatures() -> Iterator[bytes]:
    """Yield a signed app, and files of it."""
    files = signed_app()
    yield b"\0" + _signing.zip_files(files)
    info, code, seal, profile = (files[_signing.APP + name] for name in BESIDE)
    for number, content in enumerate((code, seal, info, signed_content(profile), seal), 1):
        yield bytes([number]) + content


CODE = replace(_signing.APP_CODE, text=bytes(5000))
"""How the code of the small app is signed."""


@cache
def executable() -> bytes:
    """Return the small app's executable."""
    return signed_app()[f"{_signing.APP}MyApp"]


def codes() -> Iterator[bytes]:
    """Yield an executable, and its parts."""
    file = executable()
    yield b"\0" + file
    yield b"\0" + _signing.make_fat(file, _signing.make_executable(replace(CODE, is_signed=False, cpu=_signing.ARMV7)))
    commands = int.from_bytes(file[20:24], "little")
    yield b"\1" + file[32 : 32 + commands]
    signature = file[-_signing.ROOM :]
    yield b"\2" + signature[: int.from_bytes(signature[4:8], "big")]
    for kind in _signing.KINDS:
        yield b"\3" + _signing.make_directory(CODE, kind, file[: -_signing.ROOM], {})[8:]
    row = struct.pack(">LLLLL", *_signing.ARM64, 4096, len(file), 12)
    yield from (b"\4" + row, b"\4" + row * 2, b"\x0a" + struct.pack(">LLQQLL", *_signing.ARM64, 4096, len(file), 12, 0))
    yield from (b"\5" + chance for chance in bytes_of_chance())


def seals() -> Iterator[bytes]:
    """Yield seals, names of files, and patterns."""
    found = [data for name, data in _signing.make_files().items() if name.endswith(_signing.SEAL)]
    for data in found:
        value = plistlib.loads(data)
        yield b"\0" + data
        yield b"\0" + plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
        yield b"\0" + plistlib.dumps({name: value[name] for name in ("files", "rules")})
        yield b"\1" + joined(*value["files2"])
    row = {"hash": b"1" * 20, "hash2": b"2" * 32, "optional": True}
    code = {"cdhash": b"3" * 20, "requirement": "identifier x"}
    yield b"\0" + plistlib.dumps({"files2": {"a": row, "b": {"symlink": "a"}, "c": code}, "rules2": {"^": False}})
    for number, pattern in enumerate((*_signing.RULES, *_signing.RULES2, "Info.plist", "^a.*b$", r"a\$", "[a]", "a|b")):
        yield bytes([2 * number + 1]) + joined(pattern, "^.*", "Info.plist", "en.lproj/a", "a$", "axb\n", "x.dSYM/y")


def logs() -> Iterator[bytes]:
    """Yield parts of real logs."""
    for vector in _log_lines.ALL:
        yield b"\0" + vector.text.encode()
    yield b"\0" + "".join(vector.text for vector in _log_lines.ACCESS).encode()
    for number in range(1, len(LOG_PARTS)):
        for length in (0, 60, 150, 170, 183):
            yield bytes([number]) + joined("x" * length, "y")


def ipas() -> Iterator[bytes]:
    """Yield archives, and parts of them."""
    archives = (
        _make_ipa.make_ipa(),
        _make_ipa.make_ipa(profile=None, compression=0),
        _make_ipa.make_ipa(
            icons={"AppIcon60x60@2x.png": _make_ipa.make_png(12, cgbi=True)},
            info={**_make_ipa.INFO, "CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": ["AppIcon60x60"]}}},
        ),
    )
    contents = {
        "archive": archives,
        "info": [plistlib.dumps(dict(_make_ipa.INFO)), plistlib.dumps(dict(_make_ipa.INFO), fmt=plistlib.FMT_BINARY)],
        "profile": [*profiles()],
        "icon": [_make_ipa.make_png(9, cgbi=cgbi) for cgbi in (True, False)],
        "name": [b"MyApp", "\u00c9t\u00e9".encode()],
        "padding": [b"x" * 9],
    }
    for number, part in enumerate(IPA_PARTS):
        for content in contents[part]:
            yield bytes([number]) + content


def pngs() -> Iterator[bytes]:
    """Yield icons, and samples to make icons of."""
    for cgbi in (True, False):
        yield b"\0\0\0" + _make_ipa.make_png(9, cgbi=cgbi)
        for interlaced in (True, False):
            picture = [[(x, y, x ^ y, 200) for x in range(9)] for y in range(7)]
            yield b"\0\0\0" + _make_png.make_png(
                picture, cgbi=cgbi, filters=(0, 1, 2, 3, 4), interlaced=interlaced, idats=2
            )
    source = random.Random(1)
    for form in range(1, 16):
        yield bytes([form, source.randrange(20), source.randrange(20)]) + source.randbytes(200)


def checksums() -> Iterator[bytes]:
    """Yield contents, and digests."""
    yield b"\0\0an app"
    yield b"\1\4an app that is longer"
    for number, algorithm in enumerate(("md5", "sha256")):
        digest = hashlib.new(algorithm, b"x").hexdigest()
        yield bytes([number, 0]) + digest.encode()
        yield bytes([number, 5]) + joined(digest, digest.upper())


def http() -> Iterator[bytes]:
    """Yield what servers send."""
    ok = b"HTTP/1.1 200 OK\r\n"
    answers = (
        ok + b"Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
        ok + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + ok + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/9\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        ok + b"X: 1\r\nX: 2\r\n folded\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    )
    yield from answers
    yield SEPARATOR.encode().join(answers)
    yield SEPARATOR.encode().join([answers[4]] * 3 + [answers[0]] * 2)
    yield answers[0] * 3


def answers() -> Iterator[bytes]:
    """Yield answers to requests for ranges."""
    archive = _make_ipa.make_ipa()
    size = len(archive)
    whole = b'206\nContent-Range: bytes 0-%d/%d\nETag: "1"\n\n' % (size - 1, size) + archive
    separator = SEPARATOR.encode()
    yield whole
    yield b'200\nETag: "1"\n\n' + archive
    yield separator.join([b"302\nLocation: /x\n\n", whole])
    yield b"416\nContent-Range: bytes */0\n\n"
    yield b"206\nContent-Range: bytes 0-9/*\nContent-Encoding: gzip\n\n0123456789"
    yield from (b"gone", b"404\n\n", b"200\n\n<html>")
    big = b"206\nContent-Range: bytes 0-16383/40000\n\n" + b"x" * 16384
    yield big + separator + b"206\nContent-Range: bytes 16384-39999/40000\n\n" + b"x" * 23616


def checks() -> Iterator[bytes]:
    """Yield options, a target, and answers."""
    for options in range(16):
        yield bytes([options]) + MANIFEST_URL.encode()
    manifest = plistlib.dumps(plist_of())
    separator = SEPARATOR.encode()
    answers = (
        b"200\nContent-Type: text/html\n\n<html><input type=password>",
        b"200\nContent-Type: application/xml\n\n" + manifest,
        b"302\nLocation: https://login.example/sso\n\n",
        *(b"404\n\n", b"gone", b"200\n\n", b"403\nContent-Type: text/html\n\nForbidden", b"500\n\n"),
        b"200\nContent-Length: 7\nContent-Type: application/octet-stream\n\n",
        b"200\nContent-Type: application/octet-stream\n\n"
        + _make_ipa.make_ipa(profile=_make_ipa.make_profile("ad-hoc")),
        b"200\nContent-Type: image/png\n\n" + _make_ipa.make_png(9, cgbi=True),
    )
    for slot in range(6):
        for answer in answers:
            yield b"\x0d" + separator.join([MANIFEST_URL.encode(), *[b"-"] * slot, answer])


def hosting() -> Iterator[bytes]:
    """Yield signed URLs, and addresses that show pages."""
    for query in (
        "X-Amz-Signature=0a&X-Amz-Date=20240102T030405Z&X-Amz-Expires=900",
        "X-Goog-Signature=0a&X-Goog-Date=20240102T030405Z&X-Goog-Expires=900",
        "Expires=1700000000&Signature=0a",
        "Policy=eyJTdGF0ZW1lbnQiOlt7IkNvbmRpdGlvbiI6eyJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTcwMDAwMDAwMH19fV19&Key-Pair-Id=K",
        "se=2024-01-02T03%3A04%3A05Z&sig=0a",
    ):
        yield query.encode()
    for url in (
        *(
            "https://www.dropbox.com/s/x/App.ipa?dl=0",
            "https://github.com/o/r/blob/main/App.ipa",
            "https://gitlab.com/o/r/-/blob/main/a",
        ),
        *(
            "https://drive.google.com/file/d/abc/view",
            "https://x.sharepoint.com/:u:/a?e=1",
            "https://a.example/App.ipa",
        ),
    ):
        yield joined(url, "https://login.example/", "<html><input type='password'>")


def pages() -> Iterator[bytes]:
    """Yield values for a page."""
    plain = (
        *("My App", "1.2.3", "Notes", "15.0", "icon.png", "https://a.example/", "data:image/png;base64,AAAA"),
        *("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 FBAN/", "de", "x", "{app}"),
    )
    yield joined(*plain)
    for at in range(len(plain)):
        for value in (
            *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='x", "javascript:alert(1)"),
            *("&lt;\0\udcff", "{app}{title}", "\u202e"),
        ):
            yield joined(*plain[:at], value, *plain[at + 1 :])
    for agent in ("Mozilla/5.0 (Linux; Android 15)", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "x"):
        yield joined(*plain[:7], agent)


def user_agents(words: Iterable[str]) -> Iterator[bytes]:
    """Yield User-Agents: each of these words in an iPhone's, and others."""
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    for word in ("Version/", *words):
        yield f"{phone} {word}{'17.4' if word.endswith('/') else ''} Mobile/15E148 Safari/604.1".encode()
    yield from (b"", b"curl/8.0", b"Mozilla/5.0 (Linux; Android 15; Pixel 9; wv)", b"Mozilla/5.0 (Macintosh) Safari/1")
    for file in real("user_agents.tsv"):
        yield from (row[2].encode() for row in csv.reader(io.StringIO(file.decode()), delimiter="\t"))


def texts() -> Iterator[bytes]:
    """Yield texts that a terminal obeys, and links."""
    yield from (
        b"\x1b[31mred",
        "\u202egnp.exe".encode(),
        b"\xff",
        "a\u2028b\x9b".encode(),
        b"${ID}\x07",
    )
    yield from links()
