"""RSS 0.90 to 0.94, 1.0, 1.1 and 2.0, with the modules that news feeds use (Dublin Core, content, media, iTunes).

Sources: the RSS specifications of Netscape, of the RSS-DEV group and of the RSS Advisory Board.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import address, by_prefix, finish_all, people, person, subject, text_of
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.text import element_text, html_line, loose_text, one_line
from pipeline.core.formats.xml import Element, Group, attribute, language, local
from pipeline.core.story import Subject

_ROOTS = {"rdf": ("channel", "item"), "channel": ("item", "items")}
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DATES = (
    *("pubdate", "dc:date", "dcterms:modified", "dcterms:issued", "dcterms:created"),
    *("atom:updated", "atom:published", "date"),
)
_BODIES = (
    *("content:encoded", "xhtml:body", "xhtml:div", "fullitem", "description", "dc:description", "atom:content"),
    *("itunes:summary", "summary", "content", "abstract", "atom:summary"),
    *("media:description", "media:text", "itunes:subtitle"),
)


def detect(document: Document) -> bool:
    """Recognise ``rss`` and, with items in them, ``Channel`` (RSS 1.1) and ``rdf:RDF`` as the root."""
    root = document.root.lower()
    return root == "rss" or (root in _ROOTS and any(local(child).lower() in _ROOTS[root] for child in document.xml))


def read(document: Document) -> Parsed:
    """Return the items of the channel, in the order of the document."""
    return finish_all(_drafts(document.xml), document, "rss")


def _drafts(root: Element) -> Iterator[Draft]:
    own = _namespace(root)
    top = by_prefix(root, own)
    # In RSS 1.1 the channel itself is the root.
    channels = [root] if local(root).lower() == "channel" else top.get("channel", [])
    channel = by_prefix(channels[0], own) if channels else {}
    host, base = _host(channel), text_of(channel, "link")
    tongue = text_of(channel, "language", "dc:language") or (language(channels[0]) if channels else None)
    tongue = tongue or language(root)
    inside = [item for one in channels for item in by_prefix(one, own).get("item", ())]
    wrapped = [item for one in top.get("items", ()) for item in by_prefix(one, own).get("item", ())]
    beside = [] if channels == [root] else top.get("item", [])
    for item in (*inside, *wrapped, *beside):
        yield _draft(item, by_prefix(item, own), host, tongue, base)


def _namespace(root: Element) -> str:
    """Return the namespace of the channel, or else of the first item: RSS 1.0 has one, as have some RSS 2.0 feeds."""
    for child in (root, *root):
        if local(child).lower() in ("channel", "item"):
            tag = str(child.tag)
            return tag[1 : tag.rfind("}")] if tag[0] == "{" else ""
    return ""


def _host(channel: Group) -> str | None:
    addresses = [text_of(channel, "link")]
    addresses += [attribute(link, "href") for link in channel.get("atom:link", ())]
    return next((host for address in addresses if (host := authority(address))), None)


def _draft(item: Element, group: Group, host: str | None, tongue: str | None, base: str | None) -> Draft:
    about = attribute(item, f"{_RDF}about", "about")
    link = address(text_of(group, "link") or _permalink(group) or attribute(item, "href", "HREF"), item, base)
    uri = text_of(group, "guid") or about or link or text_of(group, "atom:id", "dc:identifier") or _enclosed(group)
    made = next((when for name in _DATES for one in group.get(name, ()) if (when := moment(one.text))), None)
    return Draft(
        uri=uri,
        host=host or authority(link) or authority(uri),
        version_created=made,
        headline=_title(group),
        byline=_byline(group),
        body=_body(group) or _literal(item),
        language=text_of(group, "dc:language", "language") or language(item) or tongue,
        subjects=list(_subjects(group)),
        # RSS asks for a title or a description; feeds of pictures and podcasts have a bare link or enclosure.
        bare=len(item) > 0,
    )


def _permalink(group: Group) -> str | None:
    links = group.get("atom:link", []) + group.get("link", [])
    return next(
        (link.get("href") for link in links if link.get("href") and link.get("rel", "alternate") == "alternate"), None
    )


def _enclosed(group: Group) -> str | None:
    """Return the address of what an item without an identifier of its own carries."""
    return next((url for one in group.get("enclosure", ()) if (url := attribute(one, "url"))), None)


def _title(group: Group) -> str | None:
    for element in (*group.get("title", ()), *group.get("dc:title", ()), *group.get("media:title", ())):
        text = element_text(element) if len(element) else element.text
        if line := html_line(text):
            return line
    return None


def _byline(group: Group) -> str | None:
    for name in ("author", "dc:creator", "dc:author", "itunes:author", "atom:author"):
        if names := people(person(_name(one)) for one in group.get(name, ())):
            return names
    return None


def _name(element: Element) -> str | None:
    inner = next((child for child in element if local(child) == "name"), None)
    return one_line((element if inner is None else inner).text)


def _body(group: Group) -> str | None:
    return next((text for name in _BODIES for one in group.get(name, ()) if (text := _text(one))), None)


def _literal(item: Element) -> str | None:
    """Return the text that the older form of the content module (``content:items``) has as an RDF value."""
    return next((text for one in item.iter(f"{_RDF}value") if (text := _text(one))), None)


def _text(element: Element) -> str | None:
    """Return the text of markup, be it escaped, in CDATA or written out as elements."""
    return element_text(element) if len(element) else loose_text(element.text)


def _subjects(group: Group) -> Iterator[Subject]:
    for name in ("category", "dc:subject"):
        for element in group.get(name, ()):
            if found := subject(one_line(element.text), attribute(element, "domain")):
                yield found
