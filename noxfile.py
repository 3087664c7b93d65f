"""What `.ci/run` checks, a session each; `nox --list` tells them, `nox -s lint types` runs some.

Nothing but the wheel is tested: the sessions that import itms_ota install it, and work in a copy without src. Only
`fuzz` takes the source as it stands.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2026.10"  # the first to run sessions side by side, and to say why one was skipped
nox.options.allow_parallel = True
nox.options.download_python = "never"

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
# Those that atheris has wheels for.
FUZZING = next((version for version in ("3.12", "3.13", "3.11") if shutil.which(f"python{version}")), None)


def requirements(name: str) -> tuple[str, str]:
    """Return pip's arguments for one of the files of pinned requirements."""
    return "--requirement", f".ci/requirements-{name}.txt"


def wheel() -> str:
    """Return the path of the wheel that the session `build` left."""
    return str(next(DIST.glob("*.whl")))


def copy(session: nox.Session, *without: str) -> Path:
    """Copy what git has or would add, so that no leftover helps or hinders, and nothing is left in the project."""
    git = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = str(session.run(*git, external=True, silent=True, log=False)).split("\0")
    target = Path(session.create_tmp()) / "copy"
    shutil.rmtree(target, ignore_errors=True)
    for name in names:
        if (ROOT / name).is_file() and not name.startswith(without):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def run_readme_command(session: nox.Session, number: int) -> None:
    """Run a block of the README that is fenced as sh, in a copy, as a reader would who activated the environment."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    with session.chdir(copy(session)):
        session.run("bash", "-euo", "pipefail", "-c", blocks[number], external=True)


def assert_wheel_is_installed(session: nox.Session) -> None:
    """Fail unless the environment's itms_ota is, module for module, the wheel that was built."""
    where = session.run("python", "-I", "-c", "import itms_ota; print(itms_ota.__path__[0])", silent=True, log=False)
    folder = Path(str(where).strip()).parent
    with zipfile.ZipFile(wheel()) as archive:
        names = [name for name in archive.namelist() if name.startswith("itms_ota/")]
        different = [name for name in names if (folder / name).read_bytes() != archive.read(name)]
    if different or not names or not folder.is_relative_to(session.env_dir.resolve()):
        session.error(f"{folder} does not hold the wheel that was built: {different}")


def readme_for_pypi(text: str) -> str:
    """Make the links of the README absolute, as PyPI shows it away from the files that it leads to."""
    version = re.findall(
        r'^__version__ = "(.*)"$', (ROOT / "src/itms_ota/__init__.py").read_text("utf-8"), re.MULTILINE
    )
    home = PROJECT["project"]["urls"]["Homepage"]
    text = re.sub(r"\]\((?!https:|#)", f"]({home}/blob/v{version[0]}/", text)
    return re.sub(r'src="(?!https:)', f'src="{home}/raw/v{version[0]}/', text)


