"""The documentation is true: every example runs, every link leads somewhere, every code is explained."""

from __future__ import annotations

import ast
import doctest
import importlib
import json
import pkgutil
import re
import shlex
import subprocess
import sys
import typing
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from _signing import make_signed_ipa

import itms_ota
from itms_ota import errors
from itms_ota._cli import main

# Beside the tests, so that the documentation is found whichever itms_ota is installed.
ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CHANGELOG = ROOT / "CHANGELOG.md"
MENU = ROOT / "mkdocs.yml"
DOCS = ROOT / "docs"
PAGES = [README, *(page for page in sorted(DOCS.rglob("*.md")) if DOCS / "examples" not in page.parents)]
# What CONTRIBUTING.md shows of the code are parts, not examples to run.
LINKING = [*PAGES, CHANGELOG, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
# The examples of the other pages are those of docstrings, where they are run with the names of their module.
WRITTEN_BY_HAND = [page for page in PAGES if page.parent != DOCS / "api"]

FENCE = re.compile(r"^([ ]*)(```+)([^\n`]*)\n(.*?)^\1\2[ ]*$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
LINK = re.compile(r"\]\(\s*<?([^)>\s]+)|^ {0,3}\[[^\]]+\]:\s+<?([^>\s]+)|<img [^>]*src=\"([^\"]+)", re.MULTILINE)


def run_doctest(test: doctest.DocTest) -> str:
    """Run the examples of one docstring or fence and return what went wrong; leave its names alone."""
    output: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=output.append, clear_globs=False)
    return "".join(output)


def examples_of_docstrings() -> list[doctest.DocTest]:
    """Return the docstrings with examples, each with the names of the modules that give its object out.

    doctest's own search passes over the methods of a class that lives in another module than its `__module__` says.
    """
    names: dict[object, dict[str, Any]] = {}
    # Without __main__: once imported, running it as `python -m` does (runpy) is a RuntimeWarning.
    rooms = [room for _, room, _ in pkgutil.walk_packages(itms_ota.__path__, "itms_ota.") if "__main__" not in room]
    for module in map(importlib.import_module, ["itms_ota", *rooms]):
        # What is loaded late stands in __all__ alone.
        given = {**vars(module), **{name: getattr(module, name) for name in getattr(module, "__all__", ())}}
        names[module] = given
        for value in given.values():
            if isinstance(value, (type, FunctionType)) and value.__module__.startswith("itms_ota"):
                names.setdefault(value, {}).update(given)
    found: list[doctest.DocTest] = []
    for thing, given in names.items():
        finder = doctest.DocTestFinder(recurse=isinstance(thing, type))
        found += finder.find(thing, full_name(thing), module=False, globs=given)
    return [test for test in found if test.examples]


def full_name(thing: Any) -> str:
    """Return the dotted name of a module, class or function."""
    return thing.__name__ if isinstance(thing, ModuleType) else f"{thing.__module__}.{thing.__qualname__}"


def run_page(text: str, name: str) -> int:
    """Run the Python fences of a page in order, as one session, and return how many examples there were."""
    # The session a reader would have; dataclasses look their module up in sys.modules.
    names: dict[str, typing.Any] = {"__name__": "__main__"}
    count = 0
    for fence in FENCE.finditer(text):
        if fence[3].split()[:1] not in (["python"], ["pycon"], ["py"]):
            continue
        line = text.count("\n", 0, fence.start(4))
        if ">>>" in fence[4]:
            test = doctest.DocTestParser().get_doctest(fence[4], {}, name, name, line)
            test.globs = names  # not a copy, so that the next fence knows what this one defined
            failures = run_doctest(test)
            assert not failures, failures
            examples = len(test.examples)
        else:
            # The empty lines let a traceback show the page's own line numbers.
            tree = ast.parse("\n" * line + re.sub(f"^{fence[1]}", "", fence[4], flags=re.MULTILINE), name)
            exec(compile(tree, name, "exec", dont_inherit=True), names)  # noqa: S102 -- the page is our own
            examples = len(tree.body)
        assert examples, f"{name}, line {line}: this fence has nothing to run"
        count += examples
    return count


def relative_links(text: str) -> list[str]:
    """Return the targets of a page's links that are files, without their fragments."""
    prose = CODE_SPAN.sub("", FENCE.sub("", text))
    targets = [target for found in LINK.findall(prose) for target in found if target]
    return [
        target.partition("#")[0]
        for target in targets
        if not re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE) and not target.startswith("#")
    ]


