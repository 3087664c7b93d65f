"""What a file is, in words: each kind that is known, text without its secrets, and whatever else."""

from __future__ import annotations

import gzip

import pytest
from _make_ipa import make_ipa

from itms_ota._magic import MAGIC, what_is


@pytest.mark.parametrize(("start", "words"), [(start, words) for start, _, words in MAGIC])
def test_a_kind_is_told_by_its_first_bytes(start: bytes, words: str) -> None:
    assert what_is(start + b"\0\x80 and more") == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (gzip.compress(b"x"), "compressed with gzip"),
        (make_ipa(), "a zip archive"),
        (b"\n<!DOCTYPE html>\n<title>404</title>", "a web page (HTML)"),
        (b'<?xml version="1.0"?>\n<html xmlns="x">', "a web page (HTML)"),
        (b'<?xml version="1.0"?>\n<plist>', "XML, such as a property list"),
        (b"hello", "text that begins with 'hello'"),
        (b"\0" * 100, "of an unknown kind (it begins with the bytes 00 00 00 00 00 00 00 00)"),
        (b"PK", "text that begins with 'PK'"),
        (b"\x1b[2J", "of an unknown kind (it begins with the bytes 1b 5b 32 4a)"),
        ("hé".encode(), "of an unknown kind (it begins with the bytes 68 c3 a9)"),
    ],
)
def test_what_a_file_is(data: bytes, words: str) -> None:
    assert what_is(data) == words


def test_secrets_in_text_are_hidden() -> None:
    assert "hunter2" not in what_is(b"https://me:hunter2@a.example/?token=hunter2")
