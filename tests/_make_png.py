"""Write and read small PNGs, plain and CgBI, pixel by pixel: slow, and independent of the library."""

from __future__ import annotations

import itertools
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Sequence

Pixel = tuple[int, ...]
"""Red, green, blue and, in pictures of colour type 6, alpha."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CGBI = ("CgBI", bytes.fromhex("50002002"))
IEND = ("IEND", b"")

SIZES = ((1, 1), (2, 1), (1, 2), (3, 3), (5, 2), (4, 7), (9, 8), (13, 17), (33, 5))
FILTERS = ((0,), (1,), (2,), (3,), (4,), (4, 1, 3, 0, 2, 3, 4, 2, 1))
# Few and extreme values make the ties and overflows that evenly spread ones hardly ever do.
EXTREMES = (0, 1, 127, 128, 254, 255)

# Which pass a pixel belongs to, by its row and column within each square of eight (PNG specification, 8.2).
ADAM7 = ("16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777")


class Decoded(NamedTuple):
    """What a plain PNG holds: its pixels by row, its chunks in order, whether it is interlaced."""

    picture: list[list[Pixel]]
    chunks: list[tuple[str, bytes]]
    interlaced: bool


def straight(pixel: Pixel) -> Pixel:
    """Undo the multiplication by alpha, and round halves up."""
    *colours, alpha = pixel
    if alpha == 0:
        return pixel
    return (*(min(255, (2 * 255 * colour + alpha) // (2 * alpha)) for colour in colours), alpha)


def random_picture(
    noise: random.Random, width: int, height: int, values: Sequence[int], channels: int
) -> list[list[Pixel]]:
    return [[tuple(noise.choices(values, k=channels)) for _ in range(width)] for _ in range(height)]


def chunk(name: str, body: bytes) -> bytes:
    """Make a chunk with its right checksum."""
    named = name.encode("latin-1") + body
    return struct.pack(">I", len(body)) + named + struct.pack(">I", zlib.crc32(named))


def write_chunks(chunks: Iterable[tuple[str, bytes]]) -> bytes:
    """Make a file of chunks."""
    return SIGNATURE + b"".join(chunk(name, body) for name, body in chunks)


def read_chunks(data: bytes) -> list[tuple[str, bytes]]:
    """Take a file apart, and hold every checksum against its chunk."""
    assert data.startswith(SIGNATURE)
    chunks: list[tuple[str, bytes]] = []
    rest = data[len(SIGNATURE) :]
    while rest:
        (length,) = struct.unpack_from(">I", rest)
        named, checksum = rest[4 : 8 + length], rest[8 + length : 12 + length]
        assert struct.pack(">I", zlib.crc32(named)) == checksum
        chunks.append((named[:4].decode("latin-1"), named[4:]))
        rest = rest[12 + length :]
    return chunks


def header(width: int, height: int, *, colour: int = 6, depth: int = 8, interlaced: bool = False) -> tuple[str, bytes]:
    """Make an IHDR chunk."""
    return "IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)


def encode(
    picture: Sequence[Sequence[Pixel]], *, cgbi: bool = False, filters: Sequence[int] = (0,), interlaced: bool = False
) -> bytes:
    """Make the contents of IDAT; the filters are used for one row after the other, over and over."""
    pending = itertools.cycle(filters)
    lines = bytearray()
    for rows in _passes(picture, interlaced=interlaced):
        above: list[int] = []
        for row in rows:
            pixels = [(*pixel[2::-1], *pixel[3:]) if cgbi else pixel for pixel in row]
            samples = [sample for pixel in pixels for sample in pixel]
            filter_ = next(pending)
            lines.append(filter_)
            lines += bytes(
                (sample - predicted(filter_, samples, above, index, len(row[0]))) % 256
                for index, sample in enumerate(samples)
            )
            above = samples
    packer = zlib.compressobj(wbits=-15 if cgbi else 15)
    return packer.compress(lines) + packer.flush()


def make_png(
    picture: Sequence[Sequence[Pixel]],
    *,
    cgbi: bool = False,
    filters: Sequence[int] = (0,),
    interlaced: bool = False,
    idats: int = 1,
) -> bytes:
    """Make a PNG of 8 bits. In a CgBI one the pixels are stored as they are, so give premultiplied ones."""
    stream = encode(picture, cgbi=cgbi, filters=filters, interlaced=interlaced)
    cuts = [len(stream) * part // idats for part in range(idats + 1)]
    colour = 6 if len(picture[0][0]) == 4 else 2
    return write_chunks(
        [
            *([CGBI] if cgbi else []),
            header(len(picture[0]), len(picture), colour=colour, interlaced=interlaced),
            *(("IDAT", stream[start:end]) for start, end in itertools.pairwise(cuts)),
            IEND,
        ]
    )


def decode(data: bytes) -> Decoded:
    """Read a plain PNG of 8 bits, colour type 2 or 6."""
    chunks = read_chunks(data)
    assert chunks[0][0] == "IHDR"
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, methods[:2]) == (8, [0, 0])
    channels = {2: 3, 6: 4}[colour]
    lines = zlib.decompress(b"".join(body for name, body in chunks if name == "IDAT"))
    picture: list[list[Pixel]] = [[()] * width for _ in range(height)]
    places = [[(x, y) for x in range(width)] for y in range(height)]
    for rows in _passes(places, interlaced=bool(methods[2])):
        above: list[int] = []
        for row in rows:
            filter_, lines = lines[0], lines[1:]
            samples: list[int] = []
            for index in range(channels * len(row)):
                samples.append((lines[index] + predicted(filter_, samples, above, index, channels)) % 256)
            lines = lines[len(samples) :]
            above = samples
            for number, (x, y) in enumerate(row):
                picture[y][x] = tuple(samples[channels * number : channels * (number + 1)])
    assert not lines
    return Decoded(picture, chunks, bool(methods[2]))


def predicted(filter_: int, row: Sequence[int], above: Sequence[int], index: int, channels: int) -> int:
    """Return what a filter expects of a sample (PNG specification, 9.2); `above` is empty over the first row."""
    if filter_ == 0:
        return 0
    left = row[index - channels] if index >= channels else 0
    up = above[index] if above else 0
    corner = above[index - channels] if above and index >= channels else 0
    estimate = left + up - corner
    # min() takes the first of equals, and that is the order the specification asks for.
    paeth = min((left, up, corner), key=lambda sample: abs(estimate - sample))
    return (0, left, up, (left + up) // 2, paeth)[filter_]


def _passes(rows: Sequence[Sequence[Pixel]], *, interlaced: bool) -> Iterator[list[list[Pixel]]]:
    if not interlaced:
        yield [list(row) for row in rows]
        return
    for number in "1234567":
        chosen = [[cell for x, cell in enumerate(row) if ADAM7[y % 8][x % 8] == number] for y, row in enumerate(rows)]
        yield [row for row in chosen if row]
