"""What the error codes of devices mean, what to do about them, and where that is known from.

The keys are the codes as `_error_codes` spells them: ``0xe8008015``, ``MIInstallerErrorDomain 13``,
``DeviceOSVersionTooLow``. docs/log-codes.md is written from this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._model import Stage

Weight = Literal["cause", "wrapper", "other"]


class Meaning(NamedTuple):
    """What one code says. `source` is a ``GRADE: TEXT`` with a grade of `_codes.GRADES`.

    A *cause* says why the device did not install the app. A *wrapper* says that it did not, and other codes say why. An
    *other* code has nothing to do with an install by a manifest.
    """

    says: str
    cure: str
    source: str
    weight: Weight = "cause"


_MOBILE_DEVICE = "Apple: messages of MobileDevice.framework, as published by several tools"
INSTALLD_LOGS = "seen: installd's logs in public issues"
_SEEN_BY_INSTALLD = f"{_MOBILE_DEVICE}; {INSTALLD_LOGS}"
_FRONTBOARD = "device: FrontBoardServices tells these apart when an app is opened"
_BUNDLE = "device: installd's check of a bundle"
_APPSTORED = "device: appstored's manifest download task"
APPSTORED_IMPORT = "device: appstored's import of a manifest"
_APPSTORED_ISSUES = "seen: logs of apps that sell through the App Store, in public issues"
_NSURL = "Apple: NSURLError.h"
_DMF = "device: messages of DeviceManagement.framework"
_IX = "seen: messages of InstallCoordination in public issues"

_SIGNATURE = (
    "Look up that code. If there is none, run `python -m itms_ota ipa FILE --signature`, also with `--udid UDID`. If "
    "it finds nothing, the certificate may be revoked: the log of the device says so."
)
_SIGN = "Sign the app again, and change nothing in it afterwards."
_PROFILE = "Download the profile again from Apple's developer site, and sign the app with it."
_ONLY_DEVICE = "Try again. If it stays, restart the device and look at the other codes of the log."
_ONLINE = "Let the device reach https://ppq.apple.com and https://ocsp.apple.com, and try again."
_TRUST = "Trust the developer under Settings > General > VPN & Device Management, online."
_MANIFEST = "Check the manifest with `python -m itms_ota check LINK`."
_TLS = "Use a certificate of a public authority for this host, with its full chain, over TLS 1.2 or later."
_REACH = "Make the server reachable from the device's network. Check its name, port and firewall."
_DELETE = "Delete the app that is installed, then install again. Its data is lost."
_NONE_NEEDED = "Nothing: an install by a manifest needs no account of the App Store."

# Meaning and cure of what installd gives a number, and a name too.
_NOT_UNPACKED = (
    "The package could not be unpacked: it is damaged, or the device is full.",
    "Look at the .ipa with `python -m itms_ota ipa FILE --signature`, upload it again, and free space on the device.",
)
_NOT_VERIFIED = ("The device could not verify the app. The code 0xe800… beside it says why.", _SIGNATURE)
_TOO_OLD = (
    "The app needs a newer iOS than the device has.",
    "Update the device, or lower MinimumOSVersion and build again.",
)
_OTHER_VARIANT = (
    "The app is the variant of App Thinning for other devices.",
    'Export the app with App Thinning "None".',
)
_NOT_PREFIXED = (
    "The identifier of an extension does not begin with the app's and a dot. The device refuses the app.",
    "Rename the extension's identifier when the app's is renamed, and sign again.",
)

_MALFORMED_PROFILE = "The profile is malformed. The device refuses the app."
_UNTRUSTED_PROFILE = "The profile is not signed by Apple, or was changed afterwards. The device refuses the app."
_DAEMONS = "The daemons of the device could not talk to each other."

MEANINGS: Mapping[str, Meaning] = {
    # What MobileDevice.framework calls a code is one sentence; cause and cure are what the reports of users come to.
    "0xe8008001": Meaning(
        "The code signature is invalid, and no reason is given: the executable or its Info.plist was changed after "
        "signing, or the app was signed by an old tool.",
        _SIGN,
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008002": Meaning("A profile that cannot be changed was to be changed.", _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe8008003": Meaning(_MALFORMED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008004": Meaning(_UNTRUSTED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008005": Meaning(_MALFORMED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008006": Meaning(_MALFORMED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008007": Meaning(_MALFORMED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008008": Meaning(_MALFORMED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008009": Meaning("The code signature is not valid. The device refuses the app.", _SIGN, _MOBILE_DEVICE),
    "0xe800800a": Meaning("The device is out of memory.", _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe800800b": Meaning("The device could not read or write a file.", _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe800800c": Meaning(_DAEMONS, _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe800800d": Meaning(_DAEMONS, _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe800800e": Meaning(_UNTRUSTED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe800800f": Meaning(
        "The signature is sound, but belongs to another build than the one that was expected.", _SIGN, _MOBILE_DEVICE
    ),
    "0xe8008010": Meaning("The device does not support this profile.", _PROFILE, _MOBILE_DEVICE),
    "0xe8008011": Meaning("The profile has expired. The device refuses the app.", _PROFILE, _SEEN_BY_INSTALLD),
    "0xe8008012": Meaning(
        "The profile cannot be installed on this device: the device's UDID is not in it, or the profile was edited. "
        "The device refuses the app.",
        "Add the device's UDID to the profile, download the profile again, and sign the app with it.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008013": Meaning(_UNTRUSTED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe8008014": Meaning(
        "The signature of the executable is invalid. The device refuses the app.", _SIGN, _MOBILE_DEVICE
    ),
    "0xe8008015": Meaning(
        "No valid profile fits the executable: the signer's certificate, the identifier, the team or this device is "
        "not in it, or an extension has none. The device refuses the app.",
        "Sign the app and all its extensions with a certificate and profiles that belong together and list the device.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008016": Meaning(
        "The app claims entitlements that its profile does not allow. The device refuses the app.",
        "Sign the app again with the entitlements of its profile.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008017": Meaning(
        "A file of the app was added, changed or removed after signing. The device refuses the app.",
        _SIGN,
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008018": Meaning(
        "The certificate that signed the app has expired, or Apple has revoked it. The device refuses the app.",
        "Sign the app with a certificate that is valid.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008019": Meaning("The app does not have a valid signature. The device refuses it.", _SIGN, _MOBILE_DEVICE),
    "0xe800801a": Meaning(_UNTRUSTED_PROFILE, _PROFILE, _MOBILE_DEVICE),
    "0xe800801b": Meaning(_DAEMONS, _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe800801c": Meaning(
        "The app, or a framework in it, is not signed. The device refuses the app.",
        "Sign the app and everything in it.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe800801d": Meaning(
        "The device's policy denies this app.",
        "Sign the app with another certificate, and ask who manages the device.",
        f"{_MOBILE_DEVICE}; {_FRONTBOARD}",
    ),
    "0xe800801e": Meaning("The profile is not on the device; it may have been removed.", _PROFILE, _MOBILE_DEVICE),
    "0xe800801f": Meaning(
        "The app has a profile of the App Store or TestFlight. A device does not install it from a manifest.",
        "Export the app ad hoc or enterprise, and not for the App Store.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008020": Meaning("A profile of TestFlight was sent over a cable.", _PROFILE, _MOBILE_DEVICE),
    "0xe8008021": Meaning(
        "The device has as many apps of free developer accounts as it may have.",
        "Delete one of them, or sign the app with a paid account.",
        _SEEN_BY_INSTALLD,
    ),
    "0xe8008022": Meaning("The device could not read its profiles.", _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe8008023": Meaning(_DAEMONS, _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe8008024": Meaning(
        "Apple has banned the profile. The device refuses the app.",
        "Sign the app with another profile, and ask Apple why.",
        f"{_MOBILE_DEVICE}; {_FRONTBOARD}",
    ),
    "0xe8008025": Meaning(
        "Nobody has trusted the developer on this device. The app does not open.",
        _TRUST,
        f"{_MOBILE_DEVICE}; {_FRONTBOARD}",
    ),
    "0xe8008026": Meaning(
        "Apple must confirm the profile online, and the device did not reach Apple. The app does not open.",
        _ONLINE,
        f"{_MOBILE_DEVICE}; {_FRONTBOARD}",
    ),
    "0xe8008027": Meaning("The app is not among those that the device trusts by itself.", _SIGN, _MOBILE_DEVICE),
    "0xe8008028": Meaning("The check of the signature was called in a wrong way.", _ONLY_DEVICE, _MOBILE_DEVICE),
    "0xe8008029": Meaning(
        "The signature has an old form, without entitlements in DER. iOS 15 and later refuse the app.",
        "Sign the app again with Xcode 13 or later, or a current tool.",
        f"Apple: Using the latest code signature format; {_FRONTBOARD}; {INSTALLD_LOGS}",
    ),
    "0xe800802b": Meaning(
        "Developer Mode is off. The app does not open.",
        "Switch it on under Settings > Privacy & Security > Developer Mode. The device restarts.",
        _FRONTBOARD,
    ),
    # installd. Its numbers are taken from its code where they could be read, and from its own log lines.
    "MIInstallerErrorDomain 4": Meaning(
        "installd could not do its work. This is an internal error.", _ONLY_DEVICE, _BUNDLE, "wrapper"
    ),
    "MIInstallerErrorDomain 5": Meaning(*_NOT_UNPACKED, INSTALLD_LOGS),
    "MIInstallerErrorDomain 9": Meaning(*_TOO_OLD, _BUNDLE),
    "MIInstallerErrorDomain 13": Meaning(*_NOT_VERIFIED, INSTALLD_LOGS, "wrapper"),
    "MIInstallerErrorDomain 35": Meaning(
        "A bundle in the app has no Info.plist that can be read. The device refuses the app.",
        "Build the app again. Look at the framework or extension that the line names.",
        INSTALLD_LOGS,
    ),
    "MIInstallerErrorDomain 37": Meaning(*_NOT_PREFIXED, "seen: installd's errors as a signing tool quotes them"),
    "MIInstallerErrorDomain 63": Meaning(
        "The app does not have the entitlement application-identifier. The device refuses the app.",
        "Sign the app again with the entitlements of its profile.",
        _BUNDLE,
    ),
    "MIInstallerErrorDomain 66": Meaning(
        "UIRequiredDeviceCapabilities in the Info.plist is neither an array nor a dictionary.",
        "Correct the Info.plist, and build again.",
        _BUNDLE,
    ),
    "MIInstallerErrorDomain 67": Meaning(
        "The device lacks what UIRequiredDeviceCapabilities demands.",
        "Install on another device, or demand less and build again.",
        _BUNDLE,
    ),
    "MIInstallerErrorDomain 86": Meaning(*_OTHER_VARIANT, _BUNDLE),
    "MIInstallerErrorDomain 87": Meaning(
        "UISupportedDevices in the Info.plist holds something that is not a string.",
        "Remove the key, and build again.",
        _BUNDLE,
    ),
    "ApplicationVerificationFailed": Meaning(*_NOT_VERIFIED, _SEEN_BY_INSTALLD, "wrapper"),
    "PackageInspectionFailed": Meaning(
        "The package has no app that can be read: the file is cut off, or it was zipped on Windows or by a program "
        "that does not keep modes, so that the executable may not be run.",
        "Export the .ipa again, or zip it on a Mac or on Linux, and upload it whole. `python -m itms_ota ipa FILE "
        "--signature` says what is wrong with it.",
        _SEEN_BY_INSTALLD,
    ),
    "PackageExtractionFailed": Meaning(*_NOT_UNPACKED, _MOBILE_DEVICE),
    "DeviceOSVersionTooLow": Meaning(*_TOO_OLD, _BUNDLE),
    "DeviceFamilyNotSupported": Meaning(
        "The app is not for this kind of device: iPhone or iPad.",
        "Build the app for both, or install on the other.",
        _MOBILE_DEVICE,
    ),
    "DeviceNotSupportedByThinning": Meaning(*_OTHER_VARIANT, _MOBILE_DEVICE),
    "IncorrectArchitecture": Meaning(
        "The executable is not for the processor of this device.", "Build the app for arm64.", _MOBILE_DEVICE
    ),
    "InvalidSymlink": Meaning(
        "A symbolic link leads out of the app. The device refuses the app.",
        "Put the file itself in place of the link, and sign the app again.",
        f"device: installd's MIFileManager; {INSTALLD_LOGS}",
    ),
    "MismatchedApplicationIdentifierEntitlement": Meaning(
        "The app that is installed has the same identifier and another team. The device refuses the update.",
        _DELETE,
        _SEEN_BY_INSTALLD,
    ),
    "AppexBundleIDNotPrefixed": Meaning(*_NOT_PREFIXED, _SEEN_BY_INSTALLD),
    # InstallCoordination: what the person at the device is shown.
    "IXUserPresentableErrorDomain 1": Meaning(
        "The device says that the app could not be installed at this time. Other codes say why.",
        "Look up the other codes of the attempt. If there are none, run `python -m itms_ota check LINK --signature`.",
        _IX,
        "wrapper",
    ),
    "IXUserPresentableErrorDomain 3": Meaning(
        "The install was canceled on the device. Users report it also where nobody did, when an app was updated.",
        "Try again. If it stays, delete the app that is installed first.",
        "seen: Apple Developer Forums, thread 699329",
    ),
    "IXUserPresentableErrorDomain 11": Meaning(
        "The device has too little free space.",
        "Free space on the device.",
        f"device: the installer of a computer's app calls it NoSpace; {_IX}",
    ),
    "IXUserPresentableErrorDomain 14": Meaning(
        "The device says that the integrity of the app could not be verified. The code 0xe800… beside it says why.",
        _SIGNATURE,
        _IX,
        "wrapper",
    ),
    # appstored. Most of its numbers belong to the App Store.
    "ASDErrorDomain 850": Meaning(
        "The device refuses the URL of the manifest: the host is the device itself or a private one, or there is none.",
        "Serve the manifest from a public host.",
        _APPSTORED,
    ),
    "ASDErrorDomain 852": Meaning(
        "The URL of the manifest is not https. The device refuses it.", "Use https.", _APPSTORED
    ),
    "ASDErrorDomain 855": Meaning(
        "An app with this identifier is installed from the App Store or TestFlight. The device does not replace it.",
        _DELETE,
        APPSTORED_IMPORT,
    ),
    "ASDErrorDomain 500": Meaning(
        "The App Store's part of the device met an error of its own.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"
    ),
    "ASDErrorDomain 507": Meaning(
        "An answer of the App Store could not be read.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"
    ),
    "ASDErrorDomain 509": Meaning("Nobody is signed in to the App Store.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"),
    "ASDErrorDomain 825": Meaning("The App Store has no purchases to tell.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"),
    "ASDErrorDomain 1061": Meaning(
        "The App Store wanted a login, and no app could ask for it.", _NONE_NEEDED, "device: appstored", "other"
    ),
    "AMSErrorDomain 2": Meaning("The App Store's account part met an error.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"),
    "AMSErrorDomain 6": Meaning("A payment was canceled.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"),
    "AMSErrorDomain 100": Meaning("The login to the App Store failed.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"),
    "AMSErrorDomain 301": Meaning(
        "A server of Apple answered with a status that is an error.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"
    ),
    "AMSErrorDomain 306": Meaning(
        "A server of Apple was asked as often as it may be.", _NONE_NEEDED, _APPSTORED_ISSUES, "other"
    ),
    "SSErrorDomain 2": Meaning(
        "itunesstored could not use the manifest: it is not a property list of the right form.",
        _MANIFEST,
        "seen: a device's log on qiita.com",
    ),
    # The network of the device.
    "NSURLErrorDomain -1": Meaning("A connection failed, and no reason is given.", _ONLY_DEVICE, _NSURL),
    "NSURLErrorDomain -999": Meaning("The request was canceled, by the person or the system.", "Try again.", _NSURL),
    "NSURLErrorDomain -1000": Meaning(
        "The device refuses the URL as such.", "Check the link with `python -m itms_ota inspect LINK`.", _NSURL
    ),
    "NSURLErrorDomain -1001": Meaning("The server did not answer in time.", _REACH, _NSURL),
    "NSURLErrorDomain -1002": Meaning("The device does not support the scheme of the URL.", "Use https.", _NSURL),
    "NSURLErrorDomain -1003": Meaning("The device does not find the host.", _REACH, _NSURL),
    "NSURLErrorDomain -1004": Meaning("The device cannot connect to the host.", _REACH, _NSURL),
    "NSURLErrorDomain -1005": Meaning("The connection was lost.", _REACH, _NSURL),
    "NSURLErrorDomain -1006": Meaning("The name of the host could not be looked up.", _REACH, _NSURL),
    "NSURLErrorDomain -1007": Meaning("There are too many redirects.", "Use the address that they lead to.", _NSURL),
    "NSURLErrorDomain -1008": Meaning("The file is not available.", "Upload the file.", _NSURL),
    "NSURLErrorDomain -1009": Meaning("The device is offline.", "Connect the device to the Internet.", _NSURL),
    "NSURLErrorDomain -1010": Meaning("A redirect leads nowhere.", "Use the address that it should lead to.", _NSURL),
    "NSURLErrorDomain -1011": Meaning(
        "The server answered with an error, or with something that is not HTTP.", _MANIFEST, _NSURL
    ),
    "NSURLErrorDomain -1012": Meaning(
        "A login was canceled, or the device could not log in.", "Serve the files without a login.", _NSURL
    ),
    "NSURLErrorDomain -1013": Meaning("The server wants a login.", "Serve the files without a login.", _NSURL),
    "NSURLErrorDomain -1014": Meaning("The file is empty.", "Upload the file again.", _NSURL),
    "NSURLErrorDomain -1015": Meaning("The answer could not be decompressed.", "Do not compress the files.", _NSURL),
    "NSURLErrorDomain -1016": Meaning("The answer could not be decompressed.", "Do not compress the files.", _NSURL),
    "NSURLErrorDomain -1017": Meaning("The answer of the server could not be read.", _MANIFEST, _NSURL),
    "NSURLErrorDomain -1018": Meaning(
        "Roaming is off, and the device is abroad.", "Connect the device to a wireless network.", _NSURL
    ),
    "NSURLErrorDomain -1019": Meaning("A telephone call blocks the connection.", "Try again after the call.", _NSURL),
    "NSURLErrorDomain -1020": Meaning(
        "Mobile data may not be used for this.", "Connect the device to a wireless network.", _NSURL
    ),
    "NSURLErrorDomain -1022": Meaning(
        "The connection does not keep to App Transport Security: http, or TLS that is too old.", _TLS, _NSURL
    ),
    "NSURLErrorDomain -1100": Meaning("There is no such file.", "Upload the file, or correct its address.", _NSURL),
    "NSURLErrorDomain -1101": Meaning("The address leads to a folder.", "Correct the address.", _NSURL),
    "NSURLErrorDomain -1102": Meaning(
        "The device may not read the file: the server refuses it.", "Serve the files without a login.", _NSURL
    ),
    "NSURLErrorDomain -1103": Meaning("The file is larger than allowed.", _MANIFEST, _NSURL),
    "NSURLErrorDomain -1200": Meaning("No secure connection could be made.", _TLS, _NSURL),
    "NSURLErrorDomain -1201": Meaning("The certificate of the server has expired.", _TLS, _NSURL),
    "NSURLErrorDomain -1202": Meaning(
        "The device does not trust the certificate of the server: another host, an unknown issuer, or a chain that is "
        "not complete.",
        _TLS,
        _NSURL,
    ),
    "NSURLErrorDomain -1203": Meaning("The certificate has a root that the device does not know.", _TLS, _NSURL),
    "NSURLErrorDomain -1204": Meaning("The certificate of the server is not valid yet.", _TLS, _NSURL),
    "NSURLErrorDomain -1205": Meaning(
        "The server refused the certificate of the device.", "Do not ask for certificates of clients.", _NSURL
    ),
    "NSURLErrorDomain -1206": Meaning(
        "The server wants a certificate of the device.", "Do not ask for certificates of clients.", _NSURL
    ),
    "NSURLErrorDomain -2000": Meaning("The file may not be loaded from the network.", _REACH, _NSURL),
    "NSURLErrorDomain -3000": Meaning("The device could not create a file.", "Free space on the device.", _NSURL),
    "NSURLErrorDomain -3003": Meaning("The device could not write a file.", "Free space on the device.", _NSURL),
    "NSURLErrorDomain -3006": Meaning(
        "A download could not be decoded on its way.", "Do not compress the files.", _NSURL
    ),
    "NSURLErrorDomain -3007": Meaning(
        "A download could not be decoded at its end.", "Do not compress the files.", _NSURL
    ),
    # Device management.
    "DeviceManagement.error 2600": Meaning("The app is installed already.", "Nothing, or remove the app first.", _DMF),
    "DeviceManagement.error 2603": Meaning("The app is queued to be installed already.", "Wait.", _DMF, "other"),
    "DeviceManagement.error 2604": Meaning(
        "The manifest could not be fetched or read.", _MANIFEST, f"{_DMF}; seen: micromdm/micromdm#834, a status 404"
    ),
    "DeviceManagement.error 2606": Meaning("The identifier of the app is not valid.", _MANIFEST, _DMF),
    "DeviceManagement.error 2607": Meaning("The person at the device refused the app.", "Ask again.", _DMF),
    "DeviceManagement.error 2608": Meaning(
        "The device wants a login to the App Store.", "Sign in, or install an app that is not from the store.", _DMF
    ),
    "DeviceManagement.error 2609": Meaning(
        "The manifest has more than one app.", "Write a manifest for each app.", _DMF
    ),
    "DeviceManagement.error 2613": Meaning("A download failed.", _MANIFEST, _DMF, "wrapper"),
    "DeviceManagement.error 2616": Meaning("The app is being changed at the same time.", "Try again.", _DMF),
    "DeviceManagement.error 2800": Meaning("The profile of the app could not be installed.", _PROFILE, _DMF),
}

_OF_THE_MANIFEST = (
    "ASDErrorDomain 850",
    "ASDErrorDomain 852",
    "ASDErrorDomain 855",
    "SSErrorDomain 2",
    "DeviceManagement.error 2604",
)
_OF_THE_SYSTEM = ("NSURLErrorDomain ", "AMSErrorDomain ", "ASDErrorDomain ", "SSErrorDomain ")
DOMAINS = frozenset(key.rpartition(" ")[0] for key in MEANINGS if " " in key)
NAMES = tuple(key for key in MEANINGS if " " not in key and not key.startswith("0x"))
"""What installd calls an error where it has a name."""


def ends_an_install(code: str) -> bool:
    """Return whether a code is of an install that failed, and not of anything else that a device does.

    The domains of installd and its kin have no other codes; of the others only those that are told apart.
    """
    if code.startswith("NSURLErrorDomain "):  # of any connection
        return False
    return code in MEANINGS or (not code.startswith(_OF_THE_SYSTEM) and code.rpartition(" ")[0] in {"", *DOMAINS})


def stage_of(code: str) -> Stage:
    """Return how far an install has come in which a code occurs."""
    if code in _OF_THE_MANIFEST:
        return "manifest"
    is_of_installd = code in NAMES or code.startswith(
        ("0x", "MIInstallerErrorDomain ", "IXUserPresentableErrorDomain ")
    )
    return "install" if is_of_installd else "link"
