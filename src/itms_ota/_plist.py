"""Property lists: bytes to values and back, by plistlib, as Apple's parser would.

Apple's parser is CoreFoundation's, whose source is published (CFPropertyList.c); the device is taken to
use the same. It reads things that are no well-formed XML, and refuses things that plistlib reads. So a
file of the plainest form goes to plistlib as it is; any other is first gone through here by Apple's
rules, and plistlib is given what Apple's parser would have understood.
"""

from __future__ import annotations

import datetime as dt
import plistlib
import re
import struct
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast
from xml.parsers.expat import ExpatError

from ._redact import redact_text, safe_repr
from .errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .errors import Code, Level

PlistValue: TypeAlias = (
    "str | int | float | bytes | dt.datetime | plistlib.UID | Sequence[PlistValue] | Mapping[str, PlistValue]"
)

# Real manifests, profiles and Info.plists are kilobytes. The bounds keep hostile files cheap: a binary
# property list of 200 bytes can stand for 2**30 values, and one that contains itself for endlessly many.
MAX_BYTES = 2 * 1024 * 1024
_MAX_VALUES = 100_000
_MAX_DEPTH = 100
_MAX_PROBLEMS = 200

# Without a DTD at hand, plistlib drops every other entity and says nothing.
_ENTITY = "&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});"

_BETWEEN_ELEMENTS = rb">\s+<(?!/string>|/key>)"
_PLAIN = (
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'][Uu][Tt][Ff]-8[\"'])?\s*\?>"
    rb"(?:<!DOCTYPE [^>\[]*>)?)?<plist(?: version=[\"'][0-9.]*[\"'])?>"
    rb"(?:<(?:key|string)>[^<&]*(?:"
    + _ENTITY.encode()
    + rb"[^<&]*)*</(?:key|string)>|</?(?:dict|array)>|<integer>-?[0-9]{1,18}</integer>"
    rb"|<(?:true|false|dict|array|string)/>)*</plist>\s*"
)
# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
# A carriage return can be written, but is read back as a line feed.
_NOT_WRITABLE = "[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]"

_DOCTYPE = r"<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>"
_ROOT = r"<plist(?=[\s>])|<dict>"
_MARKUP = "[<&]"
_END_TAG = r"</(plist|dict|array|key|string|integer|real|date|data|true|false)\s*>"
_INTEGER = r"\s*([+-]?)\s*(0[xX][0-9A-Fa-f]{1,16}|[0-9]{1,40})"
_REAL = r"(?i)\s*[+-]?(?:nan|inf(?:inity)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)"
_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z"
_ENCODING = rb"""<\?xml[^?>]*?encoding=(["'])([^"'?>]*)\1"""
# Codecs of Python that are no character sets of files (punycode, unicode_escape, zip) stay out of reach.
_CHARSET = (
    r"(?i)utf-?8|utf-?16(?:-?[bl]e)?|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-8]|gb2312|gbk|gb18030|big5|shift_jis"
    r"|euc-jp|euc-kr|koi8-[ru]|macintosh"
)


