"""Icons: CgBI PNGs become plain ones, plain ones pass, everything else is refused."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from _make_png import (
    CGBI,
    EXTREMES,
    FILTERS,
    IEND,
    SIGNATURE,
    SIZES,
    Pixel,
    decode,
    encode,
    header,
    make_png,
    random_picture,
    read_chunks,
    straight,
    write_chunks,
)

from itms_ota._png import HEADER_SIZE, MAX_SIDE, PngHeader, read_header, to_plain_png
from itms_ota.errors import IpaError

if TYPE_CHECKING:
    from pathlib import Path

DOT: list[list[Pixel]] = [[(10, 20, 30, 255)]]


def refusal(data: bytes) -> str:
    """Give the message of the one problem for which the data is refused."""
    with pytest.raises(IpaError) as caught:
        to_plain_png(data)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.level) == ("bad-icon", "", "error")
    return problem.message


# --- the header


def test_header_of_a_plain_png() -> None:
    assert read_header(make_png([[(1, 2, 3)] * 5] * 3)) == PngHeader(width=5, height=3, cgbi=False)


def test_header_of_a_cgbi_png() -> None:
    assert read_header(make_png([[(1, 2, 3)] * 5] * 3, cgbi=True)) == PngHeader(width=5, height=3, cgbi=True)


@pytest.mark.parametrize("cgbi", [False, True])
def test_header_needs_only_the_first_bytes(*, cgbi: bool) -> None:
    data = make_png(DOT, cgbi=cgbi)
    assert read_header(data[:HEADER_SIZE]) == PngHeader(1, 1, cgbi)
    for end in range(HEADER_SIZE - 4 - (0 if cgbi else 16)):
        with pytest.raises(IpaError):
            read_header(data[:end])


def test_header_tells_sizes_that_are_too_large_to_convert() -> None:
    assert read_header(write_chunks([header(100_000, 100_000)])) == PngHeader(100_000, 100_000, cgbi=False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1", "it is a JPEG"),
        (b"<!DOCTYPE html><html>", "it is a web page (HTML)"),
        (SIGNATURE, "its header (IHDR) is missing or cut off"),
        (write_chunks([CGBI, IEND]), "its header (IHDR) is missing"),
        (write_chunks([("gAMA", b"\0\0\xb1\x8f"), header(1, 1)]), "its header (IHDR) is missing"),
        (write_chunks([("CgBI", b""), header(1, 1)]), "its header (IHDR) is missing"),
        (write_chunks([("IHDR", b"\0\0\0\1\0\0\0\1\x08\6\0\0")]), "its header (IHDR) is missing"),
        (write_chunks([header(0, 1)]), "0 x 1 pixels"),
        (write_chunks([header(1, 0)]), "1 x 0 pixels"),
        (write_chunks([header(1 << 31, 1)]), "2147483648 x 1 pixels"),
        (write_chunks([header(1, 1 << 31)]), "1 x 2147483648 pixels"),
        (write_chunks([header(1, 1, depth=4)]), "colour type 6 with bit depth 4"),
        (write_chunks([header(1, 1, colour=5)]), "colour type 5 with bit depth 8"),
        (write_chunks([header(1, 1, depth=16, colour=3)]), "colour type 3 with bit depth 16"),
        (write_chunks([("IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 1, 0, 0))]), "interlacing: (1, 0, 0)"),
        (write_chunks([("IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 1, 0))]), "interlacing: (0, 1, 0)"),
        (write_chunks([("IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 2))]), "interlacing: (0, 0, 2)"),
    ],
)
def test_headers_that_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(IpaError) as caught:
        read_header(data)
    assert reason in str(caught.value)
    assert reason in refusal(data)


# --- plain PNGs


@pytest.mark.parametrize(
    ("colour", "depth"), [(0, 1), (0, 16), (2, 8), (2, 16), (3, 1), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]
)
def test_a_plain_png_passes_untouched(colour: int, depth: int) -> None:
    # Pixels of a plain PNG are not read, so any will do.
    chunks = [header(7, 5, colour=colour, depth=depth), ("PLTE", bytes(6)), ("tEXt", b"Title\0x"), ("IDAT", b"?"), IEND]
    data = write_chunks(chunks)
    assert to_plain_png(data) is data


def test_a_plain_png_may_be_as_large_as_the_limit() -> None:
    data = write_chunks([header(MAX_SIDE, MAX_SIDE), ("IDAT", b""), IEND])
    assert to_plain_png(data) is data


# --- CgBI PNGs


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("filters", FILTERS)
def test_every_pixel_is_right(filters: tuple[int, ...], channels: int, *, interlaced: bool) -> None:
    noise = random.Random(f"{filters} {channels} {interlaced}")
    for width, height in SIZES:
        for values in (range(256), EXTREMES):
            picture = random_picture(noise, width, height, values, channels)
            plain = decode(to_plain_png(make_png(picture, cgbi=True, filters=filters, interlaced=interlaced)))
            assert plain.interlaced is interlaced
            assert plain.picture == ([list(map(straight, row)) for row in picture] if channels == 4 else picture)


@pytest.mark.parametrize(("width", "height"), [(1, 140), (2, 64), (3, 65), (70, 129)])
def test_pictures_of_many_rows(width: int, height: int) -> None:
    picture = random_picture(random.Random(height), width, height, (0, 3, 90, 255), 3)
    data = make_png(picture, cgbi=True, filters=(2, 4, 3, 1, 4, 4))
    assert decode(to_plain_png(data)).picture == picture


def test_every_colour_is_divided_by_every_alpha() -> None:
    picture = [[(colour, 255 - colour, 0, alpha) for colour in range(256)] for alpha in range(256)]
    plain = decode(to_plain_png(make_png(picture, cgbi=True)))
    assert plain.picture == [list(map(straight, row)) for row in picture]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ((7, 8, 9, 0), (7, 8, 9, 0)),
        ((0, 1, 2, 2), (0, 128, 255, 2)),
        ((1, 5, 6, 6), (43, 213, 255, 6)),
        ((64, 128, 129, 128), (128, 255, 255, 128)),
        ((7, 8, 255, 254), (7, 8, 255, 254)),
        ((7, 8, 9, 255), (7, 8, 9, 255)),
    ],
)
def test_a_colour_is_rounded_and_capped(stored: Pixel, shown: Pixel) -> None:
    assert decode(to_plain_png(make_png([[stored]], cgbi=True))).picture == [[shown]]


@pytest.mark.parametrize("idats", [2, 3, 40])
def test_the_pixels_may_be_spread_over_several_chunks(idats: int) -> None:
    picture = random_picture(random.Random(idats), 4, 3, range(256), 3)
    plain = decode(to_plain_png(make_png(picture, cgbi=True, idats=idats)))
    assert plain.picture == picture
    assert [name for name, _ in plain.chunks] == ["IHDR", "IDAT", "IEND"]


def test_metadata_stays_where_it_was() -> None:
    before = [("gAMA", b"\0\0\xb1\x8f"), ("sRGB", b"\0"), ("cHRM", bytes(32)), ("pHYs", bytes(9))]
    after = [("tEXt", b"Title\0x"), ("eXIf", b"MM\0*")]
    pixels = encode(DOT, cgbi=True)
    chunks = [
        CGBI,
        header(1, 1),
        *before,
        ("iDOT", bytes(28)),
        ("IDAT", pixels[:3]),
        ("IDAT", pixels[3:]),
        *after,
        IEND,
    ]
    plain = decode(to_plain_png(write_chunks(chunks)))
    assert plain.picture == DOT
    (idat,) = (body for name, body in plain.chunks if name == "IDAT")
    assert plain.chunks == [header(1, 1), *before, ("IDAT", idat), *after, IEND]


def test_a_converted_png_is_plain() -> None:
    plain = to_plain_png(make_png(DOT, cgbi=True))
    assert read_header(plain) == PngHeader(1, 1, cgbi=False)
    assert to_plain_png(plain) is plain


# --- what is refused


def test_too_many_pixels_are_refused_before_anything_is_unpacked() -> None:
    for cgbi in ([], [CGBI]):
        assert "100000 x 100000 pixels" in refusal(write_chunks([*cgbi, header(100_000, 100_000)]))
        assert f"1 x {MAX_SIDE + 1} pixels" in refusal(write_chunks([*cgbi, header(1, MAX_SIDE + 1)]))
        assert f"{MAX_SIDE + 1} x 1 pixels" in refusal(write_chunks([*cgbi, header(MAX_SIDE + 1, 1)]))


def cgbi_file(stream: bytes, size: int = 1, colour: int = 6, depth: int = 8) -> bytes:
    return write_chunks([CGBI, header(size, size, colour=colour, depth=depth), ("IDAT", stream), IEND])


def deflated(lines: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(lines) + packer.flush()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (write_chunks([header(1, 1), IEND]), "no IDAT"),
        (write_chunks([CGBI, header(1, 1), IEND]), "no IDAT"),
        (write_chunks([header(1, 1), ("IDAT", b"")]), "ends early: after 45 bytes"),
        (make_png(DOT)[:-1], "ends early"),
        (make_png(DOT) + b"\0", "1 bytes follow its end"),
        (make_png(DOT, cgbi=True) + bytes(12), "12 bytes follow its end"),
        (make_png(DOT)[:-1] + b"\0", "checksum of its b'IEND' chunk"),
        (write_chunks([header(1, 1), header(2, 2), ("IDAT", b""), IEND]), "unexpected chunk, b'IHDR'"),
        (write_chunks([header(1, 1), CGBI, ("IDAT", b""), IEND]), "unexpected chunk, b'CgBI'"),
        (write_chunks([header(1, 1), ("NEWS", b""), ("IDAT", b""), IEND]), "unexpected chunk, b'NEWS'"),
        (write_chunks([header(1, 1), *([("IDAT", b"")] * 9998), ("tEXt", b""), IEND]), "more than 10000 chunks"),
        (cgbi_file(deflated(bytes(5)), colour=0), "bit depth 8 and colour type 0"),
        (cgbi_file(deflated(bytes(9)), depth=16), "bit depth 16 and colour type 6"),
        (cgbi_file(zlib.compress(bytes(5))), "its pixels cannot be decompressed. Save"),
        (cgbi_file(b"\xff\xff"), "its pixels cannot be decompressed. Save"),
        (cgbi_file(b""), "should have 5 bytes and have only 0"),
        (cgbi_file(deflated(bytes(4))), "should have 5 bytes and have only 4"),
        (cgbi_file(deflated(bytes(5))[:-1]), "does not end with them"),
        (cgbi_file(deflated(bytes(6))), "should have 5 bytes and have more"),
        (cgbi_file(deflated(bytes(5)) + b"\0"), "does not end with them"),
        (cgbi_file(deflated(b"\5" + bytes(4))), "filter type 5"),
        (cgbi_file(deflated(bytes(9) + b"\xff" + bytes(8)), size=2), "filter type 255"),
    ],
)
def test_files_that_are_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_the_message_says_what_to_do() -> None:
    assert refusal(b"GIF89a") == ("The icon is not a usable PNG: it is a GIF. Save the picture as PNG again.")


def test_pixels_that_unpack_to_more_than_promised_take_no_memory() -> None:
    bomb = cgbi_file(deflated(bytes(1 << 26)))
    tracemalloc.start()
    try:
        assert "have more" in refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def icon() -> bytes:
    """Give a picture with all that Xcode's have, interlaced besides."""
    picture = random_picture(random.Random("icon"), 9, 7, (0, 64, 128, 255), 4)
    stream = encode(picture, cgbi=True, filters=(0, 1, 2, 3, 4), interlaced=True)
    idats = [("IDAT", stream[:60]), ("IDAT", stream[60:])]
    metadata = [("gAMA", b"\0\0\xb1\x8f"), ("sRGB", b"\0"), ("cHRM", bytes(32)), ("iDOT", bytes(28))]
    return write_chunks([CGBI, header(9, 7, interlaced=True), *metadata, *idats, IEND])


