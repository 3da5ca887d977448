"""Atom 1.0 (RFC 4287) and 0.3, as a feed or a single entry, with the tombstones of RFC 6721."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import (
    ATOM,
    TOMBSTONES,
    address,
    by_prefix,
    finish_all,
    people,
    person,
    subject,
    text_of,
)
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.text import element_text, from_base64, html_line, html_text, one_line, plain_text
from pipeline.core.formats.xml import Element, Group, attribute, content, language, local
from pipeline.core.story import Link, Status, Subject

_RELATIONS = {"predecessor-version": "previousversion", "related": "seealso", "via": "seealso"}
Markup = Callable[[str | None], str | None]

_ENTRIES = ("entry", "deleted-entry")
_NAMESPACES = (ATOM, "http://purl.org/atom/ns#", TOMBSTONES, "")


def detect(document: Document) -> bool:
    """Recognise ``feed``, ``entry`` and ``deleted-entry`` as the root; in a foreign namespace, a feed with entries."""
    if document.root not in ("feed", *_ENTRIES):
        return False
    root = document.xml
    return _namespace(root) in _NAMESPACES or any(local(child) in _ENTRIES for child in root)


def read(document: Document) -> Parsed:
    """Return entries and tombstones in the order of the document."""
    return finish_all(_drafts(document.xml), document, "atom")


def _drafts(root: Element) -> Iterator[Draft]:
    own = _namespace(root)
    if local(root) in _ENTRIES:
        yield from _entry(root, own, {}, None)
        return
    feed = by_prefix(root, own)
    tongue = language(root) or text_of(feed, "dc:language")
    for child in root:
        if local(child) in _ENTRIES:
            yield from _entry(child, own, feed, tongue)


def _namespace(root: Element) -> str:
    tag = str(root.tag)
    return tag[1 : tag.rfind("}")] if tag[0] == "{" else ""


def _entry(element: Element, own: str, feed: Group, tongue: str | None) -> Iterator[Draft]:
    host = _host(feed)
    if local(element) == "deleted-entry":
        if element.tag == f"{{{TOMBSTONES}}}deleted-entry" and (uri := attribute(element, "ref")):
            yield _tombstone(element, uri, host)
        return
    group = by_prefix(element, own)
    source = by_prefix(group["source"][0], own) if "source" in group else {}
    uri = text_of(group, "id")
    link = address(_permalink(group), element)
    published = _date(group, "published", "issued", "created", "dc:date")
    yield Draft(
        uri=uri or link,
        host=host or authority(uri) or authority(link),
        version_created=_date(group, "updated", "modified", "dc:date") or published,
        first_created=published,
        headline=_line(group.get("title", []) + group.get("media:title", [])),
        byline=_authors(group) or _authors(source) or _authors(feed),
        body=_body(group),
        language=language(element) or _tongue(group) or tongue,
        links=list(_links(group)),
        subjects=list(_subjects(group)),
        # An entry may be a bare link; one that says nothing at all is refused.
        bare=len(element) > 0,
    )


def _tombstone(element: Element, uri: str, host: str | None) -> Draft:
    comment = next((child for child in element if local(child) == "comment"), None)
    return Draft(
        uri=uri,
        host=host or authority(uri),
        version_created=moment(attribute(element, "when")),
        status=Status.CANCELED,
        ed_note=content(comment),
    )


def _host(feed: Group) -> str | None:
    links = [attribute(link, "href") for link in feed.get("link", ())]
    return next((host for address in (*links, text_of(feed, "id")) if (host := authority(address))), None)


def _date(group: Group, *names: str) -> datetime | None:
    return next((when for name in names for one in group.get(name, ()) if (when := moment(one.text))), None)


def _authors(group: Group) -> str | None:
    authors = group.get("author", ())
    names = [content(child) for one in authors for child in one if local(child) == "name"]
    names += [person(one_line(one.text)) for one in authors if not len(one)]
    return people(names) or people(one_line(content(one)) for one in group.get("dc:creator", ()))


def _permalink(group: Group) -> str | None:
    """Return the link to the entry's page, or else to the entry itself."""
    links = [link for link in group.get("link", ()) if link.get("href")]
    for rel in ("alternate", "self"):
        for link in links:
            if link.get("rel", "alternate") == rel:
                return link.get("href")
    return None


def _tongue(group: Group) -> str | None:
    for name in ("content", "title", "summary"):
        for element in group.get(name, ()):
            if found := language(element) or attribute(element, "hreflang"):
                return found
    return text_of(group, "dc:language")


def _line(elements: list[Element]) -> str | None:
    return next((line for element in elements if (line := one_line(_construct(element, html_line)))), None)


def _body(group: Group) -> str | None:
    for name in ("content", "content:encoded", "summary", "tagline", "media:description", "dc:description"):
        for element in group.get(name, ()):
            if text := _construct(element, html_text):
                return text
    return None


def _construct(element: Element, markup: Markup) -> str | None:
    """Return a text construct as plain text; ``markup`` reads what is HTML."""
    kind, mode = (element.get("type") or "text").strip().lower(), element.get("mode")
    if len(element):
        return element_text(element)
    text = element.text
    if text is None:
        return None
    if mode == "base64" or (mode is None and "/" in kind and not kind.startswith("text/") and "xml" not in kind):
        decoded = from_base64(text)
        return plain_text(decoded) if kind == "text/plain" else markup(decoded)
    escaped = mode == "escaped" and kind not in ("text", "text/plain")
    if (
        "html" in kind
        or escaped
        or local(element) in ("encoded", "description")
        or (markup is html_text and "</" in text)
    ):
        return markup(text)
    return plain_text(text)


def _links(group: Group) -> Iterator[Link]:
    for link in group.get("link", ()):
        rel, href = (link.get("rel") or "").rpartition("/")[2].lower(), attribute(link, "href")
        if rel in _RELATIONS and href:
            yield Link(_RELATIONS[rel], href)


def _subjects(group: Group) -> Iterator[Subject]:
    for element in group.get("category", ()):
        code, name = attribute(element, "term"), attribute(element, "label") or one_line(element.text)
        if found := subject(name, attribute(element, "scheme"), code):
            yield found
    for element in group.get("dc:subject", ()):
        if found := subject(one_line(element.text), None):
            yield found
