"""What each problem code means, what to do about it, and where the rule comes from.

The command ``explain`` prints these entries, and docs/codes.md is written from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal


Levels: TypeAlias = "tuple[Literal['error', 'warning'], ...]"


class Entry(NamedTuple):
    """One code. `levels` are those that can occur, `versions` the iOS versions concerned, empty for all.

    `source` is one or more ``GRADE: TEXT``, separated by semicolons, with a grade of `GRADES`. What people type
    stands in backticks.
    """

    group: str
    levels: Levels
    meaning: str
    cure: str
    source: str
    versions: str = ""


GRADES: Mapping[str, str] = {
    "Apple": "Apple's own documents and published source code",
    "Xcode": "what Xcode and Xcode Server write",
    "device": "read from the code of iOS 26.1: the behaviour of one version, not a promise",
    "seen": "seen in published manifests, links and .ipa files, on servers, in device logs, or reported by users",
    "standard": "a standard, or the documentation of the program or service that is named",
    "library": "a limit of this library, or a cautious assumption",
}
"""How far a source can be trusted."""

_ERROR: Levels = ("error",)
_WARNING: Levels = ("warning",)
_EITHER: Levels = ("error", "warning")

_FILE = "The file"
_URL = "URLs"
_MANIFEST = "The manifest"
_LINK = "The link"
_ICON = "Icons"
_IPA = "The .ipa"
_INSTALL = "Can the app install over the air"
_CODE = "Would a device accept the code"
_MATCH = "Does the manifest describe the app"
_NETWORK = "The network"
_RANGES = "Reading by byte ranges"
_IMAGE = "Images"
_TAP = "Would a tap install the app"
_DEVICE = "The UDID of a device"
_LOG = "Logs"
_CALL = "The command line"

_SCHEMA = "Apple: manifest schema (device-management, other/manifesturl.yaml)"
_PARSER = "Apple: CFPropertyList.c"
_NSURL = "Apple: CFURL.c"
_ATS = "Apple: Preventing Insecure Network Connections (App Transport Security)"
_PROFILES = "Apple: TN3125, Inside code signing: provisioning profiles"
_ENROLLMENT = "Apple: Over-the-Air Profile Delivery and Configuration"
_INSTALLD = "device: what installd of iOS 26.1 checks before an install"
_SECURITY = "Apple: Security (StaticCode.cpp, resources.cpp, codedirectory.h) and xnu (cs_blobs.h, ubc_subr.c)"
_LOGGED = "seen: logs of installd"
_ZIP = "standard: ZIP, APPNOTE.TXT"
_HERE = "library: what this machine met when it connected"
_CLOUDS = "standard: signed URLs of Amazon S3, CloudFront, Google Cloud Storage and Azure"

_CANNOT_CONNECT = "The device says 'Cannot connect'."
_REFUSED = f"Apple's parser refuses the file. {_CANNOT_CONNECT}"
_NOTHING = "Nothing happens on a tap."
_NEITHER_DOES_A_DEVICE = "A device cannot connect either."
_NOT_INSTALLED = "The device does not install the app."
_LOOSE_CODE = "It is a warning for code that no bundle names."
_OLDER_HASHES = "It is a warning if only the hashes for older devices do not fit"

CODES: Mapping[str, Entry] = {
    "too-large": Entry(
        group=_FILE,
        levels=_EITHER,
        meaning="The file is larger than this library reads. Property list: 2 MiB, 100 000 values, 100 levels or 200 "
        "faults. .ipa: 200 000 files, a directory of 24 MiB, an Info.plist or a profile of 1 MiB, an icon of 4 MiB. "
        "Answer of a device: 64 KiB. Image on a server: 4 MiB, which is a warning.",
        cure="Check what made the file. Real ones are far smaller.",
        source="library: limits that keep hostile files cheap",
    ),
    "malformed-plist": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning="The property list is damaged: tags do not match, a key has no value, or a value does not fit its "
        f"element. {_REFUSED}",
        cure="Correct the line that is named, or write the file with `to_plist()`.",
        source=_PARSER,
    ),
    "truncated": Entry(
        group=_FILE,
        levels=_EITHER,
        meaning="The file, or the answer of the server, ends too early. The device cannot read the manifest, or the "
        "download fails.",
        cure="Upload the file again. Look for a server or proxy that cuts answers off.",
        source=f"{_PARSER}; standard: RFC 9112, 8",
    ),
    "text-before-xml": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning=f"Text or a web page stands before the property list. {_REFUSED}",
        cure="Send the property list alone. Look for a warning that the server puts before it.",
        source=f"{_PARSER}; seen: warnings of servers in published manifests",
    ),
    "stray-text": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning=f"Text stands between elements, or a `<` or a comment stands inside a text. {_REFUSED}",
        cure="Remove it, or write `&lt;` for a `<`.",
        source=_PARSER,
    ),
    "unknown-element": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning=f"Property lists do not have this element. {_REFUSED}",
        cure="Remove it.",
        source=_PARSER,
    ),
    "bare-ampersand": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning=f"An `&` is not written as `&amp;`, often in a signed URL. {_REFUSED}",
        cure="Write `&amp;`, or write the file with `to_plist()`.",
        source=f"{_PARSER}; seen: the commonest fatal fault of published manifests",
    ),
    "wrong-encoding": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning="Some bytes are not valid in the encoding of the file, or the encoding that it declares is not "
        f"supported. {_REFUSED}",
        cure="Save the file as UTF-8.",
        source=_PARSER,
    ),
    "duplicate-key": Entry(
        group=_FILE,
        levels=_WARNING,
        meaning="A dictionary contains the same key twice. In XML the last one counts, in a binary file the first.",
        cure="Remove one of them.",
        source=_PARSER,
    ),
    "not-well-formed": Entry(
        group=_FILE,
        levels=_WARNING,
        meaning="Apple's parser reads the file, but other programs refuse it, or read something else.",
        cure="Write the file with a library, and begin XML with `<?xml`.",
        source=f"{_PARSER}; standard: XML 1.0",
    ),
    "not-writable": Entry(
        group=_FILE,
        levels=_ERROR,
        meaning="XML cannot contain the value, so nothing is written: a control character, half a surrogate pair, "
        "U+FFFE or U+FFFF, a fraction of a second, or a number that is too large.",
        cure="Change the value at the place that is named.",
        source=f"standard: XML 1.0, 2.2; {_PARSER}",
    ),
    "empty": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The value is blank. The app does not install if it is the URL of the package, the title, the bundle "
        "identifier, or the URL of the manifest.",
        cure="Fill it in, or remove the key if it is optional.",
        source=f"{_SCHEMA}; device: a URL must have a host, and a title must not be blank",
    ),
    "not-https": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The URL does not begin with `https://`, so the device does not fetch it. It says 'Cannot connect', or "
        "nothing happens.",
        cure="Serve the file over https, and write `https://`.",
        source=f"{_SCHEMA}; seen: messages of devices since iOS 7.1",
        versions="iOS 7.1 and later",
    ),
    "relative-url": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The URL has no scheme, or is relative. The device cannot fetch it.",
        cure="Write `https://`, the host and the path.",
        source=f"{_SCHEMA}; device: a URL must have a host",
    ),
    "no-host": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The URL has no host. The device cannot fetch it.",
        cure="Write `https://host/path`.",
        source="device: a URL must have a host",
    ),
    "invalid-url": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The URL is not valid: it contains a character that must be percent-encoded, or its host or port is "
        f"wrong. {_NOTHING}",
        cure="Percent-encode the character. Write an international host in its xn-- form.",
        source=f"{_NSURL}; standard: RFC 3986; standard: WHATWG URL, 3.5 (hosts)",
        versions="for a character, iOS 16 and earlier; since iOS 17 NSURL encodes it, and every `%` in the same part "
        "of the URL again: `/a%20b c` becomes `/a%2520b%20c`, another file",
    ),
    "whitespace": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="White space stands where it does not belong. With white space in a URL, nothing happens on a tap. A "
        "bundle identifier with white space matches no app. Around a link or a text that is shown, it is a warning.",
        cure="Remove it. Write a space that belongs to a name in a URL as `%20`.",
        source=f"{_NSURL}; seen: device logs of identifiers that differ",
        versions="for a URL, iOS 16 and earlier; since iOS 17 as for `invalid-url`",
    ),
    "placeholder": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="A template was not filled in. A URL, identifier or hash with a placeholder does not work. Apple's "
        "parser refuses instructions of a template between elements, tags such as `<%= url %>`, and a placeholder in "
        "place of a number. In a text that is only shown it is a warning, and so is a host that examples use for a "
        "server of your own, as `yourserver.com`.",
        cure="Fill in the template, or write the name of your server.",
        source="seen: published manifests and links",
    ),
    "credentials": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The URL contains a user name or password, which everyone who has the link can read. The device may "
        "ask for it again for every file. It is an error where a link, a manifest or a page is made.",
        cure="Use a path that cannot be guessed, or a signed URL.",
        source="library: what iOS does with them is not known, and other programs disagree on the host",
    ),
    "loopback-host": Entry(
        group=_URL,
        levels=_EITHER,
        meaning="The host is the device itself. Devices refuse it in the URL of a manifest, and find no server there "
        "for other files.",
        cure="Use a host name that the device can reach.",
        source=_SCHEMA,
    ),
    "private-host": Entry(
        group=_URL,
        levels=_WARNING,
        meaning="The host is private: only devices on its network reach it. Newer iOS may refuse it: 'manifest URL "
        "isn't external'.",
        cure="Use a public host name if you can.",
        source="seen: reports of users; device: iOS 26.1 refuses only the device itself",
        versions="reported since about iOS 17.7",
    ),
    "not-a-manifest": Entry(
        group=_MANIFEST,
        levels=_ERROR,
        meaning="The file is something else: a web page, JSON, an archive, an image, a profile, another property list, "
        f"or nothing. {_CANNOT_CONNECT}",
        cure="Give the URL of the manifest itself. It must not ask for a login.",
        source="seen: what is published or served in place of manifests; device: the root must be a dictionary",
    ),
    "missing": Entry(
        group=_MANIFEST,
        levels=_EITHER,
        meaning="A key, a parameter of the link, the Info.plist of an .ipa or something in it is missing. Without "
        "items, assets, the URL of the package, the title or the bundle identifier, nothing installs.",
        cure="Add it.",
        source=f"{_SCHEMA}; device: what iOS 26.1 installs without",
    ),
    "wrong-type": Entry(
        group=_MANIFEST,
        levels=_EITHER,
        meaning="A value has the wrong type, so the device ignores it or does not install.",
        cure="Write the type that the message names.",
        source=f"{_SCHEMA}; device: values of another type are not read",
    ),
    "wrong-kind": Entry(
        group=_MANIFEST,
        levels=_EITHER,
        meaning="`metadata.kind` is not `software`. The device refuses the item. For a package for a Mac, it is a "
        "warning.",
        cure="Write `software`.",
        source=f"{_SCHEMA}; device: every other value is refused",
    ),
    "no-package": Entry(
        group=_MANIFEST,
        levels=_EITHER,
        meaning="No asset has the kind `software-package`. The device has nothing to install. If `thinned-assets` has "
        "packages for certain devices, it is a warning.",
        cure="Add the .ipa as an asset of this kind.",
        source="device: 'no assets imported'",
    ),
    "bad-hash": Entry(
        group=_MANIFEST,
        levels=_EITHER,
        meaning="The hash has the wrong length, or other characters than hexadecimal digits. The device refuses the "
        "download. If the device does not use the hash, it is a warning. `Checksum` refuses a wrong algorithm or chunk "
        "size with this code, too.",
        cure="Make the hashes again with `Checksum.of`.",
        source=f"{_SCHEMA}; device: a SHA-256 list is never combined with MD5",
    ),
    "unchecked-hashes": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="There are two or more hashes but no valid chunk size. The device ignores them, and the package "
        "installs unverified.",
        cure="Add the chunk size, `sha256-size` or `md5-size`, in bytes.",
        source="device: without a size of 1 or more, several hashes are not checked",
    ),
    "bad-chunk-size": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The chunk size is below 1. The device takes the single hash for that of the whole file.",
        cure="Write the bytes of a chunk. Apple uses 10485760.",
        source=f"device: the size is ignored when there is one hash; {_SCHEMA}",
    ),
    "upper-case-hash": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The hash contains upper-case digits, and Apple writes lower case.",
        cure="Write lower case.",
        source="device: hashes are lower-case hexadecimal",
    ),
    "md5-only": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="There are MD5 hashes but no SHA-256, which is stronger and which devices prefer.",
        cure="Add SHA-256.",
        source=_SCHEMA,
    ),
    "odd-bundle-identifier": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The bundle identifier is a single character, contains characters that Apple does not allow, or "
        "begins with a team's prefix, as in entitlements. It installs only if it equals that of the .ipa.",
        cure="Check that it equals the CFBundleIdentifier of the .ipa.",
        source=f"Apple: CFBundleIdentifier; {_SCHEMA}; Apple: App ID Prefix; seen: published apps such as `Facebook++`",
    ),
    "odd-version": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The version is not one to three integers separated by periods. The app installs, but device "
        "management may compare versions wrongly.",
        cure="Write the CFBundleShortVersionString of the .ipa.",
        source="Apple: CFBundleShortVersionString; Xcode: exported manifests",
    ),
    "other-platform": Entry(
        group=_MANIFEST,
        levels=_EITHER,
        meaning="The platform is not that of iPhone and iPad, which then skip the item. If it is another of Apple's "
        "platforms, it is a warning.",
        cure="Write `com.apple.platform.iphoneos`, or remove the key.",
        source="device: the item is skipped, error 752; Xcode: exported manifests",
    ),
    "unknown-kind": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The device does not know this kind of asset, and ignores the asset.",
        cure="Write the kind that was meant.",
        source=f"{_SCHEMA}; device: the kinds that iOS 26.1 reads",
    ),
    "duplicate-kind": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="Two assets have the same kind. The device uses the first.",
        cure="Remove one of them.",
        source="device: the first asset of a kind counts",
    ),
    "duplicate-app": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="Two items have the same bundle identifier. A device keeps one app of an identifier, so only one of "
        "them stays.",
        cure="Remove one of them, or correct its identifier.",
        source="Apple: CFBundleIdentifier identifies a single app",
    ),
    "wrong-file": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The URL looks like that of another file, or of a folder.",
        cure="Check that it is the right URL.",
        source="seen: published manifests and links",
    ),
    "macos-package": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The package is for a Mac: it is a .pkg, or has no metadata. An iPhone or iPad does not install it.",
        cure="Use an .ipa for iPhone and iPad.",
        source="seen: manifests of packages for macOS",
    ),
    "removed-key": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The key was read by earlier systems. The device ignores it.",
        cure="Remove it.",
        source=f"{_SCHEMA}; seen: keys of Newsstand, which ended with iOS 9",
    ),
    "unknown-key": Entry(
        group=_MANIFEST,
        levels=_WARNING,
        meaning="The device does not know the key, and ignores it.",
        cure="Check the spelling. The message may suggest a known key.",
        source=f"{_SCHEMA}; device: the keys that iOS 26.1 reads",
    ),
    "not-a-link": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The text is not an install link. The device installs nothing.",
        cure="Begin the link with `itms-services://?`.",
        source="seen: published links",
    ),
    "other-scheme": Entry(
        group=_LINK,
        levels=_EITHER,
        meaning="The text is an address of another kind: of the App Store, TestFlight, an App Clip, a marketplace, an "
        "app that installs apps itself, a mail scanner, the manifest or the .ipa. It is not an install link. A warning "
        "where `check` was given a page or a manifest in a link of a mail scanner, and checked that.",
        cure="Write `itms-services://?action=download-manifest&url=` and the URL of the manifest, percent-encoded.",
        source="Apple: App Store links, TestFlight, App Clips, MarketplaceKit; standard: documentation of the app or "
        "scanner; seen: addresses in place of install links",
    ),
    "surrounding-text": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="`InstallLink.from_url` was given more text than the link, or a quotation mark stands before the URL "
        f"of the manifest. {_NOTHING}",
        cure="Give the link alone, or use `find_links`. Remove the quotation mark.",
        source=f"seen: links copied from pages; {_NSURL}",
    ),
    "trailing-text": Entry(
        group=_LINK,
        levels=_EITHER,
        meaning="A full stop, quotation mark or bracket seems to be left over at the end. The server is asked for it "
        "too. If a URL cannot contain it, nothing happens on a tap.",
        cure="Remove it.",
        source=f"seen: links copied from mail and Markdown; {_NSURL}",
    ),
    "no-scheme": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The scheme is missing: the link begins with `//?action=`. Safari says that the address is invalid.",
        cure="Make the content management system allow `itms-services:`.",
        source="seen: content management systems that remove unknown schemes",
    ),
    "wrong-scheme": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The scheme is misspelt. Safari says that the address is invalid.",
        cure="Write `itms-services:`.",
        source="seen: published links",
    ),
    "unsafe-scheme": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning=f"`unsafe:` stands before the link, as Angular marks schemes that it does not know. {_NOTHING}",
        cure="Allow the scheme `itms-services`.",
        source="standard: Angular, sanitization of URLs; seen: published pages",
    ),
    "slashes": Entry(
        group=_LINK,
        levels=_EITHER,
        meaning="There are not exactly two slashes before the `?`. Devices were seen to accept one and three. With a "
        "backslash, nothing happens on a tap.",
        cure="Write `//`.",
        source="seen: working products with one and with three slashes; library: with a backslash, devices are assumed "
        "to do nothing",
    ),
    "no-query": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The link has no `?`, so it asks for nothing.",
        cure="Write `?action=download-manifest&url=`.",
        source="seen: published links; standard: RFC 3986, 3.4",
    ),
    "line-broken": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The link is broken over several lines. Only the first line is tapped.",
        cure="Join the lines.",
        source="seen: links in mail and in text boxes",
    ),
    "escaped": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The link still contains escapes of JSON, JavaScript, HTML, mail or a shell. The device does not "
        "understand it.",
        cure="Undo the escapes when you copy the link out of source.",
        source="seen: links copied out of source",
    ),
    "html-escaped": Entry(
        group=_LINK,
        levels=_WARNING,
        meaning="`&amp;` stands outside HTML source, in a link or in a URL. In a link, the device still finds the URL. "
        "In a signed URL, the server refuses it.",
        cure="Write `&` there.",
        source="standard: HTML, 13.1.4 (character references); seen: published links",
    ),
    "double-escaped": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The `&` is escaped twice, as `&amp;amp;`. The device does not find the URL.",
        cure="Escape it once, and only in HTML source.",
        source="standard: HTML, 13.1.4 (character references); seen: published links",
    ),
    "semicolon": Entry(
        group=_LINK,
        levels=_WARNING,
        meaning="A `;` separates the parameters. Devices accept it, but it is not the usual form.",
        cure="Write `&`.",
        source="seen: a large build service publishes such links",
    ),
    "mangled-separator": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="`?`, `%26`, `amp-` or nothing stands in place of the `&`. The device does not find the URL.",
        cure="Write `&`.",
        source="seen: published links",
    ),
    "encoded-link": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The whole link is percent-encoded. The device does not understand it.",
        cure="Decode it once. Encode only the value of `url`.",
        source="seen: links taken out of the parameter of another URL",
    ),
    "other-action": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="This action is valid, but does not install an app.",
        cure="Write `download-manifest` to install.",
        source="Apple: StoreKit testing (`purchaseIntent`) and App Store codes (`redeem-codes`)",
    ),
    "unknown-action": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="The device does not know this action.",
        cure="Write `download-manifest`.",
        source="seen: published links",
    ),
    "letter-case": Entry(
        group=_LINK,
        levels=_WARNING,
        meaning="The action or the name of a parameter is written with other upper-case or lower-case letters. Only "
        "the usual spelling is known to work.",
        cure="Write `action`, `download-manifest` and `url`.",
        source="library: other spellings were not seen to work",
    ),
    "nested-link": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="Another link stands in place of the manifest's URL: the prefix was put before it twice. "
        "The device does not find the manifest.",
        cure="Use the inner link.",
        source="seen: a template that was copied widely",
    ),
    "cut-short": Entry(
        group=_LINK,
        levels=_EITHER,
        meaning="The manifest's URL is not percent-encoded. The device sees only the part before its `&` or `#`. It is "
        "a warning if only a fragment is lost, or if the URL is cut at a `;`, where only some devices split.",
        cure="Percent-encode the whole URL.",
        source="standard: RFC 3986, 3.5 and 2.2; seen: published links",
    ),
    "duplicate-parameter": Entry(
        group=_LINK,
        levels=_WARNING,
        meaning="The link contains `action` or `url` twice. Devices are assumed to use the first.",
        cure="Leave one.",
        source="library: which one devices use is not known",
    ),
    "not-encoded": Entry(
        group=_LINK,
        levels=_EITHER,
        meaning="The manifest's URL is not percent-encoded, and the device decodes it once. The server is asked for "
        "another address. If the result is not a valid URL, nothing happens on a tap.",
        cure="Percent-encode the whole URL: `%20` becomes `%2520`.",
        source=f"{_NSURL}; seen: published links",
        versions="for an error, iOS 16 and earlier; since iOS 17 as for `invalid-url`",
    ),
    "double-encoded": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning=f"The manifest's URL is percent-encoded twice, so the device does not see a URL. {_NOTHING}",
        cure="Encode it once.",
        source=f"{_NSURL}; seen: published links",
    ),
    "bad-attribute": Entry(
        group=_LINK,
        levels=_ERROR,
        meaning="`to_html` was given a name that is not a valid HTML attribute.",
        cure="Use letters, digits and `-`, beginning with a letter.",
        source="standard: HTML, 13.1.2.3 (attributes)",
    ),
    "bad-icon": Entry(
        group=_ICON,
        levels=_EITHER,
        meaning="The icon is not a valid PNG, or is larger than 2048 pixels. A release is built without it, with a "
        "warning.",
        cure="Export the icon again as PNG.",
        source="standard: PNG, third edition; seen: icons that Xcode leaves in .ipa files",
    ),
    "not-an-archive": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="The file is not a zip archive, and an .ipa is one. The device cannot install it.",
        cure="Look at how the file begins, which the message shows: often it is a web page or an error of the server.",
        source=_ZIP,
    ),
    "damaged-archive": Entry(
        group=_IPA,
        levels=_EITHER,
        meaning="The archive is cut off or damaged. The device cannot install it. If only an icon is damaged, a "
        "release is built without it, with a warning. A warning also says that what is around a file is odd: devices "
        "read archives from the front, by the headers before the files, and may refuse what other programs unpack.",
        cure="Copy the file again, or make a new archive.",
        source=f"{_ZIP}; device: how StreamingZip and Bom of iOS unpack",
    ),
    "duplicate-entry": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="The archive contains Info.plist, the profile or an icon twice. It is not clear which one the device "
        "uses.",
        cure="Make a new archive.",
        source="library: readers of zip archives disagree on which one counts",
    ),
    "encrypted-entry": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="A file in the archive is encrypted with a password. The device cannot read it.",
        cure="Make a new archive without a password.",
        source=f"{_ZIP}, 4.4.4",
    ),
    "unknown-compression": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="A file in the archive is compressed by a method other than 0 (none) and 8 (deflate). The device is "
        "assumed not to read it.",
        cure="Make a new archive.",
        source=f"{_ZIP}, 4.4.5; library: other methods were not seen in .ipa files",
    ),
    "no-app": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="The archive does not contain a folder `Payload/<Name>.app`. The device finds no app.",
        cure="Archive the folder `Payload` itself, not only its contents.",
        source="Xcode: exported .ipa files",
    ),
    "several-apps": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="The archive contains more than one folder `Payload/<Name>.app`. It is not clear which app is meant.",
        cure="Keep one.",
        source="Xcode: exported .ipa files",
    ),
    "not-a-profile": Entry(
        group=_IPA,
        levels=_ERROR,
        meaning="The provisioning profile cannot be read. The device refuses the app.",
        cure="Sign the app again.",
        source=f"{_PROFILES}; standard: RFC 5652",
    ),
    "wrong-platform": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The app was built for the simulator, macOS, tvOS or another platform. An iPhone or iPad does not "
        "install it. For a framework in it, it is a warning.",
        cure="Build for iOS devices.",
        source="Apple: CFBundleSupportedPlatforms; Xcode: builds for each platform",
    ),
    "wrong-device-family": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The app is for neither iPhone nor iPad, or not for the kind of device that was asked about.",
        cure="Set UIDeviceFamily to 1 (iPhone), 2 (iPad) or both.",
        source="Apple: UIDeviceFamily",
    ),
    "device-not-supported": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The app is one variant of a thinned app: its Info.plist lists the devices that it is for "
        "(`UISupportedDevices`), and others refuse it. It is an error if the device that was asked about is not one of "
        "them, or if the list is empty.",
        cure="Export the app without App Thinning.",
        source=f"{_INSTALLD}; Xcode: its database of devices; seen: thinned apps that were shared",
    ),
    "not-a-product-type": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The text does not have the form of a product type, so it is not known whether the device installs the "
        "app.",
        cure="Write it as `iPhone14,5`. `xcrun devicectl list devices` shows it.",
        source="seen: UISupportedDevices in apps; library: the form that they all have",
    ),
    "no-executable": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The Info.plist does not name an executable, or the app does not contain the one that it names. No "
        "device installs it.",
        cure="Archive the whole app, as Xcode built it.",
        source=f"{_INSTALLD} (MIInstallerErrorDomain 11 and 71)",
    ),
    "no-such-ios": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The app needs a version of iOS that does not exist, or its MinimumOSVersion is not a version. No "
        "device installs it. For the versions 19 to 25, which were left out, it is a warning: iOS 26 and later install "
        "the app.",
        cure="Set the deployment target in Xcode.",
        source=f"{_INSTALLD}; library: since iOS 26 the versions are taken to follow the years",
    ),
    "watch-only": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The app is the shell around an app for Apple Watch alone (`ITSWatchOnlyContainer`). No iPhone or iPad "
        "installs it.",
        cure="Install it from the App Store or TestFlight.",
        source=f"{_INSTALLD} (MIInstallerErrorDomain 137)",
    ),
    "fairplay": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The app is encrypted for the App Store, and does not install over the air. Where the executable was "
        "not read it is a warning: the app contains a folder `SC_Info`, which decrypted copies keep.",
        cure="Export the app from Xcode.",
        source="Apple: mach-o/loader.h; seen: apps from the App Store, and copies of them",
    ),
    "no-profile": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The app, or an extension in it, has no provisioning profile. No device installs it over the air. It "
        "is a warning if the profile of the app is for the extension too.",
        cure="Export it signed, with an ad hoc or enterprise profile.",
        source=_PROFILES,
    ),
    "app-store-profile": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The app is signed for the App Store. No device installs it over the air.",
        cure="Sign it with an ad hoc or enterprise profile.",
        source=_PROFILES,
    ),
    "development-profile": Entry(
        group=_INSTALL,
        levels=_WARNING,
        meaning="The app is signed for development. It installs, but opens only if Developer Mode is on.",
        cure="Switch on Developer Mode, or sign the app for an enterprise. Signed ad hoc, it may need it too.",
        source="Apple: Enabling Developer Mode on a device; seen: ad hoc builds that needed it",
        versions="iOS 16 and later",
    ),
    "profile-expired": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The provisioning profile has expired. The app neither installs nor opens.",
        cure="Sign it with a new profile.",
        source=f"{_PROFILES}; seen: 'Unable to Install', 'integrity could not be verified'",
    ),
    "profile-expires-soon": Entry(
        group=_INSTALL,
        levels=_WARNING,
        meaning="The provisioning profile expires within 14 days, or within the time that was asked for. From then on "
        "the app neither installs nor opens.",
        cure="Sign it with a new profile.",
        source=f"{_PROFILES}; library: 14 days leave time to act",
    ),
    "certificate-expired": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The certificate of the signer has expired, or all certificates of the provisioning profile have, "
        "before the profile itself. The app neither installs nor opens. It is a warning if the certificate above the "
        "signer's has, which old devices do not ask.",
        cure="Sign it with a new certificate and a new profile.",
        source=f"{_PROFILES}; seen: profiles that outlive their certificates, installd's 0xe8008018",
    ),
    "certificate-expires-soon": Entry(
        group=_INSTALL,
        levels=_WARNING,
        meaning="The certificate of the signer, or the last certificate of the provisioning profile, expires within 14 "
        "days, or within the time that was asked for. From then on the app neither installs nor opens.",
        cure="Sign it with a new certificate and a new profile.",
        source=f"{_PROFILES}; library: 14 days leave time to act",
    ),
    "certificate-not-yet-valid": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The certificate of the signer is not valid yet. Until then the device refuses the app. "
        "It is a warning if it is the certificate above the signer's, which old devices do not ask.",
        cure="Wait, or set the clock of the machine that signs.",
        source="Apple: Security (SecPolicy.c, which asks that the certificate is valid at the time)",
    ),
    "profile-mismatch": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The provisioning profile is for another bundle identifier, and the device refuses the app. For an "
        "enterprise profile it is a warning, since apps that were signed anew on purpose install; for a profile for "
        "another platform too.",
        cure="Sign the app with its own profile.",
        source=f"{_PROFILES}; seen: apps signed anew for an enterprise, which install; library: a profile for another "
        "platform was not tried",
    ),
    "device-not-in-profile": Entry(
        group=_INSTALL,
        levels=_EITHER,
        meaning="The provisioning profile does not list the device, or lists no device. The device refuses the app. "
        "It is a warning if the profile of an extension or App Clip lists fewer devices than that of the app.",
        cure="Register the device, renew the profile, and sign the app again.",
        source=_PROFILES,
    ),
    "not-a-udid": Entry(
        group=_INSTALL,
        levels=_ERROR,
        meaning="The text does not have the form of a UDID, so it cannot be in the profile, and cannot be registered.",
        cure="Copy the UDID from the Finder or Xcode, or ask the device for it (`itms_ota.udid`).",
        source="seen: UDIDs in provisioning profiles",
    ),
    "not-signed": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"The executable has no code signature. {_NOT_INSTALLED} It is a warning for code that no bundle "
        "names, and that only fails when it is loaded.",
        cure="Sign the app. An app that somebody else is to sign is sent without a signature.",
        source=f"{_LOGGED}, 0xe800801c",
    ),
    "ad-hoc-signed": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The executable is signed without a certificate (ad hoc), as the linker and `codesign -s -` do. "
        f"{_NOT_INSTALLED} {_LOOSE_CODE}",
        cure="Sign the app with a certificate that Apple issued.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008014",
    ),
    "bad-executable": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The file is not a whole Mach-O executable: it was cut short, or is something else. For the app "
        "and its extensions it is an error.",
        cure="Build the app again, and look for what cuts files off.",
        source="Apple: mach-o/loader.h",
    ),
    "bad-signature": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"The signature in the executable is damaged. {_NOT_INSTALLED} {_LOOSE_CODE}",
        cure="Sign the app again.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008001",
    ),
    "invalid-signature": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"The signature is not that of its signer over this code. {_NOT_INSTALLED} It is a warning if only "
        "some of the hashes are not signed, in the way of old tools.",
        cure="Sign the app again.",
        source=f"{_SECURITY}; standard: RFC 5652; library: what devices make of hashes that are not signed was "
        "not tried",
    ),
    "code-changed": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"The executable was changed after it was signed. {_NOT_INSTALLED} {_OLDER_HASHES}.",
        cure="Sign the app last, after every change.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008001",
    ),
    "info-plist-changed": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"Info.plist was changed after signing. {_NOT_INSTALLED} {_OLDER_HASHES}, or if the signature does "
        "not cover it at all.",
        cure="Set versions and names before you sign.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008001",
    ),
    "signed-part-changed": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"Entitlements or requirements in the signature are not those that were signed. {_NOT_INSTALLED} "
        f"{_OLDER_HASHES}.",
        cure="Sign the app again.",
        source=_SECURITY,
    ),
    "no-seal": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"`_CodeSignature/CodeResources` is missing. {_NOT_INSTALLED}",
        cure="Sign the app again.",
        source=_SECURITY,
    ),
    "bad-seal": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"`_CodeSignature/CodeResources` was changed after signing, or is damaged. {_NOT_INSTALLED} "
        f"{_OLDER_HASHES}, or if the signature does not cover it at all.",
        cure="Sign the app again.",
        source=_SECURITY,
    ),
    "resource-changed": Entry(
        group=_CODE,
        levels=_ERROR,
        meaning=f"A file was changed after signing. {_NOT_INSTALLED}",
        cure="Sign the app last, after every change.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008017",
    ),
    "resource-missing": Entry(
        group=_CODE,
        levels=_ERROR,
        meaning=f"A file that was signed is missing. {_NOT_INSTALLED}",
        cure="Sign the app last, after every change.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008017",
    ),
    "resource-added": Entry(
        group=_CODE,
        levels=_ERROR,
        meaning=f"A file was added after signing. {_NOT_INSTALLED}",
        cure="Sign the app last, after every change.",
        source=f"{_SECURITY}; {_LOGGED}, 0xe8008017",
    ),
    "nested-code-changed": Entry(
        group=_CODE,
        levels=_WARNING,
        meaning="A framework or an extension was signed again after the app around it.",
        cure="Sign from within: the app last.",
        source=f"{_SECURITY}: only a requirement is compared",
    ),
    "link-leads-out": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="A symbolic link leads out of the app. The device does not install the app. It is a warning for a link "
        "beside the app that leads out of the archive: a device may refuse to unpack it.",
        cure="Put the file itself there, and sign the app again.",
        source="device: installd (MIFileManager, validateSymlinksInURLDoNotEscapeURL); seen: its log, InvalidSymlink",
    ),
    "not-apple-signed": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"Apple did not issue the certificate for apps. {_NOT_INSTALLED} {_LOOSE_CODE}",
        cure="Sign the app with a certificate of the Apple Developer Program.",
        source="Apple: Security (SecPolicy.c), and its root certificates",
    ),
    "certificate-not-in-profile": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"The profile does not contain the certificate of the signer. {_NOT_INSTALLED} For frameworks and "
        "libraries it is a warning.",
        cure="Sign the app with a profile that contains the certificate.",
        source=f"{_PROFILES}; {_LOGGED}, 0xe8008015",
    ),
    "other-team": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The code and its certificate, or the app and code in it, are of different teams. The device does "
        f"not install the app, or does not run the code. {_LOOSE_CODE}",
        cure="Sign everything in the app with one certificate.",
        source=f"Apple: xnu and dyld (library validation); {_LOGGED}, 0xe8008015",
    ),
    "entitlement-not-in-profile": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning=f"The code claims an entitlement that the profile does not grant. {_NOT_INSTALLED} It is a warning if "
        "the entitlement is empty or off.",
        cure="Add the entitlement to the profile, or sign without it.",
        source=f"{_PROFILES}; {_LOGGED}, 0xe8008016; library: what devices make of those that are off was not tried",
    ),
    "no-application-identifier": Entry(
        group=_CODE,
        levels=_ERROR,
        meaning=f"The entitlement `application-identifier` is missing. {_NOT_INSTALLED}",
        cure="Sign the app with the entitlements of its profile.",
        source="device: installd, MIInstallerErrorDomain 63",
    ),
    "application-identifier-mismatch": Entry(
        group=_CODE,
        levels=_WARNING,
        meaning="The app is signed for another bundle identifier than its own. Apps that were signed so on "
        "purpose, for an enterprise, install.",
        cure="Sign the app with its own profile.",
        source="seen: apps signed anew for an enterprise, which install",
    ),
    "slices-differ": Entry(
        group=_CODE,
        levels=_WARNING,
        meaning="The executable is signed otherwise for some processors than for arm64: by another certificate or "
        "team, or with other entitlements. What today's devices run was judged; others may refuse the app.",
        cure="Sign the app again.",
        source=_SECURITY,
    ),
    "entitlements-differ": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The entitlements in DER and in XML differ. iOS 15 and later go by the first, and refuse the "
        "app. It is an error if the app needs such a system.",
        cure="Sign the app again.",
        source="Apple: Using the latest code signature format; library: that both are compared was not tried",
        versions="iOS 15 and later",
    ),
    "no-der-entitlements": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The signature has no entitlements in DER. iOS 15 and later refuse the app. It is an error if "
        "the app needs such a system.",
        cure="Sign it with Xcode 13 or later, or with `codesign --generate-entitlement-der`.",
        source=f"Apple: Using the latest code signature format; {_LOGGED}, 0xe8008029",
        versions="iOS 15 and later",
    ),
    "profile-not-genuine": Entry(
        group=_CODE,
        levels=_ERROR,
        meaning=f"The profile is not as Apple signed it. {_NOT_INSTALLED}",
        cure="Download the profile again.",
        source=f"{_PROFILES}; {_LOGGED}, 0xe8008012",
    ),
    "identifier-not-prefixed": Entry(
        group=_CODE,
        levels=_ERROR,
        meaning="The bundle identifier of an extension, a Watch app or an App Clip does not begin with that of the "
        f"app and a dot. {_NOT_INSTALLED}",
        cure="Change both identifiers in Xcode.",
        source="device: installd, MIInstallerErrorDomain 37 (AppexBundleIDNotPrefixed)",
    ),
    "not-executable": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The archive says that the executable may not be run, or does not say that it may. It is an "
        "error if it says so of the app's own.",
        cure="Set the mode 755, and zip the app on a Mac or on Linux.",
        source=f"{_LOGGED}, PackageInspectionFailed; library: archives without modes were not tried",
    ),
    "no-arm64": Entry(
        group=_CODE,
        levels=_EITHER,
        meaning="The executable is not for arm64. iOS 11 and later do not run it. It is an error if the app or its "
        "extension needs such a system. Libraries and frameworks fail when they are loaded.",
        cure="Build the app for arm64.",
        source="Apple: iOS 11 release notes; device: installd looks for a slice in the app and its extensions",
    ),
    "bundle-identifier-mismatch": Entry(
        group=_MATCH,
        levels=_ERROR,
        meaning="The manifest is for another app. The device downloads this one and refuses it.",
        cure="Write the bundle identifier of the app.",
        source="seen: device logs",
        versions="iOS 9 and later",
    ),
    "version-mismatch": Entry(
        group=_MATCH,
        levels=_WARNING,
        meaning="The version in the manifest is neither the short nor the build version of the app. It installs, but "
        "device management may miss the update or repeat it.",
        cure="Write the short version of the app.",
        source="Apple: device-management, declarative configurations; Xcode: exported manifests",
    ),
    "title-mismatch": Entry(
        group=_MATCH,
        levels=_WARNING,
        meaning="The title in the manifest is not the name of the app. The device asks for consent with this title.",
        cure="Write the name of the app.",
        source="device: the question before the install shows the title",
    ),
    "platform-mismatch": Entry(
        group=_MATCH,
        levels=_WARNING,
        meaning="The platform in the manifest is not that of the app. A device skips an item for another platform.",
        cure="Write the platform of the app.",
        source="device: the item is skipped, error 752",
    ),
    "chunk-size-mismatch": Entry(
        group=_MATCH,
        levels=_WARNING,
        meaning="There is one hash, and its chunk size is smaller than the file. The device takes the hash for that of "
        "the whole file.",
        cure="Write the length of the file as the size, or one hash for each chunk.",
        source="device: a list of one hash stands for the whole file",
    ),
    "hash-count-mismatch": Entry(
        group=_MATCH,
        levels=_ERROR,
        meaning="The number of hashes is not the number of chunks of the file. The device refuses the app.",
        cure="Make the hashes again.",
        source="device: one hash for each chunk, the last for what remains",
    ),
    "hash-mismatch": Entry(
        group=_MATCH,
        levels=_ERROR,
        meaning="The file has other hashes than the manifest. The device refuses the app.",
        cure="Make the hashes again.",
        source=_SCHEMA,
    ),
    "dns-failure": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The host has no address. {_NEITHER_DOES_A_DEVICE}",
        cure="Check the spelling of the host and its DNS records.",
        source=_HERE,
    ),
    "refused": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"No server listens on this port of the host. {_NEITHER_DOES_A_DEVICE}",
        cure="Start the server, or correct the port.",
        source=_HERE,
    ),
    "unreachable": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The host cannot be reached. {_NEITHER_DOES_A_DEVICE}",
        cure="Check its DNS records, the route and the firewall.",
        source=_HERE,
    ),
    "not-public": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The host leads to an address outside the public Internet, and only public addresses were allowed.",
        cure="Use a public host, or allow private addresses if the URL is your own.",
        source="standard: IANA special-purpose address registries",
    ),
    "timeout": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The server was silent for too long. A device waits too, and then says that it cannot connect.",
        cure="Look for an overloaded server or a firewall, or allow more seconds.",
        source=_HERE,
    ),
    "time-limit": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The whole task took longer than the limit allows. This says nothing about devices.",
        cure="Look for a slow server, or allow more seconds.",
        source="library: the limit that the caller gave",
    ),
    "byte-limit": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="More bytes were needed than the limit allows. This says nothing about devices.",
        cure="Read less, or allow more bytes (`max_bytes`).",
        source="library: the limit that the caller gave, or that of a check",
    ),
    "connection-dropped": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The server closed the connection before it answered. The download on a device fails.",
        cure="Look at the log of the server.",
        source=_HERE,
    ),
    "bad-response": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The answer of the server is not valid HTTP. The download on a device fails.",
        cure="Check the port and the server.",
        source="standard: RFC 9112",
    ),
    "redirect-loop": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="More than ten redirects follow one another. A device gives up too.",
        cure="Look for addresses that redirect to each other.",
        source="standard: RFC 9110, 15.4; library: ten redirects are followed",
    ),
    "http-status": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The server refuses the file: status 403, 404, 500 and similar. A device gets the same answer: it "
        "sends no cookies and no login.",
        cure="Make the address work in a private browser window.",
        source="standard: RFC 9110, 15; device: the downloader has a session of its own",
    ),
    "tls-self-signed": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The certificate is self-signed. Devices trust it only if it is installed and switched on there, or "
        "pushed by management.",
        cure="Use a certificate of a public authority, or install this one on every device.",
        source=f"{_ATS}; Apple: Trust manually installed certificate profiles",
        versions="Certificate Trust Settings since iOS 10.3",
    ),
    "tls-private-root": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The certificate comes from a root that is not publicly known. Devices trust it only if the root is "
        "installed and switched on there, or pushed by management.",
        cure="Use a certificate of a public authority, or install the root on every device.",
        source=f"{_ATS}; Apple: Trust manually installed certificate profiles",
        versions="Certificate Trust Settings since iOS 10.3",
    ),
    "tls-unknown-issuer": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning="The certificate does not lead to a known root: an intermediate certificate is missing, or the root "
        "is private. Devices may refuse it where desktop browsers do not.",
        cure="Serve the full chain.",
        source=f"{_ATS}; seen: incomplete chains that failed on devices",
    ),
    "tls-expired": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The certificate, or one that it depends on, has expired. {_NEITHER_DOES_A_DEVICE}",
        cure="Renew it.",
        source=f"{_ATS}; standard: RFC 5280, 4.1.2.5",
    ),
    "tls-not-yet-valid": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The certificate is not valid yet. {_NEITHER_DOES_A_DEVICE}",
        cure="Check its dates, and the clock.",
        source=f"{_ATS}; standard: RFC 5280, 4.1.2.5",
    ),
    "tls-wrong-host": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The certificate is for other host names. {_NEITHER_DOES_A_DEVICE}",
        cure="Use a certificate whose Subject Alternative Name contains this host.",
        source=f"{_ATS}; standard: RFC 9525",
    ),
    "tls-no-common-protocol": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The server and a current client have no TLS version or cipher in common. {_NEITHER_DOES_A_DEVICE}",
        cure="Offer TLS 1.2 or later with ECDHE.",
        source=_ATS,
    ),
    "tls-failure": Entry(
        group=_NETWORK,
        levels=_EITHER,
        meaning=f"The TLS handshake fails for another reason. {_NEITHER_DOES_A_DEVICE}",
        cure="Check that the server speaks https on this port.",
        source=_HERE,
    ),
    "no-ranges": Entry(
        group=_RANGES,
        levels=_EITHER,
        meaning="The server sends the whole file in place of the byte range that was asked for. A device that loses "
        "the connection starts again from the beginning. For `check`, it is a warning.",
        cure="Let the server answer Range requests.",
        source="standard: RFC 9110, 14; device: downloads are resumed by range",
    ),
    "no-length": Entry(
        group=_RANGES,
        levels=_EITHER,
        meaning="The server does not send the length of the file. A device shows no progress. For `check`, it is a "
        "warning.",
        cure="Serve it as a plain file.",
        source="standard: RFC 9110, 8.6 and 14.4; device: HEAD asks for the length",
    ),
    "wrong-range": Entry(
        group=_RANGES,
        levels=_EITHER,
        meaning="The server answers with another range than was asked for. A download that is resumed is damaged. For "
        "`check`, it is a warning where the whole file could be downloaded.",
        cure="Look for a proxy or script that handles Range wrongly.",
        source="standard: RFC 9110, 14.4 and 15.3.7",
    ),
    "content-encoded": Entry(
        group=_RANGES,
        levels=_EITHER,
        meaning="The server compresses the file without being asked. Ranges do not match the file, and a device may "
        "not unpack it.",
        cure="Switch off compression for it.",
        source="standard: RFC 9110, 8.4 and 12.5.3",
    ),
    "changed": Entry(
        group=_RANGES,
        levels=_ERROR,
        meaning="The file changed while it was read, or several servers send different copies.",
        cure="Open it again. Make all servers send the same file.",
        source="standard: RFC 9110, 8.8",
    ),
    "no-validator": Entry(
        group=_RANGES,
        levels=_WARNING,
        meaning="The server sends nothing that identifies a version of the file, and parts of it were read one after "
        "another. If the file changes meanwhile, a device that resumes a download gets a mixture of two versions.",
        cure="Let the server send a strong ETag or Last-Modified.",
        source="standard: RFC 9110, 8.8 and 13.1.5",
    ),
    "not-an-image": Entry(
        group=_IMAGE,
        levels=_EITHER,
        meaning="The image for the install page cannot be shown by every browser. For `check`: what the server sends "
        "is not a PNG, which is a warning.",
        cure="Give an https URL, a relative URL, or the bytes of a PNG.",
        source="Apple: Distribute proprietary in-house apps; standard: Content Security Policy Level 3",
    ),
    "empty-body": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning="The server sends an empty file.",
        cure="Upload it again.",
        source="seen: uploads that failed",
    ),
    "web-page": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning="The server sends a web page in place of the file: an error, a question, or the page of an app.",
        cure="Give the address of the file itself.",
        source="seen: what servers send in place of manifests and packages",
    ),
    "login-page": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning="The server sends a login page in place of the file. A device has none of Safari's cookies, so nobody "
        "can log it in.",
        cure="Let the address work without a login.",
        source="device: the downloader has a session of its own, without cookies",
    ),
    "share-page": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning="The address shows a page about the file, as Dropbox, GitHub, Google Drive and others do.",
        cure="Use the address that the message shows, or a server of your own.",
        source="seen: links to shared files in published manifests and links",
    ),
    "bot-challenge": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning="A service before the server asks whether the client is a browser, or refuses it as a program, in "
        "place of sending the file. The downloader of a device cannot answer. Some judge by the TLS fingerprint: they "
        "refuse a device although this check, curl and Safari get the file.",
        cure="Leave the manifest, the packages and the images out of the protection from bots. To see whether a device "
        "is refused, look for `com.apple.appstored` and status 403 in the log of its security events.",
        source="standard: Cloudflare, Detect a Challenge Page response and Error 1010; standard: AWS WAF, "
        "ChallengeAction; seen: iOS downloads refused by TLS fingerprint (expo/expo#46361)",
    ),
    "content-type": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The Content-Type is not the usual one. Devices were not seen to mind, but proxies and browsers may.",
        cure="Send the type that the message names.",
        source="Apple: Distribute proprietary in-house apps; device: no check of the type was found",
    ),
    "head-refused": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The server gives no usable answer to HEAD, which a device sends to learn the length. It downloads "
        "without.",
        cure="Allow HEAD if you can. A URL that is signed for GET alone never does.",
        source="device: HEAD comes before the download, and may fail",
    ),
    "slow-head": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The answer to HEAD took five seconds or more, or did not come. A device sends HEAD before the "
        "download and shows 'Waiting…' until the answer comes.",
        cure="Let the server answer HEAD at once, without making or fetching the file.",
        source="device: HEAD comes before the download, for 30 seconds, and is repeated; library: five seconds",
    ),
    "length-mismatch": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="HEAD announces another length than the package has. A device may take the download for incomplete.",
        cure="Look for a proxy that compresses, or for servers that send different copies.",
        source="standard: RFC 9110, 9.3.2; device: HEAD asks for the length",
    ),
    "redirected-package": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The URL of the package redirects. Devices may not follow redirects of packages: reports disagree.",
        cure="Write the last address into the manifest, unless it is made anew for every request.",
        source="device: redirects of packages are followed; seen: a service that reports they are not (tuist, 2026), "
        "and published manifests that rely on them",
    ),
    "image-cgbi": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The image is a PNG in the form that Xcode leaves in an .ipa (CgBI). Browsers cannot show it. Whether "
        "iOS shows it during an install is not known.",
        cure="Serve a plain PNG, as `Ipa.icon_png()` returns.",
        source="Xcode: icons in .ipa files",
    ),
    "image-not-square": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The image is not square.",
        cure="Use 57 × 57 and 512 × 512 pixels.",
        source="Apple: Distribute proprietary in-house apps",
    ),
    "tls-too-old": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning=f"The server uses TLS 1.1 or older, and iOS needs TLS 1.2. {_NEITHER_DOES_A_DEVICE}",
        cure="Switch on TLS 1.2 and 1.3.",
        source=_ATS,
    ),
    "tls-no-forward-secrecy": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="With a `tls_context` of your own, the server chose a cipher without ECDHE. iOS offers only ECDHE.",
        cure="Check that the server also allows ECDHE ciphers.",
        source=_ATS,
    ),
    "tls-expires-soon": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The certificate expires within 14 days, or within the last third of its lifetime where that is "
        "shorter, or within the time that was asked for. From then on devices refuse to connect.",
        cure="Renew it.",
        source=f"{_ATS}; library: 14 days leave time to act, and short certificates are renewed in their last third",
    ),
    "tls-lifetime": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The certificate is valid for more than 398 days and was issued since September 2020. iOS refuses it "
        "if it comes from a public authority. Roots that were added to the device are exempt, as are those of your own "
        "`tls_context`.",
        cure="Get a certificate that is valid for a shorter time.",
        source="Apple: About upcoming limits on trusted certificates",
        versions="all, for certificates issued since 2020-09-01",
    ),
    "signed-url-expired": Entry(
        group=_TAP,
        levels=_EITHER,
        meaning="The signed URL has expired. The server refuses it.",
        cure="Sign it again.",
        source=_CLOUDS,
    ),
    "signed-url-expires-soon": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The signed URL expires within a day, or within ten minutes if each request for the manifest gets a "
        "URL of its own. From then on the server refuses it.",
        cure="Sign it for longer, or again for every request.",
        source=f"{_CLOUDS}; library: a day leaves time to act, and ten minutes to install",
    ),
    "manifest-outlives-package": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="The manifest contains a signed URL that expires before the manifest does. From then on the install "
        "fails.",
        cure="Make the manifest again for every request, or sign for longer.",
        source=_CLOUDS,
    ),
    "not-checked": Entry(
        group=_TAP,
        levels=_WARNING,
        meaning="Something that belongs to every check was not looked at: more items or links than a check looks at, "
        "packages for certain devices alone, a package of which the server does not send parts, or the check had made "
        "all the requests that it makes. A device installs all items, and fetches all files. Of a log: lines that are "
        "too long or of a format that is not known, more attempts than are listed, or a length that is not known.",
        cure="Split the manifest to check the others, let the server answer byte ranges, and remove redirects that are "
        "not needed. Of a log, give a part.",
        source="library: a check looks at 16 items of a manifest and 50 links, makes 100 requests and 20 more for each "
        "of several links, and downloads whole packages only where that is asked for; library: of a line of a log 16 "
        "KiB are read",
    ),
    "not-verified": Entry(
        group=_TAP,
        levels=_ERROR,
        meaning="You asked for a look that was not possible: at the hashes, at the signature, or at whether the app "
        "installs on a device. Or there was no manifest to look at, as in a page whose links a script puts together. "
        "Or, in `check_many`, the check itself failed. The message says why. This says nothing about devices.",
        cure="Remove what the message names, allow more seconds or bytes, or do not ask for it.",
        source="library: what was asked for is looked at, or the report is not `ok`",
    ),
    "not-an-answer": Entry(
        group=_DEVICE,
        levels=_ERROR,
        meaning="What was sent is not the answer of a device: it is not a signed message, nobody signed it, or it does "
        "not name a UDID. Devices sign each answer.",
        cure="Read the body of the request as it was sent. Ask the person to install the profile again.",
        source=f"{_ENROLLMENT}; standard: RFC 5652",
    ),
    "answer-changed": Entry(
        group=_DEVICE,
        levels=_ERROR,
        meaning="The answer is not what its signer signed. Nothing in it can be believed.",
        cure="Ask the person to install the profile again. If it happens again, look for a proxy that changes bodies.",
        source=f"{_ENROLLMENT}; standard: RFC 5652, 5.4",
    ),
    "wrong-challenge": Entry(
        group=_DEVICE,
        levels=_ERROR,
        meaning="The answer does not carry the challenge that was expected. It answers another profile, or is an old "
        "answer that was sent again.",
        cure="Compare with the challenge that you gave to the profile. Let the person download the profile again.",
        source=f"{_ENROLLMENT}; seen: code of iOS that others have taken apart, where the "
        "challenge is sent back as it was given",
    ),
    "device-not-verified": Entry(
        group=_DEVICE,
        levels=_WARNING,
        meaning="It could not be verified that a device of Apple signed the answer. Anybody could have made it.",
        cure="Do not register the UDID before you have compared it with what the Finder shows of the device.",
        source=f"{_ENROLLMENT}; Apple: Security (SecPolicy.c, SecPolicyCreateiPhoneDeviceCertificate)",
    ),
    "bad-device-name": Entry(
        group=_DEVICE,
        levels=_ERROR,
        meaning="The name of a device cannot stand in the file for Apple's developer website: it is blank, or has a "
        "tab, a line break, a quotation mark or an invisible character in it.",
        cure="Give the device another name.",
        source="seen: the sample files of Apple, and programs that read such files",
    ),
    "install-failed": Entry(
        group=_LOG,
        levels=_EITHER,  # a warning where it was installed in the end, or where the line is only a hint
        meaning="The log of a device says why it did not install the app. The message explains the error code.",
        cure="Do what the message says. `python -m itms_ota explain CODE` explains any code of a device that is known.",
        source="seen: logs of installd, itunesstored and appstored; device: their code; Apple: NSURLError.h",
    ),
    "unknown-error-code": Entry(
        group=_LOG,
        levels=_EITHER,  # an error where nothing else explains why the app is not installed
        meaning="The log of a device has an error code whose meaning is not known here. What it means is not guessed.",
        cure="Read the lines around it. Look up the code in Apple's developer forums.",
        source="library: a code is explained only where its meaning has a source",
    ),
    "no-package-request": Entry(
        group=_LOG,
        levels=_WARNING,
        meaning="An access log shows that a device fetched the manifest, and no request for the package after it. The "
        "person did not confirm, the device cannot use the manifest, or the package is on another server.",
        cure="Check the manifest with `python -m itms_ota check LINK`. Read the log of the package's server.",
        source="device: the manifest is fetched before the question, the package after it",
    ),
    "incomplete-download": Entry(
        group=_LOG,
        levels=_WARNING,
        meaning="An access log does not show that a device got the whole package: only its size was asked for, or "
        "fewer bytes were sent than to others.",
        cure="Look for a proxy that cuts long answers, serve ranges of bytes, and try again.",
        source="device: HEAD, then a download that can go on where it stopped; library: a length that two answers have "
        "in common is taken for that of the package",
    ),
    "no-complete-install": Entry(
        group=_LOG,
        levels=_ERROR,
        meaning="A log does not show any install that came to its end, and no failure either. So it does not show that "
        "installs work.",
        cure="Give a log that covers the time of the tap: the access log of the server, with the User-Agent, or the "
        "log of the device.",
        source="library: what was not seen is not called sound",
    ),
    "unreadable": Entry(
        group=_CALL,
        levels=_ERROR,
        meaning="A file cannot be opened, read or written, so nothing was looked at.",
        cure="The message has the reason. Check the name of the file, and who may read it.",
        source="library: only the command line reports it, in Python it is an OSError",
    ),
    "bad-call": Entry(
        group=_CALL,
        levels=_ERROR,
        meaning="The command was called wrongly, so nothing was looked at.",
        cure="The message has the reason. The option `--help` lists what the command takes.",
        source="library: only the command line reports it, in Python it is a ValueError or a TypeError",
    ),
}
