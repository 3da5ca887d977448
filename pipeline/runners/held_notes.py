"""Whose fault an end of the release worker was: the notes of ``ends.py`` for stories that are due by time.

Its group deals all of ``wire.held`` out to one worker, so one note is enough: it stands beside the commit of the first
partition, and Kafka takes it from whoever has the turn alone. What is due when a turn begins has a note that it is
being released; a story that ends the process is due again in the next turn. After MANY such notes what is due is taken
one by one, each noted by its key; the one that such a note is found of is the culprit. A turn that has come through
makes no more notes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

import msgspec
from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition

from pipeline.adapters.kafka.records import held_key
from pipeline.core.story import Story
from pipeline.runners.ends import MANY

TIMEOUT = 10.0
"""Seconds in which Kafka must have taken a note."""


class Ended(msgspec.Struct, frozen=True):
    """How many processes have ended over what was due; ``alone`` is the key of what the last one had alone."""

    count: int = 0
    alone: str = ""

    def __str__(self) -> str:
        """Return the note; it is empty where nothing has ended."""
        return f"ends {self.count} of {self.alone}" if self.count else ""

    @classmethod
    def read(cls, note: str | None) -> Ended:
        """Return what a note says; one that is not ours says nothing."""
        found = _NOTE.fullmatch(note or "")
        return cls(int(found[1]), found[2]) if found else cls()


_NOTE = re.compile(r"ends (\d{1,9}) of (\S*)")


class Part(msgspec.Struct, frozen=True):
    """Stories to be released together; where one has ended so many processes, it is to be buried instead."""

    stories: list[Story]
    ends: int = 0


class HeldNotes:
    """What one process knows of the ends before its turn, and notes of its own."""

    def __init__(self, place: TopicPartition) -> None:
        self.place = place
        self._consumer: AIOKafkaConsumer = None
        self._before = Ended()
        self._ours: set[Ended] = set()
        """What this process has noted since the note before it."""
        self._through = False

    async def begin(self, consumer: AIOKafkaConsumer) -> None:
        """Note through this consumer, and read what was noted by the turns before.

        A note of our own is no end, but a connection that was broken.
        """
        self._consumer = consumer
        coordinator = consumer._coordinator  # noqa: SLF001  aiokafka's `committed()` leaves the text out
        found = await asyncio.wait_for(coordinator.fetch_committed_offsets([self.place]), TIMEOUT)
        ended = Ended.read(found[self.place].metadata if self.place in found else None)
        if not ended.count or ended not in self._ours:
            self._before, self._ours = ended, set()
        self._through = False

    async def parts(self, due: Sequence[Story]) -> AsyncIterator[Part]:
        """Yield what is due in the parts in which it is to be released, each after the one before is confirmed.

        Raises KafkaError or OSError where a note cannot be made; what is left is then due again.
        """
        if self._through:
            yield Part(list(due))
            return
        ends = self._before
        if ends.count < MANY:
            await self._note(Ended(ends.count + 1))
            yield Part(list(due))
        else:
            for story in due:
                key = held_key(story).decode()
                if key == ends.alone:
                    yield Part([story], ends.count)
                else:
                    await self._note(Ended(ends.count + 1, key))
                    yield Part([story])
        await self._note(Ended())
        self._through = True

    async def _note(self, ended: Ended) -> None:
        self._ours.add(ended)
        note = {self.place: OffsetAndMetadata(0, str(ended))}
        await asyncio.wait_for(self._consumer.commit(note), TIMEOUT)
