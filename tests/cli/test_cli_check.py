"""``python -m itms_ota check``."""

from __future__ import annotations

import io
import json
import re
import ssl
import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import _make_ipa
import pytest
from _deployment import IPA, MANIFEST_URL, NOW, Deployment, manifest
from _server import HOST, Certificates, Server

from itms_ota import Checksum, InstallLink
from itms_ota._cli import main
from itms_ota.check import check, check_many

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Made for this test; its key was thrown away.
ROOT = """\
-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUe86gQdvOiMV+tkcsiNroy64j1mEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyMjA4NDcxMVoYDzIxMjYxMDI5
MDg0NzExWjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASrJOj/2T/iWMP6sWqfHIYwyKZ+WNQPk9/WZw62QeJJbE587kRDdc+M
qTve593xJldfln1V1kTTZnru07+wCb+do1MwUTAdBgNVHQ4EFgQUfzmXr+aZgY6B
JWNaKq8oKHCx0JwwHwYDVR0jBBgwFoAUfzmXr+aZgY6BJWNaKq8oKHCx0JwwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAzXVR0540gLyPfHl+m+4I
YmaPuTHn028or3b1QQoT2R0CIQCyZNjuh+4iX6rrtsztwE1UB4pzeeH5yxUFUgPy
W2S6xA==
-----END CERTIFICATE-----
"""


def offline(function: Callable[..., Any], deployment: Deployment, target: object, **options: Any) -> Any:
    """Check without a network."""
    arguments: dict[str, Any] = {**options, "fetch": deployment.fetch, "now": NOW, "public_only": False}
    return function(target, **arguments)


ALL_IS_WELL = "Install of 'My App': nothing stands in the way, signature not verified: no problems"


