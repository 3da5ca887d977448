"""How far a kill under another uri reaches, in whatever order it and the stories come, and whoever writes them.

The stories of a chain are written by several workers. A kill is noted first for every story and chain that it is about,
then what is stored is looked for; a story is stored first, then the notes are looked for. So at least one of two that
come at the same time sees the other, and what both do is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipeline.adapters.elastic.bulk import Bulk
from pipeline.adapters.elastic.shelf import Shelf, Stand
from pipeline.core import chain
from pipeline.core.story import Status, Story


class Killed(msgspec.Struct, frozen=True):
    """A stored revision that a kill is about, and the tombstone that takes its place in the index of ``month``.

    ``cause`` is the id of the story among those just stored that led here.
    """

    cause: str
    month: str
    story: Story
    tombstone: Story


async def notes(shelf: Shelf, stories: Sequence[Story]) -> dict[str, Story]:
    """Return the kills that are noted for ``stories``; to be asked after they have been stored."""
    return await shelf.kills(name for story in stories if story.status is Status.USABLE for name in chain.names(story))


async def reached(shelf: Shelf, bulk: Bulk, stories: Sequence[Story], noted: Mapping[str, Story]) -> list[Killed]:
    """Return what is to be killed after ``stories`` have been stored: by one of them, or one of them.

    ``noted`` has the ``notes`` of these stories.
    """
    found: dict[str, Killed] = {}
    for story in stories:
        if story.status is Status.CANCELED and chain.predecessors(story):
            found |= await _reach(shelf, bulk, story, story)
    for story in (story for story in stories if story.status is Status.USABLE):
        about = (noted[name] for name in sorted(chain.names(story)) if name in noted)
        kill = next((kill for kill in about if kill.id != story.id and chain.reaches(kill, story)), None)
        if kill is not None:
            found |= await _reach(shelf, bulk, kill, story)
    return list(found.values())


async def _reach(shelf: Shelf, bulk: Bulk, kill: Story, cause: Story) -> dict[str, Killed]:
    """Note the kill for the whole chain of ``cause``, up and down; return what is stored and usable of it, by id."""
    stands: dict[str, Stand] = {}
    known: set[str] = set()
    fresh = chain.names(cause) - {kill.id}
    while fresh:
        refused = await bulk.write([shelf.note_kill(name, kill) for name in sorted(fresh)])
        if refused:
            raise RuntimeError(f"a kill cannot be noted: {refused[0].reason}")
        known |= fresh
        fresh |= await shelf.members(sorted(known))
        stands |= await shelf.find(sorted(fresh - stands.keys()))
        fresh = {name for stand in stands.values() if stand.story for name in chain.names(stand.story)} | fresh
        fresh -= {*known, kill.id}
    return {
        id_: Killed(cause.id, stand.month, stand.story, chain.tombstone(stand.story, kill))
        for id_, stand in stands.items()
        if stand.story and stand.story.status is Status.USABLE and chain.reaches(kill, stand.story)
    }
