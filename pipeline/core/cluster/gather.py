"""Clusters: the copies of one text, by the name of the copy that came in first.

A story's cluster is found once, when it comes in, and kept as long as its text stays what it was, so that a story
that comes again changes nothing. A cluster is never renamed: its first arrival carries no name of a cluster, the
others carry its id.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from pipeline.core.cluster.compare import Text, likeness
from pipeline.core.story import Status, Story

WINDOW = timedelta(hours=48)
"""How far apart in time copies may be."""

SHARED = 2
"""Bands that a candidate has in common: one alone is twenty times in twenty-one a coincidence of wire prose."""

CANDIDATES = 8
"""Stories that are compared at most, those with the most bands in common first."""


class Gathered(msgspec.Struct, frozen=True):
    """What a reader is told of a cluster."""

    first: Story
    """The copy that came in first, after which the cluster is named; the earliest where that one is gone."""
    fullest: Story
    """The copy with the most words, the earlier of equal ones."""
    copies: tuple[Story, ...]
    """All of them, the earliest first."""

    def others(self, story: Story) -> tuple[str, ...]:
        """Return the other providers that sent the text, the earliest first."""
        names = dict.fromkeys(copy.provider for copy in self.copies)
        return tuple(name for name in names if name != story.provider)


def within(story: Story, other: Story) -> bool:
    """Return whether two stories are near enough in time to be copies; a story without any time has none."""
    return story.time is not None and other.time is not None and abs(story.time - other.time) <= WINDOW


def cluster_of(story: Story, stored: Story | None, candidates: Iterable[Story]) -> str | None:
    """Return the name of the cluster that ``story`` belongs to; None where it is alone, or the first of its own.

    ``stored`` is what was known of the story before; ``candidates`` are stories with a band in common.
    """
    if stored is not None and stored.cluster is not None and stored.fingerprint == story.fingerprint:
        return stored.cluster
    if story.fingerprint is None or story.status is not Status.USABLE:
        return stored.cluster if stored else None
    near = [other for other in candidates if _may_be(story, other)]
    if not near:
        return None
    text = Text(story)
    best: tuple[float, float, str] | None = None
    cluster = None
    for other in near:
        alike = likeness(text, Text(other))
        if alike and other.cluster == story.id:
            return None
        # The likest, the earliest of those, and the same one in whatever order they are looked at.
        rank = (-alike, *_age(other))
        if alike and (best is None or rank < best):
            best, cluster = rank, other.cluster or other.id
    return cluster


def gathered(copies: Iterable[Story]) -> Gathered | None:
    """Return what the stories of one cluster come to; None where there are less than two that may be used."""
    usable = {copy.id: copy for copy in copies if copy.status is Status.USABLE}
    if len(usable) < 2:
        return None
    ordered = sorted(usable.values(), key=_age)
    names = {copy.cluster for copy in ordered}
    first = next((copy for copy in ordered if copy.id in names), ordered[0])
    return Gathered(first, max(ordered, key=lambda copy: len((copy.body or "").split())), tuple(ordered))


def _may_be(story: Story, other: Story) -> bool:
    if other.id == story.id or other.provider == story.provider:
        return False
    return other.status is Status.USABLE and within(story, other)


def _age(story: Story) -> tuple[float, str]:
    moment = story.first_created or story.time
    return (moment.timestamp() if moment else float("inf"), story.id)
