"""What a log is made of, as the readers hand it on, and an install attempt as people hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Stage = Literal["link", "manifest", "package", "download", "install"]
STAGES: tuple[Stage, ...] = ("link", "manifest", "package", "download", "install")
Witness = Literal["server", "device"]
Outcome = Literal["installed", "delivered", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to install an app, as far as the log shows it.

    - `line`, `last_line`: where it begins and ends in the log; lines count from 1.
    - `seen_by`: ``"server"`` in an access log, ``"device"`` in a device's log.
    - `device`: who made it. Addresses are replaced with ``client 1``, ``client 2`` and so on, unless asked for.
    - `system`: the system and model that the downloader names, such as ``"iOS 18.5, iPhone14,5"``; None where it does
      not.
    - `app`: the path of the manifest or package, or the bundle identifier; None where the log names none.
    - `stage`: how far it came: ``"link"`` (it was opened), ``"manifest"`` (asked for), ``"package"`` (asked for),
      ``"download"`` (bytes of it were sent), ``"install"`` (the device unpacks and verifies it).
    - `outcome`: ``"installed"``, ``"failed"``, ``"delivered"`` (a server has sent the package whole, and cannot know
      more), or ``"unknown"``.
    - `explanation`: what that means, in English.
    - `steps`: the first lines of it in short, each with its number.
    """

    line: int
    last_line: int
    seen_by: Witness
    device: str
    system: str | None
    app: str | None
    stage: Stage
    outcome: Outcome
    explanation: str
    steps: tuple[str, ...]


class Request(NamedTuple):
    """One line of an access log. `client` and `agent` are empty where the log does not record them."""

    client: str
    agent: str
    method: str
    target: str
    status: int
    size: int | None
    """The bytes that were sent; of some servers with the header."""
    total: int | None = None
    """The bytes of the whole file, where the log has them."""
    time: float | None = None
    """Seconds, by any clock that the whole log keeps to."""
