"""Take .ipa files, keep them, and install them on iPhones and iPads: with Django, in one file.

    export OTA_URL=https://apps.example.com   # as devices reach it
    # Each of these by: python -c "import secrets; print(secrets.token_urlsafe())"
    export OTA_TOKEN=…  OTA_UPLOAD_KEY=…  OTA_SECRET=…
    export OTA_BUCKET=…   # or leave it out, to keep the files in a folder; needs django-storages[s3]
    python django_app.py migrate --run-syncdb
    gunicorn --threads 8 django_app   # or, to try it: python django_app.py runserver

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

import dataclasses
import hmac
import os
import re
import sys
import uuid
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import django
from django.apps import AppConfig
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import execute_from_command_line
from django.core.signing import BadSignature, TimestampSigner
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import include, path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from itms_ota import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, Checksum, InstallLink
from itms_ota.errors import DeviceError, IpaError, Problem
from itms_ota.ipa import Ipa, IpaReport, read_ipa
from itms_ota.page import CONTENT_SECURITY_POLICY, App, install_page
from itms_ota.udid import PROFILE_CONTENT_TYPE, device_profile, devices_file, read_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def setting(name: str) -> str:
    """Return a setting. Refuse to start where it is empty: an empty key would let everybody in."""
    if value := os.environ.get(name, "").strip():
        return value
    raise ValueError(f"{name} is missing or empty. Set it, as the first lines of the app's file show.")


def own_address() -> str:
    """Return the address at which devices reach the app; LinkError for one that no device accepts."""
    url = setting("OTA_URL").rstrip("/")
    InstallLink(url)
    if urlsplit(url)[2:] != ("", "", ""):
        raise ValueError(
            "OTA_URL has more than a host and a port. The app needs a host of its own: leave out the rest."
        )
    return url


# URLs are made of this address, and never of what a request says of its host.
URL = own_address()
TOKEN, KEY = setting("OTA_TOKEN"), setting("OTA_UPLOAD_KEY")
BUCKET = os.environ.get("OTA_BUCKET")
STORE = os.environ.get("OTA_STORE", "releases")
DATABASE = os.environ.get("OTA_DATABASE", "ota.sqlite3")
LINK_LASTS = 7 * 24 * 3600  # seconds
# A profile that asks for a UDID is downloaded again after this.
CHALLENGE_LASTS = 3600
# An address in the bucket is for one download; a device goes on with it while it lasts.
ADDRESS_LASTS = 3600


class Ota(AppConfig):
    """The models of this file, under the same name however it is started."""

    name = __name__
    label = "ota"

    def import_models(self) -> None:
        """Find the models here, and not in a models.py."""
        super().import_models()
        self.models_module = sys.modules[__name__]


settings.configure(
    ALLOWED_HOSTS=[urlsplit(URL).hostname],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    INSTALLED_APPS=[f"{__name__}.Ota"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=setting("OTA_SECRET"),  # signs the links
    STORAGES={
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            # Credentials and region are where boto3 looks for them: AWS_DEFAULT_REGION and so on.
            # Without "virtual" the addresses lack the region, and AWS redirects, which devices may not follow.
            "OPTIONS": {
                "bucket_name": BUCKET,
                "addressing_style": "virtual",
                "signature_version": "s3v4",
                "querystring_expire": ADDRESS_LASTS,
            },
        }
        if BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": STORE}}
    },
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)
django.setup()

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


REGISTER = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Register this device</title>
<h1>Register this device</h1>
<p>Open this page in Safari on the iPhone or iPad. It downloads a profile, which you install in Settings under
<b>Profile Downloaded</b>. The device then sends us its UDID, with which we sign test versions for it. We delete it once
the device is registered with Apple. Nothing stays on the device.
<form action="profile.mobileconfig">
<label>A name for the device <input name="name" required maxlength="50"></label> <button>Download the profile</button>
</form>
"""
DONE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Thank you</title>
<h1>Thank you</h1>
<p>We have the UDID of the device, and nothing stays on it.
"""


class Release(models.Model):
    """What is known of an .ipa since its upload. Its row is written last: what has one is whole."""

    id = models.UUIDField(primary_key=True)
    report = models.JSONField()  # of IpaReport: no request reads the .ipa again
    checksum = models.JSONField()
    has_icon = models.BooleanField()
    uploaded = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        """Names the app."""

        app_label = "ota"

    def __str__(self) -> str:
        return str(self.id)

    @property
    def ipa(self) -> Ipa:
        """The app, as it was read at the upload."""
        return IpaReport.from_dict(self.report).ipa


class Link(models.Model):
    """One person's way to a release."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    release = models.ForeignKey(Release, on_delete=models.CASCADE)
    person = models.CharField(max_length=200)
    revoked = models.BooleanField(default=False)
    taps = models.PositiveIntegerField(default=0)  # manifests that were sent: one for each tap
    downloads = models.PositiveIntegerField(default=0)  # of which this app knows: a bucket has a log of its own

    class Meta:
        """Names the app."""

        app_label = "ota"

    def __str__(self) -> str:
        return f"{self.person}: {self.release_id}"


