"""docs/examples/django_app.py with its files in a bucket: moto's S3, under the names of AWS; skipped without moto."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from _make_ipa import INFO, make_png
from _server import HOST, Server, answer
from _signing import make_signed_ipa, trusting_environment

from itms_ota import InstallLink, Manifest
from itms_ota.check import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _server import Certificates, Request

moto: Any = pytest.importorskip("moto.server", exc_type=ImportError)
serving: Any = pytest.importorskip("werkzeug.serving")
client: Any = pytest.importorskip("werkzeug.test")
auth: Any = pytest.importorskip("botocore.auth")
aws: Any = pytest.importorskip("botocore.awsrequest")
credentials: Any = pytest.importorskip("botocore.credentials")
pytest.importorskip("storages")
pytestmark = pytest.mark.filterwarnings("default")  # moto's own are not ours to mend

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
REGION = "eu-central-1"
BUCKET = "releases-of-apps"
BUCKET_HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"
IPA = make_signed_ipa(info={**INFO, "CFBundleIconFiles": ["Icon.png"]}, icons={"Icon.png": make_png(120, cgbi=True)})
SETTINGS = {
    "OTA_URL": f"https://{HOST}",
    "OTA_TOKEN": "team",
    "OTA_UPLOAD_KEY": "key",
    "OTA_SECRET": "what signs the links",
    "OTA_BUCKET": BUCKET,
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": REGION,
}
# Starts the app with the names of AWS leading to the server of the test.
START = """
import runpy, socket, sys
port, *sys.argv = sys.argv[1:]
look_up = socket.getaddrinfo
def near(host, *others, **options):
    if str(host).endswith(".amazonaws.com"):
        host, others = "127.0.0.1", (int(port), *others[1:])
    return look_up(host, *others, **options)
