"""Take .ipa files, keep them, and install them on iPhones and iPads: with Django, in one file.

    export OTA_HOST=apps.example.com
    export OTA_TOKEN=…  OTA_UPLOAD_KEY=…   # each by: python -c "import secrets; print(secrets.token_urlsafe())"
    python django_app.py runserver   # or: gunicorn django_app

It speaks http, behind a proxy that speaks https for it.

    curl -H "Authorization: Bearer $OTA_UPLOAD_KEY" -F ipa=@MyApp.ipa https://apps.example.com/upload

What devices and people fetch lies under the token: a device sends no cookies, and cannot log in.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
import os
import re
import secrets
import sys
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template import engines
from django.urls import include, path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from itms_ota import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, Checksum, InstallLink
from itms_ota.errors import IpaError
from itms_ota.ipa import Ipa, read_ipa
from itms_ota.page import CONTENT_SECURITY_POLICY, App, install_page

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.configure(
    # URLs are made of the host that was asked for, so only our own may be.
    ALLOWED_HOSTS=[os.environ["OTA_HOST"]],
    MEDIA_ROOT=os.environ.get("OTA_STORE", "releases"),
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=secrets.token_hex(),  # there are no sessions, and so nothing to sign
    # One proxy stands before this, which sets X-Forwarded-Proto and X-Forwarded-Host itself.
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    USE_X_FORWARDED_HOST=True,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)

LIST = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Apps</title>
<h1>Apps</h1>
<ul>
{% for version in versions %}
<li><a href="{{ version.page }}">{{ version.name }}</a>, {{ version.date }}: {{ version.button|safe }}</li>
{% empty %}
<li>Nothing yet</li>
{% endfor %}
</ul>
"""


class InstallRedirect(HttpResponseRedirect):
    """A redirect (302) to an install link, which Django takes for unsafe otherwise."""

    allowed_schemes = ["itms-services"]  # noqa: RUF012 -- as Django declares it


def stored_ipa(release: uuid.UUID | str) -> Ipa:
    """Read what is known of a release, or answer 404."""
    # This file is written last: what has one is whole.
    if not default_storage.exists(f"{release}/checksum.json"):
        raise Http404
    with default_storage.open(f"{release}/app.ipa") as file:
        return read_ipa(file)


def absolute(request: HttpRequest, view: str, release: uuid.UUID | str) -> str:
    """Make the URL of a view, with the host that was asked for."""
    return request.build_absolute_uri(reverse(view, args=[release]))


def install_link(request: HttpRequest, release: uuid.UUID | str) -> InstallLink:
    """Make the link to a release's manifest."""
    return InstallLink(absolute(request, "manifest", release))


