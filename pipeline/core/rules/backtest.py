"""A rule over the past: the store finds a superset, the matcher that answers live decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

import msgspec

from pipeline.core.need import AnyOf, Need
from pipeline.core.rules.evaluate import holds
from pipeline.core.rules.needs import need
from pipeline.core.rules.query import Node
from pipeline.core.rules.view import View
from pipeline.core.story import Story

SAMPLES = 10


class Backtest(msgspec.Struct):
    """What a rule would have matched. ``gained`` and ``lost``: against the present version; the first SAMPLES each."""

    read: int = 0
    """Stories that the store found."""
    matched: int = 0
    days: Counter[date | None] = msgspec.field(default_factory=Counter)
    samples: list[Story] = []
    gained_count: int = 0
    gained: list[Story] = []
    lost_count: int = 0
    lost: list[Story] = []


def backtest_need(candidate: Node, present: Node | None) -> Need:
    """Return what the store is asked for: the stories of either version."""
    return need(candidate) if present is None else AnyOf((need(candidate), need(present)))


def backtest(stories: Iterable[Story], candidate: Node, present: Node | None = None) -> Backtest:
    """Return what the candidate matches among ``stories``, with the tags that they have."""
    result = Backtest()
    for story in stories:
        result.read += 1
        view = View(story)
        matches = holds(candidate, view)
        if matches:
            result.matched += 1
            result.days[story.time.date() if story.time else None] += 1
            _sample(result.samples, story)
        if present is not None and holds(present, view) != matches:
            if matches:
                result.gained_count += 1
            else:
                result.lost_count += 1
            _sample(result.gained if matches else result.lost, story)
    return result


def _sample(samples: list[Story], story: Story) -> None:
    if len(samples) < SAMPLES:
        samples.append(story)
