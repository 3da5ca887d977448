"""Reading on Faust: each fetch as one message, and nothing of it over a rebalance.

Kafka's client fetches ahead by itself; what is read here is handed over when the fetch before it is done with. Each
assignment is a *term*: what was read in one is neither handed over nor acknowledged in another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import ConsumerMessage

from pipeline.runners.faust_parts import Forgetful
from pipeline.runners.faust_watch import WatchedConsumer

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]
"""What one fetch brought: for each partition its records, in the order of their offsets."""

MORE = 0.005
"""Seconds in which Kafka answers with what has come since it was last asked; it waits so long where nothing has."""


class ReadingConsumer(WatchedConsumer):
    """Yields each fetch as one message, whose value is the Records; its subclass frees the way for the next one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = Forgetful()
        self._term = 0
        self._dealt = -1
        """The term that an assignment has begun; none while partitions are dealt out."""
        self._sought = -1
        """The term in which Faust last began to seek to the commits."""
        self._reading: tuple[int, asyncio.Future[Records]] | None = None
        self._let_go: dict[Any, int] = {}
        """First offsets of what a read brought while a rebalance went on."""
        self._free = asyncio.Event()
        self._free.set()

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, ConsumerMessage]]:  # noqa: ASYNC109  Faust's
        """Yield one message, whose value is the Records, once the previous one is done with."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        if not self._free.is_set():
            await self.wait_first(self._free.wait(), self.suspend_flow.wait(), timeout=timeout)
            if not self._free.is_set():
                return
        if self._let_go and not await self._take_back():
            return
        active = set(self._get_active_partitions())
        if not active:
            await self.sleep(0.1)
            return
        if self._reading is None:
            self._reading = self._term, asyncio.ensure_future(self._read(active, timeout))
        term, reading = self._reading
        records = await asyncio.shield(reading)  # a read whose reader is cancelled is taken up by the next one
        self._reading = None
        if not records or self.should_stop:
            return
        if not self.flow_active or term != self._term:
            for tp, batch in records.items():  # a later part of it may be of the new assignment, from further back
                first_of_all = min(record.offset for record in batch)
                self._let_go[tp] = min(first_of_all, self._let_go.get(tp, first_of_all))
            return
        first = next(iter(records))
        last = records[first][-1]
        self._free.clear()
        message = ConsumerMessage(
            first.topic, first.partition, last.offset, last.timestamp / 1000, last.timestamp_type, (), None, records,
            None, -1, -1, first, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        yield first, message

    async def perform_seek(self) -> None:
        """Seek to what is committed, of the assignment that this begins in."""
        self._sought = self._term
        await super().perform_seek()

    def resume_flow(self) -> None:
        """Let records through, where the positions are those of this assignment.

        Faust ends the seek of one assignment also when the next rebalance has begun, and lets them through again: they
        would be handed over before the next seek, and after it once more.
        """
        if self._term == self._dealt and (self._term == self._sought or not self.assignment()):
            super().resume_flow()

    async def _read(self, active: set[Any], timeout: float) -> Records:  # noqa: ASYNC109  Faust's
        """Read what is there; where that is a little, fetched ahead while others were worked on, also what came since.

        Kafka's client asks again only when it has handed over what it has: what is left to the next fetch waits for
        the whole of this one.
        """
        room = self._room()
        records: dict[Any, Any] = await self._getmany(active_partitions=active, timeout=timeout)
        if records and 2 * sum(map(len, records.values())) <= room and self.flow_active:
            for tp, batch in (await self._getmany(active_partitions=active, timeout=MORE)).items():
                records[tp] = [*records.get(tp, ()), *batch]
        return records

    def _room(self) -> int:
        """Return how many records a fetch may have where some were fetched ahead; 0 where none were."""
        return self._most() if self._thread._ensure_consumer()._fetcher._records else 0  # noqa: SLF001  nobody else knows

    def _most(self) -> int:
        """Return how many records a fetch may have."""
        return int(self._thread._ensure_consumer()._max_poll_records)  # noqa: SLF001  the limit has no other place

    def _limit(self, wanted: int) -> None:
        """Let the next fetch have so many records, at least one and at most as many as configured."""
        most = int(self.app.conf.broker_max_poll_records)
        self._thread._ensure_consumer()._max_poll_records = max(1, min(wanted, most))  # noqa: SLF001  the same

    def _still(self, term: int) -> bool:
        return term == self._term and self.flow_active

    async def _take_back(self) -> bool:
        """Move positions back to what was let go; False where another rebalance came in between.

        A read that waits while partitions are dealt out goes on in the new assignment and may bring records of it, past
        the seek to the commits with which Faust ends a rebalance. Those of the old one are behind the new position.
        """
        term = self._term
        try:
            for tp in self._let_go.keys() & self.assignment():
                if await self.position(tp) > self._let_go[tp]:
                    await self.seek_wait({tp: self._let_go[tp]})
        except (KafkaError, TimeoutError) as error:
            self.log.warning("positions cannot be moved back, trying again: %r", error)
            await self.sleep(0.1)
            return False
        if term != self._term or not self.flow_active:
            return False
        self._let_go.clear()
        return True
