"""Signed apps that are broken in one way at a time, each with exactly the problems that are expected."""

from __future__ import annotations

import hashlib
import plistlib
import struct
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from _make_signed import (
    AUTHORITY,
    CERT_SIGN,
    DEVELOPER_RELATIONS,
    LEAF,
    Hierarchy,
    hierarchy,
    key_usage,
    make_identity,
    make_message,
    make_signer,
    profile_hierarchy,
    rsa_key,
    sign,
)
from _read_ipa import NOW
from _signing import (
    APP,
    APP_CODE,
    ARM64_32,
    ARMV7,
    ENTITLEMENTS,
    IDENTIFIER,
    KIT,
    SEAL,
    SHARE,
    SIMULATOR,
    TEAM,
    WATCHOS,
    Code,
    entitlements_of,
    info_of,
    make_executable,
    make_fat,
    make_files,
    make_seal,
    make_signed_profile,
    resign,
    sign_bundle,
)

from itms_ota._asn1 import signed_content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Files: TypeAlias = "dict[str, bytes]"
    Change: TypeAlias = "Callable[[Files], object]"
    Expected: TypeAlias = "list[tuple[str, str, str]]"

EXECUTABLE, INFO, PROFILE = f"{APP}MyApp", f"{APP}Info.plist", f"{APP}embedded.mobileprovision"
LINK = 0o120777
PLUGIN, FRAMEWORK = "PlugIns/Share.appex/", "Frameworks/Kit.framework/"


def flip(name: str, at: int) -> Change:
    """Change one byte of a file."""

    def change(files: Files) -> None:
        data = bytearray(files[APP + name])
        data[at] ^= 1
        files[APP + name] = bytes(data)

    return change


def put(name: str, data: bytes) -> Change:
    """Write a file, after signing."""
    return lambda files: files.update({APP + name: data})


def swap(name: str, old: bytes, new: bytes) -> Change:
    """Replace something in a file."""

    def change(files: Files) -> None:
        assert old in files[APP + name]
        files[APP + name] = files[APP + name].replace(old, new)

    return change


def drop(*names: str) -> Change:
    """Remove files, after signing."""

    def change(files: Files) -> None:
        for name in names:
            del files[APP + name]

    return change


def signed(**changes: Any) -> Change:
    """Sign the app otherwise."""
    return lambda files: resign(files, **changes)


def put_and_sign(name: str, data: bytes) -> Change:
    """Write a file, and sign the app."""
    return signed_after(put(name, data))


def signed_after(change: Change, **changes: Any) -> Change:
    """Change files, and then sign the app."""

    def both(files: Files) -> None:
        change(files)
        resign(files, **changes)

    return both


def each(*changes: Change) -> Change:
    """Change several things, one after the other."""

    def change(files: Files) -> None:
        for one in changes:
            one(files)

    return change


def with_info(**keys: Any) -> Change:
    """Set keys of the app's Info.plist, and sign the app."""
    return signed_after(put("Info.plist", info_of("MyApp", IDENTIFIER, **keys)))


def part(folder: str, code: Code, **keys: Any) -> Change:
    """Sign a bundle in the app otherwise, and then the app."""

    def change(files: Files) -> None:
        info = {**plistlib.loads(files[f"{folder}Info.plist"]), **keys}
        files[f"{folder}Info.plist"] = plistlib.dumps(info)
        sign_bundle(files, folder, code)
        resign(files)

    return change


