"""How long icons take to convert, beside a plain loop over the same bytes: run it as a script."""

from __future__ import annotations

import random
import struct
import sys
import time
import zlib
from typing import TYPE_CHECKING

from itms_ota._png import to_plain_png

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def icons() -> list[tuple[str, float, str]]:
    """Give what was measured: name, value, unit."""
    results: list[tuple[str, float, str]] = []
    icon = smooth_icon(180, 4)
    assert pixels_of(to_plain_png(icon)) == plain_loop(icon)
    for name, filter_, size in (("Paeth", 4, 180), ("average", 3, 180), ("up", 2, 180), ("Paeth", 4, 1024)):
        icon = smooth_icon(size, filter_)
        results.append((f"icon {size} x {size}, alpha, {name} rows", best_of(5, to_plain_png, icon), "ms"))
    icon = smooth_icon(180, 4)
    results.append(("icon 180 x 180, alpha, Paeth rows, plain loop", best_of(5, plain_loop, icon), "ms"))
    return results


def best_of(times: int, function: Callable[[bytes], bytes], data: bytes) -> float:
    """Give the shortest of some runs, in milliseconds."""
    seconds: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        function(data)
        seconds.append(time.perf_counter() - start)
    return min(seconds) * 1000


def smooth_icon(size: int, filter_: int) -> bytes:
    """Make a CgBI picture whose rows all have one filter, and whose neighbouring pixels differ a little."""
    noise = random.Random(f"{size} {filter_}")
    rows = b"".join(bytes([filter_, *noise.choices((0, 0, 0, 1, 255), k=4 * size)]) for _ in range(size))
    deflate = zlib.compressobj(wbits=-15)
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + type_ + body + struct.pack(">I", zlib.crc32(type_ + body))
        for type_, body in (
            (b"CgBI", bytes.fromhex("50002002")),
            (b"IHDR", struct.pack(">2I5B", size, size, 8, 6, 0, 0, 0)),
            (b"IDAT", deflate.compress(rows) + deflate.flush()),
            (b"IEND", b""),
        )
    )


def pixels_of(plain: bytes) -> bytes:
    """Unpack the pixel stream of a plain PNG that has one IDAT chunk and nothing between it and IHDR."""
    return zlib.decompress(plain[41 : 41 + int.from_bytes(plain[33:37], "big")])


def plain_loop(icon: bytes) -> bytes:
    """Do the same work, byte by byte, on what `smooth_icon` makes; return the pixel stream."""
    width, height = struct.unpack_from(">2I", icon, 32)
    raw = zlib.decompress(icon[57 : 57 + int.from_bytes(icon[49:53], "big")], -15)
    stride = 4 * width
    above = bytearray(stride)
    plain = bytearray()
    for start in range(0, height * (stride + 1), stride + 1):
        row = bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            a = row[i - 4] if i >= 4 else 0
            b = above[i]
            c = above[i - 4] if i >= 4 else 0
            pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
            row[i] = (row[i] + (a if pa <= pb and pa <= pc else b if pb <= pc else c)) & 255
        plain.append(0)
        for i in range(0, stride, 4):
            blue, green, red, alpha = row[i : i + 4]
            if alpha:
                red, green, blue = (min(255, (255 * colour + alpha // 2) // alpha) for colour in (red, green, blue))
            plain += bytes((red, green, blue, alpha))
        above = row
    zlib.compress(plain)
    return bytes(plain)


if __name__ == "__main__":
    for name, value, unit in icons():
        sys.stdout.write(f"{name:50} {value:9.1f} {unit}\n")
