"""Terms, privacy, refunds, contact and help: Markdown the operator edits. Raw HTML in it is shown, not obeyed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from storefront.settings import Settings

NAMES = ("terms", "privacy", "refunds", "contact", "help")
_HEADING = re.compile(r"\A\s*#\s+(?P<title>[^\n]+)\n")
_PLACEHOLDER = re.compile(r"\A\s*(?P<lines>> Placeholder text\.[^\n]*\n(?:>[^\n]*\n)*)")
_SCHEMES = frozenset({"", "http", "https", "mailto", "tel"})


@dataclass(frozen=True, slots=True)
class LegalPage:
    """A page of the operator: its first heading and the rest as safe HTML.

    `placeholder_html` is the note to the operator that stands above a text nobody has adapted yet; it is no customer's.
    """

    title: str
    placeholder_html: str
    body_html: str


class _HarmlessLinks(Treeprocessor):
    def run(self, root: Element) -> None:
        for element in root.iter():
            for name in ("href", "src"):
                if urlsplit(element.get(name, "")).scheme.lower() not in _SCHEMES:
                    del element.attrib[name]


class _OnlyMarkdown(Extension):
    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 (the library's name)
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.treeprocessors.register(_HarmlessLinks(md), "harmless_links", 1)


def source_of(settings: Settings, locale: str, name: str) -> Path | None:
    """The file behind a page: the one for this language, else the common one; None when the operator has none."""
    if name not in NAMES:
        return None
    for path in (settings.pages_dir / locale / f"{name}.md", settings.pages_dir / f"{name}.md"):
        if path.is_file():
            return path
    return None


def read_page(settings: Settings, path: Path) -> LegalPage:
    """The page as HTML; ``{shop}``, ``{support_email}`` and ``{promise_minutes}`` stand for the settings."""
    text = path.read_text(encoding="utf-8")
    facts = {
        "shop": settings.name,
        "support_email": settings.support_email,
        "promise_minutes": str(settings.promise_minutes),
    }
    for name, value in facts.items():
        text = text.replace("{" + name + "}", value)
    heading = _HEADING.match(text)
    title = heading.group("title").strip() if heading else path.stem.capitalize()
    body = text[heading.end() :] if heading else text
    note = _PLACEHOLDER.match(body)
    told = re.sub(r"^> ?", "", note["lines"], flags=re.MULTILINE) if note else ""
    return LegalPage(title, _html(told), _html(body[note.end() :] if note else body))


def _html(text: str) -> str:
    return str(markdown.markdown(text, extensions=[_OnlyMarkdown(), "tables", "sane_lists"]))