def raw(data: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of the app's executable."""
    return lambda files: files.update({EXECUTABLE: data(files[EXECUTABLE])})


def sealed(files: Files, change: Callable[[dict[str, Any]], object] | None = None, **options: Any) -> dict[str, bytes]:
    """Seal the app anew, and change its seal."""
    own = {name.removeprefix(APP): data for name, data in files.items() if name.startswith(APP)}
    own.pop("MyApp", None)
    own.pop(SEAL, None)
    plist = plistlib.loads(make_seal(own, **options))
    if change is not None:
        change(plist)
    sign_bundle(files, APP, APP_CODE, seal=plistlib.dumps(plist))
    return files


def cdhash_of(executable: bytes) -> bytes:
    """Return the hash of the second directory, which is that by SHA-256."""
    at = executable.rindex(b"\xfa\xde\x0c\x02")
    length = int.from_bytes(executable[at + 4 : at + 8], "big")
    return hashlib.sha256(executable[at : at + length]).digest()[:20]


def linked(target: str, sealed_as: str | None = None) -> Change:
    """Add a symbolic link that is sealed as it is, or as another."""

    def change(files: Files) -> None:
        sealed(files, links={"a/link": target if sealed_as is None else sealed_as})
        files[f"{APP}a/link"] = target.encode()

    return change


def nested(cdhash: bytes | None = None) -> Change:
    """Seal the framework by its own signature, or by another one's hash."""

    def change(files: Files) -> None:
        row = {"cdhash": cdhash or cdhash_of(files[f"{KIT}Kit"]), "requirement": "anchor"}

        def rows(seal: dict[str, Any]) -> None:
            others = {name: old for name, old in seal["files2"].items() if not name.startswith(FRAMEWORK)}
            seal["files2"] = {**others, FRAMEWORK.rstrip("/"): row}

        sealed(files, change=rows)

    return change


def fat(*codes: Code, wide: bool = False, **broken: int) -> Change:
    """Make the app's executable of several slices; `broken` is which one's page is changed."""

    def change(files: Files) -> None:
        slices = [make_executable(code, info=files[INFO], seal=files[APP + SEAL]) for code in codes]
        for number in broken.values():
            slices[number] = slices[number][:5000] + b"!" + slices[number][5001:]
        files[EXECUTABLE] = make_fat(*slices, wide=wide)

    return change


def identity(**options: Any) -> Hierarchy:
    """Make certificates that differ in the leaf."""
    usual = hierarchy()
    options = {"team": TEAM, "extensions": LEAF, **options}
    issuer = options.pop("issuer", usual.authority)
    leaf = make_identity("Apple Distribution: Other (Z9Z9Z9Z9Z9)", rsa_key("other"), issuer, **options)
    return replace(usual, leaf=leaf)


OTHER_TEAM = identity(team="Z9Z9Z9Z9Z9")
EXPIRED = identity(not_after=b"240531235959Z")
EXPIRES_NOW = identity(not_after=b"240601000000Z")
ENDS_SOON = identity(not_after=b"240614235959Z")
BEGINS_NOW = identity(not_before=b"240601000000Z")
BEGINS_LATER = identity(not_before=b"240601000001Z")
ENDS_LATER = identity(not_after=b"240615000001Z")


def old_authority(end: bytes) -> Hierarchy:
    """Make certificates of which that above the signer's ends before it."""
    usual = hierarchy()
    above = make_identity(
        "Old Worldwide Developer Relations",
        rsa_key("authority"),
        usual.root,
        extensions=(*AUTHORITY, DEVELOPER_RELATIONS),
        not_after=end,
    )
    return Hierarchy(usual.root, above, identity(issuer=above).leaf)


FOREIGN = Hierarchy(
    root := make_identity("Someone", rsa_key("foreign")),
    root,
    make_identity("Me", rsa_key("other"), root, extensions=LEAF),
)
NOT_FOR_CODE = identity(extensions=LEAF[:2])
NOT_FOR_SIGNING = identity(extensions=(LEAF[0], key_usage(CERT_SIGN), *LEAF[2:]))


def by(who: Hierarchy) -> Change:
    """Sign the app with other certificates, which its profile contains."""
    return signed_after(
        put(
            "embedded.mobileprovision",
            make_signed_profile(certificates=[each.leaf.certificate for each in (hierarchy(), who)]),
        ),
        by=who,
    )


YOUNG_AUTHORITY = Hierarchy(
    hierarchy().root,
    young := make_identity(
        "New Worldwide Developer Relations",
        rsa_key("authority"),
        hierarchy().root,
        extensions=(*AUTHORITY, DEVELOPER_RELATIONS),
        not_before=b"240601000001Z",
    ),
    identity(issuer=young).leaf,
)


def helper(code: Code, data: Callable[[bytes], bytes] = lambda data: data) -> Change:
    """Put code into the app that no bundle names, and sign the app."""
    return signed_after(put("bin/helper", data(make_executable(replace(code, identifier="helper")))))


ALL: Mapping[str, Any] = {}
STORE: Mapping[str, Any] = {"ProvisionsAllDevices": None}
"""What profiles have for all devices, and for the App Store."""


def some(*udids: str) -> Mapping[str, Any]:
    """Return what a profile has that lists devices."""
    return {"ProvisionsAllDevices": None, "ProvisionedDevices": [*udids]}


def devices(own: Mapping[str, Any], nested: Mapping[str, Any], folder: str = PLUGIN) -> Change:
    """Sign the app and what is in it with profiles for these devices."""
    name, code = {
        PLUGIN: (f"{IDENTIFIER}.share", SHARE_CODE),
        "Watch/Wrist.app/": (f"{IDENTIFIER}.wrist", WATCH_CODE),
    }[folder]
    return each(
        put("embedded.mobileprovision", make_signed_profile(entitlements_of(IDENTIFIER), **own)),
        put(f"{folder}embedded.mobileprovision", make_signed_profile(entitlements_of(name), **nested)),
        part(APP + folder, code),
        signed(entitlements=entitlements_of(IDENTIFIER)),
    )


def enlarged(data: bytes, size: int) -> bytes:
    """Give a signature more room, behind it."""
    at = data.index(struct.pack("<LL", 0x1D, 16)) + 12
    (room,) = struct.unpack_from("<L", data, at)
    return data[:at] + struct.pack("<L", size) + data[at + 4 :] + bytes(size - room)


HELPER = ("bin/helper", "not-signed", "warning")
UNSIGNED = Code(is_signed=False)
SHARE_DEVICES = f"{PLUGIN}embedded.mobileprovision ProvisionedDevices"
EXPIRY = ("MyApp certificate", "certificate-expired", "error")
CODE = ("MyApp", "code-changed", "error")
BAD = ("MyApp", "bad-signature", "error")
INVALID = ("MyApp", "invalid-signature", "error")
LEADS_OUT = [("a/link", "link-leads-out", "error")]
CLAIM = "MyApp entitlements"

SHARE_CODE = Code(identifier=f"{IDENTIFIER}.share", entitlements=entitlements_of(f"{IDENTIFIER}.share"))
WATCH_CODE = Code(
    identifier=f"{IDENTIFIER}.wrist",
    entitlements=entitlements_of(f"{IDENTIFIER}.wrist"),
    platform=WATCHOS,
    cpu=ARM64_32,
)
NOW_ = NOW.replace(tzinfo=None)  # as property lists have it
SOON = NOW_ + timedelta(days=9)
SMALL = make_files(parts=())
"""Without anything in it."""

OLD = with_info(MinimumOSVersion="14.8")
# docs/vectors/signatures.json has these too, as files: tests/write_vectors.py writes it.
CASES: dict[str, tuple[Change, Expected]] = {
    # the code
    "a byte of the first page": (flip("MyApp", 200), [CODE]),
    "a byte of the last page": (flip("MyApp", len(SMALL[EXECUTABLE]) - 12 * 1024 - 17), [CODE]),
    "a byte behind the signature's parts": (flip("MyApp", -1), []),
    "a byte of the header": (flip("MyApp", 28), [CODE]),
    "a byte of a library": (
        flip("Frameworks/libLate.dylib", 5000),
        [
            ("Frameworks/libLate.dylib", "code-changed", "error"),
            ("Frameworks/libLate.dylib", "resource-changed", "error"),
        ],
    ),
    "an executable that is cut short in the signature": (
        raw(lambda data: data[:-6000]),
        [("MyApp", "bad-executable", "error")],
    ),
    "an executable that is cut short in the code": (
        raw(lambda data: data[:6000]),
        [("MyApp", "bad-executable", "error")],
    ),
    "an empty executable": (raw(lambda _: b""), [("MyApp", "bad-executable", "error")]),
    "a script in place of the executable": (
        raw(lambda _: b"#!/bin/sh\n" * 100),
        [("MyApp", "bad-executable", "error")],
    ),
    "an executable that is not signed": (signed(is_signed=False), [("MyApp", "not-signed", "error")]),
    "signed ad hoc": (signed(has_cms=False, flags=2), [("MyApp", "ad-hoc-signed", "error")]),
    "an empty message in place of the signature": (
        signed(cms_of=b"", has_cms=False),
        [("MyApp", "ad-hoc-signed", "error")],
    ),
    "two slices": (fat(replace(APP_CODE, cpu=ARMV7), APP_CODE), []),
    "two slices at 64-bit offsets": (fat(replace(APP_CODE, cpu=ARMV7), APP_CODE, wide=True), []),
    "a page of the first slice": (fat(replace(APP_CODE, cpu=ARMV7), APP_CODE, first=0), [CODE]),
    "a page of the second slice": (fat(replace(APP_CODE, cpu=ARMV7), APP_CODE, second=1), [CODE]),
    "a slice that is not signed": (
        fat(replace(APP_CODE, cpu=ARMV7, is_signed=False), APP_CODE),
        [("MyApp", "not-signed", "error")],
    ),
    "a slice that is for another processor than the header says": (
        each(fat(replace(APP_CODE, cpu=ARMV7), APP_CODE), raw(lambda data: data[:28] + b"\0\0\0\x0c" + data[32:])),
        [("MyApp", "bad-executable", "error")],
    ),
    "a slice of which the header says other flags": (
        each(fat(replace(APP_CODE, cpu=ARMV7), APP_CODE), raw(lambda data: data[:32] + b"\x80" + data[33:])),
        [],
    ),
    "a slice with other entitlements": (
        fat(replace(APP_CODE, cpu=ARMV7, entitlements={**ENTITLEMENTS, "get-task-allow": True}), APP_CODE),
        [("MyApp", "slices-differ", "warning")],
    ),
    "a slice by another certificate": (
        fat(replace(APP_CODE, cpu=ARMV7, by=ENDS_LATER), APP_CODE),
        [("MyApp", "slices-differ", "warning")],
    ),
    "a slice whose entitlements cannot be read": (
        fat(replace(APP_CODE, cpu=ARMV7, entitlements=["a"], der={}), APP_CODE),  # type: ignore[arg-type]
        [("MyApp", "slices-differ", "warning")],
    ),
    "pages of 16,384 bytes": (signed(page_shift=14), []),
    "a single hash for all of the code": (signed(page_shift=0), [BAD]),
    "a code directory that ends a page before the signature": (signed(code_limit=8192), [BAD]),
    "a code directory that ends in the last page": (signed(code_limit=12289), []),
    "pages of 65,536 bytes": (signed(page_shift=16), [BAD]),
    "SHA-1 alone": (signed(kinds=(1,)), []),
    "SHA-256 alone": (signed(kinds=(2,)), []),
    "SHA-256 cut, and SHA-384": (signed(kinds=(3, 4)), []),
    "a page, with SHA-1 alone": (each(signed(kinds=(1,)), flip("MyApp", 5000)), [CODE]),
    "a page, with SHA-384": (each(signed(kinds=(4,)), flip("MyApp", 5000)), [CODE]),
    # what was signed
    "a byte of a code directory": (
        raw(
            lambda data: data.replace(b"\0\2\4\0", b"\0\2\4\0", 1).replace(
                IDENTIFIER.encode() + b"\0" + TEAM.encode(), b"com.example.other" + b"\0" + TEAM.encode()
            )
        ),
        [INVALID],
    ),
    "the signature of another code directory": (signed(cms_of=b"other"), [INVALID]),
    "a code directory that the signer does not name": (signed(named=(1,)), [INVALID]),
    "no code directory is named, and there are two": (
        signed(names_any=False),
        [("MyApp", "invalid-signature", "warning")],
    ),
    "no code directory is named, and there is one": (signed(names_any=False, kinds=(2,)), []),
    "Info.plist is not bound": (
        lambda files: files.update({EXECUTABLE: make_executable(APP_CODE, seal=files[APP + SEAL])}),
        [("Info.plist", "info-plist-changed", "warning")],
    ),
    "the seal is not bound": (
        lambda files: files.update({EXECUTABLE: make_executable(APP_CODE, info=files[INFO])}),
        [(SEAL, "bad-seal", "warning")],
    ),
    "Info.plist was changed": (
        put("Info.plist", info_of("MyApp", IDENTIFIER, Changed=True)),
        [
            ("Info.plist", "info-plist-changed", "error"),
        ],
    ),
    "the requirements were changed": (
        swap("MyApp", struct.pack(">LLL", 0xFADE0C01, 12, 0), struct.pack(">LLL", 0xFADE0C01, 12, 1)),
        [("MyApp requirements", "signed-part-changed", "error")],
    ),
    "the entitlements were changed": (
        swap("MyApp", b"<false/>", b"<true />"),
        [
            ("MyApp entitlements", "signed-part-changed", "error"),
            ("MyApp entitlements in DER", "entitlements-differ", "error"),
            ("MyApp entitlements.get-task-allow", "entitlement-not-in-profile", "error"),
        ],
    ),
    "the entitlements in DER were changed": (
        swap("MyApp", b"get-task-allow\1\1\0", b"get-task-allow\1\1\xff"),
        [
            ("MyApp entitlements in DER", "entitlements-differ", "error"),
            ("MyApp entitlements in DER", "signed-part-changed", "error"),
        ],
    ),
    "the seal is missing": (drop(SEAL), [(SEAL, "no-seal", "error")]),
    "the seal was changed": (swap(SEAL, b"<true/>", b"<true />"), [(SEAL, "bad-seal", "error")]),
    "the seal is not a property list": (
        lambda files: sign_bundle(files, APP, APP_CODE, seal=b"no"),
        [(SEAL, "bad-seal", "error")],
    ),
    # code that no bundle names
    "a helper": (helper(Code()), []),
    "a helper that is not signed": (helper(UNSIGNED), [HELPER]),
    "a library of another name": (helper(UNSIGNED, lambda data: data[:12] + b"\6" + data[13:]), [HELPER]),
    "an object file": (helper(UNSIGNED, lambda data: data[:12] + b"\1" + data[13:]), []),
    "a helper of two slices": (
        helper(UNSIGNED, lambda data: make_fat(make_executable(replace(UNSIGNED, cpu=ARMV7)), data)),
        [HELPER, HELPER],
    ),
    "object files of two slices": (
        helper(UNSIGNED, lambda data: make_fat(data[:12] + b"\1" + data[13:], data[:12] + b"\x0a" + data[13:])),
        [],
    ),
    "a class of Java": (put_and_sign("Main.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100)), []),
    "a helper that was cut short": (
        helper(Code(), lambda data: data[:-6000]),
        [("bin/helper", "bad-executable", "warning")],
    ),
    "what begins like several slices": (
        put_and_sign("data", b"\xca\xfe\xba\xbe\0\0\0\1" + bytes(100)),
        [("data", "bad-executable", "warning")],
    ),
    "a signature of a helper that is too large": (
        helper(Code(), lambda data: enlarged(data, 17 << 20)),
        [("bin/helper", "not-verified", "error")],
    ),
    "a helper without a certificate": (helper(Code(has_cms=False)), [("bin/helper", "ad-hoc-signed", "warning")]),
    "a helper that was changed": (
        helper(Code(), lambda data: data[:5000] + b"!" + data[5001:]),
        [("bin/helper", "code-changed", "warning")],
    ),
    "a helper not by Apple": (
        helper(Code(by=FOREIGN)),
        [
            ("bin/helper certificate", "certificate-not-in-profile", "warning"),
            ("bin/helper certificate", "not-apple-signed", "warning"),
        ],
    ),
    "a helper of another team": (
        helper(Code(team="Z9Z9Z9Z9Z9", by=OTHER_TEAM)),
        [("bin/helper", "other-team", "warning")],
    ),
    "an encrypted helper": (helper(Code(cryptid=1)), [("bin/helper", "fairplay", "warning")]),
    "a helper whose signer is not known": (
        helper(Code(certificates=())),
        [("bin/helper certificate", "not-verified", "error")],
    ),
    # files
    "a file was changed": (put("config.json", b"{}"), [("config.json", "resource-changed", "error")]),
    "a file was added": (put("more/new.json", b"{}"), [("more/new.json", "resource-added", "error")]),
    "a file was removed": (drop("config.json"), [("config.json", "resource-missing", "error")]),
    "an optional file was removed": (drop("en.lproj/Localizable.strings"), []),
    "an optional file was changed": (
        put("en.lproj/Localizable.strings", b"b"),
        [("en.lproj/Localizable.strings", "resource-changed", "error")],
    ),
    "a file that is not optional, in a folder that looks so": (
        drop("Base.lproj/Main.nib"),
        [("Base.lproj/Main.nib", "resource-missing", "error")],
    ),
    "the profile was exchanged": (
        put("embedded.mobileprovision", make_signed_profile(Name="Other")),
        [
            ("embedded.mobileprovision", "resource-changed", "error"),
        ],
    ),
    "what the Finder leaves behind was added": (put("more/.DS_Store", b"x"), []),
    "the keys of FairPlay were added": (put("SC_Info/MyApp.sinf", b"x"), []),
    "PkgInfo was added": (put("PkgInfo", b"APPLother"), []),
    "the version of a localisation was added": (put("en.lproj/locversion.plist", b"x"), []),
    "a file in a framework was changed": (
        put(f"{FRAMEWORK}kit.json", b"[]"),
        [(f"{FRAMEWORK}kit.json", "resource-changed", "error")],
    ),
    # executables
    "an encrypted executable": (signed(cryptid=1), [("MyApp", "fairplay", "error")]),
    "an executable for the simulator": (signed(platform=SIMULATOR), [("MyApp", "wrong-platform", "error")]),
    "an executable that does not say its platform": (signed(platform=None), []),
    "a framework for the simulator": (
        part(KIT, Code(identifier="com.example.kit", platform=SIMULATOR)),
        [(f"{FRAMEWORK}Kit", "wrong-platform", "warning")],
    ),
    "an executable that is not for arm64": (signed(cpu=ARMV7), [("MyApp", "no-arm64", "error")]),
    "an executable that is not for arm64, of an app for iOS 10.3": (
        signed_after(put("Info.plist", info_of("MyApp", IDENTIFIER, MinimumOSVersion="10.3")), cpu=ARMV7),
        [("MyApp", "no-arm64", "warning")],
    ),
    "an extension that is not for arm64": (
        part(SHARE, replace(SHARE_CODE, cpu=ARMV7)),
        [(f"{PLUGIN}Share", "no-arm64", "error")],
    ),
    "an extension that is not for arm64, before iOS 11": (
        part(SHARE, replace(SHARE_CODE, cpu=ARMV7), MinimumOSVersion="10.3"),
        [(f"{PLUGIN}Share", "no-arm64", "warning")],
    ),
    "a framework that is not for arm64": (
        part(KIT, Code(identifier="com.example.kit", cpu=ARMV7)),
        [(f"{FRAMEWORK}Kit", "no-arm64", "warning")],
    ),
    "no executable in an extension": (
        signed_after(drop(f"{PLUGIN}Share")),
        [
            (f"{PLUGIN}Info.plist CFBundleExecutable", "no-executable", "error"),
        ],
    ),
    # who signed
    "a certificate that expired a second ago": (by(EXPIRED), [EXPIRY]),
    "a certificate that expires this second": (by(EXPIRES_NOW), [EXPIRY]),
    "a certificate that expires within 14 days": (
        by(ENDS_SOON),
        [("MyApp certificate", "certificate-expires-soon", "warning")],
    ),
    "a certificate that expires a second after the 14 days": (by(ENDS_LATER), []),
    "a certificate that is valid from this second on": (by(BEGINS_NOW), []),
    "a certificate that is valid from the next second on": (
        by(BEGINS_LATER),
        [("MyApp certificate", "certificate-not-yet-valid", "error")],
    ),
    "the certificate above expired a second ago": (
        by(old_authority(b"240531235959Z")),
        [("MyApp certificate", "certificate-expired", "warning")],
    ),
    "the certificate above expires this second": (
        by(old_authority(b"240601000000Z")),
        [("MyApp certificate", "certificate-expired", "warning")],
    ),
    "the certificate above is not yet valid": (
        by(YOUNG_AUTHORITY),
        [("MyApp certificate", "certificate-not-yet-valid", "warning")],
    ),
    "signed by somebody, with the flag that says nobody": (signed(flags=2), [("MyApp", "ad-hoc-signed", "error")]),
    "a profile without certificates": (
        signed_after(put("embedded.mobileprovision", make_signed_profile(certificates=[]))),
        [("MyApp certificate", "certificate-not-in-profile", "error")],
    ),
    "the profile expired a second ago": (
        signed_after(put("embedded.mobileprovision", make_signed_profile(ExpirationDate=NOW_ - timedelta(seconds=1)))),
        [("embedded.mobileprovision ExpirationDate", "profile-expired", "error")],
    ),
    "the profile expires this second": (
        signed_after(put("embedded.mobileprovision", make_signed_profile(ExpirationDate=NOW_))),
        [("embedded.mobileprovision ExpirationDate", "profile-expired", "error")],
    ),
    "the profile of an extension expired a second ago": (
        each(
            put(
                f"{PLUGIN}embedded.mobileprovision",
                make_signed_profile(entitlements_of(f"{IDENTIFIER}.share"), ExpirationDate=NOW_ - timedelta(seconds=1)),
            ),
            part(SHARE, SHARE_CODE),
        ),
        [(f"{PLUGIN}embedded.mobileprovision ExpirationDate", "profile-expired", "error")],
    ),
    "the profile of an extension expires soon": (
        each(
            put(
                f"{PLUGIN}embedded.mobileprovision",
                make_signed_profile(entitlements_of(f"{IDENTIFIER}.share"), ExpirationDate=SOON),
            ),
            part(SHARE, SHARE_CODE),
        ),
        [(f"{PLUGIN}embedded.mobileprovision ExpirationDate", "profile-expires-soon", "warning")],
    ),
    "a certificate that does not lead to the root": (by(FOREIGN), [("MyApp certificate", "not-apple-signed", "error")]),
    "a certificate that is not for signing code": (
        by(NOT_FOR_CODE),
        [("MyApp certificate", "not-apple-signed", "error")],
    ),
    "a certificate whose key is not for signing": (
        by(NOT_FOR_SIGNING),
        [("MyApp certificate", "not-apple-signed", "error")],
    ),
    "the certificate above is not in the signature": (
        signed(certificates=(hierarchy().leaf.certificate,)),
        [("MyApp certificate", "not-verified", "error")],
    ),
    "the root is not in the signature": (signed(certificates=hierarchy().certificates[:2]), []),
    "no certificate is in the signature": (signed(certificates=()), [("MyApp certificate", "not-verified", "error")]),
    "a certificate that is not in the profile": (
        signed(by=ENDS_LATER),
        [("MyApp certificate", "certificate-not-in-profile", "error")],
    ),
    "a certificate of another team than the code": (by(OTHER_TEAM), [("MyApp certificate", "other-team", "error")]),
    "a framework of another team": (
        part(KIT, Code(identifier="com.example.kit", team="Z9Z9Z9Z9Z9", by=OTHER_TEAM)),
        [(f"{FRAMEWORK}Kit", "other-team", "error")],
    ),
    "a framework of another team, whose code does not say so": (
        part(KIT, Code(identifier="com.example.kit", team=None, by=OTHER_TEAM)),
        [(f"{FRAMEWORK}Kit", "other-team", "error")],
    ),
    "a framework by another certificate of the team": (
        part(KIT, Code(identifier="com.example.kit", by=ENDS_LATER)),
        [(f"{FRAMEWORK}Kit certificate", "certificate-not-in-profile", "warning")],
    ),
    "a framework that is not signed, without Info.plist": (
        signed_after(
            put("Frameworks/Raw.framework/Raw", make_executable(Code(identifier="raw", is_signed=False))),
        ),
        [("Frameworks/Raw.framework/Raw", "not-signed", "error")],
    ),
    "a framework that is not signed": (
        part(KIT, Code(identifier="com.example.kit", is_signed=False)),
        [(f"{FRAMEWORK}Kit", "not-signed", "error")],
    ),
    # entitlements
    "no entitlements in DER": (signed(der=False), [("MyApp entitlements in DER", "no-der-entitlements", "error")]),
    "no entitlements in DER, of an app for iOS 14.8": (
        each(OLD, signed(der=False)),
        [("MyApp entitlements in DER", "no-der-entitlements", "warning")],
    ),
    "other entitlements in DER": (
        signed(der={**ENTITLEMENTS, "get-task-allow": True}),
        [("MyApp entitlements in DER", "entitlements-differ", "error")],
    ),
    "other entitlements in DER, of an app for iOS 14.8": (
        each(OLD, signed(der={})),
        [("MyApp entitlements in DER", "entitlements-differ", "warning")],
    ),
    "an entitlement that the profile does not have": (
        signed(entitlements={**ENTITLEMENTS, "aps-environment": "production"}),
        [(f"{CLAIM}.aps-environment", "entitlement-not-in-profile", "error")],
    ),
    "an entitlement that the profile does not have, and that is off": (
        signed(entitlements={**ENTITLEMENTS, "com.apple.developer.siri": False}),
        [(f"{CLAIM}.com.apple.developer.siri", "entitlement-not-in-profile", "warning")],
    ),
    "twenty-one entitlements that the profile does not have": (
        signed(entitlements={**ENTITLEMENTS, **{f"a{number:02}": True for number in range(21)}}),
        [
            (CLAIM, "entitlement-not-in-profile", "error"),
            *((f"{CLAIM}.a{number:02}", "entitlement-not-in-profile", "error") for number in range(20)),
        ],
    ),
    "a keychain group of another team": (
        signed(entitlements={**ENTITLEMENTS, "keychain-access-groups": [f"{TEAM}.a", "Z9Z9Z9Z9Z9.a"]}),
        [(f"{CLAIM}.keychain-access-groups", "entitlement-not-in-profile", "error")],
    ),
    "no application identifier": (
        signed(entitlements={"get-task-allow": False}),
        [(CLAIM, "no-application-identifier", "error")],
    ),
    "no entitlements": (signed(entitlements=None), [(CLAIM, "no-application-identifier", "error")]),
    "another application identifier": (
        signed_after(
            put("embedded.mobileprovision", make_signed_profile(entitlements_of("com.other"))),
            entitlements=entitlements_of("com.other"),
        ),
        [("Info.plist CFBundleIdentifier", "application-identifier-mismatch", "warning")],
    ),
    # profiles and identifiers
    "no profile": (
        signed_after(drop("embedded.mobileprovision")),
        [("embedded.mobileprovision", "no-profile", "error")],
    ),
    "no profile in an extension": (
        each(drop(f"{PLUGIN}embedded.mobileprovision"), part(SHARE, SHARE_CODE)),
        [
            (f"{PLUGIN}Share entitlements.application-identifier", "entitlement-not-in-profile", "error"),
            (f"{PLUGIN}embedded.mobileprovision", "no-profile", "error"),
        ],
    ),
    "no profile in an extension, and that of the app is for it": (
        each(
            drop(f"{PLUGIN}embedded.mobileprovision"),
            put("embedded.mobileprovision", make_signed_profile(entitlements_of("com.example.*"))),
            part(SHARE, SHARE_CODE),
        ),
        [(f"{PLUGIN}embedded.mobileprovision", "no-profile", "warning")],
    ),
    "a profile without its signature": (
        signed_after(put("embedded.mobileprovision", plistlib.dumps({"Entitlements": dict(ENTITLEMENTS)}))),
        [
            ("MyApp certificate", "certificate-not-in-profile", "error"),
            ("embedded.mobileprovision", "profile-not-genuine", "error"),
        ],
    ),
    "an edited profile": (
        signed_after(swap("embedded.mobileprovision", b"My Profile", b"My profile")),
        [("embedded.mobileprovision", "profile-not-genuine", "error")],
    ),
    "a profile that a developer signed": (
        signed_after(put("embedded.mobileprovision", sign(plistlib.dumps({"Entitlements": dict(ENTITLEMENTS)})))),
        [
            ("MyApp certificate", "certificate-not-in-profile", "error"),
            ("embedded.mobileprovision", "profile-not-genuine", "error"),
        ],
    ),
    "a profile without the certificate above": (
        signed_after(
            put(
                "embedded.mobileprovision",
                make_message(
                    profile := signed_content(make_signed_profile()),
                    [make_signer(profile_hierarchy().leaf, profile)],
                    profile_hierarchy().certificates[:1],
                ),
            )
        ),
        [("embedded.mobileprovision", "not-verified", "error")],
    ),
    "a word in place of the profile": (
        signed_after(put("embedded.mobileprovision", b"no")),
        [("embedded.mobileprovision", "no-profile", "error"), ("embedded.mobileprovision", "not-a-profile", "error")],
    ),
    "an extension for the same devices": (devices(some("A-1", "b"), some("a1", "B", "C")), []),
    "an extension for fewer devices": (
        devices(some("A", "B"), some("A")),
        [(SHARE_DEVICES, "device-not-in-profile", "warning")],
    ),
    "an extension for other devices": (
        devices(some("A"), some("B")),
        [(SHARE_DEVICES, "device-not-in-profile", "error")],
    ),
    "an extension for devices, and the app for all": (
        devices(ALL, some("A")),
        [(SHARE_DEVICES, "device-not-in-profile", "warning")],
    ),
    "an extension for no device, and the app for all": (
        devices(ALL, some()),
        [(SHARE_DEVICES, "device-not-in-profile", "error")],
    ),
    "an extension for the App Store": (
        devices(some("A"), STORE),
        [(f"{PLUGIN}embedded.mobileprovision", "app-store-profile", "error")],
    ),
    "an app and an extension for the App Store": (devices(STORE, STORE), []),
    "an extension for all devices": (devices(some("A"), ALL), []),
    "a Watch app for other devices": (devices(some("A"), some("B"), "Watch/Wrist.app/"), []),
    "an extension of another app": (
        part(SHARE, SHARE_CODE, CFBundleIdentifier=f"{IDENTIFIER}share"),
        [
            (f"{PLUGIN}Info.plist CFBundleIdentifier", "application-identifier-mismatch", "warning"),
            (f"{PLUGIN}Info.plist CFBundleIdentifier", "identifier-not-prefixed", "error"),
        ],
    ),
    "nothing was changed": (lambda _: None, []),
    # nested code that is sealed by its signature
    "a framework that is sealed by its signature": (nested(), []),
    "a framework that was signed again after it was sealed": (
        nested(bytes(range(20))),
        [("Frameworks/Kit.framework", "nested-code-changed", "warning")],
    ),
    "a file in a framework that is sealed by its signature": (
        each(nested(), put(f"{FRAMEWORK}kit.json", b"[]")),
        [(f"{FRAMEWORK}kit.json", "resource-changed", "error")],
    ),
    # symbolic links
    "a link": (linked("config.json"), []),
    "a link to another file than was sealed": (
        linked("config.json", "other.json"),
        [("a/link", "resource-changed", "error")],
    ),
    "a file in place of a link": (linked("config.json"), [("a/link", "resource-changed", "error")]),
    "a link was removed": (each(linked("config.json"), drop("a/link")), [("a/link", "resource-missing", "error")]),
    "a link to the folder above": (linked("../config.json"), []),
    "a link by detours": (linked("./a/../../config.json"), []),
    "a link to the app": (linked(".."), []),
    "a link to a file of three periods": (linked("..."), []),
    "a link out of the app": (linked("../.."), LEADS_OUT),
    "a link out of the app, and back": (linked("../../MyApp.app/config.json"), LEADS_OUT),
    "a link to a file of the device": (linked("/etc/passwd"), LEADS_OUT),
    # modes
    "an executable of the mode 0755": (lambda _: None, []),
    "an executable of the mode 0700": (lambda _: None, []),
    "an executable of the mode 0644": (lambda _: None, [("MyApp", "not-executable", "error")]),
    "an executable of the mode 0600": (lambda _: None, [("MyApp", "not-executable", "error")]),
    "an executable of the mode 0755, without a kind": (lambda _: None, [("MyApp", "not-executable", "warning")]),
    "an executable of the mode 0644, without a kind": (lambda _: None, [("MyApp", "not-executable", "error")]),
    "an executable without a mode": (lambda _: None, [("MyApp", "not-executable", "warning")]),
    "a framework of the mode 0644": (lambda _: None, [(f"{FRAMEWORK}Kit", "not-executable", "warning")]),
    "a framework without a mode": (lambda _: None, []),
}

MODES: dict[str, dict[str, int | None]] = {
    **{f"an executable of the mode 0{mode:o}": {EXECUTABLE: 0o100000 | mode} for mode in (0o755, 0o700, 0o644, 0o600)},
    **{f"an executable of the mode 0{mode:o}, without a kind": {EXECUTABLE: mode} for mode in (0o755, 0o644)},
    "an executable without a mode": {EXECUTABLE: None},
    "a framework of the mode 0644": {f"{KIT}Kit": 0o100644},
    "a framework without a mode": {f"{KIT}Kit": None},
    **{name: {f"{APP}a/link": LINK} for name in CASES if name.startswith("a link") and name != "a link was removed"},
}
"""The modes of files in the archive that are not those of `zip_files`, by case; None is what Windows leaves."""
