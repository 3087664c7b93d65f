"""What `Ipa.problems` finds when it is asked about the signature too."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import DEVICES, make_ipa
from _problems import codes
from _read_ipa import NOW, read
from _signing import (
    APP,
    APP_CODE,
    IDENTIFIER,
    SHARE,
    SIMULATOR,
    Code,
    entitlements_of,
    info_of,
    make_files,
    make_signed_profile,
    resign,
    sign_bundle,
    zip_files,
)

from itms_ota.ipa import Ipa, read_ipa

if TYPE_CHECKING:
    from pathlib import Path

EXECUTABLE = f"{APP}MyApp"
CODE = (EXECUTABLE, "code-changed", "error")


def broken() -> dict[str, bytes]:
    """Return an app whose code was changed."""
    files = make_files(parts=())
    files[EXECUTABLE] = files[EXECUTABLE][:5000] + b"!" + files[EXECUTABLE][5001:]
    return files


@pytest.mark.usefixtures("trusted")
def test_the_signature_is_looked_at_where_it_is_asked_for(tmp_path: Path) -> None:
    sound, changed = (read_ipa(io.BytesIO(zip_files(files))) for files in (make_files(), broken()))
    for asked, expected in ((True, [CODE]), (False, [])):
        assert codes(changed.problems(now=NOW, signature=asked)) == expected
        assert codes(changed.errors(now=NOW, signature=asked)) == expected
        assert changed.warnings(now=NOW, signature=asked) == ()
        assert sound.problems(now=NOW, signature=asked) == ()
    path = tmp_path / "a.ipa"
    path.write_bytes(zip_files(broken()))
    again: Ipa = pickle.loads(pickle.dumps(read_ipa(path)))  # noqa: S301 -- made right here
    assert codes(again.problems(now=NOW, signature=True)) == [CODE]


def test_the_file_must_be_at_hand() -> None:
    ipa = pickle.loads(pickle.dumps(read()))  # noqa: S301 -- made right here
    assert ipa.problems(now=NOW) == ()
    with pytest.raises(ValueError, match="not at hand"):
        ipa.problems(now=NOW, signature=True)
    with io.BytesIO(make_ipa()) as file:
        ipa = read_ipa(file)
    with pytest.raises(ValueError, match="closed"):
        ipa.problems(signature=True)


def test_an_app_that_is_not_signed() -> None:
    assert codes(read().problems(now=NOW, signature=True)) == [
        (f"{APP}embedded.mobileprovision", "profile-not-genuine", "error"),
        (EXECUTABLE, "bad-executable", "error"),
    ]


@pytest.mark.usefixtures("trusted")
def test_the_executable_knows_better_than_the_folder_whether_it_is_encrypted() -> None:
    keys = {f"{APP}SC_Info/MyApp.sinf": b""}
    folder = (f"{APP}SC_Info", "fairplay", "warning")
    plain, encrypted = make_files(parts=()), make_files(parts=(), app=replace(APP_CODE, cryptid=1))
    for files, signature, expected in [
        ({**plain, **keys}, False, [folder]),
        ({**plain, **keys}, True, []),
        (encrypted, False, []),
        (encrypted, True, [(EXECUTABLE, "fairplay", "error")]),
        ({**encrypted, **keys}, True, [(EXECUTABLE, "fairplay", "error")]),
        ({**plain, **keys, EXECUTABLE: b"x"}, True, [folder, (EXECUTABLE, "bad-executable", "error")]),
    ]:
        assert codes(read_ipa(io.BytesIO(zip_files(files))).problems(now=NOW, signature=signature)) == expected


@pytest.mark.usefixtures("trusted")
def test_nothing_is_told_twice() -> None:
    def problems(files: dict[str, bytes], **changes: object) -> list[tuple[str, str, str]]:
        resign(files, **changes)
        return codes(read_ipa(io.BytesIO(zip_files(files))).problems(now=NOW, signature=True))

    files = make_files(parts=())
    del files[f"{APP}embedded.mobileprovision"]
    assert problems(files) == [(f"{APP}embedded.mobileprovision", "no-profile", "error")]
    files = make_files(parts=())
    files[f"{APP}Info.plist"] = info_of("MyApp", "com.example.myapp", CFBundleSupportedPlatforms=["iPhoneSimulator"])
    assert problems(files, platform=SIMULATOR) == [
        (f"{APP}Info.plist CFBundleSupportedPlatforms", "wrong-platform", "error")
    ]
    files = make_files(parts=())
    files[f"{APP}Info.plist"] = info_of("MyApp", "com.other")
    assert problems(files) == [
        (f"{APP}embedded.mobileprovision Entitlements.application-identifier", "profile-mismatch", "warning")
    ]
    files = make_files(parts=())
    del files[EXECUTABLE]
    found = read_ipa(io.BytesIO(zip_files(files))).problems(now=NOW, signature=True)
    assert codes(found) == [(f"{APP}Info.plist CFBundleExecutable", "no-executable", "error")]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("udid", "level"), [(DEVICES[0], "warning"), (DEVICES[1], "error")])
def test_a_device_that_is_not_in_the_profile_of_an_extension(udid: str, level: str) -> None:
    files = make_files(parts=(SHARE,))
    for folder, identifier, listed in ((SHARE, f"{IDENTIFIER}.share", DEVICES[:1]), (APP, IDENTIFIER, DEVICES)):
        keys: dict[str, Any] = {"ProvisionsAllDevices": None, "ProvisionedDevices": [*listed]}
        files[f"{folder}embedded.mobileprovision"] = make_signed_profile(entitlements_of(identifier), **keys)
        sign_bundle(files, folder, Code(identifier=identifier, entitlements=entitlements_of(identifier)))
    ipa = read_ipa(io.BytesIO(zip_files(files)))
    assert codes(ipa.problems(now=NOW, udid=udid)) == []
    assert codes(ipa.problems(now=NOW, udid=udid, signature=True)) == [
        (f"{SHARE}embedded.mobileprovision ProvisionedDevices", "device-not-in-profile", level)
    ]


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_ends() -> None:
    ipa = read_ipa(io.BytesIO(zip_files(make_files(parts=()))))
    ended = NOW.replace(year=2124)
    assert codes(ipa.problems(now=ended, signature=True)) == [
        (f"{APP}embedded.mobileprovision ExpirationDate", "profile-expired", "error"),
        (f"{APP}MyApp certificate", "certificate-expired", "error"),  # a new profile alone does not mend it
    ]


@pytest.mark.usefixtures("trusted")
def test_what_a_server_printed_before_the_archive_is_told_once() -> None:
    data = b"<br /><b>Warning</b>" + zip_files(make_files(parts=()))
    for signature in (False, True):
        found = read_ipa(io.BytesIO(data)).problems(now=NOW, signature=signature)
        assert codes(found) == [("", "damaged-archive", "warning")]
        assert "stand 20 bytes" in found[0].message


@pytest.mark.usefixtures("trusted")
def test_an_archive_in_front_of_the_archive_is_told_as_what_it_is() -> None:
    other = zip_files({f"{APP}MyApp": b"other"})
    data = other[: other.index(b"PK\1\2")] + zip_files(make_files(parts=()))
    assert codes(read_ipa(io.BytesIO(data)).problems(now=NOW)) == [("", "damaged-archive", "warning")]
    found = read_ipa(io.BytesIO(data)).problems(now=NOW, signature=True)
    assert codes(found) == [(f"{APP}MyApp", "damaged-archive", "warning")]
    assert found[0].message.startswith("The archive has a file of this name that its directory does not list")
