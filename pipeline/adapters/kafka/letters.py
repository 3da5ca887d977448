"""Dead letters on their way to ``wire.dead``: one that Kafka finds too large is cut until it fits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Refused
from pipeline.config import Kafka
from pipeline.core.payload import DeadLetter

SMALLEST = 512
"""Bytes that a topic must take for a dead letter to say anything."""

Send = Callable[[Sequence[Message]], Awaitable[list[Refused]]]
"""Writes messages, confirmed, and returns those that cannot be written."""


class Letters:
    """The letters of one worker, and what it has learned of how large they may be."""

    def __init__(self, kafka: Kafka, send: Send) -> None:
        self._send = send
        self._room = topics.limit(kafka, topics.DEAD)

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Return when each is confirmed; raises RuntimeError where the topic takes none at all."""
        while letters:
            letters = self.cut(await self._send([self.message(letter) for letter in letters]))

    def message(self, letter: DeadLetter) -> Message:
        """Return a letter as the message that it goes out in."""
        return records.dead_message(letter, self._room)

    def cut(self, refused: Sequence[Refused]) -> list[DeadLetter]:
        """Return the letters in refused messages, to be sent again, and let them be half as large; raises the same."""
        self._room = min([self._room, *(refusal.message.size // 2 for refusal in refused)])
        if refused and self._room < SMALLEST:
            raise RuntimeError(f"no dead letter can be kept: {refused[0].reason}")
        return [msgspec.json.decode(refusal.message.value or b"", type=DeadLetter) for refusal in refused]
