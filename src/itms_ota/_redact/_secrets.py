"""Where secrets stand in URLs.

URLs stand within others, percent-encoded once for each, and many are broken. So nothing is taken apart first, and every
delimiter is known both as it stands and encoded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import cast

_LONG = 16

_COLON = "(?: : | %(?:25)*3[Aa] )"
_SLASH = r"(?: [/\\] | %(?:25)*(?:2[Ff]|5[Cc]) )"
_NEXT_PART = "(?:25)*(?:2[36]|3[BFbf])"  # after a "%": what begins another parameter, the query or the fragment
# What is hidden already, in a text that quotes a URL: the text goes on after it.
_HIDDEN = rf"… (?= [\s'\"&#<>] | %{_NEXT_PART} | $ )"

# The userinfo: what stands before an "@", but not that of "icon@2x.png".
_AT = re.compile(r"(?: @ | %(?:25)*40 ) (?! [0-9]x\b )", re.VERBOSE)
_AUTHORITY = re.compile(rf"(?: {_COLON} | {_SLASH} ) {_SLASH}+", re.VERBOSE)
# An authority is sound that is a host with a port, or a word, and goes on as one does.
_NOT_HOST = r"\s/\\?#&@%:;,\"'<>\[\]|"
_END = rf"(?= [\s/?#&;,)\"'<>|…] | %(?:25)*2[Ff] | %{_NEXT_PART} | $ )"
_PORT = rf"(?: [0-9]{{1,5}} {_END} | (?= {_SLASH} | $ ) )"
_SOUND = re.compile(
    rf"""
      (?: \[[0-9A-Fa-f:.%]*\] | localhost | [^{_NOT_HOST}.]* \. [^{_NOT_HOST}]* ) (?: {_COLON} {_PORT} | {_END} )
    | [^{_NOT_HOST}]* (?: {_END} | {_COLON} (?= {_SLASH}{{2}} ) )
    """,
    re.VERBOSE,
)
_RUN = re.compile(rf"(?: [^\s?#&\"'<>%]+ | % (?!{_NEXT_PART}) )*", re.VERBOSE)
_NAME_AND_REST = re.compile(
    rf"(?P<name> [^\s/\\?#&\"'<>:\[%]* {_COLON} ) (?! {_PORT} | {_HIDDEN} ) [^\s?#&]+", re.VERBOSE
)
_BEFORE_USER = r"\s/\\:?#&=;,(\"'<>|"
_USER_WITHOUT_SCHEME = re.compile(
    rf"""
    (?: (?<! [^{_BEFORE_USER}] ) | (?<= [%5]3[ADad] ) )
    [^{_BEFORE_USER}@%]+
    (?: {_COLON} (?! {_SLASH} | [0-9]{{1,5}} (?: [/\\?#\s] | $ ) ) [^\s?#&"'<>]{{0,256}} {_AT.pattern}
      | {_AT.pattern} (?= [A-Za-z0-9.-]+[/:] ) )
    """,
    re.VERBOSE,
)
_SCHEME_OR_SLASH = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]* {_COLON} | {_SLASH}", re.VERBOSE)

# The fragment; "&#38;" is none.
_HASH = re.compile(r"(?<!&)\# | %(?:25)*23", re.VERBOSE)
_WORD = re.compile(r"[^\s\"'<>]+")
_BEFORE_FRAGMENT = re.compile(rf"[.?] | {_SLASH}", re.VERBOSE)
_TO_PARAMETER = re.compile("^[^&]*")

# The parameters. Names speak, or begin as all of Amazon's signature do.
_PARAMETER = re.compile(
    r"""
    (?P<name> (?: [^\s/\\:?#&=;,(){}"'<>|%]+ | % (?! (?:25)*(?:26|2[3Ff]|3[BDFbdf]) ) )+ )
    (?P<equals> = | %(?:25)*3[Dd] )?
    """,
    re.VERBOSE,
)
_VALUE = re.compile(r"[^&#\"<>\n]*")
_ENCODED_VALUE = re.compile(r"(?: [^&#\"<>\n%]+ | % (?! (?:25)*2[36] ) )*", re.VERBOSE)
_HIDDEN_VALUE = re.compile(rf"(?: [^\s&#:/@%]{{4}} )? {_HIDDEN}", re.VERBOSE)
_SPEAKING_NAME = re.compile(
    r"""
      tok | key | secret | signature | sig(?![a-z]) | pass | pwd | auth | jwt | cred | sess | hmac | ticket | bearer
    | access | cookie | hash | nonce | priv | invit | verif | x-amz-
    | (?<![a-z]) (?: pw | pin | sid | otp | code | tk | sas ) (?![a-z])
    """,
    re.VERBOSE | re.IGNORECASE,
)
# A URL has parameters of its own; the other is the value that every install link has.
_NOT_SECRET = re.compile(
    rf"[a-z][a-z0-9+.-]* {_COLON} {_SLASH} | (?:https?|itms-services?) {_COLON} | {_SLASH}{{2}} | download-manifest\b",
    re.VERBOSE | re.IGNORECASE,
)

# What is long and not made of words, outside of hosts.
_HOST_OR_TOKEN = re.compile(
    rf"""
      {_COLON} {_SLASH}{{2,}} (?:…@)? (?:[A-Za-z0-9_-]+\.)+ [A-Za-z0-9_-]+
    | %(?:25)* (?!2[BbDd]) [0-9A-Fa-f]{{2}}
    | (?P<signed> eyJ[A-Za-z0-9_-]{{10,}} (?: \.[A-Za-z0-9_-]+ )* )  # JSON in Base64: a signed token (RFC 7519)
    | (?P<run> (?: [A-Za-z0-9_~+-] | %(?:25)*2[BbDd] ){{{_LONG},}} )
    """,
    re.VERBOSE,
)
_ENCODED_HYPHEN = re.compile("%(?:25)*2[Dd]")
_UUID = re.compile("(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LETTERS_OF_HEX = re.compile("[A-Fa-f]+")
_DIGIT, _LETTER = re.compile("[0-9]"), re.compile("[A-Za-z]")
# "MyApp-2024-01-15-release", "My_App_v1_2_3", "20240115T1230Z"
_WORDS_AND_A_NUMBER = re.compile(
    r"""
    (?: [a-z]+ [-_~+] )*
    (?: (?:v|r|b|rc|build|beta|alpha|ios)? [0-9]{1,8} (?: [-_][0-9]{1,2} ){0,3} | [0-9]{8}T[0-9]{4,6}Z? )
    (?: [-_~+] [a-z]+ )*
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Words and dots, as most addresses and types are: without a mark that leads to a secret, and too short to be one.
_PLAIN = re.compile(
    rf"(?: https?:// )? (?: [A-Za-z0-9_~+-]{{1,{_LONG - 1}}} [./] )* [A-Za-z0-9_~+-]{{0,{_LONG - 1}}}", re.VERBOSE
)


def hide_in_url(url: str, most: int) -> str:
    """Return a URL without secrets, read up to a length."""
    if not _SCHEME_OR_SLASH.match(url):
        # Without a scheme, a name before an "@" is a user's all the same.
        url = _without_users("//" + _start(url, most))[2:]
    return without_secrets(url, most)


def without_secrets(text: str, most: int) -> str:
    """Return a text that may hold URLs without their secrets, read up to a length."""
    if len(text) <= most and _PLAIN.fullmatch(text) and "eyJ" not in text:
        return text
    return _with_secrets_hidden(text, most)


def _with_secrets_hidden(text: str, most: int) -> str:
    text = _without_users(_start(text, most))
    text = _WORD.sub(_without_fragment, text)
    text = _without_parameters(text)
    return _HOST_OR_TOKEN.sub(_without_token, text)


def _start(text: str, most: int) -> str:
    """Cut a text off where nobody reads on; an "@" that comes later ends a user's name all the same."""
    if len(text) <= most:
        return text
    return text[:most] + ("@…" if _AT.search(text, most) else "…")


def _without_users(text: str) -> str:
    ends = [0, *(found.end() for found in _AT.finditer(text))]
    shown, position, run_end = "", 0, 0
    for start in _AUTHORITY.finditer(text):
        begin = start.end()
        sound = _SOUND.match(text, begin)
        # After a "//" that is not encoded, a "%2F" does not end a host.
        if begin < position or (sound and ("%" in start[0] or not text.startswith("%", sound.end()))):
            continue
        if run_end <= begin:
            run_end = cast("re.Match[str]", _RUN.match(text, begin)).end()
        end = ends[bisect_right(ends, run_end) - 1]
        rest = _NAME_AND_REST.match(text, begin)
        if end <= begin and rest is not None:
            end = ends[-1]  # a password may contain what ends an authority
        if end > begin:
            shown += text[position:begin] + "…@"
            position = end
        elif rest is not None:  # a text that was cut off before the "@"
            shown += text[position : rest.end("name")] + "…"
            position = rest.end()
    return _USER_WITHOUT_SCHEME.sub("…@", shown + text[position:])


def _without_fragment(word: re.Match[str]) -> str:
    """Leave nothing of what follows the "#" in a text without white space that may be a URL."""
    text = word[0]
    mark = _HASH.search(text)
    if mark is None or not _BEFORE_FRAGMENT.search(text[: mark.start()]):
        return text
    rest = "" if mark[0] == "#" else _TO_PARAMETER.sub("", text[mark.end() :])
    return text[: mark.end()] + ("…" if text[mark.end() :] != rest else "") + rest


def _without_parameters(text: str) -> str:
    shown, position = "", 0
    for found in _PARAMETER.finditer(text):
        equals = found["equals"]
        if equals is None or found.start() < position:
            continue
        speaks = _SPEAKING_NAME.search(found["name"])
        if _HIDDEN_VALUE.match(text, found.end()) or (not speaks and _NOT_SECRET.match(text, found.end())):
            continue
        value = (_VALUE if equals == "=" else _ENCODED_VALUE).match(text, found.end())
        if value and (len(value[0]) >= _LONG or (speaks and value[0])):
            shown += text[position : found.end()] + _hidden(value[0])
            position = value.end()
    return shown + text[position:]


def _without_token(found: re.Match[str]) -> str:
    run = _ENCODED_HYPHEN.sub("-", found["run"] or "")
    return _hidden(found[0]) if found["signed"] or (run and _is_token(run)) else found[0]


def _is_token(run: str) -> bool:
    """Check that a run was drawn by lot, not made of words: it has digits among its letters."""
    if _UUID.search(run) or run.isdigit() or _LETTERS_OF_HEX.fullmatch(run):
        return True
    return bool(_DIGIT.search(run) and _LETTER.search(run) and not _WORDS_AND_A_NUMBER.fullmatch(run))


def _hidden(secret: str) -> str:
    return secret[:4] + "…" if len(secret) >= _LONG else "…"
