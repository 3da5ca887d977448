"""The release worker: publishes held stories when their embargo ends, with the rules of that time.

It reads ``wire.held`` whole at its start and follows it, without a consumer group. What is due goes through the rest
of the flow; its alerts are confirmed, then the story, then a null takes it off the topic. A crash in between repeats,
with the same ids. A story that ends its process is found by the notes of ``held_notes.py`` and becomes a dead letter.
A second release worker does the same again and harms nothing: it is a spare, not a share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline import metrics
from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.connect import worker_settings
from pipeline.adapters.kafka.connections import steady
from pipeline.adapters.kafka.follow import from_beginning
from pipeline.adapters.kafka.outage import Outage
from pipeline.adapters.kafka.records import Message, Record
from pipeline.adapters.kafka.send import Sender
from pipeline.config import Kafka
from pipeline.core.embargo import Book, Lifted
from pipeline.core.flow import RELEASE, Desk, dead_letter, held_payload, release
from pipeline.core.story import Story
from pipeline.runners.desk import count
from pipeline.runners.ends import blame
from pipeline.runners.held_notes import HeldNotes
from pipeline.runners.serve import say

WORKER = "release"

TICK = 0.1
"""Seconds between two looks at what is due."""

PAUSE = 2.0
"""Seconds until the next attempt to reach Kafka."""


class ReleaseWorker:
    """Follows ``wire.held``, which has so many partitions, until ``stop``; ``alive`` is called while it does."""

    def __init__(
        self,
        desk: Desk,
        kafka: Kafka,
        partitions: int,
        sender: Sender,
        now: Callable[[], datetime],
        *,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self.desk = desk
        self.kafka = kafka
        self.partitions = partitions
        self.sender = sender
        self.now = now
        self.alive = alive
        self.book = Book()
        self.ready = False
        self.notes = HeldNotes(TopicPartition(topics.full_name(kafka, topics.HELD), 0))
        self._outage = Outage(kafka, WORKER, "Kafka cannot be read")
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after what is being released."""
        self._stopping.set()

    async def run(self) -> None:
        """Read and release until ``stop``; a broker that goes away is waited for."""
        while not self._stopping.is_set():
            consumer = steady(
                AIOKafkaConsumer(
                    **worker_settings(self.kafka),
                    group_id=f"{self.kafka.prefix}wirewatch-{WORKER}",
                    auto_offset_reset="earliest",
                    enable_auto_commit=False,
                )
            )
            try:
                await consumer.start()
                await self.sender.connect()
                await self._follow(consumer)
            except (KafkaError, OSError) as error:
                self.ready = False
                await self._outage.tell(error)
                await asyncio.sleep(PAUSE)
            finally:
                with suppress(asyncio.CancelledError):  # aiokafka 0.14 awaits a task of its own that it has cancelled
                    await consumer.stop()
        await self.sender.close()

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        self.book = Book()
        name = topics.full_name(self.kafka, topics.HELD)
        places = [TopicPartition(name, number) for number in range(self.partitions)]
        ends = await from_beginning(consumer, places)
        await self.notes.begin(consumer)
        self._outage.over()
        while not self._stopping.is_set():
            self.alive()
            for batch in (await consumer.getmany(timeout_ms=int(TICK * 1000))).values():
                for record in batch:
                    self.take(record)
            if not self.ready:  # what is held must be known whole: a later record may lift an earlier one
                self.ready = all([await consumer.position(place) >= ends[place] for place in places])
                if not self.ready:
                    continue
                say(f"release follows {len(self.book)} held stories")
            await self.release_due()

    def take(self, record: Record) -> None:
        """Enter one record of ``wire.held`` into the book."""
        if record.value is None:
            held = records.held_of(bytes(record.key or b""))
            if held is not None:
                self.book.forget(*held)
            return
        entry = records.embargo_of(record)
        if isinstance(entry, Lifted):
            self.book.lift(entry)
        elif entry is not None:
            self.book.hold(entry)

    async def release_due(self) -> None:
        """Publish what is due, each step confirmed before the next."""
        due, overtaken = self.book.due(self.now())
        await self._send([records.held_null(story) for story in overtaken])
        if not due:
            return
        async for part in self.notes.parts(due):
            if part.ends:
                await self._bury(part.stories, part.ends)
            else:
                await self._release(part.stories)

    async def _release(self, due: Sequence[Story]) -> None:
        first: list[Message] = []
        then: list[Message] = []
        for story in due:
            outcome = release(self.desk, story)
            first += [message for alert in outcome.alerts for message in records.alert_messages(alert)]
            then += [records.story_message(done) for done in outcome.stories]
            then += [records.dead_message(letter, topics.limit(self.kafka, topics.DEAD)) for letter in outcome.dead]
            count(WORKER, outcome)
        for messages in (first, then, [records.held_null(story) for story in due]):
            await self._send(messages)
        for story in due:
            metrics.RELEASED.labels(WORKER).observe(_late(story, self.now()))

    async def _bury(self, culprits: Sequence[Story], ends: int) -> None:
        """Make dead letters of stories that have ended so many processes; they are not looked into."""
        for story in culprits:
            say(
                f"the held story {story.uri} has ended {ends} processes: it becomes a dead letter, and the others go on"
            )
            letter = dead_letter(self.desk, held_payload(story), RELEASE, blame(ends))
            letter = msgspec.structs.replace(letter, attempts=ends)
            metrics.DEAD.labels(WORKER, RELEASE).inc()
            await self._send([records.dead_message(letter, topics.limit(self.kafka, topics.DEAD))])
            await self._send([records.held_null(story)])

    async def _send(self, messages: Sequence[Message]) -> None:
        for refused in await self.sender.send(messages) if messages else ():
            say(f"not released whole: {refused.reason}")


def _late(story: Story, now: datetime) -> float:
    return (now - story.embargoed_until).total_seconds() if story.embargoed_until else 0.0
