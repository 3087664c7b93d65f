"""Which browser or app sent a User-Agent, and whether an install link can open there.

A User-Agent is a claim, never a proof. Telegram and SFSafariViewController send Safari's, iPads
that ask for desktop sites send a Mac's. So use the answer to warn, never to hide the link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .errors import check_type

Platform = Literal["iOS", "macOS", "Android", "Windows", "Linux", "other"]
"""`"iOS"` is iPhone, iPad and iPod. `"macOS"` may be an iPad that asks for desktop sites.
`"other"` is everything that cannot be told, robots included."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What a User-Agent says about the program that sent it.

    `name` is the browser's or app's own name, or a description such as ``"an app"`` where it does not
    tell; it never holds text of the User-Agent. `in_app` is True for a page shown inside an
    app that is no browser. `can_install` says whether an install link can open there: None means
    that it cannot be told. `advice` is one English sentence for the person at the device.
    """

    name: str
    platform: Platform
    in_app: bool
    can_install: bool | None
    advice: str


class _Rule(NamedTuple):
    word: str
    """In lower case. With a slash at its end it is a product ("line/"), without one any word."""
    name: str
    source: str


_SEEN = "seen in the wild"
_APPLE = "iOS device and server logs"
_CHROMIUM = "Chromium, docs/ios/user_agent.md"
_MOZILLA = "MDN, Firefox user agent string reference"
_MICROSOFT = "Microsoft, user-agent guidance for Edge"
_DUCKDUCKGO = "DuckDuckGo's published source for iOS and macOS"
_BRAVE = "Brave's published source for iOS"

# In each table the more specific word stands first: WeCom says MicroMessenger too, Yandex's search
# app says YaBrowser, and Baidu's says FlyFlow, which was the name of its browser.
_DOWNLOADERS = (
    _Rule("com.apple.appstored/", "appstored", _APPLE),
    _Rule("itunesstored/", "itunesstored", _APPLE),
)

_SERVICES = (
    # Outlook's cloud fetches mail for both systems; no page is shown to anyone.
    _Rule("outlook-ios-android/", "Outlook's mail service", "Microsoft, Exchange ActiveSync for Outlook mobile"),
    _Rule("facebookexternalhit/", "Facebook's link preview", "Meta, web crawlers"),
    _Rule("meta-externalagent/", "Meta's crawler", "Meta, web crawlers"),
    _Rule("chrome-lighthouse", "Lighthouse", _SEEN),
)

_APPS = (
    _Rule("whatsappsmbiphone", "WhatsApp Business", _SEEN),
    _Rule("messengerforios", "Messenger", _SEEN),
    _Rule("messengerliteforios", "Messenger", _SEEN),
    _Rule("messengerforwinphone", "Messenger", _SEEN),
    _Rule("orca-android", "Messenger", _SEEN),
    _Rule("fban/", "Facebook", _SEEN),
    _Rule("fbav/", "Facebook", _SEEN),
    _Rule("fb_iab/", "Facebook", _SEEN),
    _Rule("fbab/", "an app", _SEEN),
    _Rule("metaiab", "Facebook", _SEEN),
    _Rule("instagram", "Instagram", _SEEN),
    _Rule("instagram/", "Instagram", _SEEN),
    _Rule("barcelona", "Threads", _SEEN),
    _Rule("waios/", "WhatsApp", _SEEN),
    _Rule("whatsapp/", "WhatsApp", _SEEN),
    _Rule("snapchat", "Snapchat", _SEEN),
    _Rule("snapchat/", "Snapchat", _SEEN),
    _Rule("twitter", "Twitter (X)", _SEEN),
    _Rule("twitterandroid", "Twitter (X)", _SEEN),
    _Rule("linkedinapp", "LinkedIn", _SEEN),
    _Rule("pinterest", "Pinterest", _SEEN),
    _Rule("pinterest/", "Pinterest", _SEEN),
    _Rule("reddit/", "Reddit", _SEEN),
    _Rule("tumblr/", "Tumblr", _SEEN),
    _Rule("quora", "Quora", _SEEN),
    _Rule("flipboard/", "Flipboard", _SEEN),
    _Rule("discord/", "Discord", _SEEN),
    _Rule("slack/", "Slack", _SEEN),
    _Rule("slack_ssb/", "Slack", _SEEN),
    _Rule("com.tinyspeck.chatlyio/", "Slack", _SEEN),
    _Rule("teamsmobile-ios", "Microsoft Teams", _SEEN),
    _Rule("teamsmobile-android", "Microsoft Teams", _SEEN),
    _Rule("teams/", "Microsoft Teams", _SEEN),
    _Rule("outlook-ios/", "Outlook", _SEEN),
    _Rule("outlookmobile", "Outlook", _SEEN),
    _Rule("bingweb", "Microsoft Bing", _SEEN),
    _Rule("bingweb/", "Microsoft Bing", _SEEN),
    _Rule("bingipadclient", "Microsoft Bing", _SEEN),
    _Rule("bingsapphire/", "Microsoft Bing", _SEEN),
    _Rule("sapphire/", "Microsoft Bing", _SEEN),
    _Rule("newssapphire/", "Microsoft Start", _SEEN),
    _Rule("copilotsapphire/", "Microsoft Copilot", _SEEN),
    _Rule("gsa/", "the Google app", _SEEN),
    _Rule("googleapp/", "the Google app", _SEEN),
    _Rule("googlelens/", "Google Lens", _SEEN),
    _Rule("gnews", "Google News", _SEEN),
    _Rule("gmmclient", "Google Maps", _SEEN),
    _Rule("com.google.googleplus/", "Google+", _SEEN),
    _Rule("com.google.ios.youtube/", "YouTube", _SEEN),
    _Rule("applenews/", "Apple News", _SEEN),
    _Rule("wxwork/", "WeCom", _SEEN),
    _Rule("micromessenger/", "WeChat", _SEEN),
    _Rule("micromessenger", "WeChat", _SEEN),
    _Rule("tim/", "TIM", _SEEN),
    _Rule("tencentdocs/", "Tencent Docs", _SEEN),
    _Rule("qqmusic/", "QQ Music", _SEEN),
    _Rule("qq/", "QQ", _SEEN),
    _Rule("qqtheme/", "QQ", _SEEN),
    _Rule("yuanbao/", "Yuanbao", _SEEN),
    _Rule("weibo", "Weibo", _SEEN),
    _Rule("weibointlios_iphone", "Weibo", _SEEN),
    _Rule("weibointlios_ipad", "Weibo", _SEEN),
    _Rule("dingtalk/", "DingTalk", _SEEN),
    _Rule("com.laiwang.dingtalk/", "DingTalk", _SEEN),
    _Rule("alipayclient/", "Alipay", _SEEN),
    _Rule("alipay", "Alipay", _SEEN),
    _Rule("tb/", "Taobao", _SEEN),
    _Rule("elmc/", "Ele.me", _SEEN),
    _Rule("aliapp", "an Alibaba app", _SEEN),
    _Rule("windvane/", "an Alibaba app", _SEEN),
    _Rule("larklocale/", "Lark", _SEEN),
    _Rule("lark/", "Lark", _SEEN),
    _Rule("feishu/", "Feishu", _SEEN),
    _Rule("musical_ly", "TikTok", _SEEN),
    _Rule("trill", "TikTok", _SEEN),
    _Rule("tiktok", "TikTok", _SEEN),
    _Rule("tiktok/", "TikTok", _SEEN),
    _Rule("aweme", "Douyin", _SEEN),
    _Rule("aweme/", "Douyin", _SEEN),
    _Rule("newsarticle/", "Toutiao", _SEEN),
    _Rule("toutiaomicroapp/", "Toutiao", _SEEN),
    _Rule("topbuzz/", "TopBuzz", _SEEN),
    _Rule("bytedancewebview/", "a ByteDance app", _SEEN),
    _Rule("bytelocale/", "a ByteDance app", _SEEN),
    _Rule("jssdk/", "a ByteDance app", _SEEN),
    _Rule("kwai/", "Kuaishou", _SEEN),
    _Rule("kwai_pro/", "Kwai", _SEEN),
    _Rule("ksnebula/", "Kuaishou", _SEEN),
    _Rule("baiduboxapp/", "Baidu", _SEEN),
    _Rule("tieba/", "Baidu Tieba", _SEEN),
    _Rule("baidumap", "Baidu Maps", _SEEN),
    _Rule("bili-universal/", "Bilibili", _SEEN),
    _Rule("biliapp/", "Bilibili", _SEEN),
    _Rule("xhsdiscover", "Xiaohongshu", _SEEN),
    _Rule("xhsdiscover/", "Xiaohongshu", _SEEN),
    _Rule("zhihuhybrid", "Zhihu", _SEEN),
    _Rule("osee2unifiedrelease", "Zhihu", _SEEN),
    _Rule("csdnapp/", "CSDN", _SEEN),
    _Rule("smzdm", "SMZDM", _SEEN),
    _Rule("jdapp", "JD", _SEEN),
    _Rule("jdmall", "JD", _SEEN),
    _Rule("pinduoduo", "Pinduoduo", _SEEN),
    _Rule("phh_ios_version/", "Pinduoduo", _SEEN),
    _Rule("temu_ios_version/", "Temu", _SEEN),
    _Rule("meituan", "Meituan", _SEEN),
    _Rule("meituangroup/", "Meituan", _SEEN),
    _Rule("com.dianping.v1", "Dianping", _SEEN),
    _Rule("ctripwireless", "Ctrip", _SEEN),
    _Rule("neteasemusic/", "NetEase Music", _SEEN),
    _Rule("newsapp/", "NetEase News", _SEEN),
    _Rule("sohunews/", "Sohu News", _SEEN),
    _Rule("shuqi", "Shuqi", _SEEN),
    _Rule("momowebview/", "Momo", _SEEN),
    _Rule("line/", "LINE", _SEEN),
    _Rule("liff", "LINE", _SEEN),
    _Rule("kakaotalk", "KakaoTalk", _SEEN),
    _Rule("kakaotalk/", "KakaoTalk", _SEEN),
    _Rule("kakaostory/", "KakaoStory", _SEEN),
    _Rule("naver", "NAVER", _SEEN),
    _Rule("band/", "BAND", _SEEN),
    _Rule("daumapps/", "Daum", _SEEN),
    _Rule("nate_app", "Nate", _SEEN),
    _Rule("coupang", "Coupang", _SEEN),
    _Rule("zalo", "Zalo", _SEEN),
    _Rule("zalo/", "Zalo", _SEEN),
    _Rule("viber/", "Viber", _SEEN),
    _Rule("viber", "Viber", _SEEN),
    _Rule("telegram", "Telegram", _SEEN),
    _Rule("telegram-android/", "Telegram", _SEEN),
    _Rule("kik/", "Kik", _SEEN),
    _Rule("skype/", "Skype", _SEEN),
    _Rule("okios/", "OK", _SEEN),
    _Rule("okandroid/", "OK", _SEEN),
    _Rule("vkclient/", "VK", _SEEN),
    _Rule("com.vk.vkclient/", "VK", _SEEN),
    _Rule("vkandroidapp/", "VK", _SEEN),
    _Rule("ru.mail.my/", "My World", _SEEN),
    _Rule("yaapp_ios/", "Yandex", _SEEN),
    _Rule("yaapp_android/", "Yandex", _SEEN),
    _Rule("yasearchapp/", "Yandex", _SEEN),
    _Rule("yazekaapp/", "Yandex", _SEEN),
    _Rule("yjapp-ios", "Yahoo! Japan", _SEEN),
    _Rule("yjapp-android", "Yahoo! Japan", _SEEN),
    _Rule("yahoosearch/", "Yahoo", _SEEN),
    _Rule("yahoomobile/", "Yahoo", _SEEN),
    _Rule("shopee", "Shopee", _SEEN),
    _Rule("shopee/", "Shopee", _SEEN),
    _Rule("lazada", "Lazada", _SEEN),
    _Rule("grab/", "Grab", _SEEN),
    _Rule("gojek/", "Gojek", _SEEN),
    _Rule("tokopedia/", "Tokopedia", _SEEN),
    _Rule("etsyinc/", "Etsy", _SEEN),
    _Rule("klarna/", "Klarna", _SEEN),
    _Rule("xing/", "XING", _SEEN),
    _Rule("nytios/", "The New York Times", _SEEN),
    _Rule("huffpost/", "HuffPost", _SEEN),
    _Rule("newsbreak/", "NewsBreak", _SEEN),
    _Rule("chatgpt/", "ChatGPT", _SEEN),
    _Rule("perplexity", "Perplexity", _SEEN),
    _Rule("metamaskmobile", "MetaMask", _SEEN),
    _Rule("1password/", "1Password", _SEEN),
    _Rule("blackboard/", "Blackboard", _SEEN),
    _Rule("clipbox+/", "Clipbox+", _SEEN),
    _Rule("hisearch/", "HiSearch", _SEEN),
    _Rule("hisearch", "HiSearch", _SEEN),
    _Rule("histhumbnail/", "HisThumbnail", _SEEN),
    _Rule("rddocuments/", "Documents", _SEEN),
    _Rule("searchcraft/", "SearchCraft", _SEEN),
    _Rule("bitwarden_mobile/", "Bitwarden", _SEEN),
    _Rule("topsecret.chat/", "TopSecret Chat", _SEEN),
    _Rule("tracepal/", "TracePal", _SEEN),
    _Rule("tokai/", "an F-Secure app", _SEEN),
)

_BROWSERS = (
    # Browsers on Chromium, Firefox or Brave add their own name to the token of their engine.
    _Rule("vivaios/", "Vivaldi", _SEEN),
    _Rule("edgios/", "Edge", _MICROSOFT),
    _Rule("opios/", "Opera Mini", _SEEN),
    _Rule("opt/", "Opera", _SEEN),
    _Rule("opx/", "Opera GX", _SEEN),
    _Rule("oprgx/", "Opera GX", _SEEN),
    _Rule("opr/", "Opera", _SEEN),
    _Rule("coast/", "Opera Coast", _SEEN),
    _Rule("ddg/", "DuckDuckGo", _DUCKDUCKGO),
    _Rule("duckduckgo/", "DuckDuckGo", _DUCKDUCKGO),
    _Rule("brave", "Brave", _BRAVE),
    _Rule("brave/", "Brave", _BRAVE),
    _Rule("yabrowser/", "Yandex Browser", _SEEN),
    _Rule("ucbrowser/", "UC Browser", _SEEN),
    _Rule("ucweb/", "UC Browser", _SEEN),
    _Rule("quark/", "Quark", _SEEN),
    _Rule("mqqbrowser/", "QQ Browser", _SEEN),
    _Rule("mqbhd/", "QQ Browser", _SEEN),
    _Rule("baidubrowser/", "Baidu Browser", _SEEN),
    _Rule("baiduhd/", "Baidu Browser", _SEEN),
    _Rule("flyflow/", "Baidu Browser", _SEEN),
    _Rule("sogoumobilebrowser/", "Sogou Browser", _SEEN),
    _Rule("sogoumse", "Sogou Browser", _SEEN),
    _Rule("qhbrowser/", "360 Browser", _SEEN),
    _Rule("qihoobrowser/", "360 Browser", _SEEN),
    _Rule("qihoobrowserhd/", "360 Browser", _SEEN),
    _Rule("miuibrowser/", "Mi Browser", _SEEN),
    _Rule("mxios/", "Maxthon", _SEEN),
    _Rule("mxbrowser/", "Maxthon", _SEEN),
    _Rule("maxthon/", "Maxthon", _SEEN),
    _Rule("vivaldi/", "Vivaldi", _SEEN),
    _Rule("ecosia", "Ecosia", _SEEN),
    _Rule("alohabrowser/", "Aloha", _SEEN),
    _Rule("puffin/", "Puffin", _SEEN),
    _Rule("whale/", "Whale", _SEEN),
    _Rule("dolphinhdcn/", "Dolphin", _SEEN),
    _Rule("dolphin/", "Dolphin", _SEEN),
    _Rule("mercury/", "Mercury", _SEEN),
    _Rule("avastsecurebrowser/", "Avast Secure Browser", _SEEN),
    _Rule("avg/", "AVG Browser", _SEEN),
    _Rule("norton/", "Norton Private Browser", _SEEN),
    _Rule("ghostery", "Ghostery", _SEEN),
    _Rule("cliqz", "Cliqz", _SEEN),
    _Rule("startpage", "Startpage", _SEEN),
    _Rule("qwantios/", "Qwant", _SEEN),
    _Rule("qwantmobile/", "Qwant", _SEEN),
    _Rule("qwant/", "Qwant", _SEEN),
    _Rule("kodeios/", "Kode Browser", _SEEN),
    _Rule("goku-ios/", "GoKu", _SEEN),
    _Rule("sfive_ios/", "SFive", _SEEN),
    _Rule("youcare-ios-app", "YouCare", _SEEN),
    _Rule("mobileiron/", "MobileIron Web@Work", _SEEN),
    _Rule("airwatch", "Workspace ONE Web", _SEEN),
    _Rule("managedbrowser", "Intune Managed Browser", _SEEN),
    _Rule("mobicip/", "Mobicip", _SEEN),
    _Rule("kitt/", "Kitt", _SEEN),
    _Rule("ilunascape/", "Lunascape", _SEEN),
    _Rule("ilunascapelite/", "Lunascape", _SEEN),
    _Rule("mogok/", "Mogok", _SEEN),
    _Rule("sznprohlizec/", "Seznam", _SEEN),
    _Rule("skyleap/", "SkyLeap", _SEEN),
    _Rule("smooz/", "Smooz", _SEEN),
    _Rule("sleipnir/", "Sleipnir", _SEEN),
    _Rule("stadium/", "Stadium", _SEEN),
    _Rule("streamy/", "Streamy", _SEEN),
    _Rule("vibemate", "VibeMate", _SEEN),
    _Rule("tararia/", "tararia", _SEEN),
    _Rule("arcmobile2/", "Arc Search", _SEEN),
    _Rule("icabmobile/", "iCab Mobile", _SEEN),
    _Rule("bluefy/", "Bluefy", _SEEN),
    _Rule("lilo/", "Lilo", _SEEN),
    _Rule("oceanhero/", "OceanHero", _SEEN),
    _Rule("perfectbrowser/", "Perfect Browser", _SEEN),
    _Rule("lovense", "Lovense", _SEEN),
    _Rule("bline/", "B-Line", _SEEN),
    _Rule("atomicbrowser/", "Atomic Web Browser", _SEEN),
    _Rule("skyfire/", "Skyfire", _SEEN),
    _Rule("snowhaze/", "SnowHaze", _SEEN),
    _Rule("artisreader/", "Artis Reader", _SEEN),
    _Rule("buscari/", "Buscari", _SEEN),
    _Rule("arvin/", "Arvin", _SEEN),
    _Rule("lexi/", "Lexi", _SEEN),
    _Rule("teak/", "Teak", _SEEN),
    _Rule("veera/", "Veera", _SEEN),
    _Rule("focus/", "Firefox Focus", _MOZILLA),
    _Rule("klar/", "Firefox Klar", _MOZILLA),
    _Rule("crios/", "Chrome", _CHROMIUM),
    _Rule("fxios/", "Firefox", _MOZILLA),
    # Browsers of other systems, so that these too are told by name.
    _Rule("samsungbrowser/", "Samsung Internet", _SEEN),
    _Rule("edg/", "Edge", _MICROSOFT),
    _Rule("edga/", "Edge", _MICROSOFT),
    _Rule("firefox/", "Firefox", _MOZILLA),
)

# What a robot says of itself, often in an iPhone's clothes. The letter after the word keeps carriers
# out ("FBCR/OrangeBotswana"); no browser for iOS ever was "compatible;".
_ROBOT = re.compile(r"(?:bots?|spider|crawler)(?![a-z])|compatible; (?!msie)|\+https?:|speed insights")

# What apps without a rule of their own say of themselves.
_APP_MARKS = ("webview", "inapp", " for iphone", " for ipad", " for ios", "; wv)")
# F-Secure's app, which operators sell under names of their own ("KPN_Veilig 18.5.274904").
_F_SECURE = re.compile(r"(?<![\d.])\d\d\.\d\.\d{6}(?![\d.])")
# "GrokApp", and bundle identifiers such as "com.example.shop".
_APP_PRODUCT = re.compile(r"\w+app|(?:com|net|org|io|jp|kr|cn|de|ru)\.[\w.-]+")

# Real User-Agents stay below 1000 characters or so; of longer ones only this much is read.
_MAX_LENGTH = 4096
_WORD = re.compile(r"[^\s/;,()\[\]{}]+/?")
_VERSION_SUFFIX = re.compile(r"_\d[\d.]*$")
_COMMENT = re.compile(r"\([^()]*\)")
_PRODUCT = re.compile(r"([^\s/]+)(?:/\S*)?")
_SAFARI_PRODUCTS = frozenset({"mozilla", "applewebkit", "version", "mobile", "safari"})


def identify(user_agent: str) -> Browser:
    """Tell the browser or app, its platform, and whether an install link can open there.

    Any text is answered, the empty one too, in time that grows no faster than its length.

    >>> identify(
    ...     "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    ...     "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60"
    ... ).name
    'WeChat'
    >>> browser = identify(
    ...     "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 "
    ...     "(KHTML, like Gecko) Version/26.2 Mobile/15E148 Safari/604.1"
    ... )
    >>> browser.name, browser.platform, browser.in_app, browser.can_install
    ('Safari', 'iOS', False, True)
    """
    check_type("user_agent", user_agent, str)
    text = user_agent[:_MAX_LENGTH].lower()
    words = _words(text)
    platform = _platform(text, words)
    if name := _named(_DOWNLOADERS, words):
        # A server that lets in only browsers locks the device out of its own installation.
        advice = "This is the device's own downloader: answer it without a login, or nothing installs."
        return Browser(name, "iOS", in_app=False, can_install=None, advice=advice)
    if name := _named(_SERVICES, words) or ("a robot" if _ROBOT.search(text) else None):
        advice = "No person sees this page: a service fetched it."
        return Browser(name, "other", in_app=False, can_install=False, advice=advice)
    if platform == "iOS" and not words & {"mozilla/", "safari/"}:
        advice = "No person sees this page: the code of an app fetched it."
        return Browser(_named(_APPS, words) or "an app", platform, in_app=False, can_install=False, advice=advice)
    if name := _named(_APPS, words):
        return _view(name, platform, in_app=True, opens=False)
    if name := _named(_BROWSERS, words):
        return _view(name, platform, in_app=False, opens=True)
    return _unnamed(text, words, platform)


def _words(text: str) -> set[str]:
    """Give the words of a User-Agent, products with their slash: "line/" of "Line/8.4.1"."""
    return {_VERSION_SUFFIX.sub("", word) for word in _WORD.findall(text)}


def _named(rules: tuple[_Rule, ...], words: set[str]) -> str | None:
    return next((rule.name for rule in rules if rule.word in words), None)


def _platform(text: str, words: set[str]) -> Platform:
    # Windows Phone says "like iPhone" and Android both; some Androids carry iPhone in their model.
    if "windows" in text or "osmeta" in words:
        return "Windows"
    if "android" in text:
        return "Android"
    if "like iphone" in text or "appletv" in text or "apple tv" in text:
        return "other"
    if any(word.startswith(("iphone", "ipad", "ipod")) for word in words):
        return "iOS"
    if "macintosh" in words:
        # Browsers of an iPad that asks for desktop sites keep their own token: "CriOS/", "FxiOS/".
        return "iOS" if any(word.endswith("ios/") for word in words) else "macOS"
    return "Linux" if words & {"linux", "x11", "cros"} else "other"


def _unnamed(text: str, words: set[str], platform: Platform) -> Browser:
    """Judge by form what no rule names."""
    if any(mark in text for mark in _APP_MARKS) or _F_SECURE.search(text):
        return _view("an app", platform, in_app=True, opens=None)
    if any("browser" in word and word.endswith("/") for word in words):
        return _view("a browser", platform, in_app=False, opens=None)
    products = dict.fromkeys(_PRODUCT.findall(_COMMENT.sub(" ", text)))
    if platform == "iOS" and "safari" not in products:
        # An app's web view sends no "Safari/" unless the app adds it.
        return _view("an app", platform, in_app=True, opens=None)
    if any(_APP_PRODUCT.fullmatch(product) for product in products):
        return _view("an app", platform, in_app=True, opens=None)
    if platform in ("iOS", "macOS") and products.keys() <= _SAFARI_PRODUCTS:
        return _view("Safari", platform, in_app=False, opens=True)
    name = "Chrome" if "chrome/" in words else "a browser"
    return _view(name, platform, in_app=False, opens=None)


def _view(name: str, platform: Platform, *, in_app: bool, opens: bool | None) -> Browser:
    """Answer for a page that a person sees; `opens` is what holds on iOS."""
    if platform not in ("iOS", "macOS"):
        can_install = None if platform == "other" else False
        advice = "Open this page in Safari on the iPhone or iPad that is to get the app."
    elif in_app:
        can_install = opens
        advice = (
            f"{name[0].upper()}{name[1:]} shows this page inside itself, where install links usually do nothing: "
            "open it in Safari, from the app's menu or by copying the address."
        )
    elif platform == "macOS":
        # An iPad that asks for desktop sites, a Mac that runs apps for iPad, or one that does not.
        can_install = None
        advice = "Open this page on the iPhone or iPad; on an iPad, or on a Mac with Apple silicon, try the link here."
    else:
        can_install = opens
        advice = "Tap the install link; where nothing happens, open this page in Safari itself."
    return Browser(name, platform, in_app, can_install, advice)
