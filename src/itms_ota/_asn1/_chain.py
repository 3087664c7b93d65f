"""From a certificate to the root that vouches for it (RFC 5280, 6.1). Dates are judged by who asks.

What Apple may have revoked is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._keys import signature_fault
from ._roots import apple_roots
from ._x509 import DIGITAL_SIGNATURE, KEY_CERT_SIGN, X509Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._faults import Fault

# Apple's chains have three certificates. Each signature takes up to 15 ms.
_LONGEST = 6
_MOST_SIGNATURES = 64


class Chain(NamedTuple):
    """The certificates from the first one up, each issued by the next, and why the last is not a root."""

    certificates: tuple[X509Certificate, ...]
    faults: tuple[Fault, ...]


def chain(
    leaf: X509Certificate,
    certificates: Iterable[X509Certificate],
    roots: Sequence[X509Certificate] | None = None,
) -> Chain:
    """Find the way from a certificate to one of the roots, Apple's by default.

    Where there are several ways, one without a fault is taken; where there is none, the longest. The roots need not be
    among the certificates. They are trusted as they are: neither their own signatures nor their rights are judged.
    """
    roots = apple_roots() if roots is None else roots
    pool = {certificate.der: certificate for certificate in (*roots, *certificates)}
    search = _Search(tuple(pool.values()), frozenset(root.der for root in roots))
    found = list(search.ways((leaf,)))
    return min(found, key=lambda way: (len(way.faults) > 0, -len(way.certificates)))


class _Search:
    def __init__(self, pool: tuple[X509Certificate, ...], roots: frozenset[bytes]) -> None:
        self.pool = pool
        self.roots = roots
        self.signatures = 0

    def ways(self, path: tuple[X509Certificate, ...]) -> Iterator[Chain]:
        """Yield each way up that begins with a path."""
        last = path[-1]
        if last.der in self.roots:
            yield Chain(path, tuple(dict.fromkeys(_rights(path))))
            return
        faults: list[Fault] = []
        is_end = True
        for issuer in self.pool:
            if issuer.subject != last.issuer or issuer in path:
                continue
            fault = self._fault(last, issuer, path)
            if fault:
                faults.append(fault)
            else:
                is_end = False
                yield from self.ways((*path, issuer))
        if is_end:
            yield Chain(path, (_end(last, faults),))

    def _fault(self, certificate: X509Certificate, issuer: X509Certificate, path: Sequence[object]) -> Fault | None:
        if self.signatures == _MOST_SIGNATURES or len(path) == _LONGEST:
            return "too-many-certificates"
        self.signatures += 1
        fault = signature_fault(issuer.key, certificate.algorithm, certificate.signed, certificate.signature)
        return "certificate-signature" if fault == "signature" else fault


def _end(last: X509Certificate, faults: list[Fault]) -> Fault:
    """Return why the way ends at a certificate, of which each possible issuer had a fault."""
    for fault in faults:
        if fault != "certificate-signature":  # this one may have signed it
            return fault
    if last.subject == last.issuer:
        return "foreign-root"
    return faults[0] if faults else "no-issuer"


def _rights(path: tuple[X509Certificate, ...]) -> Iterator[Fault]:
    """Yield what the certificates of a whole chain may not be used for, though they are."""
    if not path[0].usages & DIGITAL_SIGNATURE and len(path) > 1:
        yield "key-usage"
    for depth, authority in enumerate(path[1:-1]):
        if not authority.usages & KEY_CERT_SIGN:
            yield "key-usage"
        # `depth` authorities stand between it and the first certificate.
        if authority.path_length is None or authority.path_length < depth:
            yield "not-an-authority"
