"""The AP Media API: its answers for one item, or for a feed or search of several.

Source: the AP Media API developer's guide at api.ap.org. The text itself is not in the JSON but behind a link, so
an item has a headline and at most a summary or a caption.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import finish_all, people
from pipeline.core.formats.text import html_line, html_text
from pipeline.core.formats.words import MEANT, embargo_of, signal_of, status_of, urgency_of
from pipeline.core.story import Link, Subject

_TAGGED = ("subject", "person", "organisation", "place", "event", "company", "genre")
_DESCRIPTIONS = ("description_summary", "description_caption")


def detect(document: Document) -> bool:
    """Recognise an answer whose data holds an item, or items, with AP's alternative identifiers."""
    members = document.members
    return any(True for _ in _items(members)) or ("api_version" in members and "data" in members)


def read(document: Document) -> Parsed:
    """Return the items of the answer."""
    return finish_all((_draft(item) for item in _items(document.members)), document, "ap-media")


def _items(members: dict[str, Any]) -> Iterator[dict[str, Any]]:
    data = members.get("data", members)
    if not isinstance(data, dict):
        return
    listed = data.get("items")
    for entry in listed if isinstance(listed, list) else [data]:
        item = entry.get("item") if isinstance(entry, dict) else None
        if isinstance(item, dict) and ("altids" in item or "versioncreated" in item):
            yield item


def _draft(item: dict[str, Any]) -> Draft:
    altids = item.get("altids")
    identifiers = altids if isinstance(altids, dict) else {}
    signals = item.get("signals")
    return Draft(
        uri=_text(identifiers, "itemid") or _text(item, "uri") or _text(identifiers, "etag"),
        provider=_text(item, "provider") or "AP",
        version=_whole(item.get("version")),
        version_created=moment(item.get("versioncreated")),
        first_created=moment(item.get("firstcreated")),
        status=status_of(item.get("pubstatus")),
        signals=[one for one in _strings(signals) if signal_of([one]) in MEANT],
        embargoed=embargo_of(_text(item, "embargoed"), item.get("pubstatus")),
        urgency=urgency_of(item.get("urgency")) or urgency_of(item.get("editorialpriority")),
        headline=html_line(_text(item, "headline") or _text(item, "title")),
        slugline=_text(item, "slugline"),
        byline=_byline(item),
        dateline=_text(item, "dateline"),
        body=next((text for name in _DESCRIPTIONS if (text := html_text(_text(item, name)))), None),
        language=_text(item, "language"),
        ed_note=_text(item, "ednote"),
        links=list(_links(item)),
        subjects=list(_subjects(item)),
        bare=_text(item, "type") not in (None, "text"),
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _whole(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _byline(item: dict[str, Any]) -> str | None:
    entries = item.get("bylines")
    names = [_text(entry, "by") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return people(names) or _text(item, "byline")


def _links(item: dict[str, Any]) -> Iterator[Link]:
    """Yield the associated items; AP numbers them in an object."""
    associations = item.get("associations")
    for entry in associations.values() if isinstance(associations, dict) else ():
        altids = entry.get("altids") if isinstance(entry, dict) else None
        if isinstance(altids, dict) and (uri := _text(altids, "itemid")):
            yield Link("seealso", uri)


def _subjects(item: dict[str, Any]) -> Iterator[Subject]:
    for member in _TAGGED:
        entries = item.get(member)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and (_text(entry, "code") or _text(entry, "name")):
                yield Subject(code=_text(entry, "code"), name=_text(entry, "name"), scheme=_text(entry, "scheme"))
