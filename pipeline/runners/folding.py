"""What the revisions of a fetch mean for a story: which is the newest now, which are kept apart, what is to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipeline.core import life
from pipeline.core.alerts import Alert
from pipeline.core.story import Story

Known = Mapping[tuple[str, int], frozenset[str]]
"""The (id, revision) of old revisions that are kept already, with the rules that they matched."""


class Incoming(msgspec.Struct, frozen=True):
    """A story as it was read; ``silent`` ones come of a replay and alert nobody."""

    story: Story
    silent: bool


class Folded(msgspec.Struct):
    """What a fetch means for one story: where it stands, the newest revision, those it replaces, what is to be told.

    ``asked`` says that this depends on revisions that were stored longer ago.
    """

    month: str
    newest: Story | None
    new: bool
    stored: Story | None = None
    changed: bool = False
    asked: bool = False
    old: list[Story] = []
    alerts: list[Alert] = []


def fold(
    folded: Folded,
    incoming: Incoming,
    known: Known,
    rules: life.Rules,
    kept: Sequence[Story] = (),
) -> None:
    """Add one revision to what is known of its story; ``kept`` are its old revisions where they were asked for."""
    stored, said = folded.newest, incoming.story

    def history() -> list[Story]:
        folded.asked = True
        return sorted((*folded.old, *kept), key=lambda old: old.revision, reverse=True)

    story = life.changed_in_place(stored, life.settle(stored, said), history)
    if stored is not None and said.revision > story.revision and not incoming.silent:
        folded.alerts += life.mistaken(stored, said, rules)
    late = stored is not None and not life.supersedes(stored, story)
    dealt = next((rules_of(old) for old in folded.old if late and old.revision == story.revision), None)
    dealt = known.get((story.id, story.revision)) if late and dealt is None else dealt
    if stored is not None and dealt is not None:
        if said.revision == story.revision and not incoming.silent:
            folded.alerts += life.mistaken(stored, said, rules, dealt)
        return
    retracted, newest = life.retractions(stored, story, rules)
    if not incoming.silent:
        folded.alerts += [*retracted, *life.unsaid(stored, said, story)]
    if late:
        folded.old.append(story)
        folded.changed |= newest is not stored
    else:
        if stored is not None and stored.revision != story.revision:
            folded.old.append(stored)
        folded.changed = True
    folded.newest = newest


def rules_of(story: Story) -> frozenset[str]:
    """Return the rules that a revision matched."""
    return frozenset(match.rule for match in story.matches)
