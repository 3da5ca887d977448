"""The embedded pipeline: sources → queue → batches through the flow → one transaction each → announcements.

Nothing is lost and nothing is stored twice, whenever the process is killed: the effects of a batch and the positions
of its sources are one transaction, ids are deterministic, and an alert is announced from the database after its
commit. An announcement may therefore repeat after a kill, never be missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from time import perf_counter
from typing import Protocol

import msgspec

from pipeline import metrics
from pipeline.adapters.sqlite import SqliteStore
from pipeline.core import chain, life
from pipeline.core.alerts import Alert, also_from, told_together
from pipeline.core.cluster import cluster_of, gathered
from pipeline.core.flow import Desk, Outcome, release, work
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Status, Story
from pipeline.runners.clock import Clock

WORKER = "embedded"

BATCH = 200
"""Payloads in one transaction at most, about 0.1 s of work; a batch is what is waiting, so that latency stays low."""

BATCH_BYTES = 512 * 1024
"""Bytes of payloads after which a batch is full: a feed holds many stories."""

QUEUE_BYTES = 4 * 1024 * 1024
"""Bytes of payloads that wait at most, the newest one beyond: sources then wait, too."""

TICK = 0.25
"""Seconds between two looks at the embargoes while nothing comes in."""

Receipt = Awaitable[None]
"""Ends when the payload is safe: committed here, confirmed by Kafka elsewhere."""

Put = Callable[[Payload], Awaitable[Receipt]]

Announce = Callable[[Sequence[Alert]], None]
"""Called with the alerts of one type on one revision of a story."""


_Taken = tuple[Payload, asyncio.Future[None]]


class Source(Protocol):
    """Hands payloads over until it has no more."""

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Await ``put`` for each payload: it waits while the pipeline is busy, and returns the receipt.

        ``marks`` has the position of each source, as of the last payload that was stored.
        """
        ...


class Report(msgspec.Struct):
    """What a run has done."""

    payloads: int = 0
    stories: int = 0
    repeats: int = 0
    held: int = 0
    released: int = 0
    alerts: int = 0
    dead: int = 0
    seconds: float = 0.0


