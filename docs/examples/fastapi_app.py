"""Take .ipa files, keep them, and install them on iPhones and iPads: with FastAPI. What is kept is in ota_store.py.

    export OTA_URL=https://apps.example.com   # as devices reach it
    # Each of these by: python -c "import secrets; print(secrets.token_urlsafe())"
    export OTA_TOKEN=…  OTA_UPLOAD_KEY=…  OTA_SECRET=…
    uvicorn fastapi_app:app   # needs python-multipart for the upload

It speaks http, behind a proxy that speaks https for it. Its addresses are those of flask_app.py.

Reading an .ipa, hashing it and asking the database block. So the views are plain functions, which FastAPI runs in
threads; the one that is async hands what blocks to a thread itself.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import uuid
from html import escape
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from ota_store import (
    CURES,
    DONE,
    LARGEST_ANSWER,
    LARGEST_UPLOAD,
    REGISTER,
    NotThere,
    Release,
    Store,
    from_the_beginning,
    own_address,
    setting,
)
from starlette.middleware.trustedhost import TrustedHostMiddleware

from itms_ota import IPA_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, InstallLink
from itms_ota.errors import DeviceError, IpaError
from itms_ota.page import CONTENT_SECURITY_POLICY, install_page
from itms_ota.udid import PROFILE_CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.types import Message, Receive

# URLs are made of this address, and never of what a request says of its host.
URL = own_address()
TEAM, KEY = f"/{setting('OTA_TOKEN')}", setting("OTA_UPLOAD_KEY")
store = Store(os.environ.get("OTA_STORE", "releases"), setting("OTA_SECRET"))
app = FastAPI(openapi_url=None, redirect_slashes=False)  # with_slash does it
app.add_middleware(TrustedHostMiddleware, allowed_hosts=[urlsplit(URL).hostname], www_redirect=False)
LIST = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Apps</title>
<h1>Apps</h1>
"""


class View(APIRoute):
    """A view that answers HEAD where it answers GET, which FastAPI leaves out."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "GET" in self.methods:
            self.methods.add("HEAD")


class Keyed(View):
    """A view for who has the upload key. A dependency comes too late: FastAPI has read the whole body before it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer others before the body is read, and who has the key before too much of it is."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {KEY}".encode()):
                raise HTTPException(401)
            if int(request.headers.get("Content-Length", 0)) > LARGEST_UPLOAD:
                raise HTTPException(413)
            return await handle(Request(request.scope, bounded(request.receive)))

        return guarded


def bounded(receive: Receive) -> Receive:
    """Bound a body that does not say its length (it is chunked)."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_UPLOAD:
            raise HTTPException(413)
        return message

    return take


app.router.route_class = View
files = APIRouter(route_class=View)
keyed = APIRouter(route_class=Keyed)


class Place:
    """Where a request is: at a release of the team, or at a person's link."""

    def __init__(self, **key: Any) -> None:
        self.key = key
        self.base = f"{URL}/for/{key['signed']}/" if "signed" in key else f"{URL}{TEAM}/{key['release']}/"
        self.link = InstallLink(f"{self.base}manifest.plist")


def here(request: Request) -> Place:
    """Read the place from the path of a request."""
    return Place(**request.path_params)


Here = Annotated[Place, Depends(here)]


def find(place: Here) -> Release:
    """Find the release of a request."""
    return store.find(**place.key)


Found = Annotated[Release, Depends(find)]


@app.exception_handler(NotThere)
def miss(_: Request, __: Exception) -> Response:
    """Answer 404, also for a link that has ended."""
    return PlainTextResponse("Not found\n", 404)


@app.exception_handler(DeviceError)
@app.exception_handler(IpaError)
def refuse(_: Request, error: Exception) -> Response:
    """Say what is wrong with an .ipa, or with the answer of a device."""
    return PlainTextResponse(f"{error}\n", 422)


@app.exception_handler(RequestValidationError)
def wrong_call(_: Request, error: RequestValidationError) -> Response:
    """Say how to ask."""
    field = error.errors()[0]["loc"][-1]
    return PlainTextResponse(CURES.get(field, f"The value of {field} is not valid.") + "\n", 400)


@keyed.post("/upload")
def upload(ipa: UploadFile) -> Response:
    """Take an .ipa, and answer with the address of its page."""
    release = store.add(ipa.file, Place(release=uuid.uuid4()).base + "app.ipa")
    return PlainTextResponse(Place(release=release.id).base + "\n", 201)


@keyed.post("/links")
def new_link(release: Annotated[uuid.UUID, Form()], person: Annotated[str, Form()] = "") -> Response:
    """Make one person's link to a release; answer with its id and the address of its page."""
    link, signed = store.new_link(store.release(release), person)
    return PlainTextResponse(f"{link} {Place(signed=signed).base}\n", 201)


@keyed.get("/links")
def links() -> Response:
    """List the links of persons, with what was done with them."""
    return PlainTextResponse("".join(" ".join(map(str, row)) + "\n" for row in store.links()))


