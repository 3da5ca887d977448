"""The notes of ``ends.py`` in Kafka: read, made and taken back through a consumer of Faust.

They are the metadata of the group's commits: no topic of their own, and gone with the commit of what they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka import OffsetAndMetadata, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.runners.ends import Book, Note

PAUSE = 0.5
"""Seconds until the next attempt."""

NOTHING = OffsetAndMetadata(-1, "")


class Notes:
    """What is noted of the partitions of one consumer, and what of it is ours at the moment."""

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer
        self.book = Book()
        self.made: dict[Any, Note] = {}

    def clear(self) -> None:
        """Begin a new assignment."""
        self.book.clear()
        self.made = {}

    async def read(self, partitions: Iterable[Any], still: Callable[[], bool]) -> None:
        """Read the notes of partitions that are new in this assignment, as long as it is ``still`` ours."""
        while (unknown := self.book.unknown(partitions)) and still():
            try:
                found = await self._call(lambda kafka: _coordinator(kafka).fetch_committed_offsets(unknown))
            except (KafkaError, TimeoutError) as error:
                await self._again("notes of earlier ends cannot be read", error)
            else:
                notes = {partition: found.get(partition, NOTHING) for partition in unknown}
                self.book.learn({partition: (note.offset, note.metadata) for partition, note in notes.items()})

    async def make(self, notes: Mapping[Any, Note], still: Callable[[], bool]) -> bool:
        """Write down what is about to be tried; False where the assignment is ours no longer."""
        while notes and still():
            try:
                await self._commit({partition: (note.offset, str(note.made)) for partition, note in notes.items()})
            except (KafkaError, TimeoutError) as error:
                await self._again("what is tried cannot be noted", error)
            else:
                self.made = dict(notes)
                break
        if not still():
            await self.take_back()  # a stop or a rebalance came while it was written down: nothing was tried
            return False
        return True

    def forget(self, partitions: Iterable[Any]) -> None:
        """Let go what the next commit of these partitions wipes out."""
        for partition in partitions:
            self.made.pop(partition, None)

    async def take_back(self) -> None:
        """Take back the notes of what is not to blame for an end."""
        notes, self.made = self.made, {}
        if notes:
            try:
                await self._commit({partition: (note.offset, str(note.before)) for partition, note in notes.items()})
            except (KafkaError, TimeoutError) as error:
                self.consumer.log.warning("notes stay where nothing has ended: %r", error)

    async def _commit(self, notes: Mapping[Any, tuple[int, str]]) -> None:
        offsets = {TopicPartition(*partition): OffsetAndMetadata(*note) for partition, note in notes.items()}
        await self._call(lambda kafka: kafka.commit(offsets))

    async def _call(self, what: Callable[[Any], Any]) -> Any:
        """Call something of the client in its thread: Faust's own commits have no place for a text."""
        thread = self.consumer._thread  # noqa: SLF001  the only way to the client

        async def call() -> Any:
            return await what(thread._ensure_consumer())  # noqa: SLF001  the same

        return await thread.call_thread(call)

    async def _again(self, what: str, error: BaseException) -> None:
        self.consumer.log.warning("%s, trying again: %r", what, error)
        await self.consumer.sleep(PAUSE)


def _coordinator(kafka: Any) -> Any:
    return kafka._coordinator  # noqa: SLF001  aiokafka's `committed()` leaves the text out
