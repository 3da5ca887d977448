"""The cluster of each story that is indexed: found among what Elasticsearch has, and what it does not show yet.

A search sees what was refreshed, some seconds ago, and copies come within seconds of each other; so the worker
remembers what it has written itself. Of several workers each remembers its own share: copies that come at the same time
to two of them stay apart, which docs/duplicates.md says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipeline.adapters.elastic.shelf import Shelf
from pipeline.core.cluster import WINDOW, Recent, bands, cluster_of
from pipeline.core.story import Story

REMEMBERED = 5000
"""Stories, those that searches have found included: about 20 MB."""


class Copies:
    """Finds clusters; one for each worker."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.recent = Recent(REMEMBERED)

    async def gather(self, stories: Sequence[Story], stored: Mapping[str, Story | None]) -> list[Story]:
        """Return the stories, in their order, each with its cluster; ``stored`` has what was known of them, by id."""
        dated = [story for story in stories if story.time is not None and story.fingerprint is not None]
        if dated:
            times = [story.time for story in dated if story.time is not None]
            wanted = {band for story in dated for band in bands(story.fingerprint)}
            for found in await self.shelf.sharing(wanted, min(times) - WINDOW, max(times) + WINDOW):
                self._remember(found)
        gathered = []
        for story in stories:
            cluster = cluster_of(story, stored.get(story.id), self.recent.candidates(story))
            gathered.append(msgspec.structs.replace(story, cluster=cluster))
            self._remember(gathered[-1])
        return gathered

    def _remember(self, story: Story) -> None:
        known = self.recent.get(story.id)
        if known is None and story.fingerprint is None:  # found by nobody
            return
        if known is None or known.revision <= story.revision:
            self.recent.add(story)
