"""The rules for the values of a manifest: pure functions, each for one kind of value.

A rule takes a value, the dictionary that holds it, and the level of a fault that keeps the device from installing
(``"warning"`` where the app installs all the same). It returns what is wrong, with paths relative to the value.
`_schema` says which rule holds for which key, and where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TypeAlias

from .. import _hosting, _urls
from .._plist import WHITE_SPACE, PlistValue, child
from .._redact import redact_text
from .._wording import described, short
from ..checksum import CHUNK_SIZE, HEX_LENGTH, Algorithm, digest_fault
from ..errors import Code, Level, Problem
from ._kinds import ASSET_KINDS, DISPLAY_IMAGE, FULL_SIZE_IMAGE, IPHONE, OTHER_PLATFORMS, PACKAGE

Raw: TypeAlias = Mapping[str, PlistValue]
Rule: TypeAlias = Callable[[PlistValue, Raw, Level], Iterable[Problem]]

_NOT_A_PACKAGE = frozenset(
    {
        *(".plist", ".mobileconfig", ".mobileprovision", ".png", ".jpg", ".html"),
        *(".apk", ".aab", ".app", ".deb", ".dmg", ".exe", ".msi", ".rar", ".7z", ".zip"),
    }
)
MAC_PACKAGE = ".pkg"
_NOT_AN_IMAGE = frozenset({".ipa", ".plist", ".html"})
_WRONG_EXTENSIONS = {PACKAGE: _NOT_A_PACKAGE, DISPLAY_IMAGE: _NOT_AN_IMAGE, FULL_SIZE_IMAGE: _NOT_AN_IMAGE}

_BUNDLE_IDENTIFIER = re.compile(r"[A-Za-z0-9.-]{2,}")
# Ten capital letters and digits, as they stand before the identifier in entitlements (Apple: App ID Prefix). Nearly all
# have both; ten letters alone are a prefix only where what begins like the name of a domain follows.
TEAM_PREFIX = r"(?: (?=[0-9]*[A-Z]) (?=[A-Z]*[0-9]) [A-Z0-9]{10}\. | [A-Z]{10}\. (?=(?:com|net|org|[a-z]{2})\.) )"
_TEAM_PREFIX = re.compile(TEAM_PREFIX, re.VERBOSE)
# Apple, CFBundleShortVersionString: one to three integers with periods between.
VERSION = r"[0-9]+(?:\.[0-9]+){0,2}"
_UNSET = frozenset({"undefined", "null", "None", "nil", "NaN"})


def fault(code: Code, message: str, level: Level, path: str = "") -> Problem:
    """Return a problem of the value itself, or of a part of it."""
    return Problem(path, code, message, level)


def wrong_type(expected: str, value: PlistValue, level: Level) -> Problem:
    """Return the problem of a value that is of another type than Apple's schema wants."""
    return fault("wrong-type", f"Expected {expected}, got {described(value)}.", level)


# Texts.


def text_faults(value: PlistValue, level: Level) -> list[Problem]:
    """Find out why a value is not a text that says something; nothing if it is."""
    if not isinstance(value, str):
        return [wrong_type("a string", value, level)]
    if value.strip(WHITE_SPACE):
        return []
    cure = "Fill it in." if level == "error" else "Fill it in, or remove the key."
    return [fault("empty", f"The value is blank ({short(value)}). {cure}", level)]


def shown_text(value: PlistValue, _owner: Raw, level: Level) -> Iterator[Problem]:
    """Check a text that people see."""
    faults = text_faults(value, level)
    yield from faults
    if not faults and isinstance(value, str):
        yield from _oddities(value)


def _oddities(text: str) -> Iterator[Problem]:
    if text != text.strip(WHITE_SPACE):
        yield fault("whitespace", f"{short(text)} begins or ends with white space. Remove it.", "warning")
    if left := _urls.placeholder_in_text(text):
        message = f"{short(text)} seems to contain the placeholder {redact_text(left, 40)}. Fill in the template."
        yield fault("placeholder", message, "warning")


