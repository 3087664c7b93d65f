"""The command ``link``: write the link that installs what a manifest names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..link import InstallLink
from ._output import warn, write

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("url", metavar="URL", help="the https URL of the manifest")
    parser.add_argument("--html", metavar="TEXT", help="write an <a> element with this text")


def run(options: argparse.Namespace) -> int:
    """Print the link, and warn of what is odd in it."""
    link = InstallLink(options.url)
    write(str(link) if options.html is None else link.to_html(options.html))
    warn(link.problems())
    return 0
