"""The page in other languages: every sentence, iOS's own names, dates and sizes, and which language is chosen."""
# ruff: noqa: RUF001 -- letters of other alphabets are meant

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import itms_ota
from itms_ota.link import InstallLink
from itms_ota.page import LANGUAGES, TEXTS, App, install_page
from itms_ota.page._language import preferred, supported, texts
from itms_ota.page._translations import TRANSLATIONS

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc)
OTHERS = LANGUAGES[1:]

# As iOS names them: Settings, General, VPN & Device Management, Trust, Privacy & Security, Developer Mode, Home Screen.
NAMES = {
    "en": "Settings|General|VPN & Device Management|Trust|Privacy & Security|Developer Mode|Home Screen",
    "de": "Einstellungen|Allgemein|VPN und Geräteverwaltung|Vertrauen|Datenschutz & Sicherheit|Entwicklermodus"
    "|Home-Bildschirm",
    "fr": "Réglages|Général|VPN et gestion de l’appareil|Faire confiance|Confidentialité et sécurité|Mode développeur"
    "|écran d’accueil",
    "es": "Ajustes|General|VPN y gestión de dispositivos|Confiar|Privacidad y seguridad|Modo de desarrollador"
    "|pantalla de inicio",
    "pt-BR": "Ajustes|Geral|VPN e Gerenciamento de Dispositivo|Confiar|Privacidade e Segurança|Modo de Desenvolvedor"
    "|Tela de Início",
    "it": "Impostazioni|Generali|VPN e gestione dispositivo|Autorizza|Privacy e sicurezza|Modalità sviluppatore"
    "|schermata Home",
    "nl": "Instellingen|Algemeen|VPN en apparaatbeheer|Vertrouw|Privacy en beveiliging|Ontwikkelaarsmodus|beginscherm",
    "ja": "設定|一般|VPNとデバイス管理|信頼|プライバシーとセキュリティ|デベロッパモード|ホーム画面",
    "ko": "설정|일반|VPN 및 기기 관리|신뢰|개인정보 보호 및 보안|개발자 모드|홈 화면",
    "zh-Hans": "设置|通用|VPN与设备管理|信任|隐私与安全性|开发者模式|主屏幕",
    "zh-Hant": "設定|一般|VPN 與裝置管理|信任|隱私權與安全性|開發者模式|主畫面",
    "ru": "Настройки|Основные|VPN и управление устройством|Доверять|Конфиденциальность и безопасность"
    "|Режим разработчика|экран «Домой»",
    "tr": "Ayarlar|Genel|VPN ve Aygıt Yönetimi|Güven|Gizlilik ve Güvenlik|Geliştirici Modu|Ana Ekran",
    "ar": "الإعدادات|عام|VPN وإدارة الجهاز (VPN & Device Management)|(Trust)|الخصوصية والأمن"
    "|نمط المطور (Developer Mode)|الشاشة الرئيسية",
    "he": "הגדרות|כללי|VPN וניהול מכשיר (VPN & Device Management)|(Trust)|פרטיות ואבטחה|מצב פיתוח (Developer Mode)"
    "|מסך הבית",
}


def page(**options: Any) -> str:
    app = App(
        title="MyApp",
        link=InstallLink("https://apps.example.com/manifest.plist"),
        version="1.2.3",
        size=24_300_000,
        date=dt.date(2026, 1, 5),
        minimum_os_version="16.0",
        profile_kind="enterprise",
    )
    return install_page([app], now=NOW, **options)


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}", text))


def test_the_languages_are_those_that_there_are_texts_of() -> None:
    assert ("en", *TRANSLATIONS) == LANGUAGES
    assert [*NAMES] == [*LANGUAGES]


def test_the_documentation_lists_which_languages_are_confirmed() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "page.md").read_text("utf-8")
    assert (
        tuple(re.findall(r"^\| `([\w-]+)` \| [^|]+ \| (?:the original|yes|not yet)\b", guide, re.MULTILINE))
        == LANGUAGES
    )


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_is_complete(language: str) -> None:
    words = TRANSLATIONS[language]
    assert [*words] == [*TEXTS]
    for name, text in words.items():
        assert placeholders(text) == placeholders(TEXTS[name]), name
        assert text == text.strip(), name
        assert text == unicodedata.normalize("NFC", text), name
        assert "{" not in re.sub(r"\{\w+\}", "", text), name
        # Nothing is left in English, but what is the same in both.
        assert text != TEXTS[name] or len(text) < 20 or name == "version", name
        # No mark that turns or hides text but isolates, which end where they began.
        apart = re.sub(r"\u2066[^\u2066\u2069]*\u2069", "", text)
        assert not re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", apart), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_are_named_as_the_device_names_them(language: str) -> None:
    words = texts(language)
    settings, general, management, trust, privacy, developer_mode, home_screen = NAMES[language].split("|")
    for name in (settings, general, management, trust):
        assert name in words["step_trust"]
    for step in ("step_developer_mode", "step_developer_mode_may"):
        assert all(name in words[step] for name in (settings, privacy, developer_mode))
    assert home_screen in words["step_home_screen"]
    # The button of the page, and the one of the device's own question.
    assert words["install"].lower() in words["step_confirm"].lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_in_each_language(language: str) -> None:
    document = page(language=language)
    assert f'<html lang="{language}" dir="{"rtl" if language in {"ar", "he"} else "ltr"}">' in document
    words = texts(language)
    for name in ("steps", "trouble", "trouble_help", "install"):
        assert f">{words[name]}<" in document.replace("&#x27;", "'")
    unknown = page(language=language, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) Mobile/15E148")
    assert f"<bdi>{words['some_app']}</bdi>" in unknown


