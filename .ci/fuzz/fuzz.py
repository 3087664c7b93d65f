"""Fuzz targets for atheris, which mutates inputs towards code that was not reached before.

    python .ci/fuzz/fuzz.py --list
    python .ci/fuzz/fuzz.py --seeds FOLDER [TARGET...]      writes FOLDER/TARGET/*, inputs to begin with
    python .ci/fuzz/fuzz.py TARGET [--faults=FOLDER] [libFuzzer's options and corpus folders]
    python .ci/fuzz/fuzz.py TARGET FILE...                  runs inputs again, to see a fault

A target reads bytes and checks what the documentation promises: no exception but those it names, and the
invariants below. With --faults the run goes on after a fault: FOLDER gets the shortest input for each place
in the code, with its traceback. Without, libFuzzer stops at the first one and keeps its input.
ITMS_OTA_CORPUS may name a folder of real data, whose files become seeds too.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import itertools
import json
import pickle
import re
import socket
import struct
import sys
import traceback
import warnings
import zlib
from contextlib import contextmanager, suppress
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from unicodedata import normalize
from unittest import mock
from urllib.parse import urlsplit

import atheris  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

# First of all that imports the library: only what is imported here tells the fuzzer where it has been.
with atheris.instrument_imports(include=["itms_ota", "plistlib", "http", "email"]):
    import plistlib

    import _devices
    import _make_ipa
    import _make_png
    import _make_signed
    import _signing
    import seeds
    import trees
    from _deployment import BASE, BIG_ICON, GOOD_TLS, ICON, IPA, MANIFEST_URL, NOW, Deployment
    from _deployment import manifest as healthy_manifest
    from _signing import zip_files
    from seeds import CODE, IPA_PARTS, LOG_PARTS, PERSONAL, PREFIX, SEPARATOR, SIGNED_PARTS, TOKENS, USUAL

    from itms_ota import (
        Asset,
        Checksum,
        InstallLink,
        Item,
        ItmsError,
        LinkError,
        LinkReport,
        Manifest,
        ManifestError,
        ManifestReport,
        Metadata,
        Problem,
        _asn1,
        _hosting,
        _http,
        _plist,
        _png,
        _urls,
        browsers,
        find_links,
        inspect_link,
        inspect_manifest,
    )
    from itms_ota._plist._read import read_xml
    from itms_ota.check import check as check_target
    from itms_ota.errors import DeviceError, FetchError, IpaError
    from itms_ota.ipa import read_ipa
    from itms_ota.logs import LogReport, explain_log
    from itms_ota.manifest import _schema, _usual
    from itms_ota.page import TEXTS, App, install_page
    from itms_ota.profile import ProvisioningProfile
    from itms_ota.remote import Response, open_url
    from itms_ota.signature import (
        SignatureReport,
        _code,
        _entitlements,
        _examine,
        _macho,
        _pages,
        _seal,
        _sealed,
        look_at_signature,
    )
    from itms_ota.udid import read_device

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Mapping

# Private rooms and names: everything that the targets use of them stands here, and nowhere else.
MAX_BYTES = _plist.MAX_BYTES
PlistError = _plist.PlistError
dumps, loads, read_plist, unwritable = _plist.dumps, _plist.loads, _plist.read, _plist.unwritable
scan_plist = partial(read_xml, quick=False)
is_usual = _usual.is_usual
to_plain_png = _png.to_plain_png
decode, encode, is_plain, join, normalise = _urls.decode, _urls.encode, _urls.is_plain, _urls.join, _urls.normalise
host_of, parameters, address, path_of = _urls.host, _urls.parameters, _urls.address, _urls.path
url_problems = _urls.problems
expiry, page_in_place = _hosting.expiry, _hosting.page
HEADERS, Limits, follow_redirects = _http.HEADERS, _http.Limits, _http.follow_redirects
Connection = _http._connection.Connection
read_certificate, read_x509 = _asn1.read_certificate, _asn1.read_x509
Asn1Error, Element, elements = _asn1.Asn1Error, _asn1.Element, _asn1.elements
read_message, message_content, read_entitlements = _asn1.read_signed, _asn1.signed_content, _entitlements.read_der
examine, may_be_code, LOADED, HEADER = _examine.examine, _macho.may_be_code, _macho.LOADED, _macho.START
NotCode, NotASeal = (_macho.MachOError, _pages.TooLargeError), (_seal.SealError, _pages.TooLargeError)
HASHES = _code.HASHES
read_seal, hold_seal, SealRule, SealRules = _seal.read_seal, _sealed.hold, _seal.Rule, _seal.Rules
never_sealed = _seal.is_outside
NOT_ANSWERS = {"not-an-answer", "answer-changed", "wrong-challenge", "too-large"}
verify_message, NOT_SIGNED = partial(_asn1.verify, allowed=("distribution",)), {"malformed", "no-signer"}
USER_AGENT_RULES = (*browsers.DOWNLOADERS, *browsers.SERVICES, *browsers.APPS, *browsers.BROWSERS)


def rules(raw: Mapping[str, Any]) -> list[Problem]:
    """Return what the rules for manifests find, without the glance that may skip them."""
    return [*_schema.faults(raw, _schema.MANIFEST, "error")]


def plist_of(manifest: Manifest) -> dict[str, Any]:
    """Return the property list that a manifest stands for."""
    return manifest._to_plist()


class Wire(_http.Network):
    """A network whose connections answer with these bytes, one after the other, over real sockets without TLS."""

    def __init__(self, answers: Iterable[bytes]) -> None:
        super().__init__(Limits(5.0, 5.0), tls_context=cast("ssl.SSLContext", self))
        self._answers = iter(answers)
        self._ends: list[socket.socket] = []

    def _connect(self, request: Any) -> Any:
        ours, theirs = socket.socketpair()
        self._ends.append(theirs)
        theirs.sendall(next(self._answers, b""))
        theirs.shutdown(socket.SHUT_WR)
        scheme, host, port, _ = address(request.url)
        return Connection(cast("ssl.SSLSocket", WithoutTls(ours)), (scheme, host, port), self._limits)

    def close(self) -> None:
        """Close every end."""
        super().close()
        for end in self._ends:
            end.close()


class WithoutTls:
    """A socket that answers what a TLS socket is asked."""

    def __init__(self, sock: socket.socket) -> None:
        self.settimeout, self.sendall, self.recv_into, self.close = (
            sock.settimeout,
            sock.sendall,
            sock.recv_into,
            sock.close,
        )

    def version(self) -> str:
        """Return a version."""
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        """Return a cipher."""
        return "TLS_AES_128_GCM_SHA256", "TLSv1.3", 128

    def getpeercert(self) -> dict[str, str]:
        """Return a certificate."""
        return {"notAfter": "Jan  5 09:34:43 2028 GMT"}

    def getpeername(self) -> tuple[str, int]:
        """Return an address."""
        return "8.8.8.8", 443


# What several targets share.


def as_text(data: bytes) -> str:
    """Read text in which every invalid byte becomes a lone surrogate, as a hostile text may hold them."""
    return data.decode("utf-8", "surrogateescape")


def same(one: Any, other: Any) -> bool:
    """Compare values strictly: 1 is not True, and NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(part, other[key]) for key, part in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other) if isinstance(one, float) else bool(one == other)


