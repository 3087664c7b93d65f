"""What a device does with a link, told without any look at how the library takes links apart."""

from __future__ import annotations

import pytest

from itms_ota.link._device import asked_for, is_refused

URL = "https://a.example/m"
PREFIX = "itms-services://?action=download-manifest&url="


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (PREFIX + URL, URL),
        (f"\x00 {PREFIX}{URL}\n", URL),
        (f"{PREFIX}{URL}\xa0", None),
        (f"{PREFIX}https://a.exa\nmple/m", None),
        (PREFIX + "https%3A%2F%2Fa.example%2Fa%2520b", "https://a.example/a%20b"),
        (PREFIX + "https://a.example/a%20b", None),
        (PREFIX + URL + "?a=1&b=2", URL + "?a=1"),
        (PREFIX + URL + "#top", URL),
        (PREFIX + URL + "&url=https://b.example", URL),
        ("ITMS-SERVICES:?URL=" + URL + "&Action=Download-Manifest", URL),
        ("itms-services:\\?action=download-manifest&url=" + URL, None),
        ("itms-services: ?action=download-manifest&url=" + URL, None),
        # Split at ";" only where nothing else gives both parameters.
        ("itms-services://?action=download-manifest;url=" + URL + ";b", URL),
        (PREFIX + URL + ";b", URL + ";b"),
        ("itms-services://?action=download-manifest&amp;url=" + URL, URL),
        ("itms-services://?action=x&url=" + URL, None),
        ("itms-services://?action=download-manifest&url", None),
        ("itms-service://?action=download-manifest&url=" + URL, None),
        (PREFIX, None),
        (PREFIX + "http://a.example", "http://a.example"),
    ],
)
def test_a_device_asks_for_this(text: str, url: str | None) -> None:
    assert asked_for(text) == url


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        (URL, False),
        ("http://a.example", False),
        ("https://10.0.0.1/m", False),
        ("https://u:p@a.example/m", False),
        ("", True),
        (" " + URL, True),
        ("m.plist", True),
        ("https://", True),
        ("data:,x", True),
        ("https://a.example/${x}", True),
        ("https://a.example/a|b", True),
    ],
)
def test_nsurl_refuses_this(url: str, refused: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert is_refused(url) is refused
