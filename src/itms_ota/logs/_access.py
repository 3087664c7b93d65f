"""One line of an access log: Common, Combined, S3, ELB, HAProxy, W3C, JSON, key=value, and of Python's servers.

Sources: Apache httpd, mod_log_config; nginx, ngx_http_log_module; Caddy, log; Amazon S3, server access log format;
Amazon CloudFront, standard logs; Elastic Load Balancing, access logs; HAProxy, HTTP log format; Docker, JSON File
logging driver; Microsoft, W3C logging (IIS); W3C, Extended Log File Format; uvicorn, Werkzeug and Django, their code;
RFC 3164, 4.1 (syslog); Kubernetes, CRI log format.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, cast

from .. import _urls
from ._model import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INSIDE = r'[^"\\]*(?:\\.[^"\\]*)*'
_ASKED = rf'"(?P<request>{_INSIDE})"'
_CLOCK = (
    r"(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4})[: ](?P<clock>\d\d:\d\d:\d\d)(?:[ ](?P<zone>[+-]\d{4}))?"
)
# The host that was asked may stand first (Apache, "vhost_combined").
_COMMON = re.compile(
    rf"""
    (?: \S+ [ ] (?! -[ ] ) )? (?P<client>\S+) [ ] \S+ [ ] [^\[\]"]{{1,200}} [ ] \[ {_CLOCK} \] [ ]
    {_ASKED} [ ] (?P<status>\d{{3}}) [ ] (?P<size>\d+|-) (?P<rest>.*)
    """,
    re.VERBOSE,
)
_S3 = re.compile(
    rf"""
    \S+ [ ] \S+ [ ] \[ {_CLOCK} \] [ ] (?P<client>\S+) [ ] \S+ [ ] \S+ [ ] [A-Z0-9_.]+ [ ] \S+ [ ]
    {_ASKED} [ ] (?P<status>\d{{3}}) [ ] \S+ [ ] (?P<size>\d+|-) [ ] (?P<total>\d+|-) (?P<rest>.*)
    """,
    re.VERBOSE,
)
# Of an Application Load Balancer, which begins with the kind of connection, or a classic one.
_ELB = re.compile(
    rf"""
    (?: [a-z0-9]+ [ ] )? (?P<iso>\d{{4}}-\d\d-\d\dT\S+) [ ] \S+ [ ] (?P<client>\S+):\d+ [ ] (?: \S+ [ ] ){{4}}
    (?P<status>\d{{3}}) [ ] \S+ [ ] \d+ [ ] (?P<size>\d+) [ ] {_ASKED} (?: [ ] "(?P<agent>{_INSIDE})" )?
    """,
    re.VERBOSE,
)
# Behind what syslog puts there. Which headers are between the braces is as the server was set up.
_HAPROXY = re.compile(
    rf"""
    (?<!\S) (?P<client>\S{{1,64}}):\d+ [ ] \[ {_CLOCK} \.\d+ \] [ ] \S+ [ ] \S+ [ ] [\d/+-]+ [ ]
    (?P<status>\d{{3}}) [ ] \+?(?P<size>\d+) [ ] [^"{{]* (?P<headers>\{{[^"]*)? {_ASKED}
    """,
    re.VERBOSE,
)
# uvicorn has no clock, Django's runserver no client, and neither has a User-Agent.
_BRIEF = re.compile(
    rf"""
    (?: (?P<client>\S{{1,64}}):\d+ [ ]- | \[ {_CLOCK} \] ) [ ] {_ASKED} [ ] (?P<status>\d{{3}})
    (?: [ ] (?P<size>\d+|-) )? (?! \S )
    """,
    re.VERBOSE,
)
# What other programs put in front: Docker Compose; Kubernetes; syslog and journalctl; the levels of Python's logging.
_STAMP = r"\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)"
_IN_FRONT = re.compile(
    rf"""
    ^ \s* (?: [\w.-]{{1,80}} [ ]+ \| [ ] )?
    (?: {_STAMP} [ ] std(?:out|err) [ ] [FP] [ ] )?
    (?: (?:<\d{{1,3}}>)? (?: {_STAMP} | [A-Z][a-z]{{2}} [ ][ \d]\d [ ] \d\d:\d\d:\d\d ) [ ] \S{{1,80}} [ ]
        [\w./@-]{{1,80}} (?:\[\d+\])? : [ ] )?
    (?: [A-Z]{{4,8}}: (?:[\w.]{{1,80}}:)? \s* )?
    """,
    re.VERBOSE,
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CAPTURED_AGENT = re.compile(r"[{|]([\w.]+/\d[^|{}]*)")
_ORIGIN = re.compile("^https?://[^/]*")
_TEXT = re.compile(rf'"({_INSIDE})"')
# Some servers write the path decoded, with its spaces.
_REQUEST = re.compile(r"([A-Z]{3,10}) (\S.*?)(?: HTTP/[0-9.]+)?")
_PAIR = re.compile(rf'(?<!\S)([A-Za-z_.-]+)=(?:"({_INSIDE})"|(\S*))')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The fields of a file that was cut off below its "#Fields:".
_IIS = (
    *("date", "time", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip"),
    *("cs(user-agent)", "cs(referer)", "sc-status", "sc-substatus", "sc-win32-status", "time-taken"),
)
_CLOUDFRONT = (
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(host)", "cs-uri-stem", "sc-status"),
    *("cs(referer)", "cs(user-agent)", "cs-uri-query", "cs(cookie)", "x-edge-result-type", "x-edge-request-id"),
    *("x-host-header", "cs-protocol", "cs-bytes", "time-taken"),
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d[ \t]\d\d:\d\d:\d\d[ \t]")

# What JSON and key=value logs call a field: Caddy, nginx as people set it up, Echo, Traefik, CloudFront, logfmt.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "client": ("client_ip", "remote_ip", "remote_addr", "ClientHost", "c-ip", "clientip", "ip", "host"),
    "agent": ("user_agent", "http_user_agent", "cs(User-Agent)", "request_User-Agent", "userAgent", "agent"),
    "method": ("method", "request_method", "RequestMethod", "cs-method"),
    "target": ("uri", "request_uri", "RequestPath", "cs-uri-stem", "path", "url"),
    "status": ("status", "DownstreamStatus", "sc-status", "status_code", "response"),
    "size": ("size", "body_bytes_sent", "bytes_sent", "bytes_out", "DownstreamContentSize", "sc-bytes"),
    "time": ("ts", "time", "time_iso8601", "@timestamp", "timestamp", "StartUTC", "time_local"),
}


class AccessReader:
    """Reads access logs line by line; what a header says of the fields is remembered."""

    def __init__(self) -> None:
        self._fields: Sequence[str] = ()

    def read(self, line: str) -> Request | None:
        """Return what a line says; None where it is not one of an access log."""
        line = _IN_FRONT.sub("", _COLOUR.sub("", line), count=1)
        if line.startswith("#"):
            if line[:8].lower() == "#fields:":
                self._fields = line[8:].lower().split()
            return None
        if line.startswith("{"):
            values = _object(line)
            inner = values.get("log")  # Docker puts it around what a program wrote
            request = self.read(inner.rstrip()) if isinstance(inner, str) else None
            return request or _from_json(values)  # others have a key of that name too
        if _DATE.match(line):
            return _from_fields(line, self._fields)
        formats = (_S3.match, _COMMON.match, _ELB.match, _BRIEF.match, _HAPROXY.search)
        found = next(filter(None, (match(line) for match in formats)), None)
        return _from_pairs(line) if found is None else _from_match(found)


def _from_match(found: re.Match[str]) -> Request | None:
    request = _REQUEST.fullmatch(found["request"])
    if request is None:
        return None
    groups = found.groupdict()
    # The User-Agent follows the Referer; what people append stands behind it, or before both.
    rest = _TEXT.findall(groups.get("rest") or "")
    captured = _CAPTURED_AGENT.search(groups.get("headers") or "")
    agent = captured[1] if captured else groups.get("agent") or (rest[1] if len(rest) > 1 else "")
    return Request(
        client=found["client"] or "",
        agent="" if agent == "-" else agent,
        method=request[1],
        target=_ORIGIN.sub("", request[2]),
        status=int(found["status"]),
        size=_number(found["size"]),
        total=_number(groups.get("total")),
        time=_iso(groups["iso"]) if "iso" in groups else _clock(found),
    )


def _number(text: object) -> int | None:
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return int(text) if 0 <= text < 1 << 62 else None
    return int(text) if isinstance(text, str) and re.fullmatch("[0-9]{1,18}", text) else None


def _clock(found: re.Match[str]) -> float | None:
    try:
        hour, minute, second = map(int, (found["clock"] or "").split(":"))
        day = datetime(int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"]), tzinfo=timezone.utc)
    except ValueError:
        return None
    zone = found["zone"] or "+0000"
    offset = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-60 if zone[0] == "-" else 60)
    # Added to seconds, not to the day: at either end of the calendar there is no other day.
    return day.timestamp() + 3600 * hour + 60 * minute + second - offset


def _iso(text: object) -> float | None:
    if (number := _number(text)) is not None:
        if isinstance(text, float):
            return text
        return number / 1000 if number > 1 << 36 else float(number)  # milliseconds are after 1970 by a long way
    if not isinstance(text, str):
        return None
    # Python 3.10 reads neither "Z" nor more or fewer than six digits of a second.
    found = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?", text)
    try:
        if found is None:
            return float(text) if re.fullmatch(r"\d{9,11}\.\d+", text) else None
        zone = (found[3] or "Z").replace("Z", "+00:00")
        zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").timestamp()
    except ValueError:
        return None


def _from_fields(line: str, fields: Sequence[str]) -> Request | None:
    parts = line.split("\t") if "\t" in line else line.split(" ")
    if len(parts) != len(fields):
        fields = _CLOUDFRONT if "\t" in line else _IIS
    if len(parts) < len(fields):
        return None
    values = dict(zip(fields, parts, strict=False))
    status = _number(values.get("sc-status"))
    method, stem = values.get("cs-method"), values.get("cs-uri-stem")
    if status is None or method is None or stem is None or not re.fullmatch("[A-Z]{3,10}", method):
        return None
    agent = values.get("cs(user-agent)", "-")
    query = values.get("cs-uri-query", "-")
    return Request(
        client=values.get("c-ip", ""),
        # IIS writes a "+" for a space, CloudFront a "%20", which older files encode once more.
        agent="" if agent == "-" else _urls.decode(_urls.decode(agent.replace("+", " "))),
        method=method,
        target=stem if query == "-" else f"{stem}?{query}",
        status=status,
        size=_number(values.get("sc-bytes")),
        time=_iso(f"{values.get('date')} {values.get('time')}"),
    )


def _object(line: str) -> dict[str, object]:
    try:
        return cast("dict[str, object]", json.loads(line))  # what begins with "{" is one, or no JSON
    except (ValueError, RecursionError):
        return {}


def _from_json(values: dict[str, object]) -> Request | None:
    inner = values.get("request")
    total = None
    if isinstance(inner, dict):  # Caddy
        asked = cast("dict[str, object]", inner)
        total = _number(_header(values.get("resp_headers"), "Content-Length"))
        values = {**values, **asked, "user_agent": _header(asked.get("headers"), "User-Agent")}
    elif isinstance(inner, str) and (request := _REQUEST.fullmatch(inner)):  # nginx, "request": "$request"
        values = {**values, "method": request[1], "uri": request[2]}
    made = _from_values(values)
    return None if made is None else made._replace(total=total)


def _header(headers: object, name: str) -> object:
    values = cast("dict[str, object]", headers).get(name) if isinstance(headers, dict) else None
    return next(iter(cast("list[object]", values)), None) if isinstance(values, list) else values


def _from_pairs(line: str) -> Request | None:
    if "method=" not in line or "status=" not in line:
        return None
    return _from_values({name: quoted or bare for name, quoted, bare in _PAIR.findall(line)})


def _from_values(values: Mapping[str, object]) -> Request | None:
    named = {
        field: next((values[name] for name in names if values.get(name) not in (None, "")), None)
        for field, names in _NAMES.items()
    }
    method, target, status = named["method"], named["target"], _number(named["status"])
    if not isinstance(method, str) or not isinstance(target, str) or status is None:
        return None
    client, agent = named["client"], named["agent"]
    return Request(
        client=client if isinstance(client, str) else "",
        agent=agent if isinstance(agent, str) else "",
        method=method.upper()[:10],
        target=target,
        status=status,
        size=_number(named["size"]),
        time=_iso(named["time"]),
    )