class PlistError(ValueError):
    """Bytes that are no property list, or values that cannot be written as one; `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class Reading(NamedTuple):
    """What was read: the value that was meant, None where that cannot be told, and what is wrong."""

    value: PlistValue | None
    problems: tuple[Problem, ...]


def loads(data: bytes) -> PlistValue:
    """Read an XML or binary property list as Apple's parser would; PlistError for what that refuses.

    Dates are naive and in UTC, as plistlib gives them.

    >>> loads(b"<plist><dict><key>a</key><integer>1</integer></dict></plist>")
    {'a': 1}
    """
    value, problems = read(data)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors or value is None:
        raise PlistError(errors)
    return value


def read(data: bytes) -> Reading:
    """Read a property list and say what is wrong with it, mended where it is plain what was meant."""
    if len(data) > MAX_BYTES:
        return _refused(
            "too-large", f"The file has {len(data):,} bytes, and no property list over {MAX_BYTES:,} is read."
        )
    if data.startswith(b"bplist"):
        return _read_binary(data)
    # White space between elements means nothing, and costs plistlib a fifth of its time.
    dense = re.sub(_BETWEEN_ELEMENTS, b"><", data)
    if re.fullmatch(_PLAIN, dense):
        value = _plistlib_loads(dense, plistlib.FMT_XML)
        # Fewer keys in the value than in the text: a key stands twice in a dictionary, or there are two roots.
        if isinstance(value, dict) and _count_keys(value) == data.count(b"<key>"):
            return Reading(value, ())
    return _read_xml(data)


def positions(data: bytes) -> Mapping[str, tuple[int, int]]:
    """Find line and column, from 1, of every value of an XML property list, by path."""
    if data.startswith(b"bplist") or len(data) > MAX_BYTES:
        return {}
    scan = _Scan(_decode(data)[0])
    scan.run()
    return {path: scan.place(offset) for path, offset in scan.offsets.items()}


def dumps(value: PlistValue) -> bytes:
    """Write XML as Xcode does: tabs, keys in alphabetical order, Apple's DOCTYPE.

    PlistError names what XML cannot carry and its place; TypeError what is no value of a property list.
    """
    return write(value if _is_plain(value) else _checked(value))


def write(value: Any) -> bytes:
    """Write what is known to be sound and in order."""
    return plistlib.dumps(value, sort_keys=False)


def unwritable(value: PlistValue) -> tuple[Problem, ...]:
    """Name what `dumps` would refuse."""
    try:
        if not _is_plain(value):
            _checked(value)
    except PlistError as error:
        return error.problems
    return ()


def child(path: str, key: str) -> str:
    """Give the path of a dictionary's value."""
    return f"{path}.{key}" if path else key


def _refused(code: Code, message: str, line: int | None = None, column: int | None = None) -> Reading:
    return Reading(None, (Problem("", code, message, "error", line, column),))


def _plistlib_loads(data: bytes, form: plistlib.PlistFormat | None = None) -> PlistValue | ExpatError | None:
    """Let plistlib read; an ExpatError says where it stopped, None that it failed otherwise."""
    try:
        value: PlistValue | None = plistlib.loads(data, fmt=form)
    except ExpatError as error:
        return error
    # plistlib lets out AttributeError, IndexError, KeyError, LookupError, OverflowError, RecursionError,
    # TypeError, ValueError and more besides its own InvalidFileException, by what was read.
    except Exception:  # noqa: BLE001
        return None
    return value