class Device(models.Model):
    """A device that was registered here. A UDID is of a person: nothing else is kept, and it is deleted in time."""

    udid = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        """Names the app."""

        app_label = "ota"

    def __str__(self) -> str:
        return self.name


class InstallRedirect(HttpResponseRedirect):
    """A redirect (302) to an install link, which Django takes for unsafe otherwise."""

    allowed_schemes = ["itms-services"]  # noqa: RUF012 -- as Django declares it


def signer() -> TimestampSigner:
    """Make what signs the links; it compares in constant time."""
    return TimestampSigner(sep=".", salt="install link")


def find_link(signed: str) -> Link:
    """Find a person's link, or answer 404 where it is forged, too old or revoked."""
    try:
        key = signer().unsign(signed, max_age=LINK_LASTS)
    except BadSignature:
        raise Http404 from None
    return get_object_or_404(Link.objects.select_related("release"), pk=key, revoked=False)


def find(place: dict[str, Any]) -> Release:
    """Find the release at a place: that of the team (`release`), or of a person (`signed`); else answer 404."""
    if "signed" in place:
        return cast("Release", find_link(place["signed"]).release)
    return get_object_or_404(Release, pk=place["release"])


def count(place: dict[str, Any], what: str) -> None:
    """Count for a person's link what was done with it."""
    if "signed" in place:
        key = signer().unsign(place["signed"])
        Link.objects.filter(pk=key).update(**{what: models.F(what) + 1})


def address(view: str, place: dict[str, Any]) -> str:
    """Make the URL of a view."""
    return URL + reverse(("personal:" if "signed" in place else "team:") + view, kwargs=place)


def install_link(place: dict[str, Any]) -> InstallLink:
    """Make the link to a release's manifest."""
    return InstallLink(address("manifest", place))


def key_needed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view answer only who has the upload key."""

    @csrf_exempt  # the key is no cookie, so no other site can make a browser send it
    @wraps(view)
    def guarded(request: HttpRequest, **place: Any) -> HttpResponse:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {KEY}".encode()):
            return HttpResponse(status=401)
        return view(request, **place)

    return guarded


def refusal(problems: Iterable[Problem]) -> HttpResponse:
    """Say what is wrong with an .ipa, or with the answer of a device."""
    text = "\n".join(map(str, problems)) + "\n"
    return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")


def wrong_call(cure: str) -> HttpResponse:
    """Say how to ask."""
    return HttpResponse(f"{cure}\n", status=400, content_type="text/plain; charset=utf-8")


def one_line(text: str) -> str:
    """Return a name without line breaks and what else a terminal obeys: one must not look like another row."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@require_POST
@key_needed
def upload(request: HttpRequest) -> HttpResponse:
    """Take an .ipa, and answer with the address of its page."""
    file = request.FILES.get("ipa")
    if file is None:
        return wrong_call("Send the .ipa as a file, as in: curl -F ipa=@MyApp.ipa")
    place = {"release": uuid.uuid4()}
    try:
        report = read_ipa(file).report(signature=True)
        icon = report.ipa.icon_png(512)
        # What cannot stand in a manifest is refused now, and not when a device asks for it.
        made = report.ipa.manifest(url=address("package", place))
        errors = (*report.errors, *(problem for problem in made.problems() if problem.level == "error"))
    except IpaError as error:
        errors = error.problems
    if errors:
        return refusal(errors)
    release = Release(
        id=place["release"],
        report=report.to_dict(),
        checksum=dataclasses.asdict(Checksum.of(file)),
        has_icon=icon is not None,
    )
    default_storage.save(f"{release.id}/app.ipa", file)
    if icon:
        default_storage.save(f"{release.id}/icon.png", ContentFile(icon))
    release.save()
    return HttpResponse(address("page", place) + "\n", status=201, content_type="text/plain")


