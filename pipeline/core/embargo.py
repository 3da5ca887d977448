"""The book of held stories: what is under embargo, when each is due, and what has been lifted in the meantime."""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush

import msgspec

from pipeline.core.story import Story


class Lifted(msgspec.Struct, frozen=True, tag=True):
    """A revision that is not under embargo and names a predecessor: what is held below it is not to be released."""

    story: str
    revision: int


class Book:
    """Held revisions in any order of arrival; of each story only the newest revision is ever due."""

    def __init__(self) -> None:
        self._held: dict[str, dict[int, Story]] = {}
        self._newest: dict[str, int] = {}
        self._due: list[tuple[datetime, str, int]] = []

    def __len__(self) -> int:
        return sum(len(revisions) for revisions in self._held.values())

    def hold(self, story: Story) -> None:
        """Take in a held revision."""
        if story.embargoed_until is None:
            return
        self._held.setdefault(story.id, {})[story.revision] = story
        heappush(self._due, (story.embargoed_until, story.id, story.revision))
        self._note(story.id, story.revision)

    def lift(self, lifted: Lifted) -> None:
        """Take in that a story went on without embargo: what was held below that revision will not be released."""
        self._note(lifted.story, lifted.revision)

    def forget(self, id_: str, revision: int) -> None:
        """Take in that a held revision has been dealt with."""
        revisions = self._held.get(id_, {})
        revisions.pop(revision, None)
        if not revisions:
            self._held.pop(id_, None)

    def due(self, now: datetime) -> tuple[list[Story], list[Story]]:
        """Take out, and return, the stories to be released at ``now`` and those whose time no longer counts."""
        release: list[Story] = []
        overtaken: list[Story] = []
        while self._due and self._due[0][0] <= now:
            until, id_, revision = heappop(self._due)
            story = self._held.get(id_, {}).get(revision)
            if story is None or story.embargoed_until != until:  # dealt with, or its embargo was changed
                continue
            self.forget(id_, revision)
            (release if revision >= self._newest.get(id_, 0) else overtaken).append(story)
        return release, overtaken

    def _note(self, id_: str, revision: int) -> None:
        self._newest[id_] = max(revision, self._newest.get(id_, 0))