@pytest.mark.parametrize("test", examples_of_docstrings(), ids=lambda test: test.name)
def test_examples_of_docstrings(test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failures = run_doctest(test)
    assert not failures, failures


@pytest.mark.parametrize("page", sorted((DOCS / "api").glob("*.md")), ids=lambda page: page.name)
def test_the_examples_of_a_name_can_be_copied_alone(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for section in re.split("^##", page.read_text("utf-8"), flags=re.MULTILINE):
        examples = "\n".join(fence[0] for fence in FENCE.finditer(section) if ">>>" in fence[4])
        assert bool(run_page(examples, page.name)) == bool(examples)


def test_the_examples_of_methods_are_found_too() -> None:
    names = {test.name for test in examples_of_docstrings()}
    assert names >= {"itms_ota", "itms_ota.link.InstallLink.to_html", "itms_ota.manifest.inspect_manifest"}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_of_pages(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # What a reader brings along, and wants to keep: a signed app.
    package, signed = tmp_path / "MyApp.ipa", make_signed_ipa()
    package.write_bytes(signed)
    text = page.read_text("utf-8")
    assert bool(run_page(text, str(page))) == bool(re.search("^ *```py", text, re.MULTILINE))
    assert package.read_bytes() == signed


def test_the_example_of_processes_runs_as_a_script(tmp_path: Path) -> None:
    text = (DOCS / "reports.md").read_text("utf-8")
    (example,) = [fence[4] for fence in FENCE.finditer(text) if "ProcessPoolExecutor" in fence[4]]
    script = tmp_path / "script.py"
    script.write_text(example, "utf-8")
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_on_reports_names_every_kind() -> None:
    (row,) = re.findall(r"^\| `report` \|.*: (.*) \|$", (DOCS / "reports.md").read_text("utf-8"), re.MULTILINE)
    schema = json.loads((DOCS / "report.schema.json").read_text("utf-8"))
    parts = [schema["$defs"][name]["properties"] for name in schema["$defs"] if name.endswith(("Report", "Release"))]
    kinds = [kind for part in parts for kind in part["report"]["enum"]]
    assert sorted(re.findall("`(.*?)`", row)) == sorted(kinds)


def test_the_readme_has_examples() -> None:
    assert re.search("^```python$", README.read_text("utf-8"), re.MULTILINE)


def test_what_the_readme_shows_of_the_command_is_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    fence = r"^```console\n\$ itms-ota (.*?[^\\])\n(.*?)^```$"
    ((command, shown),) = re.findall(fence, README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    status = main(shlex.split(command.replace("\\\n", "")))
    assert (status, capsys.readouterr().out) == (1, shown)


def test_the_first_page_begins_with_what_people_have() -> None:
    """The demo, the picture and a report come first; then an .ipa, and then a manifest by hand."""
    text = README.read_text("utf-8")
    order = ["<img ", "itms_ota demo", "```console", "## Quickstart", "build_release(", "read_ipa(", "for_app("]
    places = [text.index(beginning) for beginning in order]
    assert places == sorted(places)
    quickstart = (DOCS / "quickstart.md").read_text("utf-8")
    assert quickstart.index("build_release(") < quickstart.index("read_ipa(") < quickstart.index("for_app(")


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = [link for link in relative_links(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert broken == []


def test_every_code_is_explained_and_every_explained_code_exists() -> None:
    lines = (DOCS / "codes.md").read_text("utf-8").splitlines()
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines if line.startswith("| `")]
    rows = [[cell.strip() for cell in row] for row in cells]
    assert sorted(row[0].strip("`") for row in rows) == sorted(typing.get_args(errors.Code))
    levels = {"error", "warning", "error or warning"}
    assert [row for row in rows if len(row) != 5 or not all(row) or row[1] not in levels] == []


def test_the_changelog_keeps_its_form() -> None:
    text = CHANGELOG.read_text("utf-8")
    assert text.startswith("# Changelog\n")
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert versions[1].startswith(f"[{itms_ota.__version__}] - ")
    odd = [line for line in versions[1:] if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", line)]
    assert odd == []
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Upgrade notes", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    # Lines that branches add are united: what one of them moved would be there twice.
    for release in re.split("^## ", text, flags=re.MULTILINE):
        headings = re.findall(r"^### .*", release, re.MULTILINE)
        lines = re.findall(r"^- .*", release, re.MULTILINE)
        assert (len(headings), len(lines)) == (len({*headings}), len({*lines}))


def test_the_menu_of_the_site_has_every_page() -> None:
    if not MENU.exists():
        pytest.skip("there is no site in an sdist")
    menu = re.findall(r"^ +- (\S+\.md)$", MENU.read_text("utf-8"), re.MULTILINE)
    at_the_top = {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
    assert sorted(menu) == sorted({page.relative_to(DOCS).as_posix() for page in PAGES if page != README} | at_the_top)


def test_fences_share_their_names_whether_session_or_plain() -> None:
    text = (
        "# A\n\n```python\nx = 6\n```\n\n- b\n\n  ```python\n  y = x + 1\n  ```\n\n"
        "```python\n>>> x * y\n42\n>>> z = 1\n```\n\n```python\nassert z\n```\n"
    )
    assert run_page(text, "page.md") == 5


@pytest.mark.parametrize(
    ("fence", "expected"),
    [
        ("```python\n>>> 1 + 1\n3\n```\n", 'File "page.md", line 4, in page.md'),
        ("```python\n>>> 'a  b'\n'a b'\n```\n", "'a  b'"),
        ("```python\n# later\n```\n", "page.md, line 3: this fence has nothing to run"),
    ],
)
def test_a_page_with_a_wrong_example_fails(fence: str, expected: str) -> None:
    with pytest.raises(AssertionError) as caught:
        run_page(f"# Title\n\n{fence}", "page.md")
    assert expected in caught.value.args[0]


def test_a_plain_fence_that_raises_fails_at_its_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run_page("# Title\n\n```python\n1 / 0\n```\n", "page.md")
    assert (caught.traceback[-1].path, caught.traceback[-1].lineno) == ("page.md", 3)


def test_only_python_is_run() -> None:
    assert run_page("```sh\nexit 1\n```\n\n```\n1 / 0\n```\n\n```text\n>>> 1\n2\n```\n", "page.md") == 0


def test_relative_links_are_found_and_others_are_not() -> None:
    text = (
        "[a](a.md) ![b](img/b.png 'B') [c](c.md#part) [d](<d.md>) [e](#here) [f](https://f.example/)\n"
        "[g](mailto:g@example) `[h](h.md)` ``[`i`](i.md)``\n\n```text\n[j](j.md)\n```\n\n[k]: k.md\n[l]: itms-services://?l\n"
        '<img width="9" src="img/m.png" alt="M">\n'
    )
    assert relative_links(text) == ["a.md", "img/b.png", "c.md", "d.md", "k.md", "img/m.png"]