def version(value: PlistValue, _owner: Raw, _level: Level) -> Iterator[Problem]:
    """Check a version: the device takes texts alone, and compares them as texts, so that an odd one installs."""
    if not isinstance(value, str):
        message = (
            f"Expected a string, got {described(value)}. The device ignores it: the app installs, but device "
            "management does not see an update. Write it as a <string>; YAML needs quotation marks for that."
        )
        yield fault("wrong-type", message, "warning")
        return
    faults = text_faults(value, "warning")
    yield from faults
    if faults:
        return
    yield from _oddities(value)
    if not _urls.placeholder_in_text(value) and not re.fullmatch(VERSION, value.strip(WHITE_SPACE)):
        message = (
            f"The version {short(value)} is unusual. Apple writes one to three integers with periods, as in 1.2.3."
        )
        yield fault("odd-version", message, "warning")


def bundle_identifier(value: PlistValue, _owner: Raw, level: Level) -> list[Problem]:
    """Check a bundle identifier: the device compares it with that of the .ipa, and does not judge its letters."""
    faults = text_faults(value, level)
    if faults or not isinstance(value, str):
        return faults
    odd = _odd_identifier(value)
    if odd is None and "YOUR" not in value and value not in _UNSET:
        return []
    left = _urls.placeholder(value)
    if left is not None:
        message = (
            f"The bundle identifier {short(value)} still contains the placeholder {redact_text(left, 40)}. "
            "Fill in the template."
        )
        return [fault("placeholder", message, level)]
    if not set(value).isdisjoint(WHITE_SPACE):
        message = f"The bundle identifier {short(value)} contains white space, so it matches no app. Remove it."
        return [fault("whitespace", message, level)]
    return [] if odd is None else [fault("odd-bundle-identifier", odd, "warning")]


def _odd_identifier(value: str) -> str | None:
    if prefix := _TEAM_PREFIX.match(value):
        return (
            f"The bundle identifier {short(value)} begins with {prefix[0]!r}, which looks like a team's prefix. The "
            "CFBundleIdentifier in the .ipa rarely has one, and the install fails if the two differ. Compare them."
        )
    if _BUNDLE_IDENTIFIER.fullmatch(value):
        return None
    # Seen in the wild, and installed: "Facebook++".
    return (
        f"The bundle identifier {short(value)} is unusual. Apple allows letters, digits, '-' and '.', two or more. It "
        "must equal the CFBundleIdentifier in the .ipa."
    )


def item_kind(value: PlistValue, _owner: Raw, level: Level) -> list[Problem]:
    """Check the kind of an item."""
    faults = text_faults(value, level)
    if faults or value == "software":
        return faults
    return [fault("wrong-kind", f"The kind is {short(value)}. The device refuses every kind but 'software'.", level)]


def platform_identifier(value: PlistValue, _owner: Raw, level: Level) -> list[Problem]:
    """Check the platform of an item: the device compares it as a text, and skips an item of any other."""
    faults = text_faults(value, "warning")
    if faults or not isinstance(value, str) or value == IPHONE:
        return faults
    if value in OTHER_PLATFORMS:
        message = (
            f"The platform is {short(value)}, that of {OTHER_PLATFORMS[value]}. The app does not install on an iPhone "
            f"or iPad itself: theirs is {IPHONE!r}."
        )
        return [fault("other-platform", message, "warning")]
    message = (
        f"The platform {short(value)} is not that of any Apple device. Devices skip the item, and nothing installs. "
        f"Write {IPHONE!r}, or remove the key."
    )
    return [fault("other-platform", message, level)]


def boolean(value: PlistValue, _owner: Raw, level: Level) -> list[Problem]:
    """Check a boolean."""
    return [] if isinstance(value, bool) else [wrong_type("a boolean", value, level)]


def anything(_value: PlistValue, _owner: Raw, _level: Level) -> list[Problem]:
    """Accept any value of a key whose values are not known to matter."""
    return []


# Assets.


def asset_kind(value: PlistValue, _owner: Raw, level: Level) -> list[Problem]:
    """Check the kind of an asset. Apple's older lists forgot software-package: the list is not taken as closed."""
    faults = text_faults(value, level)
    if faults or not isinstance(value, str) or value in ASSET_KINDS:
        return faults
    message = f"Unknown asset kind {short(value)}. The device ignores this asset{meant(value, ASSET_KINDS)}."
    return [fault("unknown-kind", message, level)]


def url(value: PlistValue, owner: Raw, level: Level) -> Iterator[Problem]:
    """Check the URL of an asset, and that it looks like that of a file of the asset's kind."""
    kind = owner.get("kind")
    yield from _url(value, level, lambda url: _file(url, kind if isinstance(kind, str) else ""))


