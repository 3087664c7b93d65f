"""What the page says and how it looks: data."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:"
"""All that the page needs. The page contains it, and a server may send it as a header too."""

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "title": "Install {app}",
        "title_of_several": "Install apps",
        "nothing": "There is nothing to install here yet.",
        "install": "Install",
        "version": "Version {version}",
        "older": "Older versions",
        "groups": "Groups",
        "all_groups": "All",
        "kilobytes": "{size} kB",
        "megabytes": "{size} MB",
        "gigabytes": "{size} GB",
        "decimal_point": ".",
        # The one form of numbers that means the same to all who read English.
        "date": "{year}-{month}-{day}",
        "minimum": "iOS {version} or later",
        "expires": "Works until {date}.",
        "expired": "Expired on {date}: it no longer installs or opens. Ask for a newer version.",
        "registered_devices": "Installs only on devices that are registered with its developer.",
        "app_store": "Signed for the App Store: devices refuse to install it from a page like this.",
        "some_app": "an app",
        "in_app": "This page is open inside {browser}, where the button usually does nothing.",
        "in_app_help": "Open the page in Safari: choose “Open in Safari” or “Open in browser” from the menu (⋯) or "
        "the share sheet, or copy the address and paste it into Safari.",
        "other_device": "This is for iPhone and iPad. Open the page in Safari on the device that is to get it.",
        "mac": "This is for iPhone and iPad. On an iPad, or on a Mac with Apple silicon, you can try the button here; "
        "otherwise open the page on the device that is to get it.",
        "steps": "What happens next",
        "step_confirm": "Your device says that “{host}” would like to install the app. Tap “Install”.",
        "step_home_screen": "This page stays as it is. Go to the Home Screen: the new icon shows the progress.",
        "step_trust": "If the developer is “untrusted” when you open the app: go to Settings > General > VPN & Device "
        "Management, tap the developer's name, then “Trust”. You must be online, and from iOS 18 on the device "
        "restarts.",
        "step_developer_mode": "From iOS 16 on, the app opens only in Developer Mode: go to Settings > Privacy & "
        "Security > Developer Mode and switch it on. The device restarts.",
        "step_developer_mode_may": "If your device asks for Developer Mode when you open the app (from iOS 16 on): go "
        "to Settings > Privacy & Security > Developer Mode and switch it on. The device restarts.",
        "step_online": "Be online when you open the app for the first time: your device may ask Apple whether it may.",
        "trouble": "Nothing happens?",
        "trouble_help": "The button needs Safari. If you came here from a message, a mail or another app, you may "
        "still be inside it without noticing: open the page in Safari itself, or copy the address and paste it there.",
        "address": "Address of this page",
        "qr": "Point the camera of an iPhone or iPad here to open this page on it.",
        "qr_image": "QR code with the address of this page",
    }
)
"""Every sentence of the page in English, by name. `install_page(…, texts=…)` replaces any of them, in any language."""

STYLE = """
:root { color-scheme: light dark; --page: #f2f2f7; --card: #ffffff; --text: #1c1c1e; --soft: #5f5f66;
  --accent: #0064d2; --on-accent: #ffffff; --notice: #fff2cc; --on-notice: #4a3500; --alert: #b3001b;
  --fill: #f2f2f7; --line: #e3e3e8; --focus: #0064d2 }
@media (prefers-color-scheme: dark) { :root { --page: #000000; --card: #1c1c1e; --text: #f5f5f7; --soft: #aeaeb4;
  --accent: #0a6cdc; --on-accent: #ffffff; --notice: #3d3000; --on-notice: #ffe7a3; --alert: #ff8a80;
  --fill: #2c2c2e; --line: #38383c; --focus: #7cc0ff } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 1rem/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { max-width: 42rem; margin: 0 auto; display: grid; gap: 1rem; padding: 1.25rem
  max(1rem, env(safe-area-inset-right)) 3rem max(1rem, env(safe-area-inset-left)) }
h1, h2, h3, p, ol, ul, figure { margin: 0; padding: 0 }
h1 { font-size: 1.875rem; line-height: 1.2; letter-spacing: -.02em }
h2, h3 { font-size: 1.25rem; line-height: 1.3; letter-spacing: -.01em }
.card { background: var(--card); border-radius: 1.25rem; padding: 1.5rem; display: grid; gap: .75rem }
.card > * { min-width: 0 }
.notice { background: var(--notice); color: var(--on-notice); border-radius: 1.25rem; padding: 1.25rem 1.5rem;
  display: grid; gap: .5rem }
.icon { width: 4.5rem; height: 4.5rem; border-radius: 22.5%; object-fit: cover; display: block;
  box-shadow: 0 0 0 1px var(--line), 0 4px 14px rgb(0 0 0 / .12) }
.letter { background: linear-gradient(160deg, #1f6fe5, #0a3f94); color: #ffffff; display: grid; place-items: center;
  font-size: 2rem; font-weight: 600; overflow: hidden }
.app { grid-template-columns: auto 1fr; column-gap: 1.125rem; align-items: center }
.about { display: grid; gap: .25rem }
.facts { list-style: none; display: flex; flex-wrap: wrap; gap: .375rem; color: var(--soft); font-size: .875rem }
.facts li { background: var(--fill); border-radius: 1rem; padding: .125rem .625rem }
.install { grid-column: 1 / -1; display: block; padding: .875rem 1.5rem; border-radius: .875rem; text-align: center;
  background: var(--accent); color: var(--on-accent); font-size: 1.125rem; font-weight: 600; text-decoration: none;
  border: 1px solid transparent }
.install:hover { filter: brightness(1.08) }
.install:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.remarks, .notes { grid-column: 1 / -1; color: var(--soft); font-size: .9375rem }
.remarks { display: grid; gap: .25rem }
.expired { color: var(--alert); font-weight: 600 }
.notes { white-space: pre-line }
.notes:not(.notes + .notes) { border-top: 1px solid var(--line); padding-top: .75rem }
ul.notes { padding-inline-start: 1.25rem }
.older { grid-column: 1 / -1; width: 100%; text-align: start; border-top: 1px solid var(--line) }
.older summary { cursor: pointer; padding-block: .75rem; color: var(--soft); font-weight: 600 }
.older summary:focus-visible, .groups a:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px }
.versions { list-style: none; display: grid; gap: 1.25rem }
.versions .install { background: var(--fill); color: var(--text); border-color: var(--line) }
.versions > li { display: grid; gap: .75rem; border-top: 1px solid var(--line); padding-top: 1rem }
.groups { display: flex; flex-wrap: wrap; gap: .5rem }
.groups a { background: var(--card); color: var(--text); border: 1px solid var(--line); border-radius: 2rem;
  padding: .625rem 1.125rem; text-decoration: none }
.group { display: grid; gap: 1rem; scroll-margin-top: 1rem }
main:has(> .group:target) > .group:not(:target) { display: none }
.one .app { grid-template-columns: 1fr; justify-items: center; text-align: center; gap: 1rem;
  padding: 2rem 1.5rem 1.5rem }
.one .icon { width: 7.5rem; height: 7.5rem }
.one .letter { font-size: 3.5rem }
.one .about { gap: .5rem }
.one .about .facts { justify-content: center }
.one .install { width: 100%; max-width: 22rem }
.one .versions .install { max-width: none }
.one .notes { text-align: start; width: 100% }
ol { list-style: none; counter-reset: step; display: grid; gap: .875rem }
ol li { counter-increment: step; position: relative; padding-inline-start: 2.75rem; min-height: 1.75rem }
ol li::before { content: counter(step); position: absolute; inset-inline-start: 0; top: -.0625rem; width: 1.75rem;
  height: 1.75rem; border-radius: 50%; background: var(--fill); color: var(--soft); text-align: center;
  font-size: .9375rem; font-weight: 600; line-height: 1.75rem }
.address { display: block; padding: .75rem 1rem; border-radius: .75rem; background: var(--fill); color: var(--text);
  font: .9375rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  -webkit-user-select: all; user-select: all }
figure { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; color: var(--soft) }
figure img { background: #ffffff; border-radius: .75rem; padding: .5rem; border: 1px solid var(--line) }
figcaption { flex: 1 1 12rem }
@media (min-width: 40rem) {
  main { padding-top: 3rem; padding-bottom: 5rem; gap: 1.25rem }
  .card { padding: 2rem }
  .several .app { grid-template-columns: auto 1fr auto }
  .several .install { grid-column: 3; padding-block: .5rem; font-size: 1rem; border-radius: 2rem }
  .one .app { padding: 3rem 2rem 2rem }
}
"""
"""The style sheet: no URL in it, light and dark, and colours of a contrast that WCAG 2 asks for."""
