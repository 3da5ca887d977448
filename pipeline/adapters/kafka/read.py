"""Read topics without a group: the alerts since a time, and whole topics as they stand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.connect import client_settings, unreachable
from pipeline.adapters.kafka.records import Record, alert_of
from pipeline.config import Kafka
from pipeline.core.alerts import Alert
from pipeline.core.archive import AlertFilter

LONG_AGO = datetime.fromtimestamp(0, UTC)
"""Before the first record."""


def alerts(kafka: Kafka, wanted: AlertFilter, *, follow: bool) -> Iterator[Alert]:
    """Yield the alerts raised since ``wanted.since`` (None: from now on), each id once; with ``follow``, for ever.

    Read from ``wire.alerts``, which has the withdrawals too. Raises UnreachableError.
    """
    seen: set[str] = set()
    for record in records(kafka, [topics.ALERTS], wanted.since, follow=follow):
        try:
            alert = alert_of(record)
        except (msgspec.MsgspecError, ValueError):
            continue  # somebody else's message: no alert of ours
        if alert.id not in seen and wanted.admits(alert):
            seen.add(alert.id)
            yield alert


def records(kafka: Kafka, names: Sequence[str], since: datetime | None, *, follow: bool) -> Iterator[Record]:
    """Yield the records of topics from ``since`` on (None: the end): what is there by time, then as they come.

    Without ``follow``, ends where the topics ended when it began. Raises UnreachableError.
    """
    consumer = connect(kafka)
    try:
        places = _places(consumer, [topics.full_name(kafka, name) for name in names])
        ends = consumer.end_offsets(places)
        starts = _starts(consumer, places, since, ends)
        consumer.assign(places)
        for place in places:
            consumer.seek(place, starts[place])
        there: list[Record] = []
        left = {place for place in places if starts[place] < ends[place]}
        while left:
            for place, batch in consumer.poll(timeout_ms=500).items():
                there += [record for record in batch if follow or record.offset < ends[place]]
            left = {place for place in left if consumer.position(place) < ends[place]}
        yield from sorted(there, key=lambda record: record.timestamp)
        while follow:
            for batch in consumer.poll(timeout_ms=500).values():
                yield from batch
    except KafkaError as error:
        raise unreachable(kafka, error) from None
    finally:
        consumer.close(autocommit=False)


def span(kafka: Kafka, name: str, since: datetime, until: datetime | None) -> Iterator[Record]:
    """Yield the records of one topic from ``since`` to before ``until`` (None: what is there now), as they are read.

    They come in the order of their partition. Raises UnreachableError.
    """
    consumer = connect(kafka)
    try:
        starts, ends = bounds(consumer, topics.full_name(kafka, name), since, until)
        yield from between(consumer, starts, ends)
    except KafkaError as error:
        raise unreachable(kafka, error) from None
    finally:
        consumer.close(autocommit=False)


def between(
    consumer: KafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Iterator[Record]:
    """Yield what lies between two offsets of each partition, in their order. Raises KafkaError."""
    left = {place for place in starts if starts[place] < ends[place]}
    consumer.assign(sorted(left))
    for place in left:
        consumer.seek(place, starts[place])
    while left:
        for place, batch in consumer.poll(timeout_ms=500).items():
            yield from (record for record in batch if record.offset < ends[place])
        done = {place for place in left if consumer.position(place) >= ends[place]}
        consumer.pause(*done)
        left -= done


def bounds(
    consumer: KafkaConsumer, topic: str, since: datetime, until: datetime | None
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Return, by partition of ``topic`` (full name), the first offset from ``since`` on and the one to end before.

    That is the first from ``until`` on, or the end. Raises KafkaError, and UnreachableError for a missing topic.
    """
    places = _places(consumer, [topic])
    ends = consumer.end_offsets(places)
    if until is not None:
        ends = _starts(consumer, places, until, ends)
    return _starts(consumer, places, since, ends), ends


def connect(kafka: Kafka, group: str | None = None) -> KafkaConsumer:
    """Return a consumer that joins no group; ``group`` is the one that it may commit for. Raises UnreachableError."""
    try:
        return KafkaConsumer(
            **client_settings(kafka),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            bootstrap_timeout_ms=10_000,
        )
    except (KafkaError, OSError, ValueError) as error:
        raise unreachable(kafka, error) from None


def _places(consumer: KafkaConsumer, names: Sequence[str]) -> list[TopicPartition]:
    places = []
    missing = []
    for name in names:
        found = consumer.partitions_for_topic(name)
        if not found:
            missing.append(name)
        places += [TopicPartition(name, number) for number in sorted(found or ())]
    if missing:
        raise topics.no_such_topic(missing)
    return places


def _starts(
    consumer: KafkaConsumer, places: list[TopicPartition], since: datetime | None, ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    if since is None:
        return ends
    moment = max(0, int(since.timestamp() * 1000))
    found = consumer.offsets_for_times(dict.fromkeys(places, moment))
    return {place: found[place].offset if found.get(place) else ends[place] for place in places}


def whole(kafka: Kafka, name: str) -> dict[bytes, Record]:
    """Return the newest record of each key of a compacted topic, as it stands now; a null takes its key away."""
    newest: dict[bytes, Record] = {}
    for record in records(kafka, [name], LONG_AGO, follow=False):
        key = bytes(record.key or b"")
        newest.pop(key, None)  # an updated key goes to the end: the order is that of the last record
        if record.value is not None:
            newest[key] = record
    return newest
