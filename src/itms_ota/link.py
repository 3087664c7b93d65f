"""The install link: ``itms-services://?action=download-manifest&url=`` and the manifest's URL.

The device decodes the value of `url` exactly once and hands the result to NSURL; ``+`` is no space, the
order of parameters does not matter, unknown ones are ignored. What else stands here of a form was seen
in published pages, scripts and logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from . import _urls
from ._redact import redact_text, repr_of_fields, safe_repr, without_secrets
from ._urls import SPACE
from .errors import LinkError, Problem, as_html, as_text, check_texts, check_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .errors import Code, Level

# What browsers take off around an address (WHATWG URL): control characters of ASCII, and spaces.
_TAKEN_OFF = "".join(map(chr, range(0x21)))
_PREFIX = "itms-services://?action=download-manifest&url="
_ACTION = "download-manifest"
# Legitimate, and nothing that installs: StoreKit testing, and codes of the App Store.
_OTHER_ACTIONS = {"purchaseintent": "tests a purchase in an app (StoreKit)", "redeem-codes": "redeems App Store codes"}

# What this library writes, and what most link builders do.
_CANONICAL = re.compile(re.escape(_PREFIX) + r"((?:https|HTTPS)%3A%2F%2F[A-Za-z0-9%._~-]+)")


@dataclass(frozen=True, slots=True)
class InstallLink:
    """A link that installs what the manifest at `manifest_url` names.

    The URL is made a URI of: spaces and other letters are encoded, scheme and host in lower case, a host
    of other letters in its xn-- form, ``:443`` dropped. Raises LinkError for what a device would not
    follow: anything but https, no host, the device itself, white space around, a placeholder; for a user
    name or password, which everybody could read; TypeError for what is no str.

    >>> link = InstallLink("https://apps.example.com/My App.plist")
    >>> link.manifest_url
    'https://apps.example.com/My%20App.plist'
    >>> print(link)
    itms-services://?action=download-manifest&url=https%3A%2F%2Fapps.example.com%2FMy%2520App.plist
    """

    manifest_url: str

    def __post_init__(self) -> None:
        url = self.manifest_url
        if not isinstance(url, str):
            message = f"manifest_url must be a str, not {safe_repr(url)}"
            raise TypeError(message)
        if _urls.is_plain(url):
            return
        url = _urls.normalise(url)
        errors = [
            problem for problem in _url_problems(url) if problem.level == "error" or problem.code == "credentials"
        ]
        if errors:
            raise LinkError(replace(problem, level="error") for problem in errors)
        object.__setattr__(self, "manifest_url", url)

    @classmethod
    def from_url(cls, text: str) -> InstallLink:
        """Read a link that a device would follow, in any form that it does.

        Raises LinkError with every error for any other, and for text around it; warnings raise nothing
        (`inspect_link` gives them, and never raises).

        >>> InstallLink.from_url("itms-services://?action=download-manifest;url=https://a.example/m.plist").manifest_url
        'https://a.example/m.plist'
        """
        canonical = _CANONICAL.fullmatch(text) if isinstance(text, str) else None
        if canonical is not None:
            url = _urls.decode(canonical.group(1))
            if _urls.is_plain(url):
                return cls(url)
        report = inspect_link(text)
        errors = [problem for problem in report.problems if problem.level == "error"]
        if report.device_url is None or errors:
            raise LinkError(errors)
        if report.text.strip(SPACE) != text.strip(SPACE):
            shown = redact_text(report.text)
            message = f"There is text around the link {shown}: give the link alone, or use find_links()."
            raise LinkError([Problem("", "surrounding-text", message)])
        return cls(report.device_url)

    def to_url(self) -> str:
        """Give the link, in ASCII; the same as ``str(link)``."""
        # urlunsplit would drop the "//" on Python before 3.12.
        return _PREFIX + _urls.encode(self.manifest_url)

    __repr__ = repr_of_fields

    def __str__(self) -> str:
        return self.to_url()

    def __format__(self, spec: str) -> str:
        return format(self.to_url(), spec)

    def to_html(self, text: str, attributes: Mapping[str, str] = {}) -> str:
        """Give an ``<a>`` element with the text, both escaped; `attributes` are added to it.

        Raises TypeError for what is no str and for an attribute "href", LinkError for a name that is none.

        >>> print(InstallLink("https://a.example/m").to_html("Get <A>", {"id": "x"}))
        <a href="itms-services://?action=download-manifest&amp;url=https%3A%2F%2Fa.example%2Fm" id="x">Get &lt;A&gt;</a>
        """
        from html import escape  # not needed for a link alone

        if not isinstance(text, str):
            message = f"text must be a str, not {safe_repr(text)}"
            raise TypeError(message)
        check_texts("attributes", attributes)
        parts = [f'<a href="{escape(self.to_url())}"']
        for name, value in attributes.items():
            if name.lower() == "href":
                message = "href is the link itself: leave it out of the attributes"
                raise TypeError(message)
            if not re.compile(_ATTRIBUTE).fullmatch(name):
                message = f"{name!r} is no name of an HTML attribute: letters, digits and '-', beginning with a letter."
                raise LinkError([Problem(name, "bad-attribute", message)])
            parts.append(f' {name}="{escape(value)}"')
        return f"{''.join(parts)}>{escape(text)}</a>"

    def problems(self) -> tuple[Problem, ...]:
        """Give the warnings: what lets the link fail on some devices, or is likely a mistake."""
        return tuple(_url_problems(self.manifest_url))

    def _repr_html_(self) -> str:
        url = self.to_url()
        shown = without_secrets(url)
        if shown == url:
            return self.to_html(url)
        from html import escape  # as in to_html

        # A notebook keeps what it shows: a link that carries a secret cannot be tapped there.
        return f"<span>{escape(shown)}</span>"


_ATTRIBUTE = "[A-Za-z][A-Za-z0-9-]*"


def _url_problems(url: str) -> list[Problem]:
    """Say what is wrong with a manifest's URL; that it is the device itself is an error (Apple's schema)."""
    found = [
        replace(problem, level="error") if problem.code == "loopback-host" else problem
        for problem in _urls.problems(url, "url")
    ]
    if not found or all(problem.level == "warning" for problem in found):
        name = _urls.path(url)
        if name.lower().endswith((".ipa", ".html", ".apk", ".png")):
            message = (
                f"The URL {_urls.redact(url)} looks like that of another file: the link must lead to the manifest, a "
                "property list that names the .ipa. Else the device says 'Cannot connect'."
            )
            found.append(Problem("url", "wrong-file", message, "warning"))
    return found


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What `inspect_link` or `find_links` found.

    `text` is the link as it stands, from `start` to `end` of the text that was looked through. `link` is
    the one that was meant: None where that cannot be told, and for what is not https, a template, or carries
    a user name or password: nothing is upgraded. `device_url` is what a device would ask for if the text were
    tapped as it stands, None where that is nothing; where iOS versions differ, as iOS 16 and earlier.
    """

    text: str
    link: InstallLink | None
    device_url: str | None
    problems: tuple[Problem, ...]
    start: int
    end: int

    @property
    def ok(self) -> bool:
        """Whether a device would follow the link: there is no error."""
        return not any(problem.level == "error" for problem in self.problems)

    __repr__ = repr_of_fields

    def __str__(self) -> str:
        return as_text(self._title(), self.problems)

    def _repr_html_(self) -> str:
        return as_html(self._title(), self.problems)

    def _title(self) -> str:
        if self.link is not None:
            return f"link to {_urls.redact(self.link.manifest_url)}"
        return f"link {redact_text(self.text)}" if self.text else "no link"


