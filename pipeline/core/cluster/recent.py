"""The stories of the last minutes or days by their bands: where a store cannot be asked yet, or is not there."""

from __future__ import annotations

from collections import Counter, OrderedDict

from pipeline.core.cluster.fingerprint import bands
from pipeline.core.cluster.gather import CANDIDATES, SHARED, within
from pipeline.core.story import Story


class Recent:
    """Proposes candidates among the last ``size`` stories that were added."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._stories: OrderedDict[str, Story] = OrderedDict()
        self._bands: dict[str, set[str]] = {}

    def add(self, story: Story) -> None:
        """Remember a story in place of its earlier revision; forget the oldest where there are too many."""
        self._forget(story.id)
        self._stories[story.id] = story
        for band in bands(story.fingerprint):
            self._bands.setdefault(band, set()).add(story.id)
        if len(self._stories) > self.size:
            self._forget(next(iter(self._stories)))

    def get(self, id_: str) -> Story | None:
        """Return what is remembered of a story."""
        return self._stories.get(id_)

    def candidates(self, story: Story) -> list[Story]:
        """Return the stories of other providers with enough bands in common, those with the most first."""
        if story.fingerprint is None:
            return []
        shared: Counter[str] = Counter()
        for band in bands(story.fingerprint):
            shared.update(self._bands.get(band, ()))
        found = [
            (-count, id_)
            for id_, count in shared.items()
            if count >= SHARED and self._may_be(story, self._stories[id_])
        ]
        return [self._stories[id_] for _count, id_ in sorted(found)[:CANDIDATES]]

    def _may_be(self, story: Story, other: Story) -> bool:
        return other.provider != story.provider and within(story, other)

    def _forget(self, id_: str) -> None:
        story = self._stories.pop(id_, None)
        for band in bands(story.fingerprint) if story else ():
            self._bands[band].discard(id_)
            if not self._bands[band]:
                del self._bands[band]
