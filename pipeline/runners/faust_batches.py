"""Faust, with whole fetches: an app whose one agent gets what a fetch brought as one event, and acknowledges it whole.

Stock Faust 0.15.3 makes two tasks for every message and commits past messages whose effects failed
(docs/streaming.md tells what was found by running it). Faust keeps membership, assignment and lifecycle here; reading
and the book of offsets are this module's own:

- one fetch is in flight at a time, so that batches grow with the load;
- ``effect(records)`` returns when everything it does for these records is confirmed; only then are they acknowledged;
- an effect that fails transiently retries by itself; one that raises ends the process without an acknowledgement;
- a revocation or a stop gives a running effect GRACE seconds, then cancels it: its records are read again;
- a message that ends its process again and again is found by the notes of ``ends.py`` and buried.

What is relied on in Faust, and what is worked around, is pinned by tests/runners/test_faust_pins.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter, process_time
from typing import Any, ClassVar

import faust
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from msgspec.structs import replace
from yarl import URL

from pipeline import metrics
from pipeline.adapters.kafka.connect import faust_credentials
from pipeline.adapters.kafka.outage import Outage
from pipeline.config import Config
from pipeline.runners.ends import Part
from pipeline.runners.faust_parts import BatchSchema, Forgetful, NoTables
from pipeline.runners.faust_watch import WatchedConsumer
from pipeline.runners.liveness import Liveness
from pipeline.runners.notes import Notes
from pipeline.runners.serve import fail, say
from pipeline.runners.slices import slices

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]
"""What one fetch brought: for each partition its records, in the order of their offsets."""

Effect = Callable[[Records], Awaitable[None]]

Bury = Callable[[ConsumerRecord, int], Awaitable[None]]
"""Makes a dead letter of a record that has ended so many processes, confirmed; it must not look into the record."""

GRACE = 5.0
"""Seconds that a running effect has when its partitions are revoked or the process is to stop."""

FIRST = 20
"""Records in the first fetch of an assignment where work is bounded: what a record costs is not known yet."""

MORE = 0.005
"""Seconds in which Kafka answers with what has come since it was last asked; it waits so long where nothing has."""

LOOK = 0.5
"""Seconds between two looks whether the first effect of an assignment waits for another system."""


class BatchConsumer(WatchedConsumer):
    """Yields each fetch as one message and keeps, by partition, the offset that may be committed."""

    effect: ClassVar[Effect]
    bury: ClassVar[Bury | None]
    work: ClassVar[float | None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = Forgetful()
        self._confirmed: dict[Any, int] = {}
        self._term = 0
        """Counts assignments: what was read in one is neither done nor acknowledged in another."""
        self._reading: tuple[int, asyncio.Future[Records]] | None = None
        self._let_go: dict[Any, int] = {}
        """First offsets of what a read brought while a rebalance went on."""
        self._running: asyncio.Task[None] | None = None
        self._notes = Notes(self)
        self._free = asyncio.Event()
        self._free.set()

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, ConsumerMessage]]:  # noqa: ASYNC109  Faust's
        """Yield one message, whose value is the Records, once the previous one is done with."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        if not self._free.is_set():
            await self.wait_first(self._free.wait(), self.suspend_flow.wait(), timeout=timeout)
            if not self._free.is_set():
                return
        active = set(self._get_active_partitions())
        if not active:
            await self.sleep(0.1)
            return
        if self._let_go and not await self._take_back():
            return
        if self._reading is None:
            self._reading = self._term, asyncio.ensure_future(self._read(active, timeout))
        term, reading = self._reading
        records = await asyncio.shield(reading)  # a read whose reader is cancelled is taken up by the next one
        self._reading = None
        if not records or self.should_stop:
            return
        if not self.flow_active or term != self._term:
            for tp, batch in records.items():  # a later part of it may be of the new assignment, from further back
                first_of_all = min(record.offset for record in batch)
                self._let_go[tp] = min(first_of_all, self._let_go.get(tp, first_of_all))
            return
        first = next(iter(records))
        last = records[first][-1]
        self._free.clear()
        message = ConsumerMessage(
            first.topic, first.partition, last.offset, last.timestamp / 1000, last.timestamp_type, (), None, records,
            None, -1, -1, first, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        yield first, message

    async def _read(self, active: set[Any], timeout: float) -> Records:  # noqa: ASYNC109  Faust's
        """Read what is there; where that is a little, fetched ahead while others were worked on, also what came since.

        Kafka's client asks again only when it has handed over what it has: what is left to the next fetch waits for
        the whole of this one.
        """
        room = self._room()
        records: dict[Any, Any] = await self._getmany(active_partitions=active, timeout=timeout)
        if records and 2 * sum(map(len, records.values())) <= room and self.flow_active:
            for tp, batch in (await self._getmany(active_partitions=active, timeout=MORE)).items():
                records[tp] = [*records.get(tp, ()), *batch]
        return records

    def _room(self) -> int:
        """Return how many records a fetch may have where some were fetched ahead; 0 where none were."""
        kafka = self._thread._ensure_consumer()  # noqa: SLF001  nobody else knows
        return int(kafka._max_poll_records) if kafka._fetcher._records else 0  # noqa: SLF001  the same

    async def _take_back(self) -> bool:
        """Move positions back to what was let go; False where another rebalance came in between.

        A read that waits while partitions are dealt out goes on in the new assignment and may bring records of it, past
        the seek to the commits with which Faust ends a rebalance. Those of the old one are behind the new position.
        """
        term = self._term
        try:
            for tp in self._let_go.keys() & self.assignment():
                if await self.position(tp) > self._let_go[tp]:
                    await self.seek_wait({tp: self._let_go[tp]})
        except (KafkaError, TimeoutError) as error:
            self.log.warning("positions cannot be moved back, trying again: %r", error)
            await self.sleep(0.1)
            return False
        if term != self._term or not self.flow_active:
            return False
        self._let_go.clear()
        return True

    async def process(self, records: Records) -> None:
        """Run the effect on one fetch and acknowledge it; never raises."""
        term, used = self._term, process_time()
        if type(self).bury is not None:
            await self._notes.read(records, lambda: self._still(term))
        for part in self._notes.book.parts(records):
            if not await self._notes.make(part.notes, lambda: self._still(term)):
                return
            for piece in slices(part.records):
                if not (self._still(term) and await self._work(replace(part, records=piece), term)):
                    return
        self._free.set()
        if self.work is not None:
            self._bound((process_time() - used) / sum(map(len, records.values())))
        for partition, batch in records.items():
            self.measure(partition, self.highwater(partition) or 0, batch[-1].offset + 1)

    async def _work(self, part: Part, term: int) -> bool:
        """Take one part of a fetch; False where the assignment ends, and with it the fetch."""
        began = perf_counter()
        self._running = task = asyncio.ensure_future(self._effect(part))
        while not task.done():
            await asyncio.wait([task], timeout=LOOK if self._notes.made else None)
            if self._notes.made and self.liveness.waits_for():  # an end is nobody's fault now
                await self._notes.take_back()
        self._running = None
        if task.cancelled():
            return False  # revoked or stopping: unacknowledged, so it is read again
        error = task.exception()
        if error is not None:
            fail(error)
        self.done += sum(map(len, part.records.values()))
        metrics.BATCH_SECONDS.labels(self.worker).observe(perf_counter() - began)
        if term != self._term:
            return False
        self._confirmed.update({partition: batch[-1].offset + 1 for partition, batch in part.records.items()})
        if part.notes or part.culprit:
            self._notes.made.clear()
            if not await self.commit():  # False also where it has only waited for a commit of before
                await self.commit()
        return term == self._term

    async def _effect(self, part: Part) -> None:
        bury = type(self).bury
        if not part.culprit or bury is None:
            await type(self).effect(part.records)
            return
        for partition, (record,) in part.records.items():
            count = self._notes.book.count(partition)
            where = f"{record.topic}/{record.partition}/{record.offset}"
            say(f"{where} has ended {count} processes: it becomes a dead letter, and the others go on")
            await bury(record, count)

    def _still(self, term: int) -> bool:
        return term == self._term and self.flow_active

    def _bound(self, seconds: float) -> None:
        """Let the next fetch be as many records as make ``work`` seconds, given what one has cost."""
        kafka = self._thread._ensure_consumer()  # noqa: SLF001  the limit has no other place
        most = int(self.app.conf.broker_max_poll_records)
        wanted = max(1, min(most, int((self.work or 0.0) / max(seconds, 1e-9))))
        kafka._max_poll_records = -(-(3 * kafka._max_poll_records + wanted) // 4)  # noqa: SLF001  the same

    def ack(self, message: ConsumerMessage) -> bool:
        """Mark the message and no more: streams call this for messages that they skip, too."""
        message.acked = True
        self._unacked_messages.discard(message)
        return False

    async def _add_gap(self, *_: Any) -> None:
        """Note nothing: the confirmed offsets need no knowledge of gaps."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[Any]:
        return (tp for tp in list(self._confirmed) if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: Any) -> int | None:
        return self._confirmed.get(tp)

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """Settle and commit first: Faust forgets what it could commit before it looks."""
        self.liveness.partitions = None
        await self.settle()
        self._term += 1
        self._confirmed.clear()
        self._notes.clear()
        for tp in revoked:
            metrics.LAG.labels(self.worker, tp.topic, tp.partition).set(0)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        """Begin a new term: nothing in flight, nothing confirmed."""
        self._term += 1
        self._confirmed.clear()
        self._notes.clear()
        self._free.set()
        if self.work is not None:
            kafka = self._thread._ensure_consumer()  # noqa: SLF001  the limit has no other place
            kafka._max_poll_records = min(FIRST, int(self.app.conf.broker_max_poll_records))  # noqa: SLF001  the same
        await super().on_partitions_assigned(assigned, generation_id)
        self.liveness.partitions = len(assigned)
        say(f"{self.worker} reads {len(assigned)} partitions")

    async def settle(self) -> None:
        """Let the running effect end, or end it after GRACE seconds; commit what is confirmed."""
        self.stop_flow()
        self.app.flow_control.suspend()
        task = self._running
        if task is not None:
            await asyncio.wait([task], timeout=GRACE)
            task.cancel()
            await asyncio.wait([task], timeout=1)
            await asyncio.sleep(0)  # lets process() note the outcome
        if task is None or task.cancelled():
            await self._notes.take_back()
        self._unacked_messages.clear()
        if not await self.commit():  # False also where it has only waited for a commit of before
            await self.commit()

    async def wait_empty(self) -> None:
        """Settle, which is all there is to wait for."""
        await self.settle()

    async def worked_off(self, tp: Any) -> int:
        """Return the offset before which nothing waits: records may have been deleted before anybody read them."""
        if self._free.is_set():
            return int(await self.position(tp))
        return self._confirmed.get(tp) or self._committed_offset[tp] or 0


class BatchApp(faust.App):  # type: ignore[misc]  # Faust has no types
    """An app that ends its process where Faust would restart parts of itself, and that writes no files."""

    def _crash(self, reason: BaseException) -> None:
        fail(reason)

    def _create_directories(self) -> None:
        """Create none: there are no tables."""


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
) -> faust.App:
    """Return the app ``name`` that runs ``effect`` over every fetch of ``topics`` (full names).

    ``effect(records)`` must return only when all effects are confirmed, and may be cancelled at any await. The
    consumer group is ``<kafka.prefix>wirewatch-<name>``. With ``instance``, the worker is a static member: after a
    crash it gets its partitions back as soon as it is there again. With ``work``, fetches are kept to about so many
    seconds of processor time: what a crash can repeat, and what the first alert of a fetch waits for. With ``bury``, a
    record that ends its processes is handed to that one in the end, not to ``effect``.
    """
    kafka = config.kafka
    app = BatchApp(
        f"{kafka.prefix}wirewatch-{name}",
        broker=[URL(f"aiokafka://{broker}") for broker in kafka.brokers],
        broker_credentials=faust_credentials(kafka),
        broker_commit_interval=0.1,
        broker_heartbeat_interval=2.0,
        broker_max_poll_records=kafka.fetch_records,
        broker_session_timeout=10.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=instance,
        consumer_max_fetch_size=max(kafka.max_message_bytes, 1 << 20),
        stream_wait_empty=True,
        topic_disable_leader=True,
        web_enabled=False,
        worker_redirect_stdouts=False,
        TableManager=NoTables,
    )
    parts = {
        "effect": staticmethod(effect),
        "bury": staticmethod(bury) if bury else None,
        "worker": name,
        "liveness": liveness or Liveness(name),
        "outage": Outage(kafka, name, "Kafka cannot be read"),
        "work": work,
    }
    consumer = type("Consumer", (BatchConsumer,), parts)
    transport = type("Transport", (driver.Transport,), {"Consumer": consumer})
    app.transport = transport(app.conf.broker, app, loop=None)

    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            await app.consumer.process(event.value)

    app.agent(app.topic(*topics, schema=BatchSchema()), name=name, concurrency=1)(agent)
    return app
