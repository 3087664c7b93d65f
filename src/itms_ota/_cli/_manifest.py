"""The command ``manifest``: write a manifest, from options or of an .ipa."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checksum import Checksum
from ..errors import IpaError, errors_of
from ..manifest import Manifest
from ._judging import end
from ._output import warn, write
from ._progress import progress
from ._verdict import failed, need_folder, refuse_url

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--url", required=True, help="the https URL of the .ipa")
    parser.add_argument("--ipa", metavar="FILE", help="take hashes and missing options from this .ipa")
    parser.add_argument("--bundle-identifier", help="the app's CFBundleIdentifier")
    parser.add_argument("--bundle-version", help="the app's CFBundleShortVersionString")
    parser.add_argument("--title", help="the app's name, shown in the question before the install")
    parser.add_argument("--subtitle", help="the developer's name")
    parser.add_argument("--display-image-url", help="the https URL of an icon, 57 x 57 pixels")
    parser.add_argument("--full-size-image-url", help="the https URL of an icon, 512 x 512 pixels")
    parser.add_argument("--platform-identifier", help="com.apple.platform.iphoneos for iPhone and iPad")
    parser.add_argument("--force", action="store_true", help="write even what no device installs, with status 0")
    parser.add_argument("--output", metavar="FILE", help="write to this file, not to standard output")


def run(options: argparse.Namespace) -> int:
    """Write the manifest, and warn of what is odd in it; as `build`, write nothing that no device installs."""
    manifest = _of_ipa(options) if options.ipa else _of_options(options)
    if manifest is None:
        return 1
    data = manifest.to_plist(validate=not options.force)
    if options.output:
        output = Path(options.output)
        need_folder("--output", output)
        output.write_bytes(data)
    elif sys.stdout.isatty():
        write(data.decode().removesuffix("\n"))
    else:
        sys.stdout.buffer.write(data)
    warn(manifest.problems())
    return 0


def _given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    common = ("url", "bundle_version", "title", "subtitle", "display_image_url", "full_size_image_url")
    return {name: getattr(options, name) for name in (*common, *names)}


def _of_options(options: argparse.Namespace) -> Manifest:
    missing = [name for name in ("bundle_identifier", "bundle_version", "title") if not getattr(options, name)]
    if missing:
        names = ", ".join("--" + name.replace("_", "-") for name in missing)
        options.parser.error(f"give {names}, or --ipa to take it from the app")
    return Manifest.for_app(**_given(options, "bundle_identifier", "platform_identifier"))


def _of_ipa(options: argparse.Namespace) -> Manifest | None:
    """Describe an .ipa; None where it cannot install, unless that is to be forced."""
    from ..ipa import read_ipa  # the other commands need no zip

    if options.bundle_identifier or options.platform_identifier:
        options.parser.error("--bundle-identifier and --platform-identifier are the app's own: leave them to --ipa")
    refuse_url(options.ipa, "Download it first: the hashes need all of it")
    try:
        ipa = read_ipa(options.ipa)
    except IpaError as error:
        end(failed(options.ipa, error), "text")
        return None
    problems = ipa.problems()
    warn(problems)
    if errors_of(problems) and not options.force:
        return None
    with progress("hashing") as show:
        checksum = Checksum.of(options.ipa, progress=show)
    return ipa.manifest(**_given(options), checksums=[checksum])
