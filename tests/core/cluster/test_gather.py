"""Which cluster a story belongs to, and that it stays there."""

from __future__ import annotations

from itertools import permutations

import msgspec

from pipeline.core.cluster import WINDOW, cluster_of, gathered
from pipeline.core.story import Status, Story
from tests.core.cluster.made import FERRY, MARKET, NOON, sent

FIRST = sent("alder", FERRY)
SECOND = sent("birch", FERRY, 1, cluster=FIRST.id)
THIRD = sent("cedar", FERRY[:300], 2)


def test_a_copy_joins_the_cluster_of_the_first_arrival() -> None:
    assert cluster_of(SECOND, None, [FIRST]) == FIRST.id
    assert cluster_of(THIRD, None, [SECOND]) == FIRST.id, "by way of another copy"


def test_the_order_of_candidates_does_not_matter() -> None:
    other = sent("dogwood", f"{FERRY} More follows.", 3)
    found = {cluster_of(THIRD, None, order) for order in permutations([FIRST, other, sent("elm", MARKET)])}
    assert found == {FIRST.id}


def test_what_is_not_a_copy_is_alone() -> None:
    killed = msgspec.structs.replace(FIRST, status=Status.CANCELED)
    later = sent("birch", FERRY, WINDOW.total_seconds() / 3600 + 1)
    own = sent("alder", FERRY, 1)
    undated = msgspec.structs.replace(SECOND, version_created=None)
    for story, candidate in (
        (SECOND, killed),
        (later, FIRST),
        (own, FIRST),
        (undated, FIRST),
        (SECOND, sent("elm", MARKET)),
    ):
        assert cluster_of(msgspec.structs.replace(story, cluster=None), None, [candidate]) is None


def test_a_correction_is_no_duplicate_of_its_story() -> None:
    correction = msgspec.structs.replace(FIRST, version="2", signal="correction")
    assert cluster_of(correction, FIRST, [FIRST]) is None


def test_a_story_that_comes_again_stays_where_it_is() -> None:
    again = msgspec.structs.replace(SECOND, cluster=None)
    assert cluster_of(again, SECOND, []) == FIRST.id
    assert cluster_of(FIRST, FIRST, [SECOND]) is None, "the first of a cluster does not join it"


def test_a_text_that_became_another_leaves() -> None:
    rewritten = sent("birch", MARKET, 1, version="2")
    assert cluster_of(rewritten, SECOND, [FIRST]) is None


def test_a_kill_stays_where_its_story_was() -> None:
    kill = msgspec.structs.replace(SECOND, status=Status.CANCELED, body=None, fingerprint=None, cluster=None)
    assert cluster_of(kill, SECOND, []) == FIRST.id


def test_a_cluster_names_its_first_and_its_fullest_copy() -> None:
    known = gathered([THIRD, SECOND, FIRST])
    assert known is not None
    assert (known.first, known.fullest) == (FIRST, FIRST), "of equal ones the earlier"
    assert known.others(SECOND) == ("alder", "cedar")
    longer = sent("elm", f"{FERRY} The storm goes on.", 5)
    known = gathered([FIRST, longer])
    assert known is not None
    assert (known.first, known.fullest) == (FIRST, longer)


def test_a_story_that_was_revised_is_as_old_as_its_first_revision() -> None:
    revised = sent("dogwood", FERRY, 6, first_created=NOON.replace(hour=9))
    known = gathered([FIRST, revised])
    assert known is not None
    assert known.first == revised


def test_one_usable_copy_is_no_cluster() -> None:
    killed: Story = msgspec.structs.replace(SECOND, status=Status.CANCELED)
    assert gathered([FIRST, killed, FIRST]) is None