def inspect_link(text: str) -> LinkReport:
    """Say what a link means, what a device makes of it, and what is wrong; never raises on content.

    The text may be a link alone, or hold one: then the report is on that link alone, the first, from
    `start` to `end`. A report is no bool: use `.ok`. Raises TypeError for what is no str.

    >>> report = inspect_link("itms-services://?action=download-manifest&url=https://a.example/m?a=1&b=2")
    >>> report.device_url, report.link.manifest_url
    ('https://a.example/m?a=1', 'https://a.example/m?a=1&b=2')
    >>> [problem.code for problem in report.problems]
    ['cut-short']
    """
    check_type("text", text, str)
    if not re.compile(_ALONE).match(text):
        for found in find_links(text):
            return found
    return _report(text, _Context(0, len(text)))


def find_links(text: str) -> tuple[LinkReport, ...]:
    r"""Find the install links in a page's source, Markdown, JSON, a header, a log line, a mail.

    A mention of the scheme alone is no link. Escapes that belong to the source are undone: ``&amp;`` in
    HTML, ``\/`` in JSON, ``=3D`` in mail.

    >>> page = '<a href="itms-services://?action=download-manifest&amp;url=https://a.example/m.plist">Install</a>'
    >>> [(report.link.manifest_url, report.ok) for report in find_links(page)]
    [('https://a.example/m.plist', True)]
    """
    check_type("text", text, str)
    return tuple(_report(text, context) for context in _Finder(text).contexts())


class _Context(NamedTuple):
    """Where a link stands in a text, and what of its escapes belongs to that text."""

    start: int
    end: int
    entities: int = 0  # how many times HTML entities are to be undone
    backslashes: bool = False  # within a quoted string of JSON or JavaScript
    encoded: bool = False  # percent-encoded as a whole, within another URL
    mail: bool = False  # written as quoted-printable
    joined: bool = False  # a program puts the rest of the link behind it