@key_needed
def links(request: HttpRequest) -> HttpResponse:
    """Make one person's link to a release, and answer with its id and the address of its page; or list all links."""
    if request.method != "POST":
        rows = Link.objects.order_by("person").values_list("id", "release", "revoked", "taps", "downloads", "person")
        listed = (" ".join(map(str, [*others, one_line(person)])) + "\n" for *others, person in rows)
        return HttpResponse("".join(listed), content_type="text/plain; charset=utf-8")
    try:
        release = get_object_or_404(Release, pk=uuid.UUID(request.POST.get("release")))
    except (TypeError, ValueError):
        return wrong_call("Name the release by its id, as in: curl -F release=… -F person=ann")
    link = Link.objects.create(release=release, person=request.POST.get("person", "")[:200])
    page = address("page", {"signed": signer().sign(str(link.id))})
    return HttpResponse(f"{link.id} {page}\n", status=201, content_type="text/plain")


@require_POST
@key_needed
def revoke(_: HttpRequest, link: uuid.UUID) -> HttpResponse:
    """Let a person's link lead nowhere any more."""
    return HttpResponse(status=204 if Link.objects.filter(pk=link).update(revoked=True) else 404)


@require_safe
@key_needed
def devices(_: HttpRequest) -> HttpResponse:
    """Send the list of devices, for Apple's developer website."""
    listed = devices_file(dict(Device.objects.order_by("name").values_list("udid", "name")))
    headers = {"Content-Type": "text/tab-separated-values; charset=utf-8", "Cache-Control": "no-store"}
    return HttpResponse(listed, headers=headers)


@require_POST
@key_needed
def forget(request: HttpRequest) -> HttpResponse:
    """Delete a device, once it is registered with Apple."""
    if "udid" not in request.POST:
        return wrong_call("Name the device by its UDID, as in: curl -F udid=…")
    deleted, _ = Device.objects.filter(pk=request.POST["udid"]).delete()
    return HttpResponse(status=204 if deleted else 404)


def challenger() -> TimestampSigner:
    """Make what signs the challenges, which say which device an answer is of."""
    return TimestampSigner(sep=".", salt="device")


@require_safe
def register(_: HttpRequest) -> HttpResponse:
    """Show the page on which people register a device."""
    return HttpResponse(REGISTER)


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Send the profile that asks the device for its UDID."""
    name, host = request.GET.get("name", ""), urlsplit(URL).hostname or ""
    try:
        # What cannot stand in the list is refused now, and not when somebody wants it.
        devices_file({"0" * 40: name})
        made = device_profile(
            URL + reverse("answer"),
            identifier=".".join([*reversed(host.split(".")), "register"]),
            organization=host,
            display_name="Register this device",
            description=f"Sends the UDID of this device to {host}, so that test versions can be signed for it.",
            challenge=challenger().sign(name),
            attributes=("UDID",),
        )
    except DeviceError as error:
        return refusal(error.problems)
    return HttpResponse(made, content_type=PROFILE_CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@csrf_exempt  # a device sends no cookies
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Take the answer of a device. It reads all but a 301 as a profile, and says that it failed."""
    try:
        device = read_device(request.body)
        if not device.verified:
            return refusal(device.problems)
        name = challenger().unsign(device.challenge or "", max_age=CHALLENGE_LASTS)
    except DeviceError as error:
        return refusal(error.problems)
    except BadSignature:
        raise Http404 from None
    Device.objects.update_or_create(pk=device.udid, defaults={"name": name})
    return HttpResponsePermanentRedirect(URL + reverse("done"))


@require_safe
def done(_: HttpRequest) -> HttpResponse:
    """Say that the device is registered: Safari comes here from the answer."""
    return HttpResponse(DONE)


@require_safe
def versions(_: HttpRequest) -> HttpResponse:
    """List all versions of all apps, the newest first."""
    found = []
    for release in Release.objects.order_by("-uploaded"):
        ipa, place = release.ipa, {"release": release.id}
        found.append(
            {
                "name": f"{ipa.display_name or ipa.app_name} {ipa.short_version or ''}",
                "date": release.uploaded.date().isoformat(),
                "page": reverse("team:page", kwargs=place),
                "button": install_link(place).to_html("Install"),
            }
        )
    text = engines["django"].from_string(LIST).render({"versions": found})
    # Asked for anew each time, or a new version would not show.
    return HttpResponse(text, headers={"Cache-Control": "no-cache"})


