"""The command ipa: what it prints of an app, as text and as JSON."""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from _deployment import BASE, IPA, Deployment, says
from _make_ipa import DEVICES, INFO, make_ipa, make_profile
from _server import HOST, Certificates, Server, anonymous_contexts
from _signing import make_signed_ipa

from itms_ota._cli import main

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


def test_ipa_prints_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bundle identifier: com.example.myapp"
    assert f"size: {file.stat().st_size:,} bytes" in lines
    assert "  kind: enterprise" in lines
    assert "  devices: -" in lines
    assert lines[-4:] == [
        "over the air, signature not verified: no problems",
        "Not looked at:",
        "  - Whether a certain device installs the app is not known. Name it with udid (--udid) or device (--device).",
        "  - The signature of the app's code was not verified. Verify it with signature (--signature).",
    ]


def test_ipa_prints_json_and_fails_for_an_app_that_cannot_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=None))
    assert main(["ipa", "--json", str(file)]) == 1
    (found,) = json.loads(capsys.readouterr().out)["reports"]
    assert (found["ipa"]["profile"], [problem["code"] for problem in found["problems"]]) == (None, ["no-profile"])
    assert main(["ipa", str(file)]) == 1
    assert "profile: -" in capsys.readouterr().out.splitlines()


def test_several_apps_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(tmp_path / name) for name in ("A.ipa", "B.ipa", "C.ipa")]
    for name in names[:2]:
        (tmp_path / name).write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", *names]) == 2
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.endswith("ipa:")] == [f"{name}:" for name in names[:2]]
    assert err.startswith(f"{names[2]}: error: No such file")


@pytest.mark.parametrize("is_list", [True, False])
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_the_devices_of_a_profile_are_shown_where_that_is_asked_for(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_list: bool
) -> None:
    devices = [*DEVICES] if is_list else {"of": [*DEVICES]}
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("ad-hoc", ProvisionedDevices=devices)))
    for more in ([], ["--udid", DEVICES[0]]):
        main(["ipa", str(file), "--format", form, *more])
        out = capsys.readouterr().out
        assert not any(device in out for device in DEVICES[len(more) // 2 :])
        assert ("\n  devices: 2\n" in out) == (form == "text" and is_list)
    if form == "json" and is_list:
        assert json.loads(out)["reports"][0]["ipa"]["profile"]["devices"] == ["…", "…"]
    main(["ipa", str(file), "--format", form, "--show-personal"])
    whole = capsys.readouterr().out
    assert all(device in whole for device in DEVICES) == (form == "json" or (form == "text" and is_list))


def test_the_profile_within_the_profile_does_not_show_its_devices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    within = make_profile("ad-hoc")
    assert DEVICES[0].encode() in within
    keys: dict[str, Any] = {"DER-Encoded-Profile": within}  # Apple puts each profile into itself, signed once more
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("ad-hoc", **keys)))
    for more, shown in (([], False), (["--show-personal"], True)):
        main(["ipa", str(file), "--json", *more])
        extra = json.loads(capsys.readouterr().out)["reports"][0]["ipa"]["profile"]["extra"]
        assert ("DER-Encoded-Profile" in extra) is shown
        assert "AppIDName" in extra


def test_ipa_is_asked_about_a_type_of_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(info={**INFO, "UIDeviceFamily": [2]}, profile=make_profile("enterprise")))
    assert main(["ipa", str(file), "--device", "iPad7,1"]) == 0
    assert main(["ipa", str(file), "--device", "iPhone14,5"]) == 1
    assert "[wrong-device-family]" in capsys.readouterr().out


def test_ipa_says_what_ends_soon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", str(file), "--expires-within", "40000"]) == 0
    assert "[profile-expires-soon]" in capsys.readouterr().out


