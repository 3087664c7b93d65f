"""What several tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from _declared import Declared
from _server import Certificates
from _signing import ROOTS

from itms_ota._asn1 import apple_roots


def pytest_configure(config: pytest.Config) -> None:
    """Hold what the tests bring forth against what is declared; let Ctrl-C reach the processes that tests start."""
    # A shell switches it off for what runs in the background, and processes inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Declared())


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of real data, or skip where there is none."""
    folder = os.environ.get("ITMS_OTA_CORPUS")
    if not folder:
        pytest.skip("ITMS_OTA_CORPUS is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def known_corpus(corpus: Path) -> Path:
    """Return the folder where it holds the data that expectations by value are about, or skip."""
    counts = [len([*(corpus / folder).glob("*.plist")]) for folder in ("manifests", "templates")]
    if counts != [81, 39]:
        pytest.skip("these are other data than the expectations are about")
    return corpus


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return the certificate authority of the tests, or skip where there is no openssl command."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the root of the tests stand beside Apple's, where there is no way to hand it in."""
    for place in ("itms_ota._asn1._chain", "itms_ota.udid"):
        monkeypatch.setattr(f"{place}.apple_roots", lambda: (*ROOTS, *apple_roots()))