def test_every_prefix_is_refused(icon: bytes) -> None:
    for end in range(len(icon)):
        assert refusal(icon[:end])


def test_flipped_bytes_are_refused(icon: bytes) -> None:
    noise = random.Random("flips")
    for place in range(len(icon)):
        assert refusal(icon[:place] + bytes([icon[place] ^ noise.randrange(1, 256)]) + icon[place + 1 :])


def test_flipped_bytes_under_right_checksums_are_refused_or_make_a_picture(icon: bytes) -> None:
    noise = random.Random("flips under right checksums")
    chunks = read_chunks(icon)
    refused = 0
    for _ in range(2000):
        number = noise.randrange(len(chunks))
        name, body = chunks[number]
        named = bytearray(name.encode("latin-1") + body)
        named[noise.randrange(len(named))] ^= noise.randrange(1, 256)
        changed = (named[:4].decode("latin-1"), bytes(named[4:]))
        try:
            plain = to_plain_png(write_chunks([*chunks[:number], changed, *chunks[number + 1 :]]))
        except IpaError:
            refused += 1
        else:
            assert len(decode(plain).picture) == read_header(plain).height
    assert 500 < refused < 2000


# --- real ones


def test_icons_that_xcode_made(corpus: Path) -> None:
    with zipfile.ZipFile(corpus / "ipas" / "ipad.ipa") as archive:
        icons = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist() if name.endswith(".png")}
    assert {name: read_header(data) for name, data in icons.items()} == {
        "AppIcon29x29~ipad.png": PngHeader(29, 29, cgbi=True),
        "AppIcon29x29@2x~ipad.png": PngHeader(58, 58, cgbi=True),
        "AppIcon40x40~ipad.png": PngHeader(40, 40, cgbi=True),
        "AppIcon40x40@2x~ipad.png": PngHeader(80, 80, cgbi=True),
        "AppIcon76x76~ipad.png": PngHeader(76, 76, cgbi=True),
        "AppIcon76x76@2x~ipad.png": PngHeader(152, 152, cgbi=True),
        "AppIcon83.5x83.5@2x~ipad.png": PngHeader(167, 167, cgbi=True),
    }
    for name, data in icons.items():
        # Their streams, packed as plain ones are, hold the same pixels but for the order and the multiplication.
        chunks = [chunk for chunk in read_chunks(data) if chunk[0] in ("IHDR", "IEND")]
        stream = b"".join(body for type_, body in read_chunks(data) if type_ == "IDAT")
        chunks.insert(1, ("IDAT", zlib.compress(zlib.decompress(stream, -15))))
        stored = decode(write_chunks(chunks)).picture
        plain = decode(to_plain_png(data))
        assert plain.picture == [
            [straight((red, green, blue, alpha)) for blue, green, red, alpha in row] for row in stored
        ]
        assert [type_ for type_, _ in plain.chunks] == ["IHDR", "gAMA", "sRGB", "cHRM", "IDAT", "IEND"], name
        # A golden square with rounded, transparent corners.
        assert plain.picture[0][0] == (0, 0, 0, 0)
        red, green, blue, alpha = plain.picture[3][len(stored) // 2]
        assert red > green > blue
        assert alpha == 255
