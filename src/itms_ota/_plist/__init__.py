"""Property lists: bytes to values and back, as Apple's parser would.

Apple's parser is CoreFoundation's, whose source is published: CFPropertyList.c for XML, CFBinaryPList.c for binary
files. Devices are taken to use the same. It reads things that are not well-formed XML, or that plistlib refuses, and
refuses things that plistlib reads. So both forms are read here, by Apple's rules; docs/manifest.md has the differences.
"""

from typing import TYPE_CHECKING

from ._value import MAX_BYTES, PlistError, PlistValue, Reading

__all__ = [
    "EXTRA",
    "MAX_BYTES",
    "WHITE_SPACE",
    "PlistError",
    "PlistValue",
    "Reading",
    "begins_as_text_form",
    "begins_with_a_tag",
    "child",
    "copied",
    "dumps",
    "is_within",
    "joined",
    "loads",
    "positions",
    "read",
    "unwritable",
    "write",
]

if TYPE_CHECKING:
    from ._characters import WHITE_SPACE
    from ._json import EXTRA
    from ._places import child, is_within, joined
    from ._read import begins_as_text_form, begins_with_a_tag, loads, positions, read
    from ._write import copied, dumps, unwritable, write
else:
    # Loaded when they are first asked for (PEP 562): a manifest is a value before it is read or written. Type checkers
    # must not see this, or they would accept any name.
    _LATER = {
        "EXTRA": "._json",
        "WHITE_SPACE": "._characters",
        **dict.fromkeys(("child", "is_within", "joined"), "._places"),
        **dict.fromkeys(("begins_as_text_form", "begins_with_a_tag", "loads", "positions", "read"), "._read"),
        **dict.fromkeys(("copied", "dumps", "unwritable", "write"), "._write"),
    }

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_LATER[name], __name__), name)
        return value
