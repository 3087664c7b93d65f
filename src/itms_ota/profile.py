"""Provisioning profiles: who may install an app, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal, NamedTuple

from ._plist import PlistError, loads
from .errors import IpaError, Problem, check_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._plist import PlistValue

Kind = Literal["enterprise", "ad-hoc", "development", "app-store"]

# What from_bytes understands, and the type each key has.
_KEYS: Mapping[str, type] = {
    "Name": str,
    "UUID": str,
    "TeamName": str,
    "TeamIdentifier": list,
    "CreationDate": datetime,
    "ExpirationDate": datetime,
    "ProvisionedDevices": list,
    "ProvisionsAllDevices": bool,
    "Platform": list,
    "Entitlements": dict,
}

# Real profiles have some ten kilobytes, with hundreds of devices and certificates a few hundred.
LARGEST_PROFILE = 1024 * 1024


def is_udid(text: str) -> bool:
    """Whether `text` has the shape of a UDID: 40 hexadecimal digits, or 8 and 16 with a dash between them or none.

    >>> is_udid("00008020-000D68E42203002E"), is_udid("C39XXXXXKPF4")
    (True, False)
    """
    check_type("text", text, str)
    return re.fullmatch(r"\s*(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{16})\s*", text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningProfile:
    """What an ``embedded.mobileprovision`` says.

    A value that the profile does not have, or has in another type than Apple's, is None or empty.
    `created` and `expires` are aware, in UTC. `devices` are UDIDs as written. `extra` holds every
    other key of the profile, and those of an unexpected type.

    `kind` says how the app may be distributed: ``"enterprise"`` (in-house, any device),
    ``"ad-hoc"`` and ``"development"`` (the listed devices; development also needs Developer Mode
    since iOS 16), ``"app-store"`` (never over the air).
    """

    kind: Kind
    name: str | None = None
    uuid: str | None = None
    team_name: str | None = None
    team_identifiers: tuple[str, ...] = ()
    application_identifier: str | None = None
    created: datetime | None = None
    expires: datetime | None = None
    devices: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    entitlements: Mapping[str, PlistValue] = field(default_factory=dict[str, "PlistValue"], hash=False, repr=False)
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, "PlistValue"], hash=False, repr=False)

    @classmethod
    def from_bytes(cls, data: bytes) -> ProvisioningProfile:
        """Read a profile: a plist in a CMS message (RFC 5652, DER or BER), or a bare plist.

        **The signature is not verified**: what is read here is what the file claims. Whether Apple
        issued the profile is for the device to decide.

        `IpaError` says why the content is no profile.

        >>> from plistlib import dumps
        >>> profile = ProvisioningProfile.from_bytes(dumps({"Name": "Staff", "ProvisionsAllDevices": True}))
        >>> profile.name, profile.kind
        ('Staff', 'enterprise')
        """
        check_type("data", data, bytes, bytearray, memoryview)
        data = bytes(data)
        if len(data) > LARGEST_PROFILE:
            raise _refusal(f"it has {len(data)} bytes, and more than {LARGEST_PROFILE} are not read")
        try:
            content = loads(_signed_content(data) if data[:1] == b"\x30" else data)
        except PlistError as error:
            raise _refusal(f"its content is no property list: {error}") from error
        if not isinstance(content, dict):
            raise _refusal(f"its property list is a {type(content).__name__}, not a dictionary")
        if _KEYS.keys().isdisjoint(content):
            raise _refusal("its property list has none of a profile's keys, such as 'UUID' or 'Entitlements'")
        entitlements = content.get("Entitlements")
        if not isinstance(entitlements, dict):
            entitlements = {}
        return cls(
            kind=_kind(content, entitlements),
            name=_text(content.get("Name")),
            uuid=_text(content.get("UUID")),
            team_name=_text(content.get("TeamName")),
            team_identifiers=_texts(content.get("TeamIdentifier")),
            application_identifier=_text(entitlements.get("application-identifier")),
            created=_date(content.get("CreationDate")),
            expires=_date(content.get("ExpirationDate")),
            devices=_texts(content.get("ProvisionedDevices")),
            platforms=_texts(content.get("Platform")),
            entitlements=entitlements,
            extra={key: value for key, value in content.items() if not _is_understood(key, value)},
        )

    def allows_device(self, udid: str) -> bool:
        """Whether the profile lets an app run on the device with this UDID, whatever its case and dashes.

        An enterprise profile allows any device; an App Store profile none, since it is of no use
        outside the App Store.

        >>> listed = ProvisioningProfile(kind="ad-hoc", devices=("00008020-000D68E42203002E",))
        >>> listed.allows_device("00008020000d68e42203002e")
        True
        """
        check_type("udid", udid, str)
        if self.kind in ("ad-hoc", "development"):
            return _plain_udid(udid) in map(_plain_udid, self.devices)
        return self.kind == "enterprise"

    def covers(self, bundle_identifier: str) -> bool:
        """Whether the profile's application identifier, ``PREFIX.com.example.app``, is for this app.

        An identifier that ends in ``*`` is for every app whose identifier goes on from there.

        >>> wildcard = ProvisioningProfile(kind="ad-hoc", application_identifier="A1B2C3D4E5.com.example.*")
        >>> wildcard.covers("com.example.app"), wildcard.covers("com.example")
        (True, False)
        """
        check_type("bundle_identifier", bundle_identifier, str)
        pattern = (self.application_identifier or "").partition(".")[2]
        if pattern.endswith("*"):
            return bundle_identifier.startswith(pattern[:-1]) and len(bundle_identifier) >= len(pattern)
        return bundle_identifier == pattern != ""


def _refusal(reason: str) -> IpaError:
    message = f"This is no provisioning profile: {reason}. A device would refuse the app; sign it again."
    return IpaError([Problem("", "not-a-profile", message)])


def _kind(content: Mapping[str, PlistValue], entitlements: Mapping[str, PlistValue]) -> Kind:
    if content.get("ProvisionsAllDevices") is True:
        return "enterprise"
    if not isinstance(content.get("ProvisionedDevices"), list):
        return "app-store"
    return "development" if entitlements.get("get-task-allow") is True else "ad-hoc"


def _is_understood(key: str, value: PlistValue) -> bool:
    if isinstance(value, list):
        return _KEYS.get(key) is list and all(isinstance(item, str) for item in value)
    return key in _KEYS and isinstance(value, _KEYS[key])


def _text(value: PlistValue | None) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: PlistValue | None) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _date(value: PlistValue | None) -> datetime | None:
    return value.replace(tzinfo=timezone.utc) if isinstance(value, datetime) else None


def _plain_udid(udid: str) -> str:
    return udid.strip().replace("-", "").lower()


# The CMS message, walked as far as its content. RFC 5652, 3 and 5.1, with the lengths and the split strings of
# BER (X.690, 8.1.3 and 8.7), which some signing tools write:
#   ContentInfo ::= SEQUENCE { contentType OID, [0] SignedData }
#   SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET, encapContentInfo, … }
#   EncapsulatedContentInfo ::= SEQUENCE { eContentType OID, [0] OCTET STRING }

_END_OF_CONTENTS = 0x00
_OCTET_STRING = 0x04
_OBJECT_IDENTIFIER = 0x06
_LONG_TAG = 0x1F
_CONSTRUCTED = 0x20
_SEQUENCE = 0x30
_EXPLICIT = 0xA0
_INDEFINITE = 0x80
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")

# RFC 5652 knows no strings within strings within strings; a writer that splits a string does it once.
_DEEPEST_STRING = 4


class _Element(NamedTuple):
    """A tag, and where its content starts and stops (at the latest, where the length is indefinite)."""

    tag: int
    start: int
    stop: int


def _signed_content(data: bytes) -> bytes:
    element = _first(data, _Element(_CONSTRUCTED, 0, len(data)), _SEQUENCE)
    content_type = _first(data, element, _OBJECT_IDENTIFIER)
    if data[content_type.start : content_type.stop] != _SIGNED_DATA:
        raise _refusal("it is a CMS message of another type than SignedData")
    for tag in (_EXPLICIT, _SEQUENCE, _SEQUENCE, _EXPLICIT):
        element = _first(data, element, tag)
    return _string(data, next(_elements(data, element), element), _DEEPEST_STRING)


def _first(data: bytes, parent: _Element, tag: int) -> _Element:
    for element in _elements(data, parent):
        if element.tag == tag:
            return element
    raise _refusal(f"it starts as a CMS message, but at byte {parent.start} an element 0x{tag:02x} is missing")


def _string(data: bytes, element: _Element, deepest: int) -> bytes:
    if element.tag == _OCTET_STRING:
        return data[element.start : element.stop]
    if element.tag != _OCTET_STRING | _CONSTRUCTED or not deepest:
        raise _refusal(f"its CMS message has no content where it should be, at byte {element.start}")
    return b"".join(_string(data, part, deepest - 1) for part in _elements(data, element))


def _elements(data: bytes, parent: _Element) -> Iterator[_Element]:
    # The end of an element of indefinite length is looked for only when the next one is asked for: so the way
    # down to the content passes over each byte once, however deep it lies.
    at = parent.start
    while at < parent.stop:
        tag, start, stop = _header(data, at, parent.stop)
        if tag == _END_OF_CONTENTS:
            return
        yield _Element(tag, start, parent.stop if stop is None else stop)
        at = _end(data, start, parent.stop) if stop is None else stop


def _end(data: bytes, at: int, limit: int) -> int:
    """Find the end of an element of indefinite length whose content starts at `at`."""
    unfinished = 1
    while unfinished:
        tag, start, stop = _header(data, at, limit)
        if stop is None:
            unfinished += 1
        elif tag == _END_OF_CONTENTS:
            unfinished -= 1
        at = start if stop is None else stop
    return at


def _header(data: bytes, at: int, limit: int) -> tuple[int, int, int | None]:
    """Read the tag at `at`, and where its content starts and stops: None where the length is indefinite."""
    if at + 2 > limit:
        raise _refusal(f"its CMS message breaks off at byte {at}")
    tag, length = data[at], data[at + 1]
    start = at + 2
    if tag & _LONG_TAG == _LONG_TAG or (length == _INDEFINITE and not tag & _CONSTRUCTED):
        raise _refusal(f"the bytes {data[at:start].hex()} at {at} start no element of a CMS message")
    if length == _INDEFINITE:
        return tag, start, None
    if length > _INDEFINITE:
        digits = length & 0x7F
        length = int.from_bytes(data[start : start + digits], "big")
        start += digits
    if start + length > limit:
        raise _refusal(f"the element at byte {at} of its CMS message is longer than what holds it")
    return tag, start, start + length