def as_others_read(value: Any) -> Any:
    """Return what plistlib reads of a written value: to it CF$UID is a key, and U+FEFF before a text a part of it."""
    if isinstance(value, dict):
        return {as_others_read(key): as_others_read(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_others_read(part) for part in value]
    if isinstance(value, str):
        return f"\ufeff{value}" if value.startswith("\ufeff") else value
    return {"CF$UID": value.data} if isinstance(value, plistlib.UID) else value


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Return the errors among problems."""
    return [problem for problem in problems if problem.level == "error"]


def check_problems(problems: Iterable[Problem], *, failed: bool | None = None) -> None:
    """Check that problems are fit to be read: so many, so long, and with an error where something `failed`."""
    problems = tuple(problems)
    assert len(problems) <= 2500
    for problem in problems:
        assert 0 < len(problem.message) <= 4000
        assert len(problem.path) <= 4000
    if failed is not None:
        assert failed == bool(errors_of(problems))


def summary_of(problems: Iterable[Problem]) -> list[tuple[str, str, str]]:
    """Return what programs see of problems, in no order."""
    return sorted((problem.path, problem.code, problem.level) for problem in problems)


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    @property
    def tags(self) -> set[str]:
        """The names of the elements."""
        return {tag for tag, _ in self.elements}


REPORT_TAGS = {"div", "b", "table", "tr", "td", "code"}


def check_report(report: LinkReport | ManifestReport) -> None:
    """Check that a report can be shown and sent to another process."""
    check_problems(report.problems, failed=not report.ok)
    str(report)
    assert Elements(report._repr_html_()).tags <= REPORT_TAGS
    assert repr(pickle.loads(pickle.dumps(report))) == repr(report)  # noqa: S301 -- its own


def check_link(link: InstallLink) -> None:
    """Check that a link survives every way out and back."""
    address = str(link)
    assert re.fullmatch("[!-~]+", address)
    assert InstallLink(link.manifest_url) == link == InstallLink.from_url(address)
    report = inspect_link(address)
    assert report.ok
    assert (report.device_url, report.text) == (link.manifest_url, address)
    # Where these are seen, something else may be meant.
    if {problem.code for problem in report.problems}.isdisjoint({"trailing-text", "html-escaped"}):
        assert (report.link, report.problems) == (link, link.problems())
    html = link.to_html("Install")
    ((tag, attributes),) = Elements(html).elements
    assert (tag, attributes) == ("a", {"href": address})
    assert [(found.device_url, found.ok) for found in find_links(html)] == [(link.manifest_url, True)]


def check_link_report(report: LinkReport, text: str) -> None:
    """Check a report on a link in this text."""
    check_report(report)
    assert 0 <= report.start <= report.end <= len(text)
    assert report.text == text[report.start : report.end]
    if report.ok:
        assert report.device_url is not None
    if report.link is not None:
        check_link(report.link)


def check_written(value: Any) -> None:
    """Check that a value is written and read back equal, or refused with the reasons that are told beforehand."""
    reasons = unwritable(value)
    try:
        data = dumps(value)
    except PlistError as error:
        assert error.problems == reasons
        check_problems(reasons, failed=True)
    else:
        assert not reasons
        if len(data) <= MAX_BYTES:
            assert same(loads(data), value)
            assert same(plistlib.loads(data), as_others_read(value))


# Targets: links.


def link(data: bytes) -> None:
    """Check `inspect_link`, and `from_url` against it."""
    text = as_text(data)
    report = inspect_link(text)
    check_link_report(report, text)
    try:
        found = InstallLink.from_url(text)
    except LinkError as error:
        check_problems(error.problems, failed=True)
        # A device follows a link with a password, and nothing builds one.
        with_password = any(problem.code == "credentials" for problem in report.problems)
        assert with_password or not (report.ok and report.text == text)
    else:
        assert report.ok
        assert found.manifest_url == normalise(report.device_url or "")


def links(data: bytes) -> None:
    """Check `find_links`: in order, side by side, each as `inspect_link` would have it."""
    text = as_text(data)
    end = 0
    for report in find_links(text):
        check_link_report(report, text)
        assert end <= report.start < report.end
        end = report.end


def build_link(data: bytes) -> None:
    """Check `InstallLink`, and what it does with hostile text in HTML."""
    text = as_text(data)
    with suppress(LinkError):
        made = InstallLink(text)
        check_link(made)
        assert not errors_of(made.problems())
    made = InstallLink(MANIFEST_URL)
    for attributes in ({}, {"title": text}):
        try:
            html = Elements(made.to_html(text, attributes))
        except LinkError:
            assert not text.strip()
            continue
        assert html.elements == [("a", {"href": str(made), **attributes})]
        assert html.text == text
    with suppress(LinkError, TypeError):
        html = Elements(made.to_html("x", {text: "x"}))
        assert html.elements == [("a", {"href": str(made), text.lower(): "x"})]


def urls(data: bytes) -> None:
    """Check what is done with URLs."""
    text, _, reference = as_text(data).partition(SEPARATOR)
    normal = normalise(text)
    assert normalise(normal) == normal
    problems = url_problems(text, "url")
    for function in (host_of, path_of, parameters, decode):
        function(text)
    if is_plain(text):
        assert (problems, normal) == ([], text)
    if not errors_of(url_problems(normal, "url")):
        found = address(normal)
        assert re.fullmatch("/[!-~]*", found.target)
        with suppress(ValueError):  # brackets outside of the host, which Python refuses and NSURL does not
            peer = urlsplit(normal)
            assert found[:3] == ("https", (peer.hostname or "").lower(), 443 if peer.port is None else peer.port)
        assert decode(encode(normal)) == normal
    with suppress(ValueError):
        assert isinstance(join(text, reference), str)


SECRET = "hunter2PASS0word"  # noqa: S105 -- it stands for one


def secrets(data: bytes) -> None:
    """Check that nothing shows a password, or a value of the query whose name speaks.

    The first byte says where the secret stands in a URL, and where that stands.
    """
    text = as_text(data[1:])
    if not data or "hunter2" in text:
        return
    url = (
        f"https://me:{SECRET}@{text}",
        f"https://a.example/{text}?token={SECRET}",
        f"https://a.example/App.ipa?sig={SECRET}&{text}",
        f"https://a.example/App.ipa?{text}&sig={SECRET}",
    )[data[0] % 4]
    match data[0] // 4 % 4:
        case 0:
            check_hidden(*url_problems(url, "url"))
            with showing_nothing():
                InstallLink(url)
        case 1:
            for address in (PREFIX + url, PREFIX + url.replace("%", "%25").replace("&", "%26").replace("#", "%23")):
                check_hidden(inspect_link(address), *find_links(f"<{address}> [x]({address})"))
                with showing_nothing():
                    InstallLink.from_url(address)
        case 2:
            with showing_nothing():
                check_hidden(inspect_manifest(healthy_manifest(url=url).to_plist(validate=False)))
        case _:
            document = healthy_manifest(url=BASE).to_plist(validate=False).decode()
            check_hidden(inspect_manifest(document.replace(BASE, url, 1).encode("utf-8", "surrogateescape")))


def check_hidden(*shown: Problem | LinkReport | ManifestReport | ItmsError) -> None:
    """Check that nothing of these shows the secret; an assertion that fails says where it stands."""
    for one in shown:
        if isinstance(one, Problem):
            assert SECRET not in f"{one!r}{one}", one.code
        else:
            check_hidden(*one.problems)
            where = type(one).__name__
            assert SECRET not in str(one), f"{where}-str"
            assert SECRET not in repr(one), f"{where}-repr"
            if not isinstance(one, ItmsError):
                assert SECRET not in one._repr_html_(), f"{where}-html"


@contextmanager
def showing_nothing() -> Iterator[None]:
    """Check an exception that is let out in between."""
    try:
        yield
    except ItmsError as error:
        check_hidden(error)


# Targets: property lists and manifests.


def manifest(data: bytes) -> None:
    """Check `inspect_manifest`, and `from_plist` against it."""
    report = inspect_manifest(data)
    check_report(report)
    if report.ok:
        assert report.kind == "manifest"
        assert report.manifest is not None
    try:
        found = Manifest.from_plist(data)
    except ManifestError as error:
        assert [*error.problems] == errors_of(report.problems) != []
    else:
        assert report.ok
        assert report.manifest is not None
        assert same(plist_of(found), plist_of(report.manifest))
    if not data.startswith(b"bplist"):
        lines = [problem.line for problem in report.problems if problem.line is not None]
        assert lines == sorted(lines)
        assert all(1 <= line <= data.count(b"\n") + data.count(b"\r") + data.count(b"\n\0") + 1 for line in lines)


def rewrite(data: bytes) -> None:
    """Check that a manifest that was read is written again with nothing lost, added or judged otherwise."""
    found = inspect_manifest(data).manifest
    if found is None:
        return
    value = read_plist(data).value
    assert same(plist_of(found), value)
    problems = found.problems()
    try:
        written = found.to_plist(validate=False)
    except ManifestError as error:
        assert {problem.code for problem in error.problems} <= {"not-writable", "too-large"}
        assert {*error.problems} <= {*problems}
        return
    if len(written) > MAX_BYTES:
        return
    again = inspect_manifest(written)
    assert again.manifest is not None
    assert same(plist_of(again.manifest), value)
    assert again.manifest.to_plist(validate=False) == written
    assert summary_of(again.problems) == summary_of(problems)
    try:
        assert found.to_plist() == written
    except ManifestError as error:
        assert summary_of(error.problems) == summary_of(errors_of(problems)) != []
    else:
        assert not errors_of(problems)


def plist_paths(data: bytes) -> None:
    """Check that the fast way to read a property list and the scanner agree, and plistlib with both."""
    pieces = (TOKENS[(byte - 0x80) % len(TOKENS)] if byte >= 0x80 else chr(byte) for byte in data)
    document = "".join(pieces).encode()
    value, problems, _ = read_plist(document)
    if document.startswith(b"bplist"):
        return
    scanned = scan_plist(document)
    assert same(value, scanned.value)
    assert problems == scanned.problems
    # For Apple's parser a DOCTYPE ends at the first ">", in quotes too.
    if not problems and not re.search(rb"<!DOCTYPE[^>]*\"[^\">]*>", document):
        assert same(plistlib.loads(document), value)


def plist_binary(data: bytes) -> None:
    """Check binary property lists: a value or a reason, and plistlib where it reads them too."""
    document = data if data.startswith(b"bplist") else b"bplist00" + data
    value, problems, _ = read_plist(document)
    assert (value is None) == bool(errors_of(problems))
    if value is not None:
        if not problems:
            assert same(plistlib.loads(document, fmt=plistlib.FMT_BINARY), value)
        check_written(value)


def plist_write(data: bytes) -> None:
    """Check what is written of the values that a caller may hand in."""
    value, plain = made(atheris.FuzzedDataProvider(data), 0)
    try:
        written = dumps(value)
    except PlistError as error:
        assert unwritable(value) == error.problems != ()
        return
    assert unwritable(value) == ()
    assert written == dumps(plain)
    if len(written) <= MAX_BYTES:
        assert same(loads(written), plain)
        assert same(plistlib.loads(written), as_others_read(plain))


def made(source: Any, depth: int) -> tuple[Any, Any]:
    """Make a value, and what it is read back as."""
    kind = source.ConsumeIntInRange(0, len(MAKERS) + (2 if depth < 6 else -1))
    if kind < len(MAKERS):
        return MAKERS[kind](source)
    several = [made(source, depth + 1) for _ in range(source.ConsumeIntInRange(0, 4))]
    values, plain = [value for value, _ in several], [value for _, value in several]
    if kind < len(MAKERS) + 2:
        return (values if kind == len(MAKERS) else tuple(values)), plain
    keys = [source.ConsumeUnicode(4) for _ in several]
    return dict(zip(keys, values, strict=True)), dict(zip(keys, plain, strict=True))


def made_text(source: Any) -> tuple[Any, Any]:
    """Make a text."""
    text = source.ConsumeUnicode(12)
    return (Text(text) if source.ConsumeBool() else text), text


def made_number(source: Any) -> tuple[Any, Any]:
    """Make an integer near the bounds of 64 bits, or any other."""
    number = source.ConsumeIntInRange(-(2**63) - 2, 2**64 + 2)
    return (Number(number) if source.ConsumeBool() else number), number


def made_other(source: Any) -> tuple[Any, Any]:
    """Make what has no parts and is its own equal."""
    value = source.PickValueInList([True, False, source.ConsumeFloat(), source.ConsumeBytes(9), plistlib.UID(1)])
    return (bytearray(value) if isinstance(value, bytes) and source.ConsumeBool() else value), value


def made_date(source: Any) -> tuple[Any, Any]:
    """Make a date, with or without a zone, and now and then a microsecond."""
    date = dt.datetime(1, 1, 1)  # noqa: DTZ001 -- property lists have naive dates, in UTC
    date += dt.timedelta(seconds=source.ConsumeIntInRange(0, 315537897599))
    if source.ConsumeIntInRange(0, 9) == 9:
        date = date.replace(microsecond=1)
    if source.ConsumeBool():
        return date, date
    offset = dt.timedelta(minutes=source.ConsumeIntInRange(-1439, 1439))
    with suppress(OverflowError):
        return date.replace(tzinfo=dt.timezone(offset)), date - offset
    return date.replace(tzinfo=dt.timezone(offset)), None  # which is refused


MAKERS = (made_text, made_number, made_other, made_date)


class Text(str):
    """A text of another class."""

    __slots__ = ()


class Number(int):
    """An integer of another class."""


def glance(data: bytes) -> None:
    """Check that the glance at a manifest hides nothing that the rules find.

    The fields of the input go into a usual manifest: "" leaves what is there, "-" leaves the key out, "=" is followed
    by JSON; the last four are the names of keys to add.
    """
    fields: list[Any] = []
    for field, usual in itertools.zip_longest(as_text(data).split(SEPARATOR)[: len(USUAL)], USUAL, fillvalue=""):
        try:
            fields.append(json.loads(field[1:]) if field.startswith("=") else field or usual)
        except (ValueError, RecursionError):
            return

    def dictionary(*keys: str, extra: Any) -> dict[str, Any]:
        made = {key: value for key in keys if (value := fields.pop(0)) != "-"}
        return made if extra == "-" else {**made, str(extra): "x"}

    extras = fields[-4:]
    assets = [dictionary("kind", "url", extra=extra) for extra in extras[:2]]
    keys = ("bundle-identifier", "bundle-version", "kind", "platform-identifier", "title", "subtitle")
    metadata = dictionary(*keys, extra=extras[2])
    raw: dict[str, Any] = {"items": [{"assets": [asset for asset in assets if asset], "metadata": metadata}]}
    if extras[3] != "-":
        raw["items"][0][str(extras[3])] = "x"
    if is_usual(raw):
        assert rules(raw) == []
        assert unwritable(raw) == ()
        assert same(loads(dumps(raw)), raw)


# Targets: files.


def profile(data: bytes) -> None:
    """Check `ProvisioningProfile.from_bytes`."""
    try:
        found = ProvisioningProfile.from_bytes(data)
    except IpaError as error:
        assert [problem.code for problem in error.problems] == ["not-a-profile"]
        return
    check_profile(found)


def check_profile(found: ProvisioningProfile) -> None:
    """Check a profile that was read."""
    assert found.kind in {"enterprise", "ad-hoc", "development", "app-store"}
    for date in (found.created, found.expires):
        assert date is None or date.utcoffset() == dt.timedelta(0)
    found.covers("com.example.myapp")
    for device in found.devices:
        assert found.allows_device(device) == (found.kind != "app-store")
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)  # noqa: S301 -- its own


def signed(data: bytes) -> None:
    """Check that a signed message is read without an error, and that what is called sound is what was signed."""
    found = verify_message(data, roots=_signing.ROOTS)
    if not found.faults:
        assert found.content == seeds.SIGNED
        assert found.certificates[0].signed == read_x509(seeds.signing().leaf.certificate).signed
    assert found.signer is not None or NOT_SIGNED & {*found.faults}
    read_certificate(data)


def der(data: bytes) -> None:
    """Check every reader of elements: bytes as they come, and sound ones that were changed and have the right lengths.

    The first byte says which: bytes, a certificate, a message, entitlements, or a certificate whose extensions are the
    rest, with a message signed by it; and of which kind the keys are.
    """
    if not data:
        return
    form, by, rest = data[0] % 5, seeds.signing(("rsa", "p256")[data[0] // 5 % 2]), data[1:]
    sound = (b"", by.leaf.certificate, seeds.message(by), _signing.der(dict(_signing.ENTITLEMENTS)), b"")[form]
    check_elements(trees.changed(sound, rest) if sound else rest, by)
    if form == 4:
        who = _make_signed.make_identity("x", by.leaf.key, by.authority, extensions=[rest])
        signer = _make_signed.make_signer(who, seeds.SIGNED)
        check_elements(who.certificate, by)
        check_elements(_make_signed.make_message(seeds.SIGNED, [signer], [who.certificate, *by.certificates[1:]]), by)


def check_elements(data: bytes, by: _make_signed.Hierarchy) -> None:
    """Check what is read of elements: a value or a reason, and the same in every way that there is."""
    with suppress(Asn1Error):
        walk(data, Element(0x20, 0, len(data)))
    summary = read_certificate(data)
    assert summary.sha1 == hashlib.sha1(data).hexdigest()  # noqa: S324 -- a fingerprint
    with suppress(Asn1Error):
        certificate = read_x509(data)
        assert (certificate.summary, certificate.der) == (summary, data)
        assert certificate.signed in data
    with suppress(Asn1Error):
        message = read_message(data)
        assert message.content is None or message_content(data) == message.content
        assert all(certificate.der in data for certificate in message.certificates)
    found = verify_message(data, roots=[read_x509(by.root.certificate)])
    if not found.faults:
        assert found.content == seeds.SIGNED
        assert [each.der for each in found.certificates[1:]] == [*by.certificates[1:]]
    with suppress(Asn1Error):
        entitlements = read_entitlements(data)
        assert same(read_entitlements(_signing.der(entitlements)), entitlements)


def walk(data: bytes, parent: Element) -> None:
    """Check that elements lie in each other, one after the other."""
    end = parent.start
    for part in elements(data, parent):
        assert end <= part.at < part.start <= part.stop <= parent.stop
        end = part.stop if part.is_definite else part.start
        if part.tag & 0x20 and part.at < 100:
            walk(data, part)


def device(data: bytes) -> None:
    """Check that an answer is read or refused, and that none is called verified but what the device signed.

    The first byte is odd where the rest is the answer; otherwise the device signs the rest.
    """
    if not data:
        return
    rest = data[1:]
    body = rest if data[0] % 2 else _devices.make_answer(rest)
    try:
        with mock.patch("itms_ota.udid.apple_roots", return_value=_signing.ROOTS):
            found = read_device(body, challenge=seeds.CHALLENGE)
    except DeviceError as error:
        assert {problem.code for problem in error.problems} <= NOT_ANSWERS
        assert not PERSONAL & {*re.findall(r"[\w-]+", str(error))}
        return
    assert found.challenge == seeds.CHALLENGE
    assert found.verified == (not found.problems)
    assert {problem.code for problem in found.problems} <= {"device-not-verified"}
    if data[0] % 2:
        assert not found.verified or found.udid == _devices.UDID
    else:
        assert found.verified
        assert read_plist(rest).value["UDID"].strip() == found.udid
    for hidden in (found.udid, found.serial, found.imei, found.challenge):
        assert not hidden or len(hidden) < 12 or hidden not in repr(found)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 -- its own


def signature(data: bytes) -> None:
    """Check that a signed app is judged without an error, and that no other code than that of the seeds is sound.

    The first byte says what the rest is: the archive, a file in one that is sound otherwise, or a part of an app that
    is signed after it was put there.
    """
    if not data:
        return
    place, rest = SIGNED_PARTS[data[0] % len(SIGNED_PARTS)], data[1:]
    files = {**seeds.signed_app(), place: rest}
    if place in SIGNED_PARTS[3:]:
        files = signed_anew(place, rest)
    report = look_at_signature(io.BytesIO(zip_files(files) if place else rest), now=seeds.NOW, roots=_signing.ROOTS)
    check_problems(report.problems, failed=not report.ok)
    assert SignatureReport.from_dict(report.to_dict()).to_dict() == report.to_dict()
    if report.ok and place == SIGNED_PARTS[1]:
        # Behind the code stands the signature, in which the certificates are not signed by the app.
        assert rest[: -_signing.ROOM] == seeds.signed_app()[place][: -_signing.ROOM]
    if report.ok and place == SIGNED_PARTS[2]:
        assert rest == seeds.signed_app()[place]
    if place in SIGNED_PARTS[3:]:
        assert not {problem.code for problem in report.problems} & {"code-changed", "info-plist-changed"}


def signed_anew(place: str, content: bytes) -> dict[str, bytes]:
    """Sign the small app with another Info.plist, content of its profile, or seal."""
    files = dict(seeds.signed_app())
    info, executable, seal, profile = (_signing.APP + name for name in seeds.BESIDE)
    if place.endswith("profile"):
        files[profile] = _make_signed.sign(content, _make_signed.profile_hierarchy())
    elif place.endswith("info"):
        files[info] = content
    own = {name.removeprefix(_signing.APP): data for name, data in files.items() if name not in {executable, seal}}
    files[seal] = content if place.endswith("seal") else _signing.make_seal(own)
    files[executable] = _signing.make_executable(CODE, info=files[info], seal=files[seal])
    return files


def code(data: bytes) -> None:
    """Check the readers of Mach-O and SuperBlobs: the blocks that a file comes in change nothing.

    The first byte says what the rest is: the file; load commands, a signature, or a CodeDirectory in one that is sound
    otherwise; the rows of a fat header; or how an executable is made, of which then all that was put in must come out.
    """
    if not data:
        return
    form, rest = data[0] % 6, data[1:]
    if form == 5:
        check_made(atheris.FuzzedDataProvider(rest))
        return
    sound = seeds.executable()
    content, signature = sound[: -_signing.ROOM], sound[-_signing.ROOM :]
    match form:
        case 0:
            file = rest
        case 1:
            file = content[:16] + struct.pack("<4L", count_of(rest), len(rest), 0, 0) + rest + content[32:] + signature
        case 2:
            file = content + rest[: _signing.ROOM].ljust(_signing.ROOM, b"\0")
        case 3:
            directory = _signing.blob(0xFADE0C02, rest)
            cms = _signing.make_cms(dataclasses.replace(CODE, kinds=(2,)), [directory])
            blobs = {0: directory, 0x10000: _signing.blob(0xFADE0B01, cms)}
            file = content + _signing.super_blob(blobs)[: _signing.ROOM].ljust(_signing.ROOM, b"\0")
        case _:
            head = struct.pack(">LL", 0xCAFEBABE + data[0] // 6 % 2, len(rest) // 20) + rest
            file = head[:4096].ljust(4096, b"\0") + sound
    check_code(file)


def count_of(commands: bytes) -> int:
    """Count load commands as far as they go."""
    count = at = 0
    while at + 8 <= len(commands):
        at += max(8, int.from_bytes(commands[at + 4 : at + 8], "little"))
        count += 1
    return count


def check_code(file: bytes) -> Any:
    """Read an executable whole and in small blocks, and return what was found."""
    found = read_code(file, len(file) or 1)
    assert read_code(file, 100) == found
    if not isinstance(found, str):
        assert found.hashes == {"sha256": hashlib.sha256(file).digest()}
        if any(each.commands.file_type in LOADED for each in found.slices):
            assert may_be_code(file[:HEADER])
    return found


def read_code(file: bytes, step: int) -> Any:
    """Read an executable in blocks; give what was found, or why it is not one."""
    try:
        blocks = [file[at : at + step] for at in range(0, len(file), step)]
        return examine(lambda: blocks, len(file), ("sha256",), _signing.ROOTS)
    except NotCode as error:
        return str(error)


def check_made(source: Any) -> None:
    """Make and sign an executable, read it, and change a byte of it: that very page must differ."""
    kinds = tuple(dict.fromkeys(source.ConsumeIntListInRange(source.ConsumeIntInRange(1, 4), 1, 4)))
    texts = [source.ConsumeUnicodeNoSurrogates(20).replace("\0", "") for _ in range(2)]
    made = dataclasses.replace(
        CODE,
        identifier=texts[0],
        team=texts[1],
        cpu=source.PickValueInList([_signing.ARM64, _signing.ARMV7, _signing.ARM64_32]),
        minimum=source.ConsumeIntInRange(0, 2**32 - 1),
        cryptid=source.ConsumeIntInRange(0, 1),
        kinds=kinds,
        flags=source.ConsumeIntInRange(0, 2**32 - 1),
        page_shift=source.ConsumeIntInRange(12, 14),
        text=bytes(source.ConsumeIntInRange(200, 9000)),
    )
    file = bytearray(_signing.make_executable(made))
    ((facts,), _) = check_code(bytes(file))
    assert facts.fault is None
    assert facts.commands.is_encrypted == bool(made.cryptid)
    assert [each.hash for each in facts.directories] == [HASHES[kind] for kind in kinds]
    assert {(each.identifier, each.team, each.flags) for each in facts.directories} == {(*texts, made.flags)}
    assert [each.broken_count for each in facts.directories] == [0] * len(kinds)
    assert (facts.signing.faults, facts.signing.unnamed) == ((), ())
    at = source.ConsumeIntInRange(150, len(file) - _signing.ROOM - 1)
    file[at] ^= 1
    ((facts,), _) = check_code(bytes(file))
    assert [each.broken for each in facts.directories] == [(at >> made.page_shift,)] * len(kinds)


def seal(data: bytes) -> None:
    """Check the reader of seals: a stream and a whole property list say the same, whatever blocks it comes in.

    Where the first byte is odd, the fields of the rest are the names of files, of which a sound seal is made, and
    patterns, which are applied to them.
    """
    if not data:
        return
    if data[0] % 2:
        check_rules(data[0], [normalize("NFC", name) for name in as_text(data[1:]).split(SEPARATOR)])
        return
    file = data[1:]
    found = read_blocks(file, len(file) or 1)
    assert same_seal(read_blocks(file, 7), found)
    value = read_plist(file).value
    if value is not None and not isinstance(found, str) and not file.startswith(b"bplist"):
        try:
            binary = plistlib.dumps(value, fmt=plistlib.FMT_BINARY, sort_keys=False)
        except (TypeError, ValueError, OverflowError, UnicodeError):  # lone surrogates, keys that are none
            return
        assert same_seal(read_blocks(binary, len(binary)), found)


def read_blocks(file: bytes, step: int) -> Any:
    """Read a seal in blocks; give what was found, or why it is not one."""
    try:
        return read_seal(lambda: [file[at : at + step] for at in range(0, len(file), step)])
    except NotASeal as error:
        return type(error).__name__


def same_seal(one: Any, other: Any) -> bool:
    """Compare seals, in which a weight may be NaN."""
    return repr(one) == repr(other)


def check_rules(weights: int, names: list[str]) -> None:
    """Check names against a sound seal of them, and against rules whose patterns they are."""
    files = dict.fromkeys(names, b"x")
    with suppress(ValueError, UnicodeError, *NotASeal):  # what XML cannot hold
        made = _signing.make_seal(files)
        sound = read_seal(lambda: [made])
        if {*sound.rows} | {"Info.plist", "PkgInfo"} >= {*files}:
            held = hold_seal(sound, names, None)
            assert (held.missing, held.added, held.undecided) == ((), (), ())
    given = [SealRule(name, weights >> number % 8 & 1, bool(number % 3)) for number, name in enumerate(names)]
    judge = SealRules(given)
    for name in names:
        found = judge.includes(name)
        decided = [rule for rule in given if rule.pattern not in judge.unknown and fits(rule.pattern, name)]
        best = max(decided, key=lambda rule: (rule.weight, rule.omits), default=SealRule("", omits=True))
        maybe = [rule for rule in given if rule.pattern in judge.unknown]
        if found is not None and not never_sealed(name) and name not in {"Info.plist", "PkgInfo"}:
            assert found == (not best.omits)
        assert found is not None or maybe


def fits(pattern: str, name: str) -> bool:
    """Search a name as regexec does, for which "$" is the end and nothing before it."""
    posix = re.sub(r"(\\.)|\$", lambda found: found[1] or r"\Z", pattern, flags=re.DOTALL)
    return re.search(posix, name, re.DOTALL) is not None


def log(data: bytes) -> None:
    """Check `explain_log`: the same of a text, a file and lines, true to itself, and with nothing personal in it.

    The first byte says where the rest stands: alone, or around what is personal, in a line of a log.
    """
    if not data:
        return
    part, text = LOG_PARTS[data[0] % len(LOG_PARTS)], as_text(data[1:])
    before, _, behind = text.partition(SEPARATOR)
    if part:
        before, behind = before.replace("\n", " "), behind.replace("\n", " ")
        text = part.format(before=before, behind=behind, udid=_devices.UDID, mail=seeds.MAIL, ip=seeds.ADDRESS)
    report = explain_log(text)
    lines = text.split("\n")
    lines = [*(f"{line}\n" for line in lines[:-1]), *filter(None, lines[-1:])]
    assert explain_log(io.StringIO(text, newline="\n")) == report
    assert explain_log(iter(lines)) == report
    check_problems(report.problems, failed=not report.ok)
    assert (report.lines, report.dropped) == (len(lines), 0)
    assert report.recognised <= report.lines
    assert all(problem.line is None or 1 <= problem.line <= report.lines for problem in report.problems)
    assert all(1 <= attempt.line <= attempt.last_line <= report.lines for attempt in report.attempts)
    ended = {attempt.outcome for attempt in report.attempts}
    assert not report.ok or (ended & {"installed", "delivered"} and "failed" not in ended)
    written = json.dumps(report.to_dict())
    assert LogReport.from_dict(json.loads(written)).to_dict() == report.to_dict()
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 -- its own
    assert not OBEYED.search(str(report))
    assert Elements(report._repr_html_()).tags <= {*REPORT_TAGS, "ol", "li"}
    if part and not any(start in before + behind for start in seeds.STARTS):
        shown = f"{report}{report.to_dict()}{report._repr_html_()}"
        assert not [start for start in seeds.STARTS if start in shown]


def ipa(data: bytes) -> None:
    """Check `read_ipa` and all that an `Ipa` does; `IPA_PARTS` says what an input is."""
    if not data:
        return
    part, content = IPA_PARTS[data[0] % len(IPA_PARTS)], data[1:]
    forms: dict[str, dict[str, Any]] = {
        "archive": {},
        "info": {"info": content},
        "profile": {"profile": content or None},
        "icon": {"icons": {"Icon@2x.png": content}, "info": {**_make_ipa.INFO, "CFBundleIconFile": "Icon"}},
        "name": {"name": as_text(content).encode("utf-8", "replace").decode().replace("\0", "0")},
        "padding": {},
    }
    try:
        archive = content if part == "archive" else _make_ipa.make_ipa(**forms[part])
    except (ValueError, UnicodeError, struct.error):
        return  # zipfile does not write such a name
    file = io.BytesIO(content + archive if part == "padding" else archive)
    try:
        found = read_ipa(file)
    except IpaError as error:
        check_problems(error.problems, failed=True)
        return
    assert found.bundle_identifier
    if found.profile is not None:
        check_profile(found.profile)
    repr(found)
    check_problems(found.problems(udid=_make_ipa.DEVICES[0], now=NOW))
    with suppress(IpaError):
        icon = found.icon_png()
        assert icon is None or icon.startswith(_make_png.SIGNATURE)
    checksums = Checksum.of_many(io.BytesIO(file.getvalue()), chunk_size=1000)
    described = found.manifest(url=BASE + IPA, checksums=checksums)
    assert found.compare(described, verify_hashes=True) == ()
    check_problems(described.problems())
    with suppress(ManifestError):
        written = Manifest.from_plist(described.to_plist())
        assert same(plist_of(written), plist_of(described))
    assert file.tell() == 0


def png(data: bytes) -> None:
    """Check the converter of icons: of bytes as they come, with checksums put right, and of lines of pixels.

    The first byte says which; where the picture is sound, every pixel is compared with a slow, independent reader's.
    """
    if len(data) < 4:
        return
    form, width, height, rest = data[0], 1 + data[1] % 20, 1 + data[2] % 20, data[3:]
    if form % 4 == 0:
        convert(with_checksums(rest))
        return
    colour, interlaced = (6, 2)[form >> 2 & 1], bool(form >> 3 & 1)
    lines = lines_of(rest, width, height, channels=4 if colour == 6 else 3, interlaced=interlaced)
    packer = zlib.compressobj(wbits=-15)
    header = _make_png.header(width, height, colour=colour, interlaced=interlaced)
    chunks = [_make_png.CGBI, header, ("IDAT", packer.compress(lines) + packer.flush()), _make_png.IEND]
    plain = _make_png.decode(_make_png.write_chunks([header, ("IDAT", zlib.compress(lines)), _make_png.IEND]))
    converted = _make_png.decode(to_plain_png(_make_png.write_chunks(chunks)))
    assert converted.picture == [[straight(pixel) for pixel in row] for row in plain.picture]
    assert converted.interlaced == interlaced


def convert(image: bytes) -> None:
    """Convert what may be an icon."""
    with suppress(IpaError):
        converted = to_plain_png(image)
        assert to_plain_png(converted) == converted


def with_checksums(image: bytes) -> bytes:
    """Put the checksums of an image's chunks right, without which nothing behind them is reached."""
    fixed, at = bytearray(image), 8
    while at + 12 <= len(fixed):
        end = at + 8 + int.from_bytes(fixed[at : at + 4], "big")
        if end + 4 > len(fixed):
            break
        fixed[end : end + 4] = zlib.crc32(fixed[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(fixed)


def lines_of(samples: bytes, width: int, height: int, *, channels: int, interlaced: bool) -> bytes:
    """Make the lines of a picture, each with its filter, of bytes that are used over and over."""
    places = [[(x, y) for x in range(width)] for y in range(height)]
    passes = [places]
    if interlaced:
        passes = [
            [
                row
                for row in (
                    [cell for cell in row if _make_png.ADAM7[cell[1] % 8][cell[0] % 8] == number] for row in places
                )
                if row
            ]
            for number in "1234567"
        ]
    source = itertools.cycle(samples or b"\0")
    return b"".join(
        bytes([next(source) % 5, *itertools.islice(source, channels * len(row))]) for rows in passes for row in rows
    )


def straight(pixel: tuple[int, ...]) -> tuple[int, ...]:
    """Turn a pixel of BGR, or BGRA multiplied by its alpha, into a plain one."""
    blue, green, red, *alpha = pixel
    if not alpha or alpha[0] == 0:
        return (red, green, blue, *alpha)
    return (*(min(255, (255 * part + alpha[0] // 2) // alpha[0]) for part in (red, green, blue)), *alpha)


def checksum(data: bytes) -> None:
    """Check `Checksum`: against hashlib, against a file that was changed, and with digests that are none."""
    if len(data) < 2:
        return
    algorithm, chunk_size, content = ("md5", "sha256")[data[0] % 2], data[1] % 9 or None, data[2:]
    found = Checksum.of(io.BytesIO(content), algorithm=algorithm, chunk_size=chunk_size)  # type: ignore[arg-type]
    step = chunk_size or len(content) or 1
    chunks = [content[at : at + step] for at in range(0, len(content), step)] or [b""]
    assert [*found.digests] == [hashlib.new(algorithm, chunk).hexdigest() for chunk in chunks]
    assert found.mismatches(io.BytesIO(content)) == ()
    if content:
        at = data[0] % len(content)
        changed = bytearray(content)
        changed[at] ^= 1
        assert found.mismatches(io.BytesIO(changed)) == (at // step,)
    digests = as_text(content).split(SEPARATOR)
    length = {"md5": 32, "sha256": 64}[algorithm]
    sound = all(re.fullmatch("[0-9a-fA-F]+", digest) and len(digest) == length for digest in digests)
    try:
        given = Checksum(algorithm, tuple(digests), chunk_size)  # type: ignore[arg-type]
    except ManifestError:
        assert not (sound and (chunk_size or len(digests) == 1))
        return
    assert sound
    asset = Asset(kind="software-package", url=BASE + IPA, checksums=(given,))
    described = Manifest(items=(Item(assets=(asset,), metadata=Metadata(bundle_identifier="a.b", title="A")),))
    assert Manifest.from_plist(described.to_plist()).items[0].assets == (asset,)


# Targets: servers, and pages for people.


def http(data: bytes) -> None:
    """Check what is made of the bytes of a server, one connection after the other."""
    most = 1000
    network = Wire(data.split(SEPARATOR.encode()))
    try:
        for method in ("GET", "GET", "HEAD"):
            try:
                response = network(method, MANIFEST_URL, HEADERS, 5.0, most)
            except FetchError as error:
                check_problems(error.problems, failed=True)
                continue
            check_response(response, method, most)
        with suppress(FetchError):
            for _, response in follow_redirects(network, MANIFEST_URL, HEADERS, Limits(5.0, 5.0), most):
                check_response(response, "GET", most)
    finally:
        network.close()


def check_response(response: Response, method: str, most: int) -> None:
    """Check an answer that was taken for one."""
    assert 200 <= response.status <= 999
    assert len(response.body) <= most
    assert all(name == name.lower() for name in response.headers)
    length = response.headers.get("content-length")
    if method == "HEAD":
        assert response.body == b""
    elif length is not None and "transfer-encoding" not in response.headers and response.status not in {204, 304}:
        assert len(response.body) == min(int(length), most)


def responses(data: bytes) -> list[Response | None]:
    """Read answers: a line of status, headers, an empty line, the body; None stands for a server that is not there."""
    found: list[Response | None] = []
    for piece in data.split(SEPARATOR.encode()):
        head, _, body = piece.partition(b"\n\n")
        status, *headers = head.decode("utf-8", "replace").split("\n")
        given = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in headers)}
        number = int(status) if re.fullmatch("[1-9][0-9]{2}", status) else 200
        found.append(None if status == "gone" else Response(number, given, body, GOOD_TLS, "8.8.8.8:443"))
    return found


def cut(response: Response | None, max_bytes: int) -> Response:
    """Answer, or fail as a fetch does."""
    if response is None:
        raise FetchError([Problem("", "refused", "No server listens there.")])
    return Response(response.status, response.headers, response.body[:max_bytes], response.tls, response.address)


def remote(data: bytes) -> None:
    """Check a file that is read by ranges, from a server that answers anything."""
    answers = itertools.cycle(responses(data))

    def fetch(_method: str, _url: str, _headers: Mapping[str, str], _timeout: float, max_bytes: int, /) -> Response:
        return cut(next(answers), max_bytes)

    with suppress(FetchError), open_url(BASE + IPA, max_seconds=5.0, max_bytes=1 << 20, fetch=fetch) as file:
        assert file.size >= 0
        start = file.read(10)
        assert len(start) == min(10, file.size)
        file.seek(-min(5, file.size), io.SEEK_END)
        assert len(file.read()) == min(5, file.size)
        file.seek(0)
        with suppress(IpaError):
            read_ipa(file)
        file.seek(0)
        assert file.read(10) == start


HEALTHY = Deployment.healthy()
SLOTS = {
    ("GET", "/manifest.plist"): 0,
    ("HEAD", IPA): 1,
    ("GET", IPA): 2,
    ("GET", ICON): 3,
    ("GET", BIG_ICON): 4,
}


def check(data: bytes) -> None:
    """Check `check`: the first byte holds options, then come a target and answers, in the order of `SLOTS`.

    Where an answer is "-" or missing, that of the healthy deployment comes.
    """
    if not data:
        return
    options, (target, *answers) = data[0], data[1:].split(SEPARATOR.encode())
    HEALTHY.requests.clear()
    given = dict(enumerate(answers))

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        answer = given.get(SLOTS.get((method, address(url).target), 5), b"-")
        if answer == b"-":
            return HEALTHY.fetch(method, url, headers, timeout, max_bytes)
        (response,) = responses(answer)
        return cut(response, max_bytes)

    aim: Any = (as_text(target), MANIFEST_URL, PREFIX + MANIFEST_URL, healthy_manifest())[options % 4]
    report = check_target(
        aim,
        udid=_make_ipa.DEVICES[0] if options & 4 else None,
        verify_hashes=bool(options & 8),
        now=NOW,
        max_seconds=5.0,
        fetch=fetch,
    )
    check_problems(report.problems, failed=not report.ok)
    assert report.ok or not report.next_steps
    levels = [problem.level for problem in report.problems]
    assert levels == sorted(levels)
    str(report)
    json.dumps(report.to_dict())
    assert Elements(report._repr_html_()).tags <= {*REPORT_TAGS, "ul", "ol", "li"}


def hosting(data: bytes) -> None:
    """Check what is known of clouds: until when a URL holds, and which page came in place of a file."""
    asked, came_from, body = (*as_text(data).split(SEPARATOR, 2), "", "")[:3]
    for url in (asked, f"{BASE}{IPA}?{asked}"):
        end = expiry(url)
        assert end is None or end.utcoffset() == dt.timedelta(0)
    code, message = page_in_place(asked, came_from, body.encode("utf-8", "surrogateescape"))
    assert code in {"share-page", "login-page", "web-page"}
    assert message


PAGE_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "section",
        "article",
        "div",
        "h1",
        "h2",
        "p",
        "ol",
        "ul",
    ),
    *(
        "nav",
        "h3",
        "details",
        "summary",
        "li",
        "span",
        "bdi",
        "strong",
        "code",
        "wbr",
        "time",
        "a",
        "img",
        "figure",
        "figcaption",
    ),
}
PAGE_ATTRIBUTES = {
    *("lang", "dir", "charset", "http-equiv", "content", "name", "class", "id", "role", "aria-labelledby"),
    *("aria-label", "aria-hidden", "href", "src", "alt", "width", "height", "datetime"),
}


def page(data: bytes) -> None:
    """Check that no value breaks out of its place in an install page."""
    fields = [field or None for field in as_text(data).split(SEPARATOR)[:11]]
    title, version, notes, minimum, icon, page_url, qr, user_agent, language, name, sentence = (*fields, *[None] * 11)[
        :11
    ]
    try:
        app = App(
            title=title or "",
            link=InstallLink(MANIFEST_URL),
            version=version,
            notes=notes,
            minimum_os_version=minimum,
            icon=icon,
            size=len(data) ** 3,
            date=NOW.date(),
            expires=NOW,
            profile_kind="enterprise",
            bundle_identifier=minimum,
        )
        page = install_page(
            [app, dataclasses.replace(app, group=name, bundle_identifier=icon)][: 1 + len(data) % 2],
            user_agent=user_agent,
            language="auto" if len(data) % 3 else language or "en",
            accept_language=language,
            page_url=page_url,
            qr=qr,
            texts={[*TEXTS][len(name) % len(TEXTS)]: sentence or ""} if name else None,
            now=NOW,
        )
    except (LinkError, TypeError, ValueError):
        return
    page.encode()
    found = Elements(page).elements
    found.remove(("link", {"rel": "icon", "href": "data:,"}))
    assert {tag for tag, _ in found} <= PAGE_TAGS
    for tag, attributes in found:
        assert attributes.keys() <= PAGE_ATTRIBUTES
        for key in ("href", "src"):
            address = (attributes.get(key) or "https:").strip()
            assert tag == "a" or re.match(r"(?i)https:|data:image/|(?!//)(?![a-z][a-z0-9+.-]*:)", address)
    links = [attributes["href"] for tag, attributes in found if tag == "a"]
    # Of the page itself are the links to its groups.
    assert [link for link in links if link not in {"#all", "#group-1"}] == [str(app.link)] * (1 + len(data) % 2)


BROWSERS = {*(rule.name for rule in USER_AGENT_RULES), "an app", "a browser", "a robot", "Safari", "Chrome"}


def user_agent(data: bytes) -> None:
    """Check `identify`: an answer of known words, whatever the letters' case."""
    text = as_text(data)
    found = browsers.identify(text)
    assert found.name in BROWSERS
    assert found.platform in {"iOS", "macOS", "Android", "Windows", "Linux", "other"}
    assert found.can_install in {True, False, None}
    assert found.advice
    if text.isascii():
        assert browsers.identify(text.swapcase()) == found


# What a terminal obeys, or what makes it show other text than there is.
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def terminal(data: bytes) -> None:
    """Check that what is shown on a terminal holds nothing that it obeys."""
    text = as_text(data)
    problem = Problem(text, "missing", text)
    shown = [problem, ItmsError([problem]), inspect_link(text), inspect_manifest(text.encode("utf-8", "replace"))]
    shown += find_links(text)
    try:
        described = healthy_manifest(title=text, bundle_version=text, url=text)
    except ManifestError as error:  # a user name, a placeholder
        shown.append(error)
    else:
        shown.append(ManifestReport(described, "manifest", described.problems()))
    for one in shown:
        assert not OBEYED.search(str(one)), type(one).__name__


class Target(NamedTuple):
    """What is fuzzed, where it begins, the words that help, and how long an input may be."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    dictionary: str | None
    longest: int


TARGETS = {
    target.run.__name__: target
    for target in (
        Target(link, seeds.links, "link", 2048),
        Target(links, seeds.links, "link", 4096),
        Target(build_link, seeds.urls, "link", 1024),
        Target(urls, seeds.urls, "link", 1024),
        Target(secrets, lambda: (bytes([number % 16]) + seed for number, seed in enumerate(seeds.urls())), "link", 512),
        Target(manifest, seeds.manifests, "plist", 16384),
        Target(rewrite, seeds.manifests, "plist", 16384),
        Target(plist_paths, seeds.plist_paths, "plist", 2048),
        Target(plist_binary, seeds.binary_plists, None, 8192),
        Target(plist_write, seeds.bytes_of_chance, None, 1024),
        Target(glance, seeds.glances, "plist", 1024),
        Target(profile, seeds.profiles, "plist", 8192),
        Target(signed, seeds.signed, None, 8192),
        Target(der, seeds.ders, None, 4096),
        Target(device, seeds.devices, "plist", 8192),
        Target(ipa, seeds.ipas, "plist", 8192),
        Target(signature, seeds.signatures, "plist", 32768),
        Target(code, seeds.codes, None, 32768),
        Target(seal, seeds.seals, "plist", 8192),
        Target(log, seeds.logs, "log", 4096),
        Target(png, seeds.pngs, None, 4096),
        Target(checksum, seeds.checksums, None, 1024),
        Target(http, seeds.http, "http", 16384),
        Target(remote, seeds.answers, "http", 65536),
        Target(check, seeds.checks, "http", 16384),
        Target(hosting, seeds.hosting, "http", 2048),
        Target(page, seeds.pages, "link", 2048),
        Target(user_agent, lambda: seeds.user_agents(rule.word for rule in USER_AGENT_RULES), None, 1024),
        Target(terminal, seeds.texts, "link", 1024),
    )
}


def write_seeds(folder: Path, target: Target) -> None:
    """Write the seeds of a target into a folder, each once."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        if len(seed) <= target.longest:
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def keeping_faults(target: Target, folder: Path) -> Callable[[bytes], None]:
    """Return a target that notes faults and goes on: for each place in the code the shortest input that leads there."""
    folder.mkdir(parents=True, exist_ok=True)
    shortest: dict[str, int] = {}

    def run(data: bytes) -> None:
        try:
            target.run(data)
        except Exception as error:  # noqa: BLE001 -- whatever comes out is a fault
            frames = [
                frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(ROOT))
            ]
            place = f"{type(error).__name__}-{Path(frames[-1].filename).stem}-{frames[-1].lineno}"
            if isinstance(error, AssertionError) and error.args:
                place += f"-{error}"
            if len(data) < shortest.get(place, sys.maxsize):
                shortest[place] = len(data)
                (folder / place).write_bytes(data)
                report = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
                (folder / f"{place}.txt").write_text(report, "utf-8", "backslashreplace")

    return run


def main(arguments: list[str]) -> None:
    """Run what the command line asks for."""
    command, *rest = arguments or [""]
    if command == "--list":
        print("\n".join(TARGETS))
    elif command == "--seeds" and rest:
        for name in rest[1:] or TARGETS:
            write_seeds(Path(rest[0], name), TARGETS[name])
    elif command in TARGETS:
        warnings.simplefilter("error")
        target = TARGETS[command]
        run = target.run
        for argument in rest:
            if argument.startswith("--faults="):
                run = keeping_faults(target, Path(argument.partition("=")[2]))
        given = [argument for argument in rest if not argument.startswith("--faults=")]
        options = ["-rss_limit_mb=512", "-timeout=5"]
        if not any(Path(argument).is_file() for argument in given):  # which would be cut
            options.append(f"-max_len={target.longest}")
        if target.dictionary:
            options.append(f"-dict={Path(__file__).with_name(target.dictionary)}.dict")
        atheris.Setup([sys.argv[0], *options, *given], run)
        atheris.Fuzz()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
