"""What an executable and its signature say of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._redact import repr_of_fields
from ._code import AD_HOC, flag_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .._asn1 import Certificate
    from .._plist import PlistValue
    from ._content import Kind
    from ._examine import SliceFacts

Signed: TypeAlias = Literal["signed", "ad-hoc", "unsigned", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """An executable in an app, as it and its signature describe themselves.

    What the signature says is that of the slice for arm64, or else of the first slice.

    - `path`: where it is in the archive
    - `kind`: ``"app"``, ``"watch-app"``, ``"app-clip"``, ``"extension"``, ``"framework"``, ``"library"``, ``"bundle"``,
      or ``"code"`` that is none of these, such as a program for another to start
    - `architectures`: such as ``"arm64"``, in the order of the file
    - `platform`, `minimum_system`: what it was built for, ``"iOS"``, and the oldest system, ``"15.0"``
    - `encrypted`: one of its slices is encrypted for the App Store (FairPlay)
    - `signing`: ``"signed"`` with a certificate, ``"ad-hoc"`` without, ``"unsigned"``, or ``"unreadable"``
    - `identifier`, `team`: of the signature
    - `signer`, `signing_time`: the certificate, and when it signed, as the signer says
    - `hashes`, `flags`: the kinds of hash, ``"SHA-256"``, and codesign's names for the flags
    - `entitlements`, `der_entitlements`: what the code may do, in both forms; None for a form that is missing
    """

    __module__ = "itms_ota.signature"

    path: str
    kind: Kind
    architectures: tuple[str, ...] = ()
    platform: str | None = None
    minimum_system: str | None = None
    encrypted: bool = False
    signing: Signed = "unreadable"
    identifier: str | None = None
    team: str | None = None
    signer: Certificate | None = None
    signing_time: datetime | None = None
    hashes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    entitlements: Mapping[str, PlistValue] | None = field(default=None, hash=False, repr=False)
    der_entitlements: Mapping[str, PlistValue] | None = field(default=None, hash=False, repr=False)

    __repr__ = repr_of_fields


def describe(path: str, kind: Kind, slices: tuple[SliceFacts, ...]) -> Executable:
    """Describe an executable by the facts of its slices."""
    facts = main_slice(slices)
    if facts is None:
        return Executable(path=path, kind=kind)
    best, signing = facts.best, facts.signing
    return Executable(
        path=path,
        kind=kind,
        architectures=tuple(each.commands.architecture for each in slices),
        platform=facts.commands.platform,
        minimum_system=facts.commands.minimum_system,
        encrypted=any(each.commands.is_encrypted for each in slices),
        signing=how_signed(facts),
        identifier=best.identifier if best else None,
        team=best.team if best else None,
        signer=signing.certificate if signing else None,
        signing_time=signing.time if signing else None,
        hashes=tuple(directory.hash.name for directory in facts.directories),
        flags=flag_names(best.flags) if best else (),
        entitlements=facts.entitlements,
        der_entitlements=facts.der,
    )


def main_slice(slices: tuple[SliceFacts, ...]) -> SliceFacts | None:
    """Return the slice that today's devices run; None where there is none at all."""
    return next((each for each in slices if each.commands.architecture.startswith("arm64")), next(iter(slices), None))


def team_of(facts: SliceFacts) -> str | None:
    """Return the team that signed a slice; old directories have no place for it, and the certificate says it."""
    team, signing = facts.best.team if facts.best else None, facts.signing
    return team or (signing.certificate.team if signing and signing.certificate else None)


def how_signed(facts: SliceFacts) -> Signed:
    """Return who signed a slice: somebody, nobody, or that there is no signature, or none that can be read."""
    if not facts.has_signature:
        return "unsigned"
    if facts.best is None or facts.signing is None:
        return "unreadable"
    # Code with this flag runs if it is on a list of the system, whoever signed it (xnu, AppleMobileFileIntegrity).
    return "ad-hoc" if facts.signing.is_ad_hoc or facts.best.flags & AD_HOC else "signed"
