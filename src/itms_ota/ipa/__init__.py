"""What is in an .ipa file: the app, who may install it, and the manifest that describes it."""

from .._archive import Source, SupportsReadSeek
from ._devices import is_device_named as is_device_named
from ._model import IPA_SHAPE as IPA_SHAPE
from ._model import NO_DEVICE as NO_DEVICE
from ._model import NO_SIGNATURE as NO_SIGNATURE
from ._model import Ipa, IpaReport
from ._model import reservation as reservation
from ._read import read_ipa
from ._shapes import PROFILE_SHAPE as PROFILE_SHAPE

__all__ = ["Ipa", "IpaReport", "Source", "SupportsReadSeek", "read_ipa"]

# As pickles and reprs have named them from the beginning.
for _public in (Ipa, IpaReport, SupportsReadSeek, read_ipa):
    _public.__module__ = __name__
