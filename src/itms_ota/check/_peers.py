"""What is wrong with those who answered: functions of what TLS agreed on, of the address, and of the time."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .. import _urls
from .._hosts import NOT_EXTERNAL, is_public
from .._wording import moment
from ..errors import Problem
from ..profile import SOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._http import Tls
    from ._exchange import Peer


def of_peer(peer: Peer, now: datetime, expires_within: timedelta | None) -> Iterator[Problem]:
    """Return all that is wrong with who answered."""
    yield from tls(peer, now, expires_within)
    yield from lifetime(peer)
    yield from private_address(peer)


def tls(peer: Peer, now: datetime, expires_within: timedelta | None = None) -> Iterator[Problem]:
    """Check what TLS agreed on, and how long the certificate is valid."""
    if peer.tls is None:
        return
    origin, agreed, end = peer.origin, peer.tls, peer.tls.not_after
    # Apple, "Preventing Insecure Network Connections" (App Transport Security): TLS 1.2 and forward secrecy by ECDHE.
    if agreed.version not in {"TLSv1.2", "TLSv1.3"}:
        message = f"{origin} speaks {agreed.version}. iOS needs TLS 1.2 or later. Switch on TLS 1.2 and 1.3."
        yield Problem("", "tls-too-old", message)
    elif not agreed.cipher.startswith(("ECDHE-", "TLS_")):
        # Only with a context of one's own, and the server may know better ones: a device offers nothing else.
        message = (
            f"{origin} chose the cipher {agreed.cipher}, and iOS offers only those with ECDHE. Check that the server "
            "allows them too."
        )
        yield Problem("", "tls-no-forward-secrecy", message, "warning")
    if end is not None and end <= now:
        message = (
            f"The certificate of {origin} expires on {end:%Y-%m-%d}, before the date that was asked about. Renew it."
        )
        yield Problem("", "tls-expired", message)
    elif end is not None and end - now <= (_soon(agreed) if expires_within is None else expires_within):
        message = (
            f"The certificate of {origin} expires on {moment(end)}. From then on devices refuse to connect. Renew it."
        )
        yield Problem("", "tls-expires-soon", message, "warning")


def _soon(agreed: Tls) -> timedelta:
    """Return how long before its end a server's certificate is reported: short ones are renewed in their last third."""
    if agreed.not_after is None or agreed.not_before is None:
        return SOON
    return min(SOON, (agreed.not_after - agreed.not_before) / 3)


# Apple, "About upcoming limits on trusted certificates" (102028): from the roots of the system alone, not from those
# that users or administrators add; days have 86,400 seconds, and both ends belong to them.
_LIMITED_SINCE = datetime(2020, 9, 1, tzinfo=timezone.utc)
_LONGEST_LIFETIME = timedelta(days=398)


def lifetime(peer: Peer) -> Iterator[Problem]:
    """Check that a certificate of a public root does not live longer than iOS allows."""
    if not peer.public_roots or peer.tls is None or peer.tls.not_before is None or peer.tls.not_after is None:
        return
    begin, lives = peer.tls.not_before, peer.tls.not_after - peer.tls.not_before + timedelta(seconds=1)
    if begin >= _LIMITED_SINCE and lives > _LONGEST_LIFETIME:
        message = (
            f"The certificate of {peer.origin} is valid for {-(-lives // timedelta(days=1))} days. Of public "
            "authorities iOS refuses those that were issued since 2020-09-01 for more than 398 days; those of a root "
            "that was added to the device are exempt. Get one that is valid for a shorter time."
        )
        yield Problem("", "tls-lifetime", message, "warning")


def private_address(peer: Peer) -> Iterator[Problem]:
    """Check that a name which looks public leads to a public address."""
    address = (peer.address or "").rpartition(":")[0].strip("[]")
    try:
        if is_public(address):
            return
    except ValueError:
        return
    # Where the host is itself such an address, or a local name, its URL was reported.
    if not _urls.faults(f"https://{peer.origin}/"):
        ip = ipaddress.ip_address(address)
        message = (
            f"{peer.origin} leads to {ip} from here, which is not on the public Internet. Devices elsewhere do not "
            f"reach it. {NOT_EXTERNAL} Use a public address if you can."
        )
        yield Problem("", "loopback-host" if ip.is_loopback else "private-host", message, "warning")
