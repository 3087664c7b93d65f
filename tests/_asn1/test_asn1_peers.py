"""OpenSSL and cryptography say the same of each signature and certificate: those made here, by them, and real ones."""

from __future__ import annotations

import os
import plistlib
import random
import shutil
import struct
import subprocess
import warnings
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import element, make_certificate, make_profile
from _make_signed import (
    EC_WITH,
    HASHES,
    RSA_WITH,
    Hierarchy,
    hashed,
    hierarchy,
    oid,
    profile_hierarchy,
    sign,
    signed_attributes,
)
from _signing import APP, APP_CODE, KIT, LATE, SEAL, SHARE, Code, inspected, make_files, resign

from itms_ota._asn1 import X509Certificate, apple_roots, read_signed, read_x509, verify
from itms_ota._asn1._keys import EcKey, RsaKey, signature_fault
from itms_ota.profile import ProvisioningProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPENSSL = shutil.which("openssl")
CORPUS = os.environ.get("ITMS_OTA_CORPUS")

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl here")
needs_data = pytest.mark.skipif(CORPUS is None, reason="ITMS_OTA_CORPUS is not set")

CONTENT = b"what is signed\n"
KINDS = ("rsa", "p256", "p384")
ALL: Any = ("development", "distribution", "testflight", "app-store", "profile")


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *arguments], capture_output=True, check=False, timeout=60)


def openssl_takes(folder: Path, message: bytes, content: bytes | None, root: bytes | None = None) -> bool:
    """Return what OpenSSL says of a message; of its signature alone where no root is given.

    - `-binary`: without it, content is taken for a text and its line ends are changed, which breaks code signatures
    - `-purpose any`, `-ignore_critical`: Apple's certificates are not for mail, and have extensions of their own
    """
    (folder / "message").write_bytes(message)
    (folder / "content").write_bytes(content or b"")
    arguments: list[str | Path] = ["cms", "-verify", "-inform", "DER", "-in", folder / "message", "-binary"]
    arguments += [] if content is None else ["-content", folder / "content"]
    if root is None:
        arguments.append("-noverify")
    else:
        (folder / "root").write_bytes(root)
        openssl("x509", "-inform", "DER", "-in", folder / "root", "-out", folder / "root.pem")
        arguments += ["-CAfile", folder / "root.pem", "-no-CApath", "-purpose", "any", "-ignore_critical"]
    return openssl(*arguments, "-out", folder / "out").returncode == 0


def is_taken(message: bytes, content: bytes | None, by: Hierarchy) -> bool:
    return verify(message, ALL, content, roots=[read_x509(by.root.certificate)]).faults == ()


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", HASHES)
def test_openssl_takes_what_is_sound(kind: str, digest: Any, tmp_path: Path) -> None:
    by, root = hierarchy(kind), hierarchy(kind).root.certificate
    message = sign(CONTENT, by, digest=digest)
    assert is_taken(message, None, by)
    assert openssl_takes(tmp_path, message, None, root)
    detached = sign(CONTENT, by, digest=digest, detached=True, ber=True)
    assert is_taken(detached, CONTENT, by)
    assert openssl_takes(tmp_path, detached, CONTENT, root)


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_takes_the_same_damaged_messages(kind: str, tmp_path: Path) -> None:
    by = hierarchy(kind)
    message = sign(CONTENT, by)
    source = random.Random(20261126)
    start = message.rindex(by.root.certificate) + len(by.root.certificate)
    for _ in range(12):
        damaged = bytearray(message)
        damaged[source.randrange(start, len(damaged))] ^= 1 << source.randrange(8)
        # Who is stricter may refuse more; none may take what the other refuses.
        if is_taken(bytes(damaged), None, by):
            assert openssl_takes(tmp_path, bytes(damaged), None)


@needs_openssl
def test_openssl_sorts_the_values_of_an_attribute_before_it_verifies(tmp_path: Path) -> None:
    """And so refuses what codesign writes, for which OpenSSL 3.0 has no option: the code hashes, in any order."""
    hashes = [
        element(0x30, oid(HASHES[kind]), element(0x04, hashed(kind, b"CodeDirectory"))) for kind in ("sha1", "sha256")
    ]
    for values, expected in ((hashes, True), (hashes[::-1], False)):
        message = sign(CONTENT, attributes=[*signed_attributes(CONTENT), ("1.2.840.113635.100.9.2", values)])
        assert is_taken(message, None, hierarchy())
        assert openssl_takes(tmp_path, message, None) == expected
    # The order of the attributes themselves it leaves alone.
    assert openssl_takes(tmp_path, sign(CONTENT, attributes=signed_attributes(CONTENT)[::-1]), None)


