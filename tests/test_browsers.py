"""Who sent a User-Agent: families of strings, percentages over real ones, and the work it takes."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from itms_ota import browsers
from itms_ota._user_agents import APPS, BROWSERS, DOWNLOADERS, SERVICES
from itms_ota.browsers import Browser, identify

if TYPE_CHECKING:
    from pathlib import Path

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPOD = "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS_PHONE = "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; rv:11.0; IEMobile/11.0)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"

IN_APP = [
    ("Facebook", "[FBAN/FBIOS;FBAV/600.1.0.1.1;FBDV/iPhone18,1;FBSN/iOS;FBCR/Swisscom;FBLC/fr_CH]"),
    ("Facebook", "[FBAN/GroupsForiOS;FBAV/300.0;FBDV/iPad7,3]"),
    ("Facebook", "MetaIAB Facebook"),
    ("Messenger", "LightSpeed [FBAN/MessengerLiteForiOS;FBAV/700.0.0.1]"),
    ("WhatsApp Business", "[FBAN/WhatsAppSMBIPhone]"),
    ("WhatsApp", "[WAiOS/2.30.1]"),
    ("an app", "[FBAB/com.example.puzzle]"),
    ("Instagram", "Instagram 500.0.0.1.2 (iPhone18,1; iOS 17_4; de_CH; de; scale=3.00; 1170x2532; 1)"),
    ("Threads", "Barcelona 500.0.0.1 (iPhone18,1; iOS 17_4)"),
    ("LinkedIn", "[LinkedInApp]/10.1.1"),
    ("Twitter (X)", "Twitter for iPhone/12.0"),
    ("TikTok", "musical_ly_50.1.0"),
    ("TikTok", "trill_51.0.0 BytedanceWebview/1 JsSdk/2.0"),
    ("Douyin", "aweme_40.1.0 JsSdk/2.0 NetType/5G"),
    ("a ByteDance app", "Cici_3.0.0 JsSdk/2.0 NetType/WIFI"),
    ("Snapchat", "Snapchat/14.0.0.1 (like Safari/8617.2, panda)"),
    ("Pinterest", "[Pinterest/iOS]"),
    ("Reddit", "Reddit/Version 2027.1.0/Build 1/iOS Version 17.4"),
    ("Quora", "Quora 9.1.0 rv:3000"),
    ("Slack", "com.tinyspeck.chatlyio/26.1.10 (iPhone; iOS 17.4; Scale/3.00)"),
    ("Microsoft Teams", "TeamsMobile-iOS"),
    ("Outlook", "Outlook-iOS/5.1.0"),
    ("Microsoft Copilot", "CopilotSapphire/2.0.1"),
    ("the Google app", "GSA/400.0.1"),
    ("Google News", "GNews iOS/6.1"),
    ("WeChat", "MicroMessenger/9.0.1(0x18003) NetType/5G Language/zh_CN"),
    ("WeCom", "wxwork/5.0.1 MicroMessenger/8.0.1 Language/zh"),
    ("QQ", "QQ/10.0.1.600 V1_IPH_SQ_10.0.1_1_APP_A Core/WKWebView QBWebViewType/1"),
    ("TIM", "QQ/110.1 TIM/4.0.1 V1_IPH_SQ_9 Core/WKWebView"),
    ("Weibo", "Weibo (iPhone18,1__weibo__16.1.1__iphone__os17.4)"),
    ("Weibo", "WeiboIntliOS_iPhone_7001"),
    ("DingTalk", "AliApp(DingTalk/8.0.1) com.laiwang.DingTalk/1 Channel/201200"),
    ("Alipay", "AliApp(AP/11.0.1) AlipayClient/11.0.1 Alipay Language/en"),
    ("Taobao", "AliApp(TB/11.0.1) WindVane/9.0.0 1170x2532 WK"),
    ("an Alibaba app", "AliApp(XX/1.0) WindVane/9.0.0"),
    ("Lark", "Lark/8.1.1 LarkLocale/de_CH ChannelName/Lark"),
    ("Feishu", "Feishu/8.1.1"),
    ("Kuaishou", "Kwai/14.0.1 ISLP/0 Yoda/4.0.0"),
    ("Baidu", "SP-engine/4.0 flyflow/7.0 info baiduboxapp/16.1.0 (Baidu; P2 17.4)"),
    ("Xiaohongshu", "XHSDiscover/9.1 NetType/WiFi"),
    ("LINE", "Safari Line/15.1.0"),
    ("LINE", "Line/15.1.0 LIFF"),
    ("KakaoTalk", "KAKAOTALK 12.0.1"),
    ("KakaoTalk", "KAKAOTALK/12.0.1 (INAPP)"),
    ("NAVER", "NAVER(inapp; search; 3000; 14.1.1; 17)"),
    ("Daum", "DaumApps/9.0.1 DaumDevice/mobile"),
    ("Zalo", "Zalo iOS/600 ZaloTheme/dark ZaloLanguage/vi"),
    ("Viber", "Viber/30.1"),
    ("Yandex", "YaBrowser/30.1.1 YaApp_iOS/3001.1 YaApp_iOS_Browser/3001.1 SA/3"),
    ("Yahoo! Japan", "YJApp-IOS jp.co.yahoo.ipn.appli/5.1.0"),
    ("SMZDM", "smzdm 12.1 rv:150 (iPhone 17; iOS 17.4)/iphone_smzdmapp/12.1/wkwebview"),
    ("Clipbox+", "/Clipbox+/3.1.1"),
    # No rule names these; their form tells.
    ("an app", "DemoApp/1.0"),
    ("an app", "com.example.shop/3.1"),
    ("an app", "KPN_Veilig 25.1.300001"),
    ("an app", "Acme for iPhone"),
    ("an app", "WKWebView/1"),
]

REAL_BROWSERS = [
    ("Chrome", "CriOS/160.0.1 Mobile/15E148 Safari/604.1"),
    ("Firefox", "FxiOS/150.1 Mobile/15E148 Safari/605.1.15"),
    ("Firefox Focus", "Focus/9.1 Mobile/15E148"),
    ("Edge", "Version/17.0 EdgiOS/150.0.1 Mobile/15E148 Safari/604.1"),
    ("Opera Mini", "OPiOS/20.0.0.1 Mobile/15E148 Safari/9537.53"),
    ("Opera", "OPT/6 Mobile/15E148"),
    ("Opera GX", "Mobile/15E148 OPX/3.1"),
    ("DuckDuckGo", "Mobile/15E148 Ddg/9.1.0"),
    ("Brave", "Version/17.4 Mobile/15E148 Safari/604.1 Brave"),
    ("Vivaldi", "CriOS/160.0.1 Mobile/15E148 Safari/604.1 VivaiOS/8.0"),
    ("Ecosia", "(Ecosia ios@12.0.1)"),
    ("Aloha", "Mobile/15E148 Version/17.4 Safari/605.1.15 AlohaBrowser/8.1"),
    ("Puffin", "Mobile/21G93 Safari/604.1 Puffin/10.1LP"),
    ("Whale", "Whale/3.1 Mobile/15E148 Safari/604.5.6"),
    ("Yandex Browser", "Version/17.4 YaBrowser/30.1.1 SA/3 Mobile/15E148 Safari/604.1"),
    ("UC Browser", "Mobile/13E238 UCBrowser/14.0.1 Mobile"),
    ("Quark", "Mobile/20A362 Quark/8.1 Mobile"),
    ("QQ Browser", "Version/17.0 MQQBrowser/16.1 Mobile/15E148 Safari/604.1 QBWebViewType/1 WKType/1"),
    ("Baidu Browser", "FlyFlow/7.1 Version/5.0.2 Mobile/8H7 Safari/6533.18.5"),
    ("360 Browser", "Mobile/16G102 QHBrowser/400 QihooBrowser/6.1"),
    ("Sogou Browser", "Mobile/15E148 SogouMobileBrowser/7.1"),
    ("Maxthon", "Version/10.0 Mobile/15E148 Safari/602.1 MXiOS/7.1"),
    ("Ghostery", "Version/13.0.4 Mobile/15E148 Safari/605.1.15 Ghostery Private Browser"),
    ("Avast Secure Browser", "AvastSecureBrowser/9.1 Mobile/15E148"),
]


@pytest.mark.parametrize(("name", "token"), IN_APP)
@pytest.mark.parametrize("start", [f"{IPHONE} Mobile/15E148", f"{IPAD} Version/16.1 Mobile/15E148 Safari/604.1"])
def test_in_app_browsers_are_told_with_safari_token_and_without(start: str, name: str, token: str) -> None:
    browser = identify(f"{start} {token}")
    assert (browser.name, browser.platform, browser.in_app) == (name, "iOS", True)
    assert browser.can_install is not True
    assert "Safari" in browser.advice


@pytest.mark.parametrize(("name", "rest"), REAL_BROWSERS)
def test_real_browsers_are_no_in_app_views(name: str, rest: str) -> None:
    advice = "Tap the install link; where nothing happens, open this page in Safari itself."
    assert identify(f"{IPHONE} {rest}") == Browser(name, "iOS", in_app=False, can_install=True, advice=advice)


@pytest.mark.parametrize(
    "user_agent",
    [
        f"{IPHONE} Version/26.2 Mobile/15E148 Safari/604.1",
        f"{IPAD} Version/26.2 Mobile/15E148 Safari/604.1",
        f"{IPOD} Version/12.0 Mobile/15A372 Safari/604.1",
    ],
)
def test_safari(user_agent: str) -> None:
    browser = identify(user_agent)
    assert (browser.name, browser.platform, browser.in_app, browser.can_install) == ("Safari", "iOS", False, True)


def test_unnamed_browsers_and_views_are_not_guessed_at() -> None:
    view = identify(f"{IPHONE} Mobile/15E148")
    assert (view.name, view.in_app, view.can_install) == ("an app", True, None)
    assert view.advice.startswith("An app shows this page inside itself")
    for rest in ("Mobile/15E148 AcmeBrowser/1.0", "Version/17.4 Mobile/15E148 Safari/604.1 Acme/1.0"):
        browser = identify(f"{IPHONE} {rest}")
        assert (browser.name, browser.platform, browser.in_app) == ("a browser", "iOS", False)
        assert browser.can_install is None


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (f"{MAC} Version/26.0 Safari/605.1.15", ("Safari", "macOS", False, None)),
        (f"{MAC} Chrome/150.0.0.0 Safari/537.36", ("Chrome", "macOS", False, None)),
        (f"{MAC} Version/26.3 Safari/605.1.15 Ddg/26.3", ("DuckDuckGo", "macOS", False, None)),
        (f"{MAC} Chrome/150.0 Safari/537.36 MicroMessenger/7.0 MacWechat/4.0", ("WeChat", "macOS", True, False)),
        (f"{MAC} CriOS/150 Version/11.1.1 Safari/605.1.15", ("Chrome", "iOS", False, True)),
        (f"{MAC} FxiOS/150.0 Safari/605.1.15", ("Firefox", "iOS", False, True)),
        (f"{ANDROID} Chrome/150.0.0.0 Mobile Safari/537.36", ("Chrome", "Android", False, False)),
        (
            f"{ANDROID} Version/4.0 Chrome/150.0 Mobile Safari/537.36 Instagram 500.0",
            ("Instagram", "Android", True, False),
        ),
        (ANDROID.replace("Pixel 9", "Pixel 9; wv") + " Chrome/150.0", ("an app", "Android", True, False)),
        ("Mozilla/5.0 (Linux; U; Android 11; Note;iPhone:) UCBrowser/13.3", ("UC Browser", "Android", False, False)),
        ("Mozilla/5.0 (Linux; Android 12; HiPad) Chrome/110.0 Safari/537.36", ("Chrome", "Android", False, False)),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0", ("Firefox", "Windows", False, False)),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", ("a browser", "Windows", False, False)),
        (
            f"{WINDOWS_PHONE} like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537",
            ("a browser", "Windows", False, False),
        ),
        ("Mozilla/5.0 (osmeta like iPhone) [FBAN/MessengerForWinPhone]", ("Messenger", "Windows", True, False)),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux", False, False)),
        ("Mozilla/5.0 (X11; Linux x86_64) [FBAN/FBIOS;FBDV/iPhone6,2]", ("Facebook", "iOS", True, False)),
        ("Mozilla/5.0 (New Nintendo 3DS like iPhone) NintendoBrowser/1.10", ("a browser", "other", False, None)),
        ("Mozilla/5.0 (AppleTV11,1; CPU OS 11.1 like Mac OS X; en-US)", ("a browser", "other", False, None)),
        (f"{IPHONE} Version/17.4 Safari/604.1 (compatible; Examplebot/2.1)", ("a robot", "other", False, False)),
        (f"{IPHONE} Safari/604.1 (Example; +https://example.com/why)", ("a robot", "other", False, False)),
        ("com.apple.appstored/1.0 iOS/26.1 model/iPhone17,1 build/23B85", ("appstored", "iOS", False, None)),
        ("itunesstored/1.0 iOS/11.0.3 model/iPhone9,1", ("itunesstored", "iOS", False, None)),
        ("Instagram 5.0.2 (iPhone5,1; iPhone OS 7_0_4)", ("Instagram", "iOS", False, False)),
        ("Acme/3.1 (iPad; iOS 14.4; Scale/2.00)", ("an app", "iOS", False, False)),
        ("Acme/3.3 CFNetwork/1568 Darwin/24.1.0", ("a browser", "other", False, None)),
        (f"{IPHONE} Outlook-iOS-Android/1.0 Safari/601.1", ("Outlook's mail service", "other", False, False)),
        ("", ("a browser", "other", False, None)),
    ],
)
def test_other_systems_and_programs(user_agent: str, expected: tuple[str, str, bool, bool | None]) -> None:
    browser = identify(user_agent)
    assert (browser.name, browser.platform, browser.in_app, browser.can_install) == expected


def test_a_carrier_is_no_robot() -> None:
    assert identify(f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBCR/OrangeBotswana]").name == "Facebook"


def test_the_downloader_is_answered_without_a_login() -> None:
    advice = identify("com.apple.appstored/1.0 iOS/26.1 model/iPhone17,1").advice
    assert advice == "This is the device's own downloader: answer it without a login, or nothing installs."


@pytest.mark.parametrize("rules", [DOWNLOADERS, SERVICES, APPS, BROWSERS])
def test_rules_can_match_and_stand_once(rules: tuple[Any, ...]) -> None:
    words = [rule.word for rule in rules]
    assert [word for word, count in Counter(words).items() if count > 1] == []
    for rule in rules:
        assert browsers._words(rule.word) == {rule.word}
        assert rule.name
        assert rule.source


def test_no_text_of_the_user_agent_comes_back() -> None:
    browser = identify(f"{IPHONE} Version/17.4 Safari/604.1 <b>Evil/1 [Evil/1] Evil")
    assert "evil" not in f"{browser.name}{browser.advice}".lower()


HOSTILE = [
    "(",
    ")(",
    "[",
    "a",
    "a/",
    "/",
    " ",
    "_1",
    "_",
    ".",
    "1.",
    "+http",
    "bot",
    "iOS/",
    "com.",
    "\ud800",
    "İ",
    "\n",
]


def count_events(user_agent: str) -> int:
    """Count the calls, of Python functions and of C ones, that it takes to judge a User-Agent."""
    events = 0

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal events
        events += 1

    sys.setprofile(count)
    try:
        identify(user_agent)
    finally:
        sys.setprofile(None)
    return events


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_the_text(piece: str) -> None:
    counts = [count_events((piece * length)[:length]) for length in (1024, 2048, 4096)]
    assert counts[1] <= 2 * counts[0]
    assert counts[2] <= 2 * counts[1]
    mebibyte = (piece * 2**20)[: 2**20]
    assert count_events(mebibyte + mebibyte) == count_events(mebibyte) <= counts[2]


def test_only_the_beginning_is_read() -> None:
    class Watched(str):
        __slots__ = ("slices",)
        slices: list[object]

        def __getitem__(self, key: Any) -> str:
            self.slices.append(key)
            return str(super().__getitem__(key))

        def __getattribute__(self, name: str) -> Any:
            assert name in ("slices", "__class__"), f"the whole text was read by {name}"
            return super().__getattribute__(name)

    watched = Watched("a" * 2**20)
    watched.slices = []
    identify(watched)
    assert watched.slices == [slice(None, 4096, None)]


def test_real_strings(known_corpus: Path) -> None:
    with (known_corpus / "user_agents.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found: dict[str, list[Browser]] = {}
    for row in rows:
        found.setdefault(row["kind"], []).append(identify(row["user_agent"]))

    in_app = found["in-app"]
    assert sum(browser.in_app for browser in in_app) >= 0.98 * len(in_app)
    assert {browser.platform for browser in in_app} == {"iOS"}

    assert {(browser.name, browser.in_app) for browser in found["safari"]} <= {("Safari", False), ("Chrome", False)}
    assert sum(browser.in_app for browser in found["browser"]) <= 0.01 * len(found["browser"])
    assert {browser.name for browser in found["installer"]} == {"appstored", "itunesstored"}
    assert not any(browser.in_app for browser in found["not-a-browser"])

    # One string under "bot" is a person's: the carrier is Orange in Botswana.
    called_ios = [
        row["user_agent"] for row in rows if row["kind"] == "not-ios" and identify(row["user_agent"]).platform == "iOS"
    ]
    assert all("FBCR/OrangeBotswana" in user_agent for user_agent in called_ios)


def test_a_client_without_a_user_agent_is_unknown() -> None:
    browser = identify(None)
    assert browser == identify("")
    assert (browser.name, browser.platform, browser.in_app, browser.can_install) == ("a browser", "other", False, None)
