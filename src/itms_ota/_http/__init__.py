"""One bounded HTTPS request: limits of time and size, what TLS agreed on, and redirects one at a time.

What an answer means is for the callers to say. No exception of http.client, ssl or socket leaves this room: what
cannot be fetched is a `FetchError`.
"""

from ._failures import describe_status, fail
from ._kept import KeptFile
from ._limits import UNBOUNDED, Limits
from ._names import host_port
from ._network import Metered, Network, Write, device_context, new_fetch
from ._redirects import REDIRECTS, follow_redirects
from ._response import AS_DEVICE, BEGINNING, HEADERS, Fetch, Response, Tls, without_body

__all__ = [
    "AS_DEVICE",
    "BEGINNING",
    "HEADERS",
    "REDIRECTS",
    "UNBOUNDED",
    "Fetch",
    "KeptFile",
    "Limits",
    "Metered",
    "Network",
    "Response",
    "Tls",
    "Write",
    "describe_status",
    "device_context",
    "fail",
    "follow_redirects",
    "host_port",
    "new_fetch",
    "without_body",
]
