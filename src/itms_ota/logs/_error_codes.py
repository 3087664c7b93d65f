"""The error codes in the lines of a log, in every form in which devices and tools write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._meanings import DOMAINS, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALIASES: Mapping[str, str] = {"kCFErrorDomainCFNetwork": "NSURLErrorDomain"}
"""Domains that share their numbers with another (CFNetworkErrors.h: -998 to -3007)."""
NUMBERS: Mapping[str, str] = {
    "0xe800003a": "ApplicationVerificationFailed",
    "0xe8000050": "PackageExtractionFailed",
    "0xe8000051": "PackageInspectionFailed",
    "0xe800007e": "DeviceOSVersionTooLow",
    "0xe8000080": "DeviceFamilyNotSupported",
    "0xe8000087": "IncorrectArchitecture",
    "0xe800009e": "AppexBundleIDNotPrefixed",
    "0xe80000be": "MismatchedApplicationIdentifierEntitlement",
    "0xe80000c8": "DeviceNotSupportedByThinning",
}
"""The numbers that MobileDevice.framework, on a computer, gives to what installd calls by name."""
SENTENCES: Mapping[str, str] = {
    "this provisioning profile has expired": "0xe8008011",
    "this provisioning profile cannot be installed on this device": "0xe8008012",
    "the executable contains an invalid signature": "0xe8008014",
    "a valid provisioning profile for this executable was not found": "0xe8008015",
    "the executable was signed with invalid entitlements": "0xe8008016",
    "a signed resource has been added, modified, or deleted": "0xe8008017",
    "the identity used to sign the executable is no longer valid": "0xe8008018",
    "the application does not have a valid signature": "0xe8008019",
    "no code signature found": "0xe800801c",
    "the code signature version is no longer supported": "0xe8008029",
    "missing the application-identifier entitlement": "MIInstallerErrorDomain 63",
}
"""What MobileDevice.framework and installd say for a number, in lower case: people quote it without the number."""

# Also without its "0x", unless it is part of something longer.
_HEX = re.compile(r"\b0x(e800[0-9a-f]{1,4})\b|(?<![\w-])(e800[08]0[0-9a-f]{2})(?![\w-])", re.IGNORECASE)
# The same as a number, signed or not: 0xe8008015 is -402620395 and 3892346901. (LibMISErrorNumber, ErrorDetail)
_DECIMAL = re.compile(r"(?<![\w.-])(?:-402(?:620|653)|3892(?:314|34[67]))\d{3}\b")
_DOMAIN = r"[A-Za-z][\w.]{2,80}"
_PAIR = re.compile(
    rf"domain[=:] ?\"?({_DOMAIN})\"?,? code[=:] ?(-?\d{{1,10}})\b",
    re.IGNORECASE,
)
# "(IXUserPresentableErrorDomain error 14 (0x0E))", or "Code=14": the domain is looked for backwards.
_SPOKEN = re.compile(r"(?<=[A-Za-z]) (?:error |[Cc]ode[=:] ?)(-?\d{1,10})\b")
_WORD_BEFORE = re.compile(r"[A-Za-z][\w.]*$")
_LONGEST_DOMAIN = 80
_NAME = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(NAMES)})(?![A-Za-z])")
_SENTENCE = re.compile("|".join(map(re.escape, SENTENCES)))
# What every code that is written in one line has in it.
MARKS = ("e800", "E800", "-402", "3892", "omain", "OMAIN", " error ", *NAMES)
SENTENCE_MARKS = (
    *("provisioning profile", "the executable", "a signed resource", "code signature", "a valid signature"),
    "identifier entitlement",
)
"""What every sentence has in it, in lower case."""
# Over several lines: Xcode's "Domain: … / Code: …", and the answer of a device to its management as a property list.
_LONE_DOMAIN = re.compile(rf"\W*domain\s*:\s*({_DOMAIN})\W*$", re.IGNORECASE)
_LONE_CODE = re.compile(r"\W*code\s*:\s*(-?\d{1,10})\b", re.IGNORECASE)
_KEY = re.compile(
    r"<key>\s*(ErrorCode|ErrorDomain)\s*</key>|<(?:integer|string)>\s*([\w.-]{1,80})\s*</(?:integer|string)>"
)
_NEAR = 3
"""How many lines may stand between the parts of a code that is spread over lines."""


class CodeReader:
    """Finds codes, also those whose parts stand on lines of their own."""

    def __init__(self) -> None:
        self._domain = self._number = self._key = ""
        self._left = 0

    @property
    def waits(self) -> bool:
        """Whether the next line may hold the rest of a code."""
        return self._left > 0

    def read(self, line: str) -> list[str]:
        """Return the codes of a line, each once, as `MEANINGS` spells them."""
        # The number outranks its sentence, which some versions of iOS give to another one.
        found = [] if _HEX.search(line) else list(_sentences(line))
        if self._left or any(mark in line for mark in MARKS) or "<key>Error" in line:
            found += [*_in_one_line(line), *self._over_lines(line)]
        return list(dict.fromkeys(found))

    def _over_lines(self, line: str) -> Iterator[str]:
        self._left = max(0, self._left - 1)
        if not self._left:
            self._domain = self._number = self._key = ""
        if found := _LONE_DOMAIN.match(line):
            self._domain, self._left = found[1], _NEAR
        elif self._domain and (found := _LONE_CODE.match(line)):
            self._number = found[1]
        for found in _KEY.finditer(line):
            if found[1]:
                self._key, self._left = found[1], _NEAR
            elif self._key == "ErrorCode":
                self._number, self._key, self._left = found[2], "", _NEAR
            elif self._key == "ErrorDomain":
                self._domain, self._key, self._left = found[2], "", _NEAR
        if self._domain and re.fullmatch(r"-?\d+", self._number):
            yield _spelled(self._domain, self._number)
            self._domain = self._number = ""
            self._left = 0


def _in_one_line(line: str) -> Iterator[str]:
    for found in _HEX.finditer(line):
        yield _named("0x" + (found[1] or found[2]).lower())
    for found in _DECIMAL.finditer(line):
        yield _named(hex(int(found[0]) & 0xFFFFFFFF))
    for found in _PAIR.finditer(line):
        yield _spelled(found[1], found[2])
    for found in _SPOKEN.finditer(line):
        before = _WORD_BEFORE.search(line[max(0, found.start() - _LONGEST_DOMAIN) : found.start()])
        if before is not None and (before[0] in DOMAINS or before[0] in ALIASES or before[0].endswith("ErrorDomain")):
            yield _spelled(before[0], found[1])
    for found in _NAME.finditer(line):
        yield found[0]


def _sentences(line: str) -> Iterator[str]:
    lowered = line.lower()
    if any(mark in lowered for mark in SENTENCE_MARKS):
        for found in _SENTENCE.finditer(lowered):
            yield SENTENCES[found[0]]


def _named(number: str) -> str:
    return NUMBERS.get(number, number)


def _spelled(domain: str, number: str) -> str:
    return f"{ALIASES.get(domain, domain)} {int(number)}"


def is_ours(code: str) -> bool:
    """Return whether a code is of a kind that this library knows, be it known or not."""
    return " " not in code or code.rpartition(" ")[0] in DOMAINS
