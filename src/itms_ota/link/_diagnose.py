"""What is wrong with a link, what a device asks for when it is tapped, and which URL was meant.

The rules are functions over the parts of a link; each yields what it finds. They stand in stages, in the order in
which a device meets the parts: where a stage finds nothing to go on with, the later ones are not asked. Each fault was
seen in published pages, scripts and logs. Whether it is an error follows from what a device does (`_device`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from .. import _hosting, _urls
from .._redact import redact_text
from .._urls import SPACE
from ..errors import Problem, errors_of
from ._device import asked_for, is_refused
from ._escapes import as_tapped, undo
from ._grammar import split
from ._prefix import ACTION
from ._schemes import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..errors import Level
    from ._escapes import Context, Repair
    from ._grammar import Parts

# Legitimate, but they do not install an app: StoreKit testing, and codes of the App Store.
_OTHER_ACTIONS = {"purchaseintent": "tests a purchase in an app (StoreKit)", "redeem-codes": "redeems App Store codes"}
_MOST_NESTED = 3


class Diagnosis(NamedTuple):
    """What was found out about a link."""

    meant: str | None  # the manifest's URL, as it stands; None where nobody can tell
    device_url: str | None  # what a device asks for; None where nothing happens
    problems: tuple[Problem, ...]


def diagnose(text: str, context: Context) -> Diagnosis:
    """Find out what is wrong with the link that stands in a text."""
    length = context.end - context.start
    if length > _urls.LONGEST:
        message = f"The link has {length:,} characters. Links of more than {_urls.LONGEST:,} are not read. Shorten it."
        return Diagnosis(None, None, (Problem("", "too-large", message),))
    tapped = as_tapped(text, context)
    link, repairs = undo(tapped)
    problems = [_REPAIRS[repair] for repair in repairs]
    meant = None
    for _ in range(1 + _MOST_NESTED):
        parts = split(link, context)
        found, meant = _judge(parts)
        problems += found
        link = parts.inner
        if not link:
            break
    # Escaped twice is an error wherever it stands, though a device that splits at ";" might find the url.
    is_lost = any(problem.code == "double-escaped" for problem in problems)
    device_url = None if is_lost else asked_for(tapped)
    problems += _not_asked_for(meant, device_url, problems)
    return Diagnosis(meant, device_url, tuple(problems))


def _not_asked_for(meant: str | None, device_url: str | None, problems: list[Problem]) -> Iterator[Problem]:
    """Hold what was found against what a device does: of two values of `url`, it may take the other."""
    if errors_of(problems) or (device_url is not None and _is_meant(device_url, meant or "", problems)):
        return
    message = (
        "As the link stands, a device finds another value of 'url' than the one that was meant. Nothing happens, or "
        "another app is installed. Write '&' between the parameters, and 'url' once."
    )
    yield Problem("url", "mangled-separator", message)


def _is_meant(device_url: str, meant: str, problems: Iterable[Problem]) -> bool:
    """Compare what a device asks for with what was meant; of a single value, a warning says which end is lost."""
    if any(problem.code == "duplicate-parameter" for problem in problems):
        return _urls.normalise(meant).startswith(_urls.normalise(device_url))
    asked, wanted = _urls.split(device_url), _urls.split(meant)
    return (asked.scheme or "").lower() == "https" and asked.name == wanted.name


# That it leads to the device itself (Apple's schema).
_ERROR_IN_A_LINK = "loopback-host"


def makes_a_link(url: str) -> bool:
    """Return whether `InstallLink` takes a URL; without words: that says why not."""
    faults = _urls.faults(_urls.normalise(url))
    return not any(_urls.refuses(fault) or fault.code == _ERROR_IN_A_LINK for fault in faults)


def url_problems(url: str, about_escapes: str = "") -> list[Problem]:
    """Check a manifest's URL."""
    found = [
        replace(problem, level="error") if problem.code == _ERROR_IN_A_LINK else problem
        for problem in _urls.problems(url, "url", about_escapes=about_escapes)
    ]
    if errors_of(found):
        return found
    if shared := _hosting.share_page_message(url):
        found.append(Problem("url", "share-page", shared, "warning"))
    elif _urls.path(url).lower().endswith((".ipa", ".html", ".apk", ".png", ".mobileconfig")):
        message = (
            f"The URL {_urls.redact(url)} looks like that of another file. The device then says 'Cannot connect'. The "
            "link must lead to the manifest, a property list that names the .ipa."
        )
        found.append(Problem("url", "wrong-file", message, "warning"))
    return found


