"""The command link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itms_ota._cli import main

if TYPE_CHECKING:
    import pytest

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Fa.example%2Fm.plist"


def test_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "https://a.example/m.plist"]) == 0
    assert capsys.readouterr().out == LINK + "\n"
    assert main(["link", "https://a.local/m.plist", "--html", "A & B"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith(">A &amp; B</a>\n")
    assert err.startswith("warning at url: The host 'a.local' is private")
    assert main(["link", "https://a.example/m.plist", "--html", ""]) == 1
    assert capsys.readouterr() == (
        "",
        "error at text: The text of the link is blank, so nobody sees it. Write one. [empty]\n",
    )
    assert main(["link", "http://a.example/m.plist"]) == 1
