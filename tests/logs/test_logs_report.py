"""The report on a log: what it shows and hides, what is read, and what hostile logs cost."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from _log_lines import ALL, DOWNLOADER

from itms_ota.logs import LogReport, _server, explain_log
from itms_ota.logs._device import EVENTS, Event
from itms_ota.logs._report import _OF_INSTALLS, LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULT = "installd[57] <Error>: profile not valid: 0xe8008011\n"
NOISE = "Jan  1 00:00:00 iPhone kernel[0] <Notice>: nothing\n"


def access(path: str, status: int = 200, client: str = "192.0.2.7") -> str:
    return f'{client} - - [26/Nov/2026:10:00:00 +0000] "GET {path} HTTP/1.1" {status} 1000 "-" "{DOWNLOADER}"\n'


def codes(report: LogReport) -> list[tuple[str, str, str, int | None]]:
    return [(problem.path, problem.code, problem.level, problem.line) for problem in report.problems]


# What it shows


def test_a_report_in_a_terminal() -> None:
    report = explain_log(access("/app/m.plist") + access("/app/a.ipa", 404) + FAULT)
    first = "lines 1 to 2, client 1, iOS 14.4.2, iPhone13,1, /app/m.plist: failed, came to the stage 'package'"
    assert str(report).splitlines() == [
        "Log of 3 lines, 2 install attempts (2 failed): 2 errors",
        f"  attempts[0], {first}",
        f"    error at attempts[0].package, line 2: {report.attempts[0].explanation} [http-status]",
        "  attempts[1], line 3, the device of the log: failed, came to the stage 'install'",
        f"    error at attempts[1], line 3: {report.attempts[1].explanation} [install-failed]",
    ]


def test_one_line_and_one_attempt() -> None:
    assert str(explain_log(FAULT)).startswith("Log of 1 line, 1 install attempt (1 failed): 1 error\n")


def test_a_report_in_a_notebook_is_escaped() -> None:
    html = explain_log(access("/<b>m.plist", 404))._repr_html_()
    assert "<b>m.plist" not in html
    assert "/&lt;b&gt;m.plist" in html
    assert "<ol start='0'><li>line 1, client 1, iOS 14.4.2, iPhone13,1, " in html


def test_many_attempts_are_shown_in_part() -> None:
    good = "".join(access("/a.ipa", client=f"c{number}") for number in range(60))
    report = explain_log(good + access("/m.plist", 404))
    lines = str(report).splitlines()
    assert len(lines) == 1 + 50 * 2 + 2 + 1
    assert lines[-3].startswith("  attempts[60], line 61, ")
    assert lines[-1] == "  and 10 more, of which nothing is wrong"
    assert report._repr_html_().count("<li>") == 50


def test_an_attempt_without_a_problem_is_explained() -> None:
    report = explain_log(access("/a.ipa", client="c1") + access("/a.ipa", client="c2"))
    assert str(report).splitlines()[2] == (
        "    The package was sent whole. Whether the device installed it is only in the log of the device."
    )


@pytest.mark.parametrize("text", [vector.text for vector in ALL])
def test_a_report_as_data(text: str) -> None:
    report = explain_log(text)
    data = report.to_dict()
    assert LogReport.from_dict(json.loads(json.dumps(data))) == report
    assert (data["report"], data["ok"]) == ("log", report.ok)
    assert (data["lines"], data["recognised"], data["dropped"]) == (report.lines, report.recognised, 0)
    assert data["attempts"] == [
        {
            "line": attempt.line,
            "last_line": attempt.last_line,
            "seen_by": attempt.seen_by,
            "device": attempt.device,
            "system": attempt.system,
            "app": attempt.app,
            "stage": attempt.stage,
            "outcome": attempt.outcome,
            "explanation": attempt.explanation,
            "steps": list(attempt.steps),
        }
        for attempt in report.attempts
    ]


# Never a false all-clear


def test_nothing_was_found() -> None:
    for text in (
        "",
        "\n",
        NOISE * 5,
        "GET /index.html",
        "\0",
        "<a href='itms-services://?action=x'>",
        "manifest.plist",
    ):
        report = explain_log(text)
        assert not report.ok
        assert codes(report) == [("", "no-complete-install", "error", None)]
        assert report.problems[0].message.startswith("Nothing of an install over the air was found in this log.")


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        (access("/m.plist"), False),
        (access("/m.plist") + access("/a.ipa"), True),
        (access("/m.plist") + access("/a.ipa") + access("/m.plist", client="c2"), True),
        (access("/m.plist") + access("/a.ipa") + access("/m.plist", 404, client="c2"), False),
        (access("/m.plist") + access("/a.ipa") + FAULT, False),
        (FAULT, False),
        ("installd[1]: Install Successful for (Customer:com.example.app); Overall: 6.48s\n", True),
        (FAULT + "installd[1]: Install Successful for (Customer:com.example.app); Overall: 6.48s\n", True),
        ("installd[1]: Install Successful for (Customer:com.example.app); Overall: 6.48s\n" + FAULT, False),
        ("Safari; SafariViewService[9] <Notice>: open itms-services://?action=download-manifest\n", False),
    ],
)
def test_ok_is_an_install_that_came_to_its_end(text: str, ok: bool) -> None:  # noqa: FBT001
    assert explain_log(text).ok is ok


def test_a_stray_code_does_not_spoil_an_install() -> None:
    good = "installd[1]: Install Successful for (Customer:com.example.app); Overall: 6.48s\n"
    stray = "appstored[2] <Error>: Error Domain=ASDErrorDomain Code=4711\nappstored[2]: NSURLErrorDomain error -1009\n"
    for log in (good + NOISE * 20 + stray, stray + NOISE * 20 + good, good + stray):
        assert explain_log(log).ok


def test_a_code_of_the_app_store_does_not_explain_a_failure() -> None:
    report = explain_log("installd: Failed to install\nError Domain=AMSErrorDomain Code=100\n")
    assert [problem.message for problem in report.problems] == [
        "The device did not install the app. Look at the other codes of the attempt, and at the lines around it."
    ]
    assert report.attempts[0].steps == ("line 1: verification failed", "line 2: AMSErrorDomain 100")


def test_what_goes_wrong_after_an_install_is_an_error() -> None:
    report = explain_log(
        "installd[1]: Install Successful for (Customer:com.example.app); Overall: 6.48s\nlsd: 0xe8008025 (untrusted)\n"
    )
    assert codes(report) == [("attempts[0]", "install-failed", "error", 2)]
    assert report.problems[0].message.startswith("After the install: 0xe8008025: Nobody has trusted the developer")
    assert report.attempts[0].outcome == "installed"


def test_what_went_wrong_before_an_install_is_a_warning() -> None:
    report = explain_log(FAULT + "installd[1]: Install Successful for (Customer:com.example.app); Overall: 6.48s\n")
    assert codes(report) == [("attempts[0]", "install-failed", "warning", 1)]
    assert report.problems[0].message.startswith("Before the install: 0xe8008011: ")


# Attempts of a device


def test_apps_are_told_apart() -> None:
    def line(app: str, text: str) -> str:
        return f"appstored[9] <Notice>: [UPP0123ABCD/{app}] {text}\n"

    report = explain_log(
        line("com.example.one", "Running HEAD operation to get size for URL: https://a.example/1.ipa")
        + line("com.example.two", "Running HEAD operation to get size for URL: https://a.example/2.ipa")
        + "installd: -[MIInstaller performInstallationWithError:]: Installing <MIInstallableBundle ID=com.example.one\n"
        + "installd[7]: Failed to install embedded profile for com.example.two : 0xe8008012 (x)\n"
        + "installd[7]: Install Successful for (Customer:com.example.one); Overall: 6.48s\n"
    )
    assert [(attempt.app, attempt.stage, attempt.outcome) for attempt in report.attempts] == [
        ("com.example.one", "install", "installed"),
        ("com.example.two", "install", "failed"),
    ]


@pytest.mark.parametrize(("lines", "count"), [(9, 1), (10, 2)])
def test_failures_close_together_are_one(lines: int, count: int) -> None:
    assert len(explain_log(FAULT + NOISE * lines + FAULT).attempts) == count


def test_a_new_attempt_of_the_same_app() -> None:
    begin = "appstored: [UPP0123ABCD/com.example.one] Found size: 1 for URL: x\n"
    fail = "installd: Failed to install embedded profile for com.example.one : 0xe8008012\n"
    report = explain_log(begin + fail + begin + fail)
    assert [(attempt.line, attempt.last_line, attempt.outcome) for attempt in report.attempts] == [
        (1, 2, "failed"),
        (3, 4, "failed"),
    ]


def test_lines_that_do_not_name_the_app_belong_to_the_one_before() -> None:
    begin = "appstored: [UPP0123ABCD/com.example.one] Found size: 1 for URL: x\n"
    report = explain_log(begin + NOISE * 5000 + FAULT)
    assert [(attempt.app, attempt.outcome) for attempt in report.attempts] == [("com.example.one", "failed")]


def test_an_attempt_that_is_over_and_had_no_name() -> None:
    begin = "appstored: [UPP0123ABCD/com.example.one] Found size: 1 for URL: x\n"
    report = explain_log(FAULT + begin)
    assert [(attempt.app, attempt.outcome) for attempt in report.attempts] == [
        (None, "failed"),
        ("com.example.one", "unknown"),
    ]
    # The first is still remembered when another without a name comes.
    report = explain_log(FAULT + begin + FAULT + NOISE * 20 + FAULT)
    assert [(attempt.app, attempt.line, attempt.outcome) for attempt in report.attempts] == [
        (None, 1, "failed"),
        ("com.example.one", 2, "failed"),
        (None, 24, "failed"),
    ]


def test_more_apps_than_are_remembered() -> None:
    report = explain_log(
        "".join(f"appstored: [UPP0123ABCD/com.example.a{number}] Found size: 1 for URL: x\n" for number in range(300))
    )
    assert len(report.attempts) == 300


def test_more_codes_than_are_remembered() -> None:
    report = explain_log("".join(f"installd: 0xe80090{number:02x}\n" for number in range(40)))
    assert len(report.problems) == 20
    assert len(report.attempts[0].steps) == 12


@pytest.mark.parametrize(
    "text",
    [
        "<key>ErrorCode</key><integer>2604</integer><key>ErrorDomain</key><string>DeviceManagement.error</string>",
        "<key>ErrorDomain</key>\n<string>DeviceManagement.error</string>\n<key>ErrorCode</key>\n<integer>2604</integer>\n",
        "<key>ErrorCode</key>\n\n<integer>2604</integer>\n\n<key>ErrorDomain</key>\n<string>DeviceManagement.error</string>\n",
        "Domain: DeviceManagement.error\nCode: 2604\n",
        "Domain : DeviceManagement.error\nCode   : 2604\n",
        "Error Domain=DeviceManagement.error Code=2604",
        "(domain=DeviceManagement.error, code=2604)",
        "(DeviceManagement.error error 2604.)",
    ],
)
def test_a_code_over_several_lines(text: str) -> None:
    assert "DeviceManagement.error 2604" in explain_log(text).problems[0].message


@pytest.mark.parametrize(
    "text",
    [
        "Domain: DeviceManagement.error\nx\nx\nx\nCode: 2604\n",
        "<key>ErrorCode</key>\n<integer>2604</integer>\nx\nx\nx\n<key>ErrorDomain</key>\n<string>DeviceManagement.error</string>\n",
        "<key>ErrorCode</key>\n<string>none</string>\n<key>ErrorDomain</key>\n<string>DeviceManagement.error</string>\n",
    ],
)
def test_parts_that_do_not_belong_together(text: str) -> None:
    assert [problem.code for problem in explain_log(text).problems] == ["no-complete-install"]


# What is hidden

UDIDS = ("00008020-000D68E42203002E", "00008110-001a45141e10801e", "9c5b3c2f0d1e4a6b8c7d9e0f1a2b3c4d5e6f7a8b")


@pytest.mark.parametrize(
    "secret",
    [
        *UDIDS,
        "192.0.2.77",
        "2001:db8:85a3::8a2e:370:7334",
        "fe80::1:2:3",
        "a4:83:e7:12:34:56",
        "adal",
    ],
)
def test_personal_data_is_hidden_unless_asked_for(secret: str) -> None:
    inside = f"Users/{secret}" if secret == "adal" else secret  # noqa: S105 -- a name
    log = (
        access(f"/u/{inside}/m.plist", 404, client="10.1.2.3")
        + f'appstored: failed: Error Domain=com.example.New Code=7 "see /{inside}/ there"\n'
        + f"installd: [UPP0123ABCD/com.example.{secret if secret in UDIDS else 'x'}] Failed to install\n"
    )
    report = explain_log(log)
    for shown in (str(report), repr(report), report._repr_html_(), json.dumps(report.to_dict())):
        assert secret not in shown
        assert "10.1.2.3" not in shown
    asked = explain_log(log, show_personal=True)
    assert secret in str(asked) + repr(asked)
    assert "10.1.2.3" in str(asked)


@pytest.mark.parametrize("length", range(176, 199))
def test_personal_data_is_hidden_where_a_long_path_is_cut(length: int) -> None:
    path = f"/{'x' * (length - 1)}/{UDIDS[0]}/m.plist"
    report = explain_log(access(path, 404))
    assert report.attempts[0].app is not None
    assert UDIDS[0][:1] not in report.attempts[0].app
    assert report.attempts[0].app.startswith(f"{path[: length + 1]}…")


@pytest.mark.parametrize("hyphen", ["-", "%2D", "%2d", "%252D"])
def test_a_udid_in_a_path_is_hidden_whole(hyphen: str) -> None:
    report = explain_log(access(f"/u/00008020{hyphen}000D68E42203002E/m.plist", 404))
    assert [attempt.app for attempt in report.attempts] == ["/u/…/m.plist"]


def test_an_address_of_mail_is_hidden_unless_asked_for() -> None:
    log = 'appstored: failed: Error Domain=com.example.New Code=7 "ask ada.lovelace@mail.example.com there"\n'
    assert "'ask …@mail.example.com there'" in explain_log(log).problems[1].message
    assert "'ask ada.lovelace@mail.example.com there'" in explain_log(log, show_personal=True).problems[1].message


def test_tokens_are_hidden_always() -> None:
    log = access("/m.plist?token=hunter2pass&X-Amz-Signature=0123456789abcdef0123456789abcdef", 404)
    for personal in (False, True):
        report = explain_log(log, show_personal=personal)
        assert "hunter2pass" not in repr(report) + str(report) + json.dumps(report.to_dict())
        assert "0123456789abcdef" not in repr(report) + str(report)


def test_names_of_the_device_do_not_come_back() -> None:
    log = "Mar 31 16:57:20 Adas-iPad installd[2105] <Notice>: Failed to install\n"
    assert "Ada" not in repr(explain_log(log, show_personal=True))


# What is read


class Lines:
    """An iterable that can be gone through once."""

    def __iter__(self) -> Iterator[str]:
        yield from (NOISE, FAULT)


def test_a_log_in_every_form_is_read_alike() -> None:
    text = NOISE + FAULT
    wanted = explain_log(text)
    assert (wanted.lines, wanted.recognised) == (2, 1)
    for log in (io.StringIO(text), Lines(), [NOISE, FAULT], (NOISE, FAULT), text.rstrip(), iter([NOISE, FAULT])):
        assert explain_log(log) == wanted


@pytest.mark.parametrize(
    "log", [None, 1, b"text", bytearray(b"x"), [b"x"], [1], io.BytesIO(b"x"), io.BytesIO(b"x\n" * 9)]
)
def test_what_is_not_text_is_refused(log: object) -> None:
    with pytest.raises(TypeError, match=r"\blog must be"):
        explain_log(log)  # type: ignore[arg-type]


def listed(text: str) -> list[str]:
    return [text]


@pytest.mark.parametrize("make", [io.StringIO, str, listed])
def test_a_long_line_is_read_in_part_and_that_is_said(make: Any) -> None:
    short = FAULT.rstrip().ljust(LONGEST_LINE) + "\n"
    assert codes(explain_log(make(short))) == [("attempts[0]", "install-failed", "error", 1)]
    late = "x" * LONGEST_LINE * 3 + FAULT
    # Lines without their ends are lines all the same.
    assert codes(explain_log(["x" * LONGEST_LINE * 3, FAULT.rstrip()]))[0] == (
        "attempts[0]",
        "install-failed",
        "error",
        2,
    )
    report = explain_log(make(late + FAULT) if make is not str else late + FAULT)
    found = [("", "not-checked", "warning", None)]
    if report.lines == 2:
        assert codes(report) == [("attempts[0]", "install-failed", "error", 2), *found]
    else:  # an iterable that gives two lines as one
        assert codes(report) == [("", "no-complete-install", "error", None), *found]
    assert "1 line is longer than 16 KiB." in report.problems[-1].message


def test_numbers_of_lines_after_a_long_line() -> None:
    text = NOISE + "x" * 100_000 + "\n" + "y" * LONGEST_LINE * 2 + "\n" + FAULT
    for log in (text, io.StringIO(text)):
        report = explain_log(log)
        assert (report.lines, report.attempts[0].line) == (4, 4)
        assert "2 lines are longer than 16 KiB." in report.problems[-1].message


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_no_line_is_passed_over_that_says_something(event: Event) -> None:
    for word in event.words:
        assert any(part in word.lower() for part in _OF_INSTALLS)
        assert word in event.pattern.replace("\\", "")


# What hostile logs cost

HOSTILE = (
    *(
        "a",
        '"',
        "\\",
        '"\\',
        "{",
        "[",
        "Error ",
        "domain: ",
        "1.2.3.4 - - ",
        "a.b.",
        "method= status= ",
        "installd for app ",
    ),
    *(
        'Install of "',
        "<key>ErrorCode</key>",
        "-402620395 ",
        "0xe800",
        "0xe8008015 ",
        "appstored[1](",
        "-",
        "::",
        "1.",
        "a@",
    ),
    *(
        "/Users/",
        "\x1b[2J",
        "\u202e",
        "\ud800",
        "\0",
        "itms-services:",
        "[UPP0123ABCD/a.b",
        "entitlement '",
        "Domain=x Code=1 ",
        "cannot connect to ",
        'unable to install "',
        "cannot install applications because the certificate for ",
        "is already installed (null) ",
        "a valid provisioning profile ",
    ),
)


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize(
    "start",
    ["", "installd: failed ", '1.2.3.4 - - [26/Nov/2026:10:00:00 +0000] "GET /', '{"a":"', "2026-11-26 10:00:00 "],
)
def test_hostile_lines_are_read_to_their_end(unit: str, start: str) -> None:
    line = start + unit * (LONGEST_LINE // len(unit))
    for text in (line, f"{line}\n" * 4, (unit * (LONGEST_LINE // 64 // len(unit) + 1) + "\n") * 64):
        report = explain_log(text)
        for shown in (str(report), report._repr_html_(), repr(report)):
            assert not {"\x1b", "\u202e", "\0"} & {*shown}
        json.dumps(report.to_dict())


def test_requests_in_a_format_that_is_not_known_are_counted() -> None:
    inner = json.dumps({"message": access("/m.plist", 403), "stream": "stdout"}) + "\n"
    report = explain_log(inner * 2)
    assert codes(report) == [("", "no-complete-install", "error", None), ("", "not-checked", "warning", 1)]
    assert "though a device's downloader is in it" in report.problems[0].message
    assert report.problems[1].message.startswith("2 requests of a device's downloader could not be read")
    report = explain_log(access("/a.ipa") + inner)
    assert (report.ok, codes(report)[-1]) == (True, ("", "not-checked", "warning", 2))
    assert report.problems[-1].message.startswith("1 request of")
    # A device's own log names folders of its daemons.
    path = "/var/mobile/Library/Caches/com.apple.appstored/GET/1"
    assert codes(explain_log(f"iPhone appstored[1]: {path}\n")) == [("", "no-complete-install", "error", None)]


def test_a_line_of_two_mebibytes() -> None:
    for text in ("appstored " * 209_715, '{"a":' * 400_000, "0xe8008015 " * 190_000, "GET appstored" * 160_000):
        tracemalloc.start()
        try:
            explain_log(text)
            assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
        finally:
            tracemalloc.stop()


@pytest.mark.dear
def test_many_lines_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_server, "_MOST_CLIENTS", 100)
    monkeypatch.setattr(_server, "_MOST_FILES", 100)

    def lines(count: int) -> Iterator[str]:
        for number in range(count):
            yield access(
                f"/{number}/m.plist?{number}", 200 if number % 3 else 404, client=f"10.{number % 251}.{number % 253}.1"
            )
            yield f"installd: [UPP0123ABCD/com.example.a{number}] Failed to install 0xe80090{number % 256:02x}\n"

    peaks: list[int] = []
    for count in (800, 3_200):
        tracemalloc.start()
        try:
            report = explain_log(lines(count))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert (len(report.attempts), report.lines) == (500, 2 * count)
        assert len(report.problems) <= 1003
    assert peaks[1] < peaks[0] * 1.2


def test_attempts_that_are_dropped_are_counted_and_failures_stay() -> None:
    good = "".join(access("/a.ipa", client=f"10.0.{number // 250}.{number % 250}") for number in range(600))
    report = explain_log(good)
    assert (len(report.attempts), report.dropped, report.ok) == (500, 100, True)
    assert codes(report) == [("", "not-checked", "warning", None)]
    assert "100 are counted, and not described" in report.problems[0].message
    assert str(report).startswith(
        "Log of 600 lines, 600 install attempts (500 delivered, 100 not described): 1 warning"
    )
    bad = explain_log(good + access("/m.plist", 404, client="10.9.9.9"))
    assert (bad.ok, bad.dropped, bad.attempts[-1].outcome) == (False, 101, "failed")
    worse = explain_log("".join(access("/m.plist", 404, client=f"c{number}") for number in range(501)))
    assert (worse.ok, worse.dropped) == (False, 1)


def test_problems_that_are_not_listed_are_counted() -> None:
    text = "".join(
        "".join(f"installd: [UPP0123ABCD/com.example.a{number}] 0xe80090{code:02x}\n" for code in range(5))
        for number in range(400)
    )
    report = explain_log(text)
    assert len(report.problems) == 1001
    assert report.problems[-1].message.startswith("1,000 more problems are not listed.")
