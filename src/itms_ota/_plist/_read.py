"""Reading a property list of any form: which reader reads it, and whether programs that hold to XML would."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from ..errors import Problem, errors_of
from ._binary import read_binary
from ._characters import MARK, WHITE_SPACE
from ._encoding import bad_byte, decode, guessed
from ._places import Wanted, lines
from ._scan import Scan
from ._usual import has_usual_head
from ._value import MAX_BYTES, PlistError, Reading
from ._words import LONGEST_START, is_text_form, other_programs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ._value import PlistValue

_BINARY = b"bplist"
# No tag of a property list needs more; expat takes 30 bytes and more for every byte of a tag full of attributes.
_LONGEST_TAG = 64 * 1024


def loads(data: bytes) -> PlistValue:
    """Read an XML or binary property list as Apple's parser would; PlistError for what that refuses.

    Dates are naive and in UTC, as plistlib gives them.

    >>> loads(b"<plist><dict><key>a</key><integer>1</integer></dict></plist>")
    {'a': 1}
    """
    value, problems, _ = read(data)
    errors = errors_of(problems)
    if errors or value is None:
        raise PlistError(errors)
    return value


def read(data: bytes, *, once: bool = False) -> Reading:
    """Read a property list, mended where it is plain what was meant, and return what is wrong with it too.

    `once` is whether to leave out what repeats a fault, or seems to follow from one before it.
    """
    if len(data) > MAX_BYTES:
        message = f"The file has more than {MAX_BYTES:,} bytes. Longer property lists are not read."
        return Reading(None, (Problem("", "too-large", message),))
    return read_binary(data) if data.startswith(_BINARY) else read_xml(data, once=once)


def read_xml(data: bytes, *, once: bool = False, quick: bool = True) -> Reading:
    """Read an XML property list; `quick` is whether the plainest form may take the short way."""
    scan, problems = _scanned(data, quick=quick)
    problems += scan.problems(once=once)
    return Reading(scan.tree.value, problems or _unread_by_others(data, scan), scan.is_crossed)


def positions(data: bytes, paths: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Find line and column, from 1, of the values at these paths of an XML property list.

    What is not in the file has the place of the value that would hold it, if that is not the whole.
    """
    if not paths or data.startswith(_BINARY) or len(data) > MAX_BYTES:
        return {}
    scan, _ = _scanned(data, wanted := Wanted(paths))
    offsets = {path: offset for path in paths if (offset := wanted.nearest(path)) is not None}
    places = lines(scan.text, offsets.values())
    return {path: places[offset] for path, offset in offsets.items()}


def begins_as_text_form(data: bytes) -> bool:
    """Return whether a file begins as a property list of the old text form does, which is not read."""
    return is_text_form(decode(data[:LONGEST_START]).text)


def begins_with_a_tag(data: bytes) -> bool:
    """Return whether a file begins as XML does, perhaps behind white space."""
    return decode(data[:LONGEST_START]).text.lstrip(f"{MARK}{WHITE_SPACE}").startswith("<")


def _scanned(data: bytes, wanted: Wanted | None = None, *, quick: bool = True) -> tuple[Scan, tuple[Problem, ...]]:
    """Scan a file, as it is or, where a text of it is in another encoding than the file, as was meant."""
    text, problems, is_damaged = decode(data)
    scan = Scan(text, wanted, quick=quick, is_damaged=is_damaged)
    scan.run()
    if scan.bad_byte is not None:
        problems = (bad_byte(ord(text[scan.bad_byte]) & 0xFF, "utf-8", text, scan.bad_byte),)
        scan = Scan(guessed(data), wanted, quick=quick)
        scan.run()
    return scan, problems


def _unread_by_others(data: bytes, scan: Scan) -> tuple[Problem, ...]:
    """Check whether programs that hold to XML read a file in which Apple's parser finds no fault."""
    if scan.is_usual and has_usual_head(data):
        return ()
    # plistlib looks at the first bytes, and takes UTF-16 with a byte order mark alone.
    if not scan.text.startswith(("<?xml", "<plist")) or b"\0" in data[:2]:
        return (_not_well_formed("it does not begin with <?xml or <plist"),)
    if scan.longest_tag > _LONGEST_TAG:
        return (_not_well_formed(f"it has a tag of {scan.longest_tag:,} characters"),)
    parser = expat.ParserCreate()
    try:
        parser.Parse(data, True)  # noqa: FBT003 -- expat's own: this is all there is
    except expat.ExpatError as error:
        return (_not_well_formed(expat.ErrorString(error.code), error.lineno, error.offset + 1),)
    except Exception as error:  # noqa: BLE001 -- also what Python's codecs raise for the encoding that is declared
        return (_not_well_formed(f"{error}"[:100]),)
    return ()


def _not_well_formed(reason: str, line: int = 1, column: int = 1) -> Problem:
    return Problem("", "not-well-formed", other_programs(reason), "warning", line, column)
