"""A worker whose effect is a line in a ledger: what a runner does is then to be read from the lines.

``python -m tests.faults.worker RUNNER BROKER PREFIX LEDGER MILLISECONDS [INSTANCE]``. RUNNER is ``faust`` (ours),
``plain`` (the control) or ``stock`` (Faust's own ``take()``, which loses: so the tests can see a loss). Lines of the
ledger are ``B|E|D partition first last``: a fetch begun, its effect confirmed, a record buried. While there is a file
``LEDGER.block``, no effect is confirmed; where there is a ``LEDGER.fail``, one effect takes it away and raises. Where a
record is named in ``LEDGER.deadly`` (``partition offset way``), it ends the process that works on it, in its way.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import faust
from aiokafka import ConsumerRecord, TopicPartition

from pipeline.config import Config, Kafka
from pipeline.runners import faust_batches, serve
from pipeline.runners.faust_batches import Bury, Effect, Rest
from pipeline.runners.faust_reads import Records
from tests.runners import plain

NAME = "ledger"
TOPIC = "ledger"


WAYS: dict[str, Callable[[], object]] = {
    "exit": partial(os._exit, 7),
    "segfault": partial(os.kill, os.getpid(), signal.SIGSEGV),
    "killed": partial(os.kill, os.getpid(), signal.SIGKILL),
}
"""How a record may end its process: as a library does that gives up, by a fault in one, as the kernel does."""


def ledger_effect(ledger: Path, milliseconds: float) -> tuple[Effect, Bury]:
    """Return an effect that takes about so long and notes its records when it is done, and what notes a burial."""
    lines = os.open(f"{ledger}.{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    block = Path(f"{ledger}.block")
    fails = Path(f"{ledger}.fail")

    def note(kind: str, records: Records) -> None:
        for partition, batch in records.items():
            os.write(lines, f"{kind} {partition.partition} {batch[0].offset} {batch[-1].offset}\n".encode())

    def fail_once() -> None:
        if fails.exists():
            fails.unlink()
            raise RuntimeError("the effect failed")

    async def bury(record: ConsumerRecord, _ends: int) -> None:
        os.write(lines, f"D {record.partition} {record.offset} {record.offset}\n".encode())

    blocked = block.exists

    async def half() -> None:
        while blocked():  # noqa: ASYNC110  a file of another process has no event
            await asyncio.sleep(0.1)
        await asyncio.sleep(milliseconds / 2000 * random.uniform(0.5, 1.5))
        fail_once()

    return _halved(note, half, _deadly(Path(f"{ledger}.deadly"))), bury


def _halved(
    note: Callable[[str, Records], None], half: Callable[[], Awaitable[None]], end_if_deadly: Callable[[Records], None]
) -> Effect:
    """Return an effect that leaves its second half, now and then, to be done while the next fetch is worked on."""

    async def rest(records: Records) -> None:
        await half()
        end_if_deadly(records)
        note("E", records)

    async def effect(records: Records) -> Rest | None:
        note("B", records)
        await half()
        end_if_deadly(records)
        if random.random() < 0.5:
            return partial(rest, records)
        await rest(records)
        return None

    return effect


def _deadly(file: Path) -> Callable[[Records], None]:
    """Return what ends the process where a fetch has a record that is to do that."""
    words = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    deadly = {(int(partition), int(offset)): WAYS[way] for partition, offset, way in words}

    def end_if_deadly(records: Records) -> None:
        for partition, batch in records.items():
            for record in batch:
                if (partition.partition, record.offset) in deadly:
                    deadly[partition.partition, record.offset]()

    return end_if_deadly


def stock(kafka: Kafka, effect: Effect) -> Any:
    """Return an app whose agent takes batches as Faust's documentation shows."""
    app = faust.App(
        f"{kafka.prefix}wirewatch-{NAME}",
        broker=f"aiokafka://{kafka.brokers[0]}",
        topic_disable_leader=True,
        web_enabled=False,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=0.1,
        broker_max_poll_records=kafka.fetch_records,
    )
    app._create_directories = lambda: None

    @app.agent(app.topic(kafka.prefix + TOPIC, value_serializer="raw"))  # type: ignore[untyped-decorator]
    async def agent(stream: Any) -> None:
        async for values in stream.take(kafka.fetch_records, within=0.05):
            batches: dict[TopicPartition, list[Position]] = {}
            for value in values:
                partition, offset = map(int, value.split())  # take() hands over values alone
                batches.setdefault(TopicPartition(TOPIC, partition), []).append(Position(offset))
            await plain.complete(effect, batches)

    return app


class Position(NamedTuple):
    """A record, as far as the ledger looks at it."""

    offset: int


async def _nothing() -> None:
    pass


def main(runner: str, broker: str, prefix: str, ledger: str, milliseconds: str, *instance: str) -> int:
    """Run until SIGTERM."""
    kafka = Kafka(brokers=(broker,), prefix=prefix, fetch_records=200)
    config = Config(mode="distributed", kafka=kafka)
    effect, bury = ledger_effect(Path(ledger), float(milliseconds))
    topics = [prefix + TOPIC]
    if runner == "stock":
        return serve.run(lambda: stock(kafka, effect), _nothing)
    make_app = plain.make_app if runner == "plain" else faust_batches.make_app
    make = partial(make_app, config, NAME, topics, effect, bury=bury, instance=next(iter(instance), None))
    return serve.run(make, _nothing)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
