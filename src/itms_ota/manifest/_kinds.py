"""The names that a manifest uses: kinds of assets, platforms and media types."""

# Xcode Server sent application/xml, Apple's guide says text/xml: the device looks at neither.
MANIFEST_CONTENT_TYPE = "application/xml"
"""The media type to serve a manifest with."""
IPA_CONTENT_TYPE = "application/octet-stream"
"""The media type to serve an .ipa with."""

PACKAGE = "software-package"
DISPLAY_IMAGE = "display-image"
FULL_SIZE_IMAGE = "full-size-image"
ASSET_PACKS = "asset-pack-manifest"
IMAGE_SIZES = {DISPLAY_IMAGE: 57, FULL_SIZE_IMAGE: 512}
"""In pixels (Apple, "Distribute proprietary in-house apps"); devices show other sizes as well."""
# The first four are those of Apple's schema; the others are read by the device (iOS 26.1).
ASSET_KINDS = (
    PACKAGE,
    DISPLAY_IMAGE,
    FULL_SIZE_IMAGE,
    ASSET_PACKS,
    "messages-display-image",
    "vpn-plugin-package",
    "newsstand-image",
)

IPHONE = "com.apple.platform.iphoneos"
MAC = "com.apple.platform.macosx"
# Named as Xcode names them; iOS 26.1 hands what is for a watch to the paired one, and skips all others.
OTHER_PLATFORMS = {
    "com.apple.platform.watchos": "Apple Watch",
    "com.apple.platform.appletvos": "Apple TV",
    "com.apple.platform.xros": "Apple Vision",
    MAC: "Mac",
}
