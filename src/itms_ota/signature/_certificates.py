"""Who signed: the CMS message in a signature and in a profile, and the certificates up to Apple's root."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._asn1 import Asn1Error, code_hashes, code_hashes_plist, verify
from .._plist import PlistError, loads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .._asn1 import Certificate, Fault, Purpose, Signer, Verification, X509Certificate
    from ._code import CodeDirectory

_FOR_CODE: tuple[Purpose, ...] = ("development", "distribution", "testflight", "app-store")
_FOR_PROFILES: tuple[Purpose, ...] = ("profile",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signed, and why that is not to be believed.

    `reason` says of ``malformed`` what cannot be read. `authorities` are the certificates between the signer's and the
    root. `unnamed` are the kinds of hash of those directories that the signer does not name, and `names_any` is whether
    the signer names any.
    """

    faults: tuple[Fault, ...] = ()
    reason: str = ""
    certificate: Certificate | None = None
    authorities: tuple[Certificate, ...] = ()
    time: datetime | None = None
    unnamed: tuple[str, ...] = ()
    names_any: bool = True

    @property
    def is_ad_hoc(self) -> bool:
        """Whether nobody signed."""
        return "no-signer" in self.faults


def read_signing(data: bytes, directories: Sequence[CodeDirectory], roots: Sequence[X509Certificate] | None) -> Signing:
    """Read who signed the first of these directories."""
    found = verify(data, _FOR_CODE, bytes(directories[0].data), roots=roots)
    signing = _signing(found)
    if found.signer is None:
        return signing
    try:
        named = _named(found.signer)
    except (Asn1Error, PlistError) as error:
        return replace(signing, faults=("malformed",), reason=f"the hashes that it names, {error}")
    if named is None:
        # Before iOS 9.3 and OS X 10.11.4 there was one directory alone.
        return replace(signing, unnamed=tuple(each.hash.name for each in directories[1:]), names_any=False)
    return replace(signing, unnamed=tuple(each.hash.name for each in directories if each.cdhash not in named))


def read_profile_signing(data: bytes, roots: Sequence[X509Certificate] | None) -> Signing:
    """Read who signed a profile; a bare property list was signed by nobody."""
    return _signing(verify(data, _FOR_PROFILES, roots=roots))


def _signing(found: Verification) -> Signing:
    chain = found.certificates
    return Signing(
        faults=found.faults,
        reason=found.reason,
        certificate=chain[0].summary if chain else None,
        authorities=tuple(each.summary for each in chain[1:-1]),
        time=found.signer.signing_time if found.signer else None,
    )


def _named(signer: Signer) -> set[bytes] | None:
    """Return the hashes of directories that a signer names, the first 20 bytes of each; None where it names none."""
    whole = {value[:20] for value in code_hashes(signer)}
    plist = code_hashes_plist(signer)
    if plist is None:
        return whole or None
    value = loads(plist)
    hashes = value.get("cdhashes") if isinstance(value, dict) else None
    listed = {each[:20] for each in hashes if isinstance(each, bytes)} if isinstance(hashes, list) else set[bytes]()
    return whole & listed if whole else listed
