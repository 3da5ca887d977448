"""The topic ``rules``: what commands write there, and what is read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer
from kafka.errors import InvalidProducerEpochError, MessageSizeTooLargeError, ProducerFencedError

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.read import LONG_AGO, span
from pipeline.adapters.kafka.records import JSON, Message, Record
from pipeline.adapters.kafka.transactions import Transactions
from pipeline.config import Kafka
from pipeline.core.errors import InputError
from pipeline.core.rules.changes import Change

TIMEOUT = 30.0
"""Seconds in which the broker must confirm."""

TOGETHER = 20_000
"""Records in one transaction at most: it must end within Kafka's minute."""


class KafkaRules:
    """``core/rules/changes.py`` over the topic. Raises UnreachableError."""

    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka

    def changes(self) -> list[Change]:
        """Return every key with its last value, oldest first: by its place, for clocks of producers differ."""
        newest: dict[str, bytes | None] = {}
        for record in span(self.kafka, topics.RULES, LONG_AGO, None):
            key, value = change_of(record)
            newest.pop(key, None)
            newest[key] = value
        return [(key, value) for key, value in newest.items() if value is not None]

    @contextmanager
    def edit(self) -> Iterator[Callable[[Iterable[Change]], None]]:
        """Keep others from changing the log: whoever comes later shuts this writer out, before it has read."""
        missing = topics.missing_topics(self.kafka, [topics.RULES])
        if missing:
            raise topics.no_such_topic(missing)
        with Transactions(self.kafka, "rules") as producer:
            try:
                yield lambda changes: self._write(producer, list(changes))
            except (ProducerFencedError, InvalidProducerEpochError):
                raise InputError(
                    "somebody else is changing rules at this moment: nothing is changed, try again"
                ) from None

    def close(self) -> None:
        """Keep nothing open."""

    def _write(self, producer: KafkaProducer, changes: list[Change]) -> None:
        topic = topics.full_name(self.kafka, topics.RULES)
        for start in range(0, len(changes), TOGETHER):
            producer.begin_transaction()
            futures: list[tuple[str, Any]] = []
            for key, value in changes[start : start + TOGETHER]:
                headers = [JSON] if value is not None else []
                try:
                    futures.append((key, producer.send(topic, value, key=key.encode(), headers=headers)))
                except MessageSizeTooLargeError:
                    raise InputError(_too_large(key, value, topic)) from None
            for key, future in futures:
                try:
                    future.get(timeout=TIMEOUT)
                except MessageSizeTooLargeError:
                    raise InputError(_too_large(key, None, topic)) from None
            producer.commit_transaction()


def change_of(record: Record) -> Change:
    """Return what a record says."""
    key = bytes(record.key or b"").decode("utf-8", "replace")
    return key, None if record.value is None else bytes(record.value)


def failure_message(change: Change) -> Message:
    """Return the record by which a worker says that a rule has failed."""
    return Message(topics.RULES, change[0].encode(), change[1], (JSON,))


def _too_large(key: str, value: bytes | None, topic: str) -> str:
    size = f" of {len(value)} bytes" if value is not None else ""
    return f"rule {key}: {topic} takes no record{size} (kafka.max_message_bytes)"
