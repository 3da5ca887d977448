"""A span of a topic on its way through a step once more: how far it has come is kept in Kafka, as that of a group.

So a replay goes on after a crash, from any machine. A group of its own has, for each partition, the next offset as the
committed one and the end of the span in the text beside it; nobody joins it, and it is deleted at the end.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from pipeline.adapters.kafka import read, topics
from pipeline.adapters.kafka.connect import unreachable
from pipeline.adapters.kafka.records import Record
from pipeline.config import Kafka
from pipeline.core.errors import InputError

_SPAN = re.compile(r"(silent|alerts) from (\d+) until (\d+)")


class Replay:
    """A span of ``topic`` (full name), begun or taken up again; all methods raise UnreachableError.

    ``done`` and ``total`` are in offsets.
    """

    def __init__(self, kafka: Kafka, id_: str) -> None:
        self.kafka = kafka
        self.id = id_
        self.topic = ""
        self.alerts = False
        self._group = f"{kafka.prefix}wirewatch-replay-{id_}"
        self._starts: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}

    @classmethod
    def begin(cls, kafka: Kafka, name: str, since: datetime, until: datetime, *, alerts: bool) -> Replay:
        """Return a new replay of ``name`` (without prefix) from ``since`` to before ``until``, written down."""
        replay = cls(kafka, uuid.uuid4().hex[:8])
        replay.topic, replay.alerts = topics.full_name(kafka, name), alerts
        consumer = read.connect(kafka)
        try:
            starts, ends = read.bounds(consumer, replay.topic, since, until)
        except KafkaError as error:
            raise unreachable(kafka, error) from None
        finally:
            consumer.close(autocommit=False)
        replay._starts = {place: start for place, start in starts.items() if start < ends[place]}
        replay._next = dict(replay._starts)
        replay._ends = {place: ends[place] for place in replay._starts}
        if replay._starts:
            replay.note()
        return replay

    @classmethod
    def resume(cls, kafka: Kafka, id_: str) -> Replay:
        """Return a replay that was begun before; raises InputError where there is none."""
        replay = cls(kafka, id_)
        with topics.admin(kafka) as admin:
            try:
                found = admin.list_group_offsets({replay._group: None})[replay._group]
            except KafkaError as error:
                raise unreachable(kafka, error) from None
        for place, committed in found.items():
            if span := _SPAN.fullmatch(committed.metadata or ""):
                replay.topic, replay.alerts = place.topic, span[1] == "alerts"
                replay._starts[place], replay._ends[place] = int(span[2]), int(span[3])
                replay._next[place] = committed.offset
        if not replay._ends:
            raise InputError(f"there is no replay {id_} to go on with: it has ended, or was never begun")
        return replay

    @property
    def total(self) -> int:
        """How many offsets the span has."""
        return sum(self._ends.values()) - sum(self._starts.values())

    @property
    def done(self) -> int:
        """How many of them have been handed out."""
        return sum(self._next.values()) - sum(self._starts.values())

    def records(self) -> Iterator[Record]:
        """Yield what is left of the span, in the order of each partition."""
        consumer = read.connect(self.kafka)
        try:
            for record in read.between(consumer, self._next, self._ends):
                yield record
                self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1
            self._next = dict(self._ends)
        except KafkaError as error:
            raise unreachable(self.kafka, error) from None
        finally:
            consumer.close(autocommit=False)

    def note(self) -> None:
        """Write down how far it has come: everything that was handed out is confirmed."""
        kind = "alerts" if self.alerts else "silent"
        notes = {place: f"{kind} from {self._starts[place]} until {self._ends[place]}" for place in self._ends}
        offsets = {place: OffsetAndMetadata(self._next[place], note, -1) for place, note in notes.items()}
        consumer: KafkaConsumer = read.connect(self.kafka, self._group)
        try:
            consumer.assign(sorted(offsets))
            consumer.commit(offsets)
        except KafkaError as error:
            raise unreachable(self.kafka, error) from None
        finally:
            consumer.close(autocommit=False)

    def end(self) -> None:
        """Forget it: it is through."""
        if self._ends:
            with topics.admin(self.kafka) as admin:
                try:
                    admin.delete_groups([self._group])
                except KafkaError as error:
                    raise unreachable(self.kafka, error) from None
