"""JSON Feed 1.0 and 1.1. Source: jsonfeed.org/version/1.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import finish_all, people
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.text import html_line, html_text, plain_text
from pipeline.core.story import Subject


def detect(document: Document) -> bool:
    """Recognise an object whose ``version`` is an address of JSON Feed."""
    version = document.members.get("version")
    return isinstance(version, str) and "jsonfeed.org/version" in version


def read(document: Document) -> Parsed:
    """Return the items of the feed."""
    return finish_all(_drafts(document.members), document, "jsonfeed")


def _drafts(feed: dict[str, Any]) -> Iterator[Draft]:
    host = authority(_text(feed, "home_page_url")) or authority(_text(feed, "feed_url"))
    items = feed.get("items")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield _draft(item, feed, host)


def _draft(item: dict[str, Any], feed: dict[str, Any], host: str | None) -> Draft:
    published = moment(item.get("date_published"))
    link = _text(item, "url") or _text(item, "external_url")
    tags = item.get("tags")
    return Draft(
        uri=_identifier(item.get("id")) or link,
        host=host or authority(link),
        version_created=moment(item.get("date_modified")) or published,
        first_created=published,
        headline=html_line(_text(item, "title")),
        byline=_authors(item) or _authors(feed),
        body=html_text(_text(item, "content_html"))
        or plain_text(_text(item, "content_text"))
        or plain_text(_text(item, "summary")),
        language=_text(item, "language") or _text(feed, "language"),
        subjects=[Subject(name=tag) for tag in tags if isinstance(tag, str) and tag] if isinstance(tags, list) else [],
        bare=bool(item),
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _identifier(value: Any) -> str | None:
    """Return the id; a number is to be read as its text, says the specification."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _authors(item: dict[str, Any]) -> str | None:
    authors = item.get("authors")
    entries = authors if isinstance(authors, list) and authors else [item.get("author")]
    return people(_text(entry, "name") for entry in entries if isinstance(entry, dict))
