"""Provisioning profiles: which devices may install an app, and until when (Apple, TN3125)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, TypeVar

from ._arguments import check_bytes, check_type
from ._asn1 import Asn1Error, Certificate, read_certificate, signed_content
from ._magic import what_is
from ._plist import WHITE_SPACE, PlistError, loads
from ._redact import repr_of_fields
from ._shapes import TEXT, TIME, Maybe, Record
from ._wording import SHOWN, moment
from .errors import IpaError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ._plist import PlistValue
    from .errors import Code

__all__ = ["Certificate", "Kind", "ProvisioningProfile", "is_udid"]

_T = TypeVar("_T")

Certificate.__module__ = __name__  # as users import it

Kind = Literal["enterprise", "ad-hoc", "development", "app-store"]
"""How an app may be distributed."""

LISTS_DEVICES: frozenset[Kind] = frozenset({"ad-hoc", "development"})
"""The kinds that allow the listed devices alone."""

SOON = timedelta(days=14)
"""How long before its end a profile or a certificate is reported by default: enough time to renew it."""

# The keys that `from_bytes` reads, and the type of each.
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

# Of what begins otherwise, the kind of file says more than what is wrong with its property list.
_MEANT_AS_PLIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!DOCTYPE plist|plist)|bplist")

# On macOS it is named in full (Apple, TN3125).
_IDENTIFIERS = ("application-identifier", "com.apple.application-identifier")

CERTIFICATE_SHAPE = Record(
    Certificate,
    {
        "subject": Maybe(SHOWN),
        "team": Maybe(SHOWN),
        "serial": Maybe(TEXT),
        "sha1": TEXT,
        "not_before": Maybe(TIME),
        "not_after": Maybe(TIME),
    },
)
"""How a certificate travels in reports."""

LARGEST_PROFILE = 1024 * 1024
"""Real profiles have some ten kilobytes; with hundreds of devices and certificates, a few hundred."""


UDID_FORM = "A UDID has 40 hexadecimal digits, or 8 and 16 with a dash between. Copy it from the Finder or Xcode."
"""The cure of what is not one."""


def is_udid(text: str) -> bool:
    """Check that `text` has the form of a UDID: 40 hexadecimal digits, or 8 and 16 with or without a dash between.

    >>> is_udid("00008020-000D68E42203002E"), is_udid("C39XXXXXKPF4")
    (True, False)
    """
    check_type("text", text, str)
    return re.fullmatch("[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{16}", text.strip(WHITE_SPACE)) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningProfile:
    """The content of an ``embedded.mobileprovision``.

    A value that the profile does not have, or has in another type than Apple's, is None or empty.
    `created` and `expires` are timezone-aware, in UTC. `devices` are UDIDs as written. `certificates`
    are those that an app may be signed with, in the order of the profile. `extra` contains every other
    key of the profile, and those of an unexpected type; the certificates stand there too, as they are.
    A UDID identifies a person's device, so the repr shows none.

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
    devices: tuple[str, ...] = field(default=(), repr=False)
    platforms: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    entitlements: Mapping[str, PlistValue] = field(default_factory=dict[str, "PlistValue"], hash=False, repr=False)
    extra: Mapping[str, PlistValue] = field(default_factory=dict[str, "PlistValue"], hash=False, repr=False)

    __repr__ = repr_of_fields

    @classmethod
    def from_bytes(cls, data: bytes) -> ProvisioningProfile:
        """Read a profile: a property list in a CMS message (RFC 5652, DER or BER), or a bare plist.

        **The signature is not verified**: what is read here is what the file claims. Whether Apple
        issued the profile is for the device to decide.

        Raises IpaError for anything else; it says what is wrong.

        >>> from plistlib import dumps
        >>> profile = ProvisioningProfile.from_bytes(dumps({"Name": "Staff", "ProvisionsAllDevices": True}))
        >>> profile.name, profile.kind
        ('Staff', 'enterprise')
        """
        data = check_bytes("data", data)
        if len(data) > LARGEST_PROFILE:
            raise _refusal(f"it has more than {LARGEST_PROFILE:,} bytes, and longer ones are not read")
        is_signed = data[:1] == b"\x30"
        try:
            content = loads(signed_content(data) if is_signed else data)
        except Asn1Error as error:
            raise _refusal(f"it is not a complete CMS message with signed content: {error}") from error
        except PlistError as error:
            if not is_signed and not _MEANT_AS_PLIST.match(data):
                raise _other_file(what_is(data)) from error
            raise _refusal(f"its content is not a valid property list ({error.reason})") from error
        if not isinstance(content, dict):
            raise _refusal(f"its property list is a {type(content).__name__}, not a dictionary")
        if _KEYS.keys().isdisjoint(content):
            if "items" in content:
                raise _other_file("a manifest")
            raise _refusal("its property list has none of a profile's keys, such as 'UUID' or 'Entitlements'")
        entitlements = content.get("Entitlements")
        if not isinstance(entitlements, dict):
            entitlements = {}
        return cls(
            kind=_kind(content, entitlements),
            name=_text(content.get("Name")),
            uuid=_text(content.get("UUID")),
            team_name=_text(content.get("TeamName")),
            team_identifiers=_items(content.get("TeamIdentifier"), str),
            application_identifier=next(
                (value for key in _IDENTIFIERS if isinstance(value := entitlements.get(key), str)), None
            ),
            created=_date(content.get("CreationDate")),
            expires=_date(content.get("ExpirationDate")),
            devices=_items(content.get("ProvisionedDevices"), str),
            platforms=_items(content.get("Platform"), str),
            certificates=tuple(map(read_certificate, _items(content.get("DeveloperCertificates"), bytes))),
            entitlements=entitlements,
            extra={key: value for key, value in content.items() if not _is_understood(key, value)},
        )

    @property
    def works_until(self) -> datetime | None:
        """Until when apps open that are signed with the profile: its end, or that of its last certificate before.

        Where one of the certificates cannot be read, it is the end of the profile. None if that is not known.

        >>> from datetime import datetime, timedelta, timezone
        >>> end = datetime(2027, 5, 1, tzinfo=timezone.utc)
        >>> last = Certificate(sha1="b2" * 20, not_after=end)
        >>> ProvisioningProfile(kind="ad-hoc", expires=end + timedelta(days=60), certificates=(last,)).works_until
        datetime.datetime(2027, 5, 1, 0, 0, tzinfo=datetime.timezone.utc)
        """
        return min(filter(None, (self.expires, _last_end(self.certificates))), default=None)

    def allows_device(self, udid: str) -> bool:
        """Check that the profile lets an app run on the device with this UDID, whatever its case and dashes.

        An enterprise profile allows any device. An App Store profile allows none: it works in the
        App Store alone.

        >>> listed = ProvisioningProfile(kind="ad-hoc", devices=("00008020-000D68E42203002E",))
        >>> listed.allows_device("00008020000d68e42203002e")
        True
        """
        check_type("udid", udid, str)
        if self.kind in LISTS_DEVICES:
            return plain_udid(udid) in map(plain_udid, self.devices)
        return self.kind == "enterprise"

    def covers(self, bundle_identifier: str) -> bool:
        """Check that the profile's application identifier, ``PREFIX.com.example.app``, is for this app.

        An identifier that ends in ``*`` is for every app whose identifier begins with the rest.

        >>> wildcard = ProvisioningProfile(kind="ad-hoc", application_identifier="A1B2C3D4E5.com.example.*")
        >>> wildcard.covers("com.example.app"), wildcard.covers("com.example")
        (True, False)
        """
        check_type("bundle_identifier", bundle_identifier, str)
        pattern = (self.application_identifier or "").partition(".")[2]
        if pattern.endswith("*"):
            return bundle_identifier.startswith(pattern[:-1]) and len(bundle_identifier) >= len(pattern)
        return bundle_identifier == pattern != ""


