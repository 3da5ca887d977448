"""NewsML-G2: news items alone, or several in a news message (Reuters, AFP, dpa and AP dialects).

Source: the NewsML-G2 specification and implementation guide at iptc.org/std/NewsML-G2.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats import nitf
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import finish_all
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.text import any_text, element_line, element_text, from_base64, html_text
from pipeline.core.formats.words import code, differs, headline_rank, status_of, urgency_of
from pipeline.core.formats.xml import Element, Group, attribute, below, content, first, grouped, language, local
from pipeline.core.story import Link, Subject

_NAMESPACE = b"iptc.org/std/nar/"
_LOOK = 64 * 1024
_STORYLESS = ("packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem", "catalog")
_ROOTS = ("newsItem", "newsMessage", "itemSet", *_STORYLESS)
_TAGGED = ("subject", "genre", "keyword", "located")


def detect(document: Document) -> bool:
    """Recognise the roots of NewsML-G2, or its namespace inside an envelope."""
    return document.root in _ROOTS or (document.root != "" and _NAMESPACE in document.data[:_LOOK])


def read(document: Document) -> Parsed:
    """Return a story for each news item; items of another kind in the same message are no fault."""
    root = document.xml
    items = [root] if local(root) == "newsItem" else list(root.iter("{*}newsItem"))
    if not items:
        kind = next((local(one) for one in root.iter() if local(one) in _STORYLESS), document.root)
        raise InputError(f"a NewsML-G2 {kind} holds no news item, so there is no story in it")
    sender = content(below(root, "header", "sender"))
    return finish_all((_draft(item, sender) for item in items), document, "newsml-g2")


def _draft(item: Element, sender: str | None) -> Draft:
    top = grouped(item)
    meta, about = grouped(first(top, "itemMeta")), grouped(first(top, "contentMeta"))
    inline = grouped(first(top, "contentSet"))
    tongue = attribute(first(about, "language"), "tag")
    inner = _nitf(inline)
    uri = attribute(item, "guid")
    return Draft(
        uri=uri,
        provider=_party(first(meta, "provider")),
        host=sender or authority(uri),
        version=attribute(item, "version"),
        version_created=moment(content(first(meta, "versionCreated"))),
        first_created=moment(content(first(meta, "firstCreated"))),
        status=status_of(_reference(first(meta, "pubStatus"))),
        signals=[found for one in meta.get("signal", ()) if (found := _reference(one))],
        embargoed=_embargoed(meta),
        urgency=urgency_of(content(first(about, "urgency"))),
        headline=_headline(about, tongue) or nitf.headline_of(inner) or _any(meta, "title"),
        slugline=_any(about, "slugline"),
        byline=_any(about, "by") or nitf.byline_of(inner),
        dateline=_any(about, "dateline") or nitf.dateline_of(inner),
        located=content(below(first(about, "located"), "name")),
        body=_body(inline, inner, tongue) or _description(about),
        language=tongue or _inline_language(inline) or language(item),
        ed_note=" | ".join(note for one in meta.get("edNote", ()) if (note := element_line(one))),
        links=list(_links(meta)),
        subjects=list(_subjects(about)),
        bare=uri is not None,
    )


def _any(group: Group, name: str) -> str | None:
    """Return the text of the first element of that name that has one."""
    return next((text for one in group.get(name, ()) if (text := element_line(one))), None)


def _headline(about: Group, tongue: str | None) -> str | None:
    """Return the main headline: by its role, in the language of the item, by its rank, by its place."""
    lines = about.get("headline", [])
    if len(lines) > 1:
        lines = sorted(lines, key=lambda line: _order(line, tongue))
    return next((text for line in lines if (text := element_line(line))), None)


def _order(line: Element, tongue: str | None) -> tuple[tuple[bool, bool, int], str]:
    role = headline_rank(attribute(line, "role"), language(line), tongue)
    return role, (attribute(line, "rank") or "1").zfill(6)


def _reference(element: Element | None) -> str | None:
    """Return the code that an element points to, in any of the ways of G2."""
    return attribute(element, "qcode", "uri", "literal") or content(element)


def _party(element: Element | None) -> str | None:
    """Return a provider's literal or readable code (``nprov:AFP``: AFP), else its name; ``z01122`` says little."""
    qcode = attribute(element, "qcode")
    short = code(qcode) if qcode else None
    if literal := attribute(element, "literal"):
        return literal
    if short and short.isalpha():
        return short
    return content(below(element, "name")) or short or attribute(element, "uri") or content(element)


def _embargoed(meta: Group) -> str | None:
    """Return the end of the embargo; the element without a date means that no end is set."""
    element = first(meta, "embargoed")
    return None if element is None else content(element) or "no date set"


def _inline_language(inline: Group) -> str | None:
    return language(first(inline, "inlineXML", "inlineData"))


def _nitf(inline: Group) -> Element | None:
    """Return the ``body`` of NITF that stands inline."""
    return next(
        (below(one, "nitf", "body") for one in inline.get("inlineXML", ()) if below(one, "nitf") is not None), None
    )


def _body(inline: Group, inner: Element | None, tongue: str | None) -> str | None:
    if inner is not None and (text := nitf.body_of(inner)):
        return text
    for one in sorted(inline.get("inlineXML", ()), key=lambda one: differs(language(one), tongue)):
        if text := element_text(one) if len(one) else _data(one):
            return text
    return next((text for one in inline.get("inlineData", ()) if (text := _data(one))), None)


def _data(element: Element) -> str | None:
    """Return inline data as text: plain, or HTML by its type or its look, or either in base64."""
    source = element.text
    if source and "base64" in (attribute(element, "encoding") or "").lower():
        source = from_base64(source)
    kind = attribute(element, "contenttype") or ""
    return html_text(source) if "html" in kind else any_text(source)


def _description(about: Group) -> str | None:
    """Return the description of an item without inline text: the caption of a picture, the abstract of a text."""
    return (
        "\n\n".join(dict.fromkeys(text for one in about.get("description", ()) if (text := element_text(one)))) or None
    )


def _links(meta: Group) -> Iterator[Link]:
    for one in meta.get("link", ()):
        if target := attribute(one, "residref", "href", "guidref"):
            rel = code(attribute(one, "rel") or "seealso").lower()
            yield Link(rel, target, attribute(one, "version"))


def _subjects(about: Group) -> Iterator[Subject]:
    for name in _TAGGED:
        for one in about.get(name, ()):
            reference = attribute(one, "qcode", "uri", "literal")
            label = content(below(one, "name")) or (content(one) if name == "keyword" else None)
            scheme, _, short = reference.rpartition(":" if one.get("qcode") else "/") if reference else ("", "", None)
            if short or label:
                yield Subject(code=short, name=label, scheme=scheme or None)