def run(*arguments: str) -> object:
    """Run the command; give its exit status, that of a usage error too."""
    try:
        return main(["check", *arguments])
    except SystemExit as error:
        return error.code


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let the command check a deployment without a network, and note its calls."""
    noted: list[dict[str, Any]] = []
    deployment = Deployment.healthy()
    checksum = Checksum.of(io.BytesIO(deployment.files[IPA][1]))
    deployment.files["/manifest.plist"] = ("application/xml", manifest(checksums=[checksum]).to_plist())

    def note(target: str, **options: Any) -> Any:
        noted.append({"target": target, **options})
        return offline(check, deployment, target, **options)

    monkeypatch.setattr("itms_ota.check.check", note)
    return noted


def test_a_healthy_deployment(calls: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    link = str(InstallLink(MANIFEST_URL))
    assert run(link) == 0
    output = capsys.readouterr()
    assert output.out.startswith(f"{ALL_IS_WELL}\n  GET  https://")
    assert output.err == ""
    assert calls == [
        {
            "target": link,
            "udid": None,
            "device": None,
            "expires_within": None,
            "timeout": 10.0,
            "max_seconds": 120.0,
            "max_bytes": None,
            "verify_hashes": False,
            "signature": False,
            "per_request_manifest": False,
            "as_device": True,
            "public_only": False,
            "tls_context": None,
            "connect_to": {},
            "progress": None,
        }
    ]


def test_every_option(calls: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority = tmp_path / "root.pem"
    authority.write_text(ROOT, "ascii")
    arguments = [
        *("--udid", "f" * 40, "--verify-hashes", "--public-only", "--timeout", "2.5", "--json", "--no-as-device"),
        *("--max-bytes", "5000000", "--device", "iPhone14,5", "--per-request-manifest", "--expires-within", "30"),
        *("--cafile", str(authority), "--connect-to", "apps.example.com:443:127.0.0.1:8443"),
        *("--connect-to", "[2606:4700::1]:443:[::1]:8443"),
    ]
    assert run(MANIFEST_URL, *arguments) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    (call,) = calls
    context = call.pop("tls_context")
    assert ssl.PEM_cert_to_DER_cert(ROOT) in context.get_ca_certs(binary_form=True)
    assert call == {
        "target": MANIFEST_URL,
        "udid": "f" * 40,
        "device": "iPhone14,5",
        "expires_within": timedelta(days=30),
        "timeout": 2.5,
        "max_seconds": 3600.0,
        "max_bytes": 5_000_000,
        "verify_hashes": True,
        "signature": False,
        "per_request_manifest": True,
        "as_device": False,
        "public_only": True,
        "connect_to": {"apps.example.com:443": "127.0.0.1:8443", "[2606:4700::1]:443": "[::1]:8443"},
        "progress": None,
    }


def test_the_devices_of_a_profile_are_shown_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = Deployment.healthy()
    package = _make_ipa.make_ipa(profile=_make_ipa.make_profile("ad-hoc"))
    deployment.files[IPA] = ("application/octet-stream", package)
    for name, function in (("check", check), ("check_many", check_many)):
        monkeypatch.setattr(f"itms_ota.check.{name}", partial(offline, function, deployment))
    links = tmp_path / "links.txt"
    links.write_text(MANIFEST_URL, "ascii")
    for target in ([MANIFEST_URL], ["--from-file", str(links)]):
        for more in ([], ["--show-personal"]):
            run(*target, "--json", *more)
            out = capsys.readouterr().out
            assert [device in out for device in _make_ipa.DEVICES] == [bool(more)] * 2


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ((), 120.0),
        (("--verify-hashes",), 3600.0),
        (("--signature",), 3600.0),
        (("--signature", "--max-seconds", "7.5"), 7.5),
        (("--max-seconds", "500"), 500.0),
    ],
)
def test_how_long_a_check_may_take(given: tuple[str, ...], seconds: float, calls: list[dict[str, Any]]) -> None:
    run(*given, MANIFEST_URL)
    assert calls[0]["max_seconds"] == seconds


@pytest.mark.parametrize("asked", [("--udid", "f" * 40), ("--device", "iPhone14,5"), ("--expires-within", "30")])
def test_what_is_asked_of_the_app_may_cost_a_download(asked: tuple[str, str], calls: list[dict[str, Any]]) -> None:
    assert run(MANIFEST_URL, *asked) == 0
    assert (calls[0]["max_seconds"], calls[0]["max_bytes"]) == (3600.0, 1 << 40)


@pytest.mark.usefixtures("calls")
def test_a_terminal_sees_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(MANIFEST_URL, "--verify-hashes") == 0
    assert re.fullmatch(
        r"(?:\r\x1b\[Kdownloading: 0\.0 MB of 0\.0 MB, [0-9]+%[^\r]*)+\r\x1b\[K", capsys.readouterr().err
    )
    assert run(MANIFEST_URL, "--verify-hashes", "--quiet") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--connect-to", "apps.example.com:443", MANIFEST_URL], "HOST:PORT:ADDRESS:PORT"),
        (["--connect-to", "apps.example.com:443:host:99999999", MANIFEST_URL], "HOST:PORT:ADDRESS:PORT"),
        (["--timeout", "0", MANIFEST_URL], "timeout is 0.0"),
        (["--timeout", "soon", MANIFEST_URL], "invalid float"),
        (["--max-seconds", "0", MANIFEST_URL], "max_seconds is 0.0"),
        (["--cafile", "nope.pem", MANIFEST_URL], "--cafile: 'nope.pem' cannot be read: No such file or directory"),
        (["--cafile", "no\0.pem", MANIFEST_URL], "cannot be read: --cafile is not a possible path"),
        (["--cafile", "https://a.example/r.pem", MANIFEST_URL], "This is an address, and the command reads files."),
        (["--cafile", _make_ipa.__file__, MANIFEST_URL], "_make_ipa.py' has no certificates in PEM form"),
    ],
)
def test_wrong_calls(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("calls")
def test_several_targets_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(MANIFEST_URL, "http://a.example/m?token=hunter2") == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{MANIFEST_URL}: {ALL_IS_WELL}\n")
    assert "\nhttp://a.example/m?token=…: Install: will not work: 1 error\n" in out


def test_targets_come_from_standard_input(
    calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = f"# ours\n\n  {MANIFEST_URL}\r\n{MANIFEST_URL}?2\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert run("--json", "-", f"{MANIFEST_URL}?3") == 1
    assert [call["target"] for call in calls] == [MANIFEST_URL, f"{MANIFEST_URL}?2", f"{MANIFEST_URL}?3"]
    found = json.loads(capsys.readouterr().out)["reports"]
    assert [report["target"] for report in found] == [call["target"] for call in calls]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    assert run("-") == 2
    assert "standard input names nothing to check" in capsys.readouterr().err


def test_what_is_found_is_told_by_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("http://apps.example.com/manifest.plist") == 1
    assert "not-https" in capsys.readouterr().out


def test_a_real_server(certificates: Certificates, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(Deployment.healthy().handler, certificates.issue("command").server_context()) as server:
        through = f"{HOST}:443:{server.address}"
        assert run(MANIFEST_URL, "--connect-to", through, "--cafile", str(certificates.root.chain)) == 0
        assert run(MANIFEST_URL, "--connect-to", through) == 1
    assert "[tls-unknown-issuer]" in capsys.readouterr().out


def test_signatures_are_inspected_where_it_is_asked_for(
    calls: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(MANIFEST_URL, "--signature") == 1
    assert "[bad-executable]" in capsys.readouterr().out
    assert [(call["signature"], call["max_seconds"]) for call in calls] == [(True, 3600.0)]
