"""Signed URLs, and pages in place of files."""

from __future__ import annotations

import base64
import json
import random
from datetime import datetime, timedelta, timezone

import pytest

from itms_ota._hosting import expired_message, expiry, page, share_page_message

END = datetime(2026, 5, 4, 12, 0, tzinfo=timezone.utc)
EPOCH = int(END.timestamp())
SIGNATURE = "0123456789abcdef" * 2


def policy(content: object) -> str:
    """Write a CloudFront policy as CloudFront wants it in a URL."""
    text = base64.b64encode(json.dumps(content).encode()).decode()
    return text.replace("+", "-").replace("=", "_").replace("/", "~")


def until(time: object) -> dict[str, object]:
    return {"Statement": [{"Resource": "*??>>", "Condition": {"DateLessThan": {"AWS:EpochTime": time}}}]}


NO_POLICIES: tuple[object, ...] = (
    *(5, [], {}, {"Statement": []}, {"Statement": [5]}, until(None), until("x"), until([])),
    *(until(float("nan")), until(float("inf")), until("1_700_000_000"), until("yes")),
)

SIGNED = {
    "S3, version 4": "X-Amz-Algorithm=A&X-Amz-Date=20260504T110000Z&X-Amz-Expires=3600&X-Amz-Signature=ab",
    "S3, version 4, in small letters": "x-amz-date=20260504T110000Z&x-amz-expires=3600&x-amz-signature=ab",
    "S3, version 2": f"AWSAccessKeyId=A&Expires={EPOCH}&Signature=a%2Bb%3D",
    "CloudFront": f"Expires={EPOCH}&Signature=ab&Key-Pair-Id=K",
    "CloudFront with a policy": f"Policy={policy(until(EPOCH))}&Signature=ab&Key-Pair-Id=K",
    "Cloud Storage": "X-Goog-Algorithm=G&X-Goog-Date=20260504T115900Z&X-Goog-Expires=60&X-Goog-Signature=ab",
    "Cloud Storage, version 2": f"GoogleAccessId=a%40b&Expires={EPOCH}&Signature=ab",
    "Azure": "sv=2024-11-04&se=2026-05-04T12%3A00%3A00Z&sr=b&sp=r&sig=a%2Bb%3D",
    "Azure without seconds": "se=2026-05-04T12:00Z&sig=ab",
    "Azure with a fraction": "se=2026-05-04T12:00:00.0000000Z&sig=ab",
}


@pytest.mark.parametrize("query", SIGNED.values(), ids=SIGNED.keys())
def test_until_when_a_signed_url_holds(query: str) -> None:
    assert expiry(f"https://files.example.com/App.ipa?{query}#x") == END


def test_a_day_without_a_time() -> None:
    assert expiry("https://x.example/?se=2026-05-04&sig=ab") == datetime(2026, 5, 4, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "v=1&Expires=5",
        "Signature=ab",
        "Expires=soon&Signature=ab",
        f"Expires={'9' * 30}&Signature=ab",
        f"Expires={'9' * 5000}&Signature=ab",
        "X-Amz-Signature=ab",
        "X-Amz-Signature=ab&X-Amz-Date=20260504T110000Z",
        "X-Amz-Signature=ab&X-Amz-Date=yesterday&X-Amz-Expires=3600",
        "X-Amz-Signature=ab&X-Amz-Date=20261350T110000Z&X-Amz-Expires=3600",
        "X-Amz-Signature=ab&X-Amz-Date=20260504T110000Z&X-Amz-Expires=-",
        "X-Amz-Signature=ab&X-Amz-Date=20260504T110000Z&X-Amz-Expires=99999999999999999999",
        # Python's idea of numbers and white space is wider than any cloud's.
        *(f"Expires={number}&Signature=ab" for number in ("1_700_000_000", "%D9%A1", "+5", "%205", "5%0A", "-5")),
        "X-Amz-Signature=ab&X-Amz-Date=%EF%BC%92%EF%BC%90260504T110000Z&X-Amz-Expires=3600",
        "X-Amz-Signature=ab&X-Amz-Date=202654T110000Z&X-Amz-Expires=3600",
        "X-Amz-Signature=ab&X-Amz-Date=20260504T110000Z&X-Amz-Expires=3_600",
        "se=2026-05-04",
        "se=tomorrow&sig=ab",
        "se=2026-13-40&sig=ab",
        "Policy=!!!&Key-Pair-Id=K",
        "Policy=YQ__&Key-Pair-Id=K",
        "Policy=%ff%fe&Key-Pair-Id=K",
        *(f"Policy={policy(content)}&Key-Pair-Id=K" for content in NO_POLICIES),
        f"Policy={base64.b64encode(b'[' * 100_000).decode()}&Key-Pair-Id=K",
    ],
    ids=lambda query: query[:60],
)
def test_what_is_not_signed_or_cannot_be_read(query: str) -> None:
    assert expiry(f"https://files.example.com/App.ipa?{query}") is None


