"""``wirewatch init``: what the distributed pipeline needs on its servers."""

from __future__ import annotations

import argparse

from pipeline import config
from pipeline.config import Config
from pipeline.runners.clock import Clock


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the configuration and which servers."""
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    parser.add_argument("--only", choices=tuple(SERVERS), help="this server alone (both)")


def run(options: argparse.Namespace) -> int:
    """Make topics and index templates; a repeat changes only what differs."""
    settings = config.load(options.config)
    for server in (options.only,) if options.only else SERVERS:
        SERVERS[server](settings)
    return 0


def _kafka(settings: Config) -> None:
    from pipeline.adapters.kafka import topics

    said: list[str] = []
    topics.create(settings, said.append)
    print("\n".join(said or ["Kafka: every topic is as configured"]), flush=True)


def _elasticsearch(settings: Config) -> None:
    from pipeline.adapters.elastic import connect, templates

    with connect.client(settings.elasticsearch) as client:
        templates.init(settings.elasticsearch, client, Clock().now(), print)


SERVERS = {"kafka": _kafka, "elasticsearch": _elasticsearch}