def _judge(parts: Parts) -> tuple[list[Problem], str | None]:
    """Ask the rules, stage by stage; the URL that was meant is known where the last one is reached."""
    problems: list[Problem] = []
    for rules, goes_on in _STAGES:
        problems += [problem for rule in rules for problem in rule(parts)]
        if not goes_on(parts):
            return problems, None
    # What was escaped for HTML once too often is not part of the URL.
    return problems, re.sub("&(?:amp;)+", "&", parts.value.meant)


_SPACE = "There is white space around the link"
_REPAIRS: dict[Repair, Problem] = {
    "space": Problem("", "whitespace", f"{_SPACE}. Browsers remove it, other programs do not. Remove it.", "warning"),
    "odd-space": Problem("", "whitespace", f"{_SPACE} that browsers do not remove, such as U+00A0. Remove it."),
    "lines": Problem("", "line-broken", "The link is broken over several lines. Only the first is tapped. Join them."),
    "escapes": Problem(
        "",
        "escaped",
        r"The link contains escapes of JSON, JavaScript, HTML, mail or a shell (\/, \u0026, \x26, &#038;, =3D, \&). "
        "Devices do not understand them. Undo them when you copy the link out of source.",
    ),
    "encoding": Problem(
        "", "encoded-link", "The whole link is percent-encoded. No device understands that. Decode it once."
    ),
}


# The scheme, and what stands between it and the parameters.


def _not_a_link(parts: Parts) -> Iterator[Problem]:
    if parts.is_link:
        return
    if other := explain(parts.text):
        yield Problem("", "other-scheme", other)
    else:
        message = f"{redact_text(parts.text)} is not a valid install link. Begin it with 'itms-services://?'."
        yield Problem("", "not-a-link", message)


def _unsafe(parts: Parts) -> Iterator[Problem]:
    if parts.unsafe:
        message = "Angular has marked the link 'unsafe:', as it does not know the scheme. The device does nothing."
        yield Problem("", "unsafe-scheme", f"{message} Allow the scheme itms-services.")


def _scheme(parts: Parts) -> Iterator[Problem]:
    if not parts.scheme:
        message = "The scheme is missing. Safari says that the address is invalid. Write itms-services: before the //."
        yield Problem("", "no-scheme", message)
    elif parts.scheme.lower() != "itms-services:":
        effect = "looks for a server of that name" if "//" in parts.scheme else "says that the address is invalid"
        message = f"Expected 'itms-services:' at the beginning, found {redact_text(parts.scheme)}. Safari {effect}."
        yield Problem("", "wrong-scheme", f"{message} Begin the link with 'itms-services://?'.")


def _slashes(parts: Parts) -> Iterator[Problem]:
    if parts.scheme.lower() != "itms-services:" or not parts.question or parts.between == "//" or "#" in parts.between:
        return
    message = f"Expected '//' between the scheme and '?', found {redact_text(parts.between)}."
    if "\\" in parts.between:
        yield Problem("", "slashes", f"{message} With a backslash, the device does nothing. Write //.")
    elif re.search(f"[{SPACE}]", parts.between):
        yield Problem("", "whitespace", f"{message} With white space, the device does nothing. Remove it.")
    else:
        yield Problem("", "slashes", f"{message} Devices were seen to accept this. Write //.", "warning")


def _no_query(parts: Parts) -> Iterator[Problem]:
    if not parts.question:
        message = "The link has no '?', so it asks for nothing. Begin it with 'itms-services://?'."
        yield Problem("", "no-query", message)


# The parameters.


def _encoded_query(parts: Parts) -> Iterator[Problem]:
    if parts.is_query_encoded:
        message = "The parameters are percent-encoded as a whole. Devices find none. Encode only the value of 'url'."
        yield Problem("", "encoded-link", message)


def _action(parts: Parts) -> Iterator[Problem]:
    action = parts.action["value"] if parts.action else ACTION
    alone = action.strip(SPACE).lower()
    if not parts.action:
        message = "The link has no parameter 'action', so the device does nothing. Add action=download-manifest."
        yield Problem("action", "missing", message)
    elif alone == ACTION and action != action.strip(SPACE):
        message = f"The action is written {action!r}. The device does not recognise it. Remove the white space."
        yield Problem("action", "whitespace", message)
    elif alone == ACTION and action != ACTION:
        message = f"The action is written {action!r}. Write download-manifest, the only spelling known to work."
        yield Problem("action", "letter-case", message, "warning")
    elif alone in _OTHER_ACTIONS:
        message = f"The action {action!r} {_OTHER_ACTIONS[alone]}. It is valid, but does not install an app."
        yield Problem("action", "other-action", f"{message} To install, write download-manifest.")
    elif alone != ACTION and (left := _urls.placeholder(action.strip(SPACE))) is not None:
        message = f"The action contains the placeholder {redact_text(left, 40)}. The device does nothing. Fill it in."
        yield Problem("action", "placeholder", message)
    elif alone != ACTION:
        message = f"Unknown action {redact_text(action)}; the device does nothing. To install, write download-manifest."
        yield Problem("action", "unknown-action", message)


