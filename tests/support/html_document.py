"""What a browser makes of a page, for tests of what stands in it."""

from __future__ import annotations

from html.parser import HTMLParser


class Document(HTMLParser):
    """What a browser makes of it: elements with their attributes, the words, the contents of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.texts: list[str] = []
        self.cells: list[str] = []
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag
        if tag in self.raw:
            self.raw[tag].append("")
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.raw:
            self.raw[self._open][-1] += data
            return
        self.texts.append(data)
        if self._open == "td":
            self.cells[-1] += data

    @property
    def words(self) -> str:
        return " ".join("".join(self.texts).split())
