"""find_links: every link of a text, whole, and nothing around it."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest

from itms_ota import InstallLink, find_links, inspect_link

URL = "https://example.com/m.plist"
PREFIX = "itms-services://?action=download-manifest&url="
RAW = PREFIX + URL
ENCODED = str(InstallLink(URL))
HTML = RAW.replace("&", "&amp;")
JSON = RAW.replace("/", "\\/").replace("&", "\\u0026")
WITHIN = quote(ENCODED, safe="")
TEMPLATE = PREFIX + "{{ site.url }}/m.plist"


def test_only_a_str_is_searched() -> None:
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        find_links(b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        # HTML
        (f'<a href="{HTML}">Install</a>', HTML),
        (f"<a href='{HTML}'>Install</a>", HTML),
        (f"<a href={HTML}>Install</a>", HTML),
        (f'<a href="{RAW}">Install</a>', RAW),
        (f'<a href=" {HTML} ">', HTML),
        (f'<a\n  class="b"\n  href="\n{HTML}\n"\n>', HTML),
        (f'<a href="{RAW.replace("&", "&#038;")}">', RAW.replace("&", "&#038;")),
        (f'<a href="{RAW.replace("&", "&#38;")}">', RAW.replace("&", "&#38;")),
        (f'<a href="{HTML.replace("=", "&#x3D;")}">', HTML.replace("=", "&#x3D;")),
        (f'<a href="{HTML.replace("/", "&#x2F;")}">', HTML.replace("/", "&#x2F;")),
        *[
            (f'<a href="{HTML.replace(":", colon, 1)}">', HTML.replace(":", colon, 1))
            for colon in ("&#58;", "&#x3a;", "&#x3A;", "&colon;")
        ],
        (
            f'<a href="itms-services&colon;&sol;&sol;&quest;action&equals;download-manifest&amp;url&equals;{URL}">',
            f"itms-services&colon;&sol;&sol;&quest;action&equals;download-manifest&amp;url&equals;{URL}",
        ),
        (f"<p>{HTML}.</p>", HTML),
        (f"<td>{RAW}</td>", RAW),
        (f"<p>&ldquo;{HTML}&rdquo;&nbsp;", HTML),
        (f"<p>{HTML}&nbsp;</p>", HTML),
        (f"<!-- {RAW} -->", RAW),
        (f"<!-- {RAW}-->", RAW),
        (f"<!--{WITHIN}-->", WITHIN),
        (f'<meta http-equiv="refresh" content="0;url={HTML}">', HTML),
        (f"<meta http-equiv=refresh content=\"0; URL='{RAW}'\">", RAW),
        (f"<pre>&lt;a href=&quot;{HTML.replace('&', '&amp;')}&quot;&gt;</pre>", HTML.replace("&", "&amp;")),
        (f"<code>&lt;{HTML.replace('&', '&amp;')}&gt;</code>", HTML.replace("&", "&amp;")),
        (f"&#39;{RAW}&#39;", RAW),
        (f"<p>&#x60;{HTML}&#x60;</p>", HTML),
        (f"<p>&grave;{HTML} and", HTML),
        (f"<p>see {HTML}&#x60; and</p>", HTML),
        (f"<td>{RAW}<br>", RAW),
        (f"<p>see {RAW}<b>x</b>", RAW),
        (f"<p>see {RAW}<custom-tag id=x>", RAW),
        # Markdown
        (f"[Install]({RAW})", RAW),
        (f"[Install]({RAW}), or later", RAW),
        (f'[Install]({RAW} "Title")', RAW),
        (f"[Install]({RAW})もっと", RAW),
        (f"[Install]({PREFIX}https://example.com/m_(1).plist)", PREFIX + "https://example.com/m_(1).plist"),
        (f"[Install]({RAW}(((x", f"{RAW}(((x"),
        (f"[Install]({PREFIX}https://example.com/m_(1))now", PREFIX + "https://example.com/m_(1)"),
        (f"[Install]: <{RAW}>", RAW),
        (f"<{ENCODED}>", ENCODED),
        (f"<{RAW} and more", RAW),
        (f"<{RAW}, and more", RAW),
        (f"<{RAW} and <b>more</b>", RAW),
        (f"[Install]({RAW}", RAW),
        (f"[see {RAW} and [1]]", RAW),
        (f"**{RAW}**", RAW),
        (f"_{RAW}_", RAW),
        (f"`{RAW}`", RAW),
        (f"| iOS | {RAW} |", RAW),
        (f"|iOS|{RAW}|", RAW),
        (f"(see {RAW})", RAW),
        (f"({RAW}).", RAW),
        (f"[{RAW}]", RAW),
        (f"{{{RAW}}}", RAW),
        # other markup
        (f"[url={RAW}]Install[/url]", RAW),
        (f"[[{RAW}][Install]]", RAW),
        (f"[Install|{RAW}|smart-link]", RAW),
        (f"see {RAW}[Install now] or", RAW),
        (f"link:{RAW}[Install]", RAW),
        (f"<{RAW}|Install>", RAW),
        (f"<{HTML}|Install the app>", HTML),
        (f"a,b,{RAW},c", RAW),
        # JSON and programs
        (f'{{"url":"{RAW}","n":1}}', RAW),
        (f'{{"url":"{JSON}"}}', JSON),
        (f'"{{\\"url\\":\\"{RAW}\\"}}"', RAW),
        (f'x = "<a href=\\"{HTML}\\">Install</a>";', HTML),
        (f"location.href='{RAW}';", RAW),
        (f"open(`{RAW}`)", RAW),
        (f'@"{RAW}"', RAW),
        (f'"Install:\\n{RAW}\\n"', RAW),
        (f"html += '<a href=\"' + '{HTML}' + '\">';", HTML),
        # headers, logs, shells
        (f"Location: {ENCODED}\r\nContent-Length: 0", ENCODED),
        (f"Refresh: 0; url={RAW}", RAW),
        (f"2026-08-01 GET {RAW} 200", RAW),
        (f'failed for URL: "{RAW}" - error', RAW),
        (f'Get "{RAW}": unsupported protocol scheme', RAW),
        (f"OTA_URL={RAW}", RAW),
        (f"export OTA_URL='{RAW}'", RAW),
        # prose
        (f"See {RAW}.", RAW),
        (f"See {RAW}, or ask", RAW),
        (f"See {RAW}?!", RAW),
        (f"See {RAW}... and", RAW),
        (f"See {RAW}…", RAW),
        (f"\x1b[32m{RAW}\x1b[0m", RAW),
        (f"\u200b{RAW}\u200b", RAW),
        (f"“{RAW}”", RAW),
        (f"下载\uff1a{RAW}。谢谢", RAW),
        (f"\uff08{RAW}\uff09", RAW),
        (f"「{RAW}」です", RAW),
        (f"下载\u3000{RAW}\u3000下载", RAW),
        *[(f"下载{RAW}{after}", RAW) for after in ("\uff09去", "\uff1f对", "请在Safari打开", "\uff08内网\uff09", "’s")],
        (f"\ufeff{RAW}\ufeff", RAW),
        (f"<{RAW}\xa0>", RAW),
        (f"[x]({RAW}\xa0)", RAW),
        (f"So {PREFIX}https://example.com/it's.plist is it", PREFIX + "https://example.com/it's.plist"),
        (f'"{RAW} is what I tap', RAW),
        # inside other URLs
        (f"https://mp.weixin.qq.com/mp/redirect?url={WITHIN}#wechat_redirect", WITHIN),
        (f"https://api.qrserver.com/v1/create-qr-code/?data={WITHIN}&size=150x150", WITHIN),
        (f"https://eur01.safelinks.protection.outlook.com/?url={WITHIN}&amp;data=05%7C01", WITHIN),
        (f"<a href='https://slack-redir.net/link?url={WITHIN}'>", WITHIN),
        *[
            (f"{before}{RAW.replace('&', '%26')}{after}", RAW.replace("&", "%26"))
            for before, after in (
                ('<img src="http://qr.example/api.php?text=', '" width=9>'),
                ("https://x.io/?a=1&u=", "&b=2"),
            )
        ],
        (
            f"https://x.example/?u=itms-services://%3Faction%3Ddownload-manifest%26url%3D{URL}&b=1",
            f"itms-services://%3Faction%3Ddownload-manifest%26url%3D{URL}",
        ),
        # mail, where "=" is written with its number
        (f'href=3D"{HTML.replace("=", "=3D")}">', HTML.replace("=", "=3D")),
        (
            f'<a href=3D"{PREFIX.replace("=", "=3D")}https://exam=\r\nple.com/m.plist">',
            f"{PREFIX.replace('=', '=3D')}https://exam=\r\nple.com/m.plist",
        ),
        (
            f"tap {PREFIX.replace('=', '=3D')}https://exam=\nple.com/m.plist now",
            f"{PREFIX.replace('=', '=3D')}https://exam=\nple.com/m.plist",
        ),
    ],
)
def test_a_link_is_taken_whole_and_nothing_else(text: str, link: str) -> None:
    (report,) = find_links(text)
    assert report.text == link
    assert text[report.start : report.end] == link
    if "(" not in link and "'" not in link:
        assert report.link == InstallLink(URL)
        assert report.device_url == URL
        assert [problem.code for problem in report.problems] in ([], ["html-escaped"])
    assert inspect_link(text).link == report.link


@pytest.mark.parametrize("prefix", [PREFIX, PREFIX.replace("=", "=3D"), quote(PREFIX, safe="")])
def test_a_long_link_is_taken_whole(prefix: str) -> None:
    link = prefix + "https%3A%2F%2Fexample.com%2F" + "m" * 5000
    (report,) = find_links(f"tap {link} now")
    assert (report.text, report.link) == (link, InstallLink("https://example.com/" + "m" * 5000))


@pytest.mark.parametrize(
    "text",
    [
        '<script>location.href = "{}";</script>',
        "<SCRIPT type='module'>location.href = '{}'</SCRIPT>",
        "<p><style>a {{ background: url({}) }}</style>",
        "<?php header('Location: {}');",
        "<p><?= '{}' ?></p>",
        "<script>if (a <b) location.href = '{}'",
        'List<String> a;\nreturn Redirect("{}");',
        "html = '<p>x</p>'; location.href = '{}'",
        "-- <b>x</b>\nINSERT INTO t VALUES (1, '{}')",
        "el.href='{}'",
    ],
)
def test_what_browsers_do_not_decode_is_not_escaped_for_html(text: str) -> None:
    (report,) = find_links(text.format(HTML))
    assert [(problem.code, problem.level) for problem in report.problems] == [("html-escaped", "warning")]
    assert report.device_url == URL
    (report,) = find_links(text.format(RAW))
    assert report.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "<script>x = '<a href=\"{}\">';</script>",
        '<script>x = "<a class=b href=\\"{}\\">"</script>',
        "<?php echo '<a href=\"{}\">';",
        '<a href="<?php echo "{}" ?>">',
        "<script>1</script><p>{}</p>",
        "<!-- <script> --><p>{}</p>",
        "<?php x() ?><a href='{}'>",
        '<script type="text/x-template"><p>{}</p></script>',
        "<scripts>{}</scripts>",
        'return <a onClick={{() => f($x->y)}} href="{}">',
        '<p class=b>say "{}" to me</p>',
        "Text <b>x</b>: {}",
        "expect(page).toContain('href=\"{}\"')",
        'x = "href=\\"{}\\""',
    ],
)
def test_what_browsers_decode_is_escaped_for_html(text: str) -> None:
    (report,) = find_links(text.format(HTML))
    assert (report.problems, report.device_url) == ((), URL)


@pytest.mark.parametrize("end", ["", " ", ">", "]"])
def test_brackets_that_are_open_everywhere_are_looked_through_once(end: str) -> None:
    for bracket in "<[":
        text = f"{bracket}{RAW}" * 3000 + end
        assert len(find_links(text)) == (1 if bracket + end in {"<>", "[]"} else 3000)


def test_a_question_mark_of_a_manifest_is_its_own() -> None:
    for text in (f"See {RAW}? Or", f'"{RAW}?"', f"<a href='{HTML}?'>"):
        (report,) = find_links(text)
        assert (report.problems, report.device_url) == ((), URL + "?")
    (report,) = find_links(f"See {PREFIX}https://a.example/m? Or")
    assert report.device_url == "https://a.example/m"


def test_an_ampersand_is_encoded_only_within_another_url() -> None:
    for before in ("url=", "x?url= ", '"', "?=", "?" + "u" * 41 + "="):
        (report,) = find_links(f"{before}{RAW.replace('&', '%26')}")
        assert [problem.code for problem in report.problems] == ["mangled-separator"], before


def test_a_link_in_another_scheme_is_found_with_it() -> None:
    for before in ("http://", "https://"):
        (report,) = find_links(f'<a href="{before}{HTML}">')
        assert (report.text, report.link, report.device_url) == (before + HTML, InstallLink(URL), None)
        assert [problem.code for problem in report.problems] == ["wrong-scheme"]
    (report,) = find_links(f"see itms-services//?action=download-manifest&url={URL} or")
    assert (report.text[:17], report.link, report.device_url) == ("itms-services//?a", InstallLink(URL), None)


def test_brackets_that_the_url_opens_are_its_own() -> None:
    (report,) = find_links(f'<a href="{HTML}?x=[1]">')
    assert (report.problems, report.device_url) == ((), URL + "?x=[1]")
    assert report.link == InstallLink(URL + "?x=%5B1%5D")


def test_escapes_of_the_source_are_no_fault_there_and_others_are() -> None:
    for text in (f'<a href="{HTML}">', f'{{"url":"{JSON}"}}', f"&lt;a href=&quot;{HTML}&quot;&gt;", f'"{RAW}"'):
        assert [report.problems for report in find_links(text)] == [()], text
    (report,) = find_links(f"Location: {HTML}")
    assert [(problem.code, problem.level) for problem in report.problems] == [("html-escaped", "warning")]


@pytest.mark.parametrize("text", ['<a href="{}">', "<p>{}</p>"])
def test_what_is_escaped_twice_is_an_error_in_html_too(text: str) -> None:
    (report,) = find_links(text.format(HTML.replace("&", "&amp;")))
    assert [(problem.code, problem.level) for problem in report.problems] == [("double-escaped", "error")]
    assert (report.device_url, report.link) == (None, InstallLink(URL))


@pytest.mark.parametrize("text", ['<pre>&lt;a href="{}"&gt;</pre>', "<pre>&lt;a href=&quot;{}&quot;&gt;</pre>"])
def test_code_that_a_page_shows_is_escaped_once_more(text: str) -> None:
    (report,) = find_links(text.format(HTML.replace("&", "&amp;")))
    assert (report.problems, report.device_url) == ((), URL)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (f"{RAW} {ENCODED}", [RAW, ENCODED]),
        (f"{RAW}\n{ENCODED}\n", [RAW, ENCODED]),
        (f"{RAW},{ENCODED}", [RAW, ENCODED]),
        (f"{RAW};{ENCODED}", [RAW, ENCODED]),
        (f"{RAW}{ENCODED}", [RAW, ENCODED]),
        (f"<{RAW}><{ENCODED}>", [RAW, ENCODED]),
        (f"&quot;{RAW} &quot {HTML} &quot;{RAW}", [RAW + " &quot " + HTML + " ", RAW]),
        (f"&#39;{RAW} &#39 &#34;{ENCODED} or &#39;{HTML}", [RAW + " &#39 &#34;" + ENCODED + " or ", HTML]),
        (f"`{RAW} &lt;{RAW} '{RAW} &lt;{RAW}", [RAW, RAW, RAW, RAW]),
        (f"[a]({RAW})[b]({ENCODED})", [RAW, ENCODED]),
        (f"[{RAW}]({RAW})", [RAW, RAW]),
        (f"|{RAW}|{ENCODED}|", [RAW, ENCODED]),
        (f'<a href="{HTML}">{HTML}</a>', [HTML, HTML]),
        (f'["{RAW}","{JSON}"]', [RAW, JSON]),
        (f'"{PREFIX}x"\n"{RAW}"\n', [PREFIX + "x", RAW]),
        *[(f'"{RAW}{between}{ENCODED}"', [RAW, ENCODED]) for between in ("|#|", ", ", ";", " ", "\t|")],
        (f'"{PREFIX}|#|"', [f"{PREFIX}|#|"]),
        (f"{PREFIX}{RAW} x", [PREFIX + RAW]),
        (f"下载//?action=download-manifest&url={URL}", [RAW.partition(":")[2]]),
        (f"unsafe:{RAW} and //?action=download-manifest&url={URL}", [f"unsafe:{RAW}", RAW.partition(":")[2]]),
    ],
)
def test_every_link_of_a_text_is_found(text: str, links: list[str]) -> None:
    reports = find_links(text)
    assert [report.text for report in reports] == links
    assert [text[report.start : report.end] for report in reports] == links


@pytest.mark.parametrize(
    "text",
    [
        "",
        "itms-services",
        "the itms-services:// scheme",
        "itms-services:",
        "itms-services://?",
        "<key>LSApplicationQueriesSchemes</key><string>itms-services</string>",
        r"/^itms-services:\/\/\?action=download-manifest&url=https:\/\/.+\.plist$/",
        r"itms-services://\?action=download-manifest&url=(https://.+)",
        r'"^itms-services://\\?action=download-manifest&url="',
        're.match(r"itms-services:.*url=(.*)")',
        "itms-services:[^&]*&url=",
        "itms-services:(//)?\\?url=",
        "itms-services" + " " * 400 + "url=",
        "https://example.com//?action=download-manifest",
    ],
)
def test_mentions_and_regular_expressions_are_no_links(text: str) -> None:
    assert find_links(text) == ()


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (f'window.location = "{PREFIX}" + encodeURIComponent(u);', PREFIX),
        (f"window.location = `{PREFIX}${{u}}`;", PREFIX + "${u}"),
        (f"header('Location: {PREFIX}'.$url);", PREFIX),
        (f"'{PREFIX}' . $url", PREFIX),
        *[
            (f"'{PREFIX}https://a.io/'{after}", f"{PREFIX}https://a.io/")
            for after in (
                *(
                    ". $u",
                    r" . \$u",
                    ".$u",
                    ".urlencode($u)",
                    ". urlencode($u)",
                    " . url()",
                    ".self::$u",
                    ". self::U",
                    ".\\App::$u",
                ),
                *(
                    ". HOST_DIR .'x'",
                    ". HOST_DIR;",
                    ' . HOST_DIR . "x"',
                    "\"$NAME\"'.plist'",
                    "$NAME",
                    "$(name)",
                    '"${NAME}"',
                ),
            )
        ],
        *[
            (f'"{PREFIX}https://a.io/"{after}', f"{PREFIX}https://a.io/")
            for after in (' HOST_DIR "/m"', ' HOST @"/m"', "\n  f'{u}'", '\n    @"m"', ' \\\n  "m"', "\r\n\t'm'")
        ],
        (f"'{RAW}' . $u", RAW),
        (f"'{RAW}'.$u", RAW),
        (f'"{PREFIX}".concat(u)', PREFIX),
        (f'"{PREFIX}" & url', PREFIX),
        (f'"{RAW}?v=" + version', f"{RAW}?v="),
        (f'[@"{PREFIX}" stringByAppendingString:u]', PREFIX),
        (f'[s appendString:@"{PREFIX}"];\n    [s appendString:url];', PREFIX),
        (f'link = "{PREFIX}" .. url', PREFIX),
        (f"{{{{ '{PREFIX}' ~ url }}}}", PREFIX),
        (f'"{PREFIX}" <> url', PREFIX),
        (f"SELECT '{PREFIX}' || url", PREFIX),
        (f'paste0("{PREFIX}", url)', PREFIX),
        (f"CONCAT('{PREFIX}', url)", PREFIX),
        (f'fmt.Sprint("{PREFIX}", u)', PREFIX),
        (f'table.concat({{"{PREFIX}", url}})', PREFIX),
        (f'String.join("", "{PREFIX}", url)', PREFIX),
        (f'"".join(["{PREFIX}", url])', PREFIX),
        (f"implode('', ['{PREFIX}', $url])", PREFIX),
        (f'["{PREFIX}", url].join("")', PREFIX),
        (f'sb.append("{PREFIX}").append(url)', PREFIX),
        (f'sb.append("{PREFIX}")\n        .append(url)', PREFIX),
        (f'sb.append("{PREFIX}"); sb.append(url)', PREFIX),
        (f'url.Append("{PREFIX}");\n\n    url.Append(u)', PREFIX),
        (f"concat(\n    '{PREFIX}', $u)", PREFIX),
        (f"tap {PREFIX}https://example.com/<id>/m.plist", PREFIX + "https://example.com/<id>/m.plist"),
        (f"tap {PREFIX}https://example.com/<app id>.plist", PREFIX + "https://example.com/<app id>.plist"),
        (f'String.format("{PREFIX}%s", u)', PREFIX + "%s"),
        (f'@"{PREFIX}%@"', PREFIX + "%@"),
        (f'"{PREFIX}\\(url)"', PREFIX + "\\(url)"),
        (f"[iOS]({TEMPLATE})", TEMPLATE),
        (f'<a href="{TEMPLATE}">', TEMPLATE),
        (f"{TEMPLATE} and", TEMPLATE),
        (f'<a href="{PREFIX}<?php echo urlencode($u["a"]); ?>">', PREFIX + '<?php echo urlencode($u["a"]); ?>'),
        (f'<a href="{PREFIX}<%= url "a" %>/m">', PREFIX + '<%= url "a" %>/m'),
        (f'<a href="{PREFIX}<s:property value="u"/>">', PREFIX + '<s:property value="u"/>'),
        (f'<a href="{PREFIX}{{{{ "/m" | absolute_url }}}}">', PREFIX + '{{ "/m" | absolute_url }}'),
        (f'<a href="{PREFIX}<% x">', PREFIX + "<% x"),
        (f'<a href="{PREFIX}{{% url "m" %}}">', PREFIX + '{% url "m" %}'),
        (f'"{PREFIX}<% " %> x', PREFIX + "<% "),
        (f'link_to "x", "{PREFIX}#{{CGI.escape(u)}}"', PREFIX + "#{CGI.escape(u)}"),
        (f"{PREFIX}<MANIFEST URL> here", PREFIX + "<MANIFEST URL>"),
        (f"{PREFIX}(MANIFEST LINK) here", PREFIX + "(MANIFEST LINK)"),
        (f"{PREFIX}[plist URL] here", PREFIX + "[plist URL]"),
        (f"{PREFIX}[[HOST]]/[[APP]] here", PREFIX + "[[HOST]]/[[APP]]"),
        (f"see {RAW}?ipa=… here", RAW + "?ipa=…"),
        (f'<a href="{PREFIX}<@url type="1">x</@url>">', PREFIX + '<@url type="1">x</@url>'),
        (f'URL(string: "{PREFIX}\\("https://a.io/\\(id)")")', PREFIX + "\\("),
        (f"'{{\"link\":\"{PREFIX}https://a.io/'$ID'-m.plist\"}}'", f"{PREFIX}https://a.io/'$ID'-m.plist"),
        (f'echo "{PREFIX}https://a.io/$1/m.plist"', PREFIX + "https://a.io/$1/m.plist"),
        (f"{PREFIX}... here", PREFIX + "..."),
        (f"data={WITHIN[: WITHIN.index('https')]}${{this.url}}&x=1", WITHIN[: WITHIN.index("https")] + "${this.url}"),
    ],
)
def test_templates_are_found_whole_and_named(text: str, link: str) -> None:
    (report,) = find_links(text)
    assert report.text == link
    assert report.link is None
    assert "placeholder" in [problem.code for problem in report.problems]
    assert not report.ok


@pytest.mark.parametrize(
    "text",
    [
        'open("{}", "_self")',
        '["{}", "x"]',
        'paste0("{}")',
        'join("{}")',
        'links.append("{}")',
        'a.append("{}")\nb.append("x")',
        'f("{}"); g(1)',
        "'{}'",
        '"{}".freeze',
        '"{}".addingPercentEncoding()',
        "the link `{}`. This link (as the other) is",
        "the link `{}`.This",
        '"{}". Then tap it. See (below)',
        "'{}'... and",
        '"{}" $5',
        '"{}" PNG "x"',
        '"{}"\n"and more"',
        '"{}". $5 a month',
        r'{{"body":"see \"{}\".\nThanks"}}',
    ],
)
def test_a_string_that_is_whole_is_not_joined(text: str) -> None:
    (report,) = find_links(text.format(RAW))
    assert (report.problems, report.device_url) == ((), URL)


def test_a_string_beside_others_is_not_joined() -> None:
    link = PREFIX + "https://a.io/m"
    for text in ('1,"{}"\n"2",x', "SELECT '{}' AS \"link\"", '"{}" OR "x"', '"{}"\n  "https://b.io"', '"{}" Png "x"'):
        assert [report.ok for report in find_links(text.format(link))] == [True], text


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (f"{PREFIX}   │\n│   {URL} │", f"{PREFIX}   │\n│   {URL}"),
        (f"tap itms-services://?action=download-manifest\n  &url={URL} now", None),
        (f"tap itms-\nservices://?action=download-manifest&url={URL} now", None),
        (f'<a href="{HTML.replace("&amp;", "&amp; {0}")}">'.format("\n"), HTML.replace("&amp;", "&amp; \n")),
        (f"tap {RAW.replace('&', '&{0}  ')} now".format("\r\n"), None),
    ],
)
def test_broken_lines_are_joined_where_it_is_plain(text: str, link: str | None) -> None:
    (report,) = find_links(text)
    assert report.text == (link or text[4:-4])
    assert report.link == InstallLink(URL)
    assert report.device_url is None
    assert [problem.code for problem in report.problems] == ["line-broken"]


@pytest.mark.dear
def test_random_texts_raise_nothing_and_give_what_they_hold() -> None:
    seeded = random.Random(20260802)
    pieces = [
        RAW,
        ENCODED,
        HTML,
        JSON,
        WITHIN,
        PREFIX,
        "itms-services:",
        "<a href=",
        '"',
        "'",
        "(",
        ")",
        "](",
        "&quot;",
    ]
    pieces += ["{{", "}}", "<%", "%>", "=3D", "=\n", "\n", " ", "\\", "&amp;", "。", "//?action=download-manifest", "_"]
    for _ in range(10_000):
        text = "".join(seeded.choices(pieces, k=seeded.randint(1, 9)))
        end = 0
        for report in find_links(text):
            assert end <= report.start < report.end, text
            assert text[report.start : report.end] == report.text, text
            end = report.end
            if report.ok:
                assert report.device_url is not None, text
                assert report.link is not None, text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # The constant that a program goes on to write, wherever it does.
        (f"const START = '{PREFIX}';", "placeholder"),
        (f'START="{PREFIX}"', "placeholder"),
        (f'let start: String = "{PREFIX}"', "placeholder"),
        (f"const id = link.split('{PREFIX}')[1]", "placeholder"),
        (f"<html><script>const START = '{PREFIX}'</script>", "placeholder"),
        (f"const START = `{PREFIX}`;", "placeholder"),
        # What a text says of links.
        (f"Write `{PREFIX}` followed by the URL.", "placeholder"),
        (f"Write ``{PREFIX}`` followed by the URL.", "placeholder"),
        (f"<p align=center>Title</p>\n\nWrite `{PREFIX}` before it.", "placeholder"),
        (f"| `{PREFIX}` | <b>the prefix</b> |", "placeholder"),
        (f"<html><script>link = `{PREFIX}`</script>", "placeholder"),
        # What a person taps.
        (f"<a href='{PREFIX}'>Install</a>", "empty"),
        (f"`<a href='{PREFIX}'>Install</a>`", "empty"),
        (f"<a href=`{PREFIX}`>Install</a>", "empty"),
        (f"return <a href={{`{PREFIX}`}}>Install</a>", "empty"),
        (f"<html><a class=a href=`{PREFIX}`>Install</a>", "empty"),
        (f"[Install]({PREFIX})", "empty"),
        (f"<a href = '{PREFIX}'>Install</a>", "empty"),
        (f"<html><script>row = \"<a href='{PREFIX}'>\"</script>", "empty"),
        (f'{{"url": "{PREFIX}"}}', "empty"),
        (f"Install: {PREFIX}", "empty"),
    ],
)
def test_a_link_that_a_program_only_begins(text: str, code: str) -> None:
    (report,) = find_links(text)
    assert [(problem.path, problem.code, problem.level) for problem in report.problems] == [("url", code, "error")]
