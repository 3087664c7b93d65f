"""Real lines, each with what it comes to; and what stands in the table of codes."""

# ruff: noqa: E501 -- lines of logs are as long as they are

from __future__ import annotations

import random

import pytest
from _log_lines import ALL, Vector

from itms_ota._codes import GRADES
from itms_ota.logs import explain_log
from itms_ota.logs._access import AccessReader
from itms_ota.logs._error_codes import ALIASES, NUMBERS
from itms_ota.logs._judge import STATUSES
from itms_ota.logs._meanings import DOMAINS, MEANINGS
from itms_ota.logs._model import Request


def ids(vector: Vector) -> str:
    return vector.source


def test_there_are_sixty_real_lines() -> None:
    assert sum(len(vector.text.splitlines()) for vector in ALL) >= 60
    assert len({vector.source for vector in ALL}) == len(ALL)


@pytest.mark.parametrize("vector", ALL, ids=ids)
def test_a_real_log(vector: Vector) -> None:
    report = explain_log(vector.text)
    assert tuple((problem.code, problem.level, problem.line or 0) for problem in report.problems) == vector.problems
    assert tuple((attempt.stage, attempt.outcome) for attempt in report.attempts) == vector.found
    assert not vector.says or vector.says in report.problems[0].message


@pytest.mark.parametrize("vector", ALL, ids=ids)
def test_a_real_log_between_lines_of_other_programs(vector: Vector) -> None:
    """What else is in a log changes nothing but the numbers of the lines."""
    other = "Jan  1 00:00:00 host kernel[0] <Notice>: something else\n"
    before, after = explain_log(vector.text), explain_log(other * 7 + vector.text + other * 7)
    assert [problem.message for problem in after.problems] == [problem.message for problem in before.problems]
    assert [problem.line and problem.line - 7 for problem in after.problems] == [p.line for p in before.problems]
    assert after.recognised == before.recognised


@pytest.mark.parametrize("vector", ALL, ids=ids)
def test_lines_that_end_as_on_windows(vector: Vector) -> None:
    assert explain_log(vector.text.replace("\n", "\r\n")) == explain_log(vector.text)
    assert explain_log(vector.text.splitlines()) == explain_log(vector.text)


# The table


@pytest.mark.parametrize(("code", "meaning"), MEANINGS.items())
def test_a_code_is_explained_by_its_number_alone(code: str, meaning: object) -> None:
    domain, _, number = code.rpartition(" ")
    text = f"x Error Domain={domain} Code={number} " if domain else f"x {number} x"
    report = explain_log(text)
    entry = MEANINGS[code]
    assert entry == meaning
    if entry.weight == "other":
        assert [problem.code for problem in report.problems] == ["no-complete-install"]
        return
    found = [(problem.code, problem.level, problem.line) for problem in report.problems]
    if domain == "NSURLErrorDomain":  # a device connects for much else
        assert found == [("no-complete-install", "error", None), ("install-failed", "warning", 1)]
        report = explain_log(f"Could not load download manifest with underlying error: {text}")
        found = [(problem.code, problem.level, problem.line) for problem in report.problems]
    assert found == [("install-failed", "error", 1)]
    assert report.problems[0].message == f"{code}: {entry.says} {entry.cure}"


@pytest.mark.parametrize("code", MEANINGS)
def test_a_code_has_a_cure_and_a_graded_source(code: str) -> None:
    entry = MEANINGS[code]
    assert entry.says.endswith(".")
    assert entry.cure.endswith(".")
    assert {part.partition(": ")[0] for part in entry.source.split("; ")} <= GRADES.keys()


def test_all_codes_of_a_signature_are_there() -> None:
    assert {f"0xe80080{number:02x}" for number in range(0x01, 0x2A)} <= MEANINGS.keys()
    assert {*ALIASES.values()} <= DOMAINS
    assert {*NUMBERS.values()} <= MEANINGS.keys()


