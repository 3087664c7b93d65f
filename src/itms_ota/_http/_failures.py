"""Why a request failed: what a socket, OpenSSL and http.client raise becomes a FetchError that says what to do.

The texts on certificates go by the verify codes of OpenSSL (openssl/x509_vfy.h). What iOS asks of a server is App
Transport Security (Apple, "Preventing Insecure Network Connections").
"""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from .. import _urls
from .._redact import without_secrets
from ..errors import FetchError, Problem, errors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ..errors import Code

# What a socket, the resolver, OpenSSL and http.client raise for what they are given and for what comes.
FOREIGN = (OSError, ValueError, OverflowError, http.client.HTTPException)


def fail(code: Code, message: str) -> NoReturn:
    """Raise the FetchError of one problem."""
    raise FetchError([Problem("", code, message)])


def refuse_invalid(url: str) -> None:
    """Raise FetchError for a URL that no device would fetch."""
    errors = errors_of(_urls.problems(url, ""))
    if errors:
        raise FetchError(errors)


def describe_status(url: str, status: int) -> str:
    """Return what a status means that came in place of the file."""
    shown = _urls.redact(url)
    if status in {401, 407}:
        return (
            f"{shown} asks for a login (status {status}). A device has neither Safari's cookies nor its passwords, and "
            "asks the user again for every file, if at all. Use an unguessable path or a signed URL instead."
        )
    if status == 403:
        return (
            f"{shown} is forbidden (status 403). A device sends no cookies, and its User-Agent is not that of a "
            "browser. Look for a rule on either, for a list of allowed addresses, and for a signature that has expired."
        )
    if status in {404, 410}:
        return f"There is nothing at {shown} (status {status}). Upload the file, or correct the address."
    if status >= 500:
        return f"The server fails on {shown} (status {status}). Look into its log."
    return f"{shown} answers with status {status} in place of the file. Look at the server's configuration."


@contextlib.contextmanager
def translated(
    url: str, wait: Callable[[], object], explain: Callable[[str, Exception], NoReturn]
) -> Generator[None, None, None]:
    """Let nothing out but FetchError; `wait` raises it where the whole task ran out of time."""
    try:
        yield
    except FetchError:
        raise
    except TimeoutError:
        wait()
        fail(
            "timeout",
            f"{_urls.redact(url)} was silent for too long. The server is slow or overloaded, or a firewall drops what "
            "is sent to it. A device waits too, and then says that it cannot connect.",
        )
    except FOREIGN as error:
        explain(url, error)


def _reason(error: Exception) -> str:
    """Return what the system says of an error, without its number."""
    return str(getattr(error, "strerror", None) or error)


_NEITHER_DOES_A_DEVICE = "A device cannot connect either."


def no_address(url: str, error: Exception, instead: tuple[str, int] | None = None) -> NoReturn:
    """Explain why a host name was not found; `instead` is the host and port where the caller leads in place of it."""
    host = _urls.host(url) if instead is None else instead[0]
    fail(
        "dns-failure",
        f"The host {host!r} has no address ({_reason(error)}). {_for_devices(url, instead)} Check its spelling and its "
        "DNS records.",
    )


def no_connection(url: str, error: Exception, instead: tuple[str, int] | None = None) -> NoReturn:
    """Explain why no connection was made; `instead` is as in `no_address`."""
    host, port = instead or (_urls.host(url), _urls.address(url).port)
    effect = _for_devices(url, instead)
    if isinstance(error, ConnectionRefusedError):
        fail("refused", f"{host!r} refuses the connection: no server listens on port {port}. {effect}")
    fail(
        "unreachable",
        f"{host!r} cannot be reached ({_reason(error)}). {effect} Check its DNS records and the firewall.",
    )


def _for_devices(url: str, instead: tuple[str, int] | None) -> str:
    if instead is None:
        return _NEITHER_DOES_A_DEVICE
    host = repr(_urls.host(url))
    return f"connect_to (--connect-to) leads there in place of {host}: whether a device reaches {host} is not known."


