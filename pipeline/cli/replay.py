"""``wirewatch replay``: history through desk or index once more, after a change of dictionary, rules or mapping."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from pipeline import config
from pipeline.cli.progress import Progress
from pipeline.cli.times import age
from pipeline.config import Config
from pipeline.core.errors import ConfigError, Problem, UnreachableError
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload

if TYPE_CHECKING:
    from pipeline.adapters.kafka.produce import Producer
    from pipeline.adapters.kafka.records import Record
    from pipeline.adapters.kafka.replays import Replay

NOTED_EVERY = 1.0
"""Seconds between two notes of how far a replay has come: what a crash repeats."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the span, the step and the pace."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--from", dest="since", type=age, metavar="T", help="an age (12h) or a date")
    which.add_argument("--resume", metavar="ID", help="go on with a replay that was interrupted; it has said its id")
    parser.add_argument("--to", type=age, metavar="T", help="up to then (now)")
    parser.add_argument(
        "--step", choices=("desk", "index"), default="desk", help="desk: tag and match anew; index: write anew (desk)"
    )
    parser.add_argument("--alerts", action="store_true", help="raise alerts, too; they have the ids of the first time")
    parser.add_argument("--rate", type=float, default=500.0, metavar="N", help="at most so many a second (500)")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Send the messages of the span once more; an interrupted replay says how to go on."""
    from pipeline.adapters.kafka import records, topics
    from pipeline.adapters.kafka.dead import key_of
    from pipeline.adapters.kafka.produce import Producer

    settings = config.load(options.config)
    if settings.mode != "distributed":
        where = options.config or "config/wirewatch.yaml"
        hint = "in embedded mode, `wirewatch run` takes the same files in again"
        raise ConfigError([Problem(where, "replay needs mode: distributed", hint=hint)])
    replay = _replay(settings, options)
    desk = replay.topic == topics.full_name(settings.kafka, topics.INCOMING)
    key: Callable[[Payload], bytes] = cheap_key if desk else lambda payload: key_of(payload.data)
    refused: list[str] = []

    def refuse(origin: str, reason: str) -> None:
        refused.append(origin)
        print(f"{origin}: {reason}", file=sys.stderr)

    topic = topics.INCOMING if desk else topics.STORIES
    producer = Producer(settings.kafka, key, refuse, topic=topic)
    print(f"wirewatch: replay {replay.id} of {replay.topic}: {replay.total - replay.done} messages", file=sys.stderr)
    certain = True
    try:
        _through(replay, producer, options.rate, was_sent=records.was_replayed if desk else records.was_copied)
    except UnreachableError:
        certain = False  # something before is not confirmed: what was noted last is where to go on
        raise
    finally:
        try:
            sent = producer.finish()
            if certain and replay.done < replay.total:
                replay.note()
            print(f"wirewatch: {sent.confirmed} messages of {producer.topic} sent once more", file=sys.stderr)
        finally:
            if replay.done < replay.total:
                print(f"wirewatch: go on with `wirewatch replay --resume {replay.id}`", file=sys.stderr)
    replay.end()
    return int(bool(refused))


def _replay(settings: Config, options: argparse.Namespace) -> Replay:
    from pipeline.adapters.kafka import topics
    from pipeline.adapters.kafka.replays import Replay

    if options.resume:
        return Replay.resume(settings.kafka, options.resume)
    now = datetime.now(UTC)
    since, until = options.since(now), options.to(now) if options.to else now
    name = topics.INCOMING if options.step == "desk" else topics.STORIES
    return Replay.begin(settings.kafka, name, since, until, alerts=options.alerts)


def _through(replay: Replay, producer: Producer, rate: float, was_sent: Callable[[Record], bool]) -> None:
    """Send what ``was_sent`` does not know as a copy of another message, which stands in the span, too."""
    from pipeline.adapters.kafka import records

    progress = Progress(replay.total)
    pause, sent, began = (1 / rate if rate > 0 else 0.0), 0, time.monotonic()
    noted = began
    marks = (records.COPY, records.AGAIN) if replay.alerts else (records.COPY,)
    try:
        for record in replay.records():
            if was_sent(record):
                continue
            sent += 1
            time.sleep(max(0.0, began + sent * pause - time.monotonic()))
            payload = msgspec.structs.replace(records.payload_of(record), replay=not replay.alerts)
            producer.send(payload, headers=marks)
            progress.show(replay.done)
            if time.monotonic() - noted > NOTED_EVERY:
                producer.settle()
                replay.note()
                noted = time.monotonic()
    finally:
        progress.end(replay.done)
