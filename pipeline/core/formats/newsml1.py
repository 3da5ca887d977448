"""NewsML 1.0 to 1.2, as AFP and others still send it.

Source: the NewsML 1.2 functional specification at iptc.org/std/NewsML. The public identifier ends in the revision,
so every revision has a uri of its own, and the link ``previousversion`` ties it to the one before.
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
from pipeline.core.formats.text import any_text, element_line, element_text, from_base64
from pipeline.core.formats.words import status_of, urgency_of
from pipeline.core.formats.xml import Element, Group, attribute, below, content, first, grouped, language, local
from pipeline.core.story import Link, Subject

_OWN = "NewsItem"
_COMPONENTS = 100
_PRIORITIES = ("Priority", "Importance")
_MAIN = frozenset(("main", "body", "text", "maintext", "story"))


def detect(document: Document) -> bool:
    """Recognise ``NewsML`` as the root."""
    return document.root == "NewsML"


def read(document: Document) -> Parsed:
    """Return a story for each news item that has components."""
    items = [item for item in document.xml.iter("{*}NewsItem") if below(item, "NewsComponent") is not None]
    items = items or [item for item in document.xml.iter("{*}NewsItem") if below(item, "NewsManagement") is not None]
    if not items:
        raise InputError("the NewsML document holds no news item with content, so there is no story in it")
    return finish_all((_draft(item) for item in items), document, "newsml-1.2")


def _draft(item: Element) -> Draft:
    labels = grouped(below(item, "Identification"))
    name = grouped(first(labels, "NewsIdentifier"))
    management = grouped(below(item, "NewsManagement"))
    parts = _parts(item)
    revision = first(name, "RevisionId")
    state = _formal(first(management, "Status"))
    inner = _inner(parts)
    return Draft(
        uri=_uri(name),
        provider=content(first(name, "ProviderId")) or _provider(parts),
        version=content(revision),
        version_created=moment(content(first(management, "ThisRevisionCreated"))),
        first_created=moment(content(first(management, "FirstCreated"))),
        status=status_of(state),
        signals=[found for one in management.get("Instruction", ()) if (found := _formal(one))],
        embargoed=_embargoed(management, state),
        urgency=_urgency(item, management, parts),
        headline=_line(parts, "HeadLine") or nitf.headline_of(inner) or content(first(parts, "NewsLineText")),
        slugline=_line(parts, "SlugLine") or content(first(labels, "NameLabel")),
        byline=_line(parts, "ByLine") or nitf.byline_of(inner),
        dateline=_line(parts, "DateLine") or nitf.dateline_of(inner),
        body=_body(parts),
        language=_language(item, parts),
        ed_note=_note(parts),
        links=list(_links(name, revision, management)),
        subjects=list(_subjects(parts)),
        bare="NewsIdentifier" in labels,
    )


def _parts(item: Element) -> Group:
    """Return all elements of the item by name in document order, without those of items inside it."""
    found: Group = {}
    waiting = list(reversed(item))
    while waiting:
        element = waiting.pop()
        name = local(element)
        if name != _OWN:
            found.setdefault(name, []).append(element)
            if name != "DataContent":
                waiting.extend(reversed(element))
    return found


def _formal(element: Element | None) -> str | None:
    return attribute(element, "FormalName") or content(element)


def _uri(name: Group) -> str | None:
    if public := content(first(name, "PublicIdentifier")):
        return public
    parts = [content(first(name, part)) for part in ("ProviderId", "DateId", "NewsItemId", "RevisionId")]
    return f"urn:newsml:{':'.join(part for part in parts if part)}" if all(parts[:3]) else None


def _provider(parts: Group) -> str | None:
    party = below(first(parts, "Provider"), "Party")
    return _formal(party)


def _embargoed(management: Group, state: str | None) -> str | None:
    """Return when an embargoed item becomes usable."""
    if (state or "").lower() != "embargoed":
        return None
    change = below(first(management, "StatusWillChange"), "DateAndTime")
    return content(change) or "no date set"


def _line(parts: Group, name: str) -> str | None:
    return next((text for one in parts.get(name, ()) if (text := element_line(one))), None)


def _inner(parts: Group) -> Element | None:
    """Return the first ``body`` of NITF that stands inline."""
    bodies = (below(one, "nitf", "body") for one in parts.get("DataContent", [])[:_COMPONENTS])
    return next((body for body in bodies if body is not None), None)


def _urgency(item: Element, management: Group, parts: Group) -> int | None:
    """Return the urgency, else the priority of the envelope, else what AFP calls the importance."""
    envelope = below(item.getparent(), "NewsEnvelope")
    ranks = [_formal(first(management, "Urgency")), _formal(below(envelope, "Priority"))]
    ranks += [attribute(one, "Value") for one in parts.get("Property", ()) if _formal(one) in _PRIORITIES]
    return next((rank for value in ranks if (rank := urgency_of(value))), None)


def _note(parts: Group) -> str | None:
    """Return the news lines whose type says that they are for editors."""
    notes = []
    for line in parts.get("NewsLine", ()):
        kind = (_formal(below(line, "NewsLineType")) or "").lower()
        if ("note" in kind or "editor" in kind or "advisory" in kind) and (
            text := content(below(line, "NewsLineText"))
        ):
            notes.append(text)
    return " | ".join(notes) or None


def _language(item: Element, parts: Group) -> str | None:
    found = next((name for one in parts.get("Language", ()) if (name := _formal(one))), None)
    return (
        found
        or language(item)
        or next((t for one in parts.get("DataContent", [])[:_COMPONENTS] if (t := language(one))), None)
    )


def _body(parts: Group) -> str | None:
    """Return the text of the first main component that has one, else the first text: a photo's is its caption."""
    texts = [(_is_main(one), text) for one in parts.get("DataContent", [])[:_COMPONENTS] if (text := _text(one))]
    return next((text for main, text in texts if main), texts[0][1] if texts else None)


