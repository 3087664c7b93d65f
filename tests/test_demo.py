"""The small .ipa that the demo makes is one that could install, were it signed."""

from __future__ import annotations

import io
import zipfile

from itms_ota._demo import DAY, make_ipa
from itms_ota._png import from_rgb, read_header
from itms_ota.ipa import read_ipa


def test_the_ipa_is_an_in_house_app_without_a_problem() -> None:
    ipa = read_ipa(io.BytesIO(make_ipa()))
    assert (ipa.bundle_identifier, ipa.display_name, ipa.short_version) == ("com.example.hello", "Hello", "1.0.0")
    assert ipa.profile is not None
    assert (ipa.profile.kind, ipa.profile.extra) == ("enterprise", {})
    assert ipa.problems(now=DAY) == ipa.problems() == ()


def test_it_is_always_the_same() -> None:
    assert make_ipa() == make_ipa()
    with zipfile.ZipFile(io.BytesIO(make_ipa())) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 15, 0, 0, 0)}


def test_its_icons_have_the_sizes_that_they_claim() -> None:
    ipa = read_ipa(io.BytesIO(make_ipa()))
    for wanted, given in ((57, 120), (121, 180), (512, 512), (1024, 512)):
        icon = ipa.icon_png(wanted)
        assert icon is not None
        assert read_header(icon)[:2] == (given, given)


def test_pixels_become_a_png() -> None:
    import struct
    import zlib

    png = from_rgb(2, bytes(range(6)) + b"\xff" * 6)
    assert read_header(png) == (2, 2, False)
    start = png.index(b"IDAT")
    (length,) = struct.unpack_from(">I", png, start - 4)
    rows = zlib.decompress(png[start + 4 : start + 4 + length])
    assert rows == b"\0" + bytes(range(6)) + b"\0" + b"\xff" * 6
    assert struct.unpack_from(">I", png, start + 4 + length) == (zlib.crc32(png[start : start + 4 + length]),)
