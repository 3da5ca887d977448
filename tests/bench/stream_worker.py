"""One worker of the streaming benchmark: reads a topic, or reads and writes it, and prints what it did a second.

``python -m tests.bench.stream_worker RUNNER read|write BROKER PREFIX RECORDS``, RUNNER as in tests/faults/worker.py.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import faust
import uvloop
from aiokafka import AIOKafkaProducer

from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Sender
from pipeline.config import Config, Kafka
from pipeline.runners import faust_batches, serve
from pipeline.runners.faust_batches import Effect, Rest
from pipeline.runners.faust_reads import Records
from tests.runners import plain

SOURCE, SINK = "bench.in", "bench.out"


class Meter:
    """Counts records; ends the process when all have been seen."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.seen = 0
        self.began = 0.0

    def begin(self) -> None:
        """Note when the first record came."""
        self.began = self.began or perf_counter()

    def add(self, count: int) -> None:
        """Count; print the rate and end when it was the last."""
        self.seen += count
        if self.seen >= self.records:
            os.write(1, f"{self.seen / (perf_counter() - self.began):.0f}\n".encode())
            os._exit(0)


def effect_of(kafka: Kafka, mode: str, meter: Meter) -> Effect:
    """Return an effect that writes each record on, confirmed, or does nothing."""
    sender = Sender(kafka, "bench")

    async def write(messages: list[Message]) -> None:
        if mode == "write":
            await sender.send(messages)
        meter.add(len(messages))

    async def effect(records: Records) -> Rest:
        meter.begin()
        return partial(write, [Message(SINK, r.key, r.value) for batch in records.values() for r in batch])

    return effect


def stock(kafka: Kafka, mode: str, meter: Meter) -> Any:
    """Return Faust as its documentation has it, each write confirmed before the next event."""
    app = faust.App(
        f"{kafka.prefix}stock",
        broker=f"aiokafka://{kafka.brokers[0]}",
        topic_disable_leader=True,
        web_enabled=False,
        broker_max_poll_records=kafka.fetch_records,
    )
    app._create_directories = lambda: None
    producer: list[AIOKafkaProducer] = []

    @app.agent(app.topic(kafka.prefix + SOURCE, value_serializer="raw"))  # type: ignore[untyped-decorator]
    async def agent(stream: Any) -> None:
        async for event in stream.events():
            meter.begin()
            if mode == "write":
                if not producer:
                    producer.append(AIOKafkaProducer(bootstrap_servers=list(kafka.brokers), enable_idempotence=True))
                    await producer[0].start()
                await producer[0].send(kafka.prefix + SINK, event.value, key=event.message.key)
            meter.add(1)

    return app


async def _nothing() -> None:
    pass


def main(runner: str, mode: str, broker: str, prefix: str, records: str) -> int:
    """Run until all records are done."""
    kafka = Kafka(brokers=(broker,), prefix=prefix, fetch_records=2_000)
    meter = Meter(int(records))
    effect = effect_of(kafka, mode, meter)
    made: dict[str, Callable[[], Any]] = {
        "faust": lambda: faust_batches.make_app(Config(kafka=kafka), f"bench-{mode}", [prefix + SOURCE], effect),
        "plain": lambda: plain.make_app(Config(kafka=kafka), f"plain-{mode}", [prefix + SOURCE], effect),
        "stock": lambda: stock(kafka, mode, meter),
    }
    return serve.run(made[runner], _nothing)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    sys.exit(main(*sys.argv[1:]))
