"""One stream processor of the benchmark of peers: the desk's own stages from payload to confirmed alerts and stories.

``python tests/bench/peer_worker.py RUNNER CONFIG CORE``, RUNNER one of ``faust`` (the project's), ``stock`` (Faust as
its documentation has it), ``quix`` and ``bytewax``. Prints when the first record came, and the processor time spent
until then; runs until it is killed. Each is set to at-least-once, with an idempotent producer and all replicas asked.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from time import perf_counter, process_time
from typing import Any

import msgspec

from pipeline import config as configuration
from pipeline import wiring
from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.records import Message, Record
from pipeline.adapters.kafka.send import Sender
from pipeline.config import Config
from pipeline.runners.clock import Clock
from pipeline.runners.counting import count
from pipeline.runners.desk import WORK, WORKER, DeskWorker, Produced

SAFE = {"acks": "all", "enable.idempotence": True}


class Taken(msgspec.Struct, frozen=True):
    """A record as the peers hand it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] | None


class Stages:
    """The stages of the desk: one record in, the messages that come of it out, the alerts first."""

    def __init__(self, settings: Config) -> None:
        kafka = settings.kafka
        desk, _rules = wiring.desk(settings, "bench", Clock().now, print)
        self.sender = Sender(kafka, "bench")
        self.desk = DeskWorker(desk, kafka, self.sender)
        self.source = topics.full_name(kafka, topics.INCOMING)
        self._began = False

    def begin(self) -> None:
        """Tell when the first record is there."""
        if not self._began:
            self._began = True
            os.write(1, f"{perf_counter()} {process_time()}\n".encode())

    def __call__(self, record: Record) -> list[Message]:
        """Return what one record comes to."""
        self.begin()
        produced = Produced()
        self.desk.take(record, produced)
        count(WORKER, produced.outcomes)
        return [*produced.first, *produced.then]


def faust(settings: Config, stages: Stages) -> None:
    """Run the project's own worker."""
    from pipeline.runners import faust_batches, faust_reads, serve

    async def effect(fetched: faust_reads.Records) -> faust_batches.Rest:
        stages.begin()
        return await stages.desk(fetched)

    serve.run(
        lambda: faust_batches.make_app(settings, "bench", [stages.source], effect, work=WORK), stages.sender.close
    )


def stock(settings: Config, stages: Stages) -> None:
    """Run an agent over events that awaits the confirmation of its writes before the next one."""
    import faust as stock_faust

    from pipeline.runners import serve

    def make() -> Any:
        app = stock_faust.App(
            f"{settings.kafka.prefix}stock",
            broker=f"aiokafka://{settings.kafka.brokers[0]}",
            consumer_auto_offset_reset="earliest",
            producer_acks=-1,
            topic_disable_leader=True,
            web_enabled=False,
        )
        app._create_directories = lambda: None
        sinks: dict[str, Any] = {}

        @app.agent(app.topic(stages.source, value_serializer="raw"))  # type: ignore[untyped-decorator]
        async def agent(stream: Any) -> None:
            async for event in stream.events():
                found = event.message
                record = Taken(
                    found.topic, found.partition, found.offset, int(found.timestamp * 1000), found.key, found.value,
                    list(dict(found.headers or ()).items()),
                )  # fmt: skip
                sent = []
                for message in stages(record):
                    name = topics.full_name(settings.kafka, message.topic)
                    sink = sinks.setdefault(name, app.topic(name, value_serializer="raw", key_serializer="raw"))
                    sent.append(await sink.send(key=message.key, value=message.value, headers=dict(message.headers)))
                await asyncio.gather(*sent)

        return app

    async def close() -> None:
        """Leave nothing behind."""

    serve.run(make, close)


def quix(settings: Config, stages: Stages) -> None:
    """Run a Quix Streams application; it flushes its producer before it commits."""
    from quixstreams import Application
    from quixstreams.models.serializers import Serializer

    class Value(Serializer):  # type: ignore[misc]  # quixstreams is in the peer's environment only
        def __call__(self, value: Message, *_: Any, **__: Any) -> bytes:
            return value.value or b""

    kafka = settings.kafka
    app = Application(
        kafka.brokers[0],
        consumer_group=f"{kafka.prefix}quix",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        processing_guarantee="at-least-once",
        producer_extra_config=SAFE,
        loglevel="WARNING",
    )
    source = app.topic(stages.source, key_deserializer="bytes", value_deserializer="bytes")
    sinks = {
        name: app.topic(topics.full_name(kafka, name), key_serializer="bytes", value_serializer=Value())
        for name in written(settings)
    }

    def stage(value: bytes, key: bytes, timestamp: int, headers: Any) -> list[Message]:
        return stages(Taken(stages.source, 0, 0, timestamp, key, value, headers))

    frame = app.dataframe(source).apply(stage, expand=True, metadata=True)
    frame = frame.set_headers(lambda value, _key, _time, _headers: list(value.headers))
    frame.to_topic(lambda value, _key, _time, _headers: sinks[value.topic])
    app.run()


def bytewax(settings: Config, stages: Stages) -> None:
    """Run a Bytewax dataflow with recovery; its sink flushes after every batch."""
    from bytewax import operators
    from bytewax._bytewax import cli_main
    from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
    from bytewax.dataflow import Dataflow
    from bytewax.recovery import RecoveryConfig, init_db_dir

    kafka = settings.kafka

    def stage(found: Any) -> list[Any]:
        record = Taken(found.topic, found.partition, found.offset, found.timestamp[1], found.key, found.value, None)
        return [
            KafkaSinkMessage(
                key=message.key,
                value=message.value,
                headers=list(message.headers),
                topic=topics.full_name(kafka, message.topic),
            )
            for message in stages(record)
        ]

    flow = Dataflow("desk")
    read = operators.input("read", flow, KafkaSource(list(kafka.brokers), [stages.source]))
    made = operators.flat_map("stages", read, stage)
    operators.output("write", made, KafkaSink(list(kafka.brokers), None, add_config=SAFE))
    with tempfile.TemporaryDirectory() as folder:
        init_db_dir(folder, 1)
        cli_main(flow, recovery_config=RecoveryConfig(folder))


def written(settings: Config) -> list[str]:
    """Return the topics that the stages write to, without the prefix."""
    alerts = [topics.alert_topic(name) for name in settings.topics]
    return [topics.STORIES, topics.ALERTS, topics.HELD, topics.DEAD, *alerts]


RUNNERS: dict[str, Callable[[Config, Stages], None]] = {
    "faust": faust,
    "stock": stock,
    "quix": quix,
    "bytewax": bytewax,
}


def main(runner: str, file: str, core: str) -> None:
    """Run on one core until killed."""
    os.sched_setaffinity(0, {int(core)})
    settings = configuration.load(file)
    RUNNERS[runner](settings, Stages(settings))


if __name__ == "__main__":
    main(*sys.argv[1:])