def url_without_metadata(value: PlistValue, _owner: Raw, level: Level) -> Iterator[Problem]:
    """Check the URL of a package that has no metadata beside it, which a Mac installs whatever the URL ends in."""
    yield from _url(value, level, _file_without_metadata)


def _url(value: PlistValue, level: Level, of_file: Callable[[str], Iterable[Problem]]) -> Iterator[Problem]:
    faults = text_faults(value, level)
    yield from faults
    if faults or not isinstance(value, str):
        return
    yield from _urls.problems(value, "", level)
    if len(value) > _urls.LONGEST:
        return
    url = value.strip(WHITE_SPACE)
    yield from of_file(url)
    expired = _hosting.expired_message(url, datetime.now(timezone.utc))
    if expired is not None:
        # A warning: this machine's clock may be wrong.
        yield fault("signed-url-expired", expired, "warning")


def _file_without_metadata(url: str) -> Iterator[Problem]:
    message = (
        f"{_urls.redact(url)} seems to be a package for a Mac, as the item has no metadata. An iPhone or iPad cannot "
        "install it. Add the metadata if it is an .ipa."
    )
    yield fault("macos-package", message, "warning")


def _file(url: str, kind: str) -> Iterator[Problem]:
    """Check that a URL looks like that of a file of this kind, and not of a page about it."""
    shared = _hosting.share_page_message(url)
    if shared is not None:
        yield fault("share-page", shared, "warning")
    elif extension_of(url) in _WRONG_EXTENSIONS.get(kind, ()):
        message = f"{_urls.redact(url)} does not look like a {kind}. Check that the URL is the right one."
        yield fault("wrong-file", message, "warning")
    elif kind == PACKAGE and extension_of(url) == MAC_PACKAGE:
        message = f"{_urls.redact(url)} is a package for a Mac. An iPhone or iPad cannot install it."
        yield fault("macos-package", message, "warning")
    elif kind == PACKAGE and _is_folder(url):
        is_named = extension_of(url.rstrip("/")) == ".ipa"
        cure = "Remove the '/' at its end." if is_named else "Add the name of the .ipa."
        message = f"{_urls.redact(url)} is the URL of a folder, not of a file. {cure}"
        yield fault("wrong-file", message, "warning")


def extension_of(url: PlistValue | None) -> str:
    """Return the extension of the file that a URL names, with its period, in lower case."""
    name = _urls.split(url).path.rpartition("/")[2] if isinstance(url, str) else ""
    return name[name.rfind(".") :].lower() if "." in name else ""


def _is_folder(url: str) -> bool:
    """Check whether a URL ends before a file is named; what has a query may be a program that sends one."""
    parts = _urls.split(url)
    if parts.query is not None or parts.path[-1:] not in {"", "/"}:
        return False
    # Where it is not a URL at all, that was told.
    return all(
        found.level == "warning" or (found.reason, found.part) == ("not-https", "http") for found in _urls.faults(url)
    )


def variant_ids(value: PlistValue, _owner: Raw, level: Level) -> list[Problem]:
    """Check the product types that a thinned asset is for."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return []
    return [wrong_type("an array of strings such as 'iPhone15,2'", value, level)]


# Hashes. One hash of the whole file overrides the list of chunks; SHA-256 overrides MD5 (Apple's schema).


def one_hash(algorithm: Algorithm) -> Rule:
    """Return the rule for the one hash of a whole file."""
    return lambda value, _owner, level: _digests([value], [""], algorithm, level)


def hashes(algorithm: Algorithm) -> Rule:
    """Return the rule for the hashes of the chunks of a file."""

    def rule(value: PlistValue, owner: Raw, level: Level) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield wrong_type("an array of hashes, one for each chunk", value, level)
        elif not value:
            message = (
                f"{algorithm}s is empty, so the package is installed without verification. Add the hashes, or remove "
                "the key."
            )
            yield fault("empty", message, "warning")
        else:
            unchecked = _are_unchecked(value, owner.get(f"{algorithm}-size"))
            paths = (child("", index) for index in range(len(value)))
            yield from _digests(value, paths, algorithm, "warning" if unchecked else level)
            if unchecked:
                yield _unchecked(len(value), algorithm, owner.get(f"{algorithm}-size"))

    return rule


def _are_unchecked(hashes: list[PlistValue], size: PlistValue | None) -> bool:
    """Check for what the device (iOS 26.1) passes over in silence: two or more hashes without a chunk's length."""
    return len(hashes) > 1 and (size is None or (type(size) is int and size < 1))


