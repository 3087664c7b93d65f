"""What is personal in a line of a log, and how it is hidden: addresses, devices, people."""

from __future__ import annotations

import re

from .._redact import without_secrets

_LONGEST = 200
_PERSONAL = re.compile(
    r"""
      (?P<udid> (?<![0-9A-Za-z]) (?: [0-9a-f]{40} | [0-9a-f]{8} (?:-|%(?:25)*2d) [0-9a-f]{16} ) (?![0-9A-Za-z]) )
    | (?P<mail> (?<! [\w.+-] ) [\w.+-]{1,64} @ (?= [\w-]{1,63} \. ) )
    | (?P<mac> (?<! [\w:] ) [0-9a-f]{2} (?: : [0-9a-f]{2} ){5} (?! [\w:] ) )
    | (?P<ipv4> (?<! [\w.] ) (?: \d{1,3} \. ){3} \d{1,3} (?! [\w.] ) )
    | (?P<ipv6> (?<! [\w:] ) (?: [0-9a-f]{0,4} : ){2,7} [0-9a-f]{1,4} (?! [\w:] ) )
    | (?P<home> (?: [/\\] (?:Users|home) [/\\] ) [^/\\\s]{1,64} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HOME = re.compile(r"[^/\\]+$")


def shown(text: str, *, personal: bool) -> str:
    """Return a part of a line for the report: without secrets, not too long, and impersonal unless `personal`.

    >>> print(shown("/u/00008020-000d68e42203002e/App.ipa?token=hunter2", personal=False))
    /u/…/App.ipa?token=…
    >>> print(shown("/home/ada/App.ipa", personal=True))
    /home/ada/App.ipa
    """
    if not personal:
        text = _PERSONAL.sub(_hidden, text)  # all of it: a half of a UDID would not be known for one
    return without_secrets(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _hidden(found: re.Match[str]) -> str:
    if found["mail"]:
        return "…@"
    return _HOME.sub("…", found[0]) if found["home"] else "…"