_SCHEME = r"itms-[ \t]*(?:\r?\n)?[ \t>]*services?"
# Percent-encoded from the colon on, or, where only ":" and "/" were left alone, from the question mark.
_ENCODED = "%3A|%253A|:/{0,3}%3F"
_ESCAPED_COLON = r"\\u003a|&#58;|&#x3a;|&colon;"
_ALONE = rf"(?ai)[{SPACE}]*(?:unsafe:)?(?:{_SCHEME}(?::|%3A|%253A|_/|{_ESCAPED_COLON})|//\?)"
# The scheme, or what a CMS leaves of a link whose scheme it takes for dangerous.
_START = (
    rf"(?ai)(?:unsafe:)?{_SCHEME}(?:{_ENCODED}|:|{_ESCAPED_COLON}|_/)|(?<![\w:/.\\])//\?(?=action=download-manifest)"
)
# What makes a link of a mention of the scheme.
_PARAMETER_AHEAD = rf"(?ai)[^{SPACE}\"'<>`]{{0,300}}?(?:action|url)(?:=|%3D|%253D|\\x3d|\\u003d|&#x3D;|&#61;|&equals;)"
_REGULAR_EXPRESSION = r"(?:\\*/)*(?:\\+\?|\.[*+]|\[\^|\()"
_TAG = r"<[A-Za-z!/?]"
_ENTITY_QUOTE = r"&(?:quot|apos|lt|#34|#39|#x22|#x27);$"
# A literal that only closes the attribute or the tag adds nothing to the link.
_CONCATENATION = r"(?a)\\?[\"'`]\s{0,4}(?:\+|&(?=[\s\"'])|\.\s{0,4}[\\$\w(])(?!\s{0,4}[\"'`]\\?[\"'>])"
_CLOSING_PUNCTUATION = (
    ".,;:!?'*\\\u2026\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f\uff09\u300d\u300f\u3011\u300b\u201d\u2019\xbb"
)
_ESCAPED_PUNCTUATION = r"quot|lt|gt|apos|#34|#39|#x22|#x27|nbsp|hellip|[lr][ds]quo|[lr]aquo"
# In a quoted string a template may hold quotes of its own.
_TEMPLATE = r"<[%?].{0,300}?[%?]>|<[A-Za-z]+:[^<>\n]{0,200}>|\{\{.{0,200}?\}\}|\{%.{0,200}?%\}"
_UNQUOTED = (
    r"(?ai)(?:\{\{[^}\n]{0,200}\}\}|[$#]?\{[^{}\n]{0,200}\}|<[%?][^>\n]{0,400}>?|(?<==)<[^<>/\n]{1,60}>"
    r"|(?<==)\([^()\n]{1,60}\)"
    # ... a line that was broken before the URL, perhaps in a box, or between the parameters ...
    r"|(?<=url=)[ \t|\u2502]{0,80}\n[ \t|\u2502>]{0,80}(?=https?[:%])|[ \t]{0,4}\r?\n[ \t>]{0,80}(?=(?:&|&amp;|;)url=)"
    # ... and any other character, but an apostrophe only within a word, and no line feed of a program's string.
    rf"|(?!&(?:{_ESCAPED_PUNCTUATION});|'(?!\w)|\\[nrt\"']|(?<![=/])itms-services?:)"
    rf"[^{SPACE}\x00-\x1f\"<>`|\u2502\u3002\uff0c\u3001\uff1b\u300d\u300f\u3011\u300b\u201d])*"
)
_ENCODED_UNQUOTED = rf"(?:[$#]\{{[^}}\n]{{0,200}}\}}|[^{SPACE}\"'<>`&#])*"
# Mail writes "=" as "=3D" and breaks lines after a "=" (RFC 2045 6.7).
_QUOTED_PRINTABLE = rf"(?ai)[^{SPACE}\"'<>`]{{0,300}}?[?&;]action=3D"
_QUOTED_PRINTABLE_UNQUOTED = rf"(?:=\r?\n|[^{SPACE}\"'<>`])*"
_LINE_END = r"(?<!=)(?<!=\r)\n"
_DEEPEST_PARENTHESIS = 3


