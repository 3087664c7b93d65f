"""What is shown of URLs and of texts that may hold one: everything but secrets."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from itms_ota._redact import _secrets, redact, redact_text, repr_of_fields, safe_repr, without_secrets

LINK = "itms-services://?action=download-manifest&url="
UUID = "550e8400-e29b-41d4-a716-446655440000"
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        # users and passwords
        ("https://user:pw@h/m", "https://…@h/m"),
        ("https://user:pw@a.example:99999/m", "https://…@a.example:99999/m"),
        ("https://token@h/m", "https://…@h/m"),
        ("https://user:p/w@h/m", "https://…@h/m"),
        ("https://user:1/pw@h/m", "https://…@h/m"),
        ("https://user:p?w@h/m", "https://…@h/m"),
        ("https://user:p#w@h/m", "https://…@h/m"),
        ("https://user:p w@h/m", "https://…@h/m"),
        ("https://user:p@w@h/m", "https://…@h/m"),
        ("https://user:it's@h/m", "https://…@h/m"),
        ("https://user:pw@[::1]/m", "https://…@[::1]/m"),
        ("https://user:p%2Fw@h/m", "https://…@h/m"),
        ("https://to%2Fken@h/m", "https://…@h/m"),
        ("https://user:pw", "https://user:…"),
        ("https://a.example:port/m", "https://a.example:…"),
        ("//user:pw@h/m", "//…@h/m"),
        ("user:pw@h/m", "…@h/m"),
        ("token@h/m", "…@h/m"),
        ("https:/user:pw@h/m", "https:/…@h/m"),
        ("https:user:pw@h/m", "…@h/m"),
        ("https:\\\\user:pw@h", "https:\\\\…@h"),
        ("https:\\/\\/user:pw@h", "https:\\/\\/…@h"),
        ("https&#58;//user:pw@h", "https&#58;//…@h"),
        ("https%3A%2F%2Fuser%3Apw%40h%2Fm", "https%3A%2F%2F…@h%2Fm"),
        ("https%253A%252F%252Fuser%253Apw%2540h%252Fm", "https%253A%252F%252F…@h%252Fm"),
        ("https://u:p@a.example/x,https://v:q@b.example/y", "https://…@b.example/y"),
        ("https://u:p@a.example/?next=https://v:q@b.example/y", "https://…@a.example/?next=https://…@b.example/y"),
        # queries
        ("https://h/m?token=pw&v=1", "https://h/m?token=…&v=1"),
        ("https://h/m?v=1&X-Amz-Expires=900", "https://h/m?v=1&X-Amz-Expires=…"),
        ("https://h/m?user[token]=pw", "https://h/m?user[token]=…"),
        ("https://h/m?user%5Btoken%5D=pw", "https://h/m?user%5Btoken%5D=…"),
        ("https://h/m?token%3Dpw%26v%3D1", "https://h/m?token%3D…%26v%3D1"),
        ("https://h/m?x=0123456789abcdef", "https://h/m?x=0123…"),
        ("https://h/m?x=a-long-value-of-words", "https://h/m?x=a-lo…"),
        ("https://h/m?0123456789abcdef", "https://h/m?0123…"),
        ("https://h/m;jsessionid=pw", "https://h/m;jsessionid=…"),
        ("https://h/m?token=&v=1", "https://h/m?token=&v=1"),
        # tokens, and what follows a "#"
        ("https://h/0123456789abcdef/m", "https://h/0123…/m"),
        ("https://h/0123456789abcdef.plist", "https://h/0123….plist"),
        (f"https://h/{UUID}/m", "https://h/550e…/m"),
        (f"https://h/{SIGNED}/m", "https://h/eyJh…/m"),
        ("https://h/deadbeefdeadbeef/m", "https://h/dead…/m"),
        ("https://h/1234567890123456/m", "https://h/1234…/m"),
        ("https://h/AbC-dEf_123xyz-98Qw/m", "https://h/AbC-…/m"),
        ("https://h/abcd%2Befgh1234%2B5678/m", "https://h/abcd…/m"),
        ("https://h/00008020%2D000D68E42203002E/m", "https://h/0000…/m"),
        ("https://h/00008020%252d000D68E42203002E/m", "https://h/0000…/m"),
        ("https://h/m#pw", "https://h/m#…"),
        ("https://h/m#token=pw&v=1", "https://h/m#…"),
        ("https://h/m#", "https://h/m#"),
        # within a link
        (f"{LINK}https://user:pw@h/m", f"{LINK}https://…@h/m"),
        (f"{LINK}user:pw@h/m", f"{LINK}…@h/m"),
        (f"{LINK}https%3A%2F%2Fuser%3Apw%40h%2Fm%3Fv%3D1", f"{LINK}https%3A%2F%2F…@h%2Fm%3Fv%3D1"),
        (f"{LINK}https%3A%2F%2Fh%2Fm%3Ftoken%3Dpw%26v%3D1", f"{LINK}https%3A%2F%2Fh%2Fm%3Ftoken%3D…%26v%3D1"),
        (f"{LINK}https%3A%2F%2Fh%2Fm%3Fx%3D0123456789abcdef", f"{LINK}https%3A%2F%2Fh%2Fm%3Fx%3D0123…"),
        (f"{LINK}https%3A%2F%2Fh%2Fm%23pw&v=1", f"{LINK}https%3A%2F%2Fh%2Fm%23…&v=1"),
        (
            f"{LINK}https%253A%252F%252Fh%252Fm%253Ftoken%253Dpw%2526v%253D1",
            f"{LINK}https%253A%252F%252Fh%252Fm%253Ftoken%253D…%2526v%253D1",
        ),
    ],
)
def test_secrets_are_hidden(url: str, shown: str) -> None:
    assert redact(url) == repr(shown if "://" in url else shown[:80] + "…" * (len(shown) > 80))
    assert without_secrets(url) == shown
    assert without_secrets(f"see {url}") == f"see {shown}"
    assert redact_text(url) == repr(shown if len(shown) <= 120 else shown[:120] + "…")
    # Titles and lines of the command line are gone through once more.
    assert without_secrets(f"link {redact(url)}: 1 error") == f"link {redact(url)}: 1 error"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://a.example/b", "'https://a.example/b'"),
        ("a'b", '"a\'b"'),
        ("x" * 200, "'" + "x" * 80 + "…'"),
        ("https://a.example/" + "x/" * 200, "'" + ("https://a.example/" + "x/" * 200)[:160] + "…'"),
        ("https://", "'https://'"),
        ("https://u:p@a.example/", "'https://…@a.example/'"),
        ("https://a.example/?sig=0123456789abcdef", "'https://a.example/?sig=0123…'"),
        ("https://a.example/?v=1.2.3", "'https://a.example/?v=1.2.3'"),
        ("https://a.example/0a1b2c3d4e5f6a7b8c9d/x", "'https://a.example/0a1b…/x'"),
        ("https://a.example/releases-of-the-company/x", "'https://a.example/releases-of-the-company/x'"),
        ("https://a.example/releases%2Dof%2Dit/x", "'https://a.example/releases%2Dof%2Dit/x'"),
    ],
)
def test_a_shown_url_is_short_and_tells_no_secret(url: str, text: str) -> None:
    assert redact(url) == text


@pytest.mark.parametrize(
    "name",
    [
        *("token", "access_token", "idToken", "key", "api_key", "apiKey", "Key-Pair-Id", "sig", "Signature", "secret"),
        *("password", "passwd", "pwd", "pass", "auth", "Authorization", "jwt", "credential", "session", "PHPSESSID"),
        *("X-Amz-Date", "x-goog-signature", "hmac", "ticket", "code", "otp", "pin", "sid", "sas", "invite", "nonce"),
    ],
)
def test_short_values_of_names_that_speak_are_hidden(name: str) -> None:
    assert redact(f"https://h/m?v=1&{name}=hunter2") == f"'https://h/m?v=1&{name}=…'"


@pytest.mark.parametrize(
    "text",
    [
        "https://apps.example.com/releases/v1.2.3/MyApp.ipa",
        "https://a.example/MyCompany-Production-Release/manifest.plist",
        "https://a.example/MyApp-2024-01-15-release/build-20240115.3/MyApp-1.2.3-45.ipa",
        "https://a.example/my_app_v1_2_3_release/20240115T123000Z/m",
        "https://github.com/owner/repo/releases/download/v1.2.3/App.ipa",
        "https://my-bucket-2024-production-x1.s3.eu-west-1.amazonaws.com/MyApp.ipa",
        "https://a.example:8443/a/b.ipa?v=1&Expires=1700000000&bundleId=com.example.app&x=%20",
        "https://a.example/icon@2x.png",
        "https://a.example/@scope/package",
        "https://localhost:8443/@me/x",
        "https://intranet:8443/a.ipa",
        "https://[2001:db8::1]:8443/App.ipa",
        "https://bücher.example:8443/ü.ipa",
        "https://a.example/%E5%BA%94%E7%94%A8.plist",
        "https://${HOST}/m",
        "https://https://a.example/b",
        f"{LINK}https%3A%2F%2Fa.example%2Freleases%2Fv1.2.3%2FMyCompany-Production-Release%2Fmanifest.plist",
        "a.ipa",
        "/a.ipa",
        "data:image/png;base64,AAAA",
        "com.example.app2024releaseX1",
        "0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f",
        "100%@home",
        "Rock & Roll: What is this?",
        "C# in 16:9",
        "",
    ],
)
def test_ordinary_things_stay_readable(text: str) -> None:
    assert without_secrets(text) == text
    assert redact_text(text) == repr(text if len(text) <= 120 else text[:120] + "…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 200, "x" * 80 + "…"),
        ("https://a.example/" + "x/" * 200, ("https://a.example/" + "x/" * 200)[:160] + "…"),
        # What is not read any more decides on what is shown.
        (f"https://{'x' * 2000}@h/m", "https://…@…"),
        (f"https://user:{'x' * 2000}@h/m", "https://…@…"),
        (f"https://user:{'x' * 2000}", "https://user:…"),
    ],
)
def test_what_is_shown_is_short(text: str, shown: str) -> None:
    assert redact(text) == f"{shown!r}".replace("@……", "@…")


def test_texts_are_as_short_as_asked_for() -> None:
    assert redact_text("https://h/" + "x" * 50, 20) == "'https://h/xxxxxxxxxx…'"
    assert redact_text("x" * 5000, 5) == "'xxxxx…'"
    assert without_secrets("x" * 5000) == "x" * 4096 + "…"


@dataclass(repr=False)
class Owner:
    """What has a text, and hides another field."""

    text: str
    hidden: int = field(default=0, repr=False)
    more: object = None

    __repr__ = repr_of_fields


USUAL: tuple[object, ...] = (
    *("a'b", 5, None, b"x\x00", [1, "a"], (), ("a",), ("a", "b"), {"a": [0.5]}, bytearray(b"a"), {"a"}),
    "https://a.example/MyApp-1.2.3.ipa",
)


@pytest.mark.parametrize("value", USUAL)
def test_without_secrets_a_repr_is_what_it_always_is(value: object) -> None:
    assert safe_repr(value) == repr(value)
    assert repr(Owner("x", 1, value)) == f"Owner(text='x', more={value!r})"


def test_secrets_are_hidden_in_what_holds_them() -> None:
    url = "https://user:pw@h/"
    assert safe_repr([url, (url,), {url: url}, url.encode()]) == (
        "['https://…@h/', ('https://…@h/',), {'https://…@h/': 'https://…@h/'}, b'https://…@h/']"
    )
    assert repr(Owner(url, more=[Owner(url)])) == (
        "Owner(text='https://…@h/', more=[Owner(text='https://…@h/', more=None)])"
    )


@pytest.mark.dear
def test_nothing_raises_and_nothing_hidden_comes_back() -> None:
    seeded = random.Random(20260905)
    pieces = [
        "https",
        ":",
        "/",
        "\\",
        "@",
        "?",
        "&",
        "#",
        "=",
        ";",
        "%3A",
        "%2F",
        "%40",
        "%25",
        "%",
        " ",
        '"',
        "…",
        "[",
        "]",
    ]
    pieces += ["a.example", "user", "token", "0123456789abcdef", ".", "-", "1", "\ud800", "\n", "é", LINK, UUID, SIGNED]
    for _ in range(2_000):
        text = "".join(seeded.choices(pieces, k=seeded.randint(1, 12)))
        for show in (redact, redact_text, without_secrets, safe_repr):
            shown = show(text)
            assert len(shown) <= 2 * len(text) + 2 * text.count("\\") + 20, text
        for url in (
            f"https://user:hunter2@{text}",
            f"{text}&token=hunter2",
            f"https://h/{quote(text, errors='replace')}?sig=hunter2",
        ):
            assert "hunter2" not in redact(url), url
            assert "hunter2" not in redact_text(url), url


def test_what_is_plain_at_a_glance_has_no_secret() -> None:
    seeded = random.Random(20261126)
    pieces = [
        "https://",
        "http://",
        "apps",
        "example",
        "MyApp",
        "A0b1",
        "eyJ",
        "0123456789",
        ".",
        "/",
        "-",
        "_",
        "~",
        "+",
    ]
    pieces += [":", "@", "=", "%", "//", "…", "\n", "a@2x.png"]
    plain = 0
    for _ in range(10_000):
        text = "".join(seeded.choices(pieces, k=seeded.randint(1, 9)))
        assert _secrets.without_secrets(text, 64) == _secrets._with_secrets_hidden(text, 64), text
        plain += _secrets._PLAIN.fullmatch(text) is not None
    assert plain > 500