NEW_KEYS: dict[str, list[str]] = {
    "rsa": ["rsa:2048"],
    "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
}


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
def test_what_openssl_signs_is_sound(kind: str, tmp_path: Path) -> None:
    certificate, private, content = tmp_path / "certificate.pem", tmp_path / "key.pem", tmp_path / "content"
    names = ["-subj", "/CN=Test/OU=A1B2C3D4E5", "-addext", "keyUsage=digitalSignature"]
    openssl("req", "-x509", "-newkey", *NEW_KEYS[kind], *names, "-nodes", "-keyout", private, "-out", certificate)
    openssl("x509", "-in", certificate, "-outform", "DER", "-out", tmp_path / "certificate")
    root = read_x509((tmp_path / "certificate").read_bytes())
    content.write_bytes(CONTENT)
    for digest in HASHES:
        for options in ([], ["-nodetach"], ["-nodetach", "-stream"], ["-noattr"], ["-keyid"]):
            to_sign: list[str | Path] = ["-signer", certificate, "-inkey", private, "-in", content, *options]
            done = openssl("cms", "-sign", "-binary", "-md", digest, *to_sign, "-outform", "DER")
            apart = None if "-nodetach" in options else CONTENT
            # The certificate is not of Apple's hierarchy, which is asked last.
            assert verify(done.stdout, ALL, apart, roots=[root]).faults == ("wrong-signer",)
            damaged = verify(done.stdout, ALL, CONTENT + b".", roots=[root]).faults
            assert damaged[-2:] == ("signature" if options == ["-noattr"] else "message-digest", "wrong-signer")


# Profiles

KEYS = {
    "Name": "name",
    "UUID": "uuid",
    "TeamName": "team_name",
    "TeamIdentifier": "team_identifiers",
    "CreationDate": "created",
    "ExpirationDate": "expires",
    "ProvisionedDevices": "devices",
    "Platform": "platforms",
    "Entitlements": "entitlements",
}


def as_plist(profile: ProvisioningProfile) -> dict[str, Any]:
    """Return what we read in a profile as it stands there."""
    values: dict[str, Any] = {key: getattr(profile, attribute) for key, attribute in KEYS.items()}
    values |= {key: value.replace(tzinfo=None) for key, value in values.items() if isinstance(value, datetime)}
    values |= {key: [*value] for key, value in values.items() if isinstance(value, tuple)}
    values["ProvisionsAllDevices"] = profile.kind == "enterprise"
    return {key: value for key, value in {**values, **profile.extra}.items() if value}


def read_by_openssl(message: bytes, folder: Path) -> dict[str, Any]:
    """Return what OpenSSL takes out of a signed profile, read by Python's plistlib."""
    assert openssl_takes(folder, message, None)
    values: dict[str, Any] = plistlib.loads((folder / "out").read_bytes())
    return {key: value for key, value in values.items() if value}


@needs_openssl
@pytest.mark.parametrize("kind", ["enterprise", "ad-hoc", "development", "app-store"])
@pytest.mark.parametrize("ber", [False, True])
def test_openssl_reads_the_same_in_a_profile(kind: Any, tmp_path: Path, *, ber: bool) -> None:
    content = make_profile(kind, form="xml", TimeToLive=365, DeveloperCertificates=[make_certificate()])
    message = sign(content, profile_hierarchy(), ber=ber)
    assert as_plist(ProvisioningProfile.from_bytes(message)) == read_by_openssl(message, tmp_path)


@needs_data
@needs_openssl
def test_openssl_reads_the_same_in_real_profiles(tmp_path: Path) -> None:
    profiles = [message for message, content in real_messages() if content is None]
    for message in profiles:
        assert as_plist(ProvisioningProfile.from_bytes(message)) == read_by_openssl(message, tmp_path)
    assert len(profiles) >= 3


# cryptography


