"""What stays behind when a template is not filled in; every form was seen in published manifests and links."""

from __future__ import annotations

import re

TAG = (
    r"(?:/?(?:a|abbr|article|b|big|body|br|button|center|code|dd|del|div|dl|dt|em|font|footer|h[1-6]|head|header|hr"
    r"|html|i|img|input|ins|kbd|label|li|main|nav|ol|option|p|pre|q|s|samp|script|section|select|small|span|strike"
    r"|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|wbr)(?![\w:-])|/)"
)
"""The inside of a pattern: how a tag of HTML goes on after its ``<``. Anything else in ``<…>`` is to be filled in."""

# The forms that no text has on purpose, wherever they stand in it.
_CERTAIN = r"""
      \$[{(] [^)}]* [)}]?                                       # ${VERSION}, $(VERSION)
    | \{\{ [^}]* \}{0,3}                                        # {{ url }}, {{{ url }}}
    | <[%?] [^>]* >?                                            # <%= url %>, <?php … ?>
"""
# <your-url>, but not a URL in brackets
_ANGLE = rf"< (?!{TAG}|https?:) [^<>]* >"
# What no part of a URL is called on purpose; the name of a file may have "<" and ">" in it, as it may have "{" and "[".
_ENCODED = re.compile(rf"{_CERTAIN} | (?<=[/=]) {_ANGLE} (?= [/?&] | $ )", re.VERBOSE)
_ESCAPE = re.compile("%([2-7][0-9A-Fa-f])")
# The forms of Python, Ruby, Java, C and the shell that a text for people may have, unless it is nothing else.
_NAMED = r"""
      \{ [^{}]* \} | \#\{ [^}]* \}?                             # {url}, #{url}
    | %\( \w{1,60} \)[sdr]? | %[sd] (?![A-Za-z0-9]) | %[0-9]\$[sd@]   # %(url)s, %s, %1$s
    | \b__+ [A-Z][A-Z0-9_]*?__ (?![A-Za-z0-9]) _*              # __URL__, ___URL___
    | %(?: (?![0-9A-Fa-f]{2}) [A-Za-z]\w{2,60} | [A-Z][A-Z0-9_]{2,60} ) % (?![0-9A-Fa-f]{2})    # %version%, %DATE%
    | %(?![0-9A-Fa-f]{2}) [A-Z][A-Z0-9_]{2,60} %                # %NAME%
    | @[A-Z][A-Z0-9_]{1,60}@                                    # @VERSION@, of CMake, Ant and Maven
"""
# `$web`, `$root` and their like are names of real folders (Azure storage, OData).
_NAME = r"\$ (?!(?:web|root|logs|metadata|value|batch)\b) [A-Za-z_][A-Za-z0-9_]*"  # $version
_UNSET = "undefined | null | None"
_PLACEHOLDER = re.compile(
    rf"""
      {_CERTAIN} | {_NAMED}
    | {_ANGLE}
    | \\\( [^)]{{0,80}} \)?                                     # \(version)
    | ^@[A-Za-z_]\w* (?= [./] | $ ) | (?: ^ | (?<=[/=]) ) @\(      # @url, @(url)
    | %@ | @(?:Model|ViewBag|ViewData|Url|Request|Context|item) (?: \.[A-Z] | [(\[] ) \w*     # @Model.Url
    | (?: ^ | (?<=[/.=@_-]) ) (?: {_NAME} | \$[0-9](?![0-9A-Za-z]) )    # $version, $1
    # %shost, [HOST], (host), ...; /[version]/, /:id/, /.../
    | (?: ^ | (?<=://) ) (?: %[sd] | \[ (?![0-9.]*\]) [^\]:]* \] | \([^)]{{0,80}}\) | \.\.\. | \u2026 )
    | (?<=[^/]/) (?: \[ [A-Za-z] [^\]/]* \] | :[A-Za-z]\w* | \.\.\. | \u2026 ) (?=[/?\#.]|$)
    | (?<==) (?: \.\.\. | \u2026 ) (?=[&/?\#]|$)               # ?id=...
    | (?: ^ | (?<=://) ) (?: {_UNSET} | nil | NaN ) (?=[/:?]|$)
    | ^\#\w+\#? | ^_[a-z-]+_$                                   # #url#, _url_
    | ^[A-Z]+(?:_[A-Z]+)+ (?![A-Za-z0-9])                       # IPA_URL
    | \bYOUR[_-][A-Z_-]+                                        # YOUR_APP
    # What a program joins: " + url, ' + url, '.$url, '$url', " .. url, " ~ url, " <> url, " || url, " stringByAppend…
    | ["'] \$ [A-Za-z_{{(] \w*
    | "[ ]? (?: [.+~] | <> | \|\| | stringBy ) | '[ ]? (?: \+ | \.\.[ ] | ~[ ] | <> | \|\| ) | '[ ]?\.[ ]?\$
    """,
    re.VERBOSE,
)
_IN_TEXT = re.compile(
    rf"""
    {_CERTAIN} | (?<!\w) %@ (?!\w)
    # [APP_NAME], %@NAME%@
    | ^ (?: {_NAMED} | {_NAME} | {_UNSET} | \[[A-Z]+(?:_[A-Z]+)+\] | %@[A-Z_]+%@ | YOUR(?:_[A-Z]+)+ ) \Z
    """,
    re.VERBOSE,
)


def placeholder(text: str) -> str | None:
    """Find what a template left in a URL or an identifier, if anything.

    >>> placeholder("https://example.com/${VERSION}/App.ipa"), placeholder("https://example.com/%7B%7Bname%7D%7D.ipa")
    ('${VERSION}', '{{name}}')
    """
    found = _PLACEHOLDER.search(text) or _ENCODED.search(_ESCAPE.sub(_character, text))
    return found[0] if found else None


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def placeholder_in_text(text: str) -> str | None:
    """Find what a template left in a text for people, where more stands on purpose: "100%@home", "{x}".

    >>> placeholder_in_text("MyApp ${VERSION}"), placeholder_in_text("{name}"), placeholder_in_text("My {best} app")
    ('${VERSION}', '{name}', None)
    """
    found = _IN_TEXT.search(text.strip())
    return found[0] if found else None
