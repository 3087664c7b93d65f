"""TLS: certificates, versions, ciphers."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from _asking import code_of, get, serving
from _server import HOST, Certificates, Server, anonymous_contexts, answer

from itms_ota._http import Limits, Network, device_context
from itms_ota._http._connection import date_of
from itms_ota._http._failures import UNTRUSTED
from itms_ota.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable


def tls_fault(theirs: ssl.SSLContext | None, ours: ssl.SSLContext, host: str = HOST) -> str:
    """Give the code of what is wrong, having seen that no request was sent."""
    with Server(lambda _: [answer()], theirs) as server:
        network = Network(Limits(5, 5), tls_context=ours, connect_to={f"{host}:443": server.address})
        code = code_of(lambda: get(network, f"https://{host}/"))
        assert server.requests == []
        return code


def test_a_good_certificate(certificates: Certificates) -> None:
    good = certificates.issue("good", end="20991231235959Z")
    with Server(lambda _: [answer(b"x")], good.server_context()) as server:
        network = Network(Limits(5, 5), tls_context=certificates.root.client_context(), connect_to=server.connect_to)
        tls = get(network).tls
        network.close()
    assert tls is not None
    assert (tls.version, tls.not_after) == ("TLSv1.3", datetime(2099, 12, 31, 23, 59, 59, tzinfo=timezone.utc))
    assert tls.not_before is not None
    assert tls.not_before < datetime.now(timezone.utc)
    assert tls.cipher.startswith("TLS_")


def test_certificates_that_are_not_trusted(certificates: Certificates) -> None:
    trust = certificates.root.client_context()
    for name, made, code in (
        ("expired", certificates.issue("expired", end="20200201000000Z"), "tls-expired"),
        ("future", certificates.issue("future", begin="21190101000000Z"), "tls-not-yet-valid"),
        ("other", certificates.issue("other", host="other.example"), "tls-wrong-host"),
        ("self-signed", certificates.self_signed(), "tls-self-signed"),
    ):
        assert (name, tls_fault(made.server_context(), trust)) == (name, code)


def test_an_address_that_the_certificate_does_not_name(certificates: Certificates) -> None:
    good = certificates.issue("good-address")
    assert tls_fault(good.server_context(), certificates.root.client_context(), "192.0.2.1") == "tls-wrong-host"


def test_chains_that_reach_no_known_root(certificates: Certificates) -> None:
    middle = certificates.issue("middle", ca=True)
    whole = certificates.issue("whole", issuer=middle, chain=[middle])
    incomplete = certificates.issue("incomplete", issuer=middle)
    private = certificates.issue("private", chain=[certificates.root])
    trust, elsewhere = certificates.root.client_context(), certificates.self_signed("elsewhere").client_context()
    assert tls_fault(incomplete.server_context(), trust) == "tls-unknown-issuer"
    assert tls_fault(whole.server_context(), elsewhere) == "tls-unknown-issuer"
    assert tls_fault(private.server_context(), elsewhere) == "tls-private-root"
    with Server(lambda _: [answer(b"x")], whole.server_context()) as server:
        network = Network(Limits(5, 5), tls_context=trust, connect_to=server.connect_to)
        assert get(network).body == b"x"
        network.close()


def test_versions_and_ciphers_that_are_too_old(certificates: Certificates) -> None:
    good, trust = certificates.issue("good-but-old"), certificates.root.client_context()
    assert tls_fault(good.old_server_context(), trust) == "tls-no-common-protocol"
    without_forward_secrecy = good.server_context()
    without_forward_secrecy.maximum_version = ssl.TLSVersion.TLSv1_2
    without_forward_secrecy.set_ciphers("AES128-GCM-SHA256")
    assert tls_fault(without_forward_secrecy, trust) == "tls-no-common-protocol"


def test_unless_told_otherwise_what_iphones_offer_is_offered() -> None:
    context = device_context()
    assert {found["name"].split("-")[0].split("_")[0] for found in context.get_ciphers()} == {"ECDHE", "TLS"}
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


@pytest.mark.parametrize(
    ("cafile", "error", "match"),
    [
        (b"ca.pem", TypeError, "cafile must be str or None, not bytes"),
        (5, TypeError, "cafile must be str or None, not int"),
        ("a\0b", ValueError, "cafile cannot be the name of a file: embedded null"),
        ("\ud800", ValueError, "cafile cannot be the name of a file: 'utf-8' codec"),
        ("no-such-file", OSError, "No such file"),
        (__file__, OSError, "NO_CERTIFICATE_OR_CRL_FOUND|no start line"),
    ],
    ids=repr,
)
def test_a_file_of_certificates_that_is_none(cafile: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        device_context(cafile)


def test_ciphers_that_are_not_shared() -> None:
    theirs, _ = anonymous_contexts()
    assert tls_fault(theirs, ssl.create_default_context()) == "tls-no-common-protocol"


def handshake_fault(serve: Callable[[socket.socket], None], timeout: float = 5.0) -> str:
    """Give the code of what is wrong with a server that does this in place of a handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            sock, _ = listener.accept()
            with sock, suppress(OSError):
                serve(sock)

        thread = threading.Thread(target=accept)
        thread.start()
        network = Network(Limits(timeout, 5), connect_to={f"{HOST}:443": f"127.0.0.1:{listener.getsockname()[1]}"})
        code = code_of(lambda: get(network))
        thread.join()
    return code


