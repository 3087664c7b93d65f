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
        "undefined",
        "https://null/a.ipa",
    ],
)
def test_what_a_template_left_is_found(text: str) -> None:
    assert _urls.placeholder(text) is not None
    assert _urls.faults(text)[0].code == "placeholder"


@pytest.mark.parametrize(
    "text",
    ["https://a.example/$web/a", "https://a.example/%20a", "https://a.example/a__b__c", "My App", "com.example.app"],
)
def test_what_is_no_placeholder_is_left_alone(text: str) -> None:
    assert _urls.placeholder(text) is None