def no_tls(url: str, error: Exception) -> NoReturn:
    """Explain why the TLS handshake failed."""
    host = _urls.host(url)
    # Only OpenSSL's own errors have these attributes; others can be raised by a context of the caller's.
    reason = str(getattr(error, "reason", None) or "")
    if isinstance(error, ssl.SSLCertVerificationError):
        verify_code, verify_message = getattr(error, "verify_code", 0), getattr(error, "verify_message", error)
        code, text = UNTRUSTED.get(verify_code, ("tls-failure", "cannot be verified."))
        fail(code, f"The certificate of {host!r} {text} {_NEITHER_DOES_A_DEVICE} (OpenSSL: {verify_message})")
    if isinstance(error, ssl.SSLError) and _NOTHING_IN_COMMON.search(reason):
        fail(
            "tls-no-common-protocol",
            f"{host!r} and a current client have no TLS version or cipher in common. iOS needs TLS 1.2 or later with "
            f"forward secrecy (ECDHE). {_NEITHER_DOES_A_DEVICE} (OpenSSL: {reason})",
        )
    port = _urls.address(url).port
    fail(
        "tls-failure",
        f"The TLS handshake with {host!r} fails on port {port} ({_reason(error)}). {_NEITHER_DOES_A_DEVICE} Check that "
        "the server speaks https there.",
    )


def no_session(url: str, error: Exception) -> NoReturn:
    """Explain what fails between the handshake and the request: the connection was lost, or TLS is not sound."""
    lost = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    (no_answer if lost else no_tls)(url, error)


_ROOTS = (
    "Devices trust it only where it, or the root it comes from, is installed and switched on under Certificate Trust "
    "Settings (iOS 10.3 and later) or pushed by management."
)
_NO_KNOWN_ROOT = (
    "does not lead to a known root. Either the server leaves out an intermediate certificate, which desktop browsers "
    f"may find by themselves and iOS may not (serve the full chain), or its root is a private one. {_ROOTS}"
)
UNTRUSTED: Mapping[int, tuple[Code, str]] = {
    2: ("tls-unknown-issuer", _NO_KNOWN_ROOT),
    9: ("tls-not-yet-valid", "is not valid yet. Check its dates, and the clock of this machine."),
    10: ("tls-expired", "has expired, or one that it depends on has. Renew it."),
    18: ("tls-self-signed", f"is self-signed. {_ROOTS}"),
    19: ("tls-private-root", f"comes from a root that is not publicly known. {_ROOTS}"),
    20: ("tls-unknown-issuer", _NO_KNOWN_ROOT),
    21: ("tls-unknown-issuer", _NO_KNOWN_ROOT),
    62: ("tls-wrong-host", "is for other names. Get one whose Subject Alternative Name contains this name."),
    64: ("tls-wrong-host", "is for other names. Get one whose Subject Alternative Name contains this address."),
}
# What OpenSSL says where the two sides share no version or cipher, on its own account or as the other side's alert.
_NOTHING_IN_COMMON = re.compile("PROTOCOL|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|CIPHER|TOO_SMALL|VERSION_TOO_LOW")


def no_answer(url: str, error: Exception) -> NoReturn:
    """Explain why no answer came, or none that is HTTP."""
    if isinstance(error, OSError):  # http.client.RemoteDisconnected among them
        fail(
            "connection-dropped",
            f"The server closed the connection before it answered for {_urls.redact(url)} ({_reason(error)}). A "
            "device's download fails. Look into the server's log.",
        )
    reason = without_secrets(str(error))[:200]
    fail(
        "bad-response",
        f"The answer for {_urls.redact(url)} is not valid HTTP, RFC 9112 ({reason}). A device's download fails. Check "
        "which program answers on this port.",
    )


def no_body(url: str, error: Exception) -> NoReturn:
    """Explain why a body did not come to its end."""
    if isinstance(error, http.client.HTTPException) and not isinstance(error, http.client.IncompleteRead):
        no_answer(url, error)
    # How much came is added by `stopped`, and is all that http.client knows of a body that is too short.
    why = "" if isinstance(error, http.client.IncompleteRead) else f" ({_reason(error)[:200]})"
    fail(
        "truncated",
        f"The body of {_urls.redact(url)} ends too early{why}. The server, or a proxy in front of it, "
        "cut it off or announced a wrong length. A device's download fails. Look into their logs.",
    )


def stopped(error: FetchError, done: int, length: int | None, seconds: float, *, part: bool) -> FetchError:
    """Add to why a body was not read to its end how much of it had come, and how fast where time ran out."""
    of = "" if length is None else f" of {length:,}"
    had_come = f"{done:,}{of} bytes{' of this part of the file' if part else ''} had come"
    speed = f", {done / max(seconds, 0.001):,.0f} a second"
    return FetchError(
        replace(problem, message=f"{problem.message} {had_come}{speed if problem.code in _OUT_OF_TIME else ''}.")
        for problem in error.problems
    )


_OUT_OF_TIME: frozenset[Code] = frozenset({"time-limit", "timeout"})
