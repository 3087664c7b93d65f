"""Would a tap install the app, and if not, why: all that can be known without a device, in one call.

The check goes the way of a device: the link, the manifest, each package and its images (iOS 26.1's own daemons; Apple,
Distribute proprietary in-house apps). What a device shows for a fault is what its users report.
"""

from ._many import check_many
from ._report import CheckReport, Step, check

__all__ = ["CheckReport", "Step", "check", "check_many"]

for _given_out in (CheckReport, Step, check, check_many):
    _given_out.__module__ = __name__  # where people import them from
