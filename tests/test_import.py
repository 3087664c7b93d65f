"""What `import itms_ota` gives, and what it costs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path

import pytest

import itms_ota
from itms_ota import _rooms, manifest
from itms_ota._cli._main import _COMMANDS

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

PUBLIC = {
    "browsers", "check", "checksum", "errors", "ipa", "link", "logs", "manifest", "page", "profile", "release",
    "remote", "signature", "udid"
}  # fmt: skip

# Slow to load, and not needed to write a manifest or a link; logging comes with concurrent.futures.
HEAVY = {
    "argparse",
    "asyncio",
    "difflib",
    "html",
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
    assert {*dir(itms_ota)} >= NAMES
    assert {*dir(itms_ota.manifest)} >= {*itms_ota.manifest.__all__}


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert itms_ota.__version__ == metadata.version("itms_ota")


# Parts of the package that only inspecting and judging need.
LATER = {
    "_binary",
    "_changes",
    "_diagnose",
    "_document",
    "_escapes",
    "_find",
    "_near",
    "_report",
    "_rooms",
    "_rules",
    "_scan",
    "_shapes",
    "_sniff",
    "_text",
    "_usual",
}


def loaded_by(script: str) -> set[str]:
    """Return the modules that a new process has loaded after a script."""
    # -I: neither the environment nor the current folder has a say, so that what is loaded is what these tests import.
    path = str(Path(itms_ota.__file__).parents[1])
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {path!r}); {script}; print(*sys.modules)"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_by("import itms_ota")
    assert "itms_ota.errors" in loaded
    assert loaded & HEAVY == set()
    own = {name for name in loaded if name.startswith("itms_ota.")}
    assert {name for name in own if name.rpartition(".")[2] in LATER} == set()


def test_inspecting_a_sound_manifest_loads_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "manifest.plist"
    manifest = itms_ota.Manifest.for_app(
        url="https://apps.example.com/MyApp.ipa",
        bundle_identifier="com.example.myapp",
        bundle_version="1.2.3",
        title="MyApp",
    )
    path.write_bytes(manifest.to_plist())
    loaded = loaded_by(f"from itms_ota._cli import main; assert main(['inspect', '--quiet', {str(path)!r}]) == 0")
    assert {"itms_ota._cli._inspect", "itms_ota.manifest._report"} <= loaded
    commands = {f"itms_ota._cli._{name.replace('-', '_')}" for name in _COMMANDS}
    assert loaded & commands == {"itms_ota._cli._inspect"}
    others = {"itms_ota._asn1", "itms_ota._codes", "itms_ota._redact._secrets", "itms_ota.link._find", "json"}
    assert loaded & others == set()


LATE_NAMES = {"LinkReport", "ManifestReport", "find_links", "inspect_link", "inspect_manifest"}


@pytest.mark.parametrize("name", sorted(LATE_NAMES))
def test_a_name_is_the_first_thing_asked_for(name: str) -> None:
    assert "itms_ota.errors" in loaded_by(f"from itms_ota import {name}")


def test_names_that_are_loaded_later_are_what_their_modules_give() -> None:
    script = (
        "import itms_ota; early = set(vars(itms_ota)); listed = dir(itms_ota); from itms_ota import *; "
        "assert {*itms_ota.__all__} <= {*listed} and {*itms_ota.__all__} <= vars().keys(); "
        "assert inspect_link is itms_ota.inspect_link is itms_ota.link.inspect_link; "
        "assert ManifestReport is itms_ota.manifest.ManifestReport; "
        f"assert {{*itms_ota.__all__}} - early == {LATE_NAMES}"
    )
    assert "itms_ota.link" in loaded_by(script)


def test_a_report_is_unpickled_where_nothing_is_loaded() -> None:
    report = itms_ota.inspect_link("itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm")
    assert "itms_ota.link" in loaded_by(f"import pickle; assert pickle.loads({pickle.dumps(report)!r}).ok")


@pytest.mark.parametrize("room", sorted(PUBLIC))
def test_what_is_public_says_where_people_import_it_from(room: str) -> None:
    module = import_module(f"itms_ota.{room}")
    homes = {str(getattr(getattr(module, name), "__module__", "")) for name in module.__all__}
    assert {home for home in homes if home.startswith("itms_ota")} == {module.__name__}


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"^module 'itms_ota.manifest' has no attribute 'read_manifest'$"):
        # mypy finds it too: otherwise it would complain of these comments.
        manifest.read_manifest  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^module 'itms_ota' has no attribute 'inspect_ipa'$"):
        itms_ota.inspect_ipa  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("name", "uses"),
    [
        ("read_ipa", "from itms_ota.ipa import read_ipa"),
        ("check", "from itms_ota.check import check"),
        ("Kind", "from itms_ota.manifest import Kind, or from itms_ota.profile import Kind"),
        ("page", "import itms_ota.page"),
    ],
)
def test_a_name_of_another_module_is_refused_with_its_import(name: str, uses: str) -> None:
    told = f"module 'itms_ota' has no attribute '{name}'. Use: {uses}"
    # In a new process, where no test has imported the modules; nor does the refusal.
    asked = f"try: itms_ota.{name}\nexcept AttributeError as error: assert str(error) == {told!r}\npass"
    assert loaded_by(f"import itms_ota\n{asked}") & HEAVY == set()
    for use in uses.split(", or "):
        loaded_by(use)


def test_the_imports_of_other_modules_are_those_that_there_are() -> None:
    rooms = {room: import_module(f"itms_ota.{room}").__all__ for room in PUBLIC}
    assert {room: names.split() for room, names in _rooms.NAMES.items()} == {
        room: sorted({*names} - NAMES) for room, names in rooms.items()
    }


def test_where_a_name_is() -> None:
    assert _rooms.where("page") == ". Use: import itms_ota.page"
    assert _rooms.where("read_ipa") == ". Use: from itms_ota.ipa import read_ipa"
    assert _rooms.where("nothing") == ""
