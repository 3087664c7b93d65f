"""How executables travel in the reports of their signatures."""

from __future__ import annotations

from typing import get_args

from .._plist import EXTRA
from .._shapes import FLAG, TEXT, TIME, Choice, Many, Maybe, Record
from .._wording import SHOWN
from ..profile import CERTIFICATE_SHAPE
from ._content import Kind
from ._model import Executable, Signed

EXECUTABLE_SHAPE = Record(
    Executable,
    {
        "path": SHOWN,
        "kind": Choice(get_args(Kind)),
        "architectures": Many(TEXT),
        "platform": Maybe(TEXT),
        "minimum_system": Maybe(TEXT),
        "encrypted": FLAG,
        "signing": Choice(get_args(Signed)),
        "identifier": Maybe(SHOWN),
        "team": Maybe(SHOWN),
        "signer": Maybe(CERTIFICATE_SHAPE),
        "signing_time": Maybe(TIME),
        "hashes": Many(TEXT),
        "flags": Many(TEXT),
        "entitlements": Maybe(EXTRA),
        "der_entitlements": Maybe(EXTRA),
    },
)
