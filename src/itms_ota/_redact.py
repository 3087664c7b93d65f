"""What may be shown of a URL, and of a text that may hold one: no passwords, no signatures, no tokens.

Every message, report, repr and line of the command line that shows what somebody wrote takes it from here. URLs
stand within others, percent-encoded once for each, and many are broken: so nothing is taken apart first, and every
delimiter is known both as it stands and encoded. What is hidden leaves a "…", behind its first four characters where
it is long. Hosts, versions, dates and names made of words stay as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import fields
from typing import Any, cast

_LONGEST_URL = 160
_LONGEST_TEXT = 120
# What is read of a text: nobody wants to see more, and a few patterns look at each part more than once.
_MOST_READ = 512
_MOST_READ_FOR_REPR = 4096
_LONG = 16

_COLON = "(?::|%(?:25)*3[Aa])"
_SLASH = r"(?:[/\\]|%(?:25)*(?:2[Ff]|5[Cc]))"
_AT = r"(?:(?:@|%(?:25)*40)(?![0-9]x\b))"  # that of "icon@2x.png" ends no user's name
_HASH = "(?:(?<!&)#|%(?:25)*23)"  # "&#38;" is no fragment
_NEXT_PART = "(?:25)*(?:2[36]|3[BFbf])"  # behind a "%": what begins another parameter, the query or the fragment

# The userinfo. An authority is sound that is a host with a port, or a word, and goes on as one does.
_AUTHORITY = rf"(?:{_COLON}|{_SLASH}){_SLASH}+"
_NOT_HOST = r"\s/\\?#&@%:;,\"'<>\[\]|"
_END = rf"(?=[\s/?#&;,)\"'<>|…]|%(?:25)*2[Ff]|%{_NEXT_PART}|$)"
_PORT = rf"(?:[0-9]{{1,5}}{_END}|(?={_SLASH}|$))"
_SOUND = (
    rf"(?:\[[0-9A-Fa-f:.%]*\]|localhost|[^{_NOT_HOST}.]*\.[^{_NOT_HOST}]*)(?:{_COLON}{_PORT}|{_END})"
    rf"|[^{_NOT_HOST}]*(?:{_END}|{_COLON}(?={_SLASH}{{2}}))"
)
_RUN = rf"(?:[^\s?#&\"'<>%]+|%(?!{_NEXT_PART}))*"
_NAME_AND_REST = rf"([^\s/\\?#&\"'<>:\[%]*{_COLON})(?!{_PORT})[^\s?#&]+"
_BEFORE_USER = r"\s/\\:?#&=;,(\"'<>|"
_USER_WITHOUT_SCHEME = (
    rf"(?:(?<![^{_BEFORE_USER}])|(?<=[%5]3[ADad]))[^{_BEFORE_USER}@%]+"
    rf"(?:{_COLON}(?!{_SLASH}|[0-9]{{1,5}}(?:[/\\?#\s]|$))[^\s?#&\"'<>]{{0,256}}{_AT}|{_AT}(?=[A-Za-z0-9.-]+[/:]))"
)
_SCHEME_OR_SLASH = rf"[A-Za-z][A-Za-z0-9+.-]*{_COLON}|{_SLASH}"

# The parameters. Names speak, or begin as all of Amazon's signature do.
_NAME = r"((?:[^\s/\\:?#&=;,(){}\"'<>|%]+|%(?!(?:25)*(?:26|2[3Ff]|3[BDFbdf])))+)(=|%(?:25)*3[Dd])?"
_VALUE = r"[^&#\"<>\n]*"
_ENCODED_VALUE = r"(?:[^&#\"<>\n%]+|%(?!(?:25)*2[36]))*"
_SPEAKING_NAME = (
    r"(?i)tok|key|secret|signature|sig(?![a-z])|pass|pwd|auth|jwt|cred|sess|hmac|ticket|bearer|access|cookie|hash"
    r"|nonce|priv|invit|verif|x-amz-|(?<![a-z])(?:pw|pin|sid|otp|code|tk|sas)(?![a-z])"
)
# A URL has parameters of its own; the other is the value that every install link has.
_NO_SECRET = (
    rf"(?i)[a-z][a-z0-9+.-]*{_COLON}{_SLASH}|(?:https?|itms-services?){_COLON}|{_SLASH}{{2}}|download-manifest\b"
)

# What is long and no word, outside of hosts.
_HOST_OR_TOKEN = (
    rf"{_COLON}{_SLASH}{{2,}}(?:…@)?(?:[A-Za-z0-9_-]+\.)+[A-Za-z0-9_-]+|%(?:25)*(?!2[Bb])[0-9A-Fa-f]{{2}}"
    r"|(eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+)*)"  # JSON in Base64, as signed tokens begin (RFC 7519)
    rf"|((?:[A-Za-z0-9_~+-]|%(?:25)*2[Bb]){{{_LONG},}})"
)
_UUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# "MyApp-2024-01-15-release", "My_App_v1_2_3", "20240115T1230Z"
_WORDS_AND_A_NUMBER = (
    r"(?i)(?:[a-z]+[-_~+])*"
    r"(?:(?:v|r|b|rc|build|beta|alpha|ios)?[0-9]{1,8}(?:[-_][0-9]{1,2}){0,3}|[0-9]{8}T[0-9]{4,6}Z?)"
    r"(?:[-_~+][a-z]+)*"
)


def redact(url: str) -> str:
    """Return a URL for a message, in quotes: without secrets, and not too long.

    >>> print(redact("https://me:secret@example.com/App.ipa?Expires=9&Signature=0a1b2c3d4e5f6a7b8c9d"))
    'https://…@example.com/App.ipa?Expires=9&Signature=0a1b…'
    """
    text = url
    if not re.match(_SCHEME_OR_SLASH, url):
        # Without a scheme, a name before an "@" is a user's all the same.
        text = _without_users("//" + _start(url, _MOST_READ))[2:]
    return _quoted(_without_secrets(text, _MOST_READ), _LONGEST_URL if "://" in url else _LONGEST_URL // 2)


def redact_text(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return any text for a message, in quotes, as `redact` does: it may be or hold a URL, whole or in part.

    >>> print(redact_text("see https://a.example/m?token=hunter2"), redact_text("0123456789abcdef"))
    'see https://a.example/m?token=…' '0123456789abcdef'
    """
    return _quoted(_text_without_secrets(text, _MOST_READ), longest)


