"""One member of a group at a time: how a topic that must be read whole is read by one worker, with others in reserve.

The partitions of such a topic cannot be shared: records that belong together lie in several of them. So Kafka's group
is asked who reads, and the one it deals the partitions out to gets all. The commits of whoever had the turn before
are refused, as those of any member of an earlier generation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

VERSION = 0
"""Of the consumer protocol."""


class OneHasAll(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """Deals all partitions out to the first of the members, by their names."""

    name = "one-has-all"

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Return what each member gets."""
        first = min(members)
        topics = sorted(members[first].subscription)
        all_ = [(topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in topics]
        return {
            member: ConsumerProtocolMemberAssignment(VERSION, all_ if member == first else [], b"")
            for member in members
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Return what a member says of itself when it joins."""
        return ConsumerProtocolMemberMetadata(VERSION, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Learn nothing: the next assignment does not depend on this one."""
