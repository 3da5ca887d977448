"""ninjs 1.x, 2.x and 3.x: the IPTC's news in JSON.

Source: the JSON schemas of IPTC at iptc.org/std/ninjs. Version 1 has flat names (``body_xhtml``), version 2 lists of
roles (``bodies``), version 3 the same in camel case; names are compared in lower case, so that one table serves all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import finish_all, people
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.nitf import body_of_source
from pipeline.core.formats.text import any_text, html_line, html_text
from pipeline.core.formats.words import code, differs, embargo_of, headline_rank, status_of, urgency_of
from pipeline.core.story import Link, Subject

# Every member that a schema of 1.0 to 3.1 knows, but for the uri; `source` and `provider` are what senders add.
_MEMBERS = frozenset(
    (
        *("altids", "associations", "bodies", "by", "byline", "charcount", "contentcreated"),
        *("copyrightholder", "copyrightnotice", "descriptions", "digitalsourcetype", "ednote", "embargoed"),
        *("embargoeduntil", "event", "eventdetails", "events", "evolvedfrom", "expires", "firstcreated"),
        *("genre", "genres", "headline", "headlines", "infosource", "infosources", "language", "located"),
        *("mimetype", "object", "objects", "organisation", "organisations", "people", "person", "place"),
        *("places", "plannedcoverage", "profile", "pubstatus", "renditions", "representationtype"),
        *("rightsinfo", "slugline", "standard", "$standard", "subject", "subjects", "title", "trustindicator"),
        *("trustindicators", "type", "urgency", "usageterms", "version", "versioncreated", "wordcount"),
        *("provider", "source", "priority"),
    )
)
_SUBJECTS = (
    *("subject", "subjects", "place", "places", "person", "people", "organisation", "organisations"),
    *("event", "events", "object", "objects", "genre", "genres", "keywords"),
)
_LINKS = {
    "evolvedfrom": "evolvedfrom",
    "rewriteof": "evolvedfrom",
    "rewrite_of": "evolvedfrom",
    "previousversion": "previousversion",
    "replacing": "previousversion",  # TT
}
_HTML_BODIES = ("body_xhtml", "body_html", "body_html5")
_HTML_TYPES = ("html", "xhtml")
_MAIN = ("", "main", "body", "bodytext", "article", "story", "text")


def detect(document: Document) -> bool:
    """Recognise an object with a ``uri`` and another member of ninjs; without a ``uri``, with a headline and a text."""
    return any(_is_item(item) for item in _items(document))


def read(document: Document) -> Parsed:
    """Return the one story, or those of a list."""
    drafts = (_draft(item) for item in _items(document) if _is_item(item))
    return finish_all(drafts, document, "ninjs")


def _items(document: Document) -> Iterator[dict[str, Any]]:
    """Yield the object, or the objects of an array, their names in lower case."""
    if document.kind == "json" and isinstance(document.json, list):
        for entry in document.json:
            if isinstance(entry, dict):
                yield {name.lower(): value for name, value in entry.items()}
    elif document.members:
        yield document.members


def _is_item(item: dict[str, Any]) -> bool:
    if "data" in item or "items" in item:
        return False
    if "uri" in item:
        return isinstance(item["uri"], str) and (not _MEMBERS.isdisjoint(item) or len(item) == 1 or _has_text(item))
    is_headed = "headline" in item or "headlines" in item
    return is_headed and ("bodies" in item or "versioncreated" in item or _has_text(item))


def _has_text(item: dict[str, Any]) -> bool:
    return any(name.startswith(("body_", "description_", "headline_")) for name in item)


def _draft(item: dict[str, Any]) -> Draft:
    uri = _string(item, "uri")
    headline = _headline(item)
    body = _body(item)
    if body is None:
        body = _described(item)
    return Draft(
        uri=uri,
        provider=_string(item, "provider") or _party(item.get("provider")) or _string(item, "source"),
        host=authority(uri),
        version=_number_or_string(item, "version"),
        version_created=moment(item.get("versioncreated")),
        first_created=moment(item.get("firstcreated")),
        status=status_of(item.get("pubstatus")),
        signals=list(_strings(item.get("signal") or item.get("signals"))),
        embargoed=embargo_of(_string(item, "embargoed") or _string(item, "embargoeduntil"), item.get("pubstatus")),
        urgency=urgency_of(item.get("urgency", item.get("priority"))),
        headline=headline,
        slugline=_string(item, "slugline"),
        byline=_string(item, "byline") or _string(item, "by") or _bylines(item),
        dateline=_string(item, "dateline"),
        located=_string(item, "located"),
        body=body,
        language=_string(item, "language"),
        ed_note=_string(item, "ednote"),
        links=list(_links(item)),
        subjects=list(_subjects(item)),
        # The schemas ask for no more than a uri; what else stands there may come with a later version.
        bare=uri is not None,
    )


def _string(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _number_or_string(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _string(item, name)


def _strings(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from (one[name] for name in ("code", "literal", "uri", "name") if isinstance(one.get(name), str))


def _party(value: Any) -> str | None:
    return next(_strings(value), None) if isinstance(value, dict) else None


def _roles(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the entries of a list of roles that hold a text, their names in lower case."""
    entries = item.get(name)
    found = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            entry = {key.lower(): value for key, value in entry.items()}  # noqa: PLW2901  the same entry, its case folded
            if isinstance(entry.get("value"), str) and entry["value"].strip():
                found.append(entry)
    return found


