"""The install link: ``itms-services://?action=download-manifest&url=`` and the manifest's URL.

The device decodes the value of `url` exactly once and passes the result to NSURL. ``+`` does not mean a space, the
order of the parameters does not matter, and unknown parameters are ignored. All other forms that are read here were
seen in published pages, scripts and logs.
"""

from typing import TYPE_CHECKING

from ._model import InstallLink

__all__ = ["InstallLink", "LinkReport", "find_links", "inspect_link"]

if TYPE_CHECKING:
    from ._report import LINK_SHAPE as LINK_SHAPE
    from ._report import LinkReport, find_links, inspect_link
    from ._report import each_link as each_link
else:
    # Loaded when first asked for (PEP 562): whoever only writes a link does not need what reads them. Type checkers
    # must not see this, or they would accept any name.
    def __getattr__(name: str) -> object:
        if name not in {*__all__, "LINK_SHAPE", "each_link"}:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from . import _report

        for given_out in (_report.find_links, _report.inspect_link):
            given_out.__module__ = __name__  # where people import them from
        value = globals()[name] = getattr(_report, name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
