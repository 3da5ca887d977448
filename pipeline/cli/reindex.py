"""``wirewatch reindex``: every index made anew with today's mapping, behind its name, while everything goes on."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from pipeline import config
from pipeline.cli.progress import Progress
from pipeline.config import Elasticsearch as Settings
from pipeline.core.errors import ConfigError, Problem
from pipeline.runners.clock import Clock


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which indices, and the pace."""
    parser.add_argument("--only", metavar="NAME", help="one index, such as stories-2026.11 (all)")
    parser.add_argument("--rate", type=float, default=0.0, metavar="N", help="at most so many documents a second")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Bring the templates up to date, then move index after index; one that cannot be moved stays as it was."""
    from pipeline.adapters.elastic import connect, templates

    settings = config.load(options.config)
    if settings.mode != "distributed":
        where = options.config or "config/wirewatch.yaml"
        raise ConfigError([Problem(where, "reindex needs mode: distributed")])
    elastic = settings.elasticsearch
    with connect.client(elastic) as client:
        templates.put(elastic, client, lambda line: print(line, file=sys.stderr))
    with connect.reaching(elastic):
        asyncio.run(_moves(elastic, options.only, options.rate))
    with connect.client(elastic) as client:
        templates.init(elastic, client, Clock().now(), lambda _line: None)
    return 0


async def _moves(settings: Settings, only: str | None, rate: float) -> None:
    from pipeline.adapters.elastic import connect, reindex
    from pipeline.adapters.elastic.bulk import Bulk
    from pipeline.adapters.elastic.patience import Patience

    async with connect.async_client(settings) as client:
        bulk = Bulk(client, Patience("reindex"))
        found = [move for move in await reindex.moves(settings, client) if only in (None, move.name)]
        if not found:
            raise ConfigError(
                [Problem(only or "indices", "there is no such index", hint="`wirewatch init` makes them")]
            )
        for move in found:
            total = await reindex.documents(client, move.source)
            pace = _Pace(total, rate)
            await reindex.move(settings, client, bulk, move, pace)
            pace.progress.end(pace.done)
            print(f"{move.name} is {move.target} now: {total} documents", flush=True)


class _Pace:
    """Keeps the pace and draws the progress."""

    def __init__(self, total: int, rate: float) -> None:
        self.progress = Progress(total)
        self.pause = 1 / rate if rate > 0 else 0.0
        self.began = time.monotonic()
        self.done = 0

    def __call__(self, count: int) -> None:
        self.done += count
        self.progress.show(self.done)
        time.sleep(max(0.0, self.began + self.done * self.pause - time.monotonic()))
