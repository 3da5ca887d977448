"""Faust, with whole fetches: an app whose one agent gets what a fetch brought as one event, and acknowledges it whole.

Stock Faust 0.15.3 makes two tasks for every message and commits past messages whose effects failed
(docs/streaming.md tells what was found by running it). Faust keeps membership, assignment and lifecycle here; reading
and the book of offsets are this module's own:

- ``effect(records)`` returns when everything it does for these records is confirmed; only then are they acknowledged,
  and the next ones read, so that batches grow with the load;
- an effect may return what is left to do where that is waiting: it is done once all before it is confirmed, while the
  next fetch is worked on (docs/decisions/0085-written-while-the-next-is-worked-on.md);
- an effect that fails transiently retries by itself; one that raises ends the process without an acknowledgement;
- a revocation or a stop gives a running effect GRACE seconds, then cancels it: its records are read again;
- a message that ends its process again and again is found by the notes of ``ends.py`` and buried.

What is relied on in Faust, and what is worked around, is pinned by tests/runners/test_faust_pins.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from time import perf_counter, process_time
from typing import Any, ClassVar, TypeVar

import faust
from aiokafka import ConsumerRecord
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from msgspec.structs import replace
from yarl import URL

from pipeline import metrics
from pipeline.adapters.kafka.connect import faust_credentials
from pipeline.adapters.kafka.outage import Outage
from pipeline.config import Config
from pipeline.runners.ends import Part
from pipeline.runners.faust_parts import BatchSchema, NoTables, OnlyReading
from pipeline.runners.faust_reads import ReadingConsumer, Records
from pipeline.runners.liveness import Liveness
from pipeline.runners.notes import Notes
from pipeline.runners.serve import fail, say
from pipeline.runners.slices import slices

Rest = Callable[[], Awaitable[None]]
"""Writes what an effect has come to, and returns when that is confirmed."""

Effect = Callable[[Records], Awaitable[Rest | None]]
"""Returns when all is confirmed, or what is left to do; until then, nothing of it may be seen outside."""

Bury = Callable[[ConsumerRecord, int], Awaitable[None]]
"""Makes a dead letter of a record that has ended so many processes, confirmed; it must not look into the record."""

T = TypeVar("T")

GRACE = 5.0
"""Seconds that a running effect has when its partitions are revoked or the process is to stop."""

FIRST = 20
"""Records in the first fetch of an assignment where work is bounded: what a record costs is not known yet."""

FOREVER = 10 * 365 * 86_400.0
"""Seconds without a fetch after which the client would leave its group, and return only when it is asked for one.

