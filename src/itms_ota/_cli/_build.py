"""The command ``build``: make a folder that is ready to be uploaded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ._output import show, write

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("ipa", metavar="FILE", help="the .ipa")
    parser.add_argument("--base-url", metavar="URL", required=True, help="the https URL that the folder will have")
    parser.add_argument("--out", metavar="FOLDER", required=True, help="the folder to make")
    parser.add_argument("--replace", action="store_true", help="if there is a release in that folder, replace it")
    parser.add_argument("--force", action="store_true", help="build even an app that cannot install over the air")
    parser.add_argument("--bundle-version", help="in place of the app's own version")
    parser.add_argument("--title", help="in place of the app's own name")
    parser.add_argument("--subtitle", help="the developer's name")
    parser.add_argument("--notes", help="what is new, for the page")


def run(options: argparse.Namespace) -> int:
    """Build the release and print its report, which hides secrets, and then the link whole."""
    from ..release import build_release  # the other commands need none of it

    release = build_release(
        options.ipa,
        options.base_url,
        options.out,
        replace=options.replace,
        allow_problems=options.force,
        bundle_version=options.bundle_version,
        title=options.title,
        subtitle=options.subtitle,
        notes=options.notes,
        progress=_show_progress if sys.stderr.isatty() else None,
    )
    show(release)
    write(str(release.link))
    return 0


def _show_progress(done: int, total: int | None) -> None:
    end = "\r" if done != total else "\r\033[K"
    print(f"hashing: {done / (total or done):.0%}", end=end, file=sys.stderr, flush=True)
