"""A page of HTML, read strictly: every tag is closed in order, and nothing in it acts or asks for another file."""

from __future__ import annotations

from html.parser import HTMLParser

_EMPTY = ("meta", "br", "hr", "img")


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text as a reader sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    @classmethod
    def read(cls, text: str) -> Page:
        """The page; fails where a tag is left open or closed out of order."""
        page = cls()
        page.feed(text)
        page.close()
        assert page.open == []
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def active(self) -> list[str]:
        """What would run, or be fetched."""
        acting = [tag for tag in self.tags if tag in ("script", "iframe", "object", "embed", "link", "img")]
        named = [name for name, value in self.attributes if name.startswith("on") or name in ("src", "href")]
        return acting + named
