"""The example notebook runs, and what a notebook shows of links, manifests and reports is small and escaped."""

from __future__ import annotations

import ast
import importlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from itms_ota import InstallLink, Manifest, find_links, inspect_link, inspect_manifest
from itms_ota._rooms import NAMES

NOTEBOOK = Path(__file__).parents[1] / "docs" / "examples" / "notebook.ipynb"
HOSTILE = "</b><script>alert('1')</script>&amp;\""


class Outline(HTMLParser):
    """Collects the elements and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def shown(value: object) -> Outline:
    """Show a value as a notebook does."""
    html: object = value._repr_html_()  # type: ignore[attr-defined]
    assert isinstance(html, str)
    return Outline(html)


def run(cells: list[dict[str, Any]]) -> list[object]:
    """Run the code cells in order, as one session; give what each shows."""
    names: dict[str, Any] = {"__name__": "__main__"}
    values: list[object] = []
    for cell in cells:
        if cell["cell_type"] == "code":
            tree = ast.parse("".join(cell["source"]), cell["id"])
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, cell["id"], "exec", dont_inherit=True), names)  # noqa: S102 -- our own notebook
            if isinstance(last, ast.Expr):
                code = compile(ast.Expression(last.value), cell["id"], "eval", dont_inherit=True)
                values.append(eval(code, names))  # noqa: S307 -- likewise
    return values


def test_the_notebook_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    report, link, found, codes, mended, printed = run(json.loads(NOTEBOOK.read_text("utf-8"))["cells"])
    assert "1 error" in shown(report).text
    assert link == InstallLink("https://apps.example.com/notes.plist")
    assert "3 errors" in shown(found).text
    assert isinstance(codes, list)
    assert {code for code, _, _ in codes} == {"bare-ampersand", "whitespace", "not-https"}  # pyright: ignore[reportUnknownVariableType]
    assert isinstance(mended, Manifest)
    assert shown(mended).text == "manifest of Field Notes & Maps 1.2.3: no problems"
    assert printed is None
    assert capsys.readouterr().out.encode() == mended.to_plist() + b"\n"


def test_the_notebook_is_kept_as_jupyter_keeps_it() -> None:
    text = NOTEBOOK.read_text("utf-8")
    notebook = json.loads(text)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert text == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in cells if "outputs" in cell)


def test_the_page_on_notebooks_names_every_class_that_displays_itself() -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", (NOTEBOOK.parents[1] / "notebook.md").read_text("utf-8"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    rooms = [importlib.import_module(f"itms_ota.{room}") for room in NAMES]
    given = {name: getattr(room, name) for room in rooms for name in room.__all__}
    assert sorted(named) == sorted(name for name, value in given.items() if hasattr(value, "_repr_html_"))


def app(title: str, url: str = "https://apps.example.com/App.ipa") -> Manifest:
    return Manifest.for_app(url=url, bundle_identifier="com.example.app", bundle_version="1", title=title)


def test_a_link_shows_itself_as_a_link() -> None:
    link = InstallLink("https://apps.example.com/'\"&<.plist")
    assert shown(link).tags == ["a"]
    assert shown(link).text == str(link)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (app(HOSTILE), f"manifest of {HOSTILE} 1: no problems"),
        (inspect_manifest(app(HOSTILE).to_plist()), f"manifest of {HOSTILE} 1: no problems"),
        (app("", HOSTILE), HOSTILE[:10]),
        (Manifest(items=()), "manifest: 1 error"),
        (inspect_manifest(f"<html>{HOSTILE}".encode()), "html, not a manifest: 1 error"),
        (inspect_link(HOSTILE), "</b><script>alert("),
        (inspect_link(f"itms-services://?action={HOSTILE}&url=<img>"), "<img>"),
        (find_links(f"itms-services://?action=download-manifest&url=https://a.example/{HOSTILE}")[0], "link to"),
    ],
)
def test_nothing_of_what_is_shown_is_markup(value: object, text: str) -> None:
    outline = shown(value)
    assert set(outline.tags) <= {"div", "b", "table", "tr", "td", "code"}
    assert text in outline.text


def test_what_is_shown_stays_small() -> None:
    report = inspect_manifest(Manifest(items=app("").items * 1000).to_plist(validate=False))
    assert len(report.problems) >= 1000
    outline = shown(report)
    assert outline.tags.count("tr") == 51
    assert outline.text.endswith(f"and {len(report.problems) - 50} more")
    assert len(shown(inspect_link("itms-services://?url=" + "x" * 10**6)).text) < 1000
