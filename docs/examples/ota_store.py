"""What flask_app.py and fastapi_app.py keep: .ipa files with what is known of them, links of persons, and devices."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import sqlite3
import uuid
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, TimestampSigner

from itms_ota import Checksum, InstallLink
from itms_ota.errors import DeviceError, IpaError
from itms_ota.ipa import Ipa, IpaReport, read_ipa
from itms_ota.page import App
from itms_ota.udid import device_profile, devices_file, read_device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LINK_LASTS = 7 * 24 * 3600  # seconds
# A profile that asks for a UDID is downloaded again after this, in seconds.
CHALLENGE_LASTS = 3600
LARGEST_UPLOAD = 4 * 1024**3  # bytes
LARGEST_ANSWER = 64 * 1024  # bytes; no device sends as many
# What is wrong with a call that lacks one of these, or has a wrong one.
CURES = {
    "ipa": "Send the .ipa as a file, as in: curl -F ipa=@MyApp.ipa",
    "release": "Name the release by its id, as in: curl -F release=… -F person=ann",
    "udid": "Name the device by its UDID, as in: curl -F udid=…",
}
TABLES = """
CREATE TABLE IF NOT EXISTS link (
    id TEXT PRIMARY KEY, release TEXT, person TEXT,
    revoked INTEGER DEFAULT 0, taps INTEGER DEFAULT 0, downloads INTEGER DEFAULT 0
);
CREATE TABLE IF NOT EXISTS device (udid TEXT PRIMARY KEY, name TEXT);
"""
REGISTER = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Register this device</title>
<h1>Register this device</h1>
<p>Open this page in Safari on the iPhone or iPad. It downloads a profile, which you install in Settings under
<b>Profile Downloaded</b>. The device then sends us its UDID, with which we sign test versions for it. We delete it once
the device is registered with Apple. Nothing stays on the device.
<form action="profile.mobileconfig">
<label>A name for the device <input name="name" required maxlength="50"></label> <button>Download the profile</button>
</form>
"""
DONE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Thank you</title>
<h1>Thank you</h1>
<p>We have the UDID of the device, and nothing stays on it.
"""


class NotThere(Exception):  # noqa: N818 -- an answer rather than an error
    """There is no such release, or the link that leads to it has ended."""


@dataclasses.dataclass(frozen=True)
class Release:
    """What is kept of an .ipa; its files are in `folder`."""

    id: uuid.UUID
    folder: Path
    ipa: Ipa
    checksum: Checksum
    uploaded: dt.datetime

    @property
    def name(self) -> str:
        """The name and the version of the app."""
        return f"{self.ipa.display_name or self.ipa.app_name} {self.ipa.short_version or ''}"

    @property
    def package(self) -> Path:
        """The .ipa."""
        return self.folder / "app.ipa"

    @property
    def icon(self) -> Path | None:
        """The icon, if the app has one that can be read."""
        file = self.folder / "icon.png"
        return file if file.exists() else None

    def shown(self, link: InstallLink) -> App:
        """Make what the page shows."""
        profile = self.ipa.profile
        return App(
            title=self.ipa.display_name or self.ipa.app_name,
            version=self.ipa.short_version,
            link=link,
            icon="icon.png" if self.icon else None,
            size=self.ipa.size,
            date=self.uploaded.date(),
            minimum_os_version=self.ipa.minimum_os_version,
            profile_kind=profile.kind if profile else None,
            expires=profile.works_until if profile else None,
        )


class Store:
    """Releases in a folder. Whoever asks for what is not there, or no longer, gets `NotThere`."""

    def __init__(self, folder: str, secret: str) -> None:
        self.folder = Path(folder).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.signer = TimestampSigner(secret, salt="install link")  # compares in constant time
        self.challenges = TimestampSigner(secret, salt="device")
        with self._database() as database:
            database.executescript(TABLES)

    def add(self, file: BinaryIO, url: str) -> Release:
        """Keep an .ipa; IpaError if it cannot install. `url` is of the kind that its manifest will name."""
        report = read_ipa(file).report(signature=True)
        # What cannot stand in a manifest is refused now, and not when a device asks for it.
        made = report.ipa.manifest(url=url)
        if errors := (*report.errors, *(problem for problem in made.problems() if problem.level == "error")):
            raise IpaError(errors)
        icon = report.ipa.icon_png(512)
        release = uuid.uuid4()
        folder = self.folder / str(release)
        folder.mkdir()
        file.seek(0)
        with open(folder / "app.ipa", "wb") as copy:  # noqa: PTH123 -- as plain as it is
            while block := file.read(1 << 20):
                copy.write(block)
        if icon:
            (folder / "icon.png").write_bytes(icon)
        known = {
            "report": report.to_dict(),
            "checksum": dataclasses.asdict(Checksum.of(folder / "app.ipa")),
            "uploaded": dt.datetime.now(dt.timezone.utc).isoformat(),
        }
        # Renamed at the very end: what has this file is whole, and no request reads the .ipa again.
        (folder / "new.json").write_text(json.dumps(known), encoding="utf-8")
        (folder / "new.json").rename(folder / "release.json")
        return self.release(release)

    def release(self, release: uuid.UUID | str) -> Release:
        """Find a release."""
        folder = self.folder / str(release)
        try:
            known = json.loads((folder / "release.json").read_text("utf-8"))
        except FileNotFoundError:
            raise NotThere(release) from None
        return Release(
            id=uuid.UUID(str(release)),
            folder=folder,
            ipa=IpaReport.from_dict(known["report"]).ipa,
            checksum=Checksum(**known["checksum"]),
            uploaded=dt.datetime.fromisoformat(known["uploaded"]),
        )

    def releases(self) -> list[Release]:
        """Find all releases, the newest first."""
        found = [self.release(file.parent.name) for file in self.folder.glob("*/release.json")]
        return sorted(found, key=lambda release: release.uploaded, reverse=True)

    def find(self, *, release: uuid.UUID | None = None, signed: str = "") -> Release:
        """Find the release at a place: one of the team, or of a person whose link is not forged, old or revoked."""
        if release is not None:
            return self.release(release)
        with self._database() as database:
            row = database.execute("SELECT release FROM link WHERE id = ? AND NOT revoked", [self._link(signed)])
            for (found,) in row:
                return self.release(found)
        raise NotThere(signed)

    def new_link(self, release: Release, person: str) -> tuple[str, str]:
        """Make one person's link to a release; return its id, and the same signed, for the address."""
        link = str(uuid.uuid4())
        with self._database() as database:
            database.execute(
                "INSERT INTO link (id, release, person) VALUES (?, ?, ?)", [link, str(release.id), person[:200]]
            )
        return link, self.signer.sign(link).decode()

    def links(self) -> list[tuple[object, ...]]:
        """List the links of persons: id, release, revoked, taps, downloads, person."""
        with self._database() as database:
            rows = database.execute("SELECT id, release, revoked, taps, downloads, person FROM link ORDER BY person")
            return [(*others[:2], bool(others[2]), *others[3:], one_line(person)) for *others, person in rows]

    def revoke(self, link: uuid.UUID) -> None:
        """Let a person's link lead nowhere any more."""
        with self._database() as database:
            if not database.execute("UPDATE link SET revoked = 1 WHERE id = ?", [str(link)]).rowcount:
                raise NotThere(link)

    def count_tap(self, signed: str = "", **_: Any) -> None:
        """Count for a person's link that the manifest was sent: once for each tap."""
        self._count("UPDATE link SET taps = taps + 1 WHERE id = ?", signed)

    def count_download(self, signed: str = "", **_: Any) -> None:
        """Count for a person's link that the package was asked for, from its beginning."""
        self._count("UPDATE link SET downloads = downloads + 1 WHERE id = ?", signed)

    def ask_device(self, url: str, name: str) -> bytes:
        """Make the profile that lets a device send its UDID to a URL; the challenge says which device it is."""
        # What cannot stand in the list is refused now, and not when somebody wants it.
        devices_file({"0" * 40: name})
        host = urlsplit(url).hostname or ""
        return device_profile(
            url,
            identifier=".".join([*reversed(host.split(".")), "register"]),
            organization=host,
            display_name="Register this device",
            description=f"Sends the UDID of this device to {host}, so that test versions can be signed for it.",
            challenge=self.challenges.sign(name).decode(),
            attributes=("UDID",),
        )

    def add_device(self, body: bytes) -> None:
        """Keep the UDID that a device sent, and nothing else; DeviceError for what no device of Apple's sent."""
        device = read_device(body)
        if not device.verified:
            raise DeviceError(device.problems)
        try:
            name = self.challenges.unsign(device.challenge or "", max_age=CHALLENGE_LASTS).decode()
        except BadSignature:
            raise NotThere from None
        with self._database() as database:
            database.execute("INSERT OR REPLACE INTO device VALUES (?, ?)", [device.udid, name])

    def devices(self) -> str:
        """Make the list of devices for Apple's developer website."""
        with self._database() as database:
            return devices_file(dict(database.execute("SELECT udid, name FROM device ORDER BY name").fetchall()))

    def forget_device(self, udid: str) -> None:
        """Delete a device, once it is registered with Apple."""
        with self._database() as database:
            if not database.execute("DELETE FROM device WHERE udid = ?", [udid]).rowcount:
                raise NotThere

    def _count(self, statement: str, signed: str) -> None:
        if signed:
            with self._database() as database:
                database.execute(statement, [self._link(signed)])

    def _link(self, signed: str) -> str:
        try:
            return self.signer.unsign(signed, max_age=LINK_LASTS).decode()
        except BadSignature:
            raise NotThere(signed) from None

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.folder / "links.sqlite3", timeout=30)) as database, database:
            yield database


def setting(name: str) -> str:
    """Return a setting. Refuse to start where it is empty: an empty key would let everybody in."""
    if value := os.environ.get(name, "").strip():
        return value
    raise ValueError(f"{name} is missing or empty. Set it, as the first lines of the app's file show.")


def own_address() -> str:
    """Return the address at which devices reach the app; LinkError for one that no device accepts."""
    url = setting("OTA_URL").rstrip("/")
    InstallLink(url)
    if urlsplit(url)[2:] != ("", "", ""):
        raise ValueError(
            "OTA_URL has more than a host and a port. The app needs a host of its own: leave out the rest."
        )
    return url


def one_line(text: str) -> str:
    """Return a name without line breaks and what else a terminal obeys: one must not look like another row."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def from_the_beginning(asked: str | None) -> bool:
    """Return whether a Range header asks for the beginning of a file: a device that goes on does not."""
    return not asked or asked.replace(" ", "").startswith("bytes=0-")
