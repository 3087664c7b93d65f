"""What an inspection of a manifest gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from .._arguments import check_bytes
from .._shapes import Choice, Maybe
from .._wording import Report, shapes_of
from . import _document
from ._model import Manifest
from ._shapes import MANIFEST_SHAPE
from ._sniff import Kind

if TYPE_CHECKING:
    from ..errors import Problem


@dataclass(frozen=True, slots=True)
class ManifestReport(Report):
    """What `inspect_manifest` found.

    `manifest` is the one that was meant, None where that cannot be told; `kind` is what the file is:
    ``"profile"`` a provisioning or configuration profile, ``"plist"`` another property list. `problems`
    are in the order of the file, with line and column where it is XML.
    """

    __module__ = "itms_ota.manifest"

    manifest: Manifest | None
    kind: Kind
    problems: tuple[Problem, ...]

    _shapes = shapes_of("manifest", manifest=Maybe(MANIFEST_SHAPE), kind=Choice(get_args(Kind)))

    def _title(self) -> str:
        return f"{self.kind}, not a manifest" if self.manifest is None else self.manifest._title()


def inspect_manifest(data: bytes) -> ManifestReport:
    """Check what a file is, and find everything that keeps a device from installing from it; never raises on content.

    Raises TypeError for anything but bytes.

    >>> report = inspect_manifest(b"<html><body>Please log in</body></html>")
    >>> report.kind, report.ok
    ('html', False)
    """
    data = check_bytes("data", data)
    value, kind, problems = _document.judge(data)
    manifest = None if value is None else Manifest._from_plist(value)
    return ManifestReport(manifest, kind, _document.placed(problems, data))
