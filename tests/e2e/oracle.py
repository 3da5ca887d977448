"""What the stages make of payloads, without any server: what the distributed pipeline must come to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import pytest

from pipeline import wiring
from pipeline.config import Config
from pipeline.core import chain
from pipeline.core.alerts import Alert
from pipeline.core.flow import work
from pipeline.core.payload import Payload
from pipeline.core.story import Status, Story


class Expected(msgspec.Struct):
    """The newest revision of each story, the alerts that desk raises, by id, and how many payloads are dead."""

    revisions: dict[str, int]
    alerts: dict[str, Alert]
    dead: int


def expected(config: Config, payloads: Iterable[Payload]) -> Expected:
    """Take every payload through the flow, in any order."""
    desk, _rules = wiring.desk(config, "oracle", lambda: datetime.now(UTC), lambda problem: pytest.fail(str(problem)))
    found = Expected({}, {}, 0)
    newest: dict[str, Story] = {}
    for payload in payloads:
        outcome = work(desk, payload)
        found.dead += len(outcome.dead)
        for story in outcome.stories:
            if story.id not in newest or story.revision > newest[story.id].revision:
                newest[story.id] = story
        found.alerts.update((alert.id, alert) for alert in outcome.alerts)
    for kill in [story for story in newest.values() if story.status is Status.CANCELED]:
        newest |= {story.id: chain.tombstone(story, kill) for story in reached(kill, newest.values())}
    found.revisions = {story.id: story.revision for story in newest.values()}
    return found


def reached(kill: Story, stories: Iterable[Story]) -> list[Story]:
    """Return the stories of other uris that a kill takes with it: the whole chain of those that it names."""
    names, before = set(chain.predecessors(kill)), 0
    others = [story for story in stories if names and story.id != kill.id]
    while len(names) > before:
        before = len(names)
        for story in others:
            linked = {story.id, *chain.predecessors(story)}
            names |= linked if names & linked else set()
    return [
        story for story in others if story.id in names and story.status is Status.USABLE and chain.reaches(kill, story)
    ]
