"""The glance: most URLs are as they should be, and one match sees it."""

from __future__ import annotations

import re

from .._hosts import LAST_LABELS, SAMPLE_STARTS
from ._characters import ESCAPE, LONGEST, remembered

_CHARACTERS = r"[A-Za-z0-9\-._~!&()*+,;=:/?]*"
# The one pattern of this package that `import itms_ota` compiles.
_PLAIN = re.compile(
    rf"https://(?:(?!{'|'.join(SAMPLE_STARTS)}|xn--)[a-z0-9_-]{{1,63}}\.)+"
    rf"(?!xn--|(?:{'|'.join(LAST_LABELS)})[:/])[a-z][a-z0-9-]{{0,62}}"
    rf"(?::(?!443/|0)[0-9]{{1,4}})?/{_CHARACTERS}(?:(?!%(?:24|3[Cc]|7[Bb])){ESCAPE}{_CHARACTERS})*"
)


@remembered
def is_plain(url: str) -> bool:
    """Check at a glance that nothing is wrong with a URL; False means only that the full check is needed."""
    # Of placeholders and slips only these, and those with an "@", are made of what URLs may have; those that are
    # encoded begin with "$", "<" or "{".
    return (
        len(url) <= LONGEST
        and _PLAIN.fullmatch(url) is not None
        and "__" not in url
        and "YOUR" not in url
        and "..." not in url
        and "/:" not in url
        and "&amp;" not in url
    )
