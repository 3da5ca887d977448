"""``wirewatch worker``: one Faust worker of the distributed pipeline."""

from __future__ import annotations

import argparse
import sys

from pipeline import config, metrics, wiring
from pipeline.config import Config
from pipeline.core.errors import UnreachableError
from pipeline.runners.liveness import Liveness


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which worker, and how it is known to Kafka."""
    parser.add_argument("worker", choices=("desk", "index"), help="desk: tags and matches; index: writes to the index")
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
    return {"desk": _desk, "index": _index}[options.worker](settings, options.instance, liveness)


def _desk(settings: Config, instance: str | None, liveness: Liveness) -> int:
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.send import Sender
    from pipeline.runners import faust_batches, serve
    from pipeline.runners.clock import Clock
    from pipeline.runners.desk import WORKER, DeskWorker

    desk = wiring.desk(settings, WORKER, Clock().now)
    kafka = settings.kafka
    names = [topics.INCOMING, topics.STORIES, topics.ALERTS, topics.HELD, topics.DEAD]
    serve.wait_for_topics(kafka, [*names, *(topics.alert_topic(topic) for topic in settings.topics)])

    sender = Sender(kafka, WORKER)

    def make() -> object:
        incoming = [topics.full_name(kafka, topics.INCOMING)]
        effect = DeskWorker(desk, kafka, sender)
        return faust_batches.make_app(settings, WORKER, incoming, effect, instance=instance, liveness=liveness)

    return serve.run(make, sender.close)


def _index(settings: Config, instance: str | None, _liveness: Liveness) -> int:
    raise UnreachableError(f"index {settings.mode} {instance}")