def cryptography(name: str) -> Any:
    """Import a part of it, or skip the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(f"cryptography.{name}")


def verifies(certificate: X509Certificate, digest: str, data: bytes, signature: bytes) -> bool:
    """Return whether cryptography takes a signature for that of a certificate's key."""
    hashes = cryptography("hazmat.primitives.hashes")
    asymmetric = "hazmat.primitives.asymmetric"
    algorithm = getattr(hashes, digest.upper())()
    key = cryptography("x509").load_der_x509_certificate(certificate.der).public_key()
    try:
        if isinstance(certificate.key, RsaKey):
            key.verify(signature, data, cryptography(f"{asymmetric}.padding").PKCS1v15(), algorithm)
        else:
            key.verify(signature, data, cryptography(f"{asymmetric}.ec").ECDSA(algorithm))
    except cryptography("exceptions").InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", HASHES)
def test_cryptography_takes_the_same_signatures(kind: str, digest: Any) -> None:
    leaf = hierarchy(kind).leaf
    certificate = read_x509(leaf.certificate)
    algorithm = (RSA_WITH if kind == "rsa" else EC_WITH)[digest]
    source = random.Random(20261126)
    for number in range(12):
        data = source.randbytes(number)
        signature = bytearray(leaf.key.sign(data, digest))
        if number % 2:
            signature[source.randrange(len(signature))] ^= 1 << source.randrange(8)
        fault = signature_fault(certificate.key, algorithm, data, bytes(signature))
        assert (fault is None) == verifies(certificate, digest, data, bytes(signature)) == (not number % 2)


@pytest.mark.parametrize("size", [1024, 1025, 2048, 3072, 4096])
def test_keys_of_cryptography(size: int) -> None:
    rsa, hashes = cryptography("hazmat.primitives.asymmetric.rsa"), cryptography("hazmat.primitives.hashes")
    padding = cryptography("hazmat.primitives.asymmetric.padding")
    key = rsa.generate_private_key(65537, size)
    numbers = key.public_key().public_numbers()
    signature = key.sign(CONTENT, padding.PKCS1v15(), hashes.SHA256())
    public = RsaKey(numbers.n, numbers.e)
    assert signature_fault(public, RSA_WITH["sha256"], CONTENT, signature) is None
    assert signature_fault(public, RSA_WITH["sha256"], CONTENT + b".", signature) == "signature"


def of_ours(certificate: X509Certificate) -> list[object]:
    """Return what we read in a certificate, in the terms of cryptography."""
    key = certificate.key
    if isinstance(key, RsaKey):
        numbers = tuple(key)
    else:
        assert isinstance(key, EcKey)
        numbers = (key.x, key.y)
    return [
        int.from_bytes(certificate.serial, "big"),
        certificate.signed,
        certificate.signature,
        certificate.algorithm,
        {*certificate.extensions},
        certificate.summary.not_before,
        certificate.summary.not_after,
        numbers,
    ]


def of_cryptography(certificate: X509Certificate) -> list[object]:
    """Return what cryptography reads in the same certificate."""
    other = cryptography("x509").load_der_x509_certificate(certificate.der)
    numbers = other.public_key().public_numbers()
    return [
        other.serial_number,
        other.tbs_certificate_bytes,
        other.signature,
        other.signature_algorithm_oid.dotted_string,
        {extension.oid.dotted_string for extension in other.extensions},
        other.not_valid_before_utc,
        other.not_valid_after_utc,
        (numbers.n, numbers.e) if hasattr(numbers, "n") else (numbers.x, numbers.y),
    ]


@pytest.mark.parametrize("by", [*map(hierarchy, KINDS), *map(profile_hierarchy, KINDS)])
def test_cryptography_reads_the_same_certificates(by: Hierarchy) -> None:
    for data in by.certificates:
        certificate = read_x509(data)
        assert of_ours(certificate) == of_cryptography(certificate)


# Apps, made here and real


