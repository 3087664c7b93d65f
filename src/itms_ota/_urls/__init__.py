"""What an https URL must be for a device, and percent-encoding.

The device gives a URL's text to NSURL. On iOS 16 and earlier NSURL accepts the characters of RFC 3986, ``%`` with two
hexadecimal digits, and at most one ``#``. It refuses everything else, and then nothing happens at all: no request, and
no message. iOS 17 repairs some of it. (CoreFoundation, CFURL.c, _CFStringIsLegalURLString)

Every model imports this room, so what only a check needs is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._redact import redact, redact_text
from ._characters import LONGEST, SPACE, decode, encode
from ._plain import is_plain

__all__ = [
    "LONGEST",
    "SPACE",
    "TAG",
    "Fault",
    "Parts",
    "address",
    "decode",
    "encode",
    "faults",
    "host",
    "is_plain",
    "join",
    "normalise",
    "parameters",
    "path",
    "placeholder",
    "placeholder_in_text",
    "problems",
    "redact",
    "redact_text",
    "refuses",
    "split",
]

if TYPE_CHECKING:
    from .._placeholders import TAG, placeholder, placeholder_in_text
    from ._faults import Fault, faults, refuses
    from ._normalise import normalise
    from ._split import Parts, address, host, join, parameters, path, split
    from ._words import problems
else:
    # Loaded when they are first asked for (PEP 562). Type checkers must not see this, or they would accept any name.
    _LATER = {
        **dict.fromkeys(("Parts", "address", "host", "join", "parameters", "path", "split"), "._split"),
        **dict.fromkeys(("TAG", "placeholder", "placeholder_in_text"), ".._placeholders"),
        "normalise": "._normalise",
        **dict.fromkeys(("Fault", "faults", "refuses"), "._faults"),
        "problems": "._words",
    }

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_LATER[name], __name__), name)
        return value
