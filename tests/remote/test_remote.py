"""A file on a server, read by byte ranges."""

from __future__ import annotations

import io
import itertools
import random
import re
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from _server import (
    HOST,
    Certificates,
    HangUp,
    RangedFile,
    Request,
    Server,
    anonymous_contexts,
    answer,
    count_received,
    free_ports,
    read_archive,
    server_program,
    sparse_archive,
    wait_for,
)

from itms_ota._http import Limits
from itms_ota.errors import FetchError
from itms_ota.remote import RemoteFile, Response, open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    Handler = Callable[[Request], Iterable[bytes]]

URL = f"https://{HOST}/App.ipa"
CONTENT = bytes(itertools.islice(itertools.cycle(range(251)), 3_000_000))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "App.ipa"
    path.write_bytes(CONTENT)
    return path


@contextmanager
def opened(
    handler: Handler, *, url: str = URL, max_bytes: int = 64 * 1024 * 1024
) -> Generator[tuple[Server, RemoteFile], None, None]:
    theirs, ours = anonymous_contexts()
    with (
        Server(handler, theirs) as server,
        open_url(
            url, tls_context=ours, connect_to=server.connect_to, timeout=5, max_seconds=20, max_bytes=max_bytes
        ) as file,
    ):
        yield server, file


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(FetchError) as caught:
        action()
    (problem,) = caught.value.problems
    return problem.code


def fault(handler: Handler) -> str:
    """Give the code of the problem with opening what this server has."""

    def action() -> None:
        with opened(handler):
            pytest.fail("nothing was wrong")

    return code_of(action)


def fake(status: int, body: bytes = b"", /, **headers: str) -> Callable[..., Response]:
    return lambda *_: Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_reads_as_a_file_does(path: Path) -> None:
    with opened(RangedFile(path)) as (server, file), path.open("rb") as local:
        assert (file.size, file.url, file.tell()) == (len(CONTENT), URL, 0)
        for offset, whence, size in (
            *((0, 0, 10), (-5, 1, 20), (-22, 2, -1), (1_500_000, 0, 100_000), (-1, 2, 100), (0, 2, 5)),
            *((5_000_000, 0, 5), (16383, 0, 2), (100_000, 0, 0), (7, 0, None), (3, 0, -1)),
        ):
            assert file.seek(offset, whence) == local.seek(offset, whence)
            assert file.read(size) == local.read(size)
            assert file.tell() == local.tell()
        assert all(request.headers["range"].startswith("bytes=") for request in server.requests)
        assert server.connections == 1
        assert file.requests == len(server.requests)


def test_works_under_a_buffer(path: Path) -> None:
    with opened(RangedFile(path)) as (_, file), io.BufferedReader(file) as buffered:
        assert (buffered.seekable(), buffered.readable(), buffered.writable()) == (True, True, False)
        buffered.seek(99)
        assert buffered.read(200_000) == CONTENT[99:200_099]


def test_what_was_read_is_not_fetched_again(path: Path) -> None:
    with opened(RangedFile(path)) as (server, file):
        for _ in range(3):
            file.seek(1_000_000)
            file.read(10_000)
        assert [request.headers["range"] for request in server.requests] == ["bytes=0-16383", "bytes=999424-1064959"]
        assert (file.requests, file.transferred) == (2, 16384 + 65536)


def test_reading_on_fetches_more_at_once(path: Path) -> None:
    with opened(RangedFile(path)) as (server, file):
        assert b"".join(iter(lambda: file.read(10_000), b"")) == CONTENT
        assert len(server.requests) == 7
        assert file.transferred == len(CONTENT)


def test_memory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(40_000_000)
    with opened(RangedFile(path)) as (_, remote):
        while remote.read(1_000_000):
            assert sum(map(len, remote._blocks.values())) <= 16 * 1024 * 1024
        remote.seek(0)
        remote.read(10)
        assert remote.transferred == 40_000_000 + 65536


def test_the_end_is_fetched_in_one_piece(path: Path) -> None:
    with opened(RangedFile(path)) as (server, file):
        for offset in (-22, -65557, -200_000):
            file.seek(offset, io.SEEK_END)
            assert file.read() == CONTENT[offset:]
        assert len(server.requests) == 2
        file.seek(-270_000, io.SEEK_END)
        file.read(10)
        assert file.transferred < 16384 + 262144 + 65536


