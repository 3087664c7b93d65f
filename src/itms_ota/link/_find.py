"""Where links begin and end in a page's source, Markdown, JSON, a header, a log line, a mail.

One state machine: what stands before a link decides how it ends. Each of the forms was seen in published pages,
scripts, templates and logs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._urls import SPACE
from ._escapes import QUOTED_PRINTABLE, Context
from ._grammar import CLOSING_PUNCTUATION, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEME = r"itms-[ \t]*(?:\r?\n)?[ \t>]*services?"
_ESCAPED_COLON = r"\\u003a|&\#58;|&\#x3a;|&colon;"
_ALONE = re.compile(
    rf"""(?aix)
    [{SPACE}]* (?:unsafe:)? (?: {_SCHEME} (?: : | %3A | %253A | _/ | {_ESCAPED_COLON} ) | //\? )
    """
)
_START = re.compile(
    rf"""(?aix)
    (?:unsafe:)? {_SCHEME}
    # Percent-encoded from the colon on, or, where only ":" and "/" were left alone, from the question mark.
    (?: %3A | %253A | :/{{0,3}}%3F | : | {_ESCAPED_COLON} | _/ )
    # What a CMS leaves of a link whose scheme it takes for dangerous.
    | (?<![\w:/.\\]) //\? (?=action=download-manifest)
    """
)
# What makes a link of a mention of the scheme.
_PARAMETER_AHEAD = re.compile(
    rf"""(?aix)
    [^{SPACE}\"'<>`]{{0,300}}?
    (?: action | url ) (?: = | %3D | %253D | \\x3d | \\u003d | &\#x3D; | &\#61; | &equals; )
    """
)
_REGULAR_EXPRESSION = re.compile(r"(?:\\*/)*(?:\\+\?|\.[*+]|\[\^|\()")
_TAG = re.compile(r"<[A-Za-z!/?]")
_ENTITY_QUOTE = re.compile(r"&(?:quot|apos|lt|#34|#39|#x22|#x27);$")
# A literal that only closes the attribute or the tag adds nothing to the link.
_CONCATENATION = re.compile(r"(?a)\\?[\"'`]\s{0,4}(?:\+|&(?=[\s\"'])|\.\s{0,4}[\\$\w(])(?!\s{0,4}[\"'`]\\?[\"'>])")
# Neither "<" nor "[" holds white space.
_BRACKETS = {"<": re.compile(f"[{SPACE}>]"), "[": re.compile(rf"[{SPACE}\]]")}
_PARENTHESES = re.compile(rf"\{{\{{[^}}\n]{{0,200}}\}}\}}|[(){SPACE}]")
_DEEPEST_PARENTHESIS = 3
_LINE_END = re.compile(r"(?<!=)(?<!=\r)\n")
# In a quoted string a template may hold quotes of its own.
_TEMPLATE_START = re.compile(r"<[%?A-Za-z]|\{[{%]")
_TEMPLATE = r"<[%?].{0,300}?[%?]>|<[A-Za-z]+:[^<>\n]{0,200}>|\{\{.{0,200}?\}\}|\{%.{0,200}?%\}"
# Repeated in pieces: `re` keeps 140 bytes for every repetition.
_UNQUOTED = re.compile(
    rf"""(?aix) (?:
    \{{\{{[^}}\n]{{0,200}}\}}\}} | [$\#]?\{{[^{{}}\n]{{0,200}}\}}       # a template's expression
    | <[%?][^>\n]{{0,400}}>? | (?<==)<[^<>/\n]{{1,60}}> | (?<==)\([^()\n]{{1,60}}\)
    # A line that was broken before the URL, perhaps in a box, or between the parameters.
    | (?<=url=) [ \t|\u2502]{{0,80}} \n [ \t|\u2502>]{{0,80}} (?=https?[:%])
    | [ \t]{{0,4}} \r?\n [ \t>]{{0,80}} (?=(?:&|&amp;|;)url=)
    # Any other character, but an apostrophe only within a word, and no line feed of a program's string.
    | (?! &(?:quot|lt|gt|apos|\#34|\#39|\#x22|\#x27|nbsp|hellip|[lr][ds]quo|[lr]aquo);
        | '(?!\w) | \\[nrt"'] | (?<![=/])itms-services?: )
      [^{SPACE}\x00-\x1f"<>`|\u2502\u3002\uff0c\u3001\uff1b\u300d\u300f\u3011\u300b\u201d]
    ){{1,1000}}"""
)
_ENCODED_UNQUOTED = re.compile(rf"(?:[$#]\{{[^}}\n]{{0,200}}\}}|[^{SPACE}\"'<>`&#]){{1,1000}}")
_QUOTED_PRINTABLE_UNQUOTED = re.compile(rf"(?:=\r?\n|[^{SPACE}\"'<>`]){{1,1000}}")


def contexts(text: str) -> Iterator[Context]:
    """Find the links of a text, looking at no part of it more than a few times."""
    lines = _Lines(text)
    html = 1 if _TAG.search(text) else 0
    position = 0
    for found in _START.finditer(text):
        start, end = found.span()
        if start < position or not _PARAMETER_AHEAD.match(text, end) or _REGULAR_EXPRESSION.match(text, end):
            continue
        mail = QUOTED_PRINTABLE.match(text, end) is not None
        link = Context(start, end, html, encoded="%" in found[0], mail=mail)
        context = next(context for state in _STATES if (context := state(lines, link)) is not None)
        yield context
        position = context.end


def only(text: str) -> Context:
    """Find the one link that a text is, or the first that it holds; the whole text where it holds none."""
    whole = Context(0, len(text))
    return whole if _ALONE.match(text) else next(contexts(text), whole)


class _Lines:
    """A text, and what closes nothing in the rest of the line that was looked at last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._end = -1
        self._unclosed: set[str] = set()

    def closing(self, start: int, close: str) -> int:
        """Find what closes a link within its line; -1 where nothing does."""
        if start > self._end:
            end = _LINE_END.search(self.text, start)
            self._end = end.start() if end else len(self.text)
            self._unclosed.clear()
        if close in self._unclosed:
            return -1
        position = self.text.find(close, start, self._end)
        if position < 0:
            self._unclosed.add(close)
        elif close[-1] in "\"'`" and _TEMPLATE_START.search(self.text, start, position):
            for found in re.compile(f"{_TEMPLATE}|{re.escape(close)}").finditer(self.text, start, self._end):
                if found[0] == close:
                    return found.start()
        return position


# The states: each is given a link whose end is that of its scheme, and returns it whole, or None where the link does
# not stand so.


def _in_entities(lines: _Lines, link: Context) -> Context | None:
    """Between quotation marks or brackets that are escaped for HTML: a page that shows code."""
    entity = _ENTITY_QUOTE.search(lines.text, max(0, link.start - 8), link.start)
    end = -1 if entity is None else lines.closing(link.end, "&gt;" if entity[0] == "&lt;" else entity[0])
    return link._replace(end=end, entities=link.entities + 1) if end > 0 else None


def _in_quotes(lines: _Lines, link: Context) -> Context | None:
    """Between quotation marks: an attribute, a string of a program, a value of JSON."""
    text, start = lines.text, link.start
    quote = text[max(0, start - 1) : start]
    # In HTML inside JSON the quotation mark itself is escaped.
    escape = "\\" if text.endswith("\\" + quote, 0, start) else ""
    end = lines.closing(link.end, escape + quote) if quote and quote in "\"'`" else -1
    if end <= 0:
        return None
    # In code that a page shows, quotation marks may stand as they are.
    lead = text[max(0, start - 200) : start]
    return link._replace(
        end=end,
        entities=link.entities + (lead.rfind("&lt;") > lead.rfind("&gt;")),
        backslashes=True,
        joined=_CONCATENATION.match(text, end) is not None,
    )


def _in_brackets(lines: _Lines, link: Context) -> Context | None:
    """In ``<…>`` or ``[…]``, as in prose and Markdown."""
    bracket = _BRACKETS.get(lines.text[max(0, link.start - 1) : link.start])
    closed = bracket.search(lines.text, link.end) if bracket else None
    return None if closed is None or closed[0] in SPACE else link._replace(end=closed.start())


def _in_parentheses(lines: _Lines, link: Context) -> Context | None:
    """As the target of a Markdown link, which holds no white space but in a template."""
    if not lines.text.startswith("](", max(0, link.start - 2)):
        return None
    depth = 0
    for found in _PARENTHESES.finditer(lines.text, link.end):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth < 0:
            return link._replace(end=found.start())
        if depth > _DEEPEST_PARENTHESIS or found[0] in SPACE:
            break
    return None


def _bare(lines: _Lines, link: Context) -> Context:
    """In running text, a log line, a header: the link ends where no URL goes on."""
    text = lines.text
    pattern = _QUOTED_PRINTABLE_UNQUOTED if link.mail else _ENCODED_UNQUOTED if link.encoded else _UNQUOTED
    end = link.end
    while (piece := pattern.match(text, end)) is not None:
        end = piece.end()
    joined = _CONCATENATION.match(text, end) is not None
    if text.startswith("-->", end - 2):  # the end of a comment; ">" has ended the link
        end -= 2
    end = trimmed(text, link.start, end, CLOSING_PUNCTUATION + "~")
    if text[end - 1] == "_" and text[max(0, link.start - 1) : link.start] == "_":  # emphasis of Markdown
        end -= 1
    return link._replace(end=end, joined=joined)


_STATES = (_in_entities, _in_quotes, _in_brackets, _in_parentheses, _bare)
