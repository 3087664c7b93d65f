"""Install attempts in the log of a device: lines put together by the app that they name, and by their order."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import Problem
from ._alerts import ALERTS, alerts_of
from ._device import INSTALLERS, Event, app_of, events_of, process_of
from ._error_codes import CodeReader, is_ours
from ._kept import MOST_STEPS, Judged
from ._meanings import MEANINGS, ends_an_install, stage_of
from ._model import STAGES, Attempt
from ._personal import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import Code, Level
    from ._kept import Kept
    from ._model import Outcome, Stage

# Alerts that say only that the install failed.
_SAY_LITTLE = [event for event in ALERTS if (MEANINGS[event.code] if event.code else event).weight == "wrapper"]
_MOST_OPEN = 200
_MOST_CODES = 20
# Several daemons tell of one failure, one after another.
_ECHO = 10
# It ends where a word does: a half of a UDID would not be known for one.
_QUOTE = re.compile(
    r"""(?:code=-?\d{1,10}\ "|0xe800[0-9a-f]{1,4}\ \() ([^"()]{3,160}) (?= [\s"()] | $ )""", re.IGNORECASE | re.VERBOSE
)


@dataclass(slots=True)
class PhoneTally:
    """What the log says of one app's install, so far."""

    line: int
    app: str | None
    last_line: int = 0
    stage: Stage = "link"
    outcome: Outcome = "unknown"
    placeholder: bool = False
    installed_line: int = 0
    codes: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    events: dict[str, tuple[int, Event]] = field(default_factory=dict[str, tuple[int, Event]])
    steps: list[str] = field(default_factory=list[str])


class PhoneAttempts:
    """Puts the lines of a device's log together."""

    def __init__(self, kept: Kept, *, personal: bool) -> None:
        self._kept = kept
        self._personal = personal
        self._codes = CodeReader()
        self._open: OrderedDict[str | None, PhoneTally] = OrderedDict()

    @property
    def waits(self) -> bool:
        """Whether the next line may hold the rest of a code."""
        return self._codes.waits

    def add(self, number: int, line: str) -> bool:
        """Take a line; return whether it says something of an install."""
        process = process_of(line)
        # A page or a script may hold links too; only a device opens them.
        events = [event for event in events_of(line) if process or event.stage != "link"]
        events += alerts_of(line, process)
        codes = [code for code in self._codes.read(line) if is_ours(code) or process in INSTALLERS]
        if not events and not codes:
            return False
        tally = self._find(number, app_of(line), events)
        tally.last_line = number
        for event in events:
            _note_event(tally, number, event)
        for code in codes:
            _note_code(tally, number, code, line)
        return True

    def close(self) -> None:
        """Judge what is still open: the log is over."""
        for tally in self._open.values():
            self._close(tally)
        self._open.clear()

    def _close(self, tally: PhoneTally) -> None:
        # Of the App Store alone such a log tells, and not of an install.
        if tally.events or any(code not in MEANINGS or MEANINGS[code].weight != "other" for code in tally.codes):
            self._kept.add(judge_phone(tally, personal=self._personal))

    def _find(self, number: int, app: str | None, events: list[Event]) -> PhoneTally:
        key = next(reversed(self._open), None) if app is None else app
        tally = self._open.get(key)
        nameless = self._open.get(None)
        if tally is None and nameless is not None and not _is_over(nameless, number, events):
            tally = self._open[app] = self._open.pop(None)  # not every line of an install names the app
            tally.app = app
        if tally is None or _is_over(tally, number, events):
            for over in {key, app} & {*self._open}:
                self._close(self._open.pop(over))
            tally = self._open[app] = PhoneTally(number, app)
        self._open.move_to_end(tally.app)
        if len(self._open) > _MOST_OPEN:
            self._close(self._open.popitem(last=False)[1])
        return tally


def _is_over(tally: PhoneTally, number: int, events: list[Event]) -> bool:
    """Return whether a line begins another attempt, as the one before has come to its end."""
    begins = any(event.outcome is None and not event.says and event.stage != "install" for event in events)
    if (begins and tally.outcome != "unknown") or (tally.app is None and _is_of_another(tally, events)):
        return True
    return number - tally.last_line > _ECHO and (tally.outcome != "unknown" or tally.app is None)


def _is_of_another(tally: PhoneTally, events: list[Event]) -> bool:
    """Return whether a person tells of another failure: the alerts of one are of one stage."""
    stages = [event.stage for _, event in tally.events.values() if event in _SAY_LITTLE]
    return bool(stages) and any(event in _SAY_LITTLE and event.stage not in stages for event in events)


def _note_event(tally: PhoneTally, number: int, event: Event) -> None:
    if event.name == "placeholder":
        tally.placeholder = True
    if event.name == "installed" and tally.placeholder:
        tally.placeholder = False  # what was installed is the grey icon; the app follows
        return
    if event.name == "installed":
        tally.installed_line = number
    tally.outcome = event.outcome or tally.outcome
    _reach(tally, event.stage)
    if event.code:
        _note_code(tally, number, event.code, "")
    if event.name not in tally.events and len(tally.steps) < MOST_STEPS:
        tally.steps.append(f"line {number}: {event.name}")
    tally.events.setdefault(event.name, (number, event))


def _reach(tally: PhoneTally, stage: Stage) -> None:
    if STAGES.index(stage) > STAGES.index(tally.stage):
        tally.stage = stage


def _note_code(tally: PhoneTally, number: int, code: str, line: str) -> None:
    if code in tally.codes or len(tally.codes) >= _MOST_CODES:
        return
    _reach(tally, stage_of(code))
    quote = _QUOTE.search(line)
    tally.codes[code] = (number, quote[1].strip() if quote else "")
    if len(tally.steps) < MOST_STEPS:
        tally.steps.append(f"line {number}: {code}")


@dataclass(slots=True)
class _Findings:
    """What a log says of an install, sorted by how much it explains: messages, each with its line."""

    causes: dict[str, int] = field(default_factory=dict[str, int])
    wrappers: dict[str, int] = field(default_factory=dict[str, int])
    failures: dict[str, int] = field(default_factory=dict[str, int])
    hints: dict[str, int] = field(default_factory=dict[str, int])
    unknown: dict[str, int] = field(default_factory=dict[str, int])
    unknown_hints: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def told(self) -> Mapping[str, int]:
        """The best explanations that there are."""
        return self.causes or self.wrappers or self.failures


def _findings(tally: PhoneTally, *, personal: bool) -> _Findings:
    found = _Findings()
    for code, (line, quote) in tally.codes.items():
        meaning = MEANINGS.get(code)
        # Daemons do other things than to install. Of these codes only what fails tells that they are about an install.
        sure = tally.outcome == "failed" or ends_an_install(code)
        if meaning is None:
            message = _unknown(shown(code, personal=personal), shown(quote, personal=personal))
            (found.unknown if sure else found.unknown_hints)[message] = line
        elif meaning.weight != "other":
            into = found.hints if not sure else found.causes if meaning.weight == "cause" else found.wrappers
            into.setdefault(f"{code}: {meaning.says} {meaning.cure}", line)
    for line, event in tally.events.values():
        if event.says:
            into = found.causes if event.weight == "cause" else found.failures
            (found.hints if event.outcome is None else into).setdefault(f"{event.says} {event.cure}", line)
    return found


def _unknown(code: str, quote: str) -> str:
    said = f" The device says {quote!r}." if quote else ""
    return f"The meaning of {code} is not known here.{said} Look at the lines around it."


def judge_phone(tally: PhoneTally, *, personal: bool) -> Judged:
    """Judge what the log says of an install."""
    found = _findings(tally, personal=personal)
    outcome, explanation = tally.outcome, "The device has installed the app."
    if outcome == "installed":
        problems = _around_an_install(found.causes, tally.installed_line)
    else:
        outcome = "failed" if found.told or found.unknown else outcome
        explanation = " ".join([*found.told, *found.unknown][:3]) or "The log does not show how the install ended."
        problems = _problems(found.told, "error") + _problems(found.hints, "warning")
        # Beside a cause that is known, an unknown code changes nothing.
        problems += _problems(found.unknown, "warning" if found.causes else "error", "unknown-error-code")
        problems += _problems(found.unknown_hints, "warning", "unknown-error-code")
    attempt = Attempt(
        line=tally.line,
        last_line=tally.last_line,
        seen_by="device",
        device="the device of the log",
        system=None,
        app=None if tally.app is None else shown(tally.app, personal=personal),
        stage=tally.stage,
        outcome=outcome,
        explanation=explanation,
        steps=tuple(tally.steps),
    )
    return Judged(attempt, tuple(problems))


def _around_an_install(causes: Mapping[str, int], installed: int) -> list[Problem]:
    """Return what went wrong before an app was installed, as warnings, and after it: then it does not open."""
    before = {f"Before the install: {text}": line for text, line in causes.items() if line <= installed}
    after = {f"After the install: {text}": line for text, line in causes.items() if line > installed}
    return _problems(before, "warning") + _problems(after, "error")


def _problems(messages: Mapping[str, int], level: Level, code: Code = "install-failed") -> list[Problem]:
    return [Problem("", code, message, level, line=line) for message, line in messages.items()]
