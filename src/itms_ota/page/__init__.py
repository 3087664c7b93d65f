"""The page that people open to install: one complete HTML document, without scripts or other files."""

from ._html import install_page
from ._language import LANGUAGES
from ._language import supported as supported
from ._model import App, ProfileKind
from ._texts import CONTENT_SECURITY_POLICY, TEXTS

__all__ = ["CONTENT_SECURITY_POLICY", "LANGUAGES", "TEXTS", "App", "ProfileKind", "install_page"]

# As pickles and reprs have named them from the beginning.
for _public in (App, install_page):
    _public.__module__ = __name__
