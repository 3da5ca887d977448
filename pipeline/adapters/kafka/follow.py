"""A topic that a worker reads whole, without a group that deals it out, before it goes on following it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition


async def from_beginning(consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
    """Let ``consumer`` read these partitions from their beginning; return the offsets at which they end now.

    The ends are asked for first: they would wait behind a fetch of what has no end yet. Raises KafkaError.
    """
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(places)
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    return ends
