"""Access logs: every format, how requests become attempts, and what an attempt comes to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from itms_ota.logs import Attempt, LogReport, explain_log
from itms_ota.logs._access import AccessReader
from itms_ota.logs._model import Request

AGENT = "com.apple.appstored/1.0 iOS/18.5 model/iPhone14,5 hwp/t8110 build/22F76 (6; dt:263) AMS/1"
OTHER = "com.apple.appstored/1.0 iOS/17.4 model/iPad13,1 hwp/t8103 build/21E219 (6; dt:229) AMS/1"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)
MIB = 1024 * 1024
LOGS = Path(__file__).parents[2] / "docs/logs.md"


def combined(
    path: str,
    status: int = 200,
    size: object = 1134,
    *,
    method: str = "GET",
    client: str = "192.0.2.7",
    agent: str = AGENT,
    at: int = 0,
) -> str:
    clock = f"{10 + at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"
    return f'{client} - - [26/Nov/2026:{clock} +0000] "{method} {path} HTTP/1.1" {status} {size} "-" "{agent}"\n'


def codes(report: LogReport) -> list[tuple[str, str, str, int | None]]:
    return [(problem.path, problem.code, problem.level, problem.line) for problem in report.problems]


def ends(report: LogReport) -> list[tuple[str, str, str]]:
    return [(attempt.device, attempt.stage, attempt.outcome) for attempt in report.attempts]


def only(report: LogReport) -> Attempt:
    assert len(report.attempts) == 1
    return report.attempts[0]


# The formats

REQUEST = Request("192.0.2.7", AGENT, "GET", "/app/manifest.plist?v=1", 200, 1134, None, 1_795_687_201.0)
CADDY: dict[str, Any] = {
    "level": "info",
    "ts": 1795687201.0,
    "logger": "http.log.access",
    "msg": "handled request",
    "request": {
        "remote_ip": "192.0.2.7",
        "remote_port": "41342",
        "client_ip": "192.0.2.7",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "apps.example.com",
        "uri": "/app/manifest.plist?v=1",
        "headers": {"User-Agent": [AGENT], "Accept": ["*/*"]},
    },
    "bytes_read": 0,
    "duration": 0.000929675,
    "size": 1134,
    "status": 200,
    "resp_headers": {"Server": ["Caddy"], "Content-Length": ["1134"]},
}
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-11-26 10:00:00\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
    "sc-status sc-substatus sc-win32-status time-taken\n"
)
IIS_LINE = (
    f"2026-11-26 10:00:01 10.0.0.4 GET /app/manifest.plist v=1 443 - 192.0.2.7 {AGENT.replace(' ', '+')} - 200 0 0 15\n"
)
CLOUDFRONT_LINE = "\t".join(
    [
        *("2026-11-26", "10:00:01", "FRA56-P1", "1134", "192.0.2.7", "GET", "d111111abcdef8.cloudfront.net"),
        *("/app/manifest.plist", "200", "-", AGENT.replace(" ", "%20"), "v=1", "-", "Hit", "reqid", "apps.example.com"),
        *("https", "23", "0.001", "-", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "Hit", "HTTP/2.0", "-", "-", "11040"),
        *("0.001", "Hit", "text/xml", "78", "-", "-"),
    ]
)
PLAIN = '[26/Nov/2026:10:00:01 +0000] "GET /app/manifest.plist?v=1 HTTP/1.1" 200 1134'
COMBINED = f'192.0.2.7 - - {PLAIN} "-" "{AGENT}"'
ELB_NUMBERS = "192.0.2.7:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 1134"
ELB_REQUEST = f'"GET https://apps.example.com:443/app/manifest.plist?v=1 HTTP/2.0" "{AGENT}"'
HAPROXY = "192.0.2.7:33317 [26/Nov/2026:10:00:01.655] https~ static/srv1 10/0/30/69/109 200 1134 - - ---- 1/1/1/1/0 0/0"
SYSLOG = f"Nov 26 10:00:01 lb haproxy[14389]: {HAPROXY}"
FORMATS = {
    "Combined": COMBINED,
    "Combined, another zone": f'192.0.2.7 - - {PLAIN} "-" "{AGENT}"'.replace("10:00:01 +0000", "03:30:01 -0630"),
    "Combined, a user": f'192.0.2.7 - ada lovelace {PLAIN} "-" "{AGENT}"',
    "Combined, the host in front": f'apps.example.com:443 192.0.2.7 - - {PLAIN} "-" "{AGENT}"',
    "Combined, more behind": f'192.0.2.7 - - {PLAIN} "-" "{AGENT}" "203.0.113.9" rt=0.003 "-"',
    "Combined, a referer with a quote": rf'192.0.2.7 - - {PLAIN} "https://a.example/\"x\"" "{AGENT}"',
    "Caddy": json.dumps(CADDY),
    "JSON of nginx": json.dumps(
        {
            "time_iso8601": "2026-11-26T10:00:01+00:00",
            "remote_addr": "192.0.2.7",
            "request": "GET /app/manifest.plist?v=1 HTTP/2.0",
            "status": "200",
            "body_bytes_sent": "1134",
            "http_user_agent": AGENT,
        }
    ),
    "JSON of Echo": json.dumps(
        {
            "time": "2026-11-26T11:00:01.8639162+01:00",
            "remote_ip": "192.0.2.7",
            "method": "GET",
            "uri": "/app/manifest.plist?v=1",
            "user_agent": AGENT,
            "status": 200,
            "bytes_out": 1134,
        }
    ),
    "key=value": (
        f"time=2026-11-26T10:00:01Z remote_addr=192.0.2.7 method=GET path=/app/manifest.plist?v=1 status=200 size=1134 "
        f'user_agent="{AGENT}"'
    ),
    "Application Load Balancer": (
        f"h2 2026-11-26T10:00:01.186641Z app/lb/50dc6c495c0c9188 {ELB_NUMBERS} {ELB_REQUEST} ECDHE-RSA-AES128 "
        'TLSv1.2 arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/a/73e2d6bc24d8a067 "Root=1-58337262-36d" '
        '"apps.example.com" "arn:aws:acm:eu-central-1:1:certificate/1" 1 2026-11-26T10:00:01.1Z "forward" "-" "-"'
    ),
    "Classic Load Balancer": f"2026-11-26T10:00:01.945958Z lb {ELB_NUMBERS} {ELB_REQUEST} - -",
    "HAProxy": f'{SYSLOG} {{{AGENT}}} "GET /app/manifest.plist?v=1 HTTP/1.1"',
    "HAProxy, several headers": (
        f'{HAPROXY} {{apps.example.com|{AGENT}|de}} {{Caddy}} "GET https://a.example/app/manifest.plist?v=1 HTTP/2.0"'
    ),
    "Docker, Combined": json.dumps({"log": f"{COMBINED}\n", "stream": "stdout", "time": "2026-11-26T10:00:09.1Z"}),
    "Docker, Caddy": json.dumps({"log": json.dumps(CADDY) + "\n", "stream": "stderr", "time": "x"}),
    "CloudFront without its header": CLOUDFRONT_LINE,
    "IIS without its header": IIS_LINE.rstrip(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same(name: str) -> None:
    request = AccessReader().read(FORMATS[name])
    assert request is not None
    assert request._replace(total=None, size=1134) == REQUEST
    report = explain_log(FORMATS[name])
    assert codes(report)[1:] == [("attempts[0].manifest", "no-package-request", "warning", 1)]
    assert only(report).system == "iOS 18.5, iPhone14,5"


IN_FRONT = {
    "indented": "    ",
    "docker compose": "web-1  | ",
    "docker compose, in colour": "\x1b[36mweb-1  | \x1b[0m",
    "Kubernetes": "2026-11-26T10:00:09.123456789Z stdout F ",
    "syslog": "Nov 26 10:00:09 web1 nginx: ",
    "syslog, early in a month": "Nov  6 10:00:09 web1 nginx: ",
    "syslog, a priority": "<190>Nov 26 10:00:09 web1 nginx: ",
    "syslog, a process": "Nov 26 10:00:09 web1 nginx[12]: ",
    "journalctl, ISO": "2026-11-26T10:00:09+00:00 web1 nginx[12]: ",
    "docker compose, a logger": "web_1 | INFO:access:",
}


@pytest.mark.parametrize("front", IN_FRONT)
def test_what_other_programs_put_in_front_changes_nothing(front: str) -> None:
    for name, line in FORMATS.items():
        assert AccessReader().read(IN_FRONT[front] + line) == AccessReader().read(line), name
    assert explain_log(IN_FRONT[front] + COMBINED).attempts == explain_log(COMBINED).attempts


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (  # uvicorn
            'INFO:     192.0.2.7:50000 - "GET /x/manifest.plist HTTP/1.1" 200 OK',
            Request("192.0.2.7", "", "GET", "/x/manifest.plist", 200, None),
        ),
        (
            '\x1b[32mINFO\x1b[0m:     ::1:50000 - "\x1b[1mHEAD /x/a.ipa HTTP/1.1\x1b[0m" \x1b[31m404 Not Found\x1b[0m',
            Request("::1", "", "HEAD", "/x/a.ipa", 404, None),
        ),
        (  # Flask: Werkzeug
            '192.0.2.7 - - [26/Nov/2026 10:00:01] "GET /x/manifest.plist HTTP/1.1" 200 -',
            Request("192.0.2.7", "", "GET", "/x/manifest.plist", 200, None, None, 1_795_687_201.0),
        ),
        (
            '192.0.2.7 - - [26/Nov/2026 10:00:01] "\x1b[33mGET /x/a.ipa HTTP/1.1\x1b[0m" 404 -',
            Request("192.0.2.7", "", "GET", "/x/a.ipa", 404, None, None, 1_795_687_201.0),
        ),
        (  # Django: runserver
            '[26/Nov/2026 10:00:01] "GET /x/manifest.plist HTTP/1.1" 200 1134',
            Request("", "", "GET", "/x/manifest.plist", 200, 1134, None, 1_795_687_201.0),
        ),
    ],
)
def test_the_servers_of_the_examples(line: str, wanted: Request) -> None:
    assert AccessReader().read(line) == wanted
    assert [attempt.seen_by for attempt in explain_log(line).attempts] == ["server"]


def test_a_log_without_sizes_does_not_say_that_nothing_was_sent() -> None:
    report = explain_log('INFO:     192.0.2.7:50000 - "GET /x/a.ipa HTTP/1.1" 200 OK\n')
    assert codes(report)[1:] == [("attempts[0].package", "incomplete-download", "warning", 1)]
    assert report.problems[1].message.startswith("The log counts no bytes of the package. ")


def test_a_space_in_a_path() -> None:
    report = explain_log(combined("/app/m.plist") + combined("/app/My App.ipa", 401, at=5))
    assert codes(report) == [("attempts[0].package", "http-status", "error", 2)]
    assert only(report).steps[1] == "line 2: GET /app/My App.ipa: 401, 1,134 bytes"
    nginx = '{"request": "GET /app/My App.ipa HTTP/2.0", "status": 401, "remote_addr": "192.0.2.7"}'
    assert AccessReader().read(nginx) == Request("192.0.2.7", "", "GET", "/app/My App.ipa", 401, None)


@pytest.mark.parametrize("headers", ["", " {}", " {|1wt.eu} {}", " {apps.example.com|de-CH}"])
def test_haproxy_logs_the_headers_that_it_is_told_to(headers: str) -> None:
    request = AccessReader().read(f'{SYSLOG}{headers} "GET /app/manifest.plist?v=1 HTTP/1.1"')
    assert request == REQUEST._replace(agent="")


def test_the_header_of_a_w3c_log_says_what_the_fields_are() -> None:
    assert explain_log(IIS + IIS_LINE).attempts[0].line == 5
    turned = (
        "#Fields: sc-status c-ip cs-method cs-uri-stem date time sc-bytes\n404 192.0.2.7 GET /m.plist 2026-11-26 x 7\n"
    )
    assert explain_log(turned).attempts == ()  # a line begins with its date
    reader = AccessReader()
    assert reader.read("#Fields: date time c-ip cs-method cs-uri-stem sc-status sc-bytes") is None
    assert reader.read("2026-11-26 10:00:01 192.0.2.7 GET /m.plist 404 7") == Request(
        "192.0.2.7", "", "GET", "/m.plist", 404, 7, None, 1_795_687_201.0
    )
    assert reader.read("2026-11-26 10:00:01 192.0.2.7") is None


def s3(key: str, status: int, error: str, sent: object, whole: object) -> str:
    return (
        "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be bucket [26/Nov/2026:10:00:09 +0000] "
        f'192.0.2.7 - 3E57427F33A59F07 REST.GET.OBJECT {key} "GET /{key} HTTP/1.1" {status} {error} {sent} {whole} '
        f'70 10 "-" "{AGENT}" - hostid SigV4 TLS_AES_128_GCM_SHA256 AuthHeader apps.example.com TLSv1.3 - -\n'
    )


@pytest.mark.parametrize(
    ("sent", "whole", "outcome", "found"),
    [
        (52_428_800, 52_428_800, "delivered", []),
        (52_428_799, 52_428_800, "delivered", []),  # a header's worth is not told apart
        (
            52_420_000,
            52_428_800,
            "unknown",
            [
                ("", "no-complete-install", "error", None),
                ("attempts[0].package", "incomplete-download", "warning", 1),
            ],
        ),
    ],
)
def test_s3_has_the_length(sent: int, whole: int, outcome: str, found: list[Any]) -> None:
    report = explain_log(s3("MyApp.ipa", 200, "-", sent, whole))
    assert (only(report).outcome, codes(report)) == (outcome, found)


def test_s3_refuses() -> None:
    report = explain_log(s3("MyApp.ipa", 403, "AccessDenied", 243, "-"))
    assert codes(report) == [("attempts[0].package", "http-status", "error", 1)]
    assert "a signed URL that has expired" in report.problems[0].message


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "{}",
        "[]",
        '{"log": 1}',
        '{"log": "", "stream": "stdout"}',
        '{"log": "manifest.plist was written\\n", "stream": "stdout"}',
        'https 2026-11-26T10:00:01.1Z app/lb/5 192.0.2.7:2817 - -1 -1 -1 - - 0 0 "- http://a.example:80- -" "-" - -',
        f'{HAPROXY.replace(" 200 ", " -1 ")} "GET /m.plist HTTP/1.1"',
        f'{HAPROXY} "<BADREQ>"',
        "{" * 5000 + ".ipa",
        '{"a":' * 2500 + "1" + "}" * 2500,
        '{"request": {"method": "GET", "uri": "/m.plist"}}',
        '{"method": 1, "uri": "/m.plist", "status": 200}',
        '{"method": "GET", "uri": 1, "status": 200}',
        '{"method": "GET", "uri": "/m.plist", "status": "no"}',
        '{"method": "GET", "uri": "/m.plist", "status": true}',
        '{"method": "GET", "uri": "/m.plist", "status": -1}',
        '{"method": "GET", "uri": "/m.plist", "status": 1e400}',
        '{"method": "GET", "uri": "/m.plist", "status": NaN}',
        '{"status": 1' + "0" * 5000 + "}",
        '{"request": {"headers": {"User-Agent": []}}}',
        '192.0.2.7 - - [26/Nov/2026:10:00:01 +0000] "" 400 0 "-" "-"',
        r'192.0.2.7 - - [26/Nov/2026:10:00:01 +0000] "\x16\x03\x01" 400 157 "-" "-"',
        '192.0.2.7 - - [26/Nov/2026:10:00:01 +0000] "GET /m.plist HTTP/1.1" 20 0',
        "method=GET status=200",
        "method= status= path=/m.plist",
        "2026-11-26 10:00:01 words of another log about a manifest.plist",
        "2026-11-26\t10:00:01\tmanifest.plist",
    ],
)
def test_what_is_not_of_an_access_log(line: str) -> None:
    assert AccessReader().read(line) is None
    assert codes(explain_log(line)) == [("", "no-complete-install", "error", None)]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ('1.2.3.4 - - [26/Nov/2026:10:00:01 +0200] "GET /m.plist HTTP/1.1" 200 1', 1_795_680_001.0),
        ('1.2.3.4 - - [26/Nov/2026:10:00:01] "GET /m.plist HTTP/1.1" 200 1', 1_795_687_201.0),
        ('1.2.3.4 - - [01/Jan/0001:00:00:00 +0500] "GET /m.plist HTTP/1.1" 200 1', -62_135_614_800.0),
        ('1.2.3.4 - - [31/Dec/9999:23:00:00 -0900] "GET /m.plist HTTP/1.1" 200 1', 253_402_329_600.0),
        ('1.2.3.4 - - [99/Nov/2026:10:00:01 +0200] "GET /m.plist HTTP/1.1" 200 1', None),
        ('1.2.3.4 - - [26/Foo/2026:10:00:01 +0200] "GET /m.plist HTTP/1.1" 200 1', None),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":1795687201000}', 1_795_687_201.0),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":1795687201}', 1_795_687_201.0),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":"1795687201.000"}', 1_795_687_201.0),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":"2026-11-26 10:00:01,123"}', 1_795_687_201.0),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":"2026-11-26T12:00:01+0200"}', 1_795_687_201.0),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":"2026-99-26T12:00:01Z"}', None),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":"yesterday"}', None),
        ('{"method":"GET","uri":"/m.plist","status":200,"ts":[]}', None),
        ('{"method":"GET","uri":"/m.plist","status":200}', None),
    ],
)
def test_times(line: str, time: float | None) -> None:
    request = AccessReader().read(line)
    assert request is not None
    assert request.time == time


# Which requests are of installs


def test_a_whole_attempt() -> None:
    log = (
        combined("/app/", agent=SAFARI)
        + combined("/app/manifest.plist", at=1)
        + combined("/app/MyApp.ipa", 200, 0, method="HEAD", at=8)
        + combined("/app/MyApp.ipa", 200, 50 * MIB, at=9)
        + combined("/app/icon.png", 200, 4913, at=9)
    )
    report = explain_log(log)
    assert report.attempts == (
        Attempt(
            line=2,
            last_line=5,
            seen_by="server",
            device="client 1",
            system="iOS 18.5, iPhone14,5",
            app="/app/manifest.plist",
            stage="download",
            outcome="delivered",
            explanation=(
                "52,428,800 bytes of the package were sent, and the log has no length to compare them with. Compare "
                "them with the size of the file. Whether the device installed it is only in the log of the device."
            ),
            steps=(
                "line 2: GET /app/manifest.plist: 200, 1,134 bytes",
                "line 3: HEAD /app/MyApp.ipa: 200, 0 bytes",
                "line 4: GET /app/MyApp.ipa: 200, 52,428,800 bytes",
                "line 5: GET /app/icon.png: 200, 4,913 bytes",
            ),
        ),
    )
    assert (report.lines, report.recognised, report.dropped, report.ok) == (5, 4, 0, True)
    assert codes(report) == [("attempts[0].package", "not-checked", "warning", 4)]


@pytest.mark.parametrize(
    ("other", "outcomes", "found"),
    [
        (50 * MIB, ["delivered", "delivered"], []),
        (50 * MIB + 1024, ["delivered", "delivered"], []),
        (
            50 * MIB + 2048,
            ["unknown", "delivered"],
            [
                ("attempts[0].package", "incomplete-download", "warning", 1),
                ("attempts[1].package", "not-checked", "warning", 2),
            ],
        ),
        (
            1000,
            ["delivered", "unknown"],
            [
                ("attempts[0].package", "not-checked", "warning", 1),
                ("attempts[1].package", "incomplete-download", "warning", 2),
            ],
        ),
    ],
)
def test_two_downloads_are_compared(other: int, outcomes: list[str], found: list[Any]) -> None:
    report = explain_log(
        combined("/a.ipa", 200, 50 * MIB) + combined("/a.ipa", 200, other, client="198.51.100.8", agent=OTHER)
    )
    assert [attempt.outcome for attempt in report.attempts] == outcomes
    assert codes(report) == found


def test_builds_at_one_address_one_after_another() -> None:
    sizes = [size * MIB for size in (70, 70, 50, 50, 60, 60)]
    report = explain_log("".join(combined("/a.ipa", 200, size, client=f"c{n}") for n, size in enumerate(sizes)))
    assert {attempt.outcome for attempt in report.attempts} == {"delivered"}
    assert codes(report) == []
    many = "".join(
        combined("/a.ipa", 200, (number // 2 + 1) * 5000, client=f"c{number}", at=number) for number in range(300)
    )
    assert {attempt.outcome for attempt in explain_log(many).attempts} == {"delivered", "unknown"}  # not all are kept


def test_ranges_that_are_a_build_that_others_got() -> None:
    others = combined("/a.ipa", 200, 50 * MIB, client="c1") + combined("/a.ipa", 200, 90 * MIB, client="c2")
    report = explain_log(others + combined("/a.ipa", 206, 20 * MIB) + combined("/a.ipa", 206, 30 * MIB, at=60))
    assert report.attempts[2].outcome == "delivered"


def test_a_file_of_a_few_bytes_is_not_had_before_it_is_sent() -> None:
    report = explain_log(combined("/a.ipa", 200, 500) + combined("/a.ipa", 404, 10, client="198.51.100.8"))
    assert ends(report) == [("client 1", "download", "delivered"), ("client 2", "package", "failed")]


@pytest.mark.parametrize(("sent", "outcome"), [(9_000_000, "delivered"), (8_000_000, "unknown")])
def test_the_head_of_a_package_has_its_length(sent: int, outcome: str) -> None:
    asked = {**CADDY["request"], "uri": "/a.ipa"}
    length = {"Content-Length": ["9000000"]}
    head = {**CADDY, "request": {**asked, "method": "HEAD"}, "size": 0, "resp_headers": length}
    get = {**CADDY, "request": asked, "size": sent, "resp_headers": {}}
    report = explain_log([json.dumps(head), json.dumps(get)])
    assert only(report).outcome == outcome
    assert "not-checked" not in {problem.code for problem in report.problems}


def test_ranges_add_up() -> None:
    first = combined("/a.ipa", 200, 30 * MIB, client="198.51.100.8")
    log = combined("/m.plist") + combined("/a.ipa", 206, 10 * MIB, at=9) + combined("/a.ipa", 206, 20 * MIB, at=99)
    assert ends(explain_log(first + log))[1] == ("client 2", "download", "delivered")
    alone = explain_log(log)
    assert codes(alone) == [
        ("", "no-complete-install", "error", None),
        ("attempts[0].package", "incomplete-download", "warning", 3),
    ]
    assert "31,457,280 bytes of the package were sent" in alone.problems[1].message


@pytest.mark.parametrize(
    ("lines", "stage", "outcome", "found"),
    [
        (combined("/m.plist", 404), "manifest", "failed", [("manifest", "http-status", "error")]),
        (combined("/m.plist", 500) + combined("/m.plist", 200, at=2), "manifest", "unknown", "no-package-request"),
        (combined("/m.plist", 302), "manifest", "unknown", "no-package-request"),
        (combined("/m.plist", 304), "manifest", "unknown", "no-package-request"),
        (combined("/m.plist"), "manifest", "unknown", "no-package-request"),
        (combined("/a.ipa", 200, 0, method="HEAD"), "package", "unknown", "incomplete-download"),
        (combined("/a.ipa", 403, 0, method="HEAD"), "package", "failed", [("package", "http-status", "error")]),
        (combined("/a.ipa", 302, 0), "package", "unknown", "redirected-package"),
        (combined("/a.ipa", 303, 0), "package", "unknown", "redirected-package"),
        (combined("/a.ipa", 304, 0), "download", "unknown", "incomplete-download"),
        (combined("/a.ipa", 305, 0), "package", "unknown", "redirected-package"),
        (combined("/a.ipa", 399, 0), "package", "unknown", "redirected-package"),
        (combined("/a.ipa", 400, 0), "package", "failed", [("package", "http-status", "error")]),
        (combined("/a.ipa", 416, 0), "package", "failed", [("package", "http-status", "error")]),
        (combined("/a.ipa", 200, 0), "download", "unknown", "incomplete-download"),
        (combined("/a.ipa", 200, "-"), "download", "unknown", "incomplete-download"),
        # The head of a file may be refused: what a device then does counts.
        (
            combined("/a.ipa", 403, 0, method="HEAD") + combined("/a.ipa", 200, 9 * MIB, at=1),
            "download",
            "delivered",
            [("package", "not-checked", "warning")],
        ),
        (
            combined("/a.ipa", 503, 0) + combined("/a.ipa", 200, 9 * MIB, at=1),
            "download",
            "delivered",
            [("package", "not-checked", "warning")],
        ),
        (
            combined("/a.ipa", 200, 9 * MIB) + combined("/icon.png", 404, 1, at=1),
            "download",
            "delivered",
            [("package", "not-checked", "warning"), ("image", "http-status", "warning")],
        ),
        (
            combined("/a.ipa", 200, 9 * MIB) + combined("/icon.png", 399, 1, at=1),
            "download",
            "delivered",
            [("package", "not-checked", "warning")],
        ),
    ],
)
def test_what_an_attempt_comes_to(lines: str, stage: str, outcome: str, found: Any) -> None:
    report = explain_log(lines)
    assert ends(report) == [("client 1", stage, outcome)]
    problems = [(path.removeprefix("attempts[0]."), code, level) for path, code, level, _ in codes(report)]
    if isinstance(found, str):
        assert problems == [
            ("", "no-complete-install", "error"),
            (stage.replace("download", "package"), found, "warning"),
        ]
    else:
        assert problems == found
    assert report.ok is (outcome == "delivered")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (combined("/app/MyApp.ipa", 404), "package"),
        (combined("/app/MyApp.IPA?x=1", 404), "package"),
        (combined("/app/MyApp.ipa/download", 404), "package"),
        (combined("/app/MyApp.ipad", 404), "manifest"),  # a downloader that asks for something else
        (combined("/x?file=a.ipa", 404), "manifest"),
        (combined("/api?format=plist", 404), "manifest"),
        (combined("/apps/1/manifest", 404), "manifest"),
        (combined("/apps/1", 404), "manifest"),
        (combined("/apps/1", 404, method="HEAD"), "package"),
        (combined("/apps/1", 206, 1), "package"),
        (combined("/apps/1", 200, 2 * MIB + 1), "package"),
        (combined("/apps/1", 200, 2 * MIB), "manifest"),
        (combined("/apps/1", 404, agent="itunesstored/1.0 iOS/8.2 model/iPhone4,1"), "manifest"),
        (combined("/apps/1", 404, agent="appstored/1 CFNetwork/1115 Darwin/19.0.0"), "manifest"),
        (combined("/apps/1", 404, agent="dmd/67 CFNetwork/1333.0.4 Darwin/21.5.0"), "manifest"),
        (combined("/a.ipa", 404, agent=""), "package"),
        (combined("/m.plist", 404, agent="-"), "manifest"),
        (combined("/apps/1", 404, agent="-"), None),
        (combined("/m.plist", 404, agent=SAFARI), None),
        (combined("/a.ipa", 404, agent="curl/8.5"), None),
        (combined("/a.ipa", 404, method="OPTIONS"), None),
        (combined("/icon.png", 404), None),
        (combined("/other?from=appstored", 404, agent=SAFARI), None),
    ],
)
def test_what_a_request_is_for(line: str, kind: str | None) -> None:
    report = explain_log(line)
    problems = [problem.path for problem in report.problems if problem.code != "no-complete-install"]
    if kind is None:
        assert report.attempts == ()
        assert codes(report) == [("", "no-complete-install", "error", None)]
    else:
        assert [path.removeprefix("attempts[0].") for path in problems] == [kind]


def test_browsers_that_ask_for_the_files_are_counted() -> None:
    report = explain_log(
        combined("/m.plist", agent=SAFARI) + combined("/a.ipa", agent="curl/8.5") + combined("/i.png", agent=SAFARI)
    )
    assert (
        "Only browsers and other programs asked for manifests and packages (requests: 2)" in report.problems[0].message
    )


def test_the_sound_attempt_of_the_page_is_sound() -> None:
    section = LOGS.read_text("utf-8").partition("## What a sound attempt looks like\n")[2]
    lines = re.findall(r"(?m)^    \S.*\n", section.partition("\n## ")[0])
    assert len(lines) == 5
    for log in ("".join(lines), dedent("".join(lines))):
        report = explain_log(log)
        assert ends(report) == [("client 1", "download", "delivered")]
        assert codes(report) == [("attempts[0].package", "not-checked", "warning", 4)]
        assert (report.ok, report.recognised) == (True, 4)
        assert (only(report).line, only(report).last_line) == (2, 5)


# Which requests are one attempt


def test_devices_are_told_apart_by_address_and_by_model() -> None:
    log = "".join(
        combined("/m.plist", client=client, agent=agent, at=at)
        + combined("/a.ipa", status, 9 * MIB, client=client, agent=agent, at=at + 5)
        for client, agent, status, at in (
            ("192.0.2.7", AGENT, 200, 0),
            ("192.0.2.7", OTHER, 403, 1),
            ("2001:db8::1", AGENT, 200, 2),
        )
    )
    lines = log.splitlines(keepends=True)
    mixed = "".join([*lines[::2], *lines[1::2]])
    for text in (log, mixed):
        assert sorted((attempt.device, attempt.system, attempt.outcome) for attempt in explain_log(text).attempts) == [
            ("client 1", "iOS 17.4, iPad13,1", "failed"),
            ("client 1", "iOS 18.5, iPhone14,5", "delivered"),
            ("client 2", "iOS 18.5, iPhone14,5", "delivered"),
        ]


def test_two_apps_at_once_are_told_apart_by_their_folders() -> None:
    log = (
        combined("/apps/one/m.plist")
        + combined("/apps/two/m.plist", at=1)
        + combined("/apps/one/a.ipa", 404, at=2)
        + combined("/apps/two/b.ipa", 200, 9 * MIB, at=3)
    )
    report = explain_log(log)
    assert [(attempt.app, attempt.line, attempt.last_line, attempt.outcome) for attempt in report.attempts] == [
        ("/apps/one/m.plist", 1, 3, "failed"),
        ("/apps/two/m.plist", 2, 4, "delivered"),
    ]


@pytest.mark.parametrize(
    ("path", "at", "count"),
    [("/m.plist", 15, 1), ("/m.plist", 16, 2), ("/other.plist", 1, 2)],
)
def test_a_manifest_begins_an_attempt(path: str, at: int, count: int) -> None:
    assert len(explain_log(combined("/m.plist") + combined(path, at=at)).attempts) == count


def test_redirects_on_one_server_are_one_attempt() -> None:
    log = (
        combined("/get/manifest", 302)
        + combined("/v1/m.plist", at=1)
        + combined("/get/a.ipa", 302, 0, method="HEAD", at=8)
        + combined("/v1/a.ipa", 200, 0, method="HEAD", at=8)
        + combined("/get/a.ipa", 302, 0, at=9)
        + combined("/v1/a.ipa", 200, 9 * MIB, at=9)
    )
    report = explain_log(log)
    assert (only(report).app, only(report).line, only(report).last_line) == ("/v1/m.plist", 1, 6)
    assert codes(report) == [("attempts[0].package", "not-checked", "warning", 6)]


def test_a_page_that_a_check_fetches_is_no_attempt_of_its_own() -> None:
    once = (
        combined("/hello/")
        + combined("/hello/manifest.plist", at=1)
        + combined("/hello/a.ipa", 200, 0, method="HEAD", at=2)
        + combined("/hello/a.ipa", 206, 1622, at=2)
    )
    device = combined("/hello/a.ipa", 200, 1622, client="c2")
    report = explain_log(device + once + once)
    assert [(attempt.app, attempt.line, attempt.outcome) for attempt in report.attempts][1:] == [
        ("/hello/manifest.plist", 2, "delivered"),
        ("/hello/manifest.plist", 6, "delivered"),
    ]
    alone = explain_log(combined("/hello/"))
    assert alone.problems[1].message.startswith("The address of the manifest was answered, and this log shows no ")


def test_an_address_that_is_not_found_is_told_although_another_is_asked_for() -> None:
    log = combined("/install/one", 404) + combined("/two.plist", at=2) + combined("/two.ipa", 200, 9 * MIB, at=8)
    report = explain_log(log)
    assert [(attempt.app, attempt.outcome) for attempt in report.attempts] == [
        ("/install/one", "failed"),
        ("/two.plist", "delivered"),
    ]
    assert not report.ok


def test_a_key_named_log_hides_no_line() -> None:
    line = {"log": "nginx", "method": "GET", "uri": "/a.plist", "status": 404, "user_agent": AGENT}
    assert [problem.code for problem in explain_log(json.dumps(line)).errors] == ["http-status"]


def test_a_client_of_a_load_balancer_that_gave_up() -> None:
    assert explain_log(combined("/m.plist", 460)).problems[0].message == (
        explain_log(combined("/m.plist", 499)).problems[0].message.replace("499", "460")
    )


def test_a_file_that_is_fetched_twice_is_whole() -> None:
    report = explain_log(combined("/a.ipa", 200, 9 * MIB) + combined("/a.ipa", 206, 9 * MIB, at=1))
    assert (only(report).outcome, codes(report)) == ("delivered", [])


def test_a_manifest_after_a_package_begins_an_attempt() -> None:
    log = (
        combined("/m.plist")
        + combined("/a.ipa", 404, at=1)
        + combined("/m.plist", at=2)
        + combined("/a.ipa", 200, MIB, at=3)
    )
    assert ends(explain_log(log)) == [("client 1", "package", "failed"), ("client 1", "download", "delivered")]


@pytest.mark.parametrize(("at", "count"), [(7200, 1), (7201, 2)])
def test_an_attempt_ends_after_two_hours_of_silence(at: int, count: int) -> None:
    assert len(explain_log(combined("/m.plist") + combined("/a.ipa", 200, MIB, at=at)).attempts) == count


def test_lines_without_times_are_taken_in_their_order() -> None:
    log = (
        '{"method":"GET","uri":"/m.plist","status":200}\n{"method":"GET","uri":"/a.ipa","status":200,"size":5000000}\n'
    )
    report = explain_log(log)
    assert ends(report) == [("unknown client", "download", "delivered")]


def test_a_downloader_that_names_no_model_goes_on_with_what_is_there() -> None:
    log = combined("/m.plist") + combined("/a.ipa", 200, MIB, agent="appstored/1 CFNetwork/1115 Darwin/19.0.0", at=1)
    assert only(explain_log(log)).system == "iOS 18.5, iPhone14,5"


def test_more_apps_at_once_than_are_remembered() -> None:
    log = "".join(combined(f"/{number}/m.plist", at=number) for number in range(6)) + combined("/0/a.ipa", 404, at=7)
    report = explain_log(log)
    assert len(report.attempts) == 6  # the first is over; the package goes to one that waits
    assert [attempt.outcome for attempt in report.attempts].count("failed") == 1


def test_more_clients_than_are_remembered() -> None:
    log = "".join(
        combined("/m.plist", client=f"10.0.{number >> 8}.{number & 255}", at=number % 60) for number in range(2100)
    )
    report = explain_log(log)
    assert (len(report.attempts), report.dropped) == (500, 1600)
    assert report.attempts[0].device == "client 1"


def test_more_files_than_are_remembered() -> None:
    log = "".join(combined(f"/{number}.ipa", 200, MIB, at=number % 60, client=f"c{number}") for number in range(1100))
    assert {attempt.outcome for attempt in explain_log(log).attempts} == {"delivered"}


def test_steps_are_few() -> None:
    log = combined("/m.plist") + "".join(combined("/a.ipa", 206, 1, at=number) for number in range(50))
    assert len(only(explain_log(log)).steps) == 12
