"""The parser of the command line, and what every command's end has in common."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from .. import __version__
from ..errors import ItmsError
from ._judging import FORMATS, STATUS, end
from ._output import shown
from ._verdict import WrongCallError, failed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class _Command(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


_COMMANDS = {
    "inspect": "check manifests, links, or the links of pages",
    "manifest": "write a manifest",
    "link": "write the link that installs what a manifest names",
    "ipa": "describe an .ipa, and check whether it can install over the air",
    "profile": "describe a provisioning profile",
    "build": "make a folder to upload: the .ipa, manifest, icons and install page",
    "demo": "build such a folder from a sample app, and show it",
    "check": "ask the servers: would a tap on the link install the app?",
    "explain": "explain a code, or what a device shows, and what to do; or list all codes",
    "explain-log": "explain what logs of servers and devices say about installs",
}

SCRIPTS = ("itms-ota", "itms_ota")
"""The names under which pip installs the command."""


def start() -> NoReturn:
    """Run the command of this process, and end the process."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started the process closed it, as in `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 -- until the end
    # As Ctrl-C does, so that what is half done is cleaned up.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    # Links and names are UTF-8, whatever the locale says that arguments are.
    texts = [os.fsencode(text).decode("utf-8", "surrogateescape") for text in given]
    form = _form(texts)
    # A terminal that cannot write "…" gets an escape in its place, not a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parser(form, texts).parse_args(texts)
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()  # whoever read it has seen enough
        return 1
    except (ItmsError, OSError, WrongCallError) as error:
        return _end(error, form)
    except KeyboardInterrupt:
        return 130
    return status


def _end(error: ItmsError | OSError | WrongCallError, form: str) -> int:
    """Write why a call came to nothing: where the output takes no more, as on a full disk, to standard error alone."""
    entry = failed(None, error)
    try:
        status = end(entry, form)
        sys.stdout.flush()
    except OSError:
        _drop_output()
        if form != "text":
            with suppress(OSError):
                end(entry, "text")
        return 2
    return status


def _drop_output() -> None:
    """Write nothing more; Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """A parser whose errors have the form that the call asks for."""

    form = "text"

    def error(self, message: str) -> NoReturn:
        if self.form == "text":
            super().error(shown(message))
        self.exit(_end(WrongCallError(shown(message)), self.form))


def _form(arguments: Sequence[str]) -> str:
    """Return the format that a call asks for, before it is known to be a sound one."""
    form = "text"
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--json":
            form = "json"
        elif name == "--format":
            form = value if equals else "".join(arguments[number + 1 : number + 2])
    return form if form in FORMATS else "text"


def _parser(form: str, arguments: Collection[str]) -> argparse.ArgumentParser:
    name = PurePath(sys.argv[0]).stem
    parser = _Parser(
        prog=name if name in SCRIPTS else "python -m itms_ota",
        description="Install iOS apps over the air: write, read and check what a tap needs.",
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.form = form
    parser.add_argument("--version", action="version", version=f"itms_ota {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        command.form = form
        if name not in arguments:
            continue  # its module is not loaded
        module = cast("_Command", import_module(f".._{name.replace('-', '_')}", __name__))
        module.add_arguments(command)
        command.set_defaults(run=module.run, parser=command)
    return parser
