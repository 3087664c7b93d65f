"""A text in an XML property list, from behind its start tag to behind its end tag, by the rules of CFPropertyList.c.

It notes what Apple's parser would refuse, and goes on as was probably meant.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from .._redact import redact_text
from . import _words as words
from ._characters import BLANKS, ENTITY, MARK, NOT_XML, SPACE, character
from ._encoding import ESCAPED
from ._scalars import SCALARS
from ._tree import Stop
from ._value import MAX_PROBLEMS

if TYPE_CHECKING:
    from ..errors import Code
    from ._tree import Tree
    from ._value import PlistValue

ELEMENTS = ("plist", "dict", "array", "key", "string", "integer", "real", "date", "data", "true", "false")

_END_TAG = re.compile(rf"</({'|'.join(ELEMENTS)}){SPACE}>")
# What stands in place of an end tag is broken where another element of property lists follows.
_BROKEN_END_TAG = re.compile(rf"<[^<>]{{0,40}}>?[{BLANKS}]*(?=</?(?:{'|'.join(ELEMENTS)})[{BLANKS}/>])")
_KEY = re.compile("<key>[^<]{0,200}</key>")
_VALUE = re.compile(rf"<(?:{'|'.join(ELEMENTS)})(?:>|/>)")
# Of these Apple's parser looks at the bytes themselves: there are no entities.
_RAW = {"integer", "date", "data"}
_MARKUP = re.compile("[<&]")
_RAW_MARKUP = re.compile("<")
_CDATA = "<![CDATA["


class TextReader:
    """The reader of the texts of a file.

    `bad_byte` is where the first byte of a key or text that is not UTF-8 stands: nothing is read from there on.
    """

    def __init__(self, text: str, tree: Tree, *, is_damaged: bool) -> None:
        self.text = text
        self.tree = tree
        self.bad_byte: int | None = None
        self._is_damaged = is_damaged
        self._told: Counter[Code] = Counter()  # the faults of the text that is being read

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
        if self.text.startswith(("&", "<!"), position) or words.DIRECTIVE.match(self.text, position):
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
        directive = words.DIRECTIVE.match(self.text, position)
        if directive is not None:
            fault = f"{redact_text(directive[0], 40)} of a template stands inside <{name}>"
            self._tell("placeholder", position, fault, words.FILL_IN)
            return directive[0], directive.end()
        fault = f"Unexpected '<' of {self._start(position, 24)} inside <{name}>"
        cure = words.FILL_IN if self.text.startswith(("<%", "<?"), position) else "Write it as &lt;."
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
        if name not in _RAW:
            content = self._without_oddities(content, position)
        if name == "string":
            return content
        value, is_ordinary = (content, False) if name == "key" else SCALARS[name].read(content)
        if value is None:
            self._refuse_scalar(name, content, position)
            return content
        if not is_ordinary and not self.tree.oddity:
            shown = "a <key> stands where a value should"
            if name != "key":
                shown = f"{redact_text(content[:1000], 40)} stands in <{name}>"
            self.tree.add_oddity(position, words.other_programs(shown))
        return value

    def _refuse_scalar(self, name: str, content: str, position: int) -> None:
        from .._placeholders import placeholder  # only for what is not read

        if self._told["placeholder"]:
            return
        is_left = placeholder(content[:1000]) is not None
        fault = f"<{name}> contains {redact_text(content[:1000], 40)}, which is not {SCALARS[name].expected}"
        code: Code = "placeholder" if is_left else "malformed-plist"
        self.tree.refuse(code, position, fault, words.FILL_IN if is_left else "")

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
