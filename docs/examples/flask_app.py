"""Take .ipa files, keep them, and install them on iPhones and iPads: with Flask. What is kept is in ota_store.py.

    export OTA_URL=https://apps.example.com   # as devices reach it
    # Each of these by: python -c "import secrets; print(secrets.token_urlsafe())"
    export OTA_TOKEN=…  OTA_UPLOAD_KEY=…  OTA_SECRET=…
    gunicorn --threads 8 flask_app:app   # or, to try it: flask --app flask_app run --port 8000

It speaks http, behind a proxy that speaks https for it. Without threads, gunicorn ends an upload after 30 seconds.

    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" -F ipa=@MyApp.ipa $OTA_URL/upload
    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" -F release=<uuid> -F person=ann $OTA_URL/links
    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" $OTA_URL/links   # id, release, revoked, taps, downloads, person
    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" -X POST $OTA_URL/links/<id>/revoke
    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" $OTA_URL/devices   # the list for Apple's developer website
    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" -F udid=<udid> $OTA_URL/devices/forget

What devices and people fetch lies under the token of the team, or of one person: a device sends no cookies, and cannot
log in.
"""

from __future__ import annotations

import hmac
import os
import uuid
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, redirect, render_template_string, request, send_file, url_for
from ota_store import (
    CURES,
    DONE,
    LARGEST_ANSWER,
    LARGEST_UPLOAD,
    REGISTER,
    NotThere,
    Store,
    from_the_beginning,
    own_address,
    setting,
)
from werkzeug.exceptions import BadRequestKeyError

from itms_ota import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, InstallLink
from itms_ota.errors import DeviceError, IpaError
from itms_ota.page import CONTENT_SECURITY_POLICY, install_page
from itms_ota.udid import PROFILE_CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

# URLs are made of this address, and never of what a request says of its host.
URL = own_address()
TOKEN, KEY = setting("OTA_TOKEN"), setting("OTA_UPLOAD_KEY")
# Where nginx has the folder of the store, for X-Accel-Redirect; without it, Flask sends the .ipa.
ACCEL = os.environ.get("OTA_ACCEL")
store = Store(os.environ.get("OTA_STORE", "releases"), setting("OTA_SECRET"))
app = Flask(__name__)
app.config["TRUSTED_HOSTS"] = [urlsplit(URL).hostname]
app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD
files = Blueprint("files", __name__)
team_devices = Blueprint("devices", __name__, url_prefix=f"/{TOKEN}/device")

LIST = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Apps</title>
<h1>Apps</h1>
<ul>
{% for release, page, link in versions %}
<li><a href="{{ page }}">{{ release.name }}</a>, {{ release.uploaded.date() }}:
<a href="{{ link }}">Install</a></li>
{% else %}
<li>Nothing yet</li>
{% endfor %}
</ul>
"""


def address(view: str, **place: Any) -> str:
    """Make the URL of a view, for a release of the team or for a person's link."""
    return URL + url_for(f"{'personal' if 'signed' in place else 'team'}.{view}", **place)


def install_link(**place: Any) -> InstallLink:
    """Make the link to a release's manifest."""
    return InstallLink(address("manifest", **place))


@app.errorhandler(DeviceError)
@app.errorhandler(IpaError)
def refuse(error: DeviceError | IpaError) -> ResponseReturnValue:
    """Say what is wrong with an .ipa, or with the answer of a device."""
    return f"{error}\n", 422, {"Content-Type": "text/plain; charset=utf-8"}


@app.errorhandler(NotThere)
def miss(_: NotThere) -> ResponseReturnValue:
    """Answer 404, also for a link that has ended."""
    return "Not found\n", 404, {"Content-Type": "text/plain"}


@app.errorhandler(BadRequestKeyError)
def wrong_call(error: BadRequestKeyError) -> ResponseReturnValue:
    """Say how to ask."""
    return Response(f"{CURES[error.args[0]]}\n", 400, mimetype="text/plain")


@app.after_request
def own_redirect(response: Response) -> Response:
    """Let the redirect that adds a slash lead to our address: behind the proxy, Flask takes it for one of http."""
    if response.location:
        response.location = response.location.replace(request.host_url, f"{URL}/", 1)
    return response


