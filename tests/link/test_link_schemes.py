"""Addresses that are taken for install links, each with a sentence of its own."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from itms_ota import InstallLink, LinkError, find_links, inspect_link
from itms_ota._hosting import wrapped
from itms_ota.link._schemes import _PAGES, _SCHEMES, explain, link_in

URL = "https://a.example/m.plist"
LINK = str(InstallLink(URL))
OTHER = [("", "other-scheme", "error")]


def levels(text: str) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.code, problem.level) for problem in inspect_link(text).problems]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("itms-apps://itunes.apple.com/app/id1", "the App Store"),
        ("ITMS-APPSS://apps.apple.com/app/id1", "the App Store"),
        ("itms://itunes.apple.com/app/id1", "iTunes Store"),
        ("itmss://itunes.apple.com/app/id1", "iTunes Store"),
        ("itms-beta://beta.itunes.apple.com/v1/app/1", "TestFlight"),
        ("altstore://install?url=https://a.example/A.ipa", "AltStore"),
        ("sidestore://source?url=https://a.example/s.json", "SideStore"),
        ("apple-magnifier://install?url=https://a.example/A.ipa", "TrollStore"),
        ("feather://source/https://a.example/s.json", "Feather"),
        ("esign://addsource?url=https://a.example/s.json", "ESign"),
        ("scarlet://install=https://a.example/A.ipa", "Scarlet"),
        ("marketplace-kit://install?alternativeDistributionPackage=https://a.example/p", "European Union and Japan"),
        ("https://apps.apple.com/us/app/x/id1", "the App Store"),
        ("http://itunes.apple.com/app/id1", "the App Store"),
        ("https://appsto.re/x", "the App Store"),
        ("https://testflight.apple.com/join/ABCDEFGH", "TestFlight"),
        ("https://appclip.apple.com/id?p=com.example.Clip", "App Clips have codes and links of their own"),
        ("https://a.example/A.ipa", "the app's address"),
        ("http://a.example/A.IPA?x=1", "the app's address"),
    ],
)
def test_another_kind_of_address_is_named(text: str, says: str) -> None:
    report = inspect_link(text)
    assert levels(text) == OTHER
    assert (report.link, report.device_url, report.text) == (None, None, text)
    assert says in report.problems[0].message
    with pytest.raises(LinkError) as caught:
        InstallLink.from_url(text)
    assert caught.value.problems == report.problems
    assert find_links(f"see {text} now") == ()


@pytest.mark.parametrize(
    "text",
    [
        *("https://a.example/", "https://apps.apple.com.a.example/", "itms-app://x", "mailto:x", "m.plist", "/m.plist"),
        *("http://h\udc89.example/m.plist", "https://a.example/\ud800.plist"),
        *("ftp://a.example/m.plist", "https:///m.plist", "https://a.example/m.plist.html", "altstore", "A.ipa"),
    ],
)
def test_what_is_no_known_address_is_not_a_link(text: str) -> None:
    assert levels(text) == [("", "not-a-link", "error")]
    assert (explain(text), link_in(text)) == ("", "")


def test_the_token_of_a_marketplace_is_not_shown() -> None:
    text = "marketplace-kit://install?account=me&installVerificationToken=hunter2&alternativeDistributionPackage=x"
    report = inspect_link(text)
    assert "hunter2" not in f"{report}{report!r}{report._repr_html_()}"
    assert "installVerificationToken=…" in report.problems[0].message


@pytest.mark.parametrize("url", [URL, "https://a.example/My App.plist", "HTTPS://A.Example/m.PLIST?a=1&b=2"])
def test_the_address_of_a_manifest_gives_the_link_to_it(url: str) -> None:
    report = inspect_link(url)
    assert levels(url) == OTHER
    assert (report.link, report.device_url) == (InstallLink(url), None)
    assert f"The link to it is '{InstallLink(url)}'." in report.problems[0].message


def test_the_address_of_a_manifest_is_judged_as_in_a_link() -> None:
    assert levels("http://a.example/m.plist") == [*OTHER, ("url", "not-https", "error")]
    assert "An install link needs https." in inspect_link("http://a.example/m.plist").problems[0].message
    assert inspect_link("http://a.example/m.plist").link is None
    assert levels("https://localhost/m.plist") == [*OTHER, ("url", "loopback-host", "error")]
    assert levels("https://u:p@a.example/m.plist") == [*OTHER, ("url", "credentials", "warning")]
    assert levels(f" {URL}\n") == [("", "whitespace", "warning"), *OTHER]


SAFE_LINKS = "https://eur01.safelinks.protection.outlook.com/?url="
QUOTED = quote(LINK, safe="")
# Proofpoint, v2: "-" for "%", "_" for "/".
PROOFPOINT_2 = "".join(f"-{ord(letter):02X}" if letter in "-%:?=&" else letter for letter in LINK).replace("/", "_")
LEFT_OUT = base64.urlsafe_b64encode(b"%%%%").decode()


@pytest.mark.parametrize(
    ("text", "service"),
    [
        (f"{SAFE_LINKS}{QUOTED}&data=05%7C01&reserved=0", "Safe Links of Microsoft Defender"),
        (f"{SAFE_LINKS}{QUOTED}&amp;data=05%7C01", "Safe Links of Microsoft Defender"),
        (f"https://urldefense.proofpoint.com/v1/url?u={QUOTED}&k=x", "Proofpoint"),
        (f"https://urldefense.proofpoint.com/v2/url?u={PROOFPOINT_2}&d=x&c=y", "Proofpoint"),
        (f"https://urldefense.com/v3/__{LINK}__;!!abc$", "Proofpoint"),
        (f"https://urldefense.com/v3/__{LINK.replace('%', '*')}__;{LEFT_OUT}!!abc$", "Proofpoint"),
        (f"https://urldefense.us/v3/__{LINK}__;!!abc$", "Proofpoint"),
        (
            f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={QUOTED}&locale=en",
            "Safe Links of Microsoft Defender, in Teams",
        ),
        (f"https://clicktime.symantec.com/15?h=x=&amp;u={QUOTED}", "Symantec"),
        (f"https://linkprotect.cudasvc.com/url?a={QUOTED}&c=E,1", "Barracuda"),
        (f"https://clicktime.symantec.com/3x?u={QUOTED}", "Symantec"),
        (f"https://protect2.fireeye.com/v1/url?k=1&u={QUOTED}", "Trellix"),
        (f"https://a.trendmicro.com/wis/clicktime/v1/query?url={QUOTED}", "Trend Micro"),
        (f"https://eu-west-1.protection.sophos.com/?d=x&u={base64.b64encode(LINK.encode()).decode()}", "Sophos"),
        (f"https://secure-web.cisco.com/1abc/{QUOTED}", "Cisco"),
    ],
)
def test_a_link_of_a_mail_scanner_gives_the_one_that_it_wraps(text: str, service: str) -> None:
    assert wrapped(text) == (service, LINK)
    report = inspect_link(text)
    assert levels(text) == OTHER
    assert (report.link, report.device_url, report.text) == (InstallLink(URL), None, text)
    assert f"({service}) and wraps " in report.problems[0].message
    assert "may be why nothing happens" in report.problems[0].message


@pytest.mark.parametrize(
    "text",
    [
        "https://protect-us.mimecast.com/s/abc?domain=a.example",
        "https://url.us.m.mimecastprotect.com/s/abc",
        "https://secure-web.cisco.com/1abc",
        "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html",
        "https://urldefense.com/v3/__https:**Aa.example__;Ly8v!!abc$",
        "https://eu-west-1.protection.sophos.com/?d=x&u=%C3%BC",
        "https://eu-west-1.protection.sophos.com/?d=x&u=_w",
        SAFE_LINKS,
    ],
)
def test_what_a_scanner_hides_is_not_made_up(text: str) -> None:
    found = wrapped(text)
    assert found is not None
    assert found.inner == ""
    assert levels(text) == OTHER
    assert "hides the link that it wraps" in inspect_link(text).problems[0].message


def test_what_a_scanner_wraps_is_judged_too() -> None:
    assert levels(SAFE_LINKS + quote(LINK.replace("https", "http"))) == [*OTHER, ("url", "not-https", "error")]
    assert inspect_link(SAFE_LINKS + quote(URL)).link == InstallLink(URL)
    assert levels(SAFE_LINKS + quote("https://a.example/")) == OTHER
    # No deeper than one scanner; what is within it is quoted.
    twice = SAFE_LINKS + quote(SAFE_LINKS + QUOTED)
    assert (levels(twice), inspect_link(twice).link) == (OTHER, None)


@pytest.mark.parametrize(
    "text",
    [
        "https://safelinks.protection.outlook.com.a.example/?url=" + QUOTED,
        "https://afireeye.com/?u=" + QUOTED,
        "https://www.mimecast.com/products/",
        "ftp://urldefense.com/v3/__x__;!!",
        SAFE_LINKS + "x" * 70_000,
    ],
)
def test_other_hosts_wrap_nothing(text: str) -> None:
    assert wrapped(text) is None


def test_within_a_text_the_link_is_found_that_a_scanner_wraps() -> None:
    text = f"tap {SAFE_LINKS}{QUOTED}&data=05"
    (report,) = find_links(text)
    assert (report.text, report.link) == (QUOTED, InstallLink(URL))
    assert inspect_link(text) == report


def test_the_documentation_has_every_address_that_is_known() -> None:
    text = (Path(__file__).parents[2] / "docs" / "link.md").read_text("utf-8")
    table = text.partition("## Addresses that are not install links\n")[2].partition("\n## ")[0]
    assert {f"`{scheme}:`" for scheme in _SCHEMES} | {f"`{host}`" for host in _PAGES} <= {*re.findall("`[^`]+`", table)}