@pytest.mark.parametrize(
    ("language", "date", "size"),
    [
        ("en", "2026-01-05", "<bdi>24.3</bdi> MB"),
        ("de", "05.01.2026", "<bdi>24,3</bdi> MB"),
        ("fr", "05/01/2026", "<bdi>24,3</bdi> Mo"),
        ("nl", "05-01-2026", "<bdi>24,3</bdi> MB"),
        ("ja", "2026年1月5日", "<bdi>24.3</bdi> MB"),
        ("ko", "2026년 1월 5일", "<bdi>24.3</bdi>MB"),
        ("zh-TW", "2026年1月5日", "<bdi>24.3</bdi> MB"),
        ("ru", "05.01.2026", "<bdi>24,3</bdi> МБ"),
        ("ar", "05/01/2026", "<bdi>24.3</bdi> ميغابايت"),
        ("he", "05.01.2026", "\u2066<bdi>24.3</bdi> MB\u2069"),
        ("sv", "2026-01-05", "<bdi>24.3</bdi> MB"),
    ],
)
def test_dates_and_sizes(language: str, date: str, size: str) -> None:
    document = page(language=language)
    assert f'<time datetime="2026-01-05">{date}</time>' in document
    assert f"<li>{size}</li>" in document


def test_dates_and_sizes_can_be_replaced() -> None:
    document = page(language="sv", texts={"date": "{day}/{month} <{year}>", "decimal_point": "&"})
    assert ">05/01 &lt;2026&gt;</time>" in document
    assert "<bdi>24&amp;3</bdi> MB" in document
    early = App(title="A", link=InstallLink("https://a.example/m"), date=dt.date(33, 4, 3))
    assert ">0033-04-03</time>" in install_page([early])


def test_texts_replace_those_of_the_language() -> None:
    document = page(language="de", texts={"install": "Her damit"})
    assert ">Her damit<" in document
    assert "So geht es weiter" in document


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *((language, language) for language in LANGUAGES),
        *((language.upper(), language) for language in LANGUAGES),
        ("de-CH-1996", "de"),
        ("de-DE-u-co-phonebk", "de"),
        ("en-GB", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hans-SG", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("iw-IL", "he"),
        ("sv", None),
        ("arn", None),
        ("d", None),
        ("x-de", None),
        ("", None),
        ("de_DE", None),
        ("de" + "-a" * 100_000, "de"),
    ],
)
def test_which_texts_a_tag_has(tag: str, language: str | None) -> None:
    assert supported(tag) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("sv, *;q=0.5", "en"),
        ("de", "de"),
        ("de-CH, de;q=0.9, en;q=0.8", "de"),
        ("sv-SE,sv;q=0.9,fr;q=0.8,en;q=0.7", "fr"),
        ("fr;q=0.5, it;q=0.9", "it"),
        ("fr;q=0.5, it;q=0.5", "fr"),
        ("fr ; q = 0.500 , it;q=0.501", "it"),
        ("fr;q=0, it;q=0.1", "it"),
        ("fr;q=0.000", "en"),
        ("fr;q=0., ru;q=1.", "ru"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-Hant"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("pt-PT, en;q=0.5", "pt-BR"),
        # What is not a range is passed over.
        ("de;q=2, fr", "fr"),
        ("de;q=x, fr", "fr"),
        ("de;level=1, fr", "fr"),
        ("<script>, \x00, ,,;q=1, fr", "fr"),
        ("日本語, ja;q=0.1", "ja"),
        ("," * 2**21, "en"),
        ("a-" * 2**20, "en"),
        (" " * 2**21 + "de", "en"),
    ],
)
def test_the_language_that_a_header_asks_for(header: str, language: str) -> None:
    assert preferred(header) == language
    assert f'<html lang="{language}"' in page(language="auto", accept_language=header)


def test_a_language_that_was_chosen_stays() -> None:
    assert '<html lang="de" dir="ltr">' in page(language="de", accept_language="fr")
    assert '<html lang="en" dir="ltr">' in page(language="auto")
    # Texts of one's own, in a language that the page has none of.
    assert '<html lang="sv" dir="ltr">' in page(language="sv", texts={"install": "Installera"})


def test_only_what_is_asked_for_is_loaded() -> None:
    path = str(Path(itms_ota.__file__).parents[1])
    script = f"import sys; sys.path.insert(0, {path!r}); from itms_ota.page import install_page; install_page([]); "
    shown = "print('itms_ota.page._translations' in sys.modules)"
    for more, loaded in (("", "False"), ("install_page([], language='de'); ", "True")):
        command = [sys.executable, "-I", "-c", script + more + shown]
        assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == loaded
