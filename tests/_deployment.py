"""An app as it is deployed: manifest, package and images, served by a real server or by a fetch that stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from _make_ipa import make_ipa, make_png, make_profile
from _server import HOST, Request, answer

from itms_ota import Manifest, _urls
from itms_ota.remote import Response, Tls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BASE = f"https://{HOST}"
MANIFEST_URL = f"{BASE}/manifest.plist"
IPA = "/MyApp.ipa"
ICON = "/icon-57.png"
BIG_ICON = "/icon-512.png"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=timezone.utc)
GOOD_TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", datetime(2026, 12, 1, tzinfo=timezone.utc))

Answer: TypeAlias = "tuple[int, dict[str, str], bytes]"
Special: TypeAlias = "Callable[[str, Mapping[str, str]], Answer]"

REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 403: "Forbidden", 404: "Not Found"}


def manifest(**changes: Any) -> Manifest:
    """Make the manifest of the healthy deployment, but for these arguments of `Manifest.for_app`."""
    arguments: dict[str, Any] = {
        "url": BASE + IPA,
        "bundle_identifier": "com.example.myapp",
        "bundle_version": "1.2.3",
        "title": "My App",
        "display_image_url": BASE + ICON,
        "full_size_image_url": BASE + BIG_ICON,
        **changes,
    }
    return Manifest.for_app(**arguments)


@dataclass
class Deployment:
    """What a server has: `files` by path, with their content types; `special` answers come before them."""

    files: dict[str, tuple[str, bytes]]
    special: dict[str, Special] = field(default_factory=dict[str, "Special"])
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @classmethod
    def healthy(cls) -> Deployment:
        """Make one in which nothing is wrong."""
        return cls(
            {
                "/manifest.plist": ("application/xml", manifest().to_plist()),
                IPA: ("application/octet-stream", make_ipa(profile=make_profile("enterprise"))),
                ICON: ("image/png", make_png(57)),
                BIG_ICON: ("image/png", make_png(512)),
            }
        )

    def serve(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer as a plain web server does."""
        self.requests.append((method, target))
        if target in self.special:
            return self.special[target](method, headers)
        if target not in self.files:
            return 404, {"Content-Type": "text/html"}, b"<html>Not found</html>"
        content_type, body = self.files[target]
        given = {"Content-Type": content_type, "Content-Length": str(len(body)), "ETag": '"1"'}
        if method == "HEAD":
            return 200, given, b""
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("Range", headers.get("range", "")))
        if not wanted:
            return 200, given, body
        start, end = int(wanted[1]), min(int(wanted[2]) + 1, len(body))
        if start >= len(body):
            return 416, {"Content-Range": f"bytes */{len(body)}"}, b""
        part = body[start:end]
        given |= {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}", "Content-Length": str(len(part))}
        return 206, given, part

    def fetch(self, method: str, url: str, headers: Mapping[str, str], timeout: float, max_bytes: int, /) -> Response:
        """Stand in for the network."""
        assert timeout > 0
        status, given, body = self.serve(method, _urls.address(url).target, headers)
        return Response(status, given, body[:max_bytes], GOOD_TLS, "8.8.8.8:443")

    def handler(self, request: Request) -> Iterator[bytes]:
        """Serve by a `Server`."""
        status, given, body = self.serve(request.method, request.target, request.headers)
        headers = {name.replace("-", "_").lower(): value for name, value in given.items()}
        yield answer(body, f"{status} {REASONS.get(status, 'Other')}", **headers)


def says(status: int, body: bytes = b"", /, **headers: str) -> Special:
    """Make a special answer; a header such as Content-Type is given as ``content_type=…``."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _method, _headers: (status, {"content-length": str(len(body)), **given}, body)
