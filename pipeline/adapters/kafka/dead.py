"""The dead letters of ``wire.dead``, and their way back to the step that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from kafka import KafkaProducer

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.read import whole
from pipeline.adapters.kafka.records import (
    JSON,
    REPLAY,
    attempts_header,
    dead_letter_of,
    held_key,
    payload_headers,
)
from pipeline.adapters.kafka.transactions import Transactions
from pipeline.config import Kafka
from pipeline.core.flow import RELEASE
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Story, story_key

TIMEOUT = 30.0
"""Seconds in which the broker must confirm."""


class KafkaDeadLetters:
    """Reads ``wire.dead``, retries and drops. All methods raise UnreachableError."""

    def __init__(self, kafka: Kafka, key: Callable[[Payload], bytes]) -> None:
        self.kafka = kafka
        self.key = key

    def all(self) -> list[DeadLetter]:
        """Return the letters, oldest first."""
        found = []
        for record in whole(self.kafka, topics.DEAD).values():
            try:
                found.append(dead_letter_of(record))
            except (msgspec.MsgspecError, ValueError):
                continue  # somebody else's message: no letter of ours
        return sorted(found, key=lambda letter: (letter.time is not None, letter.time))

    def retry(self, letters: Sequence[DeadLetter]) -> None:
        """Send payloads to the topic that the failed step reads.

        A letter goes and its payload comes back in one transaction: after a crash it is either still a letter or
        on its way. The letter goes first, so that one which fails again stands after that.
        """
        dead = topics.full_name(self.kafka, topics.DEAD)
        with self._producer() as producer:
            for letter in letters:
                producer.begin_transaction()
                gone = producer.send(dead, None, key=letter.id.encode())
                producer.flush(TIMEOUT)
                gone.get(timeout=TIMEOUT)
                producer.send(**self._again(letter)).get(timeout=TIMEOUT)
                producer.commit_transaction()

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        """Let letters go for good."""
        dead = topics.full_name(self.kafka, topics.DEAD)
        with self._producer() as producer:
            producer.begin_transaction()
            for future in [producer.send(dead, None, key=letter.id.encode()) for letter in letters]:
                future.get(timeout=TIMEOUT)
            producer.commit_transaction()

    def close(self) -> None:
        """Keep nothing open."""

    def _again(self, letter: DeadLetter) -> dict[str, Any]:
        """Return the message that brings a payload back to its step."""
        replay = (letter.headers or {}).get("replay") == "1"
        if letter.step == "index":
            topic = letter.origin.rsplit("/", 2)[0]
            held = topic == topics.full_name(self.kafka, topics.HELD)
            key = _key_of_held(letter.payload) if held else key_of(letter.payload)
            headers = [JSON, *([REPLAY] if replay else []), *attempts_header(letter.attempts)]
        elif letter.step == RELEASE:
            topic, headers = topics.full_name(self.kafka, topics.HELD), [JSON]
            key = held_key(msgspec.json.decode(letter.payload, type=Story))
        else:
            payload = Payload(
                data=letter.payload,
                origin=letter.origin,
                received=letter.received,
                provider=letter.provider,
                content_type=letter.content_type,
                replay=replay,
            )
            topic = topics.full_name(self.kafka, topics.INCOMING)
            key, headers = self.key(payload), payload_headers(payload, letter.attempts)
        return {"topic": topic, "value": letter.payload, "key": key, "headers": headers}

    def _producer(self) -> AbstractContextManager[KafkaProducer]:
        return Transactions(self.kafka, "dead")


def _key_of_held(data: bytes) -> bytes:
    """Return the key under which a held story is taken off its topic again."""
    try:
        return held_key(msgspec.json.decode(data, type=Story))
    except (msgspec.MsgspecError, ValueError):
        return b""


def key_of(data: bytes) -> bytes:
    """Return the key of a story or of an alert about one."""
    try:
        found = msgspec.json.decode(data, type=dict[str, Any])
        story = found["data"]["story"] if "data" in found else found
        return story_key(str(story["provider"]), str(story["uri"]))
    except (msgspec.MsgspecError, KeyError, TypeError):
        return b""
