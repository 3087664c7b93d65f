"""The seal of a bundle, `_CodeSignature/CodeResources`: which files it has, with which content, and which it may have.

Apple's own reader is published (Security, resources.cpp and StaticCode.cpp). The file has a row for each file, and is
far larger than other property lists, so it is read as a stream and only the rows are kept.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast
from xml.parsers import expat

from .._archive import composed
from .._plist import MAX_BYTES, PlistError, loads
from ._pages import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_Dictionary: TypeAlias = "Mapping[str, Any]"

# Large games have tens of thousands of files.
_MOST_ROWS = 100_000
# Of rules, and of what a row has: real ones are about ten.
_MOST_OTHERS = 100
_LARGEST = 48 * 1024 * 1024
# A name of a file in iOS has up to 1,024 bytes (PATH_MAX).
_LONGEST_TEXT = 16 * 1024
_LONGEST_MARKUP = 1024 * 1024
_DEEPEST = 8

# By version: the names of the rows and of the rules. The second is preferred (StaticCode.cpp, loadResources).
_VERSIONS = {2: ("files2", "rules2"), 1: ("files", "rules")}

# Patterns of codesign and Xcode, in extended regular expressions. They mean the same in Python's.
_NESTED = (
    "^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS|"
    "Library/(Automator|Spotlight|LoginItems))/"
)
_KNOWN = frozenset(
    {
        "^",
        "^.*",
        ".*",
        r".*\.dSYM($|/)",
        r"^(.*/)?\.DS_Store$",
        r"^.*\.lproj/",
        r"^.*\.lproj/locversion.plist$",
        r"^Base\.lproj/",
        r"^Info\.plist$",
        r"^PkgInfo$",
        r"^embedded\.provisionprofile$",
        r"^version.plist$",
        r"^version\.plist$",
        r"^[^/]+$",
        _NESTED,
    }
)
# Others may be written by anybody, to match in exponential time. With one quantifier behind the beginning none does.
# Those of old versions of Xcode are not bound to the beginning: 'Info.plist' is found anywhere in a name.
_LITERAL = r"(?:[\w /@~=,:;!#%&'\"<>-]|\\[.^$*+?()\[\]{}|\\/-]|\.(?![*+?{]))*"
_HARMLESS = re.compile(rf"{_LITERAL}\$?|\^(?:\(\.\*/\)\?{_LITERAL}|{_LITERAL}(?:\.\*{_LITERAL})?)\$?")
# Outside of every seal: the seal itself, the keys of FairPlay, and what a Finder leaves behind, which all rules omit.
_OUTSIDE = re.compile(
    r"(?:_CodeSignature|CodeResources|_MASReceipt)(?:/|\Z)"
    r"|(?:(?:Frameworks/[^/]+\.framework|PlugIns/[^/]+\.appex)/)?SC_Info/"
    r"|(?:[^\0]*/)?\.DS_Store\Z"
)
_NEVER_ADDED = frozenset({"Info.plist", "PkgInfo"})


class SealError(ValueError):
    """Bytes that are not a seal; the message says why."""


class Row(NamedTuple):
    """What the seal says of a file: its hashes, where a symbolic link leads, or that it is code with a signature."""

    sha1: bytes | None = None
    sha256: bytes | None = None
    link: str | None = None
    is_code: bool = False
    cdhash: bytes | None = None
    is_optional: bool = False

    def expects(self, *, best: str) -> tuple[str, bytes] | None:
        """Return the algorithm and the hash that count where the signature's best hashes are of this algorithm."""
        hashes = {"sha1": self.sha1, "sha256": self.sha256}
        order = ("sha1", "sha256") if best == "sha1" else ("sha256", "sha1")
        return next(((name, found) for name in order if (found := hashes[name]) is not None), None)


class Rule(NamedTuple):
    """Which files the seal must list: the pattern, how much it counts, and whether it leaves them out."""

    pattern: str
    weight: float = 1
    omits: bool = False


class Seal(NamedTuple):
    """The seal of a bundle: its version, the rows by the names of the files, and the rules."""

    version: int
    rows: Mapping[str, Row]
    rules: tuple[Rule, ...]


def read_seal(opened: Callable[[], Iterable[bytes]]) -> Seal:
    """Read a seal from blocks, which are asked for anew each time; SealError where it is not one."""
    for version, names in _VERSIONS.items():
        found = _read(opened, names)
        if names[0] in found:
            if not all(isinstance(found.get(name), dict) for name in names):
                raise SealError(f"it has no {names[1]} beside {names[0]}")
            rows, rules = (cast("_Dictionary", found[name]) for name in names)
            own = {composed(name): _row(value) for name, value in rows.items()}
            return Seal(version, own, tuple(_rules(rules)))
    raise SealError("it lists no files")


