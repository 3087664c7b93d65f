"""Makes signed apps for tests: executables, signatures and seals, as codesign writes them, under a root of our own."""

from __future__ import annotations

import hashlib
import io
import os
import plistlib
import struct
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from _make_ipa import INFO, element, make_ipa, make_profile
from _make_signed import (
    HASHES,
    Hierarchy,
    hierarchy,
    make_message,
    make_signer,
    oid,
    profile_hierarchy,
    sign,
    signed_attributes,
)
from _read_ipa import NOW

from itms_ota._asn1 import read_x509, signed_content
from itms_ota.signature import SignatureReport, look_at_signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

APP = "Payload/MyApp.app/"
KIT = f"{APP}Frameworks/Kit.framework/"
LATE = f"{APP}Frameworks/libLate.dylib"
SHARE = f"{APP}PlugIns/Share.appex/"
WATCH = f"{APP}Watch/Wrist.app/"
CLIP = f"{APP}AppClips/Clip.app/"
SEAL = "_CodeSignature/CodeResources"
TEAM = "A1B2C3D4E5"
IDENTIFIER = "com.example.myapp"

ARM64, ARMV7, ARM64_32 = (0x0100000C, 0), (12, 9), (0x0200000C, 1)
IOS, SIMULATOR, WATCHOS = 2, 7, 4

# By the number of the kind of hash: algorithm, bytes that are kept.
KINDS = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}

ENTITLEMENTS: Mapping[str, Any] = {
    "application-identifier": f"{TEAM}.{IDENTIFIER}",
    "com.apple.developer.team-identifier": TEAM,
    "get-task-allow": False,
    "keychain-access-groups": [f"{TEAM}.{IDENTIFIER}"],
}
RULES: Mapping[str, Any] = {
    "^.*": True,
    r"^.*\.lproj/": {"optional": True, "weight": 1000.0},
    r"^.*\.lproj/locversion.plist$": {"omit": True, "weight": 1100.0},
    r"^Base\.lproj/": {"weight": 1010.0},
    "^version.plist$": True,
}
RULES2: Mapping[str, Any] = {
    r".*\.dSYM($|/)": {"weight": 11.0},
    r"^(.*/)?\.DS_Store$": {"omit": True, "weight": 2000.0},
    "^.*": True,
    r"^.*\.lproj/": {"optional": True, "weight": 1000.0},
    r"^.*\.lproj/locversion.plist$": {"omit": True, "weight": 1100.0},
    r"^Base\.lproj/": {"weight": 1010.0},
    r"^Info\.plist$": {"omit": True, "weight": 20.0},
    r"^PkgInfo$": {"omit": True, "weight": 20.0},
    r"^embedded\.provisionprofile$": {"weight": 20.0},
    r"^version\.plist$": {"weight": 20.0},
}


@dataclass(frozen=True, kw_only=True)
class Code:
    """How an executable is made and signed.

    `special` are hashes of slots that replace those that are right, by slot: None leaves one out. `der` is True where
    the entitlements stand there in DER too, or holds others. `named` are the kinds of hash that the signer names.
    """

    identifier: str = IDENTIFIER
    team: str | None = TEAM
    cpu: tuple[int, int] = ARM64
    platform: int | None = IOS
    minimum: int = 0x000F0000
    cryptid: int = 0
    text: bytes = bytes(range(256)) * 60
    kinds: tuple[int, ...] = (1, 2)
    flags: int = 0
    page_shift: int = 12
    entitlements: Mapping[str, Any] | None = None
    der: Mapping[str, Any] | bool = True
    requirements: bytes | None = struct.pack(">LLL", 0xFADE0C01, 12, 0)
    by: Hierarchy | None = None
    certificates: tuple[bytes, ...] | None = None
    is_signed: bool = True
    has_cms: bool = True
    named: tuple[int, ...] | None = None
    names_any: bool = True
    code_limit: int | None = None
    cms_of: bytes | None = None


ROOM = 12 * 1024
"""The bytes that a signature has in an executable: what it does not need is zero."""


