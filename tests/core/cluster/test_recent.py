"""The memory of recent stories against all pairs."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.cluster import SHARED, Recent, bands, within
from pipeline.core.story import Story
from tests.core.cluster.made import FERRY, MARKET, MARKET_NEXT_DAY, sent

STORIES = st.builds(
    sent,
    st.sampled_from(["alder", "birch", "cedar"]),
    st.sampled_from([FERRY, FERRY[:200], MARKET, MARKET_NEXT_DAY, "A flash"]),
    st.sampled_from([0, 1, 40, 80]),
)


def oracle(stories: list[Story], story: Story) -> set[str]:
    found = set(bands(story.fingerprint))
    return {
        other.id
        for other in stories
        if other.provider != story.provider
        and within(story, other)
        and len(found & set(bands(other.fingerprint))) >= SHARED
    }


@settings(max_examples=80, deadline=None)
@given(st.lists(STORIES, max_size=12), STORIES, st.integers(1, 12))
def test_it_proposes_what_all_pairs_do(stories: list[Story], story: Story, size: int) -> None:
    recent = Recent(size)
    newest: dict[str, Story] = {}
    for one in stories:
        recent.add(one)
        newest.pop(one.id, None)
        newest[one.id] = one
    kept = list(newest.values())[-size:]
    assert {other.id for other in recent.candidates(story)} == oracle(kept, story)