def _after_action(parts: Parts) -> Iterator[Problem]:
    if parts.after_action.startswith(("%", "?")):
        rest = redact_text(parts.after_action, 20)
        message = f"Unexpected {rest} after the action; the device does not recognise it. Remove it."
        yield Problem("action", "unknown-action", message)


def _no_url(parts: Parts) -> Iterator[Problem]:
    if not parts.url:
        message = "The link has no parameter 'url', so it does not name a manifest."
        cure = "Add it."
        if parts.query == f"action={ACTION}":
            cure = (
                "A shell cuts a link at '&': write quotes around it, double quotes in cmd.exe. Else add the parameter."
            )
        yield Problem("url", "missing", f"{message} {cure}")


def _separator(parts: Parts) -> Iterator[Problem]:
    separator = parts.separator
    if separator == "&":
        return
    if separator == ";":
        message = "The parameters are separated by ';', which devices accept. Write '&', the usual form."
        yield Problem("", "semicolon", message, "warning")
    elif separator == "&amp;" and not parts.context.entities:
        message = (
            "The '&' is written '&amp;', which is right only in HTML, and not in a script. The device still finds "
        )
        yield Problem("", "html-escaped", f"{message}the url. Elsewhere write '&'.", "warning")
    elif separator.startswith("&amp;"):
        message = "The '&' is escaped twice, so the device does not find the url. Escape it once, only in HTML source."
        yield Problem("", "double-escaped", message)
    else:
        found = redact_text(separator) if separator else "nothing"
        message = f"Expected '&' between the parameters, found {found}."
        yield Problem("", "mangled-separator", f"{message} The device does not find the url. Write '&'.")


def _action_spelling(parts: Parts) -> Iterator[Problem]:
    return _spelling("action", parts.action, "separator")


def _url_spelling(parts: Parts) -> Iterator[Problem]:
    return _spelling("url", parts.url, "mark")


def _spelling(name: str, parameter: re.Match[str] | None, beside: str) -> Iterator[Problem]:
    """Check how a parameter's name is written, and the separator or mark beside it."""
    if not parameter:
        return
    written, mark = parameter["name"], parameter[beside] or ""
    if written != written.strip(SPACE):
        message = f"The parameter {name!r} is written {written!r}. The device does not find it. Remove the white space."
        yield Problem(name, "whitespace", message)
    elif written.lower() != name:
        message = f"The parameter is named {written!r}, and the device looks for {name!r}. Write {name!r}."
        yield Problem(name, "missing", message)
    elif written != name:
        message = f"The parameter is written {written!r}. Write {name!r}, the only spelling known to work."
        yield Problem(name, "letter-case", message, "warning")
    if mark.upper() in {"?", "%3D"}:
        message = f"{mark!r} stands beside the parameter {name!r}. The device does not find it. Write '&{name}='."
        yield Problem(name, "mangled-separator", message)


def _early_fragment(parts: Parts) -> Iterator[Problem]:
    if "#" in parts.between + parts.lead:
        message = "A '#' stands before a parameter. The device takes what follows for a fragment. Remove the '#'."
        yield Problem("", "cut-short", message)


def _spaced(parts: Parts) -> Iterator[Problem]:
    if parts.value.is_spaced:
        message = "There is white space around the manifest's URL. iOS 16 and earlier then do nothing. Remove it."
        yield Problem("url", "whitespace", message)


def _duplicates(parts: Parts) -> Iterator[Problem]:
    for name in ("action", "url"):
        values = parts.all_of(name)
        if len(values) > 1:
            first = _urls.redact(_urls.decode(values[0]))
            message = f"The link repeats {name!r}. Devices are assumed to use the first, {first}. Leave one."
            yield Problem(name, "duplicate-parameter", message, "warning")


def _nested(parts: Parts) -> Iterator[Problem]:
    if parts.inner:
        message = "Another link stands in place of the manifest's URL: the prefix was put before it twice."
        yield Problem("url", "nested-link", f"{message} The device finds no manifest. Use the inner link alone.")


# The value of `url`.


