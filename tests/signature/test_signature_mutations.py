"""Signed apps with random bytes changed: no foreign exception, and nothing that is signed changes unseen.

`ITMS_OTA_LONG=1` tries 100 000 changes of an app that is signed by RSA, and 2 000 of one that is signed by a curve.

What may change unseen: `UNSIGNED`, what is not in `signed_ranges`, and of the zip around the files what changes
nothing when it is unpacked: `SLACK`.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import pytest
from _long import mutants
from _make_signed import hierarchy, profile_hierarchy
from _signing import APP, APP_CODE, ROOM, ROOTS, inspected, make_files, make_signed_profile, resign, zip_files

from itms_ota._asn1 import read_signed, read_x509
from itms_ota.signature._code import CMS, read_blobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _make_signed import Hierarchy

    Files: TypeAlias = "dict[str, bytes]"
    Ranges: TypeAlias = "list[tuple[int, int]]"

EXECUTABLE, PROFILE = f"{APP}MyApp", f"{APP}embedded.mobileprovision"
UNSIGNED = {f"{APP}PkgInfo"}
"""Files that no seal lists."""
OPTIONAL = {f"{APP}en.lproj/Localizable.strings"}
"""Files that may be missing, as where a change of the archive's directory names them otherwise."""

SLACK = b"\x14\0\0\x08"
"""What is usual where zipfile stumbles over what no device reads: the version that is needed, and flags but for two.

They stand in the directory and before the file. What neither reads, or what changes no content: the times, the
version of who made it, the disk, the attributes but for the mode; of the end, the counts and the comment.
"""


@cache
def app(kind: str) -> Files:
    """Make a small app that is signed by a key of this kind."""
    by = hierarchy(kind)
    files = make_files(parts=(), app=replace(APP_CODE, text=bytes(range(256)) * 20))
    files[PROFILE] = make_signed_profile(certificates=[by.leaf.certificate])
    resign(files, text=bytes(range(256)) * 20, by=by)
    return files


@cache
def roots(kind: str) -> tuple[object, ...]:
    return (*ROOTS, read_x509(hierarchy(kind).root.certificate))


def is_sound(files: Files | bytes, kind: str) -> bool:
    return inspected(files, roots=roots(kind)).ok


def message_ranges(message: bytes, by: Hierarchy) -> Iterator[tuple[int, int]]:
    """Yield what is signed in a message: certificates below the root, the signed attributes, and the signature."""
    signer = read_signed(message).signers[0]
    for part in (by.leaf.certificate, by.authority.certificate, signer.signed[1:], signer.signature):
        at = message.index(part)
        yield at, at + len(part)


@cache
def signed_ranges(kind: str) -> dict[str, Ranges]:
    """Return the bytes of each file that may not change: all of a file that is sealed, of others what is signed."""
    files = app(kind)
    found = {name: [(0, len(data))] for name, data in files.items() if name not in UNSIGNED}
    data = files[EXECUTABLE]
    end = len(data) - ROOM
    blobs = read_blobs(data[end:])
    # The code, and each part but the message: its own header says only where it ends.
    ranges = [(0, end)]
    for slot, part in blobs.items():
        at = data.index(bytes(part), end)
        if slot == CMS:
            ranges += [(at + 8 + a, at + 8 + b) for a, b in message_ranges(bytes(part[8:]), hierarchy(kind))]
        else:
            ranges.append((at, at + len(part)))
    found[EXECUTABLE] = ranges
    return found


def changed(data: bytes, source: random.Random, ranges: Ranges | None = None) -> bytes:
    """Change one to three bytes, in these ranges or anywhere."""
    new = bytearray(data)
    for _ in range(source.randrange(1, 4)):
        start, stop = source.choice(ranges) if ranges else (0, len(data))
        new[source.randrange(start, stop)] ^= source.choice((1 << source.randrange(8), source.randrange(1, 256)))
    return bytes(new)


def is_as_signed(files: Files, kind: str) -> bool:
    """Return whether files differ from the app at most where nothing is signed."""
    usual = app(kind)
    may_differ = UNSIGNED | OPTIONAL
    return {*files} - may_differ == {*usual} - may_differ and all(
        len(files[name]) == len(usual[name]) and all(files[name][a:b] == usual[name][a:b] for a, b in ranges)
        for name, ranges in signed_ranges(kind).items()
        if name in files
    )


def without_slack(data: bytes) -> bytes:
    """Put what is usual where Python stumbles over what nobody else reads."""
    new = bytearray(data)
    (at,) = struct.unpack_from("<L", new, len(new) - 6)
    while new.startswith(b"PK\1\2", at):
        (header_at,) = struct.unpack_from("<L", new, at + 42)
        new[at + 6 : at + 10] = new[header_at + 4 : header_at + 8] = SLACK
        at += 46 + sum(struct.unpack_from("<HHH", new, at + 28))
    return bytes(new)


def unzipped(data: bytes) -> Files:
    """Unzip an app as a program does that knows nothing of this one."""
    with zipfile.ZipFile(io.BytesIO(without_slack(data))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist() if name.startswith(APP)}


def runs(parts: int) -> list[tuple[str, int, int]]:
    """Return the kinds of keys, with the number of a part and how many changes it tries; the long mode has parts."""
    rsa = [("rsa", part, mutants(300, 10_000)) for part in range(mutants(1, parts))]
    return [*rsa, ("p256", 0, mutants(10, 1000))]


@pytest.mark.dear
@pytest.mark.parametrize(("kind", "part", "count"), runs(4))
def test_a_change_of_what_is_signed_is_seen(kind: str, part: int, count: int) -> None:
    source = random.Random(f"inside {kind} {part}")
    unseen: list[str] = []
    for _ in range(count):
        # Most of what matters is in the executable.
        name = EXECUTABLE if source.randrange(2) else source.choice([*signed_ranges(kind)])
        files = {**app(kind), name: changed(app(kind)[name], source, signed_ranges(kind)[name])}
        if files != app(kind) and is_sound(files, kind):
            unseen.append(name)
    assert unseen == []


@pytest.mark.dear
@pytest.mark.parametrize(("kind", "part", "count"), runs(5))
def test_a_changed_archive_is_not_called_sound(kind: str, part: int, count: int) -> None:
    source = random.Random(f"archive {kind} {part}")
    data = zip_files(app(kind), compression=zipfile.ZIP_STORED)
    directory = data.index(b"PK\1\2")
    unseen: list[bytes] = []
    for _ in range(count):
        # A tenth of the changes hit the directory, which is short.
        new = changed(data, source, None if source.randrange(10) else [(directory, len(data))])
        if is_sound(new, kind) and not is_as_signed(unzipped(new), kind):
            unseen.append(new)
    assert unseen == []


@pytest.mark.dear
@pytest.mark.parametrize("count", [mutants(60, 10_000)])
def test_a_change_of_a_profile_is_seen_in_an_app_that_was_signed_with_it(count: int) -> None:
    source = random.Random("profile")
    data = app("rsa")[PROFILE]
    content = read_signed(data).content
    assert content is not None
    at = data.index(content)
    ranges = [*message_ranges(data, profile_hierarchy()), (at, at + len(content))]
    files = dict(app("rsa"))
    unseen: list[bytes] = []
    for _ in range(count):
        files[PROFILE] = changed(data, source, ranges)
        if files[PROFILE] != data:
            resign(files)
            if is_sound(files, "rsa"):
                unseen.append(files[PROFILE])
    assert unseen == []
