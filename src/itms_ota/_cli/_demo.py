"""The command ``demo``: build a release from a sample app, and show what is in it."""

from __future__ import annotations

import io
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from .._wording import as_text
from ._output import say, write
from ._verdict import need_folder

if TYPE_CHECKING:
    import argparse

    from ..release import Release

_PURPOSES = {
    "App.ipa": "the app",
    "manifest.plist": "says what the app is and where",
    "index.html": "the page that people open",
    "display-image.png": "the icon while it installs",
    "full-size-image.png": "the icon, large",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--out", metavar="FOLDER", default="itms_ota-demo", help="the folder to make: itms_ota-demo")


def run(options: argparse.Namespace) -> int:
    """Build the release and show it; refuse a folder that another build made."""
    from .._demo import DAY, make_ipa
    from ..release import build_release

    ipa, folder = make_ipa(), Path(options.out)
    need_folder("--out", folder)
    package = folder / "App.ipa"
    if folder.exists() and not (package.is_file() and package.read_bytes() == ipa):
        say(f"The demo does not replace {str(folder)!r}, which it did not make. Choose another --out.", error=True)
        return 2
    # Nobody can sign a sample for everybody's devices.
    release = build_release(
        io.BytesIO(ipa), "https://apps.example.com/hello/", folder, replace=True, allow_problems=True, now=DAY
    )
    manifest = (folder / "manifest.plist").read_bytes()
    _show_files(release, options.out, manifest.decode())
    _show_reports(release, package, manifest)
    say(f"Open {folder / 'index.html'} in a browser. The same for an app of yours:")
    say()
    say("  python -m itms_ota build MyApp.ipa --base-url https://your.server/folder/ --out out")
    say("  python -m itms_ota check https://your.server/folder/manifest.plist   # when the folder is there")
    return 0


def _show_files(release: Release, out: str, manifest: str) -> None:
    say("The sample app is unsigned: no device installs it, and `build` would refuse it without --force. All the rest")
    say("is real.")
    say()
    say(f"In {out}, ready to be uploaded to https://apps.example.com/hello/ as it is:")
    say()
    for path in release.paths:
        say(f"  {path.name:<22}{path.stat().st_size:>7,} bytes  {_PURPOSES[path.name]}")
    say()
    say("The link behind the button of index.html, which makes a device fetch the manifest:")
    write(f"\n  {release.link}\n")
    say("manifest.plist, with which the device finds and verifies the .ipa:")
    say()
    write(indent(manifest, "  "))


def _show_reports(release: Release, package: Path, manifest: bytes) -> None:
    from .._demo import DAY
    from ..ipa import read_ipa
    from ..link import inspect_link
    from ..manifest import inspect_manifest

    say("What the inspectors find:")
    say()
    app = read_ipa(package)
    found = (
        str(inspect_link(str(release.link))),
        str(inspect_manifest(manifest)),
        as_text("app and manifest compared", app.compare(release.manifest, verify_hashes=True)),
        as_text("App.ipa over the air", app.problems(now=DAY, signature=True)),
    )
    print(indent("\n".join(found), "  "), end="\n\n")
