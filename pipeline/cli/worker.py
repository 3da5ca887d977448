"""``wirewatch worker``: one worker of the distributed pipeline."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import config, metrics, wiring
from pipeline.config import Config
from pipeline.core.errors import ConfigError, InputError, Problem
from pipeline.core.rules.book import RuleBook
from pipeline.runners.clock import Clock
from pipeline.runners.liveness import Liveness

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch

    from pipeline.runners.followed_rules import FollowedRules

BULKS = 3
"""Parts of a fetch that one index worker has in hand at the same time."""


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
    parser.add_argument("--processes", type=_count, default=1, metavar="N", help="so many of them; kept running (1)")
    parser.add_argument(
        "--discovery", metavar="FILE", help="with --processes: write their metrics' addresses for Prometheus there"
    )
    parser.add_argument("--strict", action="store_true", help="do not start where a rule file has a problem")
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Run the worker until it is told to stop."""
    settings = config.load(options.config)
    if options.processes != 1:
        return _several(settings, options)
    from pipeline.runners import serve

    liveness = Liveness(options.worker)
    if settings.metrics.port:
        port = settings.metrics.port + (options.number or 0)
        port = metrics.serve(settings.metrics.host, port, liveness.pages())
        print(f"wirewatch: metrics at http://{settings.metrics.host}:{port}/metrics", file=sys.stderr, flush=True)
    serve.quieten()
    run_it = {"desk": _desk, "index": _index, "release": _release}[options.worker]
    return run_it(settings, options.instance, liveness, _Refusals(options.strict))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 999):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes from 1 to 999")
    return int(text)


def _several(settings: Config, options: argparse.Namespace) -> int:
    """Run ``--processes`` of a worker; each serves its metrics on a port of its own."""
    from pipeline.adapters.kafka import topics
    from pipeline.runners import processes, serve

    count = options.processes
    if options.worker == "release":
        raise InputError("one release worker does; a second one is a spare: start it on another machine")
    source = topics.INCOMING if options.worker == "desk" else topics.STORIES
    serve.wait_for_topics(settings, [source])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or count
    for line in _advice(options.worker, count, source, topics.partitions(settings.kafka, source), cores):
        serve.say(line)
    commands = []
    for number in range(count):
        command = [sys.executable, "-m", "pipeline", "worker", options.worker, "--number", str(number)]
        command += ["--config", options.config] if options.config else []
        command += ["--strict"] if options.strict else []
        command += ["--instance", f"{options.instance}-{number}"] if options.instance else []
        commands.append(command)
    if options.discovery:
        ports = [settings.metrics.port + number for number in range(count)]
        addresses = [f"{settings.metrics.host}:{port}" for port in ports if settings.metrics.port]
        processes.write_discovery(Path(options.discovery), options.worker, addresses)
    return processes.supervise(commands)


def _advice(worker: str, count: int, source: str, partitions: int, cores: int) -> Iterator[str]:
    """Yield what speaks against so many processes of a worker."""
    if partitions < count:
        idle = f"{count - partitions} of {count} processes will have nothing to do"
        yield f"{source} has {partitions} partitions: {idle}; more partitions are made before the first story only"
    if worker == "desk" and cores < count:  # index mostly waits for Elasticsearch
        yield f"{count} processes on {cores} cores take turns, and a story costs a fifth more: {cores} do as much"


def _desk(settings: Config, instance: str | None, liveness: Liveness, refusals: _Refusals) -> int:
    from aiokafka.errors import KafkaError

    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import faust_batches, serve
    from pipeline.runners.desk import WORK, WORKER, DeskWorker

    kafka = settings.kafka
    desk, book = wiring.desk(settings, WORKER, Clock().now, refusals)
    refusals.check()
    serve.wait_for_topics(settings, [topics.INCOMING, *topics.made(settings)])
    sender = Sender(kafka, WORKER)
    rules = _follow(settings, book, WORKER)

    async def begin() -> None:
        await rules.begin()
        with suppress(KafkaError, OSError):  # away again: the first message waits for it
            await sender.connect(topics.made(settings))

    def make() -> object:
        names = [topics.full_name(kafka, topics.INCOMING)]
        effect = DeskWorker(desk, kafka, sender)
        return faust_batches.make_app(
            settings, WORKER, names, effect, instance=instance, liveness=liveness, work=WORK, bury=effect.bury
        )

    async def close() -> None:
        await rules.close()
        await sender.close()

    return serve.run(make, close, begin)