def key_needed(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Let a view answer only who has the upload key."""

    @wraps(view)
    def guarded(**place: Any) -> ResponseReturnValue:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {KEY}".encode()):
            abort(401)
        return view(**place)

    return guarded


@app.post("/upload")
@key_needed
def upload() -> ResponseReturnValue:
    """Take an .ipa, and answer with the address of its page."""
    file = request.files["ipa"]
    release = store.add(file.stream, address("package", release=uuid.uuid4()))
    return Response(address("page", release=release.id) + "\n", 201, mimetype="text/plain")


@app.post("/links")
@key_needed
def new_link() -> ResponseReturnValue:
    """Make one person's link to a release; answer with its id and the address of its page."""
    try:
        release = store.release(uuid.UUID(request.form["release"]))
    except ValueError:
        raise BadRequestKeyError("release") from None
    link, signed = store.new_link(release, request.form.get("person", ""))
    return Response(f"{link} {address('page', signed=signed)}\n", 201, mimetype="text/plain")


@app.get("/links")
@key_needed
def links() -> ResponseReturnValue:
    """List the links of persons, with what was done with them."""
    return Response("".join(" ".join(map(str, row)) + "\n" for row in store.links()), mimetype="text/plain")


@app.post("/links/<uuid:link>/revoke")
@key_needed
def revoke(link: uuid.UUID) -> ResponseReturnValue:
    """Let a person's link lead nowhere any more."""
    store.revoke(link)
    return "", 204


@app.get("/devices")
@key_needed
def devices() -> ResponseReturnValue:
    """Send the list of devices, for Apple's developer website."""
    return Response(store.devices(), mimetype="text/tab-separated-values", headers={"Cache-Control": "no-store"})


@app.post("/devices/forget")
@key_needed
def forget() -> ResponseReturnValue:
    """Delete a device."""
    store.forget_device(request.form["udid"])
    return "", 204


@team_devices.get("/")
def register() -> ResponseReturnValue:
    """Show the page on which people register a device."""
    return REGISTER


@team_devices.get("/profile.mobileconfig")
def profile() -> ResponseReturnValue:
    """Send the profile that asks the device for its UDID."""
    made = store.ask_device(URL + url_for("devices.answer"), request.args.get("name", ""))
    return Response(made, mimetype=PROFILE_CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@team_devices.post("/answer")
def answer() -> ResponseReturnValue:
    """Take the answer of a device. It reads all but a 301 as a profile, and says that it failed."""
    store.add_device(request.stream.read(LARGEST_ANSWER + 1))
    return redirect(URL + url_for("devices.done"), 301)


@team_devices.get("/done")
def done() -> ResponseReturnValue:
    """Say that the device is registered: Safari comes here from the answer."""
    return DONE


@app.get(f"/{TOKEN}/")
def versions() -> ResponseReturnValue:
    """List all versions of all apps, the newest first."""
    found = [(one, url_for("team.page", release=one.id), install_link(release=one.id)) for one in store.releases()]
    # Asked for anew each time, or a new version would not show.
    return render_template_string(LIST, versions=found), {"Cache-Control": "no-cache"}


@files.get("/")
def page(**place: Any) -> ResponseReturnValue:
    """Show the page to install from."""
    shown = store.find(**place).shown(install_link(**place))
    text = install_page(
        [shown],
        user_agent=request.user_agent.string,
        language="auto",
        accept_language=request.headers.get("Accept-Language"),
        page_url=address("page", **place),
    )
    return text, {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # Its notice is for one browser, and what it says of the profile changes with the day.
        "Cache-Control": "no-cache",
        "Vary": "User-Agent, Accept-Language",
    }


@files.get("/manifest.plist")
def manifest(**place: Any) -> ResponseReturnValue:
    """Send the manifest."""
    release = store.find(**place)
    icon = address("icon", **place) if release.icon else None
    made = release.ipa.manifest(
        url=address("package", **place),
        display_image_url=icon,
        full_size_image_url=icon,
        checksums=[release.checksum],
    )
    if request.method == "GET":
        store.count_tap(**place)
    # A proxy must not keep it: its addresses are for whoever asked.
    return Response(made.to_plist(), content_type=MANIFEST_CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@files.get("/app.ipa")
def package(**place: Any) -> ResponseReturnValue:
    """Send the .ipa, or the part of it that is asked for; or let nginx send it."""
    release = store.find(**place)
    if request.method == "GET" and from_the_beginning(request.headers.get("Range")):
        store.count_download(**place)
    if ACCEL:
        response = Response(mimetype=IPA_CONTENT_TYPE, headers={"X-Accel-Redirect": f"{ACCEL}{release.id}/app.ipa"})
    else:
        response = send_file(release.package, mimetype=IPA_CONTENT_TYPE, conditional=True)
    response.headers["Cache-Control"] = "private"  # what a proxy kept would outlive a link that is revoked
    return response


@files.get("/icon.png")
def icon(**place: Any) -> ResponseReturnValue:
    """Send the icon."""
    return send_file(store.find(**place).icon or abort(404))


@files.get("/install")
def install(**place: Any) -> ResponseReturnValue:
    """Redirect to the link: a short address, for a message. Not 301, which Safari would remember for good."""
    store.find(**place)
    return redirect(str(install_link(**place)), 302)


@app.get(f"/{TOKEN}/<uuid:release>/check")
def check(release: uuid.UUID) -> ResponseReturnValue:
    """Do what a device would, from here, and tell what it would meet."""
    store.find(release=release)
    from itms_ota.check import check as check_link  # loads the network, which the other views do without

    report = check_link(install_link(release=release), public_only=True)
    return Response(f"{report}\n", 200 if report.ok else 503, mimetype="text/plain")


app.register_blueprint(team_devices)
app.register_blueprint(files, name="team", url_prefix=f"/{TOKEN}/<uuid:release>")
app.register_blueprint(files, name="personal", url_prefix="/for/<signed>")