@require_safe
def page(request: HttpRequest, **place: Any) -> HttpResponse:
    """Show the page to install from."""
    release = find(place)
    ipa = release.ipa
    shown = App(
        title=ipa.display_name or ipa.app_name,
        version=ipa.short_version,
        link=install_link(place),
        icon="icon.png" if release.has_icon else None,
        size=ipa.size,
        date=release.uploaded.date(),
        minimum_os_version=ipa.minimum_os_version,
        profile_kind=ipa.profile.kind if ipa.profile else None,
        expires=ipa.profile.works_until if ipa.profile else None,
    )
    text = install_page(
        [shown],
        user_agent=request.headers.get("User-Agent"),
        language="auto",
        accept_language=request.headers.get("Accept-Language"),
        page_url=address("page", place),
    )
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # Its notice is for one browser, and what it says of the profile changes with the day.
        "Cache-Control": "no-cache",
        "Vary": "User-Agent, Accept-Language",
    }
    return HttpResponse(text, headers=headers)


@require_safe
def manifest(request: HttpRequest, **place: Any) -> HttpResponse:
    """Send the manifest. The addresses in a bucket are signed for this request, and the device goes there itself."""
    release = find(place)

    def file(view: str, name: str) -> str:
        return default_storage.url(f"{release.id}/{name}") if BUCKET else address(view, place)

    icon = file("icon", "icon.png") if release.has_icon else None
    made = release.ipa.manifest(
        url=file("package", "app.ipa"),
        display_image_url=icon,
        full_size_image_url=icon,
        checksums=[Checksum(**release.checksum)],
    )
    if request.method == "GET":
        count(place, "taps")
    # Made for each request: its addresses are for whoever asked, and end.
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(made.to_plist(), content_type=MANIFEST_CONTENT_TYPE, headers=headers)


@require_safe
def package(request: HttpRequest, **place: Any) -> HttpResponse | StreamingHttpResponse:
    """Send the .ipa, or the part of it that is asked for: Django's FileResponse knows no byte ranges."""
    release = find(place)
    name, size = f"{release.id}/app.ipa", release.report["ipa"]["size"]
    # A release never changes; what a proxy kept would outlive a link that is revoked.
    headers = {"Accept-Ranges": "bytes", "Content-Type": IPA_CONTENT_TYPE, "ETag": f'"{release.id}"'}
    headers["Cache-Control"] = "private"
    asked = asked_range(request, size, headers["ETag"])
    start, end = asked or (0, size)
    if request.method == "GET" and start == 0:
        count(place, "downloads")
    if BUCKET:
        return to_bucket(name, cast("str", request.method))
    if request.method == "HEAD":
        return HttpResponse(headers={**headers, "Content-Length": size})
    if start >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Length"] = str(end - start)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingHttpResponse(part(name, start, end), status=206 if asked else 200, headers=headers)


def to_bucket(name: str, method: str) -> HttpResponse:
    """Redirect to a file in the bucket. Its address is signed for one method: one for GET is refused for HEAD."""
    url = default_storage.url(name, http_method=method)
    return HttpResponse(status=302, headers={"Location": url, "Cache-Control": "no-store"})


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
def icon(request: HttpRequest, **place: Any) -> HttpResponse:
    """Send the icon."""
    release = find(place)
    if not release.has_icon:
        raise Http404
    if BUCKET:
        return to_bucket(f"{release.id}/icon.png", cast("str", request.method))
    with default_storage.open(f"{release.id}/icon.png") as file:
        return HttpResponse(file.read(), content_type="image/png")


@require_safe
def install(_: HttpRequest, **place: Any) -> HttpResponse:
    """Redirect to the link: a short address, for a message. Not permanently, which Safari would remember for good."""
    find(place)
    return InstallRedirect(str(install_link(place)))


@require_safe
def check(_: HttpRequest, **place: Any) -> HttpResponse:
    """Do what a device would, from here, and tell what it would meet."""
    find(place)
    from itms_ota.check import check as check_link  # loads the network, which the other views do without

    report = check_link(install_link(place), public_only=True)
    return HttpResponse(f"{report}\n", status=200 if report.ok else 503, content_type="text/plain; charset=utf-8")


files = [
    path("", page, name="page"),
    path("manifest.plist", manifest, name="manifest"),
    path("app.ipa", package, name="package"),
    path("icon.png", icon, name="icon"),
    path("install", install),
]
team = f"{TOKEN}/"
urlpatterns = [
    path("upload", upload),
    path("links", links),
    path("links/<uuid:link>/revoke", revoke),
    path("devices", devices),
    path("devices/forget", forget),
    path("for/<str:signed>/", include((files, "personal"))),
    path(team, versions),
    path(f"{team}device/", register),
    path(f"{team}device/profile.mobileconfig", profile),
    path(f"{team}device/answer", answer, name="answer"),
    path(f"{team}device/done", done, name="done"),
    path(f"{team}<uuid:release>/", include((files, "team"))),
    path(f"{team}<uuid:release>/check", check),
]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