class _Finder:
    """Finds where links begin and end, without looking at any part of the text more than a few times."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._html = 1 if re.compile(_TAG).search(text) else 0
        self._line_end = -1
        self._unclosed: set[str] = set()  # what closes nothing in the rest of the line

    def contexts(self) -> Iterator[_Context]:
        position = 0
        for found in re.compile(_START).finditer(self._text):
            if found.start() < position or not re.compile(_PARAMETER_AHEAD).match(self._text, found.end()):
                continue
            if re.compile(_REGULAR_EXPRESSION).match(self._text, found.end()):
                continue
            context = self._context(found)
            yield context
            position = context.end

    def _context(self, found: re.Match[str]) -> _Context:
        """Tell how far a link goes, by what stands before it."""
        text, start, inside = self._text, found.start(), found.end()
        encoded = "%" in found[0]
        mail = re.compile(_QUOTED_PRINTABLE).match(text, inside) is not None
        before = text[max(0, start - 8) : start]
        entity = re.compile(_ENTITY_QUOTE).search(before)
        if entity is not None:
            end = self._closed(inside, "&gt;" if entity[0] == "&lt;" else entity[0])
            if end > 0:
                return _Context(start, end, self._html + 1, encoded=encoded, mail=mail)
        quote = before[-1:]
        if quote and quote in "\"'`":
            # In HTML inside JSON the quote itself is escaped.
            end = self._closed(inside, f"\\{quote}" if before.endswith(f"\\{quote}") else quote)
            if end > 0:
                joined = re.compile(_CONCATENATION).match(text, end) is not None
                # In code that a page shows, quotes may stand as they are.
                lead = text[max(0, start - 200) : start]
                entities = self._html + (lead.rfind("&lt;") > lead.rfind("&gt;"))
                return _Context(start, end, entities, backslashes=True, encoded=encoded, mail=mail, joined=joined)
        end = -1
        if quote in {"<", "["}:
            # Neither holds white space.
            closed = re.compile(f"[{SPACE}>]" if quote == "<" else rf"[{SPACE}\]]").search(text, inside)
            end = -1 if closed is None or closed[0] in SPACE else closed.start()
        elif before.endswith("]("):
            end = self._closing_parenthesis(inside)
        if end > 0:
            return _Context(start, end, self._html, encoded=encoded, mail=mail)
        pattern = _QUOTED_PRINTABLE_UNQUOTED if mail else _ENCODED_UNQUOTED if encoded else _UNQUOTED
        unquoted = re.compile(pattern).match(text, inside)
        end = unquoted.end() if unquoted else inside
        joined = re.compile(_CONCATENATION).match(text, end) is not None
        if text.startswith("-->", end - 2):  # the end of a comment; ">" has ended the link
            end -= 2
        end = _trimmed(text, start, end, _CLOSING_PUNCTUATION + "~")
        if quote == "_" and text[end - 1] == "_":  # emphasis of Markdown
            end -= 1
        return _Context(start, end, self._html, encoded=encoded, mail=mail, joined=joined)

    def _closed(self, start: int, close: str) -> int:
        """Find what closes the link within its line; -1 where nothing does."""
        if start > self._line_end:
            line_end = re.compile(_LINE_END).search(self._text, start)
            self._line_end = line_end.start() if line_end else len(self._text)
            self._unclosed.clear()
        if close in self._unclosed:
            return -1
        end = self._text.find(close, start, self._line_end)
        if end < 0:
            self._unclosed.add(close)
        elif re.compile(r"<[%?A-Za-z]|\{[{%]").search(self._text, start, end) and close[-1] in "\"'`":
            for found in re.compile(f"{_TEMPLATE}|{re.escape(close)}").finditer(self._text, start, self._line_end):
                if found[0] == close:
                    return found.start()
        return end

    def _closing_parenthesis(self, start: int) -> int:
        """Find the end of a Markdown link's target, which holds no white space but in a template."""
        depth = 0
        for found in re.compile(rf"\{{\{{[^}}\n]{{0,200}}\}}\}}|[(){SPACE}]").finditer(self._text, start):
            if found[0] == ")":
                depth -= 1
            elif found[0] == "(":
                depth += 1
            if depth < 0:
                return found.start()
            if depth > _DEEPEST_PARENTHESIS or found[0] in SPACE:
                break
        return -1


def _trimmed(text: str, start: int, end: int, punctuation: str) -> int:
    """Leave the full stop of a sentence, and brackets that were opened before the link, outside."""
    inside = text[start:end]
    surplus = {close: inside.count(close) - inside.count(opening) for opening, close in ("()", "[]", "{}")}
    while end > start:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in punctuation:
            break
        end -= 1
    if text.startswith("...", end) and text[end - 1] in "=/-":
        end += 3  # no end of a sentence, but what somebody left out
    return end


def _without_space(text: str) -> str:
    """Take white space off, be it percent-encoded; the end backwards, as a search for it would not be linear."""
    text = re.sub(rf"(?ai)\A(?:[{SPACE}]|%20|%0[9A-D]|%C2%A0|%E2%80%8B|%E3%80%80|%EF%BB%BF)+", "", text)
    backwards = rf"(?ai)\A(?:[{SPACE}]|02%|[9A-D]0%|0A%2C%|B8%08%2E%|08%08%3E%|FB%BB%FE%)+"
    return re.sub(backwards, "", text[::-1])[::-1]


