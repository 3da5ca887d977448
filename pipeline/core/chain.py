"""Chains: the stories that are one news item to a reader, and how far a kill reaches.

A payload names only its predecessor, so a chain is found by whoever knows what is stored. It is named after its first
story; a predecessor that has not come yet gives the name in advance.
"""

from __future__ import annotations

import msgspec

from pipeline.core.story import REPLACING_LINKS, Link, Status, Story, story_id

KILLED_BY = "killedby"
"""The relation of a tombstone to the story that killed it."""


def predecessors(story: Story) -> tuple[str, ...]:
    """Return the ids of the other stories that this one says it takes the place of."""
    uris = dict.fromkeys(link.uri for link in story.links if link.rel in REPLACING_LINKS and link.uri != story.uri)
    return tuple(story_id(story.provider, uri) for uri in uris)


def reaches(kill: Story, story: Story) -> bool:
    """Return whether ``kill``, which names ``story`` or its chain, is about this revision.

    A revision that was made after the kill is a new start; where a time is missing the kill holds.
    """
    if story.version_created is None or kill.version_created is None:
        return True
    return story.version_created <= kill.version_created


def tombstone(story: Story, kill: Story) -> Story:
    """Return ``story`` as killed by another one: the same revision, canceled, saying by whom and why."""
    note = kill.ed_note or kill.headline or story.ed_note
    links = (*story.links, Link(KILLED_BY, kill.uri))
    return msgspec.structs.replace(story, status=Status.CANCELED, ed_note=note, links=links, signal=None)