def _bylines(item: dict[str, Any]) -> str | None:
    """Return the names of ``bylines`` or ``authors``, which AP and Superdesk send in place of one line."""
    entries = [entry for name in ("bylines", "authors") if isinstance(item.get(name), list) for entry in item[name]]
    names = [_string(entry, "by") or _string(entry, "name") for entry in entries if isinstance(entry, dict)]
    return people(names)


def _headline(item: dict[str, Any]) -> str | None:
    """Return ``headline``, or else the headline with the role main, or the first one, or the title."""
    if text := _string(item, "headline"):
        return html_line(text)
    entries = _roles(item, "headlines")
    tongue = item.get("language")
    if entries:
        best = min(entries, key=lambda entry: headline_rank(entry.get("role"), entry.get("language"), tongue))
        return html_line(best["value"])
    extra = next((name for name in item if name.startswith("headline_") and _string(item, name)), None)
    return html_line(_string(item, extra) if extra else _string(item, "title"))


def _body(item: dict[str, Any]) -> str | None:
    """Return the body from its richest form: paragraphs are marked in HTML, often lost in plain text."""
    for name in _HTML_BODIES:
        if text := html_text(_string(item, name)):
            return text
    for name in item:
        if name.startswith("body_") and (text := _any_text(_string(item, name), name)):
            return text
    bodies = _roles(item, "bodies")
    tongue = item.get("language")
    bodies.sort(key=lambda body: (differs(body.get("language"), tongue), *_rank(body)))
    for entry in bodies:
        if text := _any_text(entry["value"], f"{entry.get('contenttype', '')} {entry.get('role', '')}".lower()):
            return text
    return None


def _rank(body: dict[str, Any]) -> tuple[bool, bool]:
    """Return what sorts the main text before a teaser, and then HTML before plain text."""
    is_main = code(str(body.get("role", "main"))).lower() in _MAIN
    return not is_main, not str(body.get("contenttype", "")).lower().endswith(_HTML_TYPES)


def _described(item: dict[str, Any]) -> str | None:
    """Return the first description: the caption of a picture, the summary of an item that carries no body."""
    entries = [entry["value"] for entry in _roles(item, "descriptions")]
    entries += [value for name in item if name.startswith("description_") and (value := _string(item, name))]
    return next((text for value in entries if (text := _any_text(value, ""))), None)


def _any_text(value: str | None, kind: str) -> str | None:
    if value is None:
        return None
    if "nitf" in kind and "<" in value:
        return body_of_source(value) or html_text(value)
    return html_text(value) if "html" in kind else any_text(value)


def _links(item: dict[str, Any]) -> Iterator[Link]:
    for name, rel in _LINKS.items():
        for uri in _strings(item.get(name)):
            yield Link(rel, uri.strip())
    associations = item.get("associations")
    # A list since 2.0, each entry with its rel; an object before, where the name of an entry tells what it is.
    for name, entry in associations.items() if isinstance(associations, dict) else ():
        relation = _LINKS.get(name.lower())
        if relation and isinstance(entry, dict) and isinstance(entry.get("uri"), str):
            yield Link(relation, entry["uri"])
    for entry in associations if isinstance(associations, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("uri"), str) and isinstance(entry.get("rel"), str):
            yield Link(_RELATIONS.get(entry["rel"].lower(), entry["rel"].lower()), entry["uri"])


_RELATIONS = {"replaces": "previousversion", "derivedfrom": "evolvedfrom", "updates": "evolvedfrom"}


def _subjects(item: dict[str, Any]) -> Iterator[Subject]:
    for member in _SUBJECTS:
        entries = item.get(member)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str) and entry.strip():
                yield Subject(name=entry)
            if not isinstance(entry, dict):
                continue
            name, scheme = _string(entry, "name"), _string(entry, "scheme")
            code = _string(entry, "code") or _string(entry, "literal")
            uri = _string(entry, "uri")
            if code is None and uri is not None:
                scheme, _, code = uri.rpartition("/")
            if name or code:
                yield Subject(code=code, name=name, scheme=scheme or None)