def test_ipa_of_a_server_with_a_certificate_of_its_own(
    certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = Deployment.healthy()
    with Server(deployment.handler, certificates.issue("ipa").server_context()) as server:
        url, through = f"{BASE}{IPA}", f"{HOST}:443:{server.address}"
        assert main(["ipa", url, "--connect-to", through, "--cafile", str(certificates.root.chain)]) == 0
        assert capsys.readouterr().out.startswith("bundle identifier: ")
        assert main(["ipa", url, "--connect-to", through]) == 1
    assert "[tls-unknown-issuer]" in capsys.readouterr().err
    assert main(["ipa", url, "--cafile", "nope.pem"]) == 2
    assert "--cafile: 'nope.pem' cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("through", ["a.example:99999:b.example:1", "a.example:1:b.example:99999", "a/b:1:c.example:2"])
def test_an_impossible_place_to_connect_to_is_a_wrong_call(through: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["ipa", f"{BASE}{IPA}", "--connect-to", through])
    assert end.value.code == 2
    assert f"'{through}' is not HOST:PORT:ADDRESS:PORT" in capsys.readouterr().err


def test_ipa_of_a_url_is_read_from_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []

    def open_url(url: str, **_: object) -> io.BytesIO:
        opened.append(url)
        return io.BytesIO(make_ipa(profile=make_profile("enterprise")))

    monkeypatch.setattr("itms_ota.remote.open_url", open_url)
    assert main(["ipa", "https://a.example/A.ipa"]) == 0
    assert opened == ["https://a.example/A.ipa"]
    assert capsys.readouterr().out.startswith("bundle identifier: com.example.myapp\n")


def test_ipa_of_a_url_says_why_it_cannot_be_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ipa", "https://127.0.0.1:1/A.ipa"]) == 1
    assert capsys.readouterr().err.startswith("https://127.0.0.1:1/A.ipa: error: '127.0.0.1' refuses the connection")


def test_ipa_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(b"<html>")
    assert main(["ipa", str(file)]) == 1
    assert capsys.readouterr().err.endswith("[not-an-archive]\n")


def test_ipa_of_http_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ipa", "http://a.example/A.ipa"]) == 1
    assert "[not-https]" in capsys.readouterr().err


def test_ipa_hides_secrets_of_urls_in_what_an_app_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    name = "see https://a.example/m?token=hunter2"
    file.write_bytes(
        make_ipa(info={**INFO, "CFBundleDisplayName": name}, profile=make_profile("enterprise", Name=name))
    )
    for arguments in ([], ["--json"]):
        assert main(["ipa", str(file), *arguments]) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        # As JSON the Info.plist is there too.
        assert out.count("https://a.example/m?token=") == 2 + len(arguments)


@pytest.mark.usefixtures("trusted")
def test_ipa_inspects_the_signature_where_it_is_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "A.ipa"
    file.write_bytes(make_signed_ipa())
    assert main(["ipa", str(file), "--signature"]) == 0
    out = capsys.readouterr().out
    assert "\nover the air: no problems\nNot looked at:\n" in out
    assert "The signature of the app's code was not verified" not in out
    assert "  - Whether Apple has revoked the certificate or the profile is not known.\n" in out
    file.write_bytes(make_ipa(profile=make_profile("enterprise")))
    assert main(["ipa", str(file)]) == 0
    capsys.readouterr()
    assert main(["ipa", str(file), "--signature"]) == 1
    assert "[bad-executable]" in capsys.readouterr().out


def without_certificates(monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Let the command trust a server that has no certificate, and return the context of that."""
    theirs, ours = anonymous_contexts()

    def tls_context(_: object) -> ssl.SSLContext:
        return ours

    monkeypatch.setattr("itms_ota._cli._network.tls_context", tls_context)
    return theirs


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("ranges", [True, False])
def test_ipa_downloads_once_what_it_is_to_inspect_the_signature_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, ranges: bool
) -> None:
    deployment = Deployment.healthy()
    body = make_signed_ipa(files={"Payload/MyApp.app/large": bytes(3_000_000)}, compression=zipfile.ZIP_STORED)
    deployment.files[IPA] = ("application/octet-stream", body)
    deployment.files["/page"] = ("text/html", b"<html>Log in</html>")
    deployment.special["/moved"] = says(302, location=IPA)
    deployment.special["/packed"] = says(200, b"packed", content_encoding="gzip")
    if not ranges:
        deployment.special[IPA] = says(200, body, content_length=str(len(body)))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    theirs = without_certificates(monkeypatch)
    with Server(deployment.handler, theirs) as server:
        more = ["--connect-to", f"{HOST}:443:{server.address}", "--signature"]
        assert main(["ipa", f"{BASE}{IPA}", *more]) == 0
        out, err = capsys.readouterr()
        assert "\nover the air: no problems\n" in out
        assert f"size: {len(body):,} bytes" in out
        assert err.startswith("\r\033[Kdownloading: ")
        assert err.endswith("\r\033[K")
        assert deployment.requests == [("GET", IPA)]
        assert main(["ipa", f"{BASE}/moved", *more, "--quiet"]) == 0
        assert capsys.readouterr() == ("", "")
        assert deployment.requests[1:] == [("GET", "/moved"), ("GET", IPA)]
        for path, limit, code in [
            (IPA, "2000000", "byte-limit"),
            ("/gone", "2000000", "http-status"),
            ("/page", "2000000", "not-an-archive"),
            ("/packed", "2000000", "content-encoded"),
        ]:
            assert main(["ipa", f"{BASE}{path}", *more, "--max-bytes", limit]) == 1
            assert f"[{code}]" in capsys.readouterr().err
        for also in ([], more[-1:]):
            assert main(["ipa", f"{BASE}{IPA}", *more[:-1], *also, "--max-bytes", "16383"]) == 2
            assert "max_bytes is 16383, and must be at least 16,384" in capsys.readouterr().err


@pytest.mark.usefixtures("trusted")
def test_a_download_that_the_disk_does_not_take(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    deployment = Deployment.healthy()
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    theirs = without_certificates(monkeypatch)
    with Server(deployment.handler, theirs) as server:
        more = ["--connect-to", f"{HOST}:443:{server.address}"]
        assert main(["ipa", f"{BASE}{IPA}", *more]) == 0
        assert main(["ipa", f"{BASE}{IPA}", *more, "--signature"]) == 1
    assert "No space left on device" in capsys.readouterr().err
