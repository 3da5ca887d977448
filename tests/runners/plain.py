"""The control: the interface of the Faust runner on plain aiokafka, to compare speed and guarantee with.

Its own are reading, acknowledging and rebalances. The search for a message that ends its process is that of
``ends.py`` and ``notes.py``, which it keeps through its consumer as the Faust runner does through that of Faust.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from time import process_time
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from pipeline.adapters.kafka.connect import worker_settings
from pipeline.config import Config
from pipeline.runners.ends import Part
from pipeline.runners.faust_batches import FIRST, GRACE, Bury, Effect
from pipeline.runners.faust_reads import Records
from pipeline.runners.liveness import Liveness
from pipeline.runners.notes import Notes
from pipeline.runners.serve import fail, say

MOVED = (CommitFailedError, IllegalStateError)
"""The partitions belong to another worker by now, which repeats."""


async def complete(effect: Effect, records: Records) -> None:
    """Run an effect to its end, and nothing beside it."""
    rest = await effect(records)
    if rest is not None:
        await rest()


class App(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Reads whole fetches, runs the effect, commits; started and stopped as an app of Faust is."""

    log = logging.getLogger(__name__)

    def __init__(
        self, config: Config, name: str, effect: Effect, *, bury: Bury | None, liveness: Liveness, work: float | None
    ) -> None:
        self.kafka = config.kafka
        self.name = name
        self.effect = effect
        self.bury = bury
        self.liveness = liveness
        self.work = work
        self.consumer: Any = None
        self._topics: list[str] = []
        self._settings: dict[str, Any] = {}
        self._most = config.kafka.fetch_records if work is None else FIRST
        self._notes = Notes(self)
        self._thread = self
        self._running: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._between = asyncio.Lock()
        """Held while a fetch is read and worked on, and while partitions are dealt out."""
        self._dealing = self._stopping = False

    def reads(self, topics: Iterable[str], **settings: Any) -> App:
        """Say what is read, and with which further settings of the consumer."""
        self._topics = list(topics)
        self._settings = settings
        return self

    async def start(self) -> None:
        """Join the group and begin to read."""
        self.consumer = AIOKafkaConsumer(
            **worker_settings(self.kafka),
            group_id=f"{self.kafka.prefix}wirewatch-{self.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            **self._settings,
        )
        self.consumer.subscribe(self._topics, listener=self)
        await self.consumer.start()
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """Give a running effect its grace, commit, and leave the group."""
        self._stopping = True
        if self._reading is not None:
            await self._settle(self._reading)
            self._reading.cancel()  # it may wait for partitions
        if self.consumer is not None:
            with contextlib.suppress(asyncio.CancelledError):  # aiokafka 0.14 awaits a task that it has cancelled
                await self.consumer.stop()

    async def on_partitions_revoked(self, _revoked: object) -> None:
        """Settle what is worked on, and read nothing until partitions are dealt out."""
        self.liveness.partitions = None
        self._dealing = True
        held = asyncio.ensure_future(self._between.acquire())
        await self._settle(held)
        await held
        self._notes.clear()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Read."""
        self._dealing = False
        self._notes.clear()
        if self.work is not None:
            self._most = FIRST
        self._between.release()
        self.liveness.partitions = len(assigned)
        say(f"{self.name} reads {len(assigned)} partitions")

    async def _settle(self, settled: asyncio.Future[Any]) -> None:
        """Wait for what ends when the running effect has; after GRACE seconds, end the effect."""
        await asyncio.wait([settled], timeout=GRACE)
        if self._running is not None:
            self._running.cancel()
        await asyncio.wait([settled], timeout=1)

    async def _read(self) -> None:
        while not self._stopping:
            async with self._between:
                try:
                    records = await self.consumer.getmany(timeout_ms=100, max_records=self._most)
                    if records:
                        await self._take(records)
                except MOVED:
                    continue
                except KafkaError as error:
                    fail(error)

    async def _take(self, records: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        used = process_time()
        if self.bury is not None:
            await self._notes.read(records, self._still)
        for part in self._notes.book.parts(records):
            if not (await self._notes.make(part.notes, self._still) and await self._work(part)):
                return
        if self.work is not None:
            cost = (process_time() - used) / sum(map(len, records.values()))
            wanted = max(1, min(self.kafka.fetch_records, int(self.work / max(cost, 1e-9))))
            self._most = -(-(3 * self._most + wanted) // 4)

    async def _work(self, part: Part) -> bool:
        """Take one part of a fetch; False where it is to be read again."""
        self._running = task = asyncio.ensure_future(self._effect(part))
        await asyncio.wait([task])
        self._running = None
        if task.cancelled():
            await self._notes.take_back()
            return False
        error = task.exception()
        if error is not None:
            fail(error)
        self._notes.forget(part.records)
        await self.consumer.commit({partition: batch[-1].offset + 1 for partition, batch in part.records.items()})
        return True

    async def _effect(self, part: Part) -> None:
        if not part.culprit or self.bury is None:
            await complete(self.effect, part.records)
            return
        for partition, (record,) in part.records.items():
            await self.bury(record, self._notes.book.count(partition))

    def _still(self) -> bool:
        return not (self._dealing or self._stopping)

    def _ensure_consumer(self) -> Any:
        return self.consumer

    async def call_thread(self, call: Callable[[], Any]) -> Any:
        """Call something of the client, which lives in our own thread."""
        return await call()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def make_app(
    config: Config,
    name: str,
    topics: Iterable[str],
    effect: Effect,
    *,
    instance: str | None = None,
    liveness: Liveness | None = None,
    work: float | None = None,
    bury: Bury | None = None,
) -> App:
    """Return what ``faust_batches.make_app`` returns, without Faust."""
    app = App(config, name, effect, bury=bury, liveness=liveness or Liveness(name), work=work)
    return app.reads(topics, group_instance_id=instance)
