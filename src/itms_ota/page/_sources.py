"""What the page may link to and show: https URLs and, for images, relative URLs and data."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

from .. import _urls
from .._magic import PNG, what_is
from .._wording import short
from ..errors import IpaError, LinkError, Problem

_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)(?:;[A-Za-z0-9=._-]+)*,[\x20-\x7e]*")
# Browsers drop control characters and white space around a URL, and read "\" as "/", before they look for a scheme.
_RELATIVE = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:|//|\s)[^\x00-\x1f\x7f-\x9f\\\ud800-\udfff]+(?<!\s)")


def https_url(url: str, path: str) -> str:
    """Return a URL in its normal form; LinkError, in the name of `path`, where a page cannot use it."""
    normal = _urls.normalise(url)
    errors = [replace(problem, level="error") for problem in _urls.problems(normal, path) if _urls.refuses(problem)]
    if errors:
        raise LinkError(errors)
    return normal


def image(source: str | bytes, path: str) -> str:
    """Return what shows an image under `CONTENT_SECURITY_POLICY`: the `src` of an ``<img>``."""
    if isinstance(source, bytes):
        if not source.startswith(PNG):
            message = f"The image is not a PNG: it is {what_is(source[:1024])}. Give the bytes of a PNG, or a URL."
            raise IpaError([Problem(path, "not-an-image", message)])
        return "data:image/png;base64," + base64.b64encode(source).decode()
    if _DATA_IMAGE.fullmatch(source) or _RELATIVE.fullmatch(source):
        return source
    if not source.lower().startswith("data:"):
        return https_url(source, path)
    message = (
        f"{short(source)} is not an image that every browser shows. Give a data: URI of a PNG, JPEG, GIF, WebP or SVG, "
        "an https URL, or one relative to the page."
    )
    raise LinkError([Problem(path, "not-an-image", message)])
