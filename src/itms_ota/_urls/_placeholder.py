"""What stays behind when a template is not filled in; every form was seen in published manifests and links."""

from __future__ import annotations

import re

# `$web`, `$root` and their like are names of real folders (Azure storage, OData).
_PLACEHOLDER = re.compile(
    r"""
      \$[{(] [^)}]* [)}]?                                       # ${VERSION}, $(VERSION)
    | \{\{ [^}]* \}{0,2} | \{ [^{}]* \}                         # {{ url }}, {url}
    | \#\{ [^}]* \}?                                            # #{url}
    | \\\( [^)]{0,80} \)                                        # \(version)
    | <[%?] [^>]* >? | < [^<>]* >                               # <%= url %>, <?php … ?>, <your-url>
    | %@ | %[sd] (?![A-Za-z0-9]) | %[0-9]\$[sd@]                # %@, %s, %1$s
    | \b__[A-Z][A-Z0-9_]*?__ (?![A-Za-z0-9])                    # __URL__
    | (?: ^ | (?<=[/.=@-]) ) \$ (?!(?:web|root|logs|metadata|value|batch)\b) [A-Za-z_][A-Za-z0-9_]*     # $version
    | (?: ^ | (?<=://) ) (?: %[sd] | \[[^\]:]*\] | \([^)]*\) | \.\.\. | \u2026 )    # %shost, [HOST], (host), ...
    | (?: ^ | (?<=://) ) (?: undefined | null | None | nil | NaN ) (?=[/:?]|$)
    | ^\#\w+\#? | ^_[a-z-]+_$                                   # #url#, _url_
    | ^[A-Z]+(?:_[A-Z]+)+ (?![A-Za-z0-9])                       # IPA_URL
    | \bYOUR[_-][A-Z_-]+                                        # YOUR_APP
    | "[ ]?[.+] | '[ ]?\+ | '[ ]?\.[ ]?\$                       # " + url, ' + url, '.$url
    """,
    re.VERBOSE,
)


def placeholder(text: str) -> str | None:
    """Find what a template left in the text, if anything.

    >>> placeholder("https://example.com/${VERSION}/App.ipa")
    '${VERSION}'
    """
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None
