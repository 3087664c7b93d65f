"""Other people's software reads the property lists that are written here, and what it writes is read here, the same.

Asked are libplist's plistutil, the packages `plist` and `simple-plist` of npm, and Ruby's `plist` and `CFPropertyList`;
those of npm and Ruby by the scripts in .ci/plists. Where one differs stands in `DIFFERENCES`, which must stay exact.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import plistlib
import random
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from _long import mutants
from _plists import as_told, told

from itms_ota import Manifest, _plist
from itms_ota.errors import errors_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCRIPTS = Path(__file__).parents[2] / ".ci" / "plists"
OF_NPM = {"plist", "simple-plist"}
EXAMPLES = mutants(100, 2000)


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


PIECES = (
    *("&", "<", ">", '"', "'", "]]>", "&amp;", "&#38;", "<![CDATA[x]]>", "<!-- x -->", "<?x?>", "</string>"),
    *("\t", "\n", "\r", "\r\n", " ", "  a  ", "\x7f", "\x80", "\x85", "\x9f", "\xa0", "\xad", "\u200b", "\u200d"),
    *("\u2028", "\u2029", "\u202e", "\ufeff", "a\ufeff", "\ufffd", "\ue000", "\ufdd0", "é", "e\u0301", "中", "م"),
    *("\U0001f600", "\U0001ffff", "\U0010fffd", "", "0", "true", "https://a.example/a?b=1&c=%26+#d", "__proto__"),
)
TEXTS = {ascii(text): text for text in PIECES} | {"20,000 x": "x" * 20_000, "20,000 &": "&" * 20_000}
INTEGERS = {
    str(number): number
    for power in (7, 8, 15, 16, 31, 32, 53, 63, 64)
    for number in (2**power - 1, 2**power, -(2**power), -(2**power) - 1, 0)
    if -(2**63) <= number < 2**64
}
REALS = {
    repr(number): number
    for number in (0.0, -0.0, 1.0, 1.5, -1.5, 0.1, 1 / 3, 1e15, 1e21, 1e300, 5e-324, math.inf, -math.inf, math.nan)
}
DATES = {
    day: dt.datetime.fromisoformat(f"{day}T23:59:58")
    for day in ("0001-01-01", "1582-10-10", "1969-12-31", "2000-12-31", "2024-02-29", "2038-01-19", "9999-12-31")
}
DATA = {
    f"{len(data)} bytes": data
    for data in (b"", b"\0", b"ab", b"abc", bytes(16), bytes(range(256)), bytes(1000), b"\x04\x08[\0")
}
OTHERS: dict[str, Any] = {
    "true": True,
    "false": False,
    "[]": [],
    "{}": {},
    "[[]]": [[]],
    "[{}]": [{}],
    "nested": nested(60),
    "many": [*range(300)],
    "many keys": {f"key {number}": number for number in range(300)},
    "twice": ["a", "a", {"a": ["a", True, 1, 1.5]}],
}
ROOTS: dict[str, Any] = {"[]": [], "{}": {}, "text": "x", "number": 5, "[1]": [1], "[1, 2]": [1, 2], "[[1]]": [[1]]}
CASES: dict[str, Any] = {
    **{name: {"value": text, "key": {text: 1}} for name, text in TEXTS.items()},
    **{name: {"value": value} for name, value in {**INTEGERS, **REALS, **DATES, **DATA, **OTHERS}.items()},
    **{f"root {name}": value for name, value in ROOTS.items()},
}

# What each does otherwise, in this direction, and why.
_MARK = {r"'\ufeff'": "is written twice, as Apple's parser drops the first; others read both"}
_OTHER = "is written as another number"
_NO_REAL = dict.fromkeys(("inf", "-inf", "nan"), "is 0 to it")
_WRITES_MARK = {r"'\ufeff'": "is written once, which Apple's parser drops"}
_OF_NPM = {
    **_MARK,
    "'__proto__'": "is refused as a key",
    **dict.fromkeys(("inf", "-inf"), "is read as nan"),
    "-0.0": "is an integer to it",
}
_XML_OF_NPM = {
    **_WRITES_MARK,
    "-0.0": "is an integer to it",
    **dict.fromkeys(("1e+21", "1e+300"), "is written as an integer, with an exponent"),
    "0 bytes": "is written <data/>, which Apple's parser refuses",
}
DIFFERENCES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("libplist", "reads"): _MARK,
    ("libplist", "xml"): {},
    ("libplist", "binary"): _MARK,
    ("plist", "reads"): _OF_NPM,
    ("plist", "xml"): _XML_OF_NPM,
    ("plist", "binary"): {
        **dict.fromkeys((str(2**63 - 1), str(2**63), str(2**64 - 1)), _OTHER),
        "-0.0": "is an integer to it",
    },
    ("simple-plist", "reads"): _OF_NPM,
    ("simple-plist", "xml"): _XML_OF_NPM,
    ("simple-plist", "binary"): {
        **dict.fromkeys(map(str, (2**32, -(2**32) - 1, 2**53 - 1, 1e15, 1e21, 1e300, math.inf, -math.inf)), _OTHER),
        **dict.fromkeys(map(str, (-(2**53), -(2**53) - 1, -(2**63))), "is written in too few bytes"),
        "-0.0": "is an integer to it",
        "0001-01-01": "is written as the first second of 2001",
        **dict.fromkeys(("root [1]", "root [[1]]"), "is written without its outer array"),
    },
    ("ruby-plist", "reads"): {
        **_MARK,
        **_NO_REAL,
        "1582-10-10": "is not a day of its calendar",
        "4 bytes": "is taken for an object of Ruby",
    },
    ("ruby-plist", "xml"): _WRITES_MARK,
    ("CFPropertyList", "reads"): {**_MARK, **_NO_REAL, "20,000 &": "has more entities than it takes"},
    ("CFPropertyList", "xml"): {
        **_WRITES_MARK,
        **dict.fromkeys((r"'\r'", r"'\r\n'"), "is written as it is, which XML makes a line feed"),
    },
    ("CFPropertyList", "binary"): {
        **dict.fromkeys((str(2**63), str(2**64 - 1)), _OTHER),
        "1582-10-10": "is written two millionths of a second late",
    },
}


def examples(peer: str, direction: str) -> list[Any]:
    """Make random values of the cases in which a peer does not differ, of any depth, and manifests."""
    seeded = random.Random(f"{peer} {direction}")
    same = {name: value for name, value in CASES.items() if name not in DIFFERENCES[peer, direction]}
    pieces = [text for name, text in TEXTS.items() if name in same and len(text) < 100]

    def text() -> str:
        return "".join(seeded.choices(pieces, k=seeded.randrange(12)))

    def value(depth: int) -> Any:
        kind = seeded.randrange(4 if depth < 5 else 2)
        if kind == 0:
            return text()
        if kind == 1:
            return seeded.choice([*same.values()])
        if kind == 2:
            return [value(depth + 1) for _ in range(seeded.randrange(5))]
        return {text(): value(depth + 1) for _ in range(seeded.randrange(5))}

    def manifest() -> Any:
        made = Manifest.for_app(
            url="https://a.example/a.ipa?b=" + text(), bundle_identifier=text(), bundle_version=text(), title=text()
        )
        written = made.to_plist(validate=False)
        assert _plist.dumps(_plist.loads(written)) == written
        return _plist.loads(written)

    return [
        *({"x": value(0), "y": value(0)} for _ in range(EXAMPLES)),
        *(manifest() for _ in range(EXAMPLES)),
    ]


# How each is asked


def plistutil(data: bytes, form: str) -> bytes:
    """Let libplist read a property list and write it in a form."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        before.write_bytes(data)
        subprocess.run(["plistutil", "-i", before, "-o", after, "-f", form[:3]], check=True)
        return after.read_bytes()