class Embedded:
    """One process over one database. ``announce`` gets the committed alerts, ``refused`` each dead letter.

    ``refresh`` brings ``rules``, those in force, up to date before each batch.
    """

    def __init__(
        self,
        desk: Desk,
        store: SqliteStore,
        rules: life.Rules,
        *,
        clock: Clock,
        announce: Announce,
        refused: Callable[[DeadLetter], None],
        refresh: Callable[[], None],
    ) -> None:
        self.desk = desk
        self.store = store
        self.rules = rules
        self.clock = clock
        self.announce = announce
        self.refused = refused
        self.refresh = refresh
        self.report = Report()
        self._queue: asyncio.Queue[_Taken | None] = asyncio.Queue(maxsize=4 * BATCH)
        self._feeding: asyncio.Task[None] | None = None
        self._waiting = 0
        self._room = asyncio.Event()

    def stop(self) -> None:
        """Take in nothing more; ``run`` returns when what was taken in is stored."""
        if self._feeding is not None:
            self._feeding.cancel()

    async def run(self, sources: Sequence[Source]) -> Report:
        """Run until every source has ended, or ``stop``, and everything taken in is stored."""
        began = perf_counter()
        self._announce()  # committed before a kill, and not told
        self._feeding = asyncio.create_task(self._feed(sources))
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, "pipeline")  # its own, so that what blocks the common ones does not block it
        try:
            ended = False
            while not ended:
                batch, ended = await self._batch()
                await loop.run_in_executor(thread, self._process, [payload for payload, _safe in batch])
                for _payload, safe in batch:
                    if not safe.done():  # whoever waited may have gone away
                        safe.set_result(None)
                self._announce()
        finally:
            self._feeding.cancel()
            thread.shutdown(wait=False)
            self.report.seconds = perf_counter() - began
        try:
            await self._feeding
        except asyncio.CancelledError:
            pass
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        return self.report

    async def _feed(self, sources: Sequence[Source]) -> None:
        marks = self.store.marks()
        try:
            async with asyncio.TaskGroup() as group:
                for source in sources:
                    group.create_task(source.run(self._take, marks))
        finally:
            await self._queue.put(None)

    async def _take(self, payload: Payload) -> asyncio.Future[None]:
        safe: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        while self._waiting > QUEUE_BYTES:
            self._room.clear()
            await self._room.wait()
        self._waiting += len(payload.data)
        await self._queue.put((payload, safe))
        return safe

    async def _batch(self) -> tuple[list[_Taken], bool]:
        """Wait a tick for what comes in; return it, and whether it is the last."""
        batch: list[_Taken] = []
        size = 0
        try:
            taken = await asyncio.wait_for(self._queue.get(), TICK)
            while taken is not None:
                batch.append(taken)
                size += len(taken[0].data)
                if len(batch) == BATCH or size > BATCH_BYTES:
                    return batch, False
                taken = self._queue.get_nowait()
        except (TimeoutError, asyncio.QueueEmpty):
            return batch, False
        finally:
            self._waiting -= size
            self._room.set()
        return batch, True

    def _process(self, batch: list[Payload]) -> None:
        """Take a batch through the flow and store its effects."""
        began = perf_counter()
        self.refresh()
        due = self.store.due(self.clock.now())
        if not batch and not due:
            return
        outcomes = [release(self.desk, story) for story in due]
        outcomes += [work(self.desk, payload) for payload in batch]
        with self.store.transaction():
            for story in due:
                self.store.unhold(story)
            for outcome in outcomes:
                self._store(outcome)
            for payload in batch:
                if payload.mark is not None:
                    self.store.mark(*payload.mark)
        self.report.released += len(due)
        self.report.payloads += len(batch)
        metrics.PAYLOADS.labels(WORKER).inc(len(batch))
        metrics.BATCH_SECONDS.labels(WORKER).observe(perf_counter() - began)

    def _store(self, outcome: Outcome) -> None:
        for letter in outcome.dead:
            self.store.bury(letter)
            self.refused(letter)
            metrics.DEAD.labels(WORKER, letter.step).inc()
        for story in outcome.held:
            if life.supersedes(self.store.newest(story.id), story):
                self.store.hold(story)
            metrics.HELD.labels(WORKER).inc()
        for story in outcome.stories:
            self._revise(story, silent=outcome.replay)
        self.report.dead += len(outcome.dead)
        self.report.held += len(outcome.held)
        self.report.stories += len(outcome.stories)

    def _revise(self, story: Story, *, silent: bool) -> None:
        """Store one revision, and the alerts that follow from it and from what was stored before."""
        stored = self.store.newest(story.id)
        story = life.changed_in_place(stored, life.settle(stored, story), lambda: self.store.revisions(story.id))
        if stored is not None and story.revision < stored.revision and self.store.has(story):
            self._count(story, repeated=True)  # a late one that comes again: it has been dealt with
            return
        cluster = cluster_of(story, stored, self.store.candidates(story))
        story = msgspec.structs.replace(story, chain=self.store.chain_of(story), cluster=cluster)
        alerts = life.alerts_of(stored, story)
        kills = self.store.kills_of((story.id, *chain.predecessors(story))) if story.status is Status.USABLE else ()
        killing = next((kill for kill in kills if chain.reaches(kill, story)), None)
        if killing is not None:
            self.store.put(story, newest=False)  # for auditors: the kill came first
            self.store.note_kill([story.id], killing)
            story, alerts = chain.tombstone(story, killing), []
        retracted, newest = life.retractions(stored, story, self.rules)
        alerts = [*retracted, *alerts]
        late = not life.supersedes(stored, story)
        story = story if late else newest
        self.store.put(story, newest=not late)
        self.store.join(story, story.chain or story.id)
        self.store.unhold(story)
        if story.status is Status.CANCELED:
            alerts += self._kill_chain(killing or story, story)
        self._count(story, repeated=stored is not None and stored.revision == story.revision)
        if silent:
            return
        now = self.clock.now()
        known = gathered(self.store.copies(story.cluster or story.id)) if alerts else None
        for alert in alerts:
            told = also_from(alert, known.others(story)) if known and alert.story.uri == story.uri else alert
            if self.store.record(told, now):
                self.report.alerts += 1
                metrics.ALERTS.labels(WORKER, alert.type, alert.topic or "").inc()

    def _kill_chain(self, kill: Story, cause: Story) -> list[Alert]:
        """Leave a tombstone for every story that the kill of another uri reaches; return the retractions.

        ``cause`` is the kill, or a story that came after it and ties more to the chain.
        """
        named = chain.predecessors(cause)
        if not named:
            return []
        members = [member for member in self.store.members(cause.chain or cause.id) if member.id != kill.id]
        self.store.note_kill({*named, *(member.id for member in members)}, kill)
        alerts: list[Alert] = []
        for member in members:
            if member.status is Status.USABLE and chain.reaches(kill, member):
                dead = chain.tombstone(member, kill)
                self.store.put(dead, newest=True)
                alerts += life.retractions(member, dead, self.rules)[0]
        return alerts

    def _count(self, story: Story, *, repeated: bool) -> None:
        self.report.repeats += repeated
        metrics.STORIES.labels(WORKER, story.provider).inc()
        metrics.TAGS.labels(WORKER, "region").inc(len(story.regions))
        metrics.TAGS.labels(WORKER, "actor").inc(len(story.actors))
        metrics.MATCHES.labels(WORKER).inc(len(story.matches))
        metrics.LAST_STORY.labels(WORKER).set_to_current_time()

    def _announce(self) -> None:
        told = None
        try:
            for _story, group in groupby(self.store.unannounced(), key=lambda entry: told_together(entry[1])):
                entries = list(group)
                self.announce([alert for _number, alert in entries])
                told = entries[-1][0]
        finally:
            if told is not None:  # once for all of them: each note waits for the disk
                self.store.announced(told)
