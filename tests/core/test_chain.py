"""Chains: who names whom, in which order they were made, and what a killed story said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import chain
from pipeline.core.story import Link, Status, Story

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def story(name: str, version: int, hours: float | None, **more: object) -> Story:
    made = None if hours is None else NOON + timedelta(hours=hours)
    base = Story(uri=name, provider="p", version=str(version), version_created=made, body="x", source_format="ninjs")
    return msgspec.structs.replace(base, **more)


def test_a_story_is_known_by_its_own_name_its_predecessors_and_its_chain() -> None:
    links = (Link("evolvedfrom", "b"), Link("seealso", "c"), Link("evolvedfrom", "a"))
    found = story("a", 1, 0, links=links, chain="first")
    assert chain.predecessors(found) == (story("b", 1, 0).id,)
    assert chain.names(found) == {found.id, story("b", 1, 0).id, "first"}


def test_revisions_of_several_stories_stand_in_the_order_of_their_times_each_once() -> None:
    takes = [story("a", 1, 0), story("a", 2, 3), story("b", 1, 1), story("c", 1, None), story("a", 2, 3)]
    assert [(one.uri, one.version) for one in chain.in_order(takes)] == [("c", "1"), ("a", "1"), ("b", "1"), ("a", "2")]


def test_a_later_version_that_is_dated_earlier_stands_behind_the_earlier_one() -> None:
    takes = [story("a", 2, 0), story("a", 1, 2), story("b", 1, 1)]
    assert [(one.uri, one.version) for one in chain.in_order(takes)] == [("b", "1"), ("a", "1"), ("a", "2")]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.none() | st.integers(0, 9))))
def test_no_order_turns_the_revisions_of_a_story_around(drawn: list[tuple[str, int, int | None]]) -> None:
    found = chain.in_order([story(*one) for one in drawn])
    for name in "abc":
        revisions = [one.revision for one in found if one.uri == name]
        assert revisions == sorted(set(revisions))


def test_what_a_killed_story_said_is_its_last_text_with_the_status_and_the_note_of_the_kill() -> None:
    kill = story("a", 3, 2, body=None, headline="KILL", status=Status.CANCELED, ed_note="Wrong name")
    found = chain.as_it_was([story("a", 1, 0, body="old"), story("a", 2, 1, body="new"), kill])
    assert (found.headline, found.body, found.version, found.status, found.ed_note) == (
        None,
        "new",
        "3",
        Status.CANCELED,
        "Wrong name",
    )
    assert found.revision == kill.revision
    assert chain.as_it_was([kill]) == kill
