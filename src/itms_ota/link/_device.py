"""What a device does with a link, written on its own: it knows nothing of how links are taken apart to explain them.

Sources: NSURL (CoreFoundation, CFURL.c) for what is a URL; working products for slashes, ";" and letter case.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import _urls
from .._urls import SPACE
from ._escapes import TAKEN_OFF
from ._prefix import ACTION

if TYPE_CHECKING:
    from collections.abc import Mapping


def asked_for(text: str) -> str | None:
    """Return the URL that a device asks for when a link is tapped: find the parameter, decode it once, ask NSURL.

    None where nothing happens.
    """
    scheme, _, rest = text.strip(TAKEN_OFF).partition(":")
    slashes, _, query = rest.partition("?")
    if scheme.lower() != "itms-services" or re.search(rf"[\\#{SPACE}]", slashes) or re.search(r"[\r\n]", rest):
        return None
    query = query.partition("#")[0]
    parameters = _parameters(query, "&")
    if not _installs(parameters):
        parameters = _parameters(query, "[&;]")
    url = _urls.decode(parameters.get("url", ""))
    return None if not _installs(parameters) or is_refused(url) else url


def is_refused(url: str) -> bool:
    """Whether NSURL refuses a URL, or it has no host that can be: then the device does nothing.

    Of other schemes than https a device asks all the same, and fails.
    """
    errors = {fault.code for fault in _urls.faults(url) if fault.level == "error"}
    return not _urls.host(url) or not errors <= {"not-https"}


def _installs(parameters: Mapping[str, str]) -> bool:
    return parameters.get("action", "").lower() == ACTION and "url" in parameters


def _parameters(query: str, separator: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for part in re.split(separator, query):
        name, mark, value = part.partition("=")
        if mark:
            parameters.setdefault(name.lower(), value)  # of two of a name, the first
    return parameters