@keyed.post("/links/{link:uuid}/revoke")
def revoke(link: uuid.UUID) -> Response:
    """Let a person's link lead nowhere any more."""
    store.revoke(link)
    return Response(status_code=204)


@keyed.get("/devices")
def devices() -> Response:
    """Send the list of devices, for Apple's developer website."""
    return Response(store.devices(), media_type="text/tab-separated-values", headers={"Cache-Control": "no-store"})


@keyed.post("/devices/forget")
def forget(udid: Annotated[str, Form()]) -> Response:
    """Delete a device."""
    store.forget_device(udid)
    return Response(status_code=204)


@app.get(f"{TEAM}/device")
@app.get(TEAM)
@files.get("")
def with_slash(request: Request) -> Response:
    """Redirect to the page. FastAPI itself would take the address for one of http, behind the proxy."""
    return RedirectResponse(f"{URL}{request.url.path}/")


@app.get(f"{TEAM}/device/")
def register() -> Response:
    """Show the page on which people register a device."""
    return HTMLResponse(REGISTER)


@app.get(f"{TEAM}/device/profile.mobileconfig")
def profile(name: str = "") -> Response:
    """Send the profile that asks the device for its UDID."""
    made = store.ask_device(f"{URL}{TEAM}/device/answer", name)
    return Response(made, media_type=PROFILE_CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@app.post(f"{TEAM}/device/answer")
async def answer(request: Request) -> Response:
    """Take the answer of a device. It reads all but a 301 as a profile, and says that it failed."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise HTTPException(413)
    await asyncio.to_thread(store.add_device, body)
    return RedirectResponse(f"{URL}{TEAM}/device/done", 301)


@app.get(f"{TEAM}/device/done")
def done() -> Response:
    """Say that the device is registered: Safari comes here from the answer."""
    return HTMLResponse(DONE)


@app.get(f"{TEAM}/")
def versions() -> Response:
    """List all versions of all apps, the newest first."""
    lines = [
        f'<p><a href="{TEAM}/{one.id}/">{escape(one.name)}</a>, {one.uploaded.date()}: '
        f"{Place(release=one.id).link.to_html('Install')}\n"
        for one in store.releases()
    ]
    # Asked for anew each time, or a new version would not show.
    return HTMLResponse(LIST + ("".join(lines) or "<p>Nothing yet\n"), headers={"Cache-Control": "no-cache"})


@files.get("/")
def page(place: Here, release: Found, request: Request) -> Response:
    """Show the page to install from."""
    user_agent = request.headers.get("User-Agent")
    text = install_page(
        [release.shown(place.link)],
        user_agent=user_agent,
        language="auto",
        accept_language=request.headers.get("Accept-Language"),
        page_url=place.base,
    )
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        # Its notice is for one browser, and what it says of the profile changes with the day.
        "Cache-Control": "no-cache",
        "Vary": "User-Agent, Accept-Language",
    }
    return HTMLResponse(text, headers=headers)


@files.get("/manifest.plist")
def manifest(place: Here, release: Found, request: Request) -> Response:
    """Send the manifest."""
    icon = place.base + "icon.png" if release.icon else None
    made = release.ipa.manifest(
        url=place.base + "app.ipa", display_image_url=icon, full_size_image_url=icon, checksums=[release.checksum]
    )
    if request.method == "GET":
        store.count_tap(**place.key)
    # A proxy must not keep it: its addresses are for whoever asked.
    return Response(made.to_plist(), media_type=MANIFEST_CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@files.get("/app.ipa")
def package(place: Here, release: Found, request: Request) -> Response:
    """Send the .ipa, or the part of it that is asked for."""
    if request.method == "GET" and from_the_beginning(request.headers.get("Range")):
        store.count_download(**place.key)
    # What a proxy kept would outlive a link that is revoked.
    return FileResponse(release.package, media_type=IPA_CONTENT_TYPE, headers={"Cache-Control": "private"})


@files.get("/icon.png")
def icon(release: Found) -> Response:
    """Send the icon."""
    if not release.icon:
        raise HTTPException(404)
    return FileResponse(release.icon)


@files.get("/install")
def install(place: Here, _: Found) -> Response:
    """Redirect to the link: a short address, for a message. Not 301, which Safari would remember for good."""
    return RedirectResponse(str(place.link), 302)


@app.get(TEAM + "/{release:uuid}/check")
async def check(place: Here, _: Found) -> Response:
    """Do what a device would, from here, and tell what it would meet."""
    from itms_ota.check import check as check_link  # loads the network, which the other views do without

    report = await asyncio.to_thread(check_link, place.link, public_only=True)
    return PlainTextResponse(f"{report}\n", 200 if report.ok else 503)


app.include_router(keyed)
app.include_router(files, prefix=TEAM + "/{release:uuid}")
app.include_router(files, prefix="/for/{signed}")
