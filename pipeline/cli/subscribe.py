"""``wirewatch subscribe``: the alerts of topics or rules, as they come."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from pipeline import config
from pipeline.adapters.sqlite import SqliteArchive
from pipeline.cli.render import Style, alert_lines
from pipeline.cli.times import age
from pipeline.config import Config
from pipeline.core.alerts import Alert, cloud_event
from pipeline.core.archive import AlertFilter
from pipeline.core.story import encode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is subscribed to and since when."""
    parser.add_argument("names", nargs="*", metavar="TOPIC|RULE", help="alert topics and rule ids (all)")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    parser.add_argument("--since", type=age, metavar="1h", help="alerts of before, too: an age or a date (from now on)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="lines for people, or CloudEvents")
    parser.add_argument("--once", action="store_true", help="end after the alerts that are there")


def run(options: argparse.Namespace) -> int:
    """Print alerts until interrupted."""
    settings = config.load(options.config)
    topics = frozenset(name for name in options.names if name in settings.topics)
    rules = frozenset(options.names) - topics
    if rules:
        print(f"wirewatch: {', '.join(sorted(rules))}: no topic, so taken for a rule", file=sys.stderr)
    since: Callable[[datetime], datetime] | None = options.since
    wanted = AlertFilter(topics=topics, rules=rules, since=since(datetime.now(UTC)) if since else None)
    style = Style()
    for alert in FOLLOW[settings.mode](settings, wanted, not options.once):
        text = encode(cloud_event(alert)).decode() if options.format == "json" else alert_lines([alert], style)
        print(text, flush=True)
    return 0


def _embedded(settings: Config, wanted: AlertFilter, follow: bool) -> Iterator[Alert]:
    wanted = wanted if wanted.since else msgspec.structs.replace(wanted, since=datetime.now(UTC))
    archive = SqliteArchive(settings.path(settings.database))
    try:
        yield from archive.follow(wanted) if follow else archive.alerts(wanted)
    finally:
        archive.close()


def _distributed(settings: Config, wanted: AlertFilter, follow: bool) -> Iterator[Alert]:
    from pipeline.adapters.kafka import read

    yield from read.alerts(settings.kafka, wanted, follow=follow)


FOLLOW = {"embedded": _embedded, "distributed": _distributed}
