"""``wirewatch worker``: one Faust worker of the distributed pipeline."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from pipeline import config, metrics, wiring
from pipeline.config import Config
from pipeline.runners.clock import Clock
from pipeline.runners.liveness import Liveness

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch

BULKS = 2
"""Bulk requests of one index worker that go on at the same time."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which worker, and how it is known to Kafka."""
    parser.add_argument(
        "worker",
        choices=("desk", "index", "release"),
        help="desk: tags and matches; index: writes to the index; release: publishes held stories on time",
    )
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    parser.add_argument(
        "--instance", metavar="NAME", help="a name of its own among the workers: it gets its partitions back at once"
    )


def run(options: argparse.Namespace) -> int:
    """Run the worker until it is told to stop."""
    settings = config.load(options.config)
    liveness = Liveness(options.worker)
    if settings.metrics.port:
        port = metrics.serve(settings.metrics.host, settings.metrics.port, liveness.pages())
        print(f"wirewatch: metrics at http://{settings.metrics.host}:{port}/metrics", file=sys.stderr, flush=True)
    return {"desk": _desk, "index": _index, "release": _release}[options.worker](settings, options.instance, liveness)


def _desk(settings: Config, instance: str | None, liveness: Liveness) -> int:
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import faust_batches, serve
    from pipeline.runners.desk import WORK, WORKER, DeskWorker

    kafka = settings.kafka
    desk, _rules = wiring.desk(settings, WORKER, Clock().now, lambda problem: serve.say(f"rule refused: {problem}"))
    serve.wait_for_topics(kafka, [topics.INCOMING, *topics.made(settings)])
    sender = Sender(kafka, WORKER)

    def make() -> object:
        names = [topics.full_name(kafka, topics.INCOMING)]
        effect = DeskWorker(desk, kafka, sender)
        return faust_batches.make_app(settings, WORKER, names, effect, instance=instance, liveness=liveness, work=WORK)

    return serve.run(make, sender.close)


def _release(settings: Config, _instance: str | None, liveness: Liveness) -> int:
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import serve
    from pipeline.runners.release import WORKER, ReleaseWorker

    kafka, clock = settings.kafka, Clock()
    desk, _rules = wiring.desk(settings, WORKER, clock.now, lambda problem: serve.say(f"rule refused: {problem}"))
    serve.wait_for_topics(kafka, [topics.HELD, *topics.made(settings)])
    partitions = liveness.partitions = topics.partitions(kafka, topics.HELD)

    async def main() -> int:
        worker = ReleaseWorker(desk, kafka, partitions, Sender(kafka, WORKER), clock.now)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        await worker.run()
        return 0

    return asyncio.run(main())


def _index(settings: Config, instance: str | None, liveness: Liveness) -> int:
    from pipeline.adapters.elastic import connect, templates
    from pipeline.adapters.elastic.bulk import Bulk
    from pipeline.adapters.elastic.patience import Patience
    from pipeline.adapters.elastic.shelf import Shelf
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import faust_batches, serve
    from pipeline.runners.index import WORKER, IndexWorker

    kafka, elastic = settings.kafka, settings.elasticsearch
    rules, _problems = wiring.rules(settings, wiring.dictionary(settings))  # the desk tells of the problems
    serve.wait_for_topics(kafka, [topics.STORIES, *topics.made(settings)])
    with connect.client(elastic) as client:
        serve.wait_for(lambda: templates.check(elastic, client))
    sender = Sender(kafka, WORKER)
    clients: list[AsyncElasticsearch] = []

    def make() -> object:
        client = connect.async_client(elastic)
        clients.append(client)
        patience = Patience(WORKER)
        shelf = Shelf(client, elastic.prefix, patience, Clock().now)
        effect = IndexWorker(shelf, [Bulk(client, patience) for _ in range(BULKS)], sender, kafka, rules.versions)
        names = [topics.full_name(kafka, name) for name in (topics.STORIES, topics.ALERTS, topics.HELD)]
        return faust_batches.make_app(settings, WORKER, names, effect, instance=instance, liveness=liveness)

    async def close() -> None:
        await sender.close()
        for client in clients:
            await client.close()

    return serve.run(make, close)
