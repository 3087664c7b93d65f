"""The command line: ``python -m itms_ota``.

Exit status 0, 1 where there is an error, 2 for a wrong call; 130 and 143 where it was stopped, by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import re
import signal
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, NoReturn, cast

from . import __version__
from ._redact import without_secrets
from .checksum import Checksum
from .errors import ItmsError, as_text, printable
from .link import InstallLink, LinkReport, find_links, inspect_link
from .manifest import Manifest, ManifestReport, inspect_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .errors import Problem

# More than inspect_manifest reads; what lies behind is never loaded.
_MOST_READ = 16 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    # Links and names are UTF-8, whatever the locale says that arguments are.
    options = _parser().parse_args([os.fsencode(text).decode("utf-8", "surrogateescape") for text in given])
    # A terminal that knows no "…" gets an escape in its place, not a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ItmsError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"itms_ota: {_shown(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(_shown(message))


def _shown(text: str) -> str:
    """Hide secrets where a URL stands (the names of files alone stay as they are), and what a terminal would obey."""
    return printable(without_secrets(text) if re.search("(?i)[:/]/|[@?]|%(?:25)*(?:3A|40)", text) else text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m itms_ota", description="Install iOS apps over the air: write, read and check what a tap needs."
    )
    parser.add_argument("--version", action="version", version=f"itms_ota {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser("inspect", help="say what is wrong with manifests, links, or pages that hold links")
    command.add_argument("targets", nargs="+", metavar="FILE-OR-LINK", help="a file, a link in quotes, or - for input")
    command.add_argument("--json", action="store_true", help="print the reports as JSON")
    command.set_defaults(run=_inspect)

    command = commands.add_parser("manifest", help="write a manifest")
    command.add_argument("--url", required=True, help="the https URL of the .ipa")
    command.add_argument(
        "--ipa",
        metavar="FILE",
        help="take from this .ipa what is not given, and its hashes; status 1 where it cannot install",
    )
    command.add_argument("--bundle-identifier", help="the app's CFBundleIdentifier")
    command.add_argument("--bundle-version", help="the app's CFBundleShortVersionString")
    command.add_argument("--title", help="the app's name, shown in the question before the install")
    command.add_argument("--subtitle", help="the developer's name")
    command.add_argument("--display-image-url", help="the https URL of an icon, 57 x 57 pixels")
    command.add_argument("--full-size-image-url", help="the https URL of an icon, 512 x 512 pixels")
    command.add_argument("--platform-identifier", help="com.apple.platform.iphoneos for iPhone and iPad")
    command.add_argument("--output", metavar="FILE", help="write there, not to standard output")
    command.set_defaults(run=_manifest, parser=command)

    command = commands.add_parser("link", help="write the link that installs what a manifest names")
    command.add_argument("url", metavar="URL", help="the https URL of the manifest")
    command.add_argument("--html", metavar="TEXT", help="write an <a> element with this text")
    command.set_defaults(run=_link)

    command = commands.add_parser("ipa", help="say what an .ipa is, and whether it can install over the air")
    command.add_argument("source", metavar="FILE-OR-URL", help="a file, or an https URL, of which little is fetched")
    command.add_argument("--udid", help="the device that it is for")
    command.add_argument("--json", action="store_true", help="print what was found as JSON")
    command.set_defaults(run=_ipa)

    command = commands.add_parser("build", help="make a folder to upload: the .ipa, manifest, icons and install page")
    command.add_argument("ipa", metavar="FILE", help="the .ipa")
    command.add_argument("--base-url", metavar="URL", required=True, help="the https URL that the folder will have")
    command.add_argument("--out", metavar="FOLDER", required=True, help="the folder to make")
    command.add_argument("--replace", action="store_true", help="if there is a release in that folder, replace it")
    command.add_argument("--force", action="store_true", help="build even what cannot install over the air")
    command.add_argument("--bundle-version", help="in place of the app's own version")
    command.add_argument("--title", help="in place of the app's own name")
    command.add_argument("--subtitle", help="the developer's name")
    command.add_argument("--notes", help="what is new, for the page")
    command.set_defaults(run=_build)

    command = commands.add_parser("demo", help="build the same from an app made for the purpose, and show it")
    command.add_argument("--out", metavar="FOLDER", default="itms_ota-demo", help="the folder to make: itms_ota-demo")
    command.set_defaults(run=_demo)

    _add_check(commands)
    return parser


def _add_check(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser("check", help="ask the servers: would a tap on the link install the app?")
    command.add_argument("target", metavar="LINK-OR-URL", help="the link in quotes, or the URL of the manifest")
    command.add_argument("--udid", help="also tell whether the app installs on this device")
    command.add_argument("--verify-hashes", action="store_true", help="download the packages and compare their hashes")
    command.add_argument(
        "--connect-to",
        action="append",
        default=[],
        type=_connect_to,
        metavar="HOST:PORT:ADDRESS:PORT",
        help="connect there in place of the host, as curl does; may be repeated",
    )
    command.add_argument("--cafile", metavar="FILE", help="also trust the certificate authorities of this PEM file")
    command.add_argument("--public-only", action="store_true", help="refuse addresses that are not public")
    command.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="of silence (default: 10)")
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.set_defaults(run=_check)


def _connect_to(text: str) -> tuple[str, str]:
    name = r"(?:\[[^\]]+\]|[^:\[\]]+):[0-9]+"
    found = re.fullmatch(f"({name}):({name})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT:ADDRESS:PORT")
    return found[1], found[2]


def _check(options: argparse.Namespace) -> int:
    from ._http import device_context  # loads ssl
    from .check import check

    def progress(done: int, size: int) -> None:
        print(f"\r{done:,} of {size:,} bytes", end="" if done < size else "\n", file=sys.stderr, flush=True)

    try:
        report = check(
            options.target,
            udid=options.udid,
            timeout=options.timeout,
            max_seconds=3600.0 if options.verify_hashes else 120.0,
            verify_hashes=options.verify_hashes,
            public_only=options.public_only,
            tls_context=device_context(options.cafile) if options.cafile else None,
            connect_to=dict(options.connect_to),
            progress=progress if sys.stderr.isatty() else None,
        )
    except ValueError as error:
        print(f"itms_ota: {printable(str(error))}", file=sys.stderr)
        return 2
    if options.json:
        _print_json(report.to_dict())
    else:
        print(report)
    return 0 if report.ok else 1


def _inspect(options: argparse.Namespace) -> int:
    reports = [(target, report) for target in options.targets for report in _reports(target)]
    if options.json:
        _print_json([_as_dict(target, report) for target, report in reports])
    else:
        for target, report in reports:
            # A link stands in its own report.
            print(report if target.lstrip().startswith("itms-") else f"{_shown(target)}: {report}")
    return 0 if all(report.ok for _, report in reports) else 1


def _reports(target: str) -> Iterable[ManifestReport | LinkReport]:
    looks_like_link = "itms-service" in target.lower() or target.startswith("//?")
    # Path.is_file would raise for what can be no name of a file.
    if looks_like_link and not os.path.isfile(target):  # noqa: PTH113
        return [inspect_link(target)]
    data = sys.stdin.buffer.read(_MOST_READ) if target == "-" else _read_file(target)
    report = inspect_manifest(data)
    # A page, a script, a log: what matters there is the links.
    links = find_links(data.decode("utf-8", "replace")) if report.kind in {"html", "json", "unknown"} else ()
    return links or [report]


def _read_file(name: str) -> bytes:
    if not name or "://" in name:
        message = (
            "inspect reads files and links; check looks at a server" if name else "there is no file without a name"
        )
        raise FileNotFoundError(errno.ENOENT, message, name)
    with Path(name).open("rb") as file:
        return file.read(_MOST_READ)


def _as_dict(target: str, report: ManifestReport | LinkReport) -> dict[str, object]:
    found: dict[str, object] = {"target": _shown(target), "ok": report.ok}
    if isinstance(report, ManifestReport):
        found["kind"] = report.kind
    else:
        urls = {"manifest_url": report.link and report.link.manifest_url, "device_url": report.device_url}
        found |= {"kind": "link", "text": without_secrets(report.text), "start": report.start, "end": report.end}
        found |= {name: url and without_secrets(str(url)) for name, url in urls.items()}
    return found | {"problems": [asdict(problem) for problem in report.problems]}


def _manifest(options: argparse.Namespace) -> int:
    given = {
        name: getattr(options, name)
        for name in ("url", "bundle_version", "title", "subtitle", "display_image_url", "full_size_image_url")
    }
    installs = True
    if options.ipa:
        manifest, installs = _manifest_of_ipa(options, given)
    else:
        missing = [name for name in ("bundle_identifier", "bundle_version", "title") if not getattr(options, name)]
        if missing:
            names = ", ".join("--" + name.replace("_", "-") for name in missing)
            options.parser.error(f"give {names}, or --ipa to take it from the app")
        identifiers = {
            "bundle_identifier": options.bundle_identifier,
            "platform_identifier": options.platform_identifier,
        }
        manifest = Manifest.for_app(**given, **identifiers)
    data = manifest.to_plist()
    if options.output:
        Path(options.output).write_bytes(data)
    elif sys.stdout.isatty():
        print(_as_markup(data.decode()), end="")
    else:
        sys.stdout.buffer.write(data)
    _warn(manifest.problems())
    return 0 if installs else 1


def _manifest_of_ipa(options: argparse.Namespace, given: dict[str, str]) -> tuple[Manifest, bool]:
    """Describe an .ipa; tell also whether it can install at all."""
    from .ipa import read_ipa  # the other commands need no zip

    if options.bundle_identifier or options.platform_identifier:
        options.parser.error("--bundle-identifier and --platform-identifier are the app's own: leave them to --ipa")
    ipa = read_ipa(options.ipa)
    problems = ipa.problems()
    _warn(problems)
    manifest = ipa.manifest(**given, checksums=[Checksum.of(options.ipa)])
    return manifest, all(problem.level != "error" for problem in problems)


def _link(options: argparse.Namespace) -> int:
    link = InstallLink(options.url)
    text = str(link) if options.html is None else link.to_html(options.html)
    print(_as_markup(text) if sys.stdout.isatty() else text)
    _warn(link.problems())
    return 0


def _ipa(options: argparse.Namespace) -> int:
    from .ipa import read_ipa  # the other commands need no zip and no network
    from .remote import open_url

    if "://" in options.source:
        with open_url(options.source) as file:
            ipa = read_ipa(file)
    else:
        ipa = read_ipa(options.source)
    problems = ipa.problems(udid=options.udid)
    app = {name: getattr(ipa, name) for name in _IPA}
    profile = ipa.profile and {name: getattr(ipa.profile, name) for name in _PROFILE}
    if options.json:
        found = {**app, "profile": profile, "problems": [asdict(problem) for problem in problems]}
        _print_json(found)
    else:
        for name, value in app.items():
            print(f"{name.replace('_', ' ')}: {_readable(value)}")
        print("profile:" if profile else "profile: -")
        for name, value in (profile or {}).items():
            print(f"  {name.replace('_', ' ')}: {_readable(value)}")
        print(as_text("over the air", problems))
    return 0 if all(problem.level != "error" for problem in problems) else 1


_IPA = (
    "bundle_identifier", "short_version", "build_version", "display_name", "app_name", "platform",
    "minimum_os_version", "device_families", "size",
)  # fmt: skip
_PROFILE = ("kind", "name", "uuid", "team_name", "application_identifier", "created", "expires", "devices")


def _readable(value: object) -> str:
    if isinstance(value, tuple):
        return printable(", ".join(map(str, cast("tuple[object, ...]", value)))) or "-"
    if isinstance(value, int):
        return f"{value:,} bytes"
    return "-" if value is None else printable(str(value))


def _build(options: argparse.Namespace) -> int:
    from .release import build_release  # the other commands need none of it

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
    print(release)
    return 0


def _show_progress(done: int, total: int | None) -> None:
    end = "\r" if done != total else "\r\033[K"
    print(f"hashing: {done / (total or done):.0%}", end=end, file=sys.stderr, flush=True)


def _demo(options: argparse.Namespace) -> int:
    from ._demo import DAY, make_ipa
    from .ipa import read_ipa
    from .release import build_release

    ipa, folder = make_ipa(), Path(options.out)
    package = folder / "App.ipa"
    if folder.exists() and not (package.is_file() and package.read_bytes() == ipa):
        message = (
            f"The demo is not written over {str(folder)!r}, which is not its own: choose another folder with --out."
        )
        print(message, file=sys.stderr)
        return 2
    release = build_release(io.BytesIO(ipa), "https://apps.example.com/hello/", folder, replace=True, now=DAY)
    manifest = (folder / "manifest.plist").read_bytes()
    print("A small app was made for this, which nobody signed: no device installs it, but all the rest is real.\n")
    print(f"In {printable(options.out)}, ready to be uploaded to https://apps.example.com/hello/ as it is:\n")
    for path in release.paths:
        print(f"  {path.name:<22}{path.stat().st_size:>7,} bytes  {_PURPOSES[path.name]}")
    print(f"\nThe link behind the button of index.html, which makes a device fetch the manifest:\n\n  {release.link}\n")
    print(f"manifest.plist, with which it finds and verifies the .ipa:\n\n{indent(manifest.decode(), '  ')}")
    print("What the inspectors say of them:\n")
    for report in (inspect_link(str(release.link)), inspect_manifest(manifest)):
        print(f"  {report}")
    app = read_ipa(package)
    print(f"  {as_text('App.ipa over the air', app.problems(now=DAY))}")
    print(f"  {as_text('app and manifest compared', app.compare(release.manifest, verify_hashes=True))}\n")
    print(f"Open {printable(str(folder / 'index.html'))} in a browser. The same for an app of yours:\n")
    print("  python -m itms_ota build MyApp.ipa --base-url https://your.server/folder/ --out out")
    print("  python -m itms_ota check https://your.server/folder/manifest.plist   # once the folder is there")
    return 0


_PURPOSES = {
    "App.ipa": "the app",
    "manifest.plist": "says what it is and where",
    "index.html": "the page that people open",
    "display-image.png": "the icon while it installs",
    "full-size-image.png": "the icon, large",
}


def _warn(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)


def _as_markup(text: str) -> str:
    """Write what a terminal would act on as character references, which mean the same in XML and HTML."""
    return "".join(c if c in "\t\n" or printable(c) == c else f"&#{ord(c)};" for c in text)


def _print_json(found: object) -> None:
    # Of ASCII json leaves DEL alone, which is a control character too.
    print(json.dumps(found, indent=2, default=datetime.isoformat).replace("\x7f", r"\u007f"))


if __name__ == "__main__":
    # As Ctrl-C does, so that what is half done is cleaned up.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main())
