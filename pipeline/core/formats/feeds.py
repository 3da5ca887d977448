"""What RSS and Atom share: namespaces, people, and the reading of one item after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft, finish
from pipeline.core.formats.text import html_line, one_line
from pipeline.core.formats.xml import Element, Group, content
from pipeline.core.story import Story, Subject

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/elements/1.0/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.itunes.com/DTDs/PodCast-1.0.dtd": "itunes:",
    "http://example.com/DTDs/PodCast-1.0.dtd": "itunes:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    ATOM: "atom:",
    TOMBSTONES: "at:",
}
_MEDIA = ("media:group", "media:content")
_PERSON = re.compile(r"(?P<one>[^()<>]*)(?:\((?P<two>.*)\)|<(?P<three>[^<>]*)>)", re.DOTALL)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LONGEST = 300
MAX_ITEMS = 10_000


def by_prefix(element: Element, own: str) -> Group:
    """Return the children by name in lower case: of the namespace ``own`` bare, of known modules with a prefix.

    What stands in a ``media:group`` or a ``media:content`` counts as standing beside it.
    """
    found: Group = {}
    for child in element:
        tag = child.tag
        space, _, name = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
        key = (name if space in (own, "") else _PREFIXES.get(space, "?:") + name).lower()
        found.setdefault(key, []).append(child)
        if key in _MEDIA:
            for name, inner in by_prefix(child, own).items():
                found.setdefault(name, []).extend(inner)
    return found


def text_of(group: Group, *names: str) -> str | None:
    """Return the text of the first child under the earliest of these names that has any."""
    for name in names:
        for element in group.get(name, ()):
            if text := content(element):
                return text
    return None


def person(text: str | None) -> str | None:
    """Return the name in ``me@example.com (My Name)``, ``My Name <me@example.com>`` or ``My Name``; no bare address."""
    if not text:
        return None
    text = text[:_LONGEST]
    if "@" not in text:
        return html_line(text)
    found = _PERSON.match(text)
    parts = (found["one"], found["two"] or found["three"]) if found else (re.sub(r"\S*@\S*", " ", text),)
    return next((name for part in parts if "@" not in part and (name := one_line(part.strip(' ,"')))), None)


def address(link: str | None, element: Element, base: str | None = None) -> str | None:
    """Return a link as an address of its own: a relative one is resolved against ``xml:base`` and ``base``."""
    if not link or _ABSOLUTE.match(link):
        return link
    try:
        return urljoin(urljoin(base or "", element.base or ""), link)
    except ValueError:
        return link


def people(names: Iterable[str | None]) -> str | None:
    """Return names as one byline, each of them once."""
    return ", ".join(dict.fromkeys(name for name in names if name)) or None


def subject(name: str | None, scheme: str | None, code: str | None = None) -> Subject | None:
    """Return a category as a subject, None for an empty one."""
    return Subject(code=code, name=name, scheme=scheme) if name or code else None


def finish_all(drafts: Iterable[Draft], document: Document, source_format: str) -> Parsed:
    """Return the stories of a feed; an item that holds none is refused and costs no other its place."""
    stories: list[Story] = []
    refused: list[tuple[int, str]] = []
    number = 0
    for number, draft in enumerate(drafts, 1):
        if number > MAX_ITEMS:
            refused.append((number, f"more than {MAX_ITEMS:,} items: the rest is left out"))
            break
        try:
            stories.append(finish(draft, document.payload, source_format))
        except InputError as error:
            refused.append((number, error.reason))
    return Parsed(stories, tuple(f"item {n}: {reason}" if number > 1 else reason for n, reason in refused))