def real_messages() -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the signed messages of the real data: of profiles, and of code with the code directory that is signed."""
    files = [path.read_bytes() for path in sorted(Path(CORPUS or "").glob("profiles/*"))]
    for path in sorted(Path(CORPUS or "").glob("ipas/*.ipa")):
        with zipfile.ZipFile(path) as archive:
            files += [archive.read(name) for name in archive.namelist() if not name.endswith("/")]
    return messages(files)


def messages(files: Iterable[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the signed messages in files, with what is signed where it stands elsewhere."""
    for data in files:
        if data.startswith(b"\x30\x82"):
            yield data, None
        at = data.find(b"\xfa\xde\x0c\xc0")
        while at >= 0:
            (count,) = struct.unpack_from(">I", data, at + 8)
            blobs: dict[int, bytes] = {}
            for index in range(count):
                kind, offset = struct.unpack_from(">II", data, at + 12 + 8 * index)
                (length,) = struct.unpack_from(">I", data, at + offset + 4)
                blobs[kind] = data[at + offset : at + offset + length]
            yield blobs[0x10000][8:], blobs[0]
            at = data.find(b"\xfa\xde\x0c\xc0", at + 4)


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
def test_others_take_the_signatures_of_the_apps_that_tests_sign(kind: str, tmp_path: Path) -> None:
    by = hierarchy(kind)
    files = make_files(
        parts=(KIT, LATE, SHARE), app=replace(APP_CODE, by=by), kit=Code(identifier="com.example.kit", by=by)
    )
    # Code is signed with one directory, so that the hashes that the signer names are in order for OpenSSL.
    resign(files, by=by, kinds=(2,))
    taken = compared = 0
    for message, content in messages(files.values()):
        found = verify(message, ALL, content, roots=[read_x509(each.root.certificate) for each in (by, hierarchy())])
        assert (found.faults, found.signer is None) == ((), False)
        assert found.signer is not None
        leaf = found.certificates[0]
        digest = next(name for name, number in HASHES.items() if number == found.signer.digest_algorithm)
        assert verifies(leaf, digest, found.signer.signed, found.signer.signature)
        for certificate in found.certificates:
            assert of_ours(certificate) == of_cryptography(certificate)
        values = list((found.signer.attributes or {}).get("1.2.840.113635.100.9.2", ()))
        taken += openssl_takes(tmp_path, message, content)
        compared += values == sorted(values)
    assert taken == compared >= 3


def test_others_hash_what_is_sealed_the_same(tmp_path: Path) -> None:
    shasum = shutil.which("shasum")
    if shasum is None:
        pytest.skip("there is no shasum here")
    files = make_files(parts=(KIT, SHARE))
    assert inspected(files).problems == ()
    compared = 0
    for folder in (APP, KIT, SHARE):
        for name, row in plistlib.loads(files[folder + SEAL])["files2"].items():
            (tmp_path / "file").write_bytes(files[folder + name])
            for key, algorithm in (("hash", "1"), ("hash2", "256")):
                done = subprocess.run(
                    [shasum, "-a", algorithm, tmp_path / "file"], capture_output=True, check=True, timeout=60
                )
                assert done.stdout.split()[0].decode() == row[key].hex()
                compared += 1
    assert compared > 20


@needs_data
def test_real_messages_are_sound_and_end_at_apples_root() -> None:
    messages = [*real_messages()]
    assert sum(content is None for _, content in messages) >= 3
    assert sum(content is not None for _, content in messages) >= 10
    for message, content in messages:
        found = verify(message, ALL, content)
        assert found.faults == ()
        assert found.certificates[-1] in apple_roots()


@needs_data
@needs_openssl
def test_openssl_takes_real_messages(tmp_path: Path) -> None:
    compared = 0
    for message, content in real_messages():
        signer = read_signed(message).signers[0]
        values = list((signer.attributes or {}).get("1.2.840.113635.100.9.2", ()))
        if values == sorted(values):
            assert openssl_takes(tmp_path, message, content)
            compared += 1
    assert compared >= 13


@needs_data
def test_cryptography_takes_real_certificates_and_signatures() -> None:
    certificates: dict[str, X509Certificate] = {}
    signatures = 0
    for message, content in real_messages():
        found = verify(message, ALL, content)
        signer, leaf = found.signer, found.certificates[0]
        assert signer is not None
        digest = next(name for name, number in HASHES.items() if number == signer.digest_algorithm)
        assert verifies(leaf, digest, signer.signed, signer.signature)
        assert not verifies(leaf, digest, signer.signed + b"\0", signer.signature)
        certificates |= {certificate.sha256: certificate for certificate in found.certificates}
        signatures += 1
    for certificate in certificates.values():
        assert of_ours(certificate) == of_cryptography(certificate)
        for issuer in certificates.values():
            digest = next(name for name, number in RSA_WITH.items() if number == certificate.algorithm)
            fault = signature_fault(issuer.key, certificate.algorithm, certificate.signed, certificate.signature)
            assert (fault is None) == verifies(issuer, digest, certificate.signed, certificate.signature)
            signatures += 1
    assert len(certificates) >= 8
    assert signatures > 80
