"""The glance: most URLs are as they should be, and one match sees it."""

from __future__ import annotations

import re

from .._hosts import LAST_LABELS
from ._characters import ESCAPE, LONGEST

_CHARACTERS = r"[A-Za-z0-9\-._~!&()*+,;=:@/?]*"
# The one pattern of this package that `import itms_ota` compiles.
_PLAIN = re.compile(
    rf"https://(?:[a-z0-9_-]{{1,63}}\.)+(?!(?:{'|'.join(LAST_LABELS)})[:/])[a-z][a-z0-9-]{{0,62}}"
    rf"(?::(?!443/|0)[0-9]{{1,4}})?/{_CHARACTERS}(?:{ESCAPE}{_CHARACTERS})*"
)


def is_plain(url: str) -> bool:
    """Check at a glance that nothing is wrong with a URL; False means only that the full check is needed."""
    # Of placeholders and slips only these are made of characters that a plain URL may have.
    return (
        len(url) <= LONGEST
        and _PLAIN.fullmatch(url) is not None
        and "__" not in url
        and "YOUR" not in url
        and "&amp;" not in url
    )
