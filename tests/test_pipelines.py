"""What docs/ci.md shows of pipelines is sound, and what can run here runs: the hook, and the shell of the jobs.

The tests need the packages of .ci/requirements-pipelines.txt, and skip without them. The hook is installed by
pre-commit, from a clone of this project; that takes a package registry, so it is asked for: ITMS_OTA_PIPELINES=1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from itms_ota import Manifest, __version__

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ci.md"
RELEASING = ROOT / "docs" / "releasing.md"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = "itms-services://?action=download-manifest&amp;url=https%3A%2F%2Fa.example%2Fm.plist"


def snippets(language: str, page: Path = PAGE) -> list[str]:
    """Return what a page shows in a language."""
    return [text for name, text in FENCE.findall(page.read_text("utf-8")) if name == language]


def load(text: str) -> Any:
    """Read YAML, or skip where nothing here reads it."""
    yaml: Any = pytest.importorskip("yaml")
    # YAML 1.1, which this reads, takes "on" for a truth.
    return {("on" if key is True else key): value for key, value in yaml.safe_load(text).items()}


def faults(value: Any, schema: str) -> list[str]:
    """Return what a schema of the service that reads a value says against it; skip where there is no schema."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    found = find_spec("check_jsonschema")
    if found is None or found.origin is None:
        pytest.skip("check-jsonschema is not installed")
    path = Path(found.origin).parent / "builtin_schemas" / "vendor" / f"{schema}.json"
    checked: Any = json.loads(path.read_text("utf-8"))
    validator: Any = jsonschema.validators.validator_for(checked)
    return [error.message for error in validator(checked).iter_errors(value)]


def workflows() -> list[Any]:
    """Return the workflows of GitHub Actions."""
    return [found for found in map(load, snippets("yaml")) if "jobs" in found]


def scripts() -> list[str]:
    """Return what the pipelines run: the steps of the workflows, of GitLab's jobs and of Jenkins, and the rest."""
    steps = [step for found in workflows() for job in found["jobs"].values() for step in job["steps"]]
    (gitlab,) = (found for found in map(load, snippets("yaml")) if "inspect" in found)
    (jenkins,) = snippets("groovy")
    return [
        *(step["run"] for step in steps if "run" in step),
        *(line for job in gitlab.values() for line in job["script"]),
        *re.findall(r"sh '''\n(.*?)'''", jenkins, re.DOTALL),
        *snippets("sh"),
    ]


def test_the_workflows_are_sound() -> None:
    assert len(workflows()) == 3
    for found in workflows():
        assert faults(found, "github-workflows") == []


def test_the_workflow_that_publishes_is_sound() -> None:
    (found,) = map(load, snippets("yaml", RELEASING))
    assert found["on"] == {"push": {"tags": ["v*"]}}
    # What runs code of the project may not publish, and what may publish runs none of it.
    build, publish = found["jobs"]["build"], found["jobs"]["publish"]
    assert (found["permissions"], build["permissions"]) == ({}, {"contents": "read"})
    assert (publish["permissions"], publish["environment"]) == ({"id-token": "write"}, "pypi")
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]
    assert publish["steps"][1]["with"] == {"attestations": True}
    runs = [step["run"] for step in build["steps"] if "run" in step]
    assert runs[:2] == ["python -m pip install -r .ci/requirements-nox.txt", "nox -s build"]
    assert faults(found, "github-workflows") == []


def test_the_jobs_of_gitlab_are_sound() -> None:
    (found,) = (found for found in map(load, snippets("yaml")) if "inspect" in found)
    assert faults(found, "gitlab-ci") == []


