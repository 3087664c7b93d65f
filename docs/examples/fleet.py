"""Build the releases of many apps in many environments side by side, with a page of all and one of each environment.

    python fleet.py fleet.toml out

Python 3.10 needs tomli. The table is as in fleet.toml, and the .ipa files are where it says. What cannot be built is
printed and is not on the pages; its former release stays as it was. The exit status is then 1.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from itms_ota import InstallLink
from itms_ota.errors import ItmsError
from itms_ota.page import App, install_page
from itms_ota.release import Release, build_release

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def build_one(table: dict[str, Any], folder: Path, out: Path, app: str, environment: str) -> Release | str:
    """Build a release; return it, or what is wrong with it."""
    ipa = folder / table["apps"][app].format(environment=environment)
    url = f"{table['base_url'].rstrip('/')}/{environment}/{app}/"
    if not ipa.is_file():
        return f"{environment}/{app}: There is no file {ipa}. Put the .ipa there, or change its path in the table."
    try:
        return build_release(ipa, url, out / environment / app, replace=True, make_parents=True)
    except (ItmsError, OSError) as error:
        return f"{environment}/{app}: {error}".replace("\n", "\n  ")


def build_all(table: dict[str, Any], folder: Path, out: Path) -> dict[tuple[str, str], Release | str]:
    """Build the release of each environment and app, as many at a time as there are cores."""
    keys = [(environment, app) for environment in table["environments"] for app in table["apps"]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # copying and hashing let other threads go on
        made = pool.map(lambda key: build_one(table, folder, out, app=key[1], environment=key[0]), keys)
        return dict(zip(keys, made, strict=True))


def write_pages(table: dict[str, Any], releases: dict[tuple[str, str], Release], out: Path) -> None:
    """Write the pages, of what the builds returned: no .ipa is read for them again."""
    base = table["base_url"].rstrip("/")
    everything = []
    for environment, channel in table["environments"].items():
        apps = [release.app for (place, _), release in releases.items() if place == environment]
        everything += [dataclasses.replace(app, group=f"{environment} ({channel})") for app in apps]
        write_page(out / environment, apps, f"{base}/{environment}/")
    write_page(out, everything, f"{base}/")


def write_page(folder: Path, apps: list[App], url: str) -> None:
    """Write a page whole, or not at all. Where no app was built, a former page stays as it was."""
    if not apps:
        return
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / "index.html.new"
    new.write_text(install_page(apps, page_url=url), encoding="utf-8")
    new.replace(folder / "index.html")


def refuse(file: str, reason: str) -> int:
    """Print what is wrong with a table; return the exit status."""
    print(f"{file}: {reason}".replace("\n", " "), file=sys.stderr)
    return 1


def main(file: str, target: str) -> int:
    """Build what a table lists; print what is wrong with the table on one line."""
    try:
        table = tomllib.loads(Path(file).read_text("utf-8"))
        if missing := {"apps", "base_url", "environments"} - table.keys():
            return refuse(file, f"not found in it: {', '.join(sorted(missing))}")
        InstallLink(table["base_url"])  # what no device accepts is refused now, and not after all builds
    except (OSError, ValueError, TypeError) as error:  # of the file, of TOML, and LinkError
        return refuse(file, str(error))
    made = build_all(table, Path(file).parent, Path(target))
    releases = {key: release for key, release in made.items() if isinstance(release, Release)}
    write_pages(table, releases, Path(target))
    failed = [text for text in made.values() if isinstance(text, str)]
    warnings = [f"{'/'.join(key)}: {problem}" for key, release in releases.items() for problem in release.problems]
    print(*warnings, *failed, f"{len(releases)} of {len(made)} releases were built", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else __doc__)
