"""The index worker: stories into Elasticsearch, each at its newest revision, and what that takes back of alerts.

One fetch is one unit, worked on in parts: what is stored of a part's stories is read, its revisions are folded onto
that, then everything is written in this order, each step confirmed before the next, so that a crash between two repeats
and loses nothing:

1. the alerts that are retracted, and those of what desk took for another revision than it is, to Kafka: while the
   old revision still stands, a repeat finds them again;
2. the old revisions, apart: a late one that is kept there has been dealt with, and retracts nothing a second time;
3. the new revisions, the alerts that came over ``wire.alerts``, and what is held or no longer held;
4. the same three for stories of other uris that a kill reaches (``kills.py``).

While one part waits for Elasticsearch, the next is read; two that are about the same story follow each other.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

import msgspec

from pipeline import metrics
from pipeline.adapters.elastic.bulk import Action, Bulk
from pipeline.adapters.elastic.bulk import Refused as Unindexed
from pipeline.adapters.elastic.shelf import Shelf, Stand, revision_id
from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.letters import Letters
from pipeline.adapters.kafka.records import Message, Record
from pipeline.adapters.kafka.send import Refused
from pipeline.config import Kafka
from pipeline.core import chain, life
from pipeline.core.alerts import Alert
from pipeline.core.payload import DeadLetter
from pipeline.core.story import Story, story_id
from pipeline.runners.copies import Copies
from pipeline.runners.ends import blame
from pipeline.runners.folding import Folded, Incoming, Known, fold, rules_of
from pipeline.runners.kills import notes, reached

WORKER = "index"
STEP = "index"

PART = 500
"""Records of a part: Elasticsearch has something to do as soon as the documents of so many are made."""

Fetched = Mapping[object, Sequence[Record]]


class Sends(Protocol):
    """Writes messages to Kafka, confirmed."""

    async def send(self, messages: Sequence[Message]) -> list[Refused]:
        """Return what Kafka will never take."""
        ...


class Sorted(msgspec.Struct):
    """The records of one part by what they are, what is wrong with some, and what was told because of others.

    ``behind`` has the record of each story's id (the last one), revision and alert, and of the (index, id) of what is
    held.
    """

    stories: list[Incoming] = []
    alerts: list[Action] = []
    held: dict[bytes, Action] = {}
    dead: list[DeadLetter] = []
    behind: dict[str | tuple[str, str], Record] = {}
    told: list[Alert] = []

    @property
    def names(self) -> set[str]:
        """The ids that what is read and written for these records depends on."""
        ids = {action.id.partition("-")[0] for action in (*self.alerts, *self.held.values())}
        return ids.union(*((one.story.id, *chain.predecessors(one.story)) for one in self.stories))


class UnderWay(msgspec.Struct):
    """A part that is being written, by the ids that it is about."""

    names: set[str]
    done: asyncio.Event


class IndexWorker:
    """The effect of a fetch of ``wire.stories``, ``wire.alerts`` and ``wire.held``.

    ``rules`` are those in force here; desk may have had others.

    With each of ``bulks`` one part of the fetch is written, while another is read.
    """

    def __init__(
        self,
        shelf: Shelf,
        bulks: Sequence[Bulk],
        sender: Sends,
        kafka: Kafka,
        rules: life.Rules,
        *,
        part: int = PART,
    ) -> None:
        self.shelf = shelf
        self.copies = Copies(shelf)
        self.bulks = bulks
        self.sender = sender
        self.rules = rules
        self.part = part
        self._alerts = topics.full_name(kafka, topics.ALERTS)
        self._held = topics.full_name(kafka, topics.HELD)
        self._letters = Letters(kafka, self._send)
        self._reading = asyncio.Lock()
        self._sending = asyncio.Lock()

    async def __call__(self, fetched: Fetched) -> None:
        """Return when everything that these records lead to is confirmed."""
        records = [record for batch in fetched.values() for record in batch]
        parts = deque(records[start : start + self.part] for start in range(0, len(records), self.part))
        under_way: list[UnderWay] = []

        async def work(bulk: Bulk) -> None:
            while parts:
                await self._work(bulk, parts, under_way)

        await asyncio.gather(*(work(bulk) for bulk in self.bulks))

    async def _work(self, bulk: Bulk, parts: deque[list[Record]], under_way: list[UnderWay]) -> None:
        """Do all that the next part needs; parts are read in their order, and written while others are."""
        async with self._reading:
            if not parts:
                return
            found = self._sorted(parts.popleft())
            this = UnderWay(found.names, asyncio.Event())
            for other in [other for other in under_way if not this.names.isdisjoint(other.names)]:
                await other.done.wait()
            under_way.append(this)
            folded = await self._fold(found.stories)
            await self._gather(folded)
        await self._store(bulk, folded, found)
        await self._letters.send(found.dead)
        _count(found)
        # Not where it fails: then nothing that depends on this part may go on.
        under_way.remove(this)
        this.done.set()

    def _sorted(self, batch: Sequence[Record]) -> Sorted:
        found = Sorted()
        for record in batch:
            try:
                self._sort(record, found)
            except Exception as error:  # noqa: BLE001  whatever is wrong with one record must not cost the others
                found.dead.append(_letter(record, f"{type(error).__name__}: {error}", traceback.format_exc()))
        return found

    async def bury(self, record: Record, ends: int) -> None:
        """Return when a record that has ended so many processes is a dead letter, confirmed; it is not looked into."""
        letter = _letter(record, blame(ends), attempts=ends)
        metrics.DEAD.labels(WORKER, STEP).inc()
        await self._letters.send([letter])

    async def _gather(self, folded: Sequence[Folded]) -> None:
        """Add the clusters of copies that other providers sent."""
        changed = _changed(folded)
        stored = {newest.id: one.stored for one, newest in changed}
        gathered = await self.copies.gather([newest for _, newest in changed], stored)
        for (one, _), story in zip(changed, gathered, strict=True):
            one.newest = story

    async def _store(self, bulk: Bulk, folded: Sequence[Folded], found: Sorted) -> None:
        """Take back, keep the old, store the new, then look for kills that are about them."""
        changed = _changed(folded)
        await self._tell([alert for one in folded for alert in one.alerts], found)
        await self._put(bulk, [self.shelf.keep(old) for one in folded for old in one.old], found)
        new = [self.shelf.place(story, one.month) for one, story in changed if one.new]
        newest = [self.shelf.store(story, one.month) for one, story in changed]
        await self._put(bulk, [*newest, *new, *found.alerts, *found.held.values()], found)
        stories = [story for _, story in changed]
        await self._kill(bulk, stories, await notes(self.shelf, stories), found)

    async def _kill(self, bulk: Bulk, stories: Sequence[Story], noted: Mapping[str, Story], found: Sorted) -> None:
        """Do the same for stories of other uris that a kill among ``stories``, or of one of them, reaches."""
        killed = await reached(self.shelf, bulk, stories, noted)
        silent = {incoming.story.id for incoming in found.stories if incoming.silent}
        silent -= {incoming.story.id for incoming in found.stories if not incoming.silent}
        retracted: list[Alert] = []
        for one in killed:
            found.behind.setdefault(one.story.id, found.behind[one.cause])
            if one.cause not in silent:
                retracted += life.retractions(one.story, one.tombstone, self.rules)[0]
        await self._tell(retracted, found)
        await self._put(bulk, [self.shelf.keep(one.story) for one in killed], found)
        await self._put(bulk, [self.shelf.store(one.tombstone, one.month) for one in killed], found)

    async def _put(self, bulk: Bulk, actions: Sequence[Action], found: Sorted) -> None:
        _refuse(await bulk.write(actions), found)

    def _sort(self, record: Record, found: Sorted) -> None:
        """Put a record where it belongs; raises whatever is wrong with it."""
        if record.topic == self._alerts:
            alert = records.alert_of(record)
            if alert.id not in found.behind:
                found.alerts.append(self.shelf.alert(alert, _time(record)))
                found.behind[alert.id] = record
        elif record.topic == self._held:
            key = bytes(record.key or b"")
            revision, entry = records.held_of(key), records.embargo_of(record)
            if revision is not None and (record.value is None or isinstance(entry, Story)):  # the last one counts
                action = self.shelf.hold(entry) if isinstance(entry, Story) else self.shelf.unhold(*revision)
                found.held[key] = action
                found.behind[action.index, action.id] = record
        else:
            incoming = Incoming(records.story_of(record), records.is_replay(record))
            found.stories.append(incoming)
            story = incoming.story
            found.behind[story.id] = found.behind[revision_id(story)] = record

    async def _fold(self, incoming: Sequence[Incoming]) -> list[Folded]:
        """Return what the stories of one fetch mean, given what is stored."""
        ids = list({one.story.id for one in incoming})
        stands = await self.shelf.find(ids, [name for one in incoming for name in chain.predecessors(one.story)])
        known = await self.shelf.known(one.story for one in incoming if _late(stands.get(one.story.id), one.story))
        chains = {id_: stand.chain for id_, stand in stands.items()}
        named: dict[str, list[Incoming]] = {}
        for one in incoming:
            id_ = one.story.id
            first = next(iter(chain.predecessors(one.story)), id_)
            name = chains.get(first, first)
            chains.setdefault(id_, name)
            story = msgspec.structs.replace(one.story, chain=name)
            named.setdefault(id_, []).append(msgspec.structs.replace(one, story=story))
        folded = {id_: self._revised(stands.get(id_), ones, known) for id_, ones in named.items()}
        asked = [id_ for id_, one in folded.items() if one.asked]
        for id_, kept in (await self.shelf.history(asked)).items() if asked else ():
            known |= {(id_, old.revision): rules_of(old) for old in kept}
            folded[id_] = self._revised(stands.get(id_), named[id_], known, kept)
        return list(folded.values())

    def _revised(
        self, stand: Stand | None, incoming: Sequence[Incoming], known: Known, kept: Sequence[Story] = ()
    ) -> Folded:
        """Return what these revisions of one story, which stands there, mean."""
        month = stand.month if stand else self.shelf.month(incoming[0].story)
        stored = stand.story if stand else None
        folded = Folded(month, stored, new=stand is None, stored=stored)
        for one in incoming:
            fold(folded, one, known, self.rules, kept)
        return folded

    async def _tell(self, alerts: Sequence[Alert], found: Sorted) -> None:
        """Publish what is taken back and what desk could not say, confirmed."""
        stories = {alert.id: story_id(alert.story.provider, alert.story.uri) for alert in alerts}
        messages = [(message, alert.id) for alert in alerts for message in records.alert_messages(alert)]
        behind = {id(message): found.behind[stories[alert]] for message, alert in messages}
        for refusal in await self._send([message for message, _ in messages]):
            found.dead.append(_letter(behind[id(refusal.message)], refusal.reason))
        found.told += alerts

    async def _send(self, messages: Sequence[Message]) -> list[Refused]:
        """Write to Kafka, for one part at a time."""
        if not messages:
            return []
        async with self._sending:
            return await self.sender.send(messages)


def _changed(folded: Sequence[Folded]) -> list[tuple[Folded, Story]]:
    """Return what is to be stored: each with its newest revision."""
    return [(one, one.newest) for one in folded if one.newest is not None and one.changed]


def _late(stand: Stand | None, story: Story) -> bool:
    """Whether a newer revision than ``story`` is stored."""
    return stand is not None and stand.story is not None and story.revision < stand.story.revision


def _letter(record: Record, reason: str, trace: str | None = None, attempts: int = 1) -> DeadLetter:
    """Return what was read as a dead letter; a retry of it comes back to this step."""
    data = bytes(record.value or b"")
    return DeadLetter(
        id=sha256(f"{STEP}\0".encode() + data).hexdigest()[:32],
        payload=data,
        origin=f"{record.topic}/{record.partition}/{record.offset}",
        step=STEP,
        reason=reason,
        time=_time(record),
        content_type="application/json",
        traceback=trace,
        attempts=records.attempts_of(record) + attempts,
        headers=records.headers_of(record),
    )


def _time(record: Record) -> datetime:
    """Return when a record was written."""
    return datetime.fromtimestamp(max(0, record.timestamp) / 1000, UTC)


def _refuse(refused: Sequence[Unindexed], found: Sorted) -> None:
    """Add what Elasticsearch will not take to the dead letters."""
    found.dead += [_letter(_record(one.action, found), one.reason) for one in refused]


def _record(action: Action, found: Sorted) -> Record:
    """Return the record because of which a document is written."""
    id_ = action.id.partition("-")[0]
    for key in ((action.index, action.id), f"{id_}-{action.revision}"):
        if key in found.behind:
            return found.behind[key]
    return found.behind[id_]


def _count(found: Sorted) -> None:
    for provider, count in Counter(incoming.story.provider for incoming in found.stories).items():
        metrics.STORIES.labels(WORKER, provider).inc(count)
    if found.stories:
        metrics.LAST_STORY.labels(WORKER).set_to_current_time()
    for alert in found.told:
        metrics.ALERTS.labels(WORKER, alert.type, alert.topic or "").inc()
    metrics.DEAD.labels(WORKER, STEP).inc(len(found.dead))
