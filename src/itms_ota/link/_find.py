"""Where links begin and end in a page's source, Markdown, JSON, a header, a log line, a mail.

One state machine: what stands before a link decides how it ends. Each of the forms was seen in published pages,
scripts, templates and logs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._hosting import wrapped
from .._urls import SPACE, TAG
from ._escapes import QUOTED_PRINTABLE, Context, end_of_link
from ._grammar import CLOSING_PUNCTUATION, WIDE_PUNCTUATION, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEME = r"itmss?[-_][ \t]*(?:\r?\n)?[ \t>]*services?"
_ESCAPED_COLON = r"\\u003a|&\#58;|&\#x3a;|&colon;"
_ALONE = re.compile(
    rf"""(?aix)
    [{SPACE}]* (?:unsafe:|https?://)? (?: {_SCHEME} (?: : | %3A | %253A | _/ | (?=//?\?) | {_ESCAPED_COLON} ) | //\? )
    """
)
_START = re.compile(
    rf"""(?aix)
    (?:unsafe:|https?://)? {_SCHEME}
    # Percent-encoded from the colon on, or, where only ":" and "/" were left alone, from the question mark.
    (?: %3A | %253A | :/{{0,3}}%3F | : | {_ESCAPED_COLON} | _/ | (?=//?\?) )
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
# Scripts, style sheets and PHP, in which nothing is decoded; a comment may speak of them.
_RAW = re.compile(
    r"""(?isx)
      <!--.*?(?:-->|\Z)
    | (?P<raw> <(?P<name>script|style)\b (?![^>]{0,200}(?:template|html|handlebars|mustache)) .*? (?:</(?P=name)|\Z)
      | (?<!["'=]) <\?(?:php\b|=) .*? (?:\?>|\Z) )
    """
)
# A tag that is not closed, or an attribute alone: what a program writes there is decoded by whoever reads it. Arrows of
# programs close no tag.
_OPEN_TAG = re.compile(r"<[A-Za-z][A-Za-z0-9]*[\s/](?:[^<>]|(?<=[=-])>)*\Z|(?<![\w.])href=\\?[\"']\Z")
_ENTITY_QUOTE = re.compile(r"&(?:quot|apos|lt|grave|#34|#39|#96|#x22|#x27|#x60);$")
# What joins strings: JavaScript, Visual Basic, Lua, Jinja, Elixir, SQL, PHP, shells, Objective-C, builders of strings,
# lists; C and Python join those that stand side by side. A literal that only closes the attribute or the tag adds
# nothing to the link, and neither does most of what is called on a URL that is whole. A sentence may end after a link:
# PHP has a variable, a call or a constant there.
_CONCATENATION = re.compile(
    r"""(?ax)
    \\?["'`] \s{0,4}
    (?: (?: \+ | &(?=[\s"']) | \.\.(?!\.) | ~ | <> | \|\| ) (?! \s{0,4} ["'`] \\?["'>] )
      | \) (?:;\s{0,80}\w{1,40} | \s{0,80}) \.[aA]ppend\( | \];\s{0,80}\[\w{1,40}[ ]append
      | ,[^\n"'\]]{0,100}\]\s{0,4}\.join\( | stringBy )
    | \\?["'] (?: \s{0,4}\.\s{0,4}(?:\\?\$[A-Za-z_{]|\\[A-Z]) | \s{1,4}\.\s{0,4}[\w(] | ["']{0,2}\$[\w{(]
      | \.\s{1,4} (?: \w{1,60}(?:\(|::) | [A-Z][A-Z0-9_]{1,60}\s{0,4}[.;,)] ) )
    | (?<!\.plist) (?: \\?["'] \.[\w(] | "\s{1,4}(?!(?:AND|AS|OR)\b)[A-Z][A-Z0-9_]{1,60}\s{1,4}@?"
      | ["'][ \t]{0,4}\\?\r?\n[ \t]{1,80}(?:[bfrBFR]{1,2}|@)?["'](?!itms-|https?:) )
    """
)
# R, SQL, Lua, Python, PHP, Go and XSLT name the function first, perhaps with what goes between.
_JOINED_AFTER = re.compile(
    r"""(?aix)
    \b (?:paste0?|str_c|concat|concat_ws|join|implode|sprint) \s{0,4} [({\[]{1,2} \s{0,20}
    (?:["'][^"'\n]{0,4}["'],\s{0,4}[({\[]?)? \Z
    """
)
# A constant of a program, or the argument of a call: if the URL is still to come, it is written elsewhere.
_IN_PROGRAM = re.compile(r"(?:[\w\])][ \t]{0,4}[:+]?=[ \t]{0,4}|\w\([ \t]{0,4})\Z")
# Neither "<" nor "[" holds white space; in "<", Slack writes a label after a "|".
_BRACKETS = {"<": re.compile(f"[{SPACE}>|]"), "[": re.compile(rf"[{SPACE}\]]")}
# Several links in one string, as in a list.
_ANOTHER = re.compile(rf"(?ai)[{SPACE}|,;#]{{1,20}}(?=itms-services?:)")
# A link that is a parameter of another URL, in which its "&" alone is encoded.
_PARAMETER_BEFORE = re.compile(r"(?a)[?&;][\w.-]{1,40}=\Z")
_AMPERSAND_ENCODED = re.compile(r"(?ai)/*\?action=download-manifest%26")
_PARENTHESES = re.compile(rf"\{{\{{[^}}\n]{{0,200}}\}}\}}|[(){SPACE}]")
_DEEPEST_PARENTHESIS = 3
_LINE_END = re.compile(r"(?<!=)(?<!=\r)\n")
# In a quoted string a template may hold quotes of its own.
_TEMPLATE_START = re.compile(r"<[%?@#A-Za-z]|\{[{%]")
_TEMPLATE = r"<[%?].{0,300}?[%?]>|<(?:[A-Za-z]+:|[@#])[^<>\n]{0,200}>|\{\{.{0,200}?\}\}|\{%.{0,200}?%\}"
# Repeated in pieces: `re` keeps 140 bytes for every repetition.
_UNQUOTED = re.compile(
    rf"""(?aix) (?:
    \{{\{{[^}}\n]{{0,200}}\}}\}} | [$\#]?\{{[^{{}}\n]{{0,200}}\}}       # a template's expression
    | <[%?][^>\n]{{0,400}}>? | (?<==)(?:\([^()\n]{{1,60}}\)|\[[^\[\]\n]{{1,60}}\])
    | (?<==)<[^<>/\n]{{1,60}}> | <(?!{TAG})[a-z][\w -]{{0,60}}>
    # A line that was broken before the URL, perhaps in a box, or between the parameters.
    | (?<=url=) [ \t|\u2502]{{0,80}} \n [ \t|\u2502>]{{0,80}} (?=https?[:%])
    | [ \t]{{0,4}} \r?\n [ \t>]{{0,80}} (?=(?:&|&amp;|;)url=)
    | (?<=[&;]) [ \t]{{0,4}} \r?\n [ \t>]{{0,80}} (?=url=)
    # A bracket that is closed only where it was opened, and not the label that AsciiDoc writes after a link.
    | (?<!\.plist) \[{{1,2}}[^{SPACE}\[\]"<>`]{{1,200}}\]{{1,2}}
    # Any other character, but an apostrophe only within a word, and no line feed of a program's string. After the name
    # of a manifest no list, no bracket and no text in another alphabet goes on.
    | (?! (?<=\.plist) [\[,)\x80-\U0010ffff]
        | &(?:quot|lt|gt|apos|grave|\#34|\#39|\#96|\#x22|\#x27|\#x60|nbsp|hellip|[lr][ds]quo|[lr]aquo);
        | '(?!\w) | \\[nrt"'] | (?<![=/])itms-services?: )
      [^{SPACE}\x00-\x1f\]"<>`|\u2502{WIDE_PUNCTUATION}]
    ){{1,1000}}"""
)
_ENCODED_UNQUOTED = re.compile(rf"(?:[$#]\{{[^}}\n]{{0,200}}\}}|[^{SPACE}\"'<>`&#]){{1,1000}}")
_QUOTED_PRINTABLE_UNQUOTED = re.compile(rf"(?:=\r?\n|[^{SPACE}\"'<>`]){{1,1000}}")


def contexts(text: str) -> Iterator[Context]:
    """Find the links of a text, looking at no part of it more than a few times."""
    lines = _Lines(text)
    source = _Source(text)
    position = 0
    for found in _START.finditer(text):
        start, end = found.span()
        if start < position or not _PARAMETER_AHEAD.match(text, end) or _REGULAR_EXPRESSION.match(text, end):
            continue
        mail = QUOTED_PRINTABLE.match(text, end) is not None
        link = Context(start, end, source.entities(start), encoded=_is_encoded(text, found), mail=mail)
        context = next(context for state in _STATES if (context := state(lines, link)) is not None)
        yield context
        position = context.end


def _is_encoded(text: str, found: re.Match[str]) -> bool:
    """Check for a link that is encoded as part of another URL, all of it or no more than its "&"."""
    if "%" in found[0]:
        return True
    is_within = _PARAMETER_BEFORE.search(text, max(0, found.start() - 42), found.start())
    return is_within is not None and _AMPERSAND_ENCODED.match(text, found.end()) is not None


def only(text: str) -> Context:
    """Find the one link that a text is, or the first that it holds; the whole text where it holds none."""
    # The link in one of a mail scanner is not what is tapped.
    if _ALONE.match(text) or wrapped(text.strip(SPACE)):
        return Context(0, end_of_link(text))
    return next(contexts(text), Context(0, len(text)))


class _Source:
    """A text, and where HTML entities are decoded in it; it is asked from its beginning on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._html = _TAG.search(text) is not None
        self._is_page = text.lstrip(SPACE).startswith("<")
        self._raw = _RAW.finditer(text)
        self._next = next(self._raw, None) if self._html else None

    def entities(self, start: int) -> int:
        """Return how many times the entities of a link are decoded by a browser.

        In a program, which may have tags in its texts and types, those of a string that is all of the link are not.
        """
        while self._next and self._next.end() <= start:
            self._next = next(self._raw, None)
        raw = self._next if self._next and self._next["raw"] and self._next.start() < start else None
        if raw or (not self._is_page and self._text[start - 1 : start] in {'"', "'", "`"}):
            lead = max(raw.start() if raw else 0, start - 400)
            return 1 if _OPEN_TAG.search(self._text, lead, start) else 0
        return int(self._html)


class _Lines:
    """A text, and what closes nothing in the rest of the line that was looked at last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._end = -1
        self._unclosed: set[str] = set()
        self._ends: dict[str, int] = {}

    def bracketed(self, bracket: str, start: int) -> int:
        """Find what closes a bracket; -1 where nothing does, or white space comes first."""
        if bracket not in _BRACKETS:
            return -1
        # As many brackets may be open as there are links: what ends one is looked for once.
        if self._ends.get(bracket, -1) < start:
            found = _BRACKETS[bracket].search(self.text, start)
            self._ends[bracket] = found.start() if found else len(self.text)
        end = self._ends[bracket]
        return -1 if self.text[end : end + 1] in SPACE else end

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
    quote = text[start - 1 : start]  # nothing, where the link begins the text
    # In HTML inside JSON the quotation mark itself is escaped.
    escape = "\\" if text.endswith("\\" + quote, 0, start) else ""
    end = lines.closing(link.end, escape + quote) if quote and quote in "\"'`" else -1
    if end <= 0:
        return None
    another = _ANOTHER.search(text, link.end, end)
    end = another.start() if another else end
    # In code that a page shows, quotation marks may stand as they are.
    lead = text[max(0, start - 200) : start]
    return link._replace(
        end=end,
        entities=link.entities + (lead.rfind("&lt;") > lead.rfind("&gt;")),
        backslashes=True,
        joined=_CONCATENATION.match(text, end) is not None
        or _is_joined(text, start - 1, end + 1)
        or (text.endswith("url=", start, end) and _is_begun(text, start - 1, link.entities)),
    )


def _is_begun(text: str, quote: int, entities: int) -> bool:
    """Check for a string without the URL, from the quotation mark on, that is not all of a link: nobody taps it."""
    if text[quote] == "`":  # code in a text, or a literal of JavaScript; no attribute of HTML has it
        return _OPEN_TAG.search(text, max(0, quote - 400), quote) is None
    return not entities and _IN_PROGRAM.search(text, max(0, quote - 12), quote) is not None


def _is_joined(text: str, start: int, end: int) -> bool:
    """Check for a string from `start` to `end` that is an argument of a function which joins several."""
    lead = max(0, start - 40)
    return text.startswith(",", end) and _JOINED_AFTER.search(text, lead, start) is not None


def _in_brackets(lines: _Lines, link: Context) -> Context | None:
    """In ``<…>`` or ``[…]``, as in prose and Markdown."""
    end = lines.bracketed(lines.text[link.start - 1 : link.start], link.end)
    return link._replace(end=end) if end > 0 else None


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
    if text[end - 1] == "_" and text[link.start - 1 : link.start] == "_":  # emphasis of Markdown
        end -= 1
    return link._replace(end=end, joined=joined)


_STATES = (_in_entities, _in_quotes, _in_brackets, _in_parentheses, _bare)
