"""Which hosts and addresses are the device's own, a local network's, or public."""

from __future__ import annotations

import pytest

from itms_ota._hosts import is_bad_ipv4, is_public, is_sample, scope


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, "loopback") for host in ("localhost", "a.localhost", "127.0.0.1", "127.1", "::1", "0.0", "::")),
        *((host, "loopback") for host in ("::ffff:127.0.0.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0")),
        *((host, "private") for host in ("mac.local", "nas.lan", "ci.internal", "box.home.arpa", "intranet")),
        *((host, "private") for host in ("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.5", "100.64.0.1")),
        *((host, "private") for host in ("169.254.1.1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "0xc0a80101", "10.1")),
        *((host, None) for host in ("", "apps.example.com", "mylocal.example", "home.arpa", "10.in-addr.arpa")),
        *((host, None) for host in ("203.0.113.7", "172.32.0.1", "100.128.0.1", "2001:db8::1", "8.8.2056")),
        # Numbers that are not an address are names.
        *((host, None) for host in ("256.1.1", "1.2.3.4.5", "08.1.1.1", "1.2.3.256", "0x1.0x100.1", "1..2")),
    ],
)
def test_the_scope_of_a_host(host: str, expected: str | None) -> None:
    assert scope(host) == expected


def test_only_an_address_ends_in_a_number() -> None:
    for host in (
        "256.1.1",
        "1.2.3.4.5",
        "1.2.3.4.0",
        "08.1.1.1",
        "1.2.3.256",
        "0x1.0x100.1",
        "1..2",
        "a.0x",
        "9" * 5000,
    ):
        assert is_bad_ipv4(host), host
    for host in ("", "a.1b", "1.example", "8.8.8.8", "0x", "4294967295", "0xfFg", "::1"):
        assert not is_bad_ipv4(host), host


def test_a_sample_is_a_host_that_stands_for_the_readers_own() -> None:
    assert [is_sample(host) for host in ("yourserver", "a.your-web-server.com", "xxx.cn")] == [True] * 3
    assert [is_sample(host) for host in ("manifest.plist", "my-app.ipa", "plist", "plist.io")] == [
        True,
        True,
        False,
        False,
    ]
    assert [is_sample(host) for host in ("", "yourserver.test", "a.example.org", "a.xxx", "bxxx.com")] == [False] * 5


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *((address, True) for address in ("8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "2002:808:808::1")),
        *((address, True) for address in ("::ffff:8.8.8.8", "172.32.0.1", "223.255.255.255")),
        *((address, False) for address in ("10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "192.168.0.1")),
        *((address, False) for address in ("0.1.2.3", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255")),
        *((address, False) for address in ("::1", "fd00::1", "fe80::1", "2001:db8::1", "3fff::1", "ff02::1")),
        *((address, False) for address in ("64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:a00:1::1", "::ffff:10.0.0.1")),
    ],
)
def test_public_addresses(address: str, *, expected: bool) -> None:
    assert is_public(address) is expected
