"""Reports travel: what is written of each is ready for JSON, and the report that is made of it is the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import plistlib
import random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from _deployment import MANIFEST_URL
from _reports import ITEM, REPORTS, changed, reports_of_apps

from itms_ota import (
    InstallLink,
    LinkReport,
    Manifest,
    ManifestReport,
    inspect_link,
)
from itms_ota._plist import EXTRA
from itms_ota._redact import whole_without_secrets
from itms_ota._shapes import SECONDS, TIME, Choice, Derived, Many, Maybe, Record, check_bounds, read_time
from itms_ota._wording import PROBLEMS, Report
from itms_ota.check import CheckReport
from itms_ota.ipa import IpaReport
from itms_ota.logs import LogReport
from itms_ota.release import Release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def again(report: Report) -> Any:
    """Return the report that is made of what is written of one, which is the same, also after JSON."""
    data = report.to_dict()
    assert list(data)[:3] == ["report", "ok", "problems"]
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text) == data
    kind = type(report)
    made = kind.from_dict(json.loads(text))
    assert type(made) is kind
    assert made.to_dict() == data
    assert json.dumps(made.to_dict()) == text
    return made


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.to_dict()["report"])
def test_a_report_without_secrets_is_equal(report: Any) -> None:
    made = again(report)
    assert made == report
    assert (repr(made), str(made), made._repr_html_()) == (repr(report), str(report), report._repr_html_())


def test_reports_of_apps_are_equal(tmp_path: Path) -> None:
    for report in reports_of_apps(tmp_path):
        made = again(report)
        assert made == report
        assert (repr(made), str(made), made._repr_html_()) == (repr(report), str(report), report._repr_html_())


def test_a_report_is_read_from_other_mappings_and_sequences() -> None:
    report = inspect_link(f"itms-services:/?action=download-manifest&url={MANIFEST_URL}")
    data: Any = report.to_dict()
    data["problems"] = tuple(MappingProxyType(problem) for problem in data["problems"])
    assert LinkReport.from_dict(MappingProxyType(data)) == report


def test_what_is_not_a_number_stays_so() -> None:
    written: Any = EXTRA.write({"x": [math.nan, math.nan]})
    assert written == {"x": [{"$real": "nan"}, {"$real": "nan"}]}
    assert all(map(math.isnan, EXTRA.read(written, "data")["x"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b"\x00\xff", {"$data": "AP8="}),
        (bytearray(b"a"), {"$data": "YQ=="}),
        (dt.datetime(2026, 1, 2, 3, 4, 5), {"$date": "2026-01-02T03:04:05Z"}),  # noqa: DTZ001
        (dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), {"$date": "2026-01-02T00:00:00+00:00"}),
        (plistlib.UID(7), {"$uid": 7}),
        (2**53 - 1, 2**53 - 1),
        (2**53, {"$integer": "0x20000000000000"}),
        (-(2**53), {"$integer": "-0x20000000000000"}),
        (-math.inf, {"$real": "-inf"}),
        (True, True),
        ((1, "a"), [1, "a"]),
        (-(2**64), {"$integer": "-0x10000000000000000"}),
        ({"$data": 1}, {"$$data": 1}),
        ({"$$": 1}, {"$$$": 1}),
        ({"$data": 1, "x": 2}, {"$data": 1, "x": 2}),
        ("\ud83c\udf89", "🎉"),
    ],
)
def test_values_of_a_property_list(value: Any, written: object) -> None:
    assert EXTRA.write({"x": value, "y": 1}) == {"x": written, "y": 1}
    assert EXTRA.write(EXTRA.read({"x": written, "y": 1}, "data")) == {"x": written, "y": 1}


def test_an_integer_that_python_shows_no_digits_of() -> None:
    huge = 10**5000
    assert EXTRA.read(json.loads(json.dumps(EXTRA.write({"x": huge}))), "data") == {"x": huge}


# Secrets


def test_secrets_are_hidden_once_and_for_all() -> None:
    url = "https://me:hunter2@a.example/0123456789abcdef/m?token=hunter2&X-Amz-Signature=0123456789abcdef01"
    shown = "https://…@a.example/0123…/m?token=…&X-Amz-Signature=0123…"
    extra: dict[str, Any] = {"url": [url], url: url.encode(), "https://you:hunter2@a.example/0123456789abcdef/m": 1}
    data: Any = again(ManifestReport(Manifest(items=(), extra=extra), "manifest", ())).to_dict()
    written = data["manifest"]["extra"]
    assert written["url"] == [shown]
    assert list(written) == ["url", shown, "https://…@a.example/0123…/m"]
    assert "hunter2" not in json.dumps(data)
    assert EXTRA.read(written, "data")[shown] == shown.encode()


def test_keys_that_differ_in_their_secrets_alone_are_all_there() -> None:
    extra = {f"https://{number}:hunter2@a.example/": number for number in range(4)}
    data: Any = again(ManifestReport(Manifest(items=(), extra=extra), "manifest", ())).to_dict()
    assert list(data["manifest"]["extra"].values()) == [0, 1, 2, 3]
    assert "hunter2" not in json.dumps(data)


def test_a_link_with_a_secret_is_told_without_it() -> None:
    for path in ("m?token=hunter2", "0123456789abcdef/m", "m#hunter2"):
        for host in ("a.example", "build-server-2026x5"):
            report = inspect_link(str(InstallLink(f"https://{host}/{path}")))
            made = again(report)
            assert made != report
            assert made.link.manifest_url == report.to_dict()["link"]["manifest_url"]  # type: ignore[index]
            assert "…" in made.link.manifest_url
            assert {"placeholder", "invalid-url"} & {problem.code for problem in made.link.problems()}


def test_a_line_that_may_hold_a_url_is_cut_where_nobody_reads_on() -> None:
    long = "https://a.example/" + "word/" * 4000
    text = f"{'no URL ' * 5000}\n{long}\n{long[:16_384]}\n"
    written: Any = again(LinkReport(text, None, None, (), 0, 1)).text
    assert written == text.replace(f"{long}\n", f"{long[:16_384]}…\n")


def test_a_text_that_is_never_the_same_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def hide(text: str, _: int) -> str:
        return f"{text}x"

    monkeypatch.setattr("itms_ota._redact._secrets.without_secrets", hide)
    assert whole_without_secrets("a/b") == "…"


def test_random_texts_are_written_as_they_are_read() -> None:
    draw = random.Random(11)
    parts = [
        *"…@:/?#&=%;. \n\"'<>\\$",
        "%40",
        "%3A%2F%2F",
        "https://",
        "a.example",
        "token=",
        "0123456789abcdef",
        "key",
    ]
    for _ in range(3000):
        text = "".join(draw.choices(parts, k=draw.randrange(1, 14)))
        key = "".join(draw.choices(parts, k=3))
        assert again(LinkReport(text, None, text, (), 0, 1)).text == whole_without_secrets(text)
        made = again(ManifestReport(Manifest(items=(), extra={key: text, text: {text: 1}}), "plist", ()))
        assert len(made.manifest.extra) == len({key, text})


# What is refused

LINK = inspect_link(f"itms-services:/?action=download-manifest&url={MANIFEST_URL}").to_dict()
MANIFEST = ManifestReport(Manifest(items=(ITEM,), extra={"x": 1}), "manifest", ()).to_dict()


EXTRA_X = ("manifest", "extra", "x")
CHECKSUM = ("manifest", "items", 0, "assets", 0, "checksums", 0)


@pytest.mark.parametrize(
    ("kind", "data", "error"),
    [
        (LinkReport, [], "TypeError: data must be dict, not list"),
        (LinkReport, None, "TypeError: data must be dict, not NoneType"),
        (LinkReport, {}, "ValueError: data.report must be 'link'"),
        (LinkReport, {"report": "link"}, "ValueError: data.problems is missing"),
        (LinkReport, MANIFEST, "ValueError: data.report must be 'link'"),
        (LinkReport, changed(LINK, ("report",), 5), "TypeError: data.report must be str, not int"),
        (LinkReport, changed(LINK, ("text",), None), "TypeError: data.text must be str, not NoneType"),
        (LinkReport, changed(LINK, ("text",), ...), "ValueError: data.text is missing"),
        (LinkReport, changed(LINK, ("start",), bool(1)), "TypeError: data.start must be int, not bool"),
        (LinkReport, changed(LINK, ("start",), 1.0), "TypeError: data.start must be int, not float"),
        (LinkReport, changed(LINK, ("problems",), "x"), "TypeError: data.problems must be list, not str"),
        (LinkReport, changed(LINK, ("problems", 0), 1), "TypeError: data.problems[0] must be dict, not int"),
        (
            LinkReport,
            changed(LINK, ("problems", 0, "path"), 1),
            "TypeError: data.problems[0].path must be str, not int",
        ),
        (LinkReport, changed(LINK, ("problems", 0, "path"), ...), "ValueError: data.problems[0].path is missing"),
        (
            LinkReport,
            changed(LINK, ("problems", 0, "code"), "hunter2"),
            "ValueError: data.problems[0].code must be one of those of this version",
        ),
        (
            LinkReport,
            changed(LINK, ("problems", 0, "level"), "fatal"),
            "ValueError: data.problems[0].level must be one of 'error', 'warning'",
        ),
        (
            LinkReport,
            changed(LINK, ("link", "manifest_url"), "http://a.example/"),
            "ValueError: data.link is not a valid InstallLink: error at url: ",
        ),
        (
            LinkReport,
            changed(LINK, ("link", "manifest_url"), "http://a.example/…"),
            "ValueError: data.link is not a valid InstallLink: error at url: ",
        ),
        (
            ManifestReport,
            changed(MANIFEST, ("kind",), "x"),
            "ValueError: data.kind must be one of 'manifest', 'plist', ",
        ),
        (ManifestReport, changed(MANIFEST, ("manifest",), []), "TypeError: data.manifest must be dict, not list"),
        (
            ManifestReport,
            changed(MANIFEST, (*CHECKSUM, "digests"), ["x"]),
            "ValueError: data.manifest.items[0].assets[0].checksums[0] is not a valid Checksum: error at digests[0]: ",
        ),
        (
            ManifestReport,
            changed(MANIFEST, (*CHECKSUM, "algorithm"), "sha1"),
            "ValueError: data.manifest.items[0].assets[0].checksums[0].algorithm must be one of 'md5', 'sha256'",
        ),
        (
            ManifestReport,
            changed(MANIFEST, ("manifest", "extra"), {"$data": "AA=="}),
            "TypeError: data.manifest.extra must be dict, not bytes",
        ),
        (
            ManifestReport,
            changed(MANIFEST, ("manifest", "extra"), 5),
            "TypeError: data.manifest.extra must be dict, not int",
        ),
        (
            ManifestReport,
            changed(MANIFEST, ("manifest", "extra"), {1: 2}),
            "TypeError: each key of data.manifest.extra must be str, not int",
        ),
        *(
            (
                ManifestReport,
                changed(MANIFEST, EXTRA_X, value),
                f"{error.partition(':')[0]}: data.manifest.extra.x{error.partition(':')[2]}",
            )
            for value, error in [
                (None, "TypeError: must be a value of JSON, not NoneType"),
                ([b"x"], "TypeError:[0] must be a value of JSON, not bytes"),
                ({"$data": 5}, "TypeError:.$data must be str, not int"),
                ({"$data": "A"}, "ValueError:.$data is not valid Base64"),
                ({"$data": "AAAA\n"}, "ValueError:.$data is not valid Base64"),
                ({"$data": "Ä"}, "ValueError:.$data is not valid Base64"),
                ({"$date": 5}, "TypeError:.$date must be str, not int"),
                ({"$date": "2026-01-02"}, "ValueError:.$date must be a time as datetime.isoformat() writes it"),
                ({"$date": "20260102T030405Z"}, "ValueError:.$date must be a time as datetime.isoformat() writes it"),
                (
                    {"$date": "2026-01-02T03:04:05+00:00Z"},
                    "ValueError:.$date must end with 'Z' or an offset from UTC",
                ),
                (
                    {"$date": "2026-13-02T03:04:05Z"},
                    "ValueError:.$date must be a time as datetime.isoformat() writes it",
                ),
                ({"$uid": "5"}, "TypeError:.$uid must be int, not str"),
                ({"$uid": True}, "TypeError:.$uid must be int, not bool"),
                ({"$uid": -1}, "ValueError:.$uid must be from 0 to 2**64 - 1"),
                ({"$uid": 2**64}, "ValueError:.$uid must be from 0 to 2**64 - 1"),
                ({"$real": "1.0"}, "ValueError:.$real must be one of 'nan', 'inf', '-inf'"),
                ({"$real": 1.0}, "TypeError:.$real must be str, not float"),
                ({"$integer": "12"}, "ValueError:.$integer must be a hexadecimal integer"),
                ({"$integer": "0x_1"}, "ValueError:.$integer must be a hexadecimal integer"),
                ({"$integer": 12}, "TypeError:.$integer must be str, not int"),
                ({"$type": 1}, "ValueError:.$type is not a known mark of a value; see '$data', '$date', "),
                ({"$": 1}, "ValueError:.$ is not a known mark of a value"),
            ]
        ),
    ],
)
def test_what_is_no_report_is_refused(kind: type[Report], data: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        kind.from_dict(data)
    name, _, message = error.partition(": ")
    assert type(caught.value).__name__ == name
    assert str(caught.value).startswith(message.removeprefix(" "))
    assert "hunter2" not in str(caught.value)


def test_keys_that_are_not_known_are_ignored_and_fields_with_a_default_may_be_missing() -> None:
    report = inspect_link(f"itms-services:/?action=download-manifest&url={MANIFEST_URL}")
    data: Any = changed(LINK, ("new",), [{"x": None}])
    data = changed(data, ("problems", 0, "new"), 1)
    data = changed(data, ("problems", 0, "line"), ...)
    assert LinkReport.from_dict(data) == report
    assert LinkReport.from_dict(changed(data, ("ok",), ...)) == report


def test_hostile_data_is_bounded() -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"x": deep}
    wide: Any = []
    for _ in range(60):
        wide = [wide, wide]
    endless: Any = {}
    endless["x"] = [endless]
    for data in (deep, wide, endless):
        for given in (data, {**MANIFEST, "new": data}, changed(MANIFEST, EXTRA_X, data)):
            with pytest.raises(
                ValueError, match=r"^data (?:has more than 5,000,000 values|is nested more than 120 levels)"
            ):
                ManifestReport.from_dict(given)
        with pytest.raises(ValueError, match=r"more than (?:100,000 values|100 levels)"):
            ManifestReport(Manifest(items=(), extra={"x": data}), "manifest", ()).to_dict()


def test_what_a_property_list_cannot_hold_is_not_written() -> None:
    for value in (None, {1: 2}, [{1}]):
        with pytest.raises(TypeError, match=r"is not a (?:value of a property list|str)$"):
            ManifestReport(Manifest(items=(), extra={"x": value}), "manifest", ()).to_dict()  # type: ignore[dict-item]


@pytest.mark.parametrize("data", [True, "1", None, math.inf, math.nan, 10**400])
def test_what_is_no_number_of_seconds_is_refused(data: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^data must be (?:float|a finite number)"):
        SECONDS.read(data, "data")


def test_times() -> None:
    time = dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)
    assert TIME.read(TIME.write(time), "data") == time
    with pytest.raises(ValueError, match=r"^data must have an offset from UTC"):
        TIME.read("2026-01-02T00:00:00", "data")
    assert SECONDS.read(1, "data") == 1.0


# The shapes are those of the classes


def records(shape: Any) -> Iterator[Record]:
    """Yield a record and those within it."""
    if isinstance(shape, Record):
        yield shape
        for part in shape.shapes.values():
            yield from records(part)
    elif isinstance(shape, (Maybe, Many)):
        yield from records(shape.shape)


REPORT_KINDS = [LinkReport, ManifestReport, CheckReport, IpaReport, LogReport, Release]


@pytest.mark.parametrize("kind", REPORT_KINDS, ids=lambda kind: kind.__name__)
def test_every_field_travels_in_the_shape_of_its_type(kind: type[Report]) -> None:
    for record in records(Record(kind, kind._shapes)):
        fields = {
            field.name: str(field.type) for field in dataclasses.fields(record.cls) if not field.name.startswith("_")
        }
        read = {name: shape for name, shape in record.shapes.items() if not isinstance(shape, Derived)}
        assert {*read} == {*fields}
        for name, shape in read.items():
            choices = isinstance(shape, Choice)
            assert choices or shape.annotation == fields[name], f"{record.cls.__name__}.{name}"


def test_check_bounds_takes_what_reports_have() -> None:
    check_bounds({"x": [None] * 1000})
    assert PROBLEMS.read([], "data") == ()


def test_a_time_that_is_not_a_text_is_a_wrong_type() -> None:
    with pytest.raises(TypeError, match=r"^data\.created must be str, not int$"):
        TIME.read(5, "data.created")
    with pytest.raises(TypeError, match=r"^data\.created must be str, not int$"):
        read_time(5, "data.created")