A worker that waits for Elasticsearch asks for none, and one without partitions never does. That it stands still is for
the guard to see (``liveness.py``); how long a rebalance waits for a member is another setting.
"""

LOOK = 0.5
"""Seconds between two looks whether the first effect of an assignment waits for another system."""


class BatchConsumer(ReadingConsumer):
    """Runs the effect on each fetch and keeps, by partition, the offset that may be committed."""

    effect: ClassVar[Effect]
    bury: ClassVar[Bury | None]
    work: ClassVar[float | None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._confirmed: dict[Any, int] = {}
        self._working: asyncio.Task[Rest | None] | None = None
        self._writing: asyncio.Task[None] | None = None
        """The last rest of an effect; each waits for the one before it."""
        self._used = 0.0
        """Seconds of processor time that the effect has taken for this fetch."""
        self._notes = Notes(self)

    async def process(self, records: Records) -> None:
        """Run the effect on one fetch, until no more is left of it than a rest; never raises."""
        term, self._used = self._term, 0.0
        if type(self).bury is not None:
            await self._notes.read(records, lambda: self._still(term))
        for part in self._notes.book.parts(records):
            if part.alone and not await self._written():
                return
            if not await self._notes.make(part.notes, lambda: self._still(term)):
                return
            for piece in slices(part.records):
                if not (self._still(term) and await self._work(replace(part, records=piece), term)):
                    return
        self._free.set()
        if self.work is not None:
            self._bound(self._used / sum(map(len, records.values())))

    async def _work(self, part: Part, term: int) -> bool:
        """Take one part of a fetch; False where the assignment ends, and with it the fetch."""
        self._working = task = asyncio.ensure_future(_or_fail(self._take(part, term)))
        if not await self._ended(task):
            return False  # revoked, stopping or failed: unacknowledged, so it is read again
        rest = task.result()
        if rest is not None:
            if not (await self._written() and self._still(term)):
                return False  # nothing of it is to be seen outside yet
            self._writing = asyncio.ensure_future(_or_fail(rest()))
            if part.alone and not await self._written():
                return False
        return term == self._term

    async def _take(self, part: Part, term: int) -> Rest | None:
        """Run the effect, and acknowledge its records; or return the rest, which does so in the end."""
        began, used = perf_counter(), process_time()
        rest = await self._effect(part)
        self._used += process_time() - used
        if rest is not None:
            return partial(self._complete, rest, part, term, began)
        if await self._written():
            await self._acknowledge(part, term, began)
        return None

    async def _complete(self, rest: Rest, part: Part, term: int, began: float) -> None:
        await rest()
        await self._acknowledge(part, term, began)

    async def _acknowledge(self, part: Part, term: int, began: float) -> None:
        """Note that everything of these records is confirmed."""
        self.done += sum(map(len, part.records.values()))
        metrics.BATCH_SECONDS.labels(self.worker).observe(perf_counter() - began)
        if term != self._term:
            return
        ends = {partition: batch[-1].offset + 1 for partition, batch in part.records.items()}
        self._confirmed.update(ends)
        if part.alone:
            self._notes.forget(ends)
            await self._commit_confirmed()
        for partition, end in ends.items():
            self.measure(partition, self.highwater(partition) or 0, end)

    async def _written(self) -> bool:
        """Return when the last rest is done; False where it is cancelled."""
        return self._writing is None or await self._ended(self._writing)

    async def _ended(self, task: asyncio.Task[Any]) -> bool:
        while not task.done():
            await asyncio.wait([task], timeout=LOOK if self._notes.made else None)
            if self._notes.made and self.liveness.waits_for():  # an end is nobody's fault now
                await self._notes.take_back()
        return not task.cancelled() and task.exception() is None

    async def _effect(self, part: Part) -> Rest | None:
        bury = type(self).bury
        if not part.culprit or bury is None:
            return await type(self).effect(part.records)
        for partition, (record,) in part.records.items():
            count = self._notes.book.count(partition)
            where = f"{record.topic}/{record.partition}/{record.offset}"
            say(f"{where} has ended {count} processes: it becomes a dead letter, and the others go on")
            await bury(record, count)
        return None

    def _bound(self, seconds: float) -> None:
        """Let the next fetch be as many records as make ``work`` seconds, given what one has cost."""
        wanted = min(int((self.work or 0.0) / max(seconds, 1e-9)), int(self.app.conf.broker_max_poll_records))
        self._limit(-(-(3 * self._most() + max(1, wanted)) // 4))

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
        self._begin_term()
        for tp in revoked:
            metrics.LAG.labels(self.worker, tp.topic, tp.partition).set(0)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        """Begin a new term: nothing in flight, nothing confirmed."""
        self._begin_term()
        self._dealt = self._term
        self._free.set()
        if self.work is not None:
            self._limit(FIRST)
        await super().on_partitions_assigned(assigned, generation_id)
        self.liveness.partitions = len(assigned)
        say(f"{self.worker} reads {len(assigned)} partitions")

    def _begin_term(self) -> None:
        self._term += 1
        self._confirmed.clear()
        self._notes.clear()
        self._writing = None
        self.liveness.waits_no_more()  # what waited was cut off, and what it waited for may be none of ours now

    async def settle(self) -> None:
        """Let what is in hand end, or end it after GRACE seconds; commit what is confirmed."""
        self.stop_flow()
        self.app.flow_control.suspend()
        tasks = [task for task in (self._working, self._writing) if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=1)
            await asyncio.sleep(0)  # lets process() note the outcome
        await self._notes.take_back()
        self._unacked_messages.clear()
        await self._commit_confirmed()

    async def _commit_confirmed(self) -> None:
        """Commit what is confirmed."""
        if not await self.commit():  # False also where it has only waited for a commit of before
            await self.commit()

    async def wait_empty(self) -> None:
        """Settle, which is all there is to wait for."""
        await self.settle()

    async def worked_off(self, tp: Any) -> int:
        """Return the offset before which nothing waits: records may have been deleted before anybody read them."""
        if self._free.is_set() and (self._writing is None or self._writing.done()):
            return int(await self.position(tp))
        return self._confirmed.get(tp) or self._committed_offset[tp] or 0


async def _or_fail(effects: Awaitable[T]) -> T:
    """Return what comes of it; an error ends the process, without an acknowledgement."""
    try:
        return await effects
    except Exception as error:
        fail(error)
        raise


class BatchApp(faust.App):  # type: ignore[misc]  # Faust has no types
    """An app that ends its process where Faust would restart parts of itself, and that writes no files."""

    BootStrategy = OnlyReading

    def loops(self) -> dict[str, asyncio.AbstractEventLoop]:
        """Return the event loops beside that of the app."""
        return {"the consumer's loop": self.consumer._thread.thread_loop}  # noqa: SLF001  nobody else knows it

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

    ``effect(records)`` and its rest, where it returns one, may be cancelled at any await. The
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
        broker_max_poll_interval=FOREVER,
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