def _release(settings: Config, instance: str | None, liveness: Liveness, refusals: _Refusals) -> int:
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import serve
    from pipeline.runners.release import WORKER, ReleaseWorker

    kafka, clock = settings.kafka, Clock()
    desk, book = wiring.desk(settings, WORKER, clock.now, refusals)
    refusals.check()
    serve.wait_for_topics(settings, [topics.HELD, *topics.made(settings)])

    async def main() -> int:
        sender = Sender(kafka, WORKER)
        worker = ReleaseWorker(desk, kafka, sender, clock.now, liveness=liveness, instance=instance)
        loop = asyncio.get_running_loop()
        liveness.guard(lambda why: serve.end_still(why, {"the main loop": loop}))

        def stop() -> None:
            worker.stop()  # what it writes may wait for a broker that is away
            loop.call_later(serve.STOP, serve.give_up, {"the main loop": loop})

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        rules = _follow(settings, book, WORKER)
        await rules.begin()
        await worker.run()
        await rules.close()
        return 0

    return asyncio.run(main())


def _index(settings: Config, instance: str | None, liveness: Liveness, _refusals: _Refusals) -> int:
    from pipeline.adapters.elastic import connect, templates
    from pipeline.adapters.elastic.bulk import Bulk
    from pipeline.adapters.elastic.patience import Patience
    from pipeline.adapters.elastic.shelf import Shelf
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import faust_batches, serve
    from pipeline.runners.index import WORKER, IndexWorker

    kafka, elastic = settings.kafka, settings.elasticsearch
    book = wiring.rule_book(
        settings, wiring.dictionary(settings), Clock().now().date(), lambda _problem: None
    )  # the desk tells
    serve.wait_for_topics(settings, [topics.STORIES, *topics.made(settings)])
    with connect.client(elastic) as client:
        serve.wait_for(lambda: templates.check(elastic, client))
    sender = Sender(kafka, WORKER)
    rules = _follow(settings, book, WORKER)
    clients: list[AsyncElasticsearch] = []

    def make() -> object:
        client = connect.async_client(elastic)
        clients.append(client)
        patience = Patience(WORKER, answered=liveness.moved)
        shelf = Shelf(client, elastic.prefix, patience, Clock().now)
        effect = IndexWorker(shelf, [Bulk(client, patience) for _ in range(BULKS)], sender, kafka, book.rules)
        names = [topics.full_name(kafka, name) for name in (topics.STORIES, topics.ALERTS, topics.HELD)]
        return faust_batches.make_app(
            settings, WORKER, names, effect, instance=instance, liveness=liveness, bury=effect.bury
        )

    async def close() -> None:
        await rules.close()
        await sender.close()
        for client in clients:
            await client.close()

    return serve.run(make, close, rules.begin)


class _Refusals:
    """Says what is wrong with rules; with ``strict``, nothing may be."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.count = 0

    def __call__(self, problem: Problem) -> None:
        from pipeline.runners import serve

        self.count += 1
        serve.say(f"rule refused: {problem}")

    def check(self) -> None:
        """Raise InputError where the files have a problem that --strict does not admit."""
        if self.strict and self.count:
            raise ConfigError([Problem("--strict", f"{self.count} problems with the rules: the worker does not start")])


def _follow(settings: Config, book: RuleBook, worker: str) -> FollowedRules:
    """Return what keeps the rules of a worker up to date."""
    from pipeline.adapters.kafka import topics
    from pipeline.runners.followed_rules import FollowedRules

    return FollowedRules(book, settings.kafka, topics.partitions(settings.kafka, topics.RULES), worker, Clock().now)