class Rules:
    """The rules of a seal, applied to the names of files."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        # The heaviest first, so that the first that fits decides; of equals, the one that leaves out: which of them
        # Apple's reader takes depends on the order of a hash table.
        self._rules = [(rule, _pattern(rule.pattern)) for rule in sorted(rules, key=_rank)]
        self.unknown = [rule.pattern for rule, pattern in self._rules if pattern is None]

    def includes(self, name: str) -> bool | None:
        """Return whether a file of this name must be listed; None where rules decide it that are not known here."""
        if is_outside(name) or name in _NEVER_ADDED:
            return False
        maybe: list[Rule] = []
        decides = Rule("", omits=True)
        for rule, pattern in self._rules:
            if pattern is None:
                maybe.append(rule)
            elif pattern.match(name):
                decides = rule
                break
        return None if any(rule.omits != decides.omits for rule in maybe) else not decides.omits


def _rank(rule: Rule) -> tuple[float, bool]:
    return -rule.weight, not rule.omits


def _pattern(written: str) -> re.Pattern[str] | None:
    """Return a pattern that matches from the start of a name; None for one that is not known to be harmless."""
    if written not in _KNOWN and not _HARMLESS.fullmatch(written):
        return None
    # A "$" is the very end for Apple's reader, and for Python's the place before a last line break as well.
    strict = re.sub(r"(\\.)|\$", lambda found: found[1] or r"\Z", written)
    return re.compile(strict if written.startswith(("^", ".*")) else f".*{strict}", re.DOTALL)


def is_outside(name: str) -> bool:
    """Return whether a file of this name is never sealed, whatever the rules say."""
    return _OUTSIDE.match(name) is not None


def _read(opened: Callable[[], Iterable[bytes]], names: tuple[str, str]) -> _Dictionary:
    try:
        return _Reader(names).read(opened())
    except (SealError, TooLargeError):
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # the second for the name of an encoding
        reason = str(error)
    # Binary, or not XML to the letter: read as every other property list.
    data = b""
    for block in opened():
        data += block
        if len(data) > MAX_BYTES:
            raise SealError(f"it is not a valid property list ({reason})")
    try:
        value = loads(data)
    except PlistError as error:
        raise SealError(f"it is not a valid property list ({error.reason})") from None
    if not isinstance(value, dict):
        raise SealError("it is not a dictionary")
    return value


def _row(value: object) -> Row:
    if isinstance(value, Row):
        return value
    if isinstance(value, bytes):
        return Row(sha1=value)
    if not isinstance(value, dict):
        raise SealError("one of its files is neither data nor a dictionary")
    row = cast("_Dictionary", value)
    sha1, sha256, cdhash, link = (row.get(key) for key in ("hash", "hash2", "cdhash", "symlink"))
    found = Row(
        sha1=sha1 if isinstance(sha1, bytes) else None,
        sha256=sha256 if isinstance(sha256, bytes) else None,
        link=link if isinstance(link, str) else None,
        is_code="requirement" in row or "cdhash" in row,
        cdhash=cdhash if isinstance(cdhash, bytes) else None,
        is_optional=bool(row.get("optional")),
    )
    if found[:4] == Row()[:4]:
        raise SealError("one of its files has no hash")
    return found


def _rules(rules: _Dictionary) -> Iterator[Rule]:
    for pattern, value in rules.items():
        if isinstance(value, dict):
            rule = cast("_Dictionary", value)
            weight = rule.get("weight", 1)
            yield Rule(pattern, weight if isinstance(weight, (int, float)) else 1, rule.get("omit") is True)
        else:
            yield Rule(pattern, omits=value is False)


class _Reader:
    """Builds of an XML property list what stands under two of its keys, and turns rows into `Row` as they end."""

    def __init__(self, names: tuple[str, str]) -> None:
        self._names = names
        self._stack: list[list[Any] | dict[str, Any]] = []
        self._keys: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._skipped = 0
        self._value: Any = None

    def read(self, blocks: Iterable[bytes]) -> _Dictionary:
        """Read the file."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse
        size = 0
        for block in blocks:
            size += len(block)
            if size > _LARGEST:
                raise TooLargeError(f"The seal has more than {_LARGEST:,} bytes, which are not read.")
            parser.Parse(block)
            # Older expats read what is not ended yet anew with each block.
            if size - parser.CurrentByteIndex > _LONGEST_MARKUP:
                raise ValueError(f"a tag or comment of it has more than {_LONGEST_MARKUP:,} bytes")
        parser.Parse(b"", True)  # noqa: FBT003 -- expat's own: this is the end
        value: object = self._value
        if not isinstance(value, dict):
            raise SealError("it is not a dictionary")
        return cast("_Dictionary", value)

    def _refuse(self, *_: object) -> None:
        raise SealError("it declares entities, as no seal does")

    def _start(self, name: str, _: object) -> None:
        self._text, self._length = [], 0
        if self._skipped or (len(self._stack) == 1 and name != "key" and self._keys[-1] not in self._names):
            self._skipped += 1
        elif name in {"dict", "array"}:
            if len(self._stack) == _DEEPEST:
                raise SealError("its values are nested too deep")
            self._stack.append({} if name == "dict" else [])
            self._keys.append("")

    def _characters(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_TEXT:
            raise SealError("one of its texts is longer than the name of a file can be")
        self._text.append(text)

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == "key":
            if not self._keys:
                raise SealError("it is not a dictionary")
            self._keys[-1] = "".join(self._text)
        elif name in {"dict", "array"}:
            self._keys.pop()
            self._add(self._stack.pop())
        elif name != "plist":
            self._add(_scalar(name, "".join(self._text)))

    def _add(self, value: Any) -> None:
        if not self._stack:
            self._value = value
            return
        holder: list[Any] | dict[str, Any] = self._stack[-1]
        are_rows = len(self._stack) == 2 and self._keys[0] == self._names[0]
        most = _MOST_ROWS if are_rows else _MOST_OTHERS
        if len(holder) >= most:
            raise TooLargeError(
                f"The seal has more than {most:,} {'files' if are_rows else 'rules'}. They are not read."
            )
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[self._keys[-1]] = _row(value) if are_rows else value


def _scalar(name: str, text: str) -> object:
    if name == "data":
        if "=" in "".join(text.split()).rstrip("="):
            raise SealError("it has data behind the end of other data")  # b64decode would read the first alone
        return base64.b64decode(text)
    if name in {"integer", "real"}:
        return float(text)
    return name == "true" if name in {"true", "false"} else text