def test_a_server_that_speaks_no_tls() -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(10)
        sock.sendall(answer(b"x"))
        sock.recv(10000)

    assert handshake_fault(serve) == "tls-failure"


def test_a_server_that_closes_the_connection_at_once() -> None:
    assert handshake_fault(lambda _: None) == "tls-failure"


def test_a_handshake_that_hangs() -> None:
    def serve(sock: socket.socket) -> None:
        while sock.recv(10000):
            pass

    assert handshake_fault(serve, 0.3) == "timeout"


def test_a_handshake_that_drips() -> None:
    def serve(sock: socket.socket) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        for _ in range(200):
            sock.sendall(b"x")
            time.sleep(0.02)

    assert handshake_fault(serve, 0.3) == "timeout"


@pytest.mark.parametrize(
    ("verify_code", "code"), [(number, code) for number, (code, _) in UNTRUSTED.items()] + [(23, "tls-failure")]
)
def test_every_verify_code_has_its_sentence(verify_code: int, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = verify_code
    error.verify_message = "what OpenSSL says"

    def refuse(*_: object, **__: object) -> None:
        raise error

    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = ssl.create_default_context()
        monkeypatch.setattr(context, "wrap_socket", refuse)
        network = Network(
            Limits(5, 5), tls_context=context, connect_to={f"{HOST}:443": f"127.0.0.1:{listener.getsockname()[1]}"}
        )
        with pytest.raises(FetchError, match=f"The certificate of '{HOST}' .*what OpenSSL says") as caught:
            get(network)
    assert caught.value.problems[0].code == code


def test_the_dates_of_a_certificate() -> None:
    certificate = {"notBefore": "Jan  4 09:34:43 2028 GMT", "notAfter": "Jan  5 09:34:43 2028 GMT"}
    assert date_of(certificate, "notAfter") == datetime(2028, 1, 5, 9, 34, 43, tzinfo=timezone.utc)
    assert date_of(certificate, "notBefore") == datetime(2028, 1, 4, 9, 34, 43, tzinfo=timezone.utc)
    assert date_of({"notAfter": certificate["notAfter"]}, "notBefore") is None
    assert date_of({}, "notAfter") is date_of(None, "notBefore") is None


def test_urls_are_shown_without_their_secrets() -> None:
    with serving(lambda _: [b"junk\r\n\r\n"]) as (_, network), pytest.raises(FetchError) as caught:
        get(network, f"https://{HOST}/a?X-Amz-Signature=0123456789abcdef0123456789abcdef")
    assert "X-Amz-Signature=0123…" in str(caught.value)
    assert "456789" not in str(caught.value)
