"""The code signature of an app: what it says, and whether a device would accept it.

A device checks it before it installs: "Unable to Install … its integrity could not be verified".
"""

from ._model import Executable
from ._report import NOT_LOOKED_AT as NOT_LOOKED_AT
from ._report import SignatureReport, inspect_signature
from ._report import look_at_signature as look_at_signature

__all__ = ["Executable", "SignatureReport", "inspect_signature"]

inspect_signature.__module__ = __name__  # as users import it