def _levels(value: PlistValue) -> Iterator[list[PlistValue]]:
    """Go through a value level by level; PlistError where it is too deep or stands for too many values."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        yield level
        below: list[PlistValue] = []
        for part in level:
            if isinstance(part, dict):
                below.extend(part.values())
            elif isinstance(part, (list, tuple)):
                below.extend(part)
            else:
                continue
            if len(below) > _MAX_VALUES:
                raise PlistError([Problem("", "too-large", f"It stands for more than {_MAX_VALUES:,} values.")])
        if not below:
            return
        level = below
    raise PlistError([Problem("", "too-large", f"It is nested more than {_MAX_DEPTH} levels deep.")])


def _count_keys(value: dict[str, Any] | list[Any], depth: int = 0) -> int:
    """Count the keys of all dictionaries of a value read from XML; below 0 where it is too deep."""
    if depth == _MAX_DEPTH:
        return -MAX_BYTES
    keys, parts = (len(value), value.values()) if isinstance(value, dict) else (0, value)
    for part in parts:
        # plistlib makes no other kinds of containers; most parts are texts.
        if type(part) in _CONTAINERS:
            keys += _count_keys(part, depth + 1)
    return keys


_CONTAINERS = frozenset({dict, list})


def _read_binary(data: bytes) -> Reading:
    fault = _binary_fault(data)
    if fault:
        return _refused("malformed-plist", f"The binary property list is damaged: {fault}.")
    value = _plistlib_loads(data)
    if value is None or isinstance(value, ExpatError):
        return _refused("malformed-plist", "The binary property list is damaged: it cannot be read.")
    try:
        for level in _levels(value):
            for part in level:
                if isinstance(part, dict) and not all(isinstance(key, str) for key in part):
                    return _refused("malformed-plist", "The binary property list has a key that is no string.")
                if isinstance(part, int) and not -(2**63) <= part < 2**64:
                    return _refused("malformed-plist", "The binary property list has an integer of over 64 bits.")
    except PlistError as error:
        return Reading(None, error.problems)
    return Reading(value, ())


def _binary_fault(data: bytes) -> str | None:
    """Add up what the objects of a binary property list claim to hold.

    plistlib reads every object that a table names, also where all lie on top of each other: 2 MiB would
    become hundreds of gigabytes. Objects of an honest file share no byte.
    """
    if len(data) < 40:
        return "it is cut short"
    offset_size, reference_size, count, _, table = struct.unpack(">6xBBQQQ", data[-32:])
    if not (1 <= offset_size <= 8 and 1 <= reference_size <= 8) or table + count * offset_size > len(data) - 32:
        return "its table of objects does not fit into it"
    unit = {4: 1, 5: 1, 6: 2, 10: reference_size, 12: reference_size, 13: 2 * reference_size}
    claimed = 0
    for index in range(table, table + count * offset_size, offset_size):
        offset = int.from_bytes(data[index : index + offset_size], "big")
        if offset >= table:
            return "an object lies outside of it"
        kind, size = divmod(data[offset], 16)
        if kind == 1:
            claimed += 1 << size
        elif size == 15:
            length = 1 << (data[offset + 1] & 3)
            size = int.from_bytes(data[offset + 2 : offset + 2 + length], "big")
        claimed += size * unit.get(kind, 0)
        if claimed > len(data):
            return "its objects claim more bytes than it has"
    return None


def _decode(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    """Decode as CFPropertyList.c does (encodingForXMLData), and otherwise guess what was meant."""
    declared = re.compile(_ENCODING).match(data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    elif data[:1] == b"\0":
        charset = "utf-16-be"
    elif data[1:2] == b"\0":
        charset = "utf-16-le"
    else:
        charset = declared.group(2).decode("latin-1").lower() if declared else "utf-8"
        if charset.startswith(("utf-16", "utf16")):
            message = 'The file names the encoding UTF-16, but is not in it: write encoding="UTF-8".'
            return data.decode("utf-8-sig", "replace"), (Problem("", "wrong-encoding", message, "error", 1, 1),)
    if not re.compile(_CHARSET).fullmatch(charset):
        message = f"The file names the encoding {charset[:40]!r}, which is not known: save it as UTF-8."
        return data.decode("utf-8", "replace"), (Problem("", "wrong-encoding", message, "error", 1, 1),)
    # What the web calls GB2312 is in truth its superset.
    charset = {"gb2312": "gb18030", "gbk": "gb18030", "macintosh": "mac-roman", "utf-8": "utf-8-sig"}.get(
        charset, charset
    )
    try:
        return data.decode(charset), ()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(charset, "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        byte = f"0x{data[error.start]:02X}"
        name = charset.upper().removesuffix("-SIG")
        message = f"The byte {byte} is not {name}, in which the file is read: save it as UTF-8."
        problem = Problem("", "wrong-encoding", message, "error", line, column)
    # The encodings that editors of the world still save in; a wrong guess shows in the title alone.
    for guess in ("gb18030", "cp1252"):
        try:
            return data.decode(guess), (problem,)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), (problem,)


def _read_xml(data: bytes) -> Reading:
    text, problems = _decode(data)
    scan = _Scan(text)
    xml = scan.run()
    problems += tuple(scan.problems)
    if xml is None:
        return Reading(None, problems)
    value = _plistlib_loads(b"<plist>" + xml.encode() + b"</plist>")
    if value is None or isinstance(
        value, ExpatError
    ):  # pragma: no cover -- the scan wrote nothing that plistlib refuses
        return Reading(None, (*problems, Problem("", "malformed-plist", "It cannot be read.")))
    if not problems:
        strict = _plistlib_loads(data)
        if isinstance(strict, ExpatError):
            problems = (_not_well_formed(f"{strict}", strict.lineno, strict.offset + 1),)
        elif strict is None:
            problems = (_not_well_formed("it does not begin as a property list should", 1, 1),)
    return Reading(value, problems)


def _not_well_formed(reason: str, line: int, column: int) -> Problem:
    message = (
        f"Apple's parser reads this, but it is not the XML that other programs expect ({reason}): begin the file with "
        "<?xml and write it with a property list library."
    )
    return Problem("", "not-well-formed", message, "warning", line, column)


class _Open:
    """An element that is not closed yet."""

    __slots__ = ("count", "key", "keys", "name", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.count = 0  # values so far
        self.key: str | None = None  # a key that waits for its value
        self.keys: set[str] = set()


class _Stop(Exception):  # noqa: N818 -- ends the scan; what is wrong has been noted
    pass


class _Scan:
    """One pass over the text of an XML property list by the rules of CFPropertyList.c.

    It gathers what is wrong, the place of every value, and the same property list as clean XML.
    """

    def __init__(self, text: str) -> None:
        # As XML asks, and as every reader of a plain file does.
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.problems: list[Problem] = []
        self.offsets: dict[str, int] = {}
        self._pieces: list[str] = []
        self._open: list[_Open] = []
        self._here = ""  # the path of the text that is being read
        self._count = 0  # values so far
        self._line_ends: list[int] | None = None

    def run(self) -> str | None:
        """Give clean XML of what is in the plist element; None where it cannot be told."""
        try:
            position: int | None = self._root()
            while position is not None:
                position = self._content(position)
        except _Stop:
            return None
        if not self._pieces:
            self._add("malformed-plist", 0, "The property list is empty: there is no value in it.")
            return None
        return "".join(self._pieces)

    def place(self, offset: int) -> tuple[int, int]:
        """Give line and column of an offset, from 1."""
        if self._line_ends is None:
            self._line_ends = [found.start() for found in re.finditer("\n", self.text)]
        line = bisect_left(self._line_ends, offset)
        return line + 1, offset - (self._line_ends[line - 1] if line else -1)

    def _add(self, code: Code, offset: int, message: str, level: Level = "error") -> None:
        path = self._here or (self._open[-1].path if self._open else "")
        self.problems.append(Problem(path, code, message, level, *self.place(offset)))
        if len(self.problems) == _MAX_PROBLEMS:
            self._add("too-large", offset, f"There are over {_MAX_PROBLEMS} faults in it: the rest is not read.")
        elif len(self.problems) > _MAX_PROBLEMS:
            raise _Stop

    def _fail(self, offset: int, message: str) -> _Stop:
        self._add("malformed-plist", offset, message)
        return _Stop()

    def _skip(self, start: int, end: str, what: str) -> int:
        found = self.text.find(end, start)
        if found < 0:
            message = f"The {what} that begins here never ends: the file is cut short, and Apple's parser refuses it."
            self._add("truncated", start, message)
            raise _Stop
        return found + len(end)

    def _after_space(self, position: int) -> int:
        text, length = self.text, len(self.text)
        while position < length and text[position] in " \t\r\n":
            position += 1
        return position

    def _root(self) -> int:
        """Go over what may stand before the first element."""
        text = self.text
        position = self._after_space(0)
        while not re.compile(_ROOT).match(text, position):
            if text.startswith("<?", position):
                position = self._skip(position, "?>", "processing instruction")
            elif text.startswith("<!--", position):
                position = self._skip(position, "-->", "comment")
            elif (doctype := re.compile(_DOCTYPE).match(text, position)) is not None:
                position = doctype.end()
            else:
                root = re.compile(_ROOT).search(text, position)
                if root is None:
                    raise self._fail(position, f"There is no property list in it; it has {_start(text, position)}.")
                self._add(
                    "text-before-xml",
                    position,
                    f"{_start(text, position)} stands before the property list, and Apple's parser refuses "
                    "the file ('Cannot connect'): often a server's warning or a page around it. Send the property "
                    "list alone.",
                )
                position = root.start()
            position = self._after_space(position)
        return position

    def _content(self, position: int) -> int | None:
        """Read up to the end of the next tag; None when the root is closed."""
        text = self.text
        position = self._after_space(position)
        if position >= len(text):
            names = ", ".join(f"<{element.name}>" for element in reversed(self._open))
            self._add("truncated", len(text), f"The file ends before {names} is closed: Apple's parser refuses it.")
            for element in reversed(self._open):
                self._close(element)
            return None
        if text[position] != "<":
            end = text.find("<", position)
            stray = text[position : end if end > 0 else len(text)]
            self._add(
                "stray-text",
                position,
                f"{_start(stray.strip(), 0)} stands between elements: Apple's parser refuses the file. Take it out, "
                "or put it into <string>.",
            )
            return position + len(stray)
        if text.startswith("<?", position):
            return self._skip(position, "?>", "processing instruction")
        if text.startswith("<!--", position):
            return self._skip(position, "-->", "comment")
        end = self._skip(position, ">", "tag")
        tag = text[position + 1 : end - 1]
        if tag.startswith("/"):
            return self._end_tag(tag[1:].strip(), position, end)
        name = tag.removesuffix("/").split(None, 1)[0] if tag.strip("/ \t\r\n") else ""
        return self._start_tag(name, position, end, empty=tag.endswith("/"))

    def _start_tag(self, name: str, position: int, end: int, *, empty: bool) -> int | None:
        if name == "plist":
            if empty:
                raise self._fail(position, "The property list is empty: there is no value in it.")
            self._push(name, self._open[-1].path if self._open else "", position)
            return end
        if name in {"dict", "array"}:
            path = self._place_value(position)
            if empty:
                self._pieces.append(f"<{name}/>")
                return self._ended(end)
            self._push(name, path, position)
            self._pieces.append(f"<{name}>")
            return end
        if name in {"true", "false"}:
            self._place_value(position)
            self._pieces.append(f"<{name}/>")
            return self._ended(end if empty else self._closing(name, end))
        if name in {"key", "string", "integer", "real", "date", "data"}:
            return self._text_tag(name, position, end, empty=empty)
        self._add(
            "unknown-element", position, f"<{name[:40]}> is no element of a property list: Apple's parser refuses it."
        )
        return end

    def _text_tag(self, name: str, position: int, end: int, *, empty: bool) -> int | None:
        parent = self._open[-1] if self._open else None
        # A <key> where a value should be is read as a string (CFPropertyList.c, parseDictTag).
        of = parent if parent and name == "key" and parent.name == "dict" and parent.key is None else None
        self._here = "" if of else self._place_value(position)
        content, end = ("", end) if empty else self._text(name, end)
        content = self._xml_only(content, position)
        if of:
            of.key = content
        else:
            self._pieces.append(self._scalar(name, content, position))
        self._here = ""
        return self._ended(end)

    def _push(self, name: str, path: str, position: int) -> None:
        if len(self._open) > _MAX_DEPTH:
            self._add("too-large", position, f"It is nested more than {_MAX_DEPTH} levels deep.")
            raise _Stop
        self._open.append(_Open(name, path))

    def _ended(self, end: int) -> int | None:
        return end if self._open else None

    def _place_value(self, position: int) -> str:
        """Note where a value stands, and write the key that it belongs to."""
        path = ""
        if self._open:
            parent = self._open[-1]
            path = parent.path
            if parent.name == "plist" and parent.count:
                raise self._fail(position, "A second value stands beside the first: a property list holds one.")
            if parent.name == "array":
                path += f"[{parent.count}]"
            elif parent.name == "dict":
                if parent.key is None:
                    raise self._fail(position, "A value stands in a <dict> without a <key> before it.")
                path = child(path, parent.key)
                if parent.key in parent.keys:
                    message = f"The key {redact_text(parent.key, 80)} stands twice in one <dict>: the last one counts."
                    self._here = path
                    self._add("duplicate-key", position, message, "warning")
                    self._here = ""
                parent.keys.add(parent.key)
                self._pieces.append(f"<key>{_escape(parent.key)}</key>")
                parent.key = None
            parent.count += 1
        self.offsets[path] = position
        self._count += 1
        if self._count > _MAX_VALUES:
            self._add("too-large", position, f"It has more than {_MAX_VALUES:,} values.")
            raise _Stop
        return path

    def _end_tag(self, name: str, position: int, end: int) -> int | None:
        if name != self._open[-1].name:
            expected = self._open[-1].name
            message = f"</{name[:40]}> stands where </{expected}> should: Apple's parser refuses the file."
            self._add("malformed-plist", position, message)
            if name not in {element.name for element in self._open}:
                return end
        while True:
            self._close(self._open[-1])
            if self._open.pop().name == name:
                return self._ended(end)

    def _close(self, element: _Open) -> None:
        if element.key is not None:
            self._add(
                "malformed-plist",
                self.offsets.get(element.path, 0),
                f"The key {redact_text(element.key, 80)} has no value.",
            )
        if element.name != "plist":
            self._pieces.append(f"</{element.name}>")

    def _closing(self, name: str, position: int) -> int:
        closing = re.compile(rf"\s*</{name}\s*>").match(self.text, position)
        if closing is None:
            self._add("malformed-plist", position, f"<{name}> is not closed with </{name}>: Apple's parser refuses it.")
            return position
        return closing.end()

    def _text(self, name: str, start: int) -> tuple[str, int]:  # noqa: C901 -- one loop over what may stand in a text
        """Read up to the closing tag; give the text with entities resolved, and where it ends."""
        text = self.text
        parts: list[str] = []
        told: dict[str, int] = {}  # one report of each fault is enough for one text
        position = start

        def tell(code: Code, message: str) -> None:
            if code not in told:
                self._add(
                    code, position, f"{message}: Apple's parser refuses the file ('Cannot connect' on the device)."
                )
            told[code] = told.get(code, 0) + 1
            if told[code] > 10 * _MAX_PROBLEMS:
                raise self._fail(position, f"There are more and more faults in <{name}>: the rest is not read.")

        while True:
            found = re.compile(_MARKUP).search(text, position)
            if found is None:
                message = f"<{name}> is never closed: the file is cut short, and Apple's parser refuses it."
                self._add("truncated", start, message)
                raise _Stop
            parts.append(text[position : found.start()])
            position = found.start()
            if text[position] == "&":
                entity = re.compile(_ENTITY).match(text, position)
                character = _character(entity.group()) if entity else None
                if entity is None or character is None:
                    tell("bare-ampersand", _ampersand_fault(text, position))
                    parts.append("&")
                    position += 1
                else:
                    parts.append(character)
                    position = entity.end()
            elif text.startswith("<![CDATA[", position):
                end = self._skip(position, "]]>", "CDATA section")
                parts.append(text[position + 9 : end - 3])
                position = end
            elif text.startswith("<!--", position):
                tell("stray-text", f"A comment stands inside <{name}>, and must stand outside")
                position = self._skip(position, "-->", "comment")
            elif (tag := re.compile(_END_TAG).match(text, position)) is not None:
                if tag[1] != name:
                    tell("malformed-plist", f"{tag[0][:40]!r} stands where </{name}> should")
                unclosed = tag[1] != name and tag[1] in {element.name for element in self._open}
                return "".join(parts), position if unclosed else tag.end()
            else:
                snippet = _start(text, position, 24)
                tell("stray-text", f"The '<' of {snippet} stands inside <{name}> and must be written as &lt;")
                parts.append("<")
                position += 1

    def _scalar(self, name: str, content: str, position: int) -> str:
        if name in {"key", "string"}:
            return f"<string>{_escape(content)}</string>"
        written = _SCALARS[name](content)
        if written is None:
            message = f"<{name}> holds {_start(content, 0)}, which is none: Apple's parser refuses the file."
            self._add("malformed-plist", position, message)
            return f"<string>{_escape(content)}</string>"
        return f"<{name}>{written}</{name}>"

    def _xml_only(self, content: str, position: int) -> str:
        found = re.compile(_NOT_XML).search(content)
        if found is None:
            return content
        message = f"The character {found.group()!r} cannot stand in XML: other programs refuse the file. Take it out."
        self._add("not-well-formed", position, message, "warning")
        return re.compile(_NOT_XML).sub("\ufffd", content)


def _start(text: str, position: int, longest: int = 40) -> str:
    return redact_text(text[position : position + 1000], longest)


def _ampersand_fault(text: str, position: int) -> str:
    entity = re.compile("&(#?[A-Za-z0-9]{1,10});").match(text, position)
    if entity is None:
        return f"The '&' of {_start(text, position, 24)} must be written as &amp;"
    if entity[1].startswith("#"):
        return f"{entity[0]!r} is a character that XML cannot hold: take it out"
    return f"{entity[0]!r} is an entity of HTML: write the character itself, or &amp; for an '&'"


def _escape(text: str) -> str:
    # A carriage return that is written as it is would be read as a line feed.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _character(entity: str) -> str | None:
    name = entity[1:-1]
    if not name.startswith("#"):
        return {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}[name]
    number = int(name[1:].lstrip("x"), 16 if name[1] == "x" else 10)
    character = chr(number) if number < 0x110000 else "\0"
    return None if re.compile(_NOT_XML).match(character) else character


def _integer(content: str) -> str | None:
    found = re.compile(_INTEGER).fullmatch(content)
    if found is None:
        return None
    sign, digits = found.groups()
    number = int(digits, 16) if digits[:2] in {"0x", "0X"} else int(digits)
    number = -number if sign == "-" else number
    return str(number) if -(2**63) <= number < 2**64 else None


def _real(content: str) -> str | None:
    return content.strip() if re.compile(_REAL).fullmatch(content) else None


def _date(content: str) -> str | None:
    found = re.compile(_DATE).fullmatch(content)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- only to see that there is such a day
    except ValueError:
        return None
    return content


def _data(content: str) -> str | None:
    digits = re.sub("[^A-Za-z0-9+/=]", "", content)
    whole = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=))?").match(digits)
    return whole.group() if whole and content else None


_SCALARS = {"integer": _integer, "real": _real, "date": _date, "data": _data}


def _is_plain(value: PlistValue) -> bool:  # noqa: C901 -- one pass, for speed
    """Tell whether plistlib writes the value as it is, in order, and everybody reads it back the same."""
    for level in _levels(value):
        for part in cast("list[Any]", level):
            kind = type(part)  # pyright: ignore[reportUnknownVariableType]
            if kind is str:
                # Nothing printable is beyond XML; the search is for the few others.
                if not part.isprintable() and re.compile(_NOT_WRITABLE).search(part):
                    return False
            elif kind is dict:
                before = ""
                for key in part:
                    if type(key) is not str or key < before or not key.isprintable():
                        return False
                    before = key
            elif kind is int:
                if not -(2**63) <= part < 2**64:
                    return False
            elif kind not in _OTHER_PLAIN_TYPES:
                return False
    return True


_OTHER_PLAIN_TYPES = frozenset({list, bool, bytes, float})


def _checked(value: PlistValue) -> PlistValue:
    """Give the value in plistlib's own types; PlistError for what XML cannot carry."""
    problems: list[Problem] = []
    plain = _convert(value, "", problems, 0)
    if problems:
        raise PlistError(problems)
    return plain


