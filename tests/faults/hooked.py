"""A worker of the pipeline that can be made to fail from inside: ``python -m tests.faults.hooked RUNNER FOLDER WORD…``.

The words are those of ``wirewatch``. RUNNER is ``ours``, ``plain`` (the control), or ``stock``: Faust's own ``take()``
in place of our consumer. While there is a file ``FOLDER/fail``, the next fetch takes it away and raises. A payload with
the word ``deadly-N`` ends the process that parses it, or releases it, with signal N, or keeps it busy for ever where N
is 0.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import faust

from pipeline import cli
from pipeline.config import Config
from pipeline.core import flow, formats
from pipeline.core.flow import Desk, Outcome, Parsed
from pipeline.core.payload import Payload
from pipeline.core.story import Story, encode
from pipeline.runners import faust_batches, release
from pipeline.runners.desk import DeskWorker
from pipeline.runners.faust_batches import Effect, Rest
from tests.runners import plain

DEADLY = re.compile(rb"deadly-(\d+)")


class Taken(NamedTuple):
    """A record, made of an event of Faust."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Any


def stock(config: Config, name: str, topics: list[str], effect: Effect, **_more: Any) -> Any:
    """Return an app whose agent takes batches as Faust's documentation shows, with our settings of the group."""
    kafka = config.kafka
    app = faust.App(
        f"{kafka.prefix}wirewatch-{name}",
        broker=";".join(f"aiokafka://{broker}" for broker in kafka.brokers),
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=0.1,
        broker_max_poll_records=kafka.fetch_records,
    )
    app._create_directories = lambda: None

    @app.agent(app.topic(*topics, value_serializer="raw"))  # type: ignore[untyped-decorator]
    async def agent(stream: Any) -> None:
        print(f"wirewatch: {name} reads what it gets", file=sys.stderr, flush=True)  # noqa: T201  as a worker says it
        async for events in stream.take_events(kafka.fetch_records, within=0.05):
            batches: Any = {}
            for message in (event.message for event in events):
                at = int(message.timestamp * 1000)
                record = Taken(
                    message.topic, message.partition, message.offset, at, message.key, message.value, message.headers
                )
                batches.setdefault(message.tp, []).append(record)
            await plain.complete(effect, batches)

    return app


def end_if_deadly(data: bytes) -> None:
    """End the process where the data say so."""
    if found := DEADLY.search(data):
        os.kill(os.getpid(), int(found[1]))
        while True:
            pass


def main(runner: str, folder: str, *words: str) -> int:
    """Put the hooks in, and run the command."""
    fails = Path(folder) / "fail"
    works, parses = DeskWorker.__call__, formats.parse

    async def work(self: DeskWorker, fetched: Any) -> Rest:
        if fails.exists():
            fails.unlink(missing_ok=True)
            raise RuntimeError("the effect failed")
        return await works(self, fetched)

    def parse(payload: Payload) -> Parsed:
        end_if_deadly(payload.data)
        return parses(payload)

    def release_or_end(desk: Desk, story: Story) -> Outcome:
        end_if_deadly(encode(story))
        return flow.release(desk, story)

    DeskWorker.__call__ = work  # type: ignore[method-assign]
    formats.parse = parse
    release.release = release_or_end  # type: ignore[attr-defined]  # it looks the name up in its own module
    others: dict[str, Any] = {"plain": plain.make_app, "stock": stock}
    faust_batches.make_app = others.get(runner, faust_batches.make_app)
    return cli.main(words)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
