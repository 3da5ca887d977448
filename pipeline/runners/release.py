"""The release worker: publishes held stories when their embargo ends, with the rules of that time.

It reads ``wire.held`` whole and follows it. What is due goes through the rest of the flow; its alerts are confirmed,
then the story, then a null takes it off the topic. A crash in between repeats, with the same ids. A story that ends
its process is found by the notes of ``held_notes.py`` and becomes a dead letter.

Of several release workers one has the turn, by their group; the others stand by. What lifts a held story has another
key than the story, so the partitions cannot be shared. A turn begins with reading the topic from its beginning.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from pipeline import metrics
from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.connect import worker_settings
from pipeline.adapters.kafka.connections import steady
from pipeline.adapters.kafka.letters import Letters
from pipeline.adapters.kafka.outage import Outage
from pipeline.adapters.kafka.records import Message, Record
from pipeline.adapters.kafka.send import Refused, Sender
from pipeline.adapters.kafka.turn import OneHasAll
from pipeline.config import Kafka
from pipeline.core.embargo import Book, Lifted
from pipeline.core.flow import RELEASE, Desk, dead_letter, held_payload, release
from pipeline.core.payload import DeadLetter
from pipeline.core.story import Story
from pipeline.runners.counting import count
from pipeline.runners.ends import blame
from pipeline.runners.held_notes import HeldNotes
from pipeline.runners.liveness import Liveness
from pipeline.runners.serve import say

WORKER = "release"

TICK = 0.1
"""Seconds between two looks at what is due."""

PAUSE = 2.0
"""Seconds until the next attempt to reach Kafka."""


GRACE = 5.0
"""Seconds that what is being released has to end in when the turn may go to another worker."""

MOVED = (CommitFailedError, IllegalStateError)
"""The turn is another worker's by now, which repeats."""


class ReleaseWorker(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Has the turn, or stands by, until ``stop``; ``instance`` is its name among the release workers."""

    def __init__(
        self,
        desk: Desk,
        kafka: Kafka,
        sender: Sender,
        now: Callable[[], datetime],
        *,
        liveness: Liveness,
        instance: str | None = None,
    ) -> None:
        self.desk = desk
        self.kafka = kafka
        self.sender = sender
        self.now = now
        self.liveness = liveness
        self.instance = instance
        self.book = Book()
        self.ready = False
        name = topics.full_name(kafka, topics.HELD)
        self._letters = Letters(kafka, sender.send)
        self.notes = HeldNotes(TopicPartition(name, 0))
        self._name = name
        self._dealt: list[TopicPartition] | None = None
        """What the next turn is to read, where one is to begin."""
        self._ends: Mapping[TopicPartition, int] = {}
        """What this turn reads, and where each partition ended when it began; empty while it is another's."""
        self._releasing = asyncio.Lock()
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
                    group_instance_id=self.instance,
                    partition_assignment_strategy=[OneHasAll],
                    auto_offset_reset="earliest",
                    enable_auto_commit=False,
                    session_timeout_ms=10_000,
                    heartbeat_interval_ms=2_000,
                )
            )
            consumer.subscribe([self._name], listener=self)
            try:
                await consumer.start()
                await self.sender.connect()
                await self._follow(consumer)
            except (KafkaError, OSError) as error:
                self._ends, self._dealt = {}, None
                self.liveness.partitions = None
                await self._outage.tell(error)
                await asyncio.sleep(PAUSE)
            finally:
                with suppress(asyncio.CancelledError):  # aiokafka 0.14 awaits a task of its own that it has cancelled
                    await consumer.stop()
        await self.sender.close()

    async def on_partitions_revoked(self, _revoked: object) -> None:
        """Let what is being released end."""
        self.liveness.partitions = None
        self._dealt = None
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE), self._releasing:
                pass
        self._ends = {}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin a turn, or stand by."""
        self._dealt = sorted(assigned)
        self.liveness.partitions = len(self._dealt)
        if not self._dealt:
            say("release stands by: another worker has the turn")

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while not self._stopping.is_set():
            self.liveness.note(0, 0)
            batches = await consumer.getmany(timeout_ms=int(TICK * 1000))
            async with self._releasing:
                with suppress(*MOVED):
                    await self._turn(consumer, batches)

    async def _turn(self, consumer: AIOKafkaConsumer, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        if self._dealt is not None:
            dealt, self._dealt = self._dealt, None
            self.book, self.ready = Book(), False
            self._ends = await consumer.end_offsets(dealt) if dealt else {}
            if self._ends:
                await self.notes.begin(consumer)
            self._outage.over()
        for batch in batches.values():
            for record in batch:
                self.take(record)
        if not self._ends:
            return
        if not self.ready:  # what is held must be known whole: a later record may lift an earlier one
            self.ready = all([await consumer.position(place) >= end for place, end in self._ends.items()])
            if not self.ready:
                return
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
        dead: list[DeadLetter] = []
        behind: dict[int, Story] = {}
        gone: list[Story] = []
        outcomes = [release(self.desk, story) for story in due]
        for story, outcome in zip(due, outcomes, strict=True):
            if outcome.held:  # the clock was set back meanwhile: its time is yet to come
                self.book.hold(story)
                continue
            gone.append(story)
            alerts = [message for alert in outcome.alerts for message in records.alert_messages(alert)]
            done = [records.story_message(released) for released in outcome.stories]
            behind |= {id(message): story for message in (*alerts, *done)}
            first += alerts
            then += done
            dead += outcome.dead
        count(WORKER, outcomes)
        for messages in (first, then):
            dead += self._unsent(await self._send(messages), behind)
        await self._letters.send(dead)
        await self._send([records.held_null(story) for story in gone])
        for story in gone:
            metrics.RELEASED.labels(WORKER).observe(_late(story, self.now()))

    def _unsent(self, refused: Sequence[Refused], behind: Mapping[int, Story]) -> list[DeadLetter]:
        """Return a dead letter for each story of which Kafka will not take everything."""
        letters: dict[str, DeadLetter] = {}
        for refusal in refused:
            letter = dead_letter(self.desk, held_payload(behind[id(refusal.message)]), RELEASE, refusal.reason)
            letters[letter.id] = letter
        metrics.DEAD.labels(WORKER, RELEASE).inc(len(letters))
        return list(letters.values())

    async def _bury(self, culprits: Sequence[Story], ends: int) -> None:
        """Make dead letters of stories that have ended so many processes; they are not looked into."""
        for story in culprits:
            say(
                f"the held story {story.uri} has ended {ends} processes: it becomes a dead letter, and the others go on"
            )
            letter = dead_letter(self.desk, held_payload(story), RELEASE, blame(ends))
            letter = msgspec.structs.replace(letter, attempts=ends)
            metrics.DEAD.labels(WORKER, RELEASE).inc()
            await self._letters.send([letter])
            await self._send([records.held_null(story)])

    async def _send(self, messages: Sequence[Message]) -> list[Refused]:
        return await self.sender.send(messages) if messages else []


def _late(story: Story, now: datetime) -> float:
    return (now - story.embargoed_until).total_seconds() if story.embargoed_until else 0.0
