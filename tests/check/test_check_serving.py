"""The configurations in docs/serving.md: each is started as it is printed, and the check finds nothing.

What must be another on a machine that is not the reader's is replaced: the folder, the port, the certificate.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import MANIFEST_URL, Deployment
from _make_ipa import DEVICES, INFO, make_ipa, make_png, make_profile
from _server import HOST, Certificates, free_ports, server_program, wait_for

from itms_ota.check import check
from itms_ota.release import build_release

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from contextlib import AbstractContextManager

SERVING = Path(__file__).parents[2] / "docs" / "serving.md"
DEBIAN = Path("/etc/apache2")

Served = dict[str, Any]
"""What makes a check find the server and trust it."""


def printed(language: str, replacements: Mapping[str, str]) -> str:
    """Return a configuration of the documentation, with what must be another here replaced."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", SERVING.read_text("utf-8"), re.DOTALL)
    for documented, here in replacements.items():
        assert documented in block
        block = block.replace(documented, here)
    return str(block)


def with_certificate(certificates: Certificates) -> tuple[dict[str, str], ssl.SSLContext]:
    """Return what stands in place of a public certificate, and what trusts it."""
    good = certificates.issue("documented")
    return {
        "/etc/ssl/apps.example.com/fullchain.pem": str(good.chain),
        "/etc/ssl/apps.example.com/privkey.pem": str(good.key),
    }, certificates.root.client_context()


def found_at(port: int, context: ssl.SSLContext) -> Served:
    return {"connect_to": {f"{HOST}:443": f"127.0.0.1:{port}"}, "tls_context": context}