def _is_main(data: Element) -> bool:
    component = next((up for up in data.iterancestors() if local(up) == "NewsComponent"), None)
    return (_formal(below(component, "Role")) or "").lower() in _MAIN


def _text(data: Element) -> str | None:
    item = data.getparent()
    encoding = None
    if item is not None and local(item) == "Encoding":
        encoding, item = attribute(item, "Notation"), item.getparent()
    media = grouped(item).get("MediaType", []) if item is not None else []
    if media and (_formal(media[0]) or "text").lower() not in ("text", "texttype", "complextext"):
        return None
    document = below(data, "nitf")
    if document is not None:
        return nitf.body_of(document)
    if len(data):
        return element_text(data)
    source: str | None = data.text or ""
    if source and "base64" in (encoding or "").lower():
        source = from_base64(source)
    if source and source.lstrip().startswith(("<nitf", "<?xml")) and (text := nitf.body_of_source(source.strip())):
        return text
    return any_text(source)


def _links(name: Group, revision: Element | None, management: Group) -> Iterator[Link]:
    previous = attribute(revision, "PreviousRevision")
    uri, current = _uri(name), content(revision)
    if previous and previous.isdecimal() and int(previous[:9]) > 0 and uri and current and uri.endswith(f":{current}"):
        yield Link("previousversion", f"{uri.removesuffix(current)}{previous}", previous)
    for member, rel in (("DerivedFrom", "derivedfrom"), ("AssociatedWith", "seealso")):
        for one in management.get(member, ()):
            if target := attribute(one, "NewsItem"):
                yield Link(rel, target)


def _subjects(parts: Group) -> Iterator[Subject]:
    for name in ("SubjectMatter", "SubjectDetail", "Subject", "Genre", "TopicOccurrence", "SubjectQualifier"):
        for one in parts.get(name, ()):
            if formal := attribute(one, "FormalName", "Topic"):
                yield Subject(code=formal, scheme=attribute(one, "Vocabulary", "Scheme"))
    for one in parts.get("KeywordLine", ()):
        if text := content(one):
            yield Subject(name=text)