@pytest.mark.parametrize("number", range(0x01, 0x2A))
def test_a_number_with_a_sign_is_the_same_code(number: int) -> None:
    code = 0xE8008000 + number
    signed = code - (1 << 32)
    same = [f"0x{code:x}", f"0x{code:X}", f"0X{code:X}", f"{code:x}", f"({code:X})", f"{signed}", f"{code}"]
    same += [f"ErrorDetail = {signed};", f"ErrorDetail = {code};"]
    assert {explain_log(f"x {text}").problems[0].message for text in same} == {explain_log(same[0]).problems[0].message}


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_a_computer_is_a_name_of_the_device(number: str) -> None:
    assert explain_log(f"Error {number}").problems[0].message.startswith(f"{NUMBERS[number]}: ")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("installd[1] <Error>: 0xe80080ff", "0xe80080ff"),
        ("0xe800802a", "0xe800802a"),
        ("0xe8009999 (Something new)", "0xe8009999"),
        ("-402620161", "0xe80080ff"),
        ("Error Domain=MIInstallerErrorDomain Code=9999", "MIInstallerErrorDomain 9999"),
        ("Error Domain=IXUserPresentableErrorDomain Code=99", "IXUserPresentableErrorDomain 99"),
        ("Error Domain=DeviceManagement.error Code=99", "DeviceManagement.error 99"),
        ("Failed to install: Error Domain=ASDErrorDomain Code=-5", "ASDErrorDomain -5"),
        ("Failed to install: Error Domain=kCFErrorDomainCFNetwork Code=-4711", "NSURLErrorDomain -4711"),
        ("installd: Failed to install: Error Domain=com.example.New Code=7", "com.example.New 7"),
    ],
)
def test_an_unknown_code_is_said_to_be_unknown(text: str, code: str) -> None:
    report = explain_log(text)
    assert [(problem.code, problem.level) for problem in report.problems][-1] == ("unknown-error-code", "error")
    assert report.problems[-1].message.startswith(f"The meaning of {code} is not known here.")
    assert [attempt.outcome for attempt in report.attempts] == ["failed"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Error Domain=ASDErrorDomain Code=-5", "ASDErrorDomain -5"),
        ("Error Domain=NSURLErrorDomain Code=-4711", "NSURLErrorDomain -4711"),
        ("Error Domain=kCFErrorDomainCFNetwork Code=-4711", "NSURLErrorDomain -4711"),
        ("Error Domain=AMSErrorDomain Code=4711", "AMSErrorDomain 4711"),
        ("appstored[1] <Error>: failed: Error Domain=com.example.New Code=7", "com.example.New 7"),
    ],
)
def test_an_unknown_code_that_may_be_of_something_else_is_a_warning(text: str, code: str) -> None:
    report = explain_log(text)
    found = [(problem.code, problem.level) for problem in report.problems]
    assert found == [("no-complete-install", "error"), ("unknown-error-code", "warning")]
    assert report.problems[1].message.startswith(f"The meaning of {code} is not known here.")
    assert [attempt.outcome for attempt in report.attempts] == ["unknown"]


@pytest.mark.parametrize(
    "text",
    [
        "0xe8",
        "0xe7008015",
        "xe8008015",
        "e8008015-0000-4000-8000-000000000000",
        "e8018015",
        "38923469010",
        "1.3892346901",
        "12-402620395",
        "-4026203950",
        "Error Domain=NSOSStatusErrorDomain Code=-34018",
        "Error Domain=com.example.Other Code=7",
        "this error 404",
        "an error -1200 of another program",
        "DeviceOSVersionTooLowX",
        "tar: could not extract archive",
    ],
)
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert [problem.code for problem in explain_log(text).problems] == ["no-complete-install"]


def test_what_the_device_says_of_an_unknown_code_is_quoted() -> None:
    text = 'appstored: Error Domain=ASDErrorDomain Code=4711 "Nothing of /Users/ada/x fits" UserInfo={}'
    assert "The device says 'Nothing of /Users/…/x fits'." in explain_log(text).problems[1].message
    assert "/Users/ada/x" in explain_log(text, show_personal=True).problems[1].message


def test_a_long_quote_ends_before_what_would_be_cut() -> None:
    for length in range(100, 161):
        text = (
            f'appstored: Error Domain=ASDErrorDomain Code=4711 "{"x" * length} 00008110-000A1B2C3D4E801E" UserInfo={{}}'
        )
        message = explain_log(text).problems[1].message
        assert f"'{'x' * length}" in message
        assert "00008110" not in message


def test_an_unknown_code_beside_a_cause_is_a_warning() -> None:
    text = "Failed to verify code signature of x : 0xe8008015 (y)\nError Domain=MIInstallerErrorDomain Code=9999\n"
    found = [(problem.code, problem.level, problem.line) for problem in explain_log(text).problems]
    assert found == [("install-failed", "error", 1), ("unknown-error-code", "warning", 2)]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_explained(status: int) -> None:
    agent = "itunesstored/1.0 iOS/9.0"
    line = f'192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "GET /m.plist HTTP/1.1" {status:03} 1 "-" "{agent}"'
    report = explain_log(line)
    assert [(problem.path, problem.code, problem.level) for problem in report.problems] == [
        ("attempts[0].manifest", "http-status", "error")
    ]
    says, cure = STATUSES[status]
    assert report.problems[0].message == (
        f"The manifest was answered with status {status:03}. {says} On the device: 'Cannot connect'. {cure}"
    )


