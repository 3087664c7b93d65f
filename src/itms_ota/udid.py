"""The UDID of a device over the air: a profile that asks for it, and the answer that the device signs.

Whoever installs the profile lets the device send its UDID to your server, and nothing stays on the device. It is the
first step of Apple's "Over-the-Air Profile Delivery and Configuration".
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

from . import _urls
from ._arguments import check_bytes, check_each, check_type
from ._asn1 import IN_WORDS, apple_device_authority, apple_roots, verify
from ._plist import WHITE_SPACE, PlistError, dumps, loads, unwritable
from ._redact import repr_of_fields
from ._wording import kind_of, short
from .errors import DeviceError, Problem, printable
from .profile import UDID_FORM, is_udid, plain_udid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._asn1 import Fault, Purpose, Verification
    from ._plist import PlistValue
    from .errors import Code

__all__ = [
    "ATTRIBUTES",
    "PROFILE_CONTENT_TYPE",
    "Attribute",
    "Device",
    "device_profile",
    "devices_file",
    "read_device",
]

Attribute = Literal["UDID", "PRODUCT", "VERSION", "SERIAL", "OS_VERSION", "IMEI", "MEID", "LANGUAGE"]
"""What a profile can ask for, by the names that iOS has for it."""
# Of those in Apple's guide and on the web, iOS no longer answers ICCID, MAC_ADDRESS_EN0 and DEVICE_NAME (code of iOS 17
# and later that others have taken apart: profiled, MCMachineInfo).

ATTRIBUTES: tuple[Attribute, ...] = ("UDID", "PRODUCT", "VERSION", "SERIAL")
"""What `device_profile` asks for by default."""

PROFILE_CONTENT_TYPE = "application/x-apple-aspen-config"
"""The content type of the profile. Safari asks whether to download it, and shows other types as text."""

# Real answers have some 3,500 bytes, most of them certificates.
_LARGEST_ANSWER = 64 * 1024

_KEYS = {
    "identifier": "PayloadIdentifier",
    "organization": "PayloadOrganization",
    "display_name": "PayloadDisplayName",
    "description": "PayloadDescription",
}
_SIGNERS: tuple[Purpose, ...] = ("device",)
# The first say that the message is not as it was signed, the others that it is not known who signed it.
_CHANGED: Mapping[Fault, str] = {
    "content-type": "the message does not say that it signs data",
    "message-digest": "the content is not what was signed",
    "signature": "the signature does not fit the certificate of the signer",
}
_NOT_VERIFIED: Mapping[Fault, str] = {
    **IN_WORDS,
    "several-signers": "it has several signers, as no device writes",
    "foreign-root": "its certificates do not lead to Apple",
    "wrong-signer": "the certificate of the signer is Apple's, but not that of a device",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a device says of itself. A value that it did not send is None.

    - `udid`: as the device writes it, ``"00008110-000A1B2C3D4E801E"``
    - `product`: its type, ``"iPhone14,5"``
    - `version`: the build of its system, ``"23B85"``; `os_version` is what people call it, ``"26.1"``
    - `serial`, `imei`, `meid`: its other numbers
    - `language`: the first of its languages, ``"de-CH"``
    - `challenge`: that of the profile, as the device sent it back
    - `verified`: whether a device of Apple's signed the answer
    - `problems`: the reason why it is not verified, a warning

    The numbers identify a person's device, and the challenge is a secret of yours. So the repr shows none of them.
    """

    udid: str = field(repr=False)
    product: str | None = None
    version: str | None = None
    os_version: str | None = None
    serial: str | None = field(default=None, repr=False)
    imei: str | None = field(default=None, repr=False)
    meid: str | None = field(default=None, repr=False)
    language: str | None = None
    challenge: str | None = field(default=None, repr=False)
    verified: bool = False
    problems: tuple[Problem, ...] = ()

    __repr__ = repr_of_fields