socket.getaddrinfo = near
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Bucket:
    """S3 that notes what it is asked, and refuses as AWS does what is signed for another method."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app
        self.asked: list[tuple[str, str, str]] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, by WSGI."""
        method, name = environ["REQUEST_METHOD"], environ["PATH_INFO"].rpartition("/")[2]
        self.asked.append((method, name, environ.get("HTTP_RANGE", "")))
        query = {key: value for key, (value,) in parse_qs(environ["QUERY_STRING"]).items()}
        if "HTTP_AUTHORIZATION" not in environ and not is_signed(method, environ["PATH_INFO"], query):
            start("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        return self.app(environ, start)


def is_signed(method: str, path: str, query: dict[str, str]) -> bool:
    """Return whether the address of a request is signed for its method (AWS, Signature Version 4)."""
    given = query.pop("X-Amz-Signature", None)
    if given is None:
        return False
    signer = auth.S3SigV4QueryAuth(credentials.Credentials("id", "secret"), "s3", REGION)
    url = f"https://{BUCKET_HOST}{path}?{urlencode(query)}"
    request: Any = aws.AWSRequest(method, url, headers={"host": BUCKET_HOST})
    request.context["timestamp"] = query["X-Amz-Date"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return bool(signer.signature(text, request) == given)


class App:
    """The Django app in a process of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
        """Send a request; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": HOST, **named})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def administer(self, path: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded") -> str:
        """Do something that needs the key; return the text of the answer."""
        status, _, told = self.ask("POST", path, body, Authorization="Bearer key", Content_Type=kind)
        assert status in (201, 204), told
        return told.decode()

    def release(self) -> str:
        """Upload the app; return the path of its page."""
        head = b'--edge\r\nContent-Disposition: form-data; name="ipa"; filename="App.ipa"\r\n\r\n'
        page = self.administer("/upload", head + IPA + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge")
        return page.strip().removeprefix(f"https://{HOST}")

    def manifest(self, path: str) -> Manifest:
        """Fetch the manifest of a page."""
        status, headers, body = self.ask("GET", f"{path}manifest.plist")
        assert (status, headers["Cache-Control"]) == (200, "no-store")
        return Manifest.from_plist(body)


@pytest.fixture(scope="module")
def served(certificates: Certificates) -> Iterator[tuple[Bucket, int]]:
    """Give the bucket, which is empty, and the port of its server."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        bucket = Bucket(moto.DomainDispatcherApplication(moto.create_backend_app))
        where = (
            f"<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        )
        made: Any = client.Client(bucket.app).put("/", base_url=f"https://{BUCKET_HOST}/", data=where)
        assert made.status_code == 200, made.text
        context = certificates.issue("bucket", host=BUCKET_HOST).server_context()
        server = serving.make_server("127.0.0.1", 0, bucket, threaded=True, ssl_context=context)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield bucket, server.server_port
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def app(
    served: tuple[Bucket, int], certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """Give the app, whose bucket is that of the test."""
    _, bucket_port = served
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    folder = tmp_path_factory.mktemp("bucket")
    own = {**SETTINGS, "OTA_DATABASE": str(folder / "ota.sqlite3"), "AWS_CA_BUNDLE": str(certificates.root.chain)}
    environment = {**trusting_environment(folder / "trust"), **own}
    command = [sys.executable, "-c", START, str(bucket_port), str(EXAMPLES / "django_app.py")]
    subprocess.run([*command, "migrate", "--run-syncdb"], env=environment, check=True, stdout=subprocess.DEVNULL)
    command += ["runserver", "--noreload", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(300):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.1)
        yield App(port)
        process.terminate()


@pytest.fixture
def bucket(served: tuple[Bucket, int]) -> Bucket:
    """Give the bucket, with what it was asked so far forgotten."""
    found, _ = served
    found.asked.clear()
    return found


@pytest.fixture
def fetch(served: tuple[Bucket, int], certificates: Certificates) -> Callable[..., tuple[int, Any, bytes]]:
    """Give what asks the bucket, as a device would."""
    _, port = served

    def ask(method: str, url: str, **headers: str) -> tuple[int, Any, bytes]:
        parts = urlsplit(url)
        assert parts.netloc == BUCKET_HOST
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=certificates.root.client_context())
        raw = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sock = certificates.root.client_context().wrap_socket(raw, server_hostname=BUCKET_HOST)
        with contextlib.closing(connection):
            connection.request(method, f"{parts.path}?{parts.query}", headers={"Host": BUCKET_HOST, **headers})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    return ask


def package_url(manifest: Manifest) -> str:
    """Return the address of the package."""
    package = manifest.items[0].package
    assert package is not None
    return package.url


def test_an_upload_goes_to_the_bucket(app: App, bucket: Bucket) -> None:
    app.release()
    assert [(method, name) for method, name, _ in bucket.asked] == [("PUT", "app.ipa"), ("PUT", "icon.png")]


def test_no_page_no_manifest_and_no_head_asks_the_bucket(app: App, bucket: Bucket) -> None:
    path = app.release()
    bucket.asked.clear()
    assert [app.ask("GET", at)[0] for at in ("/team/", path, f"{path}manifest.plist")] == [200] * 3
    told = [
        app.ask(*one)[0] for one in (("HEAD", f"{path}app.ipa"), ("GET", f"{path}app.ipa"), ("GET", f"{path}install"))
    ]
    assert told == [302] * 3
    assert bucket.asked == []


def test_the_manifest_leads_to_the_bucket_itself(app: App, bucket: Bucket, fetch: Callable[..., Any]) -> None:
    path = app.release()
    manifest = app.manifest(path)
    names = ["app.ipa", "icon.png", "icon.png"]
    folder = f"https://{BUCKET_HOST}/{path.split('/')[2]}/"
    assert [asset.url.partition("?")[0] for asset in manifest.items[0].assets] == [folder + name for name in names]
    bucket.asked.clear()
    for asset in manifest.items[0].assets:
        assert parse_qs(urlsplit(asset.url).query)["X-Amz-Expires"] == ["3600"]
        assert fetch("GET", asset.url)[0] == 200
    status, headers, body = fetch("GET", package_url(manifest), Range="bytes=10-19")
    assert (status, headers["Content-Range"], body) == (206, f"bytes 10-19/{len(IPA)}", IPA[10:20])
    assert fetch("GET", folder + "app.ipa?")[0] == 403
    assert bucket.asked[3] == ("GET", "app.ipa", "bytes=10-19")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_apps_own_address_leads_to_one_that_is_signed_for_the_method(
    app: App, method: str, fetch: Callable[..., Any]
) -> None:
    path = app.release()
    for name, size in (("app.ipa", len(IPA)), ("icon.png", None)):
        status, headers, _ = app.ask(method, path + name)
        assert (status, headers["Cache-Control"]) == (302, "no-store")
        status, headers, body = fetch(method, headers["Location"])
        assert status == 200
        assert size in (None, int(headers["Content-Length"]))
        assert (body == b"") == (method == "HEAD")


def test_a_device_could_install_from_it(app: App, served: tuple[Bucket, int], certificates: Certificates) -> None:
    path = app.release()

    def proxy(request: Request) -> Iterator[bytes]:
        status, headers, body = app.ask(request.method, request.target)
        yield answer(body, f"{status} Told", content_type=headers["Content-Type"], cache_control="no-store")

    context = certificates.issue(f"bucket-{path.split('/')[2]}").server_context()
    with Server(proxy, context) as server:
        report = check(
            InstallLink(f"https://{HOST}{path}manifest.plist"),
            verify_hashes=True,
            tls_context=certificates.root.client_context(),
            connect_to={**server.connect_to, f"{BUCKET_HOST}:443": f"127.0.0.1:{served[1]}"},
        )
    # What is signed for GET alone: a device asks for the head first, and does without.
    assert [problem.code for problem in report.problems] == ["head-refused"], str(report)
    assert report.ok


def test_a_person_has_a_link_until_it_is_revoked(app: App, bucket: Bucket) -> None:
    release = app.release().split("/")[2]
    key, page = app.administer("/links", f"release={release}&person=ann".encode()).split()
    path = page.removeprefix(f"https://{HOST}")
    bucket.asked.clear()
    assert package_url(app.manifest(path)).startswith(f"https://{BUCKET_HOST}/{release}/app.ipa?")
    assert app.ask("GET", f"{path}app.ipa")[0] == 302
    _, _, listed = app.ask("GET", "/links", Authorization="Bearer key")
    assert f"{key} {release} False 1 1 ann\n" in listed.decode()
    app.administer(f"/links/{key}/revoke")
    names = ("", "manifest.plist", "app.ipa", "icon.png", "install")
    assert [app.ask("GET", path + name)[0] for name in names] == [404] * 5
    assert bucket.asked == []
