"""A batch consumer without a server: its fetches are put into a queue, its commits and seeks are noted."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from aiokafka import TopicPartition
from faust.types import TP

from pipeline.config import Config, Kafka
from pipeline.runners import faust_batches
from pipeline.runners.faust_batches import BatchConsumer, Effect
from pipeline.runners.faust_reads import Records

T = TypeVar("T")
P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


class Read(NamedTuple):
    """A record, as far as the consumer looks at it."""

    offset: int
    value: bytes = b""
    timestamp: int = 0
    timestamp_type: int = 0


def fetch(**partitions: range) -> dict[TopicPartition, list[Read]]:
    return {TopicPartition("t", int(name[1:])): [Read(o) for o in offsets] for name, offsets in partitions.items()}


async def nothing(_records: Records) -> None:
    pass


@asynccontextmanager
async def consumer(effect: Effect = nothing) -> AsyncIterator[BatchConsumer]:
    """Yield a consumer in an assignment of two partitions; commits are noted in ``committed``."""
    app = faust_batches.make_app(Config(kafka=Kafka(prefix="x.")), "desk", ["t"], effect)
    app.finalize()
    found: Any = app.consumer
    found.committed = []
    found.fetches = asyncio.Queue()

    async def commit(offsets: dict[TP, int]) -> bool:
        found.committed.append({tp.partition: offset for tp, offset in offsets.items()})
        return True

    async def getmany(active_partitions: set[TP], timeout: float) -> Any:  # noqa: ARG001, ASYNC109  Faust's names
        return await found.fetches.get()

    found.positions, found.sought = {P0: 0, P1: 0}, []

    async def position(tp: TP) -> int:
        return int(found.positions[tp])

    async def seek_wait(partitions: dict[TopicPartition, int]) -> None:
        found.sought.append(partitions)

    found.position, found.seek_wait = position, seek_wait
    found._commit_offsets = lambda offsets, **_: commit(offsets)
    found._getmany = getmany
    found.room, found._room = 0, lambda: found.room
    found.highwater = lambda _tp: 100
    found.assignment = lambda: {TP("t", 0), TP("t", 1)}
    found._set_active_tps({TP("t", 0), TP("t", 1)})
    found._dealt = found._sought = 0
    yield found


def deal(found: Any) -> None:
    """Begin the next assignment, as after its seek."""
    found._term += 1
    found._dealt = found._sought = found._term
    found.resume_flow()


def run(test: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a test, and let its app go: one that goes in the middle of an import upsets CPython 3.11's compiler."""
    try:
        return asyncio.run(asyncio.wait_for(test(), 10))
    finally:
        gc.collect()


async def next_of(found: Any) -> Any:
    messages = [message async for _tp, message in found.getmany(timeout=0.05)]
    return messages[0] if messages else None
