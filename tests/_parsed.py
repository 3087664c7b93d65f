"""An HTML document as a list of elements, strictly read."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "wbr"}


class Parsed(HTMLParser):
    """A document as a list of elements, each with its attributes, its ancestors and its text."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.texts: list[list[str]] = []
        self.open: list[int] = []
        self.odd: list[str] = []
        self.feed(document)
        self.close()
        assert self.open == []
        assert self.odd == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes, [self.elements[index][0] for index in self.open]))
        self.texts.append([])
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for index in self.open:
            self.texts[index].append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Return the attributes of the elements of a name; `class_` and the like choose among them."""
        chosen = {name.rstrip("_"): value for name, value in wanted.items()}
        return [
            attributes
            for name, attributes, _ in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in chosen.items())
        ]

    def text(self, tag: str, **wanted: str) -> str:
        """Return the text of the one element."""
        chosen = self.all(tag, **wanted)
        assert len(chosen) == 1, f"{len(chosen)} elements <{tag}> with {wanted}"
        index = next(index for index, (_, attributes, _) in enumerate(self.elements) if attributes is chosen[0])
        return "".join(self.texts[index])

    def links(self) -> list[str]:
        return [attributes["href"] for attributes in self.all("a")]