# Like browsers in an attribute, leave alone what has no ";" ("&copy=1").
_NEEDLESS_ENTITY = r"&#(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});|&(?:colon|sol|quest|equals);"
_ENTITY = rf"{_NEEDLESS_ENTITY}|&(?:amp|lt|gt|quot|apos|AMP|LT|GT|QUOT);"


def _without_entities(text: str, entity: str = _ENTITY) -> str:
    if "&" not in text:
        return text
    from html import unescape  # not needed to write a link

    return re.sub(entity, lambda found: unescape(found[0]), text)


def _without_quoted_printable(text: str) -> str:
    """Undo what mail does to a link (RFC 2045 6.7)."""
    return re.sub("=3D", "=", re.sub(r"=\r?\n", "", text), flags=re.IGNORECASE)


def _without_backslashes(text: str) -> str:
    r"""Undo what JSON and JavaScript escape: ``\/``, ``\u0026``, ``\x26``."""
    if "\\" not in text:
        return text
    text = re.sub(r"\\(?:u00|x)([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)
    return text.replace("\\/", "/")


def _report(text: str, context: _Context) -> LinkReport:
    taken = text[context.start : context.end]
    tapped = _without_quoted_printable(taken) if context.mail else taken
    for _ in range(context.entities):
        tapped = _without_entities(tapped)
    if context.backslashes:
        tapped = _without_backslashes(tapped)
    if context.encoded:
        tapped = _urls.decode(tapped)
    reader = _Reader(html=context.entities > 0, joined=context.joined)
    reader.read(tapped)
    # Escaped twice is an error wherever it stands, though a device that splits at ";" might find the url.
    lost = any(problem.code == "double-escaped" for problem in reader.problems)
    device_url = None if lost else _device_url(tapped)
    return LinkReport(taken, reader.link, device_url, tuple(reader.problems), context.start, context.end)


def _device_url(text: str) -> str | None:
    """Do what a device does with a link: find the parameter, decode once, ask NSURL."""
    scheme, _, rest = text.strip(_TAKEN_OFF).partition(":")
    slashes, _, query = rest.partition("?")
    if scheme.lower() != "itms-services" or re.search(rf"[\\{SPACE}]", slashes) or re.search(r"[\r\n]", rest):
        return None
    query = query.partition("#")[0]
    parameters = _parameters(query, "&")
    if not _installs(parameters):
        parameters = _parameters(query, "[&;]")
    url = _urls.decode(parameters.get("url", ""))
    return None if not _installs(parameters) or _is_refused(url) else url


def _installs(parameters: Mapping[str, str]) -> bool:
    return parameters.get("action", "").lower() == _ACTION and "url" in parameters


def _is_refused(url: str) -> bool:
    """Tell whether NSURL refuses the URL, or it leads nowhere: then the device does nothing."""
    return not _urls.host(url) or any(problem.code in _REFUSED_BY_NSURL for problem in _urls.problems(url, ""))


_REFUSED_BY_NSURL = {"empty", "whitespace", "placeholder", "invalid-url", "relative-url", "no-host"}


def _parameters(query: str, separator: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for part in re.split(separator, query):
        name, mark, value = part.partition("=")
        if mark:
            parameters.setdefault(name.lower(), value)  # of two of a name, the first
    return parameters


_ENCODED_LINK = r"(?ai)(?:unsafe:)?itms-services?(?:%(?:25)*3A|:/*%(?:25)*3F[^?]*$)"
_SHAPE = r"(?ais)(unsafe:)?(?:(itms-services?)([:_]))?(/*)([^?]*)(\??)(.*)"
_URL_PARAMETER = (
    rf"(?ai)(?:^|(&amp;(?:amp;)+|&amp;|&|;|%26(?:amp%3B)?|amp[-;]|\?))([{SPACE}]{{0,4}}url[{SPACE}]{{0,4}})(=|%3D)"
)
_ACTION_PARAMETER = rf"(?ai)(?:^|(&amp;(?:amp;)*|[&;?]))([{SPACE}]{{0,4}}action[{SPACE}]{{0,4}})=([^&;?#%]*)"
_ABSOLUTE = r"[A-Za-z][A-Za-z0-9+.-]*://"
_STILL_ENCODED = r"(?ai)[A-Za-z][A-Za-z0-9+.-]*%(?:25)*3A"
_NESTED = r"(?ai)itms-services(?::|%3A)"
_QUOTES_BEFORE = r"(?ai)[\"'\u2018\u201c\u201d\xab\u300c]+(?=https?(?::|%3A))"
_MOST_NESTED = 3


class _Reader:
    """Reads one link, gathering what is wrong with it."""

    def __init__(self, *, html: bool, joined: bool) -> None:
        self.problems: list[Problem] = []
        self.link: InstallLink | None = None
        self._html = html
        self._joined = joined
        self._nested = 0

    def add(self, path: str, code: Code, message: str, level: Level = "error") -> None:
        self.problems.append(Problem(path, code, message, level))

    def read(self, text: str) -> None:
        if re.compile(_QUOTED_PRINTABLE).match(text):
            text = re.sub(r"=\r?\n", "", text)
        text = self._one_line(text)
        plain = _without_entities(_without_backslashes(text), _NEEDLESS_ENTITY)
        if re.compile(_QUOTED_PRINTABLE).match(plain):
            plain = _without_quoted_printable(plain)
        if plain != text:
            message = (
                r"The link holds escapes of JSON, JavaScript, HTML or mail (\/, \u0026, \x26, &#038;, =3D): undo them "
                "when copying it out of source."
            )
            self.add("", "escaped", message)
        for _ in range(2):
            if not re.match(_ENCODED_LINK, plain):
                break
            message = (
                "The whole link is percent-encoded, as in another URL's parameter: decode it once before using it."
            )
            self.add("", "encoded-link", message)
            plain = _urls.decode(plain)
        self._shape(plain)

    def _one_line(self, text: str) -> str:
        alone = text.strip(SPACE)
        if alone != text.strip(_TAKEN_OFF):
            message = "There is white space around the link that no browser takes off, such as U+00A0. Take it out."
            self.add("", "whitespace", message)
        elif alone != text:
            message = "There is white space around the link: browsers take it off, other programs do not. Take it out."
            self.add("", "whitespace", message, "warning")
        text = alone
        first, *others = re.split(r"[\r\n]+", text)
        if not others:
            return text
        self.add("", "line-broken", "The link is broken over several lines, and only the first is tapped: join them.")
        # What goes on is one word a line; quoting marks and frames of boxes do not belong to it.
        parts = [first.rstrip(" \t|\u2502")]
        for other in others:
            part = other.strip(" \t|>\u2502")
            if re.search(f"[{SPACE}]", part):
                break
            parts.append(part)
        return "".join(parts)

    def _shape(self, text: str) -> None:
        # Every part of the pattern is optional, so there is always one match.
        (unsafe, scheme, mark, slashes, host, question, query) = re.compile(_SHAPE).findall(text)[0]
        if not scheme and not text.startswith("//?"):
            self.add(
                "", "not-a-link", f"{redact_text(text)} is no install link: those begin with itms-services://?action=."
            )
            return
        if unsafe:
            message = (
                "The link is marked 'unsafe:', as Angular does with schemes that it does not know: allow itms-services."
            )
            self.add("", "unsafe-scheme", message)
        if not scheme:
            message = "The scheme is missing, as if a CMS had stripped it: write itms-services: before the //."
            self.add("", "no-scheme", message)
        elif scheme.lower() != "itms-services" or mark != ":":
            message = (
                f"{redact_text(scheme + mark)} is not the scheme: write itms-services:. Safari says that the address "
                "is invalid."
            )
            self.add("", "wrong-scheme", message)
        elif question and (slashes != "//" or host):
            between = slashes + host
            message = f"Between the scheme and the '?' stands {redact_text(between)}, and should stand '//'"
            if "\\" in between:
                self.add("", "slashes", f"{message}: with a backslash in it, the device does nothing.")
            elif re.search(f"[{SPACE}]", between):
                self.add("", "whitespace", f"{message}: with white space in it, the device does nothing.")
            else:
                self.add("", "slashes", f"{message}: devices were seen to take it.", "warning")
        if not question:
            self.add(
                "",
                "no-query",
                "The link has no '?', and so asks for nothing: write itms-services://?action=download-manifest&url=.",
            )
            query = host if "=" in host else ""
        if query or question:
            self._query(query)

    def _query(self, query: str) -> None:
        if re.match(rf"(?ai)[{SPACE}]*(?:action|url)%3D", query):
            self.add("", "encoded-link", "The parameters are percent-encoded as a whole: encode only the value of url.")
            query = _urls.decode(query)
        found = re.compile(_URL_PARAMETER).search(query)
        action = re.compile(_ACTION_PARAMETER).search(query, 0, found.start() if found else len(query))
        value = query[found.end() :] if found else ""
        if action is None and found is not None:
            # Before the action: then its value ends where that begins.
            action = re.compile(_ACTION_PARAMETER).search(value)
            value = value[: action.start()] if action else value
        if not self._action(action[3] if action else None):
            return
        if action is not None:
            self._name("action", action[2], action[1] or "&")
            if action.string[action.end() :][:1] in {"%", "?"} and action.end() != (found.start() if found else -1):
                rest = redact_text(action.string[action.end() :], 20)
                self.add(
                    "action", "unknown-action", f"After the action stands {rest}, and the device knows no such action."
                )
        if found is None:
            self.add("url", "missing", "The link has no parameter url, and so names no manifest: add it.")
            return
        separator = max(found[1] or "", (action and action[1]) or "", key=len).lower() or "&"
        self._separator(separator)
        self._name("url", found[2], found[3])
        if "#" in query[: max(found.start(), query.find(action[0]) if action else 0)]:
            message = "A '#' stands before a parameter: the device takes what follows for a fragment. Take it out."
            self.add("", "cut-short", message)
        if separator.startswith("&amp;"):
            value = value.replace(separator, "&")
        inside = _without_space(value)
        if inside != value:
            message = "There is white space around the manifest's URL: iOS 16 and earlier then do nothing. Take it out."
            self.add("url", "whitespace", message)
        self._duplicates(query)
        self._value(inside, separator)

    def _duplicates(self, query: str) -> None:
        if re.compile(_NESTED).search(query):  # which has parameters of its own
            return
        for name in ("action", "url"):
            values = re.findall(
                rf"(?ai)(?:^|;|&(?:amp;)*)[{SPACE}]*{name}[{SPACE}]*=([^&;#]*)", query.partition("#")[0]
            )
            if len(values) > 1:
                message = (
                    f"The link has the parameter {name} {len(values)} times; the first is taken for the one that "
                    f"counts: {_urls.redact(_urls.decode(values[0]))}. Leave one."
                )
                self.add(name, "duplicate-parameter", message, "warning")

    def _name(self, name: str, written: str, mark: str) -> None:
        """Check how a parameter's name is written, and the mark next to it."""
        if written != written.strip(SPACE):
            message = (
                f"The parameter's name is written {written!r}, and the device does not find it: take the space out."
            )
            self.add(name, "whitespace", message)
        elif written != name:
            message = f"The parameter is written {written!r}; write {name!r}, the only spelling known to work."
            self.add(name, "letter-case", message, "warning")
        if mark in {"?", "%3D", "%3d"}:
            message = (
                f"{mark!r} stands next to the parameter {name}, and the device does not find it: write '&{name}='."
            )
            self.add(name, "mangled-separator", message)

    def _action(self, action: str | None) -> bool:
        """Check the action; tell whether it was meant to install."""
        if action is None:
            self.add(
                "action",
                "missing",
                "The link has no parameter action, and the device does nothing: add action=download-manifest.",
            )
            return True
        if action == _ACTION:
            return True
        name = action.strip(SPACE).lower()
        if name == _ACTION and action != action.strip(SPACE):
            message = f"The action is written {action!r}, and the device does not know it: take the white space out."
            self.add("action", "whitespace", message)
            return True
        if name in _OTHER_ACTIONS:
            message = f"The action {action!r} {_OTHER_ACTIONS[name]}: a link of its own kind, and none that installs."
            self.add("action", "other-action", message)
            return False
        if name == _ACTION:
            message = f"The action is written {action!r}; write download-manifest, the only spelling known to work."
            self.add("action", "letter-case", message, "warning")
            return True
        self.add(
            "action",
            "unknown-action",
            f"The device knows no action {redact_text(action)}: to install, write download-manifest.",
        )
        # "app-manifest" was meant to install; of "generate-bugs" nothing can be told.
        return "manifest" in name

    def _separator(self, separator: str) -> None:
        if separator == "&":
            return
        if separator == ";":
            message = (
                "The parameters are separated by ';': devices take it, and a large build service ships it; '&' "
                "is the usual."
            )
            self.add("", "semicolon", message, "warning")
        elif separator == "&amp;" and not self._html:
            message = (
                "The '&' is written '&amp;', which is right in HTML source alone: elsewhere (headers, JSON, QR codes, "
                "scripts) write '&'. The device still finds the url."
            )
            self.add("", "html-escaped", message, "warning")
        elif separator.startswith("&amp;"):
            message = (
                "The '&' is escaped twice ('&amp;amp;'), and the device finds no url: escape it once, and in "
                "HTML source alone."
            )
            self.add("", "double-escaped", message)
        else:
            message = (
                f"{redact_text(separator)} stands where '&' should between the parameters, and the device finds no "
                "url: write '&'."
            )
            self.add("", "mangled-separator", message)

    def _value(self, value: str, separator: str) -> None:
        if re.compile(_NESTED).match(value):
            self._nested += 1
            message = (
                "The link holds another link where the manifest's URL should be, so the prefix was put before it "
                "twice: use the inner link alone."
            )
            self.add("url", "nested-link", message)
            if self._nested <= _MOST_NESTED:
                self._shape(_urls.decode(value) if "%" in value[:16] else value)
            return
        left = _urls.placeholder(value) or _urls.placeholder(_urls.decode(value)) or ""
        if self._joined or left:
            what = (
                "is put together by a program"
                if self._joined
                else f"still holds the placeholder {redact_text(left, 40)}"
            )
            self.add("url", "placeholder", f"The link {what}: fill it in, and look at the link that comes out.")
            self.problems += [
                problem for problem in _urls.problems(_urls.decode(value), "url") if problem.code == "not-https"
            ]
            return
        if not value:
            self.add(
                "url", "empty", "The parameter url is empty: write the https address of the manifest, percent-encoded."
            )
            return
        meant = self._meant(self._without_quotes(value), separator)
        self.problems += _url_problems(meant)
        try:
            self.link = InstallLink(re.sub("&(?:amp;)+", "&", meant))
        except LinkError:
            self.link = None

    def _without_quotes(self, value: str) -> str:
        quotes = re.compile(_QUOTES_BEFORE).match(value)
        if quotes is None:
            return value
        message = f"Before the URL stands {quotes[0]!r}: the device sees no URL, and does nothing. Take it out."
        self.add("url", "surrounding-text", message)
        return value[quotes.end() :]

    def _without_trailing_text(self, value: str) -> str:
        # What is encoded belongs to the URL, and so does what is all of it.
        end = _trimmed(value, 0, len(value), _CLOSING_PUNCTUATION + '">')
        if end in {0, len(value)}:
            return value
        message = f"The URL ends in {value[end:]!r}, which seems to be left over from the text around it: take it out."
        self.add("url", "trailing-text", message, "error" if _is_refused(_urls.decode(value)) else "warning")
        return value[:end]

    def _meant(self, value: str, separator: str) -> str:
        """Give the URL that was meant; parameters after it are the link's own, and harmless."""
        absolute = re.compile(_ABSOLUTE).match(value) is not None
        ends = "[&;#]" if separator == ";" else "[&#]"
        if (absolute or "?" in value) and self._cut_short(value, ends):
            value = self._without_trailing_text(value)
            return value if absolute else _urls.decode(value)
        value = self._without_trailing_text(re.split(ends, value, maxsplit=1)[0])
        if ";" in value and _urls.host(_urls.decode(value)):
            seen = _urls.redact(_urls.decode(value.partition(";")[0]))
            message = (
                f"The manifest's URL holds a ';' that is not percent-encoded: a device that splits there sees {seen}. "
                "Encode it whole."
            )
            # Where the parameters are found only by splitting at ";", the device does.
            self.add("url", "cut-short", message, "warning" if separator == "&" else "error")
        return self._raw_value(value) if absolute else self._encoded_value(value)

    def _encoded_value(self, value: str) -> str:
        """Give what an encoded value means."""
        meant = _urls.decode(value)
        if re.compile(_STILL_ENCODED).match(meant):
            message = (
                f"The manifest's URL is encoded twice; the device sees {_urls.redact(meant)}, which is no URL, and "
                "does nothing. Encode it once."
            )
            self.add("url", "double-encoded", message)
            for _ in range(_MOST_NESTED):
                if re.compile(_STILL_ENCODED).match(meant):
                    meant = _urls.decode(meant)
        return meant

    def _cut_short(self, value: str, ends: str) -> bool:
        """Report a URL whose own '&', ';' or '#' the device takes for the link's."""
        cut = re.search(ends, value)
        if cut is None or (cut[0] != "#" and "?" not in value[: cut.start()]):
            return False
        seen = _urls.decode(value[: cut.start()])
        # A plain fragment is never sent to the server, so that nothing is lost with it.
        harmless = cut[0] == "#" and not re.search("[&=.]", value[cut.end() :]) and not _is_refused(seen)
        message = (
            f"The manifest's URL is not percent-encoded and is cut at {cut[0]!r}: the device sees "
            f"{_urls.redact(seen)}. Encode it whole."
        )
        self.add("url", "cut-short", message, "warning" if harmless else "error")
        return True

    def _raw_value(self, value: str) -> str:
        """Give what a value means that was not encoded, though it should be."""
        decoded = _urls.decode(value)
        if decoded != value:
            refused = _is_refused(decoded)
            message = (
                f"The manifest's URL is not percent-encoded; the device decodes it and sees {_urls.redact(decoded)}"
                + (", which is no valid URL, and does nothing." if refused else ".")
                + " Encode it whole, so that %20 becomes %2520."
            )
            self.add("url", "not-encoded", message, "error" if refused else "warning")
        return value
