"""The check from what people have: the address of a page, several links, a wrapped address, the name of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from _checking import PACKAGE_PLACE, app, codes, run
from _deployment import BASE, IPA, MANIFEST_URL, NOW, Deployment, manifest, says
from _make_ipa import DEVICES

from itms_ota import InstallLink, Manifest
from itms_ota._http import AS_DEVICE
from itms_ota._urls import encode
from itms_ota.check import check
from itms_ota.page import App, install_page

PAGE_URL = f"{BASE}/install"
LINK = InstallLink(MANIFEST_URL)
BAD_LINK = "itms-services://?action=download-manifest&amp;amp;url=https://apps.example.com/manifest.plist"


def numbered(number: int) -> Manifest:
    return manifest(url=f"{BASE}/{number}.ipa", bundle_identifier=f"com.example.app{number}")


def deployment_of(page: str, count: int = 0, content_type: str = "text/html") -> Deployment:
    """Make a deployment with that page, and so many apps more."""
    deployment = Deployment.healthy()
    deployment.files["/install"] = (content_type, page.encode())
    for number in range(count):
        deployment.files[f"/{number}.plist"] = ("application/xml", numbered(number).to_plist())
        deployment.files[f"/{number}.ipa"] = ("application/octet-stream", app(number))
    return deployment


def link_to(number: int) -> str:
    return InstallLink(f"{BASE}/{number}.plist").to_html(f"App {number}")


def page_of(*links: str) -> str:
    return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"


def test_the_page_that_the_library_writes() -> None:
    page = install_page([App(title="My App", link=LINK)])
    report = run(deployment_of(page), PAGE_URL)
    assert (report.ok, report.problems) == (True, ())
    assert report.manifest == manifest()
    assert report.manifests == (manifest(),)
    assert [ipa.bundle_identifier for ipa in report.packages] == ["com.example.myapp"]
    assert [(step.method, step.url) for step in report.steps][:2] == [("GET", PAGE_URL), ("GET", MANIFEST_URL)]
    assert len(report.steps) == 6
    assert report.next_steps[0].endswith("'apps.example.com' would like to install the app.")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_address_that_redirects_to_the_link(status: int) -> None:
    deployment = Deployment.healthy()
    deployment.special["/install"] = says(status, location=str(LINK))
    deployment.special["/go"] = says(301, location=PAGE_URL)
    report = run(deployment, f"{BASE}/go")
    assert (report.problems, report.manifests) == ((), (manifest(),))
    steps = [(step.url, step.status, step.redirects) for step in report.steps[:2]]
    assert steps == [(f"{BASE}/go", status, (PAGE_URL,)), (MANIFEST_URL, 200, ())]
    deployment.special["/install"] = says(status, location=BAD_LINK)
    assert codes(run(deployment, PAGE_URL)) == [("links[0].link", "double-escaped", "error")]


def test_a_redirect_to_a_link_is_for_browsers_alone() -> None:
    deployment = Deployment.healthy()
    location = says(302, location=str(LINK))
    deployment.special |= {"/install": location, "/manifest.plist": location}
    assert codes(run(deployment)) == [("manifest", "not-https", "error")]
    assert codes(run(deployment, InstallLink(PAGE_URL))) == [("manifest", "not-https", "error")]
    assert codes(run(deployment, PAGE_URL)) == [("links[0].manifest", "not-https", "error")]
    deployment = Deployment.healthy()
    deployment.special[IPA] = location
    assert codes(run(deployment)) == [(PACKAGE_PLACE, "not-https", "error")]
    deployment.special["/install"] = says(302, location="itms-apps://apps.apple.com/app/id1")
    assert codes(run(deployment, PAGE_URL)) == [("manifest", "not-https", "error")]


def test_several_links_in_the_order_of_the_page() -> None:
    deployment = deployment_of(page_of(link_to(2), link_to(0), link_to(1)), 3)
    report = run(deployment, PAGE_URL)
    assert report.problems == ()
    assert [ipa.bundle_identifier for ipa in report.packages] == [f"com.example.app{number}" for number in (2, 0, 1)]
    assert report.manifests == tuple(map(numbered, (2, 0, 1)))
    assert report.manifest == report.manifests[0]
    assert str(report).startswith("Install of 'My App', 'My App', 'My App': nothing stands in the way")


def test_the_report_says_how_many_apps_it_is_about() -> None:
    report = run(deployment_of(page_of(*map(link_to, range(5))), 5), PAGE_URL)
    assert str(report).startswith("Install of 'My App', 'My App', 'My App' and 2 more: nothing stands in the way")


def test_every_path_begins_with_the_number_of_its_link() -> None:
    page = page_of(
        f'<a href="{BAD_LINK}">A</a>', link_to(0), link_to(1), link_to(2), "<a href='itms-services://?x=url='>"
    )
    deployment = deployment_of(page, 3)
    del deployment.files["/0.plist"], deployment.files["/1.ipa"]
    deployment.files["/2.ipa"] = ("application/octet-stream", app(5))
    assert codes(run(deployment, PAGE_URL)) == [
        ("links[0].link", "double-escaped", "error"),
        ("links[1].manifest", "http-status", "error"),
        ("links[2].items[0].assets[0].url", "http-status", "error"),
        ("links[3].items[0].metadata.bundle-identifier", "bundle-identifier-mismatch", "error"),
        ("links[4].link.action", "missing", "error"),
        ("links[4].link.url", "missing", "error"),
    ]


def test_a_link_that_is_there_twice_is_followed_once() -> None:
    page = page_of(link_to(0), f"<p>{InstallLink(f'{BASE}/0.plist').to_html('again')}</p>")
    deployment = deployment_of(page, 1)
    report = run(deployment, PAGE_URL)
    assert (report.problems, len(report.packages)) == ((), 1)
    assert deployment.requests.count(("GET", "/0.plist")) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, ("links[50]", "not-checked", "warning")), ({"udid": DEVICES[0]}, ("links[50]", "not-verified", "error"))],
)
def test_more_links_than_are_checked(options: dict[str, Any], expected: tuple[str, str, str]) -> None:
    deployment = deployment_of(page_of(*map(link_to, range(52))), 52)
    report = run(deployment, PAGE_URL, **options)
    assert codes(report) == [expected]
    assert report.problems[0].message.startswith(
        "There are more than 50 install links, and only the first 50 were checked."
    )
    assert len(report.packages) == 50
    assert ("GET", "/50.plist") not in deployment.requests
    exact = run(deployment_of(page_of(*map(link_to, range(50))), 50), PAGE_URL, **options)
    assert (exact.problems, len(exact.packages)) == ((), 50)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_other_texts_with_links(content_type: str) -> None:
    text = json.dumps({"url": str(LINK)}) if "json" in content_type else f"Install: {LINK}\n"
    assert run(deployment_of(text, content_type=content_type), PAGE_URL).problems == ()


def test_a_text_with_several_links() -> None:
    deployment = deployment_of("", 2)
    text = f"iPhone: {InstallLink(f'{BASE}/0.plist')} and iPad: {InstallLink(f'{BASE}/1.plist')}"
    report = run(deployment, text)
    assert (report.problems, len(report.manifests), len(report.packages)) == ((), 2, 2)
    del deployment.files["/1.ipa"]
    assert codes(run(deployment, text)) == [("links[1].items[0].assets[0].url", "http-status", "error")]


def test_links_that_a_page_does_not_show_are_not_its_links() -> None:
    page = page_of(f"<!-- {link_to(0)} -->", link_to(1), f"<!-- {link_to(2)}")
    report = run(deployment_of(page, 2), PAGE_URL)
    assert (report.problems, [ipa.bundle_identifier for ipa in report.packages]) == ((), ["com.example.app1"])
    report = run(deployment_of(page_of(f"<!-- {link_to(0)} -->")), PAGE_URL)
    assert codes(report) == [("manifest", "web-page", "error")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("links[1].link.url", "not-checked", "warning")),
        ({"udid": DEVICES[0]}, ("links[1].link.url", "not-verified", "error")),
    ],
)
def test_links_that_a_script_puts_together_are_not_known(
    options: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    prefix = "itms-services://?action=download-manifest&url="
    scripts = f"<script>go('{InstallLink(f'{BASE}/0.plist')}')</script><script>go('{prefix}' + encode(url))</script>"
    report = run(deployment_of(page_of(scripts, link_to(1)), 2), PAGE_URL, **options)
    assert (codes(report), len(report.packages)) == ([expected], 2)
    # A constant that the script goes on to write is not a link that is broken.
    for begun in (prefix, prefix.partition("&")[0]):
        page = page_of(f"<script>const start = '{begun}';</script>", link_to(1))
        report = run(deployment_of(page, 2), PAGE_URL, **options)
        assert (codes(report), len(report.packages)) == ([("links[0].link.url", *expected[1:])], 1)
    # What is wrong in a link that is whole is wrong in a script, too.
    page = page_of(f"<script>go('{prefix}http%3A%2F%2Fapps.example.com%2Fm.plist')</script>")
    assert codes(run(deployment_of(page), PAGE_URL)) == [("links[0].link.url", "not-https", "error")]
    # What is left of a template outside of a script is as people tap it.
    page = page_of(f"<a href='{prefix}{{{{url}}}}'>Install</a>")
    assert codes(run(deployment_of(page), PAGE_URL)) == [("links[0].link.url", "placeholder", "error")]


@pytest.mark.parametrize("count", [1, 2])
def test_a_page_of_which_no_link_is_known_is_no_all_clear(count: int) -> None:
    script = "<script>go('itms-services://?action=download-manifest&url=' + encode(url))</script>"
    report = run(deployment_of(page_of(script * count)), PAGE_URL)
    expected = [(f"links[{number}].link.url", "not-checked", "warning") for number in range(count)]
    assert codes(report) == [("manifest", "not-verified", "error"), *expected]


@pytest.mark.parametrize("comment", ["<!-->", "<!--->", "<!-- old --!>", "<!--[if !IE]><!-->"])
def test_links_after_comments_that_end_in_odd_ways_are_shown(comment: str) -> None:
    report = run(deployment_of(page_of(comment, link_to(0), "<!-- end -->", link_to(1)), 2), PAGE_URL)
    assert (report.problems, len(report.packages)) == ((), 2)


def test_a_page_that_is_not_served_over_https() -> None:
    """Safari opens it, and a link in it may be sound: the check says that it has not looked."""
    deployment = deployment_of(page_of(link_to(0)), 1)
    report = run(deployment, PAGE_URL.replace("https:", "http:"))
    assert codes(report) == [("manifest", "not-https", "error")]
    assert report.problems[0].message.endswith("Check the link in the page.")
    report = run(deployment, MANIFEST_URL.replace("https:", "http:"))
    assert (codes(report), "page" in report.problems[0].message) == ([("manifest", "not-https", "error")], False)
    assert deployment.requests == []


def test_a_page_without_links() -> None:
    report = run(deployment_of(page_of("Soon")), PAGE_URL)
    assert codes(report) == [("manifest", "web-page", "error")]
    assert "No install link was found in the page." in report.problems[0].message


def test_a_link_to_a_page_is_not_followed_into_it() -> None:
    """A device asks for a manifest where the link leads, and finds no links in a page."""
    for target in (InstallLink(PAGE_URL), str(InstallLink(PAGE_URL))):
        report = run(deployment_of(page_of(link_to(0)), 1), target)
        assert codes(report) == [("manifest", "web-page", "error")]
        assert "No install link" not in report.problems[0].message
    inner = InstallLink(PAGE_URL).to_html("Install")
    assert codes(run(deployment_of(page_of(inner)), PAGE_URL)) == [("links[0].manifest", "web-page", "error")]


def test_a_page_in_place_of_a_manifest_is_not_as_good_as_the_manifest() -> None:
    """As where a server answers every address with its one page."""
    deployment = deployment_of("", 1)
    for path in ("/manifest.plist", "/get?file=App.PLIST"):
        deployment.files[path] = ("text/html", page_of(link_to(0)).encode())
        assert codes(run(deployment, BASE + path)) == [("manifest", "web-page", "error")]


def test_a_page_at_an_odd_address() -> None:
    deployment = deployment_of("")
    deployment.files["/index.html"] = ("text/html", page_of(LINK.to_html("Install")).encode())
    assert run(deployment, f"{BASE}/index.html").problems == ()
    report = run(deployment, f"{BASE.replace('apps', 'me:pw@apps')}/index.html")
    assert codes(report) == [("page", "credentials", "warning")]


def test_a_page_of_which_the_end_is_not_read() -> None:
    page = page_of(LINK.to_html("Install"), " " * (2 * 1024 * 1024))
    assert codes(run(deployment_of(page), PAGE_URL)) == [("page", "not-checked", "warning")]
    assert codes(run(deployment_of(page), PAGE_URL, udid=DEVICES[0])) == [("page", "not-verified", "error")]


def test_the_requests_of_many_links_are_bounded() -> None:
    deployment = deployment_of(page_of(*map(link_to, range(10))))
    for number in range(10):
        deployment.special[f"/{number}.plist"] = says(302, location=f"/{number}.plist")
    run(deployment, PAGE_URL)
    assert len(deployment.requests) == 1 + 10 * 11
    deployment = deployment_of(page_of(link_to(0)))
    items = tuple(item for number in range(16) for item in numbered(number).items)
    deployment.files["/0.plist"] = ("application/xml", Manifest(items=items).to_plist())
    for number in range(16):
        deployment.special[f"/{number}.ipa"] = says(302, location=f"/{number}.ipa")
    run(deployment, PAGE_URL)
    assert len(deployment.requests) == 120


# Addresses that are wrapped, of other apps, or not whole

SAFE = "https://eur01.safelinks.protection.outlook.com/?url={}&data=05"


def wrapped(inner: str) -> str:
    return SAFE.format(encode(inner))


def test_a_page_in_a_link_of_a_mail_scanner() -> None:
    deployment = deployment_of(page_of(LINK.to_html("Install")))
    report = run(deployment, wrapped(PAGE_URL))
    assert codes(report) == [("page", "other-scheme", "warning")]
    assert report.problems[0].message.startswith("This is an address of a mail scanner (Safe Links of Microsoft")
    assert deployment.requests[0] == ("GET", "/install")
    assert len(report.packages) == 1


def test_a_manifest_in_a_link_of_a_mail_scanner() -> None:
    report = run(Deployment.healthy(), wrapped(MANIFEST_URL))
    assert codes(report) == [("link", "other-scheme", "warning")]
    assert len(report.packages) == 1


def test_an_install_link_in_a_link_of_a_mail_scanner() -> None:
    report = run(Deployment.healthy(), wrapped(str(LINK)))
    assert codes(report)[0] == ("link", "other-scheme", "error")
    assert len(report.packages) == 1
    assert codes(run(Deployment.healthy(), wrapped(wrapped(str(LINK)))))[0][1] == "other-scheme"


def test_a_link_of_a_mail_scanner_that_hides_what_it_wraps() -> None:
    deployment = Deployment.healthy()
    report = run(deployment, "https://protect-eu.mimecast.com/s/abcdef")
    assert codes(report) == [("link", "other-scheme", "error")]
    assert deployment.requests == []


def test_addresses_that_are_wrapped_many_times() -> None:
    address = MANIFEST_URL
    for _ in range(7):
        address = wrapped(address)
    report = run(Deployment.healthy(), address)
    assert {problem.code for problem in report.problems} == {"other-scheme"}
    assert len(report.problems) <= 7


@pytest.mark.parametrize(
    "address",
    [
        "https://apps.apple.com/us/app/x/id1",
        "https://testflight.apple.com/join/abc",
        "http://itunes.apple.com/app/id1",
        "https://appclip.apple.com/id?p=a",
    ],
)
def test_addresses_that_an_app_opens_are_not_asked_for(address: str) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, address)
    assert codes(report) == [("link", "other-scheme", "error")]
    assert (report.steps, deployment.requests) == ((), [])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("apps.example.com/manifest.plist", "Write 'https://apps.example.com/manifest.plist'."),
        ("apps.example.com", "Write 'https://apps.example.com'."),
        ("apps.example.com:8443/install?x=1", "Write 'https://apps.example.com:8443/install?x=1'."),
        ("  example.co.uk/x ", "Write 'https://example.co.uk/x'."),
        ("//apps.example.com/install", "Write 'https://apps.example.com/install'."),
        ("10.0.0.1/manifest.plist", "Write 'https://10.0.0.1/manifest.plist'."),
        ("intranet:8443/manifest.plist", "Write 'https://intranet:8443/manifest.plist'."),
        ("manifest.plist", "is the name of a file"),
        ("dist/manifest.plist", "is the name of a file"),
        ("./out/index.html", "is the name of a file"),
        ("../a.plist", "is the name of a file"),
        ("/srv/apps/manifest", "is the name of a file"),
        ("~/manifest.plist", "is the name of a file"),
        (r"C:\apps\manifest.plist", "is the name of a file"),
        ("MyApp.ipa", "is the name of a file"),
        ("manifest", "is not a valid install link"),
        ("not a link at all", "is not a valid install link"),
    ],
)
def test_what_is_typed_in_place_of_an_address(target: str, words: str) -> None:
    deployment = Deployment.healthy()
    report = run(deployment, target)
    assert codes(report) == [("link", "not-a-link", "error")]
    assert words in report.problems[0].message
    command = "use ipa." if target.endswith(".ipa") else "use inspect."
    assert (command in report.problems[0].message) is ("install link" not in words)
    assert deployment.requests == []


def test_a_file_as_an_address() -> None:
    report = run(Deployment.healthy(), "file:///srv/apps/manifest.plist")
    assert codes(report) == [("manifest", "not-https", "error")]
    assert report.problems[0].message.endswith("use inspect.")


def test_secrets_in_what_is_typed_are_hidden() -> None:
    for target in ("apps.example.com/m?token=hunter2hunter2", wrapped(f"{MANIFEST_URL}?token=hunter2hunter2")):
        report = run(Deployment.healthy(), target)
        assert "hunter2" not in str(report) + repr(report) + json.dumps(report.to_dict())


# Who the requests say they are


def test_the_documentation_says_what_a_device_calls_itself() -> None:
    page = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
    assert f"--user-agent '{AS_DEVICE}' " in page.read_text("utf-8")


def test_requests_call_themselves_what_a_device_does() -> None:
    names = set[str]()
    deployment = Deployment.healthy()

    def fetch(method: str, url: str, headers: Any, timeout: float, max_bytes: int, /) -> Any:
        names.add(headers["User-Agent"])
        return deployment.fetch(method, url, headers, timeout, max_bytes)

    assert check(MANIFEST_URL, fetch=fetch, now=NOW, as_device=True).ok
    (name,) = names
    assert name == AS_DEVICE
    with pytest.raises(ValueError, match="as_device"):
        check(MANIFEST_URL, fetch=fetch, as_device=True, user_agent="x")
    with pytest.raises(ValueError, match="max_bytes"):
        check(MANIFEST_URL, fetch=fetch, max_bytes=0)


# What a server says of itself


def challenged(**headers: str) -> Deployment:
    deployment = Deployment.healthy()
    deployment.special[IPA] = says(403, b"<html>Just a moment", **headers)
    return deployment


def test_a_question_to_browsers_is_told_apart() -> None:
    place = "items[0].assets[0].url"
    report = run(challenged(cf_mitigated="challenge"))
    assert codes(report) == [(place, "bot-challenge", "error")]
    assert "com.apple.appstored" in report.problems[0].message
    assert "TLS" in report.problems[0].message
    assert codes(run(challenged())) == [(place, "http-status", "error")]
    deployment = Deployment.healthy()
    deployment.special["/manifest.plist"] = says(202, b"", x_amzn_waf_action="challenge")
    assert codes(run(deployment)) == [("manifest", "bot-challenge", "error")]
    deployment.special["/manifest.plist"] = says(403, b"error code: 1010")
    assert codes(run(deployment)) == [("manifest", "bot-challenge", "error")]
    deployment.special["/manifest.plist"] = says(200, b"<html>Wait</html>", cf_mitigated="challenge")
    assert codes(run(deployment)) == [("manifest", "bot-challenge", "error")]
    deployment = Deployment.healthy()
    deployment.special["/icon-57.png"] = says(403, b"px-captcha")
    assert codes(run(deployment)) == [("items[0].assets[1].url", "bot-challenge", "warning")]


def test_whether_a_device_passes_a_guard_is_not_known() -> None:
    deployment = Deployment.healthy()
    plist = deployment.files["/manifest.plist"][1]
    unasked = run(deployment).not_looked_at
    assert len(unasked) == 3
    assert unasked[1].endswith(" were not compared. Compare them with verify_hashes (--verify-hashes).")
    deployment.special["/manifest.plist"] = says(200, plist, content_type="application/xml", server="Cloudflare")
    report = run(deployment)
    assert report.problems == ()
    assert report.not_looked_at[3].startswith("Whether Cloudflare lets devices through is not known.")
    assert report.not_looked_at[3] in str(report)


def test_what_was_asked_for_is_not_among_what_was_not() -> None:
    deployment = Deployment.healthy()
    assert len(run(deployment, udid=DEVICES[0]).not_looked_at) == 2
    assert len(run(deployment, device="iPhone14,5").not_looked_at) == 2
    assert len(run(deployment, verify_hashes=True).not_looked_at) == 2
    report = run(deployment)
    assert str(report).splitlines()[-4:] == ["Not looked at:", *(f"  - {text}" for text in report.not_looked_at)]
    assert "Not looked at: The hashes" in report._repr_html_()
    assert report.to_dict()["not_looked_at"] == list(report.not_looked_at)