@csrf_exempt  # the key is no cookie, so no other site can make a browser send it
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take an .ipa, and answer with the address of its page."""
    key = "Bearer " + os.environ["OTA_UPLOAD_KEY"]
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), key.encode()):
        return HttpResponse(status=401)
    file = request.FILES.get("ipa")
    if file is None:
        return HttpResponse(status=400)
    release = uuid.uuid4()
    try:
        ipa = read_ipa(file)
        icon = ipa.icon_png(512)
        # What cannot stand in a manifest is refused now, and not when a device asks for it.
        made = ipa.manifest(url=absolute(request, "package", release))
        errors = [problem for problem in (*ipa.problems(), *made.problems()) if problem.level == "error"]
    except IpaError as error:
        errors = error.problems
    if errors:
        text = "\n".join(map(str, errors)) + "\n"
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    checksum = json.dumps(dataclasses.asdict(Checksum.of(file)))
    default_storage.save(f"{release}/app.ipa", file)
    if icon:
        default_storage.save(f"{release}/icon.png", ContentFile(icon))
    default_storage.save(f"{release}/checksum.json", ContentFile(checksum.encode()))
    return HttpResponse(absolute(request, "page", release) + "\n", status=201, content_type="text/plain")


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """List all versions of all apps, the newest first."""
    folders = default_storage.listdir("")[0] if default_storage.exists("") else []
    marks = [f"{folder}/checksum.json" for folder in folders]
    dates = {mark: default_storage.get_modified_time(mark) for mark in marks if default_storage.exists(mark)}
    found = []
    for mark in sorted(dates, key=dates.__getitem__, reverse=True):
        release = mark.partition("/")[0]
        ipa = stored_ipa(release)
        found.append(
            {
                "name": f"{ipa.display_name or ipa.app_name} {ipa.short_version or ''}",
                "date": dates[mark].date().isoformat(),
                "page": reverse("page", args=[release]),
                "button": install_link(request, release).to_html("Install"),
            }
        )
    text = engines["django"].from_string(LIST).render({"versions": found})
    # Asked for anew each time, or a new version would not show.
    return HttpResponse(text, headers={"Cache-Control": "no-cache"})


@require_safe
def page(request: HttpRequest, release: uuid.UUID) -> HttpResponse:
    """Show the page to install from."""
    ipa = stored_ipa(release)
    shown = App(
        title=ipa.display_name or ipa.app_name,
        version=ipa.short_version,
        link=install_link(request, release),
        icon="icon.png" if default_storage.exists(f"{release}/icon.png") else None,
        size=ipa.size,
        date=default_storage.get_modified_time(f"{release}/checksum.json").date(),
        minimum_os_version=ipa.minimum_os_version,
        profile_kind=ipa.profile.kind if ipa.profile else None,
        expires=ipa.profile.expires if ipa.profile else None,
    )
    text = install_page(
        [shown],
        user_agent=request.headers.get("User-Agent"),
        language="auto",
        accept_language=request.headers.get("Accept-Language"),
        page_url=absolute(request, "page", release),
    )
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # Its notice is for one browser, and what it says of the profile changes with the day.
        "Cache-Control": "no-cache",
        "Vary": "User-Agent, Accept-Language",
    }
    return HttpResponse(text, headers=headers)


@require_safe
def manifest(request: HttpRequest, release: uuid.UUID) -> HttpResponse:
    """Send the manifest; its URLs are those of the host that the device asks."""
    ipa = stored_ipa(release)
    icon = absolute(request, "icon", release) if default_storage.exists(f"{release}/icon.png") else None
    with default_storage.open(f"{release}/checksum.json") as file:
        checksum = Checksum(**json.load(file))
    made = ipa.manifest(
        url=absolute(request, "package", release),
        display_image_url=icon,
        full_size_image_url=icon,
        checksums=[checksum],
    )
    # Made for each request: a proxy must not keep it for other hosts.
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(made.to_plist(), content_type=MANIFEST_CONTENT_TYPE, headers=headers)


@require_safe
def package(request: HttpRequest, release: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Send the .ipa, or the part of it that is asked for: Django's FileResponse knows no byte ranges."""
    size = stored_ipa(release).size
    # A release never changes.
    headers = {"Accept-Ranges": "bytes", "Content-Type": IPA_CONTENT_TYPE, "ETag": f'"{release}"'}
    if request.method == "HEAD":
        return HttpResponse(headers={**headers, "Content-Length": size})
    asked = asked_range(request, size, headers["ETag"])
    start, end = asked or (0, size)
    if start >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Length"] = str(end - start)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingHttpResponse(part(f"{release}/app.ipa", start, end), status=206 if asked else 200, headers=headers)


def asked_range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Read which bytes are asked for, the end not included; None for all, as for anything odd (RFC 9110, 14.2)."""
    found = re.fullmatch("bytes=([0-9]{0,18})-([0-9]{0,18})", request.headers.get("Range", ""))
    if not found or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def part(name: str, start: int, end: int) -> Iterator[bytes]:
    """Read a part of a stored file, piece by piece."""
    with default_storage.open(name) as file:
        file.seek(start)
        while start < end and (piece := file.read(min(65536, end - start))):
            yield piece
            start += len(piece)


@require_safe
def icon(request: HttpRequest, release: uuid.UUID) -> HttpResponse:  # noqa: ARG001 -- every view is given the request
    """Send the icon."""
    if not default_storage.exists(f"{release}/icon.png"):
        raise Http404
    with default_storage.open(f"{release}/icon.png") as file:
        return HttpResponse(file.read(), content_type="image/png")


@require_safe
def install(request: HttpRequest, release: uuid.UUID) -> HttpResponse:
    """Redirect to the link: a short address, for a message. Not permanently, which Safari would remember for good."""
    stored_ipa(release)
    return InstallRedirect(str(install_link(request, release)))


@require_safe
def check(request: HttpRequest, release: uuid.UUID) -> HttpResponse:
    """Do what a device would, from here, and tell what it would meet."""
    stored_ipa(release)
    from itms_ota.check import check as check_link  # loads the network, which the other views do without

    report = check_link(install_link(request, release), public_only=True)
    return HttpResponse(f"{report}\n", status=200 if report.ok else 503, content_type="text/plain; charset=utf-8")


releases = [
    path("", versions),
    path("<uuid:release>/", page, name="page"),
    path("<uuid:release>/manifest.plist", manifest, name="manifest"),
    path("<uuid:release>/app.ipa", package, name="package"),
    path("<uuid:release>/icon.png", icon, name="icon"),
    path("<uuid:release>/install", install),
    path("<uuid:release>/check", check),
]
urlpatterns = [path("upload", upload), path(os.environ["OTA_TOKEN"] + "/", include(releases))]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
