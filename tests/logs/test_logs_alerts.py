"""Alerts of devices, as people report them: each is explained, and says what to do next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from itms_ota.logs import explain_log
from itms_ota.logs._alerts import ALERTS
from itms_ota.logs._error_codes import SENTENCES
from itms_ota.logs._meanings import MEANINGS
from itms_ota.logs._report import _OF_INSTALLS

if TYPE_CHECKING:
    from itms_ota.logs._device import Event

TROUBLESHOOTING = Path(__file__).parents[2] / "docs/troubleshooting.md"

# What devices show, the stage, and what is said of it.
SHOWN = (
    ("Safari cannot open the page because the address is invalid.", "link", "itms_ota inspect LINK"),
    ("Cannot connect to apps.example.com", "manifest", "itms_ota check LINK"),
    ("“Cannot connect to apps.example.com”", "manifest", "itms_ota check LINK"),
    ('My phone says "cannot connect to server".', "manifest", "itms_ota check LINK"),
    (
        "Cannot install applications because the certificate for apps.example.com is not valid",
        "manifest",
        "itms_ota check LINK",
    ),
    ("“(null)” is already installed", "manifest", "itms_ota inspect FILE"),
    ("Unable to Download App", "package", "itms_ota check LINK"),
    ('Unable to install "MyApp"', "install", "itms_ota ipa FILE --signature"),
    ("Unable to Install “MyApp”", "install", "itms_ota ipa FILE --signature"),
    ("- Unable to install MyApp", "install", "itms_ota ipa FILE --signature"),
    ("“MyApp” could not be installed at this time.", "install", "itms_ota check LINK --signature"),
    (
        "This app cannot be installed because its integrity could not be verified.",
        "install",
        "itms_ota ipa FILE --signature",
    ),
    ("Untrusted Enterprise Developer", "install", "VPN & Device Management"),
    ("Developer Mode Required", "install", "Privacy & Security > Developer Mode"),
    ("Unable to Verify App", "install", "https://ppq.apple.com"),
    (
        "An internet connection is required to verify trust of the developer",
        "install",
        "https://ppq.apple.com",
    ),
    ("Could not validate manifest", "manifest", "itms_ota check LINK"),
    ("Profile Installation Failed", "link", "Answer with 301"),
)


@pytest.mark.parametrize(("text", "stage", "says"), SHOWN)
@pytest.mark.parametrize("form", ["{}", "{}\n", "Hi,\n\n  {}\r\n\r\nBye", "\ufeff{}"])
def test_an_alert_is_explained(text: str, stage: str, says: str, form: str) -> None:
    report = explain_log(form.format(text))
    assert [(attempt.stage, attempt.outcome) for attempt in report.attempts] == [(stage, "failed")]
    assert [(problem.code, problem.level) for problem in report.problems] == [("install-failed", "error")]
    assert says in report.problems[0].message


def test_the_alerts_of_one_failure_are_told_once() -> None:
    report = explain_log("Unable to Install “MyApp”\nThis app cannot be installed: integrity could not be verified.")
    assert [problem.message.partition(":")[0] for problem in report.problems] == ["IXUserPresentableErrorDomain 14"]


@pytest.mark.parametrize("between", ["", "\nAnd from Bob:\n"])
def test_alerts_of_two_failures_are_two_attempts(between: str) -> None:
    report = explain_log(f"Unable to Download App\n{between}This app's integrity could not be verified.\n0xe8008017\n")
    assert [(attempt.stage, attempt.outcome) for attempt in report.attempts] == [
        ("package", "failed"),
        ("install", "failed"),
    ]
    assert [problem.message.partition(":")[0] for problem in report.problems] == [
        "The device says 'Unable to Download App'",
        "0xe8008017",
    ]


def test_a_code_explains_more_than_an_alert() -> None:
    report = explain_log("Unable to Install “MyApp”\nits integrity could not be verified\n0xe8008017\n")
    assert [problem.message.partition(":")[0] for problem in report.problems] == ["0xe8008017"]


@pytest.mark.parametrize(
    "line",
    [
        "Nov 26 10:00:00 iPhone mediaserverd[57] <Error>: Cannot connect to server",
        "2026-11-26 10:00:00.000 Error cloudd: Cannot connect to server",
        "Nov 26 10:00:00 iPhone profiled[9] <Notice>: Unable to Install “Wi-Fi”",
        "2026/11/26 10:00:00 [error] upstream: cannot connect to server",
        "Nov  6 10:00:00 host docker: Cannot connect to server",
        "apt: unable to install package foo: no such file",
        "the pump cannot connect to the hose",
        "MyApp is already installed",
        "the image (null) is ready",
    ],
)
def test_what_other_programs_say_is_not_an_alert(line: str) -> None:
    report = explain_log(line)
    assert not report.attempts
    assert [problem.code for problem in report.problems] == ["no-complete-install"]


def test_an_alert_in_the_log_of_a_device() -> None:
    report = explain_log("Nov 26 10:00:00 iPhone appstored[57] <Notice>: showing 'Unable to Download App'\n")
    assert [(attempt.stage, attempt.outcome) for attempt in report.attempts] == [("package", "failed")]


@pytest.mark.parametrize(("sentence", "code"), SENTENCES.items())
def test_a_sentence_stands_for_its_number(sentence: str, code: str) -> None:
    report = explain_log(f"error: {sentence.capitalize()}.")
    assert [problem.message.partition(":")[0] for problem in report.problems] == [code]
    assert code in MEANINGS


def test_a_number_outranks_the_sentence_beside_it() -> None:
    report = explain_log("0xe8008029 (The identity used to sign the executable is no longer valid.)")
    assert [problem.message.partition(":")[0] for problem in report.problems] == ["0xe8008029"]


@pytest.mark.parametrize("event", ALERTS, ids=lambda event: event.name)
def test_no_line_is_passed_over_that_has_an_alert(event: Event) -> None:
    assert all(any(part in word for part in _OF_INSTALLS) for word in event.words)
    assert not event.code or (event.code in MEANINGS and not event.says)
    assert any(re.search(event.pattern, text, re.IGNORECASE) for text, _, _ in SHOWN)


def test_alerts_and_troubleshooting_agree() -> None:
    """What the page quotes is explained, but for what is not a failure yet; and the other way round."""
    text = TROUBLESHOOTING.read_text("utf-8")
    alerts = re.findall(r'"([^"]+)"', "\n".join(re.findall(r"(?m)^\| ([^|]+)", text.partition("\n## ")[0])))
    assert len(alerts) > 10
    for alert in alerts:
        said = alert.replace("*host*", "apps.example.com").replace("…", "“MyApp”")
        assert bool(explain_log(said).attempts) is (alert != "Waiting…"), alert
    for event in ALERTS:
        assert any(re.search(event.pattern, alert.replace("…", "“"), re.IGNORECASE) for alert in alerts), event.name