def make_executable(code: Code, *, info: bytes = b"", seal: bytes = b"") -> bytes:
    """Make an executable of one slice; `info` and `seal` are the files beside it that its signature binds."""
    is_64 = code.cpu[0] & 0x01000000
    commands: list[bytes] = []
    if code.platform is not None:
        commands.append(struct.pack("<6L", 0x32, 24, code.platform, code.minimum, code.minimum, 0))
    encryption = struct.pack("<3L", 0x1000, 0x1000, code.cryptid)
    commands.append(struct.pack("<2L", *((0x2C, 24) if is_64 else (0x21, 20))) + encryption + bytes(4 if is_64 else 0))
    head = 32 if is_64 else 28
    size = head + sum(map(len, commands)) + (16 if code.is_signed else 0) + len(code.text)
    end = -(-size // 16) * 16
    if code.is_signed:
        commands.append(struct.pack("<4L", 0x1D, 16, end, ROOM))
    body = b"".join(commands)
    header = struct.pack("<8L", 0xFEEDFACF if is_64 else 0xFEEDFACE, *code.cpu, 2, len(commands), len(body), 0, 0)[
        :head
    ]
    content = (header + body + code.text).ljust(end, b"\0")
    return content + make_signature(code, content, info, seal).ljust(ROOM, b"\0") if code.is_signed else content


def make_fat(*slices: bytes, wide: bool = False) -> bytes:
    """Make an executable of several slices, each at a multiple of 4,096."""
    data, rows, padded = b"", b"", b""
    at = 4096
    for each in slices:
        cpu = struct.unpack_from("<LL", each, 4)
        rows += (
            struct.pack(">LLQQLL", *cpu, at, len(each), 12, 0)
            if wide
            else struct.pack(">LLLLL", *cpu, at, len(each), 12)
        )
        padded = each.ljust(-(-len(each) // 4096) * 4096, b"\0")
        data += padded
        at += len(padded)
    head = struct.pack(">LL", 0xCAFEBABF if wide else 0xCAFEBABE, len(slices)) + rows
    return head.ljust(4096, b"\0") + data[: at - 4096 - len(padded) + len(slices[-1])]


def make_signature(code: Code, content: bytes, info: bytes, seal: bytes) -> bytes:
    """Make the SuperBlob for the content of a slice."""
    blobs: dict[int, bytes] = {}
    if code.requirements is not None:
        blobs[2] = code.requirements
    if code.entitlements is not None:
        blobs[5] = blob(0xFADE7171, plistlib.dumps(code.entitlements))
        if code.der is not False:
            blobs[7] = blob(0xFADE7172, der(code.entitlements if code.der is True else code.der))
    bound = {1: info, 3: seal, **blobs}
    directories = [make_directory(code, kind, content, bound) for kind in code.kinds]
    blobs |= dict(zip((0, *range(0x1000, 0x1010)), directories, strict=False))
    if code.has_cms:
        blobs[0x10000] = blob(0xFADE0B01, make_cms(code, directories))
    return super_blob(blobs)


def super_blob(blobs: Mapping[int, bytes]) -> bytes:
    """Put the parts of a signature together."""
    index, data = b"", b""
    for slot, part in sorted(blobs.items()):
        index += struct.pack(">LL", slot, 12 + 8 * len(blobs) + len(data))
        data += part
    return struct.pack(">LLL", 0xFADE0CC0, 12 + len(index) + len(data), len(blobs)) + index + data


def blob(magic: int, content: bytes) -> bytes:
    """Make a part of a signature."""
    return struct.pack(">LL", magic, 8 + len(content)) + content


def make_directory(code: Code, kind: int, content: bytes, bound: Mapping[int, bytes]) -> bytes:
    """Make a CodeDirectory of version 2.4."""
    algorithm, size = KINDS[kind]

    def hashed(data: bytes) -> bytes:
        return hashlib.new(algorithm, data).digest()[:size]

    limit = len(content) if code.code_limit is None else code.code_limit
    step = 1 << code.page_shift if code.page_shift else limit
    pages = [hashed(content[at : min(at + step, limit)]) for at in range(0, limit, step)]
    special = [hashed(data) if (data := bound.get(slot, b"")) else bytes(size) for slot in range(7, 0, -1)]
    texts = code.identifier.encode() + b"\0"
    team_at = 88 + len(texts) if code.team is not None else 0
    if code.team is not None:
        texts += code.team.encode() + b"\0"
    hashes_at = 88 + len(texts) + 7 * size
    fields = struct.pack(
        ">7LLBBBBLLLLQQQQ",
        0x20400, code.flags, hashes_at, 88, 7, len(pages), limit,
        0, size, kind, 0, code.page_shift, 0, 0, team_at, 0, 0, 0, limit, 1,
    )  # fmt: skip
    # The limit of 32 bits is the seventh field; what stands there in its place is taken out again.
    fields = fields[:28] + fields[32:]
    return blob(0xFADE0C02, fields + texts + b"".join(special) + b"".join(pages))


def make_cms(code: Code, directories: list[bytes]) -> bytes:
    """Sign the first directory, and name the hashes of all."""
    content = directories[0] if code.cms_of is None else code.cms_of
    attributes = signed_attributes(content)
    if code.names_any:
        kinds = code.kinds if code.named is None else code.named
        whole = [
            (KINDS[kind][0], hashlib.new(KINDS[kind][0], directory).digest())
            for kind, directory in zip(code.kinds, directories, strict=True)
            if kind in kinds
        ]
        plist = plistlib.dumps({"cdhashes": [value[:20] for _, value in whole]})
        attributes.append(("1.2.840.113635.100.9.1", [element(0x04, plist)]))
        values = [element(0x30, oid(HASHES[name]), element(0x04, value)) for name, value in whole]  # type: ignore[index]
        attributes.append(("1.2.840.113635.100.9.2", values))
    by = code.by or hierarchy()
    certificates = by.certificates if code.certificates is None else code.certificates
    return make_message(None, [make_signer(by.leaf, content, attributes=attributes)], certificates)


def der(value: Any, *, top: bool = True) -> bytes:
    """Write entitlements in DER, as CoreEntitlements does."""
    kind = type(value).__name__
    if kind == "bool":
        return element(0x01, b"\xff" if value else b"\0")
    if kind == "int":
        return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if kind == "str":
        return element(0x0C, value.encode())
    if kind == "bytes":
        return element(0x04, value)
    if kind == "list":
        return element(0x30, *(der(part, top=False) for part in value))
    pairs = [element(0x30, der(key), der(part, top=False)) for key, part in sorted(value.items())]
    dictionary = element(0xB0, *pairs)
    return element(0x70, element(0x02, b"\1"), dictionary) if top else dictionary


# Whole apps


def make_seal(files: Mapping[str, bytes], *, links: Mapping[str, str] | None = None, **others: Any) -> bytes:
    """Make a CodeResources for files, by their names in the bundle; `others` are put into its rows of `files2`."""
    rows: dict[str, Any] = {}
    rows2: dict[str, Any] = {}
    for name, data in files.items():
        sha1, sha256 = hashlib.sha1(data).digest(), hashlib.sha256(data).digest()  # noqa: S324 -- as it is written
        is_optional = ".lproj/" in name and not name.startswith("Base.lproj/")
        rows[name] = {"hash": sha1, "optional": True} if is_optional else sha1
        if name not in {"Info.plist", "PkgInfo"}:
            rows2[name] = {"hash": sha1, "hash2": sha256, **({"optional": True} if is_optional else {})}
    rows2 |= {name: {"symlink": target} for name, target in (links or {}).items()}
    rows2 |= {name.replace("__", "."): value for name, value in others.items()}
    return plistlib.dumps({"files": rows, "files2": rows2, "rules": dict(RULES), "rules2": dict(RULES2)})


def make_signed_profile(
    entitlements: Mapping[str, Any] = ENTITLEMENTS, certificates: Iterable[bytes] | None = None, **keys: Any
) -> bytes:
    """Make a provisioning profile as Apple signs it, down from our root."""
    plist = make_profile(
        form="xml",
        DeveloperCertificates=[hierarchy().leaf.certificate] if certificates is None else [*certificates],
        Entitlements={**entitlements, "keychain-access-groups": [f"{TEAM}.*"]},
        **keys,
    )
    return sign(plist, profile_hierarchy())


def entitlements_of(identifier: str) -> dict[str, Any]:
    """Return the entitlements of a bundle in the app."""
    return {**ENTITLEMENTS, "application-identifier": f"{TEAM}.{identifier}", "keychain-access-groups": []}


def info_of(name: str, identifier: str, **keys: Any) -> bytes:
    """Make an Info.plist."""
    return plistlib.dumps({**INFO, "CFBundleExecutable": name, "CFBundleIdentifier": identifier, **keys})


def sign_bundle(files: dict[str, bytes], folder: str, code: Code, *, seal: bytes | None = None) -> None:
    """Sign a bundle whose files are there but for its executable, as codesign does."""
    info = files[f"{folder}Info.plist"]
    executable = folder + plistlib.loads(info)["CFBundleExecutable"]
    own = {
        name.removeprefix(folder): data
        for name, data in files.items()
        if name.startswith(folder) and name not in {executable, folder + SEAL}
    }
    files[folder + SEAL] = seal = make_seal(own) if seal is None else seal
    files[executable] = make_executable(code, info=info, seal=seal)


def make_files(
    *, app: Code | None = None, parts: Iterable[str] = (KIT, LATE, SHARE), **codes: Code
) -> dict[str, bytes]:
    """Make the files of a sound app, signed from within; `codes` are how a part is signed, by its name."""
    files: dict[str, bytes] = {}
    if KIT in parts:
        files[f"{KIT}Info.plist"] = info_of("Kit", "com.example.kit")
        files[f"{KIT}kit.json"] = b"{}"
        sign_bundle(files, KIT, codes.get("kit", Code(identifier="com.example.kit")))
    if LATE in parts:
        files[LATE] = make_executable(codes.get("late", Code(identifier="libLate")))
    if SHARE in parts:
        identifier = f"{IDENTIFIER}.share"
        files[f"{SHARE}Info.plist"] = info_of("Share", identifier)
        files[f"{SHARE}embedded.mobileprovision"] = make_signed_profile(entitlements_of(identifier))
        sign_bundle(
            files, SHARE, codes.get("share", Code(identifier=identifier, entitlements=entitlements_of(identifier)))
        )
    for place, name, platform, cpu in ((WATCH, "Wrist", WATCHOS, ARM64_32), (CLIP, "Clip", IOS, ARM64)):
        if place in parts:
            identifier = f"{IDENTIFIER}.{name.lower()}"
            files[f"{place}Info.plist"] = info_of(name, identifier, MinimumOSVersion="9.0")
            files[f"{place}embedded.mobileprovision"] = make_signed_profile(entitlements_of(identifier))
            code = Code(identifier=identifier, entitlements=entitlements_of(identifier), platform=platform, cpu=cpu)
            sign_bundle(files, place, codes.get(name.lower(), code))
    files |= {
        f"{APP}Info.plist": info_of("MyApp", IDENTIFIER),
        f"{APP}PkgInfo": b"APPL????",
        f"{APP}config.json": b'{"server": "https://a.example"}',
        f"{APP}Café.txt": b"au lait",
        f"{APP}en.lproj/Localizable.strings": b"a",
        f"{APP}Base.lproj/Main.nib": b"nib",
        f"{APP}embedded.mobileprovision": make_signed_profile(),
    }
    sign_bundle(files, APP, app or APP_CODE)
    return files


APP_CODE = Code(entitlements=ENTITLEMENTS)


def resign(files: dict[str, bytes], **changes: Any) -> None:
    """Sign the app itself again, over what is there now."""
    sign_bundle(files, APP, replace(APP_CODE, **changes))


def zip_files(
    files: Mapping[str, bytes],
    modes: Mapping[str, int | None] | None = None,
    *,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Zip files; executables and what is named get the mode 0755, others 0644, and None leaves it out."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in files.items():
            is_code = data[:4] in {b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"}
            mode = (modes or {}).get(name, 0o100755 if is_code else 0o100644)
            info = zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6))
            info.create_system = 0 if mode is None else 3
            info.external_attr = (mode or 0) << 16
            archive.writestr(info, data, compression)
    return file.getvalue()


ROOTS = (read_x509(hierarchy().root.certificate),)
_TRUST = """
from pathlib import Path
from itms_ota._asn1 import _chain, read_x509
apple_roots = _chain.apple_roots
root = read_x509(Path(__file__).with_name("root.der").read_bytes())
_chain.apple_roots = lambda: (root, *apple_roots())
"""


def trusting_environment(folder: Path) -> dict[str, str]:
    """Make an environment for processes of their own, which do as the fixture `trusted` does."""
    folder.mkdir()
    (folder / "root.der").write_bytes(hierarchy().root.certificate)
    (folder / "sitecustomize.py").write_text(_TRUST)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


def inspected(
    files: Mapping[str, bytes] | bytes, modes: Mapping[str, int | None] | None = None, **options: Any
) -> SignatureReport:
    """Inspect an app whose certificates lead to our root."""
    data = files if isinstance(files, bytes) else zip_files(files, modes)
    given: dict[str, Any] = {"now": NOW, "roots": ROOTS, **options}
    return look_at_signature(io.BytesIO(data), **given)


def found(report: SignatureReport) -> list[tuple[str, str, str]]:
    """Return what programs see of the problems, with paths in the app's folder."""
    return sorted((problem.path.removeprefix(APP), problem.code, problem.level) for problem in report.problems)


def make_signed_ipa(**options: Any) -> bytes:
    """Make an .ipa with the arguments of `make_ipa`, and sign it: equal arguments give equal bytes."""
    with zipfile.ZipFile(io.BytesIO(make_ipa(**options))) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    folder = f"Payload/{options.get('name', 'MyApp')}.app/"
    info = plistlib.loads(files[f"{folder}Info.plist"])
    entitlements = entitlements_of(info["CFBundleIdentifier"])
    place = f"{folder}embedded.mobileprovision"
    if place in files:
        data = files[place]
        profile = plistlib.loads(signed_content(data) if data.startswith(b"\x30") else data)
        profile |= {"DeveloperCertificates": [hierarchy().leaf.certificate], "Entitlements": entitlements}
        # Binary, as texts may have characters that XML does not.
        files[place] = sign(plistlib.dumps(profile, fmt=plistlib.FMT_BINARY), profile_hierarchy())
    sign_bundle(files, folder, Code(identifier=info["CFBundleIdentifier"], entitlements=entitlements))
    return zip_files(files, compression=options.get("compression", zipfile.ZIP_DEFLATED))