def test_the_pipeline_of_jenkins_is_balanced() -> None:
    (found,) = snippets("groovy")
    bare = re.sub(r"'''.*?'''|'[^'\n]*'", "", found, flags=re.DOTALL)
    open_ones: list[str] = []
    for bracket in re.findall(r"[{}()\[\]]", bare):
        if bracket in "{([":
            open_ones.append(bracket)
        else:
            assert open_ones.pop() + bracket in {"{}", "()", "[]"}
    assert open_ones == []
    # The order that a declarative pipeline has, with nothing else at its top.
    assert re.findall(r"^ {0,4}(\w+)", found, re.MULTILINE) == ["pipeline", "agent", "stages", "post"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_shells_are_sound() -> None:
    assert len(scripts()) == 12
    for script in scripts():
        subprocess.run(["bash", "-n", "-c", script], check=True)


def test_the_options_of_the_shells_are_those_of_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    from itms_ota._cli import main

    known: dict[str, str] = {}
    for command in ("inspect", "ipa", "check", "build"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        known[command] = capsys.readouterr().out
    calls = [call for script in scripts() for call in re.findall(r"itms-ota (\w+) ([^|>]*)", script)]
    assert {command for command, _ in calls} == {"inspect", "check", "build"}
    for command, rest in calls:
        for option in re.findall(r"--[a-z-]+", rest):
            assert re.search(rf"{option}\b(?!-)", known[command]), (command, option)


def test_the_hook_is_the_one_that_the_page_names() -> None:
    if not HOOKS.exists():
        pytest.skip("there are no hooks in an sdist")
    yaml: Any = pytest.importorskip("yaml")
    (hook,) = yaml.safe_load(HOOKS.read_text("utf-8"))
    (config,) = (found for found in map(load, snippets("yaml")) if "repos" in found)
    (repo,) = config["repos"]
    assert repo["rev"] == f"v{__version__}"
    named = re.findall(r"itms_ota==([\d.]+\d)", PAGE.read_text("utf-8"))
    named += re.findall(r'"version": "([\d.]+)"', (PAGE.parent / "cli.md").read_text("utf-8"))
    assert named == [__version__] * 2
    assert repo["hooks"] == [{"id": hook["id"]}]
    for name in ("a/manifest.plist", "index.html", "README.md", "install.sh", "app.py", "page.tsx"):
        assert re.search(hook["files"], name)
    for name in ("App.ipa", "icon.png", "html", "plist.c"):
        assert re.search(hook["files"], name) is None


# A repository as a new user has one.


def git(folder: Path, *arguments: str) -> None:
    """Run git, as nobody in particular."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with three manifests, one of them broken, and what else stands in one."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    folder = tmp_path / "apps"
    folder.mkdir()
    for name in ("stable", "beta"):
        (folder / name).mkdir()
        made = Manifest.for_app(
            url=f"https://apps.example.com/{name}/MyApp.ipa",
            bundle_identifier="com.example.myapp",
            bundle_version="1.2.3",
            title="My App",
        )
        (folder / name / "manifest.plist").write_bytes(made.to_plist())
    (folder / "old").mkdir()
    broken = made.to_plist().replace(b"https://apps", b"http://apps").replace(b"My App", b"My & App")
    (folder / "old" / "manifest.plist").write_bytes(broken)
    (folder / "index.html").write_text(f'<!DOCTYPE html>\n<html><a href="{LINK}">Install</a></html>\n', "utf-8")
    (folder / "page.html").write_text(f'<html><a href="{LINK.partition("https")[0]}{{{{ url }}}}">A</a>\n', "utf-8")
    (folder / "Info.plist").write_text('<?xml version="1.0"?><plist version="1.0"><dict/></plist>\n', "utf-8")
    (folder / "README.md").write_text("# Our apps\n", "utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    return folder


def run_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the shell of a step as GitHub does; the command is the one that is installed beside this Python."""
    if shutil.which("bash") is None or shutil.which("itms-ota") is None:
        pytest.skip("bash or itms-ota is not installed")
    # docs.github.com, Workflow syntax for GitHub Actions: without `shell`, bash -e
    return subprocess.run(["bash", "-e", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def test_the_shell_of_the_job_marks_the_broken_manifest(repository: Path) -> None:
    (script,) = (
        step["run"] for step in workflows()[0]["jobs"]["inspect"]["steps"] if step.get("name", "").startswith("Inspect")
    )
    done = run_shell(script, repository)
    assert done.returncode != 0
    *problems, summary = done.stdout.splitlines()
    assert [re.sub(r"::[a-z-]+/.*", "", problem) for problem in problems] == [
        "::error file=old/manifest.plist,line=14,col=6,title=not-https",
        "::error file=old/manifest.plist,line=26,col=16,title=bare-ampersand",
    ]
    assert summary == "itms_ota: 5 looked at, 1 failed; exit status 1"
    (repository / "old" / "manifest.plist").write_bytes((repository / "beta" / "manifest.plist").read_bytes())
    assert run_shell(script, repository).returncode == 0


def test_the_shell_of_code_scanning_writes_a_log(repository: Path) -> None:
    (script,) = (step["run"] for step in workflows()[1]["jobs"]["scan"]["steps"] if "sarif" in step.get("run", ""))
    done = run_shell(script, repository)
    assert (done.returncode != 0, done.stdout) == (True, "")
    (run,) = json.loads((repository / "itms-ota.sarif").read_text("utf-8"))["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["not-https", "bare-ampersand"]


@pytest.mark.skipif(not os.environ.get("ITMS_OTA_PIPELINES"), reason="ITMS_OTA_PIPELINES is not set")
def test_the_hook_stops_a_commit(repository: Path, tmp_path: Path) -> None:
    project = tmp_path / "itms_ota"
    project.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy2(ROOT / name, project / name)
    shutil.copytree(ROOT / "src", project / "src", ignore=shutil.ignore_patterns("__pycache__"))
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "The project")
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(project), "itms-ota-inspect", "--all-files"]
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "GIT_TERMINAL_PROMPT": "0"}
    environment.pop("PYTHONPATH", None)

    def hook() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)

    done = hook()
    assert done.returncode == 1
    assert "inspect manifests and install links" in done.stdout
    assert "old/manifest.plist: manifest of My & App 1.2.3: 2 errors" in done.stdout
    assert "[bare-ampersand]" in done.stdout
    assert not re.search(r"stable/|beta/manifest|index\.html|page\.html|README", done.stdout)
    (repository / "old" / "manifest.plist").write_bytes((repository / "beta" / "manifest.plist").read_bytes())
    assert hook().returncode == 0
