"""Answers of devices with random bytes changed: no foreign exception, and nothing that is signed changes unseen.

`ITMS_OTA_LONG=1` tries 100,000 of them.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from _devices import CHALLENGE, identities, make_answer, make_content
from _long import mutants
from _make_signed import make_message, make_signer

from itms_ota._asn1 import read_signed
from itms_ota.errors import DeviceError
from itms_ota.udid import Device, read_device

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("trusted")
CONTENT = make_content()
PLAIN = make_message(CONTENT, [make_signer(identities().leaf, CONTENT)], identities().certificates)
CODES = {"not-an-answer", "answer-changed", "wrong-challenge"}


def mutated(data: bytes, source: random.Random) -> bytes:
    """Change a few bytes, cut some out, put some in, or repeat some."""
    new = bytearray(data)
    for _ in range(source.randrange(1, 4)):
        at, length = source.randrange(len(new)), source.randrange(1, 9)
        match source.randrange(10):
            case 0:
                del new[at : at + length]
            case 1:
                new[at:at] = source.randbytes(length)
            case 2:
                new[at:at] = new[at : at + 8 * length]
            case 3:
                del new[at:]
                new += source.randbytes(1)
            case _:
                new[at] ^= source.choice((1 << source.randrange(8), source.randrange(1, 256)))
    return bytes(new)


def outcome(body: bytes) -> tuple[str, Device | None]:
    """Read an answer; give what came of it, and the device."""
    try:
        device = read_device(body, challenge=CHALLENGE)
    except DeviceError as error:
        (problem,) = error.problems
        assert problem.code in CODES, problem
        assert problem.level == "error"
        return problem.code, None
    assert bool(device.problems) is not device.verified
    assert repr(device) != ""
    return "verified" if device.verified else "not verified", device


@pytest.mark.parametrize(("body", "count"), [(make_answer(), mutants(500, 60_000)), (PLAIN, mutants(500, 40_000))])
def test_a_mutant_is_refused_or_doubted_or_says_what_was_signed(body: bytes, count: int) -> None:
    source = random.Random(f"mutants {len(body)}")
    whole = read_device(body, challenge=CHALLENGE)
    assert whole.verified
    seen: Counter[str] = Counter()
    for _ in range(count):
        mutant = mutated(body, source)
        name, device = outcome(mutant)
        seen[name] += 1
        # Only the frame of a message can change unseen, such as what stands behind it.
        assert not (device and device.verified) or device == whole, mutant.hex()
    assert {*seen} >= {"not verified", "not-an-answer", "answer-changed"}


def signed_ranges(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the signed attributes, the signature and the device's certificate stand."""
    signer = read_signed(body).signers[0]
    for part in (CONTENT, identities().leaf.certificate, signer.signed[1:], signer.signature):
        at = body.index(part)
        yield at, at + len(part)


@pytest.mark.dear
def test_each_byte_that_is_signed_counts() -> None:
    source = random.Random("each byte")
    for start, stop in signed_ranges(PLAIN):
        for at in range(start, stop):
            changed = bytearray(PLAIN)
            changed[at] ^= 1 << source.randrange(8)
            name, device = outcome(bytes(changed))
            assert name != "verified", (at - start, device)
