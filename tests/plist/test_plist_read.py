"""Reading property lists of every form: files that are too large are not looked at, and broken ones raise nothing."""

from __future__ import annotations

import plistlib
import random
import tracemalloc

import pytest
from _plists import HEAD, random_value, read

from itms_ota import _plist


def test_a_file_of_50_mib_is_not_looked_at() -> None:
    data = bytes(50 * 2**20)
    tracemalloc.start()
    try:
        assert read(data) == (None, [("error", "", "too-large", None, None)])
        assert _plist.positions(data, ["a"]) == {}
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.dear
def test_broken_files_raise_nothing() -> None:
    seeded = random.Random(3)
    value = {"items": [{"a": random_value(seeded), "b": [1, 1.5, b"abc", "é&", True]} for _ in range(4)]}
    extra = b"<!-- c --><array><date>2024-01-01T00:00:00Z</date><key/><integer>0x1</integer><![CDATA[x]]>&amp;&#1;"
    for data in (plistlib.dumps(value), plistlib.dumps(value, fmt=plistlib.FMT_BINARY), HEAD.encode() + extra):
        for _ in range(1500):
            broken = bytearray(data)
            for _ in range(seeded.randint(1, 4)):
                place = seeded.randrange(len(broken))
                how = seeded.randrange(3)
                if how == 0:
                    broken[place] = seeded.choice(b"<>&/\"'\0\xff]![-;#xA0 =") if seeded.random() < 0.7 else place % 256
                elif how == 1:
                    del broken[place : place + seeded.randint(1, 9)]
                else:
                    broken[place:place] = broken[seeded.randrange(len(broken)) :][: seeded.randint(1, 12)]
            value_read, problems, _ = _plist.read(bytes(broken))
            if value_read is None:
                assert [problem for problem in problems if problem.level == "error"]
            _plist.positions(bytes(broken), ["items[0].a", "items[3].b[2]", "x"])
