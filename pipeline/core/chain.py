"""Chains: the stories that are one news item to a reader, and how far a kill reaches.

A payload names only its predecessor, so a chain is found by whoever knows what is stored. It is named after its first
story; a predecessor that has not come yet gives the name in advance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from pipeline.core.story import REPLACING_LINKS, TAKE_OF, Link, Status, Story, story_id

KILLED_BY = "killedby"
"""The relation of a tombstone to the story that killed it."""

_CHAINING = REPLACING_LINKS | {TAKE_OF}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_EVERYTHING = 1 << 60


def predecessors(story: Story) -> tuple[str, ...]:
    """Return the ids of the other stories that this one says it takes the place of, or is a take of."""
    ids = (story_id(story.provider, link.uri) for link in story.links if link.rel in _CHAINING)
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ != story.id))


def names(story: Story) -> set[str]:
    """Return the ids under which others of its chain may know a story: its own, its predecessors', its chain's."""
    return {story.id, *predecessors(story), story.chain or story.id}


def reaches(kill: Story, story: Story) -> bool:
    """Return whether ``kill``, which names ``story`` or its chain, is about this revision.

    A revision that was made after the kill is a new start; where a time is missing the kill holds.
    """
    if story.version_created is None or kill.version_created is None:
        return True
    return story.version_created <= kill.version_created


def reach(kill: Story) -> int:
    """Return how far a kill reaches, to be compared with other kills: what one reaches, those with more reach, too."""
    made = kill.version_created
    return max(0, int(made.timestamp() * 1000)) if made is not None else _EVERYTHING


def in_order(revisions: Iterable[Story]) -> list[Story]:
    """Return the revisions of a chain, each once, as they were made: of one story by revision, of several by time.

    Where the two differ, since a desk dated a later version earlier, a revision stands behind its predecessors. A
    tombstone stands where the kill of another uri does that it names.
    """
    revisions = list(revisions)
    kills = {one.uri: one.time or _NEVER for one in revisions if one.status is Status.CANCELED}
    found = sorted({(one.id, one.revision): one for one in revisions}.values(), key=lambda one: one.revision)
    latest: dict[str, datetime] = {}
    placed: list[tuple[datetime, Story]] = []
    for one in found:
        by = [kills.get(link.uri, _NEVER) for link in one.links if link.rel == KILLED_BY]
        latest[one.id] = max(latest.get(one.id, _NEVER), one.time or _NEVER, *by)
        placed.append((latest[one.id], one))
    return [one for _time, one in sorted(placed, key=lambda pair: pair[0])]


def as_it_was(revisions: Sequence[Story]) -> Story:
    """Return the last of a killed story's revisions, in their order, with the text of the last that has one."""
    last = revisions[-1]
    # A kill may well have a headline of its own, "KILL", and no text.
    told = next((one for one in reversed(revisions) if one.body), last)
    return msgspec.structs.replace(
        told, version=last.version, status=last.status, signal=last.signal, ed_note=last.ed_note, links=last.links
    )


def tombstone(story: Story, kill: Story) -> Story:
    """Return ``story`` as killed by another one: the same revision, canceled, saying by whom and why."""
    note = kill.ed_note or kill.headline or story.ed_note
    links = (*story.links, Link(KILLED_BY, kill.uri))
    return msgspec.structs.replace(
        story,
        status=Status.CANCELED,
        ed_note=note,
        links=links,
        signal=None,
        rules=msgspec.UNSET,
        undecided=msgspec.UNSET,
    )
