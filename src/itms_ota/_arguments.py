"""Arguments of a wrong type: refused with a TypeError that names the argument."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from ._redact import redact_text, without_secrets

_T = TypeVar("_T")


def check_type(name: str, value: object, *kinds: type) -> None:
    """Raise TypeError for a value that has none of these types."""
    if not isinstance(value, kinds):
        wanted = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        message = f"{name} must be {wanted}, not {type_of(value)}"
        raise TypeError(message)


def type_of(value: object) -> str:
    """Return what a value is; the value itself may be long, or secret."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def check_bytes(name: str, value: bytes) -> bytes:
    """Return the content of a file as bytes; raise TypeError for another type, such as the path of the file."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        message = f"{name} must be bytes, the content of the file, not {type_of(value)}"
        raise TypeError(message)
    return bytes(value)


def check_each(name: str, values: Iterable[_T], kind: type) -> tuple[_T, ...]:
    """Return what an iterable yields; raise TypeError if an element has another type."""
    # A text is an iterable of texts, which nobody means.
    if not isinstance(values, Iterable) or isinstance(values, (str, bytes)):
        message = f"{name} must be an iterable of {kind.__name__}, such as a list, not {type_of(values)}"
        raise TypeError(message)
    parts = tuple(values)
    for index, part in enumerate(parts):
        check_type(f"{name}[{index}]", part, kind)
    return parts


def check_tuple(name: str, value: Sequence[_T], kind: type) -> tuple[_T, ...]:
    """Return a tuple, or the tuple of a list; raise TypeError for another type, and for elements of another."""
    if not isinstance(value, (tuple, list)):
        message = f"{name} must be a tuple of {kind.__name__}, not {type_of(value)}"
        raise TypeError(message)
    return check_each(name, value, kind)


def check_texts(name: str, texts: Mapping[str, str]) -> None:
    """Raise TypeError for a value that is not a mapping of str to str."""
    check_type(name, texts, Mapping)
    for key, text in texts.items():
        if not (isinstance(key, str) and isinstance(text, str)):  # names are made for what is refused alone
            check_type(f"each name in {name}", key, str)
            check_type(f"{name}[{redact_text(key)}]", text, str)


def check_callable(name: str, value: object) -> None:
    """Raise TypeError for a value that is neither callable nor None."""
    if value is not None and not callable(value):
        message = f"{name} must be callable or None, not {type_of(value)}"
        raise TypeError(message)


def check_time(name: str, time: datetime | None) -> None:
    """Raise TypeError for a value that is neither a timezone-aware datetime nor None."""
    check_type(name, time, datetime, type(None))
    if time is not None and time.utcoffset() is None:
        message = f"{name} must be an aware datetime, such as datetime.now(timezone.utc), not {time!r}"
        raise TypeError(message)


def check_duration(name: str, duration: timedelta | None) -> None:
    """Raise TypeError for a value that is neither a timedelta nor None, and ValueError for one below zero."""
    check_type(name, duration, timedelta, type(None))
    if duration is not None and duration < timedelta(0):
        message = f"{name} must be a timedelta of zero or more, not {duration!r}"
        raise ValueError(message)


def check_path(name: str, path: str | os.PathLike[str]) -> str:
    """Return a path as text; raise TypeError for another type, and FileNotFoundError for an impossible path."""
    check_type(name, path, str, os.PathLike)
    text = os.fspath(path)
    check_type(name, text, str)
    try:
        possible = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        possible = False
    if re.match(r"(?i)https?:/|itms-services:", text):
        # With open's own error the whole of it would be shown.
        message = f"{name} is a URL, not the path of a file; itms_ota.remote.open_url opens it"
        raise _ImpossiblePathError(errno.ENOENT, message, without_secrets(text))
    if not possible:
        raise _ImpossiblePathError(errno.ENOENT, f"{name} is not a possible path", text)
    return text


class ProseError(OSError):
    """An OSError whose text is a sentence: that of others begins with a number."""

    def __str__(self) -> str:
        return f"{self.strerror}" if self.filename is None else f"{self.strerror}: {self.filename!r}"


class _ImpossiblePathError(ProseError, FileNotFoundError, ValueError):
    """No such file can exist. `open` raises ValueError for it, which callers do not expect of a name."""