def test_mutated_signed_urls_never_raise() -> None:
    source = random.Random(20260504)
    queries = [*SIGNED.values()]
    for _ in range(2000):
        text = list(source.choice(queries))
        for _ in range(source.randrange(1, 6)):
            text[source.randrange(len(text))] = source.choice(["", "&", "=", "%", "%00", "\ud800", "9" * 20, "-", "é"])
        found = expiry("https://files.example.com/App.ipa?" + "".join(text))
        assert found is None or found.tzinfo is timezone.utc


@pytest.mark.parametrize(
    ("asked", "direct"),
    [
        ("https://www.dropbox.com/s/x1/App.ipa", "https://www.dropbox.com/s/x1/App.ipa?dl=1"),
        ("https://dropbox.com/s/x1/App.ipa?dl=0", "https://dropbox.com/s/x1/App.ipa?dl=1"),
        (
            "https://www.dropbox.com/scl/fi/x1/App.ipa?rlkey=k&dl=0",
            "https://www.dropbox.com/scl/fi/x1/App.ipa?rlkey=k&dl=1",
        ),
        ("https://github.com/a/b/blob/main/d/App.ipa", "https://raw.githubusercontent.com/a/b/main/d/App.ipa"),
        ("https://git.example.com/a/b/-/blob/main/App.ipa?ref=x", "https://git.example.com/a/b/-/raw/main/App.ipa"),
        ("https://drive.google.com/file/d/a1b2/view?usp=x", "https://drive.google.com/uc?export=download&id=a1b2"),
        ("https://drive.google.com/open?id=a1b2", "https://drive.google.com/uc?export=download&id=a1b2"),
        ("https://a.sharepoint.com/:u:/g/App.ipa?e=1", "https://a.sharepoint.com/:u:/g/App.ipa?download=1"),
    ],
)
def test_addresses_that_are_shared_and_where_the_file_is(asked: str, direct: str) -> None:
    code, message = page(asked, asked, b"<html>")
    assert code == "share-page"
    assert repr(direct.replace("rlkey=k", "rlkey=…")) in message


@pytest.mark.parametrize(
    "url",
    [
        "https://www.dropbox.com/s/x1/App.ipa?dl=1",
        "https://www.dropbox.com/scl/fi/x1/App.ipa?rlkey=k&dl=1",
        "https://www.dropbox.com/scl/fi/x1/App.ipa?dl=1&rlkey=k",
        "https://www.dropbox.com/s/x1/App.ipa?raw=1",
        "https://github.com/a/b/blob/main/App.ipa?raw=true",
        "https://github.com/a/b/raw/main/App.ipa",
        "https://a.sharepoint.com/:u:/g/App.ipa?e=1&download=1",
        "https://a.sharepoint.com/sites/b/_layouts/15/download.aspx?share=x",
        "https://a.example/?from=https://www.dropbox.com/s/x1/App.ipa",
    ],
)
def test_addresses_that_lead_to_the_file_itself(url: str) -> None:
    assert share_page_message(url) is None
    assert page(url, url, b"<html>")[0] == "web-page"


@pytest.mark.parametrize("url", ["https://www.dropbox.com/s/x1/App.ipa?dl=10", "https://dropbox.com/a?xdl=1"])
def test_what_only_resembles_the_parameters_of_such_an_address(url: str) -> None:
    assert page(url, url, b"<html>")[0] == "share-page"


def test_that_a_signed_url_has_expired_is_said_with_its_date() -> None:
    url = f"https://files.example.com/App.ipa?{SIGNED['Azure']}"
    assert expired_message(url, END - timedelta(seconds=1)) is None
    assert "expired on 2026-05-04 at 12:00 UTC" in (expired_message(url, END) or "")
    assert expired_message("https://files.example.com/App.ipa", END) is None


@pytest.mark.parametrize(
    ("came_from", "body", "code"),
    [
        ("https://a.example/m", b'<form><INPUT class="x" type = password>', "login-page"),
        ("https://a.example/m", b"<input type='password' name=p>", "login-page"),
        ("https://a.example/login?next=m", b"<html>", "login-page"),
        ("https://sso.a.example/x", b"<html>", "login-page"),
        ("https://login.microsoftonline.com/x", b"<html>", "login-page"),
        ("https://a.example/signin/v2", b"<html>", "login-page"),
        ("https://a.example/authors", b"<html>", "web-page"),
        ("https://a.example/m?next=/login", b"<html>", "web-page"),
        ("https://a.example/m", b"<input type=text>", "web-page"),
    ],
)
def test_pages_in_place_of_files(came_from: str, body: bytes, code: str) -> None:
    assert page("https://a.example/m", came_from, body)[0] == code


def test_where_a_login_is_part_of_the_address_itself() -> None:
    address = "https://login.example.com/manifest.plist"
    assert page(address, address, b"<html>")[0] == "web-page"


def test_signatures_are_not_shown() -> None:
    for asked in (f"https://a.example/m?sig={SIGNATURE}", f"https://www.dropbox.com/s/App.ipa?rlkey={SIGNATURE}&dl=0"):
        assert SIGNATURE not in page(asked, asked, b"<html>")[1]
