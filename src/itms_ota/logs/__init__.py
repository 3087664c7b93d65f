"""What a log says about installs over the air: how far each attempt came, what its error codes mean, and the cure.

Access logs of servers and logs of devices are read, also mixed in one file. An access log shows what was asked for and
sent; only a device's log shows what the device made of it.
"""

from ._alerts import NO_FAILURES as NO_FAILURES
from ._judge import STATUSES as STATUSES
from ._meanings import MEANINGS as MEANINGS
from ._model import Attempt
from ._report import LogReport, explain_log

__all__ = ["Attempt", "LogReport", "explain_log"]

for _given_out in (Attempt, LogReport, explain_log):
    _given_out.__module__ = __name__  # where people import them from
