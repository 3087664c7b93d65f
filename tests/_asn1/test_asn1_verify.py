"""Signed messages: sound ones are called sound, and of each other the reason is named."""

from __future__ import annotations

import pytest
from _make_signed import (
    HASHES,
    hierarchy,
    sign,
)

from itms_ota._asn1 import Verification, purposes, read_x509, verify

CONTENT = b"what is signed"
ROOTS = tuple(read_x509(hierarchy(kind).root.certificate) for kind in ("rsa", "p256", "p384"))


def verified(message: bytes, content: bytes | None = None) -> Verification:
    return verify(message, {"distribution"}, content, roots=ROOTS)


def faults(message: bytes, content: bytes | None = None) -> tuple[str, ...]:
    return verified(message, content).faults


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
@pytest.mark.parametrize("digest", HASHES)
def test_every_kind_of_key_with_every_hash_is_sound(kind: str, digest: str) -> None:
    by = hierarchy(kind)
    message = sign(CONTENT, by, digest=digest)  # type: ignore[arg-type]
    found = verified(message)
    assert found.faults == ()
    assert [certificate.der for certificate in found.certificates] == [*by.certificates]
    assert purposes(found.certificates) == {"distribution"}
    assert verify(message, {"distribution"}).faults == ("foreign-root",)
