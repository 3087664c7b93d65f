"""An HTTPS server on loopback that answers exactly what a test tells it to, and certificates of every kind.

Most tests need no certificate: `anonymous_contexts` agree on a key without one, so that they run where there is no
openssl command.
"""

from __future__ import annotations

import contextlib
import plistlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import warnings
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from _make_ipa import INFO, make_profile

from itms_ota.ipa import read_ipa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from typing_extensions import Self

    from itms_ota.remote import RemoteFile

HOST = "apps.example.com"


class HangUp(Exception):  # noqa: N818, it is no error
    """Raised by a handler: the server closes the connection here."""


@dataclass(frozen=True)
class Request:
    """What a client asked for; names of `headers` are lower-case."""

    method: str
    target: str
    headers: Mapping[str, str]


class Listening:
    """Listens on loopback for as long as it is entered; `address` is where, ``host:port``."""

    def __init__(self, listener: socket.socket | None = None) -> None:
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()[:2]
        self.address = f"{host}:{port}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        raise NotImplementedError


class Server(Listening):
    """Serves each request by `handler`, which gives the bytes of the answer piece by piece.

    Without a `context` it speaks no TLS. `requests`, `connections` and `sent` (bytes, before encryption) count what
    happened.
    """

    def __init__(
        self,
        handler: Callable[[Request], Iterable[bytes]],
        context: ssl.SSLContext | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.sent = 0
        self.handler = handler
        self._context = context
        super().__init__(listener)

    @property
    def connect_to(self) -> dict[str, str]:
        """What makes a client find it as the public host of the tests."""
        return {f"{HOST}:443": self.address}

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(sock,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        # What goes wrong here is the client's to report: refused certificates, connections given up.
        with contextlib.suppress(OSError, ValueError, HangUp), plain:
            self._open.append(plain)
            sock = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            self._open.append(sock)
            with sock, sock.makefile("rb") as stream:
                for request in iter(lambda: _read_request(stream), None):
                    self.requests.append(request)
                    for piece in self.handler(request):
                        self.sent += len(piece)
                        sock.sendall(piece)


def _read_request(stream: Iterable[bytes]) -> Request | None:
    lines: list[str] = []
    for line in stream:
        if line == b"\r\n":
            method, target, _ = lines[0].split(" ")
            headers = (line.partition(": ") for line in lines[1:])
            return Request(method, target, {name.lower(): value for name, _, value in headers})
        lines.append(line.decode("ascii").rstrip("\r\n"))
    return None


def answer(body: bytes = b"", status: str = "200 OK", /, **headers: str) -> bytes:
    """Write an answer; a header such as Content-Range is given as ``content_range=…``."""
    lines = {"content_length": str(len(body)), **headers}
    head = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in lines.items()), "", ""]
    return "\r\n".join(head).encode("utf-8") + body


@dataclass
class RangedFile:
    """A handler that serves a file by byte ranges, as a plain web server does, without reading all of it."""

    path: Path
    headers: dict[str, str] = field(default_factory=lambda: {"etag": '"1"'})

    def __call__(self, request: Request) -> Iterator[bytes]:
        size = self.path.stat().st_size
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        start, end = (int(found[1]), min(int(found[2]) + 1, size)) if found else (0, size)
        if start >= size:
            yield answer(b"", "416 Range Not Satisfiable", content_range=f"bytes */{size}", **self.headers)
            return
        status = "206 Partial Content" if found else "200 OK"
        extra = {"content_range": f"bytes {start}-{end - 1}/{size}"} if found else {}
        yield answer(b"", status, **{**self.headers, **extra, "content_length": str(end - start)})
        with self.path.open("rb") as file:
            file.seek(start)
            while start < end and (piece := file.read(min(65536, end - start))):
                yield piece
                start += len(piece)


def sparse_archive(path: Path, entries: int = 2000) -> None:
    """Write an .ipa of 1 GiB that takes up next to nothing on the disk."""
    with path.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(entries):
            if number == 0:
                archive.writestr("Payload/My App.app/MyApp", b"program")
            elif number == entries // 3:
                archive.writestr("Payload/My App.app/Info.plist", plistlib.dumps(INFO))
                archive.start_dir += 1 << 29
            elif number == 2 * entries // 3:
                archive.writestr("Payload/My App.app/embedded.mobileprovision", make_profile("enterprise"))
                archive.start_dir += 1 << 29
            else:
                archive.writestr(f"Payload/My App.app/Frameworks/Some.framework/Resources/{number:05}@2x.png", b"")


def read_archive(file: RemoteFile) -> None:
    """Read such an archive as the .ipa that it is."""
    ipa = read_ipa(file)
    assert (ipa.app_name, ipa.bundle_identifier) == ("My App", INFO["CFBundleIdentifier"])
    assert ipa.profile is not None
    assert ipa.profile.kind == "enterprise"