def test_closed_files_and_odd_positions(path: Path) -> None:
    with opened(RangedFile(path)) as (_, file):
        with pytest.raises(OSError, match="Invalid argument"):
            file.seek(-1)
        with pytest.raises(ValueError, match="whence is 3"):
            file.seek(0, 3)
        file.close()
        file.close()
        assert file.closed
        for action in (file.read, file.tell, lambda: file.seek(0)):
            with pytest.raises(ValueError, match="closed file"):
                action()


# Archives


def test_an_archive_of_1_gib_costs_five_requests_and_512_kib(tmp_path: Path) -> None:
    path = tmp_path / "App.ipa"
    sparse_archive(path)
    assert path.stat().st_size > 1 << 30
    with opened(RangedFile(path)) as (server, file):
        read_archive(file)
        assert (server.connections, file.requests) == (1, len(server.requests))
        assert len(server.requests) <= 5
        assert server.sent <= 512 * 1024


NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {host};
        ssl_certificate {chain};
        ssl_certificate_key {key};
        root {folder}/www;
        default_type application/octet-stream;
    }}
}}
"""


def test_an_archive_of_1_gib_behind_nginx(certificates: Certificates, tmp_path: Path) -> None:
    nginx = server_program("nginx")
    (tmp_path / "www").mkdir()
    sparse_archive(tmp_path / "www" / "App.ipa")
    good, (port,) = certificates.issue("nginx"), free_ports(1)
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(folder=tmp_path, port=port, host=HOST, chain=good.chain, key=good.key), "utf-8")
    with subprocess.Popen([nginx, "-p", tmp_path, "-c", config], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            context = certificates.root.client_context()
            with open_url(URL, tls_context=context, connect_to={f"{HOST}:443": f"127.0.0.1:{port}"}) as file:
                read_archive(file)
                assert file.requests <= 5
                assert file.transferred <= 512 * 1024
        finally:
            process.terminate()
    log = (tmp_path / "access.log").read_text("utf-8")
    assert re.findall(r'" (\d+) ', log) == ["206"] * file.requests


# What servers do instead


def test_an_encoding_that_is_none() -> None:
    with opened(lambda _: [answer(b"hello", content_encoding="Identity")]) as (_, file):
        assert file.read() == b"hello"


@pytest.mark.parametrize("size", [0, 5, 16384, 20000, 1024 * 1024])
def test_a_small_file_may_come_whole(size: int) -> None:
    with opened(lambda _: [answer(CONTENT[:size])]) as (server, file):
        assert (file.size, file.read()) == (size, CONTENT[:size])
        assert len(server.requests) == 1


def test_an_empty_file() -> None:
    empty = answer(b"", "416 Range Not Satisfiable", content_range="bytes */0")
    with opened(lambda _: [empty]) as (_, file):
        assert (file.size, file.read(), file.read(1)) == (0, b"", b"")


def test_a_large_file_is_never_downloaded_whole_by_surprise() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
    theirs, ours = anonymous_contexts()
    with Server(lambda _: itertools.chain([head], itertools.repeat(bytes(65536))), theirs) as server:
        assert code_of(lambda: open_url(URL, tls_context=ours, connect_to=server.connect_to)) == "no-ranges"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (answer(b"x" * (1024 * 1024 + 1)), "no-ranges"),
        (answer(b"x", "404 Not Found"), "http-status"),
        (answer(b"x", "403 Forbidden"), "http-status"),
        (answer(b"x", "503 Service Unavailable"), "http-status"),
        (answer(b"", "416 Range Not Satisfiable"), "http-status"),
        (answer(b"", "204 No Content"), "http-status"),
        (answer(b"hello", "206 Partial Content", content_range="bytes 0-4/*"), "no-length"),
        (answer(b"hello", "206 Partial Content"), "wrong-range"),
        (answer(b"hello", "206 Partial Content", content_range="bytes 1-5/6"), "wrong-range"),
        (answer(b"hello", "206 Partial Content", content_range="bytes 0-4/6"), "wrong-range"),
        (answer(b"hello", "206 Partial Content", content_range="bytes 0-5/6"), "wrong-range"),
        (answer(b"hello!!", "206 Partial Content", content_range="bytes 0-5/6"), "wrong-range"),
        (answer(b"hello", "206 Partial Content", content_range="bytes 0-4/5, bytes 0-4/5"), "wrong-range"),
        (
            answer(b"--x\r\n", "206 Partial Content", content_type="multipart/byteranges; boundary=x"),
            "wrong-range",
        ),
        (answer(b"hello", content_encoding="gzip"), "content-encoded"),
        (
            answer(b"hello", "206 Partial Content", content_range="bytes 0-4/5", content_encoding="br"),
            "content-encoded",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:60]),
)
def test_what_cannot_be_opened(sent: bytes, code: str) -> None:
    assert fault(lambda _: [sent]) == code


def test_a_body_cut_off_by_the_server() -> None:
    def handler(_: Request) -> Iterator[bytes]:
        yield answer(CONTENT[:16384], "206 Partial Content", content_range=f"bytes 0-16383/{len(CONTENT)}")[:-1]
        raise HangUp

    assert fault(handler) == "truncated"


def test_connections_dropped_between_ranges(path: Path) -> None:
    def handler(request: Request) -> Iterator[bytes]:
        yield from RangedFile(path)(request)
        raise HangUp

    with opened(handler) as (server, file):
        assert file.read() == CONTENT
        assert (server.connections, len(server.requests), file.requests) == (2, 2, 2)


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ({"etag": '"2"'}, len(CONTENT)),
        ({}, len(CONTENT)),
        ({"etag": '"1"', "last-modified": "Mon, 02 Jan 2023 00:00:00 GMT"}, len(CONTENT)),
        ({"etag": '"1"'}, len(CONTENT) - 1),
        ({"etag": '"1"'}, len(CONTENT) + 1),
        ({"etag": '"1"'}, 100),
    ],
    ids=["etag", "no-etag", "date", "shorter", "longer", "much-shorter"],
)
def test_a_file_that_changes_is_never_mixed(headers: dict[str, str], size: int, path: Path) -> None:
    with opened(RangedFile(path)) as (server, file):
        assert file.read(100) == CONTENT[:100]
        path.write_bytes((CONTENT + b"x")[:size])
        server.handler = RangedFile(path, headers)
        assert file.read(100) == CONTENT[100:200]
        file.seek(1_000_000)
        assert code_of(lambda: file.read(100)) == "changed"


# Where nothing tells one version of a file from another

LAST_MODIFIED = {"last_modified": "Mon, 02 Jan 2023 00:00:00 GMT"}
OTHER = bytes(byte ^ 1 for byte in CONTENT)


def ranges(server: Server) -> list[str]:
    return [request.headers["range"].removeprefix("bytes=") for request in server.requests]


@pytest.mark.parametrize(
    ("headers", "codes"),
    [
        ({}, ["no-validator"]),
        ({"etag": 'W/"1"'}, ["no-validator"]),
        ({"etag": 'W/"1"', **LAST_MODIFIED}, ["no-validator"]),
        ({"etag": ""}, ["no-validator"]),
        (LAST_MODIFIED, []),
        ({"etag": '"1"'}, []),
        ({"etag": "unquoted", **LAST_MODIFIED}, []),
    ],
)
def test_what_tells_versions_apart(headers: dict[str, str], codes: list[str], path: Path) -> None:
    with opened(RangedFile(path, headers)) as (server, file):
        assert file.read(16384) == CONTENT[:16384]
        assert [*file.problems] == []
        assert file.read(16384) == CONTENT[16384:32768]
        assert [problem.code for problem in file.problems] == codes
        assert {(problem.path, problem.level) for problem in file.problems} <= {("", "warning")}
        assert ranges(server) == ["0-16383", "15360-81919" if codes else "16384-81919"]


def test_a_file_that_comes_in_one_answer_needs_nothing_to_tell_versions_apart() -> None:
    with opened(lambda _: [answer(CONTENT[:20000])]) as (_, file):
        assert file.read() == CONTENT[:20000]
        assert file.problems == ()


def test_parts_overlap_on_both_sides(path: Path) -> None:
    with opened(RangedFile(path, {})) as (server, file):
        for position, size in ((500_000, 10), (-300_000, 10), (-250_000, 250_000), (0, -1)):
            file.seek(position, io.SEEK_END if position < 0 else io.SEEK_SET)
            assert file.read(size) == CONTENT[position:][: size if size > 0 else None]
        assert ranges(server) == [
            *("0-16383", "491520-557055", "15360-16383"),
            *("2686976-2752511", "556032-557055"),
            "2751488-2999999",
            "15360-2687999",
        ]
        assert file.problems[0].code == "no-validator"
        assert (file.errors, file.warnings) == ((), file.problems)


@pytest.mark.parametrize(
    "reads",
    [
        [(0, 16384), (16384, 10)],
        [(0, 10), (1_000_000, 10)],
        [(1_000_000, 10), (990_000, 10)],
        [(2_999_000, 1000), (2_500_000, 300_000)],
        [(500_000, 10), (0, 3_000_000)],
    ],
    ids=str,
)
def test_bytes_that_differ_are_a_change(reads: list[tuple[int, int]], path: Path) -> None:
    with opened(RangedFile(path, {})) as (_, file):
        *before, last = reads
        for position, size in before:
            file.seek(position)
            assert file.read(size) == CONTENT[position : position + size]
        path.write_bytes(OTHER)
        problems = file.problems
        file.seek(last[0])
        assert code_of(lambda: file.read(last[1])) == "changed"
        assert file.problems == problems
        file.seek(before[0][0])
        assert file.read(10) == CONTENT[before[0][0] :][:10]


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_the_length_stays_where_nothing_else_tells(size: int, path: Path) -> None:
    with opened(RangedFile(path, {})) as (_, file):
        path.write_bytes((CONTENT + b"x")[:size])
        file.seek(16384)
        assert code_of(lambda: file.read(1)) == "changed"


def test_a_file_without_a_validator_reads_as_one_with_it(path: Path) -> None:
    source = random.Random(8)
    with opened(RangedFile(path, {})) as (server, file):
        for _ in range(60):
            position, size = source.randrange(len(CONTENT)), source.choice([1, 1000, 20_000, 300_000])
            file.seek(position)
            assert file.read(size) == CONTENT[position : position + size]
        assert len(server.requests) == file.requests
        assert file.transferred < 1.2 * len(CONTENT)


@pytest.mark.parametrize("more", [0, 2047])
def test_what_is_read_twice_counts_for_the_limit(more: int, path: Path) -> None:
    with opened(RangedFile(path, {}), max_bytes=len(CONTENT) + more) as (_, file):
        assert code_of(file.read) == "byte-limit"
    with opened(RangedFile(path, {}), max_bytes=len(CONTENT) + 2048) as (_, file):
        assert file.read() == CONTENT
        assert file.transferred == len(CONTENT) + 1024


def test_an_archive_of_1_gib_without_a_validator_costs_little_more(tmp_path: Path) -> None:
    path = tmp_path / "App.ipa"
    sparse_archive(path)
    with opened(RangedFile(path, {})) as (server, file):
        read_archive(file)
        assert [problem.code for problem in file.problems] == ["no-validator"]
        assert len(server.requests) == 7
        assert server.sent <= 512 * 1024


def ignoring_ranges(_: Request) -> list[bytes]:
    return [answer(CONTENT)]


def test_a_server_that_stops_answering_ranges(path: Path) -> None:
    with opened(RangedFile(path)) as (server, file):
        server.handler = ignoring_ranges
        file.seek(1_000_000)
        assert code_of(lambda: file.read(100)) == "no-ranges"


def test_redirects_are_followed_once(path: Path) -> None:
    def handler(request: Request) -> Iterable[bytes]:
        if request.target == "/latest":
            return [answer(b"moved", "302 Found", location="/v1/App.ipa?sig=1")]
        return RangedFile(path)(request)

    with opened(handler, url=f"https://{HOST}/latest") as (server, file):
        assert file.read() == CONTENT
        assert file.url == f"https://{HOST}/v1/App.ipa?sig=1"
        assert [request.target for request in server.requests] == ["/latest", *["/v1/App.ipa?sig=1"] * 2]
        assert (file.requests, file.transferred) == (3, 5 + len(CONTENT))


def test_a_redirect_to_http_is_refused() -> None:
    assert fault(lambda _: [answer(b"", "302 Found", location=f"http://{HOST}/App.ipa")]) == "not-https"


# Limits


def test_reading_more_than_the_limit_is_refused_before_it_is_fetched(path: Path) -> None:
    with opened(RangedFile(path), max_bytes=1_000_000) as (server, file):
        assert code_of(file.read) == "byte-limit"
        assert len(server.requests) == 1
        file.seek(100)
        assert file.read(900_000) == CONTENT[100:900_100]
        assert code_of(lambda: file.read(200_000)) == "byte-limit"
        assert file.transferred <= 1_000_000
        assert file.tell() == 900_100
        file.seek(50)
        assert file.read(50) == CONTENT[50:100]


def test_all_of_a_file_as_large_as_the_limit_can_be_read(path: Path) -> None:
    with opened(RangedFile(path), max_bytes=len(CONTENT)) as (_, file):
        file.seek(-10, io.SEEK_END)
        file.read()
        file.seek(0)
        assert file.read() == CONTENT
        assert file.transferred == len(CONTENT)


def test_the_limit_holds_for_a_file_that_comes_whole() -> None:
    theirs, ours = anonymous_contexts()
    with Server(lambda _: [answer(b"x" * 20001)], theirs) as server:
        assert (
            code_of(lambda: open_url(URL, tls_context=ours, connect_to=server.connect_to, max_bytes=20000))
            == "no-ranges"
        )


def test_the_limit_holds_for_the_bodies_of_redirects() -> None:
    endless = answer(bytes(1_000_000), "302 Found", location="/again")
    theirs, ours = anonymous_contexts()
    with Server(lambda _: [endless], theirs) as server:
        assert (
            code_of(lambda: open_url(URL, tls_context=ours, connect_to=server.connect_to, max_bytes=2_500_000))
            == "byte-limit"
        )
        assert len(server.requests) == 3


def test_the_limit_holds_for_headers_and_framing(path: Path) -> None:
    """They may take 64 KiB besides, which is enough for what servers send."""
    theirs, ours = anonymous_contexts()
    counts = count_received(ours)
    with (
        Server(RangedFile(path, {"etag": '"1"', "x": "x" * 20_000}), theirs) as server,
        open_url(URL, tls_context=ours, connect_to=server.connect_to, max_bytes=1_000_000) as file,
    ):

        def action() -> None:
            for position in range(0, len(CONTENT), 200_000):
                file.seek(position)
                assert file.read(10) == CONTENT[position : position + 10]

        with pytest.raises(FetchError, match="The limit of 1,065,536 bytes for the whole task was reached") as caught:
            action()
        assert [problem.code for problem in caught.value.problems] == ["byte-limit"]
        assert file.transferred < 1_000_000
    assert sum(counts) == 1_065_536


def test_the_time_limit_runs_from_the_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    fetch = fake(206, bytes(16384), content_range="bytes 0-16383/1000000")
    with open_url(URL, fetch=fetch, max_seconds=60) as file:
        now[0] += 61
        assert file.read(100) == bytes(100)
        file.seek(500_000)
        assert code_of(lambda: file.read(1)) == "time-limit"


@pytest.mark.parametrize(
    "limits", [{"timeout": 0}, {"timeout": 1e20}, {"max_seconds": float("nan")}, {"max_bytes": 99}]
)
def test_limits_that_are_none(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(limits))} is "):
        open_url(URL, fetch=fake(200), **limits)  # type: ignore[arg-type]


# A fetch of one's own


def test_fetch_replaces_the_network() -> None:
    asked: list[tuple[str, str, Mapping[str, str], float, int]] = []

    def fetch(method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int) -> Response:
        asked.append((method, url, headers, timeout, max_bytes))
        return Response(206, {"Content-Range": "bytes 0-4/5"}, b"hello")

    with open_url(URL, fetch=fetch, timeout=7) as file:
        assert file.read() == b"hello"
    assert [(method, url, headers["Range"], timeout) for method, url, headers, timeout, _ in asked] == [
        ("GET", URL, "bytes=0-16383", 7)
    ]


def test_public_only_cannot_be_had_with_a_fetch_of_ones_own() -> None:
    with pytest.raises(ValueError, match="public_only"):
        open_url(URL, fetch=fake(200), public_only=True)


def test_public_only_refuses_private_addresses() -> None:
    assert code_of(lambda: open_url("https://127.0.0.1/", public_only=True)) == "not-public"


@pytest.mark.parametrize("url", ["http://apps.example.com/App.ipa", "", "App.ipa", "file:///etc/passwd"])
def test_only_https_is_opened(url: str) -> None:
    asked: list[str] = []
    with pytest.raises(FetchError):
        open_url(url, fetch=lambda _method, url, *_: asked.append(url) or Response(200, {}, b""))  # type: ignore[func-returns-value]
    assert asked == []


def nothing(*_: object) -> None:
    """Answer nothing to any request."""


@pytest.mark.parametrize("url", [None, 5, b"https://apps.example.com/"])
def test_a_url_is_text(url: object) -> None:
    with pytest.raises(TypeError):
        open_url(url, fetch=fake(200))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"url": b"https://apps.example.com/"}, "url must be str, not bytes"),
        ({"timeout": "5"}, "timeout must be int or float, not str"),
        ({"max_seconds": None}, "max_seconds must be int or float, not NoneType"),
        ({"max_bytes": 1e6}, "max_bytes must be int, not float"),
        ({"tls_context": 5}, "tls_context must be ssl.SSLContext or None, not int"),
        ({"connect_to": 1}, "connect_to must be Mapping, not int"),
        ({"connect_to": {"a:1": 1}}, r"^connect_to\['a:1'\] must be str, not int$"),
        ({"fetch": "x"}, "fetch must be callable or None, not str"),
        ({"fetch": nothing}, "what fetch returns must be Response, not NoneType"),
    ],
)
def test_wrong_types(options: dict[str, Any], match: str) -> None:
    arguments: dict[str, Any] = {"url": URL, "fetch": fake(200), **options}
    with pytest.raises(TypeError, match=match):
        open_url(**arguments)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"url": None}, "url must be str, not NoneType"),
        ({"fetch": None}, "fetch must be callable, not NoneType"),
        ({"limits": 5}, "limits must be Limits, not int"),
        ({"max_bytes": "5"}, "max_bytes must be int, not str"),
    ],
)
def test_wrong_types_in_the_making_of_a_file(options: dict[str, Any], match: str) -> None:
    arguments: dict[str, Any] = {"url": URL, "fetch": fake(200), "limits": Limits(5, 5), "max_bytes": 99999, **options}
    with pytest.raises(TypeError, match=match):
        RemoteFile(**arguments)


def test_wrong_types_of_what_a_file_is_asked_for() -> None:
    with open_url(URL, fetch=fake(200, b"hello")) as file:
        calls: list[tuple[Callable[..., object], tuple[object, ...], str]] = [
            (file.read, ("5",), "size must be int or None, not str"),
            (file.read, (1.5,), "size must be int or None, not float"),
            (file.seek, (None,), "offset must be int, not NoneType"),
            (file.seek, (0, []), "whence must be int, not list"),
            (file.readinto, (None,), "buffer must be a writable bytes-like object, not NoneType"),
            (file.readinto, (b"read-only",), "buffer must be a writable bytes-like object, not bytes"),
        ]
        for call, arguments, match in calls:
            with pytest.raises(TypeError, match=match):
                call(*arguments)
        with pytest.raises(ValueError, match=r"^Invalid argument: offset leads to -2$"):
            file.seek(-2)
        assert (file.tell(), file.read()) == (0, b"hello")


def test_addresses_are_written_as_people_do() -> None:
    with open_url(f"https://{HOST}/Meine Äpp.ipa", fetch=fake(200)) as file:
        assert file.url == f"https://{HOST}/Meine%20%C3%84pp.ipa"
