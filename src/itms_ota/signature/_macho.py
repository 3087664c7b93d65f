"""Mach-O: the slices of an executable, and what the load commands of each say (Apple, mach-o/loader.h)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FAT_HEADER = 8
HEADER = 32
"""The bytes that say how many more are needed: of a file with several slices, and of one."""

_FAT = {0xCAFEBABE: struct.Struct(">LLLLL"), 0xCAFEBABF: struct.Struct(">LLQQLL")}
_MOST_SLICES = 32
# The magic number, and how long the header is.
_THIN = {0xFEEDFACE: 28, 0xFEEDFACF: 32}
LOADED = frozenset({2, 6, 8})
"""Types of files that a device loads: programs, libraries, bundles; not objects or symbols of debuggers."""
START = 16
"""The bytes that say whether a file may be code."""
# The linker's own limit is far below; real executables have some ten kilobytes.
_LARGEST_COMMANDS = 1024 * 1024

_CODE_SIGNATURE = 0x1D
_ENCRYPTION = {0x21, 0x2C}
_BUILD_VERSION = 0x32
# LC_VERSION_MIN_…: the command says the platform.
_VERSION_MIN = {0x24: 1, 0x25: 2, 0x2F: 3, 0x30: 4}

# By type and, where it matters, subtype of the processor (mach/machine.h).
_ARCHITECTURES: Mapping[tuple[int, int | None], str] = {
    (7, None): "i386",
    (0x01000007, None): "x86_64",
    (12, 6): "armv6",
    (12, 9): "armv7",
    (12, 11): "armv7s",
    (12, 12): "armv7k",
    (0x0100000C, 2): "arm64e",
    (0x0100000C, None): "arm64",
    (0x0200000C, None): "arm64_32",
}
PLATFORMS: Mapping[int, str] = {
    1: "macOS",
    2: "iOS",
    3: "tvOS",
    4: "watchOS",
    6: "Mac Catalyst",
    7: "iOS Simulator",
    8: "tvOS Simulator",
    9: "watchOS Simulator",
    11: "visionOS",
    12: "visionOS Simulator",
}


class MachOError(ValueError):
    """Bytes that do not have the structure of an executable; the message says why."""


class Slice(NamedTuple):
    """The part of a file that is for one architecture: where it starts, its bytes, and what a fat header calls it."""

    start: int
    size: int
    processor: tuple[int, int] | None = None


class Commands(NamedTuple):
    """What the load commands of a slice say. `signature` is where it is in the slice, and its bytes."""

    architecture: str
    platform: str | None = None
    minimum_system: str | None = None
    is_encrypted: bool = False
    signature: tuple[int, int] | None = None
    file_type: int = 2


def slices(header: bytes, size: int) -> list[Slice]:
    """Read which slices a file of this size has, in the order of the file, from its first `fat_length` bytes."""
    layout = _FAT.get(int.from_bytes(header[:4], "big"))
    if layout is None:
        return [Slice(0, size)]
    end = fat_length(header)
    if end > len(header):
        raise MachOError("its list of slices is cut off")
    found = sorted(Slice(row[2], row[3], (row[0], row[1])) for row in layout.iter_unpack(header[8:end]))
    for start, length, _ in found:
        if start < end:
            raise MachOError(f"its slices overlap at byte {start}")
        end = start + length
    if end > size:
        raise MachOError(f"it has {size} bytes instead of the {end} that its header declares")
    return found


def fat_length(start: bytes) -> int:
    """Return how many bytes of a file say which slices it has, 0 where it is a single one."""
    layout = _FAT.get(int.from_bytes(start[:4], "big"))
    if layout is None:
        return 0
    count = int.from_bytes(start[4:8], "big")
    if not 0 < count <= _MOST_SLICES:
        raise MachOError(f"it declares {count} slices")
    return 8 + count * layout.size


def may_be_code(start: bytes) -> bool:
    """Return whether a file that begins so may be loaded as code."""
    number = int.from_bytes(start[:4], "big")
    if number in _FAT:
        # The class files of Java have the same number, and then a large one.
        return 0 < int.from_bytes(start[4:8], "big") <= _MOST_SLICES
    return int.from_bytes(start[:4], "little") in _THIN and int.from_bytes(start[12:16], "little") in LOADED


def header_length(start: bytes, size: int) -> int:
    """Return how many bytes of a slice are its header and its load commands."""
    length = _THIN.get(int.from_bytes(start[:4], "little"))
    if length is None or len(start) < length:
        raise MachOError(f"it begins with {bytes(start[:4]).hex()}, as no executable for iOS does")
    commands = int.from_bytes(start[20:24], "little")
    if commands > _LARGEST_COMMANDS or length + commands > size:
        raise MachOError(f"its load commands have {commands} bytes, more than fit")
    return length + commands


def read_commands(header: bytes, part: Slice) -> Commands:
    """Read the load commands of a slice."""
    magic, cpu, subtype, file_type, count, _ = struct.unpack_from("<6L", header)
    found = Commands(_architecture(cpu, subtype), file_type=file_type)
    # The kernel compares them before it runs a program (xnu, kern_exec.c: EBADARCH).
    if part.processor is not None and _architecture(*part.processor) != found.architecture:
        raise MachOError(f"its header calls the slice for {found.architecture} {_architecture(*part.processor)}")
    size = part.size
    for command, body in _commands(header, _THIN[magic], count):
        if command == _CODE_SIGNATURE:
            start, length = _numbers("<LL", body)
            if found.signature is not None:
                raise MachOError("it declares two signatures")
            if start + length > size or start < len(header):
                raise MachOError(f"its signature, {length} bytes at {start}, does not fit in its {size} bytes")
            found = found._replace(signature=(start, length))
        elif command in _ENCRYPTION:
            found = found._replace(is_encrypted=_numbers("<LLL", body)[2] != 0)
        elif command == _BUILD_VERSION:
            platform, minimum = _numbers("<LL", body)
            found = found._replace(
                platform=PLATFORMS.get(platform, f"platform {platform}"), minimum_system=_version(minimum)
            )
        elif command in _VERSION_MIN:
            (minimum,) = _numbers("<L", body)
            # Where both stand, the newer command decides.
            if found.platform is None:
                found = found._replace(platform=PLATFORMS[_VERSION_MIN[command]], minimum_system=_version(minimum))
    return found


def _commands(header: bytes, at: int, count: int) -> Iterator[tuple[int, bytes]]:
    for number in range(count):
        if at + 8 > len(header):
            raise MachOError(f"its load command {number} is missing")
        command, length = struct.unpack_from("<LL", header, at)
        if length < 8 or at + length > len(header):
            raise MachOError(f"its load command {number} has {length} bytes, which do not fit")
        # The highest bit says only that the loader must know the command.
        yield command & 0x7FFFFFFF, header[at + 8 : at + length]
        at += length


def _numbers(layout: str, body: bytes) -> tuple[int, ...]:
    if len(body) < struct.calcsize(layout):
        raise MachOError(f"a load command has {len(body) + 8} bytes, too few for what it says")
    return struct.unpack_from(layout, body)


def _architecture(cpu: int, subtype: int) -> str:
    subtype &= 0xFFFFFF  # the rest are flags
    return (
        _ARCHITECTURES.get((cpu, subtype)) or _ARCHITECTURES.get((cpu, None)) or f"processor 0x{cpu:x}, type {subtype}"
    )


def _version(number: int) -> str:
    major, minor, patch = number >> 16, number >> 8 & 0xFF, number & 0xFF
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"
