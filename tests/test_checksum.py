"""Checksums: identical to what one thread computes, whatever the source."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import random
import threading
from typing import TYPE_CHECKING, Any, Literal

import pytest

from itms_ota import Checksum, ManifestError
from itms_ota import checksum as room

if TYPE_CHECKING:
    from pathlib import Path

    from itms_ota.checksum import Source

Algorithm = Literal["md5", "sha256"]
ALGORITHMS: tuple[Algorithm, ...] = ("md5", "sha256")
MD5 = "0" * 32
SHA256 = "a" * 64


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def serial(data: bytes, algorithm: Algorithm, chunk_size: int | None) -> tuple[str, ...]:
    chunks = [data[start : start + chunk_size] for start in range(0, len(data), chunk_size)] if chunk_size else [data]
    return tuple(hashlib.new(algorithm, chunk).hexdigest() for chunk in chunks or [b""])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "App.ipa"
    path.write_bytes(content(1000))
    return path


class Trickle(io.RawIOBase):
    """A stream that gives fewer bytes than asked for, as sockets do."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        """Give seven bytes at most."""
        return self.data.read(min(size, 7))


@pytest.mark.parametrize("pread", [True, False], ids=["pread", "no pread"])
@pytest.mark.parametrize("chunk_size", [1, 64, 100, None])
def test_every_source_gives_what_one_thread_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_size: int | None, *, pread: bool
) -> None:
    # Small shares and blocks, so that small files meet every boundary.
    monkeypatch.setattr(room, "_SHARE", 200)
    monkeypatch.setattr(room, "_BLOCK", 32)
    if not pread:
        monkeypatch.delattr(os, "pread", raising=False)  # as on Windows
    path = tmp_path / "App.ipa"
    for size in (0, 1, 63, 64, 65, 99, 100, 101, 127, 128, 199, 200, 201, 400, 1000, 1003):
        data = content(size)
        path.write_bytes(data)
        expected = tuple(Checksum(name, serial(data, name, chunk_size), chunk_size) for name in ALGORITHMS)
        sources: list[Source] = [path, str(path), io.BytesIO(data), Trickle(data)]
        for source in sources:
            assert Checksum.of_many(source, chunk_size=chunk_size) == expected, (size, source)
        assert Checksum.of(path, chunk_size=chunk_size) == expected[1]
        assert Checksum.of(io.BytesIO(data), algorithm="md5", chunk_size=chunk_size) == expected[0]
        assert expected[0].mismatches(path) == expected[1].mismatches(io.BytesIO(data)) == ()


def test_the_usual_chunk_is_that_of_apple(tmp_path: Path) -> None:
    data = bytes(room.CHUNK_SIZE) + b"rest"
    (tmp_path / "App.ipa").write_bytes(data)
    checksum = Checksum.of(tmp_path / "App.ipa")
    assert checksum.chunk_size == 10485760
    assert checksum.digests == serial(data, "sha256", 10485760)


def test_a_stream_is_read_from_where_it_stands() -> None:
    stream = io.BytesIO(b"before the app")
    stream.read(7)
    assert Checksum.of(stream, chunk_size=None).digests == (hashlib.sha256(b"the app").hexdigest(),)


def test_blocks_of_other_types_of_bytes() -> None:
    class Views:
        def __init__(self) -> None:
            self.blocks: list[Any] = [bytearray(b"an "), memoryview(b"app")]

        def read(self, _size: int = -1, /) -> bytes:
            return self.blocks.pop(0) if self.blocks else b""

    assert Checksum.of(Views()) == Checksum.of(io.BytesIO(b"an app"))


@pytest.mark.parametrize("chunk_size", [100, None])
def test_progress_of_a_path_ends_at_its_total(
    file: Path, monkeypatch: pytest.MonkeyPatch, chunk_size: int | None
) -> None:
    monkeypatch.setattr(room, "_SHARE", 200)
    monkeypatch.setattr(room, "_BLOCK", 300)
    calls: list[tuple[int, int | None]] = []
    Checksum.of(file, chunk_size=chunk_size, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, 1000) for done in ((200, 400, 600, 800, 1000) if chunk_size else (300, 600, 900, 1000))]
    calls.clear()
    Checksum("md5", (MD5,) * 10, 100).mismatches(file, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (1000, 1000)


def test_progress_of_a_stream_has_no_total() -> None:
    calls: list[tuple[int, int | None]] = []
    Checksum.of(io.BytesIO(bytes(250)), chunk_size=100, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(100, None), (200, None), (250, None)]


def test_progress_of_an_empty_file_is_silent(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    calls: list[tuple[int, int | None]] = []
    Checksum.of(tmp_path / "empty", progress=lambda done, total: calls.append((done, total)))
    assert calls == []


@pytest.mark.parametrize("stream", [True, False])
def test_what_progress_raises_comes_out(file: Path, *, stream: bool) -> None:
    class Cancelled(Exception):  # noqa: N818
        pass

    def cancel(_done: int, _total: int | None) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        Checksum.of(io.BytesIO(b"an app") if stream else file, chunk_size=10, progress=cancel)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("itms_ota-checksum")]


def nothing(_file: int, _size: int, _position: int) -> bytes:
    return b""


@pytest.mark.skipif(not hasattr(os, "pread"), reason="without pread the end of the file is just met earlier")
def test_a_file_that_shrinks_meanwhile(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pread", nothing)
    with pytest.raises(OSError, match="the file became shorter while it was read: 0 of 1000 bytes"):
        Checksum.of(file, chunk_size=10)


def test_paths_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Checksum.of(tmp_path / "missing.ipa")
    with pytest.raises(OSError, match="missing"):
        Checksum("md5", (MD5,)).mismatches(str(tmp_path / "missing.ipa"))


@pytest.mark.parametrize("chunk_size", [None, 1, 7, 999, 1000, 1001])
@pytest.mark.parametrize("made_of", [bytes, bytearray, memoryview])
def test_bytes_are_the_content_of_a_file(file: Path, made_of: Any, chunk_size: int | None) -> None:
    checksum = Checksum.of(made_of(content(1000)), chunk_size=chunk_size)
    assert checksum == Checksum.of(file, chunk_size=chunk_size)
    assert checksum.mismatches(made_of(content(1000))) == ()
    assert checksum.mismatches(made_of(b"")) != ()


def test_the_progress_of_bytes_has_a_total() -> None:
    told: list[tuple[int, int | None]] = []
    Checksum.of(b"an app", chunk_size=4, progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 6), (6, 6)]
    assert Checksum.of(b"") == Checksum.of(io.BytesIO())


class NonBlocking:
    """A stream that has nothing yet, and says so with None."""

    def read(self, _size: int = -1, /) -> None:
        """Give None."""


@pytest.mark.parametrize("source", [io.StringIO("text"), io.StringIO(""), NonBlocking(), ["a"], 3, None])
def test_sources_of_the_wrong_type(source: Any) -> None:
    with pytest.raises(TypeError, match=r"^source must "):
        Checksum.of(source)


@pytest.mark.parametrize(
    ("algorithm", "digests", "chunk_size", "path"),
    [
        ("sha1", ("0" * 40,), None, "algorithm"),
        ("md5", (), None, "digests"),
        ("md5", (), 5, "digests"),
        ("md5", (MD5, MD5), None, "digests"),
        ("md5", (MD5,), 0, "chunk_size"),
        ("md5", (MD5,), -1, "chunk_size"),
        ("md5", (MD5, MD5[1:]), 5, "digests[1]"),
        ("md5", (MD5 + "0",), 5, "digests[0]"),
        ("md5", ("g" * 32,), 5, "digests[0]"),
        ("md5", ("٣" * 32,), 5, "digests[0]"),
        ("md5", (MD5[1:] + "\n",), None, "digests[0]"),
        ("sha256", (MD5,), None, "digests[0]"),
        ("md5", (SHA256,), None, "digests[0]"),
    ],
)
def test_a_checksum_is_valid_at_birth(algorithm: Any, digests: Any, chunk_size: int | None, path: str) -> None:
    with pytest.raises(ManifestError) as caught:
        Checksum(algorithm, digests, chunk_size)
    assert [(problem.path, problem.code, problem.level) for problem in caught.value.problems] == [
        (path, "bad-hash", "error")
    ]


def test_a_long_text_in_place_of_a_digest_is_cut() -> None:
    with pytest.raises(ManifestError) as caught:
        Checksum("sha256", ("x" * 81,))
    assert caught.value.problems[0].message == f"'{'x' * 80}…' is not a valid SHA-256 hash (64 hexadecimal digits)."


@pytest.mark.parametrize(
    ("digests", "chunk_size"),
    [(MD5, None), ((1,), None), (b"0", None), (None, None), ((MD5,), "5"), ((MD5,), True), ((MD5,), 5.0)],
)
def test_types_of_the_fields(digests: Any, chunk_size: Any) -> None:
    with pytest.raises(TypeError, match=r"^(digests|digests\[0\]|chunk_size) must be "):
        Checksum("md5", digests, chunk_size)


def test_nothing_is_read_for_bad_arguments() -> None:
    stream = io.BytesIO(b"an app")
    with pytest.raises(ManifestError, match="neither 'md5' nor 'sha256'"):
        Checksum.of_many(stream, algorithms=("md5", "sha1"))  # type: ignore[arg-type]
    with pytest.raises(ManifestError, match="must be 1 byte or more"):
        Checksum.of(stream, chunk_size=0)
    with pytest.raises(TypeError, match=r"^progress must be callable or None, not int$"):
        Checksum.of(stream, progress=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert stream.tell() == 0
    assert Checksum.of_many(stream, algorithms=()) == ()


@pytest.mark.parametrize(
    ("written", "read", "bad"),
    [
        (b"aabbcc", b"aabbcc", ()),
        (b"aabbcc", b"aaXbcX", (1, 2)),
        (b"aabbcc", b"aabb", (2,)),
        (b"aabbcc", b"", (0, 1, 2)),
        (b"aabbcc", b"aabbccdd", (3,)),
        (b"aabbc", b"aabbcc", (2,)),
        # One digest is the whole file's, whatever the chunk size.
        (b"aa", b"aa", ()),
        (b"aa", b"aabb", (0,)),
    ],
    ids=["equal", "changed", "missing", "nothing", "surplus", "longer tail", "one", "one, longer file"],
)
def test_mismatches(tmp_path: Path, written: bytes, read: bytes, bad: tuple[int, ...]) -> None:
    (tmp_path / "App.ipa").write_bytes(read)
    for algorithm in ALGORITHMS:
        checksum = Checksum.of(io.BytesIO(written), algorithm=algorithm, chunk_size=2)
        assert checksum.mismatches(io.BytesIO(read)) == bad
        assert checksum.mismatches(tmp_path / "App.ipa") == bad
        upper = Checksum(algorithm, tuple(digest.upper() for digest in checksum.digests), 2)
        assert upper.mismatches(io.BytesIO(read)) == bad


def test_one_hash_with_a_smaller_size_is_of_the_whole_file() -> None:
    checksum = Checksum("sha256", serial(b"an app", "sha256", None), 2)
    assert checksum.mismatches(io.BytesIO(b"an app")) == ()
    assert checksum.mismatches(io.BytesIO(b"an ape")) == (0,)


def test_a_checksum_is_a_value() -> None:
    checksum = Checksum("md5", [MD5, MD5], 5)  # type: ignore[arg-type]
    assert checksum.digests == (MD5, MD5)
    assert len({checksum, pickle.loads(pickle.dumps(checksum))}) == 1  # noqa: S301 -- made right here


def test_a_path_that_can_be_none_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        Checksum.of("a\0b")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "https://a.example/A.ipa",
            "source is a URL, not the path of a file; itms_ota.remote.open_url opens it: 'https://a.example/A.ipa'",
        ),
        ("a\0b", "source is not a possible path: 'a\\x00b'"),
    ],
)
def test_what_is_not_a_path_is_told_in_words_alone(source: str, message: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Checksum.of(source)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 -- made right here
    for error in (caught.value, again):
        assert (str(error), error.errno, error.filename) == (message, 2, source)
