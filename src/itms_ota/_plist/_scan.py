"""One pass over the text of an XML property list, by the rules of CFPropertyList.c.

Each method reads on from one state: before the root, between elements, behind a tag; `_text` reads within a text. It
notes what Apple's parser would refuse, and goes on as was probably meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .._redact import redact_text
from ..errors import Problem
from . import _words as words
from ._characters import BLANKS, SPACE, WHITE_SPACE
from ._places import lines
from ._scalars import SCALARS
from ._text import ELEMENTS, TextReader
from ._tree import Element, Stop, Tree, causes
from ._usual import read_usual

if TYPE_CHECKING:
    from ._places import Wanted

_DOCTYPE = re.compile(rf"<!DOCTYPE[^>\[]*(?P<declarations>\[[^\]]*\]{SPACE})?>")
_BEHIND_NAME = re.compile(f"[{BLANKS}].*", re.DOTALL)
_ANY_SPACE = re.compile(f"[{WHITE_SPACE}]")
# Where text stands before the root, the shorter pattern finds what was meant.
_ROOT = re.compile(rf"<(?:{'|'.join(ELEMENTS)})(?=[{BLANKS}>]|/>)")
_MEANT_ROOT = re.compile(rf"<plist(?=[{BLANKS}>])|<dict>")
_CLOSED = re.compile(rf"([^<]*)</(true|false){SPACE}>")
_WITHOUT_BRACKET = re.compile("(string|key)([^<>&]+)</\\1")
_EMPTY = "The property list is empty"


class Scan(TextReader):
    """The scanner of an XML property list.

    `tree` has what was read; `is_usual` is whether the text is of the plainest form from behind the head on.
    """

    def __init__(
        self, text: str, wanted: Wanted | None = None, *, quick: bool = True, is_damaged: bool = False
    ) -> None:
        super().__init__(text, Tree(wanted), is_damaged=is_damaged)
        self.is_usual = False
        self.longest_tag = 0
        self._only_places = wanted is not None
        self._quick = quick and not self._only_places

    def run(self) -> None:
        """Read up to the end of the root."""
        try:
            self._document()
        except Stop:
            self.tree.value = None

    def problems(self, *, once: bool) -> tuple[Problem, ...]:
        """Return what is wrong with the text; what only other readers stumble on, where nothing else is."""
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
            end = self._instruction_or_comment(position, 1) or self._doctype(position) or self._directive(position)
            position = self._after_space(end or self._text_before(position))
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
        end = self._instruction_or_comment(position) or self._directive(position)
        if end is not None:
            return end
        return self._tag(position) if self.text[position] == "<" else self._stray_text(position)

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

    def _directive(self, position: int) -> int | None:
        found = words.DIRECTIVE.match(self.text, position)
        if found is None:
            return None
        fault = f"{redact_text(found[0], 40)} is an instruction of a template"
        self.tree.refuse("placeholder", position, fault, words.FILL_IN, "template")
        return found.end()

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
        if name not in ELEMENTS:
            name = self._unknown_element(tag, position)
        return self._start_tag(name, position, end, is_empty=tag.endswith("/"))

    def _unknown_element(self, tag: str, position: int) -> str:
        """Note an element that is not one of property lists, and return the name that was meant."""
        if words.DIRECTIVE.match(tag):
            fault = f"The element {redact_text(f'<{tag[:1000]}>', 42)} is of a template"
            self.tree.refuse("placeholder", position, fault, words.FILL_IN, "template")
            return tag
        meant = _ANY_SPACE.split(tag.removesuffix("/").lstrip(WHITE_SPACE), maxsplit=1)[0]
        cure = words.instead_of_element(tag, meant, ELEMENTS, awaits_key=self.tree.awaits_key)
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
        elif name in ELEMENTS:
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

    def _after_space(self, position: int) -> int:
        # CFPropertyList.c, skipWhitespace.
        text, length = self.text, len(self.text)
        while position < length and text[position] in BLANKS:
            position += 1
        return position
