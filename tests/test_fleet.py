"""docs/examples/fleet.py: many apps in many environments."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _make_ipa import INFO, make_png
from _signing import make_signed_ipa, trusting_environment

from itms_ota import Manifest, find_links
from itms_ota.release import Release

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("trusted")
EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
if sys.version_info < (3, 11):
    pytest.importorskip("tomli")

ENVIRONMENTS = {"production": "stable", "staging": "beta", "test": "beta", "demo": "sales", "training": "sales"}
APPS = {f"app-{number}": f"builds/{{environment}}/App {number}.ipa" for number in range(40)}
TABLE: dict[str, Any] = {"base_url": "https://apps.example.com", "environments": ENVIRONMENTS, "apps": APPS}


@pytest.fixture(scope="module")
def fleet() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        yield importlib.import_module("fleet")


def write_ipas(folder: Path, apps: dict[str, str], environments: dict[str, str]) -> None:
    """Write an .ipa for each app in each environment."""
    for app, path in apps.items():
        names = {"CFBundleIdentifier": f"com.example.{app}", "CFBundleDisplayName": f"The {app}"}
        info = {**INFO, **names, "CFBundleIconFiles": ["Icon.png"]}
        data = make_signed_ipa(info=info, icons={"Icon.png": make_png(57)})
        for environment in environments:
            file = folder / path.format(environment=environment)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def installs_from(page: Path) -> list[str]:
    """Return the addresses of the manifests that a page leads to."""
    reports = [*find_links(page.read_text("utf-8"))]
    assert all(report.ok for report in reports)
    return [report.device_url or "" for report in reports]


@pytest.mark.dear
def test_40_apps_in_5_environments(fleet: Any, tmp_path: Path) -> None:
    write_ipas(tmp_path, APPS, ENVIRONMENTS)
    out = tmp_path / "out"
    made = fleet.build_all(TABLE, tmp_path, out)
    assert list(made) == [(environment, app) for environment in ENVIRONMENTS for app in APPS]
    assert all(isinstance(release, Release) and release.ok for release in made.values())
    for file in tmp_path.rglob("*.ipa"):
        file.unlink()  # the pages need none of them again
    fleet.write_pages(TABLE, made, out)
    urls = {key: f"https://apps.example.com/{'/'.join(key)}/" for key in made}
    assert installs_from(out / "index.html") == [f"{url}manifest.plist" for url in urls.values()]
    for environment in ENVIRONMENTS:
        expected = [f"{url}manifest.plist" for (place, _), url in urls.items() if place == environment]
        assert installs_from(out / environment / "index.html") == expected
    text = (out / "index.html").read_text("utf-8")
    assert "The app-7" in text
    assert [f"<bdi>{name} ({channel})</bdi></h2>" in text for name, channel in ENVIRONMENTS.items()] == [True] * 5
    assert 'src="https://apps.example.com/staging/app-7/full-size-image.png"' in text
    manifest = Manifest.from_plist((out / "staging" / "app-7" / "manifest.plist").read_bytes())
    package = manifest.items[0].package
    assert package is not None
    assert package.url == "https://apps.example.com/staging/app-7/App%207.ipa"
    assert not list(out.rglob("*.new"))


def test_the_table_of_the_documentation(tmp_path: Path) -> None:
    table = tmp_path / "fleet.toml"
    table.write_text((EXAMPLES / "fleet.toml").read_text("utf-8"))
    apps = {name: f"builds/{{environment}}/{name}.ipa" for name in ("FieldNotes", "DepotScanner")}
    write_ipas(tmp_path, apps, {"production": "", "staging": ""})
    command = [sys.executable, str(EXAMPLES / "fleet.py"), str(table), str(tmp_path / "out")]
    environment = trusting_environment(tmp_path / "trust")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("4 of 4 releases were built\n")
    first = (tmp_path / "out" / "staging" / "field-notes" / "manifest.plist").read_bytes()

    # What cannot be built does not keep the others from it, and its former release stays.
    (tmp_path / "builds" / "staging" / "FieldNotes.ipa").write_bytes(make_signed_ipa(profile=None))
    (tmp_path / "builds" / "production" / "DepotScanner.ipa").unlink()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "2 of 4 releases were built"
    assert any(line.startswith("staging/field-notes: ") and "[no-profile]" in line for line in lines)
    missing = tmp_path / "builds" / "production" / "DepotScanner.ipa"
    assert (
        f"production/depot-scanner: There is no file {missing}. Put the .ipa there, or change its path in the table."
        in lines
    )
    assert (tmp_path / "out" / "staging" / "field-notes" / "manifest.plist").read_bytes() == first
    assert installs_from(tmp_path / "out" / "index.html") == [
        "https://apps.example.com/production/field-notes/manifest.plist",
        "https://apps.example.com/staging/depot-scanner/manifest.plist",
    ]


def test_an_environment_of_which_nothing_was_built_gets_no_page(
    fleet: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "fleet.toml", tmp_path / "out"
    table.write_text((EXAMPLES / "fleet.toml").read_text("utf-8"))
    assert fleet.main(str(table), str(out)) == 1
    assert capsys.readouterr().out.endswith("\n0 of 4 releases were built\n")
    assert not out.exists()
    write_ipas(tmp_path, {"FieldNotes": "builds/{environment}/FieldNotes.ipa"}, {"staging": ""})
    assert fleet.main(str(table), str(out)) == 1
    assert sorted(file.relative_to(out).as_posix() for file in out.rglob("index.html")) == [
        "index.html", "staging/field-notes/index.html", "staging/index.html"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        (b"\xff", "utf-8"),
        (b"base_url = ", "Invalid value"),
        (b'base_url = "https://a.example"', "not found in it: apps, environments"),
        (b'base_url = "http://a.example"\n[apps]\n[environments]', "not https"),
        (b"base_url = 3\n[apps]\n[environments]", "must be str"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_in_a_line(
    text: bytes | None, reason: str, fleet: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "fleet.toml"
    if text is not None:
        table.write_bytes(text)
    assert fleet.main(str(table), str(tmp_path / "out")) == 1
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert captured.err.startswith(f"{table}: ")
    assert reason in captured.err
    assert not (tmp_path / "out").exists()
