"""The rules of a worker kept up to date: the topic ``rules``, read whole before the first story, and followed.

Without a consumer group, for every worker needs every record. A rule that fails on a story is out, and a record of the
topic says so: it is out on every worker, and after a restart, until somebody changes it.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline import metrics
from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.connect import worker_settings
from pipeline.adapters.kafka.connections import steady
from pipeline.adapters.kafka.outage import Outage
from pipeline.adapters.kafka.rules import change_of, failure_message
from pipeline.adapters.kafka.send import Sender
from pipeline.config import Kafka
from pipeline.core.rules.book import RuleBook
from pipeline.runners.serve import say

TICK = 0.25
"""Seconds between two looks at what has failed and at the day."""

SLICE = 100
"""Rules made ready at a time; then stories get their turn."""

PAUSE = 2.0
"""Seconds until the next attempt to reach Kafka."""


class FollowedRules:
    """Keeps ``book`` up to date from the topic, which has so many partitions, for ``worker``."""

    def __init__(self, book: RuleBook, kafka: Kafka, partitions: int, worker: str, now: Callable[[], datetime]) -> None:
        self.book, self.kafka, self.worker = book, kafka, worker
        self._now = now
        name = topics.full_name(kafka, topics.RULES)
        self._places = [TopicPartition(name, number) for number in range(partitions)]
        self._sender = Sender(kafka, worker)
        self._outage = Outage(kafka, worker, "the topic rules cannot be read")
        self._whole = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Return when the topic has been read whole, and go on following it; raises what ended that."""
        self._task = asyncio.create_task(self._run())
        whole = asyncio.create_task(self._whole.wait())
        try:
            await asyncio.wait([self._task, whole], return_when=asyncio.FIRST_COMPLETED)
        finally:
            whole.cancel()
        if self._task.done():
            self._task.result()
        self._task.add_done_callback(_ended)

    async def close(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._sender.close()

    async def _run(self) -> None:
        """Follow for ever; a broker that goes away is waited for, and the topic then read whole again."""
        while True:
            consumer = steady(
                AIOKafkaConsumer(
                    **worker_settings(self.kafka),
                    auto_offset_reset="earliest",
                    enable_auto_commit=False,
                    isolation_level="read_committed",
                )
            )
            try:
                await consumer.start()
                await self._follow(consumer)
            except (KafkaError, OSError) as error:
                await self._outage.tell(error)
                await asyncio.sleep(PAUSE)
            finally:
                with suppress(asyncio.CancelledError):  # aiokafka 0.14 awaits a task of its own that it has cancelled
                    await consumer.stop()

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        ends = await consumer.end_offsets(self._places)  # first: it would wait behind a fetch of what has no end yet
        consumer.assign(self._places)
        await consumer.seek_to_beginning(*self._places)
        self._outage.over()
        whole = False
        changes: dict[str, bytes | None] = {}
        while True:
            if not whole and all([await consumer.position(place) >= ends[place] for place in self._places]):
                whole = True
                self.book.replace((key, value) for key, value in changes.items() if value is not None)
                changes.clear()
                await self._settle()
            for batch in (await consumer.getmany(timeout_ms=int(TICK * 1000))).values():
                for key, value in map(change_of, batch):
                    changes.pop(key, None)  # the order is that of the last record
                    changes[key] = value
            if whole:
                self.book.take(changes.items())
                changes.clear()
                await self._settle()

    async def _settle(self) -> None:
        """Bring the rules up to date, a slice at a time, and tell the others what has failed."""
        self.book.turn(self._now().date())
        more = True
        while more:
            more = self.book.settle(SLICE)
            await asyncio.sleep(0)
        metrics.RULES.labels(self.worker).set(len(self.book.rules))
        metrics.RULES_REFUSED.labels(self.worker).set(len(self.book.problems))
        if not self._whole.is_set():
            say(f"{self.worker} has {len(self.book.rules)} rules in force")
            self._whole.set()
        if self.book.unwritten:
            failed = list(self.book.unwritten)
            for refused in await self._sender.send([failure_message(change) for change in failed]):
                say(f"{refused.message.key.decode()}: {refused.reason}")
            del self.book.unwritten[: len(failed)]


def _ended(task: asyncio.Task[None]) -> None:
    """End the process where following has failed: it would go on with rules of the past. Its supervisor restarts it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        say("the worker ends, for it cannot follow its rules\n" + "".join(traceback.format_exception(error)))
        os._exit(1)
