"""Problems are data, exceptions carry them all."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, cast

import pytest

from itms_ota._wording import Report, as_html, as_text, summary
from itms_ota.errors import FetchError, IpaError, ItmsError, LinkError, ManifestError, Problem

MISSING = Problem("items", "missing", "There are no items.")
PLACED = Problem("items[0]", "empty", "It is empty.", "warning", 3, 7)
ERRORS = [ItmsError, ManifestError, LinkError, IpaError, FetchError]


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_carries_its_problems_through_pickle_and_copy(kind: type[ItmsError]) -> None:
    error = kind(problem for problem in (MISSING, PLACED))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 -- made right here
        assert type(again) is kind
        assert again.problems == (MISSING, PLACED)
        assert str(again) == str(error)
    assert copy.copy(error).problems == copy.deepcopy(error).problems == (MISSING, PLACED)


@pytest.mark.parametrize("kind", ERRORS)
def test_the_text_of_an_error_is_complete(kind: type[ItmsError]) -> None:
    assert str(kind([MISSING, PLACED])) == (
        "error at items: There are no items. [missing]\nwarning at items[0], line 3, column 7: It is empty. [empty]"
    )
    assert str(kind()) == ""
    assert kind().problems == ()


@pytest.mark.parametrize(
    ("kind", "base"),
    [(ManifestError, ValueError), (LinkError, ValueError), (IpaError, ValueError), (FetchError, OSError)],
)
def test_an_error_is_what_callers_catch(kind: type[ItmsError], base: type[Exception]) -> None:
    assert issubclass(kind, ItmsError)
    with pytest.raises(base):
        raise kind([MISSING])


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("", "empty", "It is empty."), "error: It is empty. [empty]"),
        (Problem("", "empty", "No.", line=2), "error at line 2: No. [empty]"),
        (Problem("", "empty", "No.", line=2, column=5), "error at line 2, column 5: No. [empty]"),
        (Problem("items", "empty", "No.", "warning", 2, 5), "warning at items, line 2, column 5: No. [empty]"),
        (Problem("items", "empty", "No.", column=5), "error at items: No. [empty]"),
    ],
    ids=["whole", "line", "line and column", "all", "column alone"],
)
def test_a_problem_reads_as_one_line(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_what_would_act_on_a_terminal_is_escaped() -> None:
    assert str(Problem("items\n", "empty", "\x1b[2J")) == r"error at items\n: \x1b[2J [empty]"


def test_a_problem_is_a_value() -> None:
    assert dataclasses.replace(PLACED, line=3) == PLACED
    assert len({PLACED, dataclasses.replace(PLACED)}) == 1
    assert pickle.loads(pickle.dumps(PLACED)) == PLACED  # noqa: S301 -- made right here


@pytest.mark.parametrize(
    ("problems", "text"),
    [
        ([], "no problems"),
        ([MISSING], "1 error"),
        ([PLACED, PLACED], "2 warnings"),
        ([PLACED, MISSING, MISSING], "2 errors, 1 warning"),
    ],
)
def test_a_summary_counts(problems: list[Problem], text: str) -> None:
    assert summary(iter(problems)) == text


def test_a_report_for_a_terminal() -> None:
    assert as_text("manifest", iter([MISSING])) == (
        "manifest: 1 error\n  error at items: There are no items. [missing]"
    )
    assert as_text("manifest", []) == "manifest: no problems"


def test_a_report_for_a_notebook_escapes_everything() -> None:
    evil = "<b>\"&'"
    safe = "&lt;b&gt;&quot;&amp;&#x27;"
    html = as_html(evil, iter([Problem(evil, "empty", evil)]))
    assert html == (
        f"<div><b>{safe}</b>: 1 error<table><tr><td>error</td><td><code>{safe}</code></td>"
        f"<td style='text-align:left'>{safe}</td><td><code>empty</code></td></tr></table></div>"
    )
    assert as_html("manifest", []) == "<div><b>manifest</b>: no problems</div>"


class Looked(Report):
    """A report of nothing in particular."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems


def test_a_report_sorts_its_problems_by_level() -> None:
    report = Looked(PLACED, MISSING)
    assert (report.ok, report.errors, report.warnings) == (False, (MISSING,), (PLACED,))
    report = Looked(PLACED)
    assert (report.ok, report.errors, report.warnings) == (True, (), (PLACED,))
    assert str(report) == as_text("Looked", [PLACED])
    assert report._repr_html_() == as_html("Looked", [PLACED])


def test_a_report_hides_the_secrets_of_its_title(monkeypatch: pytest.MonkeyPatch) -> None:
    def title(_: Looked) -> str:
        return "link to https://me:secret@a.example/m"

    monkeypatch.setattr(Looked, "_title", title)
    assert str(Looked()) == "link to https://…@a.example/m: no problems"
    assert "secret" not in Looked()._repr_html_()


@pytest.mark.parametrize("problems", [None, MISSING, 1, "missing", [MISSING, None]])
def test_an_error_takes_problems_alone(problems: object) -> None:
    with pytest.raises(TypeError, match=r"^problems(\[\d\])? must be an? .*Problem, not \w+$"):
        ItmsError(cast("Any", problems))


def test_the_problems_of_an_error_by_level() -> None:
    error = ItmsError([PLACED, MISSING])
    assert (error.errors, error.warnings) == ((MISSING,), (PLACED,))
