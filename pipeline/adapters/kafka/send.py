"""Confirmed writes of a worker: batches through one idempotent aiokafka producer, each one awaited."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Collection, Sequence
from functools import lru_cache

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from pipeline.adapters.kafka.connect import worker_settings
from pipeline.adapters.kafka.connections import steady
from pipeline.adapters.kafka.outage import Outage
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.topics import full_name, limit
from pipeline.config import Kafka

BATCH_BYTES = 256 * 1024
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0

PATIENCE, ANEW = 5.0, 6
"""Seconds without a confirmation that are an outage, and after how many of them the messages are sent anew.

A broker that can be read and not written to (too few replicas, a disk that is full) is asked again for ever by an
idempotent producer, and nobody is told.
"""

HEADERS = 4
"""A value of less than this part of the limit leaves room for its headers, which say again what it says."""


class Refused(msgspec.Struct, frozen=True):
    """A message that Kafka will never take, and why."""

    message: Message
    reason: str


class _Batch(msgspec.Struct):
    """Messages of one partition that go together, and the future of their confirmation."""

    builder: BatchBuilder
    messages: list[Message]
    future: asyncio.Future[object] | None = None


class Sender:
    """Writes messages and returns when each is confirmed by all replicas, or refused for good.

    A broker that is away is waited for, however long: the caller ends the wait by cancelling. Messages of one key
    keep their order.
    """

    def __init__(self, kafka: Kafka, worker: str) -> None:
        self.kafka = kafka
        self._outage = Outage(kafka, worker, "Kafka takes no messages")
        self._producer: AIOKafkaProducer | None = None

    async def send(self, messages: Sequence[Message]) -> list[Refused]:
        """Write ``messages`` and return those that cannot be written, whatever is tried."""
        refused = []
        waiting = []
        limits = {topic: limit(self.kafka, topic) for topic in {message.topic for message in messages}}
        for message in messages:
            most = limits[message.topic]
            if len(message.value or b"") > most // HEADERS and message.size > most:
                refused.append(Refused(message, f"{message.size} bytes are too many for {message.topic} ({most})"))
            else:
                waiting.append(message)
        pause, single = FIRST_PAUSE, False
        while waiting:
            try:
                waiting, found, error = await self._attempt(waiting, single=single)
            except (KafkaError, OSError) as failure:
                found, error = [], failure
            refused += found
            single = bool(waiting)  # one by one, to find the message that is refused
            if error is not None:
                await self._outage.tell(error)
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  jitter
                pause, single = min(2 * pause, LONGEST_PAUSE), False
            if error is not None or found or waiting:
                await self.close()  # an idempotent producer stays broken after a refused batch
        self._outage.over()
        return refused

    async def connect(self, names: Sequence[str] = ()) -> None:
        """Connect now, and learn of these topics, so that the first messages need not wait for it.

        Raises KafkaError or OSError.
        """
        producer = await self._connected()
        for topic in names:
            await self._partitions(producer, topic)

    async def close(self) -> None:
        """End the connection; the next message makes a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _attempt(
        self, messages: list[Message], *, single: bool
    ) -> tuple[list[Message], list[Refused], BaseException | None]:
        """Send once; return what is to be sent again, what is refused, and the error if it was not a refusal."""
        producer = await self._connected()
        batches = await self._submit(producer, messages, single=single)
        await self._confirmed(producer, [batch.future for batch in batches if batch.future])
        again: list[Message] = []
        refused: list[Refused] = []
        failure: BaseException | None = None
        for batch in batches:
            error = batch.future.exception() if batch.future else None
            if isinstance(error, TOO_LARGE) and len(batch.messages) == 1:
                message = batch.messages[0]
                refused.append(Refused(message, f"{message.topic} takes no message of {message.size} bytes"))
            elif error is not None:
                again += batch.messages
                failure = failure if isinstance(error, TOO_LARGE) else error
        return again, refused, failure

    async def _confirmed(self, producer: AIOKafkaProducer, pending: Collection[asyncio.Future[object]]) -> None:
        """Return when each batch is confirmed or has failed; what waits for too long fails."""
        late = TimeoutError(f"no confirmation in {PATIENCE:.0f} s")
        for rounds in itertools.count(1):
            _, pending = await asyncio.wait(pending, timeout=PATIENCE)
            if not pending:
                return
            await self._outage.tell(late)
            if rounds >= ANEW:
                producer._message_accumulator.fail_all(late)  # noqa: SLF001  to stop it would wait for them, too

    async def _submit(self, producer: AIOKafkaProducer, messages: list[Message], *, single: bool) -> list[_Batch]:
        """Hand the messages over in batches, each of one partition, as large as the producer has them or ``single``."""
        counts = {topic: len(await self._partitions(producer, topic)) for topic in {m.topic for m in messages}}
        open_: dict[tuple[str, int], _Batch] = {}
        full: list[tuple[tuple[str, int], _Batch]] = []
        for message in messages:
            place = message.topic, _partition(message.key, counts[message.topic])
            batch = open_.get(place)
            if batch is not None and (single or not _append(batch, message)):
                full.append((place, batch))
                batch = None
            if batch is None:
                batch = open_[place] = _Batch(producer.create_batch(), [])
                _append(batch, message)
        submitted = []
        for (topic, partition), batch in (*full, *open_.items()):
            batch.builder.close()
            batch.future = await producer.send_batch(batch.builder, full_name(self.kafka, topic), partition=partition)
            submitted.append(batch)
        return submitted

    async def _partitions(self, producer: AIOKafkaProducer, topic: str) -> set[int]:
        found: set[int] = await producer.partitions_for(full_name(self.kafka, topic))
        return found

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = steady(
                AIOKafkaProducer(
                    **worker_settings(self.kafka),
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=BATCH_BYTES,
                    max_request_size=4 * self.kafka.max_message_bytes,
                )
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer


def _append(batch: _Batch, message: Message) -> bool:
    added = batch.builder.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers))
    if added is not None:
        batch.messages.append(message)
    return added is not None


@lru_cache(maxsize=8192)
def _partition(key: bytes, count: int) -> int:
    """Return the partition that Kafka's own producers choose for ``key``."""
    return int(murmur2(key) & 0x7FFFFFFF) % count
