"""The control: the same interface as the Faust runner on plain aiokafka, to compare speed and guarantee with."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from pipeline.adapters.kafka.connect import worker_settings
from pipeline.config import Kafka
from pipeline.runners.faust_batches import GRACE, Effect, fail


class _Settle(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Lets a running effect end before its partitions go."""

    def __init__(self) -> None:
        self.running: asyncio.Task[None] | None = None

    async def on_partitions_revoked(self, _revoked: object) -> None:
        """Wait for the effect, or end it."""
        if self.running is not None:
            await asyncio.wait([self.running], timeout=GRACE)
            self.running.cancel()
            await asyncio.wait([self.running], timeout=1)

    async def on_partitions_assigned(self, _assigned: object) -> None:
        """Begin."""


async def run(kafka: Kafka, name: str, topics: list[str], effect: Effect) -> None:
    """Read whole fetches, run the effect, commit; until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    settle = _Settle()
    consumer = AIOKafkaConsumer(
        **worker_settings(kafka),
        group_id=f"{kafka.prefix}wirewatch-{name}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=kafka.fetch_records,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
    )
    consumer.subscribe(topics, listener=settle)
    await consumer.start()
    try:
        while not stopped.is_set():
            records = await consumer.getmany(timeout_ms=200)
            if records:
                await _one(consumer, settle, records, effect)
    finally:
        await consumer.stop()


async def _one(
    consumer: AIOKafkaConsumer, settle: _Settle, records: dict[TopicPartition, list[object]], effect: Effect
) -> None:
    settle.running = task = asyncio.ensure_future(effect(records))
    await asyncio.wait([task])
    settle.running = None
    if task.cancelled():
        for partition in records:  # its partitions may come back: read them again
            if partition in consumer.assignment():
                await consumer.seek_to_committed(partition)
        return
    error = task.exception()
    if error is not None:
        fail(error)
    offsets = {partition: batch[-1].offset + 1 for partition, batch in records.items()}  # type: ignore[attr-defined]
    with contextlib.suppress(CommitFailedError, IllegalStateError):  # moved on to another worker, which repeats them
        await consumer.commit({p: offset for p, offset in offsets.items() if p in consumer.assignment()})
