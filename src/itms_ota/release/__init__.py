"""From an .ipa to a folder that installs the app once it is uploaded."""

from ._build import build_release
from ._model import Release

__all__ = ["Release", "build_release"]

# As pickles and reprs have named them from the beginning.
for _public in (Release, build_release):
    _public.__module__ = __name__