def _template(parts: Parts) -> Iterator[Problem]:
    left, joined = parts.value.placeholder, parts.context.joined
    if left or joined:
        what = "is put together by a program" if joined else f"contains the placeholder {redact_text(left, 40)}"
        message = f"The link {what}, so its manifest is not known. Fill it in, and check the link that comes out."
        yield Problem("url", "placeholder", message)
        found = _urls.problems(_urls.decode(parts.value.text), "url")
        yield from (problem for problem in found if problem.code == "not-https")
    elif not parts.value.text:
        message = "The parameter 'url' is empty. Write the https address of the manifest, percent-encoded."
        yield Problem("url", "empty", message)


def _quotes(parts: Parts) -> Iterator[Problem]:
    if parts.value.quotes:
        message = f"{parts.value.quotes!r} stands before the URL. The device then does nothing. Remove it."
        yield Problem("url", "surrounding-text", message)


def _cut_short(parts: Parts) -> Iterator[Problem]:
    value = parts.value
    if value.cut:
        seen = _urls.decode(value.before_cut)
        message = f"The manifest's URL is not percent-encoded and is cut at {value.cut!r}. The device sees "
        # A plain fragment is never sent to the server, so nothing is lost with it.
        is_harmless = value.cut == "#" and not re.search("[&=.]", value.after_cut) and not is_refused(seen)
        level: Level = "warning" if is_harmless else "error"
        yield Problem("url", "cut-short", f"{message}{_urls.redact(seen)}. Encode the whole URL.", level)


def _trailing(parts: Parts) -> Iterator[Problem]:
    value = parts.value
    if value.trailing:
        level, effect = _effect(value.written + value.trailing if value.cut else value.before_cut)
        message = f"The URL ends in {redact_text(value.trailing, 40)}, which seems left over from the text around it."
        yield Problem("url", "trailing-text", f"{message} {effect} Remove it.", level)


def _semicolon(parts: Parts) -> Iterator[Problem]:
    value = parts.value
    if not value.cut and ";" in value.written and _urls.host(value.decoded):
        seen = _urls.redact(_urls.decode(value.written.partition(";")[0]))
        message = f"The manifest's URL contains a ';'. A device that splits there sees {seen}. Encode the whole URL."
        # Where the parameters are found only by splitting at ";", the device does.
        yield Problem("url", "cut-short", message, "warning" if parts.separator == "&" else "error")


def _not_encoded(parts: Parts) -> Iterator[Problem]:
    value = parts.value
    if value.is_absolute and not value.cut and value.decoded != value.written:
        level, effect = _effect(value.written)
        message = f"The manifest's URL is not percent-encoded. {effect} Encode the whole URL: %20 becomes %2520."
        yield Problem("url", "not-encoded", message, level)


def _effect(written: str) -> tuple[Level, str]:
    """Return how bad it is that a device decodes a value as it is written, and what it does then."""
    url = _urls.decode(written)
    seen = f"The device decodes it and sees {_urls.redact(url)}"
    if is_refused(url):
        return "error", f"{seen}, which is not a valid URL, and does nothing."
    return "warning", f"{seen}."


def _double_encoded(parts: Parts) -> Iterator[Problem]:
    if parts.value.is_double_encoded:
        message = f"The manifest's URL is encoded twice. The device sees {_urls.redact(parts.value.decoded)}, which is "
        yield Problem("url", "double-encoded", f"{message}not a valid URL, and does nothing. Encode it once.")


def _manifest_url(parts: Parts) -> Iterator[Problem]:
    # A cure says how the URL is written, which is one step before the link.
    once_more = " In the link, write its '%' as %25: a space is %2520 there."
    yield from url_problems(parts.value.meant, "" if parts.value.is_absolute else once_more)


def _is_filled(parts: Parts) -> bool:
    return bool(parts.value.text) and not parts.value.placeholder and not parts.context.joined


_STAGES: tuple[tuple[tuple[Callable[[Parts], Iterator[Problem]], ...], Callable[[Parts], bool]], ...] = (
    ((_not_a_link,), lambda parts: parts.is_link),
    ((_unsafe, _scheme, _slashes, _no_query), lambda parts: bool(parts.question or parts.query)),
    ((_encoded_query, _action), lambda parts: parts.installs),
    ((_action_spelling, _after_action, _no_url), lambda parts: parts.url is not None),
    ((_separator, _url_spelling, _early_fragment, _spaced, _duplicates, _nested), lambda parts: not parts.inner),
    ((_template,), _is_filled),
    ((_quotes, _cut_short, _trailing, _semicolon, _not_encoded, _double_encoded, _manifest_url), lambda _: True),
)
"""The rules in their order, and after each stage whether there is something left to look at."""
