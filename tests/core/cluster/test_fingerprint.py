"""Fingerprints are the same for ever, blind to how a text is set, and shared by a copy that is cut short."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.cluster import bands, fingerprint
from pipeline.core.cluster.fingerprint import LEAD, SHORTEST
from pipeline.core.story import Status
from tests.core.cluster.made import FERRY, MARKET, sent

PINNED = "72bd3277 ecbbedf3 88309b41 217eed9f 4f59fcbc 4ec1e63e 5560bea3 2774a46e de08334c 217eed9f 71af29f5 b751b09a"
"""Databases and indices are full of fingerprints: whoever changes this must bring them up to date."""

WORDS = st.lists(
    st.sampled_from(("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "7", "12", "über", "北京大学"))
)


def test_a_fingerprint_is_the_same_in_every_process_and_release() -> None:
    assert sent("alder", FERRY).fingerprint == PINNED


def test_what_says_too_little_has_none() -> None:
    assert sent("alder", "word " * (SHORTEST - 1)).fingerprint is None
    assert sent("alder", "word " * SHORTEST).fingerprint is not None
    assert sent("alder", FERRY, status=Status.CANCELED).fingerprint is None
    assert fingerprint(msgspec.structs.replace(sent("alder", FERRY), body=None)) is None
    assert bands(None) == []


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_capitals_accents_and_spaces_do_not_count(words: list[str]) -> None:
    plain = fingerprint(sent("alder", " ".join(words)))
    assert plain == fingerprint(sent("alder", "\n\n".join(words).upper()))


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS)
def test_texts_with_the_same_lead_share_its_bands(lead: list[str], rest: list[str]) -> None:
    lead = (lead + ["filler"] * LEAD)[:LEAD]
    short, long = fingerprint(sent("alder", " ".join(lead))), fingerprint(sent("alder", " ".join(lead + rest)))
    if not any("北" in word for word in lead):  # each of its characters is a word, so that the lead is longer than it
        assert set(bands(short)) <= set(bands(long))


def test_other_texts_share_no_band() -> None:
    assert not set(bands(sent("alder", FERRY).fingerprint)) & set(bands(sent("birch", MARKET).fingerprint))


def test_a_text_without_end_costs_no_more_than_its_beginning() -> None:
    assert fingerprint(sent("alder", FERRY * 20)) == fingerprint(sent("alder", FERRY * 2000))