def _convert(value: PlistValue, path: str, problems: list[Problem], depth: int) -> PlistValue:  # noqa: C901, PLR0912 -- a branch a type
    def refuse(message: str) -> None:
        problems.append(Problem(path, "not-writable", message))

    if depth > _MAX_DEPTH:
        raise PlistError([Problem(path, "too-large", f"It is nested more than {_MAX_DEPTH} levels deep.")])
    if isinstance(value, str):
        found = re.compile(_NOT_WRITABLE).search(value)
        if found is not None:
            refuse(
                f"{redact_text(value, 80)} holds the character {found.group()!r}, which XML cannot carry: take it out."
            )
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            refuse("The integer has more than 64 bits, which no property list can carry.")
    elif isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            try:
                value = value.astimezone(dt.timezone.utc).replace(tzinfo=None)
            except OverflowError:
                refuse(f"The date {value} lies outside of the years 1 to 9999 in UTC.")
                return value
        if value.microsecond:
            refuse(f"The date {value} has a fraction of a second, which XML cannot carry: round it.")
    elif isinstance(value, plistlib.UID):
        refuse(f"{value!r} is of a keyed archive, which XML cannot carry.")
    elif isinstance(value, Mapping):
        plain: dict[str, PlistValue] = {}
        for key, part in value.items():
            if not isinstance(key, str):
                message = f"{path or 'the top level'}: the key {safe_repr(key)} is no str"
                raise TypeError(message)
            found = re.compile(_NOT_WRITABLE).search(key)
            if found is not None:
                refuse(f"The key {redact_text(key, 80)} holds {found.group()!r}, which XML cannot carry: take it out.")
            plain[key] = _convert(part, child(path, key), problems, depth + 1)
        return dict(sorted(plain.items()))
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_convert(part, f"{path}[{index}]", problems, depth + 1) for index, part in enumerate(value)]
    elif not isinstance(value, (float, bytes, bytearray)):
        message = f"{path or 'the top level'}: {safe_repr(value)} is no value of a property list"
        raise TypeError(message)
    return value