def server_program(name: str) -> str:
    """Find a web server, also where only the system's administrator finds it; skip the test where there is none."""
    import pytest  # the benchmarks do without

    found = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin") or shutil.which(name)
    return found or pytest.skip(f"{name} is not installed")


def free_ports(count: int) -> list[int]:
    """Return ports of loopback on which nobody listens."""
    with contextlib.ExitStack() as stack:
        unused = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(listener.getsockname()[1]) for listener in unused]


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a web server that was started listens."""
    for _ in range(100):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.args!r} does not listen")


def anonymous_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make contexts of a server and a client that agree on a key without any certificate."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for context in (server, client):
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # TLS 1.3 has no such ciphers
        context.set_ciphers("aNULL:@SECLEVEL=0")
    return server, client


def count_received(context: ssl.SSLContext) -> list[int]:
    """Let a client's context note the bytes of every read, after decryption."""
    counts: list[int] = []

    class CountingSocket(ssl.SSLSocket):
        def recv_into(self, *arguments: Any, **options: Any) -> int:
            counts.append(super().recv_into(*arguments, **options))
            return counts[-1]

    context.sslsocket_class = CountingSocket
    return counts


_CA_CONFIG = """
[ca]
default_ca = only
[only]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""
_LEAF = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:{host}\n"
_CA = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
_IDENTIFIERS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


@dataclass(frozen=True)
class Certificate:
    """PEM files: the certificate and the chain that a server sends along with it, and its key."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """Make the context of a server that has this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context

    def old_server_context(self) -> ssl.SSLContext:
        """Make the context of a server that knows nothing newer than TLS 1.1."""
        context = self.server_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    def client_context(self) -> ssl.SSLContext:
        """Make the context of a client that trusts this certificate, and no other."""
        return ssl.create_default_context(cafile=self.chain)


class Certificates:
    """A certificate authority of the tests, run by the openssl command; skips the test where there is none."""

    def __init__(self, folder: Path) -> None:
        if not shutil.which("openssl"):
            import pytest  # the benchmarks do without

            pytest.skip("the openssl command is not installed")
        self._folder = folder
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(_CA_CONFIG.format(folder=folder), encoding="utf-8")
        self.root = self._self_signed("root", "Test Root", _CA)

    def issue(
        self,
        name: str,
        *,
        host: str = HOST,
        begin: str = "20200101000000Z",
        end: str = "21200101000000Z",
        issuer: Certificate | None = None,
        chain: Iterable[Certificate] = (),
        ca: bool = False,
        rsa: bool = False,
    ) -> Certificate:
        """Issue a certificate by the root, or `issuer`; `chain` is sent along with it."""
        issuer = issuer or self.root
        request, made, key = (self._folder / f"{name}.{kind}" for kind in ("csr", "pem", "key"))
        extensions = self._write(f"{name}.ext", (_CA if ca else _LEAF.format(host=host)) + _IDENTIFIERS)
        self._openssl("req", "-new", *self._new_key(key, rsa=rsa), "-subj", f"/CN={name}", "-out", request)
        self._openssl(
            *("ca", "-batch", "-notext", "-config", self._folder / "ca.cnf", "-cert", issuer.chain),
            *("-keyfile", issuer.key, "-startdate", begin, "-enddate", end, "-extfile", extensions),
            *("-in", request, "-out", made),
        )
        with made.open("ab") as file:
            for link in chain:
                file.write(link.chain.read_bytes())
        return Certificate(made, key)

    def self_signed(self, name: str = "self-signed") -> Certificate:
        """Make a certificate that vouches for itself."""
        return self._self_signed(name, HOST, _LEAF.format(host=HOST))

    def _self_signed(self, name: str, subject: str, extensions: str) -> Certificate:
        made, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        config = self._write(
            f"{name}.cnf", f"[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n{extensions}"
        )
        self._openssl(
            *("req", "-x509", "-config", config, *self._new_key(key), "-subj", f"/CN={subject}"),
            *("-days", "36500", "-out", made),
        )
        return Certificate(made, key)

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def dhe_server_context(self) -> ssl.SSLContext:
        """Make the context of a server that has forward secrecy by DHE alone, as before elliptic curves."""
        parameters = self._folder / "dh.pem"
        self._openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", parameters)
        context = self.issue("dhe", rsa=True).server_context()
        context.load_dh_params(str(parameters))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("DHE-RSA-AES256-GCM-SHA384")
        return context

    def _new_key(self, path: Path, *, rsa: bool = False) -> tuple[str | Path, ...]:
        kind = ("rsa:2048",) if rsa else ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
        return ("-newkey", *kind, "-nodes", "-keyout", path)

    def _openssl(self, *arguments: str | Path) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
