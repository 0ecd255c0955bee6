"""Hooks of the documentation site: documents of the root become pages, and a room's public names its reference.

MkDocs reads only `docs/`. Contributing, security and changes stand in the root, where people and their tools look for
them, so each is added as a page, and links between the two places are changed to match.

A line `::: public ROOM` becomes one entry for each public name of that room, taken from its face (`__init__.pyi`), or
for `hedge_core` itself from the names that it lists.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import hedge_core

ROOT = Path(__file__).parents[1]
OF_ROOT = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}
"""document in the root -> its page"""

_ROOM = re.compile(r"^::: public (\S+)$", re.MULTILINE)
_FACE = re.compile(r"^from \.(\S+) import (\([^)]*\)|.*)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents of the root."""
    for name, page in OF_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_from_root(text)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to documents of the root to their pages; a link to any other file outside docs becomes its words."""
    depth = page.file.src_uri.count("/")

    def inside(link: re.Match[str]) -> str:
        words, target = link.groups()
        up = "../" * (depth + 1)
        if not target.startswith(up):
            return link[0]
        there = OF_ROOT.get(target.removeprefix(up))
        return f"[{words}]({'../' * depth}{there})" if there else words

    return _ROOM.sub(lambda room: _entries(room[1]), _LINK.sub(inside, markdown))


def _entries(room: str) -> str:
    """The reference entries of a room, sorted by name; a public name of `hedge_core` itself stands only there."""
    own = {f"hedge_core.{home}.{name}" for home, names in hedge_core._HOMES.items() for name in names}
    found = own if room == "hedge_core" else _face(room) - own
    return "\n\n".join(f"::: {path}" for path in sorted(found, key=lambda path: path.rpartition(".")[2].lower()))


def _face(room: str) -> set[str]:
    """The full names that a room offers, from the imports in its face."""
    face = (ROOT.joinpath(*room.split(".")) / "__init__.pyi").read_text(encoding="utf-8")
    return {
        f"{room}.{home}.{name}" for home, names in _FACE.findall(face) for name in re.findall(r"(\w+) as \w+", names)
    }


def _from_root(text: str) -> str:
    """A document of the root with its links as they are from inside docs."""
    for name, page in OF_ROOT.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text.replace("](docs/", "](").replace("](README.md", "](index.md")
