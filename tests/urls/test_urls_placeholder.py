"""What a template leaves in a text."""

from __future__ import annotations

import pytest

from itms_ota import _urls


@pytest.mark.parametrize(
    "text",
    [
        "${VERSION}",
        "$(VERSION)",
        "${open",
        "{{ url }}",
        "{{{ url }}}",
        "{url}",
        "#{url}",
        "\\(version)",
        "<%= url %>",
        "<?php echo $url ?>",
        "<your-url>",
        "%@",
        "https://a.example/%s",
        "%1$s",
        "https://a.example/__URL__",
        "__URL__",
        "$URL/a.ipa",
        "https://a.example/$version/a.ipa",
        "https://%s/a.ipa",
        "https://[HOST]/a.ipa",
        "https://(host)/a.ipa",
        "https://...",
        "https://…",
        "#url#",
        "#URL",
        "_url_",
        "IPA_URL",
        "https://a.example/YOUR_APP.ipa",
        'https://a.example/" + url + "',
        "https://a.example/' + url",
        "https://a.example/'.$url",
        "https://a.example/" + "x" * 3 + '" .. url',
        "https://a.example/' .. url",
        'https://a.example/" ~ url',
        'https://a.example/" <> url',
        "https://a.example/' || url",
        'https://a.example/" stringByAppendingString:url',
        "https://a.example/%(url)s",
        "https://a.example/%(version)s.ipa",
        "https://a.example/App_$version.ipa",
        "https://a.example/___URL___",
        "https://a.example/__URL__/m",
        "https://a.example/%VERSION%/m",
        "https://a.example/%DATE%.plist",
        "https://a.example/%NAME%20b",
        "https://a.example/%version%/m",
        "https://a.example/@Model.Id/m",
        "https://a.example/m?v=@Model.Version",
        "@Model.Url",
        "@Url.Action(1)",
        "@url",
        "@(Model.Host)/m",
        "https://a.example/@(id)/m",
        "https://a.example/.../m",
        "https://a.example/...",
        "https://a.example/[version]/m",
        "https://a.example/[version].plist",
        "https://a.example/:id/m",
        "https://a.example/:id",
        "https://a.example/<id>/m",
        "https://a.example/$1/m",
        "https://a.example/m?id=...",
        "https://a.example/m?id=…&b=1",
        "https://a.example/'$ID'-m.plist",
        'https://a.example/"${ID}".plist',
        '\\("https://a.example/',
        "undefined",
        "https://null/a.ipa",
        "https://a.example/@VERSION@/a.ipa",
        "https://@HOST@/a.ipa",
        "@URL@",
    ],
)
def test_what_a_template_left_is_found(text: str) -> None:
    assert _urls.placeholder(text) is not None
    assert _urls.faults(text)[0].code == "placeholder"


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/$web/a",
        "https://a.example/%20a",
        "https://a.example/a__b__c",
        "https://a.example/___x___",
        "https://a.example/%E5%BA%94%E7%94%A8",
        "https://a.example/%ABCD%20e",
        "https://a.example/50%off%20now",
        "https://a.example/100%",
        "https://a.example/a...b",
        "https://a.example/[1]/m",
        "https://a.sharepoint.com/:u:/s/x",
        "https://a.example/http:/b",
        "https://a.example/icon@2x.png",
        "https://a.example/@item.png",
        "https://a.example/a@(b)",
        "https://a.example/a@2X@3x",
        "https://a.example/@me@example.com/",
        "@https://a.example/",
        "https://user@Host.example/",
        "https://a.example/m.plist</a>",
        "https://a.example/m.plist<br>",
        "https://a.example/it's",
        "https://a.example/$12",
        "https://a.example/$1a",
        "https://a.example/m?a=b...",
        "https://a.example/a'$1",
        "https://[fe80::1]/m",
        "My App",
        "com.example.app",
    ],
)
def test_what_is_no_placeholder_is_left_alone(text: str) -> None:
    assert _urls.placeholder(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "${VERSION}",
        "My $(NAME)",
        "x {{ name }}",
        "<%= name %>",
        "My %@ app",
        "%@",
        "%(name)s",
        " %s ",
        "$name",
        "{name}",
        *("#{name}", "__NAME__", "___NAME___", "%NAME%", "undefined", "null", "None", "(%@)", "%1$@"),
        *("[APP_NAME]", "%@NAME%@", "YOUR_APP_NAME", "@TITLE@"),
    ],
)
def test_what_a_template_left_of_a_text_is_found(text: str) -> None:
    assert _urls.placeholder_in_text(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "My App",
        "100%@home",
        "Up to {50}% off",
        "A {b} c",
        "%s of it",
        "Pay $name",
        "My __NAME__",
        "x %(y)s z",
        "50% off",
        *(
            "None of it",
            "MY_APP",
            "#1",
            "[beta]",
            "[BETA]",
            "YOUR",
            "MY_YOUR_APP",
            "(beta)",
            "<3",
            "...",
            "%20",
            "a #{b}",
        ),
    ],
)
def test_what_a_text_has_on_purpose_is_left_alone(text: str) -> None:
    assert _urls.placeholder_in_text(text) is None


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("%7B%7Bv%7D%7D", "{{v}}"),
        ("%7b%7bv", "{{v/App.ipa"),
        ("%24%7BVERSION%7D", "${VERSION}"),
        ("%24(V)", "$(V)"),
        ("%3Cversion%3E", "<version>"),
        ("%3C%25=%20v%20%25%3E", "<%= v %>"),
        # A folder may be called so.
        ("%7B0F3A-11%7D", None),
        ("%5Bbeta%5D", None),
        ("App%20%3Cbeta%3E", None),
        ("%24web", None),
        ("100%25%20off", None),
        ("%257B%257Bv%257D%257D", None),
    ],
)
def test_a_placeholder_that_is_percent_encoded_is_found(name: str, left: str | None) -> None:
    url = f"https://a.example/{name}/App.ipa"
    assert _urls.placeholder(url) == left
    assert [(fault.code, fault.level) for fault in _urls.faults(url)] == [("placeholder", "error")] * (left is not None)


def test_a_placeholder_is_quoted_whole() -> None:
    assert _urls.placeholder("https://a.example/{{{ url }}}/m") == "{{{ url }}}"


def test_a_url_in_brackets_is_not_a_placeholder() -> None:
    assert _urls.placeholder("<https://a.example/App.ipa>") is None