def without_secrets(text: str) -> str:
    """Return any text as `redact_text` does, as it stands and whole.

    >>> print(without_secrets("https://me:secret@example.com/"))
    https://…@example.com/
    """
    return _text_without_secrets(text, _MOST_READ_FOR_REPR)


def safe_repr(value: object) -> str:
    """Return the repr of any value, without the secrets of the texts in it.

    >>> print(safe_repr({"url": ["https://me:secret@example.com/"]}))
    {'url': ['https://…@example.com/']}
    """
    if isinstance(value, str):
        return repr(without_secrets(value))
    if isinstance(value, (bytes, bytearray)):
        return without_secrets(repr(value))
    if type(value) is dict:
        pairs = cast("dict[object, object]", value).items()
        return "{" + ", ".join(f"{safe_repr(key)}: {safe_repr(part)}" for key, part in pairs) + "}"
    if type(value) is list:
        return "[" + ", ".join(map(safe_repr, cast("list[object]", value))) + "]"
    if type(value) is tuple:
        parts = cast("tuple[object, ...]", value)
        return "(" + ", ".join(map(safe_repr, parts)) + ("," if len(parts) == 1 else "") + ")"
    return repr(value)


def repr_of_fields(self: Any) -> str:
    """Return the repr that a dataclass has by itself, without secrets: to be its `__repr__`."""
    shown = (f"{field.name}={safe_repr(getattr(self, field.name))}" for field in fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _quoted(text: str, longest: int) -> str:
    return repr(text if len(text) <= longest else text[:longest] + "…")


def _text_without_secrets(text: str, most: int) -> str:
    # A text without any of these is no part of a URL: a bundle identifier, a hash, a title.
    return _without_secrets(text, most) if re.search(r"[/\\@?=%#&:]", text) else _start(text, most)


def _without_secrets(text: str, most: int) -> str:
    text = _without_users(_start(text, most))
    text = re.sub(r"[^\s\"'<>]+", _without_fragment, text)
    text = _without_parameters(text)
    return re.sub(_HOST_OR_TOKEN, _without_token, text)


def _start(text: str, most: int) -> str:
    """Cut a text off where nobody reads on; an "@" that comes later ends a user's name all the same."""
    if len(text) <= most:
        return text
    return text[:most] + ("@…" if re.compile(_AT).search(text, most) else "…")


def _without_users(text: str) -> str:
    ends = [0, *(found.end() for found in re.finditer(_AT, text))]
    shown, position, run_end = "", 0, 0
    for start in re.finditer(_AUTHORITY, text):
        begin = start.end()
        sound = re.compile(_SOUND).match(text, begin)
        # Behind a "//" that is not encoded, a "%2F" ends no host.
        if begin < position or (sound and ("%" in start[0] or not text.startswith("%", sound.end()))):
            continue
        if run_end <= begin:
            run_end = cast("re.Match[str]", re.compile(_RUN).match(text, begin)).end()
        end = ends[bisect_right(ends, run_end) - 1]
        rest = re.compile(_NAME_AND_REST).match(text, begin)
        if end <= begin and rest is not None:
            end = ends[-1]  # a password may hold what ends an authority
        if end > begin:
            shown += text[position:begin] + "…@"
            position = end
        elif rest is not None:  # a text that was cut off before the "@"
            shown += text[position : rest.end(1)] + "…"
            position = rest.end()
    return re.sub(_USER_WITHOUT_SCHEME, "…@", shown + text[position:])


def _without_fragment(run: re.Match[str]) -> str:
    """Leave nothing of what follows the "#" in a text without white space that may be a URL."""
    text = run[0]
    mark = re.search(_HASH, text)
    if mark is None or not re.search(rf"[.?]|{_SLASH}", text[: mark.start()]):
        return text
    rest = "" if mark[0] == "#" else re.sub("^[^&]*", "", text[mark.end() :])
    return text[: mark.end()] + ("…" if text[mark.end() :] != rest else "") + rest


def _without_parameters(text: str) -> str:
    shown, position = "", 0
    for found in re.finditer(_NAME, text):
        name, equals = found.groups()
        if equals is None or found.start() < position:
            continue
        speaks = re.search(_SPEAKING_NAME, name)
        if not speaks and re.compile(_NO_SECRET).match(text, found.end()):
            continue
        value = re.compile(_VALUE if equals == "=" else _ENCODED_VALUE).match(text, found.end())
        if value and (len(value[0]) >= _LONG or (speaks and value[0])):
            shown += text[position : found.end()] + _hidden(value[0])
            position = value.end()
    return shown + text[position:]


def _without_token(found: re.Match[str]) -> str:
    signed, run = found.groups()
    return _hidden(signed or run) if signed or (run and _is_token(run)) else found[0]


def _is_token(run: str) -> bool:
    """Tell what was drawn by lot from what is made of words, by digits among the letters."""
    if re.search(_UUID, run) or run.isdigit() or re.fullmatch("[A-Fa-f]+", run):
        return True
    return bool(re.search("[0-9]", run) and re.search("[A-Za-z]", run) and not re.fullmatch(_WORDS_AND_A_NUMBER, run))


def _hidden(secret: str) -> str:
    return secret[:4] + "…" if len(secret) >= _LONG else "…"
