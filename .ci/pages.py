"""Hooks of MkDocs: the pages at the top of the project are part of the site, and links from and to them fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
AT_THE_TOP = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages at the top of the project, as they are seen from docs/."""
    for name in AT_THE_TOP:
        text = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, name, content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Lead from docs/ to them."""
    return re.sub(rf"\]\(\.\./({'|'.join(AT_THE_TOP)})", r"](\1", markdown)
