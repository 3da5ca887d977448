"""From stories and alerts to documents and back.

A document has what people search and count by, in fields of its own, and under ``document`` the whole of what it
was made from, which is not indexed, so that exactly the same story comes back. Only the body is not there twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from pipeline.core.alerts import Alert
from pipeline.core.cluster import bands
from pipeline.core.searched import FIELDS
from pipeline.core.story import Actor, Region, Role, Status, Story, encode, story_id
from pipeline.core.words import Chunks, folded

KEPT = 100
"""Characters of a token; the analyzer would cut a longer one into pieces, which no query could find."""

_PLAIN = (
    *("uri", "provider", "version", "revision", "status", "signal", "language", "urgency", "source_format"),
    *("dictionary_version", "chain", "cluster"),
    *("time", "received", "version_created", "first_created", "embargoed_until"),
)
_SHOWN = ("headline", "slugline", "byline", "dateline", "ed_note", "body")


def story_document(story: Story) -> bytes:
    """Return the document of a story; a killed or withheld one shows no text, and no search finds it by its words."""
    usable = story.status is Status.USABLE
    body = story.body if usable else None
    fields: dict[str, Any] = {"id": story.id, **_given(story, _PLAIN)}
    if usable:
        fields |= _given(story, _SHOWN)
        fields["tokens"] = [tokens(getattr(story, name)) for name in FIELDS if getattr(story, name)]
        fields["tags"] = [f"region:{region.code}".lower() for region in story.regions]
        fields["tags"] += [f"actor:{actor.id}".lower() for actor in story.actors]
    fields |= _named(story.regions, story.actors)
    fields["fingerprint"] = bands(story.fingerprint)
    fields["subjects"] = _distinct(subject.name or subject.code for subject in story.subjects)
    fields["matches"] = [match.rule for match in story.matches]
    fields["topics"] = _distinct(match.topic for match in story.matches)
    fields["severities"] = _distinct(match.severity for match in story.matches)
    rest = msgspec.structs.replace(story, body=None) if body is not None else story
    return encode({**{name: value for name, value in fields.items() if value != []}, "document": rest})


def alert_document(alert: Alert, raised: datetime | None) -> bytes:
    """Return the document of an alert; ``raised`` is when it was published."""
    story = alert.story
    fields = {
        **_given(alert, ("id", "type", "rule", "rule_version", "topic", "severity", "reason", "revision")),
        **_given(story, ("uri", "provider", "version", "status", "urgency", "headline", "received", "version_created")),
        **_named(story.regions, story.actors),
        "story": story_id(story.provider, story.uri),
        "time": story.time,
        "raised": raised,
    }
    return encode({**{name: value for name, value in fields.items() if value not in (None, [])}, "document": alert})


class _StorySource(msgspec.Struct):
    document: Story
    body: str | None = None


class _AlertSource(msgspec.Struct):
    document: Alert


def story_of(source: Any) -> Story:
    """Return the story that a document was made from."""
    found = msgspec.convert(source, _StorySource)
    return msgspec.structs.replace(found.document, body=found.body) if found.body is not None else found.document


def alert_of(source: Any) -> Alert:
    """Return the alert that a document was made from."""
    return msgspec.convert(source, _AlertSource).document


def tokens(text: str) -> str:
    """Return the words of a text, with a space between them."""
    return " ".join(filter(None, map(_chunks.__getitem__, text.split())))


def token(word: str) -> str:
    """Return a word as it is indexed."""
    return word if len(word) <= KEPT else word[:KEPT]


_chunks = Chunks(lambda chunk: " ".join(map(token, folded(chunk))))


def _given(value: Story | Alert | Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: found for name in names if (found := getattr(value, name)) is not None}


def _named(regions: tuple[Region, ...], actors: tuple[Actor, ...]) -> dict[str, Any]:
    """Return regions and actors as the plain lists that Kibana counts by."""
    return {
        "regions": [region.code for region in regions],
        "focus": [region.code for region in regions if region.role is Role.FOCUS],
        "actors": [actor.name for actor in actors],
        "actor_ids": [actor.id for actor in actors],
        "kinds": _distinct(actor.kind for actor in actors),
        "sectors": _distinct(actor.sector for actor in actors),
    }


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))