def date_of_release() -> str:
    """Return when the newest release in the changelog was, in seconds. A commit's date is not in the sources."""
    days = re.findall(r"^## \[[\d.]+\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    return str(int(datetime.fromisoformat(f"{days[0]}T00:00+00:00").timestamp()))


def run_tests(session: nox.Session, file: str, npm: str = "") -> None:
    """Run the tests of a file against the wheel, with the requirements and npm's packages named as the session is."""
    session.install(*requirements(session.name), wheel())
    with session.chdir(copy(session, "src/")):
        if npm:
            with session.chdir(f".ci/{session.name}"):
                try:
                    session.run("npm", "ci", "--silent", "--no-audit", "--no-fund", external=True)
                except CommandFailed:
                    session.warn(f"skipped: {npm}: npm is not here, or did not install it")
        session.run("python", "-m", "pytest", "-rs", file)


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist, and the wheel from the sdist, into dist/; build them again, to the same bytes."""
    session.install(*requirements("build"))
    tree = copy(session)
    readme = tree / "README.md"
    readme.write_text(readme_for_pypi(readme.read_text("utf-8")), "utf-8")
    again = tree.with_name("again")
    for folder in (DIST, again):
        shutil.rmtree(folder, ignore_errors=True)
        # https://reproducible-builds.org/specs/source-date-epoch/
        dated = {"SOURCE_DATE_EPOCH": date_of_release()}
        session.run("python", "-m", "build", "--no-isolation", "--outdir", str(folder), str(tree), env=dated)
        for path in tree.rglob("*"):
            path.touch()  # on another day
            path.chmod(path.stat().st_mode & 0o700)  # for another user
    files = sorted(DIST.iterdir())
    different = [path.name for path in files if path.read_bytes() != (again / path.name).read_bytes()]
    if different or len(files) != len([*again.iterdir()]):
        session.error(f"Built again, they differ: {different}")
    session.run("twine", "check", "--strict", *map(str, files))


@nox.session
def lint(session: nox.Session) -> None:
    """Lint, and compare with how the formatter would write it."""
    session.install(*requirements("check"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session(requires=["build"])
def types(session: nox.Session) -> None:
    """Check the types of the source, the tests, this file, and of what the wheel gives out."""
    session.install(*requirements("check"), *requirements("nox"))
    session.run("mypy")
    session.run("mypy", "noxfile.py")
    session.run("pyright")
    session.run("pyright", "noxfile.py")
    session.install("--no-deps", wheel())
    with session.chdir(DIST):  # where it sees the wheel alone
        session.run("pyright", "--verifytypes", "itms_ota", "--ignoreexternal")


@nox.session(requires=["build"])
def docs(session: nox.Session) -> None:
    """Compare the pages that are made of the code with what would be made of the wheel."""
    session.install(wheel())
    with session.chdir(copy(session, "src/")):
        session.run("python", "docs/generate.py", "--check")


@nox.session
def site(session: nox.Session) -> None:
    """Build the documentation as a web site into site/, whole: links that lead nowhere fail."""
    session.install(*requirements("site"))
    target = ROOT / "site"
    with session.chdir(copy(session)):
        session.run("mkdocs", "build", "--site-dir", str(target), env={"NO_MKDOCS_2_WARNING": "1"})
    loads = re.compile(r"""<(?:script|link|img)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")
    elsewhere = [found for page in target.rglob("*.html") for found in loads.findall(page.read_text("utf-8"))]
    if elsewhere:
        session.error(f"The pages load what is elsewhere: {elsewhere}")


@nox.session(requires=["build"])
def coverage(session: nox.Session) -> None:
    """Measure what the tests cover with Python and pytest alone: no data, no tool on PATH but the environment's."""
    session.install(*requirements("coverage"), f"{wheel()}[test]")
    assert_wheel_is_installed(session)
    alone = {"PATH": session.bin, "ITMS_OTA_CORPUS": None}
    with session.chdir(copy(session, "src/")):
        # What is dear is dearer still where lines are traced; a line that it alone reached would fail the report.
        tests = ("pytest", "-m", "not dear")
        session.run("python", "-m", "coverage", "run", "-m", *tests, env=alone)
        session.run("python", "-m", "coverage", "report", env=alone)


@nox.session(requires=["build"], python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the README's test command."""
    run_readme_command(session, 1)
    assert_wheel_is_installed(session)


@nox.session(requires=["build"])
def demo(session: nox.Session) -> None:
    """Run the README's first command."""
    run_readme_command(session, 0)
    assert_wheel_is_installed(session)


@nox.session(requires=["build"])
def browser(session: nox.Session) -> None:
    """Test the install page in headless Chromium, with axe-core where npm installs it."""
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        session.skip("there is no chromium with its driver")
    run_tests(session, "tests/test_chromium.py", npm="axe-core")


@nox.session(requires=["build"])
def frameworks(session: nox.Session) -> None:
    """Test the example apps in their frameworks."""
    run_tests(session, "tests/test_embedding.py")


@nox.session(requires=["build"])
def bucket(session: nox.Session) -> None:
    """Test the Django app with its files in a bucket: S3 as moto has it."""
    run_tests(session, "tests/test_bucket.py")


@nox.session(requires=["build"])
def scale(session: nox.Session) -> None:
    """Check thousands of links on a cluster of two workers, one of which is killed."""
    run_tests(session, "tests/test_scale.py")


@nox.session(requires=["build"])
def pipelines(session: nox.Session) -> None:
    """Run the wheel as uv and pre-commit do, and what the documentation says of pipelines; hold SARIF to its schema."""
    session.install(*requirements("pipelines"), wheel())
    session.run("uv", "tool", "run", "--no-config", "--from", wheel(), "itms-ota", "--version")
    tools = {"UV_TOOL_DIR": f"{session.create_tmp()}/tools", "UV_TOOL_BIN_DIR": f"{session.create_tmp()}/bin"}
    session.run("uv", "tool", "install", "--no-config", "--force", wheel(), env=tools)
    for name in ("itms-ota", "itms_ota"):
        session.run(f"{session.create_tmp()}/bin/{name}", "explain", "bare-ampersand", external=True)
    with session.chdir(copy(session)):
        here = {"ITMS_OTA_PIPELINES": "1"}
        session.run(
            "python", "-m", "pytest", "-rs", "tests/test_pipelines.py", "tests/cli/test_cli_formats.py", env=here
        )


@nox.session(requires=["build"])
def schema(session: nox.Session) -> None:
    """Validate reports against the schema that is made of the code."""
    run_tests(session, "tests/test_report_schema.py")


@nox.session(requires=["build"])
def signatures(session: nox.Session) -> None:
    """Hold what is said of signatures and certificates against openssl and the package cryptography."""
    run_tests(session, "tests/_asn1/test_asn1_peers.py")


@nox.session(requires=["build"])
def plists(session: nox.Session) -> None:
    """Let libplist, packages of npm and gems of Ruby read what is written here, and read here what they write."""
    run_tests(session, "tests/plist/test_plist_peers.py", npm="plist and simple-plist")


@nox.session(requires=["build"])
def icons(session: nox.Session) -> None:
    """Let Pillow read the icons that are made of Xcode's."""
    run_tests(session, "tests/test_png_peers.py")


@nox.session(venv_backend="none")
def vectors(session: nox.Session) -> None:
    """Read the links of docs/vectors as the web does, and hold where devices differ to a list."""
    if not shutil.which("node"):
        session.skip("there is no node")
    session.run("node", ".ci/vectors/web.mjs", external=True)


@nox.session(requires=["build"], default=False)
def bench(session: nox.Session) -> None:
    """Measure the wheel against the standard library, for information."""
    session.install(wheel())
    session.run("python", "tests/benchmarks/bench.py", *session.posargs)


@nox.session(python=FUZZING)
def fuzz(session: nox.Session) -> None:
    """Fuzz the working tree, each target for 10 seconds, or what is asked for: `nox -s fuzz -- 180 plist_write`."""
    if FUZZING is None or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        session.skip("atheris is for CPython 3.11 to 3.13 on Linux, x86-64")
    session.install(*requirements("fuzz"))
    folder = f"{session.create_tmp()}/fuzz"
    session.run("bash", ".ci/fuzz/run", "-o", folder, *(session.posargs or ["10"]), external=True)
