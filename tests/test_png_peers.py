"""Pillow sees in the icons that are made of Xcode's what it sees in Xcode's, as far as it reads those.

Of a CgBI PNG it reads the rows, filters and interlacing, once the compressed stream has the frame of a plain one; what
remains is to put the channels in order, and to divide them by alpha.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from _make_png import (
    EXTREMES,
    FILTERS,
    SIZES,
    Pixel,
    make_png,
    random_picture,
    read_chunks,
    straight,
    write_chunks,
)

from itms_ota._png import from_rgb, read_header, to_plain_png

if TYPE_CHECKING:
    from pathlib import Path

Image: Any = pytest.importorskip("PIL.Image")

# What Pillow writes: colour types 0, 2, 3, 4 and 6, of one bit to sixteen.
MODES: dict[str, dict[str, Any]] = {
    "1": {},
    "L": {},
    "P": {},
    "LA": {},
    "RGB": {},
    "RGBA": {},
    "I;16": {},
    "P, two bits": {"bits": 2},
}


def seen(data: bytes) -> Any:
    """Return the picture that Pillow reads in a PNG; it raises an error for a damaged one."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        picture.load()
        return picture


def pixels(picture: Any) -> list[Pixel]:
    bands = len(picture.getbands())
    data = picture.tobytes()
    return [*zip(*(data[band::bands] for band in range(bands)), strict=True)]


def framed(data: bytes) -> bytes:
    """Make a PNG that Pillow reads of a CgBI one; channels and colours stay as they are stored."""
    chunks = [(name, body) for name, body in read_chunks(data) if name not in {"CgBI", "iDOT"}]
    stream = zlib.decompress(b"".join(body for name, body in chunks if name == "IDAT"), -zlib.MAX_WBITS)
    first = next(index for index, (name, _) in enumerate(chunks) if name == "IDAT")
    chunks[first] = ("IDAT", zlib.compress(stream))
    return write_chunks([chunk for index, chunk in enumerate(chunks) if index == first or chunk[0] != "IDAT"])


def assert_the_same_is_seen(data: bytes) -> None:
    """Compare what Pillow sees in a CgBI PNG with what it sees in the plain one that is made of it."""
    stored, plain = seen(framed(data)), seen(to_plain_png(data))
    bands = stored.split()
    ordered = Image.merge(stored.mode, (bands[2], bands[1], bands[0], *bands[3:]))
    assert (plain.format, plain.mode, plain.size) == ("PNG", stored.mode, stored.size)
    if plain.mode == "RGB":
        assert plain.tobytes() == ordered.tobytes()
        return
    known = {pixel: straight(pixel) for pixel in {*pixels(ordered)}}
    assert pixels(plain) == [known[pixel] for pixel in pixels(ordered)]
    # Pillow divides by alpha itself, and rounds down.
    divided = Image.frombytes("RGBa", ordered.size, ordered.tobytes()).convert("RGBA")
    for ours, theirs in zip(pixels(plain), pixels(divided), strict=True):
        assert not ours[3] or all(0 <= one - other <= 1 for one, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("filters", FILTERS)
def test_pillow_sees_the_same(filters: tuple[int, ...], channels: int, *, interlaced: bool) -> None:
    noise = random.Random(f"Pillow {filters} {channels} {interlaced}")
    for width, height in SIZES:
        for values in (range(256), EXTREMES):
            picture = random_picture(noise, width, height, values, channels)
            data = make_png(picture, cgbi=True, filters=filters, interlaced=interlaced, idats=noise.randrange(1, 4))
            assert_the_same_is_seen(data)
            expected = [straight(pixel) if channels == 4 else pixel for row in picture for pixel in row]
            assert pixels(seen(to_plain_png(data))) == expected


def test_pillow_sees_every_colour_divided_by_every_alpha() -> None:
    picture: list[list[Pixel]] = [[(colour, 255 - colour, 7, alpha) for colour in range(256)] for alpha in range(256)]
    assert_the_same_is_seen(make_png(picture, cgbi=True))


@pytest.mark.parametrize("mode", MODES)
def test_what_pillow_writes_passes_untouched(mode: str) -> None:
    noise = random.Random(mode)
    for width, height in SIZES:
        name = mode.partition(",")[0]
        picture = Image.new(name, (width, height))
        picture.frombytes(noise.randbytes(len(picture.tobytes())))
        file = io.BytesIO()
        picture.save(file, "PNG", **MODES[mode])
        data = file.getvalue()
        assert to_plain_png(data) is data
        assert tuple(read_header(data)) == (width, height, False)


def test_pillow_sees_what_is_made_of_pixels() -> None:
    noise = random.Random(7)
    for width, height in SIZES:
        data = noise.randbytes(3 * width * height)
        picture = seen(from_rgb(width, data))
        assert (picture.mode, picture.size, picture.tobytes()) == ("RGB", (width, height), data)


def test_pillow_sees_the_same_in_real_icons(corpus: Path) -> None:
    compared = 0
    for path in sorted(corpus.glob("ipas/*.ipa")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                data = archive.read(name) if name.lower().endswith(".png") else b""
                if data and read_header(data).cgbi:
                    assert_the_same_is_seen(data)
                    compared += 1
    assert compared >= 31
