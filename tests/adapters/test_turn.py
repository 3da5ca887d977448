"""One member of the group has all partitions, whoever is asked to deal them out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.kafka.turn import OneHasAll


class Cluster:
    """A topic of three partitions."""

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {2, 0, 1} if topic == "wire.held" else None


@given(st.permutations(["one", "two", "three"]), st.integers(1, 3))
def test_one_member_has_all_partitions_whatever_the_order_of_the_members(names: list[str], count: int) -> None:
    cluster: Any = Cluster()
    members = {name: OneHasAll.metadata(["wire.held"]) for name in names[:count]}
    dealt = {name: assignment.partitions() for name, assignment in OneHasAll.assign(cluster, members).items()}
    assert dealt.keys() == members.keys()
    assert [place.partition for place in dealt.pop(min(members))] == [0, 1, 2]
    assert not any(dealt.values())