def test_a_status_without_an_entry_is_an_error_too() -> None:
    line = '192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "GET /m.plist HTTP/1.1" 418 1 "-" "itunesstored/1.0 iOS/9.0"'
    assert "The meaning of this status is not known here." in explain_log(line).problems[0].message


# Logs that are mixed, cut and mangled

DELIVERED = (
    '192.0.2.9 - - [26/Nov/2026:10:00:00 +0000] "GET /a.ipa HTTP/1.1" 200 9000000 "-" "itunesstored/1.0 iOS/9.0"\n'
)
ERRORS = [vector for vector in ALL if any(level == "error" for _, level, _ in vector.problems)]
FAILURES = [vector for vector in ERRORS if any(outcome == "failed" for _, outcome in vector.found)]


@pytest.mark.parametrize("vector", FAILURES, ids=ids)
def test_a_download_elsewhere_does_not_hide_a_failure(vector: Vector) -> None:
    for text in (DELIVERED + vector.text, vector.text + DELIVERED):
        report = explain_log(text)
        assert not report.ok
        assert "delivered" in {attempt.outcome for attempt in report.attempts}


def test_mixed_logs() -> None:
    generator = random.Random(6)
    for _ in range(100):
        chosen = generator.sample(ALL, 5)
        lines = [line for vector in chosen for line in vector.text.splitlines(keepends=True)]
        generator.shuffle(lines)
        report = explain_log("".join(lines))
        assert report == explain_log(lines)
        assert report.lines == len(lines)
        assert report.recognised <= len(lines)
        assert all(1 <= attempt.line <= attempt.last_line <= len(lines) for attempt in report.attempts)
        assert [attempt.line for attempt in report.attempts] == sorted(attempt.line for attempt in report.attempts)


def test_mangled_logs() -> None:
    generator = random.Random(7)
    signs = [*"\0\t \"'\\[]{}<>()=:;,./-0189aexÄ\ud800\u202e\x1b"]
    for _ in range(2000):
        letters = [*generator.choice(ALL).text]
        for _ in range(generator.randrange(1, 12)):
            place = generator.randrange(len(letters))
            letters[place : place + generator.randrange(3)] = generator.choices(signs, k=generator.randrange(3))
        report = explain_log("".join(letters))
        assert report.ok is not bool(report.errors)
        assert all(character.isprintable() or character == "\n" for character in str(report))


# Lines as the documentation of servers has them


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (  # Apache httpd, Log Files
            (
                '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 '
                '"http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"'
            ),
            Request(
                "127.0.0.1", "Mozilla/4.08 [en] (Win98; I ;Nav)", "GET", "/apache_pb.gif", 200, 2326, None, 971211336.0
            ),
        ),
        (  # Amazon S3, server access log format
            (
                "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket "
                "[06/Feb/2019:00:01:00 +0000] 192.0.2.3 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be "
                '7B4A0FABBEXAMPLE REST.GET.OBJECT s3-dg.pdf "GET /amzn-s3-demo-bucket/s3-dg.pdf HTTP/1.1" 200 - 4406583 '
                '4406583 41754 28 "-" "S3Console/0.4" - 10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3='
                " SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket.s3.us-west-1.amazonaws.com TLSV1.2 - -"
            ),
            Request(
                *("192.0.2.3", "S3Console/0.4", "GET", "/amzn-s3-demo-bucket/s3-dg.pdf", 200),
                *(4406583, 4406583, 1549411260.0),
            ),
        ),
        (  # Amazon CloudFront, standard logging
            (
                "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/index.html\t200\t-\t"
                "Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36\t-\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVG\t"
                "d111111abcdef8.cloudfront.net\thttps\t23\t0.001\t-\tTLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\tHit\tHTTP/2.0\t-\t-"
                "\t11040\t0.001\tHit\ttext/html\t78\t-\t-"
            ),
            Request(
                *("192.0.2.100", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "GET", "/index.html"),
                *(200, 392, None, 1575493351.0),
            ),
        ),
        (  # Caddy, log
            (
                '{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":{'
                '"remote_ip":"127.0.0.1","remote_port":"41342","client_ip":"127.0.0.1","proto":"HTTP/2.0","method":"GET",'
                '"host":"localhost","uri":"/","headers":{"User-Agent":["curl/7.82.0"],"Accept":["*/*"]},"tls":{"resumed":'
                'false}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200,"resp_headers":{'
                '"Server":["Caddy"],"Content-Encoding":["gzip"],"Content-Type":["text/html; charset=utf-8"]}}'
            ),
            Request("127.0.0.1", "curl/7.82.0", "GET", "/", 200, 10900, None, 1646861401.5241024),
        ),
    ],
)
def test_documented_lines(line: str, wanted: Request) -> None:
    assert AccessReader().read(line) == wanted
