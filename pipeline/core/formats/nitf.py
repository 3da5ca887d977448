"""NITF 2.5 to 3.6, the IPTC's News Industry Text Format; its body is also what NewsML and ninjs carry inside.

Source: the NITF 3.6 document type and its documentation at iptc.org/std/NITF.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft, finish
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.text import any_text, element_line, element_text, one_line
from pipeline.core.formats.words import MEANT, status_of, urgency_of
from pipeline.core.formats.xml import (
    Element,
    Group,
    attribute,
    below,
    content,
    first,
    grouped,
    language,
    local,
    parse_xml,
)
from pipeline.core.story import Link, Subject

_NOT_BODY = frozenset(("byline", "hedline", "headline", "body.head"))
_NAMES = ("tobject.subject.detail", "tobject.subject.matter", "tobject.subject.type", "tobject.subject.code")


def detect(document: Document) -> bool:
    """Recognise ``nitf`` as the root."""
    return document.root == "nitf"


def read(document: Document) -> Parsed:
    """Return the one story."""
    root = document.xml
    head, body = below(root, "head"), below(root, "body")
    data = below(head, "docdata")
    facts, opening = grouped(data), grouped(below(body, "body.head"))
    text = body_of(root)
    draft = Draft(
        uri=attribute(first(facts, "doc-id"), "id-string") or attribute(root, "uno"),
        provider=attribute(first(facts, "doc-id"), "regsrc"),
        host=_host(facts, head, opening),
        version=attribute(first(facts, "du-key"), "version"),
        version_created=_issued(head, facts),
        status=status_of(attribute(data, "management-status")),
        signals=_signals(facts),
        embargoed=_embargoed(data, facts),
        urgency=urgency_of(attribute(first(facts, "urgency"), "ed-urg")),
        headline=headline_of(body) or content(below(head, "title")),
        slugline=attribute(first(facts, "du-key"), "key") or _meta(head, "slug", "slugline", "ap-slug", "anpa-keyword"),
        byline=byline_of(body),
        dateline=dateline_of(body),
        body=text or element_text(first(opening, "abstract")),
        language=language(root) or language(body) or _meta(head, "language", "lang"),
        ed_note=_note(facts),
        links=list(_links(data, facts)),
        subjects=list(_subjects(head, facts)),
        bare="doc-id" in facts or next(root.iter("{*}media"), None) is not None,
    )
    return Parsed([finish(draft, document.payload, "nitf")])


def body_of(root: Element) -> str | None:
    """Return the text of ``body.content``, or of ``body`` without its head where it has none."""
    body = root if local(root) == "body" else below(root, "body")
    blocks = grouped(body).get("body.content", [])
    if not blocks:
        return element_text(body, _NOT_BODY)
    return "\n\n".join(text for block in blocks if (text := _block_text(block))) or None


def _block_text(block: Element) -> str | None:
    """Return the text of a block of content; some senders put its markup there as one escaped text."""
    return element_text(block) if len(block) else any_text(block.text)


def body_of_source(source: str) -> str | None:
    """Return the body text of NITF that stands inside JSON; None where it is not well-formed."""
    try:
        return body_of(parse_xml(source.encode("utf-8", "replace")))
    except InputError:
        return None


def headline_of(body: Element | None) -> str | None:
    """Return the first main headline; some senders write ``headline`` for ``hedline``."""
    opening = grouped(below(body, "body.head"))
    for one in (*opening.get("hedline", ()), *opening.get("headline", ())):
        for line in grouped(one).get("hl1", ()):
            if text := element_line(line):
                return text
    return None


def byline_of(body: Element | None) -> str | None:
    """Return the byline of the body's head; names and titles are set apart even where no space stands between."""
    return _spaced(below(body, "body.head", "byline"))


def dateline_of(body: Element | None) -> str | None:
    """Return the dateline of the body's head; place and country are set apart even where no space stands between."""
    return _spaced(below(body, "body.head", "dateline"))


def _spaced(element: Element | None) -> str | None:
    if element is None:
        return None
    line = ""
    for piece in map(str, element.itertext()):
        line += f" {piece}" if line[-1:].isalnum() and piece[:1].isalnum() else piece
    return one_line(line)


def _issued(head: Element | None, facts: Group) -> datetime | None:
    """Return when this version was issued, else when it was published."""
    issue = first(facts, "date.issue")
    return (
        moment(attribute(issue, "norm"))
        or moment(content(issue))
        or moment(attribute(below(head, "pubdata"), "date.publication"))
    )


def _note(facts: Group) -> str | None:
    """Return the messages to editors, and what a correction says of itself."""
    entries = (*facts.get("ed-msg", ()), *facts.get("correction", ()))
    return " | ".join(note for one in entries if (note := attribute(one, "info") or content(one))) or None


def _host(facts: Group, head: Element | None, opening: Group) -> str | None:
    return (
        attribute(below(first(facts, "del-list"), "from-src"), "src-name")
        or attribute(first(facts, "doc.rights"), "provider", "owner")
        or content(first(opening, "distributor"))
        or attribute(below(head, "pubdata"), "name")
        or attribute(first(facts, "doc.copyright"), "holder")
        or authority(attribute(first(facts, "doc-id"), "id-string"))
    )


def _embargoed(data: Element | None, facts: Group) -> str | None:
    """Return the date of release of a story under embargo; one without a date stays withheld."""
    if (attribute(data, "management-status") or "").lower() != "embargoed":
        return None
    return attribute(first(facts, "date.release"), "norm") or "no date of release"


def _signals(facts: Group) -> list[str]:
    signals = ["correction"] if "correction" in facts else []
    types = (attribute(one, "msg-type") for one in facts.get("ed-msg", ()))
    return signals + [kind for kind in types if kind and kind.lower() in MEANT]


def _meta(head: Element | None, *names: str) -> str | None:
    for one in grouped(head).get("meta", ()):
        if (attribute(one, "name") or "").lower() in names and (value := attribute(one, "content")):
            return value
    return None


def _links(data: Element | None, facts: Group) -> Iterator[Link]:
    """Yield what this one corrects, and what its management status is about."""
    for one in facts.get("correction", ()):
        if uri := attribute(one, "id-string"):
            yield Link("previousversion", uri)
    if uri := attribute(data, "management-doc-idref"):
        yield Link("previousversion", uri)


def _subjects(head: Element | None, facts: Group) -> Iterator[Subject]:
    for one in grouped(below(head, "tobject")).get("tobject.subject", ()):
        code, name = attribute(one, "tobject.subject.refnum"), attribute(one, *_NAMES)
        if code or name:
            yield Subject(code=code, name=name, scheme="iptc" if code else None)
    for one in grouped(first(facts, "key-list")).get("keyword", ()):
        if key := attribute(one, "key"):
            yield Subject(name=key)
    for one in (tagged for group in facts.get("identified-content", ()) for tagged in group):
        code, name = attribute(one, "value", "code", "location-code"), content(one)
        if code or name:
            yield Subject(code=code, name=name, scheme=attribute(one, "idsrc", "code-source"))
