"""What is in an .ipa file: the app, who may install it, and the manifest that describes it."""

from .._archive import Source, SupportsReadSeek
from ._model import Ipa
from ._read import read_ipa

__all__ = ["Ipa", "Source", "SupportsReadSeek", "read_ipa"]

# As pickles and reprs have named them from the beginning.
for _public in (Ipa, SupportsReadSeek, read_ipa):
    _public.__module__ = __name__
