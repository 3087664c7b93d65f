"""The command ``build``: make a folder that is ready to be uploaded."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .._arguments import check_path
from .._redact import redact_text
from ._judging import add_arguments as add_common
from ._judging import add_device, judge, opened
from ._output import write
from ._progress import progress
from ._verdict import Entry, Policy, WrongCallError, file_of, need_folder, refuse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._archive import Source
    from ..checksum import Progress
    from ..release import Release


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("ipa", metavar="FILE", help="the .ipa, or - for input")
    parser.add_argument("--base-url", metavar="URL", required=True, help="the https URL that the folder will have")
    parser.add_argument("--out", metavar="FOLDER", required=True, help="the folder to make")
    parser.add_argument("--make-parents", action="store_true", help="make the folders around it, too")
    parser.add_argument("--replace", action="store_true", help="if there is a release in that folder, replace it")
    parser.add_argument(
        "--force", action="store_true", help="build even an app that cannot install over the air; status 0 all the same"
    )
    parser.add_argument("--bundle-version", help="in place of the app's own version")
    parser.add_argument("--title", help="in place of the app's own name")
    parser.add_argument("--subtitle", help="the developer's name")
    parser.add_argument("--notes", help="what is new, for the page")
    parser.add_argument(
        "--language",
        metavar="TAG",
        default="en",
        type=_language,
        help="of the page, such as de or pt-BR; by default English",
    )
    parser.add_argument("--qr", metavar="FILE-OR-URL", help="a QR code of the page's address: a PNG, or an image's URL")
    add_device(parser)
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Build the release and print its report, which hides secrets, and then the link whole."""

    def look(target: str) -> Iterator[Entry]:
        refuse_url(target, "Download it first. The command 'ipa' looks at it where it is")
        _refuse_folder(options)
        qr = _image(options.qr)
        with opened(target) as source, progress("building", quiet=options.quiet) as show:
            release = _build(options, source, qr, show)
        # The link is whole: it is what the command is for.
        extra = {"install_link": str(release.link)}
        yield Entry(target, release, file_of(target), extra=extra)
        if options.format == "text":
            write(str(release.link))

    return judge(options, [options.ipa], look)


def _build(options: argparse.Namespace, source: Source, qr: str | bytes | None, show: Progress | None) -> Release:
    from ..release import build_release  # the other commands need none of it

    try:
        return build_release(
            source,
            options.base_url,
            options.out,
            replace=options.replace,
            make_parents=options.make_parents,
            refuse=Policy.of(options).fails,
            bundle_version=options.bundle_version,
            title=options.title,
            subtitle=options.subtitle,
            notes=options.notes,
            language=options.language,
            qr=qr,
            udid=options.udid,
            device=options.device,
            expires_within=options.expires_within,
            progress=show,
        )
    except FileExistsError as error:
        other = "Choose another --out." if options.replace else "Choose another --out, or add --replace."
        raise WrongCallError(f"{redact_text(str(error.filename))}: {error.strerror}. {other}") from error


def _refuse_folder(options: argparse.Namespace) -> None:
    """Refuse a folder that cannot be made, before the app is read."""
    refuse_url(options.out, "Upload the folder when it is made")
    folder = Path(check_path("--out", options.out))
    if folder.resolve() == Path.cwd():
        message = "--out is the current folder, which has other files. Name a folder to make, such as --out release."
        raise WrongCallError(message)
    if not options.make_parents:
        need_folder("--out", folder, ", or add --make-parents")


def _language(given: str) -> str:
    from ..page import LANGUAGES, supported  # the other commands need none of it

    if supported(given) is None:
        message = f"{redact_text(given)} is not a language of the page. It has {', '.join(LANGUAGES)}."
        raise argparse.ArgumentTypeError(message)
    return given


def _image(given: str | None) -> str | bytes | None:
    """Return the address of an image as it is, and of a file what is in it."""
    if given is None or "://" in given or given.lower().startswith("data:"):
        return given
    try:
        return Path(check_path("--qr", given)).read_bytes()
    except OSError as error:
        raise WrongCallError(f"--qr: {redact_text(given)} cannot be read: {error.strerror}.") from error