def _last_end(certificates: Iterable[Certificate]) -> datetime | None:
    """Return when the last of the certificates ends: None where there is none, or one of them cannot be read."""
    ends = [certificate.not_after for certificate in certificates]
    return max((end for end in ends if end), default=None) if all(ends) else None


def _other_file(what: str) -> IpaError:
    cure = "Take the .mobileprovision file, as Apple's developer website and Xcode save it."
    return _refusal(f"it is {what}", f"A device refuses an app with it. {cure}")


def _refusal(reason: str, effect: str = "A device refuses the app. Sign it again.") -> IpaError:
    message = f"This is not a valid provisioning profile: {reason}. {effect}"
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


def _items(value: PlistValue | None, kind: type[_T]) -> tuple[_T, ...]:
    """Return what an array has of one type; nothing where it is not an array."""
    return tuple(item for item in value if isinstance(item, kind)) if isinstance(value, list) else ()


def _date(value: PlistValue | None) -> datetime | None:
    return value.replace(tzinfo=timezone.utc) if isinstance(value, datetime) else None


def plain_udid(udid: str) -> str:
    """Return what UDIDs of the same device have in common, however they are written."""
    return udid.strip(WHITE_SPACE).replace("-", "").lower()


CERTIFICATE_ENDS: tuple[Code, Code] = ("certificate-expired", "certificate-expires-soon")


def end_problems(
    path: str, end: datetime | None, now: datetime, soon: timedelta, *, what: str, codes: tuple[Code, Code], cure: str
) -> Iterator[Problem]:
    """Check when that ends without which an app neither installs nor opens; `soon` is what counts as that."""
    if end is None or end - now > soon:
        return
    expired, expires_soon = codes
    if end <= now:
        message = f"The {what} expired on {moment(end)}: devices refuse to install the app or to open it. {cure}"
        yield Problem(path, expired, message)
    else:
        message = f"The {what} expires on {moment(end)}: from then on the app neither installs nor opens. {cure}"
        yield Problem(path, expires_soon, message, "warning")


def expiry_problems(place: str, profile: ProvisioningProfile, now: datetime, soon: timedelta) -> Iterator[Problem]:
    """Check when a profile ends; `place` is where it is."""
    return end_problems(
        f"{place} ExpirationDate",
        profile.expires,
        now,
        soon,
        what="profile",
        codes=("profile-expired", "profile-expires-soon"),
        cure="Sign it with a new profile.",
    )
