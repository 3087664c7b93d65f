"""What `import itms_ota` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import itms_ota

NAMES = {
    "Asset",
    "Checksum",
    "IPA_CONTENT_TYPE",
    "InstallLink",
    "Item",
    "ItmsError",
    "LinkError",
    "LinkReport",
    "MANIFEST_CONTENT_TYPE",
    "Manifest",
    "ManifestError",
    "ManifestReport",
    "Metadata",
    "Problem",
    "find_links",
    "inspect_link",
    "inspect_manifest",
}

# Slow to load, and not needed to write a manifest or a link; logging comes with concurrent.futures.
HEAVY = {
    "argparse",
    "asyncio",
    "http",
    "logging",
    "socket",
    "ssl",
    "tempfile",
    "typing_extensions",
    "urllib.request",
    "zipfile",
}


def test_the_root_names_are_these_and_no_more() -> None:
    assert sorted(itms_ota.__all__) == sorted(NAMES)
    assert all(hasattr(itms_ota, name) for name in NAMES)


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert itms_ota.__version__ == metadata.version("itms_ota")


def test_importing_the_package_loads_nothing_heavy() -> None:
    # -I: neither the environment nor the current folder has a say.
    command = [sys.executable, "-I", "-c", "import sys, itms_ota; print(*sys.modules)"]
    loaded = set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert "itms_ota.errors" in loaded
    assert loaded & HEAVY == set()