def device_profile(
    url: str,
    *,
    identifier: str,
    organization: str,
    display_name: str,
    description: str | None = None,
    challenge: str | None = None,
    attributes: Iterable[Attribute] = ATTRIBUTES,
) -> bytes:
    """Write the profile (.mobileconfig) that asks a device for its UDID. Serve it as `PROFILE_CONTENT_TYPE`.

    - `url`: where the device posts its answer, over https
    - `identifier`: the profile's own, ``"com.example.register"``; one that is already there by this name is replaced
    - `organization`, `display_name`, `description`: what people read before they install it
    - `challenge`: any text, which the device signs together with its answer; see `read_device`
    - `attributes`: what is asked for. Ask for no more than you need: all of it is personal data

    Equal arguments give equal bytes. The profile is not signed, and devices say so; docs/udid.md shows how to sign it.

    Raises DeviceError for a URL to which no device would post, for a blank text, and for what XML cannot hold;
    ValueError for attributes that no device answers, or without the UDID; TypeError for wrong types.

    >>> made = device_profile(
    ...     "https://apps.example.com/answer",
    ...     identifier="com.example.register",
    ...     organization="Example Ltd",
    ...     display_name="Register this device",
    ... )
    >>> b"<string>Profile Service</string>" in made
    True
    """
    check_type("url", url, str)
    needed = {"identifier": identifier, "organization": organization, "display_name": display_name}
    texts = _given(needed, {"description": description, "challenge": challenge})
    url = _urls.normalise(url)
    content: dict[str, PlistValue] = {"URL": url, "DeviceAttributes": _asked(attributes)}
    if problems := [*_url_problems(url), *_text_problems(texts)]:
        raise DeviceError(problems)
    if challenge is not None:
        content["Challenge"] = challenge
    profile: dict[str, PlistValue] = {
        **{_KEYS[name]: text for name, text in texts.items() if name in _KEYS},
        "PayloadContent": content,
        "PayloadType": "Profile Service",
        # It must differ from that of other profiles, and need not be random: so the same question has the same bytes.
        # uuid5 takes no lone surrogates, and what XML cannot hold is found later.
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{identifier!a} {url}")).upper(),
        "PayloadVersion": 1,
    }
    try:
        return dumps(profile)
    except PlistError as error:
        raise DeviceError(error.problems) from error


def _url_problems(url: str) -> Iterator[Problem]:
    for problem in _urls.problems(url, "url"):
        # On the device itself nothing takes the answer.
        if _urls.refuses(problem) or problem.code == "loopback-host":
            yield replace(problem, level="error")


def _text_problems(texts: Mapping[str, str]) -> Iterator[Problem]:
    for name, text in texts.items():
        if not text.strip():
            yield Problem(name, "empty", f"The {name.replace('_', ' ')} of the profile is blank. Fill it in.")
    if unwritable(texts.get("challenge", "")):  # told of here, where it is not shown
        message = "The challenge contains a character that XML cannot hold. Make it of letters and digits."
        yield Problem("challenge", "not-writable", message)


def _given(needed: Mapping[str, str], optional: Mapping[str, str | None]) -> dict[str, str]:
    """Return the texts that are given; TypeError for those of another type."""
    for name, text in needed.items():
        check_type(name, text, str)
    for name, maybe in optional.items():
        check_type(name, maybe, str, type(None))
    return {**needed, **{name: maybe for name, maybe in optional.items() if maybe is not None}}


def _asked(attributes: Iterable[Attribute]) -> list[PlistValue]:
    asked = dict.fromkeys(check_each("attributes", attributes, str))
    known: tuple[str, ...] = get_args(Attribute)
    if unknown := [name for name in asked if name not in known]:
        message = f"attributes contains {short(unknown[0])}, which no device answers. It can be {', '.join(known)}"
        raise ValueError(message)
    if "UDID" not in asked:
        message = "attributes must contain 'UDID', which is what read_device needs"
        raise ValueError(message)
    return list(asked)


def read_device(body: bytes, *, challenge: str | None = None) -> Device:
    """Read the answer of a device, which is the body of its request as it was sent.

    Give the `challenge` of the profile, and the answer must carry it: so an answer to another profile, or one that was
    recorded, is refused. It is compared in constant time. Without it, judge `Device.challenge` yourself.

    The signature must fit the content. Whether it is that of a device is in `Device.verified`: its certificate must be
    issued by Apple's authority for devices. Dates are not judged, as Apple asks. docs/udid.md says what that proves.

    Raises DeviceError for a body that is not a signed answer (``not-an-answer``, ``too-large``), that is not what its
    signer signed (``answer-changed``), and for another challenge (``wrong-challenge``). The messages do not show what
    is in the answer.

    >>> read_device(b"<plist/>")
    Traceback (most recent call last):
    itms_ota.errors.DeviceError: error: This is not the answer of a device: nobody signed it. ...
    """
    body = check_bytes("body", body)
    check_type("challenge", challenge, str, type(None))
    if len(body) > _LARGEST_ANSWER:
        message = f"The body has {len(body):,} bytes, and an answer of a device at most {_LARGEST_ANSWER:,}."
        raise _refusal("too-large", message)
    found = verify(body, _SIGNERS, roots=(*apple_roots(), apple_device_authority()))
    values = _values(found)
    # A challenge that is data is sent back as data (Apple, Configuration Profile Examples).
    sent = values.get("CHALLENGE")
    sent = sent if isinstance(sent, bytes) else _encoded(_text(values, "CHALLENGE") or "")
    if challenge is not None and not (challenge and hmac.compare_digest(sent, _encoded(challenge))):
        message = "The answer does not carry the challenge that was expected: it answers another profile."
        raise _refusal("wrong-challenge", message, "CHALLENGE")
    udid = _text(values, "UDID") or ""
    if not is_udid(udid):
        raise _not_an_answer("it does not name the UDID of an iPhone or iPad", "UDID")
    doubts = _doubts(found)
    return Device(
        udid=udid.strip(WHITE_SPACE),
        product=_text(values, "PRODUCT"),
        version=_text(values, "VERSION"),
        os_version=_text(values, "OS_VERSION"),
        serial=_text(values, "SERIAL"),
        imei=_text(values, "IMEI"),
        meid=_text(values, "MEID"),
        language=_text(values, "LANGUAGE"),
        challenge=sent.decode("utf-8", "replace") or None,
        verified=not doubts,
        problems=doubts,
    )


