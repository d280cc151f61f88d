"""A page as its elements: enough of HTML for tests to ask what stands where."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def find(self, tag: str, **wanted: str) -> list[Element]:
        """Return the elements below of a tag whose attributes hold these words."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and all(
                    word in child.attributes.get(name.rstrip("_"), "").split()
                    for name, word in wanted.items()
                ):
                    found.append(child)
                found += child.find(tag, **wanted)
        return found

    def every(self) -> list[Element]:
        """Return all elements below."""
        direct = [child for child in self.children if isinstance(child, Element)]
        return [each for child in direct for each in (child, *child.every())]

    @property
    def text(self) -> str:
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return "".join(parts)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(page: bytes) -> Element:
    """Return the root of a page.

    Raises:
        AssertionError: If its tags do not match.
    """
    builder = _Builder()
    builder.feed(page.decode("utf-8"))
    builder.close()
    assert [element.tag for element in builder.open] == [""]
    return builder.open[0]
