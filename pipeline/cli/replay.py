"""``wirewatch replay``: history through desk or index once more, after a change of dictionary, rules or mapping."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from pipeline import config
from pipeline.cli.times import age
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload

SHOWN_EVERY = 0.5
"""Seconds between two updates of the count on a terminal."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the span, the step and the pace."""
    parser.add_argument("--from", dest="since", type=age, required=True, metavar="T", help="an age (12h) or a date")
    parser.add_argument("--to", type=age, metavar="T", help="up to then (now)")
    parser.add_argument(
        "--step", choices=("desk", "index"), default="desk", help="desk: tag and match anew; index: write anew (desk)"
    )
    parser.add_argument("--rate", type=float, default=500.0, metavar="N", help="at most so many a second (500)")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Send the messages of the span once more; an interrupted replay says from where to go on."""
    from pipeline.adapters.kafka import read, records, topics
    from pipeline.adapters.kafka.dead import key_of
    from pipeline.adapters.kafka.produce import Producer

    settings = config.load(options.config)
    if settings.mode != "distributed":
        where = options.config or "config/wirewatch.yaml"
        hint = "in embedded mode, `wirewatch run` takes the same files in again"
        raise ConfigError([Problem(where, "replay needs mode: distributed", hint=hint)])
    now = datetime.now(UTC)
    since, until = options.since(now), options.to(now) if options.to else now
    topic = topics.INCOMING if options.step == "desk" else topics.STORIES
    key: Callable[[Payload], bytes] = cheap_key if options.step == "desk" else lambda payload: key_of(payload.data)
    refused: list[str] = []

    def refuse(origin: str, reason: str) -> None:
        refused.append(origin)
        print(f"{origin}: {reason}", file=sys.stderr)

    producer = Producer(settings.kafka, key, refuse, topic=topic)
    progress = _Progress(options.rate)
    reached: dict[int, int] = {}
    try:
        for record in read.span(settings.kafka, topic, since, until):
            if not records.is_replay(record):  # what has been replayed before stands in the span, too
                progress.step()
                producer.send(msgspec.structs.replace(records.payload_of(record), replay=True))
                reached[record.partition] = record.timestamp
    except KeyboardInterrupt:
        if reached:
            back = datetime.fromtimestamp(min(reached.values()) / 1000, UTC)
            print(f"\nwirewatch: go on with --from {back.isoformat()}", file=sys.stderr)
        raise
    finally:
        sent = producer.finish()
        progress.end()
        print(f"wirewatch: {sent.confirmed} messages of {producer.topic} sent once more", file=sys.stderr)
    return int(bool(refused))


class _Progress:
    """Keeps the pace, and shows a count on a terminal."""

    def __init__(self, rate: float) -> None:
        self.pause = 1 / rate if rate > 0 else 0.0
        self.done = 0
        self.began = self.shown = time.monotonic()

    def step(self) -> None:
        """Wait for the turn of the next message."""
        self.done += 1
        time.sleep(max(0.0, self.began + self.done * self.pause - time.monotonic()))
        if sys.stderr.isatty() and time.monotonic() - self.shown > SHOWN_EVERY:
            self.shown = time.monotonic()
            rate = self.done / (self.shown - self.began)
            print(f"\r{self.done} sent, {rate:.0f} a second", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line of the count."""
        if sys.stderr.isatty() and self.done:
            print(file=sys.stderr)
