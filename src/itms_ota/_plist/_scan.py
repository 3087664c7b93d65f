"""One pass over the text of an XML property list, by the rules of CFPropertyList.c.

Each method reads on from one state: before the root, between elements, behind a tag, within a text. It notes what
Apple's parser would refuse, and goes on as was probably meant.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from .._redact import redact_text
from ..errors import Problem
from . import _words as words
from ._characters import BLANKS, ENTITY, MARK, NOT_XML, SPACE, WHITE_SPACE, character
from ._encoding import ESCAPED
from ._places import lines
from ._scalars import SCALARS
from ._tree import Element, Stop, Tree, causes
from ._usual import read_usual
from ._value import MAX_PROBLEMS

if TYPE_CHECKING:
    from ..errors import Code
    from ._places import Wanted
    from ._value import PlistValue

_DOCTYPE = re.compile(rf"<!DOCTYPE[^>\[]*(?P<declarations>\[[^\]]*\]{SPACE})?>")
_BEHIND_NAME = re.compile(f"[{BLANKS}].*", re.DOTALL)
_ANY_SPACE = re.compile(f"[{WHITE_SPACE}]")
_ELEMENTS = ("plist", "dict", "array", "key", "string", "integer", "real", "date", "data", "true", "false")
# Where text stands before the root, the shorter pattern finds what was meant.
_ROOT = re.compile(rf"<(?:{'|'.join(_ELEMENTS)})(?=[{BLANKS}>]|/>)")
_MEANT_ROOT = re.compile(rf"<plist(?=[{BLANKS}>])|<dict>")
_END_TAG = re.compile(rf"</({'|'.join(_ELEMENTS)}){SPACE}>")
_CLOSED = re.compile(rf"([^<]*)</(true|false){SPACE}>")
# What stands in place of an end tag is broken where another element of property lists follows.
_BROKEN_END_TAG = re.compile(rf"<[^<>]{{0,40}}>?[{BLANKS}]*(?=</?(?:{'|'.join(_ELEMENTS)})[{BLANKS}/>])")
_KEY = re.compile("<key>[^<]{0,200}</key>")
_WITHOUT_BRACKET = re.compile("(string|key)([^<>&]+)</\\1")
_VALUE = re.compile(rf"<(?:{'|'.join(_ELEMENTS)})(?:>|/>)")
# Of these Apple's parser looks at the bytes themselves: there are no entities.
_RAW = {"integer", "date", "data"}
_MARKUP = re.compile("[<&]")
_RAW_MARKUP = re.compile("<")
_CDATA = "<![CDATA["
_EMPTY = "The property list is empty"


class Scan:
    """The scanner of an XML property list.

    `tree` has what was read; `is_usual` is whether the text is of the plainest form from behind the head on; `bad_byte`
    is where the first byte of a key or text that is not UTF-8 stands: nothing is read from there on.
    """

    def __init__(
        self, text: str, wanted: Wanted | None = None, *, quick: bool = True, is_damaged: bool = False
    ) -> None:
        self.text = text
        self.tree = Tree(wanted)
        self.bad_byte: int | None = None
        self._is_damaged = is_damaged
        self.is_usual = False
        self.longest_tag = 0
        self._only_places = wanted is not None
        self._quick = quick and not self._only_places
        self._told: Counter[Code] = Counter()  # the faults of the text that is being read

    def run(self) -> None:
        """Read up to the end of the root."""
        try:
            self._document()
        except Stop:
            self.tree.value = None

    def problems(self, *, once: bool = False) -> tuple[Problem, ...]:
        """Return what is wrong with the text; what only other readers stumble on, where nothing else is.

        `once` is whether to leave out what repeats a fault, or seems to follow from one before it.
        """
        faults = self.tree.faults or self.tree.oddity
        faults = causes(faults) if once else faults
        places = lines(self.text, [fault.offset for fault in faults])
        return tuple(
            Problem(fault.path, fault.code, fault.message, fault.level, *places[fault.offset]) for fault in faults
        )

    def _document(self) -> None:
        position: int | None = self._content(self._root())
        # XML does not allow "]]>" in a text.
        self.is_usual = self._quick and "]]>" not in self.text
        while position is not None:
            if self._quick:
                position = read_usual(self.tree, self.text, position)
            if position is not None:
                self.is_usual = False
                position = self._content(position)
        if self.tree.value is None:
            self.tree.refuse("malformed-plist", 0, _EMPTY)

    @property
    def is_crossed(self) -> bool:
        """Whether an element does not end where it should, so that values may stand in the wrong place."""
        return any(fault.kind == "crossed" for fault in self.tree.faults)

    # Before the root

    def _root(self) -> int:
        """Go over what may stand before the first element (CFPropertyList.c, parseXMLPropertyList)."""
        position = self._after_space(0)
        while not _ROOT.match(self.text, position):
            # The parser passes over one character more of each than between elements.
            end = self._instruction_or_comment(position, 1) or self._doctype(position) or self._text_before(position)
            position = self._after_space(end)
        return position

    def _doctype(self, position: int) -> int | None:
        # CFPropertyList.c, skipDTD.
        found = _DOCTYPE.match(self.text, position)
        if found is None:
            return None
        if found["declarations"]:
            self.tree.refuse("malformed-plist", position, "The DOCTYPE has declarations in [ ]", "Remove them.")
        return found.end()

    def _text_before(self, position: int) -> int:
        root = _MEANT_ROOT.search(self.text, position)
        if root is None:
            if words.is_text_form(self.text):
                self.tree.add("malformed-plist", position, words.IS_TEXT_FORM)
                raise Stop
            fault = f"The file contains no property list: expected <plist>, found {self._start(position)}"
            self.tree.refuse("malformed-plist", position, fault)
            raise Stop
        fault = f"{self._start(position)} stands before the property list"
        cure = "It is often a server's warning, or a web page around the list. Send the property list alone."
        self.tree.refuse("text-before-xml", position, fault, cure)
        return root.start()

    # Between elements

    def _content(self, position: int) -> int | None:
        """Read up to the end of the next tag; None when the root is closed (CFPropertyList.c, getContentObject)."""
        position = self._after_space(position)
        if position >= len(self.text):
            self._end_of_file()
            return None
        if self.text[position] != "<":
            return self._stray_text(position)
        return self._instruction_or_comment(position) or self._tag(position)

    def _end_of_file(self) -> None:
        missing = "".join(f"</{element.name}>" for element in reversed(self.tree.open))
        fault = f"The file ends before {missing}: the file is cut short"
        self.tree.refuse("truncated", len(self.text), fault, "Send the whole file.")
        while self.tree.open:
            self.tree.close()

    def _stray_text(self, position: int) -> int:
        is_open = not self.text.startswith("string>", position)
        end = self._meant_text("string", position, position if is_open else position + len("string>"), is_open=is_open)
        if end is not None:
            name = "key" if self.text.endswith("</key>", position, end) else "string"
            self.tree.refuse("malformed-plist", position, f"Expected <{name}>, found {self._start(position, 24)}")
            return end
        end = self.text.find("<", position)
        end = end if end > 0 else len(self.text)
        stray = self.text[position : min(end, position + 1000)]
        kind, fault, cure = words.stray_text(stray, awaits_key=self.tree.awaits_key)
        self.tree.refuse("stray-text", position, fault, cure, kind)
        return end

    def _instruction_or_comment(self, position: int, more: int = 0) -> int | None:
        # CFPropertyList.c, skipXMLProcessingInstruction and skipXMLComment: between elements "<?>" is a whole
        # instruction, but "<!-->" is not a whole comment.
        if self.text.startswith("<?", position):
            return self._skip(position, "?>", "processing instruction", 1 + more)
        if self.text.startswith("<!--", position):
            return self._skip(position, "-->", "comment", 4 + more)
        return None

    # Behind a tag

    def _tag(self, position: int) -> int | None:
        end = self._skip(position, ">", "tag")
        self.longest_tag = max(self.longest_tag, end - position)
        tag = self.text[position + 1 : end - 1]
        if tag.startswith("/"):
            return self._end_tag(tag[1:].rstrip(BLANKS), position, end)
        # The name goes up to white space, or else to the "/" at the end (CFPropertyList.c, parseXMLElement).
        name = _BEHIND_NAME.sub("", tag)
        name = name.removesuffix("/") if name == tag else name
        if name not in _ELEMENTS:
            name = self._unknown_element(tag, position)
        return self._start_tag(name, position, end, is_empty=tag.endswith("/"))

    def _unknown_element(self, tag: str, position: int) -> str:
        """Note an element that is not one of property lists, and return the name that was meant."""
        meant = _ANY_SPACE.split(tag.removesuffix("/").lstrip(WHITE_SPACE), maxsplit=1)[0]
        cure = words.instead_of_element(tag, meant, _ELEMENTS, awaits_key=self.tree.awaits_key)
        fault = f"{redact_text(f'<{tag[:1000]}>', 42)} is not an element of property lists"
        self.tree.refuse("unknown-element", position, fault, cure, "unknown")
        if "<" in tag:
            return tag
        return meant.lower() if meant.lower() in {"dict", "array"} else meant

    def _start_tag(self, name: str, position: int, end: int, *, is_empty: bool) -> int | None:
        tree = self.tree
        if name == "plist":
            if is_empty:
                tree.refuse("malformed-plist", position, _EMPTY)
                raise Stop
            tree.push(Element(name, None, position))
        elif name in {"dict", "array"} and not is_empty:
            tree.begin_container(name, position)
        elif name in {"dict", "array", "true", "false"}:
            return self._value_without_text(name, position, end, is_empty=is_empty)
        elif name in _ELEMENTS:
            return self._value_with_text(name, position, end, is_empty=is_empty)
        elif not is_empty:
            return self._meant_text(name, position, end) or end
        return end

    def _meant_text(self, name: str, position: int, start: int, *, is_open: bool = False) -> int | None:
        """Read a text whose start tag is broken, and return where it ends; None where that is not plain.

        `is_open` is whether its end tag may be lost too.
        """
        whole = _WITHOUT_BRACKET.fullmatch(name)
        if whole is not None:
            return start if self.tree.put(whole[2], position, is_key=whole[1] == "key") else None
        end = self.text.find("<", start)
        content = self.text[start:end]
        closed = next((tag for tag in (f"</{name}>", "</string>", "</key>") if self.text.startswith(tag, end)), None)
        if closed is None and is_open and self.text.startswith(("<key>", "</dict>"), end) and not self.tree.awaits_key:
            content, closed = content.rstrip(BLANKS), ""
        if closed is None or "&" in content or not content.strip(WHITE_SPACE):
            return None
        return end + len(closed) if self.tree.put(content, position, is_key=closed.lower() == "</key>") else None

    def _value_without_text(self, name: str, position: int, end: int, *, is_empty: bool) -> int | None:
        values: dict[str, Any] = {"dict": {}, "array": [], "true": True, "false": False}
        self.tree.begin_value(position)
        self.tree.end_value(values[name])
        return self._ended(end if is_empty else self._closed(name, end))

    def _value_with_text(self, name: str, position: int, end: int, *, is_empty: bool) -> int | None:
        tree = self.tree
        holder = tree.open[-1] if tree.open else None
        # A <key> where a value should be is read as a string (CFPropertyList.c, parseDictTag).
        is_key = name == "key" and tree.awaits_key
        if not is_key:
            tree.begin_value(position)
        content, end = ("", end) if is_empty else self._text(name, end)
        if holder is not None and is_key:
            holder.key = self._without_oddities(content, position)
        elif self._only_places:
            tree.end_value("")
        elif is_empty and name in SCALARS:
            tree.refuse("malformed-plist", position, f"<{name}/> has no content, which is not {SCALARS[name].expected}")
            tree.end_value(content)
        else:
            content = content if name in _RAW else self._without_oddities(content, position)
            tree.end_value(self._scalar(name, content, position))
        return self._ended(end)

    def _end_tag(self, name: str, position: int, end: int) -> int | None:
        tree = self.tree
        expected = tree.open[-1]
        if name != expected.name:
            found, name = redact_text(f"</{name[:1000]}>", 43), name.strip(WHITE_SPACE).lower()
            line, _ = lines(self.text, [expected.offset])[expected.offset]
            kind, fault, cure = words.misplaced_end_tag(name, found, expected.name, line)
            tree.refuse("malformed-plist", position, fault, cure, kind)
            if name not in {element.name for element in tree.open}:
                return end
        while tree.close() != name:
            pass
        return self._ended(end)

    def _closed(self, name: str, position: int) -> int:
        """Go over the end tag of a value that holds nothing (CFPropertyList.c, checkForCloseTag)."""
        found = _CLOSED.match(self.text, position)
        if found is None or found[1] or found[2] != name:
            fault = f"Expected </{name}> directly after <{name}>"
            self.tree.refuse("malformed-plist", position, fault, f"Write <{name}/>.")
        return found.end() if found is not None else position

    def _ended(self, end: int) -> int | None:
        return end if self.tree.open else None

    # Within a text

    def _text(self, name: str, start: int) -> tuple[str, int]:
        """Read up to the end tag; return the text with entities resolved, and where it ends."""
        self._told.clear()
        parts: list[str] = []
        position = self._after_second(name, start)
        markup = _RAW_MARKUP if name in _RAW else _MARKUP
        while (found := markup.search(self.text, position)) is not None:
            raw = self.text[position : found.start()]
            position = found.start()
            tag = _END_TAG.match(self.text, position)
            if tag is None or tag[1] != name:
                broken = self._broken_end(name, raw, position, is_end_tag=tag is not None)
                if broken is not None:
                    return "".join((*parts, broken[0])), broken[1]
            parts.append(raw)
            if tag is not None:
                if self._is_damaged and name not in _RAW:
                    self._check_bytes(start, position)
                # Joining a single part copies nothing, and a text may be the whole file.
                return "".join(filter(None, parts)), self._end_of_text(name, tag)
            part, position = self._markup(name, position)
            parts.append(part)
        self._cut_short(start, f"<{name}> is never closed", f"</{name}>")
        raise Stop

    def _after_second(self, name: str, start: int) -> int:
        """Return where a text begins: its start tag may be there twice."""
        again = f"<{name}>"
        if not self.text.startswith(again, start):
            return start
        self._tell("malformed-plist", start, f"{again} stands twice", "Remove one, and one of the end tags.")
        return start + len(again)

    def _check_bytes(self, start: int, end: int) -> None:
        found = ESCAPED.search(self.text, start, end)
        if found is not None:
            self.bad_byte = found.start()
            raise Stop

    def _end_of_text(self, name: str, tag: re.Match[str]) -> int:
        if tag[1] != name:
            self._tell("malformed-plist", tag.start(), f"Expected </{name}>, found '{tag[0][:40]}'")
            if tag[1] in {element.name for element in self.tree.open}:
                return tag.start()
        return tag.end()

    def _broken_end(self, name: str, raw: str, position: int, *, is_end_tag: bool) -> tuple[str, int] | None:
        """Return what stands before a broken end tag, and where that ends; None where the text may go on.

        `raw` is the text before the position.
        """
        if self.text.startswith(("&", "<!"), position):
            return None
        left, kept, begin, end = f"/{name}>", raw.rstrip(BLANKS), position, position
        found = None if is_end_tag else _BROKEN_END_TAG.match(self.text, position)
        if kept.endswith(left):
            kept = kept.removesuffix(left)
            begin += len(kept) - len(raw)
        elif found is not None and not self.text.startswith(f"</{name}", found.end()):
            end = found.end()
        elif not (_VALUE if name == "key" else _KEY).match(self.text, position):
            return None
        self._tell("malformed-plist", begin, f"Expected </{name}>, found {self._start(begin, 24)}")
        return kept, end

    def _markup(self, name: str, position: int) -> tuple[str, int]:
        """Return what the markup at a position of a text stands for, and where it ends."""
        if self.text[position] == "&":
            return self._entity(position)
        if self.text.startswith(_CDATA, position):
            if name in _RAW:
                self._tell("stray-text", position, f"A CDATA section stands inside <{name}>", "Write its text alone.")
            end = self._skip(position, "]]>", "CDATA section")
            return self.text[position + len(_CDATA) : end - 3], end
        if self.text.startswith("<!--", position):
            self._tell("stray-text", position, f"A comment stands inside <{name}>", "Move it outside.")
            return "", self._skip(position, "-->", "comment")
        fault = f"Unexpected '<' of {self._start(position, 24)} inside <{name}>"
        cure = "Fill in the template." if self.text.startswith(("<%", "<?"), position) else "Write it as &lt;."
        self._tell("stray-text", position, fault, "" if name in _RAW else cure)
        return "<", position + 1

    def _entity(self, position: int) -> tuple[str, int]:
        # CFPropertyList.c, parseEntityReference_pl.
        entity = ENTITY.match(self.text, position)
        meant = character(entity[0]) if entity else None
        if entity and meant is not None:
            return meant, entity.end()
        self._tell("bare-ampersand", position, *words.bare_ampersand(self.text[position : position + 1000]))
        return "&", position + 1

    def _tell(self, code: Code, position: int, fault: str, cure: str = "") -> None:
        """Note a fault of a text, the first of each kind alone."""
        if code not in self._told:
            self.tree.refuse(code, position, fault, cure)
        self._told[code] += 1
        if self._told[code] > 10 * MAX_PROBLEMS:
            self.tree.add("malformed-plist", position, "There are too many faults in this text; reading stopped here.")
            raise Stop

    def _scalar(self, name: str, content: str, position: int) -> PlistValue:
        """Return the value of a text; the text itself where it stands for none."""
        if name == "string":
            return content
        value, is_ordinary = (content, False) if name == "key" else SCALARS[name].read(content)
        if value is None:
            shown = redact_text(content[:1000], 40)
            fault = f"<{name}> contains {shown}, which is not {SCALARS[name].expected}"
            self.tree.refuse("malformed-plist", position, fault)
            return content
        if not is_ordinary and not self.tree.oddity:
            shown = "a <key> stands where a value should"
            if name != "key":
                shown = f"{redact_text(content[:1000], 40)} stands in <{name}>"
            self.tree.add_oddity(position, words.other_programs(shown))
        return value

    def _without_oddities(self, content: str, position: int) -> str:
        """Return a text as Apple's parser gives it, and note what other programs refuse or read otherwise."""
        found = NOT_XML.search(content)
        if found is not None:
            message = f"XML cannot contain the character {found[0]!r}. Other programs refuse the file. Remove it."
            self.tree.add("not-well-formed", position, message, "warning")
        if content.startswith(MARK):
            if not self.tree.oddity:
                message = (
                    "The text begins with a byte order mark (U+FEFF), which cannot be seen. Apple's parser drops it"
                )
                self.tree.add_oddity(position, f"{message}, but other programs keep it. Remove it.")
            return content[1:]
        return content

    # In every state

    def _after_space(self, position: int) -> int:
        # CFPropertyList.c, skipWhitespace.
        text, length = self.text, len(self.text)
        while position < length and text[position] in BLANKS:
            position += 1
        return position

    def _skip(self, start: int, end: str, what: str, length: int = 0) -> int:
        """Go behind the next place of a text, `length` characters after the start or later."""
        found = self.text.find(end, start + length)
        if found < 0:
            self._cut_short(start, f"The {what} that begins here never ends", end)
            raise Stop
        return found + len(end)

    def _cut_short(self, position: int, fault: str, missing: str) -> None:
        fault = f"{fault}: {missing!r} is missing, or the file is cut short"
        self.tree.refuse("truncated", position, fault, "Add it, or send the whole file.")

    def _start(self, position: int, longest: int = 40) -> str:
        return redact_text(self.text[position : position + 1000], longest)