def _unchecked(count: int, algorithm: Algorithm, size: PlistValue | None) -> Problem:
    message = (
        f"There are {count} hashes, and {algorithm}-size is {'missing' if size is None else size}. The device then "
        "ignores the hashes, and the package is installed without verification. Add the length of a chunk in bytes."
    )
    return fault("unchecked-hashes", message, "warning")


def chunk_size(algorithm: Algorithm) -> Rule:
    """Return the rule for the length of a chunk in bytes."""

    def rule(value: PlistValue, owner: Raw, level: Level) -> Iterator[Problem]:
        digests = owner.get(f"{algorithm}s")
        if type(value) is not int:
            yield wrong_type("an integer, the length of a chunk in bytes", value, level)
        # Of two or more hashes, the rule for them tells it.
        elif digests is not None and value < 1 and not (isinstance(digests, list) and len(digests) > 1):
            message = f"The length of a chunk is {value}. It must be 1 byte or more; Apple uses {CHUNK_SIZE}."
            yield fault("bad-chunk-size", message, "warning")

    return rule


def without_size(algorithm: Algorithm) -> Rule:
    """Return the rule that misses the length of a chunk beside hashes."""

    def rule(value: PlistValue, owner: Raw, _level: Level) -> Iterator[Problem]:
        if isinstance(value, list) and len(value) == 1 and owner.get(f"{algorithm}-size") is None:
            message = (
                f"{algorithm}-size is missing. Apple requires it beside {algorithm}s; the device takes a single hash "
                "as that of the whole file. Add the length of a chunk in bytes."
            )
            yield fault("missing", message, "warning", f"{algorithm}-size")

    return rule


def without_hashes(algorithm: Algorithm) -> Rule:
    """Return the rule that misses hashes beside the length of a chunk."""

    def rule(value: PlistValue, owner: Raw, _level: Level) -> Iterator[Problem]:
        if type(value) is int and f"{algorithm}s" not in owner:
            message = (
                f"There is {algorithm}-size without {algorithm}s, so nothing is verified. Add the hashes, or remove "
                f"{algorithm}-size."
            )
            yield fault("missing", message, "warning", f"{algorithm}s")

    return rule


def _digests(
    digests: Iterable[PlistValue], paths: Iterable[str], algorithm: Algorithm, level: Level
) -> Iterator[Problem]:
    length = HEX_LENGTH[algorithm]
    upper = None
    for digest, path in zip(digests, paths, strict=True):
        if not isinstance(digest, str):
            message = f"Expected a string of {length} hexadecimal digits, got {described(digest)}."
            yield fault("wrong-type", message, level, path)
        elif (wrong := digest_fault(algorithm, digest)) is not None and _urls.placeholder(digest) is not None:
            yield fault("placeholder", f"{wrong}. The device refuses the download. Fill in the template.", level, path)
        elif wrong is not None:
            message = (
                f"{wrong}. The device finds that the download differs, and refuses it. Make the hashes again with "
                "Checksum.of()."
            )
            yield fault("bad-hash", message, level, path)
        elif upper is None and digest != digest.lower():
            upper = path
    if upper is not None:
        message = "The hash has upper-case digits. Apple writes lower case. Do the same."
        yield fault("upper-case-hash", message, "warning", upper)


def md5_only(owner: Raw) -> Iterator[Problem]:
    """Check that MD5 is not alone; the path is that of the list or of the one hash, whichever the device uses."""
    key = "md5" if "md5" in owner else "md5s"
    if key in owner and family(owner) == "md5":
        message = "There are only MD5 hashes, which Apple keeps for old systems. Add SHA-256, which overrides them."
        yield fault("md5-only", message, "warning", key)


def family(owner: Raw) -> Algorithm:
    """Return the algorithm whose hashes are in force: where both stand, the device uses SHA-256 alone."""
    return "sha256" if "sha256" in owner or "sha256s" in owner else "md5"


def meant(word: str, known: Collection[str]) -> str:
    """Return the known word that was probably meant, as a question to be put behind a sentence."""
    if len(word) > 40:
        return ""
    import difflib  # only for what is misspelt

    found = difflib.get_close_matches(word.lower(), known, 1, 0.75)
    return f" (did you mean {found[0]!r}?)" if found else ""