def converted(values: list[Any], form: str) -> list[bytes]:
    """Return what libplist makes of values that we write, many in a file."""
    if not shutil.which("plistutil"):
        pytest.skip("libplist's plistutil is not installed")
    version = subprocess.run(["plistutil", "-v"], capture_output=True, check=True, text=True).stdout.strip()
    if version != "plistutil 2.2.0":
        pytest.skip(f"{version} is not the version whose differences are known")
    return [plistutil(_plist.dumps(values[start : start + 100]), form) for start in range(0, len(values), 100)]


def script(peer: str, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Let a script answer requests."""
    program, name = ("node", "peer.mjs") if peer in OF_NPM else ("ruby", "peer.rb")
    if not shutil.which(program) or not (SCRIPTS / name).exists():
        pytest.skip(f"there is no {program}, or no {name}")
    asked = json.dumps(requests)
    done = subprocess.run(
        [program, SCRIPTS / name, peer], input=asked, capture_output=True, check=False, encoding="utf-8"
    )
    if done.returncode == 3:
        pytest.skip(f"{peer} is not installed, or not in the version whose differences are known")
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(answers) == len(requests)
    return answers


def read_here(data: bytes) -> Any:
    """Return what we read, told, or None for what is refused."""
    value, problems, _ = _plist.read(data)
    return None if value is None or errors_of(problems) else as_told(value)


def read_there(peer: str, values: list[Any]) -> list[Any]:
    """Return what a peer reads in what we write, told."""
    if peer == "libplist":
        # What it has read is told by Python's plistlib.
        return [as_told(value) for data in converted(values, "binary") for value in plistlib.loads(data)]
    answers = script(peer, [{"read": base64.b64encode(_plist.dumps(value)).decode()} for value in values])
    return [told(answer["value"]) if "value" in answer else None for answer in answers]


def written_there(peer: str, form: str, values: list[Any]) -> list[Any]:
    """Return what we read in what a peer writes, told."""
    if peer == "libplist":
        return [value for data in converted(values, form) for value in read_here(data)]
    answers = script(peer, [{"write": as_told(value), "form": form} for value in values])
    return [read_here(base64.b64decode(answer["written"])) if "written" in answer else None for answer in answers]


def numbers_alike(value: Any) -> Any:
    """Return what was told without the difference that JavaScript does not know, that of 1 and 1.0."""
    if isinstance(value, list):
        return [numbers_alike(part) for part in cast("Any", value)]
    if isinstance(value, dict):
        ((kind, content),) = cast("Any", value).items()
        if kind == "dict":
            return {kind: [[key, numbers_alike(part)] for key, part in content]}
        return {"real": str(float(content))} if kind == "integer" else {kind: content}
    return value


@pytest.mark.parametrize(("peer", "direction"), DIFFERENCES)
def test_each_reads_and_writes_the_same_but_where_it_is_known_to_differ(peer: str, direction: str) -> None:
    values = [*CASES.values(), *examples(peer, direction)]
    found = read_there(peer, values) if direction == "reads" else written_there(peer, direction, values)
    expected = [as_told(value) for value in values]
    if peer in OF_NPM:
        found, expected = numbers_alike(found), numbers_alike(expected)
    same = [one == other for one, other in zip(found, expected, strict=True)]
    assert {name for name, is_same in zip(CASES, same, strict=False) if not is_same} == {*DIFFERENCES[peer, direction]}
    assert [values[index] for index in range(len(CASES), len(values)) if not same[index]] == []