@contextlib.contextmanager
def started(port: int, command: list[str | Path], environment: Mapping[str, str] = {}) -> Generator[None, None, None]:
    """Run a server that listens on a port."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, **environment}) as process:
        try:
            wait_for(port, process)
            yield
        finally:
            process.terminate()


@contextlib.contextmanager
def nginx(certificates: Certificates, folder: Path, www: Path) -> Generator[Served, None, None]:
    program, (port,) = server_program("nginx"), free_ports(1)
    files, context = with_certificate(certificates)
    here = {"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;", "listen [::]:443 ssl;": "", "/srv/apps": str(www)}
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}} "
        f"http {{ access_log {folder}/access.log; {paths} {printed('nginx', {**here, **files})} }}",
        "utf-8",
    )
    with started(port, [program, "-p", folder, "-c", config]):
        yield found_at(port, context)


@contextlib.contextmanager
def apache(certificates: Certificates, folder: Path, www: Path) -> Generator[Served, None, None]:
    """Start Apache as Debian configures it, as after `a2enmod ssl`, with the printed site and no other."""
    program, (port,) = server_program("apache2"), free_ports(1)
    if not (DEBIAN / "apache2.conf").exists():
        pytest.skip("Apache is not configured as Debian's package does it")
    files, context = with_certificate(certificates)
    site = printed("apache", {"*:443": f"*:{port}", "/srv/apps": str(www), **files})
    config = (DEBIAN / "apache2.conf").read_text("utf-8")
    modules = "".join(f"Include mods-available/{name}\n" for name in ("socache_shmcb.load", "ssl.load", "ssl.conf"))
    for debian, here in (("Include ports.conf", f"{modules}Listen 127.0.0.1:{port}"), ("sites-enabled/*.conf", "")):
        assert debian in config
        config = config.replace(f"IncludeOptional {debian}" if not here else debian, here or site)
    (folder / "apache2.conf").write_text(config, "utf-8")
    folders = dict.fromkeys(("APACHE_RUN_DIR", "APACHE_LOCK_DIR", "APACHE_LOG_DIR"), str(folder))
    users = {"APACHE_RUN_USER": "www-data", "APACHE_RUN_GROUP": "www-data", "APACHE_PID_FILE": f"{folder}/pid"}
    command: list[str | Path] = [program, "-d", DEBIAN, "-f", folder / "apache2.conf", "-DFOREGROUND"]
    with started(port, command, {**folders, **users}):
        yield found_at(port, context)


@contextlib.contextmanager
def caddy(_: Certificates, folder: Path, www: Path) -> Generator[Served, None, None]:
    """Start Caddy, which obtains its certificate itself: here of an authority of its own, as Let's Encrypt is away."""
    program, (port, other) = server_program("caddy"), free_ports(2)
    options = ("admin off", "default_bind 127.0.0.1", f"https_port {port}", f"http_port {other}")
    own = ("local_certs", "skip_install_trust")
    config = folder / "Caddyfile"
    lines = "\n".join((*options, *own))
    config.write_text(f"{{\n{lines}\n}}\n{printed('caddyfile', {'/srv/apps': str(www)})}", "utf-8")
    homes: dict[str, str] = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder))
    with started(port, [program, "run", "--config", config, "--adapter", "caddyfile"], homes):
        yield found_at(port, once_certified(port, folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"))


def once_certified(port: int, root: Path) -> ssl.SSLContext:
    """Wait until Caddy has its certificate, after it listens; return what trusts its authority."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            context = ssl.create_default_context(cafile=root)
            with (
                socket.create_connection(("127.0.0.1", port), 5) as plain,
                context.wrap_socket(plain, server_hostname=HOST),
            ):
                return context
        time.sleep(0.05)
    pytest.fail("Caddy has no certificate")


SERVERS: dict[str, Callable[[Certificates, Path, Path], AbstractContextManager[Served]]] = {
    "nginx": nginx,
    "apache": apache,
    "caddy": caddy,
}
each_server = pytest.mark.parametrize("server", SERVERS)


@pytest.fixture
def www() -> Iterator[Path]:
    """Give a folder to serve, which every user can read: Apache reads it as another, to whom pytest's are closed."""
    open_to_all = "/tmp" if os.name == "posix" else None  # noqa: S108 -- that is why
    with tempfile.TemporaryDirectory(dir=open_to_all) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def upload(www: Path, files: Mapping[str, bytes]) -> None:
    """Write files as those of yesterday: for a second, Apache sends weak ETags, as a file may be written again."""
    for name, body in files.items():
        (www / name).write_bytes(body)
        os.utime(www / name, (yesterday := time.time() - 86400, yesterday))


@each_server
def test_a_healthy_deployment(server: str, certificates: Certificates, tmp_path: Path, www: Path) -> None:
    upload(www, {path.lstrip("/"): body for path, (_, body) in Deployment.healthy().files.items()})
    with SERVERS[server](certificates, tmp_path, www) as served:
        report = check(MANIFEST_URL, **served)
    assert (report.ok, report.problems) == (True, ())
    assert [(step.method, step.status, step.content_type) for step in report.steps] == [
        ("GET", 200, "application/xml"),
        ("HEAD", 200, "application/octet-stream"),
        ("GET", 206, "application/octet-stream"),
        ("GET", 200, "image/png"),
        ("GET", 200, "image/png"),
    ]


@each_server
def test_from_the_address_of_the_page_to_the_hashes(
    server: str, certificates: Certificates, tmp_path: Path, www: Path
) -> None:
    """A folder that `build_release` made, uploaded as it is: all that a team needs to know is the page's address."""
    ipa = make_ipa(
        info={**INFO, "CFBundleIconFiles": ["Icon.png"]},
        icons={"Icon.png": make_png(120)},
        profile=make_profile("ad-hoc"),
        files={"Payload/MyApp.app/data": random.Random(9).randbytes(11_000_000)},
    )
    # Nobody signed the app, which this check is not asked about.
    build_release(io.BytesIO(ipa), f"https://{HOST}/", tmp_path / "out", allow_problems=True)
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    upload(www, files)
    package = next(name for name in files if name.endswith(".ipa"))
    with SERVERS[server](certificates, tmp_path, www) as served:
        options: Served = {**served, "udid": DEVICES[0], "verify_hashes": True, "as_device": True}
        report = check(f"https://{HOST}/", **options)
        upload(www, {package: files[package][:-1] + b"\1"})
        other = check(f"https://{HOST}/", **options)
    assert (report.ok, report.problems) == (True, ())
    assert [ipa.bundle_identifier for ipa in report.packages] == [INFO["CFBundleIdentifier"]]
    assert [step.url.rpartition("/")[2] for step in report.steps][:3] == ["", "manifest.plist", package]
    assert len(report.not_looked_at) == 1
    assert "hash-mismatch" in {
        problem.code for problem in other.problems if problem.path.startswith("links[0].items[0]")
    }
    if server == "nginx":
        log = (tmp_path / "access.log").read_text("utf-8")
        assert log.count("com.apple.appstored") == len(log.splitlines())