def _values(found: Verification) -> Mapping[str, PlistValue]:
    """Return what the answer says; DeviceError where it is not an answer, or not what was signed."""
    if "malformed" in found.faults:
        raise _not_an_answer(f"it is not a complete CMS message ({found.reason})")
    if "no-signer" in found.faults:
        raise _not_an_answer("nobody signed it")
    if found.content is None:
        raise _not_an_answer("it has no content")
    if changed := [_CHANGED[fault] for fault in found.faults if fault in _CHANGED]:
        message = f"The answer is not what its signer signed: {'; '.join(changed)}. Nothing in it can be believed."
        raise _refusal("answer-changed", message)
    try:
        values = loads(found.content)
    except PlistError as error:
        raise _not_an_answer("its content is not a valid property list") from error
    if not isinstance(values, dict):
        raise _not_an_answer(f"its property list is {kind_of(values)}, not a dict")
    return values


def _doubts(found: Verification) -> tuple[Problem, ...]:
    # That iOS would refuse a signed attribute says nothing here, where iOS is who signs.
    told = [_NOT_VERIFIED[fault] for fault in found.faults if fault != "unknown-attribute"]
    if not told:
        return ()
    message = (
        f"It could not be verified that a device of Apple signed the answer: {'; '.join(told)}. Anybody could have "
        "made it. Before you register the UDID, compare it with what the Finder shows."
    )
    return (Problem("", "device-not-verified", message, "warning"),)


def _not_an_answer(reason: str, path: str = "") -> DeviceError:
    return _refusal("not-an-answer", f"This is not the answer of a device: {reason}.", path)


def _refusal(code: Code, message: str, path: str = "") -> DeviceError:
    return DeviceError([Problem(path, code, f"{message} Let the person download and install the profile again.")])


def _text(values: Mapping[str, PlistValue], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and value else None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def devices_file(names: Mapping[str, str]) -> str:
    """Write the list of devices that Apple's developer website takes, as text (tab-separated, in UTF-8).

    `names` has a name of your choice for each UDID. A device whose UDID stands there twice, written differently, is
    listed once, by its first name.

    Raises DeviceError for what is not a UDID, and for a name that cannot stand in a line of the file; the messages do
    not show them. Raises TypeError for anything but a mapping of str.

    >>> print(devices_file({"00008110-000A1B2C3D4E801E": "Ann's iPhone"}).expandtabs())
    Device ID       Device Name     Device Platform
    00008110-000A1B2C3D4E801E       Ann's iPhone    ios
    <BLANKLINE>
    """
    check_type("names", names, Mapping)
    problems: list[Problem] = []
    rows: dict[str, tuple[str, str, str]] = {}
    for number, (udid, name) in enumerate(names.items()):
        check_type(f"the UDID of names[{number}]", udid, str)
        check_type(f"names[{number}]", name, str)  # by its number: an exception is logged
        if not is_udid(udid):
            message = f"What stands at place {number + 1} is not a valid UDID: Apple does not register it. {UDID_FORM}"
            problems.append(Problem(f"names[{number}]", "not-a-udid", message))
        if not name.strip() or '"' in name or printable(name) != name:
            message = (
                f"The name at place {number + 1} is blank, or has a tab, a line break, a quotation mark or an "
                "invisible character in it: the file would not be read as it is meant. Give the device another name."
            )
            problems.append(Problem(f"names[{number}]", "bad-device-name", message))
        rows.setdefault(plain_udid(udid), (_written(udid), name, "ios"))
    if problems:
        raise DeviceError(problems)
    # The header of Apple's sample files, where the third column is "ios" or "mac".
    return "".join("\t".join(row) + "\n" for row in [("Device ID", "Device Name", "Device Platform"), *rows.values()])


def _written(udid: str) -> str:
    """Return a UDID as devices write it; some programs leave the dash out."""
    udid = udid.strip(WHITE_SPACE)
    return f"{udid[:8]}-{udid[8:]}" if len(udid) == 24 else udid
