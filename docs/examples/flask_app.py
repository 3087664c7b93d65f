"""Take .ipa files, keep them, and install them on iPhones and iPads: with Flask, in one file.

    export OTA_HOST=apps.example.com
    export OTA_TOKEN=…  OTA_UPLOAD_KEY=…   # each by: python -c "import secrets; print(secrets.token_urlsafe())"
    flask --app flask_app run

It speaks http, behind a proxy that speaks https for it.

    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" -F ipa=@MyApp.ipa https://apps.example.com/upload

What devices and people fetch lies under the token: a device sends no cookies, and cannot log in.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hmac
import json
import os
import uuid
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, redirect, render_template_string, request, send_file, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from itms_ota import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, Checksum, InstallLink
from itms_ota.errors import IpaError
from itms_ota.ipa import Ipa, read_ipa
from itms_ota.page import CONTENT_SECURITY_POLICY, App, install_page

app = Flask(__name__, instance_path=os.environ.get("OTA_STORE"))
# URLs are made of the host that was asked for, so only our own may be.
app.config["TRUSTED_HOSTS"] = [os.environ["OTA_HOST"]]
app.config["MAX_CONTENT_LENGTH"] = 4 * 1024**3
# One proxy stands before this, which sets X-Forwarded-Proto and X-Forwarded-Host itself.
app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)
apps = Blueprint("apps", __name__)

LIST = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Apps</title>
<h1>Apps</h1>
<ul>
{% for version in versions %}
<li><a href="{{ version.page }}">{{ version.name }}</a>, {{ version.date }}:
<a href="{{ version.link }}">Install</a></li>
{% else %}
<li>Nothing yet</li>
{% endfor %}
</ul>
"""


def stored(release: uuid.UUID | str, name: str) -> Path:
    """Where a file of a release is kept."""
    return Path(app.instance_path, str(release), name)


def stored_ipa(release: uuid.UUID | str) -> Ipa:
    """Read what is known of a release, or answer 404."""
    # This file is written last: what has one is whole.
    if not stored(release, "checksum.json").exists():
        abort(404)
    return read_ipa(stored(release, "app.ipa"))


def upload_date(release: uuid.UUID | str) -> dt.date:
    """When a release was uploaded."""
    return dt.datetime.fromtimestamp(stored(release, "checksum.json").stat().st_mtime, dt.timezone.utc).date()


def install_link(release: uuid.UUID | str) -> InstallLink:
    """Make the link to a release's manifest."""
    return InstallLink(url_for("apps.manifest", release=release, _external=True))


@app.errorhandler(IpaError)
def refuse(error: IpaError) -> tuple[str, int, dict[str, str]]:
    """Say what is wrong with an .ipa."""
    return f"{error}\n", 422, {"Content-Type": "text/plain; charset=utf-8"}


@app.post("/upload")
def upload() -> tuple[str, int]:
    """Take an .ipa, and answer with the address of its page."""
    key = "Bearer " + os.environ["OTA_UPLOAD_KEY"]
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), key.encode()):
        abort(401)
    file = request.files["ipa"]
    ipa = read_ipa(file)
    release = uuid.uuid4()
    # What cannot stand in a manifest is refused now, and not when a device asks for it.
    made = ipa.manifest(url=url_for("apps.package", release=release, _external=True))
    errors = [problem for problem in (*ipa.problems(), *made.problems()) if problem.level == "error"]
    if errors:
        raise IpaError(errors)
    icon = ipa.icon_png(512)
    stored(release, "").mkdir(parents=True)
    file.save(stored(release, "app.ipa"))
    if icon:
        stored(release, "icon.png").write_bytes(icon)
    checksum = dataclasses.asdict(Checksum.of(stored(release, "app.ipa")))
    stored(release, "checksum.json").write_text(json.dumps(checksum), encoding="utf-8")
    return url_for("apps.page", release=release, _external=True) + "\n", 201


@apps.get("/")
def versions() -> Response:
    """List all versions of all apps, the newest first."""
    marks = sorted(Path(app.instance_path).glob("*/checksum.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    found = []
    for release in (mark.parent.name for mark in marks):
        ipa = stored_ipa(release)
        found.append(
            {
                "name": f"{ipa.display_name or ipa.app_name} {ipa.short_version or ''}",
                "date": upload_date(release),
                "page": url_for("apps.page", release=release),
                "link": install_link(release),
            }
        )
    # Asked for anew each time, or a new version would not show.
    return Response(render_template_string(LIST, versions=found), headers={"Cache-Control": "no-cache"})


@apps.get("/<uuid:release>/")
def page(release: uuid.UUID) -> Response:
    """Show the page to install from."""
    ipa = stored_ipa(release)
    shown = App(
        title=ipa.display_name or ipa.app_name,
        version=ipa.short_version,
        link=install_link(release),
        icon="icon.png" if stored(release, "icon.png").exists() else None,
        size=ipa.size,
        date=upload_date(release),
        minimum_os_version=ipa.minimum_os_version,
        profile_kind=ipa.profile.kind if ipa.profile else None,
        expires=ipa.profile.expires if ipa.profile else None,
    )
    text = install_page(
        [shown],
        user_agent=request.user_agent.string,
        language="auto",
        accept_language=request.headers.get("Accept-Language"),
        page_url=request.base_url,
    )
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # Its notice is for one browser, and what it says of the profile changes with the day.
        "Cache-Control": "no-cache",
        "Vary": "User-Agent, Accept-Language",
    }
    return Response(text, headers=headers)


@apps.get("/<uuid:release>/manifest.plist")
def manifest(release: uuid.UUID) -> Response:
    """Send the manifest; its URLs are those of the host that the device asks."""
    ipa = stored_ipa(release)
    icon = None
    if stored(release, "icon.png").exists():
        icon = url_for("apps.icon", release=release, _external=True)
    made = ipa.manifest(
        url=url_for("apps.package", release=release, _external=True),
        display_image_url=icon,
        full_size_image_url=icon,
        checksums=[Checksum(**json.loads(stored(release, "checksum.json").read_text("utf-8")))],
    )
    # Made for each request: a proxy must not keep it for other hosts.
    return Response(made.to_plist(), mimetype=MANIFEST_CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@apps.get("/<uuid:release>/app.ipa")
def package(release: uuid.UUID) -> Response:
    """Send the .ipa, or the part of it that is asked for."""
    stored_ipa(release)
    return send_file(stored(release, "app.ipa"), mimetype=IPA_CONTENT_TYPE, conditional=True)


@apps.get("/<uuid:release>/icon.png")
def icon(release: uuid.UUID) -> Response:
    """Send the icon."""
    if not stored(release, "icon.png").exists():
        abort(404)
    return send_file(stored(release, "icon.png"))


@apps.get("/<uuid:release>/install")
def install(release: uuid.UUID) -> Response:
    """Redirect to the link: a short address, for a message. Not 301, which Safari would remember for good."""
    stored_ipa(release)
    return redirect(str(install_link(release)), 302)


@apps.get("/<uuid:release>/check")
def check(release: uuid.UUID) -> Response:
    """Do what a device would, from here, and tell what it would meet."""
    stored_ipa(release)
    from itms_ota.check import check as check_link  # loads the network, which the other views do without

    report = check_link(install_link(release), public_only=True)
    return Response(f"{report}\n", 200 if report.ok else 503, mimetype="text/plain")


app.register_blueprint(apps, url_prefix="/" + os.environ["OTA_TOKEN"])
