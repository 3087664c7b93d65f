"""Icons: from the PNGs that Xcode puts into an .ipa to plain ones that every browser shows.

Xcode rewrites the PNGs of an app for the device ("Compress PNG Files"). The result starts with a chunk of its own,
``CgBI``, and only Apple's decoders read it: the IDAT chunks together are one raw deflate stream, the channels are in
the order BGR or BGRA, and colours are multiplied by alpha. "The specification" is W3C's Portable Network Graphics.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from functools import cache
from operator import getitem
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ._magic import PNG, what_is
from .errors import IpaError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

HEADER_SIZE = 49
"""How many bytes of a file `read_header` needs: signature, CgBI and IHDR."""

MAX_SIDE = 2048
"""The most pixels that `to_plain_png` takes in either direction; Apple's largest icon has 1024."""

LARGEST_FILE = 4 * 1024 * 1024
"""How many bytes of an icon are read; real ones have less than a megabyte."""

_MAX_CHUNKS = 10_000  # an icon has about ten; each takes time and memory, even an empty one

_CGBI = b"\x00\x00\x00\x04CgBI"
_IHDR = b"\x00\x00\x00\x0dIHDR"
_BIT_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type
_CHANNELS = {2: 3, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

# iDOT says to Apple's decoder where in the file the second half of the rows begins, so it cannot outlive a rewrite.
_LEFT_OUT = (b"iDOT", b"IDAT")
_CRITICAL = (b"PLTE", b"IDAT", b"IEND")

# Rows taken at a time. What `_unfiltered` does in one step covers one pixel of every row of a band: more rows
# mean fewer steps on longer integers, and more memory.
_BAND = 64

# In `_unfiltered` a pixel is four lanes of 16 bits, one a channel, which leaves room for sums and signs.
_PIXEL = 8
_PIXEL_BITS = 64


class PngHeader(NamedTuple):
    """The first facts about a PNG: its size in pixels, and whether it is Xcode's variant."""

    width: int
    height: int
    cgbi: bool


def read_header(data: bytes) -> PngHeader:
    r"""Read the header of a PNG, plain or CgBI; the first `HEADER_SIZE` bytes are enough.

    Raises IpaError for anything else.

    >>> read_header(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\xb4\0\0\0\xb4\x08\x06\0\0\0")
    PngHeader(width=180, height=180, cgbi=False)
    """
    if data[:8] != PNG:
        _refuse(f"it is {what_is(data[:1024])}")
    cgbi = data[8:16] == _CGBI
    start = 24 if cgbi else 8
    if data[start : start + 8] != _IHDR or len(data) < start + 21:
        _refuse("its header (IHDR) is missing or cut off")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack_from(">2I5B", data, start + 8)
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        _refuse(f"its header declares {width} x {height} pixels")
    if depth not in _BIT_DEPTHS.get(colour, ()):
        _refuse(f"its header combines colour type {colour} with bit depth {depth}, which is not allowed")
    if compression or filtering or interlace > 1:
        methods = (compression, filtering, interlace)
        _refuse(f"its header declares unknown methods of compression, filtering, interlacing: {methods}")
    return PngHeader(width, height, cgbi)


def to_plain_png(data: bytes) -> bytes:
    """Return `data` itself if it is a plain PNG, and a plain PNG with the same pixels if it is CgBI.

    Metadata (gAMA, sRGB, cHRM, ...) and interlacing stay as they are. The chunks are checked, their
    checksums too, but not the pixels of a plain PNG, since nothing here decodes them. Raises IpaError
    for anything else, for a damaged file, and for more than `MAX_SIDE` pixels in either direction.
    """
    width, height, cgbi = read_header(data)
    if max(width, height) > MAX_SIDE:
        _refuse(f"it has {width} x {height} pixels; at most {MAX_SIDE} x {MAX_SIDE} are read")
    chunks = list(_chunks(data))[1 + cgbi :]
    types = [type_ for type_, _ in chunks]
    # The first letter of a type is upper-case where a decoder must know the chunk (the specification, 5.4).
    unknown = [type_ for type_ in types if type_[:1].isupper() and type_ not in _CRITICAL]
    if unknown:
        _refuse(f"it has an unexpected chunk, {unknown[0]!r}")
    if b"IDAT" not in types:
        _refuse("it has no pixels (no IDAT chunk)")
    if not cgbi:
        return data
    header = data[24:HEADER_SIZE]
    depth, colour, interlace = header[16], header[17], header[20]
    if depth != 8 or colour not in _CHANNELS:
        _refuse(
            f"it is in Xcode's CgBI form with bit depth {depth} and colour type {colour}; only 8 with 2 or 6 is known"
        )
    passes = _passes(width, height) if interlace else [(width, height)]
    stream = b"".join(body for type_, body in chunks if type_ == b"IDAT")
    lines = _inflated(stream, passes, _CHANNELS[colour])
    first = types.index(b"IDAT")
    chunks[first] = (b"IDAT", _converted(lines, passes, _CHANNELS[colour]))
    kept = [chunk for place, chunk in enumerate(chunks) if place == first or chunk[0] not in _LEFT_OUT]
    return PNG + header + b"".join(_chunk(type_, body) for type_, body in kept)


def from_rgb(width: int, pixels: bytes) -> bytes:
    """Return a PNG of rows of `width` pixels, three bytes each: red, green, blue."""
    stride = 3 * width
    rows = [pixels[start : start + stride] for start in range(0, len(pixels), stride)]
    header = struct.pack(">2I5B", width, len(rows), 8, 2, 0, 0, 0)
    compressed = zlib.compress(b"".join(b"\0" + row for row in rows))
    return PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", compressed) + _chunk(b"IEND", b"")


def _refuse(reason: str) -> NoReturn:
    message = f"The icon is not a usable PNG: {reason}. Save the picture as PNG again."
    raise IpaError([Problem("", "bad-icon", message)]) from None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks after the signature, type and body, to IEND, which must end the file.

    A wrong checksum is refused, as decoders refuse it in the chunks that matter: the picture is damaged.
    """
    position = len(PNG)
    for _ in range(_MAX_CHUNKS):
        start, end = position + 8, position + 8 + int.from_bytes(data[position : position + 4], "big")
        type_ = data[position + 4 : start]
        if len(data) < end + 4:
            _refuse(f"it ends early: after {len(data)} bytes, inside a chunk or before an IEND chunk")
        if zlib.crc32(data[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            _refuse(f"it is damaged: the checksum of its {type_!r} chunk at byte {position} is wrong")
        yield type_, data[start:end]
        position = end + 4
        if type_ == b"IEND":
            break
    else:
        _refuse(f"it has more than {_MAX_CHUNKS} chunks")
    if position != len(data):
        _refuse(f"{len(data) - position} bytes follow its end")


def _chunk(type_: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + type_ + body + struct.pack(">I", zlib.crc32(type_ + body))


def _passes(width: int, height: int) -> list[tuple[int, int]]:
    """Return the sizes of the pictures that Adam7 makes of one; a small one has fewer than seven."""
    sizes = [((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in _ADAM7]
    return [size for size in sizes if all(size)]


def _inflated(stream: bytes, passes: Collection[tuple[int, int]], channels: int) -> bytes:
    """Unpack the pixels of a CgBI PNG, which must be as many as the passes have, and check the filter types.

    All of this comes before the first pixel is converted, so that damage is refused at once.
    """
    size = sum((1 + channels * width) * height for width, height in passes)
    source = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        lines = source.decompress(stream, size + 1)  # no more than that: it may unpack to gigabytes
    except zlib.error:
        _refuse("its pixels cannot be decompressed")
    if len(lines) != size:
        found = f"only {len(lines)}" if len(lines) < size else "more"
        _refuse(f"its pixels should have {size} bytes and have {found}")
    if not source.eof or source.unused_data:
        _refuse("the compressed stream of its pixels does not end with them")
    start = 0
    for width, height in passes:
        stride = 1 + channels * width
        filters = lines[start : start + stride * height : stride]
        if max(filters) > 4:
            _refuse(f"one of its rows has filter type {max(filters)}; only 0 to 4 are defined")
        start += stride * height
    return lines


def _converted(lines: bytes, passes: Collection[tuple[int, int]], channels: int) -> bytes:
    """Convert the pixels of a CgBI PNG into the compressed ones of a plain PNG, a band of rows at a time."""
    target = zlib.compressobj()
    plain = bytearray()
    start = 0
    for width, height in passes:
        above = array("Q", bytes(_PIXEL * width))
        for top in range(0, height, _BAND):
            end = start + (1 + channels * width) * min(_BAND, height - top)
            pixels = _unfiltered(bytearray(lines[start:end]), width, channels, above)
            above = pixels[-width:]
            plain += target.compress(_straightened(pixels[width:], width, channels))
            start = end
    return bytes(plain + target.flush())


def _unfiltered(lines: bytearray, width: int, channels: int, above: array[int]) -> array[int]:
    """Undo the filters of some rows; the result begins with `above`, the row above them.

    A filter predicts a pixel from those to the left (a), above (b) and above left (c). So the pixels of a
    diagonal, one further left in each row down, do not depend on one another: each step computes a whole
    diagonal in a few operations on long integers, every row in 64 bits of its own and every channel in 16 of
    them. No loop over bytes remains, whatever the filters.
    """
    stride = 1 + channels * width
    filters = b"\0" + lines[::stride]
    del lines[::stride]
    lanes = bytearray(_PIXEL * width * (len(filters) - 1))
    for channel in range(channels):
        lanes[2 * channel :: _PIXEL] = lines[channel::channels]
    pixels = above + array("Q", lanes)

    last_row = len(filters) - 1
    # One row more than there are, since `b` and `c` reach one row further down than the picture.
    ones = int.from_bytes(b"\1\0" * 4 * (last_row + 2), "little")
    sub, up, average, paeth = (_where(filters, filter_) for filter_ in (1, 2, 3, 4))
    step = max(1, width - 1)
    b = x = 0
    for diagonal in range(width + last_row):
        top, bottom = max(0, diagonal - width + 1), min(diagonal, last_row)
        place = slice(top * (width - 1) + diagonal, bottom * (width - 1) + diagonal + 1, step)
        a, c = x, b
        b = a << _PIXEL_BITS
        x = int.from_bytes(pixels[place].tobytes(), "little") << _PIXEL_BITS * top
        x += a & sub | b & up | (a + b >> 1) & average
        if paeth:
            x += _nearest(a, b, c, ones) & paeth
        x &= ones * 255
        pixels[place] = array("Q", (x >> _PIXEL_BITS * top).to_bytes(_PIXEL * (bottom - top + 1), "little"))
    return pixels


def _where(filters: bytes, wanted: int) -> int:
    """Return a mask of the rows that have the wanted filter type."""
    return int.from_bytes(
        b"".join(b"\xff\0" * 4 if filter_ == wanted else bytes(_PIXEL) for filter_ in filters), "little"
    )


def _nearest(a: int, b: int, c: int, ones: int) -> int:
    """Compute Paeth's predictor in every lane: the one of a, b and c that is nearest to a + b - c."""
    # A bit set above a lane's values (8, below 10) survives a subtraction that comes out at 0 or more.
    over = (a + (ones << 8) - b) & ones << 8
    swap = (a ^ b) & over - (over >> 8)
    low, high = a ^ swap, b ^ swap
    # With low <= high, low is nearest where high <= 3c - (a + b), high where 3c - (a + b) <= low, otherwise c;
    # ties included, these are the comparisons of distances in the specification (9.4), rearranged.
    margin = ones << 10
    total, triple = a + b, 3 * c
    over = (triple + margin - total - high) & margin
    guess = c ^ (c ^ low) & (over >> 2) - (over >> 10)
    over = (low + margin + total - triple) & margin
    return guess ^ (guess ^ high) & (over >> 2) - (over >> 10)


def _straightened(band: array[int], width: int, channels: int) -> bytes:
    """Return rows of a plain PNG, filter type 0, of pixels in BGR or premultiplied BGRA."""
    lanes = band.tobytes()
    planes = [lanes[start::_PIXEL] for start in (4, 2, 0, 6)[:channels]]  # red, green, blue, alpha
    if channels == 4 and planes[3].translate(None, b"\x00\xff"):
        tables = list(map(_straight, planes[3]))
        planes[:3] = [bytes(map(getitem, tables, colours)) for colours in planes[:3]]
    pixels = bytearray(channels * len(band))
    for channel, plane in enumerate(planes):
        pixels[channel::channels] = plane
    stride = channels * width
    return b"".join(b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride))


@cache
def _straight(alpha: int) -> bytes:
    """Return the straight colour of each premultiplied one, rounded as Apple's vImageUnpremultiplyData does."""
    if alpha == 0:
        return bytes(range(256))
    return bytes((255 * colour + alpha // 2) // alpha for colour in range(alpha)) + b"\xff" * (256 - alpha)
