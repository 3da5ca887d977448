"""The desk worker: payloads of ``wire.incoming`` through the flow, and what comes of them to its topics, confirmed.

It keeps nothing: the same payload gives the same stories, alerts and dead letters, with the same ids, however often it
is read. Alerts are confirmed before the stories are sent on, so that no story is indexed whose alerts might be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from time import perf_counter

import msgspec

from pipeline import metrics
from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.letters import Letters
from pipeline.adapters.kafka.records import Message, Record
from pipeline.adapters.kafka.send import Refused, Sender
from pipeline.config import Kafka
from pipeline.core.flow import Desk, Outcome, dead_letter, work
from pipeline.core.payload import DeadLetter
from pipeline.core.story import Status, Story
from pipeline.runners.counting import count
from pipeline.runners.ends import blame
from pipeline.runners.faust_batches import Rest
from pipeline.runners.faust_reads import Records

WORKER = "desk"

WORK = 0.02
"""Seconds of work in a fetch, about: more of them and alerts wait longer, fewer and Kafka's answers cost more."""

TURN = 0.004
"""Seconds of work after which what is written of the fetch before gets its turn, and signals and revocations do."""

STEPS = 8
"""Turns of the event loop in which the client takes an answer in and sends what has waited for it."""


class Produced(msgspec.Struct):
    """What one fetch comes to: ``first`` is confirmed before ``then`` is sent."""

    first: list[Message] = []
    then: list[Message] = []
    outcomes: list[Outcome] = []
    """What became of each payload, to be counted."""


class DeskWorker:
    """The effect of a fetch of ``wire.incoming``."""

    def __init__(self, desk: Desk, kafka: Kafka, sender: Sender) -> None:
        self.desk = desk
        self.kafka = kafka
        self.sender = sender
        self._letters = Letters(kafka, sender.send)
        self._writing = False

    async def __call__(self, fetched: Records) -> Rest:
        """Return what writes all that these records lead to."""
        produced = Produced()
        turn = perf_counter()
        for batch in fetched.values():
            for record in batch:
                self.take(record, produced)
                if perf_counter() - turn > TURN:
                    for _ in range(STEPS if self._writing else 1):
                        await asyncio.sleep(0)
                    turn = perf_counter()
        count(WORKER, produced.outcomes)
        produced.outcomes.clear()
        return partial(self._write, produced, fetched)

    async def _write(self, produced: Produced, fetched: Records) -> None:
        """Return when everything is confirmed."""
        origins = {f"{r.topic}/{r.partition}/{r.offset}": r for batch in fetched.values() for r in batch}
        self._writing = True
        try:
            for messages in (produced.first, produced.then):
                await self._bury(await self.sender.send(messages), origins)
        finally:
            self._writing = False

    async def bury(self, record: Record, ends: int) -> None:
        """Return when a record that has ended so many processes is a dead letter, confirmed; it is not looked into."""
        payload = records.payload_of(record)
        letter = dead_letter(self.desk, payload, WORKER, blame(ends))
        metrics.DEAD.labels(WORKER, WORKER).inc()
        await self._letters.send([_of(record, letter, ends)])

    def take(self, record: Record, produced: Produced) -> None:
        """Add what one record comes to; whatever is wrong with it, that is a dead letter."""
        payload = records.payload_of(record)
        outcome = work(self.desk, payload)
        try:
            first = [message for alert in outcome.alerts for message in records.alert_messages(alert, payload.origin)]
            then = [records.story_message(story, payload) for story in outcome.stories]
            then += [records.held_message(story, payload) for story in outcome.held]
            then += [records.lifted_message(story, payload) for story in outcome.stories if _overtakes(story)]
        except Exception as error:  # noqa: BLE001  a text that cannot be encoded must not stop the others
            reason = f"{type(error).__name__}: {error}"
            outcome = Outcome([], [], [], [*outcome.dead, dead_letter(self.desk, payload, "send", reason)])
            first, then = [], []
        then += [self._letters.message(_of(record, letter)) for letter in outcome.dead]
        produced.first += first
        produced.then += then
        produced.outcomes.append(outcome)

    async def _bury(self, refused: Sequence[Refused], origins: dict[str, Record]) -> None:
        """Make a dead letter of each payload behind a message that Kafka will not take, confirmed too."""
        dead = [refusal for refusal in refused if refusal.message.topic == topics.DEAD]
        letters = self._letters.cut(dead)
        for refusal in refused:
            if refusal.message.topic != topics.DEAD:
                record = origins[refusal.message.source]
                letters.append(_of(record, dead_letter(self.desk, records.payload_of(record), "send", refusal.reason)))
                metrics.DEAD.labels(WORKER, "send").inc()
        await self._letters.send(letters)


def _of(record: Record, letter: DeadLetter, attempts: int = 1) -> DeadLetter:
    """Return the letter with what its record says: headers, and the attempts before."""
    attempts += records.attempts_of(record)
    return msgspec.structs.replace(letter, attempts=attempts, headers=records.headers_of(record))


def _overtakes(story: Story) -> bool:
    """Say whether an earlier revision may be waiting under embargo that must not be released after this one."""
    return story.replaces or story.status is not Status.USABLE
